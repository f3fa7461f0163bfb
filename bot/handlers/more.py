"""`more:DIGEST`, under a digest: the next of its items that were held back."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session
from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, TelegramError
from telegram.ext import BaseHandler, CallbackQueryHandler

from bot.context import Context
from bot.handlers.replies import done, forget_press, is_repeated, pressed, reply
from digests.compose import compose_more, record_more
from digests.models import Digest, SentStory, Subscription
from digests.render import render_digest
from digests.subscribers import Reader
from digests.views import DigestView

_DIGEST = re.compile(r"\d{1,18}")


async def more_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    if is_repeated(query, context):
        await done(query, reader)
        return
    view = None
    if _DIGEST.fullmatch(data):
        view = await services.write(_take_more, reader, int(data), services.clock())
    if view is None:
        await done(query, reader, "stale_button")
        return
    await done(query, reader, None if view.stories else "no_more")
    waiting = {story.story_id for story in view.stories}
    try:
        for message in render_digest(view) if view.stories else ():
            await reply(update, message, silent=True)
            waiting -= set(message.story_ids)
    except TelegramError:  # what did not go out may be asked for again
        await services.write(_give_back, int(data), waiting)
        forget_press(context)
        raise
    await _drop_button(query)


def _take_more(session: Session, reader: Reader, digest_id: int, now: datetime) -> DigestView | None:
    """The next stories, noted as told; None where the digest, or its subscription, is none of the reader's."""
    digest = session.get(Digest, digest_id)
    if digest is None or digest.chat_id != reader.chat_id or digest.subscription_id is None:
        return None
    subscription = session.get_one(Subscription, digest.subscription_id)
    view = compose_more(session, digest, reader, subscription, now)
    record_more(session, digest, view, now)
    return view


def _give_back(session: Session, digest_id: int, story_ids: Collection[int]) -> None:
    digest = session.get_one(Digest, digest_id)
    told = SentStory.digest_id == digest_id, SentStory.part == 0, SentStory.story_id.in_(story_ids)
    session.execute(delete(SentStory).where(*told))
    digest.held_back = [*story_ids, *digest.held_back]


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
    return (CallbackQueryHandler(more_pressed, r"^more:"),)
