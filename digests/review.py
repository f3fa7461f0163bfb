"""The queue of review: what readers call wrong, and numbers of which it is not clear which document they mean.

Every decision is a correction that later readings keep to, an act that other admins can see, and can be taken back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import Session

from digests.acts import record_act
from digests.edition import SHOWN_STATES
from digests.feedback import Kind, Report, UnknownReport, decide, open_reports, reopen
from digests.models import Feedback
from feeds.documents.token import document_token
from feeds.models import Article, Mention
from feeds.store import ensure_documents, take_turn
from feeds.text import shorten

MOST_CANDIDATES = 8
NONE_OF_THEM = "none"
_LOGGED = 100  # characters


@dataclass(frozen=True, slots=True)
class Doubt:
    """A number that an article cites without saying which document it is; `articles` is how many do so.

    `token` stands for the key in buttons, `candidates` are ids by their tokens, `waiting` is how many cases are open.
    """

    article_id: int
    key: str
    token: str
    status: str
    quote: str
    candidates: Mapping[str, str]
    articles: int
    waiting: int


def count_waiting(session: Session) -> Mapping[Kind | None, int]:
    """Open cases by what is said to be wrong; None: doubtful documents."""
    waiting: dict[Kind | None, int] = {kind: count for kind, count in count_reports(session).items()}  # noqa: C416 - widens
    waiting[None] = sum(articles for _, articles in _doubted(session))
    return waiting


def count_reports(session: Session) -> Mapping[Kind, int]:
    """Open reports by what is said to be wrong."""
    same = select(Feedback.kind).where(Feedback.decision.is_(None))
    cases = same.group_by(Feedback.kind, Feedback.article_id, Feedback.document_id).subquery()
    found = session.execute(select(cases.c.kind, func.count()).group_by(cases.c.kind)).all()
    return {Kind(kind): count for kind, count in found}


def nth_report(session: Session, kind: Kind, skipped: int) -> Report | None:
    """The open report of a kind after so many, those of most readers first."""
    return next(iter(open_reports(session, kind, skipped=skipped, limit=1)), None)


def nth_doubt(session: Session, skipped: int) -> Doubt | None:
    """The doubtful number after so many, those that most articles cite first, the latest article first."""
    doubted = _doubted(session)
    wanted, first = "", 0
    for key, articles in doubted:
        if skipped < first + articles:
            wanted = key
            break
        first += articles
    if not wanted:
        return None
    cases = select(func.min(Mention.ordinal), Mention.article_id).where(Mention.key == wanted, *_doubtful())
    cases = cases.group_by(Mention.article_id)
    row = session.execute(cases.order_by(func.max(Mention.position).desc()).offset(skipped - first).limit(1)).one()
    ordinal, article_id = row
    at = Mention.article_id == article_id, Mention.ordinal == ordinal
    mention = session.scalars(select(Mention).where(*at)).one()
    candidates = {document_token(one): one for one in mention.candidates[:MOST_CANDIDATES]}
    waiting = sum(count for _, count in doubted)
    return Doubt(
        article_id, wanted, document_token(wanted), mention.status, mention.quote, candidates, articles, waiting
    )


def decide_report(
    session: Session, report_id: int, accepted: bool | None, admin_id: int, now: datetime
) -> Collection[int] | None:
    """Accepts or rejects what readers say, or with None takes the decision back.

    Returns the ids of the articles to be read again; None where there is no such report.
    """
    try:
        changed = reopen(session, report_id, now) if accepted is None else decide(session, {report_id: accepted}, now)
    except UnknownReport:
        return None
    said = session.get_one(Feedback, report_id)
    act = "reopen" if accepted is None else "accept" if accepted else "reject"
    title = session.get_one(Article, said.article_id).title
    record_act(session, admin_id, act, shorten(f"{said.kind} {said.document_id}: {title}", _LOGGED), now)
    return changed


def decide_document(
    session: Session, article_id: int, key_token: str, choice: str | None, admin_id: int, now: datetime
) -> Collection[int] | None:
    """Says which document an article means by a number: the token of a candidate, or `NONE_OF_THEM`.

    With None what was said is taken back. Returns the ids of the articles to be read again; None where the article
    does not cite that number, or that is no candidate of it.
    """
    take_turn(session)
    article = session.get(Article, article_id)
    rows = session.scalars(select(Mention).where(Mention.article_id == article_id, Mention.key.is_not(None))).all()
    mentions = [mention for mention in rows if mention.key and document_token(mention.key) == key_token]
    if article is None or not mentions:
        return None
    key = mentions[0].key or ""
    others = {one: document_id for one, document_id in article.right_documents.items() if one != key}
    if choice is None:
        article.right_documents = others
        record_act(session, admin_id, "reopen", shorten(f"{key}: {article.title}", _LOGGED), now)
    else:
        offered = {document_token(one): one for mention in mentions for one in mention.candidates}
        if choice != NONE_OF_THEM and choice not in offered:
            return None
        chosen = offered.get(choice, "")
        if chosen:
            ensure_documents(session, [chosen])
        article.right_documents = {**others, key: chosen}
        record_act(session, admin_id, "document", shorten(f"{key} = {chosen or '?'}: {article.title}", _LOGGED), now)
    article.rules_version, article.revised_at = 0, now
    session.flush()
    return [article_id]


def _doubted(session: Session) -> Sequence[tuple[str, int]]:
    """(key, how many articles cite it in doubt), most first: one pass, as sorting all cases takes far longer."""
    articles = func.count(Mention.article_id.distinct())
    query = select(Mention.key, articles).where(*_doubtful())
    rows = session.execute(query.group_by(Mention.key).order_by(articles.desc(), Mention.key))
    return [(key, count) for key, count in rows if key is not None]


def _doubtful() -> Sequence[ColumnElement[bool]]:
    # Not by a join, for which SQLite begins with all articles that are shown.
    is_shown = exists().where(Article.id == Mention.article_id, Article.state.in_(SHOWN_STATES))
    return (
        # As the index of those is defined: of a value that is bound no database knows that it is one of these.
        Mention.status.in_(bindparam("doubtful", ("ambiguous", "presumed"), expanding=True, literal_execute=True)),
        Mention.key.is_not(None),
        is_shown,
    )
