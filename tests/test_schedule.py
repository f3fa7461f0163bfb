from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.schedule import next_due

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


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
def test_next_due(minute: int, zone: str, after: str, due: str) -> None:
    assert next_due(minute, ZoneInfo(zone), datetime.fromisoformat(after)) == datetime.fromisoformat(due)


@given(
    st.integers(min_value=0, max_value=1439),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "Australia/Sydney"]),
)
def test_next_due_is_soon_and_never_now(minute: int, naive: datetime, zone: str) -> None:
    after = naive.replace(tzinfo=UTC)
    due = next_due(minute, ZoneInfo(zone), after)
    assert after < due <= after + timedelta(hours=49)


@given(
    st.integers(min_value=0, max_value=1439),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
)
def test_vietnam_has_one_digest_a_day_at_its_minute(minute: int, naive: datetime) -> None:
    first = next_due(minute, VIETNAM, naive.replace(tzinfo=UTC))
    local = first.astimezone(VIETNAM)
    assert local.hour * 60 + local.minute == minute
    assert next_due(minute, VIETNAM, first) == first + timedelta(days=1)
