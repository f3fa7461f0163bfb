"""Which share of the bot's 30 messages a second (`bot.pace`) this process may send, where several processes send.

PostgreSQL holds 30 advisory locks (`feeds.locks`), each the right to send one message in any second:

========================  ============================================================================================
who serves                an equal part of `RESERVED`, at least one: people are answered while digests go out
who holds the delivery    all the rest
who waits to deliver      none
========================  ============================================================================================

Who serves also shares a lock that only counts them. When one more comes, the others give rights back: first they send
less, and only when no more than that was on its way for a second are the locks let go. So no second has more than 30
over all processes. The rights of a dead process are free at once, of one that hangs after `feeds.locks.LEASE`; whoever
takes one lets a second pass before it is used.

SQLite does not tell how many processes there are; it is for one machine, where each role runs once. Who only serves
takes `RESERVED`, who only delivers the rest.
"""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.pace import PER_SECOND, Pace
from feeds.database import Database
from feeds.locks import LockSession

log = structlog.get_logger()

RESERVED = 10
_REST = 1.5  # seconds in which a right that was taken is not used: who died with it may have used it just before
_RIGHTS, _SERVING = 0x6469656E, 0x6469656F  # spaces of advisory locks


def share_of(*, serves: bool, delivers: bool, serving: int) -> int:
    """Messages a second for a process, where `serving` processes serve, itself included."""
    each = max(1, RESERVED // max(1, serving))
    if delivers:
        return max(1, PER_SECOND - each * (serving - serves))
    return each if serves else 0


class Shares:
    """Keeps a pace to its share; `look` is to be called every few seconds, one call at a time."""

    def __init__(self, database: Database, pace: Pace, *, serves: bool, delivers: Callable[[], bool]) -> None:
        """`delivers` tells whether this process is the one that delivers at the moment."""
        self._session = LockSession(database)
        self._pace = pace
        self._serves = serves
        self._delivers = delivers
        self._rights: list[int] = []
        pace.limit(0)

    async def look(self) -> None:
        """Takes what is missing and free, or gives back what is too much."""
        if not self._delivers():
            self._pace.drop_digests()  # without a share they would wait, and come again when it delivers again
        try:
            wanted = await asyncio.to_thread(self._wanted)
            kept = min(wanted, len(self._rights))
            self._pace.limit(kept)
            if self._pace.keeps_to(kept):
                await asyncio.to_thread(self._change_to, wanted)
                await asyncio.sleep(_REST if len(self._rights) > kept else 0)
                self._pace.limit(len(self._rights))
        except SQLAlchemyError as error:
            # Without the database nothing is delivered, and people are told that something is wrong.
            log.warning("the share of this process is not known", error=type(error).__name__)
            self._rights.clear()
            self._pace.limit(1)

    def close(self) -> None:
        """Lets all rights go."""
        self._session.close()

    def _wanted(self) -> int:
        if not self._session.is_alive():
            self._rights.clear()
            self._session.begin()
            if self._serves:
                self._session.take(_SERVING, 0, shared=True)
        serving = self._session.holders(_SERVING, 0)
        return share_of(serves=self._serves, delivers=self._delivers(), serving=serving)

    def _change_to(self, wanted: int) -> None:
        while len(self._rights) > wanted:
            self._session.give_back(_RIGHTS, self._rights.pop())
        for number in set(range(PER_SECOND)).difference(self._rights):
            if len(self._rights) < wanted and self._session.take(_RIGHTS, number):
                self._rights.append(number)
