"""Which stored articles repeat another's text, and which of them is shown for all.

::

    articles just stored or read again --fingerprints--> others that share some --same_text--> groups --> original_id

A group is named by its best article, the original: what was polled before what was imported (an import never reaches a
subscriber), then by the level of its outlet in the order of `feeds.sources.LEVELS`, then the earliest. Every other
article of the group points at it, so there are no chains; when a better one arrives the whole group points there. An
article joins a group where it is the same text as one member, published at most `WINDOW` from it, and contradicts none
of the first `CHECKED`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from sqlalchemy import delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from feeds.database import Database, chunks
from feeds.fingerprint import SHARED, Wording, contradict, read_wording, same_text
from feeds.models import Article, FingerprintBand
from feeds.sources import LEVELS
from feeds.store import take_turn

log = structlog.get_logger()

WINDOW = timedelta(days=14)
# What more articles share is a form of words, not a text.
MOST_SHARING = 200
# Members of a group that a newcomer must not contradict: the first, for groups are rarely larger.
CHECKED = 8
_TEXT = 4000  # characters; comparing reads no more
_TOGETHER = 1000  # articles compared in one transaction


@dataclass(eq=False)
class _Copy:
    """One article as far as grouping looks at it."""

    id: int
    origin: str
    level: str | None
    dated_at: datetime
    parts: tuple[str, str, str]
    original_id: int | None = None
    group: "list[_Copy]" = field(default_factory=list)

    @cached_property
    def wording(self) -> Wording:
        return read_wording(*self.parts)

    @property
    def rank(self) -> tuple[bool, int, datetime, int]:
        """The least of a group is its original."""
        level = LEVELS.index(self.level) if self.level in LEVELS else len(LEVELS)
        return self.origin != "poll", level, self.dated_at, self.id


def mark_duplicates(session: Session, articles: Sequence[Article], now: datetime) -> int:
    """Finds for `articles`, stored or read again just now, what they repeat, by the words they have now.

    Takes the fingerprints anew and sets `original_id`, of `articles` and of those that follow them; one that is no
    longer the same text is released. Returns how many of `articles` repeat another. Few queries, whatever their
    number; the caller holds the writers' turn (`feeds.store.take_turn`).
    """
    session.flush()
    fresh = {
        article.id: _Copy(article.id, article.origin, article.level, article.dated_at, article.parts)
        for article in articles
    }
    _store_fingerprints(session, fresh.values(), now)
    sharing = _sharing(session, fresh)
    known = _known(session, fresh, sharing)
    before = {copy.id: copy.original_id for copy in (*known.values(), *fresh.values())}
    _group(fresh, known, sharing)
    for copy in (*known.values(), *fresh.values()):
        original = min(copy.group, key=lambda member: member.rank)
        copy.original_id = None if original is copy else original.id
    moved = [
        {"id": copy.id, "original_id": copy.original_id}
        for copy in (*known.values(), *fresh.values())
        if copy.original_id != before[copy.id]
    ]
    if moved:
        session.execute(update(Article), moved)
    for one in moved:
        log.info("article is compared", article=one["id"], repeats=one["original_id"])
    for article in articles:
        set_committed_value(article, "original_id", fresh[article.id].original_id)
    return sum(copy.original_id is not None for copy in fresh.values())


def mark_waiting(database: Database) -> None:
    """Marks the articles whose words were not compared yet, many at a time; takes the write lock only where there are
    some."""
    waiting = select(Article.id).where(not_(Article.compared)).order_by(Article.id)
    while True:
        with database.reading() as session:
            if session.scalar(waiting.limit(1)) is None:
                return
        with database.session() as session:
            take_turn(session)
            articles = session.scalars(select(Article).where(Article.id.in_(waiting.limit(_TOGETHER)))).all()
            if not articles:  # another process was quicker
                return
            mark_duplicates(session, articles, max(article.first_seen_at for article in articles))
            for article in articles:
                article.compared = True


def duplicates_of(session: Session, article_ids: Collection[int]) -> Mapping[int, int]:
    """How many articles repeat each of `article_ids`; those that none repeats are left out."""
    followers = select(Article.original_id)
    counted: Counter[int] = Counter()
    for some in chunks(article_ids):
        followed = session.scalars(followers.where(Article.original_id.in_(some)))
        counted.update(original_id for original_id in followed if original_id)
    return counted


def _store_fingerprints(session: Session, copies: Iterable[_Copy], now: datetime) -> None:
    """Replaces the fingerprints of `copies` and forgets those of articles first seen before the window."""
    bands = {copy.id: copy.wording.bands for copy in copies}
    for some in chunks(bands):
        session.execute(delete(FingerprintBand).where(FingerprintBand.article_id.in_(some)))
    # Ids follow first seen, but for imports that became news: one look into its index instead of one at every article.
    seen = (
        select(Article.id)
        .where(Article.first_seen_at >= now - WINDOW)
        .order_by(Article.first_seen_at, Article.id)
        .limit(1)
    )
    if (first := session.scalar(seen)) is not None:
        is_old = exists().where(Article.id == FingerprintBand.article_id, Article.first_seen_at < now - WINDOW)
        session.execute(delete(FingerprintBand).where(FingerprintBand.article_id < first, is_old))
    rows = [{"band": band, "article_id": article_id} for article_id, some in bands.items() for band in some]
    if rows:
        session.connection().execute(insert(FingerprintBand), rows)


def _sharing(session: Session, fresh: Mapping[int, _Copy]) -> Mapping[int, Sequence[int]]:
    """For each article the others that share enough fingerprints with it, those that share most first."""
    members: dict[int, set[int]] = defaultdict(set)
    for some in chunks(fresh):
        own = select(FingerprintBand.band).where(FingerprintBand.article_id.in_(some))
        shared = select(FingerprintBand.band).where(FingerprintBand.band.in_(own)).group_by(FingerprintBand.band)
        telling = shared.having(func.count().between(2, MOST_SHARING)).subquery()
        query = select(FingerprintBand.band, FingerprintBand.article_id)
        for band, article_id in session.execute(query.join(telling, telling.c.band == FingerprintBand.band)):
            members[band].add(article_id)
    found: dict[int, Sequence[int]] = {}
    for copy in fresh.values():
        common = Counter(other for band in copy.wording.bands for other in members.get(band, ()))
        del common[copy.id]
        enough = min(SHARED, len(copy.wording.bands))
        found[copy.id] = [other for other, count in common.most_common() if count >= enough]
    return found


def _known(session: Session, fresh: Mapping[int, _Copy], sharing: Mapping[int, Sequence[int]]) -> Mapping[int, _Copy]:
    """All groups, without `fresh` themselves, that those belonged to or may join; tells `fresh` their originals."""
    originals: set[int] = set()
    for some in chunks(fresh.keys() | {other for others in sharing.values() for other in others}):
        query = select(Article.id, Article.original_id).where(Article.id.in_(some))
        for article_id, original_id in session.execute(query):
            originals.add(original_id or article_id)
            if article_id in fresh:
                fresh[article_id].original_id = original_id
    columns = (
        Article.id,
        Article.origin,
        Article.level,
        Article.published_at,
        Article.first_seen_at,
        Article.original_id,
        Article.title,
        Article.lead,
        func.substr(Article.text, 1, _TEXT).label("text"),
    )
    known: dict[int, _Copy] = {}
    for some in chunks(originals):
        query = select(*columns).where(or_(Article.id.in_(some), Article.original_id.in_(some)))
        for row in session.execute(query.order_by(Article.id)):
            if row.id not in fresh:
                dated_at, parts = row.published_at or row.first_seen_at, (row.title, row.lead, row.text)
                known[row.id] = _Copy(row.id, row.origin, row.level, dated_at, parts, row.original_id)
    return known


def _group(fresh: Mapping[int, _Copy], known: Mapping[int, _Copy], sharing: Mapping[int, Sequence[int]]) -> None:
    """Gives every copy its group: what is known keeps its own, what is fresh is placed, oldest first."""
    groups: dict[int, list[_Copy]] = defaultdict(list)
    for copy in known.values():
        copy.group = groups[copy.original_id or copy.id]
        copy.group.append(copy)
    for copy in sorted(fresh.values(), key=lambda copy: (copy.dated_at, copy.id)):
        left = groups.get(copy.original_id or copy.id, ())  # its fingerprints may be forgotten, its group is not
        others = [found for other in sharing[copy.id] if (found := known.get(other) or fresh.get(other))]
        copy.group = next(_fitting(copy, [*others, *left]), [])
        copy.group.append(copy)


def _fitting(copy: _Copy, others: Iterable[_Copy]) -> Iterator[list[_Copy]]:
    """The groups of `others` that `copy` belongs to."""
    for other in others:
        if (
            other.group
            and abs(other.dated_at - copy.dated_at) <= WINDOW
            and same_text(copy.wording, other.wording)
            and not any(contradict(copy.wording, member.wording) for member in other.group[:CHECKED])
        ):
            yield other.group
