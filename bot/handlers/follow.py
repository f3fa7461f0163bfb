"""/follow and /following: the documents that head a chat's digests and that it is told of at once.

`follow:TOKEN` and `unfollow:TOKEN` stand on cards, `following:PAGE` and `unfollow:TOKEN:PAGE` on the list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.directive import MAX_QUERY, answer_query, name_documents
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import follow_button, following_buttons
from bot.texts import say
from digests.answer import answer
from digests.follows import follow, followed_documents, unfollow
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import document_name
from feeds.store import document_of_token, document_tokens


async def follow_command(update: Update, context: Context) -> None:
    """/follow NUMBER; a number that may mean several documents is answered with these, to choose from."""
    reader = await reader_of(update, context)
    query = " ".join(context.args or ())
    if not query:
        await reply(update, Message(render("follow_usage.html", reader.language)))
        return
    document_id = await context.bot_data.read(_meant, query[:MAX_QUERY])
    if document_id is None:
        await answer_query(update, context, reader, query)
        return
    await name_documents(context.bot_data, [document_id])
    try:
        await context.bot_data.write(follow, reader.chat_id, document_id, context.bot_data.clock())
    except ValueError:
        await reply(update, Message(render("follow_too_many.html", reader.language)))
        return
    await _confirm(update, context, reader, document_id)


async def follow_pressed(update: Update, context: Context) -> None:
    query, token, reader = await pressed(update, context)
    services = context.bot_data
    document_id = await services.read(document_of_token, token)
    if document_id is None:
        await done(query, reader, "stale_button")
        return
    try:
        is_new = await services.write(follow, reader.chat_id, document_id, services.clock())
    except ValueError:
        await done(query, reader, "too_many_followed")
        return
    await _swap(query, token, reader.language, followed=True)
    await done(query, reader, "followed")
    if is_new and await _offers_instant(context, reader):
        await _confirm(update, context, reader, document_id)


async def unfollow_pressed(update: Update, context: Context) -> None:
    """On a card the button turns into its opposite; on the list the line goes."""
    query, data, reader = await pressed(update, context)
    token, _, page = data.partition(":")
    services = context.bot_data
    document_id = await services.read(document_of_token, token)
    if document_id is None or (page and not page.isdecimal()):
        await done(query, reader, "stale_button")
        return
    await services.write(unfollow, reader.chat_id, document_id)
    if page:
        await edit(query, await services.read(_list, reader, int(page[:4])))
    else:
        await _swap(query, token, reader.language, followed=False)
    await done(query, reader, "unfollowed")


async def following_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, await context.bot_data.read(_list, reader, 0))


async def following_pressed(update: Update, context: Context) -> None:
    query, page, reader = await pressed(update, context)
    if not page.isdecimal():
        await done(query, reader, "stale_button")
        return
    await edit(query, await context.bot_data.read(_list, reader, int(page[:4])))
    await done(query, reader)


async def not_needed_pressed(update: Update, context: Context) -> None:
    """The offer to tell at once is declined."""
    query, _, reader = await pressed(update, context)
    await edit(query, Message(render("follow_in_digest.html", reader.language, subscribed=reader.subscribed)))
    await done(query, reader)


async def _confirm(update: Update, context: Context, reader: Reader, document_id: str) -> None:
    """Says that it is followed; once, with the first document, whether to be told at once."""
    offered = await _offers_instant(context, reader)
    html = render("followed.html", reader.language, document_id=document_id, offered=offered)
    choices = (
        (say("tell_at_once", reader.language), "new:instant"),
        (say("not_needed", reader.language), "follow_in_digest"),
    )
    await reply(update, Message(html, (choices,) if offered else ()))


async def _offers_instant(context: Context, reader: Reader) -> bool:
    followed = await context.bot_data.read(followed_documents, reader.chat_id)
    return len(followed) == 1 and not any(s.cadence == "instant" for s in reader.subscriptions)


def _meant(session: Session, query: str) -> str | None:
    """The one document that a query means."""
    cards = answer(session, query).cards
    return (cards[0].document_id or f"{cards[0].key}#?") if len(cards) == 1 else None


def _list(session: Session, reader: Reader, page: int) -> Message:
    followed = sorted(followed_documents(session, reader.chat_id), key=document_name)
    tokens: Mapping[str, str] = document_tokens(session, followed)
    return Message(
        render("following.html", reader.language, count=len(followed)),
        following_buttons(followed, tokens, reader.language, page),
    )


async def _swap(query: CallbackQuery, token: str, language: str, *, followed: bool) -> None:
    """The message's button for this document becomes the opposite one; one that is so already stays."""
    message = query.message
    if not isinstance(message, TelegramMessage) or message.reply_markup is None:
        return
    label, action = follow_button(token, language, followed=followed)
    mine = (f"follow:{token}", f"unfollow:{token}")
    rows = [
        [InlineKeyboardButton(label, callback_data=action) if b.callback_data in mine else b for b in row]
        for row in message.reply_markup.inline_keyboard
    ]
    markup = InlineKeyboardMarkup(rows)
    if markup != message.reply_markup:
        await query.edit_message_reply_markup(markup)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("follow", follow_command),
        command("following", following_command, Who.ANYONE),
        press("follow", follow_pressed),
        press("unfollow", unfollow_pressed),
        press("following", following_pressed, Who.ANYONE),
        press("follow_in_digest", not_needed_pressed),
    )
