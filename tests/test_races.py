"""Who waits for whom on PostgreSQL: claims, composing, sending and a chat's changes at one moment."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests.chart import chart_waiting
from digests.claim import claim_due, compose_one
from digests.cluster import fold_stories, fold_waiting
from digests.models import Chat, Digest, DigestPart, SentStory, StoryArticle, Subscription
from digests.moving import move_chat
from digests.parts import Outcome, claim_parts, record, recover
from digests.sending import NotNow, Rejected
from digests.subscribers import (
    change_subscription,
    end_subscription,
    pause_subscription,
    promise_first,
    remove_subscription,
    unsubscribe,
)
from feeds.database import Database
from feeds.duplicates import mark_waiting
from feeds.models import Article
from feeds.store import take_turn
from newsroom import POLICY, publish, reader

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
Stop = Callable[[Session, int], object]


@pytest.fixture
def subscription_id(database: Database) -> int:
    """A reader's subscription that had a digest, and whose next is due; there is news."""
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.covered_until = NOW - DAY
        publish(session, *POLICY, seen=NOW - HOUR, published=NOW - HOUR)
    return subscription.id


def started(database: Database, work: Callable[[Session], object]) -> Future[object]:
    """Another transaction that does `work`, as soon as it waits for a lock or is done."""

    def run() -> object:
        with database.session() as session:
            return work(session)

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        while not future.done() and not watch.scalar(WAITING):
            wait([future], 0.01)
    return future


@pytest.mark.parametrize("work", [mark_waiting, fold_waiting, chart_waiting])
def test_what_another_process_does_meanwhile_is_not_done_again(
    database: Database, work: Callable[[Database], object]
) -> None:
    with database.session() as session:
        publish(session, *POLICY, seen=NOW - HOUR, published=NOW - HOUR).charted = False
    with database.session() as session:
        take_turn(session)
        late = started(database, lambda _: work(database))
        assert not late.done(), "it has seen that there is something to do"
        session.execute(update(Article).values(compared=True, announced=True, charted=True))
    assert not late.result(timeout=60)
    with database.reading() as session:
        assert session.scalars(select(StoryArticle.article_id)).all() == []


def stop_all(session: Session, subscription_id: int) -> object:
    return unsubscribe(session, 1)


def stop_one(session: Session, subscription_id: int) -> object:
    return end_subscription(session, 1, subscription_id, "topic_closed")


def remove(session: Session, subscription_id: int) -> object:
    return remove_subscription(session, 1, subscription_id)


@pytest.mark.parametrize("stop", [stop_all, stop_one, remove])
def test_who_stops_while_a_digest_is_composed_gets_nothing(
    database: Database, subscription_id: int, stop: Stop
) -> None:
    with database.session() as session:
        fold_stories(session)
        claim_due(session, NOW)
    with database.session() as session:
        assert compose_one(session, NOW)
        other = started(database, lambda session: stop(session, subscription_id))
    other.result()
    with database.session() as session:
        assert session.scalars(select(DigestPart.state)).all() == ["refused"]
        assert session.scalars(select(Digest.state)).all() == ["dropped"]
        assert not session.scalars(select(SentStory)).all()
        assert not claim_parts(session, NOW, 8)


@pytest.mark.parametrize("stop", [stop_all, stop_one, remove])
def test_what_is_being_stopped_is_not_composed(database: Database, subscription_id: int, stop: Stop) -> None:
    with database.session() as session:
        claim_due(session, NOW)
    with database.session() as session:
        stop(session, subscription_id)
        other = started(database, lambda session: compose_one(session, NOW))
    other.result()
    with database.session() as session:
        assert not compose_one(session, NOW)
        assert not session.scalars(select(DigestPart)).all()
        assert session.scalars(select(Digest.state)).all() == ["dropped"]


@pytest.mark.parametrize("stop", [stop_all, stop_one, remove])
def test_who_stops_while_a_digest_is_claimed_gets_nothing(database: Database, subscription_id: int, stop: Stop) -> None:
    with database.session() as session:
        assert claim_due(session, NOW) == 1
        other = started(database, lambda session: stop(session, subscription_id))
    other.result()
    with database.session() as session:
        assert not compose_one(session, NOW)
        assert session.scalars(select(Digest.state)).all() == ["dropped"]


def test_a_pause_while_a_digest_is_claimed_holds_the_next(database: Database, subscription_id: int) -> None:
    end = NOW + 9 * DAY
    with database.session() as session:
        assert claim_due(session, NOW) == 1
        other = started(database, lambda session: pause_subscription(session, 1, subscription_id, end, NOW))
    other.result()
    with database.session() as session:
        subscription = session.get_one(Subscription, subscription_id)
        assert (subscription.paused_until, subscription.next_due_at) == (end, end)


def test_a_change_while_a_digest_is_claimed_moves_the_next(database: Database, subscription_id: int) -> None:
    def change(session: Session) -> None:
        change_subscription(session, 1, subscription_id, NOW, minutes=[1080])

    with database.session() as session:
        assert claim_due(session, NOW) == 1
        other = started(database, change)
    other.result()
    with database.session() as session:
        subscription = session.get_one(Subscription, subscription_id)
        assert (subscription.minutes, subscription.next_due_at) == ([1080], NOW + 11 * HOUR)


def test_a_first_digest_that_is_being_claimed_is_not_promised(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        session.get_one(Subscription, subscription_id).covered_until = None
    with database.session() as session:
        claim_due(session, NOW)
        other = started(database, lambda session: promise_first(session, 1))
    other.result()
    with database.session() as session:
        assert not session.get_one(Subscription, subscription_id).first_promised


def test_a_pause_is_not_overtaken_by_a_claim(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        pause_subscription(session, 1, subscription_id, NOW + 9 * DAY, NOW)
        other = started(database, lambda session: claim_due(session, NOW))
    other.result()
    with database.session() as session:
        assert not session.scalars(select(Digest)).all()
        assert session.get_one(Subscription, subscription_id).next_due_at == NOW + 9 * DAY


@pytest.mark.parametrize("answer", [Rejected("no"), NotNow("slow down")])
def test_who_stops_while_a_failure_is_recorded_waits_for_it(
    database: Database, subscription_id: int, answer: Rejected | NotNow
) -> None:
    with database.session() as session:
        claim_due(session, NOW)
        compose_one(session, NOW)
        (part,) = claim_parts(session, NOW, 8)
    with database.session() as session:
        record(session, [Outcome(part, answer)], NOW)
        other = started(database, lambda session: unsubscribe(session, 1))
    other.result()
    with database.session() as session:
        assert session.scalars(select(DigestPart.state)).all() == ["refused"]
        assert not session.get_one(Subscription, subscription_id).enabled


def test_a_group_that_moves_waits_for_its_digest(database: Database, subscription_id: int) -> None:
    """Composing folds what waits, and so wants the writers' turn after the chat."""
    with database.session() as session:
        claim_due(session, NOW)
    with database.session() as session:
        session.execute(select(Chat.id).where(Chat.id == 1).with_for_update(key_share=True))
        other = started(database, lambda other: move_chat(other, 1, -100))
        assert compose_one(session, NOW)
    other.result()
    with database.session() as session:
        assert {session.scalar(select(table.chat_id)) for table in (Digest, DigestPart, SentStory)} == {-100}
        assert session.scalars(select(Digest.state)).all() == ["composed"]


def test_who_takes_over_does_not_wait_for_who_lost_the_lock_and_records(
    database: Database, subscription_id: int
) -> None:
    with database.session() as session:
        reader(session, 2, NOW)
        claim_due(session, NOW)
    with database.session() as session:
        while compose_one(session, NOW):
            pass
        first, second = claim_parts(session, NOW, limit=8)
    with database.session() as late, database.session() as successor:
        record(late, [Outcome(first, 77)], NOW)
        successor.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert recover(successor) == 1
    with database.reading() as session:
        assert session.get_one(DigestPart, first.part_id).state == "sent"
        assert session.get_one(DigestPart, second.part_id).in_doubt == 1
