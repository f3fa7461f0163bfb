"""Feeds into entries: feedparser behind one function.

    bytes -> one decoded text -> guards (size, depth, attributes, entities) -> feedparser -> Entry ...

feedparser raises on some inputs, takes seconds on others and reads a third of Vietnamese dates wrongly, so what it
sees is prepared: valid characters only, from the feed's root element on (no document type, so no entities), bounded
in bytes and entries. Dates are read from the raw strings by feeds.dates, HTML is made text by feeds.markup.
"""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat

import feedparser

from feeds.boilerplate import cut_dateline
from feeds.dates import parse_date
from feeds.markup import decode, html_to_text, strip_tags
from feeds.sources import is_feed_url
from feeds.text import one_line, shorten

MAX_BYTES = 8 * 1024 * 1024
MAX_BROKEN_BYTES = 2 * 1024 * 1024  # feedparser's fallback for broken XML is the slower half
MAX_ENTRIES = 1000
MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_KEYWORDS = 2000
MAX_TITLE = 1000
MAX_HTML = 300_000
MAX_SUMMARY = 10_000

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
    entries: list[Entry] = []
    skipped = [f"more than the first {MAX_ENTRIES} entries"] * dropped
    for raw in parsed.entries[:MAX_ENTRIES]:
        try:
            entries.append(_entry_of(raw, url))
        except ValueError as error:
            skipped.append(str(error)[:200])
    return ParsedFeed(_title_of(parsed.feed), tuple(entries), tuple(skipped))


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


def _title_of(feed: Any) -> str:
    return shorten(one_line(strip_tags(str(feed.get("title", ""))[:MAX_TITLE])), 200)


def _entry_of(raw: Any, base: str) -> Entry:
    url = _link(str(raw.get("link") or ""), base)
    guid = one_line(str(raw.get("id") or "")[:2000]) or None
    if not url and not guid:
        raise ValueError("an entry without link and guid")
    title = shorten(one_line(strip_tags(str(raw.get("title") or "")[: 4 * MAX_TITLE])), MAX_TITLE)
    summary, content = _texts(raw)
    if not title and not summary:
        raise ValueError(f"an entry without title and text: {url or guid}")
    stated = next((value for key in ("published", "updated", "created") if (value := dict.get(raw, key))), "")
    return Entry(
        guid=guid,
        url=url,
        title=title,
        summary=shorten(cut_dateline(html_to_text(summary)).text, MAX_SUMMARY),
        content=content,
        published=parse_date(str(stated)),
        published_raw=str(stated)[:200],
    )


def _texts(raw: Any) -> tuple[str, str]:
    """(description, full content) as HTML; content only where it is more than the description."""
    summary = str(dict.get(raw, "summary") or "")[:MAX_HTML]
    contents = [str(part.get("value") or "")[:MAX_HTML] for part in raw.get("content") or ()]
    content = max(contents, key=len, default="")
    if not summary:
        return content, content if "<" in content else ""
    return summary, content if len(content) > len(summary) else ""


def _link(link: str, base: str) -> str | None:
    """`link` made absolute, or None when it is no ordinary web address."""
    link = "".join(_percent_blank(char) for char in unescape(link).strip()[:4000])
    try:
        absolute = urljoin(base, link) if link else ""
    except ValueError:
        return None
    return absolute if is_feed_url(absolute) else None


def _percent_blank(char: str) -> str:
    return "%20" if char == " " else char
