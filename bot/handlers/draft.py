"""Drafts without a number: their cards, and what admins say of the numbers that may be theirs.

`draft:TOKEN` opens a card as a new message, `draft:TOKEN:PAGE` turns the present one. `number:yes:TOKEN:DOCUMENT` and
`number:no:TOKEN:DOCUMENT` say that a document, by its token, is a draft's or is not, `number:SKIPPED` is the queue.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, Services
from bot.handlers.replies import done, edit, is_admin, is_repeated, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, press
from bot.keyboards import in_rows, page_row
from bot.texts import say
from digests.dossier_models import Draft
from digests.draft_cards import DraftCard, count_suggested, draft_card, named_drafts, nth_suggested, render_draft
from digests.drafts import draft_of_token
from digests.follows import find_follow
from digests.joining import decide_draft, tell_joined, tell_parted
from digests.messages import Button, Message
from digests.subscribers import Reader
from digests.templates import macros, render
from feeds.documents import document_name
from feeds.documents.token import document_token
from feeds.text import shorten

PREFIX = "p_"
"""Of deep links to drafts."""
_CARD = re.compile(r"([a-z2-7]{13})(?::(\d{1,4}))?")
_DECISION = re.compile(r"(yes|no):([a-z2-7]{13}):([a-z2-7]{13})")
_SKIPPED = re.compile(r"\d{1,5}")
_LABEL = 60


async def draft_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _CARD.fullmatch(data)
    if match and match[2] is None and is_repeated(query, context):
        await done(query, reader)
        return
    message = None
    if match:
        page, admin = int(match[2] or 0), is_admin(update, context)
        message = await context.bot_data.read(_card, reader, match[1], page, is_admin=admin)
    if match is None or message is None:
        await done(query, reader, "stale_button")
        return
    if match[2] is None:
        await reply(update, message)
    else:
        await edit(query, message)
    await done(query, reader)


async def number_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services = context.bot_data
    if _SKIPPED.fullmatch(data):
        await edit(query, await services.read(_case, reader, int(data)))
        await done(query, reader)
        return
    match = _DECISION.fullmatch(data)
    admin_id, now = person_of(update) or 0, services.clock()
    if match is None or not await services.write(decide_draft, match[2], match[3], match[1] == "yes", admin_id, now):
        await done(query, reader, "stale_button")
        return
    await asyncio.to_thread(_tell, services, match[2])
    services.wake_delivery()
    message = await services.read(_card, reader, match[2], 0, is_admin=True)
    if message is not None:
        await edit(query, message)
    await done(query, reader, "saved")


async def show_draft(update: Update, context: Context, token: str) -> None:
    """The card behind a deep link."""
    reader, admin = await reader_of(update, context), is_admin(update, context)
    message = await context.bot_data.read(_card, reader, token, 0, is_admin=admin)
    await reply(update, message or Message(render("dead_link.html", reader.language)))


async def answer_draft(update: Update, context: Context, reader: Reader, text: str) -> bool:
    """Replies with the drafts that "dự thảo ..." means; False where it means none."""
    message = await context.bot_data.read(_found, reader, text, is_admin=is_admin(update, context))
    if message:
        await reply(update, message)
    return message is not None


def _tell(services: Services, token: str) -> None:
    now = services.clock()
    tell_parted(services.database, token, now)
    with services.database.reading() as session:
        draft = draft_of_token(session, token)
    tell_joined(services.database, {draft.id} if draft else (), now)


def _found(session: Session, reader: Reader, text: str, *, is_admin: bool) -> Message | None:
    drafts = named_drafts(session, text)
    if len(drafts) == 1:
        return _screen(session, reader, drafts[0], 0, is_admin=is_admin)
    if not drafts:
        return None
    labels = [(shorten(f"{_name(one, reader)}: {one.title}", _LABEL), f"draft:{one.token}") for one in drafts]
    return Message(str(macros("draft_words.html", reader.language).which()), in_rows(labels, 1))


def _card(session: Session, reader: Reader, token: str, page: int, *, is_admin: bool) -> Message | None:
    draft = draft_of_token(session, token)
    return _screen(session, reader, draft, page, is_admin=is_admin) if draft else None


def _case(session: Session, reader: Reader, skipped: int) -> Message:
    """The draft after `skipped` others whose number admins are asked for."""
    back: Button = (say("review_back", reader.language), "review")
    draft = nth_suggested(session, skipped)
    if draft is None:
        return Message(str(macros("draft_words.html", reader.language).none_waiting()), ((back,),))
    message = _screen(session, reader, draft, 0, is_admin=True)
    after: tuple[Button, ...] = ()
    if count_suggested(session) > skipped + 1:
        after = ((say("review_skip", reader.language), f"number:{skipped + 1}"),)
    return Message(message.html, (*message.buttons, (*after, back)))


def _screen(session: Session, reader: Reader, draft: Draft, page: int, *, is_admin: bool) -> Message:
    card = draft_card(session, draft, page)
    html = render_draft(card, reader.language, reader.timezone, is_admin=is_admin)
    return Message(html, _buttons(session, card, reader, is_admin=is_admin))


def _buttons(session: Session, card: DraftCard, reader: Reader, *, is_admin: bool) -> tuple[tuple[Button, ...], ...]:
    draft, language, own = card.draft, reader.language, f"draft:{card.draft.token}"
    rows: list[tuple[Button, ...]] = []
    if turn := page_row(language, card.page, card.pages, own):
        rows.append(turn)
    if draft.document_id:
        rows.append(((_label(draft.document_id, language), f"doc:{document_token(draft.document_id)}"),))
    known = find_follow(session, reader.chat_id, draft.value, "draft")
    if known is not None:
        rows.append(((say("my_follows", language), f"followed:{known.id}"),))
    elif draft.document_id is None:
        rows.append(((say("follow", language), f"wish:draft:{draft.token}"),))
    if is_admin and (document_id := draft.suggested_id or draft.document_id):
        decision = f"{draft.token}:{document_token(document_id)}"
        no: Button = (say("not_its_number", language), f"number:no:{decision}")
        yes: Button = (say("its_number", language), f"number:yes:{decision}")
        rows.append((yes, no) if draft.suggested_id else (no,))
    return tuple(rows)


def _name(draft: Draft, reader: Reader) -> str:
    return document_name(draft.value, reader.language)


def _label(document_id: str, language: str) -> str:
    return shorten(document_name(document_id, language), _LABEL)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        press("draft", draft_pressed, Who.ANYONE),
        press("number", number_pressed, Who.ADMIN),
    )
