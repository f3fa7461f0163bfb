"""How the bot itself is doing, as a value."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digests.canary import Canary, canary_of
from feeds.following import ReadingProgress, all_feeds, reading_progress
from feeds.health import Health, reason_of, trouble_of
from feeds.models import Feed


@dataclass(frozen=True, slots=True)
class TroubledFeed:
    """A feed that fails or is silent, when it was last well, and why: a short code, and the error in full."""

    outlet: str
    since: datetime | None
    reason: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """Reading progress, last check, the last day against those before, feeds that fail now or are silent."""

    progress: ReadingProgress
    checked_at: datetime | None
    canary: Canary
    failing: tuple[TroubledFeed, ...]
    silent: tuple[TroubledFeed, ...]


def status_view(session: Session, now: datetime) -> StatusView:
    feeds = [feed for feed in all_feeds(session) if not feed.paused]
    failing = sorted((feed for feed in feeds if feed.failures), key=lambda feed: -feed.failures)
    troubles = [(feed, trouble_of(feed, now)) for feed in feeds]
    return StatusView(
        progress=reading_progress(session),
        checked_at=session.scalar(select(func.max(Feed.checked_at)).where(Feed.enabled)),
        canary=canary_of(session, now),
        failing=tuple(
            TroubledFeed(feed.outlet, feed.succeeded_at, reason_of(feed.last_error), (feed.last_error or "")[:120])
            for feed in failing
        ),
        silent=tuple(
            TroubledFeed(feed.outlet, trouble.since, trouble.reason)
            for feed, trouble in troubles
            if trouble and trouble.kind is Health.SILENT
        ),
    )
