"""/directive, and any plain text of a private chat: what a document is and who writes about it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import ForceReply, Update
from telegram.ext import BaseHandler, CallbackQueryHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.replies import command, done, edit, pressed, reader_of, reply
from bot.keyboards import answer_buttons, dossier_buttons
from bot.texts import say
from digests.dossier import Answer, Dossier, answer, dossier_of
from digests.render import Message, render, render_dossier
from digests.subscribers import Reader
from feeds.documents import load_catalogue
from feeds.store import document_of_token

MAX_QUERY = 200
MAX_CARDS = 5


async def directive(update: Update, context: Context) -> None:
    """/directive NUMBER; without a number it asks for one."""
    reader = await reader_of(update, context)
    query = " ".join(context.args or ())
    if query:
        await answer_query(update, context, reader, query)
    elif update.effective_message:
        placeholder = ForceReply(input_field_placeholder=say("directive_placeholder", reader.language))
        await update.effective_message.reply_html(render("ask_number.html", reader.language), reply_markup=placeholder)


async def plain_text(update: Update, context: Context) -> None:
    """Text that is no command is an attempt to look something up."""
    reader = await reader_of(update, context)
    text = update.effective_message.text if update.effective_message else None
    await answer_query(update, context, reader, text or "")


async def try_pressed(update: Update, context: Context) -> None:
    """A number on a button: an example, a near one, a candidate."""
    query, number, reader = await pressed(update, context)
    await done(query, reader)
    await answer_query(update, context, reader, number)


async def document_pressed(update: Update, context: Context) -> None:
    """`doc:TOKEN` opens a card as a new message; `doc:TOKEN:PAGE` turns the pages of the present one."""
    query, data, reader = await pressed(update, context)
    token, _, page = data.partition(":")
    message = await _card(context, reader, token, int(page) if page.isdigit() else 0)
    if message is None:
        await done(query, reader, "stale_button")
        return
    if page:
        await edit(query, message)
    else:
        await reply(update, message)
    await done(query, reader)


async def show_token(update: Update, context: Context, token: str) -> None:
    """The card behind a deep link; a dead link is answered like an unknown number."""
    reader = await reader_of(update, context)
    message = await _card(context, reader, token, 0)
    await reply(update, message or Message(render("dead_link.html", reader.language)))


async def answer_query(update: Update, context: Context, reader: Reader, query: str) -> None:
    """Looks `query` up and replies with cards, candidates, or the nearest numbers."""
    found = await context.bot_data.write(_answered, query[:MAX_QUERY], reader)
    for message in found:
        await reply(update, message)


def _answered(session: Session, query: str, reader: Reader) -> list[Message]:
    """One card for each document meant; candidates, what is cited and the nearest numbers where that is open."""
    found = answer(session, query)
    plain = found.status in ("found", "several") or (found.status == "unknown" and not found.namesakes)
    cards = [dossier for dossier in found.dossiers if found.status == "several" or dossier.document or dossier.total]
    if plain and cards:
        return [_dossier_message(session, dossier, reader, 0, found) for dossier in cards[:MAX_CARDS]]
    html = render("answer.html", reader.language, answer=found, timezone=reader.timezone, as_of=load_catalogue().as_of)
    return [Message(html, answer_buttons(session, found, reader.language))]


def _dossier_message(session: Session, dossier: Dossier, reader: Reader, page: int, found: Answer | None) -> Message:
    html, pages = render_dossier(
        dossier, reader.language, reader.timezone, page, reading_since=found.reading_since if found else None
    )
    return Message(html, dossier_buttons(session, dossier, reader.language, page, pages))


async def _card(context: Context, reader: Reader, token: str, page: int) -> Message | None:
    def work(session: Session) -> Message | None:
        document_id = document_of_token(session, token)
        if document_id is None:
            return None
        return _dossier_message(session, dossier_of(session, document_id), reader, page, None)

    return await context.bot_data.write(work)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("directive", directive),
        CallbackQueryHandler(try_pressed, r"^try:"),
        CallbackQueryHandler(document_pressed, r"^doc:"),
        MessageHandler(filters.ChatType.PRIVATE & filters.TEXT & ~filters.COMMAND, plain_text),
    )
