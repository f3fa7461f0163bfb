"""What somebody asks about: a text, a page or a file that they hand over, understood as an article is.

Run in a process with bounds (`feeds.worker.Worker` with `MEMORY`, for `SECONDS`): nobody knows who made it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from feeds.analyse import Analysis, analyse
from feeds.attached import MAX_ATTACHED, MAX_CHARACTERS, AttachedError, attached_text, is_page, is_text, without_inlined
from feeds.extract import ArticleText, extract_page
from feeds.markup import decode
from feeds.store import published_on
from feeds.text import clean, one_line

SECONDS = 15.0  # five times what the longest text takes
PROCESSES = 2
MEMORY = 1024 * 1024 * 1024  # bytes, models included

_PAGE = re.compile(r"text/|application/xhtml", re.IGNORECASE)
_LOOKED_AT = 4096  # bytes of what should be a page
_LONGEST_TITLE = 200  # characters
_MAGIC = ((b"%PDF-", "page.pdf"), (b"PK\x03\x04", "page.docx"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What was handed over, understood. `title` is "" where it has none of its own; `is_cut`: its end was not read.

    `published`: the day it was, or one that it was not written after; None where neither is known.
    """

    title: str
    analysis: Analysis
    is_cut: bool = False
    published: date | None = None


def get_ready() -> None:
    """Loads rules, catalogue and model, ahead of what will be asked."""
    ask_text("Sơ kết Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư về an ninh tại tỉnh Hà Tĩnh.")


def ask_text(text: str, *, written: date | None = None) -> Asked:
    """A message or pasted text, all of it: its first line is the title where more follow. `written`: not after that
    day, so that it cites no document younger."""
    cleaned = clean(text[:MAX_CHARACTERS])
    title, lead, rest = _parts(cleaned)
    return Asked(title, analyse(title, lead, rest, published=written), len(text) > MAX_CHARACTERS, written)


def ask_file(name: str, content: bytes, *, written: date | None = None) -> Asked:
    """A file of one of the `READABLE` types. Raises AttachedError, and for pages ExtractError."""
    if is_page(name):
        if len(content) > MAX_ATTACHED:
            raise AttachedError("too_large")
        return _ask_article(extract_page(without_inlined(content), url=None, limit=MAX_ATTACHED), written)
    text, is_cut = attached_text(name, content)
    asked = ask_text(text, written=written)
    return replace(asked, is_cut=is_cut or asked.is_cut)


def ask_page(body: bytes, url: str, content_type: str | None, *, written: date | None = None) -> Asked:
    """What stands at an address: a page, or a file that begins like one. Raises ExtractError and AttachedError."""
    name = next((name for magic, name in _MAGIC if body.startswith(magic)), None)
    if name:
        return ask_file(name, body, written=written)
    if not _PAGE.match(content_type or "text/html") or not is_text(decode(body[:_LOOKED_AT])):
        raise AttachedError("unreadable")
    return _ask_article(extract_page(body, url=url), written)


def _ask_article(article: ArticleText, written: date | None) -> Asked:
    published = published_on(article.published) or written
    title = "" if article.title_is_ours else article.title
    analysis = analyse(title, article.lead, article.text, published=published)
    return Asked(one_line(title), analysis, published=published)


def _parts(text: str) -> Sequence[str]:
    """(title, lead, text): lines of it."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and len(lines[0]) <= _LONGEST_TITLE:
        return lines[0], lines[1], "\n".join(lines[2:])
    return "", lines[0] if lines else "", "\n".join(lines[1:])
