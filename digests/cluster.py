"""Reports of one event folded into one story.

How two reports are told to be of one event (within `WINDOW` of each other):

1. Their opening words are the same (agency text under any headline): more than half of the shorter one's
   syllable pairs stand in the other, and so do most of its numbers.
2. Or their headlines are nearly the same (Jaccard of syllable pairs of at least `SAME_TITLE`) with the same
   numbers: "Thông cáo số 5" is not "Thông cáo số 7".
3. Or their headlines are alike (`LIKE_TITLE`) without contradicting numbers, and two outlets cite the same document
   and name the same place.

A wrong fold hides news, a missed one only repeats it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.models import Story, StoryArticle
from feeds.models import Article, Mention
from feeds.store import minute_position
from feeds.text import fold

WINDOW = timedelta(hours=72)
SAME_TITLE = 0.6
LIKE_TITLE = 0.3
SAME_OPENING = 0.5
SAME_NUMBERS = 0.5
_OPENING = 600  # characters
_FEW = 12  # an opening of fewer syllable pairs proves nothing
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Report:
    """What folding looks at of one article."""

    article_id: int
    outlet: str
    dated_at: datetime
    title: frozenset[tuple[str, str]]
    title_numbers: frozenset[str]
    opening: frozenset[tuple[str, str]]
    opening_numbers: frozenset[str]
    documents: frozenset[str]
    places: frozenset[str]


def make_report(article: Article, keys: Iterable[str]) -> Report:
    """The features of an article that cites `keys`."""
    opening = (article.lead + " " + article.text)[:_OPENING]
    return Report(
        article_id=article.id,
        outlet=article.outlet,
        dated_at=article.dated_at,
        title=_pairs(article.title),
        title_numbers=frozenset(_NUMBER.findall(article.title)),
        opening=_pairs(opening),
        opening_numbers=frozenset(_NUMBER.findall(opening)),
        documents=frozenset(keys),
        places=frozenset(article.places),
    )


def same_event(one: Report, other: Report) -> bool:
    """Whether two reports tell one event; symmetric."""
    if abs(one.dated_at - other.dated_at) > WINDOW:
        return False
    short, long = sorted((one, other), key=lambda report: len(report.opening))
    if len(short.opening) >= _FEW and _share(short.opening, long.opening) > SAME_OPENING:
        return _share(short.opening_numbers, long.opening_numbers) >= SAME_NUMBERS
    alike = _jaccard(one.title, other.title)
    numbers = one.title_numbers, other.title_numbers
    if alike >= SAME_TITLE and numbers[0] == numbers[1]:
        return True
    shared = one.documents & other.documents and one.places & other.places
    contradicting = all(numbers) and numbers[0].isdisjoint(numbers[1])
    return bool(shared) and alike >= LIKE_TITLE and not contradicting and one.outlet != other.outlet


def fold_stories(session: Session) -> int:
    """Gives every kept article its story, oldest first; returns how many articles were placed."""
    unplaced = session.scalars(
        select(Article)
        .join(StoryArticle, StoryArticle.article_id == Article.id, isouter=True)
        .where(Article.state == "kept", StoryArticle.article_id.is_(None))
        .order_by(Article.position)
    ).all()
    if not unplaced:
        return 0
    placed = _placed_reports(session, unplaced)
    keys = _keys(session, [article.id for article in unplaced])
    for article in unplaced:
        report = make_report(article, keys.get(article.id, ()))
        story_id = next((story for story, other in reversed(placed) if same_event(report, other)), None)
        if story_id is None:
            story = Story(created_at=article.first_seen_at)
            session.add(story)
            session.flush()
            story_id = story.id
        session.add(StoryArticle(article_id=article.id, story_id=story_id))
        placed.append((story_id, report))
    session.flush()
    return len(unplaced)


def _placed_reports(session: Session, unplaced: Sequence[Article]) -> list[tuple[int, Report]]:
    dates = [article.dated_at for article in unplaced]
    around = minute_position(min(dates) - WINDOW), minute_position(max(dates) + WINDOW)
    rows = session.execute(
        select(StoryArticle.story_id, Article)
        .join(Article, Article.id == StoryArticle.article_id)
        .where(Article.position.between(*around))
        .order_by(Article.position)
    ).all()
    keys = _keys(session, [article.id for _, article in rows])
    return [(story_id, make_report(article, keys.get(article.id, ()))) for story_id, article in rows]


def _keys(session: Session, article_ids: Sequence[int]) -> dict[int, list[str]]:
    keys: dict[int, list[str]] = {}
    for start in range(0, len(article_ids), 500):
        chunk = article_ids[start : start + 500]
        rows = session.execute(
            select(Mention.article_id, Mention.key).where(Mention.article_id.in_(chunk), Mention.key.is_not(None))
        )
        for article_id, key in rows:
            keys.setdefault(article_id, []).append(key or "")
    return keys


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    words = _WORD.findall(fold(text))
    return frozenset(pairwise(words))


def _share(part: frozenset[Any], whole: frozenset[Any]) -> float:
    """How much of `part` is in `whole`; of nothing, all is."""
    return len(part & whole) / len(part) if part else 1.0


def _jaccard(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
