"""What a person means who types a document's number: the wishes of the query, as catalogue and articles know them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from feeds.documents.candidates import candidates_of, completes
from feeds.documents.catalogue import Catalogue, Document
from feeds.documents.evidence import central_body, titles_match
from feeds.documents.nearest import nearest
from feeds.documents.wish import Wish, is_one_question, read_wishes, tidy

_NUMERIC = re.compile(r"\S*\d\S*")
Status = Literal["found", "several", "ambiguous", "unknown", "invalid"]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a query means."""

    query: str
    status: Status
    """found: exactly one document; several: a list was typed; ambiguous: which document is meant is open; unknown: a
    number that the catalogue does not have, at least not of that term, date or issuer, or a misspelt one (without
    keys); invalid: nothing recognisable."""
    keys: tuple[str, ...]
    documents: tuple[str, ...]
    """Ids, best first; of one key the newest first."""
    missing: tuple[Wish, ...] = ()
    """What was asked for with a term, date or issuer that no catalogued document of that number has."""
    open: tuple[str, ...] = ()
    """Those of the keys of which several documents may be meant."""
    alone: tuple[str, ...] = ()
    """Those of the ids that are meant only because the catalogue has no other of that Party number, which begins anew
    with every term."""


def look_up(query: str, catalogue: Catalogue, seen_keys: Collection[str] = ()) -> Lookup:
    """The keys and documents that `query` asks for. `seen_keys` are keys that stored articles cite."""
    wishes = read_wishes(query)
    if not wishes:
        return _without_a_number(query, catalogue, seen_keys)
    keys: list[str] = []
    documents: list[Document] = []
    missing: list[Wish] = []
    opened: list[str] = []
    alone: list[str] = []
    for wish in wishes:
        found = _documents(wish, catalogue)
        documents += found
        own = _keys(wish, found, seen_keys)
        keys += own
        if len(found) > 1:
            opened += own
        elif found and _is_alone(wish, found[0], query):
            alone.append(found[0].id)
        if wish.is_told_apart and not found:
            missing.append(wish)
    keys, ids = list(dict.fromkeys(keys)), list(dict.fromkeys(document.id for document in documents))
    status = _status(query, wishes, keys, documents, missing)
    return Lookup(query, status, tuple(keys), tuple(ids), tuple(missing), tuple(opened), tuple(alone))


def _status(
    query: str, wishes: Sequence[Wish], keys: Sequence[str], documents: Sequence[Document], missing: Sequence[Wish]
) -> Status:
    are_of_terms = len(documents) > 1 and len({wish.term for wish in wishes if wish.term}) > 1  # "khóa X và XII"
    is_list = len({wish.key for wish in wishes}) > 1 or bool(missing and documents) or are_of_terms
    if is_list and not is_one_question(query, wishes):
        return "several"
    if len({document.id for document in documents}) == 1 and len(keys) == 1:
        return "ambiguous" if documents[0].place_open else "found"
    return "ambiguous" if documents or len(keys) > 1 else "unknown"


def _documents(wish: Wish, catalogue: Catalogue) -> list[Document]:
    return [document for document in candidates_of(wish.number, catalogue) if not _contradicts(wish, document)]


def _contradicts(wish: Wish, document: Document) -> bool:
    if not wish.is_possible:
        return True
    if wish.number.year and document.year and wish.number.year != document.year:  # a law's name with another year
        return True
    if wish.term and document.term and wish.term != document.term:
        return True
    if wish.date and document.date:
        size = min(len(wish.date), len(document.date))
        if wish.date[:size] != document.date[:size]:
            return True
    elif document.term and wish.terms and document.term not in wish.terms:
        return True
    return wish.issuer is not None and _is_another_body(wish.issuer, document.issuer or "")


def _is_alone(wish: Wish, document: Document, query: str) -> bool:
    """Whether nothing but the number speaks for the document: no term, no date, no words of its title."""
    if wish.number.shape != "party" or wish.term or wish.date or document.place_open:
        return False
    return not titles_match(_NUMERIC.sub(" ", tidy(query)), document)


def _is_another_body(asked: str, issuer: str) -> bool:
    return len({central_body(asked), central_body(issuer)} - {None}) == 2


def _keys(wish: Wish, found: Sequence[Document], seen_keys: Collection[str]) -> list[str]:
    """The key itself; a partial one as catalogue and articles complete it, never with an invented issuer."""
    key = wish.key
    if "?" not in key:
        return [key]
    known = [own for document in found for own in (document.key, *document.also) if own and completes(wish.number, own)]
    seen = sorted(other for other in seen_keys if completes(wish.number, other))
    return list(dict.fromkeys([*known, *seen])) or [key]


def _without_a_number(query: str, catalogue: Catalogue, seen_keys: Collection[str]) -> Lookup:
    """A document's other name, a misspelt number, or nothing."""
    text = tidy(query)
    found = catalogue.with_alias(text) if text else ()
    if not found:
        return Lookup(query, "unknown" if nearest(text, catalogue, seen_keys) else "invalid", (), ())
    keys = tuple(dict.fromkeys(document.key for document in found if document.key))
    return Lookup(query, "found" if len(found) == 1 else "ambiguous", keys, tuple(document.id for document in found))
