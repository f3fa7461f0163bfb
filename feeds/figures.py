"""The trained figures of classification, and the numbers that stand for an article beside them; pure.

    parts -> zones of syllables -> 1- to 3-grams -> counts by vocabulary -> vector of length 1

Training (feeds/train.py) and classification (feeds/classify.py) both come through here, so they count alike.
"""

import base64
import gzip
import json
import math
import operator
import re
import tomllib
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, cast

from feeds.text import compose, fold, modern_tones, one_of

DATA = Path(__file__).with_name("data")
FORMAT = 2

# Of title, summary and text: the weight of a syllable in it, and how many characters are read. (With 700 and 1,500
# characters of text the cross-validated F1 of both readers was 0.851 and 0.855, which is within the noise.)
ZONES = ((3, 500), (2, 2000), (1, 1000))
NUMBER = "0"  # stands for every number
ROOM = 4  # times that limit is looked at where tags are blanked out or letters composed first

_TAG = re.compile(r"<[^<>]{1,3000}>")
# "(Dân trí) -", "VOV.VN -", "TPO -", "Chinhphu.vn:": says who printed it, not what it is about.
_DATELINE = re.compile(r"\s*(?:\([^()\n]{1,40}\)|[A-ZĐ]{2,8}|[\w.]{1,20}\.(?:vn|VN|com))(?:\sOnline)?\s*[-–—:]")
_SYLLABLE = re.compile(r"[^\W_]+")


class FiguresError(Exception):
    """The file of trained figures is missing or unusable."""


@dataclass(frozen=True)
class Zone:
    """The syllables of one part; `weight` as in `ZONES`."""

    weight: int
    syllables: list[str]
    plain: str = ""  # what they were read in, from `begin` to `end`
    begin: int = 0
    end: int = 0
    offsets: Sequence[int] | None = None  # of each character of `plain` in the part, where they differ
    start: int = 0  # of the part in the joined parts

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where the syllables stand in the joined parts; only evidence asks."""
        spans = (match.span() for match in _SYLLABLE.finditer(self.plain, self.begin, self.end))
        if self.offsets is not None:
            spans = ((self.offsets[first], self.offsets[last]) for first, last in spans)
        return [(self.start + first, self.start + last) for first, last in spans]


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic against the rest; a weight is ``scale * weights[index]``."""

    code: str
    intercept: float
    scale: float
    weights: "array[int]"


@dataclass(frozen=True)
class Figures:
    """What training found; arrays are indexed by the numbers of `vocabulary`."""

    vocabulary: Mapping[str, int]
    idf: "array[float]"
    weights: "array[float]"
    intercept: float
    slope: float
    offset: float
    """With `slope`: from decision value to log odds in a natural stream of news."""
    threshold: float
    """Least score of a relevant article, where the first reader decides alone."""
    second_from: float
    """Least score of an article that the second reader is asked about."""
    topics: tuple[TopicFigures, ...]
    topic_threshold: float
    """Least decision value of a topic."""

    @cached_property
    def folded(self) -> Mapping[str, int]:
        """The vocabulary without accents, each key for its most frequent reading; made at first use."""
        folded: dict[str, int] = {}
        for gram, index in sorted(self.vocabulary.items(), key=lambda item: self.idf[item[1]]):
            folded.setdefault(fold(gram), index)
        return folded


@cache
def topic_rules() -> Mapping[str, Any]:
    """The whole of data/topics.toml."""
    return tomllib.loads((DATA / "topics.toml").read_text("utf-8"))


def read_zones(title: str, summary: str, text: str) -> list[Zone]:
    """The parts that are not empty as syllables: lower case, tones placed the new way, numbers as `NUMBER`."""
    zones = []
    start = 0
    for part, (weight, limit) in zip((title, summary, text), ZONES, strict=True):
        if part:
            zones.append(_zone(part, weight, limit, start))
            start += len(part) + 1
    return zones


def grams(syllables: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The 1-, 2- and 3-grams of `syllables`, each list in the order of the text."""
    pairs = [f"{first} {second}" for first, second in pairwise(syllables)]
    triples = [f"{pair} {third}" for pair, third in zip(pairs, syllables[2:], strict=False)]
    return syllables, pairs, triples


def count_grams(zones: Collection[Zone], vocabulary: Mapping[str, int]) -> dict[int, int]:
    """Number in `vocabulary` -> occurrences, each times the weight of its zone."""
    numbers = (list(map(vocabulary.get, chain(*grams(zone.syllables)))) * zone.weight for zone in zones)
    counts = Counter(chain.from_iterable(numbers))
    del counts[None]  # what is not in the vocabulary
    return cast("dict[int, int]", counts)


def vector(counts: Mapping[int, int], idf: Sequence[float]) -> dict[int, float]:
    """``sqrt(count) * idf`` by vocabulary number, scaled to length 1; `counts` is not empty."""
    values = _lengths(counts, idf)
    length = math.hypot(*values)
    return {index: value / length for index, value in zip(counts, values, strict=True)}


def decide(counts: Mapping[int, int], figures: Figures) -> float:
    """The decision value of relevance: the product of the weights and the `vector`, which it need not make."""
    values = _lengths(counts, figures.idf)
    product = math.fsum(map(operator.mul, values, map(figures.weights.__getitem__, counts)))
    return product / math.hypot(*values) + figures.intercept


def _lengths(counts: Mapping[int, int], idf: Sequence[float]) -> list[float]:
    return list(map(operator.mul, map(math.sqrt, counts.values()), map(idf.__getitem__, counts)))


def save_figures(path: Path, figures: Figures) -> None:
    """Writes `figures` so that equal figures give equal bytes."""
    grams_in_order = sorted(figures.vocabulary, key=figures.vocabulary.__getitem__)
    data = {
        "format": FORMAT,
        "intercept": figures.intercept,
        "slope": figures.slope,
        "offset": figures.offset,
        "threshold": figures.threshold,
        "second_from": figures.second_from,
        "topic_threshold": figures.topic_threshold,
        "topics": [
            {
                "code": topic.code,
                "intercept": topic.intercept,
                "scale": topic.scale,
                "weights": base64.b64encode(topic.weights.tobytes()).decode("ascii"),
            }
            for topic in figures.topics
        ],
        "vocabulary": grams_in_order,
        "idf": [round(value * 1000) for value in figures.idf],
        "weights": [round(value * 1000) for value in figures.weights],
    }
    encoded = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(gzip.compress(encoded, mtime=0))
    unfinished.replace(path)


def load_figures(path: Path) -> Figures:
    """The figures that `save_figures` wrote to `path`; `FiguresError` where they cannot be used."""
    try:
        return _figures(json.loads(gzip.decompress(path.read_bytes())))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise FiguresError(f"{path}: no usable figures ({error}); make them with bot.py train") from error


def _figures(data: Mapping[str, Any]) -> Figures:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, expected {FORMAT}")
    topics = tuple(
        TopicFigures(row["code"], row["intercept"], row["scale"], array("b", base64.b64decode(row["weights"])))
        for row in data["topics"]
    )
    sizes = {len(data["vocabulary"]), len(data["idf"]), len(data["weights"])}
    if len(sizes | {len(topic.weights) for topic in topics}) != 1:
        raise ValueError("arrays of unequal length")
    return Figures(
        vocabulary={gram: index for index, gram in enumerate(data["vocabulary"])},
        idf=array("f", [value / 1000 for value in data["idf"]]),
        weights=array("f", [value / 1000 for value in data["weights"]]),
        intercept=data["intercept"],
        slope=data["slope"],
        offset=data["offset"],
        threshold=data["threshold"],
        second_from=data["second_from"],
        topics=topics,
        topic_threshold=data["topic_threshold"],
    )


def _zone(part: str, weight: int, limit: int, start: int) -> Zone:
    piece = part[:limit]
    if "<" in piece or not unicodedata.is_normalized("NFC", piece):
        piece = part[: limit * ROOM]
    composed, offsets = compose(piece)
    plain = modern_tones(composed)
    if "<" in plain:
        plain = _TAG.sub(lambda tag: " " * len(tag[0]), plain)
    dateline = _DATELINE.match(plain)
    plain = _look_alikes().sub(lambda phrase: " " * len(phrase[0]), _lower(plain))
    begin = dateline.end() if dateline else 0
    syllables = [NUMBER if found.isdigit() else found for found in _SYLLABLE.findall(plain, begin, limit)]
    return Zone(weight, syllables, plain, begin, limit, offsets, start)


@cache
def _look_alikes() -> re.Pattern[str]:
    """The phrases of other fields that use the words of this one: "an ninh lương thực" (food security)."""
    phrases = topic_rules()["look_alikes"]
    both = dict.fromkeys([*phrases, *map(fold, phrases)])
    return re.compile(one_of(both, behind_first=r"(?<![^\W_].)") + r"(?![^\W_])")


def _lower(text: str) -> str:
    """Lower case of the same length: "İ" becomes two characters and would shift every offset behind it."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)
