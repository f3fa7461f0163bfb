"""How well articles are classified and citations found, on labelled JSONL; pure but for reading the files.

A row with "relevant" (feeds/labels.py) tests the classification, one with "citations" ({id, text, citations:
[{start, end, key}], ignore?}) the citations. Broken lines are reported, and the rest goes on.

Rows that the shipped figures were trained on score nearly 1 and prove nothing; for those, `train` reports
cross-validated scores.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feeds.classify import Verdict, classify, shipped_figures, topics
from feeds.labels import Labelled, Problem, labelled, read_rows
from feeds.measure import Bin, Judged, Negatives, Rating, Score, confusion, rate, reliability, score_of
from feeds.text import fold

_LOGGED = 1000  # articles between two lines of the log


@dataclass(frozen=True, slots=True)
class ClassificationScore(Rating):
    """The rating is of the whole path, weighted by the rows' weights."""

    first: Rating
    """Of the first reader alone."""
    unaccented: Rating
    """Of the same articles without accents."""
    reliability: tuple[Bin, ...]
    kinds: Mapping[str, Negatives]
    topics: Score
    """Micro average over all relevant articles; one not recognised has missed its topics."""
    topics_of_found: Score
    """The same over the relevant articles recognised as such."""
    each_topic: Mapping[str, Score | None]
    """Of `topics` one by one; None of one that no article has."""


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


def evaluate(paths: Sequence[Path], log: Callable[[str], None] = lambda line: None) -> EvaluationReport:
    """Reads and measures all `paths`; nothing in them raises. `log` is told how far it is."""
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
        score_classification(articles, log) if articles else None,
        score_citations(cited) if cited else None,
        unlabelled,
        tuple(problems),
    )


def score_classification(
    articles: Sequence[Labelled], log: Callable[[str], None] = lambda line: None
) -> ClassificationScore:
    """Classifies `articles` with the shipped figures and compares."""
    both: list[Verdict] = []
    first: list[Verdict] = []
    bare: list[Verdict] = []
    for number, article in enumerate(articles):
        if number and number % _LOGGED == 0:
            log(f"{number} of {len(articles)} articles")
        parts = article.title, article.summary, article.text
        both.append(classify(*parts))
        first.append(classify(*parts, figures=shipped_figures()))
        bare.append(classify(*map(fold, parts)))
    judged = _judged(articles, both)
    rating = rate(judged)
    relevant = [(a, v) for a, v in zip(articles, both, strict=True) if a.relevant]
    borne = {code for article, _ in relevant for code in article.topics}
    return ClassificationScore(
        rows=rating.rows,
        relevant=rating.relevant,
        score=rating.score,
        average_precision=rating.average_precision,
        brier=rating.brier,
        first=rate(_judged(articles, first)),
        unaccented=rate(_judged(articles, bare)),
        reliability=reliability(judged),
        kinds=confusion(zip((article.kind for article in articles), judged, strict=True)),
        topics=_topic_score(relevant),
        topics_of_found=_topic_score([(a, v) for a, v in relevant if v.relevant]),
        each_topic={
            topic.code: _topic_score(relevant, {topic.code}) if topic.code in borne else None for topic in topics()
        },
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


def _judged(articles: Sequence[Labelled], verdicts: Sequence[Verdict]) -> list[Judged]:
    pairs = zip(articles, verdicts, strict=True)
    return [Judged(v.score, v.relevant, a.relevant, a.weight) for a, v in pairs]


def _topic_score(pairs: Iterable[tuple[Labelled, Verdict]], among: Set[str] | None = None) -> Score:
    """Of all topics, or those `among` them."""
    right = found = wanted = 0
    for article, verdict in pairs:
        named = verdict.topics if verdict.relevant else ()  # of one that is near, too
        said, so = (set(codes) if among is None else among & set(codes) for codes in (named, article.topics))
        right, found, wanted = right + len(said & so), found + len(said), wanted + len(so)
    return score_of(right, found, wanted)


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
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _flat(f"{name} {number}", inner)
    else:
        yield name, value
