from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.choices import MAX_SUBSCRIPTIONS
from digests.follows import follow, followed_documents
from digests.models import (
    Chat,
    Correction,
    Digest,
    DigestPart,
    Feedback,
    Follow,
    SentStory,
    Story,
    Subscription,
)
from digests.moving import move_chat
from digests.remembered import choice_of, remember_choice
from digests.subscribers import (
    Reader,
    add_subscription,
    change_subscription,
    choose_quiet_hours,
    choose_timezone,
    end_subscription,
    find_reader,
    forget,
    pause_subscription,
    promise_first,
    remove_subscription,
    subscribe,
    unsubscribe,
    welcome,
)
from feeds.database import Database
from newsroom import POLICY, publish

DAY = timedelta(days=1)
NEXT_MORNING = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)


def a_chat(session: Session, chat_id: int = 1) -> None:
    welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")


def found(session: Session, chat_id: int = 1) -> Reader:
    reader = find_reader(session, chat_id)
    assert reader is not None
    return reader


def told(
    session: Session, subscription: Subscription, *states: str, due_at: datetime = NOW
) -> tuple[Digest, list[int]]:
    """A composed digest with a part in each of the states; the ids of the stories, of which each part tells one."""
    digest = Digest(
        subscription_id=subscription.id,
        chat_id=subscription.chat_id,
        due_at=due_at,
        window_start=due_at - DAY,
        window_end=due_at,
        state="composed",
    )
    stories = [Story(created_at=NOW) for _ in states]
    session.add_all([digest, *stories])
    session.flush()
    for number, (state, story) in enumerate(zip(states, stories, strict=True), start=1):
        where = {"chat_id": subscription.chat_id, "digest_id": digest.id}
        session.add(DigestPart(**where, number=number, html="x", state=state))
        session.add(SentStory(**where, story_id=story.id, at=NOW, part=number))
        session.add(Correction(**where, story_id=story.id, at=NOW, part=number))
    session.flush()
    return digest, [story.id for story in stories]


def ledger(session: Session, chat_id: int = 1) -> list[int]:
    return list(session.scalars(select(SentStory.story_id).where(SentStory.chat_id == chat_id)))


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


def test_a_chat_has_several_subscriptions_each_with_its_own_moments(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        daily = add_subscription(session, 1, NOW, minutes=[1020, 480])
        weekly = add_subscription(session, 1, NOW, cadence="weekly", weekdays=[6], timezone="Europe/Paris")
        reader = found(session)
    assert [one.id for one in reader.subscriptions] == [daily.id, weekly.id, instant.id], "instant ones come last"
    assert (instant.next_due_at, daily.minutes) == (None, [480, 1020])
    assert daily.next_due_at == reader.next_due_at == NOW + timedelta(hours=1)
    assert weekly.next_due_at == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def test_a_chat_has_only_so_many_subscriptions(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        for _ in range(MAX_SUBSCRIPTIONS):
            add_subscription(session, 1, NOW)
        with pytest.raises(ValueError, match="at most 10 subscriptions"):
            add_subscription(session, 1, NOW)


@pytest.mark.parametrize(
    "choices",
    [
        {"cadence": "hourly"},
        {"minutes": []},
        {"minutes": [1440]},
        {"minutes": range(25)},
        {"minutes": [True]},
        {"weekdays": []},
        {"weekdays": [7]},
        {"month_day": 0},
        {"month_day": 32},
        {"timezone": "Mars/Phobos"},
        {"name": "x" * 65},
        {"topics": ["no such topic"]},
        {"places": ["Atlantis"]},
        {"outlets": [f"Báo {n}" for n in range(51)]},
        {"outlets": ["x" * 201]},
        {"all_words": [f"từ {n}" for n in range(21)]},
        {"any_words": ["x" * 61]},
        {"no_words": [f"từ {n}" for n in range(21)]},
        {"volume": 2},
        {"most": 0},
        {"most": 51},
        {"grouping": "outlet"},
        {"thread_id": 0},
        {"thread_id": True},
        {"owner_id": -5},
        {"owner_id": 1 << 63},
    ],
)
def test_what_is_invalid_is_refused_and_changes_nothing(sqlite: Database, choices: dict[str, Any]) -> None:
    with sqlite.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        before = {column.name: getattr(subscription, column.name) for column in Subscription.__table__.columns}
        with pytest.raises(ValueError, match=f"{next(iter(choices))}|unknown time zone"):
            change_subscription(session, 1, subscription.id, NOW, **choices)
        assert {name: getattr(subscription, name) for name in before} == before


def test_choices_are_stored_tidy(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = add_subscription(
            session,
            1,
            NOW,
            name="  Ma   túy ",
            places=["ben tre", "Vĩnh Long"],
            any_words=["ma túy", " !", "MA TUY", "biên  giới"],
            weekdays=[4, 0, 4],
        )
    with database.reading() as session:
        stored = session.get_one(Subscription, subscription.id)
    assert (stored.name, stored.places, stored.weekdays) == ("Ma túy", ["Vĩnh Long"], [0, 4])
    assert stored.any_words == ["MA TUY", "biên giới"]


def test_a_change_of_the_schedule_moves_the_next_moment_and_no_other_change_does(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        later = NOW + timedelta(hours=3)
        assert change_subscription(session, 1, subscription.id, later, volume=1, name="x") is subscription
        assert subscription.next_due_at == NEXT_MORNING
        change_subscription(session, 1, subscription.id, later, cadence="monthly", month_day=31)
        assert subscription.next_due_at == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
        change_subscription(session, 1, subscription.id, later, cadence="instant")
        assert subscription.next_due_at is None
        assert change_subscription(session, 2, subscription.id, later, volume=0) is None, "it is another chat's"


def test_a_digest_that_is_due_already_comes_though_its_hour_is_changed(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        second_later = NEXT_MORNING + timedelta(seconds=1)
        change_subscription(session, 1, subscription.id, second_later, minutes=[600])
        choose_timezone(session, 1, "Europe/Paris", second_later)
        assert subscription.next_due_at == NEXT_MORNING


def test_the_chats_zone_moves_those_that_have_none_of_their_own(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        own = add_subscription(session, 1, NOW, timezone="Asia/Ho_Chi_Minh")
        other = add_subscription(session, 1, NOW)
        choose_timezone(session, 1, "Europe/Paris", NOW)
    assert (own.next_due_at, other.next_due_at) == (NEXT_MORNING, datetime(2026, 11, 20, 6, 0, tzinfo=UTC))


def test_a_pause_moves_the_next_moment_behind_it_and_can_be_ended(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        assert pause_subscription(session, 1, subscription.id, NEXT_MORNING + DAY, NOW) is subscription
        assert subscription.next_due_at == NEXT_MORNING + DAY, "a moment at the very end of the pause comes"
        change_subscription(session, 1, subscription.id, NOW, minutes=[480])
        assert subscription.next_due_at == NEXT_MORNING + DAY + timedelta(hours=1), "a change does not end it"
        pause_subscription(session, 1, subscription.id, None, NOW)
        assert subscription.next_due_at == NOW + timedelta(hours=1)
        for until in (NOW, NOW + timedelta(days=400)):
            with pytest.raises(ValueError, match="a pause ends after now"):
                pause_subscription(session, 1, subscription.id, until, NOW)
        assert pause_subscription(session, 2, subscription.id, None, NOW) is None


def test_all_of_a_chat_stop_and_each_can_go_on(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        first, second = subscribe(session, 1, NOW), add_subscription(session, 1, NOW, minutes=[600])
        assert unsubscribe(session, 1, "blocked")
        assert {one.ended_because for one in (first, second)} == {"blocked"}
        assert not found(session).subscribed
        assert subscribe(session, 1, NOW) is first
        assert (first.enabled, first.ended_because) == (True, None)
        assert (second.enabled, second.minutes) == (False, [600])
        pause_subscription(session, 1, second.id, None, NOW + 9 * DAY)
        assert (second.enabled, second.ended_because) == (True, None)
        assert second.next_due_at == NOW + 9 * DAY + timedelta(hours=3)


def test_commands_mean_one_that_goes_on_rather_than_one_that_ended(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        assert found(session).first is instant, "for want of another"
        closed, second = (add_subscription(session, 1, NOW, thread_id=thread) for thread in (7, None))
        assert found(session).first is second
        assert replace(found(session), thread_id=7).first is closed, "where it is spoken to"
        assert replace(found(session), thread_id=8).first is closed, "the oldest, as that topic has none"
        assert subscribe(session, 1, NOW, minute_of_day=500, thread_id=7) is closed
        end_subscription(session, 1, closed.id, "topic_closed")
        assert subscribe(session, 1, NOW, minute_of_day=500) is second
        unsubscribe(session, 1)
        assert subscribe(session, 1, NOW) is second, "its topic is closed still"
        assert not closed.enabled


def test_one_of_a_chat_ends_for_a_reason(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        first, second = subscribe(session, 1, NOW), add_subscription(session, 1, NOW)
        assert end_subscription(session, 1, second.id, "topic_closed")
        assert not end_subscription(session, 1, second.id, "topic_closed")
        assert not end_subscription(session, 2, first.id, "topic_closed")
        assert (first.enabled, second.enabled, second.ended_because) == (True, False, "topic_closed")


@pytest.mark.parametrize("stop", [unsubscribe, None], ids=["unsubscribed", "removed"])
def test_what_has_not_gone_out_is_not_told(database: Database, stop: Any) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        digest, stories = told(session, subscription, "sent", "sending", "pending")
        stopped = stop(session, 1) if stop else remove_subscription(session, 1, subscription.id)
        assert stopped
        assert ledger(session) == stories[:2], "one under way may arrive"
        states = session.scalars(select(DigestPart.state).order_by(DigestPart.number)).all()
        assert states == ["sent", "sending", "refused"]
        session.expire_all()
        assert digest.state == "dropped"


def test_removing_a_subscription_keeps_what_was_told(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        subscription = subscribe(session, 1, NOW)
        digest, stories = told(session, subscription, "sent")
        digest.state = "done"
        assert not remove_subscription(session, 2, subscription.id), "it is another chat's"
        assert remove_subscription(session, 1, subscription.id)
        assert not remove_subscription(session, 1, subscription.id)
        assert ledger(session) == stories
        assert session.scalars(select(Digest.subscription_id)).all() == [None]
        assert not found(session).subscriptions


def test_quiet_hours_are_minutes_of_the_day(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        choose_quiet_hours(session, 1, 0, 0, True, NOW)
        chat = session.get_one(Chat, 1)
        assert (chat.quiet_from, chat.quiet_until, chat.urgent_in_quiet) == (0, 0, True)
        for hours in ((1440, 0), (0, -1)):
            with pytest.raises(ValueError, match="quiet_"):
                choose_quiet_hours(session, 1, *hours, True, NOW)


def test_a_moved_group_takes_all_along(database: Database) -> None:
    with database.session() as session:
        a_chat(session, -5)
        choose_quiet_hours(session, -5, 60, 120, True, NOW)
        subscription = subscribe(session, -5, NOW)
        digest, stories = told(session, subscription, "sent", "pending")
        follow(session, -5, "09-CT/TW#XI", NOW)
        article = publish(session, *POLICY, seen=NOW)
        session.add(Feedback(chat_id=-5, article_id=article.id, kind="irrelevant", at=NOW))
        assert remember_choice(session, -5, "05-CT/TW", "05-CT/TW#X", NOW)
        session.flush()
        digest_id, subscription_id = digest.id, subscription.id
        move_chat(session, -5, -1005)
    with database.reading() as session:
        chat = session.get_one(Chat, -1005)
        assert (chat.quiet_from, chat.quiet_until, chat.urgent_in_quiet) == (60, 120, True)
        assert session.get(Chat, -5) is None
        assert sorted(ledger(session, -1005)) == stories
        assert followed_documents(session, -1005) == {"09-CT/TW#XI"}
        assert choice_of(session, -1005, "05-CT/TW") == "05-CT/TW#X"
        for table in (Subscription, Digest, DigestPart, Correction, Feedback):
            assert set(session.scalars(select(table.chat_id))) == {-1005}
        assert session.get_one(Digest, digest_id).subscription_id == subscription_id


def test_a_moved_group_keeps_two_subscriptions_of_one_hour(database: Database) -> None:
    with database.session() as session:
        a_chat(session, -5)
        drugs, fires = (add_subscription(session, -5, NOW, any_words=[word]).id for word in ("ma túy", "cháy"))
        move_chat(session, -5, -1005)
        assert [subscription.id for subscription in found(session, -1005).subscriptions] == [drugs, fires]


def test_a_group_that_moves_to_a_reader_adds_what_that_has_not(database: Database) -> None:
    with database.session() as session:
        a_chat(session, -5)
        a_chat(session, -1005)
        same, other = subscribe(session, -5, NOW), add_subscription(session, -5, NOW, cadence="weekly", weekdays=[2])
        instant = add_subscription(session, -5, NOW, cadence="instant")
        own = add_subscription(session, -1005, NOW, weekdays=[3])
        stopped = add_subscription(session, -1005, NOW, cadence="instant", minutes=[5])
        end_subscription(session, -1005, stopped.id, "topic_closed")
        _, stories = told(session, same, "sent", "sent")
        digest, _ = told(session, own, "sent")
        session.add(SentStory(chat_id=-1005, story_id=stories[0], digest_id=digest.id, at=NOW))
        for chat_id in (-5, -1005):
            follow(session, chat_id, "09-CT/TW#XI", NOW)
        assert remember_choice(session, -5, "05-CT/TW", "05-CT/TW#X", NOW)
        assert remember_choice(session, -1005, "05-CT/TW", "05-CT/TW#XII", NOW)
        expected = {own.id, other.id, instant.id}
        move_chat(session, -5, -1005)
    with database.reading() as session:
        kept = session.scalars(select(Subscription.id).where(Subscription.chat_id == -1005)).all()
        assert set(kept) == expected
        assert set(stories) < set(ledger(session, -1005))
        assert choice_of(session, -1005, "05-CT/TW") == "05-CT/TW#XII"
        assert session.scalar(select(func.count()).select_from(Follow)) == 1


def test_a_group_that_moves_has_no_more_subscriptions_than_others(sqlite: Database) -> None:
    with sqlite.session() as session:
        for chat_id, first in ((-5, 0), (-1005, 6)):
            a_chat(session, chat_id)
            for minute in range(first, first + 6):
                add_subscription(session, chat_id, NOW, minutes=[minute])
        move_chat(session, -5, -1005)
        assert len(found(session, -1005).subscriptions) == MAX_SUBSCRIPTIONS


def test_moving_what_is_unknown_or_nowhere_changes_nothing(sqlite: Database) -> None:
    with sqlite.session() as session:
        a_chat(session)
        move_chat(session, 5, 6)
        move_chat(session, 1, 1)
        assert session.scalars(select(Chat.id)).all() == [1]


def test_erasing_leaves_nothing(database: Database) -> None:
    with database.session() as session:
        a_chat(session)
        told(session, subscribe(session, 1, NOW), "sent")
        follow(session, 1, "09-CT/TW#XI", NOW)
        forget(session, 1)
    with database.reading() as session:
        for table in (Chat, Subscription, Digest, DigestPart, SentStory, Correction, Follow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
