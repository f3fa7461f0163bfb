"""The canary: a day on which an unusual share of the articles is kept, or none is read, tells that something broke.

The usual share is the median of the days before. A day leaves its band when it is further from it than the largest
of: `SPREAD` robust standard deviations of those days (by their median absolute deviation), as many of chance alone
for so many articles, and a third of the usual share. Days with few articles tell nothing.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digests.admins import Told, claim_chore, is_due, postpone, tell_admins
from digests.messages import Message
from digests.schedule import Rule, next_due
from digests.sending import Sender
from digests.templates import render
from feeds.database import Database
from feeds.following import reading_progress
from feeds.models import Article
from feeds.store import reading_since

log = structlog.get_logger()

DAY = timedelta(days=1)
PAST_DAYS = 28
LEAST_DAYS = 7
LEAST_READ = 100  # articles a day
SPREAD = 4.0
_MAD_TO_DEVIATION = 1.4826
_LOOK_AT = 6 * 60  # minutes after midnight: before most digests go out
_CHORE = "canary"
_AGAIN = timedelta(minutes=15)  # when no admin could be reached


class State(StrEnum):
    """How the last day compares with its past."""

    USUAL = "usual"
    FEW = "few"
    MANY = "many"
    NOTHING = "nothing"
    """Nothing at all was read."""
    OPEN = "open"
    """Too few articles or days to tell."""


@dataclass(frozen=True, slots=True)
class Day:
    """Articles read in 24 hours, and those kept."""

    read: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True)
class Canary:
    """The last day against its past; the band runs from `low` to `high`, where it is known."""

    state: State
    day: Day
    low: float = 0.0
    high: float = 1.0

    @property
    def is_alarm(self) -> bool:
        return self.state in (State.FEW, State.MANY, State.NOTHING)


def compare(day: Day, past: Sequence[Day]) -> Canary:
    """`day` against the days before it; pure."""
    shares = [one.share for one in past if one.read >= LEAST_READ]
    if day.read < LEAST_READ or len(shares) < LEAST_DAYS:
        return Canary(State.OPEN, day)
    usual = median(shares)
    deviation = _MAD_TO_DEVIATION * median(abs(share - usual) for share in shares)
    chance = math.sqrt(usual * (1 - usual) / day.read)
    width = max(SPREAD * deviation, SPREAD * chance, usual / 3)
    low, high = max(0.0, usual - width), min(1.0, usual + width)
    state = State.FEW if day.share < low else State.MANY if day.share > high else State.USUAL
    return Canary(state, day, low, high)


def canary_of(session: Session, now: datetime) -> Canary:
    """The last 24 hours against the `PAST_DAYS` before them."""
    day = _day(session, now)
    if day.read == 0 and _should_read(session, now):
        return Canary(State.NOTHING, day)
    return compare(day, [_day(session, now - back * DAY) for back in range(1, PAST_DAYS + 1)])


async def warn_admins(
    database: Database, sender: Sender, clock: Callable[[], datetime], admins: Sequence[int], zone: ZoneInfo
) -> bool:
    """Once a day, one process looks at the canary and tells the admins (chat ids) of an alarm; whether it did.

    Where none of them can be reached for the moment, it looks again a little later.
    """
    canary = await asyncio.to_thread(_claim, database, clock(), zone)
    if canary is None or not canary.is_alarm:
        return False
    log.warning("an unusual day", state=str(canary.state), read=canary.day.read, kept=canary.day.kept)

    def alarm(language: str) -> Message:
        return Message(render("canary_alarm.html", language, canary=canary))

    told = await tell_admins(database, sender, admins, alarm)
    if told is Told.NOT_NOW:
        await asyncio.to_thread(postpone, database, _CHORE, clock() + _AGAIN)
    return told is Told.YES


def _claim(database: Database, now: datetime, zone: ZoneInfo) -> Canary | None:
    """The canary once a day; None when it is not time. The first time is a day after the start."""
    if not is_due(database, _CHORE, now):
        return None
    with database.session() as session:
        daily = Rule(zone, (_LOOK_AT,))
        first, following = next_due(daily, now + DAY), next_due(daily, now)
        if not claim_chore(session, _CHORE, now, following, first_due=first):
            return None
        return canary_of(session, now)


def _should_read(session: Session, now: datetime) -> bool:
    """Whether a day without any article is strange: not while the feeds are read for the first time."""
    since = reading_since(session)
    if since is not None:
        return since <= now - DAY
    progress = reading_progress(session)
    return progress.total > 0 and progress.is_complete


def _day(session: Session, end: datetime) -> Day:
    inside = (Article.first_seen_at > end - DAY, Article.first_seen_at <= end)
    count = select(func.count()).select_from(Article).where(Article.origin == "poll", *inside)
    return Day(session.scalar(count) or 0, session.scalar(count.where(Article.state == "kept")) or 0)
