"""Messages that are no digest: of an admin to all readers, or of what became of a chat or a follow.

They are sent as digests are, with all the promises of `digests.deliver`, but belong to no subscription, tell no story
and end no window.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, insert, literal, select
from sqlalchemy.orm import Session

from digests.bans import admitted, banned, is_banned
from digests.ledger import lock_chat
from digests.messages import Message
from digests.models import Broadcast, Chat, Digest, DigestPart, Subscription
from digests.subscribers import quiet_hours
from feeds.store import take_turn


@dataclass(frozen=True, slots=True)
class Progress:
    """Of how many chats that a broadcast goes to, in how many it arrived, and to how many it cannot be sent."""

    total: int
    sent: int
    refused: int

    @property
    def is_over(self) -> bool:
        return self.sent + self.refused == self.total


def post_notice(
    session: Session,
    chat_id: int,
    message: Message,
    now: datetime,
    *,
    thread_id: int | None = None,
    silent: bool = False,
) -> None:
    """Puts one message on its way that is no digest; without sound in quiet hours.

    It comes to a chat without subscriptions too; not to one that is not stored, or banned.
    """
    lock_chat(session, chat_id)
    chat = session.get(Chat, chat_id)
    if chat is None or is_banned(session, chat_id):
        return
    notice = Digest(
        subscription_id=None,
        chat_id=chat_id,
        due_at=now,
        window_start=now,
        window_end=now,
        is_notice=True,
        is_crowd=False,
        state="composed",
    )
    session.add(notice)
    session.flush()
    session.add(
        DigestPart(
            digest_id=notice.id,
            chat_id=chat_id,
            number=1,
            html=message.html,
            thread_id=thread_id,
            buttons=[[list(button) for button in row] for row in message.buttons],
            silent=silent or message.silent or quiet_hours(chat).cover(now),
        )
    )
    session.flush()


def draft(session: Session, admin_id: int, html: str, now: datetime) -> Broadcast:
    """A message of an admin to all readers that waits to be confirmed; one that waited before is dropped."""
    take_turn(session)
    for other in session.scalars(select(Broadcast).where(Broadcast.admin_id == admin_id, Broadcast.state == "draft")):
        session.delete(other)
    new = Broadcast(at=now, admin_id=admin_id, html=html)
    session.add(new)
    session.flush()
    return new


def drop_draft(session: Session, broadcast_id: int, admin_id: int) -> bool:
    """False where the admin has no such draft."""
    take_turn(session)
    found = session.get(Broadcast, broadcast_id)
    if found is None or found.admin_id != admin_id or found.state != "draft":
        return False
    session.delete(found)
    return True


def broadcast(
    session: Session, broadcast_id: int, admin_id: int, now: datetime, *, open_to: Collection[int] | None = None
) -> bool:
    """Puts a draft on its way to every chat that gets briefings, without sound and behind what is due; once.

    False where the admin has no such draft, or has sent it already. Of a bot that is not open to all, `open_to` are
    its admins.
    """
    take_turn(session)
    found = session.get(Broadcast, broadcast_id)
    if found is None or found.admin_id != admin_id or found.state != "draft" or not found.html:
        return False
    found.state, found.at = "sent", now
    session.flush()
    before = session.scalar(select(func.max(Digest.id))) or 0
    moment = literal(now, Digest.due_at.type)
    notice = {
        Digest.chat_id: Chat.id,
        Digest.due_at: moment,
        Digest.window_start: moment,
        Digest.window_end: moment,
        Digest.is_first: literal(False),
        Digest.is_notice: literal(True),
        Digest.is_crowd: literal(True),
        Digest.held_back: literal([], Digest.held_back.type),
        Digest.placement: literal(0),
        Digest.state: literal("composed"),
        Digest.failures: literal(0),
    }
    session.execute(insert(Digest).from_select(list(notice), select(*notice.values()).where(*_reached(open_to))))
    topic = select(Subscription.thread_id).where(Subscription.chat_id == Digest.chat_id, Subscription.enabled)
    part = {
        DigestPart.digest_id: Digest.id,
        DigestPart.chat_id: Digest.chat_id,
        DigestPart.number: literal(1),
        DigestPart.html: literal(found.html),
        DigestPart.thread_id: topic.order_by(Subscription.id).limit(1).scalar_subquery(),
        DigestPart.buttons: literal([], DigestPart.buttons.type),
        DigestPart.silent: literal(True),
        DigestPart.state: literal("pending"),
        DigestPart.in_doubt: literal(0),
        DigestPart.failures: literal(0),
        DigestPart.last_error: literal(""),
        DigestPart.broadcast_id: literal(found.id),
    }
    chosen = select(*part.values()).where(Digest.id > before, Digest.is_notice, Digest.is_crowd)
    session.execute(insert(DigestPart).from_select(list(part), chosen))
    return True


def count_reached(session: Session, open_to: Collection[int] | None = None) -> int:
    """How many chats a broadcast would go to now."""
    return session.scalar(select(func.count()).select_from(Chat).where(*_reached(open_to))) or 0


def progress_of(session: Session, broadcast_id: int, admin_id: int) -> Progress | None:
    """How far a broadcast of the admin has come; None where there is no such broadcast."""
    found = session.get(Broadcast, broadcast_id)
    if found is None or found.admin_id != admin_id or found.state != "sent":
        return None
    parts = select(DigestPart.state, func.count()).where(DigestPart.broadcast_id == broadcast_id)
    rows = session.execute(parts.group_by(DigestPart.state)).all()
    counts = {row[0]: row[1] for row in rows}
    return Progress(sum(counts.values()), counts.get("sent", 0), counts.get("refused", 0))


def _reached(open_to: Collection[int] | None) -> Sequence[ColumnElement[bool]]:
    is_reader = exists().where(Subscription.chat_id == Chat.id, Subscription.enabled, admitted(open_to))
    return is_reader, Chat.left_at.is_(None), ~banned(Chat.id)
