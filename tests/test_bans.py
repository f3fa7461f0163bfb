"""Who is banned or admitted, and a message to all readers: on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.bans import admissions, admit, ban, bans, dismiss, is_admitted, is_banned, unban
from digests.choices import find_zone
from digests.claim import claim_due, claim_promised, compose_one
from digests.messages import Message
from digests.models import Ban, Broadcast, Chat, Digest, DigestPart, Subscription
from digests.moving import move_chat
from digests.notices import Progress, broadcast, count_reached, draft, drop_draft, post_notice, progress_of
from digests.parts import Outcome, claim_parts, record
from digests.sending import ChatUnreachable
from digests.stats import stats_of
from digests.subscribers import unsubscribe, welcome
from feeds.database import Database
from newsroom import POLICY, publish, reader

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_ban_is_of_one_id_and_lifted_once(database: Database) -> None:
    with database.session() as session:
        assert ban(session, 5, 1, NOW, "rác")
        assert not ban(session, 5, 1, NOW + HOUR, "lại rác")
        session.flush()
        assert [(one.id, one.because, one.at) for one in bans(session)] == [(5, "lại rác", NOW)]
        assert is_banned(session, None, 7, 5)
        assert not is_banned(session, None, 7)
        assert unban(session, 5)
        session.flush()
        assert not unban(session, 5)
        assert not is_banned(session, 5)


def test_admission_is_of_one_id(database: Database) -> None:
    with database.session() as session:
        assert admit(session, 5, 1, NOW)
        assert not admit(session, 5, 1, NOW)
        session.flush()
        assert [one.id for one in admissions(session)] == [5]
        assert is_admitted(session, -100, 5)
        assert not is_admitted(session, -100, None)
        assert dismiss(session, 5)
        session.flush()
        assert not is_admitted(session, 5)


def test_a_banned_group_stays_banned_where_it_becomes_another(database: Database) -> None:
    with database.session() as session:
        reader(session, -5, NOW)
        ban(session, -5, 1, NOW)
        session.flush()
        move_chat(session, -5, -1005)
        assert session.scalars(select(Ban.id)).all() == [-1005]


def readers(session: Session) -> None:
    """Of 1 to 6: one in a topic, one stopped, one banned, one whose group is left, one never subscribed."""
    for chat_id in range(1, 6):
        reader(session, chat_id, NOW + DAY)
    welcome(session, 6, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    session.scalars(select(Subscription).where(Subscription.chat_id == 2)).one().thread_id = 9
    unsubscribe(session, 3)
    ban(session, 4, 1, NOW)
    session.get_one(Chat, 5).left_at = NOW
    session.flush()


def test_a_broadcast_reaches_each_reader_once(database: Database) -> None:
    with database.session() as session:
        readers(session)
        made = draft(session, 1, "<b>Lời</b>", NOW)
        assert count_reached(session) == 2
        assert not broadcast(session, made.id, 2, NOW), "another admin's"
        assert progress_of(session, made.id, 1) is None
        assert broadcast(session, made.id, 1, NOW)
        assert not broadcast(session, made.id, 1, NOW), "pressed twice"
    with database.session() as session:
        first, second = claim_parts(session, NOW, 9)
        sent = [(part.chat_id, part.thread_id, part.message.html, part.silent) for part in (first, second)]
        assert sent == [(1, None, "<b>Lời</b>", True), (2, 9, "<b>Lời</b>", True)]
    with database.session() as session:
        record(session, [Outcome(first, 77)], NOW)
        assert progress_of(session, made.id, 1) == Progress(total=2, sent=1, refused=0)
        record(session, [Outcome(second, ChatUnreachable("blocked"))], NOW)
    with database.session() as session:
        progress = progress_of(session, made.id, 1)
        assert progress == Progress(total=2, sent=1, refused=1)
        assert progress.is_over
        assert {(one.chat_id, one.state, one.is_crowd) for one in session.scalars(select(Digest))} == {
            (1, "done", True),
            (2, "dropped", True),
        }


def test_of_a_bot_that_is_not_open_to_all_only_those_admitted_get_anything(database: Database) -> None:
    """1 is an admin, 2 admitted, 3 not; the groups -4 and -5 are set up by 2 and 3."""
    with database.session() as session:
        admit(session, 2, 1, NOW)
        for chat_id, owner_id in ((1, None), (2, None), (3, None), (-4, 2), (-5, 3)):
            reader(session, chat_id, NOW).owner_id = owner_id
        assert (count_reached(session), count_reached(session, open_to=(1,))) == (5, 3)
        broadcast(session, draft(session, 1, "Lời", NOW).id, 1, NOW, open_to=(1,))
        claim_due(session, NOW, open_to=(1,))
        for subscription in session.scalars(select(Subscription)):
            subscription.first_promised = True
        session.flush()
        assert claim_promised(session, NOW, open_to=(1,)) == 3
        for is_notice in (True, False):
            assert set(session.scalars(select(Digest.chat_id).where(Digest.is_notice == is_notice))) == {1, 2, -4}
        assert claim_due(session, NOW) == 2


def test_what_is_on_its_way_to_who_is_dismissed_is_refused(database: Database) -> None:
    """1 is an admin, 2 dismissed, 3 admitted; the groups -4 and -5 are set up by 2 and 3."""
    with database.session() as session:
        for admitted_id in (2, 3):
            admit(session, admitted_id, 1, NOW)
        for chat_id, owner_id in ((1, None), (2, None), (3, None), (-4, 2), (-5, 3)):
            reader(session, chat_id, NOW).owner_id = owner_id
            post_notice(session, chat_id, Message("Lời"), NOW)
        dismiss(session, 2)
    with database.session() as session:
        assert [part.chat_id for part in claim_parts(session, NOW, 9, open_to=(1,))] == [1, 3, -5]
        refused = select(DigestPart.chat_id).where(DigestPart.state == "refused").order_by(DigestPart.chat_id)
        assert session.scalars(refused).all() == [-4, 2]


def test_what_is_due_goes_before_a_broadcast_one_part_of_a_chat_at_a_time(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2):
            reader(session, chat_id, NOW).covered_until = NOW - DAY
        made = draft(session, 1, "Lời", NOW)
        broadcast(session, made.id, 1, NOW)
        claim_due(session, NOW)
        while compose_one(session, NOW):
            pass
    order: list[tuple[int, bool]] = []
    for _ in range(4):
        with database.session() as session:
            parts = claim_parts(session, NOW, 9)
            assert len({part.chat_id for part in parts}) == len(parts)
            order += [(part.chat_id, part.message.html == "Lời") for part in parts]
        with database.session() as session:
            record(session, [Outcome(part, 7) for part in parts], NOW)
    assert order == [(1, False), (2, False), (1, True), (2, True)]


def test_a_draft_is_replaced_dropped_and_never_sent_by_then(database: Database) -> None:
    with database.session() as session:
        readers(session)
        first = draft(session, 1, "Một", NOW)
        second = draft(session, 1, "Hai", NOW)
        assert not broadcast(session, first.id, 1, NOW) or first.id == second.id
        assert not drop_draft(session, second.id, 2), "another admin's"
        assert drop_draft(session, second.id, 1)
        session.flush()
        assert session.scalars(select(Broadcast)).all() == session.scalars(select(DigestPart)).all() == []


@pytest.mark.parametrize("change", ["unsubscribe", "ban"])
def test_whoever_is_no_reader_any_more_when_it_is_sent_gets_no_broadcast(database: Database, change: str) -> None:
    with database.session() as session:
        reader(session, 1, NOW + DAY)
        made = draft(session, 1, "Lời", NOW)
        broadcast(session, made.id, 1, NOW)
        unsubscribe(session, 1) if change == "unsubscribe" else ban(session, 1, 2, NOW)
    with database.session() as session:
        assert claim_parts(session, NOW, 9) == []
        assert progress_of(session, made.id, 1) == Progress(total=1, sent=0, refused=1)
        assert session.scalars(select(Digest.state)).all() == ["dropped"]


def test_the_figures_do_not_read_what_was_sent_long_ago(sqlite: Database) -> None:
    def send(session: Session, count: int) -> None:
        long_ago = NOW - 90 * DAY
        for number in range(count):
            digest = Digest(
                subscription_id=None,
                chat_id=1,
                due_at=long_ago - number * HOUR,
                window_start=long_ago,
                window_end=long_ago,
                state="done",
            )
            session.add(digest)
            session.flush()
            session.add(DigestPart(digest_id=digest.id, chat_id=1, number=1, html="", state="sent", sent_at=long_ago))

    def figures(session: Session) -> None:
        stats_of(session, NOW, find_zone("Asia/Ho_Chi_Minh"))

    with sqlite.session() as session:
        reader(session, 1, NOW)
        send(session, 10)
    few = steps_of(sqlite, figures)
    with sqlite.session() as session:
        send(session, 1000)
    assert steps_of(sqlite, figures) <= few + 20


def test_the_figures_count_what_there_is(database: Database) -> None:
    with database.session() as session:
        readers(session)
        publish(session, *POLICY, seen=NOW - HOUR)
        publish(session, "Đội tuyển thắng ba bàn", seen=NOW - 30 * HOUR)
        for chat_id, due_at, late in ((1, NOW - HOUR, 5), (2, NOW - 3 * DAY, 60), (2, NOW - 9 * DAY, 9000)):
            digest = Digest(
                subscription_id=None,
                chat_id=chat_id,
                due_at=due_at,
                window_start=due_at - DAY,
                window_end=due_at,
                state="done",
            )
            session.add(digest)
            session.flush()
            sent_at = due_at + timedelta(seconds=late)
            session.add(
                DigestPart(digest_id=digest.id, chat_id=chat_id, number=1, html="", state="sent", sent_at=sent_at)
            )
        made = draft(session, 1, "Lời", NOW)
        broadcast(session, made.id, 1, NOW)
        for chat_id, kind in ((-7, "group"), (-8, "supergroup")):
            reader(session, chat_id, NOW)
            session.get_one(Chat, chat_id).kind = kind
        session.flush()
        stats = stats_of(session, NOW, find_zone("Asia/Ho_Chi_Minh"))
    assert (dict(stats.kinds), stats.active) == ({"private": 3, "group": 2}, 5), "to people both are groups"
    assert (stats.stopped, stats.new, stats.banned) == (2, 8, 1)
    assert (stats.digests, stats.messages) == ((1, 2), (1, 2)), "a broadcast is no briefing"
    assert stats.lateness is not None
    assert (stats.lateness.digests, stats.lateness.p50, stats.lateness.p99) == (2, 60.0, 60.0)
    assert [(day.day.day, day.read, day.kept, day.sent) for day in stats.days[-4:]] == [
        (17, 0, 0, 1),
        (18, 0, 0, 0),
        (19, 1, 0, 0),
        (20, 1, 1, 1),
    ]


def steps_of(database: Database, work: Callable[[Session], object]) -> int:
    """Thousands of steps of SQLite's machine that the work takes: no clock is asked."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with database.session() as session:
        connection = session.connection().connection.driver_connection
        connection.set_progress_handler(count, 1000)
        work(session)
        connection.set_progress_handler(None, 0)
    return steps[0]


def test_a_broadcast_to_many_makes_no_claim_longer(sqlite: Database) -> None:
    with sqlite.session() as session:
        for chat_id in range(1, 9):
            reader(session, chat_id, NOW + DAY)
        assert broadcast(session, draft(session, 1, "<b>Lời</b>", NOW).id, 1, NOW)

    def claim(session: Session) -> None:
        assert len(claim_parts(session, NOW, 4)) == 4

    few = steps_of(sqlite, claim)
    with sqlite.session() as session:
        for chat_id in range(9, 1009):
            reader(session, chat_id, NOW + DAY)
        assert broadcast(session, draft(session, 1, "<b>Lời</b>", NOW).id, 1, NOW)
    assert steps_of(sqlite, claim) <= few + 3
