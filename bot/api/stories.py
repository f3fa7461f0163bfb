"""Stories: the newest, and one with its reports."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.api import shapes
from bot.api.articles import query_of
from bot.api.asked import Cursor, ListedStories, OneStory
from bot.api.making import article_shapes, story_fields
from bot.api.problems import not_there
from digests import published
from digests.candidates import head_of


def list_stories(session: Session, asked: ListedStories, now: datetime) -> shapes.StoryPage:
    before, query = asked.begins.before, query_of(session, asked)
    following: int | None
    if query.is_empty:
        ids = published.newest_stories(session, asked.limit + 1, before)
        shown = ids[: asked.limit]
        following = shown[-1] if len(ids) > asked.limit else None
    else:
        placed, following = published.stories_having(session, query, asked.limit + 1, before)
        shown = [story_id for story_id, _ in placed[: asked.limit]]
        if len(placed) > asked.limit:
            following = placed[asked.limit - 1][1]
    told = published.stories(session, shown, now)
    heads = [head_of(candidate.reports).view.article_id for candidate in told.values()]
    articles = article_shapes(session, heads)
    return shapes.StoryPage(
        items=[shapes.Story(**story_fields(told[i], articles)) for i in shown if i in told],
        next=None if following is None else str(Cursor(following)),
    )


def one_story(session: Session, asked: OneStory, now: datetime) -> shapes.StoryInFull:
    row = published.story_row(session, asked.id)
    told = published.stories(session, [asked.id], now).get(asked.id)
    if row is None or told is None:
        raise not_there(f"there is no story {asked.id}")
    articles = article_shapes(session, [report.view.article_id for report in told.reports])
    return shapes.StoryInFull(
        **story_fields(told, articles),
        created=row.created_at,
        continues=row.continues_id,
        articles=[articles[report.view.article_id] for report in told.reports],
    )
