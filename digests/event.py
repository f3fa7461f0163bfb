"""Do two reports tell one event? A small model of what they share and where they contradict each other; pure.

::

    title, lead, vector -> Report  two Reports -> compare -> features -> weights (data/event.json) -> log odds

Same event: one happening. Affair: that, or a later happening of the same matter. The weights are those of logistic
regressions on pairs labelled by readers (benchmarks/stories), the bars are log odds set there: a wrong fold hides news,
a missed one only repeats it. Where the second reader has made vectors of both (feeds/second.py), other weights judge
with their likeness too. How telling a word is says the idf of the first reader (feeds/classify.py).
"""

import json
import math
import re
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from feeds.classify import shipped_figures
from feeds.dates import VIETNAM
from feeds.embedding import likeness
from feeds.figures import NUMBER
from feeds.fingerprint import Pair, Wording, contradict, read_wording
from feeds.places import find_places
from feeds.text import modern_tones, one_of_words

DATA = Path(__file__).with_name("data")
LEAD = 500  # characters; in what follows many reports of one place or body are alike
TERMS = 32
_NEW = frozenset({"drafted", "issued"})  # stages at which a document is itself the news
WINDOW = timedelta(hours=72)
"""Between two reports of one event at most."""
NEVER = -100.0
_SAME_TITLE = 0.6  # "Thông cáo số 5" is not "Thông cáo số 7"

_SHORT_LEAD = 80  # characters; with less the text's beginning is read too
_UNKNOWN = 0.5  # how much rarer than all it knows the first reader takes what it does not know
OPENING = 600  # characters of lead and text that tell a text printed again
_SAME_OPENING = 0.42
_MANY = 25  # fewer shared word pairs than this prove something only when nearly all are shared
_FEW = 12  # an opening of fewer proves nothing
_NEARLY_ALL = 0.85
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_BREAKS = frozenset(".:!?\"“‘'-–|[(")  # what follows has a capital whatever it is
# "Sáng nay, 19/11", "Ngày 19-11", "chiều 19/11/2026"; the days of documents bear other years.
_DAY = re.compile(
    r"\b(?:ngày|sáng|trưa|chiều|tối|đêm)(?: nay)?,? \(?0?(\d{1,2})(?:[/.-]| tháng )0?(\d{1,2})(?:[/.-](\d{4}))?",
    re.IGNORECASE,
)
_TOLD_LATE, _TOLD_EARLY = 7, 1  # days; others are deadlines and what is remembered
_UNIT = re.compile(r"(\d+(?:[.,]\d+)*)\s+([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Report:
    """What judging looks at of one article. Word pairs are in lower case with modern tones."""

    article_id: int
    outlet: str
    dated_at: datetime
    wording: Wording
    title: Mapping[Pair, float]
    """Word pairs of the headline, each with its idf."""
    opening: Mapping[Pair, float]
    """Those of headline and lead."""
    title_words: Mapping[str, float]
    words: frozenset[str]
    names: Mapping[str, float]
    """Words with a capital inside a sentence, of headline and lead."""
    counts: Mapping[str, frozenset[str]]
    """Unit -> its numbers: "bị can" counts alike in two reports of one event."""
    documents: frozenset[str]
    new_documents: frozenset[str]
    title_offices: frozenset[str]
    offices: frozenset[str]
    title_countries: frozenset[str]
    countries: frozenset[str]
    times: frozenset[str]
    days: frozenset[tuple[int, int]]
    """(day, month)."""
    """Days of what is told, not of documents."""
    title_places: frozenset[str]
    told: frozenset[Pair]
    """Word pairs of the beginning of lead and text together."""
    vector: bytes | None
    """What the second reader made of it (feeds/vectors.py)."""

    @property
    def terms(self) -> tuple[int, ...]:
        """The most telling word pairs and the documents, hashed to 63 bits, at most `TERMS`: what to look it up by."""
        rarest = sorted(self.opening.items(), key=lambda item: (-_telling(self, *item), item[0]))
        spelled = [*sorted(self.documents)[: TERMS // 8], *(" ".join(pair) for pair, _ in rarest)]
        return tuple(dict.fromkeys(map(_hashed, spelled[:TERMS])))


@dataclass(frozen=True, slots=True)
class _Weights:
    """``log odds = intercept + sum(weights * features)``; `sure`: from there on it is so."""

    intercept: float
    weights: Mapping[str, float]
    sure: float

    def log_odds(self, features: Mapping[str, float]) -> float:
        return self.intercept + sum(weight * features[name] for name, weight in self.weights.items())


def read_report(
    article_id: int,
    outlet: str,
    dated_at: datetime,
    title: str,
    lead: str,
    text: str,
    documents: Iterable[tuple[str, str]],
    named: Iterable[str],
    vector: bytes | None = None,
    *,
    date_known: bool = True,
) -> Report:
    """The report that an article is; `documents` are the keys that it cites, each with the stage told, and of `text`
    only its beginning is read. Without `date_known` it was only first seen then.

    `named` are the words in which it names documents: conferences on one directive all say them, so they make no two
    reports alike.
    """
    documents = list(documents)
    told = f"{lead} {text[:OPENING]}"[:OPENING]
    lead = lead[:LEAD] if len(lead) >= _SHORT_LEAD else told[:LEAD].strip()
    title, lead = modern_tones(title[:LEAD]), modern_tones(lead)
    whole = f"{title} . {lead}"
    wording = read_wording(title, lead, "")
    rules = _rules()
    counts: dict[str, set[str]] = defaultdict(set)
    for number, unit in _UNIT.findall(whole):
        counts[unit.lower()].add(number.lstrip("0"))
    bare = read_wording(_without(title, named), _without(lead, named), "")
    heading = _weighed(bare.title)
    return Report(
        article_id=article_id,
        outlet=outlet,
        dated_at=dated_at,
        wording=wording,
        title=heading,
        opening=_weighed(bare.opening),
        title_words={word: _idf(word) for pair in heading for word in pair if not word[0].isdigit()},
        words=frozenset(word for pair in wording.opening for word in pair),
        names={name: _idf(name) for name in _names(whole)},
        counts={unit: frozenset(numbers) for unit, numbers in counts.items()},
        documents=frozenset(key for key, _ in documents),
        new_documents=frozenset(key for key, stage in documents if stage in _NEW),
        title_offices=frozenset(rules.office.findall(title.lower())),
        offices=frozenset(rules.office.findall(whole.lower())),
        title_countries=frozenset(rules.names[found] for found in rules.country.findall(title)),
        countries=frozenset(rules.names[found] for found in rules.country.findall(whole)),
        days=frozenset(_days(lead, dated_at.astimezone(VIETNAM).date() if date_known else None)),
        title_places=frozenset(place.province for place in find_places(title)),
        times=frozenset(rules.time.findall(lead.lower())),
        told=read_wording("", "", _without(told, named)).text,
        vector=vector,
    )


def same_event(one: Report, other: Report) -> float:
    """Log odds, above the bar of what is sure, that both tell one event; symmetric. `NEVER` where they cannot."""
    features = compare(one, other)
    if plainly_apart(one, other, features):
        return NEVER
    same = _weights("same", features)
    odds = same.log_odds(features) - same.sure
    return max(odds, 0.0) if odds < 0 and _printed_again(one, other) else odds


def same_affair(one: Report, other: Report) -> float:
    """Log odds, above the bar, that one tells of the other's event or what became of it; symmetric."""
    features = compare(one, other)
    affair = _weights("affair", features)
    return affair.log_odds(features) - affair.sure


def compare(one: Report, other: Report) -> dict[str, float]:
    """The features of a pair, none larger than about 10; symmetric.

    `meaning` is one where both have vectors, unless they share a document that is no news: whatever is held on one
    directive, wherever, means much the same.
    """
    hours = abs((one.dated_at - other.dated_at).total_seconds()) / 3600
    same_outlet = float(one.outlet == other.outlet)
    titles = _cosine(one.title, other.title)
    said = sorted((_said(one.title_words, other.words), _said(other.title_words, one.words)))
    units = one.counts.keys() & other.counts.keys()
    new = not one.new_documents.isdisjoint(other.new_documents)
    comparable = new or one.documents.isdisjoint(other.documents)
    meaning = {"meaning": likeness(one.vector, other.vector)} if comparable and one.vector and other.vector else {}
    return meaning | {
        "hours": math.log1p(hours),
        "same_outlet": same_outlet,
        "titles": titles,
        "titles_of_outlet": same_outlet * titles,
        "openings": _cosine(one.opening, other.opening),
        "shared": math.log1p(len(one.opening.keys() & other.opening.keys())),
        "title_said": said[1],
        "titles_said": said[0],
        "same_names": math.sqrt(sum(one.names[name] for name in one.names.keys() & other.names.keys())),
        "names_unsaid": math.sqrt(min(_unsaid(one.names, other.words), _unsaid(other.names, one.words))),
        "contradict": float(contradict(one.wording, other.wording)),
        "other_numbers": _apart(one.wording.title_numbers, other.wording.title_numbers),
        "other_counts": float(sum(one.counts[unit].isdisjoint(other.counts[unit]) for unit in units)),
        "other_places": _apart(one.wording.places, other.wording.places),
        "same_new_document": float(new),
        "other_documents": _apart(one.documents, other.documents),
        "other_title_offices": _apart(one.title_offices, other.title_offices),
        "other_offices": float(min(len(one.offices - other.offices), len(other.offices - one.offices))),
        "same_title_country": float(not one.title_countries.isdisjoint(other.title_countries)),
        "other_title_countries": _apart(one.title_countries, other.title_countries),
        "other_countries": _apart(one.countries, other.countries),
        "other_time": _apart(one.times, other.times),
    }


def plainly_apart(one: Report, other: Report, features: Mapping[str, float]) -> bool:
    """Whether they are told too far apart, name other days or provinces, or are two of one series of reports: of
    headlines nearly alike, with other numbers or of other documents.
    """
    named = (one.days, other.days), (one.title_places, other.title_places), (one.wording.places, other.wording.places)
    elsewhere = any(some and others and some.isdisjoint(others) for some, others in named)
    ours, theirs = _numbers(one.wording), _numbers(other.wording)
    numbered = ours[0] - theirs[1] and theirs[0] - ours[1]
    of_series = features["titles"] >= _SAME_TITLE and bool(numbered or features["other_documents"])
    return elsewhere or of_series or abs(one.dated_at - other.dated_at) > WINDOW


def _numbers(wording: Wording) -> tuple[set[str], set[str]]:
    """The numbers of headline and of headline and lead, the third as 3."""
    in_title, all_of_them = (
        {number.removeprefix("thứ ") for number in numbers} for numbers in (wording.title_numbers, wording.numbers)
    )
    return in_title, all_of_them


def _days(lead: str, published: date | None) -> Iterator[tuple[int, int]]:
    """(day, month) of the days that `lead` names near `published`; where that is not known, of all without a year."""
    for day, month, year in _DAY.findall(lead):
        named = int(day), int(month)
        if published is None:
            yield from () if year else (named,)
        else:
            near = (published + timedelta(days=days) for days in range(-_TOLD_LATE, _TOLD_EARLY + 1))
            yield from (named for told in near if (told.day, told.month) == named and year in ("", str(told.year)))


def _without(text: str, named: Iterable[str]) -> str:
    for name in sorted(named, key=len, reverse=True):
        text = text.replace(name, " . ")
    return text


def _printed_again(one: Report, other: Report) -> bool:
    """Whether their beginnings are the same words, under whatever headline, and nothing in them differs."""
    short, long = sorted((one.told, other.told), key=len)
    shared = len(short & long)
    if len(short) < _FEW or shared < (_SAME_OPENING if shared >= _MANY else _NEARLY_ALL) * len(short):
        return False
    return not contradict(one.wording, other.wording)


@dataclass(frozen=True, slots=True)
class _Rules:
    office: re.Pattern[str]
    country: re.Pattern[str]
    time: re.Pattern[str]
    names: Mapping[str, str]  # of a country, as written -> its first


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = tomllib.loads((DATA / "event.toml").read_text("utf-8"))
    names = {name: country[0] for country in data["countries"] for name in country}
    return _Rules(_whole_words(data["offices"]), _whole_words(names), _whole_words(data["times"]), names)


def _whole_words(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b{one_of_words(words, ' ')}\b")


@cache
def _model() -> Mapping[str, _Weights]:
    data = json.loads((DATA / "event.json").read_text("utf-8"))
    return {name: _Weights(**figures) for name, figures in data.items()}


def _weights(name: str, features: Mapping[str, float]) -> _Weights:
    return _model()[f"{name}_by_meaning" if "meaning" in features else name]


@cache
def _rarest() -> float:
    return max(shipped_figures().idf) + _UNKNOWN


def _idf(gram: str) -> float:
    figures = shipped_figures()
    index = figures.vocabulary.get(gram)
    return _rarest() if index is None else figures.idf[index]


def _weighed(pairs: Collection[Pair]) -> dict[Pair, float]:
    return {pair: _idf(" ".join(NUMBER if word[0].isdigit() else word for word in pair)) for pair in pairs}


def _telling(report: Report, pair: Pair, idf: float) -> float:
    """How well `pair` finds other reports of the event: of rare words, in the headline or a name."""
    return 0.3 * idf + 0.5 * min(map(_idf, pair)) + 2 * (pair in report.title) + 2 * (pair in report.wording.names)


def _hashed(term: str) -> int:
    encoded = term.encode()
    return zlib.crc32(encoded) << 31 | zlib.adler32(encoded) & 0x7FFFFFFF


def _names(text: str) -> set[str]:
    found, before = set(), "."
    for token in _TOKEN.findall(text):
        if token[0].isupper() and (before not in _BREAKS or (token.isupper() and len(token) > 1)):
            found.add(token.lower())
        before = token
    return found


def _cosine(one: Mapping[Pair, float], other: Mapping[Pair, float]) -> float:
    shared = sum(one[pair] ** 2 for pair in one.keys() & other.keys())
    return shared / math.sqrt(_square(one) * _square(other)) if shared else 0.0


def _square(weights: Mapping[Any, float]) -> float:
    return sum(weight**2 for weight in weights.values())


def _said(title: Mapping[str, float], words: Collection[str]) -> float:
    """How much of `title`, rare words counting most, is among `words`."""
    whole = _square(title)
    return sum(idf**2 for word, idf in title.items() if word in words) / whole if whole else 0.0


def _unsaid(names: Mapping[str, float], words: Collection[str]) -> float:
    return sum(idf for name, idf in names.items() if name not in words)


def _apart(one: frozenset[str], other: frozenset[str]) -> float:
    """1 where both say something and nothing is the same."""
    return float(bool(one and other and one.isdisjoint(other)))
