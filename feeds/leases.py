"""Articles taken for reading by one process at a time: their pages, and their open verdicts.

What is taken is due again after `LEASE`, so that another process takes over from one that died. Who is at work on it
for longer renews the lease meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from feeds.database import Database
from feeds.models import Article

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
_RENEW = 30.0  # seconds between two renewals

_Due = InstrumentedAttribute[datetime | None]


def claim_pages(session: Session, now: datetime, *, limit: int) -> Sequence[Article]:
    """Articles whose page is to be fetched, newest first."""
    return _claim(session, Article.page_due_at, now, limit)


def claim_second_readings(session: Session, now: datetime, *, limit: int) -> Sequence[Article]:
    """Articles whose verdict is open, newest first."""
    return _claim(session, Article.second_due_at, now, limit)


@asynccontextmanager
async def renewing(
    database: Database, due_at: _Due, article_ids: Collection[int], clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Renews the leases of `article_ids`, which may change meanwhile, while the `async with` lasts."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(_RENEW)
            try:
                await asyncio.to_thread(renew, database, due_at, list(article_ids), clock())
            except SQLAlchemyError as error:  # in the end they run out, and what is read twice is stored once
                log.warning("leases were not renewed", error=type(error).__name__)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def renew(database: Database, due_at: _Due, article_ids: Collection[int], now: datetime) -> None:
    """Takes what was claimed for `LEASE` from now on, unless it is settled, wanted anew or another's by now."""
    still_mine = Article.id.in_(article_ids), due_at > now, due_at <= now + LEASE
    with database.session() as session:
        session.execute(update(Article).where(*still_mine).values({due_at: now + LEASE}))


def _claim(session: Session, due_at: _Due, now: datetime, limit: int) -> Sequence[Article]:
    """Articles whose column `due_at` has come, taken by moving it behind the lease."""
    articles = session.scalars(
        select(Article)
        .where(due_at <= now)
        # Few are due: `+ 0` keeps SQLite from reading all articles in their order until it has found `limit` of them.
        .order_by((Article.position + 0).desc())
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for article in articles:
        setattr(article, due_at.key, now + LEASE)
    return articles
