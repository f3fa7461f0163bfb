"""What a feed would bring, before anybody follows it: one look, nothing is stored."""

import asyncio
from dataclasses import dataclass

from feeds.classify import classify
from feeds.entries import Entry
from feeds.fetch import Fetcher
from feeds.parse import parse_feed


@dataclass(frozen=True, slots=True)
class Preview:
    """One look at a feed: its entries, newest first where their dates are known, and how many of them are policy."""

    url: str
    title: str
    entries: tuple[Entry, ...]
    relevant: int


async def preview(fetcher: Fetcher, url: str) -> Preview:
    """The feed at `url` as it is now. Raises FetchError or ParseError."""
    fetched = await fetcher.get(url)
    return await asyncio.to_thread(_read, url, fetched.body, fetched.url, fetched.content_type)


def _read(url: str, body: bytes, base: str, content_type: str | None) -> Preview:
    parsed = parse_feed(body, url=base, content_type=content_type)
    entries = sorted(
        parsed.entries, key=lambda entry: entry.published.timestamp() if entry.published else 0, reverse=True
    )
    relevant = sum(classify(entry.title, entry.summary).relevant for entry in entries)
    return Preview(url, parsed.title, tuple(entries), relevant)
