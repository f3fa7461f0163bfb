"""From an address to its feeds, against a small site on the loopback address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from conftest import WORKER
from feeds.discover import MAX_FOUND, MAX_REQUESTS, Found, discover
from feeds.fetch import Fetcher, FetchError
from feeds.parse import ParseError

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title>
<item><title>Tin</title><link>https://bao.example/a-123456.html</link></item></channel></rss>"""


class Site:
    """What it answers at a path, as a feed where it starts with "<?xml"; everything else is not there."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        self.host_port = ""

    def url(self, path: str = "/") -> str:
        return f"http://{self.host_port}{path}"

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        answer = self.answers.get(request.path)
        if answer is None:
            return web.Response(status=404)
        if answer.startswith("/"):
            return web.Response(status=301, headers={"Location": answer})
        return web.Response(text=answer, content_type="text/xml" if answer.startswith("<?xml") else "text/html")

    async def discover(self, path: str = "/") -> list[Found]:
        async with Fetcher(allow_private=[self.host_port], timeout=60) as fetcher:
            return list(await discover(fetcher, self.url(path), WORKER))


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[None]:
    application = web.Application()
    application.router.add_get("/{path:.*}", site.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.host_port = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with running(site):
        yield site


def page(*links: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(links)}</body></html>"


def alternate(href: str, type_: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{type_}" title="Của trang" href="{href}">'


async def test_a_feed_is_itself(site: Site) -> None:
    site.answers["/moi.rss"] = FEED.format("Báo Mẫu")
    assert await site.discover("/moi.rss") == [Found(site.url("/moi.rss"), "Báo Mẫu", 1)]
    assert site.asked == ["/moi.rss"]


async def test_a_feed_that_moved_is_found_at_its_new_address(site: Site) -> None:
    site.answers |= {"/cu.rss": "/moi.rss", "/moi.rss": FEED.format("Báo Mẫu")}
    assert [found.url for found in await site.discover("/cu.rss")] == [site.url("/moi.rss")]


async def test_what_the_head_of_a_page_names_comes_first(site: Site) -> None:
    site.answers |= {
        "/thoi-su": page('<a href="/rss/khac.rss">Khác</a>', head=alternate("rss/a.xml") + alternate("/none.rss")),
        "/rss/a.xml": FEED.format(""),
        "/rss/khac.rss": FEED.format("Khác"),
    }
    assert await site.discover("/thoi-su") == [Found(site.url("/rss/a.xml"), "Của trang", 1)]
    assert site.asked == ["/thoi-su", "/rss/a.xml", "/none.rss"]


async def test_an_atom_feed_behind_a_base(site: Site) -> None:
    site.answers |= {
        "/": page(head='<base href="/blog/">' + alternate("a.php", "application/atom+xml")),
        "/blog/a.php": '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A</title></feed>',
    }
    assert await site.discover() == [Found(site.url("/blog/a.php"), "A", 0)]


async def test_the_sections_that_an_index_lists_are_offered_unread(site: Site) -> None:
    sections = [
        f'<li><a href="/rss/muc-{n}.rss"><b>Mục {n}</b></a><a href="/rss/muc-{n}.rss">RSS</a>' for n in range(50)
    ]
    site.answers |= {
        "/": page('<a href="/rss">RSS</a>'),
        "/rss": page(*sections, '<a href="https://khac.example/x.rss">Khác</a>', '<a href="/sitemap.xml">x</a>'),
        **{f"/rss/muc-{n}.rss": FEED.format(f"Báo: mục {n}") for n in range(50)},
    }
    found = await site.discover()
    assert len(found) == MAX_FOUND
    assert found[0] == Found(site.url("/rss/muc-0.rss"), "Báo: mục 0", 1)
    assert found[-1] == Found(site.url(f"/rss/muc-{MAX_FOUND - 1}.rss"), f"Mục {MAX_FOUND - 1}", None)
    assert len(site.asked) < 8
    assert len(await site.discover("/rss")) == MAX_FOUND


async def test_an_index_that_looks_like_a_feed(site: Site) -> None:
    site.answers |= {
        "/": page('<a href="/rss.rss">RSS</a>'),
        "/rss.rss": page('<a href="/thoi-su.rss">Thời sự</a>'),
        "/thoi-su.rss": FEED.format("Thời sự"),
    }
    assert await site.discover() == [Found(site.url("/thoi-su.rss"), "Thời sự", 1)]


async def test_usual_addresses_come_last(site: Site) -> None:
    site.answers |= {"/": page('<a href="/lien-he">Liên hệ</a>'), "/rss/home.rss": FEED.format("Báo Mẫu")}
    assert await site.discover() == [Found(site.url("/rss/home.rss"), "Báo Mẫu", 1)]


async def test_links_that_are_no_feeds_are_not_offered(site: Site) -> None:
    broken = page(*(f'<a href="/rss/{n}.rss">{n}</a>' for n in range(20)), head=alternate("/x.rss"))
    site.answers |= {"/": broken, "/rss": broken, **{f"/rss/{n}.rss": "<p>không có</p>" for n in range(20)}}
    assert await site.discover() == []
    assert len(site.asked) <= MAX_REQUESTS
    assert len(site.asked) == len(set(site.asked))


async def test_feeds_on_private_addresses_are_not_asked(site: Site) -> None:
    site.answers["/"] = page(head=alternate("http://127.0.0.1:1/rss") + alternate("http://169.254.169.254/rss"))
    assert await site.discover() == []


async def test_an_address_that_does_not_answer_is_an_error(site: Site) -> None:
    with pytest.raises(FetchError) as raised:
        await site.discover("/none")
    assert raised.value.reason == "http_404"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("<html><script>document.cookie='a=1'; location.reload()</script></html>", "challenge"),
        ("chỉ là chữ", "not_a_feed"),
    ],
)
async def test_what_is_neither_feed_nor_page_is_an_error(site: Site, answer: str, reason: str) -> None:
    site.answers["/"] = answer
    with pytest.raises(ParseError) as raised:
        await site.discover()
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "hostile",
    [
        "<html>" + "<a href='/x.rss'>" * 70_000,
        "<html><base href='http://[::1'>" + "<a href='http://[::1/x.rss'>x</a>",
        "<html><link rel=alternate type=application/rss+xml><a href=''>",
        "<html><a " + "a=1 " * 5000 + ">",
    ],
)
async def test_hostile_pages_end(site: Site, hostile: str) -> None:
    site.answers["/"] = hostile
    assert await site.discover() == []
    assert len(site.asked) <= MAX_REQUESTS
