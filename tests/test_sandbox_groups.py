"""Groups, forums and channels of the sandbox, seen through python-telegram-bot: what a bot hears, what it may."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    ChatMemberAdministrator,
    ChatMemberRestricted,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    KeyboardButtonRequestChat,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.constants import UpdateType
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.request import AiohttpRequest
from bot.sandbox import Sandbox, SandboxUser
from test_sandbox_files import png

NAME = "diem_tin_sandbox_bot"
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Tiếp", callback_data="more")]])


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot", request=AiohttpRequest()) as bot:
        await bot.get_updates(allowed_updates=list(UpdateType))
        yield bot


async def heard(bot: Bot) -> list[Update]:
    """The updates since the last time."""
    updates = list(await bot.get_updates())
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return updates


def a_message(update: Update) -> Message:
    assert update.message
    return update.message


# -- what the bot hears


async def test_in_privacy_mode_a_bot_hears_what_is_meant_for_it(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group()
    group.add(an)
    own = await bot.send_message(group.chat_id, "Chào")
    for text in ("chuyện phiếm", "/help", f"/help@{NAME}", f"/help@{NAME.upper()}", "/help@another_bot", "xem /help"):
        await group.say(an, text)
    await group.say(an, f"hỏi @{NAME} xem")
    await group.say(an, "hỏi @another_bot xem")
    await group.say(an, "đúng", reply_to=group.messages[0], quote="Chào")
    await group.say(an, "sai", reply_to=group.messages[1])
    *commands, mention, answer = [a_message(update) for update in await heard(bot)]
    assert [message.text for message in commands] == ["/help", f"/help@{NAME}", f"/help@{NAME.upper()}"]
    assert mention.text == f"hỏi @{NAME} xem"
    assert answer.reply_to_message
    assert (answer.reply_to_message.message_id, answer.quote and answer.quote.text) == (own.message_id, "Chào")


async def test_an_administrator_hears_everything(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group(bot="administrator")
    group.add(an)
    said = await group.say(an, "chuyện phiếm")
    await group.edit(said, "chuyện khác")
    first, second = await heard(bot)
    assert (a_message(first).text, a_message(first).from_user.first_name) == ("chuyện phiếm", "An")
    assert second.edited_message
    assert second.edited_message.text == "chuyện khác"
    group.demote_bot()
    await group.edit(said, "lại khác")
    assert [update.my_chat_member is not None for update in await heard(bot)] == [True]


async def test_anonymous_administrators_write_as_the_group(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group("Tổ")
    group.promote(an, anonymous=True)
    await group.say(an, "/caidat")
    await group.say(group.owner, "/caidat", anonymous=True)
    await group.say(an, "/caidat", anonymous=False)
    *hidden, open_one = [a_message(update) for update in await heard(bot)]
    for message in hidden:
        assert message.from_user
        assert message.sender_chat
        assert (message.from_user.id, message.sender_chat.id) == (1087968824, group.chat_id)
    assert (open_one.sender_chat, open_one.from_user and open_one.from_user.first_name) == (None, "An")
    group.demote(an)
    with pytest.raises(ValueError, match="only administrators"):
        await group.say(an, "x", anonymous=True)


async def test_a_press_tells_who_pressed(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group()
    group.promote(an, anonymous=True)
    sent = await bot.send_message(group.chat_id, "Chọn", reply_markup=KEYS)
    pressing = asyncio.create_task(group.press(an, "Tiếp"))
    (update,) = await bot.get_updates(timeout=50)
    query = update.callback_query
    assert query
    assert query.message
    assert (query.from_user.id, query.message.chat.id, query.data) == (an.chat_id, group.chat_id, "more")
    await query.answer("Được", show_alert=True)
    assert (await pressing)["text"] == "Được"
    await sent.edit_text("Xong")
    assert (await group.wait_for("Xong"))["message_id"] == sent.message_id
    forging = asyncio.create_task(group.forge(sandbox.user(), "giả", group.messages[0]))
    _, update = await bot.get_updates(timeout=50)
    assert update.callback_query
    assert update.callback_query.data == "giả"
    await update.callback_query.answer()
    await forging
    await sent.delete()
    late = asyncio.create_task(group.forge(an, "more", {"message_id": sent.message_id}))
    *_, update = await bot.get_updates(timeout=50)
    assert update.callback_query
    assert update.callback_query.message
    assert not update.callback_query.message.is_accessible
    await update.callback_query.answer()
    await late


async def test_posts_of_a_channel(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    channel = sandbox.channel("Kênh", bot="administrator", username="kenh_thu")
    posted = await channel.post("Tin mới", signature="An")
    sent = await bot.send_message("@kenh_thu", "Bản tin", reply_markup=KEYS)
    assert (sent.from_user, sent.sender_chat and sent.sender_chat.id) == (None, channel.chat_id)
    assert (await sent.edit_text("Bản tin 2")).text == "Bản tin 2"
    await channel.edit(posted, "Tin cũ")
    first, second = await heard(bot)
    assert first.channel_post
    assert second.edited_channel_post
    assert (first.channel_post.author_signature, first.channel_post.from_user) == ("An", None)
    assert second.edited_channel_post.text == "Tin cũ"
    with pytest.raises(ValueError, match="nobody writes as themselves"):
        await channel.say(an, "x")
    with pytest.raises(ValueError, match="only channels have posts"):
        await sandbox.group().post("x")


# -- coming and going


async def test_the_bot_is_told_what_becomes_of_it(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group(bot="left")
    group.promote(an)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(group.chat_id, "x")
    group.add_bot(by=an)
    group.promote_bot(rights=["can_pin_messages"])
    group.demote_bot()
    group.restrict_bot()
    group.remove_bot(by=an)
    group.remove_bot(kicked=False)
    added, service, *others = await heard(bot)
    changes = [update.my_chat_member for update in (added, *others)]
    states = [(change.old_chat_member.status, change.new_chat_member.status) for change in changes if change]
    assert states == [
        ("left", "member"),
        ("member", "administrator"),
        ("administrator", "member"),
        ("member", "restricted"),
        ("restricted", "kicked"),
        ("kicked", "left"),
    ]
    assert [change.from_user.first_name for change in changes if change] == ["An", *["Chủ nhóm"] * 3, "An", "Chủ nhóm"]
    assert [user.id for user in a_message(service).new_chat_members] == [bot.id]
    assert changes[1]
    promoted = changes[1].new_chat_member
    assert isinstance(promoted, ChatMemberAdministrator)
    assert (promoted.can_pin_messages, promoted.can_delete_messages) == (True, False)
    assert changes[3]
    restricted = changes[3].new_chat_member
    assert isinstance(restricted, ChatMemberRestricted)
    assert not restricted.can_send_messages


async def test_a_link_brings_the_bot_into_a_group_with_a_command(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group(bot="left")
    group.add(an)
    group.add_bot(by=an, start="d_1")
    *_, command = await heard(bot)
    assert (a_message(command).text, group.messages[-1]["from"]["id"]) == (f"/start@{NAME} d_1", an.chat_id)


async def test_an_administrator_is_told_of_members_if_it_asked(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group()
    group.join(an)
    assert [update.chat_member for update in await heard(bot)] == [None]  # the service message only
    group.promote_bot()
    await heard(bot)
    group.promote(an)
    group.restrict(an, allowed=["can_send_messages"])
    group.ban(an)
    statuses = [update.chat_member.new_chat_member.status for update in await heard(bot) if update.chat_member]
    assert statuses == ["administrator", "restricted", "kicked"]
    assert group.status(an) == "kicked"
    await bot.get_updates(allowed_updates=["message"])
    group.demote(an)
    assert await heard(bot) == []


async def test_a_group_becomes_a_supergroup(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group(kind="group")
    group.promote(an)
    supergroup = group.migrate()
    old, new = [a_message(update) for update in await heard(bot)]
    assert (old.chat.id, old.migrate_to_chat_id) == (group.chat_id, supergroup.chat_id)
    assert (new.chat.id, new.migrate_from_chat_id) == (supergroup.chat_id, group.chat_id)
    assert supergroup.status(an) == "administrator"
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.chat_id, "x")
    assert moved.value.new_chat_id == supergroup.chat_id
    assert sandbox.calls[-1].answer == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": supergroup.chat_id},
    }
    assert (await bot.send_message(supergroup.chat_id, "x")).chat.type == "supergroup"


async def test_leaving(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group()
    assert await bot.leave_chat(group.chat_id)
    (update,) = await heard(bot)
    assert update.my_chat_member
    assert update.my_chat_member.new_chat_member.status == "left"
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.leave_chat(group.chat_id)
    an.unblock()
    await an.say("/start")
    with pytest.raises(BadRequest, match="Chat is not a group chat"):
        await bot.leave_chat(an.chat_id)


# -- what the bot may


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_who_is_out_may_do_nothing(sandbox: Sandbox, bot: Bot, kind: str) -> None:
    place = sandbox.group(kind=kind, bot="administrator")
    sent = await bot.send_message(place.chat_id, "x")
    for kicked, why in [
        (True, f"bot was kicked from the {kind} chat"),
        (False, f"bot is not a member of the {kind} chat"),
    ]:
        place.remove_bot(kicked=kicked)
        for call in (
            bot.send_message(place.chat_id, "x"),
            bot.send_photo(place.chat_id, InputFile(png(2, 2))),
            bot.send_chat_action(place.chat_id, "typing"),
            sent.edit_text("y"),
            sent.delete(),
            bot.get_chat(place.chat_id),
            bot.get_chat_member(place.chat_id, bot.id),
            bot.get_chat_administrators(place.chat_id),
            bot.set_my_commands([("x", "x")], scope={"type": "chat", "chat_id": place.chat_id}),
        ):
            with pytest.raises(Forbidden) as refused:
                await call
            assert refused.value.message == f"Forbidden: {why}"
    assert [message["text"] for message in place.messages if "text" in message] == ["x"]


async def test_a_restricted_bot_sends_only_what_is_left_to_it(sandbox: Sandbox, bot: Bot) -> None:
    group = sandbox.group()
    group.restrict_bot(allowed=["can_send_messages"])
    await bot.send_message(group.chat_id, "x")
    with pytest.raises(BadRequest, match="Not enough rights to send photos to the chat"):
        await bot.send_photo(group.chat_id, InputFile(png(2, 2)))
    with pytest.raises(BadRequest, match="Not enough rights to send documents to the chat"):
        await bot.send_document(group.chat_id, InputFile(b"x"))
    group.restrict_bot(allowed=["can_send_photos"])
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await bot.send_message(group.chat_id, "x")
    assert (await bot.send_photo(group.chat_id, InputFile(png(2, 2)))).photo


async def test_a_channel_wants_an_administrator_who_may_post(sandbox: Sandbox, bot: Bot) -> None:
    channel = sandbox.channel(bot="administrator")
    channel.promote_bot(rights=["can_edit_messages"])
    with pytest.raises(BadRequest, match="Need administrator rights in the channel chat"):
        await bot.send_message(channel.chat_id, "x")
    channel.promote_bot()
    await bot.send_message(channel.chat_id, "x")
    with pytest.raises(BadRequest, match="Button_type_invalid"):
        await bot.send_message(channel.chat_id, "x", reply_markup={"keyboard": [["A"]]})
    with pytest.raises(ValueError, match="only as an administrator"):
        sandbox.channel().add_bot()


async def test_deleting_in_a_group(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group()
    group.add(an)
    theirs = await group.say(an, "/x")
    own = await bot.send_message(group.chat_id, "x")
    await own.delete()
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.chat_id, theirs["message_id"])
    group.promote_bot()
    assert await bot.delete_message(group.chat_id, theirs["message_id"])
    assert group.messages == []


async def test_who_is_in(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group = sandbox.group("Tổ", username="to_thu")
    group.promote(an, rights=["can_pin_messages"])
    assert (await bot.get_chat_member(group.chat_id, 1087968824)).status == "left"
    member, stranger, once = sandbox.user(), sandbox.user(), sandbox.user(started=True)
    group.add(member, "restricted", rights=["can_send_messages"])
    found = [(await bot.get_chat_member("@To_Thu", user.chat_id)).status for user in (group.owner, an, member, once)]
    assert found == ["creator", "administrator", "restricted", "left"]
    admins = await bot.get_chat_administrators(group.chat_id)
    assert {admin.user.id for admin in admins} == {group.owner.chat_id, an.chat_id}
    group.promote_bot()
    assert bot.id in {admin.user.id for admin in await bot.get_chat_administrators(group.chat_id)}
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.chat_id, stranger.chat_id)
    with pytest.raises(BadRequest, match="There are no administrators in the private chat"):
        await bot.get_chat_administrators(once.chat_id)
    assert (await bot.get_chat("@to_thu")).title == "Tổ"


async def test_member_lists_that_are_closed(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    channel = sandbox.channel(bot="administrator")
    channel.promote(an)
    assert (await bot.get_chat_member(channel.chat_id, an.chat_id)).status == "administrator"
    channel.place_bot("member")
    group = sandbox.group()
    group.add(an)
    group.hide_members()
    for place in (channel, group):
        assert (await bot.get_chat_member(place.chat_id, bot.id)).status == "member"
        for call in (bot.get_chat_member(place.chat_id, an.chat_id), bot.get_chat_administrators(place.chat_id)):
            with pytest.raises(BadRequest, match="Member list is inaccessible"):
                await call


async def test_who_may_not_write_does_not(sandbox: Sandbox, an: SandboxUser) -> None:
    group = sandbox.group(topics=[7])
    for status in ("left", "kicked", "restricted"):
        group.add(an, status, rights=[])
        with pytest.raises(ValueError, match="may not write here"):
            await group.say(an, "/x")
    group.add(an)
    group.close_topic(7)
    for thread in (7, 8):
        with pytest.raises(ValueError, match="closed or not there"):
            await group.say(an, "/x", thread=thread)
    with pytest.raises(ValueError, match="is not in the message"):
        await group.say(an, "x", reply_to=await group.say(an, "một"), quote="hai")


async def test_chats_are_asked_for_in_private_chats_only(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    group, button = sandbox.group(), KeyboardButton("Chọn kênh", request_chat=KeyboardButtonRequestChat(1, True))
    asked = ReplyKeyboardMarkup([[button]])
    await an.say("Chào")
    await bot.send_message(an.chat_id, "Kênh nào?", reply_markup=asked)
    with pytest.raises(BadRequest, match="Chats can be requested in private chats only"):
        await bot.send_message(group.chat_id, "Kênh nào?", reply_markup=asked)
    await bot.send_message(group.chat_id, "Chọn", reply_markup=ReplyKeyboardMarkup([["Một"]]))
