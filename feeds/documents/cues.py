"""The words and patterns that tell a stage, as data/stages.toml lists them, ready to be matched."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from feeds.documents.kinds import DATA
from feeds.documents.organs import organ_words

_COUNT = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười lăm": 15, "hai mươi": 20, "ba mươi": 30,
}  # fmt: skip
_LONG = 5  # years after which an assessment is a final one


def in_front(clause: str) -> str | None:
    """What the chain of words at the end of the clause says."""
    if "của" in clause:
        clause = _of_organ().sub(" ", clause)
    nearest_first = _chain(clause.replace(",", " ").split())
    if not nearest_first:
        return None
    # "dự thảo báo cáo thực hiện" drafts something else.
    return first(nearest_first[:1] + [stage for stage in nearest_first if stage != "drafted"])


def behind(low: str, at: int) -> str | None:
    """What the words at `at` say of the document before them: "được Quốc hội thông qua", "hết hiệu lực"."""
    match = _after().match(low, at)
    if match is None:
        return None
    return _after_words()[" ".join(match["words"].split())] if match["words"] else "issued"


def head(clause: str) -> str | None:
    """What the head of a list says of its members: the first word there that tells."""
    match = _head().search(clause)
    return _head_words()[match[0]] if match else None


def carried_out(clause: str, stage: str) -> str:
    """Whether a document is carried out or only begun with: by a plan, a conference or an order that starts it."""
    if stage == "rolled_out":
        return "implemented" if search("carried_on", clause) else stage
    return "rolled_out" if search("starts", clause) or search("plan", clause) else stage


def outranked(clause: str) -> str | None:
    """A review or an inspection that the same clause names further off: "kiểm tra 10 tỉnh về việc thực hiện"."""
    found = {_words("far")[word] for word in every("farther_review", clause)}
    if years := search("assessed_years", clause):
        found.add("final_review" if count(years["years"]) >= _LONG else "interim_review")
    if search("visiting_inspectors", clause):
        found.add("inspected")
    return first(found) if found and not search("another_deed", clause) else None


def according(clause: str) -> str | None:
    """A deed done "theo" the document; but not a charge, a penalty, a rule or a legal text."""
    if " theo " not in clause:
        return None
    if search("directed", clause):
        return "implemented"
    if not search("according", clause) or search("charge", clause):
        return None
    if search("inspected_deed", clause):
        return "inspected"
    return None if search("ruled", clause) and not search("ordered", clause) else "implemented"


def first(stages: Iterable[str]) -> str | None:
    """Of several stages in one clause the one that decides."""
    return min(stages, key=_order().__getitem__, default=None)


def count(words: str) -> int:
    """ "mười" is 10."""
    return _COUNT.get(words) or int(words)


def search(name: str, clause: str) -> re.Match[str] | None:
    """The named pattern in a clause with single blanks, one of them at the end."""
    needed, regex = _pattern(name)
    for word in needed:
        if word in clause:
            return regex.search(clause)
    return None


def every(name: str, clause: str) -> list[str]:
    """What the group of the named pattern finds, from left to right."""
    needed, regex = _pattern(name)
    return regex.findall(clause) if any(word in clause for word in needed) else []


def cut(name: str, clause: str) -> str | None:
    """The clause without what the named pattern finds at its end."""
    match = _pattern(name)[1].match(clause)
    return clause[: match.start("cut")] if match else None


@cache
def stage_rules() -> Mapping[str, Any]:
    """The whole of data/stages.toml."""
    return tomllib.loads((DATA / "stages.toml").read_text("utf-8"))


@cache
def _pattern(name: str) -> tuple[Sequence[str], re.Pattern[str]]:
    row = next(row for row in stage_rules()["pattern"] if row["name"] == name)
    return row.get("needs", ("",)), re.compile(row["regex"])


def _chain(words: Sequence[str]) -> list[str]:
    """Stages of the cues among the last words, as far back as there are only cues, fillers and small numbers."""
    meanings, longest = _meanings()
    stages: list[str] = []
    end = len(words)
    while end:
        last = words[end - 1]
        for size in range(min(longest.get(last, 0), end), 0, -1):
            meaning = meanings.get(" ".join(words[end - size : end]))
            if meaning is not None:
                break
        else:
            if not (last.isdecimal() and len(last) < 4):
                break
            size, meaning = 1, ""
        if meaning:
            stages.append(meaning)
        end -= size
    return stages


@cache
def _meanings() -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Stage of every cue, "" for words that only fill; by its last word the length of the longest of them."""
    meanings = {**dict.fromkeys(stage_rules()["filler"], ""), **_words("before")}
    meanings = {phrase.replace(",", ""): stage for phrase, stage in meanings.items()}
    longest: dict[str, int] = {}
    for phrase in meanings:
        words = phrase.split()
        longest[words[-1]] = max(len(words), longest.get(words[-1], 0))
    return meanings, longest


@cache
def _order() -> Mapping[str, int]:
    return {row["stage"]: index for index, row in enumerate(stage_rules()["stage"])}


@cache
def _words(place: str) -> Mapping[str, str]:
    """Stage of each of the words that stand before, after or at the head; of a word in two rows the first's."""
    rows = reversed(stage_rules()["stage"])
    return {words: row["stage"] for row in rows for words in row.get(place, ())}


@cache
def _after_words() -> Mapping[str, str]:
    return _words("after")


@cache
def _head_words() -> Mapping[str, str]:
    return _words("head")


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_alternatives(_head_words(), ' ')}(?!\w)")


@cache
def _of_organ() -> re.Pattern[str]:
    """ "Chương trình hành động của Đảng ủy Công an Trung ương thực hiện": whose it is parts nothing."""
    return re.compile(rf"của\s+{organ_words()[0]}")


@cache
def _after() -> re.Pattern[str]:
    """Nothing but a title may stand between: "Nghị định 86 về kinh doanh vận tải hết hiệu lực"."""
    organ, words = organ_words()[0], _alternatives(_after_words(), r"\s+")
    return re.compile(
        rf"""\s*["“]?(?:\(?sửa\s+đổi[\),]?\s+|của\s+(?:đảng|tỉnh|thành\s+phố)\s+)?
        (?:(?:về|số)\s[^.,;:()]{{2,90}}?\s)?
        (?:đã\s+|vừa\s+|mới\s+)?
        (?:(?P<words>{words})
          |do\s+[^,.;:()]{{2,40}}?\s(?:ban\s+hành|ký)
          |được\s+(?:{organ}|\d+\s+đại\s+biểu)\s+(?:khóa\s+\w+\s+)?
           (?:chính\s+thức\s+|bấm\s+nút\s+|biểu\s+quyết\s+)?(?:thông\s+qua|ban\s+hành|ký|tán\s+thành))
        (?!\w)""",
        re.VERBOSE,
    )


def _alternatives(words: Iterable[str], blank: str) -> str:
    ordered = sorted(words, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", blank) for phrase in ordered) + ")"
