"""The lines of a text into headline, lead and body; pure (see feeds.extract for the rules in words)."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from feeds.boilerplate import (
    MAX_CAPTION,
    cites,
    cut_dateline,
    cut_glued_caption,
    ends_like_a_sentence,
    is_caption,
    is_credit,
    is_end,
    is_furniture,
    is_section,
    line_key,
)
from feeds.dates import parse_date_line
from feeds.places import find_places
from feeds.text import sentences, shorten

MAX_OWN_TITLE = 120  # characters of a title made of the first sentence
MAX_HEADLINE = 220
MIN_PARAGRAPH = 160  # a line that is no shorter is running text
MAX_PHOTO_LINE = 120  # a line under a picture's text that is no longer than this is its caption
DATE_LINES = 8  # how far down a line that is a date dates the article
SIGNED_LINES = 6  # how far up from the end a credit names the author

_BULLET = re.compile(r"^[•●▪■◦*]\s*")
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)$")
_SYMBOL = re.compile(r"\d+[-/]\w")  # a document number: never thrown away as the tail of a page
_QUOTES = '"”’»'
_CLOSING = re.compile(r"\.*\./\.?$")


@dataclass(frozen=True, slots=True)
class Shaped:
    """The parts of an article; `lead` still with the paper's mark. `signed` are the lines that may name its author."""

    title: str
    title_is_ours: bool
    lead: str
    text: str
    published: datetime | None
    signed: tuple[str, ...]


def shape_lines(lines: list[str], *, title: str = "") -> Shaped:
    """The article in `lines` (clean, blank lines kept as ""); `title` where it is known already."""
    published = next((date for line in _filled(lines)[:DATE_LINES] if (date := parse_date_line(line))), None)
    repeated = _repeated_headline(lines)
    lines = _until_end(lines, title or repeated)
    kept = [line for line in _filled(lines) if not is_furniture(line) and not parse_date_line(line)]
    kept = [line for line in kept if not is_caption(line)]
    title = title or _headline(kept) or repeated
    kept = _without_repeats([cut_glued_caption(line) for line in kept], title)
    paragraphs = _without_tail(_without_head(kept))
    if paragraphs:
        paragraphs[-1] = _CLOSING.sub(".", paragraphs[-1])
    lead, text = (paragraphs[0], "\n".join(paragraphs[1:])) if paragraphs else ("", "")
    return Shaped(title or _own_title(lead), not title and bool(lead), lead, text, published, _signed(lines))


def _filled(lines: list[str]) -> list[str]:
    return [line for line in lines if line]


def is_paragraph(line: str) -> bool:
    """Whether `line` is running text rather than a heading, a name or a button."""
    return len(line) >= MIN_PARAGRAPH or (len(line.split()) >= 12 and ends_like_a_sentence(line))


def _is_headline(line: str) -> bool:
    return (
        len(line) <= MAX_HEADLINE
        and 4 <= len(line.split()) <= 45
        and not line.rstrip(_QUOTES).endswith((".", ";", ":", ",", "…"))
        and not _BULLET.match(line)
        and not is_credit(line)
        and cut_dateline(line).text == line
    )


def _headline(lines: list[str]) -> str:
    """The headline above the first paragraph, or ""; names of sections and lines of three words are none."""
    first = next((number for number, line in enumerate(lines) if is_paragraph(line)), len(lines))
    # A headline as long as a paragraph still is one when it has no full stop and a paragraph follows.
    head = lines[: first + 1] if first + 1 < len(lines) else lines[:first]
    candidates = [line for line in head if _is_headline(line) and not is_section(line)]
    if not candidates or (len(lines) == 1):
        return ""
    return candidates[0]


def _repeated_headline(lines: list[str]) -> str:
    """A short line without a full stop that stands at least three times, as photo texts do, or ""."""
    counts = Counter(line_key(line) for line in lines if _is_headline(line))
    key, count = counts.most_common(1)[0] if counts else ("", 0)
    return next((line for line in lines if line_key(line) == key), "") if count >= 3 else ""


def _until_end(lines: list[str], title: str) -> list[str]:
    """`lines` up to the end of the article: an end line, or a teaser of another article, behind half of the text.

    An end line further up is the heading of a box of other articles: the headlines under it go with it.
    """
    sizes = [len(line) if is_paragraph(line) else 0 for line in lines]
    total, seen = sum(sizes), 0
    kept: list[str] = []
    in_box = False
    for number, line in enumerate(lines):
        is_heading = is_end(line)
        if (is_heading or _is_teaser(lines, number, title)) and seen and seen * 2 >= total:
            return kept
        in_box = (is_heading and bool(seen)) or (in_box and (not line or _is_boxed(line)))
        if not in_box:
            kept.append(line)
        seen += sizes[number]
    return kept


def _is_boxed(line: str) -> bool:
    return len(line) < MIN_PARAGRAPH and _is_headline(_BULLET.sub("", line))


def _is_teaser(lines: list[str], number: int, title: str) -> bool:
    """A bullet that repeats this headline (the picture's text), or one over a headline cut with an ellipsis."""
    bullet = _BULLET.match(lines[number])
    if not bullet:
        return False
    text = lines[number][bullet.end() :]
    following = lines[number + 1] if number + 1 < len(lines) else ""
    if title and line_key(text) == line_key(title):
        return True
    return (
        bool(following) and not _BULLET.match(following) and bool(_ELLIPSIS.search(following)) and len(following) < 200
    )


def _without_repeats(lines: list[str], title: str) -> list[str]:
    """`lines` without the title, each once; a caption-sized line twice in a row is a caption and goes altogether."""
    keys = [line_key(cut_dateline(line).text) for line in lines]
    title_key = line_key(title) if title else None
    first = next((number for number, line in enumerate(lines) if is_paragraph(line) and keys[number] != title_key), 0)
    captions = {
        one
        for number, (one, two) in enumerate(pairwise(keys))
        if one == two and number != first and len(lines[number]) <= MAX_CAPTION
    }
    seen = {title_key} if title else set()
    kept: list[str] = []
    for number, (line, key) in enumerate(zip(lines, keys, strict=True)):
        if key in seen or (key in captions and number != first):
            continue
        # The headline again, behind the lead, is the text of a photo; a short line under it is the caption.
        if number - 1 > first and keys[number - 1] == title_key and len(line) <= MAX_PHOTO_LINE:
            continue
        seen.add(key)
        kept.append(line)
    return kept


def _without_head(lines: list[str]) -> list[str]:
    """`lines` from the first paragraph or sentence on; names and section titles above it go."""
    first = next((number for number, line in enumerate(lines) if is_paragraph(line)), 0)
    return [line for line in lines[:first] if len(line.split()) >= 8 or ends_like_a_sentence(line)] + lines[first:]


def _without_tail(lines: list[str]) -> list[str]:
    """`lines` without what trails behind the last paragraph: names, menus, credits."""
    end = len(lines)
    while end > 1 and _is_tail(lines[end - 1]):
        end -= 1
    return lines[:end]


def _signed(lines: list[str]) -> tuple[str, ...]:
    """The credits among the last lines, the last one first; a single word or a place is no signature."""
    last = reversed(_filled(lines)[-SIGNED_LINES:])
    return tuple(line for line in last if is_credit(line) and len(line.split()) > 1 and not find_places(line))


def _is_tail(line: str) -> bool:
    if is_credit(line):
        return not cites(line)
    return len(line) < 100 and not ends_like_a_sentence(line) and not _SYMBOL.search(line) and line[0] not in "-–+"


def _own_title(lead: str) -> str:
    """The first sentence of `lead`, cut at a word."""
    text = cut_dateline(lead).text
    spans = sentences(text)
    if not spans:
        return ""
    return shorten(text[spans[0][0] : spans[0][1]].rstrip("."), MAX_OWN_TITLE)
