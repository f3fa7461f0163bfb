"""In the chat: how much one wants, and what is wrong with an item of a digest or a card."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.application import Role
from bot.handlers.report import articles_of, item_links
from digests.feedback import open_reports
from digests.models import Feedback
from digests.split import other_reports, story_of
from terminal import Terminal
from test_bot import forged_press, world
from test_bot_settings import labels


def items_of(session: Session, message: Mapping[str, Any]) -> Mapping[int, int]:
    """Number -> article of the items of a digest."""
    links = [(e["offset"], e["url"]) for e in message["entities"] if e["type"] == "text_link"]
    return articles_of(session, item_links(message["text"], links))


@pytest.mark.parametrize(("typed", "shown"), [("/homnay", "Điểm tin an ninh"), ("09-CT/TW", "Chỉ thị 09-CT/TW")])
async def test_an_item_is_called_wrong_in_three_taps(tmp_path: Path, typed: str, shown: str) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say(typed)
        message = await user.wait_for(shown)
        await user.press("Báo tin sai", message=message)
        asked = await user.wait_for("Tin nào sai?")
        assert "1" in labels(asked)
        await user.press("1", message=asked)
        item = await user.wait_for("Tin này sai ở đâu?")
        assert item["message_id"] == asked["message_id"]
        said = labels(item)
        wrong = next((label for label in said if label.startswith("Sai văn bản: ")), None)
        assert (await user.press("Không liên quan", message=item))["text"] == "Đã ghi nhận"
        thanks = await user.wait_for("Đã ghi nhận: tin này không liên quan.")
        assert str(item["text"]).splitlines()[0] in thanks["text"], "its title"
        again = await forged_press(here, user, item, said["Không liên quan"])
        assert again["text"] == "Bạn đã báo điều này rồi"
        if wrong:
            assert (await forged_press(here, user, item, said[wrong]))["text"] == "Đã ghi nhận"
        reports = await here.bot.services.read(open_reports)
        assert len(reports) == 1 + bool(wrong)
        assert all(report.article.title in item["text"] for report in reports)


async def test_a_double_press_asks_once_and_what_is_finished_or_cancelled_can_be_begun_again(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        user = here.user()
        await user.say("/homnay")
        message = await user.wait_for("Điểm tin an ninh")

        async def begin() -> dict[str, object]:
            await user.press("Báo tin sai", message=message)
            return await user.wait_for("Tin nào sai?")

        asked = await begin()
        await user.press("Báo tin sai", message=message)
        chat = here.sandbox.world.chats[user.chat_id]
        assert max(chat.messages) == asked["message_id"]
        await user.press("1", message=asked)
        await user.press("Không liên quan", message=asked)
        again = await begin()
        assert again["message_id"] != asked["message_id"]
        await user.press("Hủy", message=again)
        assert (await user.wait_for("bạn chưa báo gì"))["message_id"] == again["message_id"]
        third = await begin()
        await user.press("1", message=third)
        await user.wait_for("Tin này sai ở đâu?")
        await user.press("Hủy", message=third)
        await user.wait_for("bạn chưa báo gì")
        assert len(await here.bot.services.read(open_reports)) == 1


async def test_a_report_of_another_event_is_split_by_review_and_told_by_itself(
    tmp_path: Path, terminal: Terminal
) -> None:
    terminal.set(DATABASE_URL=f"sqlite:///{tmp_path / 'demo.db'}")
    async with world(tmp_path, (Role.POLL, Role.SERVE)) as here:
        read = here.bot.services.read
        user = here.user()
        await user.say("/homnay")
        message = await user.wait_for("Điểm tin an ninh")
        items = await read(items_of, message)
        folded = {number: others for number, i in items.items() if (others := await read(other_reports, i))}
        number, (other, *_) = next(iter(folded.items()))
        assert other.id not in items.values()
        story_id = await read(story_of, other.id)

        await user.press("Báo tin sai", message=message)
        asked = await user.wait_for("Tin nào sai?")
        await user.press(str(number), message=asked)
        await user.wait_for("Tin này sai ở đâu?")
        assert (await user.press(f"Khác sự việc: bài của {other.outlet}", message=asked))["text"] == "Đã ghi nhận"
        thanks = await user.wait_for("Đã ghi nhận: bài này không cùng sự việc với các bài khác của tin.")
        assert other.title in thanks["text"]
        (report,) = await read(open_reports)
        assert (report.kind, report.article.id) == ("wrong_fold", other.id)
        assert await read(story_of, other.id) == story_id, "nothing changes before a review"

        ended = await asyncio.to_thread(terminal, "review", "--accept", str(report.id))
        assert (ended.code, ended.err) == (0, "1 accepted, 0 rejected: 0 articles changed\n")
        assert await read(story_of, items[number]) == story_id != await read(story_of, other.id)
        await user.say("/homnay")
        later = await user.wait_for(lambda new: new["message_id"] > thanks["message_id"])
        assert {items[number], other.id} <= set((await read(items_of, later)).values())


async def test_forged_feedback_is_refused_kindly(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.say("/start")
        message = await user.wait_for("Điểm Tin")
        forged = (
            "report:9",
            f"report:{10**40}",
            "off:1",
            "off:",
            "off:١",
            f"off:{'9' * 50}",
            "wrong:1:x",
            "wrong:",
            "wrong::",
        )
        for data in forged:
            assert "Nút này đã cũ" in (await forged_press(here, user, message, data))["text"], data
        assert (await forged_press(here, user, message, "report"))["text"] == "Không còn nhận ra tin nào ở đây"
        assert await here.bot.services.read(lambda session: session.scalars(select(Feedback)).all()) == []
