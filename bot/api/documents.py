"""Documents: what a number means, what is known of one, and the articles that cite it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.api import shapes
from bot.api.asked import Cursor, ListedCiting, LookedUp, OneDocument
from bot.api.making import article_shapes, document_shape, mention_shape
from bot.api.problems import not_there
from digests import published
from digests.dossier import dossier_of
from digests.facets import Count, Filters, Presence
from digests.implementation import ImplementationMap, MapRow, Seen, implementation_map
from digests.observed import ObservedFact
from digests.reviews import ReviewDue, ground_of, reviews_due
from digests.timeline import TimelineEntry, timeline
from feeds.documents import load_catalogue, look_up
from feeds.text import visible


def looked_up(session: Session, asked: LookedUp, now: datetime) -> shapes.Lookup:
    found = look_up(asked.number, load_catalogue())
    return shapes.Lookup(
        query=asked.number,
        status=found.status,
        keys=list(found.keys),
        documents=[document_shape(document_id) for document_id in found.documents],
        missing=[
            shapes.Wish(key=wish.key, term=wish.term, date=wish.date, issuer=wish.issuer) for wish in found.missing
        ],
    )


def one_document(session: Session, asked: OneDocument, now: datetime) -> shapes.Dossier:
    document_id = _named(session, asked.document)
    dossier = dossier_of(session, document_id, now=now)
    reviews = reviews_due(session, None, documents=[document_id]).due
    return shapes.Dossier(
        document=document_shape(document_id),
        total=dossier.total,
        unsure=dossier.unsure,
        is_complete=not dossier.is_cut,
        counts=_counts(dossier.presence),
        namesakes=[document.id for document in dossier.namesakes],
        observed=[_observed(fact) for fact in dossier.observed],
        timeline=[_told(entry) for entry in timeline(session, document_id).entries],
        implementation=_implementation(implementation_map(session, document_id)),
        reviews=[_review(due) for due in reviews],
    )


def citing_articles(session: Session, asked: ListedCiting, now: datetime) -> shapes.CitingPage:
    document_id = _named(session, asked.document)
    name = document_id.removesuffix("#?")
    filters = Filters(year=asked.year, place=asked.place, outlet=asked.outlet, stage=asked.stage)
    found = published.citing(session, name, filters, asked.limit + 1, asked.begins.before)
    shown = dict(found[: asked.limit])
    articles = article_shapes(session, shown)
    return shapes.CitingPage(
        items=[
            shapes.CitingArticle(**dict(article), mention=mention_shape(mention, article.published))
            for article_id, mention in shown.items()
            if (article := articles.get(article_id))
        ],
        next=str(Cursor(found[asked.limit - 1][1].position)) if len(found) > asked.limit else None,
    )


def _named(session: Session, name: str) -> str:
    document_id = published.document_called(session, name)
    if document_id is None:
        raise not_there(f"no document has the token or id {name}; /v1/documents?number= looks a number up")
    return document_id


def _counts(presence: Presence | None) -> shapes.Counts | None:
    def count(one: Count) -> shapes.Count:
        return shapes.Count(articles=one.articles, stories=one.stories)

    if presence is None:
        return None
    return shapes.Counts(
        days_30=count(presence.month),
        days_365=count(presence.year),
        all=count(presence.all),
        first=presence.first_at,
        last=presence.last_at,
    )


def _observed(fact: ObservedFact) -> shapes.Observed:
    return shapes.Observed(
        field=fact.field,
        value=fact.value,
        outlets=list(fact.outlets),
        agreed=fact.agreed,
        contradicted=fact.contradicted,
    )


def _told(entry: TimelineEntry) -> shapes.Told:
    return shapes.Told(
        stage=entry.stage,
        on=entry.on,
        precision=entry.precision,
        source=entry.source,
        years=entry.years,
        who=entry.who and entry.who.name,
        other=entry.other,
        story=entry.story_id,
        **_report(entry),
    )


def _implementation(view: ImplementationMap) -> shapes.Implementation:
    return shapes.Implementation(
        seen=[
            shapes.Implementer(group=row.group, code=row.code, name=row.vi, stages=list(_stages(row)))
            for row in view.seen
        ],
        not_seen=[row.code for row in view.not_seen],
        placeless=view.placeless,
    )


def _stages(row: MapRow) -> Iterator[shapes.SeenAt]:
    for stage, seen in row.seen.items():
        yield shapes.SeenAt(stage=stage, on=seen.on, named=seen.named, **_report(seen))


def _report(told: TimelineEntry | Seen) -> dict[str, Any]:
    """What is said of a first report, and how many outlets tell the same."""
    return {
        "title": visible(told.title),
        "url": told.url,
        "outlet": visible(told.outlet),
        "quote": visible(told.quote),
        "article": told.article_id,
        "outlets": told.outlets,
    }


def _review(due: ReviewDue) -> shapes.Review:
    return shapes.Review(
        stage=due.stage,
        years=due.years,
        on=due.on,
        precision=due.precision,
        ground=due.ground,
        because=ground_of(due, "en"),
        held_by=list(due.places),
        reported=due.reported and due.reported.article_id,
    )
