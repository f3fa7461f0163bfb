"""The sending limits as Telegram itself sees them, whatever the network does; time here is the loop's, and leaps."""

import asyncio
import selectors
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import RetryAfter

from bot.pace import PATIENCE, Flood, Pace


class Leap(selectors.SelectSelector):
    """Nothing is waited for: the clock leaps to the next timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits, for nothing"
            self.now += timeout
        return ready


def run(main: Coroutine[Any, Any, None]) -> None:
    def loop() -> asyncio.AbstractEventLoop:
        selector = Leap()
        made = asyncio.SelectorEventLoop(selector)
        made.time = lambda: selector.now  # type: ignore[method-assign]
        return made

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main)


@dataclass
class Call:
    """What is asked for, and when it reached Telegram; times in seconds."""

    chat: int
    is_digest: bool = False
    at: float = 0.0
    there: float = 0.01
    back: float = 0.01
    seen: float = -1.0


async def make(pace: Pace, call: Call, *refusals: int, endpoint: str = "sendMessage") -> None:
    waits = list(refusals)

    async def request() -> bool:
        await asyncio.sleep(call.there)
        if waits:
            raise RetryAfter(waits.pop(0))
        call.seen = asyncio.get_running_loop().time()
        await asyncio.sleep(call.back)
        return True

    await asyncio.sleep(call.at)
    patience = PATIENCE if call.is_digest else None
    await pace.process_request(request, (), {}, endpoint, {"chat_id": call.chat}, patience)


def at_most(limit: int, seconds: float, moments: Sequence[float]) -> bool:
    """Whether at most `limit` of them fall into any half-open span of so many seconds."""
    moments = sorted(moments)
    pairs = zip(moments, moments[limit:], strict=False)
    return all(last - first >= seconds - 1e-6 for first, last in pairs)


latencies = st.one_of(st.just(0.005), st.floats(0, 2, allow_nan=False))
calls = st.builds(
    Call,
    chat=st.one_of(st.integers(1, 1000), st.sampled_from([1, 2, -1])),
    is_digest=st.booleans(),
    at=st.floats(0, 3, allow_nan=False),
    there=latencies,
    back=latencies,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(calls, min_size=1, max_size=150))
def test_telegram_never_sees_more_than_its_limits(wanted: list[Call]) -> None:
    async def main() -> None:
        pace = Pace()
        await asyncio.gather(*(make(pace, call) for call in wanted))

    run(main())
    assert all(call.seen >= call.at for call in wanted), "a call was never made"
    assert at_most(30, 1, [call.seen for call in wanted])
    for chat in {call.chat for call in wanted}:
        here = sorted((call for call in wanted if call.chat == chat), key=lambda call: call.seen)
        assert at_most(5, 5, [call.seen for call in here])
        assert chat > 0 or at_most(20, 60, [call.seen for call in here])
        assert all(
            later.seen - earlier.seen >= 1 - 1e-6
            for earlier, later in pairwise(here)
            if earlier.is_digest and later.is_digest
        )


def test_a_long_queue_is_sent_evenly_and_almost_as_fast_as_allowed() -> None:
    crowd = [Call(chat, is_digest=True) for chat in range(1, 601)]

    async def main() -> None:
        pace = Pace()
        await asyncio.gather(*(make(pace, call) for call in crowd))

    run(main())
    seen = sorted(call.seen for call in crowd)
    assert (len(seen) - 1) / (seen[-1] - seen[0]) > 29
    assert at_most(30, 1, seen)
    assert at_most(8, 0.1, seen)


def test_answers_go_before_digests_and_every_digest_gets_its_turn() -> None:
    crowd = [Call(chat, is_digest=True) for chat in range(1, 101)]
    answers = [
        Call(1000 + number, at=0.5 + number / 40) for number in range(800)
    ]  # more than may be sent: 20 s of them

    async def main() -> None:
        pace = Pace()
        await asyncio.gather(*(make(pace, call) for call in crowd + answers))

    run(main())
    assert max(answer.seen - answer.at for answer in answers[:60]) < 0.6
    between = [digest for digest in crowd if 0.6 < digest.seen < PATIENCE]
    assert not between, "a digest went before answers"
    assert max(digest.seen for digest in crowd) < PATIENCE + 6, "digests starve"


def test_what_is_not_a_message_does_not_wait() -> None:
    actions = [Call(chat) for chat in range(1, 201)]

    async def main() -> None:
        pace = Pace()
        await asyncio.gather(*(make(pace, call, endpoint="sendChatAction") for call in actions))

    run(main())
    assert max(call.seen for call in actions) < 0.1


def test_a_chat_told_to_wait_waits_alone_and_its_answer_is_tried_again() -> None:
    told, other = Call(1), Call(2, is_digest=True, at=0.1)

    async def main() -> None:
        pace = Pace()
        await asyncio.gather(make(pace, told, 3), make(pace, other))
        with pytest.raises(RetryAfter):
            await make(pace, Call(3, is_digest=True), 3)
        with pytest.raises(RetryAfter):
            await make(pace, Call(4), 300)

    run(main())
    assert 3 <= told.seen < 3.1
    assert other.seen < 0.2


def test_several_chats_told_to_wait_stop_all_digests_but_no_answer() -> None:
    answer, late = Call(4), Call(5, is_digest=True, at=61)

    async def main() -> None:
        pace = Pace()
        for chat in (1, 2):
            with pytest.raises(RetryAfter):
                await make(pace, Call(chat, is_digest=True), 60)
        with pytest.raises(Flood):
            await make(pace, Call(3, is_digest=True))
        await asyncio.gather(make(pace, answer), make(pace, late))

    run(main())
    assert answer.seen < 1
    assert late.seen >= 60


def test_who_gives_up_waiting_takes_no_turn_from_others() -> None:
    crowd = [Call(chat, is_digest=True) for chat in range(1, 61)]
    last = Call(100, is_digest=True, at=0.1)

    async def main() -> None:
        pace = Pace()
        tasks = [asyncio.ensure_future(make(pace, call)) for call in crowd]
        waiting = asyncio.ensure_future(make(pace, last))
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await waiting

    run(main())
    assert last.seen < 0.6


def test_chats_that_are_quiet_are_forgotten() -> None:
    async def main() -> None:
        pace = Pace()
        for chat in range(1, 3001):
            await make(pace, Call(chat, there=0.1, back=0.1))
        assert len(pace._chats) < 61 / 0.2 * 1.5

    run(main())


def test_no_answer_waits_as_long_as_its_chat_was_told_to() -> None:
    late = Call(1, at=3601)

    async def main() -> None:
        pace = Pace()
        told, *before, waiting = [make(pace, Call(1, there=1), 3600), *(make(pace, Call(1)) for _ in range(5))]
        results = await asyncio.gather(told, *before, waiting, return_exceptions=True)
        assert [type(result) for result in results] == [RetryAfter, *[type(None)] * 4, RetryAfter]
        assert asyncio.get_running_loop().time() < PATIENCE
        with pytest.raises(RetryAfter):
            await make(pace, Call(1))
        await make(pace, late)

    run(main())
    assert late.seen > 3600


def test_digests_that_wait_are_put_off_where_the_bot_stops_and_answers_are_not() -> None:
    digests, answers = [Call(-1, is_digest=True) for _ in range(25)], [Call(-1, at=2) for _ in range(4)]

    async def main() -> None:
        pace = Pace()
        asyncio.get_running_loop().call_later(1.5, pace.put_off)
        made = [make(pace, call) for call in (*digests, *answers, Call(2, is_digest=True, at=3))]
        *results, last = await asyncio.gather(*made, return_exceptions=True)
        assert [type(result) for result in results] == [type(None)] * 2 + [Flood] * 23 + [type(None)] * 4
        assert isinstance(last, Flood)

    run(main())
    assert all(call.seen > 0 for call in answers)
