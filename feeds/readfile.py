"""Articles out of files: plain text, saved pages, JSON lines and saved feeds.

What cannot be read is a `ReadProblem`, never an exception, and the rest of the file goes on.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from feeds.dates import parse_date
from feeds.entries import Entry
from feeds.extract import ArticleText, ExtractError, extract_page, extract_text, join_lead
from feeds.identity import article_identity
from feeds.markup import decode
from feeds.metadata import page_url
from feeds.parse import ParseError, parse_feed
from feeds.sources import is_feed_url
from feeds.text import clean, one_line, shorten

MAX_FILE = 8 * 1024 * 1024  # bytes of a text, page or feed
MAX_LINE = 2 * 1024 * 1024  # bytes of one JSON line; the file may have any number of them
MAX_TITLE = 1000
UNKNOWN_OUTLET = ""


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article of a file; `where` says which ("articles.jsonl:12").

    The parts are those of `feeds.extract.ArticleText`. `identity` is that of its address, or of its words where it
    has none. `outlet` is "" where nothing names it. `published` is None unless the file states it.
    """

    where: str
    identity: str
    url: str | None
    outlet: str
    title: str
    title_is_ours: bool
    lead: str
    text: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """Something in a file that is no article: where, and what is wrong, for a person to read."""

    where: str
    message: str


def read_articles(path: Path) -> Iterator[ReadArticle | ReadProblem]:
    """The articles of `path` in its order, by its ending: .txt, .html, .htm, .jsonl, .xml, .rss, .atom."""
    reader = _READERS.get(path.suffix.lower())
    if not reader:
        known = ", ".join(sorted(_READERS))
        yield ReadProblem(path.name, f"files that end in {path.suffix or 'nothing'} are not read, only {known}")
        return
    try:
        if not path.is_file():
            yield ReadProblem(path.name, "there is no such file")
        elif path.suffix.lower() != ".jsonl" and path.stat().st_size > MAX_FILE:
            yield ReadProblem(path.name, f"larger than {MAX_FILE // 1024 // 1024} MB")
        else:
            yield from reader(path)
    except OSError as error:
        yield ReadProblem(path.name, f"cannot be read: {error.strerror or error}")


def _read_text(path: Path) -> Iterator[ReadArticle | ReadProblem]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = decode(data) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        if not text:
            yield ReadProblem(path.name, "not UTF-8 text")
            return
    article = extract_text(text)
    if article.lead or article.text:
        yield _article(path.name, None, article.outlet_hint or UNKNOWN_OUTLET, article)
    else:
        yield ReadProblem(path.name, "no text in it")


def _read_page(path: Path) -> Iterator[ReadArticle | ReadProblem]:
    data = path.read_bytes()
    try:
        article = extract_page(data, url=None)
    except ExtractError as error:
        yield ReadProblem(path.name, str(error))
        return
    url = page_url(data)
    yield _article(path.name, url, article.outlet_hint or _host(url), article)


def _read_feed(path: Path) -> Iterator[ReadArticle | ReadProblem]:
    try:
        feed = parse_feed(path.read_bytes(), url="")
    except ParseError as error:
        yield ReadProblem(path.name, str(error))
        return
    for number, entry in enumerate(feed.entries, start=1):
        yield _article_of_entry(f"{path.name}:{number}", entry, feed.title)
    yield from (ReadProblem(path.name, reason) for reason in feed.skipped)


def _article_of_entry(where: str, entry: Entry, outlet: str) -> ReadArticle:
    lead, text = entry.summary, ""
    if entry.content:
        try:
            lead, text = join_lead(lead, extract_page(entry.content, url=entry.url))
        except ExtractError:
            text = ""
    article = ArticleText(entry.title, False, lead, text, entry.published, None)
    return replace(_article(where, entry.url, outlet, article), identity=article_identity(entry.url or "", entry.guid))


def _read_lines(path: Path) -> Iterator[ReadArticle | ReadProblem]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            where = f"{path.name}:{number}"
            if len(line) > MAX_LINE:
                yield ReadProblem(where, f"a line longer than {MAX_LINE // 1024 // 1024} MB")
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
            elif line.strip():
                yield _article_of_line(where, line)


def _article_of_line(where: str, line: bytes) -> ReadArticle | ReadProblem:
    """One object {title, summary, text, url, outlet, published}; every key may be missing, but not all text."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return ReadProblem(where, f"no JSON: {error}")
    if not isinstance(row, dict):
        return ReadProblem(where, "not an object")
    if wrong := [key for key in _TEXT_KEYS if not isinstance(row.get(key, ""), str | None)]:
        return ReadProblem(where, f"{wrong[0]} must be text")
    values: dict[str, str] = {key: row.get(key) or "" for key in _TEXT_KEYS}
    article = _article_of_values(values)
    if not (article.title or article.lead or article.text):
        return ReadProblem(where, "neither title nor text")
    url = values["url"].strip()
    return _article(where, url if is_feed_url(url) else None, one_line(values["outlet"])[:200], article)


_TEXT_KEYS = ("title", "summary", "text", "url", "outlet", "published")


def _article_of_values(values: dict[str, str]) -> ArticleText:
    """The parts as stated; what is missing is taken out of the text."""
    published = parse_date(values["published"])
    title, lead, text = one_line(values["title"]), clean(values["summary"]), clean(values["text"])
    if title and (lead or not text):
        return ArticleText(shorten(title, MAX_TITLE), False, lead, text, published, None)
    found = extract_text(f"{title}\n\n{text}" if title else text)
    lead, text = join_lead(lead, found)
    return ArticleText(
        shorten(title or found.title, MAX_TITLE),
        found.title_is_ours and not title,
        lead,
        text,
        published or found.published,
        None,
    )


def _article(where: str, url: str | None, outlet: str, article: ArticleText) -> ReadArticle:
    return ReadArticle(
        where=where,
        identity=article_identity(url) if url else _identity_of_words(article),
        url=url,
        outlet=outlet,
        title=article.title,
        title_is_ours=article.title_is_ours,
        lead=article.lead,
        text=article.text,
        published=article.published,
    )


def _identity_of_words(article: ArticleText) -> str:
    words = "\n".join((article.title, article.lead, article.text))
    return f"text:{sha256(words.encode('utf-8', 'replace')).hexdigest()[:40]}"


def _host(url: str | None) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.") if url else UNKNOWN_OUTLET


_READERS: dict[str, Callable[[Path], Iterator[ReadArticle | ReadProblem]]] = {
    ".txt": _read_text,
    ".html": _read_page,
    ".htm": _read_page,
    ".jsonl": _read_lines,
    ".xml": _read_feed,
    ".rss": _read_feed,
    ".atom": _read_feed,
}
