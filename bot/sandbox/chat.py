"""Chats as the stand-in's Telegram knows them: a person's with the bot, groups, channels."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.entities import utf16_slice
from bot.sandbox.members import Member
from bot.sandbox.refusal import Refusal, bad_request, forbidden

Json = dict[str, Any]
Listener = Callable[[Json], None]

_SPOKEN = {"messages": "text messages", "photos": "photos", "documents": "documents"}


@dataclass(slots=True)
class Chat(ABC):
    """What all chats have. Deleted messages are gone from `messages`; `own` holds the ids of those the bot sent."""

    id: int
    messages: dict[int, Json] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    own: set[int] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)

    @abstractmethod
    def as_json(self) -> Json:
        """The API's Chat object."""

    @abstractmethod
    def no_access(self) -> Refusal | None:
        """Why the bot may not even look at what is here."""

    @abstractmethod
    def refusal(self, thread_id: int | None = None, content: str = "messages") -> Refusal | None:
        """Why the bot may not write here; `content` as in `Member.may_send`."""

    @abstractmethod
    def member(self, user_id: int, bot: Json) -> Member | None:
        """Who that is here; None for somebody the bot never met."""

    def seen(self, message: Json) -> Json:
        """A message as its readers see it: the API's Message and `silent`."""
        return {**message, "silent": message["message_id"] in self.silent}

    def tell(self, event: Json) -> None:
        """Tell everyone who watches this chat (the page, SandboxUser, SandboxGroup) what happened."""
        for listener in tuple(self.listeners):
            listener(event)


@dataclass(slots=True)
class PrivateChat(Chat):
    """A person's chat with the bot; `user` is the API's User object."""

    user: Json = field(default_factory=dict)
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def as_json(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.user["first_name"]}

    def no_access(self) -> Refusal | None:
        if self.deactivated:
            return forbidden("user is deactivated")
        if not self.started:
            return forbidden("bot can't initiate conversation with a user")
        return forbidden("bot was blocked by the user") if self.blocked else None

    def refusal(self, thread_id: int | None = None, content: str = "messages") -> Refusal | None:
        return self.no_access() or (bad_request("message thread not found") if thread_id else None)

    def member(self, user_id: int, bot: Json) -> Member | None:
        if user_id == bot["id"]:
            return Member(bot, "kicked" if self.blocked else "member")
        return Member(self.user, "member") if user_id == self.id else None


@dataclass(slots=True)
class Group(Chat):
    """A group, supergroup or channel (`kind`). `topics` of a forum: id -> whether it is open, without General."""

    title: str = ""
    kind: str = "supergroup"
    username: str = ""
    is_forum: bool = False
    bot_user: Json = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, bool] = field(default_factory=dict)
    is_general_open: bool = True
    hides_members: bool = False
    moved_to: int | None = None

    @property
    def bot(self) -> Member:
        return self.members.get(self.bot_user["id"], Member(self.bot_user))

    @property
    def is_known(self) -> bool:
        """Whether the bot can know that this is there: it was in it, or it is public."""
        return bool(self.username) or self.bot_user["id"] in self.members

    def as_json(self) -> Json:
        told: Json = {"id": self.id, "type": self.kind, "title": self.title}
        if self.username:
            told["username"] = self.username
        return told | ({"is_forum": True} if self.is_forum else {})

    def no_access(self) -> Refusal | None:
        if self.moved_to is not None:
            why = bad_request("group chat was upgraded to a supergroup chat")
            return Refusal(why.status, why.description, {"migrate_to_chat_id": self.moved_to})
        if self.bot.status == "kicked":
            return forbidden(f"bot was kicked from the {self.kind} chat")
        return None if self.bot.is_in else forbidden(f"bot is not a member of the {self.kind} chat")

    def refusal(self, thread_id: int | None = None, content: str = "messages") -> Refusal | None:
        """Closed topics are open to administrators who may manage topics."""
        if why := self.no_access():
            return why
        if self.kind == "channel" and not self.bot.may("can_post_messages"):
            return bad_request("need administrator rights in the channel chat")
        if not self.bot.may_send(content):
            return bad_request(f"not enough rights to send {_SPOKEN[content]} to the chat")
        if thread_id and thread_id not in self.topics:
            return bad_request("message thread not found")
        is_open = self.topics[thread_id] if thread_id else self.is_general_open
        return None if is_open or self.bot.may("can_manage_topics") else bad_request("TOPIC_CLOSED")

    def member(self, user_id: int, bot: Json) -> Member | None:
        return self.members.get(user_id)

    def in_topic(self, thread_id: int | None) -> Json:
        """The fields of a message in a topic (None: General): one that answers nothing answers the topic's start."""
        if not thread_id:
            return {}
        long_ago = {"message_id": thread_id, "date": 0, "chat": self.as_json(), "message_thread_id": thread_id}
        long_ago["forum_topic_created"] = {"name": "Chủ đề", "icon_color": 7322096}
        start = as_replied(self.messages.get(thread_id, long_ago))
        return {"message_thread_id": thread_id, "is_topic_message": True, "reply_to_message": start}

    def hears(self, message: Json) -> bool:
        """Whether the bot gets a message: in privacy mode, unless it is an administrator, only what is meant for it.

        That is commands without a name or with its own, replies to it, what was sent through it, its mention, and
        service messages; in a channel everything (https://core.telegram.org/bots/features#privacy-mode, which does
        not list mentions: real bots get them).
        """
        if not self.bot.is_in:
            return False
        if self.kind == "channel" or self.bot.is_admin or "via_bot" in message:
            return True
        if message.get("reply_to_message", {}).get("message_id") in self.own:
            return True
        text = message.get("text", message.get("caption"))
        if text is None:
            return "document" not in message and "photo" not in message
        name = f"@{self.bot_user['username']}".lower()
        entities: list[Json] = message.get("entities") or message.get("caption_entities") or []
        for entity in entities:
            covered = utf16_slice(text, entity["offset"], entity["length"]).lower()
            if entity["type"] == "mention" and covered == name:
                return True
            if entity["type"] == "bot_command" and entity["offset"] == 0:
                return "@" not in covered or covered.endswith(name)
        return False


def as_replied(message: Json) -> Json:
    """A message as one that answers it shows it: without the one that it answers, and with inline buttons only."""
    is_inline = "inline_keyboard" in message.get("reply_markup", {})
    hidden = ("reply_to_message", "quote", "silent", *(() if is_inline else ("reply_markup",)))
    return {key: value for key, value in message.items() if key not in hidden}
