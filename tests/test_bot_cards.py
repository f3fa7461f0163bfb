"""Walking from card to card, choosing articles, and being asked only once which document is meant."""

from pathlib import Path

from bot.application import Role
from test_bot import world

SERVE = (Role.SERVE,)
FIRST = "Chỉ thị 09-CT/TW (khóa XI)"


async def test_cards_are_walked_in_one_message(tmp_path: Path) -> None:
    async with world(tmp_path, SERVE, read=False) as here:
        user = here.user()
        await user.say("/vanban 09-CT/TW")
        card = await user.wait_for(FIRST)
        await user.press("44-KL/TW (khóa XII)", message=card)
        there = await user.wait_for("Kết luận 44-KL/TW (khóa XII)")
        assert there["message_id"] == card["message_id"]
        await user.press("Nguồn", message=there)
        sources = await user.wait_for("Nguồn của các dữ kiện về 44-KL/TW")
        assert sources["message_id"] == card["message_id"]
        await user.press("‹ Quay lại", message=sources)
        there = await user.wait_for("Kết luận 44-KL/TW (khóa XII)")
        await user.press("‹ Quay lại 09-CT/TW", message=there)
        again = await user.wait_for(FIRST)
        assert again["message_id"] == card["message_id"]


async def test_articles_of_a_card_are_chosen_in_place(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        await user.say("/vanban 09-CT/TW")
        card = await user.wait_for("bài báo nhắc tới")
        await user.press("Lọc bài báo", message=card)
        menu = await user.wait_for("Chỉ thị 09-CT/TW")
        await user.press("Giai đoạn: tất cả", message=menu)
        values = await user.wait_for("Chỉ thị 09-CT/TW")
        await user.press("tổng kết (", message=values)
        chosen = await user.wait_for("Giai đoạn: tổng kết")
        assert chosen["message_id"] == card["message_id"]
        assert chosen["text"].startswith("09-CT/TW (khóa XI)\n")
        await user.press("‹ Thẻ văn bản", message=chosen)
        whole = await user.wait_for("bài báo nhắc tới")
        assert whole["message_id"] == card["message_id"]


async def test_which_document_is_meant_is_asked_once(tmp_path: Path) -> None:
    async with world(tmp_path, SERVE, read=False) as here:
        user, other = here.user(), here.user()
        await user.say("05-CT/TW")
        asked = await user.wait_for("Bạn cần văn bản nào?")
        await user.press("05-CT/TW (khóa X)", message=asked)
        await user.wait_for("Chỉ thị 05-CT/TW (khóa X)")
        await user.say("05-CT/TW")
        card = await user.wait_for("Bạn đã chọn văn bản này cho số 05-CT/TW.")
        await other.say("05-CT/TW")
        await other.wait_for("Bạn cần văn bản nào?")
        await user.press("Đổi lựa chọn", message=card)
        asked = await user.wait_for("Bạn cần văn bản nào?")
        await user.press("05-CT/TW (khóa XII)", message=asked)
        await user.wait_for("Chỉ thị 05-CT/TW (khóa XII)")
        await user.say("05-CT/TW")
        await user.wait_for("Chỉ thị 05-CT/TW (khóa XII)")


async def test_a_group_means_what_its_manager_chose(tmp_path: Path) -> None:
    async with world(tmp_path, SERVE, read=False) as here:
        boss, member = here.user(), here.user()
        group = here.sandbox.group("Nhóm", owner=boss)
        group.add(member)
        await group.say(boss, "/caidat")
        await group.wait_for("Cài đặt")
        await group.say(member, "/vanban 05-CT/TW")
        asked = await group.wait_for("Bạn cần văn bản nào?")
        await group.press(member, "05-CT/TW (khóa X)", message=asked)
        await group.wait_for("Chỉ thị 05-CT/TW (khóa X)")
        await group.say(member, "/vanban 05-CT/TW")
        asked = await group.wait_for("Bạn cần văn bản nào?")
        await group.press(boss, "05-CT/TW (khóa X)", message=asked)
        await group.wait_for("Chỉ thị 05-CT/TW (khóa X)")
        await group.say(member, "/vanban 05-CT/TW")
        await group.wait_for("Chỉ thị 05-CT/TW (khóa X)")
