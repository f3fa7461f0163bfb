"""What a person means who types a document's number (CITATIONS.md, 11).

The query goes through the grammar of texts as it is; if that finds nothing, once more rewritten: letters and words
without accents become the words of the grammar, in the order type, number, year, issuer, place, term.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from feeds.documents.candidates import candidates_of, completes
from feeds.documents.catalogue import Catalogue, Document
from feeds.documents.find import Citation, find_citations
from feeds.documents.kinds import type_name
from feeds.documents.number import DocumentNumber, parse
from feeds.documents.rewrite import rewrite
from feeds.text import clean

_LIMIT = 200
_DASHED_YEAR = re.compile(r"(?<!\d)(\d{1,4}[a-zđ]?)\s?[-_]\s?((?:19|20)\d\d)\s?[-_/]\s?(?=[A-Za-zĐđ])")
_YEAR = re.compile(r"(?<![\w/.-])(?:19|20)\d\d(?![\w/.-])")
_LEADING_NUMBER = re.compile(r"\d{1,4}\s*(?:,|và|va|&)\s*\d")


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a query means."""

    query: str
    status: Literal["found", "several", "ambiguous", "unknown", "invalid"]
    """found: exactly one document; several: a list was typed; ambiguous: one key, several documents; unknown: a
    well-formed number that the catalogue does not have; invalid: nothing recognisable."""
    keys: tuple[str, ...]
    documents: tuple[str, ...]
    """Ids, best first; of one key the newest first."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One document that was asked for."""

    number: DocumentNumber
    term: str | None
    date: str | None
    type: str | None


def look_up(query: str, catalogue: Catalogue, seen_keys: Collection[str] = ()) -> Lookup:
    """The keys and documents that `query` asks for. `seen_keys` are keys that stored articles cite."""
    text = _tidy(query)
    wishes = _wishes(text)
    if not wishes:
        return _by_alias(query, text, catalogue)
    keys: list[str] = []
    documents: list[Document] = []
    for wish in wishes:
        found = _documents(wish, catalogue)
        documents += found
        keys += _keys(wish, found, seen_keys)
    keys, ids = list(dict.fromkeys(keys)), list(dict.fromkeys(document.id for document in documents))
    asked = {str(wish.number) for wish in wishes}
    if len(asked) > 1 and not _is_one_question(text, wishes):
        return Lookup(query, "several", tuple(keys), tuple(ids))
    status: Literal["found", "ambiguous", "unknown"] = "unknown"
    if ids:
        status = "found" if len(ids) == 1 and len(keys) == 1 else "ambiguous"
    elif len(keys) > 1:
        status = "ambiguous"
    return Lookup(query, status, tuple(keys), tuple(ids))


def nearest(key: str, catalogue: Catalogue, seen_keys: Collection[str] = (), limit: int = 5) -> tuple[str, ...]:
    """Keys to offer for one that nobody knows: its register's neighbours and slips, then its number elsewhere."""
    asked = parse(key)
    if asked is None:
        return ()
    namesakes = catalogue.with_key(str(replace(asked, year=None))) if asked.shape == "named" else ()
    ranked = []
    for other_key in dict.fromkeys([*catalogue.keys, *seen_keys]):
        other = parse(other_key)
        if other is None or other_key == key:
            continue
        if (rank := _distance(asked, other)) is not None:
            ranked.append((rank, other_key))
    found = [document.key for document in namesakes if document.key] + [other_key for _, other_key in sorted(ranked)]
    return tuple(found[:limit])


def _tidy(query: str) -> str:
    text = clean(query[:_LIMIT]).replace("\n", " ")
    return _DASHED_YEAR.sub(r"\1/\2/", unicodedata.normalize("NFC", text))


def _wishes(text: str) -> list[_Wish]:
    found = list(_read(text))
    if found and _LEADING_NUMBER.match(text):  # "18 và 19-NQ/TW"
        found = list(_read(f"{type_name(found[0].type or '')} {text}"))
    if not found or any(wish.number.partial for wish in found):
        rewritten = list(_read(rewrite(text)))
        complete = rewritten and not any(wish.number.partial for wish in rewritten)
        found = rewritten if complete or not found else found
    if found and text.isascii():
        found = [meant for wish in found for meant in _both_committees(wish)]
    return found


def _read(text: str) -> Iterator[_Wish]:
    years = [int(match[0]) for match in _YEAR.finditer(text)]
    for citation in find_citations(text):
        number = parse(citation.key) if citation.key else None
        if number is None:
            continue
        yield _Wish(_completed(number, citation), citation.term, _date(citation, number, years), citation.type)


def _completed(number: DocumentNumber, citation: Citation) -> DocumentNumber:
    """ "khóa 10" without a place is the congress term, so the centre is meant."""
    if number.shape == "party" and number.organ == "?" and citation.term and number.place is None:
        return replace(number, organ="TW")
    return number


def _date(citation: Citation, number: DocumentNumber, years: Sequence[int]) -> str | None:
    if citation.date:
        return citation.date.isoformat()
    if number.year is None and number.shape in ("party", "plain") and years:
        return str(years[-1])
    return None


def _both_committees(wish: _Wish) -> list[_Wish]:
    """Without any accent "TU" may stand for TƯ; a place says it does not."""
    number = wish.number
    if number.shape != "party" or number.organ != "TU" or number.place:
        return [wish]
    return [wish, replace(wish, number=replace(number, organ="TW"))]


def _is_one_question(text: str, wishes: Sequence[_Wish]) -> bool:
    return (
        len(wishes) == 2
        and text.isascii()
        and {wish.number.organ for wish in wishes} == {"TU", "TW"}
        and (wishes[0].number.number == wishes[1].number.number)
    )


def _documents(wish: _Wish, catalogue: Catalogue) -> list[Document]:
    return [
        document
        for document in candidates_of(wish.number, catalogue)
        if not (wish.number.place and document.place_open)  # offered as near, never as found
        and (not wish.term or not document.term or document.term == wish.term)
        and (not wish.date or not document.date or document.date[: len(wish.date)] == wish.date[: len(document.date)])
    ]


def _keys(wish: _Wish, found: Sequence[Document], seen_keys: Collection[str]) -> list[str]:
    """The key itself; a partial one as catalogue and articles complete it, never with an invented issuer."""
    key = str(wish.number)
    if "?" not in key:
        return [key]
    known = [own for document in found for own in (document.key, *document.also) if own and completes(wish.number, own)]
    seen = sorted(other for other in seen_keys if completes(wish.number, other))
    return list(dict.fromkeys([*known, *seen])) or [key]


def _by_alias(query: str, text: str, catalogue: Catalogue) -> Lookup:
    found = catalogue.with_alias(text) if text else ()
    if not found:
        return Lookup(query, "invalid", (), ())
    keys = tuple(dict.fromkeys(document.key for document in found if document.key))
    status: Literal["found", "ambiguous"] = "found" if len(found) == 1 else "ambiguous"
    return Lookup(query, status, keys, tuple(document.id for document in found))


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
