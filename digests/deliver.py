"""From composed digests to delivered messages: the second half of a delivery.

::

    compose a digest --> claim its parts --> send, up to AT_ONCE at a time --> record what became of them
       only where there is room for its parts: nobody's digest is older than it must be

Promise 2 (DESIGN.md): Telegram has no key that makes a send idempotent. So each part is marked `sending` *before* its
request and `sent` after its answer; a part found `sending` at the start of a round may or may not have arrived: that
is stored as in doubt, then it is sent again. One part of a chat is under way at a time, so at most that one can be
doubled. Only the holder of the `DeliveryLock` delivers, one round at a time, so `sending` is nobody else's.
"""

import asyncio
import math
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from digests.claim import compose_one
from digests.edition import Editions
from digests.parts import Outcome, Outgoing, claim_parts, record, recover
from digests.sending import Flooded, NoAnswer, Sender, SendError
from feeds.database import Database

log = structlog.get_logger()

T = TypeVar("T")
# A second's worth: second parts wait that long for their chat, and the others must not wait for them.
AT_ONCE = 32
# Digests composed, and parts claimed, together.
GROUP = 4
# Seconds in which a request that hangs holds up what has fallen due meanwhile.
ASK_AGAIN = 2.0


async def deliver(
    database: Database,
    sender: Sender,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    still_mine: Callable[[], bool] = lambda: True,
    on_outcome: Callable[[Outcome, datetime], None] = lambda _outcome, _now: None,
    open_to: Collection[int] | None = None,
) -> int:
    """Composes and sends all that is due now; returns the parts sent.

    Starts nothing more when `stop` is set, the channel is flooded, or the delivery lock is lost, which `still_mine`
    tells. Where the database fails it does not either: what is under way is waited for and recorded, then it raises.
    `on_outcome` is told what became of each part. Of a bot that is not open to all, `open_to` are its admins.
    """
    if not await asyncio.to_thread(still_mine):  # what is under way may be a successor's
        return 0
    doubtful = await asyncio.to_thread(_in_session, database, recover)
    if doubtful:
        log.warning("parts in doubt are sent again", parts=doubtful)
    sent, goes_on, none_due_until = 0, True, -math.inf
    failure: Exception | None = None
    editions = Editions()  # the readers due at one moment choose from the same stories
    under_way: set[asyncio.Task[Outcome]] = set()
    now = asyncio.get_running_loop().time
    async with asyncio.TaskGroup() as group:
        while True:
            outcomes = [task.result() for task in under_way if task.done()]
            under_way = {task for task in under_way if not task.done()}
            await asyncio.to_thread(_record, database, outcomes, clock())
            for outcome in outcomes:
                on_outcome(outcome, clock())
            sent += sum(isinstance(outcome.answer, int) for outcome in outcomes)
            flooded = any(isinstance(outcome.answer, Flooded) for outcome in outcomes)
            room, composes = AT_ONCE - len(under_way), False
            try:
                goes_on = goes_on and not flooded and not stop.is_set() and await asyncio.to_thread(still_mine)
                if goes_on and room >= GROUP:
                    parts = await asyncio.to_thread(_claim, database, clock(), room, open_to)
                    under_way |= {group.create_task(_send(sender, part)) for part in parts}
                    composes = len(parts) < room and now() >= none_due_until
                if composes and not await asyncio.to_thread(_compose, database, clock(), editions):
                    none_due_until = now() + ASK_AGAIN
            except Exception as error:
                failure, goes_on, composes = error, False, False
            if composes:
                continue
            if not under_way:
                break
            await asyncio.wait(under_way, timeout=ASK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
    if failure:
        raise failure
    return sent


async def _send(sender: Sender, part: Outgoing) -> Outcome:
    with bound_contextvars(digest=part.digest_id, part=part.part_id):
        try:
            answer = await sender.send(part.chat_id, part.message, silent=part.silent, thread_id=part.thread_id)
        except SendError as error:
            return Outcome(part, error)
        except Exception as error:  # nobody knows how far it came
            log.exception("the sender failed", chat_id=part.chat_id)
            return Outcome(part, NoAnswer(repr(error)))
        log.info("part sent", chat_id=part.chat_id, message_id=answer)
        return Outcome(part, answer)


def _record(database: Database, outcomes: Sequence[Outcome], now: datetime) -> None:
    """All in one transaction; where that fails, each in its own: what has its answer must not be in doubt."""
    if not outcomes:
        return
    try:
        _in_session(database, partial(record, outcomes=outcomes, now=now))
    except Exception:
        log.exception("parts are recorded one by one")
        for outcome in outcomes:
            try:
                _in_session(database, partial(record, outcomes=[outcome], now=now))
            except Exception:  # it stays `sending`: in doubt at the next round
                digest_id, part_id = outcome.part.digest_id, outcome.part.part_id
                log.exception("a part could not be recorded", digest=digest_id, part=part_id)


def _claim(database: Database, now: datetime, room: int, open_to: Collection[int] | None) -> Sequence[Outgoing]:
    return _in_session(database, partial(claim_parts, now=now, limit=room, open_to=open_to))


def _compose(database: Database, now: datetime, editions: Editions) -> bool:
    """A few digests, each in a transaction of its own; whether there may be more."""
    return all(_in_session(database, partial(compose_one, now=now, editions=editions)) for _ in range(GROUP))


def _in_session(database: Database, work: Callable[[Session], T]) -> T:
    with database.session() as session:
        return work(session)
