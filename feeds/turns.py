"""Who may ask next: so many requests at once, so many to one host, paced ones to a host with time between them."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

MAX_IDLE_HOSTS = 1000
_NEVER = float("-inf")


@dataclass(slots=True)
class _Queue:
    slots: asyncio.Semaphore
    pacing: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    paced_from: float = _NEVER  # start of the last paced request, in the loop's time


class Turns:
    """Turns at hosts; each host's queue is first come, first served.

    Paced requests wait in a line of their own, so that they hold up no request that is in no line.
    """

    def __init__(self, at_once: int, per_host: int) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._per_host = per_host
        self._queues: dict[str, _Queue] = {}
        # Starts of the last paced requests to hosts with an empty queue, the oldest first.
        self._idle: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many hosts are known at the moment."""
        return len(self._queues) + len(self._idle)

    @asynccontextmanager
    async def take(self, host: str, pace: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn at `host`, at least `pace` seconds after the start of the last paced one, and hold it."""
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue(
                asyncio.Semaphore(self._per_host), paced_from=self._idle.pop(host, _NEVER)
            )
        queue.users += 1
        try:
            if not pace:
                async with queue.slots, self._all:
                    yield
            else:
                async with AsyncExitStack() as turn:
                    async with queue.pacing:
                        now = asyncio.get_running_loop().time
                        await asyncio.sleep(queue.paced_from + pace - now())
                        await turn.enter_async_context(queue.slots)
                        await turn.enter_async_context(self._all)
                        queue.paced_from = now()
                    yield
        finally:
            queue.users -= 1
            if not queue.users:
                self._leave(host, queue)

    def _leave(self, host: str, queue: _Queue) -> None:
        """Forget what need not be known; of starts only the last thousand, however many hosts a feed names."""
        del self._queues[host]
        if queue.paced_from > _NEVER:
            self._idle[host] = queue.paced_from
            if len(self._idle) > MAX_IDLE_HOSTS:
                self._idle.popitem(last=False)
