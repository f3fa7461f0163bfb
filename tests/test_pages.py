"""Article pages against an outlet on the loopback address: read, refused with a reason, read again once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from aiohttp import web
from sqlalchemy import select

from conftest import NOW, WORKER
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.judge import judge_waiting
from feeds.models import Article, ArticleVersion, Mention
from feeds.pages import PAGE_TRIES, READ_AGAIN_AFTER, read_pages
from feeds.store import is_still_reading
from feeds.worker import Worker, WorkerError
from newsroom import POLICY, ROBBERY, publish
from outlet import Outlet, page_of, running

HOUR = timedelta(hours=1)
PATH = "/trien-khai-chi-thi-ve-an-ninh-1000001.html"
TEXT = (
    "Phát biểu tại hội nghị, lãnh đạo Bộ Công an yêu cầu công an các đơn vị, địa phương tiếp tục quán triệt và thực "
    "hiện Kết luận số 44-KL/TW ngày 22/1/2019 của Ban Bí thư (khóa XII) về phong trào toàn dân bảo vệ an ninh Tổ quốc."
)
MORE = "Các địa phương nêu khó khăn về lực lượng, phương tiện và kiến nghị nhiều giải pháp cho thời gian tới."
PAGE = page_of(POLICY[0], POLICY[1], TEXT, MORE, head='<meta name="author" content="Minh Anh">')


@pytest.fixture
async def outlet() -> AsyncIterator[Outlet]:
    outlet = Outlet()
    async with running(outlet):
        yield outlet


def wanted(database: Database, outlet: Outlet, *, path: str = PATH, parts: tuple[str, str] = POLICY) -> int:
    """Stores an article whose page is due; returns its id."""
    with database.session() as session:
        article = publish(session, *parts, seen=NOW, published=NOW - HOUR, outlet=f"Báo {path}")
        article.url, article.page_due_at = outlet.url(path), NOW
        return article.id


async def read(database: Database, outlet: Outlet, now: datetime = NOW, *, pace: float = 0.0) -> int:
    async with Fetcher(allow_private=[outlet.host_port], timeout=60.0) as fetcher:
        return await read_pages(database, fetcher, WORKER, lambda: now, pace=pace)


def stored(database: Database, number: int) -> Article:
    with database.reading() as session:
        return session.get_one(Article, number)


def keys(database: Database) -> set[str | None]:
    with database.reading() as session:
        return set(session.scalars(select(Mention.key)))


def versions(database: Database) -> list[ArticleVersion]:
    with database.reading() as session:
        return list(session.scalars(select(ArticleVersion)))


# Once


async def test_a_page_completes_its_article_and_keeps_no_digest_waiting(database: Database, outlet: Outlet) -> None:
    number = wanted(database, outlet)
    outlet.answers[PATH] = PAGE
    assert await read(database, outlet) == 1
    article = stored(database, number)
    assert (article.state, article.author, article.text) == ("kept", "Minh Anh", f"{TEXT}\n{MORE}")
    assert (article.page_read_at, article.page_due_at) == (NOW, NOW + READ_AGAIN_AFTER)
    assert keys(database) == {"09-CT/TW", "44-KL/TW"}
    assert not versions(database)
    await judge_waiting(database, WORKER, lambda: NOW)
    with database.reading() as session:
        assert not is_still_reading(session, NOW)


async def test_one_slow_page_holds_up_no_other(sqlite: Database, outlet: Outlet) -> None:
    """More pages than are asked for at once; the slow one answers only when all others were asked for."""
    paths = [f"/bai-viet-so-10001{number:02}.html" for number in range(40)]
    all_others = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await all_others.wait()
        return web.Response(text=PAGE, content_type="text/html")

    async def quick(_request: web.Request) -> web.Response:
        if len(outlet.asked) == len(paths) + 1:
            all_others.set()
        return web.Response(text=PAGE, content_type="text/html")

    for path in paths:
        wanted(sqlite, outlet, path=path)
        outlet.answers[path] = quick
    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = slow
    async with Fetcher(allow_private=[outlet.host_port], timeout=600.0) as fetcher:
        assert await read_pages(sqlite, fetcher, WORKER, lambda: NOW, pace=0.0) == len(paths) + 1
    assert stored(sqlite, number).page_read_at == NOW


async def test_pages_of_one_host_keep_their_distance(sqlite: Database, outlet: Outlet) -> None:
    moments: list[float] = []

    async def note(_request: web.Request) -> web.Response:
        moments.append(asyncio.get_running_loop().time())
        return web.Response(text=PAGE, content_type="text/html")

    for number in range(3):
        path = f"/bai-viet-so-100020{number}.html"
        wanted(sqlite, outlet, path=path)
        outlet.answers[path] = note
    assert await read(sqlite, outlet, pace=0.6) == 3
    assert moments[2] - moments[0] > 0.3, "they come no sooner; how much later is up to the machine"


# No article


NOTICE = "<p>Rất tiếc, bài viết này không tồn tại hoặc đã bị xóa. Mời bạn quay lại trang chủ.</p>"
WALL = "<p><a href='/dang-nhap'>Đăng nhập</a> để đọc tiếp bài viết này</p>"
CHALLENGE = (
    '<html><body><script>document.cookie="D1N=0f2c"+"; path=/";window.location.reload(true);</script></body></html>'
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(status=404), "http_404"),
        (web.Response(status=410), "gone"),
        ("<html><body></body></html>", "no_text"),
        (f"<html><head><title>Báo Mẫu</title></head><body>{NOTICE}</body></html>", "removed"),
        (page_of("Lỗi 404 - Không tìm thấy trang", *(f"Tin mới {n}: {POLICY[1]}" for n in range(9))), "removed"),
        ("<html><body><h1>Thông tin nội bộ</h1>" + WALL + "</body></html>", "paywall"),
        (web.Response(status=301, headers={"Location": "/"}), "home_page"),
        (web.Response(status=302, headers={"Location": "/chinh-tri"}), "home_page"),
        (web.Response(status=302, headers={"Location": "/dang-nhap.html?return=1"}), "paywall"),
        (web.Response(status=302, headers={"Location": "/mot-bai-khac-7654321.html"}), "other_article"),
    ],
)
async def test_what_is_no_article_leaves_what_its_feed_said_and_is_not_asked_again(
    sqlite: Database, outlet: Outlet, answer: web.Response | str, reason: str
) -> None:
    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = answer
    for path in ("/", "/chinh-tri", "/dang-nhap.html"):
        outlet.answers[path] = web.Response(text=PAGE, content_type="text/html")
    outlet.answers["/mot-bai-khac-7654321.html"] = page_of(ROBBERY[0], ROBBERY[1], TEXT, MORE)
    for hours in range(3):
        assert await read(sqlite, outlet, NOW + hours * HOUR) == 0
    article = stored(sqlite, number)
    assert article.state_reason.partition("; page ")[2] == reason
    assert (article.title, article.lead, article.text, article.page_read_at) == (*POLICY, "", None)
    assert outlet.asked.count(PATH) == 1


async def test_a_page_under_a_new_number_is_read_where_its_headline_is_the_same(
    sqlite: Database, outlet: Outlet
) -> None:
    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = web.Response(status=301, headers={"Location": "/an-ninh-post77777.html"})
    outlet.answers["/an-ninh-post77777.html"] = PAGE
    assert await read(sqlite, outlet) == 1
    assert stored(sqlite, number).text == f"{TEXT}\n{MORE}"


@pytest.mark.parametrize(("answer", "reason"), [(web.Response(status=503), "http_503"), (CHALLENGE, "challenge")])
async def test_what_may_pass_is_tried_again(
    sqlite: Database, outlet: Outlet, answer: web.Response | str, reason: str
) -> None:
    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = answer
    for tried in range(1, 6):
        await read(sqlite, outlet, NOW + 3 * tried * HOUR)
        assert stored(sqlite, number).page_failures == min(tried, PAGE_TRIES)
    article = stored(sqlite, number)
    assert article.state_reason == f"score {article.score:.2f}; page {reason}"
    assert (article.page_due_at, outlet.asked.count(PATH)) == (None, PAGE_TRIES)


async def test_a_teaser_is_used_and_the_pay_wall_is_noted(database: Database, outlet: Outlet) -> None:
    number = wanted(database, outlet)
    locked = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    outlet.answers[PATH] = page_of(POLICY[0], POLICY[1], TEXT, "Vui lòng đăng nhập để đọc tiếp", head=locked)
    assert await read(database, outlet) == 1
    article = stored(database, number)
    assert article.text == TEXT
    assert article.state_reason == f"score {article.score:.2f}; page paywall"
    assert keys(database) == {"09-CT/TW", "44-KL/TW"}


@pytest.mark.parametrize("error", [WorkerError("the process died"), MemoryError()])
async def test_a_page_that_cannot_be_taken_apart_is_recorded(
    sqlite: Database, outlet: Outlet, error: Exception
) -> None:
    class Failing(Worker):
        async def run(self, work: object, *_arguments: object, seconds: float) -> NoReturn:
            raise error

    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = PAGE
    async with Fetcher(allow_private=[outlet.host_port], timeout=60.0) as fetcher:
        assert await read_pages(sqlite, fetcher, Failing(), lambda: NOW, pace=0.0) == 0
    reason = stored(sqlite, number).state_reason.partition("; page ")[2]
    assert reason == ("crashed: the process died" if isinstance(error, WorkerError) else "internal: MemoryError")


# Once more, a day later


async def test_an_edit_in_silence_keeps_the_version_and_judges_anew(database: Database, outlet: Outlet) -> None:
    number = wanted(database, outlet)
    outlet.answers[PATH] = PAGE
    await read(database, outlet)
    was = stored(database, number)
    edited = POLICY[1].replace("hội nghị toàn quốc", "hội nghị trực tuyến")
    outlet.answers[PATH] = page_of(POLICY[0], edited, TEXT.replace("44-KL/TW", "45-KL/TW"), MORE)
    later = NOW + READ_AGAIN_AFTER
    assert await read(database, outlet, later - HOUR) == 0
    assert await read(database, outlet, later) == 1
    article = stored(database, number)
    assert (article.lead, article.text) == (edited, f"{TEXT.replace('44-KL/TW', '45-KL/TW')}\n{MORE}")
    assert keys(database) == {"09-CT/TW", "45-KL/TW"}
    (version,) = versions(database)
    assert (version.title, version.lead, version.text, version.replaced_at) == (*was.parts, later)
    assert (article.page_due_at, article.page_read_at, article.author) == (None, later, "Minh Anh")
    assert await read(database, outlet, later + READ_AGAIN_AFTER) == 0, "that is all"


async def test_an_edit_leaves_the_lead_that_only_the_feed_gave(sqlite: Database, outlet: Outlet) -> None:
    lead = "Bộ Công an vừa tổ chức hội nghị về Chỉ thị số 09-CT/TW."
    number = wanted(sqlite, outlet, parts=(POLICY[0], lead))
    outlet.answers[PATH] = PAGE
    await read(sqlite, outlet)
    edited = POLICY[1].replace("hội nghị toàn quốc", "hội nghị trực tuyến")
    outlet.answers[PATH] = page_of(POLICY[0], edited, TEXT, MORE)
    await read(sqlite, outlet, NOW + READ_AGAIN_AFTER)
    article = stored(sqlite, number)
    assert (article.lead, article.text) == (lead, "\n".join((edited, TEXT, MORE)))
    assert len(versions(sqlite)) == 1


@pytest.mark.parametrize(
    "again",
    [
        PAGE,
        PAGE.replace("Tổ quốc", "Tổ\u00a0quốc").replace("khóa", "khoá"),
        page_of(POLICY[0], POLICY[1]),
        page_of(POLICY[0], POLICY[1], "Vui lòng đăng nhập để đọc tiếp"),
        web.Response(status=503),
    ],
)
async def test_what_is_no_edit_changes_nothing(sqlite: Database, outlet: Outlet, again: web.Response | str) -> None:
    number = wanted(sqlite, outlet)
    outlet.answers[PATH] = PAGE
    await read(sqlite, outlet)
    was = stored(sqlite, number)
    outlet.answers[PATH] = again
    await read(sqlite, outlet, NOW + READ_AGAIN_AFTER)
    await read(sqlite, outlet, NOW + 2 * READ_AGAIN_AFTER)
    article = stored(sqlite, number)
    assert (article.parts, article.state, article.state_reason) == (was.parts, was.state, was.state_reason)
    assert article.page_due_at is None
    assert not versions(sqlite)
    assert outlet.asked.count(PATH) == 2


@pytest.mark.parametrize("answer", [web.Response(status=404), page_of("404 Not Found")])
async def test_a_page_that_is_gone_later_takes_nothing_with_it(
    database: Database, outlet: Outlet, answer: web.Response | str
) -> None:
    number = wanted(database, outlet)
    outlet.answers[PATH] = PAGE
    await read(database, outlet)
    was = stored(database, number)
    outlet.answers[PATH] = answer
    assert await read(database, outlet, NOW + READ_AGAIN_AFTER) == 0
    article = stored(database, number)
    assert (article.parts, article.state, article.page_due_at) == (was.parts, "kept", None)
    assert article.state_reason == f"{was.state_reason}; page removed later"


async def test_what_is_no_policy_is_not_looked_at_again(sqlite: Database, outlet: Outlet) -> None:
    robbery = wanted(sqlite, outlet, path="/cuop-tiem-vang-1000003.html", parts=ROBBERY)
    outlet.answers["/cuop-tiem-vang-1000003.html"] = page_of(*ROBBERY, MORE)
    reviewed = wanted(sqlite, outlet)
    outlet.answers[PATH] = PAGE
    await read(sqlite, outlet)
    assert stored(sqlite, robbery).page_due_at is None
    with sqlite.session() as session:
        session.get_one(Article, reviewed).state = "left_out"
    assert await read(sqlite, outlet, NOW + READ_AGAIN_AFTER) == 0
    assert stored(sqlite, reviewed).page_due_at is None
    assert len(outlet.asked) == 2
