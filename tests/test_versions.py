"""Edits of articles: what was said before is kept, in bounds, and only where it matters."""

import unicodedata
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from conftest import NOW
from feeds.database import Database
from feeds.models import Article
from feeds.versions import MAX_VERSIONS, Parts, is_edit, keep_version, versions_of

WAS: Parts = ("Khoá họp bàn Chỉ thị 09-CT/TW", "Sáng 5/8, Bộ Công an họp.", "Thủ tướng chủ trì.\nHội nghị kết thúc.")


def stored(session: Session, parts: Parts = WAS) -> Article:
    title, lead, text = parts
    article = Article(
        position=1, identity="a", url=None, outlet="Báo Mẫu", title=title, lead=lead, text=text, first_seen_at=NOW
    )
    session.add(article)
    session.flush()
    return article


@pytest.mark.parametrize(
    "becomes",
    [
        WAS,
        ("Khóa họp bàn Chỉ thị 09-CT/TW", *WAS[1:]),
        (unicodedata.normalize("NFD", WAS[0]), *WAS[1:]),
        (WAS[0].replace(" ", "\u00a0"), WAS[1], WAS[2].replace("\n", "\n\n")),
        (WAS[0], f"{WAS[1]}\nThủ tướng chủ trì.", "Hội nghị kết thúc."),
    ],
)
def test_what_is_no_edit(database: Database, becomes: Parts) -> None:
    assert not is_edit(WAS, becomes)
    with database.session() as session:
        article = stored(session)
        assert not keep_version(session, article, becomes, NOW)
        assert not versions_of(session, article.id)


@pytest.mark.parametrize(
    "becomes",
    [
        (WAS[0].replace("09", "10"), *WAS[1:]),
        (WAS[0], "", WAS[2]),
        (WAS[0], WAS[1], f"{WAS[2]} Không ai nói gì."),
        (f"{WAS[0]} {WAS[1]}", "", WAS[2]),
    ],
)
def test_an_edit_keeps_what_was_said(database: Database, becomes: Parts) -> None:
    with database.session() as session:
        article = stored(session)
        assert keep_version(session, article, becomes, NOW)
        article.title, article.lead, article.text = becomes
    with database.reading() as session:
        (version,) = versions_of(session, article.id)
    assert (version.title, version.lead, version.text) == WAS
    assert version.replaced_at == NOW


def test_the_first_and_the_latest_versions_stay(sqlite: Database) -> None:
    edits = MAX_VERSIONS + 5
    with sqlite.session() as session:
        article = stored(session)
        for number in range(1, edits + 1):
            becomes = (f"{WAS[0]}, lần {number}", *WAS[1:])
            assert keep_version(session, article, becomes, NOW + timedelta(hours=number))
            article.title = becomes[0]
    with sqlite.reading() as session:
        versions = versions_of(session, article.id)
    assert len(versions) == MAX_VERSIONS
    assert [version.title for version in versions] == [
        WAS[0],
        *(f"{WAS[0]}, lần {number}" for number in range(edits - MAX_VERSIONS + 1, edits)),
    ]


def test_versions_go_with_their_article(database: Database) -> None:
    with database.session() as session:
        article = stored(session)
        keep_version(session, article, ("Khác", "", ""), NOW)
        session.flush()
        number = article.id
    with database.session() as session:
        session.delete(session.get_one(Article, number))
    with database.reading() as session:
        assert not versions_of(session, number)
