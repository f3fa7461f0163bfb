"""Ticks by the wall clock, whatever is done to it: a machine without a clock of its own starts with a wrong one."""

import asyncio
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

_LOOK = 3.0  # seconds between two looks at whether the clock was set back


class Tick(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Each time that the clock shows a multiple of `every`.

    APScheduler's own triggers count up all that was missed: where the clock jumps ahead by weeks, for minutes.
    """

    def __init__(self, every: timedelta) -> None:
        self._seconds = every.total_seconds()

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return datetime.fromtimestamp((now.timestamp() // self._seconds + 1) * self._seconds, UTC)


async def follow_clock(scheduler: AsyncIOScheduler, longest: timedelta) -> None:
    """Where the clock was set back, the next ticks would come when it is there again: they come now.

    `longest` is the longest time between two ticks of a job. Goes on until it is cancelled.
    """
    while True:
        await asyncio.sleep(_LOOK)
        now = datetime.now(UTC)
        for job in scheduler.get_jobs():
            if job.next_run_time > now + longest:
                job.modify(next_run_time=now)
