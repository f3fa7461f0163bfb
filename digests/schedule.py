"""When a digest is due; pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_due(minute_of_day: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant strictly after `after` at which the clock of `zone` shows `minute_of_day`; in UTC.

    Where clocks jump forward over that time, the digest comes that much later the same day; where they
    fall back, it comes at the first of the two.
    """
    wall = time(minute_of_day // 60, minute_of_day % 60)
    day = after.astimezone(zone).date()
    while True:
        due = datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
        if due > after:
            return due
        day += timedelta(days=1)
