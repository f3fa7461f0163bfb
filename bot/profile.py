"""What Telegram shows of the bot outside messages: command lists and descriptions, per language and scope."""

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
)
from telegram.error import BadRequest, Forbidden

from bot.commands import Menu, commands_in
from bot.texts import DEFAULT_LANGUAGE, say
from digests.models import Chat
from digests.templates import LANGUAGES

log = structlog.get_logger()

_EVERYWHERE = {
    Menu.PRIVATE: BotCommandScopeAllPrivateChats(),
    Menu.GROUP: BotCommandScopeAllGroupChats(),
    Menu.MANAGERS: BotCommandScopeAllChatAdministrators(),
}


async def publish_profile(bot: Bot) -> None:
    """Sets command lists and descriptions; without a language code they are the default, in Vietnamese."""
    for language, code in [(DEFAULT_LANGUAGE, None), *((language, language) for language in LANGUAGES)]:
        for menu, scope in _EVERYWHERE.items():
            await bot.set_my_commands(_commands(menu, language), scope=scope, language_code=code)
        await bot.set_my_description(say("bot_description", language), language_code=code)
        await bot.set_my_short_description(say("bot_short_description", language), language_code=code)


async def publish_chat_commands(bot: Bot, chat: Chat, language: str, *, is_admin: bool = False) -> None:
    """The lists of one chat: of an admin of the bot, or where another language was chosen than the app's."""
    scopes: dict[Menu, BotCommandScopeChat | BotCommandScopeChatAdministrators] = {}
    match chat.kind:
        case "private":
            scopes[Menu.ADMIN if is_admin else Menu.PRIVATE] = BotCommandScopeChat(chat.id)
        case "group" | "supergroup":
            scopes[Menu.GROUP] = BotCommandScopeChat(chat.id)
            scopes[Menu.MANAGERS] = BotCommandScopeChatAdministrators(chat.id)
    try:
        for menu, scope in scopes.items():
            await bot.set_my_commands(_commands(menu, language), scope=scope)
    except (BadRequest, Forbidden) as error:  # the bot is no longer there; all else works without
        log.warning("command lists of a chat were not published", chat_id=chat.id, error=error.message)


def _commands(menu: Menu, language: str) -> list[BotCommand]:
    """English names for English readers, unaccented Vietnamese ones for Vietnamese."""
    return [
        BotCommand(command.name if language == "en" else command.alias, command.description(language))
        for command in commands_in(menu)
    ]
