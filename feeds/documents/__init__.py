"""Vietnamese Party and State documents: find citations in a text, resolve them, look a number up. Pure."""

from feeds.documents.candidates import candidates_of
from feeds.documents.catalogue import Catalogue, Document, Relation, keys_of, load_catalogue, make_catalogue
from feeds.documents.display import document_name, wish_name
from feeds.documents.find import Citation, find_citations
from feeds.documents.kinds import type_name
from feeds.documents.lookup import Lookup, look_up
from feeds.documents.nearest import nearest
from feeds.documents.number import DocumentNumber, parse
from feeds.documents.official import is_citable, official_citation
from feeds.documents.organs import issuer_name, names_central_organ
from feeds.documents.resolve import Reading, resolve_citations
from feeds.documents.wish import Wish

__all__ = [
    "Catalogue",
    "Citation",
    "Document",
    "DocumentNumber",
    "Lookup",
    "Reading",
    "Relation",
    "Wish",
    "candidates_of",
    "document_name",
    "find_citations",
    "is_citable",
    "issuer_name",
    "keys_of",
    "load_catalogue",
    "look_up",
    "make_catalogue",
    "names_central_organ",
    "nearest",
    "official_citation",
    "parse",
    "resolve_citations",
    "type_name",
    "wish_name",
]
