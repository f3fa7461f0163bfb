"""Which addresses mean one article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.identity import MAX_KEY, article_identity, canonical_url


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://vnexpress.net/nguoi-dan-trong-lang-vua-5111013.html", "vnexpress.net#5111013"),
        ("https://vnexpress.net/nguoi-dan-song-trong-lang-vua-5111013.html", "vnexpress.net#5111013"),
        ("https://m.vnexpress.net/x-5111013.html?utm_source=rss#box", "vnexpress.net#5111013"),
        ("https://nhandan.vn/x-post979675.html", "nhandan.vn#post979675"),
        ("https://www.vietnamplus.vn/x-post1128125.vnp", "vietnamplus.vn#post1128125"),
        ("https://baochinhphu.vn/x-102260804112129077.htm", "baochinhphu.vn#102260804112129077"),
        ("https://cafef.vn/x-188260805215435827.chn", "cafef.vn#188260805215435827"),
        ("https://vtc.vn/x-ar850105.html", "vtc.vn#ar850105"),
        ("https://cand.com.vn/thoi-su/x-i712345/", "cand.com.vn#i712345"),
        # no article numbers: dates and sums at the end of a headline
        ("https://vneconomy.vn/lai-suat-thang-72026.htm", "vneconomy.vn/lai-suat-thang-72026.htm"),
        ("https://bao.example/diem-tin-20260805.html", "bao.example/diem-tin-20260805.html"),
        ("https://bao.example/thuong-200000.html", "bao.example/thuong-200000.html"),
        ("https://www.bbc.com/vietnamese/articles/c0?at_medium=RSS&at_campaign=rss", "bbc.com/vietnamese/articles/c0"),
    ],
)
def test_key_of_an_address(url: str, key: str) -> None:
    assert article_identity(url, "any") == key


def test_variants_of_an_address_are_one_article() -> None:
    variants = [
        "https://example.vn/tin-1.html",
        "http://example.vn/tin-1.html",
        "https://www.example.vn/tin-1.html",
        "https://m.example.vn/tin-1.html",
        "https://example.vn/tin-1.html?utm_source=rss",
        "https://example.vn/tin-1.html?sid=77",
        "https://example.vn/tin-1.html#comment",
        "https://EXAMPLE.vn//tin-1.html",
        "https://example.vn:443/tin-1.html/amp",
    ]
    assert {article_identity(url, f"guid-{n}") for n, url in enumerate(variants)} == {"example.vn/tin-1.html"}


def test_what_names_the_article_stays() -> None:
    assert canonical_url("https://x.vn/doc?id=7&utm_id=1") == "x.vn/doc?id=7"
    assert canonical_url("https://en.nhandan.vn/x-post1.html") != canonical_url("https://nhandan.vn/x-post1.html")


def test_the_guid_serves_where_the_address_does_not() -> None:
    assert article_identity("https://x.vn/", " 55d41482-693d ") == "x.vn!55d41482-693d"
    assert article_identity("", "https://x.vn/a-123456.html") == "x.vn#123456"
    assert article_identity("", "abc") == "!abc"
    assert article_identity("https://x.vn") == "x.vn"


def test_neither_address_nor_guid_is_an_error() -> None:
    with pytest.raises(ValueError, match="neither"):
        article_identity("", " ")


@given(st.text(), st.text())
def test_keys_are_bounded_and_stable(url: str, guid: str) -> None:
    try:
        key = article_identity(url, guid)
    except ValueError:
        return
    assert key
    assert len(key) <= MAX_KEY
    assert article_identity(url, guid) == key
