"""What the press reports being done with a document: its events, each told once.

::

    resolved mentions with a stage --implementer--> who does it --one story, stage and implementer--> one event
    --digests.chart--> document_event --> timeline, map and calendar

Only *resolved* mentions count (DESIGN.md), and not those of a document's own page; nor those of a review or inspection
that is only asked for or planned (digests.held). Reports of one story that say the same is done by the same body are
one event: its first report is shown, its outlets are counted. A report that does not say who does it adds to the only
one of its story and stage that is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from sqlalchemy import Row, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from digests.dossier_models import DocumentEvent
from digests.held import is_held
from digests.implementer import Ground, Implementer, Kind, implementer
from digests.models import StoryArticle
from feeds.database import chunks
from feeds.models import Article, Mention
from feeds.positions import first_position, vietnamese_day
from feeds.store import published_on

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
REVIEWS = ("interim_review", "final_review")
MOST_READ = 5_000
_Cell = tuple[str, str]
"""A stage and who, as DocumentEvent has them."""
_Report = tuple[Row[Any], Implementer | None]
_What = tuple[str | None, int | None]
EVENT_COLUMNS: tuple[Any, ...] = (
    Mention.document_id, Mention.stage, Mention.stage_years, Mention.raw, Mention.quote, Mention.position,
    Mention.province.label("place"), Mention.issued_on, Mention.id.label("mention_id"), Article.id, Article.title,
    Article.lead, Article.outlet, Article.province, Article.published_at, StoryArticle.story_id,
)  # fmt: skip
NOT_ITS_OWN = or_(Article.own_key.is_(None), Article.own_key != Mention.key)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is reported done with a document; `on` is the day of its first report, in Vietnam.

    `date_known`: the report is dated, else it was first seen that day. `who` is None where no report tells. The
    headline, address, outlet and quoted sentence are the first report's, where they were asked for (`with_reports`);
    `issued_on` is the date of issue that is stated.
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
    outlets: int
    issued_on: date | None = None
    title: str = ""
    url: str | None = None
    outlet: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a document, oldest first; only its first `MOST_READ` if `is_cut`."""

    events: tuple[Event, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A review that is reported, `named` as its implementer is, else "". Where `years` are told, it is the first of the
    same stage, years and name."""

    document_id: str
    stage: str
    years: int | None
    named: str
    position: int

    @property
    def on(self) -> date:
        return date.fromordinal(vietnamese_day(self.position))


def events_of(session: Session, document_id: str) -> Events:
    """The events of a document, as they are charted."""
    query = _charted().where(DocumentEvent.document_id == document_id)
    rows = session.execute(query.order_by(DocumentEvent.position, DocumentEvent.mention_id).limit(MOST_READ)).all()
    return Events(tuple(map(_charted_event, rows)), len(rows) == MOST_READ)


def first_events(session: Session, document_id: str) -> Sequence[tuple[Event, int]]:
    """The first event of each of `PLACED_STAGES` and each implementer, a dated one where there is any; and how many
    there are."""
    own, cell = DocumentEvent, (DocumentEvent.stage, DocumentEvent.who)
    first = select(*cell, func.min(own.position).label("position"), func.count().label("number")).group_by(*cell)
    first = first.where(own.document_id == document_id, own.stage.in_(PLACED_STAGES))
    rows = session.execute(first).all()
    events = _events_at(session, document_id, {(row.stage, row.who): row.position for row in rows})
    undated = [cell for cell, event in events.items() if not event.date_known]
    if undated:
        dated = first.join(Article, Article.id == own.article_id).where(Article.published_at.is_not(None))
        of_these = session.execute(dated.where(tuple_(*cell).in_(undated)))
        events |= _events_at(session, document_id, {(row.stage, row.who): row.position for row in of_these})
    told = with_reports(session, [events[row.stage, row.who] for row in rows])
    return [(event, row.number) for event, row in zip(told, rows, strict=True)]


def reviews_of(session: Session, document_ids: Sequence[str], year: int | None = None) -> Sequence[Review]:
    """The reviews of these documents that are reported, oldest first; of those that tell no years, with a `year` only
    those of it and of the years before and after."""
    own = DocumentEvent
    columns = own.document_id, own.stage, own.years, own.named
    # Each without years stands for itself, as only its date says which review it is.
    query = select(*columns, func.min(own.position)).group_by(*columns, case((own.years.is_(None), own.position)))
    query = query.where(own.stage.in_(REVIEWS))
    if year is not None:
        first, end = (first_position(date(one, 1, 1).toordinal()) for one in (year - 1, year + 2))
        query = query.where(or_(own.years.is_not(None), and_(own.position >= first, own.position < end)))
    of_some = (query.where(own.document_id.in_(some)) for some in chunks(document_ids))
    found = (Review(*row) for query in of_some for row in session.execute(query))
    return sorted(found, key=lambda review: review.position)


def events_of_reviews(session: Session, reviews: Iterable[Review]) -> Mapping[Review, Event]:
    """The event of each of these reviews, with its report."""
    own, wanted = DocumentEvent, set(reviews)
    query = _charted().order_by(own.mention_id.desc())
    found: dict[Review, Event] = {}
    for some in chunks(wanted, 400):
        # Not as pairs: for these SQLite reads the whole table.
        ids, positions = {review.document_id for review in some}, {review.position for review in some}
        for row in session.execute(query.where(own.document_id.in_(ids), own.position.in_(positions))):
            review = Review(row.document_id, row.stage, row.years, row.named, row.position)
            if review in wanted:
                found[review] = _charted_event(row)
    return dict(zip(found, with_reports(session, list(found.values())), strict=True))


def with_reports(session: Session, events: Sequence[Event]) -> Sequence[Event]:
    """These events with what their first reports say."""
    told = reports_of(session, [event.mention_id for event in events])
    return [replace(event, **told[event.mention_id]) for event in events]


def reports_of(session: Session, mention_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """mention -> headline, address, outlet and quoted sentence, named as in Event."""
    query = select(Mention.id, Article.title, Article.url, Article.outlet, Mention.quote)
    query = query.join(Article, Article.id == Mention.article_id)
    rows = (row for some in chunks(mention_ids) for row in session.execute(query.where(Mention.id.in_(some))))
    return {row.id: {"title": row.title, "url": row.url, "outlet": row.outlet, "quote": row.quote} for row in rows}


def _events_at(session: Session, document_id: str, cells: Mapping[_Cell, int]) -> dict[_Cell, Event]:
    """The event of each stage and implementer at this position."""
    query = _charted().where(DocumentEvent.document_id == document_id).order_by(DocumentEvent.mention_id)
    found: dict[_Cell, Event] = {}
    for some in chunks(cells.values()):
        for row in session.execute(query.where(DocumentEvent.position.in_(some))):
            cell = row.stage, row.who
            if cells.get(cell) == row.position:
                found.setdefault(cell, _charted_event(row))
    return found


def _charted() -> Select[*tuple[Any, ...]]:
    """Columns, not rows of the ORM: of a hot document there are thousands."""
    own = DocumentEvent
    columns = (
        own.document_id, own.position, own.mention_id, own.article_id, own.story_id, own.stage, own.years, own.who,
        own.named, own.ground, own.outlets, own.issued_on,
    )  # fmt: skip
    query = select(*columns, Article.published_at.is_not(None).label("date_known"))
    return query.join(Article, Article.id == own.article_id)


def _charted_event(row: Row[Any]) -> Event:
    kind, _, name = row.who.partition(":")
    return Event(
        document_id=row.document_id,
        stage=row.stage,
        years=row.years,
        on=date.fromordinal(vietnamese_day(row.position)),
        date_known=row.date_known,
        who=Implementer(cast(Kind, kind), name, row.named, cast(Ground, row.ground)) if kind else None,
        story_id=row.story_id if row.story_id > 0 else None,
        article_id=row.article_id,
        mention_id=row.mention_id,
        position=row.position,
        outlets=row.outlets,
        issued_on=row.issued_on,
    )


def events_from(rows: Iterable[Row[Any]]) -> tuple[Event, ...]:
    """The events that these mentions, oldest first, tell of."""
    told: dict[tuple[str, int, str], list[_Report]] = {}
    for row in rows:
        if not is_held(row.stage, row.quote, row.raw, published_on(row.published_at)):
            continue
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
    return Event(
        document_id=first.document_id,
        stage=first.stage,
        years=next((row.stage_years for row, _ in reports if row.stage_years), None),
        on=date.fromordinal(vietnamese_day(first.position)),
        date_known=first.published_at is not None,
        who=next((who for _, who in reports if who), None),
        story_id=first.story_id,
        article_id=first.id,
        mention_id=first.mention_id,
        position=first.position,
        outlets=len({row.outlet for row, _ in reports}),
        issued_on=next((row.issued_on for row, _ in reports if row.issued_on), None),
    )


def _read_implementer(row: Row[Any]) -> Implementer | None:
    """Who does what a mention, with its article, says is done; only of `PLACED_STAGES`."""
    if row.stage not in PLACED_STAGES:
        return None
    return implementer(row.quote, row.title, row.lead, raw=row.raw, stage=row.stage, place=row.place, home=row.province)
