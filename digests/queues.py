"""What waits, and for how long: the figures by which one sees that work is stuck, whichever process should do it.

All are asked of indexes and counted up to `MOST` only, so that they cost the same however much is stored.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, literal_column, not_, select
from sqlalchemy.orm import Session

from digests.bans import admitted, banned
from digests.cluster import NOT_ANNOUNCED
from digests.models import Chat, Digest, DigestPart, Subscription
from feeds.models import Article, Feed, Host

MOST = 10_000
FAILING_TRIES = 3
_FOR_EVER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Queues:
    """How much waits, at most `MOST` of each; and since when the oldest does, None where none does.

    `failing_parts` were tried `FAILING_TRIES` times in vain. `oldest_digest` is when the first of the digests was due
    of which nothing has been sent, `oldest_feed` when the first of the feeds was that nobody asks.
    """

    due_subscriptions: int
    due_digests: int
    waiting_parts: int
    failing_parts: int
    wanted_pages: int
    open_verdicts: int
    untold_articles: int
    uncharted_articles: int
    oldest_digest: datetime | None
    oldest_verdict: datetime | None
    oldest_feed: datetime | None


def queues_of(session: Session, now: datetime, *, open_to: Collection[int] | None = None) -> Queues:
    """What waits at `now`. Of a bot that is not open to all, `open_to` are its admins."""
    waiting = select(DigestPart.id).where(DigestPart.state.in_(("pending", "sending")))
    is_open = Article.second_due_at < now + _FOR_EVER  # a range, for which SQLite takes the index
    due = _due_subscriptions(now, open_to)
    return Queues(
        due_subscriptions=_count(session, due),
        due_digests=_count(session, select(Digest.id).where(Digest.state == "due")),
        waiting_parts=_count(session, waiting),
        failing_parts=_count(session, waiting.where(DigestPart.failures >= FAILING_TRIES)),
        wanted_pages=_count(session, select(Article.id).where(Article.page_due_at <= now)),
        open_verdicts=_count(session, select(Article.id).where(is_open)),
        untold_articles=_count(session, select(Article.id).where(*NOT_ANNOUNCED)),
        uncharted_articles=_count(session, select(Article.position).where(not_(Article.charted))),
        oldest_digest=_oldest_digest(session, due),
        oldest_verdict=_first(session, select(Article.first_seen_at).where(is_open)),
        oldest_feed=_oldest_feed(session, now),
    )


def _due_subscriptions(now: datetime, open_to: Collection[int] | None) -> Select[Any]:
    """Of those that wait for nothing but somebody to claim them; a first digest may wait for the first reading."""
    return (
        select(Subscription.next_due_at)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(
            Subscription.next_due_at <= now,
            Subscription.enabled,
            Subscription.first_promised.is_(False),
            ~banned(Subscription.chat_id),
            admitted(open_to),
        )
    )


def _oldest_digest(session: Session, due: Select[Any]) -> datetime | None:
    """Stories that a reader asks for later are parts of an old digest, but none of its first."""
    unsent = (
        select(Digest.due_at)
        .join(DigestPart, DigestPart.digest_id == Digest.id)
        .where(
            DigestPart.state.in_(("pending", "sending")),
            DigestPart.broadcast_id.is_(None),
            DigestPart.number == 1,
            not_(Digest.is_notice),
        )
    )
    uncomposed = select(Digest.due_at).where(Digest.state == "due", not_(Digest.is_notice))
    moments = (_first(session, rows) for rows in (due, uncomposed, unsent))
    return min((moment for moment in moments if moment), default=None)


def _oldest_feed(session: Session, now: datetime) -> datetime | None:
    resting = select(Host.name).where(Host.rests_until > now)
    return session.scalar(
        select(func.min(Feed.next_check_at)).where(
            Feed.enabled, not_(Feed.paused), Feed.next_check_at <= now, Feed.host.not_in(resting)
        )
    )


def _count(session: Session, rows: Select[Any]) -> int:
    some = rows.limit(MOST).subquery()
    return session.scalar(select(func.count(literal_column("1"))).select_from(some)) or 0


def _first(session: Session, moments: Select[Any]) -> datetime | None:
    """The first of so many of them as are counted."""
    some = moments.limit(MOST).subquery()
    first: datetime | None = session.scalar(select(func.min(some.c[0])))
    return first
