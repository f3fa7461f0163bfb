"""What happens when a handler fails: the log first, a kind word to the user second."""

import contextlib

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Update
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.context import Context, Services
from bot.handlers.replies import reply
from bot.sender import refusal_of
from bot.texts import language_of
from digests.groups import leave
from digests.messages import Message
from digests.subscribers import find_reader
from digests.templates import render

log = structlog.get_logger()


async def report(update: object, context: Context) -> None:
    """Logs the error with its trace, never the text of a message; tells the user that something went wrong.

    The update ends here: PTB else hands it on to the next group of handlers, past a gate that failed.
    """
    try:
        await _report(update, context)
    except Exception:
        log.exception("an error was not dealt with")
    raise ApplicationHandlerStop


async def _report(update: object, context: Context) -> None:
    error = context.error
    services = context.bot_data
    chat = update.effective_chat if isinstance(update, Update) else None
    if isinstance(error, Forbidden) and chat:
        await services.write(leave, chat.id, refusal_of(error) or "blocked", services.clock())
        return
    is_refused = isinstance(error, BadRequest) and (refusal_of(error) or "chat not found" in error.message.lower())
    if is_refused:  # the next digest ends, and tells who set it up
        log.info("the bot may not write there", chat_id=chat.id if chat else None, error=str(error))
        return
    if isinstance(error, NetworkError) and not isinstance(update, Update):
        log.warning("Bot API not reached", error=str(error))
        return
    if isinstance(error, RetryAfter):  # one word more would only prolong it
        log.warning("an answer was given up: Telegram told us to wait", chat_id=chat.id if chat else None)
        return
    log.error("a handler failed", chat_id=chat.id if chat else None, exc_info=error)
    if not isinstance(update, Update) or chat is None:
        return
    language = await _language(update, chat.id, services)
    try:
        if update.callback_query:
            with contextlib.suppress(TelegramError):  # it may be answered already
                await update.callback_query.answer()
        await reply(update, Message(render("error.html", language)))
    except TelegramError as second:
        log.warning("the user could not be told of the error", error=str(second))


async def _language(update: Update, chat_id: int, services: Services) -> str:
    """The chat's; that of the person's Telegram app where there is none, or the database is away."""
    try:
        reader = await services.read(find_reader, chat_id)
    except SQLAlchemyError:
        reader = None
    user = update.effective_user
    return reader.language if reader else language_of(user.language_code if user else None)
