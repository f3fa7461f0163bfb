"""The outlets to follow: the reviewed list of the project, and OPML in and out.

`load_sources` reads data/sources.toml (or another file of the same shape); `read_opml` and `write_opml` exchange
feed lists with other readers. Sources are values; which of them a database follows is its own matter.
"""

import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from feeds.text import one_line

DATA = Path(__file__).with_name("data") / "sources.toml"
LEVELS = ("central", "ministry", "province", "national", "foreign", "other")
MAX_OPML_BYTES = 2 * 1024 * 1024
MAX_OPML_FEEDS = 5000
MAX_URL = 2000

_KEYS = frozenset({"url", "outlet", "level", "province", "language", "section", "enabled"})


class SourcesError(ValueError):
    """A list of sources cannot be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Source:
    """One feed address.

    `level` is one of `LEVELS`; `province` the present-day bare name ("Hồ Chí Minh"), only where the outlet writes
    for one province; `language` an ISO 639-1 code; `section` None for the front page.
    """

    url: str
    outlet: str
    level: str = "other"
    province: str | None = None
    language: str = "vi"
    section: str | None = None
    enabled: bool = True


def load_sources(path: Path | None = None) -> tuple[Source, ...]:
    """The sources of `path` (TOML; default: the project's own list), in file order.

    Raises SourcesError for a file that cannot be read and for the first bad or double entry.
    """
    path = path or DATA
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourcesError(f"{path}: {error}") from error
    rows = data.get("source")
    if not isinstance(rows, list):
        raise SourcesError(f"{path}: no [[source]] entries")
    sources: dict[str, Source] = {}
    for number, row in enumerate(rows, start=1):
        try:
            source = _source_of(row)
        except SourcesError as error:
            name = row.get("url", row.get("outlet", "?")) if isinstance(row, dict) else row
            raise SourcesError(f"{path}: entry {number} ({name}): {error}") from error
        if source.url in sources:
            raise SourcesError(f"{path}: entry {number} ({source.url}): the address stands there twice")
        sources[source.url] = source
    return tuple(sources.values())


def _source_of(row: Any) -> Source:
    if not isinstance(row, dict):
        raise SourcesError("not a table")
    if unknown := row.keys() - _KEYS:
        raise SourcesError(f"unknown key {', '.join(sorted(unknown))}")
    for key in ("url", "outlet"):
        if not row.get(key):
            raise SourcesError(f"{key} is missing")
    for key in _KEYS - {"enabled"}:
        if key in row and not isinstance(row[key], str):
            raise SourcesError(f"{key} must be text")
    if not isinstance(row.get("enabled", True), bool):
        raise SourcesError("enabled must be true or false")
    if row.get("level", "other") not in LEVELS:
        raise SourcesError(f"level {row['level']} is none of {', '.join(LEVELS)}")
    if not is_feed_url(row["url"]):
        raise SourcesError("url is not a plain http or https address")
    return Source(**row)


def is_feed_url(url: str) -> bool:
    """Whether `url` is an absolute http(s) address without credentials, blanks or control characters."""
    if len(url) > MAX_URL or any(char.isspace() or not char.isprintable() for char in url):
        return False
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  a bad port raises only when asked for
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def read_opml(data: bytes) -> tuple[Source, ...]:
    """The feeds of an OPML file, each address once; outlines that are no http(s) feed are left out.

    Our own attributes (`outlet`, `level`, `province`, `section`, `enabled`) are read where they stand; others'
    files give the title as outlet. Raises SourcesError for what is not OPML. Document type declarations are
    refused whole, so no entity is ever expanded.
    """
    if len(data) > MAX_OPML_BYTES:
        raise SourcesError(f"OPML larger than {MAX_OPML_BYTES // 1024 // 1024} MB")
    sources: dict[str, Source] = {}
    for outline in _outlines(data):
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if not is_feed_url(url) or url in sources:
            continue
        sources[url] = _source_of_outline(url, outline)
        if len(sources) > MAX_OPML_FEEDS:
            raise SourcesError(f"more than {MAX_OPML_FEEDS} feeds")
    return tuple(sources.values())


def _outlines(data: bytes) -> Iterator[ET.Element]:
    # The pull parser hands out elements as they come: depth costs no recursion. A NUL-free prefix check would
    # miss a DOCTYPE in UTF-16, so the parser itself refuses it.
    try:
        parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314  entities cannot be declared without a DOCTYPE
        parser.feed(data)
        root = parser.close()
    except (ET.ParseError, LookupError, ValueError) as error:
        raise SourcesError(f"not an OPML file: {error}") from error
    if root.tag != "opml":
        raise SourcesError(f"not an OPML file: its root is <{str(root.tag)[:40]}>")
    return root.iter("outline")


class _NoDoctype(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise SourcesError("document type declarations are not accepted")


def _source_of_outline(url: str, outline: ET.Element) -> Source:
    def text(*names: str) -> str:
        return next((value for name in names if (value := one_line(outline.get(name) or "")[:200])), "")

    level = text("level")
    return Source(
        url=url,
        outlet=text("outlet", "title", "text") or urlsplit(url).hostname or url,
        level=level if level in LEVELS else "other",
        province=text("province") or None,
        language=text("language") or "vi",
        section=text("section") or None,
        enabled=text("enabled") != "false",
    )


def write_opml(sources: Iterable[Source]) -> bytes:
    """`sources` as an OPML 2.0 file (UTF-8) that `read_opml` reads back unchanged."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "Điểm Tin"
    body = ET.SubElement(root, "body")
    for source in sources:
        title = f"{source.outlet} – {source.section}" if source.section else source.outlet
        attributes = {
            "type": "rss",
            "text": title,
            "xmlUrl": source.url,
            "outlet": source.outlet,
            "level": source.level,
            "language": source.language,
        }
        if source.province:
            attributes["province"] = source.province
        if source.section:
            attributes["section"] = source.section
        if not source.enabled:
            attributes["enabled"] = "false"
        ET.SubElement(body, "outline", attributes)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data
