"""The documents that chats follow, and the waking of instant subscriptions when articles cite them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from digests.cluster import NOT_ANNOUNCED
from digests.models import NEXT_PLACEMENT, Chat, Follow, StoryArticle, Subscription
from digests.schedule import LOOK_BACK
from digests.subscribers import quiet_hours
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.store import ensure_documents, take_turn

MAX_FOLLOWS = 200  # of a chat
BATCH = 200  # articles looked at in one transaction
# A presumed reading is shown as doubtful, but shown.
_CITING = ("resolved", "presumed")
URGENT_STAGES = ("issued", "amended", "replaced")
_WAITING = (
    *NOT_ANNOUNCED,
    select(StoryArticle.article_id).where(StoryArticle.article_id == Article.id).exists(),
)


def follow(session: Session, chat_id: int, document_id: str, now: datetime) -> bool:
    """Follows a document; False where the chat does already. ValueError where it follows `MAX_FOLLOWS`."""
    take_turn(session)
    followed = followed_documents(session, chat_id)
    if document_id in followed:
        return False
    if len(followed) >= MAX_FOLLOWS:
        raise ValueError(f"at most {MAX_FOLLOWS} documents can be followed")
    ensure_documents(session, {document_id})
    session.add(Follow(chat_id=chat_id, kind="document", value=document_id, since=now))
    session.flush()
    return True


def unfollow(session: Session, chat_id: int, document_id: str) -> bool:
    """Follows a document no more; False where the chat did not."""
    own = (Follow.chat_id == chat_id, Follow.kind == "document", Follow.value == document_id)
    row = session.scalar(select(Follow).where(*own))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def followed_documents(session: Session, chat_id: int) -> frozenset[str]:
    """The ids of the documents that a chat follows."""
    return frozenset(session.scalars(select(Follow.value).where(Follow.chat_id == chat_id, Follow.kind == "document")))


def wake_followers(database: Database, now: datetime) -> int:
    """Wakes for all articles that wait, `BATCH` a transaction; takes the write lock only where some do."""
    woken = 0
    while True:
        with database.reading() as session:
            if session.scalar(select(Article.id).where(*_WAITING).limit(1)) is None:
                return woken
        with database.session() as session:
            woken += wake_instant(session, now)


def wake_instant(session: Session, now: datetime) -> int:
    """Makes instant subscriptions due whose chat follows a document cited by an article placed, or read anew, since.

    Each article is looked at once for each reading of it, at most `BATCH` now, so asking again changes nothing. One
    that was revised since it was placed is placed anew: what was found in it is news to all digests. In
    quiet hours what is not urgent, or may not pass them, is due at their end. Returns the subscriptions woken.
    """
    take_turn(session)
    ids = session.scalars(select(Article.id).where(*_WAITING).order_by(Article.id).limit(BATCH)).all()
    # To the digests that saw it otherwise it is news again; the ledger knows what was told.
    revised = select(Article.id).where(Article.id.in_(ids), Article.revised_at.is_not(None))
    session.execute(update(StoryArticle).where(StoryArticle.article_id.in_(revised)).values(placement=NEXT_PLACEMENT))
    session.execute(update(Article).where(Article.id.in_(ids)).values(announced=True))
    woken = 0
    for subscription, chat, is_urgent in _followers(session, ids, now):
        quiet = quiet_hours(chat)
        held = quiet.cover(now) and not (is_urgent and chat.urgent_in_quiet)
        due_at = quiet.end_after(now) if held else now
        if held and subscription.covered_until is None:  # however often it is put off, this is told
            subscription.covered_until = now
        if subscription.next_due_at is None or due_at < subscription.next_due_at:
            subscription.next_due_at = due_at
            woken += 1
    session.flush()
    return woken


def _followers(
    session: Session, article_ids: Sequence[int], now: datetime
) -> Sequence[tuple[Subscription, Chat, bool]]:
    """Instant subscriptions that wait for one of the articles, and whether one of these is urgent for them."""
    is_urgent = and_(Mention.status == "resolved", Mention.stage.in_(URGENT_STAGES))
    citing = (
        select(Follow.chat_id, func.max(case((is_urgent, 1), else_=0)).label("urgent"))
        .join(Mention, (Follow.kind == "document") & (Mention.document_id == Follow.value))
        .join(Article, Article.id == Mention.article_id)
        .where(
            Mention.article_id.in_(article_ids),
            Mention.status.in_(_CITING),
            Article.origin == "poll",
            Article.first_seen_at > now - LOOK_BACK["instant"],
        )
        .group_by(Follow.chat_id)
        .subquery()
    )
    rows = session.execute(
        select(Subscription, Chat, citing.c.urgent)
        .join(Chat, Chat.id == Subscription.chat_id)
        .join(citing, citing.c.chat_id == Subscription.chat_id)
        .where(
            Subscription.enabled,
            Subscription.cadence == "instant",
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
        )
        .order_by(Subscription.id)
        .with_for_update(of=Subscription)
    )
    return [(subscription, chat, bool(urgent)) for subscription, chat, urgent in rows]
