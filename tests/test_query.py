"""The language of searches: what is read of what a person types, and that nothing typed is an error."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.filters import understand
from feeds.passage import LONGEST, passage_of
from feeds.query import MAX_FILTERS, MAX_TEXT, MAX_WORDS, parse_query
from feeds.text import fold
from feeds.tokens import folded_words, squash, words_of, written_words

TODAY = date(2026, 11, 22)


def terms(typed: str) -> list[str]:
    """The words of a search, each as it is looked for; a minus before what is left out."""
    return [("-" if term.excluded else "") + term.text for term in parse_query(typed, TODAY).terms]


def filters(typed: str) -> dict[str, tuple[str, ...]]:
    """Filter -> what it means."""
    found = parse_query(typed, TODAY).filters
    return {("-" if one.excluded else "") + one.name: one.meaning.shown for one in found}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("lũ lụt miền trung", ["lũ", "lụt", "miền", "trung"]),
        ('"lũ lụt" miền', ["lũ lụt", "miền"]),
        ("“lũ lụt” «miền trung»", ["lũ lụt", "miền trung"]),
        ('lũ "miền trung', ["lũ", "miền trung"]),
        ("ma túy Nghệ An", ["ma túy", "nghệ an"]),
        ("MA TUY nghe an", ["ma tuy", "nghe an"]),
        ("mà tuy nhiên", ["mà", "tuy", "nhiên"]),
        ("Uỷ ban khoá", ["ủy", "ban", "khóa"]),
        ("lũ -bóng rổ", ["lũ", "-bóng rổ"]),
        ("-bóng rổ, lũ", ["-bóng rổ", "lũ"]),
        ('-"bóng rổ" lũ', ["-bóng rổ", "lũ"]),
        ("lũ –bóng rổ", ["lũ", "-bóng rổ"]),
        ("covid-19", ["covid 19"]),
        ("09-CT/TƯ lũ", ["09 ct tw", "lũ"]),
        ("foo:bar", ["foo", "bar"]),
        ("lũ lũ", ["lũ"]),
        ("", []),
        ("  \t\n", []),
        ('"" - : , ; """', []),
        ("😀 👨‍👩‍👧", []),
        ("\u202eabc\u202c", ["abc"]),
        ("NEAR(a b) AND OR NOT *", ["near", "a", "b", "and", "or", "not"]),
        ("'; DROP TABLE article; --", ["drop", "table", "article"]),
    ],
)
def test_words(typed: str, read: list[str]) -> None:
    assert terms(typed) == read


@pytest.mark.parametrize(
    ("typed", "read", "left"),
    [
        ("địa:Nghệ An lũ", {"place": ("Nghệ An",)}, ["lũ"]),
        ("lũ dia ban : nghe an", {"place": ("Nghệ An",)}, ["lũ"]),
        ("ở:Bến Tre", {"place": ("Vĩnh Long (Bến Tre)",)}, []),
        ("place:TP.HCM", {"place": ("Hồ Chí Minh",)}, []),
        ("-tỉnh:Nghệ An lũ", {"-place": ("Nghệ An",)}, ["lũ"]),
        ("topic:drugs", {"topic": ("drugs",)}, []),
        ("chủ đề:ma túy lũ", {"topic": ("drugs",)}, ["lũ"]),
        ("cd:an ninh mang, lũ", {"topic": ("cyber_data",)}, ["lũ"]),
        ("báo:VnExpress lũ", {"from": ("VnExpress",)}, ["lũ"]),
        ("from:vnexpress.net", {"from": ("VnExpress",)}, []),
        ("báo:Làng lũ", {"from": ("Làng",)}, ["lũ"]),
        ('báo:"Tin Làng Ta" lũ', {"from": ("Tin Làng Ta",)}, ["lũ"]),
        ("doc:09-CT/TW lũ", {"doc": ("09-CT/TW#XI",)}, ["lũ"]),
        ("văn bản: 9 ct tw lũ", {"doc": ("09-CT/TW#XI",)}, ["lũ"]),
        ("doc:99-CT/TW", {"doc": ("99-CT/TW",)}, []),
        ("issuer:BCA", {"issuer": ("BCA",)}, []),
        ("cơ quan:Bộ Công an lũ", {"issuer": ("BCA",)}, ["lũ"]),
        ("co quan:bo cong an", {"issuer": ("BCA",)}, []),
        ("by:Ban Bí thư", {"issuer": ("Ban Bí thư",)}, []),
        ("type:CT", {"type": ("CT",)}, []),
        ("loại:chỉ thị lũ", {"type": ("CT",)}, ["lũ"]),
        ("loai:nghi quyet", {"type": ("NQ",)}, []),
        ("địa:Nghệ An báo:VnExpress", {"place": ("Nghệ An",), "from": ("VnExpress",)}, []),
    ],
)
def test_filters(typed: str, read: dict[str, tuple[str, ...]], left: list[str]) -> None:
    assert filters(typed) == read
    assert terms(typed) == left
    assert parse_query(typed, TODAY).unclear == ()


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("từ:01/10/2026", date(2026, 10, 1), None),
        ("since:2026-10-01 until:2026-10-05", date(2026, 10, 1), date(2026, 10, 5)),
        ("từ ngày: 1.10.2026", date(2026, 10, 1), None),
        ("từ:10/2026 đến:10/2026", date(2026, 10, 1), date(2026, 10, 31)),
        ("since:2024-02 until:2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("từ:2025 đến:2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("từ:7d", date(2026, 11, 15), None),
        ("từ: 7 ngày", date(2026, 11, 15), None),
        ("tu:2 tuan", date(2026, 11, 8), None),
        ("since:1 month", date(2026, 10, 23), None),
        ("từ:2025 từ:2026", date(2026, 1, 1), None),
    ],
)
def test_days(typed: str, since: date | None, until: date | None) -> None:
    query = parse_query(typed, TODAY)
    assert (query.since, query.until, query.terms) == (since, until, ())


def test_without_today_what_counts_back_bounds_nothing() -> None:
    query = parse_query("lũ từ:7 ngày")
    assert query.since is None
    assert [one.value for one in query.filters] == ["7 ngày"]


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("địa:Atlantis lũ", "place", "Atlantis"),
        ("từ:hôm kia lũ", "since", "hôm"),
        ("từ:31/02/2026 lũ", "since", "31/02/2026"),
        ('topic:"không đâu" lũ', "topic", "không đâu"),
        ("doc:xyz lũ", "doc", "xyz"),
    ],
)
def test_a_value_that_means_nothing_is_kept_to_be_said(typed: str, name: str, value: str) -> None:
    query = parse_query(typed, TODAY)
    assert [(one.name, one.value) for one in query.unclear] == [(name, value)]
    assert query.filters == ()
    assert "lũ" in terms(typed)


def test_parts_are_left_out_and_replaced_where_they_were_typed() -> None:
    query = parse_query('lũ "miền trung" địa:Nghệ An -bóng rổ', TODAY)
    place, flood = query.filters[0], query.terms[0]
    assert [query.typed(part) for part in (*query.terms, place)] == ["lũ", "miền trung", "bóng rổ", "địa:Nghệ An"]
    assert query.replaced({place: ""}) == 'lũ "miền trung" -bóng rổ'
    assert query.replaced({flood: "lụt", query.terms[2]: ""}) == 'lụt "miền trung" địa:Nghệ An'


def test_long_searches_are_read_as_far_as_they_are_bounded() -> None:
    query = parse_query("lũ " * 3000)
    assert query.is_cut
    assert terms("lũ " * 3000) == ["lũ"]
    many = parse_query(" ".join(f"w{number}" for number in range(40)))
    assert many.is_cut
    assert len(many.terms) == MAX_WORDS
    assert len(parse_query("địa:Huế " * 20).filters) == MAX_FILTERS
    assert not parse_query("lũ lụt").is_cut


PIECES = (
    *("lũ", "ma túy", "Nghệ An", "09-CT/TW", "7 ngày", '"', "-", ",", ":", "(", "*", "'", "%", "_", "&", "!", "NEAR"),
    *("địa:", "báo:", "từ:", "đến:", "doc:", "issuer:", "type:", "topic:"),
    *("\0", "\u0301", "\u0130", "\u202e", "\ud800", "😀"),
)
ANYTHING = st.text(max_size=4000) | st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join)


@settings(deadline=None)  # the first reads data files
@given(ANYTHING)
def test_nothing_typed_is_an_error_and_all_is_bounded(typed: str) -> None:
    query = parse_query(typed, TODAY)
    assert len(query.text) <= MAX_TEXT
    assert sum(len(term.folded) for term in query.terms) <= MAX_WORDS
    assert len(query.filters) + len(query.unclear) <= MAX_FILTERS
    assert all(word.isascii() and word.isalnum() for term in query.terms for word in term.folded)
    assert all(0 <= part.start <= part.end <= len(query.text) for part in (*query.terms, *query.filters))
    # What is echoed is read again by the buttons.
    assert parse_query(query.text, TODAY).terms == query.terms


@given(st.text(max_size=200))
def test_words_are_where_they_are_said_to_be(text: str) -> None:
    for word in words_of(text):
        assert word.folded.isascii()
        assert word.folded.isalnum()
        assert word.start < word.end


def test_no_phrase_reaches_from_the_headline_into_the_lead() -> None:
    assert folded_words(written_words("Lũ lụt", "Miền Trung", "")) == [":", "lu", "lut", ":", "mien", "trung", ":"]


def test_the_centre_is_not_a_province() -> None:
    assert [squash(text) for text in ("09-CT/TƯ", "09-CT/T.Ư", "09-CT/TW", "08-NQ/TU")] == [
        *["09cttw"] * 3,
        "08nqtu",
    ]
    assert [word.folded for word in words_of("thứ tư")] == ["thu", "tu"]


def test_a_filter_that_nothing_is_asked_of_means_nothing() -> None:
    names = ("topic", "place", "from", "since", "until", "doc", "issuer", "type")
    assert [understand(name, " .,") for name in names] == [None] * len(names)


def passage(typed: str, lead: str, text: str = "") -> str:
    """The line, with brackets around what was asked for."""
    found = passage_of(lead, text, parse_query(typed))
    return "".join(f"[{piece}]" if is_meant else piece for piece, is_meant in found.pieces)


def test_the_line_shows_the_words_with_the_accents_that_were_typed() -> None:
    lead, text = "Mùa lu hội. Câu hai.", "Không có gì. Nước lũ dâng cao, lũ về."
    assert passage("lũ", lead, text) == "Nước [lũ] dâng cao, [lũ] về."
    assert passage("lu", lead, text) == "Mùa [lu] hội."
    assert passage('"nước lũ"', lead, text) == "[Nước lũ] dâng cao, lũ về."
    assert passage("ngô", lead, text) == "Mùa lu hội."
    assert passage("lũ", "", "") == ""
    assert passage("lũ", "Tại İstanbul lu về, lũ dâng.") == "Tại İstanbul lu về, [lũ] dâng.", "İ is two in lower case"


def test_a_long_sentence_is_cut_around_the_match() -> None:
    text = "từ " * 100 + "nước lũ dâng " + "cao " * 100
    line = passage("lũ", text)
    assert "[lũ]" in line
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) <= LONGEST + 4
    assert len(passage("x", "a" * 1000)) <= LONGEST + 2


@pytest.mark.parametrize(
    "headline",
    ["Cảnh báo: lừa đảo qua mạng", "Thông báo: tạm ngừng cấp căn cước", "Hà Tĩnh: bắt nhóm đối tượng"],
)
def test_a_colon_of_a_headline_is_no_filter(headline: str) -> None:
    query = parse_query(headline)
    assert (query.filters, query.unclear) == ((), ())
    assert {word for term in query.terms for word in term.folded} == set(fold(headline.replace(":", "")).split())
