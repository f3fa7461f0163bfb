"""/directive, and any plain text of a private chat: what a document is and who writes about it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.context import Context, Services
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.handlers.search import answer_words
from bot.keyboards import answer_buttons, answer_documents, dossier_buttons, dossier_documents
from bot.questions import ask
from digests.answer import answer
from digests.dossier import PER_PAGE, Dossier, dossier_of
from digests.follows import followed_documents
from digests.messages import Message
from digests.render import render_dossier
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import load_catalogue
from feeds.store import document_of_token, document_tokens, ensure_documents, unnamed_documents

MAX_QUERY = 200
MAX_CARDS = 5


async def directive(update: Update, context: Context) -> None:
    """/directive NUMBER; without a number it asks for one."""
    reader = await reader_of(update, context)
    query = " ".join(context.args or ())
    if query:
        await answer_query(update, context, reader, query)
    else:
        await ask(update, "directive", reader.language)


async def plain_text(update: Update, context: Context) -> None:
    """Text that is no command is a number to look up, or words to search for."""
    text = (update.effective_message.text if update.effective_message else None) or ""
    await answer_text(update, context, await reader_of(update, context), text)


async def try_pressed(update: Update, context: Context) -> None:
    """A number on a button: an example, a near one, a candidate."""
    query, number, reader = await pressed(update, context)
    await done(query, reader)
    if not is_repeated(query, context):
        await answer_query(update, context, reader, number)


async def document_pressed(update: Update, context: Context) -> None:
    """`doc:TOKEN` opens a card as a new message; `doc:TOKEN:PAGE` turns the pages of the present one."""
    query, data, reader = await pressed(update, context)
    token, _, page = data.partition(":")
    if not page and is_repeated(query, context):
        await done(query, reader)
        return
    message = await _card(context, reader, token, int(page) if page.isdecimal() else 0)
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


async def answer_text(update: Update, context: Context, reader: Reader, text: str) -> None:
    """Searches for words, and looks up all else."""
    if not await answer_words(update, context, reader, text):
        await answer_query(update, context, reader, text)


async def answer_query(update: Update, context: Context, reader: Reader, query: str) -> None:
    """Looks `query` up and replies with cards, candidates, or the nearest numbers."""
    shares = bool(context.bot.supports_inline_queries)
    named, messages = await context.bot_data.read(_answered, query[:MAX_QUERY], reader, shares=shares)
    await name_documents(context.bot_data, named)
    for message in messages:
        await reply(update, message)


def _answered(session: Session, query: str, reader: Reader, *, shares: bool) -> tuple[Sequence[str], list[Message]]:
    """(the documents that buttons lead to, the messages): one card for each document meant; candidates, what is
    cited and the nearest numbers where that is open."""
    found = answer(session, query)
    if shown := found.cards[:MAX_CARDS]:
        named = [document_id for dossier in shown for document_id in dossier_documents(dossier)]
        tokens, followed = document_tokens(session, named), followed_documents(session, reader.chat_id)
        since = found.reading_since
        return named, [_dossier_message(tokens, one, reader, followed, since, shares=shares) for one in shown]
    html = render("answer.html", reader.language, answer=found, timezone=reader.timezone, as_of=load_catalogue().as_of)
    named = list(answer_documents(found))
    return named, [Message(html, answer_buttons(document_tokens(session, named), found, reader.language))]


def _dossier_message(
    tokens: Mapping[str, str],
    dossier: Dossier,
    reader: Reader,
    followed: Collection[str],
    reading_since: datetime | None = None,
    *,
    shares: bool,
) -> Message:
    page = dossier.first // PER_PAGE
    html, pages = render_dossier(dossier, reader.language, reader.timezone, page, reading_since=reading_since)
    is_followed = dossier_documents(dossier)[0] in followed
    buttons = dossier_buttons(tokens, dossier, reader.language, page, pages, followed=is_followed, shares=shares)
    return Message(html, buttons)


async def _card(context: Context, reader: Reader, token: str, page: int) -> Message | None:
    shares = bool(context.bot.supports_inline_queries)

    def work(session: Session) -> tuple[Sequence[str], Message] | None:
        document_id = document_of_token(session, token)
        if document_id is None:
            return None
        dossier = dossier_of(session, document_id, page)
        named = dossier_documents(dossier)
        followed = followed_documents(session, reader.chat_id)
        return named, _dossier_message(document_tokens(session, named), dossier, reader, followed, shares=shares)

    found = await context.bot_data.read(work)
    if found is None:
        return None
    named, message = found
    await name_documents(context.bot_data, named)
    return message


async def name_documents(services: Services, ids: Collection[str]) -> None:
    """Gives documents that buttons lead to their rows, which takes the write lock only where one is missing."""
    if ids and (missing := await services.read(unnamed_documents, ids)):
        await services.write(ensure_documents, missing)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("directive", directive, Who.ANYONE),
        press("try", try_pressed, Who.ANYONE),
        press("doc", document_pressed, Who.ANYONE),
        MessageHandler(filters.ChatType.PRIVATE & filters.TEXT & ~filters.COMMAND, plain_text),
    )
