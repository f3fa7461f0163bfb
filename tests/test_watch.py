"""Follows of any kind: what meets them, who is told at once, what says why, and how often it would have been."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests import follows, watch
from digests.claim import claim_due, compose_one
from digests.cluster import fold_stories
from digests.followable import cited_documents, documents_in, followable
from digests.follows import (
    change_follow,
    drop_follow,
    find_follow,
    follow,
    follows_of,
    restore_follow,
    tell_at_once,
    unfollow,
)
from digests.frequency import frequency_of
from digests.models import DigestPart, Follow, Subscription
from digests.render import render_digest
from digests.saved import MAX_SAVED, count_saved, drop_article, save_article, saved_articles
from digests.subscribers import add_subscription, pause_subscription, subscriptions_of, welcome
from digests.views import DigestView, StoryView
from digests.waking import wake_followers, wake_instant
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.query import Query
from feeds.search import matching
from newsroom import POLICY, headlines, publish, told

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DRUGS = (
    "Bộ Công an ban hành kế hoạch phòng, chống ma túy tại Nghệ An",
    "Công an tỉnh Nghệ An mở cao điểm. Lực lượng chức năng triệt phá nhiều đường dây ma túy ở vùng biên.",
)
DECREE = (
    "Chính phủ ban hành Nghị định số 147/2025/NĐ-CP về bảo đảm an ninh, trật tự",
    "Nghị định số 147/2025/NĐ-CP của Chính phủ quy định việc bảo đảm an ninh, trật tự ở cơ sở.",
)


def subscriber(session: Session, kind: str, value: str, *, at_once: bool = True) -> Subscription:
    welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    follow(session, 1, value, NOW, kind=kind, at_once=at_once)
    return add_subscription(session, 1, NOW, cadence="instant")


def news(session: Session, title: str, lead: str, *, outlet: str = "Báo Mẫu", province: str | None = None) -> Article:
    article = publish(session, title, lead, seen=NOW, published=NOW, outlet=outlet, province=province)
    article.state = "kept"
    fold_stories(session)
    return article


JOINT = (
    "Triển khai Thông tư liên tịch số 01/2025/TTLT-BCA-BQP về bảo đảm an ninh",
    "Thông tư liên tịch số 01/2025/TTLT-BCA-BQP của Bộ Công an và Bộ Quốc phòng về bảo đảm an ninh, trật tự.",
)
MET = [
    ("issuer", "BCA", JOINT),
    ("issuer", "BQP", JOINT),
    ("words", "ma túy", DRUGS),
    ("words", "ma tuy nghe an", DRUGS),
    ("words", '"cao điểm" -bóng đá', DRUGS),
    ("place", "Nghệ An", DRUGS),
    ("number", "147/2025/NĐ-CP", DECREE),
    ("issuer", "CP", DECREE),
    ("document", "147/2025/NĐ-CP#2025", DECREE),
]
NOT_MET = [
    ("words", "ma túy -biên", DRUGS),
    ("words", "mà tuy", DRUGS),
    ("place", "Hà Tĩnh", DRUGS),
    ("number", "148/2025/NĐ-CP", DECREE),
    ("issuer", "BCA", DECREE),
    ("words", "chủ đề:", DRUGS),
]


@pytest.mark.parametrize(("kind", "value", "article"), MET)
def test_what_meets_a_follow_wakes_and_is_told(
    database: Database, kind: str, value: str, article: tuple[str, str]
) -> None:
    with database.session() as session:
        subscription = subscriber(session, kind, value)
        news(session, *article)
        assert wake_instant(session, NOW) == 1
        view = told(session, subscription, NOW + HOUR)
        assert headlines(view) == [article[0]]
        assert [(reason.kind, reason.value) for reason in view.stories[0].reasons] == [(kind, value)]


@pytest.mark.parametrize(("kind", "value", "article"), NOT_MET)
def test_what_does_not_meet_a_follow_wakes_nobody(
    database: Database, kind: str, value: str, article: tuple[str, str]
) -> None:
    with database.session() as session:
        subscription = subscriber(session, kind, value)
        news(session, *article)
        assert wake_instant(session, NOW) == 0
        assert headlines(told(session, subscription, NOW + HOUR)) == []


@pytest.mark.parametrize(
    ("kind", "value"), [("number", "147/2025/NĐ-CP"), ("issuer", "CP"), ("document", "147/2025/NĐ-CP#?")]
)
def test_a_recognition_that_was_withdrawn_meets_nothing(sqlite: Database, kind: str, value: str) -> None:
    with sqlite.session() as session:
        subscription = subscriber(session, kind, value)
        news(session, "Bộ Công an ban hành kế hoạch bảo đảm an ninh", DECREE[1])
        session.execute(update(Mention).values(status="withdrawn", document_id=None))
        assert wake_instant(session, NOW) == 0
        assert headlines(told(session, subscription, NOW + HOUR)) == []


def test_what_is_nearly_policy_meets_words_and_documents_but_no_place_and_no_issuer(sqlite: Database) -> None:
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        for kind, value in (("place", "Nghệ An"), ("issuer", "CP"), ("words", "ma túy"), ("number", "147/2025/NĐ-CP")):
            follow(session, 1, value, NOW, kind=kind)
        subscription = add_subscription(session, 1, NOW, cadence="instant")
        for one in (DRUGS, DECREE):
            news(session, *one).state = "near"
        session.flush()
        view = told(session, subscription, NOW + HOUR)
        assert {reason.kind for story in view.stories for reason in story.reasons} == {"words", "number"}


def test_a_follow_that_is_not_told_at_once_heads_the_digest_only(database: Database) -> None:
    with database.session() as session:
        instant = subscriber(session, "words", "ma túy", at_once=False)
        follow(session, 1, "CP", NOW, kind="issuer")
        daily = add_subscription(session, 1, NOW)
        news(session, *DRUGS)
        assert wake_instant(session, NOW) == 0
        news(session, *DECREE)
        assert wake_instant(session, NOW) == 1
        assert headlines(told(session, instant, NOW + HOUR)) == [DECREE[0]]
        view = told(session, daily, NOW + 2 * HOUR)
        assert (view.sections[0].kind, headlines(view)) == ("followed", [DRUGS[0]]), "told once, and first"


def test_one_item_says_all_its_reasons_in_one_line_with_the_sentence(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = subscriber(session, "words", "ma túy -bóng đá")
        follow(session, 1, "Nghệ An", NOW, kind="place", at_once=False)
        news(session, *DRUGS)
        (message,) = render_digest(told(session, subscription, NOW + HOUR))
    assert "<i>Vì bạn theo dõi tìm kiếm “ma túy -bóng đá”, Nghệ An</i>" in message.html
    sentence = "Lực lượng chức năng triệt phá nhiều đường dây ma túy ở vùng biên."
    assert f"<blockquote>{sentence}</blockquote>" in message.html
    assert message.html.count(sentence) == 1, "the summary does not say it again"
    labels = {label: action for row in message.buttons for label, action in row}
    assert labels["Bỏ theo dõi “ma túy -bóng đá”"].startswith("enough:")
    assert {"Lưu", "Vì sao", "Bỏ theo dõi Nghệ An"} <= labels.keys()
    assert message.html.startswith("<b>Có tin bạn theo dõi</b>")


def test_the_sentence_is_of_the_report_that_cites_and_says_more_than_the_headline(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = subscriber(session, "document", "09-CT/TW#XI")
        article = news(session, *POLICY)
        view = told(session, subscription, NOW + HOUR)
        mention = session.scalars(select(Mention).where(Mention.article_id == article.id, Mention.ordinal == 1)).one()
        assert view.stories[0].quote == mention.quote == POLICY[1], "verbatim"
        assert view.stories[0].quoted == view.stories[0].head
        session.execute(update(Follow).values(value="10-CT/TW#XI"))
        only_headline = publish(session, "Triển khai Chỉ thị số 10-CT/TW khóa XI", seen=NOW, published=NOW, outlet="B")
        only_headline.state = "kept"
        fold_stories(session)
        session.execute(update(Mention).where(Mention.key == "10-CT/TW").values(document_id=None, status="unknown"))
        follow(session, 1, "10-CT/TW", NOW, kind="number")
        (story,) = told(session, subscription, NOW + 2 * HOUR).stories
        assert (story.quote, story.quoted) == ("", None), "the headline says it"
        (message,) = render_digest(view_of(story, view))
    assert "Đã thấy văn bản 10-CT/TW" in message.html


def view_of(story: StoryView, view: DigestView) -> DigestView:
    """The view with this story only."""
    section = replace(view.sections[0], stories=(story,))
    return replace(view, sections=(section,))


def test_follows_are_changed_dropped_and_restored_by_their_own_chat_only(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2):
            welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        assert follow(session, 1, "  ma   túy ", NOW, kind="words", note="cho  báo cáo")
        (one,) = follows_of(session, 1)
        assert (one.value, one.note, one.at_once) == ("ma túy", "cho báo cáo", True)
        assert change_follow(session, 2, one.id, at_once=False) is None
        assert drop_follow(session, 2, one.id) is None
        assert change_follow(session, 1, one.id, at_once=False, note="x" * 999)
        assert (one.at_once, len(one.note)) == (False, follows.MAX_NOTE)
        number = one.id
        dropped = drop_follow(session, 1, number)
        assert dropped is not None
        assert follows_of(session, 1) == []
        follow(session, 1, "Nghệ An", NOW, kind="place")
        restored = restore_follow(session, 1, dropped)
        assert (restored.id, restored.note, restored.at_once) == (number, "x" * follows.MAX_NOTE, False)
        assert restore_follow(session, 1, dropped) is restored
        assert unfollow(session, 1, "ma túy", "words")
        assert find_follow(session, 1, "ma túy", "words") is None


def test_an_id_is_of_one_follow_for_ever(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        follow(session, 1, "ma túy", NOW, kind="words")
        first = follows_of(session, 1)[0].id
        drop_follow(session, 1, first)
        follow(session, 1, "bóng đá", NOW, kind="words")
        assert follows_of(session, 1)[0].id != first


def test_searches_are_fewer_than_follows(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follows, "MAX_SEARCHES", 1)
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        follow(session, 1, "ma túy", NOW, kind="words")
        with pytest.raises(ValueError, match="searches"):
            follow(session, 1, "cần sa", NOW, kind="words")
        assert follow(session, 1, "Nghệ An", NOW, kind="place")
        for wrong in ("", " ", "x" * (follows.MAX_VALUE + 1)):
            with pytest.raises(ValueError, match="characters"):
                follow(session, 1, wrong, NOW, kind="place")


def test_who_wishes_to_be_told_at_once_is_once(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        for _ in range(2):
            tell_at_once(session, 1, NOW, thread_id=7, owner_id=5)
        (one,) = subscriptions_of(session, 1)
        assert (one.cadence, one.enabled, one.thread_id, one.owner_id) == ("instant", True, 7, 5)
        one.enabled = False
        tell_at_once(session, 1, NOW, thread_id=None, owner_id=None)
        assert [(s.id, s.enabled) for s in subscriptions_of(session, 1)] == [(one.id, True)]
        pause_subscription(session, 1, one.id, NOW + HOUR, NOW)
        tell_at_once(session, 1, NOW, thread_id=None, owner_id=None)
        assert one.paused_until == NOW + HOUR, "a pause is the reader's wish"


@pytest.mark.parametrize(("kind", "value", "article"), MET)
def test_how_often_it_would_have_been(database: Database, kind: str, value: str, article: tuple[str, str]) -> None:
    with database.session() as session:
        for days in (1, 6, 20, 40):
            one = publish(session, *article, seen=NOW, published=NOW - timedelta(days=days), outlet=f"Báo {days}")
            one.state = "kept"
        session.flush()
        found = frequency_of(session, kind, value, NOW)
        assert (found.week, found.month) == (2, 3)
        assert [view.outlet for view in found.latest] == ["Báo 1", "Báo 6", "Báo 20"]
        assert not found.is_much


@pytest.mark.parametrize(
    ("typed", "marks"),
    [
        ("09-CT/TW", [("document", "09-CT/TW#XI")]),
        ("05-CT/TW", [("document", "05-CT/TW#XII"), ("document", "05-CT/TW#X")]),
        ("99-CT/TW", [("number", "99-CT/TW")]),
        ("tỉnh Bến Tre", [("place", "Vĩnh Long")]),
        ("địa: Nghệ An", [("place", "Nghệ An")]),
        ("Bộ Công an", [("issuer", "BCA")]),
        ("BCA", [("issuer", "BCA")]),
        ("cơ quan:Chính phủ", [("issuer", "CP")]),
        ("cơ quan:Ban Bí thư", [("words", "cơ quan:Ban Bí thư")]),
        ("ma túy  -bóng đá", [("words", "ma túy -bóng đá")]),
        ("ma túy địa:Nghệ An", [("words", "ma túy địa:Nghệ An")]),
        ("từ:7 ngày", []),
        ("-bóng đá", []),
        ("-bóng đá -địa:Nghệ An từ:2025", []),
        ("từ:7 ngày địa:Nghệ An", [("words", "từ:7 ngày địa:Nghệ An")]),
        ("…", []),
        ("", []),
    ],
)
def test_what_is_meant_by_what_is_typed(sqlite: Database, typed: str, marks: list[tuple[str, str]]) -> None:
    with sqlite.reading() as session:
        assert list(followable(session, typed)) == marks


def test_the_documents_of_an_answered_message(sqlite: Database) -> None:
    with sqlite.session() as session:
        one, two = news(session, *POLICY), news(session, *DECREE, outlet="Báo Hai")
        found = cited_documents(session, [two.id, one.id])
        assert found == [("document", "147/2025/NĐ-CP#2025"), ("document", "09-CT/TW#XI")]
    assert documents_in("Theo Chỉ thị 99-CT/TW và " + POLICY[1]) == [
        ("number", "99-CT/TW"),
        ("document", "09-CT/TW#XI"),
    ]
    assert documents_in("Ban hành Chỉ thị số 05-CT/TW về tăng cường lãnh đạo.") == [
        ("document", "05-CT/TW#XII"),
        ("document", "05-CT/TW#X"),
    ], "as where it is typed, the reader says which"


def test_articles_are_kept_once_and_by_pages(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        articles = [news(session, *POLICY, outlet=f"Báo {number}") for number in range(6)]
        for number, article in enumerate(articles):
            assert save_article(session, 1, article.id, NOW + number * HOUR)
        assert not save_article(session, 1, articles[0].id, NOW)
        with pytest.raises(LookupError):
            save_article(session, 1, 10**12, NOW)
        assert [view.outlet for view in saved_articles(session, 1, 0)] == [f"Báo {n}" for n in (5, 4, 3, 2, 1)]
        assert [view.outlet for view in saved_articles(session, 1, 1)] == ["Báo 0"]
        assert drop_article(session, 1, articles[5].id)
        assert not drop_article(session, 1, articles[5].id)
        assert count_saved(session, 1) == 5
        assert MAX_SAVED >= 100
        monkeypatch.setattr("digests.saved.MAX_SAVED", 5)
        with pytest.raises(ValueError, match="at most"):
            save_article(session, 1, articles[5].id, NOW)


def test_a_number_that_was_waited_for_becomes_the_document_once_it_is_told(database: Database) -> None:
    with database.session() as session:
        one = subscriber(session, "number", "147/2025/NĐ-CP")
        follow(session, 1, "88-CT/TW", NOW, kind="number")
        news(session, *DECREE)
        news(session, "Triển khai Chỉ thị số 88-CT/TW về bảo đảm an ninh", "", outlet="Báo Hai")
        assert wake_instant(session, NOW) == 1
        assert claim_due(session, NOW + MINUTE)
        while compose_one(session, NOW + MINUTE):
            pass
        html = "".join(session.scalars(select(DigestPart.html).order_by(DigestPart.id)))
        assert "Đã thấy văn bản 147/2025/NĐ-CP" in html
        assert "Đã thấy văn bản 88-CT/TW" in html
        assert {(one.kind, one.value) for one in follows_of(session, 1)} == {
            ("document", "147/2025/NĐ-CP#2025"),
            ("number", "88-CT/TW"),
        }, "what is not certain stays a number"
        assert one.enabled


AWAITED = "Ban Bí thư ban hành Chỉ thị số {} ngày {} của Ban Bí thư khóa {} về bảo đảm an ninh, trật tự."


@pytest.mark.parametrize(
    ("number", "day", "term", "becomes"),
    [
        ("77-CT/TW", "19/11/2026", "XIV", ("document", "77-CT/TW#XIV")),
        ("77-CT/TW", "14/7/2009", "X", ("number", "77-CT/TW")),
        ("05-CT/TW", "14/7/2006", "X", ("number", "05-CT/TW")),
    ],
)
def test_a_number_becomes_no_document_that_was_not_waited_for(
    database: Database, number: str, day: str, term: str, becomes: tuple[str, str]
) -> None:
    """Each congress term has its own Directive 77, and what is told of one that is waited for may be a look back."""
    with database.session() as session:
        subscriber(session, "number", number)
        session.execute(update(Follow).values(since=NOW - timedelta(days=20)))
        news(
            session,
            f"Ban Bí thư ban hành Chỉ thị số {number} khóa {term} về an ninh",
            AWAITED.format(number, day, term),
        )
        assert wake_instant(session, NOW) == 1
        assert claim_due(session, NOW + MINUTE)
        assert compose_one(session, NOW + MINUTE)
        assert [(one.kind, one.value) for one in follows_of(session, 1)] == [becomes]


def test_one_search_that_cannot_be_asked_for_stops_nobody_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(session: Session, query: Query, article_ids: Collection[int]) -> set[int]:
        if query.text == "ma túy":
            session.execute(text("SELECT nothing FROM nowhere"))
        return matching(session, query, article_ids)

    monkeypatch.setattr(watch, "matching", failing)
    with database.session() as session:
        subscriber(session, "words", "ma túy")
        welcome(session, 2, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        follow(session, 2, "cao điểm", NOW, kind="words")
        other = add_subscription(session, 2, NOW, cadence="instant")
        news(session, *DRUGS)
    assert wake_followers(database, NOW) == 1
    with database.reading() as session:
        assert session.get_one(Subscription, other.id).next_due_at == NOW


def test_an_equal_search_is_asked_for_once_for_all_chats(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noting(session: Session, query: Query, article_ids: Collection[int]) -> set[int]:
        asked.append(query.text)
        return matching(session, query, article_ids)

    monkeypatch.setattr(watch, "matching", noting)
    with sqlite.session() as session:
        for chat_id in range(1, 6):
            welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
            follow(session, chat_id, "ma túy", NOW, kind="words")
            add_subscription(session, chat_id, NOW, cadence="instant")
        for number in range(3):
            news(session, *DRUGS, outlet=f"Báo {number}")
        assert wake_instant(session, NOW) == 5
    assert asked == ["ma túy"]
