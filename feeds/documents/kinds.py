"""Kinds of documents, as data/kinds.toml lists them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True, eq=False)  # one object a kind: told apart by identity, which hashes fast
class Kind:
    """One kind; the header of data/kinds.toml says what the fields mean."""

    code: str
    vi: str
    en: str
    system: str
    words: tuple[str, ...]
    key: str
    type: str
    symbols: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    normative: bool = False
    bare: bool = False
    joint: bool = False
    drafted: bool = False
    organ: str | None = None


@cache
def rules() -> Mapping[str, Any]:
    """The whole of data/kinds.toml."""
    return tomllib.loads((DATA / "kinds.toml").read_text("utf-8"))


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind under its code."""
    return {row["code"]: _kind(row) for row in rules()["kind"]}


@cache
def kind_symbols() -> Mapping[str, Kind]:
    """Every kind under its code and other spellings in symbols, case folded."""
    named: dict[str, Kind] = {}
    for kind in kinds().values():
        for symbol in (kind.code, *kind.symbols):
            named.setdefault(symbol.casefold(), kind)
    return named


@cache
def kind_words() -> Mapping[str, Kind]:
    """Every kind under its words and abbreviations in lower case."""
    return {
        word.lower(): kind for kind in kinds().values() for word in (*kind.words, *kind.abbreviations, *kind.doubtful)
    }


def key_code(type_code: str) -> str:
    """The type as a citation key writes it: QyĐ is QĐ there."""
    kind = kinds().get(type_code)
    return kind.key if kind else type_code


def type_name(code: str, lang: str = "vi") -> str:
    """The words for a type code: "CT" is "Chỉ thị", in English "Directive"; an unknown code stands for itself."""
    kind = kinds().get(code)
    if kind is None:
        return code
    return kind.vi if lang == "vi" else kind.en


def _kind(row: Mapping[str, Any]) -> Kind:
    lists = {name: tuple(row.get(name, ())) for name in ("words", "symbols", "abbreviations", "doubtful")}
    code = row["code"]
    return Kind(**{"key": code, "type": code, **row, **lists})
