"""The outlets to follow: the reviewed list of the project.

`load_sources` reads data/sources.toml (or another file of the same shape). Sources are values; which of them a
database follows is its own matter.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError

from feeds.identity import canonical_url

DATA = Path(__file__).with_name("data") / "sources.toml"
LEVELS = ("central", "ministry", "province", "national", "foreign", "other")
KINDS = ("feed", "sitemap", "listing")
MAX_URL = 2000
MAX_SELECTOR = 200
# Up to what ends an address in prose, in quotes or in JSON.
_QUERY = re.compile(r"""(https?://[^\s?"'<>\\]*\?)(?:[^\s"'<>\\]*[^\s"'<>\\.,:;!?)\]}])?""", re.IGNORECASE)


# A host of the internet or of a network at home, maybe with a port, and what may follow it.
_WITHOUT_SCHEME = re.compile(
    r"(?:localhost|\[[0-9a-f:.]{2,45}\]|(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}\.?)(?::\d{1,5})?(?:[/?#].*)?", re.IGNORECASE
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class AddressError(ValueError):
    """What was typed is no address to read; `reason` is a short code: bad_url, scheme, credentials."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class SourcesError(ValueError):
    """A list of sources cannot be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Source:
    """One address that news is read from.

    `level` is one of `LEVELS`; `province` the present-day bare name ("Hồ Chí Minh"), only where the outlet writes
    for one province; `language` an ISO 639-1 code; `section` None for the front page. `kind` is one of `KINDS`: an RSS
    or Atom feed, a sitemap, or a page whose links the CSS `selector` picks (it has one, the other kinds have none).
    `visit` is an address of the same host that is asked first because it hands out a cookie; `was` the address that
    this one replaces.
    """

    url: str
    outlet: str
    level: str = "other"
    province: str | None = None
    language: str = "vi"
    section: str | None = None
    enabled: bool = True
    kind: str = "feed"
    selector: str | None = None
    visit: str | None = None
    was: str | None = None


_KEYS = frozenset(field.name for field in fields(Source))


def load_sources(path: Path | None = None) -> tuple[Source, ...]:
    """The sources of `path` (TOML; default: the project's own list), in file order.

    Raises SourcesError for a file that cannot be read and for the first bad or double entry.
    """
    path = path or DATA
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourcesError(f"{path}: {error}") from error
    rows = data.get("source")
    if not isinstance(rows, list):
        raise SourcesError(f"{path}: no [[source]] entries")
    sources: dict[str, Source] = {}
    for number, row in enumerate(rows, start=1):
        try:
            source = _source_of(row)
        except SourcesError as error:
            name = row.get("url", row.get("outlet", "?")) if isinstance(row, dict) else row
            raise SourcesError(f"{path}: entry {number} ({name}): {error}") from error
        if source.url in sources:
            raise SourcesError(f"{path}: entry {number} ({source.url}): the address stands there twice")
        sources[source.url] = source
    for source in sources.values():
        if source.was in sources:
            raise SourcesError(f"{path}: {source.url} replaces {source.was}, which stands there too")
    return tuple(sources.values())


def _source_of(row: Any) -> Source:
    if not isinstance(row, dict):
        raise SourcesError("not a table")
    if unknown := row.keys() - _KEYS:
        raise SourcesError(f"unknown key {', '.join(sorted(unknown))}")
    for key in ("url", "outlet"):
        if not row.get(key):
            raise SourcesError(f"{key} is missing")
    for key in _KEYS - {"enabled"}:
        if key in row and not isinstance(row[key], str):
            raise SourcesError(f"{key} must be text")
    if not isinstance(row.get("enabled", True), bool):
        raise SourcesError("enabled must be true or false")
    if row.get("level", "other") not in LEVELS:
        raise SourcesError(f"level {row['level']} is none of {', '.join(LEVELS)}")
    for key in ("url", "was"):
        if key in row and not is_feed_url(row[key]):
            raise SourcesError(f"{key} is not a plain http or https address")
    source = Source(**row)
    check_reading(source)
    return source


def check_reading(source: Source) -> None:
    """Raises SourcesError with the reason where kind, selector and visit do not fit each other or the address."""
    if source.kind not in KINDS:
        raise SourcesError(f"kind {source.kind} is none of {', '.join(KINDS)}")
    if source.kind == "listing" and not source.selector:
        raise SourcesError("a listing needs the selector that picks its links")
    if source.selector is not None:
        if source.kind != "listing":
            raise SourcesError("only a listing has a selector")
        _check_selector(source.selector)
    if source.visit is not None and (
        not is_feed_url(source.visit) or urlsplit(source.visit).hostname != urlsplit(source.url).hostname
    ):
        raise SourcesError("visit is no http or https address of the same host")


def _check_selector(selector: str) -> None:
    if len(selector) > MAX_SELECTOR:
        raise SourcesError(f"the selector is longer than {MAX_SELECTOR} characters")
    if wrong := _wrong_css(selector):
        raise SourcesError(f"selector {selector} is not CSS: {wrong}")


@lru_cache(maxsize=1000)
def _wrong_css(selector: str) -> str:
    try:
        HTMLTranslator().css_to_xpath(selector)
    except SelectorError as error:
        return str(error) or "it cannot be read"
    return ""


def is_feed_url(url: str) -> bool:
    """Whether `url` is an absolute http(s) address without credentials, blanks or control characters."""
    if len(url) > MAX_URL or " " in url or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  a bad port raises only when asked for
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def addresses_of(typed: str) -> tuple[str, ...]:
    """The http(s) addresses that somebody may mean who types this, the likeliest first: a host without a scheme is
    asked by https, then by http. Raises AddressError."""
    typed = typed.strip()
    scheme = _SCHEME.match(typed)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise AddressError("scheme", f"{scheme[1][:20]} addresses are not read, only http and https")
    if not scheme and not _WITHOUT_SCHEME.fullmatch(typed):
        raise AddressError("bad_url", "not an http or https address" if typed else "no address given")
    urls = (
        (typed[: scheme.end()].lower() + typed[scheme.end() :],) if scheme else (f"https://{typed}", f"http://{typed}")
    )
    if not is_feed_url(urls[0]):
        if "@" in typed:
            raise AddressError("credentials", "addresses with user and password are not read")
        raise AddressError("bad_url", "not an http or https address")
    return urls


def without_query(text: str) -> str:
    """An address, or a text with addresses, without their query strings: some hold a key that is nobody else's."""
    return _QUERY.sub(r"\1…", text)


def is_same_site(url: str, of: str) -> bool:
    """Whether `url` is a web address on the host of `of` or below it; www and mobile hosts are the site itself."""
    host, site = _site(url), _site(of)
    return is_feed_url(url) and (host == site or host.endswith(f".{site}"))


def _site(url: str) -> str:
    return canonical_url(url).partition("/")[0].partition("?")[0]
