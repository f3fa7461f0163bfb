"""One process delivers at a time: whoever holds this lock.

PostgreSQL: an advisory lock (`feeds.locks`), free at once when its holder dies, and `LEASE` after it hangs or its
machine vanishes. SQLite: a locked file beside the database, which the system lets go when its holder dies.
"""

import fcntl
from pathlib import Path
from typing import IO, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from feeds.database import Database
from feeds.locks import LockSession

log = structlog.get_logger()

# Any numbers serve, as long as nothing else in the same database takes an advisory lock by them.
_SPACE, _NUMBER = 0x6469656D, 0x1


class DeliveryLock(Protocol):
    @property
    def is_held(self) -> bool:
        """Whether it was held when last looked at."""
        ...

    def acquire(self) -> bool:
        """Takes the lock if it is free; True when held now, also when it was held already, unless lost meanwhile."""
        ...

    def keep(self) -> bool:
        """Whether it is held still; takes none."""
        ...

    def release(self) -> None: ...


def delivery_lock(database: Database) -> DeliveryLock:
    if not database.is_sqlite:
        return _AdvisoryLock(database)
    path = database.engine.url.database
    return _FileLock(Path(f"{path}.deliver") if path and path != ":memory:" else None)


class _FileLock:
    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def is_held(self) -> bool:
        return self._path is None or self._file is not None

    def keep(self) -> bool:
        return self.is_held

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
        self._session = LockSession(database)
        self.is_held = False

    def keep(self) -> bool:
        if self.is_held and not self._session.is_alive():
            log.warning("the delivery lock is lost: another process may deliver")
            self.is_held = False
        return self.is_held

    def acquire(self) -> bool:
        if self.is_held:
            return self.keep()  # where it is lost, whoever delivers must stop before it is taken again
        try:
            if not self._session.is_alive():
                self._session.begin()
            self.is_held = self._session.take(_SPACE, _NUMBER)
        except SQLAlchemyError as error:  # who cannot ask does not hold it
            log.warning("the delivery lock cannot be asked for", error=type(error).__name__)
        return self.is_held

    def release(self) -> None:
        self.is_held = False
        self._session.close()
