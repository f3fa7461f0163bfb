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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from statistics import median
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from digests.candidates import places_of
from digests.dossier_models import DocumentDay
from digests.models import StoryArticle
from feeds.database import chunks
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

    Articles are found by the time they were first seen and stories by their articles, all by index.
    """
    starts = tuple(now - WEEK * back for back in range(max(weeks, 2), 0, -1))
    first: dict[int, datetime] = {}
    marks: dict[int, set[tuple[Kind, str]]] = {}
    for story, at, found in _told(session, starts[0], now):
        first[story] = min(at, first.get(story, at))
        marks.setdefault(story, set()).update(found)
    counts: dict[tuple[Kind, str], list[int]] = {}
    for story, at in first.items():
        week = (at - starts[0]) // WEEK
        for mark in marks[story]:
            counts.setdefault(mark, [0] * len(starts))[min(week, len(starts) - 1)] += 1
    return Trends(starts, tuple(_trend(kind, value, count) for (kind, value), count in counts.items()))


def rate_of(count: int, past: Sequence[int]) -> float:
    """How far a count stands out of those before it; the formula is above."""
    usual = median(past)
    deviation = median(abs(one - usual) for one in past)
    return (count - usual) / max(_SCALE * deviation, sqrt(usual), 1.0)


def _trend(kind: Kind, value: str, weeks: Sequence[int]) -> Trend:
    past = weeks[-1 - PAST : -1]
    return Trend(kind, value, tuple(weeks), rate_of(weeks[-1], past), median(past))


def _told(session: Session, since: datetime, until: datetime) -> Iterable[tuple[int, datetime, set[tuple[Kind, str]]]]:
    """Of each article kept in this time its story, when it was told, and what it is about."""
    columns: tuple[Any, ...] = (
        Article.id, Article.title, Article.topics, Article.places, Article.province, Article.published_at,
        Article.first_seen_at, StoryArticle.story_id,
    )  # fmt: skip
    query = (
        select(*columns)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Article.state == "kept", Article.first_seen_at > since, Article.first_seen_at <= until)
        .where(or_(Article.published_at.is_(None), Article.published_at > since))
    )
    rows = session.execute(query).all()
    documents = _documents(session, [row.id for row in rows])
    for row in rows:
        found: set[tuple[Kind, str]] = {("topic", topic) for topic in row.topics}
        found |= {("place", place) for place in places_of(row)}
        found |= {("document", document_id) for document_id in documents.get(row.id, ())}
        yield row.story_id, min(row.published_at or row.first_seen_at, row.first_seen_at), found


def _documents(session: Session, article_ids: Sequence[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = {}
    for some in chunks(article_ids):
        query = select(Mention.article_id, Mention.document_id).where(
            Mention.article_id.in_(some), Mention.status == "resolved"
        )
        for article_id, document_id in session.execute(query):
            if document_id:
                found.setdefault(article_id, set()).add(document_id)
    return found


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
