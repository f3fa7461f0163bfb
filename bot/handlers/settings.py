"""/settings and /language: one message that edits itself."""

from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler

from bot.context import Context
from bot.handlers.digest import stopped_screen
from bot.handlers.replies import command, done, edit, pressed, reader_of, reply
from bot.handlers.start import start_screen, subscribed_screen
from bot.keyboards import (
    VOLUMES,
    hour_buttons,
    language_buttons,
    settings_buttons,
    topic_buttons,
    volume_buttons,
    zone_buttons,
)
from bot.profile import publish_chat_commands
from digests.render import LANGUAGES, Message, render
from digests.subscribers import Reader, choose_language, choose_timezone, subscribe, unsubscribe
from feeds.classify import topics
from feeds.following import reading_progress


async def settings(update: Update, context: Context) -> None:
    await reply(update, settings_screen(await reader_of(update, context)))


async def language(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, language_screen(reader))


async def settings_pressed(update: Update, context: Context) -> None:
    """`set`, `set:hours`, `set:topics`, `set:volume`, `set:zones`: the pages of the settings message."""
    query, page, reader = await pressed(update, context)
    await edit(query, settings_screen(reader, page))
    await done(query, reader)


async def hour_pressed(update: Update, context: Context) -> None:
    """`at:MINUTE` sets the time of the daily digest."""
    query, minute, reader = await pressed(update, context)
    if not minute.isdecimal() or int(minute) >= 24 * 60:
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    await services.write(subscribe, reader.chat_id, services.clock(), minute_of_day=int(minute))
    await _back(update, context, query)


async def topic_pressed(update: Update, context: Context) -> None:
    """`topic:CODE` switches a topic on or off; `topic:all` wants them all again."""
    query, code, reader = await pressed(update, context)
    codes = [topic.code for topic in topics()]
    if code != "all" and code not in codes:
        await done(query, reader, "stale_button")
        return
    chosen = set(reader.topics or codes)
    chosen = set(codes) if code == "all" else chosen ^ {code}
    # All and none both mean no choice: a digest of no topic would be a mistake, not a wish.
    wanted = [] if len(chosen) in (0, len(codes)) else [known for known in codes if known in chosen]
    services = context.bot_data
    if reader.subscribed:
        await services.write(subscribe, reader.chat_id, services.clock(), topics=wanted)
    else:
        await done(query, reader, "subscribe_first")
        return
    await _back(update, context, query, page="topics")


async def volume_pressed(update: Update, context: Context) -> None:
    """`volume:-1` fewer articles, `volume:1` more, `volume:0` the usual."""
    query, chosen, reader = await pressed(update, context)
    volume = next((volume for volume in VOLUMES if str(volume) == chosen), None)
    if volume is None:
        await done(query, reader, "stale_button")
        return
    if not reader.subscribed:
        await done(query, reader, "subscribe_first")
        return
    services = context.bot_data
    await services.write(subscribe, reader.chat_id, services.clock(), volume=volume)
    await _back(update, context, query, page="volume")


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
    services = context.bot_data
    await services.write(choose_language, reader.chat_id, code)
    is_admin = reader.chat_id in context.bot_data.settings.admin_ids
    await publish_chat_commands(context.bot, reader.chat_id, code, is_admin=is_admin)
    changed = await reader_of(update, context)
    if page == "set":
        screen = settings_screen(changed)
    elif page == "only":
        screen = language_screen(changed)
    else:
        screen = start_screen(changed, await services.read(reading_progress))
    await edit(query, screen)
    await done(query, changed, "saved")


async def stop_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    stopped = await context.bot_data.write(unsubscribe, reader.chat_id)
    await edit(query, stopped_screen(reader, stopped))
    await done(query, reader)


async def resume_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    services = context.bot_data
    await services.write(subscribe, reader.chat_id, services.clock())
    await edit(query, await subscribed_screen(context, reader.chat_id))
    await done(query, reader)


def language_screen(reader: Reader) -> Message:
    return Message(render("language.html", reader.language), language_buttons(reader.language))


def settings_screen(reader: Reader, page: str = "") -> Message:
    """The settings as a message: an overview, or one of its pages."""
    html = render("settings.html", reader.language, reader=reader, page=page)
    pages = {"hours": hour_buttons, "topics": topic_buttons, "volume": volume_buttons, "zones": zone_buttons}
    return Message(html, pages.get(page, settings_buttons)(reader))


async def _back(update: Update, context: Context, query: Any, page: str = "") -> None:
    reader = await reader_of(update, context)
    await edit(query, settings_screen(reader, page))
    await done(query, reader, "saved")


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("settings", settings),
        command("language", language),
        CallbackQueryHandler(settings_pressed, r"^set(:|$)"),
        CallbackQueryHandler(hour_pressed, r"^at:"),
        CallbackQueryHandler(topic_pressed, r"^topic:"),
        CallbackQueryHandler(volume_pressed, r"^volume:"),
        CallbackQueryHandler(zone_pressed, r"^zone:"),
        CallbackQueryHandler(language_pressed, r"^lang:"),
        CallbackQueryHandler(stop_pressed, r"^stop$"),
        CallbackQueryHandler(resume_pressed, r"^resume$"),
    )
