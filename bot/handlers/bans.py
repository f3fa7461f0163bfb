"""/ban, /unban, /allow, /disallow: who may not use the bot, and who may use one that is not open to all.

Whom is meant: the number after the command, or who wrote the forwarded message that the command answers. `unban:ID` and
`disallow:ID` stand below the lists and take the last decision back.
"""

import re
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import (
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import in_rows
from bot.texts import say
from digests.acts import record_act
from digests.bans import LONGEST_REASON, admissions, admit, ban, bans, dismiss, unban
from digests.messages import Message
from digests.models import Admitted, Ban, Chat
from digests.subscribers import Reader
from digests.templates import render

MOST_LISTED = 30
# Whom Telegram names in place of all who speak as a group or as a channel, and of a channel's posts in its group.
_STAND_INS = frozenset({1087968824, 136817688, 777000})
_ID = re.compile(r"-?\d{1,16}")
_Listed = TypeVar("_Listed", Ban, Admitted)
_Lift = Callable[[Session, int, int, datetime], bool]
"""Takes a number from a list, for an admin; False where it was not there."""
_Screen = Callable[[Context, Reader], Coroutine[Any, Any, Message]]


async def ban_command(update: Update, context: Context) -> None:
    """/ban ID REASON; alone it lists the bans."""
    reader, services = await reader_of(update, context), context.bot_data
    meant, rest = _meant(update, context)
    if meant is None:
        await reply(update, _unclear(update, context, reader) or await _bans_screen(context, reader))
    elif meant in services.settings.admin_ids:
        await reply(update, _told(reader, "admin", meant))
    elif meant in _STAND_INS:
        await reply(update, _told(reader, "stand_in", meant))
    else:
        because = " ".join(rest)[:LONGEST_REASON]
        is_new = await services.write(_ban, meant, person_of(update) or 0, services.clock(), because)
        buttons = (((say("unban", reader.language, meant), f"unban:{meant}"),),)
        html = render("ban.html", reader.language, what="banned" if is_new else "again", meant=meant, because=because)
        await reply(update, Message(html, buttons))


async def unban_command(update: Update, context: Context) -> None:
    await _lift(update, context, _unban, _bans_screen, ("lifted", "not_banned"))


async def unban_pressed(update: Update, context: Context) -> None:
    await _lift_pressed(update, context, _unban, _bans_screen, "ban_lifted")


async def allow_command(update: Update, context: Context) -> None:
    """/allow ID; alone it lists those who are admitted."""
    reader, services = await reader_of(update, context), context.bot_data
    meant, _ = _meant(update, context)
    if meant is None:
        await reply(update, _unclear(update, context, reader) or await _admitted_screen(context, reader))
        return
    await services.write(_admit, meant, person_of(update) or 0, services.clock())
    buttons = (((say("disallow", reader.language, meant), f"disallow:{meant}"),),)
    is_used = services.settings.allow_list_only
    html = render("ban.html", reader.language, what="admitted", meant=meant, because="", is_used=is_used)
    await reply(update, Message(html, buttons))


async def disallow_command(update: Update, context: Context) -> None:
    await _lift(update, context, _dismiss, _admitted_screen, ("dismissed", "not_admitted"))


async def disallow_pressed(update: Update, context: Context) -> None:
    await _lift_pressed(update, context, _dismiss, _admitted_screen, "saved")


async def _lift(update: Update, context: Context, lift: _Lift, screen: _Screen, words: tuple[str, str]) -> None:
    """Takes the one who is meant from a list; without anybody the list. `words` say whether they were on it."""
    reader, services = await reader_of(update, context), context.bot_data
    meant, _ = _meant(update, context)
    if meant is None:
        await reply(update, _unclear(update, context, reader) or await screen(context, reader))
        return
    was_there = await services.write(lift, meant, person_of(update) or 0, services.clock())
    await reply(update, _told(reader, words[0] if was_there else words[1], meant))


async def _lift_pressed(update: Update, context: Context, lift: _Lift, screen: _Screen, word: str) -> None:
    """The same by a button of the list, which is shown anew."""
    query, data, reader = await pressed(update, context)
    if not _ID.fullmatch(data):
        await done(query, reader, "stale_button")
        return
    services = context.bot_data
    was_there = await services.write(lift, int(data), person_of(update) or 0, services.clock())
    await edit(query, await screen(context, reader))
    await done(query, reader, word if was_there else "unchanged")


def _meant(update: Update, context: Context) -> tuple[int | None, Sequence[str]]:
    """The id that is meant, None where there is none to be seen, and the words after it."""
    words = context.args or ()
    if words and _ID.fullmatch(words[0]):
        return int(words[0]), words[1:]
    match _origin(update):
        case MessageOriginUser(sender_user=user):
            return user.id, words
        case MessageOriginChat(sender_chat=chat):
            return chat.id, words
        case MessageOriginChannel(chat=chat):
            return chat.id, words
    return None, words


def _unclear(update: Update, context: Context, reader: Reader) -> Message | None:
    """What to say where somebody is meant, but not by a number, nor by a message that shows who wrote it."""
    if isinstance(_origin(update), MessageOriginHiddenUser):
        return _told(reader, "hidden", 0)
    if context.args:
        return Message(render("ban.html", reader.language, what="no_number", unread=context.args[0]))
    return None


def _origin(update: Update) -> MessageOrigin | None:
    answered = update.effective_message.reply_to_message if update.effective_message else None
    return answered.forward_origin if answered else None


def _told(reader: Reader, what: str, meant: int) -> Message:
    return Message(render("ban.html", reader.language, what=what, meant=meant, because=""))


async def _bans_screen(context: Context, reader: Reader) -> Message:
    found = await context.bot_data.read(_named, bans)
    html = render("bans.html", reader.language, bans=found, most=MOST_LISTED, timezone=reader.timezone)
    buttons = [(say("unban", reader.language, one.id), f"unban:{one.id}") for one, _ in found[:MOST_LISTED]]
    return Message(html, in_rows(buttons, 2))


async def _admitted_screen(context: Context, reader: Reader) -> Message:
    services = context.bot_data
    found, is_used = await services.read(_named, admissions), services.settings.allow_list_only
    html = render("admitted.html", reader.language, found=found, most=MOST_LISTED, is_used=is_used)
    buttons = [(say("disallow", reader.language, one.id), f"disallow:{one.id}") for one, _ in found[:MOST_LISTED]]
    return Message(html, in_rows(buttons, 2))


def _ban(session: Session, meant: int, admin_id: int, now: datetime, because: str) -> bool:
    is_new = ban(session, meant, admin_id, now, because)
    record_act(session, admin_id, "ban", f"{meant} {because}".strip(), now)
    return is_new


def _unban(session: Session, meant: int, admin_id: int, now: datetime) -> bool:
    lifted = unban(session, meant)
    if lifted:
        record_act(session, admin_id, "unban", str(meant), now)
    return lifted


def _admit(session: Session, meant: int, admin_id: int, now: datetime) -> None:
    if admit(session, meant, admin_id, now):
        record_act(session, admin_id, "allow", str(meant), now)


def _dismiss(session: Session, meant: int, admin_id: int, now: datetime) -> bool:
    dismissed = dismiss(session, meant)
    if dismissed:
        record_act(session, admin_id, "disallow", str(meant), now)
    return dismissed


def _named(session: Session, listed: Callable[[Session], Sequence[_Listed]]) -> Sequence[tuple[_Listed, str]]:
    """Each with the title of its chat."""
    found = listed(session)
    titles = _titles(session, [one.id for one in found])
    return [(one, titles.get(one.id, "")) for one in found]


def _titles(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Chat.id, Chat.title).where(Chat.id.in_(ids[:MOST_LISTED])))
    return {row.id: row.title for row in rows}


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("ban", ban_command, Who.ADMIN),
        command("unban", unban_command, Who.ADMIN),
        command("allow", allow_command, Who.ADMIN),
        command("disallow", disallow_command, Who.ADMIN),
        press("unban", unban_pressed, Who.ADMIN),
        press("disallow", disallow_pressed, Who.ADMIN),
    )
