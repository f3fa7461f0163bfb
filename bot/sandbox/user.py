"""A simulated person with the bot's chat open: writes, presses buttons, reads."""

import asyncio
from collections.abc import Callable
from typing import Any

from bot.sandbox.files import Upload
from bot.sandbox.world import Callback, Chat, Json, World

Wanted = str | Callable[[Json], bool]


class SandboxUser:
    """Made by `Sandbox.user()`. Messages are the API's Message objects with one field more, `silent`."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat
        self._unread: list[Json] = []
        self._news = asyncio.Event()
        chat.listeners.append(self._listen)

    @property
    def chat_id(self) -> int:
        """Of the private chat; the same number as the user's id."""
        return self._chat.id

    @property
    def language_code(self) -> str:
        return str(self._chat.user["language_code"])

    @language_code.setter
    def language_code(self, code: str) -> None:
        self._chat.user = self._chat.user | {"language_code": code}

    @property
    def messages(self) -> list[Json]:
        """What the user sees now, both directions, oldest first, in its edited state."""
        return [self._chat.seen(message) for message in self._chat.messages.values()]

    async def say(self, text: str, *, reply_to: Json | None = None) -> None:
        """Write to the bot; raises ValueError when blocked or without text. See `wait_for` for what counts as new."""
        self._unread.clear()
        self._world.say(self._chat, text, reply_to=reply_to)

    async def send_file(self, name: str, content: bytes, mime_type: str = "application/octet-stream") -> None:
        """Send a document to the bot; otherwise as `say`."""
        self._unread.clear()
        self._world.send_file(self._chat, Upload(name, mime_type, content))

    def file_of(self, message: Json) -> bytes:
        """What a document that the bot sent holds."""
        return self._world.files.at(message["document"]["file_id"]).content

    async def press(self, button: str, *, message: Json | None = None, timeout: float = 10) -> Json:  # noqa: ASYNC109
        """Press the newest button with this label or callback data (exact first, then containing it in the label).

        `message` narrows the search to one message. Returns the parameters of the bot's answerCallbackQuery, with
        at least `text` and `show_alert`. Raises LookupError without such a button, TimeoutError without an answer.
        """
        found_in, data = self._find(button, message)
        self._unread.clear()
        callback = self._world.press(self._chat, found_in["message_id"], data)
        return await answer_of(callback, timeout)

    def _find(self, wanted: str, message: Json | None) -> tuple[Json, str]:
        messages = self._chat.messages
        places = [messages[message["message_id"]]] if message else list(reversed(messages.values()))
        buttons = [
            (place, button)
            for place in places
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
        return place, button["callback_data"]

    async def wait_for(self, wanted: Wanted, timeout: float = 10) -> Json:  # noqa: ASYNC109
        """The next new bot message (sent or edited) with this text or caption, or for which the predicate holds.

        New is what came since the last `say` or `press`, and since the message that the last `wait_for` returned.
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
        if event["type"] in ("message", "edited") and event["message"]["from"]["is_bot"]:
            self._unread.append(event["message"])
            self._news.set()

    def block(self) -> None:
        """Block the bot: its sends answer 403 from now on, and it gets a my_chat_member update."""
        self._world.set_blocked(self._chat, True)

    def unblock(self) -> None:
        self._world.set_blocked(self._chat, False)

    def deactivate(self) -> None:
        """The account is gone: sends answer 403 "user is deactivated"."""
        self._chat.deactivated = True


def _words(message: Json) -> str:
    return str(message.get("text") or message.get("caption", ""))


async def answer_of(callback: Callback, seconds: float) -> dict[str, Any]:
    """The bot's answer to a pressed button; raises TimeoutError."""
    try:
        return await asyncio.wait_for(asyncio.shield(callback.answer), seconds)
    except TimeoutError:
        raise TimeoutError(f"the bot did not answer the button {callback.data!r} within {seconds} s") from None
