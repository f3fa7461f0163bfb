"""Copies a whole database into an empty one of either engine: in chunks, in one transaction of the target."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Row, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from feeds.contents import refuse_unless_free
from feeds.database import Database, DatabaseError
from feeds.indexing import fill_index

_CHUNK = 2000
"""Rows that are in memory at once."""


def move(
    source: Database,
    target: Database,
    tables: MetaData,
    on_table: Callable[[str, int], None] = lambda _name, _rows: None,
) -> Mapping[str, int]:
    """Fills `target` with all rows of `tables` in `source`; returns table -> rows, the same in both.

    Ids stay as they are, and none that was ever given comes again. The full-text index is built anew. PostgreSQL knows
    no NUL in texts: U+FFFD stands there instead. Nobody writes to `source` meanwhile, and it stays as it is. `on_table`
    hears of every table that is copied. Raises `DatabaseError`, and then nothing is in `target` but empty tables.
    """
    _refuse_source(source)
    with _naming(target):
        if _is_same(source, target):
            raise DatabaseError("that is where it is now")
        refuse_unless_free(target)
        target.migrate()
    with source.engine.begin() as reading, target.engine.begin() as writing:
        _keep_others_from_writing(reading, tables)
        counts = {}
        for table in tables.sorted_tables:
            counts[table.name] = _copy(reading, writing, table)
            on_table(table.name, counts[table.name])
            if not counts[table.name] == _count(reading, table) == _count(writing, table):
                raise DatabaseError(f"not all rows of {table.name} came over")
        fill_index(writing)
    if not target.is_sqlite:  # plans made without figures are slow, and its own round comes later
        with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    return counts


def _refuse_source(source: Database) -> None:
    if source.path and not source.path.exists():
        raise DatabaseError("it is not there")
    if source.is_in_use():
        raise DatabaseError("a process is using it: stop it first, or what it writes meanwhile would be lost")
    source.refuse_half_restored()
    present, newest = source.revision()
    if present != newest:
        raise DatabaseError(f"it is at revision {present or 'none'}, the code at {newest}: run migrate first")


@contextmanager
def _naming(target: Database) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, SQLAlchemyError) as error:
        address = target.engine.url.set(drivername=target.engine.dialect.name)
        raise DatabaseError(f"to {address.render_as_string()}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """What the engine says, without the statement."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return str(said).partition("\n")[0]


def _is_same(source: Database, target: Database) -> bool:
    if source.path and target.path and target.path.exists():
        return source.path.samefile(target.path)
    return source.engine.url == target.engine.url


def _keep_others_from_writing(connection: Connection, tables: MetaData) -> None:
    """On SQLite the transaction does that by itself."""
    if connection.dialect.name == "postgresql":
        quoted = connection.dialect.identifier_preparer.format_table
        names = ", ".join(map(quoted, tables.sorted_tables))
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))


def _copy(reading: Connection, writing: Connection, table: Table) -> int:
    """Rows that refer to rows of their own table get that when all are there."""
    own = [key.parent for key in table.foreign_keys if key.column.table is table]
    without = {column.name: None for column in own}
    rows = 0
    try:
        for chunk in _chunks(reading, table.columns):
            writing.execute(insert(table), [_storable(row, writing) | without for row in chunk])
            rows += len(chunk)
        keys = list(table.primary_key)
        put = update(table).where(*(key == bindparam(f"of_{key.name}") for key in keys))
        for column in own:
            for chunk in _chunks(reading, [*keys, column], column.is_not(None)):
                values = [
                    {f"of_{key.name}": row[at] for at, key in enumerate(keys)} | {column.name: row[-1]} for row in chunk
                ]
                writing.execute(put.values({column.name: bindparam(column.name)}), values)
        _go_on_from(writing, table, _last_id(reading, table))
    except DBAPIError as error:
        raise DatabaseError(f"the rows of {table.name} cannot be copied: {_reason(error)}") from None
    return rows


def _chunks(connection: Connection, columns: Iterable[Column[Any]], *wanted: Any) -> Iterator[Sequence[Row[Any]]]:
    query = select(*columns).where(*wanted)
    yield from connection.execute(query, execution_options={"yield_per": _CHUNK}).partitions()


def _storable(row: Row[Any], connection: Connection) -> dict[str, Any]:
    values = dict(row._mapping)
    if connection.dialect.name == "postgresql":
        for name, value in values.items():
            if isinstance(value, str) and "\0" in value:
                values[name] = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return values


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _last_id(connection: Connection, table: Table) -> int:
    """The highest id that was ever given where the engine knows that, else the highest there is; 0: none."""
    column = table.autoincrement_column
    if column is None:
        return 0
    if connection.dialect.name == "postgresql":
        query = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :column) AS regclass))")
        given = connection.scalar(query, {"name": table.name, "column": column.name})
    elif table.dialect_options["sqlite"]["autoincrement"]:
        given = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    else:
        given = None
    return max(given or 0, connection.scalar(select(func.max(column))) or 0)


def _go_on_from(connection: Connection, table: Table, last: int) -> None:
    """The next id will be higher than `last`."""
    column = table.autoincrement_column
    if column is None or not last:
        return
    if connection.dialect.name == "postgresql":
        query = text("SELECT setval(pg_get_serial_sequence(:name, :column), :last)")
        connection.execute(query, {"name": table.name, "column": column.name, "last": last})
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        query = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(query, {"name": table.name, "last": last})
