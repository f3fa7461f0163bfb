"""Inline mode: `@bot 09 ct tw` in any chat puts the citation of a document there, with a link to its card."""

from collections.abc import Sequence
from html import escape
from typing import Any

from sqlalchemy.orm import Session
from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import BaseHandler, InlineQueryHandler

from bot.context import Context
from bot.limits import Asked, Verdict
from bot.sender import NO_PREVIEW
from bot.texts import language_of, say
from digests.cite import Citable, Citables, cite
from digests.subscribers import find_reader
from feeds.text import shorten

PAGE = 20  # results; Telegram takes 50
_REMEMBERED = 300  # seconds that Telegram keeps an answer for the one who asked
_LESS_REMEMBERED = 5  # follows change, and what was too much is so for a moment
_MAX_TITLE = 120
_MAX_ABOUT = 200


async def inline(update: Update, context: Context) -> None:
    """Answers with the documents that the query may mean, each named in full; only what was seen of one is inserted."""
    query = update.inline_query
    if query is None:
        return
    if context.bot_data.limits.take(Asked.INLINE, query.from_user.id) is not Verdict.ANSWERED:
        await _answer(query, [], cache_time=_LESS_REMEMBERED)
        return
    language, citables = await context.bot_data.read(_found, query)
    offset = int(query.offset) if query.offset.isdecimal() and len(query.offset) < 5 else 0
    link = f"https://t.me/{context.bot.username}?start="
    results = [_result(number, one, link, language) for number, one in enumerate(citables.found)]
    if citables.together:
        results.insert(0, _all(citables.found, link, language))
    page = results[offset : offset + PAGE]
    await _answer(
        query,
        page,
        cache_time=_REMEMBERED if query.query.strip() else _LESS_REMEMBERED,
        next_offset=str(offset + PAGE) if offset + PAGE < len(results) else None,
        button=_button(citables, query, language),
    )


async def _answer(
    query: InlineQuery,
    results: Sequence[InlineQueryResultArticle],
    *,
    cache_time: int,
    next_offset: str | None = None,  # not "": with defaults, PTB 22.8 sends [] for it
    button: InlineQueryResultsButton | None = None,
) -> None:
    try:
        await query.answer(results, cache_time=cache_time, is_personal=True, next_offset=next_offset, button=button)
    except BadRequest as error:  # who asked has typed on meanwhile
        if "query is too old" not in error.message.lower():
            raise


def _found(session: Session, query: InlineQuery) -> tuple[str, Citables]:
    """(the language, the documents); whoever asks is not stored."""
    reader = find_reader(session, query.from_user.id)
    language = reader.language if reader else language_of(query.from_user.language_code)
    return language, cite(session, query.query, language, chat_id=query.from_user.id)


def _result(number: int, one: Citable, link: str, language: str) -> InlineQueryResultArticle:
    mark = "" if one.is_sure else f" ({say('unverified', language)})"
    title = shorten(f"{one.name}{mark}" + (f" · {one.issued}" if one.issued else ""), _MAX_TITLE)
    if one.token is None:
        about = say("cite_unknown", language)
    elif one.is_catalogued:
        about = f"{say('cite_alone', language)} {one.title}" if one.is_alone else one.title
    else:
        about = say("cite_uncatalogued", language)
    return InlineQueryResultArticle(
        one.token or f"unknown{number}",
        title,
        InputTextMessageContent(_inserted(one, link, language), ParseMode.HTML, link_preview_options=NO_PREVIEW),
        description=shorten(about, _MAX_ABOUT) or None,
    )


def _all(found: Sequence[Citable], link: str, language: str) -> InlineQueryResultArticle:
    text = "\n\n".join(_inserted(one, link, language) for one in found)
    names = ", ".join(one.name for one in found)
    about = f"{say('cite_alone', language)} {names}" if any(one.is_alone for one in found) else names
    return InlineQueryResultArticle(
        "all",
        say("cite_all", language, len(found)),
        InputTextMessageContent(text, ParseMode.HTML, link_preview_options=NO_PREVIEW),
        description=shorten(about, _MAX_ABOUT),
    )


def _inserted(one: Citable, link: str, language: str) -> str:
    """The citation and its links; of what no source we saw names, only the number, marked."""
    text = escape(one.citation) + ("" if one.is_seen else f" ({say('unverified', language)})")
    if one.token is None:
        return text
    links = [f'<a href="{escape(link)}d_{one.token}">{say("cite_card", language)}</a>']
    if one.url:
        links.append(f'<a href="{escape(one.url)}">{say("cite_source", language)}</a>')
    return f"{text}\n{' · '.join(links)}"


def _button(citables: Citables, query: InlineQuery, language: str) -> InlineQueryResultsButton:
    """Into the bot: to the card where there is only one."""
    if len(citables.found) == 1 and (token := citables.found[0].token):
        return InlineQueryResultsButton(say("open_in_bot", language), start_parameter=f"d_{token}")
    if citables.found:
        return InlineQueryResultsButton(say("open_in_bot", language), start_parameter="inline")
    key = "cite_nothing" if query.query.strip() else "cite_how"
    return InlineQueryResultsButton(say(key, language), start_parameter="inline")


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (InlineQueryHandler(inline),)
