"""Messages of Telegram HTML and their bounds. Pure.

A message has at most `MESSAGE_LIMIT` UTF-16 units after its entities are parsed. Long output is cut *between* blocks
(a story is a block), never inside one; every block is bounded by the bounds of its fields.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

MESSAGE_LIMIT = 4096
_PART_MARK = 40  # room for "Phần 2/3"
_MAX_ENTITIES = 99  # Telegram keeps a hundred and drops the others without a word; one is for "Phần 2/3"
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")

Button = tuple[str, str]
"""A label and what it does: an https address to open, `COPY` and a text of at most `MAX_COPIED` characters to copy,
`SHARE` and what to ask the bot for in a chat that is chosen, or callback data of at most 64 bytes."""
COPY, SHARE = "copy:", "share:"
MAX_COPIED = 256


@dataclass(frozen=True, slots=True)
class Message:
    """One message: Telegram HTML and rows of buttons, the stories that it tells or corrects; `silent`: no sound."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    story_ids: tuple[int, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """What stands whole in one message, and the story that it tells."""

    html: str
    story_id: int | None = None


def pack(blocks: Iterable[Block], limit: int = MESSAGE_LIMIT - _PART_MARK) -> list[list[Block]]:
    """Blocks in as few parts as their order allows, to be joined by blank lines; ValueError for a block over `limit`.

    Empty blocks are left out. No part has more entities than Telegram honours.
    """
    parts: list[list[Block]] = []
    length = entities = 0
    for block in blocks:
        if not block.html:
            continue
        units, tags = telegram_length(block.html), len(_OPENING_TAG.findall(block.html))
        if units > limit:
            raise ValueError(f"a block of {units} units fits no message")
        if parts and length + 2 + units <= limit and entities + tags <= _MAX_ENTITIES:
            parts[-1].append(block)
            length, entities = length + 2 + units, entities + tags
        else:
            parts.append([block])
            length, entities = units, tags
    return parts


def joined(part: Iterable[Block]) -> str:
    """The blocks of one part as one text."""
    return "\n\n".join(block.html for block in part)


def plain_text(html: str, *, addresses: bool = True) -> str:
    """A text of ours without its markup, addresses after their links: for terminals."""
    return unescape(_TAG.sub("", _LINK.sub(r"\2 (\1)", html) if addresses else html))


def telegram_length(html: str) -> int:
    """UTF-16 units that Telegram counts of a text of ours: after tags and entities are parsed."""
    return len(plain_text(html, addresses=False).encode("utf-16-le")) // 2
