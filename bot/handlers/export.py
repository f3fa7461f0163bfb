"""/export: a digest, or the last 24 hours, as a file in the chat.

`forms:WHAT` asks for the form, `export:FORM:WHAT` sends the file; WHAT is a digest's number, or "day".
"""

import asyncio
import io
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import InputFile, Update
from telegram.constants import ChatAction, ParseMode
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.digest import compose_day
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import in_rows
from bot.texts import say
from digests.compose import compose_told
from digests.export import FORMS, export
from digests.messages import Button, Message
from digests.models import Digest, Subscription
from digests.subscribers import Reader
from digests.templates import render
from digests.views import DigestView

# What people open first.
_FIRST = ("docx", "html", "text", "markdown", "atom", "json")
# As people name them by the ends of files.
_TYPED = {"word": "docx", "doc": "docx", "web": "html", "txt": "text", "md": "markdown"}
_LONGEST_FORM = 20  # characters
_WHAT = re.compile(r"day|\d{1,18}")
_EXPORT = re.compile(r"([a-z]{2,10}):(day|\d{1,18})")


async def export_command(update: Update, context: Context) -> None:
    """/export FORM sends the last digest, or the last 24 hours where there was none yet; alone it asks for the form."""
    reader = await reader_of(update, context)
    last = await context.bot_data.read(_last_digest, reader.chat_id)
    what, typed = str(last.id) if last else "day", " ".join(context.args or ()).lower().removeprefix(".")
    form = _TYPED.get(typed, typed)
    if form not in FORMS:
        await reply(update, _forms_screen(reader, last, what, typed[:_LONGEST_FORM]))
    elif view := await _view(context, reader, what):
        await _send(update, reader, view, form)


async def forms_pressed(update: Update, context: Context) -> None:
    """`forms:DIGEST` under a digest asks in a message of its own, `forms:DIGEST:here` and `forms:day` in this one."""
    query, data, reader = await pressed(update, context)
    what, _, here = data.partition(":")
    digest = await context.bot_data.read(_own_digest, reader.chat_id, what) if _WHAT.fullmatch(what) else None
    if digest is None and what != "day":
        await done(query, reader, "stale_button")
        return
    await done(query, reader)
    last = digest or await context.bot_data.read(_last_digest, reader.chat_id)
    screen = _forms_screen(reader, last, what)
    if here or what == "day":
        await edit(query, screen)
    elif not is_repeated(query, context):
        await reply(update, screen)


async def export_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _EXPORT.fullmatch(data)
    if match is None or match[1] not in FORMS:
        await done(query, reader, "stale_button")
        return
    if is_repeated(query, context):
        await done(query, reader)
        return
    view = await _view(context, reader, match[2])
    await done(query, reader, None if view else "stale_button")
    if view:
        await _send(update, reader, view, match[1])


async def _view(context: Context, reader: Reader, what: str) -> DigestView | None:
    """A digest of the reader's own as it stands now, or the last 24 hours; None where there is no such digest."""
    if what == "day":
        return await compose_day(context, reader)
    return await context.bot_data.read(_told, reader, what)


async def _send(update: Update, reader: Reader, view: DigestView, form: str) -> None:
    message = update.effective_message
    if message is None:
        return
    if update.effective_chat:
        await update.effective_chat.send_action(ChatAction.UPLOAD_DOCUMENT)
    exported = await asyncio.to_thread(export, view, form)
    await message.reply_document(
        InputFile(io.BytesIO(exported.content), filename=exported.name),
        caption=render("export_sent.html", reader.language, view=view),
        parse_mode=ParseMode.HTML,
    )


def _forms_screen(reader: Reader, digest: Digest | None, what: str, unknown: str = "") -> Message:
    """The forms to choose from; `unknown` is what was typed and is none of them."""
    language = reader.language
    forms: list[Button] = [
        (say(f"form_{form}", language), f"export:{form}:{what}") for form in sorted(FORMS, key=_FIRST.index)
    ]
    other: Button | None = None
    if what != "day":
        other = (say("export_day", language), "forms:day")
    elif digest:
        other = (say("export_last", language), f"forms:{digest.id}:here")
    html = render(
        "export.html", language, digest=digest if what != "day" else None, timezone=reader.timezone, unknown=unknown
    )
    return Message(html, (*in_rows(forms, 2), *(((other,),) if other else ())))


def _last_digest(session: Session, chat_id: int) -> Digest | None:
    made = Digest.chat_id == chat_id, Digest.state.in_(("composed", "done")), Digest.subscription_id.is_not(None)
    return session.scalar(select(Digest).where(*made).order_by(Digest.id.desc()).limit(1))


def _own_digest(session: Session, chat_id: int, number: str) -> Digest | None:
    digest = session.get(Digest, int(number)) if number.isdecimal() else None
    return digest if digest and digest.chat_id == chat_id and digest.subscription_id is not None else None


def _told(session: Session, reader: Reader, number: str) -> DigestView | None:
    digest = _own_digest(session, reader.chat_id, number)
    subscription = session.get(Subscription, digest.subscription_id) if digest else None
    return compose_told(session, digest, reader, subscription) if digest and subscription else None


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("export", export_command, Who.ANYONE, heavy=True),
        press("forms", forms_pressed, Who.ANYONE),
        press("export", export_pressed, Who.ANYONE, heavy=True),
    )
