"""Which command is offered for one that does not exist."""

import pytest

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.handlers.routes import nearest_command


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/tim kiem ma túy", "timkiem"),
        ("/tìm kiếm ma túy", "timkiem"),
        ("/xu huong", "xuhuong"),
        ("/dang ky 7:30", "dangky"),
        ("/dang theo doi", "dangtheodoi"),
        ("/dong thoi gian 09-CT/TW", "dongthoigian"),
        ("/ban do 09-CT/TW", "bando"),
        ("/tim-kiem", "timkiem"),
        ("/tim kem ma túy", "timkiem"),
        ("/timkeim@diemtin_bot ma túy", "timkiem"),
        ("/lich11/2026", "lich"),
        ("/vanban09-CT/TW", "vanban"),
        ("/tim", "timkiem"),
        ("/sub", "subscribe"),
        ("/sreach", "search"),
        ("/setings x", "settings"),
        ("/ma tuy", None),
        ("/thong bao x", None),
        ("/zzz", None),
        ("/", None),
        ("/@diemtin_bot", None),
        ("/" + "x " * 1000, None),
    ],
)
def test_the_command_that_was_perhaps_meant(typed: str, name: str | None) -> None:
    assert nearest_command(typed, COMMANDS) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/thong bao Mai bảo trì", "thongbao"),
        ("/thong boa", "thongbao"),
        ("/thong ke", "thongke"),
        ("/bo cam 5", "bocam"),
    ],
)
def test_an_admin_is_offered_an_admins(typed: str, name: str) -> None:
    assert nearest_command(typed, (*COMMANDS, *ADMIN_COMMANDS)) == name
