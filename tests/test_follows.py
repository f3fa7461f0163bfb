"""Following documents, and the waking of instant subscriptions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bot.jobs import Jobs
from conftest import NOW
from digests import follows, waking
from digests.cluster import fold_stories
from digests.follows import follow, followed_documents, unfollow
from digests.models import Subscription
from digests.subscribers import add_subscription, choose_quiet_hours, pause_subscription, unsubscribe, welcome
from digests.waking import wake_followers, wake_instant
from digests.watch import Mark, followers
from feeds.classify import Verdict
from feeds.database import Database, chunks
from feeds.models import Article, Document, Mention
from feeds.store import store_verdict
from newsroom import POLICY, headlines, publish, reader, told

HOUR = timedelta(hours=1)
DOCUMENT = "09-CT/TW#XI"
NIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # 23:00 in Vietnam
MORNING = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # 06:30, when the quiet hours end


def follower(session: Session, chat_id: int = 1, document_id: str = DOCUMENT) -> Subscription:
    welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    follow(session, chat_id, document_id, NOW)
    return add_subscription(session, chat_id, NOW, cadence="instant")


def news(session: Session, seen: datetime = NOW, *, stage: str | None = None, outlet: str = "Báo Mẫu") -> Article:
    """An article that cites the document, in its story."""
    article = publish(session, *POLICY, seen=seen, published=seen, outlet=outlet)
    if stage:
        session.execute(update(Mention).where(Mention.article_id == article.id).values(stage=stage))
    fold_stories(session)
    return article


def test_following_and_no_more(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        assert follow(session, 1, DOCUMENT, NOW)
        assert not follow(session, 1, DOCUMENT, NOW)
        assert followed_documents(session, 1) == {DOCUMENT}
        assert followed_documents(session, 2) == frozenset()
        assert session.get(Document, DOCUMENT), "it has its row"
        assert unfollow(session, 1, DOCUMENT)
        assert not unfollow(session, 1, DOCUMENT)
        assert followed_documents(session, 1) == frozenset()


def test_a_chat_follows_only_so_many(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follows, "MAX_FOLLOWS", 2)
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        assert follow(session, 1, "1-CT/TW#XI", NOW)
        assert follow(session, 1, "2-CT/TW#XI", NOW)
        with pytest.raises(ValueError, match="at most 2 can"):
            follow(session, 1, "3-CT/TW#XI", NOW)
        assert not follow(session, 1, "2-CT/TW#XI", NOW)


def test_a_placed_article_wakes_those_who_follow_what_it_cites_once(database: Database) -> None:
    with database.session() as session:
        one, two = follower(session), follower(session, 2, "05-CT/TW#X")
        daily = add_subscription(session, 1, NOW)
        before = daily.next_due_at
        news(session)
        assert wake_instant(session, NOW) == 1
        assert (one.next_due_at, two.next_due_at, daily.next_due_at) == (NOW, None, before)
        one.next_due_at = None  # claimed
        assert wake_instant(session, NOW + HOUR) == 0
        assert one.next_due_at is None
        news(session, NOW + HOUR, outlet="Báo Hai")
        assert wake_instant(session, NOW + HOUR) == 1
        assert one.next_due_at == NOW + HOUR


def test_an_article_waits_until_it_has_its_story(database: Database) -> None:
    with database.session() as session:
        subscription = follower(session)
        publish(session, *POLICY, seen=NOW, published=NOW)
        assert wake_instant(session, NOW) == 0
        fold_stories(session)
        assert wake_instant(session, NOW) == 1
        assert subscription.next_due_at == NOW


def test_an_article_read_anew_is_looked_at_again(database: Database) -> None:
    """Its page may cite what its lead did not."""
    with database.session() as session:
        follower(session)
        publish(session, POLICY[0].replace("Chỉ thị số 09-CT/TW", "nhiệm vụ"), seen=NOW, published=NOW)
        fold_stories(session)
        wake_instant(session, NOW)
        articles = session.scalars(select(Article)).all()
        assert [article.announced for article in articles] == [True]
        publish(session, POLICY[0].replace("Chỉ thị số 09-CT/TW", "nhiệm vụ"), POLICY[1], seen=NOW, published=NOW)
        assert [article.announced for article in session.scalars(select(Article))] == [False]
        assert wake_instant(session, NOW) == 1


@pytest.mark.parametrize(
    ("status", "woken"), [("resolved", 1), ("presumed", 1), ("ambiguous", 0), ("unknown", 0), ("withdrawn", 0)]
)
def test_a_doubtful_reading_wakes_and_an_open_one_does_not(sqlite: Database, status: str, woken: int) -> None:
    with sqlite.session() as session:
        follower(session)
        news(session)
        session.execute(update(Mention).values(status=status))
        assert wake_instant(session, NOW) == woken


def test_imported_and_old_articles_and_those_left_out_wake_nobody(database: Database) -> None:
    with database.session() as session:
        follower(session)
        publish(session, *POLICY, seen=NOW, published=NOW, origin="import")
        publish(session, *POLICY, seen=NOW - timedelta(days=5), published=NOW, outlet="B")
        publish(session, *POLICY, seen=NOW, published=NOW, outlet="C").state = "left_out"
        fold_stories(session)
        assert wake_instant(session, NOW) == 0


def test_who_stopped_or_paused_is_not_woken(database: Database) -> None:
    with database.session() as session:
        one, two, three = (follower(session, chat_id) for chat_id in (1, 2, 3))
        unsubscribe(session, 1)
        pause_subscription(session, 2, two.id, NOW + HOUR, NOW)
        pause_subscription(session, 3, three.id, NOW + HOUR, NOW - HOUR)
        news(session)
        assert wake_instant(session, NOW + HOUR) == 2
        assert (one.next_due_at, two.next_due_at, three.next_due_at) == (None, NOW + HOUR, NOW + HOUR)
        pause_subscription(session, 2, two.id, NOW + 3 * HOUR, NOW + HOUR / 2)
        assert two.next_due_at is None
        news(session, NOW + HOUR, outlet="B")
        wake_instant(session, NOW + 2 * HOUR)
        assert two.next_due_at is None


def test_what_a_later_reading_brings_is_told(database: Database) -> None:
    """Its page cites the document two days later, when another digest has been; it is told once."""
    with database.session() as session:
        subscription = follower(session)
        plain = POLICY[0].replace("Chỉ thị số 09-CT/TW", "nhiệm vụ")
        publish(session, plain, seen=NOW, published=NOW)
        fold_stories(session)
        assert wake_instant(session, NOW) == 0
        other = news(session, NOW + 30 * HOUR, outlet="Báo Hai")
        assert wake_instant(session, NOW + 30 * HOUR) == 1
        first = told(session, subscription, NOW + 30 * HOUR, hours=30)
        assert headlines(first) == [other.title]
        later = NOW + 60 * HOUR
        publish(session, plain, POLICY[1], seen=later, published=NOW)
        fold_stories(session)
        subscription.next_due_at = None
        assert wake_instant(session, later) == 1
        assert headlines(told(session, subscription, later, hours=30)) == [plain]
        publish(session, plain, POLICY[1] + " Sửa Chỉ thị số 10-CT/TW.", seen=later + HOUR, published=NOW)
        wake_instant(session, later + HOUR)
        assert headlines(told(session, subscription, later + HOUR, hours=1)) == []


def test_what_was_near_and_is_kept_days_later_is_told(database: Database) -> None:
    with database.session() as session:
        article = news(session)
        article.state = "near"
        wake_instant(session, NOW)
        subscription = reader(session, 1, NOW)
        assert headlines(told(session, subscription, NOW + HOUR)) == []
        assert headlines(told(session, subscription, NOW + 25 * HOUR)) == []
        kept = Verdict(True, 0.9, ("mass_movement",), (), margin=1.0)
        store_verdict(article, kept, NOW + 48 * HOUR)
        session.flush()
        wake_instant(session, NOW + 48 * HOUR)
        assert headlines(told(session, subscription, NOW + 49 * HOUR)) == [article.title]


@pytest.mark.parametrize(
    ("stage", "status", "wanted", "due_at"),
    [
        ("issued", "resolved", True, NIGHT),
        ("replaced", "resolved", True, NIGHT),
        ("amended", "resolved", True, NIGHT),
        ("issued", "resolved", False, MORNING),
        ("issued", "presumed", True, MORNING),
        ("rolled_out", "resolved", True, MORNING),
    ],
)
def test_only_urgent_news_passes_quiet_hours_and_only_where_it_may(
    database: Database, stage: str, status: str, wanted: bool, due_at: datetime
) -> None:
    with database.session() as session:
        subscription = follower(session)
        choose_quiet_hours(session, 1, 21 * 60 + 30, 6 * 60 + 30, wanted, NOW)
        news(session, NIGHT, stage=stage)
        session.execute(update(Mention).values(status=status))
        wake_instant(session, NIGHT)
        assert subscription.next_due_at == due_at


def test_urgent_news_does_not_wait_with_what_waits(database: Database) -> None:
    with database.session() as session:
        subscription = follower(session)
        choose_quiet_hours(session, 1, 21 * 60 + 30, 6 * 60 + 30, True, NOW)
        news(session, NIGHT, stage="rolled_out")
        assert wake_instant(session, NIGHT) == 1
        news(session, NIGHT, stage="issued", outlet="Báo Hai")
        assert wake_instant(session, NIGHT + HOUR) == 1
        assert subscription.next_due_at == NIGHT + HOUR
        news(session, NIGHT, stage="rolled_out", outlet="Báo Ba")
        assert wake_instant(session, NIGHT + HOUR) == 0, "it is due already"


def test_all_that_waits_is_looked_at_however_much(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "BATCH", 2)
    with database.session() as session:
        follower(session)
        for number in range(5):
            publish(session, *POLICY, seen=NOW, published=NOW, outlet=f"Báo {number}")
        fold_stories(session)
    assert wake_followers(database, NOW) == 1
    with database.reading() as session:
        assert all(session.scalars(select(Article.announced)))
        assert session.scalars(select(Subscription.next_due_at)).one() == NOW
    assert wake_followers(database, NOW) == 0


def test_all_who_follow_are_woken_however_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "chunks", partial(chunks, size=2))
    with database.session() as session:
        for chat_id in range(1, 6):
            follower(session, chat_id)
        news(session)
    assert wake_followers(database, NOW) == 5
    with database.reading() as session:
        assert set(session.scalars(select(Subscription.next_due_at))) == {NOW}


def test_no_writer_waits_while_it_is_looked_for_who_follows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is read anew meanwhile waits on."""
    looked: list[int] = []

    def looking(session: Session, marks: Mapping[int, Collection[Mark]]) -> Mapping[int, Sequence[Any]]:
        if not looked:
            with database.session() as other:
                publish(other, *POLICY, "Tại hội nghị, Bộ Công an nêu nhiệm vụ mới.", seen=NOW, published=NOW)
        looked.extend(marks)
        return followers(session, marks)

    monkeypatch.setattr(waking, "followers", looking)
    with database.session() as session:
        follower(session)
        article = news(session)
    assert wake_followers(database, NOW) == 1
    assert looked == [article.id, article.id]


def test_who_follows_is_woken_before_follows_are_carried_forward(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each carried follow has its transaction, and an alert waits for none."""
    due: list[datetime | None] = []

    def carrying(database: Database, article_ids: Collection[int], now: datetime) -> int:
        with database.reading() as session:
            due.extend(session.scalars(select(Subscription.next_due_at)))
        return 0

    monkeypatch.setattr(waking, "carry_forward", carrying)
    with database.session() as session:
        follower(session)
        news(session)
    wake_followers(database, NOW)
    assert due == [NOW]


async def test_whoever_folds_stories_wakes_those_who_follow(sqlite: Database) -> None:
    with sqlite.session() as session:
        follower(session)
        publish(session, *POLICY, seen=NOW, published=NOW)
    jobs = Jobs(sqlite, lambda: NOW + HOUR)
    await jobs.judge()
    await jobs.stop()
    with sqlite.reading() as session:
        assert session.scalars(select(Subscription.next_due_at)).one() == NOW + HOUR


def test_what_waits_is_found_by_its_index(sqlite: Database) -> None:
    with sqlite.reading() as session:
        query = select(Article.id).where(*waking._WAITING).order_by(Article.id)
        statement = query.compile(session.get_bind())
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()
    assert any("ix_article_not_announced" in row[-1] for row in plan), plan
