"""Places: which province a text names, and what only looks like one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.places import compose, find_places, home_of, place_label, present_province, province_named, provinces


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Công an tỉnh Bến Tre ra quân", [("Bến Tre", "Vĩnh Long")]),
        ("UBND TP.HCM, TP. HCM, TPHCM và TP HCM", [("Hồ Chí Minh", "Hồ Chí Minh")] * 4),
        ("Thành ủy TP. Hồ Chí Minh họp", [("Hồ Chí Minh", "Hồ Chí Minh")]),
        ("tại Thừa Thiên - Huế, nay là TP Huế", [("Thừa Thiên Huế", "Huế"), ("Huế", "Huế")]),
        (
            "Bà Rịa – Vũng Tàu và Bình Dương",
            [("Bà Rịa - Vũng Tàu", "Hồ Chí Minh"), ("Bình Dương", "Hồ Chí Minh")],
        ),
        ("Thanh Hoá, Khánh Hoà", [("Thanh Hóa", "Thanh Hóa"), ("Khánh Hòa", "Khánh Hòa")]),
        ("Đắc Lắc, Đăk Nông", [("Đắk Lắk", "Đắk Lắk"), ("Đắk Nông", "Lâm Đồng")]),
        ("TỈNH ỦY BẾN TRE HỌP", [("Bến Tre", "Vĩnh Long")]),
        ("Hội nghị ở Hà Nam bàn về hòa bình", [("Hà Nam", "Ninh Bình")]),
        ("nghi quyet 08 tinh uy ben tre", [("Bến Tre", "Vĩnh Long")]),
        ("nghị quyết 09 thành ủy hồ chí minh", [("Hồ Chí Minh", "Hồ Chí Minh")]),
        ("Cong an Ha Noi va Hue", [("Hà Nội", "Hà Nội"), ("Huế", "Huế")]),
        ("Công an Lê Chân Hải Phòng", [("Hải Phòng", "Hải Phòng")]),
        ("Bí thư Tỉnh ủy Thái Bình Nguyễn Văn A", [("Thái Bình", "Hưng Yên")]),
    ],
)
def test_finds(text: str, found: list[tuple[str, str]]) -> None:
    assert [(place.name, place.province) for place in find_places(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Chủ tịch Hồ Chí Minh",
        "Đoàn Thanh niên Cộng sản Hồ Chí Minh",
        "anh Nguyễn Hà Nam bị bắt",
        "Theo Lê Thị Huế, bà Huế đã khai",
        "khu vực châu Á - Thái Bình Dương",
        "chiến thắng Điện Biên Phủ, tỉnh Hà Nam Ninh cũ",
        "đàm phán hòa bình; vì hoà bình",
        "vì một thế giới hòa bình".lower(),
        "đường Hòa Bình, phường Thái Bình, xã Bình Dương",
        "Hoàng Anh Gia Lai gặp Thép Xanh Nam Định",
        "Huếch, Hà Namibia",
        "The army of Ha Long",
        "Ben Tre có dấu thì không phải",
    ],
)
def test_leaves_look_alikes(text: str) -> None:
    assert find_places(text) == ()


def test_offsets_are_those_of_the_text_as_given() -> None:
    text = "Ảnh: TP. HCM và Hoà Bình."
    assert [text[place.start : place.end] for place in find_places(text)] == ["TP. HCM", "Hoà Bình"]
    decomposed = unicodedata.normalize("NFD", text)
    pieces = [decomposed[place.start : place.end] for place in find_places(decomposed)]
    assert pieces == [unicodedata.normalize("NFD", piece) for piece in ("TP. HCM", "Hoà Bình")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TP.HCM", "Hồ Chí Minh"),
        ("tphcm", "Hồ Chí Minh"),
        ("Thành phố Hồ Chí Minh", "Hồ Chí Minh"),
        ("thanh pho ho chi minh", "Hồ Chí Minh"),
        ("Sài Gòn", "Hồ Chí Minh"),
        ("tỉnh Bến Tre", "Bến Tre"),
        (" ben tre ", "Bến Tre"),
        ("Hà noi", "Hà Nội"),
        ("Thừa Thiên - Huế", "Thừa Thiên Huế"),
        ("TP Huế", "Huế"),
        ("Bà Rịa - Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("ba ria vung tau", "Bà Rịa - Vũng Tàu"),
        ("Đắc Lắc", "Đắk Lắk"),
        ("Hoà Bình", "Hòa Bình"),
        (unicodedata.normalize("NFD", "Bến Tre"), "Bến Tre"),
        ("Bến Trẻ", None),
        ("Vũng Tàu", None),
        ("tỉnh", None),
        ("", None),
        ("Paris", None),
    ],
)
def test_names_a_province(written: str, name: str | None) -> None:
    assert province_named(written) == name


def test_the_city_is_shown_so_that_it_is_not_the_man() -> None:
    assert (place_label("Hồ Chí Minh"), place_label("Hồ Chí Minh", "en")) == ("TP. Hồ Chí Minh", "Ho Chi Minh City")
    assert [name for name in provinces() if province_named(place_label(name)) != name] == []
    assert [name for name in provinces() if province_named(place_label(name, "en")) != name] == []
    assert place_label("TP Bến Tre") == "TP Bến Tre"


def test_thirty_four_provinces_of_today_from_sixty_three() -> None:
    assert len(provinces()) == len(set(provinces())) == 34
    assert all(present_province(name) == name == province_named(name) for name in provinces())
    assert present_province("Hải Dương") == "Hải Phòng"
    with pytest.raises(KeyError):
        present_province("Paris")


def test_every_name_is_found_in_every_case() -> None:
    from feeds.places import _rules

    assert len(_rules().into) == 64  # the former 63, and Huế, renamed
    for name, province in _rules().into.items():
        for text in (f"UBND tỉnh {name}", f"UBND TỈNH {name.upper()}", f"tỉnh ủy {name.lower()}"):
            assert [(place.name, place.province) for place in find_places(text)] == [(name, province)], text


@given(st.text())
def test_any_text_is_read_and_offsets_hold(text: str) -> None:
    for place in find_places(text):
        assert text[place.start : place.end]


@given(st.text(alphabet=st.sampled_from("Hà NộiBếnTre\u0300\u0301\u0302\u0323 ,.")))
def test_composing_keeps_offsets_in_order(text: str) -> None:
    composed, offsets = compose(text)
    if offsets is None:
        assert composed == text
    else:
        assert len(offsets) == len(composed) + 1
        assert list(offsets) == sorted(offsets)
        assert offsets[-1] == len(text)


def test_a_local_paper_is_at_home_in_the_province_of_its_name() -> None:
    papers = ("Báo Hải Phòng", "Báo Bắc Giang", "Báo Đồng Khởi", "Hà Nội mới", "Hải Phòng", "")
    assert [home_of(paper) for paper in papers] == ["Hải Phòng", None, None, None, None, None]
