"""/help, /about, /status, and what nobody else answers."""

from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler, MessageHandler, filters

from bot.commands import ADMIN_COMMANDS, SECTIONS
from bot.context import Context
from bot.handlers.replies import reader_of, reply
from bot.handlers.routes import Who, command, commands_of, stale_button, unknown_command
from bot.menus import subscription_lines
from digests.messages import Message
from digests.status import status_view
from digests.templates import render
from feeds.scores import shipped_scores


async def help_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    can = commands_of(update, context)
    named = {section: [one for one in can if one.name in names] for section, names in SECTIONS.items()}
    admins = {"admins": [one for one in can if one in ADMIN_COMMANDS]}
    sections = {section: commands for section, commands in (named | admins).items() if commands}
    await reply(update, Message(render("help.html", reader.language, sections=sections)))


async def about(update: Update, context: Context) -> None:
    """What the bot does, and how well, as its training measured it."""
    reader = await reader_of(update, context)
    await reply(update, Message(render("about.html", reader.language, scores=shipped_scores())))


async def status(update: Update, context: Context) -> None:
    """What is being read, which sources fail, when the next digest comes."""
    reader = await reader_of(update, context)
    services = context.bot_data
    now = services.clock()
    view = await services.read(status_view, now)
    lines = subscription_lines(reader, now)
    await reply(update, Message(render("status.html", reader.language, status=view, reader=reader, lines=lines)))


async def not_text(update: Update, context: Context) -> None:
    """Pictures, voices and files cannot be looked up yet."""
    reader = await reader_of(update, context)
    await reply(update, Message(render("not_text.html", reader.language)))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    """The catch-alls come last, so this module is registered last."""
    return (
        command("help", help_command, Who.ANYONE),
        command("about", about, Who.ANYONE),
        command("status", status, Who.ANYONE),
        CallbackQueryHandler(stale_button),
        MessageHandler((filters.ChatType.PRIVATE | filters.ChatType.GROUPS) & filters.COMMAND, unknown_command),
        MessageHandler(filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL, not_text),
    )
