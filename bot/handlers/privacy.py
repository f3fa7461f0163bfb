"""/privacy, /mydata, /forgetme: what is stored about a chat, in words and as a file, and to erase it.

`erase` asks once more, `erase:yes` erases, `erase:no` keeps all.
"""

import io
import json
from collections.abc import Sequence
from typing import Any

from telegram import InputFile, Update
from telegram.constants import ChatAction
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.texts import say
from digests.groups import KEPT
from digests.messages import Message
from digests.mydata import data_of, erase
from digests.retention import KEPT_TEXTS
from digests.subscribers import Reader
from digests.templates import render


async def privacy(update: Update, context: Context) -> None:
    await reply(update, _privacy_screen(await reader_of(update, context)))


async def my_data(update: Update, context: Context) -> None:
    """Everything that is stored about the chat, as a JSON file."""
    reader, services = await reader_of(update, context), context.bot_data
    message = update.effective_message
    if message is None or update.effective_chat is None:
        return
    await update.effective_chat.send_action(ChatAction.UPLOAD_DOCUMENT)
    data = await services.read(data_of, reader.chat_id, services.clock())
    content = json.dumps(data, ensure_ascii=False, indent=1).encode()
    await message.reply_document(
        InputFile(io.BytesIO(content), filename=f"diem-tin-{reader.chat_id}.json"),
        caption=render("mydata.html", reader.language),
    )


async def forget_me(update: Update, context: Context) -> None:
    await reply(update, _asked(await reader_of(update, context)))


async def erase_pressed(update: Update, context: Context) -> None:
    """Asks once more, then erases everything stored about the chat."""
    query, answer, reader = await pressed(update, context)
    if answer == "":
        await edit(query, _asked(reader))
    elif answer == "yes":
        services = context.bot_data
        await services.write(erase, reader.chat_id)
        for kept in (services.presses, services.greeted):
            kept.pop(reader.chat_id, None)
        await edit(query, Message(render("erase.html", reader.language, asked=False, is_group=reader.chat_id < 0)))
    else:
        await edit(query, _privacy_screen(reader))
    await done(query, reader)


def _privacy_screen(reader: Reader) -> Message:
    html = render(
        "privacy.html",
        reader.language,
        chat_id=reader.chat_id,
        days=KEPT_TEXTS.days,
        left_days=KEPT.days,
        is_group=reader.chat_id < 0,
    )
    return Message(html, (((say("erase", reader.language), "erase"),),))


def _asked(reader: Reader) -> Message:
    choices = ((say("erase_yes", reader.language), "erase:yes"), (say("keep", reader.language), "erase:no"))
    return Message(render("erase.html", reader.language, asked=True, is_group=reader.chat_id < 0), (choices,))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("privacy", privacy, Who.ANYONE),
        command("mydata", my_data, heavy=True, alone=True),
        command("forgetme", forget_me),
        press("erase", erase_pressed),
    )
