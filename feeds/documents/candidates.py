"""Catalogued documents that a number may mean, complete or partial ("86-KL/?", "13/?/NĐ-CP")."""

from dataclasses import replace

from feeds.documents.catalogue import Catalogue, Document
from feeds.documents.number import DocumentNumber, parse


def candidates_of(number: DocumentNumber, catalogue: Catalogue, place: str | None = None) -> tuple[Document, ...]:
    """Documents of that key; of a partial key those that complete it; newest first.

    A local document of another place is none; without a place those of `place` alone, if there are any.
    """
    found = catalogue.with_key(str(number)) or catalogue.with_key(str(number.without_place()))
    if not found and number.shape == "named":  # the year is another's: candidates to be ruled out
        found = catalogue.with_key(str(replace(number, year=None)))
    elif not found and number.type and number.number:
        found = tuple(
            document
            for document in catalogue.with_number(number.type, number.number)
            if document.key and completes(number, document.key)
        )
    if number.shape == "plenum" and number.term is None:
        found = tuple(
            document
            for document in catalogue.documents
            if any(key.startswith(f"NQTW{number.number}/") for key in (document.key or "", *document.also))
        )
    if number.place and number.place != "?":
        return tuple(document for document in found if document.may_be_of(number.place))
    at_home = tuple(document for document in found if place and document.may_be_of(place))
    return at_home or found


def completes(partial: DocumentNumber, key: str) -> bool:
    """Whether `key` says all that `partial` says, and more."""
    full = parse(key)
    if full is None or full.number != partial.number or (full.type or partial.type) != partial.type:
        return False
    if partial.year and full.year != partial.year:
        return False
    if partial.organ == "?":
        return partial.shape == "party" or full.shape == partial.shape
    if partial.organ.endswith("?"):  # QH?
        return full.organ.rstrip("0123456789") == partial.organ.rstrip("?")
    return full.organ == partial.organ and partial.year is None and full.shape in ("yearly", "assembly", "plain")
