"""The labelled articles as a sample of the natural stream: folds, weights, calibration, threshold and scores.

numpy and scikit-learn are imported only when it runs.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from feeds.evaluate import Score, average_precision, score_of
from feeds.labels import Labelled
from feeds.regression import best_threshold, calibration

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Scores:
    """At the threshold, and without one."""

    threshold: float
    natural: Score
    """On the rows with a weight (all rows where none has one)."""
    natural_average_precision: float
    others: Score
    """On the rows without a weight."""
    others_average_precision: float


class Decider(Protocol):
    def decide(self, matrix: Any) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Arrays, one element an article. `natural` are the rows with a weight, or all where none has one."""

    relevant: Any
    weights: Any
    natural: Any
    folds: Any

    @classmethod
    def of(cls, articles: Sequence[Labelled]) -> "Sample":
        import numpy as np

        natural = np.array([article.natural for article in articles])
        return cls(
            relevant=np.array([article.relevant for article in articles]),
            weights=np.array([article.weight for article in articles]),
            natural=natural | (not natural.any()),
            folds=np.array([_fold(article) for article in articles]),
        )

    def unseen(self, fit: Callable[[Any], Decider], matrix: Any, log: Callable[[str], None]) -> Any:
        """Decision values of every row by what `fit` made of the rows of other folds (a mask)."""
        import numpy as np

        decisions = np.zeros(len(self.folds))
        for fold in range(FOLDS):
            unseen = self.folds == fold
            decisions[unseen] = fit(~unseen).decide(matrix[unseen])
            log(f"fold {fold + 1} of {FOLDS}")
        return decisions

    def calibrate(self, decisions: Any, among: Any = True) -> tuple[float, ...]:
        """Slopes of the columns of `decisions` and the offset, to log odds in the natural stream.

        From the natural rows `among`; from all of them where those are all relevant, or none.
        """
        rows = self.natural & among
        if self.relevant[rows].all() or not self.relevant[rows].any():
            rows = self.natural
        return calibration(decisions[rows], self.relevant[rows], self.weights[rows])

    def threshold(self, scores: Any) -> float:
        """The score from which on to keep, for the best F1 on the natural rows."""
        return best_threshold(scores[self.natural], self.relevant[self.natural], self.weights[self.natural])

    def highest(self, scores: Any, share: float) -> float:
        """The score that `share` of the natural stream reaches."""
        import numpy as np

        scores, weights = scores[self.natural], self.weights[self.natural]
        order = np.argsort(-scores, kind="stable")
        enough = np.searchsorted(np.cumsum(weights[order]), share * weights.sum())
        return math.floor(float(scores[order][min(enough, len(order) - 1)]) * 10_000) / 10_000

    def share(self, chosen: Any) -> float:
        """Of the natural stream."""
        return float(self.weights[self.natural & chosen].sum() / self.weights[self.natural].sum())

    def scores(self, scores: Any, threshold: float) -> Scores:
        natural, others = self.natural, ~self.natural
        return Scores(
            threshold=threshold,
            natural=self._score(scores >= threshold, natural),
            natural_average_precision=self._average_precision(scores, natural),
            others=self._score(scores >= threshold, others),
            others_average_precision=self._average_precision(scores, others),
        )

    def _score(self, found: Any, among: Any) -> Score:
        found, relevant, weights = found[among], self.relevant[among], self.weights[among]
        right = weights[found & relevant].sum()
        return score_of(float(right), float(weights[found].sum()), float(weights[relevant].sum()))

    def _average_precision(self, scores: Any, among: Any) -> float:
        columns = (scores[among].tolist(), self.relevant[among].tolist(), self.weights[among].tolist())
        return average_precision(zip(*columns, strict=True))


def _fold(article: Labelled) -> int:
    """Of the natural stream an outlet comes into one fold, so that scores are of outlets never seen, as most are;
    of other articles those with one title, which are reprints."""
    name = article.outlet if article.natural else ""
    name = name or " ".join(article.title.lower().split()) or article.summary or article.text
    return zlib.crc32(name.encode("utf-8", "replace")) % FOLDS
