"""Promise 2 as a law: whatever clocks, networks, kills and readers do, nothing is lost and nothing needlessly twice.

The machine drives what the bot's ticks do (fold, claim, compose, deliver, record) on a real database; only Telegram's
side of the `Sender` is played. A kill ends everything at a send or at a commit, and the next round recovers.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import event, select

from conftest import NOW
from digests.claim import claim_due
from digests.cluster import fold_waiting
from digests.deliver import deliver
from digests.messages import Message
from digests.models import Digest, DigestPart
from digests.sending import ChatUnreachable, NoAnswer, NotNow, Rejected
from digests.subscribers import (
    add_subscription,
    change_subscription,
    choose_quiet_hours,
    find_reader,
    pause_subscription,
    subscribe,
    unsubscribe,
    welcome,
)
from feeds.database import Database
from newsroom import publish

HOUR = timedelta(hours=1)
STEADY = 1  # never stops and is never blocked: it gets every story
CHATS = (STEADY, 2, 3)
DOCUMENTS = ("09-CT/TW", "12-NQ/TW", "44-KL/TW", "36-CT/TW", "51-NQ/TW", "13-CT/TW", "28-NQ/TW", "35-CT/TW")
EVENTS = (
    ("Hà Giang", "phòng, chống ma túy ở thôn bản vùng cao", "trưởng bản vận động người nghiện đi cai"),
    ("Cà Mau", "an ninh tuyến biển và tàu cá", "ngư dân ký cam kết không xâm phạm vùng biển nước ngoài"),
    ("Lâm Đồng", "quản lý vũ khí, vật liệu nổ", "người dân giao nộp súng săn tự chế"),
    ("Hải Phòng", "an ninh cảng và khu công nghiệp", "doanh nghiệp lập đội bảo vệ chuyên trách"),
    ("Nghệ An", "đấu tranh với lừa đảo trên không gian mạng", "ngân hàng phối hợp khóa tài khoản"),
    ("Đắk Lắk", "bảo vệ an ninh nông thôn", "già làng tham gia hòa giải"),
    ("Quảng Ninh", "xuất nhập cảnh qua cửa khẩu", "làm thủ tục tự động cho lái xe"),
    ("Thừa Thiên Huế", "bảo đảm trật tự lễ hội", "phân luồng bên bờ sông Hương"),
)


class Killed(BaseException):
    """The process is gone."""


class Telegram:
    """The other side of the `Sender`. `faults` befall the next sends, one each."""

    def __init__(self) -> None:
        self.arrived: list[tuple[int, int, str]] = []  # (message id, chat, text)
        self.unanswered: Counter[tuple[int, str]] = Counter()
        self.answered_now: list[tuple[int, int, str]] = []
        self.blocked: set[int] = set()
        self.faults: list[str] = []
        self.is_dead = False

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        await asyncio.sleep(0)
        if self.is_dead:
            raise Killed
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "flood":
            raise NotNow("slow down", timedelta(seconds=40))
        if fault == "rejected":
            raise Rejected("can't parse entities")
        if chat_id in self.blocked:
            raise ChatUnreachable("blocked")
        sent = (len(self.arrived) + 1, chat_id, message.html)
        if fault not in ("lost before", "killed before"):
            self.arrived.append(sent)
        if fault.startswith("lost"):
            self.unanswered[sent[1:]] += 1
            raise NoAnswer(fault)
        if fault.startswith("killed"):
            self.unanswered[sent[1:]] += 1
            self.is_dead = True
            raise Killed
        self.answered_now.append(sent)
        return sent[0]


@cache
def empty_database() -> Path:
    path = Path(tempfile.mkdtemp(prefix="diem-tin-")) / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


FAULTS = st.sampled_from(["none", "lost after", "lost before", "flood", "rejected", "killed before", "killed after"])
MINUTES = st.integers(0, 47).map(lambda half: half * 30)
OTHERS = st.sampled_from(CHATS[1:])


class Promises(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="diem-tin-")
        path = Path(self.folder.name) / "test.db"
        shutil.copy(empty_database(), path)
        self.database = Database(f"sqlite:///{path}")
        event.listen(self.database.engine, "commit", self._burn_fuse)
        self.telegram = Telegram()
        self.fuse: int | None = None
        self.now = NOW
        self.published = 0
        for chat_id in CHATS:
            with self.database.session() as session:
                welcome(session, chat_id, self.now, language="vi", timezone="Asia/Ho_Chi_Minh")
                subscribe(session, chat_id, self.now).next_due_at = self.now
        self.a_round([], None)

    def _burn_fuse(self, _connection: Any) -> None:
        """A kill just before the commit: what the transaction did never was."""
        if self.fuse is not None:
            self.fuse -= 1
            self.telegram.is_dead |= self.fuse < 0
        if self.telegram.is_dead:
            raise Killed

    # What happens in the world

    @precondition(lambda self: self.published < len(EVENTS))
    @rule()
    def an_article_comes(self) -> None:
        place, subject, detail = EVENTS[self.published]
        title = f"Công an {place} triển khai Chỉ thị số {DOCUMENTS[self.published]} về {subject}"
        lead = f"Công an tỉnh {place} vừa tổ chức hội nghị quán triệt, triển khai công tác {subject}; {detail}."
        with self.database.session() as session:
            publish(session, title, lead, seen=self.now, published=self.now, outlet=f"Báo {self.published}")
        self.published += 1

    @rule(hours=st.integers(1, 15), faults=st.lists(FAULTS, max_size=4), fuse=st.none() | st.integers(0, 12))
    def time_passes(self, hours: int, faults: list[str], fuse: int | None) -> None:
        self.now += hours * HOUR
        self.a_round(faults, fuse)

    @rule(faults=st.lists(FAULTS, min_size=1, max_size=4), fuse=st.none() | st.integers(0, 30))
    def a_day_passes(self, faults: list[str], fuse: int | None) -> None:
        self.now += 24 * HOUR
        self.a_round(faults, fuse)

    @rule(minutes=st.integers(1, 180))
    def the_clock_is_set_back(self, minutes: int) -> None:
        self.now -= timedelta(minutes=minutes)

    @rule(chat_id=st.sampled_from(CHATS), minute=MINUTES)
    def a_reader_chooses_another_hour(self, chat_id: int, minute: int) -> None:
        with self.database.session() as session:
            reader = find_reader(session, chat_id)
            assert reader is not None
            assert reader.first is not None
            change_subscription(session, chat_id, reader.first.id, self.now, minutes=[minute])

    @rule(chat_id=st.sampled_from(CHATS), start=MINUTES, end=MINUTES)
    def a_reader_chooses_quiet_hours(self, chat_id: int, start: int, end: int) -> None:
        with self.database.session() as session:
            choose_quiet_hours(session, chat_id, start, end, False, self.now)

    @rule(chat_id=st.sampled_from(CHATS), minutes=st.lists(MINUTES, min_size=1, max_size=3, unique=True))
    def a_reader_subscribes_once_more(self, chat_id: int, minutes: list[int]) -> None:
        with self.database.session() as session:
            reader = find_reader(session, chat_id)
            assert reader is not None
            if len(reader.subscriptions) < 3:
                add_subscription(session, chat_id, self.now, minutes=sorted(minutes))

    @rule(chat_id=OTHERS, days=st.integers(1, 3))
    def a_reader_pauses(self, chat_id: int, days: int) -> None:
        with self.database.session() as session:
            reader = find_reader(session, chat_id)
            assert reader is not None
            assert reader.first is not None
            pause_subscription(session, chat_id, reader.first.id, self.now + days * 24 * HOUR, self.now)

    @rule(chat_id=OTHERS)
    def a_reader_stops(self, chat_id: int) -> None:
        with self.database.session() as session:
            unsubscribe(session, chat_id)

    @rule(chat_id=OTHERS)
    def a_reader_comes_back(self, chat_id: int) -> None:
        self.telegram.blocked.discard(chat_id)
        with self.database.session() as session:
            subscribe(session, chat_id, self.now)

    @rule(chat_id=OTHERS)
    def a_reader_blocks_the_bot(self, chat_id: int) -> None:
        self.telegram.blocked.add(chat_id)

    # What the bot does

    @rule(faults=st.lists(FAULTS, max_size=4), fuse=st.none() | st.integers(0, 12))
    def a_round(self, faults: list[str], fuse: int | None) -> None:
        self.telegram.faults, self.fuse = faults, fuse
        try:
            asyncio.run(self._round())
        except (Killed, BaseExceptionGroup) as error:
            others = error.split(Killed)[1] if isinstance(error, BaseExceptionGroup) else None
            if others is not None:
                raise others from None
        finally:
            self.telegram.faults, self.fuse, self.telegram.is_dead = [], None, False
        recorded = {part.message_id for part in self._parts()}
        for sent in self.telegram.answered_now:
            if sent[0] not in recorded:  # its answer died with the process
                self.telegram.unanswered[sent[1:]] += 1
        self.telegram.answered_now = []

    async def _round(self) -> None:
        fold_waiting(self.database)
        while True:
            with self.database.session() as session:
                claimed = claim_due(session, self.now)
            sent = await deliver(self.database, self.telegram, lambda: self.now, asyncio.Event())
            if not claimed and not sent:
                return

    def _parts(self) -> list[DigestPart]:
        with self.database.reading() as session:
            return list(session.scalars(select(DigestPart).order_by(DigestPart.id)))

    # The laws

    @invariant()
    def what_is_recorded_arrived_and_is_doubled_only_where_no_answer_came(self) -> None:
        arrived = Counter((chat_id, html) for _, chat_id, html in self.telegram.arrived)
        parts = self._parts()
        made = Counter((part.chat_id, part.html) for part in parts)
        sent = Counter((part.chat_id, part.html) for part in parts if part.state == "sent")
        doubted: Counter[tuple[int, str]] = Counter()
        for part in parts:
            doubted[part.chat_id, part.html] += part.in_doubt
        for key, count in sent.items():
            assert arrived[key] >= count, "recorded as sent, and never arrived"
        for key, count in arrived.items():
            assert count <= made[key] + self.telegram.unanswered[key], "doubled, though every send got its answer"
            assert count <= made[key] + doubted[key], "doubled, and not counted in doubt before"

    @invariant()
    def parts_come_in_order(self) -> None:
        last: dict[int, tuple[int, int]] = {}
        for part in self._parts():
            if part.message_id is not None:
                number, message_id = last.get(part.digest_id, (0, 0))
                assert (part.number > number) == (part.message_id > message_id)
                last[part.digest_id] = part.number, part.message_id

    @invariant()
    def no_story_comes_twice(self) -> None:
        surely = {(part.chat_id, part.html) for part in self._parts() if part.state == "sent"}
        told: Counter[tuple[int, int]] = Counter()
        for chat_id, html in surely:
            told.update((chat_id, number) for number, (place, *_) in enumerate(EVENTS) if f"Công an {place} " in html)
        assert max(told.values(), default=1) == 1, "a story was told twice"

    def teardown(self) -> None:
        try:
            self._calm_down()
            self._nothing_is_open_and_nothing_lost()
        finally:
            self.database.close()
            self.folder.cleanup()

    def _calm_down(self) -> None:
        """Nothing fails any more: two days, in steps."""
        for _ in range(10):
            self.now += 5 * HOUR
            self.a_round([], None)

    def _nothing_is_open_and_nothing_lost(self) -> None:
        with self.database.reading() as session:
            digests = session.scalars(select(Digest)).all()
        assert not [digest for digest in digests if digest.state in ("due", "composed")], "a digest was left behind"
        assert not [part for part in self._parts() if part.state in ("pending", "sending")], "a part was left behind"
        texts = [html for _, chat_id, html in self.telegram.arrived if chat_id == STEADY]
        for place, *_ in EVENTS[: self.published]:
            assert any(f"Công an {place} " in html for html in texts), f"the story of {place} is lost"


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
