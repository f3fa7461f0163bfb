"""/follow: documents, numbers not seen yet, words, places and issuers, with how much that is before it is followed.

`follow:TOKEN` and `unfollow:TOKEN` stand on cards. `wish:KIND:VALUE` shows what would come of following it,
`take:now:KIND:VALUE` and `take:digest:KIND:VALUE` follow it, `take:no` does not.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest
from telegram.ext import BaseHandler

from bot.context import Context
from bot.follow_menus import choice_screen, follow_screen, mark_in_button, named_by, offer_screen
from bot.handlers.directive import name_documents
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.report import articles_of, links_of
from bot.handlers.routes import command, press
from bot.keyboards import follow_button
from bot.questions import ask, is_question
from bot.targets import aimed, target_in, without_target
from digests.followable import cited_documents, documents_in, followable
from digests.follows import MAX_VALUE, find_follow, follow, tell_at_once, unfollow
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from digests.watch import Mark
from feeds.store import document_of_token
from feeds.text import shorten

_DOCUMENT = ("doc:", "follow:", "unfollow:", "wish:document:", "take:now:document:")
_LABEL = 60


async def follow_command(update: Update, context: Context) -> None:
    """/follow WHAT; alone it asks, or as an answer to a message it means the documents that this cites."""
    reader, typed = await reader_of(update, context), " ".join(context.args or ())
    answered = update.effective_message.reply_to_message if update.effective_message else None
    if typed:
        await _offer(update, context, reader, await context.bot_data.read(followable, typed), typed)
    elif answered and answered.text and not is_question(answered, "follow"):
        await _offer(update, context, reader, await context.bot_data.read(_cited_in, answered))
    else:
        await ask(update, "follow", reader.language)


async def wish_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    mark = await services.read(mark_in_button, data, query.message)
    if mark:
        await edit(query, await services.read(offer_screen, reader, mark, services.clock()))
    await done(query, reader, None if mark else "stale_button")


async def take_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services, (mode, _, wish) = context.bot_data, data.partition(":")
    if mode == "no":
        await edit(query, Message(render("follow_not.html", reader.language)))
        await done(query, reader)
        return
    mark = await services.read(mark_in_button, wish, query.message)
    if mark is None or mode not in ("now", "digest"):
        await done(query, reader, "stale_button")
        return
    try:
        screen = await services.write(_taken, reader, mark, services.clock(), at_once=mode == "now")
    except ValueError:
        await done(query, reader, "too_many_followed")
        return
    await edit(query, screen)
    await done(query, reader, "followed")


async def follow_pressed(update: Update, context: Context) -> None:
    """On a card: the briefing tells of it from now on; its screen says how much that is, and offers more."""
    query, token, reader = await pressed(update, context)
    services = context.bot_data
    document_id = await services.read(document_of_token, token)
    if document_id is None:
        await done(query, reader, "stale_button")
        return
    try:
        is_new = await services.write(follow, reader.chat_id, document_id, services.clock(), at_once=False)
    except ValueError:
        await done(query, reader, "too_many_followed")
        return
    await _swap(query, token, reader.language, followed=True)
    await done(query, reader, "followed")
    if is_new:
        await reply(update, await services.read(offer_screen, reader, ("document", document_id), services.clock()))


async def unfollow_pressed(update: Update, context: Context) -> None:
    query, token, reader = await pressed(update, context)
    services = context.bot_data
    document_id = await services.read(document_of_token, token)
    if document_id is None:
        await done(query, reader, "stale_button")
        return
    await services.write(unfollow, reader.chat_id, document_id)
    await _swap(query, token, reader.language, followed=False)
    await done(query, reader, "unfollowed")


async def _offer(update: Update, context: Context, reader: Reader, marks: Sequence[Mark], typed: str = "") -> None:
    """What would come of following the one thing that is meant, or the choice."""
    services = context.bot_data
    await name_documents(services, named_by(marks))
    if len(marks) == 1:
        await reply(update, await services.read(offer_screen, reader, marks[0], services.clock()))
    elif marks:
        await reply(update, await services.read(choice_screen, reader, marks, " ".join(typed.split())[:MAX_VALUE]))
    else:
        await reply(update, Message(render("follow_usage.html", reader.language, cites_none=not typed)))


def _taken(session: Session, reader: Reader, mark: Mark, now: datetime, *, at_once: bool) -> Message:
    kind, value = mark
    if at_once:
        tell_at_once(session, reader.chat_id, now, thread_id=reader.thread_id, owner_id=reader.asked_by)
    follow(session, reader.chat_id, value, now, kind=kind, at_once=at_once)
    one = find_follow(session, reader.chat_id, value, kind)
    if one is None:
        raise LookupError("a follow vanished while it was stored")
    one.at_once = at_once
    session.flush()
    return follow_screen(session, reader, one, now)


def _cited_in(session: Session, message: TelegramMessage) -> Sequence[Mark]:
    """The documents of the items of a message of ours, else those that its buttons open, else those of its text."""
    if items := articles_of(session, links_of(message)):
        return cited_documents(session, [items[number] for number in sorted(items)])
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    actions = [without_target(str(button.callback_data or "")) for row in rows for button in row]
    tokens = (action.removeprefix(name) for action in actions for name in _DOCUMENT if action.startswith(name))
    found = dict.fromkeys(document_of_token(session, token) for token in tokens)
    return [("document", document_id) for document_id in found if document_id] or documents_in(message.text or "")


async def _swap(query: CallbackQuery, token: str, language: str, *, followed: bool) -> None:
    """The message's button for this document becomes the opposite one."""
    label, action = follow_button(token, language, followed=followed)
    await turn_button(query, (f"follow:{token}", f"unfollow:{token}"), label, action)


async def turn_button(query: CallbackQuery, actions: Collection[str], label: str, other: str) -> None:
    """The message's button of one of these actions becomes another, for the same chat; harmless where it is so."""
    message = query.message
    if not isinstance(message, TelegramMessage) or message.reply_markup is None:
        return

    def turned(button: InlineKeyboardButton) -> InlineKeyboardButton:
        data = str(button.callback_data or "")
        if without_target(data) not in actions:
            return button
        return InlineKeyboardButton(shorten(label, _LABEL), callback_data=aimed(other, target_in(data)))

    markup = InlineKeyboardMarkup([[turned(button) for button in row] for row in message.reply_markup.inline_keyboard])
    if markup == message.reply_markup:
        return
    try:
        await query.edit_message_reply_markup(markup)
    except BadRequest as error:  # two presses at once
        if "message is not modified" not in error.message.lower():
            raise


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("follow", follow_command),
        press("follow", follow_pressed),
        press("unfollow", unfollow_pressed),
        press("wish", wish_pressed),
        press("take", take_pressed),
    )
