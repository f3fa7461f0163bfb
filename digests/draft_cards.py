"""What is shown of a draft: what articles say of it, its number or what may be that; and drafts by words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, view_article
from digests.dossier_models import Draft, DraftArticle
from digests.edition import SHOWN_STATES
from digests.messages import MESSAGE_LIMIT, telegram_length
from digests.templates import render
from digests.views import ArticleView
from feeds.documents.kinds import kind_words
from feeds.documents.organs import issuer_name
from feeds.models import Article
from feeds.places import find_places
from feeds.text import fold
from feeds.tokens import words_of

PER_PAGE = 5
MOST_FOUND = 8
_LOOKED_AT = 500  # drafts of one type, the latest, whose words are compared
_SIGN = "du thao"
_SMALL = {"ve", "cua", "tinh", "thanh", "pho"}  # words that stand between the others


@dataclass(frozen=True, slots=True)
class Reporting:
    """An article that reports a draft, with the sentence in which it does."""

    article: ArticleView
    quote: str


@dataclass(frozen=True, slots=True)
class DraftCard:
    """A draft with a page of the articles that report it, newest first, beginning with the one numbered `first`.

    `evidence` is the article whose sentence gives its number, or may give it.
    """

    draft: Draft
    articles: tuple[Reporting, ...]
    total: int
    first: int
    evidence: ArticleView | None

    @property
    def page(self) -> int:
        return self.first // PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


def draft_card(session: Session, draft: Draft, page: int = 0) -> DraftCard:
    """The card of a draft; a page past the end is the last."""
    own = DraftArticle.draft_id == draft.id, Article.state.in_(SHOWN_STATES)
    joined = select(DraftArticle.quote, *VIEWED).join(Article, Article.id == DraftArticle.article_id).where(*own)
    total = session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    first = min(max(page, 0), max(0, total - 1) // PER_PAGE) * PER_PAGE
    rows = session.execute(joined.order_by(DraftArticle.position.desc()).offset(first).limit(PER_PAGE)).all()
    evidence = session.get(Article, draft.numbered_article_id or draft.suggested_article_id or 0)
    return DraftCard(
        draft,
        tuple(Reporting(view_article(cast("Row[Any]", row)), row.quote) for row in rows),
        total,
        first,
        view_article(evidence) if evidence else None,
    )


def render_draft(card: DraftCard, language: str, timezone: str, *, is_admin: bool = False) -> str:
    """The card as one message; an admin sees which number may be the draft's."""
    shared = {"draft": card.draft, "timezone": timezone}
    head = render(
        "draft.html", language, block="head", total=card.total, evidence=card.evidence, is_admin=is_admin, **shared
    )
    html = head
    for quote_limit in (300, 150, 60):  # long titles leave less room for quotations
        numbered = enumerate(card.articles, card.first + 1)
        blocks = [
            render("draft.html", language, block="article", number=n, one=one, quote_limit=quote_limit, **shared)
            for n, one in numbered
        ]
        html = "\n\n".join([head, *blocks])
        if telegram_length(html) <= MESSAGE_LIMIT:
            break
    return html


def named_drafts(session: Session, text: str) -> Sequence[Draft]:
    """The drafts that a text which begins with "dự thảo" may mean, the latest first: of the type and the place that it
    names, with all its other words in what is known of them."""
    words = [word.folded for word in words_of(text)]
    if " ".join(words[:2]) != _SIGN or len(words) < 4:
        return ()
    rest = " ".join(words[2:])
    kind = next((k for word, k in _kinds() if f"{rest} ".startswith(f"{word} ")), None)
    places = {place.name for place in find_places(text)}
    query = select(Draft).order_by(Draft.last_at.desc()).limit(_LOOKED_AT)
    if kind:
        query = query.where(Draft.type == kind)
    if places:
        query = query.where(Draft.place.in_([*places, *(f"TP {place}" for place in places), ""]))
    wanted = set(words[2:])
    return [draft for draft in session.scalars(query) if wanted <= _words(draft)][:MOST_FOUND]


def count_suggested(session: Session) -> int:
    """How many drafts wait for an admin to say whether a document is theirs."""
    return session.scalar(select(func.count()).select_from(Draft).where(Draft.suggested_id.is_not(None))) or 0


def nth_suggested(session: Session, skipped: int) -> Draft | None:
    """The draft that waits after so many others, the latest first."""
    waiting = select(Draft).where(Draft.suggested_id.is_not(None))
    return session.scalar(waiting.order_by(Draft.id.desc()).offset(skipped).limit(1))


def _words(draft: Draft) -> set[str]:
    said = f"{draft.title} {draft.body} {draft.place} {issuer_name(draft.issuer)}"
    kinds = (word for word, kind in _kinds() if kind == draft.type)
    return {word.folded for text in (said, *kinds) for word in words_of(text)} | _SMALL


@cache
def _kinds() -> Sequence[tuple[str, str]]:
    """The words for types, folded, the longest first, with the types."""
    return sorted(((fold(word), kind.type) for word, kind in kind_words().items()), key=lambda one: -len(one[0]))
