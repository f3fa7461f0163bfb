"""/stats: the figures of the bot, as text and as a picture of the last two weeks."""

import io
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from telegram import InputFile, Update
from telegram.constants import ChatAction
from telegram.ext import BaseHandler

from bot.charts import Series, draw_days
from bot.context import Context
from bot.handlers.replies import reader_of, reply
from bot.handlers.routes import Who, command
from bot.texts import say
from digests.messages import Message
from digests.stats import stats_of
from digests.templates import render
from feeds.health import Health
from feeds.worker import Worker, WorkerError

log = structlog.get_logger()

PATIENCE = 60.0  # seconds for a picture


async def stats_command(update: Update, context: Context) -> None:
    """The text at once, the picture when it is drawn."""
    reader, services = await reader_of(update, context), context.bot_data
    stats = await services.read(stats_of, services.clock(), ZoneInfo(reader.timezone))
    await reply(update, Message(render("stats.html", reader.language, stats=stats, order=list(Health))))
    message = update.effective_message
    if message is None or update.effective_chat is None:
        return
    await update.effective_chat.send_action(ChatAction.UPLOAD_PHOTO)
    title = say("stats_days", reader.language, len(stats.days))
    series = [
        Series(say(f"stats_{name}", reader.language), tuple(getattr(day, name) for day in stats.days))
        for name in ("read", "kept", "sent")
    ]
    try:
        async with Worker() as worker:
            days = [f"{day.day:%d/%m}" for day in stats.days]
            picture = await worker.run(draw_days, title, days, series, seconds=PATIENCE)
    except WorkerError as error:  # the text has the figures
        log.warning("the chart was not drawn", error=str(error))
        return
    await message.reply_photo(InputFile(io.BytesIO(picture), filename="stats.png"), caption=title)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("stats", stats_command, Who.ADMIN, heavy=True),)
