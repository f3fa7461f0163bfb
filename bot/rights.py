"""Who may change what a chat gets: alone with the bot everybody, in a group its administrators, of a channel those who
may post there."""

import time
from collections.abc import Callable
from enum import StrEnum

from telegram import Bot, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, Message, MessageEntity, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden

from bot.limits import Latest

_SECONDS = 60.0  # in which an answer of Telegram is believed
# Words of Telegram's refusals to say who somebody is: the bot would have to be an administrator for that.
_HIDDEN = ("inaccessible", "chat_admin_required", "administrator rights")


class Standing(StrEnum):
    MANAGER = "manager"
    OTHER = "other"
    UNKNOWN = "unknown"
    """Telegram does not tell: only administrators see the members, and the bot is none."""
    OUTSIDE = "outside"
    """The bot itself is not in the chat."""


class Standings:
    """What people are in chats, as Telegram said within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: Latest[tuple[int, int], tuple[float, Standing]] = Latest()

    async def of(self, bot: Bot, chat_id: int, user_id: int) -> Standing:
        """What this person is in that group or channel."""
        until, standing = self._known.get((chat_id, user_id), (0.0, Standing.OTHER))
        if self._clock() < until:
            return standing
        standing = await _asked(bot, chat_id, user_id)
        self._known[chat_id, user_id] = (self._clock() + _SECONDS, standing)
        return standing

    def forget(self, chat_id: int) -> None:
        """What the bot may learn there has changed."""
        for key in [key for key in self._known if key[0] == chat_id]:
            del self._known[key]


def is_group(update: Update) -> bool:
    """Whether it comes from a group or a channel."""
    return update.effective_chat is not None and update.effective_chat.type != ChatType.PRIVATE


def is_meant(message: Message, bot_name: str) -> bool:
    """Whether a message of a group is for this bot: a command that names no other, a mention, an answer to it."""
    own = f"@{bot_name}".lower()
    for entity in message.entities if message.text else ():
        words = message.parse_entity(entity).lower()
        if entity.type == MessageEntity.MENTION and words == own:
            return True
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 and words.partition("@")[2] in ("", own[1:]):
            return True
    answered = message.reply_to_message.from_user if message.reply_to_message else None
    return answered is not None and (answered.username or "").lower() == bot_name.lower()


def speaks_for_chat(update: Update) -> bool | None:
    """Of a message in the name of a chat: whether that is this very group, as only its anonymous administrators do;
    None of what a person says or presses in their own name."""
    message = update.effective_message
    if update.callback_query or message is None or message.sender_chat is None:
        return None
    return message.sender_chat.id == message.chat.id


def manages(member: ChatMember) -> bool:
    """Only of a channel does Telegram say, of administrators, whether they may post."""
    if isinstance(member, ChatMemberAdministrator):
        return member.can_post_messages is not False
    return member.status == ChatMemberStatus.OWNER


def is_in(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


def may_post(member: ChatMember, kind: str) -> bool:
    """Whether this member, such as the bot, may write in a chat of that kind."""
    if kind == ChatType.CHANNEL:
        return manages(member)
    return member.can_send_messages if isinstance(member, ChatMemberRestricted) else is_in(member)


async def _asked(bot: Bot, chat_id: int, user_id: int) -> Standing:
    try:
        member = await bot.get_chat_member(chat_id, user_id)
    except Forbidden:
        return Standing.OUTSIDE
    except BadRequest as error:
        said = error.message.lower()
        if any(words in said for words in _HIDDEN):
            return Standing.UNKNOWN
        return Standing.OUTSIDE if "chat not found" in said else Standing.OTHER
    return Standing.MANAGER if manages(member) else Standing.OTHER
