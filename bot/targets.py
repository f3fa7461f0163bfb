"""Channels and groups that are managed from a private chat: each button there ends with the id of the chat it is about.

`set` concerns the chat in which it stands, `set@-1001234567890` that channel. Who may press it is asked each time.
"""

import re

from telegram import Message, Update
from telegram.constants import ChatType

_TARGET = re.compile(r"@(-\d{1,16})$")


def target_of(update: Update) -> int | None:
    """The chat that a private update is about: by the button pressed, or those of the message answered to."""
    chat, query, message = update.effective_chat, update.callback_query, update.effective_message
    if chat is None or chat.type != ChatType.PRIVATE:
        return None
    if query:
        return target_in(query.data or "")
    answered = message.reply_to_message if message else None
    return _target_of_buttons(answered) if answered else None


def target_in(action: str) -> int | None:
    """The chat at the end of a button's data."""
    match = _TARGET.search(action)
    return int(match[1]) if match else None


def without_target(action: str) -> str:
    return _TARGET.sub("", action)


def aimed(action: str, target: int | None) -> str:
    """A button's data for that chat; one that names a chat already stays."""
    return action if target is None or target_in(action) else f"{action}@{target}"


def _target_of_buttons(message: Message) -> int | None:
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    found = (target_in(str(button.callback_data or "")) for row in rows for button in row)
    return next((target for target in found if target is not None), None)
