"""Resolving: every rule, and above all what must not be resolved."""

from datetime import date

import pytest

from feeds.documents import Document, Relation, find_citations, load_catalogue, make_catalogue, resolve_citations

CASES = [
    # text, published, [(status, id, rule)]
    ("Chỉ thị số 05-CT/TW của Bộ Chính trị (khóa X)", None, [("resolved", "05-CT/TW#X", "stated_term")]),
    ("Chỉ thị số 05-CT/TW của Bộ Chính trị khóa XII", None, [("resolved", "05-CT/TW#XII", "stated_term")]),
    ("Chỉ thị số 05-CT/TW", None, [("ambiguous", None, "several_candidates")]),
    ("Chỉ thị số 05-CT/TW", date(2011, 3, 9), [("presumed", "05-CT/TW#X", "only_candidate")]),
    ("Chỉ thị số 09-CT/TW", None, [("presumed", "09-CT/TW#XI", "only_candidate")]),
    ("Chỉ thị số 09-CT/TW", date(2010, 1, 1), [("unknown", None, "contradiction")]),
    ("Chỉ thị số 09-CT/TW ngày 1/12/2011", None, [("resolved", "09-CT/TW#XI", "date")]),
    ("Chỉ thị số 09-CT/TW ngày 2/12/2011", None, [("unknown", None, "contradiction")]),
    ("Chỉ thị số 09-CT/TW ngày 22/9/1999", None, [("resolved", "09-CT/TW#VIII", "date")]),
    ("Chỉ thị số 09-CT/TW của Bộ Chính trị", None, [("unknown", None, "contradiction")]),
    ("Chỉ thị số 97-CT/TW khóa XI", None, [("resolved", "97-CT/TW#XI", "stated_term")]),
    ("Chỉ thị số 97-CT/TW khóa XIV", date(2020, 1, 1), [("unknown", None, "no_candidate")]),
    ("Chỉ thị số 97-CT/TW", None, [("unknown", None, "no_candidate")]),
    (
        "Chỉ thị 09-CT/TW về tăng cường phong trào toàn dân bảo vệ an ninh Tổ quốc",
        None,
        [("resolved", "09-CT/TW#XI", "title_words")],
    ),
    # The catalogued titles are of the security of the economy and of teaching defence.
    ("Chỉ thị số 12-CT/TW về an ninh quốc gia", None, [("ambiguous", None, "several_candidates")]),
    ("Chỉ thị 09-CT/TW về nuôi trồng thủy sản ven bờ", None, [("unknown", None, "contradiction")]),
    (
        "Chỉ thị 05-CT/TW (khóa X). Sau đó nhắc lại Chỉ thị 05-CT/TW.",
        None,
        [("resolved", "05-CT/TW#X", "stated_term"), ("resolved", "05-CT/TW#X", "anaphora")],
    ),
    (
        "Chỉ thị 05-CT/TW khóa X, Chỉ thị 05-CT/TW khóa XII và đâu đó Chỉ thị 05-CT/TW.",
        None,
        [
            ("resolved", "05-CT/TW#X", "stated_term"),
            ("resolved", "05-CT/TW#XII", "stated_term"),
            ("ambiguous", None, "several_candidates"),
        ],
    ),
    (
        "Chỉ thị 05-CT/TW và Kết luận số 86-KL/TW khóa X",
        None,
        [("resolved", "05-CT/TW#X", "relation"), ("resolved", "86-KL/TW#X", "stated_term")],
    ),
    (
        "Chỉ thị 05-CT/TW và Kết luận số 86-KL/TW",
        None,
        [("ambiguous", None, "several_candidates"), ("presumed", "86-KL/TW#X", "only_candidate")],
    ),
    (
        "Chỉ thị 05-CT/TW khóa XII; Kết luận số 86-KL/TW khóa X; Chỉ thị 05-CT/TW",
        None,
        [
            ("resolved", "05-CT/TW#XII", "stated_term"),
            ("resolved", "86-KL/TW#X", "stated_term"),
            ("ambiguous", None, "several_candidates"),
        ],
    ),
    ("Quyết định số 69-QĐ/TW", None, [("unknown", None, "contradiction")]),
    ("Quy định số 69-QĐ/TW khóa XIII", None, [("resolved", "69-QĐ/TW#XIII", "stated_term")]),
    (
        "Nghị quyết số 40 của Bộ Chính trị về “công tác công an trong tình hình mới”",
        None,
        [("resolved", "40-NQ/TW#IX", "title_words")],
    ),
    ("Nghị định 13/2023/NĐ-CP", None, [("resolved", "13/2023/NĐ-CP#2023", "full_symbol")]),
    ("Nghị định 999/2019/NĐ-CP", None, [("resolved", "999/2019/NĐ-CP#2019", "full_symbol")]),
    ("Nghị định 13/2023/NĐ-CP", date(2022, 1, 1), [("unknown", None, "contradiction")]),
    ("Luật số 24/2018/QH14", None, [("resolved", "24/2018/QH14#2018", "full_symbol")]),
    ("Nghị định 13 về bảo vệ dữ liệu cá nhân", None, [("resolved", "13/2023/NĐ-CP#2023", "title_words")]),
    ("Nghị định 13", None, [("presumed", "13/2023/NĐ-CP#2023", "only_candidate")]),
    ("Luật An ninh mạng", None, [("ambiguous", None, "several_candidates")]),
    ("Luật An ninh mạng năm 2018", None, [("resolved", "24/2018/QH14#2018", "full_symbol")]),
    ("Luật An ninh mạng năm 2020", None, [("unknown", None, "contradiction")]),
    (
        "Luật Xử lý vi phạm hành chính về xử lý vi phạm hành chính",
        None,
        [("presumed", "15/2012/QH13#2012", "only_candidate")],
    ),
    ("Luật Giá năm 2023", None, [("resolved", "L:Giá/2023#2023", "full_symbol")]),
    (
        "Luật An ninh mạng số 24/2018/QH14; Luật An ninh mạng cấm điều đó.",
        None,
        [("resolved", "24/2018/QH14#2018", "full_symbol"), ("resolved", "24/2018/QH14#2018", "anaphora")],
    ),
    ("Hiến pháp năm 2013", None, [("resolved", "HP/2013#2013", "full_symbol")]),
    ("Quyết định 623/QĐ-TTg ngày 14/4/2016", None, [("resolved", "623/QĐ-TTg#2016", "date")]),
    ("Quyết định 77/QĐ-TTg ngày 14/4/2016", None, [("resolved", "77/QĐ-TTg#2016", "date")]),
    ("Quyết định 77/QĐ-TTg", None, [("unknown", None, "no_candidate")]),
    (
        "Nghị quyết số 02-NQ/TU ngày 24/5/2011 của Tỉnh ủy Hà Tĩnh",
        None,
        [("resolved", "02-NQ/TU@Hà Tĩnh#2011", "date")],
    ),
    ("Nghị quyết số 02-NQ/TU ngày 24/5/2011", None, [("presumed", "02-NQ/TU@Hà Tĩnh#2011", "only_candidate")]),
    ("Nghị quyết số 02-NQ/TU của Tỉnh ủy Sơn La", None, [("unknown", None, "no_candidate")]),
    (
        "TP. Bến Tre có Nghị quyết số 08-NQ/TU về tổ chức thực hiện chiến lược bảo vệ an ninh quốc gia",
        None,
        [("presumed", "08-NQ/TU@Bến Tre?#?", "only_candidate")],
    ),
    (
        "Nghị quyết số 08-NQ/TU của Tỉnh ủy Bến Tre về tổ chức thực hiện chiến lược bảo vệ an ninh quốc gia",
        None,
        [("presumed", "08-NQ/TU@Bến Tre?#?", "only_candidate")],
    ),
    ("Nghị quyết số 08-NQ/TU của Tỉnh ủy Hà Tĩnh", None, [("unknown", None, "no_candidate")]),
    ("Nghị quyết Trung ương 8 khóa XI", None, [("ambiguous", None, "several_candidates")]),
    (
        "Nghị quyết Trung ương 8 khóa XI về Chiến lược bảo vệ Tổ quốc trong tình hình mới",
        None,
        [("resolved", "28-NQ/TW#XI", "title_words")],
    ),
    ("Nghị quyết Trung ương 8 khóa IX", None, [("resolved", "NQTW8/IX#IX", "stated_term")]),
    ("Nghị quyết Đại hội XIII", None, [("resolved", "NQĐH/XIII#XIII", "stated_term")]),
    ("Nghị quyết Đại hội XIV", date(2020, 1, 1), [("unknown", None, "no_candidate")]),
    ("Nghị quyết Đại hội Đảng bộ tỉnh lần thứ XIX", None, [("unknown", None, "no_candidate")]),
    ("Đề án 06", None, [("presumed", "06/QĐ-TTg#2022", "only_candidate")]),
    ("dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy", None, [None]),
    (
        "Chỉ thị 09-CT/TW khóa XI. Chỉ thị này hay. Kết luận này thì không.",
        None,
        [("resolved", "09-CT/TW#XI", "stated_term"), ("resolved", "09-CT/TW#XI", "antecedent"), None],
    ),
]


@pytest.mark.parametrize(("text", "published", "expected"), CASES, ids=lambda value: str(value)[:60])
def test_readings(text, published, expected):
    readings = resolve_citations(text, find_citations(text), load_catalogue(), published=published)
    assert [reading and (reading.status, reading.id, reading.rule) for reading in readings] == expected
    for reading in readings:
        assert reading is None or (reading.status == "resolved") <= (reading.candidates == ())


def test_candidates_of_an_ambiguous_number_are_newest_first():
    text = "Chỉ thị số 05-CT/TW"
    (reading,) = resolve_citations(text, find_citations(text), load_catalogue())
    assert reading.candidates == ("05-CT/TW#XII", "05-CT/TW#X")


def test_the_home_province_narrows_candidates_but_resolves_nothing():
    catalogue = make_catalogue([_local("Ninh Thuận"), _local("Phú Yên")], date(2026, 1, 1))
    text = "Nghị quyết số 10-NQ/TU"
    (anywhere,) = resolve_citations(text, find_citations(text), catalogue)
    (at_home,) = resolve_citations(text, find_citations(text), catalogue, home_province="Phú Yên")
    assert (anywhere.status, len(anywhere.candidates)) == ("ambiguous", 2)
    assert (at_home.status, at_home.id) == ("presumed", "10-NQ/TU@Phú Yên#2021")


def _local(place):
    return Document(
        f"10-NQ/TU@{place}#2021", f"10-NQ/TU@{place}", "NQ", "10", "TU", None, None, 2021, "2021-08-18", None, place,
        "unknown", None, ("other",), (), (Relation("see_also", "05-CT/TW#X", "seen"),), {}, (),
    )  # fmt: skip
