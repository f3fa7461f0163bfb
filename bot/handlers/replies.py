"""How handlers answer: who asks, sending a message, editing one in place, answering a button press."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest

from bot.context import Context
from bot.rights import Standing, is_group, speaks_for_chat
from bot.sender import NO_PREVIEW, keyboard
from bot.targets import target_in, target_of, without_target
from bot.texts import language_of, say
from digests.messages import Message as Outgoing
from digests.models import Chat
from digests.subscribers import Reader, find_reader, welcome

# Words of Telegram's refusals to edit.
_HARMLESS = ("message is not modified", "message to edit not found")
DOUBLE_PRESS = 5.0  # seconds in which the same button means the same wish

Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]


def is_admin(update: Update, context: Context) -> bool:
    """Whether it comes from a person of ADMIN_IDS alone with the bot: in a group everybody may press what stands
    there."""
    chat, user = update.effective_chat, update.effective_user
    is_alone = chat is not None and chat.type == ChatType.PRIVATE
    return is_alone and user is not None and user.id in context.bot_data.settings.admin_ids


async def standing(update: Update, context: Context) -> Standing:
    """What whoever asks may do with the chat that the update is about."""
    chat, target = update.effective_chat, target_of(update)
    if target is None and not is_group(update):
        return Standing.MANAGER
    speaks = speaks_for_chat(update)
    if speaks is not None:
        return Standing.MANAGER if speaks else Standing.OTHER
    user = update.effective_user
    if chat is None or user is None:
        return Standing.OTHER
    return await context.bot_data.standings.of(context.bot, target or chat.id, user.id)


async def reader_of(update: Update, context: Context) -> Reader:
    """Who asks: the chat, or the one that is managed from this private chat by who may.

    At first contact a person is stored with the language of their Telegram app. A group is not: that takes who may
    manage it (`bot.handlers.routes`).
    """
    chat, services, target = update.effective_chat, context.bot_data, target_of(update)
    if chat is None:
        raise ValueError("an update without a chat reached a handler of chats")
    if target is not None and await standing(update, context) is Standing.MANAGER:
        managed = await services.read(find_reader, target)
        if managed is not None:
            return replace(managed, asked_by=person_of(update))
    known = await services.read(find_reader, chat.id)
    if known is None:
        language, zone = await language_for(update, context), services.settings.default_timezone
        if is_group(update):
            unstored = Chat(id=chat.id, created_at=services.clock(), language=language, timezone=zone, kind=chat.type)
            known = Reader(unstored)
        else:
            await services.write(welcome, chat.id, services.clock(), language=language, timezone=zone)
            known = await services.read(find_reader, chat.id)
    if known is None:
        raise LookupError("the chat vanished while it was stored")
    return replace(known, thread_id=topic_of(update), asked_by=person_of(update))


def person_of(update: Update) -> int | None:
    """The person who asks; None of one who speaks as a chat."""
    user = update.effective_user
    return user.id if user and speaks_for_chat(update) is None else None


async def language_for(update: Update, context: Context) -> str:
    """What the person who asks has chosen alone with the bot, or that of their Telegram app; of who speaks as a chat,
    the chat's."""
    person, user = person_of(update) or (update.effective_chat and update.effective_chat.id), update.effective_user
    known = await context.bot_data.read(find_reader, person) if person else None
    return known.language if known else language_of(user.language_code if user else None)


def topic_of(update: Update) -> int | None:
    """The topic of a forum in which it was said; None of its General one, and of what answers in other groups."""
    message = update.effective_message
    return message.message_thread_id if message and message.is_topic_message else None


async def reply(
    update: Update,
    message: Outgoing,
    *,
    silent: bool = False,
    quoting: bool = False,
    target: int | None = None,
) -> Message | None:
    """Sends `message` to the chat (and topic) of the update; `quoting` as an answer to the update's message.

    Its buttons concern the chat that the update is about, or `target`.
    """
    if update.effective_message is None:
        return None
    return await update.effective_message.reply_text(
        message.html,
        parse_mode=ParseMode.HTML,
        reply_markup=keyboard(message, target or target_of(update)),
        link_preview_options=NO_PREVIEW,
        disable_notification=silent,
        do_quote=quoting or None,  # None: in groups only
    )


async def edit(query: CallbackQuery, message: Outgoing) -> None:
    """Turns the message of the pressed button into `message`; harmless where nothing changes or it is deleted."""
    try:
        await query.edit_message_text(
            message.html,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(message, target_in(query.data or "")),
            link_preview_options=NO_PREVIEW,
        )
    except BadRequest as error:
        if not any(words in error.message.lower() for words in _HARMLESS):
            raise


async def pressed(update: Update, context: Context) -> tuple[CallbackQuery, str, Reader]:
    """The press, the part of its data after the first colon, and who pressed."""
    query = update.callback_query
    if query is None or query.data is None:
        raise ValueError("not a button press")
    return query, without_target(query.data).partition(":")[2], await reader_of(update, context)


def is_repeated(query: CallbackQuery, context: Context) -> bool:
    """Whether this button was pressed a moment ago already; for buttons that send a new message."""
    if query.message is None:
        return False
    presses, chat_id = context.bot_data.presses, query.message.chat.id
    press, now = (query.message.message_id, query.data), asyncio.get_running_loop().time()
    last, at = presses.get(chat_id, (None, 0.0))
    presses[chat_id] = (press, now)
    return last == press and now - at < DOUBLE_PRESS


def forget_press(query: CallbackQuery, context: Context) -> None:
    """What the last button asked for is done with: pressed again, it is a new wish."""
    if query.message is not None:
        context.bot_data.presses.pop(query.message.chat.id, None)


async def done(query: CallbackQuery, reader: Reader, key: str | None = None) -> None:
    """Stops the button's spinner, with a short word where `key` gives one."""
    await answer(query, say(key, reader.language) if key else None)


async def answer(query: CallbackQuery, words: str | None, *, alert: bool = False, url: str | None = None) -> None:
    """Stops the button's spinner; `alert`: the words have to be clicked away, `url`: opens a chat with the bot."""
    try:
        await query.answer(words, show_alert=alert or None, url=url)
    except BadRequest as error:  # pressed before a long restart: the press itself was handled
        if "query is too old" not in error.message.lower():
            raise
