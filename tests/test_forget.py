"""Full texts that are dropped: all that was read of them stays, and goes on being corrected."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.retention import drop_full_texts
from feeds.analyse import analyse
from feeds.database import Database
from feeds.forget import forget_texts
from feeds.models import Article, ArticleVersion, ArticleWords, Mention
from feeds.query import parse_query
from feeds.reindex import count_outdated, reindex
from feeds.search import search
from feeds.store import NewArticle, ensure_documents, save_articles
from newsroom import POLICY, publish

TITLE = "Bộ Công an sơ kết phong trào toàn dân bảo vệ an ninh Tổ quốc"
LEAD = "Hội nghị đánh giá kết quả bảo đảm an ninh, trật tự ở cơ sở."
TEXT = "Kết quả thực hiện Chỉ thị số 09-CT/TW ngày 1/12/2011 của Ban Bí thư. Cũng có Chỉ thị số 05-CT/TW. Pháo hoa."
QUOTES = TEXT.removesuffix(" Pháo hoa.").replace(". Cũng", ".\nCũng")
DAY = timedelta(days=1)


def old(session: Session) -> Article:
    return publish(session, TITLE, LEAD, TEXT, seen=NOW - 100 * DAY, published=NOW - 100 * DAY)


def mentions(session: Session, article_id: int = 1) -> list[tuple[object, ...]]:
    columns = Mention.ordinal, Mention.key, Mention.status, Mention.document_id, Mention.rule, Mention.quote
    query = select(*columns).where(Mention.article_id == article_id).order_by(Mention.ordinal)
    return [tuple(row) for row in session.execute(query)]


def found(session: Session, words: str) -> list[str]:
    return [hit.title for hit in search(session, parse_query(words, NOW.date()), 10).hits]


def test_old_texts_go_and_all_that_was_read_of_them_stays(database: Database) -> None:
    with database.session() as session:
        article = old(session)
        article.second_due_at = None
        young = publish(session, *POLICY, "Pháo hoa. Bài dài.", seen=NOW - 10 * DAY)
        young.second_due_at = None
        session.add(ArticleVersion(article_id=article.id, replaced_at=NOW, title="T", lead="L", text="Toàn văn"))
        before, state, evidence = mentions(session), article.state, article.evidence
        assert [row[1] for row in before] == ["09-CT/TW", "05-CT/TW"]
        assert sorted(found(session, "pháo hoa")) == sorted([TITLE, POLICY[0]])
    assert forget_texts(database, NOW - 50 * DAY) == 1
    assert forget_texts(database, NOW - 50 * DAY) == 0
    with database.session() as session:
        article = session.get_one(Article, 1)
        assert (article.title, article.lead, article.text, article.text_dropped) == (TITLE, LEAD, QUOTES, True)
        assert (article.state, article.evidence) == (state, evidence)
        assert session.scalars(select(ArticleVersion.text)).one() == ""
        assert "hoa" not in session.get_one(ArticleWords, 1).words
        assert mentions(session) == before
        assert found(session, "pháo hoa") == [POLICY[0]]
        assert TITLE in found(session, "phong trào toàn dân"), "by its title"
        assert TITLE in found(session, "09-CT/TW"), "by the sentences that cite"
        assert session.get_one(Article, 2).text != ""


def test_what_is_still_being_read_keeps_its_text(database: Database) -> None:
    with database.session() as session:
        old(session).second_due_at = NOW
    assert forget_texts(database, NOW) == 0
    with database.session() as session:
        article = session.get_one(Article, 1)
        article.second_due_at, article.page_due_at = None, NOW
    assert forget_texts(database, NOW) == 0


def test_many_of_one_moment_are_all_dropped(database: Database) -> None:
    with database.session() as session:
        for number in range(250):
            new = NewArticle(str(number), None, "Báo", f"Tin {number}", "", "Toàn văn", None)
            save_articles(session, [(new, analyse(new.title, "", ""))], NOW)
    assert forget_texts(database, NOW + DAY) == 250


def test_reindex_leaves_what_it_cannot_read(database: Database) -> None:
    with database.session() as session:
        article = old(session)
        article.second_due_at = None
        before, state = mentions(session), article.state
    forget_texts(database, NOW)
    with database.session() as session:
        session.get_one(Article, 1).rules_version = 0
    assert count_outdated(database) == count_outdated(database, everything=True) == 0
    assert reindex(database, lambda: NOW, everything=True).read == 0
    with database.reading() as session:
        assert (mentions(session), session.get_one(Article, 1).state) == (before, state)


def test_review_still_decides_and_takes_back(database: Database) -> None:
    with database.session() as session:
        article = old(session)
        article.second_due_at, article.margin, article.state = None, 2.0, "kept"
        evidence = article.evidence
        before = mentions(session)
        first, second = before
        assert first[3] == "09-CT/TW#XI"
    forget_texts(database, NOW)

    with database.session() as session:
        ensure_documents(session, ["05-CT/TW#XII"])

    def decide(**values: object) -> list[tuple[object, ...]]:
        with database.session() as session:
            article = session.get_one(Article, 1)
            for name, value in values.items():
                setattr(article, name, value)
        reindex(database, lambda: NOW, only=[1])
        with database.reading() as session:
            return mentions(session)

    def shown() -> tuple[str, str]:
        with database.reading() as session:
            article = session.get_one(Article, 1)
            assert article.evidence == evidence
            return article.state, article.state_reason.partition(" ")[0]

    decide(ruled_out=True)
    assert shown() == ("left_out", "review")
    decide(ruled_out=False)
    assert shown() == ("kept", "score")
    wrong, kept = decide(wrong_documents=["09-CT/TW#XI"])
    assert wrong[2:5] == ("withdrawn", None, "review")
    assert kept == second
    assert decide() == [wrong, kept], "also when read once more"
    assert decide(wrong_documents=[])[0][2:5] == ("unknown", None, ""), "what it was before is not known any more"
    assert decide(right_documents={"05-CT/TW": "05-CT/TW#XII"})[1][2:5] == ("resolved", "05-CT/TW#XII", "review")
    again = decide(right_documents={})[1]
    assert again[2] == ("ambiguous" if second[2] in ("ambiguous", "presumed") else "unknown")
    assert decide(right_documents={"05-CT/TW": ""})[1][2:5] == ("withdrawn", None, "review")


def test_an_edit_without_a_text_loses_no_mention_and_one_with_a_text_is_read(database: Database) -> None:
    with database.session() as session:
        old(session).second_due_at = None
        before = mentions(session)
    forget_texts(database, NOW)

    def edit(title: str, lead: str, text: str, *, wants_page: bool = False) -> Article:
        identity = f"Báo Mẫu:{TITLE}"
        new = NewArticle(identity, None, "Báo Mẫu", title, lead, text, NOW - 100 * DAY, wants_page=wants_page)
        with database.session() as session:
            save_articles(session, [(new, analyse(title, lead, text))], NOW)
        with database.reading() as session:
            return session.get_one(Article, 1)

    article = edit("Tít mới", LEAD, "", wants_page=True)
    assert (article.title, article.text_dropped, article.page_due_at) == ("Tít mới", True, NOW)
    with database.reading() as session:
        assert mentions(session) == before
        assert found(session, "tít mới") == ["Tít mới"]
    article = edit("Tít mới", LEAD, "Chỉ nói về Nghị định số 13/2023/NĐ-CP.")
    assert not article.text_dropped
    with database.reading() as session:
        assert [row[1] for row in mentions(session)] == ["13/2023/NĐ-CP"]


def test_what_is_dated_later_moves_with_its_mentions(database: Database) -> None:
    with database.session() as session:
        publish(session, TITLE, LEAD, TEXT, seen=NOW - 100 * DAY).second_due_at = None
    forget_texts(database, NOW)
    new = NewArticle(f"Báo Mẫu:{TITLE}", None, "Báo Mẫu", TITLE, LEAD, "", NOW - 110 * DAY)
    with database.session() as session:
        save_articles(session, [(new, analyse(TITLE, LEAD, ""))], NOW)
    with database.reading() as session:
        article = session.get_one(Article, 1)
        assert article.published_at == NOW - 110 * DAY
        assert set(session.scalars(select(Mention.position))) == {article.position}
        assert not article.charted


def test_it_is_done_once_a_day(database: Database) -> None:
    with database.session() as session:
        old(session).second_due_at = None
    kept = timedelta(days=60)
    assert drop_full_texts(database, NOW - 50 * DAY, kept) == 0, "not old enough"
    assert drop_full_texts(database, NOW - 50 * DAY + timedelta(hours=23), timedelta(0)) == 0, "done that day"
    assert drop_full_texts(database, NOW, kept) == 1
