"""Whether an edited headline says something else; pure.

It does where the new one

1. has lost a number of the old one, but for those that it writes in letters ("2 người" is "hai người"), and those of a
   day that stood before it ("Sáng 20/11, ...") where it names none;
2. has another name in the place of a name: "Công an Hà Nội" is not "Công an Hải Phòng";
3. turns it: data/headlines.toml lists the words that deny, call off or only propose, and those that exclude each other;
4. keeps less than half of its words.

Typography, case, the place of tone marks, what is put before or behind it ("Video: ") and other words for the same say
nothing else.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

from feeds.text import modern_tones, one_of_words

DATA = Path(__file__).parent / "data" / "headlines.toml"
LEAST_KEPT = 0.5
_MOST_WORDS = 120  # a headline of more is none; what follows is not compared
# Without the dots of thousands: "1.600" is "1600".
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")
_ZEROS = re.compile(r"^0+(?=\d)")
_WORD = re.compile(r"\d+(?:,\d+)?|[^\W\d_]+")
_DAY = re.compile(r"\d{1,2}\s?[/-]\s?\d{1,2}(?:\s?[/-]\s?\d{4})?(?![\w/-])")
# "Chiều ngày 2-10: ", "(20/11) "
_LEADING_DAY = re.compile(rf"\W{{0,3}}(?:[^\W\d]{{1,8}}\s){{0,3}}(?:{_DAY.pattern})\W{{1,5}}")
# What may begin a sentence or a quotation is no name by its capital.
_BEGINS = re.compile(r"(?:^|[.:;!?…|\"“”«»'‘’(\[–—-])\s*$")


@dataclass(frozen=True, slots=True)
class _Opposites:
    """Phrases by the sense that each has; None: no sense of these, but it contains a phrase that has one."""

    phrases: re.Pattern[str]
    senses: Mapping[str, int | None]

    def senses_of(self, headline: "_Headline") -> set[int]:
        found = (self.senses[match[0]] for match in self.phrases.finditer(" ".join(headline.words)))
        return {sense for sense in found if sense is not None}


@dataclass(frozen=True, slots=True)
class _Rules:
    turns: Sequence[tuple[re.Pattern[str], re.Pattern[str]]]
    opposites: Sequence["_Opposites"]
    numerals: Mapping[str, str]


def says_otherwise(was: str, becomes: str) -> bool:
    """Whether the headline `becomes` says something else than `was`; one that is empty says nothing."""
    if was == becomes:  # nearly always
        return False
    if (day := _LEADING_DAY.match(was)) and not _DAY.search(becomes):
        was = was[day.end() :]
    old, new = _headline(was), _headline(becomes)
    if not old.words or not new.words or old.words == new.words:
        return False
    return (
        not old.numbers <= new.numbers | _in_letters(new)
        or any(_has(turn, old) != _has(turn, new) for turn in _rules().turns)
        or any(_is_reversed(one.senses_of(old), one.senses_of(new)) for one in _rules().opposites)
        or _kept(old, new) < LEAST_KEPT
        or _is_renamed(old, new)
    )


@dataclass(frozen=True, slots=True)
class _Headline:
    """Words in lower case, numbers without leading zeros; whether each is a name; those with a capital."""

    words: tuple[str, ...]
    names: tuple[bool, ...]
    capitals: frozenset[str]

    @property
    def numbers(self) -> set[str]:
        return {word for word in self.words if word[0].isdecimal()}


def _headline(title: str) -> _Headline:
    title = _THOUSANDS.sub("", modern_tones(normalize("NFC", title)))
    found = list(_WORD.finditer(title))[:_MOST_WORDS]
    words = tuple(_ZEROS.sub("", match[0].lower()) for match in found)
    names = (match[0].istitle() and not _BEGINS.search(title, 0, match.start()) for match in found)
    capitals = frozenset(word for word, match in zip(words, found, strict=True) if match[0][0].isupper())
    return _Headline(words, tuple(names), capitals)


def _in_letters(headline: _Headline) -> set[str]:
    return {_rules().numerals[word] for word in headline.words if word in _rules().numerals}


def _has(turn: tuple[re.Pattern[str], re.Pattern[str]], headline: _Headline) -> bool:
    means, does_not = turn
    return means.search(does_not.sub("|", " ".join(headline.words))) is not None


def _is_reversed(old: set[int], new: set[int]) -> bool:
    return bool(old and new) and old.isdisjoint(new)


def _kept(old: _Headline, new: _Headline) -> float:
    return (Counter(old.words) & Counter(new.words)).total() / len(old.words)


def _is_renamed(old: _Headline, new: _Headline) -> bool:
    """Whether names stand where other names stood; one that has only moved is none."""
    for change, i, j, k, m in SequenceMatcher(None, old.words, new.words, autojunk=False).get_opcodes():
        if change == "replace" and _has_name(old, i, j, new) and _has_name(new, k, m, old):
            return True
    return False


def _has_name(one: _Headline, start: int, end: int, other: _Headline) -> bool:
    """Whether there is a name in ``[start, end)`` of one that the other has nowhere."""
    return any(one.names[at] and one.words[at] not in other.capitals for at in range(start, end))


@cache
def _rules() -> _Rules:
    data: Mapping[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    turns = [(_any_of(turn["words"]), _any_of(turn["not_in"])) for turn in data["turn"]]
    opposites = []
    for one in data["opposites"]:
        senses = {phrase: number for number, phrases in enumerate(one["senses"]) for phrase in phrases}
        senses |= dict.fromkeys(one["not_in"])
        opposites.append(_Opposites(_any_of(list(senses)), senses))
    return _Rules(turns, opposites, {word: str(number) for word, number in data["numerals"].items()})


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{one_of_words(phrases, ' ')})\b")
