"""What the words before a mention say of it, and the subject of its sentence: issuer, date (CITATIONS.md, 7.1 b)."""

import re
from functools import cache

from feeds.documents.dates import DATE, NOT_OF_ISSUE, date_of
from feeds.documents.folding import FoldedText
from feeds.documents.mention import Mention
from feeds.documents.organs import base_organ, organ_pattern, organ_words, skeleton

_LOOK_BACK = 220
_GAP_REACH = 150  # more than any gap that `_ISSUING` or `_REVISING` fits
_FAR_BACK = 400
_HEADER_REACH = 300

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


def read_before(text: FoldedText, mention: Mention, previous: Mention | None) -> None:
    """Fills what is still open from the words before; `previous` is the mention before this one."""
    floor = max(previous.end if previous else 0, mention.start - _LOOK_BACK)
    _read_subject(text, mention, floor, previous)
    _read_same_ministry(text, mention)
    _read_header(text, mention)
    _read_subject_behind(text, mention)


def set_issuer(text: FoldedText, mention: Mention, code: str, start: int, end: int) -> None:
    """The issuer named at ``[start, end)``; one that the symbol or the kind denies is somebody else."""
    known = mention.organ if mention.organ not in (None, "?") else None
    mention.organ = known or code
    own, named = base_organ(mention.organ), base_organ(code)
    if (own and named and own.code.rstrip("?") == named.code) or mention.organ == code:
        mention.body = " ".join(text.plain[start:end].split())
        mention.body_end = end


def find_organ(text: FoldedText, start: int, end: int) -> re.Match[str] | None:
    """The first organ named in ``[start, end)``."""
    return organ_pattern().search(text.low, start, end)


def organ_code(match: re.Match[str]) -> str:
    """The code of the organ that a match of the organ words names."""
    return organ_words()[1][skeleton(match[0])]


def _read_subject(text: FoldedText, mention: Mention, floor: int, previous: Mention | None) -> None:
    """Issuer and date that stand before: "Ngày 18/3/2025, Bộ Chính trị ban hành Kết luận 132"."""
    if mention.body or mention.leader:
        return
    start = max(floor, text.low.rfind("\n\n", floor, mention.start), _sentence_start(text, floor, mention.start))
    found = _last_organ(text, start, mention.start)
    if found is None:
        _share_subject(text, mention, previous)
        return
    if mention.start - found.end() > _GAP_REACH:
        return
    gap = text.low[found.end() : mention.start]
    within = text.low.endswith("của ", 0, found.start()) and _WITHIN.fullmatch(gap)
    revises = mention.kind and mention.kind.normative and _REVISING.fullmatch(gap)
    if not (within or revises or _ISSUING.fullmatch(gap)):
        return
    code = organ_code(found)
    if mention.organ or mention.number is None:
        set_issuer(text, mention, code, *found.span())
        mention.subject = mention.body is not None and not within
    if mention.issued is None and code == mention.organ and _ISSUED.search(gap):
        for day in _BEFORE_DATE.finditer(text.low, start, found.start()):
            if found.start() - day.end() < 40 and not NOT_OF_ISSUE.search(text.low[start : day.start()]):
                mention.issued = date_of(day)


def _read_same_ministry(text: FoldedText, mention: Mention) -> None:
    """ "Bộ Y tế họp ... thông tư 08 và 09 do bộ này ban hành"."""
    if mention.organ or not _SAME_ORGAN.match(text.low, mention.end):
        return
    floor = max(0, mention.start - _FAR_BACK)
    found = _last_organ(text, max(floor, _sentence_start(text, floor, mention.start)), mention.start)
    if found and found[0].startswith("bộ "):
        set_issuer(text, mention, organ_code(found), *found.span())


def _last_organ(text: FoldedText, start: int, end: int) -> re.Match[str] | None:
    found = None
    for found in organ_pattern().finditer(text.low, start, end):  # noqa: B007  the last one counts
        pass
    return found


def _read_subject_behind(text: FoldedText, mention: Mention) -> None:
    """ "Trong kết luận 1483 (ngày 4/9/2018), Thanh tra Chính phủ chỉ ra ..."."""
    first = mention.leader or mention
    if mention.organ or not _INSIDE.search(text.low, max(0, first.start - 20), first.start):
        return
    start = max(mention.attached, mention.end)
    match = _following().match(text.low, start)
    if match is None and mention.kind and mention.kind.normative:  # circulars: whoever speaks in them issued them
        match = _later_subject().match(text.low, start, start + _LOOK_BACK)
    if match:
        set_issuer(text, mention, organ_words()[1][skeleton(match["organ"])], *match.span("organ"))


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
        if text.low[mention.end : match.start()].rstrip().endswith(","):
            mention.issued = date_of(match)
            return


def _sentence_start(text: FoldedText, start: int, end: int) -> int:
    return max(text.low.rfind(mark, start, end) for mark in (". ", "; ", "! ", "? ")) + 1


@cache
def _following() -> re.Pattern[str]:
    """The subject behind "Trong kết luận 1483, Thanh tra Chính phủ chỉ ra"."""
    return re.compile(rf"\s*,\s*(?P<organ>{organ_words()[0]})\s+(?:đã\s+|cũng\s+|lại\s+)?{_STATING}(?!\w)")


@cache
def _later_subject() -> re.Pattern[str]:
    """ "Trong Thông tư 05 sửa đổi quy chế tuyển sinh, Bộ GD-ĐT lại ..."."""
    said = rf"(?:đã|cũng|lại|vừa|sẽ|{_STATING})(?!\w)"
    return re.compile(rf"[^.;:()“”\"\n,]{{0,120}},\s*(?P<organ>{organ_words()[0]})\s+{said}")
