"""Trains the figures of classification from labelled articles (feeds/labels.py).

    JSONL -> articles -> counts -> TF-IDF matrix -> logistic regression, cross-validated
          -> calibration and threshold for the natural stream -> one regression per topic -> model.json.gz
          -> vectors of title and lead -> kernel machine, cross-validated on the same folds
          -> calibration and threshold of both readers together -> second.json.gz

Only this and feeds/regression.py need scikit-learn (the `train` extra), and only when they run. Equal input gives
equal bytes with the same version of scikit-learn. Where there is no second reader, its figures are left as they are.

How the threshold is chosen: for the best F1 on the rows with a weight, which are a weighted sample of the natural
stream (about 3 in 100 relevant), scored by models that have not seen their outlets. Where no row has a weight, all
rows count alike.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from feeds.classify import FIGURES, topics
from feeds.embedding import embed, is_available, opening
from feeds.evaluate import Score, score_of
from feeds.figures import Figures, TopicFigures, count_grams, grams, read_zones, save_figures
from feeds.labels import Labelled, Problem, labelled, read_rows
from feeds.regression import KernelMachine, Regression, logistic, probabilities, weigh
from feeds.sample import FOLDS, Sample, Scores
from feeds.second import FIGURES as SECOND_FIGURES
from feeds.second import SecondFigures, quantised, save_second

LEAST_ARTICLES = 4  # that a gram must occur in
LEAST_OF_EACH = 10  # relevant and not relevant articles
LEAST_OF_TOPIC = 5
TOPIC_STRENGTH = 30.0
SECOND_SHARE = 0.1  # of the natural stream goes on to the second reader: it costs a hundred times the first
_AT_ONCE = 32  # texts


class TrainingError(Exception):
    """The input cannot be trained on, or scikit-learn is missing."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """All scores are cross-validated: of articles that were not trained on."""

    rows: int
    relevant: int
    unlabelled: int
    grams: int
    first: Scores
    second: Scores | None
    """Of both readers together; None where there is no second."""
    share: float
    """Of the natural stream, sent to the second reader."""
    topics: Score
    """Micro average, given that the article is known to be relevant."""
    path: Path
    size: int
    """Bytes of the files."""


def train(
    paths: Sequence[Path],
    out: Path | None = None,
    second_out: Path | None = None,
    *,
    vectors: Path | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> TrainingReport:
    """Trains on `paths` and writes the figures of both readers, by default in place of the shipped ones.

    `vectors` is a file that keeps the vectors of title and lead, which are nine tenths of the work.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install -e '.[train]'") from error
    articles, unlabelled = read_articles(paths)
    log(f"{len(articles)} articles, {sum(a.relevant for a in articles)} relevant; {unlabelled} unlabelled")
    vocabulary, counts = _count(articles)
    idf, matrix = weigh(counts, len(vocabulary))
    log(f"{len(vocabulary)} grams in {LEAST_ARTICLES} or more articles")

    sample = Sample.of(articles)
    decisions = sample.unseen(lambda seen: Regression.fit(matrix[seen], sample.relevant[seen]), matrix, log)
    slope, offset = sample.calibrate(decisions[:, None])
    log_odds = slope * decisions + offset
    scores = probabilities(log_odds)
    threshold = sample.threshold(scores)
    second_from = sample.highest(scores, SECOND_SHARE)

    final = Regression.fit(matrix, sample.relevant)
    kept = [vocabulary[index] for index in final.columns]
    topic_figures, topic_threshold, topic_score = _topics(
        final.reduced(matrix)[sample.relevant],
        [a.topics for a in articles if a.relevant],
        sample.folds[sample.relevant],
    )
    figures = Figures(
        vocabulary={gram: index for index, gram in enumerate(kept)},
        idf=array("f", idf[final.columns]),
        weights=array("f", final.weights),
        intercept=round(final.intercept, 4),
        slope=slope,
        offset=offset,
        threshold=threshold,
        second_from=second_from,
        topics=topic_figures,
        topic_threshold=topic_threshold,
    )
    out = out or FIGURES
    save_figures(out, figures)
    written = [out]
    both = None
    if is_available():
        second_out = second_out or SECOND_FIGURES
        both = _second(articles, sample, log_odds, scores >= second_from, second_out, vectors, log)
        written.append(second_out)
    return TrainingReport(
        rows=len(articles),
        relevant=int(sample.relevant.sum()),
        unlabelled=unlabelled,
        grams=len(kept),
        first=sample.scores(scores, threshold),
        second=both,
        share=sample.share(scores >= second_from),
        topics=topic_score,
        path=out,
        size=sum(path.stat().st_size for path in written),
    )


def _second(
    articles: Sequence[Labelled],
    sample: Sample,
    log_odds: Any,
    asked: Any,
    out: Path,
    vectors: Path | None,
    log: Callable[[str], None],
) -> Scores:
    """Trains the second reader and writes its figures; the scores of both readers, where `asked` says."""
    import numpy as np

    steps, step = quantised(_vectors(articles, vectors, log))
    meanings = steps.astype(np.float32) * step
    decisions = sample.unseen(lambda seen: KernelMachine.fit(meanings[seen], sample.relevant[seen]), meanings, log)
    first, second, offset = sample.calibrate(np.column_stack([log_odds, decisions]), asked)
    scores = np.where(asked, probabilities(first * log_odds + second * decisions + offset), probabilities(log_odds))
    threshold = sample.threshold(scores)
    machine = KernelMachine.fit(meanings, sample.relevant)
    figures = SecondFigures(
        support=machine.support,
        weights=machine.weights.astype(np.float32),
        gamma=machine.gamma,
        intercept=machine.intercept,
        first=first,
        second=second,
        offset=offset,
        threshold=threshold,
    )
    save_second(out, figures)
    return sample.scores(scores, threshold)


def _vectors(articles: Sequence[Labelled], kept: Path | None, log: Callable[[str], None]) -> Any:
    """The vectors of the articles' titles and leads; those that `kept` holds are not made again."""
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
    return np.array([known[read] for read in wanted], dtype=np.float32)


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
