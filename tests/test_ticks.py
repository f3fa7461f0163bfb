"""The clock of the machine is set: ahead, as where it has no battery and asks the network late; and back again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, tzinfo

import apscheduler.schedulers.base
import pytest

import bot.jobs
import bot.ticks
from bot.jobs import TICK, Jobs
from bot.ticks import Tick
from conftest import NOW
from feeds.database import Database


class Clock:
    """The wall clock, which may be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = ahead = [timedelta()]

        class Set(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return datetime.now(tz) + ahead[0]

        for module in (apscheduler.schedulers.base, bot.jobs, bot.ticks):
            monkeypatch.setattr(module, "datetime", Set)

    def set_by(self, ahead: timedelta) -> None:
        self.ahead[0] += ahead


@pytest.fixture
async def jobs(sqlite: Database) -> AsyncIterator[Jobs]:
    jobs = Jobs(sqlite, lambda: NOW)
    yield jobs
    await jobs.stop()


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-4000), timedelta(days=4000)])
async def test_rounds_go_on_when_the_clock_is_set(jobs: Jobs, monkeypatch: pytest.MonkeyPatch, jump: timedelta) -> None:
    clock, rounds = Clock(monkeypatch), asyncio.Semaphore(0)

    async def work() -> None:
        rounds.release()

    monkeypatch.setattr(bot.ticks, "_LOOK", 0.01)
    jobs._every_tick("work", work, timedelta(seconds=1))
    jobs.start()
    await rounds.acquire()
    clock.set_by(jump)
    async with asyncio.timeout(60):  # APScheduler's cron trigger: of a jump back years, of one ahead an hour
        for _ in range(2):
            await rounds.acquire()


def test_a_tick_is_a_multiple_of_its_time_and_after_now() -> None:
    on_the_minute = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    for now, then in ((0, 20), (0.001, 20), (19.999, 20), (20, 40), (59, 60)):
        due = Tick(TICK).get_next_fire_time(None, on_the_minute + timedelta(seconds=now))
        assert due == on_the_minute + timedelta(seconds=then)
