"""The waking of instant subscriptions when articles meet what their chats follow."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Row, Select, func, or_, select, update
from sqlalchemy.orm import Session

from digests.candidates import places_of
from digests.carried import carry_forward
from digests.cluster import NOT_ANNOUNCED
from digests.joining import settle_drafts
from digests.models import NEXT_PLACEMENT, Chat, StoryArticle, Subscription
from digests.schedule import LOOK_BACK
from digests.subscribers import quiet_hours
from digests.watch import drafts_reported, followers, marks_of
from feeds.database import Database, chunks
from feeds.models import Article, Mention
from feeds.store import take_turn

log = structlog.get_logger()

BATCH = 200  # articles looked at in one transaction
URGENT_STAGES = ("issued", "amended", "replaced")
_WAITING = (
    *NOT_ANNOUNCED,
    select(StoryArticle.article_id).where(StoryArticle.article_id == Article.id).exists(),
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """What waits, as it was read, and whom it wakes."""

    articles: Mapping[int, Hashable]
    """Article -> what changes whenever it is read anew."""
    chats: Mapping[int, bool]
    """Chat that follows one of them at once -> whether one is urgent for it."""


def wake_followers(database: Database, now: datetime) -> int:
    """Settles drafts (digests.joining), wakes for all articles that wait, `BATCH` a transaction, and carries follows
    forward (digests.carried); takes the write lock only where some do, and not while it looks for whom they meet.
    Returns the subscriptions woken.
    """
    woken = 0
    while True:
        with database.reading() as session:
            ids = session.scalars(_waiting()).all()
        if not ids:
            return woken
        # First: it keeps the drafts by which articles are met, and who followed one that got its number follows that
        # document by now, so that the alert says so.
        settle_drafts(database, ids, now)
        with database.reading() as session:
            met = meeting(session, now)
        with database.session() as session:
            woken += wake_instant(session, now, met)
        # Alerts wait for no notices, which are many where many follow what ended. What a crash here leaves uncarried
        # the next article that says so carries.
        carry_forward(database, ids, now)


def wake_instant(session: Session, now: datetime, met: Meeting | None = None) -> int:
    """Makes instant subscriptions due whose chat follows, at once, what an article placed, or read anew, since meets.

    Each article is looked at once for each reading of it, at most `BATCH` now, so asking again changes nothing: what
    was read anew since it `met` somebody waits on. One that was revised since it was placed is placed anew: what was
    found in it is news to all digests. In quiet hours what is not urgent, or may not pass them, is due at their end.
    Returns the subscriptions woken.
    """
    take_turn(session)
    met = meeting(session, now) if met is None else met
    readings = _readings(session, met.articles)
    ids = [article_id for article_id, reading in met.articles.items() if readings.get(article_id) == reading]
    # To the digests that saw it otherwise it is news again; the ledger knows what was told.
    revised = select(Article.id).where(Article.id.in_(ids), Article.revised_at.is_not(None))
    session.execute(update(StoryArticle).where(StoryArticle.article_id.in_(revised)).values(placement=NEXT_PLACEMENT))
    session.execute(update(Article).where(Article.id.in_(ids)).values(announced=True))
    for article_id in ids:
        log.info("article announced", article=article_id)
    return sum(_wake(session, chats, met, now) for chats in chunks(sorted(met.chats)))


def meeting(session: Session, now: datetime) -> Meeting:
    """The articles that wait, at most `BATCH`, and whom they wake; only reads."""
    readings = _readings(session, session.scalars(_waiting()).all())
    return Meeting(readings, _meeting(session, list(readings), now))


def _waiting() -> Select[int]:
    return select(Article.id).where(*_WAITING).order_by(Article.id).limit(BATCH)


def _readings(session: Session, article_ids: Collection[int]) -> Mapping[int, Hashable]:
    last = select(func.max(Mention.id)).where(Mention.article_id == Article.id).scalar_subquery()
    columns = (
        Article.id,
        Article.state,
        Article.title,
        Article.lead,
        func.length(Article.text),
        Article.revised_at,
        last,
    )
    return {row[0]: tuple(row) for row in session.execute(select(*columns).where(Article.id.in_(article_ids)))}


def _wake(session: Session, chat_ids: Sequence[int], met: Meeting, now: datetime) -> int:
    """Of these chats; returns the subscriptions woken."""
    rows = session.execute(
        select(
            Subscription.id, Subscription.next_due_at, Subscription.covered_until, Chat.id.label("chat_id"),
            Chat.timezone, Chat.quiet_from, Chat.quiet_until, Chat.urgent_in_quiet,
        )
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(
            Subscription.chat_id.in_(chat_ids),
            Subscription.enabled,
            Subscription.cadence == "instant",
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
        )
        .order_by(Subscription.id)
        .with_for_update(of=Subscription)
    ).all()  # fmt: skip
    put_off: list[int] = []
    due: dict[datetime, list[int]] = {}
    for row in rows:
        quiet = quiet_hours(cast("Row[Any]", row))
        held = quiet.cover(now) and not (met.chats[row.chat_id] and row.urgent_in_quiet)
        due_at = quiet.end_after(now) if held else now
        if held and row.covered_until is None:  # however often it is put off, this is told
            put_off.append(row.id)
        if row.next_due_at is None or due_at < row.next_due_at:
            due.setdefault(due_at, []).append(row.id)
    session.execute(update(Subscription).where(Subscription.id.in_(put_off)).values(covered_until=now))
    for due_at, ids in due.items():
        session.execute(update(Subscription).where(Subscription.id.in_(ids)).values(next_due_at=due_at))
    return sum(map(len, due.values()))


def _meeting(session: Session, article_ids: Sequence[int], now: datetime) -> Mapping[int, bool]:
    """The chats that follow, at once, what these articles meet, and whether one of these is urgent for them."""
    columns = Article.id, Article.state, Article.title, Article.places, Article.province
    recent = Article.origin == "poll", Article.first_seen_at > now - LOOK_BACK["instant"]
    articles = session.execute(select(*columns).where(Article.id.in_(article_ids), *recent)).all()
    mentions: dict[int, list[Row[Any]]] = {article.id: [] for article in articles}
    cited = Mention.article_id, Mention.key, Mention.document_id, Mention.status, Mention.issuer, Mention.stage
    for row in session.execute(select(*cited).where(Mention.article_id.in_(list(mentions)))):
        mentions[row.article_id].append(cast("Row[Any]", row))
    drafts = drafts_reported(session, list(mentions))
    marks = {
        article.id: frozenset(
            marks_of(
                mentions[article.id],
                places_of(cast("Row[Any]", article)),
                is_policy=article.state == "kept",
                drafts=drafts.get(article.id, ()),
            )
        )
        for article in articles
    }
    urgent = {
        article_id: frozenset(marks_of([one for one in some if _is_urgent(one)], (), is_policy=True))
        for article_id, some in mentions.items()
    }
    chats: dict[int, bool] = {}
    for article_id, follows in followers(session, marks).items():
        for one in follows:
            is_urgent = (one.kind, one.value) in urgent[article_id]
            chats[one.chat_id] = chats.get(one.chat_id, False) or is_urgent
    return chats


def _is_urgent(mention: Row[Any]) -> bool:
    return mention.status == "resolved" and mention.stage in URGENT_STAGES
