"""What full-text search compares: words as both databases take them, and marks for all else one can ask for; pure.

Tokenising is ours, so that SQLite and PostgreSQL find the same: a word is a run of letters and digits, folded to
``[a-z0-9]+``. A symbol becomes consecutive words ("09-CT/TW": 09 ct tw) and CT/TƯ is CT/TW. A mark ("place:nghean")
has a colon, which no word has.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from feeds.text import fold, modern_tones

MAX_WORDS = 1500  # of an article: a long one has a thousand
_MAX_LETTERS = 64  # of a word; PostgreSQL refuses one of 2,047
_MAX_MARK = 200
BOUNDARY = ":"
"""Stands between title, lead and text, so that no phrase reaches from one into the next."""

_CENTRE = "tw"
# "CT/TƯ", "CT/T.Ư", "CT/T.W": the centre, of one syllable with "TU" (Tỉnh ủy) when folded.
_WORD = re.compile(r"(?:(?<=/)|(?<=/ ))(?P<centre>t\.?[ưw])(?![^\W_])|[^\W_]+")
_PLAIN = re.compile(r"[a-z0-9]+")


class Word(NamedTuple):
    """One word at the code points ``[start, end)`` of its text in NFC."""

    written: str
    """With its accents, in lower case, the tone placed the new way."""
    folded: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """The words of `text`, in order; what folds to no Latin letter is none, nor what no language writes in one word."""
    lower = modern_tones(unicodedata.normalize("NFC", text).replace("\u0130", "I").lower())
    folded = fold(lower)
    aligned = len(folded) == len(lower)  # stray combining marks vanish
    for match in _WORD.finditer(lower):
        start, end = match.span()
        if match["centre"]:
            yield Word(_CENTRE, _CENTRE, start, end)
            continue
        if end - start > _MAX_LETTERS:
            continue
        bare = folded[start:end] if aligned else fold(match[0])
        if _PLAIN.fullmatch(bare):
            yield Word(match[0], bare, start, end)


def written_words(title: str, lead: str, text: str) -> str:
    """The first `MAX_WORDS` words of an article with their accents, a blank on either side of each."""
    words: list[str] = []
    for part in (title, lead, text):
        words.append(BOUNDARY)
        for word in words_of(part):
            if len(words) >= MAX_WORDS:
                break
            words.append(word.written)
    return f" {' '.join(words)} "


def folded_words(written: str) -> list[str]:
    """What is indexed of `written_words`, boundaries included."""
    return fold(written).split()


def squash(text: str) -> str:
    """`text` as a mark has it: "Nghệ An" is nghean, "09-CT/TƯ#XI" is 09cttwxi."""
    return "".join(word.folded for word in words_of(text))[:_MAX_MARK]


def mark(kind: str, value: str) -> str:
    """The mark of one thing that articles are asked for by."""
    return f"{kind}:{squash(value)}"


EVERY = mark("every", "")
"""Stands with every article: what is asked for by exclusions only is looked for among these."""
