"""Who implements a document: a province or a body named wrongly is worse than none."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from digests import bodies as bodies_module
from digests.bodies import GROUPS, bodies, body_of, find_bodies
from digests.implementer import Implementer, implementer
from feeds.places import province_names

RAW = "Chỉ thị số 48-CT/TW"


def who(
    quote: str, title: str = "", lead: str = "", *, stage: str = "implemented", **more: str | None
) -> Implementer | None:
    return implementer(quote, title, lead, raw=RAW, stage=stage, **more)


def name(*args: str, **more: str | None) -> str | None:
    found = who(*args, **more)  # type: ignore[arg-type]
    return found.name if found else None


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (f"Sáng 5/3, UBND tỉnh Lào Cai tổ chức hội nghị tổng kết 10 năm thực hiện {RAW} của Bộ Chính trị.", "Lào Cai"),
        (f"Ngày 8/6, Tỉnh ủy Bến Tre sơ kết 5 năm thực hiện {RAW}.", "Vĩnh Long"),
        (f"Chiều 2/4, tại Hà Nội, Bộ Công an tổ chức hội nghị sơ kết 5 năm thực hiện {RAW} của Bộ Chính trị.", "BCA"),
        (f"Chiều 2/4, tại TP Hồ Chí Minh, Bộ Giao thông vận tải tập huấn về {RAW}.", "BXD"),
        (f"Phó Thủ tướng vừa ký quyết định ban hành kế hoạch thực hiện {RAW}.", "CP"),
        (f"Hội nghị tổng kết 10 năm thực hiện {RAW} do Công an tỉnh Cao Bằng tổ chức sáng nay.", "Cao Bằng"),
        (f"Công an xã Mường Mẫu, tỉnh Sơn La triển khai {RAW} tới từng bản.", "Sơn La"),
        (f"Trung ương Đoàn tổ chức hội nghị quán triệt {RAW}.", "TWĐTN"),
        (f"T.Ư Đoàn tổ chức hội nghị quán triệt {RAW}.", "TWĐTN"),
        (f"Ủy ban MTTQ Việt Nam tỉnh Nghệ An triển khai {RAW}.", "Nghệ An"),
        (f"Bộ KH&ĐT báo cáo sơ kết 5 năm thực hiện {RAW}.", "BTC"),
        (f"Sau 10 năm, {RAW} của Bộ Chính trị đã đi vào cuộc sống.", None),
        (f"Toàn Đảng, toàn dân ra sức thực hiện {RAW}.", None),
        (f"Hải Phòng dự hội nghị toàn quốc tổng kết {RAW}.", None),
        (f"Lãnh đạo Bộ Tư pháp dự hội nghị tổng kết {RAW} do Bộ Công an tổ chức.", "BCA"),
        (f"Ủy viên Bộ Chính trị Nguyễn Văn Mẫu nói về kết quả thực hiện {RAW}.", None),
        (f"Thực hiện Nghị quyết số 51-NQ/TW của Bộ Chính trị và {RAW}, nhiều mô hình đã ra đời.", None),
    ],
)
def test_whoever_acts_in_the_sentence(quote: str, expected: str | None) -> None:
    assert name(quote) == expected


def test_a_former_name_is_folded_and_still_named() -> None:
    assert who(f"UBND tỉnh Thái Bình tổ chức sơ kết 1 năm thực hiện {RAW}.") == Implementer(
        "province", "Hưng Yên", "Thái Bình", "sentence"
    )


@pytest.mark.parametrize(
    ("title", "more", "expected"),
    [
        ("Lai Châu giữ vững an ninh biên giới", {}, "Lai Châu"),
        ("Giữ vững an ninh biên giới", {"home": "Cà Mau"}, "Cà Mau"),
        ("Giữ vững an ninh biên giới", {"place": "Đồng Nai", "home": "Cà Mau"}, "Đồng Nai"),
        ("Bộ Công an khen Lai Châu và Điện Biên", {"home": "Cà Mau"}, None),
        ("Giữ vững an ninh biên giới", {}, None),
    ],
)
def test_a_local_organ_without_its_place_is_no_central_body(
    title: str, more: dict[str, str], expected: str | None
) -> None:
    quote = f"Thứ trưởng Bộ Công an dự hội nghị, do Công an tỉnh mời, về kết quả thực hiện {RAW}."
    assert name(quote, title, **more) == expected


def test_headline_and_lead_tell_where_the_sentence_does_not() -> None:
    quote = f"Nhiều kết quả đã đạt được sau 10 năm thực hiện {RAW}."
    assert name(quote, "Công an tỉnh Sơn La tổng kết công tác năm") == "Sơn La"
    found = who(quote, "Nhiều kết quả", "Sáng nay, Bộ Quốc phòng tổ chức hội nghị tổng kết.")
    assert found == Implementer("body", "BQP", "bộ quốc phòng", "lead")


def test_an_inspection_belongs_to_whoever_is_inspected() -> None:
    quote = f"Đoàn kiểm tra của Bộ Chính trị làm việc với Ban Thường vụ Tỉnh ủy Hà Tĩnh về việc thực hiện {RAW}."
    assert name(quote, stage="inspected") == "Hà Tĩnh"
    assert name(f"Thanh tra Chính phủ kiểm tra việc thực hiện {RAW}.", stage="inspected") == "TTCP"


def test_hostile_text_is_bounded() -> None:
    assert name("Tỉnh " * 200_000 + RAW) is None


def test_every_name_of_a_body_is_read_as_that_body() -> None:
    rows = tomllib.loads(bodies_module.DATA.read_text("utf-8"))["body"]
    for row in rows:
        for field in ("names", "former", "units", "people"):
            for spelling in row.get(field, ()):
                found = [one.body.code for one in find_bodies(f"nay {spelling.lower()} họp")]
                assert found == [row["code"]], spelling
    codes = Counter(body.code for body in bodies())
    assert max(codes.values()) == 1
    assert {body.group for body in bodies()} == set(GROUPS)
    assert sum(body.group == "ministry" for body in bodies()) == 17  # 14 ministries, 3 bodies of their rank
    assert body_of("BCA") in bodies()
    assert body_of("none") is None


def test_labels_name_what_there_is() -> None:
    labels = Path(__file__).parent.parent / "benchmarks" / "stages" / "places.jsonl"
    named = {name for line in labels.read_text("utf-8").splitlines() for name in json.loads(line)["where"] if name}
    assert named <= {body.code for body in bodies()} | set(province_names())
