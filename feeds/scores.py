"""How well the shipped figures do on articles they have not seen, as the training that made them measured it.

`train` writes data/scores.json; README and the bot show it, so that no figure is typed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from feeds.figures import DATA, FiguresError
from feeds.measure import Bin, Negatives, Rating, Score

SCORES = DATA / "scores.json"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One way to measure.

    `held_out`: "outlet" or "week" of the natural stream, or "enriched" rows, chosen to be hard. `form`: "whole", "lead"
    (no text) or "bare" (no accents). `reader`: "first", or "both".
    """

    held_out: str
    form: str
    reader: str
    rating: Rating


@dataclass(frozen=True, slots=True)
class Scores:
    """All cross-validated: of articles that were not trained on, nor a copy of them."""

    measured_on: date
    version: str
    rows: int
    relevant: int
    estimates: tuple[Estimate, ...]
    reliability: tuple[Bin, ...]
    """On held-out outlets, of the best path."""
    kinds: Mapping[str, Negatives]
    """The same path's mistakes on enriched rows."""
    topics: Mapping[str, Score]
    """Given that an article is known to be relevant; "micro" is all together."""

    def estimate(self, held_out: str, form: str = "whole") -> Rating | None:
        """Of the best path."""
        found = [one for one in self.estimates if (one.held_out, one.form) == (held_out, form)]
        return found[-1].rating if found else None


@cache
def shipped_scores() -> Scores:
    return load_scores(SCORES)


def save_scores(path: Path, scores: Scores) -> None:
    """Writes `scores` for people too: indented, four digits."""
    text = json.dumps(_rounded(asdict(scores)), ensure_ascii=False, indent=1, default=date.isoformat)
    path.write_text(text + "\n", "utf-8")


def load_scores(path: Path) -> Scores:
    """What `save_scores` wrote to `path`; `FiguresError` where it cannot be used."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Scores(
            measured_on=date.fromisoformat(data["measured_on"]),
            version=data["version"],
            rows=data["rows"],
            relevant=data["relevant"],
            estimates=tuple(Estimate(**{**row, "rating": _rating(row["rating"])}) for row in data["estimates"]),
            reliability=tuple(Bin(**row) for row in data["reliability"]),
            kinds={kind: Negatives(**row) for kind, row in data["kinds"].items()},
            topics={code: Score(**row) for code, row in data["topics"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FiguresError(f"{path}: no usable scores ({error}); make them with bot.py train") from error


def _rating(data: Mapping[str, Any]) -> Rating:
    return Rating(**{**data, "score": Score(**data["score"])})


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, 4) if isinstance(value, float) else value
