"""Which feeds are followed, on both databases: pauses, and lists that change under what is known of a feed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from conftest import NOW
from feeds.database import Database
from feeds.following import add_feeds, all_feeds, drop_feed, feed_at, pause_feed, resume_feed, sync_sources
from feeds.models import Feed
from feeds.sources import Source

HOUR = timedelta(hours=1)
OLD = "https://bao.example/rss/cu.rss"
ONE = Source("https://bao.example/rss/moi.rss", "Báo Một", level="ministry")
PAGE = Source(
    "https://bo.example/tin", "Bộ", kind="listing", selector="article a", visit="https://bo.example/"
)  # fmt: skip


def the_feed(database: Database, url: str) -> Feed:
    with database.reading() as session:
        feed = feed_at(session, url)
    assert feed is not None
    return feed


def is_unblemished(feed: Feed) -> bool:
    return (feed.failures, feed.failing_since, feed.last_error, feed.reported) == (0, None, None, None)


def has_been_read(database: Database, url: str) -> None:
    """As the poller leaves a feed that it has read, and that failed since."""
    with database.session() as session:
        feed = session.scalars(select(Feed).where(Feed.url == url)).one()
        feed.etag, feed.last_modified, feed.body_hash = '"1"', "Sat, 21 Nov 2026 00:00:00 GMT", "0" * 32
        feed.rhythm, feed.failures, feed.newest_item_at = 3600.0, 2, NOW - HOUR
        feed.moved_to, feed.next_check_at = "https://khac.example/rss", NOW + 5 * HOUR
        feed.failing_since, feed.last_error, feed.reported = NOW - HOUR, "http_403: HTTP 403", "failing"


@pytest.mark.parametrize("add", [sync_sources, add_feeds])
def test_how_it_is_read_is_stored(database: Database, add: object) -> None:
    with database.session() as session:
        assert callable(add)
        add(session, [PAGE, ONE], NOW)
    page, feed = the_feed(database, PAGE.url), the_feed(database, ONE.url)
    assert (page.kind, page.selector, page.visit) == ("listing", "article a", "https://bo.example/")
    assert (feed.kind, feed.selector, feed.visit) == ("feed", None, None)


def test_the_list_changes_without_losing_what_is_known(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
    has_been_read(database, ONE.url)
    with database.session() as session:
        sync_sources(session, [replace(ONE, outlet="Báo Hai", section="Thời sự")], NOW + HOUR)
    feed = the_feed(database, ONE.url)
    assert (feed.outlet, feed.section) == ("Báo Hai", "Thời sự")
    assert (feed.etag, feed.body_hash, feed.rhythm, feed.failures) == ('"1"', "0" * 32, 3600.0, 2)
    assert (feed.moved_to, feed.next_check_at) == ("https://khac.example/rss", NOW + 5 * HOUR)


def test_another_selector_has_the_page_read_anew(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [PAGE], NOW)
    has_been_read(database, PAGE.url)
    with database.session() as session:
        sync_sources(session, [replace(PAGE, selector="h2 a")], NOW)
    feed = the_feed(database, PAGE.url)
    assert (feed.selector, feed.etag, feed.last_modified, feed.body_hash) == ("h2 a", None, None, None)
    assert (feed.rhythm, feed.failures) == (3600.0, 2)


def test_a_new_address_takes_over_what_is_known(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [replace(ONE, url=OLD)], NOW)
    has_been_read(database, OLD)
    before = the_feed(database, OLD)
    moved = replace(ONE, url="https://bao-moi.example/rss", was=OLD)
    for _ in range(2):
        with database.session() as session:
            sync_sources(session, [moved], NOW + HOUR)
    feed = the_feed(database, moved.url)
    assert feed.id == before.id
    assert (feed.host, feed.enabled, feed.rhythm, feed.newest_item_at) == (
        "bao-moi.example", True, 3600.0, NOW - HOUR
    )  # fmt: skip
    assert (feed.etag, feed.last_modified, feed.body_hash, feed.moved_to) == (None, None, None, None)
    assert feed.next_check_at == NOW + HOUR
    with database.reading() as session:
        assert feed_at(session, OLD) is None


def test_a_feed_that_a_user_removed_stays_removed_under_its_new_address(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [replace(ONE, url=OLD)], NOW)
        drop_feed(session, OLD)
    with database.session() as session:
        sync_sources(session, [replace(ONE, was=OLD)], NOW)
    assert not the_feed(database, ONE.url).enabled


def test_an_old_address_is_left_where_the_new_one_is_followed_already(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, replace(ONE, url=OLD)], NOW)
        sync_sources(session, [replace(ONE, was=OLD)], NOW)
    assert the_feed(database, ONE.url).enabled
    assert not the_feed(database, OLD).enabled


def test_a_paused_feed_is_followed_and_resumes_at_once(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
    has_been_read(database, ONE.url)
    with database.session() as session:
        assert not resume_feed(session, ONE.url, NOW)
        assert pause_feed(session, ONE.url)
        sync_sources(session, [ONE], NOW)
        assert add_feeds(session, [ONE], NOW) == 0
    assert the_feed(database, ONE.url).paused
    with database.session() as session:
        assert [feed.url for feed in all_feeds(session)] == [ONE.url]
        assert resume_feed(session, ONE.url, NOW + HOUR)
    feed = the_feed(database, ONE.url)
    assert (feed.paused, feed.next_check_at, feed.etag) == (False, NOW + HOUR, '"1"')
    assert is_unblemished(feed)


@pytest.mark.parametrize("is_listed", [True, False])
def test_what_is_followed_again_starts_without_its_old_failures(database: Database, is_listed: bool) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
    has_been_read(database, ONE.url)
    assert not is_unblemished(the_feed(database, ONE.url))
    with database.session() as session:
        if is_listed:
            sync_sources(session, [replace(ONE, enabled=False)], NOW)
        else:
            drop_feed(session, ONE.url)
    with database.session() as session:
        if is_listed:
            sync_sources(session, [ONE], NOW)
        else:
            add_feeds(session, [ONE], NOW)
    feed = the_feed(database, ONE.url)
    assert feed.enabled
    assert is_unblemished(feed)


def test_what_is_not_followed_is_neither_paused_nor_resumed(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
        pause_feed(session, ONE.url)
        drop_feed(session, ONE.url)
        for url in (ONE.url, "https://khong-co.example/rss"):
            assert not pause_feed(session, url)
            assert not resume_feed(session, url, NOW)
        assert add_feeds(session, [ONE], NOW) == 1
    assert not the_feed(database, ONE.url).paused


def test_feeds_are_listed_by_the_vietnamese_alphabet(database: Database) -> None:
    names = ["An Giang", "Đại Đoàn Kết", "Dân trí", "Đắk Lắk", "Ấp Bắc", "VOV", "Zing", "Ủy ban", "uỷ thác"]
    with database.session() as session:
        add_feeds(session, [Source(f"https://bao.example/{name}", name) for name in names], NOW)
        assert [feed.outlet for feed in all_feeds(session)] == [
            "An Giang", "Ấp Bắc", "Đại Đoàn Kết", "Đắk Lắk", "Dân trí", "Ủy ban", "uỷ thác", "VOV", "Zing"
        ]  # fmt: skip
