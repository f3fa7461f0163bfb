"""The labelled articles as what the readers learn from: sparse counts of grams, and vectors of title and lead.

numpy and scipy are imported only when it runs.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from feeds.embedding import embed, opening
from feeds.figures import Zone, count_grams, grams, read_zones
from feeds.labels import Labelled
from feeds.regression import Regression, rarity, weighted
from feeds.second import quantised
from feeds.text import fold

LEAST_ARTICLES = 4  # that a gram must occur in
_AT_ONCE = 32  # texts


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Rows of the matrices are the articles, columns the sorted `vocabulary`."""

    articles: Sequence[Labelled]
    vocabulary: Sequence[str]
    idf: Any
    whole: Any
    """All that a row gives."""
    lead: Any
    """Title and lead alone."""

    @classmethod
    def of(cls, articles: Sequence[Labelled]) -> "Corpus":
        all_zones = [read_zones(article.title, article.summary, article.text) for article in articles]
        leads = [read_zones(article.title, article.summary, "") for article in articles]
        spread = Counter(
            gram for zones in all_zones for gram in {g for zone in zones for g in chain(*grams(zone.syllables))}
        )
        vocabulary = sorted(gram for gram, number in spread.items() if number >= LEAST_ARTICLES)
        numbers = {gram: index for index, gram in enumerate(vocabulary)}
        counts = [count_grams(zones, numbers) for zones in all_zones]
        idf = rarity(counts, len(vocabulary))
        lead = weighted([count_grams(zones, numbers) for zones in leads], idf)
        return cls(articles, vocabulary, idf, weighted(counts, idf), lead)

    def bare(self, rows: Any, model: Regression) -> Any:
        """The articles `rows` (a mask) without accents, as who has learnt `model` reads them (`Figures.folded`)."""
        folded: dict[str, int] = {}
        for index in sorted(model.columns.tolist(), key=lambda index: self.idf[index]):
            folded.setdefault(fold(self.vocabulary[index]), index)
        return weighted([count_grams(_bare(self.articles[row]), folded) for row in rows.nonzero()[0]], self.idf)


def meanings(articles: Sequence[Labelled], kept: Path | None, log: Callable[[str], None]) -> Any:
    """The vectors of titles and leads, as exact as figures are shipped; those that `kept` holds are not made again."""
    import numpy as np

    wanted = [opening(article.title, article.summary, article.text) for article in articles]
    known: dict[str, Any] = {}
    if kept and kept.exists():
        with np.load(kept, allow_pickle=False) as stored:
            known = dict(zip(stored["openings"].tolist(), stored["vectors"], strict=True))
    missing = [read for read in dict.fromkeys(wanted) if read not in known]
    for start in range(0, len(missing), _AT_ONCE):
        if start % (20 * _AT_ONCE) == 0:
            log(f"vectors: {start} of {len(missing)}")
        batch = missing[start : start + _AT_ONCE]
        known.update(zip(batch, embed(batch).astype(np.float16), strict=True))
    if kept and missing:
        np.savez(kept, openings=np.array(list(known)), vectors=np.array(list(known.values())))
    steps, step = quantised(np.array([known[read] for read in wanted], dtype=np.float32))
    return steps.astype(np.float32) * step


def _bare(article: Labelled) -> list[Zone]:
    return read_zones(fold(article.title), fold(article.summary), fold(article.text))
