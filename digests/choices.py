"""What a reader may choose of a subscription, and the bounds of it; pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digests.schedule import CADENCES, DAY_MINUTES
from digests.words import MAX_LENGTH, MAX_WORDS
from feeds.classify import topics
from feeds.places import present_province, province_named
from feeds.text import fold

MAX_SUBSCRIPTIONS = 10  # of a chat
MAX_MINUTES = 24
MAX_OUTLETS = 50
MAX_OUTLET = 200  # characters
MAX_NAME = 64  # characters
MOST_MOST = 50
GROUPINGS = ("topic", "document", "place")
_IDS = range(1, 1 << 63)  # of Telegram's threads and users
SCHEDULE = ("cadence", "minutes", "weekdays", "month_day", "timezone")

T = TypeVar("T", int, str)


class Choices(TypedDict, total=False):
    """The columns of `digests.models.Subscription` that are chosen. `topics` are codes, `places` provinces."""

    cadence: str
    minutes: Iterable[int]
    weekdays: Iterable[int]
    month_day: int
    timezone: str | None
    name: str
    thread_id: int | None
    owner_id: int | None
    topics: Iterable[str]
    places: Iterable[str]
    outlets: Iterable[str]
    all_words: Iterable[str]
    any_words: Iterable[str]
    no_words: Iterable[str]
    volume: int
    most: int
    grouping: str
    tells_empty: bool
    has_summaries: bool
    sounds: bool


def checked(choices: Choices) -> Choices:
    """The same as they are stored: sorted, stripped, each once; ValueError says which is invalid."""
    return cast(Choices, {name: _CHECKS[name](name, value) for name, value in choices.items()})


def checked_minute(name: str, minute: int) -> int:
    """A minute of the day; ValueError where it is none."""
    return _one_of(name, minute, range(DAY_MINUTES))


def find_zone(name: str) -> ZoneInfo:
    """The time zone of that name; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone: {name[:MAX_NAME]}") from error


def _one_of(name: str, value: T, allowed: Iterable[T]) -> T:
    if isinstance(value, bool) or value not in allowed:
        raise ValueError(f"no such {name}: {value!r:.80}")
    return value


def _some(name: str, values: Iterable[T], allowed: Iterable[T], most: int, least: int = 1) -> list[T]:
    once = list(dict.fromkeys(values))
    if not least <= len(once) <= most:
        raise ValueError(f"{name}: from {least} to {most} may be chosen")
    return [_one_of(name, value, allowed) for value in once]


def _line(name: str, text: str, longest: int) -> str:
    line = " ".join(text.split())
    if len(line) > longest:
        raise ValueError(f"{name}: at most {longest} characters")
    return line


def _lines(name: str, texts: Iterable[str], most: int, longest: int) -> list[str]:
    """Those with a letter or digit, each once whatever its case and accents."""
    given = (_line(name, text, longest) for text in texts)
    lines = {fold(line): line for line in given if any(map(str.isalnum, line))}
    if len(lines) > most:
        raise ValueError(f"{name}: at most {most}")
    return list(lines.values())


def _province(name: str) -> str:
    province = province_named(name)
    if province is None:
        raise ValueError(f"no such places: {name!r:.80}")
    return present_province(province)


def _topics(name: str, codes: Iterable[str]) -> list[str]:
    known = [topic.code for topic in topics()]
    return _some(name, codes, known, len(known), least=0)


def _words(name: str, texts: Iterable[str]) -> list[str]:
    return _lines(name, texts, MAX_WORDS, MAX_LENGTH)


_CHECKS: Mapping[str, Callable[[str, Any], object]] = {
    "cadence": lambda name, value: _one_of(name, value, CADENCES),
    "minutes": lambda name, values: sorted(_some(name, values, range(DAY_MINUTES), MAX_MINUTES)),
    "weekdays": lambda name, values: sorted(_some(name, values, range(7), 7)),
    "month_day": lambda name, value: _one_of(name, value, range(1, 32)),
    "timezone": lambda _, value: None if value is None else find_zone(value).key,
    "name": lambda name, value: _line(name, value, MAX_NAME),
    "thread_id": lambda name, value: None if value is None else _one_of(name, value, _IDS),
    "owner_id": lambda name, value: None if value is None else _one_of(name, value, _IDS),
    "topics": _topics,
    "places": lambda _, values: list(dict.fromkeys(map(_province, values))),
    "outlets": lambda name, values: _lines(name, values, MAX_OUTLETS, MAX_OUTLET),
    "all_words": _words,
    "any_words": _words,
    "no_words": _words,
    "volume": lambda name, value: _one_of(name, value, range(-1, 2)),
    "most": lambda name, value: _one_of(name, value, range(1, MOST_MOST + 1)),
    "grouping": lambda name, value: _one_of(name, value, GROUPINGS),
    "tells_empty": lambda _, value: bool(value),
    "has_summaries": lambda _, value: bool(value),
    "sounds": lambda _, value: bool(value),
}
