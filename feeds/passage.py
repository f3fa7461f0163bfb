"""The line of an article that shows why a search finds it: its own words, where those asked for stand; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feeds.query import Query, Term
from feeds.text import each_sentence, fold
from feeds.tokens import Word, words_of

LONGEST = 160  # characters
_BEFORE = 50  # of them before the match, where its sentence is longer
_MOST_MARKS = 6
_CENTRE = r"(?:tw|(?:(?<=/)|(?<=/ ))t\.?[uw])"  # feeds.tokens


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
    part, start = next(_places(lead, text, query.wanted), (lead or text, 0))
    line = _line(part, start)
    spans = list(_spans(line, query.wanted))
    chosen = [span for span in spans if span[2]] or spans
    return Passage(line, _apart([span[:2] for span in chosen])[:_MOST_MARKS])


def _places(lead: str, text: str, terms: Sequence[Term]) -> Iterator[tuple[str, int]]:
    """(part, where in it) of the matches with the accents that were typed, then of the first without."""
    first: tuple[str, int] | None = None
    for part in (lead, text):
        for start, _, is_typed in _spans(part, terms):
            if is_typed:
                yield part, start
            first = first or (part, start)
    if first:
        yield first


def _spans(text: str, terms: Sequence[Term]) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether with the accents that were typed) of `terms` in `text`, in order.

    Telling a whole text's words apart would cost more than finding the article.
    """
    lower = text.lower()
    folded = fold(lower)
    if not terms or len(folded) != len(text):  # stray combining marks vanish
        return
    written = {term.text for term in terms}
    for match in _pattern(tuple(term.folded for term in terms)).finditer(folded):
        start, end = match.span()
        if lower[start:end] in written:
            yield start, end, True
            continue
        words = tuple(words_of(text[start:end]))
        meant = [term for term in terms if term.folded == tuple(word.folded for word in words)]
        if meant:
            yield start, end, any(_is_typed(words, term) for term in meant)


@lru_cache(64)
def _pattern(terms: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    """What folded text has where one of these terms, whose words are letters and digits, may stand."""
    spelt = (r"[\W_]+".join(_CENTRE if word == "tw" else word for word in term) for term in terms)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(spelt)})(?![^\W_])")


def _is_typed(words: Sequence[Word], term: Term) -> bool:
    return not term.is_accented or tuple(word.written for word in words) == term.written


def _line(text: str, at: int) -> str:
    """The sentence of `text` that holds `at`, on one line, cut at words to `LONGEST`."""
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
