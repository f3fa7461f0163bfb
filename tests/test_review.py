"""The queue of review: case by case, what concerns most first."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from conftest import NOW
from digests.feedback import Kind, store_feedback
from digests.review import count_reports, count_waiting, nth_doubt, nth_report
from digests.subscribers import welcome
from feeds.database import Database
from feeds.models import Article, Mention
from newsroom import ROBBERY, publish


def doubted(session: Session, headline: str, *keys: str) -> int:
    """An article that is kept and cites these keys, each twice, without saying which documents they are."""
    article = publish(session, headline, ROBBERY[1], seen=NOW)
    article.state = "kept"
    for ordinal, key in enumerate((*keys, *keys), start=50):
        session.execute(
            insert(Mention).values(
                article_id=article.id,
                position=article.position,
                ordinal=ordinal,
                start=0,
                end=5,
                raw=key,
                form=key,
                quote=f"Theo {key}.",
                stage="mentioned",
                key=key,
                status="ambiguous",
                candidates=[f"{key}#X", f"{key}#XI"],
            )
        )
    session.flush()
    return article.id


def test_doubtful_numbers_come_one_by_one_what_most_articles_cite_first(database: Database) -> None:
    with database.session() as session:
        one = doubted(session, "Tin thứ nhất", "01-CT/TW", "02-CT/TW")
        two = doubted(session, "Tin thứ hai", "02-CT/TW")
        out = doubted(session, "Tin thứ ba", "03-CT/TW")
        session.get_one(Article, out).state = "dropped"
        session.flush()
        found = [nth_doubt(session, skipped) for skipped in range(4)]
        cases = [(case.article_id, case.key, case.articles, case.waiting) for case in found if case]
        assert cases == [(two, "02-CT/TW", 2, 3), (one, "02-CT/TW", 2, 3), (one, "01-CT/TW", 1, 3)]
        assert count_waiting(session) == {None: 3}


def test_reports_come_one_by_one_what_most_readers_say_first(database: Database) -> None:
    with database.session() as session:
        articles = [publish(session, title, ROBBERY[1], seen=NOW).id for title in ("Tin thứ nhất", "Tin thứ hai")]
        for chat_id, said in ((1, articles), (2, articles[1:])):
            welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
            for article_id in said:
                store_feedback(session, chat_id, article_id, Kind.IRRELEVANT, NOW)
        found = [nth_report(session, Kind.IRRELEVANT, skipped) for skipped in range(3)]
        assert [report and report.article.id for report in found] == [articles[1], articles[0], None]
        assert nth_report(session, Kind.WRONG_FOLD, 0) is None
        assert count_reports(session) == {Kind.IRRELEVANT: 2}
