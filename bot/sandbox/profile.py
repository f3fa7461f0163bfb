"""What a bot tells about itself: name, descriptions and commands, by language and scope."""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.refusal import bad_request

Json = dict[str, Any]
Scope = tuple[str, int, int]  # type, chat id, user id; zeros where the type has none

_EVERYWHERE: Scope = ("default", 0, 0)
_SCOPE_FIELDS = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


@dataclass(slots=True)
class Profile:
    """`texts` maps (field, language) to text; language "" is for everybody without an own text."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    commands: dict[tuple[Scope, str], list[Json]] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)  # by chat id, 0 the default

    def text(self, name: str, language: str) -> str:
        """As a user of that language sees it."""
        return self.texts.get((name, language)) or self.texts.get((name, ""), "")

    def commands_for(self, chat_id: int, language: str) -> list[Json]:
        """The command menu of a private chat."""
        return self._narrowest([("chat", chat_id, 0), ("all_private_chats", 0, 0), _EVERYWHERE], language)

    def commands_in_group(self, chat_id: int, user_id: int, language: str, *, is_admin: bool) -> list[Json]:
        """The command menu that this member sees in a group."""
        scopes: list[Scope] = [("chat_member", chat_id, user_id)]
        scopes += [("chat_administrators", chat_id, 0)] if is_admin else []
        scopes += [("chat", chat_id, 0)]
        scopes += [("all_chat_administrators", 0, 0)] if is_admin else []
        return self._narrowest([*scopes, ("all_group_chats", 0, 0), _EVERYWHERE], language)

    def _narrowest(self, scopes: list[Scope], language: str) -> list[Json]:
        """The first list that is set, in each scope for the language before the one for all languages.

        That order is https://core.telegram.org/bots/api#determining-list-of-commands.
        """
        lists = (self.commands.get((scope, code)) for scope in scopes for code in (language, ""))
        return next((commands for commands in lists if commands), [])


def checked_language(code: str) -> str:
    """An ISO 639-1 code or ""; raises Refusal."""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def checked_scope(scope: Json | None) -> Scope:
    """The key of a BotCommandScope; raises Refusal."""
    if scope is None:
        return ("default", 0, 0)
    kind = scope.get("type")
    if kind not in _SCOPE_FIELDS:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    numbers = [0, 0]
    for place, name in enumerate(_SCOPE_FIELDS[kind]):
        value = str(scope.get(name, ""))
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise bad_request("chat not found" if name == "chat_id" else "invalid user_id specified")
        numbers[place] = int(value)
    return (kind, numbers[0], numbers[1])


def checked_commands(commands: list[Json]) -> list[Json]:
    """The commands as stored; raises Refusal."""
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    result = []
    for item in commands:
        command = item["command"].strip().removeprefix("/")
        description = item["description"].strip()
        if not command:
            raise bad_request("command must be non-empty")
        if len(command) > 32:
            raise bad_request("command length must not exceed 32")
        if not description:
            raise bad_request("command description must be non-empty")
        if len(description) > 256:
            raise bad_request("command description length must not exceed 256")
        if not re.fullmatch(r"[a-z0-9_]+", command):
            raise bad_request("BOT_COMMAND_INVALID")
        result.append({"command": command, "description": description})
    return result
