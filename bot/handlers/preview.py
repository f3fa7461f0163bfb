"""/preview: what the next digest would be if it came now; nothing is recorded."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.digest import DAY_HOURS
from bot.handlers.directive import name_documents
from bot.handlers.replies import done, is_admin, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import command, press
from bot.handlers.subscription import own
from bot.keyboards import in_rows
from bot.menus import subscription_label
from digests.cluster import fold_waiting
from digests.compose import compose_period, compose_preview
from digests.messages import Message
from digests.models import Subscription
from digests.render import render_digest
from digests.subscribers import Reader, find_reader
from digests.templates import render
from digests.views import shown_documents

_CHAT = re.compile(r"-?\d{1,18}")
_OTHERS = re.compile(r"(-?\d{1,18}):(\d{1,9})")


async def preview_command(update: Update, context: Context) -> None:
    """/preview: of the reader's own first subscription; /preview CHAT, for admins: of that chat's. The others have
    buttons."""
    reader = await reader_of(update, context)
    shown: Reader | None = reader
    typed = " ".join(context.args or ())
    if typed and is_admin(update, context):
        shown = await context.bot_data.read(find_reader, int(typed)) if _CHAT.fullmatch(typed) else None
    if shown is None or shown.first is None:
        await reply(update, Message(render("preview_none.html", reader.language, own=shown is reader)))
        return
    await _send(update, context, reader, shown, shown.first)


async def preview_pressed(update: Update, context: Context) -> None:
    """`preview:ID`, of a subscription of one's own; `preview:CHAT:ID`, for admins."""
    query, data, reader = await pressed(update, context)
    shown: Reader | None = reader
    if (match := _OTHERS.fullmatch(data)) and is_admin(update, context):
        shown, data = await context.bot_data.read(find_reader, int(match[1])), match[2]
    subscription = own(shown, data) if shown else None
    await done(query, reader, None if subscription else "stale_button")
    if shown and subscription and not is_repeated(query, context):
        await _send(update, context, reader, shown, subscription)


async def _send(update: Update, context: Context, reader: Reader, shown: Reader, subscription: Subscription) -> None:
    services = context.bot_data
    now = services.clock()
    await asyncio.to_thread(fold_waiting, services.database)
    view = await services.read(compose_preview, shown, subscription, now)
    # Right after a digest there is nothing new: what it would be like is shown by the last day.
    is_day = not view.stories and subscription.cadence != "instant"
    if is_day:
        view = await services.read(
            compose_period,
            now,
            DAY_HOURS,
            language=shown.language,
            timezone=subscription.timezone or shown.timezone,
            next_due_at=subscription.next_due_at,
            subscription=subscription,
        )
    await name_documents(services, shown_documents(view))
    other = shown.chat_id if shown is not reader else None
    label = subscription_label(subscription, reader.language, now)
    html = render("preview.html", reader.language, label=label, chat_id=other, is_day=is_day)
    whose = "preview" if other is None else f"preview:{other}"
    buttons = [
        (subscription_label(one, reader.language, now), f"{whose}:{one.id}")
        for one in shown.subscriptions
        if one is not subscription
    ]
    await reply(update, Message(html, in_rows(buttons, 1)))
    for message in await asyncio.to_thread(render_digest, view):
        await reply(update, message, silent=True)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("preview", preview_command, heavy=True), press("preview", preview_pressed, heavy=True))
