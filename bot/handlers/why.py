"""/why: what became of the article behind a link, or of an item of the digest that the command answers to."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.constants import MessageEntityType
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.directive import name_documents
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.report import articles_of, links_of
from bot.handlers.routes import Who, command, press
from bot.keyboards import asked_buttons, why_buttons
from bot.questions import ask, is_question
from digests.asked import MAX_CARDS
from digests.follows import followed_documents
from digests.messages import Message as Outgoing
from digests.subscribers import Reader
from digests.templates import render
from digests.views import document_opened
from digests.why import Why, link_in, why, why_article
from feeds.store import document_tokens

_ARTICLE = re.compile(r"\d{1,18}")


async def why_command(update: Update, context: Context) -> None:
    """/why LINK; as an answer to a message, its numbered items or else its first link."""
    reader = await reader_of(update, context)
    services = context.bot_data
    typed = " ".join(context.args or ())
    asked = update.effective_message.reply_to_message if update.effective_message else None
    if is_question(asked, "why"):
        asked = None
    if not typed and asked and (items := await services.read(articles_of, links_of(asked))):
        html = render("why_which.html", reader.language)
        await reply(update, Outgoing(html, why_buttons(items)))
        return
    link = link_in(typed or (_first_link(asked) if asked else ""))
    if link is None:
        await ask(update, "why", reader.language)
        return
    found = await services.read(why, link, chat_id=reader.chat_id)
    named, message = await services.read(why_screen, reader, found, services.clock())
    await name_documents(services, named)
    await reply(update, message)


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
        await edit(query, Outgoing(_html(reader, found, context.bot_data.clock()), kept))
    await done(query, reader, None if found else "stale_button")


def why_screen(session: Session, reader: Reader, found: Why, now: datetime) -> tuple[Sequence[str], Outgoing]:
    """(the documents that buttons lead to, the answer with a button for each document that the article cites)."""
    cited = found.verdict.cited[:MAX_CARDS] if found.verdict else ()
    named = list(dict.fromkeys(document_opened(one) for one in cited))
    tokens, followed = document_tokens(session, named), followed_documents(session, reader.chat_id)
    return named, Outgoing(_html(reader, found, now), asked_buttons(named, tokens, followed, reader.language))


def _html(reader: Reader, found: Why, now: datetime) -> str:
    return render("why.html", reader.language, why=found, timezone=reader.timezone, now=now)


def _first_link(message: Message) -> str:
    """The first address of a message, written out or behind words."""
    hidden = next((e.url for e in message.entities if e.type == MessageEntityType.TEXT_LINK and e.url), "")
    return hidden or message.text or message.caption or ""


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (command("why", why_command, Who.ANYONE), press("why", item_pressed, Who.ANYONE))
