"""Messages that are no digest, sent with the promises of digests; and nothing to whoever is banned."""

import asyncio
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.bans import ban, unban
from digests.claim import claim_due, claim_promised, compose_one
from digests.deliver import deliver
from digests.messages import Message
from digests.models import Chat, Digest, DigestPart, SentStory, Subscription
from digests.notices import post_notice
from digests.parts import claim_parts, recover
from digests.subscribers import end_subscription, promise_first, subscribe, unsubscribe, welcome
from feeds.database import Database
from newsroom import POLICY, publish, reader
from test_deliver import clock_at, telegram

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORD = Message("<b>Nhóm của bạn</b> đã đóng chủ đề.", ((("Cài đặt", "settings"),),))


def stranger(session: Session, chat_id: int) -> None:
    """Who has talked to the bot and subscribed to nothing."""
    welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")


async def test_a_notice_comes_once_with_its_buttons_to_one_without_subscription(database: Database) -> None:
    async with telegram() as (sandbox, sender):
        user = sandbox.user(started=True)
        with database.session() as session:
            stranger(session, user.chat_id)
            post_notice(session, user.chat_id, WORD, NOW)
        for _ in range(2):
            await deliver(database, sender, clock_at(NOW), asyncio.Event())
        (shown,) = user.messages
        assert shown["text"] == "Nhóm của bạn đã đóng chủ đề."
        assert shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "settings"

    with database.reading() as session:
        digest = session.scalars(select(Digest)).one()
        assert (digest.state, digest.is_notice, digest.subscription_id) == ("done", True, None)


async def test_a_notice_without_an_answer_is_in_doubt_and_sent_again(database: Database) -> None:
    with database.session() as session:
        stranger(session, 5)
        post_notice(session, 5, WORD, NOW)
        (part,) = claim_parts(session, NOW, 9)
        assert part.message.html == WORD.html
    with database.session() as session:
        assert recover(session) == 1
        (again,) = claim_parts(session, NOW, 9)
        assert (again.part_id, again.in_doubt) == (part.part_id, 1)


def test_a_notice_is_silent_in_quiet_hours_and_where_asked(database: Database) -> None:
    with database.session() as session:
        stranger(session, 5)
        post_notice(session, 5, WORD, NOW + 16 * HOUR)
        post_notice(session, 5, WORD, NOW, silent=True)
        post_notice(session, 5, WORD, NOW, thread_id=3)
        parts = session.execute(select(DigestPart.silent, DigestPart.thread_id).order_by(DigestPart.id)).all()
        assert [tuple(part) for part in parts] == [(True, None), (True, None), (False, 3)]


def test_nobody_unknown_gets_a_notice(database: Database) -> None:
    with database.session() as session:
        post_notice(session, 5, WORD, NOW)
        assert session.scalars(select(Digest)).all() == []


def test_a_notice_changes_nothing_of_the_digests_around_it(database: Database) -> None:
    """The window goes on where the last digest's ended, its stories are told once, and the notice is no first one."""
    with database.session() as session:
        subscription = reader(session, 5, NOW)
        publish(session, *POLICY, seen=NOW - HOUR)
        claim_due(session, NOW)
        compose_one(session, NOW)
        first = session.scalars(select(Digest)).one()
        post_notice(session, 5, WORD, NOW + HOUR)
        subscription.next_due_at = NOW + DAY
        claim_due(session, NOW + DAY)
        compose_one(session, NOW + DAY)
        notice, second = session.scalars(select(Digest).where(Digest.id != first.id).order_by(Digest.id)).all()
        assert notice.is_notice
        assert not second.is_notice
        assert (second.window_start, second.is_first) == (first.window_end, False)
        assert session.scalars(select(SentStory.digest_id)).all() == [first.id]


def test_a_notice_goes_on_where_its_reader_stops(database: Database) -> None:
    """What an owner must know comes also when that was the end of all subscriptions."""
    with database.session() as session:
        subscription = reader(session, 5, NOW)
        post_notice(session, 5, WORD, NOW)
        end_subscription(session, 5, subscription.id, "topic_closed")
        unsubscribe(session, 5)
        assert [part.message.html for part in claim_parts(session, NOW, 9)] == [WORD.html]


def test_notices_come_before_the_crowd_and_in_order(database: Database) -> None:
    with database.session() as session:
        reader(session, 5, NOW).covered_until = NOW - DAY
        stranger(session, 6)
        claim_due(session, NOW)
        compose_one(session, NOW)
        post_notice(session, 6, WORD, NOW)
        post_notice(session, 6, Message("zwei"), NOW)
        assert [part.chat_id for part in claim_parts(session, NOW, 1)] == [6]
        (crowd,) = claim_parts(session, NOW, 9)
        assert crowd.chat_id == 5, "the second of one chat waits for the first"


async def test_a_banned_reader_gets_nothing_and_keeps_all(database: Database) -> None:
    async with telegram() as (sandbox, sender):
        user = sandbox.user(started=True)
        with database.session() as session:
            subscription = reader(session, user.chat_id, NOW)
            publish(session, *POLICY, seen=NOW - HOUR)
            claim_due(session, NOW)
            compose_one(session, NOW)
            post_notice(session, user.chat_id, WORD, NOW)
            subscription.next_due_at = NOW
            ban(session, user.chat_id, 1, NOW, "spam")
            post_notice(session, user.chat_id, WORD, NOW)
            assert claim_due(session, NOW) == 0
        await deliver(database, sender, clock_at(NOW), asyncio.Event())
        assert user.messages == []
        with database.session() as session:
            assert set(session.scalars(select(DigestPart.state))) == {"refused"}
            assert set(session.scalars(select(Digest.state))) == {"dropped"}
            assert session.scalars(select(SentStory)).all() == [], "it was not told"
            assert session.scalars(select(Subscription)).one().enabled
            assert unban(session, user.chat_id)
            session.scalars(select(Subscription)).one().next_due_at = NOW + DAY
            publish(session, "Bộ Công an ban hành thông tư về an ninh mạng", seen=NOW + 23 * HOUR)
            assert claim_due(session, NOW + DAY) == 1
        await deliver(database, sender, clock_at(NOW + DAY), asyncio.Event())
        assert len(user.messages) == 1


def test_what_was_due_or_promised_at_the_ban_is_not_composed(database: Database) -> None:
    with database.session() as session:
        reader(session, 5, NOW)
        claim_due(session, NOW)
        welcome(session, 6, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 6, NOW)
        promise_first(session, 6)
        for one in (5, 6):
            assert ban(session, one, 1, NOW)
        compose_one(session, NOW)
        assert session.scalars(select(Digest.state)).all() == ["dropped"]
        assert claim_promised(session, NOW) == 0
        assert session.get_one(Chat, 6).language == "vi"
