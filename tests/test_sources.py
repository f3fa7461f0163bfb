"""The list of outlets, and feed lists of other readers."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.opml import MAX_BYTES, MAX_FEEDS, MAX_LISTINGS, Fault, read_opml, write_opml
from feeds.sources import (
    DATA,
    LEVELS,
    MAX_SELECTOR,
    AddressError,
    Source,
    SourcesError,
    addresses_of,
    is_feed_url,
    is_same_site,
    load_sources,
    without_query,
)

# (address, kind of evidence) of the rows of the project's list
KINDS_OF_EVIDENCE = re.findall(r'(?m)^url = "([^"]+)"  # ([a-z-]+)(?=:|$)', DATA.read_text(encoding="utf-8"))
SHARED_LIST = Path(__file__).parents[1].parent / "shared" / "feeds" / "sources.yaml"


def test_the_projects_list_is_sound() -> None:
    sources = load_sources()
    assert sum(source.enabled for source in sources) >= 80
    assert {source.level for source in sources} <= set(LEVELS)
    assert {source.language for source in sources} <= {"vi", "en"}
    assert all(not source.province or source.level == "province" for source in sources)


@pytest.mark.skipif(not SHARED_LIST.exists(), reason="the evidence behind the list is kept outside the repository")
def test_every_address_was_seen() -> None:
    evidence = SHARED_LIST.read_text(encoding="utf-8")
    found_later = {url for url, kind in KINDS_OF_EVIDENCE if kind == "found"}
    seen = {source.url for source in load_sources() if f"url: {source.url}\n" in evidence}
    assert {source.url for source in load_sources()} == seen | found_later
    assert not seen & found_later


def test_every_address_says_what_is_known_of_it() -> None:
    assert [url for url, _ in KINDS_OF_EVIDENCE] == [source.url for source in load_sources()]
    assert {kind for _, kind in KINDS_OF_EVIDENCE} <= {
        "stored",
        "live",
        "listed",
        "listed-weak",
        "blocked",
        "stale",
        "found",
    }


def test_what_needs_a_cookie_visits_the_page_that_gives_it() -> None:
    papers = [source for source in load_sources() if "//www.qdnd.vn/" in source.url]
    assert papers
    assert {source.visit for source in papers} == {"https://www.qdnd.vn/rss"}


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[source]]\nurl = "https://a.example/rss"\noutlet = "A"\nenabled = false\n', encoding="utf-8")
    assert load_sources(path) == (Source("https://a.example/rss", "A", enabled=False),)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('outlet = "A"', r"entry 1 \(A\): url is missing"),
        ('url = "https://a.example/rss"', "outlet is missing"),
        ('url = "ftp://a.example"\noutlet = "A"', r"entry 1 \(ftp://a.example\): url is not"),
        ('url = "https://u:p@a.example"\noutlet = "A"', "url is not"),
        ('url = "https://a.example"\noutlet = "A"\nlevel = "village"', "level village is none of"),
        ('url = "https://a.example"\noutlet = "A"\nprovince = 7', "province must be text"),
        ('url = "https://a.example"\noutlet = "A"\nenabled = "no"', "enabled must be true or false"),
        ('url = "https://a.example"\noutlet = "A"\nregion = "x"', "unknown key region"),
        (
            'url = "https://a.example"\noutlet = "A"\n[[source]]\nurl = "https://a.example"\noutlet = "B"',
            "entry 2.*twice",
        ),
        ('url = "https://a.example"\noutlet = "A"\nkind = "page"', "kind page is none of feed, sitemap, listing"),
        ('url = "https://a.example"\noutlet = "A"\nkind = "listing"', "a listing needs the selector"),
        ('url = "https://a.example"\noutlet = "A"\nselector = "a"', "only a listing has a selector"),
        ('url = "https://a.example"\noutlet = "A"\nkind = "listing"\nselector = "a["', r"selector a\[ is not CSS"),
        ('url = "https://a.example"\noutlet = "A"\nkind = "listing"\nselector = "a::text"', "is not CSS: Pseudo"),
        (
            f'url = "https://a.example"\noutlet = "A"\nkind = "listing"\nselector = "{"a" * (MAX_SELECTOR + 1)}"',
            "longer than 200 characters",
        ),
        ('url = "https://a.example"\noutlet = "A"\nvisit = "/rss"', "visit is no http or https address"),
        ('url = "https://a.example"\noutlet = "A"\nvisit = "https://b.example/"', "of the same host"),
        ('url = "https://a.example"\noutlet = "A"\nwas = "a"', "was is not a plain http or https address"),
        (
            'url = "https://a.example"\noutlet = "A"\nwas = "https://b.example"\n'
            '[[source]]\nurl = "https://b.example"\noutlet = "B"',
            "https://a.example replaces https://b.example, which stands there too",
        ),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[[source]]\n{row}\n", encoding="utf-8")
    with pytest.raises(SourcesError, match=message):
        load_sources(path)


def test_a_listing_a_cookie_and_an_old_address(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[source]]\nurl = "https://a.example/tin"\noutlet = "A"\nkind = "listing"\nselector = "h3 > a"\n'
        'visit = "https://a.example/"\nwas = "https://a.example/news"\n',
        encoding="utf-8",
    )
    (source,) = load_sources(path)
    assert (source.kind, source.selector) == ("listing", "h3 > a")
    assert (source.visit, source.was) == ("https://a.example/", "https://a.example/news")


@pytest.mark.parametrize("content", ["", "source = 1", "source = [1]", "not toml ["])
def test_what_is_no_list_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourcesError, match=r"mine\.toml"):
        load_sources(path)


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match=r"none\.toml"):
        load_sources(tmp_path / "none.toml")


def test_opml_returns_what_was_written() -> None:
    sources = load_sources()
    assert sum(source.kind == "listing" for source in sources) >= 3
    assert any(source.visit for source in sources)
    opml = read_opml(write_opml(sources))
    assert (opml.sources, opml.left_out) == (sources, {})


@pytest.mark.parametrize("attributes", ['kind="listing"', 'kind="listing" selector="a["', 'visit="http://b.example"'])
def test_what_cannot_be_read_of_an_opml_is_left_out_and_counted(attributes: str) -> None:
    opml = read_opml(
        f"""<opml><body><outline xmlUrl="https://a.example/tin" {attributes}/>
        <outline xmlUrl="https://c.example/tin" {attributes}/><outline text="B" xmlUrl="https://b.example/rss"/>
        </body></opml>""".encode()
    )
    assert opml.sources == (Source("https://b.example/rss", "B"),)
    assert opml.left_out == {Fault.UNFIT: 2}


def test_an_opml_with_too_much_is_read_as_far_as_it_may_be() -> None:
    def outlines(count: int, attributes: str = "") -> str:
        kind = "listing" if attributes else "rss"
        return "".join(f'<outline xmlUrl="https://a.example/{kind}/{n}" {attributes}/>' for n in range(count))

    listings = outlines(MAX_LISTINGS + 3, 'kind="listing" selector="a"')
    opml = read_opml(f"<opml><body>{listings}{outlines(MAX_FEEDS)}</body></opml>".encode())
    assert len(opml.sources) == MAX_FEEDS
    assert sum(source.kind == "listing" for source in opml.sources) == MAX_LISTINGS
    assert opml.left_out == {Fault.LISTINGS: 3, Fault.FEEDS: MAX_LISTINGS}


def test_opml_of_others() -> None:
    data = """<?xml version="1.0"?><opml version="1.0"><body><outline text="Tin">
      <outline type="rss" text=" Báo &amp; A " xmlUrl="https://a.example/rss?x=1&amp;y=2"/>
      <outline text="again" xmlUrl="https://a.example/rss?x=1&amp;y=2"/>
      <outline xmlUrl="https://b.example/rss" level="strange"/>
      <outline text="bad" xmlUrl="javascript:alert(1)"/></outline></body></opml>""".encode()
    opml = read_opml(data)
    assert opml.sources == (
        Source("https://a.example/rss?x=1&y=2", "Báo & A"),
        Source("https://b.example/rss", "b.example"),
    )
    assert opml.left_out == {Fault.ADDRESS: 1}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<rss/>",
        b"not xml",
        b'<!DOCTYPE opml [<!ENTITY a "x">]><opml><body><outline text="&a;" xmlUrl="https://a.example"/></body></opml>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE opml [<!ENTITY a "x">]><opml/>'.encode("utf-16"),
        b'<!DOCTYPE opml SYSTEM "http://127.0.0.1/x.dtd"><opml/>',
        b"<opml>" + b" " * MAX_BYTES + b"</opml>",
        b"<a>" * 100_000,
    ],
)
def test_hostile_opml_is_refused(data: bytes) -> None:
    with pytest.raises(SourcesError):
        read_opml(data)


def test_deep_opml_is_read() -> None:
    depth = 20_000
    inner = b'<outline text="A" xmlUrl="https://a.example/rss"/>'
    opml = read_opml(b"<opml>" + b"<outline>" * depth + inner + b"</outline>" * depth + b"</opml>")
    assert len(opml.sources) == 1


@given(st.text(max_size=50))
def test_opml_carries_any_text(text: str) -> None:
    source = replace(load_sources()[0], outlet=f"x{text}")
    clean_one = read_opml(write_opml([source])).sources[0] if all(map(str.isprintable, text)) else source
    assert clean_one.url == source.url


@pytest.mark.parametrize("url", ["http://a.example:99999999/", "http://[::1/x", "//a.example/", "https://a b.example"])
def test_not_feed_addresses(url: str) -> None:
    assert not is_feed_url(url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.example/rss", "https://a.example/rss"),
        ("https://a.example/rss?", "https://a.example/rss?…"),
        ("https://a.example/rss?khoa=1&b=https://x.example/?c", "https://a.example/rss?…"),
        ("a: https://a.example?k=1; HTTPS://b.example/?k=2, b?", "a: https://a.example?…; HTTPS://b.example/?…, b?"),
        ("(https://a.example/?k=1): hỏng", "(https://a.example/?…): hỏng"),
        ('{"url": "https://a.example/?k=\\"1"}', '{"url": "https://a.example/?…\\"1"}'),
        ("đi đâu? https://", "đi đâu? https://"),
    ],
)  # fmt: skip
def test_queries_are_not_shown(text: str, shown: str) -> None:
    assert without_query(text) == shown


def test_outlets_are_spelt_one_way() -> None:
    names = Counter(source.outlet.casefold() for source in load_sources())
    assert len(names) == len({source.outlet for source in load_sources()})


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("https://bao.vn/a.html", True),
        ("http://m.bao.vn/a.html", True),
        ("https://suckhoe.bao.vn?x=1", True),
        ("https://khac-bao.vn/a.html", False),
        ("https://bao.vn.khac.example/a.html", False),
        ("https://bao.vn:8443/a.html", False),
        ("//bao.vn/a.html", False),
        ("javascript:bao.vn", False),
        ("", False),
    ],
)
def test_addresses_of_one_site(url: str, is_same: bool) -> None:
    assert is_same_site(url, "https://www.bao.vn/tin?trang=1") is is_same


@pytest.mark.parametrize(
    ("typed", "urls"),
    [
        ("https://bao.vn/rss", ("https://bao.vn/rss",)),
        ("HTTP://bao.vn", ("http://bao.vn",)),
        (" bao.vn ", ("https://bao.vn", "http://bao.vn")),
        ("bao.com.vn:8080/rss?a=1", ("https://bao.com.vn:8080/rss?a=1", "http://bao.com.vn:8080/rss?a=1")),
        ("10.0.0.1/rss", ("https://10.0.0.1/rss", "http://10.0.0.1/rss")),
        ("[::1]:80", ("https://[::1]:80", "http://[::1]:80")),
        ("localhost:80/rss", ("https://localhost:80/rss", "http://localhost:80/rss")),
        ("báo.vn", ("https://báo.vn", "http://báo.vn")),
    ],
)
def test_what_a_typed_address_may_mean(typed: str, urls: tuple[str, ...]) -> None:
    assert addresses_of(typed) == urls


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "bad_url"),
        ("09-CT/TW", "bad_url"),
        ("13/2023/NĐ-CP", "bad_url"),
        ("bao", "bad_url"),
        ("https://", "bad_url"),
        ("https://[", "bad_url"),
        ("[::1", "bad_url"),
        ("bao.vn:99999", "bad_url"),
        ("bao.vn/" + "a" * 3000, "bad_url"),
        ("a." * 5000, "bad_url"),
        ("javascript:alert(1)", "bad_url"),
        ("ftp://bao.vn/rss", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("https://ai:mat-khau@bao.vn/rss", "credentials"),
    ],
)
def test_what_is_no_address_says_why(typed: str, reason: str) -> None:
    with pytest.raises(AddressError) as raised:
        addresses_of(typed)
    assert raised.value.reason == reason
    assert "mat-khau" not in str(raised.value)
