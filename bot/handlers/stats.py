"""/stats: the figures of the bot, as text and as a picture of the last two weeks."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.charts import send_picture
from bot.handlers.replies import reader_of, reply
from bot.handlers.routes import Who, command
from bot.texts import say
from digests.messages import Message
from digests.pictures.bars import Series, draw_bars
from digests.stats import stats_of
from digests.templates import render
from feeds.health import Health


async def stats_command(update: Update, context: Context) -> None:
    """The text at once, the picture when it is drawn."""
    reader, services = await reader_of(update, context), context.bot_data
    stats = await services.read(stats_of, services.clock(), ZoneInfo(reader.timezone))
    await reply(update, Message(render("stats.html", reader.language, stats=stats, order=list(Health))))
    title = say("stats_days", reader.language, len(stats.days))
    series = [
        Series(say(f"stats_{name}", reader.language), tuple(getattr(day, name) for day in stats.days))
        for name in ("read", "kept", "sent")
    ]
    days = [f"{day.day:%d/%m}" for day in stats.days]
    await send_picture(update, context, reader.language, title, draw_bars, title, days, series)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("stats", stats_command, Who.ADMIN, heavy=True),)
