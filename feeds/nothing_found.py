"""What to search for instead, where nothing is found: words that are written nearly so, fewer conditions.

The words that are offered stand in the newest `TITLES` headlines of the index: few enough to be compared one by one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.models import ArticleWords
from feeds.query import Filter, Query, Term, parse_query
from feeds.search import found
from feeds.text import fold
from feeds.tokens import BOUNDARY

TITLES = 2000
MOST_OFFERED = 5
MOST_COUNTED = 100
_TITLE = 160  # characters
_ALIKE = 0.7  # of difflib: twice the letters that agree, in all letters of both
_MAX_DIFFERENCE = 2  # in length
_MOST_ALIKE = 10  # that are compared by syllables
_NEAREST = 3
_MAX_PARTS = 6  # that are tried to go without


@dataclass(frozen=True, slots=True)
class Instead:
    """Another query that finds something."""

    text: str
    count: int
    """Articles it finds, at most `MOST_COUNTED`."""
    dropped: tuple[Filter | Term, ...] = ()
    """What it goes without; empty where it spells words otherwise."""


def instead_of(session: Session, query: Query) -> tuple[Instead, ...]:
    """At most `MOST_OFFERED` queries to offer for one that finds nothing, other spellings first."""
    offered: dict[str, Instead] = {}
    for text, dropped in _candidates(session, query):
        if text in offered or text == query.text:
            continue
        if count := found(session, parse_query(text, query.today), MOST_COUNTED):
            offered[text] = Instead(text, count, dropped)
        if len(offered) == MOST_OFFERED:
            break
    return tuple(offered.values())


def _candidates(session: Session, query: Query) -> Iterator[tuple[str, tuple[Filter | Term, ...]]]:
    missing = [term for term in query.wanted if not found(session, Query(query.text, (term,)), 1)]
    if missing:
        yield from ((text, ()) for text in _spelt(session, query, missing))
    parts: list[Filter | Term] = [*query.filters, *(term for term in query.terms if term.excluded)]
    if len(query.wanted) > 1 or query.filters:
        parts += missing or query.wanted
    yield from ((query.replaced({part: ""}), (part,)) for part in parts[:_MAX_PARTS])
    if len(query.filters) > 1 and query.terms:
        yield query.replaced(dict.fromkeys(query.filters, "")), query.filters


def _spelt(session: Session, query: Query, missing: Sequence[Term]) -> Iterator[str]:
    """The query with its unknown words as headlines have them: each the nearest, then of a single one others."""
    asked = {term: [*_beside(query, term), term] for term in missing}
    known = _written(session, {len(term.folded) for terms in asked.values() for term in terms})
    near = [words for terms in asked.values() if (words := _nearest(query, terms, known))]
    changes: dict[Term | Filter, str] = {}
    for (term, word), *_ in near:
        if all(term.start >= other.end or term.end <= other.start for other in changes):
            changes[term] = word
    if changes:
        yield query.replaced(changes)
    if len(missing) == 1:
        yield from (query.replaced({term: word}) for words in near for term, word in words[1:])


def _beside(query: Query, term: Term) -> Iterator[Term]:
    """`term` with the word before or behind it: two syllables tell more than one."""
    at = query.wanted.index(term)
    for one, other in pairwise(query.wanted[max(0, at - 1) : at + 2]):
        if len(one.folded) == len(other.folded) == 1 and query.text[one.end : other.start] == " ":
            yield Term(one.written + other.written, one.folded + other.folded, start=one.start, end=other.end)


def _nearest(query: Query, terms: Iterable[Term], known: Mapping[str, str]) -> list[tuple[Term, str]]:
    """(what of the query is written otherwise, how), nearest first; accents and quotation marks where it has some."""
    for term in terms:
        asked = " ".join(term.folded)
        candidates = [words for words in known if abs(len(words) - len(asked)) <= _MAX_DIFFERENCE]
        alike = get_close_matches(asked, candidates, n=_MOST_ALIKE, cutoff=_ALIKE)
        if near := [words for words in alike if _is_mistyped(asked, words)][:_NEAREST]:
            shown = [known[words] if query.is_accented else words for words in near]
            quote = '"' if '"' in query.text[term.start : term.end] else ""
            return [(term, f"{quote}{words}{quote}") for words in shown]
    return []


def _is_mistyped(asked: str, words: str) -> bool:
    """Whether each syllable differs by a letter at most: short ones that mean something else have many letters in
    common ("chao ban", "cua ban"). What is parted otherwise is not compared by syllables."""
    ones, others = asked.split(), words.split()
    return len(ones) != len(others) or all(map(_is_like, ones, others))


def _is_like(one: str, other: str) -> bool:
    agreeing = sum(block.size for block in SequenceMatcher(None, one, other).get_matching_blocks())
    return max(len(one), len(other)) - agreeing <= 1


def _written(session: Session, sizes: set[int]) -> Mapping[str, str]:
    """Folded -> as it is mostly written, of all so many words in a row of the newest headlines."""
    query = select(func.substr(ArticleWords.words, 1, _TITLE)).order_by(ArticleWords.position.desc()).limit(TITLES)
    counted: Counter[str] = Counter()
    for beginning in session.scalars(query):
        title, _, rest = beginning.removeprefix(f" {BOUNDARY} ").partition(f" {BOUNDARY} ")
        words = title.split() if rest else title.split()[:-1]  # the last may be cut
        for size in sizes:
            counted.update(" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
    # Of those that fold alike the most common last: it stays. Of equals always the same, on either database.
    return {fold(words): words for words, _ in sorted(counted.items(), key=lambda pair: (pair[1], pair[0]))}
