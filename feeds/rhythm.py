"""When to ask a feed again: by its own rhythm, by what the server asks for, and ever later while it fails; pure.

A feed's rhythm is the usual time between two articles that were new to us. It is asked about twice as often, so that
news waits half a rhythm at most; in its silences (nights, holidays) ever more rarely.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

# The bounds of the time between two looks; a caller may ask for a longer least one.
SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=12)
# Until there is a rhythm.
UNKNOWN = timedelta(minutes=30)
# 410 Gone is meant to last; feeds have come back all the same.
GONE = timedelta(days=30)
_MEMORY = 0.7  # of the former rhythm, against what the last look showed
_SILENCE = 10  # a feed silent for ten hours is asked every hour
# A feed shows at least so many articles at a time (QUIRKS: 25 to 1,000): what the server calls fresh must not let
# more of them pass than half.
_SHOWN = 10
_RETRY_AFTER = timedelta(days=1)
_PATIENCE = 3  # failures of a host in a row: one feed that fails says little


def first_rhythm(dates: Collection[datetime], now: datetime) -> float | None:
    """Seconds between two articles of a feed read for the first time, by their dates; None where too few are known."""
    known = sorted(date for date in dates if date <= now)
    if len(known) < 3:
        return None
    # Up to now: a feed that stopped long ago is a slow one.
    return max((now - known[0]).total_seconds() / len(known), 1.0)


def next_rhythm(rhythm: float | None, silence: timedelta, new: int) -> float | None:
    """The rhythm (seconds) after a look that brought `new` articles, `silence` after the last that brought any."""
    if not new:
        return rhythm
    gap = max(silence.total_seconds() / new, 1.0)
    return gap if rhythm is None else _MEMORY * rhythm + (1 - _MEMORY) * gap


def next_check(
    now: datetime,
    *,
    rhythm: float | None = None,
    silence: timedelta = timedelta(0),
    shortest: timedelta = SHORTEST,
    fresh_for: float = 0.0,
    failures: int = 0,
    retry_after: float | None = None,
    is_gone: bool = False,
) -> datetime:
    """When to look again, spread by a tenth.

    `fresh_for` and `retry_after` are seconds that the server asked for. Each failure doubles the wait, up to
    `LONGEST`; `retry_after` is believed up to a day, `fresh_for` as long as no article can slip through.
    """
    if is_gone:
        return now + _spread(GONE)
    usual = UNKNOWN if rhythm is None else timedelta(seconds=rhythm / 2)
    wait = max(shortest, usual, silence / _SILENCE)
    if fresh_for and not failures:
        harmless = timedelta(seconds=(rhythm or 0.0) * _SHOWN / 2)
        wait = max(wait, min(timedelta(seconds=fresh_for), harmless))
    return now + max(back_off(wait, failures), _believed(retry_after))


def back_off(wait: timedelta, failures: int) -> timedelta:
    """`wait`, doubled for each failure, up to `LONGEST`, spread by a tenth."""
    return _spread(min(wait * float(2 ** min(failures, 10)), LONGEST))


def rest_of_host(failures: int, retry_after: float | None = None) -> timedelta:
    """How long a host rests that failed `failures` times in a row, or asks for a rest itself; zero for not at all."""
    wait = back_off(SHORTEST, failures - _PATIENCE) if failures >= _PATIENCE else timedelta(0)
    return max(wait, _believed(retry_after))


def _believed(retry_after: float | None) -> timedelta:
    return min(timedelta(seconds=retry_after or 0.0), _RETRY_AFTER)


def _spread(wait: timedelta) -> timedelta:
    return wait * random.uniform(0.9, 1.1)  # noqa: S311 - spreading load, not a secret
