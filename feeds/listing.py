"""Listing pages into entries: the links that a CSS selector picks, each with its headline and the date beside it; pure.

    bytes -> text -> lxml -> elements of the selector -> one link each -> RawEntry

For sources without a feed. A page that was rebuilt matches nothing any more: that is an error, never an empty list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import islice
from urllib.parse import urldefrag, urljoin

from cssselect import HTMLTranslator, SelectorError
from lxml import etree, html

from feeds.dates import parse_date, parse_date_line
from feeds.entries import MAX_DATE, MAX_LINK, MAX_RAW_TITLE, MAX_SUMMARY, RawEntry, RawFeed
from feeds.markup import decode, is_bearable
from feeds.parse import ParseError
from feeds.sources import is_same_site
from feeds.text import one_line

MAX_BYTES = 2 * 1024 * 1024
MAX_LINKS = 300
# Of the elements that the selector picks, and of those in one of them that are looked at: more is no list of articles.
_MAX_PICKED = 2 * MAX_LINKS
_MAX_BLOCK = 300
_LEVELS_UP = 4  # from a link to the block that holds its date

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DATED = ("date", "time")
_SUMMARY = ("sapo", "desc", "summary", "lead")


def read_listing(body: bytes, *, url: str, selector: str) -> RawFeed:
    """The links that `selector` picks on the page `body`, fetched from `url`, each address once, in the page's order.

    The selector picks links, or blocks with one link each: in a block the link of its heading counts, else its first.
    Only links of the same site; at most `MAX_LINKS`. `published` is the date beside a link, as the page writes it.
    Raises ParseError: "empty" where no link is picked. Some selectors ("p ~ p ~ a") take libxml2 for ever on a page
    made for them: call this where there is a time limit.
    """
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"more than {MAX_BYTES // 1024 // 1024} MB")
    page = _page(decode(body))
    try:
        picked: list[html.HtmlElement] = page.xpath(HTMLTranslator().css_to_xpath(selector))
    except (SelectorError, etree.XPathError) as error:
        raise ParseError("selector", f"the selector cannot be used: {error}") from error
    if not picked:
        raise ParseError("empty", f"the selector {selector} picks nothing: was the page rebuilt?")
    base = urljoin(url, next(iter(page.xpath("//base/@href")), "").strip())
    entries: dict[str, RawEntry] = {}
    skipped: list[str] = []
    for element in picked[:_MAX_PICKED]:
        link = _link_of(element)
        address = _address(link, base) if link is not None else ""
        if link is None or not is_same_site(address, url) or address == url:
            skipped.append("no link to a page of this site")
            continue
        if address not in entries and len(entries) >= MAX_LINKS:
            skipped.append(f"more than the first {MAX_LINKS} links")
            continue
        entries[address] = _joined(entries.get(address), _entry(element, link, address))
    if not entries:
        raise ParseError("empty", f"the selector {selector} picks no link to a page of this site")
    title = one_line(str(page.xpath("string(//title)")))[:MAX_RAW_TITLE]
    return RawFeed(title, tuple(entries.values()), tuple(skipped))


def _page(text: str) -> html.HtmlElement:
    # An XML declaration in front of a text makes lxml refuse it.
    text = text.replace("\0", "").lstrip("\ufeff \t\r\n")
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    if not text.strip():
        raise ParseError("empty", "the body is empty")
    if not is_bearable(text):
        raise ParseError("too_complex", "a page with too many elements or attributes")
    try:
        return html.document_fromstring(text)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError("not_a_feed", f"no web page ({type(error).__name__})") from error


def _link_of(element: html.HtmlElement) -> html.HtmlElement | None:
    """The link that an element is or holds, that of a heading first."""
    links = [part for part in _parts(element) if part.tag == "a" and part.get("href")]
    return next((link for link in links if _is_headline(link)), links[0] if links else None)


def _is_headline(link: html.HtmlElement) -> bool:
    parent = link.getparent()
    return (parent is not None and parent.tag in _HEADINGS) or any(part.tag in _HEADINGS for part in _parts(link))


def _address(link: html.HtmlElement, base: str) -> str:
    try:
        return urldefrag(urljoin(base, str(link.get("href")).strip()[:MAX_LINK].replace(" ", "%20"))).url
    except ValueError:
        return ""


def _entry(element: html.HtmlElement, link: html.HtmlElement, address: str) -> RawEntry:
    title = _title_of(element, link)
    return RawEntry(
        guid=None,
        link=address,
        title=title,
        # As a feed would give it: markup.
        summary=escape(_summary_of(element, title), quote=False),
        content="",
        published=_date_of(element, link),
    )


def _joined(known: RawEntry | None, entry: RawEntry) -> RawEntry:
    """An image and a headline may link to one article: each gives what the other lacks."""
    if known is None:
        return entry
    return replace(
        known,
        title=known.title or entry.title,
        summary=known.summary or entry.summary,
        published=known.published or entry.published,
    )


def _title_of(element: html.HtmlElement, link: html.HtmlElement) -> str:
    """Heading in the link, its text, its title; else the heading of the block."""
    stated = (
        *(_text(part) for part in _parts(link) if part.tag in _HEADINGS),
        _text(link),
        one_line(link.get("title", "")),
        *(_text(part) for part in _parts(element) if part.tag in _HEADINGS),
    )
    return next(filter(None, stated), "")[:MAX_RAW_TITLE]


def _summary_of(element: html.HtmlElement, title: str) -> str:
    """The paragraph in the picked block that is neither headline nor date."""
    texts = (_text(part) for part in _parts(element) if part.tag == "p" or _has_class(part, _SUMMARY))
    return next((text for text in texts if text and text != title and not parse_date_line(text)), "")


def _date_of(element: html.HtmlElement, link: html.HtmlElement) -> str:
    """The date in the picked block, or around a picked link as far as there is no link to anywhere else.

    The first that can be read; else the first that looks like one, so that `feeds check` can show it.
    """
    stated = [date for block in _blocks(element, link) for date in _dates_in(block)]
    return next((date for date in stated if parse_date(date)), next(iter(stated), ""))


def _blocks(element: html.HtmlElement, link: html.HtmlElement) -> Iterator[html.HtmlElement]:
    yield element
    block = element
    for _ in range(_LEVELS_UP):
        block = block.getparent()
        if block is None or any(part.tag == "a" and part.get("href") != link.get("href") for part in _parts(block)):
            return
        yield block


def _dates_in(block: html.HtmlElement) -> Iterator[str]:
    for part in _parts(block):
        text = _text(part) if len(part) == 0 or part.tag == "time" else ""
        if part.tag == "time" or _has_class(part, _DATED):
            yield from (date[:MAX_DATE] for date in (part.get("datetime", ""), text) if any(map(str.isdigit, date)))
        elif parse_date_line(text):
            yield text


def _has_class(element: html.HtmlElement, words: Sequence[str]) -> bool:
    names = element.get("class", "").lower()
    return any(word in names for word in words)


def _parts(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The element and those in it, comments aside."""
    return islice(element.iter("*"), _MAX_BLOCK)


def _text(element: html.HtmlElement) -> str:
    return one_line(str(element.text_content())[:MAX_SUMMARY])
