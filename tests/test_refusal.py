"""Pages that answer and show no article are told by name; articles about such pages stay articles."""

import pytest

from feeds.extract import ExtractError, extract_page
from feeds.refusal import is_error_heading, is_front_page, is_other_article, leads_elsewhere

URL = "https://bao.example/hoi-nghi-ve-an-ninh-trat-tu-1000001.html"
LEAD = "Sáng 5/8, Công an tỉnh tổ chức hội nghị triển khai kế hoạch bảo đảm an ninh, trật tự trong dịp lễ lớn sắp tới."
BODY = (
    "Phát biểu tại hội nghị, lãnh đạo tỉnh yêu cầu các đơn vị nắm chắc tình hình, chủ động phương án, "
    "không để bị động, bất ngờ trong mọi tình huống."
)
CARDS = "".join(
    f"<div class='card'><h3><a href='/bai-{n}.html'>Tin số {n} về tình hình trong tỉnh</a></h3><p>{n}. {LEAD}</p></div>"
    for n in range(12)
)
MENU = "<ul><li><a href='/'>Trang chủ</a></li><li><a href='/dang-nhap'>Đăng nhập</a></li></ul>"
COMMENTS = "<div id='comments'><p>Bạn cần đăng nhập để bình luận</p><div class='g-recaptcha'></div></div>"


def page(*paragraphs: str, title: str = "Hội nghị về an ninh, trật tự", head: str = "", around: str = "") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<html><head><title>{title} | Báo Ví Dụ</title>{head}</head>"
        f"<body>{MENU}<article><h1>{title}</h1>{body}</article>{around}</body></html>"
    )


def refused(source: str) -> str:
    with pytest.raises(ExtractError) as caught:
        extract_page(source, url=URL)
    return caught.value.reason


@pytest.mark.parametrize(
    "source",
    [
        page("Trang bạn tìm không tồn tại.", title="404"),
        page(title="Không tìm thấy trang", around=CARDS),
        page(title="Lỗi 404: Trang không tồn tại", around=CARDS),
        page("Rất tiếc! Bài viết này đã bị gỡ bỏ.", title="Thông báo của tòa soạn"),
        page("Xin lỗi, không tìm thấy nội dung bạn yêu cầu.", title="Báo Ví Dụ điện tử"),
        page("Bài viết không tồn tại hoặc đã bị xóa", head="<meta property='og:type' content='article'>"),
        page("The page you requested could not be found.", title="Vi Du News"),
    ],
)
def test_error_pages_that_answer_with_200(source: str) -> None:
    assert refused(source) == "removed"


@pytest.mark.parametrize(
    "source",
    [
        '<html><body><script>document.cookie="D1N=abc";window.location.reload(true);</script></body></html>',
        "<html><head><title>Just a moment...</title></head><body>Checking your browser before accessing bao.example"
        "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script></body></html>",
        "<html><body><h1>Vui lòng xác nhận bạn không phải là robot</h1><div class='g-recaptcha'></div></body></html>",
        "<html><body><noscript>Enable JavaScript and cookies to continue</noscript></body></html>",
    ],
)
def test_challenges(source: str) -> None:
    assert refused(source) == "challenge"


@pytest.mark.parametrize(
    "source",
    [
        f"<html><head><title>Báo Ví Dụ</title></head><body>{CARDS}</body></html>",
        f"<html><head><title>Thời sự | Báo Ví Dụ</title></head><body><h1>Thời sự</h1>{CARDS}</body></html>",
        f"<html><head><title>Báo Ví Dụ, tin nhanh trong ngày</title></head><body>{CARDS}</body></html>",
        page(LEAD, BODY, title="Báo Ví Dụ", head="<link rel='canonical' href='https://bao.example/'>"),
    ],
)
def test_front_pages_and_lists(source: str) -> None:
    assert refused(source) == "home_page"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (page(LEAD, BODY, "Vui lòng đăng nhập để đọc tiếp"), BODY),
        (page(LEAD, BODY, "<a href='/x'>Đăng ký gói</a> thành viên để đọc tiếp bài viết"), BODY),
        (page(LEAD, BODY, around="<div class='wall'>Nội dung này chỉ dành cho hội viên</div>"), BODY),
        (page(LEAD, BODY, head="<meta property='article:content_tier' content='locked'>"), BODY),
        (page(LEAD, around="<div>Để đọc tiếp, mời bạn đăng nhập</div>"), ""),
        (
            page(
                LEAD,
                BODY,
                head='<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":"False"}</script>',
            ),
            BODY,
        ),
    ],
)
def test_pay_walls_leave_their_teaser(source: str, text: str) -> None:
    article = extract_page(source, url=URL)
    assert (article.is_teaser, article.lead, article.text) == (True, LEAD, text)


def test_a_login_without_a_teaser() -> None:
    assert refused("<html><body><h1>Báo Ví Dụ</h1><p>Bạn cần đăng nhập để xem tiếp</p></body></html>") == "paywall"


@pytest.mark.parametrize(
    "source",
    [
        page(LEAD, BODY, around=COMMENTS),
        page(LEAD, BODY, around=CARDS),
        page(
            LEAD,
            BODY,
            head="<link rel='canonical' href='https://bao.example/'><meta property='og:type' content='article'>",
        ),
        page(
            "Từ 1/9, nhiều tờ báo yêu cầu bạn đọc đăng nhập để đọc tiếp, một số bài chỉ dành cho hội viên.",
            "Theo khảo sát, một phần ba độc giả cho biết sẵn sàng đăng ký gói đọc báo dài hạn nếu giá hợp lý.",
            title="Báo chí thu phí: đăng nhập để đọc tiếp có còn xa lạ?",
        ),
        page(
            "Chiều 5/8, Sở Thông tin cho biết bài viết sai sự thật về lũ quét đã bị gỡ, chủ tài khoản bị phạt.",
            "Cơ quan chức năng khuyến cáo người dân không chia sẻ lại nội dung đã bị xóa dưới mọi hình thức.",
            title="Bài viết sai sự thật về lũ quét đã bị gỡ",
        ),
        page(LEAD, BODY, title="Lỗi 404 là gì và vì sao trang không tồn tại"),
    ],
)
def test_articles_about_such_pages_or_with_their_words_around_stay(source: str) -> None:
    article = extract_page(source, url=URL)
    assert not article.is_teaser
    assert article.lead
    assert article.text


@pytest.mark.parametrize(
    ("answered", "refusal"),
    [
        (URL, None),
        ("http://m.bao.example/hoi-nghi-ve-an-ninh-trat-tu-1000001.html?utm_source=rss", None),
        ("https://bao.example/tit-moi-cua-bai-viet-1000001.html", None),
        ("https://bao.example/cach-dang-nhap-vneid-1000001.html", None),
        ("https://baomoi.example/hoi-nghi-ve-an-ninh-post77777.html", None),
        ("https://bao.example/hoi-nghi-ve-an-ninh-trat-tu", None),
        ("https://bao.example/", "home_page"),
        ("https://bao.example/trang-chu.html", "home_page"),
        ("https://bao.example/chinh-tri", "home_page"),
        ("https://bao.example/an-ninh/trat-tu.html", "home_page"),
        ("https://bao.example/dang-nhap?return=1000001", "paywall"),
        ("https://id.bao.example/login", "paywall"),
    ],
)
def test_where_a_redirect_leads(answered: str, refusal: str | None) -> None:
    assert leads_elsewhere(URL, answered) == refusal


TITLE = "Hội nghị về an ninh, trật tự"
OTHER = "https://bao.example/gia-vang-tang-manh-7654321.html"


@pytest.mark.parametrize(
    ("asked", "answered", "title", "headline", "other"),
    [
        (URL, OTHER, TITLE, "Giá vàng tăng mạnh", True),
        (URL, OTHER.replace("bao.", "khac."), TITLE, "Giá vàng tăng mạnh", True),
        (URL, OTHER, TITLE, TITLE, False),
        (URL, OTHER, TITLE, "Hội nghị toàn quốc về an ninh và trật tự", False),
        (URL, OTHER, "", "Giá vàng tăng mạnh", True),
        (URL, OTHER, "", TITLE, False),
        (URL, URL.replace("hoi-nghi", "tit-moi"), TITLE, "Một tít mới hẳn", False),
        (URL, "https://bao.example/gia-vang-tang-manh", TITLE, "Giá vàng tăng mạnh", False),
    ],
)
def test_redirects_to_another_article(asked: str, answered: str, title: str, headline: str, other: bool) -> None:
    assert is_other_article(asked, answered, title, headline) == other


def test_front_pages() -> None:
    assert all(map(is_front_page, ("https://a.example", "https://a.example/", "https://a.example/index.html")))
    assert not any(map(is_front_page, ("https://a.example/?p=5", "https://a.example/bai", "/", "")))
    assert leads_elsewhere("https://a.example/?p=5", "https://a.example/") == "home_page"
    assert leads_elsewhere("https://a.example/", "https://www.a.example/index.html") is None


def test_error_headings() -> None:
    assert is_error_heading(["404 Not Found"])
    assert is_error_heading(["Báo Ví Dụ", "Rất tiếc, bài viết bạn tìm không tồn tại"])
    assert not is_error_heading(["Facebook: bài viết không tồn tại", "Trang trại 404 của ông Ba", ""])
    assert not is_error_heading(["Lỗi 404 xin lỗi " * 15 + "x"]), "and it does not take for ever"
