"""doctor: the token, how updates reach us, and whether our clock is right."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.cli.finding import Finding, right, wrong
from bot.cli.typed import typed
from bot.clock import now
from bot.request import AiohttpRequest
from bot.settings import Settings

MANY_UPDATES = 100
_RECENT = timedelta(hours=1)
_CLOCK_DIFFERENCE = 60.0  # seconds
_ANSWERS_WITHIN = 10.0


def look_at_telegram(settings: Settings) -> Iterator[Finding]:
    if settings.telegram_token is None:
        only = "(`run --only poll` and `run --only api` need none)"
        yield wrong("token", f"TELEGRAM_TOKEN is not set: get one from @BotFather {only}")
        return
    try:
        yield from asyncio.run(_ask(settings, settings.telegram_token.get_secret_value()))
    except InvalidToken:
        yield wrong("token", f"{settings.telegram_api_url} refuses TELEGRAM_TOKEN: check it with @BotFather")
    except TelegramError as error:
        yield wrong("token", f"{settings.telegram_api_url} cannot be reached: {error}; is there a network?")


async def _ask(settings: Settings, token: str) -> Sequence[Finding]:
    bot = Bot(token, base_url=f"{settings.telegram_api_url}/bot", request=AiohttpRequest())
    async with bot:
        webhook = await bot.get_webhook_info()
        found = [right("token", f"@{bot.username} at {settings.telegram_api_url}"), *_webhook(settings, webhook)]
    off = await _clock_difference(settings.telegram_api_url)
    if off is None:
        return found
    if off > _CLOCK_DIFFERENCE:
        return [*found, wrong("clock", f"it differs from Telegram's by {off:.0f} seconds: let NTP set it")]
    return [*found, right("clock", "as Telegram's")]


def _webhook(settings: Settings, told: WebhookInfo) -> Iterator[Finding]:
    problems = []
    if told.url != settings.webhook_url:
        there = told.url or "nowhere"
        here = f"WEBHOOK_URL is {settings.webhook_url}" if settings.webhook_url else "WEBHOOK_URL is not set"
        problems.append(f"Telegram brings updates to {there}, but {here}: `{typed('run')}` tells it, once started")
    failed = told.last_error_date
    if told.url and failed and now() - failed < _RECENT:
        problems.append(f"it failed at {failed:%H:%M} UTC: {told.last_error_message}; see the proxy and WEBHOOK_LISTEN")
    if told.pending_update_count > MANY_UPDATES:
        problems.append(f"{told.pending_update_count} updates wait: does a process with the role serve run?")
    yield from (wrong("webhook", problem) for problem in problems)
    if not problems:
        yield right("webhook", f"{told.url or 'none, updates are asked for'}; {told.pending_update_count} wait")


async def _clock_difference(address: str) -> float | None:
    """Seconds between our clock and the one of that server; None where it does not tell."""
    timeout = aiohttp.ClientTimeout(total=_ANSWERS_WITHIN)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as client:
            started = time.monotonic()
            async with client.get(address, allow_redirects=False) as answer:
                theirs = parsedate_to_datetime(answer.headers["Date"])
            waited = time.monotonic() - started
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return None
    off = abs((datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds())
    return max(0.0, off - waited - 1)  # the server tells whole seconds
