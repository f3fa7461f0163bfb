"""The life of a document, its map and its reviews, counted by hand on a few articles, on both databases."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handlers.timeline import PER_PAGE
from digests.bodies import bodies
from digests.cluster import fold_stories
from digests.formats.spreadsheet import as_csv, as_xlsx, harmless
from digests.happenings import PLACED_STAGES, events_of
from digests.implementation import ImplementationMap, implementation_map, table_of
from digests.implementer import Implementer
from digests.messages import MESSAGE_LIMIT, telegram_length
from digests.models import Story, StoryArticle
from digests.reviews import ReviewDue, ground_of, reviews_due
from digests.templates import render
from digests.timeline import Timeline, TimelineEntry, lines_of, timeline
from feeds.database import Database
from feeds.documents import Document, Relation, load_catalogue, make_catalogue
from feeds.models import Mention
from feeds.places import provinces
from newsroom import chart_all, publish

DOCUMENT = "48-CT/TW#X"
CITED = "Chỉ thị số 48-CT/TW ngày 22/10/2010 của Bộ Chính trị (khóa X) về phòng, chống tội phạm"
STORED = datetime(2026, 11, 20, tzinfo=UTC)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 3, tzinfo=UTC)


@pytest.fixture
def told(database: Database) -> Database:
    """Six articles of four events, one of which two outlets tell, one that only mentions, one that is not certain."""
    with database.session() as session:
        review = f"Sáng 8/6, UBND tỉnh Thái Bình tổ chức hội nghị sơ kết 5 năm thực hiện {CITED}."
        for number, outlet in enumerate(("Báo Một", "Báo Hai")):
            at = day(2015, 6, 8) + timedelta(hours=number)
            publish(session, "Thái Bình sơ kết phòng, chống tội phạm", review, seen=at, published=at, outlet=outlet)
        at = day(2011, 2, 1)
        rolled = f"Ngày 31/1, Bộ Công an tổ chức hội nghị quán triệt, triển khai {CITED}."
        publish(session, "Bộ Công an quán triệt Chỉ thị 48", rolled, seen=at, published=at)
        at = day(2020, 11, 3)
        final = f"Sáng nay, Công an tỉnh Hà Tĩnh tổ chức hội nghị tổng kết 10 năm thực hiện {CITED}."
        publish(session, "Hà Tĩnh tổng kết 10 năm phòng, chống tội phạm", final, seen=at, published=at)
        at = day(2021, 1, 5)
        unknown = f"Hội nghị đánh giá cao kết quả tổng kết 10 năm thực hiện {CITED}."
        publish(session, "Nhiều kết quả trong phòng, chống tội phạm", unknown, seen=at, published=at)
        at = day(2022, 3, 3)
        publish(session, "Kẻ trộm bị bắt", f"Theo {CITED}, tội phạm phải bị xử lý.", seen=at, published=at)
        presumed = "Cà Mau tổng kết 10 năm thực hiện Chỉ thị số 48-CT/TW"
        publish(session, presumed, seen=at, published=at)
        fold_stories(session)
        chart_all(session)
    return database


def lived(database: Database, document_id: str = DOCUMENT) -> Timeline:
    with database.reading() as session:
        return timeline(session, document_id)


def mapped(database: Database) -> ImplementationMap:
    with database.reading() as session:
        return implementation_map(session, DOCUMENT)


def told_by(entry: TimelineEntry) -> tuple[str, int | None, str | None]:
    return entry.stage, entry.years, entry.who.name if entry.who else None


def test_a_timeline_is_that_of_a_hand_count(told: Database) -> None:
    view = lived(told)
    reported = [entry for entry in view.entries if entry.source == "articles"]
    assert [(entry.on, *told_by(entry)) for entry in reported] == [
        (date(2011, 2, 1), "rolled_out", None, "BCA"),
        (date(2015, 6, 8), "interim_review", 5, "Hưng Yên"),
        (date(2020, 11, 3), "final_review", 10, "Hà Tĩnh"),
        (date(2021, 1, 5), "final_review", 10, None),
    ]
    review = reported[1]
    assert (review.outlets, review.outlet, review.who and review.who.named) == (2, "Báo Một", "Thái Bình")
    assert "sơ kết 5 năm" in review.quote
    assert review.url
    assert not view.is_cut


def test_the_catalogue_tells_what_was_seen(told: Database) -> None:
    entries = [entry for entry in lived(told).entries if entry.source == "catalogue"]
    issued, *others = entries
    assert (issued.stage, issued.on, issued.precision) == ("issued", date(2010, 10, 22), "day")
    document = load_catalogue().get(DOCUMENT)
    assert document is not None
    proven = [relation.target for relation in document.relations if relation.kind == "concluded_by" and relation.proves]
    assert [entry.other for entry in others] == proven == ["13-KL/TW#XIII"]
    assert others[0].stage == "concluded"


def test_only_resolved_mentions_count(told: Database) -> None:
    with told.session() as session:
        statuses = set(session.scalars(select(Mention.status)))
        assert statuses == {"resolved", "presumed"}
        for mention in session.scalars(select(Mention)):
            mention.status = "presumed"
        chart_all(session)
    assert [entry.source for entry in lived(told).entries] == ["catalogue", "catalogue"]
    assert not mapped(told).seen


def test_a_date_that_was_only_recalled_is_not_told(database: Database) -> None:
    document = load_catalogue().get("05-CT/TW#X")
    assert document is not None
    assert document.date
    assert not document.seen("date")
    assert "issued" not in [entry.stage for entry in lived(database, "05-CT/TW#X").entries]


def test_later_articles_recall_that_a_document_was_issued(database: Database) -> None:
    headline = "Bộ Chính trị ban hành Chỉ thị 48"
    with database.session() as session:
        for at in (day(2010, 10, 25), day(2016, 5, 5)):
            publish(session, f"{headline} ({at.year})", f"Bộ Chính trị đã ban hành {CITED}.", seen=at, published=at)
        fold_stories(session)
        chart_all(session)
    (issued,) = (entry for entry in lived(database).entries if entry.stage == "issued")
    assert (issued.source, issued.on, issued.title) == ("catalogue", date(2010, 10, 22), f"{headline} (2010)")


def test_the_map_has_everybody_and_says_who_is_not_seen(told: Database) -> None:
    view = mapped(told)
    assert [row.code for row in view.rows[:34]] == list(provinces())
    assert {row.code: {stage: seen.on for stage, seen in row.seen.items()} for row in view.seen} == {
        "Hưng Yên": {"interim_review": date(2015, 6, 8)},
        "Hà Tĩnh": {"final_review": date(2020, 11, 3)},
        "BCA": {"rolled_out": date(2011, 2, 1)},
    }
    assert len(view.seen) + len(view.not_seen) == len(view.rows)
    assert view.placeless == 1
    former = next(row.former for row in view.rows if row.code == "Hưng Yên")
    assert former == ("Thái Bình",)
    assert sum(len(row.former) for row in view.rows[:34]) >= 29  # 63 became 34


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_map_as_files(told: Database, language: str) -> None:
    table = table_of(mapped(told), language)
    read = list(csv.reader(StringIO(as_csv(table).decode("utf-8-sig"))))
    assert read == [list(row) for row in table]
    sheet = load_workbook(BytesIO(as_xlsx(table, "Nơi thực hiện: [48-CT/TW]")))["Nơi thực hiện 48-CTTW"]
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()] == read
    absent = {"vi": "chưa thấy trong các nguồn", "en": "not seen in the sources"}[language]
    cells = [cell for row in read[1:] for cell in row]
    assert cells.count(absent) == (len(read) - 1) * len(PLACED_STAGES) - 3
    assert "2015-06-08" in cells


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell).startswith("'")
    (row,) = csv.reader(StringIO(as_csv([[cell]]).decode("utf-8-sig"), newline=""))
    assert row == [f"'{cell}"]
    value = load_workbook(BytesIO(as_xlsx([["a"], [cell]], ""))).active["A2"]
    assert (value.data_type, value.value[0]) == ("s", "'")


def document(number: str, **more: object) -> Document:
    facts: dict[str, object] = {
        "id": f"{number}-CT/TW#X", "key": f"{number}-CT/TW", "type": "CT", "number": number, "organ": "TW",
        "issuer": "Bộ Chính trị", "term": "X", "year": 2010, "date": "2010-10-22", "title": "phòng, chống tội phạm",
        "place": None, "status": "in_force", "status_note": None, "topics": (), "aliases": (), "relations": (),
        "provenance": {"date": "seen", "title": "seen", "status": "seen"}, "sources": (),
    }  # fmt: skip
    return Document(**{**facts, **more})  # type: ignore[arg-type]


def due(session: Session, year: int, month: int | None, *documents: Document) -> tuple[list[ReviewDue], list[str]]:
    found = reviews_due(session, year, month, catalogue=make_catalogue(documents, date(2026, 11, 21)))
    return list(found.due), [f"{one.document_id} {one.reason} {one.by}" for one in found.left_out]


def test_the_city_is_named_so_that_it_is_not_the_man(told: Database) -> None:
    table = table_of(mapped(told), "vi")
    names = [row[1] for row in table]
    assert "TP. Hồ Chí Minh" in names
    assert "Hồ Chí Minh" not in names


def test_reviews_fall_due_every_five_years_and_are_held_where_reported(told: Database) -> None:
    with told.reading() as session:
        interim, _ = due(session, 2015, 10, document("48"))
        final, _ = due(session, 2020, None, document("48"))
        later, _ = due(session, 2025, None, document("48"))
        assert due(session, 2015, 9, document("48")) == ([], [])
    (one,) = interim
    assert (one.stage, one.years, one.on, one.is_held) == ("interim_review", 5, date(2015, 10, 22), True)
    assert one.places == ("Thái Bình",)
    (one,) = final
    assert (one.stage, one.years, one.reported and one.reported.on) == ("final_review", 10, date(2020, 11, 3))
    (one,) = later
    assert (one.years, one.is_held) == (15, False)
    assert ground_of(one, "vi") == "Suy ra: 15 năm kể từ ngày ban hành 22/10/2010"
    assert ground_of(one, "en").startswith("Inferred")


def test_a_review_that_is_only_asked_for_or_planned_is_not_held(database: Database) -> None:
    with database.session() as session:
        for month, lead in enumerate(
            (
                f"Bí thư Tỉnh ủy Cà Mau yêu cầu các huyện tổng kết 10 năm thực hiện {CITED}.",
                f"Tỉnh ủy Hà Tĩnh ban hành kế hoạch tổng kết 10 năm thực hiện {CITED}.",
                f"Hà Tĩnh sẽ kiểm tra việc thực hiện {CITED} tại các huyện.",
                f"Tháng 1/2021, Hà Tĩnh tổng kết 10 năm thực hiện {CITED}.",
            ),
            start=9,
        ):
            at = day(2020, month, 3)
            publish(session, f"Tin an ninh trật tự tháng {month}", lead, seen=at, published=at)
        fold_stories(session)
        chart_all(session)
        assert set(session.scalars(select(Mention.stage))) == {"final_review", "inspected"}
        (one,), _ = due(session, 2020, None, document("48"))
    assert (one.years, one.is_held, one.reported, one.places) == (10, False, None, ())
    assert [entry.source for entry in lived(database).entries] == ["catalogue", "catalogue"]
    assert not mapped(database).seen


def test_the_years_that_articles_write_of_fall_due_too(database: Database) -> None:
    with database.session() as session:
        at = day(2012, 11, 1)
        lead = f"Sáng nay, Tỉnh ủy Cà Mau tổ chức hội nghị sơ kết 2 năm thực hiện {CITED}."
        publish(session, "Cà Mau sơ kết phòng, chống tội phạm", lead, seen=at, published=at)
        fold_stories(session)
        chart_all(session)
        (one,), _ = due(session, 2012, 10, document("48"))
    assert (one.years, one.ground, one.is_held, one.places) == (2, "stated_years", True, ("Cà Mau",))


def test_a_period_in_the_title_ends_with_a_final_review(database: Database) -> None:
    planned = document("1", title="phòng, chống ma túy giai đoạn 2021 - 2025", date="2021-07-19", year=2021)
    with database.reading() as session:
        (one,), _ = due(session, 2025, None, planned)
        assert due(session, 2025, 12, planned) == ([], [])  # known to the year only
    assert (one.ground, one.period, one.precision, one.years) == ("stated_period", (2021, 2025), "year", 5)
    assert "giai đoạn 2021 - 2025" in ground_of(one, "vi")


def test_what_was_seen_replaced_concluded_or_expired_is_left_out_with_its_reason(database: Database) -> None:
    def by(kind: str, confidence: str = "seen") -> tuple[Relation, ...]:
        return (Relation(kind, "2-KL/TW#XII", confidence),)  # type: ignore[arg-type]

    with database.reading() as session:
        cases = {
            "replaced 2-KL/TW#XII": document("1", relations=by("replaced_by")),
            "concluded 2-KL/TW#XII": document("1", relations=by("concluded_by")),
            "expired None": document("1", status="expired"),
        }
        for reason, ended in cases.items():
            assert due(session, 2025, None, ended) == ([], [f"1-CT/TW#X {reason}"])
        recalled = document("1", relations=by("replaced_by", "recalled"))
        assert len(due(session, 2025, None, recalled)[0]) == 1
        later = document("2", id="2-KL/TW#XII", key="2-KL/TW", type="KL", date="2019-01-22", year=2019)
        before, left_out = due(session, 2015, None, document("1", relations=by("replaced_by")), later)
        assert (len(before), left_out) == (1, [])


@pytest.mark.parametrize(
    "not_reviewed",
    [{"type": "L"}, {"provenance": {"date": "recalled"}}, {"date": None}, {"status": "draft"}],
)
def test_what_has_no_reviews(database: Database, not_reviewed: dict[str, object]) -> None:
    with database.reading() as session:
        assert due(session, 2025, None, document("1", **not_reviewed)) == ([], [])


def test_a_month_that_is_none_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(ValueError, match="13"):
        reviews_due(session, 2026, 13)


def test_the_calendar_of_the_real_catalogue(told: Database) -> None:
    """48-CT/TW was carried on by 13-KL/TW in 2021: its reviews of 2015 and 2020 stand, that of 2025 is not expected."""
    with told.reading() as session:
        years = {year: reviews_due(session, year, documents=[DOCUMENT]) for year in (2015, 2020, 2025)}
        assert [len(found.due) for found in years.values()] == [1, 1, 0]
        assert [one.reason for one in years[2025].left_out] == ["concluded"]
        whole = reviews_due(session, 2026)
    assert whole.due
    assert all(one.on.year == 2026 for one in whole.due)


def test_a_page_of_lines_fits_a_message_and_loses_nothing() -> None:
    entries = [
        TimelineEntry(
            "interim_review", date(2026, 3, number), "day", "articles", years=10,
            who=Implementer("body", one.code, one.vi, "subject"),
            title="Tin " * 27, url="https://one.example/1", outlet="Báo Một", outlets=12, article_id=number,
        )
        for number in range(1, PER_PAGE + 1)
        for one in bodies()
    ]  # fmt: skip
    lines = lines_of(entries)
    assert [one for line in lines for one in line] == entries
    page = lines[:PER_PAGE]
    view = Timeline(DOCUMENT, tuple(entries))
    shown = [one for line in page for one in line]
    html = render("timeline.html", "vi", view=view, lines=lines_of(shown), entries=shown, page=0, pages=99)
    assert telegram_length(html) <= MESSAGE_LIMIT
    assert lines_of(shown) == page


def test_an_event_without_a_story_yet_is_one_of_its_own(database: Database) -> None:
    with database.session() as session:
        at = day(2015, 6, 8)
        publish(session, "Sơ kết", f"UBND tỉnh Cà Mau sơ kết 5 năm thực hiện {CITED}.", seen=at, published=at)
        (event,) = events_of(session, DOCUMENT).events
    assert (event.story_id, event.outlets) == (None, 1)


def test_reports_that_tell_different_things_are_not_one_event(database: Database) -> None:
    """One story, as folding made it: two provinces, and two reviews of one of them; one report leaves open who."""
    reviews = [
        f"UBND tỉnh Cà Mau tổ chức sơ kết 5 năm thực hiện {CITED}.",
        f"UBND tỉnh Cà Mau tổ chức sơ kết 2 năm thực hiện {CITED}.",
        f"UBND tỉnh Lào Cai tổ chức sơ kết 5 năm thực hiện {CITED}.",
        f"Hội nghị sơ kết 2 năm thực hiện {CITED} diễn ra sáng nay.",
        f"Hội nghị sơ kết 5 năm thực hiện {CITED} diễn ra sáng nay.",
    ]
    with database.session() as session:
        story = Story(created_at=STORED)
        session.add(story)
        session.flush()
        for number, lead in enumerate(reviews):
            at = day(2015, 6, 8) + timedelta(hours=number)
            article = publish(session, "Sơ kết", lead, seen=at, published=at, outlet=f"Báo {number}")
            session.add(StoryArticle(article_id=article.id, story_id=story.id))
        chart_all(session)
        events = events_of(session, DOCUMENT).events
    assert [(event.who and event.who.name, event.years, event.outlets) for event in events] == [
        ("Cà Mau", 5, 1),
        ("Cà Mau", 2, 2),
        ("Lào Cai", 5, 1),
        (None, 5, 1),
    ]
