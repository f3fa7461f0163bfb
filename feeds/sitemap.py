"""Sitemaps into entries: the addresses of a site's articles, of a news sitemap with their headlines and dates; pure.

    bytes -> gunzip, bounded -> expat (no document type, so no entities; bounded depth and count) -> RawFeed

The protocols are sitemaps.org 0.9 and Google's news extension. A plain sitemap says when a page changed last, not when
it was published, and has no headlines: an entry's title is then "", and its page gives it.
"""

import heapq
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from feeds.dates import parse_date
from feeds.entries import MAX_DATE, MAX_ENTRIES, MAX_LINK, MAX_RAW_TITLE, RawEntry, RawFeed
from feeds.parse import MAX_BYTES, ParseError
from feeds.sources import is_same_site

MAX_ADDRESSES = 50_000  # what the protocol allows in one file
MAX_DEPTH = 20
MAX_CHILDREN = 3

_BEFORE = datetime.min.replace(tzinfo=UTC)
# Local names from the root on -> what they state. Prefixes differ, and images and videos have titles of their own.
_FIELDS = {
    ("urlset", "url", "loc"): "link",
    ("urlset", "url", "lastmod"): "changed",
    ("urlset", "url", "news", "title"): "title",
    ("urlset", "url", "news", "publication_date"): "published",
    ("urlset", "url", "news", "publication", "name"): "outlet",
    ("sitemapindex", "sitemap", "loc"): "link",
    ("sitemapindex", "sitemap", "lastmod"): "changed",
}
_MOST = {"link": MAX_LINK, "title": MAX_RAW_TITLE, "outlet": 200, "published": MAX_DATE, "changed": MAX_DATE}


def read_sitemap(body: bytes, *, url: str) -> RawFeed:
    """The newest `MAX_ENTRIES` addresses of the sitemap `body` (XML, maybe gzipped), fetched from `url`.

    In the sitemap's order. Raises ParseError: "index" where it only lists other sitemaps, with the newest of them in
    the message.
    """
    sitemap = _read(body)
    if sitemap.root == "sitemapindex":
        children = ", ".join(_newest_children(sitemap, url))
        raise ParseError("index", f"a list of sitemaps, the newest: {children or 'none of this site'}")
    rows = [row for row in sitemap.rows if is_same_site(row.get("link", ""), url)]
    skipped = ["no address of this site"] * (len(sitemap.rows) - len(rows))
    if sitemap.is_broken:
        skipped.append("broken XML behind the last address")
    if len(rows) > MAX_ENTRIES:
        skipped += [f"older than the newest {MAX_ENTRIES}"] * (len(rows) - MAX_ENTRIES)
        kept = heapq.nlargest(MAX_ENTRIES, range(len(rows)), key=lambda number: (_moment(rows[number]), -number))
        rows = [rows[number] for number in sorted(kept)]
    if not rows:
        raise ParseError("empty", "the sitemap holds no address of this site")
    title = next((row["outlet"] for row in rows if row.get("outlet")), "")
    return RawFeed(title, tuple(map(_entry, rows)), tuple(skipped))


def _newest_children(sitemap: "_Sitemap", url: str) -> tuple[str, ...]:
    rows = [row for row in sitemap.rows if is_same_site(row.get("link", ""), url)]
    # Python's sort keeps the index's own order among those without a date.
    return tuple(row["link"] for row in sorted(rows, key=_moment, reverse=True)[:MAX_CHILDREN])


def _moment(row: dict[str, str]) -> datetime:
    return parse_date(row.get("published") or row.get("changed", "")) or _BEFORE


def _entry(row: dict[str, str]) -> RawEntry:
    return RawEntry(
        guid=None,
        link=row["link"],
        title=row.get("title", ""),
        summary="",
        content="",
        published=row.get("published") or row.get("changed", ""),
    )


@dataclass(slots=True)
class _Sitemap:
    """What expat finds: a dict of stated fields for each address."""

    root: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)
    is_broken: bool = False


def _read(body: bytes) -> _Sitemap:
    body = _opened(body)
    if not body.strip():
        raise ParseError("empty", "the body is empty")
    sitemap = _Sitemap()
    parser = _parser_of(sitemap)
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        if not sitemap.rows:
            raise ParseError("not_a_feed", f"no sitemap: {error}") from error
        sitemap.is_broken = True
    except LookupError as error:
        raise ParseError("not_a_feed", f"no sitemap: {error}") from error
    return sitemap


def _opened(body: bytes) -> bytes:
    if body.startswith(b"\x1f\x8b"):
        try:
            body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, MAX_BYTES + 1)
        except zlib.error as error:
            raise ParseError("not_a_feed", "the gzip data is broken") from error
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"more than {MAX_BYTES // 1024 // 1024} MB")
    return body


def _parser_of(sitemap: _Sitemap) -> expat.XMLParserType:
    path: list[str] = []
    text: list[str] = []

    def start(name: str, _attributes: object) -> None:
        path.append(name.rpartition(":")[2])
        text.clear()
        if len(path) == 1:
            sitemap.root = _known_root(path[0])
        elif len(path) == 2:
            if len(sitemap.rows) >= MAX_ADDRESSES:
                raise ParseError("too_large", f"more than {MAX_ADDRESSES} addresses")
            sitemap.rows.append({})
        elif len(path) > MAX_DEPTH:
            raise ParseError("too_complex", f"elements nested deeper than {MAX_DEPTH}")

    def end(_name: str) -> None:
        if stated := _FIELDS.get(tuple(path)):
            sitemap.rows[-1][stated] = "".join(text).strip()[: _MOST[stated]]
        path.pop()
        text.clear()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    return parser


def _known_root(name: str) -> str:
    if name in ("urlset", "sitemapindex"):
        return name
    if name.lower() == "html":
        raise ParseError("html", "a web page, not a sitemap")
    raise ParseError("not_a_feed", f"no sitemap: its root is <{name[:40]}>")


def _refuse_doctype(name: str, *_: object) -> None:
    if name.lower() == "html":
        raise ParseError("html", "a web page, not a sitemap")
    raise ParseError("too_complex", "document type declarations are not accepted")
