"""What a person means who types what to follow, or answers to a message that cites documents."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.answer import answer
from digests.follows import MAX_VALUE
from digests.watch import CITING, Mark
from feeds.analyse import analyse
from feeds.documents.organs import base_organ, organ_symbols, organ_words, skeleton
from feeds.models import Mention
from feeds.places import present_province, province_named
from feeds.query import Query, parse_query
from feeds.text import modern_tones

MOST = 8  # to choose from
MAX_TEXT = 4000  # characters


def followable(session: Session, typed: str) -> Sequence[Mark]:
    """What may be meant, as (kind, value) of a follow; several only of documents, nothing where it says nothing.

    A document's number is the document, or where nobody knows it, the number; exactly the name of a province is the
    place, exactly that of an organ the issuer, and all else is a search, unless nearly all articles meet it. A search
    for a place or an issuer alone ("địa:Nghệ An") is that.
    """
    text = " ".join(typed.split())[:MAX_VALUE]
    if place := province_named(text):
        return [("place", present_province(place))]
    if issuer := _issuer(text):
        return [("issuer", issuer)]
    query = parse_query(text)
    if one := _alone(query):
        return [one]
    if not query.filters:
        found = answer(session, text)
        if len(found.cards) == 1:
            return [("document", found.cards[0].document_id or f"{found.cards[0].key}#?")]
        if documents := found.documents or found.namesakes:
            return [("document", document.id) for document in documents[:MOST]]
        if found.keys:
            return [("number", key) for key in found.keys[:1]]
    return [("words", text)] if query.is_specific else []


def cited_documents(session: Session, article_ids: Collection[int]) -> Sequence[Mark]:
    """The documents that these articles cite, as surely as they are told of, in the order of the articles."""
    cited = select(Mention.article_id, Mention.document_id).where(
        Mention.article_id.in_(article_ids), Mention.status.in_(CITING), Mention.document_id.is_not(None)
    )
    rows = session.execute(cited.order_by(Mention.article_id, Mention.ordinal)).all()
    order = list(article_ids)
    rows = sorted(rows, key=lambda row: order.index(row.article_id))
    return [("document", document_id) for document_id in dict.fromkeys(row.document_id for row in rows)][:MOST]


def documents_in(text: str) -> Sequence[Mark]:
    """The documents that any text cites: all that may be meant, where that is open, and numbers that nobody knows."""
    read = analyse("", "", text[:MAX_TEXT])
    found: dict[Mark, None] = {}
    for citation, reading in zip(read.citations, read.readings, strict=True):
        if citation.key:
            is_read = reading is not None and reading.id is not None and reading.status in CITING
            meant = [reading.id] if reading and is_read else reading.candidates if reading else ()
            for document_id in meant:
                found.setdefault(("document", str(document_id)))
            if not meant:
                found.setdefault(("number", citation.key))
    return list(found)[:MOST]


def _alone(query: Query) -> Mark | None:
    """The place or issuer of a search for nothing else."""
    if query.terms or query.unclear or len(query.filters) != 1 or query.filters[0].excluded:
        return None
    (one,) = query.filters
    if one.name == "place" and (place := province_named(one.value)):
        return "place", present_province(place)
    if one.name == "issuer" and base_organ(one.meaning.shown[0]):
        return "issuer", one.meaning.shown[0]
    return None


def _issuer(text: str) -> str | None:
    """The code of the organ that is not local and whose name, or symbol, this is."""
    code = organ_words()[1].get(skeleton(modern_tones(text.lower())))
    organ = base_organ(code) if code else organ_symbols().get(text.casefold()) if text.isupper() else None
    return organ.code if organ is not None and not organ.local else None
