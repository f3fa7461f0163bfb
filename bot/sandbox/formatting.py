"""Telegram's HTML: markup text -> plain text and entities, refused where the real parser refuses.

Offsets in the results are UTF-16 code units; offsets in the complaints are bytes of UTF-8, as in the real server.
"""

import re
from dataclasses import dataclass

from bot.sandbox.entities import Entity, FormattedText, utf16_length
from bot.sandbox.links import WrongLink, checked_link, linked_user
from bot.sandbox.refusal import Refusal, bad_request

_TAGS = {
    "b": "bold", "strong": "bold",
    "i": "italic", "em": "italic",
    "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
_NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_SPACES = b" \t\r\n\v\0"
_REFERENCE = re.compile(rb"&(?:#x(?P<hex>[0-9a-fA-F]*)|#(?P<dec>[0-9]*)|(?P<name>[a-zA-Z]*));?")


@dataclass(frozen=True, slots=True)
class _OpenTag:
    name: str
    attributes: dict[str, str]
    offset: int  # UTF-16, in the plain text
    begin: int  # index into the list of plain pieces


def parse_html(markup: str) -> FormattedText:
    """Parse as parse_mode=HTML does; raises Refusal "can't parse entities: ..."."""
    return _HtmlParser(markup.encode()).parse()


def _cannot_parse(why: str) -> Refusal:
    return bad_request(f"can't parse entities: {why}")


class _HtmlParser:
    """One pass over the bytes; a NUL after the end stands for the end, as in the original's C strings."""

    def __init__(self, source: bytes) -> None:
        self._size = len(source)
        self._source = source + b"\0"
        self._at = 0
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Entity] = []

    def parse(self) -> FormattedText:
        while self._at < self._size:
            if self._source[self._at] == ord("<"):
                if self._source[self._at + 1] == ord("/"):
                    self._end_tag()
                else:
                    self._start_tag()
            elif self._source[self._at] == ord("&"):
                self._put(self._reference() or self._literal())
            else:
                self._put(self._literal())
        if self._open:
            raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        text = "".join(self._pieces)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _cannot_parse(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return FormattedText(text, self._entities)

    def _put(self, piece: str) -> None:
        self._pieces.append(piece)
        self._offset += utf16_length(piece)

    def _literal(self) -> str:
        """Everything up to the next `<` or `&`, at least one byte."""
        begin = self._at
        self._at += 1
        while self._at < self._size and self._source[self._at] not in b"<&":
            self._at += 1
        return self._source[begin : self._at].decode()

    def _reference(self) -> str:
        """The character of `&lt;` and the like, the semicolon being optional; "" (and no step) where it is none."""
        match = _REFERENCE.match(self._source, self._at, self._size)
        if match is None:
            return ""
        character = _NAMED.get(match["name"] or b"", "")
        digits, base = (match["hex"], 16) if match["hex"] is not None else (match["dec"], 10)
        if digits and len(digits) < 9:
            code = int(digits, base)
            character = chr(code) if 0 < code < 0x10FFFF else ""
        if character:
            self._at = match.end()
        return character

    def _word(self, stops: bytes) -> bytes:
        begin = self._at
        while self._at < self._size and self._source[self._at] not in stops:
            self._at += 1
        return self._source[begin : self._at]

    def _skip_spaces(self) -> None:
        while self._at < self._size and self._source[self._at] in _SPACES:
            self._at += 1

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        name = self._word(_SPACES + b">").decode().lower()
        if self._at >= self._size:
            raise _cannot_parse(f"Unclosed start tag at byte offset {begin}")
        if name not in _TAGS:
            raise _cannot_parse(f'Unsupported start tag "{name}" at byte offset {begin}')
        attributes: dict[str, str] = {}
        while True:
            self._skip_spaces()
            if self._at >= self._size:
                raise _cannot_parse(f"Unclosed start tag at byte offset {begin}")
            if self._source[self._at] == ord(">"):
                break
            key, value = self._attribute(name, begin)
            attributes[key] = value
        self._at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _cannot_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self._open.append(_OpenTag(name, attributes, self._offset, len(self._pieces)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        key = self._word(_SPACES + b"=>/\"'").decode()
        if not key:
            raise _cannot_parse(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._skip_spaces()
        if self._at < self._size and self._source[self._at] != ord("="):
            if tag == "blockquote" and key == "expandable":
                return key, ""
            raise _cannot_parse(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {begin}'
            )
        self._at += 1
        self._skip_spaces()
        if self._at >= self._size:
            raise _cannot_parse(f'Unclosed start tag "{tag}" at byte offset {begin}')
        if self._source[self._at] in b"\"'":
            return key, self._quoted(begin)
        token_begin = self._at
        while (chr(self._source[self._at]).isalnum() and self._source[self._at] < 128) or self._source[
            self._at
        ] in b".-":
            self._at += 1
        if self._source[self._at] not in _SPACES + b">":
            raise _cannot_parse(f"Unexpected end of name token at byte offset {token_begin}")
        return key, self._source[token_begin : self._at].decode().lower()

    def _quoted(self, begin: int) -> str:
        quote = self._source[self._at]
        self._at += 1
        pieces: list[str] = []
        while self._at < self._size and self._source[self._at] != quote:
            reference = self._reference() if self._source[self._at] == ord("&") else ""
            if reference:
                pieces.append(reference)
                continue
            start = self._at
            self._at += 1
            while self._at < self._size and self._source[self._at] not in (quote, ord("&")):
                self._at += 1
            pieces.append(self._source[start : self._at].decode())
        self._at += 1
        if self._at >= self._size:
            raise _cannot_parse(f"Unclosed start tag at byte offset {begin}")
        return "".join(pieces)

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _cannot_parse(f"Unexpected end tag at byte offset {begin}")
        self._at += 2
        name = self._word(_SPACES + b">").decode().lower()
        self._skip_spaces()
        if self._source[self._at] != ord(">"):
            raise _cannot_parse(f"Unclosed end tag at byte offset {begin}")
        self._at += 1
        tag = self._open.pop()
        if name and name != tag.name:
            raise _cannot_parse(
                f'Unmatched end tag at byte offset {begin}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self._offset > tag.offset:
            self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        entity: Entity = {"type": _TAGS[tag.name], "offset": tag.offset, "length": self._offset - tag.offset}
        match tag.name:
            case "a":
                url = tag.attributes.get("href") or "".join(self._pieces[tag.begin :])
                if (user_id := linked_user(url)) is not None:
                    entity |= {"type": "text_mention", "user": {"id": user_id, "is_bot": False, "first_name": ""}}
                else:
                    try:
                        entity["url"] = checked_link(url)
                    except WrongLink:
                        return  # the real parser keeps the words and drops the link
            case "tg-emoji":
                if not re.fullmatch(r"[1-9]\d{0,18}", tag.attributes.get("emoji-id", "")):
                    raise _cannot_parse("Invalid custom emoji identifier specified")
                return  # an ordinary bot may not use custom emoji: the plain one inside the tag is shown
            case "tg-time":
                if not re.fullmatch(r"\d{1,10}", tag.attributes.get("unix", "")):
                    raise _cannot_parse("Invalid date specified")
                entity |= {"unix_time": int(tag.attributes["unix"])}
            case "blockquote" if "expandable" in tag.attributes:
                entity["type"] = "expandable_blockquote"
            case "pre" | "code":
                if self._merge_language(entity, tag):
                    return
        self._entities.append(entity)

    def _merge_language(self, entity: Entity, tag: _OpenTag) -> bool:
        """`<pre><code class="language-x">` is one entity with a language; true when merged into the last one."""
        language = tag.attributes.get("class", "")
        last = self._entities[-1] if self._entities else {}
        if tag.name == "code":
            if language.startswith("language-"):
                entity["language"] = language.removeprefix("language-")
            if last.get("type") == "pre" and entity.get("language") and _same_place(last, entity):
                last["language"] = entity["language"]
                return True
        elif last.get("type") == "code" and last.get("language") and _same_place(last, entity):
            last["type"] = "pre"
            return True
        return False


def _same_place(one: Entity, other: Entity) -> bool:
    return (one["offset"], one["length"]) == (other["offset"], other["length"])
