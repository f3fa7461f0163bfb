"""The bundled sample news: invented outlets and their articles, read from `news/*.toml`, one file an outlet.

An article's time is an age, not a date: `age_hours` before the demo starts (negative: after it), so the news is
always fresh. What it reports happened at the age `event_hours` (3 hours earlier where not given; alike in all reports
of one event). In a text `{day}`, `{day-1}`, `{day+7}` become the day and month of the event or of days around it, and
`{when}`, `{When}` its morning or afternoon: "sáng 21/11".
The `expected` table says what an editor would say of the article; it is for tests and is never served.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.dates import VIETNAM

NEWS = Path(__file__).parent / "news"
_MARK = re.compile(r"\{(day|when|When)([+-]\d+)?\}")


@dataclass(frozen=True, slots=True)
class ExpectedCitation:
    """One document an article cites: its key, its id ("" where the text leaves it open) and the stage reported."""

    key: str
    document: str
    stage: str


@dataclass(frozen=True, slots=True)
class Expected:
    """An editor's reading: the kind of look-alike ("" when relevant), topics, documents, and the event reported."""

    relevant: bool
    look_alike: str = ""
    topics: tuple[str, ...] = ()
    cites: tuple[ExpectedCitation, ...] = ()
    story: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A headline the outlet changes `after_hours` hours after publication; the article number stays."""

    after_hours: float
    title: str


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One article; `number` ends its address and is unique over all outlets; a paragraph `## x` is a subheading."""

    id: str
    number: int
    age_hours: float
    event_hours: float
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    caption: str
    byline: str
    expected: Expected
    correction: Correction | None = None

    def published_at(self, start: datetime) -> datetime:
        return start - timedelta(hours=self.age_hours)

    def event_at(self, start: datetime) -> datetime:
        """A likely moment of the event, in Vietnam; nights give the afternoon before, as nothing is held at night."""
        event = (start - timedelta(hours=self.event_hours)).astimezone(VIETNAM)
        return event if event.hour >= 5 else event - timedelta(hours=event.hour + 8)

    def changed_at(self, start: datetime, now: datetime) -> datetime:
        """The moment of the last change visible at `now`."""
        published = self.published_at(start)
        if self.correction is None:
            return published
        corrected = published + timedelta(hours=self.correction.after_hours)
        return corrected if corrected <= now else published

    def title_at(self, start: datetime, now: datetime) -> str:
        if self.correction is not None and self.changed_at(start, now) > self.published_at(start):
            return self.correction.title
        return self.title


@dataclass(frozen=True, slots=True)
class FeedForm:
    """How an outlet writes its feed: each field names one habit met in real Vietnamese feeds.

    kind         rss, atom
    dates        rfc822, colon, two_digit, month_first, gmt7_cdata, short_year, gmt (RSS); atom is always ISO 8601
    description  plain, linked_image, broken_image, full (the whole text in the feed)
    letters      plain, entities (Vietnamese letters as HTML entities), combining (tones as combining marks in titles)
    guid         link, fragment (link and "#0"), uuid, none
    dateline     what opens each description, such as "(TTM) -"
    tracking     what is added to each link, such as "?utm_source=rss"
    """

    kind: str = "rss"
    dates: str = "rfc822"
    description: str = "plain"
    letters: str = "plain"
    guid: str = "link"
    dateline: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented outlet; `host` is shown in its pages only (a name under .example), `province` the home province."""

    slug: str
    name: str
    host: str
    level: str
    province: str | None
    language: str
    section: str
    day_separator: str
    ending: str
    form: FeedForm
    articles: tuple[SampleArticle, ...]

    def dated(self, text: str, event: datetime) -> str:
        """The text with its marks filled in, in the outlet's way of writing dates: 21/11, 21-11, November 21."""

        def written(mark: re.Match[str]) -> str:
            meant = event + timedelta(days=int(mark[2] or 0))
            day = f"{meant.day}{self.day_separator}{meant.month}"
            if self.language == "en":
                day = f"{meant:%B} {meant.day}"
            half = "sáng" if meant.hour < 12 else "chiều"
            return {"day": day, "when": f"{half} {day}", "When": f"{half.capitalize()} {day}"}[mark[1]]

        return _MARK.sub(written, text)


def load_outlets(folder: Path = NEWS) -> tuple[Outlet, ...]:
    """All outlets in the order of their file names. Raises KeyError or TypeError when a field is missing or unknown."""
    return tuple(_outlet(tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml")))


def _outlet(row: Mapping[str, Any]) -> Outlet:
    fields = {name: value for name, value in row.items() if name not in {"form", "articles"}}
    return Outlet(
        **{"province": None, "day_separator": "/", "ending": ".html", **fields},
        form=FeedForm(**row.get("form", {})),
        articles=tuple(_article(article) for article in row["articles"]),
    )


def _article(row: Mapping[str, Any]) -> SampleArticle:
    correction = row.get("correction")
    return SampleArticle(
        id=row["id"],
        number=row["number"],
        age_hours=row["age_hours"],
        event_hours=row.get("event_hours", row["age_hours"] + 3),
        title=row["title"],
        lead=row["lead"],
        paragraphs=tuple(part.strip() for part in row["body"].strip().split("\n\n")),
        caption=row.get("caption", ""),
        byline=row.get("byline", ""),
        expected=_expected(row["expected"]),
        correction=Correction(**correction) if correction else None,
    )


def _expected(row: Mapping[str, Any]) -> Expected:
    return Expected(
        relevant=row["relevant"],
        look_alike=row.get("look_alike", ""),
        topics=tuple(row.get("topics", ())),
        cites=tuple(ExpectedCitation(*cite) for cite in row.get("cites", ())),
        story=row.get("story", ""),
    )
