"""Tells admins of feeds that fail or are silent: once per outage, and once when they are well again.

::

    every `EVERY`, one process --claim--> what is new since the last time --> one message --> Feed.reported

`Feed.reported` remembers what was told. It is written after the message went out: a crash in between tells twice,
never not at all; so does a time in which no admin can be reached, since it is tried again. After a message there is
none for `QUIET`: what happens meanwhile comes together in the next. Where nearly all hosts fail at once it is likely
our own network, and no list of them is sent.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from digests.admins import Told, claim_chore, is_due, postpone, tell_admins
from digests.messages import Message
from digests.sending import Sender
from digests.templates import render
from feeds.database import Database
from feeds.following import all_feeds
from feeds.health import Health, health_of, reason_of, trouble_of
from feeds.models import Feed

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
QUIET = timedelta(hours=6)  # after a message, and when no admin takes any
MOST_NAMED = 10  # in one message
OUTAGE = 0.9  # of the hosts that were asked
_LEAST_HOSTS = 10  # fewer may fail together by chance
_CHORE = "feeds"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an alert: a feed, or where `feeds` is more than one, all that are followed of a host."""

    name: str
    feeds: int
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Outage:
    """Of `asked` feeds `failing` could not be read the last time, most of them for `reason`."""

    failing: int
    asked: int
    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """What was not told yet; `reported` is what to remember of each feed, by its id, once it is.

    An `outage` stands alone.
    """

    failing: Sequence[Line] = ()
    silent: Sequence[Line] = ()
    well: Sequence[Line] = ()
    outage: Outage | None = None
    reported: Mapping[int, str | None] = field(default_factory=dict)


def alert_of(feeds: Sequence[Feed], now: datetime) -> Alert:
    """What has changed with these feeds, all that are followed, since admins were told; pure."""
    changed: dict[Health, list[Feed]] = defaultdict(list)
    for feed in feeds:
        health = health_of(feed, now)
        is_news = health in (Health.FAILING, Health.SILENT) and feed.reported != health
        if is_news or (health is Health.WELL and feed.reported):
            changed[health].append(feed)
    if changed[Health.FAILING] and (outage := _outage(feeds)):
        return outage
    return Alert(
        failing=_lines(changed[Health.FAILING], feeds, now),
        silent=_lines(changed[Health.SILENT], feeds, now),
        well=_lines(changed[Health.WELL], feeds, now),
        reported={feed.id: None if health is Health.WELL else health for health in changed for feed in changed[health]},
    )


def _outage(feeds: Sequence[Feed]) -> Alert | None:
    """Where nearly all hosts fail and most were not told of, also those that fail for a short time only."""
    asked = [feed for feed in feeds if feed.checked_at and not feed.paused]
    failing = [feed for feed in asked if feed.failures]
    hosts, working = ({feed.host for feed in some} for some in (asked, (feed for feed in asked if not feed.failures)))
    told = sum(feed.reported == Health.FAILING for feed in failing)
    if len(hosts) < _LEAST_HOSTS or len(working) > (1 - OUTAGE) * len(hosts) or 2 * told >= len(failing):
        return None
    ((reason, _),) = Counter(reason_of(feed.last_error) for feed in failing).most_common(1)
    return Alert(
        outage=Outage(len(failing), len(asked), reason), reported={feed.id: Health.FAILING.value for feed in failing}
    )


async def tell_of_feeds(
    database: Database, sender: Sender, clock: Callable[[], datetime], admins: Sequence[int], timezone: str
) -> bool:
    """Tells the admins (chat ids) what is new of the feeds' health; whether they were. Without admins the log has it.

    Where none of them can be reached, the same is told at the next look.
    """
    alert = await asyncio.to_thread(_claim, database, clock())
    if alert is None or not alert.reported:
        return False
    for state, lines in (("failing", alert.failing), ("silent", alert.silent), ("well again", alert.well)):
        if lines:
            log.warning(f"feeds {state}", feeds=[f"{line.name}: {line.reason}" for line in lines[:MOST_NAMED]])
    if outage := alert.outage:
        log.warning("nearly all feeds fail", failing=outage.failing, asked=outage.asked, reason=outage.reason)

    def message(language: str) -> Message:
        html = render("feed_alert.html", language, alert=alert, most=MOST_NAMED, timezone=timezone)
        return Message(html, (((render("feeds_button.html", language), "feeds"),),))

    told = await tell_admins(database, sender, admins, message)
    if told is Told.YES or not admins:
        await asyncio.to_thread(_remember, database, alert.reported)
    if told is not Told.NOT_NOW:
        await asyncio.to_thread(postpone, database, _CHORE, clock() + QUIET)
    return told is Told.YES


def _claim(database: Database, now: datetime) -> Alert | None:
    if not is_due(database, _CHORE, now):
        return None
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + EVERY, first_due=now):
            return None
    with database.reading() as session:
        return alert_of(all_feeds(session), now)


def _remember(database: Database, reported: Mapping[int, str | None]) -> None:
    with database.session() as session:
        for feed in _feeds(session, reported):
            feed.reported = reported[feed.id]


def _feeds(session: Session, ids: Iterable[int]) -> Iterable[Feed]:
    return filter(None, (session.get(Feed, feed_id) for feed_id in ids))  # one may be gone by now


def _lines(changed: Iterable[Feed], feeds: Sequence[Feed], now: datetime) -> Sequence[Line]:
    """A line for each feed; one for all of a host that are followed, where they share their state."""
    by_host: dict[str, list[Feed]] = defaultdict(list)
    for feed in changed:
        by_host[feed.host].append(feed)
    lines = []
    for host, some in by_host.items():
        state = health_of(some[0], now)
        is_whole = len(some) > 1 and all(health_of(feed, now) is state for feed in feeds if feed.host == host)
        lines += [_line(host, some, now)] if is_whole else [_line(_name(feed), [feed], now) for feed in some]
    return lines


def _line(name: str, feeds: Sequence[Feed], now: datetime) -> Line:
    troubles = [trouble for feed in feeds if (trouble := trouble_of(feed, now))]
    reason, _ = Counter(trouble.reason for trouble in troubles).most_common(1)[0] if troubles else ("well", 0)
    since = max((trouble.since for trouble in troubles if trouble.since), default=None)
    return Line(name, len(feeds), reason, since)


def _name(feed: Feed) -> str:
    return f"{feed.outlet} ({feed.section})" if feed.section else feed.outlet
