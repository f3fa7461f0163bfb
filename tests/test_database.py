"""The schema and the engines: migrations, time zones, SQLite's settings, clear errors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, func, select, text

from conftest import NOW
from digests import dossier_models as _dossier_tables  # noqa: F401
from digests import models as _digest_tables  # noqa: F401
from feeds.database import Database, DatabaseError
from feeds.indexing import is_index_table
from feeds.models import Article, Base, Feed


def feed(**values: object) -> Feed:
    return Feed(url="https://a.example/rss", outlet="A", level="central", next_check_at=NOW, **values)  # type: ignore[arg-type]


def test_an_upgraded_database_has_the_schema_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: not (kind == "table" and is_index_table(name)),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = database.revision()
    database.migrate()
    assert database.revision() == before
    assert before[0] == before[1] is not None


def test_instants_come_back_aware_and_in_utc(database: Database) -> None:
    with database.session() as session:
        session.add(feed())
    with database.reading() as session:
        stored = session.get_one(Feed, 1).next_check_at
    assert stored == NOW
    assert stored.utcoffset() is not None


def test_a_naive_instant_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(Exception, match="naive"), database.session() as session:  # noqa: PT012
        session.add(Feed(url="https://b.example", outlet="B", level="central", next_check_at=naive))
        session.flush()


def test_a_failed_session_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half way"), database.session() as session:  # noqa: PT012
        session.add(feed())
        session.flush()
        raise RuntimeError("half way")
    with database.reading() as session:
        assert session.get(Feed, 1) is None


def test_sqlite_is_set_for_many_readers_and_one_writer(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


def test_a_reader_does_not_wait_for_a_writer(sqlite: Database) -> None:
    with sqlite.session() as writer:
        writer.add(feed())
        writer.flush()
        with sqlite.reading() as reader:
            assert reader.get(Feed, 1) is None


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "postgresql://user:secret-word@127.0.0.1:1/none"])
def test_a_bad_address_is_a_clear_error_without_the_password(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database(url).migrate()
    assert "secret-word" not in str(caught.value)


def test_an_upgrade_and_a_downgrade_keep_every_row(empty_url: str) -> None:
    database = Database(empty_url)
    config = database.alembic_config()
    command.upgrade(config, "0001")
    tables = MetaData()
    tables.reflect(database.engine)
    rows = [table for table in tables.sorted_tables if table.name != "alembic_version"]
    with database.engine.begin() as connection:
        for table in rows:
            connection.execute(table.insert().values({column.name: a_value(column) for column in table.columns}))

    def kept() -> set[str]:
        with database.engine.connect() as connection:
            return {
                table.name
                for table in rows
                if connection.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar() == 1  # noqa: S608
            }

    assert kept() == {table.name for table in rows}
    command.upgrade(config, "head")
    assert kept() == {table.name for table in rows}
    command.downgrade(config, "0001")
    assert kept() == {table.name for table in rows}
    database.close()


def test_what_waited_for_its_story_still_does_after_an_upgrade(empty_url: str) -> None:
    database = Database(empty_url)
    tables, needed = schema_at(database, "0004")
    with database.engine.begin() as connection:
        for number in (1, 2):
            article = {c.name: a_value(c) for c in needed["article"]} | {"id": number, "position": number}
            connection.execute(tables["article"].insert().values({**article, "identity": str(number)}))
        for name in ("story", "story_article"):
            connection.execute(tables[name].insert().values({c.name: a_value(c) for c in needed[name]}))
    database.migrate()
    with database.reading() as session:
        rows = session.execute(select(Article.id, Article.announced).order_by(Article.id)).all()
    assert [tuple(row) for row in rows] == [(1, True), (2, False)]
    database.close()


def test_reviews_charted_before_it_was_asked_whether_they_were_held_are_charted_anew(empty_url: str) -> None:
    database = Database(empty_url)
    tables, needed = schema_at(database, "0008")
    with database.engine.begin() as connection:
        for number, stage in enumerate(("final_review", "implemented"), start=1):
            own = {
                "id": number,
                "position": number,
                "article_id": number,
                "mention_id": number,
                "identity": str(number),
            }
            for name in ("article", "mention", "document_event"):
                row = {c.name: own.get(c.name, a_value(c)) for c in needed[name]}
                staged = {"stage": stage} if name == "document_event" else {}
                connection.execute(tables[name].insert().values({**row, **staged}))
    database.migrate()
    with database.reading() as session:
        rows = session.execute(select(Article.id, Article.charted).order_by(Article.id)).all()
    assert [tuple(row) for row in rows] == [(1, False), (2, True)]
    database.close()


def schema_at(database: Database, revision: str) -> tuple[Mapping[str, Table], Mapping[str, list[Column[Any]]]]:
    """The tables as an older release has them, and of each the columns that need a value."""
    command.upgrade(database.alembic_config(), revision)
    found = MetaData()
    found.reflect(database.engine)
    tables = dict(found.tables)
    return tables, {name: [c for c in table.columns if not c.nullable] for name, table in tables.items()}


def a_value(column: Column[Any]) -> object:
    """Anything that fits; ids are 1, so that references find their rows."""
    match column.type.python_type.__name__:
        case "int":
            return 1
        case "float":
            return 1.0
        case "bool":
            return True
        case "datetime":
            return NOW
        case "date":
            return NOW.date()
        case "dict":
            return {}
        case _:
            return "1"


def test_all_that_one_reader_asks_is_of_one_moment(database: Database) -> None:
    """Else what one query names may be gone when the next looks for it."""
    count = select(func.count()).select_from(Feed)
    with database.reading() as reading:
        before = reading.scalar(count)
        with database.session() as session:
            session.add(feed())
        assert reading.scalar(count) == before
    with database.reading() as reading:
        assert reading.scalar(count) == 1
