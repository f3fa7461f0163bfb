"""In the chat: what admins do beside looking after feeds, and what others see of that."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.application import Role, Running, running
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.handlers.broadcast import own_html
from bot.logs import set_up_logs
from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.inbox import answer_of
from digests.acts import follow_feeds
from digests.bans import ban
from digests.feedback import Kind, store_feedback
from digests.models import AdminAct, Admitted, Ban, Broadcast, Digest, DigestPart, Feedback
from digests.review import nth_doubt
from digests.subscribers import subscribe, unsubscribe, welcome
from feeds.models import Article, Mention
from feeds.reindex import reindex
from feeds.sources import Source
from newsroom import POLICY, publish

HOUR = timedelta(hours=1)
DOUBTFUL = (
    "Công an tỉnh Nghệ An quán triệt Nghị quyết số 12-NQ/TW",
    "Hội nghị quán triệt Nghị quyết số 12-NQ/TW về bảo đảm an ninh, trật tự được tổ chức sáng nay tại Công an tỉnh.",
)


@dataclass(frozen=True, slots=True)
class Office:
    """An admin and a reader, each in their own chat."""

    sandbox: Sandbox
    bot: Running
    clock: DemoClock
    admin: SandboxUser
    reader: SandboxUser

    async def forge(self, user: SandboxUser, message: dict[str, Any], data: str) -> dict[str, Any]:
        """A press of a button that stands nowhere."""
        return await answer_of(
            self.sandbox.world.press(self.sandbox.world.chats[user.chat_id], message["message_id"], data), 10
        )

    async def all(self, table: Any) -> list[Any]:
        return list(await self.bot.services.read(lambda session: session.scalars(select(table)).all()))

    async def subscribed(self, *users: SandboxUser) -> None:
        def work(session: Session) -> None:
            for user in users:
                welcome(session, user.chat_id, self.clock(), language="vi", timezone="Asia/Ho_Chi_Minh")
                subscribe(session, user.chat_id, self.clock())

        await self.bot.services.write(work)


@asynccontextmanager
async def office(folder: Path, *, language: str = "vi", closed: bool = False) -> AsyncIterator[Office]:
    clock = DemoClock()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
        admin, reader = sandbox.user(language_code=language, started=True), sandbox.user(started=True)
        changed = {"admin_ids": (admin.chat_id,), "allow_list_only": closed}
        settings = demo_settings(sandbox, outlets, folder).model_copy(update=changed)
        async with running(settings, [Role.SERVE, Role.DELIVER], clock=clock, sources=(), offline=True) as bot:
            yield Office(sandbox, bot, clock, admin, reader)


async def test_a_ban_is_listed_lifted_and_logged(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.admin.say(f"/cam {here.reader.chat_id} gửi <b>rác</b>")
        banned = await here.admin.wait_for("Đã cấm")
        assert f"Đã cấm {here.reader.chat_id}: gửi <b>rác</b>." in banned["text"]
        await here.reader.say("/trogiup")
        await here.reader.say("09-CT/TW")
        await here.admin.say("/ban")
        listed = await here.admin.wait_for("Đang bị cấm: 1")
        assert not [message for message in here.reader.messages if message["from"]["is_bot"]]
        answer = await here.admin.press(f"Bỏ cấm {here.reader.chat_id}", message=listed)
        assert answer["text"] == "Đã bỏ cấm"
        await here.admin.wait_for("Không có ai bị cấm")
        await here.reader.say("/trogiup")
        await here.reader.wait_for("/")
        await here.admin.say("/nhatky")
        log = (await here.admin.wait_for("Nhật ký quản trị"))["text"].splitlines()
        assert f"bạn · bỏ cấm: {here.reader.chat_id}" in log[1]
        assert f"bạn · cấm: {here.reader.chat_id} gửi <b>rác</b>" in log[2]


async def test_an_admin_cannot_be_banned_and_others_cannot_ban(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.admin.say(f"/ban {here.admin.chat_id}")
        await here.admin.wait_for("không cấm được")
        await here.reader.say(f"/ban {here.admin.chat_id}")
        await here.reader.wait_for(lambda message: True)
        shown = await start(here.reader)
        for data in ("unban:5", "disallow:5", "log:0", "review:i:0", "broadcast:1:send"):
            assert "Nút này đã cũ" in (await here.forge(here.reader, shown, data))["text"]
        for command in ("/unban 5", "/allow 5", "/disallow 5", "/log", "/review", "/broadcast x", "/stats"):
            await here.reader.say(command)
            assert "lệnh" in (await here.reader.wait_for(lambda message: True))["text"]
        assert await here.all(Ban) == await here.all(AdminAct) == await here.all(Broadcast) == []


async def test_what_is_no_number_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for command in ("ban", "unban", "allow", "disallow"):
            await here.admin.say(f"/{command} <b>an</b> 5")
            await here.admin.wait_for("“<b>an</b>” không phải là mã số")
        assert await here.all(Ban) == await here.all(AdminAct) == []


@pytest.mark.parametrize("stand_in", [1087968824, 136817688, 777000])
async def test_what_stands_for_many_is_not_banned(tmp_path: Path, stand_in: int) -> None:
    async with office(tmp_path) as here:
        await here.admin.say(f"/cam {stand_in}")
        await here.admin.wait_for("mã số chung")
        assert await here.all(Ban) == []


async def test_a_banned_channel_is_not_answered_in_groups(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        group = here.sandbox.group("Tổ tin", owner=here.reader)
        channel = here.sandbox.channel("Kênh", owner=here.reader)
        await here.bot.services.write(ban, channel.chat_id, here.admin.chat_id, here.clock())
        speaks = {
            "sender_chat": channel.as_json,
            "from": {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"},
        }
        entities = [{"type": "bot_command", "offset": 0, "length": 8}]
        group.send(here.reader, speaks | {"text": "/trogiup", "entities": entities}, anonymous=False)
        await group.say(here.reader, "/riengtu")
        await group.wait_for("Quyền riêng tư")
        assert len([m for m in group.messages if m["from"]["is_bot"] and "sender_chat" not in m]) == 1


async def test_whoever_wrote_a_forwarded_message_is_meant(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        forwarded = await here.admin.forward("rác", sender=here.reader)
        await here.admin.say("/cam quảng cáo", reply_to=forwarded)
        await here.admin.wait_for(f"Đã cấm {here.reader.chat_id}: quảng cáo")
        hidden = await here.admin.forward("rác", sender="Ai đó")
        for command in ("/cam", "/bocam", "/chophep", "/thoichophep"):
            await here.admin.say(command, reply_to=hidden)
            await here.admin.wait_for("Người này ẩn danh khi chuyển tiếp")
        await here.admin.say("/bocam")
        await here.admin.wait_for("Đang bị cấm: 1")
        assert [one.id for one in await here.all(Ban)] == [here.reader.chat_id]


async def test_a_broadcast_keeps_the_marks_of_the_message_it_answers_to(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.subscribed(here.reader)
        bold = {"type": "bold", "offset": 0, "length": 3}
        link = {"type": "text_link", "offset": 4, "length": 4, "url": "https://bot.example/a?b=1&c=2"}
        written = await here.admin.say("Nay nghỉ", entities=[bold, link])
        await here.admin.say("/thongbao", reply_to=written)
        shown = await here.admin.wait_for(lambda message: message["text"] == "Nay nghỉ")
        assert [(one["type"], one["offset"], one.get("url")) for one in shown["entities"]] == [
            ("bold", 0, None),
            ("text_link", 4, "https://bot.example/a?b=1&c=2"),
        ]


async def start(user: SandboxUser) -> dict[str, Any]:
    await user.say("/start")
    return await user.wait_for(lambda message: "reply_markup" in message)


async def test_a_closed_bot_answers_whom_admins_admit(tmp_path: Path) -> None:
    async with office(tmp_path, closed=True) as here:
        await here.reader.say("/start")
        told = await here.reader.wait_for(str(here.reader.chat_id))
        assert "quản trị" in told["text"]
        await here.reader.say("09-CT/TW")
        await here.admin.say(f"/chophep {here.reader.chat_id}")
        admitted = await here.admin.wait_for("được dùng bot")
        assert len([m for m in here.reader.messages if m["from"]["is_bot"]]) == 1, "told once"
        await start(here.reader)
        await here.admin.press(f"Thôi cho phép {here.reader.chat_id}", message=admitted)
        await here.admin.wait_for("Danh sách còn trống")
        assert await here.all(Admitted) == []
        assert [act.act for act in await here.all(AdminAct)] == ["allow", "disallow"]


async def test_who_is_not_admitted_can_stop_and_have_all_erased(tmp_path: Path) -> None:
    async with office(tmp_path, closed=True) as here:
        await here.subscribed(here.reader)
        await here.reader.say("/huy")
        await here.reader.wait_for("Đã ngừng mọi bản tin")
        await here.reader.say("/riengtu")
        await here.reader.wait_for("Quyền riêng tư")
        await here.reader.say("/dulieu")
        await here.reader.wait_for(lambda message: "document" in message)
        await here.bot.services.write(ban, here.reader.chat_id, here.admin.chat_id, here.clock())
        await here.reader.say("/xoadulieu@" + here.sandbox.world.bot["username"])
        await here.reader.press("Xóa hẳn", message=await here.reader.wait_for("Xóa hẳn dữ liệu"))
        await here.reader.wait_for("Đã xóa.")
        assert [one.id for one in await here.all(Ban)] == [here.reader.chat_id]


async def test_a_broadcast_is_seen_first_and_comes_once_to_each_reader(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        stopped = here.sandbox.user(started=True)
        await here.subscribed(here.admin, here.reader, stopped)
        await here.bot.services.write(unsubscribe, stopped.chat_id)
        await here.admin.say("/thongbao Tối nay bot nghỉ <15 phút & trở lại")
        shown = await here.admin.wait_for("Tối nay")
        asked = await here.admin.wait_for("Gửi tới 2 nơi")
        assert shown["text"] == "Tối nay bot nghỉ <15 phút & trở lại"
        assert not [m for m in here.reader.messages if m["from"]["is_bot"]]
        data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        for _ in range(2):
            await here.forge(here.admin, asked, data)
        await here.bot.deliver_now()
        (got,) = [m for m in here.reader.messages if m["from"]["is_bot"]]
        assert (got["text"], got["silent"]) == (shown["text"], True)
        await here.forge(here.admin, asked, data.replace("send", "look"))
        await here.admin.wait_for("2/2 đã gửi")
        assert not [m for m in stopped.messages if m["from"]["is_bot"]]
        assert [(one.is_notice, one.state) for one in await here.all(Digest)] == [(True, "done")] * 2
        assert [act.act for act in await here.all(AdminAct)] == ["broadcast"]


async def test_a_broadcast_that_is_dropped_goes_to_nobody(tmp_path: Path) -> None:
    async with office(tmp_path, language="en") as here:
        await here.subscribed(here.reader)
        await here.admin.say("/broadcast")
        await here.admin.wait_for("Write the message after the command")
        await here.admin.say("/broadcast One\n\ntwo")
        asked = await here.admin.wait_for("Send it to 1 chat that")
        data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        await here.admin.press("Cancel", message=asked)
        await here.admin.wait_for("Cancelled")
        assert "out of date" in (await here.forge(here.admin, asked, data))["text"]
        assert await here.all(Broadcast) == await here.all(DigestPart) == []


async def test_whoever_stops_meanwhile_gets_no_broadcast(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.subscribed(here.reader)
        await here.admin.say("/thongbao Lời nhắn")
        asked = await here.admin.wait_for("Gửi tới 1 nơi")
        here.sandbox.world.chats[here.reader.chat_id]
        data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        stopped = here.bot.services.write(unsubscribe, here.reader.chat_id)
        await stopped
        await here.forge(here.admin, asked, data)
        await here.bot.deliver_now()
        assert not [m for m in here.reader.messages if m["from"]["is_bot"]]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<b>a</b> &lt; <i>b</i>", "<b>a</b> &lt; <i>b</i>"),
        ('<a href="https://a.vn/?x=1&amp;y=2">a</a>', '<a href="https://a.vn/?x=1&amp;y=2">a</a>'),
        ('<a href="tg://user?id=5">An</a>', "An"),
        ('<tg-emoji emoji-id="5">x</tg-emoji><span class="tg-spoiler">y</span>', "xy"),
        ('<pre><code class="language-py">z</code></pre>', "<pre><code>z</code></pre>"),
        ('<b onclick="x">a</b><script>b</script>', "<b>a</b>b"),
        ("<b><a href='javascript:x'>q</a></b>", "<b>q</b>"),
    ],
)
def test_a_broadcast_has_only_marks_of_our_own(typed: str, shown: str) -> None:
    assert own_html(typed) == shown


async def test_a_report_is_decided_in_place_and_taken_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:

        def published(session: Session) -> int:
            welcome(session, here.reader.chat_id, here.clock(), language="vi", timezone="Asia/Ho_Chi_Minh")
            article = publish(session, *POLICY, seen=here.clock())
            store_feedback(session, here.reader.chat_id, article.id, Kind.IRRELEVANT, here.clock())
            return article.id

        article_id = await here.bot.services.write(published)
        await here.admin.say("/xemlai")
        queues = await here.admin.wait_for("1 việc đang chờ")
        await here.admin.press("Không liên quan (1)", message=queues)
        case = await here.admin.wait_for("1 người báo")
        assert POLICY[0] in case["text"]
        assert "Những từ quyết định" in case["text"] or "Điểm" in case["text"]
        await here.admin.press("Chấp nhận", message=case)
        await here.admin.wait_for("Đã xem hết")
        assert [article.ruled_out for article in await here.all(Article)] == [True]
        await here.admin.press("Lấy lại quyết định vừa rồi", message=case)
        again = await here.admin.wait_for("1 người báo")
        (article,) = await here.all(Article)
        assert (article.id, article.ruled_out, article.state) == (article_id, False, "kept")
        assert [said.decision for said in await here.all(Feedback)] == [None]
        await here.admin.press("Bác", message=again)
        await here.admin.wait_for("Đã xem hết")
        assert [said.decision for said in await here.all(Feedback)] == ["rejected"]
        assert [act.act for act in await here.all(AdminAct)] == ["accept", "reopen", "reject"]


async def test_the_document_that_an_admin_chose_survives_every_reindex(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        services = here.bot.services
        await services.write(publish, *DOUBTFUL, seen=here.clock())
        doubt = await services.read(nth_doubt, 0)
        assert doubt is not None, "the article of this test is no longer in doubt: choose another number"
        chosen = next(iter(doubt.candidates.values()))
        await here.admin.say("/review")
        queues = await here.admin.wait_for("việc đang chờ")
        await here.admin.press("Văn bản chưa rõ (1)", message=queues)
        case = await here.admin.wait_for("Bài này nói tới văn bản nào?")
        assert DOUBTFUL[0] in case["text"]
        assert len([line for line in case["text"].splitlines() if line.startswith("•")]) == len(doubt.candidates)
        rows = case["reply_markup"]["inline_keyboard"]
        assert all(len(button["callback_data"].encode()) <= 64 for row in rows for button in row)
        await here.forge(here.admin, case, rows[0][0]["callback_data"])
        for _ in range(2):
            mentions = [mention for mention in await here.all(Mention) if mention.key == doubt.key]
            assert {(m.status, m.rule, m.document_id) for m in mentions} == {("resolved", "review", chosen)}
            reindex(services.database, here.clock, everything=True)
        await here.forge(here.admin, case, f"why:{doubt.article_id}")
        await here.admin.wait_for("(quản trị viên đã xác định)")
        taken = next(m for m in here.admin.messages if m["message_id"] == case["message_id"])
        await here.admin.press("Lấy lại quyết định vừa rồi", message=taken)
        case = await here.admin.wait_for("Bài này nói tới văn bản nào?")
        await here.admin.press("Không phải văn bản nào trên đây", message=case)
        await here.admin.wait_for("Đã xem hết")
        mentions = [mention for mention in await here.all(Mention) if mention.key == doubt.key]
        assert {(m.status, m.rule, m.document_id) for m in mentions} == {("withdrawn", "review", None)}
        await here.forge(here.admin, case, f"review:doc:{doubt.article_id}:{doubt.token}:aaaaaaaaaaaaa:0")
        assert [act.act for act in await here.all(AdminAct)] == ["document", "reopen", "document"]


async def test_figures_come_as_text_and_as_a_picture(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.subscribed(here.reader)
        await here.admin.say("/thongke")
        text = (await here.admin.wait_for("Người nhận"))["text"]
        assert "1 nơi đang nhận bản tin: riêng 1" in text
        picture = await here.admin.wait_for(lambda message: "photo" in message, timeout=60)
        assert picture["caption"] == "14 ngày qua"


async def test_what_is_done_with_feeds_is_logged_without_secrets(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        source = Source(url="https://bao.example/rss?khoa=bi-mat", outlet="Báo Một")
        await here.bot.services.write(follow_feeds, [source], here.admin.chat_id, here.clock())
        await here.admin.say("/feeds")
        listed = await here.admin.wait_for("1 nguồn tin")
        await here.admin.press("1", message=listed)
        for label in ("Tạm dừng", "Đọc tiếp", "Bỏ theo dõi", "Bỏ hẳn"):
            await here.admin.press(label, message=listed)
        assert [(act.act, act.about) for act in await here.all(AdminAct)] == [
            ("add_feed", "(1) Báo Một"),
            ("pause_feed", "Báo Một https://bao.example/rss?…"),
            ("resume_feed", "Báo Một https://bao.example/rss?…"),
            ("remove_feed", "Báo Một https://bao.example/rss?…"),
        ]


async def test_my_data_is_a_file_and_forgetting_asks_first(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.subscribed(here.reader)
        await here.reader.say("/dulieu")
        sent = await here.reader.wait_for(lambda message: "document" in message)
        data = json.loads(here.reader.file_of(sent))
        assert data["about chat"] == here.reader.chat_id
        assert len(data["stored"]["subscription"]) == 1
        await here.reader.say("/xoadulieu")
        asked = await here.reader.wait_for("Xóa hẳn dữ liệu")
        await here.reader.press("Giữ lại", message=asked)
        kept = await here.reader.wait_for("Quyền riêng tư")
        await here.reader.press("Xóa dữ liệu của tôi", message=kept)
        asked = await here.reader.wait_for("Xóa hẳn dữ liệu")
        await here.reader.press("Xóa hẳn", message=asked)
        await here.reader.wait_for("Đã xóa.")
        assert here.reader.chat_id not in [part.chat_id for part in await here.all(DigestPart)]


async def test_a_group_does_not_read_what_is_stored_of_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        group = here.sandbox.group("Tổ tin", owner=here.reader)
        await group.say(here.reader, "/dulieu")
        sent = await group.wait_for(lambda message: message["from"]["is_bot"])
        assert "document" not in sent
        assert sent["reply_markup"]["inline_keyboard"][0][0]["url"].endswith("?start=alone")


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What the product's own logs, at their loudest, have printed."""
    root, known = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    set_up_logs("debug", "text")
    yield lambda: "".join(capfd.readouterr())
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**known)


async def test_what_people_write_is_in_no_log(tmp_path: Path, printed: Callable[[], str]) -> None:
    secret = "bimatquocgia"
    async with office(tmp_path) as here:
        for typed in (
            secret,
            f"/timkiem {secret}",
            f"/loc {secret}",
            f"09-CT/TW {secret}",
            f"/{secret} x",
            f"/why {secret}",
        ):
            await here.reader.say(typed.format(secret))
            await here.reader.wait_for(lambda message: True)
        await here.reader.send_file(f"{secret}.txt", secret.encode(), "text/plain")
        await here.reader.wait_for(lambda message: True)
        await here.admin.say(f"/cam 5 {secret}")
        await here.admin.wait_for("Đã cấm")
        await here.forge(here.reader, await start(here.reader), f"doc:{secret}")
        logging.getLogger("telegram.ext").debug("what libraries say of each update: %s", secret)
        structlog.get_logger().debug("a line of our own")
    shown = printed()
    assert "a line of our own" in shown
    assert secret not in shown
