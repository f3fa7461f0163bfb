"""In the chat: what is forwarded, pasted or sent, a link, a file."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import func, select

import bot.handlers.ask
from bot.application import Role, Running, running
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.handlers.ask import is_prose, lone_link
from bot.sandbox import Sandbox, SandboxUser
from digests.follows import followed_documents
from feeds.attached import MAX_ATTACHED
from feeds.extract import MAX_HTML_BYTES
from feeds.models import Article
from outlet import Outlet, page_of
from outlet import running as outlet_running
from papers import docx, docx_with, printed
from test_bot import world
from test_bot_settings import labels
from test_sandbox_files import png

NEWS = (
    "Sáng 20/11, Công an tỉnh Hà Tĩnh sơ kết 10 năm thực hiện Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư về "
    "phong trào toàn dân bảo vệ an ninh Tổ quốc.\n"
    "Hội nghị quán triệt Chỉ thị 05-CT/TW và Nghị định 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân, an ninh mạng."
)
PAGE = page_of("Hà Tĩnh sơ kết Chỉ thị 09", *NEWS.split("\n"), "Đại biểu thảo luận nhiều nội dung về an ninh. " * 8)


@dataclass(frozen=True, slots=True)
class Desk:
    """A bot that reads no feeds, and a site that it may reach."""

    sandbox: Sandbox
    bot: Running
    site: Outlet

    def user(self, language: str = "vi") -> SandboxUser:
        return self.sandbox.user(language_code=language)

    @property
    def refused(self) -> list[Any]:
        return [call for call in self.sandbox.calls if not call.answer["ok"]]


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    clock, site = DemoClock(), Outlet()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox, outlet_running(site):
        allowed = {"fetch_allow_private": (site.host_port,)}
        settings = demo_settings(sandbox, outlets, folder).model_copy(update=allowed)
        async with running(settings, [Role.SERVE], clock=clock, sources=(), offline=True) as bot:
            yield Desk(sandbox, bot, site)


def actions(message: dict[str, Any]) -> list[list[str]]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [[re.sub(r":.*", "", button["callback_data"]) for button in row] for row in rows]


async def stored(here: Desk) -> int:
    count = await here.bot.services.read(lambda session: session.scalar(select(func.count()).select_from(Article)))
    return int(count or 0)


async def test_a_forwarded_text_is_answered_with_its_documents(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        user = here.user()
        sent = await user.forward(NEWS, sender="Người lạ")
        answer = await user.wait_for("Là chính sách an ninh.")
        assert answer["reply_to_message"]["message_id"] == sent["message_id"], "of several forwarded it says which"
        for words in (
            "Những chữ quyết định: “",
            "3 văn bản trong đó:",
            "1. 09-CT/TW (khóa XI)",
            "Ban Bí thư, 01/12/2011 · sơ kết 10 năm",
            "2. 05-CT/TW (chưa rõ là văn bản nào)",
            "Có thể là 05-CT/TW (khóa X)",
            "3. 13/2023/NĐ-CP",
        ):
            assert words in answer["text"]
        assert actions(answer) == [["doc", "follow"], ["doc"], ["doc", "follow"]]
        await user.press("09-CT/TW (khóa XI)", message=answer)
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.press("05-CT/TW", message=answer)
        await user.wait_for("05-CT/TW")
        await user.press(next(iter(labels(answer))), message=answer)
        follows = answer["reply_markup"]["inline_keyboard"][0][1]["callback_data"]
        await user.press(follows, message=answer)
        assert await here.bot.services.read(followed_documents, user.chat_id) == {"09-CT/TW#XI"}
        assert await stored(here) == 0, "nothing that is asked about is kept"
        assert here.refused == []


async def test_english_readers_are_answered_in_english(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        user = here.user("en")
        await user.forward(NEWS, sender="Somebody")
        answer = await user.wait_for("It is security policy.")
        assert "3 documents in it:" in answer["text"]
        assert "interim review" in answer["text"]
        await user.send_file("a.exe", b"MZ")
        await user.wait_for("This file cannot be read: the bot cannot read files of this type.")
        await user.say("http://10.0.0.1/secret?token=abc")
        assert "token" not in (await user.wait_for("This page cannot be read: "))["text"]


async def test_captions_and_pasted_texts_count_and_short_words_are_looked_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        user = here.user()
        await user.send_photo(png(2, 2), caption=NEWS)
        await user.wait_for("1. 09-CT/TW (khóa XI)")
        await user.send_photo(png(2, 2))
        await user.wait_for("chưa đọc được loại này")
        await user.say(NEWS)
        await user.wait_for("1. 09-CT/TW (khóa XI)")
        await user.send_file("a.exe", b"MZ", caption=NEWS)
        await user.wait_for("1. 09-CT/TW (khóa XI)")
        await user.forward("09-CT/TW", sender="Người lạ")
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.say("Tin thể thao cuối tuần: đội nhà thắng đậm. Người hâm mộ ăn mừng suốt đêm trên phố.")
        await user.wait_for("Không thấy số hiệu văn bản nào trong đó.")
        assert here.refused == []


@pytest.mark.parametrize(
    ("text", "forwarded", "expected"),
    [
        ("09-CT/TW", False, False),
        ("09-CT/TW", True, False),
        ("05-CT/TW\n09-CT/TW\n13/2023/NĐ-CP", False, False),
        ("Kết luận 86 của Bộ Chính trị về bảo đảm an ninh quốc gia, năm nào ban hành", False, False),
        ("Kết luận 86 của Bộ Chính trị về bảo đảm an ninh quốc gia, năm nào ban hành", True, True),
        (NEWS, False, True),
        ("https://bao.example/a-123.html", False, True),
        ("đọc chưa: https://bao.example/a-123.html", False, False),
        ("", False, False),
        ("   \n ", True, False),
    ],
)
def test_what_is_understood_and_what_is_looked_up(text: str, forwarded: bool, expected: bool) -> None:
    assert is_prose(text, forwarded=forwarded) is expected


def test_a_link_is_all_of_the_text() -> None:
    assert lone_link(" https://bao.example/a?b=1 ") == "https://bao.example/a?b=1"
    assert lone_link("bao.example/a-123.html") == "https://bao.example/a-123.html"
    for text in ("", "09-CT/TW", "13/2023/NĐ-CP", "a https://bao.example/a", "bao.example"):
        assert lone_link(text) is None


async def test_a_page_that_no_feed_brought_is_opened_and_only_looked_at(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.site.answers |= {
            "/tin-123456.html": PAGE,
            "/ngan": web.Response(status=302, headers={"Location": "/tin-123456.html"}),
            "/ban-in.pdf": web.Response(body=printed("Theo Chi thi so 09-CT/TW cua Ban Bi thu.")),
        }
        user = here.user()
        for path in ("/tin-123456.html", "/ngan"):
            await user.say(here.site.url(path) + "?khoa=bi-mat")
            answer = await user.wait_for("không có trong các nguồn đang đọc")
            assert answer["text"].startswith("Là chính sách an ninh.")
            assert "Hà Tĩnh sơ kết Chỉ thị 09" in answer["text"]
            assert "1. 09-CT/TW (khóa XI)" in answer["text"]
        await user.say(here.site.url("/ban-in.pdf"))
        await user.wait_for("1. 09-CT/TW")
        assert await stored(here) == 0
        assert here.refused == []


async def test_pages_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.site.answers |= {
            "/cam": web.Response(status=403),
            "/hong": web.Response(status=500),
            "/lon": web.Response(body=b"<p>" + b"a" * MAX_HTML_BYTES, content_type="text/html"),
            "/rat-lon": web.Response(body=b"a" * (9 * 1024 * 1024)),
            "/khong-phai-html": web.Response(body=b"\x89PNG\r\n" + bytes(range(256)) * 20),
            "/trong": web.Response(body=b"", content_type="text/html"),
            "/the": web.Response(body=b"<div>" * 400_000, content_type="text/html"),
            "/trang-chu-654321.html": web.Response(status=302, headers={"Location": "/"}),
            "/": web.Response(text=page_of("Trang chủ", "Tin"), content_type="text/html"),
            "/noi-bo": web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}),
            "/vong": web.Response(status=302, headers={"Location": "/vong"}),
            "/word": web.Response(body=docx_with(b"<not")),
        }
        user = here.user()
        for path, said in (
            ("/khong-co", "không có trang này (404)"),
            ("/cam", "máy chủ từ chối (403)"),
            ("/hong", "máy chủ gặp lỗi (500)"),
            ("/lon", "quá lớn"),
            ("/rat-lon", "quá lớn"),
            ("/khong-phai-html", "chưa đọc được loại tệp này"),
            ("/trong", "không tìm thấy nội dung bài"),
            ("/the", "nội dung rối bất thường"),
            ("/trang-chu-654321.html", "dẫn về trang chủ"),
            ("/noi-bo", "địa chỉ nội bộ, không được phép đọc"),
            ("/vong", "chuyển hướng vòng quanh"),
            ("/word", "tệp hỏng hoặc không đúng loại"),
        ):
            await user.say(here.site.url(path))
            answer = await user.wait_for("Không đọc được trang này: ")
            assert said in answer["text"], path
        for link in (
            "http://127.0.0.1:1/",
            "http://localhost:1/x",
            "http://[::1]/x",
            "http://10.0.0.1/x",
            "http://0/x",
        ):
            await user.say(link)
            answer = await user.wait_for("Không đọc được trang này: ")
            assert "nội bộ" in answer["text"] or "không có Internet" in answer["text"] or "sai" in answer["text"], link
        assert here.refused == []


async def test_of_an_article_that_a_feed_brought_it_says_what_became_of_it(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        kept = await here.bot.services.read(
            lambda session: session.scalars(
                select(Article).where(Article.state == "kept", Article.text.contains("09-CT/TW"))
            ).first()
        )
        assert kept
        await user.say(str(kept.url))
        answer = await user.wait_for("Được giữ lại: là chính sách an ninh.")
        assert "Văn bản được nhắc tới:" in answer["text"]
        assert "doc" in {action for row in actions(answer) for action in row}
        assert [call for call in here.sandbox.calls if not call.answer["ok"]] == []


async def test_files_are_read_and_what_cannot_be_is_told_kindly(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        user = here.user()
        for name, content in (
            ("a.txt", NEWS.encode()),
            ("a.HTML", PAGE.encode()),
            ("a.docx", docx(NEWS.split("\n"))),
            ("a.pdf", printed("Theo Chi thi so 09-CT/TW ngay 01/12/2011 cua Ban Bi thu.")),
        ):
            sent = await user.send_file(name, content)
            answer = await user.wait_for("1. 09-CT/TW")
            assert answer["reply_to_message"]["message_id"] == sent["message_id"], name
        for name, content, said in (
            ("a.doc", b"x", "chưa đọc được loại tệp này"),
            ("a", b"x", "chưa đọc được loại tệp này"),
            ("a.txt", b"a" * (MAX_ATTACHED + 1), "quá lớn"),
            ("a.pdf", b"rubbish", "tệp hỏng"),
            ("a.docx", docx_with(b"a" * 30_000_000), "nén quá nhiều dữ liệu"),
            ("a.html", b"<div>" * 1_000_000, "rối bất thường"),
        ):
            await user.send_file(name, content)
            answer = await user.wait_for("Không đọc được tệp này: ")
            assert said in answer["text"], name
            assert ".txt, .html, .htm, .pdf, .docx tới 5 MB" in answer["text"]
        assert await stored(here) == 0
        assert here.refused == []


async def test_what_waits_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.handlers.ask, "_PATIENCE", 0.0)
    async with desk(tmp_path) as here:
        here.site.answers["/tin-123456.html"] = PAGE
        user = here.user()
        await user.forward(NEWS, sender="Người lạ")
        answer = await user.wait_for("Không đọc được đoạn này: bot đang bận")
        assert "tệp" not in answer["text"]
        await user.say(here.site.url("/tin-123456.html"))
        await user.wait_for("Không đọc được trang này: bot đang bận")


async def test_in_a_group_it_answers_about_what_its_mention_answers_to(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        owner = here.user()
        group = here.sandbox.group("Tổ công tác", owner=owner)
        said = await group.say(owner, NEWS)
        await group.say(owner, f"@{here.sandbox.world.bot['username']}", reply_to=said)
        await group.wait_for("1. 09-CT/TW (khóa XI)")
