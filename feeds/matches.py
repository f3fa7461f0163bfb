"""What the full-text index of feeds.indexing is asked: the positions of what matches, the newest first.

SQLite's FTS5 walks its lists of positions backwards and stops; it needs no plan. PostgreSQL's GIN cannot: it reads all
that match before the newest are known. So what is common is looked for there article by article from the newest on, and
by the GIN only where that does not find enough in the time that the GIN takes (`_gin_cost`).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod, sqrt
from time import monotonic
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, TextClause, text
from sqlalchemy.orm import Session

LAST = (1 << 62) - 1
# What PostgreSQL takes for one article, in microseconds: walking 0.5 for a short one, 10 for one out of line; the GIN
# for one that has the rarest word, and for one that has all (measured with a million).
_WALK_COST, _GIN_ENTRY, _GIN_COST = 2, 0.25, 5
_TRIED = 8  # a part of the articles for which walking may take as long as the GIN: then it is known how many match
_KNOWN_FOR = 600.0  # seconds
IN_LIST = {"sqlite": "IN (SELECT value FROM json_each(:positions))", "postgresql": "= ANY(:positions)"}
"""By dialect: whether a column is one of the positions of `as_list`; cheaper than a parameter for each."""
Token = tuple[str, ...]
"""Words next to each other, or one word or mark."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of `all_of` (each by any of its alternatives), none of `none_of`, at positions from `first` to `last`."""

    all_of: tuple[tuple[Token, ...], ...]
    none_of: tuple[Token, ...]
    as_typed: tuple[str, ...]
    """Words that stand so, accents and all, in what is meant; and, in `never_typed`, in what is not."""
    never_typed: tuple[str, ...] = ()
    first: int = 0
    last: int = LAST

    @property
    def has_phrases(self) -> bool:
        return any(len(token) > 1 for token in (*self.none_of, *(t for group in self.all_of for t in group)))


_OTHERWISE, _AS_TYPED, _UNWANTED = range(3)


class Match(NamedTuple):
    """An article that matches in any accents."""

    position: int
    kind: int

    @property
    def as_typed(self) -> bool:
        """Whether it has the accents that were typed; not where it is unwanted."""
        return self.kind == _AS_TYPED

    @property
    def is_unwanted(self) -> bool:
        """Whether it has words that it must not have."""
        return self.kind == _UNWANTED


# Of each the positions; what they say of the words that were typed is asked around them.
_FTS5 = (
    "SELECT rowid AS position FROM article_index WHERE article_index MATCH :query AND rowid BETWEEN :first AND :last"
    " ORDER BY rowid DESC LIMIT :limit"
)
# Read once from the first to the last of them: by "rowid IN" FTS5 begins anew for each.
_FTS5_AMONG = (
    f"SELECT rowid AS position FROM article_index WHERE +rowid {IN_LIST['sqlite']}"  # noqa: S608 - no value in it
    " AND article_index MATCH :query AND rowid BETWEEN :first AND :last"
)
_WALK = (
    "SELECT position FROM (SELECT position, vector FROM article_index WHERE position BETWEEN :first AND :last"
    " ORDER BY position DESC LIMIT :walked) AS newest WHERE vector @@ CAST(:phrases AS tsquery)"
    " ORDER BY position DESC LIMIT :limit"
)
# The expression comes from a subquery and nothing else can use an index, so that the planner, which cannot see how
# common it is, neither walks the positions nor reads the whole table.
_GIN = (
    "SELECT position + 0 AS position FROM article_index WHERE vector @@ (SELECT CAST(:query AS tsquery))"
    " AND position + 0 BETWEEN :first AND :last ORDER BY position DESC"
)
# The index knows words, not their order: phrases are told from the vectors, which only the newest are read for.
_GIN_PHRASES = (
    f"SELECT position FROM ({_GIN} OFFSET 0) AS coarse"  # noqa: S608 - no value in it
    " WHERE (SELECT vector FROM article_index WHERE article_index.position = coarse.position)"
    " @@ CAST(:phrases AS tsquery) ORDER BY position DESC LIMIT :limit"
)
_GIN_WORDS = f"{_GIN} LIMIT :limit"
_AMONG = (
    f"SELECT position FROM article_index WHERE position {IN_LIST['postgresql']}"  # noqa: S608 - no value in it
    " AND vector @@ CAST(:phrases AS tsquery)"
)
_BETWEEN = text(
    "SELECT count(*) FROM (SELECT FROM article_index WHERE position BETWEEN :first AND :last LIMIT :walked) AS newest"
)


def newest(session: Session, wanted: Wanted, first: int, last: int, limit: int) -> Sequence[Match]:
    """The newest `limit` from `first` to `last` that match in any accents, newest first."""
    if first > last:
        return []
    values: dict[str, Any] = {"first": first, "last": last, "limit": limit}
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return _matches(connection, _FTS5, wanted, {"query": _fts5(wanted), **values})
    values |= {"phrases": _tsquery(wanted, phrases=True), "query": _tsquery(wanted, phrases=False)}
    most = int(_gin_cost(session, wanted) / _WALK_COST)
    for walked in (most // _TRIED, most):
        if walked < limit:
            break
        found = _matches(connection, _WALK, wanted, {"walked": walked, **values})
        if len(found) == limit or connection.scalar(_BETWEEN, {"walked": walked, **values}) < walked:
            return found
        if len(found) * most < limit * walked:  # not enough would be found among `most`
            break
    return _matches(connection, _GIN_PHRASES if wanted.has_phrases else _GIN_WORDS, wanted, values)


def among(session: Session, wanted: Wanted, positions: Collection[int]) -> Sequence[Match]:
    """Those of `positions` that match in any accents, newest first."""
    if not positions:
        return []
    connection = session.connection()
    values: dict[str, Any] = {"positions": as_list(connection.dialect.name, positions)}
    if connection.dialect.name == "sqlite":
        values |= {"query": _fts5(wanted), "first": min(positions), "last": max(positions)}
        return _matches(connection, _FTS5_AMONG, wanted, values)
    return _matches(connection, _AMONG, wanted, {"phrases": _tsquery(wanted, phrases=True), **values})


def as_list(dialect: str, positions: Collection[int]) -> str | list[int]:
    """The parameter of `IN_LIST`."""
    return json.dumps(list(positions)) if dialect == "sqlite" else list(positions)


def _matches(connection: Connection, asked: str, wanted: Wanted, values: Mapping[str, Any]) -> Sequence[Match]:
    typed = {f"typed{number}": words for number, words in enumerate(wanted.as_typed)}
    never = {f"never{number}": words for number, words in enumerate(wanted.never_typed)}
    query = _told(connection.dialect.name, asked, len(typed), len(never))
    return [Match(*row) for row in connection.execute(query, {**values, **typed, **never}).all()]


@cache
def _told(dialect: str, asked: str, typed: int, never: int) -> TextClause:
    """Asks of what is found, too, whether it has so many strings, and whether any of so many others."""
    kind = str(_AS_TYPED)
    if typed or never:
        find = "instr" if dialect == "sqlite" else "strpos"
        has_all = " AND ".join(f"{find}(words, :typed{number}) > 0" for number in range(typed)) or "1 = 1"
        has_any = " OR ".join(f"{find}(words, :never{number}) > 0" for number in range(never)) or "1 = 0"
        # By a subquery for each: PostgreSQL would join by reading all words there are.
        kind = (
            f"(SELECT CASE WHEN {has_any} THEN {_UNWANTED} WHEN {has_all} THEN {_AS_TYPED}"  # noqa: S608 - no value in it
            f" ELSE {_OTHERWISE} END FROM article_words WHERE article_words.position = found.position)"
        )
    return text(f"SELECT position, {kind} FROM ({asked}) AS found ORDER BY position DESC")  # noqa: S608 - nor here


# How common it is, on PostgreSQL


class _Common(NamedTuple):
    """What the last ANALYZE found: how many articles are indexed, and of the most common words and marks the share of
    the articles that have them."""

    articles: float
    shares: Mapping[str, float]


_STATISTICS = text(
    "SELECT reltuples, CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs"
    " FROM pg_class JOIN pg_stats ON tablename = relname AND attname = 'vector' AND schemaname = current_schema()"
    " WHERE pg_class.oid = CAST('article_index' AS regclass)"
)
_known: WeakKeyDictionary[Dialect, tuple[float, _Common]] = WeakKeyDictionary()


def _gin_cost(session: Session, wanted: Wanted) -> float:
    """How long the GIN takes to find all that match, in microseconds; 0 where a part of it is not common."""
    articles, shares = _common(session)
    rarest = share = 1.0  # the share of all parts together as if they were independent of each other
    for group in wanted.all_of:
        each = [[shares.get(word, 0.0) for word in token] for token in group]
        rarest = min(rarest, sum(map(min, each)))
        share *= min(1.0, sum(map(prod, each)))
    # Words of one text keep company: measured are about as many articles that have all as lie between the two.
    return articles * (rarest * _GIN_ENTRY + sqrt(share * rarest) * _GIN_COST) if share else 0.0


def _common(session: Session) -> _Common:
    dialect = session.get_bind().dialect
    read_at, common = _known.get(dialect, (None, _Common(0, {})))
    if read_at is None or monotonic() - read_at > _KNOWN_FOR:
        row = session.execute(_STATISTICS).one_or_none()
        common = _Common(row[0], dict(zip(row[1], row[2], strict=False))) if row and row[1] else _Common(0, {})
        _known[dialect] = monotonic(), common
    return common


# Expressions


def _fts5(wanted: Wanted) -> str:
    """The expression for FTS5: strings of our own tokens, which hold no quotation mark."""

    def one(token: Token) -> str:
        return f'"{" ".join(token)}"'

    groups = (f"({' OR '.join(map(one, group))})" for group in wanted.all_of)
    query = " AND ".join(groups)
    return f"({query}) NOT ({' OR '.join(map(one, wanted.none_of))})" if wanted.none_of else query


def _tsquery(wanted: Wanted, *, phrases: bool) -> str:
    """The expression for PostgreSQL; without `phrases` one that the index decides alone, and finds no less."""

    def one(token: Token) -> str:
        return f"({(' <-> ' if phrases else ' & ').join(repr(word) for word in token)})"

    parts = [f"({' | '.join(map(one, group))})" for group in wanted.all_of]
    parts += [f"!{one(token)}" for token in wanted.none_of if phrases or len(token) == 1]
    return " & ".join(parts)
