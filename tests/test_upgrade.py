"""A rolling upgrade: many processes start at once, and older ones are still at work."""

import asyncio
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text

from conftest import NOW, database_of_its_own
from feeds.database import Database, DatabaseError
from feeds.following import sync_sources
from feeds.models import Feed
from feeds.sources import Source

ROOT = Path(__file__).parent.parent
AT_ONCE = 4


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    yield from database_of_its_own(postgres_url)


async def bot(folder: Path, url: str, *arguments: str) -> tuple[int | None, str]:
    """Exit code and all that it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        *arguments,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_processes_that_start_at_once_make_the_schema_once(empty_url: str, tmp_path: Path) -> None:
    ended = await asyncio.gather(*(bot(tmp_path, empty_url, "migrate") for _ in range(AT_ONCE)))
    assert [code for code, _ in ended] == [0] * AT_ONCE, ended
    database = Database(empty_url)
    present, newest = database.revision()
    assert present == newest
    database.close()


def test_a_server_that_is_too_old_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(url)
    database.migrate()
    monkeypatch.setattr(database.engine.dialect, "server_version_info", (13, 22))
    with pytest.raises(DatabaseError, match="PostgreSQL 14 or newer is needed, this is 13"):
        database.migrate()
    database.close()


def test_they_take_over_the_list_of_feeds_once(url: str) -> None:
    database = Database(url)
    database.migrate()
    sources = [Source(url=f"https://mot.example/{number}.rss", outlet="Báo Một") for number in range(50)]

    def start(_: int) -> None:
        with database.session() as session:
            sync_sources(session, sources, NOW)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(start, range(AT_ONCE)))
    with database.reading() as session:
        assert sorted(session.scalars(select(Feed.url))) == sorted(source.url for source in sources)
    database.close()


async def test_who_is_older_than_the_schema_does_not_start_and_who_runs_goes_on(url: str, tmp_path: Path) -> None:
    database = Database(url)
    database.migrate()
    with database.reading() as session:  # at work, while a newer release takes the schema further
        assert session.scalars(select(Feed.id)).all() == []
    with database.session() as session:
        session.execute(text("ALTER TABLE feed ADD COLUMN of_a_later_release integer"))
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with database.session() as session:
        sync_sources(session, [Source(url="https://mot.example/rss", outlet="Báo Một")], NOW)
    code, said = await bot(tmp_path, url, "run", "--only", "poll")
    assert code == 1
    assert "is the code older than the database?" in said
    assert "Traceback" not in said
    database.close()
