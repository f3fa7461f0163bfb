"""Which addresses mean one article."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entries import MAX_GUID
from feeds.identity import MAX_KEY, article_identity, canonical_url
from feeds.intake import entry_identity


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
        "https://example.vn/tin-1.html?sid=a81f77c2",
        "https://example.vn/tin-1.html?sid=77",
        "https://example.vn/tin-1.html#comment",
        "https://EXAMPLE.vn//tin-1.html",
        "https://example.vn:443/tin-1.html/amp",
    ]
    assert {article_identity(url, f"guid-{n}") for n, url in enumerate(variants)} == {"example.vn/tin-1.html"}


def test_what_an_outlet_adds_to_a_numbered_address_does_not_count() -> None:
    assert article_identity("https://a.vn/tin-vui-1000802.html?from=rss&page=2") == "a.vn#1000802"


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.vn/dai-hoi-nhiem-ky-20252030", "https://a.vn/nghi-quyet-nhiem-ky-20252030"),
        ("https://a.vn/diem-tin-sang-050826.html", "https://a.vn/gia-vang-050826.html"),
        ("https://a.vn/tong-dai-19001900", "https://a.vn/goi-19001900"),
        ("https://a.vn/tong-dai-19006789", "https://a.vn/goi-19006789"),
        ("https://a.vn/nhom-c20260805.html", "https://a.vn/bang-c20260805.html"),
        ("https://a.vn/2026/08/05/081500", "https://a.vn/2026/08/06/081500"),
        ("https://a.vn/tin-2026-08-05-151500.html", "https://a.vn/tin-2026-08-06-151500.html"),
        ("https://a.vn/tin-tuc/100234?newsid=5", "https://a.vn/tin-tuc/100234?newsid=6"),
        ("https://a.vn/detail?pk=1", "https://a.vn/detail?pk=2"),
        ("https://a.vn/detail?mcid=1", "https://a.vn/detail?mcid=2"),
        ("https://a.vn/detail?atid=1", "https://a.vn/detail?atid=2"),
        ("https://a.vn/modules.php?file=article&sid=1", "https://a.vn/modules.php?file=article&sid=2"),
        ("https://a.vn/view?source=12", "https://a.vn/view?source=13"),
        ("https://a.vn/app/#/tin/1", "https://a.vn/app/#/tin/2"),
        ("https://a.vn/#!tin/1", "https://a.vn/#!tin/2"),
        ("https://x.gov.vn/so-y-te/tin/123456", "https://x.gov.vn/so-noi-vu/tin/123456"),
    ],
)
def test_two_articles_have_two_keys(one: str, other: str) -> None:
    assert article_identity(one, "any") != article_identity(other, "any")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.vn/thoi-su/tit-cu-5111013.html", "https://a.vn/chinh-tri/tit-moi-5111013.html"),
        ("https://a.vn/ngay-5-8-2026-5111013.html", "https://a.vn/hom-nay-5111013.html"),
        ("https://a.vn/2026/08/05/tit-cu-5111013.html", "https://a.vn/2026/08/06/tit-moi-5111013.html"),
        ("https://a.vn/tit-cu-post050826.html", "https://a.vn/tit-moi-post050826.html"),
        ("https://a.vn/tit-cu-i712026/", "https://a.vn/tit-moi-i712026/"),
        ("https://a.vn/x-5111013.html?mtm_campaign=a&ref=home", "https://a.vn/x-5111013.html?gclid=b&at_x=1#tai-ve"),
        ("https://so.gov.vn/tit-cu-123456.html", "https://so.gov.vn/tit-moi-123456.html"),
        ("https://so.gov.vn/tin/tit-cu-260804112129077.htm", "https://so.gov.vn/moi/tit-260804112129077.htm"),
    ],
)
def test_an_article_that_changes_its_headline_or_section_stays_one(one: str, other: str) -> None:
    assert article_identity(one, "any") == article_identity(other, "other")


def test_a_guid_without_an_address_counts_within_the_site_of_the_feed() -> None:
    keys = {article_identity("", "1", base=base) for base in ("https://a.vn/rss", "https://www.b.vn/1.rss")}
    assert keys == {"a.vn!1", "b.vn!1"}
    assert article_identity("", "1", base="https://a.vn/other.rss") == "a.vn!1"
    assert article_identity("https://x.vn/", "1", base="https://a.vn/rss") == "x.vn!1"


@given(st.text(), st.text())
def test_keys_are_bounded_and_stable(url: str, guid: str) -> None:
    try:
        key = article_identity(url, guid)
    except ValueError:
        return
    assert key
    assert len(key) <= MAX_KEY
    assert article_identity(url, guid) == key


def test_what_names_an_entry_is_not_remembered_where_it_is_long() -> None:
    """A feed may show a thousand new ones at each look."""
    guid = "b" * MAX_GUID
    held = sys.getrefcount(guid)
    assert entry_identity("/tin-1.html", guid, "https://bao.example/rss") == "bao.example/tin-1.html"
    assert entry_identity("", guid, "https://bao.example/rss").startswith("bao.example!b")
    assert sys.getrefcount(guid) == held
