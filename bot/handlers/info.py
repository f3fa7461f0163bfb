"""/help, /about, /status, /privacy, and what nobody else answers."""

from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, commands_of, press, stale_button, unknown_command
from bot.menus import subscription_lines
from bot.texts import language_of, say
from digests.messages import Message
from digests.status import status_view
from digests.subscribers import forget
from digests.templates import render
from feeds.scores import shipped_scores


async def help_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, Message(render("help.html", reader.language, commands=commands_of(update, context))))


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


async def not_text(update: Update, context: Context) -> None:
    """Pictures, voices and files cannot be looked up yet."""
    reader = await reader_of(update, context)
    await reply(update, Message(render("not_text.html", reader.language)))


async def in_group(update: Update, _context: Context) -> None:
    """Groups come later; a command there gets one line instead of silence."""
    language = language_of(update.effective_user.language_code if update.effective_user else None)
    await reply(update, Message(render("in_group.html", language)))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    """The catch-alls come last, so this module is registered last."""
    return (
        command("help", help_command, Who.ANYONE),
        command("about", about, Who.ANYONE),
        command("status", status, Who.ANYONE),
        command("privacy", privacy, Who.ANYONE),
        press("erase", erase_pressed),
        CallbackQueryHandler(stale_button),
        MessageHandler(filters.ChatType.PRIVATE & filters.COMMAND, unknown_command),
        MessageHandler(filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL, not_text),
        MessageHandler(filters.ChatType.GROUPS & filters.COMMAND, in_group),
    )
