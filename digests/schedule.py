"""When a digest is due, when it comes, and how far back it looks; pure.

Due moments. A rule names days (every one, Monday to Friday, chosen weekdays, or a day of the month, the last where the
month has fewer) and minutes of these days, by the clock of its zone. Where clocks jump forward over such a minute it
comes that much later; where they fall back it comes once, at the first of the two. Two minutes that so become one
moment are one digest.

Digests that come late (`take_up`):

1. Of several missed ones only the last comes, and only less than `MISSED` after its moment; else it is joined to the
   next, whose window begins where the last one ended.
2. A digest that comes at most `ON_TIME` after its moment comes at an hour that its reader chose: also in quiet hours,
   but then without sound.
3. Nothing else comes in quiet hours, which are by the chat's clock: a later digest waits for their end, and is joined
   to the next where that comes before, or where it would be `MISSED` by then.
4. Instant digests have no moments. They are due at once, or when the quiet hours end; urgent ones of a chat that wants
   them are due at once, and sound. What waited for that end waits on for a digest of the same chat that is due at most
   `JOINED` later. What a digest of the same chat told in between is not told again, so what was held joins that digest;
   an instant digest that is left without stories does not come. An urgent one takes along what waited.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
CADENCES = ("daily", "weekdays", "weekly", "monthly", "instant")
DAY_MINUTES = 24 * 60
ON_TIME = timedelta(minutes=30)
MISSED = timedelta(hours=12)
JOINED = timedelta(hours=1)
# The longest windows: long enough for a digest and a missed one before it.
LOOK_BACK = {
    "daily": timedelta(days=4),
    "weekdays": timedelta(days=4),
    "instant": timedelta(days=4),
    "weekly": timedelta(days=14),
    "monthly": timedelta(days=62),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """The moments of a subscription: `minutes` after midnight; weekdays of a weekly one (Monday is 0); the day of the
    month of a monthly one. ValueError for one without any."""

    zone: ZoneInfo
    minutes: tuple[int, ...]
    cadence: str = "daily"
    weekdays: tuple[int, ...] = (0,)
    month_day: int = 1

    def __post_init__(self) -> None:
        if self.cadence not in CADENCES or self.cadence == "instant":
            raise ValueError(f"no moments: {self.cadence}")
        if not self.minutes or not all(0 <= minute < DAY_MINUTES for minute in self.minutes):
            raise ValueError(f"no minutes of a day: {self.minutes}")
        if not self.weekdays or not all(0 <= weekday < 7 for weekday in self.weekdays):
            raise ValueError(f"no days of a week: {self.weekdays}")
        if not 1 <= self.month_day <= 31:
            raise ValueError(f"no day of a month: {self.month_day}")

    def falls_on(self, day: date) -> bool:
        match self.cadence:
            case "weekdays":
                return day.weekday() < 5
            case "weekly":
                return day.weekday() in self.weekdays
            case "monthly":
                return day.day == min(self.month_day, monthrange(day.year, day.month)[1])
            case _:
                return True


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, minutes after midnight, over midnight where `end` is the smaller; equal: none."""

    zone: ZoneInfo
    start: int
    end: int

    def cover(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def end_after(self, moment: datetime) -> datetime:
        """The first end after `moment`; where clocks fall back over one it ends them twice. In UTC."""
        wall, day = time(*divmod(self.end, 60), tzinfo=self.zone), moment.astimezone(self.zone).date() - DAY
        found: list[datetime] = []
        while not found:
            ends = (datetime.combine(one, wall.replace(fold=f)) for one in (day, day + DAY) for f in (0, 1))
            found = [end for end in (e.astimezone(UTC) for e in ends) if end > moment and not self.cover(end)]
            day += DAY
        return min(found)


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of a subscription that is due: the moment of the digest that comes now, and when it is due next."""

    comes: datetime | None
    next_due_at: datetime | None


def next_due(rule: Rule, after: datetime) -> datetime:
    """The first moment of `rule` strictly after `after`; in UTC."""
    # A moment that a jump of the clocks has moved may lie on the day after its own.
    day = after.astimezone(rule.zone).date() - DAY
    found: list[datetime] = []
    while not found:
        found = [moment for one in (day, day + DAY) for moment in _moments(rule, one) if moment > after]
        day += DAY
    return min(found)


def take_up(
    rule: Rule | None,
    quiet: QuietHours,
    due_at: datetime,
    now: datetime,
    *,
    passes_quiet: bool,
    other_at: datetime | None = None,
) -> Turn:
    """What comes of a subscription that was due at `due_at` and is looked at `now`, by the rules above.

    Without a rule it is instant; `passes_quiet`: its chat wants urgent news in quiet hours; `other_at`: the next moment
    after `now` of the chat's subscriptions that have any.
    """
    if rule is None:
        is_urgent = passes_quiet and quiet.cover(due_at) and now - due_at <= ON_TIME
        if quiet.cover(now) and not is_urgent:
            return Turn(None, quiet.end_after(now))
        if other_at and other_at - due_at <= JOINED and quiet.end_after(due_at - timedelta.resolution) == due_at:
            return Turn(None, other_at)
        return Turn(due_at, None)
    latest = due_at
    while (moment := next_due(rule, max(latest, now - MISSED))) <= now:
        latest = moment
    following = next_due(rule, now)
    if now - latest >= MISSED:
        return Turn(None, following)
    if now - latest <= ON_TIME or not quiet.cover(now):
        return Turn(latest, following)
    end = quiet.end_after(now)
    return Turn(None, following if following <= end or end - latest >= MISSED else end)


def window_start(
    rule: Rule | None,
    covered_until: datetime | None,
    paused_until: datetime | None,
    now: datetime,
    due_at: datetime | None = None,
) -> datetime:
    """Where the window of a digest that comes `now` begins: where the last one's ended, at most `LOOK_BACK` ago.

    A day before it was due, default now, for the first one, and where the last one's end lies ahead since the clock was
    wrong. After a pause that kept a digest from coming: with the end of the pause, at least a day ago.
    """
    if covered_until is None or covered_until > now:
        covered_until, paused_until = (due_at or now) - DAY, None
    start = max(covered_until, now - LOOK_BACK[rule.cadence if rule else "instant"])
    if paused_until and (rule is None or next_due(rule, covered_until) < paused_until):
        start = max(start, min(paused_until, now - DAY))
    return start


def _moments(rule: Rule, day: date) -> list[datetime]:
    if not rule.falls_on(day):
        return []
    walls = (time(minute // 60, minute % 60, tzinfo=rule.zone) for minute in rule.minutes)
    return [datetime.combine(day, wall).astimezone(UTC) for wall in walls]
