"""robots.txt, against a server of its own on the loopback address."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from conftest import free_port
from feeds import robots
from feeds.fetch import Fetcher
from feeds.robots import MAX_SIZE, Robots


class Site:
    """A site whose robots.txt is `text`, answered with `status`, and how often it was asked."""

    def __init__(self) -> None:
        self.text: str | bytes = ""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked = 0
        self.time = 0.0
        self.page = ""
        self.robots: Robots

    async def serve(self, _request: web.Request) -> web.Response:
        self.asked += 1
        body = self.text if isinstance(self.text, bytes) else self.text.encode()
        return web.Response(body=body, status=self.status, headers=self.headers)

    async def allowed(self, path: str) -> bool:
        return await self.robots.refusal(self.page + path) is None


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_get("/robots.txt", site.serve)
    async with TestServer(application) as server, Fetcher(allow_private=[f"127.0.0.1:{server.port}"]) as fetcher:
        site.robots = Robots(fetcher, lambda: site.time)
        site.page = str(server.make_url("")).rstrip("/")
        yield site


TEXT = """
User-agent: *
Disallow: /tim-kiem
Allow: /tim-kiem/rss$
Disallow: /*?print=

User-Agent: diemtin/1.0  # chúng tôi
Disallow: /rieng
Crawl-delay: 7
"""


@pytest.mark.parametrize(
    ("path", "agreed"),
    [("/rieng/a", False), ("/tim-kiem", True), ("/", True), ("/robots.txt", True), ("/a?print=1", True)],
)
async def test_what_is_said_to_us_goes_before_what_is_said_to_all(site: Site, path: str, agreed: bool) -> None:
    site.text = TEXT
    assert await site.allowed(path) is agreed


@pytest.mark.parametrize(
    ("path", "agreed"),
    [("/rieng/a", True), ("/tim-kiem?q=a", False), ("/tim-kiem/rss", True), ("/a?print=1", False), ("/a", True)],
)
async def test_what_is_said_to_all(site: Site, path: str, agreed: bool) -> None:
    site.text = TEXT.replace("diemtin", "diem")
    assert await site.allowed(path) is agreed
    assert site.robots.crawl_delay(site.page + path) == 0.0


@pytest.mark.parametrize(("delay", "seconds"), [("7", 7.0), ("0.5", 0.5), ("86400", 60.0), ("-3", 0.0), ("nan", 0.0)])
async def test_the_delay_is_bounded(site: Site, delay: str, seconds: float) -> None:
    site.text = TEXT.replace("Crawl-delay: 7", f"Crawl-delay: {delay}")
    assert site.robots.crawl_delay(site.page) == 0.0
    await site.allowed("/")
    assert site.robots.crawl_delay(site.page) == seconds


@pytest.mark.parametrize(
    ("status", "agreed"),
    [*((status, True) for status in (204, 400, 401, 403, 404, 410)), *((status, False) for status in (429, 500, 503))],
)
async def test_a_missing_file_allows_all_and_one_out_of_reach_nothing(site: Site, status: int, agreed: bool) -> None:
    site.status = status
    assert await site.allowed("/a") is agreed
    assert await site.allowed("/b") is agreed
    assert site.asked == 1


async def test_it_is_asked_again_after_a_day(site: Site) -> None:
    site.text = "User-agent: *\nDisallow: /a"
    assert not await site.allowed("/a")
    site.text = ""
    assert not await site.allowed("/a")
    site.time += 24 * 3600
    assert await site.allowed("/a")
    assert site.asked == 2


async def test_out_of_reach_it_is_asked_again_soon(site: Site) -> None:
    site.status = 503
    assert not await site.allowed("/a")
    site.status = 200
    site.time += 1000
    assert await site.allowed("/a")


async def test_old_rules_hold_while_it_is_out_of_reach(site: Site) -> None:
    site.text = "User-agent: *\nDisallow: /a"
    assert not await site.allowed("/a")
    site.status = 500
    site.time += 24 * 3600
    assert not await site.allowed("/a")
    assert await site.allowed("/b")
    assert site.asked == 2


async def test_a_host_that_does_not_answer_allows_nothing() -> None:
    port = free_port()
    async with Fetcher(allow_private=[f"127.0.0.1:{port}"]) as fetcher:
        refusal = await Robots(fetcher).refusal(f"http://127.0.0.1:{port}/a")
    assert refusal is not None
    assert (refusal.reason, refusal.retry) == ("connect", True)
    assert str(refusal).startswith("robots.txt cannot be read: ")


@pytest.mark.parametrize(("status", "reason"), [(200, "robots"), (503, "http_503"), (429, "http_429")])
async def test_what_is_refused_says_why(site: Site, status: int, reason: str) -> None:
    site.text, site.status = "User-agent: *\nDisallow: /a", status
    site.headers = {"Retry-After": "60"} if status == 429 else {}
    for _ in range(2):
        refusal = await site.robots.refusal(site.page + "/a?khoa=1")
        assert refusal is not None
        assert (refusal.reason, refusal.retry_after) == (reason, 60.0 if status == 429 else None)
        assert "khoa" not in str(refusal)


@pytest.mark.parametrize("url", ["", "/a", "http://[::1/x", "mailto:a@example.com", "http://169.254.169.254/"])
async def test_odd_addresses_are_not_allowed(site: Site, url: str) -> None:
    refusal = await site.robots.refusal(url)
    assert refusal is not None
    assert refusal.reason in ("bad_url", "blocked_address")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: a{number}\n" for number in range(20_000)) + "Disallow: /x$y\n" * 10_000,
        "User-agent: *\nDisallow: /" + "*a" * 200_000,
        "\0" * 1000,
        b"\xff\xfe" * 1000,
        "<html>404</html>",
    ],
    ids=["many robots", "many asterisks", "zeros", "no text", "page"],
)
async def test_hostile_files_are_read_all_the_same(site: Site, text: str | bytes) -> None:
    site.text = text
    assert await site.allowed("/b")


async def test_only_its_beginning_is_read(site: Site) -> None:
    site.text = "User-agent: *\nDisallow: /a\n" + "#" * MAX_SIZE + "\nDisallow: /b\n"
    assert not await site.allowed("/a")
    assert await site.allowed("/b")


async def test_many_sites_do_not_fill_the_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MAX_SITES", 3)
    assert await site.allowed("/")
    for number in range(5):
        assert await site.robots.refusal(f"http://10.0.0.{number}/")
    assert await site.allowed("/")
    assert site.asked == 2
