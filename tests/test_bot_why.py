"""In the chat: /why of a link, of an item of a digest, of rubbish."""

from pathlib import Path

from sqlalchemy import select

from bot.application import Role
from digests.templates import LANGUAGES
from feeds.models import Article
from test_bot import forged_press, world
from test_bot_feedback import labels


async def test_why_of_a_link_of_an_item_and_of_rubbish(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say("/homnay")
        digest = await user.wait_for("Điểm tin an ninh")
        await user.say("/visao", reply_to=digest)
        which = await user.wait_for("Xem số nào?")
        assert "1" in labels(which)
        await user.press("1", message=which)
        told = await user.wait_for("Được giữ lại: là chính sách an ninh.")
        assert told["message_id"] == which["message_id"]
        assert "Bạn chưa nhận bản tin hằng ngày: /dangky" in told["text"]
        assert labels(told) == labels(which), "the others can be asked after it"
        assert "Nút này đã cũ" in (await forged_press(here, user, told, "why:99999999"))["text"]
        assert "Nút này đã cũ" in (await forged_press(here, user, told, "why:x"))["text"]
        left_out = await here.bot.services.read(
            lambda session: session.scalars(select(Article).where(Article.state == "left_out")).first()
        )
        assert left_out
        await user.say(f"/why {left_out.url}?utm_source=zalo")
        assert left_out.title[:50] in (await user.wait_for("Bị bỏ qua"))["text"]
        await user.say(f"đọc chưa: {left_out.url}")
        await user.wait_for("Không nhận ra số hiệu văn bản nào")
        asked = next(message for message in user.messages if "đọc chưa" in message["text"])
        await user.say("/visao", reply_to=asked)
        await user.wait_for("Bị bỏ qua")
        for typed, said in (
            ("/visao", "Gửi kèm địa chỉ của bài báo"),
            ("/why 09-CT/TW", "Gửi kèm địa chỉ của bài báo"),
            ("/why <b>&lt;script&gt;</b>", "Gửi kèm địa chỉ của bài báo"),
            ("/why https://bao.example/<b>", "Bot không theo dõi nguồn nào của trang này: bao.example"),
            ("/why https://bao.example/" + "đ" * 3000, "Bot chưa từng thấy bài này."),
        ):
            await user.say(typed)
            await user.wait_for(said)
        assert [call for call in here.sandbox.calls if not call.answer["ok"]] == []


async def test_english_readers_are_told_in_english(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user(LANGUAGES[1])
        await user.say("/why")
        await user.wait_for("Send the address of the article")
        await user.say("/why https://bao.example/bai-5111013.html")
        await user.wait_for("The bot has never seen this article.")
