"""What chats follow: documents, numbers not seen yet, words, places, issuers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, inspect, select
from sqlalchemy.orm import Session

from digests.models import Follow
from digests.subscribers import add_subscription, pause_subscription, subscriptions_of
from digests.timeline import issue_date
from feeds.documents import load_catalogue
from feeds.models import Document, Mention
from feeds.store import ensure_documents, published_on, take_turn

MAX_FOLLOWS = 200  # of a chat
MAX_SEARCHES = 30  # among them: each is asked for whenever articles come
MAX_VALUE = 300  # characters, as of a search
MAX_NOTE = 200


def follow(
    session: Session,
    chat_id: int,
    value: str,
    now: datetime,
    *,
    kind: str = "document",
    at_once: bool = True,
    note: str = "",
    carried_from: str | None = None,
) -> bool:
    """Follows what `kind` and `value` say (digests.models.Follow); False where the chat does already, as it chose then.

    ValueError where it follows `MAX_FOLLOWS`, or `MAX_SEARCHES` of words, and for a value that is empty or too long.
    """
    value = " ".join(value.split())
    if not 0 < len(value) <= MAX_VALUE:
        raise ValueError(f"what is followed has at most {MAX_VALUE} characters")
    take_turn(session)
    known = follows_of(session, chat_id)
    if any((one.kind, one.value) == (kind, value) for one in known):
        return False
    _check_room(known, kind)
    if kind == "document":
        ensure_documents(session, {value})
    session.add(
        Follow(
            chat_id=chat_id,
            kind=kind,
            value=value,
            since=now,
            at_once=at_once,
            note=_short_note(note),
            carried_from=carried_from,
        )
    )
    session.flush()
    return True


def unfollow(session: Session, chat_id: int, value: str, kind: str = "document") -> bool:
    """Follows it no more; False where the chat did not."""
    row = find_follow(session, chat_id, value, kind)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def drop_follow(session: Session, chat_id: int, follow_id: int) -> Follow | None:
    """Takes away one of a chat's follows and returns it, for `restore_follow`; None where it is not the chat's."""
    row = own_follow(session, chat_id, follow_id)
    if row is not None:
        session.delete(row)
        session.flush()
    return row


def restore_follow(session: Session, chat_id: int, dropped: Follow) -> Follow:
    """Puts back what `drop_follow` took away, as it was; ValueError where no more fit.

    Its id is its own again: what its buttons say stays true.
    """
    take_turn(session)
    if known := find_follow(session, chat_id, dropped.value, dropped.kind):
        return known
    _check_room(follows_of(session, chat_id), dropped.kind)
    kept = {column.key: getattr(dropped, column.key) for column in inspect(Follow).columns if column.key != "id"}
    restored = Follow(**kept | {"chat_id": chat_id})
    if session.get(Follow, dropped.id) is None:
        restored.id = dropped.id
    session.add(restored)
    session.flush()
    return restored


def change_follow(
    session: Session, chat_id: int, follow_id: int, *, at_once: bool | None = None, note: str | None = None
) -> Follow | None:
    """Changes what is given; None where the chat has no follow of this id."""
    row = own_follow(session, chat_id, follow_id)
    if row is not None:
        row.at_once = row.at_once if at_once is None else at_once
        row.note = row.note if note is None else _short_note(note)
        session.flush()
    return row


def own_follow(session: Session, chat_id: int, follow_id: int) -> Follow | None:
    """The follow of this id, if it is the chat's."""
    row = session.get(Follow, follow_id)
    return row if row is not None and row.chat_id == chat_id else None


def find_follow(session: Session, chat_id: int, value: str, kind: str = "document") -> Follow | None:
    """The chat's follow of this, if it has one."""
    return session.scalar(select(Follow).where(Follow.chat_id == chat_id, Follow.kind == kind, Follow.value == value))


def follows_of(session: Session, chat_id: int) -> Sequence[Follow]:
    """All that a chat follows, in the order in which it began to."""
    return session.scalars(select(Follow).where(Follow.chat_id == chat_id).order_by(Follow.id)).all()


def followed_documents(session: Session, chat_id: int) -> frozenset[str]:
    """The ids of the documents that a chat follows."""
    return frozenset(session.connection().scalars(_DOCUMENTS, {"chat_id": chat_id}))


_DOCUMENTS = select(Follow.value).where(Follow.chat_id == bindparam("chat_id"), Follow.kind == "document")


def settle_numbers(session: Session, chat_id: int, read: Mapping[str, str]) -> None:
    """Numbers that a chat waited for, and was told of, are followed as the documents that they are.

    `read` are the ids of documents by their keys. Of a Party number there is one in every term, and the news may be of
    an old one: only the one that no other bears the number of, issued since the chat waits for it, is settled on.
    """
    waited = Follow.chat_id == chat_id, Follow.kind == "number", Follow.value.in_(read)
    for row in session.scalars(select(Follow).where(*waited)).all():
        document_id = read[row.value]
        if _is_awaited(session, row.value, document_id, row.since):
            if find_follow(session, chat_id, document_id):
                session.delete(row)
            else:
                ensure_documents(session, {document_id})
                row.kind, row.value = "document", document_id
    session.flush()


def _is_awaited(session: Session, key: str, document_id: str, since: datetime) -> bool:
    if document_id.rpartition("#")[2] in key.split("/"):  # the year in the number tells it from all others
        return True
    open_id = f"{key}#?"
    rows = session.scalars(select(Document.id).where(Document.key == key, Document.id.not_in((document_id, open_id))))
    if rows.first() or any(one.id != document_id for one in load_catalogue().with_key(key)):
        return False
    known = issue_date(load_catalogue().get(document_id))
    stated = session.scalar(select(func.min(Mention.issued_on)).where(Mention.document_id == document_id))
    issued, began = known[0] if known else stated, published_on(since)
    return issued is not None and began is not None and issued >= began


def tell_at_once(session: Session, chat_id: int, now: datetime, *, thread_id: int | None, owner_id: int | None) -> None:
    """Makes sure that the chat has an instant subscription that goes on; ValueError where no more fit."""
    take_turn(session)
    instant = [one for one in subscriptions_of(session, chat_id, lock=True) if one.cadence == "instant"]
    if not instant:
        add_subscription(session, chat_id, now, thread_id=thread_id, owner_id=owner_id, cadence="instant")
    elif not any(one.enabled for one in instant):
        pause_subscription(session, chat_id, instant[0].id, None, now)


def _check_room(known: Sequence[Follow], kind: str) -> None:
    if len(known) >= MAX_FOLLOWS:
        raise ValueError(f"at most {MAX_FOLLOWS} can be followed")
    if kind == "words" and sum(one.kind == "words" for one in known) >= MAX_SEARCHES:
        raise ValueError(f"at most {MAX_SEARCHES} searches can be followed")


def _short_note(note: str) -> str:
    return " ".join(note.split())[:MAX_NOTE]
