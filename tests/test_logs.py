"""Logs: text and JSON, at the level asked for, without secrets."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from aiohttp import web
from sqlalchemy.exc import IntegrityError

from bot.listening import listening
from bot.logs import mask_secrets, set_up_logs
from conftest import NOW
from digests.models import Follow
from feeds.database import Database

TOKEN = "123456789:AAEhBP0av28FrI6UmdaRabcdefghij-klmno"
PASSWORD = "Mật-khẩu/1@2"


@pytest.fixture(autouse=True)
def _logging_kept() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _raise_with(secret: str) -> None:
    raise ValueError(f"refused: {secret}")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "secret",
    [
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        f"token {TOKEN} was rejected",
        f"postgresql+psycopg://diem:{PASSWORD}@db.example:5432/tin",
        f"https://reader:{PASSWORD.replace('/', '')}@feeds.example/rss",
        f"host=db password={PASSWORD} user=diem",
        f"feed https://bao.example/rss?khoa={PASSWORD}: 404",
    ],
)
def test_secrets_are_masked_everywhere(form: str, secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", form)
    log = structlog.get_logger("bot")
    log.warning(f"event {secret}")
    log.warning("value", url=secret)
    log.warning("object", error=ValueError(secret), several=[secret], mapping={"url": secret})
    logging.getLogger("aiohttp.client").warning("request %s", secret)
    try:
        _raise_with(secret)
    except ValueError:
        log.exception("ours")
        logging.getLogger("telegram.ext").exception("PTB's")
    written = capsys.readouterr().err
    assert "AAEhBP0av28" not in written
    assert "Mật-khẩu" not in written
    assert "1@2" not in written
    assert written.count("refused") >= 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_of_the_database_does_not_tell_what_was_to_be_stored(
    form: str, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", form)
    try:
        with database.session() as session:
            session.add(Follow(chat_id=424242, kind="words", value="bimatquocgia", since=NOW, note="ghichurieng"))
    except IntegrityError as error:
        structlog.get_logger().error("a handler failed", exc_info=error)
    written = capsys.readouterr().err
    assert "IntegrityError" in written
    assert "bimatquocgia" not in written
    assert "ghichurieng" not in written


def test_what_is_no_secret_stays() -> None:
    for text in (
        "http://127.0.0.1:8080/@user/feed.xml",
        "2026-11-22T00:03:08.459292Z ready",
        "09-CT/TW, 13/2023/NĐ-CP, 08:30",
        "mail toasoan@bao.vn, https://bao.vn/a#b=c",
        "sqlite:////srv/data/diem-tin.db",
    ):
        assert mask_secrets(text) == text


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    structlog.get_logger().info("đọc xong", outlet="Báo Hà Tĩnh", url=f"https://x/bot{TOKEN}/a")
    logging.getLogger("feeds").warning("cảnh báo %s", 1)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["outlet"], first["level"]) == ("đọc xong", "Báo Hà Tĩnh", "info")
    assert (second["event"], second["level"]) == ("cảnh báo 1", "warning")


def test_level_is_respected_and_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "text")
    structlog.get_logger().debug("ours, too fine")
    structlog.get_logger().info("ours, shown")
    logging.getLogger("httpx").info("HTTP Request: GET")
    logging.getLogger("httpx").warning("library, shown")
    written = capsys.readouterr().err
    assert "ours, shown" in written
    assert "library, shown" in written
    assert "too fine" not in written
    assert "HTTP Request" not in written


async def test_what_is_no_http_is_not_logged_but_what_fails_of_ours_is(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("ours")

    application = web.Application()
    application.router.add_get("/", fail)
    set_up_logs("info", "text")
    async with listening(application, "127.0.0.1", 0) as (host, port):
        for said, answer in (
            (b"GET / HTTP/1.1\r\nAuthorization : Bearer abcdefghijklmnopqrstuvwxyz\r\n\r\n", b"400 Bad Request"),
            (b"GET / HTTP/9.9\r\n\r\n", b"400 Bad Request"),
            (b"GET / HTTP/1.1\r\nHost: one\r\nConnection: close\r\n\r\n", b"500 Internal Server Error"),
        ):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(said)
            assert answer in await reader.read()
            writer.close()
            await writer.wait_closed()
    written = capsys.readouterr().err
    assert "RuntimeError: ours" in written
    assert "abcdefgh" not in written
    assert "HTTP/9.9" not in written
