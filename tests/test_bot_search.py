"""In the chat: searching, its pages in place, what is offered where nothing is found, a search that is followed."""

from pathlib import Path
from typing import Any

import pytest

from bot.application import Role
from bot.commands import COMMANDS
from bot.handlers.search import found_page
from bot.sandbox import SandboxUser
from conftest import NOW
from digests.subscribers import find_reader
from feeds.database import Database
from feeds.query import parse_query
from newsroom import policy, publish, reader
from test_bot import forged_press, world
from test_bot_follow import followed
from test_bot_settings import labels

READ = (Role.POLL, Role.SERVE)
MANY = "công an"  # most articles of the sample outlets have it


def as_it_is_now(user: SandboxUser, message: dict[str, Any]) -> dict[str, Any]:
    return next(m for m in user.messages if m["message_id"] == message["message_id"])


def numbered(message: dict[str, Any]) -> list[str]:
    """The numbers of the items that a message shows."""
    return [line.partition(".")[0] for line in message["text"].splitlines() if line[:1].isdecimal() and ". " in line]


async def test_pages_turn_in_place_and_the_search_is_followed(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        await user.say("/timkiem")
        await user.wait_for("/timkiem rồi các từ")
        await user.say(f"/timkiem {MANY}")
        found = await user.wait_for(f"Tìm {MANY}")
        assert numbered(found) == ["1", "2", "3", "4", "5"]
        marked = [entity for entity in found["entities"] if entity["type"] == "bold"]
        assert len(marked) >= 2, "the words are marked in what is quoted"
        assert any(entity["type"] == "text_link" for entity in found["entities"])
        assert "09-CT/TW (khóa XI)" in found["text"]
        messages = len(user.messages)
        await user.press("›", message=found)
        second = as_it_is_now(user, found)
        assert numbered(second) == ["6", "7", "8", "9", "10"]
        assert next(label for label in labels(second) if "/" in label).startswith("2/")
        await user.press("‹", message=second)
        assert as_it_is_now(user, found)["text"] == found["text"]
        assert len(user.messages) == messages, "nothing but the one message changes"
        assert await followed(here, user) == []
        answer = await user.press("Theo dõi tìm kiếm này", message=found)
        assert "Đã theo dõi: 30 ngày qua có" in answer["text"]
        assert await followed(here, user) == [("words", MANY, False)]
        assert "đã theo dõi tìm kiếm này" in (await user.press("Theo dõi tìm kiếm này", message=found))["text"]


async def test_buttons_work_after_a_restart_and_forged_ones_do_no_harm(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user("en")
        await user.say(f"/search {MANY} -zzz since:2020")
        found = await user.wait_for("Read as:")
        assert "without “zzz”, since 01/01/2020" in found["text"]
        data = labels(found)
        assert all(len(one.encode()) <= 64 for one in data.values())
        for forged in ("find:", "find:x:1", "find:1", "find:9999:1", "find:1:" + "9" * 19, "instead:", "instead:x"):
            assert "out of date" in str((await forged_press(here, user, found, forged))["text"]), forged
        assert "out of date" in str((await forged_press(here, user, found, "instead:7"))["text"])
        await forged_press(here, user, found, "find:999:0")
        last = as_it_is_now(user, found)
        assert "›" not in labels(last)
        assert numbered(last), "a page past the end is the last"
        await forged_press(here, user, found, "find:0:1")
        assert "No article." in as_it_is_now(user, found)["text"]
        await user.say("/about")
        about = await user.wait_for(lambda message: "code" not in str(message.get("entities")))
        for forged in ("find:0:0", "instead:0", "watch"):
            assert "out of date" in str((await forged_press(here, user, about, forged))["text"]), forged
        await user.say("/search since:2020")
        everything = await user.wait_for("Read as: since 01/01/2020")
        pressed = await user.press("Follow this search", message=everything)
        assert "meets nearly every article" in str(pressed["text"])
        assert await followed(here, user) == []


async def test_where_nothing_is_found_other_searches_are_offered(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        await user.say("/timkiem công an từ:2030")
        nothing = await user.wait_for("Không có bài nào.")
        offered = next(label for label in labels(nothing) if label.startswith("Bỏ từ:2030"))
        await user.press(offered, message=nothing)
        assert as_it_is_now(user, nothing)["text"].startswith("Tìm công an\n")
        await user.say("/timkiem tổng kêts chỉ thị")
        misspelt = await user.wait_for("Tìm tổng kêts chỉ thị")
        await user.press(next(label for label in labels(misspelt) if label.startswith("tổng kết")), message=misspelt)
        assert numbered(as_it_is_now(user, misspelt))
        await user.say("/timkiem 88-CT/TW")
        number = await user.wait_for("Tìm 88-CT/TW")
        await user.press("Tra văn bản 88-CT/TW", message=number)
        await user.wait_for("Chưa biết văn bản 88-CT/TW")
        await user.say("/timkiem địa:Atlantis")
        await user.wait_for("Đã bỏ qua vì không rõ là tỉnh, thành phố nào: “Atlantis”")


async def test_plain_words_are_searched_for_and_numbers_looked_up(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        await user.say("tổng kết chỉ thị")
        brief = await user.wait_for("Tìm tổng kết chỉ thị")
        assert numbered(brief) == ["1", "2", "3"]
        await user.press("Xem tất cả", message=brief)
        assert numbered(as_it_is_now(user, brief)) == ["1", "2", "3", "4", "5"]
        await user.say("tổng kêts chỉ thị")
        misspelt = await user.wait_for("Tìm tổng kêts chỉ thị")
        await user.press(next(label for label in labels(misspelt) if label.startswith("tổng kết")), message=misspelt)
        assert numbered(as_it_is_now(user, misspelt))
        await user.say("09-CT/TW")
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        await user.say("qwertz asdf")
        await user.wait_for("Không nhận ra số hiệu")


HOSTILE = (
    *('"""', "-", ":::", "NEAR(a b)", "' OR 1=1; --", '<b>&amp;</b> "<code>x', "*", "%", "\\", "😀 \u202e lũ"),
    *("x" * 3900, "lũ " * 1200, "địa: báo: từ:", "từ:99/99/9999", "doc:" + "9" * 50),
)


async def test_whatever_is_typed_is_answered(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed in HOSTILE:
            last = max((message["message_id"] for message in user.messages), default=0)
            await user.say(f"/timkiem {typed}")
            answered = await user.wait_for(lambda message, last=last: message["message_id"] > last + 1)
            assert answered["text"].startswith("Tìm "), (typed, answered["text"])


def test_the_command_is_listed() -> None:
    assert any(command.name == "search" and command.alias == "timkiem" for command in COMMANDS)


def test_older_windows_do_not_pass_for_all_that_is_found(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.search.WINDOWS", (6,))
    query = parse_query("xã")
    with sqlite.session() as session:
        reader(session, 7, NOW)
        asking = find_reader(session, 7)
        assert asking
        for number in range(9):
            publish(session, policy(number), "Lực lượng công an xã tham gia.", seen=NOW)
        shown = found_page(session, query, asking)
        said = []
        while True:
            said.append(shown.html.splitlines()[1])
            onward = [action for label, action in shown.buttons[0] if label == "›"]
            if not onward:
                break
            page, before, *older = onward[0].removeprefix("find:").split(":")
            shown = found_page(session, query, asking, int(page), int(before), is_older=bool(older))
    assert said == ["Hơn 6 bài; đây là 6 bài mới nhất."] * 2 + ["3 bài cũ hơn."]


async def test_that_no_article_has_the_accents_is_said_at_the_head(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed, is_told in (("bão", True), ("bảo", False), ("bao", False)):
            await user.say(f"/timkiem {typed}")
            head = (await user.wait_for(f"Tìm {typed}\n"))["text"].partition("\n1. ")[0]
            assert ("chưa có bài nào đúng dấu như bạn gõ" in head) is is_told, head
