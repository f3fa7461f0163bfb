"""Feeds into entries: one fast reader for what is ordinary, feedparser for the rest, JSON Feed beside them.

    bytes -> one decoded text -> feeds.scan | feeds.jsonfeed -> RawFeed
                              \\-> root element, guards -> feedparser (in a process of its own) -> RawFeed

feedparser raises on some inputs, takes seconds on others and reads a third of Vietnamese dates wrongly, so what it
sees is prepared: valid characters only, from the feed's root element on (no document type, so no entities), bounded
in bytes, depth and entries. Dates are read from the raw strings by feeds.dates, HTML is made text by feeds.markup.
"""

import asyncio
import io
import re
from dataclasses import replace
from typing import Any
from xml.parsers import expat

import feedparser

from feeds.entries import MAX_ENTRIES, ParsedFeed, RawEntry, RawFeed, feed_of
from feeds.jsonfeed import read_json_feed
from feeds.markup import decode, mend_references
from feeds.scan import MAX_ATTRIBUTES, MAX_DEPTH, scan_feed
from feeds.text import storable
from feeds.worker import Worker, WorkerError

MAX_BYTES = 8 * 1024 * 1024
MAX_BROKEN_BYTES = 2 * 1024 * 1024  # feedparser's fallback for broken XML is the slower half
MAX_KEYWORDS = 2000
MAX_TAGS = 300_000  # feedparser takes 40 microseconds for each
SECONDS = 5.0  # for feedparser
SMALL = 64 * 1024  # bytes that are read at once: about 2 ms

_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]", re.I)
_SITEMAP = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_DATES = ("published", "updated", "created")
_HTML = re.compile(r"<(?:!doctype\s+html|html|script)\b", re.I)
_CHALLENGE = re.compile(r"document\.cookie\s*=|just a moment|cf-challenge|captcha|location\.reload", re.I)
# Keywords are of no use here, and thousands of them cost feedparser their square.
_KEYWORD = r"<(?:[\w.-]+:)?(?:category|subject|keywords)\b"
_KEYWORDS = re.compile(
    _KEYWORD + r"[^<>]{0,500}(?:/>|>(?:<!\[CDATA\[[^<]{0,300}\]\]>|[^<]{0,300})</[\w.:-]{1,60}\s*>)", re.I
)
_KEYWORD_BEGIN = re.compile(_KEYWORD, re.I)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.I)
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{5000,}>")


class ParseError(ValueError):
    """The body is no feed that we read; `reason` is a short code.

    empty, too_large, html, challenge (a page that tests for a browser), sitemap, not_a_feed, too_complex, crashed.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)  # both, so that it comes back from another process
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[1])


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> ParsedFeed:
    """The entries of the feed `body`, fetched from `url`, all read, in this thread. Raises ParseError."""
    found = _read_fast(body, content_type)
    return feed_of(found if isinstance(found, RawFeed) else read_slowly(found), url)


async def read_feed(body: bytes, *, content_type: str | None, worker: Worker) -> RawFeed:
    """The entries of the feed `body` as it states them. Raises ParseError.

    What needs feedparser is read by `worker`, within `SECONDS` from its start.
    """
    if len(body) <= SMALL:
        found = _read_fast(body, content_type)
    else:
        found = await asyncio.to_thread(_read_fast, body, content_type)
    if isinstance(found, RawFeed):
        return found
    try:
        return await worker.run(read_slowly, found, seconds=SECONDS)
    except WorkerError as error:
        raise ParseError(error.reason, f"cannot be read as a feed: {error}") from error


def _read_fast(body: bytes, content_type: str | None) -> RawFeed | str:
    """The feed, or its text where only feedparser can tell."""
    if not body.strip():
        raise ParseError("empty", "the body is empty")
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"more than {MAX_BYTES // 1024 // 1024} MB")
    text = decode(body, content_type)
    return scan_feed(text) or read_json_feed(text) or feed_text(text)


def read_slowly(text: str) -> RawFeed:
    text, dropped = _cut_entries(text)
    _check_shape(text)
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # feedparser lets ValueError, UnicodeError, AssertionError ... through
        raise ParseError("not_a_feed", f"cannot be read as a feed ({type(error).__name__})") from error
    if not parsed.get("version") and not parsed.entries:
        raise ParseError("not_a_feed", "no RSS or Atom feed")
    title = str(parsed.feed.get("title") or "")
    feed = RawFeed.bounded(title, map(_raw_entry, parsed.entries[:MAX_ENTRIES]), dropped)
    return replace(feed, is_broken=bool(parsed.get("bozo")))


def _raw_entry(item: Any) -> RawEntry:
    return RawEntry.bounded(
        guid=str(item.get("id") or ""),
        link=str(item.get("link") or ""),
        title=str(item.get("title") or ""),
        # Not item.get: it gives the subtitle for a missing summary, and warns when "updated" is missing.
        summary=str(dict.get(item, "summary") or ""),
        contents=[str(part.get("value") or "") for part in item.get("content") or ()],
        published=next((str(found) for key in _DATES if (found := dict.get(item, key))), ""),
    )


def feed_text(text: str) -> str:
    """`text` from its root element on, in characters that XML allows."""
    root = _find_root(text)
    if not root:
        head = text[:100_000]
        if _HTML.search(head):
            if _CHALLENGE.search(head):
                raise ParseError("challenge", "a page that tests for a browser, in place of the feed")
            raise ParseError("html", "a web page, not a feed")
        if _SITEMAP.search(head):
            raise ParseError("sitemap", "a sitemap, not a feed")
        raise ParseError("not_a_feed", "no RSS or Atom feed")
    if "<!ENTITY" in text[: root.start()]:
        raise ParseError("too_complex", "the feed declares entities of its own")
    text = mend_references(storable(text[root.start() :]))
    if _count_keywords(text) > MAX_KEYWORDS:
        text = _KEYWORDS.sub("", text)
        if _count_keywords(text) > MAX_KEYWORDS:
            raise ParseError("too_complex", f"more than {MAX_KEYWORDS} keywords")
    return text


def _find_root(text: str) -> re.Match[str] | None:
    """The root element, and none that a comment of the prolog speaks of."""
    root, at = _ROOT.search(text), 0
    while root and (begin := text.find("<!--", at, root.start())) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        at = end + 3
        if root.start() < at:
            root = _ROOT.search(text, at)
    return root


def _count_keywords(text: str) -> int:
    return sum(1 for _ in _KEYWORD_BEGIN.finditer(text))


def _cut_entries(text: str) -> tuple[str, int]:
    """`text` with at most `MAX_ENTRIES` entries, and how many were cut out; the closing tags stay."""
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    if len(ends) <= MAX_ENTRIES:
        return text, 0
    return text[: ends[MAX_ENTRIES - 1]] + text[ends[-1] :], len(ends) - MAX_ENTRIES


def _check_shape(text: str) -> None:
    """Refuse what would take feedparser for ever: many tags, great depth, thousands of attributes (its square).

    expat reads until the first error, so broken XML is measured only up to there; it must be smaller, and its
    tags are looked at by pattern.
    """
    if text.count("<") > MAX_TAGS:
        raise ParseError("too_complex", f"more than {MAX_TAGS} tags")
    depth = 0

    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError("too_complex", f"elements nested deeper than {MAX_DEPTH}")
        if len(attributes) > 2 * MAX_ATTRIBUTES and not name.endswith(("rss", "feed", "RDF")):
            raise ParseError("too_complex", f"an element with more than {MAX_ATTRIBUTES} attributes")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError:
        if len(text) > MAX_BROKEN_BYTES:
            raise ParseError("too_large", "broken XML of this size is not read") from None
        if any(tag[0].count("=") > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(text)):
            raise ParseError("too_complex", "an element with too many attributes") from None
