"""In which order updates are answered: a chat's one after the other, the chats beside each other."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.handlers.replies import reply
from bot.rights import is_group
from bot.texts import language_of
from digests.messages import Message
from digests.templates import render

AT_ONCE = 64  # chats; their answers wait for their turns, the work is done by a few threads
MOST_WAITING = 20  # updates of one chat; the others are dropped
_MOST_UPDATES = 10_000  # in all


@dataclass(slots=True)
class _Line:
    """A chat's updates."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0
    is_told: bool = False


class ByChat(BaseUpdateProcessor):
    """PTB's seam for that. So however much one chat asks, the answers to others do not wait for its turns."""

    def __init__(self, may_use: Callable[[Update], Awaitable[bool]]) -> None:
        """`may_use` says who gets a word where it is too much."""
        super().__init__(_MOST_UPDATES)
        self._may_use = may_use
        self._places = asyncio.Semaphore(AT_ONCE)
        self._lines: dict[int | None, _Line] = {}

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        # What is asked from another chat has none: it waits with what its person asks alone with the bot.
        asking = (update.effective_chat or update.effective_user) if isinstance(update, Update) else None
        chat_id = asking.id if asking else None
        line = self._lines.setdefault(chat_id, _Line())
        with closing(cast("Coroutine[Any, Any, Any]", coroutine)):  # what is never awaited has to be closed
            if line.length > MOST_WAITING:
                await self._say_once(update, line)
                return
            line.length += 1
            try:
                async with line.turn, self._places:
                    await coroutine
            finally:
                line.length -= 1
                if not line.length:
                    del self._lines[chat_id]

    async def _say_once(self, update: object, line: _Line) -> None:
        """To a person alone: in a group most is said to others."""
        if not isinstance(update, Update) or is_group(update) or line.is_told:
            return
        line.is_told = True
        if await self._may_use(update):
            user = update.effective_user
            language = language_of(user.language_code if user else None)
            await reply(update, Message(render("too_many.html", language)))
