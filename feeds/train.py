"""Trains the figures of classification from labelled articles (feeds/labels.py).

    JSONL -> articles -> counts -> TF-IDF matrix -> logistic regression, cross-validated
          -> calibration and threshold for the natural stream -> one regression per topic -> model.json.gz

Only this and feeds/regression.py need scikit-learn (the `train` extra), and only when they run. Equal input gives
equal bytes with the same version of scikit-learn.

How the threshold is chosen: for the best F1 on the rows with a weight, which are a weighted sample of the natural
stream (about 3 in 100 relevant), scored by models that have not seen their outlets. Where no row has a weight, all
rows count alike.
"""

import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from feeds.classify import FIGURES, topics
from feeds.evaluate import Score, average_precision, score_of
from feeds.figures import Figures, TopicFigures, count_grams, grams, read_zones, save_figures
from feeds.labels import Labelled, Problem, labelled, read_rows
from feeds.regression import Regression, best_threshold, calibration, logistic, weigh

FOLDS = 5
LEAST_ARTICLES = 4  # that a gram must occur in
LEAST_OF_EACH = 10  # relevant and not relevant articles
LEAST_OF_TOPIC = 5
TOPIC_STRENGTH = 30.0


class TrainingError(Exception):
    """The input cannot be trained on, or scikit-learn is missing."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """All scores are cross-validated: of articles that were not trained on."""

    rows: int
    relevant: int
    unlabelled: int
    grams: int
    threshold: float
    natural: Score
    """At the threshold, on the rows with a weight (all rows where none has one)."""
    natural_average_precision: float
    others: Score
    """At the threshold, on the rows without a weight."""
    topics: Score
    """Micro average, given that the article is known to be relevant."""
    path: Path
    size: int
    """Bytes of the file."""


def train(
    paths: Sequence[Path], out: Path | None = None, *, log: Callable[[str], None] = lambda line: None
) -> TrainingReport:
    """Trains on `paths` and writes the figures to `out`, by default in place of the shipped ones."""
    try:
        import numpy as np
        import sklearn  # noqa: F401
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install -e '.[train]'") from error
    articles, unlabelled = read_articles(paths)
    log(f"{len(articles)} articles, {sum(a.relevant for a in articles)} relevant; {unlabelled} unlabelled")
    vocabulary, counts = _count(articles)
    idf, matrix = weigh(counts, len(vocabulary))
    log(f"{len(vocabulary)} grams in {LEAST_ARTICLES} or more articles")

    relevant = np.array([article.relevant for article in articles])
    weights = np.array([article.weight for article in articles])
    natural = np.array([article.natural for article in articles])
    natural |= not natural.any()
    folds = np.array([_fold(article) for article in articles])
    decisions = np.zeros(len(articles))
    for fold in range(FOLDS):
        unseen = folds == fold
        decisions[unseen] = Regression.fit(matrix[~unseen], relevant[~unseen]).decide(matrix[unseen])
        log(f"fold {fold + 1} of {FOLDS}")
    slope, offset = calibration(decisions[natural], relevant[natural], weights[natural])
    scores = 1 / (1 + np.exp(-(slope * decisions + offset)))
    threshold = best_threshold(scores[natural], relevant[natural], weights[natural])

    final = Regression.fit(matrix, relevant)
    kept = [vocabulary[index] for index in final.columns]
    topic_figures, topic_threshold, topic_score = _topics(
        final.reduced(matrix)[relevant], [a.topics for a in articles if a.relevant], folds[relevant]
    )
    figures = Figures(
        vocabulary={gram: index for index, gram in enumerate(kept)},
        idf=array("f", idf[final.columns]),
        weights=array("f", final.weights),
        intercept=round(final.intercept, 4),
        slope=slope,
        offset=offset,
        threshold=threshold,
        topics=topic_figures,
        topic_threshold=topic_threshold,
    )
    out = out or FIGURES
    save_figures(out, figures)
    return TrainingReport(
        rows=len(articles),
        relevant=int(relevant.sum()),
        unlabelled=unlabelled,
        grams=len(kept),
        threshold=threshold,
        natural=_score(scores[natural] >= threshold, relevant[natural], weights[natural]),
        natural_average_precision=average_precision(
            zip(scores[natural].tolist(), relevant[natural].tolist(), weights[natural].tolist(), strict=True)
        ),
        others=_score(scores[~natural] >= threshold, relevant[~natural], weights[~natural]),
        topics=topic_score,
        path=out,
        size=out.stat().st_size,
    )


def read_articles(paths: Sequence[Path]) -> tuple[list[Labelled], int]:
    """The labelled articles of `paths` and the number of unlabelled ones; `TrainingError` names a broken line."""
    articles: list[Labelled] = []
    unlabelled = 0
    for row in read_rows(paths):
        if isinstance(row, Problem):
            raise TrainingError(str(row))
        try:
            article = labelled(row.data)
        except ValueError as error:
            raise TrainingError(str(Problem(row.path, row.line, str(error)))) from error
        if article:
            articles.append(article)
        else:
            unlabelled += 1
    relevant = sum(article.relevant for article in articles)
    if min(relevant, len(articles) - relevant) < LEAST_OF_EACH:
        raise TrainingError(
            f"{relevant} relevant of {len(articles)} articles: at least {LEAST_OF_EACH} relevant and as many others"
            " are needed"
        )
    return articles, unlabelled


def _count(articles: Sequence[Labelled]) -> tuple[list[str], list[dict[int, int]]]:
    """Sorted grams, and for each article the counts by number of gram."""
    all_zones = [read_zones(article.title, article.summary, article.text) for article in articles]
    spread = Counter(
        gram for zones in all_zones for gram in {g for zone in zones for g in chain(*grams(zone.syllables))}
    )
    vocabulary = sorted(gram for gram, number in spread.items() if number >= LEAST_ARTICLES)
    numbers = {gram: index for index, gram in enumerate(vocabulary)}
    return vocabulary, [count_grams(zones, numbers) for zones in all_zones]


def _score(found: Any, relevant: Any, weights: Any) -> Score:
    return score_of(float(weights[found & relevant].sum()), float(weights[found].sum()), float(weights[relevant].sum()))


def _topics(matrix: Any, labels: Sequence[frozenset[str]], folds: Any) -> tuple[tuple[TopicFigures, ...], float, Score]:
    """One regression per topic on the relevant articles; the threshold of the best micro F1, and that score.

    Topics with fewer than `LEAST_OF_TOPIC` articles are left to the phrases of topics.toml.
    """
    import numpy as np

    codes = [t.code for t in topics() if sum(t.code in of_one for of_one in labels) >= LEAST_OF_TOPIC]
    wanted = np.array([[code in of_one for code in codes] for of_one in labels], dtype=bool)
    decisions = np.full(wanted.shape, -9.0)
    figures = []
    for column, code in enumerate(codes):
        for fold in range(FOLDS):
            unseen = folds == fold
            seen = wanted[~unseen, column]
            if unseen.any() and 0 < seen.sum() < len(seen):
                weights, intercept = logistic(matrix[~unseen], seen, TOPIC_STRENGTH, class_weight="balanced")
                decisions[unseen, column] = matrix[unseen] @ weights + intercept
        if wanted[:, column].all():
            continue
        weights, intercept = logistic(matrix, wanted[:, column], TOPIC_STRENGTH, class_weight="balanced")
        scale = float(np.abs(weights).max()) / 127
        figures.append(
            TopicFigures(code, round(intercept, 4), scale, array("b", np.rint(weights / scale).astype(int).tolist()))
        )
    stated = sum(map(len, labels))
    tried = [(_topic_score(decisions, wanted, step / 10, stated), step / 10) for step in range(-15, 6)]
    best, threshold = max(tried, key=lambda pair: pair[0].f1)
    return tuple(figures), threshold, best


def _topic_score(decisions: Any, wanted: Any, threshold: float, stated: int) -> Score:
    """Topics from `threshold` on, at least the strongest: as `classify` chooses."""
    import numpy as np

    if not wanted.size:
        return score_of(0, 0, 0)
    found = decisions >= threshold
    found[np.arange(len(found)), decisions.argmax(axis=1)] |= ~found.any(axis=1)
    return score_of(int((found & wanted).sum()), int(found.sum()), stated)


def _fold(article: Labelled) -> int:
    """Of the natural stream an outlet comes into one fold, so that scores are of outlets never seen, as most are;
    of other articles those with one title, which are reprints."""
    name = article.outlet if article.natural else ""
    name = name or " ".join(article.title.lower().split()) or article.summary or article.text
    return zlib.crc32(name.encode("utf-8", "replace")) % FOLDS
