"""How documents are named to readers, and whether we know what their name says. Pure."""

from datetime import date
from typing import Protocol

from digests.bodies import body_of
from digests.implementer import Implementer
from digests.views import Cited, meant
from feeds.classify import topics
from feeds.documents import Document, document_name, issuer_name, load_catalogue
from feeds.places import place_label


class CitedOrStated(Cited, Protocol):
    """`is_stated`: the text itself says the term or year that tells the document from others of its number."""

    @property
    def is_stated(self) -> bool: ...


def checked(document: Document | None, *fields: str) -> bool:
    """Whether what we say in these fields was seen in a source or follows from it; what is nowhere stated is."""
    return document is None or all(document.provenance.get(field, "seen") in ("seen", "derived") for field in fields)


def is_name_checked(document: Document | None) -> bool:
    """Whether the name we give a document, its number with term or year, was seen in a source or follows from it."""
    if document is None:
        return True
    dated = document.id.rpartition("#")[2].isdecimal() and _tells_apart(document.id)
    return checked(document, "number", "term") and (not dated or checked(document, "date"))


def meant_name(cited: Cited, language: str) -> str:
    """The name of the document that a citation means; what is not certain is only the number it has."""
    return document_name(meant(cited), language)


def followed_name(kind: str, value: str, language: str) -> str:
    """The name of what is followed (digests.models.Follow); words stand in quotation marks."""
    match kind:
        case "document" | "number" | "draft":
            return document_name(value, language)
        case "issuer":
            return issuer_name(value, language)
        case "words":
            return f"“{value}”"
        case _:
            return place_label(value, language)


def trend_name(kind: str, value: str, language: str) -> str:
    """The name of a topic (its code), place or document (its id)."""
    if kind == "topic":
        return next((topic.names[language] for topic in topics() if topic.code == value), value)
    return document_name(value, language) if kind == "document" else place_label(value, language)


def implementer_name(who: Implementer, language: str) -> str:
    """The name of a province of today, with the one that the text calls it by where that is another, or of a body."""
    if who.kind == "body":
        body = body_of(who.name)
        return who.named if body is None else body.vi if language == "vi" else body.en
    name = place_label(who.name, language)
    return name if who.named.lower() == who.name.lower() else f"{name} ({place_label(who.named, language)})"


def is_unverified(cited: CitedOrStated) -> bool:
    """Whether `meant_name` says a term or year that neither the text states nor any source we saw."""
    if cited.status != "resolved" or not cited.document_id or cited.is_stated or not _tells_apart(cited.document_id):
        return False
    return not is_name_checked(load_catalogue().get(cited.document_id))


def iso_date(value: str | date) -> str:
    """An ISO date, whole or only year or month, as people here write it: 01/12/2011, 12/2011, 2011."""
    return "/".join(reversed(str(value).split("-")))


def _tells_apart(document_id: str) -> bool:
    """Whether the name of an id says more than its number."""
    return document_name(document_id) != document_name(document_id.rpartition("#")[0])
