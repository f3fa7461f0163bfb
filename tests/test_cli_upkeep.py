"""doctor, migrate, evaluate, train: for whoever runs the bot."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import now
from bot.sandbox import Sandbox
from feeds.classify import FIGURES
from feeds.database import Database
from feeds.models import Feed
from newsroom import POLICY, ROBBERY
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
    assert ready.wait(10)
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


# doctor


def test_doctor_finds_nothing_wrong(healthy: Terminal) -> None:
    ended = healthy("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split(":")[0] for line in ended.out.splitlines()] == [
        f"ok       {what}" for what in ("settings", "sources", "classifier", "database", "feeds", "canary", "token")
    ]
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


# migrate


def test_migrate_makes_a_database_and_leaves_a_new_one_alone(terminal: Terminal) -> None:
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder / 'made' / 'new.db'}")
    first, again = terminal("migrate"), terminal("migrate")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("sqlite:///")
    assert first.out.endswith(", the newest\n")
    assert again == first


def test_migrate_new_is_for_developers(terminal: Terminal) -> None:
    assert "--new" not in terminal("migrate", "--help").out


# evaluate and train


def _gold(path: Path, *, more: str = "") -> str:
    rows = [
        {
            "title": f"{title} ({number})", "text": text, "relevant": relevant,
            "topics": ["national_security"] if relevant else [],
        }
        for number in range(12)
        for (title, text), relevant in ((POLICY, True), (ROBBERY, False))
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + more, "utf-8")
    return str(path)


def test_evaluate_measures_and_names_problems(terminal: Terminal) -> None:
    cited = {"id": 1, "text": "Chỉ thị 09-CT/TW", "citations": [{"start": 0, "end": 16, "key": "09-CT/TW"}]}
    more = f'rubbish\n{{"relevant": "yes"}}\n{{"relevant": null}}\n{json.dumps(cited)}\n'
    ended = terminal("evaluate", _gold(terminal.folder / "gold.jsonl", more=more))
    assert ended.code == 0
    *problems, caution = ended.err.splitlines()
    assert [line.rpartition("/")[2].partition(": ")[0] for line in problems] == ["gold.jsonl:25", "gold.jsonl:26"]
    assert caution == "Figures on articles that were trained on prove nothing; README, How well"
    (empty,) = [line for line in ended.out.splitlines() if "cyber_data" in line]
    assert empty.count("–") == 3, "no article of this topic"
    for name in ("security policy", "topics", "citations, strict", "1 rows without a label"):
        assert name in ended.out
    (row,) = [line for line in ended.out.splitlines() if "citations, strict" in line]
    assert row.count("1.0000") == 3


@pytest.mark.parametrize("content", ["", "rubbish\n", '{"relevant": null}\n', "\xff"])
def test_evaluate_of_nothing_labelled_is_exit_code_1(terminal: Terminal, content: str) -> None:
    (terminal.folder / "gold.jsonl").write_text(content, "latin-1")
    ended = terminal("evaluate", "gold.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("Error: nothing labelled in these files\n")


def test_train_writes_to_out_and_leaves_the_shipped_figures_alone(terminal: Terminal) -> None:
    shipped = FIGURES.stat()
    ended = terminal("train", _gold(terminal.folder / "gold.jsonl"), "--out", "figures.json.gz")
    assert ended.code == 0
    assert "cross-validated" in ended.out
    assert (terminal.folder / "figures.json.gz").stat().st_size > 100
    assert (FIGURES.stat().st_mtime_ns, FIGURES.stat().st_size) == (shipped.st_mtime_ns, shipped.st_size)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("", 1, "at least 10 relevant"),
        ("rubbish\n", 1, "gold.jsonl:1: "),
        ('{"relevant": true, "topics": ["none such"]}\n', 1, "unknown topic none such"),
    ],
)
def test_train_names_what_it_cannot_use(terminal: Terminal, content: str, code: int, said: str) -> None:
    (terminal.folder / "gold.jsonl").write_text(content, "utf-8")
    ended = terminal("train", "gold.jsonl", "--out", "figures.json.gz")
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert not (terminal.folder / "figures.json.gz").exists()


def test_train_looks_at_out_before_the_work(terminal: Terminal) -> None:
    ended = terminal("train", _gold(terminal.folder / "gold.jsonl"), "--out", "none/figures.json.gz")
    assert (ended.code, ended.out) == (2, "")
    assert "there is no folder none" in ended.err
    assert "fold 1" not in ended.err
