"""What a reader takes away can be had again for a day: a subscription, what was chosen of one, a follow."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from digests.choices import MAX_SUBSCRIPTIONS
from digests.follows import drop_follow, own_follow, restore_follow
from digests.ledger import lock_chat
from digests.models import Follow, Subscription, Undo
from digests.subscribers import remove_subscription, subscriptions_of
from feeds.models import UTCDateTime
from feeds.store import take_turn

KEPT = timedelta(days=1)


def remember(session: Session, row: Subscription | Follow, now: datetime, names: Iterable[str] | None = None) -> None:
    """Keeps these columns of a row, or all, as they are, in place of what was kept of it before."""
    wanted = _columns(type(row)) if names is None else names
    was = {name: _plain(getattr(row, name)) for name in wanted}
    session.merge(Undo(chat_id=row.chat_id, kind=row.__tablename__, row_id=row.id, at=now, was=was))
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
    kept = _kept(session, chat_id, Subscription, subscription_id, now)
    if kept is None:
        return None
    was = _values(Subscription, kept.was)
    present = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if was.keys() == _columns(Subscription).keys():
        present = _put_back(session, was | {"chat_id": chat_id}, None if present else subscription_id)
    elif present is None or present.chat_id != chat_id:
        return None
    else:
        for name, value in was.items():
            setattr(present, name, value)
    session.delete(kept)
    session.flush()
    return present


def drop_for_a_day(session: Session, chat_id: int, follow_id: int, now: datetime) -> Follow | None:
    """Takes away one of a chat's follows and returns it, for `follow_again`; None where it is not the chat's."""
    row = own_follow(session, chat_id, follow_id)
    if row is not None:
        remember(session, row, now)
    return drop_follow(session, chat_id, follow_id)


def follow_again(session: Session, chat_id: int, follow_id: int, now: datetime) -> Follow | None:
    """Follows what was dropped, as it was; None where it is not kept any more, ValueError where no more fit."""
    kept = _kept(session, chat_id, Follow, follow_id, now)
    if kept is None:
        return None
    dropped = Follow(**_values(Follow, kept.was))
    dropped.id = follow_id
    return restore_follow(session, chat_id, dropped)


def forget_kept(session: Session, now: datetime) -> None:
    """What was taken away more than a day ago cannot be had again."""
    session.execute(delete(Undo).where(Undo.at < now - KEPT))


def _kept(
    session: Session, chat_id: int, table: type[Subscription | Follow], row_id: int, now: datetime
) -> Undo | None:
    kept = session.get(Undo, (chat_id, table.__tablename__, row_id), populate_existing=True)
    return kept if kept and kept.at >= now - KEPT else None


def _put_back(session: Session, was: Mapping[str, Any], subscription_id: int | None) -> Subscription:
    if len(subscriptions_of(session, was["chat_id"])) >= MAX_SUBSCRIPTIONS:
        raise ValueError(f"at most {MAX_SUBSCRIPTIONS} subscriptions")
    restored = Subscription(**was)
    if subscription_id is not None:
        restored.id = subscription_id
    session.add(restored)
    return restored


def _columns(table: type[Subscription | Follow]) -> Mapping[str, Any]:
    return {column.key: column.type for column in table.__table__.columns if column.key != "id"}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _values(table: type[Subscription | Follow], was: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they are in the table again."""
    moments = {name for name, kind in _columns(table).items() if isinstance(kind, UTCDateTime)}
    return {
        name: datetime.fromisoformat(value) if name in moments and value is not None else value
        for name, value in was.items()
    }
