"""/start: three taps to the first digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.directive import show_token
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import fits
from bot.menus import clock, subscription_lines
from bot.profile import publish_chat_commands
from bot.texts import say
from digests.choices import MAX_MINUTES
from digests.messages import Button, Message
from digests.subscribers import Reader, find_reader, promise_first, subscribe
from digests.templates import render
from feeds.following import ReadingProgress, reading_progress

HOURS = (6, 7, 8, 11, 17, 20)


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription whose hours (minutes after midnight) are others now."""

    subscription_id: int
    old: tuple[int, ...]
    new: tuple[int, ...]
    cadence: str


async def start(update: Update, context: Context) -> None:
    """Greets, or opens the document that a deep link names (`?start=d_TOKEN`)."""
    payload = context.args[0] if context.args else ""
    if payload.startswith("d_"):
        await show_token(update, context, payload.removeprefix("d_"))
        return
    reader = await reader_of(update, context)
    if reader.chat_id in context.bot_data.settings.admin_ids:  # whom nothing else tells of their commands
        await publish_chat_commands(context.bot, reader.chat_id, reader.language, is_admin=True)
    progress = await context.bot_data.read(reading_progress)
    await reply(update, start_screen(reader, progress, context.bot_data.clock()))


async def choose_hour(update: Update, context: Context) -> None:
    """An hour of the start screen: subscribes, and offers the first digest at once."""
    query, hour, reader = await pressed(update, context)
    if not hour.isdecimal() or int(hour) > 23:
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    await services.write(
        subscribe,
        reader.chat_id,
        services.clock(),
        minute_of_day=int(hour) * 60,
        thread_id=reader.thread_id,
        owner_id=reader.asked_by,
    )
    await edit(query, await subscribed_screen(context, reader))
    await done(query, reader, "saved")


async def send_first(update: Update, context: Context) -> None:
    """The first digest now, or as soon as the first reading of the feeds is done."""
    query, _, reader = await pressed(update, context)
    services = context.bot_data
    if not reader.subscribed:
        await done(query, reader, "subscribe_first")
        return
    if not await services.write(promise_first, reader.chat_id, reader.thread_id):
        await done(query, reader, "first_sent")
        return
    progress = await services.read(reading_progress)
    await done(query, reader, "first_coming" if progress.is_complete else "first_later")
    services.wake_delivery()


def start_screen(reader: Reader, progress: ReadingProgress, now: datetime) -> Message:
    """Greeting, how far the first reading is, hours to choose from."""
    hours: list[Button] = [(f"{hour:02}:00", f"hour:{hour}") for hour in HOURS]
    other = ("English", "lang:en") if reader.language == "vi" else ("Tiếng Việt", "lang:vi")
    rows: list[tuple[Button, ...]] = [tuple(hours[:3]), tuple(hours[3:])]
    rows.append(((say("today", reader.language), "today"), (say("try_directive", reader.language), "try:09-CT/TW")))
    rows.append((other,))
    lines = subscription_lines(reader, now)
    return Message(render("start.html", reader.language, reader=reader, lines=lines, progress=progress), tuple(rows))


async def subscribed_screen(context: Context, reader: Reader, changed: Changed | None = None) -> Message:
    """Confirmation with the next moment and, to whoever had none yet, the first digest on offer.

    Where the hours were `changed`, it says so, with the buttons to have both or the old ones.

    While the feeds are read for the first time there is nothing to send yet: the first digest is then promised.
    """
    reader, progress = await context.bot_data.write(_welcome_digest, reader)
    rows: list[tuple[Button, ...]] = []
    if not reader.had_digest and not reader.first_promised:
        rows.append(((say("first_now", reader.language), "first"),))
    if changed:
        rows += [(button,) for button in _hour_buttons(changed, reader.language) if fits(button[1])]
    rows.append(((say("settings", reader.language), "set"),))
    lines = subscription_lines(reader, context.bot_data.clock())
    html = render(
        "subscribed.html",
        reader.language,
        reader=reader,
        lines=lines,
        progress=progress,
        hours=(_hours(changed.old), _hours(changed.new)) if changed else None,
        cadence=say(changed.cadence, reader.language) if changed and changed.cadence != "daily" else "",
    )
    return Message(html, tuple(rows))


def _hour_buttons(changed: Changed, language: str) -> Sequence[Button]:
    both = tuple(sorted({*changed.old, *changed.new}))
    choices = [("hours_back", changed.old)]
    if both not in (changed.old, changed.new) and len(both) <= MAX_MINUTES:
        choices.insert(0, ("hours_both", both))
    own = f"hours:{changed.subscription_id}:"
    return [(say(key, language, _hours(some)), own + ".".join(map(str, some))) for key, some in choices]


def _hours(minutes: Sequence[int]) -> str:
    return ", ".join(map(clock, minutes))


def _welcome_digest(session: Session, before: Reader) -> tuple[Reader, ReadingProgress]:
    progress = reading_progress(session)
    if not progress.is_complete:
        promise_first(session, before.chat_id, before.thread_id)
    session.flush()
    reader = find_reader(session, before.chat_id)
    if reader is None:
        raise LookupError("the chat vanished while it subscribed")
    return reader, progress


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("start", start, Who.ANYONE),
        press("hour", choose_hour),
        press("first", send_first),
    )
