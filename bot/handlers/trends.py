"""/trends: what is in the news this week against its own past, as text (`trends:KIND`) and picture (`drawtrends:KIND`).

KIND is topic, place, document, or all: what rises. `/trends 09-CT/TW` tells the months of one document
(`trend:TOKEN`), `drawtrend:TOKEN` draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, Services
from bot.handlers.charts import expect_pictures, send_picture
from bot.handlers.directive import name_documents
from bot.handlers.documents import screen_command, screen_pressed
from bot.handlers.replies import done, edit, is_repeated, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import MAX_LABEL, in_rows, name_button
from bot.menus import marked
from bot.texts import say
from digests.messages import Message
from digests.pictures.bars import draw_bars
from digests.pictures.trending import month_series, shown_trends, trend_series, week_labels
from digests.subscribers import Reader
from digests.templates import macros, render
from digests.trends import PAST, WEEK, Kind, Months, Trends, document_months, find_trends
from feeds.documents import document_name
from feeds.store import document_of_token, document_tokens
from feeds.text import fold, shorten

KINDS: Mapping[str, Kind | None] = {"all": None, "topic": "topic", "place": "place", "document": "document"}
_MOST = 12
_MOST_OPENED = 6
_FRESH = timedelta(minutes=5)


async def trends_command(update: Update, context: Context) -> None:
    """/trends shows what rises; with the name of a kind that kind; with a number the months of a document."""
    reader, services = await reader_of(update, context), context.bot_data
    typed = fold(" ".join(context.args or ()))
    named = next((kind for kind in KINDS if typed == fold(say(f"trends_{kind}", reader.language))), None)
    if typed and named is None:
        await screen_command("trends", "trend", partial(trend_screen, services.clock()))(update, context)
        return
    found = await _trends(services)
    # Where nothing rises, what is told the most says more than that.
    kind = named or ("all" if found.rising() else "topic")
    await reply(update, await _screen(context, reader, found, kind))
    expect_pictures(context)


async def trends_pressed(update: Update, context: Context) -> None:
    query, kind, reader = await pressed(update, context)
    services = context.bot_data
    if kind not in KINDS:
        await done(query, reader, "stale_button")
        return
    found = await _trends(services)
    await edit(query, await _screen(context, reader, found, kind))
    await done(query, reader)
    expect_pictures(context)


async def draw_trends_pressed(update: Update, context: Context) -> None:
    query, kind, reader = await pressed(update, context)
    services, language = context.bot_data, reader.language
    found = await _trends(services) if kind in KINDS else None
    series = trend_series(found, KINDS[kind], language) if found else ()
    await done(query, reader, None if series else "stale_button")
    if found and series and not is_repeated(query, context):
        zone = ZoneInfo(reader.timezone)
        local = replace(found, starts=tuple(start.astimezone(zone) for start in found.starts))
        title = str(macros("life_words.html", language).trends_title(kind))
        await send_picture(update, context, language, title, draw_bars, title, week_labels(local), series)


async def trend_pressed(update: Update, context: Context) -> None:
    await screen_pressed(partial(trend_screen, context.bot_data.clock()))(update, context)


def trend_screen(now: datetime, session: Session, document_id: str, token: str, reader: Reader, page: int) -> Message:
    """The months of a document as text, the present one first; there is only one `page`."""
    language, months = reader.language, document_months(session, document_id, now)
    told = [(start, stories) for start, stories in zip(months.starts, months.stories, strict=True) if stories]
    html = render("trend.html", language, document_id=document_id, told=told[::-1], months=len(months.starts))
    draw = ((say("picture", language), f"drawtrend:{token}"),) if told else ()
    others = ((say("life", language), f"life:{token}"), (say("open_document", language), f"doc:{token}"))
    return Message(html, tuple(row for row in (draw, others) if row))


async def draw_trend_pressed(update: Update, context: Context) -> None:
    query, token, reader = await pressed(update, context)
    services, language = context.bot_data, reader.language

    def work(session: Session) -> tuple[str, Months] | None:
        document_id = document_of_token(session, token)
        return (document_id, document_months(session, document_id, services.clock())) if document_id else None

    found = await services.read(work)
    await done(query, reader, None if found else "stale_button")
    if found and not is_repeated(query, context):
        labels, series = month_series(*found, language)
        title = f"{say('trend', language)}: {shorten(document_name(found[0], language), MAX_LABEL)}"
        await send_picture(update, context, language, title, draw_bars, title, labels, [series])


async def _trends(services: Services) -> Trends:
    """As they were found at most `_FRESH` ago: the same for all who ask, out of the news of two months."""
    now, known = services.clock(), services.trends
    if known is None or not timedelta() <= now - (known.starts[-1] + WEEK) < _FRESH:
        known = services.trends = await services.read(find_trends, now)
    return known


async def _screen(context: Context, reader: Reader, found: Trends, kind: str) -> Message:
    language, services = reader.language, context.bot_data
    shown = shown_trends(found, KINDS[kind], _MOST)
    html = render(
        "trends.html", language, kind=kind, trends=shown,
        rising=found.rising(),
        has_past=found.has_past, starts=found.starts, ends=found.starts[-1] + WEEK, past=PAST,
        timezone=reader.timezone,
    )  # fmt: skip
    ids = [trend.value for trend in shown if trend.kind == "document"][:_MOST_OPENED]
    tokens = await services.read(document_tokens, ids)
    await name_documents(services, ids)
    opened = [name_button(tokens, i, language) for i in ids]
    kinds = [(marked(say(f"trends_{one}", language), one == kind), f"trends:{one}") for one in KINDS]
    draw = ((say("picture", language), f"drawtrends:{kind}"),) if shown else ()
    return Message(html, tuple(row for row in (*in_rows(opened, 1), *in_rows(kinds, 2), draw) if row))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("trends", trends_command, Who.ANYONE, heavy=True),
        press("trends", trends_pressed, Who.ANYONE),
        press("trend", trend_pressed, Who.ANYONE),
        press("drawtrends", draw_trends_pressed, Who.ANYONE, heavy=True),
        press("drawtrend", draw_trend_pressed, Who.ANYONE, heavy=True),
    )
