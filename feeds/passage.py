"""The line of an article that shows why a search finds it: its own words, where those asked for stand; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feeds.query import Query, Term
from feeds.text import each_sentence
from feeds.tokens import Word, words_of

LONGEST = 160  # characters
_BEFORE = 50  # of them before the match, where its sentence is longer
_MOST_MARKS = 6


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
    found = [(part, *span) for part in (lead, text) for span in _spans(part, query.wanted)]
    part, start, *_ = min(found, key=lambda one: not one[3], default=(lead or text, 0))
    line = _line(part, start)
    spans = _spans(line, query.wanted)
    chosen = [span for span in spans if span[2]] or spans
    return Passage(line, _apart([span[:2] for span in chosen])[:_MOST_MARKS])


def _spans(text: str, terms: Sequence[Term]) -> list[tuple[int, int, bool]]:
    """(start, end, whether with the accents that were typed) of `terms` in `text`, in order."""
    words = list(words_of(text))
    return [
        (words[at].start, words[at + len(term.folded) - 1].end, _is_typed(words, at, term))
        for at, word in enumerate(words)
        for term in terms
        if word.folded == term.folded[0] and tuple(w.folded for w in words[at : at + len(term.folded)]) == term.folded
    ]


def _is_typed(words: Sequence[Word], at: int, term: Term) -> bool:
    return not term.is_accented or tuple(w.written for w in words[at : at + len(term.written)]) == term.written


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
