"""What the article says is being done with a document, per citation (DESIGN.md, Stage).

In this order: the words right before the mention, read as one chain ("sơ kết 4 năm thực hiện Chỉ thị 05": the review
outranks the carrying out), and those behind it; the mention before, where only "và" or a title and "và" part the two;
the head of a list; the mention itself (a bill, an issuer that issues, a deed done "theo").
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import rules
from feeds.documents.mention import LAWS, Mention
from feeds.documents.organs import organ_words

_REACH = 110
_YEARS = re.compile(r"(?:sơ|tổng)\s+kết\s+(?:\S+\s+){0,3}?(?P<years>\d{1,2}|một|hai|ba|bốn|năm|mười)\s+năm(?!\w)")
_COUNT = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "mười": 10}
_BREAK = re.compile(r"[.;:!?]\s|\n|[“”\"]")
_SENTENCE = re.compile(r"[.;:!?]\s|\n")
_AND = re.compile(r"(?:,|(?<!\w)(?:và|cùng|gắn\s+với))\s*(?:các\s+|những\s+)?$")
_REVIEWS = ("interim_review", "final_review")
_STRONG_WORDS = {
    "sơ kết": "interim_review", "tổng kết": "final_review", "kiểm điểm": "final_review", "kiểm tra": "inspected",
    "giám sát": "inspected",
}  # fmt: skip
_STRONG = re.compile(
    rf"(?<!\w)({'|'.join(_STRONG_WORDS)})(?!\w)(?=.*(?<!\w)(?:việc|năm|kết\s+quả|tình\s+hình|công\s+tác)(?!\w))"
)
_ASSESSED = re.compile(r"đánh\s+giá\s+(?:\S+\s+){0,2}\d+\s+năm(?!\w)")
# A conference or an order that starts it, unless it is long under way.
_STARTS = re.compile(
    r"(?:hội\s+nghị|yêu\s+cầu|(?<!ban\s)chỉ\s+đạo|nhắc\s+nhở|công\s+điện)(?!\w)"
    r"(?!.*(?:tiếp\s+tục|đẩy\s+mạnh|tình\s+hình|sau))[^,]*triển\s+khai\s+(?:thực\s+hiện\s+)?(?:các\s+)?$"
)
# "sơ kết công tác A và triển khai Chỉ thị 05": two deeds.
_ANOTHER_DEED = re.compile(r"(?<!\w)(?:và|gắn\s+với)\s+(?:việc\s+)?(?:triển\s+khai|thực\s+hiện|thi\s+hành)\s")
_BASIS = re.compile(r"(?<!\w)căn\s+cứ\s+(?:vào\s+)?(?:các\s+)?$")
# "bãi bỏ quy định cấm bán rượu tại Nghị định 105": whoever changes what it says changes it.
_PROVISION = re.compile(
    r"(?<!\w)(?<!tra\s)(?:sửa\s+đổi|bổ\s+sung|bãi\s+bỏ|sửa)\s[^,]{0,60}?(?:quy\s+định|nội\s+dung|điều|khoản)\s[^,]{0,40}(?:tại|của|trong)\s+$"
)
_RULE = re.compile(r"(?<!\w)(?:phải|sẽ|nghiêm\s+cấm)(?!\w)")
_HEAD_CUES = {
    "xem xét": "drafted",
    "dự án": "drafted",
    "dự thảo": "drafted",
    "thông qua": "issued",
    "công bố": "issued",
    "ban hành": "issued",
}
_HEAD_CUE = re.compile("|".join(_HEAD_CUES))
_BILL = re.compile(r"\(\s*sửa\s+đổi")
# Not at the head of a clause: "Theo Nghị định 15, ..." names a source, "thu hồi theo Nghị định 15" a deed.
_ACCORDING = re.compile(
    r"\w(?<!cũng)(?<!còn)(?<!biết)(?<!và)(?<!vẫn)\s+theo\s+(?:đúng\s+)?(?:(?:tinh\s+thần|quy\s+định|nội\s+dung|yêu\s+cầu)\s+)?(?:(?:của|tại|trong)\s+)?(?:các\s+)?$"
)
_CONJUNCTION = re.compile(r"\s*(?:,|và|;|cùng|gắn\s+với|\(|hoặc)*\s*(?:các\s+|những\s+)?")


def give_stages(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Fills stage and stage_years of every mention, in text order."""
    before: Mention | None = None
    for mention in mentions:
        if mention.form == "draft":
            mention.stage = "drafted"
        elif before and _CONJUNCTION.fullmatch(text.low, max(before.attached, before.end), mention.start):
            mention.stage, mention.stage_years = before.stage, before.stage_years
        else:
            _from_words(text, mention, before)
        before = mention


def _from_words(text: FoldedText, mention: Mention, before: Mention | None) -> None:
    floor = before.end if before else 0
    window = text.low[max(floor, mention.start - _REACH) : mention.start]
    clause = _BREAK.split(window)[-1]
    stage = "mentioned" if _BASIS.search(clause) else _in_front(clause) or _behind(text, mention)
    if stage in ("implemented", "rolled_out"):
        stage = _outranked(clause) or ("rolled_out" if _STARTS.search(clause) else stage)
    elif stage is None:
        stage = "amended" if _PROVISION.search(clause) else _outranked(clause) if "thực hiện" in clause else None
    if stage is None and before and _shares(text, before, mention):
        mention.stage, mention.stage_years = before.stage, before.stage_years
        return
    stage = stage or _of_its_list(window) or _of_itself(text, mention, clause)
    mention.stage = stage or "mentioned"
    if mention.stage in _REVIEWS and (counts := _YEARS.findall(clause)):
        mention.stage_years = _COUNT.get(counts[-1]) or int(counts[-1])


def _in_front(clause: str) -> str | None:
    """What the chain of words right before the mention says."""
    words = _of_organ().sub(" ", clause).replace(",", " ").split()
    nearest_first = list(_chain(words))
    found = nearest_first[:1] + [stage for stage in nearest_first if stage != "drafted"]
    return min(found, key=_order().__getitem__, default=None)  # "dự thảo báo cáo thực hiện" drafts something else


def _behind(text: FoldedText, mention: Mention) -> str | None:
    behind = _after().match(text.low, max(mention.attached, mention.end))
    if behind is None:
        return None
    return _after_words()[" ".join(behind["words"].split())] if behind["words"] else "issued"


def _outranked(clause: str) -> str | None:
    """A review or an inspection that the same clause names further off: "kiểm tra 10 tỉnh về việc thực hiện"."""
    if _ANOTHER_DEED.search(clause):
        return None
    found = {_STRONG_WORDS[match] for match in _STRONG.findall(clause)}
    if _ASSESSED.search(clause):
        found.add("final_review")
    return min(found, key=_order().__getitem__, default=None)


def _shares(text: FoldedText, before: Mention, mention: Mention) -> bool:
    """ "quán triệt Nghị quyết 79 về kinh tế nhà nước và Nghị quyết 80": the title between parts nothing."""
    between = text.low[before.end : mention.start]
    return len(between) < _REACH * 2 and not _SENTENCE.search(between) and bool(_AND.search(between))


def _of_its_list(window: str) -> str | None:
    """What the head of a list says: "Các dự án luật được cho ý kiến, gồm: Luật A; Luật B"."""
    head, colon, items = window.rpartition(":")
    if not colon or "." in items:
        return None
    words = _HEAD_CUE.findall(head.rpartition(". ")[2])
    return _HEAD_CUES[words[0]] if words else None


def _of_itself(text: FoldedText, mention: Mention, clause: str) -> str | None:
    """A bill by its name; what its issuer issues; what somebody does "theo" it, said of a deed, not of a source."""
    law = mention.kind is not None and mention.kind.code in LAWS
    if law and (_BILL.search(text.low, mention.start, mention.end) or clause.endswith(" dự ")):
        return "drafted"
    if mention.subject:
        return "issued"
    penal = mention.kind is not None and mention.kind.code == "BL"
    return "implemented" if _ACCORDING.search(clause) and not penal and not _RULE.search(clause) else None


def _chain(words: Sequence[str]) -> Iterator[str]:
    """Stages of the cues among the last words, as far back as there are only cues, fillers and small numbers."""
    end = len(words)
    while end:
        meaning, size = _phrase(words, end)
        if meaning:
            yield meaning
        if not size:
            return
        end -= size


def _phrase(words: Sequence[str], end: int) -> tuple[str, int]:
    """Stage (or "") and length of the longest cue, filler or small number that ends at `end`; length 0 for others."""
    meanings, longest = _meanings()
    last = words[end - 1]
    for size in range(min(longest.get(last, 0), end), 0, -1):
        meaning = meanings.get(" ".join(words[end - size : end]))
        if meaning is not None:
            return meaning, size
    return "", int(last.isdecimal() and len(last) < 3)


@cache
def _meanings() -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Stage of every cue, "" for words that only fill; by its last word the length of the longest of them."""
    meanings = {**dict.fromkeys(rules()["words"]["stage_filler"], ""), **_before()}
    longest: dict[str, int] = {}
    for phrase in meanings:
        words = phrase.split()
        longest[words[-1]] = max(len(words), longest.get(words[-1], 0))
    return meanings, longest


@cache
def _order() -> Mapping[str, int]:
    return {row["stage"]: index for index, row in enumerate(rules()["stage"])}


@cache
def _before() -> Mapping[str, str]:
    rows = reversed(rules()["stage"])
    return {words.replace(",", ""): row["stage"] for row in rows for words in row.get("before", ())}


@cache
def _after_words() -> Mapping[str, str]:
    return {words: row["stage"] for row in rules()["stage"] for words in row.get("after", ())}


@cache
def _of_organ() -> re.Pattern[str]:
    """ "Chương trình hành động của Đảng ủy Công an Trung ương thực hiện": whose it is parts nothing."""
    return re.compile(rf"của\s+{organ_words()[0]}")


@cache
def _after() -> re.Pattern[str]:
    passed = rf"được\s+{organ_words()[0]}\s+(?:chính\s+thức\s+)?(?:thông\s+qua|ban\s+hành|ký)"
    words = rf"(?P<words>{_alternatives(_after_words())})"
    return re.compile(rf"\s*(?:đã\s+|vừa\s+|mới\s+)?(?:{words}|{passed})(?!\w)")


def _alternatives(words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in ordered) + ")"
