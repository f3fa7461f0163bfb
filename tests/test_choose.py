"""Which stories a chat is told: new ones it wants, each once, nothing between two digests."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests.choose import LATE
from digests.models import StoryArticle, Subscription
from digests.views import DigestView
from feeds.database import Database
from feeds.models import Article
from newsroom import POLICY, ROBBERY, follow_for, headlines, policy, publish, reader, told

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def fresh(session: Session, *, is_first: bool = False, **choices: Any) -> DigestView:
    """The first digest of a new chat, of the day before `NOW`, by these choices."""
    subscription = reader(session, 1, NOW)
    for name, value in choices.items():
        setattr(subscription, name, value)
    return told(session, subscription, NOW, is_first=is_first)


# What is new


def test_only_policy_of_the_window_is_chosen(database: Database) -> None:
    with database.session() as session:
        publish(session, policy(1), seen=NOW, published=NOW - 2 * HOUR)
        publish(session, policy(2), seen=NOW - DAY + SECOND, published=NOW - HOUR)
        publish(session, policy(3), seen=NOW + SECOND, published=NOW)
        publish(session, *ROBBERY, seen=NOW - HOUR, published=NOW - HOUR)
        assert set(headlines(fresh(session))) == {policy(1), policy(2)}


@pytest.mark.parametrize(
    ("age", "is_first", "news"),
    [(DAY, True, True), (DAY + SECOND, True, False), (DAY + LATE, False, True), (DAY + LATE + SECOND, False, False)],
)
def test_old_articles_that_come_late_are_no_news(sqlite: Database, age: timedelta, is_first: bool, news: bool) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR, published=NOW - age)
        assert bool(headlines(fresh(session, is_first=is_first))) == news


def test_an_article_without_a_date_is_news_when_it_is_first_seen(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR)
        publish(session, policy(2), seen=NOW - 3 * DAY)
        assert headlines(fresh(session)) == [policy(1)]


def test_a_first_digest_reaches_back_no_further_than_its_window(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - DAY, published=NOW - HOUR)
        assert headlines(fresh(session, is_first=True)) == []


def test_what_was_stored_or_judged_after_the_last_digest_is_in_the_next_once(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        assert headlines(told(session, subscription, NOW)) == []
        publish(session, policy(1), seen=NOW - 5 * SECOND, published=NOW - HOUR)
        late = publish(session, *ROBBERY, seen=NOW - HOUR, published=NOW - HOUR)
        late.state, late.topics = "kept", ["other"]
        assert set(headlines(told(session, subscription, NOW + DAY))) == {policy(1), ROBBERY[0]}
        assert headlines(told(session, subscription, NOW + 2 * DAY)) == []


@pytest.mark.parametrize("published", [NOW - 2 * HOUR, None])
def test_an_article_that_is_read_for_days_is_news_when_it_is_kept(database: Database, published: Any) -> None:
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        publish(session, policy(1), seen=NOW - HOUR, published=published).state = "reading"
        old = publish(session, policy(2), seen=NOW - HOUR, published=NOW - 9 * DAY)
        old.state = "reading"
        for days in range(3):
            assert headlines(told(session, subscription, NOW + days * DAY)) == []
        session.execute(update(Article).values(state="kept"))
        assert headlines(told(session, subscription, NOW + 3 * DAY)) == [policy(1)]
        assert headlines(told(session, subscription, NOW + 4 * DAY)) == []


def test_after_a_pause_what_was_placed_in_it_is_no_news(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = reader(session, 1, NOW)
        told(session, subscription, NOW)
        publish(session, policy(1), seen=NOW + DAY, published=NOW + DAY)
        publish(session, policy(2), seen=NOW + 5 * DAY, published=NOW + 5 * DAY)
        assert headlines(told(session, subscription, NOW + 5 * DAY)) == [policy(2)]


def test_a_digest_that_failed_gives_its_stories_to_the_next(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.most = 1
        for number in (1, 2, 3):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        first = told(session, subscription, NOW, ends="failed")
        again = told(session, subscription, NOW + DAY, hours=48)
    assert headlines(again) == headlines(first)
    assert again.held_back == first.held_back


def test_a_story_that_was_held_back_is_new_only_by_another_report(sqlite: Database) -> None:
    with sqlite.session() as session:
        subscription = reader(session, 1, NOW)
        subscription.most = 1
        for number in (1, 2, 3):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        first = told(session, subscription, NOW)
        assert len(first.held_back) == 2
        (held,) = {policy(1), policy(2), policy(3)} - set(headlines(first)) - {title_of(session, first.held_back[1])}
        publish(session, held, seen=NOW + HOUR, published=NOW + HOUR, outlet="Báo Hai")
        second = told(session, subscription, NOW + DAY)
    assert headlines(second) == [held]
    assert second.held_back == ()
    assert second.stories[0].story_id == first.held_back[0]


def title_of(session: Session, story_id: int) -> str:
    query = select(Article.title).join(StoryArticle, StoryArticle.article_id == Article.id)
    return session.scalars(query.where(StoryArticle.story_id == story_id)).one()


# Once per chat


def test_what_one_chat_was_told_is_still_new_to_another(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR)
        for chat_id in (1, 2):
            assert headlines(told(session, reader(session, chat_id, NOW), NOW)) == [policy(1)]


def test_nothing_comes_twice_by_two_subscriptions_or_further_reports(database: Database) -> None:
    with database.session() as session:
        one = reader(session, 1, NOW)
        other = Subscription(chat_id=1, next_due_at=NOW, topics=[])
        session.add(other)
        session.flush()
        publish(session, *POLICY, seen=NOW - HOUR, published=NOW - HOUR)
        assert headlines(told(session, one, NOW)) == [POLICY[0]]
        publish(session, *POLICY, seen=NOW, published=NOW, outlet="Báo Hai")
        assert headlines(told(session, other, NOW)) == []
        assert headlines(told(session, one, NOW + DAY)) == []


# What is wanted


def test_topics_narrow_the_choice(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, policy(1), seen=NOW - HOUR).topics = ["drugs", "cyber_data"]
        publish(session, policy(2), seen=NOW - HOUR).topics = ["ideology"]
        view = fresh(session, topics=["cyber_data", "other"])
    assert headlines(view) == [policy(1)]
    assert view.stories[0].topic == "cyber_data"


def test_places_are_the_provinces_of_today_and_the_country_is_none(sqlite: Database) -> None:
    with sqlite.session() as session:
        old_name = "Công an tỉnh Bến Tre triển khai Nghị định số 1/2024/NĐ-CP về bảo đảm an ninh, trật tự"
        publish(session, old_name, seen=NOW - HOUR)
        publish(session, policy(2), seen=NOW - HOUR)
        publish(session, *POLICY, seen=NOW - HOUR)
        home = publish(session, "Quán triệt Nghị định số 9/2024/NĐ-CP về an ninh, trật tự", seen=NOW - HOUR,
                       province="Trà Vinh")  # fmt: skip
        central = publish(session, "Bộ Công an triển khai Nghị định số 8/2024/NĐ-CP về an ninh, trật tự",
                          seen=NOW - HOUR, province="Trà Vinh", outlet="Báo Hai")  # fmt: skip
        home.state = central.state = "kept"
        everywhere = publish(session, policy(7), ", ".join(("Vĩnh Long", "Huế", "Hà Nội", "Lào Cai")), seen=NOW - HOUR)
        assert len(everywhere.places) > 3
        view = fresh(session, places=["Vĩnh Long"])
        assert set(headlines(view)) == {old_name, home.title}
        assert {story.place for story in view.stories} == {"Vĩnh Long"}
        assert set(headlines(told(session, other_chat(session, places=["tỉnh Bến Tre"]), NOW))) == {
            old_name,
            home.title,
        }


def other_chat(session: Session, **choices: Any) -> Subscription:
    subscription = reader(session, 2, NOW)
    for name, value in choices.items():
        setattr(subscription, name, value)
    return subscription


def test_a_wanted_outlet_heads_the_story(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, *POLICY, POLICY[1] * 5, seen=NOW - HOUR, outlet="Báo Đủ")
        publish(session, *POLICY, seen=NOW - HOUR, outlet="Báo Muốn")
        publish(session, policy(2), seen=NOW - HOUR, outlet="Báo Đủ")
        (story,) = fresh(session, outlets=["Báo Muốn"]).stories
    assert story.head.outlet == "Báo Muốn"
    assert [other.outlet for other in story.others] == ["Báo Đủ"]


@pytest.mark.parametrize(
    ("choices", "numbers"),
    [
        ({"all_words": ["Nghị định", "LÀO CAI"]}, [4]),
        ({"any_words": ["lao cai", "son la"]}, [4, 5]),
        ({"no_words": ["sơn la"]}, [3, 4]),
        ({"any_words": ["công an"], "no_words": ["ma túy", "cà mau"]}, [4]),
        ({"all_words": ["cong"], "any_words": ["lao"]}, [4]),
        ({"all_words": ["ngh"]}, []),
        ({"any_words": ["  "]}, [3, 4, 5]),
    ],
)
def test_words_are_wanted_or_not(sqlite: Database, choices: dict[str, list[str]], numbers: list[int]) -> None:
    with sqlite.session() as session:
        for number in (3, 4, 5):
            text = "Theo đó, lực lượng bắt nhiều vụ ma tuý." if number == 5 else ""
            publish(session, policy(number), "Tin vắn.", text, seen=NOW - HOUR)
        view = fresh(session, **choices)
    assert set(headlines(view)) == {policy(number) for number in numbers}


def test_an_unwanted_word_in_one_report_keeps_the_story_away(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, *POLICY, seen=NOW - HOUR)
        publish(session, POLICY[0], POLICY[1], "Có cả bóng đá.", seen=NOW - HOUR, outlet="Báo Hai")
        assert headlines(fresh(session, no_words=["bóng đá"])) == []


def test_the_marked_words_are_those_wanted(sqlite: Database) -> None:
    with sqlite.session() as session:
        view = fresh(session, all_words=["Ma túy"], any_words=["AN NINH", "ma tuy"], no_words=["bóng đá"])
    assert view.words == ("ma tuy", "an ninh")


def test_a_report_in_the_readers_language_heads_the_story(sqlite: Database) -> None:
    with sqlite.session() as session:
        publish(session, *POLICY, POLICY[1] * 5, seen=NOW - HOUR, outlet="Bản tiếng Anh").language = "en"
        publish(session, *POLICY, seen=NOW - HOUR, outlet="Bản tiếng Việt")
        (story,) = fresh(session).stories
        assert story.head.outlet == "Bản tiếng Việt"
        english = reader(session, 2, NOW, language="en")
        (story,) = told(session, english, NOW).stories
        assert story.head.outlet == "Bản tiếng Anh"


# Followed documents


def test_followed_documents_come_first_whatever_else_is_wanted(database: Database) -> None:
    with database.session() as session:
        for number in (10, 11, 12):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        near = publish(session, policy(13), seen=NOW - HOUR, published=NOW - 20 * HOUR)
        near.state = "near"
        follow_for(session, 1, "13/2024/NĐ-CP#2024")
        view = fresh(session, places=["Nghệ An"], no_words=["Lào Cai"])
    assert headlines(view) == [policy(13), policy(10)]
    assert [section.kind for section in view.sections] == ["followed", "topic"]


def test_an_instant_subscription_tells_only_of_followed_documents(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in (10, 11):
            publish(session, policy(number), seen=NOW - HOUR, published=NOW - HOUR)
        follow_for(session, 1, "11/2024/NĐ-CP#2024")
        view = fresh(session, cadence="instant")
        assert (headlines(view), view.is_instant) == ([policy(11)], True)
        daily = Subscription(chat_id=1, next_due_at=NOW)
        session.add(daily)
        session.flush()
        assert headlines(told(session, daily, NOW + HOUR)) == [policy(10)]


def test_a_followed_document_is_shown_among_many(sqlite: Database) -> None:
    cited = [f"Nghị định số {number}/2024/NĐ-CP" for number in range(10, 25)]
    with sqlite.session() as session:
        publish(session, "Bộ Công an phổ biến các nghị định về an ninh, trật tự", f"Gồm {', '.join(cited)}.", seen=NOW)
        follow_for(session, 1, "24/2024/NĐ-CP#2024")
        (story,) = fresh(session).stories
    assert "24/2024/NĐ-CP#2024" in {chip.document_id for chip in story.documents}
    assert len(story.documents) == 6
