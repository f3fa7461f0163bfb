"""What became of an article, by any form of its address: in full, in both languages, on the command line."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from conftest import NOW
from digests.follows import follow
from digests.messages import MESSAGE_LIMIT, plain_text, telegram_length
from digests.models import Digest, DigestPart, SentStory, Story, StoryArticle
from digests.subscribers import add_subscription, change_subscription, subscribe, welcome
from digests.templates import LANGUAGES, render
from digests.why import Delivery, End, Page, link_in, why, why_article
from feeds.database import Database
from feeds.identity import article_identity
from feeds.models import Article, ArticleVersion, Document, Feed, Mention, RefusedEntry
from terminal import Terminal

DAY = timedelta(days=1)
LINK = "https://vnexpress.net/bo-cong-an-trien-khai-chi-thi-5111013.html"
CHAT = 7


def article(session: Session, link: str = LINK, **state: object) -> Article:
    """A kept article of VnExpress, first seen an hour ago."""
    usual: dict[str, object] = {
        "title": "Bộ Công an triển khai Chỉ thị 09-CT/TW", "lead": "", "text": "", "outlet": "VnExpress",
        "first_seen_at": NOW - timedelta(hours=1), "published_at": NOW - timedelta(hours=2), "state": "kept",
        "state_reason": "score 0.97", "score": 0.97, "topics": ["national_security"],
        "evidence": [{"start": 0, "end": 10, "phrase": "bảo vệ an ninh", "weight": 2.0}],
    }  # fmt: skip
    made = Article(identity=article_identity(link), url=link, position=hash(link) % 10**12, **(usual | state))  # type: ignore[arg-type]
    session.add(made)
    session.flush()
    return made


def feed(session: Session, url: str = "https://vnexpress.net/rss/thoi-su.rss", **state: object) -> Feed:
    made = Feed(url=url, outlet="VnExpress", level="national", next_check_at=NOW - DAY, section="Thời sự")
    session.add(made)
    for name, value in state.items():
        setattr(made, name, value)
    session.flush()
    return made


def said(session: Session, link: str = LINK, language: str = "vi", chat_id: int | None = None) -> str:
    found = why(session, link, chat_id=chat_id)
    html = render("why.html", language, why=found, timezone="Asia/Ho_Chi_Minh", now=NOW)
    assert telegram_length(html) <= MESSAGE_LIMIT
    assert "\n\n\n" not in html
    return plain_text(html)


@pytest.mark.parametrize(
    "link",
    [
        LINK,
        "https://vnexpress.net/tit-da-doi-5111013.html",
        "http://www.vnexpress.net/bo-cong-an-trien-khai-chi-thi-5111013.html?utm_source=zalo#binh-luan",
        "https://m.vnexpress.net/bo-cong-an-trien-khai-chi-thi-5111013.html",
        "https://amp.vnexpress.net/bo-cong-an-trien-khai-chi-thi-5111013.html",
    ],
)
def test_every_form_of_the_address_finds_the_article(sqlite: Database, link: str) -> None:
    with sqlite.session() as session:
        made = article(session)
        found = why(session, link)
        assert found.verdict
        assert found.verdict.article.id == made.id


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (LINK, LINK),
        (f"xem giúp ({LINK}).", LINK),
        ("vnexpress.net/a-5111013.html nhé", "https://vnexpress.net/a-5111013.html"),
        ("09-CT/TW", None),
        ("", None),
        ("chào bot", None),
        ("ftp://a.example", None),
        ("https://", None),
        ("/visao", None),
        ("x" * 100_000, None),
        ("aa." * 1000 + "vn/bai", None),
        ("tin" * 40 + ".vn/bai", None),
        ("xem a-1.m.bao.com.vn:8080/bai", "https://a-1.m.bao.com.vn:8080/bai"),
        ("https://a.example/" + "x" * 100_000, "https://a.example/" + "x" * (2000 - 18)),
    ],
)
def test_the_link_in_a_text(text: str, link: str | None) -> None:
    assert link_in(text) == link


@pytest.mark.parametrize(
    "link",
    ["https://[", "https://a.example:x/", "https://user:geheim@bao.example/bai", "http://bao.example/" + "/" * 1900],
)
def test_an_address_that_is_none_is_only_unknown(sqlite: Database, link: str) -> None:
    with sqlite.session() as session:
        answer = said(session, link)
    assert answer.startswith("Bot chưa từng thấy bài này.")
    assert "geheim" not in answer


@pytest.mark.parametrize(
    ("state", "end", "vi", "en"),
    [
        ({}, End.KEPT, "Được giữ lại: là chính sách an ninh.", "Kept: it is security policy."),
        ({"state": "near"}, End.NEAR, "Gần với chính sách an ninh", "Close to security policy"),
        ({"state": "left_out", "score": 0.03}, End.LEFT_OUT, "Bị bỏ qua", "Left out"),
        ({"state": "left_out", "ruled_out": True}, End.RULED_OUT, "Bị loại khi xem lại", "Ruled out by review"),
        ({"state": "reading", "second_due_at": NOW}, End.READING, "chờ lần đọc thứ hai", "the second reading"),
        ({"state": "reading", "page_due_at": NOW}, End.READING, "chờ trang báo", "its page is fetched first"),
        ({"published_at": NOW - 9 * DAY}, End.KEPT, "Nhưng đăng 8 ngày trước", "8 days before the bot saw it"),
        ({"origin": "import"}, End.KEPT, "Bài nhập từ tệp", "Imported from a file"),
    ],
)
def test_the_first_line_is_the_answer(database: Database, state: dict[str, object], end: End, vi: str, en: str) -> None:
    with database.session() as session:
        article(session, **state)
        found = why(session, LINK).verdict
        assert found
        assert found.end is end
        for language, words in (("vi", vi), ("en", en)):
            assert words in said(session, language=language).splitlines()[0]


def test_the_words_and_the_score_are_shown(sqlite: Database) -> None:
    with sqlite.session() as session:
        article(session)
        answer = said(session)
        assert "Những chữ quyết định: “bảo vệ an ninh”" in answer
        assert "0,97" in answer
        assert f"Bộ Công an triển khai Chỉ thị 09-CT/TW ({LINK})" in answer
        article(session, "https://vnexpress.net/a-5111014.html", state="left_out", topics=[], published_at=None)
        other = said(session, "https://vnexpress.net/a-5111014.html")
        assert "Những chữ gần chủ đề nhất:" in other
        assert "Ngày đăng không rõ" in other


@pytest.mark.parametrize(
    ("state", "page", "words"),
    [
        ({"page_read_at": NOW}, Page.READ, "Trang báo: đã đọc"),
        ({}, Page.NOT_NEEDED, "không cần đọc"),
        ({"page_due_at": NOW}, Page.WAITING, "chờ đọc"),
        ({"state_reason": "score 0.84; page paywall"}, Page.UNREADABLE, "không đọc được, bài phải trả tiền"),
        ({"state_reason": "score 0.84; page no_text"}, Page.UNREADABLE, "không tìm thấy nội dung bài"),
        ({"state_reason": "score 0.84; page ValueError"}, Page.UNREADABLE, "lỗi của bot"),
        ({"state_reason": "score 0.84; page removed later", "page_read_at": NOW}, Page.REMOVED, "sau đó báo đã gỡ"),
        (
            {"state_reason": "score 0.84; page http_503", "page_due_at": NOW},
            Page.UNREADABLE,
            "máy chủ gặp lỗi (503) (sẽ thử lại)",
        ),
    ],
)
def test_what_became_of_its_page(sqlite: Database, state: dict[str, object], page: Page, words: str) -> None:
    with sqlite.session() as session:
        article(session, **state)
        found = why(session, LINK).verdict
        assert found
        assert found.page is page
        assert words in said(session)


def test_feed_edits_repeats_story_and_documents(database: Database) -> None:
    with database.session() as session:
        source = feed(session)
        first = article(session, "https://ttxvn.example/goc-900001.html", outlet="TTXVN", title="Bài gốc")
        made = article(session, feed_id=source.id, original_id=first.id)
        versions = [
            ArticleVersion(article_id=made.id, replaced_at=NOW - n * DAY, title=title, lead="", text="")
            for n, title in ((3, "Tít đầu tiên"), (2, "Tít <b>cũ</b>"), (1, made.title))
        ]
        story = Story(created_at=NOW)
        session.add_all([*versions, story])
        session.flush()
        session.add_all(StoryArticle(article_id=one.id, story_id=story.id) for one in (first, made))
        for ordinal, (key, status, term) in enumerate(
            [("09-CT/TW", "presumed", None), ("05-CT/TW", "ambiguous", None), ("09-CT/TW", "presumed", None)]
        ):
            mention = Mention(
                position=made.position, ordinal=ordinal, start=0, end=1, raw="", form="", quote="", stage="mentioned",
                key=key, status=status, term=term,
            )  # fmt: skip
            mention.article_id = made.id
            session.add(mention)
        session.flush()
        answer = said(session)
        assert "Lặp lại bài: Bài gốc (https://ttxvn.example/goc-900001.html) (TTXVN)" in answer
        assert "1 bài khác lặp lại bài này" in said(session, "https://ttxvn.example/goc-900001.html")
        assert "qua nguồn VnExpress (Thời sự)" in answer
        assert "Báo đã sửa 3 lần, lần cuối bot thấy 07:00 19/11/2026" in answer
        assert "Trước 07:00 18/11/2026, tít là: “Tít <b>cũ</b>”" in answer
        assert "Until 07:00 18/11/2026 its headline was “Tít <b>cũ</b>”" in said(session, language="en")
        assert "Cùng một sự việc với 1 bài khác" in answer
        assert answer.count("• 09-CT/TW (chưa chắc đúng văn bản này)") == 1
        assert "• 05-CT/TW (chưa rõ là văn bản nào)" in answer


def subscribed(session: Session, **choices: object) -> None:
    welcome(session, CHAT, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    subscribe(session, CHAT, NOW, minute_of_day=480, **choices)  # type: ignore[arg-type]


def test_whether_and_when_the_chat_got_it(database: Database) -> None:
    with database.session() as session:
        made = article(session)
        assert why(session, LINK).verdict.delivery is None, "nobody asked for a chat"  # type: ignore[union-attr]

        def delivery() -> tuple[Delivery | None, datetime | None]:
            found = why_article(session, made.id, chat_id=CHAT)
            assert found
            assert found.verdict
            return found.verdict.delivery, found.verdict.delivered_at

        assert delivery() == (Delivery.UNSUBSCRIBED, None)
        subscribed(session)
        assert delivery() == (Delivery.NEXT, NOW + timedelta(hours=1))
        subscribed(session, topics=["drugs"])
        assert delivery() == (Delivery.OTHER_TOPICS, None)
        subscribed(session, topics=[], volume=-1)
        assert delivery() == (Delivery.FEWER, None)
        subscription = subscribe(session, CHAT, NOW, volume=0)
        subscription.covered_until = NOW + 3 * DAY
        assert delivery() == (Delivery.NOT_CHOSEN, None)
        story = Story(created_at=NOW)
        digest = Digest(
            subscription_id=subscription.id, chat_id=CHAT, due_at=NOW, window_start=NOW - DAY, window_end=NOW
        )
        session.add_all([story, digest])
        session.flush()
        session.add(StoryArticle(article_id=made.id, story_id=story.id))
        session.add(SentStory(chat_id=CHAT, story_id=story.id, digest_id=digest.id, at=NOW))
        session.flush()
        assert delivery() == (Delivery.SENDING, NOW)
        part = DigestPart(digest_id=digest.id, chat_id=CHAT, number=1, html="x", state="sent", sent_at=NOW)
        session.add(part)
        session.flush()
        assert delivery() == (Delivery.SENT, NOW)
        assert "Bạn đã nhận tin này lúc 07:00 20/11/2026." in said(session, chat_id=CHAT)
        assert why_article(session, 10**6, chat_id=CHAT) is None


def test_how_it_stands_with_several_subscriptions(database: Database) -> None:
    with database.session() as session:
        made = article(session, places=["Bến Tre"])
        session.add(Document(id="09-CT/TW#XI", key="09-CT/TW", token="t"))
        session.flush()
        mention = Mention(
            position=made.position, ordinal=0, start=0, end=8, raw="09-CT/TW", form="symbol", quote="", stage="issued",
            key="09-CT/TW", status="resolved", document_id="09-CT/TW#XI",
        )  # fmt: skip
        mention.article_id = made.id
        session.add(mention)
        subscribed(session, topics=["drugs"])

        def delivery() -> tuple[Delivery | None, datetime | None]:
            found = why_article(session, made.id, chat_id=CHAT)
            assert found
            assert found.verdict
            return found.verdict.delivery, found.verdict.delivered_at

        add_subscription(session, CHAT, NOW, cadence="instant")
        assert delivery() == (Delivery.OTHER_TOPICS, None)
        other = add_subscription(session, CHAT, NOW, places=["Cà Mau"], minutes=[600])
        for choices in ({"places": [], "outlets": ["Báo khác"]}, {"outlets": [], "no_words": ["bo cong an"]}):
            assert delivery() == (Delivery.OTHER_CHOICES, None)
            change_subscription(session, CHAT, other.id, NOW, **choices)  # type: ignore[arg-type]
        assert delivery() == (Delivery.OTHER_CHOICES, None)
        assert "ngoài các địa phương, báo hoặc từ ngữ bạn chọn" in said(session, chat_id=CHAT)
        change_subscription(session, CHAT, other.id, NOW, places=["Vĩnh Long"], no_words=[], any_words=["Bộ Công an"])
        assert delivery() == (Delivery.NEXT, NOW + timedelta(hours=3))
        follow(session, CHAT, "09-CT/TW#XI", NOW)
        assert delivery() == (Delivery.NEXT, NOW + timedelta(hours=1)), "whatever else was chosen"


def test_what_is_too_late_for_a_daily_digest_may_come_with_a_weekly_one(sqlite: Database) -> None:
    with sqlite.session() as session:
        made = article(session, published_at=NOW - 5 * DAY)
        subscribed(session)
        for cadence, is_late in (("daily", True), ("weekly", False), ("monthly", False)):
            first = subscribe(session, CHAT, NOW)
            change_subscription(session, CHAT, first.id, NOW, cadence=cadence)
            found = why_article(session, made.id, chat_id=CHAT)
            assert found
            assert found.verdict
            assert (found.verdict.too_late is not None) is is_late


@pytest.mark.parametrize("state", [{"state": "left_out"}, {"origin": "import"}, {"published_at": NOW - 30 * DAY}])
def test_what_goes_to_nobody_is_not_said_to_be_missing(sqlite: Database, state: dict[str, object]) -> None:
    with sqlite.session() as session:
        article(session, **state)
        subscribed(session)
        found = why(session, LINK, chat_id=CHAT).verdict
        assert found
        assert found.delivery is None


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_delivery_has_its_words(sqlite: Database, delivery: Delivery, language: str) -> None:
    with sqlite.session() as session:
        article(session)
        found = why(session, LINK)
        assert found.verdict
        found = replace(found, verdict=replace(found.verdict, delivery=delivery, delivered_at=NOW))
    html = render("why.html", language, why=found, timezone="Asia/Ho_Chi_Minh", now=NOW)
    last = html.rpartition("\n\n")[2]
    assert re.fullmatch(r"[^<]+" if delivery == Delivery.UNSUBSCRIBED else r"<b>[^<]+</b>", last), last


def test_an_unknown_link_tells_what_is_followed_there(sqlite: Database) -> None:
    with sqlite.session() as session:
        assert "Bot không theo dõi nguồn nào của trang này: bao.example" in said(session, "https://bao.example/a")
        feed(session)
        feed(session, "https://vnexpress.net/rss/phap-luat.rss", failures=30, failing_since=NOW - 9 * DAY,
             last_error="http_403: HTTP 403: https://vnexpress.net/rss?key=geheim", next_check_at=NOW,
             section="Pháp luật")  # fmt: skip
        feed(session, "https://vnexpress.net/rss/the-gioi.rss", paused=True, section="Thế giới")
        feed(session, "https://notvnexpress.net/rss", section="Khác")
        answer = said(session, "https://suckhoe.vnexpress.net/bai-moi-5999999.html")
        assert answer.startswith("Bot chưa từng thấy bài này.\nsuckhoe.vnexpress.net/bai-moi-5999999.html\n")
        assert "Bot theo dõi 3 nguồn của báo này:" in answer
        assert "• VnExpress (Thời sự): chưa đọc; từ 19/11/2026" in answer
        assert "• VnExpress (Pháp luật): đang lỗi (máy chủ từ chối (403)); từ" in answer
        assert "• VnExpress (Thế giới): tạm dừng" in answer
        assert "geheim" not in answer
        assert "since 19/11/2026" in said(session, "https://vnexpress.net/bai-moi-5999999.html", "en")


def test_a_feed_is_no_article(database: Database) -> None:
    with database.session() as session:
        feed(session, failures=30, failing_since=NOW - 9 * DAY, last_error="dns: x", next_check_at=NOW)
        feed(session, "https://vnexpress.net/rss/phap-luat.rss", section="Pháp luật")
        answer = said(session, "http://www.vnexpress.net/rss/thoi-su.rss")
        assert answer.splitlines()[0] == "Đây là một nguồn tin mà bot theo dõi, không phải một bài."
        assert "• VnExpress (Thời sự): đang lỗi (không tìm thấy tên miền)" in answer
        assert "Pháp luật" not in answer
        assert "Bot chưa từng thấy" not in answer
        assert said(session, "https://vnexpress.net/rss/thoi-su.rss", "en").startswith("This is a feed that the bot")


def test_an_entry_that_made_no_article_says_why(sqlite: Database) -> None:
    with sqlite.session() as session:
        source = feed(session)
        for reason, link in [
            ("an entry without title and text: https://x", LINK),
            ("something <new>", "https://vnexpress.net/b-5111019.html"),
        ]:
            session.add(
                RefusedEntry(
                    feed_id=source.id, identity=article_identity(link), title="Tít <b>", reason=reason, seen_at=NOW
                )
            )
        session.flush()
        answer = said(session)
        assert answer.startswith("Nguồn có mục này, nhưng không thành bài.\nMục không có tiêu đề lẫn nội dung.")
        assert "“Tít <b>”" in answer
        assert "something <new>" in said(session, "https://vnexpress.net/b-5111019.html", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_an_outlet_writes_fits_a_message(sqlite: Database, language: str) -> None:
    long = "<&đ😀" * 3000
    with sqlite.session() as session:
        made = article(
            session, title=long, outlet=long, evidence=[{"phrase": long}] * 9, state_reason=f"x; page {long}"
        )
        for ordinal in range(40):
            mention = Mention(
                position=1, ordinal=ordinal, start=0, end=1, raw="", form="", quote="", stage="",
                key=f"{ordinal}{long}",
                status="unknown",
            )  # fmt: skip
            mention.article_id = made.id
            session.add(mention)
        session.flush()
        said(session, language=language)
        for number in range(9):
            feed(session, f"https://bao.example/{number}", outlet=long, section=long, last_error=long, failures=1)
        said(session, "https://bao.example/x", language)


# The command line


def test_why_on_the_command_line(terminal: Terminal) -> None:
    assert terminal("migrate").code == 0
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    with database.session() as session:
        made = article(session, feed_id=feed(session).id)
        session.add(ArticleVersion(article_id=made.id, replaced_at=NOW, title="Tít cũ", lead="", text=""))
    database.close()
    told = terminal("why", "m.vnexpress.net/doi-tit-5111013.html?utm_source=x")
    assert told.code == 0
    assert told.out.startswith("Được giữ lại: là chính sách an ninh.\n")
    assert terminal("why", LINK, "--lang", "en").out.startswith("Kept: it is security policy.")
    as_json = json.loads(terminal("why", LINK, "--json").out)
    assert as_json["status"] == "article"
    assert as_json["article"]["state"] == "kept"
    assert as_json["article"]["evidence"] == ["bảo vệ an ninh"]
    assert as_json["article"]["versions"] == [{"title": "Tít cũ", "replaced": NOW.isoformat()}]
    own = terminal("why", "https://vnexpress.net/rss/thoi-su.rss", "--json")
    assert (own.code, json.loads(own.out)["status"]) == (0, "feed")
    assert as_json["article"]["feed"] == "https://vnexpress.net/rss/thoi-su.rss"


def test_why_of_what_was_never_seen_is_exit_code_1(terminal: Terminal) -> None:
    told = terminal("why", "https://bao.example/a-123456.html")
    assert (told.code, told.out.splitlines()[0]) == (1, "Bot chưa từng thấy bài này.")
    as_json = json.loads(terminal("why", "--json", "https://bao.example/a-123456.html").out)
    assert (as_json["status"], as_json["article"], as_json["feeds"]) == ("unseen", None, [])


@pytest.mark.parametrize("typed", ["09-CT/TW", "", "\ud800", "x" * 5000])
def test_rubbish_is_wrong_usage(terminal: Terminal, typed: str) -> None:
    told = terminal("why", typed)
    assert told.code == 2
    assert "is not a web address" in told.err
    assert len(told.err) < 500


def test_a_new_database_knows_the_bundled_feeds(terminal: Terminal) -> None:
    told = terminal("why", "https://vnexpress.net/chua-tung-thay-1234567.html")
    assert told.code == 1
    assert "Bot không theo dõi nguồn nào" not in told.out
    assert "nguồn của báo này" in told.out
