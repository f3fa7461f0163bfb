"""When a feed is asked again: the laws, and the days of real feeds."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW
from feeds.rhythm import (
    GONE,
    LONGEST,
    SHORTEST,
    UNKNOWN,
    back_off,
    first_rhythm,
    next_check,
    next_rhythm,
    rest_of_host,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@given(
    rhythm=st.none() | st.floats(1, 1e8),
    silence=st.timedeltas(timedelta(0), timedelta(days=4000)),
    shortest=st.timedeltas(MINUTE, 12 * HOUR),
    fresh_for=st.floats(0, 1e6),
    failures=st.integers(0, 10_000),
    retry_after=st.none() | st.floats(0, 1e9),
)
def test_law_of_the_next_check(
    rhythm: float | None,
    silence: timedelta,
    shortest: timedelta,
    fresh_for: float,
    failures: int,
    retry_after: float | None,
) -> None:
    moment = next_check(
        NOW,
        rhythm=rhythm,
        silence=silence,
        shortest=shortest,
        fresh_for=fresh_for,
        failures=failures,
        retry_after=retry_after,
    )
    asked = timedelta(seconds=min(retry_after or 0.0, DAY.total_seconds()))
    assert moment - NOW >= max(shortest * 0.9, asked)
    assert moment - NOW <= max(LONGEST * 1.1, asked)


@pytest.mark.parametrize(
    ("rhythm", "wait"),
    [(None, UNKNOWN), (60.0, SHORTEST), (3600.0, 30 * MINUTE), (86_400.0 * 30, LONGEST)],
)
def test_a_feed_is_asked_twice_in_its_rhythm(rhythm: float | None, wait: timedelta) -> None:
    assert abs(next_check(NOW, rhythm=rhythm) - NOW - wait) <= wait / 10


def test_in_a_silence_a_feed_is_asked_ever_more_rarely() -> None:
    waits = [next_check(NOW, rhythm=600.0, silence=silence) - NOW for silence in (MINUTE, 8 * HOUR, 3 * DAY, 90 * DAY)]
    assert all(earlier * 1.5 < later for earlier, later in pairwise(waits))


def test_what_the_server_calls_fresh_is_left_alone_while_no_article_can_slip_through() -> None:
    slow, fast = 6 * 3600.0, 120.0
    assert next_check(NOW, rhythm=slow, fresh_for=5 * 3600) - NOW >= 5 * HOUR * 0.9
    assert next_check(NOW, rhythm=fast, fresh_for=12 * 3600) - NOW <= 11 * MINUTE, "ten items last twenty minutes"
    assert next_check(NOW, rhythm=slow, fresh_for=9 * 3600, failures=1) == pytest.approx(
        next_check(NOW, rhythm=slow, failures=1), abs=2 * HOUR
    ), "what failed is not fresh"


def test_a_feed_that_is_gone_is_asked_once_a_month() -> None:
    assert abs(next_check(NOW, failures=1, is_gone=True) - NOW - GONE) <= GONE / 10


def test_failures_double_the_wait() -> None:
    waits = [back_off(10 * MINUTE, failures) for failures in range(8)]
    assert all(earlier * 1.5 < later for earlier, later in pairwise(waits[:6]))
    assert waits[-1] <= LONGEST * 1.1


def test_a_host_rests_after_three_failures_or_when_it_asks_for_it() -> None:
    assert rest_of_host(2) == timedelta(0)
    assert rest_of_host(3) >= SHORTEST * 0.9
    assert rest_of_host(1, 3600.0) == HOUR
    assert rest_of_host(1000) <= LONGEST * 1.1
    assert rest_of_host(1, 1e9) == DAY


# The rhythm


def dates(*ages: timedelta) -> list[datetime]:
    return [NOW - age for age in ages]


def test_the_first_rhythm_comes_from_the_dates() -> None:
    hourly = dates(*(hours * HOUR for hours in range(1, 31)))
    assert first_rhythm(hourly, NOW) == pytest.approx(3600, rel=0.01)
    assert first_rhythm(hourly[:2], NOW) is None
    assert first_rhythm([NOW + DAY] * 5, NOW) is None, "dates of the future tell nothing"
    stopped = dates(*(90 * DAY + hours * HOUR for hours in range(30)))
    assert first_rhythm(stopped, NOW) == pytest.approx(91.2 * 86_400 / 30, rel=0.01)


def test_the_rhythm_follows_what_comes() -> None:
    rhythm: float | None = 3600.0
    for _ in range(20):
        rhythm = next_rhythm(rhythm, 20 * MINUTE, 2)
    assert rhythm == pytest.approx(600, rel=0.05)
    assert next_rhythm(rhythm, DAY, 0) == rhythm
    assert next_rhythm(None, HOUR, 3) == 1200.0


def test_a_real_day_misses_nothing() -> None:
    """134 articles a day, up to 25 in an hour, 50 shown at a time (QUIRKS Q38, Q39), none at night."""
    start = NOW - 7 * HOUR  # midnight in Vietnam
    by_hour = [0, 0, 0, 0, 1, 3, 6, 9, 12, 25, 11, 8, 6, 5, 9, 12, 8, 6, 5, 3, 2, 2, 1, 0]
    published = [
        start + day * DAY + hour * HOUR + HOUR * number / count
        for day in range(3)
        for hour, count in enumerate(by_hour)
        for number in range(count)
    ]
    now, seen, brought, late = start + 9 * HOUR, 0, start, []
    rhythm = first_rhythm([moment for moment in published if moment <= now], now)
    looks = 0
    while now < start + 3 * DAY:
        there = sum(moment <= now for moment in published)
        assert there - seen <= 50, "none rolls out of the feed unseen"
        late += [now - moment for moment in published[seen:there]]
        if there > seen:
            rhythm, brought, seen = next_rhythm(rhythm, now - brought, there - seen), now, there
        now = next_check(now, rhythm=rhythm, silence=now - brought)
        looks += 1
    late = late[seen // 10 :]  # the first look finds the morning's
    assert sorted(late)[len(late) // 2] <= 10 * MINUTE
    assert looks < 3 * 200
