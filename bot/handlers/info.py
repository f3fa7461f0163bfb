"""/help, /about, /status, /privacy, and what nobody else answers."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.replies import command, done, edit, is_admin, pressed, reader_of, reply
from bot.menus import subscription_lines
from bot.texts import ADMIN_COMMANDS, COMMANDS, Command, language_of, say
from digests.messages import Message
from digests.status import status_view
from digests.subscribers import forget
from digests.templates import render
from feeds.scores import shipped_scores
from feeds.text import fold

_LONGEST_COMMAND = 33  # characters, of Telegram's commands


async def help_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, Message(render("help.html", reader.language, commands=_commands(update, context))))


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


async def privacy(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    buttons = (((say("erase", reader.language), "erase"),),)
    await reply(update, Message(render("privacy.html", reader.language, chat_id=reader.chat_id), buttons))


async def erase_pressed(update: Update, context: Context) -> None:
    """Asks once more, then erases everything stored about the chat."""
    query, answer, reader = await pressed(update, context)
    if answer == "":
        choices = ((say("erase_yes", reader.language), "erase:yes"), (say("keep", reader.language), "erase:no"))
        await edit(query, Message(render("erase.html", reader.language, asked=True), (choices,)))
    elif answer == "yes":
        await context.bot_data.write(forget, reader.chat_id)
        await edit(query, Message(render("erase.html", reader.language, asked=False)))
    else:
        buttons = (((say("erase", reader.language), "erase"),),)
        await edit(query, Message(render("privacy.html", reader.language, chat_id=reader.chat_id), buttons))
    await done(query, reader)


async def unknown_command(update: Update, context: Context) -> None:
    """Offers the command that was perhaps meant, before all there are."""
    reader, commands = await reader_of(update, context), _commands(update, context)
    typed = update.effective_message.text if update.effective_message else None
    near = nearest_command(typed or "", commands)
    await reply(update, Message(render("unknown_command.html", reader.language, commands=commands, near=near)))


def nearest_command(typed: str, commands: Sequence[Command]) -> str | None:
    """The name or alias that is written most like `typed`, if any is."""
    name = fold(typed[:_LONGEST_COMMAND].removeprefix("/").partition(" ")[0].partition("@")[0])
    names = [name for command in commands for name in (command.alias, command.name)]
    return next(iter(get_close_matches(name, names, n=1)), None)


def _commands(update: Update, context: Context) -> Sequence[Command]:
    """Those that whoever asks can use."""
    return (*COMMANDS, *ADMIN_COMMANDS) if is_admin(update, context) else COMMANDS


async def not_text(update: Update, context: Context) -> None:
    """Pictures, voices and files cannot be looked up yet."""
    reader = await reader_of(update, context)
    await reply(update, Message(render("not_text.html", reader.language)))


async def in_group(update: Update, _context: Context) -> None:
    """Groups come later; a command there gets one line instead of silence."""
    language = language_of(update.effective_user.language_code if update.effective_user else None)
    await reply(update, Message(render("in_group.html", language)))


async def stale_button(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    await done(query, reader, "stale_button")


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    """The catch-alls come last, so this module is registered last."""
    return (
        command("help", help_command),
        command("about", about),
        command("status", status),
        command("privacy", privacy),
        CallbackQueryHandler(erase_pressed, r"^erase(:|$)"),
        CallbackQueryHandler(stale_button),
        MessageHandler(filters.ChatType.PRIVATE & filters.COMMAND, unknown_command),
        MessageHandler(filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL, not_text),
        MessageHandler(filters.ChatType.GROUPS & filters.COMMAND, in_group),
    )
