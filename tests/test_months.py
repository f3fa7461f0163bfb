"""The months and years that people type after /lich."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.months import DATA, is_known, month_typed

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "year", "month"),
    [
        ("", 2026, 11),
        ("tháng này", 2026, 11),
        ("thang nay", 2026, 11),
        ("THÁNG NÀY!", 2026, 11),
        ("tha\u0301ng na\u0300y", 2026, 11),
        ("this month", 2026, 11),
        ("tuần này", 2026, 11),
        ("hôm nay", 2026, 11),
        ("tháng sau", 2026, 12),
        ("thang toi", 2026, 12),
        ("next month", 2026, 12),
        ("tháng trước", 2026, 10),
        ("năm nay", 2026, None),
        ("nam nay", 2026, None),
        ("this year", 2026, None),
        ("năm sau", 2027, None),
        ("sang năm", 2027, None),
        ("next year", 2027, None),
        ("năm ngoái", 2025, None),
        ("quý này", 2026, None),
        ("quy sau", 2027, None),
        ("quý IV/2027", 2027, None),
        ("quý 4 năm 2027", 2027, None),
        ("tháng 10 năm nay", 2026, 10),
        ("thang 3 nam sau", 2027, 3),
        ("thang 10 nam 2027", 2027, 10),
        ("t10/2027", 2027, 10),
        ("10, 2027", 2027, 10),
        ("10 năm 2027", 2027, 10),
        ("t3 năm sau", 2027, 3),
        ("2027-3", 2027, 3),
        ("12", 2026, 12),
    ],
)
def test_what_is_understood(typed: str, year: int, month: int | None) -> None:
    assert month_typed(typed, TODAY) == (year, month, "")


@pytest.mark.parametrize(
    ("typed", "year", "month", "unread"),
    [
        ("10/2027 công an", 2027, 10, "công an"),
        ("xem lịch tháng sau", 2026, 12, "xem lịch"),
        ("tháng này 2025", 2026, 11, "2025"),
        ("09-CT/TW", 2026, 11, "09-CT/TW"),
        ("quý 5/2027", 2026, 11, "quý 5/2027"),
        ("13/2027", 2026, 11, "13/2027"),
        ("99/9999", 2026, 11, "99/9999"),
        ("tháng nayy", 2026, 11, "tháng nayy"),
        ("3 tháng tới", 2026, 11, "3 tháng tới"),
        ("5 năm sau", 2026, 11, "5 năm sau"),
        ("6 tháng cuối năm 2026", 2026, 11, "6 tháng cuối năm 2026"),
        ("next 3 months", 2026, 11, "next 3 months"),
    ],
)
def test_what_is_typed_besides_is_said(typed: str, year: int, month: int | None, unread: str) -> None:
    assert month_typed(typed, TODAY) == (year, month, unread)


def test_times_are_seen_from_today() -> None:
    assert month_typed("tháng sau", date(2026, 12, 5)) == (2027, 1, "")
    assert month_typed("tháng trước", date(2026, 1, 28)) == (2025, 12, "")
    assert month_typed("tuần sau", date(2026, 11, 27)) == (2026, 12, "")
    assert month_typed("quý trước", date(2026, 2, 1)) == (2025, None, "")


def test_all_words_are_understood() -> None:
    for lists in tomllib.loads(DATA.read_text("utf-8")).values():
        assert len(lists) == 3
        assert not [said for words in lists for said in words if month_typed(said, TODAY)[2]]


@given(st.text(max_size=60))
def test_no_text_breaks_it(typed: str) -> None:
    year, month, _ = month_typed(typed, TODAY)
    assert is_known(year, month)
