"""The bundled outlets as a web site: feeds, home pages, article pages and pictures, as they stand at a moment.

/bao-an-ninh-mau/feed.xml                      RSS or Atom
/bao-an-ninh-mau/                              home page
/bao-an-ninh-mau/tong-ket-...-1000123.html     an article; only the number at the end counts
/bao-an-ninh-mau/images/1000123.svg            its picture
"""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.demo.answer import Answer
from bot.demo.articles import Outlet, SampleArticle, load_outlets
from bot.demo.rendering import Rendering
from feeds.sources import Source

_ARTICLE = re.compile(r"(?:^|-)(?:post)?(\d+)\.html?$")
_PICTURE = re.compile(r"images/(\d+)\.svg$")


@dataclass(frozen=True, slots=True)
class _Shelf:
    outlet: Outlet
    articles: dict[int, SampleArticle]


class SampleSite:
    """Everything is counted from `start`, the moment the demo began; what is not yet published is not found."""

    def __init__(self, base: str, start: datetime) -> None:
        self._start = start
        self._rendering = Rendering(base, start)
        self._shelves = {
            outlet.slug: _Shelf(outlet, {article.number: article for article in outlet.articles})
            for outlet in load_outlets()
        }
        self.sources = tuple(self._source(base, shelf.outlet) for shelf in self._shelves.values())

    @staticmethod
    def _source(base: str, outlet: Outlet) -> Source:
        return Source(
            url=f"{base}/{outlet.slug}/feed.xml",
            outlet=outlet.name,
            level=outlet.level,
            province=outlet.province,
            language=outlet.language,
            section=outlet.section,
            enabled=True,
        )

    def answer(self, path: str, now: datetime) -> Answer | None:
        """The page at `path` (decoded, from the first slash) as it stands at `now`; None: not found."""
        slug, _, rest = path.removeprefix("/").partition("/")
        shelf = self._shelves.get(slug)
        if shelf is None:
            return None
        visible = [article for article in shelf.outlet.articles if article.published_at(self._start) <= now]
        visible.sort(key=lambda article: article.age_hours)
        if rest == "feed.xml":
            return self._rendering.feed(shelf.outlet, visible, now)
        if rest == "":
            return self._rendering.home(shelf.outlet, visible, now)
        found = _ARTICLE.search(rest) or _PICTURE.match(rest)
        article = shelf.articles.get(int(found[1])) if found else None
        if article is None or article not in visible:
            return None
        if rest.startswith("images/"):
            return self._rendering.picture(article)
        return self._rendering.article(shelf.outlet, article, visible, now)
