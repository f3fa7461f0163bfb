"""What edited articles said before; each function works inside the session it is given."""

from collections.abc import Sequence
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.models import Article, ArticleVersion
from feeds.text import modern_tones

MAX_VERSIONS = 20

Parts = tuple[str, str, str]


def is_edit(was: Parts, becomes: Parts) -> bool:
    """Whether (title, lead, text) says something else: not only spaces, Unicode form, the place of tone
    marks or where it is cut."""
    return (_words(was[0]), _words(*was[1:])) != (_words(becomes[0]), _words(*becomes[1:]))


def keep_version(session: Session, article: Article, becomes: Parts, now: datetime) -> bool:
    """Keeps what `article` says, to be called before that is replaced by `becomes` (title, lead, text).

    With another title it is revised `now`.

    False, and nothing is kept, where it is no edit (`is_edit`). Of more than `MAX_VERSIONS` the oldest goes, but never
    the first: what was published stays.
    """
    if not is_edit(article.parts, becomes):
        return False
    versions = versions_of(session, article.id)
    for version in versions[1 : max(1, len(versions) + 2 - MAX_VERSIONS)]:
        session.delete(version)
    title, lead, text = article.parts
    if _words(title) != _words(becomes[0]):
        article.revised_at = now
    session.add(ArticleVersion(article_id=article.id, replaced_at=now, title=title, lead=lead, text=text))
    return True


def versions_of(session: Session, article_id: int) -> Sequence[ArticleVersion]:
    """The earlier versions of an article, oldest first; what it says now is in its own row."""
    of_article = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    return session.scalars(of_article.order_by(ArticleVersion.id)).all()


def _words(*parts: str) -> str:
    return "".join(modern_tones(normalize("NFC", "".join(parts))).lower().split())
