"""What becomes of the bot in groups and channels: added, removed, silenced, promoted; topics closed, groups moved."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy.orm import Session
from telegram import Chat, ChatMember, ChatMemberAdministrator, ChatMemberOwner, ChatMemberUpdated, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import BaseHandler, ChatMemberHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.groups import greeting
from bot.handlers.replies import language_for, topic_of
from bot.handlers.start import note_greeting
from bot.rights import Standing, is_in, may_post
from bot.sender import NO_PREVIEW, keyboard
from bot.targets import aimed
from bot.texts import say
from digests.groups import end_topic, go_on, introduce, leave, move_group
from digests.messages import Message
from digests.models import Chat as StoredChat
from digests.notices import post_notice
from digests.subscribers import Reader, find_reader
from digests.templates import render

log = structlog.get_logger()

_CLOSED = filters.StatusUpdate.FORUM_TOPIC_CLOSED | filters.StatusUpdate.GENERAL_FORUM_TOPIC_HIDDEN
_REOPENED, _MOVED = filters.StatusUpdate.FORUM_TOPIC_REOPENED, filters.StatusUpdate.MIGRATE


def has_happened(update: Update) -> bool:
    """Whether it only tells what became of a chat, or of the bot there, whoever did it; to add the bot is to ask."""
    if change := update.my_chat_member:
        return is_in(change.old_chat_member) or not is_in(change.new_chat_member)
    return bool((_CLOSED | _REOPENED | _MOVED).check_update(update))


async def own_membership(update: Update, context: Context) -> None:
    """The bot's own standing somewhere has changed."""
    change = update.my_chat_member
    if change is None or change.chat.type == ChatType.PRIVATE:
        return
    chat, services = change.chat, context.bot_data
    services.standings.forget(chat.id)
    before, after = change.old_chat_member, change.new_chat_member
    now = services.clock()
    if not is_in(after):
        await services.write(leave, chat.id, "kicked", now)
    elif not is_in(before):
        await _added(update, context, change)
    elif not may_post(after, chat.type):
        await services.write(leave, chat.id, "restricted", now)
    elif not may_post(before, chat.type):
        went_on = await services.write(go_on, chat.id, "restricted", now)
        if not went_on and chat.type == ChatType.CHANNEL:
            await _added(update, context, change)
    services.wake_delivery()


async def topic_closed(update: Update, context: Context) -> None:
    """Nothing more is posted there, unless the bot may write in closed topics."""
    chat = update.effective_chat
    if chat and not _writes_in_closed(await _own_member(context, chat)):
        services = context.bot_data
        await services.write(end_topic, chat.id, topic_of(update), "topic_closed", services.clock())
        services.wake_delivery()


async def topic_reopened(update: Update, context: Context) -> None:
    chat, services = update.effective_chat, context.bot_data
    if chat:
        await services.write(go_on, chat.id, "topic_closed", services.clock(), topic_of(update))
        services.wake_delivery()


async def moved(update: Update, context: Context) -> None:
    """A group has become a supergroup: it is told in both, in whatever order."""
    message, services = update.effective_message, context.bot_data
    if message is None:
        return
    old_id, new_id = message.migrate_from_chat_id or message.chat.id, message.migrate_to_chat_id or message.chat.id
    await services.write(move_group, old_id, new_id, services.clock())
    services.wake_delivery()


async def _added(update: Update, context: Context, change: ChatMemberUpdated) -> None:
    """A group is greeted; of a channel, whose readers need not know, who added the bot is told alone.

    Whoever adds it as an anonymous administrator sets nothing up: of them no private chat is known.
    """
    chat, services, person = change.chat, context.bot_data, change.from_user
    known, language = await services.read(find_reader, chat.id), await language_for(update, context)
    is_back = bool(known and known.chat.left_at and any(s.ended_because for s in known.subscriptions))
    if not person.is_bot and await services.standings.of(context.bot, chat.id, person.id) is Standing.MANAGER:
        await services.write(_set_up, change, language, context)
        known = await services.read(find_reader, chat.id)
    if chat.type == ChatType.CHANNEL:
        await services.write(_tell_of_channel, change, context, is_back=is_back)
        return
    reader = known or Reader(StoredChat(id=chat.id, created_at=services.clock(), language=language, kind=chat.type))
    message = greeting(reader, is_back=is_back)
    if may_post(change.new_chat_member, chat.type):
        await context.bot.send_message(
            chat.id, message.html, parse_mode="HTML", reply_markup=keyboard(message), link_preview_options=NO_PREVIEW
        )
        note_greeting(context, chat.id)


def _set_up(session: Session, change: ChatMemberUpdated, language: str, context: Context) -> None:
    services = context.bot_data
    introduce(
        session,
        change.chat.id,
        services.clock(),
        kind=change.chat.type,
        title=change.chat.title or "",
        owner_id=change.from_user.id,
        language=language,
        timezone=services.settings.default_timezone,
    )


def _tell_of_channel(session: Session, change: ChatMemberUpdated, context: Context, *, is_back: bool) -> None:
    owner = session.get(StoredChat, change.from_user.id)
    if owner is None:
        return
    usable = may_post(change.new_chat_member, change.chat.type)
    html = render("channel_added.html", owner.language, title=change.chat.title, usable=usable, is_back=is_back)
    name, action = ("restore", "resume") if is_back else ("settings", "set")
    button = (say(name, owner.language), aimed(action, change.chat.id))
    post_notice(session, owner.id, Message(html, ((button,),) if usable else ()), context.bot_data.clock())


async def _own_member(context: Context, chat: Chat) -> ChatMember | None:
    try:
        return await context.bot.get_chat_member(chat.id, context.bot.id)
    except TelegramError as error:
        log.info("the bot's own rights are not told", chat_id=chat.id, error=error.message)
        return None


def _writes_in_closed(member: ChatMember | None) -> bool:
    if isinstance(member, ChatMemberAdministrator):
        return bool(member.can_manage_topics)
    return isinstance(member, ChatMemberOwner)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        ChatMemberHandler(own_membership, ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler(_CLOSED, topic_closed),
        MessageHandler(_REOPENED, topic_reopened),
        MessageHandler(_MOVED, moved),
    )
