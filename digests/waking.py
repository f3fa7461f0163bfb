"""The waking of instant subscriptions when articles meet what their chats follow."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.orm import Session

from digests.candidates import places_of
from digests.carried import carry_forward
from digests.cluster import NOT_ANNOUNCED
from digests.joining import settle_drafts
from digests.models import NEXT_PLACEMENT, Chat, StoryArticle, Subscription
from digests.schedule import LOOK_BACK
from digests.subscribers import quiet_hours
from digests.watch import drafts_reported, followers, marks_of
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.store import take_turn

BATCH = 200  # articles looked at in one transaction
URGENT_STAGES = ("issued", "amended", "replaced")
_WAITING = (
    *NOT_ANNOUNCED,
    select(StoryArticle.article_id).where(StoryArticle.article_id == Article.id).exists(),
)


def wake_followers(database: Database, now: datetime) -> int:
    """Settles drafts (digests.joining), carries follows forward (digests.carried) and wakes for all articles that wait,
    `BATCH` a transaction; takes the write lock only where some do. Returns the subscriptions woken.
    """
    woken = 0
    while True:
        with database.reading() as session:
            ids = session.scalars(_waiting()).all()
        if not ids:
            return woken
        # Before they count as looked at, so that a crash between the two loses nothing; what was carried is known.
        settle_drafts(database, ids, now)
        carry_forward(database, ids, now)
        with database.session() as session:
            woken += wake_instant(session, now, ids)


def wake_instant(session: Session, now: datetime, article_ids: Collection[int] | None = None) -> int:
    """Makes instant subscriptions due whose chat follows, at once, what an article placed, or read anew, since meets.

    Each article (of these, where `article_ids` are given) is looked at once for each reading of it, at most `BATCH`
    now, so asking again changes nothing. One that was revised since it was placed is placed anew: what was found in it
    is news to all digests. In quiet hours what is not urgent, or may not pass them, is due at their end. Returns the
    subscriptions woken.
    """
    take_turn(session)
    ids = session.scalars(_waiting(article_ids)).all()
    # To the digests that saw it otherwise it is news again; the ledger knows what was told.
    revised = select(Article.id).where(Article.id.in_(ids), Article.revised_at.is_not(None))
    session.execute(update(StoryArticle).where(StoryArticle.article_id.in_(revised)).values(placement=NEXT_PLACEMENT))
    session.execute(update(Article).where(Article.id.in_(ids)).values(announced=True))
    woken = 0
    for subscription, chat, is_urgent in _woken(session, ids, now):
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


def _waiting(article_ids: Collection[int] | None = None) -> Select[int]:
    among = () if article_ids is None else (Article.id.in_(article_ids),)
    return select(Article.id).where(*_WAITING, *among).order_by(Article.id).limit(BATCH)


def _woken(session: Session, article_ids: Sequence[int], now: datetime) -> Sequence[tuple[Subscription, Chat, bool]]:
    """Instant subscriptions that wait for one of the articles, and whether one of these is urgent for them."""
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
    rows = session.execute(
        select(Subscription, Chat)
        .join(Chat, Chat.id == Subscription.chat_id)
        .where(
            Subscription.chat_id.in_(chats),
            Subscription.enabled,
            Subscription.cadence == "instant",
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
        )
        .order_by(Subscription.id)
        .with_for_update(of=Subscription)
    )
    return [(subscription, chat, chats[chat.id]) for subscription, chat in rows]


def _is_urgent(mention: Row[Any]) -> bool:
    return mention.status == "resolved" and mention.stage in URGENT_STAGES
