"""Polite, safe, conditional HTTP: an address in, bytes out.

    check address -> wait for the host's turn -> ask (If-None-Match, If-Modified-Since) -> redirect? check again
                  -> read and decompress up to the limits -> Fetched | FetchError

Redirects are followed by hand, so that each hop is checked as the first address was (feeds.guard) and waits for its
own host's turn. Cookies live for one `get` only, enough for papers that redirect to themselves until their cookie
comes back; those of a source that is visited first are kept for that source alone. No message holds a query string or
credentials.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from types import TracebackType
from typing import NoReturn, Self, TypeVar

import aiohttp
from yarl import URL

from feeds.cookies import Cookies
from feeds.decompress import Body, BodyTooLargeError, CodingError
from feeds.guard import BlockedAddressError, GuardedResolver, check_url
from feeds.headers import parse_fresh_for, parse_retry_after, past_date, validator
from feeds.turns import Turns

MAX_BYTES = 8 * 1024 * 1024
TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0
MAX_HOPS = 6
MAX_SOURCES_WITH_COOKIES = 200

_HEADERS = {
    "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "vi, en;q=0.7",
}
# Content security policies of some papers are longer than aiohttp's 8 kB; at most 128 headers is its own rule.
_MAX_HEADER = 16 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRY_STATUSES = frozenset({403, 408, 425, 429, *range(500, 600)})
# A source that fails so despite its cookies may want to be visited anew.
_STALE_COOKIES = frozenset({"redirect", "http_403", "connect", "timeout", "protocol"})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.

    `status` is 200 or 304 (then `body` is empty); `body` is decompressed; `url` the address that answered after all
    redirects; `permanent_redirect` the address to ask from now on, None when the asked one is still right (or the
    new one is no longer https); `fresh_for` the seconds (0 to 12 h) in which asking again is pointless.
    """

    status: int
    body: bytes
    url: str
    etag: str | None
    last_modified: str | None
    content_type: str | None
    permanent_redirect: str | None
    fresh_for: float


class FetchError(Exception):
    """Nothing usable came.

    `reason` is a short code: bad_url, blocked_address, offline, dns, connect, tls, timeout, too_large, encoding,
    redirect, protocol, gone (410), http_<status>. `retry` says whether a later try may succeed; `retry_after` the
    seconds the server asked for (0 to one day), else None.
    """

    def __init__(self, reason: str, message: str, *, retry: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry = retry
        self.retry_after = retry_after


class Fetcher:
    """An HTTP client with limits; use as an async context manager and share one among all feeds.

    `allow_private` holds the exact "host:port" that may lie on a private or loopback address. `contact` is how an
    outlet reaches whoever runs this, for the User-Agent. `concurrency` limits all requests, `per_host` those to one
    host; the `timeout` (seconds, redirects and body included) runs while a request has its turn. `max_bytes` limits a
    body both as sent and as decompressed. An `offline` fetcher reaches nothing but `allow_private`.
    """

    def __init__(
        self,
        *,
        allow_private: Collection[str] = (),
        contact: str = "",
        concurrency: int = 20,
        per_host: int = 2,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        offline: bool = False,
    ) -> None:
        self._allow = frozenset(allow_private)
        self._offline = offline
        self._headers = {"User-Agent": _user_agent(contact), **_HEADERS}
        self._turns = Turns(concurrency, per_host)
        self._timeout = timeout
        self._max_bytes = max_bytes
        # Of sources that are visited first, by that address and the host asked then; the least used go.
        self._cookies: OrderedDict[tuple[str, str], Cookies] = OrderedDict()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # The turns set the limits, so the connector has none of its own.
        connector = aiohttp.TCPConnector(resolver=GuardedResolver(self._allow), limit=0, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=min(CONNECT_TIMEOUT, self._timeout)),
            max_line_size=_MAX_HEADER,
            max_field_size=_MAX_HEADER,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        visit: str | None = None,
        pace: float = 0.0,
    ) -> Fetched:
        """Ask for `url`; the validators are those of its last `Fetched`. Raises FetchError and nothing else.

        `visit` is an address that hands out the cookies without which `url` is not answered; it is asked first, and
        again only when they no longer serve. `pace` is the least number of seconds between the starts of two
        requests to the host that have one; waiting for that is not counted as time taken.
        """
        validators = {
            name: value
            for name, value in (("If-None-Match", validator(etag)), ("If-Modified-Since", validator(last_modified)))
            if value
        }
        ask = partial(self._ask, url, headers=validators, pace=pace, answer=partial(self._answer, validators))
        if not visit:
            return await ask(cookies=Cookies())
        key = (visit, _parse_url(url).host or "")
        if cookies := self._cookies.get(key):
            self._cookies.move_to_end(key)
            try:
                return await ask(cookies=cookies)
            except FetchError as error:
                if error.reason not in _STALE_COOKIES:
                    raise
                self._cookies.pop(key, None)
        cookies = Cookies()
        await self._ask(visit, headers={}, pace=pace, answer=_ignore, cookies=cookies)
        fetched = await ask(cookies=cookies)
        self._cookies[key] = cookies
        if len(self._cookies) > MAX_SOURCES_WITH_COOKIES:
            self._cookies.popitem(last=False)
        return fetched

    async def _ask(
        self,
        url: str,
        *,
        headers: dict[str, str],
        pace: float,
        answer: "Callable[[aiohttp.ClientResponse, str | None], Awaitable[Answer]]",
        cookies: Cookies,
    ) -> Answer:
        target = _parse_url(url)
        self._check(target)
        try:
            return await self._follow(target, headers, pace, answer, cookies)
        except TimeoutError as error:
            raise FetchError(
                "timeout", f"no answer within {self._timeout:g} s: {_shown(target)}", retry=True
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            _raise_as_fetch_error(error, target)

    async def _follow(
        self,
        url: URL,
        headers: dict[str, str],
        pace: float,
        answer: "Callable[[aiohttp.ClientResponse, str | None], Awaitable[Answer]]",
        cookies: Cookies,
    ) -> Answer:
        if not self._session:
            raise RuntimeError("use the Fetcher as an async context manager")
        clock = asyncio.get_running_loop().time
        left = self._timeout
        moved, is_permanent = None, True
        for hop in range(MAX_HOPS + 1):
            async with self._turns.take(url.host or "", 0.0 if hop else pace):
                started = clock()
                async with (
                    asyncio.timeout(left),
                    self._session.get(url, headers=headers | cookies.header(url), allow_redirects=False) as response,
                ):
                    cookies.keep(response)
                    if response.status not in _REDIRECTS:
                        return await answer(response, moved)
                left -= clock() - started
            goal = self._goal(response, url)
            is_permanent = is_permanent and moves_for_good(response.status, url, goal)
            if is_permanent:
                moved = str(goal.with_fragment(None))
            url = goal
        raise FetchError("redirect", f"more than {MAX_HOPS} redirects: {_shown(url)}", retry=False)

    def _goal(self, response: aiohttp.ClientResponse, url: URL) -> URL:
        location = response.headers.get("Location", "").strip()
        if not location:
            raise FetchError("redirect", f"a redirect to nowhere: {_shown(url)}", retry=False)
        try:
            goal = url.join(URL(location))
        except ValueError as error:
            raise FetchError("redirect", f"a redirect to no address: {_shown(url)}", retry=False) from error
        self._check(goal)
        return goal

    def _check(self, url: URL) -> None:
        try:
            check_url(url, self._allow)
        except ValueError as error:
            reason = "blocked_address" if isinstance(error, BlockedAddressError) else "bad_url"
            raise FetchError(reason, f"{error}: {_shown(url)}", retry=False) from error
        if self._offline and f"{url.host}:{url.port}" not in self._allow:
            raise FetchError("offline", f"not fetched, there is no internet here: {_shown(url)}", retry=False)

    async def _answer(self, asked_with: dict[str, str], response: aiohttp.ClientResponse, moved: str | None) -> Fetched:
        status, headers = response.status, response.headers
        now = datetime.now(UTC)
        if status == 304 and not asked_with:
            raise FetchError("protocol", f"304 to an unconditional request: {_shown(response.url)}", retry=True)
        if status not in (200, 304):
            raise FetchError(
                "gone" if status == 410 else f"http_{status}",
                f"HTTP {status}: {_shown(response.url)}",
                retry=status in _RETRY_STATUSES,
                retry_after=parse_retry_after(headers.get("Retry-After"), now),
            )
        return Fetched(
            status=status,
            body=await self._read(response) if status == 200 else b"",
            url=str(response.url),
            etag=validator(headers.get("ETag")),
            last_modified=past_date(headers.get("Last-Modified"), now),
            content_type=headers.get("Content-Type", "")[:200] or None,
            permanent_redirect=moved,
            fresh_for=parse_fresh_for(headers, now),
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, opened; cut off with FetchError as soon as any form of it passes the limit."""
        try:
            if (response.content_length or 0) > self._max_bytes:
                raise BodyTooLargeError
            body = Body(response.headers.get("Content-Encoding", ""), self._max_bytes)
            async for chunk in response.content.iter_chunked(64 * 1024):
                body.add(chunk)
            return body.whole()
        except BodyTooLargeError as error:
            size = f"{self._max_bytes / 1024 / 1024:g} MB"
            raise FetchError("too_large", f"more than {size}: {_shown(response.url)}", retry=False) from error
        except CodingError as error:
            raise FetchError("encoding", f"{error}: {_shown(response.url)}", retry=error.retry) from error


def moves_for_good(status: int, url: URL, goal: URL) -> bool:
    """Whether a redirect with `status` says to ask `goal` from now on; never one away from https."""
    return status in (301, 308) and (url.scheme, goal.scheme) != ("https", "http")


async def _ignore(_response: aiohttp.ClientResponse, _moved: str | None) -> None:
    """For a visit: whatever it answers, only its cookies matter. The body is not read."""


def _user_agent(contact: str) -> str:
    return f"DiemTin/{version('diem-tin')}" + (f" (+{contact})" if contact else "")


def _parse_url(url: str) -> URL:
    try:
        return URL(url.strip())
    except ValueError as error:
        shown = url.partition("?")[0].rpartition("@")[2][:60]
        raise FetchError("bad_url", f"not an address: {shown!r}", retry=False) from error


def _shown(url: URL) -> str:
    """`url` for messages: no credentials, query or fragment, since those may hold secrets."""
    bare = url.with_query(None).with_fragment(None)
    return str(bare.with_user(None) if bare.user or bare.password else bare)[:200]


def _raise_as_fetch_error(error: Exception, url: URL) -> NoReturn:
    where = _shown(url)
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, BlockedAddressError):
            raise FetchError("blocked_address", f"{cause}: {where}", retry=False) from error
        cause = cause.__cause__ or (cause.os_error if isinstance(cause, aiohttp.ClientConnectorError) else None)
    if isinstance(error, aiohttp.InvalidURL):
        raise FetchError("bad_url", f"not an address: {where}", retry=False) from error
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        raise FetchError("dns", f"the host is unknown: {where}", retry=True) from error
    if isinstance(error, aiohttp.ClientSSLError):
        raise FetchError("tls", f"no trusted connection: {where}", retry=True) from error
    if isinstance(error, aiohttp.ClientConnectorError):
        raise FetchError("connect", f"no connection: {where}", retry=True) from error
    fault = type(error.__cause__ or error).__name__
    raise FetchError("protocol", f"not proper HTTP ({fault}): {where}", retry=True) from error
