"""feeds and poll, against outlets on a loopback server."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsroom import POLICY, ROBBERY
from terminal import Terminal

FEED = f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Báo Thử</title>
<item><title>{POLICY[0]}</title><link>http://HOST/a.html</link><guid>a</guid>
<pubDate>Sat, 21 Nov 2026 10:00:00 +0700</pubDate><description>{POLICY[1]}</description></item>
<item><title>{ROBBERY[0]}</title><link>http://HOST/b.html</link><guid>b</guid>
<description>{ROBBERY[1]}</description></item></channel></rss>"""
PAGES = {"/rss.xml": ("application/rss+xml", FEED), "/page.html": ("text/html", "<html><p>Không phải feed</p></html>")}


class _Outlet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = PAGES.get(self.path, ("text/plain", ""))
        data = body.replace("HOST", self.headers["Host"]).encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _outlet() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Outlet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def host(terminal: Terminal) -> Iterator[str]:
    """host:port of an outlet that may be read; nothing else is followed."""
    with _outlet() as host:
        terminal.set(FETCH_ALLOW_PRIVATE=host, SOURCES_FILE=str(terminal.folder / "sources.toml"))
        _follow(terminal)
        yield host


def _follow(terminal: Terminal, *addresses: str) -> None:
    """Writes the sources file; a source that is switched off keeps it from being empty."""
    rows = "".join(f'[[source]]\nurl = "{address}"\noutlet = "Báo {n}"\n' for n, address in enumerate(addresses, 1))
    off = '[[source]]\nurl = "https://off.vn/rss"\noutlet = "Tắt"\nenabled = false\n'
    (terminal.folder / "sources.toml").write_text(off + rows, "utf-8")


def test_add_list_remove(terminal: Terminal, host: str) -> None:
    url = f"http://{host}/rss.xml"
    added = terminal("feeds", "add", url, "--level", "province", "--province", "ben tre")
    assert (added.code, added.out, added.err) == (0, "Following Báo Thử: 2 entries\n", "")
    assert terminal("feeds", "add", url).out == "Already following Báo Thử: 2 entries\n"
    listed = terminal("feeds", "list").out
    assert "1 feeds" in listed
    (row,) = [line for line in listed.splitlines() if url in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "Báo Thử", "province", "Vĩnh Long", "-", "0", url
    ]  # fmt: skip
    assert terminal("feeds", "remove", url).out == f"No longer following {url}\n"
    gone = terminal("feeds", "remove", url)
    assert (gone.code, gone.err) == (1, f"Error: {url} is not followed\n")
    assert url not in terminal("feeds", "list").out


@pytest.mark.parametrize("command", ["add", "check"])
def test_an_address_that_is_no_feed_is_refused(terminal: Terminal, host: str, command: str) -> None:
    for url, said in (
        (f"http://{host}/page.html", "a web page, not a feed"),
        (f"http://{host}/none.xml", "HTTP 404"),
        ("bao.vn/rss", "is not an http or https address"),
        ("ftp://bao.vn/rss", "is not an http or https address"),
        ("http://reader:geheim@bao.vn/rss", "is not an http or https address"),
    ):
        ended = terminal("feeds", command, url)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert said in ended.err
        assert "geheim" not in ended.err
    assert "0 feeds" in terminal("feeds", "list").out


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_private_addresses_are_refused_with_the_way_out(terminal: Terminal, name: str) -> None:
    ended = terminal("feeds", "add", f"http://{name}:8080/rss")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "not on the public internet" in ended.err
    assert f"FETCH_ALLOW_PRIVATE={name.strip('[]')}:8080" in ended.err


def test_check_says_what_would_be_kept_and_why(terminal: Terminal, host: str) -> None:
    ended = terminal("feeds", "check", f"http://{host}/rss.xml")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "Báo Thử: 2 entries, 0 skipped"
    assert lines[1].startswith("  kept ")
    assert f"21/11/2026 10:00  {POLICY[0]}" in lines[1]
    assert "mass_movement: " in lines[2]
    assert lines[3].startswith("  left out ")
    assert f"no date  {ROBBERY[0]}" in lines[3]
    assert "0 feeds" in terminal("feeds", "list").out


def test_opml_goes_out_and_comes_back(terminal: Terminal, host: str) -> None:
    _follow(terminal, f"http://{host}/rss.xml", "https://hai.vn/rss?a=1&b=2")
    exported = terminal("feeds", "export")
    assert (exported.code, exported.err) == (0, "")
    (terminal.folder / "feeds.opml").write_text(exported.out, "utf-8")
    _follow(terminal)
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder / 'other.db'}")
    first, again = terminal("feeds", "import", "feeds.opml"), terminal("feeds", "import", "feeds.opml")
    assert first.out == "2 feeds added, 0 were followed already\n"
    assert again.out == "0 feeds added, 2 were followed already\n"
    assert terminal("feeds", "export").out == exported.out


def test_import_of_what_is_no_opml_is_named(terminal: Terminal, host: str) -> None:
    (terminal.folder / "a.opml").write_text("<rss/>", "utf-8")
    ended = terminal("feeds", "import", "a.opml")
    assert (ended.code, ended.err) == (1, "Error: a.opml: not an OPML file: its root is <rss>\n")


# poll


def test_poll_reads_what_is_due_and_sums_up(terminal: Terminal, host: str) -> None:
    _follow(terminal, f"http://{host}/rss.xml", f"http://{host}/none.xml")
    ended = terminal("poll")
    assert (ended.code, ended.err) == (0, "")  # no progress bar where nobody watches
    head, row = (line for line in ended.out.splitlines() if line[0] in "┃│")
    counts = dict(zip(_cells(head), _cells(row), strict=True))
    assert (counts["feeds read"], counts["failed"], counts["new articles"]) == ("2", "1", "2")
    assert counts["security policy"] == "1"
    assert "Báo 2: " in ended.out
    assert "HTTP 404" in ended.out or "http_404" in ended.out
    assert POLICY[0] in terminal("brief", "--hours", "200000").out
    assert "None of 2 feeds is due" in terminal("poll").out
    again = terminal("poll", "--all")
    assert again.code == 0
    assert " 2 " in again.out


def test_poll_where_all_feeds_fail_is_exit_code_1(terminal: Terminal, host: str) -> None:
    _follow(terminal, f"http://{host}/none.xml", "http://127.0.0.1:1/rss")
    ended = terminal("poll")
    assert (ended.code, ended.err) == (1, "Error: no feed could be read\n")
    assert "Báo 1: " in ended.out
    assert "Báo 2: " in ended.out


def test_poll_without_feeds_says_so(terminal: Terminal, host: str) -> None:
    ended = terminal("poll")
    assert ended.code == 0
    assert "No feed is followed." in ended.out


@pytest.mark.parametrize("content", ["rubbish", "", "[[source]]\nurl = 'x'\noutlet = 'y'\n", None])
@pytest.mark.parametrize("command", ["poll", "feeds list", "run --only poll"])
def test_broken_sources_file_is_named(terminal: Terminal, command: str, content: str | None) -> None:
    path = terminal.folder / "mine.toml"
    if content is not None:
        path.write_text(content, "utf-8")
    terminal.set(SOURCES_FILE=str(path))
    ended = terminal(*command.split())
    assert (ended.code, ended.out) == (1, "")
    assert str(path) in ended.err
    assert ended.err.count("Error: ") == 1


def test_stopped_poll_is_no_trace(terminal: Terminal, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: object, **__: object) -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.polling.update_feeds", interrupted)
    ended = terminal("poll")
    assert (ended.code, ended.out, ended.err) == (1, "", "Stopped.\n")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.replace("┃", "│").strip("│").split("│")]
