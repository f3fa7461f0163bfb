"""What anybody may read: lists of articles, stories and documents by position, for the HTTP API and the dump.

Public is what the full-text index has: articles that are kept or near, or that cite documents; of a story its reports
that are kept or near. No list counts what it has or skips what went before: each page begins below a position.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from digests.candidates import MORE, VIEWED, Candidate
from digests.dossier_models import DocumentArticle
from digests.edition import SHOWN_STATES, Edition
from digests.facets import Filters, fitting
from digests.models import Story, StoryArticle
from feeds.database import Database, chunks
from feeds.documents import load_catalogue
from feeds.documents.token import document_token, is_token
from feeds.models import Article, ArticleWords, Document, Mention
from feeds.query import Query
from feeds.search import listed, matching
from feeds.store import document_of_token

LEAD = 500  # characters: a feed's lead may be the whole text
MOST_REPORTS = 200  # of one story, the newest
_LOOK, _MOST_LOOKS = 200, 10  # articles that are looked at at once for stories, and how often for one page
_ARTICLE: tuple[Any, ...] = (
    *VIEWED, Article.province, Article.language, Article.state, Article.topics, Article.places, StoryArticle.story_id,
    func.substr(Article.lead, 1, LEAD + 1).label("lead"),
)  # fmt: skip
_MENTION: tuple[Any, ...] = (
    Mention.id, Mention.article_id, Mention.ordinal, Mention.start, Mention.key, Mention.document_id, Mention.status,
    Mention.rule, Mention.issuer, Mention.stage, Mention.stage_years, Mention.term, Mention.term_derived, Mention.year,
    Mention.issued_on, Mention.province, Mention.raw, Mention.quote, Mention.candidates,
)  # fmt: skip
# Neither chosen by state nor put in order here: for that SQLite reads far more than these few.
_PLACED = select(Article.id, Article.position, Article.state, StoryArticle.story_id).join(
    StoryArticle, StoryArticle.article_id == Article.id
)
# A citation of a document, by its number or name, that nobody has taken back.
_CITES = and_(Mention.key.is_not(None), Mention.status != "withdrawn")


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A session that reads what stood in the database at one moment, however long it reads."""
    with database.reading() as session:
        if not database.is_sqlite:  # where every read of a transaction is of one moment anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def articles(session: Session, ids: Collection[int]) -> Mapping[int, Row[Any]]:
    """What is public of these articles, whatever became of them, by id."""
    queries = (_articles().where(Article.id.in_(some)) for some in chunks(ids))
    return {row.id: row for query in queries for row in session.execute(query)}


def public_article(session: Session, article_id: int) -> Row[Any] | None:
    """What is public of an article, None where nothing is."""
    query = _articles().join(ArticleWords, ArticleWords.article_id == Article.id)
    return session.execute(query.where(Article.id == article_id)).one_or_none()


def articles_at(session: Session, positions: Collection[int]) -> Sequence[int]:
    """The ids of the articles at these positions, newest first."""
    query = select(Article.id).where(Article.position.in_(positions))
    return session.scalars(query.order_by(Article.position.desc())).all()


def newest_articles(session: Session, limit: int, first: int, end: int) -> Sequence[int]:
    """The ids of the newest public articles at positions from `first` on, below `end`."""
    indexed = select(ArticleWords.article_id).where(ArticleWords.position >= first, ArticleWords.position < end)
    return session.scalars(indexed.order_by(ArticleWords.position.desc()).limit(limit)).all()


def each_article(session: Session, batch: int = 500) -> Iterator[Sequence[Row[Any]]]:
    """All public articles in batches, oldest first."""
    last = -1
    query = _articles().join(ArticleWords, ArticleWords.article_id == Article.id).order_by(ArticleWords.position)
    while rows := session.execute(query.where(ArticleWords.position > last).limit(batch)).all():
        yield rows
        last = rows[-1].position


def mentions_of(
    session: Session, article_ids: Collection[int], most: int | None = None
) -> Mapping[int, list[Row[Any]]]:
    """What these articles cite, in the order of their texts; in all at most so many."""
    found: dict[int, list[Row[Any]]] = {article_id: [] for article_id in article_ids}
    for some in chunks(article_ids):
        query = select(*_MENTION).where(Mention.article_id.in_(some), _CITES)
        for row in session.execute(query.order_by(Mention.article_id, Mention.ordinal).limit(most)):
            found[row.article_id].append(row)
    return found


def citing(
    session: Session, name: str, filters: Filters, limit: int, before: int | None
) -> Sequence[tuple[int, Row[Any]]]:
    """(article id, its most telling mention) of the newest articles below `before` that cite a document, or may.

    `name` is an identity, or the citation key of a number (digests.facets).
    """
    query = (
        select(DocumentArticle.position, *_MENTION)
        .join(Mention, Mention.id == DocumentArticle.mention_id)
        .where(*fitting(name, filters))
    )
    if before is not None:
        query = query.where(DocumentArticle.position < before)
    rows = session.execute(query.order_by(DocumentArticle.position.desc()).limit(limit))
    return [(row.article_id, row) for row in rows]


def newest_stories(session: Session, limit: int, before: int | None) -> Sequence[int]:
    """The ids of the newest stories below `before` that have public reports."""
    query = select(Story.id).where(_is_told()).order_by(Story.id.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(Story.id < before)).all()


def stories_having(
    session: Session, query: Query, limit: int, before: int | None
) -> tuple[Sequence[tuple[int, int]], int | None]:
    """(id and place of stories with public reports that match, where to go on below; None where no more follows).

    Each has the position of the first of these reports, so that it comes once; newest first, and at most `limit`.
    """
    found: list[tuple[int, int]] = []
    for _ in range(_MOST_LOOKS):
        positions = listed(session, query, _LOOK, before)
        if not positions:
            return found, None
        before = positions[-1]
        rows = _reports(session, Article.position.in_(positions))
        first = _first_reports(session, query, {row.story_id for row in rows})
        for row in rows:
            if first.get(row.story_id) == row.position:
                found.append((row.story_id, row.position))
                if len(found) == limit:
                    return found, row.position
    return found, before


def _first_reports(session: Session, query: Query, story_ids: Collection[int]) -> Mapping[int, int]:
    """story -> position of the first of its public reports that matches."""
    rows = [row for some in chunks(story_ids) for row in _reports(session, StoryArticle.story_id.in_(some))]
    meant = matching(session, query, [row.id for row in rows])
    return {row.story_id: row.position for row in rows if row.id in meant}  # the oldest is the last


def _reports(session: Session, which: ColumnElement[bool]) -> Sequence[Row[int, int, str, int]]:
    """The public reports of stories among these articles, newest first."""
    rows = [row for row in session.execute(_PLACED.where(which)) if row.state in SHOWN_STATES]
    return sorted(rows, key=lambda row: -row.position)


def stories(session: Session, ids: Sequence[int], now: datetime) -> Mapping[int, Candidate]:
    """What is told of these stories by their newest reports, by id."""
    newest = [
        article_id
        for story_id in ids
        for article_id in session.scalars(
            select(StoryArticle.article_id)
            .join(Article, Article.id == StoryArticle.article_id)
            .where(StoryArticle.story_id == story_id, Article.state.in_(SHOWN_STATES))
            .order_by(Article.position.desc())
            .limit(MOST_REPORTS)
        )
    ]
    edition = Edition(session, newest, now, imported=True)
    return {candidate.story_id: candidate for candidate in edition.candidates(MORE)}


def story_row(session: Session, story_id: int) -> Row[int, datetime, int | None] | None:
    """(id, created_at, continues_id) of a story that has public reports."""
    query = select(Story.id, Story.created_at, Story.continues_id).where(Story.id == story_id, _is_told())
    return session.execute(query).one_or_none()


def each_story(
    session: Session, batch: int = 500
) -> Iterator[Sequence[tuple[Row[int, datetime, int | None], Sequence[int]]]]:
    """All stories that have public reports, with the ids of these, in batches, oldest first."""
    last = 0
    query = select(Story.id, Story.created_at, Story.continues_id).where(_is_told()).order_by(Story.id).limit(batch)
    while rows := session.execute(query.where(Story.id > last)).all():
        reports: dict[int, list[int]] = {row.id: [] for row in rows}
        told = select(StoryArticle.story_id, StoryArticle.article_id).join(
            Article, Article.id == StoryArticle.article_id
        )
        told = told.where(StoryArticle.story_id.in_(list(reports)), Article.state.in_(SHOWN_STATES))
        for row in session.execute(told.order_by(Article.position)):
            reports[row.story_id].append(row.article_id)
        yield [(row, reports[row.id]) for row in rows]
        last = rows[-1].id


def document_called(session: Session, name: str) -> str | None:
    """The id of a document by its token or id, or "KEY#?" of a number, redirects followed; None for one that neither
    the catalogue nor any article has."""
    token = name if is_token(name) else document_token(name)
    if found := document_of_token(session, token):
        return found
    key, _, term = name.rpartition("#")
    if term != "?":
        return None
    cites = select(DocumentArticle.position).where(DocumentArticle.document_id == key).limit(1)
    return name if load_catalogue().with_key(key) or session.scalar(cites) is not None else None


def each_document(session: Session) -> Iterator[tuple[str, str | None]]:
    """(id, the id that it is now, if another) of every document: of the catalogue, then those that articles cite."""
    stored = {row.id: row.redirect_to for row in session.execute(select(Document.id, Document.redirect_to))}
    for document in load_catalogue().documents:
        yield document.id, stored.pop(document.id, None)
    yield from sorted(stored.items())


def _articles() -> Select[Any]:
    return select(*_ARTICLE).outerjoin(StoryArticle, StoryArticle.article_id == Article.id)


def _is_told() -> Any:
    told = exists().where(StoryArticle.story_id == Story.id, StoryArticle.article_id == Article.id)
    return told.where(Article.state.in_(SHOWN_STATES))
