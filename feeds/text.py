"""Text rules, all of them in this one place; pure functions on `str`.

Canonical form of stored text is NFC without invisible characters. *Folded* text is what searching and
matching without accents uses: lower case, tones and horns stripped, ``đ`` as ``d``.
"""

import re
import unicodedata
from codecs import charmap_build, charmap_decode, charmap_encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from typing import Any

# Characters that carry no meaning in news text but break matching: zero width, bidi controls, soft
# hyphen, byte order mark (QUIRKS: 32 of 14,449 real items).
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_CONTROL = {i: " " for i in [*range(0x20), 0x7F, *range(0x80, 0xA0)] if i not in (0x09, 0x0A)}
_CLEAN_TABLE: dict[int, str | None] = {**_INVISIBLE, **_CONTROL}
# Few texts hold any of them, and looking is ten times faster than translating.
_UNCLEAN = re.compile("[" + "".join(map(chr, _CLEAN_TABLE)) + "]")

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # what is more or other than one blank
# A letter with the combining marks behind it: what NFC may join.
_CLUSTER = re.compile(r"[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+")
_BLANK_LINES = re.compile(r"\n{3,}")

# A sentence ends at . ! ? … (and closing quotes or brackets) before white space and what may begin another: no small
# letter ("ma túy, cờ bạc… trên địa bàn", "“Đi đâu?” ông hỏi"). The dot of an abbreviation, of a single letter ("ông
# Trần A. Khánh") or of a number before its heading ("2.1. Mục tiêu", "IV. Kết quả") ends none.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+(?:[-–—•▪*+]\s+)?[\"'“‘«(\[]*[^\W_])|\n\s*")
_BEGINNING = re.compile(r"[^\W_]")
_WORD_BEFORE = re.compile(r"[^\s(\[“‘«\"']*$")
_LONGEST_WORD = 20  # characters; more are no abbreviation
_HEADING_NUMBER = re.compile(r"\d+(?:\.\d+)*|[IVX]+")
# Written before a name or a number; behind the last dot of what is written together: "PGS.TS."; "Đ/c." ends in one
# letter.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "TP Tp tp TX Tx TT Tt KP Kp QL TL GS PGS TS Ts ThS Ths Th.S TSKH BS BSCK CKI CKII LS KS"
        " KTS DS NSND NSƯT NGND NGƯT Tr tr ĐT St Mr Mrs Ms Dr No Nxb NXB",
    )
)


def storable(text: str) -> str:
    """`text` without the characters that neither XML allows nor databases take: controls and halves of pairs."""
    return _UNSTORABLE.sub("", text)


def visible(text: str) -> str:
    """`text` without what is not seen, or moves what is: controls, zero widths, changes of direction."""
    return storable(text.translate(_CLEAN_TABLE))


def clean(text: str) -> str:
    """NFC, entities decoded twice (feeds escape doubly), invisible characters dropped, blanks collapsed.

    Line breaks are kept, at most two in a row; the result has no leading or trailing white space.
    """
    text = unescape(unescape(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text)
    if _UNCLEAN.search(text):
        text = text.translate(_CLEAN_TABLE)
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def compose(text: str) -> tuple[str, Sequence[int] | None]:
    """`text` in NFC, and for each of its offsets (end too) the offset in `text`; None where they agree."""
    if unicodedata.is_normalized("NFC", text):
        return text, None
    pieces = [(m.start(), unicodedata.normalize("NFC", m[0])) for m in _CLUSTER.finditer(text)]
    offsets = [start for start, piece in pieces for _ in piece]
    return "".join(piece for _, piece in pieces), [*offsets, len(text)]


def one_line(text: str) -> str:
    """`clean` text with line breaks as blanks: for titles."""
    return " ".join(clean(text).split())


@cache
def _fold_table() -> dict[int, str]:
    """Precomposed Latin letter -> its bare ASCII letter; a table is four times faster than NFD filtering."""
    table = {ord("đ"): "d", ord("Đ"): "d", ord("ð"): "d", ord("Ð"): "d"}
    for code in [*range(0xC0, 0x250), *range(0x1EA0, 0x1EFA)]:
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table.setdefault(code, base.lower())
    table.update(dict.fromkeys(range(768, 880), ""))
    return table


# What nearly all texts are made of: at most 255 characters.
_USUAL = "".join(map(chr, (9, 10, *range(0x20, 0x7F), *range(0x1EA0, 0x1EFA)))) + (
    "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư“”‘’…–—•²³₂°™×½ÐÜüöñëç"
)


@cache
def _usual() -> tuple[Any, str]:
    """The usual characters in one byte each, and what each byte folds to: eight times faster than a table."""
    return charmap_build(f"\0{_USUAL}"), f"\0{_fold_slowly(_USUAL)}"


def fold(text: str) -> str:
    """Lower case without tones, horns or hats, ``đ`` as ``d``: "Chỉ thị" -> "chi thi".

    NFC input keeps its length, so offsets into the folded text are offsets into the original.
    """
    encoding, folded = _usual()
    try:
        return charmap_decode(charmap_encode(text, "strict", encoding)[0], "strict", folded)[0]
    except UnicodeEncodeError:
        return _fold_slowly(text)


def _fold_slowly(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_fold_table()).lower()


# Old and new tone placement are one spelling: "uỷ" = "ủy", "khoá" = "khóa" (CITATIONS.md, 5.3).
_NEW_TONE = {
    case(unicodedata.normalize("NFC", vowels + tone)): case(unicodedata.normalize("NFC", vowels[0] + tone + vowels[1]))
    for vowels in ("oa", "oe", "uy")
    for tone in "\u0300\u0301\u0303\u0309\u0323"
    for case in (str, str.capitalize, str.upper)
}
# One pattern for each first letter: `re` searches for a literal ten times faster than for a class or a choice.
_OLD_TONES = tuple(
    re.compile(rf"{first}[{''.join(pair[1] for pair in _NEW_TONE if pair[0] == first)}](?<![Qq]..)(?![^\W\d_])")
    for first in "oOuU"
)


def modern_tones(text: str) -> str:
    """`text` (NFC) with the tone on the first vowel of open oa, oe, uy: "khoá" -> "khóa", "Uỷ" -> "Ủy".

    Length is kept. "quý" and closed syllables ("hoàn", "thuyền") are written alike in both schools and stay.
    """
    for old in _OLD_TONES:
        text = old.sub(lambda match: _NEW_TONE[match[0]], text)
    return text


def one_of(phrases: Iterable[Iterable[str]], *, behind_first: str = "") -> str:
    """A pattern of any of `phrases`, each a sequence of pieces of pattern, longer ones first.

    Common beginnings are written once: `re` tries alternatives one by one, so that a list of hundreds of names is read
    many times faster as a tree. `behind_first` follows every first piece, where a look-behind does not keep `re` from
    searching for the first letters alone.
    """
    tree: dict[str, Any] = {}
    for phrase in phrases:
        node = tree
        for piece in phrase:
            node = node.setdefault(piece, {})
        node[""] = {}
    return _branches(tree, behind_first)


def one_of_words(words: Iterable[str], blank: str = r"\s+") -> str:
    """`one_of` for words and phrases as they are written, whatever `blank` fits between them."""
    return one_of((blank if letter == " " else re.escape(letter) for letter in phrase) for phrase in words)


def _branches(tree: Mapping[str, Any], behind: str = "") -> str:
    branches = [piece + behind + _branches(following) for piece, following in tree.items() if piece]
    if "" in tree and branches:
        branches.append("")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})" if branches else ""


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans ``(start, end)`` of the sentences of `text`, trimmed, in order; line breaks always separate."""
    return list(each_sentence(text))


def each_sentence(text: str) -> Iterator[tuple[int, int]]:
    """The spans of `sentences` one by one."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if not match[0].startswith("\n") and (_goes_on(text, match.end()) or _is_abbreviation(text, match.start())):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def sentence_at(text: str, start: int, end: int) -> str:
    """The sentence (or sentences) of `text` that hold ``[start, end)``."""
    around = [(s, e) for s, e in sentences(text) if s < end and e > start]
    return text[around[0][0] : around[-1][1]] if around else ""


def shorten(text: str, limit: int) -> str:
    """`text` cut at a word to at most `limit` characters, "…" included."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(' ,;:-–(“"') + "…"


def _goes_on(text: str, end: int) -> bool:
    """Whether the next word after `end` is written small."""
    following = _BEGINNING.search(text, end)
    return following is not None and following[0].islower()


def _is_abbreviation(text: str, dot: int) -> bool:
    if text[dot] != ".":
        return False
    before = text[max(0, dot - _LONGEST_WORD) : dot]
    found = _WORD_BEFORE.search(before)
    word = found[0] if found else ""
    if word in _ABBREVIATIONS or word.rpartition(".")[2].rpartition("/")[2] in _ABBREVIATIONS:
        return True
    if len(word.rpartition("/")[2]) == 1 and not word.isdecimal():
        return True
    opens_line = dot - len(word) == 0 or text[dot - len(word) - 1] == "\n"
    return opens_line and _HEADING_NUMBER.fullmatch(word) is not None


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if trimmed := piece.strip():
        start += len(piece) - len(piece.lstrip())
        yield start, start + len(trimmed)
