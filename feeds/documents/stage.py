"""What the article says is being done with a document, per citation (DESIGN.md, Stage).

The words nearest before the mention decide, read as one chain: in "sơ kết 4 năm thực hiện Chỉ thị 05" the review
outranks the carrying out. A mention that "và" or a comma alone parts from the one before shares its stage.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import rules
from feeds.documents.mention import Mention

_REACH = 110
_YEARS = re.compile(r"(?:sơ|tổng)\s+kết\s+(?:\S+\s+){0,3}?(?P<years>\d{1,2}|một|hai|ba|bốn|năm|mười)\s+năm(?!\w)")
_COUNT = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "mười": 10}
_BREAK = re.compile(r"[.;:!?\n]\s|[“”\"]")
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
            _from_words(text, mention, before.end if before else 0)
        before = mention


def _from_words(text: FoldedText, mention: Mention, floor: int) -> None:
    start = max(floor, mention.start - _REACH)
    window = text.low[start : mention.start]
    for stop in _BREAK.finditer(window):
        window = " " * stop.end() + window[stop.end() :]
    chain = _chain().search(window)
    cues = _before()
    found = [cues[" ".join(word.split())] for word in _cue().findall(chain[0])] if chain else []
    behind = _after().match(text.low, max(mention.attached, mention.end))
    if behind:
        found.append(_after_words()[" ".join(behind["words"].split())])
    order = [row["stage"] for row in rules()["stage"]]
    if found:
        mention.stage = min(found, key=order.index)
    if mention.stage in ("interim_review", "final_review") and (counts := _YEARS.findall(window)):
        mention.stage_years = _COUNT.get(counts[-1]) or int(counts[-1])


@cache
def _before() -> Mapping[str, str]:
    return {words: row["stage"] for row in reversed(rules()["stage"]) for words in row.get("before", ())}


@cache
def _after_words() -> Mapping[str, str]:
    return {words: row["stage"] for row in rules()["stage"] for words in row.get("after", ())}


@cache
def _cue() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_alternatives(_before())}(?!\w)")


@cache
def _chain() -> re.Pattern[str]:
    """Cues and fillers up to the mention."""
    filler = _alternatives(rules()["words"]["stage_filler"])
    return re.compile(rf"(?<!\w)(?:(?:{_alternatives(_before())}|{filler}|\d{{1,2}})(?!\w)[\s,]*)++$")


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:đã\s+|vừa\s+|mới\s+)?(?P<words>{_alternatives(_after_words())})(?!\w)")


def _alternatives(words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in ordered) + ")"
