"""What was told and is not so is told once, quietly, with the next digest; what was right is never corrected."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests.claim import claim_due, compose_one, give_back
from digests.cluster import fold_stories
from digests.compose import compose_preview
from digests.corrections import MOST, find_corrections
from digests.edition import CORRECTED_FOR, revised_stories
from digests.feedback import Kind, decide, open_reports, store_feedback
from digests.messages import plain_text
from digests.models import Correction, Digest, DigestPart, SentStory, Story, StoryArticle, Subscription
from digests.posting import post_more
from digests.subscribers import find_reader, forget
from digests.views import CorrectionView, StageCorrection
from feeds.analyse import analyse
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.reindex import reindex
from feeds.store import NewArticle, published_on, store_analysis
from newsroom import POLICY, publish, reader, stored

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TITLE, LEAD = POLICY
ISSUED = "Chính phủ ban hành Nghị định số 340/2026/NĐ-CP về bảo đảm an ninh mạng, an toàn thông tin"
DRAFTED = ISSUED.replace("ban hành", "lấy ý kiến về dự thảo")
REVIEW = "Bộ Công an sơ kết 5 năm thực hiện Chỉ thị số 09-CT/TW về phong trào bảo vệ an ninh Tổ quốc"
UNSURE = "Bộ Công an sơ kết Chỉ thị số 09-CT/TW về an ninh"
PLACES = ("Hà Tĩnh", "Nghệ An", "Đồng Nai", "Cà Mau", "Lào Cai", "Sơn La", "Lai Châu", "Điện Biên", "Cao Bằng")


def news(session: Session, title: str = TITLE, lead: str = LEAD, *, outlet: str = "Báo Mẫu") -> Article:
    return publish(session, title, lead, seen=NOW - HOUR, published=NOW - HOUR, outlet=outlet)


def edited(session: Session, article: Article, *, at: datetime = NOW + HOUR, **parts: str) -> None:
    """The article as its outlet's feed gives it after an edit."""
    said = NewArticle(
        identity=article.identity,
        url=article.url,
        outlet=article.outlet,
        title=article.title,
        lead=article.lead,
        text=article.text,
        published=article.published_at,
    )
    new = replace(said, **parts)
    analysis = analyse(new.title, new.lead, new.text, published=published_on(new.published))
    stored(session, new, analysis, at)


def arrived(session: Session, digest_ids: Sequence[int]) -> None:
    session.execute(update(DigestPart).where(DigestPart.digest_id.in_(digest_ids)).values(state="sent"))
    session.execute(update(Digest).where(Digest.id.in_(digest_ids)).values(state="done"))


def composed(session: Session, at: datetime) -> Sequence[int]:
    """The ids of the digests of all chats, due and composed at `at`."""
    session.execute(update(Subscription).values(next_due_at=at))
    before = session.scalar(select(func.coalesce(func.max(Digest.id), 0)))
    claim_due(session, at)
    while compose_one(session, at):
        pass
    states = {row.id: row.state for row in session.scalars(select(Digest).where(Digest.id > before))}
    assert "due" not in states.values(), "a digest was not composed"
    return list(states)


def sent(session: Session, at: datetime) -> None:
    """All chats get the digest that is due at `at`."""
    arrived(session, composed(session, at))


def found(session: Session, at: datetime = NOW + DAY, *, chat_id: int = 1, language: str = "vi") -> CorrectionView:
    (view,) = find_corrections(session, chat_id, at, language)
    return view


def told(session: Session) -> list[tuple[int, int]]:
    """(chat, digest) of the corrections there are."""
    rows = session.execute(select(Correction.chat_id, Correction.digest_id).order_by(Correction.digest_id))
    return [(row.chat_id, row.digest_id) for row in rows]


def last_parts(session: Session, chat_id: int = 1) -> list[DigestPart]:
    newest = select(func.max(Digest.id)).where(Digest.chat_id == chat_id).scalar_subquery()
    query = select(DigestPart).where(DigestPart.digest_id == newest).order_by(DigestPart.number)
    return list(session.scalars(query))


@pytest.fixture
def one_told(database: Database) -> Database:
    """Chat 1 was sent one story, which cites 09-CT/TW of term XI."""
    with database.session() as session:
        news(session)
        reader(session, 1, NOW)
        sent(session, NOW)
    return database


def the_article(session: Session) -> Article:
    return session.scalars(select(Article).order_by(Article.id).limit(1)).one()


# What is corrected


def test_another_document(one_told: Database) -> None:
    with one_told.session() as session:
        article = the_article(session)
        edited(session, article, title=TITLE.replace("09-CT", "19-CT"), lead="Sáng nay, Bộ Công an họp bàn về an ninh.")
        view = found(session)
        assert (view.removed, view.added) == (("09-CT/TW (khóa XI)",), ("19-CT/TW",))
        assert view.told_at == NOW
        assert (view.stages, view.not_of_it, view.withdrawn) == ((), (), ())
        assert found(session, language="en").removed == ("09-CT/TW (term XI)",)


def test_another_term_of_the_same_number(database: Database) -> None:
    with database.session() as session:
        lead = "Hội nghị quán triệt Chỉ thị số 05-CT/TW ngày 15/5/2016 của Bộ Chính trị (khóa XII) về an ninh."
        article = news(session, "Bộ Công an quán triệt Chỉ thị về bảo vệ an ninh", lead)
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        assert [identity for identity, *_ in shown["documents"]] == ["05-CT/TW#XII"]
        edited(session, article, lead=lead.replace("ngày 15/5/2016", "ngày 14/10/2006").replace("XII", "X"))
        view = found(session)
    assert (view.removed, view.added) == (("05-CT/TW (khóa XII)",), ("05-CT/TW (khóa X)",))


def test_what_is_only_drafted(database: Database) -> None:
    with database.session() as session:
        article = news(session, ISSUED, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, title=DRAFTED)
        view = found(session)
    assert view.stages == (StageCorrection("340/2026/NĐ-CP", ("issued", None), ("drafted", None)),)
    assert (view.removed, view.added) == ((), ())
    assert view.title_was == ISSUED


def test_a_review_of_other_years(database: Database) -> None:
    with database.session() as session:
        article = news(session, REVIEW, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, title=REVIEW.replace("5 năm", "10 năm"))
        view = found(session)
    assert [(stage.was, stage.now) for stage in view.stages] == [(("interim_review", 5), ("interim_review", 10))]


def test_a_review_that_is_only_asked_for(database: Database) -> None:
    with database.session() as session:
        article = news(session, REVIEW, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, title=f"Bộ Công an yêu cầu {REVIEW[0].lower()}{REVIEW[1:]}".replace("5 năm", "10 năm"))
        view = found(session)
    assert [(stage.now, stage.is_held) for stage in view.stages] == [(("interim_review", 10), False)]


def test_a_review_that_is_dated_after_its_article(database: Database) -> None:
    with database.session() as session:
        article = news(session, REVIEW, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(
            session, article, title=f"Năm {NOW.year + 1}: {REVIEW[0].lower()}{REVIEW[1:]}".replace("5 năm", "10 năm")
        )
        view = found(session)
    assert [(stage.now, stage.is_held) for stage in view.stages] == [(("interim_review", 10), False)]


def test_a_headline_that_says_the_contrary(database: Database) -> None:
    with database.session() as session:
        article = news(session, "Công an Hà Nội xử lý vi phạm an ninh mạng vượt 1.600 vụ", LEAD)
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, title="Công an Hà Nội xử lý vi phạm an ninh mạng không vượt 1.600 vụ")
        view = found(session)
    assert view.title_was == "Công an Hà Nội xử lý vi phạm an ninh mạng vượt 1.600 vụ"
    assert view.head.title == "Công an Hà Nội xử lý vi phạm an ninh mạng không vượt 1.600 vụ"


@pytest.mark.parametrize("takes_head", [True, False])
def test_a_report_of_another_event(database: Database, takes_head: bool) -> None:
    with database.session() as session:
        news(session)
        news(session, outlet="Báo Khác")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        head, other = shown["reports"]
        own = Story(created_at=NOW + HOUR)
        session.add(own)
        session.flush()
        moved = head if takes_head else other
        session.execute(update(Story).where(Story.id != own.id).values(split_at=NOW + HOUR))
        session.execute(update(StoryArticle).where(StoryArticle.article_id == moved).values(story_id=own.id))
        view = found(session)
        sent(session, NOW + DAY)
        again = find_corrections(session, 1, NOW + 2 * DAY, "vi")
    # Whichever was moved: under that headline the other does not belong.
    assert [article.article_id for article in view.not_of_it] == [other]
    assert view.head.article_id == head
    assert view.removed == ()
    assert again == ()


@pytest.mark.parametrize("is_head", [True, False])
def test_a_report_that_review_found_to_be_no_policy(database: Database, is_head: bool) -> None:
    with database.session() as session:
        news(session)
        news(session, outlet="Báo Khác")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        article_id = shown["reports"][0 if is_head else 1]
        store_feedback(session, 1, article_id, Kind.IRRELEVANT, NOW + HOUR)
        (report,) = open_reports(session)
        changed = decide(session, {report.id: True}, NOW + HOUR)
    reindex(database, lambda: NOW + HOUR, only=changed)
    with database.session() as session:
        assert [article.article_id for article in found(session).withdrawn] == [article_id]
        sent(session, NOW + DAY)
        assert len(told(session)) == 1
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == ()


def test_a_wrong_document_from_the_chat_to_its_correction(one_told: Database) -> None:
    """A reader says so, review accepts it, the article is read again: the next digest has it, the one after has not."""
    with one_told.session() as session:
        article = the_article(session)
        store_feedback(session, 1, article.id, Kind.WRONG_DOCUMENT, NOW + HOUR, document_id="09-CT/TW#XI")
        (report,) = open_reports(session)
        changed = decide(session, {report.id: True}, NOW + 2 * HOUR)
    reindex(one_told, lambda: NOW + 2 * HOUR, only=changed)
    with one_told.session() as session:
        sent(session, NOW + DAY)
        parts = last_parts(session)
        assert "09-CT/TW (khóa XI)" in plain_text(parts[-1].html)
        assert "Có nhắc tới" not in plain_text(parts[-1].html)
        assert parts[-1].silent
        (row,) = session.scalars(select(Correction))
        assert (row.digest_id, row.part) == (parts[-1].digest_id, parts[-1].number)
        sent(session, NOW + 2 * DAY)
        assert len(told(session)) == 1
        assert "09-CT/TW" not in plain_text(last_parts(session)[-1].html)


def test_what_is_in_doubt_now(database: Database) -> None:
    with database.session() as session:
        article = news(session, UNSURE, LEAD)
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, lead="")
        view = found(session)
        assert (view.removed, view.added, view.doubtful) == ((), (), ("09-CT/TW (khóa XI)",))
        sent(session, NOW + DAY)
        assert "Chưa chắc là văn bản này, dù đã báo: 09-CT/TW (khóa XI)" in plain_text(last_parts(session)[-1].html)
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == ()
        # It turns out to be that one after all.
        edited(session, article, lead=LEAD, at=NOW + 30 * HOUR)
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == ()


# What is not


@pytest.mark.parametrize(
    "parts",
    [
        {"title": TITLE.replace(" ", "\u00a0")},
        {"title": TITLE.upper()},
        {"title": f"Video: {TITLE}"},
        {"title": TITLE.replace("Bộ Công an", "Bộ CA")},
        {"title": f"“{TITLE}”."},
        {"lead": f"{LEAD} Hội nghị cũng bàn về Nghị định số 13/2023/NĐ-CP."},
        {"text": "Hội nghị cũng bàn về Nghị định số 13/2023/NĐ-CP."},
        {"lead": LEAD.replace("triển khai thực hiện", "quán triệt")},
        {},
    ],
)
def test_what_is_no_correction(one_told: Database, parts: dict[str, str]) -> None:
    with one_told.session() as session:
        edited(session, the_article(session), **parts)
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_a_page_that_is_read_after_the_digest_adds_documents(one_told: Database) -> None:
    text = "Hội nghị quán triệt thêm Chỉ thị số 46-CT/TW và Nghị định số 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân."
    with one_told.session() as session:
        article = the_article(session)
        article.text = text
        assert store_analysis(session, article, analyse(*article.parts, published=NOW.date()), NOW + HOUR)
        assert article.revised_at == NOW + HOUR
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()
        # What was not shown and is taken back was never told.
        article.text = ""
        store_analysis(session, article, analyse(*article.parts, published=NOW.date()), NOW + 2 * HOUR)
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_a_doubt_that_is_settled(database: Database) -> None:
    with database.session() as session:
        article = news(session, UNSURE, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        assert [identity for identity, *_ in shown["documents"]] == ["09-CT/TW"]
        edited(session, article, lead=LEAD)
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_reading_again_changes_nothing(one_told: Database) -> None:
    reindex(one_told, lambda: NOW + HOUR, everything=True)
    with one_told.session() as session:
        assert the_article(session).revised_at is None
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_a_repeated_report_that_comes_later(one_told: Database) -> None:
    with one_told.session() as session:
        publish(session, *POLICY, seen=NOW + HOUR, published=NOW, outlet="Báo Khác")
        sent(session, NOW + DAY)
        assert told(session) == []


def test_a_document_that_another_report_of_the_story_still_cites(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        news(session, outlet="Báo Khác")
        reader(session, 1, NOW)
        sent(session, NOW)
        edited(session, article, lead="Sáng nay, Bộ Công an tổ chức hội nghị toàn quốc về an ninh Tổ quốc.")
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_a_verdict_that_turns(one_told: Database) -> None:
    with one_told.session() as session:
        article = the_article(session)
        article.state, article.revised_at = "left_out", NOW + HOUR
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_other_words_for_the_same_stage(database: Database) -> None:
    with database.session() as session:
        article = news(session, "Công an tỉnh Hà Tĩnh thực hiện Nghị định số 10/2024/NĐ-CP về an ninh", "")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        edited(session, article, title=article.title.replace("thực hiện", "quán triệt"))
        (stage,) = session.scalars(select(Mention.stage))
        assert [shown["documents"][0][1], stage] == ["implemented", "rolled_out"]
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_articles_that_are_stored_no_longer(database: Database) -> None:
    with database.session() as session:
        fuller = publish(session, *POLICY, "Hội nghị kết thúc trong ngày. " * 20, seen=NOW - HOUR, published=NOW - HOUR)
        other = publish(session, *POLICY, "Bàn về Nghị định số 13/2023/NĐ-CP.", seen=NOW - HOUR, outlet="Báo Khác")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        assert shown["reports"] == [fuller.id, other.id]
        assert len(shown["documents"]) == 2
        fuller.revised_at = NOW + HOUR
        session.execute(delete(Article).where(Article.id == other.id))
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()
        session.execute(update(Story).values(split_at=NOW + HOUR))
        session.execute(delete(Article).where(Article.id == fuller.id))
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


# When, to whom and how often


def test_each_chat_that_had_it_is_told_once(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        for chat_id in (1, 2):
            reader(session, chat_id, NOW)
        sent(session, NOW)
        edited(session, article, title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        reader(session, 3, NOW + DAY)
        sent(session, NOW + DAY)
        assert sorted(chat_id for chat_id, _ in told(session)) == [1, 2]
        sent(session, NOW + 2 * DAY)
        assert len(told(session)) == 2
        # Taken back: another error than the first.
        edited(session, article, at=NOW + 50 * HOUR, title=TITLE)
        sent(session, NOW + 3 * DAY)
        assert len(told(session)) == 4


def test_a_digest_that_did_not_arrive_brings_it_again(one_told: Database) -> None:
    with one_told.session() as session:
        edited(session, the_article(session), title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        (lost,) = composed(session, NOW + DAY)
        assert told(session) == [(1, lost)]
        give_back(session, session.get_one(Digest, lost))
        assert told(session) == []
        sent(session, NOW + 2 * DAY)
        assert [digest_id for _, digest_id in told(session)] > [lost]


def test_a_story_that_is_still_on_its_way(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        reader(session, 1, NOW)
        ids = composed(session, NOW)
        edited(session, article, title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()
        arrived(session, ids)
        assert found(session).title_was == TITLE


def test_what_never_arrived_is_not_corrected(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        reader(session, 1, NOW)
        (lost,) = composed(session, NOW)
        give_back(session, session.get_one(Digest, lost))
        edited(session, article, title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


@pytest.mark.parametrize(("age", "is_told"), [(CORRECTED_FOR, True), (CORRECTED_FOR + SECOND, False)])
def test_only_what_was_told_of_late(one_told: Database, age: timedelta, is_told: bool) -> None:
    with one_told.session() as session:
        edited(session, the_article(session), title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        assert bool(find_corrections(session, 1, NOW + age, "vi")) == is_told


def test_a_digest_without_news_comes_quietly_for_them(one_told: Database) -> None:
    with one_told.session() as session:
        session.execute(update(Subscription).values(tells_empty=False))
        sent(session, NOW + DAY)
        assert last_parts(session) == []
        edited(session, the_article(session), title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        sent(session, NOW + 2 * DAY)
        (part,) = last_parts(session)
        assert part.silent
        assert TITLE in plain_text(part.html)


def test_the_chat_of_another_language_is_told_no_differences_of_names(one_told: Database) -> None:
    with one_told.session() as session:
        the_article(session).revised_at = NOW + HOUR
        assert find_corrections(session, 1, NOW + DAY, "en") == ()


def test_a_story_that_was_asked_for(database: Database) -> None:
    """Of a digest whose most items are one, the other is sent by "more"."""
    with database.session() as session:
        for number, place in enumerate(PLACES[:2], start=10):
            news(session, f"Công an tỉnh {place} triển khai Nghị định số {number}/2024/NĐ-CP về an ninh", "")
        subscription = reader(session, 1, NOW)
        subscription.most = 1
        sent(session, NOW)
        digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
        assert known is not None
        assert post_more(session, known, digest.id, NOW + SECOND) == "posted"
        arrived(session, [digest.id])
        story = session.scalars(select(SentStory).where(SentStory.part == 2)).one()
        article = session.get_one(Article, story.shown["head"][0])
        edited(session, article, title=article.title.replace("triển khai", "không triển khai"))
        assert found(session).story_id == story.story_id


def test_nothing_is_left_of_an_erased_chat(one_told: Database) -> None:
    with one_told.session() as session:
        edited(session, the_article(session), title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        sent(session, NOW + DAY)
        assert told(session)
        forget(session, 1)
        assert told(session) == []
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == ()


def test_what_earlier_versions_told_is_left_alone(one_told: Database) -> None:
    with one_told.session() as session:
        session.execute(update(SentStory).values(shown={}))
        edited(session, the_article(session), title="Bộ Công an không triển khai Chỉ thị số 09-CT/TW trong năm nay")
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_hostile_headlines(one_told: Database) -> None:
    hostile = "</b><a href='tg://user?id=1'>không</a> \u202e" + "<b>&amp;" * 3000 + " Chỉ thị số 09-CT/TW"
    with one_told.session() as session:
        edited(session, the_article(session), title=hostile)
        sent(session, NOW + DAY)
        (row,) = session.scalars(select(Correction))
        assert len(row.shown["head"][1]) == 1000
        html = last_parts(session)[-1].html
        assert "&lt;/b&gt;" in html
        assert "tg://user" not in html.replace("&#39;tg://user", "")
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == ()


# How much


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_so_many_at_once_and_the_rest_with_the_next_digest(database: Database) -> None:
    count = MOST + 2
    with database.session() as session:
        articles = [
            news(session, f"Công an tỉnh {PLACES[n % 9]} triển khai Nghị định số {n + 10}/2024/NĐ-CP về an ninh", "")
            for n in range(count)
        ]
        reader(session, 1, NOW)
        session.execute(update(Subscription).values(most=50))
        sent(session, NOW)
        assert session.scalar(select(func.count()).select_from(SentStory)) == count
        with statements(database) as run:
            assert find_corrections(session, 1, NOW + HOUR, "vi", {}) == ()
        assert not run
        for article in articles:
            edited(session, article, title=article.title.replace("triển khai", "không triển khai"))
        session.flush()
        with statements(database) as run:
            revised = revised_stories(session, NOW - DAY)
            assert len(find_corrections(session, 1, NOW + DAY, "vi", revised)) == MOST
        assert len([statement for statement in run if statement.startswith("SELECT")]) <= 9, "\n\n".join(run)
        sent(session, NOW + DAY)
        assert len(told(session)) == MOST
        sent(session, NOW + 2 * DAY)
        assert len(told(session)) == count
        sent(session, NOW + 3 * DAY)
        assert len(told(session)) == count


def test_what_nobody_was_told_of_before_is_nothing_to_correct(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        reader(session, 1, NOW)
        fold_stories(session)
        edited(session, article, at=NOW + HOUR, title=TITLE.replace("triển khai", "không triển khai"))
        assert revised_stories(session, NOW - DAY) == {}
        sent(session, NOW + 2 * HOUR)
        assert revised_stories(session, NOW - DAY) == {}
        edited(session, article, at=NOW + 3 * HOUR, title=TITLE)
        assert list(revised_stories(session, NOW - DAY).values()) == [NOW + 3 * HOUR]
        assert revised_stories(session, NOW + 4 * HOUR) == {}


# What is no error, and what was missed


def test_a_number_of_which_review_said_what_it_is_not(database: Database) -> None:
    """It is in the headline, whichever document it means: what was told was only the number."""
    with database.session() as session:
        article = news(session)
        reader(session, 1, NOW)
        session.execute(update(Mention).values(status="withdrawn", rule="review", document_id=None))
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        assert [identity for identity, *_ in shown["documents"]] == ["09-CT/TW"]
        article.revised_at = NOW + HOUR
        assert find_corrections(session, 1, NOW + DAY, "vi") == ()


def test_what_review_withdrew_is_not_what_was_shown_by_its_year(database: Database) -> None:
    """The number and the id of a decree have one name; that of a withdrawn reading is only the number."""
    with database.session() as session:
        article = news(session, ISSUED, "")
        reader(session, 1, NOW)
        sent(session, NOW)
        session.execute(update(Mention).values(status="withdrawn", rule="review", document_id=None))
        article.revised_at = NOW + HOUR
        view = found(session)
    assert (view.removed, view.added) == (("340/2026/NĐ-CP",), ())


def test_a_monthly_digest_corrects_the_one_before(one_told: Database) -> None:
    with one_told.session() as session:
        session.execute(update(Subscription).values(cadence="monthly", month_day=20))
        edited(session, the_article(session), title=TITLE.replace("triển khai", "không triển khai"), at=NOW + DAY)
        assert found(session, NOW + timedelta(days=31)).title_was == TITLE


def test_a_preview_has_the_corrections(one_told: Database) -> None:
    with one_told.session() as session:
        edited(session, the_article(session), title=TITLE.replace("triển khai", "không triển khai"))
        known = find_reader(session, 1)
        assert known is not None
        view = compose_preview(session, known, known.subscriptions[0], NOW + DAY)
        assert view.corrections == (found(session),)


def test_the_headline_of_another_report_that_was_shown(database: Database) -> None:
    with database.session() as session:
        one, other = news(session), news(session, outlet="Báo Hai")
        reader(session, 1, NOW)
        sent(session, NOW)
        (shown,) = session.scalars(select(SentStory.shown))
        assert set(shown["reports"]) == {one.id, other.id}
        beside = one if shown["head"][0] == other.id else other
        was = beside.title
        turned = was.replace("triển khai", "không triển khai")
        edited(session, beside, title=turned)
        edited(session, beside, title=turned + " (bổ sung)", at=NOW + 2 * HOUR)
        view = found(session)
        assert view.title_was is None
        assert [(before, report.article_id) for before, report in view.retitled] == [(was, beside.id)]
        sent(session, NOW + DAY)
        html = plain_text(last_parts(session)[-1].html)
        assert was in html
        assert turned in html
        assert find_corrections(session, 1, NOW + 2 * DAY, "vi") == (), "it is told once"
