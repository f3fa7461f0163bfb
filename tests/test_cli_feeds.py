"""feeds and poll, against outlets on a loopback server."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feeds.dates import VIETNAM
from newsroom import POLICY, ROBBERY
from terminal import Terminal

# The commands have the real clock, and what is old is no news.
TODAY = datetime.now(VIETNAM)
YESTERDAY = TODAY - timedelta(days=1)
FEED = f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Báo Thử</title>
<item><title>{POLICY[0]}</title><link>http://HOST/a.html</link><guid>a</guid>
<pubDate>{YESTERDAY:%d %b %Y} 10:00:00 +0700</pubDate><description>{POLICY[1]}</description></item>
<item><title>{ROBBERY[0]}</title><link>http://HOST/b.html</link><guid>b</guid>
<description>{ROBBERY[1]}</description></item></channel></rss>"""
SITE = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head></html>'
SECTIONS = '<html><a href="/rss/mot.rss">Một</a><a href="/rss/hai.rss">Hai</a></html>'
LISTING = f"""<html><head><title>Tin của Bộ</title></head><body>
<div class="tin"><h3><a href="/bai/a-1234567.html">{POLICY[0]}</a></h3><p>{POLICY[1]}</p>
<i>{TODAY:%d/%m/%Y}</i></div>
<div class="tin"><h3><a href="/bai/b-1234568.html">{ROBBERY[0]}</a></h3><i class="date">hôm 2</i></div></body></html>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://HOST/c-1234569.html</loc>
<lastmod>2026-11-20T10:00:00+07:00</lastmod></url></urlset>"""
PAGES = {
    "/rss.xml": ("application/rss+xml", FEED),
    "/page.html": ("text/html", "<html><p>Không phải feed</p></html>"),
    "/cookie.xml": ("application/rss+xml", FEED),
    "/site.html": ("text/html", SITE),
    "/sections.html": ("text/html", SECTIONS),
    "/rss/mot.rss": ("application/rss+xml", FEED),
    "/rss/hai.rss": ("application/rss+xml", FEED.replace("Báo Thử", "Báo Hai")),
    "/tin": ("text/html", LISTING),
    "/sitemap.xml": ("application/xml", SITEMAP),
    "/cam/sitemap.xml": ("application/xml", SITEMAP),
    "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /cam/\n"),
}


class _Outlet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/cookie.xml" and self.headers["Cookie"] != "khach=1":  # as www.qdnd.vn answers (Q31)
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        kind, body = PAGES.get(self.path.partition("?")[0], ("text/plain", ""))
        data = body.replace("HOST", self.headers["Host"]).encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if self.path == "/page.html":
            self.send_header("Set-Cookie", "khach=1; Path=/")
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
    assert "\n1 feed\n" in listed
    (row,) = [line for line in listed.splitlines() if url in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "Báo Thử", "province", "Vĩnh Long", "feed", "not read yet", "-", url
    ]  # fmt: skip
    assert terminal("feeds", "remove", url).out == f"No longer following {url}\n"
    gone = terminal("feeds", "remove", url)
    assert (gone.code, gone.err) == (1, f"Error: {url} is not followed\n")
    assert url not in terminal("feeds", "list").out


@pytest.mark.parametrize("command", ["add", "check"])
def test_an_address_that_is_no_feed_is_refused(
    terminal: Terminal, host: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PAGES, "/rss.xml")  # else it is found
    for url, said in (
        (f"http://{host}/page.html", "a web page, not a feed"),
        (f"http://{host}/none.xml", "HTTP 404"),
        ("", "Error: no address given\n"),
        ("bao", "bao: not an http or https address"),
        ("ftp://bao.vn/rss", "ftp addresses are not read, only http and https"),
        ("http://reader:geheim@bao.vn/rss", "addresses with user and password are not read"),
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
    bare = terminal("feeds", "add", f"{name}:8080/rss")
    assert (bare.code, bare.err) == (1, ended.err.replace("http://", "https://"))


@pytest.mark.parametrize("name", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "100.100.100.200"])
def test_no_way_is_shown_to_the_metadata_of_a_cloud(terminal: Terminal, name: str) -> None:
    ended = terminal("feeds", "add", f"http://{name}/latest")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "not on the public internet" in ended.err
    assert "FETCH_ALLOW_PRIVATE" not in ended.err


def test_an_address_is_named_once(terminal: Terminal, host: str) -> None:
    url = f"http://{host}/none.xml"
    assert terminal("feeds", "check", url).err == f"Error: {url}: HTTP 404\n"


def test_a_bare_address_is_asked_by_https_then_by_http(terminal: Terminal, host: str) -> None:
    assert terminal("feeds", "check", f"{host}/rss.xml").out.startswith("Báo Thử: 2 entries")
    added = terminal("feeds", "add", f"{host}/rss.xml")
    assert (added.code, added.out) == (0, f"Following Báo Thử at http://{host}/rss.xml: 2 entries\n")
    options = ("--kind", "listing", "--selector", ".tin a")
    assert terminal("feeds", "add", f"{host}/tin", *options).code == 0
    listed = terminal("feeds", "list").out
    assert f" http://{host}/rss.xml " in listed
    assert f" http://{host}/tin " in listed
    assert terminal("feeds", "check", f"{host}/tin").out.startswith("Tin của Bộ: not read yet")
    for command, done in (("pause", "Paused"), ("resume", "Resumed"), ("remove", "No longer following")):
        assert terminal("feeds", command, f"{host}/rss.xml").out == f"{done} http://{host}/rss.xml\n"


def test_a_sitemap_and_a_site_without_feeds_say_what_else_there_is(
    terminal: Terminal, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("add", "check"):
        ended = terminal("feeds", command, f"http://{host}/sitemap.xml")
        assert ended.err == f"Error: http://{host}/sitemap.xml: a sitemap, not a feed; --kind sitemap reads it\n"
    monkeypatch.delitem(PAGES, "/rss.xml")
    assert "--kind listing --selector" in terminal("feeds", "add", f"http://{host}/page.html").err


def test_wrong_usage_is_said_before_anything_else(terminal: Terminal, host: str) -> None:
    _follow(terminal, f'http://{host}/tin"\nkind = "listing"\nselector = ".tin a')
    terminal("poll")
    ended = terminal("feeds", "check", f"http://{host}/tin", "--selector", "a[")
    assert (ended.code, ended.out) == (2, "")


def test_check_says_what_would_be_kept_and_why(terminal: Terminal, host: str) -> None:
    ended = terminal("feeds", "check", f"http://{host}/rss.xml")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "Báo Thử: 2 entries, 0 skipped"
    assert lines[1].startswith("  kept ")
    assert f"{YESTERDAY:%d/%m/%Y} 10:00  {POLICY[0]}" in lines[1]
    assert "mass_movement: " in lines[2]
    assert lines[3] == f"    identity {host}/a.html"
    assert lines[4].startswith("  left out ")
    assert f"no date  {ROBBERY[0]}" in lines[4]
    assert "0 feeds" in terminal("feeds", "list").out


def test_check_of_a_known_feed_says_how_it_is_doing_and_what_was_seen(terminal: Terminal, host: str) -> None:
    _follow(terminal, f"http://{host}/rss.xml", f"http://{host}/none.xml")
    terminal("poll")
    lines = terminal("feeds", "check", f"http://{host}/rss.xml").out.splitlines()
    assert lines[0] == "Báo 1: ok"
    assert lines[1].startswith("  last read ")
    assert ", next " in lines[1]
    seen = [line for line in lines if line.startswith("  seen already  ")]
    assert len(seen) == 2
    assert lines[lines.index(seen[0]) + 1].startswith("    kept: score ")
    assert lines[lines.index(seen[1]) + 1].startswith("    left out: score ")
    failed = terminal("feeds", "check", f"http://{host}/none.xml")
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    assert "Báo 2: failed 1 times: http_404\n" in failed.out
    assert "  failed 1 times in a row: http_404: HTTP 404" in failed.out
    listed = terminal("feeds", "list").out
    assert " ok " in listed
    assert "failed 1 times: http_404" in listed


def test_check_reads_listings_and_sitemaps(terminal: Terminal, host: str) -> None:
    listing = terminal("feeds", "check", f"http://{host}/tin", "--kind", "listing", "--selector", "div.tin")
    assert (listing.code, listing.err) == (0, "")
    lines = listing.out.splitlines()
    assert lines[0] == "Tin của Bộ: 2 entries, 0 skipped"
    assert lines[1].startswith("  kept ")
    assert f"{TODAY:%d/%m/%Y} 00:00  {POLICY[0]}" in lines[1]
    assert f"no date ('hôm 2')  {ROBBERY[0]}" in lines[4]
    assert lines[5] == f"    identity {host}#1234568"
    sitemap = terminal("feeds", "check", f"http://{host}/sitemap.xml", "--kind", "sitemap")
    assert "  read by its page  20/11/2026 10:00" in sitemap.out
    assert f"http://{host}/c-1234569.html\n" in sitemap.out


def test_check_reads_what_the_sources_file_says(terminal: Terminal, host: str) -> None:
    _follow(terminal, f'http://{host}/tin"\nkind = "listing"\nselector = ".tin a')
    assert "Tin của Bộ: 2 entries" in terminal("feeds", "check", f"http://{host}/tin").out


def test_check_says_that_an_entry_is_too_old_for_a_digest(
    terminal: Terminal, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FEED.replace(f"{YESTERDAY:%d %b %Y}", "21 Nov 2020")
    monkeypatch.setitem(PAGES, "/rss.xml", ("application/rss+xml", old))
    assert "21/11/2020 10:00 (too old for a digest)" in terminal("feeds", "check", f"http://{host}/rss.xml").out


def test_add_finds_the_feed_of_a_site(terminal: Terminal, host: str) -> None:
    added = terminal("feeds", "add", f"http://{host}/site.html")
    assert (added.code, added.out, added.err) == (0, f"Following Báo Thử at http://{host}/rss.xml: 2 entries\n", "")
    assert f"http://{host}/rss.xml" in terminal("feeds", "list").out


def test_add_lists_several_feeds_to_choose_from(terminal: Terminal, host: str) -> None:
    ended = terminal("feeds", "add", f"http://{host}/sections.html")
    assert (ended.code, ended.err) == (1, "Error: 2 feeds found; add one by its address\n")
    assert ended.out == f"http://{host}/rss/mot.rss  Báo Thử\nhttp://{host}/rss/hai.rss  Báo Hai\n"
    assert "0 feeds" in terminal("feeds", "list").out


def test_add_a_listing_and_a_sitemap(terminal: Terminal, host: str) -> None:
    listing = terminal("feeds", "add", f"http://{host}/tin", "--kind", "listing", "--selector", ".tin a")
    assert listing.out == "Following Tin của Bộ: 2 entries\n"
    sitemap = terminal("feeds", "add", f"http://{host}/sitemap.xml", "--kind", "sitemap", "--outlet", "Bộ")
    assert sitemap.out == "Following Bộ: 1 entries\n"
    listed = terminal("feeds", "list").out
    assert " listing " in listed
    assert " sitemap " in listed
    assert "Tin của Bộ: 2 entries" in terminal("feeds", "check", f"http://{host}/tin").out


def test_add_a_feed_that_wants_a_cookie(terminal: Terminal, host: str) -> None:
    url, visit = f"http://{host}/cookie.xml", f"http://{host}/page.html"
    without = terminal("feeds", "add", url)
    assert (without.code, without.out) == (1, "")
    assert "redirects" in without.err
    assert terminal("feeds", "add", url, "--visit", visit).out == "Following Báo Thử: 2 entries\n"
    assert " 2 " in terminal("poll").out
    assert terminal("feeds", "check", url).out.startswith("Báo Thử: ok\n")
    assert f'visit="{visit}"' in terminal("feeds", "export").out


@pytest.mark.parametrize("command", ["add", "check"])
@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("/cam/sitemap.xml", ("--kind", "sitemap"), "robots.txt does not let us ask"),
        ("/tin", ("--kind", "listing", "--selector", "article"), "the selector article picks nothing"),
        ("/tin", ("--kind", "sitemap"), "a web page, not a sitemap"),
        ("/none", ("--kind", "sitemap"), "HTTP 404"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    terminal: Terminal, host: str, command: str, path: str, options: tuple[str, ...], said: str
) -> None:
    ended = terminal("feeds", command, f"http://{host}{path}", *options)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert said in ended.err
    assert "0 feeds" in terminal("feeds", "list").out


def test_what_may_be_a_key_is_not_shown(terminal: Terminal, host: str) -> None:
    url, other = f"http://{host}/rss.xml?khoa=bi-mat", f"http://{host}/none.xml?khoa=bi-mat"
    _follow(terminal, url, other)
    shown = f"http://{host}/rss.xml?…"
    runs = [
        terminal("poll"),
        terminal("feeds", "list"),
        terminal("feeds", "check", url),
        terminal("feeds", "check", other),
    ]
    runs += [terminal("feeds", "add", url), terminal("feeds", "add", f"{other}&x=1")]
    runs += [terminal("feeds", command, url) for command in ("pause", "resume", "resume")]
    assert shown in runs[1].out
    assert [run.out for run in runs[-3:-1]] == [f"Paused {shown}\n", f"Resumed {shown}\n"]
    runs += [terminal("feeds", "remove", shown), terminal("feeds", "remove", url)]
    assert (runs[-2].out, runs[-1].err) == (f"No longer following {shown}\n", f"Error: {shown} is not followed\n")
    assert not [run for run in runs if "bi-mat" in run.out + run.err]


def test_pause_and_resume(terminal: Terminal, host: str) -> None:
    url = f"http://{host}/rss.xml"
    _follow(terminal, url)
    assert terminal("feeds", "pause", url).out == f"Paused {url}\n"
    assert " paused " in terminal("feeds", "list").out
    assert "Báo 1: paused\n" in terminal("feeds", "check", url).out
    assert "is due" in terminal("poll").out
    assert terminal("feeds", "resume", url).out == f"Resumed {url}\n"
    assert " 2 " in terminal("poll").out
    for command, done in (("resume", "not paused"), ("pause", "paused already")):
        if command == "pause":
            terminal("feeds", command, url)
        ended = terminal("feeds", command, url)
        assert (ended.code, ended.out, ended.err) == (0, f"{url} is {done}\n", "")
        ended = terminal("feeds", command, f"{url}x")
        assert (ended.code, ended.out, ended.err) == (1, "", f"Error: {url}x is not followed\n")


def test_a_province_that_is_none_is_told_the_nearest(terminal: Terminal) -> None:
    for typed, said in (("Hà Nôii", "Hà Nôii is no province: Hà Nội?"), ("xyzw", "xyzw is no province\n")):
        ended = terminal("feeds", "add", "bao.vn", "--province", typed)
        assert ended.code == 2
        assert said in ended.err


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


def test_import_says_what_it_left_out(terminal: Terminal, host: str) -> None:
    bad = '<outline xmlUrl="https://a.vn/tin" kind="listing" selector="a["/>'
    text = f'<opml><body>{bad}<outline xmlUrl="https://a.vn/rss"/></body></opml>'
    (terminal.folder / "a.opml").write_text(text, "utf-8")
    said = "1 feed added, 0 were followed already\n1 left out: kind, selector or visit cannot be used\n"
    assert terminal("feeds", "import", "a.opml").out == said


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


def test_poll_says_how_far_it_is_where_no_bar_is_seen(
    terminal: Terminal, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.polling.EVERY", 0.0)
    _follow(terminal, f"http://{host}/rss.xml", f"http://{host}/none.xml")
    told = terminal("poll").err.splitlines()
    assert told == [
        "feeds 1/2",
        "feeds 2/2",
        "feeds 2/2, 2 new; pages 0 read, 1 left",
        "feeds 2/2, 2 new; pages 0 read, 0 left",
    ]


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
