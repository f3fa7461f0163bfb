"""What the words around a mention say of it: date, term, issuer, title (CITATIONS.md, 7.1 and 8)."""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.meetings import TERM
from feeds.documents.mention import Mention
from feeds.documents.organs import base_organ, organ_words, organs, skeleton
from feeds.documents.terms import as_term

_REACH = 160  # characters behind a mention that may still speak of it
_LOOK_BACK = 220
_HEADER_REACH = 300

DATE = r"""(?:
    (?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)\d\d)(?!\d)   # 1/12/2011, "1.11. 2011"
  | (?P<d2>\d{1,2})\s+tháng\s+(?P<m2>\d{1,2})\s*,?\s+năm\s+(?P<y2>(?:19|20)\d\d)   # 01 tháng 12 năm 2011
)"""
_BEHIND = rf"""
    (?P<comma>\s*,)?\s*
    (?:
        \(?(?:đã\s+|được\s+)*(?:ban\s+hành\s+|ký\s+|thông\s+qua\s+)?(?:vào\s+)?(?:ngày\s*)?{DATE}\)?  # ngày 1/12/2011
      | (?:vào\s+)?ngày\s+\d{{1,2}}\s?[-/]\s?\d{{1,2}}(?![/\d-])                        # ngày 22-4
      | (?:ban\s+hành\s+)?(?:vào\s+)?(?:tháng\s+\d{{1,2}}[-/]|\(?năm\s+)(?P<year>(?:19|20)\d\d)(?!\d)\)?
      | [-(]?\s*{TERM}(?:\s*\))?                                                         # (khóa XI)
      | nhiệm\s+kỳ\s+\d{{4}}\s?-\s?\d{{4}}
      | (?:của\s+)?
        (?P<session>hội\s+nghị\s+(?:lần\s+thứ\s+\w+\s+)?(?:ban\s+chấp\s+hành\s+)?trung\s+ương(?:\s+đảng)?)
        (?:\s+(?:lần\s+thứ\s+)?\w{{1,4}}(?=[\s,;.(]))??                                 # của Hội nghị Trung ương 5
      | (?P<of>(?:của|do)\s+)?(?P<organ>ORGAN)(?!\s+(?:chủ\s+trì|soạn\s+thảo|xây\s+dựng|đề\s+xuất|trình))
        (?:\s+(?:đã\s+|vừa\s+)?(?:ban\s+hành|ký|ra)(?!\w))?                               # của Ban Bí thư
      | do\s+(?P<signer>[^,;.()“”"\n\d]{{1,70}}?)\s+(?:ký\s+ban\s+hành|ban\s+hành|ký)(?!\w)    # do Thứ trưởng X ký
      | (?P<aside>\([^()\n]{{1,90}}\))                                                  # (khoản 4, điều 14)
    )
"""
# Between an issuer and what it issues: "Bộ Chính trị đã ban hành các", "của Ngân hàng Nhà nước tại".
_GAP = r"(?:\s*\([^()]{1,30}\))?[^;.:()“”\"]{0,60}?(?<!\w)"
_SOME = r"(?:\s+(?:các|những|hai|ba|bộ|một|loạt|liên\s+tục|\d|thêm|tiếp|lần\s+lượt))*\s*"
_ISSUING = re.compile(rf"{_GAP}(?:ban\s+hành|ra|ký|công\s+bố|thông\s+qua|có|đưa\s+ra|đề\s+ra){_SOME}")
_REVISING = re.compile(rf"{_GAP}(?:sửa\s+đổi|xây\s+dựng|soạn\s+thảo){_SOME}")  # a ministry revises its own circulars
_ISSUED = re.compile(r"(?<!\w)(?:ban\s+hành|ra|ký|thông\s+qua)(?:\s+\w+){0,3}\s*$")
_WITHIN = re.compile(r"\s*(?:tại|trong)\s+(?:các\s+|những\s+)?")
_STATING = (
    r"(?:chỉ\s+ra|yêu\s+cầu|quyết\s+định|giao|kết\s+luận|nêu|đề\s+nghị|xác\s+định|đồng\s+ý|cho\s+phép|quy\s+định"
    r"|nhận\s+định)"
)
_INSIDE = re.compile(r"(?<!\w)(?:trong|tại)\s+(?:các\s+|hai\s+|những\s+)?$")
_SAME_ORGAN = re.compile(r"\s*,?\s*do\s+bộ\s+này\s+ban\s+hành")
_HEADER = re.compile(r"(?:^|\n)\s*số\s*:\s*$")
_BEFORE_DATE = re.compile(rf"(?<!\w)ngày\s*{DATE}\s*,?\s*", re.VERBOSE)
_NOT_OF_ISSUE = re.compile(r"(?:hiệu\s+lực|trước|sau|đến|kể\s+từ|từ|hết)(?:\s+(?:từ|kể\s+từ))?(?:\s+ngày)?\s*$")
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
            floor = max(previous.end if previous else 0, mention.start - _LOOK_BACK)
            _read_before(text, mention, floor, previous)
            _read_header(text, mention)
            _read_subject_behind(text, mention)
        mention.title = _title(text, mention, following)
        previous = mention


def _read_behind(text: FoldedText, mention: Mention, limit: int) -> None:
    position = mention.end
    while match := _behind().match(text.low, position, limit):
        if match.end() == position or _NEW_LINE.match(text.plain, position):
            break
        end = match.end()
        if match["organ"]:
            if mention.body or (match["comma"] and not match["of"]):
                break
            end = _take_issuer(text, mention, match)
        elif day := _date_of(match):
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


def _year_in_key(mention: Mention, year: int) -> int | None:
    return year if mention.kind and mention.kind.normative else None


def _take_issuer(text: FoldedText, mention: Mention, match: re.Match[str]) -> int:
    """Takes the issuer, of a joint document all of them; where they end."""
    code = organ_words()[1][skeleton(match["organ"])]
    start, end, last = match.start("organ"), match.end("organ"), match.end()
    if mention.kind and mention.kind.joint:
        while more := _joint().match(text.low, end):
            code += "-" + organ_words()[1][skeleton(more["organ"])]
            end = last = more.end()
    _set_issuer(text, mention, code, start, end)
    return last


def _set_issuer(text: FoldedText, mention: Mention, code: str, start: int, end: int) -> None:
    """The issuer named at ``[start, end)``; one that the symbol or the kind denies is somebody else."""
    known = mention.organ if mention.organ not in (None, "?") else None
    mention.organ = known or code
    own, named = base_organ(mention.organ), base_organ(code)
    if (own and named and own.code.rstrip("?") == named.code) or mention.organ == code:
        mention.body = " ".join(text.plain[start:end].split())
        mention.body_end = end


def _take_signer(text: FoldedText, mention: Mention, match: re.Match[str]) -> None:
    organ = _organ().search(text.low, match.start("signer"), match.end("signer"))
    if organ and mention.body is None:
        _set_issuer(text, mention, organ_words()[1][skeleton(organ[0])], *organ.span())


def _other_body(mention: Mention) -> bool:
    """ "Thành ủy khóa X" counts another body's terms, so do assemblies and councils."""
    organ = organs().get(mention.organ or "")
    return organ is not None and organ.code != "TW"


def _new_clause(text: FoldedText, end: int) -> bool:
    """Whether a new subject follows: "…, ngày 12-9-2016, Đảng ủy Công an" dates what that body did."""
    follows = re.compile(r"\s*,\s*").match(text.plain, end)
    return follows is not None and text.plain[follows.end() : follows.end() + 1].isupper()


def _read_aside(mention: Mention, aside: str) -> None:
    if (match := _date().search(aside)) and not _NOT_OF_ISSUE.search(aside[: match.start()]):
        mention.issued = mention.issued or _date_of(match)
    if (match := re.search(TERM, aside)) and not _other_body(mention):
        mention.term = mention.term or as_term(match["term"])


def _skip_place(text: FoldedText, position: int) -> int:
    """Behind the name of a place: "của Tỉnh ủy Gia Lai ngày ..."."""
    match = _PLACE_NAME.match(text.plain, position)
    return match.end() if match else position


_PLACE_NAME = re.compile(
    r"(?:\s+(?:tỉnh|thành phố|TP\.?|Tp\.?|huyện|quận|thị xã))*(?:\s+-?\s?[^\W\da-zà-ỹđ]\w*\.?){1,4}"
)


def _read_before(text: FoldedText, mention: Mention, floor: int, previous: Mention | None) -> None:
    """Issuer and date that stand before: "Ngày 18/3/2025, Bộ Chính trị ban hành Kết luận 132"."""
    if mention.body or mention.leader:
        return
    start = max(floor, text.low.rfind("\n\n", floor, mention.start), _sentence_start(text, floor, mention.start))
    found = None
    for found in _organ().finditer(text.low, start, mention.start):  # noqa: B007  the last one counts
        pass
    if found is None:
        _share_subject(text, mention, previous)
        return
    gap = text.low[found.end() : mention.start]
    within = text.low[: found.start()].endswith("của ") and _WITHIN.fullmatch(gap)
    same = _SAME_ORGAN.match(text.low, mention.end) and found[0].startswith("bộ ")
    revises = mention.kind and mention.kind.normative and _REVISING.fullmatch(gap)
    if not (within or same or revises or _ISSUING.fullmatch(gap)):
        return
    code = organ_words()[1][skeleton(found[0])]
    if mention.organ or mention.number is None:
        _set_issuer(text, mention, code, *found.span())
        mention.subject = mention.body is not None and not within
    if mention.issued is None and code == mention.organ and _ISSUED.search(gap):
        for day in _BEFORE_DATE.finditer(text.low, start, found.start()):
            if found.start() - day.end() < 40 and not _NOT_OF_ISSUE.search(text.low[start : day.start()]):
                mention.issued = _date_of(day)


def _read_subject_behind(text: FoldedText, mention: Mention) -> None:
    """ "Trong kết luận 1483 (ngày 4/9/2018), Thanh tra Chính phủ chỉ ra ..."."""
    first = mention.leader or mention
    if mention.organ or not _INSIDE.search(text.low, max(0, first.start - 20), first.start):
        return
    if match := _following().match(text.low, max(mention.attached, mention.end)):
        _set_issuer(text, mention, organ_words()[1][skeleton(match["organ"])], *match.span("organ"))


def _share_subject(text: FoldedText, mention: Mention, previous: Mention | None) -> None:
    """ "Bộ Công an ban hành Chỉ thị số 07/CT-BCA về ... và Kế hoạch số 337": one issuer, two objects."""
    if previous is None or not previous.subject or mention.organ or mention.number:
        return
    between = text.low[previous.end : mention.start]
    if between.rstrip().endswith(" và") and not re.search(r"[.;:\n]", between):
        organ = base_organ(previous.organ) if previous.organ else None
        mention.organ = organ.code if organ else None  # without the unit of the other symbol
        mention.body, mention.body_end = previous.body, previous.body_end


def _read_header(text: FoldedText, mention: Mention) -> None:
    """The place-and-date line of a document's own header: "Số: 12/QĐ-TTg ... Hà Nội, ngày 5 tháng 1 năm 2026"."""
    if mention.issued or not _HEADER.search(text.low, max(0, mention.start - 12), mention.start):
        return
    for match in _BEFORE_DATE.finditer(text.low, mention.end, mention.end + _HEADER_REACH):
        if text.low[: match.start()].rstrip().endswith(","):
            mention.issued = _date_of(match)
            return


def _sentence_start(text: FoldedText, start: int, end: int) -> int:
    return max(text.low.rfind(mark, start, end) for mark in (". ", "; ", "! ", "? ")) + 1


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


def _date_of(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    year, month, day = (parts[name] or parts[f"{name}2"] for name in "ymd")
    if year is None:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@cache
def _date() -> re.Pattern[str]:
    return re.compile(DATE, re.VERBOSE)


@cache
def _organ() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){organ_words()[0]}")


@cache
def _joint() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:-|,|và)\s*(?P<organ>{organ_words()[0]})")


@cache
def _following() -> re.Pattern[str]:
    """The subject behind "Trong kết luận 1483, Thanh tra Chính phủ chỉ ra"."""
    return re.compile(rf"\s*,\s*(?P<organ>{organ_words()[0]})\s+(?:đã\s+|cũng\s+|lại\s+)?{_STATING}(?!\w)")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(_BEHIND.replace("ORGAN", organ_words()[0].replace("#", r"\#")), re.VERBOSE)
