"""How the bot itself is doing, as a value."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.following import ReadingProgress, reading_progress
from feeds.models import Article, Feed


@dataclass(frozen=True, slots=True)
class FailingFeed:
    outlet: str
    since: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """Reading progress, last check, articles of the last day, feeds that fail now."""

    progress: ReadingProgress
    checked_at: datetime | None
    read: int
    kept: int
    failing: tuple[FailingFeed, ...]


def status_view(session: Session, now: datetime) -> StatusView:
    day = (Article.origin == "poll", Article.first_seen_at > now - timedelta(hours=24))
    count = select(func.count()).select_from(Article).where(*day)
    failing = session.execute(
        select(Feed.outlet, Feed.succeeded_at, Feed.last_error)
        .where(Feed.enabled, Feed.failures > 0)
        .order_by(Feed.failures.desc(), Feed.outlet)
    )
    return StatusView(
        progress=reading_progress(session),
        checked_at=session.scalar(select(func.max(Feed.checked_at)).where(Feed.enabled)),
        read=session.scalar(count) or 0,
        kept=session.scalar(count.where(Article.state == "kept")) or 0,
        failing=tuple(FailingFeed(outlet, since, (error or "")[:120]) for outlet, since, error in failing),
    )
