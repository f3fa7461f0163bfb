"""Dates as texts write them."""

import re
from datetime import date
from functools import cache

DATE = r"""(?:
    (?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)\d\d)(?!\d)   # 1/12/2011, "1.11. 2011"
  | (?P<d2>\d{1,2})\s+tháng\s+(?P<m2>\d{1,2})\s*,?\s+năm\s+(?P<y2>(?:19|20)\d\d)   # 01 tháng 12 năm 2011
)"""
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
