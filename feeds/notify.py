"""Word from one process to another that something has fallen due (PostgreSQL's LISTEN and NOTIFY).

It only makes things quicker: whoever misses it, since its connection was down, finds the same at its next tick.
"""

import asyncio
from collections.abc import Callable

import psycopg
import structlog
from sqlalchemy import text

from feeds.database import NOTICED, Database

log = structlog.get_logger()

_CHANNEL = "diem_tin_due"
_PAUSE = 5.0  # seconds between two attempts to listen


def notify(database: Database) -> None:
    """Tells all who listen; nothing on SQLite, whose file is one machine's."""
    if not database.is_sqlite:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(f"NOTIFY {_CHANNEL}"))


async def listen(database: Database, heard: Callable[[], None]) -> None:
    """Calls `heard` at the beginning and at each word, until it is cancelled; on SQLite returns at once.

    A connection that is lost is opened again, and what was missed meanwhile counts as heard.
    """
    if database.is_sqlite:
        return
    arguments, options = database.engine.dialect.create_connect_args(database.engine.url)
    options = {**NOTICED, **options}
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(*arguments, **options, autocommit=True) as connection:
                await connection.execute(f"LISTEN {_CHANNEL}")
                heard()
                async for _ in connection.notifies():
                    heard()
        except psycopg.OperationalError as error:
            log.warning("not told of what falls due, only finding it", error=str(error).partition("\n")[0])
        await asyncio.sleep(_PAUSE)
