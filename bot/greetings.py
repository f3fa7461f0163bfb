"""Greetings and thanks: what people say to a bot that is nothing to look up (data/greetings.toml)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from feeds.text import fold, modern_tones, one_of

DATA = Path(__file__).with_name("data") / "greetings.toml"

_LONGEST = 60
_NO_WORD = re.compile(r"[\W_]+")


def greeting_in(text: str) -> str | None:
    """The kind of greeting ("greeting" or "thanks") that is all of `text`, signs and pictures aside; else None."""
    if len(text) > _LONGEST:
        return None
    said = _NO_WORD.sub(" ", modern_tones(unicodedata.normalize("NFC", text).lower())).strip()
    # Taken out one after the other: as one pattern of the whole, "bye bye bye ..." would be tried in a million ways.
    for kind, words in _words().items():
        if words["own"].search(said) and not words["any"].sub("", said).strip():
            return kind
    return None


@cache
def _words() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    """By kind what says it, and what may be said with it too."""
    rules = tomllib.loads(DATA.read_text("utf-8"))
    return {
        kind: {"own": _any_of(words), "any": _any_of([*words, *rules["address"]])}
        for kind, words in rules["kinds"].items()
    }


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases, each of their words with its accents or without any."""
    words = ([rf"(?:{word}|{fold(word)}) " for word in phrase.split()] for phrase in phrases)
    return re.compile(rf"\b{one_of([*front, last.rstrip()] for *front, last in words)}\b")
