"""How often something to follow was in the news: shown before anybody is told of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, String, not_, or_, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, places_of, view_article
from digests.edition import SHOWN_STATES
from digests.views import ArticleView
from digests.watch import CITING
from feeds.documents.organs import base_organ
from feeds.models import Article, Mention
from feeds.places import present_province, province_names
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
    """Of what a follow of this kind and value (digests.models.Follow) would have met."""
    if kind == "words":
        query = parse_query(value)
        hits = search(session, query, _LATEST).hits
        latest = _rows(session, select(*VIEWED).where(Article.id.in_([hit.article_id for hit in hits])))
        return Frequency(count(session, query, now - WEEK), count(session, query, now - MONTH), _views(latest))
    rows = _met(session, kind, value, minute_position(now - MONTH))
    week = minute_position(now - WEEK)
    return Frequency(sum(row.position >= week for row in rows), len(rows), _views(rows))


def _met(session: Session, kind: str, value: str, since: int) -> Sequence[Row[Any]]:
    shown = Article.position >= since, Article.state.in_(SHOWN_STATES), Article.origin == "poll"
    query = select(*VIEWED, Article.places, Article.province).where(*shown)
    match kind:
        case "place":
            names = [name for name in province_names() if present_province(name) == value]
            listed = Article.places.cast(String)
            named = [listed.contains(json.dumps(name), autoescape=True) for name in names]
            found = _rows(session, query.where(Article.state == "kept", or_(*named, Article.province.in_(names))))
            return [row for row in found if value in places_of(row)]
        case "issuer":
            of_it = (Mention.article_id == Article.id) & Mention.issuer.startswith(value, autoescape=True)
            issued = query.add_columns(Mention.issuer).join(Mention, of_it).where(Article.state == "kept")
            found = _rows(session, issued)
            return list({row.id: row for row in found if _is_of(row.issuer, value)}.values())
        case "number":
            cites = Mention.key == value
        case _ if value.endswith("#?"):
            is_read = Mention.document_id.is_not(None) & Mention.status.in_(CITING)
            cites = (Mention.key == value.removesuffix("#?")) & not_(is_read)
        case _:
            cites = (Mention.document_id == value) & Mention.status.in_(CITING)
    citing = select(Mention.article_id).where(cites, Mention.position >= since)
    return _rows(session, query.where(Article.id.in_(citing)))


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
    return session.execute(query).all()


def _is_of(issuer: str, code: str) -> bool:
    organ = base_organ(issuer)
    return organ is not None and organ.code == code


def _views(rows: Sequence[Row[Any]]) -> tuple[ArticleView, ...]:
    latest = sorted(rows, key=lambda row: row.position, reverse=True)[:_LATEST]
    return tuple(view_article(row) for row in latest)
