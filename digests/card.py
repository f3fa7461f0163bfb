"""What the card of a document tells beside its dossier, in one question: cards are asked for often."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from digests.dossier_models import Choice, Draft
from digests.models import Follow
from feeds.documents.token import document_token
from feeds.models import Document


@dataclass(frozen=True, slots=True)
class FormerDraft:
    """The draft that became a document."""

    title: str
    token: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The tokens that buttons lead to (feeds.store.document_tokens), and the documents that have no row; those that the
    chat follows, the number by which it said last to mean one, and what was a draft before, by the ids of documents."""

    tokens: Mapping[str, str]
    unnamed: Collection[str]
    followed: Collection[str]
    chosen: Mapping[str, str]
    drafts: Mapping[str, FormerDraft]


def card_facts(session: Session, chat_id: int, ids: Collection[str]) -> CardFacts:
    """The facts of these documents for a chat. What has no row is followed by nobody, and no draft became it."""
    rows = session.connection().execute(_FACTS, {"chat_id": chat_id, "ids": list(ids)}).all()
    tokens = {row.id: row.token for row in rows}
    return CardFacts(
        {one: tokens.get(one) or document_token(one) for one in ids},
        set(ids) - tokens.keys(),
        frozenset(row.id for row in rows if row.followed is not None),
        {row.id: row.chosen for row in rows if row.chosen is not None},
        {row.id: FormerDraft(row.title, row.draft) for row in rows if row.draft is not None},
    )


_FACTS = (
    select(
        Document.id,
        Document.token,
        Follow.id.label("followed"),
        Choice.key.label("chosen"),
        Draft.title,
        Draft.token.label("draft"),
    )
    .outerjoin(
        Follow,
        and_(Follow.chat_id == bindparam("chat_id"), Follow.kind == "document", Follow.value == Document.id),
    )
    .outerjoin(Choice, and_(Choice.chat_id == bindparam("chat_id"), Choice.document_id == Document.id))
    .outerjoin(Draft, Draft.document_id == Document.id)
    .where(Document.id.in_(bindparam("ids", expanding=True)))
    # Of several drafts and choices the latest: the last row of a document is that which counts.
    .order_by(Draft.last_at, Choice.at, Choice.key)
)
