"""How good verdicts are, from scores and labels; pure, without numpy, since `evaluate` runs where the bot runs.

All is weighted: an article counts as often as it stands for articles of the natural stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

BINS = 10


class Judged(NamedTuple):
    """One article: what was said of it, and what is so."""

    score: float
    found: bool
    relevant: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, each 0..1; of nothing at all they are 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Rating:
    """How well relevant articles are told from others: by the verdicts, by their order, and as probabilities."""

    rows: int
    relevant: int
    score: Score
    average_precision: float
    brier: float
    """Mean square of score less truth: 0 is perfect; who always says the share of relevant ones, p, gets p(1 - p)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Articles with a score from `low` to `high`: what was foretold of them, and what came true."""

    low: float
    high: float
    rows: int
    mean_score: float
    relevant: float
    """Share of them."""


@dataclass(frozen=True, slots=True)
class Negatives:
    """Articles that are not relevant, of one kind."""

    rows: int
    found: int
    """Of these, wrongly taken for relevant."""


def rate(judged: Sequence[Judged]) -> Rating:
    right = sum(one.weight for one in judged if one.found and one.relevant)
    found = sum(one.weight for one in judged if one.found)
    relevant = sum(one.weight for one in judged if one.relevant)
    weight = sum(one.weight for one in judged)
    return Rating(
        rows=len(judged),
        relevant=sum(one.relevant for one in judged),
        score=score_of(right, found, relevant),
        average_precision=average_precision((one.score, one.relevant, one.weight) for one in judged),
        brier=sum(one.weight * (one.score - one.relevant) ** 2 for one in judged) / weight if weight else 0.0,
    )


def reliability(judged: Iterable[Judged]) -> tuple[Bin, ...]:
    """The scores in `BINS` bins of equal width; those without an article are left out."""
    bins: dict[int, list[Judged]] = {}
    for one in judged:
        bins.setdefault(min(int(one.score * BINS), BINS - 1), []).append(one)
    rows = []
    for number, inside in sorted(bins.items()):
        weight = sum(one.weight for one in inside)
        mean = sum(one.weight * one.score for one in inside) / weight
        relevant = sum(one.weight for one in inside if one.relevant) / weight
        rows.append(Bin(number / BINS, (number + 1) / BINS, len(inside), mean, relevant))
    return tuple(rows)


def confusion(kinds: Iterable[tuple[str, Judged]]) -> dict[str, Negatives]:
    """What was taken for relevant of each kind of negative, the most often mistaken first; "" is no kind."""
    negatives: dict[str, list[bool]] = {}
    for kind, one in kinds:
        if kind and not one.relevant:
            negatives.setdefault(kind, []).append(one.found)
    found = {kind: Negatives(len(mistaken), sum(mistaken)) for kind, mistaken in negatives.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].found / item[1].rows, item[0])))


def score_of(right: float, found: float, wanted: float) -> Score:
    """From (weighted) numbers of right, of found and of wanted things."""
    return Score(
        right / found if found else 0.0,
        right / wanted if wanted else 0.0,
        2 * right / (found + wanted) if found + wanted else 0.0,
    )


def average_precision(rated: Iterable[tuple[float, bool, float]]) -> float:
    """Of (score, relevant, weight): sum over falling scores of precision times gain in recall; ties are one step."""
    right = seen = area = 0.0
    for _, group in groupby(sorted(rated, key=lambda item: -item[0]), key=lambda item: item[0]):
        step = list(group)
        gain = sum(weight for _, relevant, weight in step if relevant)
        right += gain
        seen += sum(weight for *_, weight in step)
        area += gain * right / seen
    return area / right if right else 0.0
