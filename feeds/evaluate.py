"""How well articles are classified and citations found, on labelled JSONL; pure but for reading the files.

A row with "relevant" (feeds/labels.py) tests the classification, one with "citations" ({id, text, citations:
[{start, end, key}], ignore?}) the citations. Broken lines are reported, and the rest goes on.

Rows that the shipped figures were trained on score nearly 1 and prove nothing; for those, `train` reports
cross-validated scores.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from feeds.classify import Verdict, classify
from feeds.labels import Labelled, Problem, labelled, read_rows


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, each 0..1; of nothing at all they are 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class ClassificationScore:
    rows: int
    relevant: int
    score: Score
    """Weighted by the rows' weights."""
    average_precision: float
    topics: Score
    """Micro average over all relevant articles; one not recognised has missed its topics."""
    topics_of_found: Score
    """The same over the relevant articles recognised as such."""


@dataclass(frozen=True, slots=True)
class CitationScore:
    """`strict`: same span, same key. `base`: same span, same key but for the place. `overlap`: that, spans touch."""

    rows: int
    citations: int
    strict: Score
    base: Score
    overlap: Score


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    classification: ClassificationScore | None
    citations: CitationScore | None
    unlabelled: int
    problems: tuple[Problem, ...]

    def rows(self) -> list[tuple[str, float]]:
        """What was measured as (name, value), for a table: "classification score f1", 0.79."""
        parts = {"classification": self.classification, "citations": self.citations}
        return [row for name, part in parts.items() if part for row in _flat(name, asdict(part))]


def evaluate(paths: Sequence[Path]) -> EvaluationReport:
    """Reads and measures all `paths`; nothing in them raises."""
    problems: list[Problem] = []
    articles: list[Labelled] = []
    cited: list[Mapping[str, Any]] = []
    unlabelled = 0
    for row in read_rows(paths):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        try:
            if "citations" in row.data:
                cited.append(_checked_citations(row.data))
            elif article := labelled(row.data):
                articles.append(article)
            else:
                unlabelled += 1
        except ValueError as error:
            problems.append(Problem(row.path, row.line, str(error)))
    return EvaluationReport(
        score_classification(articles) if articles else None,
        score_citations(cited) if cited else None,
        unlabelled,
        tuple(problems),
    )


def score_classification(articles: Sequence[Labelled]) -> ClassificationScore:
    """Classifies `articles` with the shipped figures and compares."""
    verdicts = [classify(article.title, article.summary, article.text) for article in articles]
    relevant = [(a, v) for a, v in zip(articles, verdicts, strict=True) if a.relevant]
    return ClassificationScore(
        rows=len(articles),
        relevant=len(relevant),
        score=score_of(
            sum(a.weight for a, v in relevant if v.relevant),
            sum(a.weight for a, v in zip(articles, verdicts, strict=True) if v.relevant),
            sum(a.weight for a, _ in relevant),
        ),
        average_precision=average_precision(
            [(v.score, a.relevant, a.weight) for a, v in zip(articles, verdicts, strict=True)]
        ),
        topics=_topic_score(relevant),
        topics_of_found=_topic_score([(a, v) for a, v in relevant if v.relevant]),
    )


def score_citations(rows: Sequence[Mapping[str, Any]]) -> CitationScore:
    """Finds the citations of each row's text and compares; spans listed in "ignore" are neutral."""
    from feeds.documents import find_citations

    hits: Counter[str] = Counter()
    for row in rows:
        gold = [(c["start"], c["end"], c["key"]) for c in row["citations"] if c["key"]]
        found = [
            (c.start, c.end, c.key)
            for c in find_citations(row["text"])
            if c.key and not any(c.start < end and start < c.end for start, end in row.get("ignore") or ())
        ]
        hits["gold"] += len(gold)
        hits["found"] += len(found)
        hits["strict"] += len(set(gold) & set(found))
        hits["base"] += len({(s, e, _base(k)) for s, e, k in gold} & {(s, e, _base(k)) for s, e, k in found})
        hits["overlap"] += _overlaps(gold, found)
    strict, base, overlap = (
        score_of(hits[name], hits["found"], hits["gold"]) for name in ("strict", "base", "overlap")
    )
    return CitationScore(len(rows), hits["gold"], strict, base, overlap)


def score_of(right: float, found: float, wanted: float) -> Score:
    """From (weighted) numbers of right, of found and of wanted things."""
    return Score(
        right / found if found else 0.0,
        right / wanted if wanted else 0.0,
        2 * right / (found + wanted) if found + wanted else 0.0,
    )


def average_precision(rated: Iterable[tuple[float, bool, float]]) -> float:
    """Of (score, relevant, weight): sum over falling scores of precision times gain in recall; ties are one step."""
    right = seen = area = 0.0
    for _, group in groupby(sorted(rated, key=lambda item: -item[0]), key=lambda item: item[0]):
        step = list(group)
        gain = sum(weight for _, relevant, weight in step if relevant)
        right += gain
        seen += sum(weight for *_, weight in step)
        area += gain * right / seen
    return area / right if right else 0.0


def _checked_citations(data: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        for citation in data["citations"]:
            if not (isinstance(citation["key"], str | None) and citation["start"] < citation["end"]):
                raise ValueError("a citation needs start < end and a key")
        if not isinstance(data["text"], str) or not all(start < end for start, end in data.get("ignore") or ()):
            raise ValueError("text must be a string, ignore a list of [start, end]")
    except (KeyError, TypeError) as error:
        raise ValueError(f"broken citations: {error!r}") from error
    return data


def _topic_score(pairs: Iterable[tuple[Labelled, Verdict]]) -> Score:
    counts = [(len(a.topics & set(v.topics)), len(v.topics), len(a.topics)) for a, v in pairs]
    return score_of(*map(sum, zip(*counts, strict=True))) if counts else score_of(0, 0, 0)


def _base(key: str) -> str:
    return key.partition("@")[0]


def _overlaps(gold: Sequence[tuple[int, int, str]], found: Sequence[tuple[int, int, str]]) -> int:
    """How many of `gold` touch one of `found` with the same base key; each of `found` is used once."""
    free = list(found)
    for start, end, key in gold:
        touching = [f for f in free if f[0] < end and start < f[1] and _base(f[2]) == _base(key)]
        if touching:
            free.remove(min(touching, key=lambda f: abs(f[0] - start) + abs(f[1] - end)))
    return len(found) - len(free)


def _flat(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name} {key}", inner)
    else:
        yield name, value
