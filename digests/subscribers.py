"""Who reads, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digests.models import DEFAULT_MINUTE, Chat, Digest, DigestPart, Feedback, SentStory, Subscription
from digests.schedule import next_due
from feeds.store import take_turn


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat and its subscriptions, oldest first, detached from the database; the first is the one commands mean."""

    chat: Chat
    subscriptions: tuple[Subscription, ...] = ()

    @property
    def chat_id(self) -> int:
        return self.chat.id

    @property
    def language(self) -> str:
        return self.chat.language

    @property
    def timezone(self) -> str:
        return self.chat.timezone

    @property
    def first(self) -> Subscription | None:
        return self.subscriptions[0] if self.subscriptions else None

    @property
    def subscribed(self) -> bool:
        return any(subscription.enabled for subscription in self.subscriptions)

    @property
    def minute_of_day(self) -> int:
        return self.first.minutes[0] if self.first else DEFAULT_MINUTE

    @property
    def topics(self) -> Sequence[str]:
        return self.first.topics if self.first else ()

    @property
    def volume(self) -> int:
        return self.first.volume if self.first else 0

    @property
    def next_due_at(self) -> datetime | None:
        """When the next of its digests is due."""
        moments = (s.next_due_at for s in self.subscriptions if s.enabled and s.next_due_at)
        return min(moments, default=None)

    @property
    def first_promised(self) -> bool:
        return any(subscription.first_promised for subscription in self.subscriptions)

    @property
    def had_digest(self) -> bool:
        return any(subscription.covered_until for subscription in self.subscriptions)


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
    chat = session.get(Chat, chat_id)
    return Reader(chat, tuple(_subscriptions(session, chat_id))) if chat else None


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
            minutes=[minute],
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
    moved = minute_of_day is not None and [minute_of_day] != subscription.minutes
    if moved or not subscription.enabled:
        subscription.minutes = subscription.minutes if minute_of_day is None else [minute_of_day]
        subscription.next_due_at = next_due(subscription.minutes[0], ZoneInfo(chat.timezone), now)
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
        subscription.next_due_at = next_due(subscription.minutes[0], zone, now)


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
    return next(iter(_subscriptions(session, chat_id)), None)


def _subscriptions(session: Session, chat_id: int) -> Sequence[Subscription]:
    return session.scalars(select(Subscription).where(Subscription.chat_id == chat_id).order_by(Subscription.id)).all()
