"""Citing from other chats, deep links, and what the buttons of a card copy and share."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.application import Role
from bot.limits import Limits
from bot.sandbox import SandboxUser
from bot.sender import keyboard
from conftest import NOW
from digests.cite import MOST_TOGETHER, Citables, cite
from digests.follows import follow
from digests.messages import COPY, MAX_COPIED, SHARE, Message
from digests.subscribers import find_reader
from feeds.database import Database
from feeds.documents import is_citable, load_catalogue, official_citation
from feeds.documents.token import document_token
from feeds.models import Document
from feeds.reindex import reindex
from feeds.store import document_of_token, ensure_documents
from feeds.text import fold
from test_bot import World, world

CATALOGUE = load_catalogue()
DIRECTIVE = (
    "Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư Trung ương Đảng (khóa XI) về Tăng cường sự lãnh đạo của Đảng "
    "đối với phong trào toàn dân bảo vệ an ninh Tổ quốc trong tình hình mới"
)


def cited(database: Database, query: str, language: str = "vi", chat_id: int = 1) -> Citables:
    with database.reading() as session:
        return cite(session, query, language, chat_id=chat_id)


def names(found: Citables) -> list[str]:
    return [one.name for one in found.found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("09 ct tw", ["09-CT/TW (khóa XI)"]),
        ("chỉ thị 09", ["09-CT/TW (khóa XI)"]),
        ("05-CT/TW", ["05-CT/TW (khóa XII)", "05-CT/TW (khóa X)"]),
        ("05 ct tw khoa x", ["05-CT/TW (khóa X)"]),
        ("13/2023/nd-cp", ["13/2023/NĐ-CP"]),
        ("luat an ninh mang 2018", ["24/2018/QH14"]),
        ("phong trao toan dan bao ve an ninh to quoc trong", ["44-KL/TW (khóa XII)", "09-CT/TW (khóa XI)"]),
        ("98-CT/TW", ["98-CT/TW"]),
        ("09 ct tw khóa xiv", ["09-CT/TW"]),
        ("không có chữ nào như thế", []),
        ("d_" + document_token("09-CT/TW#XI"), ["09-CT/TW (khóa XI)"]),
        ("d_" + document_token("98-CT/TW#XI"), []),
        ("d_'; DROP TABLE document; --", []),
        ("x", []),
        ("", []),
    ],
)
def test_a_query_finds_all_that_it_may_mean(sqlite: Database, query: str, expected: list[str]) -> None:
    assert names(cited(sqlite, query)) == expected


def test_what_articles_know_is_offered_beside_the_catalogue(database: Database) -> None:
    """A number begins anew with every term: that the catalogue knows one proves nothing."""
    with database.session() as session:
        ensure_documents(session, ["09-CT/TW#XIII", "09-CT/TW#?", "98-CT/TW#XIV", "98-CT/TW#XIII"])
        session.get_one(Document, "98-CT/TW#XIII").redirect_to = "98-CT/TW#XIV"
    assert names(cited(database, "09 ct tw")) == ["09-CT/TW (khóa XI)", "09-CT/TW (khóa XIII)"]
    assert names(cited(database, "09-CT/TW khóa XI")) == ["09-CT/TW (khóa XI)"]
    (found,) = cited(database, "98 ct tw").found
    assert (found.name, found.citation, found.is_catalogued) == ("98-CT/TW (khóa XIV)", "98-CT/TW", False)
    (known,) = cited(database, "98-CT/TW khóa XIV").found
    assert known.token == document_token("98-CT/TW#XIV")


@pytest.mark.parametrize(
    ("query", "together", "expected"),
    [
        ("13/2023/NĐ-CP và 09-CT/TW khóa XI", True, 2),
        ("05 ct tw khoa x; 13/2023/nd-cp", True, 2),
        ("05-CT/TW, 13/2023/NĐ-CP", False, 3),
        ("98-CT/TW, 13/2023/NĐ-CP", False, 2),
        ("09-CT/TW khóa XIV, 13/2023/NĐ-CP", False, 2),
        ("13/2023/NĐ-CP", False, 1),
        ("13/2023/NĐ-CP, 13/2023/NĐ-CP", False, 1),
    ],
)
def test_several_are_inserted_together_only_if_each_is_certain(
    sqlite: Database, query: str, together: bool, expected: int
) -> None:
    found = cited(sqlite, query)
    assert (found.together, len(found.found)) == (together, expected)
    assert len(found.found) <= MOST_TOGETHER


def test_a_number_that_other_terms_may_have_is_shown_as_such(sqlite: Database) -> None:
    """That the catalogue has no other proves nothing."""
    assert [one.is_alone for one in cited(sqlite, "09-CT/TW, 13/2023/NĐ-CP").found] == [True, False]
    assert [one.is_alone for one in cited(sqlite, "09-CT/TW khóa XI, 13/2023/NĐ-CP").found] == [False, False]
    assert [one.is_alone for one in cited(sqlite, "09 ct tw").found] == [True]


def test_nothing_is_cited_that_was_not_seen(sqlite: Database) -> None:
    """Over the whole catalogue: what a source we saw does not say is in no citation, and a number alone is marked."""
    for document in CATALOGUE.documents:
        (one,) = cited(sqlite, "d_" + document_token(document.id)).found
        assert one.is_seen == is_citable(document)
        assert fold(document.place or "") in fold(one.citation), "every province has such a number"
        if not one.is_seen:
            is_meeting = (document.key or "").startswith(("NQTW", "NQĐH"))  # its term is its number
            assert is_meeting or not re.search(r"khóa|ngày|của", one.citation), document.id
            continue
        if document.date and not document.seen("date"):
            assert "ngày" not in one.citation.partition(" về ")[0]
        if document.term and not document.seen("term"):
            assert f"(khóa {document.term})" not in one.citation.partition(" về ")[0]


@given(query=st.text(max_size=260))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_it(sqlite: Database, query: str) -> None:
    tokens = [one.token for one in cited(sqlite, query).found if one.token]
    assert len(tokens) == len(set(tokens)), "Telegram refuses one result twice"


async def ask(user: SandboxUser, query: str, offset: str = "") -> dict[str, Any]:
    return dict(await user.inline(query, offset))


async def test_a_citation_is_put_into_any_chat(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        answer = await ask(user, "09 ct tw")
        assert (answer["is_personal"], answer["cache_time"], answer["next_offset"]) == (True, 300, "")
        (result,) = answer["results"]
        assert result["title"] == "09-CT/TW (khóa XI) · Ban Bí thư, 01/12/2011"
        assert result["description"].startswith("Khóa khác có thể có cùng số. Tăng cường sự lãnh đạo")
        token = document_token("09-CT/TW#XI")
        assert answer["button"] == {"text": "Mở trong bot", "start_parameter": f"d_{token}"}
        chosen = await user.choose(result)
        assert chosen["text"] == f"{DIRECTIVE}\nXem trong Điểm Tin"
        (link,) = [entity["url"] for entity in chosen["entities"]]
        assert link == f"https://t.me/{here.sandbox.world.bot['username']}?start=d_{token}"
        await user.open_start(link.partition("start=")[2])
        await user.wait_for("Chỉ thị 09-CT/TW (khóa XI)")
        assert refused(here) == []


async def test_candidates_unknown_numbers_and_several(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        answer = await ask(user, "05-CT/TW")
        assert [result["title"].partition(" ·")[0] for result in answer["results"]] == [
            "05-CT/TW (khóa XII)",
            "05-CT/TW (khóa X)",
        ]
        assert answer["button"]["start_parameter"] == "inline"
        (unknown,) = (await ask(user, "98-CT/TW"))["results"]
        assert unknown["title"] == "98-CT/TW (chưa kiểm chứng)"
        assert "chỉ chèn số hiệu" in unknown["description"]
        group = here.sandbox.group(owner=user)
        assert (await user.choose(unknown, group=group))["text"] == "98-CT/TW (chưa kiểm chứng)"
        answer = await ask(user, "13/2023/nd-cp, 09 ct tw")
        assert answer["results"][0]["title"] == "Chèn cả 2 văn bản"
        assert answer["results"][0]["description"].startswith("Khóa khác có thể có cùng số. 13/2023/NĐ-CP, 09-CT/TW (")
        both = (await user.choose(answer["results"][0], group=group))["text"]
        assert DIRECTIVE in both
        assert "Nghị định số 13/2023/NĐ-CP ngày 17/04/2023 của Chính phủ" in both
        assert len(answer["results"]) == 3
        for nonsense in ("", "không có gì như thế", "<b>&amp;</b>", "' OR 1=1 --", "\u202e\u0000x", "d_" + "a" * 250):
            answer = await ask(user, nonsense)
            assert answer["results"] == []
            assert answer["button"]["start_parameter"] == "inline"
        assert "Gõ số hiệu" in (await ask(user, ""))["button"]["text"]
        assert await here.bot.services.read(find_reader, user.chat_id) is None, "who only cites is not stored"
        assert refused(here) == []


async def test_what_is_followed_comes_without_a_query_to_its_follower_alone(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user, other = here.user(), here.user("en")
        await user.say("/start")
        await user.wait_for("Điểm")
        services = here.bot.services
        await services.write(follow, user.chat_id, "13/2023/NĐ-CP#2023", services.clock())
        answer = await ask(user, " ")
        assert [result["title"].partition(" ·")[0] for result in answer["results"]] == ["13/2023/NĐ-CP"]
        assert answer["is_personal"]
        assert answer["cache_time"] < 60
        assert (await ask(other, ""))["results"] == []
        (english,) = (await ask(other, "09 ct tw"))["results"]
        assert english["title"].startswith("09-CT/TW (term XI)")
        assert (await other.choose(english))["text"].startswith("Directive No. 09-CT/TW of 01/12/2011 by Ban Bí thư")


async def test_long_lists_come_in_pages(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        ids, offset = [], ""
        while True:
            answer = await ask(user, "nghị định", offset)
            assert 0 < len(answer["results"]) <= 50
            ids += [result["id"] for result in answer["results"]]
            offset = answer["next_offset"]
            if not offset:
                break
        assert len(ids) == len(set(ids)) > 20
        for broken in ("x", "-1", "99999999", "9999"):
            await ask(user, "nghị định", broken)
        assert refused(here) == []


async def test_a_card_is_copied_and_shared(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        for language, label in (("vi", "Sao chép trích dẫn"), ("en", "Copy the citation")):
            user = here.user(language)
            await user.say("09-CT/TW")
            card = await user.wait_for("09-CT/TW (")
            buttons = {button["text"]: button for row in card["reply_markup"]["inline_keyboard"] for button in row}
            document = CATALOGUE.get("09-CT/TW#XI")
            assert document
            assert buttons[label]["copy_text"]["text"] == official_citation(document, language, MAX_COPIED)
            query = buttons["Chia sẻ" if language == "vi" else "Share"]["switch_inline_query"]
            (result,) = (await ask(user, query))["results"]
            assert result["title"].startswith("09-CT/TW (")
        await user.say("98-CT/TW")
        unknown = await user.wait_for("98-CT/TW")
        assert "copy_text" not in str(unknown.get("reply_markup"))
        assert refused(here) == []


@pytest.mark.parametrize(
    "payload", ["d_", "d_x", "d_" + "a" * 13, "d_" + "A" * 13, "d_" + "9" * 60, "d_-_", "inline", "_"]
)
async def test_links_that_lead_nowhere_are_answered_kindly(tmp_path: Path, payload: str) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.open_start(payload)
        await user.wait_for("không trỏ tới văn bản nào" if payload.startswith("d_") else "Điểm")
        assert refused(here) == []


def test_links_are_stable_for_ever(database: Database) -> None:
    """These stand in other people's chats: whoever changes how tokens are made breaks them."""
    assert document_token("09-CT/TW#XI") == "ojgembsfora3a"
    assert document_token("13/2023/NĐ-CP#2023") == document_token("13/2023/NĐ-CP#2023")
    with database.reading() as session:
        assert document_of_token(session, "ojgembsfora3a") == "09-CT/TW#XI", "before anybody here was shown it"
        for rubbish in ("", "x", "\x00" * 13, "ojgembsfora3a'", "OJGEMBSFORA3A", "a" * 5000, "ojgembsfora3a\n"):
            assert document_of_token(session, rubbish) is None
    with database.session() as session:
        ensure_documents(session, ["09-CT/TW#XI", "09-CT/TW#?"])
        session.get_one(Document, "09-CT/TW#?").redirect_to = "09-CT/TW#XI"
    reindex(database, lambda: NOW, everything=True)
    with database.reading() as session:
        assert document_of_token(session, "ojgembsfora3a") == "09-CT/TW#XI"
        assert document_of_token(session, document_token("09-CT/TW#?")) == "09-CT/TW#XI", "merged"
    assert len({document_token(document.id) for document in CATALOGUE.documents}) == len(CATALOGUE.documents)


def test_buttons_of_every_kind_become_telegrams() -> None:
    kinds = (("a", "https://bao.example/"), ("b", f"{COPY}chép"), ("c", f"{SHARE}d_x"), ("d", "doc:x"))
    markup = keyboard(Message("x", (kinds,)))
    assert markup
    url, copy, share, press = markup.inline_keyboard[0]
    assert (url.url, share.switch_inline_query, press.callback_data) == ("https://bao.example/", "d_x", "doc:x")
    assert copy.copy_text
    assert copy.copy_text.text == "chép"


def refused(here: World) -> list[Any]:
    return [call for call in here.sandbox.calls if not call.answer["ok"]]


async def test_whoever_asks_too_much_gets_an_empty_list(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        here.bot.services.limits = Limits(lambda: 1000.0)
        for _ in range(60):
            assert (await user.inline("09 ct tw"))["results"]
        assert (await user.inline("09 ct tw"))["results"] == []
        assert (await here.user().inline("09 ct tw"))["results"]
