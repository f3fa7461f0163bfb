"""One document: what it is, by the catalogue, and the articles that cite it, by the store.

A number may be cited by tens of thousands of articles: they are chosen and counted by their narrow columns, and only
those of one page are loaded.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from digests.candidates import VIEWED, view_article
from digests.chips import telling
from digests.facets import EVERYTHING, Filters, Kind, Presence, facets, fits, presence
from digests.models import StoryArticle
from digests.observed import ObservedFact, observed_facts
from digests.views import ArticleView, states_identity, told_identity
from feeds.documents import Document, Wish, candidates_of, keys_of, load_catalogue, parse
from feeds.models import Article, Mention
from feeds.store import seen_keys

PER_PAGE = 5
MAX_MENTIONS = 20_000
_MAX_OBSERVED = 200
_YEAR = r",? (?:năm |\()((?:19|20)\d\d)(?!\d)"


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
    articles) count all; if `is_cut`, of the newest `MAX_MENTIONS` mentions. Without `document_id` it is of a number
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
    return Shelf(session, filters=filters).facets(document_id, kind)


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
        self.seen = seen_keys(session)
        self._session = session
        self._size = size
        self._filters = filters
        self._now = now

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

    def facets(self, document_id: str, kind: Kind) -> Mapping[str, int]:
        """value -> number of articles that fit, of an identity or a number."""
        key, identity, document = _meant(document_id)
        chosen = _chosen(_mentions(self._session, self._keys(key, document), identity), identity)
        return facets((row for row in chosen if fits(row, self._filters)), kind)

    def _dossier(self, key: str, document_id: str | None, document: Document | None, page: int) -> Dossier:
        """Without an identity, all mentions of the number count; with one, those read so and those left open."""
        mentions = _mentions(self._session, self._keys(key, document), document_id)
        chosen = _chosen(mentions, document_id)
        listed = [row for row in chosen if fits(row, self._filters)] if self._filters.chosen else chosen
        last = max(0, len(listed) - 1) // self._size
        first = min(max(page, 0), last) * self._size
        loaded = _loaded(self._session, [row.id for row in listed[first : first + self._size]])
        certain = [row for row in chosen if document_id is None or row.status == "resolved"]
        namesakes = _bearing(key) if document_id is None else ()
        # Of one number in several places or terms, what articles say would run together.
        is_one = len({(row.key, row.document_id) for row in chosen}) == 1
        observed: tuple[ObservedFact, ...] = ()
        if document is None and not namesakes and is_one:
            observed = observed_facts(_loaded(self._session, [row.id for row in chosen[:_MAX_OBSERVED]]))
        return Dossier(
            key=key,
            document_id=document_id,
            document=document,
            articles=tuple(_citing_article(article, mention) for article, mention in loaded),
            total=len(chosen),
            unsure=sum(row.status != "resolved" for row in chosen),
            namesakes=namesakes,
            observed=observed,
            first=first,
            is_cut=len(mentions) == MAX_MENTIONS,
            cited=Counter(row.key for row in chosen if row.key),
            filters=self._filters,
            listed=len(listed) if self._filters.chosen else None,
            presence=presence(certain, self._now) if self._now else None,
        )

    def _keys(self, key: str, document: Document | None) -> list[str]:
        """The keys that a mention may have: any of the document's; of a number that of any place."""
        if document:
            own = {name.casefold() for name in keys_of(document)}
            return [key, *(seen for seen in self.seen if seen != key and seen.casefold() in own)]
        return [key] if "@" in key else [key, *(seen for seen in self.seen if seen.startswith(key + "@"))]


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


def _mentions(session: Session, keys: Sequence[str], document_id: str | None) -> Sequence[Row[Any]]:
    """The newest `MAX_MENTIONS` mentions that may count, by the columns that choose among them, newest first."""
    branches: list[ColumnElement[bool]] = [Mention.key.in_(keys)]
    if document_id is not None:
        branches = [Mention.document_id == document_id, Mention.key.in_(keys) & Mention.document_id.is_(None)]
    columns: list[ColumnElement[Any] | InstrumentedAttribute[Any]] = [
        Mention.id,
        Mention.article_id,
        Mention.position,
        Mention.ordinal,
        Mention.key,
        Mention.document_id,
        Mention.status,
        Mention.rule,
        Mention.stage,
        Mention.candidates,
        Mention.term,
        Mention.term_derived,
        Mention.year,
        Mention.issued_on,
        (Mention.start < func.length(Article.title)).label("in_title"),
        Mention.province,
        Article.own_key,
        Article.outlet,
        Article.places,
        Article.province.label("home"),
        StoryArticle.story_id,
    ]
    if document_id is not None and document_id.rpartition("#")[2].isdecimal():  # `_year_beside` looks at them
        columns += [Mention.raw, Mention.quote]
    query = select(*columns).join(Article, Article.id == Mention.article_id)
    query = query.outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
    found: list[Row[Any]] = []
    for branch in branches:  # each is served by an index
        found += session.execute(query.where(branch).order_by(Mention.position.desc()).limit(MAX_MENTIONS))
    return sorted(found, key=lambda row: (-row.position, row.ordinal))[:MAX_MENTIONS]


def _chosen(mentions: Iterable[Row[Any]], document_id: str | None) -> Sequence[Row[Any]]:
    """The most telling mention of each article. A document's own page is not about the document."""
    best: dict[int, Row[Any]] = {}
    for row in mentions:
        if row.own_key == row.key or (document_id is not None and not _may_mean(row, document_id)):
            continue
        if row.article_id not in best or _telling(row) < _telling(best[row.article_id]):
            best[row.article_id] = row
    return list(best.values())


def _may_mean(row: Row[Any], document_id: str) -> bool:
    """Whether a mention of the number may be of the document: not if it was read otherwise or contradicts it."""
    if row.document_id or row.status == "withdrawn":
        return bool(row.document_id == document_id)
    told = told_identity(document_id, row) or _year_beside(document_id, row)
    if told is not None and not document_id.endswith(("#?", f"#{told}")):
        return False
    if row.rule == "contradiction":  # it is none of the catalogue's; what else it is only its own words can say
        return states_identity(document_id, row) and load_catalogue().get(document_id) is None
    if not row.candidates:
        return bool(row.key == document_id.rpartition("#")[0])
    return document_id in row.candidates


def _year_beside(document_id: str, row: Row[Any]) -> str | None:
    """The year that the text puts behind the number ("Chỉ thị 14/CT-TTg năm 2018"), where the document's has none.

    It may be the year of what is done with it, so it speaks against a document but never for one.
    """
    if not document_id.rpartition("#")[2].isdecimal():
        return None
    match = re.search(re.escape(row.raw) + _YEAR, row.quote)
    return match and match[1]


def _telling(row: Row[Any]) -> tuple[int, bool, bool]:
    return telling(row.status, row.stage, row.in_title)


def _loaded(session: Session, mention_ids: Sequence[int]) -> list[tuple[Article, Mention]]:
    """Mentions with their articles, in the order of the ids; of the articles what a card shows."""
    found: dict[int, tuple[Article, Mention]] = {}
    for start in range(0, len(mention_ids), 500):
        some = mention_ids[start : start + 500]
        query = select(Article, Mention).join(Mention, Mention.article_id == Article.id).where(Mention.id.in_(some))
        shown = load_only(*VIEWED, Article.places, Article.province, raiseload=True)
        found |= {mention.id: (article, mention) for article, mention in session.execute(query.options(shown))}
    return [found[i] for i in mention_ids if i in found]


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
