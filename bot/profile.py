"""What Telegram shows of the bot outside messages: command lists and descriptions, per language."""

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.texts import DEFAULT_LANGUAGE, say
from digests.templates import LANGUAGES


async def publish_profile(bot: Bot) -> None:
    """Sets command lists and descriptions; without a language code they are the default, in Vietnamese."""
    scope = BotCommandScopeAllPrivateChats()
    for language, code in [(DEFAULT_LANGUAGE, None), *((language, language) for language in LANGUAGES)]:
        await bot.set_my_commands(_commands(language), scope=scope, language_code=code)
        await bot.set_my_description(say("bot_description", language), language_code=code)
        await bot.set_my_short_description(say("bot_short_description", language), language_code=code)


async def publish_chat_commands(bot: Bot, chat_id: int, language: str, *, is_admin: bool) -> None:
    """The list of one chat: of an admin, or of a reader who chose a language other than their app's."""
    await bot.set_my_commands(_commands(language, is_admin=is_admin), scope=BotCommandScopeChat(chat_id))


def _commands(language: str, *, is_admin: bool = False) -> list[BotCommand]:
    """English names for English readers, unaccented Vietnamese ones for Vietnamese."""
    return [
        BotCommand(command.name if language == "en" else command.alias, command.description(language))
        for command in (*COMMANDS, *(ADMIN_COMMANDS if is_admin else ()))
    ]
