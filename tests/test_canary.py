"""The canary: an unusual day is told from a usual one, and told once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.orm import Session

from conftest import NOW
from digests.canary import LEAST_DAYS, LEAST_READ, PAST_DAYS, Canary, Day, State, canary_of, compare, warn_admins
from digests.messages import Message, plain_text
from digests.models import Chat, Chore
from digests.sending import ChatUnreachable, NoAnswer, NotNow, SendError
from digests.status import StatusView
from digests.subscribers import Reader, welcome
from digests.templates import LANGUAGES, render
from feeds.database import Database
from feeds.following import ReadingProgress
from feeds.models import Article

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)
WEEKS = [Day(2000, 100 + 10 * (n % 5)) for n in range(PAST_DAYS)]  # 5 to 7 %

days = st.builds(lambda read, share: Day(read, int(read * share)), st.integers(0, 20_000), st.floats(0, 1))


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (Day(2000, 120), State.USUAL),
        (Day(2000, 90), State.USUAL),
        (Day(2000, 20), State.FEW),
        (Day(2000, 0), State.FEW),
        (Day(2000, 400), State.MANY),
        (Day(120, 3), State.USUAL),
        (Day(LEAST_READ - 1, 0), State.OPEN),
    ],
)
def test_a_day_is_compared_with_those_before(day: Day, state: State) -> None:
    assert compare(day, WEEKS).state is state


def test_few_days_and_days_of_few_articles_tell_nothing() -> None:
    assert compare(Day(2000, 2000), WEEKS[: LEAST_DAYS - 1]).state is State.OPEN
    assert compare(Day(2000, 2000), [Day(LEAST_READ - 1, 0)] * PAST_DAYS).state is State.OPEN


def test_one_strange_day_before_does_not_move_the_band() -> None:
    usual = compare(Day(2000, 120), WEEKS)
    strange = compare(Day(2000, 120), [*WEEKS[1:], Day(2000, 2000)])
    assert abs(usual.high - strange.high) < 0.01


@given(day=days, past=st.lists(days, max_size=PAST_DAYS))
def test_law_the_band_holds_what_is_usual(day: Day, past: list[Day]) -> None:
    found = compare(day, past)
    assert 0 <= found.low <= found.high <= 1
    assert found.is_alarm == (not found.low <= day.share <= found.high)
    assert compare(day, past[::-1]) == found


def fill(session: Session, start: datetime, *, read: int, kept: int) -> None:
    """A day of articles that begins at `start`."""
    first = int(start.timestamp()) << 8
    rows = [
        {
            "position": first + n, "identity": f"{first}:{n}", "outlet": "", "title": "", "lead": "", "text": "",
            "first_seen_at": start + timedelta(minutes=n % 1000 + 1), "state": "kept" if n < kept else "left_out",
            "language": "vi", "title_is_ours": False, "origin": "poll", "state_reason": "", "page_failures": 0,
            "topics": [], "places": [], "evidence": [], "rules_version": 0, "ruled_out": False, "wrong_documents": [],
        }
        for n in range(read)
    ]  # fmt: skip
    session.execute(insert(Article), rows)


def test_the_last_day_is_counted(database: Database) -> None:
    with database.session() as session:
        assert canary_of(session, NOW).state is State.OPEN, "nothing is followed yet"
        for back in range(2, 12):
            fill(session, NOW - back * DAY, read=LEAST_READ, kept=6 + back % 2)
        assert canary_of(session, NOW).state is State.NOTHING
        fill(session, NOW - DAY, read=LEAST_READ, kept=60)
        found = canary_of(session, NOW)
    assert (found.state, found.day) == (State.MANY, Day(LEAST_READ, 60))


class Box:
    """A sender that keeps what it sends, or fails."""

    def __init__(self, error: SendError | None = None) -> None:
        self.sent: list[tuple[int, str]] = []
        self.error = error

    async def send(self, chat_id: int, message: Message, *, silent: bool = False) -> int:
        if self.error:
            raise self.error
        self.sent.append((chat_id, plain_text(message.html)))
        return 1


async def look(database: Database, sender: Box, at: datetime, admins: Sequence[int] = (1, 2)) -> bool:
    return await warn_admins(database, sender, lambda: at, admins, ZONE)


async def test_admins_are_warned_once_a_day_in_their_language(database: Database) -> None:
    sender, morning = Box(), NOW + DAY + timedelta(hours=23)  # 06:00 in Vietnam
    with database.session() as session:
        welcome(session, 2, NOW, language="en", timezone="Asia/Ho_Chi_Minh")
        fill(session, NOW - DAY, read=1, kept=0)
    assert not await look(database, sender, NOW), "the first look is a day after the start"
    assert not await look(database, sender, morning - timedelta(seconds=1))
    assert await look(database, sender, morning)
    assert not await look(database, sender, morning + timedelta(hours=1))
    assert [chat_id for chat_id, _ in sender.sent] == [1, 2]
    assert "không đọc được bài nào" in sender.sent[0][1]
    assert "Not one article was read" in sender.sent[1][1]
    assert await look(database, sender, morning + DAY)
    assert len(sender.sent) == 4


@pytest.mark.parametrize(
    ("error", "again"), [(NotNow("no network"), True), (NoAnswer("?"), False), (ChatUnreachable("blocked"), False)]
)
async def test_only_where_nobody_was_reached_it_is_tried_again(sqlite: Database, error: SendError, again: bool) -> None:
    with sqlite.session() as session:
        fill(session, NOW - 3 * DAY, read=1, kept=0)
        session.add(Chore(name="canary", next_due_at=NOW))
    await look(sqlite, Box(error), NOW)
    sender = Box()
    assert await look(sqlite, sender, NOW + timedelta(minutes=16)) == again
    assert bool(sender.sent) == again


async def test_without_admins_the_log_has_it(sqlite: Database) -> None:
    with sqlite.session() as session:
        fill(session, NOW - 3 * DAY, read=1, kept=0)
        session.add(Chore(name="canary", next_due_at=NOW))
    assert not await look(sqlite, Box(), NOW, ())


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_state_is_said(state: State, language: str) -> None:
    canary = Canary(state, Day(2000, 20), 0.04, 0.08)
    said = render("canary.html", language, canary=canary)
    assert said
    assert "\n" not in said
    if state in (State.FEW, State.MANY):
        assert ("1,0 %" if language == "vi" else "1.0%") in said
    assert said in render("canary_alarm.html", language, canary=canary)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", State)
def test_the_state_of_the_bot_says_how_its_day_is(state: State, language: str) -> None:
    reader = Reader(Chat(id=1, created_at=NOW, language=language, timezone="Asia/Ho_Chi_Minh"))
    canary = Canary(state, Day(2000, 120), 0.05, 0.07)
    view = StatusView(ReadingProgress(2, 2), NOW, canary, (), ())
    shown = render("status.html", language, status=view, reader=reader, lines=())
    assert "2000" in shown
    said = render("canary.html", language, canary=canary)
    assert (said in shown) is (state is not State.OPEN)
