"""The catalogue of known documents, read from data/documents.toml. It is not complete and never will be."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from feeds.documents.kinds import DATA, key_code, type_name
from feeds.documents.number import parse
from feeds.text import fold

Provenance = Literal["seen", "derived", "recalled", "unknown"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A link to another document, catalogued or not."""

    kind: str
    """replaces, replaced_by, implements, implemented_by, concludes, concluded_by, amends, amended_by, see_also"""
    target: str
    confidence: Provenance

    @property
    def proves(self) -> bool:
        """Whether a text that cites both documents means these two: seen, and more than a see-also."""
        return self.confidence == "seen" and self.kind != "see_also"


@dataclass(frozen=True, slots=True)
class Document:
    """One known document; the header of data/documents.toml says what the fields mean."""

    id: str
    key: str | None
    type: str
    number: str | None
    organ: str
    issuer: str | None
    term: str | None
    year: int | None
    date: str | None
    title: str | None
    place: str | None
    status: str
    status_note: str | None
    topics: tuple[str, ...]
    aliases: tuple[str, ...]
    relations: tuple[Relation, ...]
    provenance: Mapping[str, Provenance]
    sources: tuple[str, ...]
    also: tuple[str, ...] = ()
    effective: str | None = None
    official_url: str | None = None

    @property
    def date_precision(self) -> Literal["day", "month", "year"] | None:
        """How much of the date of issue is known."""
        if self.date is None:
            return None
        return "day" if len(self.date) == 10 else "month" if len(self.date) == 7 else "year"

    @property
    def place_open(self) -> bool:
        """Whether the source leaves open which committee of that place issued it; nothing resolves to it."""
        return self.place is not None and self.place.endswith("?")

    def may_be_of(self, place: str) -> bool:
        """Whether it may be a document of `place`: "Bến Tre?" of the province "Bến Tre" or of the city "TP Bến Tre"."""
        if self.place is None or not self.place_open:
            return self.place == place
        return self.place.rstrip("?") == place.removeprefix("TP ")

    def seen(self, name: str) -> bool:
        """Whether the field was read in a source; only then it may be asserted."""
        return self.provenance.get(name) == "seen"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known documents and the ways to them."""

    documents: tuple[Document, ...]
    as_of: date
    _ids: Mapping[str, Document] = field(repr=False)
    _keys: Mapping[str, tuple[Document, ...]] = field(repr=False)
    _aliases: Mapping[str, tuple[Document, ...]] = field(repr=False)
    _numbers: Mapping[tuple[str, str], tuple[Document, ...]] = field(repr=False)

    def get(self, document_id: str) -> Document | None:
        """The document of an id."""
        return self._ids.get(document_id)

    def with_key(self, key: str) -> tuple[Document, ...]:
        """Documents that `key` may mean, newest first: also by a law's name, a plenum's or a scheme's."""
        return self._keys.get(key.casefold(), ())

    def with_alias(self, name: str) -> tuple[Document, ...]:
        """Documents that people call `name`; case and accents are ignored."""
        return self._aliases.get(fold(name), ())

    def with_number(self, type_code: str, number: str) -> tuple[Document, ...]:
        """Documents of a type (as keys write it) with a number, whoever issued them, newest first."""
        return self._numbers.get((type_code, number), ())

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key of a document, in the order of the file."""
        return tuple(dict.fromkeys(document.key for document in self.documents if document.key))


@cache
def load_catalogue(path: Path = DATA / "documents.toml") -> Catalogue:
    """The catalogue of `path`, read once."""
    data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return make_catalogue((_document(row) for row in data["document"]), data["as_of"])


def make_catalogue(documents: Iterable[Document], as_of: date) -> Catalogue:
    """A catalogue of `documents`, newest first where several share a key."""
    documents = tuple(documents)
    keys: dict[str, list[Document]] = {}
    aliases: dict[str, list[Document]] = {}
    numbers: dict[tuple[str, str], list[Document]] = {}
    for document in sorted(documents, key=lambda document: document.date or "", reverse=True):
        for key in dict.fromkeys(key.casefold() for key in _all_keys(document)):
            keys.setdefault(key, []).append(document)
        for alias in dict.fromkeys(map(fold, document.aliases)):
            aliases.setdefault(alias, []).append(document)
        if document.number:
            numbers.setdefault((key_code(document.type), document.number), []).append(document)
    return Catalogue(
        documents,
        as_of,
        {document.id: document for document in documents},
        {key: tuple(found) for key, found in keys.items()},
        {alias: tuple(found) for alias, found in aliases.items()},
        {number: tuple(found) for number, found in numbers.items()},
    )


def law_name(document: Document) -> str | None:
    """The name of a law, code or ordinance without its type word."""
    if document.type not in ("L", "BL", "PL") or document.title is None:
        return None
    word = type_name(document.type)
    return document.title.removeprefix(word).strip() if document.title.startswith(word) else document.title


def keys_of(document: Document) -> list[str]:
    """Every key that stands for the document: its own, others that a source gives it, the names of a law."""
    keys = [key for key in (document.key, *document.also) if key]
    if name := law_name(document):
        named = [f"{document.type}:{name}"]
        named += [
            f"{document.type}:{alias.removeprefix(type_name(document.type)).strip()}"
            for alias in document.aliases
            if alias.startswith(type_name(document.type)) and not alias[-1].isdigit()
        ]
        keys += named
        keys += [f"{key}/{document.year}" for key in named if document.year]
    return keys


def _all_keys(document: Document) -> list[str]:
    keys = keys_of(document)
    number = parse(document.key) if document.key else None
    if number and number.place:
        keys.append(str(number.without_place()))
    return keys


def _document(row: Mapping[str, Any]) -> Document:
    optional = ("key", "number", "issuer", "term", "year", "date", "title", "place", "status_note")
    lists = {name: tuple(row.get(name, ())) for name in ("topics", "aliases", "sources", "also")}
    relations = tuple(Relation(**relation) for relation in row.get("relations", ()))
    facts = {name: row.get(name) for name in optional}
    return Document(
        **{
            **row,
            **facts,
            **lists,
            "relations": relations,
            "provenance": dict(row["provenance"]),
        }
    )
