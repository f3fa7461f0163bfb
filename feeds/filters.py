"""What the values of search filters mean: marks that articles are indexed under (feeds.tokens), or days; pure."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from urllib.parse import urlsplit

from feeds.classify import topics
from feeds.documents import Lookup, load_catalogue, look_up
from feeds.documents.evidence import central_body
from feeds.documents.kinds import Kind, kind_symbols, kind_words
from feeds.documents.organs import base_organ, organ_symbols, organ_words, skeleton
from feeds.places import present_province, province_named
from feeds.sources import load_sources
from feeds.text import fold, modern_tones
from feeds.tokens import mark, squash

_MAX_MARKS = 12
_MAX_DAYS = 3650
_YEARS = range(1900, 2201)
_BODIES = {"bct": "Bộ Chính trị", "bbt": "Ban Bí thư", "bch": "Ban Chấp hành Trung ương"}
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH = re.compile(r"(?:thang )?(\d{1,2})[/.-](\d{4})")
_ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_YEAR = re.compile(r"(?:nam )?(\d{4})")
_BACK = re.compile(r"(\d{1,4}) ?(d|n|ngay|days?|w|tuan|weeks?|m|thang|months?|y|nam|years?)(?: qua| truoc| ago)?")
_UNITS = {"d": 1, "n": 1, "w": 7, "t": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value means: marks, any of which will do, and what they are called; or the first or last day.

    `shown` are codes of topics and types, ids or keys of documents, codes or names of issuers, and names of all else;
    of a province also the former one that was asked for: "Vĩnh Long (Bến Tre)".
    """

    marks: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


def understand(name: str, value: str, today: date | None = None) -> Meaning | None:
    """What `value` means to the filter `name`; None where nothing."""
    bare = " ".join(value.split()).strip(" .,;:!?()[]'")
    if not any(map(str.isalnum, bare)):
        return None
    if name in ("since", "until"):
        return _days(name, fold(bare), today)
    return _READERS[name](bare)


def outlet_named(name: str) -> Meaning | None:
    """An outlet that is not of the project's own sources, by the name under which it was added."""
    return Meaning((mark("from", name),), (name,)) if squash(name) else None


def is_issuer_code(word: str) -> bool:
    """Whether `word` is written like the end of a number: "tw" of "09 ct tw"."""
    return word.strip().casefold() in organ_symbols()


def document_marks(lookup: Lookup) -> tuple[str, ...]:
    """The marks of articles that cite what a number means: as a card lists them (digests.dossier)."""
    catalogue = load_catalogue()
    found = [mark("doc", document_id) for document_id in lookup.documents]
    borne = {key for i in lookup.documents if (document := catalogue.get(i)) for key in (document.key, *document.also)}
    for key in lookup.keys:
        found.append(mark("loose" if key in borne else "key", key))
    return tuple(dict.fromkeys(found))[:_MAX_MARKS]


def _topic(value: str) -> Meaning | None:
    asked = squash(value)
    codes = tuple(dict.fromkeys(code for name, code in _topic_names() if name == asked))
    if not codes:
        codes = tuple(t.code for t in topics() if any(_has_words(name, value) for name in t.names.values()))
    return _marked("topic", codes)


def _has_words(name: str, words: str) -> bool:
    """Whether `words` stand in `name`, folded, as whole words."""
    return f" {fold(words)} " in f" {' '.join(re.findall(r'[a-z0-9]+', fold(name)))} "


def _place(value: str) -> Meaning | None:
    """Articles are about the provinces of today: a former one stands for that into which it went."""
    name = province_named(value)
    if name is None:
        return None
    present = present_province(name)
    return Meaning((mark("place", present),), (present if name == present else f"{present} ({name})",))


def _outlet(value: str) -> Meaning | None:
    """The project's own sources by name, host, or words of a name; by the latter also one of just that name."""
    asked = squash(value)
    if named := tuple(dict.fromkeys(outlet for name, outlet in _outlets() if name == asked)):
        return _marked("from", named)
    named = tuple(dict.fromkeys(outlet for _, outlet in _outlets() if _has_words(outlet, value)))[:_MAX_MARKS]
    marks = tuple(mark("from", name) for name in (*named, value))
    return Meaning(marks, named) if named else None


def _document(value: str) -> Meaning | None:
    lookup = look_up(value, load_catalogue())
    if not lookup.keys and not lookup.documents:
        return None
    return Meaning(document_marks(lookup), (lookup.documents or lookup.keys)[:_MAX_MARKS])


def _issuer(value: str) -> Meaning | None:
    body = _BODIES.get(fold(value))
    words = modern_tones(value.lower())
    if body is None and central_body(words):
        body = value
    if body:
        return Meaning((mark("issuer", body),), (body,))
    organ = organ_symbols().get(value.casefold())
    if organ is None:
        code = organ_words()[1].get(skeleton(words)) or _folded_organs().get(squash(value))
        organ = base_organ(code) if code else None
    return Meaning((mark("issuer", organ.code),), (organ.code,)) if organ else None


def _type(value: str) -> Meaning | None:
    kind = kind_symbols().get(value.casefold()) or kind_words().get(value.lower()) or _folded_kinds().get(fold(value))
    return Meaning((mark("type", kind.type),), (kind.code,)) if kind else None


_READERS: Mapping[str, Callable[[str], Meaning | None]] = {
    "topic": _topic,
    "place": _place,
    "from": _outlet,
    "doc": _document,
    "issuer": _issuer,
    "type": _type,
}


def _marked(kind: str, names: tuple[str, ...]) -> Meaning | None:
    names = names[:_MAX_MARKS]
    return Meaning(tuple(mark(kind, name) for name in names), names) if names else None


@cache
def _topic_names() -> tuple[tuple[str, str], ...]:
    """(squashed code or name, code) of the topics."""
    return tuple((squash(name), topic.code) for topic in topics() for name in (topic.code, *topic.names.values()))


@cache
def _outlets() -> tuple[tuple[str, str], ...]:
    """(squashed name or host, outlet) of the project's own sources."""
    found: dict[tuple[str, str], None] = {}
    for source in load_sources():
        host = (urlsplit(source.url).hostname or "").removeprefix("www.").removeprefix("rss.")
        for name in (source.outlet, host, host.partition(".")[0]):
            found.setdefault((squash(name), source.outlet))
    return tuple(found)


@cache
def _folded_kinds() -> Mapping[str, Kind]:
    return {fold(word): kind for word, kind in kind_words().items()}


@cache
def _folded_organs() -> Mapping[str, str]:
    """Squashed words -> code; of words that mean several without their accents none."""
    codes: dict[str, set[str]] = {}
    for words, code in organ_words()[1].items():
        codes.setdefault(squash(words), set()).add(code)
    return {words: next(iter(found)) for words, found in codes.items() if len(found) == 1}


def _days(name: str, value: str, today: date | None) -> Meaning | None:
    if back := _BACK.fullmatch(value):
        return _counted_back(name, int(back[1]), back[2], today)
    first_last = next(_spans(value), None)
    if first_last is None:
        return None
    return Meaning(since=first_last[0]) if name == "since" else Meaning(until=first_last[1])


def _counted_back(name: str, count: int, unit: str, today: date | None) -> Meaning | None:
    days = count * (30 if unit.startswith("th") else 365 if unit == "nam" else _UNITS[unit[0]])
    if days > _MAX_DAYS:
        return None
    if today is None:
        return Meaning()
    day = today - timedelta(days=days)
    return Meaning(since=day) if name == "since" else Meaning(until=day)


def _spans(value: str) -> Iterator[tuple[date, date]]:
    """(first, last day) of the day, month or year that is written; none of one that no calendar of ours has."""
    try:
        if day := _DAY.fullmatch(value):
            span = (date(int(day[3]), int(day[2]), int(day[1])),) * 2
        elif day := _ISO_DAY.fullmatch(value):
            span = (date(int(day[1]), int(day[2]), int(day[3])),) * 2
        elif month := _MONTH.fullmatch(value):
            span = _month(int(month[2]), int(month[1]))
        elif month := _ISO_MONTH.fullmatch(value):
            span = _month(int(month[1]), int(month[2]))
        elif year := _YEAR.fullmatch(value):
            span = date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)
        else:
            return
    except ValueError:
        return
    if span[0].year in _YEARS:
        yield span


def _month(year: int, month: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, first.replace(day=monthrange(year, month)[1])
