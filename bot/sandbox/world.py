"""What the stand-in's Telegram knows: the bot, its users, their chats, pressed buttons, waiting updates."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.files import Files, Upload
from bot.sandbox.message_text import plain_text
from bot.sandbox.profile import Profile
from bot.sandbox.refusal import Refusal, bad_request, forbidden
from bot.sandbox.updates import UpdateQueue

Json = dict[str, Any]
Listener = Callable[[Json], None]

CALLBACK_SECONDS = 60.0  # how long a pressed button may wait for its answer


@dataclass(slots=True)
class Callback:
    """A pressed button. `answer` resolves to the parameters of its answerCallbackQuery."""

    id: str
    chat_id: int
    message_id: int
    data: str
    pressed_at: float  # time.monotonic()
    answer: asyncio.Future[Json]


@dataclass(slots=True)
class Chat:
    """A private chat; `user` is the API's User object. Deleted messages are gone from `messages`."""

    user: Json
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    messages: dict[int, Json] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.user["id"])

    def as_json(self) -> Json:
        """The API's Chat object."""
        return {"id": self.id, "type": "private", "first_name": self.user["first_name"]}

    def refusal(self, thread_id: int | None = None) -> Refusal | None:
        """Why the bot may not write here."""
        if self.deactivated:
            return forbidden("user is deactivated")
        if not self.started:
            return forbidden("bot can't initiate conversation with a user")
        if self.blocked:
            return forbidden("bot was blocked by the user")
        return bad_request("message thread not found") if thread_id else None

    def seen(self, message: Json) -> Json:
        """A message as its user sees it: the API's Message and `silent`."""
        return {**message, "silent": message["message_id"] in self.silent}

    def tell(self, event: Json) -> None:
        """Tell everyone who watches this chat (the page, SandboxUser) what happened."""
        for listener in tuple(self.listeners):
            listener(event)


@dataclass(slots=True)
class Group(Chat):
    """A supergroup with the bot in it; `user` is who set it up. `topics` of a forum: id -> whether it is open."""

    group_id: int = 0
    title: str = ""
    topics: dict[int, bool] = field(default_factory=dict)
    kicked: bool = False
    moved_to: int | None = None

    @property
    def id(self) -> int:
        return self.group_id

    def as_json(self) -> Json:
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": "supergroup", "title": self.title, **forum}

    def refusal(self, thread_id: int | None = None) -> Refusal | None:
        if self.moved_to is not None:
            why = bad_request("group chat was upgraded to a supergroup chat")
            return Refusal(why.status, why.description, {"migrate_to_chat_id": self.moved_to})
        if self.kicked:
            return forbidden("bot was kicked from the supergroup chat")
        if thread_id and thread_id not in self.topics:
            return bad_request("message thread not found")
        return bad_request("TOPIC_CLOSED") if thread_id and not self.topics[thread_id] else None


def as_replied(message: Json) -> Json:
    """A message as one that answers it shows it: without the message it answers itself, and its buttons."""
    return {key: value for key, value in message.items() if key not in ("reply_to_message", "reply_markup", "silent")}


class World:
    """All state; methods change it and say so to listeners. Nothing here knows HTTP."""

    def __init__(self, bot: Json, clock: Callable[[], datetime]) -> None:
        self.bot = bot
        self.clock = clock
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Callback] = {}
        self.files = Files()
        self.profile = Profile()
        self.updates = UpdateQueue()
        self.callback_seconds = CALLBACK_SECONDS
        self._last_message_id = 0
        self._last_callback_id = 4_000_000_000_000

    def now(self) -> int:
        """Unix seconds of the sandbox's clock."""
        return int(self.clock().timestamp())

    def person(self, user_id: int | None, first_name: str, language_code: str, *, started: bool = False) -> Chat:
        """The chat of a user, made if this id (by default a new one) is not known yet."""
        if user_id is None:
            user_id = max(self.chats, default=1000) + 1
        if user_id not in self.chats:
            user = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
            self.chats[user_id] = Chat(user, started=started)
        return self.chats[user_id]

    def chat(self, chat_id: int | str) -> Chat:
        """The chat, whether or not the bot may write there; raises Refusal when the bot cannot know it."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def writable_chat(self, chat_id: int | str, thread_id: int | None = None) -> Chat:
        """The chat, if the bot may write there (into that topic); raises Refusal 400 or 403."""
        chat = self.chat(chat_id)
        if refusal := chat.refusal(thread_id):
            raise refusal
        return chat

    def group(self, group_id: int, title: str, topics: Iterable[int] = ()) -> Group:
        """A supergroup (its id is negative); with topics, all open, it is a forum."""
        founder = self.person(None, "An", "vi")
        made = Group(founder.user, group_id=group_id, title=title, topics=dict.fromkeys(topics, True))
        self.chats[group_id] = made
        return made

    def add_message(self, chat: Chat, message: Json, *, silent: bool = False) -> Json:
        """Give the message its id, date and chat, store and show it."""
        self._last_message_id += 1
        stored = {"message_id": self._last_message_id, "date": self.now(), "chat": chat.as_json(), **message}
        chat.messages[self._last_message_id] = stored
        if silent:
            chat.silent.add(self._last_message_id)
        chat.tell({"type": "message", "message": chat.seen(stored)})
        return stored

    def say(self, chat: Chat, text: str, *, reply_to: Json | None = None) -> Json:
        """A user writes; returns the message. Raises ValueError where the real app would not let the user."""
        formatted = plain_text(text)
        if not formatted.text:
            raise ValueError("a message needs some text")
        message: Json = {"text": formatted.text}
        if formatted.entities:
            message["entities"] = formatted.entities
        if reply_to:
            message["reply_to_message"] = as_replied(reply_to)
        return self._from_user(chat, message)

    def send_file(self, chat: Chat, upload: Upload) -> Json:
        """A user sends a document; as `say`, and Refusal for an empty file."""
        return self._from_user(chat, {"document": self.files.keep(upload)})

    def _from_user(self, chat: Chat, message: Json) -> Json:
        if chat.blocked or chat.deactivated:
            raise ValueError("this user has blocked the bot or is deactivated and cannot write to it")
        chat.started = True
        stored = self.add_message(chat, {"from": chat.user, **message})
        self.updates.put("message", stored)
        return stored

    def press(self, chat: Chat, message_id: int, data: str) -> Callback:
        """A user presses a callback button of a message."""
        self._last_callback_id += 1
        callback = Callback(
            id=str(self._last_callback_id),
            chat_id=chat.id,
            message_id=message_id,
            data=data,
            pressed_at=time.monotonic(),
            answer=asyncio.get_running_loop().create_future(),
        )
        self.callbacks[callback.id] = callback
        query = {
            "id": callback.id,
            "from": chat.user,
            "message": chat.messages[message_id],
            "chat_instance": str(chat.id * 7919),
            "data": data,
        }
        self.updates.put("callback_query", query)
        return callback

    def set_blocked(self, chat: Chat, blocked: bool) -> None:
        """The user blocks or unblocks the bot; the bot hears of it as my_chat_member."""
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        states = [self.member(blocked=not blocked), self.member(blocked=blocked)]
        change = {"chat": chat.as_json(), "from": chat.user, "date": self.now()}
        self.updates.put("my_chat_member", change | {"old_chat_member": states[0], "new_chat_member": states[1]})
        chat.tell({"type": "blocked", "blocked": blocked})

    def member(self, *, blocked: bool) -> Json:
        """The bot as ChatMember of a private chat."""
        if blocked:
            return {"user": self.bot, "status": "kicked", "until_date": 0}
        return {"user": self.bot, "status": "member"}

    def tell_all(self, event: Json) -> None:
        """Tell the watchers of every chat."""
        for chat in self.chats.values():
            chat.tell(event)
