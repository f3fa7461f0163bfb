"""The sample outlets' feeds and pages as bytes; the same input gives the same bytes.

The markup is in `templates/`; here is what real feeds do to a date, a letter, an address.
"""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html.entities import codepoint2name
from pathlib import Path
from unicodedata import normalize

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.demo.answer import Answer
from bot.demo.articles import FeedForm, Outlet, SampleArticle
from feeds.dates import VIETNAM
from feeds.text import fold

RELATED = 2  # headlines of other articles within and beside an article, as real pages have them

_FEED_TYPES = {"rss": "application/rss+xml; charset=utf-8", "atom": "application/atom+xml; charset=utf-8"}
_HTML = "text/html; charset=utf-8"


class Rendering:
    """Writes for a server at `base` ("http://127.0.0.1:41234") whose news is counted from `start`."""

    def __init__(self, base: str, start: datetime) -> None:
        self._base = base
        self._start = start
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["cdata"] = cdata

    def feed(self, outlet: Outlet, visible: Sequence[SampleArticle], now: datetime) -> Answer:
        items = [self._item(outlet, article, now) for article in visible]
        changed_at = max((article.changed_at(self._start, now) for article in visible), default=None)
        body = self._render(f"{outlet.form.kind}.xml", outlet=outlet, items=items, changed_at=changed_at)
        return Answer(body, _FEED_TYPES[outlet.form.kind], changed_at)

    def home(self, outlet: Outlet, visible: Sequence[SampleArticle], now: datetime) -> Answer:
        items = [self._item(outlet, article, now) for article in visible]
        return Answer(self._render("home.html", outlet=outlet, items=items), _HTML)

    def article(
        self, outlet: Outlet, article: SampleArticle, visible: Sequence[SampleArticle], now: datetime
    ) -> Answer:
        others = [self._item(outlet, other, now) for other in visible if other != article]
        item = self._item(outlet, article, now)
        body = self._render(
            "article.html", outlet=outlet, item=item, related=others[:RELATED], most_read=others[-RELATED:]
        )
        return Answer(body, _HTML, article.changed_at(self._start, now))

    def picture(self, article: SampleArticle) -> Answer:
        """A plain coloured rectangle: nothing in the demo shows anybody's photograph."""
        hue = article.number * 47 % 360
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">'
            f'<rect width="640" height="360" fill="hsl({hue} 35% 60%)"/></svg>'
        )
        return Answer(svg.encode(), "image/svg+xml")

    def _render(self, template: str, **values: object) -> bytes:
        text = self._templates.get_template(f"{template}.j2").render(base=self._base, **values)
        return text.encode()

    def _item(self, outlet: Outlet, article: SampleArticle, now: datetime) -> dict[str, object]:
        """What the templates show of an article: its texts with dates filled in, addresses, written-out times."""
        published = article.published_at(self._start)
        event = article.event_at(self._start)
        title = article.title_at(self._start, now)
        form = outlet.form
        home = f"{self._base}/{outlet.slug}"
        link = f"{home}/{slug(title)}-{article.number}{outlet.ending}"
        return {
            "title": outlet.dated(title, event),
            "feed_title": feed_letters(outlet.dated(title, event), form.letters, title=True),
            "lead": outlet.dated(article.lead, event),
            "feed_lead": feed_letters(outlet.dated(article.lead, event), form.letters),
            "paragraphs": [outlet.dated(paragraph, event) for paragraph in article.paragraphs],
            "caption": outlet.dated(article.caption, event),
            "byline": article.byline,
            "link": link,
            "feed_link": link + form.tracking,
            "guid": feed_guid(link, article, form),
            "picture": f"{home}/images/{article.number}.svg",
            "feed_date": feed_date(published, form.dates),
            "published": published.astimezone(VIETNAM),
            "changed": article.changed_at(self._start, now).astimezone(VIETNAM),
        }


def slug(title: str) -> str:
    """A headline as the middle of an address: "Tổng kết 15 năm" -> "tong-ket-15-nam"; at most 80 characters."""
    plain = re.sub(r"\{[^}]*\}", "", title)
    return "-".join(re.findall(r"[a-z0-9]+", fold(plain)))[:80].rstrip("-")


def feed_date(moment: datetime, form: str) -> str:
    """A moment as outlets really write it in pubDate; the names of the forms are in FeedForm.

    >>> feed_date(datetime(2026, 8, 4, 13, 52, 7, tzinfo=UTC), "month_first")
    '8/4/2026 8:52:07\\u202fPM'
    """
    local = moment.astimezone(VIETNAM)
    full = format_datetime(local)  # Tue, 04 Aug 2026 20:52:07 +0700, English whatever the locale
    match form:
        case "rfc822":
            return full
        case "colon":
            return full.replace("+0700", "+07:00")
        case "two_digit":
            return full.replace("+0700", "+07")
        case "gmt7_cdata":
            return cdata(" " + full.replace("+0700", "GMT+7") + " ")
        case "short_year":
            return re.sub(r" 20(\d\d) ", r" \1 ", full)
        case "month_first":
            clock = f"{local.hour % 12 or 12}:{local:%M:%S}\u202f{'PM' if local.hour >= 12 else 'AM'}"
            return f"{local.month}/{local.day}/{local.year} {clock}"
        case "gmt":
            return format_datetime(moment.astimezone(UTC), usegmt=True)
    raise ValueError(f"unknown form of date: {form}")


def feed_letters(text: str, form: str, *, title: bool = False) -> str:
    """The text as the feed spells it; with entities it is finished HTML (Markup), otherwise still to be escaped.

    Only titles are written with combining marks, as in the feeds where this was seen.
    """
    match form:
        case "entities":
            return Markup("").join(_entity(letter) for letter in text)
        case "combining":
            return normalize("NFD", text) if title else text
    return text


def _entity(letter: str) -> str:
    """HTML 4 names: â and ô have one, ở and đ do not, so real feeds mix both."""
    name = codepoint2name.get(ord(letter)) if ord(letter) > 127 else None
    return Markup(f"&{name};") if name else letter  # noqa: S704 - a name from the standard table


def feed_guid(link: str, article: SampleArticle, form: FeedForm) -> str:
    """The item's guid, "" for none; a guid made of the link changes with a corrected headline, as real ones do."""
    match form.guid:
        case "link":
            return link
        case "fragment":
            return f"{link}#0"
        case "uuid":
            return str(uuid.uuid5(uuid.NAMESPACE_OID, str(article.number)))
    return ""


def cdata(text: str) -> Markup:
    """The text as a CDATA section, exempt from escaping."""
    return Markup("<![CDATA[" + str(text).replace("]]>", "]]]]><![CDATA[>") + "]]>")  # noqa: S704 - CDATA is the escaping
