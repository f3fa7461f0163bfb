"""The clockwork of a process: an APScheduler tick asks who is due; what is due is a column, never a job."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digests.cluster import fold_stories
from digests.deliver import Sender, claim_due, claim_promised, deliver, recover
from digests.lock import delivery_lock
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.store import reading_progress
from feeds.update import UpdateReport, update_feeds

log = structlog.get_logger()

TICK = timedelta(seconds=20)
STOP_WITHIN = 15.0  # seconds; a part under way gets its answer in that time or is in doubt


class Jobs:
    """Polling and delivering, at a tick or when woken; `stop()` lets what is under way finish."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._lock = delivery_lock(database)
        self._recovered = False
        self._delivering = asyncio.Lock()
        self._polling = asyncio.Lock()

    def start(self) -> None:
        self._scheduler.start()

    def add_polling(self, fetcher: Fetcher, interval: timedelta) -> None:
        async def poll() -> None:
            await self.poll(fetcher, interval)

        self._every_tick("poll", poll)

    def add_delivery(self, sender: Sender) -> None:
        async def tick() -> None:
            await self.deliver(sender)

        self._every_tick("deliver", tick)

    def wake_delivery(self) -> None:
        """Runs the delivery tick now."""
        job = self._scheduler.get_job("deliver")
        if job:
            job.modify(next_run_time=datetime.now(UTC))

    async def poll(self, fetcher: Fetcher, interval: timedelta) -> UpdateReport | None:
        """One round over the due feeds, then stories; None when a round is under way already."""
        if self._polling.locked():
            return None
        async with self._polling:
            report = await update_feeds(self._database, fetcher, self._clock, interval=interval)
            if report.kept or report.pages:
                await asyncio.to_thread(self._fold)
            if report.checked:
                log.info(
                    "feeds read",
                    checked=report.checked,
                    unchanged=report.unchanged,
                    new=report.new,
                    kept=report.kept,
                    failed=len(report.failed),
                )
        self.wake_delivery()
        return report

    async def deliver(self, sender: Sender) -> int:
        """Claims, composes and sends all that is due; returns the parts sent. Nothing without the delivery lock."""
        async with self._delivering:
            if not await asyncio.to_thread(self._lock.acquire):
                self._recovered = False
                return 0
            claimed = await asyncio.to_thread(self._claim)
            sent = await deliver(self._database, sender, self._clock, self._stopping)
            if claimed or sent:
                log.info("digests delivered", claimed=claimed, parts=sent)
            return sent

    async def stop(self) -> None:
        """No new work; what is under way gets `STOP_WITHIN` seconds, then the lock is let go."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOP_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._lock.release()

    def _claim(self) -> int:
        now = self._clock()
        with self._database.session() as session:
            if not self._recovered:
                doubtful = recover(session)
                if doubtful:
                    log.warning("parts in doubt are sent again", parts=doubtful)
                self._recovered = True
            claimed = claim_due(session, now)
            if reading_progress(session).is_complete:
                claimed += claim_promised(session, now)
        return claimed

    def _fold(self) -> None:
        with self._database.session() as session:
            fold_stories(session)

    def _every_tick(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            # A task of our own: APScheduler's shutdown does not wait for coroutines under way.
            task = asyncio.ensure_future(_logged(name, work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await task

        self._scheduler.add_job(
            run,
            "interval",
            seconds=TICK.total_seconds(),
            id=name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )


async def _logged(name: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:  # a broken round is logged and tried again at the next tick
        log.exception("job failed", job=name)
