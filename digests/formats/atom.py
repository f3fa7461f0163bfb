"""A digest as an Atom feed (RFC 4287): an entry for each story and each correction."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from digests.sheet import CorrectionLines, Item, flat, lay_out
from digests.templates import macros
from digests.views import CorrectionView, DigestView
from feeds.text import visible

ATOM = "http://www.w3.org/2005/Atom"
AUTHOR = "Điểm Tin"


def as_atom(view: DigestView) -> bytes:
    """The feed as UTF-8 bytes. Its title and all ids stay the same from digest to digest."""
    sheet, words = lay_out(view), macros("words.html", view.language)
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", view.language)
    whose = view.subscription_id if view.subscription_id is not None else f"{view.language} {view.name}"
    add(feed, "id", urn(f"digest {whose}"))
    add(feed, "title", ": ".join(filter(None, (str(words.feed_title()), sheet.name))))
    add(feed, "subtitle", ". ".join(filter(None, (sheet.title, sheet.scope, sheet.coverage))))
    add(feed, "updated", instant(view.window_end))
    add(etree.SubElement(feed, f"{{{ATOM}}}author"), "name", AUTHOR)
    for part in sheet.parts:
        for item in part.items:
            _add_entry(feed, part.heading, item, view.language)
    for told, lines in zip(view.corrections, sheet.corrections, strict=True):
        _add_correction(feed, told, lines, view)
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add_entry(feed: etree._Element, heading: str, item: Item, language: str) -> None:
    story = item.story
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    add(entry, "id", urn(f"story {story.story_id}"))
    add(entry, "title", item.head.title)
    add(entry, "updated", instant(max(report.dated_at for report in (story.head, *story.others))))
    if story.head.date_known:
        add(entry, "published", instant(story.head.dated_at))
    if item.head.url:
        etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=visible(item.head.url))
    for other in item.others:
        if other.url:
            etree.SubElement(entry, f"{{{ATOM}}}link", rel="related", href=visible(other.url), title=flat(other.title))
    add(etree.SubElement(entry, f"{{{ATOM}}}source"), "title", item.head.outlet)
    if heading:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=flat(heading))
    add(entry, "content", macros("digest_entry.html", language).story(item)).set("type", "html")


def _add_correction(feed: etree._Element, told: CorrectionView, lines: CorrectionLines, view: DigestView) -> None:
    title = macros("words.html", view.language).correction_title()
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    add(entry, "id", urn(f"correction {told.story_id} {instant(told.told_at)}"))
    add(entry, "title", f"{title}: {lines.told.report.title}")
    add(entry, "updated", instant(view.window_end))
    etree.SubElement(entry, f"{{{ATOM}}}category", term=str(title))
    add(entry, "content", macros("digest_entry.html", view.language).correction(lines)).set("type", "html")


def add(parent: etree._Element, name: str, text: str) -> etree._Element:
    """A child of `parent` in Atom's namespace."""
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = visible(str(text).strip())
    return element


def urn(what: str) -> str:
    """The id of something of ours, always the same."""
    return uuid5(NAMESPACE_URL, f"diem-tin {visible(what)}").urn


def instant(moment: datetime) -> str:
    """As Atom writes it: in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
