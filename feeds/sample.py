"""The labelled articles as a sample of the natural stream: from decision values to scores and verdicts.

How the thresholds are chosen: for the best F1 to be expected on the rows with a weight, which are a weighted sample of
the natural stream (about 3 in 100 relevant), scored by models that have not seen their outlets. Where no row has a
weight, all rows count alike.

numpy and scikit-learn are imported only when it runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from feeds.labels import Labelled
from feeds.measure import Judged
from feeds.regression import best_threshold, calibration, probabilities

SECOND_SHARE = 0.1  # of the natural stream goes on to the second reader: it costs a hundred times the first


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Decision values, one an article; `second` is None where the first reader decides alone."""

    first: Any
    second: Any = None


@dataclass(frozen=True, slots=True)
class Scale:
    """From decision values to scores, and the least score of a relevant article."""

    slopes: tuple[float, ...]
    offset: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Scales:
    """Of the first reader alone and of both together, whose columns are the first's log odds and the second's
    decision value."""

    first: Scale
    second_from: float
    """Least score of the first reader at which the second is asked."""
    both: Scale | None

    def log_odds(self, decisions: Decisions) -> Any:
        return self.first.slopes[0] * decisions.first + self.first.offset

    def alone(self, decisions: Decisions) -> Any:
        """Scores of the first reader."""
        return probabilities(self.log_odds(decisions))

    def asked(self, decisions: Decisions) -> Any:
        return self.alone(decisions) >= self.second_from

    def together(self, decisions: Decisions, both: Scale) -> Any:
        """Scores of both readers."""
        import numpy as np

        log_odds = both.slopes[0] * self.log_odds(decisions) + both.slopes[1] * decisions.second + both.offset
        return np.where(self.asked(decisions), probabilities(log_odds), self.alone(decisions))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Arrays, one element an article. `natural` are the rows with a weight, or all where none has one."""

    relevant: Any
    weights: Any
    natural: Any

    @classmethod
    def of(cls, articles: Sequence[Labelled]) -> "Sample":
        import numpy as np

        natural = np.array([article.natural for article in articles])
        return cls(
            relevant=np.array([article.relevant for article in articles]),
            weights=np.array([article.weight for article in articles]),
            natural=natural | (not natural.any()),
        )

    def scales(self, unseen: Decisions, among: Any) -> Scales:
        """What fits the natural rows `among`, whose decision values are of models that have not seen them."""
        import numpy as np

        tested = ~np.isnan(unseen.first)
        rows = self._telling(self.natural & among & tested, self.natural & tested, tested)
        scales = Scales(self._fitted([unseen.first], rows), second_from=1.0, both=None)
        scores = scales.alone(unseen)
        first = self._with_threshold(scales.first, scores, rows)
        scales = Scales(first, self._highest(scores, SECOND_SHARE, rows), both=None)
        if unseen.second is None:
            return scales
        asked = self._telling(rows & scales.asked(unseen), rows)
        both = self._fitted([scales.log_odds(unseen), unseen.second], asked)
        return replace(scales, both=self._with_threshold(both, scales.together(unseen, both), rows))

    def share(self, chosen: Any, among: Any) -> float:
        """Of the natural rows `among`."""
        rows = self.natural & among
        return float(self.weights[rows & chosen].sum() / self.weights[rows].sum())

    def judged(self, scores: Any, found: Any, rows: Any) -> list[Judged]:
        columns = (column[rows].tolist() for column in (scores, found, self.relevant, self.weights))
        return [Judged(*one) for one in zip(*columns, strict=True)]

    def _telling(self, *choices: Any) -> Any:
        """The first of these rows with relevant ones and others among them."""
        telling = (rows for rows in choices if self.relevant[rows].any() and not self.relevant[rows].all())
        return next(telling, choices[-1])

    def _fitted(self, columns: Sequence[Any], rows: Any) -> Scale:
        """To log odds in the natural stream."""
        import numpy as np

        matrix = np.column_stack(columns)[rows]
        *slopes, offset = calibration(matrix, self.relevant[rows], self.weights[rows])
        return Scale(tuple(slopes), offset, threshold=0.0)

    def _with_threshold(self, scale: Scale, scores: Any, rows: Any) -> Scale:
        return replace(scale, threshold=best_threshold(scores[rows], self.relevant[rows], self.weights[rows]))

    def _highest(self, scores: Any, share: float, rows: Any) -> float:
        """The score that `share` of the natural stream reaches."""
        import numpy as np

        scores, weights = scores[rows], self.weights[rows]
        order = np.argsort(-scores, kind="stable")
        enough = np.searchsorted(np.cumsum(weights[order]), share * weights.sum())
        return math.floor(float(scores[order][min(enough, len(order) - 1)]) * 10_000) / 10_000
