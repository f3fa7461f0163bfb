"""A digest as an Atom feed (RFC 4287): an entry for each story."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from digests.sheet import Item, Sheet
from digests.views import DigestView
from feeds.text import visible

ATOM = "http://www.w3.org/2005/Atom"
_AUTHOR = "Điểm Tin"


def as_atom(view: DigestView, sheet: Sheet) -> bytes:
    """The feed as UTF-8 bytes. Ids stay the same from digest to digest: of a story, and of what a subscription is."""
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", view.language)
    _add(feed, "id", _urn(f"digest {view.language} {view.name}"))
    _add(feed, "title", sheet.title)
    if sheet.scope:
        _add(feed, "subtitle", sheet.scope)
    _add(feed, "updated", _instant(view.window_end))
    _add(etree.SubElement(feed, f"{{{ATOM}}}author"), "name", _AUTHOR)
    for part in sheet.parts:
        for item in part.items:
            _add_entry(feed, part.heading, item)
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add_entry(feed: etree._Element, heading: str, item: Item) -> None:
    story = item.story
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    _add(entry, "id", _urn(f"story {story.story_id}"))
    _add(entry, "title", item.head.title)
    _add(entry, "updated", _instant(max(report.dated_at for report in (story.head, *story.others))))
    if story.head.date_known:
        _add(entry, "published", _instant(story.head.dated_at))
    if item.head.url:
        etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=visible(item.head.url))
    for other in item.others:
        if other.url:
            etree.SubElement(entry, f"{{{ATOM}}}link", rel="related", href=visible(other.url), title=_flat(other.title))
    _add(etree.SubElement(entry, f"{{{ATOM}}}source"), "title", item.head.outlet)
    if heading:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=_flat(heading))
    _add(entry, "content", "\n".join([item.summary, *map(str, item.documents)]).strip())


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = visible(text)


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def _urn(what: str) -> str:
    return uuid5(NAMESPACE_URL, f"diem-tin {visible(what)}").urn


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
