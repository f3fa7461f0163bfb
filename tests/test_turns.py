"""Turns: who may ask a host, and when."""

import asyncio
from itertools import pairwise

import pytest

from feeds import turns
from feeds.turns import Turns

PACE = 0.05


async def test_paced_requests_leave_time_between_their_starts_and_others_do_not_wait_for_them() -> None:
    line, order = Turns(at_once=10, per_host=2), []
    now = asyncio.get_running_loop().time

    async def ask(name: str, pace: float) -> float:
        async with line.take("a.vn", pace):
            order.append(name)
            return now()

    paced = [asyncio.ensure_future(ask("paced", PACE)) for _ in range(4)]
    await asyncio.sleep(0)
    await asyncio.gather(*(ask("free", 0.0) for _ in range(3)))
    starts = await asyncio.gather(*paced)
    assert order == ["paced"] + ["free"] * 3 + ["paced"] * 3
    assert all(later - earlier >= 0.9 * PACE for earlier, later in pairwise(starts))


async def test_hosts_do_not_wait_for_each_others_pace() -> None:
    line = Turns(at_once=10, per_host=2)
    async with asyncio.timeout(60):
        for number in range(20):
            async with line.take(f"{number}.vn", 3600):
                pass


async def test_one_who_gives_up_holds_no_place() -> None:
    line = Turns(at_once=1, per_host=1)
    async with line.take("a.vn", 0.01):
        waiting = [asyncio.ensure_future(line.take("a.vn", pace).__aenter__()) for pace in (0.01, 0.0)]
        await asyncio.sleep(0.05)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(60), line.take("a.vn", 0.01):
        pass


async def test_hosts_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_IDLE_HOSTS", 5)
    line = Turns(at_once=10, per_host=2)
    for number in range(50):
        async with line.take(f"{number}.vn"), line.take(f"paced-{number}.vn", 3600):
            pass
        assert len(line) <= 5
