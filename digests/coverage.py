"""What stands behind a digest: how many articles were read for it, and which outlets fail."""

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from digests.choose import Window, not_older
from digests.views import Coverage
from feeds.models import Article, Feed
from feeds.store import being_read


def read_in(window: Window) -> ColumnElement[bool]:
    """What was read in a window, whatever was made of it."""
    return and_(
        Article.origin == "poll",
        Article.first_seen_at > window.start,
        Article.first_seen_at <= window.end,
        not_older(window.oldest),
    )


def coverage_of(session: Session, read: ColumnElement[bool]) -> Coverage:
    """Of the articles for which the condition `read` holds, whatever was made of them; and who fails now."""
    kept_ones = func.count(case((Article.state == "kept", 1)))
    unread = func.count(case((being_read(), 1)))
    articles, outlets, kept, reading = session.execute(
        select(func.count(), func.count(Article.outlet.distinct()), kept_ones, unread).select_from(Article).where(read)
    ).one()
    failed = session.scalars(
        select(Feed.outlet).where(Feed.enabled, Feed.failures > 0).distinct().order_by(Feed.outlet)
    ).all()
    return Coverage(articles, outlets, kept, tuple(failed), reading)
