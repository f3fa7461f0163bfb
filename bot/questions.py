"""What a command that was sent without its words asks for; an answer to that is taken as the command with these words.

A question is known again by its own text, so one that is old still works, and one worded otherwise by now does nothing.
"""

from collections.abc import Collection, Mapping
from functools import cache

from telegram import ForceReply, Message, Update
from telegram.constants import ParseMode
from telegram.ext import filters

from bot.sender import NO_PREVIEW
from bot.targets import target_of
from bot.texts import say
from digests.messages import plain_text
from digests.templates import LANGUAGES, render

QUESTIONS: Mapping[str, str] = {
    "directive": "ask_number.html",
    "search": "search_usage.html",
    "why": "why_usage.html",
    "follow": "ask_follow.html",
    "filter": "typed_usage.html",
    "name": "typed_usage.html",
}
"""Command -> template."""


class Answering(filters.MessageFilter):
    """Text that answers the question of a command."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command

    def filter(self, message: Message) -> bool:
        asked = message.reply_to_message
        is_ours = bool(asked and asked.from_user and asked.from_user.is_bot)
        return bool(asked) and is_ours and is_question(asked, self._command)


async def ask(update: Update, command: str, language: str) -> None:
    """Asks for the words of a command; only of whoever sent it is an answer expected.

    Of a command about a channel, none: an answer to the question would no longer say which channel is meant.
    """
    placeholder = ForceReply(selective=True, input_field_placeholder=say(f"{command}_placeholder", language))
    if update.effective_message:
        await update.effective_message.reply_text(
            _question(command, language),
            parse_mode=ParseMode.HTML,
            reply_markup=None if target_of(update) else placeholder,
            link_preview_options=NO_PREVIEW,
        )


def is_question(message: Message | None, command: str) -> bool:
    """Whether a message is the question of a command, in any language."""
    return message is not None and _words(message.text or "") in _asked(command)


def typed(message: Message | None) -> str:
    """What stands behind the command of a message, or all of an answer to its question."""
    text = (message.text or "").strip() if message else ""
    return text.partition(text.split()[0])[2].strip() if text.startswith("/") else text


def _question(command: str, language: str) -> str:
    return render(QUESTIONS[command], language, command=command)


@cache
def _asked(command: str) -> Collection[str]:
    """The words of a question, in all languages: looked up for every answer to any message."""
    return {_words(plain_text(_question(command, language), addresses=False)) for language in LANGUAGES}


def _words(text: str) -> str:
    return " ".join(text.split())
