"""The central bodies that may be seen implementing a document, and the names texts call them by; pure.

Former ministries and commissions are folded into those of today, as former provinces are (feeds.places).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from feeds.text import one_of

DATA = Path(__file__).with_name("data") / "bodies.toml"
GROUPS = ("party", "state", "ministry", "justice", "mass")

Role = Literal["name", "unit", "person"]

_CENTRAL = r"(?:trung ương|t\.?\s?[ưw]\.?)"
_JOINT = re.compile(r"\s*(?:,| và | & |&|-)\s*(?=\w)")
_ANY_JOINT = r"\s*(?:, và|,|và|&|-)\s*"


@dataclass(frozen=True, slots=True)
class Body:
    """A body of today; `former` are the names of those that became part of it."""

    code: str
    vi: str
    en: str
    group: str
    former: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedBody:
    """A body named at ``[start, end)`` of a text in lower case, itself or by a part of it or whoever speaks for it."""

    start: int
    end: int
    body: Body
    role: Role


def bodies() -> tuple[Body, ...]:
    """All bodies, in the order of the data file: by group."""
    return tuple(_data()[0].values())


def body_of(code: str) -> Body | None:
    """The body of a code."""
    return _data()[0].get(code)


def find_bodies(low: str) -> Iterator[NamedBody]:
    """The bodies named in a text in lower case with tones placed the new way (feeds.text.modern_tones), in order."""
    known, pattern, names = _data()
    for match in pattern.finditer(low):
        code, role = names[_skeleton(match[0])]
        yield NamedBody(match.start(), match.end(), known[code], role)


@cache
def _data() -> tuple[Mapping[str, Body], re.Pattern[str], Mapping[str, tuple[str, Role]]]:
    rows: list[dict[str, Any]] = tomllib.loads(DATA.read_text("utf-8"))["body"]
    known: dict[str, Body] = {}
    names: dict[str, tuple[str, Role]] = {}
    spellings: list[str] = []
    roles: dict[str, Role] = {"names": "name", "former": "name", "units": "unit", "people": "person"}
    for row in rows:
        former = tuple(row.get("former", ()))
        known[row["code"]] = Body(row["code"], row["vi"], row["en"], row["group"], former)
        for field, role in roles.items():
            for name in row.get(field, ()):
                names[_skeleton(name.lower())] = row["code"], role
                spellings.append(name.lower())
    spellings.sort(key=len, reverse=True)
    pattern = one_of(_pieces(name) for name in spellings)
    return known, re.compile(rf"(?<!\w){pattern}(?!\w)"), names


def _pieces(name: str) -> Iterator[str]:
    """One piece of pattern for each letter, blank and joint."""
    for index, part in enumerate(re.split(r"(trung ương)", name)):
        if index % 2:
            yield _CENTRAL
            continue
        for number, piece in enumerate(_JOINT.split(part)):
            if number:
                yield _ANY_JOINT
            yield from (r"\s+" if letter == " " else re.escape(letter) for letter in piece)


def _skeleton(name: str) -> str:
    """Letters alone, joints dropped, so that the spellings of one name are one."""
    return re.sub(r"[\W_]+", "", re.sub(r"\bvà\b", "", re.sub(_CENTRAL + r"(?!\w)", "trungương", name)))
