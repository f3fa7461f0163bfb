"""From chosen articles to a digest as a value: stories, sections, documents, coverage."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from digests.choose import choose_new, choose_period, dated_in, not_older, oldest_news
from digests.cluster import fold_stories
from digests.models import Digest, StoryArticle
from digests.rank import ranked
from digests.subscribers import Reader
from digests.summarise import summarise
from digests.views import ArticleView, Coverage, DigestView, DocumentChip, Section, StoryView
from feeds.classify import topics as all_topics
from feeds.documents import load_catalogue
from feeds.models import Article, Feed, Mention
from feeds.store import document_token

MAX_STORIES = 25
MAX_CHIPS = 6
_CERTAIN_FIRST = {"resolved": 0, "presumed": 1, "ambiguous": 2, "unknown": 3}


def compose_due(session: Session, digest: Digest, reader: Reader) -> DigestView:
    """The digest of a subscriber for its window."""
    fold_stories(session)
    articles = choose_new(
        session,
        chat_id=digest.chat_id,
        window_start=digest.window_start,
        window_end=digest.window_end,
        is_first=digest.is_first,
        topics=reader.topics,
    )
    read = and_(
        Article.origin == "poll",
        Article.first_seen_at > digest.window_start,
        Article.first_seen_at <= digest.window_end,
        not_older(oldest_news(digest.window_start, is_first=digest.is_first)),
    )
    return _compose(
        session, articles, read, reader.language, reader.timezone, digest.window_start, digest.window_end,
        reader.topics, next_due_at=reader.next_due_at,
    )  # fmt: skip


def compose_period(
    session: Session,
    now: datetime,
    hours: int,
    *,
    language: str,
    timezone: str,
    topics: Collection[str] = (),
    next_due_at: datetime | None = None,
) -> DigestView:
    """The digest of the last `hours` hours for whoever asks: imported articles included, nothing recorded."""
    fold_stories(session)
    # 200,000 hours are asked for in earnest; anything before the year 1 is not.
    start = now - min(timedelta(hours=hours), now - datetime.min.replace(tzinfo=now.tzinfo) - timedelta(days=2))
    articles = choose_period(session, start=start, end=now, topics=topics)
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
    shown = stories[:MAX_STORIES]
    return DigestView(
        language=language,
        timezone=timezone,
        window_start=start,
        window_end=end,
        sections=tuple(_sections(shown)),
        coverage=_coverage(session, read),
        held_back=len(stories) - len(shown),
        next_due_at=next_due_at,
    )


def _stories(session: Session, articles: Sequence[Article], topics: Collection[str]) -> list[StoryView]:
    ids = [article.id for article in articles]
    story_of: dict[int, int] = {}
    for some in _chunks(ids):
        query = select(StoryArticle.article_id, StoryArticle.story_id).where(StoryArticle.article_id.in_(some))
        story_of.update((row.article_id, row.story_id) for row in session.execute(query))
    groups: dict[int, list[Article]] = {}
    for article in articles:
        groups.setdefault(story_of[article.id], []).append(article)
    mentions = _mentions(session, ids)
    return [
        _story(session, story_id, group, [m for article in group for m in mentions.get(article.id, ())], topics)
        for story_id, group in groups.items()
    ]


def _story(
    session: Session, story_id: int, group: list[Article], mentions: list[Mention], topics: Collection[str]
) -> StoryView:
    """The fullest report heads the story; the others follow, newest first."""
    head = max(group, key=lambda a: (not a.title_is_ours, bool(a.lead), min(len(a.text), 4000), a.position))
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
        summary=summarise(head.title, head.lead, head.text),
        documents=_chips(session, mentions),
    )


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


def _chips(session: Session, mentions: Iterable[Mention]) -> tuple[DocumentChip, ...]:
    """One chip a document, surest readings first; a stage that says something beats a bare mention."""
    best: dict[str, Mention] = {}
    for mention in sorted(mentions, key=lambda m: (_CERTAIN_FIRST.get(m.status, 4), m.stage == "mentioned", m.ordinal)):
        if mention.key:
            best.setdefault(mention.document_id or f"{mention.key}#?", mention)
    certain = {mention.key for mention in best.values() if mention.document_id}
    chips = []
    for document_id, mention in best.items():
        if not mention.document_id and mention.key in certain and mention.rule != "contradiction":
            continue
        document = load_catalogue().get(document_id)
        chips.append(
            DocumentChip(
                document_id=document_id,
                key=mention.key or "",
                token=document_token(session, document_id),
                name=document.title or "" if document else "",
                issuer=mention.issuer,
                term=document_id.rpartition("#")[2] if mention.document_id else None,
                status=mention.status or "unknown",
                stage=mention.stage,
                stage_years=mention.stage_years,
            )
        )
    return tuple(chips[:MAX_CHIPS])


def _mentions(session: Session, article_ids: Sequence[int]) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = {}
    for some in _chunks(article_ids):
        query = select(Mention).where(Mention.article_id.in_(some)).order_by(Mention.article_id, Mention.ordinal)
        for mention in session.scalars(query):
            found.setdefault(mention.article_id, []).append(mention)
    return found


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """A query takes only so many variables."""
    return (ids[start : start + 5000] for start in range(0, len(ids), 5000))


def _sections(stories: Sequence[StoryView]) -> Iterable[Section]:
    for topic in all_topics():
        inside = tuple(story for story in stories if story.topic == topic.code)
        if inside:
            yield Section(topic.code, inside)


def _coverage(session: Session, read: ColumnElement[bool]) -> Coverage:
    """What was read: the articles for which the condition `read` holds, whatever was made of them."""
    articles, outlets = session.execute(
        select(func.count(), func.count(Article.outlet.distinct())).select_from(Article).where(read)
    ).one()
    kept = session.scalar(select(func.count()).select_from(Article).where(read, Article.state == "kept"))
    failed = session.scalars(
        select(Feed.outlet).where(Feed.enabled, Feed.failures > 0).distinct().order_by(Feed.outlet)
    ).all()
    return Coverage(articles, outlets, kept or 0, tuple(failed))
