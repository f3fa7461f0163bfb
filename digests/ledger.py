"""What a chat was told: the ledger of stories and corrections, by the digest and the part of it that says so."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.models import Chat, Correction, Digest, DigestPart, SentStory, Subscription

_CHAT = select(Chat.id).where(Chat.id == bindparam("chat_id")).with_for_update(key_share=True)


def lock_chat(session: Session, chat_id: int) -> None:
    """Whoever tells a chat of stories, or ends what is on its way to it, waits here for the one before.

    It comes before the locks on subscriptions, then digests, then parts: whoever takes another order may wait for ever.
    """
    session.execute(_CHAT, {"chat_id": chat_id})


def take_back(session: Session, digest_ids: Sequence[int]) -> None:
    """Of digests that end here, what stood in parts that did not arrive is not told; one under way may arrive."""
    session.flush()
    if not digest_ids:
        return
    for table, digest_id, part in (
        (SentStory, SentStory.digest_id, SentStory.part),
        (Correction, Correction.digest_id, Correction.part),
    ):
        session.execute(delete(table).where(digest_id.in_(digest_ids), ~_arrived(digest_id, part)))


def pass_on(session: Session, digest_ids: Sequence[int]) -> None:
    """Takes back, and where a story was not told, the chat's other subscriptions look back as far as that digest did:
    their digests since have passed the story over. Whoever asks has locked the chat.
    """
    passed_over = select(SentStory.digest_id).where(
        SentStory.digest_id.in_(digest_ids), ~_arrived(SentStory.digest_id, SentStory.part)
    )
    untold = session.scalars(select(Digest).where(Digest.id.in_(passed_over))).all()
    take_back(session, digest_ids)
    for digest in untold:
        others = Subscription.chat_id == digest.chat_id, Subscription.enabled
        since = Subscription.covered_until >= digest.window_end
        session.execute(update(Subscription).where(*others, since).values(covered_until=digest.window_start))


def _arrived(digest_id: InstrumentedAttribute[int], number: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return (
        select(DigestPart.id)
        .where(
            DigestPart.digest_id == digest_id, DigestPart.number == number, DigestPart.state.in_(("sent", "sending"))
        )
        .correlate(digest_id.class_)
        .exists()
    )
