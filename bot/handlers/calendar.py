"""/calendar: the reviews that a month (`calendar:2026-11`) or year (`calendar:2026`) brings, and reminders of them.

A page may follow (`calendar:2026-11:1`); `remind:on` and `remind:off` choose whether the chat is reminded.
"""

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.follow import turn_button
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import in_rows, page_at, page_row
from bot.months import is_known, month_typed
from bot.texts import say
from digests.follows import followed_documents
from digests.messages import Button, Message
from digests.reminders import remind_button, set_reminds
from digests.reviews import ground_of, reviews_due
from digests.subscribers import Reader
from digests.templates import render
from feeds.store import document_tokens

PER_PAGE = 8
_PRESSED = re.compile(r"(\d{4})(?:-(\d\d))?(?::(\d{1,3}))?")
_MOST_TYPED = 60


async def calendar_command(update: Update, context: Context) -> None:
    """/calendar shows the present month, or the month or year that is typed, and says what else it does not take."""
    reader = await reader_of(update, context)
    today = context.bot_data.clock().astimezone(ZoneInfo(reader.timezone)).date()
    year, month, unread = month_typed(" ".join(context.args or ())[:_MOST_TYPED], today)
    await reply(update, await context.bot_data.read(calendar_screen, reader, year, month, 0, unread))


async def calendar_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _PRESSED.fullmatch(data)
    year, month = (int(match[1]), int(match[2]) if match[2] else None) if match else (0, None)
    if match is None or not is_known(year, month):
        await done(query, reader, "stale_button")
        return
    await edit(query, await context.bot_data.read(calendar_screen, reader, year, month, int(match[3] or 0)))
    await done(query, reader)


async def remind_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    if data not in ("on", "off"):
        await done(query, reader, "stale_button")
        return
    await context.bot_data.write(set_reminds, reader.chat_id, data == "on")
    label, action = remind_button(reader.language, reminds=data == "on")
    await turn_button(query, {f"remind:{data}"}, label, action)
    await done(query, reader, "reminded" if data == "on" else "unreminded")


def calendar_screen(
    session: Session, reader: Reader, year: int, month: int | None, page: int, unread: str = ""
) -> Message:
    """A page of what falls due, followed documents first; above it what was typed and not understood."""
    language, followed = reader.language, followed_documents(session, reader.chat_id)
    found = reviews_due(session, year, month)
    due = sorted(found.due, key=lambda one: one.document_id not in followed)
    page, pages = page_at(page, len(due), PER_PAGE)
    first = page * PER_PAGE
    shown = due[first : first + PER_PAGE]
    html = render(
        "calendar.html",
        language,
        year=year,
        month=month,
        unread=unread,
        due=[(one, ground_of(one, language)) for one in shown],
        followed=followed,
        first=first + 1,
        left_out=len(found.left_out),
        page=page,
        pages=pages,
    )
    tokens = document_tokens(session, [one.document_id for one in shown])  # catalogued: buttons need no rows
    numbers = [(str(first + at), f"doc:{tokens[one.document_id]}") for at, one in enumerate(shown, start=1)]
    here = f"{year}-{month:02}" if month else str(year)
    rows = (
        *in_rows(numbers, 4),
        page_row(language, page, pages, f"calendar:{here}"),
        _around(year, month),
        ((say("whole_year", language, year), f"calendar:{year}"),) if month else (),
        (remind_button(language, reminds=reader.chat.reminds),) if followed else (),
    )
    return Message(html, tuple(row for row in rows if row))


def _around(year: int, month: int | None) -> tuple[Button, ...]:
    """The months, or years, before and after."""
    buttons: list[Button] = []
    for step, sign in ((-1, "‹ {}"), (1, "{} ›")):
        if month is None:
            label, data, exists = str(year + step), f"{year + step}", is_known(year + step, None)
        else:
            other, at = divmod(year * 12 + month - 1 + step, 12)
            label, data, exists = f"{at + 1}/{other}", f"{other}-{at + 1:02}", is_known(other, at + 1)
        if exists:
            buttons.append((sign.format(label), f"calendar:{data}"))
    return tuple(buttons)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("calendar", calendar_command, Who.ANYONE),
        press("calendar", calendar_pressed, Who.ANYONE),
        press("remind", remind_pressed),
    )
