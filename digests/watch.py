"""What may be followed of articles: their marks, who follows these, and the sentence by which a follow is met.

A mark is the (kind, value) of a `Follow`: every document that an article may mean, every number it cites, the organs
that issued what it cites, the drafts it reports and the provinces it is about. What is only nearly policy bears no
place and no issuer: these are followed in policy. A follow of words is a search, the same as /search: it has no mark,
and is asked for once for a batch of articles, however many chats follow it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import structlog
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from digests.chips import telling
from digests.dossier_models import Draft, DraftArticle
from digests.models import Follow
from feeds.database import chunks
from feeds.documents.organs import base_organs
from feeds.models import Article, ArticleWords, Mention
from feeds.places import find_places
from feeds.query import Term, parse_query
from feeds.search import matching
from feeds.text import each_sentence, fold
from feeds.tokens import folded_words, words_of

log = structlog.get_logger()

Mark = tuple[str, str]

T = TypeVar("T")

# A presumed reading is shown as doubtful, but shown.
CITING = ("resolved", "presumed")
_BY_MENTION = ("document", "number", "issuer")
_BY_TEXT = ("words", "place")
_TEXT = 20_000  # characters in which a sentence is looked for


class Citing(Protocol):
    """What marks are made of: a mention."""

    @property
    def key(self) -> str | None: ...
    @property
    def document_id(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def issuer(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentence, verbatim, of an article by which a follow is met."""

    article_id: int
    text: str


def marks_of(
    mentions: Iterable[Citing], places: Iterable[str], *, is_policy: bool, drafts: Iterable[str] = ()
) -> Iterator[Mark]:
    """The marks of an article; `places` are the provinces of today it is about (digests.candidates.places_of), `drafts`
    the values of those that it reports."""
    yield from (("draft", value) for value in drafts)
    for mention in mentions:
        yield from (mark for mark in _marks(mention) if is_policy or mark[0] != "issuer")
    if is_policy:
        yield from (("place", place) for place in places)


def drafts_reported(session: Session, article_ids: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    """Article -> the drafts that it reports (`Draft.value`), each with the sentence in which it does."""
    found: dict[int, dict[str, str]] = {}
    query = select(DraftArticle, Draft).join(Draft, Draft.id == DraftArticle.draft_id).order_by(Draft.id)
    for batch in chunks(sorted(article_ids)):
        for reported, draft in session.execute(query.where(DraftArticle.article_id.in_(batch))):
            found.setdefault(reported.article_id, {})[draft.value] = reported.quote
    return found


def having_words(session: Session, search: str, article_ids: Collection[int]) -> frozenset[int]:
    """Which of these articles a followed search finds."""
    query = parse_query(search)
    return frozenset(i for batch in chunks(sorted(article_ids)) for i in matching(session, query, batch))


def followers(session: Session, marks: Mapping[int, Collection[Mark]]) -> Mapping[int, Sequence[Row[int, str, str]]]:
    """Article -> chat, kind and value of the follows that are told of at once and that it meets; `marks` are those of
    each article."""
    meeting: dict[Mark, set[int]] = {}
    for article_id, some in marks.items():
        for mark in some:
            meeting.setdefault(mark, set()).add(article_id)
    told_at_once = select(Follow.value).where(Follow.kind == "words", Follow.at_once).distinct()
    searches = session.scalars(told_at_once).all() if marks else ()
    words = _words(session, marks) if searches else {}
    for search in searches:
        try:
            having = _meeting(session, search, words)
        except Exception:  # whatever is wrong with one search, the others are met
            log.exception("a followed search cannot be asked for", search=search)
            continue
        if having:
            meeting["words", search] = set(having)
    values: dict[str, list[str]] = {}
    for kind, value in meeting:
        values.setdefault(kind, []).append(value)
    found: dict[int, list[Row[int, str, str]]] = {}
    told = select(Follow.chat_id, Follow.kind, Follow.value).where(Follow.at_once)
    for kind, all_values in values.items():
        for batch in chunks(all_values):
            for follow in session.execute(told.where(Follow.kind == kind, Follow.value.in_(batch))):
                for article_id in meeting[kind, follow.value]:
                    found.setdefault(article_id, []).append(follow)
    return found


def _meeting(session: Session, search: str, words: Mapping[int, frozenset[str]]) -> Collection[int]:
    """Which articles a followed search finds; `words` are those of each."""
    query = parse_query(search)
    # Of thousands of searches few have all their words in any of these articles: only those are asked for.
    asked = {word for term in query.wanted for word in term.folded}
    perhaps = sorted(article_id for article_id, some in words.items() if asked <= some)
    if not perhaps:
        return ()
    with session.begin_nested():  # PostgreSQL goes on after an error only from here
        return [article_id for batch in chunks(perhaps) for article_id in matching(session, query, batch)]


def quotes(session: Session, wanted: Sequence[tuple[Sequence[Follow], Sequence[int], str]]) -> Sequence[Quote | None]:
    """The sentence by which each of some stories meets the follows that it meets, if one says more than its headline.

    `wanted` are its follows, its articles, the one that is shown first, and the headline. The follows that name a
    document are asked first, and of mentions the most telling.
    """
    ids = {article_id for follows, article_ids, _ in wanted for article_id in article_ids if _names_document(follows)}
    mentions = _mentions(session, ids)
    heads = {article_ids[0] for follows, article_ids, _ in wanted if len(_by_text(follows))}
    texts = _texts(session, heads)
    asked = {i for follows, ids, _ in wanted for i in ids if any(follow.kind == "draft" for follow in follows)}
    drafts = drafts_reported(session, asked)
    return [
        _quote(follows, article_ids, headline, mentions, texts, drafts) for follows, article_ids, headline in wanted
    ]


def _quote(
    follows: Sequence[Follow],
    article_ids: Sequence[int],
    headline: str,
    mentions: Mapping[int, Sequence[Row[Any]]],
    texts: Mapping[int, Sequence[str]],
    drafts: Mapping[int, Mapping[str, str]],
) -> Quote | None:
    marks = {(follow.kind, follow.value) for follow in follows}
    met = [
        (place, mention)
        for place, article_id in enumerate(article_ids)
        for mention in mentions.get(article_id, ())
        if not marks.isdisjoint(_marks(mention)) and not _says(headline, mention.quote)
    ]
    if met:
        _, best = min(met, key=lambda one: (one[0] > 0, *telling(one[1].status, one[1].stage, False), one[1].ordinal))
        return Quote(best.article_id, best.quote)
    for article_id in article_ids:
        for value, sentence in drafts.get(article_id, {}).items():
            if ("draft", value) in marks and not _says(headline, sentence):
                return Quote(article_id, sentence)
    parts = texts.get(article_ids[0], ())
    sentences = (found for follow in _by_text(follows) for part in parts if (found := _sentence(follow, part)))
    text = next((sentence for sentence in sentences if not _says(headline, sentence)), None)
    return Quote(article_ids[0], text) if text else None


def _sentence(follow: Follow, text: str) -> str | None:
    """The first sentence of `text` that names the place, or has words that are followed."""
    terms = parse_query(follow.value).wanted if follow.kind == "words" else ()
    if not terms and follow.kind != "place":
        return None
    for start, end in each_sentence(text):
        sentence = text[start:end]
        if _has(sentence, terms):
            return sentence
        if follow.kind == "place" and any(place.province == follow.value for place in find_places(sentence)):
            return sentence
    return None


def _has(sentence: str, terms: Sequence[Term]) -> bool:
    if not terms:
        return False
    words = list(words_of(sentence))
    written, folded = (f" {' '.join(some)} " for some in ([w.written for w in words], [w.folded for w in words]))
    return any(f" {term.text} " in (written if term.is_accented else folded) for term in terms)


def _marks(mention: Citing) -> Iterator[Mark]:
    if not mention.key or mention.status == "withdrawn":
        return
    is_read = mention.document_id is not None and mention.status in CITING
    yield "document", mention.document_id if is_read and mention.document_id else f"{mention.key}#?"
    yield "number", mention.key
    yield from (("issuer", organ.code) for organ in base_organs(mention.issuer or ""))


def _mentions(session: Session, article_ids: Collection[int]) -> Mapping[int, Sequence[Row[Any]]]:
    columns = (
        Mention.article_id, Mention.ordinal, Mention.key, Mention.document_id, Mention.status, Mention.issuer,
        Mention.stage, Mention.quote,
    )  # fmt: skip
    found: dict[int, list[Row[Any]]] = {}
    for row in session.execute(select(*columns).where(Mention.article_id.in_(article_ids))) if article_ids else ():
        found.setdefault(row.article_id, []).append(cast("Row[Any]", row))
    return found


def _texts(session: Session, article_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    columns = Article.id, Article.lead, func.substr(Article.text, 1, _TEXT).label("text")
    rows = session.execute(select(*columns).where(Article.id.in_(article_ids))) if article_ids else ()
    return {row.id: (row.lead, row.text) for row in rows}


def _words(session: Session, article_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    """The folded words of these articles that are indexed."""
    found: dict[int, frozenset[str]] = dict.fromkeys(article_ids, frozenset())
    query = select(ArticleWords.article_id, ArticleWords.words)
    for batch in chunks(sorted(article_ids)):
        for article_id, words in session.execute(query.where(ArticleWords.article_id.in_(batch))):
            found[article_id] = frozenset(folded_words(words))
    return found


def _names_document(follows: Iterable[Follow]) -> bool:
    return any(follow.kind in _BY_MENTION for follow in follows)


def _by_text(follows: Iterable[Follow]) -> Sequence[Follow]:
    return [follow for follow in follows if follow.kind in _BY_TEXT]


def _says(headline: str, sentence: str) -> bool:
    """Whether a headline, which is shown, says all of a sentence."""
    return fold(sentence).rstrip(" .") in fold(headline)
