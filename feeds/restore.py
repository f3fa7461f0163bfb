"""Fills a database from a file that `feeds.backup` wrote.

What was there before stays until all is restored, migrated and checked: a restore that fails changes nothing. One of
PostgreSQL that is killed leaves it aside: nothing starts on that database until another restore, which puts it back
first, has come to its end.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import CreateSchema, DropSchema

from feeds.backup import check_file, publish
from feeds.contents import REVISION_TABLE, count_rows, ensure_index, refuse_unless_free, table_names
from feeds.database import ASIDE, Database, DatabaseError
from feeds.indexing import is_index_table
from feeds.pgtools import run_tool, tool_output

_SQLITE, _POSTGRES = b"SQLite format 3\0", b"PGDMP"
_COPIED = re.compile(rb'COPY (?:\S+\.)?"?(\w+)"? \(')


def restore(database: Database, file: Path, *, force: bool = False) -> Mapping[str, int]:
    """Fills `database` from `file` and migrates it; returns table -> rows.

    Raises `DatabaseError` where the database is used or (without `force`) not empty, or where the file is of the other
    engine, damaged or of newer code; `OSError` where files cannot be read or written.
    """
    with file.open("rb") as opened:
        start = opened.read(16)
    kind = next((kind for kind in (_SQLITE, _POSTGRES) if start.startswith(kind)), None)
    if kind is None:
        raise DatabaseError(f"{file} is no backup")
    if (kind == _SQLITE) != database.is_sqlite:
        mine, other = ("SQLite", "PostgreSQL") if database.is_sqlite else ("PostgreSQL", "SQLite")
        raise DatabaseError(f"{file} is a backup of {other}, the database is {mine}: restore there, then migrate --to")
    if database.is_half_restored():
        _undo_cut_off(database, force=force)
    refuse_unless_free(database, force=force)
    if database.is_sqlite:
        _restore_file(database, file)
    else:
        _restore_archive(database, file)
    return count_rows(database)


def _restore_file(database: Database, file: Path) -> None:
    path = database.path
    unfinished = path and path.with_name(f"{path.name}.unfinished")
    if path is None or unfinished is None or any(one.exists() and file.samefile(one) for one in (path, unfinished)):
        raise DatabaseError("a backup is restored into another file")
    _remove(unfinished)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.touch(mode=0o600)
    restored = Database(f"sqlite:///{unfinished}")
    try:
        shutil.copyfile(file, unfinished)
        with closing(sqlite3.connect(unfinished)) as connection:
            check_file(connection)
        _complete(restored, restored.revision()[0], lambda: None)
        restored.close()
        with closing(sqlite3.connect(unfinished)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        if database.is_in_use():
            raise DatabaseError("a process began to use it: stop it first")
        _remove_beside(path)  # it stays itself until the other takes its name
        publish(unfinished, path)
    finally:
        restored.close()
        _remove(unfinished)


def _remove(path: Path) -> None:
    """An SQLite database with the files beside it."""
    path.unlink(missing_ok=True)
    _remove_beside(path)


def _remove_beside(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _restore_archive(database: Database, file: Path) -> None:
    revision, counts = _read_archive(database, file)
    _refuse_unknown(database, revision)

    def check_counts() -> None:
        restored = count_rows(database)
        if wrong := [name for name, rows in counts.items() if restored.get(name) != rows]:
            raise DatabaseError(f"not all came over: {', '.join(wrong)}")

    with _set_aside(database):
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        run_tool("pg_restore", database, (*options, f"--dbname={database.engine.url.database}", str(file.absolute())))
        _complete(database, revision, check_counts)


def _complete(database: Database, revision: str | None, check_counts: Callable[[], None]) -> None:
    """What is restored, brought to the newest revision and checked."""
    _refuse_unknown(database, revision)
    check_counts()
    database.migrate(restoring=True)
    ensure_index(database)


def _refuse_unknown(database: Database, revision: str | None) -> None:
    if revision is None:
        raise DatabaseError("the backup is of something else: it has no revision")
    if not database.knows_revision(revision):
        raise DatabaseError(f"the backup is newer than the code (revision {revision}): update the code first")


def _read_archive(database: Database, file: Path) -> tuple[str | None, Mapping[str, int]]:
    """The revision in an archive, and table -> rows: a row is a line between COPY and a dot."""
    revision, name, counts = None, None, {}
    with tool_output("pg_restore", database, ("--data-only", "--file=-", str(file.absolute()))) as lines:
        for line in lines:
            if name is None:
                if copied := _COPIED.match(line):
                    name = copied[1].decode()
                    counts[name] = 0
            elif line == b"\\.\n":
                name = None
            else:
                counts[name] += 1
                if name == REVISION_TABLE:
                    revision = line.decode().strip()
    ours = {name: rows for name, rows in counts.items() if name != REVISION_TABLE and not is_index_table(name)}
    return revision, ours


@contextmanager
def _set_aside(database: Database) -> Iterator[None]:
    """What is in a PostgreSQL database lies in a schema of its own meanwhile; it comes back where this fails."""
    with database.engine.begin() as connection:
        connection.execute(CreateSchema(ASIDE))
        for name in map(_quoted(connection), table_names(connection)):
            connection.execute(text(f"ALTER TABLE {name} SET SCHEMA {ASIDE}"))
    try:
        yield
    except BaseException:
        _put_back(database)
        raise
    with database.engine.begin() as connection:
        connection.execute(DropSchema(ASIDE, cascade=True))


def _undo_cut_off(database: Database, *, force: bool) -> None:
    """After a restore that was killed: all is as it was before it."""
    if database.is_in_use():
        raise DatabaseError("a process is using it: stop it first")
    if not force:
        raise DatabaseError("a restore was cut off: --force puts back what was there before, and restores anew")
    with database.engine.begin() as connection:
        lies_aside = inspect(connection).get_table_names(schema=ASIDE)
        if not lies_aside:  # what is in place is all there is: it is set aside in its turn
            connection.execute(DropSchema(ASIDE))
    if lies_aside:
        _put_back(database)


def _put_back(database: Database) -> None:
    """What lies aside takes the place of what came meanwhile."""
    with database.engine.begin() as connection:
        quoted = _quoted(connection)
        home = quoted(connection.scalar(text("SELECT current_schema()")) or "public")
        for name in map(quoted, table_names(connection)):
            connection.execute(text(f"DROP TABLE {name} CASCADE"))
        for name in map(quoted, inspect(connection).get_table_names(schema=ASIDE)):
            connection.execute(text(f"ALTER TABLE {ASIDE}.{name} SET SCHEMA {home}"))
        connection.execute(DropSchema(ASIDE))


def _quoted(connection: Connection) -> Callable[[str], str]:
    return connection.dialect.identifier_preparer.quote
