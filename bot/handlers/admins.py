"""What only admins may do; to everybody else it does not exist."""

from telegram import Update
from telegram.ext import CommandHandler

from bot.context import Context
from bot.handlers.info import stale_button, unknown_command
from bot.handlers.replies import Handler, command, is_admin


def for_admins(callback: Handler, otherwise: Handler = unknown_command) -> Handler:
    """`callback` for admins, else what unknown buttons and commands get."""

    async def handle(update: Update, context: Context) -> None:
        if is_admin(update, context):
            await callback(update, context)
        elif update.callback_query:
            await stale_button(update, context)
        else:
            await otherwise(update, context)

    return handle


def admin_command(name: str, callback: Handler) -> "CommandHandler[Context, None]":
    """A command for admins and its Vietnamese alias."""
    return command(name, for_admins(callback))
