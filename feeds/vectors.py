"""What stored articles mean: the vectors that the second reader made of them; none is made for anything else."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from feeds.classify import Verdict
from feeds.models import Article, ArticleVector


def keep_vector(session: Session, article: Article, verdict: Verdict) -> None:
    """Replaces the vector of `article`, which is stored with `verdict`; an open verdict leaves it as it is.

    What is neither kept nor near has none.
    """
    if verdict.is_open:
        return
    session.execute(delete(ArticleVector).where(ArticleVector.article_id == article.id))
    if verdict.vector and article.state in ("kept", "near"):
        session.add(ArticleVector(article_id=article.id, vector=verdict.vector))
