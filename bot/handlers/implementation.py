"""/map: who is seen implementing a document.

As a list (`map:TOKEN`), a picture (`drawmap:TOKEN`) and a file (`mapfile:FORM:TOKEN`).
"""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import InputFile, Update
from telegram.constants import ChatAction
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.charts import send_picture
from bot.handlers.documents import screen_command, screen_pressed
from bot.handlers.replies import done, is_repeated, pressed
from bot.handlers.routes import Who, command, press
from bot.keyboards import page_at, page_row
from bot.texts import say
from digests.formats.spreadsheet import as_csv, as_xlsx
from digests.implementation import ImplementationMap, MapRow, implementation_map, table_of
from digests.messages import Message
from digests.pictures.tiles import draw_map, map_picture
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import document_name
from feeds.store import document_of_token

PER_PAGE = 15
_FORMS = ("xlsx", "csv")


def map_screen(session: Session, document_id: str, token: str, reader: Reader, page: int) -> Message:
    """A page of those seen; the last one names those that are not."""
    language, view = reader.language, implementation_map(session, document_id)
    seen, not_seen = _parted(view.seen), _parted(view.not_seen)
    rows = [(row, _former(row)) for row in view.seen]
    page, pages = page_at(page, len(rows), PER_PAGE)
    html = render(
        "map.html",
        language,
        view=view,
        rows=rows[page * PER_PAGE : (page + 1) * PER_PAGE],
        provinces_seen=len(seen[0]),
        provinces_all=len(seen[0]) + len(not_seen[0]),
        bodies_seen=len(seen[1]),
        not_seen_provinces=not_seen[0],
        bodies_not_seen=len(not_seen[1]),
        is_last=page == pages - 1,
        page=page,
        pages=pages,
    )
    files = tuple((say(f"as_{form}", language), f"mapfile:{form}:{token}") for form in _FORMS)
    others = ((say("life", language), f"life:{token}"), (say("open_document", language), f"doc:{token}"))
    turn = page_row(language, page, pages, f"map:{token}")
    draw = ((say("picture", language), f"drawmap:{token}"),)
    return Message(html, tuple(row for row in (turn, draw, files, others) if row))


async def draw_pressed(update: Update, context: Context) -> None:
    query, token, reader = await pressed(update, context)
    view = await context.bot_data.read(_map_of, token)
    await done(query, reader, None if view else "stale_button")
    if view and not is_repeated(query, context):
        picture = map_picture(view, reader.language)
        await send_picture(update, context, reader.language, picture.title, draw_map, picture)


async def file_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    form, _, token = data.partition(":")
    view = await context.bot_data.read(_map_of, token) if form in _FORMS else None
    await done(query, reader, None if view else "stale_button")
    message, chat = update.effective_message, update.effective_chat
    if view is None or message is None or chat is None or is_repeated(query, context):
        return
    await chat.send_action(ChatAction.UPLOAD_DOCUMENT)
    name = document_name(view.document_id, reader.language)
    content = await asyncio.to_thread(_file, view, reader.language, form, name)
    file = InputFile(io.BytesIO(content), filename=f"{_plain(name)}.{form}")
    await message.reply_document(file, caption=f"{say('map', reader.language)}: {name}")


def _file(view: ImplementationMap, language: str, form: str, name: str) -> bytes:
    table = table_of(view, language)
    return as_csv(table) if form == "csv" else as_xlsx(table, name)


def _map_of(session: Session, token: str) -> ImplementationMap | None:
    document_id = document_of_token(session, token)
    return implementation_map(session, document_id) if document_id else None


def _parted(rows: Sequence[MapRow]) -> tuple[Sequence[MapRow], Sequence[MapRow]]:
    """Provinces and bodies."""
    return [row for row in rows if row.group == "province"], [row for row in rows if row.group != "province"]


def _former(row: MapRow) -> Sequence[str]:
    """The former provinces by whose names a province is seen."""
    if row.group != "province":
        return ()
    return tuple(dict.fromkeys(seen.named for seen in row.seen.values() if seen.named in row.former))


def _plain(name: str) -> str:
    """The name of a document as that of a file: "09-CT-TW (khóa XI)"."""
    return "".join("-" if letter in '/\\:*?"<>|' else letter for letter in name)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("map", screen_command("map", "map", map_screen), Who.ANYONE),
        press("map", screen_pressed(map_screen), Who.ANYONE),
        press("drawmap", draw_pressed, Who.ANYONE, heavy=True),
        press("mapfile", file_pressed, Who.ANYONE, heavy=True),
    )
