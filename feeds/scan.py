"""Ordinary well-formed feeds into their entries in one pass of expat: a twentieth of feedparser's cost.

    text -> start/end of elements, by feedparser's names for them -> RawFeed | None (doubtful: feedparser's to read)

What is given is what feedparser gives, string by string (tests/test_feed_suites.py compares them on thousands of
feeds). Whatever feedparser treats in a way of its own is doubtful: broken XML, a document type, `xml:base`, XHTML or
base64 content, fields inside other elements, names of one vocabulary under the prefix of another.

Linear in the text and bounded in depth, attributes and entries, so it needs no time limit.
"""

import re
from xml.parsers import expat

from feeds.entries import MAX_ENTRIES, RawEntry, RawFeed
from feeds.markup import mend_references
from feeds.vocabulary import is_misleading, names_of

MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_NAMES = 1000  # of elements that are remembered, and of prefixes

# Depth of the items and of the feed's own title.
_LAYOUTS = {"rss": (3, 3), "rdf_rdf": (2, 3), "feed": (2, 2)}
_DATES = ("published", "updated", "created")
_NOT_OUTSIDE = frozenset({"title", "media_title", "content", "item", "box", "doubtful"})
_TEXTS = frozenset({"title", "media_title", "description", "content"})
_TEXT_TYPES = frozenset({"text", "plain", "html", "text/plain", "text/html"})
_HTML_TYPES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_HARMLESS_ATTRIBUTES = frozenset(
    {
        "http://www.w3.org/XML/1998/namespace lang xml",
        "http://www.w3.org/XML/1998/namespace space xml",
        *(f"http://www.w3.org/1999/02/22-rdf-syntax-ns# {name} rdf" for name in ("about", "resource", "parseType")),
    }
)
_RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about rdf"
# Anything else in a channel's picture or search box makes feedparser take its title for the channel's.
_IN_BOX = frozenset({"title", "link", "description", "url", "width", "height", "name"})

# What feedparser takes for Windows-1252, as a character of its own and by its number.
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_CONTROL_REFERENCE = re.compile(rb"&#(?:x0*[89][0-9a-f]|0*1[2-5]\d);", re.I)
_QUERY_ENTITY = re.compile("&([A-Za-z0-9_]+);")


def scan_feed(text: str) -> RawFeed | None:
    """The feed in `text`, or None where it is doubtful whether feedparser would see the same."""
    scanner = _Scanner()
    try:
        scanner.read(text.lstrip("\ufeff \t\r\n"))
    except (expat.ExpatError, UnicodeEncodeError, _DoubtfulError):
        return None
    if scanner.root == "rdf_rdf" and not scanner.entries:
        return None  # RDF holds other things than feeds
    return RawFeed.bounded(scanner.title or "", scanner.entries, scanner.dropped)


class _DoubtfulError(Exception):
    pass


class _Item:
    """The fields of an entry as they come; a later one replaces an earlier one unless said otherwise."""

    __slots__ = ("contents", "fields", "has_content", "has_title")

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.contents: list[str] = []
        self.has_content = False
        self.has_title = False

    def add(self, kind: str, value: str, permalink: bool) -> None:
        fields = self.fields
        if kind == "description":
            if "description" not in fields or self.has_content:
                fields["description"] = value
                return
            kind = "content"  # the second description is the full text
        if kind == "content":
            self.has_content = True
            self.contents.append(value)
            fields.setdefault("description", value)
        elif kind == "link":
            fields["link"] = _QUERY_ENTITY.sub(r"&\1", value.replace("&amp;", "&"))
        elif kind == "guid":
            fields["guid"] = value
            if permalink:
                fields.setdefault("link", value)
        elif kind in ("title", "media_title"):
            if not self.has_title:
                fields["title"] = value
                self.has_title = bool(value) and kind == "title"
        else:
            fields[kind] = value

    def entry(self) -> RawEntry:
        fields = self.fields
        return RawEntry.bounded(
            guid=fields.get("guid", ""),
            link=fields.get("link", ""),
            title=fields.get("title", ""),
            summary=fields.get("description", ""),
            contents=self.contents,
            published=fields.get("published") or fields.get("updated") or fields.get("created") or "",
        )


class _Scanner:
    """expat's handlers. An item stands in the channel of RSS 2.0, beside that of RSS 1.0, in Atom's root."""

    def __init__(self) -> None:
        self.root = ""
        self.title: str | None = None
        self.entries: list[RawEntry] = []
        self.dropped = 0
        self._names: dict[str, tuple[str, str]] = {}
        self._prefixes: dict[str, str] = {}
        self._depth = 0
        self._item_depth = 0
        self._title_depth = 0
        self._in_channel = False
        self._box_depth = 0  # of the channel's picture or search box, while in it
        self._item: _Item | None = None
        self._kind = ""  # of the field whose text is being read
        self._pieces: list[str] | None = None
        self._permalink = False
        self._has_signs = False  # U+0080 to U+00BF, without which nothing looks encoded twice

    def read(self, text: str) -> None:
        data = text.encode("utf-8")
        references = b"&#" in data
        if _CONTROL.search(data) or (references and (_CONTROL_REFERENCE.search(data) or mend_references(text) != text)):
            raise _DoubtfulError
        self._has_signs = references or b"\xc2" in data
        parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(data, True)

    def _doctype(self, *_: object) -> None:
        raise _DoubtfulError

    def _declare(self, prefix: str | None, uri: str) -> None:
        if prefix and (is_misleading(prefix, uri) or self._prefixes.setdefault(prefix, uri) != uri):
            raise _DoubtfulError
        if len(self._prefixes) > MAX_NAMES:
            raise _DoubtfulError

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._pieces is not None or self._depth > MAX_DEPTH or len(attributes) > 2 * MAX_ATTRIBUTES:
            raise _DoubtfulError
        if attributes and "base" in "".join(attributes[::2]).lower():
            raise _DoubtfulError  # of the addresses from here on, whatever element it stands in
        named = self._names.get(name)
        if named is None:
            named = names_of(name)
            if len(self._names) < MAX_NAMES:
                self._names[name] = named
        key, kind = named
        if self._item is None:
            self._start_outside(key, kind, attributes)
        elif kind:
            if self._depth != self._item_depth + 1:
                raise _DoubtfulError
            self._start_field(self._item, kind, attributes)

    def _start_outside(self, key: str, kind: str, attributes: list[str]) -> None:
        depth = self._depth
        if depth == 1:
            if key not in _LAYOUTS:
                raise _DoubtfulError
            self.root = key
            self._item_depth, self._title_depth = _LAYOUTS[key]
            self._in_channel = key == "feed"
        elif self._box_depth:
            if key not in _IN_BOX:
                raise _DoubtfulError
        elif kind == "item" and depth == self._item_depth and self._in_channel == (self._title_depth == depth):
            _check_container(attributes)
            self._item = _Item()
            if about := dict(zip(attributes[::2], attributes[1::2], strict=True)).get(_RDF_ABOUT):
                self._item.fields["guid"] = about
        elif key == "channel" and depth == 2 and self._title_depth == 3:
            _check_container(attributes)
            self._in_channel = True
        elif kind == "title" and self._in_channel and depth == self._title_depth and self.title is None:
            _check_text(attributes)
            self._kind, self._pieces = kind, []
        elif kind == "box" and depth in (2, 3):
            self._box_depth = depth
        elif kind in _NOT_OUTSIDE or key.endswith("summary"):
            raise _DoubtfulError

    def _start_field(self, item: _Item, kind: str, attributes: list[str]) -> None:
        if kind in _TEXTS:
            _check_text(attributes)
        elif kind == "guid":
            self._permalink = _plain_attributes(attributes).get("ispermalink", "true") == "true"
        elif kind == "link":
            stated = _plain_attributes(attributes)
            address = stated.get("url") or stated.get("uri") or stated.get("href")
            if address:
                # The last of them, as feedparser has it.
                relation, media = stated.get("rel", "alternate").lower(), stated.get("type", "text/html").lower()
                if relation == "alternate" and media in _HTML_TYPES:
                    item.fields["link"] = _checked(address)
                return
            if {"url", "uri", "href"} & stated.keys():
                raise _DoubtfulError
        elif kind == "source":
            item.has_title = False
            return
        elif kind not in _DATES:
            raise _DoubtfulError
        self._kind, self._pieces = kind, []

    def _characters(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def _end(self, _name: str) -> None:
        depth = self._depth
        self._depth -= 1
        if self._pieces is not None:
            value = "".join(self._pieces).strip()
            self._pieces = None
            if self._has_signs and _is_twice_encoded(value):
                raise _DoubtfulError
            if self._item is None:
                self.title = value
                return
            if self._kind in ("link", "guid"):
                _checked(value)
            self._item.add(self._kind, value, self._permalink)
        elif self._item is not None:
            if depth == self._item_depth:
                self._end_item(self._item)
        elif depth == self._box_depth:
            self._box_depth = 0
        elif depth == 2 and self._title_depth == 3:
            self._in_channel = False

    def _end_item(self, item: _Item) -> None:
        self._item = None
        if len(self.entries) < MAX_ENTRIES:
            self.entries.append(item.entry())
        else:
            self.dropped += 1


def _plain_attributes(attributes: list[str]) -> dict[str, str]:
    """Attributes without a prefix, names in lower case; those of XML and RDF do not matter, others are doubtful."""
    if not attributes:
        return {}
    plain: dict[str, str] = {}
    for index in range(0, len(attributes), 2):
        name = attributes[index]
        if " " not in name:
            plain[name.lower()] = attributes[index + 1]
        elif name not in _HARMLESS_ATTRIBUTES:
            raise _DoubtfulError
    return plain


def _check_container(attributes: list[str]) -> None:
    if not _plain_attributes(attributes).keys().isdisjoint(("href", "lastmod")):
        raise _DoubtfulError  # of the Channel Definition Format: a link and a date


def _check_text(attributes: list[str]) -> None:
    if attributes:
        stated = _plain_attributes(attributes)
        if stated.get("type", "text").lower() not in _TEXT_TYPES or "mode" in stated or "src" in stated:
            raise _DoubtfulError


def _checked(address: str) -> str:
    if ":///" in address:  # feedparser takes the third slash away
        raise _DoubtfulError
    return address


def _is_twice_encoded(text: str) -> bool:
    """Whether `text` looks like UTF-8 taken for Latin-1, which feedparser mends."""
    if text.isascii():
        return False
    try:
        text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
