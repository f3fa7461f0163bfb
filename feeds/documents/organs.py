"""Issuing organs, as data/organs.toml lists them, and the words that name them in a text."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from feeds.documents.kinds import DATA
from feeds.text import one_of

_BLANK = r"\s+"
_NOT_INSIDE = r"(?<!\w.)"  # behind a first letter
_JOINT = r"\s?(?:-|&|,|\svà\s)\s?"  # "Bộ GD-ĐT", "Bộ GD&ĐT", "Bộ Giáo dục và Đào tạo"


@dataclass(frozen=True, slots=True)
class Organ:
    """One organ; the header of data/organs.toml says what the fields mean."""

    code: str
    vi: str
    en: str
    system: str
    words: tuple[str, ...]
    symbols: tuple[str, ...] = ()
    local: bool = False
    district: bool = False
    numbered: bool = False  # the code carries the term: QH14


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads((DATA / "organs.toml").read_text("utf-8"))


@cache
def organs() -> Mapping[str, Organ]:
    """Every organ under its code."""
    return {
        row["code"]: Organ(**{**row, "words": tuple(row["words"]), "symbols": tuple(row.get("symbols", ()))})
        for row in _data()["organ"]
    }


@cache
def organ_symbols() -> Mapping[str, Organ]:
    """Every organ under its code and other spellings, case folded."""
    named: dict[str, Organ] = {}
    for organ in organs().values():
        for symbol in (organ.code, *organ.symbols):
            named.setdefault(symbol.casefold(), organ)
    return named


@cache
def outside_codes() -> frozenset[str]:
    """Codes of bodies that are neither Party nor State."""
    return frozenset(_data()["outside"])


@cache
def central_cities() -> frozenset[str]:
    """Cities directly under the central authorities: their committees' numbers are a province's."""
    return frozenset(_data()["central_cities"])


@cache
def organ_words() -> tuple[str, Mapping[str, str]]:
    """A pattern (lower case) of all words that name an organ, longest first, and their skeletons -> code."""
    codes = {word: organ.code for organ in organs().values() for word in organ.words}
    pattern = one_of(_pieces_of(word) for word in codes)
    return rf"{pattern}(?!\w)", {skeleton(word): code for word, code in codes.items()}


@cache
def organ_pattern() -> re.Pattern[str]:
    """The words of `organ_words` as whole words, to search for."""
    pieces = (_pieces_of(word) for organ in organs().values() for word in organ.words)
    return re.compile(rf"{one_of(pieces, behind_first=_NOT_INSIDE)}(?!\w)")


def is_centre(words: str) -> bool:
    """Whether these words name a body that signs TW."""
    return organ_words()[1].get(skeleton(words)) == "TW"


def names_central_organ(text: str) -> bool:
    """Whether `text` (modern tones) names an organ that is in no province."""
    codes = {organ_words()[1][skeleton(match[0])] for match in organ_pattern().finditer(text.lower())}
    return any(organ is not None and not organ.local for organ in map(base_organ, codes))


def skeleton(words: str) -> str:
    """Letters alone, "và" dropped, for comparing the spellings of one organ's name."""
    return re.sub(r"[\W_]+|\bvà\b", "", words.lower())


@lru_cache(4096)
def base_organ(code: str) -> Organ | None:
    """The organ of a code with its unit or number: UBND-TL, QH14, BCA-X11."""
    known = organs()
    head = code.split("-")[0].split("&")[0]
    return known.get(code) or known.get(head) or known.get(head.rstrip("0123456789?"))


def base_organs(code: str) -> tuple[Organ, ...]:
    """The organs of an issuer's code, several of a joint document ("BCA-BQP")."""
    found = {organ.code: organ for part in code.split("-") if (organ := base_organ(part))}
    return tuple(found.values())


def issuer_name(code: str, lang: str = "vi") -> str:
    """The words for an organ's code: "BCA" is "Bộ Công an"; an unknown code stands for itself."""
    organ = base_organ(code)
    if organ is None:
        return code
    return organ.vi if lang == "vi" else organ.en


def _pieces_of(words: str) -> Iterator[str]:
    """One piece of pattern for each letter, blank and joint."""
    for index, part in enumerate(re.split(r"\s?-\s?", words)):
        if index:
            yield _JOINT
        yield from (_BLANK if letter == " " else re.escape(letter) for letter in " ".join(part.split()))
