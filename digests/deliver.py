"""From composed digests to delivered messages: the second half of a delivery.

::

    Digest(composed): parts(pending) --send--> sent
                         ^   |
                         |   +-- no answer (kill, time-out): in doubt, counted before it is pending again
                         +------ not now (flood, network): pending, not before a moment
                                 never (blocked): dropped, and the subscription ends

Promise 2 (DESIGN.md): Telegram has no key that makes a send idempotent. So each part is marked `sending` *before* its
request and `sent` after its answer; a part found `sending` at the start of a round may or may not have arrived: that
is stored as in doubt, then it is sent again. One part of a chat is under way at a time, so at most that one can be
doubled. Only the holder of the `DeliveryLock` delivers, one round at a time, so `sending` is nobody else's.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from digests.claim import compose_one, give_back
from digests.models import Digest, DigestPart
from digests.render import Message
from digests.sending import ChatMoved, ChatUnreachable, NoAnswer, NotNow, Rejected, Sender, SendError
from digests.subscribers import find_reader, move_chat, unsubscribe
from feeds.database import Database

log = structlog.get_logger()

T = TypeVar("T")
RETRY_FIRST = timedelta(seconds=15)
RETRY_MOST = timedelta(minutes=30)
# A digest that could not be sent for this long after it was claimed is yesterday's news.
GIVE_UP = timedelta(hours=20)
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A part under way."""

    part_id: int
    chat_id: int
    message: Message
    silent: bool


async def deliver(
    database: Database,
    sender: Sender,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    still_mine: Callable[[], bool] = lambda: True,
) -> int:
    """Composes and sends all that is due now; returns the parts sent.

    Ends between batches when `stop` is set or the delivery lock is lost, which `still_mine` tells.
    """
    doubtful = await asyncio.to_thread(_in_session, database, recover)
    if doubtful:
        log.warning("parts in doubt are sent again", parts=doubtful)
    sent = 0
    while not stop.is_set() and await asyncio.to_thread(still_mine):
        composed = await asyncio.to_thread(_compose_some, database, clock())
        parts = await asyncio.to_thread(_in_session, database, lambda session: claim_parts(session, clock()))
        if not parts and not composed:
            break
        results = await asyncio.gather(
            *(_send(database, sender, clock, part) for part in parts), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):  # the part stays `sending`: in doubt at the next round
                log.error("a part could not be recorded", exc_info=result)
            else:
                sent += result
    return sent


def recover(session: Session) -> int:
    """What a dead predecessor, or a broken round, left under way is in doubt: counted, then due again."""
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
        .with_for_update(of=DigestPart, skip_locked=True)
    ).all()
    for part in parts:
        part.state = "sending"
    return [_outgoing(part) for part in parts]


async def _send(database: Database, sender: Sender, clock: Callable[[], datetime], part: Outgoing) -> bool:
    try:
        message_id = await sender.send(part.chat_id, part.message, silent=part.silent)
    except SendError as error:
        await asyncio.to_thread(_record_failure, database, part, error, clock())
        return False
    except Exception as error:  # nobody knows how far it came
        log.exception("the sender failed", chat_id=part.chat_id)
        await asyncio.to_thread(_record_failure, database, part, NoAnswer(repr(error)), clock())
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
    log.warning("digest part not sent", chat_id=part.chat_id, part=part.part_id, error=repr(error))
    with database.session() as session:
        row = session.get(DigestPart, part.part_id)
        if row is None:
            return
        row.failures += 1
        row.last_error = f"{type(error).__name__}: {error}"[:300]
        row.in_doubt += isinstance(error, NoAnswer)
        digest = session.get_one(Digest, row.digest_id)
        reader = find_reader(session, row.chat_id)
        if isinstance(error, ChatMoved):
            row.state = "pending"
            move_chat(session, row.chat_id, error.new_chat_id)
            _follow(session, digest, error.new_chat_id)
        elif isinstance(error, ChatUnreachable) or reader is None or not reader.subscribed:
            row.state = "pending"
            session.flush()
            unsubscribe(session, row.chat_id)
            _refuse_rest(session, digest, row.last_error)
            digest.state = "dropped"
        elif isinstance(error, Rejected) or now - digest.window_end > GIVE_UP:
            log.error("digest given up", chat_id=row.chat_id, digest=digest.id, error=row.last_error)
            row.state = "refused"
            _give_up(session, digest, row.last_error)
        else:
            row.state = "pending"
            row.not_before = now + _wait(error, row.failures)


def _wait(error: SendError, failures: int) -> timedelta:
    if isinstance(error, NotNow) and error.wait is not None:
        return error.wait
    return min(RETRY_FIRST * float(2 ** min(failures - 1, 10)), RETRY_MOST)


def _give_up(session: Session, digest: Digest, reason: str) -> None:
    """No later part comes without an earlier one; where none came, the next digest brings the stories."""
    _refuse_rest(session, digest, reason)
    came = session.scalar(select(exists().where(DigestPart.digest_id == digest.id, DigestPart.state == "sent")))
    if came:
        digest.state = "done"
    else:
        give_back(session, digest)


def _refuse_rest(session: Session, digest: Digest, reason: str) -> None:
    session.flush()
    session.execute(
        update(DigestPart)
        .where(DigestPart.digest_id == digest.id, DigestPart.state.in_(("pending", "sending")))
        .values(state="refused", last_error=reason)
    )


def _follow(session: Session, digest: Digest, new_chat_id: int) -> None:
    session.flush()
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


def _compose_some(database: Database, now: datetime) -> bool:
    """A batch of digests, each in a transaction of its own; whether there was any."""
    any_due = False
    for _ in range(AT_ONCE):
        if not _in_session(database, lambda session: compose_one(session, now)):
            break
        any_due = True
    return any_due


def _in_session(database: Database, work: Callable[[Session], T]) -> T:
    with database.session() as session:
        return work(session)
