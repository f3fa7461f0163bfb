"""What an HTML page says about itself: headline, description, date; pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree, html

from feeds.dates import parse_date
from feeds.markup import decode, is_bearable
from feeds.sources import is_feed_url
from feeds.text import fold, one_line

MAX_JSON = 200_000

_DATE_PATHS = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//meta[@name='pubdate' or @name='publishdate' or @name='dc.date.issued' or @name='date']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//time[count(//time) = 1]/@datetime",  # of several, others may be those of other articles
)
_TITLE_PATHS = ("//meta[@property='og:title']/@content", "//meta[@name='twitter:title']/@content", "//title/text()")
_DESCRIPTION_PATHS = ("//meta[@property='og:description']/@content", "//meta[@name='description']/@content")
_SITE = re.compile(
    r"\s+[|»·]\s+[^|]{2,60}$|\s+[-–—]\s+(?:(?:Báo|Cổng|Trang|Đài|Tạp chí|Bộ|Sở)\s.{2,60}|\S{2,30}\.(?:vn|com|net))$"
)


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Headline and description ("" where the page has none of its own) and date of publication of a page."""

    title: str
    description: str
    published: datetime | None


def page_metadata(tree: html.HtmlElement) -> PageMetadata:
    """Reads `tree`. A description that the page does not show is the site's, not the article's, and is left out."""
    linked = next(_linked_data(tree), {})
    description = _first(tree, _DESCRIPTION_PATHS)
    if description and fold(description[:60]) not in fold(_shown_text(tree)):
        description = ""
    return PageMetadata(_title(tree, linked), description if len(description) >= 40 else "", _published(tree, linked))


def page_url(page: bytes) -> str | None:
    """The address that a page states as its own, if it is an ordinary web address."""
    source = decode(page)
    if not is_bearable(source):
        return None
    try:
        tree = html.document_fromstring(source.replace("\0", ""))
    except (etree.LxmlError, ValueError):
        return None
    stated = _first(tree, ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"))
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
