"""Who reads, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Unpack
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digests.choices import MAX_SUBSCRIPTIONS, SCHEDULE, Choices, checked, checked_minute, find_zone
from digests.ledger import take_back
from digests.models import DEFAULT_MINUTE, Chat, Digest, DigestPart, Subscription
from digests.schedule import DAY, QuietHours, Rule, next_due
from feeds.store import take_turn

log = structlog.get_logger()

MAX_PAUSE = timedelta(days=366)
_HOME = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat and its subscriptions, detached from the database: the oldest first, those that are instant last.

    The first is the one that commands mean.
    """

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
    return Reader(chat, tuple(subscriptions_of(session, chat_id))) if chat else None


def subscriptions_of(session: Session, chat_id: int) -> Sequence[Subscription]:
    """Those of a chat, the oldest first, those that are instant last."""
    query = select(Subscription).where(Subscription.chat_id == chat_id)
    return session.scalars(query.order_by(Subscription.cadence == "instant", Subscription.id)).all()


def rule_of(subscription: Subscription, chat: Chat) -> Rule | None:
    """The moments of a subscription; None of an instant one."""
    if subscription.cadence == "instant":
        return None
    return Rule(
        _zone(subscription.timezone or chat.timezone),
        tuple(subscription.minutes),
        subscription.cadence,
        tuple(subscription.weekdays),
        subscription.month_day,
    )


def quiet_hours(chat: Chat) -> QuietHours:
    return QuietHours(_zone(chat.timezone), chat.quiet_from, chat.quiet_until)


def subscribe(
    session: Session,
    chat_id: int,
    now: datetime,
    *,
    minute_of_day: int | None = None,
    topics: Sequence[str] | None = None,
    volume: int | None = None,
) -> Subscription:
    """Subscribes the chat, or changes what is given of its first subscription; asking twice changes nothing."""
    choices = Choices()
    if minute_of_day is not None:
        choices["minutes"] = [minute_of_day]
    if topics is not None:
        choices["topics"] = topics
    if volume is not None:
        choices["volume"] = volume
    take_turn(session)
    chat = session.get_one(Chat, chat_id)
    first = _first(session, chat_id)
    if first is None:
        return _add(session, chat, now, choices)
    _choose(first, chat, now, choices)
    if not first.enabled:
        _resume(first, chat, now)
    return first


def unsubscribe(session: Session, chat_id: int, because: str | None = None) -> bool:
    """Stops all digests of the chat and keeps the choices; False where there was none to stop.

    `because` is the short code of why, where its reader did not ask for it.
    """
    active = [subscription for subscription in subscriptions_of(session, chat_id) if subscription.enabled]
    _end(session, active, because)
    return bool(active)


def add_subscription(session: Session, chat_id: int, now: datetime, **choices: Unpack[Choices]) -> Subscription:
    """One more subscription of the chat; ValueError where it has `MAX_SUBSCRIPTIONS` or a choice is invalid."""
    take_turn(session)
    chat = session.get_one(Chat, chat_id)
    if len(subscriptions_of(session, chat_id)) >= MAX_SUBSCRIPTIONS:
        raise ValueError(f"at most {MAX_SUBSCRIPTIONS} subscriptions")
    return _add(session, chat, now, choices)


def change_subscription(
    session: Session, chat_id: int, subscription_id: int, now: datetime, **choices: Unpack[Choices]
) -> Subscription | None:
    """Changes what is given, and the next moment with it; a digest that is due already still comes.

    None where the chat has no such subscription; ValueError where a choice is invalid, and nothing is changed.
    """
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is not None:
        _choose(subscription, session.get_one(Chat, chat_id), now, choices)
    return subscription


def pause_subscription(
    session: Session, chat_id: int, subscription_id: int, until: datetime | None, now: datetime
) -> Subscription | None:
    """Nothing that falls due before `until` comes; None: it goes on now, also where it had ended.

    None where the chat has no such subscription; ValueError for a pause that is over or longer than `MAX_PAUSE`.
    """
    if until is not None and not now < until <= now + MAX_PAUSE:
        raise ValueError(f"a pause ends after now and lasts at most {MAX_PAUSE.days} days")
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is None:
        return None
    chat = session.get_one(Chat, chat_id)
    if until is not None:
        subscription.paused_until = until
        reschedule(subscription, chat, now)
    elif not subscription.enabled:
        _resume(subscription, chat, now)
    elif subscription.paused_until is not None:
        subscription.paused_until = min(subscription.paused_until, now)
        reschedule(subscription, chat, now)
    return subscription


def end_subscription(session: Session, chat_id: int, subscription_id: int, because: str) -> bool:
    """Stops one subscription without its reader's wish and keeps its choices; False where there was none to stop."""
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is None or not subscription.enabled:
        return False
    _end(session, [subscription], because)
    return True


def remove_subscription(session: Session, chat_id: int, subscription_id: int) -> bool:
    """Takes a subscription away, with what of it has not gone out; what was told by it stays told."""
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is None:
        return False
    _end(session, [subscription], None)
    session.delete(subscription)
    session.flush()
    return True


def reschedule(subscription: Subscription, chat: Chat, now: datetime) -> None:
    """Its next moment by its rule; what is due already stays due."""
    if subscription.enabled and subscription.next_due_at and subscription.next_due_at <= now:
        return
    rule = rule_of(subscription, chat)
    after = max(now, (subscription.paused_until or now) - timedelta.resolution)
    subscription.next_due_at = next_due(rule, after) if rule else None


def promise_first(session: Session, chat_id: int) -> bool:
    """Promises the first digest, once; False where the chat is not subscribed or had a digest already."""
    first = _first(session, chat_id)
    if first is None or not first.enabled or first.covered_until is not None:
        return False
    first.first_promised = True
    return True


def choose_language(session: Session, chat_id: int, language: str) -> None:
    session.get_one(Chat, chat_id).language = language


def choose_timezone(session: Session, chat_id: int, timezone: str, now: datetime) -> None:
    """Moves the chat to another zone, and its next digests with it; ValueError for an unknown zone."""
    chat = session.get_one(Chat, chat_id)
    chat.timezone = find_zone(timezone).key
    for subscription in subscriptions_of(session, chat_id):
        if subscription.timezone is None:
            reschedule(subscription, chat, now)


def choose_quiet_hours(
    session: Session, chat_id: int, quiet_from: int, quiet_until: int, urgent_in_quiet: bool
) -> None:
    """Minutes after midnight of the chat's zone, equal: none; ValueError where one is no minute of a day."""
    chat = session.get_one(Chat, chat_id)
    chat.quiet_from = checked_minute("quiet_from", quiet_from)
    chat.quiet_until = checked_minute("quiet_until", quiet_until)
    chat.urgent_in_quiet = urgent_in_quiet


def forget(session: Session, chat_id: int) -> None:
    """Erases everything stored about the chat."""
    session.execute(delete(Chat).where(Chat.id == chat_id))


def _add(session: Session, chat: Chat, now: datetime, choices: Choices) -> Subscription:
    subscription = Subscription(chat_id=chat.id, next_due_at=None)
    _choose(subscription, chat, now, choices)
    reschedule(subscription, chat, now)
    session.add(subscription)
    session.flush()
    return subscription


def _choose(subscription: Subscription, chat: Chat, now: datetime, choices: Choices) -> None:
    right = checked(choices)
    moved = any(name in SCHEDULE and getattr(subscription, name) != value for name, value in right.items())
    for name, value in right.items():
        setattr(subscription, name, value)
    if moved:
        reschedule(subscription, chat, now)


def _resume(subscription: Subscription, chat: Chat, now: datetime) -> None:
    subscription.enabled = True
    subscription.ended_because = subscription.paused_until = subscription.next_due_at = None
    # Back after a while: the digest covers a day, not all of it.
    if subscription.covered_until is not None:
        subscription.covered_until = max(subscription.covered_until, now - DAY)
    reschedule(subscription, chat, now)


def _end(session: Session, subscriptions: Sequence[Subscription], because: str | None) -> None:
    """What has not gone out yet is not wanted any more."""
    for subscription in subscriptions:
        subscription.enabled = subscription.first_promised = False
        subscription.ended_because = because or subscription.ended_because
    ids = [subscription.id for subscription in subscriptions]
    unfinished = Digest.subscription_id.in_(ids), Digest.state.in_(("due", "composed"))
    digests = session.scalars(select(Digest.id).where(*unfinished)).all()
    session.execute(
        update(DigestPart)
        .where(DigestPart.digest_id.in_(digests), DigestPart.state == "pending")
        .values(state="refused", last_error=because or "unsubscribed")
    )
    session.execute(update(Digest).where(Digest.id.in_(digests)).values(state="dropped"))
    take_back(session, digests)


def _first(session: Session, chat_id: int) -> Subscription | None:
    """The one that commands mean: the oldest that is not instant."""
    return next((one for one in subscriptions_of(session, chat_id) if one.cadence != "instant"), None)


def _subscription(session: Session, chat_id: int, subscription_id: int) -> Subscription | None:
    subscription = session.get(Subscription, subscription_id)
    return subscription if subscription and subscription.chat_id == chat_id else None


def _zone(name: str) -> ZoneInfo:
    try:
        return find_zone(name)
    except ValueError:  # a zone that the system no longer knows
        log.warning("unknown time zone", timezone=name)
        return _HOME
