"""Whether a number counts things instead of naming a document: "18 điều" (CITATIONS.md, 7.5)."""

import re
from functools import cache

from feeds.documents.kinds import rules
from feeds.documents.organs import organ_words


def counts_things(low: str, end: int) -> bool:
    """Whether a unit follows the number that ends at `end`: "18 điều", but not "13 năm 2023" (CITATIONS.md, 7.5)."""
    return _unit().match(low, end) is not None and _issue_words().match(low, end) is None


@cache
def _unit() -> re.Pattern[str]:
    units = sorted(rules()["words"]["units"], key=len, reverse=True)
    return re.compile(r"\s*(?:" + "|".join(re.escape(unit).replace(r"\ ", r"\s+") for unit in units) + r")(?!\w)")


@cache
def _issue_words() -> re.Pattern[str]:
    """What may follow a document's number although it starts like a unit: "ngày 5/1", "năm 2019", "Bộ Chính trị"."""
    return re.compile(rf"\s*(?:(?:ngày|tháng)\s*\d|năm\s+(?:19|20)\d\d|{organ_words()[0]})")
