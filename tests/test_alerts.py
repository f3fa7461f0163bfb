"""Admins hear of feeds that fail or are silent once per outage, and once when that is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from conftest import NOW
from digests.alerts import EVERY, MOST_NAMED, QUIET, tell_of_feeds
from digests.messages import Message, plain_text, telegram_length
from digests.sending import ChatUnreachable, NoAnswer, NotNow, SendError
from digests.subscribers import welcome
from digests.templates import LANGUAGES, render
from feeds.database import Database
from feeds.models import Feed

DAY = timedelta(days=1)
ZONE = "Asia/Ho_Chi_Minh"


class Box:
    """A sender that keeps what it sends, or fails."""

    def __init__(self, error: SendError | None = None) -> None:
        self.sent: list[tuple[int, str]] = []
        self.error = error

    async def send(self, chat_id: int, message: Message, *, silent: bool = False) -> int:
        if self.error:
            raise self.error
        assert telegram_length(message.html) <= 4096
        assert [data for row in message.buttons for _, data in row] == ["feeds"]
        self.sent.append((chat_id, plain_text(message.html)))
        return 1


def follow(database: Database, *outlets: str, host: str = "") -> None:
    with database.session() as session:
        session.add_all(
            Feed(
                url=f"https://{host or f'{outlet.lower()}.example'}/{outlet}", outlet=outlet, level="national",
                next_check_at=NOW - DAY,
            )
            for outlet in outlets
        )  # fmt: skip


def states(database: Database, at: datetime, **outlets: str) -> None:
    """What the poller wrote of these outlets when it read them just before `at`."""
    with database.session() as session:
        for feed in session.scalars(select(Feed).where(Feed.outlet.in_(outlets))):
            state = outlets[feed.outlet]
            feed.checked_at, feed.next_check_at = at, at + timedelta(hours=1)
            if state in ("well", "silent"):
                feed.failures, feed.failing_since, feed.last_error, feed.succeeded_at = 0, None, None, at
                feed.brought_at, feed.rhythm = (at, 600.0) if state == "well" else (at - 5 * DAY, 600.0)
            else:
                feed.failures, feed.failing_since, feed.last_error = 9, at - DAY, f"{state}: it does not work"


async def look(database: Database, sender: Box, at: datetime, admins: Sequence[int] = (1,)) -> bool:
    return await tell_of_feeds(database, sender, lambda: at, admins, ZONE)


def reported(database: Database) -> dict[str, str | None]:
    with database.reading() as session:
        return {feed.outlet: feed.reported for feed in session.scalars(select(Feed).order_by(Feed.outlet))}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ["không có trang này (404)", "đã bị gỡ hẳn (410)", "máy chủ gặp lỗi (500)", "không tìm thấy tên miền",
                "là trang web, không phải nguồn tin RSS", "là sơ đồ trang (sitemap)"]),
        ("en", ["no such page (404)", "removed for good (410)", "the server fails (500)", "the host is unknown",
                "a web page, not a feed", "a sitemap, not a feed"]),
    ],
)  # fmt: skip
async def test_each_reason_has_its_words_in_the_order_of_the_alphabet(
    sqlite: Database, language: str, words: Sequence[str]
) -> None:
    names = ("An", "Ban", "Đan", "Ê Ban", "Ích", "Vân")
    follow(sqlite, *names, "Xa", "Xe", "Xi", "Xo", "Xu", "Xy")
    with sqlite.session() as session:
        welcome(session, 1, NOW, language=language, timezone=ZONE)
    codes = ("http_404", "gone", "http_500", "dns", "html", "sitemap")
    states(sqlite, NOW, **dict(zip(names, codes, strict=True)), Xa="well", Xe="well", Xi="well", Xo="well")
    box = Box()
    assert await look(sqlite, box, NOW)
    lines = [line for line in box.sent[0][1].splitlines() if line.startswith("• ")]
    assert [line[2:].partition(":")[0] for line in lines] == list(names)
    for line, said in zip(lines, words, strict=True):
        assert said in line


async def test_an_outage_is_told_once_and_its_end_once(database: Database) -> None:
    follow(database, "An", "Binh")
    box = Box()
    states(database, NOW, An="well", Binh="well")
    assert not await look(database, box, NOW)
    later = [NOW + n * QUIET for n in range(1, 6)]
    states(database, later[0], An="http_403", Binh="well")
    assert await look(database, box, later[0], admins=(1, 2))
    assert [chat_id for chat_id, _ in box.sent] == [1, 2]
    assert "An: máy chủ từ chối (403); đọc được lần cuối 07:00 20/11/2026" in box.sent[0][1]
    assert "Binh" not in box.sent[0][1]
    states(database, later[1], An="http_404", Binh="well")
    assert not await look(database, box, later[1]), "one outage, whatever its reasons"
    states(database, later[2], An="well", Binh="silent")
    assert await look(database, box, later[2])
    assert "Đã đọc lại bình thường:\n• An" in box.sent[-1][1]
    assert "không có tin mới:\n• Binh: tin mới cuối cùng" in box.sent[-1][1]
    assert reported(database) == {"An": None, "Binh": "silent"}
    states(database, later[3], An="dns", Binh="dns")
    assert await look(database, box, later[3])
    assert "• Binh: không tìm thấy tên miền" in box.sent[-1][1], "silent before, and now it fails"
    assert not await look(database, box, later[4])
    assert len(box.sent) == 4


async def test_it_is_not_looked_at_more_often_than_that(sqlite: Database) -> None:
    follow(sqlite, "An")
    assert not await look(sqlite, Box(), NOW)
    states(sqlite, NOW, An="dns")
    assert not await look(sqlite, Box(), NOW + EVERY - timedelta(seconds=1))
    assert await look(sqlite, Box(), NOW + EVERY)


async def test_a_whole_host_is_named_once(sqlite: Database) -> None:
    follow(sqlite, "An", "Binh", "Chi", host="bao.example")
    follow(sqlite, "Dung", "Em", host="tap.example")
    states(sqlite, NOW, An="dns", Binh="dns", Chi="timeout", Dung="http_500", Em="well")
    box = Box()
    assert await look(sqlite, box, NOW)
    assert "• bao.example (cả 3 nguồn): không tìm thấy tên miền" in box.sent[0][1]
    assert "• Dung: máy chủ gặp lỗi (500)" in box.sent[0][1]
    assert "An" not in box.sent[0][1]
    states(sqlite, NOW + QUIET, An="well", Binh="well", Chi="well", Dung="well", Em="well")
    assert await look(sqlite, box, NOW + QUIET)
    assert "• bao.example (cả 3 nguồn)\n" in box.sent[1][1]


async def test_many_are_counted_and_long_names_fit(sqlite: Database) -> None:
    names = [f"{number:02}{'x' * 300}" for number in range(MOST_NAMED + 7)]
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="en", timezone=ZONE)
        for number, name in enumerate(names):
            session.add(Feed(url=f"https://h{number}.example/", outlet=name, level="other", next_check_at=NOW))
    follow(sqlite, *(f"Khac{number}" for number in range(5)))
    states(sqlite, NOW, **{f"Khac{number}": "well" for number in range(5)})
    states(sqlite, NOW, **dict.fromkeys(names, "a_reason_nobody_has_words_for"))
    box = Box()
    assert await look(sqlite, box, NOW)
    assert box.sent[0][1].count("•") == MOST_NAMED
    assert "… and 7 more" in box.sent[0][1]
    assert "a reason nobody has words for; never read so far" in box.sent[0][1]
    assert not await look(sqlite, box, NOW + QUIET), "those that were only counted were told too"
    states(sqlite, NOW + 2 * QUIET, **dict.fromkeys(names[:5], "silent"), **dict.fromkeys(names[5:], "well"))
    assert await look(sqlite, box, NOW + 2 * QUIET)
    assert box.sent[1][1].count("•") == MOST_NAMED
    assert "… and 7 more" in box.sent[1][1].partition("Well again:")[2], "what is wrong is named first"


async def test_each_part_names_some_and_counts_feeds(sqlite: Database) -> None:
    failing, silent, well = ([f"{part}{n:02}" for n in range(12)] for part in "ABC")
    for n, name in enumerate(failing):
        follow(sqlite, name, f"{name}x", host=f"h{n}.example")
    follow(sqlite, *silent, *well)
    states(sqlite, NOW, **dict.fromkeys([*failing, *(f"{name}x" for name in failing)], "dns"))
    states(sqlite, NOW, **dict.fromkeys(silent, "silent"), **dict.fromkeys(well, "well"))
    with sqlite.session() as session:
        for feed in session.scalars(select(Feed).where(Feed.outlet.in_(well))):
            feed.reported = "failing"
    box = Box()
    assert await look(sqlite, box, NOW)
    parts = box.sent[0][1].split("\n\n")
    assert box.sent[0][1].count("•") == MOST_NAMED
    lines = [part.splitlines() for part in parts]
    for heading, left in (("Không đọc được", 2 * (12 - 6)), ("Đọc được nhưng", 10), ("Đã đọc lại", 10)):
        (part,) = [part for part in lines if part[0].startswith(heading)]
        assert part[1].startswith("• ")
        assert f"… và {left} nguồn nữa" in part


async def test_what_comes_soon_after_a_message_comes_together(sqlite: Database) -> None:
    names = [f"B{number:02}" for number in range(30)]
    follow(sqlite, *names, *(f"Tot{number}" for number in range(9)))
    states(sqlite, NOW, **{f"Tot{number}": "well" for number in range(9)})
    box, hours = Box(), 0
    for hours in range(24):
        states(sqlite, NOW + timedelta(hours=hours), **dict.fromkeys(names[: hours + 1], "dns"))
        await look(sqlite, box, NOW + timedelta(hours=hours))
    assert len(box.sent) == 4
    assert all(name in reported(sqlite) for name in names)
    for hours in range(24, 48):
        states(sqlite, NOW + timedelta(hours=hours), **dict.fromkeys(names[: hours - 23], "well"))
        await look(sqlite, box, NOW + timedelta(hours=hours))
    assert len(box.sent) == 8


async def test_an_outage_of_our_own_is_one_message(sqlite: Database) -> None:
    names = [f"B{number:02}" for number in range(40)]
    follow(sqlite, *names)
    states(sqlite, NOW, **dict.fromkeys(names, "connect"))
    states(sqlite, NOW, B00="well", B01="http_404")
    with sqlite.session() as session:  # it began an hour ago, but for one
        for feed in session.scalars(select(Feed).where(Feed.failures > 0, Feed.outlet != "B05")):
            feed.failing_since = NOW - timedelta(hours=1)
    box = Box()
    assert await look(sqlite, box, NOW)
    assert "39 trong 40 nguồn tin" in box.sent[0][1]
    assert "mạng" in box.sent[0][1]
    assert "•" not in box.sent[0][1]
    states(sqlite, NOW + DAY, **dict.fromkeys(names[1:], "connect"))
    assert not await look(sqlite, box, NOW + DAY), "those that failed for a short time were told too"
    states(sqlite, NOW + 2 * DAY, **dict.fromkeys(names, "well"))
    assert await look(sqlite, box, NOW + 2 * DAY)
    assert "… và 29 nguồn nữa" in box.sent[1][1]
    assert len(box.sent) == 2


@pytest.mark.parametrize(
    ("error", "again"), [(NotNow("no network"), True), (ChatUnreachable("blocked"), True), (NoAnswer("?"), False)]
)
async def test_until_an_admin_is_reached_it_is_tried_again(sqlite: Database, error: SendError, again: bool) -> None:
    follow(sqlite, "An")
    states(sqlite, NOW, An="tls")
    await look(sqlite, Box(error), NOW)
    states(sqlite, NOW + DAY, An="tls")
    assert await look(sqlite, Box(), NOW + DAY) == again


class Busy(Box):
    """A sender that is told to try again later, `times` times by each of some chats."""

    def __init__(self, times: int, *chats: int) -> None:
        super().__init__()
        self.left = dict.fromkeys(chats, times)

    async def send(self, chat_id: int, message: Message, *, silent: bool = False) -> int:
        if self.left.get(chat_id, 0) > 0:
            self.left[chat_id] -= 1
            raise NotNow("slow down", timedelta(0))
        return await super().send(chat_id, message, silent=silent)


async def test_who_can_be_told_a_little_later_is(sqlite: Database) -> None:
    follow(sqlite, "An")
    states(sqlite, NOW, An="tls")
    box = Busy(2, 1)
    assert await look(sqlite, box, NOW, admins=(1, 2))
    assert [chat_id for chat_id, _ in box.sent] == [2, 1], "each once"
    states(sqlite, NOW + DAY, An="well")
    box = Busy(99, 1)
    assert await look(sqlite, box, NOW + DAY, admins=(1, 2)), "nobody waits for ever"
    assert [chat_id for chat_id, _ in box.sent] == [2]


async def test_without_admins_the_log_has_it_once(sqlite: Database) -> None:
    follow(sqlite, "An")
    states(sqlite, NOW, An="tls")
    assert not await look(sqlite, Box(), NOW, admins=())
    assert reported(sqlite) == {"An": "failing"}


async def test_paused_and_dropped_feeds_are_nobodys_worry(sqlite: Database) -> None:
    follow(sqlite, "An", "Binh")
    states(sqlite, NOW, An="tls", Binh="tls")
    with sqlite.session() as session:
        an, binh = session.scalars(select(Feed).order_by(Feed.outlet))
        an.paused, binh.enabled = True, False
    assert not await look(sqlite, Box(), NOW)


REASONS = [
    "dns", "connect", "tls", "timeout", "offline", "protocol", "encoding", "redirect", "bad_url", "blocked_address",
    "robots", "unlinkable", "gone", "http_403", "http_404", "http_429", "http_451", "http_503", "empty", "too_large",
    "html", "challenge", "not_a_feed", "too_complex", "crashed", "index", "selector", "internal", "nothing_new",
    "no_entries", "unknown", "paywall", "removed", "home_page", "other_article", "no_text", "parse",
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_of_its_own(language: str) -> None:
    said = {reason: render("addfeed_unreadable.html", language, reason=reason).splitlines()[0] for reason in REASONS}
    assert len(set(said.values())) == len(REASONS)
    for reason, words in said.items():
        assert "_" not in words
        if not reason.startswith("http_"):
            assert f": {reason}." not in words
