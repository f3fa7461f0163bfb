"""The phrases of an article that spoke for its relevance, for people to read; pure.

How a phrase is chosen: pairs and triples of syllables that gain by themselves, counted with everything inside them,
best first; then grown to whole words, since Vietnamese writes syllables apart: an edge that cuts two syllables which
keep company moves on, so that "vụ an ninh quốc" becomes "nhiệm vụ an ninh quốc gia".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from feeds.figures import Zone, grams

MOST = 5
LOOKED_AT = 80  # candidates
LONGEST = 6  # syllables
COMPANY = 1.1  # a pair is a word if a third (e**-1.1) of the articles with its rarer syllable have it


@dataclass(frozen=True, slots=True)
class Evidence:
    """A phrase that spoke for relevance, at the code points ``[start, end)`` of the joined parts."""

    start: int
    end: int
    phrase: str
    weight: float
    """What it added to the log odds, with what is inside it."""


@dataclass(frozen=True, slots=True)
class Gains:
    """What each gram of the article adds to the log odds, and how rare it is; both by number in `vocabulary`."""

    vocabulary: Mapping[str, int]
    by_number: Mapping[int, float]
    idf: Sequence[float]

    def of(self, gram: str) -> float:
        """The gain of one gram, 0 where it is not known."""
        number = self.vocabulary.get(gram)
        return 0.0 if number is None else self.by_number.get(number, 0.0)

    def inside(self, syllables: list[str]) -> float:
        """The gain of `syllables`: of all grams in them."""
        return sum(map(self.of, chain(*grams(syllables))))

    def keep_company(self, first: str, second: str) -> bool:
        """Whether two syllables are likely one word: the pair is not much rarer than its rarer syllable."""
        numbers = [self.vocabulary.get(gram) for gram in (f"{first} {second}", first, second)]
        idf = [self.idf[number] for number in numbers if number is not None]
        return len(idf) == 3 and idf[0] - max(idf[1:]) <= COMPANY


def find_evidence(zones: Collection[Zone], gains: Gains, joined: str) -> tuple[Evidence, ...]:
    """At most `MOST` phrases, the strongest first; none overlaps or is within another."""
    chosen: list[Evidence] = []
    readings: list[str] = []
    starts = _first_places(zones, gains, joined)
    strongest = sorted(starts, key=lambda gram: (-gains.of(gram), gram))[:LOOKED_AT]
    for gram in sorted(strongest, key=lambda gram: (-gains.inside(gram.split(" ")), gram)):
        zone, first = starts[gram]
        first, last = _whole_words(zone, first, first + gram.count(" ") + 1, gains, joined)
        start, end = zone.spans[first][0], zone.spans[last - 1][1]
        weight = gains.inside(zone.syllables[first:last])
        reading = " ".join(zone.syllables[first:last])
        known = any(reading in other or other in reading for other in readings)
        if weight > 0 and not known and all(end <= other.start or other.end <= start for other in chosen):
            chosen.append(Evidence(start, end, joined[start:end], round(weight, 3)))
            readings.append(reading)
        if len(chosen) == MOST:
            break
    return tuple(sorted(chosen, key=lambda evidence: -evidence.weight))


def _first_places(zones: Collection[Zone], gains: Gains, joined: str) -> dict[str, tuple[Zone, int]]:
    """Pairs and triples that gain by themselves -> where they first stand in one piece."""
    places: dict[str, tuple[Zone, int]] = {}
    gaining = {number for number, gain in gains.by_number.items() if gain > 0}
    number_of = gains.vocabulary.get
    for zone in zones:
        _, pairs, triples = grams(zone.syllables)
        for length, row in ((2, pairs), (3, triples)):
            candidates = [(index, gram) for index, gram in enumerate(row) if number_of(gram) in gaining]
            for index, gram in candidates:
                if gram not in places and all(_adjoin(zone, joined, index + step) for step in range(length - 1)):
                    places[gram] = zone, index
    return places


def _whole_words(zone: Zone, first: int, last: int, gains: Gains, joined: str) -> tuple[int, int]:
    while last - first < LONGEST and _one_word(zone, last - 1, gains, joined):
        last += 1
    while last - first < LONGEST and _one_word(zone, first - 1, gains, joined):
        first -= 1
    return first, last


def _one_word(zone: Zone, index: int, gains: Gains, joined: str) -> bool:
    """Whether the syllables at `index` and behind it exist and belong to one word."""
    return (
        0 <= index < len(zone.syllables) - 1
        and gains.keep_company(zone.syllables[index], zone.syllables[index + 1])
        and _adjoin(zone, joined, index)
    )


def _adjoin(zone: Zone, joined: str, index: int) -> bool:
    """Whether only one blank stands between the syllable at `index` and the next."""
    end, start = zone.spans[index][1], zone.spans[index + 1][0]
    return start - end == 1 and joined[end].isspace()
