"""Takes an article out of a story that it was folded into wrongly, and back.

The article leaves with everything that repeats its text, for a story of its own; folding only ever places what has no
story, so it does not come back by itself. A chat that was shown this report in the old story counts as told of the new
one; `digests.corrections` says to it that this is another event.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, load_only

from digests.chart import retold
from digests.models import SentStory, Story, StoryArticle
from feeds.models import Article
from feeds.store import take_turn

MOST = 20
"""Other reports of a story that are told; more are never offered."""


def story_of(session: Session, article_id: int) -> int | None:
    """The story that an article tells; None where it was not folded yet."""
    return session.scalar(select(StoryArticle.story_id).where(StoryArticle.article_id == article_id))


def other_reports(session: Session, article_id: int) -> Sequence[Article]:
    """The reports of the article's story that do not repeat its text, oldest first: outlet and title."""
    text_id = func.coalesce(Article.original_id, Article.id)
    own = select(text_id).where(Article.id == article_id).scalar_subquery()
    others = select(Article).join(StoryArticle, StoryArticle.article_id == Article.id).where(text_id != own)
    of_story = others.where(StoryArticle.story_id == story_of(session, article_id)).order_by(Article.position)
    return session.scalars(of_story.options(load_only(Article.outlet, Article.title)).limit(MOST)).all()


def split(session: Session, article_id: int, now: datetime) -> int | None:
    """Gives the article and those that repeat its text a story of their own; returns it.

    None, and nothing is done, where its story has no other report.
    """
    take_turn(session)
    old_id = story_of(session, article_id)
    if old_id is None or not other_reports(session, article_id):
        return None
    old = session.get_one(Story, old_id)
    new = Story(created_at=now)
    session.add(new)
    session.flush()
    old.split_at = now
    _move(session, article_id, old_id, new.id)
    moved = set(_repeating(session, article_id))
    for told in session.scalars(select(SentStory).where(SentStory.story_id == old_id)).all():
        if moved.intersection(told.shown.get("reports", ())):
            _count_as_told(session, told, new.id)
    return new.id


def rejoin(session: Session, article_id: int, story_id: int) -> bool:
    """Takes a split back: the article and those that repeat its text tell the story `story_id` again.

    The story of its own stays, for what joined it meanwhile.
    """
    take_turn(session)
    own_id = story_of(session, article_id)
    story = session.get(Story, story_id)
    if own_id is None or story is None or own_id == story_id:
        return False
    _move(session, article_id, own_id, story_id)
    known = select(SentStory.chat_id).where(SentStory.story_id == story_id)
    for told in session.scalars(
        select(SentStory).where(SentStory.story_id == own_id, SentStory.chat_id.not_in(known))
    ).all():
        _count_as_told(session, told, story_id)
    return True


def _count_as_told(session: Session, told: SentStory, story_id: int) -> None:
    """What told a chat of one story told it of `story_id` too."""
    session.add(
        SentStory(chat_id=told.chat_id, story_id=story_id, digest_id=told.digest_id, at=told.at, part=told.part)
    )


def _move(session: Session, article_id: int, from_id: int, to_id: int) -> None:
    repeating = _repeating(session, article_id)
    session.execute(
        update(StoryArticle)
        .where(StoryArticle.article_id.in_(repeating), StoryArticle.story_id == from_id)
        .values(story_id=to_id, placement=_next_placement(session))
    )
    retold(session, repeating)


def _repeating(session: Session, article_id: int) -> Sequence[int]:
    """The articles of one text with `article_id`, which is among them."""
    article = session.get_one(Article, article_id)
    text_id = article.original_id or article.id
    same = or_(Article.id == text_id, Article.original_id == text_id)
    return session.scalars(select(Article.id).where(same)).all()


def _next_placement(session: Session) -> int:
    return (session.scalar(select(func.max(StoryArticle.placement))) or 0) + 1
