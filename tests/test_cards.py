"""What a document's card says, which of its articles it lists, and where its buttons lead."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import CardView, dossier_buttons, filter_buttons, read_view, value_code
from bot.keyboards import answer_buttons, fits
from conftest import NOW
from digests.answer import answer
from digests.card import card_facts
from digests.dossier import PER_PAGE, Dossier, dossier_of, facets_of
from digests.dossier_models import Choice
from digests.facets import KINDS, Count, Filters, Kind
from digests.messages import MESSAGE_LIMIT, Button, plain_text, telegram_length
from digests.mydata import erase
from digests.remembered import choice_of, drop_choice, remember_choice
from digests.render import render_dossier, render_sources
from digests.subscribers import welcome
from digests.templates import LANGUAGES
from feeds.database import Database
from feeds.documents import load_catalogue
from feeds.documents.token import document_token
from feeds.store import ensure_documents
from newsroom import publish
from test_dossier import card, titles

DAY = timedelta(days=1)
ZONE = "Asia/Ho_Chi_Minh"
OWN, OTHER, THIRD = (document_token(i) for i in ("09-CT/TW#XI", "44-KL/TW#XII", "06/2014/NĐ-CP#2014"))
tokens = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=13, max_size=13)
CODES = {"year": st.integers(1990, 2099).map(str)}
choices = st.fixed_dictionaries(
    {}, optional={kind: CODES.get(kind, st.text().map(lambda name: value_code("place", name))) for kind in KINDS}
)


class Tokens(dict[str, str]):
    def __missing__(self, document_id: str) -> str:
        return document_token(document_id)


def actions(rows: tuple[tuple[Button, ...], ...]) -> dict[str, str]:
    return {label: action for row in rows for label, action in row}


def bare(document_id: str) -> Dossier:
    document = load_catalogue().get(document_id)
    return Dossier(document_id.rpartition("#")[0], document_id, document, (), 0, 0)


REVIEW = "Hà Tĩnh tổng kết 15 năm thực hiện Chỉ thị số 09-CT/TW (khóa XI)"
ROLL_OUT = "Nghệ An quán triệt Chỉ thị số 09-CT/TW (khóa XI)"
OLD = "Hà Tĩnh sơ kết 5 năm thực hiện Chỉ thị số 09-CT/TW (khóa XI)"
UNSURE = "Công an xã thực hiện Chỉ thị số 09-CT/TW"


def fill(database: Database) -> None:
    """One article of today, one of two months ago, one of years ago; one of last week that may mean the document."""
    with database.session() as session:
        publish(session, REVIEW, seen=NOW, published=NOW, outlet="Báo Một", province="Hà Tĩnh")
        publish(session, ROLL_OUT, seen=NOW, published=NOW - 60 * DAY, outlet="Báo Hai", province="Nghệ An")
        publish(session, OLD, seen=NOW, published=NOW - 3 * 365 * DAY, outlet="Báo Hai", province="Hà Tĩnh")
        publish(session, UNSURE, seen=NOW, published=NOW - 7 * DAY, outlet="Báo Ba")


# What the card says


def test_a_card_counts_what_certainly_means_the_document(database: Database) -> None:
    fill(database)
    with database.session() as session:
        dossier = dossier_of(session, "09-CT/TW#XI", now=NOW)
    assert (dossier.total, dossier.unsure) == (4, 1)
    presence = dossier.presence
    assert presence is not None
    assert (presence.month.articles, presence.year.articles, presence.all.articles) == (1, 2, 3)
    assert (presence.last_at - NOW, presence.first_at.year) == (timedelta(0), (NOW - 3 * 365 * DAY).year)
    shown = card(dossier)
    assert "Chỉ tính bài chắc chắn: 30 ngày qua 1 bài" in shown
    assert f"gần nhất {NOW:%d/%m/%Y}" in shown


def test_the_same_count_is_said_once(database: Database) -> None:
    with database.session() as session:
        publish(session, REVIEW, seen=NOW, published=NOW)
        dossier = dossier_of(session, "09-CT/TW#XI", now=NOW)
    assert dossier.presence is not None
    assert dossier.presence.month == dossier.presence.all == Count(1, 1)
    assert "1 bài báo nhắc tới\n1 sự kiện, đều trong 30 ngày qua" in card(dossier)
    assert "\n1 event, all in the last 30 days" in card(dossier, "en")


def test_without_a_moment_nothing_is_counted_back(database: Database) -> None:
    fill(database)
    with database.session() as session:
        dossier = dossier_of(session, "09-CT/TW#XI")
    assert dossier.presence is None
    assert "30 ngày" not in card(dossier)


def test_a_card_says_what_is_known_when_and_where_the_text_stands() -> None:
    law, directive = (card(bare(i)) for i in ("24/2018/QH14#2018", "09-CT/TW#XI"))
    assert "Hiệu lực: đã được thay thế, theo dữ liệu đến" in law
    assert "hết hiệu lực từ 01/07/2026" in law
    assert "Có hiệu lực từ: 01/01/2019" in law
    assert "Được thay thế bởi: 116/2025/QH15" in law
    assert "Toàn văn chính thức: vbpl.vn" in law
    assert "Còn gọi: Luật An ninh mạng 2018" in law
    assert "Toàn văn chính thức: chưa rõ" in directive
    assert "Official text: not known" in card(bare("09-CT/TW#XI"), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sources_of_every_document_say_how_each_fact_is_known(language: str) -> None:
    labels = {"vi": ("Đọc thấy", "Chưa kiểm chứng"), "en": ("Read in a source", "Not verified")}[language]
    titles = {"vi": "trích yếu", "en": "title"}[language]
    for document in load_catalogue().documents:
        html = render_sources(document, language)
        assert telegram_length(html) <= MESSAGE_LIMIT
        for line in plain_text(html).splitlines()[1:]:
            if titles in line.split(", ") or line.endswith(f": {titles}") or f": {titles}, " in line:
                seen = document.provenance["title"]
                assert line.startswith(labels[seen != "seen"]) or seen == "unknown", document.id


def test_sources_are_named_in_the_readers_language() -> None:
    document = load_catalogue().get("05-CT/TW#X")
    assert document is not None
    assert "Bài của Báo Hải Phòng" in plain_text(render_sources(document, "vi"))
    assert "Article of Báo Hải Phòng" in plain_text(render_sources(document, "en"))
    assert "Chưa rõ: hiệu lực, toàn văn chính thức, người ký" in plain_text(render_sources(document, "vi"))


# Which articles it lists


@pytest.mark.parametrize(("filters", "listed"), [
    (Filters(), [REVIEW, UNSURE, ROLL_OUT, OLD]),
    (Filters(year=str(NOW.year)), [REVIEW, UNSURE, ROLL_OUT]),
    (Filters(place="Hà Tĩnh"), [REVIEW, OLD]),
    (Filters(outlet="Báo Hai"), [ROLL_OUT, OLD]),
    (Filters(stage="rolled_out"), [ROLL_OUT]),
    (Filters(place="Hà Tĩnh", outlet="Báo Hai", stage="interim_review"), [OLD]),
    (Filters(place="Hà Tĩnh", stage="rolled_out"), []),
    (Filters(year="9999"), []),
    (Filters(year="nie"), []),
])  # fmt: skip
def test_only_articles_that_fit_are_listed(database: Database, filters: Filters, listed: list[str]) -> None:
    fill(database)
    with database.session() as session:
        dossier = dossier_of(session, "09-CT/TW#XI", 0, filters, now=NOW)
    assert titles(dossier) == listed
    assert (dossier.total, dossier.count) == (4, len(listed))
    if filters.chosen:
        shown = card(dossier)
        assert ("Không có bài nào như vậy." in shown) == (not listed)
        assert "Cơ quan ban hành" not in shown
        assert shown.startswith("09-CT/TW (khóa XI)")


def test_what_can_be_chosen_is_counted(database: Database) -> None:
    fill(database)
    with database.session() as session:
        of_all = {kind: facets_of(session, "09-CT/TW#XI", kind) for kind in KINDS}
        of_two = facets_of(session, "09-CT/TW#XI", "year", Filters(outlet="Báo Hai"))
        of_number = facets_of(session, "09-CT/TW#?", "outlet")
    first, last = (NOW - 3 * 365 * DAY).year, NOW.year
    assert list(of_all["year"].items()) == [(str(last), 3), (str(first), 1)]
    assert of_all["place"] == {"Hà Tĩnh": 2, "Nghệ An": 1}
    assert of_all["outlet"] == of_number == {"Báo Hai": 2, "Báo Một": 1, "Báo Ba": 1}
    assert of_all["stage"]["rolled_out"] == 1
    assert of_two == {str(last): 1, str(first): 1}


def test_pages_of_what_fits(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in range(PER_PAGE + 1):
            publish(session, f"Bài {number}: Chỉ thị số 09-CT/TW (khóa XI)", seen=NOW, published=NOW - number * DAY)
        publish(session, REVIEW, seen=NOW, published=NOW, outlet="Báo Một")
        second = dossier_of(session, "09-CT/TW#XI", 1, Filters(outlet="Báo Mẫu"))
    html, pages = render_dossier(second, "vi", ZONE, 1)
    assert (pages, second.first, len(second.articles)) == (2, PER_PAGE, 1)
    assert "Báo: Báo Mẫu\nBài 6–6 trong 6" in plain_text(html)


# Where its buttons lead


@given(token=tokens, page=st.integers(0, 99_999), shows=st.sampled_from(["", "src", "f", "fy", "fp", "fo", "fs"]),
       chosen=choices, trail=st.lists(tokens, max_size=4))  # fmt: skip
def test_law_a_view_survives_its_button(
    token: str, page: int, shows: str, chosen: dict[Kind, str], trail: list[str]
) -> None:
    view = CardView(token, 0 if shows else page, shows, chosen, tuple(trail))
    assert fits(view.action)
    read = read_view(view.action.removeprefix("doc:"))
    assert read is not None
    assert (read.token, read.page, read.shows, read.chosen) == (token, view.page, shows, chosen)
    assert read.trail == view.trail[: len(read.trail)]


def test_two_steps_back_are_kept_and_filters_do_not_lose_the_last() -> None:
    view = CardView(OWN, trail=(OTHER, THIRD, OWN))
    again = read_view(view.action.removeprefix("doc:"))
    assert again is not None
    assert again.trail == (OTHER, THIRD)
    codes = {kind: value_code(kind, "Hà Tĩnh") for kind in ("place", "outlet")}
    narrow = CardView(OWN, 12, chosen={"year": "2026", **codes}, trail=(OTHER, THIRD))
    again = read_view(narrow.action.removeprefix("doc:"))
    assert again is not None
    assert again.trail == (OTHER,)


@pytest.mark.parametrize("data", ["", OWN, f"{OWN}:", f"{OWN}:x", f"{OWN}:0.z1", f"{OWN}:0.y", f"{OWN}:-1", "a:b:c:d"])
def test_other_data_is_no_view(data: str) -> None:
    assert read_view(data) is None


def test_related_documents_open_in_place_with_a_way_back() -> None:
    buttons = actions(dossier_buttons(Tokens(), bare("09-CT/TW#XI"), "vi", CardView(OWN), followed=False))
    (walk,) = (action for label, action in buttons.items() if label.startswith("44-KL/TW"))
    there = read_view(walk.removeprefix("doc:"))
    assert there == CardView(OTHER, trail=(OWN,))
    buttons = actions(
        dossier_buttons(Tokens(), bare("44-KL/TW#XII"), "vi", there, followed=False, came_from="09-CT/TW#XI")
    )
    assert buttons["‹ Quay lại 09-CT/TW (khóa XI)"] == f"doc:{OWN}:0"
    (forth,) = (action for label, action in buttons.items() if label.startswith("09-CT/TW (khóa XI):"))
    assert forth == f"doc:{OWN}:0", "who goes back is where they were, not a step further"


def test_what_can_be_chosen_has_its_buttons() -> None:
    view = CardView(OWN, shows="f", chosen={"year": "2026"}, trail=(OTHER,))
    menu = actions(filter_buttons("vi", view, {"year": "2026"}))
    assert menu["Năm: 2026"] == f"doc:{OWN}:fy.y2026:{OTHER}"
    assert menu["Địa bàn: tất cả"] == f"doc:{OWN}:fp.y2026:{OTHER}"
    assert menu["Bỏ lọc"] == f"doc:{OWN}:0:{OTHER}"
    assert menu["‹ Quay lại"] == f"doc:{OWN}:0.y2026:{OTHER}"
    stages = CardView(OWN, shows="fs", chosen={"year": "2026"})
    values = actions(filter_buttons("vi", stages, {"year": "2026"}, {"rolled_out": 3}))
    assert values["quán triệt, triển khai (3)"] == f"doc:{OWN}:0.y2026.s{value_code('stage', 'rolled_out')}"
    assert values["Tất cả"] == f"doc:{OWN}:0.y2026"


# What a chat means by a number


def test_a_choice_is_remembered_for_its_chat_alone(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2):
            welcome(session, chat_id, NOW, language="vi", timezone=ZONE)
        assert remember_choice(session, 1, "05-CT/TW", "05-CT/TW#XII", NOW)
        assert remember_choice(session, 1, "05-CT/TW", "05-CT/TW#X", NOW)
        assert [choice_of(session, chat_id, "05-CT/TW") for chat_id in (1, 2)] == ["05-CT/TW#X", None]
        found = answer(session, "05-CT/TW", chat_id=1)
        assert [dossier.document_id for dossier in found.cards] == ["05-CT/TW#X"]
        other_term = answer(session, "05-CT/TW khóa XII", chat_id=1)
        assert [dossier.document_id for dossier in other_term.cards] == ["05-CT/TW#XII"], "what is said goes before"
        assert answer(session, "05-CT/TW", chat_id=2).is_choice
        drop_choice(session, 1, "05-CT/TW")
        assert choice_of(session, 1, "05-CT/TW") is None


@pytest.mark.parametrize("keys", [("05-CT/TW", "5-CT/TW"), ("5-CT/TW", "05-CT/TW")])
def test_of_two_numbers_by_which_a_chat_means_one_document_its_card_says_the_later(
    database: Database, keys: Sequence[str]
) -> None:
    """A catalogue may come to know one document by a further number; what was chosen before stays."""
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone=ZONE)
        ensure_documents(session, ["05-CT/TW#X"])
        later, earlier = (Choice(chat_id=1, key=key, document_id="05-CT/TW#X", at=NOW) for key in keys)
        earlier.at -= timedelta(days=1)
        session.add_all([later, earlier])
        session.flush()
        assert card_facts(session, 1, ["05-CT/TW#X"]).chosen == {"05-CT/TW#X": later.key}


def test_a_choice_is_erased_with_its_chat(database: Database) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone=ZONE)
        assert remember_choice(session, 1, "05-CT/TW", "05-CT/TW#X", NOW)
        erase(session, 1)
        assert choice_of(session, 1, "05-CT/TW") is None


@pytest.mark.parametrize(
    ("chat_id", "key", "document_id"),
    [(1, "05-CT/TW", "09-CT/TW#XI"), (1, "", "05-CT/TW#X"), (1, "x" * 40, "05-CT/TW#X"), (9, "05-CT/TW", "05-CT/TW#X")],
)
def test_no_choice_is_stored_that_no_button_offers(
    database: Database, chat_id: int, key: str, document_id: str
) -> None:
    with database.session() as session:
        welcome(session, 1, NOW, language="vi", timezone=ZONE)
        assert not remember_choice(session, chat_id, key, document_id, NOW)
        assert [choice_of(session, one, number) for one in (1, 9) for number in ("05-CT/TW", "09-CT/TW", key)] == [
            None
        ] * 6


def test_only_the_candidates_of_one_number_are_remembered(database: Database) -> None:
    with database.session() as session:
        one, two = answer(session, "05-CT/TW"), answer(session, "05-CT/TW, 51-NQ/TW")
    assert answer_buttons(Tokens(), one, "vi", picks=True)[0][0][1] == f"pick:{document_token('05-CT/TW#XII')}:05-CT/TW"
    assert all(action.startswith("doc:") for action in actions(answer_buttons(Tokens(), one, "vi")).values())
    assert not [
        action for action in actions(answer_buttons(Tokens(), two, "vi", picks=True)).values() if "pick" in action
    ]
