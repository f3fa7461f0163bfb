"""In the chat: documents that are followed, the rest of a digest, a preview, a digest as a file."""

import asyncio
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.application import Role
from bot.demo.play import jump
from bot.sandbox import SandboxUser
from digests.export import FORMS
from digests.follows import follows_of
from digests.models import Chat, Digest, DigestPart, SentStory, Subscription
from digests.subscribers import add_subscription, find_reader
from feeds.dates import VIETNAM
from test_bot import World, forged_press, world
from test_bot_settings import labels

READ = (Role.POLL, Role.SERVE)


async def followed(here: World, user: SandboxUser) -> list[tuple[str, str, bool]]:
    """(kind, value, at once) of all that a user follows."""
    follows = await here.bot.services.read(follows_of, user.chat_id)
    return [(one.kind, one.value, one.at_once) for one in follows]


async def instant(here: World, user: SandboxUser) -> int:
    """How many instant subscriptions that go on a user has."""
    reader = await here.bot.services.read(find_reader, user.chat_id)
    return sum(one.cadence == "instant" and one.enabled for one in reader.subscriptions) if reader else 0


async def test_a_document_is_followed_by_command_and_told_of_at_once_if_wished(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        await user.say("/theodoi 9 ct tw")
        offer = await user.wait_for("09-CT/TW (khóa XI)")
        assert re.search(r"7 ngày qua: \d+ bài · 30 ngày: [1-9]\d* bài · lần cuối \d\d/\d\d/\d{4}", offer["text"])
        assert offer["text"].count("•") == 3, "the latest headlines"
        assert await followed(here, user) == [], "nothing is followed before it is confirmed"
        assert (await user.press("Báo ngay", message=offer))["text"] == "Đã theo dõi"
        page = await user.wait_for("Báo ngay khi có bài mới.")
        assert page["message_id"] == offer["message_id"], "in place"
        assert await followed(here, user) == [("document", "09-CT/TW#XI", True)]
        assert await instant(here, user) == 1
        await user.press("Trong bản tin", message=page)
        await user.wait_for("Đứng đầu bản tin.")
        assert await followed(here, user) == [("document", "09-CT/TW#XI", False)]
        await user.say("/theodoi 44-KL/TW")
        await user.press("Hủy", message=await user.wait_for("44-KL/TW"))
        await user.wait_for("Không theo dõi thêm.")
        await user.say("/follow 44-KL/TW")
        await user.press("Báo ngay", message=await user.wait_for("44-KL/TW"))
        await user.wait_for("Đang theo dõi")
        assert await instant(here, user) == 1, "one is enough"
        await user.say("/dangtheodoi")
        listed = await user.wait_for("Bạn đang theo dõi 2 mục.")
        await user.press("44-KL/TW", message=listed)
        await user.press("Bỏ theo dõi", message=listed)
        gone = await user.wait_for("Đã thôi theo dõi 44-KL/TW")
        assert await followed(here, user) == [("document", "09-CT/TW#XI", False)]
        await user.press("Hoàn tác", message=gone)
        await user.wait_for("Báo ngay khi có bài mới.")
        assert await followed(here, user) == [("document", "09-CT/TW#XI", False), ("document", "44-KL/TW#XII", True)]


async def test_of_words_that_are_followed_it_is_said_that_all_must_be_there(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed, said, not_said in (
            ("ma túy, cần sa", ("Bài phải có đủ các từ này.", "dấu phẩy không có nghĩa là “hoặc”"), "Chưa rõ"),
            ('"ma túy" "cần sa"', ("Bài phải có đủ các từ này.",), "dấu phẩy"),
            ('"ma túy"', ("Tìm kiếm",), "phải có đủ"),
        ):
            await user.say(f"/theodoi {typed}")
            offer = await user.wait_for("Tìm kiếm")
            assert all(words in offer["text"] for words in said), offer["text"]
            assert not_said not in offer["text"], offer["text"]
        await user.say("/theodoi …")
        await user.wait_for("Theo dõi nhiều từ thì bài phải có đủ mọi từ")


async def test_what_is_typed_is_a_document_a_number_a_place_an_issuer_or_words(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user()
        for typed, shown, pressed, kept in (
            ("nghệ an", "Địa bàn Nghệ An", "Trong bản tin", ("place", "Nghệ An", False)),
            ("địa:Bến Tre", "Địa bàn Vĩnh Long", "Trong bản tin", ("place", "Vĩnh Long", False)),
            ("Bộ Công an", "Văn bản của Bộ Công an", "Trong bản tin", ("issuer", "BCA", False)),
            ("cơ quan:Chính phủ", "Văn bản của Chính phủ", "Báo ngay", ("issuer", "CP", True)),
            ("99-CT/TW", "Chưa thấy văn bản này", "Báo tôi khi có", ("number", "99-CT/TW", True)),
            ("ma túy -bóng đá", "Gồm “ma túy”, trừ “bóng đá”", "Báo ngay", ("words", "ma túy -bóng đá", True)),
        ):
            await user.say(f"/theodoi {typed}")
            offer = await user.wait_for(shown)
            await user.press(pressed, message=offer)
            await user.wait_for("Đang theo dõi")
            assert (await followed(here, user))[-1] == kept
        await user.say("/theodoi")
        asked = await user.wait_for("Bạn muốn theo dõi gì?")
        assert asked["reply_markup"]["force_reply"]
        await user.say("cần sa", reply_to=asked)
        await user.press("Trong bản tin", message=await user.wait_for("Tìm kiếm cần sa"))
        await user.wait_for("Đang theo dõi")
        await user.say("/theodoi 05-CT/TW")
        choice = await user.wait_for("Bạn muốn theo dõi văn bản nào?")
        assert len(labels(choice)) == 4, "two documents, the words, and the way out"
        await user.press("05-CT/TW (khóa X)", message=choice)
        await user.press("Trong bản tin", message=await user.wait_for("Văn bản 05-CT/TW (khóa X)"))
        await user.wait_for("Đang theo dõi")
        assert (await followed(here, user))[-2:] == [("words", "cần sa", False), ("document", "05-CT/TW#X", False)]
        await user.say("/theodoi …")
        await user.wait_for("Chưa rõ bạn muốn theo dõi gì.")
        await user.say("/dangtheodoi")
        listed = (await user.wait_for("Bạn đang theo dõi 8 mục."))["text"]
        assert listed.index("Số đang chờ") < listed.index("Từ khóa") < listed.index("Địa bàn") < listed.index("Cơ quan")


async def test_a_follow_has_a_private_note(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user("en")
        await user.say("/follow Nghệ An")
        await user.press("In the briefing", message=await user.wait_for("Place Nghệ An"))
        page = await user.wait_for("You follow")
        await user.press("Note", message=page)
        asked = await user.wait_for("Answer this message with your note")
        await user.say("for  the <b>report</b> " + "x" * 300, reply_to=asked)
        noted = await user.wait_for("Note: for the <b>report</b> xxx")
        (one,) = await here.bot.services.read(follows_of, user.chat_id)
        assert len(one.note) == 200
        await user.press("Remove the note", message=noted)
        await user.wait_for(lambda message: "You follow" in message["text"] and "Note:" not in message["text"])
        forged = "followed:999 followed:x enough:999 again:1 take:now:words: wish:place:Atlantis wish:issuer:XYZ"
        for data in (*forged.split(), f"followed:{one.id}:fly", "take:now:document:nosuch", "take:later:place:Nghệ An"):
            assert (await forged_press(here, user, page, data))["text"], data
        stranger = here.user("en")
        await stranger.say("/following")
        listed = await stranger.wait_for("You follow nothing yet.")
        for data in (f"followed:{one.id}", f"followed:{one.id}:stop", f"enough:{one.id}", f"followed:{one.id}:now"):
            assert "out of date" in str((await forged_press(here, stranger, listed, data))["text"]), data
        assert await followed(here, user) == [("place", "Nghệ An", False)]


async def test_the_button_of_a_card_turns_into_its_opposite(tmp_path: Path) -> None:
    async with world(tmp_path, READ) as here:
        user = here.user("en")
        await user.say("09-CT/TW")
        card = await user.wait_for("Directive 09-CT/TW (term XI)")
        await asyncio.gather(user.press("Follow it", message=card), user.press("Follow it", message=card))
        page = await user.wait_for("Heads your briefing. For a daily briefing: /subscribe")
        assert "30 days: " in page["text"], "how much it would be, before anything is told at once"
        assert await followed(here, user) == [("document", "09-CT/TW#XI", False)]
        assert sum("You follow" in message["text"] for message in user.messages) == 1, "two presses, one answer"
        await user.press("Older ›", message=card)
        assert "Stop following" in labels(next(m for m in user.messages if m["message_id"] == card["message_id"]))
        assert (await user.press("Stop following", message=card))["text"] == "No longer followed"
        assert await followed(here, user) == []
        for data in ("follow:nosuch", "unfollow:nosuch", "unfollow:nosuch:x", "following:", "following:-1"):
            assert "out of date" in str((await forged_press(here, user, card, data))["text"]), data


async def test_an_answer_to_a_message_is_about_its_items(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        digest = await digest_of(here, user)
        await user.say("/theodoi", reply_to=digest)
        choice = await user.wait_for("Bạn muốn theo dõi văn bản nào?")
        assert any(data.startswith("wish:document:") for data in labels(choice).values())
        await user.say("lưu 2", reply_to=digest)
        await user.wait_for("Đã lưu.")
        await user.say("Lưu", reply_to=digest)
        which = await user.wait_for("Bạn muốn lưu tin số mấy?")
        assert (await user.press("1", message=which))["text"].startswith("Đã lưu")
        assert (await user.press("2", message=which))["text"] == "Bạn đã lưu bài này rồi"
        await user.say("/daluu")
        kept = await user.wait_for("Bạn đã lưu 2 bài.")
        await user.press("Bỏ 1", message=kept)
        gone = await user.wait_for("Bạn đã lưu 1 bài.")
        await user.press("Hoàn tác", message=gone)
        await user.wait_for("Bạn đã lưu 2 bài.")
        await user.say("Ban Bí thư ban hành Chỉ thị 09-CT/TW ngày 01/12/2011 (khóa XI)", reply_to=None)
        said = user.messages[-1]
        for data in ("save:999", "save:x", "unsave:1", "unsave:x:y", "saved:", "saved:-1"):
            assert "cũ" in str((await forged_press(here, user, kept, data))["text"]), data
        await user.say("/theodoi", reply_to=said)
        await user.wait_for("09-CT/TW")


async def test_what_is_told_at_once_says_why_and_is_stopped_where_it_stands(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        user = here.user()
        await user.say("/theodoi Chính phủ")
        await user.press("Báo ngay", message=await user.wait_for("Văn bản của Chính phủ"))
        await user.wait_for("Đang theo dõi")
        await here.bot.services.write(alert_again, user.chat_id, here.clock())
        here.bot.services.wake_delivery()
        await here.bot.deliver_now()
        alert = await user.wait_for("Vì bạn theo dõi Chính phủ", 30)
        assert any(entity["type"] == "blockquote" for entity in alert["entities"]), "the sentence that cites"
        assert (await user.press("Bỏ theo dõi Chính phủ", message=alert))["text"] == "Đã bỏ theo dõi"
        assert await followed(here, user) == []
        assert (await user.press("Theo dõi lại Chính phủ", message=alert))["text"] == "Đã theo dõi"
        assert await followed(here, user) == [("issuer", "CP", True)]


def alert_again(session: Session, chat_id: int, now: datetime) -> None:
    """The instant subscription of a chat is due, for all of the last days, whatever time of day it is."""
    session.get_one(Chat, chat_id).quiet_from = session.get_one(Chat, chat_id).quiet_until
    one = session.scalars(select(Subscription).where(Subscription.chat_id == chat_id)).one()
    one.next_due_at, one.covered_until = now, now - timedelta(days=2)


async def digest_of(here: World, user: SandboxUser, most: int = 3) -> dict[str, Any]:
    """The last message of the first digest, of at most so many items."""
    # Soon, whatever time of day it is: of a digest tomorrow the news of yesterday would be no part.
    await user.say(f"/dangky {here.clock().astimezone(VIETNAM) + timedelta(hours=1):%H:%M}")
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
        assert "không có gì được ghi lại" in (await user.wait_for("Xem trước: Hằng ngày 07:00"))["text"]
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
        assert "tin 24 giờ qua" in (await user.wait_for("Xem trước: Hằng ngày"))["text"]
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
        await admin.wait_for("Xem trước: Cuối tuần")
        forged = labels_or_none(head)["Cuối tuần · T2 07:00"]
        assert "cũ" in str((await forged_press(here, admin, head, forged.replace(":", ":9", 1)))["text"])
        for typed in ("/xemtruoc 123456", "/xemtruoc x", "/xemtruoc " + "9" * 19, "/xemtruoc " + "9" * 40):
            await admin.say(typed)
            await admin.wait_for("Không có cuộc trò chuyện nào như thế")
        await user.say(f"/xemtruoc {admin.chat_id}")
        assert "cuộc trò chuyện" not in (await user.wait_for("Xem trước"))["text"]


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
