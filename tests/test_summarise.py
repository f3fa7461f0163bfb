"""Summaries are taken verbatim, carry who, what, which document and when, and never lean on what they leave out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.summarise import LIMIT, MOST, summarise
from digests.views import Excerpt
from feeds.text import fold

TITLE = "Tít bài"
LEAD = "Sáng 19/11, Bộ Công an tổ chức hội nghị."
MORE = "Hội nghị nối tới 34 tỉnh, thành phố."
DECREE = "Chính phủ vừa ban hành Nghị định số 290/2026/NĐ-CP về bảo vệ cơ quan, doanh nghiệp."
PLAIN = "Người dân trong vùng đi lại thuận tiện hơn."


def told(lead: str, text: str = "", *, dated: bool = True) -> str:
    return " ".join(excerpt.text for excerpt in summarise(TITLE, lead, text, dated=dated))


@pytest.mark.parametrize(
    ("lead", "text", "summary"),
    [
        (LEAD, MORE, LEAD),
        (f"{LEAD} {MORE} Câu thứ ba ở đây.", "", f"{LEAD} {MORE}"),
        ("", f"{LEAD} {MORE}", f"{LEAD} {MORE}"),
        ("Ông cho biết như vậy. Điều này đúng.", LEAD, LEAD),
        ("Ông cho biết như vậy.", "", ""),
        ("Tít bài", LEAD, LEAD),
        ("Tít bài. " + LEAD, "", LEAD),
        (f"{LEAD} Tít bài. {MORE}", "", LEAD),
        ("", "", ""),
        # The one that carries most, wherever it stands among the first.
        ("", f"{PLAIN} {DECREE}", DECREE),
        # ... but where the lead's own beginning stands, that comes first.
        (PLAIN, DECREE, f"{PLAIN} {DECREE}"),
        (PLAIN, f"{PLAIN} {DECREE}", f"{PLAIN} {DECREE}"),
        (f"{PLAIN} {DECREE}", "", f"{PLAIN} {DECREE}"),
        (f"Trong sáu tháng {'rất dài ' * 20}giáo viên dự khảo sát. Công văn số 816/NGCBQLGD-PTNG {'nói ' * 30}rõ.", "",
         f"Trong sáu tháng {'rất dài ' * 20}giáo viên dự khảo sát. Công văn số 816/NGCBQLGD-PTNG {'nói ' * 30}rõ."),
        (f"{DECREE} {PLAIN}", "", f"{DECREE} {PLAIN}"),
        # What the lead lacks is in the text: the day, the document.
        ("Bộ Công an yêu cầu công an các tỉnh ra quân.", f"{PLAIN} Đợt cao điểm bắt đầu từ ngày 1/12.",
         "Bộ Công an yêu cầu công an các tỉnh ra quân. Đợt cao điểm bắt đầu từ ngày 1/12."),
        # The text tells the lead again.
        (LEAD, "Sáng 19/11, tại Hà Nội, Bộ Công an tổ chức hội nghị.", LEAD),
        # A lead that its feed cut.
        ("Chiều 3/8, Bộ Công an công bố kế hoạch mà theo đó người dân sẽ không...", LEAD, LEAD),
        ("Công an tỉnh thông tin về tình hình...", "", "Công an tỉnh thông tin về tình hình..."),
        (f"Hội thảo lấy ý kiến {'nhiều nơi ' * 12}về dự án luật trình Quốc hội khóa X", "",
         f"Hội thảo lấy ý kiến {'nhiều nơi ' * 12}về dự án luật trình Quốc hội khóa"),
        # Half a sentence is no second one, unless it takes back the first.
        (f"{LEAD} Hội thảo lấy ý kiến {'nhiều nơi ' * 12}về dự án luật trình Quốc hội khóa X", "", LEAD),
        (f"{LEAD} Tuy nhiên, hội nghị {'còn bàn ' * 12}về dự án luật trình Quốc hội khóa X", "",
         f"{LEAD} Tuy nhiên, hội nghị {'còn bàn ' * 12}về dự án luật trình Quốc hội khóa"),
        # A question keeps its last word, and is none of the article's statements.
        (f"{LEAD} {'Nhiều nơi ' * 12}hỏi vì sao Bộ Công an cấm xe máy?", "", LEAD),
        (f"{'Nhiều nơi ' * 14}hỏi vì sao Bộ Công an cấm xe máy?", "", ""),
        (f"{LEAD} Nhưng liệu như vậy đã đủ?", "", LEAD),
        # A full stop inside of a name in quotation marks ends no sentence; one inside of a speech does.
        ("Tối 7/8, Bộ Công an trao giải hội thi “Vững nghiệp vụ. Vì an ninh Tổ quốc”.", "",
         "Tối 7/8, Bộ Công an trao giải hội thi “Vững nghiệp vụ. Vì an ninh Tổ quốc”."),
        ('Công an xã mở lớp "Biết bơi. Biết cứu" cho học sinh.', "",
         'Công an xã mở lớp "Biết bơi. Biết cứu" cho học sinh.'),
        (f'{LEAD} Cục nhận "đền ơn". Phát huy truyền thống “uống nước”, Cục tặng quà.', "",
         f'{LEAD} Cục nhận "đền ơn".'),
        ('Công an xã tổ chức chương trình "Mái ấm”.', "", 'Công an xã tổ chức chương trình "Mái ấm”.'),
        # Feeds leave the last full stop of a lead away; in a text such a line is a heading.
        ("Công an tỉnh ra quân trấn áp tội phạm", "", "Công an tỉnh ra quân trấn áp tội phạm"),
        ("", f"Công an tỉnh ra quân trấn áp tội phạm\n{MORE}", MORE),
    ],
)  # fmt: skip
def test_summaries(lead: str, text: str, summary: str) -> None:
    assert told(lead, text) == summary


@pytest.mark.parametrize(
    "leaning",
    [
        "Tuy nhiên, Bộ Công an yêu cầu làm rõ từ ngày 1/10.",
        "Do đó, Chính phủ ban hành Nghị định số 290/2026/NĐ-CP ngày 20/7/2026.",
        "Ngược lại, Công an tỉnh quyết định dừng lại.",
        "Ông yêu cầu triển khai Chỉ thị số 09-CT/TW ngay trong tháng 10.",
        "Ông Quang yêu cầu triển khai Chỉ thị số 09-CT/TW ngay.",
        "Bà cho biết Bộ Công an đã ban hành kế hoạch.",
        "Bộ trưởng yêu cầu triển khai Chỉ thị số 09-CT/TW.",
        "Đại tá khẳng định công an tỉnh sẽ triển khai ngay.",
        "Điều này được Bộ Công an quyết định ngày 1/10.",
        "Việc này do Bộ Công an triển khai từ ngày 1/10.",
        "Cơ quan này vừa ban hành Quyết định số 12/QĐ-BCA.",
        "Theo đó, Bộ Công an ban hành kế hoạch ngày 1/10.",
        "Tại hội nghị, Bộ Công an công bố Quyết định số 12/QĐ-BCA.",
        "Phát biểu tại hội nghị, Bộ trưởng Nguyễn Văn A yêu cầu triển khai.",
        "Trước đó, ngày 1/10, Công an tỉnh khởi tố vụ án.",
        "Cùng ngày, Công an tỉnh khởi tố hai bị can.",
        "Nghị định này sửa đổi Nghị định số 06/2013/NĐ-CP ngày 9/1/2013.",
        "Ba đối tượng nói trên bị Công an tỉnh khởi tố ngày 1/10.",
        "Đây là lần thứ ba Bộ Công an tổ chức hội nghị.",
        "Trong đó, Công an tỉnh bắt 15 người.",
        "Chúng tôi thấy Bộ Công an triển khai nhanh.",
        "Họ bị Công an tỉnh bắt ngày 1/10.",
        "Nghị quyết nêu rõ Chính phủ ban hành kế hoạch.",
        "Ngoài ra, Bộ Công an ban hành Thông tư số 05/2026/TT-BCA.",
        "However, the ministry issued the decree on 1/10.",
        "It was issued by the ministry on 1/10.",
        # Behind who said it, where and when.
        "Theo Bộ Quốc phòng, việc bổ sung ba nhóm đối tượng này nhằm thực hiện Luật Tố cáo.",
        "Theo Cơ quan Công an, đây là quyết định khởi tố đầu tiên.",
        "Theo ông, Bộ Công an quyết định ngày 1/10.",
        "Theo lời ông, Bộ Công an quyết định ngày 1/10.",
        "Ngày 5/8, ông cho biết Bộ Công an đã ban hành kế hoạch.",
        "Sáng 5/8, tại hội nghị, Bộ Công an ban hành kế hoạch.",
        "Theo dự thảo, Bộ Công an quyết định việc cấp thẻ từ ngày 1/10.",
        "Theo cáo trạng, bị cáo quyết định bỏ trốn ngày 1/10.",
        "Liên quan đến vụ việc, Công an tỉnh bắt hai bị can ngày 1/10.",
        "Chỉ trong năm tháng, nước này đã quyết định mua thêm.",
        "Lúc bị bắt, đối tượng này đang tổ chức đánh bạc.",
        "Hai Bộ đã thống nhất ban hành kế hoạch ngày 1/10.",
        "Hai ông bị Công an tỉnh khởi tố ngày 1/10.",
        "Số còn lại bị Công an tỉnh khởi tố ngày 1/10.",
        "Thượng úy cho biết công an xã sẽ triển khai ngay.",
        "” Tuy nhiên, Bộ Công an ban hành kế hoạch ngày 1/10.",
        "Trước tình hình đó, Bộ Công an ban hành kế hoạch ngày 1/10.",
        "Trong khi đó, Bộ Công an ban hành kế hoạch ngày 1/10.",
        # No statement of the article, or not a whole one.
        "Bộ Công an yêu cầu công an các tỉnh làm rõ ba nội dung sau:",
        "Bộ Công an ban hành kế hoạch để làm gì?",
        "“Công an tỉnh ban hành kế hoạch ngày 1/10”.",
        "“Công an tỉnh ban hành kế hoạch ngày 1/10”, ông nói.",
        "“Công an tỉnh ban hành kế hoạch ngày 1/10. Kế hoạch có hiệu lực”, ông Nguyễn Văn A nói.",
        "Ảnh: Bộ Công an ban hành kế hoạch.",
        "Bộ Công an tổ chức hội nghị ngày 1/10. Ảnh: Mai Hoa",
        "- Bộ Công an ban hành kế hoạch ngày 1/10.",
        "• Bộ Công an ban hành kế hoạch ngày 1/10.",
        "1. Bộ Công an ban hành kế hoạch ngày 1/10.",
        "a) Bộ Công an ban hành kế hoạch ngày 1/10.",
        "2.1. Bộ Công an ban hành kế hoạch ngày 1/10.",
        "Xem thêm: Bộ Công an ban hành kế hoạch ngày 1/10.",
        "Kính mời độc giả đón đọc số báo ngày 1/10 về Bộ Công an.",
        "Bộ Công an họp",
    ],
)
def test_what_leans_or_is_no_statement_is_no_summary(leaning: str) -> None:
    assert told("", f"{leaning}\n{MORE}") == MORE


@pytest.mark.parametrize(
    "sentence",
    [
        "TP.HCM sơ kết Chỉ thị 09.",
        "PGS.TS. Nguyễn Văn A phát biểu về Luật An ninh mạng.",
        # Names and words that only look like a leaning word.
        "Hồ Chí Minh là nơi mở đầu phong trào.",
        "Hồ sơ dự án luật đã được gửi.",
        "Bà Rịa có thêm mười mô hình tự quản.",
        "Bà con trong vùng tham gia tuần tra.",
        "Ba Bộ trưởng trả lời chất vấn.",
        "Nợ xấu giảm trong quý vừa rồi.",
        "Trong độ tuổi thanh niên có 12.000 người.",
        "Anh hùng lực lượng vũ trang được tuyên dương.",
        "Song phương hai nước ký thỏa thuận.",
        "Ảnh hưởng của bão khiến công an xã phải ứng trực.",
        "Nguồn tin báo của người dân giúp công an phá án.",
        "Ông Nguyễn Văn A, Giám đốc Công an tỉnh, chủ trì.",
        "Bộ trưởng Bộ Công an ban hành thông tư.",
        "Đại tá Trần B chủ trì hội nghị ở tỉnh.",
        "Tại Hội nghị toàn quốc, Bộ Công an trao cờ.",
        "Kết luận số 86-KL/TW được quán triệt.",
        "“Công an tỉnh sẽ làm ngay”, Đại tá Trần B khẳng định.",
        "Chương trình “Mái ấm” do Công an tỉnh tổ chức.",
        "Hiện nay, Công an tỉnh có mười đội.",
        "Theo Bộ Công an, tội phạm giảm 5% trong quý I.",
        "This week the ministry issued a decree.",
        "Tiếp tục chương trình Phiên họp thứ 5, Ủy ban Thường vụ Quốc hội cho ý kiến.",
        "Trong khi nhiều nơi còn chậm, Công an tỉnh đã xong.",
        "Trong sáu tháng, Công an tỉnh phá mười vụ án.",
        "Chương trình “Vì ngày này” do Công an tỉnh tổ chức.",
        "Chiều 3/8, Bộ trưởng, Chủ nhiệm Văn phòng Chính phủ chủ trì họp báo.",
        "Hai anh em tử vong ở Thanh Hóa.",
        "Hai ông Nguyễn Văn A và Trần B bị khởi tố.",
        "Bộ Thương mại Mỹ cho biết kinh tế nước này chậm lại.",
    ],
)
def test_what_stands_alone_is_taken(sentence: str) -> None:
    assert told(sentence) == sentence


@pytest.mark.parametrize("opener", ["Theo đó, ", "Trong đó, ", "Cụ thể, ", "Ông ", "Việc này "])
def test_a_second_sentence_may_lean_on_the_first_right_before_it(opener: str) -> None:
    lead = f"{LEAD} {opener}có ba điểm mới."
    assert told(lead) == lead
    apart = f"{LEAD} Vì sao? {opener}có ba điểm mới."
    assert told(apart) == LEAD


@pytest.mark.parametrize("opener", ["Tuy nhiên, ", "Thế nhưng ", "Nhưng ", "Ngược lại, ", "Trên thực tế, "])
def test_what_is_taken_back_is_never_shown_alone(opener: str) -> None:
    back = f"{opener}việc triển khai còn chậm ở {'nhiều nơi, ' * 34}nhiều xã."
    assert LIMIT < len(f"{LEAD} {back}") <= MOST
    assert told(f"{LEAD} {back}") == f"{LEAD} {back}"
    assert told(f"{LEAD} {MORE} {back}") == LEAD
    assert told(f"{LEAD} {back} Nhưng nay đã khác.") == ""
    assert told(f"{back} {MORE} {PLAIN}") == f"{MORE} {PLAIN}"
    assert told(f"{LEAD} {opener}còn {'rất dài ' * 60}.") == "", "longer than anywhere shown"


RUMOUR = "Mạng xã hội lan truyền tin Bộ Công an ban hành Nghị định số 290/2026/NĐ-CP cấm xe máy từ ngày 1/10."


@pytest.mark.parametrize(
    "denial",
    [
        "Công an tỉnh khẳng định đây là thông tin sai sự thật, người dân không chia sẻ.",
        "Thực tế, văn bản ấy là giả mạo.",
        "Theo Bộ Công an, đây là thông tin không chính xác.",
        "Đại diện Bộ Công an bác bỏ thông tin trên.",
    ],
)
def test_a_claim_is_never_shown_without_the_denial_beside_it(denial: str) -> None:
    assert told(f"{RUMOUR} {denial}") == f"{RUMOUR} {denial}"
    assert told("", f"{RUMOUR} {denial}") == f"{RUMOUR} {denial}"
    assert told(f"{RUMOUR} {denial[:-1]} {'mà không kiểm chứng ' * 30}.") == ""
    assert told(f"{RUMOUR} “{denial}", f"{LEAD}\n{MORE}") == f"{LEAD} {MORE}"


def test_a_denial_before_the_claim_comes_with_it() -> None:
    denial = "Bộ Công an bác bỏ tin đồn."
    assert told(f"{denial} {RUMOUR}") == f"{denial} {RUMOUR}"
    assert told(f"Bác bỏ tin đồn: {RUMOUR}") == f"Bác bỏ tin đồn: {RUMOUR}"
    assert told(f"Họ phủ nhận tin đồn. {RUMOUR}") == "", "whom it denies is not said"


def test_what_takes_back_the_last_sentence_looked_at_is_seen() -> None:
    told_twice = " ".join(f"Họ nói câu {number} như vậy." for number in range(3))
    assert told(f"{told_twice} {RUMOUR} Tuy nhiên, đó là tin giả.") == ""
    assert told(f"{told_twice} {LEAD} {MORE}") == LEAD


@pytest.mark.parametrize("name", ["Ông Trump", "Ông Trump, 80 tuổi,"])
@pytest.mark.parametrize(
    ("title", "stands"),
    [("Trump ra lệnh", True), ("Tổng thống Trump: sẽ đánh", True), ("Ông Trump ra lệnh", True),
     ("Tin Trumpet", False), ("Nga và Mỹ", False)],
)  # fmt: skip
def test_one_word_of_a_name_is_enough_where_the_headline_has_it(name: str, title: str, stands: bool) -> None:
    sentence = f"{name} khẳng định Mỹ chưa kết thúc chiến dịch ngày 1/10."
    assert bool(summarise(title, sentence, "")) == stands


def test_the_end_of_another_name_in_the_headline_is_no_name() -> None:
    assert summarise("Công an Bắc Ninh ra quân", "Ông Ninh yêu cầu triển khai từ ngày 1/10.", "") == ()


@pytest.mark.parametrize("day", ["Sáng nay", "Hôm qua", "Ngày mai", "Tuần trước", "Mới đây"])
def test_a_day_by_its_distance_is_told_only_beside_the_date(day: str) -> None:
    sentence = f"{day}, Bộ Công an tổ chức hội nghị."
    assert told(sentence) == sentence
    assert told(sentence, MORE, dated=False) == MORE
    exact = f"{day}, 19/11, Bộ Công an tổ chức hội nghị."
    assert told(exact, dated=False) == exact


@pytest.mark.parametrize(("open_mark", "close"), [("“", "”"), ("«", "»"), ('"', '"')])
def test_no_sentence_is_taken_out_of_a_quotation(open_mark: str, close: str) -> None:
    inside = "Công an tỉnh ban hành kế hoạch ngày 1/10."
    text = f"Người ấy nói: {open_mark}Câu đầu tiên. {inside} Câu cuối cùng.{close}"
    assert told("", f"{text}\n{MORE}") == MORE


def test_a_quotation_that_is_never_closed_ends_with_its_paragraph() -> None:
    assert told("", f"Người ấy nói: “Câu đầu tiên.\n{MORE}") == MORE


def test_a_long_first_sentence_comes_whole() -> None:
    lead = "Bộ Công an ban hành " + "rất dài " * 100 + "kế hoạch."
    (excerpt,) = summarise(TITLE, lead, "")
    assert excerpt == Excerpt(lead, 1, 0, len(lead))


def test_a_second_sentence_comes_only_where_both_fit() -> None:
    long = "Một câu vừa phải ở đầu trang báo. " + "Câu sau thì dài " * 30 + "."
    assert told(long) == "Một câu vừa phải ở đầu trang báo."


WORDS = (
    "Bộ Công an", "Ông", "Tuy nhiên,", "họp", "Hồ Chí Minh", "09-CT/TW", "Điều này", "Tít bài", "TP.", "“", "”", '"',
    "\n", "ngày 1/10", "Ảnh:",
)  # fmt: skip
sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(lambda words: " ".join(words) + ".")
prose = st.lists(sentence, max_size=6).map(" ".join) | st.text(max_size=400)
LEANING = re.compile(r"\W*(?:họ|nó|tuy nhiên|điều này|việc này|vì vậy|do đó)(?!\w)", re.IGNORECASE)


@given(lead=prose, text=prose, dated=st.booleans())
def test_laws_of_a_summary(lead: str, text: str, dated: bool) -> None:
    summary = summarise(TITLE, lead, text, dated=dated)
    parts = (TITLE, lead, text)
    for excerpt in summary:
        assert excerpt.part in (1, 2)
        assert excerpt.text == parts[excerpt.part][excerpt.start : excerpt.end], "verbatim"
        assert excerpt.text == excerpt.text.strip() != ""
        assert fold(excerpt.text).strip(" .") != fold(TITLE)
    assert not (summary and LEANING.match(summary[0].text))
    if len(summary) == 2:
        one, two = summary
        assert (one.part, one.end) < (two.part, two.start + 1)
        assert len(f"{one.text} {two.text}") <= MOST


@pytest.mark.parametrize("letters", [0, 1])
def test_two_sentences_have_a_limit(letters: int) -> None:
    """What a phone shows in a few lines."""
    more = "Hội nghị nối " + "t" * (LIMIT - len(LEAD) - 15 + letters) + "."
    assert told(f"{LEAD} {more}") == (LEAD if letters else f"{LEAD} {more}")


def test_a_sentence_that_tells_the_first_again_is_left_out() -> None:
    assert told(f"{'Bộ Công an họp bàn. ' * 2}") == "Bộ Công an họp bàn."
