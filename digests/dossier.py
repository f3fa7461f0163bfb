"""One document: what it is, by the catalogue, and the articles that cite it, by the store.

A number may be cited by tens of thousands of articles: which are its, and how many, is charted (digests.chart), and
only those of one page are loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from digests.candidates import VIEWED, view_article
from digests.chart import waits
from digests.dossier_models import DocumentArticle
from digests.facets import EVERYTHING, Filters, Kind, Presence, counted, facets, fitting, presence, totals
from digests.observed import ObservedFact, observed_facts
from digests.views import ArticleView, states_identity
from feeds.documents import Document, Wish, candidates_of, load_catalogue, parse
from feeds.models import Article, Mention
from feeds.seen import seen_keys

PER_PAGE = 5
_MAX_OBSERVED = 200
_FRESH = 1_000  # articles that wait for being charted between two rounds


@dataclass(frozen=True, slots=True)
class CitingArticle:
    """An article with its most telling mention of the document; `status` is how sure that reading is.

    `is_stated`: the mention itself says the term or year that tells the document from others of its number.
    """

    article: ArticleView
    key: str
    status: str
    rule: str
    stage: str
    stage_years: int | None
    province: str | None
    quote: str
    document_id: str | None = None
    is_stated: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """A document with a page of its articles, newest first. `document` is None where no catalogue entry is known.

    `articles` begin with the one numbered `first`, counted from 0; `total`, `unsure` and `cited` (key -> number of
    articles) count all; if `is_cut`, all that are charted so far, the newest. Without `document_id` it is of a number
    only, and `namesakes` are the catalogued documents that bear it; `missing` is what was asked for in vain, by a term,
    date or issuer that none of them has. `observed` is what the articles say of a document that the catalogue does not
    know. `is_alone`: it was asked for by its number alone, which documents of other terms may bear as well;
    `is_open`: which of the `namesakes` was asked for is not known. Of the `total` only `listed` articles fit the
    `filters`, None: all do. `presence` is only known of a dossier that was asked for at some moment.
    """

    key: str
    document_id: str | None
    document: Document | None
    articles: tuple[CitingArticle, ...]
    total: int
    unsure: int
    namesakes: tuple[Document, ...] = ()
    observed: tuple[ObservedFact, ...] = ()
    first: int = 0
    is_cut: bool = False
    cited: Mapping[str, int] = field(default_factory=dict)
    missing: Wish | None = None
    is_alone: bool = False
    is_open: bool = False
    filters: Filters = EVERYTHING
    listed: int | None = None
    presence: Presence | None = None

    @property
    def name(self) -> str:
        """Its id, or where that is not known what stands for whatever bears the number."""
        return self.document_id or f"{self.key}#?"

    @property
    def count(self) -> int:
        """How many articles there are to turn the pages of."""
        return self.total if self.listed is None else self.listed


def dossier_of(
    session: Session, document_id: str, page: int = 0, filters: Filters = EVERYTHING, *, now: datetime | None = None
) -> Dossier:
    """The dossier of an identity with one page of its articles that fit; a page past the end is the last.

    `KEY#?` stands for whatever bears that number.
    """
    return Shelf(session, filters=filters, now=now).of_document(document_id, page)


def facets_of(session: Session, document_id: str, kind: Kind, filters: Filters = EVERYTHING) -> Mapping[str, int]:
    """value -> number of articles, of those that fit, the most first; years the newest first."""
    key, identity, _ = _meant(document_id)
    return facets(session, identity or key, kind, filters)


class Shelf:
    """Where dossiers are put together, in one session."""

    def __init__(
        self,
        session: Session,
        size: int = PER_PAGE,
        *,
        filters: Filters = EVERYTHING,
        now: datetime | None = None,
    ) -> None:
        self._session = session
        self._size = size
        self._filters = filters
        self._now = now

    @cached_property
    def seen(self) -> frozenset[str]:
        """All citation keys that articles carry."""
        return seen_keys(self._session)

    def of_document(self, document_id: str, page: int = 0) -> Dossier:
        """The dossier of an identity, or of a number where that ends in "#?"."""
        key, identity, document = _meant(document_id)
        return self._dossier(key, identity, document, page)

    def of_number(self, key: str, page: int = 0) -> Dossier:
        """The dossier of whatever bears a number."""
        return self._dossier(key, None, None, page)

    def of_missing(self, wish: Wish) -> Dossier:
        """The dossier of what no catalogue has: as the press knows it, else of its number."""
        if wish.id and load_catalogue().get(wish.id) is None:
            known = self.of_document(wish.id)
            if known.total > known.unsure:
                return known
        return replace(self.of_number(wish.key), missing=wish)

    def _dossier(self, key: str, document_id: str | None, document: Document | None, page: int) -> Dossier:
        """Without an identity, all mentions of the number count; with one, those read so and those left open."""
        session, name = self._session, document_id or key
        total, unsure = totals(session, name)
        listed = counted(session, name, self._filters) if self._filters.chosen else None
        last = max(0, (total if listed is None else listed) - 1) // self._size
        first = min(max(page, 0), last) * self._size
        loaded = _loaded(session, name, self._filters, first, self._size)
        namesakes = _bearing(key) if document_id is None else ()
        observed: tuple[ObservedFact, ...] = ()
        if document is None and not namesakes:
            latest = _loaded(session, name, EVERYTHING, 0, _MAX_OBSERVED)
            # Of one number in several places or terms, what articles say would run together.
            if len({(mention.key, mention.document_id) for _, mention in latest}) == 1:
                observed = observed_facts(latest)
        return Dossier(
            key=key,
            document_id=document_id,
            document=document,
            articles=tuple(_citing_article(article, mention) for article, mention in loaded),
            total=total,
            unsure=unsure,
            namesakes=namesakes,
            observed=observed,
            first=first,
            is_cut=waits(session, more_than=_FRESH),
            cited=self._cited(key, total) if document_id is None else {key: total},
            filters=self._filters,
            listed=listed,
            presence=presence(session, name, self._now) if self._now else None,
        )

    def _cited(self, key: str, total: int) -> Mapping[str, int]:
        """key -> number of articles, of a number and of the same in the places that are told."""
        placed = () if "@" in key else sorted(seen for seen in self.seen if seen.startswith(key + "@"))
        found = {one: totals(self._session, one)[0] for one in placed}
        return {one: number for one, number in {key: total - sum(found.values()), **found}.items() if number > 0}


def _meant(document_id: str) -> tuple[str, str | None, Document | None]:
    """(citation key, the identity or None where only the number is meant, what the catalogue has of it)."""
    key, _, term = document_id.rpartition("#")
    document = load_catalogue().get(document_id)
    if document is not None:
        return document.key or key, document_id, document
    return key, None if term == "?" else document_id, None


def _bearing(key: str) -> tuple[Document, ...]:
    """The catalogued documents that bear a number, or may: a law's year is part of its name."""
    number = parse(key)
    if number is None or number.shape == "named":
        return load_catalogue().with_key(key)
    return candidates_of(number, load_catalogue())


def _loaded(session: Session, name: str, filters: Filters, first: int, size: int) -> Sequence[tuple[Article, Mention]]:
    """The articles of a page with their mentions, newest first; of the articles what a card shows."""
    query = (
        select(Article, Mention)
        .join(DocumentArticle, DocumentArticle.article_id == Article.id)
        .join(Mention, Mention.id == DocumentArticle.mention_id)
        .where(
            DocumentArticle.position.in_(
                select(DocumentArticle.position)
                .where(*fitting(name, filters))
                .order_by(DocumentArticle.position.desc())
                .offset(first)
                .limit(size)
            ),
            DocumentArticle.document_id == name,
        )
    )
    shown = load_only(*VIEWED, Article.places, Article.province, raiseload=True)
    rows = session.execute(query.order_by(DocumentArticle.position.desc()).options(shown))
    return [(article, mention) for article, mention in rows]


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
        is_stated=mention.document_id is not None and states_identity(mention.document_id, mention),
    )
