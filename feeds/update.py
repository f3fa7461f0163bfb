"""The pipeline from feeds to understood articles.

::

    due feeds --claim--> ask --> read --> take in --+--> one writer: articles, states of feeds and hosts
                          |                         |
                          +-- 304, same body, error +

Network waits are async; database and CPU work run in threads; feedparser runs in a worker process (`feeds.parse`).
What came in together is written together (`feeds.record`).
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2s

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from feeds.database import Database
from feeds.fetch import Fetcher, FetchError
from feeds.following import claim_feeds, release_feeds
from feeds.intake import take_in
from feeds.kinds import check_robots, read_source
from feeds.models import Feed
from feeds.parse import ParseError
from feeds.record import Outcome, Recorded, record
from feeds.rhythm import SHORTEST
from feeds.robots import Robots
from feeds.worker import Worker

log = structlog.get_logger()

PER_HOST = 2  # feeds of one host asked at the same time
# Some servers answer 304 for ever: of a feed silent for so long, each tenth look asks for all it has.
_TRUSTED = timedelta(days=1)
_GATHER = 0.05  # seconds in which outcomes gather to be written together
_INTERNAL = "internal"
_LARGE = 1024 * 1024  # bytes
_LARGE_AT_ONCE = 2
_AT_ONCE = 20  # feeds asked at the same time, each of which may hold a body in memory
_TOGETHER = 64  # outcomes written together at most
_GIVE_BACK_WITHIN = 5.0
_CLAIMED = 64  # feeds taken from the table at a time: as many wait for a lease to end where a process dies


@dataclass(slots=True)
class UpdateReport:
    """What one round did; `kept` are those that needed no second reader; `failed` are (outlet, url, reason)."""

    checked: int = 0
    unchanged: int = 0
    new: int = 0
    edited: int = 0
    kept: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


async def update_feeds(
    database: Database,
    fetcher: Fetcher,
    worker: Worker,
    clock: Callable[[], datetime],
    *,
    robots: Robots | None = None,
    shortest: timedelta = SHORTEST,
    only_due: bool = True,
    per_host: int = PER_HOST,
    seconds: float = math.inf,
    on_feed: Callable[[Feed], None] | None = None,
) -> UpdateReport:
    """One round over every due feed, or over all with `only_due=False`. The pages it wants are `feeds.pages`' work.

    `robots` remembers what sites allow from round to round; `shortest` is the least time between two looks at one
    feed; no more than `per_host` of a host are under way. After `seconds` no more feeds are started: those of a slow
    host are due still at the next round, and so is what has become due meanwhile.
    """
    end = time.monotonic() + seconds
    known = robots or Robots(fetcher)
    return await _Round(database, fetcher, worker, clock, known, shortest, only_due, per_host, end, on_feed).run()


@dataclass(slots=True)
class _Round:
    """Looks at feeds, a few of each host at a time: a slow host holds up nobody else's."""

    database: Database
    fetcher: Fetcher
    worker: Worker
    clock: Callable[[], datetime]
    robots: Robots
    shortest: timedelta
    only_due: bool
    per_host: int
    end: float
    on_feed: Callable[[Feed], None] | None
    report: UpdateReport = field(default_factory=UpdateReport)
    # Claimed and not yet started, by host; `open` are all that are claimed and not written down.
    waiting: dict[str, deque[Feed]] = field(default_factory=dict)
    open: dict[int, Feed] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    all_claimed: bool = False
    # Identities of new articles that some feed of this round brings.
    in_hand: set[str] = field(default_factory=set)
    running: Counter[str] = field(default_factory=Counter)
    turn: asyncio.Condition = field(default_factory=asyncio.Condition)
    # Held from the reading of a large feed until it is written: what it says takes several times its size.
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LARGE_AT_ONCE))
    outcomes: asyncio.Queue[Outcome | None] = field(default_factory=lambda: asyncio.Queue(_TOGETHER))

    async def run(self) -> UpdateReport:
        try:
            await asyncio.to_thread(self._claim)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write_all())
                async with asyncio.TaskGroup() as lookers:
                    for _ in range(min(_AT_ONCE, len(self.open))):
                        lookers.create_task(self._look_at_feeds())
                await self.outcomes.put(None)
        finally:
            await self._give_back(list(self.open.values()))
        return self.report

    async def _look_at_feeds(self) -> None:
        while feed := await self._next():
            outcome = await self._look(feed)
            async with self.turn:
                self.running[feed.host] -= 1
                self.turn.notify()
            await self.outcomes.put(outcome)

    async def _next(self) -> Feed | None:
        async with self.turn:
            while True:
                if time.monotonic() > self.end:
                    self.waiting.clear()  # they are given back
                    self.all_claimed = True
                for host, feeds in self.waiting.items():
                    if self.running[host] < self.per_host:
                        feed = feeds.popleft()
                        if not feeds:
                            del self.waiting[host]
                        self.running[host] += 1
                        return feed
                if not self.all_claimed:
                    await asyncio.to_thread(self._claim)
                elif not self.waiting:
                    self.turn.notify()  # who waits for a host has nothing to wait for any more
                    return None
                else:
                    await self.turn.wait()

    def _claim(self) -> None:
        with self.database.session() as session:
            feeds = claim_feeds(session, self.clock(), limit=_CLAIMED, only_due=self.only_due, but=self.taken)
        for feed in feeds:
            self.taken.add(feed.id)
            self.open[feed.id] = feed
            self.waiting.setdefault(feed.host, deque()).append(feed)
        self.all_claimed = len(feeds) < _CLAIMED

    async def _look(self, feed: Feed) -> Outcome:
        """One feed, from the request to what it says; whatever happens is in the outcome."""
        outcome = Outcome(feed, self.clock())
        try:
            await check_robots(self.robots, feed.moved_to or feed.url, feed.kind)
            etag, last_modified = (None, None) if _asks_for_all(feed, outcome.at) else (feed.etag, feed.last_modified)
            pace = self.robots.crawl_delay(feed.url) if feed.kind != "feed" else 0.0
            fetched = await self.fetcher.get(
                feed.moved_to or feed.url, etag=etag, last_modified=last_modified, visit=feed.visit, pace=pace
            )
            outcome.fetched = replace(fetched, body=b"")  # what waits to be written needs no memory for bodies
            if fetched.status == 304:
                return outcome
            outcome.body_hash = blake2s(fetched.body, digest_size=16).hexdigest()
            if outcome.body_hash != feed.body_hash:
                if len(fetched.body) > _LARGE:
                    await self.large.acquire()
                    outcome.is_large = True
                raw = await read_source(fetched, kind=feed.kind, selector=feed.selector, worker=self.worker)
                outcome.intake = await asyncio.to_thread(
                    take_in, self.database, feed, raw, fetched.url, outcome.at, self.in_hand
                )
        except FetchError as error:
            outcome.error, outcome.retry_after = f"{error.reason}: {error}", error.retry_after
        except ParseError as error:
            outcome.error = f"{error.reason}: {error}"
        except Exception as error:  # one broken feed must not stop the others; the next round tries again
            log.exception("feed failed unexpectedly", feed=feed.url)
            outcome.error = f"{_INTERNAL}: {type(error).__name__}"
        return outcome

    async def _write_all(self) -> None:
        """Writes down what comes in, all that has come in at a time, until there is None."""
        more = True
        while more:
            together = [await self.outcomes.get()]
            await asyncio.sleep(_GATHER)
            while not self.outcomes.empty():
                together.append(self.outcomes.get_nowait())
            more = together[-1] is not None
            if outcomes := [outcome for outcome in together if outcome]:
                await self._write(outcomes)
                for _ in filter(lambda outcome: outcome.is_large, outcomes):
                    self.large.release()

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        try:
            recorded = await asyncio.to_thread(self._record, outcomes)
        except (OperationalError, InterfaceError):  # not for what is written: given back, for a later round
            log.exception("the database takes nothing", feeds=len(outcomes))
            for outcome in outcomes:
                outcome.intake, outcome.error = None, f"{_INTERNAL}: the database takes nothing"
                self._report(outcome)
            return
        except Exception as error:
            if len(outcomes) > 1:  # one of them cannot be written; the others can
                for outcome in outcomes:
                    await self._write([outcome])
                return
            (outcome,) = outcomes
            log.exception("a feed's news could not be stored", feed=outcome.feed.url)
            if outcome.reason != _INTERNAL:
                outcome.intake, outcome.error = None, f"{_INTERNAL}: {type(error).__name__}"
                await self._write(outcomes)
            return
        for outcome in outcomes:
            self.open.pop(outcome.feed.id, None)
        for host in recorded.resting:
            await self._let_go(host)
        self.report.new += len(recorded.saved.added)
        self.report.edited += len(recorded.saved.changed)
        self.report.kept += sum(article.state == "kept" for article in recorded.saved.added)
        for outcome in outcomes:
            self._report(outcome)

    def _record(self, outcomes: Sequence[Outcome]) -> Recorded:
        with self.database.session() as session:
            recorded = record(session, outcomes, self.shortest)
            # Before the end of the transaction: after it others may be at work on them.
            for what, articles in (("article found", recorded.saved.added), ("article edited", recorded.saved.changed)):
                for article in articles:
                    # Most of them.
                    is_settled = article.state == "left_out" and article.page_due_at is None
                    tell = log.debug if is_settled else log.info
                    tell(what, article=article.id, url=article.url, state=article.state)
            return recorded

    async def _let_go(self, host: str) -> None:
        """The feeds of a host that rests are for a later round."""
        async with self.turn:
            feeds = self.waiting.pop(host, ())
            self.turn.notify_all()
        await self._give_back(feeds)

    async def _give_back(self, feeds: Collection[Feed]) -> None:
        for feed in feeds:
            self.open.pop(feed.id, None)
        if not feeds:
            return
        try:
            await asyncio.wait_for(asyncio.to_thread(self._release, feeds), _GIVE_BACK_WITHIN)
        except Exception:  # their leases run out
            log.exception("feeds could not be given back", feeds=len(feeds))

    def _release(self, feeds: Collection[Feed]) -> None:
        with self.database.session() as session:
            release_feeds(session, feeds)

    def _report(self, outcome: Outcome) -> None:
        report, feed, intake = self.report, outcome.feed, outcome.intake
        report.checked += 1
        if outcome.error is not None:
            log.warning("feed not read", feed=feed.url, outlet=feed.outlet, error=outcome.error)
            report.failed.append((feed.outlet, feed.url, outcome.error))
        elif intake is None:
            report.unchanged += 1
        else:
            report.refused.update(reason for _, _, reason in intake.refused)
        if self.on_feed:
            self.on_feed(feed)


def _asks_for_all(feed: Feed, now: datetime) -> bool:
    since = feed.brought_at or feed.followed_at
    is_silent = since is None or now - since > _TRUSTED
    return is_silent and (int(now.timestamp()) // 3600 + feed.id) % 10 == 0
