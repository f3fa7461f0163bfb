"""/search, and plain text in which no document's number is: articles by their words.

A search is nowhere stored: every message of one begins with the query as code, where the buttons read it again.
`find:PAGE:BEFORE` shows a page of what lies before a position, so that pages stay as they are while news comes in, with
`:o` behind it where newer ones were found as well;
`instead:N` makes the N-th search that was offered where nothing was found; `watch` follows the search.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from telegram import CallbackQuery, MessageEntity, Update
from telegram import Message as TelegramMessage
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import answer, done, edit, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import MAX_LABEL, fits
from bot.questions import ask
from bot.texts import say
from digests.follows import follow
from digests.messages import Button, Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import document_name, load_catalogue, look_up
from feeds.nothing_found import Instead, instead_of
from feeds.query import Query, parse_query
from feeds.search import WINDOWS, Page, count, search
from feeds.text import shorten

PER_PAGE = 5
BEST = 3  # in the short form
_MAX_NUMBERS = 2
_OLDER = ":o"
_PAGE = re.compile(rf"(\d{{1,3}}):(\d{{1,18}})({_OLDER})?")
_INSTEAD = re.compile(r"\d")
_MONTH = timedelta(days=30)


async def search_command(update: Update, context: Context) -> None:
    """/search WORDS; without words it tells how."""
    reader = await reader_of(update, context)
    typed = " ".join(context.args or ())
    if not typed:
        await ask(update, "search", reader.language)
        return
    await reply(update, await context.bot_data.read(found_page, _parsed(typed, reader, context), reader))


async def answer_words(update: Update, context: Context, reader: Reader, text: str) -> bool:
    """Replies with the best articles that have these words, or words written nearly so; False where it is a number, or
    no article has any of these."""
    message = await context.bot_data.read(_briefly, _parsed(text, reader, context), reader)
    if message:
        await reply(update, message)
    return message is not None


async def page_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    typed, wanted = _typed(query), _PAGE.fullmatch(data)
    if typed is None or wanted is None:
        await done(query, reader, "stale_button")
        return
    number, before = int(wanted[1]), int(wanted[2])
    parsed = _parsed(typed, reader, context)
    is_older = wanted[3] is not None
    await edit(
        query, await context.bot_data.read(found_page, parsed, reader, number, before or None, is_older=is_older)
    )
    await done(query, reader)


async def instead_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    typed = _typed(query)
    if typed is None or not _INSTEAD.fullmatch(data):
        await done(query, reader, "stale_button")
        return
    parsed = _parsed(typed, reader, context)
    offered = await context.bot_data.read(instead_of, parsed)
    if int(data) >= len(offered):
        await done(query, reader, "stale_button")
        return
    other = _parsed(offered[int(data)].text, reader, context)
    await edit(query, await context.bot_data.read(found_page, other, reader))
    await done(query, reader)


async def watch_pressed(update: Update, context: Context) -> None:
    """Follows the search, and says how much that would have been."""
    query, _, reader = await pressed(update, context)
    typed, services = _typed(query), context.bot_data
    parsed = _parsed(typed or "", reader, context)
    if parsed.is_empty:
        await done(query, reader, "stale_button")
        return
    if not parsed.is_specific:
        await done(query, reader, "watch_what")
        return
    try:
        is_new = await services.write(
            follow, reader.chat_id, parsed.text, services.clock(), kind="words", at_once=False
        )
    except ValueError:
        await done(query, reader, "too_many_watched")
        return
    month = await services.read(count, parsed, services.clock() - _MONTH)
    await answer(query, say("watched" if is_new else "watched_before", reader.language, month), alert=True)


def found_page(
    session: Session,
    query: Query,
    reader: Reader,
    number: int = 0,
    before: int | None = None,
    *,
    is_older: bool = False,
) -> Message:
    """A page of what is found; past the end it is the last. `is_older`: what is newer was on the pages before."""
    number = min(number, (WINDOWS[-1] - 1) // PER_PAGE)
    page = search(session, query, PER_PAGE, before, skip=number * PER_PAGE)
    if not page.hits and page.total:
        number = (page.total - 1) // PER_PAGE
        page = search(session, query, PER_PAGE, before, skip=number * PER_PAGE)
    instead = () if page.hits else instead_of(session, query)
    html = _shown(query, page, reader, number * PER_PAGE, instead, is_older=is_older)
    if not page.hits:
        return Message(html, _offers(query, instead, reader.language))
    watch = (say("watch_search", reader.language), "watch")
    turns = _turns(page, number, before, is_older=is_older)
    return Message(html, (turns, (watch,)) if len(turns) > 1 else ((watch,),))


def _briefly(session: Session, query: Query, reader: Reader) -> Message | None:
    if look_up(query.text, load_catalogue()).status != "invalid":
        return None
    page = search(session, query, BEST)
    if not page.hits:
        spelt = [one for one in instead_of(session, query) if not one.dropped] if len(query.wanted) > 1 else []
        return Message(_shown(query, page, reader, 0, spelt), _offers(query, spelt, reader.language)) if spelt else None
    rest = (say("search_all", reader.language), f"find:0:{(page.newest or 0) + 1}")
    return Message(_shown(query, page, reader), ((rest,),))


def _shown(
    query: Query,
    page: Page,
    reader: Reader,
    first: int = 0,
    instead: Sequence[Instead] = (),
    *,
    is_older: bool = False,
) -> str:
    return render(
        "search.html",
        reader.language,
        query=query,
        page=page,
        is_older=is_older,
        first=first,
        instead=instead,
        timezone=reader.timezone,
    )


def _turns(page: Page, number: int, since: int | None, *, is_older: bool) -> tuple[Button, ...]:
    """Of more than a window the next begins behind the last page, and its first leads back to the beginning."""
    before = f"{(page.newest or 0) + 1}{_OLDER if is_older else ''}"
    pages = -(-page.total // PER_PAGE)
    turns: list[Button] = []
    if number:
        turns.append(("‹", f"find:{number - 1}:{before}"))
    elif since:
        turns.append(("‹", "find:0:0"))
    turns.append((f"{number + 1}/{pages}{'+' if page.is_more else ''}", f"find:{number}:{before}"))
    if number + 1 < pages:
        turns.append(("›", f"find:{number + 1}:{before}"))
    elif page.is_more:
        turns.append(("›", f"find:0:{page.oldest}{_OLDER}"))
    return tuple(turns)


def _offers(query: Query, instead: Sequence[Instead], language: str) -> tuple[tuple[Button, ...], ...]:
    """Other searches, and the look-up of what may be a document's number."""
    rows = [((_label(query, one, language), f"instead:{number}"),) for number, one in enumerate(instead)]
    keys = look_up(query.text, load_catalogue()).keys[:_MAX_NUMBERS]
    numbers = [(say("look_up", language, document_name(key, language)), f"try:{key}") for key in keys]
    return (*rows, *((button,) for button in numbers if fits(button[1])))


def _label(query: Query, one: Instead, language: str) -> str:
    if not one.dropped:
        return shorten(say("search_instead", language, one.text, one.count), MAX_LABEL)
    typed = " ".join(map(query.typed, one.dropped))
    return say("search_without", language, shorten(typed, MAX_LABEL), one.count)


def _parsed(typed: str, reader: Reader, context: Context) -> Query:
    return parse_query(typed, _today(reader, context))


def _today(reader: Reader, context: Context) -> date:
    return context.bot_data.clock().astimezone(ZoneInfo(reader.timezone)).date()


def _typed(query: CallbackQuery) -> str | None:
    """The query of the message whose button was pressed."""
    if not isinstance(query.message, TelegramMessage):
        return None
    return next(iter(query.message.parse_entities([MessageEntity.CODE]).values()), None)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("search", search_command, Who.ANYONE),
        press("find", page_pressed, Who.ANYONE),
        press("instead", instead_pressed, Who.ANYONE),
        press("watch", watch_pressed),
    )
