"""Tables of dossiers: what is charted of every document that articles cite (digests.chart), choices, drafts."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from feeds.models import Base, BigId

DRAFT = "draft:"


class DocumentArticle(Base):
    """An article that cites a document, or may, by its most telling mention: what a card lists and filters.

    `document_id` is an identity; or the citation key of a number, for whatever bears it, and then all are sure. `place`
    is the province that is shown with the article, or "". `story_id` is minus the article's own id while it has no
    story. A mention that was read anew is gone from here until its article is charted anew.
    """

    __tablename__ = "document_article"
    __table_args__ = (
        Index("ix_document_article_story", "document_id", "story_id", "position"),
        Index("ix_document_article_stage", "document_id", "stage", "position"),
        Index("ix_document_article_place", "document_id", "place", "position"),
        Index("ix_document_article_outlet", "document_id", "outlet", "position"),
        {"sqlite_with_rowid": False},
    )

    # No foreign key: a document that an article only may cite has no row.
    document_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), index=True)
    mention_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("mention.id", ondelete="SET NULL"), index=True)
    story_id: Mapped[int] = mapped_column(BigInteger)
    is_sure: Mapped[bool]
    stage: Mapped[str] = mapped_column(String(16))
    place: Mapped[str]
    outlet: Mapped[str]


class DocumentEvent(Base):
    """One event of a document (digests.happenings): timeline, implementation map, reviews held.

    `article_id`, `mention_id` and `position` are those of its first report. `who` is "province:Hà Tĩnh", "body:BCA", or
    "" where no report tells; `named` and `ground` say how it is told. `story_id` is minus the
    article's own id while it has no story.
    """

    __tablename__ = "document_event"
    __table_args__ = (
        Index("ix_document_event_story", "story_id"),
        Index("ix_document_event_map", "document_id", "stage", "who", "position", "mention_id"),
        {"sqlite_with_rowid": False},
    )

    document_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mention_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("mention.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), index=True)
    story_id: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(16))
    years: Mapped[int | None]
    who: Mapped[str]
    named: Mapped[str]
    ground: Mapped[str] = mapped_column(String(8))
    outlets: Mapped[int]
    issued_on: Mapped[date | None]


class DocumentDay(Base):
    """How many articles cite a document, or may, on a day of Vietnam (`date.toordinal`), and how many stories begin.

    Of those articles `unsure` only may. A story begins with its first article that certainly cites the document.
    """

    __tablename__ = "document_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    document_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    articles: Mapped[int]
    unsure: Mapped[int]
    stories: Mapped[int]


class DocumentTotal(Base):
    """The sums of a document's days: a document that is cited daily has thousands of them, and its card asks often."""

    __tablename__ = "document_total"
    __table_args__ = ({"sqlite_with_rowid": False},)

    document_id: Mapped[str] = mapped_column(primary_key=True)
    articles: Mapped[int]
    unsure: Mapped[int]
    stories: Mapped[int]


class Choice(Base):
    """Which of several documents that bear one number a chat means by it."""

    __tablename__ = "choice"

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str]
    at: Mapped[datetime]


class Draft(Base):
    """A document that articles report without a number: one row for one `Identity` (digests.drafts) at a time.

    `body` and `title` are as first written. Since `joined_at` it is the document `document_id`: the article
    `numbered_article_id`, of `numbered_at`, says so in the sentence `because`; or the admin `decided_by` does. What
    only may be its number is `suggested_id`, with the article and sentence that suggest it, for admins to decide.
    """

    __tablename__ = "draft"
    __table_args__ = (
        Index("ix_draft_same", "issuer", "place", "type", "last_at"),
        Index(
            "ix_draft_suggested",
            "id",
            sqlite_where=text("suggested_id IS NOT NULL"),
            postgresql_where=text("suggested_id IS NOT NULL"),
        ),
        # No id comes twice: a button about one that is gone is about no other.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    token: Mapped[str] = mapped_column(String(16), unique=True)
    type: Mapped[str]
    issuer: Mapped[str]
    place: Mapped[str]
    body: Mapped[str]
    title: Mapped[str]
    plain_title: Mapped[str]
    # Of the articles that report it.
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"), default=None, index=True)
    joined_at: Mapped[datetime | None] = mapped_column(default=None)
    numbered_at: Mapped[datetime | None] = mapped_column(default=None)
    numbered_article_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="SET NULL"), default=None, index=True
    )
    because: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # Documents that an admin said it is not: it joins none of them again.
    wrong_documents: Mapped[list[str]] = mapped_column(default_factory=list)
    suggested_id: Mapped[str | None] = mapped_column(default=None)
    suggested_article_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="SET NULL"), default=None, index=True
    )
    suggested_because: Mapped[str] = mapped_column(default="")

    @property
    def value(self) -> str:
        """What a follow of it has as its value: feeds.documents.document_name knows the name of that."""
        place = f"@{self.place}" if self.place else ""
        return f"{DRAFT}{self.type}{place}#{self.token}"


class DraftArticle(Base):
    """An article that reports a draft, with the sentence in which it does."""

    __tablename__ = "draft_article"
    __table_args__ = (Index("ix_draft_article_position", "draft_id", "position"),)

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(BigInteger)
    quote: Mapped[str]
