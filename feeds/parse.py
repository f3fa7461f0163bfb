"""Feeds into entries: feedparser behind one function.

    bytes -> one decoded text -> guards (size, depth, attributes, entities) -> feedparser -> Entry ...

feedparser raises on some inputs, takes seconds on others and reads a third of Vietnamese dates wrongly, so what it
sees is prepared: valid characters only, from the feed's root element on (no document type, so no entities), bounded
in bytes and entries. Dates are read from the raw strings by feeds.dates, HTML is made text by feeds.markup.
"""

import io
import re
from typing import Any
from xml.parsers import expat

import feedparser

from feeds.entries import MAX_DATE, MAX_GUID, MAX_HTML, MAX_LINK, MAX_RAW_TITLE, RawEntry, RawFeed, feed_of
from feeds.entries import Entry as Entry
from feeds.entries import ParsedFeed as ParsedFeed
from feeds.markup import decode

MAX_BYTES = 8 * 1024 * 1024
MAX_BROKEN_BYTES = 2 * 1024 * 1024  # feedparser's fallback for broken XML is the slower half
MAX_ENTRIES = 1000
MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_KEYWORDS = 2000
_DATES = ("published", "updated", "created")

_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF)[\s>]", re.I)
_HTML = re.compile(r"<(?:!doctype\s+html|html|script)\b", re.I)
_CHALLENGE = re.compile(r"document\.cookie\s*=|just a moment|cf-challenge|captcha|location\.reload", re.I)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CHARACTER_REFERENCE = re.compile(r"&#(?:x0*([0-9a-f]{1,12})|0*(\d{1,12}));", re.I)
_LONG_REFERENCE = re.compile(r"&#x?[0-9a-f]{13,};", re.I)
# Keywords are of no use here, and thousands of them cost feedparser their square.
_KEYWORD = r"<(?:[\w.-]+:)?(?:category|subject|keywords)\b"
_KEYWORDS = re.compile(
    _KEYWORD + r"[^<>]{0,500}(?:/>|>(?:<!\[CDATA\[[^<]{0,300}\]\]>|[^<]{0,300})</[\w.:-]{1,60}\s*>)", re.I
)
_KEYWORD_LEFT = re.compile(_KEYWORD, re.I)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.I)
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{5000,}>")


class ParseError(ValueError):
    """The body is no feed; `reason` is a short code: empty, too_large, html, challenge, not_a_feed, too_complex."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> ParsedFeed:
    """The entries of the RSS or Atom feed `body`, fetched from `url`. Raises ParseError and nothing else."""
    if not body.strip():
        raise ParseError("empty", "the body is empty")
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"more than {MAX_BYTES // 1024 // 1024} MB")
    text, dropped = _cut_entries(_feed_text(decode(body, content_type)))
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
    skipped = (f"more than the first {MAX_ENTRIES} entries",) * dropped
    return feed_of(_raw_feed(parsed, skipped), url)


def _feed_text(text: str) -> str:
    """`text` from its root element on, in characters that XML allows."""
    root = _ROOT.search(text)
    if not root:
        head = text[:100_000]
        if _HTML.search(head):
            if _CHALLENGE.search(head):
                raise ParseError("challenge", "a page that tests for a browser, in place of the feed")
            raise ParseError("html", "a web page, not a feed")
        raise ParseError("not_a_feed", "no RSS or Atom feed")
    if "<!ENTITY" in text[: root.start()]:
        raise ParseError("too_complex", "the feed declares entities of its own")
    text = _FORBIDDEN.sub("", text[root.start() :])
    if "&#" in text:
        text = _CHARACTER_REFERENCE.sub(_valid_reference, _LONG_REFERENCE.sub("\ufffd", text))
    text = _KEYWORDS.sub("", text)
    if sum(1 for _ in _KEYWORD_LEFT.finditer(text)) > MAX_KEYWORDS:
        raise ParseError("too_complex", f"more than {MAX_KEYWORDS} keywords")
    return text


def _valid_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    if code < 0x20 and code not in (9, 10, 13):
        return " "
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF:
        return "\ufffd"
    return match[0]


def _cut_entries(text: str) -> tuple[str, int]:
    """`text` with at most `MAX_ENTRIES` entries, and how many were cut out; the closing tags stay."""
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    if len(ends) <= MAX_ENTRIES:
        return text, 0
    return text[: ends[MAX_ENTRIES - 1]] + text[ends[-1] :], len(ends) - MAX_ENTRIES


def _check_shape(text: str) -> None:
    """Refuse what would take feedparser for ever: great depth or thousands of attributes (both quadratic there).

    expat reads until the first error, so broken XML is measured only up to there; it must be smaller, and its
    tags are looked at by pattern.
    """
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


def _raw_feed(parsed: Any, skipped: tuple[str, ...]) -> RawFeed:
    title = str(parsed.feed.get("title") or "")[:MAX_RAW_TITLE]
    return RawFeed(title, tuple(map(_raw_entry, parsed.entries[:MAX_ENTRIES])), skipped)


def _raw_entry(item: Any) -> RawEntry:
    contents = [str(part.get("value") or "")[:MAX_HTML] for part in item.get("content") or ()]
    return RawEntry(
        guid=str(item.get("id") or "")[:MAX_GUID] or None,
        link=str(item.get("link") or "")[:MAX_LINK],
        title=str(item.get("title") or "")[:MAX_RAW_TITLE],
        # Not item.get: it gives the subtitle for a missing summary, and warns when "updated" is missing.
        summary=str(dict.get(item, "summary") or "")[:MAX_HTML],
        content=max(contents, key=len, default=""),
        published=next((str(found) for key in _DATES if (found := dict.get(item, key))), "")[:MAX_DATE],
    )
