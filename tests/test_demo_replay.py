"""The demo's newsstand over a folder of saved feeds: bytes kept, days merged, broken files served as they are."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.demo.outlets import OutletServer
from bot.demo.play import opening
from bot.demo.replay import MOST_ITEMS, Replay, cut, merge
from feeds.parse import parse_feed

END = datetime(2026, 8, 3, 23, 0, tzinfo=UTC)  # 06:00 in Vietnam after the newest day of `folder`


class Clock:
    """The demo's clock: stands still until moved."""

    def __init__(self) -> None:
        self.moment = END

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


def saved(title: str, *items: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>{title}</title>\n' + (
        "\n".join(items) + "\n</channel></rss>\n"
    )


def item(number: int, title: str = "Tin", date: str = "") -> str:
    link = f"https://a.example/tin-{number:07}.html"
    return f"<item><title>{title} {number}</title><link>{link}</link><pubDate>{date}</pubDate></item>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    daily = tmp_path / "bao ngày"
    daily.mkdir()
    (daily / "2026-08-01.xml").write_text(saved("Báo Ngày", item(1), item(2, "Tên cũ")), "utf-8")
    (daily / "2026-08-02.xml").write_text(saved("Báo Ngày", "<item><title>dở"), "utf-8")
    enclosing = "<item><title>]]&gt; <![CDATA[</item>]]></title><guid>chen</guid></item>"
    (daily / "2026-08-03.xml").write_text(saved("Báo Ngày", item(4), enclosing, item(2, "Tên mới")), "utf-8")
    (tmp_path / "bao-le.xml").write_bytes(b"<html>not a feed")
    (tmp_path / "bao-le-2026-07-31.xml").write_text(saved("Báo Lẻ", item(9)), "utf-8")
    return tmp_path


async def test_saved_feeds_are_served_by_day(folder: Path, clock: Clock) -> None:
    server = OutletServer(now=clock, folder=folder)
    assert server.replay_end == END
    async with server, aiohttp.ClientSession() as web:
        by_outlet = {source.outlet: source for source in server.sources}
        assert set(by_outlet) == {"Báo Ngày", "Báo Lẻ", "bao-le"}
        url = by_outlet["Báo Ngày"].url
        clock.moment = END - timedelta(hours=7)  # late in the evening of the newest day
        async with web.get(url) as response:
            assert response.status == 200
            merged = await response.read()
            etag = response.headers["ETag"]
        titles = [entry.title for entry in parse_feed(merged, url=url).entries]
        assert titles == ["Tin 4", "]]>", "Tên mới 2", "Tin 1"]
        assert item(1).encode() in merged
        clock.moment = END
        async with web.get(url, headers={"If-None-Match": etag}) as response:
            assert response.status == 304
        async with web.get(by_outlet["bao-le"].url) as response:
            assert await response.read() == b"<html>not a feed"
        async with web.get(url.replace("feed.xml", "other")) as response:
            assert response.status == 404
        clock.moment = END - timedelta(hours=31)  # the day whose file is broken: served as it is
        async with web.get(url) as response:
            assert await response.read() == (folder / "bao ngày" / "2026-08-02.xml").read_bytes()
        clock.moment = END - timedelta(days=9)  # before everything: the first file
        async with web.get(url) as response:
            assert await response.read() == (folder / "bao ngày" / "2026-08-01.xml").read_bytes()


def test_a_folder_without_feeds_is_an_error(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(FileNotFoundError, match="no saved feeds"):
        OutletServer(now=clock, folder=tmp_path)


@pytest.mark.parametrize(
    ("dates", "end"),
    [
        (["Sun, 09 Aug 2026 05:58:35 +0700", "8/8/2026 9:00:00 PM"], datetime(2026, 8, 8, 23, 0, tzinfo=UTC)),
        (["Sun, 09 Aug 2026 23:30:00 +07"], datetime(2026, 8, 9, 17, 0, tzinfo=UTC)),
        (["Sun, 09 Aug 2026 05:58:35 +0700", "Wed, 09 Sep 2026 05:58:35 +0700"], datetime(2026, 8, 8, 23, tzinfo=UTC)),
        (["no date"], datetime(2026, 8, 9, 23, 0, tzinfo=UTC)),
    ],
)
def test_the_end_is_the_hour_after_the_newest_item(tmp_path: Path, dates: list[str], end: datetime) -> None:
    for number, stated in enumerate(dates):
        (tmp_path / f"{number}-2026-08-09.xml").write_text(saved("A", item(number, date=stated)), "utf-8")
    assert Replay(tmp_path).end == end


def test_a_replay_is_played_from_its_end_or_from_the_morning_of_a_day() -> None:
    assert opening(None, END) == END
    assert opening(None, None) is None
    assert opening(date(2026, 7, 20), END) == datetime(2026, 7, 19, 23, tzinfo=UTC)


def test_files_without_dates_have_no_end(tmp_path: Path) -> None:
    (tmp_path / "a-2026-13-45.xml").write_text(saved("A", item(1)), "utf-8")
    assert Replay(tmp_path).end is None


def test_a_merge_is_bounded_and_of_one_encoding() -> None:
    newest = cut(saved("A", *(item(number) for number in range(400))).encode())
    older = cut(saved("A", *(item(number) for number in range(300, 800))).encode())
    latin = cut(b'<?xml version="1.0" encoding="iso-8859-1"?><rss><item><title>\xe9</title></item></rss>')
    assert newest
    assert older
    assert latin
    merged = merge(newest, [newest, latin, older])
    assert merged.count(b"<item>") == MOST_ITEMS
    assert b"\xe9</title>" not in merged
    assert cut(merged)


def test_what_is_not_a_feed_cannot_be_cut() -> None:
    for data in (b"", b"<rss></rss>", b"<rss><item></rss>", b'<?xml version="1.0" encoding="x-none"?><rss/>'):
        assert cut(data) is None
    atom = cut(b"<feed><title>A</title><entry><id>1</id></entry></feed>")
    assert atom
    assert atom.title == "A"
    assert atom.items == (("1", b"<entry><id>1</id></entry>"),)
