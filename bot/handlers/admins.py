"""What only admins may do; to everybody else it does not exist."""

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import CommandHandler

from bot.context import Context
from bot.handlers.info import stale_button, unknown_command
from bot.handlers.replies import Handler, command


def for_admins(callback: Handler, otherwise: Handler = unknown_command) -> Handler:
    """`callback` for the persons of ADMIN_IDS, alone with the bot; else what unknown buttons and commands get.

    In a group everybody may press what stands there.
    """

    async def handle(update: Update, context: Context) -> None:
        chat, user = update.effective_chat, update.effective_user
        is_alone = chat is not None and chat.type == ChatType.PRIVATE
        if is_alone and user is not None and user.id in context.bot_data.settings.admin_ids:
            await callback(update, context)
        elif update.callback_query:
            await stale_button(update, context)
        else:
            await otherwise(update, context)

    return handle


def admin_command(name: str, callback: Handler) -> "CommandHandler[Context, None]":
    """A command for admins and its Vietnamese alias."""
    return command(name, for_admins(callback))
