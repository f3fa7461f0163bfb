"""Which reports tell one event. A wrong fold hides news; a missed one only repeats it."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from conftest import NOW
from digests import cluster
from digests.cluster import AFFAIR, WINDOW, fold_stories, fold_waiting
from digests.event import OPENING, TERMS, Report, read_report, same_event
from digests.models import Story, StoryArticle, StoryTerm
from feeds.analyse import analyse
from feeds.database import Database
from feeds.models import Article
from newsroom import POLICY, publish

HOUR = timedelta(hours=1)
AGENCY = (
    "Sáng 19/11, tại Hà Nội, Bộ Công an tổ chức hội nghị trực tuyến toàn quốc tổng kết 15 năm thực hiện Chỉ thị số "
    "09-CT/TW của Ban Bí thư về phong trào toàn dân bảo vệ an ninh Tổ quốc. Theo báo cáo, cả nước duy trì hơn 12.000 "
    "mô hình tự quản; 72% tin báo tội phạm là do người dân cung cấp. Bộ trưởng yêu cầu công an các địa phương đưa chỉ "
    "tiêu xây dựng phong trào vào nghị quyết hằng năm của cấp ủy."
)
ROLLED_OUT = (
    "Ngày {day}, Tỉnh ủy {place} tổ chức hội nghị quán triệt, triển khai thực hiện Chỉ thị số 09-CT/TW, ngày 1/12/2011 "
    "của Ban Bí thư (khóa XI) về tăng cường sự lãnh đạo của Đảng đối với phong trào toàn dân bảo vệ an ninh Tổ quốc "
    "trong tình hình mới. {more}"
)
BULLETIN = (
    "Ban Chỉ đạo phòng, chống khủng bố phát thông cáo về tình hình bảo đảm an ninh phục vụ Đại hội. Theo thông cáo, "
    "lực lượng chức năng tiếp tục duy trì phương án bảo vệ tại {sites} điểm, huy động {men} cán bộ, chiến sĩ."
)


def report(
    title: str, lead: str = "", text: str = "", *, outlet: str = "Báo Một", at: datetime = NOW, number: int = 1
) -> Report:
    analysis = analyse(title, lead, text)
    keys = [(citation.key, citation.stage) for citation in analysis.citations if citation.key]
    named = [name for citation in analysis.citations for name in (citation.raw, citation.title) if name]
    return read_report(number, outlet, at, title, lead, text, keys, named)


SAME = {
    "agency text under another headline": (
        report("Tổng kết 15 năm thực hiện Chỉ thị số 09-CT/TW", AGENCY),
        report("Nhân rộng hơn 12.000 mô hình tự quản", AGENCY, outlet="Báo Hai", at=NOW + 5 * HOUR),
    ),
    "agency text with another sapo and a shorter body": (
        report("Tổng kết Chỉ thị 09", AGENCY, "Hội nghị bế mạc cuối buổi chiều."),
        report("Dân là gốc", "Hội nghị khẳng định vai trò của nhân dân.", AGENCY[:360], outlet="Báo Hai"),
    ),
    "the same headline, a lead each": (
        report("Bộ Công an lấy ý kiến dự thảo Luật Phòng, chống ma túy", "Hồ sơ được gửi các bộ hôm qua."),
        report("Bộ Công an lấy ý kiến dự thảo Luật Phòng, chống ma túy", "Dự thảo gồm tám chương.", outlet="Báo Hai"),
    ),
    "tones placed the old way, capitals": (
        report("Thi hành khoá mới: Bộ Công an TRIỂN KHAI Luật Căn cước trên toàn quốc"),
        report("Thi hành khóa mới: Bộ Công an triển khai Luật Căn cước trên toàn quốc", outlet="Báo Hai"),
    ),
    "like headlines, same document, same place": (
        report("Hà Tĩnh sơ kết 5 năm thực hiện Kết luận 44-KL/TW", "Tỉnh ủy Hà Tĩnh họp sáng nay.", outlet="Báo Một"),
        report("Hà Tĩnh: Sơ kết việc thực hiện Kết luận 44-KL/TW của Ban Bí thư", "Tại Hà Tĩnh.", outlet="Báo Hai"),
    ),
}
OTHER = {
    "bulletins of other numbers": (
        report("Thông cáo số 5 của Ban Chỉ đạo phòng, chống khủng bố", BULLETIN.format(sites=45, men=1200)),
        report("Thông cáo số 7 của Ban Chỉ đạo phòng, chống khủng bố", BULLETIN.format(sites=61, men=1850)),
    ),
    "bulletins of other numbers, no lead": (
        report("Thông cáo số 5 kỳ họp thứ 12 của Ủy ban Kiểm tra Trung ương về kỷ luật Đảng"),
        report("Thông cáo số 7 kỳ họp thứ 12 của Ủy ban Kiểm tra Trung ương về kỷ luật Đảng", outlet="Báo Hai"),
    ),
    "the same wording of two provinces": (
        report(
            "Hà Tĩnh quán triệt Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc",
            ROLLED_OUT.format(day="19/11", place="Hà Tĩnh", more="Hội nghị nối tới 12 điểm cầu cấp xã."),
        ),
        report(
            "Nghệ An quán triệt Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc",
            ROLLED_OUT.format(day="19/11", place="Nghệ An", more="Bí thư Tỉnh ủy chủ trì."),
            outlet="Báo Hai",
        ),
    ),
    "the same wording of two provinces, both naming the capital": (
        report(
            "Hà Tĩnh quán triệt Chỉ thị số 09-CT/TW",
            ROLLED_OUT.format(day="19/11", place="Hà Tĩnh", more="Điểm cầu chính đặt tại Hà Nội."),
        ),
        report(
            "Nghệ An quán triệt Chỉ thị số 09-CT/TW",
            ROLLED_OUT.format(day="19/11", place="Nghệ An", more="Điểm cầu chính đặt tại Hà Nội."),
            outlet="Báo Hai",
        ),
    ),
    "the same wording of two days": (
        report(
            "Công an tỉnh kiểm tra việc thực hiện Chỉ thị 09 tại các xã biên giới đợt này",
            ROLLED_OUT.format(day="18/11", place="Hà Tĩnh", more="Đoàn làm việc với 3 xã, 14 thôn, 220 hộ."),
        ),
        report(
            "Giám đốc Công an tỉnh làm việc với huyện ủy về công tác xây dựng lực lượng",
            ROLLED_OUT.format(day="20/11", place="Hà Tĩnh", more="Đoàn làm việc với 5 phường, 31 tổ, 480 hộ."),
        ),
    ),
    "the same document, other events": (
        report("Bộ Công an ban hành kế hoạch thực hiện Kết luận 44-KL/TW", "Kế hoạch giao công an các tỉnh."),
        report("Đồng Nai sơ kết Kết luận 44-KL/TW", "Tỉnh ủy Đồng Nai biểu dương 40 tập thể.", outlet="Báo Hai"),
    ),
    "like headlines of two provinces": (
        report("Công an tỉnh Hà Tĩnh ra quân cao điểm trấn áp tội phạm dịp Tết Nguyên đán"),
        report("Công an tỉnh Nghệ An ra quân cao điểm trấn áp tội phạm dịp Tết Nguyên đán", outlet="Báo Hai"),
    ),
    "the same text after four days": (
        report("Tổng kết 15 năm thực hiện Chỉ thị số 09-CT/TW", AGENCY),
        report("Nhân rộng mô hình tự quản", AGENCY, outlet="Báo Hai", at=NOW + WINDOW + timedelta(seconds=1)),
    ),
    "nothing in common": (
        report("Bộ Công an lấy ý kiến dự thảo Luật Phòng, chống ma túy"),
        report("Quốc hội thảo luận Luật Dân quân tự vệ", outlet="Báo Hai"),
    ),
    "no words at all": (report(""), report("", outlet="Báo Hai")),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_one_event(pair: tuple[Report, Report]) -> None:
    assert same_event(*pair) >= 0
    assert same_event(*reversed(pair)) >= 0


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_two_events(pair: tuple[Report, Report]) -> None:
    assert same_event(*pair) < 0
    assert same_event(*reversed(pair)) < 0


WORDS = ("bộ", "công", "an", "họp", "số", "5", "7", "09", "12", "15", "Hà Tĩnh", "Nghệ An", "ngày 19/11", "sáng 20/11")
texts = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
reports = st.builds(
    report, texts, texts, outlet=st.sampled_from(("A", "B")), at=st.integers(0, 80).map(lambda h: NOW + h * HOUR)
)


@given(one=reports, other=reports)
def test_law_of_symmetry(one: Report, other: Report) -> None:
    assert same_event(one, other) == same_event(other, one)


# Stories in the database


def stories(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(Article.title, StoryArticle.story_id).join(StoryArticle, StoryArticle.article_id == Article.id)
    )
    return {row.title: row.story_id for row in rows}


def test_reports_of_one_event_share_a_story_and_folding_again_changes_nothing(database: Database) -> None:
    with database.session() as session:
        publish(session, "Tổng kết Chỉ thị 09 của Bộ Công an", AGENCY, seen=NOW, published=NOW)
        publish(session, "Dân là gốc của an ninh", AGENCY, seen=NOW, published=NOW + HOUR, outlet="Báo Hai")
        publish(session, *POLICY, seen=NOW, published=NOW + HOUR)
        publish(session, "Giá cà phê tăng", "Tại các vườn cà phê.", seen=NOW, published=NOW)
        assert fold_stories(session) == 3
        first = stories(session)
        assert fold_stories(session) == 0
        assert stories(session) == first
        assert session.scalar(select(func.count()).select_from(Story)) == 2
    assert first["Tổng kết Chỉ thị 09 của Bộ Công an"] == first["Dân là gốc của an ninh"]


def test_a_story_keeps_its_number_when_reports_arrive_later(database: Database) -> None:
    with database.session() as session:
        publish(session, "Báo Một đưa tin tổng kết Chỉ thị 09", AGENCY, seen=NOW, published=NOW)
        fold_stories(session)
        first = stories(session)
    with database.session() as session:  # one published earlier, one later
        publish(session, "Báo Hai đưa tin", AGENCY, seen=NOW + HOUR, published=NOW - HOUR, outlet="Báo Hai")
        publish(session, "Báo Ba đưa tin", AGENCY, seen=NOW + HOUR, published=NOW + HOUR, outlet="Báo Ba")
        assert fold_stories(session) == 2
        after = stories(session)
    assert set(after.values()) == set(first.values())


def test_what_repeats_a_text_is_in_its_story_whatever_its_headline_or_day(database: Database) -> None:
    late = NOW + WINDOW + 2 * HOUR
    with database.session() as session:
        first = publish(session, "Tổng kết Chỉ thị 09 của Bộ Công an", AGENCY, seen=NOW, published=NOW)
        fold_stories(session)
        repeating = publish(session, *POLICY, seen=late, published=late, outlet="Báo Hai")
        repeating.original_id = first.id
        assert fold_stories(session) == 1
        assert len(set(stories(session).values())) == 1


def test_the_original_that_comes_after_its_copies_joins_their_story(database: Database) -> None:
    late = NOW + WINDOW + 2 * HOUR
    with database.session() as session:
        copies = [publish(session, f"Bản {n}", AGENCY, seen=NOW, published=NOW, outlet=f"Báo {n}") for n in range(2)]
        fold_stories(session)
        best = publish(session, *POLICY, seen=late, published=late, outlet="Báo Đảng")
        for copy in copies:
            copy.original_id = best.id
        third = publish(session, "Giá trị bền vững", POLICY[1], seen=late, published=late, outlet="Báo Ba")
        third.original_id = best.id
        assert fold_stories(session) == 2
        assert len(set(stories(session).values())) == 1


def test_an_article_that_is_kept_later_joins_its_story(database: Database) -> None:
    with database.session() as session:
        kept = publish(session, "Một", AGENCY, seen=NOW, published=NOW)
        late = publish(session, "Hai", AGENCY, seen=NOW, published=NOW, outlet="Báo Hai")
        kept.state, late.state = "kept", "left_out"
        assert fold_stories(session) == 1
        late.state = "kept"
        assert fold_stories(session) == 1
        assert len(set(stories(session).values())) == 1


def test_two_sessions_fold_the_same_news_without_error(database: Database) -> None:
    with database.session() as session:
        for number in range(6):
            publish(session, f"Bộ Công an ban hành kế hoạch {number}", AGENCY, seen=NOW, outlet=f"Báo {number}")
    together = threading.Barrier(3)

    def fold(_worker: int) -> int:
        together.wait()
        with database.session() as session:
            return fold_stories(session)

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(fold, range(3))) == [0, 0, 6]


def test_old_reports_fold_among_themselves_and_not_with_new_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "BATCH", 4)
    with database.session() as session:
        for number in range(6):
            publish(session, f"Báo {number}", AGENCY, seen=NOW, published=NOW + number * HOUR, outlet=f"Báo {number}")
        old = NOW - timedelta(days=3000)
        publish(session, "Tổng kết Chỉ thị 09 của Bộ Công an", AGENCY, seen=NOW, published=old)
        assert fold_stories(session) == 7
        publish(session, "Báo cũ", AGENCY, seen=NOW, published=old + HOUR, outlet="Báo cũ")
        assert fold_stories(session) == 1
        assert sorted(Counter(stories(session).values()).values()) == [2, 6]


def test_waiting_reports_are_folded_a_batch_a_transaction(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "BATCH", 2)
    with database.session() as session:
        for number in range(5):
            publish(session, f"Báo {number}", AGENCY, seen=NOW, published=NOW, outlet=f"Báo {number}")
        assert fold_stories(session, limit=2) == 2
    fold_waiting(database)
    fold_waiting(database)
    with database.session() as session:
        assert len(stories(session)) == 5
        assert len(set(stories(session).values())) == 1


def test_terms_are_forgotten_with_the_window_and_old_stories_stay(database: Database) -> None:
    def terms(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(StoryTerm)) or 0

    with database.session() as session:
        publish(session, *POLICY, seen=NOW, published=NOW)
        fold_stories(session)
        assert 0 < terms(session) <= TERMS
        later = NOW + AFFAIR + HOUR
        publish(session, "Bộ Công an họp báo quý", "Sáng nay, tại Hà Nội.", seen=later, published=later)
        fold_stories(session)
        assert 0 < terms(session) <= TERMS
        assert len(stories(session)) == 2


def test_what_became_of_an_event_is_a_story_that_continues_it(database: Database) -> None:
    found = "hài cốt liệt sĩ tại Công viên Lê Thị Riêng, phường Hòa Hưng, TP Hồ Chí Minh"
    with database.session() as session:
        for day, count in ((0, 8), (1, 19), (2, 11)):
            at = NOW + timedelta(days=day)
            title = f"Phát hiện thêm {count} bộ {found}"
            lead = (
                f"Ngày {at.day}/{at.month}, lực lượng Bộ Tư lệnh TP Hồ Chí Minh tìm kiếm, quy tập {count} bộ {found}."
            )
            article = publish(session, title, lead, seen=at, published=at, outlet=f"Báo {day}")
            article.state = "kept"
            fold_stories(session)
        told = session.execute(select(Story.id, Story.continues_id).order_by(Story.id)).all()
    assert [row.continues_id for row in told] == [None, told[0].id, told[1].id]


def test_likeness_of_neighbours_makes_no_chain(database: Database) -> None:
    """A is like B and B like C, but C tells of another day than A."""
    day = "Ngày {}/11, Bộ Công an tổ chức hội nghị. "
    with database.session() as session:
        for number, lead in enumerate((day.format(19) + AGENCY[10:], AGENCY[10:], day.format(20) + AGENCY[10:])):
            publish(session, "Tổng kết Chỉ thị 09", lead, seen=NOW, published=NOW, outlet=f"Báo {number}")
        fold_stories(session)
        assert sorted(
            Counter(
                dict(session.execute(select(StoryArticle.article_id, StoryArticle.story_id)).all()).values()
            ).values()
        ) == [1, 2]


def test_of_undated_reports_those_that_name_other_days_are_apart(database: Database) -> None:
    """Both were imported at the same moment, which says nothing of when they were written."""
    cited = "Chỉ thị số 48-CT/TW ngày 22/10/2010 của Bộ Chính trị về tăng cường công tác phòng, chống tội phạm"
    with database.session() as session:
        for number, day in enumerate(("2-10", "8-3", "8-3")):
            lead = f"Chiều {day}, Ban Thường vụ Thành ủy tổ chức hội nghị sơ kết việc thực hiện {cited}."
            publish(session, "Sơ kết công tác phòng, chống tội phạm", lead, seen=NOW, outlet=f"Báo {number}")
        fold_stories(session)
        assert session.scalar(select(func.count()).select_from(Story)) == 2


def test_reports_are_looked_up_by_one_statement_however_many_terms_they_have(database: Database) -> None:
    """The engine keeps each statement, the connections too: one for each length is memory that only grows."""
    asked: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "UNION ALL" in statement and "story_term" in statement:
            asked.add(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    lead = POLICY[1].split()
    with database.session() as session:
        for number in range(6):
            publish(session, "Bộ Công an họp", " ".join(lead[: 4 * number]), seen=NOW, outlet=f"Báo {number}")
        assert fold_stories(session) == 6
        told = select(func.count()).select_from(StoryTerm).group_by(StoryTerm.article_id)
        assert len(set(session.scalars(told))) > 2
    assert len(asked) == 1


def test_folding_reads_no_whole_text(database: Database) -> None:
    with database.session() as session:
        publish(session, *POLICY, "Toàn văn. " * 1000, seen=NOW, published=NOW)
    read: list[int] = []

    def noting(*parts: Any, date_known: bool) -> Report:
        read.append(len(parts[5]))
        return read_report(*parts, date_known=date_known)

    with pytest.MonkeyPatch.context() as patch, database.session() as session:
        patch.setattr(cluster, "read_report", noting)
        assert fold_stories(session) == 1
    assert read == [OPENING]
