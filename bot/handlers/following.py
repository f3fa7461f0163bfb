"""/following: all that is followed, one of it, its private note; and the way out of each, and back.

`following:PAGE` lists, `followed:ID` shows one, `followed:ID:WHAT` changes it. `enough:ID`, in what tells at once and
in notices, stops it where it stands, `again:ID` takes that back.
"""

import re
from collections.abc import Sequence
from typing import Any

from telegram import CallbackQuery, ForceReply, Update
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.ext import BaseHandler, filters

from bot.context import Context
from bot.follow_menus import follow_screen, following_screen, stopped_screen
from bot.handlers.follow import turn_button
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press, typed_answer
from bot.texts import TEXTS, say
from digests.follows import MAX_NOTE, change_follow, own_follow, tell_at_once
from digests.messages import Message
from digests.models import Follow
from digests.naming import followed_name
from digests.subscribers import Reader
from digests.templates import render
from digests.undo import drop_for_a_day, follow_again

_ID = re.compile(r"\d{1,9}")
_NOTED = re.compile(
    "|".join(rf"{re.escape(words.partition('{}')[0])}(\d{{1,9}})" for words in TEXTS["note_of"].values())
)


class _Noted(filters.MessageFilter):
    """Answers to the question for a note."""

    def filter(self, message: TelegramMessage) -> bool:
        asked = message.reply_to_message
        return bool(asked and asked.from_user and asked.from_user.is_bot and _NOTED.match(asked.text or ""))


async def following_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, await context.bot_data.read(following_screen, reader, 0))


async def following_pressed(update: Update, context: Context) -> None:
    query, page, reader = await pressed(update, context)
    if not page.isdecimal():
        await done(query, reader, "stale_button")
        return
    await edit(query, await context.bot_data.read(following_screen, reader, int(page[:4])))
    await done(query, reader)


async def followed_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services, (number, _, what) = context.bot_data, data.partition(":")
    one = await services.read(own_follow, reader.chat_id, int(number)) if _ID.fullmatch(number) else None
    if one is None or what not in ("", "now", "digest", "note", "unnote", "stop"):
        await done(query, reader, "stale_button")
    elif what == "stop":
        await _drop(context, reader, one.id)
        await edit(query, stopped_screen(reader, one))
        await done(query, reader, "unfollowed")
    elif what == "note":
        await done(query, reader)
        if not is_repeated(query, context):
            await _ask_note(update, reader, one)
    else:
        await _change(context, query, reader, one, what)


async def stop_pressed(update: Update, context: Context) -> None:
    query, number, reader = await pressed(update, context)
    one = await _drop(context, reader, int(number)) if _ID.fullmatch(number) else None
    if one is None:
        await done(query, reader, "stale_button")
        return
    name = followed_name(one.kind, one.value, reader.language)
    label = say("follow_again_named", reader.language, name)
    await turn_button(query, {f"enough:{one.id}"}, label, f"again:{one.id}")
    await done(query, reader, "unfollowed")


async def again_pressed(update: Update, context: Context) -> None:
    """What was stopped is followed as before: that is kept for a day."""
    query, number, reader = await pressed(update, context)
    services = context.bot_data
    try:
        one = None
        if _ID.fullmatch(number):
            one = await services.write(follow_again, reader.chat_id, int(number), services.clock())
    except ValueError:
        await done(query, reader, "too_many_followed")
        return
    if one is None:
        await done(query, reader, "follow_gone")
        return
    if _is_screen(query):
        await edit(query, await services.read(follow_screen, reader, one, services.clock()))
    else:
        name = followed_name(one.kind, one.value, reader.language)
        await turn_button(query, {f"again:{number}"}, say("stop_following", reader.language, name), f"enough:{one.id}")
    await done(query, reader, "followed")


async def noted(update: Update, context: Context) -> None:
    """The note that is typed in answer."""
    reader, message, services = await reader_of(update, context), update.effective_message, context.bot_data
    asked = message.reply_to_message if message else None
    match = _NOTED.match(asked.text or "") if asked else None
    number = next(filter(None, match.groups()), "") if match else ""
    note = (message.text if message else None) or ""
    one = await services.write(change_follow, reader.chat_id, int(number), note=note) if number else None
    if one is None:
        await reply(update, Message(render("follow_usage.html", reader.language, cites_none=False)))
    else:
        await reply(update, await services.read(follow_screen, reader, one, services.clock()))


async def _ask_note(update: Update, reader: Reader, one: Follow) -> None:
    if update.effective_message is None:
        return
    name = followed_name(one.kind, one.value, reader.language)
    head = say("note_of", reader.language, one.id, name)
    html = render("follow_note.html", reader.language, head=head, most=MAX_NOTE)
    placeholder = ForceReply(input_field_placeholder=say("write_note", reader.language), selective=True)
    await update.effective_message.reply_text(html, parse_mode=ParseMode.HTML, reply_markup=placeholder)


async def _change(context: Context, query: CallbackQuery, reader: Reader, one: Follow, what: str) -> None:
    services = context.bot_data
    now = services.clock()
    try:
        if what == "now":
            await services.write(
                tell_at_once, reader.chat_id, now, thread_id=reader.thread_id, owner_id=reader.asked_by
            )
    except ValueError:
        await done(query, reader, "too_many_subscriptions")
        return
    at_once = what == "now" if what in ("now", "digest") else None
    note = "" if what == "unnote" else None
    changed = await services.write(change_follow, reader.chat_id, one.id, at_once=at_once, note=note)
    if changed:
        await edit(query, await services.read(follow_screen, reader, changed, now))
    await done(query, reader, "saved" if what else None)


async def _drop(context: Context, reader: Reader, number: int) -> Follow | None:
    services = context.bot_data
    return await services.write(drop_for_a_day, reader.chat_id, number, services.clock())


def _is_screen(query: CallbackQuery) -> bool:
    """Whether the message is about the follow only, and no news."""
    message = query.message
    rows = message.reply_markup.inline_keyboard if isinstance(message, TelegramMessage) and message.reply_markup else ()
    return any(str(button.callback_data).startswith("following:") for row in rows for button in row)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("following", following_command, Who.ANYONE),
        press("following", following_pressed, Who.ANYONE),
        press("followed", followed_pressed),
        press("enough", stop_pressed),
        press("again", again_pressed),
        typed_answer("note", ~filters.COMMAND & _Noted(), noted),
    )
