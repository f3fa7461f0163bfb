"""`more:DIGEST`, under a digest: the next of its items that were held back."""

import re
from collections.abc import Sequence
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import answer, done, pressed, standing
from bot.handlers.routes import Who, press
from bot.rights import Standing
from bot.texts import say
from digests.posting import held_back_titles, post_more
from feeds.text import shorten

_DIGEST = re.compile(r"\d{1,18}")
_ALERT = 200  # characters, of Telegram's
_SHOWN = 3
_SAID = {"posted": None, "coming": "more_coming", "none": "no_more", "stale": "stale_button"}


async def more_pressed(update: Update, context: Context) -> None:
    """They come as further parts of the digest; pressed twice, the button asks once.

    Who does not manage a group or channel is shown the first of their headlines alone: nothing is posted there.
    """
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    if not _DIGEST.fullmatch(data):
        await done(query, reader, "stale_button")
        return
    if await standing(update, context) is not Standing.MANAGER:
        titles = await services.read(held_back_titles, reader.chat_id, int(data), _SHOWN)
        await answer(query, _listed(titles) or say("no_more", reader.language), alert=True)
        return
    became = await services.write(post_more, reader, int(data), services.clock())
    services.wake_delivery()
    await done(query, reader, _SAID[became])
    if became in ("posted", "none"):
        await _drop_button(query)


def _listed(titles: Sequence[str]) -> str:
    """As much as an alert holds."""
    return "\n".join(f"• {shorten(title, _ALERT // _SHOWN - 3)}" for title in titles)


async def _drop_button(query: CallbackQuery) -> None:
    """The pressed button has done its work; the next items bring their own."""
    message = query.message
    if not isinstance(message, TelegramMessage) or message.reply_markup is None:
        return
    rows = [[b for b in row if b.callback_data != query.data] for row in message.reply_markup.inline_keyboard]
    try:
        await query.edit_message_reply_markup(InlineKeyboardMarkup([row for row in rows if row]))
    except BadRequest as error:
        if "message is not modified" not in error.message.lower():
            raise


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (press("more", more_pressed, Who.ANYONE, in_channels=True),)
