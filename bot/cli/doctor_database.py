"""doctor: the database, its disk and its last backup; feeds, queues and the canary, as it shows them."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from bot.cli.finding import Finding, right, wrong
from bot.cli.opened import naming_database, shown
from bot.cli.typed import typed
from bot.clock import now
from bot.settings import Settings
from digests.admins import BACKUP, last_done
from digests.messages import plain_text
from digests.status import status_view
from digests.templates import macros, render
from digests.troubles import LEAST_ROOM, room_left, troubles_of
from feeds.database import Database, DatabaseError

CHECK_FOR = 20.0  # seconds in which an SQLite file is checked
OLD_BACKUP = timedelta(days=7)
LEAST_POSTGRESQL = 14
_CLOCK_DIFFERENCE = 5.0  # seconds
_STEPS = 10_000  # of SQLite's machine between two looks at the clock


def look_at_database(settings: Settings) -> Iterator[Finding]:
    try:
        if not _is_there(settings):
            yield wrong("database", f"{shown(settings)} is not there yet; `{typed('migrate')}` makes it")
            return
        with naming_database(settings):
            database = Database(settings.database_url)
            try:
                yield from _look(settings, database)
            finally:
                database.close()
    except DatabaseError as error:
        yield wrong("database", str(error))


def _is_there(settings: Settings) -> bool:
    """Connecting to an SQLite file that is not there would make it."""
    address = make_url(settings.database_url)
    return not address.drivername.startswith("sqlite") or Path(address.database or "").exists()


def _look(settings: Settings, database: Database) -> Iterator[Finding]:
    database.refuse_half_restored()
    present, newest = database.revision()
    if present != newest:
        is_newer = present and newest and present > newest
        what_to_do = "update the code" if is_newer else f"`{typed('migrate')}`"
        yield wrong(
            "database", f"{shown(settings)} is at revision {present or 'none'}, the code is at {newest}: {what_to_do}"
        )
        return
    with database.session():  # takes the write lock and changes nothing
        pass
    yield right("database", f"{shown(settings)}, revision {present}, can be written")
    with database.reading() as session:
        yield from _sqlite(database, session) if database.is_sqlite else _postgresql(session)
        yield from _backup(session)
        yield from _feeds(session)
        yield from _queues(settings, session)


def _sqlite(database: Database, session: Session) -> Iterator[Finding]:
    mode = session.scalar(text("PRAGMA journal_mode"))
    if mode != "wal":
        yield wrong("database", f"its journal is {mode}, not WAL: is it on a network disk? Put it on a local one")
    room = room_left(database)
    if room is not None and room < LEAST_ROOM:
        yield wrong("disk", f"{room // 1_000_000:,} MB are free: make room, or set KEEP_FULL_TEXT_DAYS")
    elif room is not None:
        yield right("disk", f"{room // 1_000_000:,} MB are free")
    yield _integrity(Path(database.engine.url.database or ""))


def _integrity(path: Path) -> Finding:
    """By a connection of its own, which may be interrupted: of a large file this takes minutes."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    end = time.monotonic() + CHECK_FOR
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if "interrupted" in str(error):
            return right("integrity", f"nothing wrong in {CHECK_FOR:.0f} seconds; the rest was not looked at")
        said = str(error)
    finally:
        connection.close()
    if said == "ok":
        return right("integrity", "the file is whole")
    return wrong("integrity", f"the file is damaged ({' '.join(said.split())}): stop the bot and restore a backup")


def _postgresql(session: Session) -> Iterator[Finding]:
    number = int(session.scalar(text("SHOW server_version_num")) or 0)
    version = session.scalar(text("SHOW server_version"))
    if number < LEAST_POSTGRESQL * 10_000:
        yield wrong("database", f"PostgreSQL {version} is too old: use {LEAST_POSTGRESQL} or newer")
    else:
        yield right("database", f"PostgreSQL {version}")
    theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    off = abs((theirs - datetime.now(UTC)).total_seconds())
    if off > _CLOCK_DIFFERENCE:
        yield wrong("clock", f"this machine and PostgreSQL differ by {off:.0f} seconds: let NTP set both clocks")
    else:
        yield right("clock", "as PostgreSQL's")


def _backup(session: Session) -> Iterator[Finding]:
    last = last_done(session, BACKUP)
    if last is None:
        yield right("backup", f"none was made with `{typed('backup FILE')}` yet")
    elif now() - last > OLD_BACKUP:
        yield wrong("backup", f"the last is of {last:%Y-%m-%d}: `{typed('backup FILE')}`, best every night")
    else:
        yield right("backup", f"the last is of {last:%Y-%m-%d %H:%M} UTC")


def _feeds(session: Session) -> Iterator[Finding]:
    status = status_view(session, now())
    progress = status.progress
    yield right("feeds", f"{progress.done} of {progress.total} read; {status.canary.day.read} articles in 24 hours")
    for feed in status.failing:
        yield wrong("feeds", f"{feed.outlet}: {feed.error}")
    for feed in status.silent:
        since = f"nothing new since {feed.since:%Y-%m-%d}" if feed.since else "it never had an entry"
        yield wrong("feeds", f"{feed.outlet}: it answers, but {since}")
    canary = render("canary.html", "en", canary=status.canary)
    yield wrong("canary", canary) if status.canary.is_alarm else right("canary", canary)


def _queues(settings: Settings, session: Session) -> Iterator[Finding]:
    words = macros("trouble_words.html", "en")
    found = troubles_of(session, now(), open_to=settings.open_to)
    for trouble in found:
        yield wrong("queues", plain_text(str(words.said(trouble, "UTC"))))
    if not found:
        yield right("queues", "nothing is stuck")
