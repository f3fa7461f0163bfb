"""What the stand-in's Telegram knows: the bot, its users, their chats, pressed buttons, waiting updates."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.chat import Chat, Group, Json, PrivateChat, as_replied
from bot.sandbox.entities import FormattedText
from bot.sandbox.files import Files
from bot.sandbox.inline import InlineQuery
from bot.sandbox.members import Member
from bot.sandbox.profile import Profile
from bot.sandbox.refusal import bad_request
from bot.sandbox.updates import UpdateQueue

CALLBACK_SECONDS = 60.0  # how long a pressed button or an inline query may wait for its answer


@dataclass(slots=True)
class Callback:
    """A pressed button. `answer` resolves to the parameters of its answerCallbackQuery."""

    id: str
    chat_id: int
    message_id: int
    data: str
    pressed_at: float  # time.monotonic()
    answer: asyncio.Future[Json]


class World:
    """All state; methods change it and say so to listeners. Nothing here knows HTTP."""

    def __init__(self, bot: Json, clock: Callable[[], datetime]) -> None:
        self.bot = bot
        self.clock = clock
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Callback] = {}
        self.inline_queries: dict[str, InlineQuery] = {}
        self.inline_messages: dict[str, tuple[Chat, int]] = {}  # what was sent through the bot, if it has buttons
        self.files = Files()
        self.profile = Profile()
        self.updates = UpdateQueue()
        self.callback_seconds = CALLBACK_SECONDS
        self.last_message_id = 0
        self._last_query_id = 4_000_000_000_000

    def now(self) -> int:
        """Unix seconds of the sandbox's clock."""
        return int(self.clock().timestamp())

    def people(self) -> list[PrivateChat]:
        """The private chats of all users, in the order in which they came."""
        return [chat for chat in self.chats.values() if isinstance(chat, PrivateChat)]

    def person(self, user_id: int | None, first_name: str, language_code: str, *, started: bool = False) -> PrivateChat:
        """The chat of a user, made if this id (by default a new one) is not known yet."""
        if user_id is None:
            user_id = max((chat.id for chat in self.people()), default=1000) + 1
        known = self.chats.get(user_id)
        if not isinstance(known, PrivateChat):
            user = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
            known = self.chats[user_id] = PrivateChat(user_id, user=user, started=started)
        return known

    def chat(self, chat_id: int | str) -> Chat:
        """The chat, whether or not the bot may write there; raises Refusal when the bot cannot know it."""
        if isinstance(chat_id, int):
            chat = self.chats.get(chat_id)
        else:
            groups = (chat for chat in self.chats.values() if isinstance(chat, Group) and chat.username)
            chat = next((group for group in groups if f"@{group.username}".lower() == chat_id.lower()), None)
        if chat is None or (isinstance(chat, Group) and not chat.is_known):
            raise bad_request("chat not found")
        return chat

    def readable_chat(self, chat_id: int | str) -> Chat:
        """The chat, if the bot is let in; raises Refusal 400 or 403."""
        chat = self.chat(chat_id)
        if refusal := chat.no_access():
            raise refusal
        return chat

    def add_message(self, chat: Chat, message: Json, *, silent: bool = False, own: bool = False) -> Json:
        """Give the message its id, date and chat, store and show it; `own`: the bot sent it."""
        self.last_message_id += 1
        stored = {"message_id": self.last_message_id, "date": self.now(), "chat": chat.as_json(), **message}
        chat.messages[self.last_message_id] = stored
        if silent:
            chat.silent.add(self.last_message_id)
        if own:
            chat.own.add(self.last_message_id)
        chat.tell({"type": "message", "message": chat.seen(stored)})
        return stored

    def say(
        self,
        chat: PrivateChat,
        content: Json,
        *,
        reply_to: Json | None = None,
        quote: str = "",
    ) -> Json:
        """A user writes to the bot; returns the message. Raises ValueError where the real app would not let them."""
        if chat.blocked or chat.deactivated:
            raise ValueError("this user has blocked the bot or is deactivated and cannot write to it")
        chat.started = True
        stored = self.add_message(chat, {"from": chat.user, **content, **reply(reply_to, quote)})
        self.updates.put("message", stored)
        return stored

    def post(self, group: Group, message: Json) -> Json:
        """Somebody writes into a group or channel, or something happens there; the bot hears what it may."""
        stored = self.add_message(group, message)
        if group.hears(stored):
            self.updates.put("channel_post" if group.kind == "channel" else "message", stored)
        return stored

    def edit(self, chat: Chat, message: Json, formatted: FormattedText) -> Json:
        """A writer changes the text (or caption) of their message."""
        stored = chat.messages[message["message_id"]]
        text, entities = ("text", "entities") if "text" in stored else ("caption", "caption_entities")
        kept = {name: value for name, value in stored.items() if name != entities}
        edited = kept | {text: formatted.text, "edit_date": self.now()}
        edited |= {entities: formatted.entities} if formatted.entities else {}
        chat.messages[message["message_id"]] = edited
        chat.tell({"type": "edited", "message": chat.seen(edited)})
        if not isinstance(chat, Group) or chat.hears(edited):
            in_channel = isinstance(chat, Group) and chat.kind == "channel"
            self.updates.put("edited_channel_post" if in_channel else "edited_message", edited)
        return edited

    def press(self, chat: Chat, message_id: int, data: str, user: Json | None = None) -> Callback:
        """A user (in a private chat its owner) presses a callback button of a message.

        Of one that was deleted the bot gets an InaccessibleMessage.
        """
        callback = Callback(
            id=self._query_id(),
            chat_id=chat.id,
            message_id=message_id,
            data=data,
            pressed_at=time.monotonic(),
            answer=asyncio.get_running_loop().create_future(),
        )
        self.callbacks[callback.id] = callback
        if user is None and isinstance(chat, PrivateChat):
            user = chat.user
        message = chat.messages.get(message_id, {"chat": chat.as_json(), "message_id": message_id, "date": 0})
        through = "via_bot" in message
        place = {"inline_message_id": self.inline_id(chat, message_id)} if through else {"message": message}
        query = {"id": callback.id, "from": user, **place, "chat_instance": str(chat.id * 7919), "data": data}
        self.updates.put("callback_query", query)
        return callback

    def ask_inline(self, user: Json, text: str, offset: str, chat_type: str) -> InlineQuery:
        """A user types the bot's name and a query into some chat; the app cuts it at 256 characters."""
        query = InlineQuery(
            id=self._query_id(), asked_at=time.monotonic(), answer=asyncio.get_running_loop().create_future()
        )
        self.inline_queries[query.id] = query
        told = {"id": query.id, "from": user, "query": text[:256], "offset": offset, "chat_type": chat_type}
        self.updates.put("inline_query", told)
        return query

    def inline_id(self, chat: Chat, message_id: int) -> str:
        """The identifier by which the bot may edit a message with buttons that was sent through it."""
        name = f"BAAA{message_id:08d}"
        self.inline_messages[name] = chat, message_id
        return name

    def _query_id(self) -> str:
        self._last_query_id += 1
        return str(self._last_query_id)

    def set_blocked(self, chat: PrivateChat, blocked: bool) -> None:
        """The user blocks or unblocks the bot; the bot hears of it as my_chat_member."""
        if chat.blocked == blocked:
            return
        states = [Member(self.bot, "kicked" if state else "member") for state in (not blocked, blocked)]
        chat.blocked = blocked
        self._tell_member("my_chat_member", chat, chat.user, states[0].as_json("group"), states[1].as_json("group"))
        chat.tell({"type": "blocked", "blocked": blocked})

    def set_member(self, group: Group, member: Member, by: Json) -> None:
        """A membership changes: the bot hears of its own, as an administrator of others' too (if it asked)."""
        old = group.members.get(member.user["id"], Member(member.user))
        heard = group.bot.is_admin
        group.members[member.user["id"]] = member
        states = old.as_json(group.kind), member.as_json(group.kind)
        if member.user["id"] == self.bot["id"]:
            self._tell_member("my_chat_member", group, by, *states)
        elif heard:
            self._tell_member("chat_member", group, by, *states)

    def _tell_member(self, kind: str, chat: Chat, by: Json, old: Json, new: Json) -> None:
        change = {"chat": chat.as_json(), "from": by, "date": self.now()}
        self.updates.put(kind, change | {"old_chat_member": old, "new_chat_member": new})

    def tell_all(self, event: Json) -> None:
        """Tell the watchers of every chat."""
        for chat in self.chats.values():
            chat.tell(event)


def reply(message: Json | None, quote: str = "") -> Json:
    """The fields of a message that answers another, and quotes a part of it; raises ValueError for words not in it."""
    if message is None:
        return {}
    fields: Json = {"reply_to_message": as_replied(message)}
    if quote:
        text = str(message.get("text", message.get("caption", "")))
        if quote not in text:
            raise ValueError(f"{quote!r} is not in the message")
        fields["quote"] = {"text": quote, "position": text.index(quote), "is_manual": True}
    return fields
