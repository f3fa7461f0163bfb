"""The life of a document as catalogue and press tell it, oldest first.

What the catalogue says counts where it was *seen*: when the document was issued, and the documents that amend, conclude
or replace it, or that it does that to, at their dates. The rest are events that articles report (digests.happenings),
and the drafts that became it. Where the date of issue is known, articles that say it was issued are news only about
that day; later ones recall it. Where it is not, the date that articles state counts, and only the first report of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, cast

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, load_only

from digests.candidates import VIEWED, view_article
from digests.dossier_models import Draft, DraftArticle
from digests.edition import SHOWN_STATES
from digests.happenings import TOLD_STAGES, Event, events_of, reports_of
from digests.implementer import Implementer
from digests.models import StoryArticle
from feeds.database import chunks
from feeds.documents import Catalogue, Document, load_catalogue
from feeds.models import Article
from feeds.store import published_on

Precision = Literal["day", "month", "year"]

_NEWS = timedelta(days=30)  # for so long after its date an article tells that a document is issued
_ORDER = (*TOLD_STAGES, "concluded")
_REPORTS = 200  # of drafts
_IN_LINE = 3
# What was done to a document, by the relations of the catalogue.
DONE_BY = {"amended_by": "amended", "replaced_by": "replaced", "concluded_by": "concluded"}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. `stage` is one of `TOLD_STAGES`, or `concluded` (a conclusion carries it on), of the catalogue alone.

    `on` is None where no date is known; of less `precision` than a day it is the first day of that month or year.
    `source` says who tells: the catalogue, which was read in documents, or articles. `other` is the id of the document
    that amends, replaces or concludes this one; `outlets` how many report it, 0 where only the catalogue does.
    `years` are those of a review ("sơ kết 5 năm"). The headline, link and quote are of the first report.
    """

    stage: str
    on: date | None
    precision: Precision
    source: Literal["catalogue", "articles"]
    years: int | None = None
    who: Implementer | None = None
    title: str = ""
    url: str | None = None
    outlet: str = ""
    quote: str = ""
    mention_id: int | None = None
    article_id: int | None = None
    story_id: int | None = None
    outlets: int = 0
    other: str | None = None
    date_known: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries of a document, oldest first, undated ones last; `is_cut` if it has more reports than are read."""

    document_id: str
    entries: tuple[TimelineEntry, ...]
    is_cut: bool = False


def timeline(session: Session, document_id: str, *, catalogue: Catalogue | None = None) -> Timeline:
    """The timeline of a document, catalogued or not."""
    view = outline(session, document_id, catalogue=catalogue)
    return replace(view, entries=with_reports(session, view.entries))


def outline(session: Session, document_id: str, *, catalogue: Catalogue | None = None) -> Timeline:
    """The timeline with no more of reports than who tells, where and when: of a hot document there are thousands."""
    known = catalogue or load_catalogue()
    found = events_of(session, document_id)
    document = known.get(document_id)
    entries = [*_issued(document, found.events), *_related(document, known), *_drafted(session, document_id)]
    entries += [_reported(event) for event in found.events if event.stage != "issued"]
    entries.sort(key=_place)
    return Timeline(document_id, tuple(entries), found.is_cut)


def with_reports(session: Session, entries: Sequence[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """The entries of an outline with headline, address, outlet and quoted sentence of their first reports."""
    told = reports_of(session, [entry.mention_id for entry in entries if entry.mention_id])
    return tuple(replace(entry, **told[entry.mention_id]) if entry.mention_id else entry for entry in entries)


def lines_of(entries: Sequence[TimelineEntry]) -> Sequence[tuple[TimelineEntry, ...]]:
    """The entries by lines: what one article tells of is a line where the first of it stands; or several, so
    that a page fits a message."""
    lines: dict[tuple[str, int, date | None], list[TimelineEntry]] = {}
    for number, entry in enumerate(entries):
        line = number if entry.article_id is None else entry.article_id
        lines.setdefault((entry.source if entry.article_id else "", line, entry.on), []).append(entry)
    return [tuple(some) for line in lines.values() for some in chunks(line, _IN_LINE)]


def day_of(entry: TimelineEntry) -> date | None:
    """The day of an event; None of one that is only known to have been seen some day."""
    return entry.on if entry.date_known else None


def _place(entry: TimelineEntry) -> tuple[bool, date, bool, int]:
    return day_of(entry) is None, entry.on or date.max, entry.source == "articles", _ORDER.index(entry.stage)


def _drafted(session: Session, document_id: str) -> Iterator[TimelineEntry]:
    """The first report of every draft that became the document (digests.joining)."""
    reports = (
        select(DraftArticle.draft_id, DraftArticle.quote, Article, StoryArticle.story_id)
        .join(Draft, Draft.id == DraftArticle.draft_id)
        .join(Article, Article.id == DraftArticle.article_id)
        .outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Draft.document_id == document_id, Article.state.in_(SHOWN_STATES))
        .order_by(DraftArticle.position)
    )
    told: dict[int, list[Row[Any]]] = {}
    for row in session.execute(reports.options(load_only(*VIEWED)).limit(_REPORTS)):
        told.setdefault(row.draft_id, []).append(cast("Row[Any]", row))
    for rows in told.values():
        first = view_article(rows[0].Article)
        yield TimelineEntry(
            "drafted",
            published_on(first.dated_at),
            "day",
            "articles",
            title=first.title,
            url=first.url,
            outlet=first.outlet,
            quote=rows[0].quote,
            article_id=first.article_id,
            story_id=rows[0].story_id,
            outlets=len({row.Article.outlet for row in rows}),
            date_known=first.date_known,
        )


def issue_date(document: Document | None) -> tuple[date, Precision] | None:
    """When a document was issued, if a source was seen to say so; the first day of a month or year."""
    if document is None or document.date is None or not document.seen("date"):
        return None
    precision = document.date_precision or "day"
    return date.fromisoformat(f"{document.date}-01-01"[:10]), precision


def _issued(document: Document | None, events: Sequence[Event]) -> Iterator[TimelineEntry]:
    reports = [event for event in events if event.stage == "issued"]
    if known := issue_date(document):
        on, precision = known
        entry = TimelineEntry("issued", on, precision, "catalogue")
        until = _end(on, precision) + _NEWS
        news = [event for event in reports if on <= event.on <= until]
        yield _told_by(entry, news)
        return
    stated = Counter(event.issued_on for event in events if event.issued_on)
    if stated:
        on = min(stated, key=lambda day: (-stated[day], day))
        said = [event for event in reports if on <= event.on <= on + _NEWS]
        said = said or [event for event in events if event.issued_on == on]
        yield _told_by(TimelineEntry("issued", on, "day", "articles"), said)
    elif reports:
        yield _reported(reports[0])


def _told_by(entry: TimelineEntry, reports: Sequence[Event]) -> TimelineEntry:
    """The entry with the first report of it, if there is one."""
    if not reports:
        return entry
    told = replace(_reported(reports[0]), years=None, who=None, date_known=True)
    return replace(told, stage=entry.stage, on=entry.on, precision=entry.precision, source=entry.source)


def _related(document: Document | None, catalogue: Catalogue) -> Iterator[TimelineEntry]:
    """What other documents were seen to do to this one."""
    for relation in document.relations if document else ():
        if relation.kind in DONE_BY and relation.proves:
            on, precision = issue_date(catalogue.get(relation.target)) or (None, "day")
            stage = DONE_BY[relation.kind]
            yield TimelineEntry(stage, on, precision, "catalogue", other=relation.target, date_known=on is not None)


def _reported(event: Event) -> TimelineEntry:
    return TimelineEntry(
        stage=event.stage,
        on=event.on,
        precision="day",
        source="articles",
        years=event.years,
        who=event.who,
        mention_id=event.mention_id,
        article_id=event.article_id,
        story_id=event.story_id,
        outlets=event.outlets,
        date_known=event.date_known,
    )


def _end(on: date, precision: Precision) -> date:
    """The last day that a date of this precision may mean, roughly for a month."""
    return on + timedelta(days={"day": 0, "month": 30, "year": 365}[precision])
