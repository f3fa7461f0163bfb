"""Admins are told of what needs a person, each cause at most once a day."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session
from telegram import Bot

from bot.clock import now
from bot.jobs import FAILING, Jobs
from bot.sandbox import SandboxUser
from bot.webhook_health import RECENT, webhook_troubles
from conftest import NOW
from digests import troubles
from digests.lock import delivery_lock
from digests.messages import Message, plain_text, telegram_length
from digests.models import Chat, Digest, DigestPart, Subscription
from digests.sending import ChatUnreachable, NotNow, SendError
from digests.subscribers import welcome
from digests.templates import LANGUAGES, render
from digests.troubles import EVERY, LATE, LEAST_FAILING, LEAST_GONE, LEAST_KEPT, Trouble, tell_of_troubles, troubles_of
from feeds.database import Database
from feeds.models import ArticleVector, Feed
from newsroom import POLICY, policy, publish

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONE = "Asia/Ho_Chi_Minh"
CAUSES = (
    "digests_late", "sends_fail", "readers_gone", "feeds_not_read", "verdicts_wait", "second_reader", "disk_low",
    "job_failing", "webhook_fails",
)  # fmt: skip


class Box:
    def __init__(self, error: SendError | None = None) -> None:
        self.sent: list[str] = []
        self.error = error

    async def send(self, chat_id: int, message: Message, **_: Any) -> int:
        if self.error:
            raise self.error
        assert telegram_length(message.html) <= 4096
        self.sent.append(plain_text(message.html))
        return 1


async def look(database: Database, sender: Box, at: datetime, *others: Trouble, admins: Sequence[int] = (1,)) -> bool:
    return await tell_of_troubles(database, sender, lambda: at, admins, ZONE, others=others)


def causes(database: Database, at: datetime = NOW) -> list[str]:
    with database.reading() as session:
        return [trouble.cause for trouble in troubles_of(session, at)]


def readers(session: Session, count: int) -> None:
    session.add_all(Chat(id=number, created_at=NOW) for number in range(1, count + 1))
    session.flush()
    session.add_all(Subscription(chat_id=number, next_due_at=NOW + DAY) for number in range(1, count + 1))
    session.flush()


def digest(session: Session, chat_id: int, *, due: datetime, state: str, **part: Any) -> None:
    one = Digest(
        subscription_id=chat_id, chat_id=chat_id, due_at=due, window_start=due - DAY, window_end=due, state=state
    )
    session.add(one)
    session.flush()
    if part:
        session.add(DigestPart(digest_id=one.id, chat_id=chat_id, number=1, html="x", **part))


def test_where_all_is_well_there_is_no_trouble(database: Database) -> None:
    with database.session() as session:
        readers(session, 2)
        digest(session, 1, due=NOW - MINUTE, state="due")
        digest(session, 2, due=NOW - HOUR, state="done")
        session.add(Feed(url="https://an.example/", outlet="An", level="national", next_check_at=NOW - MINUTE))
    assert causes(database) == []


@pytest.mark.parametrize("state", ["due", "composed"])
def test_digests_are_late(database: Database, state: str) -> None:
    with database.session() as session:
        readers(session, 1)
        digest(session, 1, due=NOW, state=state)
        if state == "composed":
            session.add(DigestPart(digest_id=1, chat_id=1, number=1, html="x"))
    assert causes(database, NOW + LATE) == []
    assert causes(database, NOW + LATE + MINUTE) == ["digests_late"]


def test_nobody_claims_what_is_due(database: Database) -> None:
    with database.session() as session:
        readers(session, 1)
    assert causes(database, NOW + DAY + LATE) == []
    assert causes(database, NOW + DAY + LATE + MINUTE) == ["digests_late"]


def test_messages_are_tried_in_vain(database: Database) -> None:
    with database.session() as session:
        readers(session, LEAST_FAILING)
        for chat_id in range(1, LEAST_FAILING + 1):
            digest(session, chat_id, due=NOW, state="composed", failures=3 if chat_id > 1 else 2)
    assert causes(database) == []
    with database.session() as session:
        session.get_one(DigestPart, 1).failures = 3
    assert causes(database) == ["sends_fail"]


@pytest.mark.parametrize(("arrived", "found"), [(LEAST_GONE * 4, ["readers_gone"]), (LEAST_GONE * 5, [])])
def test_many_readers_are_gone(database: Database, arrived: int, found: list[str]) -> None:
    with database.session() as session:
        readers(session, LEAST_GONE + arrived)
        for chat_id in range(1, LEAST_GONE + 1):
            digest(session, chat_id, due=NOW - HOUR, state="dropped")
            session.add(
                DigestPart(
                    digest_id=chat_id, chat_id=chat_id, number=1, html="x", state="refused",
                    last_error="ChatUnreachable: blocked",
                )
            )  # fmt: skip
        for chat_id in range(LEAST_GONE + 1, LEAST_GONE + arrived + 1):
            digest(session, chat_id, due=NOW - HOUR, state="done")
    assert causes(database) == found
    assert causes(database, NOW + DAY) == []


def test_nobody_reads_feeds_or_judges_articles(database: Database) -> None:
    with database.session() as session:
        session.add(Feed(url="https://an.example/", outlet="An", level="national", next_check_at=NOW))
        publish(session, *POLICY, seen=NOW).second_due_at = NOW + MINUTE
    assert causes(database, NOW + HOUR) == []
    assert causes(database, NOW + HOUR + MINUTE) == ["feeds_not_read", "verdicts_wait"]


def test_the_second_reader_is_gone_where_it_was(database: Database) -> None:
    with database.session() as session:
        for number in range(LEAST_KEPT):
            article = publish(session, policy(number), POLICY[1], seen=NOW - HOUR)
            article.state, article.second_due_at = "kept", None
            vector = session.get(ArticleVector, article.id)
            if vector:
                session.delete(vector)
        old = publish(session, "Tin cũ", "Tin cũ.", seen=NOW - DAY)
        session.flush()
    assert causes(database) == [], "there never was one"
    with database.session() as session:
        session.add(ArticleVector(article_id=old.id, vector=b"x"))
    assert causes(database) == ["second_reader"]
    with database.session() as session:
        session.add(ArticleVector(article_id=article.id, vector=b"x"))
    assert causes(database) == []


async def test_each_cause_is_told_once_a_day(database: Database) -> None:
    box = Box()
    disk, job = Trouble("disk_low", count=12), Trouble("job_failing", what="poll")
    assert await look(database, box, NOW, disk)
    assert "chỉ còn 12 MB" in box.sent[0]
    assert not await look(database, box, NOW + EVERY - MINUTE, job), "it is not looked at so often"
    assert await look(database, box, NOW + EVERY, disk, job)
    assert "12 MB" not in box.sent[1]
    assert "poll" in box.sent[1]
    assert not await look(database, box, NOW + DAY - MINUTE, disk, job)
    assert await look(database, box, NOW + DAY + EVERY, disk, job)
    assert "12 MB" in box.sent[2]
    assert "poll" in box.sent[2]


async def test_it_is_told_again_where_no_admin_could_be_reached(sqlite: Database) -> None:
    trouble = Trouble("job_failing", what="poll")
    assert not await look(sqlite, Box(NotNow("down", timedelta(0))), NOW, trouble)
    assert not await look(sqlite, Box(), NOW + EVERY, trouble)
    assert await look(sqlite, Box(), NOW + 15 * MINUTE, trouble)
    assert not await look(sqlite, Box(ChatUnreachable("blocked")), NOW + 2 * DAY, trouble)
    assert not await look(sqlite, Box(), NOW + 2 * DAY + HOUR, trouble), "who cannot be told is not asked all day"


async def test_a_full_disk_is_seen(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box()
    monkeypatch.setattr(troubles, "LEAST_ROOM", 0)
    assert not await look(sqlite, box, NOW)
    monkeypatch.setattr(troubles, "LEAST_ROOM", 1 << 62)
    assert await look(sqlite, box, NOW + EVERY)
    assert "MB trống" in box.sent[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_its_words(language: str, cause: str) -> None:
    assert len(cause) <= 16  # as the column that remembers it
    trouble = Trouble(cause, count=7, since=NOW, what="<deliver>")
    html = render("trouble_alert.html", language, troubles=[trouble], timezone=ZONE)
    text = plain_text(html)
    (line,) = [line for line in text.splitlines() if line.startswith("• ")]
    assert len(line) > 40
    assert "<deliver>" not in html


async def test_the_admins_see_it_in_their_language(sqlite: Database) -> None:
    with sqlite.session() as session:
        welcome(session, 1, NOW, language="en", timezone=ZONE)
    box = Box()
    assert await look(sqlite, box, NOW, Trouble("digests_late", since=NOW))
    assert "due since 07:00 20/11/2026" in box.sent[0]


async def test_a_job_that_fails_again_and_again_is_told(sqlite: Database) -> None:
    moment = [NOW]
    jobs, box = Jobs(sqlite, lambda: moment[0]), Box()
    works = False

    async def work() -> None:
        if not works:
            raise RuntimeError("broken")

    for _ in range(FAILING - 1):
        await jobs._rounds("poll", work)
    assert jobs._failing_jobs() == []
    await jobs._rounds("poll", work)
    assert jobs._failing_jobs() == [Trouble("job_failing", what="poll")]
    jobs.add_warnings(box, [1], ZONE)
    look_now = next(job for job in jobs._scheduler.get_jobs() if job.id == "troubles").func
    await look_now()
    assert box.sent == [], "not yet: it has just started"
    moment[0] += LATE
    await look_now()
    assert "Công việc lỗi liên tiếp: poll" in box.sent[0]
    works = True
    await jobs._rounds("poll", work)
    assert jobs._failing_jobs() == []
    await jobs.stop()


async def test_only_who_delivers_tells_since_others_may_send_nothing(sqlite: Database) -> None:
    moment = [NOW]
    holder, box = delivery_lock(sqlite), Box()
    jobs = Jobs(sqlite, lambda: moment[0])

    async def look_elsewhere() -> Sequence[Trouble]:
        return (Trouble("webhook_fails", count=1),)

    jobs.add_warnings(box, [1], ZONE, look_elsewhere=look_elsewhere)
    look_now = next(job for job in jobs._scheduler.get_jobs() if job.id == "troubles").func
    assert holder.acquire()
    moment[0] += LATE
    await look_now()
    assert box.sent == []
    holder.release()
    await look_now()
    assert len(box.sent) == 1, "nor has who may not send taken it for told"
    await jobs.stop()


async def test_a_webhook_that_fails_is_told(bot: Bot, an: SandboxUser) -> None:
    assert await webhook_troubles(bot, now) == ()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        await bot.set_webhook(f"http://127.0.0.1:{nobody.getsockname()[1]}/hook")
        assert await webhook_troubles(bot, now) == ()
        await an.say("/start")
        while not (found := await webhook_troubles(bot, now)):  # noqa: ASYNC110 - the sandbox says nothing
            await asyncio.sleep(0.05)
    assert (found[0].cause, found[0].count) == ("webhook_fails", 1)
    assert found[0].what
    assert await webhook_troubles(bot, lambda: now() + RECENT + MINUTE) == ()
