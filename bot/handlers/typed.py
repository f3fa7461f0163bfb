"""/filter and /name: what a person types into one of their subscriptions.

With several subscriptions the bot asks which is meant. The question answers to the message with the words, so a press
of `typed:ID:COMMAND` finds them again.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal

from telegram import Message as TelegramMessage
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, pressed, reader_of, reply
from bot.handlers.routes import command, press
from bot.handlers.subscription import own, subscription_screen
from bot.menus import choose_menu
from bot.questions import ask, typed
from digests.choices import Choices
from digests.messages import Message
from digests.models import Subscription
from digests.subscribers import Reader, change_subscription
from digests.templates import render
from feeds.text import fold

# What parts words: a comma, or a sign before one: "ma túy, cần sa -bóng đá". A dash inside a word is part of it.
_BETWEEN = re.compile(r"[,;\n]|\s(?=[+\-–−]\S)")
_UNWANTED = "-–−"
_CHOSEN = re.compile(r"(\d{1,9}):([a-z]{1,10})")
Field = Literal["all_words", "any_words", "no_words"]
_PAGES = {"filter": "words", "name": ""}


async def filter_command(update: Update, context: Context) -> None:
    """/filter WORDS adds them to a subscription; alone it shows its words."""
    await _typed(update, context, "filter")


async def name_command(update: Update, context: Context) -> None:
    """/name NAME names a subscription."""
    await _typed(update, context, "name")


async def which_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    question = query.message if isinstance(query.message, TelegramMessage) else None
    asked = question.reply_to_message if question else None
    match, text = _CHOSEN.fullmatch(data), typed(asked)
    subscription = own(reader, match[1]) if match else None
    if match is None or match[2] not in _PAGES or subscription is None or not text:
        await done(query, reader, "stale_button")
        return
    await edit(query, await _applied(update, context, reader, subscription, match[2], text))
    await done(query, reader)


def words_in(text: str) -> Choices:
    """What is meant by typed words: "+a" must be there, one of "b, c" too, "-d" must not."""
    words = Choices(all_words=[], any_words=[], no_words=[])
    for part in map(str.strip, _BETWEEN.split(text)):
        bare = " ".join(part.lstrip("+" + _UNWANTED).strip("\"'“” ").split())
        if not any(map(str.isalnum, bare)):
            continue
        field: Field = "all_words" if part[0] == "+" else "no_words" if part[0] in _UNWANTED else "any_words"
        words[field] = [*words[field], bare]
    return words


async def _typed(update: Update, context: Context, name: str) -> None:
    reader = await reader_of(update, context)
    text = typed(update.effective_message) if context.args else ""
    if not reader.subscriptions:
        await reply(update, Message(render("subscribe_first.html", reader.language)))
    elif not text and (name == "name" or len(reader.subscriptions) > 1):
        await ask(update, name, reader.language)
    elif len(reader.subscriptions) > 1:
        menu = choose_menu(reader, context.bot_data.clock(), name)
        await reply(update, Message(render("typed_which.html", reader.language), menu), quoting=True)
    else:
        await reply(update, await _applied(update, context, reader, reader.subscriptions[0], name, text))


async def _applied(
    update: Update, context: Context, reader: Reader, subscription: Subscription, name: str, text: str
) -> Message:
    """The page where it stands now, or how to type it."""
    services = context.bot_data
    choices = Choices(name=text) if name == "name" else _added(subscription, words_in(text))
    try:
        await services.write(change_subscription, reader.chat_id, subscription.id, services.clock(), **choices)
    except ValueError:
        return Message(render("typed_too_much.html", reader.language, command=name))
    changed = own(await reader_of(update, context), str(subscription.id)) or subscription
    screen = await subscription_screen(context, reader, changed, _PAGES[name])
    return screen or Message(render("typed_usage.html", reader.language, command=name))


def _added(subscription: Subscription, new: Choices) -> Choices:
    """The new words with the present ones; one that is typed again goes where it was put last."""
    fresh = {fold(word) for words in (new["all_words"], new["any_words"], new["no_words"]) for word in words}

    def joined(present: Sequence[str], added: Sequence[str]) -> list[str]:
        return [*(word for word in present if fold(word) not in fresh), *added]

    return Choices(
        all_words=joined(subscription.all_words, list(new["all_words"])),
        any_words=joined(subscription.any_words, list(new["any_words"])),
        no_words=joined(subscription.no_words, list(new["no_words"])),
    )


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("filter", filter_command),
        command("name", name_command),
        press("typed", which_pressed),
    )
