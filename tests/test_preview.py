"""One look at a feed that nobody follows yet, served on the loopback address."""

import pytest

import outlet
from conftest import WORKER
from feeds.discover import discover
from feeds.fetch import Fetcher
from feeds.parse import ParseError
from feeds.preview import MOST_JUDGED, preview
from newsroom import POLICY, ROBBERY
from outlet import Outlet


def feed(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Báo Mẫu</title>{"".join(items)}</channel></rss>'


def item(number: int, title: str, day: int) -> str:
    return (
        f"<item><title>{title}</title><link>https://bao.example/{number}.html</link>"
        f"<pubDate>{day:02} Nov 2026 08:00:00 +0700</pubDate></item>"
    )


async def test_only_the_newest_entries_are_judged() -> None:
    bao = Outlet()
    old = [item(number, POLICY[0], 2) for number in range(20)]
    bao.answers["/rss"] = feed(*old, *(item(n, ROBBERY[0], 8) for n in range(100, 100 + MOST_JUDGED - 1)),
                               item(999, POLICY[0], 9))  # fmt: skip
    async with outlet.running(bao), Fetcher(allow_private=[bao.host_port]) as fetcher:
        look = await preview(fetcher, bao.url("/rss"), WORKER)
    assert (look.title, len(look.entries), look.entries[0].title) == ("Báo Mẫu", 20 + MOST_JUDGED, POLICY[0])
    assert (look.judged, look.relevant) == (MOST_JUDGED, 1)


@pytest.mark.parametrize("look", [preview, discover])
async def test_what_would_take_too_long_is_ended(look: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(look)
    monkeypatch.setattr("feeds.parse.SECONDS", 0.01)
    bao = Outlet()
    bao.answers["/rss"] = feed(item(1, "Tin", 1).replace("</item>", f"<image/>{'<x/>' * 100_000}</item>"))
    async with outlet.running(bao), Fetcher(allow_private=[bao.host_port]) as fetcher:
        with pytest.raises(ParseError) as raised:
            await look(fetcher, bao.url("/rss"), WORKER)
    assert raised.value.reason == "too_complex"
