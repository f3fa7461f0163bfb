"""In the chat: the card of a draft, following it, its number, and what an admin says of that."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from digests.cluster import fold_waiting
from digests.dossier_models import Draft
from digests.follows import follow, follows_of
from digests.subscribers import add_subscription
from digests.timeline import timeline
from digests.waking import wake_followers
from newsroom import publish
from test_bot_admins import Office, office
from test_drafts import DRAFTED, TITLE, issued

DAY = timedelta(days=1)
OTHER = DRAFTED.replace("Nghệ An", "Hà Tĩnh")


def tell(here: Office, text: str, at: datetime) -> None:
    """An article of that moment, read and looked at."""
    database = here.bot.services.database
    with database.session() as session:
        publish(session, f"Tin {at:%d/%m %H:%M} {len(text)}", text, seen=at, published=at).state = "kept"
    fold_waiting(database)
    wake_followers(database, at)


def draft_in(here: Office) -> Draft:
    with here.bot.services.database.reading() as session:
        return session.scalars(select(Draft)).one()


async def test_the_card_of_a_draft_says_that_it_has_no_number_and_what_articles_say(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        now = here.clock()
        for day in range(6):
            tell(here, DRAFTED, now - day * DAY)
        await here.reader.say("/vanban dự thảo nghị quyết an ninh trật tự Nghệ An")
        card = await here.reader.wait_for("Dự thảo, chưa có số.")
        assert "Dự thảo Nghị quyết (Nghệ An)\nDự thảo, chưa có số. Dưới đây chỉ là" in card["text"]
        assert f"“{TITLE}”" in card["text"]
        assert "Cơ quan: Ban Thường vụ Tỉnh ủy\nĐịa phương: Nghệ An\n" in card["text"]
        assert "6 bài báo viết về dự thảo" in card["text"]
        assert card["text"].count(DRAFTED) == 5
        await here.reader.press("Sau ›", message=card)
        await here.reader.wait_for("6. Tin")
        await here.reader.say("dự thảo nghị quyết an ninh Hà Tĩnh")
        other = await here.reader.wait_for(lambda message: message["message_id"] > card["message_id"])
        assert "chưa có số" not in other["text"], "that of another province is not meant"
        await here.reader.say(f"/start p_{draft_in(here).token}")
        await here.reader.wait_for("Dự thảo, chưa có số.")
        await here.reader.say("/start p_aaaaaaaaaaaaa")
        await here.reader.wait_for("Liên kết này")
        tell(here, OTHER, now)
        await here.reader.say("/vanban dự thảo nghị quyết của Tỉnh ủy về an ninh")
        choice = await here.reader.wait_for("Bạn muốn xem dự thảo nào?")
        assert len(choice["reply_markup"]["inline_keyboard"]) == 2
        await here.reader.press("Hà Tĩnh", message=choice)
        assert "Địa phương: Hà Tĩnh" in (await here.reader.wait_for("1 bài báo viết về dự thảo"))["text"]


async def test_a_draft_is_followed_gets_its_number_and_that_can_be_taken_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        now = here.clock()
        tell(here, DRAFTED, now - 20 * DAY)
        await here.reader.say("/vanban dự thảo nghị quyết an ninh trật tự Nghệ An")
        await here.reader.press("Theo dõi", message=await here.reader.wait_for("Dự thảo, chưa có số."))
        await here.reader.press(
            "Báo ngay", message=await here.reader.wait_for("Chưa có số: Dự thảo Nghị quyết (Nghệ An)")
        )
        page = await here.reader.wait_for("Báo ngay khi có bài mới.")
        await here.reader.press("Xem dự thảo", message=page)
        await here.reader.wait_for("1 bài báo viết về dự thảo")
        tell(here, issued(on=now - DAY), now)
        await here.bot.deliver_now()
        notice = await here.reader.wait_for("được ban hành từ Dự thảo Nghị quyết (Nghệ An)")
        document_id = draft_in(here).document_id or ""
        followed = await here.bot.services.read(follows_of, here.reader.chat_id)
        assert [one.value for one in followed] == [draft_in(here).value, document_id]
        await here.reader.press("05-NQ/TU", message=notice)
        card = await here.reader.wait_for(f"Trước đây là dự thảo “{TITLE}”.")
        await here.reader.press("Dự thảo trước đây", message=card)
        was = await here.reader.wait_for("Đã có số; nay là 05-NQ/TU (Nghệ An)")
        assert f"Căn cứ:\n{issued(on=now - DAY)}" in was["text"]
        entries = (await here.bot.services.read(timeline, document_id)).entries
        assert [entry.stage for entry in entries] == ["drafted", "issued"]
        assert entries[0].quote == DRAFTED
        assert "Không phải số của nó" not in str(was["reply_markup"]), "that is for admins"
        forged = f"number:no:{draft_in(here).token}:{notice_token(notice)}"
        assert "Nút này đã cũ" in (await here.forge(here.reader, was, forged))["text"]
        await here.admin.say(f"/start p_{draft_in(here).token}")
        shown = await here.admin.wait_for("Đã có số; nay là")
        assert (await here.admin.press("Không phải số của nó", message=shown))["text"] == "Đã lưu"
        await here.admin.wait_for("Dự thảo, chưa có số.")
        await here.bot.deliver_now()
        await here.reader.wait_for("Đính chính: 05-NQ/TU (Nghệ An)")
        followed = await here.bot.services.read(follows_of, here.reader.chat_id)
        assert [one.value for one in followed] == [draft_in(here).value]
        await here.admin.say("/nhatky")
        await here.admin.wait_for("bạn · tách dự thảo khỏi văn bản: 05-NQ/TU@Nghệ An")


def notice_token(notice: dict[str, object]) -> str:
    """The document's token in a notice's button."""
    return str(notice["reply_markup"]).partition("doc:")[2][:13]


async def test_an_admin_is_asked_for_a_number_that_is_not_certain(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        now = here.clock()
        tell(here, DRAFTED, now - 20 * DAY)
        value = draft_in(here).value

        await here.subscribed(here.reader)
        await here.bot.services.write(follow, here.reader.chat_id, value, now, kind="draft")
        await here.bot.services.write(add_subscription, here.reader.chat_id, now, cadence="instant")
        undated = f"Tỉnh ủy Nghệ An triển khai Nghị quyết số 05-NQ/TU về “{TITLE}”."
        tell(here, undated, now)
        await here.admin.say("/review")
        await here.admin.press("Số của dự thảo (1)", message=await here.admin.wait_for("Xem lại"))
        case = await here.admin.wait_for("Có thể là 05-NQ/TU (Nghệ An), chưa chắc:")
        assert undated in case["text"]
        await here.admin.press("Đúng là số của nó", message=case)
        await here.admin.wait_for("(quản trị viên đã xác định)")
        await here.bot.deliver_now()
        await here.reader.wait_for("05-NQ/TU (Nghệ An) được ban hành từ Dự thảo Nghị quyết (Nghệ An).")
        await here.admin.say("/review")
        await here.admin.press("Số của dự thảo (0)", message=await here.admin.wait_for("Xem lại"))
        await here.admin.wait_for("Không còn dự thảo nào chờ xem lại.")
