"""Which articles are one text, and which of them is shown for all. A wrong merge is worse than a miss."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from conftest import NOW
from feeds import duplicates
from feeds.database import Database, chunks
from feeds.duplicates import WINDOW, duplicates_of, mark_duplicates
from feeds.fingerprint import SHARED, Wording, read_wording, same_text
from feeds.models import Article, FingerprintBand
from feeds.positions import minute_position

HOUR = timedelta(hours=1)
TITLE = "Hà Tĩnh sơ kết 5 năm thực hiện Kết luận 44-KL/TW"
LEAD = (
    "Sáng 19/11, tại xã Cẩm Bình, Công an tỉnh Hà Tĩnh tổ chức hội nghị sơ kết 5 năm thực hiện Kết luận số 44-KL/TW "
    "của Ban Bí thư về phong trào toàn dân bảo vệ an ninh Tổ quốc; 37 tập thể được khen thưởng."
)
BODY = (
    "Theo báo cáo, toàn tỉnh duy trì 1.248 mô hình tự quản, trong đó mô hình camera an ninh được nhân rộng ở 34 thôn. "
    "Đại tá Trần Văn Minh đề nghị công an các xã tham mưu cấp ủy đưa chỉ tiêu xây dựng phong trào vào nghị quyết hằng "
    "năm, gắn với cuộc vận động xây dựng nông thôn mới và đô thị văn minh ở từng địa bàn dân cư."
)
OTHER_BODY = (
    "Bài viết giới thiệu những tấm gương bình dị ở cơ sở: người trưởng thôn hai mươi năm giữ bình yên cho xóm nhỏ, cô "
    "giáo vận động học trò giao nộp pháo tự chế, bác xe ôm nhiều lần báo tin giúp công an bắt giữ kẻ trộm cắp tài sản "
    "trên địa bàn, được bà con lối xóm tin yêu và cấp trên nhiều lần biểu dương."
)
FAIR = "Ngày hội toàn dân bảo vệ an ninh Tổ quốc tại xã {commune}"
FAIR_LEAD = "Ngày hội do Công an tỉnh phối hợp tổ chức, gắn với thực hiện {document}. Có {units} đơn vị tham gia."
SERIES = (
    "Kính mời quý vị theo dõi bản tin Tiêu điểm ngày {day} của báo với nhiều thông tin đáng chú ý trong và ngoài nước."
)


def said(title: str, lead: str = "", text: str = "") -> Wording:
    return read_wording(title, lead, text)


def fair(commune: str = "Tân Lập", document: str = "Chỉ thị số 09-CT/TW", units: int = 16) -> Wording:
    return said(FAIR.format(commune=commune), FAIR_LEAD.format(document=document, units=units))


ONE = {
    "word for word": (said(TITLE, LEAD), said(TITLE, LEAD)),
    "another headline": (said(TITLE, LEAD), said("Nhiều tập thể được khen thưởng", LEAD)),
    "days, dashes, tones and blanks written another way": (
        said("Khai mạc khoá tập huấn ngày 1/9 ở Uỷ ban", LEAD),
        said("Khai mạc  khóa tập huấn ngày 01-9 ở Ủy ban", LEAD.replace("19/11", "19-11-2026")),
    ),
    "a place before the headline": (
        said("Sơ kết 5 năm Kết luận 44", LEAD),
        said("Hà Tĩnh: sơ kết 5 năm Kết luận 44", LEAD),
    ),
    "marks of editions": (said(f"[Cập nhật 1] {TITLE}", LEAD), said(f"{TITLE} (bản 2)", LEAD)),
    "the document cited at less length": (
        fair(document="Chỉ thị số 09-CT/TW, ngày 1/12/2011 của Ban Bí thư (khóa XI)"),
        fair(document="Chỉ thị số 09-CT/TW của Ban Bí thư"),
    ),
    "ordinals in words and digits": (
        said("Khai mạc kỳ họp thứ Nhất của Quốc hội khóa XVI", LEAD),
        said("Khai mạc kỳ họp thứ 1 của Quốc hội khóa 16", LEAD),
    ),
    "a rank is no ordinal": (
        said("Thứ trưởng dự hội nghị sơ kết Kết luận 44", LEAD),
        said("Dự hội nghị sơ kết Kết luận 44 có 200 đại biểu", LEAD),
    ),
    "a congress term in Arabic numerals": (
        fair(document="Chỉ thị 05 của Bộ Chính trị (khóa 10)"),
        fair(document="Chỉ thị 05 của Bộ Chính trị (khóa X)"),
    ),
    "the full text under another headline and lead": (
        said(TITLE, "Hội nghị diễn ra sáng nay.", LEAD + " " + BODY),
        said("Lan tỏa phong trào ở cơ sở", "Cả tỉnh có thêm nhiều cách làm.", LEAD + " " + BODY + " Theo TTXVN"),
    ),
    "one page read, one not": (said(TITLE, LEAD, BODY), said(TITLE, LEAD)),
}
TWO = {
    "bulletins of other numbers": (
        said("Thông cáo báo chí số 5 của kỳ họp", "Quốc hội làm việc tại hội trường về các dự án luật."),
        said("Thông cáo báo chí số 7 của kỳ họp", "Quốc hội làm việc tại hội trường về các dự án luật."),
    ),
    "days of one conference": (
        said("Thông cáo báo chí về ngày làm việc thứ ba của Hội nghị Trung ương 3"),
        said("Thông cáo báo chí về ngày làm việc thứ tư của Hội nghị Trung ương 3"),
    ),
    "one form, two communes": (fair("Tân Lập"), fair("Phú Mỹ")),
    "communes that differ by a tone": (fair("Thanh Mỹ"), fair("Thạnh Mỹ")),
    "one form, other counts": (fair(units=16), fair(units=23)),
    "other documents": (fair(document="Chỉ thị số 09-CT/TW"), fair(document="Chỉ thị số 48-CT/TW")),
    "a directive and a conclusion of one number": (
        fair(document="Chỉ thị số 44-CT/TW"),
        fair(document="Kết luận số 44-KL/TW"),
    ),
    "other congress terms": (
        fair(document="Chỉ thị 05 của Bộ Chính trị (khóa X)"),
        fair(document="Chỉ thị 05 của Bộ Chính trị (khóa XII)"),
    ),
    "one form, two provinces": (
        said("Công an Huế ra quân cao điểm tấn công, trấn áp tội phạm", "Lực lượng ở Huế giữ trật tự dịp Tết."),
        said("Công an Hà Nội ra quân cao điểm tấn công, trấn áp tội phạm", "Lực lượng ở Hà Nội giữ trật tự dịp Tết."),
    ),
    "a series by day": (
        said("Tiêu điểm ngày 6.8: giá dầu", SERIES.format(day="6.8.2026")),
        said("Tiêu điểm ngày 8.8: cháy rừng", SERIES.format(day="8.8.2026")),
    ),
    "one headline, other leads": (
        said("Quy định mới về xử phạt vi phạm hành chính", "Chính phủ vừa ban hành nghị định sửa đổi một số điều."),
        said("Quy định mới về xử phạt vi phạm hành chính", "Mức phạt cao nhất với cá nhân tăng gấp đôi so với trước."),
    ),
    "one opening, other texts": (said(TITLE, LEAD, BODY), said(TITLE, LEAD, OTHER_BODY)),
    "no words at all": (said(""), said("")),
}  # fmt: skip


@pytest.mark.parametrize("pair", ONE.values(), ids=ONE)
def test_one_text(pair: tuple[Wording, Wording]) -> None:
    assert same_text(*pair)
    assert same_text(*reversed(pair))
    assert len({*pair[0].bands} & {*pair[1].bands}) >= SHARED


@pytest.mark.parametrize("pair", TWO.values(), ids=TWO)
def test_two_texts(pair: tuple[Wording, Wording]) -> None:
    assert not same_text(*pair)
    assert not same_text(*reversed(pair))


WORDS = (
    "Bộ",
    "công",
    "an",
    "họp",
    "số",
    "5",
    "7",
    "1/9",
    "khóa",
    "X",
    "Chỉ thị 09",
    "Hà Tĩnh",
    "Nghệ An",
    "[",
    ")",
    "。",
)
phrases = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=30).map(" ".join)
wordings = st.builds(said, phrases, phrases, phrases)


@given(one=wordings, other=wordings)
def test_law_of_symmetry(one: Wording, other: Wording) -> None:
    assert same_text(one, other) == same_text(other, one)


@given(one=wordings)
def test_law_of_identity(one: Wording) -> None:
    assert same_text(one, one) == bool(one.opening or len(one.text) >= 40)


def test_what_a_hostile_text_costs_is_bounded() -> None:
    wording = said("A1 " * 300, "B2 c " * 100_000, "d3 E4. " * 100_000)
    assert len(wording.bands) <= 20
    assert len(wording.opening | wording.text) < 5000


# In the database


def store(
    session: Session,
    outlet: str,
    title: str = TITLE,
    lead: str = LEAD,
    text: str = "",
    *,
    level: str = "national",
    at: datetime = NOW,
    origin: str = "poll",
) -> Article:
    number = session.scalar(select(func.count()).select_from(Article)) or 0
    article = Article(
        position=minute_position(at) + number,
        identity=f"{outlet}#{number}",
        url=None,
        outlet=outlet,
        title=title,
        lead=lead,
        text=text,
        first_seen_at=at,
        published_at=at,
        level=level,
        origin=origin,
    )
    session.add(article)
    session.flush()
    return article


def originals(session: Session) -> dict[str, str | None]:
    """Outlet -> the outlet whose text it repeats, as the database has it."""
    rows = session.execute(select(Article.id, Article.outlet, Article.original_id)).all()
    outlets = {row.id: row.outlet for row in rows}
    return {row.outlet: row.original_id and outlets[row.original_id] for row in rows}


def test_one_text_in_many_papers_is_shown_by_the_best_source(database: Database) -> None:
    with database.session() as session:
        papers = [
            store(session, "Báo Nước ngoài", level="foreign", at=NOW - HOUR),
            store(session, "Báo Tỉnh", title="Sơ kết 5 năm", level="province", at=NOW - HOUR),
            store(session, "Báo Đảng", level="central", at=NOW + HOUR),
            store(session, "Báo Đảng sớm", level="central"),
            store(session, "Báo Khác", "Giá cà phê tăng", "Tại các vườn cà phê ở Đắk Lắk sáng nay."),
        ]
        assert mark_duplicates(session, papers, NOW) == 3
        assert originals(session) == {
            "Báo Nước ngoài": "Báo Đảng sớm",
            "Báo Tỉnh": "Báo Đảng sớm",
            "Báo Đảng": "Báo Đảng sớm",
            "Báo Đảng sớm": None,
            "Báo Khác": None,
        }
        assert [paper.original_id for paper in papers] == [papers[3].id] * 3 + [None, None]
        assert duplicates_of(session, [paper.id for paper in papers]) == {papers[3].id: 3}


def test_when_a_better_source_arrives_later_all_point_there(database: Database) -> None:
    with database.session() as session:
        papers = [store(session, "Báo Tỉnh", level="province"), store(session, "Báo Nước", at=NOW + HOUR)]
        assert mark_duplicates(session, papers, NOW) == 1
        assert originals(session) == {"Báo Tỉnh": None, "Báo Nước": "Báo Tỉnh"}
    with database.session() as session:
        assert mark_duplicates(session, [store(session, "Báo Bộ", level="ministry", at=NOW + 2 * HOUR)], NOW) == 0
        assert originals(session) == {"Báo Tỉnh": "Báo Bộ", "Báo Nước": "Báo Bộ", "Báo Bộ": None}


def test_marking_again_changes_nothing(database: Database) -> None:
    with database.session() as session:
        papers = [store(session, f"Báo {number}", at=NOW + number * HOUR) for number in range(4)]
        assert mark_duplicates(session, papers, NOW) == 3
        first, bands = originals(session), session.scalars(select(FingerprintBand.band)).all()
        assert mark_duplicates(session, papers[2:], NOW) == 2
        assert originals(session) == first
        assert sorted(session.scalars(select(FingerprintBand.band))) == sorted(bands)


def test_an_edited_article_is_released(database: Database) -> None:
    with database.session() as session:
        papers = [store(session, f"Báo {number}", at=NOW + number * HOUR) for number in range(3)]
        mark_duplicates(session, papers, NOW)
        papers[1].lead = LEAD.replace("37", "41").replace("Cẩm Bình", "Cẩm Duệ")
        assert mark_duplicates(session, [papers[1]], NOW) == 0
        assert originals(session) == {"Báo 0": None, "Báo 1": None, "Báo 2": "Báo 0"}


def test_when_the_original_is_edited_the_others_stay_together(database: Database) -> None:
    with database.session() as session:
        papers = [store(session, f"Báo {number}", at=NOW + number * HOUR) for number in range(3)]
        mark_duplicates(session, papers, NOW)
        papers[0].title, papers[0].lead = "Bãi bỏ hội nghị", "Hội nghị ở Hà Tĩnh được dời sang tháng 12."
        assert mark_duplicates(session, [papers[0]], NOW) == 0
        assert originals(session) == {"Báo 0": None, "Báo 1": None, "Báo 2": "Báo 1"}


def test_a_page_read_later_joins_or_parts(database: Database) -> None:
    with database.session() as session:
        papers = [
            store(session, "Báo Một", text=BODY),
            store(session, "Báo Hai"),
            store(session, "Báo Ba", at=NOW + HOUR),
        ]
        mark_duplicates(session, papers, NOW)
        papers[1].text, papers[2].text = BODY, OTHER_BODY
        assert mark_duplicates(session, papers[1:], NOW) == 1
        assert originals(session) == {"Báo Một": None, "Báo Hai": "Báo Một", "Báo Ba": None}


def test_the_same_words_after_two_weeks_are_news(database: Database) -> None:
    with database.session() as session:
        later = NOW + WINDOW + timedelta(minutes=1)
        mark_duplicates(session, [store(session, "Báo Một"), store(session, "Báo Hai", at=NOW + WINDOW)], NOW)
        mark_duplicates(session, [store(session, "Báo Ba", at=later)], NOW)
        assert originals(session)["Báo Hai"] == "Báo Một"
        # Of the group of Báo Một by Báo Hai, which is near enough to both.
        assert originals(session)["Báo Ba"] == "Báo Một"
        assert mark_duplicates(session, [store(session, "Báo Bốn", at=later + 2 * WINDOW)], NOW) == 0


def test_fingerprints_are_forgotten_after_two_weeks_but_no_group_is(database: Database) -> None:
    with database.session() as session:
        papers = [store(session, "Báo Một"), store(session, "Báo Hai")]
        mark_duplicates(session, papers, NOW)
        newer = store(session, "Báo Ba", "Tin khác", "Chuyện khác ở Cà Mau.", at=NOW + 2 * WINDOW)
        mark_duplicates(session, [newer], NOW + 2 * WINDOW)
        assert set(session.scalars(select(FingerprintBand.article_id))) == {newer.id}
        assert mark_duplicates(session, [papers[1]], NOW + 2 * WINDOW) == 1  # its page, read late
        assert originals(session)["Báo Hai"] == "Báo Một"


def test_an_import_never_stands_for_polled_news(database: Database) -> None:
    with database.session() as session:
        imported = store(session, "Tệp", level="central", at=NOW - HOUR, origin="import")
        again = store(session, "Tệp hai", level="central", origin="import")
        assert mark_duplicates(session, [imported, again], NOW) == 1
        assert originals(session) == {"Tệp": None, "Tệp hai": "Tệp"}
        assert mark_duplicates(session, [store(session, "Báo Tỉnh", level="province")], NOW) == 0
        assert originals(session) == {"Tệp": "Báo Tỉnh", "Tệp hai": "Báo Tỉnh", "Báo Tỉnh": None}


def test_a_vague_report_does_not_bring_two_documents_together(database: Database) -> None:
    lead = "Ngày hội do Công an tỉnh Hà Tĩnh phối hợp Ủy ban Mặt trận tổ chức đông vui tại nhà văn hóa thôn{}."
    title = FAIR.format(commune="Tân Lập")
    with database.session() as session:
        papers = [
            store(session, "Một", title, lead.format(", theo Chỉ thị 09-CT/TW")),
            store(session, "Hai", title, lead.format(""), level="central"),
            store(session, "Ba", title, lead.format(", theo Chỉ thị 48-CT/TW"), at=NOW + HOUR),
        ]
        assert all(same_text(said(p.title, p.lead), said(title, lead.format(""))) for p in papers)
        mark_duplicates(session, papers, NOW)
        assert originals(session) == {"Một": "Hai", "Hai": None, "Ba": None}


def test_a_form_of_words_that_everybody_uses_finds_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_SHARING", 3)
    with database.session() as session:
        papers = [store(session, f"Báo {number}") for number in range(3)]
        assert mark_duplicates(session, papers, NOW) == 2
        assert mark_duplicates(session, [store(session, "Báo 3")], NOW) == 0


def test_many_articles_take_as_many_queries_as_few(database: Database) -> None:
    def statements(session: Session, papers: list[Article]) -> int:
        sent: list[str] = []

        def note(*_arguments: object) -> None:
            sent.append("")

        event.listen(session.get_bind(), "before_cursor_execute", note)
        mark_duplicates(session, papers, NOW)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(sent)

    with database.session() as session:
        mark_duplicates(session, [store(session, "Báo 0")], NOW)
        few = statements(session, [store(session, f"Báo {number}") for number in range(1, 3)])
        many = statements(session, [store(session, f"Báo {number}") for number in range(3, 60)])
        assert many == few
        assert sorted(set(originals(session).values()), key=str) == ["Báo 0", None]


def test_more_articles_than_a_query_takes_are_marked_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "chunks", partial(chunks, size=2))
    with database.session() as session:
        papers = [store(session, f"Báo {number}", at=NOW + number * HOUR) for number in range(5)]
        papers += [store(session, "Báo Khác", "Giá cà phê tăng", "Tại các vườn cà phê ở Đắk Lắk sáng nay.")]
        assert mark_duplicates(session, papers, NOW) == 4
        assert set(originals(session).items()) == {
            ("Báo 0", None),
            ("Báo Khác", None),
            *((f"Báo {number}", "Báo 0") for number in range(1, 5)),
        }
        assert duplicates_of(session, [paper.id for paper in papers]) == {papers[0].id: 4}


def test_what_a_session_loaded_before_the_group_moved_is_marked_rightly(database: Database) -> None:
    with database.session() as session:
        paper = store(session, "Báo Tỉnh", level="province")
        mark_duplicates(session, [paper], NOW)
        mark_duplicates(session, [store(session, "Báo Đảng", level="central")], NOW)
        paper.title, paper.lead = "Giá cà phê tăng", "Tại các vườn cà phê ở Đắk Lắk sáng nay."
        assert mark_duplicates(session, [paper], NOW) == 0
        assert originals(session) == {"Báo Tỉnh": None, "Báo Đảng": None}


def test_nothing_to_mark(database: Database) -> None:
    with database.session() as session:
        assert mark_duplicates(session, [], NOW) == 0
        assert duplicates_of(session, []) == {}
