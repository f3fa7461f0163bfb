"""Words that a reader typed, looked for in articles: folded, whole, never as patterns."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.words import MAX_LENGTH, MAX_WORDS, Wording, find_words, folded_words, matches

TEXT = "Bắt đối tượng ma tuý ở Bình\nDương; Công an TP.HCM, CT/TW (bản ghi 1.000)"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ma túy", ["ma tuý"]),
        ("MA TUY", ["ma tuý"]),
        ("bình dương", ["Bình\nDương"]),
        ("  binh   duong ", ["Bình\nDương"]),
        ("TP.HCM", ["TP.HCM"]),
        ("hcm", ["HCM"]),
        ("ct/tw", ["CT/TW"]),
        ("m", []),
        ("tượn", []),
        ("an t", []),
        (".*", []),
        ("ma.tuy", []),
        ("1.000", ["1.000"]),
        ("000", ["000"]),
        ("", []),
        ("()", []),
    ],
)
def test_words_are_found_whole_without_accents_and_never_as_patterns(typed: str, found: list[str]) -> None:
    assert [TEXT[start:end] for start, end in find_words(TEXT, [typed])] == found
    assert matches(Wording([TEXT]), any_words=folded_words([typed])) == (bool(found) or not folded_words([typed]))


@pytest.mark.parametrize("blank", ["\n\n", "\r\n", "  ", "\t", "\xa0", " \u3000 "])
def test_a_phrase_is_found_over_whatever_blank(blank: str) -> None:
    text = f"{blank}Bảo vệ an{blank}ninh{blank}{blank}mạng{blank}"
    assert matches(Wording(["đầu", text]), all_words=folded_words(["an ninh", "ve an ninh mang"]))
    assert [text[start:end] for start, end in find_words(text, ["an ninh"])] == [f"an{blank}ninh"]
    decomposed = unicodedata.normalize("NFD", text)
    assert [decomposed[start:end] for start, end in find_words(decomposed, ["ninh mạng"])] == [
        unicodedata.normalize("NFD", f"ninh{blank}{blank}mạng")
    ]


def test_spans_are_in_order_and_those_that_overlap_are_one() -> None:
    text = "an ninh mạng, an ninh"
    assert find_words(text, ["ninh mạng", "an ninh", "ninh"]) == ((0, 12), (14, 21))
    assert find_words(text, ["mạng", "an"]) == ((0, 2), (8, 12), (14, 16))


@given(st.text("aăâđấợ\u0303\u0323 İx", max_size=30), st.text("aăâđấợ\u0303\u0323 İx", min_size=1, max_size=4))
def test_spans_lie_in_the_text_as_given_in_whatever_form(text: str, word: str) -> None:
    for form in ("NFC", "NFD"):
        given_text = unicodedata.normalize(form, text)
        for start, end in find_words(given_text, [word]):
            assert 0 <= start < end <= len(given_text)
            assert folded_words([given_text[start:end]]) == folded_words([word])


def test_of_many_long_words_only_so_many_and_so_much_is_looked_for() -> None:
    words = folded_words([f"từ{number} " + "x" * 500 for number in range(50)])
    assert len(words) == MAX_WORDS
    assert {len(word) for word in words} == {MAX_LENGTH}
    assert folded_words(["Ma túy", "ma tuy", " MA  TÚY "]) == ("ma tuy",)


def test_all_any_and_none() -> None:
    wording = Wording(["Công an tỉnh", "bắt tội phạm"])
    assert matches(wording)
    assert matches(wording, all_words=["cong an", "toi pham"])
    assert not matches(wording, all_words=["cong an", "ma tuy"])
    assert matches(wording, any_words=["ma tuy", "toi pham"])
    assert not matches(wording, any_words=["ma tuy"])
    assert matches(wording, no_words=["ma tuy"])
    assert not matches(wording, any_words=["toi pham"], no_words=["cong an"])


def test_no_phrase_reaches_from_the_title_into_the_lead() -> None:
    assert not matches(Wording(["Tin an", "ninh"]), any_words=["an ninh"])
