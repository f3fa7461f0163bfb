from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.schedule import LOOK_BACK, MISSED, ON_TIME, QuietHours, Rule, next_due, take_up, window_start

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEVEN = Rule(VIETNAM, (420,))
QUIET = QuietHours(VIETNAM, 21 * 60 + 30, 6 * 60 + 30)
# From one moment to the next, with a day whose clocks stand still for a day (Samoa, 2011) or fall back.
LONGEST_GAP = {"daily": 50 * HOUR, "weekdays": 5 * DAY, "weekly": 9 * DAY, "monthly": 33 * DAY}

zones = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"]
).map(ZoneInfo)
minutes_of_day = st.integers(min_value=0, max_value=1439)
rules = st.builds(
    Rule,
    zones,
    st.lists(minutes_of_day, min_size=1, max_size=5, unique=True).map(tuple),
    st.sampled_from(sorted(LONGEST_GAP)),
    st.lists(st.integers(min_value=0, max_value=6), min_size=1, unique=True).map(tuple),
    st.integers(min_value=1, max_value=31),
)
naive = st.datetimes(min_value=datetime(2009, 1, 1), max_value=datetime(2035, 1, 1))  # noqa: DTZ001
moments = naive.map(lambda moment: moment.replace(tzinfo=UTC))
quiet_hours = st.builds(QuietHours, zones, minutes_of_day, minutes_of_day)


def at(text: str) -> datetime:
    """An instant by Vietnam's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("minute", "zone", "after", "due"),
    [
        (420, "Asia/Ho_Chi_Minh", "2026-11-19T23:59:59+00:00", "2026-11-20T00:00:00+00:00"),
        (420, "Asia/Ho_Chi_Minh", "2026-11-20T00:00:00+00:00", "2026-11-21T00:00:00+00:00"),
        (0, "Asia/Ho_Chi_Minh", "2026-12-31T16:59:00+00:00", "2026-12-31T17:00:00+00:00"),
        (1439, "America/New_York", "2026-11-20T04:58:00+00:00", "2026-11-20T04:59:00+00:00"),
        # Clocks jump over 02:30 in Paris on 29 March 2026: it comes an hour later, once.
        (150, "Europe/Paris", "2026-03-28T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),
        # 02:30 happens twice on 25 October 2026: the digest comes at the first, and then the next day.
        (150, "Europe/Paris", "2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),
        (150, "Europe/Paris", "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"),
    ],
)
def test_next_due_of_a_daily_one(minute: int, zone: str, after: str, due: str) -> None:
    assert next_due(Rule(ZoneInfo(zone), (minute,)), datetime.fromisoformat(after)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("rule", "after", "due"),
    [
        # Friday 20 November 2026: weekdays go on with Monday.
        (Rule(VIETNAM, (420,), "weekdays"), "2026-11-20T07:00", "2026-11-23T07:00"),
        (Rule(VIETNAM, (420,), "weekdays"), "2026-11-19T07:00", "2026-11-20T07:00"),
        (Rule(VIETNAM, (420,), "weekly", (2, 6)), "2026-11-20T07:00", "2026-11-22T07:00"),
        (Rule(VIETNAM, (420,), "weekly", (2, 6)), "2026-11-22T07:00", "2026-11-25T07:00"),
        (Rule(VIETNAM, (420,), "weekly", (4,)), "2026-11-20T07:00", "2026-11-27T07:00"),
        (Rule(VIETNAM, (420,), "monthly", month_day=31), "2026-11-20T07:00", "2026-11-30T07:00"),
        (Rule(VIETNAM, (420,), "monthly", month_day=31), "2026-11-30T07:00", "2026-12-31T07:00"),
        (Rule(VIETNAM, (420,), "monthly", month_day=30), "2027-01-30T07:00", "2027-02-28T07:00"),
        (Rule(VIETNAM, (420,), "monthly", month_day=29), "2028-02-01T07:00", "2028-02-29T07:00"),
        (Rule(VIETNAM, (420, 1020)), "2026-11-20T07:00", "2026-11-20T17:00"),
        (Rule(VIETNAM, (1020, 420)), "2026-11-20T17:00", "2026-11-21T07:00"),
    ],
)
def test_next_due_of_the_other_cadences(rule: Rule, after: str, due: str) -> None:
    assert next_due(rule, at(after)) == at(due)


def test_minutes_that_a_jump_of_the_clocks_makes_one_are_one_digest() -> None:
    # 02:30 becomes 03:30 on this day, and 03:15 comes before it.
    rule = Rule(ZoneInfo("Europe/Paris"), (150, 195, 210))
    first = next_due(rule, datetime(2026, 3, 28, 22, tzinfo=UTC))
    second = next_due(rule, first)
    assert (first, second) == (datetime(2026, 3, 29, 1, 15, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert next_due(rule, second) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "choices",
    [
        {"minutes": ()},
        {"minutes": (1440,)},
        {"minutes": (-1,)},
        {"cadence": "weekly", "weekdays": ()},
        {"cadence": "weekly", "weekdays": (7,)},
        {"month_day": 0},
        {"month_day": 32},
        {"cadence": "hourly"},
        {"cadence": "instant"},
    ],
)
def test_a_rule_without_moments_is_refused(choices: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no "):
        Rule(**{"zone": VIETNAM, "minutes": (420,), **choices})  # type: ignore[arg-type]


@given(rules, moments)
def test_the_next_moment_is_never_now_and_within_the_longest_gap(rule: Rule, after: datetime) -> None:
    due = next_due(rule, after)
    assert after < due <= after + LONGEST_GAP[rule.cadence]


@given(rules, moments, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)))
def test_moments_follow_each_other_and_none_is_skipped(rule: Rule, after: datetime, later: timedelta) -> None:
    due = next_due(rule, after)
    # Asked at any time before it, it is the same; asked later, never an earlier one.
    assert next_due(rule, after + min(later, due - after - timedelta(microseconds=1))) == due
    assert next_due(rule, after + later) >= due


@given(rules, naive.map(datetime.date))
def test_every_day_of_a_rule_has_its_moments(rule: Rule, day: date) -> None:
    """By the clock itself: what it shows at some minute of such a day is a moment."""
    for minute in rule.minutes:
        wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=rule.zone)
        exists = wall.astimezone(UTC).astimezone(rule.zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
        if exists and rule.falls_on(day):
            assert next_due(rule, wall.astimezone(UTC) - MINUTE) <= wall.astimezone(UTC)


@given(rules, moments)
def test_a_moment_shows_a_chosen_minute_unless_clocks_jumped(rule: Rule, after: datetime) -> None:
    due = next_due(rule, after)
    local = due.astimezone(rule.zone)
    if local.utcoffset() == (due - DAY - HOUR).astimezone(rule.zone).utcoffset():
        assert local.hour * 60 + local.minute in rule.minutes
        assert rule.falls_on(local.date())
        assert local.fold == 0


@pytest.mark.parametrize(
    ("start", "end", "covered", "free"),
    [
        (1290, 390, ["21:30", "23:59", "00:00", "06:29"], ["06:30", "12:00", "21:29"]),
        (720, 840, ["12:00", "13:59"], ["11:59", "14:00", "00:00"]),
        (420, 420, [], ["07:00", "00:00"]),
    ],
)
def test_quiet_hours(start: int, end: int, covered: list[str], free: list[str]) -> None:
    quiet = QuietHours(VIETNAM, start, end)
    assert all(quiet.cover(at(f"2026-11-20T{clock}")) for clock in covered)
    assert not any(quiet.cover(at(f"2026-11-20T{clock}")) for clock in free)


@given(quiet_hours, moments)
def test_quiet_hours_end_when_they_say_so(quiet: QuietHours, moment: datetime) -> None:
    over = quiet.end_after(moment)
    assert over > moment
    assert not quiet.cover(over)
    assert over - moment <= LONGEST_GAP["daily"]


def test_quiet_hours_that_clocks_repeat_end_twice() -> None:
    """Clocks fall back in London at two on 25 October 2026, and quiet hours that ended at half past one come again."""
    quiet = QuietHours(ZoneInfo("Europe/London"), 22 * 60, 90)
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert quiet.end_after(first - HOUR) == first
    assert quiet.cover(second - 25 * MINUTE)
    assert quiet.end_after(second - 25 * MINUTE) == second


LATE_CASES = [
    # At its moment and shortly after it comes, whatever the hour.
    ("07:00", "07:00", "07:00", "21T07:00"),
    ("07:00", "07:20", "07:00", "21T07:00"),
    ("23:00", "23:10", "23:00", "21T23:00"),
    # Late, but less than half a day.
    ("07:00", "18:59", "07:00", "21T07:00"),
    # Later it is joined to the next.
    ("07:00", "19:00", None, "21T07:00"),
    # Late in quiet hours it waits for their end, unless the next comes before.
    ("20:00", "21:45", None, "21T06:30"),
    ("23:00", "23:45", None, "21T06:30"),
    # At their end it would be half a day late.
    ("18:00", "22:00", None, "21T18:00"),
]


@pytest.mark.parametrize(("due", "now", "comes", "following"), LATE_CASES)
def test_a_late_digest(due: str, now: str, comes: str | None, following: str) -> None:
    hour, minute = map(int, due.split(":"))
    rule = Rule(VIETNAM, (hour * 60 + minute,))
    turn = take_up(rule, QUIET, at(f"2026-11-20T{due}"), at(f"2026-11-20T{now}"), passes_quiet=True)
    assert turn.comes == (at(f"2026-11-20T{comes}") if comes else None)
    assert turn.next_due_at == at(f"2026-11-{following}")


def test_what_waits_in_quiet_hours_is_joined_to_a_digest_before_their_end() -> None:
    rule = Rule(VIETNAM, (0, 300))
    turn = take_up(rule, QUIET, at("2026-11-20T00:00"), at("2026-11-20T01:00"), passes_quiet=False)
    assert (turn.comes, turn.next_due_at) == (None, at("2026-11-20T05:00"))


def test_of_several_missed_digests_one_comes() -> None:
    rule = Rule(VIETNAM, (420, 720, 1020))
    turn = take_up(rule, QUIET, at("2026-11-16T07:00"), at("2026-11-20T13:00"), passes_quiet=False)
    assert (turn.comes, turn.next_due_at) == (at("2026-11-20T12:00"), at("2026-11-20T17:00"))


@pytest.mark.parametrize(
    ("due", "now", "passes_quiet", "comes", "following"),
    [
        ("20T12:00", "20T12:00", False, True, None),
        ("19T12:00", "20T12:00", False, True, None),  # the process was down: nothing else will tell of it
        ("20T21:00", "20T22:00", True, False, "21T06:30"),  # due before the quiet hours, so it was not urgent
        ("20T22:00", "20T22:00", False, False, "21T06:30"),
        ("20T22:00", "20T22:00", True, True, None),
        ("20T22:00", "20T23:30", True, False, "21T06:30"),
        ("21T06:30", "21T06:30", False, True, None),
    ],
)
def test_an_instant_one(due: str, now: str, passes_quiet: bool, comes: bool, following: str | None) -> None:
    turn = take_up(None, QUIET, at(f"2026-11-{due}"), at(f"2026-11-{now}"), passes_quiet=passes_quiet)
    assert turn.comes == (at(f"2026-11-{due}") if comes else None)
    assert turn.next_due_at == (at(f"2026-11-{following}") if following else None)


@given(rules, quiet_hours, moments, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_what_comes_comes_by_the_rules_of_late_digests(
    rule: Rule, quiet: QuietHours, after: datetime, late: timedelta
) -> None:
    due = next_due(rule, after)
    now = due + late
    turn = take_up(rule, quiet, due, now, passes_quiet=False)
    assert turn.next_due_at is not None
    assert now < turn.next_due_at <= now + LONGEST_GAP[rule.cadence]
    if turn.comes is None:
        assert late > ON_TIME
        assert next_due(rule, now - MISSED) > now or quiet.cover(now)
    else:
        assert due <= turn.comes <= now < turn.comes + MISSED
        assert next_due(rule, turn.comes) > now, "no later moment has passed"
        assert now - turn.comes <= ON_TIME or not quiet.cover(now)


@given(rules, quiet_hours, moments, st.lists(st.timedeltas(min_value=timedelta(0), max_value=5 * DAY), max_size=30))
def test_windows_have_no_gap_and_no_overlap_whenever_one_looks(
    rule: Rule, quiet: QuietHours, start: datetime, pauses: list[timedelta]
) -> None:
    """A subscription looked at, at random: each digest's window begins where the last one's ended."""
    now, due, covered = start, next_due(rule, start), start
    came: list[datetime] = []
    for pause in pauses:
        now += pause
        if due > now:
            continue
        turn = take_up(rule, quiet, due, now, passes_quiet=False)
        if turn.comes:
            begin = window_start(rule, covered, None, now)
            assert begin == max(covered, now - LOOK_BACK[rule.cadence])
            assert not came or turn.comes > came[-1], "no moment is claimed twice"
            came.append(turn.comes)
            covered = now
        assert turn.next_due_at is not None
        due = turn.next_due_at


@pytest.mark.parametrize(
    ("rule", "covered", "paused_until", "start"),
    [
        (SEVEN, None, None, "2026-11-19T07:00"),
        (SEVEN, "2026-11-19T07:01", None, "2026-11-19T07:01"),
        (SEVEN, "2026-11-01T07:00", None, "2026-11-16T07:00"),
        (None, "2026-11-01T07:00", None, "2026-11-16T07:00"),
        (Rule(VIETNAM, (420,), "weekdays"), "2026-11-01T07:00", None, "2026-11-16T07:00"),
        (Rule(VIETNAM, (420,), "weekly", (4,)), "2026-11-01T07:00", None, "2026-11-06T07:00"),
        (Rule(VIETNAM, (420,), "monthly"), "2026-06-01T07:00", None, "2026-09-19T07:00"),
        # The clock was wrong and was set right.
        (SEVEN, "2027-11-20T07:00", None, "2026-11-19T07:00"),
        # A pause: a day, or since it ended; nothing is cut where it kept no digest from coming.
        (SEVEN, "2026-11-17T07:00", "2026-11-20T00:00", "2026-11-19T07:00"),
        (None, "2026-11-17T07:00", "2026-11-20T00:00", "2026-11-19T07:00"),
        (Rule(VIETNAM, (420,), "weekly", (4,)), "2026-11-06T07:00", "2026-11-16T00:00", "2026-11-16T00:00"),
        (Rule(VIETNAM, (420,), "weekly", (4,)), "2026-11-13T07:00", "2026-11-19T00:00", "2026-11-13T07:00"),
    ],
)
def test_where_a_window_begins(rule: Rule | None, covered: str | None, paused_until: str | None, start: str) -> None:
    now = at("2026-11-20T07:00")
    found = window_start(rule, at(covered) if covered else None, at(paused_until) if paused_until else None, now)
    assert found == at(start)


def test_where_the_first_window_begins_that_comes_late() -> None:
    now, due_at = at("2026-11-20T11:00"), at("2026-11-20T07:00")
    assert window_start(SEVEN, None, None, now, due_at) == due_at - DAY
    assert window_start(SEVEN, None, None, now, due_at - 30 * DAY) == now - LOOK_BACK["daily"]
