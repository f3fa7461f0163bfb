"""The settings, logs and database that a command works with."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.logs import set_up_logs
from bot.settings import Settings, load_settings
from feeds.database import Database


def ready_settings(*, quiet: bool = True) -> Settings:
    """The checked settings, with logs set up: warnings only for commands that print their own result."""
    settings = load_settings()
    level = settings.log_level
    set_up_logs("warning" if quiet and level in ("debug", "info") else level, settings.log_format)
    return settings


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """The database, at the newest revision."""
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield database
    finally:
        database.close()
