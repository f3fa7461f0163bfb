"""Health of a feed: what fails or is silent long enough to be told, and what is only a bad hour."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW
from feeds.health import (
    FAILING_FOR,
    MAX_FAILURES,
    SILENT_AT_LAST,
    SILENT_FOR,
    SILENT_UNKNOWN,
    Health,
    health_of,
    reason_of,
    trouble_of,
)
from feeds.models import Feed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def feed(**state: object) -> Feed:
    """A feed that was read a minute ago and brought something an hour ago."""
    made = Feed(url="https://a.example/rss", outlet="A", level="national", next_check_at=NOW + HOUR)
    usual = {
        "checked_at": NOW - MINUTE,
        "succeeded_at": NOW - MINUTE,
        "brought_at": NOW - HOUR,
        "newest_item_at": NOW - HOUR,
        "followed_at": NOW - 30 * DAY,
        "rhythm": 600.0,
    }
    for name, value in (usual | state).items():
        setattr(made, name, value)
    return made


def failing(failures: int, *, since: datetime | None, error: str = "http_403: HTTP 403: https://a.example/rss") -> Feed:
    good = since - MINUTE if since else None
    return feed(failures=failures, failing_since=since, succeeded_at=good, last_error=error)


@pytest.mark.parametrize(
    ("state", "health"),
    [
        (feed(), Health.WELL),
        (feed(checked_at=None, succeeded_at=None, brought_at=None, newest_item_at=None), Health.WAITING),
        (feed(paused=True, failures=100), Health.PAUSED),
        (failing(1, since=NOW - HOUR), Health.FALTERING),
        (failing(MAX_FAILURES - 1, since=NOW - FAILING_FOR + MINUTE), Health.FALTERING),
        (failing(MAX_FAILURES, since=NOW - HOUR), Health.FAILING),
        (failing(2, since=NOW - FAILING_FOR), Health.FAILING),
        (failing(3, since=None), Health.FALTERING),
        (feed(brought_at=NOW - SILENT_FOR + HOUR, newest_item_at=None), Health.WELL),
        (feed(brought_at=NOW - SILENT_FOR - HOUR, newest_item_at=None), Health.SILENT),
        (feed(brought_at=NOW - 9 * DAY, newest_item_at=NOW - 9 * DAY, rhythm=DAY.total_seconds()), Health.WELL),
        (feed(brought_at=NOW - 21 * DAY, newest_item_at=None, rhythm=DAY.total_seconds()), Health.SILENT),
        (feed(brought_at=NOW - 100 * DAY, newest_item_at=None, rhythm=40 * DAY.total_seconds()), Health.WELL),
        (feed(brought_at=NOW - SILENT_AT_LAST - DAY, newest_item_at=None, rhythm=1e9), Health.SILENT),
        (feed(brought_at=NOW - SILENT_UNKNOWN - DAY, newest_item_at=None, rhythm=None), Health.SILENT),
        # Items of an old date that are new to us are news, and so are those of a new date that we had.
        (feed(brought_at=NOW - HOUR, newest_item_at=NOW - 200 * DAY), Health.WELL),
        (feed(brought_at=None, newest_item_at=None, followed_at=NOW - DAY + HOUR), Health.WELL),
        (feed(brought_at=None, newest_item_at=None, followed_at=NOW - DAY - HOUR), Health.SILENT),
        (feed(brought_at=None, newest_item_at=None, followed_at=None), Health.SILENT),
    ],
)
def test_the_health_of_a_feed(state: Feed, health: Health) -> None:
    assert health_of(state, NOW) is health
    trouble = trouble_of(state, NOW)
    assert (trouble.kind if trouble else None) == (health if health in (Health.FAILING, Health.SILENT) else None)


def test_the_trouble_says_why_and_since_when() -> None:
    trouble = trouble_of(failing(30, since=NOW - DAY), NOW)
    assert trouble
    assert (trouble.reason, trouble.since) == ("http_403", NOW - DAY - MINUTE)
    silent = trouble_of(feed(brought_at=NOW - 9 * DAY, newest_item_at=NOW - 10 * DAY), NOW)
    assert silent
    assert (silent.reason, silent.since) == ("nothing_new", NOW - 9 * DAY)
    empty = trouble_of(feed(brought_at=None, newest_item_at=None), NOW)
    assert empty
    assert (empty.reason, empty.since) == ("no_entries", None)


def test_what_is_rarely_asked_fails_all_the_same() -> None:
    gone = failing(1, since=NOW - DAY, error="gone: HTTP 410: https://a.example/rss")
    gone.next_check_at = NOW + 29 * DAY
    assert health_of(gone, NOW) is Health.FAILING
    resting = failing(3, since=NOW - 2 * DAY)
    resting.next_check_at = NOW - 3 * HOUR  # its host rests
    assert health_of(resting, NOW) is Health.FAILING


def test_a_bot_that_was_switched_off_blames_no_feed() -> None:
    week = 7 * DAY
    assert trouble_of(failing(1, since=NOW - MINUTE), NOW + week) is None
    assert trouble_of(feed(), NOW + week) is None, "its last answer was in order"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("dns: the host is unknown: https://a.example/rss", "dns"),
        ("parse: html", "parse"),
        ("", "unknown"),
        (None, "unknown"),
        ("x" * 500, "x" * 40),
    ],
)
def test_the_reason_is_a_short_code(error: str | None, reason: str) -> None:
    assert reason_of(error) == reason


@given(
    rhythm=st.none() | st.floats(0, 1e8, allow_nan=False),
    quiet=st.timedeltas(timedelta(0), timedelta(days=4000)),
    longer=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_law_who_is_silent_stays_so_while_nothing_comes(
    rhythm: float | None, quiet: timedelta, longer: timedelta
) -> None:
    def health(pause: timedelta) -> Health:
        return health_of(feed(brought_at=NOW - MINUTE - pause, newest_item_at=None, rhythm=rhythm), NOW)

    if health(quiet) is Health.SILENT:
        assert health(quiet + longer) is Health.SILENT
        assert quiet >= SILENT_FOR
    if quiet >= SILENT_AT_LAST:
        assert health(quiet) is Health.SILENT
