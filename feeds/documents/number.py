"""The canonical number of a document: what a citation key says, without the term (CITATIONS.md, 10)."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from feeds.documents.kinds import kinds

Shape = Literal[
    "party",  # 09-CT/TW, 08-NQ/TU
    "yearly",  # 13/2023/NĐ-CP, 13/?/NĐ-CP, 87/2024/NQ-HĐND
    "plain",  # 14/CT-TTg, 198/KH-UBND
    "assembly",  # 24/2018/QH14, 88/?/QH13
    "letter",  # 3546/UBND-VP
    "plenum",  # NQTW8/XI
    "congress",  # NQĐH/XIII
    "scheme",  # ĐA06
    "named",  # L:An ninh mạng/2018
    "constitution",  # HP/2013
]

_NUMBER = r"(?P<number>\d{1,5}[a-zđ]?|\d{2}\.\d{1,3})"
_YEAR = r"(?P<year>(?:19|20)\d\d|\?)"
_CODE = r"[A-ZĐƯ][A-Za-zĐđƯ0-9&]*"
_ORGAN = rf"(?P<organ>\?|{_CODE}(?:-{_CODE})*\??)"
_TYPE = rf"(?P<type>{_CODE})"
_TERM = r"(?P<term>[XVI]+|\?)"
_PATTERNS: tuple[tuple[Shape, re.Pattern[str]], ...] = (
    ("assembly", re.compile(rf"{_NUMBER}/{_YEAR}/(?P<organ>(?:UBTV)?QH(?:\d\d?|\?))")),
    ("yearly", re.compile(rf"{_NUMBER}/{_YEAR}/{_TYPE}-{_ORGAN}")),
    ("party", re.compile(rf"{_NUMBER}-{_TYPE}/{_ORGAN}")),
    ("plain", re.compile(rf"{_NUMBER}/{_TYPE}-{_ORGAN}")),
    ("letter", re.compile(rf"{_NUMBER}/(?P<organ>{_CODE}(?:-{_CODE})+)")),
    ("plenum", re.compile(rf"NQTW(?P<number>\d{{1,2}})/{_TERM}")),
    ("congress", re.compile(r"NQĐH/(?P<number>[XVI]+|\?)")),
    ("scheme", re.compile(r"ĐA(?P<number>\d{1,5})")),
    ("named", re.compile(r"(?P<type>L|BL|PL):(?P<number>[^/@#]+?)(?:/(?P<year>\d{4}))?")),
    ("constitution", re.compile(r"HP/(?P<year>\d{4})")),
)
_FIXED_ORGAN = {"plenum": "TW", "congress": "ĐH", "named": "QH", "constitution": "QH"}
_FIXED_TYPE = {"letter": "CV", "plenum": "NQ", "congress": "NQ", "scheme": "ĐA", "constitution": "HP"}


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """`str()` of it is the key; `parse` reads the key back."""

    shape: Shape
    number: str = ""  # a law's name, a congress's Roman numeral
    type: str = ""  # as a key writes it (Quy định is QĐ); empty for the National Assembly, whose symbols have none
    organ: str = "?"
    year: int | None = None
    term: str | None = None  # of a plenum, where it is part of the name
    place: str | None = None

    def __str__(self) -> str:
        year = self.year or "?"
        match self.shape:
            case "party":
                base = f"{self.number}-{self.type}/{self.organ}"
            case "yearly":
                base = f"{self.number}/{year}/{self.type}-{self.organ}"
            case "plain":
                base = f"{self.number}/{self.type}-{self.organ}"
            case "assembly":
                base = f"{self.number}/{year}/{self.organ}"
            case "letter":
                base = f"{self.number}/{self.organ}"
            case "plenum":
                base = f"NQTW{self.number}/{self.term or '?'}"
            case "congress":
                base = f"NQĐH/{self.number}"
            case "scheme":
                base = f"ĐA{self.number}"
            case "named":
                base = f"{self.type}:{self.number}" + (f"/{self.year}" if self.year else "")
            case "constitution":
                base = f"HP/{self.year}"
        return f"{base}@{self.place}" if self.place else base

    @property
    def partial(self) -> bool:
        """Whether year, issuer or term is unknown: "?" in the key."""
        undated = self.year is None and self.shape in ("yearly", "assembly")
        return undated or "?" in self.organ or self.number == "?" or (self.shape == "plenum" and self.term is None)

    def without_place(self) -> "DocumentNumber":
        """The base key: what stands before "@"."""
        return replace(self, place=None)


def parse(key: str) -> DocumentNumber | None:
    """The number a key stands for; None where `key` is no key. For the free spellings of a text see `symbol`."""
    base, _, place = key.partition("@")
    known = {kind.key for kind in kinds().values()}
    for shape, pattern in _PATTERNS:
        match = pattern.fullmatch(base)
        if match is None:
            continue
        parts = match.groupdict()
        kind = parts.get("type") or _FIXED_TYPE.get(shape, "")
        if "type" in parts and kind not in known:
            continue
        year, term = parts.get("year"), parts.get("term")
        return DocumentNumber(
            shape,
            parts.get("number", "") if shape == "plenum" else pad(parts.get("number", "")),
            kind,
            parts.get("organ", _FIXED_ORGAN.get(shape, "?")),
            int(year) if year and year != "?" else None,
            term if term != "?" else None,
            place or None,
        )
    return None


def pad(number: str) -> str:
    """At least two digits, as the symbols are written: "5" is "05", "30a" stays."""
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyzđ")
    return number.zfill(2 + len(number) - len(digits)) if digits.isdecimal() and digits else number
