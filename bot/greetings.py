"""Greetings and thanks: what people say to a bot that is nothing to look up (data/greetings.toml)."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from feeds.text import fold, one_of_words

DATA = Path(__file__).with_name("data") / "greetings.toml"

_LONGEST = 60
_NO_WORD = re.compile(r"[\W_]+")


def greeting_in(text: str) -> str | None:
    """The kind of greeting ("greeting" or "thanks") that is all of `text`, signs and pictures aside; else None."""
    if len(text) > _LONGEST:
        return None
    said = _NO_WORD.sub(" ", fold(text)).strip()
    return next((kind for kind, pattern in _patterns().items() if pattern.fullmatch(said)), None)


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    rules = tomllib.loads(DATA.read_text("utf-8"))
    address = one_of_words(rules["address"])
    return {
        kind: re.compile(rf"(?:{address} )*{one_of_words(words)}(?: (?:{address}|{one_of_words(words)}))*")
        for kind, words in rules["kinds"].items()
    }
