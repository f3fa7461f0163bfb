"""Telling an article from what stands around it, line by line; pure, rules in data/boilerplate.toml.

Everything here only recognises; feeds.extract decides what goes.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from feeds.documents import find_citations
from feeds.text import fold, one_of_words

DATA = Path(__file__).with_name("data") / "boilerplate.toml"

MAX_CAPTION = 250
MAX_NAME = 200  # characters of a document's name

_TEMPLATE = re.compile(r"\{\s*\w+\s*\}")  # an unfilled template: "{name} - {time}", "{body}"
_POINTER = re.compile(r"^(?:>>|»|►|▶|→|☛|\[?Xem thêm\b|\[?Đọc thêm\b)")
_PATH = re.compile(r"[»>/|›]|\s[-–]\s")
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBERS = re.compile(r"\d+")

# "(Dân trí) -", "(HP)-", "VOV.VN -", "(Baohatinh.vn) –"; for bare capitals see [marks].
_BRACKETED = re.compile(r"^\((?P<mark>[^()\d]{1,30})\)\s*[-–—:]+\s*(?=\S)")
_BARE = re.compile(r"^(?P<mark>[A-ZĐ]{2,6}|[A-Za-z0-9-]{2,20}(?:\.[A-Za-z]{2,6}){1,2})\s*[-–—]\s+(?=\S)")

# Capitals of Vietnamese; the code ranges mix them with small letters.
_CAPITAL = "".join(filter(str.isupper, map(chr, [*range(0x41, 0x5B), *range(0xC0, 0x1B1), *range(0x1EA0, 0x1EFA)])))
_NAME = rf"[{_CAPITAL}][\w.]*"
_CREDIT_END = re.compile(
    r"(?<!hình )(?<!Hình )\b(?:Ảnh|ẢNH|ảnh|Nguồn ảnh|Photo|Nguồn|Đồ họa)\s*:\s*(?P<credit>[^:;!?]{2,60})$"
)
# A caption glued to the paragraph behind it: "Quang cảnh hội nghị. Ảnh: Bá Hoạt Đồng chí Phạm Quang Nghị, ..."
_GLUED = re.compile(rf"^[^.!?]{{5,160}}\.?\s+\(?Ảnh:\s+(?P<names>{_NAME}(?: {_NAME}){{1,8}})(?P<rest>[\s,].*)", re.S)
_SIGNATURE = re.compile(rf"^{_NAME}(?:[\s,&–-]+(?:và\s+)?{_NAME}){{0,5}}\.?$")
_SENTENCE_END = re.compile(r"[.!?…:;”\"»)]$")


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A text without the paper's mark before it, and the outlet that the mark names, if it names one."""

    text: str
    outlet: str | None


@dataclass(frozen=True, slots=True)
class BylineRules:
    """`labels` before the colon of an author's name; what is none: whole names, and how others begin.

    In lower case with all tones: "Bảo Ngọc" and "Đại Lâm" are names, "Báo ..." and "Đài ..." are none.
    """

    labels: frozenset[str]
    nobody: frozenset[str]
    begins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    drop: frozenset[str]
    end: frozenset[str]
    sections: frozenset[str]
    begins: tuple[str, ...]
    imprint: tuple[str, ...]
    credits: frozenset[str]
    marks: dict[str, str]
    openers: tuple[str, ...]
    captions: re.Pattern[str]
    related: re.Pattern[str]
    byline: BylineRules


@cache
def _rules() -> _Rules:
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return _Rules(
        drop=frozenset(map(_furniture_key, data["drop"])),
        end=frozenset(map(_furniture_key, data["end"])),
        sections=frozenset(map(line_key, data["sections"])),
        begins=tuple(map(fold, data["begins"])),
        imprint=tuple(map(fold, data["imprint"])),
        credits=frozenset(map(line_key, data["credits"])),
        marks={fold(mark): outlet for mark, outlet in data["marks"].items()},
        openers=tuple(f"{word} " for word in data["openers"]),
        captions=re.compile(one_of_words(data["classes"]["captions"]), re.IGNORECASE),
        related=re.compile(one_of_words(data["classes"]["related"]), re.IGNORECASE),
        byline=BylineRules(
            frozenset(label.lower() for label in data["byline"]["labels"]),
            frozenset(name.lower() for name in data["byline"]["nobody"]),
            tuple(f"{word.lower()} " for word in data["byline"]["begins"]),
        ),
    )


def line_key(line: str) -> str:
    """What two lines are compared by: their words without accents, case and punctuation."""
    return _NOT_WORD.sub(" ", fold(line)).strip()


def _furniture_key(line: str) -> str:
    return " ".join(_NUMBERS.sub(" ", line_key(line)).split())


def is_furniture(line: str) -> bool:
    """Whether `line` is a button, a form, a pointer to another article or an unfilled template."""
    if _TEMPLATE.search(line) and len(line) < 100:
        return True
    key = _furniture_key(line)
    if not key or key in _rules().drop:
        return True
    if len(line) > 200:
        return False
    if _POINTER.match(line) or fold(line).startswith(_rules().begins):
        return True
    return fold(line).startswith(_rules().imprint) and not (ends_like_a_sentence(line) and cites(line))


def cites(line: str) -> bool:
    """Whether `line` cites a document."""
    return any(citation.key for citation in find_citations(line))


def is_document_name(text: str) -> bool:
    """Whether `text` names a document by its number and is no headline: "Luật An ninh mạng 24/2018/QH14 năm 2018"."""
    if len(text) > MAX_NAME or not _NUMBERS.search(text):
        return False
    citations = find_citations(text)
    behind = text[citations[-1].end :] if citations else ""
    return bool(citations) and citations[0].start == 0 and len(behind.split()) <= 2


def is_section(line: str) -> bool:
    """Whether `line` is the way to the article: a section's name or a path of them ("Trang chủ » Chính trị")."""
    if len(line) > 100:
        return False
    parts = [line_key(part) for part in _PATH.split(line)]
    return all(part in _rules().sections or part in _rules().drop for part in parts if part)


def is_end(line: str) -> bool:
    """Whether the article is over at `line`: comments or other articles follow."""
    return len(line) < 80 and _furniture_key(line) in _rules().end


def is_caption(line: str) -> bool:
    """Whether `line` is the caption of a picture by its credit: "Quang cảnh hội nghị. Ảnh: Trọng Đức - TTXVN"."""
    match = _CREDIT_END.search(line) if len(line) <= MAX_CAPTION else None
    return match is not None and len(match["credit"].split()) <= 9 and ". " not in match["credit"]


def is_credit(line: str) -> bool:
    """Whether `line` says who made the article: "Bài, ảnh: Hoàng Lam", "Theo TTXVN", "Văn Đức"."""
    if len(line) > 60:
        return False
    who, colon, _name = line.partition(":")
    if colon and line_key(who) in _rules().credits:
        return True
    return bool(_SIGNATURE.match(line)) or bool(re.match(r"^\(?(?:Theo|Nguồn)\s", line))


def is_caption_class(name: str) -> bool:
    """Whether an element of a page with the class `name` holds the caption of a picture."""
    return _rules().captions.search(name) is not None


def is_related_class(name: str) -> bool:
    """Whether an element of a page with the class `name` points to other articles."""
    return _rules().related.search(name) is not None


def byline_rules() -> BylineRules:
    return _rules().byline


def is_outlet_mark(name: str) -> bool:
    """Whether `name` is an outlet or the mark of one: "TTXVN", "Báo Hải Phòng"."""
    return fold(name) in _rules().marks or name in _rules().marks.values()


def cut_glued_caption(paragraph: str) -> str:
    """`paragraph` without a caption stuck to its front, where it is plain how far the photographer's name goes.

    A name has two or three syllables with capitals; the next sentence begins with one capital more, which
    belongs to it ("Ảnh: Bá Hoạt Đồng chí ..."). Other cases are left as they are.
    """
    match = _GLUED.match(paragraph)
    if not match:
        return paragraph
    names = match["names"].split()
    if len(names) not in (3, 4) or not match["rest"].lstrip()[:1].islower():
        return paragraph
    return paragraph[match.start("names") + match["names"].rindex(names[-1]) :]


def cut_dateline(text: str) -> Unmarked:
    """`text` without the paper's mark in front: "(Dân trí) - Ngày 8-3 ..." is "Ngày 8-3 ..."."""
    match = _BRACKETED.match(text)
    if not match:
        match = _BARE.match(text)
        if match and not _is_mark(match["mark"], text[match.end() :]):
            match = None
    if not match:
        return Unmarked(text, None)
    return Unmarked(text[match.end() :], _rules().marks.get(fold(match["mark"].strip())))


def _is_mark(mark: str, behind: str) -> bool:
    """Whether `mark`, not in brackets, is a paper's: "ASEAN - Trung Quốc" is none."""
    return "." in mark or fold(mark) in _rules().marks or begins_like_a_lead(behind)


def begins_like_a_lead(text: str) -> bool:
    """Whether `text` begins as sentences of news do ("Sáng 5/8", "Theo"), and headlines hardly ever."""
    return text.startswith(_rules().openers)


def ends_like_a_sentence(line: str) -> bool:
    """Whether `line` ends with the punctuation of a sentence; headlines and names do not."""
    return bool(_SENTENCE_END.search(line))
