"""Full-text search over the articles of feeds.indexing: newest first, on SQLite and PostgreSQL alike.

A query becomes one expression over words and marks, which both engines evaluate on the index alone. Where words are
typed with accents, articles that have them come first among the newest that have them in any accents: in the first of
`WINDOWS` that holds enough of them ("bão" is rare among "bảo").
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from feeds.documents import load_catalogue, look_up
from feeds.filters import document_marks
from feeds.matches import IN_LIST, LAST, Match, Token, Wanted, among, as_list, newest
from feeds.models import Article, ArticleWords, Base, Mention
from feeds.passage import Passage, passage_of
from feeds.positions import first_position, minute_position
from feeds.query import Filter, Query, Term
from feeds.seen import seen_keys
from feeds.tokens import EVERY

WINDOWS = (50, 100, 400, 2000)  # articles that are put in order at once
_FEW = 10  # of a window with the accents that were typed: one more is looked at
MOST_COUNTED = 1000
_MAX_DOCUMENTS = 3
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that is found."""

    article_id: int
    position: int
    title: str
    url: str | None
    outlet: str
    dated_at: datetime
    is_published: bool
    """Whether `dated_at` is its publication, not when it was first seen."""
    as_typed: bool
    """Whether it has the words with the accents that were typed."""
    passage: Passage
    documents: tuple[str, ...]
    """Ids, or keys where it is open which document is meant."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what is found."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    """Articles found; where `is_more`, those of the window only."""
    is_more: bool = False
    newest: int | None = None
    """Position of the newest article found: `before` one more, the list stays as it is while news comes in."""
    oldest: int | None = None
    """Position of the oldest in the window: what is found `before` it follows."""


def search(session: Session, query: Query, limit: int, before: int | None = None, *, skip: int = 0) -> Page:
    """`limit` of the articles at positions below `before` that match, after the first `skip`.

    Those with the accents that were typed come first, each group newest first, of a window that is put in order. It
    depends on `limit`, not on `skip`: who turns the pages of a window keeps the one.
    """
    if query.is_empty:
        return Page()
    wanted = _wanted(session, query)
    last = wanted.last if before is None else min(wanted.last, before - 1)
    matches: list[Match] = []
    for size in sorted({max(window, limit) for window in WINDOWS}):
        below = matches[-1].position - 1 if matches else last
        matches += newest(session, wanted, wanted.first, below, size + 1 - len(matches))
        if len(matches) <= size or sum(one.as_typed for one in matches[:size]) >= _FEW:
            break
    window = matches[:size]
    ordered = sorted((one for one in window if not one.is_unwanted), key=lambda one: not one.as_typed)
    return Page(
        _hits(session, ordered[skip : skip + limit], query),
        len(ordered),
        len(matches) > size,
        window[0].position if window else None,
        window[-1].position if window else None,
    )


def listed(session: Session, query: Query, limit: int, before: int | None = None) -> Sequence[int]:
    """The positions of the newest `limit` articles below `before` that match in any accents, newest first."""
    if query.is_empty:
        return ()
    wanted = _wanted(session, query)
    last = wanted.last if before is None else min(wanted.last, before - 1)
    return [one.position for one in newest(session, wanted, wanted.first, last, limit)]


def matching(session: Session, query: Query, article_ids: Collection[int]) -> set[int]:
    """Which of these articles match, with the accents that were typed: who is told unasked wants no look-alikes."""
    if query.is_empty:
        return set()
    wanted = _wanted(session, query)
    meant: set[int] = set()
    ids = sorted(article_ids)
    for start in range(0, len(ids), _BATCH):
        rows = session.execute(
            select(ArticleWords.position, ArticleWords.article_id)
            .where(ArticleWords.article_id.in_(ids[start : start + _BATCH]))
            .where(ArticleWords.position.between(wanted.first, wanted.last))
        )
        places = {row.position: row.article_id for row in rows}
        meant |= {places[one.position] for one in among(session, wanted, places) if one.as_typed}
    return meant


def count(session: Session, query: Query, since: datetime) -> int:
    """How many articles from `since` on match as in `matching`, of those that `search` would look at; at most
    `MOST_COUNTED`."""
    if query.is_empty:
        return 0
    wanted = _wanted(session, query)
    most = WINDOWS[-1] if wanted.as_typed or wanted.never_typed else MOST_COUNTED
    matches = newest(session, wanted, max(wanted.first, minute_position(since)), wanted.last, most)
    return min(MOST_COUNTED, sum(one.as_typed for one in matches))


def found(session: Session, query: Query, most: int = MOST_COUNTED) -> int:
    """How many articles `search` finds, at most `most`."""
    if query.is_empty:
        return 0
    wanted = replace(_wanted(session, query), as_typed=())
    return sum(one.as_typed for one in newest(session, wanted, wanted.first, wanted.last, most))


# What is asked for


def _wanted(session: Session, query: Query) -> Wanted:
    all_of: list[tuple[Token, ...]] = [(term.folded,) for term in query.wanted]
    excluded = [term for term in query.terms if term.excluded]
    none_of: list[Token] = [term.folded for term in excluded if not term.is_accented]
    alternatives: dict[str, list[Token]] = {}
    for one in query.filters:
        marks = [(name,) for name in _marks(session, one)]
        if one.excluded:
            none_of += marks
        elif marks:
            alternatives.setdefault(one.name, []).extend(marks)
    all_of += [tuple(dict.fromkeys(marks)) for marks in alternatives.values()]
    first, last = 0, LAST
    if query.since:
        first = first_position(query.since.toordinal())
    if query.until:
        last = first_position(query.until.toordinal() + 1) - 1
    return Wanted(
        tuple(all_of) or (((EVERY,),),), tuple(none_of), _as_typed(query.wanted), _as_typed(excluded), first, last
    )


def _marks(session: Session, one: Filter) -> Sequence[str]:
    """The marks of a filter; a number whose issuer is not said may be any that articles cite."""
    if one.name == "doc" and any("?" in key for key in one.meaning.shown):
        return document_marks(look_up(one.value, load_catalogue(), seen_keys(session)))
    return one.meaning.marks


def _as_typed(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(f" {term.text} " for term in terms if term.is_accented)


# What is shown

_articles, _mentions = (Base.metadata.tables[model.__tablename__].c for model in (Article, Mention))
_cited = (
    select(func.coalesce(_mentions.document_id, _mentions.key).label("name"))
    .where(_mentions.article_id == _articles.id, _mentions.key.is_not(None), _mentions.status != "withdrawn")
    .order_by(_mentions.ordinal)
    .correlate(_articles.id.table)
    .subquery()
)
_SHOWN = select(
    _articles.id,
    _articles.position,
    _articles.title,
    _articles.lead,
    _articles.text,
    _articles.url,
    _articles.outlet,
    func.coalesce(_articles.published_at, _articles.first_seen_at).label("dated_at"),
    _articles.published_at.is_not(None).label("is_published"),
    # No id or key has a line break.
    select(func.aggregate_strings(_cited.c.name, "\n")).scalar_subquery().label("cited"),
)
_SHOWN_AT = {dialect: _SHOWN.where(text(f"article.position {asked}")) for dialect, asked in IN_LIST.items()}


def _hits(session: Session, matches: Sequence[Match], query: Query) -> tuple[Hit, ...]:
    if not matches:
        return ()
    connection = session.connection()
    dialect = connection.dialect.name
    positions = as_list(dialect, [one.position for one in matches])
    found = connection.execute(_SHOWN_AT[dialect], {"positions": positions}).all()
    articles = {article.position: article for article in found}
    return tuple(
        Hit(
            article_id=article.id,
            position=one.position,
            title=article.title,
            url=article.url,
            outlet=article.outlet,
            dated_at=article.dated_at,
            is_published=article.is_published,
            as_typed=one.as_typed,
            passage=passage_of(article.lead, article.text, query),
            documents=tuple(dict.fromkeys(article.cited.split("\n")))[:_MAX_DOCUMENTS] if article.cited else (),
        )
        for one in matches
        if (article := articles.get(one.position))
    )
