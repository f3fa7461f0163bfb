"""From due subscriptions to delivered messages: claim, compose, send, record.

::

    due --claim--> Digest(due) --compose--> parts(pending) --send--> sent
                                               ^   |
                       in doubt, counted first |   +-- no answer (kill, time-out): sending stays, or pending again
                                               +-- not now (flood, network): pending, not before a moment
                                                   never (blocked): refused, the chat is marked

Promise 2 (DESIGN.md): Telegram has no key that makes a send idempotent. So each part is marked `sending` *before* its
request and `sent` after its answer; whoever takes over the delivery finds a part still `sending` and knows that its
request may or may not have arrived: that is stored as in doubt, then sent again. One part of a chat is under way at a
time, so at most that one can be doubled. Only the holder of the `DeliveryLock` delivers, so `sending` never belongs to
somebody else.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, aliased

from digests.compose import compose_due
from digests.models import Chat, Digest, DigestPart, SentStory, Subscription
from digests.render import Message, render_digest
from digests.schedule import next_due
from digests.subscribers import find_reader, mark_unreachable, move_chat
from feeds.database import Database

log = structlog.get_logger()

T = TypeVar("T")
DAY = timedelta(hours=24)
# After a long pause a digest reaches back this far, not further.
LONGEST_WINDOW = timedelta(days=7)
RETRY_FIRST = timedelta(seconds=15)
RETRY_MOST = timedelta(minutes=30)
# A digest that could not be sent for this long is yesterday's news.
GIVE_UP = timedelta(hours=20)
AT_ONCE = 8


class SendError(Exception):
    """Nothing was delivered. Subclasses say what to do."""


class ChatUnreachable(SendError):
    """Never again: blocked, deactivated, gone. `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChatMoved(SendError):
    """The chat goes on under another id."""

    def __init__(self, new_chat_id: int) -> None:
        super().__init__(f"moved to {new_chat_id}")
        self.new_chat_id = new_chat_id


class NotNow(SendError):
    """Refused for the moment; try again after `wait` (a timedelta), or by the usual back-off when None."""

    def __init__(self, message: str, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Rejected(SendError):
    """This message will never be accepted: our own fault."""


class NoAnswer(SendError):
    """The request went out and no answer came: it may have been delivered."""


class Sender(Protocol):
    """What delivers a message; Telegram's is in `bot.sender`."""

    async def send(self, chat_id: int, message: Message, *, silent: bool = False) -> int:
        """Delivers and returns the message's id, or raises a `SendError`."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A part under way."""

    part_id: int
    chat_id: int
    message: Message
    silent: bool


def claim_due(session: Session, now: datetime, *, limit: int = 500) -> int:
    """Turns due subscriptions into due digests and moves their next moment on; returns how many.

    Both happen in one transaction on a locked row, so that a digest is claimed once however many ask.
    """
    rows = session.execute(
        select(Subscription, Chat.timezone)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(Subscription.enabled, Subscription.next_due_at <= now)
        .order_by(Subscription.next_due_at)
        .limit(limit)
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    for subscription, timezone in rows:
        _add_digest(session, subscription, subscription.next_due_at, now)
        subscription.next_due_at = next_due(subscription.minute_of_day, ZoneInfo(timezone), now)
    session.flush()
    return len(rows)


def claim_promised(session: Session, now: datetime) -> int:
    """First digests promised to readers who subscribed while the feeds were read for the first time."""
    promised = session.scalars(
        select(Subscription).where(Subscription.enabled, Subscription.first_promised).with_for_update(skip_locked=True)
    ).all()
    for subscription in promised:
        subscription.first_promised = False
        _add_digest(session, subscription, now, now)
    session.flush()
    return len(promised)


def compose_one(session: Session, now: datetime) -> bool:
    """Composes one due digest into its parts; False when none is due. A crash leaves it due."""
    digest = session.scalar(
        select(Digest)
        .where(Digest.state == "due")
        .order_by(Digest.due_at, Digest.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if digest is None:
        return False
    reader = find_reader(session, digest.chat_id)
    if reader is None or not reader.subscribed:
        digest.state = "dropped"
        return True
    view = compose_due(session, digest, reader)
    for number, message in enumerate(render_digest(view), start=1):
        part = DigestPart(
            chat_id=digest.chat_id,
            number=number,
            html=message.html,
            buttons=[[list(button) for button in row] for row in message.buttons],
            # One sounding message a digest: the first.
            silent=number > 1,
        )
        part.digest_id = digest.id
        session.add(part)
    for story in view.stories:
        session.merge(SentStory(chat_id=digest.chat_id, story_id=story.story_id, digest_id=digest.id))
    digest.state = "composed"
    session.flush()
    return True


def recover(session: Session) -> int:
    """What a dead predecessor left under way is in doubt: counted, then due again. Only under the delivery lock."""
    left = session.execute(
        update(DigestPart)
        .where(DigestPart.state == "sending")
        .values(state="pending", in_doubt=DigestPart.in_doubt + 1, last_error="no answer: interrupted")
        .returning(DigestPart.id)
    ).all()
    return len(left)


def claim_parts(session: Session, now: datetime, *, limit: int = AT_ONCE) -> Sequence[Outgoing]:
    """The next part of each of some chats, marked `sending`. Parts of a chat go out in order, one at a time."""
    earlier = aliased(DigestPart)
    unfinished_before = exists().where(
        earlier.chat_id == DigestPart.chat_id,
        earlier.state.in_(("pending", "sending")),
        (earlier.state == "sending") | (earlier.id < DigestPart.id),
        earlier.id != DigestPart.id,
    )
    parts = session.scalars(
        select(DigestPart)
        .where(
            DigestPart.state == "pending",
            DigestPart.not_before.is_(None) | (DigestPart.not_before <= now),
            ~unfinished_before,
        )
        .order_by(DigestPart.id)
        .limit(limit)
    ).all()
    for part in parts:
        part.state = "sending"
    return [_outgoing(part) for part in parts]


def waiting(session: Session) -> int:
    """Digests and parts that are still to go out, now or later."""
    parts = select(func.count()).select_from(DigestPart).where(DigestPart.state.in_(("pending", "sending")))
    due = select(func.count()).select_from(Digest).where(Digest.state == "due")
    return (session.scalar(parts) or 0) + (session.scalar(due) or 0)


async def deliver(database: Database, sender: Sender, clock: Callable[[], datetime], stop: asyncio.Event) -> int:
    """Composes and sends all that is due now; returns the parts sent. Stops between parts when `stop` is set."""
    while not stop.is_set() and await asyncio.to_thread(_in_session, database, compose_one, clock()):
        pass
    sent = 0
    while not stop.is_set() and (parts := await asyncio.to_thread(_in_session, database, claim_parts, clock())):
        results = await asyncio.gather(*(_send(database, sender, clock, part) for part in parts))
        sent += sum(results)
    return sent


async def _send(database: Database, sender: Sender, clock: Callable[[], datetime], part: Outgoing) -> bool:
    try:
        message_id = await sender.send(part.chat_id, part.message, silent=part.silent)
    except SendError as error:
        log.warning("digest part not sent", chat_id=part.chat_id, part=part.part_id, error=repr(error))
        await asyncio.to_thread(_record_failure, database, part, error, clock())
        return False
    await asyncio.to_thread(_record_sent, database, part, message_id, clock())
    return True


def _record_sent(database: Database, part: Outgoing, message_id: int, now: datetime) -> None:
    with database.session() as session:
        row = session.get(DigestPart, part.part_id)
        if row is None:  # the chat was erased meanwhile
            return
        row.state, row.sent_at, row.message_id, row.last_error = "sent", now, message_id, ""
        _finish(session, row.digest_id)


def _record_failure(database: Database, part: Outgoing, error: SendError, now: datetime) -> None:
    with database.session() as session:
        row = session.get(DigestPart, part.part_id)
        if row is None:
            return
        row.failures += 1
        row.last_error = f"{type(error).__name__}: {error}"[:300]
        digest = session.get_one(Digest, row.digest_id)
        if isinstance(error, ChatMoved):
            move_chat(session, row.chat_id, error.new_chat_id)
            _follow(session, digest, error.new_chat_id)
            row.state = "pending"
        elif isinstance(error, ChatUnreachable):
            mark_unreachable(session, row.chat_id, error.reason)
            _drop(session, digest, row.last_error)
        elif isinstance(error, Rejected) or now - digest.due_at > GIVE_UP:
            log.error("digest part given up", chat_id=row.chat_id, part=row.id, error=row.last_error)
            row.state = "refused"
            _finish(session, digest.id)
        else:
            row.state = "pending"
            row.in_doubt += isinstance(error, NoAnswer)
            row.not_before = now + _wait(error, row.failures)


def _wait(error: SendError, failures: int) -> timedelta:
    if isinstance(error, NotNow) and error.wait is not None:
        return error.wait
    return min(RETRY_FIRST * float(2 ** min(failures - 1, 10)), RETRY_MOST)


def _add_digest(session: Session, subscription: Subscription, due_at: datetime, now: datetime) -> None:
    covered = subscription.covered_until
    start = max(covered, now - LONGEST_WINDOW) if covered else now - DAY
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
    subscription.covered_until = now


def _drop(session: Session, digest: Digest, reason: str) -> None:
    unsent = DigestPart.state.in_(("pending", "sending"))
    session.execute(
        update(DigestPart)
        .where(DigestPart.chat_id == digest.chat_id, unsent)
        .values(state="refused", last_error=reason)
    )
    digest.state = "dropped"


def _follow(session: Session, digest: Digest, new_chat_id: int) -> None:
    unsent = DigestPart.state.in_(("pending", "sending"))
    session.execute(update(DigestPart).where(DigestPart.digest_id == digest.id, unsent).values(chat_id=new_chat_id))
    digest.chat_id = new_chat_id


def _finish(session: Session, digest_id: int) -> None:
    session.flush()
    open_parts = exists().where(DigestPart.digest_id == digest_id, DigestPart.state.in_(("pending", "sending")))
    session.execute(update(Digest).where(Digest.id == digest_id, ~open_parts).values(state="done"))


def _outgoing(part: DigestPart) -> Outgoing:
    rows: list[list[tuple[str, str]]] = part.buttons
    buttons = tuple(tuple((label, action) for label, action in row) for row in rows)
    return Outgoing(part.id, part.chat_id, Message(part.html, buttons), part.silent)


def _in_session(database: Database, work: Callable[[Session, datetime], T], now: datetime) -> T:
    with database.session() as session:
        return work(session, now)
