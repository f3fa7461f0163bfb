"""The bot is added, removed, silenced and promoted; topics close, groups move; who set them up is told alone."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.handlers.settings import resume
from bot.sandbox import SandboxGroup, SandboxUser
from bot.sandbox.members import ANONYMOUS, Member
from conftest import NOW
from digests.bans import ban
from digests.groups import KEPT, end_topic, erase_left, go_on, introduce, leave, move_group
from digests.models import Chat, DigestPart, Subscription
from digests.subscribers import end_subscription, find_reader, subscribe, unsubscribe, welcome
from digests.templates import LANGUAGES, render
from feeds.database import Database
from test_bot import World, world


async def subscribed_group(here: World, owner: SandboxUser, kind: str = "supergroup") -> SandboxGroup:
    """A group that its owner, who has spoken to the bot alone, has subscribed."""
    await owner.say("/start")
    await owner.wait_for("Bạn muốn nhận bản tin lúc mấy giờ?")
    group = here.sandbox.group("Tổ tin", owner=owner, kind=kind)
    await group.say(owner, "/dangky 7:30")
    await group.wait_for("Đã đăng ký")
    return group


async def test_a_group_is_greeted_once_and_not_when_the_bot_is_promoted(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        group = here.sandbox.group("Tổ tin", owner=boss, bot="left")
        group.add_bot()
        greeting = await group.wait_for("Quản trị viên gửi")
        group.promote_bot()
        group.demote_bot()
        await group.press(boss, "Cài đặt", message=greeting)
        await group.wait_for("Cài đặt: Tổ tin")
        own = [message for message in group.messages if message.get("from", {}).get("is_bot")]
        assert len(own) == 1
        chat = here.stored(group.chat_id)
        assert chat
        assert (chat.owner_id, chat.title) == (boss.chat_id, "Tổ tin")


async def test_who_adds_the_bot_without_managing_the_group_sets_nothing_up(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Tổ tin", owner=boss, bot="left")
        group.add(member)
        group.add_bot(by=member)
        await group.wait_for("Quản trị viên gửi")
        assert here.stored(group.chat_id) is None


async def test_added_by_an_anonymous_administrator_it_greets_and_has_no_owner(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        group = here.sandbox.group("Tổ tin", owner=boss, bot="left")
        inner = here.sandbox.world
        inner.set_member(inner.chats[group.chat_id], Member(inner.bot, "member"), ANONYMOUS)
        await group.wait_for("Quản trị viên gửi")
        assert here.stored(group.chat_id) is None


@pytest.mark.parametrize("kicked", [True, False])
async def test_removed_the_owner_is_told_and_added_again_all_is_as_before(tmp_path: Path, kicked: bool) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        group = await subscribed_group(here, boss)
        group.remove_bot(kicked=kicked)
        await boss.wait_for("Bot không còn ở trong Tổ tin")
        [ended] = here.subscriptions(group.chat_id)
        assert (ended.enabled, ended.ended_because) == (False, "kicked")
        chat = here.stored(group.chat_id)
        assert chat
        assert chat.left_at
        group.add_bot()
        await group.wait_for("Các lựa chọn của nhóm này vẫn còn")
        await group.press(boss, "Nhận lại như trước")
        await group.wait_for("Đã đăng ký")
        [again] = here.subscriptions(group.chat_id)
        assert (again.id, again.enabled, again.minutes) == (ended.id, True, [450])
        chat = here.stored(group.chat_id)
        assert chat
        assert chat.left_at is None


async def test_silenced_it_pauses_and_goes_on_when_it_may_write_again(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        group = await subscribed_group(here, boss)
        group.restrict_bot()
        await boss.wait_for("Bot không còn được viết trong Tổ tin")
        assert not here.subscriptions(group.chat_id)[0].enabled
        group.restrict_bot(allowed=("can_send_messages",))
        await boss.wait_for("Bản tin trong Tổ tin tiếp tục như trước")
        assert here.subscriptions(group.chat_id)[0].enabled


async def test_a_channel_becomes_usable_when_the_bot_may_post(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        await boss.say("/start")
        await boss.wait_for("Điểm Tin")  # only who is known by then is told
        channel = here.sandbox.channel("Kênh tin", owner=boss)
        channel.add_bot(as_admin=True, rights=("can_edit_messages",))
        await boss.wait_for("Bot chưa được đăng bài ở đó")
        channel.promote_bot()
        await boss.wait_for("Bấm để chọn bản tin cho kênh")
        await boss.press("Cài đặt")
        await boss.wait_for("Cài đặt: Kênh tin")
        assert not [message for message in channel.messages if message.get("from")], "its readers were not disturbed"


async def test_a_closed_topic_pauses_its_briefing_until_it_is_open_again(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        await boss.say("/start")
        forum = here.sandbox.group("Diễn đàn", owner=boss, forum=True)
        first, second = forum.create_topic("Một"), forum.create_topic("Hai")
        for thread in (first, second):
            await forum.say(boss, "/dangky 7:30", thread=thread)
            await forum.wait_for("Đã đăng ký")
        forum.close_topic(first)
        await boss.wait_for("Một mục (topic) trong Diễn đàn đã đóng")
        assert {s.thread_id: s.enabled for s in here.subscriptions(forum.chat_id)} == {first: False, second: True}
        forum.reopen_topic(first)
        await boss.wait_for("Bản tin trong Diễn đàn tiếp tục")
        assert {s.thread_id: s.enabled for s in here.subscriptions(forum.chat_id)} == {first: True, second: True}
        forum.promote_bot(rights=("can_manage_topics",))
        forum.close_topic(second)
        await forum.say(boss, "/caidat", thread=first)
        await forum.wait_for("Cài đặt")
        assert all(s.enabled for s in here.subscriptions(forum.chat_id)), "it may write in closed topics"


async def test_in_a_topic_only_its_own_briefing_is_stopped_and_given_back(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        forum = here.sandbox.group("Diễn đàn", owner=boss, forum=True)
        first, second, third = (forum.create_topic(name) for name in ("Một", "Hai", "Ba"))
        for thread in (first, second):
            await forum.say(boss, "/dangky 7:30", thread=thread)
            await forum.wait_for("Đã đăng ký")
        await forum.say(boss, "/huy", thread=third)
        await forum.wait_for("Mục này không nhận bản tin nào")
        await forum.say(boss, "/huy", thread=first)
        shown = await forum.wait_for("Đã ngừng bản tin ở mục này")
        assert {s.thread_id: s.enabled for s in here.subscriptions(forum.chat_id)} == {first: False, second: True}
        await forum.say(boss, "/huy", thread=second)
        await forum.wait_for("Đã ngừng bản tin ở mục này")
        await forum.press(boss, "Nhận bản tin", message=shown)
        await forum.wait_for("Đã đăng ký")
        assert {s.thread_id: s.enabled for s in here.subscriptions(forum.chat_id)} == {first: True, second: False}


@pytest.mark.parametrize("happens", ["reopened", "removed", "moved"])
async def test_what_a_banned_person_does_to_a_group_is_noticed(tmp_path: Path, happens: str) -> None:
    async with world(tmp_path, read=False) as here:
        boss, other = here.user(), here.user()
        await boss.say("/start")
        group = here.sandbox.group("Tổ tin", owner=boss, forum=happens == "reopened")
        group.add(other, "administrator")
        topic = group.create_topic("Một") if happens == "reopened" else None
        await group.say(boss, "/dangky 7:30", thread=topic)
        await group.wait_for("Đã đăng ký")
        if topic:
            group.close_topic(topic, by=boss)
            await boss.wait_for("đã đóng")
        await here.bot.services.write(ban, other.chat_id, 1, NOW)
        if topic:
            group.reopen_topic(topic, by=other)
            await boss.wait_for("tiếp tục")
            assert here.subscriptions(group.chat_id)[0].enabled
        elif happens == "removed":
            group.remove_bot(by=other)
            await boss.wait_for("Bot không còn ở trong Tổ tin")
        else:
            moved = group.migrate(by=other)
            await moved.say(boss, "/caidat")
            await moved.wait_for("07:30")


@pytest.mark.parametrize("new_first", [False, True])
async def test_a_group_that_moves_keeps_all(tmp_path: Path, new_first: bool) -> None:
    async with world(tmp_path, read=False) as here:
        boss = here.user()
        group = await subscribed_group(here, boss, kind="group")
        moved = group.migrate(new_first=new_first)
        await moved.say(boss, "/caidat")
        await moved.wait_for("07:30")
        assert here.stored(group.chat_id) is None
        chat = here.stored(moved.chat_id)
        assert chat
        assert (chat.kind, chat.title, chat.owner_id) == ("supergroup", "Tổ tin", boss.chat_id)
        assert [s.owner_id for s in here.subscriptions(moved.chat_id)] == [boss.chat_id]


async def test_an_owner_is_told_of_what_a_delivery_finds(tmp_path: Path) -> None:
    """Where no update said so: the members' rights were taken from all, or the bot did not run when it was removed."""
    async with world(tmp_path) as here:
        boss = here.user()
        group = await subscribed_group(here, boss)
        group.place_bot("restricted", rights=())
        [subscription] = here.subscriptions(group.chat_id)
        assert subscription.next_due_at
        here.clock.set(subscription.next_due_at + timedelta(minutes=1))
        await here.bot.deliver_now()
        await boss.wait_for("Bot không còn được viết trong Tổ tin")
        assert [s.ended_because for s in here.subscriptions(group.chat_id)] == ["restricted"]


def told(database: Database, chat_id: int) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(DigestPart.html).where(DigestPart.chat_id == chat_id)))


def a_group(database: Database) -> None:
    """A group with a subscription in topic 7 of person 5, another of person 6, owned by 5; 6 is a stranger."""
    with database.session() as session:
        welcome(session, 5, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        introduce(
            session, -100, NOW, kind="supergroup", title="Nhóm", owner_id=5, language="vi", timezone="Asia/Ho_Chi_Minh"
        )
        subscribe(session, -100, NOW, minute_of_day=480, thread_id=7, owner_id=5)
        subscribe(session, -100, NOW, minute_of_day=540, owner_id=6)


def test_who_set_a_group_up_is_told_once_and_strangers_are_not(database: Database) -> None:
    a_group(database)
    for _ in range(2):
        with database.session() as session:
            leave(session, -100, "kicked", NOW)
    assert ["kicked" for html in told(database, 5) if "30 ngày" in html] == ["kicked"]
    assert told(database, 6) == []
    assert told(database, -100) == []


@pytest.mark.parametrize("before", ["restricted", "stopped by hand"])
def test_an_owner_is_told_of_a_removal_where_nothing_was_running(database: Database, before: str) -> None:
    a_group(database)
    with database.session() as session:
        leave(session, -100, "restricted", NOW) if before == "restricted" else unsubscribe(session, -100)
    for _ in range(2):
        with database.session() as session:
            leave(session, -100, "kicked", NOW)
    assert len([html for html in told(database, 5) if "30 ngày" in html]) == 1


def test_an_unknown_refusal_in_a_group_means_that_the_bot_is_out(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        leave(session, -100, "blocked", NOW)
        assert session.get_one(Chat, -100).left_at == NOW
        assert set(session.scalars(select(Subscription.ended_because))) == {"kicked"}
    (html,) = told(database, 5)
    assert "không còn ở trong" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_without_words_of_its_own_is_not_told_as_good_news(language: str) -> None:
    chat = Chat(id=-100, created_at=NOW, kind="supergroup", title="N", language=language)
    told_of = {what: render("owner_told.html", language, what=what, chat=chat, days=30) for what in ("new", "goes_on")}
    assert told_of["new"] != told_of["goes_on"]


def test_added_again_only_what_ended_with_the_removal_goes_on(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        topic = session.scalars(select(Subscription).where(Subscription.thread_id == 7)).one()
        end_subscription(session, -100, topic.id, "topic_gone")
        leave(session, -100, "kicked", NOW)
    with database.session() as session:
        known = find_reader(session, -100)
        assert known
        resume(session, known, NOW)
    with database.reading() as session:
        states = session.execute(select(Subscription.thread_id, Subscription.enabled)).all()
    assert {tuple(row) for row in states} == {(7, False), (None, True)}


def test_a_topic_waits_alone_and_goes_on_alone(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        end_topic(session, -100, 7, "topic_closed", NOW)
        end_topic(session, -100, 7, "topic_closed", NOW)
        end_topic(session, -100, 99, "topic_closed", NOW)
        assert not go_on(session, -100, "topic_closed", NOW)
        assert not go_on(session, -100, "restricted", NOW)
        states = session.execute(select(Subscription.thread_id, Subscription.enabled)).all()
        assert {tuple(row) for row in states} == {(7, False), (None, True)}
        assert go_on(session, -100, "topic_closed", NOW, 7)
        assert all(session.scalars(select(Subscription.enabled)))
    assert len(told(database, 5)) == 2


def test_a_group_that_moves_was_not_left(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        leave(session, -100, "kicked", NOW)
    for _ in range(2):
        with database.session() as session:
            move_group(session, -100, -1001, NOW)
    with database.reading() as session:
        chat = session.get(Chat, -1001)
        assert chat
        assert (chat.left_at, chat.owner_id, chat.title) == (None, 5, "Nhóm")
        assert set(session.scalars(select(Subscription.enabled).where(Subscription.chat_id == -1001))) == {True}
    assert len(told(database, 5)) == 2


def test_a_group_that_moves_keeps_its_settings_where_its_new_number_was_heard_of_first(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        old = session.get_one(Chat, -100)
        old.language, old.timezone, old.quiet_from, old.quiet_until = "en", "Europe/Paris", 0, 0
        introduce(
            session,
            -1001,
            NOW,
            kind="supergroup",
            title="Tổ",
            owner_id=None,
            language="vi",
            timezone="Asia/Ho_Chi_Minh",
        )
    with database.session() as session:
        move_group(session, -100, -1001, NOW)
    with database.reading() as session:
        new = session.get_one(Chat, -1001)
        assert (new.language, new.timezone, new.quiet_from, new.owner_id) == ("en", "Europe/Paris", 0, 5)


def test_what_a_group_chose_is_kept_for_thirty_days(database: Database) -> None:
    a_group(database)
    with database.session() as session:
        leave(session, -100, "kicked", NOW)
    assert erase_left(database, NOW + KEPT) == 0
    assert erase_left(database, NOW + KEPT + timedelta(hours=1)) == 0, "once a day"
    assert erase_left(database, NOW + KEPT + timedelta(days=1)) == 1
    with database.reading() as session:
        assert session.get(Chat, -100) is None
        assert session.get(Chat, 5) is not None
        assert session.scalars(select(Subscription)).all() == []


def test_a_private_chat_that_blocks_the_bot_is_kept(database: Database) -> None:
    with database.session() as session:
        welcome(session, 5, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        subscribe(session, 5, NOW)
        leave(session, 5, "blocked", NOW)
    assert erase_left(database, NOW + 10 * KEPT) == 0
    with database.reading() as session:
        chat = session.get(Chat, 5)
        assert chat
        assert chat.left_at is None
    assert told(database, 5) == []
