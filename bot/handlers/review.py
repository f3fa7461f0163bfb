"""/review: what readers call wrong and what is doubtful, decided case by case; the next one comes in place.

`review` is the list of queues, `review:QUEUE:SKIPPED` a case: of `i`rrelevant, wrong `d`ocument, wrong `f`old, or an
unclear `n`umber. `review:yes`, `no` or `undo:REPORT:SKIPPED` decide it or take that back;
`review:doc:ARTICLE:NUMBER:CHOICE:SKIPPED` says which document an article means by a number, both by their tokens.
"""

import asyncio
import re
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, Services
from bot.handlers.replies import done, edit, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import in_rows
from bot.texts import say
from digests.draft_cards import count_suggested
from digests.feedback import Kind
from digests.messages import Button, Message
from digests.review import (
    NONE_OF_THEM,
    count_reports,
    count_waiting,
    decide_document,
    decide_report,
    nth_doubt,
    nth_report,
)
from digests.subscribers import Reader
from digests.templates import render
from digests.why import why_article
from feeds.documents import document_name
from feeds.reindex import reindex
from feeds.text import shorten

_QUEUES: dict[str, Kind | None] = {
    "i": Kind.IRRELEVANT,
    "d": Kind.WRONG_DOCUMENT,
    "f": Kind.WRONG_FOLD,
    "n": None,
}
_CASE = re.compile(r"([idfn]):(\d{1,5})")
_REPORT = re.compile(r"(yes|no|undo):(\d{1,12}):([idf]):(\d{1,5})")
_DOCUMENT = re.compile(r"doc:(\d{1,12}):([a-z2-7]{1,16}):([a-z2-7]{1,16}):(\d{1,5})")
_TAKE_BACK = "undo"
_DECISIONS = {"yes": True, "no": False, _TAKE_BACK: None}
_LONGEST_LABEL = 50  # characters


async def review_command(update: Update, context: Context) -> None:
    await reply(update, await _queues_screen(context, await reader_of(update, context)))


async def review_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    services, admin_id, undo, changed = context.bot_data, person_of(update) or 0, None, None
    if data == "":
        await edit(query, await _queues_screen(context, reader))
        await done(query, reader)
        return
    shows = match = _CASE.fullmatch(data)
    if match:
        queue, skipped = match[1], int(match[2])
    elif match := _REPORT.fullmatch(data):
        decision, queue, skipped = _DECISIONS[match[1]], match[3], int(match[4])
        changed = await services.write(decide_report, int(match[2]), decision, admin_id, services.clock())
        undo = f"review:undo:{match[2]}:{queue}:{skipped}" if decision is not None else None
    elif match := _DOCUMENT.fullmatch(data):
        choice, queue, skipped = match[3] if match[3] != _TAKE_BACK else None, "n", int(match[4])
        article_id = int(match[1])
        changed = await services.write(decide_document, article_id, match[2], choice, admin_id, services.clock())
        undo = f"review:doc:{article_id}:{match[2]}:{_TAKE_BACK}:{skipped}" if choice is not None else None
    if match is None or (changed is None and not shows):
        await done(query, reader, "stale_button")
        return
    await _read_again(services, changed or ())
    await edit(query, await _case_screen(context, reader, queue, skipped, undo))
    await done(query, reader, None if changed is None else "saved")


async def _read_again(services: Services, changed: Collection[int]) -> None:
    if changed:
        await asyncio.to_thread(partial(reindex, services.database, services.clock, only=changed))


async def _queues_screen(context: Context, reader: Reader) -> Message:
    waiting = await context.bot_data.read(count_waiting)
    counts = {letter: waiting.get(kind, 0) for letter, kind in _QUEUES.items()}
    buttons = [
        (say(f"review_{letter}", reader.language, count), f"review:{letter}:0") for letter, count in counts.items()
    ]
    drafts = await context.bot_data.read(count_suggested)
    buttons.append((say("review_drafts", reader.language, drafts), "number:0"))
    total = sum(counts.values()) + drafts
    html = render("review.html", reader.language, total=total, case=None, why=None, queue="", left=0)
    return Message(html, in_rows(buttons, 1))


async def _case_screen(context: Context, reader: Reader, queue: str, skipped: int, undo: str | None) -> Message:
    """The case after `skipped` others of its queue; where there is none, so it says."""
    services, language, kind = context.bot_data, reader.language, _QUEUES[queue]
    rows: list[tuple[Button, ...]] = []
    case: Any = None
    if kind is None:
        doubt = case = await services.read(nth_doubt, skipped)
        article_id = doubt.article_id if doubt else None
        left = doubt.waiting if doubt else (await services.read(count_waiting)).get(None, 0)
        if doubt:
            own = f"review:doc:{article_id}:{doubt.token}"
            rows += in_rows(
                [
                    (shorten(document_name(document_id, language), _LONGEST_LABEL), f"{own}:{token}:{skipped}")
                    for token, document_id in doubt.candidates.items()
                ],
                1,
            )
            rows.append(((say("review_none", language), f"{own}:{NONE_OF_THEM}:{skipped}"),))
    else:
        report = case = await services.read(nth_report, kind, skipped)
        left = (await services.read(count_reports)).get(kind, 0)
        article_id = report.article.id if report else None
        if report:
            own = f"{report.id}:{queue}:{skipped}"
            rows.append(
                ((say("review_yes", language), f"review:yes:{own}"), (say("review_no", language), f"review:no:{own}"))
            )
    found = await services.read(why_article, article_id, chat_id=reader.chat_id) if article_id else None
    if case is not None:
        rows.append(((say("review_skip", language), f"review:{queue}:{skipped + 1}"),))
    if undo:
        rows.append(((say("review_undo", language), undo),))
    rows.append(((say("review_back", language), "review"),))
    html = render("review.html", language, case=case, why=found, queue=queue, left=left, total=0)
    return Message(html, tuple(rows))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("review", review_command, Who.ADMIN),
        press("review", review_pressed, Who.ADMIN),
    )
