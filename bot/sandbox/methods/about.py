"""The bot itself: identity, profile texts, commands, webhook state."""

import re
from collections.abc import Callable

from bot.sandbox.chat import Group, Json, PrivateChat
from bot.sandbox.parameters import Parameters
from bot.sandbox.profile import Scope, checked_commands, checked_language, checked_scope
from bot.sandbox.refusal import bad_request
from bot.sandbox.updates import Webhook
from bot.sandbox.world import World


def get_me(world: World, parameters: Parameters) -> Json:
    return world.bot | {
        "first_name": world.profile.text("name", "") or world.bot["first_name"],
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_webhook(world: World, parameters: Parameters) -> bool:
    """Https as in the real server; http too for loopback, as self-hosted Bot API servers allow."""
    url, secret = parameters.get("url", ""), parameters.get("secret_token", "")
    if url and not re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost)[:/]", url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in parameters:
        world.updates.allowed = parameters["allowed_updates"]
    if parameters.get("drop_pending_updates"):
        world.updates.forget()
    world.updates.webhook = Webhook(url, secret)
    world.updates.wake()
    return True


def delete_webhook(world: World, parameters: Parameters) -> bool:
    world.updates.webhook = Webhook()
    if parameters.get("drop_pending_updates"):
        world.updates.forget()
    return True


def get_webhook_info(world: World, parameters: Parameters) -> Json:
    updates = world.updates
    info: Json = {
        "url": updates.webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending),
    }
    if updates.webhook.last_error:
        info["last_error_date"], info["last_error_message"] = updates.webhook.last_error
    return info | ({"allowed_updates": updates.allowed} if updates.allowed else {})


def set_my_commands(world: World, parameters: Parameters) -> bool:
    key = _command_key(world, parameters)
    world.profile.commands[key] = checked_commands(parameters["commands"])
    world.tell_all({"type": "profile"})
    return True


def get_my_commands(world: World, parameters: Parameters) -> list[Json]:
    return world.profile.commands.get(_command_key(world, parameters), [])


def delete_my_commands(world: World, parameters: Parameters) -> bool:
    world.profile.commands.pop(_command_key(world, parameters), None)
    world.tell_all({"type": "profile"})
    return True


def _command_key(world: World, parameters: Parameters) -> tuple[Scope, str]:
    """Scope and language of a command list; raises Refusal, also for chats that the bot cannot know."""
    scope = checked_scope(parameters.get("scope"))
    language = checked_language(parameters.get("language_code", ""))
    kind, chat_id, _ = scope
    if not chat_id:
        return scope, language
    chat = world.chat(chat_id)
    if isinstance(chat, PrivateChat):
        if not chat.started:
            raise bad_request("chat not found")
        if kind != "chat":
            raise bad_request("can't use specified scope in private chats")
    elif refusal := chat.no_access():
        raise refusal
    elif isinstance(chat, Group) and chat.kind == "channel":
        raise bad_request("can't change commands in channel chats")
    return scope, language


def _text_methods(
    name: str, longest: int, too_long: str
) -> tuple[Callable[[World, Parameters], bool], Callable[[World, Parameters], Json]]:
    """The setter and the getter of one text of the profile; `longest` in characters."""

    def set_text(world: World, parameters: Parameters) -> bool:
        language = checked_language(parameters.get("language_code", ""))
        text = parameters.get(name, "").strip()
        if len(text) > longest:
            raise bad_request(too_long)
        world.profile.texts[name, language] = text
        world.tell_all({"type": "profile"})
        return True

    def get_text(world: World, parameters: Parameters) -> Json:
        text = world.profile.text(name, checked_language(parameters.get("language_code", "")))
        return {name: text or (world.bot["first_name"] if name == "name" else "")}

    return set_text, get_text


set_my_name, get_my_name = _text_methods("name", 64, "BOT_TITLE_INVALID")
set_my_description, get_my_description = _text_methods("description", 512, "BOT_DESCRIPTION_INVALID")
set_my_short_description, get_my_short_description = _text_methods(
    "short_description", 120, "BOT_SHORT_DESCRIPTION_INVALID"
)
