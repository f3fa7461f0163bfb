"""In the chat: from the first tap to the first digest, the lists of commands, and commands that ask for their words."""

from pathlib import Path

import pytest

from bot.application import Role
from bot.commands import ADMIN_COMMANDS, COMMANDS, MENUS, SECTIONS, Menu, commands_in
from bot.questions import QUESTIONS
from bot.sandbox import SandboxUser
from bot.texts import TEXTS
from digests.subscribers import find_reader
from test_bot import World, forged_press, world

QUIET_BOT = (Role.SERVE,)
TAPS = 3


async def minutes_of(here: World, user: SandboxUser) -> list[list[int]]:
    reader = await here.bot.services.read(find_reader, user.chat_id)
    return [one.minutes for one in reader.subscriptions] if reader else []


@pytest.mark.parametrize(
    ("language", "question", "taps", "title"),
    [
        (
            "vi",
            "Bạn muốn nhận bản tin lúc mấy giờ?",
            ("Nhận bản tin 07:00", "Gửi bản tin đầu tiên ngay"),
            "Điểm tin an ninh",
        ),
        ("en-GB", "At what hour", ("Briefing at 07:00", "Send the first briefing now"), "Security policy briefing"),
    ],
)
async def test_three_taps_to_the_first_digest(
    tmp_path: Path, language: str, question: str, taps: tuple[str, ...], title: str
) -> None:
    async with world(tmp_path) as here:
        user = here.user(language)
        await user.say("/start")
        greeting = await user.wait_for(question)
        bold = next(entity for entity in greeting["entities"] if entity["type"] == "bold")
        assert bold["offset"] == 0
        assert 2 <= len(greeting["reply_markup"]["inline_keyboard"]) <= 4
        for tap in taps:
            await user.press(tap, message=greeting)
        assert 1 + len(taps) <= TAPS
        digest = await user.wait_for(title, timeout=30)
        assert any(entity["type"] == "text_link" for entity in digest["entities"])
        assert await minutes_of(here, user) == [[420]]
        again = (await user.press(taps[-1], message=greeting))["text"]
        assert again in TEXTS["first_sent"].values(), "pressed twice it does no harm"


async def test_who_comes_back_sees_what_comes_when_and_an_old_hour_asks_before_it_is_another(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/start")
        old = await user.wait_for("Bạn muốn nhận bản tin lúc mấy giờ?")
        for label in ("Giờ khác", "‹ Quay lại", "Giờ khác", "18:00"):
            await user.press(label, message=old)
        assert await minutes_of(here, user) == [[1080]]
        await user.say("/start")
        state = await user.wait_for("Bạn đang nhận:")
        assert "Hằng ngày 18:00" in state["text"]
        await user.press("Đang theo dõi", message=state)
        await forged_press(here, user, old, "hour:5")
        assert "Đã đổi từ 18:00 sang 05:00." in (await user.wait_for("Đã đổi"))["text"]
        await user.press("Trở lại 18:00")
        assert await minutes_of(here, user) == [[1080]]
        await forged_press(here, user, old, "hour:18")
        assert await minutes_of(here, user) == [[1080]], "twice is harmless"


@pytest.mark.parametrize("payload", ["x", "d_", "d_nosuch", "added", "alone", "-_-", "a" * 64])
async def test_a_link_that_means_nothing_is_answered_kindly(tmp_path: Path, payload: str) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say(f"/start {payload}")
        said = "Liên kết này không trỏ tới văn bản nào" if payload.startswith("d_") else "Bạn muốn nhận bản tin"
        await user.wait_for(said)


async def test_into_a_group_by_the_button_it_is_greeted_once(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        boss = here.user()
        await boss.say("/start")
        start = await boss.wait_for("Bạn muốn nhận")
        rows = start["reply_markup"]["inline_keyboard"]
        link = next(button["url"] for row in rows for button in row if button["text"] == "Dùng trong nhóm")
        assert link.endswith("?startgroup=added")
        group = here.sandbox.group("Phòng", owner=boss, bot="left")
        group.add_bot(start=link.rpartition("=")[2])
        await group.wait_for("Quản trị viên gửi")
        await group.say(boss, "/start@diem_tin_sandbox_bot")
        await group.wait_for("Quản trị viên gửi")
        assert sum("Quản trị viên gửi" in message.get("text", "") for message in group.messages) == 2


def test_each_list_has_a_dozen_commands_at_most_and_groups_only_what_works_there() -> None:
    alone = {"channels", "privacy", "mydata", "forgetme"}
    for menu in Menu:
        shown = [command.name for command in commands_in(menu)]
        assert 8 <= len(shown) <= 12, menu
        assert len(shown) == len(set(shown))
        assert "help" in shown
    assert not alone & {*MENUS[Menu.GROUP], *MENUS[Menu.MANAGERS]}
    assert not {command.name for command in ADMIN_COMMANDS} & {
        name for menu in Menu if menu is not Menu.ADMIN for name in MENUS[menu]
    }


def test_help_has_every_command_once() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(command.name for command in COMMANDS)


def test_descriptions_fit_telegram() -> None:
    assert all(0 < len(text) <= 512 for text in TEXTS["bot_description"].values())
    assert all(0 < len(text) <= 120 for text in TEXTS["bot_short_description"].values())


async def test_everybody_sees_the_commands_that_are_for_them_in_their_language(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        boss, member, english = here.user(), here.user(), here.user("en")
        group = here.sandbox.group("Phòng", owner=boss)
        group.add(member)
        seen = here.sandbox.commands_seen
        assert list(seen(boss)) == [command.alias for command in commands_in(Menu.PRIVATE)]
        assert list(seen(english)) == list(MENUS[Menu.PRIVATE])
        assert list(seen(boss, group)) == [command.alias for command in commands_in(Menu.MANAGERS)]
        assert list(seen(member, group)) == [command.alias for command in commands_in(Menu.GROUP)]
        await group.say(boss, "/ngonngu")
        asked = await group.wait_for("Chọn ngôn ngữ")
        await group.press(boss, "English", message=asked)
        assert list(seen(boss, group)) == list(MENUS[Menu.MANAGERS])
        assert list(seen(member, group)) == list(MENUS[Menu.GROUP])
        assert list(seen(boss)) == [command.alias for command in commands_in(Menu.PRIVATE)], "their own is as it was"


async def test_help_is_in_sections_of_both_languages(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        for user, sections in (
            (here.user(), ("Tra cứu", "Bản tin", "Theo dõi", "Nhóm và kênh", "Dữ liệu và bot")),
            (here.user("en"), ("Look up", "Briefings", "Follow", "Groups and channels", "Data and the bot")),
        ):
            await user.say("/help")
            shown = (await user.wait_for("Điểm Tin"))["text"].splitlines()
            assert [line for line in shown if line in sections] == list(sections)
            lines = [line for line in shown if line.startswith("/")]
            assert len(lines) == len(COMMANDS)
            assert all(len(line) <= 75 for line in lines)


WORDS = {
    "directive": ("09-CT/TW", "Chỉ thị 09-CT/TW (khóa XI)"),
    "search": ("ma túy", "ma túy"),
    "why": ("https://vnexpress.example/khong-co-5111013.html", "vnexpress.example"),
    "follow": ("Nghệ An", "Nghệ An"),
    "filter": ("ma túy, cần sa -bóng đá", "Không được có: 1 từ"),
    "name": ("Bản tin sáng", "Bản tin sáng: "),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_command_without_its_words_asks_for_them(tmp_path: Path, name: str) -> None:
    command = next(command for command in COMMANDS if command.name == name)
    async with world(tmp_path, QUIET_BOT) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        if name == "filter":  # with one subscription only it shows that one's words
            for hour in ("weekly", "monthly"):
                await forged_press(here, user, user.messages[-1], f"new:{hour}")
        await user.say(f"/{command.alias}")
        asked = await user.wait_for(lambda message: "force_reply" in message.get("reply_markup", {}))
        placeholder = asked["reply_markup"]["input_field_placeholder"]
        assert placeholder == TEXTS[f"{name}_placeholder"]["vi"]
        assert len(placeholder) <= 64
        typed, meant = WORDS[name]
        for _ in range(2):  # an old question still works
            await user.say(typed, reply_to=asked)
            if name == "filter":
                await user.wait_for("Cho bản tin nào?")
                await user.press("Hằng ngày 07:00")
            await user.wait_for(meant)
        await user.say("/homnay", reply_to=asked)
        await user.wait_for("Điểm tin an ninh")


async def test_in_a_group_whoever_may_not_change_it_is_refused_though_they_answer(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Phòng", owner=boss)
        group.add(member)
        await group.say(boss, "/dangky 7")
        await group.wait_for("Đã đăng ký.")
        await group.say(boss, "/ten")
        asked = await group.wait_for("Gửi tên sau lệnh")
        await group.say(member, "Của tôi", reply_to=asked)
        await group.wait_for("Chỉ quản trị viên")
        await group.say(boss, "Của phòng", reply_to=asked)
        await group.wait_for("Của phòng: Hằng ngày 07:00")
