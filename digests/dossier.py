"""One document: what it is, by the catalogue, and every article that cites it, by the store."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from digests.compose import view_article
from digests.observed import ObservedFact, observed_facts
from digests.views import ArticleView
from feeds.documents import Document, Lookup, load_catalogue, look_up, nearest
from feeds.models import Article, Mention
from feeds.store import reading_since, seen_keys

PER_PAGE = 5
_SURE = {"resolved": 0, "presumed": 1, "ambiguous": 2, "unknown": 3}


@dataclass(frozen=True, slots=True)
class CitingArticle:
    """An article with its most telling mention of the document; `status` is how sure that reading is."""

    article: ArticleView
    key: str
    status: str
    rule: str
    stage: str
    stage_years: int | None
    province: str | None
    quote: str
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A document with its articles, newest first. `document` is None where no catalogue entry is known.

    Without `document_id` it is of a number only, and `namesakes` are the catalogued documents that bear it.
    `observed` is what the articles say of a document that the catalogue does not know.
    """

    key: str
    document_id: str | None
    document: Document | None
    articles: tuple[CitingArticle, ...]
    total: int
    unsure: int
    namesakes: tuple[Document, ...] = ()
    observed: tuple[ObservedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a typed number. `status` as in the command-line contract; see `Lookup`."""

    query: str
    status: str
    keys: tuple[str, ...]
    documents: tuple[Document, ...]
    dossiers: tuple[Dossier, ...]
    nearest: tuple[str, ...]
    reading_since: datetime | None

    @property
    def cited(self) -> Mapping[str, int]:
        """key -> number of articles, of the numbers asked for that no catalogued `documents` bear."""
        catalogued = {document.key for document in self.documents}
        keys = (citing.key for dossier in self.dossiers for citing in dossier.articles)
        return Counter(key for key in keys if key not in catalogued)

    @property
    def namesakes(self) -> tuple[Document, ...]:
        """Catalogued documents that bear a number asked for, but are not what was asked for."""
        found = (document for dossier in self.dossiers for document in dossier.namesakes)
        return tuple({document.id: document for document in found if document not in self.documents}.values())


def answer(session: Session, query: str) -> Answer:
    """Looks a typed number up: one dossier per document meant, the nearest numbers where nothing is known."""
    seen = seen_keys(session)
    lookup = look_up(query, load_catalogue(), seen)
    return _answer(session, lookup, seen)


def dossier_of(session: Session, document_id: str) -> Dossier:
    """The dossier of an identity; `KEY#?` stands for whatever bears that number."""
    key, _, term = document_id.rpartition("#")
    document = load_catalogue().get(document_id)
    if term == "?" and document is None:
        return _dossier(session, key, None, None)
    return _dossier(session, (document.key or key) if document else key, document_id, document)


def _answer(session: Session, lookup: Lookup, seen: Iterable[str]) -> Answer:
    catalogue = load_catalogue()
    documents = tuple(document for i in lookup.documents if (document := catalogue.get(i)))
    dossiers: tuple[Dossier, ...] = ()
    near: tuple[str, ...] = ()
    if lookup.status == "ambiguous":
        dossiers = tuple(_dossier(session, key, None, None) for key in lookup.keys)
    else:
        known = {document.key for document in documents}
        dossiers = tuple(dossier_of(session, document.id) for document in documents) + tuple(
            _dossier(session, key, None, None) for key in lookup.keys if not documents or key not in known
        )
    if lookup.keys and not documents and not any(dossier.total for dossier in dossiers):
        near = nearest(lookup.keys[0], catalogue, tuple(seen))
    return Answer(
        lookup.query, lookup.status, lookup.keys, documents, dossiers, near, reading_since(session)
    )  # fmt: skip


def _dossier(session: Session, key: str, document_id: str | None, document: Document | None) -> Dossier:
    """Without an identity, all mentions of the number count; with one, those read so and those left open."""
    by_key = Mention.key == key
    if "@" not in key:  # a number typed without its place may be that of any place
        by_key = or_(by_key, Mention.key.startswith(key + "@", autoescape=True))
    where: ColumnElement[bool] = by_key
    if document_id is not None:
        where = or_(Mention.document_id == document_id, by_key & Mention.document_id.is_(None))
    citing = _citing(session, where, lambda mention: document_id is None or _may_mean(mention, document_id, document))
    articles = tuple(_citing_article(article, mention) for article, mention in citing)
    unsure = sum(article.status != "resolved" for article in articles)
    namesakes = load_catalogue().with_key(key) if document_id is None else ()
    # Of one number in several places or terms, what articles say would run together.
    is_one = len({(mention.key, mention.document_id) for _, mention in citing}) == 1
    observed = observed_facts(citing) if document is None and not namesakes and is_one else ()
    return Dossier(key, document_id, document, articles, len(articles), unsure, namesakes, observed)


def _may_mean(mention: Mention, document_id: str, document: Document | None) -> bool:
    """Whether a mention of the number may be of the document: not if it was read otherwise or contradicts it."""
    if mention.document_id:
        return mention.document_id == document_id
    if document and mention.rule == "contradiction":
        return False
    return not mention.candidates or document_id in mention.candidates


def _citing(
    session: Session, where: ColumnElement[bool], may_mean: Callable[[Mention], bool]
) -> Sequence[tuple[Article, Mention]]:
    """Articles with their most telling mention, newest first. A document's own page is not about the document."""
    best: dict[int, tuple[Article, Mention]] = {}
    rows = session.execute(
        select(Article, Mention)
        .join(Mention, Mention.article_id == Article.id)
        .where(where)
        .order_by(Article.position.desc(), Mention.ordinal)
    )
    for article, mention in rows:
        if not may_mean(mention) or article.own_key == mention.key:
            continue
        if article.id not in best or _telling(article, mention) < _telling(*best[article.id]):
            best[article.id] = (article, mention)
    return list(best.values())


def _telling(article: Article, mention: Mention) -> tuple[int, bool, bool]:
    """The surest reading first, then one that says what is done with the document, then one beyond the headline."""
    return (_SURE.get(mention.status, 4), mention.stage == "mentioned", mention.quote in article.title)


def _citing_article(article: Article, mention: Mention) -> CitingArticle:
    return CitingArticle(
        article=view_article(article),
        key=mention.key or "",
        status=mention.status or "unknown",
        rule=mention.rule,
        stage=mention.stage,
        stage_years=mention.stage_years,
        province=mention.province or (article.places[0] if article.places else article.province),
        quote=mention.quote,
        document_id=mention.document_id,
    )
