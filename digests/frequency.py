"""How often something to follow was in the news: shown before anybody is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, not_, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, view_article
from digests.dossier_models import Draft, DraftArticle
from digests.edition import SHOWN_STATES
from digests.views import ArticleView
from digests.watch import CITING
from feeds.models import Article, Mention
from feeds.positions import minute_position
from feeds.query import parse_query
from feeds.search import count, search

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
MANY = 30  # articles a week: rather in the digest than at once
_LATEST = 3


@dataclass(frozen=True, slots=True)
class Frequency:
    """Articles of the last `WEEK` and `MONTH`, and the latest of them."""

    week: int
    month: int
    latest: tuple[ArticleView, ...]

    @property
    def is_much(self) -> bool:
        return self.week > MANY


def frequency_of(session: Session, kind: str, value: str, now: datetime) -> Frequency:
    """Of what a follow of this kind and value (digests.models.Follow) would have met.

    Words, places and issuers are counted as /search does, by its index alone: quickly, and a few articles that cite
    documents but are no policy among them.
    """
    if kind in ("words", "place", "issuer"):
        query = parse_query(value if kind == "words" else f'{kind}:"{value}"')
        hits = search(session, query, _LATEST).hits
        latest = _rows(session, select(*VIEWED).where(Article.id.in_([hit.article_id for hit in hits])))
        return Frequency(count(session, query, now - WEEK), count(session, query, now - MONTH), _views(latest))
    since, week = minute_position(now - MONTH), minute_position(now - WEEK)
    if kind == "draft":
        drafts = select(Draft.id).where(Draft.token == value.rpartition("#")[2])
        return _counted(session, select(DraftArticle.article_id).where(DraftArticle.draft_id.in_(drafts)), since, week)
    is_read = Mention.document_id.is_not(None) & Mention.status.in_(CITING)
    if kind == "number":
        cites = Mention.key == value
    elif value.endswith("#?"):
        cites = (Mention.key == value.removesuffix("#?")) & not_(is_read)
    else:
        cites = (Mention.document_id == value) & is_read
    return _counted(session, select(Mention.article_id).where(cites, Mention.position >= since), since, week)


def _counted(session: Session, article_ids: Select[int], since: int, week: int) -> Frequency:
    # Which states count is told here: SQLite would rather look through all articles in these states than for the ids.
    brought = select(Article.position, Article.state).where(
        Article.id.in_(article_ids), Article.position >= since, Article.origin == "poll"
    )
    positions = sorted((row.position for row in session.execute(brought) if row.state in SHOWN_STATES), reverse=True)
    latest = _rows(session, select(*VIEWED).where(Article.position.in_(positions[:_LATEST])))
    return Frequency(sum(position >= week for position in positions), len(positions), _views(latest))


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
    return session.execute(query).all()


def _views(rows: Sequence[Row[Any]]) -> tuple[ArticleView, ...]:
    latest = sorted(rows, key=lambda row: row.position, reverse=True)[:_LATEST]
    return tuple(view_article(row) for row in latest)
