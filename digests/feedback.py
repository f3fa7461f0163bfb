"""What users say of articles, and what review makes of it.

::

    a chat: irrelevant / wrong document --store--> Feedback(open) --review--> accepted: Article.ruled_out,
            / wrong fold                                              |       Article.wrong_documents, read again;
                                                                      |       a story of its own (digests.split)
                                                                      +-----> rejected: nothing changes

A chat counts once however often it says a thing, and nothing that a chat says changes an article or trains the
classifier before somebody has looked at it. A decision can be taken back by deciding otherwise.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Update, func, select, update
from sqlalchemy.orm import Session, load_only

from digests.candidates import VIEWED
from digests.models import Chat, Feedback
from digests.split import other_reports, rejoin, split, story_of
from feeds.database import chunks
from feeds.models import Article, Mention
from feeds.store import take_turn

MAX_OPEN = 200  # of one chat; more than a person says between two reviews
_MOST_BESIDE = 3


class Kind(StrEnum):
    """What may be wrong with an article."""

    IRRELEVANT = "irrelevant"
    WRONG_DOCUMENT = "wrong_document"
    WRONG_FOLD = "wrong_fold"
    """It tells another event than the other reports of its story."""


class Stored(StrEnum):
    """What became of a piece of feedback."""

    NEW = "new"
    REPEATED = "repeated"
    TOO_MANY = "too_many"
    UNKNOWN = "unknown"
    """There is no such article, it is not said to cite that document, or it stands alone in its story."""


@dataclass(frozen=True, slots=True)
class Report:
    """What feedback says of one article, by how many chats. `id` names it; `decision` is None while it is open.

    `document_id` and `quote`, the sentence that is said to cite it, are of a wrong document; of a wrong fold `quote`
    are the headlines beside which it stands.
    """

    id: int
    kind: Kind
    article: Article
    chats: int
    first_at: datetime
    document_id: str = ""
    quote: str = ""
    decision: str | None = None


class Undecidable(Exception):
    """These ids cannot be decided so."""


class UnknownReport(Undecidable):
    """No feedback has these ids."""

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__(f"no feedback has the id {', '.join(map(str, sorted(ids)))}")


class Contradiction(Undecidable):
    """These two ids say the same, and are decided differently."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other} say the same of one article: accept or reject both")


def store_feedback(
    session: Session, chat_id: int, article_id: int, kind: Kind, now: datetime, *, document_id: str = ""
) -> Stored:
    """Keeps what a chat says of an article; saying it again changes nothing."""
    take_turn(session)
    if session.get(Chat, chat_id) is None or not _is_sensible(session, article_id, kind, document_id):
        return Stored.UNKNOWN
    mine = select(func.count()).select_from(Feedback).where(Feedback.chat_id == chat_id)
    same = (Feedback.article_id == article_id, Feedback.kind == kind, Feedback.document_id == document_id)
    if session.scalar(mine.where(*same)):
        return Stored.REPEATED
    if (session.scalar(mine.where(Feedback.decision.is_(None))) or 0) >= MAX_OPEN:
        return Stored.TOO_MANY
    said = Feedback(chat_id=chat_id, article_id=article_id, kind=kind, document_id=document_id, at=now)
    said.story_id = story_of(session, article_id) if kind is Kind.WRONG_FOLD else None
    session.add(said)
    session.flush()
    return Stored.NEW


def claimed_documents(session: Session, article_id: int) -> Sequence[str]:
    """The ids of the documents that an article is said to cite, in the order of the text."""
    query = select(Mention.document_id).where(Mention.article_id == article_id, Mention.document_id.is_not(None))
    return [i for i in dict.fromkeys(session.scalars(query.order_by(Mention.ordinal))) if i]


def open_reports(
    session: Session, kind: Kind | None = None, *, skipped: int = 0, limit: int | None = None
) -> Sequence[Report]:
    """What waits for review, all or of one kind: what most chats say first, then the oldest."""
    which = () if kind is None else (Feedback.kind == kind,)
    return _reports(session, Feedback.decision.is_(None), *which, skipped=skipped, limit=limit)


def all_reports(session: Session) -> Sequence[Report]:
    """The same with what was decided."""
    return _reports(session)


def decide(session: Session, decisions: Mapping[int, bool], now: datetime) -> Collection[int]:
    """Accepts or rejects reports by their ids, all or none; returns the ids of the articles to be read again.

    Until that is done their stored reading counts as outdated. `UnknownReport` names ids that do not exist,
    `Contradiction` two of which one cannot be accepted and the other rejected.
    """
    take_turn(session)
    found = {row.id: row for row in session.scalars(select(Feedback).where(Feedback.id.in_(decisions)))}
    if unknown := set(decisions) - set(found):
        raise UnknownReport(unknown)
    _refuse_contradictions(found, decisions)
    changed = set()
    for report_id, accepted in decisions.items():
        said = found[report_id]
        session.execute(_all_saying(said).values(decision="accepted" if accepted else "rejected", decided_at=now))
        if said.kind == Kind.WRONG_FOLD:
            _refold(session, said, accepted, now)
            continue
        article = session.get_one(Article, said.article_id)
        if _correct(article, said, accepted):
            article.rules_version, article.revised_at = 0, now
            changed.add(article.id)
    session.flush()
    return changed


def reopen(session: Session, report_id: int, now: datetime) -> Collection[int]:
    """Takes a decision back: it waits for review again. Otherwise as `decide`."""
    changed = decide(session, {report_id: False}, now)
    said = session.get_one(Feedback, report_id)
    session.execute(_all_saying(said).values(decision=None, decided_at=None))
    return changed


def ruled_out(session: Session) -> Sequence[Article]:
    """The articles that review found irrelevant, oldest first: what the classifier may learn from."""
    return session.scalars(select(Article).where(Article.ruled_out).order_by(Article.id)).all()


def _reports(
    session: Session, *conditions: ColumnElement[bool], skipped: int = 0, limit: int | None = None
) -> Sequence[Report]:
    what = (Feedback.article_id, Feedback.kind, Feedback.document_id, Feedback.decision)
    query = select(*what, func.min(Feedback.id), func.count(), func.min(Feedback.at))
    ranked = query.where(*conditions).group_by(*what).order_by(func.count().desc(), func.min(Feedback.id))
    rows = session.execute(ranked.offset(skipped).limit(limit)).all()
    ids = {row[0] for row in rows}
    articles, quotes = _articles(session, ids), _quotes(session, ids)
    return [
        Report(
            id=report_id,
            kind=Kind(kind),
            article=articles[article_id],
            chats=chats,
            first_at=first_at,
            document_id=document_id,
            quote=_others(session, article_id)
            if kind == Kind.WRONG_FOLD
            else quotes.get((article_id, document_id), ""),
            decision=decision,
        )
        for article_id, kind, document_id, decision, report_id, chats, first_at in rows
    ]


def _all_saying(said: Feedback) -> Update:
    """Changes that report and the same of other chats."""
    return update(Feedback).where(
        Feedback.article_id == said.article_id,
        Feedback.kind == said.kind,
        Feedback.document_id == said.document_id,
    )


def _is_sensible(session: Session, article_id: int, kind: Kind, document_id: str) -> bool:
    if kind is Kind.WRONG_DOCUMENT:
        return document_id in claimed_documents(session, article_id)
    if kind is Kind.WRONG_FOLD:
        return not document_id and bool(other_reports(session, article_id))
    return not document_id and session.get(Article, article_id, options=[load_only(Article.id)]) is not None


def _refuse_contradictions(found: Mapping[int, Feedback], decisions: Mapping[int, bool]) -> None:
    decided: dict[tuple[int, str, str], int] = {}
    for report_id, accepted in decisions.items():
        said = found[report_id]
        other = decided.setdefault((said.article_id, said.kind, said.document_id), report_id)
        if decisions[other] != accepted:
            raise Contradiction(other, report_id)


def _refold(session: Session, said: Feedback, accepted: bool, now: datetime) -> None:
    """Takes the article out of the story that it was in when that was said, or puts it there again."""
    if said.story_id is None:
        return
    if not accepted:
        rejoin(session, said.article_id, said.story_id)
    elif story_of(session, said.article_id) == said.story_id:
        split(session, said.article_id, now)


def _correct(article: Article, said: Feedback, accepted: bool) -> bool:
    """Writes the decision on the article; whether that changes anything."""
    if said.kind == Kind.IRRELEVANT:
        changed, article.ruled_out = article.ruled_out != accepted, accepted
        return changed
    others = [document_id for document_id in article.wrong_documents if document_id != said.document_id]
    wrong = [*others, said.document_id] if accepted else others
    changed, article.wrong_documents = set(wrong) != set(article.wrong_documents), wrong
    return changed


def _articles(session: Session, ids: Collection[int]) -> Mapping[int, Article]:
    shown = load_only(*VIEWED, Article.score, Article.state)
    found: dict[int, Article] = {}
    for some in chunks(sorted(ids)):
        query = select(Article).where(Article.id.in_(some)).options(shown)
        found |= {article.id: article for article in session.scalars(query)}
    return found


def _quotes(session: Session, ids: Collection[int]) -> Mapping[tuple[int, str], str]:
    """(article, document) -> the first sentence that is said to cite it."""
    found: dict[tuple[int, str], str] = {}
    for some in chunks(sorted(ids)):
        query = select(Mention.article_id, Mention.document_id, Mention.quote).where(
            Mention.article_id.in_(some), Mention.document_id.is_not(None)
        )
        for article_id, document_id, quote in session.execute(query.order_by(Mention.article_id, Mention.ordinal)):
            found.setdefault((article_id, document_id or ""), quote)
    return found


def _others(session: Session, article_id: int) -> str:
    return " / ".join(other.title for other in other_reports(session, article_id)[:_MOST_BESIDE])
