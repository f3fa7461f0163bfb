"""What people hand over: texts, pages and files, read within bounds, and the answer that they get."""

import os
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ASKER
from digests.asked import MAX_CARDS, AskedDocument, asked_documents, render_asked
from digests.messages import MESSAGE_LIMIT, plain_text, telegram_length
from digests.templates import LANGUAGES
from feeds.ask import SECONDS, Asked, ask_file, ask_page, ask_text
from feeds.attached import MAX_ATTACHED, MAX_PAGES, MAX_UNPACKED, AttachedError, attached_text, unwrapped
from feeds.extract import ExtractError
from feeds.worker import Worker, WorkerError
from papers import WORD, branching, docx, docx_with, inflating, lying, pdf, pdf_page, printed, stream

NEWS = """Hà Tĩnh sơ kết 10 năm thực hiện Chỉ thị 09
Sáng 20/11, Công an tỉnh Hà Tĩnh sơ kết 10 năm thực hiện Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư.
Đó là phong trào toàn dân bảo vệ an ninh Tổ quốc, an ninh quốc gia.
Hội nghị quán triệt Chỉ thị 05-CT/TW, Kết luận số 86-KL/TW và Nghị định 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân.
Nghị quyết 777-NQ/TU của Tỉnh ủy Hà Tĩnh cũng được nhắc tới, dự thảo Nghị quyết mới thì chưa."""


def reason_of(work: Callable[[], object]) -> str:
    with pytest.raises((AttachedError, ExtractError)) as caught:
        work()
    return str(caught.value.reason)


def test_the_documents_of_a_text_come_in_its_order_as_sure_as_the_text_makes_them() -> None:
    asked = ask_text(NEWS, written=date(2026, 11, 22))
    assert asked.title == "Hà Tĩnh sơ kết 10 năm thực hiện Chỉ thị 09"
    found = {document.key: document for document in asked_documents(asked)}
    assert list(found) == ["09-CT/TW", "05-CT/TW", "86-KL/TW", "13/2023/NĐ-CP", "777-NQ/TU@Hà Tĩnh"]
    first, several, maybe, decree, local = found.values()
    assert (first.status, first.opens, first.stage, first.stage_years) == (
        "resolved",
        "09-CT/TW#XI",
        "interim_review",
        10,
    )
    assert first.quote(220).startswith("Sáng 20/11, Công an tỉnh Hà Tĩnh")
    assert (several.status, several.opens, several.document) == ("ambiguous", "05-CT/TW#?", None)
    assert {document.id for document in several.candidates} == {"05-CT/TW#XII", "05-CT/TW#X"}
    assert (maybe.status, maybe.opens, maybe.document) == ("presumed", "86-KL/TW#?", None), "shown as doubtful"
    assert decree.document is not None
    assert (local.status, local.document, local.issuer) == ("unknown", None, "Tỉnh ủy")


def test_no_document_is_younger_than_the_text() -> None:
    """A message of 2010 cannot mean a directive of 2011."""
    (old,) = asked_documents(ask_text("Thực hiện Chỉ thị 09-CT/TW của Ban Bí thư.", written=date(2010, 1, 1)))
    assert "09-CT/TW#XI" not in {document.id for document in old.candidates} | {old.document_id}


@pytest.mark.parametrize(("written", "is_held"), [(date(2026, 11, 22), False), (date(2027, 2, 1), True), (None, True)])
def test_a_review_that_is_dated_after_the_text_is_not_held(written: date | None, is_held: bool) -> None:
    (document,) = asked_documents(
        ask_text("Tháng 1/2027, Công an Hà Tĩnh sơ kết 15 năm thực hiện Chỉ thị 09-CT/TW (khóa XI).", written=written)
    )
    assert (document.stage, document.is_held) == ("interim_review", is_held)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_says_whether_it_is_policy_and_why(language: str) -> None:
    asked = ask_text(NEWS, written=date(2026, 11, 22))
    html = plain_text(render_asked(asked, asked_documents(asked), language))
    policy = "Là chính sách an ninh." if language == "vi" else "It is security policy."
    words = "Những chữ quyết định: “" if language == "vi" else "The words that decided: “"
    assert html.startswith(policy)
    assert words in html
    assert "1. 09-CT/TW (" in html
    assert ("Có thể là 05-CT/TW (khóa XII)" if language == "vi" else "It may be 05-CT/TW (term XII)") in html
    sport = ask_text("Đội tuyển Việt Nam thắng đậm ở vòng loại, người hâm mộ cả nước vui mừng đổ ra đường ăn mừng.")
    html = plain_text(render_asked(sport, asked_documents(sport), language))
    assert html.startswith("Không phải chính sách" if language == "vi" else "It is not security policy")
    assert ("Không thấy số hiệu văn bản nào" if language == "vi" else "No document number") in html


def test_an_answer_fits_one_message_and_names_what_has_no_card() -> None:
    numbers = [f"Kết luận số {n}-KL/TW của Bộ Chính trị về việc {'rất dài ' * 40}{n}." for n in range(10, 40)]
    asked = ask_text("\n".join(numbers))
    documents = asked_documents(asked)
    assert len(documents) == 30
    for language in LANGUAGES:
        html = render_asked(asked, documents, language)
        assert telegram_length(html) <= MESSAGE_LIMIT
        assert f"{MAX_CARDS}. " in plain_text(html)
    assert "Và 22 văn bản nữa: 18-KL/TW, 19-KL/TW" in plain_text(render_asked(asked, documents, "vi"))


def test_what_is_quoted_is_around_the_citation_and_markup_is_only_text() -> None:
    long = "dài " * 200 + "theo Chỉ thị số 09-CT/TW ngày 01/12/2011 " + "nữa " * 200
    (document,) = asked_documents(ask_text(long))
    quoted = document.quote(120)
    assert len(quoted) <= 122
    assert "Chỉ thị số 09-CT/TW" in quoted
    assert quoted.startswith("…")
    assert quoted.endswith("…")
    evil = ask_text("<b>x</b> <script>alert(1)</script> theo Chỉ thị 09-CT/TW & \"05-CT/TW\" <a href='x'>" * 3)
    html = render_asked(evil, asked_documents(evil), "vi", link='https://bao.example/"><b>')
    assert "<script>" not in html
    assert '"><b>' not in html


@given(st.text(max_size=500))
def test_no_text_breaks_it(text: str) -> None:
    asked = ask_text(text)
    html = render_asked(asked, asked_documents(asked), "vi")
    assert 0 < telegram_length(html) <= MESSAGE_LIMIT


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=40), st.integers(0, 80))
def test_a_quotation_is_never_longer_than_asked(before: str, cited: str, behind: str, limit: int) -> None:
    around, place = before + cited + behind, (len(before), len(before) + len(cited))
    document = AskedDocument(
        "k", None, "unknown", False, "", None, None, None, None, None, (), around, place, cited, None
    )
    assert len(document.quote(limit)) <= limit + 2, "but for the marks of what is left out"


def test_files_of_every_type_are_read() -> None:
    lines = NEWS.split("\n")
    page = "<html><body><article><h1>{}</h1><p>{}</p><p>{}</p><p>{}</p><p>{}</p></article></body></html>".format(*lines)
    picture = "<img src='data:image/png;base64," + "A" * 4_000_000 + "'>"
    files = {
        "a.txt": NEWS.encode(),
        "B.TXT": NEWS.encode("utf-16"),
        "c.html": page.encode(),
        "d.htm": page.replace("<article>", f"<article>{picture}").encode(),
        "e.docx": docx(lines[:2], cells=lines[2:]),
    }
    for name, content in files.items():
        keys = [document.key for document in asked_documents(ask_file(name, content))]
        assert "09-CT/TW" in keys, name
        assert "777-NQ/TU@Hà Tĩnh" in keys, name
    asked = ask_file(
        "f.pdf", printed("Theo Chi thi so 09-CT/TW cua Ban Bi thu, ca nuoc thuc hien Nghi dinh so", "13/2023/ND-CP.")
    )
    assert [document.key for document in asked_documents(asked)] == ["09-CT/TW", "13/2023/NĐ-CP"]
    assert not asked.is_cut


def test_what_stands_at_an_address_may_be_a_file() -> None:
    assert asked_documents(
        ask_page(printed("Chi thi so 09-CT/TW."), "https://a.example/x?download=1", "application/octet-stream")
    )
    assert asked_documents(ask_page(docx(["Chỉ thị 09-CT/TW."]), "https://a.example/x", None))
    assert reason_of(lambda: ask_page(b"PK\x03\x04rubbish", "https://a.example/x", "text/html")) == "malformed"
    for body, kind in (
        (b"\x89PNG\r\n" * 99, "image/png"),
        (b"\x01\x02" * 99, "text/html"),
        (b"{}", "application/json"),
    ):
        assert reason_of(lambda body=body, kind=kind: ask_page(body, "https://a.example/x", kind)) == "unreadable"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "unreadable"),
        ("noname", b"x", "unreadable"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "unreadable"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"  \n ", "empty"),
        ("a.txt", b"\x00\x01\x02\x03" * 100, "malformed"),
        ("a.txt", b"a" * (MAX_ATTACHED + 1), "too_large"),
        ("a.html", b"a" * (MAX_ATTACHED + 1), "too_large"),
        ("a.html", b"<html></html>", "no_text"),
        ("a.pdf", b"%PDF-1.7 rubbish", "malformed"),
        ("a.pdf", b"PK\x03\x04", "malformed"),
        ("a.pdf", pdf_page(stream(b"")), "scanned"),
        ("a.docx", b"rubbish", "malformed"),
        ("a.docx", b"PK\x05\x06" + b"\0" * 18, "malformed"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "encrypted"),
        ("a.docx", docx([]), "empty"),
        ("a.docx", docx_with(b"<not-closed"), "malformed"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_what_cannot_be_read_says_why(name: str, content: bytes, reason: str) -> None:
    assert reason_of(lambda: ask_file(name, content)) == reason


def test_a_password_is_respected() -> None:
    from pypdf import PdfReader, PdfWriter

    for password, expected in (("", None), ("bí mật", "encrypted")):
        writer, out = PdfWriter(PdfReader(BytesIO(printed("Chi thi so 09-CT/TW.")))), BytesIO()
        writer.encrypt(password, owner_password="khác", algorithm="RC4-128")
        writer.write(out)
        if expected:
            assert reason_of(lambda out=out: ask_file("a.pdf", out.getvalue())) == expected
        else:
            assert asked_documents(ask_file("a.pdf", out.getvalue())), "only printing is forbidden"


def test_pages_past_the_bound_are_not_read_and_it_says_so() -> None:
    from pypdf import PdfReader, PdfWriter

    writer, out = PdfWriter(), BytesIO()
    page = PdfReader(BytesIO(printed("Chi thi so 09-CT/TW."))).pages[0]
    for _ in range(MAX_PAGES + 1):
        writer.add_page(page)
    writer.write(out)
    asked = ask_file("a.pdf", out.getvalue())
    assert asked.is_cut
    assert "bot chỉ đọc phần đầu" in render_asked(asked, asked_documents(asked), "vi")


def test_lines_of_a_printed_page_are_paragraphs_again() -> None:
    page = (
        "CHỈ THỊ\nvề việc này\n"
        + "Một dòng đầy của trang in số\n" * 2
        + "hết đoạn.\n\nĐoạn khác ở đây và cũng dài\nhết."
    )
    assert unwrapped(page).split("\n") == [
        "CHỈ THỊ",
        "về việc này",
        "Một dòng đầy của trang in số Một dòng đầy của trang in số hết đoạn.",
        "Đoạn khác ở đây và cũng dài hết.",
    ]


@pytest.mark.parametrize(
    "content",
    [
        docx_with(b"a" * (MAX_UNPACKED + 1)),
        lying(docx_with(b"a" * (4 * MAX_UNPACKED)), b"word/document.xml", 1000),
        docx_with(b'<w:document xmlns:w="%b"><w:body>' % WORD.encode() + b"<w:p>" * 100_000),
    ],
    ids=["too much", "lies", "deep"],
)
def test_a_word_file_unpacks_to_no_more_than_it_may(content: bytes) -> None:
    assert len(content) < MAX_ATTACHED
    assert reason_of(lambda: attached_text("a.docx", content)) in ("bomb", "malformed")


def test_a_word_file_has_no_thousands_of_members_and_no_entities() -> None:
    many = BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}.xml", b"")
    assert reason_of(lambda: attached_text("a.docx", many.getvalue())) == "bomb"
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha ha ha ">' + b"".join(
        b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(9)
    )
    text = b"]><w:document xmlns:w='%b'><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"
    content = docx_with(laughs + text % WORD.encode())
    assert reason_of(lambda: attached_text("a.docx", content)) in ("bomb", "malformed", "empty")


@pytest.mark.parametrize(
    "content",
    [
        inflating(400),
        pdf_page(b"[" * 200_000 + b"]" * 200_000),
        printed("x").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[2 0 R]/Count 1"),
        pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids 2 0 R/Count 999999999>>"),
    ],
    ids=["unpacks to 400 MB", "nested arrays", "pages in a ring", "pages that are not there"],
)
def test_a_pdf_that_means_harm_is_refused(content: bytes) -> None:
    assert len(content) < MAX_ATTACHED
    assert reason_of(lambda: attached_text("a.pdf", content)) in ("bomb", "malformed", "scanned", "empty")


async def test_a_page_of_nothing_but_tags_and_a_full_text_are_done_with_in_time() -> None:
    """In the process with bounds, as the chat reads them."""
    with pytest.raises(ExtractError) as caught:
        await ASKER.run(ask_file, "a.html", b"<div>" * (MAX_ATTACHED // 5), seconds=SECONDS)
    assert caught.value.reason == "too_complex"
    full = b"\n".join([NEWS.encode()] * (MAX_ATTACHED // (len(NEWS.encode()) + 1)))
    asked: Asked = await ASKER.run(ask_file, "a.txt", full, seconds=SECONDS)
    assert asked.is_cut
    assert len(asked_documents(asked)) == 5


async def test_what_only_time_bounds_is_ended_by_it() -> None:
    """A tree of pages with a billion leaves."""
    with pytest.raises((WorkerError, AttachedError)) as caught:
        await ASKER.run(ask_file, "a.pdf", branching(30), seconds=2)
    assert caught.value.reason in ("too_complex", "bomb", "malformed", "crashed")
    asked = await ASKER.run(ask_text, NEWS, seconds=SECONDS)
    assert asked_documents(asked), "another process takes the next"


async def test_each_process_loads_ahead_of_its_work() -> None:
    async with Worker(load=partial(os.umask, 0o027)) as worker:
        worker.wake()
        assert await worker.run(os.umask, 0o022, seconds=20) == 0o027


async def test_a_process_has_no_more_memory_than_it_may() -> None:
    async with Worker(memory=300 * 1024 * 1024) as worker:
        with pytest.raises(MemoryError):
            await worker.run(bytes, 1024 * 1024 * 1024, seconds=20)
        assert await worker.run(len, b"abc", seconds=20) == 3
