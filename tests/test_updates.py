"""In which order updates are answered, whoever asks how much; and how the bot stops meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from telegram import Chat, Message, Update

from bot.application import Role, running
from bot.sandbox import Sandbox, SandboxUser
from bot.settings import Settings
from bot.updates import MOST_WAITING, ByChat
from conftest import NOW
from digests.models import DigestPart
from digests.subscribers import add_subscription
from feeds.database import Database
from newsroom import reader

HOG, OTHER = 1, 2
ANSWER, WORD = "Đang theo dõi", "Bạn gửi nhiều quá cùng một lúc"


@asynccontextmanager
async def serving(folder: Path, role: Role = Role.SERVE) -> AsyncIterator[tuple[Sandbox, SandboxUser, SandboxUser]]:
    """The bot at its real pace and two who talk to it."""
    async with Sandbox(limits=True) as sandbox:
        users = sandbox.user(HOG, started=True), sandbox.user(OTHER, started=True)
        settings = Settings(  # type: ignore[call-arg]  # the rest has defaults
            _env_file=None,
            telegram_token=sandbox.token,
            telegram_api_url=sandbox.api_url,
            database_url=f"sqlite:///{folder}/test.db",
        )
        async with running(settings, (role,), sources=()):
            yield sandbox, *users


def answers(user: SandboxUser) -> list[str]:
    return [message["text"] for message in user.messages if message["from"]["is_bot"]]


async def test_who_asks_a_lot_keeps_nobody_waiting_is_told_once_and_delays_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.application.STOP_WITHIN", 0.1)
    async with serving(tmp_path) as (_, hog, other):
        for _ in range(80):
            await hog.say("/status")
        await other.say("/status")
        await other.wait_for(ANSWER, timeout=50)
        assert len(answers(hog)) < 20
        await hog.wait_for(WORD, timeout=50)
    assert len(answers(hog)) < MOST_WAITING, "the bot has stopped before it was through"
    assert sum(text.startswith(WORD) for text in answers(hog)) == 1


@pytest.mark.parametrize(("times", "seconds"), [(1, 3600), (3, 1)])
async def test_an_answer_that_telegram_puts_off_for_long_or_often_is_given_up(
    tmp_path: Path, times: int, seconds: int
) -> None:
    async with serving(tmp_path) as (sandbox, hog, other):
        sandbox.flood(times=times, retry_after=seconds)
        await hog.say("/status")
        async with asyncio.timeout(50):
            while len(asked(sandbox)) < times:  # noqa: ASYNC110  the bot makes it happen
                await asyncio.sleep(0.01)
        await other.say("/status")
        await other.wait_for(ANSWER, timeout=50)
    assert answers(hog) == []
    assert asked(sandbox) == [HOG] * times + [OTHER], "a word of the error was tried"


def asked(sandbox: Sandbox) -> list[int]:
    return [call.parameters["chat_id"] for call in sandbox.calls if call.method == "sendMessage"]


async def test_a_stop_waits_for_no_digest_whose_turn_has_not_come(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.pace._DIGESTS", (1, 3600.0))
    monkeypatch.setattr("bot.jobs.STOP_WITHIN", 3600.0)
    now = datetime.now(UTC)
    with sqlite.session() as session:
        reader(session, HOG, now)
        add_subscription(session, HOG, now).next_due_at = now

    def states() -> list[tuple[str, int]]:
        with sqlite.reading() as session:
            return sorted((part.state, part.in_doubt) for part in session.scalars(select(DigestPart)))

    async with asyncio.timeout(50), serving(tmp_path, Role.DELIVER):
        while states() != [("sending", 0), ("sent", 0)]:  # noqa: ASYNC110  the bot makes it happen
            await asyncio.sleep(0.01)
    assert states() == [("pending", 0), ("sent", 0)]


def update_of(chat_id: int) -> Update:
    chat = Chat(chat_id, "private")
    return Update(1, message=Message(1, NOW, chat, text="…"))


async def test_a_chat_is_answered_in_order_and_beside_others() -> None:
    async def anybody(_update: Update) -> bool:
        return True

    processor, started, gate = ByChat(anybody), list[str](), asyncio.Event()

    async def handle(name: str, waits: bool = False) -> None:
        started.append(name)
        if waits:
            await gate.wait()
        started.append(f"{name} done")

    def process(chat_id: int, *handled: Any) -> asyncio.Task[None]:
        return asyncio.ensure_future(processor.process_update(update_of(chat_id), handle(*handled)))

    first = process(HOG, "a", True)
    rest = [process(HOG, "b"), process(HOG, "c")]
    await process(OTHER, "other")
    assert started == ["a", "other", "other done"]
    rest.pop().cancel()
    gate.set()
    await asyncio.gather(first, *rest)
    assert started[3:] == ["a done", "b", "b done"]
    assert processor._lines == {}, "quiet chats are forgotten"
