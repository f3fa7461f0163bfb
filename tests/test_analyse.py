"""What is understood of one article, and the JSON contract of `analyse` (DESIGN.md)."""

import json
import unicodedata
from datetime import date
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.analyse import MAX_CHARACTERS, Analysis, analyse, to_json
from feeds.classify import topic_evidence
from feeds.documents import load_catalogue, make_catalogue
from newsroom import POLICY, ROBBERY

KEYS = ("id", "relevant", "score", "topics", "places", "level", "evidence", "citations")
CITATION = {
    "start": int,
    "end": int,
    "raw": str,
    "key": (str, type(None)),
    "type": (str, type(None)),
    "type_name": (str, type(None)),
    "number": (str, type(None)),
    "issuer": (str, type(None)),
    "issuer_name": (str, type(None)),
    "year": (int, type(None)),
    "term": (str, type(None)),
    "date": (str, type(None)),
    "province": (str, type(None)),
    "form": str,
    "title": (str, type(None)),
    "term_derived": (str, type(None)),
    "document": (dict, type(None)),
    "candidates": list,
    "antecedent": (int, type(None)),
    "stage": str,
    "stage_years": (int, type(None)),
}
TEXT = (
    "Hội nghị quán triệt Nghị định 13/2023/NĐ-CP và dự thảo nghị định thay thế. Chỉ thị số 05-CT/TW được nhắc lại; "
    "Chỉ thị này đã có nhiều kết quả. Tỉnh ủy Bến Tre thực hiện Nghị quyết số 08-NQ/TU."
)


def checked(analysis: Analysis, title: str, summary: str = "", text: str = "") -> dict[str, object]:
    """The JSON object, after everything the contract promises of its form was checked."""
    by_topic = topic_evidence(title, summary, text, codes=analysis.verdict.topics)
    result = dict(to_json("a1", analysis, by_topic))
    assert tuple(result) == KEYS
    assert isinstance(result["relevant"], bool)
    assert isinstance(result["score"], float)
    assert 0 <= result["score"] <= 1
    joined = "\n".join(part for part in (title, summary, text) if part)[:MAX_CHARACTERS]
    evidence = result["evidence"]
    assert isinstance(evidence, dict)
    assert list(evidence["places"]) == result["places"]
    for one in (*evidence["relevant"], *chain(*evidence["topics"].values()), *evidence["places"].values()):
        assert joined[one["start"] : one["end"]] == one["phrase"] != ""
    assert result["level"] in ("local", "central", None)
    citations = result["citations"]
    assert isinstance(citations, list)
    for index, citation in enumerate(citations):
        assert list(citation) == list(CITATION)
        for name, kind in CITATION.items():
            assert isinstance(citation[name], kind), name  # type: ignore[arg-type]
        assert joined[citation["start"] : citation["end"]] == citation["raw"]
        assert citation["antecedent"] is None or 0 <= citation["antecedent"] < len(citations) != index
        if citation["key"] is None:
            assert citation["form"] in ("draft", "back_reference")
        if document := citation["document"]:
            assert list(document) == ["id", "status", "rule"]
            assert document["status"] in ("resolved", "presumed", "ambiguous", "unknown")
            assert (document["id"] is None) == (document["status"] in ("ambiguous", "unknown"))
            if document["status"] == "resolved":
                assert citation["candidates"] == []
    assert json.loads(json.dumps(result, ensure_ascii=False)) == result
    return result


def test_the_contract_of_a_policy_article() -> None:
    result = checked(analyse(*POLICY, TEXT, published=date(2026, 11, 20)), *POLICY, TEXT)
    assert result["relevant"] is True
    assert result["topics"]
    citations = result["citations"]
    assert isinstance(citations, list)
    by_key = {citation["key"]: citation for citation in citations}
    directive = by_key["09-CT/TW"]
    assert (directive["type"], directive["type_name"], directive["issuer"]) == ("CT", "Chỉ thị", "TW")
    assert directive["document"]["id"] == "09-CT/TW#XI"
    assert any(citation["date"] == "2011-12-01" for citation in citations)
    assert by_key["13/2023/NĐ-CP"]["document"]["id"] == "13/2023/NĐ-CP#2023"
    assert by_key["05-CT/TW"]["document"]["status"] == "ambiguous"
    assert set(by_key["05-CT/TW"]["candidates"]) == {"05-CT/TW#X", "05-CT/TW#XII"}
    assert "draft" in {citation["form"] for citation in citations}
    assert "08-NQ/TU@Bến Tre" in by_key


def test_what_is_no_policy_is_still_an_answer() -> None:
    result = checked(analyse(*ROBBERY), *ROBBERY)
    assert (result["relevant"], result["topics"], result["citations"]) == (False, [], [])


@pytest.mark.parametrize("parts", [("", "", ""), (" ", "\n", "\t"), ("...", "", ""), ("", "", "09")])
def test_next_to_nothing(parts: tuple[str, str, str]) -> None:
    result = checked(analyse(*parts), *parts)
    assert (result["relevant"], result["citations"]) == (False, [])


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_offsets_are_into_the_parts_that_are_not_empty(empty: int) -> None:
    parts = ["Chỉ thị số 09-CT/TW.", "Nghị định 13/2023/NĐ-CP 😀.", "Luật số 24/2018/QH14."]
    parts[empty] = ""
    result = checked(analyse(*parts), *parts)
    citations = result["citations"]
    assert isinstance(citations, list)
    assert len(citations) == 2


def test_combining_marks_are_read_and_offsets_are_into_the_text_as_given() -> None:
    title, lead = (unicodedata.normalize("NFD", part) for part in POLICY)
    result = checked(analyse(title, lead), title, lead)
    composed = checked(analyse(*POLICY), *POLICY)
    assert result["relevant"] is True

    def read(of: dict[str, object]) -> list[tuple[object, object]]:
        citations = of["citations"]
        assert isinstance(citations, list)
        return [(citation["key"], citation["document"]) for citation in citations]

    assert read(result) == read(composed)
    assert result["places"] == composed["places"]


def test_a_text_of_five_megabytes_is_read_to_its_end() -> None:
    text = "Trời hôm nay có mưa rào rải rác ở nhiều nơi, gió nhẹ. " * 100_000 + "Nghị định 13/2023/NĐ-CP."
    assert len(text) > 5_000_000
    analysis = analyse("Tin thời tiết", "", text)
    assert [citation.key for citation in analysis.citations] == ["13/2023/NĐ-CP"]


def test_places_are_named_once_in_the_order_of_the_text() -> None:
    analysis = analyse("Nghệ An và Hà Tĩnh họp", "Tại Hà Tĩnh, lãnh đạo Nghệ An và Cà Mau ký kết.")
    assert analysis.places == ("Nghệ An", "Hà Tĩnh", "Cà Mau")


def test_the_home_province_narrows_candidates_and_proves_nothing() -> None:
    title = "Tỉnh ủy quán triệt Nghị quyết số 02-NQ/TU về an ninh, trật tự"
    (home,) = analyse(title, home_province="Hà Tĩnh").readings
    (elsewhere,) = analyse(title, home_province="Cà Mau").readings
    assert home is not None
    assert elsewhere is not None
    assert home.status != "resolved"
    assert elsewhere.status != "resolved"
    assert home.id in (None, "02-NQ/TU@Hà Tĩnh#2011")


def test_no_document_is_younger_than_its_article() -> None:
    title = "Thực hiện Chỉ thị số 09-CT/TW của Ban Bí thư"
    old = analyse(title, published=date(2009, 5, 1)).readings[0]
    new = analyse(title, published=date(2020, 5, 1)).readings[0]
    assert old is not None
    assert new is not None
    assert (new.status, new.id) == ("presumed", "09-CT/TW#XI")
    assert old.id is None


def test_another_catalogue_may_be_given() -> None:
    nothing = make_catalogue((), load_catalogue().as_of)
    (reading,) = analyse("Thực hiện Chỉ thị số 09-CT/TW", catalogue=nothing).readings
    assert reading is not None
    assert reading.status == "unknown"


WORDS = (
    "Chỉ thị số 09-CT/TW",
    "(khóa XI)",
    "Nghị định",
    "13/2023/NĐ-CP",
    "dự thảo",
    "Chỉ thị này",
    "Hà Tĩnh",
    "\n",
    ". ",
    "😀",
)
prose = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=200)


@settings(max_examples=50, deadline=None)
@given(title=prose, summary=prose, text=prose)
def test_law_of_the_contract(title: str, summary: str, text: str) -> None:
    checked(analyse(title, summary, text), title, summary, text)


def test_the_level_is_local_where_a_place_is_named_else_central() -> None:
    assert analyse("Công an tỉnh Hà Tĩnh triển khai Chỉ thị 09-CT/TW").level == "local"
    assert analyse("Ban Bí thư triển khai Chỉ thị 09-CT/TW").level == "central"
    assert analyse("Giá vàng hôm nay").level is None


def test_a_topic_is_explained_by_its_phrases() -> None:
    title = "Bộ Công an triển khai Luật An ninh mạng"
    (phrase,) = topic_evidence(title, codes=["cyber_data"])["cyber_data"]
    assert phrase.phrase == "An ninh mạng"
    assert topic_evidence("Coffee exports hit record", codes=["drugs"]) == {"drugs": ()}
