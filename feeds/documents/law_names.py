"""The registered names of laws, as data/kinds.toml lists them, ready to be matched."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from feeds.documents.kinds import rules
from feeds.documents.organs import skeleton


@dataclass(frozen=True, slots=True)
class LawNames:
    """Registered names and abbreviations by their first word, and their skeletons -> the name."""

    patterns: Mapping[str, re.Pattern[str]]
    registered: Mapping[str, str]
    exact: Mapping[str, str]


@cache
def law_names() -> LawNames:
    """Patterns and spellings of all registered names."""
    law = rules()["law"]
    exact = {name.lower(): name for name in law["names"]}
    registered: dict[str, str] = {}
    for name in law["names"]:
        registered.setdefault(skeleton(name), name)
    spelled = {**exact, **{short.lower(): name for short, name in law["abbreviations"].items()}}
    exact.update({short.lower(): name for short, name in law["abbreviations"].items()})
    by_first: dict[str, list[str]] = {}
    for words in spelled:
        first = re.match(r"[^\W\d_]+(?:&\w+)?", words)
        by_first.setdefault(first[0] if first else "", []).append(words)
    return LawNames(
        {
            first: re.compile("(?:" + "|".join(map(_pattern_of, sorted(names, key=len, reverse=True))) + r")(?!\w)")
            for first, names in by_first.items()
        },
        registered,
        exact,
    )


def _pattern_of(words: str) -> str:
    """A name's pattern: commas may be missing, "và" and a comma stand for each other."""
    pieces = re.split(r"(,\s| và )", words)
    joins = {", ": r"(?:\s*,\s*|\s+và\s+|\s+)", " và ": r"(?:\s+và\s+|\s*,\s*|\s*&\s*)"}
    return "".join(joins.get(piece, r"\s+".join(map(re.escape, piece.split(" ")))) for piece in pieces)
