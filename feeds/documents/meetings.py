"""Resolutions named after the meeting that passed them: plenums and congresses (CITATIONS.md, 7.2 and 7.3)."""

import re
from collections.abc import Iterator
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import kinds
from feeds.documents.mention import Mention, inside_word
from feeds.documents.number import DocumentNumber, pad
from feeds.documents.terms import as_term, from_roman, roman
from feeds.text import one_of_words

ORDINALS = {
    "nhất": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
    "mười": 10, "mười một": 11, "mười hai": 12, "mười ba": 13, "mười bốn": 14, "mười lăm": 15,
}  # fmt: skip
_LAST_PLENUM = 15  # "Nghị quyết trung ương 29" is 29-NQ/TW

_NUMERAL = r"(?:\d{1,2}|[ivx]{1,5})(?!\w)"
TERM = rf"khóa\s+(?P<term>{_NUMERAL})"
_CENTRE = r"(?:(?:ban\s+chấp\s+hành|bch)\s+)?(?:trung\s+ương|tư|tw|t\.ư|t\.w)(?:\s+đảng)?"
_PLENUM = rf"""
    (?:nghị\s+quyết|nq)\s+
    (?:
        (?:hội\s+nghị\s+)?(?:lần\s+thứ\s+(?P<before>{_NUMERAL}|ORDINALS)\s+)?{_CENTRE}      # NQ TƯ 8
        (?:\s*(?:lần\s+thứ\s+)?(?P<after>{_NUMERAL}|(?<=thứ\s)(?:ORDINALS)(?!\w)))?
    )
    (?P<tail>\s*,?\s*(?:-\s*)?(?:\(\s*{TERM}\s*\)|khóa\s+(?P<plain>{_NUMERAL})))?
"""
_CONGRESS = rf"""
    nghị(?<!\w\w{{4}})\s+quyết\s+
    (?:(?:của\s+)?đại\s+hội\s+|(?=(?:lần\s+thứ\s+)?[xvi]+\s+của\s+đảng(?!\s+(?:bộ|ủy))))   # "Nghị quyết XIV của Đảng"
    (?P<who>(?:đại\s+biểu\s+)?(?:đảng(?:\s+cộng\s+sản\s+việt\s+nam)?(?!\s+bộ)\s+)?(?:toàn\s+quốc\s+)?(?:của\s+đảng\s+)?)
    (?P<local>(?:đảng\s+bộ|chi\s+bộ)\s+[^.;:()“”"\n]{{0,60}}?\s*)?
    (?:lần\s+thứ\s+|khóa\s+)?(?<!\w)(?P<ordinal>{_NUMERAL})
    (?P<behind>(?:\s+của)?\s+đảng\s+bộ\s+(?:tỉnh|thành\s+phố))?
    (?P<other>(?=(?:\s+của)?\s+(?:đảng\s+(?:bộ|ủy)|chi\s+bộ)))?
    (?!(?:\s+của)?\s+(?:công\s+đoàn|đoàn|hội|mặt\s+trận|liên\s+đoàn)(?!\w))
"""


def plenums(text: FoldedText) -> Iterator[Mention]:
    """ "Nghị quyết Trung ương 8 (khóa XI)": the span takes the term with its closing bracket."""
    for match in _plenum().finditer(text.low):
        ordinal = match["after"] or match["before"]
        number = _ordinal(ordinal)
        if number is None or inside_word(text.low, match.start()):
            continue
        if number > _LAST_PLENUM:
            digits = pad(str(number))
            named = DocumentNumber("party", digits, "NQ", "TW")
            end = match.end("after") if match["after"] else match.end("before")
            yield Mention(match.start(), end, "spelled_out", kinds()["NQ"], named, digits, "TW")
            continue
        stated = match["term"] or match["plain"]
        term = as_term(stated) if stated else None
        end = match.end() if term else match.start("tail") if match["tail"] else match.end()
        named = DocumentNumber("plenum", str(number), "NQ", "TW", term=term)
        yield Mention(match.start(), end, "spelled_out", kinds()["NQ"], named, str(number), "TW", term=term)


def congresses(text: FoldedText) -> Iterator[Mention]:
    """ "Nghị quyết Đại hội Đảng bộ tỉnh Trà Vinh lần thứ XI"; never a company's or a union's congress."""
    for match in _congress().finditer(text.low):
        number = _ordinal(match["ordinal"])
        if number is None or number > 39:
            continue
        numeral = roman(number)
        place = "?" if any(match[name] is not None for name in ("local", "behind", "other")) else None
        named = DocumentNumber("congress", numeral, "NQ", "ĐH", place=place)
        end = match.end()
        yield Mention(match.start(), end, "congress_resolution", kinds()["NQ"], named, numeral, "ĐH")


def _ordinal(text: str | None) -> int | None:
    if text is None:
        return None
    words = " ".join(text.split())
    return int(words) if words.isdecimal() else from_roman(words) or ORDINALS.get(words)


@cache
def _plenum() -> re.Pattern[str]:
    return re.compile(_PLENUM.replace("ORDINALS", one_of_words(ORDINALS)), re.VERBOSE)


@cache
def _congress() -> re.Pattern[str]:
    return re.compile(_CONGRESS, re.VERBOSE)
