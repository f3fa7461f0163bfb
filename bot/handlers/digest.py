"""/subscribe, /unsubscribe, /today."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.directive import name_documents
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.handlers.start import subscribe_at, subscribed_screen
from bot.texts import say
from digests.choices import MAX_MINUTES
from digests.cluster import fold_waiting
from digests.compose import compose_period
from digests.messages import Message
from digests.render import render_digest
from digests.subscribers import Reader, change_subscription, unsubscribe, unsubscribe_topic
from digests.templates import render
from digests.views import DigestView, shown_documents
from feeds.following import reading_progress

# "7", "7h", "7:30", "7h30", "19g05"
_HOUR = re.compile(r"^([01]?\d|2[0-3])\s*(?:[:hg.]\s*([0-5]\d)?)?$", re.IGNORECASE)
# "6:15, 12h", "7 và 18"
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?:và|va|and|&)\s+", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,9}):(\d{1,4}(?:\.\d{1,4})*)")
DAY_HOURS = 24


async def subscribe_command(update: Update, context: Context) -> None:
    """Subscribes at the hours given ("7", "7:30", "6:15, 12h"), or at the present or usual ones."""
    reader = await reader_of(update, context)
    typed = " ".join(context.args or ())
    minutes = parse_minutes(typed)
    if minutes is None:
        await reply(update, Message(render("bad_hour.html", reader.language, typed=typed[:40])))
        return
    services = context.bot_data
    changed = await services.write(subscribe_at, reader, services.clock(), minutes)
    await reply(update, await subscribed_screen(context, reader, changed))


async def hours_pressed(update: Update, context: Context) -> None:
    """`hours:ID:MINUTE.MINUTE`: the hours of a subscription instead of those that were typed."""
    query, data, reader = await pressed(update, context)
    match, services, changed = _HOURS.fullmatch(data), context.bot_data, None
    if match:
        minutes = [int(minute) for minute in match[2].split(".")]
        with contextlib.suppress(ValueError):  # no minute of a day
            changed = await services.write(
                change_subscription, reader.chat_id, int(match[1]), services.clock(), minutes=minutes
            )
    if changed:
        await edit(query, await subscribed_screen(context, reader))
    await done(query, reader, "saved" if changed else "stale_button")


async def unsubscribe_command(update: Update, context: Context) -> None:
    """Stops the digests, in a topic of a forum those of that topic, with the way back."""
    reader, services = await reader_of(update, context), context.bot_data
    if reader.thread_id is None:
        stopped = await services.write(unsubscribe, reader.chat_id)
    else:
        stopped = await services.write(unsubscribe_topic, reader.chat_id, reader.thread_id)
    await reply(update, stopped_screen(reader, stopped, in_topic=reader.thread_id is not None))


async def today(update: Update, context: Context) -> None:
    """The last 24 hours, whatever was sent before; nothing is recorded."""
    reader = await reader_of(update, context)
    await _send_today(update, context, reader)


async def today_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    await done(query, reader)
    if not is_repeated(query, context):
        await _send_today(update, context, reader)


def parse_minute(typed: str) -> int | None:
    """Minutes after midnight of a typed hour; None for anything else."""
    match = _HOUR.match(typed.strip())
    return int(match[1]) * 60 + int(match[2] or 0) if match else None


def parse_minutes(typed: str) -> list[int] | None:
    """Minutes after midnight of the hours typed, in order, empty where none is; None for anything else."""
    if not typed.strip():
        return []
    minutes = [parse_minute(one) for one in _BETWEEN.split(typed.strip(" ,;"))]
    found = sorted({minute for minute in minutes if minute is not None})
    return found if None not in minutes and len(found) <= MAX_MINUTES else None


def stopped_screen(reader: Reader, stopped: bool, *, in_topic: bool = False) -> Message:
    """Says that the digests of the chat, or `in_topic`, have stopped, or were not running, with the button back."""
    html = render("unsubscribed.html", reader.language, stopped=stopped, in_topic=in_topic)
    return Message(html, (((say("resume", reader.language), "resume:topic" if in_topic else "resume"),),))


async def compose_day(context: Context, reader: Reader) -> DigestView:
    """The last 24 hours, by what the reader's first subscription asks for."""
    services = context.bot_data
    await asyncio.to_thread(fold_waiting, services.database)
    view = await services.read(
        compose_period,
        services.clock(),
        DAY_HOURS,
        language=reader.language,
        timezone=reader.timezone,
        next_due_at=reader.next_due_at,
        subscription=reader.first,
    )
    await name_documents(services, shown_documents(view))
    return view


async def _send_today(update: Update, context: Context, reader: Reader) -> None:
    services = context.bot_data
    view = await compose_day(context, reader)
    progress = await services.read(reading_progress)
    if not view.stories and not progress.is_complete:
        await reply(update, Message(render("still_reading.html", reader.language, progress=progress)))
        return
    for number, message in enumerate(await asyncio.to_thread(render_digest, view)):
        await reply(update, message, silent=number > 0)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("subscribe", subscribe_command),
        command("unsubscribe", unsubscribe_command),
        command("today", today, Who.ANYONE),
        press("hours", hours_pressed),
        press("today", today_pressed, Who.ANYONE),
    )
