"""What readers call wrong: counted per chat, bounded, without effect before a review, for good after it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.handlers.report import item_links
from conftest import NOW
from digests import feedback
from digests.answer import answer
from digests.chart import chart_waiting
from digests.cluster import fold_stories
from digests.feedback import Kind, Stored, UnknownReport, claimed_documents, decide, open_reports, store_feedback
from digests.models import Digest, Feedback, SentStory, Story, StoryArticle
from digests.moving import move_chat
from digests.split import split
from digests.subscribers import forget, welcome
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.reindex import reindex
from newsroom import POLICY, ROBBERY, publish, reader

DIRECTIVE = "09-CT/TW#XI"


def newsroom(session: Session, *chats: int) -> int:
    """Two articles and some chats; returns the id of the one of policy."""
    for chat_id in chats:
        welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    publish(session, *ROBBERY, seen=NOW)
    return publish(session, *POLICY, seen=NOW).id


def irrelevant(session: Session, chat_id: int, article_id: int) -> Stored:
    return store_feedback(session, chat_id, article_id, Kind.IRRELEVANT, NOW)


def wrong(session: Session, chat_id: int, article_id: int, document_id: str = DIRECTIVE) -> Stored:
    return store_feedback(session, chat_id, article_id, Kind.WRONG_DOCUMENT, NOW, document_id=document_id)


def state(database: Database, article_id: int) -> tuple[str, str]:
    with database.reading() as session:
        article = session.get_one(Article, article_id)
        return article.state, article.state_reason


def citing(database: Database) -> list[str]:
    chart_waiting(database)
    with database.reading() as session:
        return [c.status for dossier in answer(session, "09-CT/TW khóa XI").dossiers for c in dossier.articles]


def test_a_chat_counts_once(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1, 2)
        assert [irrelevant(session, 1, article_id) for _ in range(3)] == [Stored.NEW, Stored.REPEATED, Stored.REPEATED]
        assert irrelevant(session, 2, article_id) is Stored.NEW
        assert wrong(session, 1, article_id) is Stored.NEW
        most, least = open_reports(session)
    assert (most.kind, most.chats, most.article.title, most.quote) == (Kind.IRRELEVANT, 2, POLICY[0], "")
    assert (least.kind, least.chats, least.document_id) == (Kind.WRONG_DOCUMENT, 1, DIRECTIVE)
    assert "09-CT/TW" in least.quote


def test_what_makes_no_sense_is_not_stored(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1)
        assert irrelevant(session, 1, 10**17) is Stored.UNKNOWN
        assert irrelevant(session, 99, article_id) is Stored.UNKNOWN, "a chat that was erased"
        assert wrong(session, 1, article_id, "05-CT/TW#X") is Stored.UNKNOWN
        assert wrong(session, 1, article_id, "") is Stored.UNKNOWN
        assert open_reports(session) == []


def test_a_chat_cannot_fill_the_database(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "MAX_OPEN", 2)
    with sqlite.session() as session:
        newsroom(session, 1, 2)
        ids = [publish(session, f"{POLICY[0]} lần {n}", POLICY[1], seen=NOW).id for n in range(3)]
        assert [irrelevant(session, 1, i) for i in ids] == [Stored.NEW, Stored.NEW, Stored.TOO_MANY]
        assert irrelevant(session, 2, ids[2]) is Stored.NEW
        decide(session, {report.id: False for report in open_reports(session)}, NOW)
        assert irrelevant(session, 1, ids[2]) is Stored.NEW, "what was decided is no longer open"


def test_erasing_a_chat_erases_what_it_said_and_a_move_takes_it_along(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1, 2)
        irrelevant(session, 1, article_id)
        irrelevant(session, 2, article_id)
        move_chat(session, 1, -1001)
        session.flush()
        forget(session, 2)
    with database.reading() as session:
        assert session.scalars(select(Feedback.chat_id)).all() == [-1001]


def test_nothing_changes_before_a_review(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, *range(1, 30))
        for chat_id in range(1, 30):
            irrelevant(session, chat_id, article_id)
            wrong(session, chat_id, article_id)
        assert feedback.ruled_out(session) == []
    reindex(database, lambda: NOW, everything=True)
    assert state(database, article_id)[0] == "kept"
    assert citing(database) == ["resolved"]


def test_what_is_accepted_as_irrelevant_stays_left_out_until_that_is_undone(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1)
        irrelevant(session, 1, article_id)
        (report,) = open_reports(session)
        assert decide(session, {report.id: True}, NOW) == {article_id}
        assert decide(session, {report.id: True}, NOW) == set(), "again changes nothing"
        assert open_reports(session) == []
    for _ in range(2):
        reindex(database, lambda: NOW, everything=True)
        assert state(database, article_id) == ("left_out", "review")
    with database.session() as session:
        assert [article.id for article in feedback.ruled_out(session)] == [article_id]
        changed = decide(session, {report.id: False}, NOW + timedelta(hours=1))
    assert reindex(database, lambda: NOW, only=changed).read == 1
    assert state(database, article_id)[0] == "kept"


def test_a_wrong_document_is_withdrawn_from_its_article_alone(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1)
        publish(session, f"{POLICY[0]} năm 2026", POLICY[1], seen=NOW, outlet="Báo Khác")
        wrong(session, 1, article_id)
        (report,) = open_reports(session)
        changed = decide(session, {report.id: True}, NOW)
    assert citing(database) == ["resolved"] * 2
    assert reindex(database, lambda: NOW, only=changed).resolved_anew == 1
    reindex(database, lambda: NOW, everything=True)
    assert citing(database) == ["resolved"], "the other article cites it still"
    with database.session() as session:
        assert claimed_documents(session, article_id) == []
        mentions = session.execute(select(Mention.status, Mention.rule).where(Mention.article_id == article_id)).all()
        assert ("withdrawn", "review") in [tuple(row) for row in mentions]
        reindex_ids = decide(session, {report.id: False}, NOW)
    reindex(database, lambda: NOW, only=reindex_ids)
    assert citing(database) == ["resolved"] * 2


def test_an_unknown_id_decides_nothing(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1)
        irrelevant(session, 1, article_id)
        (report,) = open_reports(session)
        with pytest.raises(UnknownReport, match="no feedback has the id 9999"):
            decide(session, {report.id: True, 9999: True}, NOW)
        assert session.scalar(select(func.count()).where(Feedback.decision.is_(None))) == 1


@settings(max_examples=200)
@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 250), st.text(max_size=20)), max_size=10))
def test_law_any_message_has_items_or_none(text: str, links: list[tuple[int, str]]) -> None:
    assert set(item_links(text, links).values()) <= {url for _, url in links}


def test_the_numbered_items_of_a_message_are_found_behind_any_emoji() -> None:
    text = "🇻🇳 Điểm tin\n1. Một – Báo A\n12. Hai\nKhác – 3. Ba"
    links = [(len(text[: text.index(word)].encode("utf-16-le")) // 2, word) for word in ("Một", "Hai", "Ba", "Báo")]
    assert item_links(text, links) == {1: "Một", 12: "Hai"}


# Wrong folds


def folded(session: Session) -> tuple[int, int, int]:
    """Two reports folded into one story and a copy of the second; their ids."""
    first = publish(session, *POLICY, seen=NOW, published=NOW)
    second = publish(session, *POLICY, seen=NOW, published=NOW, outlet="Báo Hai")
    copy = publish(session, *POLICY, seen=NOW, published=NOW, outlet="Báo Ba")
    copy.original_id = second.id
    assert fold_stories(session) == 3
    return first.id, second.id, copy.id


def placed(session: Session) -> dict[int, int]:
    return dict(session.execute(select(StoryArticle.article_id, StoryArticle.story_id)).all())


def say_wrong_fold(session: Session, article_id: int) -> Stored:
    return store_feedback(session, 1, article_id, Kind.WRONG_FOLD, NOW)


def test_a_wrong_fold_is_split_by_review_and_taken_back(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
        first, second, copy = folded(session)
        before = placed(session)
        assert len(set(before.values())) == 1
        assert say_wrong_fold(session, second) is Stored.NEW
        assert say_wrong_fold(session, second) is Stored.REPEATED
        assert placed(session) == before, "nothing changes before a review"
        (report,) = open_reports(session)
        assert (report.kind, report.quote) == (Kind.WRONG_FOLD, POLICY[0])
        assert decide(session, {report.id: True}, NOW) == set()
        after = placed(session)
        assert after[first] == before[first]
        assert after[second] == after[copy] != before[second]
        assert session.get_one(Story, before[first]).split_at == NOW
        assert fold_stories(session) == 0, "it does not come back by itself"
        assert decide(session, {report.id: True}, NOW) == set(), "deciding again splits no further"
        assert placed(session) == after
        decide(session, {report.id: False}, NOW)
        assert placed(session) == before


def test_a_report_alone_in_its_story_is_in_no_wrong_fold(database: Database) -> None:
    with database.session() as session:
        article_id = newsroom(session, 1)
        assert say_wrong_fold(session, article_id) is Stored.UNKNOWN
        fold_stories(session)
        assert say_wrong_fold(session, article_id) is Stored.UNKNOWN
        assert split(session, article_id, NOW) is None


def test_who_was_shown_the_report_counts_as_told_of_its_own_story(database: Database) -> None:
    with database.session() as session:
        first, second, copy = folded(session)
        story_id = placed(session)[first]
        for chat_id, shown in ((1, [first, copy]), (2, [first])):
            subscription = reader(session, chat_id, NOW)
            digest = Digest(
                subscription_id=subscription.id, chat_id=chat_id, due_at=NOW, window_start=NOW, window_end=NOW
            )
            session.add(digest)
            session.flush()
            session.add(
                SentStory(chat_id=chat_id, story_id=story_id, digest_id=digest.id, at=NOW, shown={"reports": shown})
            )
        session.flush()
        own = split(session, second, NOW)
        told = session.scalars(select(SentStory.chat_id).where(SentStory.story_id == own)).all()
    assert told == [1]
