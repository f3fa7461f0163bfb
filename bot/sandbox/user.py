"""A simulated person with the bot's chat open: writes, forwards, presses buttons, asks inline, reads."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.sandbox.chat import Json, PrivateChat
from bot.sandbox.entities import Entity
from bot.sandbox.files import Upload
from bot.sandbox.inbox import PATIENCE, Inbox, Wanted, answer_of, find_button
from bot.sandbox.inline import InlineQuery, is_start_parameter
from bot.sandbox.message_text import typed_text
from bot.sandbox.world import World


class Place(Protocol):
    """Where people meet: SandboxGroup."""

    @property
    def as_json(self) -> Json:
        """The API's Chat object."""

    def send(self, user: "SandboxUser", content: Json) -> Json:
        """The user sends this content there; returns the message."""


class SandboxUser:
    """Made by `Sandbox.user()`. Messages are the API's Message objects with one field more, `silent`.

    All that writes raises ValueError when the user has blocked the bot.
    """

    def __init__(self, world: World, chat: PrivateChat) -> None:
        self._world = world
        self._chat = chat
        self._inbox = Inbox(chat)
        self._asked: InlineQuery | None = None

    @property
    def chat_id(self) -> int:
        """Of the private chat; the same number as the user's id."""
        return self._chat.id

    @property
    def account(self) -> Json:
        """The API's User object."""
        return self._chat.user

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

    async def say(
        self, text: str, *, reply_to: Json | None = None, quote: str = "", entities: Sequence[Entity] = ()
    ) -> Json:
        """Write to the bot, or paste text that has `entities`; returns the message.

        `quote` are words of the message that is answered. Raises ValueError without text. See `wait_for` for what
        counts as new.
        """
        self._inbox.clear()
        return self._world.say(self._chat, typed(text, entities), reply_to=reply_to, quote=quote)

    async def open_start(self, payload: str) -> Json:
        """Open a deep link `?start=payload`; raises ValueError for what cannot stand in one."""
        if not is_start_parameter(payload):
            raise ValueError(f"{payload!r} cannot stand in a link: 1-64 of A-Z a-z 0-9 _ -")
        return await self.say(f"/start {payload}")

    async def forward(self, text: str, *, sender: "SandboxUser | Place | str", entities: Sequence[Entity] = ()) -> Json:
        """Forward a text that somebody wrote: a person, somebody who hides (only their name), or a channel."""
        self._inbox.clear()
        origin: Json = {"date": self._world.now() - 60}
        if isinstance(sender, str):
            origin |= {"type": "hidden_user", "sender_user_name": sender}
        elif isinstance(sender, SandboxUser):
            origin |= {"type": "user", "sender_user": sender.account}
        else:
            origin |= {"type": "channel", "chat": sender.as_json, "message_id": 1}
        return self._world.say(self._chat, typed(text, entities) | {"forward_origin": origin})

    async def edit(self, message: Json, text: str, entities: Sequence[Entity] = ()) -> Json:
        """Change the text of one's own message."""
        self._inbox.clear()
        return self._world.edit(self._chat, message, typed_text(text, entities))

    async def send_file(
        self, name: str, content: bytes, mime_type: str = "application/octet-stream", *, caption: str = ""
    ) -> Json:
        """Send a document to the bot; otherwise as `say`. Raises Refusal for an empty file."""
        self._inbox.clear()
        document = {"document": self._world.files.keep(Upload(name, mime_type, content))}
        return self._world.say(self._chat, document | captioned(caption))

    async def send_photo(self, content: bytes, *, caption: str = "") -> Json:
        """Send a PNG or JPEG as a photo; otherwise as `send_file`."""
        self._inbox.clear()
        photo = {"photo": self._world.files.keep_photo(Upload("photo", "image/jpeg", content))}
        return self._world.say(self._chat, photo | captioned(caption))

    def file_of(self, message: Json) -> bytes:
        """What a document or photo that the bot sent holds."""
        file = message["document"] if "document" in message else message["photo"][-1]
        return self._world.files.at(file["file_id"]).content

    async def press(self, button: str, *, message: Json | None = None, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """Press the newest button with this label or callback data (exact first, then containing it in the label).

        `message` narrows the search to one message. Returns the parameters of the bot's answerCallbackQuery, with
        at least `text` and `show_alert`. Raises LookupError without such a button, TimeoutError without an answer.
        """
        message_id, data = find_button(self._chat, button, message)
        self._inbox.clear()
        return await answer_of(self._world.press(self._chat, message_id, data), timeout)

    async def forge(self, data: str, message: Json, *, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """Press a button that is not there: a client of one's own sends any data for a message; else as `press`."""
        self._inbox.clear()
        return await answer_of(self._world.press(self._chat, message["message_id"], data), timeout)

    async def inline(
        self,
        query: str,
        offset: str = "",
        *,
        chat_type: str = "sender",
        timeout: float = PATIENCE,  # noqa: ASYNC109
    ) -> Json:
        """Type `@bot query` in some chat. Returns the parameters of the bot's answerInlineQuery.

        They have at least `results`, `cache_time`, `is_personal` and `next_offset`. Raises TimeoutError.
        """
        self._asked = self._world.ask_inline(self.account, query, offset, chat_type)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asked.answer), timeout)
        except TimeoutError:
            raise TimeoutError(f"the bot did not answer the inline query {query!r} within {timeout} s") from None

    async def choose(self, result: Json, *, group: Place | None = None) -> Json:
        """Send a result of the last `inline`, into the chat with the bot or into a group; returns the message.

        Raises LookupError for what is not among those results.
        """
        if self._asked is None or result["id"] not in self._asked.contents:
            raise LookupError(f"no result {result['id']!r} in the last inline answer")
        content = {**self._asked.contents[result["id"]], "via_bot": self._world.bot}
        if group is None:
            self._inbox.clear()
            return self._world.say(self._chat, content)
        return group.send(self, content)

    async def wait_for(self, wanted: Wanted, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """The next new bot message (sent or edited) with this text or caption, or for which the predicate holds.

        New is what came since the last `say` or `press`, and since the message that the last `wait_for` returned.
        Raises TimeoutError, naming what was seen instead.
        """
        return await self._inbox.wait_for(wanted, timeout)

    def block(self) -> None:
        """Block the bot: its sends answer 403 from now on, and it gets a my_chat_member update."""
        self._world.set_blocked(self._chat, True)

    def unblock(self) -> None:
        self._world.set_blocked(self._chat, False)

    def deactivate(self) -> None:
        """The account is gone: sends answer 403 "user is deactivated"."""
        self._chat.deactivated = True


def typed(text: str, entities: Sequence[Entity] = ()) -> Json:
    """The content of a message that a user types; raises ValueError for an empty one."""
    formatted = typed_text(text, entities)
    if not formatted.text:
        raise ValueError("a message needs some text")
    return {"text": formatted.text} | ({"entities": formatted.entities} if formatted.entities else {})


def captioned(caption: str) -> Json:
    """The caption that a user types under a file; nothing for none."""
    content = typed(caption) if caption else {}
    return {{"text": "caption", "entities": "caption_entities"}[name]: value for name, value in content.items()}
