"""/settings and /language: one message that edits itself; for one subscription's pages see `subscription`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.digest import stopped_screen
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import command, press
from bot.handlers.start import start_screen, subscribed_screen
from bot.keyboards import Rows
from bot.menus import (
    language_menu,
    new_menu,
    quiet_from_menu,
    quiet_menu,
    quiet_until_menu,
    settings_menu,
    zone_menu,
)
from bot.profile import publish_chat_commands
from bot.rights import is_group
from digests.groups import GONE
from digests.messages import Message
from digests.subscribers import (
    Reader,
    choose_language,
    choose_quiet_hours,
    choose_timezone,
    pause_subscription,
    subscribe,
    unsubscribe,
)
from digests.templates import LANGUAGES, render
from feeds.text import fold

_QUIET = re.compile(r"(\d{1,4}):(\d{1,4})|urgent:([01])")
_NAMES = {  # folded
    "vi": ("vi", "viet", "tieng viet", "vietnamese"),
    "en": ("en", "anh", "tieng anh", "english"),
}
_PAGES: Mapping[str, Callable[[Reader], Rows]] = {
    "new": new_menu,
    "zones": zone_menu,
    "quiet": quiet_menu,
    "quiet_from": quiet_from_menu,
    "quiet_until": quiet_until_menu,
}


async def settings(update: Update, context: Context) -> None:
    await reply(update, settings_screen(context, await reader_of(update, context)))


async def language(update: Update, context: Context) -> None:
    """/language; alone with the bot also /language en. In a group a press asks for the rights first."""
    reader = await reader_of(update, context)
    typed = fold(" ".join(context.args or ()))
    code = next((code for code, names in _NAMES.items() if typed in names), None)
    if code and not is_group(update):
        await _choose_language(context, reader, code)
        reader = await reader_of(update, context)
    await reply(update, language_screen(reader))


async def settings_pressed(update: Update, context: Context) -> None:
    """`set` and `set:PAGE`: the pages of the settings message."""
    query, page, reader = await pressed(update, context)
    if page and page not in _PAGES:
        await done(query, reader, "stale_button")
        return
    await edit(query, settings_screen(context, reader, page))
    await done(query, reader)


async def quiet_pressed(update: Update, context: Context) -> None:
    """`quiet:FROM:UNTIL` in minutes after midnight, equal for none; `quiet:urgent:1` lets urgent news pass."""
    query, data, reader = await pressed(update, context)
    match = _QUIET.fullmatch(data)
    if match is None:
        await done(query, reader, "stale_button")
        return
    chat, now = reader.chat, context.bot_data.clock()
    start, end, urgent = chat.quiet_from, chat.quiet_until, chat.urgent_in_quiet
    if match[3]:
        urgent = match[3] == "1"
    else:
        start, end = int(match[1]), int(match[2])
    try:
        await context.bot_data.write(choose_quiet_hours, reader.chat_id, start, end, urgent, now)
    except ValueError:
        await done(query, reader, "stale_button")
        return
    await _back(update, context, query, "quiet")


async def zone_pressed(update: Update, context: Context) -> None:
    query, zone, reader = await pressed(update, context)
    services = context.bot_data
    try:
        await services.write(choose_timezone, reader.chat_id, zone, services.clock())
    except ValueError:
        await done(query, reader, "stale_button")
        return
    await _back(update, context, query)


async def language_pressed(update: Update, context: Context) -> None:
    """`lang:en` from /start, `lang:en:only` from /language, `lang:en:set` from the settings: each goes on as it was."""
    query, data, reader = await pressed(update, context)
    code, _, page = data.partition(":")
    if code not in LANGUAGES:
        await done(query, reader, "stale_button")
        return
    await _choose_language(context, reader, code)
    changed = await reader_of(update, context)
    if page == "set":
        screen = settings_screen(context, changed)
    elif page == "only":
        screen = language_screen(changed)
    else:
        screen = await start_screen(context, changed)
    await edit(query, screen)
    await done(query, changed, "saved")


async def _choose_language(context: Context, reader: Reader, code: str) -> None:
    services = context.bot_data
    await services.write(choose_language, reader.chat_id, code)
    is_admin = reader.chat_id in services.settings.admin_ids
    await publish_chat_commands(context.bot, reader.chat, code, is_admin=is_admin)


async def stop_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    stopped = await context.bot_data.write(unsubscribe, reader.chat_id)
    await edit(query, stopped_screen(reader, stopped))
    await done(query, reader)


async def resume_pressed(update: Update, context: Context) -> None:
    """`resume` all there is, `resume:topic` what was in this topic of a forum."""
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    if data == "topic" and reader.thread_id is not None:
        there = tuple(one for one in reader.subscriptions if one.thread_id == reader.thread_id)
        await services.write(resume, replace(reader, subscriptions=there), services.clock())
    else:
        await services.write(resume, reader, services.clock())
    await edit(query, await subscribed_screen(context, reader))
    await done(query, reader)


def language_screen(reader: Reader) -> Message:
    return Message(render("language.html", reader.language), language_menu(reader.language))


def settings_screen(context: Context, reader: Reader, page: str = "") -> Message:
    """The settings as a message: an overview, or one of its pages."""
    html = render("settings.html", reader.language, reader=reader, page=page)
    return Message(html, _PAGES[page](reader) if page else settings_menu(reader, context.bot_data.clock()))


def resume(session: Session, reader: Reader, now: datetime) -> None:
    """What ended when the bot was removed goes on, or else all that has stopped; who never had any is subscribed."""
    stopped = [subscription for subscription in reader.subscriptions if not subscription.enabled]
    gone = [subscription for subscription in stopped if subscription.ended_because in GONE]
    for subscription in gone or stopped:
        pause_subscription(session, reader.chat_id, subscription.id, None, now)
    if not reader.subscriptions:
        subscribe(session, reader.chat_id, now, thread_id=reader.thread_id, owner_id=reader.asked_by)


async def _back(update: Update, context: Context, query: CallbackQuery, page: str = "") -> None:
    reader = await reader_of(update, context)
    await edit(query, settings_screen(context, reader, page))
    await done(query, reader, "saved")


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("settings", settings),
        command("language", language),
        press("set", settings_pressed),
        press("quiet", quiet_pressed),
        press("zone", zone_pressed),
        press("lang", language_pressed),
        press("stop", stop_pressed),
        press("resume", resume_pressed),
    )
