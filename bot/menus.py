"""Buttons of the settings. Each says what shall be ("+drugs", not "the other of what is"): a double press is harmless.

`set:PAGE` shows, `zone:` and `quiet:` choose for the whole chat; for one subscription see `bot.subscription_menus`.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.keyboards import MAX_LABEL, Rows, in_rows
from bot.texts import say
from digests.messages import Button
from digests.models import QUIET_FROM, QUIET_UNTIL, Subscription
from digests.schedule import CADENCES
from digests.subscribers import Reader
from feeds.text import shorten

ZONES = (
    "Asia/Ho_Chi_Minh",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Australia/Sydney",
    "Europe/Paris",
    "Europe/Moscow",
    "America/New_York",
    "America/Los_Angeles",
)
_QUIET_FROM = range(20 * 60, 24 * 60, 30)
_QUIET_UNTIL = range(5 * 60, 9 * 60, 30)


def settings_menu(reader: Reader, now: datetime) -> Rows:
    """The overview: what concerns the whole chat, then each subscription."""
    language, chat = reader.language, reader.chat
    other = "en" if language == "vi" else "vi"
    quiet = say("off", language)
    if chat.quiet_from != chat.quiet_until:
        quiet = f"{clock(chat.quiet_from)}–{clock(chat.quiet_until)}"
    last: tuple[Button, ...] = ()
    if reader.subscriptions:
        last = ((say("stop", language), "stop"),) if reader.subscribed else ((say("resume", language), "resume"),)
    subscriptions = [(_short_label(s, language, now), f"sub:{s.id}") for s in reader.subscriptions]
    return (
        *in_rows([*subscriptions, (say("add_subscription", language), "set:new")], 1),
        ((say("quiet", language, quiet), "set:quiet"),),
        ((say("zone", language, reader.timezone), "set:zones"),),
        ((say("language", language), f"lang:{other}:set"),),
        *((((say("first_now", language), "first"),),) if reader.may_have_first else ()),
        *((last,) if last else ()),
    )


def new_menu(reader: Reader) -> Rows:
    """What kind of subscription shall be added."""
    kinds = [(say(cadence, reader.language), f"new:{cadence}") for cadence in CADENCES]
    return (*in_rows(kinds, 1), back_row(reader.language, "set"))


def language_menu(language: str) -> Rows:
    names = (("Tiếng Việt", "vi"), ("English", "en"))
    return (tuple((marked(name, code == language), f"lang:{code}:only") for name, code in names),)


def zone_menu(reader: Reader) -> Rows:
    zones = [(marked(zone, zone == reader.timezone), f"zone:{zone}") for zone in ZONES]
    return (*in_rows(zones, 2), back_row(reader.language, "set"))


def quiet_menu(reader: Reader) -> Rows:
    """On or off, from when until when, and whether urgent news may pass."""
    language, chat = reader.language, reader.chat
    start, end = chat.quiet_from, chat.quiet_until
    if start == end:
        return (
            ((say("quiet_on", language, clock(QUIET_FROM), clock(QUIET_UNTIL)), f"quiet:{QUIET_FROM}:{QUIET_UNTIL}"),),
            back_row(language, "set"),
        )
    urgent = (
        marked(say("urgent_passes", language), chat.urgent_in_quiet),
        f"quiet:urgent:{not chat.urgent_in_quiet:d}",
    )
    return (
        (
            (say("from_hour", language, clock(start)), "set:quiet_from"),
            (say("until_hour", language, clock(end)), "set:quiet_until"),
        ),
        (urgent,),
        ((say("quiet_off", language), "quiet:0:0"),),
        back_row(language, "set"),
    )


def quiet_from_menu(reader: Reader) -> Rows:
    present, end = reader.chat.quiet_from, reader.chat.quiet_until
    hours = [(marked(clock(minute), minute == present), f"quiet:{minute}:{end}") for minute in _QUIET_FROM]
    return (*in_rows(hours, 4), back_row(reader.language, "set:quiet"))


def quiet_until_menu(reader: Reader) -> Rows:
    start, present = reader.chat.quiet_from, reader.chat.quiet_until
    hours = [(marked(clock(minute), minute == present), f"quiet:{start}:{minute}") for minute in _QUIET_UNTIL]
    return (*in_rows(hours, 4), back_row(reader.language, "set:quiet"))


def choose_menu(reader: Reader, now: datetime, command: str) -> Rows:
    """Which subscription is meant by what was typed for a command."""
    labels = [(_short_label(s, reader.language, now), f"typed:{s.id}:{command}") for s in reader.subscriptions]
    return in_rows(labels, 1)


def subscription_label(subscription: Subscription, language: str, now: datetime) -> str:
    """When it comes and what tells it apart, in a line: "Hằng ngày 07:00 · 3 chủ đề"."""
    kinds = (("topics", subscription.topics), ("places", subscription.places), ("outlets", subscription.outlets))
    words = (*subscription.all_words, *subscription.any_words)
    parts = [
        shorten(subscription.name, MAX_LABEL),
        when_label(subscription, language),
        *([say("in_topic", language, subscription.thread_id)] if subscription.thread_id else []),
        *(say(f"count_{kind}", language, len(chosen)) for kind, chosen in kinds if chosen),
        shorten(", ".join(words), 30),
    ]
    if not subscription.enabled:
        parts.append(say("stopped", language))
    elif is_paused(subscription, now):
        parts.append(say("paused", language))
    return " · ".join(filter(None, parts))


def _short_label(subscription: Subscription, language: str, now: datetime) -> str:
    return shorten(subscription_label(subscription, language, now), MAX_LABEL)


def subscription_lines(reader: Reader, now: datetime) -> Sequence[tuple[str, datetime | None]]:
    """What is subscribed to, and when each comes next; without those that have stopped."""
    return [(subscription_label(s, reader.language, now), s.next_due_at) for s in reader.subscriptions if s.enabled]


def when_label(subscription: Subscription, language: str) -> str:
    """ "Hằng ngày 07:00, 17:00", "T2, T5 07:00", "Có tin là báo"."""
    hours = ", ".join(clock(minute) for minute in subscription.minutes)
    match subscription.cadence:
        case "instant":
            return say("instant", language)
        case "weekly":
            days = ", ".join(say(f"day_{day}", language) for day in subscription.weekdays)
            return f"{days} {hours}"
        case "monthly":
            return say("each_month", language, subscription.month_day, hours)
        case cadence:
            return f"{say(cadence, language)} {hours}"


def is_paused(subscription: Subscription, now: datetime) -> bool:
    return subscription.paused_until is not None and subscription.paused_until > now


def clock(minute: int) -> str:
    """Minutes after midnight as people write them."""
    return f"{minute // 60:02}:{minute % 60:02}"


def marked(label: str, chosen: bool) -> str:
    return f"✓ {label}" if chosen else label


def back_row(language: str, action: str) -> tuple[Button, ...]:
    return ((say("back", language), action),)
