"""Sitemaps, made up in the shapes of the protocol and of what breaks it."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entries import MAX_ENTRIES
from feeds.parse import MAX_BYTES, ParseError
from feeds.sitemap import MAX_ADDRESSES, MAX_DEPTH, read_sitemap

URL = "https://bao.example/sitemap-news.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
NEWS = """<url><loc>https://bao.example/mot-123456.html</loc><lastmod>2026-11-02</lastmod>
<image:image><image:loc>https://bao.example/a.jpg</image:loc><image:title>Chú thích ảnh</image:title></image:image>
<n:news><n:publication><n:name>Báo Mẫu</n:name><n:language>vi</n:language></n:publication>
<n:publication_date>2026-11-01T10:00:00+07:00</n:publication_date>
<n:title><![CDATA[Hội nghị "một" & hai]]></n:title><n:keywords>x</n:keywords></n:news></url>"""


def sitemap(*rows: str, root: str = "urlset", head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f"{head}<{root} {SPACES}>{''.join(rows)}</{root}>".encode()


def address(path: str, changed: str = "") -> str:
    return f"<url><loc> https://bao.example/{path} </loc>{changed and f'<lastmod>{changed}</lastmod>'}</url>"


def reason_of(body: bytes) -> str:
    with pytest.raises(ParseError) as raised:
        read_sitemap(body, url=URL)
    return raised.value.reason


def test_news_sitemap() -> None:
    raw = read_sitemap(sitemap(NEWS), url=URL)
    (entry,) = raw.entries
    assert (raw.title, raw.skipped) == ("Báo Mẫu", ())
    assert (entry.link, entry.title) == ("https://bao.example/mot-123456.html", 'Hội nghị "một" & hai')
    assert (entry.published, entry.summary, entry.guid) == ("2026-11-01T10:00:00+07:00", "", None)


def test_plain_sitemap_gives_addresses_and_changes() -> None:
    raw = read_sitemap(sitemap(address("a-1.html", "2026-11-01T10:00:00Z"), address("b-2.html")), url=URL)
    assert [(entry.link, entry.title, entry.published) for entry in raw.entries] == [
        ("https://bao.example/a-1.html", "", "2026-11-01T10:00:00Z"),
        ("https://bao.example/b-2.html", "", ""),
    ]


def test_gzipped() -> None:
    assert read_sitemap(gzip.compress(sitemap(NEWS)), url=URL) == read_sitemap(sitemap(NEWS), url=URL)


def test_only_addresses_of_the_same_site() -> None:
    rows = [f"<url><loc>{loc}</loc></url>" for loc in ("https://khac.example/a", "/a", "", "ftp://bao.example/a")]
    raw = read_sitemap(sitemap(*rows, "<url/>", address("a"), NEWS.replace("//bao", "//m.bao")), url=URL)
    assert [entry.link for entry in raw.entries] == ["https://bao.example/a", "https://m.bao.example/mot-123456.html"]
    assert raw.skipped == ("no address of this site",) * 5


def test_of_many_the_newest_in_the_order_of_the_sitemap() -> None:
    day = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [address(f"{n}.html", f"{day + timedelta(days=n):%Y-%m-%d}") for n in range(MAX_ENTRIES + 5)]
    raw = read_sitemap(sitemap(address("undated.html"), *rows), url=URL)
    assert [entry.link for entry in raw.entries] == [
        f"https://bao.example/{n}.html" for n in range(5, MAX_ENTRIES + 5)
    ]  # fmt: skip
    assert raw.skipped == (f"older than the newest {MAX_ENTRIES}",) * 6


def test_an_index_names_its_newest_children() -> None:
    days = [f"2026-10-{day:02}" for day in (3, 1, 2)]
    rows = [
        f"<sitemap><loc>https://bao.example/{day}.xml.gz</loc><lastmod>{day}</lastmod></sitemap>" for day in days
    ]  # fmt: skip
    rows.append("<sitemap><loc>https://khac.example/x.xml</loc><lastmod>2026-11-01</lastmod></sitemap>")
    rows += [f"<sitemap><loc>https://bao.example/{n}.xml</loc></sitemap>" for n in range(100)]
    with pytest.raises(ParseError) as raised:
        read_sitemap(sitemap(*rows, root="sitemapindex"), url=URL)
    newest = ", ".join(f"https://bao.example/{day}.xml.gz" for day in sorted(days, reverse=True))
    assert (raised.value.reason, str(raised.value)) == ("index", f"a list of sitemaps, the newest: {newest}")
    with pytest.raises(ParseError, match="the newest: none of this site"):
        read_sitemap(sitemap(root="sitemapindex"), url=URL)


def test_what_stands_before_a_break_is_read() -> None:
    raw = read_sitemap(sitemap(NEWS, address("a.html"))[:-30] + b"&", url=URL)
    assert raw.entries[0].link == "https://bao.example/mot-123456.html"
    assert "broken XML behind the last address" in raw.skipped


BOMB = '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (sitemap(), "empty"),
        (sitemap("<url><loc>https://khac.example/a</loc></url>"), "empty"),
        (b"<!DOCTYPE html><html></html>", "html"),
        (b"<html><body>", "html"),
        (b"not xml", "not_a_feed"),
        (b"<rss><channel/></rss>", "not_a_feed"),
        (b'<?xml version="1.0" encoding="klingon"?><urlset/>', "not_a_feed"),
        (gzip.compress(sitemap(NEWS), mtime=0)[:5] + b"rubbish", "not_a_feed"),
        (sitemap(NEWS, head=BOMB), "too_complex"),
        (sitemap(NEWS, head='<!DOCTYPE urlset SYSTEM "http://127.0.0.1/x.dtd">'), "too_complex"),
        (sitemap(NEWS.replace("UTF-8", "UTF-16"), head=BOMB).decode().encode("utf-16"), "too_complex"),
        (sitemap("<url>" * MAX_DEPTH), "too_complex"),
        (sitemap(*("<url/>",) * (MAX_ADDRESSES + 1)), "too_large"),
        (b"<urlset>" + b" " * MAX_BYTES, "too_large"),
        (gzip.compress(b"<urlset>" + b" " * 50 * MAX_BYTES), "too_large"),
    ],
)
def test_what_is_no_sitemap_or_hostile_is_refused(body: bytes, reason: str) -> None:
    assert reason_of(body) == reason


@given(st.binary(max_size=300))
def test_nothing_but_parse_errors(body: bytes) -> None:
    for start in (b"", b"\x1f\x8b", b"<urlset><url><loc>https://bao.example/a</loc></url>"):
        with suppress(ParseError):
            read_sitemap(start + body, url=URL)
