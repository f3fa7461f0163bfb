"""The API does what its own description says, whatever is asked: schemathesis tries it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from bot.api.description import description
from bot.api.server import serving_api
from bot.context import Services
from bot.limits import NoLimits
from bot.settings import Settings
from conftest import NOW
from feeds.database import Database
from test_api import fill


@contextmanager
def served(database: Database) -> Iterator[str]:
    """The API in a thread of its own: schemathesis asks and waits."""
    given = Services(Settings(_env_file=None), database, lambda: NOW, limits=NoLimits())  # type: ignore[call-arg]
    ready, stopping = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    addresses: list[str] = []

    async def serve() -> None:
        async with serving_api(given, "127.0.0.1", 0) as address:
            addresses.append(address)
            ready.set()
            await stopping.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(60)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(60)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('described') / 'api.db'}")
    database.migrate()
    fill(database)
    with served(database) as address:
        yield address
    database.close()


schema = schemathesis.openapi.from_dict(dict(description(needs_token=False)))


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: Case, address: str) -> None:
    case.call_and_validate(base_url=address)
