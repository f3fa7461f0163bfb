"""The fast reader gives what feedparser gives, or leaves the feed to it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entries import MAX_ENTRIES, MAX_HTML, RawEntry, RawFeed
from feeds.parse import feed_text, read_slowly
from feeds.scan import MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMES, scan_feed

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "atom": "http://www.w3.org/2005/Atom",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
ITEM = "<title>Tin</title><link>https://bao.example/tin-1</link>"


def rss(*items: str, channel: str = "<title>Báo</title><link>https://bao.example/</link>") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {DECLARED}><channel>{channel}{inside}</channel></rss>'


def atom(*entries: str) -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {DECLARED}><title type="text">Báo</title>{inside}</feed>'


def rdf(*items: str) -> str:
    inside = "".join(f'<item rdf:about="https://bao.example/{n}">{item}</item>' for n, item in enumerate(items))
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'{DECLARED}><channel rdf:about="https://bao.example/"><title>Báo</title><items><rdf:Seq/></items></channel>'
        f"<image><title>Hình</title><url>https://bao.example/i.png</url></image>{inside}</rdf:RDF>"
    )


def entry(text: str) -> RawEntry:
    """The only entry of the feed, on which both readers agree."""
    fast = scan_feed(text)
    assert fast == read_slowly(feed_text(text))
    assert fast is not None
    assert fast.title == "Báo"
    return fast.entries[0]


GEO = 'xmlns:georss="http://www.georss.org/georss" xmlns:g="http://www.georss.org/georss"'


def test_a_vocabulary_is_doubtful_where_it_is_used() -> None:
    declared = rss(ITEM).replace("<rss ", f"<rss {GEO} ")
    assert entry(declared).title == "Tin"
    for place in ("<georss:point>1 2</georss:point>", "<g:point>1 2</g:point>"):
        assert scan_feed(declared.replace("</item>", f"{place}</item>")) is None


@pytest.mark.parametrize("feed", [rss, atom, rdf])
def test_the_usual_fields(feed: Callable[[str], str]) -> None:
    found = entry(
        feed(
            "<title>Chỉ thị &amp;amp; <![CDATA[Nghị quyết]]></title> <dc:creator>An</dc:creator>"
            "<link> https://bao.example/tin?a=1&amp;b=2 </link><guid isPermaLink='false'>\n7 </guid>"
            "<description><![CDATA[<p>Một</p>]]></description><content:encoded>&lt;p&gt;Hai&lt;/p&gt;</content:encoded>"
            "<pubDate>Thu, 05 Aug 2026 08:00:00 +07</pubDate><slash:comments>3</slash:comments>"
        )
    )
    assert found == RawEntry(
        guid="7",
        link="https://bao.example/tin?a=1&b=2",
        title="Chỉ thị &amp; Nghị quyết",
        summary="<p>Một</p>",
        content="<p>Hai</p>",
        published="Thu, 05 Aug 2026 08:00:00 +07",
    )


@pytest.mark.parametrize(
    ("inside", "field", "value"),
    [
        ("<guid>https://bao.example/2</guid><title>A</title>", "link", "https://bao.example/2"),
        ("<guid isPermaLink='false'>x</guid>", "link", ""),
        ("<guid>https://bao.example/2</guid><link>https://bao.example/1</link>", "link", "https://bao.example/1"),
        ("<link href='https://bao.example/a'/><link rel='self' href='https://bao.example/b'/>", "link", ".../a"),
        ("<link href='https://bao.example/a'/><link href='https://bao.example/b'/>", "link", ".../b"),
        ("<link href='https://bao.example/a.mp3' type='audio/mpeg'/>", "link", ""),
        ("<atom:link href='https://bao.example/a'/>", "link", ".../a"),
        ("<title>A</title><media:title>B</media:title>", "title", "A"),
        ("<media:title>B</media:title><title>A</title>", "title", "A"),
        ("<title>A</title><source url='https://x.example'>S</source><dc:title>C</dc:title>", "title", "C"),
        ("<title/><dc:title>C</dc:title>", "title", "C"),
        ("<content:encoded>dài</content:encoded>", "summary", "dài"),
        ("<description>ngắn</description><description>dài hơn</description>", "content", "dài hơn"),
        ("<content:encoded>c</content:encoded><description>d</description>", "summary", "d"),
        ("<dc:date>2026-10-05</dc:date><pubDate>5/8/2026</pubDate>", "published", "5/8/2026"),
        ("<updated>2026-10-05</updated><pubDate> </pubDate>", "published", "2026-10-05"),
        ("<dcterms:created>2026</dcterms:created>", "published", "2026"),
        ("<title>Ng&#244;i &#x201C;sao&#8221;</title>", "title", "Ngôi “sao”"),
        ("<title>A<!-- b -->C</title>", "title", "AC"),
        ("<author><name>An</name><uri>https://x.example</uri></author>", "link", ""),
    ],
)
def test_which_of_several_counts(inside: str, field: str, value: str) -> None:
    assert getattr(entry(rss(inside)), field) == value.replace("...", "https://bao.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "không phải XML",
        rdf(),
        rss(ITEM).replace("</channel>", ""),
        rss(ITEM).replace("Tin", "T&in"),
        rss(ITEM).replace("Tin", "T&nbsp;in"),
        '<!DOCTYPE rss [<!ENTITY a "b">]>' + rss(ITEM).partition("?>")[2],
        rss(ITEM + "<description>T\x0b</description>"),
        rss(ITEM + "<description><![CDATA[&#xD800;]]></description>"),
        rss(ITEM + "<description>&#146;</description>"),
        rss(ITEM + "<description>cafÃ©</description>"),
        rss(ITEM + "<body xmlns='http://www.w3.org/1999/xhtml'><p>x</p></body>"),
        rss(ITEM + "<media:group><media:title>A</media:title></media:group>"),
        rss(ITEM + "<description>a <b>b</b></description>"),
        rss(ITEM + "<image><title>A</title></image>"),
        rss(ITEM + "<date>2026-10-05</date>"),
        rss(ITEM + "<item><title>A</title></item>"),
        rss(ITEM.replace("https://bao", "https:///bao")),
        rss(ITEM, channel="<title>A</title><title>B</title>"),
        rss(ITEM, channel="<itunes:summary>A</itunes:summary>"),
        rss(ITEM, channel="<image><other/><title>A</title></image>"),
        rss(ITEM).replace("<item>", "<item xml:base='https://x.example/'>"),
        rss(ITEM).replace("<channel>", "<channel href='https://x.example/'>"),
        rss(ITEM).replace("<channel>", "<div>").replace("</channel>", "</div>"),
        rss(ITEM).replace(NAMESPACES["dc"], "https://x.example/dc"),
        rss(ITEM).replace("xmlns:slash", "xmlns:georss"),
        rss("<a:b xmlns:a='urn:a'/><a:b xmlns:a='urn:b'/>" + ITEM),
        rss(ITEM + "<x>" * MAX_DEPTH + "</x>" * MAX_DEPTH),
        rss(ITEM + "".join(f"<x xmlns:x{n}='urn:x'/>" for n in range(MAX_NAMES + 1))),
        rss(ITEM + "<x " + " ".join(f"a{n}=''" for n in range(MAX_ATTRIBUTES + 1)) + "/>"),
        atom(ITEM + "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A</div></content>"),
        atom(ITEM + "<content type='image/png'>QQ==</content>"),
        atom(ITEM + "<content src='https://x.example'/>"),
        atom(ITEM + "<title type='application/octet-stream'>QQ==</title>"),
        atom(ITEM + "<source><title>A</title></source>"),
        atom(ITEM + "<link href=''/>"),
    ],
)
def test_what_is_doubtful_is_left_to_feedparser(text: str) -> None:
    assert scan_feed(text) is None


@pytest.mark.parametrize("text", [rss(), atom()])
def test_a_feed_without_entries(text: str) -> None:
    assert scan_feed(text) == read_slowly(feed_text(text)) == RawFeed("Báo", ())


def test_entries_and_fields_are_bounded() -> None:
    many = scan_feed(rss(*(ITEM for _ in range(MAX_ENTRIES + 2))))
    assert many is not None
    assert len(many.entries) == MAX_ENTRIES
    assert many.skipped == (f"more than the first {MAX_ENTRIES} entries",) * 2
    assert len(entry(rss(ITEM + f"<description>{'x' * (MAX_HTML + 1)}</description>")).summary) == MAX_HTML


WORDS = st.text(alphabet="aÂđỉ\u0309\u200b\u00a0\u202f \n\t.,<>&\"'é©’;#x12", max_size=20)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


TEXTS = st.one_of(
    WORDS.map(escaped),
    WORDS.map(escaped).map(escaped),
    WORDS.filter(lambda text: "]]>" not in text).map(lambda text: f" <![CDATA[{text}]]>\n"),
    st.sampled_from(["", " ", "&#7881;", "&#x110000;", "&nbsp;", "<b>x</b>", "<!-- x -->", "<![CDATA[]]>", "&#160;"]),
)
NAMES = st.one_of(
    st.sampled_from(["title", "link", "guid", "id", "description", "summary", "content", "source", "name", "url"]),
    st.sampled_from(["pubDate", "published", "updated", "author", "category", "enclosure", "comments"]),
    st.sampled_from(["dc:date", "dc:title", "dc:description", "content:encoded", "media:title", "media:description"]),
    st.sampled_from(
        ["media:content", "dcterms:created", "itunes:summary", "slash:comments", "atom:link", "atom:updated"]
    ),
)
ATTRIBUTES = st.sampled_from(
    [""] * 40
    + [
        ' isPermaLink="false"',
        ' isPermaLink="true"',
        ' type="html"',
        ' type="xhtml"',
        ' TYPE="Text"',
        ' href="https://bao.example/x?a=1&amp;b=2"',
        ' href="/x" rel="alternate"',
        ' href="https://bao.example/y" rel="Self"',
        ' url="https://bao.example/z" type="text/html"',
        ' xml:lang="vi"',
        ' xml:base="https://x.example/"',
        ' media:url="x"',
        ' rel="related"',
    ]
)
ELEMENTS = st.tuples(NAMES, ATTRIBUTES, TEXTS).map(lambda parts: f"<{parts[0]}{parts[1]}>{parts[2]}</{parts[0]}>")
NESTED = st.tuples(NAMES, st.lists(ELEMENTS, max_size=2)).map(
    lambda parts: f"<{parts[0]}>{''.join(parts[1])}</{parts[0]}>"
)
ITEMS = st.lists(st.one_of(*[ELEMENTS] * 9, NESTED), max_size=6).map("".join)


@given(st.sampled_from([rss, atom, rdf]), st.lists(ITEMS, max_size=3))
def test_both_readers_agree(feed: Callable[..., str], items: list[str]) -> None:
    text = feed(*items)
    fast = scan_feed(text)
    assert fast is None or fast == read_slowly(feed_text(text))


@given(st.lists(ELEMENTS, max_size=4).map("".join))
def test_both_readers_agree_on_the_feed_itself(channel: str) -> None:
    text = rss(ITEM, channel=channel)
    fast = scan_feed(text)
    assert fast is None or fast == read_slowly(feed_text(text))


@given(st.lists(TEXTS.filter(lambda text: "<b" not in text and "&n" not in text and "11" not in text), min_size=3))
def test_ordinary_feeds_are_taken(texts: list[str]) -> None:
    """Whatever the words: only what looks like a broken encoding is left to feedparser."""
    words = [text.replace("é", "e").replace("©", "c").replace("&#", "").replace("\u00a0", " ") for text in texts]
    feed: RawFeed | None = scan_feed(rss(*(f"<title>{text}</title><guid>{n}</guid>" for n, text in enumerate(words))))
    assert feed is not None
    assert len(feed.entries) == len(words)
