"""What the press reports being done with a document: its events, each told once.

::

    resolved mentions with a stage --implementer--> who does it --one story, stage and implementer--> one event
    --digests.chart--> document_event --> timeline, map and calendar

Only *resolved* mentions count (DESIGN.md), and not those of a document's own page. Reports of one story that say the
same is done by the same body are one event: its first report is shown, its outlets are counted. A report that does not
say who does it adds to the only one of its story and stage that is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from digests.dossier_models import DocumentEvent
from digests.implementer import Ground, Implementer, Kind, implementer
from digests.models import StoryArticle
from feeds.database import chunks
from feeds.dates import VIETNAM
from feeds.models import Article, Mention

TOLD_STAGES = (
    "issued",
    "rolled_out",
    "implemented",
    "interim_review",
    "final_review",
    "drafted",
    "amended",
    "replaced",
    "inspected",
)
"""The stages that are events, in the order of a document's life; a document that is only mentioned has none."""
PLACED_STAGES = ("rolled_out", "implemented", "interim_review", "final_review", "inspected")
"""The stages in which somebody implements the document, or is looked at implementing it."""
MOST_READ = 5_000
_Report = tuple[Row[Any], Implementer | None]
_What = tuple[str | None, int | None]
EVENT_COLUMNS: tuple[Any, ...] = (
    Mention.document_id, Mention.stage, Mention.stage_years, Mention.raw, Mention.quote, Mention.position,
    Mention.province.label("place"), Mention.issued_on, Mention.id.label("mention_id"), Article.id, Article.title,
    Article.lead, Article.url, Article.outlet, Article.province, Article.published_at, Article.first_seen_at,
    StoryArticle.story_id,
)  # fmt: skip
NOT_ITS_OWN = or_(Article.own_key.is_(None), Article.own_key != Mention.key)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is reported done with a document; `on` is the day of its first report, in Vietnam.

    `date_known`: the report is dated, else it was first seen that day. `who` is None where no report tells. The
    headline, address and quoted sentence are the first report's; `issued_on` is the date of issue that it states.
    """

    document_id: str
    stage: str
    years: int | None
    on: date
    date_known: bool
    who: Implementer | None
    story_id: int | None
    article_id: int
    mention_id: int
    position: int
    title: str
    url: str | None
    outlet: str
    quote: str
    outlets: int
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a document, oldest first; only its first `MOST_READ` if `is_cut`."""

    events: tuple[Event, ...]
    is_cut: bool


def events_of(session: Session, document_id: str, stages: Sequence[str] = TOLD_STAGES) -> Events:
    """The events of a document, as they are charted."""
    query = _charted().where(DocumentEvent.document_id == document_id)
    if len(stages) < len(TOLD_STAGES):
        query = query.where(DocumentEvent.stage.in_(stages))
    rows = session.execute(query.order_by(DocumentEvent.position, DocumentEvent.mention_id).limit(MOST_READ)).all()
    return Events(tuple(map(_charted_event, rows)), len(rows) == MOST_READ)


def reviews_of(session: Session, document_ids: Sequence[str]) -> Sequence[Event]:
    """The reviews of these documents that are reported, oldest first."""
    reviews = _charted().where(DocumentEvent.stage.in_(("interim_review", "final_review")))
    found: list[Event] = []
    for some in chunks(document_ids):
        of_some = reviews.where(DocumentEvent.document_id.in_(some))
        found += map(_charted_event, session.execute(of_some.order_by(DocumentEvent.position).limit(MOST_READ)))
    return sorted(found, key=lambda event: event.position)


def _charted() -> Select[*tuple[Any, ...]]:
    query = select(
        DocumentEvent, Article.title, Article.url, Article.outlet, Article.published_at, Article.first_seen_at,
        Mention.quote,
    )  # fmt: skip
    with_article = query.join(Article, Article.id == DocumentEvent.article_id)
    return with_article.join(Mention, Mention.id == DocumentEvent.mention_id)


def _charted_event(row: Row[Any]) -> Event:
    told: DocumentEvent = row.DocumentEvent
    kind, _, name = told.who.partition(":")
    at: datetime = row.published_at or row.first_seen_at
    return Event(
        document_id=told.document_id,
        stage=told.stage,
        years=told.years,
        on=at.astimezone(VIETNAM).date(),
        date_known=row.published_at is not None,
        who=Implementer(cast(Kind, kind), name, told.named, cast(Ground, told.ground)) if kind else None,
        story_id=told.story_id if told.story_id > 0 else None,
        article_id=told.article_id,
        mention_id=told.mention_id,
        position=told.position,
        title=row.title,
        url=row.url,
        outlet=row.outlet,
        quote=row.quote,
        outlets=told.outlets,
        issued_on=told.issued_on,
    )


def events_from(rows: Iterable[Row[Any]]) -> tuple[Event, ...]:
    """The events that these mentions, oldest first, tell of."""
    told: dict[tuple[str, int, str], list[_Report]] = {}
    for row in rows:
        # An article that has no story yet is one of its own; ids of stories and of articles are apart by their sign.
        story = row.story_id or -row.id
        told.setdefault((row.document_id, story, row.stage), []).append((row, _read_implementer(row)))
    events = [_event(reports) for some in told.values() for reports in _apart(some)]
    return tuple(sorted(events, key=lambda event: event.position))


def _apart(reports: Sequence[_Report]) -> Sequence[Sequence[_Report]]:
    """The reports of a story and stage by who does it and after how many years.

    What a report leaves open, another one may tell; where several could, it is an event of its own.
    """
    groups: dict[_What, list[_Report]] = {}
    for report in sorted(reports, key=lambda report: _what(report).count(None)):
        who, years = _what(report)
        fitting = [
            known
            for known in groups
            if (who is None or known[0] in (who, None)) and (years is None or known[1] in (years, None))
        ]
        groups.setdefault(fitting[0] if len(fitting) == 1 else (who, years), []).append(report)
    return list(groups.values())


def _what(report: _Report) -> _What:
    row, who = report
    return f"{who.kind}:{who.name}" if who else None, row.stage_years


def _event(reports: Sequence[_Report]) -> Event:
    first = min((row for row, _ in reports), key=lambda row: row.position)
    at: datetime = first.published_at or first.first_seen_at
    return Event(
        document_id=first.document_id,
        stage=first.stage,
        years=next((row.stage_years for row, _ in reports if row.stage_years), None),
        on=at.astimezone(VIETNAM).date(),
        date_known=first.published_at is not None,
        who=next((who for _, who in reports if who), None),
        story_id=first.story_id,
        article_id=first.id,
        mention_id=first.mention_id,
        position=first.position,
        title=first.title,
        url=first.url,
        outlet=first.outlet,
        quote=first.quote,
        outlets=len({row.outlet for row, _ in reports}),
        issued_on=next((row.issued_on for row, _ in reports if row.issued_on), None),
    )


def _read_implementer(row: Row[Any]) -> Implementer | None:
    """Who does what a mention, with its article, says is done; only of `PLACED_STAGES`."""
    if row.stage not in PLACED_STAGES:
        return None
    return implementer(row.quote, row.title, row.lead, raw=row.raw, stage=row.stage, place=row.place, home=row.province)
