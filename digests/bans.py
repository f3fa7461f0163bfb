"""Who may not use the bot: persons and chats that are banned, and, where it is open to some only, those admitted.

A ban takes nothing away: what was chosen stays, and what falls due meanwhile does not come.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.models import Admitted, Ban, Chat, Subscription
from feeds.store import take_turn

LONGEST_REASON = 200


def is_banned(session: Session, *ids: int | None) -> bool:
    """Whether one of these, persons or chats, is banned."""
    return session.scalar(select(Ban.id).where(Ban.id.in_(ids)).limit(1)) is not None


def is_admitted(session: Session, *ids: int | None) -> bool:
    """Whether one of these, persons or chats, is on the list of a bot that is not open to all."""
    return session.scalar(select(Admitted.id).where(Admitted.id.in_(ids)).limit(1)) is not None


def banned(chat_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """That the chat of a row is banned, as a condition."""
    return exists().where(Ban.id == chat_id)


def admitted(open_to: Collection[int] | None) -> ColumnElement[bool]:
    """That a subscription's chat (both in the query), or who set either up, may use the bot.

    `open_to`: those who need no admission, the admins; None where nobody needs one.
    """
    ids = (Subscription.chat_id, Subscription.owner_id, Chat.owner_id)
    return true() if open_to is None else or_(*(_admitted(one, open_to) for one in ids))


def admitted_chat(chat_id: InstrumentedAttribute[int], open_to: Collection[int] | None) -> ColumnElement[bool]:
    """The same of the chat of any row, whichever of its subscriptions it is about."""
    if open_to is None:
        return true()
    return or_(
        _admitted(chat_id, open_to),
        exists().where(Chat.id == chat_id, _admitted(Chat.owner_id, open_to)),
        exists().where(Subscription.chat_id == chat_id, _admitted(Subscription.owner_id, open_to)),
    )


def _admitted(own_id: InstrumentedAttribute[Any], open_to: Collection[int]) -> ColumnElement[bool]:
    return or_(exists().where(Admitted.id == own_id), own_id.in_(open_to))


def bans(session: Session) -> Sequence[Ban]:
    """All bans, the latest first."""
    return session.scalars(select(Ban).order_by(Ban.at.desc(), Ban.id)).all()


def admissions(session: Session) -> Sequence[Admitted]:
    """All that are admitted, the latest first."""
    return session.scalars(select(Admitted).order_by(Admitted.at.desc(), Admitted.id)).all()


def ban(session: Session, banned_id: int, admin_id: int, now: datetime, because: str = "") -> bool:
    """Bans a person or a chat; False, and only the reason is new, where it was banned already."""
    take_turn(session)
    known = session.get(Ban, banned_id)
    if known is None:
        session.add(Ban(id=banned_id, at=now, admin_id=admin_id, because=because[:LONGEST_REASON]))
    else:
        known.because = because[:LONGEST_REASON] or known.because
    return known is None


def unban(session: Session, banned_id: int) -> bool:
    """Lifts a ban; False where there was none."""
    return _remove(session, Ban, banned_id)


def admit(session: Session, admitted_id: int, admin_id: int, now: datetime) -> bool:
    """Lets a person or a chat use a bot that is not open to all; False where it may already."""
    take_turn(session)
    known = session.get(Admitted, admitted_id)
    if known is None:
        session.add(Admitted(id=admitted_id, at=now, admin_id=admin_id))
    return known is None


def dismiss(session: Session, admitted_id: int) -> bool:
    """The opposite of `admit`; False where it was not admitted."""
    return _remove(session, Admitted, admitted_id)


def _remove(session: Session, table: type[Ban] | type[Admitted], row_id: int) -> bool:
    take_turn(session)
    row = session.get(table, row_id)
    if row is not None:
        session.delete(row)
    return row is not None
