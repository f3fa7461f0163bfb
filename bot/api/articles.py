"""Articles: the newest, one, and those that a search finds."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from bot.api import shapes
from bot.api.asked import Cursor, Filtered, ListedArticles, OneArticle, Searched, Text
from bot.api.making import article_fields, article_shapes, mention_shape
from bot.api.problems import not_there
from digests import published
from feeds.dates import VIETNAM
from feeds.filters import Meaning, outlet_named, understand
from feeds.positions import first_position
from feeds.query import Filter, Query, parse_query
from feeds.search import listed, search
from feeds.tokens import mark

MOST_MENTIONS = 500
_END = 1 << 62


def list_articles(session: Session, asked: ListedArticles, now: datetime) -> shapes.ArticlePage:
    before = asked.begins.before
    query = query_of(session, asked)
    if query.is_specific:
        ids = published.articles_at(session, listed(session, query, asked.limit + 1, before))
    else:
        first = first_position(asked.since.toordinal()) if asked.since else 0
        end = first_position(asked.until.toordinal() + 1) if asked.until else _END
        ids = published.newest_articles(session, asked.limit + 1, first, end if before is None else min(before, end))
    rows = published.articles(session, ids)
    shown = [rows[i] for i in ids[: asked.limit] if i in rows]
    mentions = published.mentions_of(session, [row.id for row in shown])
    more = len(ids) > asked.limit and shown
    return shapes.ArticlePage(
        items=[shapes.Article(**article_fields(row, mentions[row.id])) for row in shown],
        next=str(Cursor(shown[-1].position)) if more else None,
    )


def one_article(session: Session, asked: OneArticle, now: datetime) -> shapes.ArticleInFull:
    row = published.public_article(session, asked.id)
    if row is None:
        raise not_there(f"there is no article {asked.id}")
    mentions = published.mentions_of(session, [asked.id], MOST_MENTIONS)[asked.id]
    shown = [mention_shape(one, row.published_at) for one in mentions]
    return shapes.ArticleInFull(**article_fields(row, mentions), mentions=shown)


def found_articles(session: Session, asked: Searched, now: datetime) -> shapes.FoundPage:
    query = parse_query(asked.q, now.astimezone(VIETNAM).date())
    before, skip = asked.begins
    page = search(session, query, asked.limit, before, skip=skip)
    articles = article_shapes(session, [hit.article_id for hit in page.hits])
    following: Cursor | None = None
    if skip + asked.limit < page.total and page.newest is not None:
        # What comes in meanwhile is above this page, and shifts none of what follows.
        following = Cursor(page.newest + 1 if before is None else before, skip + asked.limit)
    elif page.is_more:
        following = Cursor(page.oldest)
    return shapes.FoundPage(
        items=[
            shapes.FoundArticle(**dict(articles[hit.article_id]), passage=hit.passage.text, as_typed=hit.as_typed)
            for hit in page.hits
            if hit.article_id in articles
        ],
        next=str(following) if following else None,
        is_cut=query.is_cut,
        unclear=[f"{one.name}:{one.value}" for one in query.unclear],
    )


def query_of(session: Session, asked: Filtered) -> Query:
    """The filters that are asked for."""
    return Query("", filters=(*_filters(session, asked), *_days(asked)))


def _filters(session: Session, asked: Filtered) -> Iterator[Filter]:
    if asked.topic:
        yield _filter("topic", asked.topic, Meaning((mark("topic", asked.topic),), (asked.topic,)))
    if asked.place:
        yield _filter("place", asked.place, understand("place", asked.place))
    if asked.outlet:
        yield _filter("outlet", asked.outlet, understand("from", asked.outlet) or outlet_named(asked.outlet))
    if asked.document:
        yield _filter("document", asked.document, _cited(session, asked.document))


def _days(asked: Filtered) -> Iterator[Filter]:
    if asked.since:
        yield Filter("since", "", Meaning(since=asked.since), 0, 0)
    if asked.until:
        yield Filter("until", "", Meaning(until=asked.until), 0, 0)


def _filter(name: str, value: Text, meaning: Meaning | None) -> Filter:
    if meaning is None:
        raise not_there(f"no {name} that we know is called so", name)
    return Filter("doc" if name == "document" else name, value, meaning, 0, 0)


def _cited(session: Session, value: Text) -> Meaning | None:
    """A document by its token or id; else what a number means."""
    document_id = published.document_called(session, value)
    if document_id and not document_id.endswith("#?"):
        return Meaning((mark("doc", document_id),), (document_id,))
    return understand("doc", (document_id or value).removesuffix("#?"))
