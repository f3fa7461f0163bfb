"""What looks at feeds gave, written down: articles, refused entries, the state of each feed and host.

Several outcomes go into one transaction: a round of a thousand unchanged feeds is a few statements.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from feeds.fetch import Fetched
from feeds.intake import Intake
from feeds.models import Article, Feed, Host, RefusedEntry
from feeds.rhythm import first_rhythm, next_check, next_rhythm, rest_of_host
from feeds.store import Saved, save_articles, take_turn

MAX_REFUSED = 100  # entries remembered of each feed
# A permanent redirect is taken back when its goal fails so often.
_MOVED_IN_VAIN = 3
# Failures that say something of the whole host.
_HOST_REASONS = frozenset({"dns", "connect", "tls", "timeout", "http_429", "http_503"})


@dataclass(slots=True)
class Outcome:
    """What one look at a feed gave.

    `error` is "reason: message"; without one, `intake` is None where nothing changed.
    """

    feed: Feed
    at: datetime
    fetched: Fetched | None = None
    body_hash: str | None = None
    intake: Intake | None = None
    error: str | None = None
    retry_after: float | None = None
    saved: Saved | None = None

    @property
    def reason(self) -> str:
        return (self.error or "").partition(":")[0]


def record(session: Session, outcomes: Sequence[Outcome], shortest: timedelta) -> Collection[str]:
    """Writes down `outcomes`, each of another feed; returns the hosts that rest from now on.

    `shortest` is the least time between two looks at a feed.
    """
    take_turn(session)
    feeds = session.scalars(select(Feed).where(Feed.id.in_([outcome.feed.id for outcome in outcomes])))
    stored = {feed.id: feed for feed in feeds}
    for outcome in outcomes:
        if outcome.intake and outcome.feed.id in stored:  # not dropped meanwhile
            _record_intake(session, outcome, outcome.intake)
    rests = _record_hosts(session, outcomes)
    for outcome in outcomes:
        if feed := stored.get(outcome.feed.id):
            _record_state(feed, outcome, shortest, rests.get(feed.host))
    return rests


def _record_intake(session: Session, outcome: Outcome, intake: Intake) -> None:
    outcome.saved = save_articles(session, intake.found, outcome.at)
    for identity, entry_hash in intake.hashes.items():
        session.execute(update(Article).where(Article.identity == identity).values(entry_hash=entry_hash))
    if intake.refused:
        _record_refused(session, outcome, intake.refused)


def _record_refused(session: Session, outcome: Outcome, refused: Iterable[tuple[str, str, str]]) -> None:
    feed_id = outcome.feed.id
    for identity, title, reason in list(refused)[:MAX_REFUSED]:
        session.merge(RefusedEntry(feed_id=feed_id, identity=identity, title=title, reason=reason, seen_at=outcome.at))
    session.flush()
    kept = select(RefusedEntry.identity).where(RefusedEntry.feed_id == feed_id)
    kept = kept.order_by(RefusedEntry.seen_at.desc(), RefusedEntry.identity).limit(MAX_REFUSED)
    session.execute(
        delete(RefusedEntry).where(RefusedEntry.feed_id == feed_id, RefusedEntry.identity.not_in(kept)),
        execution_options={"synchronize_session": False},
    )


def _record_hosts(session: Session, outcomes: Sequence[Outcome]) -> dict[str, datetime]:
    """Counts the failures of hosts in a row; until when those rest that rest now."""
    hosts = {host.name: host for host in session.scalars(select(Host))}
    rests: dict[str, datetime] = {}
    for outcome in outcomes:
        name = outcome.feed.host
        if outcome.reason not in _HOST_REASONS:
            if name in hosts:  # it answers
                hosts[name].failures, hosts[name].rests_until = 0, None
            continue
        if name not in hosts:
            hosts[name] = Host(name=name)
            session.add(hosts[name])
        host = hosts[name]
        host.failures += 1
        if rest := rest_of_host(host.failures, outcome.retry_after):
            host.rests_until = rests[name] = outcome.at + rest
    return rests


def _record_state(feed: Feed, outcome: Outcome, shortest: timedelta, rests_until: datetime | None) -> None:
    now, fetched, intake = outcome.at, outcome.fetched, outcome.intake
    feed.checked_at, feed.claimed_until = now, None
    feed.last_error = outcome.error
    if outcome.error:
        feed.failures += 1
        feed.failing_since = feed.failing_since or now
        if feed.moved_to and feed.failures >= _MOVED_IN_VAIN:
            feed.moved_to = feed.etag = feed.last_modified = None
    elif fetched:
        feed.failures, feed.failing_since, feed.succeeded_at = 0, None, now
        if intake:
            _record_rhythm(feed, intake, now)
        if fetched.permanent_redirect:
            feed.moved_to = fetched.permanent_redirect
        if fetched.status != 304:
            feed.etag, feed.last_modified, feed.body_hash = fetched.etag, fetched.last_modified, outcome.body_hash
    silence = now - feed.brought_at if feed.brought_at else timedelta(0)
    feed.next_check_at = next_check(
        now,
        rhythm=feed.rhythm,
        silence=max(silence, timedelta(0)),
        shortest=shortest,
        fresh_for=fetched.fresh_for if fetched else 0.0,
        failures=feed.failures,
        retry_after=outcome.retry_after,
        is_gone=outcome.reason == "gone",
    )
    if rests_until and feed.next_check_at < rests_until:
        feed.next_check_at = rests_until


def _record_rhythm(feed: Feed, intake: Intake, now: datetime) -> None:
    if intake.dates:
        feed.newest_item_at = max([*intake.dates, *([feed.newest_item_at] if feed.newest_item_at else [])])
    dates = [date for date in intake.dates if date <= now]
    new = len(intake.found) - len(intake.edited)
    if feed.brought_at is None:
        if new:
            feed.rhythm, feed.brought_at = first_rhythm(dates, now), max(dates, default=now)
    elif new:
        feed.rhythm, feed.brought_at = next_rhythm(feed.rhythm, now - feed.brought_at, new), now
