"""Publication dates as Vietnamese papers write them; pure.

A third of the items of real feeds carry a date that feed libraries cannot read or read wrongly (seven hours
off, or today for a bare time), so the rules are our own:

1. A date must be stated in full: day, month and year. "08:00" or "2-10" is no date.
2. ISO order (2026-10-05), or day first (28/05/2026); month first only with AM or PM (8/5/2026 11:14:00 PM),
   which is how two big content systems write it. English month names in either order.
3. A zone that is stated counts ("+07", "+07:00", "GMT+7", "ICT"); without one it is `default_zone`. A zone we
   do not know makes the whole date unknown, since a guess would be hours off.
4. A year outside 1990 to 2089 is absurd: unknown. Dates of the future are the caller's to judge.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_LENGTH = 200  # characters looked at; a date is shorter
FIRST_YEAR, LAST_YEAR = 1990, 2089

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_MONTH = r"(?P<name>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_DATES = (
    # 05 Aug 2026, 05-Aug-26: the commonest, so it is tried first
    re.compile(rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH}[\s,-]+(?P<year>\d{{4}}|\d\d)(?![\d:])", re.I),
    # 2026-10-05, 2026/10/05, 20261005T
    re.compile(r"(?<![\d-])(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d-])(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?=[Tt]\d)"),
    # 28/05/2026, 28-05-2026, 28.5.2026; 28/05/26
    re.compile(rf"(?:(?<![\d-])|(?<=:\d\d-))(?P<day>\d{{1,2}})(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep){_YEAR}"),
    re.compile(r"(?<![\d/-])(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d\d)(?![\d/])"),
    # May 25, 2020
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}", re.I),
    # [ngày] 28 tháng 5 năm 2026, 28 tháng 5, 2026
    re.compile(rf"(?<!\d)(?P<day>\d{{1,2}})\s+th[aá]ng\s+(?P<month>\d{{1,2}})(?:,|\s+n[aă]m)?\s+{_YEAR}", re.I),
)
_TIME = re.compile(
    r"(?<![\d:+-])(?P<hour>\d{1,2})(?:\s?(?:h|g|giờ)\s?|:)(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?![\d:])(?:\s?(?P<half>AM|PM|SA|CH)\b)?",
    re.I,
)
_COMPACT_TIME = re.compile(r"(?<=[Tt])(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?!\d)(?P<half>)")
_ZONES = {
    **dict.fromkeys(("Z", "GMT", "UTC", "UT"), 0),
    "ICT": 7,
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"CET": 1, "CEST": 2, "BST": 1, "JST": 9, "KST": 9, "SGT": 8, "HKT": 8},
}
# In small letters only those that we know: other words there are words ("10:00 hôm 5/8/2026").
_ZONE = re.compile(
    r"\x01(?:[\s,|–-]*\x00)?\s*"  # the places of time and date
    r"(?:\(?(?i:GMT|UTC)?\s*(?P<sign>[+\u2212-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?(?![\d:/-])"
    rf"|\(?(?P<zone>(?i:{'|'.join(_ZONES)})|[A-Z]{{1,5}}|[A-Z]{{3,5}}\d{{1,2}}[A-Z]{{3,5}})(?!\w))"
)
_MARKS = re.compile(r"[\x00-\x08]")  # which stand for the places of time and date below
_LEFT_OVER = re.compile(
    r"cập nhật(?: lúc| lần cuối)?|ngày đăng|đăng (?:ngày|lúc)|đăng tải|xuất bản|thời gian|ngày|lúc|giờ việt nam|"
    r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật)|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day)?|t[2-7]|cn|updated|published|posted|at|on|"
    r"[\s\W_]+",
    re.I,
)


def parse_date(raw: str, *, default_zone: tzinfo = VIETNAM) -> datetime | None:
    """The moment that `raw` states, aware and in UTC, or None. A date without a time is its midnight. Never raises."""
    found = _read(raw, default_zone)
    return found[0] if found else None


def parse_date_line(line: str, *, default_zone: tzinfo = VIETNAM) -> datetime | None:
    """As `parse_date`, but only for a line that holds nothing besides the date: "Cập nhật: 18:29 28/09/2021"."""
    if len(line) > 80:
        return None
    found = _read(line, default_zone)
    return found[0] if found and not _LEFT_OVER.sub("", found[1]) else None


def _read(raw: str, default_zone: tzinfo) -> tuple[datetime, str] | None:
    """The moment and what of `raw` was not part of it."""
    text = " ".join(_MARKS.sub(" ", raw[:MAX_LENGTH]).replace("<![CDATA[", " ").replace("]]>", " ").split())
    day_match = next((match for pattern in _DATES if (match := pattern.search(text))), None)
    if not day_match:
        return None
    behind = text[day_match.end() :]
    if "sep" in day_match.groupdict():
        behind = behind.removeprefix("-")  # 05/08/2026-14:30; behind 2026-08-05 it is a zone's
    rest = f"{text[: day_match.start()]}\x00{behind}"
    time_match = _TIME.search(rest) or _COMPACT_TIME.search(rest)
    zone: tzinfo | None = default_zone
    if time_match:
        rest = f"{rest[: time_match.start()]}\x01{rest[time_match.end() :]}"
        # The zone follows the time, or the date behind the time: "18:29 28/09/2021 GMT+7".
        if zone_match := _ZONE.search(rest):
            zone = _zone_of(zone_match)
            rest = rest[: zone_match.start()] + rest[zone_match.end() :]
    if zone is None:
        return None
    try:
        half = (time_match["half"] or "").upper() if time_match else ""
        moment = datetime.combine(_day_of(day_match, half), _time_of(time_match, half), tzinfo=zone)
        return moment.astimezone(UTC), rest.replace("\x00T", " ").replace("\x00t", " ")
    except (ValueError, OverflowError):
        return None


def _day_of(match: re.Match[str], half: str) -> date:
    parts = match.groupdict()
    year, day = int(parts["year"]), int(parts["day"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= FIRST_YEAR % 100 else 2000
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("absurd year")
    month = _MONTHS[parts["name"][:3].lower()] if "name" in parts else int(parts["month"])
    # Month first is the habit of the AM/PM form alone ("8/5/2026 11:14:00 PM"); a 28 there is still a day.
    if half in ("AM", "PM") and parts.get("sep") == "/" and day <= 12:
        day, month = month, day
    return date(year, month, day)


def _time_of(match: re.Match[str] | None, half: str) -> time:
    if not match:
        return time()
    hour = int(match["hour"])
    if half:
        if not 0 <= hour <= 12:
            raise ValueError("no hour of a half day")
        hour = hour % 12 + (12 if half in ("PM", "CH") else 0)
    return time(hour, int(match["minute"]), min(int(match["second"] or 0), 59))


def _zone_of(match: re.Match[str]) -> tzinfo | None:
    """The stated zone, or None for one that does not exist or that we do not know."""
    if match["zone"]:
        hours = _ZONES.get(match["zone"].upper())
        return None if hours is None else timezone(timedelta(hours=hours))
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if offset > timedelta(hours=14):
        return None
    return timezone(offset if match["sign"] == "+" else -offset)
