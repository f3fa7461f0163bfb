"""Feeds, real and hostile, into entries."""

import json
import os
import re
import signal
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import WORKER
from feeds.entries import MAX_ENTRIES, MAX_SUMMARY, MAX_TITLE, RawEntry, feed_of, link_of
from feeds.markup import cut_glued_headlines, decode, html_to_text
from feeds.parse import MAX_BROKEN_BYTES, MAX_BYTES, MAX_TAGS, SMALL, ParseError, parse_feed, read_feed
from feeds.scan import MAX_DEPTH

FEEDS = Path(__file__).parent / "data" / "feeds"
REAL = Path(__file__).parents[1].parent / "shared" / "feeds" / "real"
URL = "https://bao.example/rss/home.rss"


def rss(*items: str, declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{declaration}<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'


def item(title: str = "Tin", link: str = "https://bao.example/1", extra: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{extra}</item>"


def titles(body: str | bytes, content_type: str | None = None) -> list[str]:
    body = body.encode() if isinstance(body, str) else body
    return [entry.title for entry in parse_feed(body, url=URL, content_type=content_type).entries]


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.xml")), ids=lambda path: path.stem)
def test_feed_as_expected(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    feed = parse_feed(path.read_bytes(), url=URL)
    assert feed.title == expected["title"]
    assert list(feed.skipped) == expected["skipped"]
    assert len(feed.entries) == len(expected["entry"])
    for entry, wanted in zip(feed.entries, expected["entry"], strict=True):
        assert (entry.title, entry.url, entry.summary) == (wanted["title"], wanted.get("url"), wanted["summary"])
        assert entry.published == wanted.get("published")
        assert entry.content == wanted.get("content", "")
        if "guid" in wanted:
            assert entry.guid == wanted["guid"]


@pytest.mark.skipif(not REAL.exists(), reason="the saved real feeds are kept outside the repository")
def test_every_item_of_the_saved_real_feeds_has_its_date() -> None:
    paths = [path for folder in sorted(REAL.glob("**/")) for path in sorted(folder.glob("*.xml"))[:2]]
    assert paths
    entries = [entry for path in paths for entry in parse_feed(path.read_bytes(), url=URL).entries]
    assert [entry.published_raw for entry in entries if not entry.published] == []
    assert not [entry.summary for entry in entries if "<" in entry.summary and "href" in entry.summary]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<!DOCTYPE html><html><head><title>404</title></head></html>", "html"),
        (b'<html><script>document.cookie="D1N=5";window.location.reload(true);</script></html>', "challenge"),
        (b"<html><title>Just a moment...</title></html>", "challenge"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_a_feed"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "not_a_feed"),
        (b'{"version": "1.0"}', "not_a_feed"),
        (b"plain words", "not_a_feed"),
        (b'<!DOCTYPE rss [<!ENTITY a "x">]><rss version="2.0"><channel/></rss>', "too_complex"),
        (b"<rss>" + b" " * MAX_BYTES, "too_large"),
        (
            b'<rss version="2.0"><channel><item>' + b"<a>" * 1000 + b"</a>" * 1000 + b"</item></channel></rss>",
            "too_complex",
        ),
        (rss("<item " + " ".join(f'a{n}="1"' for n in range(1000)) + "/>").encode(), "too_complex"),
        (rss("<item " + " ".join(f"a{n}=1" for n in range(1000)) + "/>").encode(), "too_complex"),
        (b"<rss><channel>&bad" + b"x" * MAX_BROKEN_BYTES, "too_large"),
        (b"<rss><channel>&bad" + b"<x/>" * (MAX_TAGS + 1), "too_complex"),
    ],
)
def test_what_is_no_feed(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_feed(body, url=URL)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A&#xD800;B&#56832;", "A\ufffdB\ufffd"),
        ("A&#x110000;B&#99999999999999999999;", "A\ufffdB\ufffd"),
        ("A&#1;B\x01C\x00D\ufffe", "A BCD"),
        ("Viết &amp;amp; Đọc", "Viết & Đọc"),
        ("Ng&amp;ocirc;i sao", "Ngôi sao"),
        ("Tăng &lt; 5% và &gt; 3%", "Tăng < 5% và > 3%"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Tin", "alert(1)Tin"),
        ("Chi\u0309 thi\u0323 \u200bsố\u00a009", "Chỉ thị số 09"),
        ("<![CDATA[A ]]]]><![CDATA[> B]]>", "A ]]> B"),
        ("Viết & Đọc", "Viết & Đọc"),
        ("Tin&nbsp;n&oacute;ng", "Tin nóng"),
    ],
)
def test_titles(title: str, shown: str) -> None:
    assert titles(rss(item(title))) == [shown]


VI = "Chỉ thị số 09-CT/TW về bảo vệ an ninh Tổ quốc"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rss(item(VI)).encode(), "text/xml; charset=iso-8859-1"),
        (rss(item(VI), declaration='<?xml version="1.0" encoding="windows-1258"?>').encode(), None),
        (rss(item(VI), declaration='<?xml version="1.0" encoding="utf-16"?>').encode(), "text/xml"),
        (b"\xef\xbb\xbf" + rss(item(VI)).encode(), None),
        (rss(item(VI)).encode("utf-16"), "text/xml"),
        (rss(item(VI)).encode("utf-16-le"), None),
        (rss(item(VI)).encode("utf-16-be"), None),
        (rss(item(VI)).encode("utf-32"), None),
        (rss(item(VI)).encode("utf-32-be"), None),
        (b"\r\n\r\n" + rss(item(VI)).encode(), None),
        (b"<br />\n<b>Warning</b>: x in <b>/var/www/rss.php</b><br />\n" + rss(item(VI)).encode(), "text/html"),
    ],
)
def test_character_sets(body: bytes, content_type: str | None) -> None:
    assert titles(body, content_type) == [VI]


def test_legacy_character_sets() -> None:
    declaration = '<?xml version="1.0" encoding="windows-1258"?>'
    decomposed = rss(item("Chi\u0309 thi\u0323 Đa\u0309ng"), declaration=declaration)
    assert titles(decomposed.encode("cp1258")) == ["Chỉ thị Đảng"]
    assert decode(b"An ninh \xc3\x28\xff", "text/xml; charset=base64") == "An ninh \ufffd(\ufffd"
    assert decode(b"caf\xe9", "text/html; charset=latin-1") == "café"


def test_too_many_entries_are_counted() -> None:
    feed = parse_feed(rss(*(item(f"Tin {n}") for n in range(MAX_ENTRIES + 5))).encode(), url=URL)
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.skipped == (f"more than the first {MAX_ENTRIES} entries",) * 5


def test_long_fields_are_cut() -> None:
    long = rss(item("A" * 2_000_000, extra=f"<description>{'Nội dung ' * 100_000}</description>"))
    entry = parse_feed(long.encode(), url=URL).entries[0]
    assert len(entry.title) <= MAX_TITLE
    assert len(entry.summary) <= MAX_SUMMARY


@pytest.mark.parametrize("times", [1, 200_000])
def test_a_feed_named_in_a_comment_of_the_prolog(times: int) -> None:
    comments = "<!-- <rss> --><!-- > -->" * times
    assert titles(f"<!DOCTYPE rss>{comments}{rss(item(), declaration='')}") == ["Tin"]
    assert titles(f"<!DOCTYPE rss>{comments}<!--{rss(item(), declaration='')}") == ["Tin"], "a comment without an end"


JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Báo", "items": [
    {"id": 7, "url": "/tin-7", "title": " Một ", "content_html": "<p>Hai</p>", "date_published": "2026-10-05T04:00Z"},
    {"id": "8", "external_url": "https://bao.example/8", "summary": "Ba", "content_text": "Bốn năm", "title": null},
    "không phải tin"
]}"""


def test_a_json_feed() -> None:
    feed = parse_feed(JSON_FEED.encode(), url=URL, content_type="application/feed+json")
    assert feed.title == "Báo"
    assert [(e.guid, e.url, e.title, e.summary, e.content) for e in feed.entries] == [
        ("7", "https://bao.example/tin-7", "Một", "Hai", ""),
        ("8", "https://bao.example/8", "", "Ba", "Bốn năm"),
    ]
    assert feed.entries[0].published == datetime(2026, 10, 5, 4, tzinfo=UTC)
    many = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": n, "title": "A"} for n in range(MAX_ENTRIES + 1)],
    }
    feed = parse_feed(json.dumps(many).encode(), url=URL)
    assert (len(feed.entries), len(feed.skipped)) == (MAX_ENTRIES, 1)


def test_one_broken_entry_does_not_lose_a_json_feed() -> None:
    broken = {"id": "a\ud800b", "title": "Một\ud800 hai\0", "content_text": "Ba\0", "date_published": "\ud800"}
    body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [broken, {"id": "8", "title": "Bốn"}]})
    feed = parse_feed(f"\r\n {body}".encode(), url=URL)
    assert [(e.guid, e.title, e.summary) for e in feed.entries] == [("ab", "Một hai", "Ba"), ("8", "Bốn", "")]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"version": 1}',
        b'{"version": "https://jsonfeed.org/"' + b"}" * 9,
    ],
)
def test_json_that_is_no_feed(body: bytes) -> None:
    with pytest.raises(ParseError, match="no RSS or Atom feed"):
        parse_feed(body, url=URL)


BROKEN = rss(item(), "<item><title>Viết & Đọc</title>")  # for feedparser


@pytest.mark.parametrize("body", [rss(item()), rss(item(extra=f"<x>{'y' * SMALL}</x>")), BROKEN, JSON_FEED])
async def test_reading_in_the_background_gives_the_same(body: str) -> None:
    raw = await read_feed(body.encode(), content_type=None, worker=WORKER)
    assert feed_of(raw, URL) == parse_feed(body.encode(), url=URL)


async def test_a_reason_comes_back_from_the_other_process() -> None:
    deep = "<rss><channel>" + "<a>" * (MAX_DEPTH + 1)
    with pytest.raises(ParseError, match="deeper") as caught:
        await read_feed(deep.encode(), content_type=None, worker=WORKER)
    assert caught.value.reason == "too_complex"


# feedparser as it could fail: no feed is known that still makes it.
def die(text: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(text: str) -> None:
    time.sleep(60)


@pytest.mark.parametrize(("work", "seconds", "reason"), [(die, 60, "crashed"), (hang, 0.5, "too_complex")])
async def test_a_feed_that_kills_its_reader(
    work: Callable[[str], None], seconds: float, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("feeds.parse.read_slowly", work)
        patch.setattr("feeds.parse.SECONDS", seconds)
        with pytest.raises(ParseError) as caught:
            await read_feed(BROKEN.encode(), content_type=None, worker=WORKER)
    assert caught.value.reason == reason
    assert len((await read_feed(BROKEN.encode(), content_type=None, worker=WORKER)).entries) == 2


def test_the_digest_tells_an_edit() -> None:
    entry = RawEntry("1", "https://bao.example/1", "Tin", "Một", "Hai", "2026")
    same = replace(entry, guid="2", link="", published="")
    edits = [replace(entry, **{key: "Ba"}) for key in ("title", "summary", "content")]
    moved = replace(entry, title="TinMột", summary="")
    digests = {each.digest for each in (entry, *edits, moved)}
    assert same.digest == entry.digest
    assert len(digests) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", digest) for digest in digests)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (" https://bao.example/tin 1?a=1&amp;b=2 ", "https://bao.example/tin%201?a=1&b=2"),
        ("/tin-2", "https://bao.example/tin-2"),
        ("//m.bao.example/3", "https://m.bao.example/3"),
        ("HTTP://bao.example/4", "HTTP://bao.example/4"),
        ("", None),
        ("urn:uuid:1", None),
        ("javascript:alert(1)", None),
        ("http://[::1/", None),
        ("//[::1/", None),
        ("https://an:mat-khau@bao.example/", None),
    ],
)
def test_links(link: str, url: str | None) -> None:
    assert link_of(link, URL) == url


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "body",
    [
        rss(item(extra="".join(f"<category>c{n}</category>" for n in range(20_000)))),
        rss(item(extra="".join(f"<dc:subject><![CDATA[<{n}]]></dc:subject>" for n in range(20_000)))),
        rss(item(extra=f"<description><![CDATA[{'<div>' * 100_000}x]]></description>")),
        rss(item(extra=f"<description><![CDATA[<p {' '.join(f'a{n}=1' for n in range(40_000))}>x]]></description>")),
        rss(item(extra=f'<enclosure url="https://bao.example/{"a" * 2_000_000}" type="image/jpeg"/>')),
        rss(item(), "<category>" * 200_000),
        "<rss>" + "<!--" * 500_000,
        "<rss " * 100_000,
        rss(*[item()] * 100_000),
        rss(item(extra="".join(f"<x{n}/>" for n in range(300_000)))),
        rss(item(extra="<x/>" * 1_000_000)),
        rss(item(extra="<x/>" * 400_000 + "&")),
        rss(item(extra=f"<description><![CDATA[{'&#1' * 1_000_000}]]></description>")),
        rss(item(extra=f"<description>{'ba.Ba' * 60_000} 5</description>")),
    ],
)
def test_heavy_feeds_take_seconds_not_minutes(body: str) -> None:
    with suppress(ParseError):
        parse_feed(body.encode(), url=URL)


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("chỉ là chữ, 3 < 5 & 7", "chỉ là chữ, 3 < 5 & 7"),
        ("<p>Một.</p><p>Hai.</p>", "Một.\n\nHai."),
        ('<p>Theo <a href="/x">nguồn</a> tin.</p><p><a href="/y">Tin khác</a></p>', "Theo nguồn tin."),
        ('<a href="/x">Chỉ có liên kết</a>', "Chỉ có liên kết"),
        ("<p>Một<br/>Hai</p><script>x()</script><!-- y --><style>*{}</style>", "Một\n\nHai"),
        ("<p>Cắt giữa chừng <a href='https://bao", "Cắt giữa chừng"),
        ("Cắt <", "Cắt"),
        ("<figure><img src=x><figcaption>Ảnh</figcaption></figure>Lời", "Lời"),
        (" <a href='/x'><img src=y></a></br>Lời &amp; lẽ ", "Lời & lẽ"),
        ("<a href='/x'/><img src=y/></a><p>Lời</p>", "Lời"),
        ("<a href='/x'><img src=y></a>", ""),
        ("<ul><li>Điểm một</li><li>Điểm hai</li></ul>", "Điểm một\n\nĐiểm hai"),
        ("", ""),
    ],
)
def test_html_to_text(fragment: str, text: str) -> None:
    assert html_to_text(fragment) == text


def test_the_first_paragraph_of_a_full_text_is_its_lead() -> None:
    paragraphs = [
        "Đoạn mở đầu dài hơn một tiêu đề, nói ai làm gì, ở đâu và khi nào, theo báo.",
        *["Đoạn sau. " * 20] * 8,
    ]
    text = escape("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))
    declared = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    for name in ("description", "content:encoded"):
        body = rss(item(extra=f"<{name} {declared}>{text}</{name}>"))
        entry = parse_feed(body.encode(), url=URL).entries[0]
        assert entry.summary == paragraphs[0]
        assert entry.content.count("<p>") == len(paragraphs)


GLUED = "Bệnh nhân phải thở máy.Bộ Y tế yêu cầu làm theo Chỉ thị 09-CT/TW"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (GLUED, "Bệnh nhân phải thở máy."),
        ("Ông nói: “Đúng”.Nghị quyết 12/NQ-CP nói gì?Bộ Y tế họp", "Ông nói: “Đúng”."),
        ("Câu đầu. Dịch hết năm 2026.Bộ Y tế công bố 5 ca mới", "Câu đầu. Dịch hết năm 2026."),
    ],
)
def test_glued_headlines_are_cut_off(text: str, left: str) -> None:
    assert cut_glued_headlines(text) == left


@pytest.mark.parametrize(
    "text",
    [
        GLUED + ".",  # a second sentence, which lost its blank
        GLUED + " năm nay. Câu nữa",
        GLUED.removesuffix(" 09-CT/TW"),  # cites nothing
        GLUED.replace(".", ". "),
        "Ca 5 ở TP.Hồ Chí Minh, Tp.Huế, Q.Bình Thạnh và Đ.M.T 7 tuổi",
        "GS.TS.Nguyễn An, PGS.TS.Trần Bình và ThS.Lê Chi, 3 người",
        "Theo Chinhphu.vn và U.S.Army, tập đoàn S.p.A. có 5 tàu",
        "Theo Nghị quyết 12/NQ-CP.Theo đó có 5 việc",
        "Hội nghị khai mạc ở Hà Nội.Trong 3 ngày, các đại biểu thảo luận Nghị quyết 57-NQ/TW",
        "Bộ Công an đề xuất sửa đổi.Tại dự thảo, Thông tư 24/2023/TT-BCA được thay thế",
        "",
    ],
)
def test_other_full_stops_without_a_blank_stay(text: str) -> None:
    assert cut_glued_headlines(text) == text


@given(st.binary(max_size=500))
@example(b"<rss><channel><item><title>&#xD800;")
@example(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='http://[::1'/><id>x</id>")
def test_any_bytes_are_a_feed_or_a_parse_error(noise: bytes) -> None:
    for body in (noise, b"<rss>" + noise, rss(item()).encode().replace(b"Tin", noise)):
        with suppress(ParseError):
            parse_feed(body, url=URL)


@given(st.text(alphabet="<>/=\"'&;#!-[]pabdiv ulCDATA\u0301ỉ\x00", max_size=200))
def test_any_fragment_becomes_text(fragment: str) -> None:
    text = html_to_text(fragment)
    assert "\0" not in text
    assert text.startswith(cut_glued_headlines(text))
