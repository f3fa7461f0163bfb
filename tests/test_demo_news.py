"""The demo's newsstand: the sample news is what it should be, and it is served as outlets serve it."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.demo.articles import Outlet, SampleArticle, load_outlets
from bot.demo.outlets import OutletServer
from bot.demo.rendering import feed_date, feed_letters, slug
from feeds.classify import topics
from feeds.dates import VIETNAM, parse_date
from feeds.entries import Entry
from feeds.extract import extract_page
from feeds.identity import article_identity
from feeds.parse import parse_feed
from feeds.sources import LEVELS, Source

START = datetime(2026, 11, 21, 23, 1, 30, tzinfo=UTC)
LOOK_ALIKES = re.compile("incident|scam_warning|other_sense|foreign|ceremony_personnel|policy_other_field|digest")
STAGES = re.compile(
    "issued|rolled_out|implemented|interim_review|final_review|drafted|amended|replaced|inspected|mentioned"
)
REAL_NAMES = """
    nhân dân|vnexpress|tuổi trẻ|thanh niên|dân trí|vietnamplus|vietnamnet|lao động|tiền phong|sggp|hà nội mới|vtv|vov
    |ttxvn|công an nhân dân|quân đội nhân dân|báo chính phủ|báo hà tĩnh|báo đồng khởi|baotintuc|cafef|kênh 14|znews
"""
URL = re.compile(r"""https?://[^\s"'<>]+""")


class Clock:
    """The demo's clock: stands still until moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture(scope="module")
def outlets() -> tuple[Outlet, ...]:
    return load_outlets()


@pytest.fixture(scope="module")
def articles(outlets: tuple[Outlet, ...]) -> list[SampleArticle]:
    return [article for outlet in outlets for article in outlet.articles]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[OutletServer]:
    async with OutletServer(now=clock) as running:
        yield running


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def entries(web: aiohttp.ClientSession, source: Source) -> list[Entry]:
    async with web.get(source.url) as response:
        assert response.status == 200
        parsed = parse_feed(await response.read(), url=source.url, content_type=response.content_type)
    assert not parsed.skipped
    return list(parsed.entries)


def visible(outlet: Outlet, hours: float) -> list[SampleArticle]:
    return [article for article in outlet.articles if article.age_hours >= -hours]


def texts(article: SampleArticle) -> list[str]:
    return [article.title, article.lead, article.caption, *article.paragraphs]


def outlet_of(outlets: tuple[Outlet, ...], source: Source) -> Outlet:
    return next(outlet for outlet in outlets if f"/{outlet.slug}/" in source.url)


# The news itself


def test_every_article_is_complete(articles: list[SampleArticle]) -> None:
    for article in articles:
        words = len(" ".join(article.paragraphs).split())
        assert 80 <= words <= 300, f"{article.id}: {words} words"
        assert article.title
        assert article.lead
        assert article.caption
        assert len(article.title) < 130
        assert not re.search(r"[{}]", load_outlets()[0].dated(" ".join(texts(article)), START))


def test_numbers_and_ids_are_unique(articles: list[SampleArticle]) -> None:
    assert len({article.number for article in articles}) == len({article.id for article in articles}) == len(articles)


def test_there_is_enough_of_everything(outlets: tuple[Outlet, ...], articles: list[SampleArticle]) -> None:
    relevant = [article for article in articles if article.expected.relevant]
    last_day = [article for article in articles if 0 <= article.age_hours < 24]
    later = [article for article in articles if article.age_hours < 0]
    assert len(outlets) >= 9
    assert {outlet.language for outlet in outlets} == {"vi", "en"}
    assert len([outlet for outlet in outlets if outlet.level == "province" and outlet.province]) >= 3
    assert len(articles) >= 48
    assert 0.55 <= len(relevant) / len(articles) <= 0.68
    assert len(last_day) >= 12
    assert len([article for article in last_day if article.expected.relevant]) >= 8
    assert {int(article.age_hours // 24) for article in articles if article.age_hours >= 0} == set(range(10))
    assert len(later) >= 14
    assert min(article.age_hours for article in later) > -72
    for day in range(1, 4):
        assert any(-24 * day <= article.age_hours < -24 * (day - 1) for article in later if article in relevant)
    assert {topic for article in articles for topic in article.expected.topics} == {
        topic.code for topic in topics() if topic.code != "other"
    }
    assert {article.expected.look_alike for article in articles} - {""} == set(LOOK_ALIKES.pattern.split("|"))
    assert any(article.correction for article in articles)


def test_expected_values_are_consistent(articles: list[SampleArticle]) -> None:
    for article in articles:
        expected = article.expected
        assert bool(expected.topics) == bool(expected.story) == expected.relevant, article.id
        assert bool(expected.look_alike) != expected.relevant, article.id
        for cite in expected.cites:
            assert STAGES.fullmatch(cite.stage), article.id
            assert cite.document == "" or "#" in cite.document, article.id


def test_what_an_article_cites_stands_in_its_text(articles: list[SampleArticle]) -> None:
    for article in articles:
        text = " ".join(texts(article))
        for cite in article.expected.cites:
            number = re.search(r"\d+", cite.key)
            assert number is None or number[0] in text, f"{article.id}: {cite.key}"


def test_stories_are_reported_by_several_outlets(outlets: tuple[Outlet, ...]) -> None:
    reports = Counter(
        (article.expected.story, outlet.slug)
        for outlet in outlets
        for article in outlet.articles
        if article.expected.story
    )
    outlets_of_story = Counter(story for story, _ in reports)
    assert outlets_of_story["09-final-review"] == 5
    assert len([story for story, count in outlets_of_story.items() if count >= 2]) >= 5


def test_no_outlet_is_a_real_one(outlets: tuple[Outlet, ...]) -> None:
    for outlet in outlets:
        assert not re.search(REAL_NAMES, outlet.name.casefold(), re.VERBOSE)
        assert outlet.host.endswith(".example")
        assert outlet.level in LEVELS


def test_news_names_no_other_site() -> None:
    for outlet in load_outlets():
        for article in outlet.articles:
            assert not URL.search(" ".join(texts(article)))


def test_nothing_is_reported_before_it_happened(articles: list[SampleArticle]) -> None:
    events: dict[str, set[float]] = {}
    for article in articles:
        assert article.event_hours - article.age_hours >= 1, article.id
        events.setdefault(article.expected.story or article.id, set()).add(article.event_hours)
        for hour in range(24):
            start = START + timedelta(hours=hour)
            assert article.event_at(start) < article.published_at(start)
            assert article.event_at(start).hour >= 5
    assert {story for story, hours in events.items() if len(hours) > 1} == set()


# How it is written


def test_days_are_written_as_the_outlet_writes_them(outlets: tuple[Outlet, ...]) -> None:
    by_slug = {outlet.slug: outlet for outlet in outlets}
    morning = datetime(2026, 11, 1, 9, tzinfo=VIETNAM)
    assert by_slug["thong-tan-mau"].dated("{When} và {day-1}", morning) == "Sáng 1/11 và 31/10"
    assert by_slug["nhat-bao-vi-du"].dated("{when}", morning + timedelta(hours=6)) == "chiều 1-11"
    assert by_slug["viet-sample-news"].dated("on {day+2}", morning) == "on November 3"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("rfc822", "Tue, 04 Aug 2026 20:52:07 +0700"),
        ("colon", "Tue, 04 Aug 2026 20:52:07 +07:00"),
        ("two_digit", "Tue, 04 Aug 2026 20:52:07 +07"),
        ("short_year", "Tue, 04 Aug 26 20:52:07 +0700"),
        ("month_first", "8/4/2026 8:52:07\u202fPM"),
        ("gmt", "Tue, 04 Aug 2026 13:52:07 GMT"),
    ],
)
def test_forms_of_date(form: str, written: str) -> None:
    moment = datetime(2026, 8, 4, 13, 52, 7, tzinfo=UTC)
    assert feed_date(moment, form) == written
    assert parse_date(written) == moment


def test_unknown_form_of_date_is_an_error() -> None:
    with pytest.raises(ValueError, match="lunar"):
        feed_date(START, "lunar")


def test_letters_of_feeds() -> None:
    assert feed_letters("Tổng kết <ân>", "entities") == "Tổng kết &lt;&acirc;n&gt;"
    assert feed_letters("Chỉ", "combining", title=True) == "Chi\u0309"
    assert feed_letters("Chỉ", "combining") == "Chỉ"
    assert slug("Tổng kết 15 năm {day}: Đất Cảng") == "tong-ket-15-nam-dat-cang"


# How it is served


async def test_sources_are_on_the_loopback_address(server: OutletServer, outlets: tuple[Outlet, ...]) -> None:
    assert server.host_port.startswith("127.0.0.1:")
    assert [source.outlet for source in server.sources] == [outlet.name for outlet in outlets]
    assert all(urlsplit(source.url).netloc == server.host_port for source in server.sources)
    assert server.replay_end is None


async def test_every_article_is_in_its_feed_with_its_time(
    server: OutletServer, web: aiohttp.ClientSession, outlets: tuple[Outlet, ...]
) -> None:
    start = START.replace(second=0)
    for source in server.sources:
        outlet = outlet_of(outlets, source)
        found = {entry.title: entry for entry in await entries(web, source)}
        expected = visible(outlet, 0)
        assert len(found) == len(expected)
        for article in expected:
            published = start - timedelta(hours=article.age_hours)
            event = article.event_at(start)
            entry = found[outlet.dated(article.title, event)]
            assert entry.published == published, source.outlet
            assert outlet.dated(article.lead, event) in entry.summary
            assert bool(entry.content) == (outlet.form.description == "full")


async def test_every_page_holds_its_article(
    server: OutletServer, web: aiohttp.ClientSession, outlets: tuple[Outlet, ...], clock: Clock
) -> None:
    clock.forward(days=4)
    for source in server.sources:
        outlet = outlet_of(outlets, source)
        numbers = {str(article.number): article for article in outlet.articles}
        for entry in await entries(web, source):
            assert entry.url
            assert urlsplit(entry.url).netloc == server.host_port
            number = re.findall(r"\d+", urlsplit(entry.url).path)[-1]
            assert article_identity(entry.url).endswith(f"#{number}")
            async with web.get(entry.url) as response:
                assert response.status == 200
                page = await response.read()
            assert ("mẫu" in page.decode()) or "sample" in page.decode()
            article = numbers.pop(number)
            text = extract_page(page, url=entry.url)
            start = START.replace(second=0)
            event = article.event_at(start)
            assert text.published == article.published_at(start)
            for paragraph in article.paragraphs:
                assert outlet.dated(paragraph.removeprefix("## "), event) in f"{text.lead}\n{text.text}", article.id
            for other in outlet.articles:
                assert other == article or other.title not in text.text, f"{article.id} holds {other.id}"
        assert not numbers


async def test_every_address_of_feeds_and_pages_answers(server: OutletServer, web: aiohttp.ClientSession) -> None:
    seen: set[str] = set()
    waiting = [source.url for source in server.sources]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        async with web.get(url) as response:
            assert response.status == 200, url
            text = (await response.read()).decode()
        for address in URL.findall(unescape(text)):
            address = address.removesuffix("]]>").partition("#")[0]
            parts = urlsplit(address)
            if parts.netloc in {"purl.org", "www.w3.org"}:  # names of XML namespaces, no addresses
                continue
            assert parts.netloc == server.host_port, address
            waiting.append(address)
    assert len(seen) > 120


async def test_validators_answer_304(server: OutletServer, web: aiohttp.ClientSession, clock: Clock) -> None:
    url = server.sources[0].url
    async with web.get(url) as first:
        etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
        async with web.get(url, headers=headers) as again:
            assert again.status == 304
            assert await again.read() == b""
            assert again.headers["ETag"] == etag
    async with web.get(url, headers={"If-None-Match": '"other"', "If-Modified-Since": changed}) as other:
        assert other.status == 200
    clock.forward(days=2)
    async with web.get(url, headers={"If-None-Match": etag}) as later:
        assert later.status == 200
        assert later.headers["ETag"] != etag


async def test_later_news_appears_when_the_clock_moves(
    server: OutletServer, web: aiohttp.ClientSession, outlets: tuple[Outlet, ...], clock: Clock
) -> None:
    before = sum([len(await entries(web, source)) for source in server.sources])
    clock.forward(days=1)
    after = sum([len(await entries(web, source)) for source in server.sources])
    assert before == sum(len(visible(outlet, 0)) for outlet in outlets)
    assert after == sum(len(visible(outlet, 24)) for outlet in outlets) > before


async def test_unpublished_articles_are_not_found(
    server: OutletServer, web: aiohttp.ClientSession, clock: Clock
) -> None:
    url = f"http://{server.host_port}/bao-an-ninh-mau/x-1000103.html"
    async with web.get(url) as early:
        assert early.status == 404
    clock.forward(hours=6)
    async with web.get(url) as later:
        assert later.status == 200


@pytest.mark.parametrize("path", ["", "/", "/nobody/feed.xml", "/bao-an-ninh-mau/x.html", "/cu-lao-mau/x-1000101.html"])
async def test_unknown_addresses_are_not_found(server: OutletServer, web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(f"http://{server.host_port}{path}") as response:
        assert response.status == 404


async def test_a_corrected_headline_keeps_its_number(
    server: OutletServer, web: aiohttp.ClientSession, clock: Clock
) -> None:
    source = next(source for source in server.sources if "thong-tan" in source.url)
    (early,) = [entry for entry in await entries(web, source) if "bốn tiêu chí" in entry.title]
    clock.forward(hours=7)
    (late,) = [entry for entry in await entries(web, source) if "ba tiêu chí" in entry.title]
    assert early.url
    assert late.url
    assert early.url != late.url
    assert article_identity(early.url) == article_identity(late.url)
    assert early.published == late.published
    async with web.get(early.url) as response:  # the old address goes on working
        assert "ba tiêu chí" in await response.text()


async def test_the_same_moment_gives_the_same_bytes(web: aiohttp.ClientSession, clock: Clock) -> None:
    bodies = []
    for _ in range(2):
        async with OutletServer(now=clock) as server, web.get(server.sources[0].url) as response:
            bodies.append((await response.text()).replace(server.host_port, ""))
    assert bodies[0] == bodies[1]


async def test_a_taken_port_is_an_error(server: OutletServer, clock: Clock) -> None:
    port = int(server.host_port.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        async with OutletServer(now=clock, port=port):
            pass
