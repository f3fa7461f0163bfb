"""What is answered: each shape with its fields, from which the OpenAPI description and the dump's schema are made.

Instants are ISO 8601 in UTC, days are of Vietnam; what is not known is null.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["resolved", "presumed", "ambiguous", "unknown"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Cited(Shape):
    """A document that an article or a story cites."""

    id: str
    """The document, or "KEY#?" for whatever bears the number, where it is open which is meant."""
    key: str
    """The number as texts cite it."""
    token: str | None
    """The document's short name in addresses; null where it is open which is meant."""
    status: Status
    """How sure the reading is: resolved by positive evidence, presumed, ambiguous, or unknown."""
    stage: str
    """What is said to be done with it: issued, rolled_out, implemented, interim_review, final_review, drafted, amended,
    replaced, inspected or mentioned."""
    stage_years: int | None
    """Of a review, after how many years."""
    held: bool
    """False of a review or inspection that is only asked for or planned."""


class Mention(Shape):
    """One citation, with the sentence it stands in."""

    key: str
    """The number as texts cite it."""
    document: str | None
    """The id of the document that is meant, or presumed to be."""
    status: Status
    """How sure that is: resolved by positive evidence, presumed, ambiguous, or unknown."""
    rule: str
    """The rule that decided."""
    candidates: list[str]
    """The documents that may be meant, best first, where that is open."""
    raw: str
    """The citation as it is written."""
    quote: str
    """The sentence it stands in."""
    stage: str
    """What is said to be done with the document."""
    stage_years: int | None
    """Of a review, after how many years."""
    held: bool
    """False of a review or inspection that is only asked for or planned."""
    province: str | None
    """The province whose committee's document it is."""


class Article(Shape):
    """An article, without its text, which belongs to its outlet."""

    id: int
    title: str
    title_is_ours: bool
    """The outlet gave no headline: it is the first sentence, cut."""
    lead: str
    """What its feed says of it, at most 500 characters."""
    url: str | None
    outlet: str
    level: str | None
    """What kind of outlet it is: central, ministry, province, national, foreign or other."""
    language: str
    """ISO 639-1."""
    published: datetime | None
    """As the outlet dates it."""
    first_seen: datetime
    """When it was first seen here."""
    state: str
    """kept (security policy), near (not quite), left_out, or reading until that is decided."""
    topics: list[str]
    """Codes, strongest first."""
    places: list[str]
    """The provinces of today that it is about; none: the whole country."""
    story: int | None
    """The story that it tells."""
    repeats: int | None
    """The article whose text it repeats."""
    documents: list[Cited]
    """The documents that it cites, the surest first."""


class ArticleInFull(Article):
    """An article with every citation, without its text, which belongs to its outlet."""

    mentions: Annotated[list[Mention], Field(max_length=500)]
    """Its citations in the order of the text."""


class FoundArticle(Article):
    """An article that a search finds."""

    passage: str
    """The line of lead or text that shows why."""
    as_typed: bool
    """Whether it has the words with the accents that were typed."""


class CitingArticle(Article):
    """An article that cites a document, or may."""

    mention: Mention
    """Its most telling citation of the document."""


class Page(Shape):
    """A page of a list, newest first."""

    next: str | None
    """The `cursor` of the page that follows; null on the last one."""


class ArticlePage(Page):
    items: list[Article]


class FoundPage(Page):
    items: list[FoundArticle]
    is_cut: bool
    """Whether the query was too long to be read in full."""
    unclear: list[str]
    """Filters of the query whose value means nothing to us, as name:value; they were left out."""


class CitingPage(Page):
    items: list[CitingArticle]


class Story(Shape):
    """An event as one or several articles report it."""

    id: int
    head: Article
    """The weightiest report."""
    reports: int
    """How many public reports it has, at most 200."""
    outlets: list[str]
    """Who reports it."""
    documents: list[Cited]
    """The documents that its reports cite, the surest first."""


class StoryPage(Page):
    items: list[Story]


class StoryInFull(Story):
    created: datetime
    """When it was first told of here."""
    continues: int | None
    """The story that it continues."""
    articles: Annotated[list[Article], Field(max_length=200)]
    """Its reports, newest first."""


class Relation(Shape):
    """What a document has to do with another."""

    kind: str
    """replaces, replaced_by, implements, implemented_by, concludes, concluded_by, amends, amended_by or see_also."""
    document: str
    provenance: str
    """How it is known: seen, derived, recalled or unknown."""


class Document(Shape):
    """A Party or State document: what the catalogue knows of it, each fact with how it is known."""

    id: str
    """The number with the Party congress term or year that tells it from others; "KEY#?" where that is not known."""
    key: str
    """The number as texts cite it."""
    token: str | None
    """Its short name in addresses, which never changes; null where only its number is known."""
    name: str
    """What readers are shown (Vietnamese)."""
    is_catalogued: bool
    """Whether it is in the catalogue; if not, only articles tell of it, and all below is null or empty."""
    kind: str | None
    """Its kind: CT (Chỉ thị), NQ (Nghị quyết), NĐ (Nghị định) ..."""
    title: str | None
    issuer: str | None
    term: str | None
    date: str | None
    """The day, month or year of issue."""
    effective: str | None
    province: str | None
    validity: str | None
    """Whether it is in force, replaced, expired or a draft."""
    facts: dict[str, str]
    """Field -> how it is known: seen in a source, derived, recalled or unknown. Only what was seen is asserted."""
    relations: list[Relation]
    also: list[str]
    """Other numbers that it is cited by."""
    aliases: list[str]
    """What people call it."""
    official_url: str | None
    citation: str | None
    """The official citation, of what was seen."""
    sources: list[str]
    """Where that was read."""


class Count(Shape):
    articles: int
    stories: int


class Counts(Shape):
    """How much is told of it; of one document only by articles that certainly mean it."""

    days_30: Count
    days_365: Count
    all: Count
    first: datetime
    last: datetime


class Observed(Shape):
    """What articles say of a document that the catalogue does not know."""

    field: str
    value: str
    outlets: list[str]
    agreed: bool
    """By two independent sentences."""
    contradicted: bool


class Told(Shape):
    """An event in a document's life. Headline, link and quote are of the first report."""

    stage: str
    on: date | None
    precision: Literal["day", "month", "year"]
    source: Literal["catalogue", "articles"]
    years: int | None
    who: str | None
    """A province, or the code of a central body."""
    other: str | None
    """The document that amends, replaces or concludes this one."""
    title: str
    url: str | None
    outlet: str
    quote: str
    article: int | None
    story: int | None
    outlets: int
    """How many report it; 0 where only the catalogue does."""


class SeenAt(Shape):
    """The first report that somebody was seen at a stage."""

    stage: str
    on: date
    title: str
    url: str | None
    outlet: str
    quote: str
    article: int
    named: str
    """How the article calls who it is, perhaps by a former name."""
    outlets: int


class Implementer(Shape):
    """A province, or a central body, that was seen implementing the document."""

    group: str
    """province, party, state, ministry, justice or mass."""
    code: str
    name: str
    stages: list[SeenAt]


class Implementation(Shape):
    """Who was seen implementing it; that somebody was not says something of the sources only."""

    seen: list[Implementer]
    not_seen: list[str]
    """Codes of the provinces and bodies that no article names."""
    placeless: int
    """Events that do not say who implements it."""


class Review(Shape):
    """A review that falls due: an inference, with its ground; no source announces it."""

    stage: Literal["interim_review", "final_review"]
    years: int
    on: date
    precision: Literal["day", "month", "year"]
    ground: str
    """every_five_years, stated_years or stated_period."""
    because: str
    """The ground in words (English)."""
    held_by: list[str]
    """Who is reported to have held it."""
    reported: int | None
    """The first article that reports it."""


class Dossier(Shape):
    """All that is known of a document."""

    document: Document
    total: int
    """How many articles cite it, or may."""
    unsure: int
    """How many of them only may."""
    is_complete: bool
    """Whether all stored articles are counted; new ones are within a minute."""
    counts: Counts | None
    namesakes: list[str]
    """Of a number: the catalogued documents that bear it."""
    observed: list[Observed]
    timeline: list[Told]
    """Oldest first, undated events last."""
    implementation: Implementation
    reviews: list[Review]


class Wish(Shape):
    """What was asked for, and no catalogued document of that number has."""

    key: str
    term: str | None
    date: str | None
    issuer: str | None


class Lookup(Shape):
    """What a number means."""

    query: str
    status: Literal["found", "several", "ambiguous", "unknown", "invalid"]
    """found: one document; several: a list was typed; ambiguous: which is meant is open; unknown: not in the catalogue;
    invalid: no number."""
    keys: list[str]
    """Citation keys, best first."""
    documents: list[Document]
    """Best first; of one key the newest first."""
    missing: list[Wish]


class State(Shape):
    """What this is, and how far it has read."""

    name: Literal["Điểm Tin"]
    version: str
    catalogue_as_of: date
    """When the catalogue of documents was last brought up to date."""
    reading_since: datetime | None
    """When the oldest article was first seen."""
    newest: datetime | None
    """When the newest article was published, to the minute."""
