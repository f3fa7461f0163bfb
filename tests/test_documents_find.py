"""Finding citations: the table in data/citations.toml, and laws that hold for any text."""

import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.documents import find_citations
from feeds.documents.folding import fold_text

CASES = tomllib.loads((Path(__file__).parent / "data" / "citations.toml").read_text("utf-8"))["case"]
PIECES = [
    "Nghị quyết", "Chỉ thị", "Nghị quyết Trung ương", "Đại hội", "Luật", "An ninh mạng", "dự thảo", "này", "số", "05",
    "18", "09-CT/TW", "13/2023/NĐ-CP", "NQ/TU", "của", "Bộ Chính trị", "Tỉnh ủy", "Bến Tre", "khóa XI",
    "ngày 1/12/2011", "và", ",", ";", "(", ")", "“", "”", "về", "sơ kết 2 năm", "thực hiện", "\n", ". ", "\u00a0",
    "\u200b", "–", "QH14", "năm 2018", "Đề án 06", "/", "-", "TƯ",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=30).map(" ".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:50])
def test_cases(case):
    citations = find_citations(case["text"])
    assert [[citation.raw, citation.key or ""] for citation in citations] == case["found"]
    for name, expected in case.items():
        if name not in ("text", "found"):
            stated = getattr(citations[0], name)
            assert (stated.isoformat() if name == "date" else stated) == expected, name


def test_what_is_not_stated_stays_empty():
    first, _ = find_citations("Thực hiện Chỉ thị 05 của Bộ Chính trị, ngày 12-9-2016, Đảng ủy họp. Kết luận 86.")
    assert first.date is None
    headline, amnesty = find_citations(
        "Về Nghị định 13/2023/NĐ-CP\nNgày 9/10/2023, Bộ Công an họp; Luật Đặc xá năm 2018, ngày 1/2/2019, Thủ tướng ký."
    )
    assert (headline.date, amnesty.date) == (None, None)
    city, _ = find_citations(
        "Quyết định số 70-QĐ/TU của Thành ủy khóa X và Luật Du lịch (có hiệu lực từ ngày 1-1-2018)."
    )
    assert city.term is None
    (decree,) = find_citations("Bộ Xây dựng đề xuất sửa đổi Nghị định số 165/2024/NĐ-CP.")
    assert decree.issuing_body is None


def test_a_date_gives_the_term_as_derived_not_as_stated():
    (citation,) = find_citations("Chỉ thị số 48-CT/TW ngày 22/10/2010")
    assert (citation.term, citation.term_derived) == (None, "X")


def test_a_back_reference_means_the_last_of_its_kind():
    citations = find_citations(
        "Chỉ thị 05-CT/TW, Luật An ninh mạng, Chỉ thị 09-CT/TW. Chỉ thị này và Luật này; Kết luận này."
    )
    assert [citation.antecedent for citation in citations[3:]] == [2, 1, None]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_are_those_of_the_text_as_given(form):
    text = unicodedata.normalize(form, "Ủy ban\u200b học Nghị quyết số 08\u2011NQ/TU của Tỉnh ủy Hà Tĩnh.")
    (citation,) = find_citations(text)
    assert text[citation.start : citation.end] == citation.raw
    assert citation.key == "08-NQ/TU@Hà Tĩnh"


@given(TEXTS)
def test_laws_of_any_text(text):
    citations = find_citations(text)
    end = 0
    for citation in citations:
        assert text[citation.start : citation.end] == citation.raw
        assert end <= citation.start < citation.end
        end = citation.end
        assert citation.antecedent is None or citation.antecedent < len(citations)


@given(TEXTS)
def test_both_normal_forms_have_the_same_keys(text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert [c.key for c in find_citations(composed)] == [c.key for c in find_citations(decomposed)]


@given(st.text())
def test_folding_keeps_offsets(text):
    folded = fold_text(text)
    assert len(folded.plain) == len(folded.low)
    for index in range(len(folded.plain)):
        start, end = folded.span(index, index + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "piece",
    [
        "Nghị quyết số ", "(((", "luật ", "Nghị quyết 18, ", "Luật sửa đổi, bổ sung một số điều của Luật ", "05-CT/TW ",
        "1 ", "Nghị quyết này ", "Nghị quyết Đại hội Đảng bộ ", "Luật Đất đai, ", "dự thảo Nghị quyết ", "12-",
        "ngày 1/1/2011 ", "luật đất đai ", "Nghị quyết 18 về “", "12-AA-BB-CC-DD-EE-FF-", "kiểm tra việc thực hiện ",
        "sơ kết thực hiện Chỉ thị 05 ", "Nghị quyết số 08-NQ/TU của Tỉnh ủy ", "theo Nghị định 13, ", "e\u0301\u200b",
        "Trong Thông tư 05 sửa đổi, ", "Kết luận 86 của Bộ Chính trị và Chỉ thị 05 và ",
    ],
)  # fmt: skip
def test_long_repetitive_texts_take_linear_time(piece):
    """A quadratic step would run into the time limit of the suite."""
    citations = find_citations(piece * (400_000 // len(piece)))
    assert len(citations) <= 400_000
