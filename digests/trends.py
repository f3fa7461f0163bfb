"""How often topics, places and documents are in the news, week by week, and what rises this week.

Stories are counted, each once, in the week of its first report. A week is the seven days that end at `now` or a
multiple of seven days before, so that the current one is whole. What rises is told by a robust rate against the same
thing's own past, the eight weeks before::

    rate = (count - median) / max(1.4826 * MAD, sqrt(median), 1)

the modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993; NIST/SEMATECH e-Handbook of
Statistical Methods, 1.3.5.17, where 0.6745 is 1/1.4826), which calls 3.5 and more an outlier. MAD is the median of the
distances from the median. Its floor is the deviation of a Poisson count, so that what is rare does not rise by chance;
and less than `LEAST` stories are no rise.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from math import sqrt
from statistics import median
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, or_, select
from sqlalchemy.orm import Session

from digests.candidates import places_named, places_of
from digests.dossier_models import DocumentDay
from digests.models import StoryArticle
from feeds.dates import VIETNAM
from feeds.models import Article, Mention

Kind = Literal["topic", "place", "document"]

WEEK = timedelta(days=7)
PAST = 8
LEAST = 4
OUTLIER = 3.5
_SCALE = 1.4826  # of MAD to a standard deviation, for normal counts


@dataclass(frozen=True, slots=True)
class Trend:
    """Stories of one topic (its code), place (a province of today) or document (its id) by week, the current one last.

    `rate` is how far the current week stands out of those before it (see above), `usual` the median of these.
    """

    kind: Kind
    value: str
    weeks: tuple[int, ...]
    rate: float
    usual: float

    @property
    def count(self) -> int:
        return self.weeks[-1]

    @property
    def is_rising(self) -> bool:
        return self.count >= LEAST and self.rate >= OUTLIER


@dataclass(frozen=True, slots=True)
class Trends:
    """All that was in the news; `starts` are the beginnings of the weeks, of which the last ends at `now`."""

    starts: tuple[datetime, ...]
    trends: tuple[Trend, ...]

    @property
    def has_past(self) -> bool:
        """Whether half of the weeks before this one have news at all: against none, everything rises."""
        told = [any(trend.weeks[at] for trend in self.trends) for at in range(len(self.starts) - 1)]
        return sum(told[-PAST:]) >= PAST // 2

    def of(self, kind: Kind) -> tuple[Trend, ...]:
        """Those of a kind, most stories this week first."""
        return tuple(
            sorted((t for t in self.trends if t.kind == kind), key=lambda t: (-t.count, -sum(t.weeks), t.value))
        )

    def rising(self, kind: Kind | None = None) -> tuple[Trend, ...]:
        """Those that rise this week, the steepest first; none without a past."""
        wanted = self.trends if self.has_past else ()
        found = (trend for trend in wanted if trend.is_rising and kind in (None, trend.kind))
        return tuple(sorted(found, key=lambda trend: (-trend.rate, trend.kind, trend.value)))


def find_trends(session: Session, now: datetime, weeks: int = PAST + 1) -> Trends:
    """The counts of the last `weeks` weeks, at least two, of what is kept; documents by resolved mentions alone.

    Articles are found by the time they were first seen and stories by their articles, all by index. The database joins
    what the articles of a story say, and what many stories say alike is decoded once: they are tens of thousands.
    """
    starts = tuple(now - WEEK * back for back in range(max(weeks, 2), 0, -1))
    kept = _kept(starts[0], now)
    homes = _homes(session, kept)
    topics: defaultdict[str, Counter[int]] = defaultdict(Counter)
    places: defaultdict[tuple[str, frozenset[str]], Counter[int]] = defaultdict(Counter)
    documents: defaultdict[str, Counter[int]] = defaultdict(Counter)
    week_of: dict[int, int] = {}
    for story, week, of_topics, of_places in session.connection().execute(_stories(starts, kept)):
        week_of[story] = week
        topics[of_topics][week] += 1
        places[of_places, homes.get(story, frozenset())][week] += 1
    for story, document_id in session.connection().execute(_documents(kept)):
        documents[document_id][week_of[story]] += 1
    counts: defaultdict[tuple[Kind, str], Counter[int]] = defaultdict(Counter)
    for joined, told in topics.items():
        for topic in set(chain(*_lists(joined))):
            counts["topic", topic].update(told)
    for (joined, home), told in places.items():
        for place in home.union(*map(places_named, _lists(joined))):
            counts["place", place].update(told)
    for document_id, told in documents.items():
        counts["document", document_id] = told
    every = range(len(starts))
    return Trends(starts, tuple(_trend(kind, value, [n[at] for at in every]) for (kind, value), n in counts.items()))


def rate_of(count: int, past: Sequence[int]) -> float:
    """How far a count stands out of those before it; the formula is above."""
    usual = median(past)
    deviation = median(abs(one - usual) for one in past)
    return (count - usual) / max(_SCALE * deviation, sqrt(usual), 1.0)


def _trend(kind: Kind, value: str, weeks: Sequence[int]) -> Trend:
    past = weeks[-1 - PAST : -1]
    return Trend(kind, value, tuple(weeks), rate_of(weeks[-1], past), median(past))


def _kept(since: datetime, until: datetime) -> Sequence[ColumnElement[bool]]:
    """That an article is kept, and was told in this time."""
    seen, published = Article.first_seen_at, Article.published_at
    return Article.state == "kept", seen > since, seen <= until, or_(published.is_(None), published > since)


def _stories(starts: Sequence[datetime], kept: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Of each story the week in which it was first told, and the topics and the places of its articles (`_lists`)."""
    seen, published = Article.first_seen_at, Article.published_at
    first = func.min(case((published < seen, published), else_=seen), type_=seen.type)
    week = case(*((first >= starts[number], number) for number in range(len(starts) - 1, 0, -1)), else_=0)
    lists = (func.aggregate_strings(cast(column, Text), ",") for column in (Article.topics, Article.places))
    query = select(StoryArticle.story_id, week, *lists).join(Article, Article.id == StoryArticle.article_id)
    return query.where(*kept).group_by(StoryArticle.story_id)


def _lists(joined: str) -> Sequence[Sequence[str]]:
    """JSON's lists, as the database writes them one beside the other."""
    found: Sequence[Sequence[str]] = json.loads(f"[{joined}]")
    return found


def _homes(session: Session, kept: Sequence[ColumnElement[bool]]) -> Mapping[int, frozenset[str]]:
    """The places of stories by the provinces of their outlets, where an article names none."""
    columns: tuple[Any, ...] = (StoryArticle.story_id, Article.places, Article.province, Article.title)
    query = (
        select(*columns)
        .join(Article, Article.id == StoryArticle.article_id)
        .where(*kept, Article.province.is_not(None), cast(Article.places, Text) == "[]")
    )
    homes: dict[int, frozenset[str]] = {}
    for row in session.execute(query):
        homes[row.story_id] = homes.get(row.story_id, frozenset()).union(places_of(row))
    return homes


def _documents(kept: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The documents of stories, each once."""
    columns: tuple[Any, ...] = (StoryArticle.story_id, Mention.document_id)
    return (
        select(*columns)
        .join(Article, Article.id == StoryArticle.article_id)
        .join(Mention, Mention.article_id == Article.id)
        .where(*kept, Mention.status == "resolved", Mention.document_id.is_not(None))
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Months:
    """The stories that begin to cite a document, by month of Vietnam: `starts` are the first days, the present last."""

    starts: tuple[date, ...]
    stories: tuple[int, ...]


def document_months(session: Session, document_id: str, now: datetime, months: int = 24) -> Months:
    """The last `months` months of a document; its days are kept (digests.chart), so none of its articles is read."""
    today = now.astimezone(VIETNAM).date()
    numbers = range(today.year * 12 + today.month - months, today.year * 12 + today.month)
    starts = tuple(date(number // 12, number % 12 + 1, 1) for number in numbers)
    counts = dict.fromkeys(starts, 0)
    query = select(DocumentDay.day, DocumentDay.stories).where(
        DocumentDay.document_id == document_id, DocumentDay.day >= starts[0].toordinal()
    )
    for day, stories in session.execute(query):
        start = date.fromordinal(day).replace(day=1)
        if start in counts:
            counts[start] += stories
    return Months(starts, tuple(counts.values()))
