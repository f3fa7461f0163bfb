"""/log: what admins did, the latest first. `log:PAGE` turns its pages in place."""

import re
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import LATEST_FIRST, page_at, page_row
from bot.texts import say
from digests.acts import acts, count_acts
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render

PER_PAGE = 15
_PAGE = re.compile(r"\d{1,5}")


async def log_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, await _screen(context, reader, 0))


async def log_pressed(update: Update, context: Context) -> None:
    query, page, reader = await pressed(update, context)
    if not _PAGE.fullmatch(page):
        await done(query, reader, "stale_button")
        return
    await edit(query, await _screen(context, reader, int(page)))
    await done(query, reader)


async def _screen(context: Context, reader: Reader, page: int) -> Message:
    services = context.bot_data
    page, pages = page_at(page, await services.read(count_acts), PER_PAGE)
    found = await services.read(acts, page * PER_PAGE, PER_PAGE)
    html = render("log.html", reader.language, acts=found, timezone=reader.timezone, own_id=reader.chat_id)
    refresh = say("refresh", reader.language, page + 1, pages)
    return Message(html, (page_row(reader.language, page, pages, "log", here=refresh, words=LATEST_FIRST),))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("log", log_command, Who.ADMIN), press("log", log_pressed, Who.ADMIN))
