"""The month or year that a person types: "11/2026", "tháng 11 năm 2026", "2027", "tháng sau" (data/months.toml)."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from feeds.text import fold, one_of_words

DATA = Path(__file__).with_name("data") / "months.toml"
FIRST_YEAR, LAST_YEAR = 1950, 2100

# Folded; words of their own, as "09-CT/TW" is no month and "quý 5/2026" no May.
_NUMBERED = re.compile(
    r"(?<![^\s,])(?<!quy )(?<!quarter )(?:(?P<iso>\d{4})-(?P<of>\d{1,2})"
    r"|(?P<quarter>quy|quarter|q)\s*(?:iv|i{1,3}|[1-4])(?:(?:\s*[/.\-]\s*|[\s,]+)(?:nam\s+)?(?P<its>\d{4}))?"
    r"|(?:(?:thang|t|month)?\s*(?P<month>\d{1,2})(?:\s*[/.\-]\s*|[\s,]+))?(?:nam\s+|year\s+)?(?P<year>\d{4})"
    r"|(?:thang|t|month)?\s*(?P<alone>\d{1,2}))(?![^\s,])"
)
# So many of them are no month and no year: "3 tháng tới".
_COUNTED = re.compile(
    r"(?<!thang )(?<!month )(?<![\w/.-])\d{1,3} (?:ngay|tuan|thang|quy|nam|(?:day|week|month|quarter|year)s?)\b(?! \d)"
)
_NO_WORDS = " ,.;:!?"


def month_typed(typed: str, today: date) -> tuple[int, int | None, str]:
    """(year, month, what is typed besides); the present month where neither is typed.

    The calendar has no weeks and no quarters: of a week this is its month, of a quarter its year, with month None.
    """
    composed = unicodedata.normalize("NFC", typed)
    words = _from_today(composed, today)
    match = _NUMBERED.search(fold(words))
    if match is None or _COUNTED.search(fold(composed)):
        return today.year, today.month, typed
    year = int(match["year"] or match["iso"] or match["its"] or today.year)
    named = match["month"] or match["of"] or match["alone"]
    month = int(named) if named else None
    if not is_known(year, month):
        return today.year, today.month, typed
    rest = f"{words[: match.start()]} {words[match.end() :]}"
    return year, month, " ".join(rest.split()).strip(_NO_WORDS)


def is_known(year: int, month: int | None) -> bool:
    """Whether there is a calendar of it."""
    return FIRST_YEAR <= year <= LAST_YEAR and (month is None or 1 <= month <= 12)


def _from_today(words: str, today: date) -> str:
    """`words` with the first time that is named as seen from today by its number: "tháng sau" as "12/2026"."""
    folded = fold(words)
    for (unit, offset), pattern in _units().items():
        if match := pattern.search(folded):
            return f"{words[: match.start()]} {_numbered(unit, offset, today)} {words[match.end() :]}"
    return words


def _numbered(unit: str, offset: int, today: date) -> str:
    if unit == "year":
        return str(today.year + offset)
    if unit == "quarter":
        year, quarter = divmod(today.year * 4 + (today.month - 1) // 3 + offset, 4)
        return f"q{quarter + 1}/{year}"
    if unit == "week":
        today, offset = today + timedelta(weeks=offset), 0
    year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
    return f"{month + 1}/{year}"


@cache
def _units() -> Mapping[tuple[str, int], re.Pattern[str]]:
    """(unit, how many of them from now) -> how that is said."""
    rules: dict[str, list[list[str]]] = tomllib.loads(DATA.read_text("utf-8"))
    return {
        (unit, offset): re.compile(rf"\b{one_of_words(said)}\b")
        for unit, lists in rules.items()
        for offset, said in enumerate(lists, start=-1)
    }
