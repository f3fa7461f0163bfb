"""Which command or button leads to which handler, and who may use it."""

from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.commands import ADMIN_COMMANDS, COMMANDS, Command
from bot.context import Context
from bot.handlers.replies import Handler, done, is_admin, pressed, reader_of, reply
from digests.messages import Message
from digests.templates import render
from feeds.text import fold

_LONGEST_COMMAND = 33  # characters, of Telegram's commands


class Who(StrEnum):
    """Who may use something; alone with the bot everybody manages the chat."""

    ANYONE = "anyone"
    MANAGER = "manager"  # who may change what the chat gets: in a group its administrators
    ADMIN = "admin"  # a person of ADMIN_IDS, alone with the bot


class Press(CallbackQueryHandler[Context, None]):
    """Handles buttons whose data is `name`, or begins with it and a colon."""

    def __init__(self, name: str, callback: Handler, who: Who) -> None:
        super().__init__(_guarded(callback, who), rf"^{name}(?::|$)")
        self.name, self.who = name, who


class Route(CommandHandler[Context, None]):
    """Handles a command and its Vietnamese alias, in private chats."""

    def __init__(self, name: str, callback: Handler, who: Who) -> None:
        entry = next(command for command in (*COMMANDS, *ADMIN_COMMANDS) if command.name == name)
        super().__init__([entry.name, entry.alias], _guarded(callback, who), filters.ChatType.PRIVATE)
        self.name, self.who = name, who


def command(name: str, callback: Handler, who: Who = Who.MANAGER) -> Route:
    """A command of `bot.texts`."""
    return Route(name, callback, who)


def press(name: str, callback: Handler, who: Who = Who.MANAGER) -> Press:
    """A button; what its data says after `name` and a colon is the handler's."""
    return Press(name, callback, who)


async def unknown_command(update: Update, context: Context) -> None:
    """Offers the command that was perhaps meant, before all there are."""
    reader, commands = await reader_of(update, context), commands_of(update, context)
    typed = update.effective_message.text if update.effective_message else None
    near = nearest_command(typed or "", commands)
    await reply(update, Message(render("unknown_command.html", reader.language, commands=commands, near=near)))


def nearest_command(typed: str, commands: Sequence[Command]) -> str | None:
    """The name or alias that is written most like `typed`, if any is."""
    name = fold(typed[:_LONGEST_COMMAND].removeprefix("/").partition(" ")[0].partition("@")[0])
    names = [name for command in commands for name in (command.alias, command.name)]
    return next(iter(get_close_matches(name, names, n=1)), None)


def commands_of(update: Update, context: Context) -> Sequence[Command]:
    """Those that whoever asks can use."""
    return (*COMMANDS, *ADMIN_COMMANDS) if is_admin(update, context) else COMMANDS


async def stale_button(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    await done(query, reader, "stale_button")


def _guarded(callback: Handler, who: Who) -> Any:
    """To everybody else what is for admins does not exist."""
    if who is not Who.ADMIN:
        return callback

    async def handle(update: Update, context: Context) -> None:
        if is_admin(update, context):
            await callback(update, context)
        elif update.callback_query:
            await stale_button(update, context)
        else:
            await unknown_command(update, context)

    return handle
