"""Reports of one event folded into one story.

::

    article --its telling terms--> nearest articles that share some --same_event--> the story that fits / a new one
                                                                  --same_affair--> the story that a new one continues

What repeats another report's text (`feeds.duplicates`) is in its story before any of this is asked. Else an article
joins the story that holds the report most like it, told within `WINDOW`, if it is like two of its reports in the mean,
of those that it shares terms with and of its first ones, and plainly apart from none of these. It never moves by
itself, and stories are never merged. What becomes of an event is a story of its own that continues the latest one told
of the affair.

Terms are looked up by position, the `NEAREST` of each on both sides: what a new article costs does not depend on how
many are stored.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from statistics import fmean
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from digests.chart import retold
from digests.event import NEVER, OPENING, TERMS, WINDOW, Report, read_report, same_affair, same_event
from digests.models import Story, StoryArticle, StoryTerm
from feeds.database import Database, chunks
from feeds.duplicates import mark_waiting
from feeds.models import Article, ArticleVector, Mention
from feeds.positions import minute_position
from feeds.store import take_turn

log = structlog.get_logger()

AFFAIR = timedelta(days=14)
BATCH = 200  # articles placed at a time
NEAREST = 16  # articles looked up by a term, before and after
CHECKED = 16  # articles told within `WINDOW` that one is compared with, those that share most terms
OLDER = 8  # the same of those told before
MEMBERS = 6  # of a story that a newcomer is compared with, the first
ALIKE = 2  # reports of a story that a newcomer must be like in the mean
# Written out, not bound: only so does SQLite see that the partial index serves.
_TOLD_STATES: tuple[ColumnElement[str], ...] = (literal_column("'kept'"), literal_column("'near'"))
NOT_ANNOUNCED = (not_(Article.announced), Article.state.in_(_TOLD_STATES))
"""What is kept or near and may wait for its story or for the waking of followers: few, found by their index."""
_WAITING = (
    *NOT_ANNOUNCED,  # what is announced has its story
    ~select(StoryArticle).where(StoryArticle.article_id == Article.id).exists(),
)


def fold_waiting(database: Database) -> None:
    """Folds what waits, `BATCH` articles a transaction; takes the write lock only where something does.

    Before it, articles that repeat others' texts are marked: they belong into the same story.
    """
    mark_waiting(database)
    while True:
        with database.reading() as session:
            if not _waits(session):
                return
        with database.session() as session:
            fold_stories(session, limit=BATCH)


def fold_stories(session: Session, *, limit: int | None = None) -> int:
    """Gives every article that is kept or near its story, oldest first, at most `limit`; returns how many were placed.

    They are taken in batches of at most `BATCH`.
    """
    if not _waits(session):
        return 0
    take_turn(session)
    waiting = session.scalars(select(Article.id).where(*_WAITING).order_by(Article.position).limit(limit)).all()
    folding = _Folding(session)
    for start in range(0, len(waiting), BATCH):
        folding.place(waiting[start : start + BATCH])
    _forget_terms(session)
    return len(waiting)


def _waits(session: Session) -> bool:
    return session.scalar(select(Article.id).where(*_WAITING).limit(1)) is not None


@dataclass(slots=True)
class _Folding:
    """Places articles one after the other; keeps what it has read."""

    session: Session
    reports: dict[int, Report] = field(default_factory=dict)
    stories: dict[int, int] = field(default_factory=dict)
    """Article -> its story."""

    def place(self, ids: Sequence[int]) -> None:
        rows = self._read(ids)
        told_texts = _told_texts(self.session, {row.original_id or row.id for row in rows})
        for row in sorted(rows, key=lambda row: row.position):
            report, text_id = self.reports[row.id], row.original_id or row.id
            terms = report.terms
            story_id = told_texts.get(text_id)
            if story_id is None:
                story_id = self._story_of(report, self._alike(terms, report.dated_at, row.position), row.first_seen_at)
            self.session.add(StoryArticle(article_id=row.id, story_id=story_id))
            if terms:
                found_by = [{"term": term, "position": row.position, "article_id": row.id} for term in terms]
                self.session.execute(insert(StoryTerm), found_by)
            told_texts[text_id] = self.stories[row.id] = story_id
            log.info("article placed", article=row.id, story=story_id)
        self.session.flush()
        retold(self.session, ids)

    def _story_of(self, report: Report, others: Sequence[int], seen_at: datetime) -> int:
        """The story that `report` joins, or a new one."""
        near = [other for i in others if abs((other := self.reports[i]).dated_at - report.dated_at) <= WINDOW]
        odds: dict[int, dict[int, float]] = defaultdict(dict)
        for other in near:
            odds[self.stories[other.article_id]][other.article_id] = same_event(report, other)
        for story_id, compared in sorted(odds.items(), key=lambda item: (-max(item[1].values()), item[0])):
            if max(compared.values()) < 0:
                break
            for article_id in self._members(story_id):
                if article_id not in compared:
                    compared[article_id] = same_event(report, self.reports[article_id])
            likely = sorted(compared.values(), reverse=True)
            if fmean(likely[:ALIKE]) >= 0 and likely[-1] > NEVER:
                return story_id
        story = Story(created_at=seen_at, continues_id=self._continued(report, others))
        self.session.add(story)
        self.session.flush()
        return story.id

    def _continued(self, report: Report, others: Sequence[int]) -> int | None:
        """The latest story of the affair that `report` tells a new happening of."""
        earlier = [other for i in others if (other := self.reports[i]).dated_at < report.dated_at]
        affairs = {other.article_id: same_affair(report, other) for other in earlier}
        likely = max(affairs, key=lambda article_id: (affairs[article_id], -article_id), default=None)
        if likely is None or affairs[likely] < 0:
            return None
        found = self.stories[likely]
        while (then := self.session.scalar(_continuing(found, report.dated_at))) is not None:
            found = then
        return found

    def _alike(self, terms: Sequence[int], at: datetime, position: int) -> list[int]:
        """Articles that share some of `terms`, those that share most: of near ones `CHECKED`, of others `OLDER`."""
        if not terms:
            return []
        bounds = {
            "first": minute_position(at - AFFAIR),
            "here": position,
            "last": minute_position(at + WINDOW + timedelta(minutes=1)),
        }
        sought = {f"term{n}": terms[n] if n < len(terms) else None for n in range(TERMS)}
        found = self.session.execute(_lookup(), sought | bounds)
        near, older = Counter[int](), Counter[int]()
        since = minute_position(at - WINDOW)
        for article_id, told in found:
            (near if told >= since else older)[article_id] += 1
        alike = [article_id for article_id, _ in near.most_common(CHECKED) + older.most_common(OLDER)]
        self._read([article_id for article_id in alike if article_id not in self.stories])
        return alike

    def _members(self, story_id: int) -> Sequence[int]:
        """The first members of a story, read."""
        query = select(StoryArticle.article_id).where(StoryArticle.story_id == story_id)
        ids = self.session.scalars(query.order_by(StoryArticle.article_id).limit(MEMBERS)).all()
        self._read([article_id for article_id in ids if article_id not in self.reports])
        return ids

    def _read(self, ids: Sequence[int]) -> list[Any]:
        """Opens articles with their stories, if they have one."""
        rows: list[Any] = []
        for some in chunks(ids):
            found = self.session.execute(_opened().where(Article.id.in_(some))).all()
            keys, named = _cited(self.session, some)
            for row in found:
                dated_at = row.published_at or row.first_seen_at
                parts = row.title, row.lead, row.opening
                self.reports[row.id] = read_report(
                    row.id, row.outlet, dated_at, *parts, keys[row.id], named[row.id], row.vector,
                    date_known=row.published_at is not None,
                )  # fmt: skip
                if row.story_id is not None:
                    self.stories[row.id] = row.story_id
            rows += found
        return rows


@cache
def _lookup() -> CompoundSelect[Any]:
    """The articles that the nearest of `TERMS` terms are of, once for each, and their positions.

    Where there are fewer, the others are None, which finds nothing: for each length, engine and connections would keep
    a statement of a megabyte.
    """

    def nearest(number: int, *, after: bool) -> Any:
        first, last = ("here", "last") if after else ("first", "here")
        order = StoryTerm.position.asc() if after else StoryTerm.position.desc()
        query = select(StoryTerm.article_id, StoryTerm.position).where(StoryTerm.term == bindparam(f"term{number}"))
        some = (
            query.where(StoryTerm.position.between(bindparam(first), bindparam(last)))
            .order_by(order)
            .limit(NEAREST)
            .subquery()
        )
        return select(some.c.article_id, some.c.position)

    return union_all(*(nearest(number, after=after) for number in range(TERMS) for after in (False, True)))


def _continuing(story_id: int, before: datetime) -> Any:
    """The last story that continues `story_id` with a report dated before."""
    dated_at = func.coalesce(Article.published_at, Article.first_seen_at)
    articles = select(StoryArticle).join(Article, Article.id == StoryArticle.article_id)
    told = articles.where(StoryArticle.story_id == Story.id, dated_at < before).exists()
    return select(Story.id).where(Story.continues_id == story_id, told).order_by(Story.id.desc()).limit(1)


def _told_texts(session: Session, originals: Collection[int]) -> dict[int, int]:
    """The stories that tell the texts of `originals` already, by the id of the text's original."""
    text_id = func.coalesce(Article.original_id, Article.id)
    query = select(text_id, StoryArticle.story_id).join(StoryArticle, StoryArticle.article_id == Article.id)
    same = or_(Article.id.in_(originals), Article.original_id.in_(originals))
    newest_first = query.where(same).order_by(StoryArticle.story_id.desc())
    return dict(session.execute(newest_first).all())  # so that the oldest story of each is kept


def _forget_terms(session: Session) -> None:
    """Drops the terms of what was first seen before the window of affairs: nothing new is looked up there.

    What an import brings was seen just now, whatever its date.
    """
    last = session.scalar(select(func.max(Article.first_seen_at)))
    seen = Article.first_seen_at >= last - AFFAIR if last else None
    if seen is not None:
        first = session.scalar(select(Article.id).where(seen).order_by(Article.first_seen_at, Article.id).limit(1))
        session.execute(delete(StoryTerm).where(StoryTerm.article_id < first))


def _opened() -> Any:
    """Articles with the openings of their texts, their vectors and their stories."""
    opening = func.substr(Article.text, 1, OPENING).label("opening")
    columns = (
        Article.id,
        Article.position,
        Article.outlet,
        Article.title,
        Article.lead,
        Article.published_at,
        Article.first_seen_at,
        Article.original_id,
    )
    query = select(*columns, opening, ArticleVector.vector, StoryArticle.story_id)
    with_vectors = query.outerjoin(ArticleVector, ArticleVector.article_id == Article.id)
    return with_vectors.outerjoin(StoryArticle, StoryArticle.article_id == Article.id)


def _cited(session: Session, ids: Sequence[int]) -> tuple[Mapping[int, list[tuple[str, str]]], Mapping[int, list[str]]]:
    """Article -> the keys of the documents that it cites, with stages; the words in which it names documents."""
    keys: dict[int, list[tuple[str, str]]] = defaultdict(list)
    named: dict[int, list[str]] = defaultdict(list)
    query = select(Mention.article_id, Mention.key, Mention.stage, Mention.raw, Mention.title)
    for article_id, key, stage, raw, title in session.execute(query.where(Mention.article_id.in_(ids))):
        keys[article_id] += [(key, stage)] if key else []
        named[article_id] += [name for name in (raw, title) if name]
    return keys, named
