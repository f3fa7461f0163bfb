"""Promise 2: nothing lost, nothing twice but what got no answer. Driven through the stand-in of Telegram's server."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Container, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from telegram.ext import ExtBot

from bot.pace import Pace
from bot.request import AiohttpRequest
from bot.sandbox import Sandbox
from bot.sender import TelegramSender
from conftest import NOW
from digests.claim import COMPOSE_TRIES, claim_due, claim_promised, compose_one
from digests.compose import compose_due
from digests.deliver import deliver
from digests.lock import delivery_lock
from digests.messages import Message
from digests.models import Chat, Digest, DigestPart, SentStory, Subscription
from digests.parts import Outcome, Outgoing, claim_parts, record, recover
from digests.sending import NotNow
from digests.subscribers import find_reader, promise_first, subscribe, unsubscribe, welcome
from digests.views import DigestView
from feeds.database import Database
from newsroom import POLICY, ROBBERY, publish, reader

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@asynccontextmanager
async def telegram(limits: bool = False) -> AsyncIterator[tuple[Sandbox, TelegramSender]]:
    """The stand-in and a sender that talks to it."""
    async with Sandbox(limits=limits) as sandbox, sender_to(sandbox.token, sandbox.api_url) as sender:
        yield sandbox, sender


@asynccontextmanager
async def sender_to(token: str, url: str, pace: Pace | None = None) -> AsyncIterator[TelegramSender]:
    request = AiohttpRequest(read_timeout=60.0)
    pace = pace or Pace(chat_limits=False)
    bot = ExtBot(token, base_url=f"{url}/bot", request=request, rate_limiter=pace)
    await request.initialize()
    try:
        yield TelegramSender(bot)
    finally:
        await request.shutdown()


def clock_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def prepare(database: Database, chats: int = 1) -> None:
    """`chats` subscribers whose digest is due now, and one policy article among others."""
    with database.session() as session:
        publish(session, *POLICY, seen=NOW - HOUR, published=NOW - HOUR)
        publish(session, *ROBBERY, seen=NOW - HOUR, published=NOW - HOUR)
        for chat_id in range(1, chats + 1):
            reader(session, chat_id, NOW)


def claim(database: Database, moment: datetime = NOW) -> int:
    with database.session() as session:
        return claim_due(session, moment)


def parts(database: Database) -> list[DigestPart]:
    with database.reading() as session:
        return list(session.scalars(select(DigestPart).order_by(DigestPart.id)))


def states(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.scalars(select(Digest.state)))


async def test_a_due_digest_arrives_once_and_is_recorded(database: Database) -> None:
    prepare(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert claim(database) == 1
        assert claim(database) == 0
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 1
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
    (message,) = user.messages
    assert POLICY[0] in message["text"]
    assert ROBBERY[0] not in message["text"]
    (part,) = parts(database)
    assert (part.state, part.in_doubt, part.message_id, part.sent_at) == ("sent", 0, message["message_id"], NOW)
    assert states(database) == {"done": 1}


def test_claiming_moves_the_next_moment_and_covers_without_gap(database: Database) -> None:
    prepare(database)
    tomorrow = NOW + timedelta(days=1)
    assert claim(database) == 1
    assert claim(database, tomorrow + HOUR) == 1
    with database.reading() as session:
        first, second = session.scalars(select(Digest).order_by(Digest.id)).all()
        due = session.scalars(select(Subscription.next_due_at)).one()
    assert (first.window_end, second.window_start) == (NOW, NOW)
    assert (first.is_first, second.is_first) == (True, False)
    assert due == tomorrow + timedelta(days=1)


def test_after_days_without_the_bot_one_digest_covers_them_all(database: Database) -> None:
    prepare(database)
    claim(database)
    later = NOW + timedelta(days=4)
    assert claim(database, later) == 1
    with database.reading() as session:
        digest = session.scalars(select(Digest).order_by(Digest.id.desc())).first()
    assert digest is not None
    assert (digest.window_start, digest.window_end) == (NOW, later)


async def test_a_story_that_was_sent_is_not_sent_again(database: Database) -> None:
    prepare(database)
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
        with database.session() as session:  # the same agency text in another paper, a day later
            publish(session, "Tin khác tít", *POLICY[1:], seen=NOW + HOUR, published=NOW + HOUR, outlet="Báo Hai")
        tomorrow = NOW + timedelta(days=1)
        claim(database, tomorrow)
        await deliver(database, sender, clock_at(tomorrow), asyncio.Event())
    assert len(user.messages) == 2
    assert "Tin khác tít" not in user.messages[1]["text"]


async def test_imported_and_old_articles_enter_no_digest(database: Database) -> None:
    with database.session() as session:
        publish(session, *POLICY, seen=NOW - HOUR, published=NOW - HOUR, origin="import")
        publish(session, "Cũ: " + POLICY[0], POLICY[1], seen=NOW - HOUR, published=NOW - timedelta(days=9), outlet="B")
        reader(session, 1, NOW)
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
    assert "Không có tin chính sách an ninh nào mới" in user.messages[0]["text"]


async def test_a_send_without_an_answer_is_in_doubt_before_it_is_repeated(database: Database) -> None:
    prepare(database)
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        sandbox.hang(deliver=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
        (part,) = parts(database)
        assert (part.state, part.in_doubt) == ("pending", 1)
        assert part.not_before is not None
        assert await deliver(database, sender, clock_at(part.not_before), asyncio.Event()) == 1
    assert len(user.messages) == 2
    (part,) = parts(database)
    assert (part.state, part.in_doubt) == ("sent", 1)


async def test_what_a_dead_process_left_under_way_is_counted_in_doubt(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        session.scalars(select(DigestPart)).one().state = "sending"
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 1
    assert len(user.messages) == 1
    assert parts(database)[0].in_doubt == 1


async def test_flood_control_delays_and_a_servers_error_is_in_doubt(database: Database) -> None:
    prepare(database)
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        sandbox.flood(retry_after=90)
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
        assert parts(database)[0].not_before == NOW + timedelta(seconds=90)
        assert await deliver(database, sender, clock_at(NOW + timedelta(seconds=89)), asyncio.Event()) == 0
        assert parts(database)[0].in_doubt == 0
    # Real time has not passed: a sender that was not told to wait goes on.
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        sandbox.fail("sendMessage", status=502)
        await deliver(database, sender, clock_at(NOW + timedelta(seconds=91)), asyncio.Event())
        assert parts(database)[0].in_doubt == 1, "a gateway's error does not say whether the message arrived"
        await deliver(database, sender, clock_at(NOW + HOUR), asyncio.Event())
    assert len(user.messages) == 1
    assert parts(database)[0].state == "sent"


async def test_a_blocked_reader_stops_and_the_others_go_on(database: Database) -> None:
    prepare(database, chats=3)
    claim(database)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(i, started=True) for i in (1, 2, 3)]
        users[1].block()
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 2
    assert [len(user.messages) for user in users] == [1, 0, 1]
    assert states(database) == {"done": 2, "dropped": 1}
    with database.reading() as session:
        blocked = find_reader(session, 2)
    assert blocked is not None
    assert not blocked.subscribed


async def test_an_unreachable_server_doubts_nothing(database: Database) -> None:
    prepare(database)
    claim(database)
    async with sender_to("7000001:no-server-listens-on-this-port-at-all-0", "http://127.0.0.1:9") as sender:
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
    assert (parts(database)[0].state, parts(database)[0].in_doubt) == ("pending", 0)


async def test_whoever_unsubscribes_in_time_gets_nothing_more(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        unsubscribe(session, 1)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
    assert user.messages == []


async def test_parts_of_a_chat_go_in_order_and_only_the_first_sounds(database: Database) -> None:
    with database.session() as session:
        for number in range(24):
            publish(
                session,
                f"Bộ Công an ban hành kế hoạch số {number} bảo đảm an ninh, trật tự tại địa bàn {number}",
                f"Kế hoạch {number} giao công an các đơn vị phòng ngừa, đấu tranh với tội phạm. " * 4,
                seen=NOW - HOUR,
                published=NOW - HOUR,
            )
        reader(session, 1, NOW).most = 24
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        sent = await deliver(database, sender, clock_at(NOW), asyncio.Event())
    assert sent == len(user.messages) >= 2
    assert [f"Phần {i}/{sent}" in message["text"] for i, message in enumerate(user.messages, 1)] == [True] * sent
    assert [bool(message["silent"]) for message in user.messages] == [False] + [True] * (sent - 1)


def test_a_promised_first_digest_comes_once(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW, due_in=HOUR)
        assert promise_first(session, 1)
        assert claim_promised(session, NOW) == 1
        assert claim_promised(session, NOW) == 0
        assert not promise_first(session, 1)


class Stopping:
    """A sender that is told to stop just when it begins to send."""

    def __init__(self, sender: TelegramSender) -> None:
        self._sender = sender
        self.stop = asyncio.Event()

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        self.stop.set()
        return await self._sender.send(chat_id, message, silent=silent, thread_id=thread_id)


async def test_stopping_leaves_the_rest_for_the_next_process(sqlite: Database) -> None:
    prepare(sqlite, chats=20)
    claim(sqlite)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(i, started=True) for i in range(1, 21)]
        stopping = Stopping(sender)
        assert 0 < await deliver(sqlite, stopping, clock_at(NOW), stopping.stop) < 20
        assert Counter(part.state for part in parts(sqlite))["sending"] == 0
        await deliver(sqlite, sender, clock_at(NOW), asyncio.Event())
    assert [len(user.messages) for user in users] == [1] * 20


def test_two_processes_cannot_both_deliver(database: Database, database_url: str) -> None:
    elsewhere = Database(database_url)
    one, other = delivery_lock(database), delivery_lock(elsewhere)
    assert one.acquire()
    assert one.acquire()
    for _ in range(50):  # a lock that is let go by closing a connection is free only when the server comes to look
        assert not other.acquire()
        one.release()
        assert other.acquire()
        one, other = other, one
    one.release()
    elsewhere.close()


class Broken:
    """A sender that fails in ways nobody foresaw, then works."""

    def __init__(self, sender: TelegramSender) -> None:
        self._sender = sender
        self.failures = 1

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError
        return await self._sender.send(chat_id, message, silent=silent, thread_id=thread_id)


async def test_a_sender_that_breaks_leaves_its_part_in_doubt_and_no_other(database: Database) -> None:
    prepare(database, chats=3)
    claim(database)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(i, started=True) for i in (1, 2, 3)]
        assert await deliver(database, Broken(sender), clock_at(NOW), asyncio.Event()) == 2
        assert await deliver(database, sender, clock_at(NOW + HOUR), asyncio.Event()) == 1
    assert [len(user.messages) for user in users] == [1, 1, 1]
    assert sorted(part.in_doubt for part in parts(database)) == [0, 0, 1]


async def test_a_digest_that_cannot_be_composed_holds_up_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database, chats=3)
    claim(database)

    def compose(session: Session, digest: Digest, *more: Any, **named: Any) -> DigestView:
        if digest.chat_id == 1:
            raise ValueError("no words for this")
        return compose_due(session, digest, *more, **named)

    monkeypatch.setattr("digests.claim.compose_due", compose)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(i, started=True) for i in (1, 2, 3)]
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 2
        monkeypatch.undo()
        assert await deliver(database, sender, clock_at(NOW + HOUR), asyncio.Event()) == 1
    assert [len(user.messages) for user in users] == [1, 1, 1]


def test_a_digest_that_is_never_composed_gives_its_window_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database)
    claim(database)
    monkeypatch.setattr("digests.claim.compose_due", None)
    moment = NOW
    for _ in range(COMPOSE_TRIES):
        with database.session() as session:
            assert compose_one(session, moment)
        moment += HOUR
    assert states(database) == {"failed": 1}
    with database.reading() as session:
        assert session.scalars(select(Subscription.covered_until)).one() == NOW - DAY


def test_a_clock_that_went_back_blocks_no_claim(database: Database) -> None:
    prepare(database, chats=2)
    assert claim(database) == 2
    with database.session() as session:  # the same moment falls due again for one of them
        session.scalars(select(Subscription).where(Subscription.chat_id == 1)).one().next_due_at = NOW
        session.scalars(select(Subscription).where(Subscription.chat_id == 2)).one().next_due_at = NOW + HOUR
    claim(database, NOW + HOUR)
    with database.reading() as session:
        due = Counter(session.scalars(select(Digest.chat_id)))
        assert due == {1: 1, 2: 2}
        assert min(session.scalars(select(Subscription.next_due_at))) > NOW + HOUR


def test_a_zone_that_vanished_blocks_no_claim(database: Database) -> None:
    prepare(database, chats=2)
    with database.session() as session:
        session.get_one(Chat, 1).timezone = "Mars/Phobos"
    assert claim(database) == 2


async def test_after_two_days_away_one_hiccup_loses_no_digest(database: Database) -> None:
    prepare(database)
    back = NOW + timedelta(days=2)
    claim(database, back)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        sandbox.flood(retry_after=30)
        await deliver(database, sender, clock_at(back), asyncio.Event())
        async with sender_to(sandbox.token, sandbox.api_url) as another:  # real time has not passed
            await deliver(database, another, clock_at(back + HOUR), asyncio.Event())
    assert len(user.messages) == 1


async def test_what_was_given_up_comes_with_the_next_digest_and_no_part_comes_alone(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        part = session.scalars(select(DigestPart)).one()
        part.html = "x" * 5000
        later = DigestPart(digest_id=part.digest_id, chat_id=1, number=2, html="2")
        session.add(later)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
        assert user.messages == []
        assert states(database) == {"failed": 1}
        tomorrow = NOW + DAY
        claim(database, tomorrow)
        assert await deliver(database, sender, clock_at(tomorrow), asyncio.Event()) == 1
    assert POLICY[0] in user.messages[0]["text"]


async def test_unsubscribing_while_a_part_is_under_way_stops_it(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        (part,) = claim_parts(session, NOW, limit=8)
    with database.session() as session:
        unsubscribe(session, 1)
    with database.session() as session:
        record(session, [Outcome(part, NotNow("flood"))], NOW)
    assert [row.state for row in parts(database)] == ["refused"]
    assert states(database) == {"dropped": 1}


async def test_a_lost_lock_ends_the_round(database: Database) -> None:
    prepare(database)
    claim(database)
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event(), lambda: False) == 0
    assert user.messages == []


def test_a_promise_waits_for_the_reading_but_not_for_ever(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        promise_first(session, 1)
        assert claim_due(session, NOW, reading_done=False) == 0
        assert claim_due(session, NOW + 3 * HOUR, reading_done=False) == 1
        assert claim_promised(session, NOW + 3 * HOUR) == 0


FORUM = -1001000000001


def prepare_forum(database: Database, thread_id: int = 7) -> None:
    """A forum whose topic gets the digest now, set up by chat 1."""
    prepare(database, chats=0)
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscription = reader(session, FORUM, NOW)
        subscription.thread_id, subscription.owner_id = thread_id, 1
    claim(database)


def ended(database: Database, chat_id: int) -> str | None:
    """Why the chat's subscription ended; None where it goes on."""
    with database.reading() as session:
        subscription = session.scalars(select(Subscription).where(Subscription.chat_id == chat_id)).one()
        return None if subscription.enabled else subscription.ended_because


async def test_a_digest_for_a_topic_comes_there(database: Database) -> None:
    prepare_forum(database)
    async with telegram() as (sandbox, sender):
        forum = sandbox.group(chat_id=FORUM, topics=[7])
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 1
    assert [message["message_thread_id"] for message in forum.messages] == [7]


@pytest.mark.parametrize(
    ("is_closed", "code", "word"), [(True, "topic_closed", "đóng"), (False, "topic_gone", "không còn")]
)
async def test_a_topic_that_is_closed_or_gone_ends_its_subscription_and_its_owner_is_told_once(
    database: Database, is_closed: bool, code: str, word: str
) -> None:
    prepare_forum(database)
    async with telegram() as (sandbox, sender):
        owner = sandbox.user(1, started=True)
        forum = sandbox.group(chat_id=FORUM, topics=[7 if is_closed else 3])
        if is_closed:
            forum.close_topic(7)
        for day in range(2):
            moment = NOW + day * DAY
            claim(database, moment)
            await deliver(database, sender, clock_at(moment), asyncio.Event())
    assert ended(database, FORUM) == code
    (told,) = owner.messages
    assert word in told["text"]
    assert not any("text" in message for message in forum.messages)
    assert states(database) == {"dropped": 1, "done": 1}


async def test_an_owner_who_cannot_be_told_changes_nothing(database: Database) -> None:
    prepare_forum(database)
    async with telegram() as (sandbox, sender):
        sandbox.user(1, started=True).block()
        sandbox.group(chat_id=FORUM)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
    assert ended(database, FORUM) == "topic_gone"
    assert states(database) == {"dropped": 2}
    assert {part.state for part in parts(database)} == {"refused"}


@pytest.mark.parametrize("code", ["blocked", "deactivated", "kicked"])
async def test_why_a_chat_cannot_be_reached_is_kept_with_its_choices(database: Database, code: str) -> None:
    chat_id = FORUM if code == "kicked" else 1
    prepare(database, chats=0)
    with database.session() as session:
        reader(session, chat_id, NOW, topics=("drugs",))
    claim(database)
    async with telegram() as (sandbox, sender):
        if code == "kicked":
            sandbox.group(chat_id=FORUM).remove_bot()
        else:
            user = sandbox.user(1, started=True)
            user.block() if code == "blocked" else user.deactivate()
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
    assert ended(database, chat_id) == code
    with database.reading() as session:
        kept = find_reader(session, chat_id)
    assert kept is not None
    assert list(kept.topics) == ["drugs"]


async def test_a_group_that_becomes_a_supergroup_is_followed(database: Database) -> None:
    prepare(database, chats=0)
    with database.session() as session:
        reader(session, -55, NOW)
    claim(database)
    async with telegram() as (sandbox, sender):
        supergroup = sandbox.group(chat_id=-55, kind="group").migrate(FORUM)
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
        claim(database, NOW + DAY)
        await deliver(database, sender, clock_at(NOW + DAY), asyncio.Event())
    texts = [message["text"] for message in supergroup.messages if "text" in message]
    assert len(texts) == 2
    assert [POLICY[0] in text for text in texts] == [True, False]
    assert ended(database, FORUM) is None


async def test_a_flood_ends_the_round_and_loses_nothing(database: Database) -> None:
    prepare(database, chats=20)
    claim(database)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(chat_id, started=True) for chat_id in range(1, 21)]
        sandbox.flood(times=2, retry_after=30)
        first = await deliver(database, sender, clock_at(NOW), asyncio.Event())
        assert Counter(part.in_doubt for part in parts(database)).keys() == {0}
        asked = sum(call.method == "sendMessage" for call in sandbox.calls)
        async with sender_to(sandbox.token, sandbox.api_url) as another:  # real time has not passed
            assert await deliver(database, another, clock_at(NOW + HOUR), asyncio.Event()) == 20 - first
    assert asked <= first + 4, "it went on trying"
    assert [len(user.messages) for user in users] == [1] * 20


async def test_what_is_instant_goes_before_the_crowd(database: Database) -> None:
    prepare(database, chats=30)
    with database.session() as session:
        for subscription in session.scalars(select(Subscription)):
            subscription.covered_until = NOW - DAY
    claim(database)
    with database.session() as session:
        late = reader(session, 99, NOW)  # a reader's first: somebody waits for it
        late.covered_until = None
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
    assert [part.chat_id for part in parts(database)] == [99]


class Gated:
    """A sender whose answers to some chats come when its gate opens."""

    def __init__(self, sender: TelegramSender, held: Container[int]) -> None:
        self._sender = sender
        self._held = held
        self.gate = asyncio.Event()

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        sent = await self._sender.send(chat_id, message, silent=silent, thread_id=thread_id)
        if chat_id in self._held:
            await self.gate.wait()
        return sent


async def test_a_database_error_leaves_what_is_under_way_to_be_recorded(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(sqlite, chats=20)
    claim(sqlite)
    async with telegram() as (sandbox, sender):
        users = [sandbox.user(i, started=True) for i in range(1, 21)]
        gated = Gated(sender, range(100))

        def claim_then_fail(session: Session, now: datetime, limit: int, open_to: None) -> Sequence[Outgoing]:
            if sum(len(user.messages) for user in users) >= 8:
                gated.gate.set()
                raise OperationalError("select", {}, Exception("database is locked"))
            return claim_parts(session, now, limit, open_to=open_to)

        monkeypatch.setattr("digests.deliver.claim_parts", claim_then_fail)
        with pytest.raises(OperationalError):
            await deliver(sqlite, gated, clock_at(NOW), asyncio.Event())
        assert Counter(part.state for part in parts(sqlite))["sending"] == 0
        monkeypatch.undo()
        await deliver(sqlite, sender, clock_at(NOW), asyncio.Event())
    assert [len(user.messages) for user in users] == [1] * 20
    assert {part.in_doubt for part in parts(sqlite)} == {0}


async def test_a_request_that_hangs_holds_up_no_digest_that_falls_due_meanwhile(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digests.deliver.ASK_AGAIN", 0.01)
    prepare(sqlite)
    claim(sqlite)
    async with telegram() as (sandbox, sender):
        one, other = (sandbox.user(i, started=True) for i in (1, 2))
        gated = Gated(sender, {1})
        going = asyncio.create_task(deliver(sqlite, gated, clock_at(NOW), asyncio.Event()))
        await one.wait_for("Điểm tin")
        await asyncio.sleep(0.1)  # it has found that nobody else is due
        with sqlite.session() as session:
            reader(session, 2, NOW)
        claim(sqlite)
        await other.wait_for("Điểm tin")
        assert not going.done()
        gated.gate.set()
        assert await going == 2


def test_what_its_reader_has_stopped_is_not_sent_again_after_a_kill(database: Database) -> None:
    prepare(database, chats=2)
    claim(database)
    with database.session() as session:
        assert compose_one(session, NOW)
        assert compose_one(session, NOW)
        claim_parts(session, NOW, limit=8)
    with database.session() as session:
        unsubscribe(session, 1)
    with database.session() as session:
        assert recover(session) == 1
    assert [(part.chat_id, part.state, part.in_doubt) for part in parts(database)] == [
        (1, "refused", 1),
        (2, "pending", 1),
    ]
    with database.session() as session:
        subscribe(session, 1, NOW)
        assert session.scalars(select(SentStory.chat_id)).all() == [2], "what may be lost is told again"


@pytest.mark.parametrize("late", [77, NotNow("late")])
def test_what_comes_after_the_lock_was_lost_changes_nothing(database: Database, late: int | NotNow) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        (lost,) = claim_parts(session, NOW, limit=8)
    with database.session() as session:
        recover(session)
        (taken_over,) = claim_parts(session, NOW, limit=8)
    with database.session() as session:
        record(session, [Outcome(lost, late)], NOW)
        assert not claim_parts(session, NOW + HOUR, limit=8), "it is under way"
    assert [part.state for part in parts(database)] == ["sending"]
    with database.session() as session:
        record(session, [Outcome(taken_over, 78)], NOW)
    (part,) = parts(database)
    assert (part.state, part.in_doubt, part.message_id) == ("sent", 1, 78)
    assert states(database) == {"done": 1}


async def test_who_lost_the_lock_leaves_what_its_successor_has_under_way(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        assert claim_parts(session, NOW, limit=8)
    async with telegram() as (_, sender):
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event(), lambda: False) == 0
    (part,) = parts(database)
    assert (part.state, part.in_doubt) == ("sending", 0)


async def test_a_stop_puts_off_what_waits_for_its_turn_and_doubts_nothing(sqlite: Database) -> None:
    prepare(sqlite, chats=0)
    with sqlite.session() as session:
        reader(session, FORUM, NOW)
    claim(sqlite)
    pace, stop = Pace(), asyncio.Event()
    pace.limit(0)
    async with telegram() as (sandbox, _), sender_to(sandbox.token, sandbox.api_url, pace) as sender:
        group = sandbox.group(chat_id=FORUM)
        going = asyncio.create_task(deliver(sqlite, sender, clock_at(NOW), stop))
        while not any(part.state == "sending" for part in parts(sqlite)):  # noqa: ASYNC110  a thread marks it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        stop.set()
        pace.put_off()
        assert await going == 0
    assert not group.messages
    (part,) = parts(sqlite)
    assert (part.state, part.in_doubt, part.failures) == ("pending", 0, 0)


async def test_what_telegram_cannot_parse_comes_as_plain_text(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        part = session.scalars(select(DigestPart)).one()
        part.html = '<b>A & <a href="https://a.vn/1">B</a> &lt;C&gt;'
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 1
    assert [message["text"] for message in user.messages] == ["A & B (https://a.vn/1) <C>"]
    assert states(database) == {"done": 1}


async def test_a_plain_text_that_would_be_too_long_has_no_addresses(database: Database) -> None:
    link = f'<a href="https://a.vn/{"1" * 3000}">B</a>'
    async with telegram() as (sandbox, sender):
        user = sandbox.user(1, started=True)
        await sender.send(1, Message(f"<b>{link} {link}"))
    assert [message["text"] for message in user.messages] == ["B B"]


def test_after_an_outage_what_is_instant_goes_before_the_crowd(database: Database) -> None:
    prepare(database, chats=3)
    claim(database)
    with database.session() as session:
        for digest in session.scalars(select(Digest)):
            digest.is_crowd = digest.chat_id != 3
        while compose_one(session, NOW):
            pass
        for number, part in enumerate(session.scalars(select(DigestPart).order_by(DigestPart.chat_id))):
            part.id = 100 + number
    with database.session() as session:
        assert [part.chat_id for part in claim_parts(session, NOW, limit=2)] == [3, 1]


async def test_a_chat_that_moves_to_and_fro_is_tried_later_and_given_up(database: Database) -> None:
    prepare(database, chats=0)
    with database.session() as session:
        reader(session, -55, NOW)
    claim(database)
    async with telegram() as (sandbox, sender):
        sandbox.group(chat_id=-55, kind="group").migrate(FORUM).migrate(-55)
        assert await deliver(database, sender, clock_at(NOW), asyncio.Event()) == 0
        asked = sum(call.method == "sendMessage" for call in sandbox.calls)
        assert asked == 2
        await deliver(database, sender, clock_at(NOW + DAY), asyncio.Event())
    assert states(database) == {"failed": 1}


def test_what_was_asked_for_later_is_given_up_later(database: Database) -> None:
    prepare(database)
    claim(database)
    with database.session() as session:
        compose_one(session, NOW)
        session.scalars(select(SentStory)).one().at = NOW + DAY
    for moment, state in ((NOW + DAY + HOUR, "composed"), (NOW + 2 * DAY, "failed")):
        with database.session() as session:
            (part,) = claim_parts(session, moment, limit=8)
            record(session, [Outcome(part, NotNow("flood"))], moment)
        assert states(database) == {state: 1}
