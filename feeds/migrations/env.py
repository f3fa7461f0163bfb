"""Alembic's entry: runs on the engine that `feeds.database.Database` hands over.

`bot.py migrate --new NAME` passes the models' metadata for comparison; upgrades need none.

Processes of the release before go on working on the new schema while they are replaced one by one. So a migration only
adds what that release can do without: tables, columns with a default or NULL, indexes. What is used no more is dropped
by a migration of the next release.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from feeds.indexing import is_index_table

config = context.config


def render_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own column types are written as the plain types they store, so that old migrations stay as they are."""
    if kind == "type" and type(item).__name__ == "UTCDateTime":
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making the table anew, and dropping the old one would delete what refers to it.

    Done on the driver's connection, since the pragma does nothing inside a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"the migration left {len(broken)} references to nothing")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


with config.attributes["engine"].connect() as connection, foreign_keys_off(connection):
    context.configure(
        connection=connection,
        target_metadata=config.attributes.get("metadata"),
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_type,
        include_name=lambda name, kind, _: not (kind == "table" and is_index_table(name or "")),
        compare_type=True,
        transactional_ddl=True,  # Alembic thinks SQLite has none, and would let others in after each migration
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":  # two processes that start together take turns
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x6469656D746971})
        context.run_migrations()
    connection.commit()
