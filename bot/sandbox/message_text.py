"""What becomes of a text on its way into a message: parsed, cleaned, trimmed, its entities put in order."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.sandbox.entities import Entity, FormattedText, arranged, cleaned, trimmed, utf16_length
from bot.sandbox.formatting import parse_html
from bot.sandbox.links import WrongLink, checked_link
from bot.sandbox.refusal import bad_request, not_in_sandbox

MAX_LENGTH = 4096  # UTF-16 units after parsing
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_GIVEN_TYPES = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "text_mention",
    "blockquote", "expandable_blockquote", "custom_emoji", "date_time",
}  # fmt: skip
_FOUND_TYPES = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}


def message_text(parameters: dict[str, Any]) -> FormattedText:
    """The text of sendMessage or editMessageText; raises Refusal when it cannot be read or nothing is left."""
    formatted = _read(parameters["text"], parameters.get("parse_mode", ""), parameters.get("entities", []))
    formatted = trimmed(cleaned(formatted))
    if not _INVISIBLE.sub("", formatted.text):
        raise bad_request("text must be non-empty")
    return arranged(formatted)


def typed_text(text: str, entities: Sequence[Entity] = ()) -> FormattedText:
    """What a user typed or pasted, with the commands, links and tags that Telegram finds in it."""
    return arranged(trimmed(cleaned(FormattedText(text, list(entities)))))


def _read(text: str, parse_mode: str, entities: list[Entity]) -> FormattedText:
    match parse_mode.lower():
        case "html":
            return parse_html(text)
        case "markdown" | "markdownv2":
            raise not_in_sandbox(f"parse_mode {parse_mode}; the project writes HTML")
        case "":
            return FormattedText(text, list(_given(entities, utf16_length(text))))
        case _:
            raise bad_request("unsupported parse_mode")


def _given(entities: list[Entity], size: int) -> Iterator[Entity]:
    """The entities a caller sent itself, checked; those that Telegram finds by itself are ignored."""
    for entity in entities:
        kind, offset, length = entity["type"], int(entity["offset"]), int(entity["length"])
        if kind not in _GIVEN_TYPES | _FOUND_TYPES:
            raise bad_request(f'can\'t parse MessageEntity: Unsupported type "{kind}" specified')
        if length <= 0 or kind in _FOUND_TYPES or kind == "custom_emoji":
            continue
        if offset < 0:
            raise bad_request(f"receive an entity with incorrect offset {offset}")
        if offset + length > size:
            raise bad_request(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {size}"
            )
        kept = {**entity, "offset": offset, "length": length}
        if kind == "text_link":
            try:
                kept["url"] = checked_link(str(entity.get("url", "")))
            except WrongLink as wrong:
                raise bad_request(f"entity URL '{entity.get('url', '')}' is invalid: {wrong}") from wrong
        yield kept
