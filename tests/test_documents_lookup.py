"""What a person types after /directive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.documents import document_name, load_catalogue, look_up, nearest, wish_name

CATALOGUE = load_catalogue()
CASES = [
    # query, status, keys, documents
    ("44-KL/TW", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("44 kl tw", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("kl44/tw", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("44kltw", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("KL-44-TW", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("ket luan so 44 cua ban bi thu", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("kết luận 44", "found", ["44-KL/TW"], ["44-KL/TW#XII"]),
    ("46-CT/TW", "ambiguous", ["46-CT/TW"], ["46-CT/TW#XIII", "46-CT/TW#XI", "46-CT/TW#X", "46-CT/TW#VII"]),
    ("46-CT/TW khóa XI", "found", ["46-CT/TW"], ["46-CT/TW#XI"]),
    ("46-CT/TW 2010", "found", ["46-CT/TW"], ["46-CT/TW#X"]),
    ("chi thi 46 khoa 11", "found", ["46-CT/TW"], ["46-CT/TW#XI"]),
    ("12-nq/tư", "ambiguous", ["12-NQ/TW"], ["12-NQ/TW#XIII", "12-NQ/TW#XII", "12-NQ/TW#XI"]),
    ("77-ct/tu", "ambiguous", ["77-CT/TU", "77-CT/TW"], []),
    ("Chỉ thị 77-CT/TU", "unknown", ["77-CT/TU"], []),
    ("ct 77 tu son la", "unknown", ["77-CT/TU@Sơn La"], []),
    ("02-NQ/TU Hà Tĩnh", "found", ["02-NQ/TU@Hà Tĩnh"], ["02-NQ/TU@Hà Tĩnh#2011"]),
    ("nd 147 2024", "found", ["147/2024/NĐ-CP"], ["147/2024/NĐ-CP#2024"]),
    ("147-2024-nđ-cp", "found", ["147/2024/NĐ-CP"], ["147/2024/NĐ-CP#2024"]),
    ("nghi dinh 53", "found", ["53/2022/NĐ-CP"], ["53/2022/NĐ-CP#2022"]),
    ("nghị định 888", "unknown", ["888/?/NĐ-CP"], []),
    ("623 qd ttg", "found", ["623/QĐ-TTg"], ["623/QĐ-TTg#2016"]),
    ("luat quoc phong", "ambiguous", ["L:Quốc phòng"], ["22/2018/QH14#2018", "39/2005/QH11#2005"]),
    ("luật quốc phòng 2005", "found", ["L:Quốc phòng/2005"], ["39/2005/QH11#2005"]),
    ("bltths", "found", ["BL:Tố tụng hình sự"], ["101/2015/QH13#2015"]),
    ("de an 06", "found", ["ĐA06"], ["06/QĐ-TTg#2022"]),
    ("nqtw4 khoa 12", "found", ["NQTW4/XII"], ["04-NQ/TW#XII"]),
    ("nghi quyet dai hoi 13", "unknown", ["NQĐH/XIII"], []),
    ("05-CT/TW và 44-KL/TW", "several", ["05-CT/TW", "44-KL/TW"], ["05-CT/TW#XII", "05-CT/TW#X", "44-KL/TW#XII"]),
    ("18 và 19-NQ/TW", "several", ["18-NQ/TW", "19-NQ/TW"], None),
    ("05-CT/TW khóa XI", "unknown", ["05-CT/TW"], []),
    ("08-NQ/TU Bến Tre", "ambiguous", ["08-NQ/TU@Bến Tre"], ["08-NQ/TU@Bến Tre?#?"]),
    ("nghi quyet 08 tinh uy ben tre", "ambiguous", ["08-NQ/TU@Bến Tre"], ["08-NQ/TU@Bến Tre?#?"]),
    ("05-CT/TW khóa XI và khóa XII", "several", ["05-CT/TW"], ["05-CT/TW#XII"]),
    ("08-NQ/TU của tỉnh ủy bến tre", "ambiguous", ["08-NQ/TU@Bến Tre"], ["08-NQ/TU@Bến Tre?#?"]),
    ("08-NQ/TU thành ủy bến tre", "ambiguous", ["08-NQ/TU@TP Bến Tre"], ["08-NQ/TU@Bến Tre?#?"]),
    ("Nghị quyết 08-NQ/TU", "ambiguous", ["08-NQ/TU"], ["08-NQ/TU@Bến Tre?#?"]),
    ("02-NQ/TU hà nội", "unknown", ["02-NQ/TU@Hà Nội"], []),
    ("02-NQ/TU thành ủy hà nội", "unknown", ["02-NQ/TU@Hà Nội"], []),
    ("05-CT/TU hà tĩnh, 06-CT/TU đồng nai", "several", ["05-CT/TU@Hà Tĩnh", "06-CT/TU@Đồng Nai"], []),
    ("luật quốc phòng 1999", "unknown", ["L:Quốc phòng/1999"], []),
    ("05/2020/TT-BCA, 05/2020/TT-BQP", "several", ["05/2020/TT-BCA", "05/2020/TT-BQP"], []),
    ("05-CT/TW V/v học tập", "ambiguous", ["05-CT/TW"], ["05-CT/TW#XII", "05-CT/TW#X"]),
    ("09-CT/TW đến năm 2030", "found", ["09-CT/TW"], ["09-CT/TW#XI"]),
    ("nghị định 13 về dữ liệu đến năm 2030", "found", ["13/2023/NĐ-CP"], ["13/2023/NĐ-CP#2023"]),
    ("luật nhập cảnh, xuất cảnh, quá cảnh, cư trú của người nước ngoài tại Việt Nam 2014", "found", None, None),
    ("luat sua doi, bo sung mot so dieu cua luat canh ve", "found", None, ["40/2024/QH15#2024"]),
    ("05-CT/TU và 05-CT/TW", "several", ["05-CT/TU", "05-CT/TW"], None),
    ("09-CT/TW năm 2011, 44-KL/TW", "several", ["09-CT/TW", "44-KL/TW"], ["09-CT/TW#XI", "44-KL/TW#XII"]),
    ("13/NĐ-CP (2023)", "found", ["13/2023/NĐ-CP"], ["13/2023/NĐ-CP#2023"]),
    ("13/NĐ-CP (2019)", "unknown", ["13/2019/NĐ-CP"], []),
    ("Nghị định 13 năm 2023 của Chính phủ", "found", ["13/2023/NĐ-CP"], ["13/2023/NĐ-CP#2023"]),
    ("13/2023/NĐ-CP có hiệu lực từ ngày 1/7/2023", "found", ["13/2023/NĐ-CP"], ["13/2023/NĐ-CP#2023"]),
    *((query, "unknown", [], []) for query in [
        "09-CTT/TW", "09-CY/TW", "nghi quyet 51-nq/bctt", "13/2023/NĐĐ-CP", "24/2018/QHH14",
    ]),
    *((query, "invalid", [], []) for query in ["12-abc/xyz", "12-con/trau", "30A-123.45", "http://vi.du/09-x/y"]),
    ("chiến lược biển", "found", ["36-NQ/TW"], ["36-NQ/TW#XII"]),
    *((query, "invalid", [], []) for query in ["", " ", "09", "24/7", "xin chào", "{{7*7}}", "chỉ thị", "A" * 9000]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "status", "keys", "documents"), CASES, ids=lambda value: str(value)[:40])
def test_queries(query, status, keys, documents):
    found = look_up(query, CATALOGUE)
    assert (found.query, found.status) == (query, status)
    assert keys is None or list(found.keys) == keys
    assert documents is None or list(found.documents) == documents


MISSING = [
    ("05-CT/TW khóa XI", "05-CT/TW (khóa XI)"),
    ("05-CT/TW khoa XI", "05-CT/TW (khóa XI)"),
    ("05-ct tw khoá 11", "05-CT/TW (khóa XI)"),
    ("05-CT/TW (XI)", "05-CT/TW (khóa XI)"),
    ("chỉ thị 05 khóa 11", "05-CT/TW (khóa XI)"),
    ("khóa XI 05-CT/TW", "05-CT/TW (khóa XI)"),
    ("99-CT/TW khóa XI", "99-CT/TW (khóa XI)"),
    ("09-CT/TW ngày 5/6/2018", "09-CT/TW, ngày 05/06/2018"),
    ("09-CT/TW ngay 5 thang 6 nam 2018", "09-CT/TW, ngày 05/06/2018"),
    ("chi thi 09 tw ngay 5/6/2018", "09-CT/TW, ngày 05/06/2018"),
    ("09-CT/TW ngày 31/2/2018", "09-CT/TW, ngày 31/02/2018"),
    ("05-CT/TW ngày 31/2/2016", "05-CT/TW, ngày 31/02/2016"),
    ("05-CT/TW ngày 31 tháng 2 năm 2016", "05-CT/TW, ngày 31/02/2016"),
    ("13/2023/NĐ-CP ngày 31/2/2023", "13/2023/NĐ-CP, ngày 31/02/2023"),
    ("05-CT/TW khóa 99", "05-CT/TW (khóa 99)"),
    ("chi thi 05 tw khoa 99", "05-CT/TW (khóa 99)"),
    ("05-CT/TW khóa XIIII", "05-CT/TW (khóa XIIII)"),
    ("13/2023/NĐ-CP của Bộ Chính trị", "13/2023/NĐ-CP, Bộ Chính trị"),
    ("13/2023/NĐ-CP ngày 17/4/2023 của Bộ Công an", "13/2023/NĐ-CP, ngày 17/04/2023, Bộ Công an"),
    ("Nghị định 13 năm 2023 của Bộ Chính trị", "13/2023/NĐ-CP, Bộ Chính trị"),
    ("24/2018/QH14 của Chính phủ", "24/2018/QH14, Chính phủ"),
    ("05/2020/TT-BCA của Bộ Quốc phòng", "05/2020/TT-BCA, Bộ Quốc phòng"),
    ("09-CT/TW tháng 6/2018", "09-CT/TW, năm 2018"),
    ("09-CT/TW 2018", "09-CT/TW, năm 2018"),
    ("09-CT/TW của Bộ Chính trị", "09-CT/TW, Bộ Chính trị"),
    ("09-CT/TW bo chinh tri", "09-CT/TW, Bộ Chính trị"),
    ("Bộ Chính trị 09-CT/TW", "09-CT/TW, Bộ Chính trị"),
    ("09-CT/TW của Thủ tướng", "09-CT/TW, Thủ tướng"),
    ("14/CT-TTg năm 2018", "14/CT-TTg, năm 2018"),
]


@pytest.mark.parametrize(("query", "name"), MISSING)
def test_a_term_date_or_issuer_that_nothing_known_has_is_not_dropped(query, name):
    found = look_up(query, CATALOGUE)
    assert (found.status, found.documents) == ("unknown", ())
    assert [wish_name(wish) for wish in found.missing] == [name]


@pytest.mark.parametrize(
    "query",
    [
        "09-CT/TW khóa XI ngày 1/12/2011 của Ban Bí thư",
        "09-CT/TW 2011",
        "ban bi thu 09 ct tw",
        "09-CT/TW của Trung ương",
    ],
)
def test_what_agrees_is_found(query):
    found = look_up(query, CATALOGUE)
    assert (found.status, found.documents, found.missing) == ("found", ("09-CT/TW#XI",), ())


@pytest.mark.parametrize(
    "query",
    [
        "13/2023/NĐ-CP của Chính phủ",
        "13/2023/NĐ-CP do Thủ tướng ban hành",
        "nd 13 2023 cua chinh phu",
        "13/2023/NĐ-CP về cơ sở dữ liệu của Bộ Công an",
        "13/2023/NĐ-CP có hiệu lực từ ngày 31/2/2023",
    ],
)
def test_what_does_not_contradict_a_state_document_is_no_reason_against_it(query):
    found = look_up(query, CATALOGUE)
    assert (found.status, found.documents, found.missing) == ("found", ("13/2023/NĐ-CP#2023",), ())


@pytest.mark.parametrize(
    "terms", ["khóa X, XII", "khóa X và XII", "khóa X và khóa XII", "khóa 10, 12", "khoa 10 va 12", "(X, XII)"]
)
def test_every_term_of_a_list_is_answered(terms):
    found = look_up(f"05-CT/TW {terms}", CATALOGUE)
    assert (found.status, found.documents, found.open) == ("several", ("05-CT/TW#X", "05-CT/TW#XII"), ())


def test_of_a_list_of_terms_the_unknown_is_missing():
    found = look_up("05-CT/TW khóa X, XI và XII", CATALOGUE)
    assert (found.status, found.documents) == ("several", ("05-CT/TW#X", "05-CT/TW#XII"))
    assert [wish_name(wish) for wish in found.missing] == ["05-CT/TW (khóa XI)"]
    assert look_up("05-CT/TW khóa X, 15/5/2007", CATALOGUE).keys == ("05-CT/TW",)


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("09-CT/TW", ("09-CT/TW#XI",)),
        ("chỉ thị 09", ("09-CT/TW#XI",)),
        ("09-CT/TW của Ban Bí thư", ("09-CT/TW#XI",)),
        ("09-CT/TW, 13/2023/NĐ-CP", ("09-CT/TW#XI",)),
        ("09-CT/TW khóa XI", ()),
        ("09-CT/TW 2011", ()),
        ("09-CT/TW phong trào toàn dân bảo vệ an ninh Tổ quốc", ()),
        ("05-CT/TW", ()),
        ("13/2023/NĐ-CP", ()),
        ("623 qd ttg", ()),
        ("chiến lược biển", ()),
    ],
)
def test_a_party_number_alone_may_be_of_another_term(query, alone):
    assert look_up(query, CATALOGUE).alone == alone


def test_a_misspelt_number_has_near_ones():
    assert nearest("09-CTT/TW", CATALOGUE)[0] == "09-CT/TW"
    assert nearest("09-CY/TW", CATALOGUE)[0] == "09-CT/TW"
    assert nearest("nghi quyet 51-nq/bctt", CATALOGUE)[0] == "51-NQ/TW"
    assert nearest("13/2023/NĐĐ-CP", CATALOGUE)[0] == "13/2023/NĐ-CP"
    assert nearest("991-CTT/TW", CATALOGUE, ["991-CT/TW"]) == ("991-CT/TW",)
    assert "ĐA06" not in nearest("06/2022/QĐ-?", CATALOGUE, ["ĐA06"]), "it is 06/QĐ-TTg"


def test_keys_that_articles_cite_complete_a_partial_one():
    found = look_up("kết luận 999", CATALOGUE, ["999-KL/TU@Sơn La", "12-KL/TW", "nonsense"])
    assert (found.status, found.keys, found.documents) == ("unknown", ("999-KL/TU@Sơn La",), ())


def test_the_nearest_numbers_are_offered():
    offered = nearest("90-CT/TW", CATALOGUE, ["09-CT/TU@Sơn La", "90-KL/TW", "91-CT/TW", "nonsense"])
    assert offered[:2] == ("09-CT/TW", "91-CT/TW")
    assert "90-KL/TW" in offered
    assert nearest("L:Quốc phòng/1999", CATALOGUE) == ("22/2018/QH14", "39/2005/QH11")
    assert nearest("L:Báo chí/1999", CATALOGUE, ["L:Báo chí/1989"])[-1] == "L:Báo chí/1989"
    assert all(key.endswith("-CT/TW") for key in nearest("99-CT/TW", CATALOGUE)), (
        "one wrong digit, not another register"
    )
    assert nearest("nonsense", CATALOGUE) == ()
    assert "09-CT/TW" not in nearest("09-CT/TW", CATALOGUE)


HOSTILE = [
    "a" * 5000, "0" * 5000, "(" * 5000, "nghị quyết " * 500, "-/" * 2500, "😀" * 5000, "🇻🇳📜", "\x00\x01\x1b[31m",
    "\u202e\u200b\ufeff", "'; DROP TABLE document; --", "1 OR 1=1", "<script>alert(1)</script>", "<b>&lt;&amp;</b>",
    "{{7*7}} ${7*7} %s %n", "../../etc/passwd", "NULL", "\ud800", "٠٩", "①②③", "°²³½", "\n\n\t", "..",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: repr(query)[:24])
def test_no_query_is_an_error(query):
    assert look_up(query, CATALOGUE).status in ("invalid", "unknown")


@pytest.mark.parametrize("noise", ["😀", "\x00", "<b>", "' OR 1=1 --", "\u200b", "\n", "  "])
def test_a_number_is_found_among_noise(noise):
    found = look_up(f"{noise} 44-KL/TW {noise}", CATALOGUE)
    assert (found.keys[0], found.documents[0]) == ("44-KL/TW", "44-KL/TW#XII")


@pytest.mark.parametrize("query", ["05-ct/tu", "05 ct tu", "ct05/tu", "chi thi 05 tu"])
def test_without_accents_both_committees_are_offered(query):
    found = look_up(query, CATALOGUE)
    assert found.status == "ambiguous"
    assert set(found.keys) == {"05-CT/TU", "05-CT/TW"}


@given(st.text())
def test_any_text_is_answered(query):
    found = look_up(query, CATALOGUE)
    assert found.keys or found.status in ("invalid", "unknown")


def test_the_examples_that_the_bot_gives_are_found():
    for query in (
        "09-CT/TW",
        "13/2023/NĐ-CP",
        "Nghị định 13/2023",
        "nghị quyết 02 tỉnh ủy Hà Tĩnh",
        "02-NQ/TU Hà Tĩnh",
    ):
        assert look_up(query, CATALOGUE).status == "found", query


def test_a_catalogued_draft_is_shown_by_a_name():
    assert document_name("draft:NQ@Hà Tĩnh#2021") == "Dự thảo Nghị quyết (Hà Tĩnh)"
    assert document_name("draft:NQ@Hồ Chí Minh#2021") == "Dự thảo Nghị quyết (TP. Hồ Chí Minh)"
    for language, name in (("vi", "31-CT/TU (TP. Hồ Chí Minh)"), ("en", "31-CT/TU (Ho Chi Minh City)")):
        assert document_name("31-CT/TU@Hồ Chí Minh", language) == name
        assert list(look_up(name, load_catalogue()).keys) == ["31-CT/TU@Hồ Chí Minh"]
    for document in CATALOGUE.documents:
        assert ":" not in document_name(document.id), "an id is no name"
