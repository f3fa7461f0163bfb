"""From due subscriptions to composed digests: the first half of a delivery.

::

    due --claim--> Digest(due) --compose--> Digest(composed) with its parts, and the ledger of stories
                        ^    |
                        +----+-- composing failed: tried again later, then given up and its window given back

What comes late or in quiet hours, and how far back it looks, is `digests.schedule`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased
from structlog.contextvars import bound_contextvars

from digests.bans import admitted, banned, is_banned
from digests.compose import compose_due
from digests.edition import Editions
from digests.follows import settle_numbers
from digests.ledger import pass_on
from digests.models import Chat, Digest, DigestPart, Subscription
from digests.posting import post
from digests.render import render_corrections, render_digest
from digests.schedule import DAY, ON_TIME, take_up, window_start
from digests.subscribers import Reader, find_reader, quiet_hours, reschedule, rule_of
from digests.views import DigestView, certain_documents

log = structlog.get_logger()

# A promised first digest waits this long past its hour for the first reading of the feeds.
LONGEST_PROMISE = timedelta(hours=2)
# A digest waits this long past its hour for what was found before it and is still being read.
LONGEST_READING = timedelta(minutes=10)
COMPOSE_TRIES = 6
COMPOSE_AGAIN = timedelta(minutes=5)


def claim_due(
    session: Session,
    now: datetime,
    *,
    reading_done: bool = True,
    reading_since: datetime | None = None,
    limit: int = 200,  # at once: 50 ms, for which nobody else writes
    open_to: Collection[int] | None = None,
) -> int:
    """Turns due subscriptions into due digests and moves their next moment on; returns how many it looked at.

    `reading_since` is when the first of the articles was seen that are still being read, if any: a digest that was due
    later waits for them, at most `LONGEST_READING`. Of a bot that is not open to all, `open_to` are its admins.

    Both happen in one transaction on a locked row, so that a digest is claimed once however many ask. Instant ones
    come last of those due at a moment: what the others tell is not told again. Where the clock was ahead, it first
    sets right at most `limit` of those that it misled, and claims none before all are.
    """
    if misled := _set_right(session, now, limit):
        return misled
    rows = session.execute(
        select(Subscription, Chat)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(
            Subscription.enabled,
            Subscription.next_due_at <= now,
            ~banned(Subscription.chat_id),
            admitted(open_to),
            _may_wait_no_longer(now, reading_done),
            _is_read(now, reading_since),
        )
        .order_by(Subscription.next_due_at, Subscription.cadence == "instant", Subscription.id)
        .limit(limit)
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    others = _next_moments(session, [chat.id for subscription, chat in rows if subscription.cadence == "instant"], now)
    due: list[tuple[Subscription, Chat, datetime]] = []
    for subscription, chat in rows:
        due_at = subscription.next_due_at or now
        turn = take_up(
            rule_of(subscription, chat),
            quiet_hours(chat),
            due_at,
            now,
            passes_quiet=chat.urgent_in_quiet,
            other_at=others.get(chat.id),
        )
        subscription.next_due_at = turn.next_due_at
        if turn.comes:
            due.append((subscription, chat, turn.comes))
        elif subscription.covered_until is None:  # a first digest that is put off looks back from when it was due
            subscription.covered_until = due_at
    _add_digests(session, due, now)
    return len(rows)


def claim_promised(session: Session, now: datetime, *, open_to: Collection[int] | None = None) -> int:
    """First digests promised to readers who subscribed while the feeds were read for the first time."""
    promised = session.execute(
        select(Subscription, Chat)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(
            Subscription.enabled,
            Subscription.first_promised,
            ~banned(Subscription.chat_id),
            admitted(open_to),
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
        )
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    _add_digests(session, [(subscription, chat, now) for subscription, chat in promised], now)
    return len(promised)


def compose_one(session: Session, now: datetime, editions: Editions | None = None) -> bool:
    """Composes one due digest into its parts; False when none is due. A crash leaves it due.

    The chat is locked with it (`digests.ledger.lock_chat`), so neither is waited for while the other is held. A digest
    that cannot be composed is put off, so that it does not hold up the others, and given up in the end.
    Whoever composes many gives each the same `editions`.
    """
    digest = session.scalar(
        select(Digest)
        .join(Chat, Chat.id == Digest.chat_id)
        .where(Digest.state == "due", or_(Digest.not_before.is_(None), Digest.not_before <= now))
        .order_by(Digest.is_crowd, Digest.due_at, Digest.id)
        .limit(1)
        .with_for_update(of=(Digest, Chat), key_share=True, skip_locked=True)
    )
    if digest is None:
        return False
    with bound_contextvars(digest=digest.id):
        try:
            with session.begin_nested():
                _compose(session, digest, now, editions)
        except Exception:  # whatever is wrong with one digest, the others go out
            log.exception("digest not composed", chat_id=digest.chat_id)
            digest.failures += 1
            digest.not_before = now + COMPOSE_AGAIN * digest.failures
            if digest.failures >= COMPOSE_TRIES:
                give_back(session, digest)
    return True


def give_back(session: Session, digest: Digest) -> None:
    """Ends a digest that is given up: what of it did not arrive, and its window, are the next one's."""
    came = session.scalar(select(exists().where(DigestPart.digest_id == digest.id, DigestPart.state == "sent")))
    digest.state = "done" if came else "failed"
    pass_on(session, [digest.id])
    subscription = _subscription(session, digest, lock=True)
    if subscription and subscription.covered_until and subscription.covered_until > digest.window_start:
        subscription.covered_until = digest.window_start


def _compose(session: Session, digest: Digest, now: datetime, editions: Editions | None) -> None:
    reader, subscription = find_reader(session, digest.chat_id), _subscription(session, digest)
    is_wanted = subscription is not None and subscription.enabled and not is_banned(session, digest.chat_id)
    if reader is None or subscription is None or not is_wanted:
        log.info("digest not wanted", chat_id=digest.chat_id)
        digest.state = "dropped"
        return
    view = compose_due(session, digest, reader, subscription, now=now, editions=editions)
    if not _comes(view, subscription):
        log.info("digest has nothing to tell", chat_id=digest.chat_id)
        digest.state = "done"
        return
    is_told = view.stories or subscription.tells_empty
    messages = render_digest(view) if is_told else render_corrections(view)
    is_silent = _is_silent(digest, reader, subscription, now)
    post(session, digest, view, messages, now, thread_id=subscription.thread_id, silent=is_silent)
    settle_numbers(session, digest.chat_id, certain_documents(view))


def _comes(view: DigestView, subscription: Subscription) -> bool:
    """Whether there is anything to send: an instant digest is nothing without stories."""
    if subscription.cadence == "instant":
        return bool(view.stories)
    return bool(view.stories or view.corrections or subscription.tells_empty)


def _is_silent(digest: Digest, reader: Reader, subscription: Subscription, now: datetime) -> bool:
    """By its reader's choice, and in quiet hours; what is instant and comes then is urgent, and wanted."""
    quiet = quiet_hours(reader.chat)
    is_urgent = subscription.cadence == "instant" and quiet.cover(digest.due_at)
    return not subscription.sounds or (quiet.cover(now) and not is_urgent)


def _may_wait_no_longer(now: datetime, reading_done: bool) -> ColumnElement[bool]:
    """A first digest that was promised for after the first reading is not sent empty before it."""
    if reading_done:
        return true()
    return or_(Subscription.first_promised.is_(False), Subscription.next_due_at <= now - LONGEST_PROMISE)


def _is_read(now: datetime, reading_since: datetime | None) -> ColumnElement[bool]:
    """What was found before its hour is read, or has been waited for.

    An instant digest tells what is read by now, unless it joins another that waits.
    """
    if reading_since is None:
        return true()
    other, due_at = aliased(Subscription), Subscription.next_due_at
    joins = exists().where(
        other.chat_id == Subscription.chat_id, other.enabled, other.cadence != "instant", other.next_due_at == due_at
    )
    return or_((Subscription.cadence == "instant") & ~joins, due_at <= reading_since, due_at <= now - LONGEST_READING)


def _add_digests(session: Session, due: Sequence[tuple[Subscription, Chat, datetime]], now: datetime) -> None:
    """The digests of subscriptions due at these moments, each once: where the clock went back it is there already."""
    if not due:
        return
    ids, moments = [subscription.id for subscription, _, _ in due], {due_at for _, _, due_at in due}
    instant = [chat.id for subscription, chat, _ in due if subscription.cadence == "instant"]
    siblings = session.scalars(select(Subscription.id).where(Subscription.chat_id.in_(instant))) if instant else ()
    claimed = select(Digest.chat_id, Digest.subscription_id, Digest.due_at)
    before = session.execute(
        claimed.where(Digest.subscription_id.in_({*ids, *siblings}), Digest.due_at.in_(moments))
    ).all()
    known = {(row.subscription_id, row.due_at) for row in before}
    # What is instant goes before the crowd, but after a digest of its chat that is due at the same moment.
    joined = {(row.chat_id, row.due_at) for row in before}
    given_back, claimed_now = _firsts_given_back(session, ids), list[Digest]()
    for subscription, chat, due_at in due:
        if (subscription.id, due_at) in known:
            log.warning("a digest was claimed before", chat_id=chat.id, due_at=due_at.isoformat())
            continue
        covered, paused = subscription.covered_until, subscription.paused_until
        is_first = covered is None or subscription.id in given_back
        is_instant = subscription.cadence == "instant"
        digest = Digest(
            subscription_id=subscription.id,
            chat_id=chat.id,
            due_at=due_at,
            window_start=window_start(rule_of(subscription, chat), covered, paused, now, due_at),
            window_end=now,
            is_first=is_first,
            is_crowd=(chat.id, due_at) in joined if is_instant else not is_first,
        )
        session.add(digest)
        claimed_now.append(digest)
        joined.add((chat.id, due_at))
        subscription.covered_until = now
        subscription.first_promised = False
        if paused and paused <= now:
            subscription.paused_until = None
    session.flush()
    for digest in claimed_now:
        log.info("digest claimed", digest=digest.id, chat_id=digest.chat_id, due_at=digest.due_at.isoformat())


def _next_moments(session: Session, chat_ids: Sequence[int], now: datetime) -> Mapping[int, datetime]:
    """When the next digest of each of these chats is due that is not instant."""
    query = select(Subscription.chat_id, func.min(Subscription.next_due_at)).where(
        Subscription.chat_id.in_(chat_ids),
        Subscription.enabled,
        Subscription.cadence != "instant",
        Subscription.next_due_at > now,
    )
    rows = session.execute(query.group_by(Subscription.chat_id)).all() if chat_ids else ()
    return {chat_id: moment for chat_id, moment in rows if moment}


def _firsts_given_back(session: Session, subscription_ids: Sequence[int]) -> Collection[int]:
    """Of these subscriptions, those of whose first digest nothing came: the next is as much the first."""
    any_of_it = aliased(Digest)
    last = select(func.max(any_of_it.due_at)).where(any_of_it.subscription_id == Subscription.id)
    query = (
        select(Subscription.id)
        .join(Digest, (Digest.subscription_id == Subscription.id) & (Digest.due_at == last.scalar_subquery()))
        .where(Subscription.id.in_(subscription_ids), Digest.is_first, Digest.state.in_(("failed", "dropped")))
    )
    return set(session.scalars(query))


def _set_right(session: Session, now: datetime, limit: int) -> int:
    """Where the clock was ahead and was set right, the ends of windows and next moments that it left are too late.

    Returns how many subscriptions it looked at.
    """
    last = session.scalar(select(Digest.window_end).order_by(Digest.id.desc()).limit(1))
    if last is None or last <= now + ON_TIME:
        return 0
    misled = session.execute(
        select(Subscription, Chat)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(Subscription.enabled, Subscription.covered_until > now + ON_TIME)
        .order_by(Subscription.id)
        .limit(limit)
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    for subscription, chat in misled:
        subscription.covered_until = now - DAY
        if subscription.next_due_at and subscription.next_due_at > now + DAY:
            reschedule(subscription, chat, now)
    return len(misled)


def _subscription(session: Session, digest: Digest, *, lock: bool = False) -> Subscription | None:
    """None where its reader has removed it."""
    if digest.subscription_id is None:
        return None
    return session.get(Subscription, digest.subscription_id, with_for_update=lock, populate_existing=lock)
