"""/start: three taps to the first digest."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers import report
from bot.handlers.directive import show_token
from bot.handlers.draft import PREFIX, show_draft
from bot.handlers.groups import greeting
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import MAX_LABEL, fits, in_rows
from bot.menus import back_row, clock, subscription_lines
from bot.profile import publish_chat_commands
from bot.rights import is_group
from bot.subscription_menus import HOURS
from bot.targets import aimed
from bot.texts import language_of, say
from digests.choices import MAX_MINUTES
from digests.messages import Button, Message
from digests.models import DEFAULT_MINUTE
from digests.subscribers import (
    Reader,
    change_subscription,
    find_reader,
    promise_first,
    subscribe,
    subscriptions_of,
)
from digests.templates import render
from feeds.following import ReadingProgress, reading_progress
from feeds.text import shorten

ADDED = "added"
"""What Telegram hands over where the bot was added to a group by the button of the start screen."""
_GREETED = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription whose hours (minutes after midnight) are others now."""

    subscription_id: int
    old: tuple[int, ...]
    new: tuple[int, ...]
    cadence: str


async def start(update: Update, context: Context) -> None:
    """Greets, or opens what a deep link names: a document (`?start=d_TOKEN`), a draft (`p_TOKEN`) or items that may be
    wrong (`r_ARTICLE-ARTICLE`); any other link greets too."""
    payload = context.args[0] if context.args else ""
    if payload.startswith("d_"):
        await show_token(update, context, payload.removeprefix("d_"))
        return
    if payload.startswith(PREFIX):
        await show_draft(update, context, payload.removeprefix(PREFIX))
        return
    if payload.startswith(report.PREFIX) and not is_group(update):
        await report.show_reported(update, context, payload.removeprefix(report.PREFIX))
        return
    reader = await reader_of(update, context)
    if is_group(update):
        if payload != ADDED or not was_greeted(context, reader.chat_id):
            await reply(update, greeting(reader))
        return
    user, is_admin = update.effective_user, reader.chat_id in context.bot_data.settings.admin_ids
    if is_admin or reader.language != language_of(user.language_code if user else None):  # those of all do not suit
        await publish_chat_commands(context.bot, reader.chat, reader.language, is_admin=is_admin)
    await reply(update, await start_screen(context, reader))
    context.bot_data.asker.wake()  # who begins tries what there is


async def start_pressed(update: Update, context: Context) -> None:
    """`start:hours` offers other hours, `start` is the way back."""
    query, page, reader = await pressed(update, context)
    if page not in ("", "hours"):
        await done(query, reader, "stale_button")
        return
    await edit(query, await start_screen(context, reader, page))
    await done(query, reader)


async def choose_hour(update: Update, context: Context) -> None:
    """An hour of the start screen: subscribes, and offers the first digest at once."""
    query, hour, reader = await pressed(update, context)
    if not hour.isdecimal() or int(hour) > 23:
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    changed = await services.write(subscribe_at, reader, services.clock(), [int(hour) * 60])
    await edit(query, await subscribed_screen(context, reader, changed))
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


async def start_screen(context: Context, reader: Reader, page: str = "") -> Message:
    """What the bot does and how far the first reading is, to who is new; to who is subscribed, what comes when."""
    services, language = context.bot_data, reader.language
    progress = await services.read(reading_progress)
    lines = subscription_lines(reader, services.clock())
    html = render("start.html", language, reader=reader, lines=lines, progress=progress)
    if page == "hours":
        hours = [(f"{hour:02}:00", f"hour:{hour}") for hour in HOURS]
        return Message(html, (*in_rows(hours, 4), back_row(language, "start")))
    value: tuple[Button, ...] = (
        (say("today", language), "today"),
        (say("try_directive", language), "try:09-CT/TW"),
    )
    usual: Button = (say("start_now", language, clock(DEFAULT_MINUTE)), f"hour:{DEFAULT_MINUTE // 60}")
    first: tuple[Button, ...] = (usual, (say("other_hour", language), "start:hours"))
    if reader.subscribed:
        first, value = value, ((say("settings", language), "set"), (say("my_follows", language), "following:0"))
    group = (say("in_group", language), f"https://t.me/{context.bot.username}?startgroup={ADDED}")
    other = ("English", "lang:en") if language == "vi" else ("Tiếng Việt", "lang:vi")
    return Message(html, (first, value, (group, other)))


def subscribe_at(session: Session, reader: Reader, now: datetime, minutes: list[int]) -> Changed | None:
    """Subscribes at these minutes, any where there are none; what was changed of a subscription that was there."""
    chat_id = reader.chat_id
    before = {s.id: tuple(s.minutes) for s in subscriptions_of(session, chat_id) if s.enabled}
    subscription = subscribe(
        session,
        chat_id,
        now,
        minute_of_day=minutes[0] if len(minutes) == 1 else None,
        thread_id=reader.thread_id,
        owner_id=reader.asked_by,
    )
    old = before.get(subscription.id, ())
    if len(minutes) > 1:
        change_subscription(session, chat_id, subscription.id, now, minutes=minutes)
    new = tuple(subscription.minutes)
    return Changed(subscription.id, old, new, subscription.cadence) if old and old != new else None


def was_greeted(context: Context, chat_id: int) -> bool:
    """Whether the group was greeted a moment ago, as it was added to."""
    at = context.bot_data.greeted.get(chat_id, -_GREETED)
    return asyncio.get_running_loop().time() - at < _GREETED


def note_greeting(context: Context, chat_id: int) -> None:
    context.bot_data.greeted[chat_id] = asyncio.get_running_loop().time()


async def subscribed_screen(context: Context, reader: Reader, changed: Changed | None = None) -> Message:
    """Confirmation with the next moment and, to whoever had none yet, the first digest on offer.

    Where the hours were `changed`, it says so, with the buttons to have both or the old ones.

    While the feeds are read for the first time there is nothing to send yet: the first digest is then promised.
    """
    reader, progress = await context.bot_data.write(_welcome_digest, reader)
    rows: list[tuple[Button, ...]] = []
    if reader.may_have_first:
        rows.append(((say("first_now", reader.language), "first"),))
    if changed:
        rows += [
            (button,) for button in _hour_buttons(changed, reader.language) if fits(aimed(button[1], reader.chat_id))
        ]
    topics = ((say("choose_topics", reader.language), f"sub:{reader.first.id}:topics"),) if reader.first else ()
    rows.append((*topics, (say("settings", reader.language), "set")))
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
    return [
        (shorten(say(key, language, _hours(some)), MAX_LABEL), own + ".".join(map(str, some))) for key, some in choices
    ]


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
        press("start", start_pressed),
        press("hour", choose_hour),
        press("first", send_first),
    )
