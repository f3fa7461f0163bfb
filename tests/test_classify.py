"""Classification: what is security policy, what only looks alike, and which phrases say so."""

import gzip
import itertools
import json
import tomllib
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import classify as module
from feeds.classify import Verdict, classify, first_reading, join_parts, rules_version, shipped_figures, topics
from feeds.embedding import LIMIT, opening
from feeds.evidence import MOST
from feeds.figures import ROOM, ZONES, FiguresError, Zone, grams, load_figures, read_zones, save_figures
from feeds.second import second_reader
from feeds.text import fold

# The same bytes in every process of a test run, since they are in the names of the tests.
zipped = partial(gzip.compress, mtime=0)

ARTICLES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("data").joinpath("articles.toml").read_text("utf-8")
)["article"]
LONG = ARTICLES[0]["title"] + ". " + ARTICLES[0]["summary"]


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article["title"][:30])
def test_articles(article: dict[str, Any]) -> None:
    verdict = classify(article["title"], article["summary"])
    assert verdict.relevant is article["relevant"]
    assert set(article.get("topics", ())) <= set(verdict.topics)
    assert bool(verdict.topics) is verdict.relevant
    folded = classify(fold(article["title"]), fold(article["summary"]))
    assert folded.relevant is article["relevant"], "without accents"


@pytest.mark.parametrize(
    "parts",
    [
        ("", "", ""),
        (" ", "\n", "\t"),
        ("12345 !!!", "", ""),
        ("\ud800\x00", "", ""),
        ("Le ministère vietnamien de la Sécurité publique prépare une loi", "Elle protégera les données.", ""),
        ("公安部发布新规定", "", ""),
    ],
)
def test_neither_vietnamese_nor_english_is_not_relevant(parts: tuple[str, str, str]) -> None:
    assert classify(*parts) == Verdict(False, 0.0, (), ())


def test_relevant_by_its_text_alone() -> None:
    assert classify("", "", LONG).relevant
    assert classify("Tin trong ngày", "", LONG).relevant


def test_evidence_is_readable_and_points_into_the_joined_parts() -> None:
    title, summary = ARTICLES[0]["title"], ARTICLES[0]["summary"]
    verdict = classify(title, summary, LONG)
    joined = join_parts(title, summary, LONG)
    assert 1 < len(verdict.evidence) <= MOST
    assert [e.weight for e in verdict.evidence] == sorted((e.weight for e in verdict.evidence), reverse=True)
    assert any("an ninh" in evidence.phrase for evidence in verdict.evidence)
    for evidence in verdict.evidence:
        assert joined[evidence.start : evidence.end] == evidence.phrase
        assert evidence.weight > 0
        assert not joined[evidence.start - 1 : evidence.start].isalnum()
        assert not joined[evidence.end : evidence.end + 1].isalnum()


def test_decomposed_text_gives_the_same_verdict_and_its_own_offsets() -> None:
    verdict = classify("", "", LONG)
    decomposed = unicodedata.normalize("NFD", LONG)
    other = classify("", "", decomposed)
    assert other.score == pytest.approx(verdict.score)
    assert other.topics == verdict.topics
    assert [unicodedata.normalize("NFC", e.phrase) for e in other.evidence] == [e.phrase for e in verdict.evidence]
    assert all(decomposed[e.start : e.end] == e.phrase for e in other.evidence)


def test_length_of_letters_in_lower_case_moves_no_offset() -> None:
    verdict = classify("", "", "İİİ " + LONG)
    assert verdict.evidence
    assert all(("İİİ " + LONG)[e.start : e.end] == e.phrase for e in verdict.evidence)


def test_datelines_and_tags_are_not_read() -> None:
    plain = read_zones("", "Bộ Công an họp", "")[0].syllables
    for lead in ("(Dân trí) - ", "VOV.VN - ", "TPO - ", "(HNM)- ", '<a href="x"><img src="an-ninh.jpg"></a> '):
        assert read_zones("", lead + "Bộ Công an họp", "")[0].syllables == plain
    (zone,) = read_zones("", "(Dân trí) - Bộ Công an", "")
    assert zone.spans[0] == (12, 14)


def test_look_alike_phrases_are_masked() -> None:
    (zone,) = read_zones("Hội nghị an ninh lương thực", "", "")
    assert zone.syllables == ["hội", "nghị"]
    assert read_zones("Chien luoc an ninh luong thuc", "", "")[0].syllables == ["chien", "luoc"]


def test_empty_parts_take_no_line() -> None:
    assert join_parts("a", "", "b") == "a\nb"
    assert [zone.spans[0] for zone in read_zones("a", "", "b")] == [(0, 1), (2, 3)]


def test_grams_keep_the_order() -> None:
    assert grams(["a", "b", "c"]) == (["a", "b", "c"], ["a b", "b c"], ["a b c"])
    assert grams([]) == ([], [], [])


def test_of_five_megabytes_only_the_beginning_is_read() -> None:
    huge = (LONG + " ") * (5_000_000 // len(LONG))
    for text in (huge, unicodedata.normalize("NFD", huge), "<" * 5_000_000, "a" * 5_000_000):
        assert classify("", "", text) == classify("", "", text[:10_000])
        assert len(opening(text, text, text)) <= LIMIT
        for zone, (_, limit) in zip(read_zones(text, text, text), ZONES, strict=True):
            assert all(end - zone.spans[0][0] <= limit * ROOM for _, end in zone.spans)


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_text_is_classified(title: str, summary: str, text: str) -> None:
    check(title, summary, text)


WORDS = st.sampled_from(
    [
        "Bộ",
        "Công",
        "an",
        "ninh",
        "quốc",
        "gia",
        "mạng",
        "Tổ",
        "12",
        "-",
        ",",
        ".",
        "\n",
        "bảo",
        "vệ",
        "trật",
        "tự",
        "Hội",
        "nghị",
        "chỉ",
        "thị",
        "09-CT/TW",
        "<b>",
        "́",
        "kế",
        "hoạch",
    ]
)


@settings(deadline=None)
@given(*[st.lists(WORDS, max_size=30).map(" ".join)] * 3)
def test_any_vietnamese_is_classified(title: str, summary: str, text: str) -> None:
    check(title, summary, text)


def check(title: str, summary: str, text: str) -> None:
    verdict = classify(title, summary, text)
    joined = join_parts(title, summary, text)
    assert 0 <= verdict.score <= 1
    second = second_reader() if first_reading(title, summary, text).is_open else None
    assert verdict.relevant is (verdict.score >= (second or shipped_figures()).threshold)
    assert len(verdict.evidence) <= MOST
    spans = sorted((e.start, e.end) for e in verdict.evidence)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(joined[e.start : e.end] == e.phrase != "" for e in verdict.evidence)


def test_topics_are_complete_in_both_languages() -> None:
    codes = [topic.code for topic in topics()]
    assert len(codes) == len(set(codes)) == 12
    assert codes[-1] == "other"
    for topic in topics():
        assert set(topic.names) == set(topic.about) == {"vi", "en"}
        assert all(phrase == phrase.lower() for phrase in topic.phrases)
    assert {topic.code for topic in shipped_figures().topics} <= set(codes)
    assert rules_version() >= 1


def test_a_phrase_adds_its_topic() -> None:
    zone = Zone(3, ["bảo", "vệ", "bí", "mật", "nhà", "nước"], [])
    assert module._topics_of({}, [zone], shipped_figures())[-1] == "state_secrets"


def test_shipped_figures_are_small() -> None:
    assert module.FIGURES.stat().st_size < 2_000_000
    assert len(shipped_figures().vocabulary) <= 60_000


def test_saved_figures_come_back(tmp_path: Path) -> None:
    path = tmp_path / "model.json.gz"
    save_figures(path, shipped_figures())
    assert path.read_bytes() == module.FIGURES.read_bytes()
    assert load_figures(path) == shipped_figures()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"not gzip", "Not a gzipped file"),
        (zipped(b"[]"), "list indices"),
        (zipped(b'{"format": 99}'), "format 99, expected 2"),
        (
            zipped(json.dumps({"format": 2, "topics": [], "vocabulary": ["a"], "idf": [], "weights": []}).encode()),
            "unequal length",
        ),
        (zipped(b"{}" * 1000)[:-12], "bot.py train"),
    ],
)
def test_unusable_figures_are_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "model.json.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FiguresError, match=reason):
        load_figures(path)
