"""The words and patterns that tell a stage, as data/stages.toml lists them, ready to be matched."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from feeds.documents.kinds import DATA
from feeds.documents.organs import organ_words
from feeds.text import one_of_words

_COUNT = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười lăm": 15, "hai mươi": 20, "ba mươi": 30,
}  # fmt: skip
_NO_AGENT = r"(?:là|theo|để|mà|cho|của|coi|xem|quy|nêu|có|các|những|khi|trong|tại|từ|vào)"  # "được UBND tỉnh ban hành"
_WORDS = 20  # of a clause, from its end, more than any chain has
_LONG = 5  # years after which an assessment is a final one


def in_front(clause: str) -> str | None:
    """What the chain of words at the end of the clause says."""
    if "của" in clause:
        clause = _of_organ().sub(" ", clause)
    nearest_first = _chain(clause.replace(",", " ").rsplit(None, _WORDS)) if clause != " " else None
    if not nearest_first:
        return None
    # "dự thảo báo cáo thực hiện" drafts something else.
    stage = first(nearest_first[:1] + [stage for stage in nearest_first if stage != "drafted"])
    if stage in ("issued", "drafted") and clause.endswith(", "):  # "Ngoài ra, Luật X": another clause
        return None
    return "drafted" if stage == "issued" and search("not_yet", clause) else stage


def behind(low: str, at: int) -> str | None:
    """What the words at `at` say of the document before them: "được Quốc hội thông qua", "hết hiệu lực"."""
    match = _after().match(low, at)
    if match is None:
        return None
    if match["words"]:
        return _words("after")[" ".join(match["words"].split())]
    if match["years"]:
        return "implemented"
    stage = _words("passive")[" ".join(match["passive"].split())] if match["passive"] else "issued"
    return "drafted" if stage == "issued" and match["will"] else stage


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
    if search("assessed", clause):
        found.add("final_review" if search("congress", clause) else "interim_review")
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
    meanings, sizes = _meanings()
    stages: list[str] = []
    end = len(words)
    while end:
        last = words[end - 1]
        for size in sizes.get(last, ()):
            meaning = meanings.get(" ".join(words[end - size : end])) if size <= end else None
            if meaning is not None:
                break
        else:
            if not last.isdecimal() or (len(last) > 3 and not _is_year(words, end)):
                break
            size, meaning = 1, ""
        if meaning:
            stages.append(meaning)
        end -= size
    return stages


def _is_year(words: Sequence[str], end: int) -> bool:
    """In "sơ kết năm 2025 thực hiện X", but not in "sơ kết năm 2025 và triển khai X"."""
    return end > 1 and words[end - 2] == "năm" and words[end : end + 1] != ["và"]


@cache
def _meanings() -> tuple[Mapping[str, str], Mapping[str, Sequence[int]]]:
    """Stage of every cue, "" for words that only fill; by the last word how many words they have, most first."""
    meanings = {**dict.fromkeys(stage_rules()["filler"], ""), **_words("before")}
    meanings = {phrase.replace(",", ""): stage for phrase, stage in meanings.items()}
    sizes: dict[str, set[int]] = {}
    for phrase in meanings:
        words = phrase.split()
        sizes.setdefault(words[-1], set()).add(len(words))
    return meanings, {last: sorted(counts, reverse=True) for last, counts in sizes.items()}


@cache
def _order() -> Mapping[str, int]:
    return {row["stage"]: index for index, row in enumerate(stage_rules()["stage"])}


@cache
def _words(place: str) -> Mapping[str, str]:
    """Stage of each of the words that stand before, after or at the head; of a word in two rows the first's."""
    rows = reversed(stage_rules()["stage"])
    return {words: row["stage"] for row in rows for words in row.get(place, ())}


@cache
def _head_words() -> Mapping[str, str]:
    return _words("head")


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){one_of_words(_head_words(), ' ')}(?!\w)")


@cache
def _of_organ() -> re.Pattern[str]:
    """ "Chương trình hành động của Đảng ủy Công an Trung ương thực hiện": whose it is parts nothing."""
    return re.compile(rf"của\s+{organ_words()[0]}")


@cache
def _after() -> re.Pattern[str]:
    """Nothing but a title may stand between: "Nghị định 86 về kinh doanh vận tải (đã) hết hiệu lực"."""
    organ = organ_words()[0]
    words, passive = (one_of_words(_words(place)) for place in ("after", "passive"))
    return re.compile(
        rf"""\s*["“]?(?:\(?sửa\s+đổi[\),]?\s+|của\s+(?:đảng|tỉnh|thành\s+phố|{organ})\s+)?
        (?:(?:về|số)\s[^.,;:()]{{2,90}}?\s)?
        (?:(?:đã|vừa|mới|cũng|đều|từng|hiện|tiếp\s+tục|lại|chính\s+thức|cần|phải|(?P<will>sẽ|sắp|đang|dự\s+kiến))\s+)*
        (?:(?P<words>{words})
          |(?P<years>(?:sau|qua)\s+\w+\s+năm\s+(?:triển\s+khai|thực\s+hiện|thi\s+hành))
          |do\s+[^,.;:()]{{2,40}}?\s(?:ban\s+hành|ký)
          |(?:được|bị)\s+(?:(?!{_NO_AGENT}\b)[^\s.,;:()“”"]+\s+){{0,8}}?(?P<passive>{passive}))
        (?!\w)""",
        re.VERBOSE,
    )
