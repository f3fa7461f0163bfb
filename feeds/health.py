"""How a feed is doing, as its row tells; pure.

A feed *fails* when nothing could be read of it for `FAILING_FOR`, or for `MAX_FAILURES` attempts; what fails for less
*falters*, which every server does now and then. It is *silent* when it answers and has brought nothing new for
`TIMES_RHYTHM` times its usual pause between two new articles. Were articles to come at random, one such pause in e**20
would be of that length; what comes in office hours makes longer ones, so none under `SILENT_FOR` counts: a weekend,
with a holiday before it. Where the pause is not known, `SILENT_UNKNOWN` decides; `SILENT_AT_LAST` is too long for any,
so that a quarterly review is not called dead. A feed that never had an entry at all is told of as soon as one that
fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.models import Feed

FAILING_FOR = timedelta(hours=24)
MAX_FAILURES = 20
SILENT_FOR = timedelta(days=3)
TIMES_RHYTHM = 20
SILENT_UNKNOWN = timedelta(days=14)
SILENT_AT_LAST = timedelta(days=120)


class Health(StrEnum):
    """From worst to best, as lists show them."""

    FAILING = "failing"
    SILENT = "silent"
    FALTERING = "faltering"
    WAITING = "waiting"
    """Not read yet."""
    PAUSED = "paused"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What admins are told of: `kind` is failing or silent, `reason` a short code ("http_403", "dns", "no_entries").

    `since` is the last moment it was known to be well; None where it never was.
    """

    kind: Health
    reason: str
    since: datetime | None


def trouble_of(feed: Feed, now: datetime) -> Trouble | None:
    """What is wrong with a feed for long enough to be told; None for one that is paused.

    A failure counts until the next look is due: while nobody looks, nothing is known of the feed.
    """
    if feed.paused:
        return None
    if feed.failures:
        failing_for = min(now, feed.next_check_at) - (feed.failing_since or now)
        if feed.failures < MAX_FAILURES and failing_for < FAILING_FOR:
            return None
        return Trouble(Health.FAILING, reason_of(feed.last_error), feed.succeeded_at)
    return _silence_of(feed)


def health_of(feed: Feed, now: datetime) -> Health:
    """The state of a feed in one word."""
    if feed.paused:
        return Health.PAUSED
    if trouble := trouble_of(feed, now):
        return trouble.kind
    if feed.failures:
        return Health.FALTERING
    return Health.WELL if feed.checked_at else Health.WAITING


def last_news(feed: Feed) -> datetime | None:
    """When a feed last had something new: the later of its newest date and its last article that was new to us."""
    return max((moment for moment in (feed.newest_item_at, feed.brought_at) if moment), default=None)


def reason_of(error: str | None) -> str:
    """The short code in a feed's `last_error` ("http_403: HTTP 403: https://...")."""
    return (error or "").partition(":")[0].strip()[:40] or "unknown"


def _silence_of(feed: Feed) -> Trouble | None:
    """Silence is judged at the last answer, not now: while nobody asks, nothing new can be seen."""
    asked, news = feed.succeeded_at, last_news(feed)
    if asked is None:
        return None
    if news is None:
        is_empty = feed.followed_at is None or asked - feed.followed_at >= FAILING_FOR
        return Trouble(Health.SILENT, "no_entries", None) if is_empty else None
    return Trouble(Health.SILENT, "nothing_new", news) if asked - news >= _patience(feed.rhythm) else None


def _patience(rhythm: float | None) -> timedelta:
    """How long a feed of that rhythm (seconds) may be silent."""
    if rhythm is None:
        return SILENT_UNKNOWN
    return max(SILENT_FOR, min(timedelta(seconds=rhythm) * TIMES_RHYTHM, SILENT_AT_LAST))
