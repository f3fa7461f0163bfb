"""Learns the weights of digests/event.py from the labelled pairs: digests/data/event.json.

    python benchmarks/stories/train.py REPLAY [--half open] [--print]

Two logistic regressions: same event against the rest, and same or later against the rest. Beside the labelled pairs,
half of which are hard, both see pairs of another event by chance: of items within three days that share a telling term
and little else, for that is what folding compares most. Each bar is the lowest at which, cross-validated by connected
components of items, `PRECISION` of the pairs above it are right. Equal input gives equal bytes. Needs scikit-learn.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import json
import random
import sys
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import LabelledPair, load_items, load_pairs, read_reports  # noqa: E402

from digests.event import DATA, NEVER, Report, compare, plainly_apart  # noqa: E402

PRECISION = {"same": 0.95, "affair": 0.97}  # a story asks for `same` in the mean of several, which is more
BY_CHANCE = 600
_WEIGHT = 0.3  # of a pair by chance: few of them may be one event after all
_LITTLE = 0.12
_WITHIN = timedelta(hours=72)
_FOLDS = 10
_ROUNDS = 5
_STRENGTH = 0.1  # the inverse of the regularisation, on features of unit variance
# A later happening is told days after: time says nothing of the affair.
_NOT_OF_AFFAIR = frozenset({"hours", "other_time", "other_numbers", "other_counts"})


def pairs_by_chance(reports: list[Report]) -> list[tuple[Report, Report]]:
    """Pairs of `reports` that share a term within three days and hardly a word else."""
    holding: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        for term in report.terms:
            holding[term].append(report)
    draw = random.Random(20261122)  # noqa: S311  a sample, no secret
    shared = [term for term, some in sorted(holding.items()) if len(some) > 1]
    found: dict[tuple[int, int], tuple[Report, Report]] = {}
    while len(found) < BY_CHANCE:
        one, other = draw.sample(holding[draw.choice(shared)], 2)
        near = abs(one.dated_at - other.dated_at) <= _WITHIN
        if near and compare(one, other)["openings"] < _LITTLE:
            found[one.article_id, other.article_id] = one, other
    return list(found.values())


def components(pairs: list[LabelledPair]) -> list[int]:
    """For each pair the number of its connected component: pairs that share an item, at whatever distance."""
    parent: dict[str, str] = {}

    def root(item: str) -> str:
        while parent.setdefault(item, item) != item:
            item = parent[item]
        return item

    for pair in pairs:
        parent[root(pair.one)] = root(pair.other)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(root(pair.one) for pair in pairs))}
    return [numbers[root(pair.one)] for pair in pairs]


def fit(labelled: Any, truth: Any, by_chance: Any) -> tuple[float, Any]:
    """Intercept and weights, on the features as they are."""
    features = np.vstack([labelled, by_chance])
    mean, scale = labelled.mean(axis=0), labelled.std(axis=0) + 1e-9
    weight = np.r_[np.ones(len(labelled)), np.full(len(by_chance), _WEIGHT)]
    model = LogisticRegression(C=_STRENGTH, max_iter=1000)
    model.fit((features - mean) / scale, np.r_[truth, np.zeros(len(by_chance), bool)], sample_weight=weight)
    weights = model.coef_[0] / scale
    return float(model.intercept_[0] - weights @ mean), weights


def cross_validate(labelled: Any, truth: Any, by_chance: Any, groups: list[int]) -> Any:
    """The log odds of every pair by models that saw none of its component, averaged over rounds."""
    odds = np.zeros(len(truth))
    for seed in range(_ROUNDS):
        fold = np.random.RandomState(seed).permutation(max(groups) + 1)[groups] % _FOLDS
        for part in range(_FOLDS):
            seen, held = fold != part, fold == part
            intercept, weights = fit(labelled[seen], truth[seen], by_chance)
            odds[held] += intercept + labelled[held] @ weights
    return odds / _ROUNDS


def lowest_bar(odds: Any, truth: Any, precision: float) -> tuple[float, float, float]:
    """The bar, and precision and recall there."""
    order = np.argsort(-odds, kind="stable")
    right = np.cumsum(truth[order])
    precise = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    last = int(precise[-1])
    return float(odds[order[last]]), right[last] / (last + 1), right[last] / truth.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("replay", type=Path, help="the folder of recorded feeds")
    parser.add_argument("--half", default="open", help="learn from this half of the pairs")
    parser.add_argument("--print", action="store_true", help="show the figures, write nothing")
    options = parser.parse_args()
    items = load_items(options.replay)
    pairs = [pair for pair in load_pairs() if pair.half == options.half]
    reports = read_reports(items, items)
    others = pairs_by_chance(list(reports.values()))
    compared = [compare(reports[pair.one], reports[pair.other]) for pair in pairs]
    chance = [compare(*pair) for pair in others]
    groups = components(pairs)
    two = [(reports[pair.one], reports[pair.other]) for pair in pairs]
    apart = np.array([plainly_apart(*both, row) for both, row in zip(two, compared, strict=True)])
    figures = {}
    for name, labels in (("same", {"same"}), ("affair", {"same", "later"})):
        names = [feature for feature in compared[0] if name == "same" or feature not in _NOT_OF_AFFAIR]
        labelled, by_chance = (np.array([[row[n] for n in names] for row in rows]) for rows in (compared, chance))
        truth = np.array([pair.label in labels for pair in pairs])
        odds = cross_validate(labelled, truth, by_chance, groups)
        if name == "same":
            odds[apart] = NEVER
        for precision in (0.99, 0.97, 0.95, 0.9):
            bar, precise, found = lowest_bar(odds, truth, precision)
            print(f"{name}: bar {bar:.2f} precision {precise:.3f} recall {found:.3f}")
        bar, _, _ = lowest_bar(odds, truth, PRECISION[name])
        intercept, weights = fit(labelled, truth, by_chance)
        rounded = {n: round(float(weight), 3) for n, weight in zip(names, weights, strict=True)}
        figures[name] = {"intercept": round(intercept, 3), "sure": round(bar, 3), "weights": rounded}
    print(json.dumps(figures, indent=2))
    if not options.print:
        (DATA / "event.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
