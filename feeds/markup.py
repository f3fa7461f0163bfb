"""Bytes into text and HTML fragments into plain text; pure.

For the small HTML of feed descriptions. Whole pages go through feeds.extract.
"""

import codecs
import re
from collections.abc import Iterator
from html import unescape

from lxml import etree, html

from feeds.boilerplate import begins_like_a_lead
from feeds.text import clean, fold

MAX_FRAGMENT = 300_000
MAX_TAGS = 60_000
MAX_ATTRIBUTES = 300

# What stands in the prolog of HTML and XML about the encoding. Only these are believed, by Python's names: other
# codecs that it knows are slow or no text at all.
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,20})""")
_KNOWN = re.compile(
    r"ascii|utf-(?:8|16(?:-[bl]e)?)|iso8859-\d+|cp(?:125\d|437|85\d|866|874|932|949|950)|koi8-[rtu]|mac-\w+|tis-620|"
    r"shift_jis|euc_(?:jp|kr)|iso2022_(?:jp|kr)|gb(?:2312|k|18030)|big5(?:hkscs)?"
)

_CHARACTER_REFERENCE = re.compile(r"&#(?:x0*([0-9a-f]{1,12})|0*(\d{1,12}));", re.I)
_LONG_REFERENCE = re.compile(r"&#x?[0-9a-f]{13,};", re.I)

_CUT_TAG = re.compile(r"<(?:[a-zA-Z/!][^<>]*)?$")  # the last tag of a cut description may have lost its end
# How most descriptions are made: a picture with a link, then text in at most one paragraph.
_PICTURE_AND_TEXT = re.compile(
    r"\s*+(?:<a\b[^<>]*>\s*+<img\b[^<>]*>\s*+</a>\s*+)?(?:</?br\s*+/?>\s*+)*+(?:<p>([^<>]*)</p>\s*+|([^<>]*))"
)
_GLUE = re.compile(r"(?<![.!?…])[.!?…]++[\"”’»)]*+(?=[^\W\d_])")
_LAST_WORD = re.compile(r"(?<![\w/.-])(?P<word>[^\W\d_]{2,}|(?:19|20)\d\d)[%\"”’»)]*$")
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)]*\s|[.!…][\"”’»)]*$")
_VOWEL = frozenset("aeiouy")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_SCRIPT = re.compile(r"<(?P<end>/?)script\b", re.I)
_ATTRIBUTE = re.compile(r"[\w-]\s?=")
_BLOCKS = frozenset(
    (
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    )
)
_DROPPED = ("script", "style", "iframe", "noscript", "figure", "form", "object", "svg", "template", "video", "audio")


def decode(body: bytes, content_type: str | None = None) -> str:
    """`body` as text, never raising: undecodable bytes become U+FFFD.

    Valid UTF-8 is UTF-8 whatever is declared (declarations lie more often than bytes); then a byte order mark, the
    document's own declaration, the header's, and what looks like UTF-16 or UTF-32. What declares nothing and is mostly
    no UTF-8 is taken for Windows-1258: legacy Vietnamese, and next to all of French in Windows-1252.
    """
    if b"\0\0" in body[:16]:
        return body.decode("utf-32-be" if body[:1] == b"\0" else "utf-32-le", "replace").removeprefix("\ufeff")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    if b"\0" in body[:64]:
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    sources = (body[:1024], (content_type or "").encode("ascii", "replace"))
    names = [_codec(found[1].decode("ascii")) for source in sources if (found := _DECLARED.search(source))]
    if name := next((name for name in names if name and not name.startswith(("utf-16", "utf-8", "ascii"))), None):
        return body.decode(name, "replace")
    text = body.decode("utf-8", "replace")
    if not names and 2 * text.count("\ufffd") > len(text) - len(text.encode("ascii", "ignore")):
        return body.decode("cp1258", "replace")
    return text


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    return found if _KNOWN.fullmatch(found) else ""


def mend_references(text: str) -> str:
    """`text` with the numbers of characters that there are not ("&#xD800;") made a blank or U+FFFD."""
    return _CHARACTER_REFERENCE.sub(_valid_reference, _LONG_REFERENCE.sub("\ufffd", text)) if "&#" in text else text


def _valid_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    if code < 0x20 and code not in (9, 10, 13):
        return " "
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF:
        return "\ufffd"
    return match[0]


def is_bearable(source: str) -> bool:
    """Whether lxml reads the HTML `source` in reasonable time: attributes of one element cost it their square."""
    if source.count("<") > MAX_TAGS:
        return False
    return not any(
        len(tag) > 5 * MAX_ATTRIBUTES and len(_ATTRIBUTE.findall(tag)) > MAX_ATTRIBUTES
        for piece in _outside_scripts(source)
        for tag in piece.split("<")
    )


def _outside_scripts(source: str) -> Iterator[str]:
    position, inside = 0, False
    for match in _SCRIPT.finditer(source):
        if not inside:
            yield source[position : match.start()]
        position, inside = match.end(), not match["end"]
    if not inside:
        yield source[position:]


def strip_tags(text: str) -> str:
    """`text` without HTML tags; "Tăng < 5%" keeps its sign."""
    return _TAG.sub("", text)


def html_to_text(fragment: str) -> str:
    """The plain text of an HTML fragment, one line a block, without images and related headlines.

    Related headlines are list items and paragraphs that are links throughout: what they cite is not cited by this
    article. A paragraph stays when there is nothing else. Links inside a sentence stay. Text
    without tags is only cleaned.
    """
    fragment = _CUT_TAG.sub("", fragment[:MAX_FRAGMENT]).replace("\0", "")
    if not _TAG.search(fragment):
        return clean(fragment)
    if plain := _PICTURE_AND_TEXT.fullmatch(fragment):
        return clean(unescape(plain[1] or plain[2] or ""))
    if not is_bearable(fragment):
        return clean(strip_tags(fragment))
    try:
        root = html.fragment_fromstring(fragment, create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return clean(strip_tags(fragment))
    for element in list(root.iter(*_DROPPED, etree.Comment, etree.ProcessingInstruction)):
        _remove(element)
    left = text_size(root)
    for element in list(root.iter("li", "p", "h3", "h4")):
        size = text_size(element)
        linked = linked_size(element)
        if linked and size - linked <= 3 and (element.tag == "li" or left - size > 10):
            _remove(element)
            left -= size
    return clean("".join(_pieces(root)))


def cut_glued_headlines(text: str) -> str:
    """The description `text` without headlines of other articles stuck to its end: "... thở máy.Bộ Y tế yêu cầu ...".

    Only where it is plain: behind a whole word ("TP.", "GS.TS." and "Q.1" are none), without a sentence's end of its
    own, and not where it begins like a sentence ("Trong 3 ngày"). And only where it matters: with a number, which may
    be a document's. Of 9,357 real descriptions one has a full stop without a blank, between two sentences of its own;
    glued headlines are known from reports alone.
    """
    if not _GLUE.search(text):
        return text
    last_stop = max((match.start() for match in _SENTENCE_END.finditer(text)), default=-1)
    last_digit = max((at for at, char in enumerate(text) if char.isdigit()), default=-1)
    for match in _GLUE.finditer(text, last_stop + 1, last_digit + 1):
        before, behind = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 40]
        if behind[0].isupper() and _ends_with_word(before) and not begins_like_a_lead(behind):
            return text[: match.end()]
    return text


def _ends_with_word(text: str) -> bool:
    match = _LAST_WORD.search(text)
    if not match:
        return False
    word = match["word"]
    return word.isdigit() or (word[1:].islower() and not _VOWEL.isdisjoint(fold(word)))


def shown_lines(source: str) -> list[str]:
    """The lines that the HTML page `source` shows, one a block, menus and all; none where it cannot be read."""
    try:
        root = html.document_fromstring(source.replace("\0", ""))
    except (etree.LxmlError, ValueError):
        return []
    for element in list(root.iter("head", "script", "style", "svg", "template", etree.Comment)):
        _remove(element)
    return [line for line in clean("".join(_pieces(root))).split("\n") if line]


def _remove(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def text_size(element: html.HtmlElement) -> int:
    """How many characters the text of `element` has, blanks left out."""
    return len("".join("".join(element.itertext()).split()))


def linked_size(element: html.HtmlElement) -> int:
    """How many of them belong to links."""
    return sum(map(text_size, element.iter("a")))


def _pieces(root: html.HtmlElement) -> list[str]:
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        block = element.tag in _BLOCKS
        if event == "start":
            pieces.append("\n" if block else "")
            pieces.append(element.text or "")
        else:
            pieces.append("\n" if block else "")
            pieces.append((element.tail or "") if element is not root else "")
    return pieces
