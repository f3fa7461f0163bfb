"""Tables of who reads, what is due, what was sent, what readers say of it, and which articles tell one story."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from feeds.models import Base, BigId


class Chat(Base):
    """A chat that talks to the bot and what it chose."""

    __tablename__ = "chat"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(8), default="vi")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Ho_Chi_Minh")


class Subscription(Base):
    """A daily digest for a chat; `next_due_at` is the one truth about when."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), unique=True)
    # Minutes after midnight in the chat's time zone.
    minute_of_day: Mapped[int]
    next_due_at: Mapped[datetime] = mapped_column(index=True)
    # Empty: all topics.
    topics: Mapped[list[str]] = mapped_column(default_factory=list)
    enabled: Mapped[bool] = mapped_column(default=True)
    # How much: -1 fewer than usual, 1 more.
    volume: Mapped[int] = mapped_column(default=0)
    # End of the last digest's window: where the next one begins.
    covered_until: Mapped[datetime | None] = mapped_column(default=None)
    # The first digest was promised for when the first reading of the feeds is done.
    first_promised: Mapped[bool] = mapped_column(default=False)


class Digest(Base):
    """A digest that fell due, claimed once.

    `state` is due, composed, done, dropped (the reader wants none any more) or failed (nothing of it arrived; its
    window is the next one's).
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("subscription_id", "due_at"), Index("ix_digest_state", "state"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    is_first: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default="due")
    # Composing that failed, and when it is tried again.
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(default=None)


class DigestPart(Base):
    """One message of a digest and how its sending stands.

    `state`: pending -> sending -> sent, or refused (the chat cannot be reached). A send without an answer
    (kill, time-out) goes back to pending with `in_doubt` counted *before* the retry: the reader may
    see that part twice, no other.
    """

    __tablename__ = "digest_part"
    __table_args__ = (
        UniqueConstraint("digest_id", "number"),
        Index("ix_digest_part_state", "state", "not_before"),
        Index("ix_digest_part_chat_state", "chat_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    digest_id: Mapped[int] = mapped_column(BigId, ForeignKey("digest.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    number: Mapped[int]
    html: Mapped[str]
    # Rows of [label, action] pairs.
    buttons: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    silent: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default="pending")
    in_doubt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    message_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    last_error: Mapped[str] = mapped_column(default="")


class Story(Base):
    """One event; its articles are `StoryArticle` rows."""

    __tablename__ = "story"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    created_at: Mapped[datetime]


class StoryArticle(Base):
    """Membership: an article tells exactly one story."""

    __tablename__ = "story_article"

    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigId, ForeignKey("story.id", ondelete="CASCADE"), index=True)


class SentStory(Base):
    """The ledger: a story goes to a chat once, whatever rule matched."""

    __tablename__ = "sent_story"

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigId, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True)
    digest_id: Mapped[int] = mapped_column(BigId, ForeignKey("digest.id", ondelete="CASCADE"))


class Feedback(Base):
    """What a chat says of an article: `kind` is irrelevant, or wrong_document of the document it names.

    It changes nothing before a review: `decision` is accepted or rejected then.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("chat_id", "article_id", "kind", "document_id"),
        Index("ix_feedback_decision", "decision", "article_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    document_id: Mapped[str] = mapped_column(default="")
    decision: Mapped[str | None] = mapped_column(String(8), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class Chore(Base):
    """Something done once a day by whichever process claims it first."""

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    next_due_at: Mapped[datetime]
