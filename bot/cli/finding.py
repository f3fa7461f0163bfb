"""What `doctor` finds: one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """About `what` it says `words`; where that is wrong, also what to do."""

    what: str
    words: str
    is_wrong: bool = False


def right(what: str, words: str) -> Finding:
    return Finding(what, words)


def wrong(what: str, words: str) -> Finding:
    return Finding(what, words, is_wrong=True)
