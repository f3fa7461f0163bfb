"""One document: what it is, by the catalogue, and the articles that cite it, by the store.

A number may be cited by tens of thousands of articles: they are chosen and counted by their narrow columns, and only
those of one page are loaded.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from digests.choose import VIEWED
from digests.compose import view_article
from digests.observed import ObservedFact, observed_facts
from digests.views import ArticleView, states_identity, told_identity
from feeds.documents import Document, Lookup, load_catalogue, look_up, nearest
from feeds.models import Article, Mention
from feeds.store import reading_since, seen_keys

PER_PAGE = 5
MAX_MENTIONS = 20_000
_MAX_OBSERVED = 200
_YEAR = r",? (?:năm |\()((?:19|20)\d\d)(?!\d)"
_SURE = {"resolved": 0, "presumed": 1, "ambiguous": 2, "unknown": 3}


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
    only, and `namesakes` are the catalogued documents that bear it. `observed` is what the articles say of a document
    that the catalogue does not know.
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
        found: Counter[str] = Counter()
        for dossier in self.dossiers:
            found.update({key: count for key, count in dossier.cited.items() if key not in catalogued})
        return found

    @property
    def namesakes(self) -> tuple[Document, ...]:
        """Catalogued documents that bear a number asked for, but are not what was asked for."""
        found = (document for dossier in self.dossiers for document in dossier.namesakes)
        return tuple({document.id: document for document in found if document not in self.documents}.values())


def answer(session: Session, query: str, *, size: int = PER_PAGE) -> Answer:
    """Looks a typed number up: one dossier per document meant, each with its first `size` articles; the nearest
    numbers where nothing is known."""
    seen = seen_keys(session)
    return _Shelf(session, seen, size).answer(look_up(query, load_catalogue(), seen))


def dossier_of(session: Session, document_id: str, page: int = 0) -> Dossier:
    """The dossier of an identity with one page of its articles; a page past the end is the last.

    `KEY#?` stands for whatever bears that number.
    """
    return _Shelf(session, seen_keys(session), PER_PAGE).dossier_of(document_id, page)


class _Shelf:
    """Where dossiers are put together, in one session."""

    def __init__(self, session: Session, seen: Iterable[str], size: int) -> None:
        self._session = session
        self._seen = seen
        self._size = size

    def answer(self, lookup: Lookup) -> Answer:
        catalogue = load_catalogue()
        documents = tuple(document for i in lookup.documents if (document := catalogue.get(i)))
        near: tuple[str, ...] = ()
        if lookup.status == "ambiguous":
            dossiers = tuple(self._dossier(key, None, None) for key in lookup.keys)
        else:
            known = {document.key for document in documents}
            dossiers = tuple(self.dossier_of(document.id) for document in documents) + tuple(
                self._dossier(key, None, None) for key in lookup.keys if not documents or key not in known
            )
        if lookup.keys and not documents and not any(dossier.total for dossier in dossiers):
            near = nearest(lookup.keys[0], catalogue, tuple(self._seen))
        since = reading_since(self._session)
        return Answer(lookup.query, lookup.status, lookup.keys, documents, dossiers, near, since)

    def dossier_of(self, document_id: str, page: int = 0) -> Dossier:
        key, _, term = document_id.rpartition("#")
        document = load_catalogue().get(document_id)
        if term == "?" and document is None:
            return self._dossier(key, None, None, page)
        return self._dossier((document.key or key) if document else key, document_id, document, page)

    def _dossier(self, key: str, document_id: str | None, document: Document | None, page: int = 0) -> Dossier:
        """Without an identity, all mentions of the number count; with one, those read so and those left open."""
        mentions = _mentions(self._session, self._keys(key), document_id)
        chosen = _chosen(mentions, document_id)
        last = max(0, len(chosen) - 1) // self._size
        first = min(max(page, 0), last) * self._size
        loaded = _loaded(self._session, [row.id for row in chosen[first : first + self._size]])
        namesakes = load_catalogue().with_key(key) if document_id is None else ()
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
        )

    def _keys(self, key: str) -> list[str]:
        """The keys that a mention of the number may have: typed without its place it may be that of any place."""
        return [key] if "@" in key else [key, *(seen for seen in self._seen if seen.startswith(key + "@"))]


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
        Article.own_key,
    ]
    if document_id is not None and document_id.rpartition("#")[2].isdecimal():  # `_year_beside` looks at them
        columns += [Mention.raw, Mention.quote]
    query = select(*columns).join(Article, Article.id == Mention.article_id)
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
    if row.document_id:
        return bool(row.document_id == document_id)
    told = told_identity(document_id, row) or _year_beside(document_id, row)
    if told is not None and not document_id.endswith(("#?", f"#{told}")):
        return False
    if row.rule == "contradiction":  # it is none of the catalogue's; what else it is only its own words can say
        return states_identity(document_id, row) and load_catalogue().get(document_id) is None
    return not row.candidates or document_id in row.candidates


def _year_beside(document_id: str, row: Row[Any]) -> str | None:
    """The year that the text puts behind the number ("Chỉ thị 14/CT-TTg năm 2018"), where the document's has none.

    It may be the year of what is done with it, so it speaks against a document but never for one.
    """
    if not document_id.rpartition("#")[2].isdecimal():
        return None
    match = re.search(re.escape(row.raw) + _YEAR, row.quote)
    return match and match[1]


def _telling(row: Row[Any]) -> tuple[int, bool, bool]:
    """The surest reading first, then one that says what is done with the document, then one beyond the headline."""
    return (_SURE.get(row.status, 4), row.stage == "mentioned", row.in_title)


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
