"""Groups, forums and channels: who may set them up, where the bot posts and answers, and when it is silent."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.application import Role
from bot.keyboards import fits
from bot.limits import Asked, Latest, Limits, Verdict
from bot.menus import (
    language_menu,
    new_menu,
    quiet_from_menu,
    quiet_menu,
    quiet_until_menu,
    settings_menu,
    zone_menu,
)
from bot.sender import keyboard
from bot.subscription_menus import (
    PAST_HOUR,
    amount_menu,
    day_menu,
    detail_menu,
    empty_menu,
    grouping_menu,
    outlet_menu,
    own_zone_menu,
    pause_menu,
    place_menu,
    remove_menu,
    sound_menu,
    subscription_menu,
    topic_menu,
    undo_row,
    when_menu,
    word_menu,
)
from bot.targets import aimed
from conftest import NOW
from digests.feedback import open_reports
from digests.messages import Message
from digests.models import Digest, Story, Subscription
from digests.schedule import CADENCES
from digests.subscribers import add_subscription, find_reader, welcome
from feeds.database import Database
from test_bot import world


async def test_only_administrators_subscribe_a_group_and_the_first_owns_it(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss, member = here.user("en"), here.user()
        group = here.sandbox.group("Tổ tin", owner=boss)
        group.add(member)
        await group.say(member, "/dangky 7:30")
        await group.wait_for("Chỉ quản trị viên")
        assert here.stored(group.chat_id) is None
        await group.say(boss, "/subscribe@" + here.sandbox.world.bot["username"] + " 7:30")
        await group.wait_for("Subscribed")
        chat = here.stored(group.chat_id)
        assert chat is not None
        assert (chat.kind, chat.title, chat.owner_id, chat.language) == ("supergroup", "Tổ tin", boss.chat_id, "en")
        [subscription] = here.subscriptions(group.chat_id)
        assert (subscription.minutes, subscription.owner_id) == ([450], boss.chat_id)
        screen = await group.say(boss, "/settings")
        screen = await group.wait_for("Tổ tin")
        refusal = await group.press(member, "Language", message=screen)
        assert refusal["show_alert"]
        assert "Chỉ quản trị viên" in refusal["text"]
        await group.press(boss, "Language", message=screen)
        await group.wait_for("Cài đặt: Tổ tin")


async def test_anonymous_administrators_configure_and_linked_channels_do_not(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss = here.user()
        group = here.sandbox.group("Tổ tin", owner=boss)
        await group.say(boss, "/caidat", anonymous=True)
        screen = await group.wait_for("Cài đặt: Tổ tin")
        chat = here.stored(group.chat_id)
        assert chat
        assert chat.owner_id is None
        assert not (await group.press(boss, "Ngôn ngữ", message=screen))["show_alert"]
        channel = here.sandbox.channel("Kênh", owner=boss)
        as_channel = {"sender_chat": channel.as_json, "is_automatic_forward": True}
        command = {"text": "/dangky 5:00", "entities": [{"type": "bot_command", "offset": 0, "length": 7}]}
        group.send(boss, as_channel | command, anonymous=False)
        await group.wait_for("Only administrators")
        assert not here.subscriptions(group.chat_id)


async def test_where_members_are_hidden_the_bot_says_that_it_must_be_administrator(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss = here.user()
        group = here.sandbox.group("Tổ tin", owner=boss)
        group.hide_members()
        await group.say(boss, "/dangky 7:30")
        await group.wait_for("cho bot làm quản trị viên")
        assert not here.subscriptions(group.chat_id)
        group.promote_bot()
        await group.say(boss, "/dangky 7:30")
        await group.wait_for("Đã đăng ký")


async def test_each_topic_has_its_own_briefing_and_answers_come_into_it(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss = here.user()
        forum = here.sandbox.group("Diễn đàn", owner=boss, forum=True)
        police, army = forum.create_topic("Công an"), forum.create_topic("Quân đội")
        await forum.say(boss, "/dangky 7:30", thread=police)
        answer = await forum.wait_for("Đã đăng ký")
        assert answer["message_thread_id"] == police
        await forum.say(boss, "/dangky 8:30", thread=army)
        await forum.wait_for("Đã đăng ký")
        await forum.say(boss, "/dangky 9:00")
        assert "message_thread_id" not in await forum.wait_for("Đã đăng ký")
        await forum.say(boss, "/dangky 7:45", thread=police)
        await forum.wait_for("Đã đổi từ 07:30 sang 07:45")
        found = {(s.thread_id, s.minutes[0]) for s in here.subscriptions(forum.chat_id)}
        assert found == {(police, 465), (army, 510), (None, 540)}
        await forum.say(boss, "/caidat", thread=army)
        screen = await forum.wait_for("Cài đặt")
        labels = [button["text"] for row in screen["reply_markup"]["inline_keyboard"] for button in row]
        assert any(f"chủ đề #{police}" in label for label in labels)


async def test_in_a_group_the_bot_answers_what_is_meant_for_it_only(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Tổ tin", owner=boss, bot="administrator")  # hears everything
        group.add(member)
        name = here.sandbox.world.bot["username"]
        for said in (
            "09-CT/TW",
            "chào mọi người",
            "/dangky@other_bot 7",
            "/khonghieu",
            "@somebody 09-CT/TW",
            "/thongke",
        ):
            await group.say(member, said)
        await group.say(member, f"@{name} 09-CT/TW")
        card = await group.wait_for(lambda message: True)
        assert "09-CT/TW" in card["text"]
        await group.say(member, "cảm ơn bot", reply_to=card)
        await group.say(member, "Chỉ thị 05-CT/TW", reply_to=card)
        assert "05-CT/TW" in (await group.wait_for(lambda message: True))["text"]
        await group.say(member, "/vanban")
        question = await group.wait_for(lambda message: True)
        await group.say(member, "số này", reply_to=question)
        await group.wait_for("số này")
        await group.say(member, f"@{name}")
        await group.wait_for("Quản trị viên gửi")
        await group.say(member, f"/khonghieu@{name}")
        await group.wait_for("/trogiup")
        await group.say(member, "/kenh")
        aside = await group.wait_for("nhắn riêng")
        [[button]] = aside["reply_markup"]["inline_keyboard"]
        assert button["url"].startswith(f"https://t.me/{name}?start=")
        assert here.stored(group.chat_id) is None


async def test_a_channel_is_managed_from_the_private_chat(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss, other = here.user(), here.user()
        channel = here.sandbox.channel("Tin nội bộ", owner=boss, username="tinnoibo")
        await other.say("/start")
        await boss.say("/start")
        await boss.say("/kenh")
        asked = await boss.wait_for("Đăng bản tin vào kênh")
        wanted = [button["request_chat"] for button in asked["reply_markup"]["keyboard"][0]]
        assert [one["chat_is_channel"] for one in wanted] == [True, False]
        await boss.say("/kenh @tinnoibo")
        await boss.wait_for("Bot chưa ở trong kênh")
        channel.add_bot(as_admin=True)
        await boss.wait_for("Bot đã được thêm vào kênh Tin nội bộ")
        await other.say("/kenh @tinnoibo")
        await other.wait_for("Chỉ quản trị viên")
        await boss.say("/kenh @tinnoibo")
        screen = await boss.wait_for("Cài đặt: Tin nội bộ")
        actions = [button["callback_data"] for row in screen["reply_markup"]["inline_keyboard"] for button in row]
        assert actions
        assert all(action.endswith(f"@{channel.chat_id}") for action in actions)
        await boss.press("+ Thêm bản tin", message=screen)
        await boss.press("Hằng ngày")
        page = await boss.wait_for("Hằng ngày 07:00")
        [subscription] = here.subscriptions(channel.chat_id)
        assert subscription.owner_id == boss.chat_id
        await boss.say("/ten Bản tin sáng", reply_to=page)
        await boss.wait_for("Bản tin sáng")
        await boss.say("/ten Của tôi")
        await boss.wait_for("Bạn chưa có bản tin nào")
        assert here.subscriptions(channel.chat_id)[0].name == "Bản tin sáng"
        assert not here.subscriptions(boss.chat_id)
        await boss.say("/kenh")
        listed = await boss.wait_for("Kênh và nhóm của bạn")
        await boss.press("Tin nội bộ", message=listed)
        await boss.wait_for("Cài đặt: Tin nội bộ")
        await other.say("/kenh")
        await other.wait_for("Đăng bản tin vào kênh")


async def test_a_private_channel_is_added_by_a_forwarded_post_or_by_choosing_it(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss = here.user()
        channel = here.sandbox.channel("Kín", owner=boss, bot="administrator")
        await boss.say("/start")
        post = await boss.forward("Bài trên kênh", sender=channel)
        await boss.say("/kenh", reply_to=post)
        await boss.wait_for("Cài đặt: Kín")
        group = here.sandbox.group("Nhóm kín", owner=boss)
        here.sandbox.world.say(
            here.sandbox.world.person(boss.chat_id, "", ""),
            {"chat_shared": {"request_id": 2, "chat_id": group.chat_id}},
        )
        await boss.wait_for("Cài đặt: Nhóm kín")


async def test_rights_are_asked_again_for_each_press_about_a_channel(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss, editor = here.user(), here.user()
        channel = here.sandbox.channel("Tin nội bộ", owner=boss, bot="administrator", username="tinnoibo")
        channel.add(editor, "administrator")
        await editor.say("/start")
        await editor.say("/kenh @tinnoibo")
        screen = await editor.wait_for("Cài đặt: Tin nội bộ")
        channel.demote(editor)
        here.bot.services.standings.forget(channel.chat_id)
        refusal = await editor.press("Múi giờ", message=screen)
        assert refusal["show_alert"]
        assert "Chỉ quản trị viên" in refusal["text"]
        await editor.say("/huy", reply_to=screen)
        await editor.wait_for("Chỉ quản trị viên")
        channel.add(editor, "administrator", rights=("can_delete_messages",))
        here.bot.services.standings.forget(channel.chat_id)
        assert (await editor.press("Múi giờ", message=screen))["show_alert"], "an administrator who may not post"


async def test_a_button_under_a_channels_post_opens_the_document_in_a_private_chat(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        boss, reader = here.user(), here.user()
        channel = here.sandbox.channel("Tin", owner=boss, bot="administrator")
        keys = [[{"text": "09-CT/TW", "callback_data": "doc:abc"}, {"text": "Lưu", "callback_data": "save:1"}]]
        chat = here.sandbox.world.chats[channel.chat_id]
        here.sandbox.world.add_message(chat, {"text": "Bản tin", "reply_markup": {"inline_keyboard": keys}}, own=True)
        start = f"https://t.me/{here.sandbox.world.bot['username']}?start="
        assert (await channel.press(reader, "09-CT/TW"))["url"] == f"{start}d_abc"
        assert (await channel.press(boss, "Lưu"))["url"].startswith(start)
        assert len(channel.messages) == 1


async def test_a_member_says_what_is_wrong_alone_with_the_bot(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Nhóm", owner=boss)
        group.add(member)
        await group.say(member, "/homnay")
        digest = await group.wait_for("Điểm tin an ninh")
        link = (await group.press(member, "Báo tin sai", message=digest))["url"]
        payload = link.partition("?start=")[2]
        assert payload.startswith("r_")
        assert len(payload) <= 64
        await member.open_start(payload)
        asked = await member.wait_for("Tin nào sai?")
        first = asked["reply_markup"]["inline_keyboard"][0][0]["text"]
        assert first.rstrip("…") in digest["text"]
        await member.press(first, message=asked)
        item = await member.wait_for("Tin này sai ở đâu?")
        await member.press("Không liên quan", message=item)
        await member.wait_for("Đã ghi nhận")
        reports = await here.bot.services.read(open_reports)
        assert [report.article.title for report in reports] == [item["text"].splitlines()[0]]
        assert not any("Tin nào sai?" in message.get("text", "") for message in group.messages)
        await member.open_start("r_zz-fffffff-")
        await member.wait_for("Không còn nhận ra tin nào")


async def test_a_member_is_shown_alone_what_a_digest_of_the_group_held_back(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Nhóm", owner=boss)
        group.add(member)
        await group.say(boss, "/dangky 7")
        await group.wait_for("Đã đăng ký")

        def held_back(session: Session) -> int:
            (own,) = session.scalars(select(Subscription).where(Subscription.chat_id == group.chat_id))
            stories = session.scalars(select(Story.id).order_by(Story.id)).all()
            digest = Digest(
                subscription_id=own.id,
                chat_id=group.chat_id,
                due_at=NOW,
                window_start=NOW,
                window_end=NOW,
                held_back=list(stories),
                state="done",
            )
            session.add(digest)
            session.flush()
            return digest.id

        digest_id = await here.bot.services.write(held_back)
        await group.say(boss, "/caidat")
        shown, said = await group.wait_for("Cài đặt"), len(group.messages)
        answer = await group.forge(member, f"more:{digest_id}", shown)
        assert answer["show_alert"]
        assert answer["text"].count("• ") == 3
        assert len(answer["text"]) <= 200
        assert (await group.forge(member, "more:999999", shown))["text"] == "Đã xem hết"
        assert len(group.messages) == said


async def test_typed_answers_in_a_group_are_asked_for_rights_too(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Tổ tin", owner=boss)
        group.add(member)
        await group.say(boss, "/theodoi")
        question = await group.wait_for(lambda message: True)
        await group.say(member, "09-CT/TW", reply_to=question)
        await group.wait_for("Chỉ quản trị viên")
        await group.say(boss, "09-CT/TW", reply_to=question)
        offer = await group.wait_for("09-CT/TW")
        await group.say(member, "lưu", reply_to=offer)
        await group.wait_for("Chỉ quản trị viên")


LONGEST_ID = -1997852516352  # of a channel, by the Bot API


@pytest.mark.parametrize("cadence", CADENCES)
def test_all_buttons_of_the_settings_have_room_for_the_chat_they_are_about(sqlite: Database, cadence: str) -> None:
    with sqlite.session() as session:
        welcome(session, LONGEST_ID, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        one = add_subscription(
            session, LONGEST_ID, NOW, cadence=cadence, any_words=["ma túy"], outlets=["Báo Công an nhân dân điện tử"]
        )
    with sqlite.reading() as session:
        found = find_reader(session, LONGEST_ID)
    assert found
    one.id = 999_999
    pages = [
        *(menu(found) for menu in (new_menu, zone_menu, quiet_menu, quiet_from_menu, quiet_until_menu)),
        settings_menu(found, NOW),
        language_menu("vi"),
        subscription_menu(one, "vi", NOW),
        *(when_menu(one, "vi", past) for past in PAST_HOUR),
        day_menu(one, "vi"),
        topic_menu(one, "vi"),
        *(place_menu(one, "vi", number) for number in range(5)),
        outlet_menu(one, "vi", 99, ["Báo Quân đội nhân dân"] * 300),
        word_menu(one, "vi"),
        amount_menu(one, "vi"),
        grouping_menu(one, "vi"),
        empty_menu(one, "vi"),
        detail_menu(one, "vi"),
        sound_menu(one, "vi"),
        own_zone_menu(one, "vi"),
        pause_menu(one, "vi", NOW.date()),
        remove_menu(one, "vi"),
        (undo_row(one, "vi"),),
    ]
    actions = [action for rows in pages for row in rows for _, action in row]
    assert [action for action in actions if not fits(aimed(action, LONGEST_ID))] == []
    short = [("ngắn", "set"), ("dài", "try:" + "x" * 50)]
    markup = keyboard(Message("x", (tuple(short),)), LONGEST_ID)
    assert markup
    assert [[button.text for button in row] for row in markup.inline_keyboard] == [["ngắn"]]


async def test_too_much_is_answered_by_a_word_once_a_minute(tmp_path: Path) -> None:
    seconds = 1000.0
    async with world(tmp_path, read=False) as here:
        here.bot.services.limits = Limits(lambda: seconds)
        user, other = here.user(), here.user()
        for _ in range(20):
            await user.say("/trogiup")
            await user.wait_for("/vanban")
        await user.say("/trogiup")
        await user.wait_for("Hơi nhanh")
        for _ in range(5):
            await user.say("/trogiup")
        await other.say("/trogiup")
        await other.wait_for("/vanban")
        told = [message for message in user.messages if "Hơi nhanh" in message["text"]]
        assert len(told) == 1
        seconds += 4
        await user.say("/trogiup")
        await user.wait_for("/vanban")


async def test_a_group_that_asks_too_much_is_told_once_and_its_chatter_does_not_count(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        here.bot.services.limits = Limits(lambda: 1000.0)
        people = [here.user() for _ in range(4)]
        group = here.sandbox.group("Tổ tin", owner=people[0], bot="administrator")
        asked = 0
        for one in people:
            group.add(one)
            for _ in range(15):
                await group.say(one, "chào mọi người")
            for _ in range(8):
                await group.say(one, "/gioithieu")
                asked += 1
                if asked <= 31:
                    await group.wait_for("Điểm Tin" if asked <= 30 else "Hơi nhanh")
        await people[1].say("/gioithieu")
        await people[1].wait_for("Điểm Tin")
        own = here.sandbox.world.chats[group.chat_id].own
        assert len(own) == 31


async def test_presses_and_costly_answers_are_limited_too(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        here.bot.services.limits = Limits(lambda: 1000.0)
        user = here.user()
        await user.say("/dulieu")
        for _ in range(5):
            await user.say("/dulieu")
        await user.wait_for("Hơi nhanh")
        await user.say("/ngonngu")
        screen = await user.wait_for(lambda message: "reply_markup" in message)
        answers = [await user.press("English" if n % 2 else "Tiếng Việt", message=screen) for n in range(62)]
        assert [n for n, answer in enumerate(answers) if answer["show_alert"]] == [60]
        assert not answers[61].get("text"), "the spinner stops without a word"


def test_buckets_fill_again_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.limits._MOST", 3)
    now = [0.0]
    limits = Limits(lambda: now[0])
    assert [limits.take(Asked.HEAVY, 1) for _ in range(7)] == [
        *[Verdict.ANSWERED] * 5,
        Verdict.TOLD,
        Verdict.SILENT,
    ]
    now[0] = 12.0
    assert [limits.take(Asked.HEAVY, 1) for _ in range(2)] == [Verdict.ANSWERED, Verdict.SILENT]
    now[0] = 61.0
    assert [limits.take(Asked.HEAVY, 1) for _ in range(5)] == [*[Verdict.ANSWERED] * 4, Verdict.TOLD]
    for holder in range(2, 5):
        limits.take(Asked.HEAVY, holder)
    assert len(limits._buckets) == 3


def test_what_may_be_forgotten_is_bounded() -> None:
    latest: Latest[int, str] = Latest(2)
    latest[1], latest[2] = "a", "b"
    latest[1] = "c"
    latest[3] = "d"
    assert dict(latest) == {1: "c", 3: "d"}
