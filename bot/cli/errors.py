"""Errors in words for whoever typed the command; loaded only when there is one."""

import traceback

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.logs import mask_secrets
from feeds.database import DatabaseError

_HINTS = {  # what SQLite says -> what it means
    "file is not a database": "the file is not an SQLite database",
    "unable to open database file": "the file cannot be opened: is its folder there, and may it be written?",
    "attempt to write a readonly database": "the file may not be written",
    "database is locked": "another process holds it locked; try again when that is done",
    "database or disk is full": "the disk is full",
    "database disk image is malformed": "the file is damaged; restore a copy",
}


def explain(error: BaseException) -> str:
    """What went wrong, without secrets."""
    return mask_secrets(_words(error))


def trace(error: BaseException) -> str:
    """Where it went wrong, for developers, without secrets."""
    return mask_secrets("".join(traceback.format_exception(error)).rstrip())


def why(error: BaseException) -> str:
    """The reason that a database or its driver gives, without the statement."""
    cause = error.__cause__ if isinstance(error, DatabaseError) and error.__cause__ else error
    if isinstance(cause, CommandError):
        return f"its schema is not known here ({cause}): is the code older than the database?"
    if isinstance(cause, DBAPIError) and cause.orig:
        cause = cause.orig
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    first = lines[0] if lines else type(cause).__name__
    return next((meaning for sign, meaning in _HINTS.items() if sign in first), first)


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return _words(error.exceptions[0])
    if isinstance(error, SQLAlchemyError):
        return f"the database: {why(error)}"
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}" if error.filename else reason
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text: {error}"
    if type(error).__module__.partition(".")[0] in ("bot", "digests", "feeds"):  # ours are made for people
        return str(error)
    return f"unexpected {type(error).__name__}: {error} (LOG_LEVEL=debug shows where)"
