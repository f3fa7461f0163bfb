"""Several processes keep to one bot's rate, take over from each other, and tell each other what falls due."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

from bot.jobs import Jobs
from bot.pace import PATIENCE, PER_SECOND, Flood, Pace
from bot.shares import RESERVED, Shares, share_of
from conftest import NOW, database_of_its_own
from digests.lock import delivery_lock
from digests.messages import Message
from feeds.database import Database
from feeds.locks import LockSession
from feeds.notify import listen, notify
from newsroom import reader
from test_pace import Call, at_most, make, run

LEASE_IN_TESTS = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.shares._REST", 0)


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    yield from database_of_its_own(postgres_url)


@pytest.fixture
def postgres(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def server(postgres_url: str) -> Iterator[Connection]:
    """To the server, but not to the database that the tests use."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@asynccontextmanager
async def process(url: str, *, serves: bool, delivers: bool) -> AsyncIterator[tuple[Shares, Pace]]:
    """Its share, as a process has it, on connections of its own."""
    database, pace = Database(url), Pace()
    shares = Shares(database, pace, serves=serves, delivers=lambda: delivers)
    try:
        yield shares, pace
    finally:
        shares.close()
        database.close()


async def looking(shares: Shares, pace: Pace, wanted: int) -> None:
    """As a process does every few seconds, until it has this share."""
    async with asyncio.timeout(60):
        while pace.share != wanted:
            await shares.look()


@given(st.integers(1, 29), st.booleans())
def test_shares_are_at_most_the_whole(serving: int, deliverer_serves: bool) -> None:
    each = share_of(serves=True, delivers=False, serving=serving)
    rest = share_of(serves=deliverer_serves, delivers=True, serving=serving)
    assert min(each, rest) >= 1
    assert rest + each * (serving - deliverer_serves) == PER_SECOND
    assert each * serving >= min(RESERVED, serving)


def test_one_process_alone_has_all() -> None:
    assert share_of(serves=True, delivers=True, serving=1) == PER_SECOND
    assert share_of(serves=False, delivers=True, serving=0) == PER_SECOND
    assert share_of(serves=False, delivers=False, serving=2) == 0


async def test_rights_move_from_who_has_them_to_who_comes(url: str) -> None:
    async with process(url, serves=True, delivers=True) as (first, pace):
        await first.look()
        assert pace.share == PER_SECOND
        async with process(url, serves=True, delivers=False) as (second, other):
            await second.look()
            assert other.share == 0, "nothing is free yet"
            await first.look()
            await second.look()
            assert (pace.share, other.share) == (25, 5)
            async with process(url, serves=False, delivers=False) as (third, waiting):
                await third.look()
                assert waiting.share == 0, "who waits to deliver sends nothing"
        await looking(first, pace, PER_SECOND)  # the rights of who is gone are free


async def test_who_has_sent_too_much_within_the_second_gives_no_right_back_yet(url: str) -> None:
    async with process(url, serves=True, delivers=True) as (first, pace):
        await first.look()
        answered = asyncio.Event()

        async def call() -> bool:
            return await answered.wait()

        calls = [pace.process_request(call, (), {}, "sendMessage", {"chat_id": n}, None) for n in range(28)]
        under_way = [asyncio.ensure_future(one) for one in calls]
        while pace.keeps_to(27):  # noqa: ASYNC110
            await asyncio.sleep(0)
        async with process(url, serves=True, delivers=False) as (second, other):
            await second.look()
            await first.look()
            await second.look()
            assert (pace.share, other.share) == (25, 0)
        answered.set()
        await asyncio.gather(*under_way)


async def test_a_session_that_is_lost_loses_its_rights_and_gets_them_again(
    url: str, server: Connection, postgres: Database
) -> None:
    async with process(url, serves=True, delivers=True) as (first, pace):
        await first.look()
        end_sessions(server, postgres)
        await looking(first, pace, PER_SECOND)


async def test_without_the_database_people_are_still_told(url: str, server: Connection, postgres: Database) -> None:
    name = postgres.engine.url.database
    async with process(url, serves=True, delivers=True) as (first, pace):
        await first.look()
        server.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        end_sessions(server, postgres)
        await first.look()
        assert pace.share == 1
        server.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
        await first.look()
        assert pace.share == PER_SECOND


async def test_digests_that_wait_where_the_delivery_is_lost_are_its_successors(url: str) -> None:
    database, pace, delivers = Database(url), Pace(), [True]
    shares = Shares(database, pace, serves=False, delivers=lambda: delivers[0])
    under_way, answered = asyncio.Event(), asyncio.Event()

    async def call() -> bool:
        under_way.set()
        return await answered.wait()

    async with asyncio.timeout(60):
        await shares.look()
        made = [pace.process_request(call, (), {}, "sendMessage", {"chat_id": 1}, PATIENCE) for _ in range(3)]
        digests = [asyncio.ensure_future(one) for one in made]
        await under_way.wait()
        delivers[0] = False
        await shares.look()
        answered.set()
        results = await asyncio.gather(*digests, return_exceptions=True)
    assert [type(one) for one in results] == [bool, Flood, Flood]
    shares.close()
    database.close()


def end_sessions(connection: Connection, database: Database) -> None:
    """What a restart of the server, or a cut line, does."""
    connection.execute(
        text("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = :name"),
        {"name": database.engine.url.database},
    )


moves = st.lists(st.tuples(st.floats(0.1, 2), st.integers(0, 30)), max_size=6)
calls = st.builds(
    Call,
    chat=st.integers(1, 10_000),
    at=st.floats(0, 4),
    there=st.floats(0, 1.5),
    back=st.floats(0, 1.5),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(calls, max_size=120), st.lists(calls, max_size=120), moves)
def test_two_processes_together_never_send_more_whatever_moves_between_them(
    mine: list[Call], theirs: list[Call], moves: list[tuple[float, int]]
) -> None:
    async def main() -> None:
        paces = Pace(), Pace()
        shares = [PER_SECOND, 0]
        paces[1].limit(0)

        async def move() -> None:
            for pause, wanted in [*moves, (0.1, 15)]:
                await asyncio.sleep(pause)
                giver = 0 if shares[0] > wanted else 1
                kept = wanted if giver == 0 else PER_SECOND - wanted
                paces[giver].limit(kept)
                while not paces[giver].keeps_to(kept):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                shares[giver], shares[1 - giver] = kept, PER_SECOND - kept
                paces[1 - giver].limit(PER_SECOND - kept)

        made = [make(pace, call) for pace, some in zip(paces, (mine, theirs), strict=True) for call in some]
        await asyncio.gather(move(), *made)

    run(main())
    assert at_most(PER_SECOND, 1, [call.seen for call in mine + theirs])
    assert all(call.seen >= 0 for call in mine + theirs), "a call was never made"


def test_a_process_that_says_nothing_loses_what_it_holds(
    url: str, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs, or its machine is gone: nobody closes its connection."""
    other = Database(url)
    one, two = delivery_lock(postgres), delivery_lock(other)
    with monkeypatch.context() as patch:
        patch.setattr("feeds.locks.LEASE", LEASE_IN_TESTS)
        assert one.acquire()
    while not two.acquire():
        pass
    assert not one.keep(), "it must know before it sends again"
    assert not one.acquire()
    assert two.keep()
    two.release()
    while not one.acquire():
        pass
    assert one.is_held
    one.release()
    other.close()


def test_a_lock_is_let_go_with_its_session_and_given_back_alone(postgres: Database) -> None:
    one, two = LockSession(postgres), LockSession(postgres)
    for session in (one, two):
        assert not session.is_alive()
        session.begin()
        assert session.take(7, 1, shared=True)
    assert one.holders(7, 1) == 2
    assert one.take(7, 2)
    assert not two.take(7, 2)
    one.give_back(7, 2)
    assert two.take(7, 2)
    two.close()
    while not one.take(7, 2):
        pass
    assert (one.holders(7, 1), one.is_alive(), two.is_alive()) == (1, True, False)
    one.close()


async def test_a_word_reaches_every_process_also_after_its_connection_was_lost(
    url: str, server: Connection, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.notify._PAUSE", 0.01)
    other = Database(url)
    heard = asyncio.Event()

    async def next_word() -> None:
        async with asyncio.timeout(60):
            await heard.wait()
        heard.clear()

    listening = asyncio.ensure_future(listen(other, heard.set))
    await next_word()  # that it listens
    for _ in range(2):
        await asyncio.to_thread(notify, postgres)
        await next_word()
        await asyncio.to_thread(end_sessions, server, postgres)
        await next_word()  # what was missed
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    other.close()


async def test_who_listens_notices_a_server_that_is_gone_without_a_word(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[psycopg.AsyncConnection[Any]] = []
    connect = psycopg.AsyncConnection.connect

    async def connect_and_tell(*arguments: Any, **options: Any) -> psycopg.AsyncConnection[Any]:
        opened.append(await connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr("psycopg.AsyncConnection.connect", connect_and_tell)
    heard = asyncio.Event()
    listening = asyncio.ensure_future(listen(postgres, heard.set))
    async with asyncio.timeout(60):
        await heard.wait()
    with postgres.engine.connect() as usual:
        driver: Any = usual.connection.driver_connection
        kept = {name: value for name, value in driver.info.get_parameters().items() if name.startswith("keepalives")}
    assert kept.items() <= opened[0].info.get_parameters().items()
    assert kept
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


class Chats:
    """Where digests go."""

    def __init__(self) -> None:
        self.sent = asyncio.Event()

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        self.sent.set()
        return 1


async def test_who_delivers_wakes_at_the_word_of_another_process(url: str, postgres: Database) -> None:
    postgres.migrate()
    other, chats = Database(url), Chats()
    delivering, polling = Jobs(postgres, lambda: NOW), Jobs(other, lambda: NOW)
    delivering.add_delivery(chats)
    delivering.start()
    async with asyncio.timeout(60):
        while not delivering.delivers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        delivering._scheduler.reschedule_job("deliver", trigger="interval", days=1)  # no tick finds it
        with other.session() as session:
            reader(session, 1, NOW)
        while not chats.sent.is_set():  # the first words may come before it listens
            polling.wake_delivery()
            await asyncio.sleep(0.1)
    await delivering.stop()
    await polling.stop()
    assert not delivering.delivers
    other.close()


async def test_one_machine_alone_tells_nobody(sqlite: Database) -> None:
    notify(sqlite)
    await listen(sqlite, lambda: None)
