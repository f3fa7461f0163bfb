"""Feed lists of other readers: OPML in and out."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from feeds.sources import KINDS, LEVELS, Source, SourcesError, check_reading, is_feed_url
from feeds.text import one_line

MAX_BYTES = 2 * 1024 * 1024
MAX_FEEDS = 5000
MAX_LISTINGS = 200  # each has a selector, which takes a millisecond or more to check


class Fault(StrEnum):
    """Why an outline with an address is left out; `FAULTS` says it in words."""

    ADDRESS = "address"
    UNFIT = "unfit"
    LISTINGS = "listings"
    FEEDS = "feeds"


FAULTS = {
    Fault.ADDRESS: "no http or https address",
    Fault.UNFIT: "kind, selector or visit cannot be used",
    Fault.LISTINGS: f"more than {MAX_LISTINGS} listings",
    Fault.FEEDS: f"more than {MAX_FEEDS} feeds",
}


@dataclass(frozen=True, slots=True)
class Opml:
    """The feeds of a file, and how many of its outlines were left out for what reason."""

    sources: tuple[Source, ...]
    left_out: Mapping[Fault, int]


def read_opml(data: bytes) -> Opml:
    """The feeds of an OPML file, each address once, as far as they can be read.

    Our own attributes (`outlet`, `level`, `province`, `section`, `enabled`, `kind`, `selector`, `visit`) are read where
    they stand; others' files give the title as outlet. Raises SourcesError for what is not OPML. Document type
    declarations are refused whole, so no entity is ever expanded. A full file takes a second: call this in a thread.
    """
    if len(data) > MAX_BYTES:
        raise SourcesError(f"OPML larger than {MAX_BYTES // 1024 // 1024} MB")
    sources: dict[str, Source] = {}
    left_out: Counter[Fault] = Counter()
    listings = 0
    for outline in _outlines(data):
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if not url or url in sources:
            continue
        if not is_feed_url(url):
            left_out[Fault.ADDRESS] += 1
            continue
        source = _source_of_outline(url, outline)
        listings += source.kind == "listing"
        if fault := _fault_of(source, len(sources), listings):
            left_out[fault] += 1
        else:
            sources[url] = source
    return Opml(tuple(sources.values()), left_out)


def _fault_of(source: Source, feeds: int, listings: int) -> Fault | None:
    """What keeps out a source that comes after `feeds` others; it is itself one of `listings`."""
    if feeds >= MAX_FEEDS:
        return Fault.FEEDS
    if source.kind == "listing" and listings > MAX_LISTINGS:
        return Fault.LISTINGS
    try:
        check_reading(source)
    except SourcesError:
        return Fault.UNFIT
    return None


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

    level, kind = text("level"), text("kind")
    return Source(
        url=url,
        outlet=text("outlet", "title", "text") or urlsplit(url).hostname or url,
        level=level if level in LEVELS else "other",
        province=text("province") or None,
        language=text("language") or "vi",
        section=text("section") or None,
        enabled=text("enabled") != "false",
        kind=kind if kind in KINDS else "feed",
        selector=one_line(outline.get("selector") or "") or None,
        visit=(outline.get("visit") or "").strip() or None,
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
        if source.kind != "feed":
            attributes["kind"] = source.kind
        optional = {"province": source.province, "section": source.section}
        optional |= {"selector": source.selector, "visit": source.visit}
        attributes |= {name: value for name, value in optional.items() if value}
        if not source.enabled:
            attributes["enabled"] = "false"
        ET.SubElement(body, "outline", attributes)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data
