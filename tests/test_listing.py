"""Pages that list articles, read by a selector: made up, in the shapes that ministries' sites have."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entries import feed_of
from feeds.listing import MAX_BYTES, MAX_LINKS, read_listing
from feeds.parse import ParseError

URL = "https://bo.example/chuyen-muc/tin"
CARD = """<article class="card"><figure><a href="/bai-viet/{slug}"><img alt="ảnh"></a><figcaption>
<a href="/bai-viet/{slug}"><h2>{title}</h2></a><p>{summary}</p><span class="xs">{date}</span></figcaption></figure>
</article>"""


def page(*blocks: str, head: str = "<title>Tin &amp; ảnh</title>") -> bytes:
    menu = '<nav><a href="/">Trang chủ</a> <a href="/lien-he">Liên hệ</a></nav>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{menu}{''.join(blocks)}</body></html>".encode()


def reason_of(body: bytes, selector: str = "a") -> str:
    with pytest.raises(ParseError) as raised:
        read_listing(body, url=URL, selector=selector)
    return raised.value.reason


def test_blocks_with_headline_lead_and_date() -> None:
    body = page(
        CARD.format(slug="mot-1783311539", title="Một < hai", summary="Dưới 5 < 7 ngày", date="06/07/2026"),
        CARD.format(slug="hai-1783311540", title="Hai", summary="Tóm tắt", date="hôm qua"),
    )
    raw = read_listing(body, url=URL, selector="article.card")
    assert (raw.title, raw.skipped) == ("Tin & ảnh", ())
    assert [entry.link for entry in raw.entries] == [
        "https://bo.example/bai-viet/mot-1783311539",
        "https://bo.example/bai-viet/hai-1783311540",
    ]
    first, second = feed_of(raw, URL).entries
    assert (first.title, first.summary, first.published_raw) == ("Một < hai", "Dưới 5 < 7 ngày", "06/07/2026")
    assert first.published
    assert first.published.isoformat() == "2026-07-05T17:00:00+00:00"
    assert (second.published, second.published_raw) == (None, "")


@pytest.mark.parametrize(
    ("block", "selector", "title", "published"),
    [
        ('<h4 class="titleNews"><a href="/a.html"> Một  tin </a></h4>', "h4.titleNews > a", "Một tin", ""),
        ('<li><a href="/a.html" title="Một tin"><img></a></li>', "li a", "Một tin", ""),
        ('<li><h3>Một tin</h3><a href="/a.html"><img></a></li>', "li", "Một tin", ""),
        ('<li><a href="/b.html">Chuyên mục</a><h3><a href="/a.html">Một tin</a></h3></li>', "li", "Một tin", ""),
        (
            '<li><a href="/a.html">Một tin</a> <time datetime="2026-11-01T10:00:00+07:00">hôm qua</time></li>',
            "li a", "Một tin", "2026-11-01T10:00:00+07:00",
        ),
        (
            '<li><a href="/a.html">Một tin</a><span class="post-Date">22:45, ngày 22-11-2026</span></li>',
            "li > a", "Một tin", "22:45, ngày 22-11-2026",
        ),
        ('<li><a href="/a.html">Một tin</a><i class="time">2 giờ trước</i></li>', "li a", "Một tin", "2 giờ trước"),
        (
            '<li><i class="time">2 giờ trước</i><a href="/a.html">Một tin</a><em>1/11/2026</em></li>',
            "li a", "Một tin", "1/11/2026",
        ),
        (
            '<div><p>5/11/2026</p><li><a href="/a.html">Một tin</a></li><li><a href="/z.html">Z</a></li></div>',
            "li:first-of-type a", "Một tin", "",
        ),
    ],
)  # fmt: skip
def test_where_headline_and_date_stand(block: str, selector: str, title: str, published: str) -> None:
    (entry,) = read_listing(page(block), url=URL, selector=selector).entries
    assert (entry.link, entry.title, entry.published) == ("https://bo.example/a.html", title, published)


def test_each_link_once_with_what_any_of_them_gives() -> None:
    block = '<a href="a.html"><img></a><p><a href="/chuyen-muc/a.html#top">Một tin</a> <time>1/11/2026</time></p>'
    (entry,) = read_listing(page(block), url=URL, selector="body > a, p > a").entries
    assert (entry.link, entry.title) == ("https://bo.example/chuyen-muc/a.html", "Một tin")


def test_only_links_of_the_same_site() -> None:
    links = ("https://khac.example/a.html", "javascript:alert(1)", "http://[::1/x", "mailto:a@bo.example", "", URL)
    site = ("https://www.bo.example/a.html", "http://tin.bo.example/b.html", "//bo.example/c%20c.html", "d d.html")
    body = page(*(f'<p><a href="{link}">x</a></p>' for link in (*links, *site)))
    raw = read_listing(body, url=URL, selector="p a")
    assert [entry.link for entry in raw.entries] == [
        "https://www.bo.example/a.html",
        "http://tin.bo.example/b.html",
        "https://bo.example/c%20c.html",
        "https://bo.example/chuyen-muc/d%20d.html",
    ]
    assert len(raw.skipped) == len(links)


def test_base_of_the_page_counts() -> None:
    body = page('<p><a href="a.html">x</a></p>', head='<base href="/tin/">')
    assert read_listing(body, url=URL, selector="p a").entries[0].link == "https://bo.example/tin/a.html"


@pytest.mark.parametrize(
    ("body", "selector"),
    [
        (page("<article class='moi'><a href='/a'>x</a></article>"), "article.card"),
        (page("<p><a href='https://khac.example/'>x</a></p>"), "p a"),
        (page("<p>không có liên kết</p>"), "p"),
        (b"", "a"),
        (b" \n", "a"),
    ],
)
def test_a_page_that_was_rebuilt_is_an_error(body: bytes, selector: str) -> None:
    assert reason_of(body, selector) == "empty"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"<p>" * 100_000, "too_complex"),
        (b"<p " + b"a=1 " * 5000 + b">", "too_complex"),
    ],
)
def test_hostile_pages_are_refused(body: bytes, reason: str) -> None:
    assert reason_of(body) == reason


def test_many_links_are_cut() -> None:
    body = page(*(f'<p><a href="/{n}.html">Tin</a></p>' for n in range(MAX_LINKS + 5)))
    raw = read_listing(body, url=URL, selector="p a")
    assert len(raw.entries) == MAX_LINKS
    assert raw.skipped == (f"more than the first {MAX_LINKS} links",) * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_xhtml(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><html><body><p><a href="/a">Tin tức</a></p></body></html>'
    assert read_listing(text.encode(encoding), url=URL, selector="p a").entries[0].title == "Tin tức"


@given(st.binary(max_size=300), st.sampled_from(["a", "p", "*", "article a[href]"]))
def test_nothing_but_parse_errors(body: bytes, selector: str) -> None:
    with suppress(ParseError):
        read_listing(b"<p><a href='/x'>" + body, url=URL, selector=selector)
