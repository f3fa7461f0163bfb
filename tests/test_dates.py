"""Dates as papers write them; every form of the project's list of feed quirks is a row."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dates import FIRST_YEAR, LAST_YEAR, parse_date, parse_date_line

STATED = [
    # RFC 822 and its Vietnamese variants
    ("Sat, 18 Feb 2017 15:16:55 +0700", "2017-02-18T08:16:55"),
    ("Tue, 04 Aug 2026 20:52:07 +07:00", "2026-08-04T13:52:07"),
    ("Wed, 05 Aug 2026 23:08:00 +07", "2026-08-05T16:08:00"),
    ("Wed, 05 Aug 26 06:00:00 +0700", "2026-08-04T23:00:00"),
    ("Sun, 28 Jan 2024 06:15:28 GMT+7", "2024-01-27T23:15:28"),
    (" <![CDATA[ Sun, 28 Jan 2024 06:15:28 GMT+7 ]]> ", "2024-01-27T23:15:28"),
    ("Wed, 16 Jul 2025 09:30:00  GMT + 7", "2025-07-16T02:30:00"),
    ("Thu, 12 Apr 2012 09:05:00 GMT+07:00", "2012-04-12T02:05:00"),
    ("Thu, 12 Apr 2012 09:05:00 UTC+7", "2012-04-12T02:05:00"),
    ("Thu, 12 Apr 2012 09:05:00 ICT", "2012-04-12T02:05:00"),
    ("Thu, 12 Apr 2012 09:05:00", "2012-04-12T02:05:00"),
    ("Tue, 04 Aug 2026 07:24:22 GMT", "2026-08-04T07:24:22"),
    ("Mon, 12 Apr 2012 09:05:00 +0700", "2012-04-12T02:05:00"),  # a wrong weekday changes nothing
    ("Mon, May 25 2020 04:45:26 +0000", "2020-05-25T04:45:26"),
    ("Fri, 1 Jan 99 00:00:00 EST", "1999-01-01T05:00:00"),
    # month first, only with AM or PM
    ("8/4/2026 4:14:00 PM", "2026-08-04T09:14:00"),
    ("8/5/2026 11:14:00\u202fPM", "2026-08-05T16:14:00"),
    ("10/1/2026 12:02:00 PM", "2026-10-01T05:02:00"),
    ("10/1/2026 12:02:00 AM", "2026-09-30T17:02:00"),
    ("28/5/2026 4:14:00 PM", "2026-05-28T09:14:00"),  # no 28th month: a day all the same
    ("5/8/2026 11:14:00 CH", "2026-08-05T16:14:00"),  # Vietnamese halves of the day: day first
    # day first, Vietnam time
    ("Thứ 5, 28/05/2026 17:00:00 GMT+7", "2026-05-28T10:00:00"),
    ("28/05/2026 17:00:00", "2026-05-28T10:00:00"),
    ("28/05/2026 17:00", "2026-05-28T10:00:00"),
    ("30/01/2023 - 05:30", "2023-01-29T22:30:00"),
    ("13-01-2026 08:00:00", "2026-01-13T01:00:00"),
    ("28.5.2026, 17h05", "2026-05-28T10:05:00"),
    ("Cập nhật: 18:29 28/09/2021 GMT+7", "2021-09-28T11:29:00"),
    ("Cập nhật lúc 08:15, 05/08/2026 (GMT+7)", "2026-08-05T01:15:00"),
    ("18:29 ngày 28 tháng 9 năm 2021", "2021-09-28T11:29:00"),
    ("28/05/2026", "2026-05-27T17:00:00"),
    ("05/08/2026-14:30", "2026-08-05T07:30:00"),
    ("14:30-05/08/2026", "2026-08-05T07:30:00"),
    # zones in small letters
    ("Wed, 05 Aug 2026 10:00:00 gmt", "2026-08-05T10:00:00"),
    ("05/08/2026 10:00 utc", "2026-08-05T10:00:00"),
    ("05/08/2026 10:00 Gmt+7", "2026-08-05T03:00:00"),
    ("2026-08-05t10:00:00z", "2026-08-05T10:00:00"),
    ("10:00 hôm 5/8/2026", "2026-08-05T03:00:00"),  # a word is no zone
    ("10:00 am 5/8/2026", "2026-05-08T03:00:00"),
    # ISO
    ("2026-10-05T04:00:00Z", "2026-10-05T04:00:00"),
    ("2026-10-05T11:00:00+07:00", "2026-10-05T04:00:00"),
    ("2026-10-05T11:00:00.123456+07:00", "2026-10-05T04:00:00"),
    ("2026-10-05T11:00:00", "2026-10-05T04:00:00"),
    ("2026-10-05 11:00:00", "2026-10-05T04:00:00"),
    ("20261005T110000+0700", "2026-10-05T04:00:00"),
]

NOT_STATED = [
    "",
    "08:00",
    "Hôm nay, 08:00",
    "Chiều 2-10",
    "ngày 28/9",
    "1791234567",
    "9" * 400,
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Thu, 31 Dec 2099 23:59:59 +0700",
    "1 Jan 1000000000 00:00:00 +0700",
    "-0044-03-15T00:00:00Z",
    "Thu, 31 Feb 2026 09:05:00 +0700",
    "Sun, 32 Dec 2026 25:61:61 +0700",
    "28/05/2026 25:61",
    "8/5/2026 13:14:00 PM",
    "Sat, 18 Feb 2017 15:16:55 +9999",
    "Sat, 18 Feb 2017 15:16:55 XYZ",
    "Sat, 18 Feb 2017 15:16:55 PST8PDT",
    "05-CT/TW, 12/2016",
]


@pytest.mark.parametrize(("raw", "utc"), STATED)
def test_a_stated_date_is_read(raw: str, utc: str) -> None:
    assert parse_date(raw) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("raw", NOT_STATED)
def test_what_is_no_whole_date_is_unknown(raw: str) -> None:
    assert parse_date(raw) is None


def test_the_zone_of_zoneless_dates_can_be_chosen() -> None:
    assert parse_date("2026-10-05 11:00", default_zone=UTC) == datetime(2026, 10, 5, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "is_date"),
    [
        ("Cập nhật: 18:29 28/09/2021 GMT+7", True),
        ("30/01/2023 - 05:30", True),
        ("Thứ Tư, 05/08/2026 | 08:15", True),
        ("Thứ hai, ngày 28 tháng 9 năm 2021, lúc 18:29", True),
        ("28/05/2026 17:00 (GMT+7)", True),
        ("Ngày 28/9/2021, Ban Thường vụ họp", False),
        ("Chỉ thị số 05-CT/TW ngày 15/5/2016", False),
        ("Chiều 2-10", False),
        ("x" * 100, False),
    ],
)
def test_a_date_line_holds_nothing_else(line: str, is_date: bool) -> None:
    assert (parse_date_line(line) is not None) is is_date


@given(st.text())
def test_never_raises(raw: str) -> None:
    moment = parse_date(raw)
    assert moment is None or FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1


@given(st.text(alphabet="0123456789/-:+., TZAPMGChứngày\u202f\x00\x01", max_size=40))
def test_never_raises_on_what_looks_like_dates(raw: str) -> None:
    parse_date(raw)
    parse_date_line(raw)


@given(
    st.datetimes(min_value=datetime(FIRST_YEAR, 1, 2), max_value=datetime(LAST_YEAR, 12, 30)),  # noqa: DTZ001
    st.integers(min_value=-12 * 60, max_value=14 * 60),
)
def test_reads_back_what_iso_and_rfc_822_write(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S %z")) == moment
