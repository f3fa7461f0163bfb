"""Polite, safe, conditional HTTP: an address in, bytes out.

    check address -> wait for the host's turn -> ask (If-None-Match, If-Modified-Since) -> redirect? check again
                  -> read and decompress up to the limits -> Fetched | FetchError

Redirects are followed by hand, so that each hop is checked as the first address was (feeds.guard). Cookies live for
one `get` only: enough for papers that redirect to themselves until their cookie comes back, and none leaks from one
feed to another. No message holds a query string or credentials.
"""

import asyncio
import re
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import NoReturn, Self

import aiohttp
from yarl import URL

from feeds.guard import BlockedAddressError, GuardedResolver, check_url

USER_AGENT = "DiemTin/0.1 (news briefing bot; polls politely)"
MAX_BYTES = 8 * 1024 * 1024
TIMEOUT = 30.0
MAX_HOPS = 6
MAX_RETRY_AFTER = 24 * 3600.0

_HEADERS = {
    "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "vi, en;q=0.7",
}
_RETRY_STATUSES = frozenset({403, 408, 425, 429, *range(500, 600)})
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.

    `status` is 200 or 304 (then `body` is empty); `body` is decompressed; `url` the address that answered after all
    redirects; `permanent_redirect` the address to ask from now on, None when the asked one is still right.
    """

    status: int
    body: bytes
    url: str
    etag: str | None
    last_modified: str | None
    content_type: str | None
    permanent_redirect: str | None


class FetchError(Exception):
    """Nothing usable came.

    `reason` is a short code: bad_url, blocked_address, dns, connect, tls, timeout, too_large, encoding, redirect,
    protocol, gone (410), http_<status>. `retry` says whether a later try may succeed; `retry_after` the seconds the
    server asked for (0 to one day), else None.
    """

    def __init__(self, reason: str, message: str, *, retry: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry = retry
        self.retry_after = retry_after


class Fetcher:
    """An HTTP client with limits; use as an async context manager and share one among all feeds.

    `allow_private` holds the exact "host:port" that may lie on a private or loopback address. `concurrency` limits
    all requests, `per_host` those to one host; the `timeout` (seconds, redirects and body included) starts when
    a request's turn has come. `max_bytes` limits a body both as sent and as decompressed. An `offline` fetcher
    reaches nothing but `allow_private`.
    """

    def __init__(
        self,
        *,
        allow_private: Collection[str] = (),
        user_agent: str = USER_AGENT,
        concurrency: int = 20,
        per_host: int = 2,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        offline: bool = False,
    ) -> None:
        self._allow = frozenset(allow_private)
        self._offline = offline
        self._headers = {"User-Agent": user_agent, **_HEADERS}
        self._all = asyncio.Semaphore(concurrency)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_host))
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # The semaphores set the limits, so the connector has none of its own.
        connector = aiohttp.TCPConnector(resolver=GuardedResolver(self._allow), limit=0, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def get(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Ask for `url`; the validators are those of its last `Fetched`. Raises FetchError and nothing else."""
        if not self._session:
            raise RuntimeError("use the Fetcher as an async context manager")
        validators = {
            name: value
            for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified))
            if value and _VALIDATOR.fullmatch(value)
        }
        target = _parse_url(url, self._allow)
        if self._offline and f"{target.host}:{target.port}" not in self._allow:
            raise FetchError("offline", f"not fetched, there is no internet here: {_shown(target)}", retry=False)
        try:
            async with self._hosts[target.host or ""], self._all, asyncio.timeout(self._timeout):
                return await self._follow(self._session, target, validators)
        except TimeoutError as error:
            raise FetchError(
                "timeout", f"no answer within {self._timeout:g} s: {_shown(target)}", retry=True
            ) from error
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            _raise_as_fetch_error(error, target)

    async def _follow(self, session: aiohttp.ClientSession, url: URL, validators: dict[str, str]) -> Fetched:
        cookies = aiohttp.CookieJar(unsafe=True)
        permanent: URL | None = None
        all_permanent = True
        for _hop in range(MAX_HOPS + 1):
            async with _request(session, url, validators, cookies) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    moved = str(permanent) if permanent else None
                    return await self._answer(response, asked_with=validators, moved=moved)
                cookies.update_cookies(response.cookies, url)
                location = response.headers.get("Location", "").strip()
                status = response.status
            if not location:
                raise FetchError("redirect", f"a redirect to nowhere: {_shown(url)}", retry=False)
            try:
                goal = url.join(URL(location))
            except ValueError as error:
                raise FetchError("redirect", f"a redirect to no address: {_shown(url)}", retry=False) from error
            _check(goal, self._allow)
            all_permanent = all_permanent and status in (301, 308)
            if all_permanent:
                permanent = goal
            url = goal
        raise FetchError("redirect", f"more than {MAX_HOPS} redirects: {_shown(url)}", retry=False)

    async def _answer(
        self, response: aiohttp.ClientResponse, *, asked_with: dict[str, str], moved: str | None
    ) -> Fetched:
        status, headers = response.status, response.headers
        where = _shown(response.url)
        if status == 304 and not asked_with:
            raise FetchError("protocol", f"304 to an unconditional request: {where}", retry=True)
        if status not in (200, 304):
            raise FetchError(
                "gone" if status == 410 else f"http_{status}",
                f"HTTP {status}: {where}",
                retry=status in _RETRY_STATUSES,
                retry_after=parse_retry_after(headers.get("Retry-After"), datetime.now(UTC)),
            )
        return Fetched(
            status=status,
            body=await self._read(response) if status == 200 else b"",
            url=str(response.url),
            etag=_validator(headers.get("ETag")),
            last_modified=_past_date(headers.get("Last-Modified"), datetime.now(UTC)),
            content_type=headers.get("Content-Type", "")[:200] or None,
            permanent_redirect=moved,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, opened; cut off with FetchError as soon as either form of it passes the limit."""
        where = _shown(response.url)
        if (response.content_length or 0) > self._max_bytes:
            self._raise_too_large(where)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        opener = _opener(encoding, where)
        body, sent = bytearray(), 0
        async for chunk in response.content.iter_chunked(64 * 1024):
            sent += len(chunk)
            if opener is None:
                body += chunk
            else:
                body += opener.decompress(chunk, self._max_bytes + 1 - len(body))
            if max(sent, len(body)) > self._max_bytes:
                self._raise_too_large(where)
        if opener is not None and not opener.eof:
            raise FetchError("encoding", f"the compressed body is cut off: {where}", retry=True)
        return bytes(body)

    def _raise_too_large(self, where: str) -> NoReturn:
        raise FetchError("too_large", f"more than {self._max_bytes / 1024 / 1024:g} MB: {where}", retry=False)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` that a Retry-After header asks for, seconds or an HTTP date; None if it says nothing."""
    value = (value or "").strip()[:100]
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return min(float(value), MAX_RETRY_AFTER)
    moment = _http_date(value)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER) if moment else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _validator(value: str | None) -> str | None:
    value = (value or "").strip()
    return value if _VALIDATOR.fullmatch(value) else None


def _past_date(value: str | None, now: datetime) -> str | None:
    """`value` unless it is no date or lies ahead: servers with a Last-Modified of 2041 answer 304 for ever."""
    moment = _http_date(_validator(value) or "")
    return _validator(value) if moment and moment <= now else None


def _opener(encoding: str, where: str) -> "zlib._Decompress | None":
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # tells gzip and zlib apart by itself
    raise FetchError("encoding", f"unknown Content-Encoding {encoding[:40]!r}: {where}", retry=False)


@asynccontextmanager
async def _request(
    session: aiohttp.ClientSession, url: URL, validators: dict[str, str], cookies: aiohttp.CookieJar
) -> AsyncIterator[aiohttp.ClientResponse]:
    sent = {name: morsel.value for name, morsel in cookies.filter_cookies(url).items()}
    async with session.get(url, headers=validators, cookies=sent, allow_redirects=False) as response:
        yield response


def _parse_url(url: str, allow: Collection[str]) -> URL:
    try:
        parsed = URL(url.strip())
    except ValueError as error:
        raise FetchError("bad_url", f"not an address: {url[:60]!r}", retry=False) from error
    _check(parsed, allow)
    return parsed


def _check(url: URL, allow: Collection[str]) -> None:
    try:
        check_url(url, allow)
    except ValueError as error:
        reason = "blocked_address" if "public internet" in str(error) else "bad_url"
        raise FetchError(reason, f"{error}: {_shown(url)}", retry=False) from error


def _shown(url: URL) -> str:
    """`url` for messages: no credentials, query or fragment, since those may hold secrets."""
    port = "" if url.is_default_port() else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"[:200]


def _raise_as_fetch_error(error: Exception, url: URL) -> NoReturn:
    where = _shown(url)
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, BlockedAddressError):
            raise FetchError("blocked_address", f"{cause}: {where}", retry=False) from error
        cause = cause.__cause__ or (cause.os_error if isinstance(cause, aiohttp.ClientConnectorError) else None)
    if isinstance(error, zlib.error):
        raise FetchError("encoding", f"the compressed body is broken: {where}", retry=True) from error
    if isinstance(error, aiohttp.InvalidURL):
        raise FetchError("bad_url", f"not an address: {where}", retry=False) from error
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        raise FetchError("dns", f"the host is unknown: {where}", retry=True) from error
    if isinstance(error, aiohttp.ClientSSLError):
        raise FetchError("tls", f"no trusted connection: {where}", retry=True) from error
    if isinstance(error, aiohttp.ClientConnectorError):
        raise FetchError("connect", f"no connection: {where}", retry=True) from error
    raise FetchError("protocol", f"not proper HTTP ({type(error).__name__}): {where}", retry=True) from error
