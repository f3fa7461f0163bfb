"""Who wrote an article, from what a page states; pure, rules in data/boilerplate.toml ([byline])."""

import re
from collections.abc import Iterable

from feeds.boilerplate import byline_rules, is_outlet_mark, line_key
from feeds.text import one_line

MAX_AUTHOR = 100
MAX_NAMES = 4
MAX_WORDS = 6  # of one name: "Nguyễn Thị Minh Khai"; pen names may have one

_LABEL = re.compile(r"^(?:(?P<label>[^:]{1,30}):\s*|[Bb]y\s+)")  # "Bài, ảnh: ", "Thực hiện: "
_BETWEEN = re.compile(r"\s*(?:[,;&|•]|\s[-–—]\s|\s(?:và|and)\s)\s*")
_AGENCY = re.compile(r"\s*(?:/.*|\(.*?\)?)$")  # "Minh Anh/TTXVN", "Minh Anh (TTXVN)"
_NOT_A_NAME = re.compile(r"[\d@<>{}\[\]_/\\:!?\"“”]|\.[a-z]")


def author_of(stated: Iterable[str], outlets: Iterable[str] = ()) -> str | None:
    """The first of `stated` that names persons (or pen names), cleaned, at most `MAX_AUTHOR` characters.

    Not an outlet (`outlets` are the names that the page calls itself by), a desk, an agency or an address.
    """
    ours = {key for name in outlets if (key := line_key(name))}
    for text in stated:
        line = one_line(text[:500])
        label = _LABEL.match(line)
        if label and label["label"] and label["label"].lower() not in byline_rules().labels:
            continue
        parts = _BETWEEN.split(line[label.end() if label else 0 :])
        names = [name for part in parts if (name := _AGENCY.sub("", part).strip(" .-–"))]
        if names and len(names) <= MAX_NAMES and all(_is_person(name, ours) for name in names):
            author = ", ".join(dict.fromkeys(names))
            if len(author) <= MAX_AUTHOR:
                return author
    return None


def _is_person(name: str, ours: set[str]) -> bool:
    words = name.split()
    if not 1 <= len(words) <= MAX_WORDS or _NOT_A_NAME.search(name) or not all(word[:1].isupper() for word in words):
        return False
    key = line_key(name)
    if key in ours or is_outlet_mark(name) or len(key) < 2:
        return False
    rules = byline_rules()
    return name.lower() not in rules.nobody and not name.lower().startswith(rules.begins)
