"""Screens of one document, each a command with its number and a button with its token.

`NAME:TOKEN` opens a screen as a new message, `NAME:TOKEN:PAGE` turns the pages of the present one.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.orm import Session
from telegram import Update

from bot.context import Context
from bot.handlers.charts import expect_pictures
from bot.handlers.directive import MAX_QUERY, name_documents
from bot.handlers.replies import Handler, done, edit, is_repeated, pressed, reader_of, reply
from bot.keyboards import Rows, answer_buttons, answer_documents, in_rows, name_button
from bot.texts import say
from digests.answer import answer
from digests.follows import followed_documents
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import load_catalogue
from feeds.store import document_of_token, document_tokens

Screen = Callable[[Session, str, str, Reader, int], Message]
"""The screen of a document: its id, its token, who reads, the page; one past the end is the last."""

_MOST_OFFERED = 8


def screen_command(name: str, button: str, screen: Screen) -> Handler:
    """The handler of `/name NUMBER`; where it is open which document is meant, buttons lead to `button:TOKEN`."""

    async def handle(update: Update, context: Context) -> None:
        reader, services = await reader_of(update, context), context.bot_data
        query = " ".join(context.args or ())[:MAX_QUERY]
        named, message = await services.read(
            partial(_asked, query=query, reader=reader, name=name, button=button), screen
        )
        await name_documents(services, named)
        await reply(update, message)
        expect_pictures(context)

    return handle


def screen_pressed(screen: Screen) -> Handler:
    """The handler of the buttons of a screen."""

    async def handle(update: Update, context: Context) -> None:
        query, data, reader = await pressed(update, context)
        token, _, page = data.partition(":")
        if not page and is_repeated(query, context):
            await done(query, reader)
            return

        def work(session: Session) -> Message | None:
            document_id = document_of_token(session, token)
            number = int(page[:4]) if page.isdecimal() else 0
            return screen(session, document_id, token, reader, number) if document_id else None

        message = await context.bot_data.read(work)
        if message is None:
            await done(query, reader, "stale_button")
            return
        await (edit(query, message) if page else reply(update, message))
        await done(query, reader)
        expect_pictures(context)

    return handle


def _asked(
    session: Session, screen: Screen, *, query: str, reader: Reader, name: str, button: str
) -> tuple[Sequence[str], Message]:
    """(the documents that buttons lead to, the message)."""
    language = reader.language
    if not query:
        followed = sorted(followed_documents(session, reader.chat_id))[:_MOST_OFFERED]
        html = render("life_usage.html", language, command=name, followed=bool(followed))
        return followed, Message(html, _choice(session, followed, button, language))
    found = answer(session, query, chat_id=reader.chat_id)
    if cards := found.cards:
        ids = [dossier.name for dossier in cards[:_MOST_OFFERED]]
        if len(ids) == 1:
            return ids, screen(session, ids[0], document_tokens(session, ids)[ids[0]], reader, 0)
        return ids, Message(say("which_document", language), _choice(session, ids, button, language))
    html = render("answer.html", language, answer=found, timezone=reader.timezone, as_of=load_catalogue().as_of)
    ids = list(answer_documents(found))
    buttons = answer_buttons(document_tokens(session, ids), found, language)
    aimed = tuple(tuple((label, _aimed(action, button)) for label, action in row) for row in buttons)
    return ids, Message(html, aimed)


def _choice(session: Session, ids: Sequence[str], button: str, language: str) -> Rows:
    tokens = document_tokens(session, ids)
    return in_rows([name_button(tokens, i, language, button) for i in ids], 1)


def _aimed(action: str, button: str) -> str:
    """A button that would open the card, to open this screen."""
    return f"{button}:{action.removeprefix('doc:')}" if action.startswith("doc:") else action
