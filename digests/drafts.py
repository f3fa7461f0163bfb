"""Drafts without a number, known by what articles say of them: type, issuer, place and title.

::

    articles read anew --their mentions of drafts--> identities --> drafts and the articles that report each

Two articles report one draft where type, organ and place are the same, the titles are the same words (`plain_title`)
and no more than `NEAR` lies between their dates and those of the draft's other articles: a programme of the same name
is drafted every year. Without title, without issuer, or of a local body whose place is not known, it has no identity.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from digests.dossier_models import DRAFT, Draft, DraftArticle
from digests.edition import SHOWN_STATES
from digests.models import Follow
from feeds.documents.kinds import kinds
from feeds.documents.organs import base_organ
from feeds.documents.token import document_token
from feeds.models import Article, Mention
from feeds.text import fold

NEAR = timedelta(days=183)  # less than from one year's programme to the next one's
_DATA = Path(__file__).with_name("data") / "drafts.toml"
_LEAST_WORDS, _MOST_WORDS = 5, 80  # syllables: shorter titles are of many documents, longer ones ran on
_CUT = ("…", "...")  # of leads that the feed cut
_MOST = 10  # drafts of an article
_SAME = 50  # drafts of one type, issuer and place that are looked at, the latest
_RECALLED = timedelta(days=30)  # for so long after the number is out articles may still tell of the draft
_LAST_YEAR = re.compile(r"\s?[-–—]\s?\d{4}(?!\d)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a draft from others; `place` is "" of a central organ. `title` is as `plain_title` gives it."""

    type: str
    issuer: str
    place: str
    title: str


def draft_of_token(session: Session, token: str) -> Draft | None:
    """The draft behind a button, a link, or the end of a follow's value."""
    return session.scalar(select(Draft).where(Draft.token == token[-16:]))


def draft_of_document(session: Session, document_id: str) -> Draft | None:
    """The draft that became this document, the latest of several."""
    return session.scalar(_JOINED, {"document_id": document_id})


_JOINED = select(Draft).where(Draft.document_id == bindparam("document_id")).order_by(Draft.last_at.desc()).limit(1)


def plain_title(title: str, place: str | None) -> str:
    """The words of a title, folded, for comparing: without the name of the place, which is compared by itself."""
    lower = title.lower()
    cut = min((at for tail in _rules()["tails"] if (at := lower.find(tail)) > 0), default=len(title))
    words = f" {' '.join(_WORD.findall(fold(title[:cut])))} "
    name = " ".join(_WORD.findall(fold((place or "").removeprefix("TP "))))
    if name:
        words = words.replace(f" {name} ", " ")
    for written, compared in _rules()["alike"]:
        words = words.replace(f" {written} ", f" {compared} ")
    return words.strip().removeprefix("ve ").removeprefix("viec ")


def keep_drafts(session: Session, article_ids: Collection[int]) -> set[int]:
    """Stores which drafts these articles report, as they are read now; returns the ids of all drafts that this touches.

    Who asks has taken the writers' turn (feeds.store.take_turn). Asking again changes nothing. Articles that are no
    policy report none. A draft that no article reports any more is gone, unless it is followed or has its number.
    """
    before = session.execute(
        select(DraftArticle.article_id, DraftArticle.draft_id).where(DraftArticle.article_id.in_(article_ids))
    ).all()
    had: dict[int, list[int]] = {}
    for article_id, draft_id in before:
        had.setdefault(article_id, []).append(draft_id)
    session.execute(delete(DraftArticle).where(DraftArticle.article_id.in_(article_ids)))
    touched = {draft_id for _, draft_id in before}
    for article, mentions in _reporting(session, article_ids):
        for identity, mention in identities(mentions).items():
            draft = _find(session, identity, article.dated_at) or _reworded(
                session, identity, had.get(article.id, ()), mention
            )
            draft = draft or _new(session, identity, article, mention)
            session.add(
                DraftArticle(draft_id=draft.id, article_id=article.id, position=article.position, quote=mention.quote)
            )
            session.flush()
            _span(session, draft)
            touched.add(draft.id)
    return touched - _forget_unreported(session, touched)


def identities(mentions: Sequence[Mention]) -> Mapping[Identity, Mention]:
    """The drafts that one article reports, at most `_MOST`, each with its first mention that says all of it."""
    found: dict[Identity, Mention] = {}
    for mention in mentions:
        identity = identity_of(mention)
        if identity and len(found) < _MOST:
            found.setdefault(identity, mention)
    return found


def identity_of(mention: Mention) -> Identity | None:
    """What a mention says of which document it is, its number apart; None where it leaves some of that open."""
    kind = kinds().get(mention.type or "")
    issuer = mention.issuer or (kind.organ if kind else None)
    organ = base_organ(issuer) if issuer else None
    if mention.type is None or not mention.title or organ is None or (organ.local and not mention.province):
        return None
    place = mention.province if organ.local and mention.province else ""
    title = plain_title(_with_last_year(mention.title, mention.quote), place)
    is_whole = _LEAST_WORDS <= len(title.split()) <= _MOST_WORDS and not any(cut in mention.title for cut in _CUT)
    return Identity(mention.type, organ.code, place, title) if is_whole else None


def _with_last_year(title: str, quote: str) -> str:
    """A title that the sentence goes on with the last year of a period: "giai đoạn 2021 - 2025" is cut at its dash."""
    behind = " ".join(quote.split()).partition(title)[2]
    match = _LAST_YEAR.match(behind) if title[-4:].isdecimal() else None
    return title + match[0] if match else title


def drafts_like(session: Session, type_: str, issuer: str, place: str, since: datetime) -> Sequence[Draft]:
    """The latest drafts of this type, issuer and place with a report since some moment."""
    same = Draft.type == type_, Draft.issuer == issuer, Draft.place == place, Draft.last_at >= since
    return session.scalars(select(Draft).where(*same).order_by(Draft.last_at.desc()).limit(_SAME)).all()


def _reporting(session: Session, article_ids: Collection[int]) -> Iterable[tuple[Article, Sequence[Mention]]]:
    query = (
        select(Article, Mention)
        .join(Mention, Mention.article_id == Article.id)
        .where(Mention.article_id.in_(article_ids), Mention.form == "draft", Article.state.in_(SHOWN_STATES))
    )
    found: dict[int, tuple[Article, list[Mention]]] = {}
    for article, mention in session.execute(query.order_by(Article.position, Mention.ordinal)):
        found.setdefault(article.id, (article, []))[1].append(mention)
    return found.values()


def _find(session: Session, identity: Identity, at: datetime) -> Draft | None:
    """The draft of this identity whose reports are near; one that has its number is not drafted again."""
    like = drafts_like(session, identity.type, identity.issuer, identity.place, at - NEAR)
    near = [
        draft
        for draft in like
        if draft.plain_title == identity.title
        and draft.first_at - NEAR <= at <= draft.last_at + NEAR
        and (draft.numbered_at is None or at <= draft.numbered_at + _RECALLED)
    ]
    return min(near, key=lambda draft: max(draft.first_at - at, at - draft.last_at), default=None)


def _reworded(session: Session, identity: Identity, had: Sequence[int], mention: Mention) -> Draft | None:
    """The draft that this article alone reported, in other words before it was read anew: it stays itself."""
    for draft_id in had:
        draft = session.get(Draft, draft_id)
        reported = session.scalar(select(func.count()).where(DraftArticle.draft_id == draft_id))
        if draft and not reported and draft.type == identity.type and draft.document_id is None:
            draft.issuer, draft.place, draft.plain_title = identity.issuer, identity.place, identity.title
            draft.body, draft.title = mention.issuing_body or "", mention.title or ""
            return draft
    return None


def _new(session: Session, identity: Identity, article: Article, mention: Mention) -> Draft:
    draft = Draft(
        token=document_token(f"{DRAFT}{identity}{article.identity}"),
        type=identity.type,
        issuer=identity.issuer,
        place=identity.place,
        body=mention.issuing_body or "",
        title=mention.title or "",
        plain_title=identity.title,
        first_at=article.dated_at,
        last_at=article.dated_at,
    )
    session.add(draft)
    session.flush()
    return draft


def _span(session: Session, draft: Draft) -> None:
    at = func.coalesce(Article.published_at, Article.first_seen_at)
    reports = select(func.min(at), func.max(at)).join(DraftArticle, DraftArticle.article_id == Article.id)
    draft.first_at, draft.last_at = session.execute(reports.where(DraftArticle.draft_id == draft.id)).one()


def _forget_unreported(session: Session, draft_ids: Collection[int]) -> set[int]:
    gone: set[int] = set()
    reported = set(
        session.scalars(select(DraftArticle.draft_id).where(DraftArticle.draft_id.in_(draft_ids)).distinct())
    )
    for draft_id in set(draft_ids) - reported:
        draft = session.get(Draft, draft_id)
        if draft is None:
            continue
        followed = select(Follow.id).where(Follow.kind == "draft", Follow.value == draft.value)
        if draft.document_id is None and session.scalar(followed.limit(1)) is None:
            session.delete(draft)
            gone.add(draft_id)
    session.flush()
    return gone


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))
