"""Counts of stories by week, and what rises against its own past."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from conftest import NOW
from digests.models import Story, StoryArticle
from digests.trends import LEAST, OUTLIER, PAST, WEEK, Trend, find_trends, rate_of
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.positions import minute_position
from feeds.store import ensure_documents

DAY = timedelta(days=1)
DOCUMENT = "48-CT/TW#X"


def tell(session: Session, number: int, days_ago: float, **facts: Any) -> int:
    """One kept article, `days_ago`, of a story of its own or of `story`."""
    at = NOW - days_ago * DAY
    story = facts.pop("story", None)
    cites = facts.pop("cites", None)
    row = {
        "position": minute_position(at) + number, "identity": str(number), "url": None, "outlet": "Báo Mẫu",
        "title": f"Tin {number}", "lead": "", "text": "", "first_seen_at": at, "published_at": at, "state": "kept",
        "compared": True, "announced": True, "topics": [], "places": [], "evidence": [], "wrong_documents": [],
    }  # fmt: skip
    article_id = session.scalars(insert(Article).returning(Article.id), [{**row, **facts}]).one()
    if story is None:
        story = session.scalars(insert(Story).returning(Story.id), [{"created_at": at}]).one()
    session.execute(insert(StoryArticle), [{"article_id": article_id, "story_id": story, "placement": number}])
    if cites:
        document_id, status = cites
        ensure_documents(session, {document_id})
        session.execute(
            insert(Mention.__table__),  # type: ignore[arg-type]
            [{"article_id": article_id, "ordinal": 0, "position": row["position"], "start": 0, "end": 9, "raw": "1",
              "form": "symbol", "quote": "", "stage": "mentioned", "key": "48-CT/TW", "status": status, "rule": "",
              "candidates": [], "document_id": document_id}],
        )  # fmt: skip
    return int(story)


def counts(session: Session) -> dict[tuple[str, str], tuple[int, ...]]:
    return {(trend.kind, trend.value): trend.weeks for trend in find_trends(session, NOW).trends}


def test_stories_are_counted_once_in_the_week_of_their_first_report(database: Database) -> None:
    with database.session() as session:
        first = tell(session, 1, 8, topics=["cyber"], places=["Thái Bình"])
        tell(session, 2, 6.9, topics=["cyber"], places=["Hưng Yên"], story=first)
        tell(session, 3, 0.5, topics=["cyber", "drugs"], cites=(DOCUMENT, "resolved"))
        tell(session, 4, 1, cites=(DOCUMENT, "presumed"))
        tell(session, 5, 1, topics=["cyber"], state="near")
        tell(session, 6, 9 * 7 + 1, topics=["cyber"])
        found = counts(session)
    past = (0,) * (PAST - 1)
    assert found == {
        ("topic", "cyber"): (*past, 1, 1),
        ("topic", "drugs"): (*past, 0, 1),
        ("place", "Hưng Yên"): (*past, 1, 0),
        ("document", DOCUMENT): (*past, 0, 1),
    }


def test_a_local_outlet_that_names_no_place_tells_of_its_own(database: Database) -> None:
    local: dict[str, Any] = {"province": "Thái Bình"}
    with database.session() as session:
        first = tell(session, 1, 2, **local)
        tell(session, 2, 1, **local, places=["Hưng Yên"], story=first)
        tell(session, 3, 1, **local, title="Bộ Công an họp báo về tội phạm mạng")
        tell(session, 4, 9, **local, places=["Hà Nội"], title="Tin", story=tell(session, 5, 8, **local))
        tell(session, 6, 1, **local, places=["Hà Nội", "Huế", "Cà Mau", "Lào Cai"])
        found = counts(session)
    past = (0,) * (PAST - 1)
    assert found == {("place", "Hưng Yên"): (*past, 1, 1), ("place", "Hà Nội"): (*past, 1, 0)}


def test_topics_of_a_story_count_once_however_its_articles_name_them(database: Database) -> None:
    with database.session() as session:
        first = tell(session, 1, 1, topics=["cyber", "drugs"])
        tell(session, 2, 1, topics=["drugs", "cyber"], story=first)
        tell(session, 3, 1, topics=["drugs"], story=first, cites=(DOCUMENT, "resolved"))
        tell(session, 4, 1, topics=[], story=first, cites=(DOCUMENT, "resolved"))
        found = {value: weeks[-1] for (_, value), weeks in counts(session).items()}
    assert found == {"cyber": 1, "drugs": 1, DOCUMENT: 1}


def test_weeks_begin_to_the_moment(database: Database) -> None:
    with database.session() as session:
        for number, days in enumerate((7, 7 - 1e-9, 7 + 1e-9, 63, 63 - 1e-9, 0)):
            tell(session, number, days, topics=["cyber"])
        future = NOW + DAY  # dated ahead of being seen, it was told when it was seen
        tell(session, 9, 8, topics=["cyber"], published_at=future)
        tell(session, 10, 1, topics=["cyber"], published_at=None)
        tell(session, 11, 1, topics=["cyber"], published_at=NOW - 64 * DAY)
        found = counts(session)
    assert found == {("topic", "cyber"): (1, *(0,) * (PAST - 2), 2, 4)}


def test_weeks_end_now(database: Database) -> None:
    with database.session() as session:
        found = find_trends(session, NOW)
    assert found.starts[-1] == NOW - WEEK
    assert len(found.starts) == PAST + 1
    assert found.trends == ()


def test_what_rises_is_what_stands_out_of_its_own_past(database: Database) -> None:
    with database.session() as session:
        number = 0
        for week in range(PAST + 1):
            for topic, many in (("cyber", 2), ("drugs", 6), ("border", 1)):
                now = {"cyber": 12, "drugs": 7, "border": LEAST - 1}[topic]
                for _ in range(now if week == 0 else many):
                    number += 1
                    tell(session, number, 7 * week + 1 + number / 1000, topics=[topic])
        found = find_trends(session, NOW)
    assert [trend.value for trend in found.rising()] == ["cyber"]
    assert found.rising("place") == ()
    assert [trend.value for trend in found.of("topic")] == ["cyber", "drugs", "border"]
    (cyber,) = found.rising("topic")
    assert (cyber.usual, cyber.count) == (2, 12)
    assert cyber.rate == pytest.approx((12 - 2) / 2**0.5)


def test_the_rate_by_hand() -> None:
    assert rate_of(10, [0] * PAST) == 10  # the floor is one story
    assert rate_of(20, [4, 4, 4, 4, 4, 4, 4, 4]) == pytest.approx(16 / 2)  # sqrt(4)
    assert rate_of(20, [0, 2, 4, 6, 8, 10, 12, 14]) == pytest.approx((20 - 7) / (1.4826 * 4))
    assert not Trend("topic", "x", (0, LEAST - 1), 99.0, 0).is_rising
    assert Trend("topic", "x", (0, LEAST), OUTLIER, 0).is_rising


@given(st.lists(st.integers(0, 1000), min_size=PAST, max_size=PAST), st.integers(0, 1000))
def test_more_is_never_a_smaller_rate_and_the_usual_is_none(past: list[int], count: int) -> None:
    assert rate_of(count, past) < rate_of(count + 1, past)
    assert rate_of(sorted(past)[PAST // 2], [sorted(past)[PAST // 2]] * PAST) == 0


def test_trends_are_read_by_index(database: Database) -> None:
    with database.session() as session:
        for number in range(400):
            tell(session, number, number, topics=["cyber"], cites=(DOCUMENT, "resolved"))
        if not database.is_sqlite:  # as it does by itself in time; SQLite has no statistics in operation
            session.execute(text("ANALYZE"))
    with database.reading() as session:
        seen: list[tuple[str, Any]] = []
        engine = session.get_bind()

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            seen.append((statement, values))

        event.listen(engine, "before_cursor_execute", note)
        find_trends(session, NOW)
        event.remove(engine, "before_cursor_execute", note)
        if not database.is_sqlite:
            session.execute(text("SET LOCAL seq_page_cost = 10000"))  # so few rows are soon read from end to end
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        plans = [str(row[-1]) for s, v in seen for row in session.connection().exec_driver_sql(explain + s, v)]
    assert seen
    assert not [line for line in plans if "Seq Scan" in line or line.startswith("SCAN")], plans
