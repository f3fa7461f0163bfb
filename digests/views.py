"""What a digest shows, as values: made by `compose`, shown by `render`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One report. `dated_at` is its publication, or when we first saw it where `date_known` is false."""

    article_id: int
    title: str
    title_is_ours: bool
    url: str | None
    outlet: str
    level: str | None
    dated_at: datetime
    date_known: bool


@dataclass(frozen=True, slots=True)
class DocumentChip:
    """A document that a story cites. `status` is how sure the reading is (feeds.documents.Reading)."""

    document_id: str
    key: str
    token: str
    name: str
    issuer: str | None
    term: str | None
    status: str
    stage: str
    stage_years: int | None


@dataclass(frozen=True, slots=True)
class StoryView:
    """One event: the best report, the other outlets', a verbatim summary, the documents."""

    story_id: int
    topic: str
    score: float
    head: ArticleView
    others: tuple[ArticleView, ...]
    summary: str
    documents: tuple[DocumentChip, ...]


@dataclass(frozen=True, slots=True)
class Section:
    topic: str
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What stands behind the digest: articles read from outlets, policy among them, outlets that failed."""

    read: int
    outlets: int
    kept: int
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole digest. Instants are UTC; `timezone` is where its reader lives."""

    language: str
    timezone: str
    window_start: datetime
    window_end: datetime
    sections: tuple[Section, ...]
    coverage: Coverage
    held_back: int
    next_due_at: datetime | None

    @property
    def stories(self) -> tuple[StoryView, ...]:
        return tuple(story for section in self.sections for story in section.stories)
