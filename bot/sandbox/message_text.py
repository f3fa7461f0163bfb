"""What becomes of a text on its way into a message: parsed, cleaned, trimmed, its entities put in order."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox.formatting import Entity, FormattedText, parse_html, utf16_length
from bot.sandbox.links import WrongLink, checked_link
from bot.sandbox.refusal import bad_request, not_in_sandbox

MAX_LENGTH = 4096  # UTF-16 units after parsing
MAX_ENTITIES = 100  # the real server keeps the first hundred and drops the others silently
_GIVEN_TYPES = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "text_mention",
    "blockquote", "expandable_blockquote", "custom_emoji", "date_time",
}  # fmt: skip
_FOUND_TYPES = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_FOUND = re.compile(
    r"""(?P<url>\bhttps?://[^\s<>"]*[^\s<>".,;:!?)\]'])
      | (?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)
      | (?P<mention>(?<![\w/@])@[A-Za-z]\w{3,31}\b)
      | (?P<hashtag>(?<![\w/&])\#(?=\w*[^\W\d])\w{1,256})
      | (?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{3,31})?(?![\w/]))""",
    re.VERBOSE,
)


def message_text(parameters: dict[str, Any]) -> FormattedText:
    """The text of sendMessage or editMessageText; raises Refusal when it cannot be read or nothing is left."""
    formatted = _read(parameters["text"], parameters.get("parse_mode", ""), parameters.get("entities", []))
    formatted = _trimmed(_cleaned(formatted))
    if not formatted.text:
        raise bad_request("text must be non-empty")
    return _arranged(formatted)


def plain_text(text: str) -> FormattedText:
    """What a user typed, with the commands, links and tags that Telegram finds in it."""
    return _arranged(_trimmed(_cleaned(FormattedText(text))))


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


def _cleaned(formatted: FormattedText) -> FormattedText:
    """Control characters become spaces, as in the real server; `\\r` goes away there, which would move entities,
    so only a text without entities loses it here."""
    text = formatted.text if formatted.entities else formatted.text.replace("\r", "")
    return FormattedText(re.sub(r"[\x00-\x09\x0b-\x1f\u2028-\u202e]", " ", text), formatted.entities)


def _trimmed(formatted: FormattedText) -> FormattedText:
    """White space at both ends goes; entities that covered only it go too."""
    text = formatted.text.rstrip()
    lead = len(text) - len(text.lstrip())
    end = utf16_length(text)
    entities = [_clipped(entity, 0, end) for entity in formatted.entities]
    kept = [entity for entity in entities if entity["length"] > 0]
    lead = min([lead, *(entity["offset"] for entity in kept)])  # leading blanks inside an entity stay
    return FormattedText(text[lead:], [entity | {"offset": entity["offset"] - lead} for entity in kept])


def _clipped(entity: Entity, begin: int, end: int) -> Entity:
    left = max(entity["offset"], begin)
    return entity | {"offset": left, "length": min(entity["offset"] + entity["length"], end) - left}


def _arranged(formatted: FormattedText) -> FormattedText:
    """Outer before inner, nothing inside code or pre, no quote in a quote, found links added, at most a hundred."""
    own = sorted(formatted.entities, key=lambda entity: (entity["offset"], -entity["length"]))
    solid = [entity for entity in own if entity["type"] in ("code", "pre")]
    result: list[Entity] = []
    quoted_to = 0
    for entity in own:
        if entity["type"] in ("code", "pre"):
            result.append({key: value for key, value in entity.items() if key != "language" or entity["type"] == "pre"})
        elif entity["type"] in _QUOTES:
            if entity["offset"] >= quoted_to:
                result.append(entity)
                quoted_to = entity["offset"] + entity["length"]
        else:
            result += _outside(entity, solid)
    busy = [entity for entity in own if entity["type"] in ("code", "pre", "text_link", "text_mention")]
    result += [found for found in _found(formatted.text) if not any(_overlap(found, entity) for entity in busy)]
    result.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return FormattedText(formatted.text, result[:MAX_ENTITIES])


def _outside(entity: Entity, solid: Iterable[Entity]) -> list[Entity]:
    """The parts of the entity that no code or pre covers: those can hold nothing and be held by quotes only."""
    parts = [entity]
    for block in solid:
        begin, end = block["offset"], block["offset"] + block["length"]
        parts = [
            piece
            for part in parts
            for piece in (
                (_clipped(part, 0, begin), _clipped(part, end, part["offset"] + part["length"]))
                if _overlap(part, block)
                else (part,)
            )
            if piece["length"] > 0
        ]
    return parts


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _found(text: str) -> Iterator[Entity]:
    for match in _FOUND.finditer(text):
        yield {
            "type": match.lastgroup,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        }
