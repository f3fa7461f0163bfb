"""Who reads, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Unpack
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from digests.choices import MAX_SUBSCRIPTIONS, SCHEDULE, Choices, checked, checked_minute, find_zone
from digests.ledger import lock_chat, pass_on
from digests.models import DEFAULT_MINUTE, Chat, Digest, DigestPart, Subscription
from digests.schedule import DAY, QuietHours, Rule, next_due
from feeds.store import take_turn

log = structlog.get_logger()

MAX_PAUSE = timedelta(days=366)
_HOME = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat and its subscriptions, detached from the database: the oldest first, those that are instant last.

    `thread_id` is the topic of a forum in which it is spoken to, `asked_by` the person who does.
    """

    chat: Chat
    subscriptions: tuple[Subscription, ...] = ()
    thread_id: int | None = None
    asked_by: int | None = None

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
        """The one that commands mean: of this topic, if it has any."""
        return _first(_of_topic(self.subscriptions, self.thread_id)) or _first(self.subscriptions)

    @property
    def posted_in(self) -> int | None:
        """The topic of a forum in which it gets its briefings."""
        return next((subscription.thread_id for subscription in self.subscriptions if subscription.enabled), None)

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

    @property
    def may_have_first(self) -> bool:
        """Whether the first digest is still to come, and promised to nobody yet."""
        return self.subscribed and not self.had_digest and not self.first_promised


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


def subscriptions_of(session: Session, chat_id: int, *, lock: bool = False) -> Sequence[Subscription]:
    """Those of a chat, the oldest first, those that are instant last; whoever changes them takes the `lock`."""
    query = select(Subscription).where(Subscription.chat_id == chat_id)
    query = query.order_by(Subscription.cadence == "instant", Subscription.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).all()


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


def quiet_hours(chat: Chat | Row[Any]) -> QuietHours:
    return QuietHours(_zone(chat.timezone), chat.quiet_from, chat.quiet_until)


def subscribe(
    session: Session,
    chat_id: int,
    now: datetime,
    *,
    minute_of_day: int | None = None,
    topics: Sequence[str] | None = None,
    volume: int | None = None,
    thread_id: int | None = None,
    owner_id: int | None = None,
) -> Subscription:
    """Subscribes the chat, or that topic of it, or changes what is given of its first subscription there.

    Asking twice changes nothing. `owner_id` is the person who is told what goes wrong with a new one.
    """
    choices = Choices()
    if minute_of_day is not None:
        choices["minutes"] = [minute_of_day]
    if topics is not None:
        choices["topics"] = topics
    if volume is not None:
        choices["volume"] = volume
    take_turn(session)
    chat = session.get_one(Chat, chat_id)
    present = subscriptions_of(session, chat_id, lock=True)
    first = _first(_of_topic(present, thread_id))
    if first is None or first.cadence == "instant":
        return _add(session, chat, now, choices | Choices(thread_id=thread_id, owner_id=owner_id))
    _choose(first, chat, now, choices)
    if not first.enabled:
        _resume(session, first, chat, now)
    return first


def unsubscribe(session: Session, chat_id: int, because: str | None = None) -> bool:
    """Stops all digests of the chat and keeps the choices; False where there was none to stop.

    `because` is the short code of why, where its reader did not ask for it.
    """
    lock_chat(session, chat_id)
    active = [subscription for subscription in subscriptions_of(session, chat_id, lock=True) if subscription.enabled]
    _end(session, active, because)
    return bool(active)


def unsubscribe_topic(session: Session, chat_id: int, thread_id: int) -> bool:
    """Stops the digests of one topic of the chat, at its reader's wish; False where there was none to stop."""
    lock_chat(session, chat_id)
    there = _of_topic(subscriptions_of(session, chat_id, lock=True), thread_id)
    active = [subscription for subscription in there if subscription.enabled]
    _end(session, active, None)
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
        subscription.next_due_at, subscription.first_promised = None, False
        reschedule(subscription, chat, now)
    elif not subscription.enabled:
        _resume(session, subscription, chat, now)
    elif subscription.paused_until is not None:
        subscription.paused_until = min(subscription.paused_until, now)
        reschedule(subscription, chat, now)
    return subscription


def end_subscription(session: Session, chat_id: int, subscription_id: int, because: str) -> bool:
    """Stops one subscription without its reader's wish and keeps its choices; False where there was none to stop."""
    lock_chat(session, chat_id)
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is None or not subscription.enabled:
        return False
    _end(session, [subscription], because)
    return True


def remove_subscription(session: Session, chat_id: int, subscription_id: int) -> bool:
    """Takes a subscription away, with what of it has not gone out; what was told by it stays told."""
    lock_chat(session, chat_id)
    subscription = _subscription(session, chat_id, subscription_id)
    if subscription is None:
        return False
    _end(session, [subscription], None)
    session.delete(subscription)
    session.flush()
    return True


def reschedule(subscription: Subscription, chat: Chat, now: datetime) -> None:
    """Its next moment by its rule, none of an instant one; what is due already stays due."""
    if subscription.enabled and subscription.next_due_at and subscription.next_due_at <= now:
        return
    rule = rule_of(subscription, chat)
    after = max(now, (subscription.paused_until or now) - timedelta.resolution)
    subscription.next_due_at = next_due(rule, after) if rule else None


def promise_first(session: Session, chat_id: int, thread_id: int | None = None) -> bool:
    """Promises the first digest, once; False where the chat (or topic) is not subscribed or had a digest already."""
    first = _first(_of_topic(subscriptions_of(session, chat_id, lock=True), thread_id))
    if first is None or first.cadence == "instant" or not first.enabled or first.covered_until is not None:
        return False
    first.first_promised = True
    return True


def choose_language(session: Session, chat_id: int, language: str) -> None:
    session.get_one(Chat, chat_id).language = language


def choose_timezone(session: Session, chat_id: int, timezone: str, now: datetime) -> None:
    """Moves the chat to another zone, and its next digests with it; ValueError for an unknown zone."""
    chat = session.get_one(Chat, chat_id)
    chat.timezone = find_zone(timezone).key
    for subscription in subscriptions_of(session, chat_id, lock=True):
        if subscription.cadence == "instant":
            _hold_anew(subscription, chat, now)
        elif subscription.timezone is None:
            reschedule(subscription, chat, now)


def choose_quiet_hours(
    session: Session, chat_id: int, quiet_from: int, quiet_until: int, urgent_in_quiet: bool, now: datetime
) -> None:
    """Minutes after midnight of the chat's zone, equal: none; ValueError where one is no minute of a day.

    What is held until the quiet hours end is held until these end.
    """
    chat = session.get_one(Chat, chat_id)
    chat.quiet_from = checked_minute("quiet_from", quiet_from)
    chat.quiet_until = checked_minute("quiet_until", quiet_until)
    chat.urgent_in_quiet = urgent_in_quiet
    for subscription in subscriptions_of(session, chat_id, lock=True):
        if subscription.cadence == "instant":
            _hold_anew(subscription, chat, now)


def forget(session: Session, chat_id: int) -> None:
    """Erases everything stored about the chat."""
    lock_chat(session, chat_id)
    subscriptions_of(session, chat_id, lock=True)  # whoever claims digests of them comes before
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
    was_instant = subscription.cadence == "instant"
    moved = any(name in SCHEDULE and getattr(subscription, name) != value for name, value in right.items())
    for name, value in right.items():
        setattr(subscription, name, value)
    if moved and not (was_instant and subscription.cadence == "instant"):
        reschedule(subscription, chat, now)


def _hold_anew(subscription: Subscription, chat: Chat, now: datetime) -> None:
    """An instant one that waits for the end of quiet hours, by what the chat chose now."""
    if subscription.next_due_at is not None and subscription.next_due_at > now:
        quiet = quiet_hours(chat)
        subscription.next_due_at = quiet.end_after(now) if quiet.cover(now) else now


def _resume(session: Session, subscription: Subscription, chat: Chat, now: datetime) -> None:
    subscription.enabled = True
    subscription.ended_because = subscription.paused_until = subscription.next_due_at = None
    # Back after a while: the digest covers a day, not all of it, and what the last one was stopped from telling.
    if subscription.covered_until is not None:
        starts = select(Digest.window_start).where(
            Digest.subscription_id == subscription.id, Digest.state == "dropped", Digest.window_end > now - DAY
        )
        subscription.covered_until = min([max(subscription.covered_until, now - DAY), *session.scalars(starts)])
    reschedule(subscription, chat, now)


def _end(session: Session, subscriptions: Sequence[Subscription], because: str | None) -> None:
    """What has not gone out yet is not wanted any more. The caller has locked their chat, so none is being composed."""
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
    pass_on(session, digests)


def _of_topic(subscriptions: Sequence[Subscription], thread_id: int | None) -> Sequence[Subscription]:
    return [subscription for subscription in subscriptions if subscription.thread_id == thread_id]


def _first(subscriptions: Sequence[Subscription]) -> Subscription | None:
    """The one that commands mean: the oldest that has moments, where any do one that goes on, or its reader stopped."""
    by_use = sorted(subscriptions, key=lambda one: (one.cadence == "instant", not one.enabled, bool(one.ended_because)))
    return next(iter(by_use), None)


def _subscription(session: Session, chat_id: int, subscription_id: int) -> Subscription | None:
    """Locked: what is changed of it is not changed, or claimed, by another meanwhile."""
    subscription = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    return subscription if subscription and subscription.chat_id == chat_id else None


def _zone(name: str) -> ZoneInfo:
    try:
        return find_zone(name)
    except ValueError:  # a zone that the system no longer knows
        log.warning("unknown time zone", timezone=name)
        return _HOME
