"""What a button of a subscription's pages means: `put:ID:WHAT:VALUE` as choices, stored.

Read and changed in one transaction: of two quick presses none is lost.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.subscription_menus import short_name
from digests.choices import Choices
from digests.models import Subscription
from digests.subscribers import change_subscription
from digests.undo import remember
from feeds.classify import topics
from feeds.following import all_feeds
from feeds.places import provinces
from feeds.store import take_turn

T = TypeVar("T", int, str)


class LastOne(Exception):
    """The press would leave nothing of what needs at least one."""


def put(session: Session, chat_id: int, subscription_id: int, what: str, value: str, now: datetime) -> bool:
    """Stores what was pressed, and whether that took something away that can be had back (`digests.undo`).

    ValueError for what no button says, LastOne.
    """
    take_turn(session)
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or subscription.chat_id != chat_id:
        raise ValueError("not a subscription of this chat")
    choices = _choices(session, subscription, what, value)
    takes_away = (value == "all" or what == "word") and any(getattr(subscription, name) for name in choices)
    if takes_away:
        remember(session, subscription, now, choices)
    change_subscription(session, chat_id, subscription_id, now, **choices)
    return takes_away


def outlets_read(session: Session) -> Sequence[str]:
    """The names of the outlets that are read, in order."""
    return list(dict.fromkeys(feed.outlet for feed in all_feeds(session) if feed.outlet))


def _choices(session: Session, subscription: Subscription, what: str, value: str) -> Choices:
    chosen = subscription
    match what:
        case "cadence":
            return Choices(cadence=value)
        case "minute":
            return Choices(minutes=_kept(_ticked(chosen.minutes, value, range(24 * 60))))
        case "weekday":
            return Choices(weekdays=_kept(_ticked(chosen.weekdays, value, range(7))))
        case "day":
            return Choices(month_day=int(value))
        case "topic":
            codes = [topic.code for topic in topics()]
            wanted = codes if value == "all" else _kept(_ticked(chosen.topics or codes, value, codes))
            return Choices(topics=[] if len(wanted) == len(codes) else wanted)
        case "place":
            return Choices(places=[] if value == "all" else _ticked(chosen.places, value, provinces()))
        case "outlet":
            known = {short_name(name): name for name in (*outlets_read(session), *chosen.outlets)}
            ticked = [] if value == "all" else _ticked([*map(short_name, chosen.outlets)], value, list(known))
            return Choices(outlets=[known[name] for name in ticked])
        case "word":
            return _without(chosen, None if value == "all" else value.removeprefix("-"))
        case "volume":
            return Choices(volume=int(value))
        case "most":
            return Choices(most=int(value))
        case "grouping":
            return Choices(grouping=value)
        case "empty":
            return Choices(tells_empty=value == "1")
        case "detail":
            return Choices(has_summaries=value == "1")
        case "sound":
            return Choices(sounds=value == "1")
        case "zone":
            return Choices(timezone=None if value == "chat" else value)
        case _:
            raise ValueError(f"nothing to choose: {what}")


def _ticked(chosen: Sequence[T], value: str, allowed: Sequence[T]) -> list[T]:
    """`chosen` with (+) or without (-) what `value` names of `allowed`, in the order of that."""
    named = next((one for one in allowed if str(one) == value[1:]), None)
    if named is None or value[0] not in "+-":
        raise ValueError(f"no such choice: {value}")
    wanted = {*chosen, named} if value[0] == "+" else {*chosen} - {named}
    return [one for one in allowed if one in wanted]


def _kept(wanted: list[T]) -> list[T]:
    if not wanted:
        raise LastOne
    return wanted


def _without(subscription: Subscription, name: str | None) -> Choices:
    """The words without that one; None: without any."""

    def rest(words: Sequence[str]) -> list[str]:
        return [word for word in words if name is not None and short_name(word) != name]

    return Choices(
        all_words=rest(subscription.all_words),
        any_words=rest(subscription.any_words),
        no_words=rest(subscription.no_words),
    )
