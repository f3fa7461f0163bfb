"""Pages and plain texts into articles: the article whole, what stands around it gone."""

import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.boilerplate import cut_dateline, cut_glued_caption, is_caption, is_credit, is_end, is_furniture
from feeds.extract import MAX_HTML_BYTES, ArticleText, ExtractError, extract_page, extract_text, join_lead
from feeds.text import clean

PAGES = Path(__file__).parent / "data" / "pages"
SEEDS = Path(__file__).parents[1].parent / "shared" / "seeds"

LEAD = "Sáng 5/8, Công an tỉnh tổ chức hội nghị triển khai kế hoạch bảo đảm an ninh, trật tự trong dịp lễ lớn sắp tới."
BODY = (
    "Phát biểu tại hội nghị, lãnh đạo tỉnh yêu cầu các đơn vị nắm chắc tình hình, chủ động phương án, "
    "không để bị động, bất ngờ trong mọi tình huống."
)
MORE = (
    "Các địa phương báo cáo kết quả bốn năm thực hiện phong trào, nêu những khó khăn về lực lượng, phương tiện "
    "và kiến nghị nhiều giải pháp cho thời gian tới."
)


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_page_as_expected(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    article = extract_page(path.read_bytes(), url=None)
    assert article.title == expected["title"]
    assert article.title_is_ours is expected["title_is_ours"]
    assert article.published == expected["published"]
    assert article.author == expected["author"] if "author" in expected else article.author is None
    assert not article.is_teaser
    assert article.lead == expected["lead"]
    assert article.text == expected["text"].strip()


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("", "empty"),
        (b" \n", "empty"),
        ("<html><body></body></html>", "no article text"),
        ("<p>" * 70_000, "too many"),
        (f"<p {' '.join(f'a{n}=1' for n in range(1000))}>", "too many"),
        (b"x" * (MAX_HTML_BYTES + 1), "larger than"),
    ],
)
def test_pages_without_an_article(page: bytes | str, message: str) -> None:
    with pytest.raises(ExtractError, match=message):
        extract_page(page, url=None)


def test_a_script_may_hold_any_number_of_equal_signs() -> None:
    script = "<script>" + "a=1;if(i<n){b=2};" * 2000 + "</script>"
    assert extract_page(f"<html><body>{script}<p>{LEAD}</p><p>{BODY}</p></body></html>", url=None).text == BODY


def test_plain_text() -> None:
    text = f"Hội nghị về an ninh, trật tự\n\n30/01/2023 - 05:30\n\n(HP)- {LEAD}\n\n{BODY}\n\nVăn Đức\n\nChia sẻ:\n"
    assert extract_text(text) == ArticleText(
        title="Hội nghị về an ninh, trật tự",
        title_is_ours=False,
        lead=LEAD,
        text=BODY,
        published=datetime(2023, 1, 29, 22, 30, tzinfo=UTC),
        outlet_hint="Báo Hải Phòng",
        author="Văn Đức",
    )


@pytest.mark.parametrize(
    ("above", "between", "below"),
    [
        (["Trang chủ", "Thời sự"], ["05/08/2026 08:15"], ["Nguyễn Văn An"]),
        (["Trang chủ » Chính trị"], ["Minh Anh - Thu Hà", "Nghe đọc bài"], ["Theo TTXVN", ">> Tin khác về Chỉ thị"]),
        (["Chính trị - Xã hội"], ["A- A A+", "Chia sẻ"], ["Ý kiến bạn đọc (0)", "Các tin khác", MORE]),
        (
            ["Xây dựng Đảng", "Cập nhật lúc 08:15, 05/08/2026 (GMT+7)"],
            [],
            ["Bài và ảnh: MINH ANH", "Bản quyền thuộc Báo A"],
        ),
    ],
)
def test_what_stands_above_between_and_below(above: list[str], between: list[str], below: list[str]) -> None:
    title = "Hội nghị về an ninh, trật tự"
    article = extract_text("\n\n".join([*above, title, *between, LEAD, BODY, *below]))
    assert (article.title, article.lead, article.text) == (title, LEAD, BODY)


def test_a_text_without_a_headline_gets_its_first_sentence() -> None:
    article = extract_text(f"{LEAD} {BODY}\n\n{MORE}")
    assert article.title_is_ours
    assert LEAD.startswith(article.title.removesuffix("…"))
    assert article.lead == f"{LEAD} {BODY}"


def test_a_line_repeated_between_paragraphs_is_the_headline() -> None:
    line = "Chủ động giữ vững an ninh trật tự"
    article = extract_text("\n\n".join([LEAD, line, BODY, line, MORE, line]))
    assert (article.title, article.lead, article.text) == (line, LEAD, f"{BODY}\n{MORE}")


def test_teasers_and_comments_behind_the_end_are_cut() -> None:
    teaser = "• Tin khác được giới thiệu\n  Tỉnh ủy tổng kết Chỉ thị số 05-CT/TW, triển khai ...\n\n  " + MORE
    for end in (teaser, f"Tin liên quan\n\n{MORE}", f"BÌNH LUẬN\n\n{MORE}", f"0 bình luận\n{MORE}"):
        assert extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n{BODY}\n\n{end}").text == BODY


def test_a_list_in_the_article_stays() -> None:
    article = extract_text(
        f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n• Một là nắm tình hình\n• Hai là tuần tra\n\n{BODY}"
    )
    assert article.text == f"• Một là nắm tình hình\n• Hai là tuần tra\n{BODY}"


def test_a_related_box_in_the_middle_cuts_nothing_behind_it() -> None:
    article = extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\nTin liên quan\n\n{BODY}\n\n{MORE}")
    assert MORE in article.text


def test_captions_that_stand_twice_go_altogether() -> None:
    caption = "Lãnh đạo tỉnh trao giấy khen cho các cá nhân tiêu biểu."
    article = extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n{caption}\n\n{caption}\n\n{BODY}\n\n{BODY}")
    assert caption not in article.text
    assert article.lead == LEAD


def test_paragraphs_that_differ_in_a_number_are_two() -> None:
    one, two = (f"{BODY} Việc này theo Chỉ thị số {number}-CT/TW." for number in ("05", "09"))
    assert extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n{one}\n\n{two}").text == f"{one}\n{two}"


@pytest.mark.parametrize(
    ("text", "left", "outlet"),
    [
        ("(HNM) - Ngày 8-3", "Ngày 8-3", "Hà Nội mới"),
        ("(Dân trí) - Chiều", "Chiều", "Dân trí"),
        ("VOV.VN - Mỹ", "Mỹ", "VOV"),
        ("(Chinhphu.vn) – Thủ tướng", "Thủ tướng", "Báo Chính phủ"),
        ("BDK - Những năm", "Những năm", "Báo Đồng Khởi"),
        ("XYZ - Sáng 5/8", "Sáng 5/8", None),
        ("(Một tờ báo) - Sáng", "Sáng", None),
        ("ASEAN - Trung Quốc ký", "ASEAN - Trung Quốc ký", None),
        ("Hà Nội - Sáng", "Hà Nội - Sáng", None),
    ],
)
def test_marks_of_papers(text: str, left: str, outlet: str | None) -> None:
    unmarked = cut_dateline(text)
    assert (unmarked.text, unmarked.outlet) == (left, outlet)


@pytest.mark.parametrize(
    ("paragraph", "left"),
    [
        ("Quang cảnh. Ảnh: Bá Hoạt Đồng chí Nguyễn A nói.", "Đồng chí Nguyễn A nói."),
        ("Quang cảnh. Ảnh: Trần Bá Hoạt Thành ủy họp.", "Thành ủy họp."),
        ("Quang cảnh. Ảnh: Bá Hoạt Nguyễn Văn Anh nói.", "Quang cảnh. Ảnh: Bá Hoạt Nguyễn Văn Anh nói."),
        ("Không có chú thích ở đây.", "Không có chú thích ở đây."),
    ],
)
def test_captions_glued_to_a_paragraph(paragraph: str, left: str) -> None:
    assert cut_glued_caption(paragraph) == left


def test_what_is_furniture() -> None:
    gone = ["Chia sẻ bài viết", "CHIA SẺ:", "{name} - {time}", "{body}", "Tắt [X]", "Hãy chia sẻ với bạn bè!", "***"]
    kept = ["Chia sẻ của một chiến sĩ", "Tăng cường sự lãnh đạo của Đảng", LEAD]
    assert all(map(is_furniture, gone))
    assert not any(map(is_furniture, kept))
    assert is_end("12 bình luận")
    assert not is_end("Bình luận về tình hình mới")


def test_captions_and_credits() -> None:
    assert is_caption("Quang cảnh hội nghị. Ảnh: Trọng Đức - TTXVN")
    assert not is_caption(f"{BODY} Ảnh: đó là lời ông nói. {MORE}")
    assert all(map(is_credit, ["Bài, ảnh: Hoàng Lam", "Văn Đức", "Thu Hà - Quốc Việt", "Theo TTXVN", "(Nguồn: Báo A)"]))
    assert not any(map(is_credit, ["Tăng cường sự lãnh đạo của Đảng", "Chỉ thị: các đơn vị"]))


@pytest.mark.parametrize(
    ("feed_lead", "expected"),
    [
        ("", (LEAD, BODY)),
        (LEAD, (LEAD, BODY)),
        (f"{LEAD[:70]}…", (LEAD, BODY)),
        ("Một đoạn mở đầu khác hẳn.", ("Một đoạn mở đầu khác hẳn.", f"{LEAD}\n{BODY}")),
    ],
)
def test_the_leads_of_feed_and_page_are_joined(feed_lead: str, expected: tuple[str, str]) -> None:
    assert join_lead(feed_lead, ArticleText("T", False, LEAD, BODY, None, None)) == expected


WORDS = [
    "Chỉ thị",
    "05-CT/TW",
    "Ảnh: An Bình",
    "•",
    "Tin liên quan",
    ".",
    "...",
    "\n",
    "\n\n",
    "(HP) -",
    LEAD,
    BODY,
    "họp",
]


@pytest.mark.parametrize("unprintable", ["\x08", "&#8;", "&#x1f;", "\x00", "&#xD800;", "\ud800", "\ufffe", "&#65535;"])
def test_one_unprintable_character_costs_no_article(unprintable: str) -> None:
    page = f"<html><body><h1>Hội nghị về an ninh, trật tự</h1><p>{LEAD}</p><p>{unprintable} {BODY}</p></body></html>"
    assert BODY in extract_page(page, url=None).text


def test_a_box_in_the_middle_goes_with_its_headlines() -> None:
    box = "Tin liên quan\n\nTỉnh ủy tổng kết Chỉ thị số 05-CT/TW\n\n• Quán triệt Nghị quyết số 12-NQ/TW ở cơ sở"
    article = extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n{box}\n\n{BODY}\n\n{MORE}")
    assert article.text == f"{BODY}\n{MORE}"


def test_a_lead_that_stands_above_the_text_is_the_lead() -> None:
    def page(lead: str, cards: str) -> str:
        text = f"<div class='content'><p>{BODY}</p><p>{MORE}</p></div>"
        return f"<html><body><h1>Hội nghị về an ninh</h1>{lead}{text}{cards}</body></html>"

    of_another = "Tin khác: Tỉnh ủy tổng kết Chỉ thị số 05-CT/TW trên địa bàn tỉnh trong năm qua."
    card = f"<div class='card'><h3><a href='/x'>Tin</a></h3><div class='sapo'>{of_another}</div></div>"
    assert extract_page(page(f"<h2 class='sapo'>{LEAD}</h2>", ""), url=None).lead == LEAD
    article = extract_page(page("", card * 2), url=None)
    assert (article.lead, of_another in article.text) == (BODY, False)


@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS)).map(" ".join)))
def test_nothing_is_invented(text: str) -> None:
    article = extract_text(text)
    source = clean(text)
    lines = [article.lead, *article.text.split("\n")]
    assert all(line in source for line in lines)
    title = article.title.removesuffix("…") if article.title_is_ours else article.title
    assert title in source


@given(st.text(max_size=300))
def test_any_page_is_an_article_or_an_extract_error(page: str) -> None:
    for source in (page, f"<html><body><p>{page}</p>", page.encode("utf-8", "surrogatepass")):
        with suppress(ExtractError):
            extract_page(source, url=None)


# ----------------------------------------------------------------------------------------------- saved articles
SEED_TITLES = {
    "000": "Tăng cường vai trò lãnh đạo của Đảng trong công tác bảo vệ an ninh quốc gia",
    "002": "Tăng cường sự lãnh đạo của Đảng đối với phong trào toàn dân bảo vệ an ninh Tổ quốc",
    "003": "TP. Bến Tre tổ chức thực hiện chiến lược bảo vệ an ninh quốc gia trong tình hình mới",
    "004": "Củng cố thế trận lòng dân vững chắc trong bảo đảm an ninh trật tự",
}
SEED_DATES = {"003": datetime(2023, 1, 29, 22, 30, tzinfo=UTC), "004": datetime(2021, 9, 28, 11, 29, tzinfo=UTC)}
FURNITURE = ("Chia sẻ", "{name}", "{body}", "bình luận", "BÌNH LUẬN", "Tắt [X]", "Các tin đã đưa", "Ảnh:", "ảnh: Hoàng")


@pytest.fixture(params=["000", "001", "002", "003", "004"])
def seed(request: pytest.FixtureRequest) -> tuple[str, str]:
    if not SEEDS.exists():
        pytest.skip("the saved articles are kept outside the repository")
    number: str = request.param
    return number, next(SEEDS.glob(f"{number}_*.txt")).read_text(encoding="utf-8")


def test_seed(seed: tuple[str, str]) -> None:
    number, source = seed
    article = extract_text(source)
    whole = "\n".join((article.title, article.lead, article.text))
    assert article.published == SEED_DATES.get(number)
    assert not [mark for mark in FURNITURE if mark in whole]
    assert all(line in clean(source) for line in whole.split("\n")[1:])
    if number == "001":
        assert article.title_is_ours
        assert article.title.startswith("Ngày 8-3, Thành ủy Hà Nội đã sơ kết 4 năm thực hiện Chỉ thị 05-CT/TƯ")
        assert article.text.startswith("Đồng chí Phạm Quang Nghị")
    else:
        assert (article.title, article.title_is_ours) == (SEED_TITLES[number], False)
        assert article.title not in article.text
    if number == "002":
        assert article.text.endswith("phong trào bảo vệ an ninh Tổ quốc.")
    if number == "003":
        assert "trao giấy khen" not in article.text
    if number == "004":
        assert "Đại hội Đảng bộ tỉnh lần thứ XIX nhiệm kỳ 2020 - 2025 để cụ thể hóa" in article.text
        assert "Chương trình hành động" not in whole
        assert whole.count("đảm bảo sát thực tiễn.") == 1


def page_with(*elements: str) -> str:
    return f"<html><body><article><h1>Hội nghị về an ninh, trật tự</h1>{''.join(elements)}</article></body></html>"


RELATED = "<p>Tin liên quan</p><ul><li><a href='/x'>Bộ Công an ban hành Thông tư 24/2023/TT-BCA mới</a></li></ul>"


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (
            f"{RELATED}<p>Đại tướng nhấn mạnh: “Toàn lực lượng phải thực hiện nghiêm túc Nghị quyết 18-NQ/TW.”</p>",
            "18-NQ/TW",
        ),
        ("<p><a href='/x'>Nghị định 13/2023/NĐ-CP</a></p>", "13/2023/NĐ-CP"),
        (
            "<p><a href='/x'>Chính phủ đã ban hành Nghị định 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân, hiệu lực từ ngày "
            "1/7/2023.</a></p>",
            "13/2023/NĐ-CP",
        ),
        (
            "<table><tr><td><a href='/x'>Quyết định 06/QĐ-TTg</a></td><td>Đề án 06</td></tr></table>",
            "06/QĐ-TTg",
        ),
        ("<ul><li><a href='/x'>Luật An ninh mạng 24/2018/QH14</a> năm 2018</li></ul>", "24/2018/QH14"),
        ("<ul><li>Nghị định <a href='/x'>53/2022/NĐ-CP</a></li></ul>", "53/2022/NĐ-CP"),
        (
            "<p>Giấy phép số 12/GP-BTTTT được thu hồi theo Quyết định 15/QĐ-BTTTT ngày 1/8 của Bộ trưởng.</p>",
            "15/QĐ-BTTTT",
        ),
    ],
)
def test_paragraphs_that_cite_documents_stay(element: str, words: str) -> None:
    article = extract_page(page_with(f"<p>{LEAD}</p>", element, f"<p>{BODY}</p>", f"<p>{MORE}</p>"), url=None)
    assert words in article.text
    assert MORE in article.text
    assert "24/2023/TT-BCA" not in article.text


@pytest.mark.parametrize(
    "element",
    [
        "<p><a href='/x'>Bộ Công an ban hành Thông tư 24/2023/TT-BCA về đăng ký xe</a></p>",
        "<ul><li><a href='/x'>Nghị quyết 24-NQ/TW tạo đột phá phát triển đất nước</a> 5/8</li></ul>",
        "<p>Xem thêm: Bộ Công an vừa ban hành Thông tư 24/2023/TT-BCA quy định về cấp, thu hồi biển số xe.</p>",
        "<p>Giấy phép hoạt động số 24/GP-BTTTT do Bộ Thông tin và Truyền thông cấp ngày 10 tháng 6 năm 2020.</p>",
        "<p><a href='/x'>Công an tỉnh triển khai Chỉ thị 24-CT/TW trên toàn địa bàn tỉnh trong năm nay ...</a></p>",
    ],
)
def test_pointers_to_other_articles_and_imprints_go(element: str) -> None:
    article = extract_page(page_with(f"<p>{LEAD}</p>", element, f"<p>{BODY}</p>", f"<p>{MORE}</p>"), url=None)
    assert article.text == f"{BODY}\n{MORE}"


@pytest.mark.parametrize(
    "last", ["Theo Chỉ thị 09-CT/TW, công an phải vào cuộc.", "Theo Nghị quyết số 66-NQ/TW của Bộ Chính trị"]
)
def test_a_last_line_that_cites_is_no_credit(last: str) -> None:
    article = extract_text(f"Hội nghị về an ninh, trật tự\n\n{LEAD}\n\n{BODY}\n\n{last}\n\nTheo TTXVN")
    assert article.text == f"{BODY}\n{last}"
