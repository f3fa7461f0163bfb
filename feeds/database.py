"""Engine, sessions and migrations: SQLite by default, PostgreSQL by its URL.

One schema and one set of queries serve both; what differs (pragmas, locks) is in this module.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

T = TypeVar("T")

_MIGRATIONS = Path(__file__).parent / "migrations"
_OTHERS = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND coalesce(backend_type, 'client backend') = 'client backend'
    )
"""
ASIDE = "before_restore"
"""The schema of PostgreSQL in which lies what was there before, while a restore is under way."""
_OLDEST_POSTGRES = (14,)  # has idle_session_timeout (feeds.locks)
# libpq's: a server that is gone without a word, or the way to it, is noticed within 20 s.
NOTICED = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SQLITE, _POSTGRES = "sqlite+pysqlite", "postgresql+psycopg"
_DRIVERS = {"sqlite": _SQLITE, "postgresql": _POSTGRES, "postgres": _POSTGRES, _SQLITE: _SQLITE, _POSTGRES: _POSTGRES}


class DatabaseError(Exception):
    """The database cannot be used; the message says why, without the password."""


class Database:
    """An engine with its sessions. `with database.session() as session:` commits at the end or rolls back."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite's readers see one moment anyway; PostgreSQL's else see a new one with every query.
        one_moment = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(read_only=True, **one_moment)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, all of one moment, and so waits for no writer."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database; None where there is none."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    def is_in_use(self) -> bool:
        """Whether others are connected to it; ends the connections of this object."""
        self.close()
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text(_OTHERS)))
        if self.path is None or not self.path.exists():
            return False
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            try:
                # In this mode it is refused where anybody has the file open, even without a transaction.
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY":
                    raise DatabaseError(f"cannot use {self.path}: {error}") from error
                return True
            except sqlite3.DatabaseError as error:
                raise DatabaseError(f"cannot use {self.path}: {error}") from error
            connection.execute("ROLLBACK")
        return False

    def migrate(self, *, restoring: bool = False) -> None:
        """Brings the schema to the newest revision; on a database that is there already, does nothing.

        Raises `DatabaseError`, also where a restore has not come to its end, but for the restore itself.
        """
        try:
            if not restoring:
                self.refuse_half_restored()
            command.upgrade(self.alembic_config(), "head")
        except SQLAlchemyError as error:
            raise DatabaseError(f"cannot prepare the database: {error}") from error
        version = self.engine.dialect.server_version_info
        if not self.is_sqlite and version and version < _OLDEST_POSTGRES:
            raise DatabaseError(f"PostgreSQL {_OLDEST_POSTGRES[0]} or newer is needed, this is {version[0]}")

    def is_half_restored(self) -> bool:
        """Whether a restore is under way or was cut off (`feeds.restore`). Of a file it is one step."""
        if self.is_sqlite:
            return False
        with self.engine.connect() as connection:
            return ASIDE in inspect(connection).get_schema_names()

    def refuse_half_restored(self) -> None:
        """Raises `DatabaseError` where a restore has not come to its end.

        An empty schema may be one into an empty database, under way at this moment: only a person knows it is not.
        """
        if not self.is_half_restored():
            return
        why = "a restore is under way, or was cut off: wait for its end, or do it again (`restore FILE --force`)"
        with self.engine.connect() as connection:
            lies_aside = inspect(connection).get_table_names(schema=ASIDE)
        if lies_aside:
            raise DatabaseError(f"{why}; what was there before lies in the schema {ASIDE}")
        raise DatabaseError(f"{why}; or, where all is in its place, `DROP SCHEMA {ASIDE}`: it is empty")

    def revision(self) -> tuple[str | None, str | None]:
        """(revision of this database, newest revision of the code); the first is None where there is none."""
        with self.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        return present, ScriptDirectory.from_config(self.alembic_config()).get_current_head()

    def knows_revision(self, revision: str) -> bool:
        """Whether the code has this revision, the newest or an earlier one."""
        scripts = ScriptDirectory.from_config(self.alembic_config())
        return revision in {script.revision for script in scripts.walk_revisions()}

    def new_revision(self, message: str, metadata: MetaData) -> None:
        """For developers: writes the migration that brings this database to `metadata`."""
        config = self.alembic_config()
        config.attributes["metadata"] = metadata
        number = len(list((_MIGRATIONS / "versions").glob("*.py"))) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")

    def alembic_config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["engine"] = self.engine
        return config

    def close(self) -> None:
        self.engine.dispose()


def _make_engine(url: str) -> Engine:
    """Its errors are logged: they have no parameters, among which is what people type."""
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    except (ArgumentError, KeyError, ValueError):
        raise DatabaseError(
            "that is not the address of a database, such as sqlite:///data/diem-tin.db"
            " or postgresql://user:password@host/database"
        ) from None
    if parsed.drivername == _POSTGRES:
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=NOTICED)
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(f"no folder for the database {parsed.database}: {error.strerror}") from error
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": 30})
    event.listen(engine, "do_connect", _create_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(_dialect: Any, _record: Any, arguments: list[Any], _options: dict[str, Any]) -> None:
    """A new file is its owner's alone, and so are those that SQLite keeps beside it."""
    name = arguments[0]
    # One that is there is not opened: closing it would let go of the locks that SQLite has on it.
    if name != ":memory:" and not name.startswith("file:") and not Path(name).exists():
        with suppress(OSError):  # SQLite says it better
            Path(name).touch(mode=0o600, exist_ok=False)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while one writes; the driver's own transaction handling is switched off.

    Statistics are not kept, so that plans stay what tests see. Of a million articles a whole ANALYZE holds the write
    lock for seconds; one of samples, as PRAGMA optimize makes, misses how many articles cite the most cited document.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Takes the write lock at once: a transaction that reads first and writes later can fail busy."""
    if connection.get_execution_options().get("read_only"):
        connection.connection.execute("BEGIN")  # the driver's own, a third of the time: takes no lock, cannot fail busy
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def chunks(values: Iterable[T], size: int = 1000) -> Iterator[Sequence[T]]:
    """`values`, so many at a time: a query takes only so many variables."""
    every = list(values)
    return (every[start : start + size] for start in range(0, len(every), size))
