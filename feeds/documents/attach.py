"""What the words around a mention say of it: date, term, issuer, title (CITATIONS.md, 7.1 and 8)."""

import re
from collections.abc import Sequence
from functools import cache

from feeds.documents.before import find_organ, organ_code, read_before, set_issuer
from feeds.documents.dates import DATE, NOT_OF_ISSUE, any_date, date_of
from feeds.documents.folding import FoldedText
from feeds.documents.meetings import TERM
from feeds.documents.mention import Mention
from feeds.documents.organs import organ_words, organs, skeleton
from feeds.documents.terms import as_term

_REACH = 160  # characters behind a mention that may still speak of it

_BEHIND = rf"""
    (?P<comma>\s*,)?\s*
    (?:
        \(?(?:đã\s+|được\s+)*(?:ban\s+hành\s+|ký\s+|thông\s+qua\s+)?(?:vào\s+)?(?:ngày\s*)?{DATE}\)?  # ngày 1/12/2011
      | (?:vào\s+)?ngày\s+\d{{1,2}}\s?[-/]\s?\d{{1,2}}(?![/\d-])                        # ngày 22-4
      | (?:ban\s+hành\s+)?(?:vào\s+)?(?:tháng\s+\d{{1,2}}[-/]|\(?năm\s+|\((?=\d{{4}}\)))
        (?P<year>(?:19|20)\d\d)(?!\d)\)?                                             # năm 2023, (2023)
      | [-(]?\s*{TERM}(?:\s*\))?                                                         # (khóa XI)
      | nhiệm\s+kỳ\s+\d{{4}}\s?-\s?\d{{4}}
      | (?:của\s+)?
        (?P<session>hội\s+nghị\s+(?:lần\s+thứ\s+\w+\s+)?(?:ban\s+chấp\s+hành\s+)?trung\s+ương(?:\s+đảng)?)
        (?:\s+(?:lần\s+thứ\s+)?(?:\d{{1,2}}|[ivx]+)(?!\w)|\s+lần\s+thứ\s+\w+)?              # của Hội nghị Trung ương 5
      | (?P<of>(?:của|do)\s+)?(?P<organ>ORGAN)(?!\s+(?:chủ\s+trì|soạn\s+thảo|xây\s+dựng|đề\s+xuất|trình))
        (?:\s+(?:đã\s+|vừa\s+)?(?:ban\s+hành|ký|ra)(?!\w))?                               # của Ban Bí thư
      | do\s+(?P<signer>[^,;.()“”"\n\d]{{1,70}}?)\s+(?:ký\s+ban\s+hành|ban\s+hành|ký)(?!\w)    # do Thứ trưởng X ký
      | (?P<aside>\([^()\n]{{1,90}}\))                                                  # (khoản 4, điều 14)
    )
"""
_ALONE = re.compile(r"\s*(?:[,.;:)(“”\"\n]|$|(?:khóa|về|ngày|và)(?!\w))")
_NEW_LINE = re.compile(r"[ ]*\n\s*[^\Wa-zà-ỹđ]")  # a line that begins with a capital or a digit begins anew
_TITLE = re.compile(r"\s*,?\s*(?:về\s+việc\s+|về\s+|\"về\s+|(?=[\"“«‘']))")
_QUOTES = {"“": "”", '"': '"', "«": "»", "‘": "’", "'": "'", "”": "”"}
_TITLE_END = re.compile(r"[;\n]|\.(?=\s|$)|\s-\s")
_TITLE_LIMIT = 250


def attach(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Fills date, term, issuer and title of every mention from the words behind it, then from those before."""
    previous: Mention | None = None
    for index, mention in enumerate(mentions):
        following = mentions[index + 1].start if index + 1 < len(mentions) else len(text.low)
        _read_behind(text, mention, min(following, mention.end + _REACH))
        if mention.form != "draft":
            read_before(text, mention, previous)
        mention.title = _title(text, mention, following)
        previous = mention


def _read_behind(text: FoldedText, mention: Mention, limit: int) -> None:
    position = mention.end
    while match := _behind().match(text.low, position, limit):
        if match.end() == position or _NEW_LINE.match(text.plain, position):
            break
        end = match.end()
        if match["organ"]:
            if mention.body or not (match["of"] or _stands_alone(text, match)):
                break
            end = _take_issuer(text, mention, match)
        elif day := date_of(match):
            if match["comma"] and _new_clause(text, match.end()):
                break
            mention.issued = mention.issued or day
        elif match["year"] and mention.year is None:
            mention.year = _year_in_key(mention, int(match["year"]))
        elif match["session"]:
            mention.organ = mention.organ or "TW"
        elif match["signer"]:
            _take_signer(text, mention, match)
        elif match["term"]:
            if _other_body(mention):
                break
            mention.term = mention.term or as_term(match["term"])
        elif match["aside"]:
            _read_aside(mention, match["aside"])
        position = end
        if match["organ"] and mention.local:
            position = _skip_place(text, position)
    mention.attached = position


def _stands_alone(text: FoldedText, match: re.Match[str]) -> bool:
    """Whether an issuer without "của" belongs to what stands before, not to what follows: "Nghị quyết 54 Quốc hội,"."""
    return match["comma"] is None and _ALONE.match(text.low, match.end()) is not None


def _year_in_key(mention: Mention, year: int) -> int | None:
    is_assembly = mention.number is not None and mention.number.shape == "assembly"
    return year if is_assembly or (mention.kind and mention.kind.normative) else None


def _take_issuer(text: FoldedText, mention: Mention, match: re.Match[str]) -> int:
    """Takes the issuer, of a joint document all of them; where they end."""
    code = organ_words()[1][skeleton(match["organ"])]
    start, end, last = match.start("organ"), match.end("organ"), match.end()
    if mention.kind and mention.kind.joint:
        while more := _joint().match(text.low, end):
            code += "-" + organ_words()[1][skeleton(more["organ"])]
            end = last = more.end()
    set_issuer(text, mention, code, start, end)
    return last


def _take_signer(text: FoldedText, mention: Mention, match: re.Match[str]) -> None:
    organ = find_organ(text, match.start("signer"), match.end("signer"))
    if organ and mention.body is None:
        set_issuer(text, mention, organ_code(organ), *organ.span())


def _other_body(mention: Mention) -> bool:
    """ "Thành ủy khóa X" counts another body's terms, so do assemblies and councils."""
    organ = organs().get(mention.organ or "")
    return organ is not None and organ.code != "TW"


def _new_clause(text: FoldedText, end: int) -> bool:
    """Whether a new subject follows: "…, ngày 12-9-2016, Đảng ủy Công an" dates what that body did."""
    follows = re.compile(r"\s*,\s*").match(text.plain, end)
    return follows is not None and text.plain[follows.end() : follows.end() + 1].isupper()


def _read_aside(mention: Mention, aside: str) -> None:
    if (match := any_date().search(aside)) and not NOT_OF_ISSUE.search(aside[: match.start()]):
        mention.issued = mention.issued or date_of(match)
    if (match := re.search(TERM, aside)) and not _other_body(mention):
        mention.term = mention.term or as_term(match["term"])


def _skip_place(text: FoldedText, position: int) -> int:
    """Behind the name of a place: "của Tỉnh ủy Gia Lai ngày ..."."""
    match = _PLACE_NAME.match(text.plain, position)
    return match.end() if match else position


_PLACE_NAME = re.compile(
    r"(?:\s+(?:tỉnh|thành phố|TP\.?|Tp\.?|huyện|quận|thị xã))*(?:\s+-?\s?[^\W\da-zà-ỹđ]\w*\.?){1,4}"
)


def _title(text: FoldedText, mention: Mention, following: int) -> str | None:
    position = max(mention.attached, mention.end)
    match = _TITLE.match(text.low, position)
    if match is None or "\n\n" in match[0] or _NEW_LINE.match(text.plain, position):
        return None
    start = match.end()
    limit = min(len(text.plain), start + _TITLE_LIMIT)
    quote = text.plain[start : start + 1]
    if quote in _QUOTES or match[0].lstrip(" ,").startswith('"'):
        opening = quote if quote in _QUOTES else '"'
        start += quote in _QUOTES
        end = text.plain.find(_QUOTES[opening], start, start + 2 * _TITLE_LIMIT)
        end = limit if end < 0 else end
    else:
        limit = min(limit, following) if following > start else limit
        stop = _TITLE_END.search(text.plain, start, limit)
        end = stop.start() if stop else limit
    title = " ".join(text.plain[start:end].split()).strip(" ,.:;“”\"'")
    if title.lower().startswith("về "):
        title = title[3:].removeprefix("việc ")
    return title or None


@cache
def _joint() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:-|,|và)\s*(?P<organ>{organ_words()[0]})")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(_BEHIND.replace("ORGAN", organ_words()[0]), re.VERBOSE)
