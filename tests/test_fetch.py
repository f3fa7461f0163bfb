"""Fetching, against a server of its own on the loopback address."""

import asyncio
import gzip
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import brotli
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from conftest import free_port
from feeds.fetch import MAX_HOPS, MAX_SOURCES_WITH_COOKIES, Fetcher, FetchError, moves_for_good

# The same bytes in every process of a test run, since they are in the names of the tests.
zipped = partial(gzip.compress, mtime=0)

LIMIT = 100_000
BODY = "<rss>Chỉ thị</rss>".encode()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A server whose one page answers as the test says, and what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.BaseRequest] = []
        self.handler: Handler = self.answer()
        self.running = self.most_running = 0

    @staticmethod
    def answer(body: bytes = BODY, status: int = 200, **headers: str) -> Handler:
        async def handle(_request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(body=body, status=status, headers=named)

        return handle

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            return await self.handler(request)
        finally:
            self.running -= 1


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_get("/{tail:.*}", site.serve)
    async with TestServer(application) as server:
        site.server = server  # type: ignore[attr-defined]
        yield site


def url_of(site: Site, path: str = "/rss") -> str:
    return str(site.server.make_url(path))  # type: ignore[attr-defined]


def fetcher_for(site: Site, **settings: object) -> Fetcher:
    allowed = [f"127.0.0.1:{site.server.port}"]  # type: ignore[attr-defined]
    return Fetcher(allow_private=allowed, **{"timeout": 60.0, "max_bytes": LIMIT, **settings})  # type: ignore[arg-type]


async def failure(site: Site, path: str = "/rss", **settings: object) -> FetchError:
    async with fetcher_for(site, **settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url_of(site, path))
    return caught.value


async def test_a_page_is_fetched_politely(site: Site) -> None:
    site.handler = site.answer(Content_Type="text/xml; charset=utf-8", ETag='W/"1"')
    async with fetcher_for(site) as fetcher:
        fetched = await fetcher.get(url_of(site))
    assert (fetched.status, fetched.body, fetched.url) == (200, BODY, url_of(site))
    assert (fetched.etag, fetched.content_type) == ('W/"1"', "text/xml; charset=utf-8")
    assert fetched.permanent_redirect is None
    assert fetched.fresh_for == 0.0
    headers = site.requests[0].headers
    assert re.fullmatch(r"DiemTin/[\d.]+", headers["User-Agent"])
    assert headers["Accept-Encoding"] == "gzip, deflate, br"
    assert "If-None-Match" not in headers


async def test_the_operator_is_named(site: Site) -> None:
    async with fetcher_for(site, contact="tin@example.org") as fetcher:
        await fetcher.get(url_of(site))
    assert site.requests[0].headers["User-Agent"].endswith(" (+tin@example.org)")


async def test_conditional_request(site: Site) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        known = request.headers.get("If-None-Match") == '"v1"' and "If-Modified-Since" in request.headers
        return web.Response(status=304 if known else 200, body=None if known else BODY, headers=headers)

    headers = {"ETag": '"v1"', "Cache-Control": "max-age=90"}
    site.handler = handle
    async with fetcher_for(site) as fetcher:
        fetched = await fetcher.get(url_of(site), etag='"v1"', last_modified="Wed, 05 Aug 2026 00:00:00 GMT")
    assert (fetched.status, fetched.body, fetched.etag) == (304, b"", '"v1"')
    assert fetched.fresh_for == 90.0


async def test_304_to_an_unconditional_request_is_an_error(site: Site) -> None:
    site.handler = site.answer(b"", 304)
    assert (await failure(site)).reason == "protocol"


async def test_odd_validators_are_not_kept_and_not_sent(site: Site) -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(days=5000), usegmt=True)
    site.handler = site.answer(ETag='"é\t"', Last_Modified=ahead)
    async with fetcher_for(site) as fetcher:
        fetched = await fetcher.get(url_of(site), etag='"a\r\nX: y"', last_modified="")
    assert (fetched.etag, fetched.last_modified) == (None, None)
    assert "If-None-Match" not in site.requests[0].headers


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", zipped(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
        ("br", brotli.compress(BODY)),
        ("gzip, br", brotli.compress(zipped(BODY))),
    ],
)
async def test_compressed_bodies_are_opened(site: Site, encoding: str, body: bytes) -> None:
    site.handler = site.answer(body, Content_Encoding=encoding)
    async with fetcher_for(site) as fetcher:
        assert (await fetcher.get(url_of(site))).body == BODY


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", zipped(b" " * 50_000_000), "too_large"),
        ("br", brotli.compress(b" " * 50_000_000), "too_large"),
        ("br", brotli.compress(BODY)[:-2], "encoding"),
        ("gzip, gzip, br", BODY, "encoding"),
        ("gzip", BODY, "encoding"),
        ("gzip", zipped(bytes(range(256)) * 20)[:-40], "encoding"),
        ("br", b"x", "encoding"),
        ("identity", b"x" * (LIMIT + 1), "too_large"),
    ],
)
async def test_bombs_and_broken_bodies(site: Site, encoding: str, body: bytes, reason: str) -> None:
    site.handler = site.answer(body, Content_Encoding=encoding)
    assert (await failure(site)).reason == reason


async def test_an_endless_body_is_cut_by_size(site: Site) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 10_000)
        except ConnectionError:
            return response

    site.handler = endless
    assert (await failure(site)).reason == "too_large"


async def test_a_drip_is_cut_by_time(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(100):
                await response.write(b"x")
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        return response

    site.handler = drip
    error = await failure(site, timeout=0.4)
    assert (error.reason, error.retry) == ("timeout", True)


async def test_the_wait_for_ones_turn_is_not_counted(site: Site) -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.4)
        return web.Response(body=BODY)

    site.handler = slow
    async with fetcher_for(site, per_host=2, timeout=3) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(url_of(site, f"/{n}")) for n in range(18)))
    assert len(answers) == 18
    assert site.most_running == 2


@pytest.mark.parametrize(
    ("status", "reason", "retry"),
    [
        (204, "http_204", False),
        (206, "http_206", False),
        (401, "http_401", False),
        (403, "http_403", True),
        (404, "http_404", False),
        (410, "gone", False),
        (429, "http_429", True),
        (503, "http_503", True),
    ],
)
async def test_other_statuses(site: Site, status: int, reason: str, retry: bool) -> None:
    site.handler = site.answer(b"", status, Retry_After="120")
    error = await failure(site)
    assert (error.reason, error.retry, error.retry_after) == (reason, retry, 120.0)


def redirect(*hops: tuple[int, str]) -> Handler:
    """Answers "/0", "/1" ... with the hops, everything else with the body."""

    async def handle(request: web.Request) -> web.StreamResponse:
        number = request.path.strip("/")
        if number.isdigit() and int(number) < len(hops):
            status, location = hops[int(number)]
            return web.Response(status=status, headers={"Location": location})
        return web.Response(body=BODY)

    return handle


@pytest.mark.parametrize(
    ("hops", "moved"),
    [
        ([(301, "/new")], "/new"),
        ([(308, "/1"), (301, "/new")], "/new"),
        ([(301, "/1"), (302, "/new")], "/1"),
        ([(302, "/1"), (301, "/new")], None),
        ([(307, "/new")], None),
    ],
)
async def test_redirects(site: Site, hops: list[tuple[int, str]], moved: str | None) -> None:
    site.handler = redirect(*hops)
    async with fetcher_for(site) as fetcher:
        fetched = await fetcher.get(url_of(site, "/0"))
    assert (fetched.body, fetched.url) == (BODY, url_of(site, "/new"))
    assert fetched.permanent_redirect == (moved and url_of(site, moved))


def test_a_move_away_from_https_is_not_for_good() -> None:
    http, https = URL("http://example.com/a"), URL("https://example.com/b")
    assert moves_for_good(301, http, https)
    assert moves_for_good(308, http, http)
    assert not moves_for_good(301, https, http)
    assert not moves_for_good(302, http, https)


async def test_a_redirect_waits_for_the_turn_of_its_own_host(site: Site) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.host.startswith("localhost"):
            return web.Response(status=302, headers={"Location": url_of(site, request.path)})
        await asyncio.sleep(0.05)
        return web.Response(body=BODY)

    site.handler = handle
    port = site.server.port  # type: ignore[attr-defined]
    async with Fetcher(allow_private=[f"127.0.0.1:{port}", f"localhost:{port}"], per_host=1) as fetcher:
        direct = [fetcher.get(url_of(site, f"/{n}")) for n in range(3)]
        moved = [fetcher.get(url_of(site, f"/moved-{n}").replace("127.0.0.1", "localhost")) for n in range(3)]
        assert {fetched.body for fetched in await asyncio.gather(*direct, *moved)} == {BODY}
    assert site.most_running <= 2


@pytest.mark.parametrize("location", ["/0", "", "http://[::1/x"])
async def test_redirects_to_nowhere(site: Site, location: str) -> None:
    site.handler = redirect((302, location))
    assert (await failure(site, "/0")).reason == "redirect"
    assert len(site.requests) <= MAX_HOPS + 1


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
        ("http://10.0.0.1/", "blocked_address"),
        ("http://[::ffff:127.0.0.1]/", "blocked_address"),
        ("http://2130706433/", "blocked_address"),
        ("http://127.1:8080/", "blocked_address"),
        ("http://127.0.0.1.:8080/", "blocked_address"),
        ("http://0x7f.1/", "blocked_address"),
        ("http://localhost/", "blocked_address"),
        ("http://127.0.0.1:1/", "blocked_address"),
        ("http://1.1.1.1:1/", "bad_url"),
        ("http://user:secret@example.com/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("data:text/xml,<rss/>", "bad_url"),
    ],
)
async def test_redirects_into_the_private_net_are_refused(site: Site, location: str, reason: str) -> None:
    site.handler = redirect((302, location))
    error = await failure(site, "/0")
    assert (error.reason, error.retry) == (reason, False)
    assert "secret" not in str(error)


async def test_a_cookie_breaks_a_loop_and_is_then_forgotten(site: Site) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.cookies.get("seen") == "1":
            return web.Response(body=BODY)
        response = web.Response(status=302, headers={"Location": request.path})
        response.set_cookie("seen", "1")
        return response

    site.handler = handle
    async with fetcher_for(site) as fetcher:
        await fetcher.get(url_of(site))
        await fetcher.get(url_of(site))
    assert [bool(request.cookies) for request in site.requests] == [False, True, False, True]


class CookieGate:
    """A site whose "/visit" hands out a new cookie, without which everything else fails as `refusal` says."""

    def __init__(self, refusal: str) -> None:
        self.refusal = refusal
        self.good = 0
        self.visits = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/visit":
            self.visits += 1
            self.good = self.visits
            response = web.Response(status=404, body=b"x" * 300_000)
            response.set_cookie("pass", str(self.good))
            return response
        if request.cookies.get("pass") == str(self.good) and self.good:
            return web.Response(body=BODY)
        if self.refusal == "loop":
            return web.Response(status=302, headers={"Location": request.path})
        return web.Response(status=int(self.refusal))


@pytest.mark.parametrize("refusal", ["loop", "403"])
async def test_a_visit_is_repeated_only_when_its_cookie_no_longer_serves(site: Site, refusal: str) -> None:
    gate = site.handler = CookieGate(refusal)
    async with fetcher_for(site) as fetcher:
        for _ in range(3):
            fetched = await fetcher.get(url_of(site), visit=url_of(site, "/visit"))
            assert (fetched.body, gate.visits) == (BODY, 1)
        gate.good = -1
        assert (await fetcher.get(url_of(site), visit=url_of(site, "/visit"))).body == BODY
        assert gate.visits == 2


async def test_other_failures_ask_for_no_visit(site: Site) -> None:
    gate = site.handler = CookieGate("404")
    async with fetcher_for(site) as fetcher:
        await fetcher.get(url_of(site), visit=url_of(site, "/visit"))
        gate.good = -1
        with pytest.raises(FetchError, match="404"):
            await fetcher.get(url_of(site), visit=url_of(site, "/visit"))
    assert gate.visits == 1


async def test_a_visit_that_fails_is_the_reason_told(site: Site) -> None:
    async with fetcher_for(site) as fetcher:
        for visit, reason in (("http://10.0.0.1/", "blocked_address"), ("mailto:a@b", "bad_url"), ("/0", "bad_url")):
            with pytest.raises(FetchError) as caught:
                await fetcher.get(url_of(site), visit=visit)
            assert caught.value.reason == reason
    assert site.requests == []


async def test_cookies_of_one_source_are_not_those_of_another(site: Site) -> None:
    site.handler = CookieGate("403")
    async with fetcher_for(site) as fetcher:
        await fetcher.get(url_of(site), visit=url_of(site, "/visit"))
        with pytest.raises(FetchError, match="403"):
            await fetcher.get(url_of(site))
        await fetcher.get(url_of(site), visit=url_of(site, "/visit") + "?other")
    asked = [(request.path_qs, request.cookies.get("pass")) for request in site.requests]
    assert asked == [("/visit", None), ("/rss", "1"), ("/rss", None), ("/visit?other", None), ("/rss", "2")]


async def test_cookies_stay_with_the_site_that_set_them(site: Site) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        elsewhere = url_of(site, "/rss").replace("127.0.0.1", "localhost")
        is_first = request.path == "/first"
        response = web.Response(status=302, headers={"Location": elsewhere}) if is_first else web.Response(body=BODY)
        response.set_cookie("own", "1")
        response.set_cookie("foreign", "1", domain="localhost")
        return response

    site.handler = handle
    port = site.server.port  # type: ignore[attr-defined]
    async with Fetcher(allow_private=[f"127.0.0.1:{port}", f"localhost:{port}"]) as fetcher:
        for _ in range(2):
            await fetcher.get(url_of(site, "/first"), visit=url_of(site, "/visit"))
    asked = [(request.host.partition(":")[0], request.path, sorted(request.cookies)) for request in site.requests]
    assert asked == [
        ("127.0.0.1", "/visit", []),
        ("127.0.0.1", "/first", ["own"]),
        ("localhost", "/rss", []),
        ("127.0.0.1", "/first", ["own"]),
        ("localhost", "/rss", ["foreign", "own"]),
    ]


async def test_cookies_are_bounded(site: Site) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.Response(body=BODY)
        response.set_cookie("a-large-one", "x" * 5000)
        for number in range(60):
            response.set_cookie(f"{request.query_string}-{number}", "x" * 50)
        return response

    site.handler = handle
    async with fetcher_for(site) as fetcher:
        for query in "abc":
            await fetcher.get(url_of(site, f"/rss?{query}"), visit=url_of(site, "/visit?v"))
    assert [len(request.cookies) for request in site.requests] == [0, 50, 50, 50]
    assert "a-large-one" not in site.requests[-1].cookies


async def test_the_least_used_cookies_are_forgotten(site: Site) -> None:
    gate = site.handler = CookieGate("403")
    async with fetcher_for(site) as fetcher:
        for number in range(MAX_SOURCES_WITH_COOKIES + 1):
            await fetcher.get(url_of(site), visit=url_of(site, f"/visit?{number}"))
        visits = gate.visits
        await fetcher.get(url_of(site), visit=url_of(site, f"/visit?{MAX_SOURCES_WITH_COOKIES}"))
        assert gate.visits == visits
        await fetcher.get(url_of(site), visit=url_of(site, "/visit?0"))
        assert gate.visits == visits + 1


async def test_the_loopback_address_is_refused_unless_named(site: Site) -> None:
    async with Fetcher() as fetcher:
        for address in (url_of(site), url_of(site).replace("127.0.0.1", "localhost")):
            with pytest.raises(FetchError) as caught:
                await fetcher.get(address)
            assert caught.value.reason == "blocked_address"
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "https://u:p@example.com/?token=1", "/rss", "", "http://[::1/x", "http://a..vn/"]
)
async def test_bad_addresses(url: str) -> None:
    async with Fetcher() as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url)
    assert caught.value.reason == "bad_url"
    assert "token" not in str(caught.value)


async def test_an_offline_fetcher_follows_no_redirect_to_the_internet(site: Site) -> None:
    site.handler = redirect((302, "http://1.1.1.1/"))
    assert (await failure(site, "/0", offline=True)).reason == "offline"


async def test_secrets_are_in_no_message() -> None:
    async with Fetcher() as fetcher:
        for url in (
            "https://u:geheim@[::1/",
            "https://[::1/?token=geheim",
            "https://u:geheim@10.0.0.1/?a=geheim#geheim",
        ):
            with pytest.raises(FetchError) as caught:
                await fetcher.get(url)
            assert "geheim" not in caught.value.message


async def test_tls_is_verified() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(__file__).parent / "data" / "self-signed.pem")
    server = TestServer(web.Application(), scheme="https")
    await server.start_server(ssl=context)
    async with server, Fetcher(allow_private=[f"127.0.0.1:{server.port}"]) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"https://127.0.0.1:{server.port}/")
    assert (caught.value.reason, caught.value.retry) == ("tls", True)


@pytest.mark.parametrize(
    ("names", "size", "reason"),
    [(1, 12_000, None), (1, 1_000_000, "protocol"), (10_000, 1, "protocol"), (100, 100, None)],
)
async def test_headers_have_limits(names: int, size: int, reason: str | None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * size) for number in range(names))
        writer.write(b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: 2\r\n\r\nok")
        writer.close()

    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    async with (
        await asyncio.start_server(answer, "127.0.0.1", port),
        Fetcher(allow_private=[f"127.0.0.1:{port}"], timeout=60) as fetcher,
    ):
        if not reason:
            assert (await fetcher.get(url)).body == b"ok"
            return
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url)
    assert (caught.value.reason, caught.value.retry) == (reason, True)


async def test_what_is_no_http() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    port, closed = free_port(), free_port()
    allowed = [f"127.0.0.1:{port}", f"127.0.0.1:{closed}"]
    async with await asyncio.start_server(greet, "127.0.0.1", port), Fetcher(allow_private=allowed) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://127.0.0.1:{port}/")
        assert (caught.value.reason, caught.value.retry) == ("protocol", True)
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://127.0.0.1:{closed}/")
        assert (caught.value.reason, caught.value.retry) == ("connect", True)


async def test_an_unknown_host() -> None:
    async with Fetcher(timeout=10) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://host.invalid/")
    assert caught.value.reason in ("dns", "timeout")
