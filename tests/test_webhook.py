"""Updates that Telegram brings to an address of ours: with its secret only, bounded, none lost on the way."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.application import Role, StartError, running
from bot.sandbox import Sandbox, SandboxUser
from bot.settings import Settings
from bot.webhook import MAX_BODY, webhook_secret
from conftest import free_port

HEADER = "X-Telegram-Bot-Api-Secret-Token"
ANSWER = "Đang theo dõi"


@dataclass(frozen=True, slots=True)
class Served:
    sandbox: Sandbox
    an: SandboxUser
    settings: Settings

    async def post(self, body: bytes, secret: str | None) -> int:
        headers = {HEADER: secret} if secret is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.settings.webhook_url, data=io.BytesIO(body), headers=headers) as response,
        ):
            return response.status


def settings_for(sandbox: Sandbox, folder: Path, **more: Any) -> Settings:
    port = free_port()
    wanted: dict[str, Any] = {
        "telegram_token": sandbox.token,
        "telegram_api_url": sandbox.api_url,
        "database_url": f"sqlite:///{folder}/test.db",
        "webhook_url": f"http://127.0.0.1:{port}/telegram",
        "webhook_listen": f"127.0.0.1:{port}",
    }
    return Settings(_env_file=None, **wanted | more)


@asynccontextmanager
async def served(folder: Path, **more: Any) -> AsyncIterator[Served]:
    async with Sandbox() as sandbox:
        settings = settings_for(sandbox, folder, **more)
        an = sandbox.user(started=True)
        async with running(settings, (Role.SERVE,), sources=()):
            yield Served(sandbox, an, settings)


@pytest.mark.parametrize("secret", [None, "a-secret-of-our-own"])
async def test_updates_that_telegram_brings_are_answered(tmp_path: Path, secret: str | None) -> None:
    async with served(tmp_path, webhook_secret=secret) as here:
        await here.an.say("/status")
        await here.an.wait_for(ANSWER)
        (told,) = [call.parameters for call in here.sandbox.calls if call.method == "setWebhook"]
        assert told["url"] == here.settings.webhook_url
        assert told["secret_token"] == webhook_secret(here.settings) == (secret or told["secret_token"])
        assert "inline_query" in told["allowed_updates"]
        assert told["max_connections"] == 100, "what waits for its answer holds one"
    assert not here.sandbox.world.updates.pending, "the update was not confirmed"
    methods = {call.method for call in here.sandbox.calls}
    assert not methods & {"getUpdates", "deleteWebhook"}, "another process may serve behind the address"


async def test_nothing_is_read_without_the_secret_and_nothing_makes_no_sense(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        secret = webhook_secret(here.settings)
        update = b'{"update_id": 1, "message": {"text": "/status"}}'
        assert await here.post(update, None) == 403
        assert await here.post(b"x" * (MAX_BODY + 1), secret[:-1]) == 403
        assert await here.post(update, f"{secret}é") == 403
        assert await here.post(b"x" * (MAX_BODY + 1), secret) == 413
        assert [await here.post(body, secret) for body in (b"", b"[]", b"{}", b"\xff", b"[" * 9999)] == [400] * 5
        assert await here.post(update, secret) == 200, "what can be told apart is confirmed, or it comes again"
        await here.an.say("/status")
        await here.an.wait_for(ANSWER)


async def test_without_an_address_updates_are_asked_for_and_the_webhook_is_removed(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        await here.an.say("/status")
        await here.an.wait_for(ANSWER)
    async with Sandbox() as sandbox:
        sandbox.world.updates.webhook.url = here.settings.webhook_url
        an = sandbox.user(started=True)
        async with running(settings_for(sandbox, tmp_path, webhook_url=""), (Role.SERVE,), sources=()):
            await an.say("/status")
            await an.wait_for(ANSWER)
        assert not sandbox.world.updates.webhook.url


async def test_a_start_says_why_there_can_be_no_webhook(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        refused = settings_for(sandbox, tmp_path, webhook_url="http://bot.example/telegram")
        with pytest.raises(StartError, match=r"Telegram refuses WEBHOOK_URL: .*https"):
            async with running(refused, (Role.SERVE,), sources=()):
                pass
        taken = settings_for(sandbox, tmp_path, webhook_listen=sandbox.api_url.removeprefix("http://"))
        with pytest.raises(StartError, match="WEBHOOK_LISTEN 127"):
            async with running(taken, (Role.SERVE,), sources=()):
                pass


async def test_telegram_is_told_of_the_address_until_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.webhook._TRY_AGAIN", 0.01)
    async with Sandbox() as sandbox:
        sandbox.fail("setWebhook", times=2)
        an = sandbox.user(started=True)
        async with running(settings_for(sandbox, tmp_path), (Role.SERVE,), sources=()):
            await an.say("/status")
            await an.wait_for(ANSWER)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_url": "bot.example/telegram"},
        {"webhook_url": "https://bot.example/?secret=1"},
        {"webhook_url": "https://user:secret@bot.example/"},
        {"webhook_secret": "short"},
        {"webhook_secret": "with blanks, and much too long to guess"},
        {"webhook_listen": "8080"},
    ],
)
def test_what_cannot_be_an_address_or_a_secret_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(_env_file=None, **wrong)  # type: ignore[arg-type]


async def test_an_answer_that_takes_long_keeps_out_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in brings one update at a time: what is not confirmed is in the way of all others."""
    monkeypatch.setattr("bot.webhook._HELD", 0.05)
    monkeypatch.setattr("bot.application.STOP_WITHIN", 0.1)
    async with served(tmp_path) as here:
        here.sandbox.hang(silent=True, chat_id=here.an.chat_id)
        await here.an.say("/status")
        binh = here.sandbox.user(started=True)
        await binh.say("/status")
        await binh.wait_for(ANSWER)
