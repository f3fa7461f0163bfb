"""A hasty query in the words of the grammar: "nq 08 tu ben tre" -> "Nghị quyết 08 Tỉnh ủy Bến Tre"."""

import re
from collections.abc import Mapping
from functools import cache

from feeds.documents.kinds import kinds, rules
from feeds.documents.laws import LAW_WORDS
from feeds.documents.organs import organs
from feeds.places import province_named
from feeds.text import fold

_TOKEN = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d+(?:\.\d+)?[a-zđ]?(?![a-zđ])|\d+|[^\W\d_]+|[&,]")
_LONGEST = 16  # words in one phrase: the longest law name
_GRAMMAR_WORDS = (
    "số", "khóa", "năm", "của", "đại hội", "đại biểu", "toàn quốc", "đảng bộ tỉnh", "đảng bộ thành phố", "lần thứ",
    "đảng", "hội nghị", "ngày", "tháng", "về", "và", "tỉnh", "thành phố", "sửa đổi", "bổ sung",
    "một số điều",
)  # fmt: skip
_YEAR = re.compile(r"(?:19|20)\d\d")


def rewrite(query: str) -> str:
    """`query` with accents and in order; what is not understood stays as it is."""
    tokens = _TOKEN.findall(query.lower())
    words: list[str] = []
    classes: list[str] = []
    at = 0
    while at < len(tokens):
        size, phrase, meaning = _phrase_at(tokens, at)
        words.append(phrase)
        classes.append(meaning)
        at += size
    return " ".join(_ordered(words, classes)).replace(" ,", ",")


def _phrase_at(tokens: list[str], at: int) -> tuple[int, str, str]:
    """(tokens it takes, the phrase of the grammar, what it is) of the longest phrase at `at`."""
    if tokens[at][0].isdigit():
        return 1, tokens[at], "number"
    if tokens[at] == "tư":
        return 1, "Trung ương", "organ"
    for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
        phrase = " ".join(tokens[at : at + size])
        known = _phrases().get(fold(phrase))
        if known:
            return size, *known
        place = province_named(phrase) if size < 5 and not phrase.isdigit() else None
        if place and size > 1:
            return size, place, "place"
    split = _split(fold(tokens[at]))
    if split:
        return 1, split, "kind and organ"
    place = province_named(tokens[at])
    return (1, place, "place") if place else (1, tokens[at], "word")


def _split(word: str) -> str | None:
    """ "cttw" -> "Chỉ thị Trung ương"."""
    for size in range(2, len(word) - 1):
        kind, organ = _letters().get(word[:size]), _letters().get(word[size:])
        if kind and organ and kind[1] == "kind" and organ[1] == "organ":
            return f"{kind[0]} {organ[0]}"
    return None


def _ordered(words: list[str], classes: list[str]) -> list[str]:
    """A number goes behind its type, what stands before both behind them, a year to its number."""
    kind_at = next((i for i, meaning in enumerate(classes) if meaning.startswith("kind")), 0)
    if kind_at > 1 and classes[kind_at - 1] == "number" and "number" not in classes[kind_at + 1 :]:
        words, classes = ([*part[kind_at - 1 :], *part[: kind_at - 1]] for part in (words, classes))
    if "number" in classes and classes[0] == "number":
        first = next((i for i, meaning in enumerate(classes) if meaning.startswith("kind")), None)
        if first is not None:
            number = words.pop(0)
            if classes[first] == "kind and organ":  # "09cttw"
                kind = next(name for name in _kind_names() if words[first - 1].startswith(name))
                return [kind, number, "của", words[first - 1].removeprefix(kind).strip(), *words[first:]]
            words.insert(first, number)
            classes.insert(first + 1, classes.pop(0))
    ordered: list[str] = []
    for word, meaning in zip(words, classes, strict=True):
        if ordered and meaning == "number" and _YEAR.fullmatch(word) and re.fullmatch(r"\d+[a-zđ]?", ordered[-1]):
            ordered[-1] += f"/{word}"
        else:
            after_number = ordered and ordered[-1][0].isdigit()
            ordered.append(f"của {word}" if meaning == "organ" and after_number else word)
    return ordered


@cache
def _kind_names() -> tuple[str, ...]:
    return tuple(sorted((kind.vi for kind in kinds().values()), key=len, reverse=True))


@cache
def _letters() -> Mapping[str, tuple[str, str]]:
    """Folded codes -> the words for them."""
    letters: dict[str, tuple[str, str]] = {}
    for organ in organs().values():
        if organ.words and organ.code != "TU":
            for symbol in (organ.code, *organ.symbols):
                letters.setdefault(fold(symbol), (organ.words[0], "organ"))
    letters["tu"] = ("Tỉnh ủy", "organ")
    letters["tw"] = ("Trung ương", "organ")
    for kind in kinds().values():
        for symbol in (kind.code, *kind.symbols):
            if len(symbol) > 1:
                letters.setdefault(fold(symbol), (kind.vi, "kind"))
    return letters


@cache
def _phrases() -> Mapping[str, tuple[str, str]]:
    """Folded phrases -> the phrase with accents, and what it is."""
    phrases = {fold(word): (word, "word") for word in (*_GRAMMAR_WORDS, *LAW_WORDS)}
    law = rules()["law"]
    for name in [*law["names"], *law["abbreviations"]]:
        phrases.setdefault(fold(name.replace(",", "")), (name, "law"))
    phrases |= {fold(letters): (f"Bộ luật {name}", "law") for letters, name in law["codes"].items()}
    for organ in organs().values():
        phrases |= {fold(re.sub(r"\s?-\s?", " ", word)): (word, "organ") for word in organ.words}
    phrases |= _letters()
    for kind in kinds().values():
        phrases |= {fold(word): (word, "kind") for word in kind.words if len(word) > 2}
    return phrases
