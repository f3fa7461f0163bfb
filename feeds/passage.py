"""The line of an article that shows why a search finds it: its own words, where those asked for stand; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from feeds.query import Query, Term
from feeds.text import each_sentence, fold, modern_tones
from feeds.tokens import Word, words_of

LONGEST = 160  # characters
_BEFORE = 50  # of them before the match, where its sentence is longer
_AROUND = 4 * LONGEST  # characters in which its sentence, where that is no longer, ends
_MOST_MARKS = 6
_CENTRE = r"t(?:w|(?:(?<=/t)|(?<=/ t))\.?[uw])"  # feeds.tokens


@dataclass(frozen=True, slots=True)
class Passage:
    """A line cut out of a text, "…" where it was cut, and the spans ``[start, end)`` of what was asked for."""

    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The line in pieces, and whether each was asked for."""
        end = 0
        for start, stop in self.marks:
            yield self.text[end:start], False
            yield self.text[start:stop], True
            end = stop
        yield self.text[end:], False


def passage_of(lead: str, text: str, query: Query) -> Passage:
    """The line around the first match with the accents that were typed, else the first of all, the lead before the
    text; the beginning where only the headline or a filter matches."""
    sought = _sought(query.wanted)
    if sought is None:
        return Passage(_line(lead or text, 0))
    part, start = next(_places(lead, text, sought), (lead or text, 0))
    line = _line(part, start)
    spans = list(_spans(line, sought))
    chosen = [span for span in spans if span[2]] or spans
    return Passage(line, _apart([span[:2] for span in chosen])[:_MOST_MARKS])


class _Sought(NamedTuple):
    terms: tuple[Term, ...]
    pattern: re.Pattern[str]
    """What folded text has where one of them may stand."""
    typed: frozenset[str]
    """Their words as they were typed, a blank between them; in `bare` of those without accents, in `folded` of all
    without their accents."""
    bare: frozenset[str]
    folded: frozenset[str]


@lru_cache(64)
def _sought(terms: tuple[Term, ...]) -> _Sought | None:
    if not terms:
        return None
    # The words are letters and digits. `re` searches for the first letter alone where no look-behind is before it.
    spelt = (r"[\W_]+".join(_CENTRE if word == "tw" else word for word in term.folded) for term in terms)
    pattern = "|".join(rf"{term[0]}(?<![^\W_].){term[1:]}" for term in spelt)
    return _Sought(
        terms,
        re.compile(rf"(?:{pattern})(?![^\W_])"),
        frozenset(term.text for term in terms),
        frozenset(term.text for term in terms if not term.is_accented),
        frozenset(" ".join(term.folded) for term in terms),
    )


def _places(lead: str, text: str, sought: _Sought) -> Iterator[tuple[str, int]]:
    """(part, where in it) of the matches with the accents that were typed, then of the first without."""
    first: tuple[str, int] | None = None
    for part in (lead, text):
        for start, _, is_typed in _spans(part, sought):
            if is_typed:
                yield part, start
            first = first or (part, start)
    if first:
        yield first


def _spans(text: str, sought: _Sought) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether with the accents that were typed) of what is sought in `text`, in order.

    Telling a whole text's words apart would cost more than finding the article.
    """
    folded = fold(text)
    if len(folded) != len(text):  # stray combining marks vanish
        return
    for match in sought.pattern.finditer(folded):
        start, end = match.span()
        written = text[start:end].lower()
        if written in sought.typed or match[0] in sought.bare:
            yield start, end, True
        elif match[0] in sought.folded:
            yield start, end, modern_tones(written) in sought.typed
        else:
            words = tuple(words_of(text[start:end]))
            meant = [term for term in sought.terms if term.folded == tuple(word.folded for word in words)]
            if meant:
                yield start, end, any(_is_typed(words, term) for term in meant)


def _is_typed(words: Sequence[Word], term: Term) -> bool:
    return not term.is_accented or tuple(word.written for word in words) == term.written


def _line(text: str, at: int) -> str:
    """The sentence of `text` that holds `at`, on one line, cut at words to `LONGEST`."""
    text, at = text[max(0, at - _AROUND) : at + _AROUND], min(at, _AROUND)
    first, last = next(((s, e) for s, e in each_sentence(text) if e > at), (0, 0))
    start, end = first, last
    if last - first > LONGEST:
        if at - first > _BEFORE:
            start = text.find(" ", at - _BEFORE, at) + 1 or at
        if last - start > LONGEST:
            blank = text.rfind(" ", start, start + LONGEST)
            end = blank if blank > start else start + LONGEST
    line = text[start:end].replace("\n", " ")
    return f"{'…' if start > first else ''}{line}{'…' if end < last else ''}"


def _apart(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that overlap an earlier one left out."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return tuple(apart)
