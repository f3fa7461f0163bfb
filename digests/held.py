"""Whether a sentence tells of a review or inspection that is held, or only of one that is asked for or planned.

A citation's stage says what its sentence is about: "yêu cầu tổng kết 10 năm thực hiện Chỉ thị 09" is of a final review
as "đã tổng kết" is. Only the second is something that happened. Of the words of data/held.toml before the deed the
last decide; where there is none, what stands behind the document may still put it off, and else it is held: "Vĩnh Long
sơ kết 1 năm thực hiện Nghị quyết 57".

A day, month, quarter or year that begins after the article's publication puts the deed off too, where it is said of the
deed: at the head of a clause before it ("Quý I/2027, ..."), or behind it within its clause ("... vào tháng 12/2026").
"""

import re
import tomllib
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from feeds.documents.dates import periods_from
from feeds.documents.folding import fold_text
from feeds.text import one_of_words

DATA = Path(__file__).with_name("data") / "held.toml"

JUDGED = ("interim_review", "final_review", "inspected")
"""The stages that a sentence may only ask for, or plan."""

_MOST = 2000  # characters of a sentence that are read
_MOST_TIMES, _MOST_BEHIND = 60, 300  # characters before a date that tell of what it is said
_BREAK = re.compile(r"[,;:]| và ")
_SUBJECT = re.compile(r" (?:là|được xác định là)\b")  # "Năm 2027 là năm cuối nhiệm kỳ, vì vậy ..."


# The same sentences stand on cards and in the digests of thousands of readers.
@lru_cache(maxsize=2000)
def is_held(stage: str, quote: str, raw: str, published: date | None) -> bool:
    """Whether `quote`, a sentence that cites a document as `raw`, tells that what the stage says was done.

    `published` is the day of its article, None where that is not known: then no date puts the deed off. True of every
    stage that is none of `JUDGED`: whoever orders a document carried out carries it out.
    """
    if stage not in JUDGED:
        return True
    deed = _deeds()[stage]
    low = " ".join(fold_text(quote[:_MOST]).low.split())
    cited = " ".join(fold_text(raw).low.split())
    start = low.find(cited) if cited in low else len(low)
    told = [match.start() for match in deed.finditer(low, 0, start)]
    passive = None if told else deed.search(low, start)
    before = low[: told[-1] if told else passive.start() if passive else start]
    asked = (match.start() for match in _words()["asked"].finditer(low) if match.end() <= len(before))
    put_off = max(*asked, _last("planned", before), _last_ahead(low, len(before), published))
    held = _last("held", before)
    if put_off >= 0:
        return held > put_off
    # What a document is called is said of no deed: "Kế hoạch số 45-KH/TU".
    bare = low.replace(cited, "·" * len(cited))
    is_ahead = _is_ahead(bare, told[-1] if told else start, published)
    return held >= 0 or (_last("later", low[start:]) < 0 and not is_ahead)


def _last(name: str, words: str) -> int:
    """Where the last of these words begins; -1 if there is none."""
    return max((match.start() for match in _words()[name].finditer(words)), default=-1)


def _last_ahead(low: str, deed: int, published: date | None) -> int:
    """Where the last period that is said of the deed, before it, is named if it begins after the article; else -1."""
    if published is None:
        return -1
    said = [period for period in periods_from(low[:deed]) if _is_when(low, *period[:2], deed)]
    return said[-1][0] if said and said[-1][2] > published else -1


def _is_when(low: str, start: int, end: int, deed: int) -> bool:
    """Whether the period named there, before the deed, heads a clause, or stands in that of the deed or beside it."""
    near = max(0, start - _MOST_TIMES)
    if _SUBJECT.match(low, end):
        return False
    if _dated()["heads"].search(low, near, start) or low[end:deed].isspace():
        return True
    return bool(_dated()["inside"].search(low, near, start)) and not _BREAK.search(low, end, deed)


def _is_ahead(low: str, deed: int, published: date | None) -> bool:
    """Whether a period that is said of the deed, behind it, begins after the article."""
    if published is None:
        return False
    ahead = (start for start, _, first in periods_from(low) if 0 < start - deed <= _MOST_BEHIND and first > published)
    return any(_dated()["behind"].search(low[deed:start]) for start in ahead)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    forms = {"asked": "{}", "planned": "(?:{})[^,;:]*$", "held": "{}", "later": "{}"}
    return {name: re.compile(form.format("|".join(_rules()[name]))) for name, form in forms.items()}


@cache
def _dated() -> dict[str, re.Pattern[str]]:
    """What stands between a clause, or the deed, and the name of a period that is said of it."""
    times, elsewhere, taking_place = ("|".join(_rules()[name]) for name in ("times", "elsewhere", "taking_place"))
    of_deed = rf"^(?:(?!\b(?:{elsewhere})\b){{}})*\b"
    within = rf"\b(?:vào|trong|từ) (?:(?:{times}) )*$"
    placed = rf"(?:{taking_place})(?: tại [^,;:]*)?(?:,? (?:{times}))*,? $"
    return {
        "heads": re.compile(rf"(?:^\W*(?:(?:đến|tới) )?|[,;:] )(?:(?:{times}),? )*$"),
        "inside": re.compile(within),
        "behind": re.compile(f"{of_deed.format('[^,;:]')}{within}|{of_deed.format('[^;:]')}{placed}"),
    }


@cache
def _deeds() -> dict[str, re.Pattern[str]]:
    """Each with those before it that it is named together with: "sơ kết, tổng kết"."""
    deeds: dict[str, list[str]] = _rules()["deeds"]
    any_of = one_of_words({word for words in deeds.values() for word in words})
    return {stage: re.compile(rf"\b(?:{any_of}(?:,| và)? )*{one_of_words(words)}\b") for stage, words in deeds.items()}


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text("utf-8"))
