"""In the chat: documents that are followed, the rest of a digest, a preview, a digest as a file."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.application import Role
from bot.demo.play import jump
from bot.sandbox import SandboxUser
from digests.export import FORMS
from digests.follows import followed_documents
from digests.models import Digest, DigestPart, Follow, SentStory, Subscription
from digests.subscribers import add_subscription, find_reader
from test_bot import World, forged_press, world
from test_bot_settings import labels

READ = (Role.POLL, Role.SERVE)


NOT_FOLLOWED = (
    ("/theodoi", "Gửi số hiệu"),
    ("/theodoi chào bot", "Không nhận ra số hiệu"),
    ("/theodoi 99-CT/TW", "Chưa biết văn bản 99-CT/TW"),
    ("/theodoi 05-CT/TW", "Bạn cần văn bản nào?"),
    ("/dangtheodoi", "Bạn chưa theo dõi văn bản nào"),
)


async def followed(here: World, user: SandboxUser) -> frozenset[str]:
    return await here.bot.services.read(followed_documents, user.chat_id)


async def test_a_document_is_followed_by_command_and_told_of_at_once_if_wished(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed, answer in NOT_FOLLOWED:
            await user.say(typed)
            await user.wait_for(answer)
        assert await followed(here, user) == frozenset()
        await user.say("/theodoi 9 ct tw")
        offer = await user.wait_for("Đang theo dõi 09-CT/TW (khóa XI).")
        assert "Có cần báo ngay" in offer["text"]
        assert await followed(here, user) == {"09-CT/TW#XI"}
        await user.press("Báo ngay khi có tin", message=offer)
        await user.wait_for("Gửi ngay khi có bài mới về văn bản bạn theo dõi")
        reader = await here.bot.services.read(find_reader, user.chat_id)
        assert reader is not None
        assert [s.cadence for s in reader.subscriptions] == ["instant"]
        await user.say("/follow 44-KL/TW")
        assert "Có cần báo ngay" not in (await user.wait_for("Đang theo dõi 44-KL/TW"))["text"], "offered once"
        await user.say("/dangtheodoi")
        listed = await user.wait_for("Bạn đang theo dõi 2 văn bản.")
        await user.press("Bỏ theo dõi", message=listed)
        await user.wait_for("Bạn đang theo dõi 1 văn bản.")
        assert await followed(here, user) == {"44-KL/TW#XII"}


async def test_the_button_of_a_card_turns_into_its_opposite(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user("en")
        await user.say("09-CT/TW")
        card = await user.wait_for("Directive 09-CT/TW (term XI)")
        await asyncio.gather(user.press("Follow it", message=card), user.press("Follow it", message=card))
        offer = await user.wait_for("You follow 09-CT/TW (term XI).")
        await user.press("The briefing will do", message=offer)
        await user.wait_for("For a daily briefing: /subscribe")
        assert await followed(here, user) == {"09-CT/TW#XI"}
        offers = [message for message in user.messages if "You follow" in message["text"]]
        assert offers == [], "two presses, one offer, and it was answered"
        await user.press("Older ›", message=card)
        assert "Stop following" in labels(next(m for m in user.messages if m["message_id"] == card["message_id"]))
        assert (await user.press("Stop following", message=card))["text"] == "No longer followed"
        assert await followed(here, user) == frozenset()
        for data in ("follow:nosuch", "unfollow:nosuch", "unfollow:nosuch:x", "following:", "following:-1"):
            assert "out of date" in str((await forged_press(here, user, card, data))["text"]), data
        assert (
            await here.bot.services.read(lambda session: session.scalar(select(func.count()).select_from(Follow))) == 0
        )


async def digest_of(here: World, user: SandboxUser, most: int = 3) -> dict[str, Any]:
    """The last message of the first digest, of at most so many items."""
    await user.say("/dangky 7")
    await user.wait_for("Đã đăng ký.")

    def set_most(session: Any) -> None:
        subscription = session.scalars(select(Subscription).where(Subscription.chat_id == user.chat_id)).one()
        subscription.most = most

    await here.bot.services.write(set_most)
    await jump(here.bot, here.clock)
    return await user.wait_for(lambda message: "Tải về" in labels(message) if "reply_markup" in message else False, 30)


async def told(here: World, user: SandboxUser) -> list[int]:
    query = select(SentStory.story_id).where(SentStory.chat_id == user.chat_id)
    return list(await here.bot.services.read(lambda session: session.scalars(query).all()))


async def test_the_rest_of_a_digest_is_sent_once(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        digest = await digest_of(here, user)
        assert len(await told(here, user)) == 3
        more = next(label for label in labels(digest) if label.startswith("Xem thêm"))
        await asyncio.gather(user.press(more, message=digest), user.press(more, message=digest))
        await user.wait_for(partial(came_after, digest))
        assert len(await told(here, user)) == 6
        pressed = next(m for m in reversed(user.messages) if m["message_id"] == digest["message_id"])
        assert more not in labels(pressed)
        data = labels(digest)[more]
        for _ in range(300):
            held = await here.bot.services.read(lambda session: session.scalars(select(Digest.held_back)).first())
            if not held:
                break
            newest = next(m for m in reversed(user.messages) if data in labels_or_none(m).values())
            if (await user.press(data, message=newest))["text"] == "Đang gửi":  # not recorded yet
                continue
            await user.wait_for(partial(came_after, newest))
        stories = await told(here, user)
        assert len(stories) == len(set(stories)) > 6
        assert (await forged_press(here, user, digest, data))["text"] == "Đã xem hết"
        before = len(user.messages)
        for wrong in ("more:999", "more:x", "more:", f"more:{'9' * 30}"):
            assert "Nút này đã cũ" in str((await forged_press(here, user, digest, wrong))["text"]), wrong
        stranger = here.user()
        await stranger.say("/start")
        start = await stranger.wait_for("Điểm Tin")
        for wrong in (data, data.replace("more", "less"), data.replace("more", "forms"), f"export:text:{data[5:]}"):
            assert "Nút này đã cũ" in str((await forged_press(here, stranger, start, wrong))["text"]), wrong
        assert len(user.messages) == before
        assert await told(here, stranger) == []


def came_after(earlier: dict[str, Any], message: dict[str, Any]) -> bool:
    return bool(message["message_id"] > earlier["message_id"])


def labels_or_none(message: dict[str, Any]) -> dict[str, str]:
    return labels(message) if "inline_keyboard" in message.get("reply_markup", {}) else {}


async def test_more_that_could_not_be_sent_comes_by_itself(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        digest = await digest_of(here, user)
        data = next(data for label, data in labels(digest).items() if label.startswith("Xem thêm"))
        here.sandbox.fail("sendMessage")
        await forged_press(here, user, digest, data)
        assert len(await told(here, user)) == 6
        assert (await forged_press(here, user, digest, data))["text"] == "Đang gửi"
        failed = select(DigestPart.id).where(DigestPart.failures == 1, DigestPart.state == "pending")
        while await here.bot.services.read(lambda session: session.scalar(failed)) is None:  # noqa: ASYNC110 - another task writes it
            await asyncio.sleep(0.05)
        here.clock.set(here.clock() + timedelta(minutes=1))
        here.bot.services.wake_delivery()
        await user.wait_for(partial(came_after, digest))
        assert len(await told(here, user)) == 6


async def test_fewer_by_one_press(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        digest = await digest_of(here, user)
        assert (await user.press("Ít tin hơn", message=digest))["text"] == "Từ bản tin sau sẽ ít tin hơn"
        assert await here.bot.services.read(lambda session: session.scalar(select(Subscription.volume))) == -1
        assert "mức ít tin nhất" in (await user.press("Ít tin hơn", message=digest))["text"]


async def test_a_preview_is_marked_and_recorded_nowhere(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        await user.say("/xemtruoc")
        await user.wait_for("Bạn chưa có bản tin nào để xem trước")
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await user.say("/xemtruoc")
        assert "không có gì được ghi lại" in (await user.wait_for("XEM TRƯỚC: Hằng ngày 07:00"))["text"]
        shown = await user.wait_for("Điểm tin an ninh")
        assert not any(label.startswith(("Xem thêm", "Tải về")) for label in labels_or_none(shown))
        assert await told(here, user) == []
        assert (
            await here.bot.services.read(lambda session: session.scalar(select(func.count()).select_from(Digest))) == 0
        )


async def test_a_preview_right_after_a_digest_shows_the_last_day(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        await digest_of(here, user, most=10)
        before = await told(here, user)
        await user.say("/xemtruoc")
        assert "tin 24 giờ qua" in (await user.wait_for("XEM TRƯỚC: Hằng ngày 07:00"))["text"]
        assert "1. " in (await user.wait_for("Điểm tin an ninh"))["text"]
        assert await told(here, user) == before
        await user.say("/loc không có từ này")
        await user.wait_for("Có ít nhất một")
        await user.say("/xemtruoc")
        await user.wait_for("Không có tin nào hợp với lựa chọn của bạn (từ khóa: không có từ này)")


async def test_admins_preview_the_digest_of_any_chat_others_only_their_own(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user, admin = here.user(), here.user()
        here.bot.services.settings = here.bot.services.settings.model_copy(update={"admin_ids": (admin.chat_id,)})
        await user.say("/dangky 7")
        await user.wait_for("Đã đăng ký.")
        await admin.say(f"/xemtruoc {user.chat_id}")
        await admin.wait_for(f"(cuộc trò chuyện {user.chat_id})")
        weekly = partial(add_subscription, cadence="weekly", name="Cuối tuần")
        await here.bot.services.write(weekly, user.chat_id, here.clock())
        await admin.say(f"/xemtruoc {user.chat_id}")
        head = await admin.wait_for(lambda message: "Cuối tuần · T2 07:00" in labels_or_none(message))
        await admin.press("Cuối tuần · T2 07:00", message=head)
        await admin.wait_for("XEM TRƯỚC: Cuối tuần")
        forged = labels_or_none(head)["Cuối tuần · T2 07:00"]
        assert "cũ" in str((await forged_press(here, admin, head, forged.replace(":", ":9", 1)))["text"])
        for typed in ("/xemtruoc 123456", "/xemtruoc x", "/xemtruoc " + "9" * 19, "/xemtruoc " + "9" * 40):
            await admin.say(typed)
            await admin.wait_for("Không có cuộc trò chuyện nào như thế")
        await user.say(f"/xemtruoc {admin.chat_id}")
        assert "cuộc trò chuyện" not in (await user.wait_for("XEM TRƯỚC"))["text"]


async def test_the_last_digest_comes_as_a_file_in_each_form(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        digest = await digest_of(here, user)
        await user.press("Tải về", message=digest)
        asked = await user.wait_for("Tải về bản tin")
        stories = len(await told(here, user))
        for form in FORMS:
            await user.press(next(data for data in labels(asked).values() if data.startswith(f"export:{form}:")))
            sent = await user.wait_for(lambda message: "document" in message)
            day = (here.clock() + timedelta(hours=7)).date()
            assert sent["document"]["file_name"].startswith(f"diem-tin-{day}."), sent["document"]
            assert f": {stories} tin." in sent["caption"]
            content = user.file_of(sent)
            if form == "docx":
                assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(content)).namelist()
            elif form == "json":
                assert sum(len(section["stories"]) for section in json.loads(content)["sections"]) == stories
            else:
                assert "09-CT/TW" in content.decode()
        await user.press("Thay bằng 24 giờ qua", message=asked)
        await user.wait_for("tin 24 giờ qua")
        for wrong in (
            "export:pdf:day",
            "export:text:999",
            "export:text",
            "export::day",
            "forms:999",
            "forms:",
            "forms:x",
        ):
            assert "Nút này đã cũ" in str((await forged_press(here, user, asked, wrong))["text"]), wrong


async def test_a_form_may_be_typed(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed, end in (("docx", ".docx"), ("TXT", ".txt"), (".md", ".md"), ("json", ".json"), ("atom", ".atom")):
            await user.say(f"/xuat {typed}")
            sent = await user.wait_for(lambda message: "document" in message)
            assert sent["document"]["file_name"].endswith(end)
        for typed, shown in (("pdf", "pdf"), ("<b>" + "x" * 500, "<b>xxxxxxxxxxxxxxxxx")):
            await user.say(f"/xuat {typed}")
            asked = await user.wait_for(f"Không có dạng “{shown}”.")
            assert "Word (.docx)" in labels(asked)


async def test_the_last_day_is_exported_where_there_was_no_digest(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user("en")
        await user.say("/export")
        asked = await user.wait_for("the last 24 hours")
        await asyncio.gather(*(user.press("Plain text (.txt)", message=asked) for _ in range(2)))
        sent = await user.wait_for(lambda message: "document" in message)
        assert sent["document"]["file_name"].endswith(".txt")
        assert sum("document" in message for message in user.messages) == 1
