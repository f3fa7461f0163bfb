"""The stories of a moment, loaded once for all the readers whose digests are due then.

An `Edition` is what stood in the database when it was made, as plain values: composing from it is work in memory. It
serves every digest whose window ended before that, and none whose window ends later, which may want what came since.
What is stored after it was made falls into later windows, or is found by them because it was placed later
(`StoryArticle.placement`). What is judged anew, split or ruled out meanwhile shows as it was, for at most `LIFE`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, Candidate, head_of, make_candidate, make_report
from digests.cluster import fold_stories
from digests.held import JUDGED
from digests.models import SentStory, Story, StoryArticle
from digests.rank import order
from digests.summarise import summarise
from digests.views import ArticleView, Coverage, Excerpt
from digests.watch import drafts_reported, having_words
from digests.words import Wording
from feeds.database import chunks
from feeds.models import Article, Mention
from feeds.store import unnamed_documents

LIFE = timedelta(seconds=15)
# How long an article may be read before it is kept, and still be told.
LONGEST_READING = timedelta(days=4)
# How long after it was told a story is still corrected: of two monthly digests, the second corrects the first.
CORRECTED_FOR = timedelta(days=62)
# What a digest shows was read some moments before, and an article is revised at the moment when it was fetched.
READ_BEFORE = timedelta(minutes=15)
SHOWN_STATES = ("kept", "near")
_CHAIN = 5  # stories, each of which continues the next
_TEXT = 20_000  # characters in which words are looked for
_OPENING = 4000  # characters; a summary is much shorter
# So much further back an edition reaches than the digest wants for which it is made, and at least as far as daily ones
# do, where that is more than somebody's first digest, for which they wait, or an alert: the next want nearly the same.
_SPREAD = timedelta(hours=6)
_FIRST = timedelta(hours=30)
_DAILY = timedelta(hours=60)
# Values in a query: so few that looking each of them up is the plan of every database.
_NEW = ("issued", "amended", "replaced", "drafted")
_COLUMNS = (
    *VIEWED,
    Article.language,
    Article.origin,
    Article.state,
    Article.score,
    Article.margin,
    Article.topics,
    Article.places,
    Article.province,
    func.length(Article.lead).label("lead_length"),
    func.length(Article.text).label("length"),
    StoryArticle.story_id,
    StoryArticle.placement,
    Story.continues_id,
)
_CITED = (
    Mention.article_id,
    Mention.ordinal,
    Mention.start,
    Mention.key,
    Mention.document_id,
    Mention.status,
    Mention.rule,
    Mention.issuer,
    Mention.stage,
    Mention.stage_years,
    Mention.term,
    Mention.term_derived,
    Mention.year,
    Mention.issued_on,
    Mention.raw,
    # Read only where it says whether that was done (digests.held).
    case((Mention.stage.in_(JUDGED), Mention.quote), else_="").label("quote"),
)


class Edition:
    """The stories of some articles, as of `made_at`; `placement` is the last there was.

    Made for digests, it has all stories with an article first seen after `since` or placed after `mark`. Imported
    articles are news only to whoever asks for a period.
    """

    def __init__(
        self,
        session: Session,
        article_ids: Iterable[int],
        made_at: datetime,
        *,
        imported: bool = False,
        since: datetime | None = None,
        mark: int | None = None,
    ) -> None:
        self.made_at, self.since, self.mark = made_at, since, mark
        self.placement = last_placement(session)
        rows = [
            row
            for some in chunks(sorted(article_ids))
            # Not asked for by state as well: without figures of its tables SQLite looks that up, and not the ids.
            for row in session.execute(_articles().where(Article.id.in_(some)))
            if row.state in SHOWN_STATES and (imported or row.origin == "poll")
        ]
        mentions = _mentions(session, [row.id for row in rows])
        drafts = drafts_reported(session, [row.id for row in rows])
        self._stories: dict[int, list[Any]] = {}
        for row in rows:
            # Kept by another process since stories were folded, it is a story of its own.
            report = make_report(row, mentions.get(row.id, ()), drafts.get(row.id, ()))
            self._stories.setdefault(row.story_id or -row.id, []).append(report)
        self._chains, self._heads = _continued(session, {r.story_id: r.continues_id for r in rows if r.continues_id})
        self._first_cited = _first_cited(session, mentions)
        self._candidates: dict[int, Sequence[Candidate]] = {}
        self._having: dict[str, frozenset[int]] = {}
        self._wordings: dict[int, Wording] = {}
        self._summaries: dict[int, tuple[Excerpt, ...]] = {}
        self._named: set[str] = set()
        self._revised: Mapping[int, datetime] | None = None
        self._coverage: dict[tuple[int, int, bool], Coverage] = {}

    @property
    def lowest(self) -> int:
        """The lowest number of its stories."""
        return min(self._stories, default=0)

    def candidates(self, volume: int) -> Sequence[Candidate]:
        """Its stories at a volume (digests.candidates), the most important first."""
        if volume not in self._candidates:
            shown = ((i, [r for r in reports if r.volume <= volume]) for i, reports in self._stories.items())
            found = [
                make_candidate(i, reports, self._chains.get(i, ()), self._first_cited, self.made_at)
                for i, reports in shown
                if reports
            ]
            found.sort(key=lambda one: order(one.points, one.reports[0].view, one.story_id))
            self._candidates[volume] = found
        return self._candidates[volume]

    def having(self, session: Session, search: str) -> frozenset[int]:
        """Its stories with an article that a followed search finds."""
        if search not in self._having:
            told_by = {report.view.article_id: i for i, reports in self._stories.items() for report in reports}
            self._having[search] = frozenset(told_by[i] for i in having_words(session, search, told_by))
        return self._having[search]

    def wordings(self, session: Session, article_ids: Iterable[int]) -> Mapping[int, Wording]:
        """Where words are looked for in these articles (and others): title, lead and text."""
        for row in _texts(session, [i for i in article_ids if i not in self._wordings], _TEXT):
            self._wordings[row.id] = Wording((row.title, row.lead, row.text))
        return self._wordings

    def summaries(self, session: Session, article_ids: Iterable[int]) -> Mapping[int, tuple[Excerpt, ...]]:
        """The summaries of these articles (and others)."""
        for row in _texts(session, [i for i in article_ids if i not in self._summaries], _OPENING):
            is_dated = row.published_at is not None
            self._summaries[row.id] = summarise(row.title, row.lead, row.text, dated=is_dated)
        return self._summaries

    def unnamed(self, session: Session, document_ids: Collection[str]) -> Collection[str]:
        """Those of the documents that have no row yet."""
        if not self._named.issuperset(document_ids):
            self._named |= set(document_ids) - set(unnamed_documents(session, document_ids))
        return set(document_ids) - self._named

    def revised(self, session: Session) -> Mapping[int, datetime]:
        """The stories that were told in the last `CORRECTED_FOR` and may be others since, with when."""
        if self._revised is None:
            self._revised = revised_stories(session, self.made_at - CORRECTED_FOR)
        return self._revised

    def head(self, story_id: int) -> ArticleView | None:
        """The report that heads a story which another continues."""
        return self._heads.get(story_id)

    def coverage(self, start: datetime, end: datetime, is_first: bool, count: Callable[[], Coverage]) -> Coverage:
        """What `count` says of a window, asked once for all windows of the same minutes."""
        key = int(start.timestamp()) // 60, int(end.timestamp()) // 60, is_first
        if key not in self._coverage:
            self._coverage[key] = count()
        return self._coverage[key]


class Editions:
    """Keeps the edition of a round of deliveries; whoever composes many digests holds one, for one thread at a time."""

    def __init__(self) -> None:
        self._kept: Edition | None = None

    def of(self, session: Session, since: datetime, mark: int | None, window_end: datetime, now: datetime) -> Edition:
        """An edition for a digest that wants what was first seen after `since`, or placed after `mark`, by then."""
        kept = self._kept
        if (
            kept is not None
            and kept.since is not None
            and kept.since <= since
            and (mark is None or (kept.mark is not None and kept.mark <= mark))
            and window_end <= kept.made_at <= now < kept.made_at + LIFE
        ):
            return kept
        folded = fold_stories(session)
        reach = since - _SPREAD if now - since <= _FIRST else min(now - _DAILY, since - _SPREAD)
        edition = edition_since(session, reach, mark, now)
        # Stories of this very transaction may yet be rolled back.
        self._kept = None if folded else edition
        return edition


def edition_since(session: Session, since: datetime, mark: int | None, made_at: datetime) -> Edition:
    """The polled stories with a report first seen after `since`, or placed after `mark`, if any.

    It reaches back to what was placed when the first of these reports was: no later digest had seen less. Each query
    looks rows up by their keys: what it costs does not grow with what is stored.
    """
    seen = select(Article.id).where(Article.first_seen_at > since, Article.state.in_(SHOWN_STATES))
    new = set(session.scalars(seen))
    placed = list(_placed(session, new))
    lowest = min((placement - 1 for _, _, placement in placed), default=last_placement(session))
    if mark is not None:
        later = session.scalars(select(StoryArticle.article_id).where(StoryArticle.placement > mark)).all()
        added: set[int] = set()
        for some in chunks(sorted(set(later) - new)):
            reach = Article.first_seen_at > since - LONGEST_READING
            added |= set(session.scalars(select(Article.id).where(Article.id.in_(some), reach)))
        placed += _placed(session, added)
        new |= added
    stories = {story_id for _, story_id, _ in placed}
    article_ids = new | set(articles_of(session, stories))
    return Edition(session, article_ids, made_at, since=since, mark=lowest if mark is None else min(mark, lowest))


def articles_of(session: Session, story_ids: Collection[int]) -> Iterator[int]:
    """The ids of the articles of these stories."""
    for some in chunks(sorted(story_ids)):
        yield from session.scalars(select(StoryArticle.article_id).where(StoryArticle.story_id.in_(some)))


def revised_stories(session: Session, since: datetime) -> Mapping[int, datetime]:
    """The stories of which an article was revised, or taken out, after `since`, and after somebody was told of it."""
    first_told = select(func.min(SentStory.at)).where(SentStory.story_id == Story.id).correlate(Story).scalar_subquery()
    edited = (
        select(Article.revised_at.label("at"), Story.id, first_told.label("told_at"))
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .join(Story, Story.id == StoryArticle.story_id)
        .where(Article.revised_at >= since)
    )
    split = select(Story.split_at.label("at"), Story.id, first_told.label("told_at")).where(Story.split_at >= since)
    found: dict[int, datetime] = {}
    for query in (edited, split):
        for row in session.execute(query):
            if row.told_at and row.at >= row.told_at - READ_BEFORE:
                found[row.id] = max(row.at, found.get(row.id, row.at))
    return found


def last_placement(session: Session) -> int:
    """The number of the last placing of articles."""
    return session.scalar(select(func.max(StoryArticle.placement))) or 0


def _articles() -> Select[Any]:
    told = select(*_COLUMNS).outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
    return told.outerjoin(Story, Story.id == StoryArticle.story_id)


def _placed(session: Session, article_ids: Collection[int]) -> Sequence[tuple[int, int, int]]:
    """(article_id, story_id, placement) of those that have their story."""
    placed = select(StoryArticle.article_id, StoryArticle.story_id, StoryArticle.placement)
    queries = (placed.where(StoryArticle.article_id.in_(some)) for some in chunks(sorted(article_ids)))
    return [(row.article_id, row.story_id, row.placement) for query in queries for row in session.execute(query)]


def _mentions(session: Session, article_ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    """What chips are made of, by article."""
    found: dict[int, list[Row[Any]]] = {}
    for some in chunks(article_ids):
        query = select(*_CITED).where(Mention.article_id.in_(some)).order_by(Mention.article_id, Mention.ordinal)
        for row in session.execute(query):
            found.setdefault(row.article_id, []).append(row)
    return found


def _first_cited(session: Session, mentions: Mapping[int, Sequence[Row[Any]]]) -> Mapping[str, int]:
    """Where the numbers of documents that are said to be new were cited first."""
    rows = (row for some in mentions.values() for row in some)
    keys = list({row.key for row in rows if row.key and row.stage in _NEW and row.issued_on is None})
    first: dict[str, int] = {}
    for some in chunks(keys):
        query = select(Mention.key, func.min(Mention.position)).where(Mention.key.in_(some)).group_by(Mention.key)
        first |= {key: position for key, position in session.execute(query) if key}
    return first


def _continued(
    session: Session, continues: Mapping[int, int]
) -> tuple[Mapping[int, tuple[int, ...]], Mapping[int, ArticleView]]:
    """The stories that each story continues, the latest first; and the report that heads each of those."""
    if not continues:
        return {}, {}
    links: dict[int, int | None] = dict(continues)
    for _ in range(_CHAIN):
        missing = sorted({i for i in links.values() if i is not None and i not in links})
        for some in chunks(missing):
            linked = select(Story.id, Story.continues_id).where(Story.id.in_(some))
            links |= dict(session.execute(linked).all())
    chains: dict[int, tuple[int, ...]] = {}
    for story_id in continues:
        chain: list[int] = []
        earlier = links.get(story_id)
        while earlier is not None and earlier not in chain and len(chain) < _CHAIN:
            chain.append(earlier)
            earlier = links.get(earlier)
        chains[story_id] = tuple(chain)
    reports: dict[int, list[Any]] = {}
    for some in chunks(sorted({i for chain in chains.values() for i in chain})):
        for ids in chunks(articles_of(session, some)):
            for row in session.execute(_articles().where(Article.id.in_(ids))):
                if row.state in SHOWN_STATES:
                    reports.setdefault(row.story_id, []).append(make_report(row, ()))
    return chains, {story_id: head_of(inside).view for story_id, inside in reports.items()}


def _texts(session: Session, article_ids: Sequence[int], limit: int) -> Iterator[Row[Any]]:
    text = func.substr(Article.text, 1, limit).label("text")
    columns = Article.id, Article.title, Article.lead, Article.published_at, text
    for some in chunks(article_ids):
        yield from session.execute(select(*columns).where(Article.id.in_(some)))
