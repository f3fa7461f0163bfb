"""Trouble on request (floods, lost connections, server errors), and Telegram's sending limits."""

import math
import time
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import Refusal, too_many_requests

# The calls that count against the sending limits.
SENDING = {"sendMessage", "sendDocument", "sendPhoto", "editMessageText", "editMessageReplyMarkup"}
MESSAGES_PER_SECOND = 30  # over all chats, in any second
GROUP_MESSAGES = 20  # in one group, in any minute
CHAT_BURST = 5  # messages at once to one chat, then one each second

_REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


class Loss(Enum):
    """How a connection ends without an answer."""

    CLOSED = "closed"
    SILENT = "silent"


@dataclass(slots=True)
class Fault:
    """One prepared trouble; `method` None: every sending method, `chat_id` None: every chat."""

    method: str | None
    chat_id: int | None
    times: int
    refusal: Refusal | None = None
    loss: Loss | None = None
    deliver: bool = True  # with a loss: does the call take effect?

    def concerns(self, method: str, parameters: Parameters) -> bool:
        if self.times <= 0 or (method not in SENDING if self.method is None else method != self.method):
            return False
        return self.chat_id is None or parameters.get("chat_id") == self.chat_id


@dataclass(slots=True)
class Faults:
    """The troubles waiting to happen, oldest first."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, parameters: Parameters) -> Fault | None:
        """The trouble for this call, if any; used up `times` times."""
        self.waiting = [fault for fault in self.waiting if fault.times > 0]
        for fault in self.waiting:
            if fault.concerns(method, parameters):
                fault.times -= 1
                return fault
        return None


def server_error(status: int) -> Refusal:
    """An answer of a server in trouble; the call has no effect."""
    return Refusal(status, _REASONS.get(status, "Internal Server Error"))


@dataclass(slots=True)
class _Bucket:
    """A token bucket: `size` at once, `rate` a second after that."""

    size: float
    rate: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0 when there is one."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (1 - self.tokens) / self.rate)


class SendingLimits:
    """About what Telegram allows; raises 429 beyond it. Times are real ones, not the sandbox's clock."""

    def __init__(self) -> None:
        self._all: deque[float] = deque(maxlen=MESSAGES_PER_SECOND)
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, deque[float]] = {}

    def check(self, method: str, parameters: Parameters) -> None:
        """Count one call; raises Refusal 429 (and counts nothing) when it is one too many."""
        chat_id = parameters.get("chat_id")
        if method not in SENDING or not isinstance(chat_id, int):
            return
        now = time.monotonic()
        chat = self._chats.setdefault(chat_id, _Bucket(CHAT_BURST, 1, CHAT_BURST, now))
        group = self._groups.setdefault(chat_id, deque(maxlen=GROUP_MESSAGES)) if chat_id < 0 else deque[float]()
        wait = max(chat.wait(now), _wait(self._all, 1, now), _wait(group, 60, now))
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        chat.tokens -= 1
        self._all.append(now)
        group.append(now)


def _wait(calls: deque[float], seconds: float, now: float) -> float:
    """Seconds until one more is not too many in a span of `seconds`; `calls` holds as many as may fall into one."""
    return max(0.0, calls[0] + seconds - now) if len(calls) == calls.maxlen else 0.0
