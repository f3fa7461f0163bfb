"""Whether a sentence tells of a review or inspection that is held, or only of one that is asked for or planned.

A citation's stage says what its sentence is about: "yêu cầu tổng kết 10 năm thực hiện Chỉ thị 09" is of a final review
as "đã tổng kết" is. Only the second is something that happened. Of the words of data/held.toml before the deed the
last decide; where there is none, what stands behind the document may still put it off, and else it is held: "Vĩnh Long
sơ kết 1 năm thực hiện Nghị quyết 57".
"""

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from feeds.documents.folding import fold_text
from feeds.text import one_of_words

DATA = Path(__file__).with_name("data") / "held.toml"

JUDGED = ("interim_review", "final_review", "inspected")
"""The stages that a sentence may only ask for, or plan."""

_MOST = 2000  # characters of a sentence that are read


# The same sentences stand on cards and in the digests of thousands of readers.
@lru_cache(maxsize=2000)
def is_held(stage: str, quote: str, raw: str) -> bool:
    """Whether `quote`, a sentence that cites a document as `raw`, tells that what the stage says was done.

    True of every stage that is none of `JUDGED`: whoever orders a document carried out carries it out.
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
    put_off = max(*asked, _last("planned", before), -1)
    held = _last("held", before)
    if put_off >= 0:
        return held > put_off
    return held >= 0 or _last("later", low[start:]) < 0


def _last(name: str, words: str) -> int:
    """Where the last of these words begins; -1 if there is none."""
    return max((match.start() for match in _words()[name].finditer(words)), default=-1)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    forms = {"asked": "{}", "planned": "(?:{})[^,;:]*$", "held": "{}", "later": "{}"}
    return {name: re.compile(form.format("|".join(_rules()[name]))) for name, form in forms.items()}


@cache
def _deeds() -> dict[str, re.Pattern[str]]:
    """Each with those before it that it is named together with: "sơ kết, tổng kết"."""
    deeds: dict[str, list[str]] = _rules()["deeds"]
    any_of = one_of_words({word for words in deeds.values() for word in words})
    return {stage: re.compile(rf"\b(?:{any_of}(?:,| và)? )*{one_of_words(words)}\b") for stage, words in deeds.items()}


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text("utf-8"))
