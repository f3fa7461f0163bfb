"""What it is to send a message, whatever the channel: a `Sender`, and errors that say what to do."""

from datetime import timedelta
from typing import Protocol

from digests.messages import Message


class SendError(Exception):
    """The message was not delivered, or nobody knows. Subclasses say what to do."""


class ChatUnreachable(SendError):
    """Not before its people do something: blocked, deactivated, kicked, deleted or restricted, which is its
    `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TopicUnavailable(SendError):
    """The topic of the forum is closed or gone; its `reason` is topic_closed or topic_gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChatMoved(SendError):
    """The chat goes on under another id."""

    def __init__(self, new_chat_id: int) -> None:
        super().__init__(f"moved to {new_chat_id}")
        self.new_chat_id = new_chat_id


class NotNow(SendError):
    """Refused for the moment; try again after `wait`, or by the usual back-off when None."""

    def __init__(self, message: str, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Flooded(NotNow):
    """Not tried: the channel takes nothing for any chat before `wait` is over."""


class Rejected(SendError):
    """This message will never be accepted: our own fault, not the reader's."""


class NoAnswer(SendError):
    """The request went out and no answer tells what became of it: it may have been delivered."""


class Sender(Protocol):
    """What delivers a message; Telegram's is in `bot.sender`."""

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        """Delivers (into that topic of a forum) and returns the message's id, or raises a `SendError`."""
        ...
