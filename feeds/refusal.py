"""Recognises pages that answer with 200 and show no article; pure, words in data/refusals.toml.

Reasons are short codes: ``paywall``, ``removed``, ``challenge``, ``home_page`` (a front page or a list in place of the
article), ``other_article`` (another one in its place), ``no_text``. Words only count where there is little else to
read: an article about pay walls or about a post that was taken down is an article.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from feeds.boilerplate import line_key
from feeds.identity import article_number, canonical_url
from feeds.text import fold, one_of_words

Refusal = Literal["paywall", "removed", "challenge", "home_page", "other_article", "no_text"]

DATA = Path(__file__).with_name("data") / "refusals.toml"

# Characters of article. A page that shows more than a notice is no error page, one that shows more than a teaser no
# pay wall (unless it says so in its metadata); one that calls itself an article and shows more than a note is one.
MAX_NOTE = 200
MAX_NOTICE = 600
MAX_TEASER = 1500
MAX_LINE = 160  # of a line that is such a notice
MIN_LIST = 8  # linked headlines that make a list

_RELOADS = re.compile(r"location\s*\.\s*(?:reload|replace|assign)\s*\(|location(?:\.href)?\s*=")
_FRONT = re.compile(r"/?(?:(?:index|default|home|trang-?chu)(?:\.\w{2,5})?/?)?", re.IGNORECASE)
_LOGIN = re.compile(r"dang-?nhap|log-?in\b|sign-?in\b|\bsso\b|\bauth\b", re.IGNORECASE)
_PART = re.compile(r"\s[|»·–—-]\s")


@dataclass(frozen=True, slots=True)
class _Rules:
    removed: re.Pattern[str]
    removed_heading: re.Pattern[str]
    paywall: re.Pattern[str]
    challenge: re.Pattern[str]
    challenge_source: tuple[str, ...]


@cache
def _rules() -> _Rules:
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    removed = data["removed"]
    polite = rf"(?:(?:{_any(data['polite'])}) )*+"  # never taken back: the words overlap, and pages are hostile
    between = rf" (?:(?:{_any(removed['between'])}) ){{0,6}}"
    gone = rf"(?:{_any(removed['missing'])}){between}(?:{_any(removed['said'])})"
    sought = rf"(?:{_any(removed['before'])}){between}(?:{_any(removed['missing'])})"
    return _Rules(
        removed=re.compile(rf"{polite}(?:{gone}|{sought})\b"),
        removed_heading=re.compile(rf"{polite}(?:{gone}|{sought}|{_any(removed['headings'])})(?: 404)?"),
        paywall=re.compile(rf"{polite}(?:{_any(data['paywall']['begins'])})\b"),
        challenge=re.compile(rf"{polite}(?:{_any(data['challenge']['begins'])})\b"),
        challenge_source=tuple(data["challenge"]["source"]),
    )


def _any(phrases: Iterable[str]) -> str:
    return one_of_words({line_key(phrase) for phrase in phrases}, " ")


def leads_elsewhere(asked: str, answered: str) -> Refusal | None:
    """What a redirect from the article's address says: it led to a front page, a list or a login, or it is all right.

    An address that changes its slug, host or number still names an article.
    """
    had, has = map(article_number, (asked, answered))
    if has or canonical_url(asked) == canonical_url(answered):
        return None
    if _LOGIN.search(urlsplit(answered).path) and not _LOGIN.search(urlsplit(asked).path):
        return "paywall"
    if is_front_page(answered):
        return None if is_front_page(asked) else "home_page"
    return "home_page" if had and len(re.findall(r"\w+", _slug(answered))) < 4 else None


def is_other_article(asked: str, answered: str, title: str, headline: str) -> bool:
    """Whether a redirect led from the article `title` to another one, whose page has `headline`.

    Sites that move number their articles anew: then the headline is the same in much of its words. An article without
    a title is known by its address.
    """
    had, has = map(article_number, (asked, answered))
    if not had or not has or had == has:
        return False
    words, others = (set(line_key(text).split()) for text in (title or _slug(asked), headline))
    return 2 * len(words & others) < max(1, min(len(words), len(others)))


def _slug(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2].partition(".")[0]


def is_front_page(url: str) -> bool:
    """Whether `url` is the root of a site."""
    parts = urlsplit(url)
    return bool(parts.netloc) and not parts.query and _FRONT.fullmatch(parts.path) is not None


def is_error_heading(headings: Iterable[str]) -> bool:
    """Whether a title or heading says that the page is not there: "404 Not Found", "Bài viết không tồn tại | Báo A"."""
    parts = (part for heading in headings for part in _PART.split(heading[:300]))
    return any(_rules().removed_heading.fullmatch(line_key(part)) for part in parts)


def refusal_of(size: int, lines: Sequence[str], source: str, *, is_article: bool) -> Refusal | None:
    """What a page with only `size` characters of article is, by the `lines` that it shows and its `source`."""
    rules = _rules()
    short = [line_key(line) for line in lines if len(line) <= MAX_LINE]
    if size <= MAX_NOTICE and (not is_article or size <= MAX_NOTE):
        source = source[:500_000].lower()
        if any(map(rules.challenge.match, short)):
            return "challenge"
        if any(map(rules.removed.match, short)):
            return "removed"
        # Such a page shows next to nothing; comment forms and advertisements have the same scripts.
        sets_cookie = "document.cookie" in source and _RELOADS.search(source)
        is_bare = size <= MAX_NOTE and sum(map(len, lines)) <= MAX_NOTICE
        if is_bare and (sets_cookie or any(mark in source for mark in rules.challenge_source)):
            return "challenge"
    if size <= MAX_TEASER and any(map(rules.paywall.match, short)):
        return "paywall"
    return None


def is_wall(line: str) -> bool:
    """Whether `line` asks to log in or to pay for the rest."""
    return len(line) <= MAX_LINE and _rules().paywall.match(line_key(line)) is not None


def is_list(title: str, linked_headlines: int, lines: Iterable[str]) -> bool:
    """Whether a page is a list of articles: many linked headlines, and its own title stands nowhere but in the tab."""
    if linked_headlines < MIN_LIST:
        return False
    return len(title.split()) < 4 or not any(fold(title) in fold(line) for line in lines)
