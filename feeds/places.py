"""Provinces named in a text, under the names of today or before 1 July 2025; pure.

How a place is told from its look-alikes (the lists are in data/places.toml):

1. Case counts and only whole words match: "hòa bình" is peace, "Hòa Bình" the province. Capitals throughout
   match too. A text without any accent is matched without accents, one without any capital without capitals.
2. Longest first: "Bà Rịa - Vũng Tàu" is one place, "Thái Bình Dương" an ocean (a look-alike, dropped).
3. After a place word ("tỉnh", "TP", "Tỉnh ủy") it is a place. Else not after "đường", "phường" and the like,
   nor, for names that people bear too, after a surname or a form of address ("Nguyễn Hà Nam", "bà Huế").
4. "Hồ Chí Minh" without a place word is the man. So is "hòa bình" in a text without capitals: peace.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from feeds.text import compose, fold, modern_tones, one_of

DATA = Path(__file__).with_name("data") / "places.toml"

_ACCENTED = re.compile(r"[À-ỹ]")
_NOT_ALNUM = re.compile(r"[\W_]+")
_PREFIX = re.compile(r"(?:tỉnh|tinh|thành phố|thanh pho|tp\b\.?|t\.|thủ đô|thu do)\s*(?=\w)")
_LOOK_BACK = 40  # characters; longer than any word of the lists or three syllables of a name


@dataclass(frozen=True, slots=True)
class Place:
    """One province named in a text, at the code points ``[start, end)`` of the text as given."""

    start: int
    end: int
    name: str
    """Bare canonical name as of the text, former or present: "Bến Tre"."""
    province: str
    """The province of today: "Vĩnh Long"."""


@dataclass(frozen=True, slots=True)
class _Rules:
    into: dict[str, str]  # canonical name -> province of today
    variants: dict[str, str]  # spelling in texts -> canonical name
    typed: dict[str, list[tuple[str, str]]]  # folded letters -> [(letters with accents, canonical name)]
    person: frozenset[str]
    not_bare: frozenset[str]
    shown: dict[str, dict[str, str]]  # canonical name -> language -> how readers see it
    look_alikes: tuple[str, ...]
    place_words: tuple[str, ...]
    not_after: tuple[str, ...]
    titles: tuple[str, ...]
    surnames: frozenset[str]


def find_places(text: str) -> tuple[Place, ...]:
    """The provinces named in `text`, in text order, without overlaps; any normalisation form."""
    composed, offsets = compose(text)
    accented = _ACCENTED.search(composed) is not None
    cased = composed != composed.lower()
    pattern, names = _matcher(accented, cased)
    rules = _rules()
    plain = modern_tones(composed)
    found = []
    for match in pattern.finditer(plain):
        name = names[_letters(match[0])]
        before = plain[max(0, match.start() - _LOOK_BACK) : match.start()]
        if name and _is_place(name, match[0], before, cased):
            start, end = match.span()
            if offsets:
                start, end = offsets[start], offsets[end]
            found.append(Place(start, end, name, rules.into[name]))
    return tuple(found)


def province_named(name: str) -> str | None:
    """The canonical name, former or present, that a person means by `name`; None if it is no province.

    "tỉnh Bến Tre", "ben tre", "TP.HCM", "Đắc Lắc" are understood. Accents may be missing, never wrong.
    """
    given = modern_tones(unicodedata.normalize("NFC", name)).lower().strip()
    for spelling in (given, _PREFIX.sub("", given, count=1)):
        letters = _letters(spelling)
        for accented, canonical in _rules().typed.get(fold(letters), ()):
            if all(a in (b, fold(b)) for a, b in zip(letters, accented, strict=True)):
                return canonical
    return None


def present_province(name: str) -> str:
    """Today's province of the canonical `name`; KeyError where it is none."""
    return _rules().into[name]


def provinces() -> tuple[str, ...]:
    """The 34 provinces and cities of today, in the order of the data file."""
    return tuple(dict.fromkeys(_rules().into.values()))


def place_label(name: str, language: str = "vi") -> str:
    """How readers see the canonical `name`: "TP. Hồ Chí Minh", whose name alone is the man's; others as they are."""
    return _rules().shown.get(name, {}).get(language, name)


def home_of(outlet: str) -> str | None:
    """The province of a local paper that bears its name ("Báo Hải Phòng"), only one of today: what the paper of a
    former one calls "the province" may be either."""
    name = outlet.removeprefix("Báo ")
    return name if name != outlet and name in provinces() else None


def province_names() -> tuple[str, ...]:
    """The canonical names of all provinces, former ones too."""
    return tuple(_rules().into)


def _is_place(name: str, spelling: str, before: str, cased: bool) -> bool:
    rules = _rules()
    low = before.lower().rstrip(' "“‘(')
    if _ends_with(low, rules.place_words):
        return True
    bare = len(_letters(spelling)) == len(_letters(name))
    if bare and name in (rules.not_bare if cased else rules.not_bare | {"Hòa Bình"}):
        return False
    if _ends_with(low, rules.not_after):
        return False
    if name not in rules.person:
        return True
    capitalised = takewhile(str.istitle, reversed(before.split(" ")[-4:-1]))
    return not _ends_with(low, rules.titles) and rules.surnames.isdisjoint(capitalised)


def _ends_with(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of `words` is the last whole word of `text`."""
    if not text.endswith(words):
        return False
    word = next(word for word in words if text.endswith(word))
    return not text[: -len(word)][-1:].isalnum()


def _letters(spelling: str) -> str:
    """Letters and digits in lower case, nothing else: "TP. HCM" -> "tphcm"."""
    return _NOT_ALNUM.sub("", spelling.lower())


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = tomllib.loads(DATA.read_text("utf-8"))
    into: dict[str, str] = {}
    variants: dict[str, str] = {}
    typed: dict[str, list[tuple[str, str]]] = {}
    for row in data["place"]:
        name = row["name"]
        into[name] = row.get("into", name)
        spellings = [name, *row.get("variants", ())]
        variants.update(dict.fromkeys(spellings, name))
        for letters in dict.fromkeys(_letters(spelling) for spelling in [*spellings, *row.get("typed", ())]):
            typed.setdefault(fold(letters), []).append((letters, name))
    return _Rules(
        into,
        variants,
        typed,
        frozenset(row["name"] for row in data["place"] if row.get("person")),
        frozenset(row["name"] for row in data["place"] if not row.get("bare", True)),
        {row["name"]: row["shown"] for row in data["place"] if "shown" in row},
        tuple(data["look_alikes"]),
        _with_folded(data["place_words"]),
        _with_folded(data["not_after"]),
        _with_folded(data["person_titles"]),
        frozenset([*data["surnames"], *map(_without_accents, data["surnames"])]),
    )


def _with_folded(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*words, *map(fold, words)]))


@cache
def _matcher(accented: bool, cased: bool) -> tuple[re.Pattern[str], dict[str, str]]:
    """The pattern of all spellings, longest first; letters of a spelling -> name, "" for a look-alike."""
    rules = _rules()
    names = {**rules.variants, **dict.fromkeys(rules.look_alikes, "")}
    if not accented:
        names = {_without_accents(spelling): name for spelling, name in names.items()}
    spellings = {spelling.lower() for spelling in names}
    if cased:
        spellings = {*names, *(spelling.upper() for spelling in names)}
    pattern = one_of(map(_pieces_of, sorted(spellings)), behind_first=r"(?<![^\W_].)")
    return (
        re.compile(rf"{pattern}(?![^\W_])"),
        {_letters(spelling): name for spelling, name in names.items()},
    )


def _pieces_of(spelling: str) -> Iterator[str]:
    pieces = {"-": r"\s?[-–—]\s?", " ": r"\s{1,2}", ".": r"\.?"}
    return (pieces.get(char, re.escape(char)) for char in re.sub(r" ?- ?", "-", spelling))


def _without_accents(spelling: str) -> str:
    return "".join(fold(char).upper() if char.isupper() else fold(char) for char in spelling)
