"""Which article an address or a guid means: the key under which an article is stored once.

Papers change the slug when they change the headline, and the number at its end stays ("-5111013.html"): of
VnExpress's articles 2.3 % show two addresses within a year. So the key is, in this order,

1. site and article number, with the query that remains: ``vnexpress.net#5111013``, ``a.vn#100234?newsid=5``
2. the canonical address: ``bbc.com/vietnamese/articles/c0x``
3. site and guid, where the address is missing or only the front page: ``tuoitre.vn!55d41482-693d``

Two keys for one article are a repeat that feeds.duplicates finds; one key for two articles loses the second. So a
number that may be a date, a time or a telephone's counts for none.

The guid comes last: feeds were seen that give a new one on each fetch, or one for all articles, while an address
that changes keeps its number.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

MAX_KEY = 300

# What marketing and sessions add to an address; the article is the same without it.
_TRACKING = re.compile(
    r"(?:utm|at|mc|pk|itm|mtm|vero|zarsrc)_\w*|fbclid|gclid|yclid|dclid|msclkid|zarsrc|amp|phpsessid|jsessionid|"
    r"session_?id|_ga|_gl|vnnsource|gidzl",
    re.IGNORECASE,
)
# These say where a reader came from, and in older systems which article it is: "article&sid=77", "view?source=12".
_MAYBE_TRACKING = re.compile(r"ref|referer|source|src|sid", re.IGNORECASE)
# A path that names no article by itself.
_SCRIPT = re.compile(
    r"(?:^|/)(?:[^/]*\.(?:php|aspx?|jsp|cgi)|article|view|detail|news|read|show|tin|tin-tuc|bai-viet)?$", re.I
)
_SHORT_NUMBER = re.compile(r"\d{1,9}")
_MIRROR_HOSTS = re.compile(r"^(?:(?:www\d?|m|mobile|amp|wap)\.)+(?=[^.]+\.)")
_SLASHES = re.compile(r"/{2,}")

# -5111013.html  -post979675.html  -102260804112129077.htm  -ar850105.html  /218999.htm  -i712345/
_NUMBER = re.compile(
    r"(?:^|[-_/.])(?:(?P<kind>post|ar|art|id|i|d|n|p|c|a)(?=\d{5}))?(?P<number>\d{5,20})(?:\.[a-z]{2,5})?/*$"
)
MAX_NUMBER = 40  # characters of such an end
# Numbers that headlines end with: terms of office ("20252030"), hotlines, dates without separators ("thang-72026",
# "05082026", "20260805", "050826"), round sums.
_DATE = re.compile(r"[0-3]\d(?:0[1-9]|1[0-2])(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d")
_NOT_ARTICLE = re.compile(
    r"(?:[0-3]?\d)?(?:0?[1-9]|1[0-2])(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d|"
    r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])[23]\d|(?:(?:19|20)\d\d){2}|1[89]00\d{4}|\d{5}|\d+000"
)
# A number under the path of a date, or a time behind one, names the article only within that day.
_DAY_PATH = re.compile(r"/(?:19|20)\d\d/\d{1,2}/(?:\d{1,2}/)?$")
_DAY = re.compile(r"(?:(?:19|20)\d\d-\d\d-\d\d|\d\d?-\d\d?-(?:19|20)\d\d)[-_]$")
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_MANY_SITES = ".gov.vn"  # hosts with a site for each office, each of which counts its articles from 1
MAX_OFFICE_NUMBER = 7  # digits; a longer number is a timestamp, and no two sites share it


def article_identity(url: str, guid: str | None = None, *, base: str = "") -> str:
    """The key of the article at `url` (http or https; "" if it has none), at most `MAX_KEY` characters.

    Two addresses with the same key are one article. A guid without an address only counts within the site of the
    feed, whose address is `base`: every second feed has an entry "1". Raises ValueError without address and guid.
    """
    address = _address(url)
    guid = " ".join((guid or "").split())
    if not address and guid.startswith(("http://", "https://")):
        address, guid = _address(guid), ""
    if not address:
        if not guid:
            raise ValueError("neither address nor guid")
        feed = _address(base)
        return _bounded(f"{feed.site if feed else ''}!{guid}")
    if number := _article_number(address.path):
        return _bounded(f"{_office(address, number)}#{number}{address.ids}")
    if guid and not address.path and not address.rest:
        return _bounded(f"{address.site}!{guid}")
    return _bounded(f"{address.site}{address.path}{address.rest}")


def article_number(url: str) -> str:
    """The number by which its site names the article at `url`, with its letters ("post979675"), or ""."""
    address = _address(url)
    return _article_number(address.path) if address else ""


def canonical_url(url: str) -> str:
    """`url` without what does not name the article: scheme, www/m/amp hosts, tracking, session ids, fragment.

    For comparing, not for fetching. Never raises; an address that cannot be taken apart comes back as it is.
    """
    address = _address(url)
    return f"{address.site}{address.path}{address.rest}" if address else ""


class _Address(NamedTuple):
    site: str
    path: str  # with its leading slash, or ""
    rest: str  # the query and the route of an application ("#/tin/1"), or ""
    ids: str  # of these what names an article even where the path ends with a number: "?newsid=5", the route


def _address(url: str) -> _Address | None:
    """The parts of `url` that name the article; None for an empty one."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        host = ""
    if not host:
        return _Address(url, "", "", "") if url else None
    host = _MIRROR_HOSTS.sub("", host)
    if port not in (None, 80, 443):
        host = f"{host}:{port}"
    path = _SLASHES.sub("/", unquote(parts.path).partition(";")[0]).rstrip("/")
    path = path.removesuffix("/amp").removesuffix(".amp")
    is_script = _SCRIPT.search(path) is not None
    query = sorted(
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(*pair, is_script)
    )
    route = parts.fragment if parts.fragment.startswith(("/", "!")) and parts.fragment.strip("/!") else ""
    behind = f"#{route}" if route else ""
    ids = [(name, value) for name, value in query if name.lower().endswith("id") and _SHORT_NUMBER.fullmatch(value)]
    return _Address(host, path, _query(query) + behind, _query(ids) + behind)


def _query(pairs: Sequence[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


def _is_tracking(name: str, value: str, is_script: bool) -> bool:
    if _MAYBE_TRACKING.fullmatch(name):
        return not is_script or not _SHORT_NUMBER.fullmatch(value)
    return _TRACKING.fullmatch(name) is not None


def _article_number(path: str) -> str:
    """The number at the end of the path with the letters in front of it, or "" ("post979675", "5111013")."""
    match = _NUMBER.search(path, max(0, len(path) - MAX_NUMBER))
    if not match:
        return ""
    kind, number = match["kind"] or "", match["number"]
    if kind:
        # One letter may be a word of the headline, as in "chieu-c20260805".
        return "" if len(kind) == 1 and _DATE.fullmatch(number) else kind + number
    before = path[: match.start("number")]
    if _NOT_ARTICLE.fullmatch(number) or _DAY_PATH.search(before):
        return ""
    return "" if _TIME.fullmatch(number) and _DAY.search(before) else number


def _office(address: _Address, number: str) -> str:
    """The site that counts the article: of a host with many, the first part of the path too."""
    first, _, others = address.path[1:].partition("/")
    if others and address.site.endswith(_MANY_SITES) and len(number) <= MAX_OFFICE_NUMBER:
        return f"{address.site}/{first}"
    return address.site


def _bounded(key: str) -> str:
    if len(key) <= MAX_KEY:
        return key
    return f"{key[:200]}~{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
