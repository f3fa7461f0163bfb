"""Summaries are taken verbatim and never lean on what they leave out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.summarise import LIMIT, summarise
from feeds.text import fold

LEAD = "Sáng 19/11, Bộ Công an tổ chức hội nghị."
MORE = "Hội nghị nối tới 34 tỉnh, thành phố."


@pytest.mark.parametrize(
    ("lead", "text", "summary"),
    [
        (LEAD, MORE, LEAD),
        (f"{LEAD} {MORE} Câu thứ ba.", "", f"{LEAD} {MORE}"),
        ("", f"{LEAD} {MORE}", f"{LEAD} {MORE}"),
        (f"{LEAD} Tuy nhiên, việc này còn chậm.", "", LEAD),
        (f"Tuy nhiên, việc này còn chậm. {LEAD}", "", LEAD),
        ("Ông cho biết như vậy. Điều này đúng.", LEAD, LEAD),
        ("Ông cho biết như vậy.", "", ""),
        ("“Họ đã về”, ông nói. " + LEAD, "", LEAD),
        ("Tít bài", LEAD, LEAD),
        ("Tít bài. " + LEAD, "", LEAD),
        (f"{LEAD} Tít bài. {MORE}", "", LEAD),
        ("", "", ""),
        ("TP.HCM sơ kết Chỉ thị 09. PGS.TS. Nguyễn Văn A phát biểu.", "", None),
        # Names and words that only look like a leaning word without their accents.
        ("Hồ Chí Minh là nơi mở đầu phong trào.", "", None),
        ("Hồ sơ dự án luật đã được gửi.", "", None),
        ("Bà Rịa có thêm mười mô hình tự quản.", "", None),
        ("Ba Bộ trưởng trả lời chất vấn.", "", None),
        ("Nợ xấu giảm trong quý này.", "", None),
        ("Trong độ tuổi thanh niên có 12.000 người.", "", None),
        ("Anh hùng lực lượng vũ trang được tuyên dương.", "", None),
        ("However, it was late. The ministry met today.", "", "The ministry met today."),
    ],
)
def test_summaries(lead: str, text: str, summary: str | None) -> None:
    assert summarise("Tít bài", lead, text) == (lead or text if summary is None else summary)


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    summary = summarise("Tít", "rất dài " * 200, "")
    assert summary.endswith("dài…") or summary.endswith("rất…")
    assert LIMIT - 10 < len(summary) <= LIMIT


def test_a_second_sentence_comes_only_whole() -> None:
    long = "Một câu vừa phải ở đầu bài này. " + "Câu sau thì dài " * 30 + "."
    assert summarise("Tít", long, "") == "Một câu vừa phải ở đầu bài này."


WORDS = ("Bộ Công an", "Ông", "Tuy nhiên", "họp", "Hồ Chí Minh", "09-CT/TW", "Điều này", "Tít bài", "TP.", "“", "”")
sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(lambda words: " ".join(words) + ".")
prose = st.lists(sentence, max_size=6).map(" ".join) | st.text(max_size=400)
LEANING = re.compile(r"\W*(?:ông|bà|họ|nó|tuy nhiên|điều này|việc này|vì vậy|do đó)(?!\w)(?! rịa)", re.IGNORECASE)


@given(lead=prose, text=prose, limit=st.integers(20, 400))
def test_laws_of_a_summary(lead: str, text: str, limit: int) -> None:
    summary = summarise("Tít bài", lead, text, limit=limit)
    assert len(summary) <= limit
    opening = " ".join(summary.removesuffix("…").split())
    assert any(opening in " ".join(source.split()) for source in (lead, text)), "verbatim"
    assert not LEANING.match(summary)
    assert fold(summary).strip(" .") != fold("Tít bài")
