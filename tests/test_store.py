"""What the store promises, on both databases: feeds in step, articles once, mentions replaced, names for ever."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session

from conftest import NOW
from feeds.analyse import analyse
from feeds.database import Database
from feeds.following import FEED_LEASE, add_feeds, all_feeds, claim_feeds, drop_feed, reading_progress, sync_sources
from feeds.leases import LEASE, claim_pages, renewing
from feeds.models import Article, Document, Feed, Mention
from feeds.positions import minute_position, next_position
from feeds.seen import seen_keys
from feeds.sources import Source
from feeds.store import (
    NewArticle,
    document_of_token,
    document_tokens,
    ensure_documents,
    known_articles,
    published_on,
    reading_since,
    save_articles,
    still_reading_since,
    store_analysis,
)
from newsroom import POLICY, ROBBERY, publish, stored

ONE = Source("https://mot.example/rss", "Báo Một", level="central")
TWO = Source("https://hai.example/rss", "Báo Hai", level="province", province="Hà Tĩnh")
HOUR = timedelta(hours=1)


def followed(database: Database) -> list[str]:
    with database.reading() as session:
        return [feed.outlet for feed in all_feeds(session)]


def feed_at(database: Database, url: str) -> Feed:
    with database.reading() as session:
        return session.scalars(select(Feed).where(Feed.url == url)).one()


def new_article(identity: str = "mot.example#1", **values: object) -> NewArticle:
    fields: dict[str, object] = {
        "identity": identity,
        "url": "https://mot.example/1.html",
        "outlet": "Báo Một",
        "title": POLICY[0],
        "lead": POLICY[1],
        "text": "",
        "published": NOW - HOUR,
    }
    return NewArticle(**{**fields, **values})  # type: ignore[arg-type]


def save(database: Database, new: NewArticle, now: datetime = NOW) -> int:
    with database.session() as session:
        return stored(session, new, analyse(new.title, new.lead, new.text), now).id


# Feeds


def test_sources_of_the_file_are_followed_and_kept_in_step(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW)
    renamed = Source(ONE.url, "Báo Một Mới", level="national", section="Pháp luật")
    with database.session() as session:
        sync_sources(session, [renamed], NOW + HOUR)
    assert followed(database) == ["Báo Một Mới"]
    feed = feed_at(database, ONE.url)
    assert (feed.level, feed.section, feed.origin, feed.next_check_at) == ("national", "Pháp luật", "file", NOW)
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW + HOUR)
    assert followed(database) == ["Báo Hai", "Báo Một"]


def test_a_source_switched_off_in_the_file_is_not_followed(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, Source(TWO.url, TWO.outlet, enabled=False)], NOW)
    assert followed(database) == ["Báo Một"]


def test_a_feed_added_by_a_user_stays_when_the_file_does_not_name_it(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
        assert add_feeds(session, [TWO, TWO, ONE], NOW) == 1
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
        assert add_feeds(session, [TWO], NOW) == 0
    assert followed(database) == ["Báo Hai", "Báo Một"]


def test_a_feed_dropped_by_a_user_stays_dropped_until_it_is_added_again(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW)
    with database.session() as session:
        assert drop_feed(session, ONE.url)
        assert not drop_feed(session, ONE.url)
        assert not drop_feed(session, "https://khong-co.example/rss")
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW)
    assert followed(database) == ["Báo Hai"]
    with database.session() as session:
        assert add_feeds(session, [ONE], NOW + HOUR) == 1
    assert followed(database) == ["Báo Hai", "Báo Một"]
    assert feed_at(database, ONE.url).next_check_at == NOW + HOUR


def test_a_feed_marked_off_in_a_list_is_not_added(database: Database) -> None:
    off = Source(ONE.url, ONE.outlet, enabled=False)
    with database.session() as session:
        assert add_feeds(session, [off], NOW) == 0
        sync_sources(session, [ONE], NOW)
        drop_feed(session, ONE.url)
    with database.session() as session:
        assert add_feeds(session, [off], NOW) == 0
    assert followed(database) == []


def test_only_due_feeds_are_claimed_and_only_once_until_their_lease_ends(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE], NOW)
        sync_sources(session, [ONE, TWO], NOW + HOUR)

    def claimed(now: datetime, only_due: bool = True) -> list[str]:
        with database.session() as session:
            return [feed.outlet for feed in claim_feeds(session, now, limit=5, only_due=only_due)]

    assert claimed(NOW - HOUR) == []
    assert claimed(NOW) == ["Báo Một"]
    assert claimed(NOW) == []
    assert claimed(NOW, only_due=False) == ["Báo Hai"]
    assert claimed(NOW + FEED_LEASE - timedelta(seconds=1)) == []
    assert claimed(NOW + FEED_LEASE) == ["Báo Một"]


def test_a_claim_leaves_out_what_was_done_and_does_not_lease_it(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW)
    done = feed_at(database, ONE.url).id
    with database.session() as session:
        assert [feed.outlet for feed in claim_feeds(session, NOW, limit=5, but={done})] == ["Báo Hai"]
    assert feed_at(database, ONE.url).claimed_until is None


def test_two_sessions_never_claim_the_same_feed(database: Database) -> None:
    sources = [Source(f"https://mau.example/{number}", f"Báo {number:02}") for number in range(20)]
    with database.session() as session:
        sync_sources(session, sources, NOW)
    together = threading.Barrier(4)

    def claim_some(_worker: int) -> list[str]:
        together.wait()
        with database.session() as session:
            return [feed.url for feed in claim_feeds(session, NOW, limit=5)]

    with ThreadPoolExecutor(4) as pool:
        claimed = Counter(url for urls in pool.map(claim_some, range(4)) for url in urls)
    assert set(claimed.values()) == {1}
    with database.session() as session:
        rest = claim_feeds(session, NOW, limit=20)
    assert len(claimed) + len(rest) == 20


def test_progress_counts_followed_feeds_that_were_read_once(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [ONE, TWO], NOW)
        session.flush()
        assert (reading_progress(session).done, reading_progress(session).total) == (0, 2)
        session.scalars(select(Feed).where(Feed.url == ONE.url)).one().checked_at = NOW
        session.flush()
        assert not reading_progress(session).is_complete
        drop_feed(session, TWO.url)
        session.flush()
        assert reading_progress(session).is_complete


def test_reading_since_the_first_polled_article(database: Database) -> None:
    with database.session() as session:
        assert reading_since(session) is None
        publish(session, "Nhập từ tệp", seen=NOW - 9 * HOUR, origin="import")
        assert reading_since(session) is None
        publish(session, "Một", seen=NOW)
        publish(session, "Hai", seen=NOW + HOUR)
        assert reading_since(session) == NOW


# Positions


def test_positions_of_one_minute_are_unique_and_in_order_of_arrival(database: Database) -> None:
    with database.session() as session:
        same = [publish(session, f"Tin {i}", seen=NOW, published=NOW + timedelta(seconds=i * 7)) for i in range(8)]
        earlier = publish(session, "Trước", seen=NOW, published=NOW - timedelta(minutes=1))
        later = publish(session, "Sau", seen=NOW, published=NOW + timedelta(minutes=1))
        positions = [article.position for article in same]
        assert positions == sorted(set(positions))
        assert earlier.position < positions[0]
        assert positions[-1] < later.position
        assert minute_position(NOW) == positions[0]
        assert next_position(session, NOW) == positions[-1] + 1


def test_an_article_without_a_date_stands_where_it_was_first_seen(database: Database) -> None:
    with database.session() as session:
        article = publish(session, "Không ngày", seen=NOW)
        assert article.position == minute_position(NOW)
        assert article.dated_at == NOW


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_positions_of_odd_years(sqlite: Database, year: int) -> None:
    with sqlite.session() as session:
        published = datetime(year, 12, 31, tzinfo=UTC)
        article = publish(session, "Năm lạ", seen=NOW, published=published)
        assert article.published_at == published
        assert (article.position < minute_position(NOW)) == (year < 2026)


def test_the_day_of_publication_is_the_vietnamese_one() -> None:
    assert published_on(datetime(2026, 11, 20, 17, 0, tzinfo=UTC)) == date(2026, 11, 21)
    assert published_on(datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert published_on(None) is None


# Articles


def test_an_article_is_stored_with_what_was_understood(database: Database) -> None:
    article_id = save(database, new_article(published=NOW - HOUR))
    with database.reading() as session:
        article = session.get_one(Article, article_id)
        mentions = session.scalars(select(Mention).where(Mention.article_id == article_id)).all()
        assert (article.state, article.first_seen_at, article.published_at) == ("kept", NOW, NOW - HOUR)
        assert article.state_reason == f"score {article.score:.2f}"
        assert "mass_movement" in article.topics
        assert article.rules_version > 0
        assert article.page_due_at is None
        assert [mention.ordinal for mention in mentions] == list(range(len(mentions)))
        joined = f"{article.title}\n{article.lead}"
        for mention in mentions:
            assert joined[mention.start : mention.end] == mention.raw
            assert mention.raw in mention.quote
            assert mention.position == article.position
        assert {(m.key, m.document_id, m.status) for m in mentions} == {("09-CT/TW", "09-CT/TW#XI", "resolved")}
        known = known_articles(session, [article.identity, "nobody"])
        assert {identity: was.title for identity, was in known.items()} == {article.identity: article.title}
        assert set(seen_keys(session)) == {"09-CT/TW"}


def test_what_is_left_out_says_why(database: Database) -> None:
    article_id = save(database, new_article(title=ROBBERY[0], lead=ROBBERY[1]))
    with database.reading() as session:
        article = session.get_one(Article, article_id)
        assert article.state == "left_out"
        assert article.state_reason.startswith("score 0.")


def test_an_edited_headline_changes_the_article_not_its_identity_position_or_first_sight(database: Database) -> None:
    first = save(database, new_article(text="Toàn văn của trang."))
    with database.reading() as session:
        before = session.get_one(Article, first)
    edited = new_article(title="Tít mới", lead="Dẫn mới", published=NOW + 3 * HOUR, wants_page=True)
    assert save(database, edited, NOW + HOUR) == first
    with database.reading() as session:
        after = session.get_one(Article, first)
        assert session.scalar(select(func.count()).select_from(Article)) == 1
    assert (after.title, after.lead, after.text) == ("Tít mới", "Dẫn mới", "Toàn văn của trang.")
    assert (after.position, after.first_seen_at, after.published_at) == (
        before.position,
        before.first_seen_at,
        before.published_at,
    )
    assert after.page_due_at == NOW + HOUR


def test_an_imported_article_that_a_feed_brings_later_is_news(database: Database) -> None:
    imported = save(database, new_article(origin="import"), NOW - 9 * HOUR)
    assert save(database, new_article(origin="poll"), NOW) == imported
    assert save(database, new_article(origin="import"), NOW + HOUR) == imported
    with database.reading() as session:
        article = session.get_one(Article, imported)
        assert (article.origin, article.first_seen_at) == ("poll", NOW)


def test_an_imported_article_takes_its_date_and_place_from_the_feed_that_brings_it(database: Database) -> None:
    save(database, new_article(origin="import", published=None), NOW - 9 * HOUR)
    save(database, new_article("mot.example#2", origin="import", published=None), NOW - 9 * HOUR)
    save(database, new_article(), NOW)
    save(database, new_article("mot.example#2", published=None), NOW)
    with database.reading() as session:
        dated, undated = session.scalars(select(Article).order_by(Article.position)).all()
        assert (dated.published_at, dated.dated_at, undated.published_at) == (NOW - HOUR, NOW - HOUR, None)
        assert (undated.first_seen_at, undated.position) == (NOW, minute_position(NOW))
        assert dated.position == minute_position(NOW - HOUR)
        mentions = session.scalars(select(Mention).order_by(Mention.position)).all()
        assert {mention.position for mention in mentions} == {dated.position, undated.position}


def test_an_import_changes_no_article_that_a_feed_brought(database: Database) -> None:
    save(database, new_article(text="Toàn văn của báo."))
    kept = save(database, new_article(title="Tít khác", lead="Khác", text="Tệp cũ.", origin="import"), NOW + HOUR)
    with database.reading() as session:
        article = session.get_one(Article, kept)
        assert (article.title, article.lead, article.text) == (*POLICY, "Toàn văn của báo.")
    save(database, new_article("mot.example#2", text="Cũ.", origin="import"))
    again = save(database, new_article("mot.example#2", text="Mới.", origin="import"))
    with database.reading() as session:
        assert session.get_one(Article, again).text == "Mới."


def test_a_real_headline_ends_our_own(database: Database) -> None:
    save(database, new_article(title="Câu đầu của bài…", title_is_ours=True))
    edited = save(database, new_article())
    with database.reading() as session:
        assert not session.get_one(Article, edited).title_is_ours


def test_storing_an_analysis_replaces_the_mentions(database: Database) -> None:
    article_id = save(database, new_article())
    other = analyse("Thi hành Nghị định 13/2023/NĐ-CP", "Bộ Công an kiểm tra việc thi hành Nghị định 13/2023/NĐ-CP.")
    for _ in range(2):
        with database.session() as session:
            store_analysis(session, session.get_one(Article, article_id), other, NOW)
    with database.reading() as session:
        keys = session.scalars(select(Mention.key).order_by(Mention.ordinal)).all()
        articles = session.scalars(select(Mention.article_id).distinct()).all()
    assert keys == ["13/2023/NĐ-CP"] * 2
    assert articles == [article_id]


def test_concurrent_writers_of_the_same_news_all_succeed(database: Database) -> None:
    """Same identity, same minute, same new documents, in opposite orders: on PostgreSQL once a deadlock."""
    together = threading.Barrier(4)
    texts = [(f"a#{i}", f"Nghị định {i}/2025/NĐ-CP có hiệu lực, Bộ Công an triển khai thi hành") for i in range(10, 22)]

    def write(worker: int) -> None:
        together.wait()
        with database.session() as session:
            for identity, title in texts if worker % 2 else reversed(texts):
                new = new_article(identity, title=title, lead="")
                save_articles(session, [(new, analyse(title))], NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Article)) == len(texts)
        assert session.scalar(select(func.count()).select_from(Mention)) == len(texts)


def test_pages_are_claimed_newest_first_and_once_until_their_lease_ends(database: Database) -> None:
    for number in range(3):
        new = new_article(f"mot.example#{number}", published=NOW - number * HOUR, wants_page=True)
        save(database, new)
    with database.session() as session:
        first = [article.identity for article in claim_pages(session, NOW, limit=2)]
    with database.session() as session:
        second = [article.identity for article in claim_pages(session, NOW, limit=2)]
    with database.session() as session:
        later = claim_pages(session, NOW + LEASE, limit=9)
    assert (first, second, len(later)) == (["mot.example#0", "mot.example#1"], ["mot.example#2"], 3)


async def test_a_lease_is_renewed_only_of_what_is_still_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what is settled, wanted anew, nor what runs out by now."""
    monkeypatch.setattr("feeds.leases._RENEW", 0.01)
    later = NOW + timedelta(seconds=30)
    due = (NOW + LEASE, NOW, None, NOW + timedelta(days=1), later)
    for number, _ in enumerate(due):
        save(database, new_article(f"mot.example#{number}", published=NOW - number * HOUR, wants_page=True))
    with database.session() as session:
        articles = claim_pages(session, NOW, limit=9)
        for article, moment in zip(articles, due, strict=True):
            article.page_due_at = moment

    def moments() -> list[datetime | None]:
        with database.reading() as session:
            return list(session.scalars(select(Article.page_due_at).order_by(Article.position.desc())))

    async with renewing(database, Article.page_due_at, [article.id for article in articles], lambda: later):
        while moments() == list(due):  # noqa: ASYNC110  what renews is in the product
            await asyncio.sleep(0.01)
    assert moments() == [later + LEASE, *due[1:]]


# Documents


def named(session: Session, document_id: str) -> str:
    """The token of a document that has its row."""
    ensure_documents(session, [document_id])
    return document_tokens(session, [document_id])[document_id]


def test_a_document_has_one_token_for_ever(database: Database) -> None:
    with database.session() as session:
        token = named(session, "09-CT/TW#XI")
    with database.session() as session:
        ensure_documents(session, ["09-CT/TW#XI", "05-CT/TW#X"])
        assert named(session, "09-CT/TW#XI") == token
        assert document_of_token(session, token) == "09-CT/TW#XI"
        assert session.get_one(Document, "09-CT/TW#XI").key == "09-CT/TW"
        assert named(session, "05-CT/TW#X") != named(session, "05-CT/TW#XII")
        assert len(f"doc:{token}:9999".encode()) <= 64
        assert document_of_token(session, "khongco") is None


def test_a_merged_document_is_found_by_its_old_token(database: Database) -> None:
    with database.session() as session:
        tokens = [named(session, f"08-NQ/TU@Bến Tre#{term}") for term in ("?", "XI", "XII")]
        session.get_one(Document, "08-NQ/TU@Bến Tre#?").redirect_to = "08-NQ/TU@Bến Tre#XI"
        session.get_one(Document, "08-NQ/TU@Bến Tre#XI").redirect_to = "08-NQ/TU@Bến Tre#XII"
    with database.session() as session:
        assert {document_of_token(session, token) for token in tokens} == {"08-NQ/TU@Bến Tre#XII"}
        session.get_one(Document, "08-NQ/TU@Bến Tre#XII").redirect_to = "08-NQ/TU@Bến Tre#?"
        session.flush()
        assert document_of_token(session, tokens[0]) is not None, "a ring of redirects ends"


def test_two_sessions_may_name_the_same_new_documents(database: Database) -> None:
    ids = [f"{number:02}-CT/TW#?" for number in range(30)]
    together = threading.Barrier(4)

    def name(worker: int) -> list[str]:
        together.wait()
        with database.session() as session:
            tokens = {i: named(session, i) for i in (ids if worker % 2 else reversed(ids))}
        return [tokens[i] for i in ids]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(name, range(4))
    assert all(tokens == first for tokens in others)


def test_since_when_articles_are_being_read_is_the_first_of_the_last_minutes(database: Database) -> None:
    with database.session() as session:
        assert still_reading_since(session, NOW) is None
        for minutes in (3, 5, 30):
            seen = NOW - timedelta(minutes=minutes)
            publish(session, f"Bài {minutes}", seen=seen, published=seen).second_due_at = seen
        session.flush()
        assert still_reading_since(session, NOW) == NOW - timedelta(minutes=5)
        session.execute(update(Article).values(second_due_at=None, page_due_at=NOW))
        assert still_reading_since(session, NOW) == NOW - timedelta(minutes=30)
        session.execute(update(Article).values(page_failures=1))
        assert still_reading_since(session, NOW) is None


def test_what_came_in_together_is_one_segment_of_the_index_whatever_its_order(sqlite: Database) -> None:
    """Each segment is merged with all others, again and again: that is what a full index costs who writes."""
    feed = [
        new_article(f"mot.example#{number}", title=f"{POLICY[0]} {number}", published=NOW - timedelta(minutes=number))
        for number in range(10)  # the newest first, as feeds have them
    ]
    segments = select(func.count(text("DISTINCT segid"))).select_from(text("article_index_idx"))
    with sqlite.session() as session:
        save_articles(session, [(new, analyse(new.title, new.lead, new.text)) for new in feed], NOW)
    with sqlite.reading() as session:
        assert session.scalar(segments) == 1


def test_what_is_being_read_is_found_by_its_indexes(sqlite: Database) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    with sqlite.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        still_reading_since(session, NOW)
        statement, values = asked[0]
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    assert "ix_article_page_due_at (page_due_at>?)" in plan
    assert "ix_article_first_seen_at (first_seen_at>?)" in plan
