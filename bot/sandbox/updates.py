"""The queue of updates behind getUpdates: long polling, confirming by offset, one poller at a time."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.sandbox.refusal import conflict

Json = dict[str, Any]

MAX_WAIT = 50  # seconds; the real server cuts longer ones too
# Never sent unless asked for by name.
_ONLY_ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(slots=True)
class Webhook:
    """Where updates go instead of waiting for polls; `url` "" means nowhere."""

    url: str = ""
    secret: str = ""
    last_error: tuple[int, str] | None = None  # Unix time, what went wrong


class UpdateQueue:
    """Updates stay until a poll confirms them by asking for a higher offset."""

    def __init__(self) -> None:
        self.pending: list[Json] = []
        self.webhook = Webhook()
        self.allowed: list[str] = []  # empty: all but the kinds sent only on request
        self._next_id = 100_000_001
        self._changed = asyncio.Event()
        self._poller = 0

    def put(self, kind: str, content: Json) -> None:
        """Queue an update if the bot wants its kind."""
        if kind not in self.allowed if self.allowed else kind in _ONLY_ON_REQUEST:
            return
        self.push({kind: content})

    def push(self, update: Json) -> int:
        """Queue an update as it is, with an id of its own, which is returned."""
        self.pending.append({**update, "update_id": self._next_id})
        self._next_id += 1
        self.wake()
        return self._next_id - 1

    async def wait(self) -> None:
        """Until something changes: an update comes, polls or the webhook change, the sandbox closes."""
        await self._changed.wait()

    def wake(self) -> None:
        """Let everything that waits look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def poll(self, parameters: Json) -> list[Json]:
        """getUpdates. A newer poll ends an older one that still waits with Refusal 409."""
        if self.webhook.url:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if "allowed_updates" in parameters:
            self.allowed = parameters["allowed_updates"]
        self.confirm(parameters.get("offset", 0))
        limit = parameters.get("limit", 100)
        limit = limit if 1 <= limit <= 100 else 100
        self._poller += 1
        mine = self._poller
        self.wake()
        until = asyncio.get_running_loop().time() + min(max(parameters.get("timeout", 0), 0), MAX_WAIT)
        while not self.pending:
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
            if mine != self._poller:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
        return self.pending[:limit]

    def confirm(self, offset: int) -> None:
        """Forget what is below the offset; a negative one keeps only that many from the end."""
        if offset < 0:
            self.pending = self.pending[offset:]
        else:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]

    def forget(self) -> None:
        """drop_pending_updates."""
        self.pending.clear()

    def release(self) -> None:
        """Let a waiting poll go at shutdown: it ends as if another one had come."""
        self._poller += 1
        self.wake()
