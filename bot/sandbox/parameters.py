"""The parameters of a call: from any of the encodings the real server takes to checked Python values."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.sandbox.files import Upload
from bot.sandbox.refusal import Refusal, bad_request, not_in_sandbox

Parameters = dict[str, Any]

_INTEGER = re.compile(r"-?\d{1,18}")
# The real server's words where a required value is missing; the general form below is the sandbox's own.
_MISSING = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "message_id": "message identifier is not specified",
    "user_id": "invalid user_id specified",
    "action": "wrong parameter action in request",
    "file_id": "file_id is empty",
    "document": "there is no document in the request",
    "photo": "there is no photo in the request",
}
# Accepted by Telegram and ignored here would be pretending.
_NOT_HERE = {
    "business_connection_id", "direct_messages_topic_id", "message_effect_id", "rich_message",
    "suggested_post_parameters", "certificate", "thumbnail",
}  # fmt: skip
_SPOKEN = {
    "InlineKeyboardMarkup": "inline keyboard markup",
    "InlineKeyboardButton": "inline keyboard button",
    "KeyboardButton": "keyboard button",
    "InlineQueryResult": "inline query result",
    "InlineQueryResultArticle": "inline query result",
}


@cache
def api_facts() -> dict[str, Any]:
    """The bundled table of fields: `methods`, `objects` and the names of all `other_methods` of the Bot API."""
    facts: dict[str, Any] = json.loads((Path(__file__).parent / "api_facts.json").read_text("utf-8"))
    return facts


def method_name(name: str) -> str:
    """The method as the API spells it (names are not case sensitive); raises Refusal 404 or 501."""
    folded = name.lower()
    for method in api_facts()["methods"]:
        if method.lower() == folded:
            return str(method)
    for method in api_facts()["other_methods"]:
        if method.lower() == folded:
            raise not_in_sandbox(f"the method {method}")
    raise Refusal(404, "Not Found")


def checked_parameters(method: str, raw: Mapping[str, Any]) -> Parameters:
    """Typed values of the fields that the method knows; other fields are ignored, as the real server does.

    Integers and booleans may come as text, objects and arrays as JSON text. Absent and empty optional fields are
    left out, except empty strings, which mean something in some methods. Raises Refusal.
    """
    raw = _attached(raw)
    result: Parameters = {}
    for name, kind in api_facts()["methods"][method].items():
        value = raw.get(name)
        required = kind.endswith("!")
        if value is None or (value == "" and (required or not kind.startswith("String"))):
            if required and not (value == "" and name == "url"):
                raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
            if value is None:
                continue
        if name in _NOT_HERE and value != "":
            raise not_in_sandbox(f'the parameter "{name}"')
        if value != "" or kind.startswith("String"):
            result[name] = _typed(kind.removesuffix("!"), value, name)
    return result


def _attached(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with each `attach://NAME` replaced by the part NAME of the form."""
    parts = {f"attach://{name}": value for name, value in raw.items() if isinstance(value, Upload)}
    return {name: parts.get(value, value) if isinstance(value, str) else value for name, value in raw.items()}


def _typed(kind: str, value: Any, name: str) -> Any:
    match kind:
        case "InputFile|String":
            return value if isinstance(value, Upload) else _utf8(str(value))
        case _ if isinstance(value, Upload):
            raise bad_request(f'parameter "{name}" must not be a file')
        case "String":
            if isinstance(value, dict | list):
                raise bad_request(f'parameter "{name}" must be a string')
            return _utf8(value if isinstance(value, str) else json.dumps(value))
        case "Integer" | "Integer|String" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "Integer" | "Integer|String" if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        case "Integer|String" if isinstance(value, str):
            return _utf8(value)
        case "Integer" | "Integer|String":
            raise bad_request(f'parameter "{name}" must be an integer')
        case "Boolean":
            return _boolean(value, name)
        case _:
            if isinstance(value, str):
                value = _json(value, name)
            check_shape(kind, value, name)
            return value


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    return text


def _boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise bad_request(f'parameter "{name}" must be a boolean')


def _json(text: str, name: str) -> Any:
    spoken = "reply keyboard markup" if name == "reply_markup" else name
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise bad_request(f"can't parse {spoken} JSON object") from None


def check_shape(kind: str, value: Any, name: str) -> None:
    """Refuse a decoded JSON value that is not of the API's type `kind`; an object without a row need be a dict."""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise bad_request(f'Field "{name}" must be of type Array')
        for item in value:
            check_shape(kind.removesuffix("[]"), item, name)
        return
    match kind:
        case "String":
            if not isinstance(value, str):
                raise bad_request(f'Field "{name}" must be of type String')
            _utf8(value)
        case "Integer" | "Integer|String":
            if isinstance(value, bool) or not _INTEGER.fullmatch(str(value)):
                raise bad_request(f'Field "{name}" must be of type Number')
        case "Boolean":
            if not isinstance(value, bool):
                raise bad_request(f'Field "{name}" must be of type Boolean')
        case _:
            if not isinstance(value, dict) and kind == "ReplyMarkup":
                raise bad_request("object expected as reply markup")
            if not isinstance(value, dict):
                raise bad_request(f"can't parse {_SPOKEN.get(kind, kind)}: expected an Object")
            _check_fields(kind, value)


def _check_fields(kind: str, value: Mapping[str, Any]) -> None:
    for field, field_kind in api_facts()["objects"].get(kind, {}).items():
        if field in value and value[field] is not None:
            try:
                check_shape(field_kind.removesuffix("!"), value[field], field)
            except Refusal as refusal:
                why = refusal.description.removeprefix("Bad Request: ")
                if not why.startswith("Field"):
                    raise
                raise bad_request(f"can't parse {_SPOKEN.get(kind, kind)}: {why}") from None
        elif field_kind.endswith("!"):
            raise bad_request(f"can't parse {_SPOKEN.get(kind, kind)}: Can't find field \"{field}\"")
