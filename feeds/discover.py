"""From the address of a site, a section or a feed to its feeds.

::

    address --read--> a feed: itself
                 |
                 +--> a page: the feeds its head names --> links that look like feeds --> pages that list feeds
                                                                                     --> usual addresses

The first of these that holds a feed decides. Papers list dozens of feeds on one page: a few of them are read, to see
that the page tells the truth, and the others are offered unread.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree, html

from feeds.fetch import Fetched, Fetcher, FetchError
from feeds.markup import decode, is_bearable, strip_tags
from feeds.parse import ParseError, read_feed
from feeds.sources import is_feed_url, is_same_site
from feeds.text import one_line, shorten
from feeds.worker import Worker

MAX_REQUESTS = 12
MAX_FOUND = 30
_SAMPLES = 3  # of the feeds that one page names
_MAX_INDEXES = 2
_MAX_LINKS = 5000
_MAX_TITLE = 200

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
# /rss/thoi-su.rss, /thoi-su.rss, /rss/thoi-su, /feed/, /news.xml; sitemaps are no feeds.
_FEED_PATH = re.compile(
    r"\.(?:rss|atom|rdf)/?$|(?<!sitemap)\.xml$|/(?:rss|feeds?)/[^/]+/?$|/(?:feed|rss_feed)/?$", re.I
)
# /rss, /rss.htm, /rss.html, /rss.tpo, /vi/rss/: pages that list feeds.
_INDEX_PATH = re.compile(r"/rss(?:-?feeds?)?(?:\.(?!rss|xml)[a-z]{2,5})?/?$", re.I)
_NOT_CONNECTED = frozenset({"connect", "tls", "timeout"})
_USUAL_PATHS = ("/rss", "/rss.htm", "/rss.html", "/rss.xml", "/feed", "/rss/home.rss", "/home.rss")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """A feed; `title` is its own, or what the page that names it calls it. `entries` is None where it was not read."""

    url: str
    title: str
    entries: int | None


async def first_connected(urls: Sequence[str], ask: Callable[[str], Awaitable[Answer]]) -> Answer:
    """What `ask` gets at the first of these addresses that can be connected to. Raises what it raises there, or at the
    last."""
    for url in urls[:-1]:
        try:
            return await ask(url)
        except FetchError as error:
            if error.reason not in _NOT_CONNECTED:
                raise
    return await ask(urls[-1])


async def discover(fetcher: Fetcher, url: str, worker: Worker) -> Sequence[Found]:
    """The feeds at `url`, or of the site or section there, at most `MAX_FOUND`; () if none is found.

    At most `MAX_REQUESTS` requests, one after another. Raises FetchError where `url` itself is not answered, and
    ParseError where the answer is neither a feed nor a page. `worker` reads what could last for ever.
    """
    search = _Search(fetcher, worker)
    page = await search.read(url)
    if isinstance(page, Found):
        return (page,)
    for links in (page.stated, page.likely):
        if found := await search.prove(links):
            return found
    for listed in tuple(search.pages):  # baotintuc.vn/rss.rss lists feeds and is none
        if found := await search.prove(listed.links):
            return found
    usual = [_Link(urljoin(page.url, path), "") for path in _USUAL_PATHS]
    for link in _unique([*page.indexes[:_MAX_INDEXES], *usual]):
        answer = await search.try_(link.url)
        if isinstance(answer, Found):
            return (answer,)
        if answer and (found := await search.prove(answer.links)):
            return found
    return ()


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class _Page:
    """Links of a page: to feeds by its own word, to what looks like feeds, to what may list feeds."""

    url: str
    stated: Sequence[_Link] = ()
    likely: Sequence[_Link] = ()
    indexes: Sequence[_Link] = ()

    @property
    def links(self) -> Sequence[_Link]:
        return _unique([*self.stated, *self.likely])


class _Search:
    """Reads no address twice, and no more than `MAX_REQUESTS`.

    `pages` are those that were met in place of feeds.
    """

    def __init__(self, fetcher: Fetcher, worker: Worker) -> None:
        self._fetcher = fetcher
        self._worker = worker
        self._asked: set[str] = set()
        self.pages: list[_Page] = []

    async def read(self, url: str) -> Found | _Page:
        self._asked.add(url)
        fetched = await self._fetcher.get(url)
        try:
            feed = await read_feed(fetched.body, content_type=fetched.content_type, worker=self._worker)
        except ParseError as error:
            if error.reason != "html":
                raise
            return await asyncio.to_thread(_page_of, fetched)
        title = shorten(one_line(strip_tags(feed.title)), _MAX_TITLE)
        return Found(fetched.permanent_redirect or url, title, len(feed.entries))

    async def try_(self, url: str) -> Found | _Page | None:
        """None for what cannot be read, was read, or is one request too many."""
        if url in self._asked or len(self._asked) >= MAX_REQUESTS:
            return None
        try:
            return await self.read(url)
        except (FetchError, ParseError):
            return None

    async def prove(self, links: Sequence[_Link]) -> Sequence[Found]:
        """The feeds among `links`: the first of them read, the others believed if one of those is a feed."""
        proven: list[Found] = []
        for link in links[:_SAMPLES]:
            found = await self.try_(link.url)
            if isinstance(found, Found):
                proven.append(Found(found.url, found.title or link.title, found.entries))
            elif found:
                self.pages.append(found)
        if not proven:
            return ()
        others = (Found(link.url, link.title, None) for link in links[_SAMPLES:])
        return tuple({found.url: found for found in (*proven, *others)}.values())[:MAX_FOUND]


def _page_of(fetched: Fetched) -> _Page:
    url, text = fetched.url, decode(fetched.body, fetched.content_type).replace("\0", "")
    if not is_bearable(text):
        return _Page(url)
    try:
        page = html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError):
        return _Page(url)
    base = _absolute(url, next(iter(page.xpath("//base/@href")), "")) or url
    stated = [
        _Link(_absolute(base, link.get("href", "")), one_line(link.get("title", ""))[:_MAX_TITLE])
        for link in page.iter("link")
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower() in _FEED_TYPES
    ]
    links = [_Link(_absolute(base, link.get("href", "")), _words(link)) for link in islice(page.iter("a"), _MAX_LINKS)]
    of_site = [link for link in links if is_same_site(link.url, url)]
    return _Page(
        url,
        _unique(link for link in stated if is_feed_url(link.url)),
        _unique(link for link in of_site if _FEED_PATH.search(urlsplit(link.url).path)),
        _unique(link for link in of_site if _INDEX_PATH.search(urlsplit(link.url).path)),
    )


def _unique(links: Iterable[_Link]) -> Sequence[_Link]:
    """Each address once, with the first words that call it something."""
    found: dict[str, _Link] = {}
    for link in links:
        if link.url not in found or not found[link.url].title:
            found[link.url] = link
    return tuple(found.values())


def _absolute(base: str, href: str) -> str:
    try:
        return urldefrag(urljoin(base, href.strip()[:4000])).url
    except ValueError:
        return ""


def _words(link: html.HtmlElement) -> str:
    """What a link calls its feed: its text, without the "RSS" that stands behind it; else its title."""
    text = shorten(one_line(str(link.text_content())[:1000]), _MAX_TITLE)
    return text if text.casefold() not in ("", "rss", "xml") else one_line(link.get("title", ""))[:_MAX_TITLE]
