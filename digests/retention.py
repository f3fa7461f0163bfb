"""What is kept no longer than it is needed: words of messages that were sent or will not be, old texts, undone acts."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from digests.admins import claim_chore, is_due
from digests.models import Broadcast, Digest, DigestPart
from digests.undo import forget_kept
from feeds.database import Database
from feeds.forget import forget_texts

KEPT_TEXTS = timedelta(days=7)
"""Long enough to find out what went wrong with a delivery; nothing else reads them."""
_CHORE = "texts"
_FULL_TEXTS = "full_texts"
_EVERY = timedelta(days=1)
_BATCH = 1000


def drop_old_texts(database: Database, now: datetime) -> int:
    """Empties the messages that are older than `KEPT_TEXTS`, once a day; returns how many.

    When each was sent, and the story it told, stays: so that none is told twice, and one can ask what became of it.
    """
    if not is_due(database, _CHORE, now):
        return 0
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + _EVERY, first_due=now):
            return 0
        forget_kept(session, now)
        old = Broadcast.html != "", Broadcast.at < now - KEPT_TEXTS
        session.execute(update(Broadcast).where(*old).values(html=""))
    total = 0
    while dropped := _drop(database, now - KEPT_TEXTS):
        total += dropped
    return total


def drop_full_texts(database: Database, now: datetime, kept: timedelta) -> int:
    """Drops the full texts of articles that are older than `kept`, once a day; returns how many (feeds.forget)."""
    if not is_due(database, _FULL_TEXTS, now):
        return 0
    with database.session() as session:
        if not claim_chore(session, _FULL_TEXTS, now, now + _EVERY, first_due=now):
            return 0
    return forget_texts(database, now - kept)


def _drop(database: Database, until: datetime) -> int:
    """The oldest of them; few at a time, and looked for before, so that no writer waits for long."""
    with database.reading() as session:
        ended = func.coalesce(DigestPart.sent_at, Digest.window_end) < until
        spent = (
            select(DigestPart.id)
            .join(Digest, Digest.id == DigestPart.digest_id)
            .where(DigestPart.html != "", DigestPart.state.in_(("sent", "refused")), ended)
            .order_by(DigestPart.id)
            .limit(_BATCH)
        )
        ids = session.scalars(spent).all()
    if ids:
        with database.session() as session:
            session.execute(update(DigestPart).where(DigestPart.id.in_(ids)).values(html="", buttons=[]))
    return len(ids)
