"""Full texts that are kept no longer: of each only the sentences that cite documents are.

What was read of it stays (mentions, topics, places, story), and review can still correct it. Search finds it by title,
lead and those sentences, and by the documents, topics, places and outlet that it is of.
"""

from collections import defaultdict
from datetime import datetime
from operator import attrgetter

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from feeds.classify import Verdict
from feeds.database import Database
from feeds.indexing import index_articles
from feeds.models import Article, ArticleVector, ArticleVersion, Mention
from feeds.store import store_verdict, take_turn
from feeds.vectors import keep_vector

_BATCH = 100
_reading = attrgetter("status", "document_id", "rule")


def forget_texts(database: Database, until: datetime) -> int:
    """Drops the full texts of articles first seen before `until`, and of their versions; returns how many articles.

    Not of those whose page or second reading is still due. Few at a time, so that no writer waits for long.
    """
    seen, last, total = None, 0, 0
    while True:
        query = (
            select(Article.id, Article.first_seen_at)
            .where(
                Article.first_seen_at < until,
                Article.text_dropped.is_(False),
                Article.page_due_at.is_(None),
                Article.second_due_at.is_(None),
                Article.text != "",
            )
            .order_by(Article.first_seen_at, Article.id)
            .limit(_BATCH)
        )
        if seen is not None:
            query = query.where(Article.first_seen_at >= seen, tuple_(Article.first_seen_at, Article.id) > (seen, last))
        with database.reading() as session:
            rows = session.execute(query).all()
        if not rows:
            return total
        _forget(database, [row.id for row in rows])
        seen, last = rows[-1].first_seen_at, rows[-1].id
        total += len(rows)


def _forget(database: Database, ids: list[int]) -> None:
    with database.session() as session:
        take_turn(session)
        articles = session.scalars(select(Article).where(Article.id.in_(ids))).all()
        quotes: dict[int, dict[str, None]] = defaultdict(dict)
        cited = select(Mention.article_id, Mention.quote).where(Mention.article_id.in_(ids))
        for article_id, quote in session.execute(cited.order_by(Mention.article_id, Mention.ordinal)):
            quotes[article_id][quote] = None
        for article in articles:
            kept = [quote for quote in quotes[article.id] if quote not in article.lead and quote not in article.title]
            article.text, article.text_dropped = "\n".join(kept), True
        session.execute(update(ArticleVersion).where(ArticleVersion.article_id.in_(ids)).values(text=""))
        index_articles(session, articles)


def apply_review(session: Session, article: Article, now: datetime) -> bool:
    """What `store_analysis` does for others, for an article without its text: as far as review tells.

    True where its citations are read otherwise than before. What a decision that is taken back had replaced is not
    known any more: the document is unknown then, or one of the candidates.
    """
    take_turn(session)
    margin = article.margin or 0.0  # unknown where an earlier version kept it
    vector = session.scalar(select(ArticleVector.vector).where(ArticleVector.article_id == article.id))
    verdict = Verdict(margin >= 0, article.score or 0.0, tuple(article.topics), (), margin=margin, vector=vector)
    evidence = article.evidence
    store_verdict(article, verdict, now)
    article.evidence = evidence
    keep_vector(session, article, verdict)
    mentions = session.scalars(select(Mention).where(Mention.article_id == article.id).order_by(Mention.ordinal)).all()
    before = list(map(_reading, mentions))
    for mention in mentions:
        named = mention if mention.antecedent is None else mentions[mention.antecedent]
        told = article.right_documents.get(named.key or "")
        is_wrong = mention.document_id in article.wrong_documents or any(
            mention.status == "withdrawn" and wrong.rpartition("#")[0] == mention.key
            for wrong in article.wrong_documents
        )
        if told:
            mention.status, mention.document_id, mention.rule = "resolved", told, "review"
        elif told == "" or is_wrong:
            mention.status, mention.document_id, mention.rule = "withdrawn", None, "review"
        elif mention.rule == "review":
            mention.status, mention.document_id, mention.rule = (
                "ambiguous" if mention.candidates else "unknown",
                None,
                "",
            )
    is_revised = list(map(_reading, mentions)) != before
    article.announced, article.charted = False, article.charted and not mentions
    if is_revised:
        article.revised_at = now
    index_articles(session, [article])
    return is_revised
