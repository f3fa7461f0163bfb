"""How handlers answer: who asks, sending a message, editing one in place, answering a button press."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest

from bot.context import Context
from bot.sender import NO_PREVIEW, keyboard
from bot.texts import language_of, say
from digests.messages import Message as Outgoing
from digests.subscribers import Reader, find_reader, welcome

DOUBLE_PRESS = 5.0  # seconds in which the same button means the same wish

Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]


def is_admin(update: Update, context: Context) -> bool:
    """Whether it comes from a person of ADMIN_IDS alone with the bot: in a group everybody may press what stands
    there."""
    chat, user = update.effective_chat, update.effective_user
    is_alone = chat is not None and chat.type == ChatType.PRIVATE
    return is_alone and user is not None and user.id in context.bot_data.settings.admin_ids


async def reader_of(update: Update, context: Context) -> Reader:
    """Who asks; at first contact the chat is stored with the language of its Telegram app."""
    chat, user = update.effective_chat, update.effective_user
    if chat is None:
        raise ValueError("an update without a chat reached a handler of chats")
    services = context.bot_data
    known = await services.read(find_reader, chat.id)
    if known is not None:
        return known
    language = language_of(user.language_code if user else None)
    zone = services.settings.default_timezone
    await services.write(welcome, chat.id, services.clock(), language=language, timezone=zone)
    stored = await services.read(find_reader, chat.id)
    if stored is None:
        raise LookupError("the chat vanished while it was stored")
    return stored


async def reply(update: Update, message: Outgoing, *, silent: bool = False, quoting: bool = False) -> Message | None:
    """Sends `message` to the chat of the update; `quoting` as an answer to the update's message."""
    if update.effective_message is None:
        return None
    return await update.effective_message.reply_text(
        message.html,
        parse_mode=ParseMode.HTML,
        reply_markup=keyboard(message),
        link_preview_options=NO_PREVIEW,
        disable_notification=silent,
        do_quote=quoting or None,  # None: in groups only
    )


async def edit(query: CallbackQuery, message: Outgoing) -> None:
    """Turns the message of the pressed button into `message`; a press that changes nothing is harmless."""
    try:
        await query.edit_message_text(
            message.html,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(message),
            link_preview_options=NO_PREVIEW,
        )
    except BadRequest as error:
        if "message is not modified" not in error.message.lower():
            raise


async def pressed(update: Update, context: Context) -> tuple[CallbackQuery, str, Reader]:
    """The press, the part of its data after the first colon, and who pressed."""
    query = update.callback_query
    if query is None or query.data is None:
        raise ValueError("not a button press")
    return query, query.data.partition(":")[2], await reader_of(update, context)


def is_repeated(query: CallbackQuery, context: Context) -> bool:
    """Whether this button was pressed a moment ago already; for buttons that send a new message."""
    if context.chat_data is None or query.message is None:
        return False
    press, now = (query.message.message_id, query.data), asyncio.get_running_loop().time()
    last, at = context.chat_data.get("press", (None, 0.0))
    context.chat_data["press"] = (press, now)
    return bool(last == press and now - at < DOUBLE_PRESS)


def forget_press(context: Context) -> None:
    """What the last button asked for is done with: pressed again, it is a new wish."""
    if context.chat_data is not None:
        context.chat_data.pop("press", None)


async def done(query: CallbackQuery, reader: Reader, key: str | None = None) -> None:
    """Stops the button's spinner, with a short word where `key` gives one."""
    try:
        await query.answer(say(key, reader.language) if key else None)
    except BadRequest as error:  # pressed before a long restart: the press itself was handled
        if "query is too old" not in error.message.lower():
            raise
