"""Groups and channels: who set one up is told in private what goes wrong there; what it chose is kept for a while after
the bot has left."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.admins import claim_chore, is_due
from digests.ledger import lock_chat
from digests.messages import Message
from digests.models import Chat, Subscription
from digests.moving import move_chat
from digests.notices import post_notice
from digests.schedule import DAY
from digests.subscribers import end_subscription, forget, pause_subscription, subscriptions_of, unsubscribe, welcome
from digests.templates import render
from feeds.database import Database

log = structlog.get_logger()

KEPT = timedelta(days=30)
LONGEST_TITLE = 255  # characters; Telegram has 128
_CHORE = "left_chats"
# Why a chat cannot be posted to as long as the bot is not added again.
GONE = ("kicked", "deleted")


def introduce(
    session: Session,
    chat_id: int,
    now: datetime,
    *,
    kind: str,
    title: str,
    owner_id: int | None,
    language: str,
    timezone: str,
) -> None:
    """Stores a group or channel that somebody sets up, or what is new of it: the first person to do so owns it."""
    chat = welcome(session, chat_id, now, language=language, timezone=timezone)
    chat.kind, chat.title, chat.left_at = kind, title[:LONGEST_TITLE], None
    chat.owner_id = chat.owner_id or owner_id


def leave(session: Session, chat_id: int, because: str, now: datetime) -> None:
    """Nothing comes to the chat any more; of a group or channel, who set it up is told.

    `because` is kicked, deleted, restricted, or, of a private chat, blocked or deactivated. Only a person blocks: of a
    group or channel that is a refusal in words we do not know.
    """
    chat = session.get(Chat, chat_id)
    if chat is None or chat.kind == "private":
        unsubscribe(session, chat_id, because)
        return
    because = "kicked" if because == "blocked" else because
    is_news = unsubscribe(session, chat_id, because)
    if because in GONE and chat.left_at is None:
        chat.left_at = now
        is_news = bool(subscriptions_of(session, chat_id))
    if is_news:
        tell_owners(session, chat, because, now)


def move_group(session: Session, old_id: int, new_id: int, now: datetime) -> None:
    """A group goes on as a supergroup. To leave the old one may have been told first: that was no leaving."""
    old = session.get(Chat, old_id)
    seemed_left = old is not None and old.left_at is not None
    move_chat(session, old_id, new_id)
    if seemed_left:
        go_on(session, new_id, "kicked", now)


def end_topic(session: Session, chat_id: int, thread_id: int | None, because: str, now: datetime) -> None:
    """Nothing more is posted in that topic of a forum: topic_closed, until it is open again, or topic_gone."""
    lock_chat(session, chat_id)
    there = [s for s in subscriptions_of(session, chat_id) if s.thread_id == thread_id and s.enabled]
    for subscription in there:
        end_subscription(session, chat_id, subscription.id, because)
    if there:
        tell_owners(session, session.get_one(Chat, chat_id), because, now, thread_id)


def go_on(session: Session, chat_id: int, because: str, now: datetime, thread_id: int | None = None) -> bool:
    """What had ended for that reason goes on, of one topic where it is given; False where nothing had."""
    lock_chat(session, chat_id)
    ended = [
        subscription
        for subscription in subscriptions_of(session, chat_id)
        if not subscription.enabled and subscription.ended_because == because
    ]
    if because == "topic_closed":
        ended = [subscription for subscription in ended if subscription.thread_id == thread_id]
    for subscription in ended:
        pause_subscription(session, chat_id, subscription.id, None, now)
    if ended:
        tell_owners(session, session.get_one(Chat, chat_id), "goes_on", now, thread_id)
    return bool(ended)


def tell_owners(session: Session, chat: Chat, what: str, now: datetime, thread_id: int | None = None) -> None:
    """Tells who set the chat, or that topic of it, up: of a stranger we know no private chat."""
    those = select(Subscription.owner_id).where(Subscription.chat_id == chat.id, Subscription.owner_id.is_not(None))
    if thread_id is not None:
        those = those.where(Subscription.thread_id == thread_id)
    for owner_id in sorted({*session.scalars(those), chat.owner_id} - {None}):
        owner = session.get(Chat, owner_id)
        if owner is not None and owner.kind == "private":
            html = render("owner_told.html", owner.language, what=what, chat=chat, days=KEPT.days)
            post_notice(session, owner.id, Message(html), now)


def erase_left(database: Database, now: datetime) -> int:
    """Once a day: erases what is kept of chats that the bot left `KEPT` ago; returns how many."""
    if not is_due(database, _CHORE, now):
        return 0
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + DAY, first_due=now):
            return 0
        left = session.scalars(select(Chat.id).where(Chat.left_at < now - KEPT)).all()
        for chat_id in left:
            forget(session, chat_id)
    if left:
        log.info("chats erased that the bot left long ago", chats=len(left))
    return len(left)
