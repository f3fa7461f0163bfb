"""What there is to ask for: one table, of which routes, checks and description are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.api import shapes
from bot.api.articles import found_articles, list_articles, one_article
from bot.api.asked import (
    Asked,
    Listed,
    ListedArticles,
    ListedCiting,
    ListedStories,
    LookedUp,
    Nothing,
    OneArticle,
    OneDocument,
    OneStory,
    Searched,
)
from bot.api.documents import citing_articles, looked_up, one_document
from bot.api.stories import list_stories, one_story
from feeds.documents import load_catalogue
from feeds.models import Article
from feeds.positions import moment_of
from feeds.store import reading_since


@dataclass(frozen=True, slots=True)
class Operation:
    """One address: `work(session, asked, now)` answers what `asked` says with a `shape`, or raises `Refused`.

    What its path names are parameters of `asked` too.
    """

    path: str
    name: str
    summary: str
    asked: type[Asked]
    shape: type[shapes.Shape]
    work: Callable[[Session, Any, datetime], shapes.Shape]

    @property
    def is_list(self) -> bool:
        """Whether it answers page by page, and as Atom too."""
        return issubclass(self.asked, Listed)

    @property
    def in_path(self) -> Sequence[str]:
        return [name for name in self.asked.model_fields if f"{{{name}}}" in self.path]


def state(session: Session, asked: Nothing, now: datetime) -> shapes.State:
    last = session.scalar(select(func.max(Article.position)))
    return shapes.State(
        name="Điểm Tin",
        version=version("diem-tin"),
        catalogue_as_of=load_catalogue().as_of,
        reading_since=reading_since(session),
        newest=None if last is None else moment_of(last),
    )


OPERATIONS = (
    Operation(
        "/v1/articles",
        "listArticles",
        "Articles on security policy, and others that cite documents, newest first",
        ListedArticles,
        shapes.ArticlePage,
        list_articles,
    ),
    Operation(
        "/v1/articles/{id}",
        "getArticle",
        "An article with every citation, its sentence, and how sure its reading is",
        OneArticle,
        shapes.ArticleInFull,
        one_article,
    ),
    Operation(
        "/v1/search",
        "searchArticles",
        "Articles that a search finds, newest first, those with the accents that were typed before others",
        Searched,
        shapes.FoundPage,
        found_articles,
    ),
    Operation(
        "/v1/stories",
        "listStories",
        "Events, each with its weightiest report, the newest story first",
        ListedStories,
        shapes.StoryPage,
        list_stories,
    ),
    Operation(
        "/v1/stories/{id}",
        "getStory",
        "An event with its reports",
        OneStory,
        shapes.StoryInFull,
        one_story,
    ),
    Operation(
        "/v1/documents",
        "lookUpDocuments",
        "What a number means: the documents that it is, or may be",
        LookedUp,
        shapes.Lookup,
        looked_up,
    ),
    Operation(
        "/v1/documents/{document}",
        "getDocument",
        "A document's dossier: facts with provenance, counts, timeline, implementation, reviews",
        OneDocument,
        shapes.Dossier,
        one_document,
    ),
    Operation(
        "/v1/documents/{document}/articles",
        "listCitingArticles",
        "The articles that cite a document, or may, newest first",
        ListedCiting,
        shapes.CitingPage,
        citing_articles,
    ),
    Operation(
        "/v1/status",
        "getStatus",
        "What this is, and how far it has read",
        Nothing,
        shapes.State,
        state,
    ),
)
