"""The poller against servers that mean it no good: it lives, the good feed beside them has its news, and the row of
each says what is wrong. Every server has a name of its own; all names lead to the loopback address."""

import asyncio
import gzip
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from conftest import NOW, WORKER, free_port
from feeds import update
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.following import add_feeds
from feeds.models import Article, Feed, Host, RefusedEntry
from feeds.record import Outcome, record
from feeds.rhythm import SHORTEST
from feeds.sources import Source
from feeds.update import UpdateReport, update_feeds
from outlet import Outlet, running

HOSTILE = Path(__file__).parents[2] / "shared" / "feeds" / "hostile.py"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TIMEOUT = 2.0  # seconds; what does not end is ended so


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that knows *.example only."""

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        if host == "127.0.0.1" or host.endswith((".example", ".nip.io")) or host == "localhost":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
async def outlet() -> AsyncIterator[Outlet]:
    outlet = Outlet()
    async with running(outlet):
        yield outlet


def feed_of(*titles: str, declared: str = "utf-8") -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://tin.example/{number}-{abs(hash(title))}</link></item>"
        for number, title in enumerate(titles)
    )
    return f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel>{items}</channel></rss>'


def follow(database: Database, outlet: Outlet, *names: str) -> None:
    """Feeds at http://NAME.example/NAME; those of one host are named HOST/PATH."""
    urls = [f"http://{name.partition('/')[0]}.example:{_port(outlet)}/{name}" for name in names]
    with database.session() as session:
        add_feeds(session, [Source(url=url, outlet=name) for url, name in zip(urls, names, strict=True)], NOW)


def _port(outlet: Outlet) -> str:
    return outlet.host_port.rpartition(":")[2]


async def look(
    database: Database, outlet: Outlet, at: datetime = NOW, *, only_due: bool = True, within: float = TIMEOUT
) -> UpdateReport:
    with database.reading() as session:
        allowed = [url.split("/")[2] for url in session.scalars(select(Feed.url))]
    async with Fetcher(allow_private=allowed, timeout=within) as fetcher:
        return await update_feeds(database, fetcher, WORKER, lambda: at, only_due=only_due)


def the_feed(database: Database, name: str) -> Feed:
    with database.reading() as session:
        return session.scalars(select(Feed).where(Feed.outlet == name)).one()


def reason_of(feed: Feed) -> str | None:
    return feed.last_error.partition(":")[0] if feed.last_error else None


def titles(database: Database, name: str) -> list[str]:
    with database.reading() as session:
        found = select(Article.title).where(Article.feed_id == the_feed(database, name).id).order_by(Article.title)
        return list(session.scalars(found))


# Ten servers of our own

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def body(content: str | bytes, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        return web.Response(body=data, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def drip(piece: bytes, seconds: float) -> Answer:
    """Never ends by itself."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(seconds)

    return answer


async def silence(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def close_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(feed_of("Một").encode()[:100])
    assert request.transport is not None
    request.transport.close()
    return response


async def redirect_to_itself(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.path})


def redirect(location: str, status: int = 302) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return answer


ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(16_000))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(drip(feed_of("Một").encode() * 100, 0), "too_large", id="endless"),
        pytest.param(drip(b" ", 0.1), "timeout", id="drip"),
        pytest.param(silence, "timeout", id="silence"),
        pytest.param(body(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"), "too_large", id="gzip bomb"),
        pytest.param(body(feed_of("Một"), Content_Encoding="gzip"), "encoding", id="no gzip"),
        pytest.param(redirect_to_itself, "redirect", id="loop"),
        pytest.param(redirect("http://169.254.169.254/latest/meta-data/"), "blocked_address", id="metadata"),
        pytest.param(redirect("file:///etc/passwd"), "bad_url", id="file"),
        pytest.param(close_in_the_middle, "protocol", id="closed"),
        pytest.param(body(f"<rss><channel><item {ATTRIBUTES}/></channel></rss>"), "too_complex", id="attributes"),
        pytest.param(body("<rss><channel>" + "<a>" * 50_000), "too_complex", id="depth"),
        pytest.param(body('<!DOCTYPE rss [<!ENTITY a "b">]>' + feed_of("&a;")), "too_complex", id="entities"),
        pytest.param(body(bytes(range(256)) * 40), "not_a_feed", id="binary"),
        pytest.param(body(b""), "empty", id="empty"),
    ],
)
async def test_a_hostile_feed_marks_only_its_own_row(
    sqlite: Database, outlet: Outlet, answer: Answer, reason: str
) -> None:
    outlet.answers = {"/xau": answer, "/tot": feed_of("Tin tốt")}  # type: ignore[dict-item]
    follow(sqlite, outlet, "xau", "tot")
    await look(sqlite, outlet)
    bad = the_feed(sqlite, "xau")
    assert reason_of(bad) == reason
    assert bad.failures == 1
    assert bad.next_check_at > NOW
    assert bad.claimed_until is None
    assert titles(sqlite, "xau") == []
    assert the_feed(sqlite, "tot").last_error is None
    assert titles(sqlite, "tot") == ["Tin tốt"]


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        pytest.param(feed_of("Tin &#xD800;một").encode(), ["Tin �một"], id="surrogate as reference"),
        pytest.param(feed_of("Tin \ud800một").encode("utf-8", "surrogatepass"), None, id="surrogate as bytes"),
        pytest.param(feed_of("Tin \x00một").encode(), None, id="null"),
        pytest.param(feed_of("An ninh mạng", declared="utf-16").encode(), ["An ninh mạng"], id="not UTF-16"),
        pytest.param(feed_of("Bộ trưởng", declared="x-lạ").encode(), ["Bộ trưởng"], id="unknown charset"),
        pytest.param(feed_of("Tin").encode("utf-16"), ["Tin"], id="not UTF-8"),
    ],
)
async def test_odd_characters_are_read_as_far_as_they_can_be(
    database: Database, outlet: Outlet, content: bytes, stored: list[str] | None
) -> None:
    outlet.answers = {"/la": body(content)}  # type: ignore[dict-item]
    follow(database, outlet, "la")
    report = await look(database, outlet)
    assert report.failed == []
    (title,) = titles(database, "la")
    assert (title in stored) if stored else (title.startswith("Tin ") and title.endswith("một"))


async def test_a_feed_that_takes_for_ever_costs_its_reader_its_life_and_the_next_feed_nothing(
    sqlite: Database, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = "<rss><channel><item><title>Một</title>" + "<a>&x<b>" * 50_000
    doubtful = "<!DOCTYPE rss>" + feed_of("Tin cho feedparser").partition("?>")[2]
    outlet.answers = {"/nang": body(heavy), "/tot": body(doubtful)}  # type: ignore[dict-item]
    follow(sqlite, outlet, "nang")
    with monkeypatch.context() as short:
        short.setattr("feeds.parse.SECONDS", 0.1)
        await look(sqlite, outlet)
    assert reason_of(the_feed(sqlite, "nang")) == "too_complex"
    follow(sqlite, outlet, "tot")
    await look(sqlite, outlet)
    assert titles(sqlite, "tot") == ["Tin cho feedparser"]


async def test_large_feeds_are_written_before_others_are_read(
    sqlite: Database, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def noted(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            steps.append(step)
            return work(*arguments)

        return run

    monkeypatch.setattr("feeds.update._LARGE", 100)
    monkeypatch.setattr("feeds.update._LARGE_AT_ONCE", 1)
    monkeypatch.setattr("feeds.update.take_in", noted("read", update.take_in))
    monkeypatch.setattr("feeds.update.record", noted("write", update.record))
    names = ["a", "b", "c", "d"]
    outlet.answers = {f"/{name}": feed_of(f"Tin {name}") for name in names}
    follow(sqlite, outlet, *names)
    await look(sqlite, outlet)
    assert steps == ["read", "write"] * len(names)
    assert [titles(sqlite, name) for name in names] == [[f"Tin {name}"] for name in names]


# Over time


async def test_a_server_that_says_not_modified_for_ever_is_asked_for_all_now_and_then(
    sqlite: Database, outlet: Outlet
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if "If-None-Match" in request.headers:
            return web.Response(status=304)
        return web.Response(text=feed_of(*news), headers={"ETag": '"1"'})

    news = ["Tin cũ"]
    outlet.answers = {"/mai": answer}
    follow(sqlite, outlet, "mai")
    await look(sqlite, outlet)
    news.insert(0, "Tin mới")
    for hour in range(1, 24):
        await look(sqlite, outlet, NOW + hour * HOUR, only_due=False)
    assert titles(sqlite, "mai") == ["Tin cũ"]
    for hour in range(25, 36):
        await look(sqlite, outlet, NOW + hour * HOUR, only_due=False)
    assert titles(sqlite, "mai") == ["Tin cũ", "Tin mới"]


async def test_what_is_gone_is_asked_for_once_a_month(sqlite: Database, outlet: Outlet) -> None:
    outlet.answers = {"/het": web.Response(status=410)}
    follow(sqlite, outlet, "het")
    for day in range(50):
        await look(sqlite, outlet, NOW + day * DAY)
    assert len(outlet.asked) == 2
    assert reason_of(the_feed(sqlite, "het")) == "gone"


async def test_too_many_requests_give_the_whole_host_the_rest_it_asks_for(sqlite: Database, outlet: Outlet) -> None:
    outlet.answers = {"/a/1": web.Response(status=429, headers={"Retry-After": "7200"})}
    follow(sqlite, outlet, "a/1")
    await look(sqlite, outlet)
    outlet.answers = {"/a/1": feed_of("Một"), "/a/2": feed_of("Hai"), "/b": feed_of("Ba")}
    follow(sqlite, outlet, "a/2", "b")
    await look(sqlite, outlet, NOW + timedelta(minutes=119))
    assert outlet.asked == ["/a/1", "/b"]
    await look(sqlite, outlet, NOW + timedelta(minutes=121))
    assert sorted(outlet.asked) == ["/a/1", "/a/1", "/a/2", "/b"]
    assert the_feed(sqlite, "a/1").last_error is None


async def test_a_permanent_move_is_kept_until_its_goal_has_failed_three_times(sqlite: Database, outlet: Outlet) -> None:
    outlet.answers = {"/cu": redirect("/moi", 301), "/moi": feed_of("Một")}  # type: ignore[dict-item]
    follow(sqlite, outlet, "cu")
    for hour in range(2):
        await look(sqlite, outlet, NOW + hour * HOUR, only_due=False)
    assert outlet.asked == ["/cu", "/moi", "/moi"]
    outlet.answers = {"/cu": feed_of("Hai")}
    for hour in range(2, 6):
        await look(sqlite, outlet, NOW + hour * HOUR, only_due=False)
    assert outlet.asked[3:] == ["/moi", "/moi", "/moi", "/cu"]
    assert the_feed(sqlite, "cu").moved_to is None
    assert titles(sqlite, "cu") == ["Hai", "Một"]


async def test_a_host_that_does_not_answer_rests_with_all_its_feeds_until_one_succeeds(
    sqlite: Database, outlet: Outlet
) -> None:
    names = [f"a/{number}" for number in range(12)]
    outlet.answers = {f"/{name}": silence for name in names}  # type: ignore[misc]
    outlet.answers["/b"] = feed_of("Tin tốt")
    follow(sqlite, outlet, *names, "b")
    await look(sqlite, outlet, within=3)
    asked = [path for path in outlet.asked if path != "/b"]
    assert 3 <= len(asked) < len(names)  # the third failure in a row ends it; two are under way at a time
    assert titles(sqlite, "b") == ["Tin tốt"]
    host = the_host(sqlite, "a.example")
    assert host.rests_until is not None
    assert host.rests_until > NOW

    await look(sqlite, outlet, NOW + timedelta(minutes=1))
    assert [path for path in outlet.asked if path != "/b"] == asked

    outlet.answers |= {f"/{name}": feed_of(name) for name in names}
    await look(sqlite, outlet, NOW + 2 * SHORTEST + 12 * HOUR)
    host = the_host(sqlite, "a.example")
    assert (host.failures, host.rests_until) == (0, None)
    assert all(the_feed(sqlite, name).last_error is None and the_feed(sqlite, name).checked_at for name in names)


async def test_feeds_of_a_resting_host_that_cannot_be_given_back_stop_nobody(
    sqlite: Database, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("feeds.update.release_feeds", fail)
    monkeypatch.setattr("feeds.update._AT_ONCE", 2)
    outlet.answers = {"/a/0": web.Response(status=503, headers={"Retry-After": "60"})}
    outlet.answers |= {f"/a/{number}": silence for number in range(1, 6)}  # type: ignore[misc]
    outlet.answers |= {f"/b{number}": feed_of("Tin") for number in range(9)}
    follow(sqlite, outlet, *(path.removeprefix("/") for path in outlet.answers))
    await look(sqlite, outlet, within=3)
    assert all(the_feed(sqlite, f"b{number}").checked_at for number in range(9))


@pytest.mark.parametrize("others", [[], [None]], ids=["failed", "answered since"])
def test_a_host_that_answers_after_it_failed_does_not_rest(sqlite: Database, others: list[str | None]) -> None:
    with sqlite.session() as session:
        add_feeds(session, [Source(url=f"https://a.example/{number}", outlet=str(number)) for number in range(4)], NOW)
    errors = ["timeout: nothing came"] * 3 + others
    with sqlite.session() as session:
        feeds = session.scalars(select(Feed).order_by(Feed.id)).all()
        outcomes = [Outcome(feed, NOW, error=error) for feed, error in zip(feeds, errors, strict=False)]
        recorded = record(session, outcomes, SHORTEST)
    assert recorded.resting == ([] if others else ["a.example"])
    assert (the_host(sqlite, "a.example").rests_until is None) == bool(others)


def the_host(database: Database, name: str) -> Host:
    with database.reading() as session:
        return session.scalars(select(Host).where(Host.name == name)).one()


# The shared list

GOOD = 5
LIST_TIMEOUT = 5.0
# The state's reason that a verdict of the list asks for; None where the case may as well be read.
REASONS: dict[str, set[str | None]] = {
    "block": {"blocked_address", "bad_url"},
    "gone": {"gone"},
    "challenge": {"html", "challenge"},
    "moved": {None},
}


@pytest.fixture
def cases() -> Iterator[tuple[list[dict[str, Any]], int]]:
    """The cases of a server of their own, and its port."""
    if not HOSTILE.is_file():
        pytest.skip(f"{HOSTILE.name} is not beside the project")
    port, raw = free_port(), free_port()
    command = [sys.executable, str(HOSTILE), "--port", str(port), "--raw-port", str(raw), "--endless-seconds", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield _fetched(port, "/cases"), port
        finally:
            process.terminate()


def _fetched(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return json.load(answer)


async def test_every_case_of_the_list_says_what_is_wrong_and_hurts_nobody_else(
    sqlite: Database, outlet: Outlet, cases: tuple[list[dict[str, Any]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, port = cases
    allowed_ports = {port, *(int(case["url"].split("/")[2].partition(":")[2]) for case in listed), int(_port(outlet))}
    elsewhere: list[Any] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and (address[0] != "127.0.0.1" or address[1] not in allowed_ports):
            elsewhere.append(address)
            raise PermissionError(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    sources = [
        Source(url=case["url"].replace("127.0.0.1", f"{case['name']}.example"), outlet=case["name"]) for case in listed
    ]
    with sqlite.session() as session:
        add_feeds(session, sources, NOW)
    good = [f"tot-{number}" for number in range(GOOD)]
    outlet.answers = {f"/{name}": feed_of(f"{name} một") for name in good}
    follow(sqlite, outlet, *good)
    await look(sqlite, outlet, within=LIST_TIMEOUT)
    first = {case["name"]: the_feed(sqlite, case["name"]) for case in listed}
    outlet.answers = {f"/{name}": feed_of(f"{name} hai", f"{name} một") for name in good}
    await look(sqlite, outlet, NOW + HOUR, only_due=False, within=LIST_TIMEOUT)
    second = {case["name"]: the_feed(sqlite, case["name"]) for case in listed}
    assert {feed.checked_at for feed in second.values()} == {NOW + HOUR}

    assert elsewhere == []
    assert _fetched(port, "/log")["canary"] == 0
    for name in good:
        assert titles(sqlite, name) == [f"{name} hai", f"{name} một"]
        assert the_feed(sqlite, name).last_error is None
    with sqlite.reading() as session:
        refused = set(session.scalars(select(RefusedEntry.feed_id)))
        longest = max(len(part) for article in session.scalars(select(Article)) for part in article.parts)
    assert longest < 300_000
    # Making some bodies keeps that server from answering others in time: those are judged by the second look.
    states = {name: second[name] if reason_of(feed) == "timeout" else feed for name, feed in first.items()}
    wrong = [case["name"] for case in listed if not _is_as_it_should_be(case, states[case["name"]], refused)]
    assert {name: states[name].last_error for name in wrong} == {}


def _is_as_it_should_be(case: dict[str, Any], feed: Feed, refused: set[int]) -> bool:
    """By the state after a look."""
    expected, reason = case["expect"], reason_of(feed)
    if reason == "internal":
        return False
    if wanted := REASONS.get(expected["verdict"]):
        return reason in wanted
    if expected["verdict"] == "items":
        return reason is None or bool(expected.get("may_reject")) or case["name"] in ("503-then-ok", "late-5s")
    if expected["verdict"] == "retry_later":
        return reason is not None and feed.next_check_at > NOW
    return reason is not None or bool(expected.get("may_items")) or feed.id in refused
