"""The parts of digests on their way: claimed, sent, tried again, given up, in doubt.

::

    pending --claim--> sending --record--> sent
       ^                  |
       |                  +-- no answer (kill, time-out): in doubt, counted before it is pending again
       +------------------+-- not now (flood, network): pending, not before a moment
                          +-- never (blocked, topic closed): refused, and the subscription ends
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from digests.bans import admitted_chat, banned
from digests.claim import give_back
from digests.groups import end_topic, leave
from digests.ledger import lock_chat, pass_on, take_back
from digests.messages import Message
from digests.models import Broadcast, Digest, DigestPart, SentStory, Subscription
from digests.moving import move_chat
from digests.sending import (
    ChatMoved,
    ChatUnreachable,
    Flooded,
    NoAnswer,
    NotNow,
    Rejected,
    SendError,
    TopicUnavailable,
)

log = structlog.get_logger()

RETRY_FIRST = timedelta(seconds=15)
RETRY_MOST = timedelta(minutes=30)
# What could not be sent for this long after it was claimed, or asked for, is yesterday's news.
GIVE_UP = timedelta(hours=20)
_OPEN = ("due", "composed")
_UNFINISHED = DigestPart.state.in_(("pending", "sending"))
_UNWANTED = Digest.state.in_(("dropped", "failed"))
# What came to be unwanted after it was put on its way: all that is for a banned chat, and a message to all readers for
# one that is a reader no more.
_UNWANTED_NOW = banned(DigestPart.chat_id) | (
    DigestPart.broadcast_id.is_not(None)
    & ~exists().where(Subscription.chat_id == DigestPart.chat_id, Subscription.enabled)
)
_BROADCASTS_UNDER_WAY = (
    select(Broadcast.id)
    .where(exists().where(DigestPart.broadcast_id == Broadcast.id, DigestPart.state == "pending"))
    .order_by(Broadcast.id)
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A part under way."""

    part_id: int
    digest_id: int
    chat_id: int
    thread_id: int | None
    message: Message
    silent: bool
    in_doubt: int
    # When its digest was due; None of what comes later than the first of it, and of notices.
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a part: the id of its message, or why there is none."""

    part: Outgoing
    answer: int | SendError


def recover(session: Session) -> int:
    """What a dead predecessor, or a broken round, left under way is in doubt: counted, then due again.

    What its reader has stopped meanwhile does not come again. Returns how many parts will. What somebody records at
    this very moment, who has lost the delivery lock, is left to them: to wait for each other would be a deadlock.
    """
    under_way = select(DigestPart.id).where(DigestPart.state == "sending").with_for_update(skip_locked=True)
    left = session.execute(
        update(DigestPart)
        .where(DigestPart.id.in_(under_way))
        .values(state="pending", in_doubt=DigestPart.in_doubt + 1, last_error="no answer: interrupted")
        .returning(DigestPart.id, DigestPart.digest_id)
        .execution_options(synchronize_session=False)
    ).all()
    for part_id, digest_id in left:
        log.warning("part in doubt", digest=digest_id, part=part_id)
    stopped = session.execute(
        update(DigestPart)
        .where(DigestPart.state == "pending", DigestPart.digest_id == Digest.id, _UNWANTED)
        .values(state="refused")
        .returning(DigestPart.id, DigestPart.digest_id)
        .execution_options(synchronize_session=False)
    ).all()
    take_back(session, list({digest_id for _, digest_id in stopped}))
    return len({part_id for part_id, _ in left} - {part_id for part_id, _ in stopped})


def claim_parts(
    session: Session, now: datetime, limit: int, *, open_to: Collection[int] | None = None
) -> Sequence[Outgoing]:
    """The next part each of at most `limit` chats, marked `sending`. Parts of a chat go in order, one at a time.

    What is instant, or a reader's first, goes before the crowd, and a message to all readers last. What is not wanted
    any more is refused, and what is for those whom a bot that is not open to all does not admit any more; `open_to` are
    its admins.
    """
    admins = None if open_to is None else tuple(open_to)
    rows = _next_parts(session, now, limit, None, admins)
    for broadcast_id in session.scalars(_BROADCASTS_UNDER_WAY):
        if len(rows) == limit:
            break
        rows += _next_parts(session, now, limit - len(rows), broadcast_id, admins)
    for part, digest, unwanted in rows:
        part.state = "refused" if unwanted else "sending"
        if unwanted and digest.state in _OPEN:
            _drop(session, digest, "not wanted")
    return [_outgoing(part, digest) for part, digest, unwanted in rows if not unwanted]


def _next_parts(
    session: Session, now: datetime, limit: int, broadcast_id: int | None, open_to: tuple[int, ...] | None
) -> list[tuple[DigestPart, Digest, bool]]:
    """The next of one broadcast, or of all else; apart, as a broadcast may be long and a claim holds up who writes."""
    values = {"now": now, "most": limit} | ({"broadcast": broadcast_id} if broadcast_id else {})
    return [(row[0], row[1], row[2]) for row in session.execute(_next(broadcast_id is not None, open_to), values)]


@cache
def _next(of_broadcast: bool, open_to: tuple[int, ...] | None) -> Select[DigestPart, Digest, bool]:
    """Asked at every tick and before every few parts: to write it anew costs more than to ask it."""
    earlier = aliased(DigestPart)
    unfinished_before = exists().where(
        earlier.chat_id == DigestPart.chat_id,
        earlier.state.in_(("pending", "sending")),
        (earlier.state == "sending") | _goes_before(earlier),
        earlier.id != DigestPart.id,
    )
    # All of a broadcast are of the crowd; to sort by that too would read them all.
    order = (DigestPart.id,) if of_broadcast else (Digest.is_crowd, DigestPart.id)
    is_unwanted = _UNWANTED | _UNWANTED_NOW | ~admitted_chat(DigestPart.chat_id, open_to)
    return (
        select(DigestPart, Digest, is_unwanted)
        .join(Digest, Digest.id == DigestPart.digest_id)
        .where(
            DigestPart.state == "pending",
            DigestPart.not_before.is_(None) | (DigestPart.not_before <= bindparam("now")),
            ~unfinished_before,
            DigestPart.broadcast_id == (bindparam("broadcast") if of_broadcast else None),
        )
        .order_by(*order)
        .limit(bindparam("most"))
        .with_for_update(of=DigestPart, skip_locked=True)
    )


def _goes_before(other: type[DigestPart]) -> ColumnElement[bool]:
    """Whether another part of its chat is to go first."""
    is_last, is_other_last = DigestPart.broadcast_id.is_not(None), other.broadcast_id.is_not(None)
    return (is_last & ~is_other_last) | ((is_last | ~is_other_last) & (other.id < DigestPart.id))


def record(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Stores what became of parts under way; those of chats erased meanwhile are gone.

    Whoever lost the delivery lock may come too late: what its successor took over is the successor's.
    """
    sent = [outcome for outcome in outcomes if isinstance(outcome.answer, int)]
    if sent:
        session.connection().execute(
            update(DigestPart)
            .where(
                DigestPart.id == bindparam("part"),
                DigestPart.state == "sending",
                DigestPart.in_doubt == bindparam("doubts"),
            )
            .values(state="sent", sent_at=now, message_id=bindparam("message"), last_error=""),
            [
                {"part": outcome.part.part_id, "doubts": outcome.part.in_doubt, "message": outcome.answer}
                for outcome in sent
            ],
        )
        _finish(session, {outcome.part.digest_id for outcome in sent})
    for outcome in outcomes:
        if isinstance(outcome.answer, SendError):
            _record_failure(session, outcome.part, outcome.answer, now)


def _finish(session: Session, digest_ids: set[int]) -> None:
    unfinished = exists().where(DigestPart.digest_id == Digest.id, _UNFINISHED)
    session.execute(
        update(Digest)
        .where(Digest.id.in_(digest_ids), Digest.state == "composed", ~unfinished)
        .values(state="done")
        .execution_options(synchronize_session=False)
    )


def _record_failure(session: Session, part: Outgoing, error: SendError, now: datetime) -> None:
    log.warning(
        "digest part not sent", digest=part.digest_id, part=part.part_id, chat_id=part.chat_id, error=repr(error)
    )
    lock_chat(session, part.chat_id)
    row = session.get(DigestPart, part.part_id)
    if row is None or row.state != "sending" or row.in_doubt != part.in_doubt:
        return
    row.failures += not isinstance(error, Flooded)
    row.last_error = f"{type(error).__name__}: {error}"[:300]
    row.in_doubt += isinstance(error, NoAnswer)
    row.state = "pending"
    session.flush()
    digest = session.get_one(Digest, row.digest_id)
    if isinstance(error, ChatMoved):
        move_chat(session, row.chat_id, error.new_chat_id)
    if isinstance(error, ChatUnreachable):
        leave(session, row.chat_id, error.reason, now)
        _drop(session, digest, row.last_error)
    elif isinstance(error, TopicUnavailable):
        end_topic(session, row.chat_id, row.thread_id, error.reason, now)
        _drop(session, digest, row.last_error)
    elif digest.state == "dropped":  # its reader has stopped it meanwhile
        _drop(session, digest, row.last_error)
    elif isinstance(error, Rejected) or now - _posted_at(session, digest) > GIVE_UP:
        log.error("digest given up", chat_id=row.chat_id, digest=digest.id, error=row.last_error)
        _refuse(session, digest, row.last_error)
        if digest.state in _OPEN:
            give_back(session, digest)
    else:
        row.not_before = now + _wait(error, row.failures)


def _posted_at(session: Session, digest: Digest) -> datetime:
    """When the parts on their way were: stories that it held back may be asked for days later."""
    told = session.scalar(select(func.max(SentStory.at)).where(SentStory.digest_id == digest.id))
    return max(told or digest.window_end, digest.window_end)


def _wait(error: SendError, failures: int) -> timedelta:
    if isinstance(error, NotNow) and error.wait is not None:
        return error.wait
    if isinstance(error, ChatMoved) and failures == 1:  # more than once: to and fro
        return timedelta()
    return min(RETRY_FIRST * float(2 ** min(failures - 1, 10)), RETRY_MOST)


def _drop(session: Session, digest: Digest, reason: str) -> None:
    _refuse(session, digest, reason)
    digest.state = "dropped"
    pass_on(session, [digest.id])


def _refuse(session: Session, digest: Digest, reason: str) -> None:
    """No later part comes without an earlier one."""
    session.execute(
        update(DigestPart)
        .where(DigestPart.digest_id == digest.id, _UNFINISHED)
        .values(state="refused", last_error=reason[:300])
    )


def _outgoing(part: DigestPart, digest: Digest) -> Outgoing:
    rows: list[list[tuple[str, str]]] = part.buttons
    buttons = tuple(tuple((label, action) for label, action in row) for row in rows)
    message = Message(part.html, buttons)
    due_at = digest.due_at if part.number == 1 and not digest.is_notice else None
    return Outgoing(part.id, digest.id, part.chat_id, part.thread_id, message, part.silent, part.in_doubt, due_at)
