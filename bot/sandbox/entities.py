"""Text with entities, and the order that Telegram brings into it: cleaned, trimmed, nested, links found.

Offsets and lengths are UTF-16 code units.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Entity = dict[str, Any]

MAX_ENTITIES = 100  # the real server keeps the first hundred and drops the others silently
_QUOTES = {"blockquote", "expandable_blockquote"}
_FOUND = re.compile(
    r"""(?P<url>\bhttps?://[^\s<>"]*[^\s<>".,;:!?)\]'])
      | (?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)
      | (?P<mention>(?<![\w/@])@[A-Za-z]\w{3,31}\b)
      | (?P<hashtag>(?<![\w/&])\#(?=\w*[^\W\d])\w{1,256})
      | (?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{3,31})?(?![\w/]))""",
    re.VERBOSE,
)


@dataclass(slots=True)
class FormattedText:
    """Plain text and the entities over it, in Bot API form (`{"type", "offset", "length", ...}`)."""

    text: str
    entities: list[Entity] = field(default_factory=list)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the unit of all of Telegram's limits and offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of the text that an entity covers."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def cleaned(formatted: FormattedText) -> FormattedText:
    """Control characters become spaces, as in the real server; `\\r` goes away there, which would move entities,
    so only a text without entities loses it here."""
    text = formatted.text if formatted.entities else formatted.text.replace("\r", "")
    return FormattedText(re.sub(r"[\x00-\x09\x0b-\x1f\u2028-\u202e]", " ", text), formatted.entities)


def trimmed(formatted: FormattedText) -> FormattedText:
    """White space at both ends goes; entities that covered only it go too."""
    text = formatted.text.rstrip()
    lead = len(text) - len(text.lstrip())
    end = utf16_length(text)
    entities = [_clipped(entity, 0, end) for entity in formatted.entities]
    kept = [entity for entity in entities if entity["length"] > 0 and _covered(text, entity).strip()]
    lead = min([lead, *(entity["offset"] for entity in kept)])  # leading blanks inside an entity stay
    return FormattedText(text[lead:], [entity | {"offset": entity["offset"] - lead} for entity in kept])


def _covered(text: str, entity: Entity) -> str:
    return utf16_slice(text, entity["offset"], entity["length"])


def _clipped(entity: Entity, begin: int, end: int) -> Entity:
    left = max(entity["offset"], begin)
    return entity | {"offset": left, "length": min(entity["offset"] + entity["length"], end) - left}


def arranged(formatted: FormattedText) -> FormattedText:
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
