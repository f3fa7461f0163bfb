"""What a feed would bring, before anybody follows it: one look, nothing is stored."""

import asyncio
from dataclasses import dataclass

from feeds.classify import first_reading, shipped_figures
from feeds.entries import Entry, RawFeed, feed_of
from feeds.fetch import Fetcher
from feeds.parse import read_feed
from feeds.worker import Worker

MOST_JUDGED = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """One look at a feed: its entries, newest first where their dates are known.

    Of the first `judged` of them, `relevant` are policy as the first reader alone has it.
    """

    url: str
    title: str
    entries: tuple[Entry, ...]
    judged: int
    relevant: int


async def preview(fetcher: Fetcher, url: str, worker: Worker) -> Preview:
    """The feed at `url` as it is now. Raises FetchError or ParseError."""
    fetched = await fetcher.get(url)
    raw = await read_feed(fetched.body, content_type=fetched.content_type, worker=worker)
    return await asyncio.to_thread(_preview_of, url, raw, fetched.url)


def _preview_of(url: str, raw: RawFeed, base: str) -> Preview:
    feed = feed_of(raw, base)
    entries = sorted(
        feed.entries, key=lambda entry: entry.published.timestamp() if entry.published else 0, reverse=True
    )
    judged = entries[:MOST_JUDGED]
    # Not `classify`: its second reader takes a tenth of a second for each.
    least = shipped_figures().threshold
    relevant = sum(first_reading(entry.title, entry.summary).score >= least for entry in judged)
    return Preview(url, feed.title, tuple(entries), len(judged), relevant)
