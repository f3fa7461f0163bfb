"""Trains the figures of classification from labelled articles (feeds/labels.py).

    JSONL -> articles -> counts -> TF-IDF matrix (feeds/corpus.py)
          -> what models say of articles they have not seen, by source and by week (feeds/folds.py)
          -> scales and thresholds for the natural stream (feeds/sample.py), and scores (feeds/crossvalidate.py)
          -> logistic regression on all, one per topic -> model.json.gz
          -> vectors of title and lead, kernel machine on all -> second.json.gz
          -> scores.json

Only this needs scikit-learn (the `train` extra), and only when it runs. Equal input gives equal bytes with the same
version of scikit-learn. Where there is no second reader, its figures are left as they are.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from feeds.classify import FIGURES, topics
from feeds.corpus import Corpus, meanings
from feeds.crossvalidate import HeldOut, read_unseen
from feeds.embedding import is_available
from feeds.figures import Figures, TopicFigures, save_figures
from feeds.folds import Folds
from feeds.labels import Labelled, Problem, labelled, read_rows
from feeds.measure import Score, score_of
from feeds.regression import KernelMachine, Regression, logistic
from feeds.sample import Sample, Scale, Scales
from feeds.scores import SCORES, Scores, save_scores
from feeds.second import FIGURES as SECOND_FIGURES
from feeds.second import SecondFigures, save_second

LEAST_OF_EACH = 10  # relevant and not relevant articles
LEAST_OF_TOPIC = 5
TOPIC_STRENGTH = 30.0


class TrainingError(Exception):
    """The input cannot be trained on, or scikit-learn is missing."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    rows: int
    relevant: int
    unlabelled: int
    grams: int
    scores: Scores
    threshold: float
    """Of both readers together where there is a second."""
    share: float
    """Of the natural stream, sent to the second reader."""
    path: Path
    size: int
    """Bytes of the files."""


def train(
    paths: Sequence[Path],
    out: Path | None = None,
    second_out: Path | None = None,
    *,
    today: date,
    vectors: Path | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> TrainingReport:
    """Trains on `paths` and writes the first reader's figures to `out`, by default in place of the shipped ones, and
    beside it the second's, unless `second_out` says where, and the scores.

    `vectors` is a file that keeps the vectors of title and lead, which are nine tenths of the work.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install -e '.[train]'") from error
    articles, unlabelled = read_articles(paths)
    log(f"{len(articles)} articles, {sum(a.relevant for a in articles)} relevant; {unlabelled} unlabelled")
    corpus, sample = Corpus.of(articles), Sample.of(articles)
    log(f"{len(corpus.vocabulary)} grams")
    read = meanings(articles, vectors, log) if is_available() else None

    folds, weeks = Folds.by_source(articles), Folds.by_week(articles)
    if not folds.tested:
        raise TrainingError("the articles are too alike: nothing is left to measure on")
    unseen = read_unseen(corpus, sample, folds, read, log)
    scales = sample.scales(unseen["whole"], folds.any_tested)
    by_source = HeldOut(corpus, sample, folds, unseen)
    estimates = [*by_source.estimates("outlet", sample.natural, ("whole", "bare"))]
    if weeks.tested:
        by_week = HeldOut(corpus, sample, weeks, read_unseen(corpus, sample, weeks, read, log))
        estimates += by_week.estimates("week", sample.natural, ("whole", "bare"))
    estimates += by_source.estimates("enriched", ~sample.natural, ("whole", "lead", "bare"))

    out = out or FIGURES
    second_out = second_out or out.with_name(SECOND_FIGURES.name)
    figures, topic_scores = _first(corpus, sample, folds, scales)
    save_figures(out, figures)
    written = [out]
    if scales.both:
        save_second(second_out, _second(KernelMachine.fit(read, sample.relevant), scales.both))
        written.append(second_out)
    scores = Scores(
        measured_on=today,
        version=version("diem-tin"),
        rows=len(articles),
        relevant=int(sample.relevant.sum()),
        estimates=tuple(estimates),
        reliability=by_source.reliability(sample.natural),
        kinds=by_source.confusion(~sample.natural),
        topics=topic_scores,
    )
    save_scores(out.with_name(SCORES.name), scores)
    return TrainingReport(
        rows=scores.rows,
        relevant=scores.relevant,
        unlabelled=unlabelled,
        grams=len(figures.vocabulary),
        scores=scores,
        threshold=(scales.both or scales.first).threshold,
        share=sample.share(scales.asked(unseen["whole"]), folds.any_tested),
        path=out,
        size=sum(path.stat().st_size for path in written),
    )


def _first(corpus: Corpus, sample: Sample, folds: Folds, scales: Scales) -> tuple[Figures, dict[str, Score]]:
    """The first reader's figures, and how well its topics do on unseen articles."""
    model = Regression.fit(corpus.whole, sample.relevant)
    topic_figures, topic_threshold, topic_scores = _topics(
        model.reduced(corpus.whole)[sample.relevant],
        [article.topics for article in corpus.articles if article.relevant],
        [rows[sample.relevant] for rows in folds.tested],
    )
    figures = Figures(
        vocabulary={corpus.vocabulary[column]: index for index, column in enumerate(model.columns)},
        idf=array("f", corpus.idf[model.columns]),
        weights=array("f", model.weights),
        intercept=round(model.intercept, 4),
        slope=scales.first.slopes[0],
        offset=scales.first.offset,
        threshold=scales.first.threshold,
        second_from=scales.second_from,
        topics=topic_figures,
        topic_threshold=topic_threshold,
    )
    return figures, topic_scores


def _second(machine: KernelMachine, scale: Scale) -> SecondFigures:
    import numpy as np

    first, second = scale.slopes
    return SecondFigures(
        support=machine.support,
        weights=machine.weights.astype(np.float32),
        gamma=machine.gamma,
        intercept=machine.intercept,
        first=first,
        second=second,
        offset=scale.offset,
        threshold=scale.threshold,
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


def _topics(
    matrix: Any, labels: Sequence[frozenset[str]], tested: Sequence[Any]
) -> tuple[tuple[TopicFigures, ...], float, dict[str, Score]]:
    """One regression per topic on the relevant articles; the threshold of the best micro F1, and the scores there.

    Topics with fewer than `LEAST_OF_TOPIC` articles are left to the phrases of topics.toml.
    """
    import numpy as np

    codes = [t.code for t in topics() if sum(t.code in of_one for of_one in labels) >= LEAST_OF_TOPIC]
    wanted = np.array([[code in of_one for code in codes] for of_one in labels], dtype=bool)
    decisions = np.full(wanted.shape, -9.0)
    figures = []
    for column, code in enumerate(codes):
        for unseen in tested:
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
    tried = [(_topic_scores(decisions, wanted, step / 10, stated, codes), step / 10) for step in range(-15, 6)]
    best, threshold = max(tried, key=lambda pair: pair[0]["micro"].f1)
    return tuple(figures), threshold, best


def _topic_scores(decisions: Any, wanted: Any, threshold: float, stated: int, codes: Sequence[str]) -> dict[str, Score]:
    """Topics from `threshold` on, at least the strongest: as `classify` chooses."""
    import numpy as np

    if not wanted.size:
        return {"micro": score_of(0, 0, 0)}
    found = decisions >= threshold
    found[np.arange(len(found)), decisions.argmax(axis=1)] |= ~found.any(axis=1)
    right, all_found, all_wanted = (topics_.sum(axis=0).tolist() for topics_ in (found & wanted, found, wanted))
    each = {code: score_of(*sums) for code, *sums in zip(codes, right, all_found, all_wanted, strict=True)}
    return {**each, "micro": score_of(sum(right), sum(all_found), stated)}
