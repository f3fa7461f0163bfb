"""Updates brought by Telegram to an address of ours, at which any number of processes may serve.

A proxy ends TLS and passes requests on. Telegram proves itself by a secret: without it nothing is read. An update is
confirmed when its person has an answer, or after `_HELD` seconds; what is not confirmed is brought again, maybe to
another process. So what a killed process had not answered yet is answered by the next.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.intake import sound
from bot.listening import listening
from bot.settings import Settings

log = structlog.get_logger()

MAX_BODY = 1024 * 1024  # bytes; the largest updates have some tens of thousands
_BODY_WITHIN = 10.0  # seconds
_TRY_AGAIN = 5.0
_CONNECTIONS = 100  # the most that Telegram opens, each with an update that is not confirmed
_HELD = 5.0  # seconds; longer, and few who ask much would keep all others out
_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class WebhookError(Exception):
    """Updates cannot be received; the message says why."""


def webhook_secret(settings: Settings) -> str:
    """The one that is set, else one that every process derives from the token, which it does not tell."""
    if settings.webhook_secret:
        return settings.webhook_secret.get_secret_value()
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    return hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()


@asynccontextmanager
async def receiving(
    bot: Bot, answer: Callable[[Update], "asyncio.Task[None]"], settings: Settings, kinds: Sequence[str]
) -> AsyncIterator[None]:
    """Hands what Telegram brings to `answer` while the `async with` lasts; `kinds` are the updates wanted.

    Telegram is told of the address by every process: it is the same for all, and stays when one of them stops.
    """
    secret = webhook_secret(settings).encode()

    async def take(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(_HEADER, "").encode(errors="replace"), secret):
            return web.Response(status=403)
        try:
            async with asyncio.timeout(_BODY_WITHIN):
                body = await request.read()
            update = Update.de_json(sound(json.loads(body)), bot)
        except TimeoutError:
            return web.Response(status=408)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return web.Response(status=400)
        await asyncio.wait({answer(update)}, timeout=_HELD)
        return web.Response()

    application = web.Application(client_max_size=MAX_BODY)
    application.router.add_post(urlsplit(settings.webhook_url).path or "/", take)
    host, _, port = settings.webhook_listen.rpartition(":")
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(application, host, int(port)))
        except OSError as error:
            raise WebhookError(f"WEBHOOK_LISTEN {settings.webhook_listen}: {error.strerror}") from error
        await _tell_telegram(bot, settings.webhook_url, secret.decode(), kinds)
        yield


async def _tell_telegram(bot: Bot, url: str, secret: str, kinds: Sequence[str]) -> None:
    while True:
        wait = _TRY_AGAIN
        try:
            await bot.set_webhook(url, allowed_updates=kinds, secret_token=secret, max_connections=_CONNECTIONS)
        except BadRequest as error:  # a NetworkError by inheritance, so it comes first
            raise WebhookError(f"Telegram refuses WEBHOOK_URL: {error.message}") from error
        except RetryAfter as error:  # several processes start at once
            wait = error.retry_after.total_seconds() if isinstance(error.retry_after, timedelta) else error.retry_after
        except NetworkError as error:
            log.warning("Telegram was not told of WEBHOOK_URL, trying again", error=str(error))
        else:
            return
        await asyncio.sleep(wait)
