"""What a person searches for: words, "phrases", what to leave out, and filters with a name and a colon; pure.

::

    ma túy "cai nghiện tự nguyện" -bóng đá địa:Nghệ An từ:01/10/2026

Nothing typed is an error. An unknown name before a colon is words, and so is a known one where a blank follows and no
known value; otherwise a filter whose value is not understood is kept in `Query.unclear`, to be said. A minus takes all
up to the next comma, sign, quotation mark or filter, as in /filter: Vietnamese words are of several syllables.
Names and known words are in data/search.toml.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from feeds.documents.kinds import kinds
from feeds.documents.organs import organs
from feeds.filters import Meaning, is_issuer_code, outlet_named, understand
from feeds.places import province_names
from feeds.text import fold, one_of_words, visible
from feeds.tokens import Word, words_of

DATA = Path(__file__).with_name("data") / "search.toml"
MAX_TEXT = 200  # characters that are read
MAX_WORDS = 24  # and words, filters not counted
MAX_FILTERS = 8
_MAX_VALUE = 10  # words of a value that is not quoted
_COMBINING = re.compile("[\u0300-\u036f]")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»″"), '"')
_JOINTS = re.compile(r"[-–/.&]+")  # inside one word as it is typed: 09-CT/TW


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand next to each other in what is found; one word or several. Equal terms ask for the same."""

    written: tuple[str, ...]
    folded: tuple[str, ...]
    excluded: bool = False
    start: int = field(default=0, compare=False)
    """Where it is in `Query.text`, signs included."""
    end: int = field(default=0, compare=False)

    @property
    def is_accented(self) -> bool:
        return self.written != self.folded

    @property
    def text(self) -> str:
        return " ".join(self.written)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter, at ``[start, end)`` of `Query.text`. Filters of one name are alternatives."""

    name: str
    value: str
    meaning: Meaning
    start: int
    end: int
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """A filter whose value means nothing to us."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; `text` is what was read of it, `is_cut` whether that is not all."""

    text: str
    terms: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    is_cut: bool = False
    today: date | None = field(default=None, compare=False)

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.excluded)

    @property
    def is_accented(self) -> bool:
        """Whether some words are typed with accents."""
        return any(term.is_accented for term in self.wanted)

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        return not self.terms and not self.filters

    @property
    def is_specific(self) -> bool:
        """Whether it says what is looked for, and not only when, or what is not."""
        return bool(self.wanted) or any(not f.excluded and f.name not in ("since", "until") for f in self.filters)

    @property
    def since(self) -> date | None:
        """The first day that counts."""
        return max((f.meaning.since for f in self.filters if f.meaning.since), default=None)

    @property
    def until(self) -> date | None:
        """The last day that counts."""
        return min((f.meaning.until for f in self.filters if f.meaning.until), default=None)

    def typed(self, part: Term | Filter) -> str:
        """A part of it as it was typed; of words without their signs."""
        text = self.text[part.start : part.end].strip(" ,;")
        return text if isinstance(part, Filter) else text.lstrip("-–−").strip(' "')

    def replaced(self, changes: Mapping[Term | Filter, str]) -> str:
        """The text of this query with some of its parts replaced, by "" left out."""
        text = self.text
        for part in sorted(changes, key=lambda one: -one.start):
            text = f"{text[: part.start]} {changes[part]} {text[part.end :]}"
        return " ".join(text.split())


def parse_query(text: str, today: date | None = None) -> Query:
    """Reads `text`, at most `MAX_TEXT` characters of it. `today` is what "7 ngày" counts back from; without it that is
    understood, and bounds nothing."""
    composed = _COMBINING.sub("", unicodedata.normalize("NFC", visible(text[: 4 * MAX_TEXT])))
    line = " ".join(composed.translate(_QUOTES).replace("\u0130", "I").split())
    read = line[:MAX_TEXT].strip()
    reader = _Reader(read, today)
    reader.read()
    cut = reader.is_cut or read != line or len(text) > 4 * MAX_TEXT
    terms = tuple(dict.fromkeys(reader.terms))
    return Query(read, terms, tuple(reader.filters), tuple(reader.unclear), cut, today)


class _Reader:
    """Goes through the text from sign to sign."""

    def __init__(self, text: str, today: date | None) -> None:
        self.text, self.today = text, today
        self.folded = fold(text)
        if len(self.folded) != len(text):  # a letter that folding lengthens or drops
            self.text = self.folded
        self.terms: list[Term] = []
        self.filters: list[Filter] = []
        self.unclear: list[Unclear] = []
        self.is_cut = False

    def read(self) -> None:
        at = look = 0
        while match := _signs().search(self.folded, look):
            if self._is_prose(match):
                look = match.end()
                continue
            self._words(at, match.start())
            at = look = self._sign(match)
        self._words(at, len(self.text))

    def _is_prose(self, match: re.Match[str]) -> bool:
        """Whether it is a colon of a headline ("Cảnh báo: lừa đảo"): a blank follows, and no value that is known."""
        if not match["name"] or not match[0].endswith(" ") or self.text.startswith('"', match.end()):
            return False
        ends = self._word_ends(match.end())
        name = _names()[match["name"].replace(" ", "")]
        return bool(ends) and self._understood(name, match.end(), ends) is None

    def _word_ends(self, start: int) -> list[int]:
        """Where the words end that may be an unquoted value at `start`, counted from there."""
        found = re.finditer(r"\S+", self.text[start : self._next(start)])
        return [word.end() for word in found][:_MAX_VALUE]

    def _sign(self, match: re.Match[str]) -> int:
        """Reads what a sign governs; where that ends."""
        if match["quote"]:
            end, after = self._quoted(match.end())
            words = list(words_of(self.text[match.end() : end]))
            self._add(words, match.start(), after, excluded=bool(match["not_quote"]))
            return after
        if match["minus"]:
            end = self._next(match.end())
            self._add(list(words_of(self.text[match.end() : end])), match.start(), end, excluded=True)
            return end
        if match["name"]:
            return self._filter(match)
        return match.end()

    def _quoted(self, start: int) -> tuple[int, int]:
        """Where a quotation ends, and where the text goes on; one that is not closed goes to the end."""
        end = self.text.find('"', start)
        return (len(self.text), len(self.text)) if end < 0 else (end, end + 1)

    def _next(self, start: int) -> int:
        following = _signs().search(self.folded, start)
        return following.start() if following else len(self.text)

    def _filter(self, match: re.Match[str]) -> int:
        name, start = _names()[match["name"].replace(" ", "")], match.end()
        if self.text[start : start + 1] == '"':
            end, after = self._quoted(start + 1)
            self._known_filter(match, name, self.text[start + 1 : end], after)
            return after
        ends = self._word_ends(start)
        if not ends:
            return self._next(start)
        stop = start + (self._understood(name, start, ends) or ends[0])
        self._known_filter(match, name, self.text[start:stop], stop)
        return stop

    def _understood(self, name: str, start: int, ends: Sequence[int]) -> int | None:
        """The end of the value that is not quoted: as many words as mean something together. A document's number ends
        where further words say no more of it."""
        if name != "doc":
            candidates = (end for end in reversed(ends) if understand(name, self.text[start : start + end], self.today))
            return next(candidates, None)
        last: int | None = None
        known: Meaning | None = None
        for end in ends:
            meaning = understand(name, self.text[start : start + end], self.today)
            says_more = meaning != known or is_issuer_code(self.text[start + (last or 0) : start + end])
            if meaning and says_more:
                last, known = end, meaning
        return last

    def _known_filter(self, match: re.Match[str], name: str, value: str, end: int) -> None:
        if len(self.filters) + len(self.unclear) >= MAX_FILTERS:
            self.is_cut = True
            return
        shown = " ".join(value.split())
        meaning = understand(name, shown, self.today) or (outlet_named(shown) if name == "from" else None)
        if meaning:
            self.filters.append(Filter(name, shown, meaning, match.start(), end, bool(match["not"])))
        else:
            self.unclear.append(Unclear(name, shown))

    def _words(self, start: int, end: int) -> None:
        """Words one by one, but for those that are written or known as one."""
        words = list(words_of(self.text[start:end]))
        joined = [bool(_JOINTS.fullmatch(self.text[start + a.end : start + b.start])) for a, b in pairwise(words)]
        at = 0
        while at < len(words):
            size = 1
            while at + size < len(words) and joined[at + size - 1]:
                size += 1
            size = max(size, _known_length(words, at))
            known = words[at : at + size]
            self._add(known, start + known[0].start, start + known[-1].end, excluded=False)
            at += size

    def _add(self, words: Sequence[Word], start: int, end: int, *, excluded: bool) -> None:
        room = MAX_WORDS - sum(len(term.folded) for term in self.terms)
        self.is_cut |= len(words) > room
        if kept := words[:room]:
            written, folded = tuple(w.written for w in kept), tuple(w.folded for w in kept)
            self.terms.append(Term(written, folded, excluded, start, end))


def _known_length(words: Sequence[Word], at: int) -> int:
    """How many of the words from `at` on are known as one; 1 where none are."""
    for folded, written in _compounds().get(words[at].folded, ()):
        candidate = words[at : at + len(folded)]
        if tuple(word.folded for word in candidate) != folded:
            continue
        if all(word.written in (known, word.folded) for word, known in zip(candidate, written, strict=True)):
            return len(folded)
    return 1


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(DATA.read_text("utf-8"))


@cache
def _names() -> Mapping[str, str]:
    """Folded name without blanks -> filter."""
    return {fold(word).replace(" ", ""): name for name, words in _data()["filters"].items() for word in words}


@cache
def _signs() -> re.Pattern[str]:
    """All that is more than words: quotation marks, filters, minuses, commas."""
    spellings = {fold(word) for words in _data()["filters"].values() for word in words}
    names = one_of_words(spellings | {word.replace(" ", "") for word in spellings}, " ")
    return re.compile(
        rf"(?P<not_quote>(?<!\S)[-−–])?(?P<quote>\")"
        rf"|(?<![^\W_])(?P<not>[-−–])?(?<![^\W_])(?P<name>{names}) ?: ?(?!//)"
        r"|(?<!\S)(?P<minus>[-−–])(?=[^\W_])"
        r"|[,;]"
    )


@cache
def _compounds() -> Mapping[str, Sequence[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """First word -> (folded, written) of the known words of several syllables, longest first."""
    known = [
        *_data()["words"]["compounds"],
        *province_names(),
        *(word for kind in kinds().values() for word in kind.words),
        *(word for organ in organs().values() for word in organ.words),
    ]
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for phrase in dict.fromkeys(known):
        words = list(words_of(phrase))
        if len(words) > 1:
            folded, written = tuple(w.folded for w in words), tuple(w.written for w in words)
            found.setdefault(folded[0], []).append((folded, written))
    return {first: sorted(rest, key=lambda pair: -len(pair[0])) for first, rest in found.items()}
