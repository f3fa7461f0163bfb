from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from conftest import NOW
from digests.models import Chat, DigestPart, SentStory, Subscription
from digests.subscribers import (
    choose_timezone,
    find_reader,
    forget,
    move_chat,
    promise_first,
    subscribe,
    unsubscribe,
    welcome,
)
from feeds.database import Database

NEXT_MORNING = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)


def test_a_new_reader_gets_seven_in_the_morning_their_time(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 1, NOW)
        reader = find_reader(session, 1)
    assert reader is not None
    assert reader.subscribed
    assert (reader.minute_of_day, reader.next_due_at) == (420, NEXT_MORNING)


def test_subscribing_twice_changes_nothing(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        first = subscribe(session, 1, NOW, minute_of_day=600).next_due_at
        second = subscribe(session, 1, NOW + timedelta(minutes=5)).next_due_at
        assert first == second
        assert session.scalar(select(func.count()).select_from(Subscription)) == 1


def test_the_hour_and_the_zone_move_the_next_digest(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        assert subscribe(session, 1, NOW, minute_of_day=450).next_due_at == NOW + timedelta(minutes=30)
        choose_timezone(session, 1, "Europe/Paris", NOW)
        reader = find_reader(session, 1)
    assert reader is not None
    assert reader.next_due_at == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "/etc/passwd"])
def test_an_unknown_zone_is_refused(sqlite: Database, zone: str) -> None:
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        with pytest.raises(ValueError, match="unknown time zone"):
            choose_timezone(session, 1, zone, NOW)


def test_coming_back_after_a_pause_covers_a_day(database: Database) -> None:
    later = NOW + timedelta(days=90)
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 1, NOW).covered_until = NOW
        assert unsubscribe(session, 1)
        assert not unsubscribe(session, 1)
        again = subscribe(session, 1, later)
        assert again.covered_until == later - timedelta(days=1)
        assert again.next_due_at > later


def test_the_first_digest_is_promised_once(database: Database) -> None:
    with database.session() as session:
        assert not promise_first(session, 1)
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscription = subscribe(session, 1, NOW)
        assert promise_first(session, 1)
        subscription.covered_until = NOW
        assert not promise_first(session, 1)


def test_whoever_stops_before_any_digest_is_offered_the_first_again(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 1, NOW)
        unsubscribe(session, 1)
        subscribe(session, 1, NOW)
        assert not find_reader(session, 1).had_digest  # type: ignore[union-attr]
        assert promise_first(session, 1)


def test_a_moved_group_keeps_its_choices(database: Database) -> None:
    with database.session() as session:
        welcome(session, -5, NOW, language="en", timezone="Europe/Paris")
        subscribe(session, -5, NOW, minute_of_day=60, topics=("drugs",))
        move_chat(session, -5, -1005)
        session.flush()
        moved = find_reader(session, -1005)
    assert moved is not None
    assert (moved.subscribed, moved.topics, moved.timezone) == (True, ["drugs"], "Europe/Paris")


def test_erasing_leaves_nothing(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 1, NOW)
        forget(session, 1)
    with database.reading() as session:
        for table in (Chat, Subscription, DigestPart, SentStory):
            assert session.scalar(select(func.count()).select_from(table)) == 0
