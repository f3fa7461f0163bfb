"""The province of a local document (CITATIONS.md, 8): attached, named in its sentence, or the only one of the text.

A wrong province is worse than none: a committee below the province, or a city that is not directly under the
central authorities, never lends its province to a document.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.mention import Mention
from feeds.documents.organs import base_organ, central_cities
from feeds.places import find_places
from feeds.text import sentences

_CITY = re.compile(r"(?:TP\.?|Tp\.?|[Tt]hành phố|THÀNH PHỐ|[Tt]hành ủy|THÀNH ỦY)\s*$")
_BELOW = re.compile(r"\s*(?:các\s+)?(?:huyện|quận|xã|phường|thị\s+xã|thị\s+trấn)(?!\w)")
_COMMITTEE = re.compile(
    r"(?:tỉnh\s+ủy|thành\s+ủy|ubnd|hđnd|ủy\s+ban\s+nhân\s+dân|hội\s+đồng\s+nhân\s+dân|đảng\s+bộ)"
    r"(?:\s+(?:tỉnh|thành\s+phố|tp\.?))?\s*$"
)
_FORMER = re.compile(r"(?:nguyên|cựu)\s[^,;.]{0,60}$")


@dataclass(frozen=True, slots=True)
class _Named:
    start: int
    end: int
    name: str  # "Bến Tre", or "TP Bến Tre" for the city
    bare: str


def give_places(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Fills the place of every mention of a local document, and of local congresses and departments."""
    waiting = [mention for mention in mentions if _needs_place(mention)]
    if not waiting:
        return
    named = _named_places(text)
    spans = sentences(text.plain)
    for mention in waiting:
        mention.place = _attached(text, mention, named) or _in_sentence(text, mention, named, spans)
        if mention.place is None and not _below_province(text, mention):
            names = {place.name for place in named}
            mention.place = names.pop() if len(names) == 1 else None
        if mention.number and mention.number.shape == "congress":
            mention.number = replace(mention.number, place=mention.place or "?")


def _needs_place(mention: Mention) -> bool:
    if mention.number and mention.number.shape == "congress":
        return mention.number.place is not None
    organ = base_organ(mention.organ) if mention.organ else None
    return organ is not None and organ.local


def _named_places(text: FoldedText) -> list[_Named]:
    found = []
    for place in find_places(text.plain):
        before = text.plain[max(0, place.start - 12) : place.start]
        city = _CITY.search(before) is not None and place.name not in central_cities()
        # "TP. Bến Tre" is the city; the pattern of places may include the word
        spelled = text.plain[place.start : place.end]
        city = city or (_CITY.match(spelled) is not None and place.name not in central_cities())
        found.append(_Named(place.start, place.end, f"TP {place.name}" if city else place.name, place.name))
    return found


def _attached(text: FoldedText, mention: Mention, named: Sequence[_Named]) -> str | None:
    """ "của Tỉnh ủy X", "Đại hội Đảng bộ tỉnh X": a place that stands in the mention or right behind its issuer."""
    for place in named:
        if mention.start <= place.start < mention.end:
            return place.name
        if mention.body_end and 0 <= place.start - mention.body_end <= 16:
            between = text.low[mention.body_end : place.start]
            if re.fullmatch(r"\s*(?:tỉnh|thành\s+phố|tp\.?|t\.)?\s*", between):
                return place.name
    return None


def _in_sentence(
    text: FoldedText, mention: Mention, named: Sequence[_Named], spans: Sequence[tuple[int, int]]
) -> str | None:
    """The one province whose committee or council the same sentence names."""
    if _below_province(text, mention):
        return None
    start, end = next(((s, e) for s, e in spans if s <= mention.start < e), (0, len(text.low)))
    names = {
        place.name
        for place in named
        if start <= place.start < end
        and _COMMITTEE.search(text.low[max(start, place.start - 40) : place.start])
        and not _FORMER.search(text.low[max(start, place.start - 90) : place.start])
    }
    return names.pop() if len(names) == 1 else None


def _below_province(text: FoldedText, mention: Mention) -> bool:
    """Whether the issuer is a district's, a commune's or a unit's body: "UBND huyện"."""
    organ = base_organ(mention.organ or "")
    if organ and organ.code in _district_organs():
        return True
    return bool(mention.body_end and _BELOW.match(text.low, mention.body_end))


@cache
def _district_organs() -> frozenset[str]:
    return frozenset({"HU", "QU", "ThU", "ĐU"})
