"""A chat that goes on under another id."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from digests.choices import MAX_SUBSCRIPTIONS
from digests.dossier_models import Choice
from digests.ledger import lock_chat
from digests.models import (
    Admitted,
    Ban,
    Chat,
    Correction,
    Digest,
    DigestPart,
    Feedback,
    Follow,
    Saved,
    SentStory,
    Subscription,
    Undo,
)
from digests.subscribers import forget, remove_subscription, subscriptions_of
from feeds.store import take_turn

# Tables of which a chat has one row for each of what the columns name.
_ONCE_A_CHAT: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Choice, ("key",)),
    (Feedback, ("article_id", "kind", "document_id")),
    (Follow, ("kind", "value")),
    (Saved, ("article_id",)),
    (SentStory, ("story_id",)),
    (Undo, ("kind", "row_id")),
)

_SETTINGS = ("language", "timezone", "quiet_from", "quiet_until", "urgent_in_quiet", "reminds", "reminded_at")


def move_chat(session: Session, old_id: int, new_id: int) -> None:
    """A group became a supergroup: all that is stored of it goes on under the new id.

    Where that has subscriptions already, it keeps its own settings, and of two of equal schedule its own.
    """
    for chat_id in (old_id, new_id):
        lock_chat(session, chat_id)  # before the turn: whoever composes for a chat may wait for that
    take_turn(session)
    old, new = session.get(Chat, old_id), session.get(Chat, new_id)
    if old is None or old_id == new_id:
        return
    if new is None:
        new = Chat(
            id=new_id,
            created_at=old.created_at,
            language=old.language,
            timezone=old.timezone,
            kind="supergroup",
            title=old.title,
        )
        session.add(new)
        session.flush()
    if not subscriptions_of(session, new_id):
        for name in _SETTINGS:
            setattr(new, name, getattr(old, name))
    new.owner_id = new.owner_id or old.owner_id
    _move_subscriptions(session, old_id, new_id)
    for table, names in _ONCE_A_CHAT:
        twin = aliased(table)
        same = [getattr(twin, name) == getattr(table, name) for name in names]
        there = select(twin.chat_id).where(twin.chat_id == new_id, *same).correlate(table).exists()
        _rename(session, table, old_id, new_id, ~there)
    for table in (Correction, Digest, DigestPart):
        _rename(session, table, old_id, new_id)
    for decided in (session.get(Ban, old_id), session.get(Admitted, old_id)):  # it holds for what the group became
        if decided is not None and session.get(type(decided), new_id) is None:
            decided.id = new_id
    session.flush()
    session.expire_all()
    forget(session, old_id)


def _rename(session: Session, table: Any, old_id: int, new_id: int, *which: Any) -> None:
    statement = update(table).where(table.chat_id == old_id, *which).values(chat_id=new_id)
    session.execute(statement, execution_options={"synchronize_session": False})


def _move_subscriptions(session: Session, old_id: int, new_id: int) -> None:
    there = subscriptions_of(session, new_id)
    twins, room = {_schedule(subscription): subscription for subscription in there}, MAX_SUBSCRIPTIONS - len(there)
    for subscription in subscriptions_of(session, old_id):
        twin = twins.get(_schedule(subscription))
        if twin is not None and not twin.enabled and subscription.enabled:
            remove_subscription(session, new_id, twins.pop(_schedule(twin)).id)
            room += 1
        elif twin is not None or not room:
            remove_subscription(session, old_id, subscription.id)
            continue
        subscription.chat_id = new_id
        room -= 1
    session.flush()


def _schedule(subscription: Subscription) -> tuple[object, ...]:
    """What says when it comes."""
    days: object = {"weekly": tuple(subscription.weekdays), "monthly": subscription.month_day}.get(subscription.cadence)
    minutes = () if subscription.cadence == "instant" else tuple(subscription.minutes)
    return subscription.cadence, minutes, days, subscription.timezone
