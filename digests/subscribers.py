"""Who reads, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digests.models import Chat, Digest, DigestPart, Feedback, SentStory, Subscription
from digests.schedule import next_due
from feeds.store import take_turn

DEFAULT_MINUTE = 7 * 60


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat with its choices, detached from the database."""

    chat_id: int
    language: str
    timezone: str
    subscribed: bool
    minute_of_day: int
    topics: tuple[str, ...]
    volume: int
    next_due_at: datetime | None
    first_promised: bool
    had_digest: bool


def welcome(session: Session, chat_id: int, now: datetime, *, language: str, timezone: str) -> Chat:
    """The chat's row; made with these defaults at first contact."""
    take_turn(session)
    chat = session.get(Chat, chat_id)
    if chat is None:
        chat = Chat(id=chat_id, created_at=now, language=language, timezone=timezone)
        session.add(chat)
        session.flush()
    return chat


def find_reader(session: Session, chat_id: int) -> Reader | None:
    """What is known of a chat, or None."""
    row = session.execute(
        select(Chat, Subscription)
        .join(Subscription, Subscription.chat_id == Chat.id, isouter=True)
        .where(Chat.id == chat_id)
    ).one_or_none()
    if row is None:
        return None
    chat, subscription = row
    active = subscription is not None and subscription.enabled
    return Reader(
        chat_id=chat.id,
        language=chat.language,
        timezone=chat.timezone,
        subscribed=active,
        minute_of_day=subscription.minute_of_day if subscription else DEFAULT_MINUTE,
        topics=tuple(subscription.topics) if subscription else (),
        volume=subscription.volume if subscription else 0,
        next_due_at=subscription.next_due_at if active else None,
        first_promised=subscription.first_promised if subscription else False,
        had_digest=subscription is not None and subscription.covered_until is not None,
    )


def subscribe(
    session: Session,
    chat_id: int,
    now: datetime,
    *,
    minute_of_day: int | None = None,
    topics: Sequence[str] | None = None,
    volume: int | None = None,
) -> Subscription:
    """Subscribes the chat, or changes what is given of its subscription; asking twice changes nothing."""
    take_turn(session)
    chat = session.get_one(Chat, chat_id)
    subscription = _subscription(session, chat.id)
    if subscription is None:
        minute = DEFAULT_MINUTE if minute_of_day is None else minute_of_day
        subscription = Subscription(
            chat_id=chat.id,
            minute_of_day=minute,
            next_due_at=next_due(minute, ZoneInfo(chat.timezone), now),
            topics=list(topics or ()),
            volume=volume or 0,
        )
        session.add(subscription)
        session.flush()
        return subscription
    if topics is not None:
        subscription.topics = list(topics)
    if volume is not None:
        subscription.volume = volume
    moved = minute_of_day is not None and minute_of_day != subscription.minute_of_day
    if moved or not subscription.enabled:
        subscription.minute_of_day = subscription.minute_of_day if minute_of_day is None else minute_of_day
        subscription.next_due_at = next_due(subscription.minute_of_day, ZoneInfo(chat.timezone), now)
    if not subscription.enabled:
        subscription.enabled = True
        # Back after a pause: the digest covers a day, not the whole pause.
        if subscription.covered_until is not None:
            subscription.covered_until = now - timedelta(days=1)
    return subscription


def unsubscribe(session: Session, chat_id: int) -> bool:
    """Stops the digests and keeps the choices; False where there was none to stop."""
    subscription = _subscription(session, chat_id)
    if subscription is None or not subscription.enabled:
        return False
    subscription.enabled = False
    subscription.first_promised = False
    # What has not gone out yet is not wanted any more.
    session.execute(
        update(DigestPart)
        .where(DigestPart.chat_id == chat_id, DigestPart.state == "pending")
        .values(state="refused", last_error="unsubscribed")
    )
    session.execute(
        update(Digest).where(Digest.chat_id == chat_id, Digest.state.in_(("due", "composed"))).values(state="dropped")
    )
    return True


def promise_first(session: Session, chat_id: int) -> bool:
    """Promises the first digest, once; False where the chat is not subscribed or had a digest already."""
    subscription = _subscription(session, chat_id)
    if subscription is None or not subscription.enabled or subscription.covered_until is not None:
        return False
    subscription.first_promised = True
    return True


def choose_language(session: Session, chat_id: int, language: str) -> None:
    session.get_one(Chat, chat_id).language = language


def choose_timezone(session: Session, chat_id: int, timezone: str, now: datetime) -> None:
    """Moves the chat to another zone, and its next digest with it; ValueError for an unknown zone."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone: {timezone}") from error
    chat = session.get_one(Chat, chat_id)
    chat.timezone = timezone
    subscription = _subscription(session, chat.id)
    if subscription:
        subscription.next_due_at = next_due(subscription.minute_of_day, zone, now)


def move_chat(session: Session, old_id: int, new_id: int) -> None:
    """A group became a supergroup: its choices go on under the new id."""
    old = session.get(Chat, old_id)
    if old is None:
        return
    if session.get(Chat, new_id) is None:
        session.add(Chat(id=new_id, created_at=old.created_at, language=old.language, timezone=old.timezone))
        session.flush()
        session.execute(update(Feedback).where(Feedback.chat_id == old_id).values(chat_id=new_id))
    subscription = _subscription(session, old_id)
    if subscription and _subscription(session, new_id) is None:
        subscription.chat_id = new_id
        session.execute(update(SentStory).where(SentStory.chat_id == old_id).values(chat_id=new_id))


def forget(session: Session, chat_id: int) -> None:
    """Erases everything stored about the chat."""
    session.execute(delete(Chat).where(Chat.id == chat_id))


def _subscription(session: Session, chat_id: int) -> Subscription | None:
    return session.scalar(select(Subscription).where(Subscription.chat_id == chat_id))
