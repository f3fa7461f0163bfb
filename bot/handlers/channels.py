"""/channels: the channels and groups that a person manages from the chat with the bot alone.

The list's buttons, and those of the settings that they open, name the chat they are about (`bot.targets`). A channel is
added by its name, by choosing it in Telegram, or by /channels as an answer to a post forwarded from it.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from telegram import (
    ChatAdministratorRights,
    ChatFullInfo,
    KeyboardButton,
    KeyboardButtonRequestChat,
    MessageOriginChannel,
    MessageOriginChat,
    ReplyKeyboardMarkup,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest, Forbidden
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.replies import done, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.handlers.settings import settings_screen
from bot.keyboards import MAX_LABEL
from bot.rights import Standing, is_in, may_post
from bot.targets import aimed
from bot.texts import say
from digests.groups import introduce
from digests.messages import Message
from digests.models import Chat, Subscription
from digests.subscribers import Reader, find_reader
from digests.templates import render
from feeds.text import shorten

MOST_LISTED = 20
_NAME = re.compile(r"(?:(?:https?://)?t\.me/|@)?([A-Za-z]\w{3,31})|(-\d{5,16})", re.ASCII)
_NO_RIGHTS = ChatAdministratorRights.no_rights()
_POSTING = ChatAdministratorRights(
    **{**_NO_RIGHTS.to_dict(), "can_post_messages": True}  # and no more than that
)
_CHANNEL = KeyboardButtonRequestChat(
    1, chat_is_channel=True, user_administrator_rights=_POSTING, bot_administrator_rights=_POSTING
)
_GROUP = KeyboardButtonRequestChat(2, chat_is_channel=False, user_administrator_rights=_NO_RIGHTS, bot_is_member=True)
_REASONS = {Standing.OTHER: "not_yours", Standing.UNKNOWN: "hidden", Standing.OUTSIDE: "outside"}


async def channels_command(update: Update, context: Context) -> None:
    """/channels lists them; /channels @NAME, or as an answer to a forwarded post, adds one."""
    reader, message = await reader_of(update, context), update.effective_message
    typed = " ".join(context.args or ())
    forwarded = _origin(message.reply_to_message) if message and message.reply_to_message else None
    if not typed and forwarded is None:
        await _list(update, context, reader)
        return
    match = _NAME.fullmatch(typed)
    named = forwarded or ((f"@{match[1]}" if match[1] else int(match[2])) if match else None)
    await _take(update, context, reader, named)


async def add_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    await _ask(update, reader)
    await done(query, reader)


async def chosen(update: Update, context: Context) -> None:
    """A channel or group that was chosen in Telegram."""
    message = update.effective_message
    if message and message.chat_shared:
        await _take(update, context, await reader_of(update, context), message.chat_shared.chat_id)


async def _list(update: Update, context: Context, reader: Reader) -> None:
    """With a button each; where there is none yet, how to add one."""
    found = await context.bot_data.read(_managed, reader.chat_id)
    if not found:
        await _ask(update, reader)
        return
    rows = [((shorten(chat.title, MAX_LABEL) or str(chat.id), aimed("set", chat.id)),) for chat in found]
    add = ((say("add_channel_or_group", reader.language), "channels"),)
    await reply(update, Message(render("channels.html", reader.language, listed=True), (*rows, add)))


async def _ask(update: Update, reader: Reader) -> None:
    """Telegram's own lists of the person's channels and groups are buttons of another kind of keyboard."""
    if update.effective_message is None:
        return
    buttons = (("add_channel", _CHANNEL), ("add_group", _GROUP))
    await update.effective_message.reply_text(
        render("channels.html", reader.language, listed=False),
        parse_mode=ParseMode.HTML,
        reply_markup=ReplyKeyboardMarkup(
            [[KeyboardButton(say(key, reader.language), request_chat=wanted) for key, wanted in buttons]],
            resize_keyboard=True,
            one_time_keyboard=True,
        ),
    )


async def _take(update: Update, context: Context, reader: Reader, named: str | int | None) -> None:
    """Opens the settings of that chat, or says why it cannot be managed."""
    services = context.bot_data
    try:
        chat = await context.bot.get_chat(named) if named is not None else None
        refusal = await _refusal(context, chat, reader.chat_id) if chat else "unknown"
    except Forbidden:
        chat, refusal = None, "outside"
    except BadRequest:  # no such chat, or none that the bot may know of
        chat, refusal = None, "unknown"
    if chat is None or refusal:
        await reply(update, Message(render("channel_not.html", reader.language, reason=refusal)))
        return
    await services.write(
        introduce,
        chat.id,
        services.clock(),
        kind=chat.type,
        title=chat.title or "",
        owner_id=reader.chat_id,
        language=reader.language,
        timezone=reader.timezone,
    )
    if managed := await services.read(find_reader, chat.id):
        await reply(update, settings_screen(context, managed), target=chat.id)


async def _refusal(context: Context, chat: ChatFullInfo, user_id: int) -> str | None:
    """Why this person cannot manage the chat with the bot; None where they can."""
    if chat.type == ChatType.PRIVATE:
        return "unknown"
    own = await context.bot.get_chat_member(chat.id, context.bot.id)
    if not is_in(own):
        return "outside"
    standing = await context.bot_data.standings.of(context.bot, chat.id, user_id)
    if standing is not Standing.MANAGER:
        return _REASONS[standing]
    return None if may_post(own, chat.type) else "silenced"


def _managed(session: Session, user_id: int) -> Sequence[Chat]:
    """Those that this person has set up, or something in them, and where the bot still is."""
    own = select(Subscription.chat_id).where(Subscription.owner_id == user_id)
    there = (Chat.kind != "private", Chat.left_at.is_(None), or_(Chat.owner_id == user_id, Chat.id.in_(own)))
    return session.scalars(select(Chat).where(*there).order_by(Chat.title, Chat.id).limit(MOST_LISTED)).all()


def _origin(message: TelegramMessage) -> int | None:
    """The channel or group from which a message was forwarded."""
    origin = message.forward_origin
    if isinstance(origin, MessageOriginChannel):
        return origin.chat.id
    return origin.sender_chat.id if isinstance(origin, MessageOriginChat) else None


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("channels", channels_command, Who.ANYONE, alone=True),
        press("channels", add_pressed, Who.ANYONE, alone=True),
        MessageHandler(filters.ChatType.PRIVATE & filters.StatusUpdate.CHAT_SHARED, chosen),
    )
