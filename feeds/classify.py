"""Is an article about Vietnamese security policy, and on which topics? Pure, with figures trained beforehand.

    title, summary, text -> syllables -> 1- to 3-grams -> TF-IDF -> logistic regression -> first reading
                                             not plainly rejected -> second reader (feeds/second.py) -> Verdict

Syllables stand in for words: Vietnamese writes them apart, and a word segmenter costs ten times the rest. Title and
summary weigh more than the text, of which only the beginning is read. The figures come from feeds/train.py;
scikit-learn is not needed here. The second reader costs a tenth of a second: `first_reading` leaves the verdict open
for who would rather ask it later, `classify` asks it at once.
"""

import math
import operator
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from feeds.embedding import is_available, opening
from feeds.english import SHIFT, english_evidence, is_english
from feeds.evidence import MOST, Evidence, Gains, find_evidence
from feeds.figures import (
    DATA,
    NUMBER,
    ZONES,
    Figures,
    Zone,
    count_grams,
    decide,
    load_figures,
    read_zones,
    topic_rules,
    vector,
)
from feeds.second import log_odds_of, probability, second_reader

__all__ = [
    "STEP",
    "Evidence",
    "Topic",
    "Verdict",
    "classify",
    "first_reading",
    "join_parts",
    "rules_version",
    "shipped_figures",
    "topic_evidence",
    "topics",
]

FIGURES = DATA / "model.json.gz"
LEAST_KNOWN = 0.5  # share of known syllables: labelled Vietnamese has 0.64 and more, English about 0.4
STEP = 1.5
"""Log odds from the usual bar up to that of readers who want fewer articles, and down to that of who wants more."""
_MOST_OF_TOPIC = 3
NEAR_MISS = 0.05  # evidence is looked for from this score on

_ACCENTED = re.compile(r"[À-ỹ]|[\u0300-\u0323]")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; `names` and `about` (one line) are by language, "vi" and "en"."""

    code: str
    names: Mapping[str, str]
    about: Mapping[str, str]
    phrases: tuple[str, ...]
    """In title or summary of a relevant article they add the topic; lower case, tones placed the new way."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is the probability of relevance in a natural stream of news; topics come strongest first.

    `margin` is the log odds of the score above the least of a relevant article. An article less than `STEP` below it is
    near: not relevant, but read as if it were, for who wants more. `is_open`: the first reader does not plainly reject
    the article, and the second has not read it yet.
    """

    relevant: bool
    score: float
    topics: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    is_open: bool = False
    margin: float = -math.inf
    vector: bytes | None = field(default=None, repr=False)
    """What the second reader read, where it was asked: WIDTH components in whole steps (int8)."""

    @property
    def is_near(self) -> bool:
        return not self.relevant and self.margin >= -STEP

    @property
    def state(self) -> str:
        """What becomes of the article."""
        return "kept" if self.relevant else "near" if self.is_near else "left_out"


def classify(title: str, summary: str = "", text: str = "", *, figures: Figures | None = None) -> Verdict:
    """The verdict on one article, any part of which may be empty.

    Neither Vietnamese (too few known syllables) nor English is not relevant. A text without any accent is read without
    accents, by the first reader alone. With `figures`, not the shipped ones, the first reader decides alone.
    """
    first = _first(title, summary, text, figures or shipped_figures())
    second = second_reader() if first.is_open and figures is None else None
    if second is None:
        return first.verdict(first.score, first.figures.threshold)
    decision, vector = second.read(opening(title, summary, text))
    if first.english:
        score = probability(SHIFT + second.second * decision)
    else:
        score = second.score(log_odds_of(first.score), decision)
    return replace(first.verdict(score, second.threshold), vector=vector)


def first_reading(title: str, summary: str = "", text: str = "") -> Verdict:
    """The first reader's verdict; where there is a second reader and it is worth asking, an open one with no more than
    the first's score.
    """
    first = _first(title, summary, text, shipped_figures())
    if first.is_open and is_available():
        return Verdict(False, first.score, (), (), is_open=True)
    return first.verdict(first.score, first.figures.threshold)


def topic_evidence(
    title: str, summary: str = "", text: str = "", *, codes: Sequence[str]
) -> Mapping[str, tuple[Evidence, ...]]:
    """The phrases that speak for each of the topics `codes`, the strongest first; for people to read."""
    first = _first(title, summary, text, shipped_figures())
    if first.english:
        return {code: first.english[code][:_MOST_OF_TOPIC] for code in codes if code in first.english}
    values = vector(first.counts, first.figures.idf) if first.counts else {}
    return {code: _speaking_for(code, first, values) for code in codes}


def _speaking_for(code: str, first: "_First", values: Mapping[int, float]) -> tuple[Evidence, ...]:
    named = next((topic.phrases for topic in topics() if topic.code == code), ())
    weights = next((topic.weights for topic in first.figures.topics if topic.code == code), None)
    found: tuple[Evidence, ...] = ()
    if weights is not None:
        found = first.phrases({number: value * weights[number] for number, value in values.items()})
    if not found and (match := re.search("|".join(map(re.escape, named)), first.joined, re.I) if named else None):
        found = (Evidence(match.start(), match.end(), match[0], 1.0),)
    return tuple(one for one in found[:_MOST_OF_TOPIC] if one.weight >= found[0].weight / 2)


@dataclass(frozen=True, slots=True)
class _First:
    """What the first reader made of an article."""

    figures: Figures
    joined: str
    zones: list[Zone]
    vocabulary: Mapping[str, int]
    counts: Mapping[int, int]  # of grams; empty: not Vietnamese
    score: float
    is_open: bool
    english: Mapping[str, tuple[Evidence, ...]]  # phrases by topic, of an English article

    def verdict(self, score: float, threshold: float) -> Verdict:
        """The verdict at `score`, which both readers may have made."""
        if not self.counts and not self.english:
            return Verdict(False, score, (), ())
        relevant, margin = score >= threshold, log_odds_of(score) - log_odds_of(threshold)
        wanted = margin >= -STEP
        if self.english:
            phrases = tuple(phrase for found in self.english.values() for phrase in found)
            return Verdict(relevant, score, tuple(self.english) if wanted else (), phrases[:MOST], margin=margin)
        if not wanted and score < NEAR_MISS:
            return Verdict(relevant, score, (), (), margin=margin)
        values = vector(self.counts, self.figures.idf)
        weights, slope = self.figures.weights, self.figures.slope
        evidence = self.phrases({number: slope * value * weights[number] for number, value in values.items()})
        topics = _topics_of(values, self.zones, self.figures) if wanted else ()
        return Verdict(relevant, score, topics, evidence, margin=margin)

    def phrases(self, gains: Mapping[int, float]) -> tuple[Evidence, ...]:
        """The phrases that gain most, by the gain of each gram's number."""
        return find_evidence(self.zones, Gains(self.vocabulary, gains, self.figures.idf), self.joined)


def _first(title: str, summary: str, text: str, figures: Figures) -> _First:
    zones = read_zones(title, summary, text)
    parts = zip((title, summary, text), ZONES, strict=True)
    accented = any(_ACCENTED.search(part, 0, limit) for part, (_, limit) in parts)
    vocabulary = figures.vocabulary if accented else figures.folded
    joined = join_parts(title, summary, text)
    syllables = [syllable for zone in zones for syllable in zone.syllables if syllable != NUMBER]
    known = sum(map(vocabulary.__contains__, syllables))
    if not known or known < LEAST_KNOWN * len(syllables):
        english = english_evidence(join_parts(title, summary, "")) if is_english(joined) else {}
        return _First(figures, joined, zones, vocabulary, {}, 0.0, bool(english), english)
    counts = count_grams(zones, vocabulary)
    score = probability(figures.slope * decide(counts, figures) + figures.offset)
    return _First(figures, joined, zones, vocabulary, counts, score, accented and score >= figures.second_from, {})


def join_parts(title: str, summary: str, text: str) -> str:
    """The article as one text, to which all offsets refer: the parts that are not empty, a line each."""
    return "\n".join(part for part in (title, summary, text) if part)


@cache
def topics() -> tuple[Topic, ...]:
    """All topics in the order of the digest."""
    return tuple(
        Topic(row["code"], row["names"], row["about"], tuple(row.get("phrases", ()))) for row in topic_rules()["topic"]
    )


def rules_version() -> int:
    """Version of all rules that read an article, stored with it so that `reindex` finds what is behind."""
    return int(topic_rules()["rules_version"])


@cache
def shipped_figures() -> Figures:
    """The figures of this version."""
    return load_figures(FIGURES)


def _topics_of(values: Mapping[int, float], zones: Collection[Zone], figures: Figures) -> tuple[str, ...]:
    """Topics above the threshold, strongest first, then those of phrases; the strongest if there is none."""
    decisions = {
        topic.code: topic.intercept
        + topic.scale * sum(map(operator.mul, values.values(), map(topic.weights.__getitem__, values)))
        for topic in figures.topics
    }
    ranked = sorted(decisions, key=lambda code: -decisions[code])
    found = [code for code in ranked if decisions[code] >= figures.topic_threshold]
    leads = [" ".join(zone.syllables) for zone in zones if zone.weight > ZONES[2][0]]
    named = [t.code for t in topics() if any(phrase in lead for phrase in t.phrases for lead in leads)]
    return tuple(dict.fromkeys([*found, *named])) or tuple(ranked[:1]) or ("other",)
