"""In the chat: what admins see of the feeds and do with them, and what others see of that."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from bot.application import Role, Running, running
from bot.commands import ADMIN_COMMANDS, MENUS, Menu, commands_in
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.keyboards import feed_buttons, feed_choice, feeds_buttons, fits, found_buttons
from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.inbox import answer_of
from digests.messages import MESSAGE_LIMIT, telegram_length
from digests.subscribers import welcome
from digests.templates import LANGUAGES, render
from feeds.database import Database
from feeds.following import add_feeds
from feeds.models import Feed
from feeds.opml import MAX_BYTES, MAX_LISTINGS, read_opml
from feeds.sources import Source
from test_bot_settings import labels

POLICY = "Bộ Công an triển khai Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc"
SPORT = "Đội tuyển thắng ba bàn trong trận giao hữu"


def rss(title: str, *items: str) -> str:
    entries = "".join(
        f"<item><title>{item}</title><link>https://bao.example/{number}-990001{number}.html</link>"
        f"<pubDate>Fri, 20 Nov 2026 0{number}:00:00 +0700</pubDate></item>"
        for number, item in enumerate(items)
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{entries}</channel></rss>"


PAGES = {
    "/": "<html><head>"
    + "".join(f"<link rel='alternate' type='application/rss+xml' href='/{name}.rss'>" for name in ("mot", "hai"))
    + "</head><body>Báo</body></html>",
    "/mot.rss": rss("Báo Một", SPORT, POLICY),
    "/hai.rss": rss("Báo Hai <b>đậm</b>", SPORT),
    "/trong.rss": rss("Báo trống"),
    "/mot-lan.rss": rss("Báo một lần", SPORT),
    "/dong.rss": rss("Báo đông", *[SPORT] * 60),
    "/la": "<html><head>"
    + "".join(
        f"<link rel='alternate' type='application/rss+xml' href='{url}'>"
        for url in (
            "/mot.rss",
            "/khong-1.rss",
            "/khong-2.rss",
            "http://may-chu/1",
            "/hai.rss",
            "http://[::1]/2",
            "https://khong.example/a?khoa=bi-mat",
        )
    )
    + "</head></html>",
    "/so-do.xml": "<urlset><url><loc>https://bao.example/a-123456.html</loc></url></urlset>",
    "/khong-co-gi": "<html><body>Không có nguồn nào</body></html>",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """An admin at work: the bot, its chat, and an outlet on loopback."""

    sandbox: Sandbox
    bot: Running
    admin: SandboxUser
    site: str

    async def feeds(self) -> Mapping[str, Feed]:
        found = await self.bot.services.read(lambda session: session.scalars(select(Feed)).all())
        return {feed.url: feed for feed in found}

    async def forge(self, user: SandboxUser, message: dict[str, Any], data: str) -> dict[str, Any]:
        """A press of a button that stands nowhere."""
        return await answer_of(
            self.sandbox.world.press(self.sandbox.world.chats[user.chat_id], message["message_id"], data), 10
        )


@asynccontextmanager
async def desk(folder: Path, language: str = "vi", sources: tuple[Source, ...] = ()) -> AsyncIterator[Desk]:
    once: set[str] = set()

    async def serve(request: web.Request) -> web.Response:
        if request.path == "/mot-lan.rss":
            if request.path in once:
                await asyncio.sleep(3600)
            once.add(request.path)
        if request.path not in PAGES:
            raise web.HTTPNotFound
        kind = "application/rss+xml" if request.path.endswith(".rss") else "text/html"
        return web.Response(text=PAGES[request.path], content_type=kind)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    clock = DemoClock()
    try:
        async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
            admin = sandbox.user(language_code=language)
            changed = {
                "admin_ids": (admin.chat_id,),
                "fetch_allow_private": (host, host.replace("127.0.0.1", "localhost")),
            }
            settings = demo_settings(sandbox, outlets, folder).model_copy(update=changed)
            async with running(settings, [Role.SERVE], clock=clock, sources=sources, offline=True) as bot:
                yield Desk(sandbox, bot, admin, f"http://{host}")
    finally:
        await runner.cleanup()


SOURCES = tuple(
    Source(url=f"https://bao{number}.example/rss?khoa=bi-mat", outlet=f"Báo {number}", section="Thời sự")
    for number in range(10)
)


async def test_the_list_is_worst_first_and_turns_its_pages_in_place(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES) as here:
        with here.bot.services.database.session() as session:
            feed = session.scalars(select(Feed).where(Feed.outlet == "Báo 7")).one()
            feed.failures, feed.last_error = 30, "http_403: HTTP 403: https://bao7.example/rss?khoa=bi-mat"
        await here.admin.say("/feeds")
        shown = await here.admin.wait_for("10 nguồn tin")
        assert shown["text"].splitlines()[1] == "1 đang lỗi · 9 chưa đọc"
        assert "1. Báo 7 (Thời sự): đang lỗi, máy chủ từ chối (403)" in shown["text"]
        await here.admin.press("Sau ›", message=shown)
        second = await here.admin.wait_for("2. Báo 9")
        assert second["message_id"] == shown["message_id"]
        await here.admin.press("2", message=second)
        one = await here.admin.wait_for("Tình trạng: chưa đọc")
        assert one["text"].startswith("Báo 9 (Thời sự)\nhttps://bao9.example/rss?…")
        await here.admin.press("‹ Các nguồn", message=one)
        await here.admin.wait_for("2. Báo 9")
        assert not [message for message in here.admin.messages if "bi-mat" in json.dumps(message)]


async def test_pause_resume_read_now_remove_and_undo(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES[:1]) as here:
        await here.admin.say("/nguon")
        shown = await here.admin.wait_for("1 nguồn tin")
        await here.admin.press("1", message=shown)
        for press, state, paused in (("Tạm dừng", "tạm dừng", True), ("Đọc tiếp", "chưa đọc", False)):
            await here.admin.press(press, message=shown)
            assert f"Tình trạng: {state}" in (await here.admin.wait_for("Tình trạng"))["text"]
            assert (await here.feeds())[SOURCES[0].url].paused is paused
        assert "trong vòng một phút" in (await here.admin.press("Đọc ngay", message=shown))["text"]
        await here.admin.press("Bỏ theo dõi", message=shown)
        asked = await here.admin.wait_for("Bỏ theo dõi nguồn này?")
        await here.admin.press("Giữ lại", message=asked)
        await here.admin.wait_for("Tình trạng")
        assert (await here.feeds())[SOURCES[0].url].enabled
        await here.admin.press("Bỏ theo dõi", message=shown)
        await here.admin.press("Bỏ hẳn", message=shown)
        gone = await here.admin.wait_for("Đã bỏ theo dõi.")
        await here.forge(here.admin, gone, labels(gone)["Theo dõi lại"].replace("again", "drop"))
        assert not (await here.feeds())[SOURCES[0].url].enabled
        await here.admin.press("Theo dõi lại", message=gone)
        await here.admin.wait_for("Tình trạng: chưa đọc")
        feed = (await here.feeds())[SOURCES[0].url]
        assert (feed.enabled, feed.outlet, feed.section) == (True, "Báo 0", "Thời sự")


async def test_a_feed_is_looked_at_then_followed(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/mot.rss")
        asked = await here.admin.wait_for("Theo dõi nguồn này?")
        assert "Báo Một\n\n2 tin, 1 tin có vẻ là chính sách an ninh." in asked["text"]
        assert f"• 01:00 20/11/2026: {POLICY[:40]}" in asked["text"], "the newest first"
        assert await here.feeds() == {}
        await here.admin.press("Theo dõi", message=asked)
        followed = await here.admin.wait_for("Tình trạng: chưa đọc")
        assert followed["text"].startswith("Báo Một\n")
        feed = (await here.feeds())[f"{here.site}/mot.rss"]
        assert (feed.outlet, feed.origin, feed.enabled) == ("Báo Một", "user", True)
        await here.forge(here.admin, followed, "newfeed:yes")
        assert len(await here.feeds()) == 1, "pressed twice"
        await here.admin.say(f"/themnguon {here.site}/mot.rss")
        assert "Tình trạng" in (await here.admin.wait_for("Báo Một"))["text"], "followed already"


async def test_of_several_feeds_one_is_chosen(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/")
        found = await here.admin.wait_for("Tìm thấy 2 nguồn")
        assert "1. Báo Một\n2. Báo Hai" in found["text"]
        await here.admin.press("2", message=found)
        asked = await here.admin.wait_for("Theo dõi nguồn này?")
        assert asked["message_id"] == found["message_id"]
        await here.admin.press("Hủy", message=asked)
        await here.admin.wait_for("Đã hủy: không thêm nguồn nào.")
        assert await here.feeds() == {}


async def test_a_number_means_the_feed_that_stands_behind_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/la")
        found = await here.admin.wait_for("Tìm thấy 3 nguồn")
        assert f"1. Báo Một\n2. {here.site}/hai.rss\n3. https://khong.example/a?…" in found["text"]
        sent = here.sandbox.world.chats[here.admin.chat_id].messages[found["message_id"]]
        links, sent["entities"] = sent["entities"], sent["entities"][:1] + sent["entities"][2:]
        assert "Nút này đã cũ" in (await here.forge(here.admin, found, "newfeed:0"))["text"], "a link was dropped"
        sent["entities"] = links
        await here.admin.press("2", message=found)
        asked = await here.admin.wait_for("Theo dõi nguồn này?")
        assert "Báo Hai đậm" in asked["text"], "not the second that was found"
        assert "Nút này đã cũ" in (await here.forge(here.admin, asked, "newfeed:0"))["text"]
        sent = here.sandbox.world.chats[here.admin.chat_id].messages[asked["message_id"]]
        sent["entities"] = [
            {"type": "url", "offset": sent["text"].index(SPORT), "length": len(SPORT)}
            if entity["type"] == "text_link"
            else entity
            for entity in sent["entities"]
        ]
        assert "Nút này đã cũ" in (await here.forge(here.admin, asked, "newfeed:yes"))["text"], "not an entry's"
        assert await here.feeds() == {}


async def test_a_link_whose_words_are_its_address_is_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/mot.rss")
        asked = await here.admin.wait_for("Theo dõi nguồn này?")
        sent = here.sandbox.world.chats[here.admin.chat_id].messages[asked["message_id"]]
        url = f"{here.site}/mot.rss"
        sent["text"] = sent["text"].replace("Báo Một", url)
        sent["entities"] = [{"type": "url", "offset": sent["text"].index(url), "length": len(url)}]
        await here.forge(here.admin, asked, "newfeed:yes")
        assert list(await here.feeds()) == [url]


async def test_who_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.handlers.addfeed.PATIENCE", 1.0)
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/mot-lan.rss")
        await here.admin.wait_for("máy chủ không trả lời kịp")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/addfeed", "Gửi kèm địa chỉ"),
        ("/addfeed {local}/mot.rss", "Telegram không nhận liên kết"),
        ("/addfeed {site}/dong.rss", "60 tin; trong 50 tin mới nhất, 0 tin có vẻ là chính sách an ninh."),
        ("/addfeed 09-CT/TW", "Gửi kèm địa chỉ"),
        ("/addfeed https://ai:mat-khau@bao.example/rss", "Gửi kèm địa chỉ"),
        ("/addfeed https://bao.example/rss", "ở đây không có Internet"),
        ("/addfeed khong-co-that-dau.vn", "ở đây không có Internet"),
        ("/addfeed ftp://abc.vn/x", "chỉ đọc được địa chỉ http và https"),
        ("/addfeed http://127.0.0.1:9/rss", "không được phép đọc.\nHãy kiểm tra địa chỉ."),
        ("/addfeed 10.0.0.1/rss", "không được phép đọc.\nHãy kiểm tra địa chỉ."),
        ("/addfeed {bare}/dong.rss", "60 tin"),
        ("/addfeed trang này: {site}/dong.rss", "60 tin"),
        ("/addfeed {site}/mat-tich.rss", "không có trang này (404).\nHãy kiểm tra địa chỉ."),
        ("/addfeed {site}/so-do.xml", "feeds add --kind sitemap"),
        ("/addfeed {site}/khong-co-gi", "Không tìm thấy nguồn tin nào"),
        ("/addfeed {site}/trong.rss", "Hiện chưa có tin nào."),
        ("/removefeed", "Gửi kèm địa chỉ"),
        ("/removefeed bao.example", "không theo dõi nguồn nào ở địa chỉ này"),
        ("/removefeed https://bao.example/rss", "không theo dõi nguồn nào ở địa chỉ này"),
        ("/feeds rubbish", "Chưa theo dõi nguồn nào"),
    ],
)
async def test_rubbish_is_answered_kindly(tmp_path: Path, typed: str, said: str) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(
            typed.format(site=here.site, bare=here.site[7:], local=here.site.replace("127.0.0.1", "localhost"))
        )
        message = await here.admin.wait_for(said)
        assert "mat-khau" not in message["text"]


async def test_a_feed_is_removed_by_its_address_or_its_outlets(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES[:1]) as here:
        with here.bot.services.database.session() as session:
            more = [Source(url=f"https://nhieu.example/rss/{name}.rss", outlet="Nhiều") for name in ("mot", "hai")]
            add_feeds(session, more, here.bot.services.clock())
        await here.admin.say("/removefeed http://www.nhieu.example/rss/hai.rss")
        asked = await here.admin.wait_for("Bỏ theo dõi nguồn này?")
        assert "rss/hai.rss" in asked["text"]
        await here.admin.say("/bonguon nhieu.example/")
        which = await here.admin.wait_for("Bỏ theo dõi nguồn nào?")
        await here.admin.press("Nhiều: /rss/mot.rss", message=which)
        await here.admin.press("Bỏ hẳn", message=which)
        await here.admin.wait_for("Đã bỏ theo dõi.")
        left = {url for url, feed in (await here.feeds()).items() if feed.enabled}
        assert left == {SOURCES[0].url, "https://nhieu.example/rss/hai.rss"}


async def test_lists_go_out_and_come_in(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES) as here:
        await here.admin.say("/feeds opml")
        sent = await here.admin.wait_for("10 nguồn, cho các trình đọc tin khác")
        content = here.admin.file_of(sent)
        assert {source.url for source in read_opml(content).sources} == {source.url for source in SOURCES}
        await here.admin.send_file("cua-toi.opml", content)
        await here.admin.wait_for("không có nguồn nào mới")
        mine = content.replace(b"bao3.example", b"khac.example").replace(b"bao4.example", b"moi.example")
        await here.admin.send_file("cua-toi.opml", mine)
        asked = await here.admin.wait_for("Tệp có 10 nguồn, 2 nguồn mới.")
        await here.admin.press("Thêm 2 nguồn", message=asked)
        await here.admin.wait_for("Đã thêm 2 nguồn.")
        assert len(await here.feeds()) == 12
        await here.forge(here.admin, asked, "opml:yes")
        await here.admin.wait_for("Không có nguồn nào mới")
        await here.admin.send_file("cua-toi.opml", mine.replace(b"bao5.example", b"ba.example"))
        await here.admin.press("Hủy", message=await here.admin.wait_for("1 nguồn mới"))
        await here.admin.wait_for("Đã hủy")
        assert len(await here.feeds()) == 12


async def test_what_cannot_be_taken_of_a_list_is_said(tmp_path: Path) -> None:
    outlines = [
        '<outline xmlUrl="https://a.example/tin" kind="listing" selector="a["/>',
        '<outline xmlUrl="javascript:x"/>',
        *(f'<outline xmlUrl="https://a.example/{n}" kind="listing" selector="a"/>' for n in range(MAX_LISTINGS + 2)),
    ]
    async with desk(tmp_path) as here:
        await here.admin.send_file("a.opml", f"<opml>{''.join(outlines)}</opml>".encode())
        asked = await here.admin.wait_for(f"Tệp có {MAX_LISTINGS - 1} nguồn")
        assert "• 1 nguồn: địa chỉ không phải http hay https" in asked["text"]
        assert "• 1 nguồn: cách đọc không dùng được" in asked["text"]
        assert f"• 3 nguồn: quá {MAX_LISTINGS} trang chuyên mục" in asked["text"]
        await here.admin.send_file("a.opml", f"<opml>{outlines[0]}</opml>".encode())
        asked = await here.admin.wait_for("Tệp không có nguồn nào dùng được.")
        assert "• 1 nguồn: cách đọc không dùng được" in asked["text"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.opml", b"rubbish", "không phải danh sách nguồn"),
        ("a.xml", b"<rss/>", "không phải danh sách nguồn"),
        ("a.opml", b"<!DOCTYPE x><opml/>", "không phải danh sách nguồn"),
        ("a.opml", b"x" * (MAX_BYTES + 1), "Tệp quá lớn"),
        ("a.pdf", b"rubbish", "tệp hỏng hoặc không đúng loại"),
    ],
)
async def test_files_that_are_no_lists(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    async with desk(tmp_path) as here:
        await here.admin.send_file(name, content)
        await here.admin.wait_for(said)


async def test_to_others_none_of_this_exists(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES[:1]) as here:
        await here.admin.say("/feeds")
        shown = await here.admin.wait_for("1 nguồn tin")
        other = here.sandbox.user()
        for command in ADMIN_COMMANDS:
            for name in (command.name, command.alias):
                await other.say(f"/{name} {here.site}/mot.rss")
                message = await other.wait_for("Không có lệnh này")
                assert command.alias not in message["text"]
        await other.send_file("a.opml", b"<opml/>")
        await other.wait_for("chưa đọc được loại này")
        for data in [*labels(shown).values(), "feed:1:0:drop", "newfeed:yes", "opml:yes", "feeds:opml"]:
            assert "Nút này đã cũ" in (await here.forge(other, message, data))["text"], data
        assert all(feed.enabled for feed in (await here.feeds()).values())


async def test_forged_and_old_buttons_are_answered_kindly(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES[:1]) as here:
        await here.admin.say("/feeds")
        shown = await here.admin.wait_for("1 nguồn tin")
        for data in ("feed:99:0", "feed:1", "feed:1:0:burn", f"feed:{'9' * 40}:0", "feeds:x", f"feeds:{'9' * 20}",
                     "newfeed:yes", "newfeed:0", "newfeed:-1", "newfeed:", "opml:yes", "opml:"):  # fmt: skip
            assert "Nút này đã cũ" in (await here.forge(here.admin, shown, data))["text"], data
        await here.forge(here.admin, shown, "feeds:999")
        assert len(await here.feeds()) == 1


async def test_in_a_group_not_even_an_admin_is_one(tmp_path: Path) -> None:
    async with desk(tmp_path, sources=SOURCES[:1]) as here:
        await here.admin.say("/feeds")
        shown = await here.admin.wait_for("1 nguồn tin")
        group = here.sandbox.group(owner=here.admin)
        await group.say(here.admin, "/feeds")
        there = await group.wait_for("nhắn riêng")
        for data in (*labels(shown).values(), "feed:1:0:drop"):
            assert "Nút này đã cũ" in (await group.forge(here.admin, data, there))["text"], data
        assert all(feed.enabled for feed in (await here.feeds()).values())


async def test_admins_have_their_commands_in_the_menu(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say("/start")
        await here.admin.wait_for("Điểm Tin")
        everybody = [call.parameters for call in here.sandbox.calls if call.method == "setMyCommands"]
        own = everybody.pop()
        assert own["scope"] == {"type": "chat", "chat_id": here.admin.chat_id}
        assert [command["command"] for command in own["commands"]] == [c.alias for c in commands_in(Menu.ADMIN)]
        assert everybody
        for parameters in everybody:
            assert not {command["command"] for command in parameters["commands"]} & {c.alias for c in ADMIN_COMMANDS}


async def test_old_buttons_work_after_a_restart_and_twice_is_once(tmp_path: Path) -> None:
    clock = DemoClock()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
        admin = sandbox.user()
        settings = demo_settings(sandbox, outlets, tmp_path).model_copy(update={"admin_ids": (admin.chat_id,)})
        async with running(settings, [Role.SERVE], clock=clock, sources=SOURCES[:2], offline=True):
            await admin.say("/feeds")
            await admin.press("1", message=await admin.wait_for("2 nguồn tin"))
            one = await admin.wait_for("Tình trạng: chưa đọc")
        async with running(settings, [Role.SERVE], clock=clock, sources=SOURCES[:2], offline=True) as bot:

            async def forge(data: str) -> dict[str, Any]:
                chat = sandbox.world.chats[admin.chat_id]
                return await answer_of(sandbox.world.press(chat, one["message_id"], data), 10)

            for press, state in (("Tạm dừng", "tạm dừng"), ("Đọc tiếp", "chưa đọc")):
                data = labels(one)[press]
                answers = await asyncio.gather(forge(data), forge(data))
                assert [answer["text"] for answer in answers] == ["", ""]
                one = await admin.wait_for(f"Tình trạng: {state}")
            drop = labels(one)["Bỏ theo dõi"].replace("remove", "drop")
            await asyncio.gather(forge(drop), forge(drop))
            gone = await admin.wait_for("Đã bỏ theo dõi.")
            again = labels(gone)["Theo dõi lại"]
            await asyncio.gather(forge(again), forge(again))
            await admin.wait_for("Tình trạng: chưa đọc")
            found = await bot.services.read(lambda session: session.scalars(select(Feed)).all())
            assert sorted((feed.outlet, feed.enabled, feed.paused) for feed in found) == [
                ("Báo 0", True, False), ("Báo 1", True, False)
            ]  # fmt: skip


async def test_where_a_feed_has_moved_is_shown(tmp_path: Path) -> None:
    async with desk(tmp_path, "en", sources=SOURCES[:1]) as here:
        with here.bot.services.database.session() as session:
            session.scalars(select(Feed)).one().moved_to = "https://moi.example/rss?khoa=bi-mat"
        await here.admin.say("/feeds")
        await here.admin.press("1", message=await here.admin.wait_for("1 feed"))
        shown = await here.admin.wait_for("State")
        assert "moved for good, and is read there: https://moi.example/rss?…" in shown["text"]


@pytest.mark.parametrize(("language", "name"), [("vi", "alias"), ("en", "name")])
async def test_admins_have_their_commands_in_the_help(tmp_path: Path, language: str, name: str) -> None:
    async with desk(tmp_path, language) as here:
        other = here.sandbox.user(language_code=language)
        for command in ("/help", "/khongco"):
            for user, is_told in ((here.admin, True), (other, False)):
                await user.say(command)
                text = (await user.wait_for("/why" if language == "en" else "/visao"))["text"]
                assert all((f"\n/{getattr(c, name)} – " in text) is is_told for c in ADMIN_COMMANDS), text


async def test_an_alert_finds_its_admin_and_leads_to_the_list(tmp_path: Path) -> None:
    clock = DemoClock()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
        admin = sandbox.user(started=True)
        settings = demo_settings(sandbox, outlets, tmp_path).model_copy(update={"admin_ids": (admin.chat_id,)})
        database = Database(settings.database_url)
        database.migrate()
        with database.session() as session:
            welcome(session, admin.chat_id, clock(), language="en", timezone="Asia/Ho_Chi_Minh")
            add_feeds(session, SOURCES[:2], clock())
            feed = session.scalars(select(Feed)).first()
            assert feed
            feed.failures, feed.last_error = 20, "dns: the host is unknown"
        database.close()
        async with running(settings, [Role.SERVE, Role.DELIVER], clock=clock, sources=(), offline=True):
            alert = await admin.wait_for("Feeds that cannot be read:\n• Báo 0 (Thời sự): the host is unknown")
            await admin.press("See the feeds", message=alert)
            shown = await admin.wait_for("2 feeds\n1 failing · 1 not read yet")
            assert shown["message_id"] != alert["message_id"], "what was told stays"
            await admin.press("See the feeds", message=alert)
            assert max(message["message_id"] for message in admin.messages) == shown["message_id"]
        own = [call.parameters for call in sandbox.calls if call.method == "setMyCommands"][-1]
        assert own["scope"] == {"type": "chat", "chat_id": admin.chat_id}
        assert [c["command"] for c in own["commands"]] == list(MENUS[Menu.ADMIN])


async def test_a_double_press_is_harmless(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.admin.say(f"/addfeed {here.site}/mot.rss")
        asked = await here.admin.wait_for("Theo dõi nguồn này?")
        await asyncio.gather(*(here.forge(here.admin, asked, "newfeed:yes") for _ in range(3)))
        assert len(await here.feeds()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_buttons_fit(language: str) -> None:
    feed = Feed(url="https://a.example/rss", outlet="Ă" * 500, level="other", next_check_at=DemoClock()())
    feed.id = 999_999_999
    rows = [
        *feeds_buttons([feed] * 8, language, 5000, 9999),
        *feed_choice([feed] * 40),
        *found_buttons(10, language),
        *(row for asked in (True, False) for row in feed_buttons(feed, language, 9999, asked=asked)),
    ]
    assert all(fits(action) and len(label) <= 64 for row in rows for label, action in row)
    assert sum(map(len, rows)) <= 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_feed_is_called_fits_a_message(language: str) -> None:
    long = "<&đ😀" * 3000
    clock = DemoClock()
    feed = Feed(url=f"https://a.example/{long}", outlet=long, level="other", next_check_at=clock(), section=long)
    feed.last_error, feed.failures, feed.moved_to, feed.enabled = long, 99, long, True
    values = {"timezone": "Asia/Ho_Chi_Minh", "health": "failing", "trouble": None}
    html = render("feed.html", language, feed=feed, news=clock(), asked=False, **values)
    assert telegram_length(html) <= MESSAGE_LIMIT
    listed = [(feed, "failing", None)] * 8
    html = render("feeds.html", language, total=8, counts={"failing": 8}, order=["failing"], feeds=listed, **values)
    assert telegram_length(html) <= MESSAGE_LIMIT
