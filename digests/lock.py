"""One process delivers at a time: whoever holds this lock. It is let go by the system when its holder dies."""

import fcntl
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from feeds.database import Database

# Any number serves, as long as nothing else in the same database takes an advisory lock by it.
_ADVISORY_KEY = 0x6469656D74696E


class DeliveryLock(Protocol):
    def acquire(self) -> bool:
        """Takes the lock if it is free; True when held now, also when it was held already, unless lost meanwhile."""
        ...

    def release(self) -> None: ...


def delivery_lock(database: Database) -> DeliveryLock:
    """PostgreSQL: an advisory lock on a connection of its own. SQLite: a locked file beside the database."""
    if not database.is_sqlite:
        return _AdvisoryLock(database)
    path = database.engine.url.database
    return _FileLock(Path(f"{path}.deliver") if path and path != ":memory:" else None)


class _FileLock:
    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        if self._path is None or self._file is not None:
            return True
        file = self._path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _AdvisoryLock:
    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except SQLAlchemyError:  # the server dropped us, and the lock with us: whoever delivers must stop first
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
                return False
            return True
        connection = self._engine.connect()
        if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}):
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        if self._connection is not None:
            # Closing returns the connection to the pool with the lock still on it; ending it lets go.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
