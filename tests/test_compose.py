"""Which articles a digest is made of, and how: nothing lost between two digests, every doubt visible."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from conftest import NOW
from digests.choose import LATE, choose_new, choose_period, dated_in
from digests.claim import claim_due, compose_one
from digests.cluster import fold_stories
from digests.compose import MAX_CHIPS, MAX_STORIES, compose_due, compose_period
from digests.models import Digest, SentStory
from digests.rank import importance, ranked
from digests.subscribers import find_reader
from digests.views import ArticleView, DigestView, DocumentChip, StoryView, shown_documents
from feeds.database import Database
from feeds.following import sync_sources
from feeds.models import Article, Feed
from feeds.sources import Source
from feeds.store import document_of_token, document_tokens, ensure_documents, minute_position, unnamed_documents
from newsroom import POLICY, ROBBERY, publish, reader

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PLACES = ("Hà Tĩnh", "Nghệ An", "Đồng Nai", "Cà Mau", "Lào Cai", "Sơn La", "Lai Châu", "Điện Biên", "Cao Bằng")


def policy(number: int) -> str:
    """A headline of policy; each of another place and time, so that no two fold."""
    place = PLACES[number % len(PLACES)]
    return f"Công an tỉnh {place} triển khai Nghị định số {number}/2024/NĐ-CP về bảo đảm an ninh, trật tự"


def chosen(session: Session, *, is_first: bool = False, topics: Sequence[str] = ()) -> list[str]:
    """Titles for chat 1 of the window of the last day before `NOW`."""
    fold_stories(session)
    articles = choose_new(session, chat_id=1, window_start=NOW - DAY, window_end=NOW, is_first=is_first, topics=topics)
    return [article.title for article in articles]


def composed(session: Session, chat_id: int = 1) -> DigestView:
    digest = session.scalars(select(Digest).where(Digest.chat_id == chat_id).order_by(Digest.id.desc())).first()
    known = find_reader(session, chat_id)
    assert digest is not None
    assert known is not None
    return compose_due(session, digest, known)


def headlines(view: DigestView) -> set[str]:
    return {story.head.title for story in view.stories}


# Choosing


def test_only_policy_of_the_window_is_chosen_newest_first(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW, published=NOW - 2 * HOUR)
        publish(session, policy(2), seen=NOW - DAY + SECOND, published=NOW - HOUR)
        publish(session, policy(3), seen=NOW + SECOND, published=NOW)
        publish(session, *ROBBERY, seen=NOW - HOUR, published=NOW - HOUR)
        assert chosen(session) == [policy(2), policy(1)]


@pytest.mark.parametrize(
    ("age", "is_first", "news"),
    [(DAY, True, True), (DAY + SECOND, True, False), (DAY + LATE, False, True), (DAY + LATE + SECOND, False, False)],
)
def test_old_articles_that_come_late_are_no_news(sqlite: Database, age: timedelta, is_first: bool, news: bool) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - age)
        assert bool(chosen(session, is_first=is_first)) == news


def test_an_article_without_a_date_is_news_when_it_is_first_seen(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR)
        assert chosen(session) == [policy(1)]


def test_topics_narrow_the_choice(sqlite: Database) -> None:
    with sqlite.session() as session:
        article = publish(session, *POLICY, seen=NOW - HOUR)
        other = next(code for code in ("drugs", "fire_safety") if code not in article.topics)
        assert chosen(session, topics=[article.topics[0], other]) == [POLICY[0]]
        assert chosen(session, topics=[other]) == []


def test_a_first_digest_reaches_back_no_further_than_its_window(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - DAY, published=NOW - HOUR)
        assert chosen(session, is_first=True) == []


def test_an_article_that_was_stored_while_the_last_digest_was_made_is_in_the_next(database: Database) -> None:
    """First seen before the window's edge, but stored or judged by its page only after the digest was composed."""
    with database.session() as session:
        reader(session, 1, NOW)
        claim_due(session, NOW)
        assert compose_one(session, NOW)
    with database.session() as session:
        publish(session, policy(1), seen=NOW - 5 * SECOND, published=NOW - HOUR)
        late = publish(session, *ROBBERY, seen=NOW - HOUR, published=NOW - HOUR)
        late.state, late.topics = "kept", ["other"]
        claim_due(session, NOW + DAY)
        assert headlines(composed(session)) == {policy(1), ROBBERY[0]}
        assert compose_one(session, NOW + DAY)
    with database.session() as session:
        claim_due(session, NOW + 2 * DAY)
        assert headlines(composed(session)) == set()


def test_what_was_sent_to_one_chat_is_still_new_to_another(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR)
        reader(session, 1, NOW)
        reader(session, 2, NOW)
        claim_due(session, NOW)
        assert compose_one(session, NOW)
        assert [row.chat_id for row in session.scalars(select(SentStory))] == [1]
        assert headlines(composed(session, 2)) == {policy(1)}


def test_imported_articles_are_in_brief_only(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - HOUR, origin="import")
        assert chosen(session) == []
        assert headlines(compose_period(session, NOW, 24, language="vi", timezone="UTC")) == {policy(1)}


def test_a_period_goes_by_the_date_of_publication(database: Database) -> None:
    with database.session() as session:
        for number, (seen, published) in enumerate(
            [(NOW, NOW), (NOW, NOW - DAY), (NOW + DAY, NOW - DAY + SECOND), (NOW - HOUR, None), (NOW - DAY, None)]
        ):
            publish(session, policy(number), seen=seen, published=published, origin="import")
        found = choose_period(session, start=NOW - DAY, end=NOW)
    assert [article.title for article in found] == [policy(0), policy(3), policy(2)]


@pytest.mark.parametrize("hours", [1, 200_000, 10_000_000])
def test_a_period_may_be_absurdly_long(sqlite: Database, hours: int) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW, published=NOW)
        assert len(compose_period(session, NOW, hours, language="vi", timezone="Asia/Ho_Chi_Minh").stories) == 1


def test_a_period_may_hold_more_articles_than_a_query_has_variables(sqlite: Database) -> None:
    count = 33_000
    with sqlite.session() as session:
        session.connection().exec_driver_sql("INSERT INTO story (id, created_at) VALUES (1, '2026-01-01')")
        rows = [
            (
                i,
                minute_position(NOW - 12 * HOUR) + i,
                f"a{i}",
                "Báo",
                "Tin",
                "",
                "",
                "2026-11-19 12:00:00",
                "vi",
                False,
                "poll",
                "kept",
                "",
                0,
                0,
            )
            for i in range(1, count + 1)
        ]
        session.connection().exec_driver_sql(
            "INSERT INTO article (id, position, identity, outlet, title, lead, text, first_seen_at, language, "
            "title_is_ours, origin, state, state_reason, page_failures, rules_version, topics, places, evidence) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', '[]', '[]')",
            rows,
        )
        session.connection().exec_driver_sql("INSERT INTO story_article SELECT id, 1 FROM article")
        view = compose_period(session, NOW, 48, language="vi", timezone="UTC")
    assert [len(story.others) for story in view.stories] == [count - 1]


# Composing


def brief(session: Session) -> DigestView:
    fold_stories(session)
    return compose_period(session, NOW, 24, language="vi", timezone="Asia/Ho_Chi_Minh")


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are run inside, but for those that begin and end transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_digest_takes_a_handful_of_statements(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in range(60):
            publish(session, policy(number + 10), policy(number + 100), seen=NOW - number * timedelta(minutes=7))
        reader(session, 1, NOW)
        claim_due(session, NOW)
        fold_stories(session)
    with sqlite.session() as session, statements(sqlite) as run:
        view = composed(session)
    assert len(view.stories) == MAX_STORIES
    assert all(chip.token for story in view.stories for chip in story.documents)
    assert len(run) <= 15, "\n\n".join(run)
    texts = [statement for statement in run if "article.text" in statement.lower()]
    assert all("substr(" in statement or "length(" in statement for statement in texts)
    with sqlite.reading() as session, statements(sqlite) as run:
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
        named = document_tokens(session, shown_documents(view))
    assert len(run) <= 12, "\n\n".join(run)
    assert not [statement for statement in run if not statement.startswith("SELECT")]
    assert {chip.token for story in view.stories for chip in story.documents} == set(named.values())


def test_a_brief_takes_no_write_lock_and_its_buttons_work_once_named(database: Database) -> None:
    with database.session() as session:
        publish(session, "Bộ Công an thực hiện Chỉ thị số 05-CT/TW về an ninh", seen=NOW, published=NOW)
        fold_stories(session)
    with database.session() as writer:
        writer.execute(text("UPDATE article SET score = score"))  # another process is writing
        with database.reading() as session:
            view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
    (chip,) = view.stories[0].documents
    with database.session() as session:
        assert set(unnamed_documents(session, shown_documents(view))) == {"05-CT/TW#?"}
        assert document_of_token(session, chip.token) is None
        ensure_documents(session, shown_documents(view))
        assert document_of_token(session, chip.token) == "05-CT/TW#?"


def test_an_article_that_is_kept_between_folding_and_composing_is_a_story_of_its_own(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW)
        fold_stories(session)
        publish(session, policy(2), seen=NOW)
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
    assert headlines(view) == {policy(1), policy(2)}


def test_a_period_is_read_by_position(sqlite: Database) -> None:
    with sqlite.session() as session:
        query = str(
            select(Article.id)
            .where(dated_in(NOW - DAY, NOW))
            .compile(sqlite.engine, compile_kwargs={"literal_binds": True})
        )
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "position>? AND position<?" in str(plan)


def test_at_most_so_many_stories_and_the_rest_is_counted(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in range(MAX_STORIES + 4):
            title = f"Quốc hội thông qua Luật số {number + 10}/2025/QH15 về an ninh mạng"
            publish(session, title, seen=NOW - number * timedelta(minutes=7), published=NOW - number * HOUR / 3)
        view = brief(session)
    assert (len(view.stories), len(view.held_back)) == (MAX_STORIES, 4)


def test_the_coverage_of_a_brief_counts_imports_too(database: Database) -> None:
    with database.session() as session:
        sync_sources(session, [Source("https://a.example", "Báo Hỏng"), Source("https://b.example", "Báo Tốt")], NOW)
        session.flush()
        session.scalars(select(Feed).where(Feed.outlet == "Báo Hỏng")).one().failures = 2
        publish(session, *POLICY, seen=NOW, outlet="Báo Một")
        publish(session, *ROBBERY, seen=NOW - HOUR, outlet="Báo Hai")
        publish(session, policy(3), seen=NOW - DAY, outlet="Báo Ba")
        publish(session, policy(4), seen=NOW - HOUR, outlet="Báo Bốn", origin="import")
        coverage = brief(session).coverage
    assert (coverage.read, coverage.outlets, coverage.kept, coverage.failed) == (3, 3, 2, ("Báo Hỏng",))


def test_the_fullest_report_heads_its_story(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, "Một: Chỉ thị 09", POLICY[1], seen=NOW, published=NOW)
        publish(session, "Hai: Chỉ thị 09", POLICY[1], POLICY[1] * 3, seen=NOW, published=NOW - HOUR, outlet="Báo Hai")
        publish(session, "Ba: Chỉ thị 09", POLICY[1], seen=NOW, published=NOW - 2 * HOUR, outlet="Báo Ba")
        view = brief(session)
    (story,) = view.stories
    assert story.head.title == "Hai: Chỉ thị 09"
    assert [other.outlet for other in story.others] == ["Báo Mẫu", "Báo Ba"]
    assert story.summary_text in POLICY[1]


def test_the_best_source_of_a_text_heads_its_story_and_the_others_count(sqlite: Database) -> None:
    with sqlite.session() as session:
        text = POLICY[1]
        repeated = publish(session, "Một: Chỉ thị 09", text, text * 3, seen=NOW, published=NOW)
        best = publish(session, "Hai: Chỉ thị 09", text, seen=NOW, published=NOW, outlet="Báo Hai")
        repeated.original_id = best.id
        (story,) = brief(session).stories
        assert story.head.outlet == "Báo Hai"
        assert [other.outlet for other in story.others] == ["Báo Mẫu"]
        best.state = "left_out"  # not in this digest
        session.flush()
        (story,) = brief(session).stories
    assert story.head.outlet == "Báo Mẫu"


def test_a_topic_that_is_no_more_loses_no_story(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW).topics = ["abolished"]
        publish(session, policy(2), seen=NOW).topics = []
        assert headlines(brief(session)) == {policy(1), policy(2)}


def test_a_story_stands_under_a_topic_that_was_asked_for(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW).topics = ["drugs", "cyber_data"]
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC", topics=["cyber_data"])
    assert [section.topic for section in view.sections] == ["cyber_data"]


def test_one_chip_a_document_surest_reading_first(sqlite: Database) -> None:
    text = (
        "Hội nghị quán triệt Chỉ thị 09-CT/TW. Chỉ thị số 09-CT/TW, ngày 1/12/2011 của Ban Bí thư (khóa XI). "
        "Bộ Công an thực hiện Chỉ thị số 05-CT/TW. Tiếp tục thực hiện Kết luận số 44-KL/TW."
    )
    with sqlite.session() as session:
        publish(session, "Bộ Công an quán triệt các chỉ thị về an ninh", text, seen=NOW)
        (story,) = brief(session).stories
    chips = {chip.key: chip for chip in story.documents}
    assert len(chips) == len(story.documents) == 3
    assert (chips["09-CT/TW"].document_id, chips["09-CT/TW"].status) == ("09-CT/TW#XI", "resolved")
    assert chips["09-CT/TW"].stage == "rolled_out"
    assert (chips["05-CT/TW"].document_id, chips["05-CT/TW"].status) == ("05-CT/TW#?", "ambiguous")
    assert story.documents[0].status == "resolved"
    assert all(chip.status in ("resolved", "presumed", "ambiguous", "unknown") for chip in story.documents)


def test_an_open_citation_is_not_hidden_behind_a_presumed_one(sqlite: Database) -> None:
    with sqlite.session() as session:
        article = publish(session, "Bộ Công an thực hiện Chỉ thị 09-CT/TW", "Theo Chỉ thị 09-CT/TW.", seen=NOW)
        session.refresh(article, ["mentions"])
        one, other = article.mentions
        one.status, one.document_id, one.rule = "presumed", "09-CT/TW#XI", "only_candidate"
        other.status, other.document_id, other.rule = "ambiguous", None, "several_candidates"
        session.flush()
        (story,) = brief(session).stories
    assert {(chip.document_id, chip.status) for chip in story.documents} == {
        ("09-CT/TW#XI", "presumed"),
        ("09-CT/TW#?", "ambiguous"),
    }


def test_a_chip_knows_whether_the_story_states_its_term(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, "Bộ Công an tổng kết Chỉ thị số 09-CT/TW (khóa XI) về an ninh", seen=NOW)
        article = publish(session, "Bộ Công an sơ kết Kết luận số 86-KL/TW về an ninh quốc gia", seen=NOW)
        session.refresh(article, ["mentions"])
        ensure_documents(session, ["86-KL/TW#X"])
        (mention,) = article.mentions
        mention.status, mention.document_id = "resolved", "86-KL/TW#X"
        session.flush()
        chips = [chip for story in brief(session).stories for chip in story.documents]
    assert {(chip.document_id, chip.is_stated) for chip in chips} == {("09-CT/TW#XI", True), ("86-KL/TW#X", False)}


def test_a_citation_that_contradicts_the_known_document_keeps_its_own_chip(sqlite: Database) -> None:
    with sqlite.session() as session:
        article = publish(session, *POLICY, seen=NOW)
        session.refresh(article, ["mentions"])
        doubtful = article.mentions[-1]
        doubtful.status, doubtful.document_id, doubtful.rule = "unknown", None, "contradiction"
        session.flush()
        (story,) = brief(session).stories
    assert {(chip.document_id, chip.status) for chip in story.documents} == {
        ("09-CT/TW#XI", "resolved"),
        ("09-CT/TW#?", "unknown"),
    }


def test_not_more_chips_than_fit(sqlite: Database) -> None:
    cited = ", ".join(f"Nghị định số {number}/2024/NĐ-CP" for number in range(10, 10 + 2 * MAX_CHIPS))
    with sqlite.session() as session:
        publish(session, "Bộ Công an phổ biến các nghị định về bảo đảm an ninh, trật tự", f"Gồm {cited}.", seen=NOW)
        (story,) = brief(session).stories
    assert len(story.documents) == MAX_CHIPS


def test_a_digest_for_a_reader_is_in_their_language_and_zone(sqlite: Database) -> None:
    with sqlite.session() as session:
        reader(session, 1, NOW, language="en")
        claim_due(session, NOW)
        view = composed(session)
    assert (view.language, view.timezone, view.window_start, view.window_end) == (
        "en",
        "Asia/Ho_Chi_Minh",
        NOW - DAY,
        NOW,
    )
    assert view.next_due_at is not None
    assert view.next_due_at > NOW


def test_the_summary_of_a_story_never_leans(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), "Tuy nhiên, việc này còn chậm. Bộ Công an họp sáng nay.", seen=NOW)
        (story,) = brief(session).stories
    assert story.summary_text == "Bộ Công an họp sáng nay."


# Ranking


def story(
    number: int, issuer: str | None = None, stage: str = "mentioned", *, at: datetime = NOW, level: str = "other"
) -> StoryView:
    head = ArticleView(number, "Tít", False, None, "Báo", level, at, True)
    chip = DocumentChip("09-CT/TW#XI", "09-CT/TW", "token", issuer, "resolved", stage, None)
    return StoryView(number, "other", 0.5, head, (), "", (chip,) if issuer else ())


def test_the_partys_centre_comes_before_a_province_and_news_before_old_news() -> None:
    local = story(1, "TU", "issued")
    central = story(2, "TW", "issued", at=NOW - HOUR)
    assembly = story(3, "QH15", at=NOW - HOUR)
    newer, older = story(4, at=NOW), story(5, at=NOW - HOUR)
    twins = story(6, at=NOW - DAY), story(7, at=NOW - DAY)
    stories = [older, newer, twins[1], twins[0], local, assembly, central]
    assert [s.story_id for s in ranked(stories)] == [2, 3, 1, 4, 5, 6, 7]
    assert ranked(ranked(stories)) == ranked(stories[::-1])
    assert importance(central) > importance(local)


def test_the_coverage_of_a_first_digest_leaves_out_old_news(database: Database) -> None:
    """The first reading brings weeks of articles at once; a digest of one day counts that day."""
    with database.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - HOUR)
        publish(session, policy(2), seen=NOW - HOUR, published=NOW - 9 * DAY)
        publish(session, policy(3), seen=NOW - HOUR, published=NOW - HOUR, origin="import")
        reader(session, 1, NOW)
        claim_due(session, NOW)
        digest = session.scalars(select(Digest)).one()
        found = find_reader(session, 1)
        assert found is not None
        coverage = compose_due(session, digest, found).coverage
    assert (coverage.read, coverage.kept) == (1, 1)
