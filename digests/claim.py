"""From due subscriptions to composed digests: the first half of a delivery.

::

    due --claim--> Digest(due) --compose--> Digest(composed) with its parts, and the ledger of stories
                        ^    |
                        +----+-- composing failed: tried again later, then given up and its window given back
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy import ColumnElement, delete, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digests.compose import compose_due
from digests.models import Chat, Digest, DigestPart, SentStory, Subscription
from digests.render import render_digest
from digests.schedule import next_due
from digests.subscribers import find_reader

log = structlog.get_logger()

DAY = timedelta(hours=24)
# After a long pause a digest reaches back this far, not further.
LONGEST_WINDOW = timedelta(days=7)
# A promised first digest waits this long past its hour for the first reading of the feeds.
LONGEST_PROMISE = timedelta(hours=2)
COMPOSE_TRIES = 6
COMPOSE_AGAIN = timedelta(minutes=5)
_HOME = ZoneInfo("Asia/Ho_Chi_Minh")


def claim_due(session: Session, now: datetime, *, reading_done: bool = True, limit: int = 500) -> int:
    """Turns due subscriptions into due digests and moves their next moment on; returns how many.

    Both happen in one transaction on a locked row, so that a digest is claimed once however many ask. One
    subscription that cannot be claimed does not hold up the others.
    """
    rows = session.execute(
        select(Subscription, Chat.timezone)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(Subscription.enabled, Subscription.next_due_at <= now, _may_wait_no_longer(now, reading_done))
        .order_by(Subscription.next_due_at)
        .limit(limit)
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    for subscription, timezone in rows:
        _add_digest(session, subscription, subscription.next_due_at or now, now)
        subscription.next_due_at = next_due(subscription.minutes[0], _zone(timezone), now)
    session.flush()
    return len(rows)


def claim_promised(session: Session, now: datetime) -> int:
    """First digests promised to readers who subscribed while the feeds were read for the first time."""
    promised = session.scalars(
        select(Subscription).where(Subscription.enabled, Subscription.first_promised).with_for_update(skip_locked=True)
    ).all()
    for subscription in promised:
        _add_digest(session, subscription, now, now)
    session.flush()
    return len(promised)


def compose_one(session: Session, now: datetime) -> bool:
    """Composes one due digest into its parts; False when none is due. A crash leaves it due.

    A digest that cannot be composed is put off, so that it does not hold up the others, and given up in the end.
    """
    digest = session.scalar(
        select(Digest)
        .where(Digest.state == "due", or_(Digest.not_before.is_(None), Digest.not_before <= now))
        .order_by(Digest.due_at, Digest.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if digest is None:
        return False
    try:
        with session.begin_nested():
            _compose(session, digest, now)
    except Exception:  # whatever is wrong with one digest, the others go out
        log.exception("digest not composed", digest=digest.id, chat_id=digest.chat_id)
        digest.failures += 1
        digest.not_before = now + COMPOSE_AGAIN * digest.failures
        if digest.failures >= COMPOSE_TRIES:
            give_back(session, digest)
    return True


def give_back(session: Session, digest: Digest) -> None:
    """Ends a digest of which nothing arrived: its stories and its window are the next one's."""
    digest.state = "failed"
    session.execute(delete(SentStory).where(SentStory.digest_id == digest.id))
    subscription = session.get(Subscription, digest.subscription_id)
    if subscription and subscription.covered_until and subscription.covered_until > digest.window_start:
        subscription.covered_until = digest.window_start


def _compose(session: Session, digest: Digest, now: datetime) -> None:
    reader = find_reader(session, digest.chat_id)
    if reader is None or not reader.subscribed:
        digest.state = "dropped"
        return
    view = compose_due(session, digest, reader)
    for number, message in enumerate(render_digest(view), start=1):
        part = DigestPart(
            digest_id=digest.id,
            chat_id=digest.chat_id,
            number=number,
            html=message.html,
            buttons=[[list(button) for button in row] for row in message.buttons],
            # One sounding message a digest: the first.
            silent=number > 1,
        )
        session.add(part)
    sent = set(session.scalars(select(SentStory.story_id).where(SentStory.chat_id == digest.chat_id)))
    session.add_all(
        SentStory(chat_id=digest.chat_id, story_id=story.story_id, digest_id=digest.id, at=now)
        for story in view.stories
        if story.story_id not in sent
    )
    digest.state = "composed"
    session.flush()


def _may_wait_no_longer(now: datetime, reading_done: bool) -> ColumnElement[bool]:
    """A first digest that was promised for after the first reading is not sent empty before it."""
    if reading_done:
        return true()
    return or_(Subscription.first_promised.is_(False), Subscription.next_due_at <= now - LONGEST_PROMISE)


def _add_digest(session: Session, subscription: Subscription, due_at: datetime, now: datetime) -> None:
    """The digest of a subscription that is due at `due_at`, once: where the clock went back it is there already."""
    covered = subscription.covered_until
    start = max(covered, now - LONGEST_WINDOW) if covered else now - DAY
    try:
        with session.begin_nested():
            session.add(
                Digest(
                    subscription_id=subscription.id,
                    chat_id=subscription.chat_id,
                    due_at=due_at,
                    window_start=start,
                    window_end=now,
                    is_first=covered is None,
                )
            )
    except IntegrityError:
        log.warning("a digest was claimed before", chat_id=subscription.chat_id, due_at=due_at.isoformat())
    else:
        subscription.covered_until = now
        subscription.first_promised = False


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a zone that the system no longer knows
        log.warning("unknown time zone", timezone=name)
        return _HOME
