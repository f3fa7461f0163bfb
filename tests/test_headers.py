"""What response headers say."""

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from feeds.headers import MAX_FRESH, MAX_RETRY_AFTER, parse_fresh_for, parse_retry_after, past_date, validator

NOW = datetime(2026, 10, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 05 Oct 2026 04:10:00 GMT", 600.0),
        ("Mon, 05 Oct 2026 03:00:00 GMT", 0.0),
        ("999999999999", MAX_RETRY_AFTER),
        ("Fri, 31 Dec 2099 00:00:00 GMT", MAX_RETRY_AFTER),
        ("-5", None),
        ("nan", None),
        ("9" * 400, None),
        ("mai nhé", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


SOON = "Mon, 05 Oct 2026 04:10:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Cache-Control": "max-age=300"}, 300.0),
        ({"cache-control": 'public, Max-Age="300", must-revalidate'}, 300.0),
        ({"Cache-Control": "max-age=300", "Age": "100"}, 200.0),
        ({"Cache-Control": "max-age=300", "Age": "400"}, 0.0),
        ({"Cache-Control": "max-age=300", "Age": "nan"}, 300.0),
        ({"Cache-Control": "s-maxage=300"}, 0.0),
        ({"Cache-Control": "max-age=300, no-cache"}, 0.0),
        ({"Cache-Control": "no-store", "Expires": SOON}, 0.0),
        ({"Cache-Control": "max-age=0", "Expires": SOON}, 0.0),
        ({"Cache-Control": "max-age=-1"}, 0.0),
        ({"Cache-Control": "max-age=9999999999"}, MAX_FRESH),
        ({"Expires": SOON}, 600.0),
        ({"Expires": SOON, "Date": "Mon, 05 Oct 2026 04:08:00 GMT"}, 120.0),
        ({"Expires": SOON, "Date": "hôm nay"}, 600.0),
        ({"Expires": "Fri, 31 Dec 2099 00:00:00 GMT"}, MAX_FRESH),
        ({"Expires": "0"}, 0.0),
        ({"Expires": "-1"}, 0.0),
        ({"Expires": "Mon, 05 Oct 2020 04:10:00 GMT"}, 0.0),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, str], seconds: float) -> None:
    assert parse_fresh_for(CIMultiDict(headers), NOW) == seconds


def test_what_is_sent_back() -> None:
    assert validator(' W/"a b" ') == 'W/"a b"'
    assert validator('"a\r\nX: y"') is validator('"é"') is validator("") is validator(None) is None
    assert validator("x" * 501) is None
    assert past_date("Mon, 05 Oct 2026 03:59:00 GMT", NOW) == "Mon, 05 Oct 2026 03:59:00 GMT"
    assert past_date(SOON, NOW) is past_date("hom qua", NOW) is past_date(None, NOW) is None
