"""migrate --to: all rows of all tables, with all their types, from either engine to either."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Connection, Table, func, insert, select, text, update

from conftest import NOW, database_of_its_own
from digests import dossier_models as _dossier_tables  # noqa: F401
from digests import models as _digest_tables  # noqa: F401
from digests.follows import follow
from digests.models import Follow
from feeds.contents import count_rows, ensure_index
from feeds.database import Database, DatabaseError
from feeds.indexing import index_everything
from feeds.models import Article, Base, Feed, UTCDateTime
from feeds.move import move
from feeds.query import parse_query
from feeds.search import search
from newsroom import POLICY, policy, publish, reader
from terminal import Terminal

TABLES = Base.metadata.sorted_tables


@pytest.fixture
def target(empty_url: str) -> Iterator[Database]:
    """An empty database of either engine."""
    database = Database(empty_url)
    yield database
    database.close()


def fill(connection: Connection, *, rows: int) -> None:
    """So many rows in every table, each with all its columns set to what is hard to carry over."""
    for table in TABLES:
        if table.name == "article_words":  # derived from articles
            continue
        connection.execute(insert(table), [_row(table, number) for number in range(1, rows + 1)])


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column, number) for column in table.columns if not _refers_to_itself(column)}


def _refers_to_itself(column: Column[Any]) -> bool:
    return any(key.column.table is column.table for key in column.foreign_keys)


def _value(column: Column[Any], number: int) -> object:
    if column.name in ("topics", "places"):  # the index reads them
        return ["drugs", "Hà Tĩnh"]
    if isinstance(column.type, UTCDateTime):
        return datetime(2026, 11, 20, 17, 30, 0, 123456 + number, tzinfo=UTC)
    if isinstance(column.type, JSON):
        return {"chữ": [None, True, 1.5, "\ud800 \0"], "n": number}
    match column.type.python_type.__name__:
        case "int":
            big = column.name in ("band", "term", "owner_id", "admin_id")
            return (2**62 + number) * (-1) ** number if big else number
        case "float":
            return number / 7
        case "bool":
            return number % 2 == 0
        case "date":
            return date(2012, 2, 29)
        case "bytes":
            return bytes([0, 255, number % 256])
    is_short = column.primary_key or column.foreign_keys or getattr(column.type, "length", None)
    return str(number) if is_short else f"Chỉ thị “{number}” đ🇻🇳\n\\N"


def rows_of(database: Database) -> dict[str, list[Any]]:
    with database.engine.connect() as connection:
        return {
            table.name: connection.execute(select(*table.columns).order_by(*table.primary_key)).all()
            for table in TABLES
        }


def test_every_row_of_every_table_comes_over(database: Database, target: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection, rows=3)
        for table in (Base.metadata.tables[name] for name in ("article", "story", "document")):
            (own,) = filter(_refers_to_itself, table.columns)  # to rows that come later, too
            connection.execute(
                update(table).where(table.c.id == _value(table.c.id, 1)).values({own: _value(table.c.id, 3)})
            )
        index_everything(connection)
    before = rows_of(database)
    assert {len(rows) for rows in before.values()} == {3}
    heard: dict[str, int] = {}
    counts = move(database, target, Base.metadata, heard.__setitem__)
    assert counts == count_rows(database) == count_rows(target)
    assert set(heard) == {table.name for table in TABLES}
    assert rows_of(target) == before == rows_of(database)


def test_a_moved_database_goes_on(database: Database, target: Database) -> None:
    with database.session() as session:
        reader(session, 7, NOW)
        publish(session, *POLICY, seen=NOW, published=NOW)
        publish(session, policy(1), seen=NOW, published=NOW)
        follow(session, 7, "ma túy", NOW, kind="words")
        follow(session, 7, "biên giới", NOW, kind="words")
        session.flush()
        last = session.scalars(select(func.max(Follow.id))).one()
        session.delete(session.get_one(Follow, last))
    move(database, target, Base.metadata)
    with target.session() as session:
        hits = search(session, parse_query("phong trào toàn dân", NOW.date()), 10).hits
        assert [hit.title for hit in hits] == [POLICY[0]]
        assert publish(session, policy(2), seen=NOW).id == 3
        follow(session, 7, "cần sa", NOW, kind="words")
        session.flush()
        assert session.scalars(select(func.max(Follow.id))).one() > last, "no id of a follow comes twice"
    assert not ensure_index(target)


def test_no_nul_goes_to_postgresql(sqlite: Database, postgres_url: str) -> None:
    with sqlite.session() as session:
        article = publish(session, "Tin", "a", seen=NOW)
        session.execute(update(Article).where(Article.id == article.id).values(lead="a\0b"))
    for url in database_of_its_own(postgres_url):
        target = Database(url)
        move(sqlite, target, Base.metadata)
        with target.reading() as session:
            assert session.scalars(select(Article.lead)).one() == "a\ufffdb"
        target.close()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (Feed.url, "".join(chr(0x4E00 + number % 20000) for number in range(9000)), "feed .*index row"),
        (Feed.origin, "far too long", "feed .*too long"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_is_left(
    sqlite: Database, postgres_url: str, column: Any, value: str, reason: str
) -> None:
    with sqlite.session() as session:
        session.add(Feed(url="https://a.example", outlet="A", level="central", next_check_at=NOW))
        session.flush()
        session.execute(update(Feed).values({column: value}))
    for url in database_of_its_own(postgres_url):
        target = Database(url)
        with pytest.raises(DatabaseError, match=reason):
            move(sqlite, target, Base.metadata)
        assert sum(count_rows(target).values()) == 0
        target.close()


def test_text_that_is_no_utf_8_is_named(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.engine.begin() as connection:
        connection.execute(text("INSERT INTO host (name, failures) VALUES (CAST(x'61EDA080' AS TEXT), 0)"))
    target = Database(f"sqlite:///{tmp_path / 'target.db'}")
    with pytest.raises(DatabaseError, match=r"host .*UTF-8"):
        move(sqlite, target, Base.metadata)
    target.close()


def test_a_target_that_is_not_empty_is_refused(sqlite: Database, target: Database) -> None:
    target.migrate()
    with target.session() as session:
        reader(session, 7, NOW)
    with pytest.raises(DatabaseError, match=r"to .*is not empty"):
        move(sqlite, target, Base.metadata)


def test_a_source_in_use_or_of_an_earlier_version_is_refused(database: Database, tmp_path: Path) -> None:
    target = Database(f"sqlite:///{tmp_path / 'target.db'}")
    process = Database(database.engine.url.render_as_string(hide_password=False))
    with process.session() as session:
        reader(session, 7, NOW)
    with pytest.raises(DatabaseError, match="a process is using it"):
        move(database, target, Base.metadata)
    process.close()
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    with pytest.raises(DatabaseError, match="at revision 0006"):
        move(database, target, Base.metadata)
    assert not target.path or not target.path.exists()


def test_on_the_command_line(terminal: Terminal, empty_url: str) -> None:
    terminal("migrate")
    ended = terminal("migrate", "--to", empty_url)
    assert ended.code == 0, ended.err
    assert "digest_part" in ended.out
    assert "with the same counts" in ended.out
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder / 'nothing.db'}")
    ended = terminal("migrate", "--to", empty_url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("nothing.db: it is not there\n")


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        (
            "rubbish",
            2,
            "--to: that is not the address of a database, such as sqlite:///data/diem-tin.db or postgresql",
        ),
        ("mysql://x@127.0.0.1/y", 2, "that is not the address of a database"),
        (
            "postgresql://x:geheim@127.0.0.1:1/y",
            1,
            "terminal.db: to postgresql://x:***@127.0.0.1:1/y: connection failed",
        ),
        ("sqlite:///terminal.db", 1, "to sqlite:///terminal.db: that is where it is now"),
    ],
)
def test_where_it_cannot_go_is_named(terminal: Terminal, url: str, code: int, said: str) -> None:
    terminal("migrate")
    ended = terminal("migrate", "--to", url)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert "geheim" not in ended.err
