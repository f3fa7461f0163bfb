"""How good the readers are on articles they have not seen: each fold is read by models of the other folds.

    folds -> a model each -> decision values of what it has not seen, as printed, without text, without accents
          -> scores and verdicts by scales that fit the other folds -> ratings

Scales and thresholds too are read off other folds than those they are applied to, so no figure here is fitted to the
rows it is of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from feeds.corpus import Corpus
from feeds.folds import Folds
from feeds.measure import Bin, Judged, Negatives, confusion, rate, reliability
from feeds.regression import KernelMachine, Regression
from feeds.sample import Decisions, Sample, Scales
from feeds.scores import Estimate

Unseen = Mapping[str, Decisions]
"""Decision values by form: "whole", "lead", "bare" (feeds/scores.py)."""


def read_unseen(
    corpus: Corpus, sample: Sample, folds: Folds, vectors: Any | None, log: Callable[[str], None]
) -> Unseen:
    """`vectors` (feeds/corpus.py) of the articles are None where there is no second reader.

    The vectors stand for title and lead too: hardly an opening holds text.
    """
    relevant = sample.relevant
    models = folds.fit(lambda seen: Regression.fit(corpus.whole[seen], relevant[seen]), log)
    second = None
    if vectors is not None:
        machines = folds.fit(lambda seen: KernelMachine.fit(vectors[seen], relevant[seen]), log)
        second = folds.unseen(machines, lambda machine, rows: machine.decide(vectors[rows]))
    return {
        "whole": Decisions(folds.unseen(models, lambda model, rows: model.decide(corpus.whole[rows])), second),
        "lead": Decisions(folds.unseen(models, lambda model, rows: model.decide(corpus.lead[rows])), second),
        "bare": Decisions(folds.unseen(models, lambda model, rows: model.decide(corpus.bare(rows, model)))),
    }


class HeldOut:
    """What the readers say of the articles of folds, each by scales of the other folds."""

    def __init__(self, corpus: Corpus, sample: Sample, folds: Folds, unseen: Unseen) -> None:
        self.corpus, self.sample, self.folds = corpus, sample, folds
        scales = [sample.scales(unseen["whole"], ~tested) for tested in folds.tested]
        self.read = {
            (form, reader): columns
            for form, decisions in unseen.items()
            for reader, columns in self._read(decisions, scales)
        }

    def estimates(self, held_out: str, rows: Any, forms: tuple[str, ...]) -> Iterator[Estimate]:
        """The ratings on `rows`, a mask; of no rows none."""
        for form, reader in self.read:
            if form in forms and (judged := self._judged(form, reader, rows)):
                yield Estimate(held_out, form, reader, rate(judged))

    def reliability(self, rows: Any) -> tuple[Bin, ...]:
        return reliability(self._judged("whole", self._best, rows))

    def confusion(self, rows: Any) -> dict[str, Negatives]:
        kinds = [self.corpus.articles[row].kind for row in (rows & self.folds.any_tested).nonzero()[0]]
        return confusion(zip(kinds, self._judged("whole", self._best, rows), strict=True))

    @property
    def _best(self) -> str:
        return "both" if ("whole", "both") in self.read else "first"

    def _judged(self, form: str, reader: str, rows: Any) -> list[Judged]:
        scores, found = self.read[form, reader]
        return self.sample.judged(scores, found, rows & self.folds.any_tested)

    def _read(self, decisions: Decisions, all_scales: Sequence[Scales]) -> Iterator[tuple[str, tuple[Any, Any]]]:
        """Scores and verdicts of the first reader alone, then of both."""
        import numpy as np

        scores = np.zeros((2, len(decisions.first)))
        found = np.zeros((2, len(decisions.first)), dtype=bool)
        for tested, scales in zip(self.folds.tested, all_scales, strict=True):
            scores[0, tested] = scales.alone(decisions)[tested]
            found[0, tested] = scores[0, tested] >= scales.first.threshold
            if scales.both and decisions.second is not None:
                scores[1, tested] = scales.together(decisions, scales.both)[tested]
                found[1, tested] = scores[1, tested] >= scales.both.threshold
        yield "first", (scores[0], found[0])
        if decisions.second is not None:
            yield "both", (scores[1], found[1])
