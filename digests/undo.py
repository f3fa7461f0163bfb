"""What a reader takes away can be had again for a day: a subscription, or what was chosen of one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from digests.choices import MAX_SUBSCRIPTIONS
from digests.ledger import lock_chat
from digests.models import Subscription, Undo
from digests.subscribers import remove_subscription, subscriptions_of
from feeds.models import UTCDateTime
from feeds.store import take_turn

KEPT = timedelta(days=1)
_COLUMNS = {column.key: column.type for column in Subscription.__table__.columns if column.key != "id"}


def remember(session: Session, subscription: Subscription, now: datetime, names: Iterable[str] = _COLUMNS) -> None:
    """Keeps these columns of a subscription as they are, in place of what was kept of it before."""
    was = {name: _plain(getattr(subscription, name)) for name in names}
    session.merge(Undo(chat_id=subscription.chat_id, subscription_id=subscription.id, at=now, was=was))
    session.flush()


def remove_for_a_day(session: Session, chat_id: int, subscription_id: int, now: datetime) -> bool:
    """Removes a subscription of the chat so that `undo` puts it back; False where it has none of this id."""
    lock_chat(session, chat_id)
    subscription = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if subscription is None or subscription.chat_id != chat_id:
        return False
    remember(session, subscription, now)
    return remove_subscription(session, chat_id, subscription_id)


def undo(session: Session, chat_id: int, subscription_id: int, now: datetime) -> Subscription | None:
    """Gives a subscription back what was taken away last, or itself; None where nothing is kept any more.

    ValueError where the chat has `MAX_SUBSCRIPTIONS`. A removed one has its own id again, unless another has that now.
    """
    take_turn(session)
    kept = session.get(Undo, (chat_id, subscription_id), populate_existing=True)
    if kept is None or kept.at < now - KEPT:
        return None
    was = {name: _value(name, value) for name, value in kept.was.items()}
    present = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if was.keys() == _COLUMNS.keys():
        present = _put_back(session, was | {"chat_id": chat_id}, None if present else subscription_id)
    elif present is None or present.chat_id != chat_id:
        return None
    else:
        for name, value in was.items():
            setattr(present, name, value)
    session.delete(kept)
    session.flush()
    return present


def forget_kept(session: Session, now: datetime) -> None:
    """What was taken away more than a day ago cannot be had again."""
    session.execute(delete(Undo).where(Undo.at < now - KEPT))


def _put_back(session: Session, was: dict[str, Any], subscription_id: int | None) -> Subscription:
    if len(subscriptions_of(session, was["chat_id"])) >= MAX_SUBSCRIPTIONS:
        raise ValueError(f"at most {MAX_SUBSCRIPTIONS} subscriptions")
    restored = Subscription(**was)
    if subscription_id is not None:
        restored.id = subscription_id
    session.add(restored)
    return restored


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value is not None and isinstance(_COLUMNS[name], UTCDateTime) else value
