"""Which article an address or a guid means: the key under which an article is stored once.

Papers change the slug when they change the headline, and the number at its end stays ("-5111013.html"): of
VnExpress's articles 2.3 % show two addresses within a year. So the key is, in this order,

1. site and article number: ``vnexpress.net#5111013``
2. the canonical address: ``bbc.com/vietnamese/articles/c0x``
3. site and guid, where the address is missing or only the front page: ``tuoitre.vn!55d41482-693d``

The guid comes last: feeds were seen that give a new one on each fetch, or one for all articles, while an address
that changes keeps its number.
"""

import re
from hashlib import sha256
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

MAX_KEY = 300

# What marketing and sessions add to an address; the article is the same without it.
_TRACKING = re.compile(
    r"(?:utm|at|mc|pk|vero|zarsrc|itm)_?\w*|fbclid|gclid|yclid|dclid|zarsrc|ref|referer|source|src|amp|"
    r"sid|phpsessid|jsessionid|session_?id|_ga|_gl|vnnsource|gidzl",
    re.IGNORECASE,
)
_MIRROR_HOSTS = re.compile(r"^(?:(?:www\d?|m|mobile|amp|wap)\.)+(?=[^.]+\.)")
_SLASHES = re.compile(r"/{2,}")

# -5111013.html  -post979675.html  -102260804112129077.htm  -ar850105.html  /218999.htm  -i712345/
_NUMBER = re.compile(
    r"(?:^|[-_/.])(?:(?P<kind>post|ar|art|id|i|d|n|p|c|a)(?=\d{5}))?(?P<number>\d{5,20})(?:\.[a-z]{2,5})?/*$"
)
MAX_NUMBER = 40  # characters of such an end
# Numbers that headlines end with: dates without separators ("thang-72026", "05082026", "20260805"), round sums.
_NOT_ARTICLE = re.compile(
    r"(?:[0-3]?\d)?(?:0?[1-9]|1[0-2])(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d|\d{5}|\d+000"
)


def article_identity(url: str, guid: str | None = None) -> str:
    """The key of the article at `url` (http or https; "" if it has none), at most `MAX_KEY` characters.

    Two addresses with the same key are one article. Raises ValueError when there is neither address nor guid.
    """
    canonical = canonical_url(url)
    guid = " ".join((guid or "").split())
    if not canonical and guid.startswith(("http://", "https://")):
        canonical, guid = canonical_url(guid), ""
    site, _, path = canonical.partition("/")
    if number := _article_number(path):
        return f"{site}#{number}"
    if path or "?" in site or (site and not guid):
        return _bounded(canonical)
    if guid:
        return _bounded(f"{site}!{guid}")
    raise ValueError("neither address nor guid")


def canonical_url(url: str) -> str:
    """`url` without what does not name the article: scheme, www/m/amp hosts, tracking, session ids, fragment.

    For comparing, not for fetching. Never raises; an address that cannot be taken apart comes back as it is.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return url.strip()
    if not host:
        return url.strip()
    host = _MIRROR_HOSTS.sub("", host)
    if port not in (None, 80, 443):
        host = f"{host}:{port}"
    path = _SLASHES.sub("/", unquote(parts.path).partition(";")[0]).rstrip("/")
    path = path.removesuffix("/amp").removesuffix(".amp")
    if not parts.query:
        return host + path
    query = sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k))
    return host + path + (f"?{urlencode(query)}" if query else "")


def _article_number(path: str) -> str:
    """The number at the end of the path with the letters in front of it, or "" ("post979675", "5111013")."""
    path = path.partition("?")[0]
    match = _NUMBER.search(path, max(0, len(path) - MAX_NUMBER))
    if not match or (not match["kind"] and _NOT_ARTICLE.fullmatch(match["number"])):
        return ""
    return (match["kind"] or "") + match["number"]


def _bounded(key: str) -> str:
    if len(key) <= MAX_KEY:
        return key
    return f"{key[:200]}~{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
