"""The feeds that are followed: taken over from their lists, claimed when due. Each function works inside the session
it is given."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, not_, or_, select, update
from sqlalchemy.orm import Session

from feeds.models import Feed, Host
from feeds.sources import Source
from feeds.store import take_turn
from feeds.text import fold

# Longer than a round starts feeds and the slowest needs; what a dead process has taken waits that long for another.
FEED_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ReadingProgress:
    """How far the first reading of the enabled feeds is."""

    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        return self.done >= self.total


def sync_sources(session: Session, sources: Iterable[Source], now: datetime) -> None:
    """Brings the feeds that come from the sources file in step with it; feeds added by users stay.

    What is known of a feed stays, also under the address that replaces its old one.
    """
    take_turn(session)
    stored = {feed.url: feed for feed in session.scalars(select(Feed))}
    wanted = {source.url: source for source in sources}
    for url, source in wanted.items():
        feed = stored.get(url)
        if feed is None and source.was in stored:
            feed = stored.pop(source.was)
            _move(feed, url, now)
        if feed is None:
            session.add(_feed(source, now, origin="file"))
            continue
        _describe(feed, source)
        if feed.origin == "file":
            if source.enabled and not feed.enabled:
                _forget_failures(feed)
            feed.enabled = source.enabled
    for url, feed in stored.items():
        if feed.origin == "file" and url not in wanted:
            feed.enabled = False


def add_feeds(session: Session, sources: Iterable[Source], now: datetime) -> int:
    """Follows these feeds from now on, due at once; returns how many are new or were switched off before.

    Those that their list marks as switched off are passed over.
    """
    stored = {feed.url: feed for feed in session.scalars(select(Feed))}
    added = 0
    for source in {source.url: source for source in sources if source.enabled}.values():
        feed = stored.get(source.url)
        if feed is not None and feed.enabled:
            continue
        added += 1
        if feed is None:
            session.add(_feed(source, now, origin="user"))
        else:
            _describe(feed, source)
            _forget_failures(feed)
            feed.enabled, feed.paused, feed.origin, feed.next_check_at = True, False, "user", now
    return added


def drop_feed(session: Session, url: str) -> bool:
    """Stops following a feed, for good even where the sources file names it; its articles stay. False if unknown."""
    feed = feed_at(session, url)
    if feed is None or not feed.enabled:
        return False
    feed.enabled, feed.origin = False, "user"
    return True


def pause_feed(session: Session, url: str) -> bool:
    """Stops asking for a feed until it is resumed; what is known of it stays. False if it is not followed."""
    feed = feed_at(session, url)
    if feed is None or not feed.enabled:
        return False
    feed.paused = True
    return True


def resume_feed(session: Session, url: str, now: datetime) -> bool:
    """Asks for a paused feed again, due at once. False if it is not followed or not paused."""
    feed = feed_at(session, url)
    if feed is None or not feed.enabled or not feed.paused:
        return False
    _forget_failures(feed)
    feed.paused, feed.next_check_at = False, now
    return True


def feed_at(session: Session, url: str) -> Feed | None:
    """The feed of exactly this address, followed or no longer."""
    return session.scalar(select(Feed).where(Feed.url == url))


def all_feeds(session: Session) -> Sequence[Feed]:
    """Every feed that is followed, also the paused ones, by outlet: Đ stands with D, and accents decide last."""
    followed = session.scalars(select(Feed).where(Feed.enabled))
    return sorted(followed, key=lambda feed: (fold(feed.outlet), feed.outlet, feed.url))


def _describe(feed: Feed, source: Source) -> None:
    feed.outlet, feed.level, feed.language = source.outlet, source.level, source.language
    feed.province, feed.section = source.province, source.section
    if (feed.kind, feed.selector) != (source.kind, source.selector):
        _forget_answer(feed)
    feed.kind, feed.selector, feed.visit = source.kind, source.selector, source.visit


def _move(feed: Feed, url: str, now: datetime) -> None:
    feed.url, feed.host, feed.moved_to, feed.next_check_at = url, urlsplit(url).hostname or "", None, now
    _forget_answer(feed)


def _forget_answer(feed: Feed) -> None:
    """Otherwise "not modified" would keep what the last answer says from being read in the new way."""
    feed.etag = feed.last_modified = feed.body_hash = None


def _forget_failures(feed: Feed) -> None:
    """Those of long ago would have it called failing at its first slip, and well again without a word of trouble."""
    feed.failures, feed.failing_since, feed.last_error, feed.reported = 0, None, None, None


def _feed(source: Source, now: datetime, *, origin: str) -> Feed:
    return Feed(
        url=source.url,
        outlet=source.outlet,
        level=source.level,
        language=source.language,
        province=source.province,
        section=source.section,
        kind=source.kind,
        selector=source.selector,
        visit=source.visit,
        origin=origin,
        enabled=source.enabled,
        next_check_at=now,
    )


def claim_feeds(
    session: Session, now: datetime, *, limit: int, only_due: bool = True, but: Collection[int] = ()
) -> Sequence[Feed]:
    """Feeds to check now but for the ids in `but`, taken so that no other process takes them for `FEED_LEASE`.

    Paused feeds are left alone, and unless all are wanted, due or not, those whose host rests.
    """
    free = or_(Feed.claimed_until.is_(None), Feed.claimed_until <= now)
    query = select(Feed).where(Feed.enabled, not_(Feed.paused), free, Feed.id.not_in(but))
    if only_due:
        resting = select(Host.name).where(Host.rests_until > now)
        query = query.where(Feed.next_check_at <= now, Feed.host.not_in(resting))
    ids = query.with_only_columns(Feed.id).order_by(Feed.next_check_at).limit(limit).with_for_update(skip_locked=True)
    claim = update(Feed).where(Feed.id.in_(ids)).values(claimed_until=now + FEED_LEASE).returning(Feed)
    return sorted(session.scalars(claim), key=lambda feed: feed.next_check_at)


def release_feeds(session: Session, feeds: Iterable[Feed]) -> None:
    """Gives claimed feeds back, unless another process has claimed them since."""
    for feed in feeds:
        mine = Feed.id == feed.id, Feed.claimed_until == feed.claimed_until
        session.execute(update(Feed).where(*mine).values(claimed_until=None))


def reading_progress(session: Session) -> ReadingProgress:
    """Enabled feeds that were checked at least once, of all enabled feeds."""
    total, done = session.execute(
        select(func.count(), func.count(Feed.checked_at)).select_from(Feed).where(Feed.enabled)
    ).one()
    return ReadingProgress(done, total)


def source_of(feed: Feed) -> Source:
    """A feed as its list describes it."""
    return Source(
        url=feed.url,
        outlet=feed.outlet,
        level=feed.level,
        province=feed.province,
        language=feed.language,
        section=feed.section,
        enabled=feed.enabled,
        kind=feed.kind,
        selector=feed.selector,
        visit=feed.visit,
    )
