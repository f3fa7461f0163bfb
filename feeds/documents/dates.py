"""Dates as texts write them."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

DATE = r"""(?:
    (?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)\d\d)(?!\d)   # 1/12/2011, "1.11. 2011"
  | (?P<d2>\d{1,2})\s+tháng\s+(?P<m2>\d{1,2})\s*,?\s+năm\s+(?P<y2>(?:19|20)\d\d)   # 01 tháng 12 năm 2011
)"""
# A day, a month, a quarter or a year.
_PERIOD = rf"""(?<![\w/.-])(?:{DATE}
  | tháng\s+0?(?P<month>[1-9]|1[0-2])(?:\s?[-/.]\s?|\s*,?\s+năm\s+)(?P<of_month>(?:19|20)\d\d)  # tháng 3/2027
  | quý\s+(?P<quarter>i{{1,3}}|iv|[1-4])(?:\s?[-/.]\s?|\s*,?\s+năm\s+|\s+)(?P<of_quarter>(?:19|20)\d\d)  # quý IV/2026
  | năm\s+(?P<year>(?:19|20)\d\d)
)(?!\s?[-/]\s?\d)"""  # "năm 2026-2030" is a plan's
_QUARTERS = ("i", "ii", "iii", "iv")
# What stands before a day that is not one of issue: "có hiệu lực từ ngày".
NOT_OF_ISSUE = re.compile(r"(?:hiệu\s+lực|trước|sau|đến|kể\s+từ|từ|hết)(?:\s+(?:từ|kể\s+từ))?(?:\s+ngày)?\s*$")


def date_of(match: re.Match[str]) -> date | None:
    """The day that a match of `DATE` names; None where there is no such day."""
    parts = match.groupdict()
    year, month, day = (parts[name] or parts[f"{name}2"] for name in "ymd")
    if year is None:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@cache
def any_date() -> re.Pattern[str]:
    """`DATE`, compiled."""
    return re.compile(DATE, re.VERBOSE)


def periods_from(low: str) -> Iterator[tuple[int, int, date]]:
    """(where it is named, where that ends, its first day) of each day, month, quarter and year that lower case, with
    its tones placed the new way, names with the year."""
    for match in _any_period().finditer(low):
        if begins := _first_day(match):
            yield match.start(), match.end(), begins


def _first_day(match: re.Match[str]) -> date | None:
    if year := match["of_month"]:
        return date(int(year), int(match["month"]), 1)
    if year := match["of_quarter"]:
        named = match["quarter"]
        quarter = int(named) - 1 if named.isdecimal() else _QUARTERS.index(named)
        return date(int(year), 3 * quarter + 1, 1)
    return date(int(match["year"]), 1, 1) if match["year"] else date_of(match)


@cache
def _any_period() -> re.Pattern[str]:
    return re.compile(_PERIOD, re.VERBOSE)
