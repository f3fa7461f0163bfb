"""The quirks of Vietnamese feeds by their numbers in the project's list, Q1 to Q41, with feeds written here.

What shows only when feeds are asked, or when articles are compared, is tested where that is done; the part of it that
a feed's body shows is here too:

- Q17, Q18 one text or one event in many papers: test_fingerprint.py, test_cluster.py
- Q27 where glued headlines are not cut: test_parse.py
- Q30 to Q32 cookies, loops, challenges, 403 to bots: test_fetch.py (visits, cookies, statuses), test_refusal.py
- Q33, Q35, Q37 silence, standing still, refusals that come and go: test_health.py, test_update.py (back-off)
- Q39 how often to ask: test_rhythm.py
- Q40 validators, ttl: test_headers.py, test_fetch.py (conditional requests)
- Q41 moved hosts: test_fetch.py (redirects for good), test_following.py (a new address takes over)
"""

from datetime import UTC, datetime

import pytest

from feeds.entries import Entry, RawEntry, entry_of
from feeds.identity import article_identity
from feeds.parse import MAX_BYTES, ParseError, parse_feed
from feeds.text import fold, modern_tones

URL = "https://bao.example/rss/home.rss"


def body(*items: str, declaration: str = "") -> str:
    channel = f"<title>Báo</title>{''.join(f'<item>{item}</item>' for item in items)}"
    return f'{declaration}<rss version="2.0"><channel>{channel}</channel></rss>'


def entry(inside: str, url: str = URL) -> Entry:
    """The only entry of a feed with `inside` in its item; a link and a title where there are none."""
    inside += "" if "<link>" in inside or "<guid" in inside else "<link>https://bao.example/tin-100123.html</link>"
    inside += "" if "<title>" in inside else "<title>Tin</title>"
    (found,) = parse_feed(body(inside).encode(), url=url).entries
    return found


def identity(link: str) -> str:
    return article_identity(link, link)


@pytest.mark.parametrize(
    ("stated", "utc"),
    [
        pytest.param("8/5/2026 11:14:00\u202fPM", "2026-08-05T16:14", id="q01"),
        pytest.param("8/5/2026 11:14:00 PM", "2026-08-05T16:14", id="q01-blank"),
        pytest.param("8/4/2026 4:14:00 PM", "2026-08-04T09:14", id="q02"),
        pytest.param("Wed, 05 Aug 2026 23:08:00 +07", "2026-08-05T16:08", id="q03"),
        pytest.param("<![CDATA[ Sun, 28 Jan 2024 06:15:28 GMT+7 ]]>", "2024-01-27T23:15:28", id="q04"),
        pytest.param("Wed, 05 Aug 26 06:00:00 +0700", "2026-08-04T23:00", id="q05"),
        pytest.param("Tue, 04 Aug 2026 20:52:07 +07:00", "2026-08-04T13:52:07", id="q06"),
        pytest.param("Tue, 04 Aug 2026 20:52:07 +0700", "2026-08-04T13:52:07", id="q07"),
        pytest.param("Tue, 04 Aug 2026 07:24:22 GMT", "2026-08-04T07:24:22", id="q08"),
        pytest.param("Thứ 5, 28/05/2026 17:00:00 GMT+7", "2026-05-28T10:00", id="q09"),
        pytest.param("Thu, 12 Apr 2012 09:05:00 ICT", "2012-04-12T02:05", id="q10-ict"),
        pytest.param("Thu, 12 Apr 2012 09:05:00 UTC+7", "2012-04-12T02:05", id="q10-utc"),
        pytest.param("Wed, 16 Jul 2025 09:30:00  GMT + 7", "2025-07-16T02:30", id="q10-gmt"),
        pytest.param("2026-10-05T11:00:00", "2026-10-05T04:00", id="q10-iso"),
        pytest.param("2026-10-05 11:00:00", "2026-10-05T04:00", id="q10-blank"),
        pytest.param("13-01-2026 08:00:00", "2026-01-13T01:00", id="q11-day-first"),
        pytest.param("-0044-03-15T00:00:00Z", None, id="q11-negative"),
        pytest.param("08:00", None, id="q11-time"),
        pytest.param("1791234567", None, id="q11-number"),
        pytest.param("", None, id="q11-never-now"),
        pytest.param("30/01/2023 - 05:30", "2023-01-29T22:30", id="q12"),
        pytest.param("Cập nhật: 18:29 28/09/2021 GMT+7", "2021-09-28T11:29", id="q12-updated"),
    ],
)
def test_dates(stated: str, utc: str | None) -> None:
    found = entry(f"<pubDate>{stated}</pubDate>")
    assert found.published == (datetime.fromisoformat(utc).replace(tzinfo=UTC) if utc else None)


def test_q13_the_slug_follows_the_headline() -> None:
    numbers = [
        ("vnexpress.net", "-5111013.html"),
        ("nhandan.vn", "-post979675.html"),
        ("baochinhphu.vn", "-102260804112129077.htm"),
        ("cafef.vn", "-188260805215435827.chn"),
        ("vietnamplus.vn", "-post1128125.vnp"),
        ("vov.vn", "-post1321202.vov"),
    ]
    for host, number in numbers:
        before, after = (f"https://{host}/thoi-su/{slug}{number}" for slug in ("hop-ve-an-ninh", "ket-luan-hop"))
        assert identity(before) == identity(after)
    assert len({identity(f"https://{host}/a{number}") for host, number in numbers}) == len(numbers)


def test_q14_an_edited_headline_is_the_same_article_edited() -> None:
    link = "https://bao.example/chi-so-100123.html"
    before, after = (
        RawEntry(link, link, title, "Lời", "", "") for title in ("Chỉ số vượt 1.600", "Không giữ được 1.600")
    )
    assert identity(before.link) == identity(after.link)
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("stated", "guid", "url"),
    [
        pytest.param("<link>https://bao.example/1</link>", None, "https://bao.example/1", id="none"),
        pytest.param(
            '<guid isPermaLink="false">\n<![CDATA[ 55d41482-693d ]]>\n</guid>',
            "55d41482-693d",
            None,
            id="uuid in CDATA",
        ),
        pytest.param(
            "<link>https://bao.example/1</link><guid>https://bao.example/1#0</guid>",
            "https://bao.example/1#0",
            "https://bao.example/1",
            id="link and #0",
        ),
        pytest.param(
            '<link>https://bao.example/1</link><guid isPermaLink="false"></guid>',
            None,
            "https://bao.example/1",
            id="empty",
        ),
    ],
)
def test_q15_forms_of_guid(stated: str, guid: str | None, url: str | None) -> None:
    found = entry(stated)
    assert (found.guid, found.url) == (guid, url)


def test_q16_variants_of_links() -> None:
    campaign = entry("<link>https://www.bbc.com/vietnamese/articles/c0x?at_medium=RSS&amp;at_campaign=rss</link>")
    assert identity(campaign.url or "") == identity("http://www.bbc.com/vietnamese/articles/c0x")
    elsewhere = entry("<link>https://vtc.vn/tin-ar850105.html</link>", "https://vtcnews.vn/rss/thoi-su.rss")
    assert elsewhere.url == "https://vtc.vn/tin-ar850105.html"


def test_q17_one_headline_in_two_papers_is_two_articles() -> None:
    assert identity("https://cafef.vn/tin-188260805215435827.chn") != identity(
        "https://kenh14.vn/tin-188260805215435827.chn"
    )


def test_q18_numbers_tell_two_events_and_spelling_does_not() -> None:
    titles = [entry(f"<title>Thông cáo báo chí số {n} kỳ họp</title>").title for n in (5, 7)]
    assert titles[0] != titles[1]
    spelled = [
        entry(f"<title>Quốc hội {word} XIV ở Trung {end}</title>").title
        for word, end in (("khoá", "Bộ"), ("khóa", "bộ"))
    ]
    assert fold(spelled[0]) == fold(spelled[1])


def test_q19_one_title_with_two_ids_is_two_entries() -> None:
    items = [
        f"<title>Bản tin 18h</title><link>https://bao.example/{n}</link><guid>{n}</guid>" for n in (100123, 100124)
    ]
    feed = parse_feed(body(*items).encode(), url=URL)
    assert len({article_identity(each.url or "", each.guid) for each in feed.entries}) == 2


@pytest.mark.parametrize(
    ("description", "text"),
    [
        pytest.param("<a href='/1'><img src='/1.jpg' /></a><p>Lời dẫn.</p>", "Lời dẫn.", id="q20-paragraph"),
        pytest.param('<a href="/1"><img width=130 src="/1.jpg" ></a></br>Lời dẫn.', "Lời dẫn.", id="q20-break"),
        pytest.param("<a href='/1'/><img src='/1.jpg'/></a></br>(Dân trí) - Lời dẫn.", "Lời dẫn.", id="q20-malformed"),
        pytest.param("Lời dẫn.", "Lời dẫn.", id="q20-plain"),
        pytest.param("VOV.VN - Lời dẫn.", "Lời dẫn.", id="q21-vov"),
        pytest.param("VTV.vn - Lời dẫn.", "Lời dẫn.", id="q21-vtv"),
        pytest.param("(Chinhphu.vn)–Lời dẫn.", "Lời dẫn.", id="q21-government"),
        pytest.param("TPO - Lời dẫn.", "Lời dẫn.", id="q21-tpo"),
        pytest.param("(HNM) -Lời dẫn.", "Lời dẫn.", id="q21-hnm"),
        pytest.param("ASEAN - Trung Quốc họp.", "ASEAN - Trung Quốc họp.", id="q21-no-mark"),
        pytest.param("Ng&ocirc;i sao tỏa s&aacute;ng", "Ngôi sao tỏa sáng", id="q22"),
        pytest.param("Viết &amp; Đọc, T&amp;amp;T", "Viết & Đọc, T&T", id="q23"),
        pytest.param("Chi\u0309 thi\u0323", "Chỉ thị", id="q24"),
        pytest.param("\u200bGiá\u00a0vàng  tăng", "Giá vàng tăng", id="q26"),
        pytest.param(
            "Bệnh nhân phải thở máy.Bộ Y tế yêu cầu theo Chỉ thị 09-CT/TW", "Bệnh nhân phải thở máy.", id="q27"
        ),
    ],
)
def test_texts(description: str, text: str) -> None:
    assert entry(f"<description><![CDATA[{description}]]></description>").summary == text


def test_q22_q23_q26_titles_too() -> None:
    assert entry("<title><![CDATA[\u200bNg&ocirc;i  sao T&amp;T]]></title>").title == "Ngôi sao T&T"


def test_q25_two_schools_of_the_tone() -> None:
    old, new = (
        entry(f"<title>Văn {word} và {other}</title>").title for word, other in (("hoá", "thuỷ"), ("hóa", "thủy"))
    )
    assert modern_tones(old) == new
    assert fold(old) == fold(new)


def test_q28_windows_1258() -> None:
    words = "<title>Chi\u0309 thi\u0323 Đa\u0309ng</title><link>https://bao.example/1</link>"
    for declaration in ('<?xml version="1.0" encoding="windows-1258"?>', ""):
        text = body(words, declaration=declaration).replace("Báo", "Ba\u0301o")
        assert parse_feed(text.encode("cp1258"), url=URL).entries[0].title == "Chỉ thị Đảng"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16"])
def test_q29_utf_16_with_and_without_a_mark(codec: str) -> None:
    text = body("<title>Chỉ thị</title><link>https://bao.example/1</link>")
    assert parse_feed(text.encode(codec), url=URL).entries[0].title == "Chỉ thị"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        pytest.param('<script>document.cookie="D1N=5";window.location.reload();</script>', "challenge", id="q30"),
        pytest.param("<!DOCTYPE html><html><body>Kinh tế</body></html>", "html", id="q34"),
        pytest.param("<html><body>Please solve the CAPTCHA</body></html>", "challenge", id="q32"),
    ],
)
def test_pages_in_place_of_a_feed(page: str, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_feed(page.encode(), url=URL, content_type="text/xml")
    assert caught.value.reason == reason


@pytest.mark.parametrize("text", [body(), '<feed xmlns="http://www.w3.org/2005/Atom"><title>Báo</title></feed>'])
def test_q33_a_feed_without_entries_is_a_feed(text: str) -> None:
    feed = parse_feed(text.encode(), url=URL)
    assert (feed.title, feed.entries, feed.skipped) == ("Báo", (), ())


def test_q35_the_newest_date_tells_a_feed_that_stands_still() -> None:
    dates = ["<title>A</title><guid>1</guid><pubDate>Mon, 29 Jun 2026 09:00:00 +0700</pubDate>"]
    dates += ["<title>B</title><guid>2</guid><pubDate>6/30/2026 9:00:00 AM</pubDate>", "<title>C</title><guid>3</guid>"]
    feed = parse_feed(body(*dates).encode(), url=URL)
    assert max(each.published for each in feed.entries if each.published) == datetime(2026, 6, 30, 2, tzinfo=UTC)


def test_q36_the_section_in_the_address_counts_for_nothing() -> None:
    text = body("<title>Bắt tạm giam</title><link>/phap-luat/tin-100123.html</link>").encode()
    world, law = (parse_feed(text, url=f"https://bao.example/rss/{name}.rss") for name in ("the-gioi", "phap-luat"))
    assert world == law


def test_q38_a_thousand_entries_in_their_own_order() -> None:
    items = [
        f"<title>Tin {n}</title><link>https://bao.example/tin-{n}.html</link>" for n in range(200_999, 199_999, -1)
    ]
    items[3], items[700] = items[700], items[3]
    text = body(*items).encode()
    assert len(text) < MAX_BYTES
    feed = parse_feed(text, url=URL)
    assert [f"<title>{each.title}</title><link>{each.url}</link>" for each in feed.entries] == items
    assert feed.skipped == ()


def test_q40_ttl_and_other_words_about_the_feed_do_no_harm() -> None:
    about = "<title>Báo</title><ttl>20</ttl><skipHours><hour>1</hour></skipHours><lastBuildDate>x</lastBuildDate>"
    text = body("<title>Tin</title><guid>1</guid>").replace("<title>Báo</title>", about)
    assert [each.title for each in parse_feed(text.encode(), url=URL).entries] == ["Tin"]


def test_q41_links_of_a_paper_that_moved_are_those_of_its_new_host() -> None:
    raw = RawEntry(None, "/thoi-su/tin-i712345/", "Tin", "", "", "")
    assert entry_of(raw, "https://cand.vn/rss/").url == "https://cand.vn/thoi-su/tin-i712345/"
