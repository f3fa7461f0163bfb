"""Writes a whole database into one file, while others go on using it; `feeds.restore` reads it.

Of SQLite the file is a database itself; of PostgreSQL an archive of pg_dump.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import mkstemp

from feeds.database import Database, DatabaseError
from feeds.pgtools import run_tool


def back_up(database: Database, file: Path, *, force: bool = False) -> None:
    """Writes `file` (for its owner's eyes only): all as it was at one moment. Replaces a file only with `force`.

    It appears under its name when it is complete, checked and on the disk. Raises `DatabaseError` and `OSError`.
    """
    if file.exists() and not force:
        raise DatabaseError(f"{file} is there already: choose another name, or --force")
    if database.path and (not database.path.exists() or (file.exists() and file.samefile(database.path))):
        raise DatabaseError("a database is backed up into another file, and must be there")
    database.refuse_half_restored()
    if database.revision()[0] is None:
        raise DatabaseError("there is nothing in it to back up")
    descriptor, name = mkstemp(".unfinished", f"{file.name}.", file.parent)  # for its owner's eyes only
    os.close(descriptor)
    unfinished = Path(name)
    try:
        if database.is_sqlite:
            _copy(database, unfinished)
        else:
            options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")
            run_tool("pg_dump", database, options)
        publish(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)


def publish(unfinished: Path, file: Path) -> None:
    """Gives a finished file its name, for good: also after a power cut it is whole or not there."""
    _sync(unfinished)
    unfinished.replace(file)
    _sync(file.absolute().parent)


def check_file(connection: sqlite3.Connection) -> None:
    """Raises `DatabaseError` where the pages of an SQLite database or references between its rows are broken."""
    try:
        ((said,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"the file is damaged: {error}") from error
    if said != "ok" or broken:
        raise DatabaseError(f"the file is damaged: {f'{broken[0]} refers to what is missing' if broken else said}")


def _copy(database: Database, file: Path) -> None:
    """All pages in one step, in one read transaction: writers go on meanwhile, and are not in it."""
    source = database.engine.raw_connection()
    try:
        with closing(sqlite3.connect(file)) as target:
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - SQLite's driver is no other
            driver.backup(target)
            target.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, nothing beside it
            check_file(target)
    finally:
        source.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
