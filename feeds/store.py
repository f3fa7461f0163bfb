"""Queries and writes on what was published. Each function works inside the session it is given."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, not_, or_, select, text, union_all, update
from sqlalchemy.orm import Session

from feeds.analyse import Analysis, analyse
from feeds.classify import Verdict, first_reading, join_parts, rules_version
from feeds.documents import Citation
from feeds.documents.token import catalogued_id, document_token, is_token
from feeds.indexing import index_articles
from feeds.models import Article, Document, Feed, Mention
from feeds.positions import next_position, next_positions
from feeds.text import sentence_at
from feeds.vectors import keep_vector
from feeds.versions import keep_version

_reading = attrgetter("ordinal", "key", "status", "document_id", "stage", "stage_years")
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
# Any number serves, as long as nothing else in the same database takes an advisory lock by it.
_ADVISORY_KEY = 0x6469656D74696F
_STUCK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article as its feed or file gives it, before it is understood."""

    identity: str
    url: str | None
    outlet: str
    title: str
    lead: str
    text: str
    published: datetime | None
    title_is_ours: bool = False
    feed_id: int | None = None
    level: str | None = None
    province: str | None = None
    language: str = "vi"
    entry_hash: str | None = None
    origin: str = "poll"
    wants_page: bool = False
    takes_over: bool = False
    """The feed that brought it is followed no longer: this one may edit it."""


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What tells whether an entry was edited."""

    title: str
    feed_id: int | None
    entry_hash: str | None


# Articles


def take_turn(session: Session) -> None:
    """Writers of articles, documents and stories wait here for each other, until their transactions end.

    Otherwise two of them could want one position, document or story. SQLite has one writer at a time by itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        with session.no_autoflush:  # no row may be locked before
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})


def known_articles(session: Session, identities: Collection[str]) -> Mapping[str, KnownArticle]:
    """Those of `identities` that a feed has brought already; `feed_id` is None where it is followed no longer."""
    followed = case((and_(Feed.enabled, not_(Feed.paused)), Feed.id)).label("feed_id")
    query = select(Article.identity, Article.title, followed, Article.entry_hash).outerjoin(
        Feed, Article.feed_id == Feed.id
    )
    rows = session.execute(query.where(Article.identity.in_(identities), Article.origin == "poll"))
    return {row.identity: KnownArticle(row.title, row.feed_id, row.entry_hash) for row in rows}


def stored_text(session: Session, identity: str) -> tuple[str, str]:
    """(lead, text) of a stored article."""
    lead, text = session.execute(select(Article.lead, Article.text).where(Article.identity == identity)).one()
    return lead, text


@dataclass(frozen=True, slots=True)
class Saved:
    """What storing did: articles that are new, and known ones that say something else now."""

    added: Sequence[Article]
    changed: Sequence[Article]


def save_articles(session: Session, found: Iterable[tuple[NewArticle, Analysis]], now: datetime) -> Saved:
    """Stores new articles, and the new headline and lead of known ones, with what was understood.

    Of two with one identity the first counts. An imported article that a feed brings is news from then on; an import
    changes no article that a feed brought, and of several feeds of an outlet only the one that brought an article
    edits it, since their headlines may differ.
    """
    take_turn(session)
    wanted: dict[str, tuple[NewArticle, Analysis]] = {}
    for new, analysis in found:
        wanted.setdefault(new.identity, (new, analysis))
    ensure_documents(
        session, {reading.id for _, a in wanted.values() for reading in a.readings if reading and reading.id}
    )
    known = session.scalars(select(Article).where(Article.identity.in_(wanted))).all()
    changed = [article for article in known if _change(session, article, *wanted[article.identity], now)]
    for article in known:
        del wanted[article.identity]
    positions = next_positions(session, [new.published or now for new, _ in wanted.values()])
    added = [_article(*pair, position, now) for pair, position in zip(wanted.values(), positions, strict=True)]
    session.add_all(added)
    session.flush()
    for article, (_, analysis) in zip(added, wanted.values(), strict=True):
        session.add_all(_mentions(article, analysis))
        if analysis.verdict.vector:
            keep_vector(session, article, analysis.verdict)
    index_articles(session, added)
    return Saved(added, changed)


def _article(new: NewArticle, analysis: Analysis, position: int, now: datetime) -> Article:
    article = Article(
        position=position,
        identity=new.identity,
        url=new.url,
        outlet=new.outlet,
        title=new.title,
        lead=new.lead,
        text=new.text,
        first_seen_at=now,
        published_at=new.published.astimezone(UTC) if new.published else None,
        feed_id=new.feed_id,
        level=new.level,
        province=new.province,
        language=new.language,
        title_is_ours=new.title_is_ours,
        entry_hash=new.entry_hash,
        origin=new.origin,
        page_due_at=now if new.wants_page else None,
    )
    _describe(article, analysis, now)
    return article


def _change(session: Session, article: Article, new: NewArticle, analysis: Analysis, now: datetime) -> bool:
    """Whether the known article follows the new one."""
    is_of_another = article.feed_id not in (None, new.feed_id) and not new.takes_over
    if article.origin == "poll" and (new.origin == "import" or is_of_another):
        return False
    parts = new.title, new.lead, new.text or article.text
    keep_version(session, article, parts, now)
    published = new.published.astimezone(UTC) if new.published else None
    article.title, article.lead, article.text = parts
    article.title_is_ours, article.entry_hash, article.feed_id = new.title_is_ours, new.entry_hash, new.feed_id
    if article.origin == "import" and new.origin == "poll":
        article.origin, article.first_seen_at = "poll", now
        article.level, article.province, article.language = new.level, new.province, new.language
        if article.published_at is None and published is None:
            article.position = next_position(session, now)
    if article.published_at is None and published is not None:
        date_article(session, article, published)
    if new.wants_page:
        article.page_due_at, article.page_failures, article.page_read_at = now, 0, None
    if article.text_dropped and not new.text:  # what was read of it stays until its page is read
        moved = update(Mention).where(Mention.article_id == article.id, Mention.position != article.position)
        if session.execute(moved.values(position=article.position).returning(Mention.id)).all():
            article.charted = False
        index_articles(session, [article])
        return True
    if analysis.text != join_parts(*parts):  # the article has more than what the feed or file says now
        day = published_on(article.published_at)
        analysis = analyse(*parts, published=day, home_province=article.province, judge=first_reading)
    store_analysis(session, article, analysis, now)
    return True


def store_analysis(session: Session, article: Article, analysis: Analysis, now: datetime) -> bool:
    """Replaces what is known of `article` by `analysis`; its verdict becomes its state.

    True where its citations are read otherwise than before: then it is revised `now`.
    """
    take_turn(session)
    article.text_dropped = False
    _describe(article, analysis, now)
    session.flush()
    keep_vector(session, article, analysis.verdict)
    outdated = delete(Mention).where(Mention.article_id == article.id).returning(*_reading(Mention))
    before = set(map(tuple, session.execute(outdated)))
    ensure_documents(session, {reading.id for reading in analysis.readings if reading and reading.id})
    mentions = list(_mentions(article, analysis))
    session.add_all(mentions)
    article.charted = article.charted and not before
    index_articles(session, [article])
    is_revised = set(map(_reading, mentions)) != before
    if is_revised:
        article.revised_at = now
    return is_revised


def _describe(article: Article, analysis: Analysis, now: datetime) -> None:
    article.state_reason = ""
    store_verdict(article, analysis.verdict, now)
    article.places = list(analysis.places)
    article.rules_version = rules_version()
    article.own_key = analysis.own_key
    article.compared = article.announced = False
    article.charted = article.charted and not analysis.citations


def store_verdict(article: Article, verdict: Verdict, now: datetime) -> None:
    """Replaces the verdict on `article`; one that is open waits for the second reader.

    What is kept or near stays so until then: an article whose page was read must not be missing in between. What
    review has ruled out stays left out. What was near and is kept is revised: it is news to more readers.
    """
    _, semicolon, page = article.state_reason.partition(";")
    is_open = verdict.is_open and not article.ruled_out
    article.second_due_at = article.first_seen_at if is_open else None
    if not (is_open and article.state in ("kept", "near")):
        was = article.state
        article.state = "left_out" if article.ruled_out else "reading" if is_open else verdict.state
        if (was, article.state) == ("near", "kept"):
            article.revised_at, article.announced = now, False
        article.score, article.margin, article.topics = verdict.score, verdict.margin, list(verdict.topics)
        article.evidence = [
            {"start": e.start, "end": e.end, "phrase": e.phrase, "weight": round(e.weight, 3)} for e in verdict.evidence
        ]
    reason = "review" if article.ruled_out else f"score {article.score or 0:.2f}"
    article.state_reason = f"{reason}{semicolon}{page}"


def date_article(session: Session, article: Article, published: datetime) -> None:
    """Corrects the date of an article, and with it its place in every list; `store_analysis` moves its mentions."""
    take_turn(session)
    article.published_at = published.astimezone(UTC)
    article.position = next_position(session, published)


def being_read() -> ColumnElement[bool]:
    """Of articles whose page was not tried yet or whose verdict is open."""
    return or_(_open_verdict(), _untried_page())


def still_reading_since(session: Session, now: datetime) -> datetime | None:
    """When the first of the articles was seen that came within the last minutes and are being read; None without any.

    What waits for longer is stuck, and nobody waits for it.
    """
    untried = and_(_untried_page(), Article.page_due_at > now - _STUCK)
    is_open = and_(_open_verdict(), Article.first_seen_at > now - _STUCK)
    # Each by its own index.
    waiting = union_all(*(select(Article.first_seen_at).where(one) for one in (untried, is_open))).subquery()
    first: datetime | None = session.scalar(select(func.min(waiting.c.first_seen_at)))
    return first


def is_still_reading(session: Session, now: datetime) -> bool:
    """Whether some article came within the last minutes whose page was not tried yet or whose verdict is open."""
    return still_reading_since(session, now) is not None


def _open_verdict() -> ColumnElement[bool]:
    return Article.second_due_at.is_not(None)


def _untried_page() -> ColumnElement[bool]:
    return and_(Article.page_due_at.is_not(None), Article.page_failures == 0, Article.page_read_at.is_(None))


def published_on(published: datetime | None) -> date | None:
    """The Vietnamese calendar day of an instant: what "no document younger than its article" compares."""
    return published.astimezone(_VIETNAM).date() if published else None


def reading_since(session: Session) -> datetime | None:
    """When the oldest stored article was first seen: since when we have been reading."""
    return session.connection().scalar(_FIRST_SEEN)


_FIRST_SEEN = select(func.min(Article.first_seen_at)).where(Article.origin == "poll")


# Documents


def ensure_documents(session: Session, ids: Collection[str]) -> None:
    """Gives each document id its row, once."""
    if not ids or not unnamed_documents(session, ids):
        return
    take_turn(session)
    keys = {document_id: document_id.rpartition("#")[0] for document_id in sorted(unnamed_documents(session, ids))}
    session.add_all(Document(id=one, key=key, token=document_token(one)) for one, key in keys.items())
    session.flush()
    # What cites the number without saying more may mean the new one too.
    may_mean = select(Mention.article_id).where(Mention.key.in_(keys.values()), Mention.document_id.is_(None))
    session.execute(update(Article).where(Article.id.in_(may_mean), Article.charted).values(charted=False))


def unnamed_documents(session: Session, ids: Collection[str]) -> Collection[str]:
    """Those of `ids` that `ensure_documents` has still to be called for, before anybody is shown their tokens."""
    return tokens_of(session, ids)[1]


def document_tokens(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """The short names of documents for buttons and deep links; kept for ever.

    Of a document without a row, the one that `ensure_documents` will give it: so who only reads can show it, and
    name the document right after.
    """
    return tokens_of(session, ids)[0]


def tokens_of(session: Session, ids: Collection[str]) -> tuple[Mapping[str, str], Collection[str]]:
    """(`document_tokens`, `unnamed_documents`) of these ids, in one question."""
    rows = session.connection().execute(_NAMED, {"ids": list(ids)})
    stored = {row.id: row.token for row in rows}
    return {one: stored.get(one) or document_token(one) for one in ids}, set(ids) - stored.keys()


_NAMED = select(Document.id, Document.token).where(Document.id.in_(bindparam("ids", expanding=True)))


def document_of_token(session: Session, token: str) -> str | None:
    """The id behind a token, redirects followed; None for a token that was never given.

    One of the catalogue needs no row: a link to it works before anybody here was shown the document.
    """
    if not is_token(token):
        return None
    document = session.scalar(select(Document).where(Document.token == token))
    if document is None:
        return catalogued_id(token)
    seen: set[str] = set()
    while document.redirect_to and document.id not in seen:
        seen.add(document.id)
        document = session.get_one(Document, document.redirect_to)
    return document.id


def _mentions(article: Article, analysis: Analysis) -> Iterable[Mention]:
    for ordinal, (citation, reading) in enumerate(zip(analysis.citations, analysis.readings, strict=True)):
        told = _told_by_review(article, analysis, citation)
        withdrawn = told == "" or (not told and reading is not None and reading.id in article.wrong_documents)
        is_told = withdrawn or bool(told)
        mention = Mention(
            position=article.position,
            ordinal=ordinal,
            start=citation.start,
            end=citation.end,
            raw=citation.raw,
            form=citation.form,
            quote=sentence_at(analysis.text, citation.start, citation.end),
            stage=citation.stage,
            key=citation.key,
            type=citation.type,
            number=citation.number,
            issuer=citation.issuer,
            issuing_body=citation.issuing_body,
            year=citation.year,
            term=citation.term,
            term_derived=citation.term_derived,
            issued_on=citation.date,
            province=citation.province,
            title=citation.title,
            stage_years=citation.stage_years,
            antecedent=citation.antecedent,
            status="withdrawn" if withdrawn else "resolved" if told else reading.status if reading else "",
            rule="review" if is_told else reading.rule if reading else "",
            candidates=list(reading.candidates) if reading and not is_told else [],
            document_id=told or (reading.id if reading and not withdrawn else None),
        )
        mention.article_id = article.id
        yield mention


def _told_by_review(article: Article, analysis: Analysis, citation: Citation) -> str | None:
    """The document that review says this citation, or what it refers back to, means; "": none that is known."""
    named = citation if citation.antecedent is None else analysis.citations[citation.antecedent]
    return article.right_documents.get(named.key or "")
