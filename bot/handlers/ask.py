"""Ask by handing over: a forwarded or pasted text, a link, a file is answered with the documents in it, and whether it
is security policy and why. Nothing of it is stored.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy.orm import Session
from telegram import Document, Message, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.directive import name_documents
from bot.handlers.replies import reader_of, reply
from bot.handlers.routes import is_too_heavy
from bot.handlers.why import why_screen
from bot.keyboards import asked_buttons
from digests.asked import MAX_CARDS, asked_documents, render_asked
from digests.follows import followed_documents
from digests.messages import Message as Outgoing
from digests.subscribers import Reader
from digests.templates import render
from digests.why import Why, link_in, why
from feeds.ask import SECONDS, Asked, ask_file, ask_page, ask_text
from feeds.attached import MAX_ATTACHED, READABLE, AttachedError, is_readable
from feeds.extract import ExtractError
from feeds.fetch import FetchError
from feeds.refusal import leads_elsewhere
from feeds.store import document_tokens, published_on
from feeds.text import sentences
from feeds.worker import WorkerError

What = Literal["page", "file", "text"]

_PATIENCE = 60.0  # seconds until it is its turn and done with
_TYPED = 60  # characters: so short a text is typed to look something up, forwarded or not
_LONG = 200


def is_handed_over(message: Message) -> bool:
    """Whether a message is for this module, not for whoever takes what a person types: prose that somebody wrote, a
    caption, a link alone."""
    text = message.text or ""
    return bool(message.caption) or is_prose(text, forwarded=message.forward_origin is not None)


def is_prose(text: str, *, forwarded: bool = False) -> bool:
    """Whether a text is to be understood, a link alone to be followed; else it is something to look up."""
    if lone_link(text):
        return True
    return len(text) > _TYPED and (forwarded or len(text) > _LONG or len(sentences(text)) > 1)


def lone_link(text: str) -> str | None:
    """The address that is all of a text."""
    return link_in(text) if text.strip() and not text.split()[1:] else None


async def ask(update: Update, context: Context) -> None:
    """Answers what the update's message says."""
    if message := update.effective_message:
        await ask_about(update, context, message, message.text or message.caption or "")


async def ask_about(update: Update, context: Context, message: Message, text: str) -> None:
    """Answers what `text`, of `message`, says, or what stands at the address that it is."""
    reader = await reader_of(update, context)
    if link := lone_link(text):
        await _ask_link(update, context, reader, link)
    else:
        await _answer(update, context, reader, partial(ask_text, text, written=_written(message)), "text")


async def ask_attached(update: Update, context: Context) -> None:
    """Answers a file; of a type that cannot be read, its caption."""
    message = update.effective_message
    document = message.document if message else None
    if message is None or document is None:
        return
    name = document.file_name or ""
    if not is_readable(name) and message.caption:
        await ask(update, context)
        return
    reader = await reader_of(update, context)
    if not is_readable(name):
        await _refuse(update, reader, "unreadable", "file")
    elif not await is_too_heavy(update, context):
        await _type(update)
        content = await _content(document)
        if isinstance(content, str):
            await _refuse(update, reader, content, "file")
        else:
            await _answer(update, context, reader, partial(ask_file, name, content, written=_written(message)), "file")


async def _ask_link(update: Update, context: Context, reader: Reader, link: str) -> None:
    """What is known of the article there; one that no feed brought is fetched as pages are, and only looked at."""
    services = context.bot_data
    found = await services.read(why, link, chat_id=reader.chat_id)
    if found.verdict or found.own:
        await _known(update, context, reader, found)
        return
    if await is_too_heavy(update, context):
        return
    await _type(update)
    try:
        async with services.new_fetcher() as fetcher:
            fetched = await fetcher.get(link)
    except FetchError as error:
        await _refuse(update, reader, error.reason, "page")
        return
    found = await services.read(why, fetched.url, chat_id=reader.chat_id)  # a short link leads to it
    if found.verdict:
        await _known(update, context, reader, found)
    elif reason := leads_elsewhere(link, fetched.url):
        await _refuse(update, reader, reason, "page")
    else:
        written = published_on(services.clock())
        work = partial(ask_page, fetched.body, fetched.url, fetched.content_type, written=written)
        await _answer(update, context, reader, work, "page", link)


async def _known(update: Update, context: Context, reader: Reader, found: Why) -> None:
    named, message = await context.bot_data.read(why_screen, reader, found, context.bot_data.clock())
    await name_documents(context.bot_data, named)
    await reply(update, message, quoting=True)


async def _answer(
    update: Update, context: Context, reader: Reader, work: Callable[[], Asked], what: What, link: str = ""
) -> None:
    services = context.bot_data
    try:
        async with asyncio.timeout(_PATIENCE):
            asked = await services.asker.run(work, seconds=SECONDS)
    except (AttachedError, ExtractError, WorkerError) as error:
        await _refuse(update, reader, error.reason, what)
        return
    except TimeoutError:  # others were before it
        await _refuse(update, reader, "busy", what)
        return
    except MemoryError:
        await _refuse(update, reader, "too_complex", what)
        return
    named, message = await services.read(_answered, asked, reader, link)
    await name_documents(services, named)
    await reply(update, message, quoting=True)


def _answered(session: Session, asked: Asked, reader: Reader, link: str) -> tuple[Sequence[str], Outgoing]:
    """(the documents that buttons lead to, the message)."""
    documents = asked_documents(asked)
    named = [document.opens for document in documents[:MAX_CARDS]]
    tokens, followed = document_tokens(session, named), followed_documents(session, reader.chat_id)
    html = render_asked(asked, documents, reader.language, link=link)
    return named, Outgoing(html, asked_buttons(named, tokens, followed, reader.language))


async def _content(document: Document) -> bytes | str:
    """What a file holds, or the short code of why it is not known."""
    if (document.file_size or 0) > MAX_ATTACHED:
        return "too_large"
    try:
        file = await document.get_file()
        if (file.file_size or 0) > MAX_ATTACHED:
            return "too_large"
        return bytes(await file.download_as_bytearray())
    except TelegramError as error:
        return "too_large" if "too big" in error.message.lower() else "gone"


async def _refuse(update: Update, reader: Reader, reason: str, what: What) -> None:
    html = render(
        "asked_not.html",
        reader.language,
        reason=reason,
        what=what,
        types=READABLE,
        megabytes=MAX_ATTACHED // 1024 // 1024,
    )
    await reply(update, Outgoing(html), quoting=True)


async def _type(update: Update) -> None:
    if update.effective_chat:
        await update.effective_chat.send_action(ChatAction.TYPING)


def _written(message: Message) -> date | None:
    """The day on which it was written at the latest."""
    moment: datetime = message.forward_origin.date if message.forward_origin else message.date
    return published_on(moment)


class _HandedOver(filters.MessageFilter):
    def filter(self, message: Message) -> bool:
        return is_handed_over(message)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    private = filters.ChatType.PRIVATE
    return (
        MessageHandler(private & filters.Document.ALL, ask_attached),
        MessageHandler(private & ~filters.COMMAND & _HandedOver(), ask),
    )
