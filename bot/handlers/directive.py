"""/directive, and any plain text of a private chat: what a document is and who writes about it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.cards import (
    CardView,
    dossier_buttons,
    dossier_documents,
    filter_buttons,
    read_view,
    sources_buttons,
    value_code,
)
from bot.context import Context, Services
from bot.greetings import greeting_in
from bot.handlers.draft import answer_draft
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply, standing
from bot.handlers.routes import Who, command, press
from bot.handlers.search import answer_words
from bot.keyboards import answer_buttons, answer_documents
from bot.questions import ask
from bot.rights import Standing
from bot.texts import say
from digests.answer import answer
from digests.card import CardFacts, card_facts
from digests.dossier import PER_PAGE, Dossier, dossier_of, facets_of
from digests.facets import EVERYTHING, Filters
from digests.messages import Message
from digests.remembered import drop_choice, remember_choice
from digests.render import render_dossier, render_sources
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import load_catalogue
from feeds.store import document_of_token, ensure_documents, tokens_of, unnamed_documents

MAX_QUERY = 200
MAX_CARDS = 5


async def directive(update: Update, context: Context) -> None:
    """/directive NUMBER; without a number it asks for one."""
    reader = await reader_of(update, context)
    query = " ".join(context.args or ())
    if query:
        await answer_query(update, context, reader, query)
    else:
        await ask(update, "directive", reader.language)


async def plain_text(update: Update, context: Context) -> None:
    """Text that is no command is a number to look up, or words to search for."""
    text = (update.effective_message.text if update.effective_message else None) or ""
    await answer_text(update, context, await reader_of(update, context), text)


async def try_pressed(update: Update, context: Context) -> None:
    """A number on a button: an example, a near one, a candidate."""
    query, number, reader = await pressed(update, context)
    await done(query, reader)
    if not is_repeated(query, context):
        await answer_query(update, context, reader, number)


async def document_pressed(update: Update, context: Context) -> None:
    """`doc:TOKEN` opens a card as a new message; with a view (`bot.cards`) it turns the present one."""
    query, data, reader = await pressed(update, context)
    view = read_view(data)
    if view is None and is_repeated(query, context):
        await done(query, reader)
        return
    message = await _card(context, reader, view or CardView(data.partition(":")[0]))
    if message is None:
        await done(query, reader, "stale_button")
        return
    if view is not None:
        await edit(query, message)
    else:
        await reply(update, message)
    await done(query, reader)


async def candidate_pressed(update: Update, context: Context) -> None:
    """`pick:TOKEN:KEY` opens the card of one of several documents; who manages the chat means it from now on."""
    query, data, reader = await pressed(update, context)
    token, _, key = data.partition(":")
    services = context.bot_data
    document_id = await services.read(document_of_token, token)
    if document_id is not None and await standing(update, context) is Standing.MANAGER:
        await services.write(remember_choice, reader.chat_id, key, document_id, services.clock())
    if is_repeated(query, context):
        await done(query, reader)
        return
    message = await _card(context, reader, CardView(token))
    if message is not None:
        await reply(update, message)
    await done(query, reader, None if message else "stale_button")


async def choice_dropped(update: Update, context: Context) -> None:
    """`unpick:KEY` asks again which document is meant."""
    query, key, reader = await pressed(update, context)
    await context.bot_data.write(drop_choice, reader.chat_id, key)
    await done(query, reader)
    if not is_repeated(query, context):
        await answer_query(update, context, reader, key)


async def show_token(update: Update, context: Context, token: str) -> None:
    """The card behind a deep link; a dead link is answered like an unknown number."""
    reader = await reader_of(update, context)
    message = await _card(context, reader, CardView(token))
    await reply(update, message or Message(render("dead_link.html", reader.language)))


async def answer_text(update: Update, context: Context, reader: Reader, text: str) -> None:
    """Searches for words, and looks up all else; a greeting is answered with what may be sent."""
    if kind := greeting_in(text):
        await reply(update, Message(render("greeting.html", reader.language, kind=kind, subscribed=reader.subscribed)))
        return
    if await answer_draft(update, context, reader, text[:MAX_QUERY]):
        return
    if not await answer_words(update, context, reader, text):
        await answer_query(update, context, reader, text, is_searched=True)


async def answer_query(
    update: Update, context: Context, reader: Reader, query: str, *, is_searched: bool = False
) -> None:
    """Looks `query` up and replies with cards, candidates, or the nearest numbers; `is_searched`: no article has it."""
    if await answer_draft(update, context, reader, query[:MAX_QUERY]):
        return
    services, shares = context.bot_data, bool(context.bot.supports_inline_queries)
    unnamed, messages = await services.read(
        _answered, query[:MAX_QUERY], reader, services.clock(), shares=shares, is_searched=is_searched
    )
    if unnamed:
        await services.write(ensure_documents, unnamed)
    for message in messages:
        await reply(update, message)


def _answered(
    session: Session, query: str, reader: Reader, now: datetime, *, shares: bool, is_searched: bool
) -> tuple[Collection[str], list[Message]]:
    """(the documents without rows that buttons lead to, the messages): one card for each document meant; candidates,
    what is cited and the nearest numbers where that is open."""
    found = answer(session, query, now=now, chat_id=reader.chat_id)
    if found.cards:
        cards, since = found.cards[:MAX_CARDS], found.reading_since
        facts = card_facts(session, reader.chat_id, [one for card in cards for one in dossier_documents(card)])
        views = [(card, CardView(facts.tokens[card.name])) for card in cards]
        return facts.unnamed, [
            _dossier_message(card, facts, reader, view, since, shares=shares) for card, view in views
        ]
    html = render(
        "answer.html",
        reader.language,
        answer=found,
        timezone=reader.timezone,
        as_of=load_catalogue().as_of,
        is_searched=is_searched,
    )
    tokens, unnamed = tokens_of(session, list(answer_documents(found)))
    return unnamed, [Message(html, answer_buttons(tokens, found, reader.language, picks=True))]


def _dossier_message(
    dossier: Dossier,
    facts: CardFacts,
    reader: Reader,
    view: CardView,
    reading_since: datetime | None = None,
    *,
    came_from: str | None = None,
    shares: bool,
) -> Message:
    page = dossier.first // PER_PAGE
    draft = facts.drafts.get(dossier.name) if dossier.articles and not dossier.filters.chosen else None
    former = draft.title if draft else ""
    chosen_key = facts.chosen.get(dossier.name)
    html, _ = render_dossier(
        dossier,
        reader.language,
        reader.timezone,
        page,
        reading_since=reading_since,
        former=former,
        chosen_key=chosen_key,
    )
    buttons = dossier_buttons(
        facts.tokens,
        dossier,
        reader.language,
        replace(view, page=page),
        followed=dossier.name in facts.followed,
        shares=shares,
        came_from=came_from,
        chosen_key=chosen_key,
    )
    if draft and not page:
        buttons = (*buttons, ((say("was_draft", reader.language), f"draft:{draft.token}"),))
    return Message(html, buttons)


async def _card(context: Context, reader: Reader, view: CardView) -> Message | None:
    services, shares = context.bot_data, bool(context.bot.supports_inline_queries)
    found = await services.read(_viewed, reader, view, services.clock(), shares=shares)
    if found is None:
        return None
    unnamed, message = found
    if unnamed:
        await services.write(ensure_documents, unnamed)
    return message


def _viewed(
    session: Session, reader: Reader, view: CardView, now: datetime, *, shares: bool
) -> tuple[Collection[str], Message] | None:
    """(the documents without rows that its buttons lead to, the card as `view` says); None of a token that was never
    given."""
    document_id = document_of_token(session, view.token)
    if document_id is None:
        return None
    document = load_catalogue().get(document_id)
    if view.shows == "src" and document is not None:
        return (), Message(render_sources(document, reader.language), sources_buttons(reader.language, view))
    filters = _filters(session, document_id, view)
    view = replace(view, chosen={kind: view.chosen[kind] for kind in filters.chosen})
    dossier = dossier_of(session, document_id, view.page, filters, now=now)
    facts = card_facts(session, reader.chat_id, dossier_documents(dossier))
    came_from = document_of_token(session, view.trail[0]) if view.trail else None
    message = _dossier_message(dossier, facts, reader, view, came_from=came_from, shares=shares)
    if view.shows.startswith("f"):
        values = None
        if view.kind:
            values = facets_of(session, document_id, view.kind, replace(filters, **{view.kind: None}))
        message = replace(message, buttons=filter_buttons(reader.language, view, filters.chosen, values))
    return facts.unnamed, message


def _filters(session: Session, document_id: str, view: CardView) -> Filters:
    """What the codes of a view stand for; what no article has any more is left out."""
    filters = EVERYTHING
    for kind, code in view.chosen.items():
        value = next((one for one in facets_of(session, document_id, kind) if value_code(kind, one) == code), None)
        if value is not None:
            filters = replace(filters, **{kind: value})
    return filters


async def name_documents(services: Services, ids: Collection[str]) -> None:
    """Gives documents that buttons lead to their rows, which takes the write lock only where one is missing."""
    if ids and (missing := await services.read(unnamed_documents, ids)):
        await services.write(ensure_documents, missing)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("directive", directive, Who.ANYONE),
        press("try", try_pressed, Who.ANYONE),
        press("doc", document_pressed, Who.ANYONE),
        press("pick", candidate_pressed, Who.ANYONE),
        press("unpick", choice_dropped, Who.MANAGER),
        MessageHandler(filters.ChatType.PRIVATE & filters.TEXT & ~filters.COMMAND, plain_text),
    )
