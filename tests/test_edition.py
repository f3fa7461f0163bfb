"""The edition that many digests share: the same digests as without it, and never older than it may be."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from conftest import NOW
from digests.cluster import fold_stories
from digests.edition import LIFE, Editions
from digests.models import StoryArticle
from feeds.database import Database
from newsroom import headlines, policy, publish, reader, told

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def test_an_edition_serves_the_windows_that_ended_before_it_was_made(sqlite: Database) -> None:
    editions = Editions()
    with sqlite.session() as session:
        made = editions.of(session, NOW - 2 * DAY, None, NOW, NOW)

        def again(since: datetime, mark: int | None, end: datetime, now: datetime) -> bool:
            return editions.of(session, since, mark, end, now) is made

        assert again(NOW - DAY, None, NOW, NOW)
        assert again(NOW - 2 * DAY, 0, NOW - HOUR, NOW + SECOND)
        assert again(NOW - DAY, 7, NOW, NOW + LIFE - SECOND)


def test_who_waits_for_a_first_digest_waits_for_no_more_than_it_needs(sqlite: Database) -> None:
    editions = Editions()
    with sqlite.session() as session:
        first = editions.of(session, NOW - DAY, None, NOW, NOW)
        assert first.since == NOW - 30 * HOUR
        daily = editions.of(session, NOW - 2 * DAY, None, NOW, NOW)
        assert daily.since == NOW - 60 * HOUR
        assert editions.of(session, NOW - DAY, None, NOW, NOW) is daily


@pytest.mark.parametrize(
    ("since", "end", "now"),
    [
        (NOW - DAY, NOW + SECOND, NOW + SECOND),  # what came since may be in this window
        (NOW - DAY, NOW, NOW + LIFE),
        (NOW - DAY, NOW, NOW - SECOND),  # the clock went back
        (NOW - 14 * DAY, NOW, NOW),  # a weekly one reaches further back
    ],
)
def test_it_serves_no_others(sqlite: Database, since: datetime, end: datetime, now: datetime) -> None:
    editions = Editions()
    with sqlite.session() as session:
        made = editions.of(session, NOW - DAY, None, NOW, NOW)
        assert editions.of(session, since, None, end, now) is not made


def test_what_was_placed_before_it_begins_needs_another(database: Database) -> None:
    editions = Editions()
    with database.session() as session:
        publish(session, policy(1), seen=NOW - 9 * DAY)
        fold_stories(session)
        publish(session, policy(2), seen=NOW)
        fold_stories(session)
        made = editions.of(session, NOW - DAY, None, NOW, NOW)
        assert editions.of(session, NOW - DAY, 1, NOW, NOW) is made
        assert editions.of(session, NOW - DAY, 0, NOW, NOW) is not made


def test_stories_of_a_transaction_that_may_fail_are_not_kept(sqlite: Database) -> None:
    editions = Editions()
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR)
    with sqlite.session() as session:
        made = editions.of(session, NOW - DAY, None, NOW, NOW)
        assert len(made.candidates(0)) == 1
        session.rollback()
    with sqlite.session() as session:
        assert session.scalar(select(func.count()).select_from(StoryArticle)) == 0
        assert editions.of(session, NOW - DAY, None, NOW, NOW) is not made


def test_articles_placed_at_once_share_a_number_that_grows(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW)
        publish(session, policy(2), seen=NOW)
        fold_stories(session)
    with database.session() as session:
        first = set(session.scalars(select(StoryArticle.placement)))
        publish(session, policy(3), seen=NOW)
        fold_stories(session)
        numbers = set(session.scalars(select(StoryArticle.placement)))
    assert max(numbers) > max(first)
    assert numbers > first


def test_digests_of_one_round_are_those_composed_alone(database: Database) -> None:
    """A weekly, a daily and a late one, one after the other; what comes while they are made is in the next."""
    editions = Editions()
    with database.session() as session:
        for days in range(6):
            for number in range(3):
                seen = NOW - days * DAY - number * HOUR
                publish(session, policy(10 + 3 * days + number), seen=seen, published=seen)
        fold_stories(session)
        hours = {1: 24.0, 2: 24.0 * 7, 3: 26.0, 4: 12.0}
        subscriptions = {chat_id: reader(session, chat_id, NOW) for chat_id in range(1, 9)}
        for chat_id, window in hours.items():
            shared = told(session, subscriptions[chat_id], NOW, hours=window, editions=editions)
            alone = told(session, subscriptions[chat_id + 4], NOW, hours=window)
            assert headlines(shared) == headlines(alone)
            assert shared.coverage == alone.coverage
        publish(session, policy(40), seen=NOW - SECOND, published=NOW - HOUR)
        fold_stories(session)
        late = reader(session, 9, NOW)
        assert policy(40) not in headlines(told(session, late, NOW, editions=editions))
        assert headlines(told(session, late, NOW + DAY, editions=editions)) == [policy(40)]


def test_a_weekly_digest_reaches_back_two_weeks(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = reader(session, 1, NOW)
        for days in (1, 8, 13):
            publish(session, policy(days), seen=NOW - days * DAY, published=NOW - days * DAY)
        assert len(headlines(told(session, subscription, NOW, hours=14 * 24))) == 3
