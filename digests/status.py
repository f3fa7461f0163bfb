"""How the bot itself is doing, as a value."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digests.canary import Canary, canary_of
from feeds.following import ReadingProgress, reading_progress
from feeds.models import Feed


@dataclass(frozen=True, slots=True)
class FailingFeed:
    outlet: str
    since: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """Reading progress, last check, the last day against those before, feeds that fail now."""

    progress: ReadingProgress
    checked_at: datetime | None
    canary: Canary
    failing: tuple[FailingFeed, ...]


def status_view(session: Session, now: datetime) -> StatusView:
    failing = session.execute(
        select(Feed.outlet, Feed.succeeded_at, Feed.last_error)
        .where(Feed.enabled, Feed.failures > 0)
        .order_by(Feed.failures.desc(), Feed.outlet)
    )
    return StatusView(
        progress=reading_progress(session),
        checked_at=session.scalar(select(func.max(Feed.checked_at)).where(Feed.enabled)),
        canary=canary_of(session, now),
        failing=tuple(FailingFeed(outlet, since, (error or "")[:120]) for outlet, since, error in failing),
    )
