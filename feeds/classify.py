"""Is an article about Vietnamese security policy, and on which topics? Pure, with figures trained beforehand.

    title, summary, text -> syllables -> 1- to 3-grams -> TF-IDF -> logistic regression -> Verdict

Syllables stand in for words: Vietnamese writes them apart, and a word segmenter costs ten times the rest. Title and
summary weigh more than the text, of which only the beginning is read. The figures come from feeds/train.py;
scikit-learn is not needed here.
"""

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from feeds.figures import ZONES, Figures, Zone, count_grams, grams, load_figures, read_zones, vector

DATA = Path(__file__).with_name("data")
FIGURES = DATA / "model.json.gz"

LEAST_KNOWN = 0.5  # share of known syllables: labelled Vietnamese has 0.64 and more, English about 0.4
NEAR_MISS = 0.05  # evidence is looked for from this score on
MOST_EVIDENCE = 5
LONGEST_PHRASE = 5  # syllables

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
class Evidence:
    """A phrase that spoke for relevance, at the code points ``[start, end)`` of the joined parts."""

    start: int
    end: int
    phrase: str
    weight: float
    """What it added to the log odds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is the probability of relevance in a natural stream of news; topics come strongest first."""

    relevant: bool
    score: float
    topics: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def classify(title: str, summary: str = "", text: str = "", *, figures: Figures | None = None) -> Verdict:
    """The verdict on one article, any part of which may be empty; `figures` default to the shipped ones.

    Not Vietnamese (too few known syllables) is not relevant. A text without any accent is read without accents.
    """
    figures = figures or shipped_figures()
    zones = read_zones(title, summary, text)
    parts = zip((title, summary, text), ZONES, strict=True)
    accented = any(_ACCENTED.search(part, 0, limit) for part, (_, limit) in parts)
    vocabulary = figures.vocabulary if accented else figures.folded
    known = [syllable in vocabulary for zone in zones for syllable in zone.syllables]
    if not any(known) or sum(known) < LEAST_KNOWN * len(known):
        return Verdict(False, 0.0, (), ())
    values = vector(count_grams(zones, vocabulary), figures.idf)
    decision = sum(value * figures.weights[index] for index, value in values.items()) + figures.intercept
    score = _probability(figures.slope * decision + figures.offset)
    relevant = score >= figures.threshold
    evidence: tuple[Evidence, ...] = ()
    if score >= NEAR_MISS:
        gains = {
            gram: figures.slope * values[index] * figures.weights[index]
            for zone in zones
            for gram in grams(zone.syllables)
            if (index := vocabulary.get(gram)) is not None
        }
        evidence = _evidence(zones, gains, join_parts(title, summary, text))
    return Verdict(relevant, score, _topics_of(values, zones, figures) if relevant else (), evidence)


def join_parts(title: str, summary: str, text: str) -> str:
    """The article as one text, to which all offsets refer: the parts that are not empty, a line each."""
    return "\n".join(part for part in (title, summary, text) if part)


@cache
def topics() -> tuple[Topic, ...]:
    """All topics in the order of the digest."""
    return tuple(
        Topic(row["code"], row["names"], row["about"], tuple(row.get("phrases", ()))) for row in _rules()["topic"]
    )


def rules_version() -> int:
    """Version of all rules that read an article, stored with it so that `reindex` finds what is behind."""
    return int(_rules()["rules_version"])


@cache
def shipped_figures() -> Figures:
    """The figures of this version."""
    return load_figures(FIGURES)


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads((DATA / "topics.toml").read_text("utf-8"))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -500 else 0.0


def _topics_of(values: Mapping[int, float], zones: Collection[Zone], figures: Figures) -> tuple[str, ...]:
    """Topics above the threshold, strongest first, then those of phrases; the strongest if there is none."""
    decisions = {
        topic.code: topic.intercept + topic.scale * sum(value * topic.weights[index] for index, value in values.items())
        for topic in figures.topics
    }
    ranked = sorted(decisions, key=lambda code: -decisions[code])
    found = [code for code in ranked if decisions[code] >= figures.topic_threshold]
    leads = [" ".join(zone.syllables) for zone in zones if zone.weight > ZONES[2][0]]
    named = [t.code for t in topics() if any(phrase in lead for phrase in t.phrases for lead in leads)]
    return tuple(dict.fromkeys([*found, *named])) or tuple(ranked[:1]) or ("other",)


def _evidence(zones: Collection[Zone], gains: Mapping[str, float], joined: str) -> tuple[Evidence, ...]:
    """The phrases with the highest gains, best first: no two overlap, none within another.

    A phrase starts as a 2- or 3-gram that gains by itself, counted with the grams inside it, and grows by a
    syllable as long as the pair at its edge gains a tenth of that: "an ninh quốc" becomes "an ninh quốc gia".
    """
    found: dict[tuple[str, ...], tuple[float, int, int, Zone]] = {}
    for zone in zones:
        syllables = zone.syllables
        for length in (2, 3):
            for first in range(len(syllables) - length + 1):
                phrase = tuple(syllables[first : first + length])
                if phrase in found or gains.get(" ".join(phrase), 0) <= 0:
                    continue
                last = first + length
                if all(_adjoin(zone, joined, index) for index in range(first, last - 1)):
                    gain = _gain(phrase, gains)
                    while last - first < LONGEST_PHRASE and _grows(zone, joined, gains, last - 1, gain):
                        last += 1
                    while last - first < LONGEST_PHRASE and _grows(zone, joined, gains, first - 1, gain):
                        first -= 1
                    found[phrase] = (gain, first, last, zone)
    chosen: list[Evidence] = []
    seen: set[str] = set()
    for gain, first, last, zone in sorted(found.values(), key=lambda item: (-item[0], item[3].spans[item[1]])):
        start, end = zone.spans[first][0], zone.spans[last - 1][1]
        phrase_text = " ".join(zone.syllables[first:last])
        free = all(end <= other.start or other.end <= start for other in chosen)
        if gain > 0 and free and not any(phrase_text in other or other in phrase_text for other in seen):
            seen.add(phrase_text)
            chosen.append(Evidence(start, end, joined[start:end], round(gain, 3)))
        if len(chosen) == MOST_EVIDENCE:
            break
    return tuple(chosen)


def _gain(phrase: Collection[str], gains: Mapping[str, float]) -> float:
    return sum(gains.get(gram, 0.0) for gram in grams(list(phrase)))


def _grows(zone: Zone, joined: str, gains: Mapping[str, float], index: int, gain: float) -> bool:
    """Whether the pair of syllables `index` and the next belongs together and gains enough."""
    if not 0 <= index < len(zone.syllables) - 1 or not _adjoin(zone, joined, index):
        return False
    return gains.get(f"{zone.syllables[index]} {zone.syllables[index + 1]}", 0) >= gain / 10


def _adjoin(zone: Zone, joined: str, index: int) -> bool:
    """Whether only one blank stands between syllable `index` and the next."""
    end, start = zone.spans[index][1], zone.spans[index + 1][0]
    return start - end == 1 and joined[end].isspace()
