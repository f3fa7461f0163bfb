"""doctor says what is wrong, each thing with what to do about it, and changes nothing."""

import asyncio
import json
import shutil
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import make_url

from bot.cli import doctor_database
from bot.cli.doctor_telegram import _clock_difference
from bot.clock import now
from bot.metrics import Metrics
from bot.monitor import monitored
from bot.sandbox import Sandbox
from conftest import database_of_its_own
from digests import templates
from digests.admins import BACKUP, note_done
from feeds.database import Database
from feeds.models import Feed
from terminal import Terminal


@pytest.fixture
def telegram() -> Iterator[Sandbox]:
    """A Telegram of our own, in a thread: the command has a loop to itself."""
    sandbox = Sandbox()
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with sandbox:
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield sandbox
    stop.set()
    thread.join()


@pytest.fixture
def healthy(terminal: Terminal, telegram: Sandbox) -> Terminal:
    """A terminal with everything in order."""
    terminal.set(TELEGRAM_TOKEN=telegram.token, TELEGRAM_API_URL=telegram.api_url)
    assert terminal("migrate").code == 0
    return terminal


def _wrong(terminal: Terminal) -> str:
    """What doctor finds wrong; always on stdout, with exit code 1."""
    ended = terminal("doctor")
    assert (ended.code, ended.err) == (1, "")
    return "\n".join(line for line in ended.out.splitlines() if line.startswith("WRONG"))


def test_doctor_finds_nothing_wrong(healthy: Terminal) -> None:
    ended = healthy("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split(":")[0] for line in ended.out.splitlines()] == [
        f"ok       {what}"
        for what in (
            "settings", "sources", "classifier", "templates", "fonts", "database", "disk", "integrity", "backup",
            "feeds", "canary", "queues", "token", "webhook", "clock",
        )
    ]  # fmt: skip
    assert "@diem_tin_sandbox_bot" in ended.out


def test_doctor_names_every_wrong_setting(terminal: Terminal) -> None:
    terminal.set(TELEGRAM_TOKEN="geheim", POLL_MINUTES="soon")
    assert _wrong(terminal).splitlines()[0].startswith("WRONG    settings: TELEGRAM_TOKEN: ")
    assert _wrong(terminal).splitlines()[1].startswith("WRONG    settings: POLL_MINUTES: 'soon' is no whole number")
    assert "geheim" not in _wrong(terminal)


def test_doctor_makes_no_database(healthy: Terminal) -> None:
    path = healthy.folder / "folder" / "new.db"
    healthy.set(DATABASE_URL=f"sqlite:///{path}")
    assert _wrong(healthy).endswith("new.db is not there yet; `python bot.py migrate` makes it")
    assert not path.parent.exists()


def test_doctor_migrates_nothing(healthy: Terminal) -> None:
    path = healthy.folder / "old.db"
    sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    healthy.set(DATABASE_URL=f"sqlite:///{path}")
    assert "is at revision none" in _wrong(healthy)
    connection = sqlite3.connect(path)
    assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["a"]
    connection.close()


def test_doctor_tells_a_newer_database(healthy: Terminal) -> None:
    connection = sqlite3.connect(healthy.folder / "terminal.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert _wrong(healthy).endswith("update the code")


@pytest.mark.parametrize(
    ("url", "said"),
    [("sqlite:///notes.txt", "is not an SQLite database"), ("postgresql://u:geheim@127.0.0.1:1/x", "refused")],
)
def test_doctor_names_an_unusable_database(healthy: Terminal, url: str, said: str) -> None:
    (healthy.folder / "notes.txt").write_text("notes\n" * 1000)
    healthy.set(DATABASE_URL=url)
    assert said in _wrong(healthy)
    assert "geheim" not in _wrong(healthy)


def test_doctor_names_a_broken_sources_file(healthy: Terminal) -> None:
    (healthy.folder / "mine.toml").write_text("[[source]]\nurl = 'x'\n")
    healthy.set(SOURCES_FILE="mine.toml")
    assert _wrong(healthy).startswith("WRONG    sources: mine.toml: entry 1")


def test_doctor_names_feeds_that_fail(healthy: Terminal) -> None:
    database = Database(f"sqlite:///{healthy.folder / 'terminal.db'}")
    healthy("feeds", "list")  # takes the feeds over from the sources file
    with database.session() as session:
        feed = session.query(Feed).first()
        assert feed
        outlet = feed.outlet
        feed.failures, feed.last_error = 3, "http_404: HTTP 404"
    database.close()
    assert _wrong(healthy) == f"WRONG    feeds: {outlet}: http_404: HTTP 404"


def test_doctor_names_feeds_that_are_silent(healthy: Terminal) -> None:
    database = Database(f"sqlite:///{healthy.folder / 'terminal.db'}")
    healthy("feeds", "list")
    moment = now()
    with database.session() as session:
        stopped, empty, paused = session.query(Feed).limit(3)
        names = stopped.outlet, empty.outlet
        for feed in (stopped, empty, paused):
            feed.succeeded_at, feed.next_check_at = moment, moment + timedelta(hours=1)
            feed.followed_at = moment - timedelta(days=300)
        stopped.newest_item_at, paused.paused = datetime(2026, 1, 30, tzinfo=UTC), True
    database.close()
    assert set(_wrong(healthy).splitlines()) == {
        f"WRONG    feeds: {names[0]}: it answers, but nothing new since 2026-01-30",
        f"WRONG    feeds: {names[1]}: it answers, but it never had an entry",
    }


def test_doctor_names_a_missing_token(healthy: Terminal) -> None:
    healthy.set(TELEGRAM_TOKEN="")
    assert "TELEGRAM_TOKEN is not set" in _wrong(healthy)


def test_doctor_names_a_token_that_is_refused(healthy: Terminal) -> None:
    healthy.set(TELEGRAM_TOKEN="7000001:another-token-is-not-a-secret-00000")
    assert "refuses TELEGRAM_TOKEN" in _wrong(healthy)
    assert "another-token" not in _wrong(healthy)


def test_doctor_names_a_telegram_that_is_away(healthy: Terminal) -> None:
    healthy.set(TELEGRAM_API_URL="http://127.0.0.1:1")
    assert "http://127.0.0.1:1 cannot be reached" in _wrong(healthy)


def test_doctor_names_all_troubles_at_once(healthy: Terminal) -> None:
    (healthy.folder / "mine.toml").write_text("rubbish")
    healthy.set(SOURCES_FILE="mine.toml", DATABASE_URL="sqlite:///none.db", TELEGRAM_TOKEN="")
    assert [line.split()[1] for line in _wrong(healthy).splitlines()] == ["sources:", "database:", "token:"]


def test_doctor_speaks_json(healthy: Terminal) -> None:
    found = [json.loads(line) for line in healthy("doctor", "--json").out.splitlines()]
    assert found[0] == {"what": "settings", "ok": True, "words": "all can be used"}
    healthy.set(TELEGRAM_TOKEN="")
    ended = healthy("doctor", "--json")
    assert ended.code == 1
    assert [one["what"] for one in map(json.loads, ended.out.splitlines()) if not one["ok"]] == ["token"]


def test_doctor_minds_who_may_read_the_token(healthy: Terminal) -> None:
    env = healthy.folder / ".env"
    env.write_text("LOG_LEVEL=info\n")
    env.chmod(0o644)
    assert _wrong(healthy).endswith("everybody on this machine may read it: `chmod 600 .env`")
    env.chmod(0o600)
    assert "ok       files: " in healthy("doctor").out


def test_doctor_names_a_template_that_cannot_be_read(
    healthy: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(templates.TEMPLATES, folder)
    (folder / "card.html").write_text("{% if %}")
    monkeypatch.setattr(templates, "TEMPLATES", folder)
    templates._environment.cache_clear()
    try:
        assert _wrong(healthy).splitlines()[0].startswith("WRONG    templates: ")
    finally:
        templates._environment.cache_clear()


def test_doctor_names_ports_that_cannot_be_had(healthy: Terminal, telegram: Sandbox) -> None:
    taken = str(make_url(telegram.api_url).port)
    healthy.set(METRICS_PORT=taken)
    assert f"METRICS_PORT {taken} is taken" in _wrong(healthy)
    healthy.set(METRICS_PORT="9464", METRICS_HOST="192.0.2.1")
    assert "METRICS_PORT: 192.0.2.1:9464 cannot be listened on" in _wrong(healthy)
    healthy.set(METRICS_PORT="", API_PORT=taken)
    assert f"ok       ports: API_PORT {taken} is taken: if not by this bot" in healthy("doctor").out


async def test_doctor_knows_the_port_of_the_running_bot(healthy: Terminal) -> None:
    database = Database(f"sqlite:///{healthy.folder / 'terminal.db'}")
    async with monitored(Metrics().registry, database, "127.0.0.1", 0, lambda: True) as port:
        healthy.set(METRICS_PORT=str(port))
        ended = await asyncio.to_thread(healthy, "doctor")
    database.close()
    assert f"ok       ports: METRICS_PORT {port}: the running bot answers there" in ended.out
    assert f"ok       ports: METRICS_PORT {port} is free" in (await asyncio.to_thread(healthy, "doctor")).out


def test_doctor_finds_a_damaged_file(healthy: Terminal) -> None:
    path = healthy.folder / "terminal.db"
    healthy("feeds", "list")
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'refused_entry'").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"rubbish" * 500)
    assert "WRONG    integrity: the file is damaged" in _wrong(healthy)
    assert "restore a backup" in _wrong(healthy)


def test_doctor_looks_at_no_other_file_and_makes_none(healthy: Terminal) -> None:
    healthy.set(DATABASE_URL=f"sqlite:///{healthy.folder / '50% off #1.db'}")
    healthy("migrate")
    before = set(healthy.folder.iterdir())
    assert "ok       integrity: the file is whole" in healthy("doctor").out
    assert set(healthy.folder.iterdir()) == before


def test_doctor_does_not_look_at_a_large_file_for_ever(healthy: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_database, "CHECK_FOR", -1.0)
    monkeypatch.setattr(doctor_database, "_STEPS", 1)
    assert "the rest was not looked at" in healthy("doctor").out


def test_doctor_names_a_disk_that_is_nearly_full(healthy: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_database, "LEAST_ROOM", 1 << 62)
    assert "MB are free: make room" in _wrong(healthy)


def test_doctor_looks_at_postgresql(healthy: Terminal, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in database_of_its_own(postgres_url):
        healthy.set(DATABASE_URL=url)
        healthy("migrate")
        said = healthy("doctor").out
        assert "ok       database: PostgreSQL 1" in said
        assert "ok       clock: as PostgreSQL's" in said
        monkeypatch.setattr(doctor_database, "LEAST_POSTGRESQL", 99)
        monkeypatch.setattr(doctor_database, "_CLOCK_DIFFERENCE", -1.0)
        assert [line.split()[1] for line in _wrong(healthy).splitlines()] == ["database:", "clock:"]


def test_doctor_tells_how_old_the_last_backup_is(healthy: Terminal) -> None:
    assert "backup: none was made" in healthy("doctor").out
    assert healthy("backup", "copy.db").code == 0
    assert f"ok       backup: the last is of {now():%Y-%m-%d}" in healthy("doctor").out
    database = Database(f"sqlite:///{healthy.folder / 'terminal.db'}")
    with database.session() as session:
        note_done(session, BACKUP, datetime(2026, 1, 30, tzinfo=UTC))
    database.close()
    assert _wrong(healthy) == (
        "WRONG    backup: the last is of 2026-01-30: `python bot.py backup FILE`, best every night"
    )


def test_doctor_tells_what_is_stuck(healthy: Terminal) -> None:
    database = Database(f"sqlite:///{healthy.folder / 'terminal.db'}")
    with database.session() as session:
        due = now() - timedelta(hours=2)
        session.add(Feed(url="https://an.example/", outlet="An", level="national", next_check_at=due))
    database.close()
    assert _wrong(healthy).startswith("WRONG    queues: No process has read the feeds since ")


def _set_webhook(telegram: Sandbox, url: str) -> None:
    address = f"{telegram.api_url}/bot{telegram.token}/setWebhook?url={url}"
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own sandbox
        assert json.load(answer)["ok"]


def test_doctor_compares_the_webhook_with_the_setting(healthy: Terminal, telegram: Sandbox) -> None:
    assert "webhook: none, updates are asked for; 0 wait" in healthy("doctor").out
    healthy.set(WEBHOOK_URL="https://bot.example/telegram")
    assert "brings updates to nowhere, but WEBHOOK_URL is https://bot.example/telegram" in _wrong(healthy)
    _set_webhook(telegram, "https://bot.example/telegram")
    assert "webhook: https://bot.example/telegram; 0 wait" in healthy("doctor").out
    healthy.set(WEBHOOK_URL="")
    assert "brings updates to https://bot.example/telegram, but WEBHOOK_URL is not set" in _wrong(healthy)


def test_doctor_tells_that_the_webhook_fails(healthy: Terminal, telegram: Sandbox) -> None:
    url = "http://127.0.0.1:1/telegram"
    _set_webhook(telegram, url)
    updates = telegram.world.updates
    updates.webhook.last_error = (int(now().timestamp()), "Connection refused")
    updates.pending += [{"update_id": number} for number in range(101)]
    healthy.set(WEBHOOK_URL=url)
    failed, waiting = _wrong(healthy).splitlines()
    assert "it failed at" in failed
    assert "see the proxy" in failed
    assert "101 updates wait" in waiting


@pytest.mark.parametrize("minutes", [0, 60, -60])
async def test_the_clock_is_compared_with_a_servers(minutes: int) -> None:
    async def tell(_request: web.Request) -> web.Response:
        date = format_datetime(now() + timedelta(minutes=minutes), usegmt=True)
        return web.Response(status=302, headers={"Date": date, "Location": "/"})

    application = web.Application()
    application.router.add_get("/", tell)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    off = await _clock_difference(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    assert off is not None
    assert (off > 3000) is bool(minutes)
    assert await _clock_difference("http://127.0.0.1:1") is None
