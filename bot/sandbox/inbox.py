"""Reading a chat: waiting for the bot's next message, finding a button, waiting for its answer."""

import asyncio
from collections.abc import Callable
from typing import Any

from bot.sandbox.chat import Chat, Json
from bot.sandbox.world import Callback

Wanted = str | Callable[[Json], bool]

PATIENCE = 60.0  # seconds in which a bot at work has answered, however busy its machine is


class Inbox:
    """What came from the bot into one chat and was not read yet."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._unread: list[Json] = []
        self._news = asyncio.Event()
        chat.listeners.append(self._listen)

    def clear(self) -> None:
        """What came so far counts as read."""
        self._unread.clear()

    async def wait_for(self, wanted: Wanted, timeout: float) -> Json:  # noqa: ASYNC109
        """The next unread message (sent or edited) with this text or caption, or for which the predicate holds.

        Raises TimeoutError, naming what was seen instead.
        """
        holds = wanted if callable(wanted) else lambda message: wanted in _words(message)
        skipped: list[str] = []
        try:
            async with asyncio.timeout(timeout):
                while True:
                    while self._unread:
                        message = self._unread.pop(0)
                        if holds(message):
                            return message
                        skipped.append(_words(message))
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"no message {wanted!r} within {timeout} s; seen: {skipped}") from None

    def _listen(self, event: Json) -> None:
        if event["type"] in ("message", "edited") and event["message"]["message_id"] in self._chat.own:
            self._unread.append(event["message"])
            self._news.set()


def _words(message: Json) -> str:
    return str(message.get("text") or message.get("caption", ""))


def find_button(chat: Chat, wanted: str, message: Json | None) -> tuple[int, str]:
    """The id of the newest message of a chat, or of its `message`, that has a button with this label or callback data,
    and that data.

    An exact label or data comes before a label that contains it. Raises LookupError.
    """
    messages = [chat.messages[message["message_id"]]] if message else list(reversed(chat.messages.values()))
    buttons = [
        (place, button)
        for place in messages
        for row in place.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
    ]
    exact = [hit for hit in buttons if wanted in (hit[1]["text"], hit[1].get("callback_data"))]
    hits = exact or [hit for hit in buttons if wanted in hit[1]["text"]]
    if not hits:
        seen = ", ".join(repr(button["text"]) for _, button in buttons)
        raise LookupError(f"no button {wanted!r}; there are: {seen or 'none'}")
    place, button = hits[0]
    if "callback_data" not in button:
        raise LookupError(f"the button {button['text']!r} is not one that tells the bot anything: {button}")
    return place["message_id"], button["callback_data"]


async def answer_of(callback: Callback, seconds: float) -> dict[str, Any]:
    """The bot's answer to a pressed button; raises TimeoutError."""
    try:
        return await asyncio.wait_for(asyncio.shield(callback.answer), seconds)
    except TimeoutError:
        raise TimeoutError(f"the bot did not answer the button {callback.data!r} within {seconds} s") from None
