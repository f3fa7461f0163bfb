"""The stories of a moment, loaded once for all the readers whose digests are due then.

An `Edition` is what stood in the database when it was made, as plain values: composing from it is work in memory. It
serves every digest whose window ended before that, and none whose window ends later, which may want what came since.
What is stored after it was made falls into later windows, or is found by them because it was placed later
(`StoryArticle.placement`). What is judged anew, split or ruled out meanwhile shows as it was, for at most `LIFE`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, func, select, union
from sqlalchemy.orm import Session

from digests.candidates import Candidate, head_of, make_candidate, make_report
from digests.cluster import fold_stories
from digests.models import Story, StoryArticle
from digests.rank import order
from digests.summarise import summarise
from digests.views import ArticleView, Coverage, DocumentChip, Excerpt
from digests.words import Wording
from feeds.models import Article, Mention
from feeds.store import document_tokens, unnamed_documents

LIFE = timedelta(seconds=15)
# How long an article may be read before it is kept, and still be told.
REACH = timedelta(days=4)
SHOWN_STATES = ("kept", "near")
_CHAIN = 5  # stories, each of which continues the next
_TEXT = 20_000  # characters in which words are looked for
_OPENING = 4000  # characters; a summary is much shorter
# So far back an edition reaches at least, and so much further than the digest wants for which it is made: the digests
# that are due after it want nearly the same.
_DAILY = timedelta(hours=60)
_SPREAD = timedelta(hours=6)
_NEW = ("issued", "amended", "replaced", "drafted")
_COLUMNS = (
    Article.id,
    Article.position,
    Article.title,
    Article.title_is_ours,
    Article.url,
    Article.outlet,
    Article.level,
    Article.published_at,
    Article.first_seen_at,
    Article.original_id,
    Article.language,
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
)


class Edition:
    """The stories of the articles for which a condition holds, as of `made_at`; `placement` is the last there was.

    Made for digests, it has all stories with an article first seen after `since` or placed after `mark`.
    """

    def __init__(
        self,
        session: Session,
        wanted: ColumnElement[bool],
        made_at: datetime,
        *,
        since: datetime | None = None,
        mark: int | None = None,
    ) -> None:
        self.made_at, self.since, self.mark = made_at, since, mark
        self.placement = last_placement(session)
        rows = session.execute(_articles().where(wanted, Article.state.in_(SHOWN_STATES))).all()
        mentions = _mentions(session, [row.id for row in rows])
        self._stories: dict[int, list[Any]] = {}
        for row in rows:
            # Kept by another process since stories were folded, it is a story of its own.
            report = make_report(row, mentions.get(row.id, ()))
            self._stories.setdefault(row.story_id or -row.id, []).append(report)
        self._chains, self._heads = _continued(session, {r.story_id: r.continues_id for r in rows if r.continues_id})
        self._first_cited = _first_cited(session, mentions)
        self._candidates: dict[int, Sequence[Candidate]] = {}
        self._wordings: dict[int, Wording] = {}
        self._summaries: dict[int, tuple[Excerpt, ...]] = {}
        self._named: dict[DocumentChip, DocumentChip] = {}
        self._unnamed: set[str] = set()
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

    def named(self, session: Session, chips: Collection[DocumentChip]) -> Mapping[DocumentChip, DocumentChip]:
        """These chips (and others) with the tokens of their documents, which have a row or not."""
        missing = [chip for chip in chips if chip not in self._named]
        if missing:
            ids = {chip.document_id for chip in missing}
            tokens = document_tokens(session, ids)
            self._unnamed |= set(unnamed_documents(session, ids))
            self._named |= {chip: replace(chip, token=tokens[chip.document_id]) for chip in missing}
        return self._named

    def unnamed(self, document_ids: Collection[str]) -> Collection[str]:
        """Those of the documents that had no row when they were first shown."""
        return self._unnamed.intersection(document_ids)

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
        since = min(now - _DAILY, since - _SPREAD)
        lowest = _lowest_placement(session, since)
        mark = lowest if mark is None else min(mark, lowest)
        edition = edition_since(session, since, mark, now)
        # Stories of this very transaction may yet be rolled back.
        self._kept = None if folded else edition
        return edition


def edition_since(session: Session, since: datetime, mark: int | None, made_at: datetime) -> Edition:
    """The polled stories with a report first seen after `since`, or placed after `mark`, if any."""
    placed = select(StoryArticle.story_id).join(Article, Article.id == StoryArticle.article_id)
    seen = placed.where(Article.state.in_(SHOWN_STATES), Article.first_seen_at > since)
    stories: Select[Any] | CompoundSelect[Any] = seen
    if mark is not None:
        stories = union(seen, placed.where(StoryArticle.placement > mark, Article.first_seen_at > since - REACH))
    wanted = (Article.origin == "poll") & StoryArticle.story_id.in_(stories)
    return Edition(session, wanted, made_at, since=since, mark=mark)


def last_placement(session: Session) -> int:
    """The number of the last placing of articles."""
    return session.scalar(select(func.max(StoryArticle.placement))) or 0


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A query takes only so many variables."""
    return (ids[start : start + 5000] for start in range(0, len(ids), 5000))


def _articles() -> Select[Any]:
    told = select(*_COLUMNS).outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
    return told.outerjoin(Story, Story.id == StoryArticle.story_id)


def _lowest_placement(session: Session, since: datetime) -> int:
    """What was placed when the first of the articles first seen after `since` was: no later digest had seen less."""
    placed = select(func.min(StoryArticle.placement)).join(Article, Article.id == StoryArticle.article_id)
    lowest = session.scalar(placed.where(Article.state.in_(SHOWN_STATES), Article.first_seen_at > since))
    return last_placement(session) if lowest is None else lowest - 1


def _mentions(session: Session, article_ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    """What chips are made of, by article."""
    found: dict[int, list[Row[Any]]] = {}
    for some in chunks(article_ids):
        query = select(*_CITED).where(Mention.article_id.in_(some)).order_by(Mention.article_id, Mention.ordinal)
        for row in session.execute(query):
            found.setdefault(row.article_id, []).append(cast("Row[Any]", row))
    return found


def _first_cited(session: Session, mentions: Mapping[int, Sequence[Row[Any]]]) -> Mapping[str, int]:
    """Where the numbers of documents that are said to be new were cited first."""
    rows = (row for some in mentions.values() for row in some)
    keys = list({row.key for row in rows if row.key and row.stage in _NEW and row.issued_on is None})
    first: dict[str, int] = {}
    for start in range(0, len(keys), 5000):
        some = keys[start : start + 5000]
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
        shown = _articles().where(StoryArticle.story_id.in_(some), Article.state.in_(SHOWN_STATES))
        for row in session.execute(shown):
            reports.setdefault(row.story_id, []).append(make_report(row, ()))
    return chains, {story_id: head_of(inside).view for story_id, inside in reports.items()}


def _texts(session: Session, article_ids: Sequence[int], limit: int) -> Iterator[Row[Any]]:
    text = func.substr(Article.text, 1, limit).label("text")
    columns = Article.id, Article.title, Article.lead, Article.published_at, text
    for some in chunks(article_ids):
        yield from session.execute(select(*columns).where(Article.id.in_(some)))
