"""Whether two articles are one text: what each says, its fingerprints, and the comparison; pure.

Press offices and agencies write a text once and many papers print it, with another headline, a word changed, the days
and tones spelled their own way. But one form is also filled in for many events ("Ngày hội ... tại xã A", "... tại xã
B"), so that likeness alone proves nothing: *what differs* decides. Two articles are one text where

1. neither names a person or place, a number, or a document that the other lacks while lacking one of the other's own
   (a text that only says less contradicts nothing), and
2. title and lead are almost the same (Jaccard of word pairs), or at least a lead of some length is; and
3. where the full texts of both are known, these agree as well, or agree so far that they alone prove it.

Fingerprints (MinHash, by one permutation cut into bins) find what is worth comparing. They are taken of the names and
numbers in their order, which tell events apart, and of all words only where these are few: of a form that is filled in
hundreds of times a day all word sequences are shared.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from feeds.documents.kinds import kind_words
from feeds.documents.meetings import ORDINALS
from feeds.documents.terms import from_roman
from feeds.places import find_places
from feeds.text import modern_tones

SAME_OPENING = 0.65
SAME_LEAD = 0.9
SAME_TEXT = 0.6
# Below this share of the shorter text, equal openings lead to other texts.
LIKE_TEXT = 0.5
# Texts are one only where they share so many fingerprints (all, of those that have fewer).
SHARED = 3

_LEAD_PAIRS = 20  # a lead of fewer word pairs proves nothing by itself
_TEXT_PAIRS = 40  # what is shorter is no full text
_TITLE = 1000  # characters that are looked at
_LEAD = 3000
_TEXT = 4000
_OPENING_BINS = 12
_TEXT_BINS = 8
_FEW = 6
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,/-]\d+)*")
_SEPARATOR = re.compile(r"[.,/-]")
_YEAR = re.compile(r"(?:19|20)\d\d")
# What an outlet adds to a headline: "[Cập nhật 1] ...", "... (bản 2)".
_MARK = re.compile(r"^\s*\[[^\]]{1,30}\]|\((?:bản|cập nhật)[^)]{0,20}\)\s*$", re.IGNORECASE)
_KIND_WORDS = 4  # the longest name of a kind of document that is looked for before a number
_ODD = 0x9E3779B1  # the golden ratio's 32 bits: CRCs of like strings are alike, their order must not be

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """What comparing looks at: pairs of neighbouring words (lower case, modern tones), numbers, names, documents."""

    title: frozenset[Pair]
    lead: frozenset[Pair]
    text: frozenset[Pair]
    names: frozenset[Pair]
    """Neighbours with capitals, of title and lead."""
    title_numbers: frozenset[str]
    numbers: frozenset[str]
    """Of title and lead; days as "1/9" without their year, Roman numerals and ordinals in digits."""
    text_numbers: frozenset[str]
    documents: frozenset[Pair]
    """(code of the kind, number) of title and lead."""
    places: frozenset[str]
    """Provinces of today, of title and lead."""
    bands: tuple[int, ...]
    """The fingerprints: positive, below 2**40; what may be the same text shares some."""

    @property
    def opening(self) -> frozenset[Pair]:
        return self.title | self.lead


def read_wording(title: str, lead: str, text: str) -> Wording:
    """The wording of an article; only the beginnings of a long lead and text are read."""
    title, lead, text = (modern_tones(part) for part in (_MARK.sub("", title[:_TITLE]), lead[:_LEAD], text[:_TEXT]))
    heading, opening = _Tokens(title), _Tokens(lead)
    words = _WORD.findall(text.lower())
    title_numbers = _numbers(title) | heading.numerals
    telling = [*heading.telling, *opening.telling]
    shingles = _shingles(telling, 3)
    if len(shingles) < _FEW:
        shingles |= _shingles([*heading.words, *opening.words], 3)
    bands = list(_bands(shingles, 0, _OPENING_BINS))
    if len(words) > _TEXT_PAIRS:
        bands += _bands(_shingles(words, 4), _OPENING_BINS, _TEXT_BINS)
    return Wording(
        title=frozenset(pairwise(heading.words)),
        lead=frozenset(pairwise(opening.words)),
        text=frozenset(pairwise(words)),
        names=frozenset(heading.names | opening.names),
        title_numbers=frozenset(title_numbers),
        numbers=frozenset(title_numbers | _numbers(lead) | opening.numerals),
        text_numbers=frozenset(_numbers(text)),
        documents=frozenset(heading.documents | opening.documents),
        places=frozenset(place.province for place in find_places(f"{title}\n{lead}")),
        bands=tuple(bands),
    )


def same_text(one: Wording, other: Wording) -> bool:
    """Whether two articles are one text; symmetric."""
    if contradict(one, other):
        return False
    short, long = sorted((one.text, other.text), key=len)
    if len(short) >= _TEXT_PAIRS:
        if len(short & long) < LIKE_TEXT * len(short):
            return False
        if _jaccard(short, long) >= SAME_TEXT:
            return True
    if _jaccard(one.opening, other.opening) >= SAME_OPENING:
        return True
    return min(len(one.lead), len(other.lead)) >= _LEAD_PAIRS and _jaccard(one.lead, other.lead) >= SAME_LEAD


def contradict(one: Wording, other: Wording) -> bool:
    """Whether each states in its title or lead what the other nowhere says: a number, a document, a name."""
    counted = one.numbers | one.text_numbers, other.numbers | other.text_numbers
    if not (one.numbers <= counted[1] or other.numbers <= counted[0]):
        return True
    said = one.opening | one.text, other.opening | other.text
    return (
        not (one.title_numbers <= other.title_numbers or other.title_numbers <= one.title_numbers)
        or not (one.documents <= other.documents or other.documents <= one.documents)
        or not (one.places <= other.places or other.places <= one.places)
        or not (one.names <= said[1] or other.names <= said[0])
    )


class _Tokens:
    """The words of a title or lead, and which of them tell one event from another."""

    __slots__ = ("documents", "names", "numerals", "telling", "words")

    def __init__(self, part: str) -> None:
        self.words: list[str] = []
        self.telling: list[str] = []
        self.names: set[Pair] = set()
        self.numerals: set[str] = set()
        self.documents: set[Pair] = set()
        capitals = part.isupper()  # throughout, they mark no names
        before: str | None = None
        for token in _TOKEN.findall(part):
            word, name = token, None
            if token[0] >= "a" and token.islower():  # most are: the quick way
                pass
            elif token[0].isdigit():
                self.telling.append(word)
                if kind := self._kind():
                    self.documents.add((kind, word.lstrip("0")))
            elif token[0].isupper():
                word = token.lower()
                if not capitals:
                    name = word
                    self.telling.append(word)
                    if before is not None:
                        self.names.add((before, word))
                    if token.isupper() and (value := from_roman(token)):
                        self.numerals.add(str(value))
            elif not token[0].isalnum():
                before = None
                continue
            if self.words and self.words[-1] == "thứ":  # the third day of the third conference
                ordinal = ORDINALS.get(word) or from_roman(word) or (int(word) if word.isdecimal() else None)
                self.numerals.update([f"thứ {ordinal}"] if ordinal else ())
            self.words.append(word)
            before = name

    def _kind(self) -> str | None:
        """The kind of document that the last words name."""
        end = len(self.words)
        if end and self.words[-1] == "số":
            end -= 1
        for start in range(max(0, end - _KIND_WORDS), end):
            if kind := kind_words().get(" ".join(self.words[start:end])):
                return kind.code
        return None


def _numbers(text: str) -> set[str]:
    """The numbers of `text` whatever separates their pieces, without leading zeros; a year is one by itself."""
    found: set[str] = set()
    for number in _NUMBER.findall(text):
        pieces = [piece.lstrip("0") for piece in _SEPARATOR.split(number)]
        years = [piece for piece in pieces if _YEAR.fullmatch(piece)]
        found.update(years)
        if len(years) < len(pieces):
            found.add("/".join(piece for piece in pieces if piece not in years))
    return found


def _shingles(words: Sequence[str], size: int) -> set[str]:
    return {" ".join(words[at : at + size]) for at in range(len(words) - size + 1)}


def _bands(shingles: Iterable[str], first: int, bins: int) -> Iterator[int]:
    """The least hash in each bin, marked with its bin from `first` on; an empty bin has none."""
    least: dict[int, int] = {}
    for shingle in shingles:
        hashed = zlib.crc32(shingle.encode()) * _ODD & 0xFFFFFFFF
        at = hashed % bins
        if hashed < least.get(at, 1 << 32):
            least[at] = hashed
    return ((first + at) << 32 | hashed for at, hashed in sorted(least.items()))


def _jaccard(one: frozenset[Pair], other: frozenset[Pair]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
