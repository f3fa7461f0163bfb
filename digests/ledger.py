"""What a chat was told: the ledger of stories and corrections, by the digest and the part of it that says so."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.models import Chat, Correction, DigestPart, SentStory

_CHAT = select(Chat.id).where(Chat.id == bindparam("chat_id")).with_for_update(key_share=True)


def lock_chat(session: Session, chat_id: int) -> None:
    """Whoever tells a chat of stories, or ends what is on its way to it, waits here for the one before.

    It comes before the locks on subscriptions, then digests, then parts: whoever takes another order may wait for ever.
    """
    session.execute(_CHAT, {"chat_id": chat_id})


def take_back(session: Session, digest_ids: Sequence[int]) -> None:
    """Of digests that end here, what stood in parts that did not arrive is not told; one under way may arrive."""
    session.flush()
    for table, digest_id, part in (
        (SentStory, SentStory.digest_id, SentStory.part),
        (Correction, Correction.digest_id, Correction.part),
    ):
        session.execute(delete(table).where(digest_id.in_(digest_ids), ~_arrived(digest_id, part)))


def _arrived(digest_id: InstrumentedAttribute[int], number: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return (
        select(DigestPart.id)
        .where(
            DigestPart.digest_id == digest_id, DigestPart.number == number, DigestPart.state.in_(("sent", "sending"))
        )
        .correlate(digest_id.class_)
        .exists()
    )
