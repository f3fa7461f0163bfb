"""Which articles a digest is made of."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import Session

from digests.models import SentStory, StoryArticle
from feeds.models import Article

# An outlet may bring an article late; one older than this before the window is no news any more.
LATE = timedelta(hours=24)


def choose_new(
    session: Session,
    *,
    chat_id: int,
    window_start: datetime,
    window_end: datetime,
    is_first: bool,
    topics: Collection[str],
) -> Sequence[Article]:
    """Policy articles for a subscriber: first seen until `window_end`, not old news, no story this chat had.

    A digest after the first looks back `LATE` behind its window: an article that is stored, or found to be policy
    by its page, only after the last digest was composed would otherwise fall between the two.
    """
    oldest = window_start if is_first else window_start - LATE
    sent = select(SentStory.story_id).where(SentStory.chat_id == chat_id)
    query = (
        _kept()
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(
            Article.origin == "poll",
            Article.first_seen_at > oldest,
            Article.first_seen_at <= window_end,
            or_(Article.published_at.is_(None), Article.published_at >= oldest),
            StoryArticle.story_id.not_in(sent),
        )
    )
    return _on_topics(session.scalars(query).all(), topics)


def choose_period(
    session: Session, *, start: datetime, end: datetime, topics: Collection[str] = ()
) -> Sequence[Article]:
    """Policy articles published (or first seen, where that is unknown) in ``(start, end]``, imported ones included."""
    dated_at = case((Article.published_at.is_(None), Article.first_seen_at), else_=Article.published_at)
    query = _kept().where(and_(dated_at > start, dated_at <= end))
    return _on_topics(session.scalars(query).all(), topics)


def _kept() -> Select[Article]:
    return select(Article).where(Article.state == "kept").order_by(Article.position.desc())


def _on_topics(articles: Sequence[Article], topics: Collection[str]) -> Sequence[Article]:
    wanted = set(topics)
    return [article for article in articles if not wanted or wanted & set(article.topics)]
