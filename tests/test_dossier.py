"""Answers about documents. A wrong statement about one is the worst bug there is."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from bot.cards import CardView, dossier_buttons
from bot.keyboards import answer_buttons
from conftest import NOW
from digests.answer import Answer, answer
from digests.chart import chart_some
from digests.dossier import PER_PAGE, Dossier, dossier_of
from digests.dossier_models import DocumentArticle, DocumentDay
from digests.facets import EVERYTHING, Filters
from digests.messages import plain_text
from digests.render import render_dossier
from digests.templates import LANGUAGES, render
from feeds.database import Database
from feeds.documents import Document, document_name, load_catalogue
from feeds.models import Article, Mention
from feeds.store import ensure_documents
from newsroom import POLICY, ROBBERY, chart_all, publish

HOUR = timedelta(hours=1)
ZONE = "Asia/Ho_Chi_Minh"
OF_TERM_X = "Đồng Nai thực hiện Chỉ thị số 05-CT/TW (khóa X) về bảo đảm an ninh quốc gia"
OF_TERM_XII = "Hà Tĩnh thực hiện Chỉ thị số 05-CT/TW (khóa XII) về học tập và làm theo Bác"
OF_TERM_XI = "Hội thảo về Chỉ thị số 05-CT/TW (khóa XI)"
OF_NO_TERM = "Công an tỉnh thực hiện nghiêm Chỉ thị số 05-CT/TW"


def ask(database: Database, query: str) -> Answer:
    with database.session() as session:
        return answer(session, query)


def titles(dossier: Dossier) -> list[str]:
    return [citing.article.title for citing in dossier.articles]


def card(dossier: Dossier, language: str = "vi", page: int = 0) -> str:
    return plain_text(render_dossier(dossier, language, ZONE, page)[0])


def reply(found: Answer, language: str = "vi") -> str:
    as_of = load_catalogue().as_of
    return plain_text(render("answer.html", language, answer=found, timezone=ZONE, as_of=as_of))


def publish_all(session: Session, *headlines: str) -> None:
    for number, title in enumerate(headlines):
        publish(session, title, seen=NOW, published=NOW - number * HOUR)


def test_one_document_with_its_articles_newest_first(database: Database) -> None:
    with database.session() as session:
        publish(session, *ROBBERY, seen=NOW)
        publish(session, *POLICY, seen=NOW, published=NOW - HOUR)
        publish(session, "Sơ kết Chỉ thị 09-CT/TW (khóa XI)", seen=NOW, published=NOW, outlet="Báo Hai")
    found = ask(database, "09 ct tw")
    assert (found.status, found.keys, [d.id for d in found.documents]) == ("found", ("09-CT/TW",), ["09-CT/TW#XI"])
    (dossier,) = found.dossiers
    assert (dossier.document_id, dossier.total, dossier.unsure) == ("09-CT/TW#XI", 2, 0)
    assert titles(dossier) == ["Sơ kết Chỉ thị 09-CT/TW (khóa XI)", POLICY[0]]
    first, second = dossier.articles
    assert (first.stage, second.stage) == ("interim_review", "rolled_out")
    assert "09-CT/TW" in second.quote
    assert second.quote in "\n".join(POLICY)
    assert found.reading_since is None
    assert ask(database, "99-CT/TW").reading_since == NOW


def test_of_a_review_that_is_only_asked_for_its_card_does_not_say_that_it_was_held(database: Database) -> None:
    with database.session() as session:
        publish_all(
            session,
            "Bí thư Tỉnh ủy Cà Mau yêu cầu tổng kết 15 năm thực hiện Chỉ thị 09-CT/TW (khóa XI)",
            "Cà Mau tổng kết 15 năm thực hiện Chỉ thị 09-CT/TW (khóa XI)",
        )
    (dossier,) = ask(database, "09-CT/TW").dossiers
    assert [(one.stage, one.is_held) for one in dossier.articles] == [("final_review", False), ("final_review", True)]
    assert card(dossier).count("tổng kết 15 năm (chưa nói là đã làm)") == 1
    assert card(dossier, "en").count("final review after 15 years (not said to be done)") == 1


@pytest.mark.parametrize(("published", "is_held"), [(NOW, False), (NOW + 9600 * HOUR, True), (None, True)])
def test_a_date_after_its_article_puts_a_review_off_on_its_card(
    database: Database, published: datetime | None, is_held: bool
) -> None:
    title = f"Tháng 1/{NOW.year + 1}, Cà Mau tổng kết 15 năm thực hiện Chỉ thị 09-CT/TW (khóa XI)"
    with database.session() as session:
        publish(session, title, seen=NOW, published=published)
    (dossier,) = ask(database, "09-CT/TW").dossiers
    assert [(one.stage, one.is_held) for one in dossier.articles] == [("final_review", is_held)]


def test_a_number_of_two_terms_offers_both_and_merges_none(database: Database) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_TERM_XII, OF_NO_TERM, OF_TERM_XI)
    found = ask(database, "05-CT/TW")
    assert found.status == "ambiguous"
    assert [document.id for document in found.documents] == ["05-CT/TW#XII", "05-CT/TW#X"]
    text = reply(found)
    assert "05-CT/TW (khóa XII)" in text
    assert "05-CT/TW (khóa X)" in text


@pytest.mark.parametrize(("term", "own"), [("X", OF_TERM_X), ("XII", OF_TERM_XII), ("XI", OF_TERM_XI)])
def test_articles_read_as_of_another_term_are_left_out(database: Database, term: str, own: str) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_TERM_XII, OF_NO_TERM, OF_TERM_XI)
        dossier = dossier_of(session, f"05-CT/TW#{term}")
    assert own in titles(dossier)
    assert set(titles(dossier)) <= {own, OF_NO_TERM}
    assert dossier.unsure == dossier.total - 1
    lines = card(dossier).splitlines()
    for title, doubted in ((own, False), (OF_NO_TERM, True)):
        if title in titles(dossier):
            below = lines[next(i for i, line in enumerate(lines) if title in line) + 1]
            assert ("chưa" in below) == doubted, below


def test_an_article_that_contradicts_a_document_is_not_listed_with_it(database: Database) -> None:
    contradicting = "Thi hành Chỉ thị số 09-CT/TW ngày 5/5/2021 của Ban Bí thư về an ninh mạng"
    with database.session() as session:
        publish(session, contradicting, seen=NOW, published=NOW)
        mention = session.scalars(select(Mention)).one()
        mention.status, mention.document_id, mention.rule, mention.candidates = "unknown", None, "contradiction", []
        chart_all(session)
        assert dossier_of(session, "09-CT/TW#XI").total == 0
        assert dossier_of(session, "09-CT/TW#?").total == 1


def test_what_is_presumed_is_marked(database: Database) -> None:
    with database.session() as session:
        publish(session, "Công an xã thực hiện Chỉ thị số 09-CT/TW", seen=NOW, published=NOW)
    (dossier,) = ask(database, "09-CT/TW").dossiers
    assert (dossier.total, dossier.unsure, dossier.articles[0].status) == (1, 1, "presumed")
    assert "chưa chắc đúng văn bản này" in card(dossier)
    assert "trong đó 1 bài chưa chắc là văn bản này" in card(dossier)
    assert "not certain to be this document" in card(dossier, "en")


def test_an_unknown_number_says_so_and_offers_the_nearest(database: Database) -> None:
    found = ask(database, "990-CT/TW")
    assert (found.status, found.documents, found.cited, found.namesakes) == ("unknown", (), {}, ())
    assert [dossier.total for dossier in found.dossiers] == [0]
    assert "Chưa biết văn bản 990-CT/TW" in reply(found)
    slip = ask(database, "44-CT/TW")
    assert slip.status in ("unknown", "found", "ambiguous")
    near = ask(database, "0009-CT/TW")
    assert near.keys == ("09-CT/TW",) or near.nearest


def test_what_no_catalogue_knows_is_told_by_its_first_articles_and_by_its_last(database: Database) -> None:
    with database.session() as session:
        first = "Chính phủ ban hành Nghị định số 1234/2024/NĐ-CP ngày 5/3/2024 về chợ nổi trên sông"
        publish(session, first, seen=NOW, published=NOW - 400 * HOUR)
        for number in range(60):
            title = f"Cà Mau thực hiện Nghị định số 1234/2024/NĐ-CP, kỳ {number}"
            publish(session, title, seen=NOW, published=NOW - number * HOUR)
    (dossier,) = ask(database, "1234/2024/NĐ-CP").dossiers
    assert dossier.total == 61
    assert ("date", "2024-03-05") in [(fact.field, fact.value) for fact in dossier.observed]


def test_nearest_numbers_include_those_only_the_press_knows(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 992-CT/TW", seen=NOW)
    assert "992-CT/TW" in [near.key for near in ask(database, "991-CT/TW").nearest]


def test_an_unknown_number_that_the_press_cites_shows_the_press(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 990-CT/TW", seen=NOW)
    found = ask(database, "990-CT/TW")
    (dossier,) = found.dossiers
    assert (found.status, found.nearest, dossier.document, dossier.total) == ("unknown", (), None, 1)
    assert "chưa có trong danh mục" in card(dossier)
    assert "chưa thấy báo nào" not in reply(found)
    assert "990-CT/TW: 1 bài" in reply(found)


def test_a_term_that_the_catalogue_does_not_have_is_not_said_to_be_missing_as_a_number(database: Database) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_TERM_XII)
    found = ask(database, "05-CT/TW khóa XI")
    assert (found.status, found.documents) == ("unknown", ())
    text = reply(found)
    assert "không có trong danh mục" not in text
    assert "Danh mục có 2 văn bản mang số này" in text


def test_an_asked_term_is_said_to_be_unknown_unless_the_press_knows_it(database: Database) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_NO_TERM)
    found = ask(database, "05-CT/TW khóa XI")
    assert found.cards == ()
    for language, unknown in (
        ("vi", "Chưa biết văn bản 05-CT/TW (khóa XI)"),
        ("en", "Unknown document 05-CT/TW (term XI)"),
    ):
        assert reply(found, language).startswith(unknown)
    assert found.nearest == ()
    with database.session() as session:
        publish(session, OF_TERM_XI, seen=NOW, published=NOW)
    found = ask(database, "05-CT/TW khóa XI")
    assert [(dossier.document_id, titles(dossier)) for dossier in found.cards] == [("05-CT/TW#XI", [OF_TERM_XI])]
    assert found.missing == ()


def test_a_term_of_a_number_that_only_the_press_knows_is_not_dropped(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 990-CT/TW (khóa X)", seen=NOW)
    (dossier,) = ask(database, "990-CT/TW khóa XI").cards
    assert card(dossier).startswith("Chưa biết văn bản 990-CT/TW (khóa XI)")
    assert "báo chí viết về số 990-CT/TW" in card(dossier)
    assert "what the press writes of number 990-CT/TW" in card(dossier, "en")
    listed = ask(database, "05-CT/TW khóa XI, 44-KL/TW")
    assert listed.status == "several"
    assert [card(dossier).splitlines()[0] for dossier in listed.cards] == [
        "Kết luận 44-KL/TW (khóa XII) (chưa kiểm chứng)",
        "Chưa biết văn bản 05-CT/TW (khóa XI)",
    ]


def test_a_document_under_its_other_names_has_one_card(database: Database) -> None:
    named = "Hà Nội thực hiện Đề án 06 về dữ liệu dân cư"
    numbered = "Công an tỉnh thực hiện Quyết định số 06/QĐ-TTg ngày 6/1/2022 của Thủ tướng Chính phủ"
    with database.session() as session:
        publish_all(session, named, numbered, f"{named}: nhìn lại Quyết định số 06/QĐ-TTg ngày 6/1/2022")
    for query in ("đề án 06", "06/QĐ-TTg năm 2022"):
        (dossier,) = ask(database, query).cards
        assert (dossier.document_id, dossier.total) == ("06/QĐ-TTg#2022", 3)


def test_a_law_cited_by_its_name_stands_on_its_card(database: Database) -> None:
    named, numbered = "Sửa đổi Luật Quốc phòng", "Bộ Quốc phòng thực hiện Luật số 22/2018/QH14"
    with database.session() as session:
        publish_all(session, named, numbered, "Tuyên truyền Luật Quốc phòng năm 2005")
        assert set(titles(dossier_of(session, "22/2018/QH14#2018"))) == {named, numbered}


def test_near_numbers_have_a_title_to_choose_by(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 992-CT/TW về “phòng <b>chống</b> tội phạm mạng”", seen=NOW)
    found = ask(database, "991-CT/TW")
    as_of = load_catalogue().as_of
    html = render("answer.html", "vi", answer=found, timezone=ZONE, as_of=as_of)
    assert "• 57-CT/TW: “tăng cường bảo đảm an ninh mạng" in html
    html += render("answer.html", "vi", answer=ask(database, "09-CTT/TW <b>x"), timezone=ZONE, as_of=as_of)
    assert "“09-CTT/TW &lt;b&gt;x”" in html
    assert "• 992-CT/TW: “phòng &lt;b&gt;chống&lt;/b&gt; tội phạm mạng” <i>(chưa kiểm chứng)</i>" in html


class Named(dict[str, str]):
    def __missing__(self, document_id: str) -> str:
        return "token"


def test_buttons_have_a_short_title_to_choose_by(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 992-CT/TW về “phòng chống tội phạm mạng”", seen=NOW)

    def labels(query: str, language: str = "vi") -> list[str]:
        return [label for row in answer_buttons(Named(), ask(database, query), language) for label, _ in row]

    assert labels("05-CT/TW")[0] == "05-CT/TW (khóa XII): đẩy mạnh học tập và làm theo tư…"
    assert labels("09-CTT/TW") == ["09-CT/TW: Tăng cường sự lãnh đạo của Đảng đối với phong…"]
    assert labels("nghi quyet 51-nq/bctt") == ["51-NQ/TW (2 văn bản)"]
    assert labels("nghi quyet 51-nq/bctt", "en") == ["51-NQ/TW (2 documents)"]
    assert labels("991-CT/TW")[0] == "992-CT/TW: phòng chống tội phạm mạng (?)"
    (dossier,) = ask(database, "09-CT/TW").cards
    buttons = dossier_buttons(Named(), dossier, "vi", CardView("token"), followed=False)
    related = [label for row in buttons for label, action in row if action.startswith("doc:token:0:")]
    assert related[0] == "44-KL/TW (khóa XII): tiếp tục đẩy mạnh thực hiện Chỉ thị… (?)"


def test_a_list_is_answered_whole(database: Database) -> None:
    with database.session() as session:
        publish(session, "Quán triệt Chỉ thị số 990-CT/TW", seen=NOW)
    found = ask(database, "09-CT/TW, 990-CT/TW, 991-CT/TW")
    assert found.status == "several"
    assert [(dossier.key, dossier.document_id, dossier.total) for dossier in found.dossiers] == [
        ("09-CT/TW", "09-CT/TW#XI", 0),
        ("990-CT/TW", None, 1),
        ("991-CT/TW", None, 0),
    ]


def test_an_open_number_of_a_list_is_asked_about(database: Database) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_TERM_XII)
    found = ask(database, "09-CT/TW 05-CT/TW 44-KL/TW")
    assert found.status == "several"
    assert [dossier.document_id or dossier.key for dossier in found.cards] == [
        "09-CT/TW#XI",
        "44-KL/TW#XII",
        "05-CT/TW",
    ]
    text = card(found.cards[-1])
    assert "Có 2 văn bản ứng với 05-CT/TW. Bạn cần văn bản nào?" in text
    assert "05-CT/TW (khóa X)" in text
    assert "05-CT/TW (khóa XII)" in text
    assert found.cards[-1].total == 2
    assert "đạo đức, phong cách Hồ Chí Minh" in text, "the titles tell which"


def test_terms_that_are_all_stated_leave_no_choice(database: Database) -> None:
    found = ask(database, "05-CT/TW khóa X, XII")
    assert [dossier.document_id for dossier in found.cards] == ["05-CT/TW#X", "05-CT/TW#XII"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("05-CT/TW khóa 99", "Chưa biết văn bản 05-CT/TW (khóa 99)\nDanh mục có 2 văn bản"),
        ("05-CT/TW ngày 31/2/2016", "Chưa biết văn bản 05-CT/TW, ngày 31/02/2016\nDanh mục có 2 văn bản"),
        ("13/2023/NĐ-CP của Bộ Chính trị", "Chưa biết văn bản 13/2023/NĐ-CP, Bộ Chính trị\nDanh mục có 1 văn bản"),
    ],
)
def test_what_cannot_be_is_said(database: Database, query: str, says: str) -> None:
    found = ask(database, query)
    assert found.cards == ()
    assert reply(found).startswith(says)


def test_a_number_alone_is_said_to_be_perhaps_of_another_term(database: Database) -> None:
    (alone,) = ask(database, "09-CT/TW").cards
    assert "Danh mục chỉ có văn bản này mang số 09-CT/TW; khóa khác có thể cũng có." in card(alone)
    assert "The catalogue has only this document numbered 09-CT/TW; other terms may have one too." in card(alone, "en")
    for query in ("09-CT/TW khóa XI", "13/2023/NĐ-CP"):
        (told,) = ask(database, query).cards
        assert "khóa khác" not in card(told)


def test_what_is_no_number_is_invalid(database: Database) -> None:
    found = ask(database, "thời tiết <b>hôm nay</b>")
    assert (found.status, found.keys, found.dossiers) == ("invalid", (), ())
    assert "thời tiết <b>hôm nay</b>" in reply(found)


def test_a_number_without_its_place_lists_all_places_by_name(database: Database) -> None:
    with database.session() as session:
        publish_all(
            session,
            "Quán triệt Nghị quyết số 98-NQ/TU của Tỉnh ủy Hà Tĩnh",
            "Quán triệt Nghị quyết số 98-NQ/TU của Tỉnh ủy Đồng Nai",
            "Quán triệt Nghị quyết số 98-NQ/TU về an ninh",
            "Quán triệt Nghị quyết số 98-NQ/TW về an ninh",
        )
        dossier = dossier_of(session, "98-NQ/TU#?")
    assert {citing.key for citing in dossier.articles} == {"98-NQ/TU", "98-NQ/TU@Hà Tĩnh", "98-NQ/TU@Đồng Nai"}
    text = card(dossier)
    assert "98-NQ/TU (Hà Tĩnh)" in text
    assert "98-NQ/TU (Đồng Nai)" in text
    with database.session() as session:
        assert titles(dossier_of(session, "98-NQ/TU@Hà Tĩnh#?")) == [
            "Quán triệt Nghị quyết số 98-NQ/TU của Tỉnh ủy Hà Tĩnh"
        ]


def test_a_provinces_number_is_not_its_citys_and_a_doubt_is_shown(database: Database) -> None:
    with database.session() as session:
        publish_all(
            session,
            "Quán triệt Nghị quyết số 08-NQ/TU của Tỉnh ủy Bến Tre",
            "Quán triệt Nghị quyết số 08-NQ/TU của Tỉnh ủy Hà Tĩnh",
            "Quán triệt Nghị quyết số 08-NQ/TU",
        )
        city = dossier_of(session, "08-NQ/TU@Bến Tre?#?")
        number = dossier_of(session, "08-NQ/TU#?")
    assert city.document is not None
    assert "Quán triệt Nghị quyết số 08-NQ/TU của Tỉnh ủy Hà Tĩnh" not in titles(city)
    assert city.unsure == city.total
    assert number.document is None
    assert number.total == 3
    text = card(number)
    assert "chưa có trong danh mục" not in text, "the catalogue does have one of that number"
    assert "08-NQ/TU (Hà Tĩnh)" in text


def test_a_number_that_may_only_be_one_document_shows_the_articles_read_so(database: Database) -> None:
    with database.session() as session:
        publish_all(session, "TP. Bến Tre triển khai Nghị quyết số 08-NQ/TU về chiến lược bảo vệ an ninh quốc gia")
        found = answer(session, "08-NQ/TU Bến Tre")
    assert found.status == "ambiguous"
    assert sum(dossier.total for dossier in found.dossiers) == 1


def test_the_card_of_a_number_names_what_each_article_means(database: Database) -> None:
    """The button under an ambiguous citation in a digest leads here."""
    with database.session() as session:
        publish_all(session, OF_TERM_X, OF_TERM_XII, OF_NO_TERM)
        dossier = dossier_of(session, "05-CT/TW#?")
    assert (dossier.document, dossier.total) == (None, 3)
    lines = card(dossier).splitlines()
    assert "Danh mục có 2 văn bản mang số này:" in lines
    assert not any("chưa có trong danh mục" in line for line in lines)
    below = {title: lines[next(i for i, line in enumerate(lines) if title in line) + 1] for title in titles(dossier)}
    assert below[OF_TERM_X].endswith("05-CT/TW (khóa X)")
    assert below[OF_TERM_XII].endswith("05-CT/TW (khóa XII)")
    assert below[OF_NO_TERM].endswith("(chưa rõ là văn bản nào)")


def test_an_uncatalogued_identity_is_shown_as_such(database: Database) -> None:
    with database.session() as session:
        publish(session, OF_TERM_XI, seen=NOW, published=NOW)
        dossier = dossier_of(session, "05-CT/TW#XI")
    assert (dossier.document, dossier.document_id, titles(dossier)) == (None, "05-CT/TW#XI", [OF_TERM_XI])
    assert card(dossier).startswith("05-CT/TW (khóa XI)")
    assert "chưa có trong danh mục" in card(dossier)


def test_one_article_stands_once_with_its_most_telling_mention(database: Database) -> None:
    text = "Nhắc lại Chỉ thị 09-CT/TW. Hội nghị tổng kết 15 năm thực hiện Chỉ thị số 09-CT/TW, ngày 1/12/2011."
    with database.session() as session:
        publish(session, "Nhìn lại Chỉ thị 09-CT/TW", text, seen=NOW, published=NOW)
    (dossier,) = ask(database, "09-CT/TW").dossiers
    (citing,) = dossier.articles
    assert (citing.stage, citing.stage_years, citing.status) == ("final_review", 15, "resolved")


@pytest.mark.parametrize("filters", [EVERYTHING, Filters(year="2026")])
@pytest.mark.parametrize(("page", "first"), [(-1, 0), (10**6, PER_PAGE), (10**30, PER_PAGE)])
def test_a_page_far_past_the_end_is_the_last(database: Database, page: int, first: int, filters: Filters) -> None:
    with database.session() as session:
        publish_all(session, *(f"Bài {number:02}: Chỉ thị 09-CT/TW (khóa XI)" for number in range(PER_PAGE + 1)))
    with database.reading() as session:
        assert dossier_of(session, "09-CT/TW#XI", page, filters).first == first


def test_pages(sqlite: Database) -> None:
    count = 2 * PER_PAGE + 2
    with sqlite.session() as session:
        publish_all(session, *(f"Bài {number:02}: Chỉ thị số 09-CT/TW (khóa XI)" for number in range(count)))
        dossiers = [dossier_of(session, "09-CT/TW#XI", page) for page in range(3)]
        assert dossier_of(session, "09-CT/TW#XI", 99) == dossiers[2]
        assert dossier_of(session, "09-CT/TW#XI", -1) == dossiers[0]
        (whole,) = answer(session, "09-CT/TW khóa XI", size=count).dossiers
    assert [len(dossier.articles) for dossier in dossiers] == [PER_PAGE, PER_PAGE, 2]
    assert {(dossier.total, dossier.unsure, dossier.cited["09-CT/TW"]) for dossier in dossiers} == {(count, 0, count)}
    shown = []
    for page, dossier in enumerate(dossiers):
        html, pages = render_dossier(dossier, "vi", ZONE, page)
        assert pages == 3
        assert html == render_dossier(whole, "vi", ZONE, page)[0]
        shown += re.findall(r"^(\d+)\. .*Bài (\d\d)", plain_text(html), re.MULTILINE)
    assert shown == [(str(number + 1), f"{number:02}") for number in range(count)]
    dossier = whole
    assert render_dossier(dossier, "vi", ZONE, 99) == render_dossier(dossier, "vi", ZONE, 2)
    assert render_dossier(dossier, "vi", ZONE, -1) == render_dossier(dossier, "vi", ZONE, 0)
    assert "Cơ quan ban hành" not in plain_text(render_dossier(dossier, "vi", ZONE, 1, head=False)[0])


TTG_2018 = "Bộ Công an triển khai Chỉ thị 14/CT-TTg năm 2018 về an ninh mạng"
TTG_2021 = "Hà Nội thực hiện Chỉ thị số 14/CT-TTg ngày 21/5/2021 của Thủ tướng Chính phủ"
TTG_OPEN = "Công an tỉnh thực hiện Chỉ thị 14/CT-TTg"


def test_the_card_of_a_year_leaves_out_articles_that_state_another(database: Database) -> None:
    """No catalogue knows 14/CT-TTg: the only words on which of that number is meant are the articles' own."""
    with database.session() as session:
        publish_all(session, TTG_2018, TTG_2021, TTG_OPEN)
        ensure_documents(session, ["14/CT-TTg#2018"])
        chart_all(session)
        assert {m.document_id for m in session.scalars(select(Mention))} == {None, "14/CT-TTg#2021"}
        dossier = dossier_of(session, "14/CT-TTg#2021")
        other = dossier_of(session, "14/CT-TTg#2018")
    assert titles(dossier) == [TTG_2021, TTG_OPEN]
    assert titles(other) == [TTG_2018, TTG_OPEN]
    assert card(dossier).startswith("14/CT-TTg (năm 2021)")
    assert card(dossier, "en").startswith("14/CT-TTg (2021)")


def test_the_card_of_a_term_leaves_out_articles_that_state_another_term(database: Database) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_XI, OF_NO_TERM)
        ensure_documents(session, ["05-CT/TW#XIII"])
        stated = session.scalars(select(Mention).where(Mention.document_id == "05-CT/TW#XI")).one()
        stated.document_id, stated.status, stated.candidates = None, "unknown", []
        chart_all(session)
        assert titles(dossier_of(session, "05-CT/TW#XIII")) == []
        assert titles(dossier_of(session, "05-CT/TW#XI")) == [OF_TERM_XI]


def test_what_contradicts_the_catalogue_is_of_an_uncatalogued_document_only_by_its_own_words(
    database: Database,
) -> None:
    with database.session() as session:
        publish_all(session, OF_TERM_XI, OF_NO_TERM)
        for mention in session.scalars(select(Mention)):
            mention.document_id, mention.status, mention.candidates = None, "unknown", []
            mention.rule = "contradiction"
        chart_all(session)
        assert titles(dossier_of(session, "05-CT/TW#XI")) == [OF_TERM_XI]
        assert dossier_of(session, "05-CT/TW#?").total == 2


def test_a_recalled_term_is_marked_unless_the_article_states_it(database: Database) -> None:
    """Title words resolve it; that 86-KL/TW is of term X is only recalled."""
    by_title = "Sơ kết Kết luận số 86-KL/TW về tiếp tục thực hiện Chỉ thị số 05-CT/TW"
    stating = "Tổng kết Kết luận số 86-KL/TW (khóa X)"
    with database.session() as session:
        publish_all(session, by_title, stating)
        for mention in session.scalars(select(Mention).where(Mention.key == "86-KL/TW")):
            mention.document_id, mention.status = "86-KL/TW#X", "resolved"
        chart_all(session)
        dossier = dossier_of(session, "86-KL/TW#?")
    lines = card(dossier).splitlines()
    below = {
        title: lines[next(i for i, line in enumerate(lines) if title in line) + 1] for title in (by_title, stating)
    }
    assert below[by_title].endswith("86-KL/TW (khóa X) (chưa kiểm chứng)")
    assert below[stating].endswith("86-KL/TW (khóa X)")


def test_a_card_of_very_many_articles_loads_one_page(sqlite: Database) -> None:
    count = 3000
    with sqlite.session() as session:
        publish(session, "Bài đầu: Chỉ thị số 09-CT/TW (khóa XI)", seen=NOW, published=NOW)
        copy_rows(session, "article", count, position="position - n", identity="identity || n", text="'dài'")
        copy_rows(session, "mention", count, position="position - n", article_id="article_id + n")
        chart_all(session)
    viewed: list[Any] = []
    asked: list[str] = []
    with sqlite.reading() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr("digests.dossier._citing_article", lambda row: viewed.append(row))
        event.listen(sqlite.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        dossier = dossier_of(session, "09-CT/TW#XI", 2)
    assert (dossier.total, dossier.unsure, dossier.first, len(dossier.articles)) == (count, 0, 10, PER_PAGE)
    assert len(viewed) == PER_PAGE
    assert any("article.title" in statement for statement in asked)
    assert not [statement for statement in asked if "article.text" in statement]


def test_a_count_that_is_cut_says_so(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digests.facets._FRESH", 0)
    with sqlite.session() as session:
        publish_all(session, *(f"Bài {number}: Chỉ thị số 09-CT/TW (khóa XI)" for number in range(4)))
        session.execute(update(Article).values(charted=False))
        session.execute(delete(DocumentArticle))
        session.execute(delete(DocumentDay))
        chart_some(session, 3)
        dossier = dossier_of(session, "09-CT/TW#XI")
    assert titles(dossier) == [f"Bài {number}: Chỉ thị số 09-CT/TW (khóa XI)" for number in range(3)]
    assert (dossier.total, dossier.is_cut) == (3, True)
    assert "3+ bài báo nhắc tới" in card(dossier)


def copy_rows(session: Session, table: str, count: int, **changed: str) -> None:
    """Makes `count` rows of the only one of a table; `changed` columns are SQL of `n`, the number of the copy."""
    columns = [column.name for column in Article.metadata.tables[table].columns if column.name != "id"]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    numbers = f"WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < {count - 1}) "  # noqa: S608
    session.connection().exec_driver_sql(
        f"{numbers} INSERT INTO {table} ({names}) SELECT {values} FROM {table}, some"  # noqa: S608
    )


# What is said of each known document

SAID = {
    "issuer": lambda document: document.issuer,
    "date": lambda document: document.date and "/".join(reversed(document.date.split("-"))),
    "title": lambda document: document.title and document.title[:60],
}
MARK = {"vi": "(chưa kiểm chứng)", "en": "(not verified)"}


def bare(document: Document) -> Dossier:
    return Dossier(document.key or document.id.partition("#")[0], document.id, document, (), 0, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_card_shows_a_recalled_fact_without_its_mark(language: str) -> None:
    for document in load_catalogue().documents:
        text = card(bare(document), language)
        heading, *lines = text.splitlines()
        fields = ("number", "term", "date") if "(năm " in document_name(document.id) else ("number", "term")
        heading_sure = all(document.provenance.get(field) not in ("recalled", "unknown") for field in fields)
        assert (MARK[language] in heading) == (not heading_sure), document.id
        for field, said in SAID.items():
            words = said(document)
            if words is None:
                continue
            line = next(line for line in lines if words in line)
            sure = document.provenance.get(field, "unknown") in ("seen", "derived")
            assert (MARK[language] in line) == (not sure), f"{document.id}: {field}"
        if document.status != "unknown":
            line = next(line for line in lines if load_catalogue().as_of.strftime("%d/%m/%Y") in line)
            assert (MARK[language] in line) == (document.provenance.get("status") not in ("seen", "derived"))
        for relation in document.relations[:6]:
            if relation.confidence != "seen":
                assert MARK[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_shows_a_recalled_fact_without_its_mark(language: str) -> None:
    for document in load_catalogue().documents:
        found = Answer(document.id, "ambiguous", (document.key or "",), (document, document), (), (), None)
        lines = reply(found, language).splitlines()
        said = next(line for line in lines[1:] if line)
        for field in ("number", "term", "issuer", "date"):
            shown = field in ("number", "term") or getattr(document, field)
            if shown and document.provenance.get(field) in ("recalled", "unknown"):
                assert MARK[language] in said, f"{document.id}: {field}"
        if document.title and document.provenance.get("title") != "seen":
            assert any(line.startswith("“") and line.endswith(MARK[language]) for line in lines), document.id
