"""Where an article stands in every list: its published minute, then a sequence within it (DESIGN.md)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Integer, func, literal, select
from sqlalchemy.orm import Session

from feeds.models import Article

_DAY = 24 * 60
_EPOCH = date(1970, 1, 1).toordinal()
_VIETNAM_AHEAD = 7 * 60  # minutes; Vietnam keeps no summer time
_SEQUENCE_BITS = 20  # articles within one minute; 2**20 leaves room for any import


def minute_position(moment: datetime) -> int:
    """The first position of the minute of `moment`."""
    return (int(moment.timestamp()) // 60) << _SEQUENCE_BITS


def moment_of(position: int) -> datetime:
    """The minute of a position."""
    return datetime.fromtimestamp((position >> _SEQUENCE_BITS) * 60, UTC)


def vietnamese_day(position: int) -> int:
    """The day in Vietnam, as `date.toordinal`, of a position."""
    return ((position >> _SEQUENCE_BITS) + _VIETNAM_AHEAD) // _DAY + _EPOCH


def first_position(day: int) -> int:
    """The first position of a day in Vietnam, which is as `date.toordinal`."""
    return ((day - _EPOCH) * _DAY - _VIETNAM_AHEAD) << _SEQUENCE_BITS


def next_position(session: Session, moment: datetime) -> int:
    """The next free position within the minute of `moment`."""
    return next_positions(session, [moment])[0]


def next_positions(session: Session, moments: Sequence[datetime]) -> Sequence[int]:
    """For each moment a position of its own within its minute, behind those that are taken."""
    firsts = [minute_position(moment) for moment in moments]
    # PostgreSQL shifts by an integer only, and a number takes the type of what it stands beside.
    minute = Article.position.bitwise_rshift(literal(_SEQUENCE_BITS, Integer))
    free = {first: first for first in firsts}
    for first, last in _spans(sorted(free)):
        inside = Article.position.between(first, last + (1 << _SEQUENCE_BITS) - 1)
        for taken in session.scalars(select(func.max(Article.position)).where(inside).group_by(minute)):
            free[taken >> _SEQUENCE_BITS << _SEQUENCE_BITS] = taken + 1
    positions = []
    for first in firsts:
        positions.append(free[first])
        free[first] += 1
    return positions


def _spans(firsts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of those that lie within a day of each other: between them little else is stored."""
    day = (24 * 60) << _SEQUENCE_BITS
    start = 0
    for end in range(1, len(firsts) + 1):
        if end == len(firsts) or firsts[end] - firsts[end - 1] > day:
            yield firsts[start], firsts[end - 1]
            start = end
