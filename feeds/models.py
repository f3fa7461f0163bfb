"""Tables of what was published and which documents it cites (ORM, SQLAlchemy 2).

Facts about documents are *not* here: files know, the database remembers what was observed (DESIGN.md).
"""

from datetime import UTC, date, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored as UTC; naive values are refused, so that no zone is ever guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: say which zone it is in")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers only INTEGER primary keys by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Root of all tables; `lazy="raise"` on relationships makes an unplanned query loud."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        str: Text,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


def _host_of_url(context: DefaultExecutionContext) -> str:
    row: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return urlsplit(row["url"]).hostname or ""


def _first_check(context: DefaultExecutionContext) -> datetime:
    """A feed is due as soon as it is followed."""
    moment: datetime = context.get_current_parameters()["next_check_at"]  # type: ignore[no-untyped-call]
    return moment


class Feed(Base):
    """A feed we follow and the state of following it."""

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    url: Mapped[str] = mapped_column(unique=True)
    outlet: Mapped[str]
    level: Mapped[str]
    next_check_at: Mapped[datetime] = mapped_column(index=True)
    host: Mapped[str] = mapped_column(index=True, insert_default=_host_of_url, init=False)
    language: Mapped[str] = mapped_column(default="vi")
    province: Mapped[str | None] = mapped_column(default=None)
    section: Mapped[str | None] = mapped_column(default=None)
    # How it is read: "feed", "sitemap" or "listing" (a page whose links `selector` picks).
    kind: Mapped[str] = mapped_column(String(8), default="feed")
    selector: Mapped[str | None] = mapped_column(default=None)
    # The address that hands out the cookie without which this one redirects to itself.
    visit: Mapped[str | None] = mapped_column(default=None)
    # "file": from the sources file, kept in step with it; "user": added at run time.
    origin: Mapped[str] = mapped_column(String(8), default="file")
    enabled: Mapped[bool] = mapped_column(default=True)
    # Since when; unknown of the feeds of earlier versions that never brought anything.
    followed_at: Mapped[datetime | None] = mapped_column(insert_default=_first_check, init=False)
    # Not asked until an admin lets it go on; what is known of it stays.
    paused: Mapped[bool] = mapped_column(default=False)
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    # Where permanent redirects lead: asked instead of `url` until that fails.
    moved_to: Mapped[str | None] = mapped_column(default=None)
    etag: Mapped[str | None] = mapped_column(default=None)
    last_modified: Mapped[str | None] = mapped_column(default=None)
    body_hash: Mapped[str | None] = mapped_column(String(32), default=None)
    checked_at: Mapped[datetime | None] = mapped_column(default=None)
    succeeded_at: Mapped[datetime | None] = mapped_column(default=None)
    newest_item_at: Mapped[datetime | None] = mapped_column(default=None)
    # When it last brought an article that was new to us, and the usual time between two of them (seconds).
    brought_at: Mapped[datetime | None] = mapped_column(default=None)
    rhythm: Mapped[float | None] = mapped_column(default=None)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(default=None)
    last_error: Mapped[str | None] = mapped_column(default=None)
    # What admins were told of it ("failing", "silent"), until it is well again.
    reported: Mapped[str | None] = mapped_column(String(8), default=None)


class Host(Base):
    """A host that refuses or fails: its feeds rest together until `rests_until`."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None] = mapped_column(default=None)


class RefusedEntry(Base):
    """An entry of a feed that became no article, and why; seen last at `seen_at`."""

    __tablename__ = "refused_entry"
    __table_args__ = (Index("ix_refused_entry_identity", "identity"),)

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id", ondelete="CASCADE"), primary_key=True)
    # That of the article it would have been, else a hash of what it says.
    identity: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    reason: Mapped[str]
    seen_at: Mapped[datetime]


class Article(Base):
    """One article of one outlet, with its end state.

    `state` is `kept` (security policy), `near` (not quite, for readers who want more), `left_out`, or `reading` until
    the second reader has seen it; `state_reason` says why, in short codes ("score 0.03"; "score 0.84; page http_403";
    "review" where an admin decided). An article is judged at once by what its feed
    gives. Where the first reader does not plainly reject it, `second_due_at` asks for the second; where the feed gave
    only a lead and the article may matter, `page_due_at` asks for its page, and it is judged anew with the full text.
    `position` (published minute, then a sequence within it) is the order of every list.
    """

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_state_seen", "state", "first_seen_at"),
        Index(
            "ix_article_not_compared",
            "id",
            sqlite_where=text("compared = 0"),
            postgresql_where=text("NOT compared"),
        ),
        Index(
            "ix_article_not_announced",
            "state",
            "id",
            sqlite_where=text("announced = 0 AND state IN ('kept', 'near')"),
            postgresql_where=text("NOT announced AND state IN ('kept', 'near')"),
        ),
        Index(
            "ix_article_not_charted", "position", sqlite_where=text("charted = 0"), postgresql_where=text("NOT charted")
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    position: Mapped[int] = mapped_column(BigInteger, unique=True)
    identity: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str | None]
    outlet: Mapped[str]
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]
    first_seen_at: Mapped[datetime] = mapped_column(index=True)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id", ondelete="SET NULL"), default=None)
    level: Mapped[str | None] = mapped_column(default=None)
    province: Mapped[str | None] = mapped_column(default=None)
    language: Mapped[str] = mapped_column(default="vi")
    # The outlet gave no headline; `title` is the cut first sentence.
    title_is_ours: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str | None] = mapped_column(default=None)
    # Hash of the entry as its feed gave it last: another one means an edit.
    entry_hash: Mapped[str | None] = mapped_column(String(32), default=None)
    # Whether its words, as they are now, were compared with those of others; the article whose text it repeats, itself
    # no duplicate (feeds.duplicates).
    compared: Mapped[bool] = mapped_column(default=False)
    # Whether it was looked who follows the documents that it cites, as they are read now; then it has its story.
    announced: Mapped[bool] = mapped_column(default=False)
    # Whether its mentions, as they are read now and in the story that it tells now, are charted (digests.chart).
    charted: Mapped[bool] = mapped_column(default=True)
    original_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="SET NULL", name="fk_article_original"), default=None, index=True
    )
    # "poll" or "import"; imported articles never enter a subscriber's digest.
    origin: Mapped[str] = mapped_column(String(8), default="poll")
    state: Mapped[str] = mapped_column(String(8), default="left_out")
    state_reason: Mapped[str] = mapped_column(default="")
    page_due_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    page_failures: Mapped[int] = mapped_column(default=0)
    page_read_at: Mapped[datetime | None] = mapped_column(default=None)
    second_due_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    score: Mapped[float | None] = mapped_column(default=None)
    # Log odds of the score above the least of security policy; unknown where an earlier version has read the article.
    margin: Mapped[float | None] = mapped_column(default=None)
    topics: Mapped[list[str]] = mapped_column(default_factory=list)
    places: Mapped[list[str]] = mapped_column(default_factory=list)
    evidence: Mapped[list[Any]] = mapped_column(default_factory=list)
    rules_version: Mapped[int] = mapped_column(default=0)
    # When its title, or what it is read to say, last became another.
    revised_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    # Citation key of the document whose own text this page is.
    own_key: Mapped[str | None] = mapped_column(default=None)
    # What review decided, which every later reading keeps to: not relevant; ids of documents it does not cite; which
    # document it means by a citation key, "" for none of those that bear it.
    ruled_out: Mapped[bool] = mapped_column(default=False)
    wrong_documents: Mapped[list[str]] = mapped_column(default_factory=list)
    right_documents: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict, insert_default=dict)
    # Whether `text` was longer when it was read: only sentences that cite documents are kept (feeds.forget).
    text_dropped: Mapped[bool] = mapped_column(default=False)

    mentions: Mapped[list["Mention"]] = relationship(
        back_populates="article", cascade="all, delete-orphan", lazy="raise", init=False, repr=False
    )

    @property
    def parts(self) -> tuple[str, str, str]:
        """What is judged: title, lead and text."""
        return self.title, self.lead, self.text

    @property
    def dated_at(self) -> datetime:
        """Publication, or first seen where the publication is unknown."""
        return self.published_at or self.first_seen_at


class ArticleVector(Base):
    """What the second reader read of an article that is kept or near: a vector in whole steps (feeds.embedding)."""

    __tablename__ = "article_vector"

    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class ArticleWords(Base):
    """An article's entry in the full-text index (feeds.indexing): its words with their accents, its marks."""

    __tablename__ = "article_words"

    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, unique=True)
    words: Mapped[str]
    marks: Mapped[str]


class ArticleVersion(Base):
    """What an article said before it was edited; `replaced_at` is when we saw that."""

    __tablename__ = "article_version"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), index=True)
    replaced_at: Mapped[datetime]
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]


class FingerprintBand(Base):
    """One of the fingerprints of an article's words: articles that share some may be one text. Kept for two weeks."""

    __tablename__ = "fingerprint_band"
    __table_args__ = ({"sqlite_with_rowid": False},)

    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Document(Base):
    """An identity given once and never reused (DESIGN.md): `KEY#TERM-or-YEAR`; a merge leaves a redirect."""

    __tablename__ = "document"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    # For deep links and buttons, where a symbol's slash and length do not fit.
    token: Mapped[str] = mapped_column(String(16), unique=True)
    redirect_to: Mapped[str | None] = mapped_column(ForeignKey("document.id"), default=None)


class Mention(Base):
    """One citation in one article: what the text says (stated) and how it is read (status, rule)."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_document_position", "document_id", "position", "article_id"),
        Index("ix_mention_key_position", "key", "position", "article_id"),
        Index("ix_mention_article", "article_id", "ordinal", unique=True),
        Index(
            "ix_mention_doubtful",
            "key",
            "article_id",
            sqlite_where=text("status IN ('ambiguous', 'presumed')"),
            postgresql_where=text("status IN ('ambiguous', 'presumed')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), init=False)
    position: Mapped[int] = mapped_column(BigInteger)
    ordinal: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]
    raw: Mapped[str]
    form: Mapped[str]
    # The sentence it stands in: the evidence shown with every statement.
    quote: Mapped[str]
    stage: Mapped[str]
    key: Mapped[str | None] = mapped_column(default=None)
    type: Mapped[str | None] = mapped_column(default=None)
    number: Mapped[str | None] = mapped_column(default=None)
    issuer: Mapped[str | None] = mapped_column(default=None)
    issuing_body: Mapped[str | None] = mapped_column(default=None)
    year: Mapped[int | None] = mapped_column(default=None)
    term: Mapped[str | None] = mapped_column(default=None)
    term_derived: Mapped[str | None] = mapped_column(default=None)
    issued_on: Mapped[date | None] = mapped_column(default=None)
    province: Mapped[str | None] = mapped_column(default=None)
    title: Mapped[str | None] = mapped_column(default=None)
    stage_years: Mapped[int | None] = mapped_column(default=None)
    antecedent: Mapped[int | None] = mapped_column(default=None)
    # resolved, presumed, ambiguous, unknown; withdrawn by review; empty for drafts and open back-references
    status: Mapped[str] = mapped_column(String(10), default="")
    rule: Mapped[str] = mapped_column(default="")
    candidates: Mapped[list[str]] = mapped_column(default_factory=list)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"), default=None)

    article: Mapped[Article] = relationship(back_populates="mentions", lazy="raise", init=False, repr=False)
