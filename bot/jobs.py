"""The clockwork of a process: an APScheduler tick asks who is due; what is due is a column, never a job."""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from bot.pace import Pace
from bot.shares import Shares
from bot.ticks import Tick, follow_clock
from digests.alerts import tell_of_feeds
from digests.canary import warn_admins
from digests.chart import chart_waiting, recount_totals
from digests.claim import claim_due, claim_promised
from digests.cluster import fold_waiting
from digests.deliver import deliver
from digests.groups import erase_left
from digests.lock import delivery_lock
from digests.reminders import remind
from digests.retention import drop_full_texts, drop_old_texts
from digests.sending import Sender
from digests.troubles import LATE, Trouble, tell_of_troubles
from digests.waking import wake_followers
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.following import reading_progress
from feeds.judge import judge_waiting
from feeds.notify import listen, notify
from feeds.pages import PAGE_PACE, read_pages
from feeds.robots import Robots
from feeds.store import still_reading_since
from feeds.update import UpdateReport, update_feeds
from feeds.worker import Worker

log = structlog.get_logger()

TICK = timedelta(seconds=20)
BEAT = timedelta(seconds=3)  # between two looks at the locks that this process holds, or waits for
ROUND = 120.0  # seconds in which a round starts feeds: who is slow must not hold up what becomes due
FAILING = 5  # rounds of a job in a row
CHARTED = 50  # batches of articles at a tick: after an upgrade very many wait
STOP_WITHIN = 15.0  # seconds; a part under way gets its answer in that time or is in doubt


class Jobs:
    """Polling and delivering, at a tick or when woken; `stop()` lets what is under way finish."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        page_pace: float = PAGE_PACE,
        open_to: Collection[int] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """`open_to`: who needs no admission to a bot that is not open to all; None where it is."""
        self._database = database
        self._clock = clock
        self._page_pace = page_pace
        self._open_to = open_to
        self._metrics = metrics or Metrics()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._failed: Counter[str] = Counter()  # rounds of jobs, in a row
        self._listening: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._lock = delivery_lock(database)
        self._delivering = asyncio.Lock()
        self._polling = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._judging = asyncio.Lock()
        self._judge = Worker()
        # Feeds that only feedparser can read, and pages.
        self._readers = Worker(processes=2)

    def start(self) -> None:
        self._scheduler.start()
        self._following = asyncio.ensure_future(follow_clock(self._scheduler, TICK))

    @property
    def is_running(self) -> bool:
        return bool(self._scheduler.running)

    @property
    def delivers(self) -> bool:
        """Whether this is the process that delivers."""
        return self._lock.is_held

    def add_polling(self, fetcher: Fetcher, shortest: timedelta) -> None:
        robots = Robots(fetcher)

        async def poll() -> None:
            await self.poll(fetcher, shortest, robots)

        async def read() -> None:
            await self.read_pages(fetcher)

        async def recount() -> None:
            await asyncio.to_thread(recount_totals, self._database, self._clock())

        self._every_tick("poll", poll)
        self._every_tick("pages", read)
        self._every_tick("judge", self.judge)
        self._every_tick("totals", recount)

    def add_retention(self, kept: timedelta) -> None:
        """Articles lose their full texts when they are older than `kept`."""

        async def drop_texts() -> None:
            await asyncio.to_thread(drop_full_texts, self._database, self._clock(), kept)

        self._every_tick("full texts", drop_texts)

    def add_delivery(self, sender: Sender) -> None:
        async def tick() -> None:
            await self.deliver(sender)

        async def keep() -> None:
            if not await asyncio.to_thread(self._lock.keep):
                self._wake("deliver")

        async def claim() -> None:
            # What falls due while many digests go out need not wait for the last of them.
            while self._delivering.locked() and await asyncio.to_thread(self._claim) > 0:
                pass

        async def drop_texts() -> None:
            await asyncio.to_thread(drop_old_texts, self._database, self._clock())

        async def reminders() -> None:
            await asyncio.to_thread(remind, self._database, self._clock())

        self._listening = asyncio.ensure_future(listen(self._database, self._wake_own_delivery))
        if not self._database.is_sqlite:
            self._every_tick("lock", keep, BEAT)
        self._every_tick("deliver", tick)
        self._every_tick("claim", claim)
        self._every_tick("left", self.erase_left)
        self._every_tick("texts", drop_texts)
        self._every_tick("reminders", reminders)

    def add_warnings(
        self,
        sender: Sender,
        admins: Sequence[int],
        timezone: str,
        *,
        unusual_days: bool = True,
        look_elsewhere: Callable[[], Awaitable[Sequence[Trouble]]] | None = None,
    ) -> None:
        """What admins (chat ids) are told: feeds that fail or are silent, and, where the clock is a real one
        (`unusual_days`), unusual days and what needs a person, also as `look_elsewhere` finds it."""
        started = self._clock()

        async def look_at_day() -> None:
            await warn_admins(self._database, sender, self._clock, admins, ZoneInfo(timezone))

        async def look_at_feeds() -> None:
            await tell_of_feeds(self._database, sender, self._clock, admins, timezone)

        async def look_for_troubles() -> None:
            if self._clock() - started < LATE:  # what nobody did while nobody ran is under way
                return
            others = [*(await look_elsewhere() if look_elsewhere else ()), *self._failing_jobs()]
            await tell_of_troubles(
                self._database, sender, self._clock, admins, timezone, others=others, open_to=self._open_to
            )

        if unusual_days:
            self._every_tick("canary", self._of_deliverer(look_at_day))
            self._every_tick("troubles", self._of_deliverer(look_for_troubles))
        self._every_tick("alerts", self._of_deliverer(look_at_feeds))

    def add_shares(self, pace: Pace, *, serves: bool) -> Shares:
        """Shares the bot's rate with other processes: to be closed when nothing is sent any more."""
        shares = Shares(self._database, pace, serves=serves, delivers=lambda: self.delivers)
        self._every_tick("shares", shares.look, BEAT)
        return shares

    def add_answering(self, worker: Worker) -> None:
        """`worker` understands what people hand over, or draws."""
        self._every_tick(f"rest {id(worker)}", worker.rest)

    async def erase_left(self) -> None:
        """Once a day, what is kept of groups and channels that the bot left long ago."""
        await asyncio.to_thread(erase_left, self._database, self._clock())

    def wake_delivery(self) -> None:
        """Runs the delivery tick now, be it another process's."""
        self._wake_own_delivery()
        if not self.delivers:
            self._start(self._tell_others())

    async def poll(
        self, fetcher: Fetcher, shortest: timedelta, robots: Robots | None = None, *, only_due: bool = True
    ) -> UpdateReport | None:
        """One round over the feeds that are due, or over all; None when a round is under way already."""
        if self._polling.locked():
            return None
        async with self._polling:
            report = await update_feeds(
                self._database,
                fetcher,
                self._readers,
                self._clock,
                robots=robots,
                shortest=shortest,
                only_due=only_due,
                seconds=ROUND if only_due else math.inf,
            )
            self._metrics.polled(report)
            if report.checked:
                log.info(
                    "feeds read",
                    checked=report.checked,
                    unchanged=report.unchanged,
                    new=report.new,
                    kept=report.kept,
                    failed=len(report.failed),
                )
        self._wake("judge")
        self._wake("pages")
        return report

    async def read_pages(self, fetcher: Fetcher) -> None:
        """Reads the pages that are due, when who is at it is done, then judges."""
        async with self._reading:
            read = await read_pages(self._database, fetcher, self._readers, self._clock, pace=self._page_pace)
        self._metrics.pages_read(read)
        await self.judge()

    async def judge(self) -> None:
        """Settles the open verdicts, folds stories, wakes those who follow what these cite, and charts it."""
        async with self._judging:
            try:
                report = await judge_waiting(self._database, self._judge, self._clock)
                self._metrics.judged(report)
                if report.judged:
                    log.info("articles judged", judged=report.judged, kept=report.kept)
            finally:  # whatever is wrong with the second reader, what is settled becomes a story
                await asyncio.to_thread(fold_waiting, self._database)
                await asyncio.to_thread(wake_followers, self._database, self._clock())
                await asyncio.to_thread(chart_waiting, self._database, CHARTED)
            await self._judge.rest()
            await self._readers.rest()
        self.wake_delivery()

    async def deliver(self, sender: Sender) -> int:
        """Claims, composes and sends all that is due; returns the parts sent. Nothing without the delivery lock."""
        async with self._delivering:
            is_mine = await asyncio.to_thread(self._lock.acquire)
            self._metrics.holds_lock(is_mine)
            if not is_mine:
                return 0
            self._wake("shares")
            total = 0
            while not self._stopping.is_set():
                claimed = await asyncio.to_thread(self._claim)
                sent = await deliver(
                    self._database,
                    sender,
                    self._clock,
                    self._stopping,
                    self._lock.keep,
                    self._metrics.delivered,
                    self._open_to,
                )
                total += sent
                if not claimed:
                    break
                log.info("digests delivered", claimed=claimed, parts=sent)
            return total

    async def stop(self) -> None:
        """No new work; what is under way gets `STOP_WITHIN` seconds, then the lock is let go."""
        self._stopping.set()
        beside = [task for task in (self._listening, self._following) if task]
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOP_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._judge.stop()
        await self._readers.stop()
        self._lock.release()

    def _claim(self) -> int:
        now = self._clock()
        with self._database.session() as session:
            # A digest is worth waiting for until it is known what is policy and which documents it cites.
            since = still_reading_since(session, now)
            ready = reading_progress(session).is_complete and since is None
            claimed = claim_due(session, now, reading_done=ready, reading_since=since, open_to=self._open_to)
            if ready:
                claimed += claim_promised(session, now, open_to=self._open_to)
        return claimed

    def _wake_own_delivery(self) -> None:
        self._wake("deliver")
        self._wake("claim")

    async def _tell_others(self) -> None:
        try:
            await asyncio.to_thread(notify, self._database)
        except SQLAlchemyError as error:  # they find it at their next tick
            log.warning("other processes were not told of what falls due", error=type(error).__name__)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that `stop` waits for."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _failing_jobs(self) -> Sequence[Trouble]:
        names = sorted(name for name, times in self._failed.items() if times >= FAILING)
        return [Trouble("job_failing", what=", ".join(names))] if names else []

    def _wake(self, name: str) -> None:
        """Runs a tick now, or once more when it is under way."""
        if name in self._busy:
            self._again.add(name)
        elif job := self._scheduler.get_job(name):
            job.modify(next_run_time=datetime.now(UTC))

    async def _rounds(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._busy.add(name)
        self._again.add(name)
        try:
            while name in self._again and not self._stopping.is_set():
                self._again.discard(name)
                await work()
            self._metrics.job_ran(name, done=True)
            self._failed.pop(name, None)
        except Exception:  # a broken round is logged and tried again at the next tick
            log.exception("job failed", job=name)
            self._metrics.job_ran(name, done=False)
            self._failed[name] += 1
        finally:
            self._busy.discard(name)
            self._again.discard(name)

    def _of_deliverer(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """`work` in the process that delivers alone: who waits to deliver may send nothing (bot.shares)."""

        async def run() -> None:
            if await asyncio.to_thread(self._lock.acquire):
                await work()

        return run

    def _every_tick(self, name: str, work: Callable[[], Awaitable[None]], every: timedelta = TICK) -> None:
        async def run() -> None:
            # A task of our own: APScheduler's shutdown cancels its coroutines; `stop` lets the work under way finish.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(self._start(self._rounds(name, work)))

        # By the wall clock: digests fall due on the minute, and then a tick comes at once.
        self._scheduler.add_job(
            run,
            Tick(every),
            id=name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
