"""/why: what became of the article behind a link, or of an item of the digest that the command answers to."""

import re
from collections.abc import Sequence
from typing import Any

from telegram import Message, Update
from telegram.constants import MessageEntityType
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.report import articles_of, links_of
from bot.handlers.routes import Who, command, press
from bot.keyboards import why_buttons
from digests.messages import Message as Outgoing
from digests.subscribers import Reader
from digests.templates import render
from digests.why import Why, link_in, why, why_article

_ARTICLE = re.compile(r"\d{1,18}")


async def why_command(update: Update, context: Context) -> None:
    """/why LINK; as an answer to a message, its numbered items or else its first link."""
    reader = await reader_of(update, context)
    services = context.bot_data
    typed = " ".join(context.args or ())
    asked = update.effective_message.reply_to_message if update.effective_message else None
    if not typed and asked and (items := await services.read(articles_of, links_of(asked))):
        html = render("why_which.html", reader.language)
        await reply(update, Outgoing(html, why_buttons(items)))
        return
    link = link_in(typed or (_first_link(asked) if asked else ""))
    if link is None:
        await reply(update, Outgoing(render("why_usage.html", reader.language)))
        return
    found = await services.read(why, link, chat_id=reader.chat_id)
    await reply(update, _screen(context, reader, found))


async def item_pressed(update: Update, context: Context) -> None:
    """`why:ARTICLE`, under the numbers of a digest's items; they stay, for the next one."""
    query, article_id, reader = await pressed(update, context)
    found = None
    if _ARTICLE.fullmatch(article_id):
        found = await context.bot_data.read(why_article, int(article_id), chat_id=reader.chat_id)
    if found:
        buttons = query.message.reply_markup if isinstance(query.message, Message) else None
        rows = buttons.inline_keyboard if buttons else ()
        kept = tuple(tuple((button.text, str(button.callback_data)) for button in row) for row in rows)
        await edit(query, Outgoing(_screen(context, reader, found).html, kept))
    await done(query, reader, None if found else "stale_button")


def _screen(context: Context, reader: Reader, found: Why) -> Outgoing:
    moment = context.bot_data.clock()
    return Outgoing(render("why.html", reader.language, why=found, timezone=reader.timezone, now=moment))


def _first_link(message: Message) -> str:
    """The first address of a message, written out or behind words."""
    hidden = next((e.url for e in message.entities if e.type == MessageEntityType.TEXT_LINK and e.url), "")
    return hidden or message.text or message.caption or ""


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("why", why_command, Who.ANYONE), press("why", item_pressed, Who.ANYONE))
