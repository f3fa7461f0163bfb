"""Training and evaluation: deterministic figures, honest scores, clear errors."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feeds import classify as classification
from feeds.classify import classify, shipped_figures
from feeds.embedding import WIDTH
from feeds.evaluate import evaluate
from feeds.figures import load_figures
from feeds.labels import Problem, Row, labelled, read_rows
from feeds.measure import Negatives
from feeds.scores import load_scores, shipped_scores
from feeds.second import load_second
from feeds.train import TrainingError, TrainingReport
from feeds.train import train as train_on

GOLD = Path(__file__).parents[2] / "shared" / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason=f"labelled articles are not at {GOLD}")


TODAY = date(2026, 8, 10)


def train(paths: list[Path], out: Path, **options: Any) -> TrainingReport:
    return train_on(paths, out, out.with_name(f"second-of-{out.name}"), today=TODAY, **options)


@pytest.fixture
def first_reader_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.train.is_available", lambda: False)


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def synthetic(path: Path, *, weights: bool = False) -> Path:
    """60 articles that two words tell apart, of two topics; a weight on every second one if wanted."""
    rows: list[dict[str, Any]] = []
    for number in range(60):
        relevant = number % 3 == 0
        row: dict[str, Any] = {
            "title": f"{'hội nghị an ninh' if relevant else 'giá vàng hôm nay'} số {number}",
            "summary": ("bàn về biên giới" if number % 2 else "bàn về ma túy") if relevant else "thị trường tăng mạnh",
            "text": "",
            "relevant": relevant,
            "topics": [("defence_border" if number % 2 else "drugs")] if relevant else [],
        }
        if weights and number % 2:
            row["weight"] = 2.5
        rows.append(row)
    return write(path, [*rows, {"title": "không rõ", "relevant": None}])


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.usefixtures("first_reader_alone")
def test_training_is_deterministic_and_classify_uses_its_figures(tmp_path: Path, weights: bool) -> None:
    rows = synthetic(tmp_path / "rows.jsonl", weights=weights)
    lines: list[str] = []
    report = train([rows], tmp_path / "first", log=lines.append)
    train([rows], tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert (report.rows, report.relevant, report.unlabelled) == (60, 20, 1)
    measured = {(one.held_out, one.form, one.reader): one.rating for one in report.scores.estimates}
    assert measured["outlet", "whole", "first"].score.f1 == report.scores.topics["micro"].f1 == 1
    assert measured["outlet", "bare", "first"].average_precision == 1
    assert (("enriched", "lead", "first") in measured) is weights, "without weights all rows are a natural sample"
    assert {reader for *_, reader in measured} == {"first"}
    assert report.size == report.path.stat().st_size
    assert lines[0] == "60 articles, 20 relevant; 1 unlabelled"

    figures = load_figures(tmp_path / "first")
    verdict = classify("hội nghị an ninh", "bàn về biên giới", figures=figures)
    assert verdict.relevant
    assert verdict.topics == ("defence_border",)
    assert "an ninh" in verdict.evidence[0].phrase
    assert not classify("giá vàng hôm nay", "thị trường tăng mạnh", figures=figures).relevant


def test_training_of_both_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With vectors that a person can check: relevant articles point one way, others another."""
    asked: list[str] = []

    def embed(openings: list[str]) -> Any:
        asked.extend(openings)
        vectors = np.zeros((len(openings), WIDTH), np.float32)
        for row, opening in enumerate(openings):
            vectors[row, 0 if "an ninh" in opening else 1] = 1
        return vectors

    monkeypatch.setattr("feeds.train.is_available", lambda: True)
    monkeypatch.setattr("feeds.corpus.embed", embed)
    rows, kept = synthetic(tmp_path / "rows.jsonl", weights=True), tmp_path / "vectors.npz"
    report = train([rows], tmp_path / "model", vectors=kept)
    assert len(asked) == len(set(asked)) == 60
    second = load_second(tmp_path / "second-of-model")
    assert second.threshold == report.threshold
    assert report.size == sum((tmp_path / name).stat().st_size for name in ("model", "second-of-model"))
    measured = {(one.form, one.reader): one.rating for one in report.scores.estimates if one.held_out == "outlet"}
    assert set(measured) == {("whole", "first"), ("whole", "both"), ("bare", "first")}
    assert measured["whole", "both"].score.f1 == 1
    assert 0 < report.share <= 1

    train([rows], tmp_path / "again", vectors=kept)
    assert len(asked) == 60, "kept vectors are made again"
    assert (tmp_path / "second-of-again").read_bytes() == (tmp_path / "second-of-model").read_bytes()


@pytest.mark.usefixtures("first_reader_alone")
def test_training_replaces_the_shipped_figures_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.train.FIGURES", tmp_path / "shipped")
    report = train_on([synthetic(tmp_path / "rows.jsonl")], today=TODAY)
    assert report.path == tmp_path / "shipped"
    assert load_scores(tmp_path / "scores.json").measured_on == TODAY


@pytest.mark.usefixtures("first_reader_alone")
def test_training_without_topics_leaves_other(tmp_path: Path) -> None:
    rows = [
        {"title": f"{'hội nghị an ninh' if number % 2 else 'giá vàng'} {number}", "relevant": bool(number % 2)}
        for number in range(40)
    ]
    report = train([write(tmp_path / "rows.jsonl", rows)], tmp_path / "out")
    assert report.scores.topics["micro"].f1 == 0
    assert classify("hội nghị an ninh", figures=load_figures(report.path)).topics == ("other",)


@pytest.mark.usefixtures("first_reader_alone")
def test_training_with_one_topic_everywhere(tmp_path: Path) -> None:
    rows = [
        {"title": f"an ninh {n}", "relevant": True, "topics": ["drugs"]}
        if n % 2
        else {"title": f"giá vàng {n}", "relevant": False}
        for n in range(40)
    ]
    report = train([write(tmp_path / "rows.jsonl", rows)], tmp_path / "out")
    assert load_figures(report.path).topics == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", 'neither "relevant" nor "citations"'),
        ('{"relevant": "yes"}', '"relevant" must be'),
        ('{"relevant": true, "title": 1}', "must be strings"),
        ('{"relevant": true, "topics": "drugs"}', "list of codes"),
        ('{"relevant": true, "topics": ["drugs", "sport"]}', "unknown topic sport"),
        ('{"relevant": true, "weight": 0}', "positive number"),
        ('{"relevant": true, "weight": true}', "positive number"),
    ],
)
def test_broken_lines_are_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"title": "a", "relevant": false}}\n\n{line}\n', "utf-8")
    with pytest.raises(TrainingError, match=f"rows.jsonl:3: .*{reason}"):
        train([path], tmp_path / "out")
    report = evaluate([path])
    assert [(problem.line, reason in problem.reason) for problem in report.problems] == [(3, True)]
    assert report.classification is not None
    assert report.classification.rows == 1


def test_too_few_articles(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="1 relevant of 1 articles: at least 10"):
        train([write(tmp_path / "rows.jsonl", [{"title": "a", "relevant": True}])], tmp_path / "out")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"missing\.jsonl:0: No such file"):
        train([tmp_path / "missing.jsonl"], tmp_path / "out")
    assert [type(row) for row in read_rows([tmp_path / "missing.jsonl"])] == [Problem]


def test_training_says_when_scikit_learn_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(TrainingError, match=r"pip install -e '\.\[train\]'"):
        train([synthetic(tmp_path / "rows.jsonl")], tmp_path / "out")


def test_labels_of_a_row() -> None:
    article = labelled({"title": "a", "summary": None, "relevant": True, "topics": None})
    assert article is not None
    assert (article.summary, article.topics, article.weight, article.natural) == ("", frozenset(), 1.0, False)
    assert (article.outlet, article.day, article.kind) == ("", None, "")
    assert labelled({"relevant": None}) is None


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.sggp.org.vn/a.html", "sggp.org.vn"),
        ("https://xe.baoxaydung.vn/a", "baoxaydung.vn"),
        ("http://nhandan.vn", "nhandan.vn"),
        ("", "Báo X"),
        (None, "Báo X"),
    ],
)
def test_an_outlet_is_its_site(url: str | None, outlet: str) -> None:
    article = labelled({"title": "a", "relevant": False, "url": url, "source": "Báo X", "hard_kind": ""})
    assert article is not None
    assert (article.outlet, article.kind) == (outlet, "easy")


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ({"captured": "2026-07-25T06:00:33+07:00", "published": "Fri, 24 Jul 2026 09:31:01 GMT"}, date(2026, 7, 25)),
        ({"published": "2026-07-24T18:00:00Z"}, date(2026, 7, 25)),
        ({"published": "hôm qua"}, None),
    ],
)
def test_the_day_of_an_article_is_that_of_vietnam(dates: dict[str, str], day: date | None) -> None:
    article = labelled({"title": "a", "relevant": False, **dates})
    assert article is not None
    assert article.day == day


def test_rows_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\n{"a": 1}\r\n\xff\n')
    first, second = read_rows([path])
    assert first == Row(path, 2, {"a": 1})
    assert isinstance(second, Problem)


def test_evaluation_of_classification(tmp_path: Path) -> None:
    rows = [
        {"title": "Quốc hội thảo luận Luật An ninh mạng", "relevant": True, "topics": ["cyber_data"]},
        {"title": "Giá vàng hôm nay", "relevant": True, "topics": ["drugs"], "weight": 3},
        {"title": "Giá vàng hôm nay", "relevant": False, "hard_kind": "foreign"},
        {"title": "không rõ", "relevant": None},
    ]
    report = evaluate([write(tmp_path / "rows.jsonl", rows)])
    found = report.classification
    assert found is not None
    assert report.citations is None
    assert (found.first.score.recall, found.unaccented.score.recall) == (0.25, 0.25)
    assert sum(one.rows for one in found.reliability) == 3
    assert found.kinds == {"foreign": Negatives(1, 0)}
    cyber, drugs = found.each_topic["cyber_data"], found.each_topic["drugs"]
    assert cyber
    assert drugs
    assert (cyber.f1, drugs.recall) == (1, 0)
    assert (found.rows, found.relevant, report.unlabelled) == (3, 2, 1)
    assert (found.score.precision, found.score.recall) == (1, 0.25)
    assert (found.topics.precision, found.topics.recall, found.topics_of_found.recall) == (1, 0.5, 1)
    names = dict(report.rows())
    assert names["classification score recall"] == names["classification first score recall"] == 0.25
    assert names["classification kinds foreign rows"] == 1
    assert names["classification reliability 0 rows"] >= 1
    assert evaluate([]).rows() == []


def test_evaluation_of_citations(tmp_path: Path) -> None:
    text = "Thực hiện Chỉ thị số 05-CT/TW; Nghị quyết số 08-NQ/TU của Tỉnh ủy Bến Tre; Chỉ thị số 12-CT/TW."
    first, second, third = "Chỉ thị số 05-CT/TW", "Nghị quyết số 08-NQ/TU", "Chỉ thị số 12-CT/TW"

    def gold(raw: str, key: str | None, cut: int = 0) -> dict[str, Any]:
        return {"start": text.index(raw) + cut, "end": text.index(raw) + len(raw), "key": key}

    row = {
        "id": 1,
        "text": text,
        "citations": [
            gold(first, "05-CT/TW", cut=8),
            gold(second, "08-NQ/TU@Hà Nam"),
            gold(third, None),
            gold(third, "99-CT/TW"),
        ],
        "ignore": [[text.index(third), len(text)]],
    }
    broken = [
        {"text": "a", "citations": [{"start": 2, "end": 1, "key": "x"}]},
        {"text": "a", "citations": [{"start": 2}]},
        {"text": None, "citations": []},
    ]
    report = evaluate([write(tmp_path / "rows.jsonl", [row, *broken])])
    assert [problem.line for problem in report.problems] == [2, 3, 4]
    found = report.citations
    assert found is not None
    assert (found.rows, found.citations) == (1, 3)
    # Two of three are found: the first with another start, the second with another place.
    assert (found.strict.recall, found.base.recall, found.overlap.recall) == pytest.approx((0, 1 / 3, 2 / 3))
    assert found.overlap.precision == 1


@needs_gold
@pytest.mark.usefixtures("first_reader_alone")
def test_gold_cross_validated(tmp_path: Path) -> None:
    """Out of sample: each score is of articles (natural ones: outlets, weeks) that the fold's model has not seen."""
    files = [GOLD / "corpus" / name for name in ("dev.jsonl", "natural-dev.jsonl")]
    scores = train(files, tmp_path / "model.json.gz").scores
    outlets, weeks, enriched = map(scores.estimate, ("outlet", "week", "enriched"))
    assert outlets
    assert weeks
    assert enriched
    assert outlets.score.f1 > 0.68  # measured 0.700
    assert weeks.score.f1 > 0.64  # 0.661
    assert enriched.score.f1 > 0.82  # 0.841
    assert scores.topics["micro"].f1 > 0.83  # 0.851
    assert scores.kinds["incident"].found < 0.1 * scores.kinds["incident"].rows


@needs_gold
def test_gold_seeds_are_clearly_relevant() -> None:
    """Articles that nobody labelled for training, as bare text under a title that says nothing."""
    for path in sorted((GOLD.parent / "seeds").glob("*.txt")):
        verdict = classify("Tin trong ngày", "", path.read_text("utf-8"))
        assert verdict.score > 0.8, path.name
        assert {"national_security", "mass_movement"} & set(verdict.topics), path.name


def test_shipped_figures_are_what_classify_loads() -> None:
    assert shipped_figures() == load_figures(classification.FIGURES)


def test_shipped_scores_are_of_the_shipped_figures() -> None:
    """Both are written by one training; bounds a little below what it measured."""
    scores = shipped_scores()
    outlets, weeks = scores.estimate("outlet"), scores.estimate("week")
    assert outlets
    assert weeks
    assert outlets.score.f1 > 0.79
    assert weeks.score.f1 > 0.78
    assert {code for code in scores.topics if code != "micro"} == {topic.code for topic in shipped_figures().topics}
