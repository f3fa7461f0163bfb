"""What a digest shows, as values: made by `compose`, shown by `render`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from feeds.store import published_on

CUT_FROM = 140  # characters: a lead that is longer and ends without a stop was cut by its feed


class Told(Protocol):
    """What a mention says of its document in the text's own words."""

    @property
    def term(self) -> str | None: ...
    @property
    def term_derived(self) -> str | None: ...
    @property
    def year(self) -> int | None: ...
    @property
    def issued_on(self) -> date | None: ...


class Cited(Protocol):
    """A document as it is cited: what the text says, and the reading of it."""

    @property
    def document_id(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def status(self) -> str: ...


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

    @property
    def published_on(self) -> date | None:
        """The day of its publication in Vietnam, where that is known."""
        return published_on(self.dated_at) if self.date_known else None


@dataclass(frozen=True, slots=True)
class DocumentChip:
    """A document that a story cites. `status` is how sure the reading is (feeds.documents.Reading).

    `is_stated`: the story itself says the term or year that tells the document from others of its number. `is_held`:
    what the stage says was done, not only asked for or planned (digests.held).
    """

    document_id: str
    key: str
    token: str
    issuer: str | None
    status: str
    stage: str
    stage_years: int | None
    is_stated: bool = False
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of an article, verbatim: ``(title, lead, text)[part][start:end]``."""

    text: str
    part: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A follow (digests.models.Follow) that a story meets: why it is told first, or at once."""

    follow_id: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """One event: the best report, the other outlets', a verbatim summary, the documents.

    `place` is the province it is about, None where it is about none or the whole country. `continues` is the report
    by which this chat was told, at `continues_at`, of what this event continues. `quote` is the sentence of the report
    `quoted` by which it meets the follows of `reasons`; the summary does not say it again. `drafts` are those that its
    reports tell of (Draft.value).
    """

    story_id: int
    topic: str
    score: float
    head: ArticleView
    others: tuple[ArticleView, ...]
    summary: tuple[Excerpt, ...]
    documents: tuple[DocumentChip, ...]
    place: str | None = None
    continues: ArticleView | None = None
    continues_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    quote: str = ""
    quoted: ArticleView | None = None
    drafts: tuple[str, ...] = ()

    @property
    def summary_text(self) -> str:
        """The sentences, with a mark where something between them is left out, or the feed left out the end."""
        text, before = "", None
        for excerpt in self.summary:
            apart = before and (excerpt.part != before.part or excerpt.start > before.end + 2)
            text += (" […] " if apart else " " if text else "") + excerpt.text
            before = excerpt
        return text + "…" if before and len(text) >= CUT_FROM and text[-1].isalnum() else text


@dataclass(frozen=True, slots=True)
class Section:
    """Stories under one heading. `kind` says what `key` is: followed (""), topic, document (its id), place, or other
    (""), the stories that have none of these.
    """

    kind: str
    key: str
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class StageCorrection:
    """What was said to be done with a document (its name as shown), and what is; each a stage and its years.
    `is_held`: what it is now was done, not only asked for or planned (digests.held)."""

    document: str
    was: tuple[str, int | None]
    now: tuple[str, int | None]
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What a chat was told of a story and is not so.

    `title_was` is the headline it was shown, where that is another now; `removed` and `added` are the documents (their
    names as shown) that it is not, or newly, read to cite; of `doubtful` ones only the number is certain now. `stages`
    are of documents that it does cite. `not_of_it` are reports that do not tell this event, `withdrawn` those that
    review found to be no security policy: the head may be. `retitled` are other reports, with the headline shown.
    `ids` are those of the documents, by name. `shown` is what the chat is told of the story from then on
    (digests.corrections).
    """

    story_id: int
    told_at: datetime
    head: ArticleView
    title_was: str | None
    removed: tuple[str, ...]
    added: tuple[str, ...]
    not_of_it: tuple[ArticleView, ...]
    doubtful: tuple[str, ...] = ()
    stages: tuple[StageCorrection, ...] = ()
    withdrawn: tuple[ArticleView, ...] = ()
    retitled: tuple[tuple[str, ArticleView], ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict, compare=False)
    shown: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What stands behind the digest: articles read from outlets, policy among them, outlets that failed.

    `reading` of the articles are being read still.
    """

    read: int
    outlets: int
    kept: int
    failed: tuple[str, ...]
    reading: int = 0


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole digest. Instants are UTC; `timezone` is where its reader lives."""

    language: str
    timezone: str
    window_start: datetime
    window_end: datetime
    sections: tuple[Section, ...]
    coverage: Coverage
    next_due_at: datetime | None
    # Ids of the stories that are not shown unless asked for, most important first; only of a digest that is stored,
    # the one of `digest_id`, can they be asked for.
    held_back: tuple[int, ...] = ()
    digest_id: int | None = None
    # Folded words that its reader asked for: they are marked.
    words: tuple[str, ...] = ()
    # What tells this subscription of a chat from its others, and from all; None where nobody subscribed.
    name: str = ""
    subscription_id: int | None = None
    is_instant: bool = False
    # Whether its items have their summary, or are headlines.
    has_summaries: bool = True
    corrections: tuple[CorrectionView, ...] = ()
    # What its reader chose, by kind (words, topics, places, outlets); and where nothing is told, how many that hid.
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    filtered: int = 0

    @property
    def stories(self) -> tuple[StoryView, ...]:
        return tuple(story for section in self.sections for story in section.stories)


def meant(cited: Cited) -> str:
    """What names the document that is meant: its id, or where that is not certain only its key."""
    return (cited.document_id if cited.status == "resolved" else None) or cited.key or ""


def document_opened(cited: Cited) -> str:
    """The id whose card tells more of it: that of a number where it is open which document is meant."""
    return cited.document_id if cited.status == "resolved" and cited.document_id else f"{cited.key}#?"


def told_identity(document_id: str, mention: Told) -> str | None:
    """What the text says in place of the term or year that ends `document_id`; None where it does not say."""
    if document_id.rpartition("#")[2].isdecimal():
        year = mention.year or (mention.issued_on.year if mention.issued_on else None)
        return str(year) if year else None
    return mention.term or mention.term_derived


def states_identity(document_id: str, mention: Told) -> bool:
    """Whether the text says the term or year that ends `document_id`."""
    return told_identity(document_id, mention) == document_id.rpartition("#")[2]


def certain_documents(view: DigestView) -> Mapping[str, str]:
    """Key -> id of the documents that the stories of a digest cite for certain, each the only one of its key."""
    ids: dict[str, set[str]] = {}
    for chip in (chip for story in view.stories for chip in story.documents if chip.status == "resolved"):
        ids.setdefault(chip.key, set()).add(chip.document_id)
    return {key: min(some) for key, some in ids.items() if len(some) == 1}


def shown_documents(view: DigestView) -> frozenset[str]:
    """The ids of all documents in a digest."""
    return frozenset(chip.document_id for story in view.stories for chip in story.documents)
