"""Keeps what dossiers show in step with what is stored: document_article, document_event, document_day
and document_total.

::

    articles read anew, or told by another story --> their rows, the events of their stories, the days of both, the sums

All is counted anew from rows, not added up: so it cannot drift, and what is done twice changes nothing. Which articles
wait says `Article.charted`; whoever reads an article's mentions anew, or gives it another story, sets that to false.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from digests.admins import claim_chore, is_due
from digests.chips import telling
from digests.dossier_models import DocumentArticle, DocumentDay, DocumentEvent, DocumentTotal
from digests.happenings import EVENT_COLUMNS, NOT_ITS_OWN, TOLD_STAGES, Event, events_from
from digests.models import StoryArticle
from digests.views import states_identity, told_identity
from feeds.database import Database, chunks
from feeds.documents import keys_of, load_catalogue
from feeds.models import Article, Document, Mention
from feeds.positions import first_position, vietnamese_day
from feeds.store import take_turn

BATCH = 75  # a tenth of a second among a million articles, for which nobody else writes
_CHORE = "totals"
_YEAR = r",? (?:năm |\()((?:19|20)\d\d)(?!\d)"
_COLUMNS: tuple[Any, ...] = (
    Mention.id, Mention.article_id, Mention.position, Mention.key, Mention.document_id, Mention.status, Mention.rule,
    Mention.stage, Mention.candidates, Mention.term, Mention.term_derived, Mention.year, Mention.issued_on, Mention.raw,
    Mention.quote, Mention.province, (Mention.start < func.length(Article.title)).label("in_title"), Article.outlet,
    Article.places, Article.province.label("home"), StoryArticle.story_id,
)  # fmt: skip
_Place = tuple[str, int]
"""A document, or number, and a position in its list."""


def chart_waiting(database: Database, batches: int | None = None) -> int:
    """Charts what waits, the newest first, `BATCH` articles a transaction, and at most so many; returns how many.

    Takes the write lock only where something waits.
    """
    charted = done = 0
    while batches is None or done < batches:
        with database.reading() as session:
            if not waits(session):
                break
        with database.session() as session:
            charted += chart_some(session)
        done += 1
    return charted


def recount_totals(database: Database, now: datetime) -> int:
    """Sums up anew, once an hour, what an older release counted beside this one, which knows no totals; returns how
    many documents."""
    if not is_due(database, _CHORE, now):
        return 0
    with database.session() as session:
        if not claim_chore(session, _CHORE, now, now + timedelta(hours=1), first_due=now):
            return 0
    with database.reading() as session:  # of all days: nobody who writes waits for that
        total, sums = DocumentTotal, _SUMS.subquery()
        same = (sums.c[name] == getattr(total, name) for name in ("document_id", *_COUNTED))
        untold = session.scalars(select(sums.c.document_id).where(not_(exists().where(*same)))).all()
        is_left = not_(exists().where(DocumentDay.document_id == total.document_id))
        wrong = {*untold, *session.scalars(select(total.document_id).where(is_left))}
    if wrong:
        with database.session() as session:
            take_turn(session)
            _write_totals(session, wrong)
    return len(wrong)


def chart_some(session: Session, limit: int = BATCH) -> int:
    """Charts the newest articles that wait, at most `limit`; returns how many."""
    take_turn(session)
    ids = session.scalars(select(Article.id).where(_WAITS).order_by(Article.position.desc()).limit(limit)).all()
    chart(session, ids)
    return len(ids)


def waits(session: Session, more_than: int = 0) -> bool:
    """Whether more articles than so many wait for being charted."""
    return session.connection().scalar(WAITING, {"more_than": more_than}) is not None


def retold(session: Session, article_ids: Collection[int]) -> None:
    """These articles have another story: those with mentions wait for being charted."""
    cites = exists().where(Mention.article_id == Article.id)
    for some in chunks(article_ids):
        session.execute(update(Article).where(Article.id.in_(some), Article.charted, cites).values(charted=False))


def chart(session: Session, article_ids: Collection[int]) -> None:
    """Makes the rows of these articles, the events of their stories and the counts of their days what they should be.

    Who asks has taken the writers' turn (feeds.store.take_turn).
    """
    if session.get_bind().dialect.name == "postgresql":
        # Some documents are cited a thousand times as often as most: a plan for any of them reads all of theirs.
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    cited = list(_rows(session, article_ids))
    places = [(row["document_id"], row["position"]) for row in cited]
    own = DocumentArticle
    # A position that one article has left may be another's before the first is charted anew.
    taken: list[ColumnElement[bool]] = [own.article_id.in_(some) for some in chunks(article_ids)]
    for placed in chunks(places, 400):
        ids, positions = {document_id for document_id, _ in placed}, {position for _, position in placed}
        # Not as pairs, for which SQLite reads the whole table: whatever else is found at these positions has left.
        taken.append(and_(own.document_id.in_(ids), own.position.in_(positions)))
    before: set[tuple[str, int, int]] = set()
    for one in taken:
        rows = session.execute(select(own.document_id, own.position, own.story_id).where(one))
        before.update((row.document_id, row.position, row.story_id) for row in rows)
    told = {(document_id, story) for document_id, _, story in before}
    told |= {(row["document_id"], row["story_id"]) for row in cited}
    moved = {*places, *((document_id, position) for document_id, position, _ in before), *_beginnings(session, told)}
    for one in taken:
        session.execute(delete(own).where(one))
    if cited:
        session.execute(insert(own), cited)
    _write_events(session, {story for _, story in told} | {-article_id for article_id in article_ids})
    moved |= _beginnings(session, told)
    for document_id, day in {(document_id, vietnamese_day(position)) for document_id, position in moved}:
        _write_day(session, document_id, day)
    _write_totals(session, {document_id for document_id, _ in moved})
    for some in chunks(article_ids):
        session.execute(update(Article).where(Article.id.in_(some)).values(charted=True))


_WAITS: ColumnElement[bool] = not_(Article.charted)
WAITING = select(Article.id).where(_WAITS).order_by(Article.position.desc()).offset(bindparam("more_than")).limit(1)


def _rows(session: Session, article_ids: Collection[int]) -> Iterator[dict[str, Any]]:
    """What is to be kept of these articles: of each and every document or number it cites, the most telling mention."""
    query = (
        select(*_COLUMNS)
        .join(Article, Article.id == Mention.article_id)
        .outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Mention.key.is_not(None), NOT_ITS_OWN)
        .order_by(Mention.position.desc(), Mention.ordinal)
    )
    rows = [row for some in chunks(article_ids) for row in session.execute(query.where(Article.id.in_(some)))]
    known = _identities(session, {row.key for row in rows if row.document_id is None and not row.candidates})
    best: dict[tuple[str, int], Row[Any]] = {}
    for row in rows:
        for document_id in _meant(row, known.get(row.key, ())):
            other = best.get((document_id, row.article_id))
            if other is None or _telling(row) < _telling(other):
                best[document_id, row.article_id] = row
    for (document_id, article_id), row in best.items():
        yield {
            "document_id": document_id,
            "position": row.position,
            "article_id": article_id,
            "mention_id": row.id,
            "story_id": row.story_id or -article_id,
            "is_sure": row.status == "resolved" or "#" not in document_id,
            "stage": row.stage,
            "place": row.province or (row.places[0] if row.places else row.home) or "",
            "outlet": row.outlet,
        }


def _telling(row: Row[Any]) -> tuple[int, bool, bool]:
    return telling(row.status, row.stage, row.in_title)


def _identities(session: Session, keys: Collection[str]) -> Mapping[str, set[str]]:
    """The identities that each of these numbers is known to have, here or in the catalogue."""
    found = {key: {document.id for document in load_catalogue().with_key(key)} for key in keys}
    for some in chunks(keys):
        for row in session.execute(select(Document.key, Document.id).where(Document.key.in_(some))):
            if not row.id.endswith("#?"):
                found[row.key].add(row.id)
    return found


def _meant(row: Row[Any], known: Iterable[str]) -> Iterator[str]:
    """The number of a mention, also without its place, and the documents that it is, or may be, of."""
    yield row.key
    if "@" in row.key:
        yield row.key.partition("@")[0]
    possible = [row.document_id] if row.document_id else row.candidates or known
    yield from (document_id for document_id in set(possible) if _may_mean(row, document_id))


def _may_mean(row: Row[Any], document_id: str) -> bool:
    """Whether a mention may be of the document: not if it was read otherwise, or contradicts it."""
    if row.document_id or row.status == "withdrawn":
        return bool(row.document_id == document_id)
    told = told_identity(document_id, row) or _year_beside(document_id, row)
    if told is not None and not document_id.endswith(("#?", f"#{told}")):
        return False
    document = load_catalogue().get(document_id)
    if row.rule == "contradiction":  # it is none of the catalogue's; what else it is only its own words can say
        return states_identity(document_id, row) and document is None
    if not row.candidates:
        return bool(row.key == document_id.rpartition("#")[0])
    return document is None or row.key.casefold() in {key.casefold() for key in keys_of(document)}


def _year_beside(document_id: str, row: Row[Any]) -> str | None:
    """The year that the text puts behind the number ("Chỉ thị 14/CT-TTg năm 2018"), where the document's has none.

    It may be the year of what is done with it, so it speaks against a document but never for one.
    """
    if not document_id.rpartition("#")[2].isdecimal():
        return None
    match = re.search(re.escape(row.raw) + _YEAR, row.quote)
    return match and match[1]


def _beginnings(session: Session, told: Collection[tuple[str, int]]) -> set[_Place]:
    """Where stories begin to tell of documents."""
    own = DocumentArticle
    query = select(own.document_id, own.story_id, func.min(own.position)).where(own.is_sure)
    query = query.group_by(own.document_id, own.story_id)
    wanted = set(told)
    found: set[_Place] = set()
    for some in chunks(wanted, 400):
        # 0 is no story: looking for one alone, SQLite would go through all that cites the document.
        ids, stories = {document_id for document_id, _ in some}, {0, *(story for _, story in some)}
        rows = session.execute(query.where(own.document_id.in_(ids), own.story_id.in_(stories)))
        found |= {(row[0], row[2]) for row in rows if (row[0], row[1]) in wanted}
    return found


def _write_events(session: Session, stories: Collection[int]) -> None:
    events: list[Event] = []
    for some in chunks(stories):
        session.execute(delete(DocumentEvent).where(DocumentEvent.story_id.in_(some)))
        inside = select(StoryArticle.article_id).where(StoryArticle.story_id.in_(some))
        # Whoever has a story by now is told of with that.
        has_story = exists().where(StoryArticle.article_id == Article.id)
        alone = select(Article.id).where(Article.id.in_([-story for story in some if story < 0]), not_(has_story))
        query = (
            select(*EVENT_COLUMNS)
            .join(Article, Article.id == Mention.article_id)
            .outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
            .where(Mention.status == "resolved", Mention.stage.in_(TOLD_STAGES), NOT_ITS_OWN)
            # One list of both: of either or the other PostgreSQL reads the whole table.
            .where(Mention.article_id.in_(inside.union_all(alone)))
        )
        events += events_from(session.execute(query.order_by(Mention.position, Mention.ordinal)).all())
    if events:
        session.execute(insert(DocumentEvent), [_event_row(event) for event in events])


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "document_id": event.document_id,
        "position": event.position,
        "mention_id": event.mention_id,
        "article_id": event.article_id,
        "story_id": event.story_id or -event.article_id,
        "stage": event.stage,
        "years": event.years,
        "who": f"{event.who.kind}:{event.who.name}" if event.who else "",
        "named": event.who.named if event.who else "",
        "ground": event.who.ground if event.who else "",
        "outlets": event.outlets,
        "issued_on": event.issued_on,
    }


def _write_day(session: Session, document_id: str, day: int) -> None:
    session.execute(delete(DocumentDay).where(DocumentDay.document_id == document_id, DocumentDay.day == day))
    own, first = DocumentArticle, first_position(day)
    of_day = own.document_id == document_id, own.position >= first, own.position < first_position(day + 1)
    rows = session.execute(select(own.is_sure, own.story_id).where(*of_day)).all()
    if rows:
        # Not by a subquery for each row, for which SQLite reads all that cites the document.
        told = _beginnings(session, {(document_id, row.story_id) for row in rows if row.is_sure})
        counts = {
            "articles": len(rows),
            "unsure": sum(not row.is_sure for row in rows),
            "stories": sum(position >= first for _, position in told),
        }
        session.execute(insert(DocumentDay), [{"document_id": document_id, "day": day, **counts}])


def _write_totals(session: Session, document_ids: Collection[str]) -> None:
    for some in chunks(document_ids):
        session.execute(delete(DocumentTotal).where(DocumentTotal.document_id.in_(some)))
        of_some = _SUMS.where(DocumentDay.document_id.in_(some))
        session.execute(insert(DocumentTotal).from_select(["document_id", *_COUNTED], of_some))


_COUNTED = ("articles", "unsure", "stories")
_SUMS = select(
    DocumentDay.document_id, *(func.sum(getattr(DocumentDay, name)).label(name) for name in _COUNTED)
).group_by(DocumentDay.document_id)
