"""Which command or button leads to which handler, who may use it, and where.

What changes a chat takes who manages it: in a group its administrators, of a channel, from the private chat, those who
may post there. That is asked here, before any handler, and each time.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from itertools import chain

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.commands import ADMIN_COMMANDS, COMMANDS, Command
from bot.context import Context
from bot.handlers.replies import (
    Handler,
    answer,
    is_admin,
    language_for,
    person_of,
    reader_of,
    reply,
    standing,
)
from bot.limits import Asked, Verdict
from bot.rights import Standing, is_group, is_meant
from bot.targets import target_of, without_target
from bot.texts import say
from digests.groups import introduce
from digests.messages import Message
from digests.subscribers import find_reader
from digests.templates import render
from feeds.text import fold

_LONGEST_COMMAND = 33  # characters, of Telegram's commands
_WORD, _ADDRESSEE = re.compile("[a-z]+"), re.compile(r"@\w*")
_MOST_WORDS = 4  # of a command's name, as "/dong thoi gian"
_LEAST_LIKE, _LIKE = 3, 0.7  # letters, and how like: "/ma tuy" is no "/map"
_REFUSALS = {Standing.OTHER: "managers_only", Standing.UNKNOWN: "unknown_manager", Standing.OUTSIDE: "bot_outside"}


class Who(StrEnum):
    """Who may use something; alone with the bot everybody manages the chat."""

    ANYONE = "anyone"
    MANAGER = "manager"  # who may change what the chat gets: in a group its administrators
    ADMIN = "admin"  # a person of ADMIN_IDS, alone with the bot


class Press(CallbackQueryHandler[Context, None]):
    """Handles buttons whose data is `name`, or begins with it and a colon; an @ and a chat's id may follow."""

    def __init__(self, name: str, who: Who, guarded: Handler) -> None:
        super().__init__(guarded, rf"^{name}(?::|@-\d+$|$)")
        self.name, self.who = name, who


class Route(CommandHandler[Context, None]):
    """Handles a command and its Vietnamese alias, in private chats and groups."""

    def __init__(self, name: str, who: Who, guarded: Handler) -> None:
        entry = next(command for command in (*COMMANDS, *ADMIN_COMMANDS) if command.name == name)
        places = filters.ChatType.PRIVATE | filters.ChatType.GROUPS
        super().__init__([entry.name, entry.alias], guarded, places)
        self.name, self.who = name, who


class Typed(MessageHandler[Context, None]):
    """Handles an answer that is typed to a message of the bot, in private chats and groups."""

    def __init__(self, name: str, who: Who, guarded: Handler, wanted: filters.BaseFilter) -> None:
        places = filters.ChatType.PRIVATE | filters.ChatType.GROUPS
        super().__init__(places & filters.TEXT & wanted, guarded)
        self.name, self.who = name, who


def command(name: str, callback: Handler, who: Who = Who.MANAGER, *, heavy: bool = False, alone: bool = False) -> Route:
    """A command of `bot.commands`; `heavy`: costly, so fewer a minute; `alone`: only alone with the bot."""
    return Route(name, who, _guarded(callback, who, heavy=heavy, alone=alone))


def press(
    name: str,
    callback: Handler,
    who: Who = Who.MANAGER,
    *,
    heavy: bool = False,
    alone: bool = False,
    in_channels: bool = False,
) -> Press:
    """A button; what its data says after `name` and a colon is the handler's.

    `in_channels`: under a channel's post it works there; the others lead into a private chat, where they are answered
    without the channel's readers reading along.
    """
    return Press(name, who, _guarded(callback, who, heavy=heavy, alone=alone, in_channels=in_channels))


def typed_answer(name: str, wanted: filters.BaseFilter, callback: Handler, who: Who = Who.MANAGER) -> Typed:
    """A text that answers a message of the bot; `wanted` says which."""
    return Typed(name, who, _guarded(callback, who), wanted)


async def unknown_command(update: Update, context: Context) -> None:
    """Offers the command that was perhaps meant, else all there are; in a group it may be another bot's."""
    typed = (update.effective_message.text if update.effective_message else None) or ""
    if is_group(update) and not _names(typed, context.bot.username):
        return
    reader, commands = await reader_of(update, context), commands_of(update, context)
    near = nearest_command(typed, commands)
    await reply(update, Message(render("unknown_command.html", reader.language, commands=commands, near=near)))


def nearest_command(typed: str, commands: Sequence[Command]) -> str | None:
    """The name or alias that is meant by `typed`, if any is: one of several words ("/tim kiem ma túy"), one that begins
    so ("/tim"), or the one that is written most like it."""
    words = _WORD.findall(_ADDRESSEE.sub("", fold(typed[:_LONGEST_COMMAND])))[:_MOST_WORDS]
    names = [name for command in commands for name in (command.alias, command.name)]
    joined = ["".join(words[:count]) for count in range(len(words), 0, -1)]
    joined = [said for said in joined if len(said) >= _LEAST_LIKE]
    if spaced := next((said for said in joined if said in names), None):
        return spaced
    for said in joined:
        begun = (name for name in names if name.startswith(said))
        if near := next(chain(begun, get_close_matches(said, names, n=1, cutoff=_LIKE)), None):
            return near
    return None


def commands_of(update: Update, context: Context) -> Sequence[Command]:
    """Those that whoever asks can use."""
    return (*COMMANDS, *ADMIN_COMMANDS) if is_admin(update, context) else COMMANDS


async def stale_button(update: Update, context: Context) -> None:
    if update.callback_query:
        await answer(update.callback_query, say("stale_button", await language_for(update, context)))


async def is_too_much(update: Update, context: Context, *counted: tuple[Asked, int]) -> bool:
    """Counts what is asked; where it is too much for one minute, a word says so, once."""
    verdict = next(
        (v for asked, holder in counted if (v := context.bot_data.limits.take(asked, holder)) is not Verdict.ANSWERED),
        Verdict.ANSWERED,
    )
    if verdict is Verdict.TOLD:
        await tell(update, context, "too_fast")
    elif verdict is Verdict.SILENT and update.callback_query:
        await answer(update.callback_query, None)
    return verdict is not Verdict.ANSWERED


async def tell(update: Update, context: Context, key: str) -> None:
    """A word to whoever asks, in their language: over the button, or in a line."""
    words = say(key, await language_for(update, context))
    if update.callback_query:
        await answer(update.callback_query, words, alert=True)
    else:
        await reply(update, Message(words))


async def into_private(update: Update, context: Context, payload: str) -> None:
    """A way to the chat with the bot alone."""
    link = f"https://t.me/{context.bot.username}?start={payload}"
    if update.callback_query:
        await answer(update.callback_query, None, url=link)
    else:
        language = await language_for(update, context)
        await reply(update, Message(say("alone_only", language), (((say("open_bot", language), link),),)))


async def may_manage(update: Update, context: Context) -> bool:
    """Whether whoever asks manages the chat that it is about; if not, they are told. A group is stored by that."""
    is_allowed = await standing(update, context)
    target = target_of(update)
    if is_allowed is not Standing.MANAGER:
        await tell(update, context, _REFUSALS[is_allowed])
    elif target is not None and await context.bot_data.read(find_reader, target) is None:
        await tell(update, context, "stale_button")
    else:
        if target is None and is_group(update):
            await _introduce(update, context)
        return True
    return False


def _guarded(
    callback: Handler, who: Who, *, heavy: bool = False, alone: bool = False, in_channels: bool = False
) -> Handler:
    async def handle(update: Update, context: Context) -> None:
        if who is Who.ADMIN and not is_admin(update, context):
            await _not_there(update, context)
        elif update.effective_chat is None:  # a button of what was sent through the bot
            await stale_button(update, context)
        elif update.message and is_group(update) and not is_meant(update.message, context.bot.username):
            return
        elif alone and is_group(update):
            await into_private(update, context, "alone")
        elif update.callback_query and not in_channels and _is_channel(update):
            await into_private(update, context, _payload(update.callback_query.data or ""))
        elif (who is Who.MANAGER or target_of(update)) and not await may_manage(update, context):
            pass
        elif not heavy or not await is_too_heavy(update, context):
            await callback(update, context)

    return handle


async def _not_there(update: Update, context: Context) -> None:
    """To everybody else what is for admins does not exist; to themselves in a group it does, elsewhere."""
    user = update.effective_user
    if update.callback_query:
        await stale_button(update, context)
    elif is_group(update) and user and user.id in context.bot_data.settings.admin_ids:
        await into_private(update, context, "alone")
    else:
        await unknown_command(update, context)


async def _introduce(update: Update, context: Context) -> None:
    """Stores what is new of the group in which its manager speaks; mostly nothing is."""
    chat, services, person = update.effective_chat, context.bot_data, person_of(update)
    if chat is None:
        return
    known = await services.read(find_reader, chat.id)
    stored = known.chat if known else None
    has_owner = person is None or (stored is not None and stored.owner_id is not None)
    if stored and has_owner and (stored.kind, stored.title, stored.left_at) == (chat.type, chat.title or "", None):
        return
    await services.write(
        introduce,
        chat.id,
        services.clock(),
        kind=chat.type,
        title=chat.title or "",
        owner_id=person,
        language=await language_for(update, context),
        timezone=services.settings.default_timezone,
    )


async def is_too_heavy(update: Update, context: Context) -> bool:
    """Counts what is costly to answer; where it is too much for one minute, a word says so, once."""
    user = update.effective_user
    return user is not None and await is_too_much(update, context, (Asked.HEAVY, user.id))


def _is_channel(update: Update) -> bool:
    return update.effective_chat is not None and update.effective_chat.type == ChatType.CHANNEL


def _payload(data: str) -> str:
    """Where a button of a channel's post leads to alone with the bot: a document's to its card."""
    name, _, token = without_target(data).partition(":")
    return f"d_{token}" if name == "doc" and token.isalnum() else "alone"


def _names(typed: str, bot_name: str) -> bool:
    return typed.partition(" ")[0].partition("@")[2].lower() == bot_name.lower()
