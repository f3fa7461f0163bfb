"""Authors are persons: no outlets, desks, agencies or addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.byline import MAX_AUTHOR, author_of
from feeds.extract import extract_page

LEAD = "Sáng 5/8, Công an tỉnh tổ chức hội nghị triển khai kế hoạch bảo đảm an ninh, trật tự trong dịp lễ lớn sắp tới."


def linked(fields: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", {fields}}}</script>'


@pytest.mark.parametrize(
    ("stated", "author"),
    [
        ("Minh Anh", "Minh Anh"),
        ("MINH ANH", "MINH ANH"),
        ("Thu Hà - Quốc Việt", "Thu Hà, Quốc Việt"),
        ("Tâm Phúc và Lê Hà", "Tâm Phúc, Lê Hà"),
        ("Bài, ảnh: Hoàng Lam", "Hoàng Lam"),
        ("By John Smith", "John Smith"),
        ("Minh Anh/TTXVN", "Minh Anh"),
        ("Nguyễn Văn A (TTXVN)", "Nguyễn Văn A"),
        ("T.Hà", "T.Hà"),
        ("Bảo Ngọc", "Bảo Ngọc"),
        ("Đại Lâm", "Đại Lâm"),
        ("Báo Hải Phòng", None),
        ("Báo Ví Dụ điện tử", None),
        ("Đài Truyền hình Ví Dụ", None),
        ("Hà Nội mới", None),
        ("TTXVN", None),
        ("Theo TTXVN", None),
        ("PV", None),
        ("admin", None),
        ("Ảnh: Hoàng Lam", None),
        ("toasoan@bao.example", None),
        ("https://www.facebook.com/bao", None),
        ("bao.example", None),
        ("phóng viên thường trú", None),
        ("An, Bình, Cường, Dũng, Hà, Lan", None),
        ("", None),
    ],
)
def test_who_is_an_author(stated: str, author: str | None) -> None:
    assert author_of([stated]) == author


def test_the_first_person_counts_and_the_pages_own_names_do_not() -> None:
    assert author_of(["Ví Dụ", "Minh Anh", "Thu Hà"], ["Ví Dụ"]) == "Minh Anh"


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="author" content="Minh Anh">',
        '<meta property="article:author" content="https://fb.example"><meta name="dable:author" content="Minh Anh">',
        linked('"author": {"@type": "Person", "name": "Minh Anh"}'),
        linked('"author": [{"name": "Minh Anh"}, 5]'),
        linked('"author": {"name": "Ví Dụ Mới"}, "publisher": {"name": "Ví Dụ Mới"}'),
        '<meta property="og:site_name" content="Ví Dụ Mới"><meta name="author" content="Ví Dụ Mới">',
    ],
)
def test_where_a_page_names_its_author(head: str) -> None:
    page = (
        f"<html><head>{head}</head><body><h1>Hội nghị</h1><p>{LEAD}</p><p>{LEAD[9:]}</p><p>Minh Anh</p></body></html>"
    )
    assert extract_page(page, url=None).author == "Minh Anh"


def test_the_box_of_a_byline_is_read_and_a_place_is_no_author() -> None:
    byline = "<div class='detail-author'><a href='/tac-gia/1'>Minh Anh</a></div>"
    body = f"<p>{LEAD}</p><p>{LEAD[9:]}</p><p>Hà Nội</p>"
    assert extract_page(f"<html><body><h1>Hội nghị</h1>{byline}{body}</body></html>", url=None).author == "Minh Anh"
    assert extract_page(f"<html><body><h1>Hội nghị</h1>{body}</body></html>", url=None).author is None


@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_statement_gives_a_bounded_name_or_none(stated: list[str]) -> None:
    author = author_of(stated)
    assert author is None or 1 < len(author) <= MAX_AUTHOR
