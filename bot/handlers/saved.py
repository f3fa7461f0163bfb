"""Articles that a chat keeps: by "Lưu" under what is told at once, or the word in answer to any message with items.

`save:ARTICLE` keeps one, `unsave:ARTICLE:PAGE` on the list of /saved keeps it no more, `save:ARTICLE:PAGE` takes that
back; `saved:PAGE` turns the pages.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import Message as TelegramMessage
from telegram import Update
from telegram.constants import MessageEntityType
from telegram.ext import BaseHandler, filters

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.report import articles_of, links_of
from bot.handlers.routes import Who, command, press, typed_answer
from bot.keyboards import Rows, in_rows, page_at, page_row
from bot.texts import say
from digests.messages import Button, Message
from digests.saved import PER_PAGE, count_saved, drop_article, save_article, saved_articles
from digests.subscribers import Reader
from digests.templates import render

_SAVE = re.compile(r"/?(?:lưu|luu|save|keep)(?:\s+(\d{1,4}))?\W*", re.IGNORECASE)
_PRESSED = re.compile(r"(\d{1,18})(?::(\d{1,4}))?")
_MOST_ITEMS = 50


class _Said(filters.MessageFilter):
    """The word in answer to a message of a bot."""

    def filter(self, message: TelegramMessage) -> bool:
        answered = message.reply_to_message
        is_ours = answered is not None and answered.from_user is not None and answered.from_user.is_bot
        return is_ours and _SAVE.fullmatch((message.text or "").strip()) is not None


async def said(update: Update, context: Context) -> None:
    """Keeps the one item that is meant, or asks which of several."""
    reader, message, services = await reader_of(update, context), update.effective_message, context.bot_data
    match = _SAVE.fullmatch(((message.text if message else None) or "").strip())
    items = await services.read(_items, message.reply_to_message if message else None)
    number = int(match[1]) if match and match[1] else 0
    wanted = [items[number]] if number in items else list(dict.fromkeys(items.values()))
    if len(wanted) == 1:
        await reply(update, Message(say(await _save(context, reader, wanted[0]), reader.language)))
    elif wanted:
        numbers = [(str(number), f"save:{article_id}") for number, article_id in sorted(items.items())][:_MOST_ITEMS]
        await reply(update, Message(render("save_which.html", reader.language), in_rows(numbers, 5)))
    else:
        await reply(update, Message(say("no_items", reader.language)))


async def save_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _PRESSED.fullmatch(data)
    said = await _save(context, reader, int(match[1])) if match else "stale_button"
    if match and match[2]:
        await edit(query, await context.bot_data.read(_list, reader, int(match[2])))
    await done(query, reader, said)


async def unsave_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _PRESSED.fullmatch(data)
    if match is None or match[2] is None:
        await done(query, reader, "stale_button")
        return
    await context.bot_data.write(drop_article, reader.chat_id, int(match[1]))
    undo = (say("undo", reader.language), f"save:{match[1]}:{match[2]}")
    await edit(query, await context.bot_data.read(_list, reader, int(match[2]), undo))
    await done(query, reader, "no_longer_kept")


async def saved_command(update: Update, context: Context) -> None:
    reader = await reader_of(update, context)
    await reply(update, await context.bot_data.read(_list, reader, 0))


async def saved_pressed(update: Update, context: Context) -> None:
    query, page, reader = await pressed(update, context)
    if not page.isdecimal():
        await done(query, reader, "stale_button")
        return
    await edit(query, await context.bot_data.read(_list, reader, int(page[:4])))
    await done(query, reader)


async def _save(context: Context, reader: Reader, article_id: int) -> str:
    """The key of what to say of it."""
    services = context.bot_data
    try:
        is_new = await services.write(save_article, reader.chat_id, article_id, services.clock())
    except ValueError:
        return "too_many_kept"
    except LookupError:
        return "stale_button"
    return "kept" if is_new else "kept_before"


def _items(session: Session, message: TelegramMessage | None) -> Mapping[int, int]:
    """Number -> article of a message; where its items have no numbers, its links in their order."""
    if items := articles_of(session, links_of(message)):
        return items
    entities = message.entities if message and message.text else ()
    links = [entity.url for entity in entities if entity.type == MessageEntityType.TEXT_LINK and entity.url]
    return articles_of(session, dict(enumerate(links, start=1)))


def _list(session: Session, reader: Reader, page: int, undo: Button | None = None) -> Message:
    count, language = count_saved(session, reader.chat_id), reader.language
    page, pages = page_at(page, count, PER_PAGE)
    articles = saved_articles(session, reader.chat_id, page)
    first = page * PER_PAGE + 1
    html = render(
        "saved.html", language, count=count, articles=list(enumerate(articles, first)), timezone=reader.timezone
    )
    drop = [
        (say("drop_kept", language, number), f"unsave:{article.article_id}:{page}")
        for number, article in enumerate(articles, first)
    ]
    turn = page_row(language, page, pages, "saved")
    rows: Rows = in_rows(drop, 3)
    return Message(html, tuple(row for row in (*rows, turn, (undo,) if undo else ()) if row))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("saved", saved_command, Who.ANYONE),
        press("save", save_pressed),
        press("unsave", unsave_pressed),
        press("saved", saved_pressed, Who.ANYONE),
        typed_answer("save", _Said(), said),
    )
