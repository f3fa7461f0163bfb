"""Vietnamese Party and State documents: find citations in a text, resolve them, look a number up. Pure."""

from feeds.documents.catalogue import Catalogue, Document, Relation, load_catalogue, make_catalogue
from feeds.documents.display import document_name
from feeds.documents.find import Citation, find_citations
from feeds.documents.kinds import type_name
from feeds.documents.lookup import Lookup, look_up, nearest
from feeds.documents.number import DocumentNumber, parse
from feeds.documents.official import official_citation
from feeds.documents.organs import issuer_name
from feeds.documents.resolve import Reading, resolve_citations

__all__ = [
    "Catalogue",
    "Citation",
    "Document",
    "DocumentNumber",
    "Lookup",
    "Reading",
    "Relation",
    "document_name",
    "find_citations",
    "issuer_name",
    "load_catalogue",
    "look_up",
    "make_catalogue",
    "nearest",
    "official_citation",
    "parse",
    "resolve_citations",
    "type_name",
]
