"""What rounds of digests, and who follows, ask for is looked up by keys, however much is stored: on filled tables."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests import cluster
from digests.chart import chart
from digests.cluster import fold_stories
from digests.compose import compose_due
from digests.corrections import find_corrections
from digests.edition import Edition, articles_of, edition_since, revised_stories
from digests.frequency import Frequency, frequency_of
from digests.models import Chat, Digest, DigestPart, SentStory, Story, StoryArticle, Subscription
from digests.review import count_waiting, nth_doubt
from digests.stats import Stats, stats_of
from digests.subscribers import find_reader
from feeds.database import Database
from feeds.dates import VIETNAM
from feeds.leases import claim_pages, claim_second_readings
from feeds.models import Article, Mention
from feeds.positions import minute_position
from newsroom import POLICY, publish

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STORED = 20_000
LARGE = ("article", "article_vector", "story", "story_article", "story_term", "mention", "sent_story")


@pytest.fixture
def filled(database: Database) -> Database:
    """`STORED` articles, one each six minutes up to `NOW`, two a story; another chat was told all stories."""
    seen = [NOW - timedelta(minutes=6 * back) for back in range(STORED, 0, -1)]
    with database.session() as session:
        session.add(Chat(id=1, created_at=NOW))
        session.add(Chat(id=2, created_at=NOW))
        session.flush()
        session.add(Subscription(chat_id=1, next_due_at=NOW + DAY))
        session.add(Subscription(chat_id=2, next_due_at=NOW + DAY))
        session.flush()
        session.add(Digest(subscription_id=2, chat_id=2, due_at=NOW, window_start=NOW - DAY, window_end=NOW))
        session.flush()
        ids = range(1, STORED + 1)
        stories = range(1, STORED // 2 + 1)
        session.execute(insert(Story), [{"created_at": NOW} for _ in stories])
        session.execute(
            insert(Article),
            [
                {
                    "position": minute_position(at) + number,
                    "identity": str(number),
                    "outlet": "Báo Mẫu",
                    "title": f"Tin {number}",
                    "lead": "",
                    "text": "",
                    "first_seen_at": at,
                    "published_at": at,
                    "state": "kept",
                    "compared": True,
                    "announced": True,
                    "topics": [],
                    "places": [],
                    "evidence": [],
                    "wrong_documents": [],
                    "revised_at": at if number % 100 == 0 else None,
                }
                for number, at in zip(ids, seen, strict=True)
            ],
        )
        placed = [{"article_id": i, "story_id": (i + 1) // 2, "placement": i} for i in ids]
        session.execute(insert(StoryArticle), placed)
        told = [{"chat_id": 2, "story_id": i, "digest_id": 1, "at": NOW - DAY, "shown": {}} for i in stories]
        session.execute(insert(SentStory), told)
        cited = [
            {"article_id": i, "ordinal": 0, "position": minute_position(at) + i, "start": 0, "end": 9, "raw": "1",
             "form": "numbered", "quote": "", "stage": "mentioned", "key": f"{i % 500}/2024/NĐ-CP",
             "status": "", "rule": "", "candidates": []}
            for i, at in zip(ids, seen, strict=True)
        ]  # fmt: skip
        session.execute(insert(Mention.__table__), cited)
    if not database.is_sqlite:  # as it does by itself in time; SQLite is never told to
        with database.session() as session:
            session.execute(text("ANALYZE"))
    return database


def scans(session: Session, work: Any) -> Iterator[str]:
    """The plans of what `work` asks that read a large table from its beginning to its end."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    work()
    event.remove(engine, "before_cursor_execute", note)
    assert seen
    if engine.dialect.name == "postgresql":
        # So few rows are soon read: a page costs what a hundred do of tables that are a hundred times as large.
        session.execute(text("SET LOCAL seq_page_cost = 100"))
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    for statement, values in seen:
        rows: Sequence[Any] = session.connection().exec_driver_sql(explain + statement, values).all()
        for line in (str(row[-1]) for row in rows):
            table = line.partition("SCAN ")[2] or line.partition("Seq Scan on ")[2]
            # Most articles and parts are in one of few states.
            if table.split(" ")[0] in LARGE or "state_seen (state=?)" in line or "part_state (state=?)" in line:
                yield f"{line} in {statement}"


@pytest.mark.parametrize("since", [NOW - DAY, NOW - 3 * DAY])
def test_an_edition_is_read_by_keys(filled: Database, since: Any) -> None:
    with filled.session() as session:
        made: list[Edition] = []
        assert not list(scans(session, lambda: made.append(edition_since(session, since, STORED - 300, NOW))))
        hours = (NOW - since) / HOUR
        assert len(made[0].candidates(0)) == pytest.approx(max(hours * 5, 150), abs=2)
        assert not list(scans(session, lambda: list(articles_of(session, range(1, 300)))))


def test_corrections_are_read_by_keys(filled: Database) -> None:
    with filled.session() as session:
        revised: list[Any] = []
        assert not list(scans(session, lambda: revised.append(revised_stories(session, NOW - 3 * DAY))))
        assert 0 < len(revised[0]) < STORED / 100
        everything = dict.fromkeys(range(1, 1500), NOW)
        assert not list(scans(session, lambda: find_corrections(session, 1, NOW, "vi", everything)))


def test_a_digest_is_composed_by_keys(filled: Database) -> None:
    with filled.session() as session:
        reader = find_reader(session, 1)
        assert reader is not None
        digest = Digest(subscription_id=1, chat_id=1, due_at=NOW, window_start=NOW - DAY, window_end=NOW)
        session.add(digest)
        session.flush()
        assert not list(scans(session, lambda: compose_due(session, digest, reader, reader.subscriptions[0])))
        session.rollback()


def test_what_is_to_be_read_is_found_among_what_is_due(filled: Database) -> None:
    """It is asked for at every tick, by who then has the write lock."""
    with filled.session() as session:
        for claim, due_at in ((claim_pages, Article.page_due_at), (claim_second_readings, Article.second_due_at)):
            session.execute(update(Article).where(Article.id % 2000 == 0).values({due_at: NOW}))
            claimed: list[int] = []

            def work(claim: Any = claim, claimed: list[int] = claimed) -> None:
                claimed += [article.id for article in claim(session, NOW, limit=32)]

            assert not list(scans(session, work))
            assert claimed == list(range(STORED, 0, -2000))


@pytest.mark.parametrize(
    ("kind", "value"), [("number", "7/2024/NĐ-CP"), ("document", "7/2024/NĐ-CP#?"), ("draft", "x#y")]
)
def test_how_much_a_follow_would_meet_is_counted_by_keys(filled: Database, kind: str, value: str) -> None:
    with filled.reading() as session:
        counted: list[Frequency] = []
        assert not list(scans(session, lambda: counted.append(frequency_of(session, kind, value, NOW))))
        assert counted[0].month == (0 if kind == "draft" else 30 * 240 // 500)


def test_doubts_are_found_among_doubts(filled: Database) -> None:
    with filled.session() as session:
        session.execute(update(Mention).where(Mention.article_id % 2000 == 7).values(status="presumed"))
        session.execute(update(Article).where(Article.id == 7).values(state="left_out"))
        if not filled.is_sqlite:
            session.execute(text("ANALYZE"))
        found: list[Any] = []
        assert not list(scans(session, lambda: found.extend((count_waiting(session), nth_doubt(session, 3)))))
        waiting, doubt = found
        assert waiting == {None: 9}
        assert (doubt.key, doubt.articles, doubt.waiting) == ("7/2024/NĐ-CP", 9, 9)


def test_what_was_sent_is_counted_by_when(filled: Database) -> None:
    part = {"digest_id": 1, "chat_id": 2, "html": "", "buttons": [], "state": "sent"}
    sent = [{**part, "number": number, "sent_at": NOW - number * DAY} for number in range(1, 10)]
    with filled.session() as session:
        session.execute(insert(DigestPart), sent)
        found: list[Stats] = []
        assert not list(scans(session, lambda: found.append(stats_of(session, NOW, VIETNAM))))
        assert (found[0].digests, found[0].messages) == ((1, 1), (0, 6))
        assert [day.sent for day in found[0].days] == [0, 0, 0, 0, *(1,) * 9, 0]
        assert sum(day.read for day in found[0].days) == sum(day.kept for day in found[0].days) > 13 * 240
        assert found[0].lateness is not None
        assert found[0].lateness.digests == 1


def test_a_new_article_is_folded_by_keys(filled: Database) -> None:
    with filled.session() as session:
        publish(session, *POLICY, seen=NOW)
        folded: list[int] = []
        assert not list(scans(session, lambda: folded.append(fold_stories(session))))
        assert folded == [1]


def test_a_new_article_is_charted_by_keys(filled: Database) -> None:
    with filled.session() as session:
        session.execute(update(Mention).values(status="resolved", stage="rolled_out"))
        if not filled.is_sqlite:
            session.execute(text("ANALYZE mention"))
    with filled.session() as session:
        article = publish(session, *POLICY, seen=NOW)
        assert not list(scans(session, lambda: chart(session, [article.id])))


def test_what_waits_for_its_story_is_found_among_what_is_not_announced(filled: Database) -> None:
    waiting = select(Article.id).where(*cluster._WAITING)
    with filled.reading() as session:
        explain = "EXPLAIN QUERY PLAN " if filled.is_sqlite else "EXPLAIN "
        for query in (waiting.limit(1), waiting.order_by(Article.position).limit(200)):
            statement = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            plan = session.connection().exec_driver_sql(f"{explain}{statement}").all()
            assert any("ix_article_not_announced" in str(row[-1]) for row in plan), plan
