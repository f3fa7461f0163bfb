"""What anybody may read is read by keys, however much is stored: no page scans a table."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, text

import test_plans
from conftest import NOW
from digests import published
from digests.dossier_models import DocumentArticle
from digests.facets import Filters
from feeds.database import Database
from feeds.models import Article, ArticleWords, Mention
from test_plans import filled, scans

NAME = "7/2024/NĐ-CP"
PAGES: dict[str, Callable[[Any, int], Any]] = {
    "articles": lambda session, middle: published.newest_articles(session, 20, 0, middle),
    "stories": lambda session, _: published.newest_stories(session, 20, 5000),
    "reports": lambda session, _: published.stories(session, [4000, 4001], NOW),
    "citing": lambda session, middle: published.citing(session, NAME, Filters(), 20, middle),
    "citing at a stage": lambda session, middle: published.citing(session, NAME, Filters(stage="issued"), 20, middle),
    "what is shown of articles": lambda session, _: (
        published.articles(session, range(1, 20)),
        published.mentions_of(session, range(1, 20)),
    ),
}
__all__ = ["filled"]


def test_pages_are_read_by_keys(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_plans, "LARGE", (*test_plans.LARGE, "article_words", "document_article"))
    with filled.session() as session:
        rows = session.execute(select(Article.id, Article.position)).all()
        session.execute(
            insert(ArticleWords),
            [{"article_id": row.id, "position": row.position, "words": "", "marks": ""} for row in rows],
        )
        mentions = session.execute(select(Mention.id, Mention.article_id, Mention.position, Mention.key)).all()
        charted = [
            {"document_id": row.key, "position": row.position, "article_id": row.article_id, "mention_id": row.id,
             "story_id": -row.article_id, "is_sure": True, "stage": "mentioned", "place": "", "outlet": "Báo Mẫu"}
            for row in mentions
        ]  # fmt: skip
        session.execute(insert(DocumentArticle), charted)
        if not filled.is_sqlite:  # as it does by itself in time; SQLite has no statistics in operation
            session.execute(text("ANALYZE"))
    with filled.session() as session:
        middle = rows[len(rows) // 2].position
        for name, page in PAGES.items():
            assert not list(scans(session, partial(page, session, middle))), name
            assert page(session, middle) or name == "citing at a stage"
