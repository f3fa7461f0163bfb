"""In the chat: timelines, implementation maps, the calendar of reviews, trends, and their pictures and files."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from PIL import Image
from sqlalchemy.orm import Session

from bot.application import Role, Running, running
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.inbox import answer_of
from digests.follows import follow
from digests.models import Chat
from digests.subscribers import welcome
from feeds.dates import VIETNAM
from feeds.places import provinces
from newsroom import publish

DOCUMENT = "48-CT/TW#X"
CITED = "Chỉ thị số 48-CT/TW ngày 22/10/2010 của Bộ Chính trị (khóa X) về phòng, chống tội phạm"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Archive:
    """A reader of a bot that knows articles of one document, of the week before its clock."""

    sandbox: Sandbox
    bot: Running
    clock: DemoClock
    reader: SandboxUser

    async def ask(self, text: str, wanted: str) -> dict[str, Any]:
        await self.reader.say(text)
        return await self.reader.wait_for(wanted)

    async def picture(self, label: str, message: dict[str, Any], caption: str) -> Image.Image:
        await self.reader.press(label, message=message)
        sent = await self.reader.wait_for(lambda m: "photo" in m and caption in m["caption"], timeout=60)
        return Image.open(io.BytesIO(self.reader.file_of(sent)))


def reports(session: Session, clock: DemoClock) -> None:
    now = clock()
    for outlet, back in (("Báo Một", 3), ("Báo Hai", 2)):
        publish(
            session,
            f"Nghệ An sơ kết 15 năm thực hiện Chỉ thị 48 <b>({outlet})</b>",
            f"Tỉnh ủy Nghệ An tổ chức hội nghị sơ kết 15 năm thực hiện {CITED}.",
            seen=now - back * DAY,
            published=now - back * DAY,
            outlet=outlet,
        )
    publish(
        session,
        "Bến Tre quán triệt Chỉ thị 48",
        f"Tỉnh ủy Bến Tre tổ chức hội nghị quán triệt {CITED}.",
        seen=now - DAY,
        origin="import",
    )


@asynccontextmanager
async def archive(folder: Path, *, language: str = "vi") -> AsyncIterator[Archive]:
    clock = DemoClock()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
        reader = sandbox.user(language_code=language, started=True)
        settings = demo_settings(sandbox, outlets, folder)
        async with running(settings, [Role.SERVE, Role.DELIVER], clock=clock, sources=(), offline=True) as bot:
            await bot.services.write(reports, clock)
            yield Archive(sandbox, bot, clock, reader)


def labels(message: dict[str, Any]) -> list[str]:
    return [button["text"] for row in message["reply_markup"]["inline_keyboard"] for button in row]


async def test_a_timeline_is_text_by_years_and_a_picture(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        shown = await here.ask("/dongthoigian 48-CT/TW", "Dòng thời gian")
        years = [line for line in shown["text"].splitlines() if line and not line.startswith("•")]
        assert years == [
            "Dòng thời gian: 48-CT/TW (khóa X)",
            "Theo báo chí: “triển khai”, “thực hiện” gồm cả việc mới được yêu cầu làm; "
            "sơ kết, tổng kết, kiểm tra chỉ tính khi bài nói là đã làm.",
            "2010", "2021", str((here.clock() - 3 * DAY).astimezone(VIETNAM).year), "Chưa rõ ngày",
        ]  # fmt: skip
        assert "• 22/10 · ban hành (theo danh mục văn bản)" in shown["text"]
        assert "kết luận tiếp tục thực hiện · 13-KL/TW (khóa XIII)" in shown["text"]
        assert "sơ kết 15 năm · Nghệ An: Nghệ An sơ kết 15 năm thực hiện Chỉ thị 48 <b>(Báo Một)</b>" in shown["text"]
        undated = shown["text"].splitlines()[-1]
        assert undated.startswith("• quán triệt, triển khai · Vĩnh Long (Bến Tre): Bến Tre quán triệt Chỉ thị 48")
        assert "thấy ngày" in undated
        picture = await here.picture("Xem ảnh", shown, "Dòng thời gian: 48-CT/TW")
        assert (picture.format, picture.width) == ("PNG", 792)
        await here.reader.press("Bản đồ thực hiện", message=shown)
        await here.reader.wait_for("Nơi thực hiện: 48-CT/TW")


async def test_what_one_article_tells_is_one_line_of_a_timeline(tmp_path: Path) -> None:
    def published(session: Session, clock: DemoClock) -> None:
        lead = (
            f"Tỉnh ủy Cà Mau tổ chức hội nghị tổng kết 10 năm thực hiện {CITED}. "
            f"Công an tỉnh Cà Mau thực hiện {CITED}. Bộ Công an tổ chức hội nghị quán triệt {CITED}."
        )
        publish(session, "Ba việc trong một bài", lead, seen=clock() - DAY, published=clock() - DAY)

    async with archive(tmp_path) as here:
        await here.bot.services.write(published, here.clock)
        await here.bot.jobs.judge()
        shown = await here.ask("/dongthoigian 48-CT/TW", "Ba việc trong một bài")
        (line,) = [line for line in shown["text"].splitlines() if "Ba việc trong một bài" in line]
        assert "quán triệt, triển khai · Bộ Công an; thực hiện, tổng kết 10 năm · Cà Mau: Ba việc" in line


async def test_a_map_is_a_list_a_picture_and_files(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        shown = await here.ask("/map 48-CT/TW", "Nơi thực hiện")
        assert "Đã thấy 2/34 tỉnh, thành phố" in shown["text"]
        assert "• Vĩnh Long (Bến Tre): quán triệt, triển khai chưa rõ ngày" in shown["text"]
        not_seen = next(line for line in shown["text"].splitlines() if line.startswith("Chưa thấy trong"))
        assert not [name for name in ("Nghệ An", "Vĩnh Long") if name in not_seen]
        assert sum(name in not_seen for name in provinces()) == len(provinces()) - 2
        assert "không có nghĩa là chưa làm" in shown["text"]
        assert "mới được yêu cầu làm" in shown["text"]
        await here.picture("Xem ảnh", shown, "Nơi thực hiện")
        for label, ending in (("Tải về .csv", ".csv"), ("Tải về Excel (.xlsx)", ".xlsx")):
            await here.reader.press(label, message=shown)
            sent = await here.reader.wait_for(lambda m: "document" in m)
            assert sent["document"]["file_name"] == f"48-CT-TW (khóa X){ending}"
            content = here.reader.file_of(sent)
            if ending == ".csv":
                rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            else:
                sheet = load_workbook(io.BytesIO(content)).active
                assert sheet is not None
                rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
            assert len(rows) > 1 + len(provinces())
            (nghe_an,) = [row for row in rows if row[1] == "Nghệ An"]
            assert f"{(here.clock() - 3 * DAY).astimezone(VIETNAM):%Y-%m-%d}" in nghe_an
            assert "chưa thấy trong các nguồn" in nghe_an


async def test_where_it_is_open_which_document_is_meant_one_is_chosen(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.reader.say("/start")
        asked = await here.ask("/bando", "Gửi kèm số hiệu")
        assert "/bando 09-CT/TW" in asked["text"]

        def follows(session: Session) -> None:
            follow(session, here.reader.chat_id, DOCUMENT, here.clock())

        await here.bot.services.write(follows)
        asked = await here.ask("/map", "theo dõi")
        await here.reader.press("48-CT/TW (khóa X)", message=asked)
        await here.reader.wait_for("Nơi thực hiện: 48-CT/TW")
        choice = await here.ask("/timeline 05-CT/TW", "Bạn cần văn bản nào?")
        label = next(label for label in labels(choice) if "khóa X)" in label)
        await here.reader.press(label, message=choice)
        await here.reader.wait_for("Dòng thời gian: 05-CT/TW (khóa X)")
        await here.ask("/timeline 99-CT/TW", "Chưa biết văn bản 99-CT/TW")


async def test_the_calendar_goes_by_months_and_years(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:

        def follows(session: Session) -> None:
            welcome(session, here.reader.chat_id, here.clock(), language="vi", timezone="Asia/Ho_Chi_Minh")
            follow(session, here.reader.chat_id, "18-NQ/TW#XII", here.clock())

        await here.bot.services.write(follows)
        shown = await here.ask("/lich 10/2027", "tháng 10/2027")
        lines = shown["text"].splitlines()
        assert lines[lines.index("Văn bản bạn theo dõi") + 2].startswith("1. 18-NQ/TW (khóa XII): tổng kết 10 năm")
        assert "Suy ra: 10 năm kể từ ngày ban hành 25/10/2017" in lines
        assert lines.index("Văn bản khác") > lines.index("Văn bản bạn theo dõi")
        await here.reader.press("11/2027 ›", message=shown)
        await here.reader.wait_for("tháng 11/2027")
        await here.reader.press("Cả năm 2027", message=shown)
        year = await here.reader.wait_for("năm 2027")
        assert year["message_id"] == shown["message_id"]
        answer = await here.reader.press("Thôi nhắc", message=shown)
        assert answer["text"] == "Sẽ không nhắc nữa"
        assert await _reminds(here) is False
        await here.reader.press("Nhắc tôi đầu tháng", message=shown)
        assert await _reminds(here) is True
        for typed, heading in (("2027", "năm 2027"), ("2027-3", "tháng 3/2027"), ("99/9999", f"{here.clock().year}")):
            await here.ask(f"/calendar {typed}", heading)


async def test_the_calendar_says_what_it_does_not_understand(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        this_month = f"{here.clock().astimezone(VIETNAM):%-m/%Y}"
        for typed, understood, unread in (
            ("09-CT/TW", this_month, "09-CT/TW"),
            ("10/2027 công an", "10/2027", "công an"),
            ("quý 5/2027", this_month, "quý 5/2027"),
            ("13/2027", this_month, "13/2027"),
            ("<b>abc", this_month, "<b>abc"),
        ):
            shown = await here.ask(f"/lich {typed}", f"Chưa hiểu “{unread}”")
            assert f"Lịch sơ kết, tổng kết tháng {understood}" in shown["text"]
        for typed, understood in (("tháng 10 năm 2027", "10/2027"), ("10, 2027", "10/2027"), ("t10/2027", "10/2027")):
            shown = await here.ask(f"/lich {typed}", f"Lịch sơ kết, tổng kết tháng {understood}")
            assert "Chưa hiểu" not in shown["text"]
        for typed, understood in (("tháng này", f"tháng {this_month}"), ("nam sau", f"năm {here.clock().year + 1}")):
            shown = await here.ask(f"/lich {typed}", f"Lịch sơ kết, tổng kết {understood}")
            assert "Chưa hiểu" not in shown["text"]


async def _reminds(here: Archive) -> bool:
    def work(session: Session) -> bool:
        return session.get_one(Chat, here.reader.chat_id).reminds

    return await here.bot.services.read(work)


async def test_trends_by_kind_and_of_a_document(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.bot.jobs.judge()
        shown = await here.ask("/xuhuong", "Chủ đề trong tuần")
        assert "chưa đủ lâu để so" in shown["text"]
        await here.reader.press("Văn bản", message=shown)
        documents = await here.reader.wait_for("Văn bản trong tuần")
        assert "• 48-CT/TW (khóa X): 2 tin" in documents["text"]
        await here.picture("Xem ảnh", documents, "Văn bản trong tuần")
        await here.reader.press("48-CT/TW (khóa X)", message=documents)
        card = await here.reader.wait_for(lambda m: "Xu hướng" in str(m.get("reply_markup")))
        await here.picture("Xu hướng", card, "Xu hướng: 48-CT/TW")


async def test_the_trend_of_a_document_is_asked_for_by_its_number(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.bot.jobs.judge()
        shown = await here.ask("/xuhuong 48-CT/TW", "Tin mỗi tháng: 48-CT/TW (khóa X)")
        assert "24 tháng qua: 2 tin" in shown["text"]
        assert f"• {here.clock().astimezone(VIETNAM) - 3 * DAY:%-m/%Y}: " in shown["text"]
        await here.picture("Xem ảnh", shown, "Xu hướng: 48-CT/TW")
        await here.ask("/xuhuong 18-NQ/TW khóa XII", "chưa thấy tin nào")
        choice = await here.ask("/trends 05-CT/TW", "Bạn cần văn bản nào?")
        await here.reader.press(next(label for label in labels(choice) if "khóa X)" in label), message=choice)
        await here.reader.wait_for("Tin mỗi tháng: 05-CT/TW (khóa X)")
        await here.ask("/trends 99-CT/TW", "Chưa biết văn bản 99-CT/TW")
        await here.ask("/xuhuong văn bản", "Văn bản trong tuần")
        await here.ask("/xuhuong chuyện lạ", "Không nhận ra số hiệu văn bản nào trong “chuyện lạ”")


async def test_old_buttons_say_so(tmp_path: Path) -> None:
    async with archive(tmp_path, language="en") as here:
        await here.ask("/calendar 2026", "Reviews due in 2026")
        world = here.sandbox.world
        message_id = min(world.chats[here.reader.chat_id].own)
        for data in ("life:x", "map:x:1", "drawmap:x", "mapfile:exe:x", "calendar:2026-13", "trends:x", "remind:x"):
            said = await answer_of(world.press(world.chats[here.reader.chat_id], message_id, data), 10)
            assert "out of date" in said["text"], data
