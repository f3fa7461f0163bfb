"""The HTTP API over loopback: what it tells, in pages, to whom, and how it refuses."""

import asyncio
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from aiohttp import ClientSession
from pydantic import SecretStr, ValidationError
from sqlalchemy import select, text
from yarl import URL

from bot.api.asked import Nothing
from bot.api.operations import OPERATIONS, Operation
from bot.api.server import Api, serving_api
from bot.api.shapes import State
from bot.application import Role, StartError, running
from bot.context import Services
from bot.limits import Limits, NoLimits
from bot.readme import README
from bot.settings import Settings
from conftest import NOW, database_of_its_own
from digests.cluster import fold_stories
from digests.models import Chat
from feeds.database import Database
from feeds.models import Article
from newsroom import POLICY, ROBBERY, chart_all, policy, publish, reader

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "an-" + "s" * 30
HOST = "127.0.0.1"
WIRE = (
    "Sáng 19/11, tại Hà Nội, Bộ Công an tổng kết 15 năm thực hiện Chỉ thị số 09-CT/TW của Ban Bí thư về phong trào "
    "toàn dân bảo vệ an ninh Tổ quốc: cả nước có hơn 12.000 mô hình tự quản, 72% tin báo tội phạm là do dân cung cấp."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


class Client:
    """Whoever asks one API."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def __call__(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # The path as it is written: %2F stays in its segment.
        url = URL(self._address + path, encoded=True)
        async with self._session.request(method, url, headers=named, allow_redirects=False) as response:
            body = await response.read()
            told = (
                await response.json(content_type=None) if body and b"json" in response.content_type.encode() else None
            )
            return Answer(response.status, response.headers, body, told)


def services(database: Database, *, limits: Limits | None = None, tokens: str = "") -> Services:
    settings = Settings(_env_file=None, api_tokens=SecretStr(tokens) if tokens else None)  # type: ignore[call-arg]
    return Services(settings, database, lambda: NOW, limits=limits or NoLimits())


@asynccontextmanager
async def asking(given: Services, seconds: float = 5.0) -> AsyncIterator[Client]:
    async with serving_api(given, HOST, 0, seconds) as address, ClientSession() as session:
        yield Client(session, address)


def fill(database: Database) -> None:
    """Nine articles of policy, an hour or, for the last four, a day or more old; one with directive 09 and one that is
    left out; stories folded; a reader."""
    with database.session() as session:
        publish(session, *POLICY, text="Toàn văn chỉ ở báo.", seen=NOW, published=NOW)
        for number in range(1, 9):
            outlet = "Báo Chẵn" if number % 2 == 0 else "Báo Lẻ"
            at = NOW - number * (HOUR if number < 5 else DAY)
            publish(session, policy(number), "Nói về ma túy.", seen=at, published=at, outlet=outlet)
        publish(session, *ROBBERY, seen=NOW, published=NOW)
        reader(session, 4242, NOW)
        fold_stories(session)
        chart_all(session)


def filled(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    fill(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def read_only_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from filled(f"sqlite:///{tmp_path_factory.mktemp('api') / 'api.db'}")


@pytest.fixture(scope="module")
def read_only_postgresql(postgres_url: str) -> Iterator[Database]:
    for url in database_of_its_own(postgres_url):
        yield from filled(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Database:
    """What `fill` stores, for tests that only read, on either engine."""
    database: Database = request.getfixturevalue(f"read_only_{request.param}")
    return database


@pytest.fixture
async def ask(shared: Database) -> AsyncIterator[Client]:
    async with asking(services(shared)) as client:
        yield client


@pytest.fixture
async def ask_one(read_only_sqlite: Database) -> AsyncIterator[Client]:
    """On one engine, for what is asked in vain."""
    async with asking(services(read_only_sqlite)) as client:
        yield client


@pytest.fixture
def stored(database: Database) -> Database:
    """The same, to be changed."""
    fill(database)
    return database


@pytest.fixture
async def ask_anew(stored: Database) -> AsyncIterator[Client]:
    async with asking(services(stored)) as client:
        yield client


async def all_of(ask: Client, path: str) -> list[Any]:
    """The items of all pages, two a page."""
    items: list[Any] = []
    cursor = ""
    for _ in range(20):
        answer = await ask(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}")
        assert answer.status == 200, answer.body
        assert len(answer.json["items"]) <= 2
        items += answer.json["items"]
        if answer.json["next"] is None:
            return items
        cursor = f"&cursor={answer.json['next']}"
    raise AssertionError("the pages have no end")


async def test_articles_come_newest_first_in_pages_without_gap_or_repetition(ask: Client) -> None:
    items = await all_of(ask, "/v1/articles")
    assert [item["title"] for item in items] == [POLICY[0], *map(policy, range(1, 9))]
    assert "Toàn văn" not in str(items)
    assert (await ask("/v1/articles?cursor=0")).json == {"items": [], "next": None}  # before it there is none


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("outlet=B%C3%A1o%20Ch%E1%BA%B5n", [2, 4, 6, 8]),
        ("outlet=bao%20le&place=nghe%20an", [1]),
        ("place=Ngh%E1%BB%87%20An", [1]),
        ("document=3/2024/N%C4%90-CP", [3]),
        ("since=2026-11-20&until=2026-11-20", [0, 1, 2, 3, 4]),
        ("until=2026-11-15", [5, 6, 7, 8]),
        ("until=2026-11-19&place=Ngh%E1%BB%87%20An", []),
        ("document=09-CT/TW%23XI", [0]),
        ("document=ojgembsfora3a&since=2026-11-01", [0]),
        ("topic=mass_movement", [0]),
    ],
)
async def test_articles_are_filtered(ask: Client, query: str, numbers: list[int]) -> None:
    items = await all_of(ask, f"/v1/articles?{query}")
    assert [item["title"] for item in items] == [policy(number) if number else POLICY[0] for number in numbers]


async def test_pages_stay_as_they_are_while_news_comes_in(stored: Database, ask_anew: Client) -> None:
    for path in ("/v1/articles?limit=3", "/v1/search?q=ma+t%C3%BAy&limit=3", "/v1/stories?limit=3"):
        first = await ask_anew(path)
        with stored.session() as session:
            publish(session, policy(len(path)), "Về ma túy.", seen=NOW + HOUR, published=NOW + HOUR)
            fold_stories(session)
        second = await ask_anew(f"{path}&cursor={first.json['next']}")
        assert len(second.json["items"]) == 3
        assert not {item["id"] for item in first.json["items"]} & {item["id"] for item in second.json["items"]}


async def test_an_article_has_every_citation_with_its_sentence_and_status(ask: Client) -> None:
    (article,) = (await ask("/v1/articles?limit=1")).json["items"]
    answer = await ask(f"/v1/articles/{article['id']}")
    assert [one["document"] for one in answer.json["mentions"]] == ["09-CT/TW#XI"] * 2
    assert {one["status"] for one in answer.json["mentions"]} == {"resolved"}
    assert all("09-CT/TW" in one["quote"] for one in answer.json["mentions"])
    assert "text" not in answer.json
    assert "Toàn văn" not in answer.body.decode()


async def test_what_is_left_out_and_cites_nothing_is_nobody_elses_to_read(shared: Database, ask: Client) -> None:
    with shared.reading() as session:
        robbery = session.scalars(select(Article.id).where(Article.state == "left_out")).one()
    answer = await ask(f"/v1/articles/{robbery}")
    assert (answer.status, answer.json["detail"]) == (404, f"there is no article {robbery}")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("outlet=B%C3%A1o%20Ch%E1%BA%B5n", [2, 4, 6, 8]),
        ("place=nghe%20an", [1]),
        ("document=3/2024/N%C4%90-CP", [3]),
        ("document=09-CT/TW%23XI", [0]),
        ("topic=mass_movement", [0]),
        ("since=2026-11-20&until=2026-11-20", [0, 1, 2, 3, 4]),
        ("until=2026-11-15", [5, 6, 7, 8]),
        ("until=2026-11-19&place=Ngh%E1%BB%87%20An", []),
    ],
)
async def test_stories_are_filtered_by_their_reports(ask: Client, query: str, numbers: list[int]) -> None:
    items = await all_of(ask, f"/v1/stories?{query}")
    assert [item["head"]["title"] for item in items] == [policy(number) if number else POLICY[0] for number in numbers]


async def test_a_story_of_many_reports_that_match_is_listed_once(stored: Database, ask_anew: Client) -> None:
    with stored.session() as session:
        for number in range(6):
            at = NOW - number * HOUR
            publish(session, WIRE.partition(":")[0], WIRE, seen=at, published=at, outlet=f"Báo {number}")
        fold_stories(session)
    items = await all_of(ask_anew, "/v1/stories?document=09-CT/TW%23XI")
    assert [item["reports"] for item in items] == [1, 6], "at the first report of each"


async def test_doubt_is_told(stored: Database, ask_anew: Client) -> None:
    with stored.session() as session:
        article = publish(
            session, "Công an tỉnh họp về phòng, chống ma túy", "Hội nghị nhắc Chỉ thị 05-CT/TW.", seen=NOW
        )
    answer = await ask_anew(f"/v1/articles/{article.id}")
    (mention,) = answer.json["mentions"]
    assert (mention["document"], mention["status"]) == (None, "ambiguous")
    assert set(mention["candidates"]) >= {"05-CT/TW#X", "05-CT/TW#XII"}
    (cited,) = answer.json["documents"]
    assert (cited["id"], cited["token"]) == ("05-CT/TW#?", None)
    dossier = await ask_anew("/v1/documents/05-CT%2FTW%23%3F")
    assert set(dossier.json["namesakes"]) >= {"05-CT/TW#X", "05-CT/TW#XII"}
    citing = await ask_anew("/v1/documents/05-CT%2FTW%23X/articles")
    assert [item["mention"]["status"] for item in citing.json["items"]] == ["ambiguous"]
    assert (await ask_anew("/v1/documents/05-CT%2FTW%23X")).json["unsure"] == 1


async def test_a_search_takes_the_language_of_the_chat(ask: Client) -> None:
    items = await all_of(ask, '/v1/search?q="ma%20t%C3%BAy"%20-%C4%91%E1%BB%93ng%20nai')
    assert [item["title"] for item in items] == [policy(number) for number in (1, 3, 4, 5, 6, 7, 8)]
    assert all(item["as_typed"] and "ma túy" in item["passage"] for item in items)
    answer = await ask("/v1/search?q=ma%20tuy%20place:nowhere")
    assert answer.json["unclear"] == ["place:nowhere"]
    assert (await ask("/v1/search?q=...")).json["items"] == []


async def test_stories_have_their_reports(stored: Database, ask_anew: Client) -> None:
    with stored.session() as session:
        for outlet in ("Báo Một", "Báo Hai"):
            publish(session, f"{outlet} đưa tin tổng kết Chỉ thị 09", WIRE, seen=NOW, published=NOW, outlet=outlet)
        fold_stories(session)
    items = await all_of(ask_anew, "/v1/stories")
    assert sorted(item["id"] for item in items) == sorted({item["id"] for item in items})
    assert len(items) == 10
    (story,) = (item for item in items if item["reports"] == 2)
    assert set(story["outlets"]) == {"Báo Một", "Báo Hai"}
    answer = await ask_anew(f"/v1/stories/{story['id']}")
    assert {one["outlet"] for one in answer.json["articles"]} == {"Báo Một", "Báo Hai"}
    assert answer.json["head"]["story"] == story["id"]
    assert (await ask_anew("/v1/stories/999999")).status == 404


@pytest.mark.parametrize(
    ("number", "status", "documents"),
    [
        ("09%20ct%20tw", "found", ["09-CT/TW#XI"]),
        ("09-CT/TW,%2044-KL/TW", "several", ["09-CT/TW#XI", "44-KL/TW#XII"]),
        ("99-CT/TW", "unknown", []),
        ("xin+ch%C3%A0o", "invalid", []),
    ],
)
async def test_a_number_is_looked_up_as_on_the_command_line(
    ask_one: Client, number: str, status: str, documents: list[str]
) -> None:
    answer = await ask_one(f"/v1/documents?number={number}")
    assert (answer.json["status"], [one["id"] for one in answer.json["documents"]]) == (status, documents)


async def test_a_dossier_tells_facts_with_their_provenance(ask: Client) -> None:
    answer = await ask("/v1/documents/09-CT%2FTW%23XI")
    document = answer.json["document"]
    assert (document["date"], document["facts"]["date"]) == ("2011-12-01", "seen")
    assert answer.json["total"] == answer.json["counts"]["all"]["articles"] == 1
    assert answer.json["timeline"][0]["stage"] == "issued"
    assert [one["code"] for one in answer.json["implementation"]["seen"]] == ["BCA"]
    assert "Hà Nội" in answer.json["implementation"]["not_seen"]
    assert {one["stage"] for one in answer.json["reviews"]} <= {"interim_review", "final_review"}
    assert (await ask(f"/v1/documents/{document['token']}")).json == answer.json
    assert [one["id"] for one in (await ask("/v1/articles?document=09-CT/TW")).json["items"]] == [
        one["id"] for one in await all_of(ask, f"/v1/documents/{document['token']}/articles")
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 9), ("?year=2026", 9), ("?year=2025", 0), ("?place=Ngh%E1%BB%87%20An", 1), ("?stage=mentioned", 0)],
)
async def test_what_cites_a_document_is_filtered(stored: Database, ask_anew: Client, query: str, found: int) -> None:
    with stored.session() as session:
        for number in range(9):
            title = policy(number).replace(f"{number}/2024/NĐ-CP", "13/2023/NĐ-CP")
            publish(session, title, seen=NOW - number * HOUR, published=NOW - number * HOUR, outlet="Báo Khác")
    items = await all_of(ask_anew, f"/v1/documents/13%2F2023%2FN%C4%90-CP%232023/articles{query}")
    assert len({item["id"] for item in items}) == len(items) == found


async def test_lists_are_atom_feeds_too(ask: Client) -> None:
    for path in ("/v1/articles", "/v1/stories", "/v1/search?q=an+ninh", "/v1/documents/09-CT%2FTW%23XI/articles"):
        with_sign = f"{path}{'&' if '?' in path else '?'}"
        answer = await ask(f"{with_sign}format=atom&limit=1")
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        feed = feedparser.parse(answer.body)
        assert not feed.bozo
        (entry,) = feed.entries
        (item,) = (await ask(f"{with_sign}limit=1")).json["items"]
        assert (entry.title, entry.link) == (item.get("head", item)["title"], item.get("head", item)["url"])
        following = [link.href for link in feed.feed.links if link.rel == "next"]
        if following:
            assert feedparser.parse((await ask(following[0])).body).entries[0].id != entry.id


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/articles?limit=0", "limit"),
        ("/v1/articles?limit=101", "limit"),
        ("/v1/articles?limit=1_0", "limit"),
        ("/v1/articles?limit=5&limit=6", "limit"),
        ("/v1/articles?topc=drugs", "topc"),
        ("/v1/articles?topic=sport", "topic"),
        ("/v1/articles?since=yesterday", "since"),
        ("/v1/articles?since=0", "since"),
        ("/v1/articles?cursor=x", "cursor"),
        ("/v1/articles?outlet=%00", "outlet"),
        (f"/v1/articles?place={'x' * 201}", "place"),
        ("/v1/articles/x", "id"),
        ("/v1/articles/1?id=2", "id"),
        (f"/v1/articles/{2**63}", "id"),
        ("/v1/search", "q"),
        ("/v1/search?q=", "q"),
        ("/v1/documents", "number"),
    ],
)
async def test_a_wrong_parameter_is_named(ask_one: Client, path: str, parameter: str) -> None:
    answer = await ask_one(path)
    assert answer.status == answer.json["status"] == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["parameter"] == parameter
    assert parameter in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/v1", "/v2/articles", "/v1/articles/", "/v1/articles/4711", "/v1/documents/aaaaaaaaaaaaa",
        "/v1/documents/99-CT%2FTW%23%3F", "/v1/documents/%25", "/v1/articles?place=Atlantis",
        "/v1/articles?document=gibberish",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem_of_its_own(ask_one: Client, path: str) -> None:
    answer = await ask_one(path)
    assert answer.status == answer.json["status"] == 404
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/documents/09-CT%2FTW%23XI", "/openapi.json", "/nowhere"])
async def test_nothing_is_changed_by_anything(ask_one: Client, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = await ask_one(path, method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/stories?format=atom", "/openapi.json", "/v1/status"])
async def test_what_is_known_already_is_not_sent_again(ask: Client, path: str) -> None:
    answer = await ask(path)
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    head = await ask(path, "HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(answer.body))
    again = await ask(path, If_None_Match=f'"other", {answer.headers["ETag"]}')
    assert (again.status, again.body) == (304, b"")
    assert (await ask(path, If_None_Match='"other"')).status == 200


async def test_only_who_has_a_token_is_answered(shared: Database) -> None:
    async with asking(services(shared, tokens=f"an:{SECRET}, binh:{SECRET}2")) as ask:
        for authorization in ("", "Bearer", f"Basic {SECRET}", "Bearer wrong", f"Bearer {SECRET}3", "Bearer ế"):
            answer = await ask("/v1/articles", Authorization=authorization)
            assert (answer.status, answer.json["status"]) == (401, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        for authorization in (f"Bearer {SECRET}", f"bearer {SECRET}2"):
            answer = await ask("/v1/articles", Authorization=authorization)
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, max-age=60")
        described = await ask("/openapi.json")
        assert described.json["security"] == [{"token": []}]


async def test_who_asks_too_often_is_told_when_to_come_again(shared: Database) -> None:
    passed = 0.0
    given = services(shared, limits=Limits(lambda: passed), tokens=f"an:{SECRET}, binh:{SECRET}2")
    async with asking(given) as ask:
        answers = [await ask("/v1/status", Authorization=f"Bearer {SECRET}") for _ in range(121)]
        assert [answer.status for answer in answers] == [200] * 120 + [429]
        assert answers[-1].headers["Retry-After"] == "1"
        assert (await ask("/v1/status", Authorization=f"Bearer {SECRET}2")).status == 200
        # Whoever guesses is counted by address, and soon told nothing any more.
        guesses = [(await ask("/v1/status", Authorization=f"Bearer {number}")).status for number in range(121)]
        assert guesses == [401] * 120 + [429]
        passed = 1.0
        assert (await ask("/v1/status", Authorization=f"Bearer {SECRET}")).status == 200


async def test_readers_are_never_told_of(shared: Database) -> None:
    with shared.session() as session:
        assert session.get(Chat, 4242)
    async with asking(services(shared)) as ask:
        pages = [await ask(f"{path}?limit=100") for path in ("/v1/articles", "/v1/stories")]
        pages += [await ask(path) for path in ("/v1/status", "/openapi.json", "/v1/search?q=4242")]
        assert all(page.status == 200 and b"4242" not in page.body.replace(b'"4242"', b"") for page in pages)


def _endless(session: Any, asked: Any, now: Any) -> State:
    session.execute(
        text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    ).scalar()
    raise AssertionError("it ended")


def _broken(session: Any, asked: Any, now: Any) -> State:
    raise RuntimeError("postgresql://user:secret@host")


@pytest.mark.parametrize(("work", "status"), [(_endless, 503), (_broken, 500)])
async def test_what_fails_or_takes_too_long_is_a_problem_and_no_trace(
    shared: Database, work: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.api.server.OPERATIONS", (*OPERATIONS, Operation("/try", "try", "", Nothing, State, work)))
    async with asking(services(shared), seconds=0.2) as ask:
        answer = await ask("/try")
        assert (answer.status, answer.json["status"]) == (status, status)
        assert b"secret" not in answer.body
        assert b"Traceback" not in answer.body
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert (await ask("/v1/articles")).status == 200, "the connection is as it was"


async def test_only_a_few_read_at_once(shared: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, most = 0, 0
    lock, two_read, may_end = threading.Lock(), threading.Event(), threading.Event()

    def slow(session: Any, asked: Any, now: Any) -> State:
        nonlocal reading, most
        with lock:
            reading += 1
            most = max(most, reading)
            if reading == 2:
                two_read.set()
        may_end.wait(60)
        with lock:
            reading -= 1
        return State(name="Điểm Tin", version="", catalogue_as_of=NOW.date(), reading_since=None, newest=None)

    monkeypatch.setattr("bot.api.server.OPERATIONS", (Operation("/slow", "slow", "", Nothing, State, slow),))
    async with asking(services(shared)) as ask:
        asked = [asyncio.create_task(ask("/slow")) for _ in range(60)]
        # Those beyond the queue are told at once.
        refused, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        while len(refused) < 10:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            refused |= more
        assert {task.result().status for task in refused} == {503}
        assert await asyncio.to_thread(two_read.wait, 60)
        may_end.set()
        assert {(await task).status for task in waiting} == {200}
    assert most == 2


def test_what_an_application_with_middlewares_would_keep_is_not_kept(sqlite: Database) -> None:
    assert list(Api(services(sqlite)).application().middlewares) == []


async def test_a_leads_length_is_bounded(stored: Database, ask_anew: Client) -> None:
    with stored.session() as session:
        article = publish(session, policy(77), "Một câu rất dài. " * 200, seen=NOW)
        assert len(session.get_one(Article, article.id).lead) > 500
    lead = (await ask_anew(f"/v1/articles/{article.id}")).json["lead"]
    assert len(lead) == 500
    assert lead.endswith("…")


async def test_what_the_readme_shows_works(ask: Client) -> None:
    addresses = re.findall(r"^curl 'http://127\.0\.0\.1:8790(\S+)'$", README.read_text("utf-8"), re.MULTILINE)
    assert len(addresses) > 5
    for address in addresses:
        answer = await ask(address)
        assert answer.status == 200, address
        assert answer.json is None or answer.json.get("items", answer.json), address


async def test_a_process_may_do_nothing_but_answer_it_and_needs_no_telegram(sqlite_url: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(_env_file=None, database_url=sqlite_url, api_port=port)  # type: ignore[call-arg]
        with pytest.raises(StartError, match="API_PORT"):
            async with running(settings, [Role.API], sources=[]):
                raise AssertionError("it started")
    async with running(settings, [Role.API], sources=[]), ClientSession() as session:
        assert (await Client(session, f"http://{HOST}:{port}")("/v1/articles")).json == {"items": [], "next": None}
    without = Settings(_env_file=None, database_url=sqlite_url)  # type: ignore[call-arg]
    with pytest.raises(StartError, match="API_PORT is not set"):
        async with running(without, [Role.API], sources=[]):
            raise AssertionError("it started")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"api_host": "0.0.0.0"}, "api_host"),  # noqa: S104
        ({"api_host": "::"}, "api_host"),
        ({"api_host": "api.example"}, "api_host"),
        ({"api_tokens": f"an:{SECRET}, an:{SECRET}"}, "api_tokens"),
        ({"api_tokens": "an:short"}, "api_tokens"),
        ({"api_tokens": SECRET}, "api_tokens"),
    ],
)
def test_what_would_be_open_to_all_or_easily_guessed_is_refused(given: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, **given)  # type: ignore[arg-type]
    assert [error["loc"] for error in refused.value.errors()] == [(wrong,)]


def test_others_may_reach_it_where_tokens_are_set() -> None:
    settings = Settings(_env_file=None, api_host="0.0.0.0", api_tokens=SecretStr(f"an:{SECRET}"))  # type: ignore[call-arg]  # noqa: S104
    assert settings.api_secrets == {"an": SECRET}
    assert SECRET not in repr(settings)
