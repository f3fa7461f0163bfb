"""What the article says is being done with a document, per citation (DESIGN.md, Stage).

The words nearest before the mention decide, read as one chain: in "sơ kết 4 năm thực hiện Chỉ thị 05" the review
outranks the carrying out. A mention that "và" or a comma alone parts from the one before shares its stage.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    window = text.low[max(floor, mention.start - _REACH) : mention.start]
    clause = _BREAK.split(window)[-1]
    found = list(_chain(clause.replace(",", " ").split()))
    behind = _after().match(text.low, max(mention.attached, mention.end))
    if behind:
        found.append(_after_words()[" ".join(behind["words"].split())])
    if found:
        mention.stage = min(found, key=_order().__getitem__)
    if mention.stage in ("interim_review", "final_review") and (counts := _YEARS.findall(clause)):
        mention.stage_years = _COUNT.get(counts[-1]) or int(counts[-1])


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
def _after() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:đã\s+|vừa\s+|mới\s+)?(?P<words>{_alternatives(_after_words())})(?!\w)")


def _alternatives(words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in ordered) + ")"
