"""What the article says is being done with a document, per citation (DESIGN.md, Stage).

In this order: a review or inspection of the mention before that goes on ("gắn với thực hiện"); the words right before
the mention, read as one chain ("sơ kết 4 năm thực hiện Chỉ thị 05": the review outranks the carrying out), and those
behind it; the mention before, where only "và" or a title and "và" part the two; the head of a list; the mention itself
(a bill, an issuer that issues); the deed done "theo" it; and all that again without what stands between: another
member of the list, whose orders the document carries, what it promulgates.
"""

import re
from collections.abc import Sequence

from feeds.documents.cues import according, behind, carried_out, count, cut, every, head, in_front, outranked, search
from feeds.documents.folding import FoldedText
from feeds.documents.mention import LAWS, Mention

_REACH = 110
_FAR = 240  # for words that govern a whole sentence: "đoàn kiểm tra ... làm việc với ... về việc thực hiện"
_BREAK = re.compile(r"(?s:.*)[.;:!?\n“”\"<>](?:(?<![.;:!?])|\s)")  # up to the last one
_SENTENCE = re.compile(r"[.;:!?]\s|[\n<>]")
_QUOTED = re.compile(r"[“\"][^“”\"\n]*[”\"]")
_JOINTS = (",", ";", "(", "và", "cùng", "với", "là", "các", "những", "số")
_AND = re.compile(r"(?:,|(?<!\w)(?:và|cùng|gắn\s+với|(?:đặc\s+biệt|nhất)\s+là))(?:\s*các|\s*những)?$")
_REVIEWS = ("interim_review", "final_review")
_ITEMS = ("là ", "gồm ", "như ", "trong đó có ")
_LISTED = re.compile(
    r"(?<!\w)(?:các|những|\d+|hai|ba|bốn|năm|sáu|một số|hàng loạt) .*(?<!\w)(?:là|gồm|như|trong đó có) (?:luật|nghị|$)"
)
_BILL = re.compile(r"\(\s*sửa\s+đổi")
_CONJUNCTION = re.compile(
    r"\s*(?:\(?sửa\s+đổi\)?\s*(?=[,;]|và))?(?:,|và|;|cùng|gắn\s+với|\(|hoặc)*\s*(?:các\s+|những\s+)?"
)
# "thông qua Luật A; Luật sửa đổi, bổ sung một số điều của Luật B; Luật C": B is no member of the list.
_CITED = re.compile(r"[^.;:\n]{0,60};\s*(?:bộ\s+)?(?:luật|pháp\s+lệnh|nghị\s+\w+)\s+sửa\s+đổi[^.;:\n]*$")
_PART = ("tại ", "của ", "trong ", "vào ")
_WITHIN = ("tại ", "theo ", "trong ", "tại các ", "theo các ")  # what is said behind is said of a part or a source
_CARRIERS = {
    "tại": "source",
    "trong": "source",
    "của": "source",
    "mà": "source",
    "theo": "annex",
}  # by the last word, what may be left out before it
_LEAVES_OUT = ("là ", "tại ", "của ", "mà ", "trong ", "theo ", "và ", "cùng ", ", ", "các ")
_CUTS = 3
_PARENTHESIS = re.compile(r"\((?:\s*số)?\s*$")
_IF = re.compile(r"(?<!\w)nếu\s+(?:dự\s+(?:thảo\s+|án\s+)?)?$")


def give_stages(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Fills stage and stage_years of every mention, in text order."""
    group: list[Mention] = []  # mentions so far that only commas and "và" part
    beside: str | None = None  # what is said of a list whose last member only cites the mention before
    floor = 0  # end of the last of them; a back-reference hides nothing: "sửa quy định này tại Điều 60 của Luật X"
    for mention in mentions:
        before = group[-1] if group else None
        if mention.form == "draft":
            mention.stage = "drafted"
            group = [mention]
        elif before and _CONJUNCTION.fullmatch(text.low, max(before.attached, before.end), mention.start):
            _join(text, mention, group)
            if beside and ";" in text.low[before.end : mention.start]:
                mention.stage = beside
            group.append(mention)
        else:
            cited = before and _CITED.match(text.low, before.end, mention.start)
            beside = before.stage if before and cited else None
            _read(text, mention, before, floor)
            group = [mention]
        if mention.form != "back_reference":
            floor = mention.end


def _join(text: FoldedText, mention: Mention, group: Sequence[Mention]) -> None:
    """As the mentions before; what stands behind the last of them is said of all: "Luật A và Luật B hết hiệu lực"."""
    before = group[-1]
    mention.stage, mention.stage_years = before.stage, before.stage_years
    if before.stage != "mentioned":
        return
    within = text.low.endswith(_WITHIN, 0, group[0].start)
    told = None if within else _behind(text, mention)
    for member in (*group, mention) if told else ():
        member.stage = told or "mentioned"
    if told is None and _is_bill(text, mention):
        mention.stage = "drafted"


def _read(text: FoldedText, mention: Mention, before: Mention | None, floor: int) -> None:
    window = text.low[max(floor, mention.start - _REACH) : mention.start]
    if "”" in window:
        window = _QUOTED.sub("", window)
    clause = _last_clause(window)
    if before and _in_title(text, mention, before, clause):
        return
    stage = _from_words(text, mention, before, clause, floor)
    if stage is None and before and _shares(text, before, mention):
        mention.stage, mention.stage_years = before.stage, before.stage_years
        return
    stage = (
        stage
        or _of_its_list(window, clause)
        or (before and clause.startswith(", ") and clause.endswith(_ITEMS) and _of_its_list_head(text, mention))
        or _of_itself(text, mention, clause)
        or _of_less(text, mention, before, clause)
    )
    mention.stage = stage or "mentioned"
    if mention.stage in _REVIEWS:
        years = every("years", _sentence(text, mention, floor, clause))
        mention.stage_years = count(years[-1]) if years else None


def _from_words(text: FoldedText, mention: Mention, before: Mention | None, clause: str, floor: int) -> str | None:
    if search("basis", clause):
        return "mentioned"
    front = in_front(clause)
    if before and front not in _REVIEWS and _goes_on(text, mention, before, clause):
        return before.stage
    told = None
    if front in (None, "drafted", "implemented") and not clause.endswith(_WITHIN):
        told = _behind(text, mention)
    if told == "issued" and front is None:
        if _IF.search(clause):
            return "drafted"
        if search("needs_amending", text.low[mention.end : mention.end + _REACH]):
            return "amended"
    if front == "drafted" and told == "issued":  # "dự thảo Luật X đã được thông qua"
        return "issued"
    stage = told if front is None or told in (*_REVIEWS, "inspected") else front
    if stage in ("implemented", "rolled_out"):
        if search("committee", clause) and not search("plan", clause):
            return "mentioned"
        if before and before.stage == "issued" and _in_sentence(text, before, mention) and search("by_another", clause):
            return "rolled_out"
        return outranked(_sentence(text, mention, floor, clause)) or carried_out(clause, stage)
    if stage is None and (clause.endswith(_PART) or clause[-2:-1].isdigit()) and search("provision", clause):
        return "amended"
    if stage is None and search("done_afar", clause):
        return outranked(_sentence(text, mention, floor, clause))
    return stage


def _behind(text: FoldedText, mention: Mention) -> str | None:
    issuer_issues = text.low.startswith(" do ", mention.end)  # it is attached, and with it what it does
    return behind(text.low, mention.end if issuer_issues else max(mention.attached, mention.end))


def _in_title(text: FoldedText, mention: Mention, before: Mention, clause: str) -> bool:
    """ "Nghị định 86 quy định chi tiết Luật Thanh tra": cited by another document's title, unless that one is news."""
    if mention.start - before.end > _REACH or before.form == "draft" or not search("title_of_another", clause):
        return False
    if before.stage == "issued" and "chi tiết" not in clause:
        return False
    return _in_sentence(text, before, mention)


def _goes_on(text: FoldedText, mention: Mention, before: Mention, clause: str) -> bool:
    """A review or inspection of the mention before that is one of this, too: "gắn với thực hiện Chỉ thị 05"."""
    if before.stage not in (*_REVIEWS, "inspected") or not search("goes_on", clause):
        return False
    return _in_sentence(text, before, mention)


def _in_sentence(text: FoldedText, before: Mention, mention: Mention) -> bool:
    return not _SENTENCE.search(text.low, before.end, mention.start)


def _shares(text: FoldedText, before: Mention, mention: Mention) -> bool:
    """ "quán triệt Nghị quyết 79 về kinh tế nhà nước và Nghị quyết 80": the title between parts nothing."""
    if mention.start - before.end > _FAR * 3:  # a long title at most
        return False
    between = text.low[before.end : mention.start].rstrip()
    if not between.endswith(_JOINTS):
        return False
    if "“" in between or '"' in between:
        between = _QUOTED.sub("", between)
    if before.stage != "mentioned" and between.endswith(";"):
        between = between[:-1] + ","
    if len(between) >= _REACH * 2 or _SENTENCE.search(between):
        return False
    if mention.kind is before.kind and _PARENTHESIS.search(between):  # "Nghị quyết Trung ương 5 ... (số 11-NQ/TW)"
        return "văn bản" not in between
    return bool(_AND.search(between))


def _of_its_list(window: str, clause: str) -> str | None:
    """What the head of a list says: "Các dự án luật được cho ý kiến, gồm: Luật A; Luật B"."""
    before_colon, colon, items = window.rpartition(":")
    if colon and "." not in items:
        clause = _single_blanks(before_colon.rpartition(". ")[2])
        if " theo " in items:
            return head(clause)
    elif clause == " " and window.rstrip().endswith(";"):
        clause = _single_blanks(window.rpartition(". ")[2].partition(";")[0])
        if not _LISTED.search(clause):
            return None
    elif not clause.endswith(_ITEMS) or not _LISTED.search(clause):
        return None
    return in_front(cut("listed", clause) or "") or head(clause)


def _of_its_list_head(text: FoldedText, mention: Mention) -> str | None:
    """As its list says, though its head cites another: "sẽ sửa đổi ba luật theo Luật A, gồm Luật B"."""
    window = text.low[max(0, mention.start - _FAR) : mention.start]
    return _of_its_list(window, _last_clause(window))


def _of_itself(text: FoldedText, mention: Mention, clause: str) -> str | None:
    """A bill by its name; what its issuer issues; what somebody does "theo" it, said of a deed, not of a source."""
    if _is_bill(text, mention) and clause.endswith(_WITHIN) and _behind(text, mention) == "issued":
        return None  # "theo Luật X (sửa đổi) được Quốc hội thông qua"
    if _is_bill(text, mention) or (_is_law(mention) and clause.endswith(" dự ")):
        return "drafted"
    if mention.subject:
        return "issued"
    if search("trained", clause):
        return "rolled_out"
    if search("guided", clause):
        return "implemented"
    penal = mention.kind is not None and mention.kind.code == "BL"
    if "(" in clause and _PARENTHESIS.search(clause):
        return _apposed(mention, clause)
    return None if penal else according(clause)


def _apposed(mention: Mention, clause: str) -> str | None:
    """What is said of the words that a parenthesis gives the number of: "ban hành Hướng dẫn về ... (Hướng dẫn 02)"."""
    others = cut("listed", clause)
    if others is not None:
        return in_front(others)
    words = mention.kind.words if mention.kind else ()
    at = min((clause.find(word) for word in words if word in clause), default=0)
    return in_front(clause[:at])


def _of_less(text: FoldedText, mention: Mention, before: Mention | None, clause: str) -> str | None:
    """What the clause says without what stands between: "thực hiện các nghị quyết của Quốc hội và ...", "... tại"."""
    for _ in range(_CUTS):
        if not clause.endswith(_LEAVES_OUT):
            return None
        last = clause.removesuffix("các ").split()[-1:]
        shorter = cut(_CARRIERS.get(last[0], "other_member"), clause) if last else None
        if shorter is None:
            return None
        clause = shorter
        if before and _goes_on(text, mention, before, clause):
            return before.stage
        if stage := in_front(clause):
            return carried_out(clause, stage)
        if last != ["của"] and (stage := according(clause)):
            return stage
    return None


def _sentence(text: FoldedText, mention: Mention, floor: int, clause: str) -> str:
    """The clause and what of it is farther off than it reaches."""
    if mention.start - floor <= _REACH or len(clause) < _REACH * 0.9:  # it begins after a break
        return clause
    return _last_clause(text.low[max(floor, mention.start - _FAR) : mention.start])


def _last_clause(words: str) -> str:
    broken = _BREAK.match(words)
    return _single_blanks(words[broken.end() :] if broken else words)


def _single_blanks(clause: str) -> str:
    if "  " in clause or not clause.isprintable():  # a line break, a tab or another blank is none
        clause = " ".join(clause.split())
    return clause.strip() + " "


def _is_law(mention: Mention) -> bool:
    return mention.kind is not None and mention.kind.code in LAWS


def _is_bill(text: FoldedText, mention: Mention) -> bool:
    return _is_law(mention) and bool(_BILL.search(text.low, mention.start, mention.end))
