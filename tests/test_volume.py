"""Fewer or more: how near to policy an article must be for a reader; nobody else is shown what is only near."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from conftest import NOW
from digests.cluster import fold_stories
from digests.compose import compose_period
from digests.subscribers import find_reader, subscribe
from feeds.classify import STEP, Verdict
from feeds.database import Database
from feeds.models import Article
from feeds.store import store_verdict
from newsroom import POLICY, publish, reader, told

MARGINS = {"Chắc chắn": STEP, "Vừa đủ": 0.0, "Gần đủ": -STEP, "Còn xa": -STEP - 0.01}
WANTED = {-1: ["Chắc chắn"], 0: ["Chắc chắn", "Vừa đủ"], 1: ["Chắc chắn", "Vừa đủ", "Gần đủ"]}


def verdict(margin: float, *, is_open: bool = False) -> Verdict:
    return Verdict(margin >= 0 and not is_open, 0.5, ("drugs",), (), is_open=is_open, margin=margin)


def fill(session: Session) -> None:
    for number, (title, margin) in enumerate(MARGINS.items()):
        article = publish(session, title, POLICY[1][: 20 * number], seen=NOW - timedelta(hours=1), outlet=title)
        store_verdict(article, verdict(margin), NOW)
    session.flush()
    fold_stories(session)


@pytest.mark.parametrize("volume", WANTED)
def test_each_volume_has_its_bar(database: Database, volume: int) -> None:
    with database.session() as session:
        fill(session)
        subscription = reader(session, 1, NOW)
        subscription.volume = volume
        new = told(session, subscription, NOW)
        period = compose_period(session, NOW, 24, language="vi", timezone="UTC", volume=volume)
    for view in (new, period):
        shown = [article.title for story in view.stories for article in (story.head, *story.others)]
        assert sorted(shown) == sorted(WANTED[volume])


def test_what_is_only_near_is_in_nobody_elses_digest(database: Database) -> None:
    with database.session() as session:
        fill(session)
        view = compose_period(session, NOW, 24, language="vi", timezone="Asia/Ho_Chi_Minh")
    shown = {article.title for story in view.stories for article in (story.head, *story.others)}
    assert shown == set(WANTED[0])
    assert (view.coverage.read, view.coverage.kept) == (4, 2)


def test_a_near_article_keeps_its_topics_for_those_who_chose_them(sqlite: Database) -> None:
    with sqlite.session() as session:
        fill(session)
        view = compose_period(session, NOW, 24, language="vi", timezone="UTC", topics=["drugs"], volume=1)
    shown = [article.title for story in view.stories for article in (story.head, *story.others)]
    assert "Gần đủ" in shown
    assert {section.key for section in view.sections} == {"drugs"}


def test_the_choice_is_kept_with_the_subscription(database: Database) -> None:
    with database.session() as session:
        reader(session, 1, NOW)
        assert find_reader(session, 1).volume == 0  # type: ignore[union-attr]
        subscribe(session, 1, NOW, volume=-1)
        subscribe(session, 1, NOW, minute_of_day=60)
        assert find_reader(session, 1).volume == -1  # type: ignore[union-attr]


@pytest.mark.parametrize(("state", "meanwhile"), [("kept", "kept"), ("near", "near"), ("left_out", "reading")])
def test_what_is_shown_stays_as_it_is_until_the_second_reader_has_judged(
    sqlite: Database, state: str, meanwhile: str
) -> None:
    with sqlite.session() as session:
        article = publish(session, *POLICY, seen=NOW)
        session.execute(update(Article).values(state=state, margin=0.7, topics=["ideology"], second_due_at=None))
        session.refresh(article)
        store_verdict(article, verdict(-3.0, is_open=True), NOW)
        assert (article.state, article.second_due_at) == (meanwhile, NOW)
        assert (article.margin == 0.7) == (meanwhile != "reading")
        store_verdict(article, verdict(-0.1), NOW)
        assert (article.state, article.margin, article.second_due_at) == ("near", -0.1, None)


@given(st.floats(-30, 30))
def test_law_relevant_and_near_exclude_each_other(margin: float) -> None:
    found = verdict(margin)
    assert not (found.relevant and found.is_near)
    assert (found.relevant or found.is_near) == (margin >= -STEP)
