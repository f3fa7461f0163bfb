"""A document's citation as an official text would have it, from seen facts alone."""

from datetime import date

from feeds.documents.catalogue import Document
from feeds.documents.kinds import type_name


def official_citation(document: Document, lang: str = "vi") -> str:
    """ "Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư (khóa XI) về ...": what is only recalled is left out."""
    if document.type in ("L", "BL", "PL") and document.title and document.seen("title"):
        parts = [document.title]
    else:
        parts = [type_name(document.type, lang)]
    if document.key and document.seen("number"):
        symbol = document.key.partition("@")[0]
        parts.append(f"số {symbol}" if lang == "vi" else f"No. {symbol}")
    if document.date and document.seen("date") and document.date_precision == "day":
        day = date.fromisoformat(document.date).strftime("%d/%m/%Y")
        parts.append(f"ngày {day}" if lang == "vi" else f"of {day}")
    if document.issuer and document.seen("issuer"):
        parts.append(f"của {document.issuer}" if lang == "vi" else f"by {document.issuer}")
    if document.term and document.seen("term"):
        parts.append(f"(khóa {document.term})" if lang == "vi" else f"(term {document.term})")
    if document.title and document.seen("title") and parts[0] != document.title:
        parts.append(f"về {document.title}" if lang == "vi" else f"on “{document.title}”")
    return " ".join(parts)
