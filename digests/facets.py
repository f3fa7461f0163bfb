"""Which articles of a document a card lists, and how many there are of each kind, from what is charted of it.

`name` is everywhere what DocumentArticle calls `document_id`: an identity, or the citation key of a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.dossier_models import DocumentArticle, DocumentDay
from feeds.positions import first_position, minute_position, moment_of, vietnamese_day

Kind = Literal["year", "place", "outlet", "stage"]
KINDS: tuple[Kind, ...] = ("year", "place", "outlet", "stage")
_COLUMNS: Mapping[Kind, InstrumentedAttribute[str]] = {
    "place": DocumentArticle.place,
    "outlet": DocumentArticle.outlet,
    "stage": DocumentArticle.stage,
}
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


def totals(session: Session, name: str) -> tuple[int, int]:
    """(how many articles cite it or may, how many of them only may)."""
    query = select(func.sum(DocumentDay.articles), func.sum(DocumentDay.unsure))
    articles, unsure = session.execute(query.where(DocumentDay.document_id == name)).one()
    return int(articles or 0), int(unsure or 0)


def facets(session: Session, name: str, kind: Kind, filters: Filters) -> Mapping[str, int]:
    """value -> number of articles that fit the filters, the most first; years the newest first."""
    listed = fitting(name, filters)
    if kind == "year":
        return _years(session, name, filters)
    column, number = _COLUMNS[kind], func.count().label("number")
    query = select(column, number).where(*listed, column != "").group_by(column).order_by(number.desc(), column)
    return {row[0]: row.number for row in session.execute(query)}


def presence(session: Session, name: str, now: datetime) -> Presence | None:
    """How much these articles tell; None where there is none."""
    today = vietnamese_day(minute_position(now))
    sums: list[Any] = []
    for days in (_MONTH.days, _YEAR.days, today):
        for one in (DocumentDay.articles - DocumentDay.unsure, DocumentDay.stories):
            sums.append(func.coalesce(func.sum(case((DocumentDay.day > today - days, one), else_=0)), 0))
    row = session.execute(select(*sums).where(DocumentDay.document_id == name)).one()
    month, year, everything = (Count(int(row[at]), int(row[at + 1])) for at in (0, 2, 4))
    position = DocumentArticle.position
    certain = select(position).where(DocumentArticle.document_id == name, DocumentArticle.is_sure).limit(1)
    first, last = (session.scalar(certain.order_by(end)) for end in (position, position.desc()))
    if first is None or last is None:
        return None
    return Presence(month, year, everything, moment_of(first), moment_of(last))


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
