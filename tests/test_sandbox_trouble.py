"""Who may be written to, what may be edited, and trouble on request: seen through python-telegram-bot."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.sandbox import Sandbox

AN, STRANGER, NOBODY = 1001, 1002, 999


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        sandbox.user(AN, first_name="An", started=True)
        sandbox.user(STRANGER, first_name="Bình")
        yield sandbox


@pytest.fixture(autouse=True)
def _retry_after_is_a_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else PTB warns at each RetryAfter


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        yield bot


async def call(bot: Bot, method: str, parameters: dict[str, Any]) -> Any:
    """Past PTB's own checks; it warns of names that it has itself, and the API does not care about case."""
    return await bot.do_api_request(method[0].upper() + method[1:], api_kwargs=parameters)


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def button(**fields: Any) -> dict[str, Any]:
    return keyboard({"text": "Nút", **fields})


def plain(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"chat_id": AN, "text": text, **more}


async def test_unknown_method_and_wrong_token(sandbox: Sandbox, bot: Bot) -> None:
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("sendHologram")
    stranger = Bot("7000001:another", base_url=f"{sandbox.api_url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_forbidden(sandbox: Sandbox, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="Forbidden: bot can't initiate conversation with a user"):
        await bot.send_message(STRANGER, "x")
    an = sandbox.user(AN)
    an.block()
    for send in (bot.send_message(AN, "x"), bot.send_chat_action(AN, "typing")):
        with pytest.raises(Forbidden, match="Forbidden: bot was blocked by the user"):
            await send
    an.unblock()
    await bot.send_message(AN, "x")
    an.deactivate()
    with pytest.raises(Forbidden, match="Forbidden: user is deactivated"):
        await bot.send_message(AN, "x")


async def test_edits(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(AN)
    await an.say("của tôi")
    sent = await bot.send_message(AN, "<b>x</b>", parse_mode="HTML", reply_markup=button(callback_data="x"))
    same = "Message is not modified: specified new message content and reply markup are exactly the same"
    with pytest.raises(BadRequest, match=same):
        await sent.edit_text("<b>x</b>", parse_mode="HTML", reply_markup=button(callback_data="x"))
    with pytest.raises(BadRequest, match=same):
        await sent.edit_reply_markup(button(callback_data="x"))
    with pytest.raises(BadRequest, match="Message_too_long"):
        await sent.edit_text("x" * 4097)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", AN, an.messages[0]["message_id"])
    with pytest.raises(BadRequest, match="Can't parse inline keyboard markup"):
        await call(bot, "editMessageText", plain(message_id=sent.message_id, reply_markup={"force_reply": True}))
    edited = await sent.edit_text("y")
    assert edited.reply_markup is None
    assert [message["text"] for message in an.messages] == ["của tôi", "y"]


async def test_messages_with_a_reply_keyboard_cannot_be_edited(bot: Bot) -> None:
    sent = await bot.send_message(AN, "x", reply_markup={"keyboard": [["A"]]})
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await sent.edit_text("y")


async def test_flood(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.flood(times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(AN, "x")
        assert refused.value.retry_after == timedelta(seconds=7)
    assert sandbox.calls[-1].answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    await bot.send_message(AN, "x")
    assert len(sandbox.user(AN).messages) == 1


@pytest.mark.parametrize("status", [500, 502])
async def test_server_errors(sandbox: Sandbox, bot: Bot, status: int) -> None:
    sandbox.fail("sendMessage", status)
    with pytest.raises(NetworkError):
        await bot.send_message(AN, "x")
    assert sandbox.calls[-1].answer["error_code"] == status
    assert sandbox.user(AN).messages == []


@pytest.mark.parametrize("deliver", [True, False])
async def test_lost_answers(sandbox: Sandbox, bot: Bot, deliver: bool) -> None:
    """The client cannot know whether the message arrived."""
    sandbox.hang(deliver=deliver, chat_id=AN)
    with pytest.raises(NetworkError):
        await bot.send_message(AN, "x")
    assert len(sandbox.user(AN).messages) == int(deliver)
    assert not sandbox.calls[-1].answered


async def test_no_answer_at_all(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.hang(silent=True)
    with pytest.raises(TelegramError, match="Timed out"):
        await bot.send_message(AN, "x", read_timeout=0.2)
    assert len(sandbox.user(AN).messages) == 1


async def test_sending_limits() -> None:
    async with Sandbox(limits=True) as sandbox, Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        for number in range(40):
            sandbox.user(number + 1, started=True)
        refused = 0
        for chat_id in (*[1] * 60, *range(2, 41)):
            try:
                await bot.send_message(chat_id, "x")
            except RetryAfter:
                refused += 1
        # How many more than five at once is up to the machine: one comes back each second.
        assert 5 <= len(sandbox.user(1).messages) < 60
        assert sum(len(sandbox.user(number + 1).messages) for number in range(40)) == 99 - refused


async def test_bad_bodies_get_an_answer(sandbox: Sandbox) -> None:
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    bodies: list[tuple[str, bytes]] = [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"[" * 100_000),
        ("application/json", json.dumps({"chat_id": AN, "text": "\ud800"}).encode()),
        ("application/json", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"chat_id=%FF&text=%FF"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b""),
        ("text/plain", b"x"),
    ]
    async with aiohttp.ClientSession() as session:
        for kind, body in bodies:
            async with session.post(url, data=body, headers={"Content-Type": kind}) as response:
                answer = await response.json()
                assert (response.status, answer["ok"]) == (400, False), (kind, body[:20], answer)
