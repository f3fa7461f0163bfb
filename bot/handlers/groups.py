"""What is said to the bot in a group without a command: its mention with words or under what somebody wrote, a number
as an answer to it.

All else that people say there is theirs.
"""

from collections.abc import Sequence
from typing import Any

from telegram import Message, MessageEntity, Update
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.context import Context
from bot.handlers.ask import ask_about, is_prose
from bot.handlers.directive import answer_text
from bot.handlers.replies import reader_of, reply
from bot.rights import is_meant
from bot.texts import say
from digests.messages import Message as Outgoing
from digests.subscribers import Reader
from digests.templates import render
from feeds.documents import load_catalogue, look_up


async def group_text(update: Update, context: Context) -> None:
    """Looks up what follows a mention, or what it answers to; and an answer that asks for a document."""
    message = update.effective_message
    if message is None or not is_meant(message, context.bot.username):
        return
    own = [
        entity
        for entity in message.entities
        if entity.type == MessageEntity.MENTION
        and message.parse_entity(entity).lower() == f"@{context.bot.username}".lower()
    ]
    words = _without(message, own)
    answered = message.reply_to_message
    handed_over = (answered.text or answered.caption) if answered else None
    if own and answered and handed_over and not words:
        await ask_about(update, context, answered, handed_over)
    elif own and is_prose(words):
        await ask_about(update, context, message, words)
    elif own and not words:
        await reply(update, greeting(await reader_of(update, context)))
    elif own or look_up(words, load_catalogue()).status != "invalid":
        await answer_text(update, context, await reader_of(update, context), words)


def greeting(reader: Reader, *, is_back: bool = False) -> Outgoing:
    """What the bot can do in a group, to those who can have it done; `is_back`: what was chosen there is kept still."""
    button = (say("restore", reader.language), "resume") if is_back else (say("settings", reader.language), "set")
    return Outgoing(render("group_greeting.html", reader.language, is_back=is_back), ((button,),))


def _without(message: Message, mentions: Sequence[MessageEntity]) -> str:
    units = (message.text or "").encode("utf-16-le", "surrogatepass")
    for mention in sorted(mentions, key=lambda entity: entity.offset, reverse=True):
        units = units[: 2 * mention.offset] + units[2 * (mention.offset + mention.length) :]
    return " ".join(units.decode("utf-16-le", "replace").split())


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (MessageHandler(filters.ChatType.GROUPS & filters.TEXT & ~filters.COMMAND, group_text),)
