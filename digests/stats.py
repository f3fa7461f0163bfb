"""Figures of the bot for admins: readers, what was sent and how late, what was read, how feeds do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from digests.models import Ban, Chat, Digest, DigestPart, Follow, Subscription
from digests.schedule import DAY
from feeds.following import all_feeds
from feeds.health import Health, health_of
from feeds.models import Article

DAYS = 14  # of the chart
MOST_FOLLOWED = 5
_MOST_SENT = 10_000  # digests that are looked at for how late they were


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds from when digests were due to when their first message was sent: the median and the 99th percentile."""

    digests: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class DayOf:
    """One day of the chart: articles read and kept, messages sent."""

    day: date
    read: int
    kept: int
    sent: int


@dataclass(frozen=True, slots=True)
class Stats:
    """`kinds` counts the chats that get briefings by Telegram's kind of chat; `digests` and `messages` are of the last
    day and of the last seven."""

    kinds: Mapping[str, int]
    stopped: int
    new: int
    banned: int
    digests: tuple[int, int]
    messages: tuple[int, int]
    lateness: Lateness | None
    feeds: Mapping[Health, int]
    followed: Sequence[tuple[str, int]]
    days: Sequence[DayOf]

    @property
    def active(self) -> int:
        return sum(self.kinds.values())


def stats_of(session: Session, now: datetime, zone: ZoneInfo) -> Stats:
    """The figures at `now`; days are those of `zone`, the last one is not over."""
    is_active = exists().where(Subscription.chat_id == Chat.id, Subscription.enabled) & Chat.left_at.is_(None)
    has_any = exists().where(Subscription.chat_id == Chat.id)
    chats = select(func.count()).select_from(Chat)
    kind = case((Chat.kind == "supergroup", "group"), else_=Chat.kind)  # to people both are groups
    kinds = session.execute(select(kind, func.count()).where(is_active).group_by(kind)).all()
    followed = (
        select(Follow.value, func.count())
        .where(Follow.kind == "document")
        .group_by(Follow.value)
        .order_by(func.count().desc(), Follow.value)
        .limit(MOST_FOLLOWED)
    )
    # By when its first part was sent, for which there is an index: asked which of them have a part that was, SQLite
    # goes through all parts for each.
    is_first = DigestPart.digest_id == Digest.id, DigestPart.number == 1, DigestPart.sent_at > now - 7 * DAY
    return Stats(
        kinds={kind: count for kind, count in kinds},  # noqa: C416 - rows are no pairs to mypy
        stopped=session.scalar(chats.where(has_any, ~is_active)) or 0,
        new=session.scalar(chats.where(Chat.created_at > now - 7 * DAY)) or 0,
        banned=session.scalar(select(func.count()).select_from(Ban)) or 0,
        digests=_two(session, Digest.window_end, now, ~Digest.is_notice, *is_first),
        messages=_two(session, DigestPart.sent_at, now),
        lateness=_lateness(session, now),
        feeds=Counter(health_of(feed, now) for feed in all_feeds(session)),
        followed=[(value, count) for value, count in session.execute(followed)],
        days=_days(session, now, zone),
    )


def _two(
    session: Session,
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    *conditions: ColumnElement[bool],
) -> tuple[int, int]:
    """How many were in the last day and in the last seven."""
    last = func.sum(case((moment > now - DAY, 1), else_=0))
    row = session.execute(select(last, func.count()).where(moment > now - 7 * DAY, *conditions)).one()
    return int(row[0] or 0), int(row[1])


def _lateness(session: Session, now: datetime) -> Lateness | None:
    query = (
        select(Digest.due_at, DigestPart.sent_at)
        .join(DigestPart, and_(DigestPart.digest_id == Digest.id, DigestPart.number == 1))
        .where(~Digest.is_notice, DigestPart.sent_at > now - 7 * DAY)
        .order_by(DigestPart.sent_at.desc())
        .limit(_MOST_SENT)
    )
    late = sorted(max(0.0, (sent_at - due_at).total_seconds()) for due_at, sent_at in session.execute(query) if sent_at)
    if not late:
        return None
    return Lateness(len(late), late[len(late) // 2], late[min(len(late) - 1, len(late) * 99 // 100)])


def _days(session: Session, now: datetime, zone: ZoneInfo) -> Sequence[DayOf]:
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    starts = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(now.tzinfo) for day in days]
    spans = list(zip(starts, [*starts[1:], now + DAY], strict=True))
    read = _counts(session, Article.first_seen_at, spans, Article.origin == "poll")
    kept = _counts(session, Article.first_seen_at, spans, Article.origin == "poll", Article.state == "kept")
    sent = _counts(session, DigestPart.sent_at, spans)
    return [DayOf(*row) for row in zip(days, read, kept, sent, strict=True)]


def _counts(
    session: Session,
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    spans: Sequence[tuple[datetime, datetime]],
    *conditions: ColumnElement[bool],
) -> Sequence[int]:
    """How many in each span, each by the index: in one pass every row would be compared with every span."""
    counts = [
        select(func.count()).where(moment >= start, moment < end, *conditions).scalar_subquery() for start, end in spans
    ]
    return session.execute(select(*counts)).one()
