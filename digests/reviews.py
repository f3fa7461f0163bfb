"""Which reviews of documents fall due: an inference, each with its ground.

Three grounds (data/reviews.toml says where the practice is seen): every five years from the date of issue, the first
review interim and the later ones final; the years that articles write of ("sơ kết 2 năm"), from the date of issue; and
the period that the catalogue's title says a document is for ("giai đoạn 2021 - 2025"), whose end brings a final one. A
date of issue counts only where it was seen. What falls due after a document was seen replaced, concluded or expired is
left out, with the reason. A review that articles report is held, with its first report.
"""

import calendar
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.orm import Session

from digests.happenings import Event, Review, events_of_reviews, reviews_of
from digests.templates import macros
from digests.timeline import Precision, issue_date
from feeds.documents import Catalogue, Document, load_catalogue

DATA = Path(__file__).with_name("data") / "reviews.toml"

Stage = Literal["interim_review", "final_review"]
Ground = Literal["every_five_years", "stated_years", "stated_period"]
Reason = Literal["replaced", "concluded", "expired"]

_PERIOD = re.compile(r"giai đoạn\s+((?:19|20)\d\d)\s*[-–—]\s*((?:19|20)\d\d)(?!\d)")
_STATUS: dict[str, Reason] = {"replaced": "replaced", "expired": "expired"}
_RELATIONS: dict[str, Reason] = {"replaced_by": "replaced", "concluded_by": "concluded"}


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A review that falls due; always inferred: no source announces it.

    `on` is known to `precision`: the first day of that month or year. `ground`: every_five_years, stated_years or
    stated_period; of the last `period` is its first and last year. `reported` is the first report that it was held,
    None if none is seen; `places` are the names of those who held it.
    """

    document_id: str
    stage: Stage
    years: int
    on: date
    precision: Precision
    ground: Ground
    issued_on: date
    period: tuple[int, int] | None = None
    reported: Event | None = None
    places: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether an article was seen to report it."""
        return self.reported is not None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document of which no review is expected any more: why, and by which document since when, if that is known."""

    document_id: str
    reason: Reason
    by: str | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class ReviewCalendar:
    """The reviews of a month or year, earliest first, and the documents left out that would have had one."""

    due: tuple[ReviewDue, ...]
    left_out: tuple[LeftOut, ...]


def reviews_due(
    session: Session,
    year: int | None,
    month: int | None = None,
    documents: Sequence[str] | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> ReviewCalendar:
    """The reviews that fall due in a year, or in a month of it, of all catalogued documents or of those of these ids;
    without a year, in all of them.

    What is known to the year only is in the calendar of the year and in that of none of its months. ValueError for a
    month that is none.
    """
    if month is not None and not 1 <= month <= 12:
        raise ValueError(f"no such month: {month}")
    known = catalogue or load_catalogue()
    chosen = known.documents if documents is None else [d for d in map(known.get, documents) if d]
    reviewed = {document.id: document for document in chosen if _is_reviewed(document)}
    reports: dict[str, list[Review]] = {}
    for review in reviews_of(session, list(reviewed), year):
        reports.setdefault(review.document_id, []).append(review)
    due: list[tuple[ReviewDue, Review | None]] = []
    left_out: dict[str, LeftOut] = {}
    for document in reviewed.values():
        ended = _ended(document, known)
        for one, held in _reviews(document, reports.get(document.id, ())):
            if not _falls(one, year, month):
                continue
            if ended and held is None and (ended.since is None or ended.since <= one.on):
                left_out[document.id] = ended
            else:
                due.append((one, held))
    events = events_of_reviews(session, (held for _, held in due if held))
    told = [replace(one, reported=events[held] if held else None) for one, held in due]
    return ReviewCalendar(
        tuple(sorted(told, key=lambda one: (one.on, one.document_id, one.years))),
        tuple(left_out[document_id] for document_id in sorted(left_out)),
    )


def ground_of(due: ReviewDue, language: str) -> str:
    """The ground of a review in words, which say that it is inferred."""
    words = macros("life_words.html", language)
    if due.period:
        return str(words.stated_period(*due.period))
    day = due.issued_on.strftime({"day": "%d/%m/%Y", "month": "%m/%Y", "year": "%Y"}[due.precision])
    return str(getattr(words, due.ground)(due.years, day))


def _is_reviewed(document: Document) -> bool:
    return document.type in _rules()["types"] and document.status != "draft"


def _reviews(document: Document, reports: Sequence[Review]) -> Iterator[tuple[ReviewDue, Review | None]]:
    """All reviews of a document, each with the first report that it was held; of a stage and number of years one, that
    of the first ground."""
    known = issue_date(document)
    if known is None:
        return
    issued, precision = known
    seen: set[tuple[str, int]] = set()
    for one in chain(_by_period(document, issued), _by_years(document, issued, precision, reports)):
        if (one.stage, one.years) not in seen:
            seen.add((one.stage, one.years))
            held = [review for review in reports if _holds(review, one)]
            places = dict.fromkeys(review.named for review in held if review.named)
            yield replace(one, places=tuple(places)), held[0] if held else None


def _by_period(document: Document, issued: date) -> Iterator[ReviewDue]:
    period = _PERIOD.search(document.title or "") if document.seen("title") else None
    if period and issued.year <= int(period[2]):
        first, last = int(period[1]), int(period[2])
        yield ReviewDue(
            document_id=document.id,
            stage="final_review",
            years=last - first + 1,
            on=date(last, 1, 1),
            precision="year",
            ground="stated_period",
            issued_on=issued,
            period=(first, last),
        )


def _by_years(document: Document, issued: date, precision: Precision, reports: Iterable[Review]) -> Iterator[ReviewDue]:
    every, until = _rules()["every"], _rules()["until"]
    regular: list[tuple[Stage, int, Ground]] = [
        ("interim_review" if years == every else "final_review", years, "every_five_years")
        for years in range(every, until + 1, every)
    ]
    stated: list[tuple[Stage, int, Ground]] = [
        ("interim_review" if review.stage == "interim_review" else "final_review", review.years, "stated_years")
        for review in reports
        if review.years and review.years <= until
    ]
    for stage, years, ground in regular + stated:
        yield ReviewDue(document.id, stage, years, _after(issued, years), precision, ground, issued)


def _holds(review: Review, due: ReviewDue) -> bool:
    """Whether this one is reported: by its years, or where a report says none by its date."""
    if review.stage != due.stage:
        return False
    if review.years is not None:
        return review.years == due.years
    months = abs((review.on.year - due.on.year) * 12 + review.on.month - due.on.month)
    around: int = _rules()["around"]
    return months <= around


def _ended(document: Document, catalogue: Catalogue) -> LeftOut | None:
    """Why no review is expected any more, if that was seen."""
    for relation in document.relations:
        if relation.kind in _RELATIONS and relation.proves:
            since = issue_date(catalogue.get(relation.target))
            return LeftOut(document.id, _RELATIONS[relation.kind], relation.target, since and since[0])
    if document.status in _STATUS and document.seen("status"):
        return LeftOut(document.id, _STATUS[document.status])
    return None


def _falls(due: ReviewDue, year: int | None, month: int | None) -> bool:
    if year is None:
        return True
    return due.on.year == year and (month is None or (due.precision != "year" and due.on.month == month))


def _after(day: date, years: int) -> date:
    """The same day some years later; 29 February falls on the 28th where there is none."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text("utf-8"))
