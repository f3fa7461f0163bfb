"""What the headers of a response say: how long it stays fresh, when to ask again, what to ask with."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 24 * 3600.0
MAX_FRESH = 12 * 3600.0

_VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")
_MAX_AGE = re.compile(r"""(?:^|[,\s])max-age\s*=\s*"?(\d{1,10})""", re.I)
_NOT_KEPT = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.I)
_SECONDS = re.compile(r"\d{1,15}(?:\.\d{1,6})?")


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` (0 to a day) that a Retry-After header asks for, as seconds or a date; else None."""
    value = (value or "").strip()[:100]
    if _SECONDS.fullmatch(value):
        return min(float(value), MAX_RETRY_AFTER)
    moment = _http_date(value)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER) if moment else None


def parse_fresh_for(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds (0 to 12 h) that a response stays fresh (RFC 9111 section 4.2): max-age less Age, else Expires.

    0.0 where nothing is said. Expires counts from the response's own Date, since the server's clock may be wrong.
    """
    control = headers.get("Cache-Control", "")[:500]
    if _NOT_KEPT.search(control):
        return 0.0
    if max_age := _MAX_AGE.search(control):
        age = headers.get("Age", "").strip()
        fresh = float(max_age[1]) - (float(age) if _SECONDS.fullmatch(age) else 0.0)
    elif expires := _http_date(headers.get("Expires", "")):
        fresh = (expires - (_http_date(headers.get("Date", "")) or now)).total_seconds()
    else:
        return 0.0
    return min(max(fresh, 0.0), MAX_FRESH)


def validator(value: str | None) -> str | None:
    """An ETag or Last-Modified that can be sent back as it came, else None."""
    value = (value or "").strip()
    return value if _VALIDATOR.fullmatch(value) else None


def past_date(value: str | None, now: datetime) -> str | None:
    """`value` unless it is no date or lies ahead: servers with a Last-Modified of 2041 answer 304 for ever."""
    value = validator(value)
    moment = _http_date(value) if value else None
    return value if moment and moment <= now else None


def _http_date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
