"""What users say is wrong: "not relevant", "wrong document", "another event".

`report` under a digest or card asks which of its items, `report:ARTICLE` what is wrong with it; `off:ARTICLE`,
`wrong:ARTICLE:TOKEN` and `fold:ARTICLE` (of another report of the item) say it, `unreport` says nothing.

In groups and channels everybody may: alone with the bot, by the deep link `r_ARTICLE-ARTICLE` (hexadecimal), so that it
is their own report, and nobody else reads along.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only
from telegram import CallbackQuery, MaybeInaccessibleMessage, Message, Update
from telegram.constants import MessageEntityType
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, forget_press, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, into_private, press
from bot.keyboards import item_buttons, title_buttons, wrong_buttons
from bot.rights import is_group
from bot.texts import say
from digests.feedback import Kind, Stored, claimed_documents, store_feedback
from digests.messages import Message as Outgoing
from digests.split import other_reports
from digests.subscribers import Reader
from digests.templates import render
from feeds.identity import article_identity
from feeds.models import Article
from feeds.store import document_of_token, document_tokens

_ITEM = re.compile(r"(?:^|\n)(\d{1,4})\. $")
_ARTICLE = re.compile(r"\d{1,18}")
_HEX = re.compile(r"[0-9a-f]{1,15}")
PREFIX = "r_"
_ROOM = 64 - len(PREFIX)  # characters, in Telegram's deep links
_SAYINGS = {Stored.NEW: "noted", Stored.REPEATED: "noted_before", Stored.TOO_MANY: "noted_too_many"}


async def report_pressed(update: Update, context: Context) -> None:
    if is_group(update) and update.callback_query:
        items = await context.bot_data.read(articles_of, links_of(update.callback_query.message))
        await into_private(update, context, _payload(list(items.values())) if items else "alone")
        return
    query, article_id, reader = await pressed(update, context)
    if article_id:
        known = _ARTICLE.fullmatch(article_id)
        message = await context.bot_data.read(_what_is_wrong, int(article_id), reader) if known else None
        if message:
            await edit(query, message)
        await done(query, reader, None if message else "stale_button")
        return
    items = await context.bot_data.read(articles_of, links_of(query.message))
    await done(query, reader, None if items else "no_items")
    if items and not is_repeated(query, context):
        numbers = item_buttons(items, reader.language)
        await reply(update, Outgoing(render("report_which.html", reader.language), numbers))


async def show_reported(update: Update, context: Context, articles: str) -> None:
    """The items of a group's digest, to say which of them is wrong."""
    reader = await reader_of(update, context)
    ids = [int(one, 16) for one in articles.split("-") if _HEX.fullmatch(one)]
    titles = await context.bot_data.read(_titles, ids)
    if not titles:
        await reply(update, Outgoing(say("no_items", reader.language)))
        return
    await reply(update, Outgoing(render("report_which.html", reader.language), title_buttons(titles, reader.language)))


async def nothing_pressed(update: Update, context: Context) -> None:
    query, _, reader = await pressed(update, context)
    forget_press(query, context)
    await edit(query, Outgoing(render("report_nothing.html", reader.language)))
    await done(query, reader)


async def irrelevant_pressed(update: Update, context: Context) -> None:
    query, article_id, reader = await pressed(update, context)
    await _say(context, query, reader, article_id, Kind.IRRELEVANT)


async def wrong_document_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    article_id, _, token = data.partition(":")
    document_id = await context.bot_data.read(document_of_token, token)
    await _say(context, query, reader, article_id, Kind.WRONG_DOCUMENT, document_id or "")


async def wrong_fold_pressed(update: Update, context: Context) -> None:
    query, article_id, reader = await pressed(update, context)
    await _say(context, query, reader, article_id, Kind.WRONG_FOLD)


def item_links(text: str, links: Sequence[tuple[int, str]]) -> Mapping[int, str]:
    """Number -> address of the numbered items of a message, by its links: (offset in UTF-16 units, address)."""
    units = text.encode("utf-16-le", "surrogatepass")
    found: dict[int, str] = {}
    for offset, url in links:
        before = units[: 2 * offset].decode("utf-16-le", "replace")
        if match := _ITEM.search(before):
            found.setdefault(int(match[1]), url)
    return found


async def _say(
    context: Context, query: CallbackQuery, reader: Reader, article_id: str, kind: Kind, document_id: str = ""
) -> None:
    """Stores what a button says and thanks in its place."""
    services, stored = context.bot_data, Stored.UNKNOWN
    if _ARTICLE.fullmatch(article_id):
        stored = await services.write(
            store_feedback, reader.chat_id, int(article_id), kind, services.clock(), document_id=document_id
        )
    forget_press(query, context)
    if stored in (Stored.NEW, Stored.REPEATED):
        title = await services.read(_title, int(article_id))
        html = render("report_done.html", reader.language, kind=kind, document_id=document_id, title=title)
        await edit(query, Outgoing(html))
    await done(query, reader, _SAYINGS.get(stored, "stale_button"))


def links_of(message: MaybeInaccessibleMessage | None) -> Mapping[int, str]:
    """The numbered items of a message of ours; none of one too old to be seen."""
    if not isinstance(message, Message) or message.text is None:
        return {}
    links = [(e.offset, e.url) for e in message.entities if e.type == MessageEntityType.TEXT_LINK and e.url]
    return item_links(message.text, links)


def articles_of(session: Session, links: Mapping[int, str]) -> Mapping[int, int]:
    """Number -> article id of the items whose address we know."""
    identities = {number: article_identity(url) for number, url in links.items()}
    rows = session.execute(
        select(Article.identity, Article.id).where(Article.identity.in_(set(identities.values())))
    ).all()
    ids = {row.identity: row.id for row in rows}
    return {number: ids[identity] for number, identity in identities.items() if identity in ids}


def _what_is_wrong(session: Session, article_id: int, reader: Reader) -> Outgoing | None:
    article = session.get(Article, article_id, options=[load_only(Article.title, Article.outlet)])
    if article is None:
        return None
    tokens = document_tokens(session, claimed_documents(session, article_id))
    html = render("report_what.html", reader.language, title=article.title, outlet=article.outlet)
    others = {other.id: other.outlet for other in other_reports(session, article_id)}
    return Outgoing(html, wrong_buttons(article_id, tokens, others, reader.language))


def _titles(session: Session, ids: Sequence[int]) -> Mapping[int, str]:
    rows = session.execute(select(Article.id, Article.title).where(Article.id.in_(ids))).all()
    return {row.id: row.title for row in sorted(rows, key=lambda row: ids.index(row.id))}


def _payload(ids: Sequence[int]) -> str:
    """Of a deep link; of very many items the first."""
    packed = "-".join(f"{article_id:x}" for article_id in ids)
    return PREFIX + (packed if len(packed) <= _ROOM else packed[:_ROOM].rpartition("-")[0])


def _title(session: Session, article_id: int) -> str:
    return session.scalar(select(Article.title).where(Article.id == article_id)) or ""


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        press("report", report_pressed, Who.ANYONE, in_channels=True),
        press("unreport", nothing_pressed),
        press("off", irrelevant_pressed),
        press("wrong", wrong_document_pressed),
        press("fold", wrong_fold_pressed),
    )
