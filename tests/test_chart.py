"""What is charted of documents is at any time what their mentions say, counted one by one, on both databases."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests.chart import chart, chart_waiting, recount_totals, waits
from digests.cluster import fold_stories
from digests.dossier import dossier_of
from digests.dossier_models import DocumentArticle, DocumentDay, DocumentEvent, DocumentTotal
from digests.happenings import EVENT_COLUMNS, TOLD_STAGES, events_from
from digests.models import Story, StoryArticle
from digests.split import rejoin, split, story_of
from feeds.analyse import analyse
from feeds.database import Database
from feeds.models import Article, Document, Mention
from feeds.store import NewArticle, date_article, ensure_documents, published_on, save_articles, store_analysis
from newsroom import publish

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
CITED = (
    "Chỉ thị số 48-CT/TW ngày 22/10/2010 của Bộ Chính trị (khóa X) về phòng, chống tội phạm",
    "Chỉ thị số 48-CT/TW",
    "Chỉ thị số 05-CT/TW (khóa X)",
    "Chỉ thị số 05-CT/TW",
    "Chỉ thị số 990-CT/TW (khóa XII)",
    "Chỉ thị số 990-CT/TW",
    "Nghị quyết số 98-NQ/TU của Tỉnh ủy Hà Tĩnh",
    "Nghị quyết số 98-NQ/TU",
    "công tác phòng cháy",
)
DONE = ("sơ kết 5 năm thực hiện", "tổng kết việc thực hiện", "triển khai", "nhắc lại")
PLACES = ("Hà Tĩnh", "Cà Mau", "Thái Bình", "Lào Cai")


@pytest.mark.parametrize("seed", range(2))
def test_what_is_charted_is_what_is_stored(database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a test
    for step in range(10):
        with database.session() as session:
            for _ in range(chance.randint(1, 6)):
                change(session, chance, step)
        chart_waiting(database)
        with database.reading() as session:
            check(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentEvent))
        assert session.scalar(select(func.count()).select_from(DocumentArticle).where(~DocumentArticle.is_sure))


def change(session: Session, chance: random.Random, step: int) -> None:
    """Something that a round, a reader or an admin does."""
    ids = session.scalars(select(Article.id)).all()
    what = (
        chance.choice(("store", "read", "date", "fold", "split", "rejoin", "rejoin", "rejoin", "name"))
        if ids
        else "store"
    )
    article_id = chance.choice(ids) if ids else 0
    match what:
        case "store":
            some = [written(chance, f"{step} {number}") for number in range(6)]
            save_articles(session, [(new, read(new)) for new in some], NOW)
        case "read":  # the page says something else, or nothing of documents any more
            article = session.get_one(Article, article_id)
            new = written(chance, "again")
            article.lead = new.lead
            store_analysis(session, article, analyse(article.title, new.lead, "", published=None), NOW)
        case "date":
            article = session.get_one(Article, article_id)
            date_article(session, article, some_day(chance))
            store_analysis(session, article, analyse(*article.parts, published=None), NOW)
        case "fold":
            fold_stories(session)
        case "split":
            split(session, article_id, NOW)
        case "rejoin":
            if other := story_of(session, chance.choice(ids)):
                rejoin(session, article_id, other)
        case "name":
            ensure_documents(session, [f"990-CT/TW#{chance.choice(('XI', 'XII', 'XIII'))}"])


def some_day(chance: random.Random) -> datetime:
    """Few minutes, so that articles take the places that others left."""
    return NOW - timedelta(days=chance.choice((1, 1, 2, 40)), hours=chance.choice((0, 12)))


def written(chance: random.Random, name: str) -> NewArticle:
    place, done = chance.choice(PLACES), chance.choice(DONE)
    lead = f"UBND tỉnh {place} tổ chức hội nghị {done} {chance.choice(CITED)}, {chance.choice(CITED)}."
    title = f"{place} {done} phòng, chống tội phạm {name}"
    outlet = f"Báo {chance.randrange(3)}"
    return NewArticle(title + outlet, None, outlet, title, lead, "", some_day(chance))


def read(new: NewArticle) -> Any:
    return analyse(new.title, new.lead, "", published=published_on(new.published))


def check(session: Session) -> None:
    """Counts everything anew, from the mentions alone."""
    assert not waits(session)
    mentions = session.execute(
        select(Mention, Article, StoryArticle.story_id)
        .join(Article, Article.id == Mention.article_id)
        .outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Mention.key.is_not(None))
        .execution_options(populate_existing=True)
    ).all()
    identities = set(session.scalars(select(Mention.document_id).where(Mention.document_id.is_not(None))))
    identities |= {candidate for row in mentions for candidate in row.Mention.candidates}
    rows: dict[tuple[str, int], list[Mention]] = {}
    stories: dict[int, int] = {}
    for mention, article, story_id in mentions:
        key = mention.key or ""
        stories[article.id] = story_id or -article.id
        for name in {key, key.partition("@")[0]} | {one for one in known(session, identities) if means(mention, one)}:
            rows.setdefault((name, article.id), []).append(mention)
    kept = session.scalars(select(DocumentArticle)).all()
    assert {(row.document_id, row.article_id) for row in kept} == set(rows)
    for row in kept:
        some = rows[row.document_id, row.article_id]
        assert row.mention_id in [mention.id for mention in some]
        assert row.position == some[0].position
        assert row.story_id == stories[row.article_id]
        is_sure = any(mention.status == "resolved" for mention in some)
        assert row.is_sure == (is_sure or "#" not in row.document_id)
        if is_sure:
            assert any((m.status, m.stage) == ("resolved", row.stage) for m in some)
    check_days(session, kept)
    check_events(session)


def known(session: Session, identities: set[str]) -> set[str]:
    return identities | {f"990-CT/TW#{term}" for term in ("XI", "XII", "XIII") if named(session, f"990-CT/TW#{term}")}


def named(session: Session, document_id: str) -> bool:
    return session.get(Document, document_id) is not None


def means(mention: Mention, document_id: str) -> bool:
    """Whether a mention is, or may be, of a document: as it is resolved, as a candidate, or as nothing contradicts."""
    if mention.document_id:
        return mention.document_id == document_id
    key, _, term = document_id.rpartition("#")
    told = mention.term or mention.term_derived
    if told and told != term:
        return False
    return document_id in mention.candidates if mention.candidates else mention.key == key


def check_days(session: Session, kept: Sequence[DocumentArticle]) -> None:
    def day_of(position: int) -> int:
        moment = datetime.fromtimestamp((position >> 20) * 60, VIETNAM)
        return moment.toordinal()

    articles = Counter((row.document_id, day_of(row.position)) for row in kept)
    unsure = Counter((row.document_id, day_of(row.position)) for row in kept if not row.is_sure)
    begins: dict[tuple[str, int], int] = {}
    for row in kept:
        if row.is_sure:
            story = row.document_id, row.story_id
            begins[story] = min(row.position, begins.get(story, row.position))
    stories = Counter((document_id, day_of(position)) for (document_id, _), position in begins.items())
    days = session.scalars(select(DocumentDay)).all()
    assert {(one.document_id, one.day): (one.articles, one.unsure, one.stories) for one in days} == {
        at: (count, unsure[at], stories[at]) for at, count in articles.items()
    }
    sums: dict[str, Counter[str]] = {}
    for one in days:
        counts = {"articles": one.articles, "unsure": one.unsure, "stories": one.stories}
        sums.setdefault(one.document_id, Counter()).update(counts)
    totals = session.scalars(select(DocumentTotal)).all()
    assert {one.document_id: (one.articles, one.unsure, one.stories) for one in totals} == {
        name: (of["articles"], of["unsure"], of["stories"]) for name, of in sums.items()
    }


def check_events(session: Session) -> None:
    query = (
        select(*EVENT_COLUMNS)
        .join(Article, Article.id == Mention.article_id)
        .outerjoin(StoryArticle, StoryArticle.article_id == Article.id)
        .where(Mention.status == "resolved", Mention.stage.in_(TOLD_STAGES))
        .order_by(Mention.position, Mention.ordinal)
    )
    told = events_from(session.execute(query).all())
    assert sorted(
        (one.document_id, one.mention_id, one.position, one.stage, one.years, one.who, one.named, one.outlets)
        for one in session.scalars(select(DocumentEvent))
    ) == sorted(
        (
            one.document_id,
            one.mention_id,
            one.position,
            one.stage,
            one.years,
            f"{one.who.kind}:{one.who.name}" if one.who else "",
            one.who.named if one.who else "",
            one.outlets,
        )
        for one in told
    )


def told_in_one_story(session: Session, *leads: str) -> list[Article]:
    """Articles of successive days, one story, charted."""
    story = Story(created_at=NOW)
    session.add(story)
    session.flush()
    articles = []
    for number, lead in enumerate(leads):
        at = NOW - timedelta(days=20 - number)
        articles.append(publish(session, f"Tin {number}", lead, seen=at, published=at, outlet=f"Báo {number}"))
        session.add(StoryArticle(article_id=articles[-1].id, story_id=story.id))
    session.flush()
    chart(session, [article.id for article in articles])
    check(session)
    return articles


def reread(session: Session, article: Article, lead: str) -> None:
    """As when its page says something else: charted alone."""
    article.lead = lead
    store_analysis(session, article, analyse(article.title, lead, "", published=None), NOW)
    chart(session, [article.id])
    check(session)


def test_a_story_begins_with_the_next_article_when_its_first_leaves_and_again_with_it(database: Database) -> None:
    sure = f"Hội nghị triển khai {CITED[0]}."
    with database.session() as session:
        first, *_ = told_in_one_story(session, sure, sure, sure)
        reread(session, first, "Công tác phòng cháy.")
        reread(session, first, sure)


def test_a_story_begins_with_what_is_certain(database: Database) -> None:
    sure, unsure = f"Hội nghị triển khai {CITED[2]}.", f"Hội nghị triển khai {CITED[3]}."
    with database.session() as session:
        _, second, _ = told_in_one_story(session, unsure, sure, sure)
        assert session.scalars(select(DocumentArticle.is_sure).where(DocumentArticle.article_id == second.id)).all()
        reread(session, second, "Công tác phòng cháy.")
        reread(session, second, sure)


def test_no_article_is_charted_by_reading_all_that_cites_its_documents(sqlite: Database) -> None:
    """SQLite has no statistics, and plans the same whatever is stored."""
    asked: list[tuple[str, Any]] = []
    with sqlite.session() as session:
        one, *_ = told_in_one_story(session, *[f"Hội nghị triển khai {CITED[0]}."] * 3)
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        chart(session, [one.id])
        plans = [
            str(row[-1])
            for statement, values in list(asked)
            if "document_article" in statement and not statement.startswith("INSERT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    own = [line for line in plans if " document_article" in line]
    assert len(own) > 3
    assert not [line for line in own if "SCAN" in line or "(document_id=?)" in line]


def test_the_own_page_of_a_document_is_no_article_about_it(database: Database) -> None:
    with database.session() as session:
        (page,) = told_in_one_story(session, f"Hội nghị triển khai {CITED[0]}.")
        kept = select(func.count()).select_from(DocumentArticle), select(func.count()).select_from(DocumentEvent)
        assert [session.scalar(one) for one in kept] == [2, 1]
        page.own_key = "48-CT/TW"
        session.flush()
        chart(session, [page.id])
        assert [session.scalar(one) for one in kept] == [0, 0]


def test_an_article_takes_the_place_of_one_that_waits(database: Database) -> None:
    sure = f"Hội nghị triển khai {CITED[0]}."
    with database.session() as session:
        one, other = told_in_one_story(session, sure, sure)
        places = one.position, other.position
        earlier, later = one.dated_at, other.dated_at
        for article, at in ((one, later + timedelta(minutes=1)), (other, earlier), (one, later)):
            date_article(session, article, at)
            store_analysis(session, article, analyse(*article.parts, published=None), NOW)
            session.flush()
        assert (other.position, one.position) == places
        chart(session, [other.id])
        chart(session, [one.id])
        check(session)


@pytest.mark.parametrize(
    ("cited", "documents"),
    [
        # Of a term that the catalogue has none of: none of the catalogue's.
        ("Chỉ thị số 05-CT/TW (khóa XIII)", {"05-CT/TW", "05-CT/TW#XIII"}),
        # A number of a province is also counted without its place.
        ("Nghị quyết số 98-NQ/TU của Tỉnh ủy Hà Tĩnh", {"98-NQ/TU", "98-NQ/TU@Hà Tĩnh"}),
        # Open between the documents of the number.
        ("Chỉ thị số 05-CT/TW", {"05-CT/TW", "05-CT/TW#X", "05-CT/TW#XII"}),
    ],
)
def test_a_mention_counts_for_its_number_and_what_it_may_mean(
    database: Database, cited: str, documents: set[str]
) -> None:
    with database.session() as session:
        at = NOW - timedelta(days=3)
        publish(session, "Tin", f"Hội nghị quán triệt {cited}.", seen=at, published=at)
        kept = set(session.scalars(select(DocumentArticle.document_id)))
    assert kept == documents


def test_a_year_beside_a_number_speaks_against_documents_of_others(database: Database) -> None:
    with database.session() as session:
        ensure_documents(session, ["14/CT-TTg#2017", "14/CT-TTg#2018", "14/CT-TTg#?"])
        at = NOW - timedelta(days=3)
        publish(session, "Tin", "Hội nghị quán triệt Chỉ thị số 14/CT-TTg năm 2018.", seen=at, published=at)
        kept = {row.document_id: row.is_sure for row in session.scalars(select(DocumentArticle))}
    assert kept == {"14/CT-TTg": True, "14/CT-TTg#2018": False}


def test_an_article_is_listed_by_what_it_tells_the_most_of(database: Database) -> None:
    cited, at = CITED[0], NOW - timedelta(days=3)
    lead = f"Theo {cited}, tội phạm phải bị xử lý. Sáng nay, Cà Mau sơ kết 5 năm thực hiện Chỉ thị số 48-CT/TW."
    with database.session() as session:
        publish(session, "Tin", lead, seen=at, published=at, outlet="Báo Một", province="Cà Mau")
        kept = session.scalars(select(DocumentArticle)).all()
    assert {(row.stage, row.place, row.outlet) for row in kept} == {("interim_review", "Cà Mau", "Báo Một")}


@pytest.mark.parametrize(
    "read",
    [
        {"status": "withdrawn", "rule": "corrected"},  # an admin said that it is none of these
        {"status": "unknown", "rule": "contradiction"},  # what its sentence says speaks against the catalogue's
    ],
)
def test_what_was_taken_back_or_contradicted_counts_for_the_number_alone(
    database: Database, read: dict[str, str]
) -> None:
    with database.session() as session:
        at = NOW - timedelta(days=3)
        article = publish(session, "Tin", "Hội nghị quán triệt Chỉ thị số 48-CT/TW.", seen=at, published=at)
        kept = select(DocumentArticle.document_id).order_by(DocumentArticle.document_id)
        assert session.scalars(kept).all() == ["48-CT/TW", "48-CT/TW#X"]
        mention = session.scalars(select(Mention)).one()
        mention.document_id, mention.candidates = None, ["48-CT/TW#X"]
        mention.status, mention.rule = read["status"], read["rule"]
        session.flush()
        chart(session, [article.id])
        assert session.scalars(kept).all() == ["48-CT/TW"]


def test_what_an_older_release_counts_has_its_sum_within_an_hour(database: Database) -> None:
    with database.session() as session:
        told_in_one_story(session, "Sơ kết Chỉ thị 09-CT/TW (khóa XI).", "Tổng kết Chỉ thị 09-CT/TW (khóa XI).")
        right = {one.document_id: one.articles for one in session.scalars(select(DocumentTotal))}
        one, *_ = right
        session.execute(update(DocumentTotal).where(DocumentTotal.document_id == one).values(stories=77))
        session.execute(delete(DocumentTotal).where(DocumentTotal.document_id != one))
        session.add(DocumentTotal(document_id="01-CT/TW#X", articles=1, unsure=0, stories=1))
    assert recount_totals(database, NOW) == len(right) + 1
    with database.session() as session:
        check_days(session, session.scalars(select(DocumentArticle)).all())
        session.execute(delete(DocumentTotal))
    assert recount_totals(database, NOW + timedelta(minutes=59)) == 0
    assert recount_totals(database, NOW + timedelta(minutes=60)) == len(right)


def test_what_an_older_release_took_from_a_document_leaves_its_card_readable(database: Database) -> None:
    with database.session() as session:
        told_in_one_story(session, "Sơ kết Chỉ thị 09-CT/TW (khóa XI).")
        session.execute(delete(DocumentArticle))
        session.execute(delete(DocumentDay))
    with database.reading() as session:
        assert dossier_of(session, "09-CT/TW#XI", now=NOW).presence is None
