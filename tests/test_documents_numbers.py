"""Keys, symbols, kinds, organs and terms."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.documents import DocumentNumber, find_citations, issuer_name, parse, type_name
from feeds.documents.kinds import kinds, rules
from feeds.documents.organs import organs
from feeds.documents.terms import as_term, assembly, congress_term, from_roman, roman

ORDINALS = st.one_of(
    st.integers(1, 99_999).map(lambda number: str(number).zfill(2)),
    st.integers(1, 999).map(lambda number: f"{number:02}a"),
)
YEARS = st.one_of(st.none(), st.integers(1945, 2099))
TYPES = st.sampled_from(sorted({kind.key for kind in kinds().values()}))
ORGANS = st.sampled_from([*(code for code, organ in organs().items() if not organ.numbered), "UBND-TL", "BTC-BTNMT"])
PLACES = st.sampled_from([None, "Bến Tre", "TP Bến Tre", "?"])
NUMBERS = st.one_of(
    st.builds(DocumentNumber, st.sampled_from(["party", "plain"]), ORDINALS, TYPES, ORGANS, place=PLACES),
    st.builds(DocumentNumber, st.just("yearly"), ORDINALS, TYPES, ORGANS, YEARS, place=PLACES),
    st.builds(
        DocumentNumber, st.just("assembly"), ORDINALS, st.just(""), st.sampled_from(["QH14", "UBTVQH9", "QH?"]), YEARS
    ),
    st.builds(
        DocumentNumber,
        st.just("plenum"),
        st.integers(1, 15).map(str),
        st.just("NQ"),
        st.just("TW"),
        term=st.one_of(st.none(), st.integers(1, 20).map(roman)),
    ),
    st.builds(
        DocumentNumber, st.just("congress"), st.integers(1, 30).map(roman), st.just("NQ"), st.just("ĐH"), place=PLACES
    ),
    st.builds(DocumentNumber, st.just("scheme"), ORDINALS.filter(str.isdecimal), st.just("ĐA")),
    st.builds(
        DocumentNumber,
        st.just("named"),
        st.sampled_from(rules()["law"]["names"]),
        st.sampled_from(["L", "BL", "PL"]),
        st.just("QH"),
        YEARS,
    ),
    st.builds(
        DocumentNumber, st.just("constitution"), st.just(""), st.just("HP"), st.just("QH"), st.integers(1946, 2099)
    ),
)


@given(NUMBERS)
def test_a_key_reads_back(number):
    assert parse(str(number)) == number


@given(st.integers(1, 999), st.sampled_from(["CT", "NQ", "KL", "QĐ"]), st.sampled_from(["TW", "HU", "ĐUCA"]))
def test_a_key_in_a_text_is_found(number, kind, organ):
    key = f"{number:02}-{kind}/{organ}"
    (citation,) = find_citations(f"Thực hiện {key}.")
    assert citation.key == key


@pytest.mark.parametrize(
    "text", ["", "09", "Chỉ thị 09", "24/7", "09-XX/TW", "09CT/TW", "NQTW/XI", "HP", "09-CT/TW#XI"]
)
def test_what_is_no_key(text):
    assert parse(text) is None


def test_without_place_and_partial():
    number = parse("08-NQ/TU@Bến Tre")
    assert number is not None
    assert str(number.without_place()) == "08-NQ/TU"
    assert not number.partial
    assert parse("86-KL/?").partial
    assert parse("13/?/NĐ-CP").partial


@given(st.integers(1, 39))
def test_roman_numerals_read_back(number):
    assert from_roman(roman(number)) == number
    assert as_term(str(number)) == as_term(roman(number).lower()) == roman(number)


@pytest.mark.parametrize("text", ["", "IIX", "VX", "abc", "XXXX"])
def test_what_is_no_roman_numeral(text):
    assert from_roman(text) is None
    assert as_term(text) is None


def test_numbers_that_are_no_term():
    assert as_term("0") is None
    assert as_term("40") is None


@pytest.mark.parametrize(
    ("day", "term"),
    [
        (date(2011, 12, 1), "XI"),
        (date(2010, 10, 22), "X"),
        (date(1977, 12, 24), "IV"),
        (date(2026, 1, 7), "XIII"),
        (date(2026, 2, 1), "XIV"),
        (date(2021, 1, 26), None),
        (date(1950, 1, 1), None),
    ],
)
def test_the_term_of_a_day(day, term):
    assert congress_term(day) == term


def test_the_assembly_of_a_year():
    assert (assembly(2017), assembly(2018), assembly(2025)) == (14, 14, 15)
    assert [assembly(year) for year in (2016, 2021, 1990)] == [None, None, None]


def test_names_in_both_languages():
    assert (type_name("CT"), type_name("CT", "en"), type_name("ZZ")) == ("Chỉ thị", "Directive", "ZZ")
    assert (issuer_name("BCA"), issuer_name("QH14", "en"), issuer_name("XYZ")) == (
        "Bộ Công an",
        "National Assembly",
        "XYZ",
    )
    assert issuer_name("UBND-TL") == "Ủy ban nhân dân"


def test_every_kind_and_organ_is_well_formed():
    for kind in kinds().values():
        assert kind.system in ("party", "state", "both")
        assert kind.words
        assert kind.key in kinds()
        assert all(word == word.lower() for word in kind.words)
    for organ in organs().values():
        assert organ.system in ("party", "state", "both")
        assert all(word == word.lower() for word in organ.words)
    words = [word for kind in kinds().values() for word in kind.words]
    assert len(words) == len(set(words))
