"""Which articles are scored together, by models that have seen none of them nor anything like them.

By source: an outlet of the natural stream is held out whole, with its rows of other samples; other rows by outlet and
day, or by title where the day is unknown. By date: the natural rows of seven days, with whatever else is of these days.
Either way no copy of a held-out article is trained on: a wire report on several outlets, a reprint years later.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from feeds.embedding import opening
from feeds.labels import Labelled
from feeds.text import fold

FOLDS = 5
# Who shares the title, or as many syllables in a row of the opening, is a copy; names of offices are shorter.
RUN = 12

_SYLLABLE = re.compile(r"[^\W_]+")


class Decider(Protocol):
    def decide(self, matrix: Any) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Masks over the articles, one of each kind a fold. Each article is tested once, or never."""

    tested: tuple[Any, ...]
    seen: tuple[Any, ...]

    @classmethod
    def by_source(cls, articles: Sequence[Labelled]) -> "Folds":
        """All articles; no fold where they are too alike."""
        import numpy as np
        from sklearn.model_selection import GroupKFold

        natural = {article.outlet for article in articles if article.natural and article.outlet}
        groups = [_group(article, natural) for article in articles]
        if len(set(groups)) < FOLDS:  # a sample of a few outlets
            groups = [_title(article) for article in articles]
        if len(set(groups)) < FOLDS:
            return cls((), ())
        splits = GroupKFold(FOLDS).split(groups, groups=groups)
        tested = [np.isin(np.arange(len(articles)), rows) for _, rows in splits]
        return cls._without_copies(articles, tested, tested)

    @classmethod
    def by_week(cls, articles: Sequence[Labelled]) -> "Folds":
        """Natural articles with a date, seven days from the first at a time; no fold of a single week."""
        import numpy as np

        days = np.array([article.day.toordinal() if article.day else 0 for article in articles])
        natural = np.array([article.natural for article in articles]) & (days > 0)
        if not natural.any():
            return cls((), ())
        weeks = (days - days[natural].min()) // 7
        numbers = np.unique(weeks[natural])
        if len(numbers) < 2:
            return cls((), ())
        held = [(weeks == number) & (days > 0) for number in numbers]
        return cls._without_copies(articles, [natural & one for one in held], held)

    @classmethod
    def _without_copies(cls, articles: Sequence[Labelled], tested: Sequence[Any], held: Sequence[Any]) -> "Folds":
        """Trained on is what is neither held back nor a copy of what is tested; where that teaches nothing, as in a
        handful of texts over and over, copies too. Folds that teach nothing then fall out.
        """
        import numpy as np

        relevant = np.array([article.relevant for article in articles])
        runs = _runs(articles)
        folds = []
        for rows, back in zip(tested, held, strict=True):
            others = ~back & ~rows
            copies = runs @ (runs.T @ rows.astype(float)) > 0
            for seen in (others & ~copies, others):
                if relevant[seen].any() and not relevant[seen].all():
                    folds.append((rows, seen))
                    break
        return cls(tuple(rows for rows, _ in folds), tuple(seen for _, seen in folds))

    @property
    def any_tested(self) -> Any:
        import numpy as np

        return np.any(self.tested, axis=0)

    def fit(self, fit: Callable[[Any], Decider], log: Callable[[str], None]) -> list[Any]:
        """What `fit` makes of the rows each fold may see."""
        models = []
        for number, seen in enumerate(self.seen, 1):
            models.append(fit(seen))
            log(f"fold {number} of {len(self.seen)}")
        return models

    def unseen(self, models: Sequence[Any], decide: Callable[[Any, Any], Any]) -> Any:
        """Of each fold's model the decision values of the fold's rows (a mask); not a number where never tested."""
        import numpy as np

        decisions = np.full(len(self.tested[0]), np.nan)
        for model, rows in zip(models, self.tested, strict=True):
            decisions[rows] = decide(model, rows)
        return decisions


def _group(article: Labelled, natural: set[str]) -> str:
    if article.outlet in natural:
        return article.outlet
    if article.outlet and article.day:
        return f"{article.outlet} {article.day}"
    return _title(article)


def _title(article: Labelled) -> str:
    return " ".join(article.title.lower().split()) or article.summary or article.text


def _runs(articles: Sequence[Labelled]) -> Any:
    """Sparse, articles by their titles and the runs of `RUN` syllables in their openings."""
    import numpy as np
    from scipy.sparse import csr_matrix

    numbers: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for article in articles:
        syllables = _SYLLABLE.findall(fold(opening(article.title, article.summary, article.text)))
        runs = {" ".join(syllables[at : at + RUN]) for at in range(len(syllables) - RUN + 1)} | {_title(article)}
        columns += sorted(numbers.setdefault(run, len(numbers)) for run in runs)
        starts.append(len(columns))
    return csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(articles), len(numbers)))
