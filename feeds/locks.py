"""Locks that PostgreSQL lets go when their holder dies, hangs or vanishes: advisory locks of a session of its own.

A dead process closes its connection. One that hangs, or whose machine is gone, says nothing: `idle_session_timeout`
(PostgreSQL 14 or newer) ends a session that was not heard of for `LEASE`, whatever TCP believes. So who holds such
locks asks `is_alive` every few seconds, and knows by the answer that it holds them still.
"""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from feeds.database import Database

LEASE = timedelta(seconds=20)

_HOLDERS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = :space AND objid = :number
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class LockSession:
    """One session with the locks that it holds, each a pair of a space and a number; for use by any thread."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._one_at_a_time = threading.RLock()

    def is_alive(self) -> bool:
        """Tells the server that we live. False where the session, and all its locks, are lost, or never began."""
        with self._one_at_a_time:
            if self._connection is None:
                return False
            try:
                self._connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                self._drop()
                return False
            return True

    def begin(self) -> None:
        """Opens the session, unless it is open."""
        with self._one_at_a_time:
            if self._connection is None:
                self._connection = self._engine.connect()
                try:
                    self._connection.execute(text(f"SET idle_session_timeout = '{LEASE.total_seconds():.0f}s'"))
                except SQLAlchemyError:
                    self._drop()
                    raise

    def take(self, space: int, number: int, *, shared: bool = False) -> bool:
        """Takes a lock if it is free, or with `shared` held only by those who share it."""
        kind = "_shared" if shared else ""
        return bool(self._ask(f"SELECT pg_try_advisory_lock{kind}(:space, :number)", space, number))

    def give_back(self, space: int, number: int) -> None:
        """Lets go of a lock that is not shared."""
        self._ask("SELECT pg_advisory_unlock(:space, :number)", space, number)

    def holders(self, space: int, number: int) -> int:
        """How many sessions hold a lock."""
        return int(self._ask(_HOLDERS, space, number))

    def close(self) -> None:
        """Lets go of all, at once: by a closed connection alone the server knows it only when it comes to look."""
        with self._one_at_a_time:
            if self._connection is not None:
                with suppress(SQLAlchemyError):  # a session that is lost holds none
                    self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
                self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closing would give the pool a connection that may still hold the locks, and its `idle_session_timeout`.
            connection.invalidate()
            connection.close()

    def _ask(self, query: str, space: int, number: int) -> Any:
        with self._one_at_a_time:
            if self._connection is None:
                raise RuntimeError("the session of locks has not begun")
            try:
                return self._connection.scalar(text(query), {"space": space, "number": number})
            except SQLAlchemyError:
                self._drop()
                raise
