"""Reminders: in the first morning of a month each chat is told, quietly, which reviews of followed documents fall due.

A notice for a chat and month, so each review is told once. What is known to the year only is told in January; what
articles report as held, and whoever has stopped all briefings, is not. Without a bot that morning, the next ones of the
month's first week count.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.admins import claim_chore, is_due
from digests.ledger import lock_chat
from digests.messages import Button, Message
from digests.models import Chat, Follow, Subscription
from digests.notices import post_notice
from digests.reviews import ReviewDue, ground_of, reviews_due
from digests.templates import macros, render
from feeds.database import Database

MOST_TOLD = 12
_HOURS = range(8, 20)  # of the chat, in which it may come: the first hour is the usual one
_DAYS = 7  # of the month
_ZONES = (-12, 14)  # hours from UTC, the last and the first of the world
_CHORE = "reminders"
_EVERY = timedelta(minutes=20)
_BATCH = 100
_Month = tuple[int, int]


def remind(database: Database, now: datetime) -> int:
    """Posts the reminders that are due; returns how many. Looks for them every 20 minutes."""
    days = [(now + timedelta(hours=ahead)).day for ahead in _ZONES]
    if min(days) > _DAYS or not is_due(database, _CHORE, now):
        return 0
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + _EVERY, first_due=now):
            return 0
    known: dict[_Month, Sequence[ReviewDue]] = {}
    total, last = 0, None
    while True:
        with database.reading() as session:
            chats = _waiting(session, now, last)
        if not chats:
            return total
        last = chats[-1]
        with database.session() as session:
            total += sum(_remind(session, chat_id, now, known) for chat_id in chats)


def set_reminds(session: Session, chat_id: int, reminds: bool) -> None:
    """Whether the chat is reminded."""
    chat = session.get(Chat, chat_id)
    if chat is not None:
        chat.reminds = reminds


def remind_button(language: str, *, reminds: bool) -> Button:
    """The button that turns reminders off, or on again."""
    words = macros("life_words.html", language)
    return (str(words.unremind()), "remind:off") if reminds else (str(words.remind()), "remind:on")


def _waiting(session: Session, now: datetime, last: int | None) -> Sequence[int]:
    """The next chats that were not looked at since the month began where its clock is furthest ahead."""
    ahead = timedelta(hours=max(_ZONES))
    begun = (now + ahead).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - ahead
    query = (
        select(Chat.id)
        .where(Chat.reminds, Chat.left_at.is_(None), Chat.reminded_at.is_(None) | (Chat.reminded_at < begun))
        .where(Chat.id.in_(select(Follow.chat_id).where(Follow.kind == "document")))
        .where(Chat.id.in_(select(Subscription.chat_id).where(Subscription.enabled)))
    )
    if last is not None:
        query = query.where(Chat.id > last)
    return session.scalars(query.order_by(Chat.id).limit(_BATCH)).all()


def _remind(session: Session, chat_id: int, now: datetime, known: dict[_Month, Sequence[ReviewDue]]) -> bool:
    """Posts the notice of one chat, if its hour has come and there is something to tell."""
    lock_chat(session, chat_id)
    chat = session.get(Chat, chat_id, populate_existing=True)
    if chat is None or not chat.reminds:
        return False
    zone = ZoneInfo(chat.timezone)
    local = now.astimezone(zone)
    told = chat.reminded_at.astimezone(zone) if chat.reminded_at else None
    if local.hour not in _HOURS or local.day > _DAYS or (told and (told.year, told.month) == (local.year, local.month)):
        return False
    chat.reminded_at = now
    month = local.year, local.month
    if month not in known:
        known[month] = _due(session, *month)
    query = select(Follow.value).where(Follow.chat_id == chat_id, Follow.kind == "document")
    followed = set(session.scalars(query))
    due = [one for one in known[month] if one.document_id in followed]
    if not due:
        return False
    html = render(
        "reminder.html",
        chat.language,
        year=local.year,
        month=local.month,
        due=[(one, ground_of(one, chat.language)) for one in due[:MOST_TOLD]],
        more=max(0, len(due) - MOST_TOLD),
    )
    words = macros("life_words.html", chat.language)
    buttons = (
        ((str(words.calendar_button()), f"calendar:{local.year}-{local.month:02}"),),
        (remind_button(chat.language, reminds=True),),
    )
    topic = select(Subscription.thread_id).where(Subscription.chat_id == chat_id, Subscription.enabled)
    thread_id = session.scalar(topic.order_by(Subscription.id).limit(1))
    post_notice(session, chat_id, Message(html, buttons), now, thread_id=thread_id, silent=True)
    return True


def _due(session: Session, year: int, month: int) -> Sequence[ReviewDue]:
    """The reviews that a month brings and nobody was seen to hold, in January those of the year too."""
    found = list(reviews_due(session, year, month).due)
    if month == 1:
        found += [one for one in reviews_due(session, year).due if one.precision == "year"]
    return [one for one in found if not one.is_held]
