"""Drafts that get their number: the article that gives it, the join, and taking that back.

A citation gives a draft its number where all of this holds (`_Offer.is_sure`):

- type, organ and place are the draft's, its title has the same words (`digests.drafts.plain_title`), and the bodies
  that both name do not differ;
- it is certain which document it means, by the rules of `feeds.documents.resolve`;
- the article is not older than the first that reports the draft;
- the document was issued, by the date that the text states or the catalogue has seen, no earlier than that article,
  no later than this one, and at most `NEAR` after the last report of the draft; where only its year is known, the
  article says that it is being issued, in a sentence without an earlier year.

One document alone must be so, and no other be near it: a document of the same issuer with nearly the same title and the
same figures in it, or without a date. Else nothing is joined, and the latest is suggested to admins. What they decide
stays, however often articles are read anew.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, cast

import structlog
from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from digests.acts import record_act
from digests.candidates import VIEWED, view_article
from digests.carried import Succession, carry, following
from digests.dossier_models import Draft
from digests.drafts import NEAR, draft_of_token, drafts_like, identity_of, keep_drafts
from digests.edition import SHOWN_STATES
from digests.follows import find_follow
from digests.ledger import lock_chat
from digests.messages import Message
from digests.models import Follow
from digests.notices import post_notice
from digests.schedule import LOOK_BACK
from digests.subscribers import find_reader
from digests.templates import render
from digests.timeline import issue_date
from feeds.database import Database
from feeds.documents import document_name, load_catalogue
from feeds.documents.token import document_token
from feeds.models import Article, Mention
from feeds.query import parse_query
from feeds.search import search
from feeds.store import ensure_documents, published_on, take_turn
from feeds.text import fold

log = structlog.get_logger()

ALIKE = 0.9  # of the words of two titles, from which on one may be the other as somebody else wrote it
_LONGEST = timedelta(days=730)  # from the last report of a draft to a number that is suggested
_NOT_NEW = ("drafted", "amended", "replaced", "interim_review", "final_review")
_WORDS, _LENGTH = 24, 140  # of a title by which articles are looked up, in words and characters
_LOOKED_UP = 100  # articles
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Offer:
    """A citation that gives, or may give, a draft its number."""

    document_id: str
    article_id: int
    dated_at: datetime
    quote: str
    is_sure: bool


def settle_drafts(database: Database, article_ids: Collection[int], now: datetime) -> int:
    """Keeps the drafts that these articles report, joins those whose number they give, and tells who follows these.

    Returns how many chats were told. Asking again changes nothing.
    """
    with database.session() as session:
        take_turn(session)
        touched = keep_drafts(session, article_ids)
        touched |= _numbered(session, article_ids)
        apart = [
            draft
            for i in sorted(touched)
            if (draft := session.get(Draft, i)) and _settle(session, draft, now, article_ids)
        ]
        parted = [draft.token for draft in apart]
    told = sum(tell_parted(database, token, now) for token in parted)
    return told + tell_joined(database, touched, now)


def decide_draft(session: Session, token: str, wanted: str, verdict: bool, admin_id: int, now: datetime) -> bool:
    """What an admin says: the draft is, or is not, the document that it has joined or that is suggested; an act.

    False where it is neither of them (any more). Who asks tells the followers after this is stored.
    """
    take_turn(session)
    draft = draft_of_token(session, token)
    if draft is None:
        return False
    for document_id in filter(None, (draft.suggested_id, draft.document_id)):
        if document_token(document_id) == wanted:
            break
    else:
        return False
    if verdict:
        article = session.get(Article, draft.suggested_article_id) if document_id == draft.suggested_id else None
        if article is None:
            return False
        offer = _Offer(document_id, article.id, article.dated_at, draft.suggested_because, is_sure=True)
        _join(session, draft, offer, now)
        draft.decided_by = admin_id
    else:
        draft.wrong_documents = [*draft.wrong_documents, document_id]
        if document_id == draft.document_id:
            _part(draft)
        _suggest(draft, None)
        _settle(session, draft, now)
    record_act(session, admin_id, "join_draft" if verdict else "part_draft", f"{document_id} {draft.title}", now)
    session.flush()
    return True


def tell_joined(database: Database, draft_ids: Collection[int], now: datetime) -> int:
    """Those who follow these drafts follow the documents that they became, and are told, once; how many were.

    As everywhere, what is old or imported tells nobody.
    """
    with database.reading() as session:
        recent = Article.origin == "poll", Article.first_seen_at > now - LOOK_BACK["instant"]
        joined = select(Draft, *VIEWED).join(Article, Article.id == Draft.numbered_article_id)
        rows = session.execute(joined.where(Draft.id.in_(draft_ids), Draft.document_id.is_not(None), *recent)).all()
        found = [
            Succession(
                row.Draft.value,
                row.Draft.document_id,
                "numbered",
                row.Draft.because,
                view_article(cast("Row[Any]", row)),
            )
            for row in rows
        ]
        chats = following(session, {one.old for one in found}, "draft")
    told = 0
    for one in found:
        for chat_id in chats.get(one.old, ()):
            with database.session() as session:
                told += carry(session, chat_id, one, now, "draft")
    return told


def tell_parted(database: Database, token: str, now: datetime) -> int:
    """Those who were told that a draft became what it is not follow that no more, and are told so; how many were."""
    with database.reading() as session:
        draft = draft_of_token(session, token)
        if draft is None:
            return 0
        value, current = draft.value, draft.document_id or ""
        carried = Follow.carried_from == value, Follow.kind == "document", Follow.value != current
        chats = session.scalars(select(Follow.chat_id).where(*carried).distinct()).all()
    for chat_id in chats:
        with database.session() as session:
            lock_chat(session, chat_id)
            take_turn(session)
            _take_back(session, chat_id, value, current, now)
    return len(chats)


def _take_back(session: Session, chat_id: int, value: str, current: str, now: datetime) -> None:
    wrong = session.scalars(
        select(Follow).where(Follow.chat_id == chat_id, Follow.carried_from == value, Follow.value != current)
    ).all()
    before = find_follow(session, chat_id, value, "draft")
    reader = find_reader(session, chat_id)
    for one in wrong:
        session.delete(one)
        if before is not None:
            before.carried_to = [known for known in before.carried_to if known != one.value]
        if reader is not None:
            html = render("draft_parted.html", reader.language, old=value, new=one.value)
            opened = document_name(value, reader.language), f"draft:{value.rpartition('#')[2]}"
            post_notice(session, chat_id, Message(html, ((opened,),), silent=True), now, thread_id=reader.posted_in)
    session.flush()


def _numbered(session: Session, article_ids: Collection[int]) -> set[int]:
    """The drafts whose number these articles give, gave or may give."""
    known = or_(Draft.numbered_article_id.in_(article_ids), Draft.suggested_article_id.in_(article_ids))
    found = set(session.scalars(select(Draft.id).where(known)))
    for article, mention in _citations(session, article_ids):
        identity = identity_of(mention)
        if identity:
            like = drafts_like(session, identity.type, identity.issuer, identity.place, article.dated_at - _LONGEST)
            found |= {draft.id for draft in like if _alike(draft.plain_title, identity.title)}
    return found


def _citations(session: Session, article_ids: Collection[int]) -> Iterable[tuple[Article, Mention]]:
    """What these articles cite by number and title."""
    query = (
        select(Article, Mention)
        .join(Mention, Mention.article_id == Article.id)
        .where(Mention.article_id.in_(article_ids), Mention.key.is_not(None), Mention.title.is_not(None))
        .where(Article.state.in_(SHOWN_STATES))
    )
    return [(article, mention) for article, mention in session.execute(query.order_by(Article.position))]


def _settle(session: Session, draft: Draft, now: datetime, article_ids: Collection[int] = ()) -> bool:
    """Joins the draft, suggests what it may be, or parts it from what no article says any more; True of the last."""
    if draft.decided_by is not None:
        return False
    offers = _offers(session, draft, article_ids)
    sure = {offer.document_id for offer in offers if offer.is_sure}
    is_parted = draft.document_id is not None and draft.document_id not in sure
    if is_parted:
        _part(draft)
    chosen = draft.document_id or (next(iter(sure)) if len(sure) == 1 else None)
    others = [offer for offer in offers if chosen is None or not _same_number(offer.document_id, chosen)]
    if draft.document_id is None and chosen and not others:
        _join(session, draft, next(o for o in offers if o.is_sure), now)
    else:
        doubtful = others if draft.document_id else offers
        _suggest(draft, max(doubtful, key=lambda offer: (offer.is_sure, offer.dated_at), default=None))
    session.flush()
    return is_parted


def _offers(session: Session, draft: Draft, article_ids: Collection[int]) -> Sequence[_Offer]:
    """The citations that give or may give the draft its number, of these articles and of those that have the words of
    its title, by their dates."""
    words, since, until = draft.plain_title.split()[:_WORDS], _day(draft.first_at), _day(draft.last_at) + _LONGEST
    query = parse_query(f"since:{since:%d/%m/%Y} until:{until:%d/%m/%Y} {' '.join(words)[:_LENGTH]}")
    found = {hit.article_id for hit in search(session, query, _LOOKED_UP).hits}
    ids = {draft.numbered_article_id, draft.suggested_article_id, *article_ids, *found}
    cited = _citations(session, [article_id for article_id in ids if article_id])
    offers = [offer for article, mention in cited if (offer := _offer(draft, article, mention))]
    return sorted(offers, key=lambda offer: offer.dated_at)


def _offer(draft: Draft, article: Article, mention: Mention) -> _Offer | None:
    identity, first, last = identity_of(mention), _day(draft.first_at), _day(draft.last_at)
    if identity is None or (identity.type, identity.issuer, identity.place) != (draft.type, draft.issuer, draft.place):
        return None
    told, is_read = _day(article.dated_at), mention.status == "resolved" and mention.document_id is not None
    document_id = mention.document_id if is_read and mention.document_id else f"{mention.key}#?"
    issued, year = _issued(mention, document_id)
    is_other = (
        mention.status == "withdrawn"
        or mention.stage in _NOT_NEW
        or any(_same_number(document_id, wrong) for wrong in draft.wrong_documents)
        or not _alike(identity.title, draft.plain_title)
        or not first <= told <= last + _LONGEST
        or (issued is not None and issued < first)
        or (year is not None and year < first.year)
    )
    if is_other:
        return None
    if issued:
        is_new = issued <= min(told, last + NEAR)
    else:
        earlier = any(
            int(found) < first.year for found in _YEAR.findall(mention.quote.replace(mention.title or "", ""))
        )
        is_new = year is not None and mention.stage == "issued" and told <= last + NEAR and not earlier
    is_same = identity.title == draft.plain_title and _agree(draft.body, mention.issuing_body or "")
    return _Offer(document_id, article.id, article.dated_at, mention.quote, is_read and is_new and is_same)


def _issued(mention: Mention, document_id: str) -> tuple[date | None, int | None]:
    """(the day of issue, the year) as far as the text states them or the catalogue has seen them."""
    known = issue_date(load_catalogue().get(document_id))
    day = mention.issued_on or (known[0] if known and known[1] == "day" else None)
    term = document_id.rpartition("#")[2]
    return day, day.year if day else known[0].year if known else int(term) if term.isdecimal() else mention.year


def _join(session: Session, draft: Draft, offer: _Offer, now: datetime) -> None:
    ensure_documents(session, {offer.document_id})
    draft.document_id, draft.joined_at, draft.because = offer.document_id, now, offer.quote
    draft.numbered_article_id, draft.numbered_at = offer.article_id, offer.dated_at
    _suggest(draft, None)
    log.info("a draft has its number", document=offer.document_id, article=offer.article_id)


def _part(draft: Draft) -> None:
    draft.document_id = draft.joined_at = draft.numbered_at = draft.numbered_article_id = draft.decided_by = None
    draft.because = ""


def _suggest(draft: Draft, offer: _Offer | None) -> None:
    draft.suggested_id = offer.document_id if offer else None
    draft.suggested_article_id = offer.article_id if offer else None
    draft.suggested_because = offer.quote if offer else ""


def _alike(one: str, other: str) -> bool:
    """Whether two plain titles are nearly the same words, with the same figures."""
    if one == other:
        return True
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _agree(one: str, other: str) -> bool:
    """Whether two names of a body do not differ; one that is longer, or not given, leaves nothing else open."""
    return fold(one) in fold(other) or fold(other) in fold(one)


def _same_number(one: str, other: str) -> bool:
    """Whether two ids are one document, or of one number as far as is known."""
    (key, _, term), (other_key, _, other_term) = one.rpartition("#"), other.rpartition("#")
    return key == other_key and (term == other_term or "?" in (term, other_term))


def _day(moment: datetime) -> date:
    return published_on(moment) or moment.date()
