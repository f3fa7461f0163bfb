"""The settings, logs and database that a command works with."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.errors import why
from bot.clock import now
from bot.logs import set_up_logs
from bot.settings import Settings, load_settings
from feeds.database import Database, DatabaseError
from feeds.following import sync_sources
from feeds.sources import load_sources


def ready_settings(least: str = "warning") -> Settings:
    """The checked settings, with logs set up. Commands that print their own result log only from `least` on,
    unless LOG_LEVEL asks for debug."""
    settings = load_settings()
    levels = ("info", "warning", "error")
    level = settings.log_level
    set_up_logs(level if level == "debug" else max(level, least, key=levels.index), settings.log_format)
    return settings


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """The database, at the newest revision."""
    with closed_database(settings) as database:
        database.migrate()
        yield database


@contextmanager
def closed_database(settings: Settings) -> Iterator[Database]:
    """The database as it is, of whatever revision, or not there yet."""
    with naming_database(settings):
        database = Database(settings.database_url)
        try:
            yield database
        finally:
            database.close()


def sync_feeds(settings: Settings, database: Database) -> None:
    """Brings the feeds that the database follows in step with the sources file."""
    with database.session() as session:
        sync_sources(session, load_sources(settings.sources_file), now())


@contextmanager
def naming_database(settings: Settings) -> Iterator[None]:
    """Whatever the database or its driver raises inside becomes a `DatabaseError` that names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, CommandError, DatabaseError) as error:
        raise DatabaseError(f"{shown(settings)}: {why(error)}") from error


def shown(settings: Settings) -> str:
    """The database's address without its password."""
    return make_url(settings.database_url).render_as_string()
