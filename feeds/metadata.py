"""What an HTML page says about itself: headline, description, author, date, whether it is free; pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree, html

from feeds.byline import author_of
from feeds.dates import parse_date
from feeds.markup import decode, is_bearable
from feeds.sources import is_feed_url
from feeds.text import fold, one_line

MAX_JSON = 200_000
MAX_AUTHORS = 10

_DATE_PATHS = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//meta[@name='pubdate' or @name='publishdate' or @name='dc.date.issued' or @name='date']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//time[count(//time) = 1]/@datetime",  # of several, others may be those of other articles
)
_TITLE_PATHS = ("//meta[@property='og:title']/@content", "//meta[@name='twitter:title']/@content", "//title/text()")
# The lead above the text, often a heading of its own: detail-sapo (VCCorp), article__sapo (ePi), singular-sapo (Dân
# trí). Lists of other articles call theirs so too, but there they are many.
_LEAD_PATH = (
    "//body//*[contains(@class, 'sapo')][not(ancestor::*[contains(@class, 'sapo')] or ancestor::li or ancestor::a)]"
)
_LEAD_TEXT = ".//text()[not(ancestor::li or ancestor::script)]"
_DESCRIPTION_PATHS = ("//meta[@property='og:description']/@content", "//meta[@name='description']/@content")
_AUTHOR_PATHS = (
    "//meta[@name='author' or @name='dable:author' or @name='citation_author' or @name='dc.creator']/@content",
    "//meta[@property='article:author' or @property='dable:author']/@content",
    "//*[@itemprop='author']//*[@itemprop='name']/@content | //*[@itemprop='author']/@content",
)
_BYLINE = re.compile(r"author|byline|tac-?gia|nguoi-?viet", re.IGNORECASE)
_MAX_BYLINE = 100  # characters; what is longer is a box about the author
_SITE_NAME_PATHS = ("//meta[@property='og:site_name']/@content", "//meta[@name='application-name']/@content")
_OWN_PATHS = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
_LOCKED_PATHS = ("//meta[@property='article:content_tier']/@content", "//meta[@name='isAccessibleForFree']/@content")
_LOCKED = frozenset({"locked", "metered", "false", "no"})
_SITE = re.compile(
    r"\s+[|»·]\s+[^|]{2,60}$|\s+[-–—]\s+(?:(?:Báo|Cổng|Trang|Đài|Tạp chí|Bộ|Sở)\s.{2,60}|\S{2,30}\.(?:vn|com|net))$"
)


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page says about itself.

    `title` and `description` are "" where it has none of its own. `own_url` is the address it states. `is_article`:
    it calls itself one; `is_locked`: it says that only readers who pay see all of it.
    """

    title: str
    description: str
    author: str | None
    published: datetime | None
    own_url: str
    is_article: bool
    is_locked: bool


def page_metadata(tree: html.HtmlElement) -> PageMetadata:
    """Reads `tree`. A description that the page does not show is the site's, not the article's, and is left out."""
    linked = next(_linked_data(tree), {})
    leads = tree.xpath(_LEAD_PATH)
    lead = one_line(" ".join(leads[0].xpath(_LEAD_TEXT))[:2000]) if len(leads) == 1 else ""
    description = lead or _first(tree, _DESCRIPTION_PATHS)
    if description and fold(description[:60]) not in fold(_shown_text(tree)):
        description = ""
    kind = _first(tree, ("//meta[@property='og:type']/@content",))
    locked = str(linked.get("isAccessibleForFree", "")) or _first(tree, _LOCKED_PATHS)
    return PageMetadata(
        title=_title(tree, linked),
        description=description if len(description) >= 40 else "",
        author=author_of(_authors(tree, linked), _outlets(tree, linked)),
        published=_published(tree, linked),
        own_url=_first(tree, _OWN_PATHS),
        is_article=bool(linked) or kind == "article",
        is_locked=locked.lower() in _LOCKED,
    )


def page_url(page: bytes) -> str | None:
    """The address that a page states as its own, if it is an ordinary web address."""
    source = decode(page)
    if not is_bearable(source):
        return None
    try:
        tree = html.document_fromstring(source.replace("\0", ""))
    except (etree.LxmlError, ValueError):
        return None
    stated = _first(tree, _OWN_PATHS)
    return stated if is_feed_url(stated) else None


def _title(tree: html.HtmlElement, linked: dict[str, Any]) -> str:
    headings = [text for heading in tree.iter("h1") if (text := one_line(heading.text_content()[:1000]))]
    stated = linked.get("headline")
    title = one_line(stated[:1000]) if isinstance(stated, str) else ""
    title = _SITE.sub("", title or _first(tree, _TITLE_PATHS))
    for heading in headings:  # the page's own words, where they are the headline and not the site's name
        if title and (fold(heading) in fold(title) or fold(title) in fold(heading)):
            return heading
    if len(title.split()) >= 4:
        return title
    # A title of two words is the site's name; the article's own lines tell more.
    return headings[0] if len(headings) == 1 and len(headings[0].split()) >= 4 else ""


def _published(tree: html.HtmlElement, linked: dict[str, Any]) -> datetime | None:
    stated = [value for path in _DATE_PATHS for value in tree.xpath(path)[:3]]
    if isinstance(linked.get("datePublished"), str):
        stated.insert(1, linked["datePublished"])
    return next((moment for value in stated if (moment := parse_date(str(value)))), None)


def _authors(tree: html.HtmlElement, linked: dict[str, Any]) -> Iterator[str]:
    """What may name the author, the surest first: linked data, meta elements, bylines."""
    stated = linked.get("author")
    people = (stated if isinstance(stated, list) else [stated])[:MAX_AUTHORS]
    names = [person.get("name") if isinstance(person, dict) else person for person in people]
    yield ", ".join(name for name in names if isinstance(name, str))
    for path in _AUTHOR_PATHS:
        yield from map(str, tree.xpath(path)[:3])
    for element in tree.xpath("//body//*[@class or @rel='author']"):
        if element.get("rel") == "author" or _BYLINE.search(element.get("class", "")):
            text = one_line(" ".join(element.itertext())[: 10 * _MAX_BYLINE])
            if len(text) <= _MAX_BYLINE:
                yield text


def _outlets(tree: html.HtmlElement, linked: dict[str, Any]) -> Iterator[str]:
    """What the page calls its site."""
    publisher = linked.get("publisher")
    if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
        yield publisher["name"][:200]
    yield from (str(name)[:200] for path in _SITE_NAME_PATHS for name in tree.xpath(path)[:2])
    if site := _SITE.search(_first(tree, ("//title/text()",))):
        yield site[0].strip(" |»·-–—")


def _linked_data(tree: html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The JSON-LD objects that are news articles."""
    for script in tree.xpath("//script[@type='application/ld+json']")[:20]:
        try:
            data = json.loads((script.text or "")[:MAX_JSON])
        except (ValueError, RecursionError):
            continue
        items = data if isinstance(data, list) else data.get("@graph", [data]) if isinstance(data, dict) else []
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and "Article" in str(item.get("@type")):
                yield item


def _first(tree: html.HtmlElement, paths: tuple[str, ...]) -> str:
    return next((text for path in paths for value in tree.xpath(path)[:3] if (text := one_line(str(value)[:2000]))), "")


def _shown_text(tree: html.HtmlElement) -> str:
    return one_line(" ".join(tree.xpath("//body//text()[not(parent::script or parent::style)]"))[:400_000])
