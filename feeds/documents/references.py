"""Mentions without a number: drafts ("dự thảo Nghị quyết") and back-references ("Chỉ thị này", "Luật trên")."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import Kind, kind_words, kinds
from feeds.documents.mention import Mention, inside_word

_REACH = 40  # the longest name of a kind, with "nói" behind it
_AGENDA = r"(?!(?<=chương\strình)\s+(?:kỳ\s+họp|phiên\s+họp|cuộc\s+họp|họp|hội\s+nghị|hội\s+thảo|làm\s+việc|đại\s+hội))"
_NOT_AFTER = ("pháp ", "kỷ ")  # "pháp luật này" is the law as such


def drafts(text: FoldedText) -> Iterator[Mention]:
    """Papers still without a number. A bill that has a name is a named law instead and overlaps this."""
    for match in _draft().finditer(text.low):
        kind = kind_words()[" ".join(match["word"].split())]
        if kind.bare or kind.normative or text.plain[match.start("word")].isupper():
            yield Mention(match.start(), match.end(), "draft", kind)


def back_references(text: FoldedText) -> Iterator[Mention]:
    """ "Chỉ thị này"; `link` finds what it means."""
    for pointer in _pointers():
        for match in pointer.finditer(text.low):
            yield from _back_reference(text, match.start())


def _back_reference(text: FoldedText, at: int) -> Iterator[Mention]:
    """The reference whose pointing word stands at `at`."""
    for word in _kind_word().finditer(text.low, max(0, at - _REACH), at):
        match = _back().match(text.low, word.start())
        if match is None or match.end() <= at or inside_word(text.low, match.start()):
            continue
        if not text.low.endswith(_NOT_AFTER, 0, match.start()):
            kind = kind_words()[" ".join(match["word"].split())]
            yield Mention(match.start(), match.end(), "back_reference", kind)
            return


def link(mentions: Sequence[Mention]) -> None:
    """Each back-reference means the last document of its kind before it, draft or not."""
    last: dict[str, Mention] = {}
    for mention in mentions:
        if mention.form == "back_reference":
            mention.antecedent = last.get(mention.kind.type) if mention.kind else None
        else:
            last[mention.kind.type if mention.kind else "L"] = mention


@cache
def _pointers() -> tuple[re.Pattern[str], ...]:
    """A pointing word where the last letters before it may end the name of a kind, or "Nghị định nói trên"."""
    ends = sorted({word[-2:] for word in (*_words().split("|"), "nói", "nêu")})
    return tuple(re.compile(rf"{word}(?<=(?:{'|'.join(ends)}|.\s)\s{word})") for word in ("này", "trên", "đó"))


@cache
def _kind_word() -> re.Pattern[str]:
    return re.compile(rf"(?:{_words()})(?!\w)")


@cache
def _words() -> str:
    return _named(kind for kind in kinds().values() if kind.bare or kind.normative)


@cache
def _draft() -> re.Pattern[str]:
    words = _named(kind for kind in kinds().values() if kind.bare or kind.normative or kind.drafted)
    return re.compile(rf"dự(?<!\w\w\w)\s+thảo\s+(?:lần\s+\d\s+)?(?P<word>{words})(?!\w){_AGENDA}")


def _named(some: Iterable[Kind]) -> str:
    """The words of these kinds, the longest first."""
    words = {word for kind in some for word in kind.words}
    return "|".join(word.replace(" ", r"\s+") for word in sorted(words, key=lambda word: (-len(word), word)))


@cache
def _back() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<word>{_words()})\s+(?:này|trên(?=[\s,.;:)]*(?:$|[,.;:)]|đã|được|có|là|và|quy))|nói\s+trên|nêu\s+trên|đó)(?!\w)"
    )
