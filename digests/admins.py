"""What admins are told, and the chores of which one process at a time looks whether there is something to tell."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.orm import Session

from digests.messages import Message
from digests.models import Chore
from digests.sending import NoAnswer, NotNow, Sender, SendError
from digests.subscribers import find_reader
from digests.templates import LANGUAGES
from feeds.database import Database
from feeds.store import take_turn

log = structlog.get_logger()

BACKUP = "backup"
_DAY = timedelta(days=1)
_TRIES = 4
_PAUSE = timedelta(seconds=30)  # where Telegram does not say how long
_LONGEST_PAUSE = timedelta(minutes=5)


class Told(StrEnum):
    """What became of telling admins."""

    YES = "yes"
    """One at least was told, or may have been."""
    NOT_NOW = "not_now"
    """None of them can be reached for the moment."""
    NOBODY = "nobody"
    """There are none, or they do not take messages."""


async def tell_admins(
    database: Database, sender: Sender, admins: Sequence[int], write: Callable[[str], Message]
) -> Told:
    """Sends what `write` makes for a language to the admins (chat ids), each in their own.

    Once one was told, those who cannot be for the moment are tried a few times more; where nobody was, the caller
    tries again.
    """
    left, pause, outcomes = tuple(admins), timedelta(0), set[Told]()
    for _ in range(_TRIES):
        await asyncio.sleep(min(pause, _LONGEST_PAUSE).total_seconds())
        told = {admin: await _tell(database, sender, admin, write) for admin in left}
        outcomes |= {one for one, _ in told.values()}
        pauses = {admin: wait for admin, (one, wait) in told.items() if one is Told.NOT_NOW}
        if not pauses or Told.YES not in outcomes:
            break
        left, pause = tuple(pauses), max(pauses.values())
    return next((told for told in (Told.YES, Told.NOT_NOW) if told in outcomes), Told.NOBODY)


async def _tell(
    database: Database, sender: Sender, admin: int, write: Callable[[str], Message]
) -> tuple[Told, timedelta]:
    """What became of it, and how long to wait before the next try."""
    language = await asyncio.to_thread(_language, database, admin)
    try:
        await sender.send(admin, write(language))
    except SendError as error:
        log.warning("an admin was not told", chat_id=admin, error=repr(error))
        if isinstance(error, NoAnswer):  # it may have arrived, and is not sent twice
            return Told.YES, _PAUSE
        if isinstance(error, NotNow):
            return Told.NOT_NOW, _PAUSE if error.wait is None else error.wait
        return Told.NOBODY, _PAUSE
    return Told.YES, _PAUSE


def is_due(database: Database, name: str, now: datetime) -> bool:
    """Whether it is time for a chore, or it was never done; takes no write lock, since most times it is not."""
    with database.reading() as session:
        chore = session.get(Chore, name)
    return chore is None or chore.next_due_at <= now


def last_done(session: Session, name: str) -> datetime | None:
    """When somebody last noted what is to be done once a day by hand (`note_done`)."""
    chore = session.get(Chore, name)
    return chore.next_due_at - _DAY if chore else None


def note_done(session: Session, name: str, now: datetime) -> None:
    take_turn(session)
    session.merge(Chore(name=name, next_due_at=now + _DAY))


def claim_chore(session: Session, name: str, now: datetime, next_due: datetime, *, first_due: datetime) -> bool:
    """Takes a due chore until `next_due`; whether this process does it. Its first time is `first_due`."""
    take_turn(session)
    chore = session.get(Chore, name)
    if chore is None:
        chore = Chore(name=name, next_due_at=first_due)
        session.add(chore)
    if chore.next_due_at > now:  # or another process was quicker
        return False
    chore.next_due_at = next_due
    return True


def claim_alert(session: Session, cause: str, now: datetime) -> bool:
    """Whether admins are to be told of `cause` (at most 16 characters) now: of each at most once a day."""
    return claim_chore(session, cause, now, now + _DAY, first_due=now)


def postpone(database: Database, name: str, until: datetime) -> None:
    """A chore that could not be done is due again at `until`."""
    with database.session() as session:
        session.get_one(Chore, name).next_due_at = until


def _language(database: Database, chat_id: int) -> str:
    with database.reading() as session:
        reader = find_reader(session, chat_id)
    return reader.language if reader else LANGUAGES[0]
