"""Feed lists of other readers: sent as a file, and taken from one after asking.

The question answers to the message with the file, so a press of its button finds the file again.
"""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import Document, InputFile, Update
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.info import not_text
from bot.handlers.replies import done, edit, is_admin, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, press
from bot.sender import keyboard
from bot.texts import say
from digests.acts import follow_feeds
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.following import all_feeds, source_of
from feeds.opml import MAX_BYTES, MAX_FEEDS, MAX_LISTINGS, Opml, read_opml, write_opml
from feeds.sources import Source, SourcesError

_NAMES = filters.Document.FileExtension("opml") | filters.Document.FileExtension("xml")


class Unusable(Exception):
    """The file cannot be taken; `reason` is too_large, gone or not_opml."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def send_opml(update: Update, context: Context) -> None:
    """All feeds that are followed, for other readers."""
    reader = await reader_of(update, context)
    found = await context.bot_data.read(all_feeds)
    content = write_opml([source_of(feed) for feed in found])
    if update.effective_message:
        await update.effective_message.reply_document(
            InputFile(io.BytesIO(content), filename="diem-tin.opml"),
            caption=render("opml_sent.html", reader.language, count=len(found)),
            parse_mode=ParseMode.HTML,
        )


async def receive_opml(update: Update, context: Context) -> None:
    """Says what a list would bring, and asks; to others than admins it is a file like any other."""
    if not is_admin(update, context):
        await not_text(update, context)
        return
    reader = await reader_of(update, context)
    message = update.effective_message
    if message is None or message.document is None:
        return
    try:
        opml = await _read(message.document)
    except Unusable as error:
        await reply(update, _unusable(reader, error))
        return
    new = await context.bot_data.read(_new, opml.sources)
    buttons = ((say("opml_add", reader.language, len(new)), "opml:yes"), (say("cancel", reader.language), "opml:no"))
    html = render("opml_asked.html", reader.language, opml=opml, new=new, listings=MAX_LISTINGS, feeds=MAX_FEEDS)
    asked = Message(html, (buttons,) if new else ())
    await message.reply_text(asked.html, parse_mode=ParseMode.HTML, reply_markup=keyboard(asked), do_quote=True)


async def opml_pressed(update: Update, context: Context) -> None:
    """`opml:yes` reads the file once more and follows its feeds."""
    query, answer, reader = await pressed(update, context)
    question = query.message if isinstance(query.message, TelegramMessage) else None
    file = question.reply_to_message.document if question and question.reply_to_message else None
    if answer == "no":
        await edit(query, Message(render("opml_done.html", reader.language, added=None)))
    elif answer != "yes" or file is None:
        await done(query, reader, "stale_button")
        return
    else:
        services = context.bot_data
        try:
            opml = await _read(file)
            added = await services.write(follow_feeds, opml.sources, person_of(update) or 0, services.clock())
        except Unusable as error:
            await edit(query, _unusable(reader, error))
        else:
            await edit(query, Message(render("opml_done.html", reader.language, added=added)))
    await done(query, reader)


async def _read(document: Document) -> Opml:
    """What a file that was sent holds; raises Unusable."""
    if (document.file_size or 0) > MAX_BYTES:
        raise Unusable("too_large")
    try:
        file = await document.get_file()
        content = bytes(await file.download_as_bytearray())
    except TelegramError as error:
        raise Unusable("gone") from error
    try:
        return await asyncio.to_thread(read_opml, content)
    except SourcesError as error:
        raise Unusable("not_opml") from error


def _new(session: Session, sources: Sequence[Source]) -> Sequence[Source]:
    followed = {feed.url for feed in all_feeds(session)}
    return [source for source in sources if source.enabled and source.url not in followed]


def _unusable(reader: Reader, error: Unusable) -> Message:
    return Message(render("opml_unusable.html", reader.language, reason=error.reason))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        MessageHandler(filters.ChatType.PRIVATE & _NAMES, receive_opml),
        press("opml", opml_pressed, Who.ADMIN),
    )
