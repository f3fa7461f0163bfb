"""Which articles of a document a card lists, and how many there are of each kind; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from feeds.positions import moment_of

Kind = Literal["year", "place", "outlet", "stage"]
KINDS: tuple[Kind, ...] = ("year", "place", "outlet", "stage")
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_MONTH, _YEAR = timedelta(days=30), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the listed articles have in common, each None where it does not matter.

    `year` is that of their date in Vietnam, `place` the province that is shown with them.
    """

    year: str | None = None
    place: str | None = None
    outlet: str | None = None
    stage: str | None = None

    @property
    def chosen(self) -> Mapping[Kind, str]:
        """Those that matter."""
        return {kind: value for kind in KINDS if (value := getattr(self, kind)) is not None}


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Count:
    """How many articles there are, and how many stories they tell."""

    articles: int
    stories: int


@dataclass(frozen=True, slots=True)
class Presence:
    """How much is told of a document: in the 30 days and the year before a moment, and in all, of which the first and
    the last article are dated so. Of one identity only articles count that certainly mean it."""

    month: Count
    year: Count
    all: Count
    first_at: datetime
    last_at: datetime


def fits(row: Row[Any], filters: Filters) -> bool:
    """Whether an article, with its mention, is among those listed."""
    return all(value_of(row, kind) == value for kind, value in filters.chosen.items())


def facets(rows: Iterable[Row[Any]], kind: Kind) -> Mapping[str, int]:
    """value -> number of articles, the most first; years the newest first."""
    counted = Counter(value for row in rows if (value := value_of(row, kind)))
    if kind == "year":
        return dict(sorted(counted.items(), reverse=True))
    return dict(counted.most_common())


def presence(rows: Iterable[Row[Any]], now: datetime) -> Presence | None:
    """How much these articles tell; None where there is none."""
    dated = [(moment_of(row.position), row.story_id or -row.article_id) for row in rows]
    if not dated:
        return None
    all_time = datetime.min.replace(tzinfo=UTC)
    month, year, everything = (_count(dated, since) for since in (now - _MONTH, now - _YEAR, all_time))
    return Presence(month, year, everything, first_at=min(dated)[0], last_at=max(dated)[0])


def _count(dated: Sequence[tuple[datetime, int]], since: datetime) -> Count:
    within = [story for at, story in dated if at >= since]
    return Count(len(within), len(set(within)))


def value_of(row: Row[Any], kind: Kind) -> str | None:
    """What an article has of this kind, if any."""
    if kind == "year":
        return str(moment_of(row.position).astimezone(_VIETNAM).year)
    # The place that is shown with it: its mention's, else what it is about, else its outlet's.
    place = row.province or (row.places[0] if row.places else row.home)
    value: str | None = {"place": place, "outlet": row.outlet, "stage": row.stage}[kind]
    return value or None
