"""Full-text search, on both databases: what is found, in which order, and that the index follows the articles."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from conftest import NOW, database_of_its_own
from feeds.analyse import analyse
from feeds.database import Database
from feeds.indexing import index_articles
from feeds.models import Article, ArticleWords
from feeds.nothing_found import instead_of
from feeds.query import parse_query
from feeds.reindex import reindex
from feeds.search import WINDOWS, count, matching, search
from feeds.store import NewArticle, date_article, save_articles, store_analysis
from feeds.tokens import words_of

HOUR = timedelta(hours=1)


def put(
    session: Session,
    title: str,
    lead: str = "",
    text: str = "",
    *,
    age: timedelta = HOUR,
    outlet: str = "Báo Một",
    state: str = "kept",
    topics: Sequence[str] = (),
) -> Article:
    """Stores an article as it would be after a verdict that the test gives it."""
    analysis = analyse(title, lead, text)
    new = NewArticle(f"{outlet}/{title}", "https://mot.example/1", outlet, title, lead, text, NOW - age)
    article = save_articles(session, [(new, analysis)], NOW).added[0]
    article.state, article.topics = state, list(topics)
    index_articles(session, [article])
    return article


def titles(session: Session, typed: str, limit: int = 10, **values: Any) -> list[str]:
    return [hit.title for hit in search(session, parse_query(typed, NOW.date()), limit, **values).hits]


def stock(session: Session) -> None:
    """A few articles, the newest last."""
    put(session, "Bắt nhóm ma túy ở Nghệ An", "Công an Nghệ An bắt giữ ba người.", age=8 * HOUR, topics=["drugs"])
    put(session, "Trận bóng đá gây quỹ phòng chống ma túy", "Hai đội gặp nhau.", age=5 * HOUR, outlet="Báo Hai")
    put(session, "Nhà văn mà tuy nhiên", "Ông nghỉ, an ổn.", age=4 * HOUR)
    put(session, "Quán triệt Chỉ thị số 09-CT/TƯ", "Chỉ thị số 09-CT/TW ngày 1/12/2011 của Ban Bí thư.", age=3 * HOUR)
    put(session, "Bến Tre họp bàn", "Tỉnh Bến Tre họp về nước lũ.", "Nước  dâng\ncao.", age=2 * HOUR, state="near")
    put(session, "Chuyện bên lề", "Không ai giữ bài về ma túy này.", age=HOUR, state="left_out")


DRUGS, MATCH, WRITER, DIRECTIVE, FLOOD = (
    "Bắt nhóm ma túy ở Nghệ An",
    "Trận bóng đá gây quỹ phòng chống ma túy",
    "Nhà văn mà tuy nhiên",
    "Quán triệt Chỉ thị số 09-CT/TƯ",
    "Bến Tre họp bàn",
)
SEARCHES = (
    ("ma túy", [MATCH, DRUGS, WRITER]),  # with these accents first, then the others, each newest first
    ("ma tuy", [WRITER, MATCH, DRUGS]),
    ("MÀ TUY", [WRITER, MATCH, DRUGS]),
    ("ma túy -bóng đá", [DRUGS, WRITER]),
    ('-"bóng đá" ma túy', [DRUGS, WRITER]),
    ('"bắt giữ ba"', [DRUGS]),
    ('"giữ bắt ba"', []),
    ("bắt công an", [DRUGS]),
    ('"Nghệ An Công an"', []),  # headline and lead are apart
    ('"nước dâng cao"', [FLOOD]),
    ("09-CT/TW", [DIRECTIVE]),
    ("ct/tw", [DIRECTIVE]),
    ("09-CT/TU", []),
    ("địa:Nghệ An", [DRUGS]),
    ("địa:Vĩnh Long", [FLOOD]),
    ("địa:Bến Tre", [FLOOD]),
    ("địa:Nghệ An địa:Bến Tre", [FLOOD, DRUGS]),
    ("-địa:Nghệ An ma túy", [MATCH, WRITER]),
    ("topic:drugs", [DRUGS]),
    ('báo:"Báo Hai"', [MATCH]),
    ("doc:09-CT/TW", [DIRECTIVE]),
    ("văn bản:chỉ thị 09", [DIRECTIVE]),
    ("issuer:Ban Bí thư", [DIRECTIVE]),
    ("cơ quan:TW", [DIRECTIVE]),
    ("loại:chỉ thị", [DIRECTIVE]),
    ("loại:nghị quyết", []),
    ("từ:21/11/2026 ma túy", []),
    ("từ:20/11/2026 ma túy", [MATCH, WRITER]),
    ("từ:0d ma túy", [MATCH, WRITER]),
    ("đến:19/11/2026 ma túy", [DRUGS]),
    ("từ:11/2026 đến:2026 bóng", [MATCH]),
    ("-ma túy", [FLOOD, DIRECTIVE, WRITER]),
    ("-ma tuy", [FLOOD, DIRECTIVE]),
    ("-địa:Bến Tre -bóng đá", [DIRECTIVE, WRITER, DRUGS]),
    ("địa:Atlantis", []),
    ("", []),
    ('"', []),
    ("zzz", []),
)


def test_what_is_found(database: Database) -> None:
    with database.session() as session:
        stock(session)
    with database.reading() as session:
        assert {typed: titles(session, typed) for typed, _ in SEARCHES} == dict(SEARCHES)


def test_a_hit_says_what_is_shown_of_it(database: Database) -> None:
    with database.session() as session:
        stock(session)
    with database.reading() as session:
        page = search(session, parse_query("ma túy"), 10)
        first, _, last = page.hits
        assert (first.outlet, first.dated_at, first.as_typed) == ("Báo Hai", NOW - 5 * HOUR, True)
        assert (last.title, last.as_typed) == (WRITER, False)
        assert (page.total, page.is_more, page.newest) == (3, False, last.position)
        directive = search(session, parse_query("ban bí thư"), 10).hits[0]
    assert directive.documents == ("09-CT/TW#XI",)
    assert directive.passage.text == "Chỉ thị số 09-CT/TW ngày 1/12/2011 của Ban Bí thư."


def test_a_hit_names_the_documents_that_it_cites_each_once_as_they_stand(database: Database) -> None:
    lead = "Theo Nghị quyết số 08-NQ/TU của Tỉnh ủy Bến Tre, Chỉ thị số 09-CT/TW và lại Nghị quyết số 08-NQ/TU."
    with database.session() as session:
        put(session, "Nước lũ dâng", lead)
        put(session, "Nước lũ rút")
    with database.reading() as session:
        hits = search(session, parse_query("lũ"), 2).hits
    assert {hit.title: hit.documents for hit in hits} == {
        "Nước lũ dâng": ("08-NQ/TU@Bến Tre?#?", "09-CT/TW#XI"),
        "Nước lũ rút": (),
    }


def test_pages_hold_while_news_comes_in(database: Database) -> None:
    with database.session() as session:
        for number in range(7):
            put(session, f"Nước lũ {number}", age=(20 - number) * HOUR)
    typed = "lũ"
    with database.reading() as session:
        first = search(session, parse_query(typed), 3)
        assert first.newest is not None
        before = first.newest + 1
    with database.session() as session:
        put(session, "Nước lũ mới", age=timedelta(minutes=1))
    with database.reading() as session:
        pages = [titles(session, typed, 3, before=before, skip=skip) for skip in (0, 3, 6, 9)]
        assert pages == [
            ["Nước lũ 6", "Nước lũ 5", "Nước lũ 4"],
            ["Nước lũ 3", "Nước lũ 2", "Nước lũ 1"],
            ["Nước lũ 0"],
            [],
        ]
        assert titles(session, typed, 1) == ["Nước lũ mới"]


def test_only_so_many_are_put_in_order_and_the_others_follow(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.search.WINDOWS", (2, 4))
    with database.session() as session:
        put(session, "Nước lũ xưa", age=9 * HOUR)
        for number in range(4):
            put(session, f"Nước lu {number}", age=(8 - number) * HOUR)
    with database.reading() as session:
        page = search(session, parse_query("lũ"), 2, skip=1)
        assert (page.total, page.is_more) == (4, True)
        assert [hit.title for hit in page.hits] == ["Nước lu 2", "Nước lu 1"]
        assert not any(hit.as_typed for hit in page.hits)
        assert titles(session, "lũ", before=page.oldest) == ["Nước lũ xưa"]


def test_what_is_rare_among_look_alikes_comes_first_and_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.search.WINDOWS", (2, 3, 5))
    monkeypatch.setattr("feeds.search.MOST_COUNTED", 2)
    with database.session() as session:
        put(session, "Ứng phó bão lớn", age=9 * HOUR)
        for number in range(4):
            put(session, f"Bảo đảm an ninh {number}", age=(8 - number) * HOUR)
    with database.reading() as session:
        page = search(session, parse_query("bão"), 1)
        assert ([hit.title for hit in page.hits], page.total) == (["Ứng phó bão lớn"], 5)
        assert count(session, parse_query("bão"), NOW - 10 * HOUR) == 1
        assert titles(session, "an ninh -bão") == [f"Bảo đảm an ninh {number}" for number in (3, 2, 1, 0)]
        assert titles(session, "an ninh -bao") == []


def test_the_longest_word_and_the_last_year_hurt_nobody(database: Database) -> None:
    with database.session() as session:
        put(session, "Công an " + "a" * 5000 + " làm rõ", outlet="Báo " + "b" * 5000)
    with database.reading() as session:
        assert len(titles(session, "công an làm rõ")) == 1
        for typed in ("đến:9999", "until:31/12/9999", "từ:0001", "công an đến:01/9999"):
            titles(session, typed)


def test_who_is_told_unasked_gets_what_has_the_accents(database: Database) -> None:
    with database.session() as session:
        stock(session)
        ids = {article.title: article.id for article in session.scalars(select(Article))}
    with database.reading() as session:
        for typed, met in (
            ("ma túy", {DRUGS, MATCH}),
            ("ma tuy", {DRUGS, MATCH, WRITER}),
            ("ma túy -bóng đá", {DRUGS}),
            ('"công an" địa:Nghệ An', {DRUGS}),
            ("từ:21/11/2026", set()),
            ("", set()),
        ):
            found = matching(session, parse_query(typed), ids.values())
            assert found == {ids[title] for title in met}, typed
            assert count(session, parse_query(typed), NOW - timedelta(days=7)) == len(met), typed
        assert matching(session, parse_query("ma túy"), [ids[MATCH], 10_000]) == {ids[MATCH]}
        assert matching(session, parse_query("ma túy"), []) == set()
        assert count(session, parse_query("ma túy"), NOW - timedelta(hours=5, minutes=30)) == 1


def test_a_count_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.search.MOST_COUNTED", 2)
    with database.session() as session:
        stock(session)
    with database.reading() as session:
        assert count(session, parse_query("ma tuy"), NOW - timedelta(days=7)) == 2


# The index follows the articles


def indexed(database: Database) -> int:
    """Entries of the index, which are as many on either side of it."""
    with database.reading() as session:
        entries = session.scalar(select(func.count()).select_from(ArticleWords))
        tokens = len(search(session, parse_query("-zzz"), WINDOWS[-1]).hits)
    assert entries == tokens
    return tokens


def test_the_index_follows_state_words_place_and_date(database: Database) -> None:
    with database.session() as session:
        article = put(session, "Nước lũ dâng", "Ở Nghệ An.", age=5 * HOUR)
        put(session, "Nước lũ rút", age=3 * HOUR)
        article_id = article.id
    for change, found in (
        ({"state": "left_out"}, ["Nước lũ rút"]),
        ({"state": "kept"}, ["Nước lũ rút", "Nước lũ dâng"]),
        ({"title": "Nước lũ lên"}, ["Nước lũ rút", "Nước lũ lên"]),
        ({"title": "Nước lên"}, ["Nước lũ rút"]),
        ({"title": "Lũ"}, ["Nước lũ rút", "Lũ"]),
    ):
        with database.session() as session:
            article = session.get_one(Article, article_id)
            for name, value in change.items():
                setattr(article, name, value)
            index_articles(session, [article])
        with database.reading() as session:
            assert titles(session, "lũ") == found, change
        indexed(database)
    with database.session() as session:
        article = session.get_one(Article, article_id)
        date_article(session, article, NOW - HOUR)
        store_analysis(session, article, analyse(*article.parts), NOW)
        article.state = "kept"
        index_articles(session, [article])
    with database.reading() as session:
        assert titles(session, "lũ") == ["Lũ", "Nước lũ rút"]
    assert indexed(database) == 2


def test_what_cites_a_document_is_indexed_whatever_its_state_and_leaves_with_its_citation(database: Database) -> None:
    title, lead = "Bản tin làng", "Họp về Chỉ thị số 09-CT/TW."
    with database.session() as session:
        article = put(session, title, lead, state="left_out")
        article_id = article.id
    with database.reading() as session:
        assert titles(session, "làng") == [title]
    with database.session() as session:
        article = session.get_one(Article, article_id)
        article.lead, article.ruled_out = "Họp.", True
        store_analysis(session, article, analyse(*article.parts), NOW)
    assert indexed(database) == 0


def test_reindex_brings_back_what_the_index_lost(database: Database) -> None:
    with database.session() as session:
        put(session, DIRECTIVE, "Chỉ thị số 09-CT/TW của Ban Bí thư.")
        if database.is_sqlite:
            session.execute(text("INSERT INTO article_index (article_index) VALUES ('delete-all')"))
        else:
            session.execute(text("DELETE FROM article_index"))
        session.execute(text("DELETE FROM article_words"))
    assert indexed(database) == 0
    reindex(database, lambda: NOW, everything=True)
    assert indexed(database) == 1


def test_articles_of_an_older_database_are_indexed_by_its_upgrade(database: Database) -> None:
    with database.session() as session:
        stock(session)
    before = indexed(database)
    config = database.alembic_config()
    command.downgrade(config, "0005")
    command.upgrade(config, "head")
    assert indexed(database) == before == 5


# Both databases alike

WORDS = ("ma", "túy", "tuy", "lũ", "lu", "Nghệ", "An", "án", "bóng", "đá", "09-CT/TW", "công", ".", "\n", "\u0130")
SIGNS = (
    '"',
    "-",
    ",",
    "địa:Nghệ An",
    "từ:20/11/2026",
    "-địa:Huế",
    "type:CT",
    "(",
    "*",
    "NEAR",
    "'",
    ":",
    "|",
    "!",
    "\\",
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[tuple[Database, Database]]:
    """The same articles in a database of each kind."""
    urls = database_of_its_own(postgres_url)
    databases = Database(f"sqlite:///{tmp_path_factory.mktemp('both')}/a.db"), Database(next(urls))
    for database in databases:
        database.migrate()
        draw = random.Random(1)  # noqa: S311  words, no secret
        with database.session() as session:
            for number in range(60):
                title, lead, body = (" ".join(draw.choices(WORDS, k=size)) for size in (3, 6, 12))
                put(session, f"{number} {title}", lead, body, age=number * HOUR)
            session.execute(text("ANALYZE"))
    yield databases
    for database in databases:
        database.close()
    next(urls, None)


@given(st.lists(st.sampled_from(WORDS + SIGNS), max_size=8).map(" ".join) | st.text(max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_databases_find_the_same(both: tuple[Database, Database], typed: str) -> None:
    query = parse_query(typed, NOW.date())
    found = []
    for database in both:
        with database.reading() as session:
            page = search(session, query, 100)
            ids = session.scalars(select(Article.id)).all()
            found.append(
                (
                    [(hit.title, hit.as_typed, hit.passage) for hit in page.hits],
                    (page.total, page.is_more, page.newest, page.oldest),
                    matching(session, query, ids),
                    count(session, query, NOW - 12 * HOUR),
                )
            )
    assert found[0] == found[1]


def test_what_is_common_is_found_one_by_one_as_by_the_index(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite, postgres = both
    asked: list[str] = []
    event.listen(postgres.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    monkeypatch.setattr("feeds.search.WINDOWS", (5,))
    monkeypatch.setattr("feeds.matches._GIN_ENTRY", 0)
    # The index takes longer than looking at all; as long as looking at the newest, which do not always do; no time.
    for cost, ways in ((10_000, {"one by one"}), (4, {"one by one", "by the index"}), (0, {"by the index"})):
        monkeypatch.setattr("feeds.matches._GIN_COST", cost)
        seen = set()
        for typed in ("an", "công", '"nghe an"', '"an cong"', "an -bóng đá", "ma túy", "lũ địa:Nghệ An"):
            pages = []
            for database in (sqlite, postgres):
                with database.reading() as session:
                    pages.append(search(session, parse_query(typed, NOW.date()), 5))
            assert [hit.title for hit in pages[0].hits] == [hit.title for hit in pages[1].hits], typed
            assert (pages[0].total, pages[0].oldest) == (pages[1].total, pages[1].oldest), typed
            searched = [one for one in asked if "@@" in one]
            assert all(re.search(r"ORDER BY position DESC LIMIT \S+\) AS found", one) for one in searched), typed
            seen |= {"one by one" if "AS newest" in one else "by the index" for one in searched}
            asked.clear()
        assert seen == ways


def plainly(article: Article, typed: str) -> bool:
    """Whether the folded words of `typed` stand together in a part of the article."""
    wanted = f" {' '.join(word.folded for word in words_of(typed))} "
    return any(wanted in f" {' '.join(word.folded for word in words_of(part))} " for part in article.parts)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_phrase_is_found_just_where_it_stands(both: tuple[Database, Database], typed: str) -> None:
    for database in both:
        with database.reading() as session:
            page = search(session, parse_query(f'"{typed}"'), 100)
            standing = [article.title for article in session.scalars(select(Article)) if plainly(article, typed)]
        assert {hit.title for hit in page.hits} == (set(standing) if any(words_of(typed)) else set())


# What is offered where nothing is found


def test_what_is_offered_finds_something(database: Database) -> None:
    with database.session() as session:
        stock(session)
    offers = {
        "ma túi nghệ an": ("ma túy nghệ an", 1, []),
        "ma tui": ("ma tuy", 3, []),
        "quán triệt chỉ thj": ("quán triệt chỉ thị", 1, []),
        '"bóng đá gai quỹ"': ('"bóng đá gây quỹ"', 1, []),
        "lũ từ:01/2030": ("lũ", 1, ["từ:01/2030"]),
        "ma túy địa:Huế": ("ma túy", 3, ["địa:Huế"]),
        "lũ -bến": ("lũ", 1, ["-bến"]),
        "lũ xyzabc": ("lũ", 1, ["xyzabc"]),
        "lũ địa:Huế từ:2030": ("lũ", 1, ["địa:Huế", "từ:2030"]),
    }
    with database.reading() as session:
        for typed, (other, number, dropped) in offers.items():
            query = parse_query(typed)
            assert search(session, query, 5).total == 0, typed
            first = instead_of(session, query)[0]
            parts = [query.text[part.start : part.end] for part in first.dropped]
            assert (first.text, first.count, parts) == (other, number, dropped), typed
        assert instead_of(session, parse_query("xyzabc")) == ()
        assert instead_of(session, parse_query("")) == ()


def test_other_words_of_about_as_many_letters_are_not_offered(database: Database) -> None:
    with database.session() as session:
        put(session, "Phó Trưởng ban của Ban Chỉ đạo", "Họp về cơ chế.")
        put(session, "Cơ chế phối hợp của Ban Chỉ đạo", "Họp lần hai.")
    with database.reading() as session:
        assert instead_of(session, parse_query("chào bán cổ phiếu")) == ()
        assert instead_of(session, parse_query("co chr"))[0].text == "co che"
