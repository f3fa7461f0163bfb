"""Reads stored articles again, after the rules, the catalogue or the trained figures have changed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from feeds.analyse import Analysis, analyse
from feeds.classify import rules_version
from feeds.database import Database
from feeds.forget import apply_review
from feeds.models import Article
from feeds.store import published_on, store_analysis

_BATCH = 50


@dataclass(slots=True)
class ReindexReport:
    """Articles read, those whose verdict turned, and those whose documents are read otherwise."""

    read: int = 0
    turned: int = 0
    resolved_anew: int = 0


def count_outdated(database: Database, *, everything: bool = False) -> int:
    """How many articles `reindex` would read."""
    with database.reading() as session:
        query = select(func.count()).select_from(Article)
        return session.scalar(query.where(_wanted(everything, None))) or 0


def reindex(
    database: Database,
    clock: Callable[[], datetime],
    *,
    everything: bool = False,
    only: Collection[int] | None = None,
    on_article: Callable[[], None] = lambda: None,
) -> ReindexReport:
    """Re-reads the articles that older rules have read (all with `everything`, else `only` these ids), oldest id first.

    What was read of a text that is kept no longer stays (feeds.forget); with `only`, what review says of it is applied.

    Each batch is a transaction: whoever stops it goes on from there the next time. Readings that were open while
    the catalogue did not know a number are tried again with all others.
    """
    report = ReindexReport()
    last = 0
    wanted = _wanted(everything, only)
    while articles := _next(database, last, wanted):
        understood = [(article, _analysed(article)) for article in articles]
        with database.session() as session:
            for article, analysis in understood:
                stored = session.get(Article, article.id)
                if stored is None or stored.parts != article.parts:
                    continue  # erased, read anew or without its text meanwhile
                before = stored.state
                page = stored.state_reason.partition(";")[2]
                if analysis is None:
                    report.resolved_anew += apply_review(session, stored, clock())
                    report.turned += stored.state != before
                    continue
                report.resolved_anew += store_analysis(session, stored, analysis, clock())
                if page:
                    stored.state_reason += f";{page}"
                report.turned += stored.state != before
        for _ in articles:
            report.read += 1
            on_article()
        last = articles[-1].id
    return report


def _wanted(everything: bool, only: Collection[int] | None) -> ColumnElement[bool]:
    if only is not None:
        return Article.id.in_(only)
    has_text = Article.text_dropped.is_(False)
    return has_text if everything else and_(has_text, Article.rules_version != rules_version())


def _next(database: Database, last: int, wanted: ColumnElement[bool]) -> Sequence[Article]:
    with database.reading() as session:
        return session.scalars(
            select(Article).where(Article.id > last, wanted).order_by(Article.id).limit(_BATCH)
        ).all()


def _analysed(article: Article) -> Analysis | None:
    if article.text_dropped:
        return None
    return analyse(
        article.title,
        article.lead,
        article.text,
        published=published_on(article.published_at),
        home_province=article.province,
    )
