"""Numbers to offer for one that nobody knows: slips of the hand, neighbours, the same number elsewhere."""

import re
from collections.abc import Collection
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import zip_longest

from feeds.documents.catalogue import Catalogue
from feeds.documents.number import DocumentNumber, pad, parse
from feeds.text import fold

_JOIN = r"\s?[-/]\s?"
_CODE = r"[A-Za-zĐđƯư]{1,10}\d{0,2}"
_SHAPED = re.compile(  # 09-CTT/TW, 13/2023/NĐĐ-CP, 24/2018/QHH14
    rf"(?<![\w/.-])(?P<number>\d{{1,5}}[a-zđ]?)(?P<rest>{_JOIN}(?:\d{{4}}{_JOIN}{_CODE}|{_CODE})(?:{_JOIN}{_CODE})*)(?!\w)"
)
_ALIKE = 0.6


def nearest(asked: str, catalogue: Catalogue, seen_keys: Collection[str] = (), limit: int = 5) -> tuple[str, ...]:
    """Known keys near to a key, or to what is written like a number in `asked`; none for anything else."""
    borne = {key for document in catalogue.documents for key in document.also}
    known = [key for key in dict.fromkeys([*catalogue.keys, *seen_keys]) if key not in borne]
    number = parse(asked)
    if number is None:
        return _spelt_alike(asked, known)[:limit]
    namesakes = catalogue.with_key(str(replace(number, year=None))) if number.shape == "named" else ()
    ranked = []
    for other_key in known:
        other = _number_of(other_key)
        if other is None or other_key == asked:
            continue
        if (rank := _distance(number, other)) is not None:
            ranked.append((rank, other_key))
    found = [document.key for document in namesakes if document.key] + [other_key for _, other_key in sorted(ranked)]
    return tuple(found[:limit])


# Every number that is known is read whenever one is asked for that is not.
_number_of = lru_cache(maxsize=20_000)(parse)


def _spelt_alike(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Keys with the number of what is written like one in `text`, and nearly its letters."""
    shaped = _SHAPED.search(text)
    if shaped is None:
        return ()
    number, letters = fold(pad(shaped["number"])), re.sub(r"\s", "", fold(shaped["rest"]))
    ranked = []
    for key in known:
        base = fold(key.partition("@")[0])
        if not base.startswith(number) or base[len(number)].isalnum():
            continue
        ratio = SequenceMatcher(None, base[len(number) :], letters).ratio()
        if ratio >= _ALIKE:
            ranked.append((-ratio, key))
    return tuple(key for _, key in sorted(ranked))


def _distance(asked: DocumentNumber, other: DocumentNumber) -> tuple[int, int, str] | None:
    """Smaller is nearer; None where the two have nothing in common."""
    if asked.shape in ("named", "constitution") or other.shape in ("named", "constitution"):
        same = asked.shape == other.shape and asked.number == other.number and asked.type == other.type
        return (0, abs((asked.year or 0) - (other.year or 0)), other.number) if same else None
    if asked.number == other.number:
        common = (asked.type == other.type) + (asked.organ == other.organ)
        return ((5, 3, 0)[common], 0, str(other))
    if (asked.type, asked.organ, asked.place) != (other.type, other.organ, other.place):
        return None
    if asked.year != other.year and asked.shape in ("yearly", "assembly"):
        return None
    if sorted(asked.number) == sorted(other.number):
        return (1, 0, str(other))
    if not (asked.number.isdecimal() and other.number.isdecimal()):
        return None
    gap = abs(int(asked.number) - int(other.number))
    if gap <= 3:
        return (1, gap, str(other))
    slips = sum(one != another for one, another in zip_longest(asked.number, other.number))
    return (2 if slips == 1 else 4, gap, str(other))
