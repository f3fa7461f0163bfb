"""Reports of one event folded into one story.

How two reports are told to be of one event (within `WINDOW` of each other). Never when their headlines or openings
name different provinces, or their openings different days. Else:

1. Their opening words are the same (agency text under any headline): almost half of the shorter one's
   syllable pairs stand in the other (of a short one nearly all), and so do most of its numbers. The names of cited
   documents do not count: conferences on one directive all say them.
2. Or their headlines are nearly the same (Jaccard of syllable pairs of at least `SAME_TITLE`) with the same
   numbers: "Thông cáo số 5" is not "Thông cáo số 7".
3. Or their headlines are alike (`LIKE_TITLE`) without contradicting numbers, and two outlets cite the same document
   and name the same place.

What repeats another report's text (`feeds.duplicates`) is in its story before any of this is asked.

A wrong fold hides news, a missed one only repeats it.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, load_only

from digests.models import Story, StoryArticle
from feeds.database import Database
from feeds.duplicates import mark_waiting
from feeds.models import Article, Mention
from feeds.places import find_places
from feeds.store import minute_position, take_turn
from feeds.text import fold

WINDOW = timedelta(hours=72)
BATCH = 200  # articles placed at a time
SAME_TITLE = 0.6
LIKE_TITLE = 0.3
SAME_OPENING = 0.42
SAME_NUMBERS = 0.5
_WAITING = (
    Article.state.in_(("kept", "near")),
    ~select(StoryArticle).where(StoryArticle.article_id == Article.id).exists(),
)
_OPENING = 600  # characters
_MANY = 25  # fewer shared syllable pairs than this prove something only when nearly all are shared
_FEW = 12  # an opening of fewer syllable pairs proves nothing
_NEARLY_ALL = 0.85
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
# "Sáng nay, 19/11", "Ngày 19-11", "chiều 19/11/2026"; the days of documents bear other years.
_DAY = re.compile(
    r"\b(?:ngày|sáng|trưa|chiều|tối|đêm)(?: nay)?,? \(?(\d{1,2})(?:[/.-]| tháng )(\d{1,2})(?:[/.-](\d{4}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What folding looks at of one article."""

    article_id: int
    outlet: str
    dated_at: datetime
    title: frozenset[tuple[str, str]]
    title_numbers: frozenset[str]
    title_places: frozenset[str]
    opening: frozenset[tuple[str, str]]
    opening_numbers: frozenset[str]
    opening_places: frozenset[str]
    days: frozenset[tuple[str, str]]
    documents: frozenset[str]
    places: frozenset[str]


def make_report(article: Article, keys: Iterable[str], names: Iterable[str] = (), *, text: str | None = None) -> Report:
    """The features of an article that cites `keys`; `names` are the words in which it names documents.

    `text` is the opening of its text, where no more was loaded.
    """
    opening = (article.lead + " " + (article.text if text is None else text))[:_OPENING]
    opening_places = _places(opening) or frozenset([article.province] if article.province else [])
    days = {(day, month) for day, month, year in _DAY.findall(opening) if year in ("", str(article.dated_at.year))}
    numbers = frozenset(_NUMBER.findall(opening))
    for name in sorted(names, key=len, reverse=True):
        opening = opening.replace(name, "\n")
    return Report(
        article_id=article.id,
        outlet=article.outlet,
        dated_at=article.dated_at,
        title=_pairs(article.title),
        title_numbers=frozenset(_NUMBER.findall(article.title)),
        title_places=_places(article.title),
        opening=frozenset(pair for line in opening.split("\n") for pair in _pairs(line)),
        opening_numbers=numbers,
        opening_places=opening_places,
        days=frozenset(days),
        documents=frozenset(keys),
        places=frozenset(article.places),
    )


def same_event(one: Report, other: Report) -> bool:
    """Whether two reports tell one event; symmetric."""
    if abs(one.dated_at - other.dated_at) > WINDOW or _elsewhere(one, other):
        return False
    short, long = sorted((one, other), key=lambda report: (len(report.opening), sorted(report.opening_numbers)))
    if _same_words(short.opening, long.opening):
        return _share(short.opening_numbers, long.opening_numbers) >= SAME_NUMBERS
    alike = _jaccard(one.title, other.title)
    numbers = one.title_numbers, other.title_numbers
    if alike >= SAME_TITLE and numbers[0] == numbers[1]:
        return True
    shared = one.documents & other.documents and one.places & other.places
    contradicting = all(numbers) and numbers[0].isdisjoint(numbers[1])
    return bool(shared) and alike >= LIKE_TITLE and not contradicting and one.outlet != other.outlet


def fold_waiting(database: Database) -> None:
    """Folds what waits, `BATCH` articles a transaction; takes the write lock only where something does.

    Before it, articles that repeat others' texts are marked: they belong into the same story.
    """
    mark_waiting(database)
    while True:
        with database.reading() as session:
            if not _waits(session):
                return
        with database.session() as session:
            fold_stories(session, limit=BATCH)


def fold_stories(session: Session, *, limit: int | None = None) -> int:
    """Gives every article that is kept or near its story, oldest first, at most `limit`; returns how many were placed.

    They are taken in batches of at most `BATCH` that span at most `WINDOW`, so that after an import of old articles
    what lies between them and today is not read.
    """
    columns = Article.id, Article.published_at, Article.first_seen_at
    waiting = select(*columns).where(*_WAITING).order_by(Article.position).limit(limit)
    if not _waits(session):
        return 0
    take_turn(session)
    batch: list[int] = []
    count, first, last = 0, None, None
    for row in session.execute(waiting).all():
        dated_at = row.published_at or row.first_seen_at
        if first and last and (len(batch) == BATCH or dated_at > first + WINDOW):
            _place(session, batch, first, last)
            batch, first = [], None
        batch.append(row.id)
        first, last = first or dated_at, dated_at
        count += 1
    if first and last:
        _place(session, batch, first, last)
    return count


def _waits(session: Session) -> bool:
    return session.scalar(select(Article.id).where(*_WAITING).limit(1)) is not None


def _place(session: Session, ids: Sequence[int], first: datetime, last: datetime) -> None:
    """Gives the articles `ids`, dated from `first` to `last`, their stories."""
    around = minute_position(first - WINDOW), minute_position(last + WINDOW + timedelta(minutes=1))
    articles = _opened().order_by(Article.position)
    told = session.execute(
        articles.add_columns(StoryArticle.story_id)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Article.position.between(*around))
    ).all()
    unplaced = session.execute(articles.where(Article.id.in_(ids))).all()
    told_texts = _told_texts(session, [article for article, _ in unplaced])
    reports = _reports(session, [(row[0], row[1]) for row in told])
    placed = deque((row[2], report) for row, report in zip(told, reports, strict=True))
    untold = [(row[0], row[1]) for row in unplaced]
    for (article, _), report in zip(untold, _reports(session, untold), strict=True):
        while placed and placed[0][1].dated_at < report.dated_at - WINDOW - timedelta(minutes=1):
            placed.popleft()
        text_id = article.original_id or article.id
        story_id = told_texts.get(text_id)
        if story_id is None:
            story_id = next((story for story, other in reversed(placed) if same_event(report, other)), None)
        if story_id is None:
            story = Story(created_at=article.first_seen_at)
            session.add(story)
            session.flush()
            story_id = story.id
        session.add(StoryArticle(article_id=article.id, story_id=story_id))
        told_texts[text_id] = story_id
        placed.append((story_id, report))
    session.flush()


def _told_texts(session: Session, articles: Sequence[Article]) -> dict[int, int]:
    """The stories that tell the texts of `articles` already, by the id of the text's original."""
    originals = {article.original_id or article.id for article in articles}
    text_id = func.coalesce(Article.original_id, Article.id)
    query = select(text_id, StoryArticle.story_id).join(StoryArticle, StoryArticle.article_id == Article.id)
    same = or_(Article.id.in_(originals), Article.original_id.in_(originals))
    newest_first = query.where(same).order_by(StoryArticle.story_id.desc())
    return dict(session.execute(newest_first).all())  # so that the oldest story of each is kept


def _opened() -> Select[Article, str]:
    """Articles with the openings of their texts."""
    columns = (
        Article.outlet,
        Article.title,
        Article.lead,
        Article.published_at,
        Article.first_seen_at,
        Article.province,
        Article.places,
        Article.original_id,
    )
    opening = func.substr(Article.text, 1, _OPENING)
    return select(Article, opening).options(load_only(*columns, raiseload=True))


def _reports(session: Session, articles: Sequence[tuple[Article, str]]) -> list[Report]:
    keys: dict[int, list[str]] = {}
    names: dict[int, list[str]] = {}
    for start in range(0, len(articles), 500):
        ids = [article.id for article, _ in articles[start : start + 500]]
        query = select(Mention.article_id, Mention.key, Mention.raw, Mention.title)
        for article_id, key, raw, title in session.execute(query.where(Mention.article_id.in_(ids))):
            if key:
                keys.setdefault(article_id, []).append(key)
            names.setdefault(article_id, []).extend(name for name in (raw, title) if name)
    return [
        make_report(article, keys.get(article.id, ()), names.get(article.id, ()), text=text)
        for article, text in articles
    ]


def _elsewhere(one: Report, other: Report) -> bool:
    """Whether the two name different provinces or days."""
    named = (
        (one.title_places, other.title_places),
        (one.opening_places, other.opening_places),
        (one.days, other.days),
    )
    return any(ours and theirs and ours.isdisjoint(theirs) for ours, theirs in named)


def _same_words(short: frozenset[tuple[str, str]], long: frozenset[tuple[str, str]]) -> bool:
    share = _share(short, long)
    if len(short & long) >= _MANY:
        return share > SAME_OPENING
    return len(short) >= _FEW and share >= _NEARLY_ALL


def _places(text: str) -> frozenset[str]:
    return frozenset(place.name for place in find_places(text))


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    words = _WORD.findall(fold(text))
    return frozenset(pairwise(words))


def _share(part: frozenset[Any], whole: frozenset[Any]) -> float:
    """How much of `part` is in `whole`; of nothing, all is."""
    return len(part & whole) / len(part) if part else 1.0


def _jaccard(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
