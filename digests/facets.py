"""Which articles of a document a card lists, and how many there are of each kind, from what is charted of it.

`name` is everywhere what DocumentArticle calls `document_id`: an identity, or the citation key of a number.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, Row, bindparam, false, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.chart import WAITING
from digests.dossier_models import DocumentArticle, DocumentDay, DocumentTotal
from feeds.database import chunks
from feeds.positions import first_position, minute_position, moment_of, vietnamese_day

Kind = Literal["year", "place", "outlet", "stage"]
KINDS: tuple[Kind, ...] = ("year", "place", "outlet", "stage")
_COLUMNS: Mapping[Kind, InstrumentedAttribute[str]] = {
    "place": DocumentArticle.place,
    "outlet": DocumentArticle.outlet,
    "stage": DocumentArticle.stage,
}
_FRESH = 1_000  # articles that wait for being charted between two rounds
_MONTH, _YEAR = timedelta(days=30), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the listed articles have in common, each None where it does not matter.

    `year` is that of their date in Vietnam, `place` the province that is shown with them.
    """

    year: str | None = None
    place: str | None = None
    outlet: str | None = None
    stage: str | None = None

    @property
    def chosen(self) -> Mapping[Kind, str]:
        """Those that matter."""
        return {kind: value for kind in KINDS if (value := getattr(self, kind)) is not None}


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Count:
    """How many articles there are, and how many stories begin with them."""

    articles: int
    stories: int


@dataclass(frozen=True, slots=True)
class Presence:
    """How much is told of a document: in the last 30 and 365 days, in Vietnam, and in all, of which the first and the
    last article are dated so. Of one identity only articles count that certainly mean it."""

    month: Count
    year: Count
    all: Count
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many articles cite a document or may, and how many of them only may; `presence` where it was asked for and
    some certainly do. If `is_cut`, more wait for being charted than come between two rounds."""

    articles: int
    unsure: int
    is_cut: bool
    presence: Presence | None = None


def fitting(name: str, filters: Filters) -> Sequence[ColumnElement[bool]]:
    """What is true of the listed articles."""
    found: list[ColumnElement[bool]] = [DocumentArticle.document_id == name]
    for kind, value in filters.chosen.items():
        if kind != "year":
            found.append(_COLUMNS[kind] == value)
        elif value.isdecimal() and 1 <= int(value) < MAXYEAR:
            first, end = (_first_of_year(int(value) + more) for more in (0, 1))
            found += [DocumentArticle.position >= first, DocumentArticle.position < end]
        else:
            found.append(false())
    return found


def counted(session: Session, name: str, filters: Filters) -> int:
    """How many articles are listed."""
    return session.scalar(select(func.count()).select_from(DocumentArticle).where(*fitting(name, filters))) or 0


def told_since(now: datetime | None) -> Mapping[str, int]:
    """The values of what `TALLY` leaves open beside the name."""
    today = vietnamese_day(minute_position(now)) if now else date.max.toordinal()  # sums of no day
    return {"more_than": _FRESH, "month": today - _MONTH.days, "year": today - _YEAR.days}


def read_tally(row: Row[Any], now: datetime | None) -> Tally:
    """What a row of `TALLY` says; without `now` there is no presence."""
    articles, unsure = int(row.articles or 0), int(row.unsure or 0)
    presence = None
    # An older release beside this one writes no sums: they may not fit the articles until the next recount.
    if now is not None and articles > unsure and row.first_certain is not None:
        presence = Presence(
            month=Count(int(row.month_certain or 0), int(row.month_stories or 0)),
            year=Count(int(row.year_certain or 0), int(row.year_stories or 0)),
            all=Count(articles - unsure, int(row.stories)),
            first_at=moment_of(row.first_certain),
            last_at=moment_of(row.last_certain),
        )
    return Tally(articles, unsure, row.waiting is not None, presence)


def numbers_of_articles(session: Session, names: Collection[str]) -> Mapping[str, int]:
    """name -> how many articles cite it or may, of those that some do."""
    query = select(DocumentTotal.document_id, DocumentTotal.articles)
    rows = (row for some in chunks(names) for row in session.execute(query.where(DocumentTotal.document_id.in_(some))))
    return {row.document_id: row.articles for row in rows}


def _since(span: Literal["month", "year"]) -> FromClause:
    """Articles that certainly cite `:name`, and stories, of the days after `:span`."""
    certain = func.sum(DocumentDay.articles - DocumentDay.unsure).label(f"{span}_certain")
    query = select(certain, func.sum(DocumentDay.stories).label(f"{span}_stories"))
    return query.where(DocumentDay.document_id == bindparam("name"), DocumentDay.day > bindparam(span)).subquery()


def _certain(end: ColumnElement[int]) -> ColumnElement[int]:
    """The position of the first article in this order that certainly cites `:name`."""
    listed = select(DocumentArticle.position).where(DocumentArticle.document_id == bindparam("name"))
    return listed.where(DocumentArticle.is_sure).order_by(end).limit(1).scalar_subquery()


_SUMS = (
    func.sum(column).label(column.key)
    for column in (DocumentTotal.articles, DocumentTotal.unsure, DocumentTotal.stories)
)
_EVERY = select(*_SUMS).where(DocumentTotal.document_id == bindparam("name")).subquery()  # sums: one row, also of none
# Each span is read by itself: telling them apart row by row takes thrice the time.
_YEAR_SUMS, _MONTH_SUMS = _since("year"), _since("month")
TALLY = (
    select(*_EVERY.c, *_YEAR_SUMS.c, *_MONTH_SUMS.c)
    .add_columns(
        _certain(DocumentArticle.position.asc()).label("first_certain"),
        _certain(DocumentArticle.position.desc()).label("last_certain"),
        WAITING.scalar_subquery().label("waiting"),
    )
    .select_from(_EVERY.join(_YEAR_SUMS, true()).join(_MONTH_SUMS, true()))
)
"""One row: what is told of the document `:name`, see `told_since` and `read_tally`."""


def facets(session: Session, name: str, kind: Kind, filters: Filters) -> Mapping[str, int]:
    """value -> number of articles that fit the filters, the most first; years the newest first."""
    listed = fitting(name, filters)
    if kind == "year":
        return _years(session, name, filters)
    column, number = _COLUMNS[kind], func.count().label("number")
    query = select(column, number).where(*listed, column != "").group_by(column).order_by(number.desc(), column)
    return {row[0]: row.number for row in session.execute(query)}


def _years(session: Session, name: str, filters: Filters) -> Mapping[str, int]:
    newest = select(func.max(DocumentArticle.position)).where(*fitting(name, filters))
    found: dict[str, int] = {}
    last = session.scalar(newest)
    while last is not None:
        year = date.fromordinal(vietnamese_day(last)).year
        found[str(year)] = counted(session, name, replace(filters, year=str(year)))
        last = session.scalar(newest.where(DocumentArticle.position < _first_of_year(year)))
    return found


def _first_of_year(year: int) -> int:
    return first_position(date(year, 1, 1).toordinal())
