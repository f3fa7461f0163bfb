"""Stored articles read again; a document's own page; what the press says of a document nobody catalogued."""

import pytest
from sqlalchemy import select, update

from conftest import NOW
from digests.answer import answer
from digests.render import render_dossier
from feeds.analyse import analyse
from feeds.database import Database
from feeds.models import Article, Mention
from feeds.reindex import count_outdated, reindex
from newsroom import POLICY, ROBBERY, publish

DECREE = """CHÍNH PHỦ
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Số: 13/2023/NĐ-CP
NGHỊ ĐỊNH
Bảo vệ dữ liệu cá nhân
Điều 1. Phạm vi điều chỉnh
Điều 2. Giải thích từ ngữ
Điều 3. Nguyên tắc bảo vệ dữ liệu cá nhân"""


def test_only_what_older_rules_have_read_is_read_again(database: Database) -> None:
    with database.session() as session:
        publish(session, *POLICY, seen=NOW)
        publish(session, *ROBBERY, seen=NOW)
        session.execute(update(Article).values(rules_version=0, state="left_out", state_reason="old; page http_403"))
        session.execute(update(Mention).values(status="unknown", document_id=None))
    assert count_outdated(database) == 2
    report = reindex(database, lambda: NOW)
    assert (report.read, report.turned, report.resolved_anew) == (2, 1, 1)
    assert (
        count_outdated(database),
        reindex(database, lambda: NOW).read,
        reindex(database, lambda: NOW, everything=True).read,
    ) == (0, 0, 2)
    with database.reading() as session:
        kept = session.scalars(select(Article).where(Article.state == "kept")).one()
        assert kept.title == POLICY[0]
        assert kept.state_reason.endswith("; page http_403")
        assert set(session.scalars(select(Mention.document_id))) == {"09-CT/TW#XI"}


@pytest.mark.parametrize(
    ("title", "text", "own"),
    [
        ("Nghị định về bảo vệ dữ liệu cá nhân", DECREE, "13/2023/NĐ-CP"),
        (
            "Toàn văn Nghị định 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân",
            "Điều 1. Phạm vi\nĐiều 2. Giải thích\nĐiều 3. Nguyên tắc",
            "13/2023/NĐ-CP",
        ),
        ("Nghị định 13/2023/NĐ-CP được triển khai ở các xã", "Công an xã phổ biến Nghị định 13/2023/NĐ-CP.", None),
        ("Đại hội Đảng Cộng sản Việt Nam", "ĐẢNG CỘNG SẢN VIỆT NAM quang vinh. Theo Chỉ thị số 09-CT/TW.", None),
    ],
)
def test_a_page_that_is_the_document_itself_is_known_by_its_form(title: str, text: str, own: str | None) -> None:
    assert analyse(title, "", text).own_key == own


def test_a_documents_own_page_is_not_an_article_about_it(database: Database) -> None:
    with database.session() as session:
        publish(session, "Toàn văn", "", DECREE, seen=NOW)
        publish(session, "Phổ biến Nghị định 13/2023/NĐ-CP", "Công an tỉnh phổ biến quy định mới.", seen=NOW)
        (dossier,) = answer(session, "13/2023/NĐ-CP").dossiers
    assert [citing.article.title for citing in dossier.articles] == ["Phổ biến Nghị định 13/2023/NĐ-CP"]


def test_a_card_is_built_from_what_independent_outlets_say(database: Database) -> None:
    with database.session() as session:
        for outlet, words in (
            (
                "Báo Một",
                "Hội nghị quán triệt Chỉ thị số 998-CT/TW ngày 5/10/2026 của Ban Bí thư về an ninh.",
            ),
            (
                "Báo Hai",
                "Hội nghị quán triệt Chỉ thị số 998-CT/TW ngày 5/10/2026 của Ban Bí thư về an ninh.",
            ),
            ("Báo Ba", "Tỉnh ủy học tập Chỉ thị số 998-CT/TW ngày 5/10/2026 của Ban Bí thư."),
            ("Báo Bốn", "Sở triển khai Chỉ thị số 998-CT/TW ngày 6/10/2026 của Ban Bí thư."),
        ):
            publish(session, f"Tin của {outlet}", words, seen=NOW, outlet=outlet)
        found = answer(session, "998-CT/TW")
        facts = [fact for dossier in found.dossiers for fact in dossier.observed]
        html, _ = render_dossier(found.dossiers[0], "vi", "Asia/Ho_Chi_Minh")
    dates = {fact.value: fact for fact in facts if fact.field == "date"}
    assert set(dates) == {"2026-10-05", "2026-10-06"}
    assert all(fact.contradicted for fact in dates.values())
    issuer = next(fact for fact in facts if fact.field == "issuer")
    assert (issuer.value, issuer.agreed, issuer.contradicted) == ("Ban Bí thư", True, False)
    title = next(fact for fact in facts if fact.field == "title")
    assert not title.agreed, "one agency's sentence in two papers is one source"
    assert "các báo viết khác nhau" in html
    assert "một nguồn" in html
