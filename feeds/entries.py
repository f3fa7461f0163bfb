"""What a feed gives: its entries as it states them, and as we read them; pure.

    RawFeed of RawEntry: the strings of the feed, bounded -> link_of: cheap, enough to know the article again
                                                          -> entry_of: clean text, date, absolute address

Most entries of a round are known already; only the others are worth their `entry_of`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from html import unescape
from typing import Self
from urllib.parse import urljoin

from feeds.boilerplate import cut_dateline
from feeds.dates import parse_date
from feeds.markup import cut_glued_headlines, html_to_text, strip_tags
from feeds.sources import is_feed_url
from feeds.text import one_line, shorten, storable

MAX_ENTRIES = 1000
MAX_TITLE = 1000
MAX_SUMMARY = 10_000
FULL_TEXT = 1200  # characters from which the only text of an entry may be the whole article
MIN_LEAD = 60  # characters; what is shorter is a heading or a dateline
# Of the strings as the feed states them, in characters.
MAX_RAW_TITLE = 4 * MAX_TITLE
MAX_HTML = 300_000
MAX_LINK = 4000
MAX_GUID = 2000
MAX_DATE = 200


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One item of a feed as it states it; `content` is the longest full text it gives, `guid` None or not empty."""

    guid: str | None
    link: str
    title: str
    summary: str
    content: str
    published: str

    @classmethod
    def bounded(
        cls, *, guid: str, link: str, title: str, summary: str, contents: Sequence[str], published: str
    ) -> Self:
        """The entry with these fields, each cut to its bound; "" is one that is not stated."""
        return cls(
            guid=storable(guid[:MAX_GUID]) or None,
            link=storable(link[:MAX_LINK]),
            title=storable(title[:MAX_RAW_TITLE]),
            summary=storable(summary[:MAX_HTML]),
            content=storable(max(contents, key=len, default="")[:MAX_HTML]),
            published=storable(published[:MAX_DATE]),
        )

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that change when the entry was edited: with its title, description or full text."""
        lengths = f"{len(self.title)} {len(self.summary)} "
        text = f"{lengths}{self.title}{self.summary}{self.content}"
        return blake2s(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as it states itself: its title, its entries in its own order, and why others were left out.

    `is_broken`: it is not well-formed, and may have been cut off on its way.
    """

    title: str
    entries: tuple[RawEntry, ...]
    skipped: tuple[str, ...] = ()
    is_broken: bool = False

    @classmethod
    def bounded(cls, title: str, entries: Iterable[RawEntry], dropped: int) -> Self:
        """The feed with the first of its entries; `dropped` counts those left out because they are too many."""
        skipped = (f"more than the first {MAX_ENTRIES} entries",) * dropped
        return cls(storable(title[:MAX_RAW_TITLE]), tuple(entries), skipped)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed.

    `url` is absolute http(s), or None where the feed gives none; then there is a `guid`. `title` and `summary` are
    clean plain text (either may be ""), `content` HTML as it came or "". `published` is None unless the feed states
    a whole date that we can read; `published_raw` is what it stated.
    """

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str
    published: datetime | None
    published_raw: str


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed: its title, its entries in its own order, and why others were left out (a reason for each)."""

    title: str
    entries: tuple[Entry, ...]
    skipped: tuple[str, ...]


def feed_of(raw: RawFeed, base: str) -> ParsedFeed:
    """The feed fetched from `base` with all its entries read."""
    entries: list[Entry] = []
    skipped = list(raw.skipped)
    for entry in raw.entries:
        try:
            entries.append(entry_of(entry, base))
        except ValueError as error:
            skipped.append(str(error)[:200])
    return ParsedFeed(shorten(one_line(strip_tags(raw.title)), 200), tuple(entries), tuple(skipped))


def entry_of(raw: RawEntry, base: str, *, wordless: bool = False) -> Entry:
    """`raw`, of the feed at `base`, in clean text. Raises ValueError with the reason where it makes no entry.

    `wordless`: an address alone is an entry, whose page gives the words, as in sitemaps.
    """
    url = link_of(raw.link, base)
    guid = one_line(raw.guid or "") or None
    if not url and not guid:
        raise ValueError("an entry without link and guid")
    title = shorten(one_line(strip_tags(raw.title)), MAX_TITLE)
    lead, content = _texts(raw)
    if not title and not lead and not (wordless and url):
        raise ValueError(f"an entry without title and text: {url or guid}")
    return Entry(
        guid=guid,
        url=url,
        title=title,
        summary=shorten(cut_dateline(lead).text, MAX_SUMMARY),
        content=content,
        published=parse_date(raw.published),
        published_raw=raw.published,
    )


def link_of(link: str, base: str) -> str | None:
    """The `link` of an entry made absolute, or None when it is no ordinary web address."""
    link = unescape(link).strip().replace(" ", "%20")
    if not link.startswith(("https://", "http://")):
        try:
            link = urljoin(base, link) if link else ""
        except ValueError:
            return None
    return link if is_feed_url(link) else None


def _texts(raw: RawEntry) -> tuple[str, str]:
    """(lead as plain text, full text as HTML or "").

    An entry that gives but one text, with the length and the paragraphs of a whole article, has its first as the lead.
    """
    description, content = raw.summary or raw.content, raw.content or raw.summary
    lead = html_to_text(description)
    if content == description and len(lead) >= FULL_TEXT and (end := lead.find("\n", MIN_LEAD)) > 0:
        return lead[:end], content
    return cut_glued_headlines(lead), content if len(content) > len(description) else ""
