"""What Telegram says of bringing updates to our webhook."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from telegram import Bot
from telegram.error import TelegramError

from digests.troubles import Trouble

log = structlog.get_logger()

RECENT = timedelta(minutes=30)


async def webhook_troubles(bot: Bot, clock: Callable[[], datetime]) -> Sequence[Trouble]:
    """That it failed lately; nothing where there is no webhook or Telegram cannot be asked."""
    try:
        info = await bot.get_webhook_info()
    except TelegramError as error:
        log.warning("Telegram was not asked about the webhook", error=str(error))
        return ()
    failed = info.last_error_date
    if not info.url or failed is None or clock() - failed > RECENT:
        return ()
    return (Trouble("webhook_fails", count=info.pending_update_count, what=info.last_error_message or ""),)
