"""One digest in every form: all say the same, and nothing a feed writes becomes markup, a command or another order."""

import json
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from lxml import etree
from markdown_it import MarkdownIt

from conftest import NOW
from digests.export import FORMS, export
from digests.formats.atom import ATOM
from digests.views import CorrectionView, Coverage, DigestView, DocumentChip, Section, StageCorrection, StoryView
from feeds.documents import load_catalogue
from feeds.parse import parse_feed
from test_render import HOSTILE, ZONE, article, chip, digest, said, story, views

DAY = timedelta(days=1)
ABOUT = getattr(load_catalogue().get("09-CT/TW#XI"), "title", "")
TEXTS = ("text", "html", "markdown", "json", "atom")


def full(language: str = "vi") -> DigestView:
    """Something of everything a digest can say."""
    others = (
        article("Công an ra quân ở hai nơi", outlet="Báo Hai", url="https://hai.example/2"),
        article("Không dẫn được", outlet="Báo Ba", url=None),
    )
    first = StoryView(
        5, "national_security", 0.9, article("Bộ Công an sơ kết Chỉ thị 09", title_is_ours=True), others,
        said("Sáng 19/11, Bộ Công an tổ chức hội nghị.", "Hội nghị nối tới 34 tỉnh."),
        (chip("resolved", "XI", "interim_review", 5), chip("unknown")), "Bến Tre",
        article("Công an chuẩn bị hội nghị", url="https://mau.example/truoc"), NOW - 2 * DAY,
    )  # fmt: skip
    second = StoryView(6, "cyber_data", 0.5, article("Nghị định mới", date_known=False, outlet=""), (), (), ())
    corrected = CorrectionView(
        9,
        NOW - DAY,
        article("Tít bây giờ"),
        title_was="Tít hôm qua",
        removed=("05-CT/TW (khóa X)",),
        added=("09-CT/TW (khóa XI)",),
        stages=(StageCorrection("13/2023/NĐ-CP", ("issued", None), ("interim_review", 5)),),
        not_of_it=(others[0],),
        withdrawn=(others[1],),
        ids={"05-CT/TW (khóa X)": "05-CT/TW#X"},
    )
    sections = Section("followed", "", (first,)), Section("place", "Bến Tre", (second,))
    return DigestView(
        language, ZONE, NOW - DAY, NOW, sections, Coverage(412, 38, 27, ("Báo Hỏng", "Báo Chậm")), NOW + DAY, (7, 8), 3,
        ("hoi nghi",), "Biên giới", corrections=(corrected,),
    )  # fmt: skip


def words_of(view: DigestView, form: str) -> str:
    """What a reader of the form reads."""
    content = export(view, form).content
    if form == "docx":
        return "\n".join(paragraph.text for paragraph in Document(BytesIO(content)).paragraphs)
    text = content.decode()
    if form == "html":
        return _Page(text).text
    if form == "markdown":
        return "".join(child.content for token in MarkdownIt().parse(text) for child in token.children or ())
    return " ".join(etree.fromstring(content).itertext()) if form == "atom" else text


class _Page(HTMLParser):
    """The tags, the addresses and the text of a page; fails where tags are not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_form_tells_the_stories(form: str, language: str) -> None:
    words = words_of(full(language), form)
    for told in (
        "Bộ Công an sơ kết Chỉ thị 09", "Nghị định mới", "Sáng 19/11, Bộ Công an tổ chức hội nghị.",
        "Hội nghị nối tới 34 tỉnh.", "09-CT/TW",
    ):  # fmt: skip
        assert told in words
    assert form == "atom" or "bến tre" in words.lower()


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("json", "atom")])
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("vi", ("Điểm tin an ninh, thứ Sáu 20/11/2026", "Biên giới", "2 tin, từ 07:00 19/11/2026 đến 07:00 20/11/2026",
                f"09-CT/TW (khóa XI) “{ABOUT}”: sơ kết 5 năm", "chưa có trong danh mục",
                "tít do bot trích", "ngày đăng không rõ",
                "Báo không rõ", "Tiếp diễn: Công an chuẩn bị hội nghị (đã báo 18/11)",
                "Đọc 412 bài từ 38 báo, giữ 27; 2 nguồn lỗi: Báo Hỏng, Báo Chậm.", "Còn 2 tin ít quan trọng hơn.",
                "Khi đó tít là: “Tít hôm qua”", "Không nhắc tới, dù đã báo: 05-CT/TW (khóa X)",
                "Có nhắc tới, mà chưa báo: 09-CT/TW (khóa XI)",
                "13/2023/NĐ-CP: sơ kết 5 năm (đã báo là ban hành)", "Kể một sự việc khác: Công an ra quân ở hai nơi",
                "Xem lại thì không phải tin chính sách an ninh: Không dẫn được")),
        ("en", ("Friday 20/11/2026", f"09-CT/TW (term XI) “{ABOUT}”: interim review after 5 years",
                "not in the catalogue",
                "Continues: Công an chuẩn bị hội nghị (told 18/11)", "Read 412 articles of 38 outlets, kept 27",
                "The headline then: “Tít hôm qua”", "Does not cite, though we said so: 05-CT/TW")),
    ],
)  # fmt: skip
def test_forms_for_readers_say_all_of_it(form: str, language: str, told: tuple[str, ...]) -> None:
    words = words_of(full(language), form)
    for one in told:
        assert one in words
    headings = {"vi": "Văn bản bạn theo dõi", "en": "Documents you follow"}
    assert headings[language].lower() in words.lower()


@pytest.mark.parametrize(
    ("form", "name", "media_type"),
    [
        ("text", "diem-tin-2026-11-20.txt", "text/plain; charset=utf-8"),
        ("html", "diem-tin-2026-11-20.html", "text/html; charset=utf-8"),
        ("markdown", "diem-tin-2026-11-20.md", "text/markdown; charset=utf-8"),
        ("json", "diem-tin-2026-11-20.json", "application/json"),
        ("docx", "diem-tin-2026-11-20.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("atom", "diem-tin-2026-11-20.atom", "application/atom+xml"),
    ],
)
def test_files_are_named_by_their_day_and_kind(form: str, name: str, media_type: str) -> None:
    exported = export(full(), form)
    assert (exported.name, exported.media_type) == (name, media_type)


def test_another_form_is_an_error() -> None:
    with pytest.raises(KeyError):
        export(full(), "pdf")


def test_sentences_that_stood_apart_are_shown_apart() -> None:
    one, two = said("Câu một.", "Câu hai.")
    together = replace(story(), summary=(one, replace(two, start=one.end + 1, end=99)))
    apart = replace(story(), summary=(one, replace(two, part=2)))
    cut = story(summary="Câu dài " * 20 + "hết")
    for form in FORMS:
        assert "Câu một. Câu hai." in words_of(digest(together), form)
        assert "Câu một. […] Câu hai." in words_of(digest(apart), form)
        assert "hết…" in words_of(digest(cut), form)


def test_words_asked_for_are_marked_on_the_page() -> None:
    page = export(full(), "html").content.decode()
    assert "Bộ Công an tổ chức <mark>hội nghị</mark>. <mark>Hội nghị</mark> nối" in page
    asked = replace(full(), words=("so ket",))
    assert ">Bộ Công an <mark>sơ kết</mark> Chỉ thị 09</a>" in export(asked, "html").content.decode()


def test_markdown_lists_the_other_outlets_under_one_line() -> None:
    lines = export(full(), "markdown").content.decode().splitlines()
    at = lines.index("- +2 báo khác:")
    assert lines[at + 1 : at + 3] == ["  - Báo Hai: [Công an ra quân ở hai nơi](<https://hai.example/2>)",
                                      "  - Báo Ba: Không dẫn được"]  # fmt: skip


def test_the_word_file_is_spelt_in_its_language() -> None:
    for language, locale in (("vi", "vi-VN"), ("en", "en-GB")):
        xml = ZipFile(BytesIO(export(full(language), "docx").content)).read("word/styles.xml").decode()
        assert re.findall(r'<w:lang w:val="([^"]*)"', xml) == [locale]


def test_a_feed_says_what_stands_behind_it_and_what_was_not_so() -> None:
    feed = etree.fromstring(export(full(), "atom").content)
    said = {name: feed.findtext(f"{{{ATOM}}}{name}") for name in ("title", "subtitle")}
    assert said["title"] == "Điểm tin an ninh: Biên giới"
    assert "Đọc 412 bài từ 38 báo, giữ 27" in str(said["subtitle"])
    first, _, correction = feed.findall(f"{{{ATOM}}}entry")
    content = str(first.findtext(f"{{{ATOM}}}content"))
    assert content.startswith("<p>Sáng 19/11, Bộ Công an tổ chức hội nghị. Hội nghị nối tới 34 tỉnh.</p>")
    assert "<li>09-CT/TW" in content
    assert "<li>Khi đó tít là: “Tít hôm qua”</li>" in str(correction.findtext(f"{{{ATOM}}}content"))


# Each form


TEXT = """\
Điểm tin an ninh, thứ Sáu 20/11/2026
1 tin, từ 07:00 20/11/2026 đến 07:00 20/11/2026

AN NINH QUỐC GIA

1. Bộ Công an ban hành kế hoạch
   Báo Mẫu, 07:00 20/11/2026
   Tóm tắt.
   - 09-CT/TW (khóa XI) “TITLE”: tổng kết 15 năm
   https://mau.example/1.html

Còn 2 tin ít quan trọng hơn.
Đọc 120 bài từ 30 báo, giữ 9; 1 nguồn lỗi: Báo Hỏng.
"""
MARKDOWN = """\
# Điểm tin an ninh, thứ Sáu 20/11/2026

1 tin, từ 07:00 20/11/2026 đến 07:00 20/11/2026

## An ninh quốc gia

### 1. [Bộ Công an ban hành kế hoạch](<https://mau.example/1.html>)

*Báo Mẫu, 07:00 20/11/2026*

Tóm tắt.

- 09-CT/TW (khóa XI) “TITLE”: tổng kết 15 năm

---

Còn 2 tin ít quan trọng hơn.

Đọc 120 bài từ 30 báo, giữ 9; 1 nguồn lỗi: Báo Hỏng.

Bản tin kế tiếp: 07:00 20/11/2026.
"""


@pytest.mark.parametrize(("form", "written"), [("text", TEXT), ("markdown", MARKDOWN)])
def test_text_and_markdown_are_laid_out_so(form: str, written: str) -> None:
    view = digest(story("Bộ Công an ban hành kế hoạch", chip("resolved", "XI", "final_review", 15)), held_back=2)
    assert export(view, form).content.decode() == written.replace("TITLE", ABOUT)


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = _Page(export(full(), "html").content.decode())
    assert not {"script", "img", "iframe", "link", "object", "embed", "form"} & set(page.tags)
    assert page.links == [
        "https://mau.example/1.html", "https://mau.example/truoc", "https://hai.example/2", "https://mau.example/1.html",
        "https://mau.example/1.html", "https://hai.example/2",
    ]  # fmt: skip


def test_json_keeps_its_keys() -> None:
    data = json.loads(export(full(), "json").content)
    assert set(data) == {
        "language", "name", "from", "to", "next", "sections", "corrections", "coverage", "held_back",
    }  # fmt: skip
    followed, place = data["sections"]
    assert (followed["kind"], followed["key"], followed["topic"]) == ("followed", "", None)
    assert (place["kind"], place["key"]) == ("place", "Bến Tre")
    (told,) = followed["stories"]
    assert told["summary"] == "Sáng 19/11, Bộ Công an tổ chức hội nghị. Hội nghị nối tới 34 tỉnh."
    assert told["sentences"][0] == {
        "part": 1,
        "start": 0,
        "end": 40,
        "text": "Sáng 19/11, Bộ Công an tổ chức hội nghị.",
    }
    assert told["documents"][0] == {
        "id": "09-CT/TW#XI", "key": "09-CT/TW", "status": "resolved", "stage": "interim_review", "stage_years": 5,
        "held": True,
    }  # fmt: skip
    assert told["continues"]["told"] == "2026-11-18T07:00:00+07:00"
    assert set(told) == {
        "id", "title", "title_is_ours", "url", "outlet", "published", "first_seen", "topic", "place", "summary",
        "sentences", "others", "documents", "continues",
    }  # fmt: skip
    (corrected,) = data["corrections"]
    assert set(corrected) == {
        "story", "told", "title", "title_is_ours", "url", "outlet", "published", "first_seen", "title_was", "removed",
        "added", "doubtful", "stages", "not_of_it", "retitled", "withdrawn",
    }  # fmt: skip
    assert corrected["removed"] == [{"id": "05-CT/TW#X", "name": "05-CT/TW (khóa X)"}]
    assert corrected["added"] == [{"id": None, "name": "09-CT/TW (khóa XI)"}]
    assert corrected["stages"] == [
        {"id": None, "name": "13/2023/NĐ-CP", "was": ["issued", None], "now": ["interim_review", 5], "held": True}
    ]
    assert (data["held_back"], corrected["title_was"]) == (2, "Tít hôm qua")
    assert json.loads(export(digest(story()), "json").content)["sections"][0]["topic"] == "national_security"


def test_the_word_file_is_a_page_as_decree_30_2020_has_it() -> None:
    document = Document(BytesIO(export(full(), "docx").content))
    page = document.sections[0]
    lengths = (
        page.page_width,
        page.page_height,
        page.top_margin,
        page.bottom_margin,
        page.left_margin,
        page.right_margin,
    )
    assert [round(length.mm) for length in lengths if length] == [210, 297, 20, 20, 30, 15]
    assert {document.styles[name].font.name for name in ("Normal", "Heading 1", "Heading 2")} == {"Times New Roman"}
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines[0] == "ĐIỂM BÁO"
    assert "I. VĂN BẢN BẠN THEO DÕI" in lines
    assert "II. BẾN TRE" in lines
    assert not [line for line in lines if "CỘNG HÒA XÃ HỘI CHỦ NGHĨA" in line], "it is no authority's document"


def test_the_word_file_numbers_its_sources() -> None:
    document = Document(BytesIO(export(full(), "docx").content))
    lines = [paragraph.text for paragraph in document.paragraphs]
    at = lines.index("Sáng 19/11, Bộ Công an tổ chức hội nghị. Hội nghị nối tới 34 tỉnh. [1]")
    assert lines[at + 1] == "Cùng đưa tin: [2]–[3].", "they did not write what is quoted"
    sources = lines[lines.index("NGUỒN") + 1 :][:4]
    assert sources == [
        "[1] Báo Mẫu, 07:00 20/11/2026: Bộ Công an sơ kết Chỉ thị 09. https://mau.example/1.html",
        "[2] Báo Hai, 07:00 20/11/2026: Công an ra quân ở hai nơi. https://hai.example/2",
        "[3] Báo Ba, 07:00 20/11/2026: Không dẫn được. ",
        "[4] Báo không rõ, 07:00 20/11/2026 (lúc thấy tin; ngày đăng không rõ): Nghị định mới. https://mau.example/1.html",
    ]
    targets = {rel.target_ref for rel in document.part.rels.values() if rel.is_external}
    assert targets == {"https://mau.example/1.html", "https://hai.example/2"}


def test_the_feed_is_read_back_by_our_own_reader() -> None:
    content = export(full(), "atom").content
    read = parse_feed(content, url="https://diem-tin.example/feed.atom")
    assert [(entry.title, entry.url) for entry in read.entries] == [
        ("Bộ Công an sơ kết Chỉ thị 09", "https://mau.example/1.html"),
        ("Nghị định mới", "https://mau.example/1.html"),
        ("Đính chính: Tít bây giờ", None),
    ]
    assert read.entries[0].published == NOW
    assert read.entries[0].summary.startswith("Sáng 19/11, Bộ Công an tổ chức hội nghị.")


def test_the_feed_has_what_rfc_4287_asks_for() -> None:
    feed = etree.fromstring(export(full(), "atom").content)
    names = {name: f"{{{ATOM}}}{name}" for name in ("id", "title", "updated", "author", "entry", "link", "content")}
    for parent in (feed, *feed.findall(names["entry"])):
        for name in ("id", "title", "updated"):
            (one,) = parent.findall(names[name])
            assert one.text
    assert feed.find(names["author"])[0].text == "Điểm Tin"
    ids = [entry.find(names["id"]).text for entry in feed.findall(names["entry"])]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one) for one in ids)
    updated = {element.text for element in feed.iter(names["updated"])}
    assert updated == {"2026-11-20T00:00:00Z"}
    for entry in feed.findall(names["entry"])[:2]:
        alternates = [link for link in entry.findall(names["link"]) if link.get("rel") == "alternate"]
        assert len(alternates) == 1
        assert entry.find(names["content"]) is not None


def test_ids_of_a_feed_stay_from_digest_to_digest() -> None:
    def ids(view: DigestView) -> list[str]:
        return re.findall(r"<id>(.*?)</id>", export(view, "atom").content.decode())

    later = replace(full(), window_start=NOW, window_end=NOW + DAY)
    assert ids(later) == ids(full())
    assert ids(replace(full(), name="Khác"))[0] != ids(full())[0]
    assert ids(replace(full(), subscription_id=1))[0] != ids(replace(full(), subscription_id=2))[0], "of two chats"
    assert ids(replace(full(), subscription_id=1, name="Khác")) == ids(replace(full(), subscription_id=1))
    assert ids(digest(story("Tít này"))) == ids(digest(story("Tít kia")))


# Hostile texts


HOSTILE_MORE = (
    *HOSTILE,
    '=HYPERLINK("https://mau.example";"x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\x00\x07\x1b[2J\x9b31m",
    "\ud800 nửa ký tự",
    "\u202eđảo\u2066 ngược\u2069",
    "]]> <!-- --> <?php ?> &lt;",
    "dòng\nmột\r\nhai\tba\x0b\x0c",
    "\ufffe\uffff",
    "{ MERGEFIELD x }",
)


@pytest.mark.parametrize("hostile", HOSTILE_MORE)
@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_stay_texts(form: str, hostile: str) -> None:
    head = article(hostile, outlet=hostile)
    told = StoryView(
        1,
        "other",
        0.5,
        head,
        (head,),
        said(hostile),
        (DocumentChip("x#?", hostile, "t", None, "unknown", "mentioned", None),),
        hostile,
        head,
        NOW,
    )
    corrected = CorrectionView(1, NOW, head, hostile, (hostile,), (hostile,), (head,))
    view = replace(
        digest(), sections=(Section("place", hostile, (told,)),), name=hostile, corrections=(corrected,),
        coverage=Coverage(1, 1, 1, (hostile,)),
    )  # fmt: skip
    content = export(view, form).content
    if form == "docx":
        xml = ZipFile(BytesIO(content)).read("word/document.xml").decode()
        assert "w:instrText" not in xml
        assert "<script" not in xml
        words = words_of(view, form)
    else:
        words = content.decode()
    controls = [letter for letter in words if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"]
    assert controls == []
    if form != "json":
        assert not set(words) & set("\u202e\u2066\u2069")
    if form == "html":
        page = _Page(words)
        assert "script" not in page.tags
        assert set(page.links) <= {"https://mau.example/1.html"}
    if form == "atom":
        assert parse_feed(content, url="https://diem-tin.example/").entries


@settings(max_examples=25, deadline=None)
@given(view=views)
def test_law_every_form_of_every_digest_can_be_read(view: DigestView) -> None:
    text = export(view, "text").content.decode()
    assert all(f"\n{number}. " in text for number, _ in enumerate(view.stories, start=1))
    _Page(export(view, "html").content.decode())
    assert len(json.loads(export(view, "json").content)["sections"]) == len(view.sections)
    assert Document(BytesIO(export(view, "docx").content)).paragraphs
    feed = etree.fromstring(export(view, "atom").content)
    assert len(feed.findall(f"{{{ATOM}}}entry")) == len(view.stories) + len(view.corrections)
    for content in feed.iter(f"{{{ATOM}}}content"):
        assert content.get("type") == "html"
        _Page(content.text or "")


@settings(max_examples=20, deadline=None)
@given(view=views)
def test_law_markdown_has_only_our_links_and_headings(view: DigestView) -> None:
    page = MarkdownIt().parse(export(view, "markdown").content.decode())
    inline = [child for token in page for child in token.children or ()]
    targets = [child.attrGet("href") for child in inline if child.type == "link_open"]
    assert all(str(target).startswith("http") for target in targets)
    assert not [child for child in inline if child.type in ("image", "code_inline", "html_inline")]
    assert not [token for token in page if token.type in ("html_block", "fence", "code_block", "blockquote_open")]
    headings = [token for token in page if token.type == "heading_open"]
    headed = sum(not (view.is_instant and section.kind == "followed") for section in view.sections)
    assert len(headings) == 1 + headed + len(view.stories) + bool(view.corrections)
