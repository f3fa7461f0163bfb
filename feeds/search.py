"""Full-text search over the articles of feeds.indexing: newest first, on SQLite and PostgreSQL alike.

A query becomes one expression over words and marks, which both engines evaluate on the index alone. Where words are
typed with accents, articles that have them come first among the newest `WINDOW` that have them in any accents; where
these have few of them ("bão" is rare among "bảo"), among the newest `WIDE_WINDOW`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from feeds.documents import load_catalogue, look_up
from feeds.filters import document_marks
from feeds.models import Article, ArticleWords, Mention
from feeds.passage import Passage, passage_of
from feeds.positions import minute_position
from feeds.query import Filter, Query, Term
from feeds.seen import seen_keys
from feeds.tokens import EVERY

WINDOW = 500  # articles that are put in order at once
WIDE_WINDOW = 5000
_FEW = 50  # of a window with the accents that were typed
MOST_COUNTED = 1000
_MAX_DOCUMENTS = 3
_BATCH = 500
_LAST = (1 << 62) - 1
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
Token = tuple[str, ...]
"""Words next to each other, or one word or mark."""


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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """All of `all_of` (each by any of its alternatives), none of `none_of`, at positions from `first` to `last`."""

    all_of: tuple[tuple[Token, ...], ...]
    none_of: tuple[Token, ...]
    as_typed: tuple[str, ...]
    """Words that stand so, accents and all, in what is meant; and, in `never_typed`, in what is not."""
    never_typed: tuple[str, ...] = ()
    first: int = 0
    last: int = _LAST

    @property
    def reads_words(self) -> bool:
        """Whether the words have to be looked at, not the index alone."""
        return bool(self.as_typed or self.never_typed)

    @property
    def has_phrases(self) -> bool:
        return any(len(token) > 1 for token in (*self.none_of, *(t for group in self.all_of for t in group)))


class _Row(NamedTuple):
    """An article that the index finds: whether it has the words with the accents that were typed, and none of those
    that it must not have."""

    position: int
    as_typed: bool
    is_wanted: bool


def search(session: Session, query: Query, limit: int, before: int | None = None, *, skip: int = 0) -> Page:
    """`limit` of the articles at positions below `before` that match, after the first `skip`.

    Those with the accents that were typed come first, each group newest first; at most `WINDOW` are put in order.
    """
    if query.is_empty:
        return Page()
    wanted = _wanted(session, query)
    last = wanted.last if before is None else min(wanted.last, before - 1)
    size = WINDOW
    rows = _found(session, wanted, wanted.first, last, size + 1)
    if len(rows) > size and sum(row.as_typed and row.is_wanted for row in rows) < _FEW:
        size = WIDE_WINDOW
        rows = _found(session, wanted, wanted.first, last, size + 1)
    window = rows[:size]
    ordered = sorted((row for row in window if row.is_wanted), key=lambda row: (not row.as_typed, -row.position))
    return Page(
        _hits(session, ordered[skip : skip + limit], query),
        len(ordered),
        len(rows) > size,
        max((row.position for row in window), default=None),
        min((row.position for row in window), default=None),
    )


def newest(session: Session, query: Query, limit: int, before: int | None = None) -> Sequence[int]:
    """The positions of the newest `limit` articles below `before` that match in any accents, newest first."""
    if query.is_empty:
        return ()
    wanted = replace(_wanted(session, query), as_typed=())
    last = wanted.last if before is None else min(wanted.last, before - 1)
    return [row.position for row in _found(session, wanted, wanted.first, last, limit) if row.is_wanted]


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
        found = _among(session, wanted, list(places))
        meant |= {places[row.position] for row in found if row.as_typed and row.is_wanted}
    return meant


def count(session: Session, query: Query, since: datetime) -> int:
    """How many articles from `since` on match as in `matching`, of those that `search` would look at; at most
    `MOST_COUNTED`."""
    if query.is_empty:
        return 0
    wanted = _wanted(session, query)
    most = WIDE_WINDOW if wanted.reads_words else MOST_COUNTED
    rows = _found(session, wanted, max(wanted.first, minute_position(since)), wanted.last, most)
    return min(MOST_COUNTED, sum(row.as_typed and row.is_wanted for row in rows))


def found(session: Session, query: Query, most: int = MOST_COUNTED) -> int:
    """How many articles `search` finds, at most `most`."""
    if query.is_empty:
        return 0
    wanted = _wanted(session, query)
    rows = _found(session, replace(wanted, as_typed=()), wanted.first, wanted.last, most)
    return sum(row.is_wanted for row in rows)


# What is asked for


def _wanted(session: Session, query: Query) -> _Wanted:
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
    first, last = 0, _LAST
    if query.since:
        first = minute_position(_midnight(query.since))
    if query.until:
        last = minute_position(_midnight(query.until + timedelta(days=1))) - 1
    return _Wanted(
        tuple(all_of) or (((EVERY,),),), tuple(none_of), _as_typed(query.wanted), _as_typed(excluded), first, last
    )


def _marks(session: Session, one: Filter) -> Sequence[str]:
    """The marks of a filter; a number whose issuer is not said may be any that articles cite."""
    if one.name == "doc" and any("?" in key for key in one.meaning.shown):
        return document_marks(look_up(one.value, load_catalogue(), seen_keys(session)))
    return one.meaning.marks


def _as_typed(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(f" {term.text} " for term in terms if term.is_accented)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _VIETNAM)


# What each engine is asked


def _found(session: Session, wanted: _Wanted, first: int, last: int, limit: int) -> Sequence[_Row]:
    """The newest `limit` that match in any accents, newest first."""
    if first > last:
        return []
    bounds = {"first": first, "last": last, "limit": limit}
    if session.get_bind().dialect.name == "sqlite":
        newest = (
            "SELECT rowid AS position FROM article_index WHERE article_index MATCH :query"
            " AND rowid BETWEEN :first AND :last ORDER BY rowid DESC LIMIT :limit"
        )
        return _with_words(session, newest, wanted, {"query": _fts5(wanted), **bounds})
    # The expression comes from a subquery, so that the planner, which cannot see how common it is, never walks the
    # positions instead of the index. The index knows words, not their order: phrases are told from the vectors, which
    # only the newest are read for.
    coarse = (
        "SELECT position, vector FROM article_index WHERE vector @@ (SELECT CAST(:query AS tsquery))"
        " AND position BETWEEN :first AND :last ORDER BY position DESC"
    )
    values = {"query": _tsquery(wanted, phrases=False), **bounds}
    if not wanted.has_phrases:
        return _with_words(session, f"SELECT position FROM ({coarse} LIMIT :limit) AS found", wanted, values)  # noqa: S608
    newest = (
        f"WITH coarse AS MATERIALIZED ({coarse})"  # noqa: S608 - no value in it
        " SELECT position FROM coarse WHERE vector @@ CAST(:phrases AS tsquery) LIMIT :limit"
    )
    return _with_words(session, newest, wanted, {"phrases": _tsquery(wanted, phrases=True), **values})


def _among(session: Session, wanted: _Wanted, positions: Sequence[int]) -> Sequence[_Row]:
    """As `_found`, of these positions."""
    if not positions:
        return []
    listed = ",".join(map(str, positions))
    if session.get_bind().dialect.name == "sqlite":
        # Read once from the first to the last of them: by "rowid IN" FTS5 begins anew for each.
        some = (
            "SELECT rowid AS position FROM article_index WHERE article_index MATCH :query"  # noqa: S608 - integers
            f" AND rowid BETWEEN {min(positions)} AND {max(positions)} AND +rowid IN ({listed})"
        )
        return _with_words(session, some, wanted, {"query": _fts5(wanted)})
    some = (
        f"SELECT position FROM article_index WHERE position IN ({listed})"  # noqa: S608 - integers
        " AND vector @@ CAST(:query AS tsquery)"
    )
    return _with_words(session, some, wanted, {"query": _tsquery(wanted, phrases=True)})


def _with_words(session: Session, positions: str, wanted: _Wanted, values: Mapping[str, Any]) -> Sequence[_Row]:
    if not wanted.reads_words:
        return [_Row(row.position, True, True) for row in session.execute(text(f"{positions}"), values)]
    find = "instr" if session.get_bind().dialect.name == "sqlite" else "strpos"
    typed = {f"typed{number}": words for number, words in enumerate(wanted.as_typed)}
    never = {f"never{number}": words for number, words in enumerate(wanted.never_typed)}
    has_all = " AND ".join(f"{find}(words, :{name}) > 0" for name in typed) or "1 = 1"
    has_none = " AND ".join(f"{find}(words, :{name}) = 0" for name in never) or "1 = 1"
    query = (
        f"SELECT found.position AS position, {has_all} AS as_typed, {has_none} AS is_wanted FROM ({positions}) AS found"  # noqa: S608
        " JOIN article_words ON article_words.position = found.position ORDER BY found.position DESC"
    )
    rows = session.execute(text(query), {**values, **typed, **never})
    return [_Row(row.position, bool(row.as_typed), bool(row.is_wanted)) for row in rows]


def _fts5(wanted: _Wanted) -> str:
    """The expression for FTS5: strings of our own tokens, which hold no quotation mark."""

    def one(token: Token) -> str:
        return f'"{" ".join(token)}"'

    groups = (f"({' OR '.join(map(one, group))})" for group in wanted.all_of)
    query = " AND ".join(groups)
    return f"({query}) NOT ({' OR '.join(map(one, wanted.none_of))})" if wanted.none_of else query


def _tsquery(wanted: _Wanted, *, phrases: bool) -> str:
    """The expression for PostgreSQL; without `phrases` one that the index decides alone, and finds no less."""

    def one(token: Token) -> str:
        return f"({(' <-> ' if phrases else ' & ').join(repr(word) for word in token)})"

    parts = [f"({' | '.join(map(one, group))})" for group in wanted.all_of]
    parts += [f"!{one(token)}" for token in wanted.none_of if phrases or len(token) == 1]
    return " & ".join(parts)


# What is shown


def _hits(session: Session, rows: Sequence[_Row], query: Query) -> tuple[Hit, ...]:
    positions = [row.position for row in rows]
    articles = {a.position: a for a in session.scalars(select(Article).where(Article.position.in_(positions)))}
    cited: dict[int, dict[str, None]] = {}
    mentions = (
        select(Mention.article_id, Mention.key, Mention.document_id)
        .where(Mention.article_id.in_([a.id for a in articles.values()]), Mention.key.is_not(None))
        .where(Mention.status != "withdrawn")
        .order_by(Mention.article_id, Mention.ordinal)
    )
    for article_id, key, document_id in session.execute(mentions):
        cited.setdefault(article_id, {})[document_id or key or ""] = None
    return tuple(
        Hit(
            article_id=article.id,
            position=row.position,
            title=article.title,
            url=article.url,
            outlet=article.outlet,
            dated_at=article.dated_at,
            is_published=article.published_at is not None,
            as_typed=row.as_typed,
            passage=passage_of(article.lead, article.text, query),
            documents=tuple(cited.get(article.id, ()))[:_MAX_DOCUMENTS],
        )
        for row in rows
        if (article := articles.get(row.position))
    )
