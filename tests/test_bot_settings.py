"""In the chat: everything a subscriber may choose, by buttons and by two typed commands."""

import asyncio
import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.application import Role
from bot.handlers.typed import words_in
from bot.sandbox import SandboxUser
from conftest import NOW
from digests.choices import MAX_SUBSCRIPTIONS
from digests.models import Chat, Subscription
from digests.subscribers import Reader, change_subscription, find_reader
from feeds.places import place_label, provinces
from test_bot import World, forged_press, world

QUIET_BOT = (Role.SERVE,)


def labels(message: dict[str, Any]) -> dict[str, str]:
    """Label -> callback data."""
    keyboard = json.loads(json.dumps(message["reply_markup"]))["inline_keyboard"]
    return {button["text"]: button["callback_data"] for row in keyboard for button in row if "callback_data" in button}


async def reader_of(here: World, user: SandboxUser) -> Reader:
    found = await here.bot.services.read(find_reader, user.chat_id)
    assert found is not None
    return found


async def only(here: World, user: SandboxUser) -> Subscription:
    (subscription,) = (await reader_of(here, user)).subscriptions
    return subscription


async def settings_of(user: SandboxUser) -> dict[str, Any]:
    await user.say("/caidat")
    return await user.wait_for("Cài đặt")


async def page_of(user: SandboxUser, *path: str) -> dict[str, Any]:
    """The message after pressing these buttons, each in place."""
    shown = await settings_of(user)
    for label in path:
        await user.press(label, message=shown)
    return user.messages[-1]


async def test_each_choice_of_a_subscription_is_pressed_in_place(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        shown = await page_of(user, "Hằng ngày 07:00", "Khi nào: Hằng ngày 07:00", "17:00", "✓ 07:00", ":30", "06:30")
        assert {"✓ 06:30", "✓ 17:00", "07:30", "✓ :30"} <= labels(shown).keys()
        for label in ("Hằng tuần", "T5", "✓ T2"):
            await user.press(label, message=shown)
        assert (await user.press("✓ T5", message=shown))["text"] == "Cần giữ ít nhất một"
        for label in (
            "‹ Quay lại",
            "Lượng tin: Vừa phải",
            "Nhiều hơn",
            "25",
            "‹ Quay lại",
            "Xếp theo: Chủ đề",
            "Địa bàn",
        ):
            await user.press(label, message=shown)
        for label in ("‹ Quay lại", "Khi không có tin: Vẫn báo", "Không gửi", "‹ Quay lại", "Múi giờ: Múi giờ chung"):
            await user.press(label, message=shown)
        for label in ("Europe/Paris", "‹ Quay lại", "Chủ đề: tất cả", "✓ Phòng chống ma túy", "‹ Quay lại"):
            await user.press(label, message=shown)
        for label in ("Chi tiết: Tiêu đề và tóm tắt", "Chỉ tiêu đề", "‹ Quay lại", "Âm báo: bật", "Im lặng"):
            await user.press(label, message=shown)
        assert "vẫn được gửi đủ và đúng giờ, chỉ không kêu" in user.messages[-1]["text"]
        await user.press("‹ Quay lại", message=shown)
        last = user.messages[-1]
        assert last["message_id"] == shown["message_id"]
        assert "Chủ đề: 11" in labels(last)
        chosen = await only(here, user)
        assert (chosen.cadence, chosen.weekdays, chosen.minutes) == ("weekly", [3], [390, 1020])
        assert (chosen.volume, chosen.most, chosen.grouping, chosen.tells_empty) == (1, 25, "place", False)
        assert (chosen.has_summaries, chosen.sounds) == (False, False)
        assert (chosen.timezone, "drugs" in chosen.topics, len(chosen.topics)) == ("Europe/Paris", False, 11)
        await user.press("Khi nào: T5 06:30, 17:00", message=shown)
        for label in ("Hằng tháng", "Ngày trong tháng: 1", "31"):
            await user.press(label, message=shown)
        assert (await only(here, user)).month_day == 31


async def test_places_and_outlets_are_ticked_page_by_page(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        shown = await page_of(user, "Hằng ngày 07:00", "Địa bàn: tất cả")
        seen: set[str] = set()
        names = set(map(place_label, provinces()))
        while True:
            now = labels(user.messages[-1])
            seen |= now.keys() & names
            if "Sau ›" not in now:
                break
            await user.press("Sau ›", message=shown)
        assert seen == names
        await user.press("Vĩnh Long", message=shown)
        assert "✓ Vĩnh Long" in labels(user.messages[-1]), "the page stays"
        await user.press("‹ Quay lại", message=shown)
        await user.press("Báo: tất cả", message=shown)
        outlet = next(label for label, data in labels(user.messages[-1]).items() if ":outlet:+" in data)
        await user.press(outlet, message=shown)
        chosen = await only(here, user)
        assert (chosen.places, chosen.outlets) == (["Vĩnh Long"], [outlet])
        await user.press("Mọi báo", message=shown)
        assert (await only(here, user)).outlets == []


async def test_quiet_hours_zone_and_language_of_the_chat(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        shown = await page_of(user, "Giờ yên tĩnh: 21:30–06:30", "Từ 21:30", "22:00", "Đến 06:30", "05:00")
        await user.press("Tin khẩn vẫn được gửi", message=shown)
        chat = (await reader_of(here, user)).chat
        assert (chat.quiet_from, chat.quiet_until, chat.urgent_in_quiet) == (22 * 60, 5 * 60, True)
        for label in ("Tắt giờ yên tĩnh", "‹ Quay lại"):
            await user.press(label, message=shown)
        assert "Giờ yên tĩnh: tắt" in labels(user.messages[-1])
        for label in ("Giờ yên tĩnh: tắt", "Bật: 21:30–06:30", "‹ Quay lại", "Múi giờ: Asia/Ho_Chi_Minh", "Asia/Tokyo"):
            await user.press(label, message=shown)
        for label in ("Ngôn ngữ: Tiếng Việt", "+ Add a briefing", "As it happens"):
            await user.press(label, message=shown)
        assert "tells only of what you follow" not in user.messages[-1]["text"]
        assert "an article about what you follow" in user.messages[-1]["text"]
        reader = await reader_of(here, user)
        assert (reader.timezone, reader.language, reader.chat.quiet_from) == ("Asia/Tokyo", "en", 21 * 60 + 30)


async def test_the_language_is_chosen_by_its_name_too(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        for said, language, answer in (
            ("/ngonngu Tiếng Anh", "en", "Choose the language"),
            ("/language tieng viet", "vi", "Chọn ngôn ngữ"),
            ("/language EN", "en", "Choose the language"),
            ("/ngonngu klingon", "en", "Choose the language"),
        ):
            await user.say(said)
            await user.wait_for(answer)
            assert (await reader_of(here, user)).language == language
        assert here.sandbox.commands_seen(user)["help"]


async def test_several_subscriptions_are_added_named_paused_removed_and_brought_back(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        shown = await page_of(user, "+ Thêm bản tin")
        await asyncio.gather(user.press("Hằng tuần", message=shown), user.press("Hằng tuần", message=shown))
        assert [s.cadence for s in (await reader_of(here, user)).subscriptions] == ["daily", "weekly"], "added once"
        await user.say("/ten Bản tin cuối tuần")
        asked = await user.wait_for("Cho bản tin nào?")
        await user.press("T2 07:00", message=asked)
        await user.wait_for("Bản tin cuối tuần: T2 07:00")
        await user.say("/trangthai")
        status = (await user.wait_for("Bản tin của bạn:"))["text"]
        assert "• Hằng ngày 07:00 (" in status
        assert "• Bản tin cuối tuần · T2 07:00 (" in status
        shown = await page_of(user, "Bản tin cuối tuần · T2 07:00", "Tạm dừng", "1 tuần")
        assert "Tạm dừng đến" in user.messages[-1]["text"]
        assert "Nhận lại" in labels(user.messages[-1])
        await user.press("Nhận lại", message=shown)
        assert "Tạm dừng" in labels(user.messages[-1])
        for label in ("Xóa bản tin này", "Giữ lại", "Xóa bản tin này", "Xóa"):
            await user.press(label, message=shown)
        assert len((await reader_of(here, user)).subscriptions) == 1
        await user.press("Hoàn tác", message=shown)
        daily, weekly = (await reader_of(here, user)).subscriptions
        assert (daily.cadence, weekly.cadence, weekly.name) == ("daily", "weekly", "Bản tin cuối tuần")
        await user.say("/huy")
        stopped = await user.wait_for("Đã ngừng mọi bản tin.")
        assert not (await reader_of(here, user)).subscribed
        await user.press("Nhận bản tin", message=stopped)
        assert all(s.enabled for s in (await reader_of(here, user)).subscriptions)


@pytest.mark.parametrize(("hours", "is_back"), [(23, True), (25, False)])
async def test_a_removed_subscription_can_be_had_again_for_a_day_also_after_a_restart(
    tmp_path: Path, hours: int, is_back: bool
) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.sandbox.user(777)
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        before = columns(await only(here, user))
        await page_of(user, "Hằng ngày 07:00", "Xóa bản tin này", "Xóa")
        assert {"Hoàn tác", "Cài đặt"} == labels(user.messages[-1]).keys()
        removed_at = here.clock()
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        here.clock.set(removed_at + timedelta(hours=hours))
        user = here.sandbox.user(777, started=True)
        message = await settings_of(user)
        said = (await user.forge(f"undo:{before['id']}", message))["text"]
        assert said == ("Đã lưu" if is_back else "Không khôi phục được nữa; hãy thêm bản tin mới")
        assert [columns(one) for one in (await reader_of(here, user)).subscriptions] == ([before] if is_back else [])


async def test_what_was_chosen_can_be_had_again(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        message = await user.wait_for("Đã đăng ký.")
        assert (await forged_press(here, user, message, "undo:1"))["text"] == "Vẫn như cũ"
        assert "Không khôi phục được nữa" in str((await forged_press(here, user, message, "undo:2"))["text"])
        for typed, press, gone in (("ma túy", "✕ ma túy", []), ("+an ninh, cần sa", "Bỏ hết từ khóa", [])):
            await user.say(f"/loc {typed}")
            shown = await user.wait_for("Từ khóa chọn tin")
            before = columns(await only(here, user))
            await user.press(press, message=shown)
            assert [*(await only(here, user)).all_words, *(await only(here, user)).any_words] == gone
            await user.press("Hoàn tác", message=shown)
            assert columns(await only(here, user)) == before
            assert (await forged_press(here, user, shown, "undo:1"))["text"] == "Vẫn như cũ", "twice is harmless"
            assert columns(await only(here, user)) == before


async def test_a_chat_has_only_so_many_subscriptions(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        for _ in range(MAX_SUBSCRIPTIONS):
            await page_of(user, "+ Thêm bản tin", "Ngày làm việc")
        shown = await page_of(user, "+ Thêm bản tin")
        assert "Đã đủ số bản tin" in (await user.press("Hằng ngày", message=shown))["text"]


WORDS = (
    ("ma túy, cần sa -bóng đá", [], ["ma túy", "cần sa"], ["bóng đá"]),
    ("+Đồng Nai, cao tốc", ["Đồng Nai"], ["cao tốc"], []),
    ("“an ninh mạng”; COVID-19", [], ["an ninh mạng", "COVID-19"], []),
    ("a – b\nc", [], ["a – b", "c"], []),
    ("- - + ,,;", [], [], []),
    ("", [], [], []),
)


@pytest.mark.parametrize(("typed", "every", "some", "none"), WORDS)
def test_typed_words(typed: str, every: list[str], some: list[str], none: list[str]) -> None:
    assert words_in(typed) == {"all_words": every, "any_words": some, "no_words": none}


async def test_another_hour_says_what_it_replaces_and_can_be_had_too(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await user.say("/dangky 18h30")
        said = await user.wait_for("Đã đổi từ 07:00 sang 18:30.")
        await user.press("Nhận cả 07:00, 18:30", message=said)
        assert (await only(here, user)).minutes == [420, 1110]
        assert "07:00, 18:30" in user.messages[-1]["text"]
        await user.say("/dangky 6:15, 12h")
        said = await user.wait_for("Đã đổi từ 07:00, 18:30 sang 06:15, 12:00.")
        assert (await only(here, user)).minutes == [375, 720]
        for wrong in ("hours:1:1440", "hours:999:420", "hours::420", "hours:1:", f"hours:1:{'9' * 30}"):
            assert "Nút này đã cũ" in str((await forged_press(here, user, said, wrong))["text"]), wrong
        await user.press("Trở lại 07:00, 18:30", message=said)
        subscription = await only(here, user)
        assert subscription.minutes == [420, 1110]
        services = here.bot.services
        await services.write(
            change_subscription, user.chat_id, subscription.id, services.clock(), cadence="weekly", weekdays=[0]
        )
        await user.say("/dangky 8")
        assert "Nhịp vẫn giữ: hằng tuần" in (await user.wait_for("sang 08:00."))["text"]
        assert (await only(here, user)).cadence == "weekly"
        for typed in ("/dangky 6:15, 25h", "/dangky ,", "/dangky " + ", ".join(f"1:{n:02}" for n in range(25))):
            await user.say(typed)
            await user.wait_for("Không hiểu giờ")


async def test_words_are_typed_and_taken_away_by_buttons(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/loc ma túy")
        await user.wait_for("Bạn chưa có bản tin nào")
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await user.say("/loc ma túy, cần sa -bóng đá +an ninh")
        page = await user.wait_for("Không được có: 1 từ")
        assert "Phải có tất cả: 1 từ" in page["text"]
        assert "Dấu phẩy là “hoặc”" in page["text"]
        assert "Ở /theodoi thì bài phải có đủ mọi từ." in page["text"]
        assert {"✕ +an ninh", "✕ ma túy", "✕ cần sa", "✕ -bóng đá"} <= labels(page).keys()
        await user.say("/loc -MA TUY")  # the same word goes where it was put last
        page = await user.wait_for("Không được có: 2 từ")
        assert "Có ít nhất một: 1 từ" in page["text"]
        await user.press("✕ -bóng đá", message=page)
        assert (await only(here, user)).no_words == ["MA TUY"]
        await user.say("/loc")
        page = await user.wait_for("Không được có: 1 từ")
        await user.press("Bỏ hết từ khóa", message=page)
        chosen = await only(here, user)
        assert [*chosen.all_words, *chosen.any_words, *chosen.no_words] == []
        assert "Chưa có từ khóa nào." in user.messages[-1]["text"]
        for typed in (f"/loc {'x' * 70}", "/loc " + ",".join(f"từ {n}" for n in range(30))):
            await user.say(typed)
            await user.wait_for("Nhiều hoặc dài quá")
        await user.say("/ten " + "dài " * 40)
        await user.wait_for("Tên dài quá")
        await user.say("/ten")
        await user.wait_for("Gửi tên sau lệnh")
        await user.say("/ten <b>&amp;")
        await user.wait_for("<b>&amp;: Hằng ngày 07:00")


async def test_as_many_and_as_long_words_as_there_may_be_fit_their_page(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        words = {f"{kind}_words": [f"{kind}{n:02}".ljust(60, "&") for n in range(20)] for kind in ("all", "any", "no")}
        own = await only(here, user)
        await here.bot.services.write(partial(change_subscription, **words), user.chat_id, own.id, here.clock())
        await user.say("/loc")
        assert sum(label.startswith("✕") for label in labels(await user.wait_for("Không được có: 20 từ"))) == 60


async def test_a_subscription_that_is_brought_back_is_as_it_was(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        subscription = await only(here, user)
        state = {"enabled": False, "ended_because": "blocked", "covered_until": NOW, "thread_id": 7, "owner_id": 9}
        state |= {"paused_until": NOW + timedelta(days=3), "next_due_at": None}
        await here.bot.services.write(
            lambda session: session.execute(
                update(Subscription).where(Subscription.id == subscription.id).values(**state)
            )
        )
        before = columns(await only(here, user))
        shown = await page_of(user, next(iter(labels(await settings_of(user)))), "Xóa bản tin này", "Xóa")
        assert (await reader_of(here, user)).subscriptions == ()
        await user.press("Hoàn tác", message=shown)
        assert columns(await only(here, user)) == before


def columns(row: Subscription) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


async def test_two_quick_presses_both_count(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        shown = await page_of(user, "Hằng ngày 07:00", "Khi nào: Hằng ngày 07:00")
        hours = ("05:00", "06:00", "08:00", "09:00", "11:00", "12:00")
        await asyncio.gather(*(user.press(hour, message=shown) for hour in hours))
        assert (await only(here, user)).minutes == [300, 360, 420, 480, 540, 660, 720]


RUBBISH = (
    "set:nothing", "set:quiet_from:1", "quiet:9999:0", "quiet:1", "quiet:urgent:2", "sub:", "sub:x",
    "sub:{id}:nothing", "sub:999", "put:{id}", "put:{id}:minute:+9999", "put:{id}:minute:420",
    "put:{id}:weekday:+7", "put:{id}:topic:+none", "put:{id}:place:+Atlantis", "put:{id}:outlet:+00000000",
    "put:{id}:volume:5", "put:{id}:most:-1", "put:{id}:most:x", "put:{id}:grouping:colour",
    "put:{id}:cadence:hourly", "put:{id}:day:32", "put:{id}:zone:Mars/Phobos", "put:{id}:enabled:1",
    "put:{id}:name:x", "new:hourly", "pause:{id}:2026-13-40", "pause:{id}:1999-01-01", "pause:{id}:-1",
    "pause:{id}:99999", "drop:999", "drop:x", "less:1", "less:x", "preview:999", "preview:x", "typed:{id}",
    "typed:{id}:name", "undo:", "undo:x",
    "put:٣:most:5",
)  # fmt: skip


async def test_rubbish_and_old_buttons_say_so_and_change_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        message = await user.wait_for("Đã đăng ký.")
        before = snapshot(await reader_of(here, user))
        own = (await only(here, user)).id
        for data in RUBBISH:
            answer = await forged_press(here, user, message, data.format(id=own))
            assert "Nút này đã cũ" in str(answer["text"]), data
        assert snapshot(await reader_of(here, user)) == before


async def test_no_press_touches_another_chat(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        owner, stranger = here.user(), here.user()
        await owner.say("/dangky 7")
        await owner.wait_for("Đã đăng ký.")
        await stranger.say("/start")
        message = await stranger.wait_for("Điểm Tin")
        before, target = snapshot(await reader_of(here, owner)), (await only(here, owner)).id
        for press in (
            "sub:{}",
            "put:{}:most:5",
            "put:{}:word:all",
            "pause:{}:7",
            "pause:{}:0",
            "drop:{}",
            "preview:{}",
        ):
            answer = await forged_press(here, stranger, message, press.format(target))
            assert "Nút này đã cũ" in str(answer["text"]), press
        assert snapshot(await reader_of(here, owner)) == before
        assert (await reader_of(here, stranger)).subscriptions == ()


def snapshot(reader: Reader) -> list[dict[str, Any]]:
    rows: list[Chat | Subscription] = [reader.chat, *reader.subscriptions]
    return [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]


async def test_every_button_of_every_page_fits_and_leads_somewhere(tmp_path: Path) -> None:
    """Walks the settings of a subscription with long choices, in both languages."""
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await user.say(
            "/loc " + ",".join(f"từ khóa dài đến sáu mươi ký tự thì vẫn phải vừa nút bấm {n:02}" for n in range(9))
        )
        await user.wait_for("Từ khóa chọn tin")
        for command, back in (("/caidat", "‹ Quay lại"), ("/settings", "‹ Back")):
            await user.say(command)
            shown = await user.wait_for(lambda message: "reply_markup" in message)
            waiting, seen = ["set"], set()
            while waiting:
                data = waiting.pop()
                seen.add(data)
                await forged_press(here, user, shown, data)
                buttons = labels(user.messages[-1])
                assert all(0 < len(action.encode()) <= 64 for action in buttons.values())
                assert data == "set" or back in buttons or data.endswith(":remove"), data
                pages = [action for action in buttons.values() if action.startswith(("set:", "sub:"))]
                waiting += [page for page in pages if page not in seen and page not in waiting]
            assert len(seen) > 15
            await forged_press(here, user, shown, "lang:en:set")
        refused = [call for call in here.sandbox.calls if not call.answer["ok"]]
        assert [call.answer for call in refused if "not modified" not in str(call.answer)] == []


async def test_a_pause_until_a_date_ends_as_that_day_begins(tmp_path: Path) -> None:
    async with world(tmp_path, QUIET_BOT, read=False) as here:
        user = here.user()
        await user.say("/dangky 7")
        message = await user.wait_for("Đã đăng ký.")
        day = here.clock().date() + timedelta(days=9)
        await forged_press(here, user, message, f"pause:{(await only(here, user)).id}:{day:%Y-%m-%d}")
        subscription = await only(here, user)
        assert subscription.paused_until is not None
        assert subscription.next_due_at is not None
        assert subscription.paused_until.isoformat().startswith(f"{day - timedelta(days=1)}T17:00")
        assert subscription.next_due_at.date() == date(day.year, day.month, day.day)
