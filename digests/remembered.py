"""Which of several documents that bear one number a chat means by it: asked once, remembered until it is taken back."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digests.dossier_models import Choice
from digests.subscribers import find_reader
from feeds.documents import load_catalogue, look_up
from feeds.store import take_turn


def remember_choice(session: Session, chat_id: int, key: str, document_id: str, now: datetime) -> bool:
    """Remembers that the chat means this document by the number; False where it may not mean that, or the chat is not
    stored."""
    take_turn(session)
    known = look_up(key, load_catalogue())
    if known.keys != (key,) or document_id not in known.documents or find_reader(session, chat_id) is None:
        return False
    session.merge(Choice(chat_id=chat_id, key=key, document_id=document_id, at=now))
    session.flush()
    return True


def drop_choice(session: Session, chat_id: int, key: str) -> None:
    """From now on the chat is asked again."""
    take_turn(session)
    session.execute(delete(Choice).where(Choice.chat_id == chat_id, Choice.key == key))


def choice_of(session: Session, chat_id: int, key: str) -> str | None:
    """The id of the document that the chat means by the number."""
    return session.scalar(select(Choice.document_id).where(Choice.chat_id == chat_id, Choice.key == key))
