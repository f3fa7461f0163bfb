"""A page of a list as an Atom feed (RFC 4287, pages by RFC 5005)."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from lxml import etree

from bot.api import shapes
from bot.api.making import dated
from digests.formats.atom import ATOM, AUTHOR, add, instant, urn
from feeds.text import visible


def as_atom(page: shapes.Page, title: str, path: str, query: Mapping[str, str], now: datetime) -> bytes:
    """The page that was asked for by `query` at `path`; links are relative to it. `now` dates a list without items."""
    items: list[shapes.Article | shapes.Story] = getattr(page, "items", [])
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    own = {name: value for name, value in sorted(query.items()) if name not in ("cursor", "limit")}
    add(feed, "id", urn(f"{path} {urlencode(own)}"))
    add(feed, "title", title)
    add(feed, "updated", instant(max((dated(_head(item)) for item in items), default=now)))
    add(etree.SubElement(feed, f"{{{ATOM}}}author"), "name", AUTHOR)
    _link(feed, "self", f"{path}?{urlencode(query)}")
    if page.next:
        _link(feed, "next", f"{path}?{urlencode({**query, 'cursor': page.next})}")
    for item in items:
        _add_entry(feed, item)
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="UTF-8")
    return written


def _head(item: shapes.Article | shapes.Story) -> shapes.Article:
    return item.head if isinstance(item, shapes.Story) else item


def _add_entry(feed: etree._Element, item: shapes.Article | shapes.Story) -> None:
    head = _head(item)
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    add(entry, "id", urn(f"story {item.id}" if isinstance(item, shapes.Story) else f"article {item.id}"))
    add(entry, "title", head.title)
    add(entry, "updated", instant(dated(head)))
    if head.published:
        add(entry, "published", instant(head.published))
    if head.url:
        _link(entry, "alternate", head.url)
    add(etree.SubElement(entry, f"{{{ATOM}}}source"), "title", head.outlet)
    for topic in head.topics:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=topic)
    add(entry, "summary", head.lead)


def _link(parent: etree._Element, rel: str, href: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=visible(href))
