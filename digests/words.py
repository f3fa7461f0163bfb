"""The words a reader wants, or does not want, to read; pure.

Words and phrases are looked for as they are typed, never as patterns, on whole words and folded on both sides: without
case and accents, so that "bong da" and "bóng đá" ask for the same and find both, and "bỏng da" too. A phrase is found
where only blanks and line breaks stand between its words, however many.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

from feeds.text import compose, fold

MAX_WORDS = 20
MAX_LENGTH = 60  # characters of a word or phrase


class Wording:
    """Folded text in parts, in which `matches` looks; no phrase reaches from one part into the next.

    It remembers which words it has: many readers ask for the same.
    """

    __slots__ = ("_has", "_text")

    def __init__(self, parts: Iterable[str]) -> None:
        self._text = "\0".join(" ".join(fold(part).split()) for part in parts)
        self._has: dict[str, bool] = {}

    def has(self, word: str) -> bool:
        """Whether a word, as `folded_words` gives it, is in the text."""
        if word not in self._has:
            self._has[word] = next(_occurrences(self._text, word), None) is not None
        return self._has[word]


def folded_words(typed: Iterable[str]) -> tuple[str, ...]:
    """What is looked for when a person types this: folded, each once, at most `MAX_WORDS` of `MAX_LENGTH`."""
    found: dict[str, None] = {}
    for word in typed:
        bare = " ".join(fold(word[: 4 * MAX_LENGTH]).split())[:MAX_LENGTH].strip()
        if any(map(str.isalnum, bare)):
            found.setdefault(bare)
        if len(found) == MAX_WORDS:
            break
    return tuple(found)


def matches(
    wording: Wording,
    *,
    all_words: Collection[str] = (),
    any_words: Collection[str] = (),
    no_words: Collection[str] = (),
) -> bool:
    """Whether a text has all of the first, one of the second (where there are any) and none of the third.

    Words as `folded_words` gives them.
    """
    return (
        all(map(wording.has, all_words))
        and (not any_words or any(map(wording.has, any_words)))
        and not any(map(wording.has, no_words))
    )


def find_words(text: str, words: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Where `words` (typed or folded) stand in `text`: spans ``[start, end)``, in order, those that overlap joined."""
    folded, offsets = _folded(text)
    # Of blanks in a row the first stands for all.
    kept = [at for at, letter in enumerate(folded) if not (letter.isspace() and folded[at - 1 : at].isspace())]
    wording = "".join(" " if folded[at].isspace() else folded[at] for at in kept)
    spans = sorted(span for word in folded_words(words) for span in _occurrences(wording, word))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    inside = ((kept[start], kept[end - 1] + 1) for start, end in joined)
    return tuple((offsets[start], offsets[end]) for start, end in inside) if offsets else tuple(inside)


def _occurrences(wording: str, word: str) -> Iterator[tuple[int, int]]:
    start = wording.find(word)
    while start >= 0:
        end = start + len(word)
        before, behind = wording[start - 1 : start] if start else "", wording[end : end + 1]
        if not ((before.isalnum() and word[0].isalnum()) or (behind.isalnum() and word[-1].isalnum())):
            yield start, end
        start = wording.find(word, start + 1)


def _folded(text: str) -> tuple[str, Sequence[int] | None]:
    """`text` folded, and for each offset of that the offset in `text`; None where they agree."""
    composed, offsets = compose(text)
    folded = fold(composed)
    if len(folded) == len(composed):
        return folded, offsets
    # Marks that no letter takes in vanish when they are folded.
    kept = [i for i, letter in enumerate(composed) if not unicodedata.combining(letter)]
    bare = "".join(fold(composed[i]) for i in kept)
    behind = [*(offsets or range(len(composed) + 1))]
    return bare, [*(behind[i] for i in kept), behind[-1]]
