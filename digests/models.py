"""Tables of who reads, what is due, what was sent, what readers say of it, and which articles tell one story."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from feeds.models import Base, BigId

DEFAULT_MINUTE = 7 * 60
MOST_ITEMS = 15
QUIET_FROM, QUIET_UNTIL = 21 * 60 + 30, 6 * 60 + 30
NEXT_PLACEMENT = text("(SELECT coalesce(max(placement), 0) + 1 FROM story_article)")


class Chat(Base):
    """A chat that talks to the bot, or that it posts to, and what it chose.

    `kind` is Telegram's: private, group, supergroup or channel. The settings of one that the bot was removed from are
    kept for a while after `left_at`.
    """

    __tablename__ = "chat"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(8), default="vi")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Ho_Chi_Minh")
    # Minutes after midnight between which nothing comes that was not asked for at that very hour; equal: no such hours.
    quiet_from: Mapped[int] = mapped_column(default=QUIET_FROM)
    quiet_until: Mapped[int] = mapped_column(default=QUIET_UNTIL)
    # Whether urgent news of followed documents comes in quiet hours too.
    urgent_in_quiet: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(10), default="private")
    title: Mapped[str] = mapped_column(default="")
    # Of a group or channel: who set it up, and is told in private what goes wrong there.
    owner_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    left_at: Mapped[datetime | None] = mapped_column(default=None)
    # Whether it is told each month which reviews of followed documents fall due, and when that was last looked at.
    reminds: Mapped[bool] = mapped_column(default=True)
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)


class Subscription(Base):
    """What a chat wants to get and when; `next_due_at` is the one truth about when.

    `cadence` is daily, weekdays, weekly, monthly, or instant: as soon as an article cites a followed document.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index(
            "ix_subscription_first_promised",
            "id",
            sqlite_where=text("first_promised = 1"),
            postgresql_where=text("first_promised"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), index=True)
    # None: instant, and nothing has happened.
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    cadence: Mapped[str] = mapped_column(String(8), default="daily")
    # Minutes after midnight, each a digest of its own; ascending.
    minutes: Mapped[list[int]] = mapped_column(JSON, default_factory=lambda: [DEFAULT_MINUTE])
    # Of a weekly one: Monday is 0. Of a monthly one: the day of the month, the last where it has fewer.
    weekdays: Mapped[list[int]] = mapped_column(JSON, default_factory=lambda: [0])
    month_day: Mapped[int] = mapped_column(default=1)
    # None: the chat's.
    timezone: Mapped[str | None] = mapped_column(String(64), default=None)
    name: Mapped[str] = mapped_column(String(64), default="")
    # Where in a forum it is posted, and who is told in private when that fails.
    thread_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    owner_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # What is wanted; empty: all. Words are compared folded, with title, lead and text.
    topics: Mapped[list[str]] = mapped_column(default_factory=list)
    places: Mapped[list[str]] = mapped_column(default_factory=list)
    outlets: Mapped[list[str]] = mapped_column(default_factory=list)
    all_words: Mapped[list[str]] = mapped_column(default_factory=list)
    any_words: Mapped[list[str]] = mapped_column(default_factory=list)
    no_words: Mapped[list[str]] = mapped_column(default_factory=list)
    # How much: -1 fewer than usual, 1 more; and the most items before "more" has to be asked for.
    volume: Mapped[int] = mapped_column(default=0)
    most: Mapped[int] = mapped_column(default=MOST_ITEMS)
    # What its sections are: topic, document or place.
    grouping: Mapped[str] = mapped_column(String(8), default="topic")
    # Whether a digest without news says so, or does not come.
    tells_empty: Mapped[bool] = mapped_column(default=True)
    # Whether items have their summary, or are headlines; and whether a digest sounds when it arrives.
    has_summaries: Mapped[bool] = mapped_column(default=True)
    sounds: Mapped[bool] = mapped_column(default=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    # Why it ended without its reader's wish ("blocked", "topic_closed" ...).
    ended_because: Mapped[str | None] = mapped_column(String(16), default=None)
    paused_until: Mapped[datetime | None] = mapped_column(default=None)
    # End of the last digest's window: where the next one begins.
    covered_until: Mapped[datetime | None] = mapped_column(default=None)
    # The first digest was promised for when the first reading of the feeds is done.
    first_promised: Mapped[bool] = mapped_column(default=False)


class Undo(Base):
    """What a subscription or follow (`kind`) was before its reader took something away, for a day.

    These are the columns that were changed by that, all of what was removed; moments are in ISO format.
    """

    __tablename__ = "undo"

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    was: Mapped[dict[str, Any]] = mapped_column(JSON)


class Follow(Base):
    """What a chat follows: it heads digests, and where it is `at_once`, instant subscriptions tell of it.

    `kind` says what `value` is: a `document` (its id), a `number` not seen yet (its citation key), a `draft` without
    one (Draft.value), `words` (a search as it was typed), a `place` (its name) or an `issuer` (its code).
    """

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("chat_id", "kind", "value"),
        Index("ix_follow_value", "kind", "value"),
        # No id comes twice: a button about one that is gone is about no other.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    value: Mapped[str]
    since: Mapped[datetime]
    at_once: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(default="")
    # The document followed before that this one replaces, amends or concludes: carried forward, and can be undone.
    carried_from: Mapped[str | None] = mapped_column(default=None)
    # The documents that it was carried forward to: a chat is told of each once, also where it took that back.
    carried_to: Mapped[list[str]] = mapped_column(default_factory=list)


class Saved(Base):
    """An article that a chat keeps."""

    __tablename__ = "saved"

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]


class Digest(Base):
    """A digest that fell due, claimed once; or a notice, which belongs to no subscription.

    `state` is due, composed, done, dropped (the reader wants none any more) or failed (nothing of it arrived; its
    window is the next one's).
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_at"),
        Index("ix_digest_state", "state", "is_crowd", "due_at"),
        Index("ix_digest_chat", "chat_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    # None: its reader removed the subscription; what was told remains.
    subscription_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscription.id", ondelete="SET NULL", name="fk_digest_subscription")
    )
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    is_first: Mapped[bool] = mapped_column(default=False)
    # One message that is no digest: of an admin to all, or of what became of a chat or a follow.
    is_notice: Mapped[bool] = mapped_column(default=False)
    # Whether those that are instant, or a reader's first, go before it.
    is_crowd: Mapped[bool] = mapped_column(default=True)
    # Ids of the stories that the reader may still ask for, most important first.
    held_back: Mapped[list[int]] = mapped_column(JSON, default_factory=list)
    # The last `StoryArticle.placement` there was when it was composed.
    placement: Mapped[int] = mapped_column(BigInteger, default=0)
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
        Index(
            "ix_digest_part_next",
            "state",
            "not_before",
            sqlite_where=text("broadcast_id IS NULL"),
            postgresql_where=text("broadcast_id IS NULL"),
        ),
        Index(
            "ix_digest_part_broadcast",
            "broadcast_id",
            "state",
            sqlite_where=text("broadcast_id IS NOT NULL"),
            postgresql_where=text("broadcast_id IS NOT NULL"),
        ),
        Index("ix_digest_part_worded", "id", sqlite_where=text("html != ''"), postgresql_where=text("html != ''")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    digest_id: Mapped[int] = mapped_column(BigId, ForeignKey("digest.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"))
    number: Mapped[int]
    html: Mapped[str]
    thread_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # Rows of [label, action] pairs.
    buttons: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    silent: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default="pending")
    in_doubt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    message_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    last_error: Mapped[str] = mapped_column(default="")
    # Of a notice that goes to all readers: whatever else their chats get goes before it.
    broadcast_id: Mapped[int | None] = mapped_column(
        ForeignKey("broadcast.id", ondelete="SET NULL", name="fk_digest_part_broadcast"), default=None
    )


class Story(Base):
    """One event; its articles are `StoryArticle` rows.

    What comes of it on later days is a story of its own that `continues` it: so each is told once.
    """

    __tablename__ = "story"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    created_at: Mapped[datetime]
    continues_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("story.id", ondelete="SET NULL", name="fk_story_continues"), default=None, index=True
    )
    # When an article was last taken out of it.
    split_at: Mapped[datetime | None] = mapped_column(default=None, index=True)


class StoryArticle(Base):
    """Membership: an article tells exactly one story."""

    __tablename__ = "story_article"

    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigId, ForeignKey("story.id", ondelete="CASCADE"), index=True)
    # Grows with every placing of articles, those placed at once share it: so one can ask what was placed since. Who
    # places has taken the writers' turn (feeds.store.take_turn).
    placement: Mapped[int] = mapped_column(BigInteger, insert_default=NEXT_PLACEMENT, init=False, index=True)


class StoryTerm(Base):
    """A rare term (hashed) of an article that has its story: where a later report of the event looks for it."""

    __tablename__ = "story_term"
    __table_args__ = ({"sqlite_with_rowid": False},)

    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class SentStory(Base):
    """The ledger: a story goes to a chat once, whatever rule matched.

    `part` is the number of the message that tells it, `shown` what that message says of it: `digests.corrections`
    compares that with what we know now.
    """

    __tablename__ = "sent_story"
    __table_args__ = (Index("ix_sent_story_story_at", "story_id", "at"), Index("ix_sent_story_digest", "digest_id"))

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigId, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True)
    digest_id: Mapped[int] = mapped_column(BigId, ForeignKey("digest.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    part: Mapped[int] = mapped_column(default=1)
    shown: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)


class Correction(Base):
    """A chat is told by a digest that what it had of a story is not so; `shown` is what is said of it from then on."""

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_story", "story_id"), Index("ix_correction_digest", "digest_id"))

    chat_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigId, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True)
    digest_id: Mapped[int] = mapped_column(BigId, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    part: Mapped[int]
    shown: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)


class Feedback(Base):
    """What a chat says of an article: `kind` is irrelevant, wrong_fold, or wrong_document of the document it names.

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
    # Of a wrong fold, where the article was then; a decision taken back puts it there again.
    story_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("story.id", ondelete="SET NULL", name="fk_feedback_story"), default=None, index=True
    )
    decision: Mapped[str | None] = mapped_column(String(8), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class Chore(Base):
    """Something done once a day by whichever process claims it first."""

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    next_due_at: Mapped[datetime]


class Ban(Base):
    """A person, or a chat, that the bot does not answer and sends nothing."""

    __tablename__ = "ban"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    admin_id: Mapped[int] = mapped_column(BigInteger)
    because: Mapped[str] = mapped_column(default="")


class Admitted(Base):
    """A person, or a chat, that may use a bot which is not open to all."""

    __tablename__ = "admitted"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    admin_id: Mapped[int] = mapped_column(BigInteger)


class AdminAct(Base):
    """What an admin did (`act`), to what: kept for the other admins."""

    __tablename__ = "admin_act"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    at: Mapped[datetime]
    admin_id: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str] = mapped_column(String(16))
    about: Mapped[str] = mapped_column(default="")


class Broadcast(Base):
    """A message of an admin to all readers: a draft until it is confirmed, then a notice to each."""

    __tablename__ = "broadcast"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    at: Mapped[datetime]
    admin_id: Mapped[int] = mapped_column(BigInteger)
    html: Mapped[str]
    state: Mapped[str] = mapped_column(String(8), default="draft")
