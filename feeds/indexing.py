"""The full-text index: which articles are in it, and under which words and marks.

Indexed are articles that are kept or near, or that cite documents, under ``position``, in the transaction that changes
them. Two tables: `ArticleWords` has what is written, with accents; ``article_index`` what is looked for, FTS5 on SQLite
and a tsvector under a GIN index on PostgreSQL. Neither engine tokenises: see feeds.tokens.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from feeds.documents import load_catalogue
from feeds.documents.organs import base_organs
from feeds.models import Article, ArticleWords, Base, Mention
from feeds.places import present_province, province_named
from feeds.tokens import BOUNDARY, EVERY, folded_words, mark, written_words

_BATCH = 200
_STATES = ("kept", "near")
_MAX_POSITIONS = 255  # of one word; PostgreSQL keeps no more
# FTS5 begins a new segment, to be merged with all others, wherever one does not come behind the one before.
_POSITION = itemgetter("position")
_ARTICLE: tuple[InstrumentedAttribute[Any], ...] = (
    Article.id,
    Article.position,
    Article.state,
    Article.title,
    Article.lead,
    Article.text,
    Article.outlet,
    Article.topics,
    Article.places,
)
_MENTION: tuple[InstrumentedAttribute[Any], ...] = (
    Mention.article_id,
    Mention.key,
    Mention.type,
    Mention.issuer,
    Mention.issuing_body,
    Mention.status,
    Mention.document_id,
)

CREATE = {
    "sqlite": (
        # The ASCII tokenizer parts our own tokens at blanks only.
        "CREATE VIRTUAL TABLE article_index USING fts5(tokens, content='', tokenize=\"ascii tokenchars ':'\")",
    ),
    "postgresql": (
        # The vectors lie beside the rows, so that a list of common words reads few pages.
        "CREATE TABLE article_index (position bigint PRIMARY KEY, vector tsvector NOT NULL)"
        " WITH (toast_tuple_target = 128)",
        "ALTER TABLE article_index ALTER COLUMN vector SET STORAGE EXTERNAL",
        "CREATE INDEX ix_article_index_vector ON article_index USING gin (vector)",
    ),
}
_REMOVE = {
    "sqlite": "INSERT INTO article_index (article_index, rowid, tokens) VALUES ('delete', :position, :tokens)",
    "postgresql": "DELETE FROM article_index WHERE position = :position",
}
_ADD = {
    "sqlite": "INSERT INTO article_index (rowid, tokens) VALUES (:position, :tokens)",
    "postgresql": "INSERT INTO article_index (position, vector) VALUES (:position, CAST(:tokens AS tsvector))",
}


def is_index_table(name: str) -> bool:
    """Whether a table is the index or one that FTS5 keeps it in: no model describes them."""
    return name == "article_index" or name.startswith("article_index_")


def index_articles(session: Session, articles: Collection[Article]) -> None:
    """Brings the index to what `articles` and their mentions are now."""
    if articles:
        session.flush()
        index_ids(session.connection(), [article.id for article in articles])


def index_ids(connection: Connection, ids: Sequence[int]) -> None:
    """`index_articles` by ids; reads only columns that the schema had when the index came into it."""
    for start in range(0, len(ids), _BATCH):
        _index(connection, ids[start : start + _BATCH])


def index_everything(connection: Connection) -> None:
    """Fills an empty index, batch by batch, oldest id first."""
    last = 0
    query = select(Article.id).order_by(Article.id).limit(_BATCH)
    while ids := connection.scalars(query.where(Article.id > last)).all():
        _index(connection, ids)
        last = ids[-1]


def fill_index(connection: Connection) -> None:
    """Fills an empty ``article_index`` with what `ArticleWords` has: after that was copied, or the index damaged."""
    table, dialect = Base.metadata.tables[ArticleWords.__tablename__], connection.dialect.name
    query, last = select(table).order_by(table.c.article_id).limit(_BATCH), 0
    while rows := connection.execute(query.where(table.c.article_id > last)).all():
        entries = sorted((dict(row._mapping) for row in rows), key=_POSITION)
        connection.execute(text(_ADD[dialect]), [_tokens(entry, dialect) for entry in entries])
        last = rows[-1].article_id


def _index(connection: Connection, ids: Sequence[int]) -> None:
    mentions: Mapping[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(*_MENTION).where(Mention.article_id.in_(ids))):
        mentions[row.article_id].append(row)
    # Which states count is told here: SQLite would rather look through all articles in these states than for the ids.
    rows = connection.execute(select(*_ARTICLE).where(Article.id.in_(ids)))
    new = {row.id: _entry(row, mentions[row.id]) for row in rows if row.state in _STATES or row.id in mentions}
    table = Base.metadata.tables[ArticleWords.__tablename__]
    stored = connection.execute(select(table).where(table.c.article_id.in_(ids)))
    before = {row.article_id: dict(row._mapping) for row in stored}
    outdated = sorted((one for article_id, one in before.items() if new.get(article_id) != one), key=_POSITION)
    added = sorted((one for article_id, one in new.items() if before.get(article_id) != one), key=_POSITION)
    dialect = connection.dialect.name
    if outdated:
        connection.execute(text(_REMOVE[dialect]), [_tokens(entry, dialect) for entry in outdated])
        gone = [entry["article_id"] for entry in outdated]
        connection.execute(delete(table).where(table.c.article_id.in_(gone)))
    if added:
        connection.execute(insert(table), added)
        connection.execute(text(_ADD[dialect]), [_tokens(entry, dialect) for entry in added])


def _entry(article: Row[Any], mentions: Iterable[Row[Any]]) -> dict[str, Any]:
    marks = {EVERY, mark("from", article.outlet)}
    marks.update(mark("topic", code) for code in article.topics)
    known = filter(None, map(province_named, article.places))
    marks.update(mark("place", present_province(name)) for name in known)
    for mention in mentions:
        marks.update(_marks_of(mention))
    return {
        "article_id": article.id,
        "position": article.position,
        "words": written_words(article.title, article.lead, article.text),
        "marks": " ".join(sorted(marks)),
    }


def _marks_of(mention: Row[Any]) -> Iterable[str]:
    if mention.status == "withdrawn":
        return
    if mention.key:
        yield mark("key", mention.key)
        if mention.document_id is None:
            yield mark("loose", mention.key)
    if mention.type:
        yield mark("type", mention.type)
    for organ in base_organs(mention.issuer or ""):
        yield mark("issuer", organ.code)
    if mention.issuing_body:
        yield mark("issuer", mention.issuing_body)
    if mention.document_id:
        yield mark("doc", mention.document_id)
        document = load_catalogue().get(mention.document_id)
        if document and document.issuer:
            yield mark("issuer", document.issuer)


def _tokens(entry: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    words = folded_words(entry["words"])
    marks = entry["marks"].split()
    if dialect == "sqlite":
        tokens = " ".join([*words, *marks])
    else:
        positions: dict[str, list[int]] = {}
        for position, word in enumerate(words, start=1):
            if word != BOUNDARY:
                positions.setdefault(word, []).append(position)
        lexemes = [f"'{word}':{','.join(map(str, at[:_MAX_POSITIONS]))}" for word, at in positions.items()]
        tokens = " ".join([*lexemes, *(f"'{name}'" for name in marks)])
    return {"position": entry["position"], "tokens": tokens}
