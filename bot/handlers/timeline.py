"""/timeline: the life of a document, as text by years and as a picture (`drawlife:TOKEN`)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.charts import send_picture
from bot.handlers.documents import screen_command, screen_pressed
from bot.handlers.replies import done, is_repeated, pressed
from bot.handlers.routes import Who, command, press
from bot.keyboards import page_at, page_row
from bot.texts import say
from digests.messages import Message
from digests.pictures.life import Picture, draw_timeline, timeline_picture
from digests.subscribers import Reader
from digests.templates import render
from digests.timeline import lines_of, outline, timeline, with_reports
from feeds.store import document_of_token

PER_PAGE = 10


def timeline_screen(session: Session, document_id: str, token: str, reader: Reader, page: int) -> Message:
    """A page of a document's timeline."""
    language, view = reader.language, outline(session, document_id)
    lines = lines_of(view.entries)
    page, pages = page_at(page, len(lines), PER_PAGE)
    shown = with_reports(session, [one for line in lines[page * PER_PAGE : (page + 1) * PER_PAGE] for one in line])
    html = render("timeline.html", language, view=view, lines=lines_of(shown), entries=shown, page=page, pages=pages)
    draw = ((say("picture", language), f"drawlife:{token}"),) if shown else ()
    others = ((say("map", language), f"map:{token}"), (say("open_document", language), f"doc:{token}"))
    return Message(html, tuple(row for row in (page_row(language, page, pages, f"life:{token}"), draw, others) if row))


async def draw_pressed(update: Update, context: Context) -> None:
    query, token, reader = await pressed(update, context)

    def work(session: Session) -> Picture | None:
        document_id = document_of_token(session, token)
        return timeline_picture(timeline(session, document_id), reader.language) if document_id else None

    picture = await context.bot_data.read(work)
    await done(query, reader, None if picture else "stale_button")
    if picture and not is_repeated(query, context):
        await send_picture(update, context, reader.language, picture.title, draw_timeline, picture)


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("timeline", screen_command("timeline", "life", timeline_screen), Who.ANYONE),
        press("life", screen_pressed(timeline_screen), Who.ANYONE),
        press("drawlife", draw_pressed, Who.ANYONE, heavy=True),
    )
