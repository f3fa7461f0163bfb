"""Processes for work that must not stop the bot: what may crash, hang or need much memory."""

import asyncio
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from pebble import ProcessExpired, ProcessPool

IDLE = 300.0  # seconds
# A process keeps the most memory it ever needed: after so many pieces of work another takes its place.
_MAX_TASKS = 500

_T = TypeVar("_T")


class WorkerError(Exception):
    """The work was not done: the process died of it ("crashed") or took too long ("too_complex": `reason`).

    Another process stands ready for the next.
    """

    def __init__(self, message: str, *, reason: str = "crashed") -> None:
        super().__init__(message)
        self.reason = reason


class Worker:
    """Processes started when there is work; `rest` and `stop` end them, and the next work starts others.

    `memory`: the most bytes of data that each may have; work that needs more gets MemoryError, or dies of it.
    `load`: what each does first, ahead of all work.
    """

    def __init__(
        self, processes: int = 1, *, memory: int | None = None, load: Callable[[], object] | None = None
    ) -> None:
        self._processes = processes
        self._memory = memory
        self._load = load or _nothing
        self._pool: ProcessPool | None = None
        self._used = 0.0
        self._under_way = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def run(self, work: Callable[..., _T], *arguments: object, seconds: float) -> _T:
        """What `work` returns or raises; it and its arguments must be picklable. `WorkerError` says why there is none.

        A piece of work waits until a process is free; only then its time begins.
        """
        pool = self._started()
        self._under_way += 1
        try:
            return await asyncio.wrap_future(pool.schedule(work, args=arguments, timeout=seconds))
        except TookTooLong as error:
            raise WorkerError(f"took more than {seconds:.0f} s", reason="too_complex") from error
        except (ProcessExpired, BrokenProcessPool) as error:
            raise WorkerError(f"the process died: {error}") from error
        finally:
            self._under_way -= 1
            self._used = time.monotonic()

    def wake(self) -> None:
        """Starts processes that rest, ahead of the work that is expected."""
        if self._pool is None or not self._pool.active:
            self._started().schedule(_nothing)
            self._used = time.monotonic()

    def _started(self) -> ProcessPool:
        if self._pool is None or not self._pool.active:
            # Not forked: a copy of a process with threads and connections in it may hang.
            context = multiprocessing.get_context("spawn")
            begin = partial(_begin, self._memory, self._load)
            self._pool = ProcessPool(self._processes, max_tasks=_MAX_TASKS, context=context, initializer=begin)
        return self._pool

    async def rest(self) -> None:
        """Ends processes that had no work for `IDLE` seconds: they keep models and libraries in memory."""
        if self._pool is not None and not self._under_way and time.monotonic() - self._used > IDLE:
            await self.stop()

    async def stop(self) -> None:
        """Ends the processes; what is under way is not finished."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(pool.join)


def _nothing() -> None:
    pass


def _begin(memory: int | None, load: Callable[[], object]) -> None:
    """Ctrl-C reaches the whole group of processes; only the parent knows how to stop in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory is not None:  # not RLIMIT_AS: libraries reserve address space that they never use
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    load()
