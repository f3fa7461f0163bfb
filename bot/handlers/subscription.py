"""One subscription's pages in the settings message; every press names its subscription, and only its own chat's counts.

`sub:ID:PAGE:N` shows, `put:ID:WHAT:VALUE:N` chooses and shows the page again, `new:CADENCE` adds, `pause:ID:DAYS` or
`pause:ID:DATE` pauses (0: goes on), `drop:ID` removes, `undo:ID` gives back for a day what was taken away last.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of
from bot.handlers.routes import press
from bot.handlers.settings import settings_screen
from bot.keyboards import Rows
from bot.menus import is_paused, when_label
from bot.presses import LastOne, outlets_read, put
from bot.subscription_menus import (
    PAST_HOUR,
    VOLUMES,
    amount_menu,
    day_menu,
    detail_menu,
    empty_menu,
    grouping_menu,
    outlet_menu,
    own_zone_menu,
    pause_menu,
    place_menu,
    remove_menu,
    sound_menu,
    subscription_menu,
    topic_menu,
    undo_row,
    when_menu,
    word_menu,
)
from bot.texts import say
from digests.choices import Choices
from digests.messages import Message
from digests.models import Digest, Subscription
from digests.schedule import CADENCES
from digests.subscribers import (
    Reader,
    add_subscription,
    change_subscription,
    pause_subscription,
)
from digests.templates import render
from digests.undo import remove_for_a_day, undo

_ID = re.compile(r"\d{1,9}")
_SHOWN = re.compile(r"(\d{1,9})(?::([a-z]{1,10}))?(?::(\d{1,3}))?")
_PUT = re.compile(r"(\d{1,9}):([a-z]{1,10}):([^:]{1,40})(?::(\d{1,3}))?")
_DIGEST = re.compile(r"\d{1,18}")
_PAUSE = re.compile(r"(\d{1,9}):(?:(\d{1,2})|(\d{4}-\d{2}-\d{2}))")
_PAGE_OF = {
    "cadence": "when",
    "minute": "when",
    "weekday": "when",
    "day": "when",
    "topic": "topics",
    "place": "places",
    "outlet": "outlets",
    "word": "words",
    "volume": "amount",
    "most": "amount",
    "grouping": "grouping",
    "empty": "empty",
    "detail": "detail",
    "sound": "sound",
    "zone": "zones",
}


async def shown_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _SHOWN.fullmatch(data)
    subscription = own(reader, match[1]) if match else None
    if match is None or subscription is None:
        await done(query, reader, "stale_button")
        return
    screen = await subscription_screen(context, reader, subscription, match[2] or "", int(match[3] or 0))
    if screen:
        await edit(query, screen)
    await done(query, reader, None if screen else "stale_button")


async def put_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _PUT.fullmatch(data)
    subscription = own(reader, match[1]) if match else None
    if match is None or subscription is None or match[2] not in _PAGE_OF:
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    try:
        can_undo = await services.write(put, reader.chat_id, subscription.id, match[2], match[3], services.clock())
    except LastOne:
        await done(query, reader, "keep_one")
    except ValueError:
        await done(query, reader, "stale_button")
    else:
        page, number = _PAGE_OF[match[2]], int(match[4] or 0)
        await _back(update, context, query, subscription.id, page, number, can_undo=can_undo)


async def new_pressed(update: Update, context: Context) -> None:
    query, cadence, reader = await pressed(update, context)
    if cadence not in CADENCES:
        await done(query, reader, "stale_button")
    elif is_repeated(query, context):
        await done(query, reader)
    else:
        await add(update, context, query, reader, Choices(cadence=cadence))


async def pause_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _PAUSE.fullmatch(data)
    subscription = own(reader, match[1]) if match else None
    if match is None or subscription is None:
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    now = services.clock()
    try:
        until = _pause_end(reader, subscription, match, now)
        await services.write(pause_subscription, reader.chat_id, subscription.id, until, now)
    except ValueError:  # no such day, or it is over
        await done(query, reader, "stale_button")
        return
    await _back(update, context, query, subscription.id)


async def drop_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    subscription = own(reader, data)
    services = context.bot_data
    if subscription is None:
        await done(query, reader, "stale_button")
        return
    await services.write(remove_for_a_day, reader.chat_id, subscription.id, services.clock())
    label = when_label(subscription, reader.language)
    html = render("subscription_removed.html", reader.language, label=subscription.name or label)
    rows = (undo_row(subscription, reader.language), ((say("settings", reader.language), "set"),))
    await edit(query, Message(html, rows))
    await done(query, reader)


async def undo_pressed(update: Update, context: Context) -> None:
    """Where nothing is kept, as when it is pressed twice, it shows what is there."""
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    if not _ID.fullmatch(data):
        await done(query, reader, "stale_button")
        return
    try:
        restored = await services.write(undo, reader.chat_id, int(data), services.clock())
    except ValueError:  # as many as there may be
        await done(query, reader, "too_many_subscriptions")
        return
    if restored:
        await _back(update, context, query, restored.id)
    elif present := own(reader, data):
        await _back(update, context, query, present.id, said="unchanged")
    else:
        await done(query, reader, "undo_gone")


async def less_pressed(update: Update, context: Context) -> None:
    """`less:DIGEST`, under a digest: fewer items from now on."""
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    said = None
    if _DIGEST.fullmatch(data):
        said = await services.write(_choose_fewer, reader.chat_id, int(data), services.clock())
    await done(query, reader, said or "stale_button")


async def add(update: Update, context: Context, query: CallbackQuery, reader: Reader, choices: Choices) -> None:
    """One more subscription, and its page."""
    services = context.bot_data
    try:
        placed = choices | Choices(thread_id=reader.thread_id, owner_id=reader.asked_by)
        added = await services.write(add_subscription, reader.chat_id, services.clock(), **placed)
    except ValueError:  # as many as there may be
        await done(query, reader, "too_many_subscriptions")
        return
    await _back(update, context, query, added.id)


def own(reader: Reader, subscription_id: str) -> Subscription | None:
    """The reader's own subscription of this id; None for any other."""
    return next((s for s in reader.subscriptions if str(s.id) == subscription_id), None)


async def subscription_screen(
    context: Context, reader: Reader, subscription: Subscription, page: str = "", number: int = 0
) -> Message | None:
    """A subscription's page; None where there is no such page."""
    language, now = reader.language, context.bot_data.clock()
    zone = subscription.timezone or reader.timezone
    rows: Rows
    match page:
        case "":
            rows = subscription_menu(subscription, language, now)
        case "when":
            rows = when_menu(subscription, language, number if number in PAST_HOUR else 0)
        case "days":
            rows = day_menu(subscription, language)
        case "topics":
            rows = topic_menu(subscription, language)
        case "places":
            rows = place_menu(subscription, language, number)
        case "outlets":
            rows = outlet_menu(subscription, language, number, await context.bot_data.read(outlets_read))
        case "words":
            rows = word_menu(subscription, language)
        case "amount":
            rows = amount_menu(subscription, language)
        case "grouping":
            rows = grouping_menu(subscription, language)
        case "empty":
            rows = empty_menu(subscription, language)
        case "detail":
            rows = detail_menu(subscription, language)
        case "sound":
            rows = sound_menu(subscription, language)
        case "zones":
            rows = own_zone_menu(subscription, language)
        case "pause":
            rows = pause_menu(subscription, language, now.astimezone(ZoneInfo(zone)).date())
        case "remove":
            rows = remove_menu(subscription, language)
        case _:
            return None
    html = render(
        "subscription.html",
        language,
        subscription=subscription,
        page=page,
        zone=zone,
        when=when_label(subscription, language),
        paused=is_paused(subscription, now),
    )
    return Message(html, rows)


def _pause_end(reader: Reader, subscription: Subscription, match: re.Match[str], now: datetime) -> datetime | None:
    """None: it goes on now. Days last to the hour; a pause until a date ends as that day begins for the reader."""
    if match[2]:
        days = int(match[2])
        return now + timedelta(days=days) if days else None
    zone = ZoneInfo(subscription.timezone or reader.timezone)
    return datetime.combine(date.fromisoformat(match[3]), time(), tzinfo=zone).astimezone(now.tzinfo)


def _choose_fewer(session: Session, chat_id: int, digest_id: int, now: datetime) -> str | None:
    """What became of it, as a key of `bot.texts`; None where the digest, or its subscription, is none of the chat's."""
    digest = session.get(Digest, digest_id)
    subscription = session.get(Subscription, digest.subscription_id) if digest and digest.subscription_id else None
    if subscription is None or subscription.chat_id != chat_id:
        return None
    if subscription.volume == min(VOLUMES):
        return "fewest_already"
    change_subscription(session, chat_id, subscription.id, now, volume=min(VOLUMES))
    return "fewer_now"


async def _back(
    update: Update,
    context: Context,
    query: CallbackQuery,
    subscription_id: int,
    page: str = "",
    number: int = 0,
    *,
    can_undo: bool = False,
    said: str = "saved",
) -> None:
    """The page anew, or the overview where the subscription has gone."""
    reader = await reader_of(update, context)
    subscription = own(reader, str(subscription_id))
    screen = await subscription_screen(context, reader, subscription, page, number) if subscription else None
    if screen and subscription and can_undo:
        screen = replace(screen, buttons=(undo_row(subscription, reader.language), *screen.buttons))
    await edit(query, screen or settings_screen(context, reader))
    await done(query, reader, said if subscription else "stale_button")


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        press("sub", shown_pressed),
        press("put", put_pressed),
        press("new", new_pressed),
        press("pause", pause_pressed),
        press("drop", drop_pressed),
        press("undo", undo_pressed),
        press("less", less_pressed, in_channels=True),
    )
