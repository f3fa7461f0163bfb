"""What may go wrong for any command: one clear line, the right exit code, never a trace."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError, SQLAlchemyError

import bot.cli
from bot.cli.errors import explain, trace
from bot.cli.typed import typed
from conftest import free_port
from feeds.database import DatabaseError
from terminal import ROOT, Terminal

COMMANDS = [
    "demo", "run", "poll", "brief", "directive", "analyse", "why", "import", "dump", "feeds", "doctor", "evaluate",
    "train", "review", "reindex", "migrate", "backup", "restore", "vacuum",
]  # fmt: skip
OF_FEEDS = ["list", "add", "remove", "pause", "resume", "import", "export", "check"]
TOKEN = "123456789:AAEhBP0av28FrI6UmdaRabcdefghij-klmno"


def test_help_lists_exactly_the_commands_that_work(terminal: Terminal) -> None:
    ended = terminal("--help")
    listed = [line.split()[0] for line in ended.out.partition("Commands:")[2].splitlines() if line.strip()]
    assert (ended.code, listed) == (0, COMMANDS)
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.parametrize("command", [*COMMANDS, *(f"feeds {name}" for name in OF_FEEDS)])
def test_every_command_has_help(terminal: Terminal, command: str) -> None:
    ended = terminal(*command.split(), "-h")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: bot.py {command} ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "Usage: bot.py"),
        ("analize", "Did you mean 'analyse'?"),
        ("xyz", "No such command 'xyz'"),
        ("feeds", "Usage: bot.py feeds"),
        ("feeds lst", "Did you mean 'list'?"),
        ("feeds add", "Missing argument"),
        ("feeds add --level high https://a.vn/rss", "'high' is not one of"),
        ("feeds add --province Atlantis https://a.vn/rss", "Atlantis is no province"),
        ("feeds add --kind page https://a.vn/rss", "'page' is not one of"),
        ("feeds add --kind listing https://a.vn/tin", "a listing needs the selector"),
        ("feeds add --kind listing --selector a[ https://a.vn/tin", "selector a[ is not CSS"),
        ("feeds add --selector a https://a.vn/rss", "only a listing has a selector"),
        ("feeds check --visit https://b.vn/ https://a.vn/rss", "of the same host"),
        ("feeds pause", "Missing argument"),
        ("brief --hours 0", "--hours"),
        ("brief --hours abc", "--hours"),
        ("brief --lang fr", "'vi', 'en'"),
        ("brief --format pdf", "--format"),
        ("brief --for me", "--for"),
        ("directive", "give either a number or --batch"),
        ("directive --batch 09-CT/TW", "give either a number or --batch"),
        ("import", "Missing argument"),
        ("evaluate", "Missing argument"),
        ("evaluate /there/is/none.jsonl", "does not exist"),
        ("train", "Missing argument"),
        ("run --only read", "choose from poll, serve, deliver"),
        ("run --only ,", "choose from poll, serve, deliver"),
        ("demo --port 70000", "--port"),
        ("demo --feeds /there/is/none", "does not exist"),
        ("demo --from 2026-07-20", "--from needs --feeds"),
        ("demo --from 20/7", "--from"),
        ("migrate --old", "No such option"),
    ],
)
def test_wrong_usage_is_exit_code_2(terminal: Terminal, arguments: str, said: str) -> None:
    ended = terminal(*arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize("command", ["brief", "directive 09-CT/TW", "poll", "feeds list", "migrate", "run"])
def test_wrong_settings_are_all_named(terminal: Terminal, command: str) -> None:
    terminal.set(TELEGRAM_TOKEN="geheim", POLL_MINUTES="soon", FETCH_ALLOW_PRIVATE="localhost", DATABASE_URL="file.db")
    ended = terminal(*command.split())
    assert (ended.code, ended.out) == (1, "")
    for name in ("TELEGRAM_TOKEN", "POLL_MINUTES", "FETCH_ALLOW_PRIVATE", "DATABASE_URL"):
        assert f"  {name}: " in ended.err
    assert "geheim" not in ended.err


def test_analyse_needs_no_settings(terminal: Terminal) -> None:
    terminal.set(POLL_MINUTES="soon")
    assert terminal("analyse").code == 0
    assert terminal("directive", "--batch").code == 0


def _no_database(path: Path) -> None:
    path.write_text("this is a text, and it is long enough to be read as a header\n" * 20)


def _damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(8000))


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()


@pytest.mark.parametrize("command", ["brief", "directive 09-CT/TW", "feeds list", "migrate", "import a.txt"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_database, "is not an SQLite database"),
        (_damaged, "sqlite:///"),
        (Path.mkdir, "cannot be opened"),
        (_newer, "is the code older than the database?"),
    ],
)
def test_unusable_database_is_one_line(
    terminal: Terminal, command: str, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(terminal.folder / "terminal.db")
    ended = terminal(*command.split())
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: sqlite:///")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").is_dir(), reason="root may write everywhere")
def test_folder_that_cannot_be_made_is_one_line(terminal: Terminal) -> None:
    (terminal.folder / "file").write_text("")
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder}/file/below/x.db")
    ended = terminal("brief")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "Not a directory" in ended.err


def test_postgresql_that_is_away_is_one_line_without_password(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    terminal.set(DATABASE_URL=f"postgresql://diem:geheim@127.0.0.1:{port}/tin")
    ended = terminal("brief")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert f"postgresql://diem:***@127.0.0.1:{port}/tin" in ended.err
    assert "refused" in ended.err
    assert "geheim" not in ended.err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("SELECT geheim", {}, sqlite3.OperationalError("database is locked")), "holds it locked"),
        (OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")), "the disk is full"),
        (SQLAlchemyError("one line\nanother"), "the database: one line"),
        (DatabaseError("sqlite:///x: no"), "sqlite:///x: no"),
        (CommandError("Can't locate revision"), "unexpected CommandError"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied", "/srv/a"), "/srv/a: Permission denied"),
        (FileNotFoundError("no saved feeds"), "no saved feeds"),
        (ExceptionGroup("several", [ValueError("inner")]), "unexpected ValueError: inner"),
        (ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe"), "/bot***"),
        (MemoryError(), "unexpected MemoryError"),
    ],
)
def test_errors_in_words(error: Exception, said: str) -> None:
    words = explain(error)
    assert said in words
    assert "\n" not in words
    assert "SELECT" not in words
    assert TOKEN not in words


def test_not_utf_8_is_said() -> None:
    with pytest.raises(UnicodeDecodeError) as raised:
        b"\xff".decode()
    assert explain(raised.value).startswith("not UTF-8 text")


def test_trace_is_for_developers_and_masked(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("broken")
    def broken() -> None:
        raise RuntimeError(f"bot{TOKEN}")

    monkeypatch.setattr(bot.cli, "commands", broken)
    ended = terminal()
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "LOG_LEVEL=debug" in ended.err
    assert TOKEN not in ended.err
    assert TOKEN not in trace(RuntimeError(f"bot{TOKEN}"))


def test_ctrl_c_is_no_trace(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("slow")
    def slow() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bot.cli, "commands", slow)
    ended = terminal()
    assert (ended.code, ended.out, ended.err) == (1, "", "Stopped.\n")


# Streams: a process of its own each


def test_light_commands_do_not_load_telegram() -> None:
    code = (
        "import sys, bot.cli.analyse; assert 'sqlalchemy' not in sys.modules;"
        "import bot.cli.directive; sys.exit('telegram' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_reader_that_has_had_enough_is_no_error(terminal: Terminal) -> None:
    with terminal.start("analyse") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b'{"id": 1}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"id": 1,')
        process.stdout.close()
        process.stdin.write(b'{"id": 2}\n' * 3)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(120) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk_is_one_line(terminal: Terminal) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, str(ROOT / "bot.py"), "directive", "--batch"],
            input=b'{"id": 1, "query": "09-CT/TW"}\n', stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert (process.returncode, process.stderr) == (1, b"Error: No space left on device\n")


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_vietnamese_under_any_locale(terminal: Terminal, locale: str) -> None:
    plain = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    with terminal.start("directive", "nghị quyết 08 tỉnh ủy Bến Tre", environment=plain) as process:
        out, err = process.communicate(timeout=120)
    assert "08-NQ/TU (Bến Tre)" in out.decode()
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_run_that_waits_for_telegram_can_be_stopped(terminal: Terminal, name: signal.Signals) -> None:
    terminal.set(TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=f"http://127.0.0.1:{free_port()}")
    with terminal.start("run") as process:
        assert process.stderr
        guard = threading.Timer(120, process.kill)
        guard.start()
        assert b"cannot be reached" in process.stderr.readline()
        process.send_signal(name)
        rest = process.stderr.read().decode()
        guard.cancel()
        assert process.wait(120) == 0
    assert "Traceback" not in rest, rest
    assert "Unclosed" not in rest
    assert TOKEN not in rest


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_poller_ends_with_0(terminal: Terminal, name: signal.Signals) -> None:
    sources = terminal.folder / "sources.toml"
    sources.write_text('[[source]]\nurl = "http://127.0.0.1/rss"\noutlet = "Thử"\n', "utf-8")
    terminal.set(SOURCES_FILE=str(sources))
    with terminal.start("run", "--only", "poll") as process:
        assert process.stderr
        guard = threading.Timer(120, process.kill)
        guard.start()
        while b"ready" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(name)
        rest = process.stderr.read().decode()
        guard.cancel()
        assert process.wait(120) == 0
    assert "Traceback" not in rest, rest


def test_run_without_token_says_where_to_get_one(terminal: Terminal) -> None:
    ended = terminal("run", "--only", "serve")
    assert ended.code == 1
    assert ended.err == (
        "Error: TELEGRAM_TOKEN is not set. Get a token from @BotFather and put it into .env (see README.md).\n"
    )


def test_demo_prints_its_real_address_and_ends_with_0(terminal: Terminal) -> None:
    with terminal.start("demo", "--no-browser", "--port", "0") as process:
        assert process.stdout
        assert process.stderr
        guard = threading.Timer(120, process.kill)
        guard.start()
        address = process.stdout.readline().decode().split()[-1]
        port = int(address.rstrip("/").rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        guard.cancel()
        assert process.wait(120) == 0


def test_taken_port_is_one_line(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = terminal("demo", "--no-browser", "--port", str(port))
    assert (ended.code, ended.err) == (1, f"Error: port {port} is taken; --port 0 takes a free one\n")


@pytest.mark.parametrize(
    ("started", "said"),
    [
        ([".venv/bin/python", "bot.py", "doctor"], ".venv/bin/python bot.py migrate"),
        (["/opt/x/bin/python", "-I", "/opt/a b/bot.py", "doctor"], "/opt/x/bin/python '/opt/a b/bot.py' migrate"),
        (["/opt/x/bin/python", "/opt/x/bin/diem-tin", "doctor"], "/opt/x/bin/diem-tin migrate"),
    ],
)
def test_a_command_that_is_advised_can_be_copied(
    monkeypatch: pytest.MonkeyPatch, started: list[str], said: str
) -> None:
    monkeypatch.setattr("sys.orig_argv", started)
    monkeypatch.setattr("sys.argv", started[-2:])
    assert typed("migrate") == said


def test_a_wrong_token_is_answered_with_what_one_looks_like(terminal: Terminal) -> None:
    terminal.set(TELEGRAM_TOKEN="rubbish-of-mine")
    ended = terminal("run")
    assert ended.code == 1
    assert "write it like 123456789:<35 letters" in ended.err, "secrets are masked, and so would one in full be"
    assert "rubbish-of-mine" not in ended.err
