"""Which articles a digest is made of, and how: nothing lost between two digests, every doubt visible."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from conftest import NOW
from digests.choose import dated_in
from digests.claim import claim_due, compose_one
from digests.cluster import fold_stories
from digests.compose import MAX_CHIPS, MAX_STORIES, compose_more, compose_period, compose_preview, compose_told
from digests.dossier import dossier_of
from digests.edition import Editions
from digests.follows import followed_documents
from digests.models import MOST_ITEMS, Digest, DigestPart, SentStory, Story, StoryArticle, Subscription
from digests.parts import Outcome, claim_parts, record
from digests.posting import post_more
from digests.sending import NotNow, Rejected
from digests.subscribers import change_subscription, find_reader
from digests.views import DigestView, shown_documents
from feeds.database import Database
from feeds.following import sync_sources
from feeds.models import Article, Feed
from feeds.positions import minute_position
from feeds.sources import Source
from feeds.store import document_of_token, document_tokens, ensure_documents, unnamed_documents
from newsroom import POLICY, ROBBERY, follow_for, headlines, policy, publish, reader, told

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


# Choosing


def test_imported_articles_are_in_brief_only(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - HOUR, origin="import")
        assert headlines(told(session, reader(session, 1, NOW), NOW)) == []
        assert headlines(compose_period(session, NOW, 24, language="vi", timezone="UTC")) == [policy(1)]


def test_a_period_goes_by_the_date_of_publication(database: Database) -> None:
    with database.session() as session:
        for number, (seen, published) in enumerate(
            [(NOW, NOW), (NOW, NOW - DAY), (NOW + DAY, NOW - DAY + SECOND), (NOW - HOUR, None), (NOW - DAY, None)]
        ):
            publish(session, policy(number), seen=seen, published=published, origin="import")
        fold_stories(session)
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
    assert set(headlines(view)) == {policy(0), policy(3), policy(2)}


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
        session.connection().exec_driver_sql("INSERT INTO story_article SELECT id, 1, 1 FROM article")
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
        one, other = reader(session, 1, NOW), reader(session, 2, NOW)
        fold_stories(session)
    editions = Editions()
    with sqlite.session() as session, statements(sqlite) as run:
        first = told(session, one, NOW, editions=editions)
    assert len(first.stories) == MOST_ITEMS
    assert len(first.held_back) == 60 - MOST_ITEMS
    assert all(chip.token for story in first.stories for chip in story.documents)
    assert len(run) <= 30, "\n\n".join(run)
    texts = [statement for statement in run if "article.text" in statement.lower()]
    assert all("substr(" in statement or "length(" in statement for statement in texts)
    with sqlite.session() as session, statements(sqlite) as run:
        second = told(session, other, NOW, editions=editions)
    assert second.sections == first.sections
    composing = [statement for statement in run if statement.startswith("SELECT")]
    assert len(composing) <= 10, "\n\n".join(run)
    assert not [statement for statement in composing if "mention" in statement or "story_article" in statement]


def test_a_brief_takes_a_handful_of_statements_and_writes_nothing(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in range(60):
            publish(session, policy(number + 10), policy(number + 100), seen=NOW - number * timedelta(minutes=7))
        fold_stories(session)
    with sqlite.reading() as session, statements(sqlite) as run:
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
        named = document_tokens(session, shown_documents(view))
    assert len(run) <= 12, "\n\n".join(run)
    assert not [statement for statement in run if not statement.startswith("SELECT")]
    assert {chip.token for story in view.stories for chip in story.documents} == set(named.values())


def test_of_a_review_that_is_only_asked_for_it_is_not_said_that_it_was_held(database: Database) -> None:
    with database.session() as session:
        for number, title in enumerate(
            (
                "Công an Cà Mau được yêu cầu tổng kết 15 năm thực hiện Chỉ thị 09-CT/TW về an ninh Tổ quốc",
                "Bộ Công an tổng kết 10 năm thực hiện Chỉ thị 48-CT/TW ngày 22/10/2010",
                f"Năm {NOW.year + 1}, Bộ Công an tổng kết 10 năm thực hiện Chỉ thị 46-CT/TW ngày 22/6/2015",
            )
        ):
            publish(session, title, seen=NOW, published=NOW, outlet=f"Báo {number}")
        fold_stories(session)
    with database.reading() as session:
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC")
    chips = {chip.key: (chip.stage, chip.is_held) for story in view.stories for chip in story.documents}
    assert chips == {
        "09-CT/TW": ("final_review", False),
        "48-CT/TW": ("final_review", True),
        "46-CT/TW": ("final_review", False),
    }


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
    assert set(headlines(view)) == {policy(1), policy(2)}


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


def test_a_document_in_the_lead_then_the_level_of_the_outlet_choose_the_head(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, "Ba: Chỉ thị 09", POLICY[1], POLICY[1] * 3, seen=NOW, outlet="Báo Ba")
        publish(session, "Hai: Chỉ thị 09", POLICY[1], seen=NOW, outlet="Báo Hai").level = "ministry"
        publish(session, "Một: Chỉ thị 09", POLICY[1], seen=NOW, outlet="Báo Một").level = "central"
        late = publish(session, "Bốn: hội nghị", "Họp.", POLICY[1] * 3, seen=NOW, outlet="Báo Bốn")
        late.level = "central"
        (story,) = brief(session).stories
        assert {story.head.outlet, *(one.outlet for one in story.others)} == {"Báo Một", "Báo Hai", "Báo Ba", "Báo Bốn"}
        assert story.head.outlet == "Báo Một"


def test_a_report_with_a_summary_heads_the_story(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, "Một: Chỉ thị 09", f"Tuy nhiên, {POLICY[1]}", seen=NOW).level = "central"
        publish(session, "Hai: Chỉ thị 09", POLICY[1], seen=NOW, outlet="Báo Hai")
        (story,) = brief(session).stories
    assert (story.head.outlet, [other.outlet for other in story.others]) == ("Báo Hai", ["Báo Mẫu"])
    assert story.summary


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
        assert set(headlines(brief(session))) == {policy(1), policy(2)}


def test_a_story_stands_under_a_topic_that_was_asked_for(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW).topics = ["drugs", "cyber_data"]
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC", topics=["cyber_data"])
    assert [(section.kind, section.key) for section in view.sections] == [("topic", "cyber_data")]


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
        subscription = reader(session, 1, NOW, language="en", due_in=DAY)
        view = told(session, subscription, NOW)
    assert (view.language, view.timezone, view.window_start, view.window_end) == (
        "en",
        "Asia/Ho_Chi_Minh",
        NOW - DAY,
        NOW,
    )
    assert view.next_due_at == NOW + DAY


def test_the_summary_of_a_story_never_leans(sqlite: Database) -> None:
    with sqlite.session() as session:
        text = "Tuy nhiên, việc này còn chậm. Bộ Công an họp sáng nay."
        publish(session, policy(1), text, seen=NOW, published=NOW)
        (story,) = brief(session).stories
    assert story.summary_text == "Bộ Công an họp sáng nay."


def test_the_coverage_of_a_first_digest_leaves_out_old_news(database: Database) -> None:
    """The first reading brings weeks of articles at once; a digest of one day counts that day."""
    with database.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - HOUR)
        publish(session, policy(2), seen=NOW - HOUR, published=NOW - 9 * DAY)
        publish(session, policy(3), seen=NOW - HOUR, published=NOW - HOUR, origin="import")
        coverage = told(session, reader(session, 1, NOW), NOW, is_first=True).coverage
    assert (coverage.read, coverage.kept) == (1, 1)


def test_sections_are_topics_documents_or_places(sqlite: Database) -> None:
    with sqlite.session() as session:
        one = publish(session, "Bộ Công an thực hiện Chỉ thị 09-CT/TW (khóa XI) về an ninh", seen=NOW, published=NOW)
        two = publish(session, policy(11), seen=NOW, published=NOW)
        open_one = publish(session, "Bộ Công an thực hiện Chỉ thị số 05-CT/TW về an ninh", seen=NOW, published=NOW)
        one.topics, two.topics, open_one.topics = ["drugs"], ["abolished"], ["national_security"]
        subscription = reader(session, 1, NOW)

        def sections(grouping: str) -> list[tuple[str, str, set[str]]]:
            subscription.grouping = grouping
            view = compose_period(session, NOW, 24, language="vi", timezone="UTC", subscription=subscription)
            return [(s.kind, s.key, {story.head.title for story in s.stories}) for s in view.sections]

        assert sections("topic") == [
            ("topic", "national_security", {open_one.title}),
            ("topic", "drugs", {one.title}),
            ("topic", "other", {two.title}),
        ]
        assert sections("document") == [
            ("document", "09-CT/TW#XI", {one.title}),
            ("document", "11/2024/NĐ-CP#2024", {two.title}),
            ("other", "", {open_one.title}),
        ]
        assert sections("place") == [("place", "Đồng Nai", {two.title}), ("other", "", {one.title, open_one.title})]


def test_a_brief_of_a_subscription_is_by_its_choices(database: Database) -> None:
    with database.session() as session:
        for number in range(10, 14):
            publish(session, policy(number), seen=NOW, published=NOW, origin="import")
        subscription = reader(session, 1, NOW)
        subscription.no_words, subscription.most, subscription.name = ["đồng nai"], 2, "An ninh"
        follow_for(session, 1, "11/2024/NĐ-CP#2024")
        fold_stories(session)
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC", subscription=subscription)
    assert view.sections[0].kind == "followed"
    assert headlines(view)[0] == policy(11)
    assert (len(view.stories), len(view.held_back), view.name) == (2, 2, "An ninh")


def test_an_empty_digest_counts_what_its_readers_choices_hid(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        for number in (1, 2):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        publish(session, policy(3), seen=NOW - 3 * DAY, published=NOW - 3 * DAY)
        subscription.no_words, subscription.any_words = ["bảo đảm"], ["Ma túy"]
        view = told(session, subscription, NOW)
        assert (view.filtered, view.choices) == (2, (("words", ("Ma túy", "-bảo đảm")),))
        day = compose_period(session, NOW, 24, language="vi", timezone="UTC", subscription=subscription)
        assert (headlines(day), day.filtered) == ([], 2)
        subscription.no_words, subscription.any_words = [], ["an ninh"]
        view = told(session, subscription, NOW + HOUR, hours=25)
        assert (len(view.stories), view.filtered) == (2, 0)
        subscription.any_words = ["Ma túy"]
        assert told(session, subscription, NOW + 2 * HOUR, hours=26).filtered == 0, "told before, so not hidden"
        assert not compose_period(session, NOW, 24, language="vi", timezone="UTC").filtered


def test_the_coverage_counts_what_is_still_being_read(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        for number in range(4):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        open_verdict, page, tried = session.scalars(select(Article).order_by(Article.id).limit(3))
        open_verdict.state, open_verdict.second_due_at = "reading", NOW - HOUR
        page.page_due_at = tried.page_due_at = NOW
        tried.page_failures = 1
        assert told(session, subscription, NOW).coverage.reading == 2


def test_what_continues_a_told_story_says_so(database: Database) -> None:
    with database.session() as session:
        one, other = reader(session, 1, NOW), reader(session, 2, NOW)
        publish(session, policy(10), seen=NOW - HOUR, published=NOW - HOUR)
        (before,) = told(session, one, NOW).stories
        between = before.story_id
        for number in (11, 12):
            article = publish(session, policy(number), seen=NOW + HOUR, published=NOW + HOUR)
            fold_stories(session)
            story_id = session.scalars(select(StoryArticle.story_id).where(StoryArticle.article_id == article.id)).one()
            # The last one continues what this chat was not told, which continues what it was.
            session.get_one(Story, story_id).continues_id = between
            between = story_id
        session.flush()
        last, middle = sorted(told(session, one, NOW + DAY).stories, key=lambda story: -story.story_id)
        unmarked, *_ = sorted(told(session, other, NOW + DAY, hours=20).stories, key=lambda story: -story.story_id)
    assert (last.continues, last.continues_at) == (before.head, NOW)
    assert (middle.continues, middle.continues_at) == (before.head, NOW)
    assert (unmarked.continues, unmarked.continues_at) == (None, None)


def test_more_brings_what_was_held_back_each_once(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.most = 2
        for number in range(10, 17):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        first = told(session, subscription, NOW)
        digest = session.scalars(select(Digest)).one()
        assert digest.held_back == list(first.held_back)
        gone = session.scalars(
            select(Article).join(StoryArticle).where(StoryArticle.story_id == first.held_back[1])
        ).one()
        gone.state = "left_out"
        session.add(SentStory(chat_id=1, story_id=first.held_back[2], digest_id=digest.id, at=NOW))  # by another digest
        ids = digest.id
    became = []
    for _ in range(4):
        with database.session() as session:
            known = find_reader(session, 1)
            assert known is not None
            became.append(post_more(session, known, ids, NOW + HOUR))
            became.append(post_more(session, known, ids, NOW + HOUR))  # pressed twice
        arrive(database)
    assert became == ["posted", "coming"] * 2 + ["none"] * 4
    with database.session() as session:
        of_parts = select(SentStory.story_id).where(SentStory.digest_id == ids).order_by(SentStory.part, SentStory.at)
        ids_of_parts = session.scalars(of_parts).all()
        more = [one for one in ids_of_parts if session.get_one(SentStory, (1, one)).shown]
        assert set(more) == {first.held_back[0], first.held_back[3], first.held_back[4]}
        parts = session.scalars(select(DigestPart).order_by(DigestPart.number)).all()
        assert [(part.number, part.silent) for part in parts] == [(1, True), (2, True)]
    with database.session() as session:
        assert headlines(told(session, session.scalars(select(Subscription)).one(), NOW + DAY)) == []


def test_two_phones_that_ask_for_more_at_once_get_different_stories(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.most = 2
        for number in range(10, 17):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        told(session, subscription, NOW)

    def press(_: int) -> str:
        with database.session() as session:
            digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
            assert known is not None
            return post_more(session, known, digest.id, NOW + HOUR)

    with ThreadPoolExecutor(2) as phones:
        assert sorted(phones.map(press, range(2))) == ["coming", "posted"]
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(DigestPart)) == 1


def arrive(database: Database) -> None:
    """All parts under way arrive."""
    with database.session() as session:
        parts = claim_parts(session, NOW + HOUR, 10)
        session.flush()
        record(session, [Outcome(part, 1000 + part.part_id) for part in parts], NOW + HOUR)


@pytest.fixture
def half_told(database: Database) -> Database:
    """Chat 1 wants reports of one outlet with a word, one at a time; two stories, each with a fuller report."""
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.most, subscription.outlets, subscription.any_words = 1, ["Báo B"], ["an ninh"]
        for number in (10, 11):
            lead = f"Nghị định số {number}/2024/NĐ-CP được triển khai ở các xã. "
            publish(session, policy(number), lead, lead * 9, seen=NOW - HOUR, published=NOW - HOUR, outlet="Báo A")
            publish(session, policy(number), lead, seen=NOW - 2 * HOUR, published=NOW - 2 * HOUR, outlet="Báo B")
        fold_stories(session)
        claim_due(session, NOW)
        assert compose_one(session, NOW)
    arrive(database)
    return database


def test_more_is_what_the_reader_wants_with_its_words_marked(half_told: Database) -> None:
    with half_told.session() as session:
        digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
        assert known is not None
        view = compose_more(session, digest, known, known.subscriptions[0], NOW + HOUR)
        assert [story.head.outlet for story in view.stories] == ["Báo B"]
        assert view.words == ("an ninh",)


@pytest.mark.parametrize("chosen", [{"volume": -1}, {"outlets": ["Báo C"]}, {"no_words": ["an ninh"]}])
def test_more_is_what_was_wanted_then(half_told: Database, chosen: dict[str, Any]) -> None:
    with half_told.session() as session:
        digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
        assert known is not None
        change_subscription(session, 1, known.subscriptions[0].id, NOW + HOUR, **chosen)
        view = compose_more(session, digest, known, known.subscriptions[0], NOW + HOUR)
        assert [story.story_id for story in view.stories] == digest.held_back


def test_a_digest_again_shows_the_heads_that_were_sent(half_told: Database) -> None:
    with half_told.session() as session:
        digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
        assert known is not None
        subscription = known.subscriptions[0]
        for outlets in (["Báo B"], ["Báo C"], []):
            subscription.outlets = outlets
            view = compose_told(session, digest, known, subscription)
            assert [story.head.outlet for story in view.stories] == ["Báo B"]
            assert view.words == ("an ninh",)


def test_more_that_cannot_be_sent_is_given_back(half_told: Database) -> None:
    """Asked for long after the digest, it is tried again first; refused, its stories are the next digest's."""
    late = NOW + 3 * DAY
    with half_told.session() as session:
        digest, known = session.scalars(select(Digest)).one(), find_reader(session, 1)
        assert known is not None
        assert post_more(session, known, digest.id, late) == "posted"
        (part,) = claim_parts(session, late, 10)
        record(session, [Outcome(part, NotNow("no network"))], late)
        assert session.scalars(select(DigestPart.state).order_by(DigestPart.number)).all() == ["sent", "pending"]
        (part,) = claim_parts(session, late + HOUR, 10)
        record(session, [Outcome(part, Rejected("no"))], late + HOUR)
        assert (digest.state, session.scalars(select(SentStory.part)).all()) == ("done", [1])
        session.expire_all()
        subscription = session.scalars(select(Subscription)).one()
        assert subscription.covered_until == digest.window_start


def test_a_preview_is_the_next_digest_and_writes_nothing(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW, due_in=HOUR)
        for number in (10, 11):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        assert set(headlines(told(session, subscription, NOW))) == {policy(10), policy(11)}
        subscription.covered_until = NOW
        publish(session, policy(12), seen=NOW + HOUR, published=NOW + HOUR)
        fold_stories(session)
    with database.reading() as session, statements(database) as run:
        known = find_reader(session, 1)
        assert known is not None
        view = compose_preview(session, known, known.subscriptions[0], NOW + DAY)
    assert headlines(view) == [policy(12)]
    assert (view.window_start, view.window_end) == (NOW, NOW + DAY)
    assert not [statement for statement in run if not statement.startswith("SELECT")]
    with database.session() as session:
        assert headlines(told(session, session.scalars(select(Subscription)).one(), NOW + DAY)) == [policy(12)]


def test_a_chip_says_of_an_article_what_its_card_says(sqlite: Database) -> None:
    """Of equally sure mentions the one that says what is done, beyond the headline, in the order of the text."""
    with sqlite.session() as session:
        publish(
            session,
            "Bộ Công an tổng kết Chỉ thị số 09-CT/TW (khóa XI)",
            "Nhắc đến Chỉ thị số 09-CT/TW (khóa XI). Bộ Công an quán triệt Chỉ thị số 09-CT/TW (khóa XI) về an ninh.",
            seen=NOW,
        )
        (chip,) = brief(session).stories[0].documents
        (line,) = dossier_of(session, "09-CT/TW#XI").articles
    assert (chip.stage, chip.status) == (line.stage, line.status) == ("rolled_out", "resolved")


def test_whoever_changes_what_a_chat_follows_does_not_wait_for_its_digest(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with database.session() as session:
        reader(session, 1, NOW)
    with database.session() as composing:
        told(composing, composing.scalars(select(Subscription)).one(), NOW)
        with database.session() as session:
            session.execute(text("SET LOCAL lock_timeout = '20s'"))
            follow_for(session, 1, "09-CT/TW#XI")
    with database.session() as session:
        assert followed_documents(session, 1) == {"09-CT/TW#XI"}
