"""Answers to what commands ask for (`bot.questions`): each is the command, with these words."""

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, filters

from bot.context import Context
from bot.handlers import directive, follow, search, typed, why
from bot.handlers.replies import Handler
from bot.handlers.routes import Who, typed_answer
from bot.questions import Answering

_COMMANDS: Mapping[str, tuple[Handler, Who]] = {
    "directive": (directive.directive, Who.ANYONE),
    "search": (search.search_command, Who.ANYONE),
    "why": (why.why_command, Who.ANYONE),
    "follow": (follow.follow_command, Who.MANAGER),
    "filter": (typed.filter_command, Who.MANAGER),
    "name": (typed.name_command, Who.MANAGER),
}


def _with_words(callback: Handler) -> Handler:
    async def handle(update: Update, context: Context) -> None:
        message = update.effective_message
        context.args = ((message.text if message else None) or "").split()
        await callback(update, context)

    return handle


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return [
        typed_answer(name, ~filters.COMMAND & Answering(name), _with_words(callback), who)
        for name, (callback, who) in _COMMANDS.items()
    ]
