"""What robots.txt lets us ask of a site (RFC 9309); for listing pages and sitemaps, which were made for no reader."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from protego import Protego
from yarl import URL

from feeds.fetch import Fetcher, FetchError
from feeds.markup import decode

USER_AGENT = "DiemTin"
MAX_SITES = 500
MAX_SIZE = 500_000
MAX_DELAY = 60.0
KEPT = 24 * 3600.0
RETRY = 15 * 60.0

_AGENT = re.compile(r"[ \t]*user[- ]?agent[ \t]*[: \t][ \t]*(\*|[a-z_-]*)", re.I)


@dataclass(slots=True)
class _Site:
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    # None until it was read; kept on where a later reading fails, as RFC 9309 section 2.4 has it.
    rules: Protego | None = None
    trouble: FetchError | None = None  # why it could not be read last
    ask_again_at: float = float("-inf")


class Robots:
    """The robots.txt of each site, kept for a day; those asked for least lately are forgotten first."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._sites: OrderedDict[str, _Site] = OrderedDict()

    async def refusal(self, url: str) -> FetchError | None:
        """Why `url` may not be asked, None if it may: "robots" where robots.txt says so, else why that is out of reach.

        A robots.txt that is not there allows everything, one out of reach nothing.
        """
        origin = _origin(url)
        if not origin:
            return FetchError("bad_url", "not an address", retry=False)
        site = self._sites.setdefault(origin, _Site())
        self._sites.move_to_end(origin)
        if len(self._sites) > MAX_SITES:
            self._sites.popitem(last=False)
        async with site.asking:
            if site.ask_again_at <= self._clock():
                await self._read(origin, site)
        if site.rules is None and site.trouble is not None:
            why, message = site.trouble, f"robots.txt cannot be read: {site.trouble}"
            return FetchError(why.reason, message, retry=True, retry_after=why.retry_after)
        if site.rules is None or not site.rules.can_fetch(url, USER_AGENT):
            return FetchError("robots", f"robots.txt does not let us ask: {origin}{URL(url).path}", retry=True)
        return None

    def crawl_delay(self, url: str) -> float:
        """Seconds (0 to 60) to leave between two requests; 0.0 where nothing is said or `refusal` did not ask yet."""
        site = self._sites.get(_origin(url))
        delay = site.rules.crawl_delay(USER_AGENT) if site and site.rules else None
        return min(delay or 0.0, MAX_DELAY)

    async def _read(self, origin: str, site: _Site) -> None:
        kept = KEPT
        try:
            fetched = await self._fetcher.get(f"{origin}/robots.txt")
            site.rules = _parse(decode(fetched.body[:MAX_SIZE], fetched.content_type))
        except FetchError as error:
            if _is_absent(error.reason):
                site.rules = Protego.parse("")
            else:
                site.trouble = error
                kept = max(RETRY, error.retry_after or 0.0)
        site.ask_again_at = self._clock() + kept


def _is_absent(reason: str) -> bool:
    """RFC 9309 section 2.3.1.3: refused, missing, or behind too many redirects. 429 says "later", not "never"."""
    is_refused = reason.startswith("http_") and not reason.startswith("http_5") and reason != "http_429"
    return is_refused or reason in ("gone", "redirect")


def _parse(text: str) -> Protego:
    """The rules for us and for everyone. All other robots count as one: Protego's time grows with robots x rules."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if agent := _AGENT.match(line):
            name = agent[1].lower()
            lines[number] = f"User-agent: {name if name in ('*', USER_AGENT.lower()) else 'other'}"
    return Protego.parse("\n".join(lines))


def _origin(url: str) -> str:
    try:
        return str(URL(url).origin())
    except ValueError:
        return ""
