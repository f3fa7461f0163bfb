"""A document's citation as an official text would have it, from seen facts alone."""

from datetime import date

from feeds.documents.catalogue import Document
from feeds.documents.kinds import type_name
from feeds.text import shorten

# Bodies of the Party's centre in full, as its documents cite them (Guideline 36-HD/VPTW); readers know the short names.
_IN_FULL = {
    "Ban Bí thư": "Ban Bí thư Trung ương Đảng",
    "Ban Chấp hành Trung ương": "Ban Chấp hành Trung ương Đảng",
}
_LEAST_TITLE = 30  # characters


def is_citable(document: Document) -> bool:
    """Whether we saw what names it: its number, of a local one also whose it is; or the name of a law."""
    named = _is_law(document) and document.seen("title")
    is_told_apart = document.place is None or document.seen("issuer")
    return named or (document.key is not None and document.seen("number") and is_told_apart)


def official_citation(document: Document, lang: str = "vi", limit: int | None = None) -> str:
    """ "Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư Trung ương Đảng (khóa XI) về ...".

    What is only recalled or derived is left out. Within `limit` characters the subject is cut at a word.
    """
    title = document.title if document.title and document.seen("title") else ""
    is_law = _is_law(document)
    parts = [title if is_law and title else type_name(document.type, lang)]
    if document.key and document.seen("number"):
        symbol = document.key.partition("@")[0]
        parts.append(f"số {symbol}" if lang == "vi" else f"No. {symbol}")
    if document.date and document.seen("date") and document.date_precision == "day":
        day = date.fromisoformat(document.date).strftime("%d/%m/%Y")
        parts.append(f"ngày {day}" if lang == "vi" else f"of {day}")
    if document.issuer and document.seen("issuer"):
        issuer = _IN_FULL.get(document.issuer, document.issuer) if document.organ == "TW" else document.issuer
        parts.append(f"của {issuer}" if lang == "vi" else f"by {issuer}")
    if document.term and document.seen("term"):
        parts.append(f"(khóa {document.term})" if lang == "vi" else f"(term {document.term})")
    named = " ".join(parts)
    if title and not is_law:
        frame = " về {}" if lang == "vi" else " on “{}”"
        room = len(title) if limit is None else limit - len(named) - len(frame.format(""))
        if room >= min(len(title), _LEAST_TITLE):
            named += frame.format(shorten(title, room))
    return named if limit is None else shorten(named, limit)


def _is_law(document: Document) -> bool:
    return document.type in ("L", "BL", "PL")
