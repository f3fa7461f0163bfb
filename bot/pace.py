"""Telegram's sending limits, kept over all that this process sends: a rate limiter, which is PTB's seam for it.

==============  =====================================================================================
over all chats  at most 30 in any second, wherever it begins, at an even pace (Bot FAQ: "about 30")
one chat        digests a second apart; its user's answers in short bursts, at most 5 in any 5 seconds
one group       at most 20 in any minute
==============  =====================================================================================

A call reaches Telegram at some moment between its start and its answer. So it counts from its start until so long
after its answer: whatever the network does, Telegram itself never sees more than these.

Answers go before digests. A digest stands in the queue as if it had come `PATIENCE` later, so nothing waits for ever.
A chat that Telegram told to wait gets no digest before that is over, and no answer where that is longer than
`PATIENCE`.

Where several processes send, each keeps to its share of the 30 (`bot.shares`), which may change at any moment. The
limits of a chat are each process's own: Telegram says where they are passed, and what is refused is tried again.
"""

import asyncio
import math
import os
from bisect import insort
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from operator import itemgetter
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

PER_SECOND = 30
PATIENCE = 5.0  # seconds; what a digest is sent with as PTB's `rate_limit_args`, and the longest wait of an answer
_STEP = 1 / 29.5  # seconds between two starts of a process that has all to itself
_CATCH_UP = 10  # starts that are late and made up for, while any call waits
_BURST = (5, 5.0)  # calls, seconds
_DIGESTS = (1, 1.0)
_GROUP = (20, 60.0)
_TRIES = 3

Answer = bool | dict[str, Any] | list[dict[str, Any]]


class Flood(RetryAfter):
    """Telegram told several chats at once to wait: no digest is tried until that is over."""


class _Calls:
    """Calls under way, and when the last `most` of the others ended (seconds of the loop's clock)."""

    def __init__(self, most: int) -> None:
        self.under_way = 0
        self.ended: deque[float] = deque(maxlen=most)

    def free_at(self, most: int, seconds: float) -> float:
        """When one more may start so that at most `most` fall into any `seconds`; infinity: not before one ends."""
        room = most - 1 - self.under_way
        if room < 0:
            return math.inf
        return self.ended[-1 - room] + seconds if len(self.ended) > room else -math.inf


class _Chat(_Calls):
    def __init__(self, is_group: bool) -> None:
        super().__init__(_GROUP[0] if is_group else _BURST[0])
        self.is_group = is_group
        self.waiting = 0
        self.closed_until = -math.inf

    def turn_at(self, is_digest: bool) -> float:
        limits = [_BURST, *[_DIGESTS] * is_digest, *[_GROUP] * self.is_group]
        return max(self.closed_until, *(self.free_at(*limit) for limit in limits))

    def is_idle(self, now: float) -> bool:
        last = max(self.closed_until, self.ended[-1] + _GROUP[1] if self.ended else now)
        return not (self.under_way or self.waiting) and last <= now


@dataclass(slots=True, order=True)
class _Waiter:
    place: float
    number: int
    chat: _Chat = field(compare=False)
    is_digest: bool = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Pace(BaseRateLimiter[float]):
    """Lets each call that Telegram counts start when it may. `rate_limit_args`: `PATIENCE` for a digest.

    Without `chat_limits` only the limit over all chats is kept: for a stand-in of Telegram that one person uses.
    """

    def __init__(self, *, chat_limits: bool = True) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # PTB's opt-in: RetryAfter.retry_after is a timedelta
        self._chat_limits = chat_limits
        self._all = _Calls(PER_SECOND)
        self.share = PER_SECOND
        self._next = -math.inf  # the next start of an even pace
        self._chats: OrderedDict[int | str, _Chat] = OrderedDict()
        self._queue: list[_Waiter] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._flooded_until = -math.inf
        self._puts_off = False

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        if self._timer:
            self._timer.cancel()

    def put_off(self) -> None:
        """From now on no digest is sent, those that wait included: the bot is about to stop."""
        self._puts_off = True
        self._refuse_waiting()

    def drop_digests(self) -> None:
        """Those that wait are not sent: they are another process's by now."""
        for waiter in [waiter for waiter in self._queue if waiter.is_digest]:
            self._refuse(waiter, Flood(timedelta()))

    def limit(self, share: int) -> None:
        """From now on at most `share` calls a second start, of the 30; none of 0."""
        if share != self.share:
            self.share = share
            self._serve()

    def keeps_to(self, share: int) -> bool:
        """Whether no more than `share` calls are under way or ended within the last second."""
        return self._all.free_at(share + 1, 1.0) <= asyncio.get_running_loop().time()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: float | None,
    ) -> Answer:
        """Makes the call at its turn. An answer that has to wait shortly is tried again; RetryAfter otherwise."""
        if "chat_id" not in data or not _is_counted(endpoint):
            return await callback(*args, **kwargs)
        patience = rate_limit_args or 0.0
        tries = 0
        while True:
            tries += 1
            chat = self._chat(data["chat_id"])
            await self._take_turn(chat, patience)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:  # the call had no effect
                seconds = _seconds(error)
                self._close(chat, seconds)
                if patience or tries == _TRIES or seconds > PATIENCE:
                    raise
            finally:
                self._end(chat)

    async def _take_turn(self, chat: _Chat, patience: float) -> None:
        loop = asyncio.get_running_loop()
        if refusal := self._refusal(chat, patience > 0, loop.time()):
            raise refusal
        if not self._queue:
            self._next = max(self._next, loop.time())
        waiter = _Waiter(loop.time() + patience, next(self._numbers), chat, patience > 0, loop.create_future())
        insort(self._queue, waiter)
        chat.waiting += 1
        self._serve()
        try:
            await waiter.turn
        except BaseException:
            if waiter in self._queue:
                self._leave(waiter)
            elif not waiter.turn.cancelled() and not waiter.turn.exception():  # cancelled just when its turn had come
                self._end(chat)
            raise

    def _serve(self) -> None:
        """Starts who may start now, and sets the timer for the next."""
        loop = asyncio.get_running_loop()
        now, moment = loop.time(), math.inf
        while self._queue and self.share:
            moment = max(self._next, self._all.free_at(self.share, 1.0))
            if moment > now:
                break
            moment, first = min(self._turns(now), key=itemgetter(0))
            if moment > now:
                break
            self._start(first, now)
            moment = math.inf
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_at(moment, self._serve) if moment < math.inf else None

    def _turns(self, now: float) -> Iterator[tuple[float, _Waiter]]:
        """When each may start as far as its chat goes; no further than the first who may now."""
        for waiter in self._queue:
            moment = waiter.chat.closed_until
            if self._chat_limits:
                moment = waiter.chat.turn_at(waiter.is_digest)
            yield moment, waiter
            if moment <= now:
                return

    def _refusal(self, chat: _Chat, is_digest: bool, now: float) -> RetryAfter | None:
        """What would have to wait for long is better put off by who sends it."""
        if is_digest and self._puts_off:
            return Flood(timedelta())
        if is_digest and now < self._flooded_until:
            return Flood(timedelta(seconds=self._flooded_until - now))
        wait = chat.closed_until - now
        return RetryAfter(timedelta(seconds=wait)) if wait > (0 if is_digest else PATIENCE) else None

    def _refuse_waiting(self) -> None:
        now = asyncio.get_running_loop().time()
        for waiter in list(self._queue):
            if refusal := self._refusal(waiter.chat, waiter.is_digest, now):
                self._refuse(waiter, refusal)

    def _refuse(self, waiter: _Waiter, refusal: RetryAfter) -> None:
        self._leave(waiter)
        if not waiter.turn.cancelled():
            waiter.turn.set_exception(refusal)

    def _start(self, waiter: _Waiter, now: float) -> None:
        self._leave(waiter)
        if waiter.turn.cancelled():
            return
        step = _STEP * PER_SECOND / self.share
        self._next = max(self._next, now - _CATCH_UP * step) + step
        self._all.under_way += 1
        waiter.chat.under_way += 1
        waiter.turn.set_result(None)

    def _leave(self, waiter: _Waiter) -> None:
        self._queue.remove(waiter)
        waiter.chat.waiting -= 1

    def _end(self, chat: _Chat) -> None:
        now = asyncio.get_running_loop().time()
        for calls in (self._all, chat):
            calls.under_way -= 1
            calls.ended.append(now)
        self._serve()

    def _close(self, chat: _Chat, seconds: float) -> None:
        """Telegram does not say whether it means a chat or the bot: two chats closed at once are taken for the bot."""
        now = asyncio.get_running_loop().time()
        if any(other.closed_until > now for other in self._chats.values() if other is not chat):
            self._flooded_until = max(self._flooded_until, now + seconds)
        chat.closed_until = max(chat.closed_until, now + seconds)
        self._refuse_waiting()

    def _chat(self, chat_id: int | str) -> _Chat:
        now = asyncio.get_running_loop().time()
        for _ in range(min(2, len(self._chats))):  # two are looked at for each that may be new: idle ones go
            oldest, chat = self._chats.popitem(last=False)
            if not chat.is_idle(now):
                self._chats[oldest] = chat
        if chat_id not in self._chats:
            # Only channels and supergroups have names.
            self._chats[chat_id] = _Chat(is_group=isinstance(chat_id, str) or chat_id < 0)
        return self._chats[chat_id]


def _is_counted(endpoint: str) -> bool:
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
