"""One document: what it is, by the catalogue, and the articles that cite it, by the store.

A number may be cited by tens of thousands of articles: which are its, and how many, is charted (digests.chart), and
only those of one page are loaded.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, select, true, union
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, view_article
from digests.dossier_models import DocumentArticle
from digests.facets import (
    EVERYTHING,
    TALLY,
    Filters,
    Kind,
    Presence,
    Tally,
    counted,
    facets,
    fitting,
    numbers_of_articles,
    read_tally,
    told_since,
)
from digests.held import is_held
from digests.observed import ObservedFact, observed_facts
from digests.views import ArticleView, states_identity
from feeds.documents import Document, Wish, candidates_of, load_catalogue, parse
from feeds.models import Article, Mention
from feeds.places import province_names
from feeds.seen import seen_keys

PER_PAGE = 5
_LAST_PAGE = 10**9  # no database skips more than 2**63 articles, and none has so many
_MAX_OBSERVED = 25  # of the first articles, which tell when it was issued and as what, and as many of the last


@dataclass(frozen=True, slots=True)
class CitingArticle:
    """An article with its most telling mention of the document; `status` is how sure that reading is.

    `is_stated`: the mention itself says the term or year that tells the document from others of its number. `raw`
    is how its quote cites the document.
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
    raw: str = ""

    @property
    def is_held(self) -> bool:
        """Whether what the stage says was done, not only asked for or planned."""
        return is_held(self.stage, self.quote, self.raw, self.article.published_on)


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
    def seen(self) -> Collection[str]:
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
        loaded, told, listed, first = self._page(name, min(max(page, 0), _LAST_PAGE) * self._size)
        namesakes = _bearing(key) if document_id is None else ()
        observed: tuple[ObservedFact, ...] = ()
        if document is None and not namesakes:
            telling = session.connection().execute(_TELLING, {"name": name, "size": _MAX_OBSERVED}).all()
            # Of one number in several places or terms, what articles say would run together.
            if len({(row.key, row.document_id) for row in telling}) == 1:
                observed = observed_facts(telling)
        return Dossier(
            key=key,
            document_id=document_id,
            document=document,
            articles=tuple(map(_citing_article, loaded)),
            total=told.articles,
            unsure=told.unsure,
            namesakes=namesakes,
            observed=observed,
            first=first,
            is_cut=told.is_cut,
            cited=self._cited(key, told.articles) if document_id is None else {key: told.articles},
            filters=self._filters,
            listed=listed,
            presence=told.presence,
        )

    def _page(self, name: str, first: int) -> tuple[Sequence[Row[Any]], Tally, int | None, int]:
        """(the articles of a page with their mentions, newest first; how many there are, and how many fit the filters,
        None: without any; the number of the first of the page, which past the end is that of the last page)."""
        query = _with_tally(fitting(name, self._filters)) if self._filters.chosen else _LISTED
        values = {"name": name, "size": self._size, **told_since(self._now)}
        connection = self._session.connection()
        rows = connection.execute(query, {**values, "first": first}).all()
        told = read_tally(rows[0], self._now)
        listed = counted(self._session, name, self._filters) if self._filters.chosen else None
        last = max(0, (told.articles if listed is None else listed) - 1) // self._size * self._size
        if first > last:
            first = last
            rows = connection.execute(query, {**values, "first": first}).all()
        return [row for row in rows if row.position is not None], told, listed, first

    def _cited(self, key: str, total: int) -> Mapping[str, int]:
        """key -> number of articles, of a number and of the same in the places that are told."""
        placed = () if "@" in key else [f"{key}@{place}" for place in ("?", *province_names())]
        found = numbers_of_articles(self._session, placed)
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


def _citing(columns: Iterable[Any], positions: Select[int] | CompoundSelect[int]) -> Select[Any]:
    """These columns of the articles at these positions of a document `:name` and its mentions, newest first."""
    position = DocumentArticle.position
    return (
        select(*columns)
        .select_from(DocumentArticle)
        .join(Article, Article.id == DocumentArticle.article_id)
        .join(Mention, Mention.id == DocumentArticle.mention_id)
        .where(position.in_(positions), DocumentArticle.document_id == bindparam("name"))
        .order_by(position.desc())
    )


def _page(listed: Iterable[ColumnElement[bool]]) -> Select[int]:
    """The positions from the `:first` article on, `:size` of them, newest first."""
    page = select(DocumentArticle.position).where(*listed).order_by(DocumentArticle.position.desc())
    return page.offset(bindparam("first")).limit(bindparam("size"))


def _ends(listed: Iterable[ColumnElement[bool]]) -> CompoundSelect[int]:
    """The positions of the `:size` newest articles and of the `:size` oldest."""
    own = select(DocumentArticle.position).where(*listed).limit(bindparam("size"))
    newest, oldest = (
        own.order_by(order).subquery() for order in (DocumentArticle.position.desc(), DocumentArticle.position)
    )
    return union(select(newest.c.position), select(oldest.c.position))


# What a card shows of each, and what a document is read to be from; cards are asked for often, so these are built once.
_SHOWN = (
    *VIEWED,
    Article.places,
    Article.province.label("home"),
    Mention.key,
    Mention.status,
    Mention.rule,
    Mention.stage,
    Mention.stage_years,
    Mention.province,
    Mention.quote,
    Mention.raw,
    Mention.document_id,
    Mention.term,
    Mention.term_derived,
    Mention.year,
    Mention.issued_on,
)
_TOLD = (
    Article.outlet,
    Mention.key,
    Mention.document_id,
    Mention.title,
    Mention.issuing_body,
    Mention.issued_on,
    Mention.term,
    Mention.quote,
)
_ALL = (DocumentArticle.document_id == bindparam("name"),)


def _with_tally(listed: Iterable[ColumnElement[bool]]) -> Select[Any]:
    """What is told of a document with each article of its page, in one query; or once, where the page has none."""
    told, page = TALLY.subquery(), _citing((DocumentArticle.position, *_SHOWN), _page(listed)).subquery()
    return select(told, page).select_from(told.outerjoin(page, true())).order_by(page.c.position.desc())


_LISTED, _TELLING = _with_tally(_ALL), _citing(_TOLD, _ends(_ALL))


def _citing_article(row: Row[Any]) -> CitingArticle:
    return CitingArticle(
        article=view_article(row),
        key=row.key or "",
        status=row.status or "unknown",
        rule=row.rule,
        stage=row.stage,
        stage_years=row.stage_years,
        province=row.province or (row.places[0] if row.places else row.home),
        quote=row.quote,
        document_id=row.document_id,
        is_stated=row.document_id is not None and states_identity(row.document_id, row),
        raw=row.raw,
    )
