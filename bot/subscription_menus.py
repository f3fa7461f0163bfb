"""Buttons of one subscription's pages: `sub:ID:PAGE:N` shows, `put:ID:WHAT:VALUE:N` chooses.

N is the page of a long list, or the minutes past the hour that are offered.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zlib import crc32

from bot.keyboards import MAX_LABEL, Rows, in_rows, page_at, page_row
from bot.menus import ZONES, back_row, clock, is_paused, marked, when_label
from bot.texts import say
from digests.choices import GROUPINGS
from digests.messages import Button
from digests.models import Subscription
from digests.schedule import CADENCES
from feeds.classify import topics
from feeds.places import place_label, provinces
from feeds.text import fold, shorten

PAST_HOUR = (0, 15, 30, 45)
HOURS = (5, 6, 7, 8, 9, 11, 12, 17, 18, 19, 20, 21)
VOLUMES = {-1: "fewer", 0: "usual", 1: "more"}
MOST = (5, 10, 15, 25)
PER_PAGE = 12
PAUSE_DAYS = 28


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a long list to tick: its buttons' values and labels, in order."""

    shown: Sequence[tuple[str, str]]
    page: int
    pages: int


def subscription_menu(subscription: Subscription, language: str, now: datetime) -> Rows:
    """A subscription's page: each button shows a present value. What is instant tells of followed documents only."""
    is_instant = subscription.cadence == "instant"
    detail = "with_summaries" if subscription.has_summaries else "only_headlines"
    pause: Button = (say("pause", language), _page(subscription, "pause"))
    if not subscription.enabled or is_paused(subscription, now):
        pause = (say("go_on", language), f"pause:{subscription.id}:0")
    return (
        ((shorten(say("when", language, when_label(subscription, language)), MAX_LABEL), _page(subscription, "when")),),
        *(((_sound(subscription, language),),) if is_instant else _content_rows(subscription, language)),
        ((say("detail", language, say(detail, language)), _page(subscription, "detail")),),
        ((say("preview", language), f"preview:{subscription.id}"), pause),
        ((say("remove_subscription", language), _page(subscription, "remove")),),
        back_row(language, "set"),
    )


def _content_rows(subscription: Subscription, language: str) -> Rows:
    everything = say("all_of_them", language)
    words = len(subscription.all_words) + len(subscription.any_words) + len(subscription.no_words)
    empty = "empty_told" if subscription.tells_empty else "empty_silent"
    zone = subscription.timezone or say("zone_of_chat", language)
    return (
        (
            (say("topics", language, len(subscription.topics) or everything), _page(subscription, "topics")),
            (say("places", language, len(subscription.places) or everything), _page(subscription, "places:0")),
        ),
        (
            (say("outlets", language, len(subscription.outlets) or everything), _page(subscription, "outlets:0")),
            (say("words", language, words or say("none", language)), _page(subscription, "words")),
        ),
        (
            (say("volume", language, say(VOLUMES[subscription.volume], language)), _page(subscription, "amount")),
            (say("most", language, subscription.most), _page(subscription, "amount")),
        ),
        (
            (say("grouping", language, say(f"by_{subscription.grouping}", language)), _page(subscription, "grouping")),
            _sound(subscription, language),
        ),
        ((say("empty", language, say(empty, language)), _page(subscription, "empty")),),
        ((say("zone", language, zone), _page(subscription, "zones")),),
    )


def _sound(subscription: Subscription, language: str) -> Button:
    return (say("sound", language, say("on" if subscription.sounds else "off", language)), _page(subscription, "sound"))


def when_menu(subscription: Subscription, language: str, past: int) -> Rows:
    """How often, at which hours (several may be ticked), on which days; hours are offered at `past` minutes."""
    cadences = [
        (marked(say(kind, language), kind == subscription.cadence), _put(subscription, "cadence", kind, past))
        for kind in CADENCES
    ]
    rows = list(in_rows(cadences, 2))
    if subscription.cadence == "weekly":
        rows += in_rows(
            [
                _tick(subscription, "weekday", str(day), say(f"day_{day}", language), subscription.weekdays, past)
                for day in range(7)
            ],
            4,
        )
    if subscription.cadence == "monthly":
        rows.append(((say("month_day", language, subscription.month_day), _page(subscription, "days")),))
    if subscription.cadence != "instant":
        minutes = sorted({hour * 60 + past for hour in HOURS} | set(subscription.minutes))
        rows += in_rows(
            [_tick(subscription, "minute", str(m), clock(m), subscription.minutes, past) for m in minutes], 4
        )
        rows.append(
            tuple((marked(f":{other:02}", other == past), _page(subscription, f"when:{other}")) for other in PAST_HOUR)
        )
    return (*rows, _own_page(subscription, language))


def day_menu(subscription: Subscription, language: str) -> Rows:
    """The day of the month."""
    days = [
        (marked(str(day), day == subscription.month_day), _put(subscription, "day", str(day))) for day in range(1, 32)
    ]
    return (*in_rows(days, 7), back_row(language, f"sub:{subscription.id}:when"))


def topic_menu(subscription: Subscription, language: str) -> Rows:
    """All are ticked where none is chosen."""
    chosen = subscription.topics or [topic.code for topic in topics()]
    ticks = [_tick(subscription, "topic", topic.code, topic.names[language], chosen) for topic in topics()]
    everything = (say("all_on", language), _put(subscription, "topic", "all"))
    return (*in_rows(ticks, 1), (everything,), _own_page(subscription, language))


def place_menu(subscription: Subscription, language: str, number: int) -> Rows:
    names = sorted(provinces(), key=lambda name: (fold(name), name))
    listing = page_of([(name, place_label(name, language)) for name in names], number)
    return _list_menu(subscription, language, "place", listing, subscription.places, say("whole_country", language))


def outlet_menu(subscription: Subscription, language: str, number: int, outlets: Sequence[str]) -> Rows:
    """`outlets` are the names of those that are read; one chosen that no longer is can still be taken off."""
    named = [*outlets, *(name for name in subscription.outlets if name not in outlets)]
    listing = page_of([(short_name(name), name) for name in named], number)
    chosen = [short_name(name) for name in subscription.outlets]
    return _list_menu(subscription, language, "outlet", listing, chosen, say("all_outlets", language))


def word_menu(subscription: Subscription, language: str) -> Rows:
    """A button takes its word away."""
    kinds = (("+", subscription.all_words), ("", subscription.any_words), ("-", subscription.no_words))
    words = [
        (f"✕ {sign}{shorten(word, MAX_LABEL - 3)}", _put(subscription, "word", f"-{short_name(word)}"))
        for sign, words in kinds
        for word in words
    ]
    clear = [(say("no_words", language), _put(subscription, "word", "all"))] if len(words) > 1 else []
    return (*in_rows(words, 2), *in_rows(clear, 1), _own_page(subscription, language))


def amount_menu(subscription: Subscription, language: str) -> Rows:
    """How sure a match must be, and how many items come at once."""
    volumes = [
        (marked(say(word, language), volume == subscription.volume), _put(subscription, "volume", str(volume)))
        for volume, word in VOLUMES.items()
    ]
    most = [(marked(str(n), n == subscription.most), _put(subscription, "most", str(n))) for n in MOST]
    return (tuple(volumes), tuple(most), _own_page(subscription, language))


def grouping_menu(subscription: Subscription, language: str) -> Rows:
    kinds = [
        (marked(say(f"by_{kind}", language), kind == subscription.grouping), _put(subscription, "grouping", kind))
        for kind in GROUPINGS
    ]
    return (*in_rows(kinds, 1), _own_page(subscription, language))


def empty_menu(subscription: Subscription, language: str) -> Rows:
    return _either(subscription, language, "empty", subscription.tells_empty, ("empty_told", "empty_silent"))


def detail_menu(subscription: Subscription, language: str) -> Rows:
    return _either(subscription, language, "detail", subscription.has_summaries, ("with_summaries", "only_headlines"))


def sound_menu(subscription: Subscription, language: str) -> Rows:
    return _either(subscription, language, "sound", subscription.sounds, ("sounds", "soundless"))


def undo_row(subscription: Subscription, language: str) -> tuple[Button, ...]:
    return ((say("undo", language), f"undo:{subscription.id}"),)


def _either(subscription: Subscription, language: str, what: str, chosen: bool, words: tuple[str, str]) -> Rows:
    """Yes or no, in words of their own."""
    yes, no = ((say(word, language), value) for word, value in zip(words, ("1", "0"), strict=True))
    kinds = [(marked(label, chosen is (value == "1")), _put(subscription, what, value)) for label, value in (yes, no)]
    return (*in_rows(kinds, 1), _own_page(subscription, language))


def own_zone_menu(subscription: Subscription, language: str) -> Rows:
    of_chat = (
        marked(say("zone_of_chat", language), subscription.timezone is None),
        _put(subscription, "zone", "chat"),
    )
    zones = [(marked(zone, zone == subscription.timezone), _put(subscription, "zone", zone)) for zone in ZONES]
    return ((of_chat,), *in_rows(zones, 2), _own_page(subscription, language))


def pause_menu(subscription: Subscription, language: str, today: date) -> Rows:
    """For a day, for a week, or until one of the next days."""
    own = f"pause:{subscription.id}"
    days = [today + timedelta(days=number) for number in range(2, PAUSE_DAYS + 2)]
    return (
        ((say("pause_day", language), f"{own}:1"), (say("pause_week", language), f"{own}:7")),
        *in_rows([(f"{day:%d/%m}", f"{own}:{day:%Y-%m-%d}") for day in days], 4),
        _own_page(subscription, language),
    )


def remove_menu(subscription: Subscription, language: str) -> Rows:
    return (
        (
            (say("remove_subscription_yes", language), f"drop:{subscription.id}"),
            (say("keep", language), f"sub:{subscription.id}"),
        ),
    )


def short_name(text: str) -> str:
    """A name too long for a button's data, as eight characters that are the same in every process."""
    return f"{crc32(text.encode()):08x}"


def page_of(items: Sequence[tuple[str, str]], number: int) -> Listing:
    """The page `number`, or the nearest there is."""
    page, pages = page_at(max(number, 0), len(items), PER_PAGE)
    return Listing(items[page * PER_PAGE : (page + 1) * PER_PAGE], page, pages)


def _list_menu(
    subscription: Subscription, language: str, what: str, listing: Listing, chosen: Sequence[str], everything: str
) -> Rows:
    """A page of a long list: none ticked means no choice, which has a button of its own."""
    ticks = [_tick(subscription, what, value, label, chosen, listing.page) for value, label in listing.shown]
    here = f"{listing.page + 1}/{listing.pages}" if listing.pages > 1 else ""
    turn = page_row(language, listing.page, listing.pages, _page(subscription, f"{what}s"), here=here)
    none = (marked(everything, not chosen), _put(subscription, what, "all", listing.page))
    rows = (*in_rows(ticks, 2), (none,))
    return (*rows, *((turn,) if turn else ()), _own_page(subscription, language))


def _tick(
    subscription: Subscription, what: str, value: str, label: str, chosen: Collection[str | int], page: int = 0
) -> Button:
    """Ticked or not; the press makes it the other."""
    is_chosen = value in {str(one) for one in chosen}
    sign = "-" if is_chosen else "+"
    return (marked(shorten(label, MAX_LABEL - 2), is_chosen), _put(subscription, what, f"{sign}{value}", page))


def _put(subscription: Subscription, what: str, value: str, page: int = 0) -> str:
    return f"put:{subscription.id}:{what}:{value}" + (f":{page}" if page else "")


def _page(subscription: Subscription, page: str) -> str:
    return f"sub:{subscription.id}:{page}"


def _own_page(subscription: Subscription, language: str) -> tuple[Button, ...]:
    return back_row(language, f"sub:{subscription.id}")
