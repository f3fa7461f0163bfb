"""How much one person, one group, or one that asks the API, may ask within a minute; kept in memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

_MINUTE = 60.0
_MOST = 10_000  # buckets that are kept


class Asked(StrEnum):
    """What is counted: messages and presses of a person or of a group, what is costly to answer, and requests."""

    MESSAGE = "message"
    PRESS = "press"
    GROUP_MESSAGE = "group_message"
    GROUP_PRESS = "group_press"
    HEAVY = "heavy"
    INLINE = "inline"
    API = "api"


# A minute; a press edits what stands there, and costs less.
_PER_MINUTE = {
    Asked.MESSAGE: 20,
    Asked.PRESS: 60,
    Asked.GROUP_MESSAGE: 30,
    Asked.GROUP_PRESS: 120,
    Asked.HEAVY: 5,
    Asked.INLINE: 60,  # one asks anew while one types
    Asked.API: 120,
}


class Verdict(StrEnum):
    ANSWERED = "answered"
    TOLD = "told"
    """Too much: once a minute a word says so."""
    SILENT = "silent"


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    told_until: float = 0.0


K = TypeVar("K")
V = TypeVar("V")


class Latest(OrderedDict[K, V]):
    """What was set last, at most so much of it: for what may be forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


class Limits:
    """Token buckets: a minute's worth at once, then as fast as they fill again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: Latest[tuple[Asked, int | str], _Bucket] = Latest(_MOST)

    def take(self, asked: Asked, holder: int) -> Verdict:
        """Counts what `holder`, a person or a chat, asks."""
        bucket = self._filled(asked, holder)
        if bucket.left >= 1:
            bucket.left -= 1
            return Verdict.ANSWERED
        if bucket.at < bucket.told_until:
            return Verdict.SILENT
        bucket.told_until = bucket.at + _MINUTE
        return Verdict.TOLD

    def wait(self, asked: Asked, holder: str) -> int:
        """Counts what `holder`, a token or an address, asks: 0, or the seconds until it may ask again."""
        bucket = self._filled(asked, holder)
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return math.ceil((1 - bucket.left) * _MINUTE / _PER_MINUTE[asked])

    def _filled(self, asked: Asked, holder: int | str) -> _Bucket:
        now, most = self._clock(), _PER_MINUTE[asked]
        bucket = self._buckets[asked, holder] = self._buckets.get((asked, holder)) or _Bucket(most, now)
        bucket.left = min(most, bucket.left + (now - bucket.at) * most / _MINUTE)
        bucket.at = now
        return bucket


class NoLimits(Limits):
    """For a stand-in of Telegram that one person uses."""

    def take(self, asked: Asked, holder: int) -> Verdict:
        return Verdict.ANSWERED

    def wait(self, asked: Asked, holder: str) -> int:
        return 0
