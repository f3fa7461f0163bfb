"""From chosen articles to a digest as a value: stories, sections, documents, coverage."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, load_only

from digests.choose import choose_new, choose_period, dated_in, not_older, oldest_news
from digests.cluster import fold_stories
from digests.models import Digest, StoryArticle
from digests.rank import ranked
from digests.subscribers import Reader
from digests.summarise import summarise
from digests.views import (
    ArticleView,
    Coverage,
    DigestView,
    DocumentChip,
    Section,
    StoryView,
    shown_documents,
    states_identity,
)
from feeds.classify import topics as all_topics
from feeds.models import Article, Feed, Mention
from feeds.store import document_tokens, ensure_documents

MAX_STORIES = 25
MAX_CHIPS = 6
_OPENING = 4000  # characters; a summary is much shorter
_CHIPPED = (
    Mention.article_id,
    Mention.ordinal,
    Mention.key,
    Mention.document_id,
    Mention.status,
    Mention.rule,
    Mention.issuer,
    Mention.stage,
    Mention.stage_years,
    Mention.term,
    Mention.term_derived,
    Mention.year,
    Mention.issued_on,
)
_CERTAIN_FIRST = {"resolved": 0, "presumed": 1, "ambiguous": 2, "unknown": 3}


def compose_due(session: Session, digest: Digest, reader: Reader) -> DigestView:
    """The digest of a subscriber for its window; its documents are given their rows."""
    fold_stories(session)
    articles = choose_new(
        session,
        chat_id=digest.chat_id,
        window_start=digest.window_start,
        window_end=digest.window_end,
        is_first=digest.is_first,
        topics=reader.topics,
        volume=reader.volume,
    )
    read = and_(
        Article.origin == "poll",
        Article.first_seen_at > digest.window_start,
        Article.first_seen_at <= digest.window_end,
        not_older(oldest_news(digest.window_start, is_first=digest.is_first)),
    )
    view = _compose(
        session, articles, read, reader.language, reader.timezone, digest.window_start, digest.window_end,
        reader.topics, next_due_at=reader.next_due_at,
    )  # fmt: skip
    ensure_documents(session, shown_documents(view))
    return view


def compose_period(
    session: Session,
    now: datetime,
    hours: int,
    *,
    language: str,
    timezone: str,
    topics: Collection[str] = (),
    volume: int = 0,
    next_due_at: datetime | None = None,
) -> DigestView:
    """The digest of the last `hours` hours for whoever asks: imported articles included.

    Only reads: `fold_stories` goes before, and `ensure_documents` after, for the documents that are shown.
    """
    # 200,000 hours are asked for in earnest; anything before the year 1 is not.
    start = now - min(timedelta(hours=hours), now - datetime.min.replace(tzinfo=now.tzinfo) - timedelta(days=2))
    articles = choose_period(session, start=start, end=now, topics=topics, volume=volume)
    read = dated_in(start, now)
    return _compose(session, articles, read, language, timezone, start, now, topics, next_due_at=next_due_at)


def _compose(
    session: Session,
    articles: Sequence[Article],
    read: ColumnElement[bool],
    language: str,
    timezone: str,
    start: datetime,
    end: datetime,
    topics: Collection[str],
    *,
    next_due_at: datetime | None,
) -> DigestView:
    stories = ranked(_stories(session, articles, topics))
    shown = _finished(session, stories[:MAX_STORIES], {article.id: article.lead for article in articles})
    return DigestView(
        language=language,
        timezone=timezone,
        window_start=start,
        window_end=end,
        sections=tuple(_sections(shown)),
        coverage=_coverage(session, read),
        held_back=tuple(story.story_id for story in stories[MAX_STORIES:]),
        next_due_at=next_due_at,
    )


def _stories(session: Session, articles: Sequence[Article], topics: Collection[str]) -> list[StoryView]:
    """The stories as far as ranking looks at them; `_finished` adds what is shown of the first."""
    ids = [article.id for article in articles]
    story_of: dict[int, int] = {}
    lengths: dict[int, int] = {}
    for some in _chunks(ids):
        placed = select(StoryArticle.article_id, StoryArticle.story_id).where(StoryArticle.article_id.in_(some))
        story_of.update((row.article_id, row.story_id) for row in session.execute(placed))
        sizes = select(Article.id, func.length(Article.text).label("length")).where(Article.id.in_(some))
        lengths.update((row.id, row.length) for row in session.execute(sizes))
    groups: dict[int, list[Article]] = {}
    for article in articles:
        # Kept by another process since stories were folded, it is a story of its own.
        groups.setdefault(story_of.get(article.id, -article.id), []).append(article)
    mentions = _mentions(session, ids)
    return [
        _story(story_id, group, lengths, [m for article in group for m in mentions.get(article.id, ())], topics)
        for story_id, group in groups.items()
    ]


def _story(
    story_id: int,
    group: list[Article],
    lengths: Mapping[int, int],
    mentions: list[Mention],
    topics: Collection[str],
) -> StoryView:
    """The fullest report heads the story, but none that repeats another; the others follow, newest first."""
    fullness = {a.id: (not a.title_is_ours, bool(a.lead), min(lengths[a.id], 4000), a.position) for a in group}
    chosen = fullness.keys()
    head = max(group, key=lambda a: (a.original_id not in chosen, *fullness[a.id]))
    others = [article for article in group if article is not head]
    known = {topic.code for topic in all_topics()}
    own = [topic for topic in head.topics if topic in known]
    wanted = [topic for topic in own if not topics or topic in topics]
    return StoryView(
        story_id=story_id,
        topic=(wanted or own or ["other"])[0],
        score=head.score or 0.0,
        head=view_article(head),
        others=tuple(view_article(article) for article in others),
        summary=(),
        documents=_chips(mentions),
    )


def _finished(session: Session, stories: Sequence[StoryView], leads: Mapping[int, str]) -> Sequence[StoryView]:
    """The stories that are shown, with their summaries and the tokens of their documents."""
    heads = [story.head.article_id for story in stories]
    opening = select(Article.id, func.substr(Article.text, 1, _OPENING).label("opening")).where(Article.id.in_(heads))
    openings = {row.id: row.opening for row in session.execute(opening)}
    tokens = document_tokens(session, {chip.document_id for story in stories for chip in story.documents})
    return [
        replace(
            story,
            summary=summarise(
                story.head.title,
                leads[story.head.article_id],
                openings[story.head.article_id],
                dated=story.head.date_known,
            ),
            documents=tuple(replace(chip, token=tokens[chip.document_id]) for chip in story.documents),
        )
        for story in stories
    ]


def view_article(article: Article) -> ArticleView:
    return ArticleView(
        article_id=article.id,
        title=article.title,
        title_is_ours=article.title_is_ours,
        url=article.url,
        outlet=article.outlet,
        level=article.level,
        dated_at=article.dated_at,
        date_known=article.published_at is not None,
    )


def _chips(mentions: Iterable[Mention]) -> tuple[DocumentChip, ...]:
    """One chip a document, surest readings first; a stage that says something beats a bare mention."""
    best: dict[str, Mention] = {}
    stated: set[str] = set()
    for mention in sorted(mentions, key=lambda m: (_CERTAIN_FIRST.get(m.status, 4), m.stage == "mentioned", m.ordinal)):
        if mention.key:
            document_id = mention.document_id or f"{mention.key}#?"
            best.setdefault(document_id, mention)
            if states_identity(document_id, mention):
                stated.add(document_id)
    certain = {mention.key for mention in best.values() if mention.status == "resolved"}
    chips = [
        DocumentChip(
            document_id=document_id,
            key=mention.key or "",
            token="",
            issuer=mention.issuer,
            status=mention.status or "unknown",
            stage=mention.stage,
            stage_years=mention.stage_years,
            is_stated=document_id in stated,
        )
        for document_id, mention in best.items()
        if mention.document_id or mention.key not in certain or mention.rule == "contradiction"
    ]
    return tuple(chips[:MAX_CHIPS])


def _mentions(session: Session, article_ids: Sequence[int]) -> dict[int, list[Mention]]:
    """What a chip is made of, by article."""
    columns = load_only(*_CHIPPED, raiseload=True)
    found: dict[int, list[Mention]] = {}
    for some in _chunks(article_ids):
        query = select(Mention).where(Mention.article_id.in_(some)).order_by(Mention.article_id, Mention.ordinal)
        for mention in session.scalars(query.options(columns)):
            found.setdefault(mention.article_id, []).append(mention)
    return found


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """A query takes only so many variables."""
    return (ids[start : start + 5000] for start in range(0, len(ids), 5000))


def _sections(stories: Sequence[StoryView]) -> Iterable[Section]:
    for topic in all_topics():
        inside = tuple(story for story in stories if story.topic == topic.code)
        if inside:
            yield Section("topic", topic.code, inside)


def _coverage(session: Session, read: ColumnElement[bool]) -> Coverage:
    """What was read: the articles for which the condition `read` holds, whatever was made of them."""
    kept_ones = func.count(case((Article.state == "kept", 1)))
    articles, outlets, kept = session.execute(
        select(func.count(), func.count(Article.outlet.distinct()), kept_ones).select_from(Article).where(read)
    ).one()
    failed = session.scalars(
        select(Feed.outlet).where(Feed.enabled, Feed.failures > 0).distinct().order_by(Feed.outlet)
    ).all()
    return Coverage(articles, outlets, kept, tuple(failed))
