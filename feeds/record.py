"""What looks at feeds gave, written down: articles, refused entries, the state of each feed and host.

Several outcomes go into one transaction, and the state of their feeds into one statement: a round of a thousand
unchanged feeds costs little more than asking them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from feeds.fetch import Fetched
from feeds.intake import Intake
from feeds.models import Article, Base, Feed, Host, RefusedEntry
from feeds.rhythm import first_rhythm, next_check, next_rhythm, rest_of_host
from feeds.store import Saved, save_articles, take_turn

MAX_REFUSED = 100  # entries remembered of each feed
# A permanent redirect is taken back when its goal fails so often.
_MOVED_IN_VAIN = 3
# Failures that say something of the whole host.
_HOST_REASONS = frozenset({"dns", "connect", "tls", "timeout", "http_429", "http_503"})
# Failures that say nothing of it.
_OWN_REASONS = frozenset({"internal", "robots", "blocked_address", "bad_url", "offline"})


@dataclass(slots=True)
class Outcome:
    """What one look at a feed gave.

    `feed` is its row as it was claimed; `error` is "reason: message"; without one, `intake` is None where nothing
    changed. `fetched` comes without its body; `is_large` had a large one.
    """

    feed: Feed
    at: datetime
    fetched: Fetched | None = None
    body_hash: str | None = None
    intake: Intake | None = None
    error: str | None = None
    retry_after: float | None = None
    is_large: bool = False

    @property
    def reason(self) -> str:
        return (self.error or "").partition(":")[0]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was stored, and the hosts that rest from now on."""

    saved: Saved
    resting: Sequence[str]


def record(session: Session, outcomes: Sequence[Outcome], shortest: timedelta) -> Recorded:
    """Writes down `outcomes`, each of another feed. `shortest` is the least time between two looks at a feed."""
    take_turn(session)
    intakes = [(outcome, outcome.intake) for outcome in outcomes if outcome.intake]
    found = [pair for _, intake in intakes for pair in intake.found]
    saved = save_articles(session, found, max(outcome.at for outcome in outcomes)) if found else Saved((), ())
    for outcome, intake in intakes:
        for identity, entry_hash in intake.hashes.items():
            session.execute(update(Article).where(Article.identity == identity).values(entry_hash=entry_hash))
        if intake.refused:
            _record_refused(session, outcome, intake.refused)
    rests = _record_hosts(session, outcomes)
    missing = _missing(session, {identity for _, intake in intakes for identity in intake.left})
    states = [_state_after(outcome, shortest, rests.get(outcome.feed.host), missing) for outcome in outcomes]
    # The row may have got another address meanwhile, or its lease run out and another process taken it.
    table = Base.metadata.tables[Feed.__tablename__]
    row = update(table).where(
        table.c.id == bindparam("_id"), table.c.url == bindparam("_url"), table.c.claimed_until == bindparam("_lease")
    )
    session.connection().execute(row, states)
    return Recorded(saved, list(rests))


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
            if name in hosts and outcome.reason not in _OWN_REASONS:  # it answers
                hosts[name].failures, hosts[name].rests_until = 0, None
                rests.pop(name, None)
            continue
        if name not in hosts:
            hosts[name] = Host(name=name)
            session.add(hosts[name])
        host = hosts[name]
        host.failures += 1
        if rest := rest_of_host(host.failures, outcome.retry_after):
            host.rests_until = rests[name] = outcome.at + rest
    return rests


def _missing(session: Session, identities: Collection[str]) -> Collection[str]:
    """Those of `identities` that no article has."""
    if not identities:
        return ()
    return set(identities) - set(session.scalars(select(Article.identity).where(Article.identity.in_(identities))))


def _state_after(
    outcome: Outcome, shortest: timedelta, rests_until: datetime | None, missing: Collection[str]
) -> Mapping[str, Any]:
    """The columns of a feed after a look at it; `missing` are identities that other feeds have not brought."""
    feed, now, fetched = outcome.feed, outcome.at, outcome.fetched
    state: dict[str, Any] = {
        "checked_at": now,
        "claimed_until": None,
        "last_error": outcome.error,
        "failures": feed.failures + 1 if outcome.error else 0,
        "failing_since": (feed.failing_since or now) if outcome.error else None,
        "succeeded_at": feed.succeeded_at if outcome.error else now,
        **{name: getattr(feed, name) for name in ("moved_to", "etag", "last_modified", "body_hash")},
        **{name: getattr(feed, name) for name in ("rhythm", "brought_at", "newest_item_at")},
    }
    if outcome.error:
        if feed.moved_to and state["failures"] >= _MOVED_IN_VAIN:
            state |= {"moved_to": None, "etag": None, "last_modified": None}
    elif fetched:
        state["moved_to"] = fetched.permanent_redirect or feed.moved_to
        if fetched.status != 304:
            state |= {"etag": fetched.etag, "last_modified": fetched.last_modified, "body_hash": outcome.body_hash}
        if outcome.intake:
            is_whole = outcome.intake.left.isdisjoint(missing)
            if outcome.intake.is_broken or not is_whole:
                state |= {"etag": None, "last_modified": None}
            if not is_whole:
                state["body_hash"] = None
            state |= _rhythm_after(feed, outcome.intake, now)
    silence = max(now - state["brought_at"], timedelta(0)) if state["brought_at"] else timedelta(0)
    due = next_check(
        now,
        rhythm=state["rhythm"],
        silence=silence,
        shortest=shortest,
        fresh_for=fetched.fresh_for if fetched else 0.0,
        failures=state["failures"],
        retry_after=outcome.retry_after,
        is_gone=outcome.reason == "gone",
    )
    return state | {
        "next_check_at": max(due, rests_until or due),
        "_id": feed.id,
        "_url": feed.url,
        "_lease": feed.claimed_until,
    }


def _rhythm_after(feed: Feed, intake: Intake, now: datetime) -> Mapping[str, Any]:
    """What a feed shows counts, even where another feed of its outlet is always quicker to bring it."""
    dates = [date for date in intake.dates if date <= now]
    newest = max([*intake.dates, *filter(None, [feed.newest_item_at])], default=None)
    if feed.brought_at is None:
        if not intake.entries:
            return {}
        return {"newest_item_at": newest, "rhythm": first_rhythm(dates, now), "brought_at": max(dates, default=now)}
    later = sum(date > feed.newest_item_at for date in intake.dates) if feed.newest_item_at else 0
    new = max(len(intake.found) - len(intake.edited), later)
    if not new:
        return {"newest_item_at": newest}
    rhythm = next_rhythm(feed.rhythm, now - feed.brought_at, new)
    return {"newest_item_at": newest, "rhythm": rhythm, "brought_at": now}
