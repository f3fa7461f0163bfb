"""Rows and values as shapes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bot.api import shapes
from digests import published
from digests.candidates import Candidate, head_of, places_of, view_article
from digests.chips import chips_of
from digests.held import is_held
from digests.views import DocumentChip
from feeds.documents import document_name, is_citable, load_catalogue, official_citation
from feeds.documents.token import document_token
from feeds.store import published_on
from feeds.text import visible


def article_shapes(session: Session, ids: Iterable[int]) -> Mapping[int, shapes.Article]:
    """These articles by id; those that are gone are left out."""
    rows = published.articles(session, list(ids))
    mentions = published.mentions_of(session, list(rows))
    return {article_id: shapes.Article(**article_fields(row, mentions[article_id])) for article_id, row in rows.items()}


def article_fields(row: Row[Any], mentions: Sequence[Row[Any]]) -> dict[str, Any]:
    """The fields of `shapes.Article`."""
    lead = row.lead if len(row.lead) <= published.LEAD else row.lead[: published.LEAD - 1] + "…"
    return {
        "id": row.id,
        "title": visible(row.title),
        "title_is_ours": row.title_is_ours,
        "lead": visible(lead),
        "url": row.url,
        "outlet": visible(row.outlet),
        "level": row.level,
        "language": row.language,
        "published": row.published_at,
        "first_seen": row.first_seen_at,
        "state": row.state,
        "topics": list(row.topics),
        "places": list(places_of(row)),
        "story": row.story_id,
        "repeats": row.original_id,
        "documents": cited(chips_of(mentions, [view_article(row)])),
    }


def cited(chips: Iterable[DocumentChip]) -> list[shapes.Cited]:
    return [
        shapes.Cited(
            id=chip.document_id,
            key=chip.key,
            token=token_of(chip.document_id),
            status=chip.status,
            stage=chip.stage,
            stage_years=chip.stage_years,
            held=chip.is_held,
        )
        for chip in chips
    ]


def token_of(document_id: str) -> str | None:
    return None if document_id.endswith("#?") else document_token(document_id)


def mention_shape(row: Row[Any], published: datetime | None) -> shapes.Mention:
    """A row of `digests.published` of an article that was `published` then, where that is known."""
    return shapes.Mention(
        key=row.key,
        document=row.document_id,
        status=row.status or "unknown",
        rule=row.rule,
        candidates=list(row.candidates),
        raw=visible(row.raw),
        quote=visible(row.quote),
        stage=row.stage,
        stage_years=row.stage_years,
        held=is_held(row.stage, row.quote, row.raw, published_on(published)),
        province=row.province,
    )


def story_fields(candidate: Candidate, articles: Mapping[int, shapes.Article]) -> dict[str, Any]:
    """The fields of `shapes.Story`."""
    return {
        "id": candidate.story_id,
        "head": articles[head_of(candidate.reports).view.article_id],
        "reports": len(candidate.reports),
        "outlets": list(dict.fromkeys(visible(report.view.outlet) for report in candidate.reports)),
        "documents": cited(candidate.chips),
    }


def document_shape(document_id: str) -> shapes.Document:
    """A document by its id, as the catalogue knows it; by "KEY#?" whatever bears the number."""
    known = load_catalogue().get(document_id)
    key = document_id.rpartition("#")[0]
    return shapes.Document(
        id=document_id,
        key=known.key or key if known else key,
        token=token_of(document_id),
        name=document_name(document_id.removesuffix("#?")),
        is_catalogued=known is not None,
        kind=known and known.type,
        title=known and known.title,
        issuer=known and known.issuer,
        term=known and known.term,
        date=known and known.date,
        effective=known and known.effective,
        province=known and known.place,
        validity=known and known.status,
        facts=dict(known.provenance) if known else {},
        relations=[
            shapes.Relation(kind=one.kind, document=one.target, provenance=one.confidence) for one in known.relations
        ]
        if known
        else [],
        also=list(known.also) if known else [],
        aliases=list(known.aliases) if known else [],
        official_url=known and known.official_url,
        citation=official_citation(known) if known and is_citable(known) else None,
        sources=list(known.sources) if known else [],
    )


def dated(article: shapes.Article) -> datetime:
    """Its publication, or when it was first seen."""
    return (article.published or article.first_seen).astimezone(UTC)
