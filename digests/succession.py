"""What a sentence says of one document that succeeds another; the words are in data/succession.toml. Pure.

It says so where one cited document comes right before the verb and the other right behind it, with no more between them
than the day, issuer and title of the one that comes first:

- "NEW của Chính phủ về ... thay thế OLD", where NEW is the first that the sentence cites; behind a comma or "và" only
  where its news are what the sentence tells, else what does it may be left out ("Thực hiện X, sửa đổi Y");
- "OLD được sửa đổi, bổ sung bởi NEW".

A sentence that wishes, foresees or denies it, or that cites a draft or something without a number, says nothing, and
neither does one by which the older document succeeds the newer. Missing one is better than telling a wrong one.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from digests.timeline import issue_date
from feeds.documents import load_catalogue
from feeds.documents.terms import term_began

_DATA = Path(__file__).with_name("data") / "succession.toml"
_LONGEST = 400  # characters between two documents
_DAY = r"(?:ngày )?\d{1,2}(?:/\d{1,2}/\d{4}| tháng \d{1,2} năm \d{4}|-\d{1,2}-\d{4})"
# The day, issuer, term and title of the document before it, each of them free of commas.
_OWN = (
    rf"(?:,? {_DAY})?(?:,? của [^,;:.()]{{1,80}}?)?(?: \(?kh(?:óa|oá) [ivx]+\)?)?"
    r"(?:,? (?:về|quy định|hướng dẫn)\b[^,;:()]{1,300}?)?"
)
_IN_FORCE = rf",? có hiệu lực(?: thi hành)?(?: kể)? từ {_DAY}"


class Told(Protocol):
    """What is looked at: a mention."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def raw(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def document_id(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def issued_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class _Words:
    """Patterns of the data file."""

    wished: re.Pattern[str]
    other: re.Pattern[str]
    harmless: re.Pattern[str]
    announces: re.Pattern[str]
    parts: re.Pattern[str]
    active: re.Pattern[str]
    passive: re.Pattern[str]
    told: Mapping[str, str]
    """What is told of a verb."""


def successions(quote: str, mentions: Iterable[Told]) -> Iterator[tuple[str, str, str]]:
    """(old, new, how) of the documents of one sentence; `mentions` are all that it cites, in the order of the text."""
    line, inside = quote.lower(), _inside(quote, mentions)
    is_open = any(one.key is None or one.stage == "drafted" for _, _, one in inside)
    if len(line) != len(quote) or is_open or _has(_words().wished, line):
        return
    for index, ((start, end, one), (next_start, _, other)) in enumerate(pairwise(inside)):
        between = line[end:next_start]
        if len(between) > _LONGEST:
            continue
        if match := _words().passive.fullmatch(between):
            old, new = one, other
        elif (match := _words().active.fullmatch(between)) and index == 0 and _acts(line[:start], match):
            old, new = other, one
        else:
            continue
        how = _words().told[match["verb"]]
        is_part = match["part"] or (old is one and _words().parts.search(line[:start]))
        if is_part and how != "amended":
            continue
        if not _has(_words().other, match["own"]) and _may_succeed(new, old):
            yield str(old.document_id), str(new.document_id), how


def _has(words: re.Pattern[str], line: str) -> bool:
    return words.search(_words().harmless.sub(" ", line)) is not None


def _inside(quote: str, mentions: Iterable[Told]) -> Sequence[tuple[int, int, Told]]:
    """The mentions where they stand in the sentence; none where that is not certain."""
    found: list[tuple[int, int, Told]] = []
    base: int | None = None
    for one in mentions:
        if base is None:
            base = one.start - quote.find(one.raw)
        start, end = one.start - base, one.end - base
        if start >= len(quote):  # the sentence comes again
            break
        if start < 0 or quote[start:end] != one.raw:
            return ()
        found.append((start, end, one))
    return found


def _acts(before: str, match: re.Match[str]) -> bool:
    """Whether the document itself does it, by the words before it and those between it and the verb."""
    if not match["joint"]:
        return True
    head = before.strip(' "“')
    return not head or head.endswith((",", ";", ":")) or _words().announces.search(head) is not None


def _may_succeed(new: Told, old: Told) -> bool:
    if not all(one.status == "resolved" and one.document_id for one in (new, old)):
        return False
    return new.document_id != old.document_id and _span(new)[1] >= _span(old)[0]


def _span(one: Told) -> tuple[date, date]:
    """The first and last day on which it may have been issued, as far as text, catalogue and id say."""
    document_id = one.document_id or ""
    known = issue_date(load_catalogue().get(document_id))
    if one.issued_on or (known and known[1] == "day"):
        day = one.issued_on or (known[0] if known else date.min)
        return day, day
    ending = document_id.rpartition("#")[2]
    if year := known[0].year if known else int(ending) if ending.isdecimal() else None:
        return date(year, 1, 1), date(year, 12, 31)
    began = term_began(ending)
    return (began, began.replace(year=began.year + 5)) if began else (date.min, date.max)


@cache
def _words() -> _Words:
    data: dict[str, Any] = tomllib.loads(_DATA.read_text("utf-8"))
    told = {verb: how for how, verbs in data["verbs"].items() for verb in verbs}
    verb, whole, part = _one_of(told), _one_of(data["whole"]), _one_of(data["part"])
    joint = rf"(?P<joint>(?:{_IN_FORCE})?(?:,| và))?"
    return _Words(
        wished=re.compile(rf"\b(?:{_one_of(data['wished'])})\b"),
        other=re.compile(rf"\b(?:{_one_of(data['other'])})\b"),
        harmless=re.compile(rf"\b(?:{_one_of(data['harmless'])})\b"),
        announces=re.compile(rf"\b(?:{_one_of(data['announces'])})$"),
        parts=re.compile(rf"\b(?:{_one_of(data['parts'])})(?: [^ ,;]+)?(?: của| tại| trong)? $"),
        active=re.compile(
            rf"(?P<own>{_OWN}){joint} (?:đã |chính thức )?(?P<verb>{verb})(?: (?:{whole}|(?P<part>{part})))? "
        ),
        passive=re.compile(
            rf"(?P<own>{_OWN})(?: \(|,)? ?(?:đã )?(?:được|bị) (?P<verb>{verb})(?P<part> một số điều)? (?:bởi|bằng) "
        ),
        told=told,
    )


def _one_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
