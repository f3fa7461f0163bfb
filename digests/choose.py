"""Which articles a digest is made of."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import Session, load_only

from digests.models import SentStory, StoryArticle
from feeds.classify import STEP
from feeds.models import Article
from feeds.store import minute_position

# An outlet may bring an article late; one older than this before the window is no news any more.
LATE = timedelta(hours=24)
# What a headline in a digest shows of its article.
VIEWED = (
    Article.id,
    Article.position,
    Article.title,
    Article.title_is_ours,
    Article.url,
    Article.outlet,
    Article.level,
    Article.published_at,
    Article.first_seen_at,
    Article.original_id,
)


def choose_new(
    session: Session,
    *,
    chat_id: int,
    window_start: datetime,
    window_end: datetime,
    is_first: bool,
    topics: Collection[str],
    volume: int = 0,
) -> Sequence[Article]:
    """Policy articles for a subscriber: first seen until `window_end`, not old news, no story this chat had.

    A digest after the first looks back `LATE` behind its window: an article that is stored, or found to be policy
    by its page, only after the last digest was composed would otherwise fall between the two.
    """
    oldest = oldest_news(window_start, is_first=is_first)
    sent = select(SentStory.story_id).where(SentStory.chat_id == chat_id)
    query = (
        _wanted(volume)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(
            Article.origin == "poll",
            Article.first_seen_at > oldest,
            Article.first_seen_at <= window_end,
            not_older(oldest),
            StoryArticle.story_id.not_in(sent),
        )
    )
    return _on_topics(session.scalars(query).all(), topics)


def choose_period(
    session: Session, *, start: datetime, end: datetime, topics: Collection[str] = (), volume: int = 0
) -> Sequence[Article]:
    """Policy articles published (or first seen, where that is unknown) in ``(start, end]``, imported ones included."""
    query = _wanted(volume).where(dated_in(start, end))
    return _on_topics(session.scalars(query).all(), topics)


def oldest_news(window_start: datetime, *, is_first: bool) -> datetime:
    """What was published before this is no news for a digest of that window."""
    return window_start if is_first else window_start - LATE


def not_older(oldest: datetime) -> ColumnElement[bool]:
    """Published at `oldest` or later, or at an unknown time."""
    return or_(Article.published_at.is_(None), Article.published_at >= oldest)


def dated_in(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Published (first seen, where that is unknown) in ``(start, end]``; the position, its minute, is indexed."""
    dated_at = case((Article.published_at.is_(None), Article.first_seen_at), else_=Article.published_at)
    minutes = minute_position(start), minute_position(end + timedelta(minutes=1))
    return and_(Article.position >= minutes[0], Article.position < minutes[1], dated_at > start, dated_at <= end)


def _wanted(volume: int) -> Select[Article]:
    """What a reader of this volume is told of, without the texts, which are long.

    Each more is a superset: who wants fewer gets what is plainly policy, who wants more also what is nearly.
    """
    states = ("kept", "near") if volume > 0 else ("kept",)
    columns = load_only(*VIEWED, Article.lead, Article.topics, Article.score, raiseload=True)
    query = select(Article).where(Article.state.in_(states)).order_by(Article.position.desc()).options(columns)
    return query.where(Article.margin >= STEP) if volume < 0 else query


def _on_topics(articles: Sequence[Article], topics: Collection[str]) -> Sequence[Article]:
    wanted = set(topics)
    return [article for article in articles if not wanted or wanted & set(article.topics)]
