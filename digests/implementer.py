"""Who does what an article says is done with a document: a province of today or a central body; pure.

::

    sentence --names of provinces and bodies--> who acts in it / headline / lead / the outlet's own province

Precision comes first: where nobody, or nobody in particular, is said to act, nobody is given. The words are in
data/implementer.toml, the bodies in data/bodies.toml. How it reads:

1. In the sentence, up to the document, whoever has a verb of acting soon behind its name acts; of several the first.
   "do X tổ chức" tells it anywhere. Whoever issued a cited document does not act by that.
2. A place right behind "tại" or "ở" is where something is held, not who holds it; who attends does not hold it either.
3. A local organ without its place ("Tỉnh ủy", "Công an tỉnh") is of the province that headline or lead name, else of
   the document's or the outlet's own; it is never a central body.
4. An inspection belongs to whoever is inspected, where that is said.
5. Where the sentence names nobody, the headline and then the lead are asked, and only who plainly acts there counts.
6. Of the rest: a document of a province is implemented there, and what is told of one place only, at that place; but
   "tại Hà Nội" is where central bodies meet.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from digests.bodies import find_bodies
from feeds.documents import find_citations
from feeds.documents.folding import fold_text
from feeds.places import find_places, present_province, province_names
from feeds.text import one_of_words

DATA = Path(__file__).with_name("data") / "implementer.toml"

Kind = Literal["province", "body"]
Ground = Literal["sentence", "title", "lead", "document", "outlet"]

_NEAR = 90  # characters between a name and its verb
_MOST = 2000  # characters of a sentence or lead that are read
_ISSUER = re.compile(r"(?:[\s,(]*(?:ngày|năm|tháng|khóa|số|\d[\d/.\-]*|[ivx]+\b|[\"”)]))*[\s,)]*của\s+")
_ISSUER_NAME = 30  # characters from "của" to a name that issuers have: "Ban Thường vụ Thành ủy" Hà Nội
_DATELINE = re.compile(r",\s*ngày\s*\d")
_SURE, _LIKELY = 2, 1


@dataclass(frozen=True, slots=True)
class Implementer:
    """A province of today (`kind` "province", its name) or a central body ("body", its code).

    `named` is what the text calls it, a former name too: "Bến Tre". `ground` says where it was read: in the sentence,
    the title or the lead, or that it is the province of the document or of the outlet.
    """

    kind: Kind
    name: str
    named: str
    ground: Ground


@dataclass(frozen=True, slots=True)
class _Actor:
    """Whoever is named at ``[start, end)`` and may act."""

    start: int
    end: int
    kind: Kind
    name: str
    named: str
    is_organ: bool
    is_person: bool = False
    is_venue: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A text in lower case, of which what stands before `until` may tell who acts."""

    ground: Ground
    low: str
    until: int
    actors: Sequence[_Actor]


def implementer(
    quote: str, title: str, lead: str, *, raw: str, stage: str, place: str | None = None, home: str | None = None
) -> Implementer | None:
    """Who does `stage` with the document that `quote`, a sentence of an article, cites as `raw`.

    `place` is the province whose document it is, `home` that of the article's outlet, under names of then or now.
    """
    sentence = _read("sentence", quote, quote[:_MOST].find(raw))
    if stage == "inspected" and (found := _inspected(sentence)):
        return found
    if found := _acting(sentence, _SURE):
        return found
    around = [_read("title", title), _read("lead", lead)]
    said = sentence.low[: sentence.until]
    if _words()["unnamed"].search(said) and not any(actor.kind == "province" for actor in sentence.actors):
        return _of_organ(around, place, home)
    if not _words()["everybody"].search(said):
        if found := _acting(sentence, _LIKELY):
            return found
        for text in around:
            if found := (_inspected(text) if stage == "inspected" else None) or _acting(text, _SURE):
                return found
    return _of_province(place, "document") or _told_of_one(sentence) or _told_of_one(around[0])


def _read(ground: Ground, text: str, until: int = -1) -> _Read:
    folded = fold_text(text[:_MOST])
    actors = _actors(folded.plain, folded.low)
    return _Read(ground, folded.low, until if until >= 0 else len(folded.low), actors)


def _told(actor: _Actor, text: _Read) -> Implementer:
    return Implementer(actor.kind, actor.name, actor.named, text.ground)


def _of_province(name: str | None, ground: Ground) -> Implementer | None:
    known = name is not None and name in province_names()
    return Implementer("province", present_province(name), name, ground) if name is not None and known else None


def _of_organ(around: Sequence[_Read], place: str | None, home: str | None) -> Implementer | None:
    """Of a local organ whose place its sentence does not say: the only province that the article's opening names."""
    for text in around:
        named = [actor for actor in text.actors if actor.kind == "province"]
        if named:
            return _told(named[0], text) if len({actor.name for actor in named}) == 1 else None
    return _of_province(place, "document") or _of_province(home, "outlet")


def _told_of_one(text: _Read) -> Implementer | None:
    """The only province that a text names, if it names nobody else."""
    if len({actor.name for actor in text.actors}) != 1:
        return None
    near = (actor for actor in text.actors if actor.kind == "province" and actor.start < text.until)
    return next((_told(actor, text) for actor in near if actor.name != "Hà Nội" or not actor.is_venue), None)


def _actors(plain: str, low: str) -> Sequence[_Actor]:
    """Who is named and may act, in text order; not whoever issued a cited document."""
    words = _words()
    found: list[_Actor] = []
    for place in find_places(plain):
        before = low[max(0, place.start - _NEAR) : place.start]
        is_organ = words["organ"].search(before) is not None
        is_venue = not is_organ and words["venue"].search(before) is not None
        if not _DATELINE.match(low, place.end) and not words["attends"].match(low, place.end):
            actor = _Actor(place.start, place.end, "province", place.province, place.name, is_organ, is_venue=is_venue)
            found.append(actor)
    for named in find_bodies(low):
        before = low[max(0, named.start - _NEAR) : named.start]
        if words["member"].search(before) or any(words[name].match(low, named.end) for name in ("below", "attends")):
            continue
        is_person = named.role == "person" or words["leads"].search(before) is not None
        said = low[named.start : named.end]
        found.append(_Actor(named.start, named.end, "body", named.body.code, said, not is_person, is_person))
    found.sort(key=lambda actor: actor.start)
    issuers = _issuers(plain, low, found) if found else ()
    return [actor for actor in found if not any(start <= actor.start < end for start, end in issuers)]


def _issuers(plain: str, low: str, actors: Sequence[_Actor]) -> Sequence[tuple[int, int]]:
    """Where cited documents stand, with whoever issued each right behind it."""
    spans = []
    for citation in find_citations(plain):
        end = citation.end
        while match := _ISSUER.match(low, end):
            end, reach = match.end(), _ISSUER_NAME
            for actor in actors:
                if end <= actor.start <= end + reach:
                    end, reach = actor.end, 1  # "Thủ tướng" and "Chính phủ"
        spans.append((citation.start, end))
    return spans


def _acting(text: _Read, least: int) -> Implementer | None:
    """The surest of those who act in a text, of equals the first; None if none is as sure as `least`."""
    sure = [_sureness(text, number) for number in range(len(text.actors))]
    most = max(sure, default=0)
    return _told(text.actors[sure.index(most)], text) if most >= least else None


def _sureness(text: _Read, number: int) -> int:
    words, actor, low = _words(), text.actors[number], text.low
    before = low[max(0, actor.start - _NEAR) : actor.start]
    if words["does"].search(before) and words["holds"].search(low, actor.end, actor.end + _NEAR):
        return _SURE + 1
    if actor.start >= text.until or actor.is_venue or words["object"].search(before) or words["owner"].search(before):
        return 0
    following = text.actors[number + 1].start if number + 1 < len(text.actors) else len(low)
    behind = words["says"].split(low[actor.end : min(actor.end + _NEAR, max(text.until, following))], maxsplit=1)[0]
    if words["orders"].search(behind):
        return _SURE
    if words["acts"].search(behind):
        return _LIKELY if actor.is_person else _SURE
    return _LIKELY if actor.is_organ else 0


def _inspected(text: _Read) -> Implementer | None:
    """Whoever is said to be inspected."""
    pattern = _words()["inspected"]
    behind = (a for a in text.actors if pattern.search(text.low[max(0, a.start - _NEAR) : a.start]))
    return next((_told(actor, text) for actor in behind), None)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    """The patterns by the names of their lists."""
    data: dict[str, list[str]] = tomllib.loads(DATA.read_text("utf-8"))
    place_word = r"(?:tỉnh|thành phố|tp\b\.?|thủ đô)?\s*"
    forms = {
        "acts": r"\b{}\b",
        "orders": r"\b{}\b",
        "holds": r"\b{}\b",
        "says": r"[:;]|\b{}\b",
        "unnamed": r"\b{}\b",
        "everybody": r"\b{}\b(?! bộ)",
        "below": r"\s*{}\b",
        "attends": r"[^,;:.]{{0,30}}\b{}\b",
        "venue": rf"\b{{}}\s+(?:địa bàn\s+)?{place_word}$",
        "does": rf"\bdo\s+(?:{{}}\s+)?{place_word}$",
        "object": r"\b{}\s+(?:\S+\s+)?$",
        "owner": r"\b{}\s+$",
        "member": r"\b{}\s+$",
        "leads": r"\b{}\s+$",
        "organ": rf"\b{{}}\s+(?:[^,;:.]{{{{0,40}}}}\s)?{place_word}$",
        "inspected": r"\b{}\s+(?:[^,;:.]{{0,30}}\s)?$",
    }
    lists = {**data, "does": data["organ"]}
    return {name: re.compile(form.format(one_of_words(sorted(lists[name])))) for name, form in forms.items()}
