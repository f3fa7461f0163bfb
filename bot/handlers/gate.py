"""What every update passes first: whether whoever asks may use the bot, and whether it is not too much.

In a group only what is meant for the bot counts; all else there is nobody's business.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import ApplicationHandlerStop, BaseHandler, TypeHandler

from bot.commands import COMMANDS
from bot.context import Context, Services
from bot.handlers.membership import has_happened
from bot.handlers.replies import language_for, reply
from bot.handlers.routes import is_too_much
from bot.limits import Asked
from bot.rights import is_group, is_meant
from bot.targets import without_target
from bot.texts import say
from digests.bans import is_admitted, is_banned
from digests.messages import Message as Outgoing

_ERASING = frozenset({"forgetme", "erase"})
_LEAVING = _ERASING | {"unsubscribe", "stop", "privacy", "mydata"}
GROUP = -1
"""Of PTB's handlers, in which these come before all others."""


async def gate(update: Update, context: Context) -> None:
    """Ends what is not to be answered."""
    if has_happened(update):
        return
    if not await may_use(context.bot_data, update):
        await _tell_once(update, context)
        raise ApplicationHandlerStop
    if _is_asked(update, context.bot.username) and await is_too_much(update, context, *_counted(update)):
        raise ApplicationHandlerStop


async def _tell_once(update: Update, context: Context) -> None:
    """Where only those may use the bot who are admitted: what to tell its admin; then silence, as for the banned."""
    user, message = update.effective_user, update.message
    if user is None or message is None or is_group(update) or not context.bot_data.settings.allow_list_only:
        return
    told = context.bot_data.told
    if user.id not in told and not await context.bot_data.read(is_banned, user.id):
        told[user.id] = True
        await reply(update, Outgoing(say("not_admitted", await language_for(update, context), user.id)))


async def may_use(services: Services, update: Update) -> bool:
    """Whether neither the person, nor the chat, nor the chat as which they speak is banned, and one of them admitted
    where that is asked for; but to stop and to know what is stored is open to all who are not banned, to erase it to
    those too."""
    chat, user, settings = update.effective_chat, update.effective_user, services.settings
    speaker = update.message.sender_chat if update.message else None
    ids = tuple(one.id for one in (chat, user, speaker) if one)

    route = _route_of(update)

    def admitted(session: Session) -> bool:
        if is_banned(session, *ids):
            return False
        return not settings.allow_list_only or route in _LEAVING or is_admitted(session, *ids)

    is_open = route in _ERASING or bool(user and user.id in settings.admin_ids)
    return is_open or await services.read(admitted)


def _route_of(update: Update) -> str:
    """The name of the command or button, if it is one."""
    if query := update.callback_query:
        return without_target(query.data or "").partition(":")[0]
    text = (update.message.text if update.message else None) or ""
    typed = text.split(maxsplit=1)[0].partition("@")[0].lower() if text.startswith("/") else ""
    return next((one.name for one in COMMANDS if typed in (f"/{one.name}", f"/{one.alias}")), "")


def _is_asked(update: Update, bot_name: str) -> bool:
    message = update.message
    return bool(update.callback_query) or (
        message is not None and (not is_group(update) or is_meant(message, bot_name))
    )


def _counted(update: Update) -> Sequence[tuple[Asked, int]]:
    """For the person, and in a group for all who are there."""
    chat, user = update.effective_chat, update.effective_user
    kinds = (Asked.PRESS, Asked.GROUP_PRESS) if update.callback_query else (Asked.MESSAGE, Asked.GROUP_MESSAGE)
    of_person = ((kinds[0], user.id),) if user else ()
    return (*of_person, (kinds[1], chat.id)) if chat and is_group(update) else of_person


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (TypeHandler(Update, gate),)
