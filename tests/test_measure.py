"""The arithmetic of scores, and of holding out articles so that nothing leaks."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss

from feeds.figures import FiguresError
from feeds.folds import Folds
from feeds.labels import Labelled
from feeds.measure import Judged, Negatives, average_precision, confusion, rate, reliability, score_of
from feeds.regression import best_threshold
from feeds.sample import Decisions, Sample
from feeds.scores import load_scores, save_scores, shipped_scores


def test_scores() -> None:
    score = score_of(2, 4, 3)
    assert (score.precision, score.recall) == (0.5, 2 / 3)
    assert score.f1 == pytest.approx(4 / 7)
    assert score_of(0, 0, 0).f1 == 0


def test_average_precision() -> None:
    assert average_precision([(0.9, True, 1), (0.8, False, 1), (0.7, True, 1)]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([(0.5, True, 1), (0.5, False, 3)]) == 0.25
    assert average_precision([]) == 0


def test_a_rating_is_what_scikit_learn_says() -> None:
    random = np.random.default_rng(1)
    scores, weights = random.random(300).round(2), random.random(300)
    relevant = random.random(300) < scores
    columns = (scores.tolist(), (scores > 0.5).tolist(), relevant.tolist(), weights.tolist())
    rating = rate([Judged(*row) for row in zip(*columns, strict=True)])
    assert (rating.rows, rating.relevant) == (300, relevant.sum())
    expected = average_precision_score(relevant, scores, sample_weight=weights)
    assert rating.average_precision == pytest.approx(expected)
    assert rating.brier == pytest.approx(brier_score_loss(relevant, scores, sample_weight=weights))
    assert rate([]).brier == 0


def test_reliability_is_weighted_and_leaves_empty_bins_out() -> None:
    judged = [Judged(0.05, False, False), Judged(0.07, False, True, 3.0), Judged(1.0, True, True)]
    low, high = reliability(judged)
    assert (low.low, low.high, low.rows, low.relevant) == (0.0, 0.1, 2, 0.75)
    assert low.mean_score == pytest.approx((0.05 + 3 * 0.07) / 4)
    assert (high.low, high.high, high.rows, high.relevant) == (0.9, 1.0, 1, 1.0)


def test_confusion_is_of_negatives_of_a_known_kind() -> None:
    judged = [
        ("easy", Judged(0.1, False, False)),
        ("incident", Judged(0.9, True, False)),
        ("incident", Judged(0.1, False, False)),
        ("", Judged(0.9, True, False)),
        ("easy", Judged(0.9, True, True)),
    ]
    assert list(confusion(judged).items()) == [("incident", Negatives(2, 1)), ("easy", Negatives(1, 0))]


def article(number: int, outlet: str, day: int = 0, *, natural: bool = True, lead: str = "") -> Labelled:
    return Labelled(
        f"tin {number}",
        lead or f"bài {number}",
        "",
        relevant=bool(number % 2),
        topics=frozenset(),
        weight=1.0,
        natural=natural,
        outlet=outlet,
        day=date(2026, 7, day) if day else None,
    )


WIRE = "Bộ Công an hôm nay công bố dự thảo luật mới và lấy ý kiến của nhân dân cả nước"


def seen_with(folds: Folds, row: int) -> Any:
    """What the model has learnt from that reads the article `row`."""
    return next(seen for tested, seen in zip(folds.tested, folds.seen, strict=True) if tested[row])


def test_an_outlet_is_held_out_whole_and_its_wire_reports_with_it() -> None:
    articles = [article(number, f"báo {number % 8}", natural=number < 30) for number in range(40)]
    articles += [article(40, "báo 0", lead=WIRE), article(41, "nơi khác", natural=False, lead=f"TTXVN {WIRE}")]
    folds = Folds.by_source(articles)
    assert np.array(folds.tested).sum(axis=0).tolist() == [1] * 42
    for row, held in enumerate(articles[:40]):
        seen = seen_with(folds, row)
        assert not any(seen[other] for other, one in enumerate(articles) if one.outlet == held.outlet)
    assert not seen_with(folds, 40)[41]
    assert not seen_with(folds, 41)[40]


def test_rows_of_other_samples_are_held_out_by_outlet_and_day() -> None:
    articles = [article(number, "báo", 1 + number % 9, natural=False) for number in range(40)]
    folds = Folds.by_source(articles)
    for row, held in enumerate(articles):
        assert not any(seen_with(folds, row)[other] for other, one in enumerate(articles) if one.day == held.day)


def test_a_sample_of_one_outlet_is_held_out_by_title() -> None:
    assert len(Folds.by_source([article(number, "báo") for number in range(40)]).tested) == 5
    assert Folds.by_source([article(1, "báo")] * 40).tested == ()


def test_copies_are_learnt_from_where_there_is_nothing_else() -> None:
    folds = Folds.by_source([article(number, "báo", number + 1, natural=False, lead=WIRE) for number in range(20)])
    assert [(tested.sum(), seen.sum()) for tested, seen in zip(folds.tested, folds.seen, strict=True)] == [(4, 16)] * 5


def test_a_week_is_held_out_with_all_that_is_of_its_days() -> None:
    articles = [article(number, "báo", 1 + number % 20) for number in range(40)]
    articles += [article(40, "báo", 3, natural=False), article(41, "báo"), article(42, "báo", 20, lead=WIRE)]
    articles += [article(43, "báo", 1, lead=WIRE)]
    folds = Folds.by_week(articles)
    assert [tested.sum() for tested in folds.tested] == [15, 14, 13]
    assert not folds.any_tested[40]
    assert not folds.any_tested[41]
    first = seen_with(folds, 0)
    assert not any(first[row] for row, one in enumerate(articles) if one.day and one.day.day <= 7)
    assert first[41]
    assert not first[42], "a copy of the first week's"
    assert Folds.by_week(articles[:1]).tested == ()
    assert Folds.by_week(articles[41:42]).tested == ()


def test_scales_fit_the_natural_rows() -> None:
    articles = [article(number, f"báo {number}") for number in range(400)]
    sample, every = Sample.of(articles), np.ones(400, dtype=bool)
    noise = np.random.default_rng(1).normal(size=(2, 400))
    unseen = Decisions(*(np.where(sample.relevant, 1.0, -1.0) + noise))
    scales = sample.scales(unseen, every)
    assert scales.both is not None
    assert sample.share(scales.asked(unseen), every) == pytest.approx(0.1, abs=0.01)
    scores = scales.together(unseen, scales.both)
    for bin_ in reliability(sample.judged(scores, scores >= scales.both.threshold, every)):
        assert bin_.relevant == pytest.approx(bin_.mean_score, abs=0.2), "calibrated"
    assert sample.scales(Decisions(unseen.first), every).both is None
    assert sample.scales(unseen, sample.relevant) == scales, "rows that tell nothing: all count"


def test_saved_scores_come_back(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    save_scores(path, shipped_scores())
    assert load_scores(path) == shipped_scores()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"measured_on": "gestern"}'])
def test_unusable_scores_are_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "scores.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(FiguresError, match=r"no usable scores .*bot.py train"):
        load_scores(path)


def test_the_threshold_is_half_of_the_best_f1() -> None:
    """Of calibrated scores, where that is where F1 is best; of those told apart without fail it is 0.5."""
    scores = np.linspace(0, 1, 10_001)
    twice, truth = np.tile(scores, 2), np.repeat([True, False], len(scores))
    weights = np.concatenate([scores, 1 - scores])
    threshold = best_threshold(twice, truth, weights)
    rated = {
        bar: rate(Sample(truth, weights, truth).judged(twice, twice >= bar, twice >= 0))
        for bar in (0.3, threshold, 0.5)
    }
    assert max(rated, key=lambda bar: rated[bar].score.f1) == threshold
    assert threshold == pytest.approx(rated[threshold].score.f1 / 2, abs=0.001)
    assert best_threshold(np.array([0.9, 0.1]), np.array([True, False]), np.ones(2)) == 0.5
