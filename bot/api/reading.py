"""Reads for the API: few at a time and each for so long, so that nobody who asks slows the bot down."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.api.problems import Refused
from bot.context import Services

T = TypeVar("T")

AT_ONCE = 2
MOST_WAITING = 50
SECONDS = 5.0  # of one query
_STEPS = 10_000  # of SQLite between two looks at the clock


class Reading:
    """Where the API's operations read."""

    def __init__(self, services: Services, seconds: float = SECONDS) -> None:
        self._services = services
        self._seconds = seconds
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def read(self, work: Callable[[Session], T]) -> T:
        """What `work` reads; raises `Refused` where too many ask or it takes too long."""
        if self._waiting >= MOST_WAITING:
            raise _busy("too many ask at this moment")
        self._waiting += 1
        try:
            async with self._turns:
                return await self._services.read(self._bounded, work)
        except OperationalError as error:
            raise _busy("that takes too long, or the database cannot be reached") from error
        finally:
            self._waiting -= 1

    def _bounded(self, session: Session, work: Callable[[Session], T]) -> T:
        with _within(session, self._seconds):
            return work(session)


@contextmanager
def _within(session: Session, seconds: float) -> Iterator[None]:
    """Ends what the database does for the session after so long, with an `OperationalError`."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"SET LOCAL statement_timeout = {round(seconds * 1000)}"))
        yield
        return
    connection = session.connection().connection.dbapi_connection
    if connection is None:
        raise LookupError("a session that reads has a connection")
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    finally:  # others use the connection after us
        connection.set_progress_handler(None, 0)


def _busy(why: str) -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{why}: ask again later", headers={"Retry-After": "5"})
