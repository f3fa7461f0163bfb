"""The articles that a chat keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, view_article
from digests.models import Saved
from digests.views import ArticleView
from feeds.models import Article
from feeds.store import take_turn

MAX_SAVED = 500  # of a chat
PER_PAGE = 5


def save_article(session: Session, chat_id: int, article_id: int, now: datetime) -> bool:
    """Keeps an article; False where the chat does already. ValueError at `MAX_SAVED`, LookupError without article."""
    take_turn(session)
    if session.get(Saved, (chat_id, article_id)):
        return False
    if session.get(Article, article_id) is None:
        raise LookupError("no such article")
    if count_saved(session, chat_id) >= MAX_SAVED:
        raise ValueError(f"at most {MAX_SAVED} articles can be kept")
    session.add(Saved(chat_id=chat_id, article_id=article_id, at=now))
    session.flush()
    return True


def drop_article(session: Session, chat_id: int, article_id: int) -> bool:
    """Keeps an article no more; False where the chat did not."""
    row = session.get(Saved, (chat_id, article_id))
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def count_saved(session: Session, chat_id: int) -> int:
    return session.scalar(select(func.count()).select_from(Saved).where(Saved.chat_id == chat_id)) or 0


def saved_articles(session: Session, chat_id: int, page: int) -> Sequence[ArticleView]:
    """A page of what a chat keeps, counted from 0, what was kept last first."""
    query = select(*VIEWED).join(Saved, Saved.article_id == Article.id).where(Saved.chat_id == chat_id)
    latest = query.order_by(Saved.at.desc(), Saved.article_id.desc()).offset(page * PER_PAGE).limit(PER_PAGE)
    return [view_article(cast("Row[Any]", row)) for row in session.execute(latest).all()]
