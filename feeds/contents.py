"""What a database holds: the rows of its tables, and whether its full-text index is whole."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, inspect, select, table, text
from sqlalchemy.exc import DBAPIError

from feeds.database import Database, DatabaseError
from feeds.indexing import fill_index, is_index_table
from feeds.models import ArticleWords

REVISION_TABLE = "alembic_version"
_CHECK = "INSERT INTO article_index (article_index) VALUES ('integrity-check')"
EMPTY = {
    "sqlite": "INSERT INTO article_index (article_index) VALUES ('delete-all')",
    "postgresql": "DELETE FROM article_index",
}


def table_names(connection: Connection) -> list[str]:
    """All tables, the index and Alembic's own included."""
    return sorted(inspect(connection).get_table_names())


def count_rows(database: Database) -> Mapping[str, int]:
    """Table -> its rows, of one moment; a database without tables has none."""
    with database.reading() as session:
        connection = session.connection()
        names = [name for name in table_names(connection) if name != REVISION_TABLE and not is_index_table(name)]
        return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def refuse_unless_free(database: Database, *, force: bool = False) -> None:
    """Raises `DatabaseError` where the database may not be filled: used, of others, or (without `force`) not empty."""
    if database.is_in_use():
        raise DatabaseError("a process is using it: stop it first")
    counts = count_rows(database)
    with database.engine.connect() as connection:
        names = table_names(connection)
    if names and REVISION_TABLE not in names:
        raise DatabaseError(f"it has tables of something else: {', '.join(names[:5])}")
    if any(counts.values()) and not force:
        raise DatabaseError(f"it is not empty: it has {sum(counts.values())} rows")


def ensure_index(database: Database) -> bool:
    """Builds the full-text index anew where it is damaged or lacks entries; whether that was needed."""
    with database.session() as session:
        connection = session.connection()
        if _is_whole(connection):
            return False
    with database.session() as session:
        connection = session.connection()
        connection.execute(text(EMPTY[connection.dialect.name]))
        fill_index(connection)
    return True


def reclaim_space(database: Database) -> int:
    """Writes the database anew without the space of what is gone; returns the bytes that the disk got back.

    Needs as much free space meanwhile; writers wait for it.
    """
    before = _size(database)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            driver: Any = connection.connection.driver_connection  # a transaction of ours would be in its way
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        else:
            connection.execute(text("VACUUM (FULL, ANALYZE)"))
    return before - _size(database)


def _size(database: Database) -> int:
    with database.reading() as session:
        if not database.is_sqlite:
            return session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    return database.path.stat().st_size if database.path else 0


def _is_whole(connection: Connection) -> bool:
    try:
        if connection.dialect.name == "sqlite":
            connection.execute(text(_CHECK))
        indexed = connection.scalar(select(func.count()).select_from(table("article_index")))
    except DBAPIError:
        return False
    return indexed == connection.scalar(select(func.count()).select_from(ArticleWords))
