"""Reminders of reviews that fall due, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.follows import follow
from digests.models import Chat, Digest, DigestPart
from digests.reminders import remind, set_reminds
from digests.subscribers import subscribe, unsubscribe, welcome
from feeds.database import Database
from feeds.models import Mention
from newsroom import publish

DUE = "06-CT/TW#X"  # of 7 November 2006
OTHER = "18-NQ/TW#XII"  # of 25 October 2017
MORNING = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)  # 08:30 in Vietnam
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def following(session: Session, chat_id: int, *documents: str, timezone: str = "Asia/Ho_Chi_Minh") -> None:
    welcome(session, chat_id, MORNING - 90 * DAY, language="vi", timezone=timezone)
    subscribe(session, chat_id, MORNING - 90 * DAY)
    for document in documents:
        follow(session, chat_id, document, MORNING - 90 * DAY)


def told(database: Database) -> list[tuple[int, str, bool]]:
    with database.reading() as session:
        query = select(DigestPart.chat_id, DigestPart.html, DigestPart.silent).join(Digest)
        return [tuple(row) for row in session.execute(query.where(Digest.is_notice).order_by(DigestPart.id))]


def test_followers_are_told_once_in_the_first_morning_of_the_month(database: Database) -> None:
    with database.session() as session:
        following(session, 1, DUE, OTHER)
        following(session, 2, OTHER)
        following(session, 3)
    for moment in (MORNING - DAY, MORNING - HOUR):
        assert remind(database, moment) == 0, "not yet"
    assert remind(database, MORNING) == 1
    assert [remind(database, MORNING + later) for later in (HOUR, DAY, 5 * DAY)] == [0, 0, 0]
    ((chat_id, html, silent),) = told(database)
    assert (chat_id, silent) == (1, True)
    assert "06-CT/TW (khóa X)</b>: tổng kết 20 năm, 07/11/2026" in html
    assert "Suy ra: 20 năm kể từ ngày ban hành 07/11/2006" in html
    assert "18-NQ/TW" not in html
    assert remind(database, datetime(2027, 10, 1, 2, tzinfo=UTC)) == 2, "ten years of the other"


def test_whoever_wants_none_or_stopped_all_is_not_told(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2, 3, 4):
            following(session, chat_id, DUE)
        set_reminds(session, 1, False)
        unsubscribe(session, 2)
        left = session.get(Chat, 3)
        assert left is not None
        left.left_at = MORNING - DAY
    assert remind(database, MORNING) == 1
    assert [chat_id for chat_id, *_ in told(database)] == [4]


def test_each_chat_is_told_in_its_own_morning(database: Database) -> None:
    with database.session() as session:
        following(session, 1, DUE)
        following(session, 2, DUE, timezone="Europe/Paris")
    assert remind(database, MORNING) == 1
    assert remind(database, MORNING + 5 * HOUR) == 0, "07:30 there"
    assert remind(database, MORNING + 6 * HOUR) == 1
    assert [chat_id for chat_id, *_ in told(database)] == [1, 2]


def test_a_bot_that_was_away_tells_in_the_first_week_and_not_later(database: Database) -> None:
    with database.session() as session:
        following(session, 1, DUE)
    assert remind(database, MORNING + 8 * DAY) == 0
    assert remind(database, MORNING + 6 * DAY) == 1


def test_a_review_that_is_reported_held_is_not_told(database: Database) -> None:
    with database.session() as session:
        following(session, 1, DUE)
        publish(
            session,
            "Công an tỉnh Nghệ An tổng kết 20 năm thực hiện Chỉ thị số 06-CT/TW của Bộ Chính trị khóa X",
            "Công an tỉnh Nghệ An tổ chức hội nghị tổng kết 20 năm thực hiện Chỉ thị số 06-CT/TW ngày 07/11/2006 của "
            "Bộ Chính trị (khóa X) về tổ chức cuộc vận động học tập và làm theo tấm gương đạo đức Hồ Chí Minh.",
            seen=MORNING - 10 * DAY,
            published=MORNING - 10 * DAY,
        )
        assert session.scalars(select(Mention.stage).where(Mention.document_id == DUE)).first() == "final_review"
    assert remind(database, MORNING) == 0
