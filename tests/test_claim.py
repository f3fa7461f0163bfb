"""From due subscriptions to composed digests: claimed once, windows without gaps, quiet hours, what is given back."""

import shutil
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.jobs import Jobs
from conftest import NOW
from digests.claim import LONGEST_READING, claim_due, claim_promised, compose_one, give_back
from digests.cluster import fold_stories
from digests.follows import follow
from digests.models import Chat, Correction, Digest, DigestPart, SentStory, Story
from digests.subscribers import (
    add_subscription,
    change_subscription,
    choose_quiet_hours,
    choose_timezone,
    pause_subscription,
    promise_first,
    remove_subscription,
    subscribe,
    unsubscribe,
)
from digests.waking import wake_instant
from feeds.database import Database
from feeds.models import Article, Mention
from newsroom import POLICY, publish, reader

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DOCUMENT = "09-CT/TW#XI"
NIGHT = NOW + 16 * HOUR  # 23:00 in Vietnam
DAWN = NOW + 23.5 * HOUR  # 06:30, when the quiet hours end


def digests(session: Session, chat_id: int = 1) -> Sequence[Digest]:
    return session.scalars(select(Digest).where(Digest.chat_id == chat_id).order_by(Digest.id)).all()


def parts(session: Session) -> Sequence[DigestPart]:
    return session.scalars(select(DigestPart).order_by(DigestPart.id)).all()


def compose_all(session: Session, now: datetime) -> list[DigestPart]:
    """Composes what is due; the new parts."""
    before = {part.id for part in parts(session)}
    while compose_one(session, now):
        pass
    return [part for part in parts(session) if part.id not in before]


def news(session: Session, seen: datetime, *, outlet: str = "Báo Mẫu", number: int | None = None) -> None:
    """An article that cites the followed document, or another event with a number."""
    title, lead = POLICY
    if number is not None:
        title = f"Bộ Công an ban hành kế hoạch số {number} bảo đảm an ninh, trật tự tại địa bàn {number}"
        lead = f"Kế hoạch {number} giao công an các đơn vị phòng ngừa, đấu tranh với tội phạm. " * 4
    publish(session, title, lead, seen=seen, published=seen, outlet=outlet)
    fold_stories(session)


def test_each_subscription_is_claimed_by_its_own_schedule(database: Database) -> None:
    with database.session() as session:
        daily = reader(session, 1, NOW)
        weekly = add_subscription(session, 1, NOW, cadence="weekly", weekdays=[5])
        assert claim_due(session, NOW) == 1
        assert [digest.subscription_id for digest in digests(session)] == [daily.id]
        assert claim_due(session, NOW + DAY) == 2
        assert {digest.subscription_id for digest in digests(session)} == {daily.id, weekly.id}
        assert (daily.next_due_at, weekly.next_due_at) == (NOW + 2 * DAY, NOW + 8 * DAY)


def test_a_digest_waits_for_what_is_still_being_read_but_not_for_ever(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        seen = NOW - MINUTE
        assert claim_due(session, NOW, reading_since=seen) == 0
        assert claim_due(session, NOW + 9 * MINUTE, reading_since=seen) == 0
        assert claim_due(session, NOW + LONGEST_READING, reading_since=seen) == 1
        assert [digest.window_end for digest in digests(session)] == [NOW + LONGEST_READING]


def test_a_digest_does_not_wait_for_what_came_after_its_hour_nor_an_instant_one_for_anything(
    database: Database,
) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        assert claim_due(session, NOW + MINUTE, reading_since=NOW + SECOND) == 1
        urgent = add_subscription(session, 1, NOW, cadence="instant")
        urgent.next_due_at = NOW + 2 * MINUTE
        session.flush()
        assert claim_due(session, NOW + 2 * MINUTE, reading_since=NOW) == 1


async def test_the_clockwork_holds_digests_while_an_article_is_read(sqlite: Database) -> None:
    with sqlite.session() as session:
        reader(session, 1, NOW)
        article = publish(session, *POLICY, seen=NOW - MINUTE, published=NOW - MINUTE)
        article.state, article.second_due_at = "reading", NOW - MINUTE
    jobs = Jobs(sqlite, lambda: NOW + SECOND)
    claimed: list[int] = []
    for second_due_at in (NOW + HOUR, None):
        with sqlite.session() as session:
            session.scalars(select(Article)).one().second_due_at = second_due_at
        claimed.append(jobs._claim())
    await jobs.stop()
    assert claimed == [0, 1]


def test_however_many_ask_at_once_a_digest_is_claimed_once(database: Database) -> None:
    with database.session() as session:
        for chat_id in range(1, 31):
            reader(session, chat_id, NOW)
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        for _ in range(4):
            with database.session() as session:
                claim_due(session, NOW, limit=10)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert sorted(session.scalars(select(Digest.chat_id))) == list(range(1, 31))


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Database:
    path = tmp_path_factory.mktemp("windows") / "test.db"
    shutil.copy(migrated_file, path)
    return Database(f"sqlite:///{path}")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["daily", "weekdays", "weekly", "monthly"]),
    st.lists(st.integers(min_value=0, max_value=1439), min_size=1, max_size=3, unique=True),
    st.lists(st.timedeltas(min_value=MINUTE, max_value=11 * HOUR), min_size=1, max_size=40),
)
def test_every_moment_lies_in_exactly_one_window(
    windows: Database, cadence: str, minutes: list[int], steps: list[timedelta]
) -> None:
    """Whenever one looks, at most 11 hours apart: what is seen is in the window of one digest, or will be."""
    with windows.session() as session:
        session.execute(delete(Chat))
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, cadence=cadence, minutes=minutes)
        subscription.covered_until, subscription.next_due_at = NOW, NOW + MINUTE
        now = NOW
        for step in steps:
            now += step
            claim_due(session, now)
            assert claim_due(session, now) == 0
        made = digests(session)
        edges = [NOW, *(digest.window_end for digest in made)]
        assert [digest.window_start for digest in made] == edges[:-1]
        assert edges == sorted(edges)
        assert subscription.covered_until == edges[-1]
        due = [digest.due_at for digest in made]
        assert due == sorted(set(due))


def test_what_was_missed_is_sent_once_under_half_a_day_late_and_joined_to_the_next_else(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        choose_quiet_hours(session, 1, 0, 0, False, NOW)
        claim_due(session, NOW)
        claim_due(session, NOW + 3 * DAY + 12 * HOUR)
        assert len(digests(session)) == 1, "the last one missed is half a day late"
        assert subscription.covered_until == NOW, "its window is not lost"
        assert subscription.next_due_at == NOW + 4 * DAY
        claim_due(session, NOW + 4 * DAY + 11 * HOUR)
        last = digests(session)[-1]
        assert last.due_at == NOW + 4 * DAY
        assert last.window_start == NOW + 11 * HOUR, "and it reaches four days back"
        assert last.window_end == NOW + 4 * DAY + 11 * HOUR


@pytest.mark.parametrize(
    ("cadence", "away", "reach"), [("daily", 9, 4), ("weekdays", 9, 4), ("weekly", 70, 14), ("monthly", 120, 62)]
)
def test_how_far_a_digest_looks_back(sqlite: Database, cadence: str, away: int, reach: int) -> None:
    with sqlite.session() as session:
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, cadence=cadence, weekdays=range(7))
        claim_due(session, NOW)
        assert digests(session)[0].window_start == NOW - DAY
        later = NOW + timedelta(days=away)
        subscription.next_due_at = later
        claim_due(session, later)
        assert digests(session)[1].window_start == later - timedelta(days=reach)


def test_after_a_pause_one_digest_covers_a_day(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        claim_due(session, NOW)
        end = NOW + 3 * DAY - HOUR
        pause_subscription(session, 1, subscription.id, end, NOW)
        for day in (1, 2):
            assert claim_due(session, NOW + day * DAY) == 0
        claim_due(session, NOW + 3 * DAY)
        assert [digest.window_start for digest in digests(session)] == [NOW - DAY, NOW + 2 * DAY]
        assert subscription.paused_until is None


def test_a_pause_holds_what_is_due_or_promised_already(database: Database) -> None:
    end = NOW + 5 * DAY
    with database.session() as session:
        due, promised = reader(session, 1, NOW), reader(session, 2, NOW, due_in=DAY)
        assert promise_first(session, 2)
        for one in (due, promised):
            pause_subscription(session, one.chat_id, one.id, end, NOW + MINUTE)
        promise_first(session, 2)
        for moment in (NOW + MINUTE, end - MINUTE):
            assert (claim_due(session, moment), claim_promised(session, moment)) == (0, 0)
        assert {one.paused_until for one in (due, promised)} == {end}
        assert claim_due(session, end) == 2
        assert {one.paused_until for one in (due, promised)} == {None}


def test_a_pause_chosen_ahead_outlives_a_digest_before_it(database: Database) -> None:
    """A claim clears no pause but one that is over."""
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.paused_until = NOW + 5 * DAY
        claim_due(session, NOW)
        assert subscription.paused_until == NOW + 5 * DAY


def test_a_pause_between_two_digests_costs_nothing(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, cadence="weekly", weekdays=[4])
        claim_due(session, NOW)
        pause_subscription(session, 1, subscription.id, NOW + 5 * DAY, NOW + DAY)
        claim_due(session, NOW + 7 * DAY)
        assert digests(session)[-1].window_start == NOW


def test_an_hour_chosen_in_quiet_hours_comes_then_without_sound(database: Database) -> None:
    with database.session() as session:
        news(session, NOW)
        for chat_id, now in ((1, NIGHT), (2, NOW)):
            subscription = reader(session, chat_id, NOW)
            change_subscription(session, chat_id, subscription.id, NOW, minutes=[420, 1380])
            subscription.next_due_at = now
        claim_due(session, NOW)
        assert [part.silent for part in compose_all(session, NOW)] == [False]
        claim_due(session, NIGHT)
        silent = {part.chat_id: part.silent for part in compose_all(session, NIGHT)}
        assert silent[1] is True


def test_a_digest_comes_without_sound_and_summaries_where_its_reader_chose_that(database: Database) -> None:
    with database.session() as session:
        news(session, NOW)
        for chat_id, chosen in ((1, True), (2, False)):
            subscription = reader(session, chat_id, NOW)
            change_subscription(session, chat_id, subscription.id, NOW, sounds=chosen, has_summaries=chosen)
            subscription.next_due_at = NOW
        claim_due(session, NOW)
        parts = {part.chat_id: part for part in compose_all(session, NOW)}
        assert {chat_id: part.silent for chat_id, part in parts.items()} == {1: False, 2: True}
        assert parts[1].html != parts[2].html
        assert len(parts[1].html.splitlines()) > len(parts[2].html.splitlines())


def test_a_late_digest_waits_for_the_end_of_quiet_hours(database: Database) -> None:
    with database.session() as session:
        news(session, NOW)
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, minutes=[1260])
        subscription.covered_until = NOW - HOUR
        claim_due(session, NIGHT)
        assert not digests(session)
        assert subscription.next_due_at == DAWN
        claim_due(session, DAWN)
        (digest,) = digests(session)
        assert (digest.due_at, digest.window_start, digest.window_end) == (DAWN, NOW - HOUR, DAWN)
        assert [part.silent for part in compose_all(session, DAWN)] == [False]
        assert subscription.next_due_at == NOW + DAY + 14 * HOUR


def test_a_clock_that_was_ahead_leaves_nobody_waiting(database: Database) -> None:
    ahead = NOW + 300 * DAY
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        claim_due(session, NOW)
        claim_due(session, ahead)
        assert subscription.next_due_at == ahead + DAY
        claim_due(session, NOW + HOUR)
        assert subscription.next_due_at == NOW + DAY
        claim_due(session, NOW + DAY)
        assert [digest.due_at for digest in digests(session)] == [NOW, ahead, NOW + DAY]
        assert digests(session)[-1].window_start == NOW + HOUR - DAY, "a day before the clock was set right"


def test_all_that_a_clock_misled_are_set_right_before_any_is_claimed(database: Database) -> None:
    with database.session() as session:
        subscriptions = [reader(session, chat_id, NOW) for chat_id in range(1, 6)]
        weekly = subscriptions[0]
        change_subscription(session, 1, weekly.id, NOW, cadence="weekly", weekdays=[3])
        claim_due(session, NOW + 300 * DAY)
        late = reader(session, 6, NOW)
        assert [claim_due(session, NOW + HOUR, limit=2) for _ in range(5)] == [2, 2, 1, 1, 0]
        assert weekly.next_due_at == NOW + 6 * DAY
        assert {one.next_due_at for one in (*subscriptions[1:], late)} == {NOW + DAY}


@pytest.mark.parametrize("tells_empty", [True, False])
def test_a_day_without_news_is_told_or_not(database: Database, tells_empty: bool) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, tells_empty=tells_empty)
        claim_due(session, NOW)
        assert len(compose_all(session, NOW)) == tells_empty
        (digest,) = digests(session)
        assert digest.state == ("composed" if tells_empty else "done")
        assert subscription.covered_until == NOW


def test_an_instant_digest_tells_what_cites_a_followed_document_once(database: Database) -> None:
    with database.session() as session:
        daily = reader(session, 1, NOW, due_in=DAY)
        instant = add_subscription(session, 1, NOW, cadence="instant", thread_id=7)
        follow(session, 1, DOCUMENT, NOW)
        news(session, NOW, number=3)
        wake_instant(session, NOW)
        assert claim_due(session, NOW) == 0
        news(session, NOW + MINUTE)
        wake_instant(session, NOW + MINUTE)
        assert claim_due(session, NOW + MINUTE) == 1
        assert instant.next_due_at is None
        (part,) = compose_all(session, NOW + MINUTE)
        assert POLICY[0] in part.html
        assert "kế hoạch số 3" not in part.html
        assert part.thread_id == 7
        instant.next_due_at = NOW + HOUR
        claim_due(session, NOW + HOUR)
        assert not compose_all(session, NOW + HOUR), "it was told"
        assert digests(session)[-1].state == "done"
        assert daily.next_due_at == NOW + DAY


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("minute", [300, 390, 420, 450])
def test_what_an_instant_one_held_joins_a_digest_that_comes_till_an_hour_after_quiet_hours(
    database: Database, minute: int, is_first: bool
) -> None:
    with database.session() as session:
        daily = reader(session, 1, NOW)
        daily.covered_until = None if is_first else NOW
        instant = add_subscription(session, 1, NOW, cadence="instant")
        follow(session, 1, DOCUMENT, NOW)
        daily.minutes, daily.next_due_at = [minute], NOW + 17 * HOUR + minute * MINUTE
        news(session, NIGHT)
        wake_instant(session, NIGHT)
        assert claim_due(session, NIGHT) == 0
        assert instant.next_due_at == DAWN
        told = []
        for moment in sorted({daily.next_due_at, DAWN}):
            claim_due(session, moment)
            told += compose_all(session, moment)
        assert [POLICY[0] in part.html for part in told] == [True]
        states = {digest.subscription_id: digest.state for digest in digests(session)}
        assert states == {daily.id: "composed", instant.id: "done"}


def test_what_an_instant_one_held_waits_with_the_digest_that_it_joins(database: Database) -> None:
    with database.session() as session:
        daily = reader(session, 1, NOW)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        instant.next_due_at = daily.next_due_at = DAWN
        assert claim_due(session, DAWN, reading_since=DAWN - MINUTE) == 0
        assert claim_due(session, DAWN + LONGEST_READING, reading_since=DAWN - MINUTE) == 2
        first, second = digests(session)
        assert (first.subscription_id, second.subscription_id) == (daily.id, instant.id)


@pytest.mark.parametrize("change", ["none", "removed", "later"])
def test_what_an_instant_one_held_waits_for_no_digest_that_is_far_or_gone(database: Database, change: str) -> None:
    with database.session() as session:
        daily = reader(session, 1, NOW)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        follow(session, 1, DOCUMENT, NOW)
        daily.minutes, daily.next_due_at = [451], DAWN + (61 if change == "none" else 60) * MINUTE
        news(session, NIGHT)
        wake_instant(session, NIGHT)
        claim_due(session, DAWN)
        if change != "none":
            assert instant.next_due_at == DAWN + HOUR
            if change == "removed":
                remove_subscription(session, 1, daily.id)
            else:
                change_subscription(session, 1, daily.id, DAWN, minutes=[600])
            claim_due(session, DAWN + HOUR)
        assert [POLICY[0] in part.html for part in compose_all(session, DAWN + HOUR)] == [True]


@pytest.mark.parametrize(
    ("hours", "due_at"),
    [((0, 0), NIGHT), ((1290, 300), NOW + 22 * HOUR), ((1290, 480), NOW + 25 * HOUR)],
)
def test_what_is_held_follows_the_quiet_hours(database: Database, hours: tuple[int, int], due_at: datetime) -> None:
    with database.session() as session:
        instant, asleep = (
            add_subscription(session, reader(session, i, NOW, due_in=5 * DAY).chat_id, NOW) for i in (1, 2)
        )
        for one in (instant, asleep):
            change_subscription(session, one.chat_id, one.id, NOW, cadence="instant")
        follow(session, 1, DOCUMENT, NOW)
        news(session, NIGHT)
        wake_instant(session, NIGHT)
        for one in (instant, asleep):
            choose_quiet_hours(session, one.chat_id, *hours, False, NIGHT)
        assert (instant.next_due_at, asleep.next_due_at) == (due_at, None)


def test_what_is_held_is_not_lost_with_another_zone(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW, due_in=5 * DAY)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        follow(session, 1, DOCUMENT, NOW)
        news(session, NIGHT)
        wake_instant(session, NIGHT)
        change_subscription(session, 1, instant.id, NIGHT, timezone="Europe/Paris")
        assert instant.next_due_at == DAWN
        choose_timezone(session, 1, "Europe/Paris", NIGHT)
        assert instant.next_due_at == NIGHT, "it is five in the afternoon there"


def test_what_an_instant_one_held_comes_at_the_end_of_quiet_hours_and_urgent_news_at_once(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2):
            reader(session, chat_id, NOW, due_in=5 * DAY)
            add_subscription(session, chat_id, NOW, cadence="instant")
            follow(session, chat_id, DOCUMENT, NOW)
        choose_quiet_hours(session, 2, 21 * 60 + 30, 6 * 60 + 30, True, NOW)
        publish(session, *(text.replace("triển khai", "ban hành") for text in POLICY), seen=NIGHT, published=NIGHT)
        session.execute(update(Mention).values(stage="issued", status="resolved"))
        fold_stories(session)
        assert wake_instant(session, NIGHT) == 2
        claim_due(session, NIGHT)
        assert [(part.chat_id, part.silent) for part in compose_all(session, NIGHT)] == [(2, False)]
        claim_due(session, DAWN)
        assert [(part.chat_id, part.silent) for part in compose_all(session, DAWN)] == [(1, False)]


def test_what_was_held_for_a_first_instant_one_is_told_however_often_it_is_put_off(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW, due_in=5 * DAY)
        instant = add_subscription(session, 1, NOW, cadence="instant")
        follow(session, 1, DOCUMENT, NOW)
        news(session, NIGHT)
        wake_instant(session, NIGHT)
        assert claim_due(session, NIGHT + DAY) == 1, "nothing ran by day"
        assert instant.next_due_at == DAWN + DAY
        claim_due(session, DAWN + DAY)
        assert POLICY[0] in compose_all(session, DAWN + DAY)[0].html


def test_no_story_comes_twice_to_a_chat_whichever_subscription_it_matches(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        add_subscription(session, 1, NOW, minutes=[480])
        news(session, NOW - HOUR)
        claim_due(session, NOW)
        first = compose_all(session, NOW)
        claim_due(session, NOW + HOUR)
        second = compose_all(session, NOW + HOUR)
        assert [POLICY[0] in part.html for part in (*first, *second)] == [True, False]


def test_the_ledger_knows_which_part_tells_a_story_and_gives_back_what_did_not_arrive(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, most=50)
        for number in range(24):
            news(session, NOW - HOUR, number=number)
        claim_due(session, NOW)
        made = compose_all(session, NOW)
        assert len(made) >= 2
        (digest,) = digests(session)
        rows = session.scalars(select(SentStory).where(SentStory.digest_id == digest.id)).all()
        assert {row.part for row in rows} == {part.number for part in made}
        assert {row.at for row in rows} == {NOW}
        arrived = {row.story_id for row in rows if row.part == 1}
        for part in made:
            part.state = "sent" if part.number == 1 else "refused"
        corrected = Story(created_at=NOW)
        session.add(corrected)
        session.flush()
        session.add(Correction(chat_id=1, story_id=corrected.id, digest_id=digest.id, at=NOW, part=2))
        give_back(session, digest)
        left = set(session.scalars(select(SentStory.story_id)))
        assert left == arrived
        assert not session.scalars(select(Correction)).all()
        assert (digest.state, subscription.covered_until) == ("done", NOW - DAY)
        claim_due(session, NOW + DAY)
        again = compose_all(session, NOW + DAY)
        told = set(session.scalars(select(SentStory.story_id).where(SentStory.digest_id == again[0].digest_id)))
        assert told == {row.story_id for row in rows} - arrived


@pytest.mark.parametrize("end", ["given up", "removed"])
def test_what_a_digest_never_told_is_told_by_another_of_the_chat_that_passed_it_over(
    database: Database, end: str
) -> None:
    with database.session() as session:
        one, two = reader(session, 1, NOW), add_subscription(session, 1, NOW)
        one.covered_until = two.covered_until = NOW - DAY
        news(session, NOW - HOUR)
        claim_due(session, NOW)
        compose_all(session, NOW)
        two.next_due_at = NOW + HOUR
        claim_due(session, NOW + HOUR)
        assert not any(POLICY[0] in part.html for part in compose_all(session, NOW + HOUR)), "it is on its way"
        if end == "removed":
            remove_subscription(session, 1, one.id)
        else:
            give_back(session, digests(session)[0])
        session.expire_all()
        two.next_due_at = NOW + 2 * HOUR
        claim_due(session, NOW + 2 * HOUR)
        assert any(POLICY[0] in part.html for part in compose_all(session, NOW + 2 * HOUR))


def test_what_never_arrived_is_failed_and_of_a_removed_subscription_nothing_is_set_back(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        claim_due(session, NOW)
        compose_all(session, NOW)
        (digest,) = digests(session)
        session.execute(update(DigestPart).values(state="refused"))
        remove_subscription(session, 1, subscription.id)
        session.expire_all()
        give_back(session, digest)
        assert digest.state == "failed"


def test_a_first_digest_that_is_given_back_or_stopped_leaves_the_next_the_first(database: Database) -> None:
    with database.session() as session:
        one, two = reader(session, 1, NOW), reader(session, 2, NOW)
        claim_due(session, NOW)
        give_back(session, digests(session)[0])
        unsubscribe(session, 2)
        subscribe(session, 2, NOW)
        for moment in (NOW + DAY, NOW + 2 * DAY):
            one.next_due_at = two.next_due_at = moment
            claim_due(session, moment)
        for chat_id in (1, 2):
            assert [(d.is_first, d.is_crowd) for d in digests(session, chat_id)] == [
                (True, False),
                (True, False),
                (False, True),
            ]
        assert digests(session)[1].window_start == NOW - DAY


def test_a_first_digest_that_is_late_covers_the_day_before_its_moment(database: Database) -> None:
    with database.session() as session:
        choose_quiet_hours(session, reader(session, 1, NOW).chat_id, 0, 0, False, NOW)
        claim_due(session, NOW + 4 * HOUR)
        (digest,) = digests(session)
        assert (digest.due_at, digest.window_start, digest.window_end) == (NOW, NOW - DAY, NOW + 4 * HOUR)


def test_a_first_digest_that_is_put_off_tells_what_it_would_have_told(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        news(session, NOW - 20 * HOUR)
        claim_due(session, NOW + 12 * HOUR)
        assert not digests(session), "it was missed, and is joined to the next"
        claim_due(session, NOW + DAY)
        assert POLICY[0] in compose_all(session, NOW + DAY)[0].html


def test_stopping_for_a_moment_costs_no_week(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        change_subscription(session, 1, subscription.id, NOW, cadence="weekly", weekdays=[4])
        subscription.covered_until = NOW - 7 * DAY
        news(session, NOW - 5 * DAY)
        claim_due(session, NOW)
        compose_all(session, NOW)
        unsubscribe(session, 1)
        subscribe(session, 1, NOW + MINUTE)
        claim_due(session, NOW + 7 * DAY)
        (part,) = compose_all(session, NOW + 7 * DAY)
        assert POLICY[0] in part.html
        unsubscribe(session, 1)
        subscribe(session, 1, NOW + 9 * DAY)
        assert subscription.covered_until == NOW + 8 * DAY, "two days are not a moment"


def test_who_stops_or_removes_before_it_is_composed_gets_nothing(database: Database) -> None:
    with database.session() as session:
        one, two, three = (reader(session, chat_id, NOW) for chat_id in (1, 2, 3))
        claim_due(session, NOW)
        remove_subscription(session, one.chat_id, one.id)
        unsubscribe(session, two.chat_id)
        three.enabled = False
        assert not compose_all(session, NOW)
        assert {digest.state for digest in session.scalars(select(Digest))} == {"dropped"}


def test_the_first_digest_is_promised_of_one_that_is_not_instant(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW, due_in=DAY)
        change_subscription(session, 1, subscription.id, NOW, cadence="instant")
        assert not promise_first(session, 1)
        subscribe(session, 1, NOW)
        assert promise_first(session, 1)
        assert claim_promised(session, NOW) == 1
        (digest,) = digests(session)
        assert digest.subscription_id != subscription.id
        assert (digest.is_first, digest.window_start) == (True, NOW - DAY)
