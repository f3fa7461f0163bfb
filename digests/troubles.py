"""Tells admins of what needs a person: late digests, refused messages, work that nobody does, a full disk.

::

    every `EVERY`, one process --what is wrong?--> causes --not told for a day--> one message

What another process should do shows in the database: so whoever delivers tells of a poller that died. Feeds have
alerts of their own (digests.alerts), unusual days too (digests.canary).
"""

import asyncio
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Integer, exists, func, select
from sqlalchemy.orm import Session

from digests.admins import Told, claim_alert, claim_chore, is_due, postpone, tell_admins
from digests.messages import Message
from digests.models import Digest, DigestPart
from digests.queues import queues_of
from digests.schedule import DAY
from digests.sending import Sender
from digests.templates import render
from feeds.database import Database
from feeds.models import Article, ArticleVector

log = structlog.get_logger()

EVERY = timedelta(minutes=5)
LATE = timedelta(minutes=15)
NOT_DONE = timedelta(hours=1)
LEAST_FAILING = 5  # messages that were tried several times
LEAST_GONE = 10  # readers in a day
GONE_SHARE = 0.2  # of those who were to get something
LEAST_KEPT = 10  # articles, none of which the second reader has seen
LEAST_ROOM = 1_000_000_000  # bytes
_RECENT = timedelta(hours=6)
_AGAIN = timedelta(minutes=15)  # when no admin could be reached
_CHORE = "troubles"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cause, which is a short code that templates have words for; how many or much, since when, which."""

    cause: str
    count: int = 0
    since: datetime | None = None
    what: str = ""


def troubles_of(session: Session, now: datetime, *, open_to: Collection[int] | None = None) -> list[Trouble]:
    """What the database shows to be wrong. Of a bot that is not open to all, `open_to` are its admins."""
    queues = queues_of(session, now, open_to=open_to)
    found = []
    if queues.oldest_digest and queues.oldest_digest < now - LATE:
        found.append(Trouble("digests_late", since=queues.oldest_digest))
    if queues.failing_parts >= LEAST_FAILING:
        found.append(Trouble("sends_fail", count=queues.failing_parts))
    if queues.oldest_feed and queues.oldest_feed < now - NOT_DONE:
        found.append(Trouble("feeds_not_read", since=queues.oldest_feed))
    if queues.oldest_verdict and queues.oldest_verdict < now - NOT_DONE:
        found.append(Trouble("verdicts_wait", count=queues.open_verdicts, since=queues.oldest_verdict))
    if gone := _gone(session, now):
        found.append(Trouble("readers_gone", count=gone))
    if _is_second_reader_gone(session, now):
        found.append(Trouble("second_reader"))
    return found


def room_left(database: Database) -> int | None:
    """Bytes free on the disk of an SQLite database; of a server's we know nothing."""
    path = database.engine.url.database if database.is_sqlite else None
    return shutil.disk_usage(Path(path).absolute().parent).free if path and path != ":memory:" else None


async def tell_of_troubles(
    database: Database,
    sender: Sender,
    clock: Callable[[], datetime],
    admins: Sequence[int],
    timezone: str,
    *,
    others: Sequence[Trouble] = (),
    open_to: Collection[int] | None = None,
) -> bool:
    """Tells the admins (chat ids) of what is wrong, `others` included, each cause once a day; whether it did.

    Where none of them can be reached for the moment, it is tried again. Without admins the log has it.
    """
    found = await asyncio.to_thread(_claim, database, clock(), others, open_to)
    if not found:
        return False
    for trouble in found:
        log.error("trouble", cause=trouble.cause, count=trouble.count, what=trouble.what)

    def message(language: str) -> Message:
        return Message(render("trouble_alert.html", language, troubles=found, timezone=timezone))

    told = await tell_admins(database, sender, admins, message)
    if told is Told.NOT_NOW:
        for trouble in found:
            await asyncio.to_thread(postpone, database, trouble.cause, clock() + _AGAIN)
    return told is Told.YES


def _claim(
    database: Database, now: datetime, others: Sequence[Trouble], open_to: Collection[int] | None
) -> list[Trouble]:
    """What is wrong and was not told of for a day; nothing where it is not time, or another process looks."""
    if not is_due(database, _CHORE, now):
        return []
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + EVERY, first_due=now):
            return []
    with database.reading() as session:
        found = [*troubles_of(session, now, open_to=open_to), *others]
    room = room_left(database)
    if room is not None and room < LEAST_ROOM:
        found.append(Trouble("disk_low", count=room // 1_000_000))
    if not found:
        return []
    with database.session() as session:
        return [trouble for trouble in found if claim_alert(session, trouble.cause, now)]


def _gone(session: Session, now: datetime) -> int:
    """How many of the last day's digests found their readers gone, where these are many; 0 else."""
    # The index knows both crowds.
    of_day = (Digest.is_crowd.in_((False, True)), Digest.due_at > now - DAY, ~Digest.is_notice)
    is_refused = exists().where(
        DigestPart.digest_id == Digest.id, DigestPart.state == "refused", DigestPart.last_error.like("ChatUnreachable%")
    )
    count = select(func.count()).select_from(Digest).where(*of_day)
    gone = session.scalar(count.where(Digest.state == "dropped", is_refused)) or 0
    if gone < LEAST_GONE:
        return 0
    arrived = session.scalar(count.where(Digest.state == "done")) or 0
    return gone if GONE_SHARE * (gone + arrived) <= gone else 0


def _is_second_reader_gone(session: Session, now: datetime) -> bool:
    """Where there was one, articles are kept and it has read none: it leaves its vector with what is kept."""
    if session.scalar(select(ArticleVector.article_id).limit(1)) is None:
        return False
    has_vector = exists().where(ArticleVector.article_id == Article.id).cast(Integer)
    recent = (
        select(has_vector.label("read"))
        .where(Article.state == "kept", Article.first_seen_at > now - _RECENT, Article.origin == "poll")
        .where(Article.second_due_at.is_(None))
        .limit(200)
        .subquery()
    )
    kept, read = session.execute(select(func.count(), func.sum(recent.c.read)).select_from(recent)).one()
    return kept >= LEAST_KEPT and not read
