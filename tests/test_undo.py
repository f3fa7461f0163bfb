"""What was taken away can be had again for a day."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from conftest import NOW
from digests.choices import MAX_SUBSCRIPTIONS
from digests.follows import change_follow, follow, follows_of
from digests.models import Subscription, Undo
from digests.moving import move_chat
from digests.retention import drop_old_texts
from digests.subscribers import add_subscription, change_subscription, subscriptions_of, welcome
from digests.undo import KEPT, drop_for_a_day, follow_again, remember, remove_for_a_day, undo
from feeds.database import Database


def columns(row: Subscription) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in Subscription.__table__.columns}


@pytest.fixture
def subscription_id(database: Database) -> int:
    with database.session() as session:
        for chat_id in (1, 2):
            welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        one = add_subscription(session, 1, NOW, minutes=[390], places=["Vĩnh Long"], any_words=["ma túy"], name="A")
        one.covered_until, one.paused_until, one.enabled, one.ended_because = NOW, NOW + KEPT, False, "blocked"
        return one.id


def test_a_removed_subscription_is_as_it_was(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        before = columns(session.get_one(Subscription, subscription_id))
        assert not remove_for_a_day(session, 2, subscription_id, NOW), "it is another chat's"
        assert remove_for_a_day(session, 1, subscription_id, NOW)
        assert not remove_for_a_day(session, 1, subscription_id, NOW)
    with database.session() as session:
        assert undo(session, 2, subscription_id, NOW) is None
        restored = undo(session, 1, subscription_id, NOW + KEPT)
        assert restored
        session.refresh(restored)
        assert columns(restored) == before
        assert undo(session, 1, subscription_id, NOW) is None, "it is kept no longer"


def test_only_what_was_taken_away_is_given_back(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        remember(session, session.get_one(Subscription, subscription_id), NOW, ["any_words"])
        change_subscription(session, 1, subscription_id, NOW, any_words=[])
        change_subscription(session, 1, subscription_id, NOW, most=5)
        assert undo(session, 1, subscription_id, NOW)
        present = session.get_one(Subscription, subscription_id)
        assert (present.any_words, present.most) == (["ma túy"], 5)


def test_an_id_that_another_has_by_now_is_not_taken(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        remove_for_a_day(session, 1, subscription_id, NOW)
        session.add(Subscription(chat_id=2, next_due_at=None, name="B"))
        session.flush()
        (other,) = subscriptions_of(session, 2)
        other_id = other.id
        was = session.scalars(select(Undo.was)).one()
        session.merge(Undo(chat_id=1, kind="subscription", row_id=other_id, at=NOW, was=was))
        session.flush()
        restored = undo(session, 1, other_id, NOW)
        assert restored
        assert restored.id != other_id
        assert [one.name for one in subscriptions_of(session, 2)] == ["B"]


def test_a_chat_that_is_full_gets_none_back(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        remove_for_a_day(session, 1, subscription_id, NOW)
        for _ in range(MAX_SUBSCRIPTIONS):
            add_subscription(session, 1, NOW)
        with pytest.raises(ValueError, match="at most"):
            undo(session, 1, subscription_id, NOW)


def test_what_was_followed_is_followed_again_as_it_was(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        follow(session, 1, "Vĩnh Long", NOW, kind="place", at_once=False)
        (one,) = follows_of(session, 1)
        change_follow(session, 1, one.id, note="hỏi anh Ba")
        own = one.id
        assert drop_for_a_day(session, 2, own, NOW) is None, "it is another chat's"
        assert drop_for_a_day(session, 1, own, NOW)
        assert not follows_of(session, 1)
    with database.session() as session:
        assert follow_again(session, 2, own, NOW) is None
        assert follow_again(session, 1, own, NOW + KEPT + timedelta(seconds=1)) is None
        for _ in range(2):  # twice is harmless
            again = follow_again(session, 1, own, NOW + KEPT)
            assert again
            assert (again.id, again.value, again.note, again.at_once) == (own, "Vĩnh Long", "hỏi anh Ba", False)
            assert again.since == NOW
        assert len(follows_of(session, 1)) == 1


def test_a_group_that_moves_can_still_undo(database: Database, subscription_id: int) -> None:
    with database.session() as session:
        follow(session, 1, "Vĩnh Long", NOW, kind="place")
        (one,) = follows_of(session, 1)
        own = one.id
        drop_for_a_day(session, 1, own, NOW)
        remove_for_a_day(session, 1, subscription_id, NOW)
        move_chat(session, 1, -1001)
    with database.session() as session:
        assert follow_again(session, -1001, own, NOW)
        assert undo(session, -1001, subscription_id, NOW)
        assert [one.chat_id for one in subscriptions_of(session, -1001)] == [-1001]


def test_after_a_day_it_is_gone_and_erased(database: Database, subscription_id: int) -> None:
    late = NOW + KEPT + timedelta(seconds=1)
    with database.session() as session:
        remove_for_a_day(session, 1, subscription_id, NOW)
        assert undo(session, 1, subscription_id, late) is None
    drop_old_texts(database, late)
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Undo)) == 0
