import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.text import (
    clean,
    fold,
    modern_tones,
    one_line,
    one_of,
    sentence_at,
    sentences,
    shorten,
    visible,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Chỉ thị\u00a0số 09", "Chỉ thị số 09"),
        ("\u200bĐiểm tin\ufeff", "Điểm tin"),
        ("Vi&amp;amp;ết", "Vi&ết"),
        ("a\r\n\r\n\r\n\r\nb  c ", "a\n\nb c"),
        (unicodedata.normalize("NFD", "Trật tự"), "Trật tự"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


def test_one_line_joins_a_broken_title() -> None:
    assert one_line(" Chỉ thị\n  số 09 ") == "Chỉ thị số 09"


def test_fold_reaches_every_vietnamese_letter() -> None:
    assert fold("Đường Ưu tiên, UỶ BAN, Ðà Nẵng") == "duong uu tien, uy ban, da nang"


@given(st.text(st.sampled_from("aAđĐớỚƯữỹỸz9 .“”…²™\n\tüŵŴЖ語\u0301\u0303\u1100\u1161\0")))
def test_fold_leaves_all_but_tones_and_case_whatever_stands_beside(text: str) -> None:
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "d"))
    marks = {"\u0301", "\u0302", "\u0303", "\u0306", "\u0308", "\u031b"}
    plain = "".join(letter for letter in bare if letter not in marks)
    assert fold(text) == unicodedata.normalize("NFC", plain).lower()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("khoá", "khóa"),
        ("Uỷ ban", "Ủy ban"),
        ("HOÀ", "HÒA"),
        ("quý", "quý"),
        ("hoàn", "hoàn"),
        ("thuyền", "thuyền"),
    ],
)
def test_modern_tones(old: str, new: str) -> None:
    assert modern_tones(old) == new


def test_sentences_respect_abbreviations_and_lines() -> None:
    text = "Thành ủy TP. Bến Tre họp. Ông A. nói: “Tốt.” Số 1.480 tin!\nChiều 2-10"
    assert [text[start:end] for start, end in sentences(text)] == [
        "Thành ủy TP. Bến Tre họp.",
        "Ông A. nói: “Tốt.”",
        "Số 1.480 tin!",
        "Chiều 2-10",
    ]


def test_sentence_at_finds_the_sentence_of_a_span() -> None:
    text = "Câu một. Chỉ thị 09-CT/TW được quán triệt. Câu ba."
    start = text.index("09-CT/TW")
    assert sentence_at(text, start, start + 8) == "Chỉ thị 09-CT/TW được quán triệt."


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("Tăng cường sự lãnh đạo", 12) == "Tăng cường…"
    assert shorten("ngắn", 12) == "ngắn"


@given(st.text())
def test_clean_is_idempotent_on_entity_free_text(text: str) -> None:
    once = clean(text.replace("&", ""))
    assert clean(once) == once


@given(st.text())
def test_sentences_are_ordered_trimmed_and_lose_nothing(text: str) -> None:
    spans = sentences(text)
    pieces = [text[start:end] for start, end in spans]
    assert all(piece and piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_shorten_keeps_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12), st.text("abc ", max_size=30))
def test_a_tree_of_phrases_finds_what_the_plain_choice_finds(phrases: list[str], text: str) -> None:
    longest_first = sorted(phrases, key=len, reverse=True)
    plain = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")
    tree = re.compile(one_of(phrases, behind_first=r"(?<!\w.)") + r"(?!\w)")

    assert [match.span() for match in tree.finditer(text)] == [match.span() for match in plain.finditer(text)]


def test_a_tree_takes_the_longest_phrase_that_fits() -> None:
    assert re.match(one_of(["a", "ab", "abc", "b"]), "abcd")[0] == "abc"  # type: ignore[index]


@pytest.mark.parametrize(
    "sentence",
    [
        "Công an TP. Bến Tre ra quân.",
        "Công an TP.HCM ra quân.",
        "Công an TP. HCM ra quân.",
        "PGS.TS. Nguyễn Văn A phát biểu.",
        "PGS. TS. Nguyễn Văn A phát biểu.",
        "Đ/c. Trần Thị B dự họp.",
        "BS.CKII. Lê Văn C báo cáo.",
        "Th.S. Lê Văn C báo cáo.",
        "Xem Tr. 12 của báo cáo.",
        "Từ ngày 1.10 đến ngày 15.12 có 5.000 người dự.",
        "Thực hiện điểm 2.1. mục II của kế hoạch.",
        "Bị cáo Nguyễn Văn A. Khánh khai nhận.",
        "Bị cáo Trần A. bị phạt.",
        "Các tội ma túy, cờ bạc… trên địa bàn giảm.",
        "Các tội ma túy, cờ bạc... trên địa bàn giảm.",
        "Các tội ma túy, v.v. đã giảm.",
        "“Anh đi đâu?” ông hỏi.",
        "2.1. Mục tiêu chung.",
        "IV. Kết quả thực hiện",
        "“TS. Lê Văn C” là tên giả.",
        "Phường 5, Q. Gò Vấp họp.",
        "Thượng tá N.V.H. cho biết như vậy.",
    ],
)
def test_one_sentence_stays_one(sentence: str) -> None:
    assert [sentence[start:end] for start, end in sentences(sentence)] == [sentence]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Bảo đảm ANTT.", "Công an vào cuộc."),
        ("Kinh tế đạt 5% GDP.", "Chính phủ họp."),
        ("Ông nói: “Rất tốt.”", "Hội nghị bế mạc."),
        ("(Ảnh: Mai Hoa.)", "Hội nghị bế mạc."),
        ("Tội phạm giảm…", "Hội nghị bế mạc."),
        ("Có 12 vụ.", "15 người bị bắt."),
        ("Theo điểm 2.1.", "Bộ Công an chủ trì."),
        ("Bộ trưởng hỏi vì sao?", "“Vì thiếu người”, ông đáp."),
        ("Nhiều nước như Nga, Lào, v.v.", "Hội nghị bế mạc."),
        ("Kết quả như sau.", "- Một là bắt 5 người."),
        ("Cuộc họp ở TP.HCM.", "Bộ Công an chủ trì."),
        ("Có mặt lúc 5.", "Bộ Công an chủ trì."),
    ],
)
def test_two_sentences_are_two(first: str, second: str) -> None:
    text = f"{first} {second}"
    assert [text[start:end] for start, end in sentences(text)] == [first, second]


def test_visible_text_keeps_its_words_and_loses_what_moves_them() -> None:
    assert visible("\u202eĐi\u200b\x00ểm\ud800 tin\x1b[31m") == "Đi ểm tin [31m"
