"""A picture as an answer: drawn in a process of its own, so that the bot goes on answering."""

import io
from collections.abc import Callable

import structlog
from telegram import InputFile, Update
from telegram.constants import ChatAction, ParseMode

from bot.context import Context
from bot.handlers.replies import reply
from bot.texts import say
from digests.messages import Message
from feeds.worker import WorkerError

log = structlog.get_logger()

PATIENCE = 60.0  # seconds, of which one or two are the start of a process


def expect_pictures(context: Context) -> None:
    """Has a process ready: whoever reads what can be drawn will often ask for the picture."""
    context.bot_data.artist.wake()


async def send_picture(
    update: Update, context: Context, language: str, caption: str, draw: Callable[..., bytes], *arguments: object
) -> None:
    """Sends what `draw` makes of the arguments; it and they must be picklable. `caption` is Telegram HTML."""
    message, chat = update.effective_message, update.effective_chat
    if message is None or chat is None:
        return
    await chat.send_action(ChatAction.UPLOAD_PHOTO)
    try:
        picture = await context.bot_data.artist.run(draw, *arguments, seconds=PATIENCE)
    except WorkerError as error:  # the text has all that the picture shows
        log.warning("a picture was not drawn", error=str(error))
        await reply(update, Message(say("not_drawn", language)))
        return
    await message.reply_photo(
        InputFile(io.BytesIO(picture), filename="picture.png"), caption=caption, parse_mode=ParseMode.HTML
    )
