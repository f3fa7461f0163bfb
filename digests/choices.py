"""What a reader may choose of a subscription, and the bounds of it; pure."""

from collections.abc import Iterable
from typing import TypedDict, TypeVar
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


def checked(choices: Choices) -> Choices:
    """The same as they are stored: sorted, stripped, each once; ValueError says which is invalid."""
    right = choices.copy()
    if "cadence" in choices:
        right["cadence"] = _one_of("cadence", choices["cadence"], CADENCES)
    if "minutes" in choices:
        right["minutes"] = sorted(_some("minutes", choices["minutes"], range(DAY_MINUTES), MAX_MINUTES))
    if "weekdays" in choices:
        right["weekdays"] = sorted(_some("weekdays", choices["weekdays"], range(7), 7))
    if "month_day" in choices:
        right["month_day"] = _one_of("month_day", choices["month_day"], range(1, 32))
    if choices.get("timezone") is not None:
        right["timezone"] = find_zone(choices["timezone"] or "").key
    if "name" in choices:
        right["name"] = _line("name", choices["name"], MAX_NAME)
    if "topics" in choices:
        codes = [topic.code for topic in topics()]
        right["topics"] = _some("topics", choices["topics"], codes, len(codes), least=0)
    if "places" in choices:
        right["places"] = list(dict.fromkeys(map(_province, choices["places"])))
    if "outlets" in choices:
        right["outlets"] = _lines("outlets", choices["outlets"], MAX_OUTLETS, MAX_OUTLET)
    if "all_words" in choices:
        right["all_words"] = _lines("all_words", choices["all_words"], MAX_WORDS, MAX_LENGTH)
    if "any_words" in choices:
        right["any_words"] = _lines("any_words", choices["any_words"], MAX_WORDS, MAX_LENGTH)
    if "no_words" in choices:
        right["no_words"] = _lines("no_words", choices["no_words"], MAX_WORDS, MAX_LENGTH)
    if "volume" in choices:
        right["volume"] = _one_of("volume", choices["volume"], range(-1, 2))
    if "most" in choices:
        right["most"] = _one_of("most", choices["most"], range(1, MOST_MOST + 1))
    if "grouping" in choices:
        right["grouping"] = _one_of("grouping", choices["grouping"], GROUPINGS)
    return right


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
