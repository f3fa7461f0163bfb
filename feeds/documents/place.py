"""The province of a local document (CITATIONS.md, 8): attached, named in its sentence, or the only one of the text.

A wrong province is worse than none: a committee below the province, or a city that is not directly under the
central authorities, never lends its province to a document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile

from feeds.documents.folding import FoldedText
from feeds.documents.mention import Mention
from feeds.documents.organs import base_organ, central_cities, organs
from feeds.places import find_places
from feeds.text import each_sentence

_CITY = re.compile(r"(?:TP\.?|Tp\.?|[Tt]hành phố|THÀNH PHỐ|[Tt]hành ủy|THÀNH ỦY)\s*$")
_BELOW = re.compile(r"\s*(?:các\s+)?(?:huyện|quận|xã|phường|thị\s+xã|thị\s+trấn)(?!\w)")
_COMMITTEE = re.compile(
    r"(?:tỉnh\s+ủy|thành\s+ủy|ubnd|hđnd|ủy\s+ban\s+nhân\s+dân|hội\s+đồng\s+nhân\s+dân|đảng\s+bộ)"
    r"(?:\s+(?:tỉnh|thành\s+phố|tp\.?))?\s*$"
)
_FORMER = re.compile(r"(?:nguyên|cựu)\s[^,;.]{0,60}$")
_NAME = re.compile(r"\s+(?:huyện\s+|quận\s+|thị\s+xã\s+)?(?P<name>[A-ZĐÀ-Ỹ]\w*(?:\s+[A-ZĐÀ-Ỹ]\w*){0,3})")
_CAPITAL = re.compile(r"[Tt]hủ đô(?!\s+(?:[A-ZĐ]|các|của|một|nước))")
_TINH = re.compile(r"\b[Tt]ỉnh\b")
_LOWER_BODY = re.compile(
    r"(?:huyện\s+ủy|quận\s+ủy|thị\s+ủy|(?:ubnd|hđnd|ủy\s+ban\s+nhân\s+dân)\s+(?:huyện|quận|xã|phường|thị\s+xã))(?!\w)"
)
_PROVINCIAL_CONGRESS = re.compile(r"đảng\s+bộ\s+(?:tỉnh|thành\s+phố|tp\b)")
_BEFORE, _BEHIND = 60, 60  # what tells places from their look-alikes
_REACH = 600  # characters of a sentence before and behind a mention
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class _Named:
    start: int
    name: str  # "Bến Tre", or "TP Bến Tre" for the city


def give_places(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Fills the place of every mention of a local document, and of local congresses and departments."""
    waiting = [mention for mention in mentions if _needs_place(mention)]
    if not waiting:
        return
    only: str | None = ""  # not searched for yet
    for mention in waiting:
        mention.place = _attached(text, mention)
        if mention.place is None and _of_province(text, mention):
            span = _sentence(text.plain, mention)
            if not _LOWER_BODY.search(text.low, *span):
                mention.place = _in_sentence(text, _named_places(text, span[0], max(span[1], mention.end)))
                if mention.place is None:
                    only = _only_place(text) if only == "" else only
                    mention.place = only
        if mention.place and _TINH.search(mention.body or text.plain[mention.start : mention.end]):
            mention.place = mention.place.removeprefix("TP ")  # the city bears the name of its province
        if mention.number and mention.number.shape == "congress":
            mention.number = replace(mention.number, place=mention.place or "?")


def _sentence(plain: str, mention: Mention) -> tuple[int, int]:
    """The sentence of `mention`, as far as it is within reach."""
    start = max(0, plain.rfind("\n", 0, mention.start), mention.start - _REACH)
    end = plain.find("\n", mention.end, mention.end + _REACH)
    end = min(len(plain), mention.end + _REACH) if end < 0 else end
    spans = ((start + first, start + last) for first, last in each_sentence(plain[start:end]))
    return next(((first, last) for first, last in spans if last > mention.start), (start, end))


def _needs_place(mention: Mention) -> bool:
    if mention.number and mention.number.shape == "congress":
        return mention.number.place is not None
    return mention.local


def _named_places(text: FoldedText, start: int, end: int) -> list[_Named]:
    found = []
    for place in find_places(text.plain[start:end]):
        begin = start + place.start
        words = text.plain[max(0, begin - 12) : begin]
        city = place.name not in central_cities() and _CITY.search(words) is not None
        found.append(_Named(begin, f"TP {place.name}" if city else place.name))
    return found


def _only_place(text: FoldedText) -> str | None:
    """The place of a text that names one alone; "Thủ đô" without a name is Hà Nội."""
    names: set[str] = {"Hà Nội"} if _CAPITAL.search(text.plain) else set()
    for start, end in _chunks(text.plain):
        names |= {place.name for place in _named_places(text, start, end)}
        if len(names) > 1:
            return None
    return names.pop() if names else None


def _chunks(plain: str) -> Iterator[tuple[int, int]]:
    """Spans to look through one by one: most texts name two places in the first and need no more."""
    start = 0
    while start < len(plain):
        end = plain.find(" ", start + _CHUNK)
        end = len(plain) if end < 0 else end
        yield start, end
        start = end


def _attached(text: FoldedText, mention: Mention) -> str | None:
    """ "của Tỉnh ủy X", "Đại hội Đảng bộ tỉnh X": a place that stands in the mention or right behind its issuer."""
    around = min(mention.start, mention.body_end or mention.start), max(mention.end, mention.body_end)
    for place in _named_places(text, max(0, around[0] - _BEFORE), around[1] + _BEHIND):
        if mention.start <= place.start < mention.end:
            return place.name
        if mention.body_end and 0 <= place.start - mention.body_end <= 16:
            between = text.low[mention.body_end : place.start]
            if re.fullmatch(r"\s*(?:tỉnh|thành\s+phố|tp\.?|t\.)?\s*", between):
                return place.name
    if mention.organ in _district_organs() and mention.body_end:
        name = _NAME.match(text.plain, mention.body_end)
        words = takewhile(lambda word: word[0].isupper(), name["name"].split()) if name else ()
        return " ".join(words) or None
    return None


def _in_sentence(text: FoldedText, named: Sequence[_Named]) -> str | None:
    """The one province whose committee or council the same sentence names."""
    names = {
        place.name
        for place in named
        if _COMMITTEE.search(text.low[max(0, place.start - 40) : place.start])
        and not _FORMER.search(text.low[max(0, place.start - 90) : place.start])
    }
    return names.pop() if len(names) == 1 else None


def _of_province(text: FoldedText, mention: Mention) -> bool:
    """Whether the issuer may be a province's body: not "UBND huyện", nor a congress of "Đảng bộ Công an Trung ương"."""
    if mention.number and mention.number.shape == "congress":
        return _PROVINCIAL_CONGRESS.search(text.low, mention.start, mention.end) is not None
    organ = base_organ(mention.organ or "")
    if organ and organ.code in _district_organs():
        return False
    return not (mention.body_end and _BELOW.match(text.low, mention.body_end))


@cache
def _district_organs() -> frozenset[str]:
    return frozenset(organ.code for organ in organs().values() if organ.district)
