"""The whole bot, polling feeds on loopback, talked to through the stand-in of Telegram's server."""

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.application import Role, Running, running
from bot.commands import COMMANDS, MENUS, Menu
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings, jump
from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.inbox import answer_of
from bot.texts import TEXTS, language_of
from conftest import WORKER
from digests.models import Chat, Subscription
from digests.templates import LANGUAGES
from feeds.fetch import Fetcher
from feeds.pages import read_pages
from feeds.update import update_feeds


@dataclass(frozen=True, slots=True)
class World:
    sandbox: Sandbox
    bot: Running
    clock: DemoClock

    def user(self, language_code: str = "vi") -> SandboxUser:
        return self.sandbox.user(language_code=language_code)

    def subscriptions(self, chat_id: int) -> list[Subscription]:
        with self.bot.services.database.reading() as session:
            return list(session.scalars(select(Subscription).where(Subscription.chat_id == chat_id)))

    def stored(self, chat_id: int) -> Chat | None:
        with self.bot.services.database.reading() as session:
            return session.get(Chat, chat_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """The sample news as once read by a bot whose clock went from `start` to `end`, from outlets at `port`."""

    database: Path
    port: int
    start: datetime
    end: datetime


_READ: list[Reading] = []
"""At most one: a reading costs ten seconds of CPU, and each test gets a copy."""


def _is_free(port: int) -> bool:
    """Whether nobody else took the port of the outlets that were read meanwhile."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@asynccontextmanager
async def world(folder: Path, roles: tuple[Role, ...] = tuple(Role), read: bool = True) -> AsyncIterator[World]:
    """A bot at work; with `read` its first reading of the sample news is done."""
    before = _READ[0] if read and _READ and _is_free(_READ[0].port) else None
    clock = DemoClock()
    if before:
        clock.set(before.start)
        shutil.copy(before.database, folder / "demo.db")
    start = clock()
    async with OutletServer(now=clock, port=before.port if before else 0) as outlets, Sandbox(clock=clock) as sandbox:
        if before:
            clock.set(before.end)
        settings = demo_settings(sandbox, outlets, folder)
        async with running(settings, roles, clock=clock, sources=outlets.sources, offline=True) as bot:
            if read and not before:
                while await bot.poll_now() is None:  # noqa: ASYNC110 - the tick's own first round is under way
                    await asyncio.sleep(0.05)
                kept = folder / "read.db"
                with closing(sqlite3.connect(folder / "demo.db")) as connection:
                    connection.execute("VACUUM INTO ?", (str(kept),))
                _READ[:] = [Reading(kept, int(outlets.host_port.rpartition(":")[2]), start, clock())]
            yield World(sandbox, bot, clock)


def digest_messages(user: SandboxUser) -> list[str]:
    """Those that came by themselves after the answer to /dangky."""
    texts = [message["text"] for message in user.messages]
    return texts[next(number for number, text in enumerate(texts) if text.startswith("Đã đăng ký")) + 1 :]


async def test_a_jump_counts_what_a_tick_sent_and_alarms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver = Running.deliver_now

    async def after_a_tick(bot: Running) -> int:
        await deliver(bot)
        return await deliver(bot)

    monkeypatch.setattr(Running, "deliver_now", after_a_tick)
    async with world(tmp_path) as here:
        user = here.user()
        await user.say("/dangky 6:30")
        await user.wait_for("06:30")
        said = await jump(here.bot, here.clock)
        assert digest_messages(user)
        assert said.endswith(f"gửi {len(digest_messages(user))} tin nhắn.")
        assert here.bot.jobs._scheduler.get_job("alerts")
        assert here.bot.jobs._scheduler.get_job("canary") is None


async def test_the_clock_jumps_to_the_next_digest(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        assert "Chưa có ai đăng ký" in await jump(here.bot, here.clock)
        user = here.user()
        await user.say("/dangky 6:30")
        await user.wait_for("06:30")
        said = await jump(here.bot, here.clock)
        assert said.startswith("Đã tới 06:30")
        first = await user.wait_for("Điểm tin an ninh", timeout=60)
        await jump(here.bot, here.clock)
        second = await user.wait_for("Điểm tin an ninh", timeout=60)
        assert first["text"] != second["text"]
        lines = set(first["text"].splitlines()) & set(second["text"].splitlines())
        assert not any(line[:2] in ("1.", "2.") for line in lines), "a story came twice"


async def test_a_round_that_is_asked_for_waits_for_the_pages_that_a_tick_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any, **options: Any) -> int:
        begun.set()
        await may_go_on.wait()
        return await read_pages(*given, **options)

    monkeypatch.setattr("bot.jobs.read_pages", slowly)
    async with world(tmp_path, (Role.POLL,), read=False) as here:
        await begun.wait()
        assert here.bot.fetcher
        asked = asyncio.ensure_future(here.bot.jobs.read_pages(here.bot.fetcher))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not asked.done()
        may_go_on.set()
        await asked


async def test_directive_shows_the_document_and_turns_pages(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        await user.say("/directive 09-CT/TW")
        card = await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        assert "Ban Bí thư" in card["text"]
        assert "01/12/2011" in card["text"]
        await user.press("Cũ hơn ›")
        assert "6. " in (await user.wait_for("09-CT/TW (khóa XI)"))["text"]
        await user.press("‹ Mới hơn")
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.press("44-KL/TW (khóa XII)")
        await user.wait_for("Kết luận 44-KL/TW (khóa XII)")


TYPED = (
    ("09 ct tw", "Chỉ thị 09-CT/TW (khóa XI)"),
    ("/vanban chỉ thị số 09 của Ban Bí thư khóa XI", "Chỉ thị 09-CT/TW (khóa XI)"),
    ("05-CT/TW", "Bạn cần văn bản nào?"),
    ("/vanban 99-CT/TW", "Chưa biết văn bản 99-CT/TW"),
    ("05-CT/TW khóa XI", "Chưa biết văn bản 05-CT/TW (khóa XI)"),
    ("/vanban 09-ct/tw ngay 5/6/2018", "Chưa biết văn bản 09-CT/TW, ngày 05/06/2018"),
    ("08-NQ/TU Bến Tre", "Có thể là 08-NQ/TU (Bến Tre)"),
    ("09-CTT/TW", "Chưa biết văn bản “09-CTT/TW”"),
    ("chào bot", "Chào bạn!"),
    ("zzzz qqqqx", "Không nhận ra số hiệu văn bản nào trong “zzzz qqqqx”, tìm bài cũng không có"),
    ("/vanban zzzz qqqqx", "Không nhận ra số hiệu văn bản nào trong “zzzz qqqqx”. Hãy gửi"),
    ("<b>&lt;script&gt;", "Không nhận ra số hiệu văn bản nào"),
    ("0" * 4000, "Không thấy số hiệu văn bản nào trong đó"),
    ("/vanban", "Gửi số hiệu"),
    ("/homnay", "Điểm tin an ninh"),
    ("/trogiup", "/vanban"),
    ("/trangthai", "Đang theo dõi 11 nguồn"),
    ("/riengtu", "Quyền riêng tư"),
    ("/ngonngu", "Chọn ngôn ngữ"),
    ("/caidat", "Cài đặt"),
    ("/huy", "Bạn chưa đăng ký nhận bản tin."),
    ("/dangky 25:00", "Không hiểu giờ"),
    ("/dangky 7h30", "07:30"),
    ("/khongco", "Không có lệnh này"),
    ("/caidata", "Không có lệnh này. Có phải /caidat? Mọi lệnh: /trogiup"),
    ("/cai_dat", "Có phải /caidat?"),
    ("/cai dat", "Có phải /caidat?"),
    ("/zzzzqqq", "Không có lệnh này. Các lệnh"),
    ("/setings x", "Có phải /settings?"),
)


async def test_what_a_person_may_send(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        for typed, expected in TYPED:
            await user.say(typed)
            assert await user.wait_for(expected), typed


async def test_an_unknown_number_offers_the_nearest(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say("99-CT/TW")
        message = await user.wait_for("Gần nhất có:")
        first = message["reply_markup"]["inline_keyboard"][0][0]
        await user.press(first["text"], message=message)
        await user.wait_for(lambda found: first["text"].split(":")[0] in found["text"])


async def test_an_open_number_lists_what_cites_it_and_a_list_answers_each(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say("05-CT/TW")
        message = await user.wait_for("Bạn cần văn bản nào?")
        await user.press("05-CT/TW (khóa X)", message=message)
        await user.wait_for("Chỉ thị 05-CT/TW (khóa X)")
        await user.say("09-CT/TW, 998-CT/TW")
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.wait_for("998-CT/TW")
        await user.say("318/KH-UBND")
        card = await user.wait_for("318/KH-UBND")
        assert "Kế hoạch số 318/KH-UBND" in card["text"]


@pytest.mark.parametrize(("typed", "label", "shown"), [
    ("/vanban 05-CT/TW", "05-CT/TW (khóa X)", "Chỉ thị 05-CT/TW (khóa X)"),
    ("99-CT/TW", "09-CT/TW", "Chỉ thị 09-CT/TW (khóa XI)"),
])  # fmt: skip
async def test_a_double_press_sends_one_card(tmp_path: Path, typed: str, label: str, shown: str) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say(typed)
        offered = await user.wait_for(typed.split()[-1])
        await asyncio.gather(user.press(label, message=offered), user.press(label, message=offered))
        await user.wait_for(shown)
        await user.press(label, message=offered)
        await user.say("/trogiup")
        await user.wait_for("/vanban")
        cards = [message for message in user.messages if message["text"].startswith(shown)]
        assert len([card for card in cards if card["message_id"] != offered["message_id"]]) == 1


async def test_looking_up_waits_for_no_writer(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.say("/vanban 09-CT/TW")  # from here on the chat and the documents on its buttons are known
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.press("44-KL/TW (khóa XII)")
        await user.wait_for("Kết luận 44-KL/TW (khóa XII)")
        with here.bot.services.database.session() as session:
            session.execute(text("SELECT 1"))  # holds the write lock from here on
            await user.say("/vanban 09-CT/TW")
            await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
            await user.say("/homnay")
            await user.wait_for("Đang đọc")


async def test_settings_edit_themselves_and_survive_a_restart(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await user.say("/caidat")
        settings = await user.wait_for("Cài đặt")
        await user.press("Hằng ngày 07:00")
        await user.press("Khi nào: Hằng ngày 07:00")
        await user.press("18:00")
        await user.press("✓ 07:00")
        await user.press("‹ Quay lại")
        await user.press("‹ Quay lại")
        shown = await user.wait_for("Cài đặt")
        assert shown["message_id"] == settings["message_id"]
        labels = [button["text"] for row in shown["reply_markup"]["inline_keyboard"] for button in row]
        assert "Hằng ngày 18:00" in labels
        await user.press("Ngôn ngữ: Tiếng Việt")
        await user.wait_for("Settings")
        await user.press("Stop all briefings")
        await user.wait_for("All briefings have stopped.")
        await user.press("Get the briefing")
        await user.wait_for("Subscribed.")


async def test_english_readers_are_answered_in_english(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user("en-GB")
        await user.say("05-CT/TW khoa XI")
        await user.wait_for("Unknown document 05-CT/TW (term XI)")
        await user.say("/start")
        await user.wait_for("At what hour")
        await user.say("/directive 09-CT/TW")
        card = await user.wait_for("Directive 09-CT/TW (term XI)")
        assert "Issued by: Ban Bí thư" in card["text"]


async def test_erasing_asks_first_and_leaves_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.say("/riengtu")
        await user.wait_for(f"mã số {user.chat_id}")
        await user.press("Xóa dữ liệu của tôi")
        await user.press("Giữ lại")
        await user.wait_for("Quyền riêng tư")
        await user.press("Xóa dữ liệu của tôi")
        await user.press("Xóa hẳn")
        await user.wait_for("Đã xóa.")
        assert await here.bot.services.read(lambda session: session.get(Chat, user.chat_id)) is None


async def test_an_old_button_says_so_kindly(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.say("/start")
        message = await user.wait_for("Điểm Tin")
        for data in ("gone:1", "hour:99", "doc:nosuch", "zone:Mars/Phobos", "topic:nothing", "lang:xx", "at:9999"):
            answer = await forged_press(here, user, message, data)
            assert "Nút này đã cũ" in answer["text"], data


async def forged_press(here: World, user: SandboxUser, message: dict[str, object], data: str) -> dict[str, object]:
    """A press of a button of an older version of the bot."""
    chat = here.sandbox.world.chats[user.chat_id]
    return await answer_of(here.sandbox.world.press(chat, int(str(message["message_id"])), data), 10)


async def test_while_the_first_reading_lasts_the_digest_is_promised_and_then_comes(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE, Role.DELIVER), read=False) as here:
        user = here.user()
        await user.say("/start")
        await user.wait_for("Đang đọc lần đầu: 0/11 nguồn")
        await user.press("07:00")
        await user.wait_for("Bản tin đầu tiên sẽ được gửi ngay khi đọc xong")
        await user.say("/vanban 09-CT/TW")
        await user.wait_for("Chưa thấy bài báo nào nhắc tới")
        assert await here.bot.deliver_now() == 0
        database = here.bot.services.database
        async with Fetcher(allow_private=here.bot.services.settings.fetch_allow_private) as fetcher:
            await update_feeds(database, fetcher, WORKER, here.clock, shortest=timedelta(minutes=15))
            assert await here.bot.deliver_now() == 0, "the pages are not read yet"
            await read_pages(database, fetcher, WORKER, here.clock, pace=0.0)
        assert await here.bot.deliver_now() == 0, "the second reader has not judged yet"
        await here.bot.jobs.judge()
        assert await here.bot.deliver_now() > 0
        await user.wait_for("Điểm tin an ninh")
        assert await here.bot.deliver_now() == 0


async def test_a_failing_handler_tells_the_user_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        monkeypatch.setattr("bot.handlers.info.status_view", None)
        await user.say("/trangthai")
        await user.wait_for("Có lỗi xảy ra")
        await user.say("/trogiup")
        await user.wait_for("/vanban")


@pytest.mark.parametrize("table", ["ban", "chat"])
async def test_without_the_database_people_are_told_once_and_nobody_passes_the_gate(tmp_path: Path, table: str) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user, database = here.user("vi"), here.bot.services.database
        for was, becomes in ((table, "away"), ("away", table)):
            with database.session() as session:
                session.execute(text(f"ALTER TABLE {was} RENAME TO {becomes}"))
            await user.say("/start")
            await user.wait_for("Có lỗi xảy ra" if becomes == "away" else "Điểm Tin")
        said = [message["text"].partition("\n")[0] for message in user.messages if message["from"]["is_bot"]]
        assert [words.startswith("Có lỗi xảy ra") for words in said] == [True, False]


async def test_commands_and_descriptions_are_published_per_language(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        published = [call.parameters for call in here.sandbox.calls if call.method == "setMyCommands"]
        described = [call.method for call in here.sandbox.calls]
        assert {parameters.get("language_code") or None for parameters in published} == {None, *LANGUAGES}
        assert "setMyDescription" in described
        assert "setMyShortDescription" in described
        user = here.user("vi")
        await user.say("/ngonngu")
        await user.wait_for("Chọn ngôn ngữ")
        await user.press("English")
        await user.wait_for("Choose the language")
        last = [call.parameters for call in here.sandbox.calls if call.method == "setMyCommands"][-1]
        assert last["scope"] == {"type": "chat", "chat_id": user.chat_id}
        assert list(here.sandbox.commands_seen(user)) == list(MENUS[Menu.PRIVATE])


async def test_no_message_of_the_bot_was_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        for command in COMMANDS:
            await user.say(f"/{command.alias}")
            await user.wait_for(lambda message: True)
        refused = [call for call in here.sandbox.calls if not call.answer["ok"]]
        assert refused == []
        assert here.sandbox.unanswered() == []


def test_every_text_is_in_every_language() -> None:
    for key, texts in TEXTS.items():
        assert set(texts) == set(LANGUAGES), key
        assert len({text.count("{}") for text in texts.values()}) == 1, key


def test_commands_fit_telegram() -> None:
    names = [name for command in COMMANDS for name in (command.name, command.alias)]
    assert len(names) == len(set(names))
    for command in COMMANDS:
        assert command.alias.isascii()
        assert all(3 <= len(command.description(language)) <= 256 for language in LANGUAGES)


@pytest.mark.parametrize(
    ("code", "language"), [("vi", "vi"), ("en", "en"), ("en-GB", "en"), ("fr", "vi"), (None, "vi")]
)
def test_language_of(code: str | None, language: str) -> None:
    assert language_of(code) == language
