"""The arithmetic of training, on numpy and scikit-learn, which are imported only when it runs.

Matrices are sparse, articles by grams; a `matrix` holds ``sqrt(count) * idf`` and gets rows of length 1 only after its
columns are chosen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_GRAMS = 60_000  # kept by weight times typical value; half as many cost 0.01 of F1
STRENGTH = 20.0  # inverse regularisation, of 3, 10, 20, 30
# Of the kernel machine; cross-validated F1 is the same within 0.005 for penalties 2 to 10 and gammas 2 to 8.
PENALTY = 5.0
GAMMA = 4.0


@dataclass(frozen=True, slots=True)
class Regression:
    """Relevance on the columns that matter."""

    columns: Any  # int array, rising
    weights: Any
    intercept: float

    @classmethod
    def fit(cls, matrix: Any, relevant: Any) -> "Regression":
        """Fits on all columns, keeps those with the greatest weight times typical value, fits again on these."""
        import numpy as np

        unit = _unit_rows(matrix)
        typical = np.sqrt(np.asarray(unit.multiply(unit).mean(axis=0)).ravel())
        importance = np.abs(logistic(unit, relevant, STRENGTH)[0]) * typical
        columns = np.sort(np.argsort(-importance, kind="stable")[:MOST_GRAMS])
        weights, intercept = logistic(_unit_rows(matrix[:, columns]), relevant, STRENGTH)
        return cls(columns, weights, intercept)

    def reduced(self, matrix: Any) -> Any:
        """The columns that matter, rows of length 1."""
        return _unit_rows(matrix[:, self.columns])

    def decide(self, matrix: Any) -> Any:
        """Decision values; above 0 relevant is the likelier in the training mixture."""
        return self.reduced(matrix) @ self.weights + self.intercept


@dataclass(frozen=True, slots=True, eq=False)
class KernelMachine:
    """A support vector machine with a Gaussian kernel: see feeds/second.py."""

    support: Any
    weights: Any
    intercept: float
    gamma: float = GAMMA

    @classmethod
    def fit(cls, vectors: Any, relevant: Any) -> "KernelMachine":
        from sklearn.svm import SVC

        machine = SVC(C=PENALTY, gamma=GAMMA, cache_size=500).fit(vectors, relevant)
        return cls(machine.support_vectors_, machine.dual_coef_[0], round(float(machine.intercept_[0]), 6))

    def decide(self, vectors: Any) -> Any:
        """Decision values; above 0 relevant is the likelier in the training mixture."""
        from sklearn.metrics.pairwise import rbf_kernel

        return rbf_kernel(vectors, self.support, self.gamma) @ self.weights + self.intercept


def rarity(counts: Sequence[dict[int, int]], width: int) -> Any:
    """``idf = 1 + ln((1 + articles) / (1 + articles with the gram))`` of each column."""
    import numpy as np

    spread = np.zeros(width)
    for row in counts:
        spread[list(row)] += 1
    return np.log((1 + len(counts)) / (1 + spread)) + 1


def weighted(counts: Sequence[dict[int, int]], idf: Any) -> Any:
    """The sparse ``sqrt(count) * idf``."""
    import numpy as np
    from scipy.sparse import csr_matrix

    columns = np.array([index for row in counts for index in row], dtype=np.int32)
    values = np.sqrt(np.array([count for row in counts for count in row.values()], dtype=float)) * idf[columns]
    starts = np.cumsum([0, *map(len, counts)])
    return csr_matrix((values, columns, starts), shape=(len(counts), len(idf)))


def _unit_rows(matrix: Any) -> Any:
    import numpy as np
    from scipy.sparse import diags

    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return diags(1 / np.where(length > 0, length, 1)) @ matrix


def logistic(
    matrix: Any, labels: Any, strength: float, *, weights: Any = None, class_weight: str | None = None
) -> tuple[Any, float]:
    """Weights of the columns and intercept of an L2 logistic regression; `weights` are those of the rows."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, solver="liblinear", random_state=0, class_weight=class_weight)
    model.fit(matrix, labels, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def calibration(decisions: Any, relevant: Any, weights: Any) -> tuple[float, ...]:
    """Slopes of the columns of `decisions` and the offset, to log odds (Platt 1999, without his smoothing)."""
    slopes, offset = logistic(decisions, relevant, 1e6, weights=weights)
    return (*(round(float(slope), 4) for slope in slopes), round(offset, 4))


def probabilities(log_odds: Any) -> Any:
    import numpy as np

    return 1 / (1 + np.exp(-log_odds))


def best_threshold(scores: Any, relevant: Any, weights: Any) -> float:
    """Half of the best F1 that any threshold reaches: there it lies, as the scores are probabilities (Lipton, Elkan and
    Naryanaswamy 2014). The threshold that did best on these very rows is an accident: F1 is flat around its peak, which
    lay at 0.28, 0.42 or 0.51 with other folds or a little less text.
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    weights, right = weights[order], np.cumsum((weights * relevant)[order])
    f1 = 2 * right / (np.cumsum(weights) + right[-1])
    return math.floor(float(f1.max()) / 2 * 10_000) / 10_000
