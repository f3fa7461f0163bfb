"""Whatever a feed writes, every message fits, parses as Telegram's HTML, and says what was meant."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.entities import FormattedText
from bot.sandbox.formatting import parse_html
from conftest import NOW
from digests.answer import Answer, Near
from digests.dossier import PER_PAGE, CitingArticle, Dossier
from digests.export import export
from digests.messages import MESSAGE_LIMIT, Block, joined, pack, plain_text, telegram_length
from digests.render import render_corrections, render_digest, render_dossier
from digests.summarise import MOST
from digests.templates import LANGUAGES, TEMPLATES, render
from digests.views import (
    ArticleView,
    CorrectionView,
    Coverage,
    DigestView,
    DocumentChip,
    Excerpt,
    Section,
    StageCorrection,
    StoryView,
)
from feeds.classify import topics
from feeds.documents import load_catalogue

ZONE = "Asia/Ho_Chi_Minh"
MAX_ENTITIES = 100  # Telegram drops the others without a word
HOSTILE = (
    "",
    " ",
    "<b>đậm",
    "</a></b></i></blockquote>",
    '"><script>alert(1)</script>',
    "&lt;b&gt; &amp; &#60; &nbsp",
    "😀" * 300,
    "🇻🇳👨‍👩‍👧" * 200,
    "dàidằngdặc" * 200,
    "Bộ Công an triển khai Chỉ thị số 09-CT/TW " * 30,
    "[x](javascript:alert(1)) `code` *sao* _gạch_ # ![a](b)",
    "1. một\n- hai\n===\n---\n> trích",
    "{{ view }} {% raw %}",
    "'\"`\\",
    "e\u0301\u0302\u0303" * 500,
    "\u202eđảo",
)
ADDRESSES = (
    None,
    "",
    "https://mau.example/bai-1.html",
    'https://mau.example/"onclick="x',
    "https://mau.example/?a=1&b=2&amp=3&lt;",
    "https://mau.example/'đơn'(ngoặc)[vuông]\\",
    "https://mau.example/" + "a" * 2000,
    "javascript:alert(1)",
    "https://mau.example/có dấu cách",
    "https://mau.example/<b>",
)
text = st.sampled_from(HOSTILE) | st.text(max_size=40)
short_text = st.sampled_from(HOSTILE) | st.text(max_size=20)
addresses = st.sampled_from(ADDRESSES)
moments = st.integers(0, 10**6).map(lambda minutes: NOW - timedelta(minutes=minutes))
stages = st.sampled_from(
    "issued rolled_out implemented interim_review final_review drafted amended replaced inspected mentioned".split()  # noqa: SIM905
)
statuses = st.sampled_from(("resolved", "presumed", "ambiguous", "unknown"))
document_ids = st.sampled_from([document.id for document in load_catalogue().documents]) | st.just("09-CT/TW#?")

articles = st.builds(
    ArticleView,
    article_id=st.integers(1, 99),
    title=text,
    title_is_ours=st.booleans(),
    url=addresses,
    outlet=short_text,
    level=st.none(),
    dated_at=moments,
    date_known=st.booleans(),
)
chips = st.builds(
    DocumentChip,
    document_id=document_ids,
    key=st.sampled_from(("09-CT/TW", "13/2023/NĐ-CP", "L:An ninh mạng", "NQTW8/XI", "08-NQ/TU@TP Bến Tre"))
    | short_text,
    token=st.just("abcdefghijklm"),
    issuer=st.none(),
    status=statuses,
    stage=stages,
    stage_years=st.none() | st.integers(1, 99),
    is_stated=st.booleans(),
)
stories = st.builds(
    StoryView,
    story_id=st.integers(1, 99),
    topic=st.just("other"),
    score=st.just(0.5),
    head=articles,
    others=st.lists(articles, max_size=3).map(lambda some: tuple(some * 3)),
    summary=st.lists(
        st.builds(Excerpt, text, st.integers(0, 2), st.integers(0, 9), st.integers(9, 99)), max_size=2
    ).map(tuple),
    documents=st.lists(chips, max_size=2).map(lambda some: tuple(some * 3)),
    place=st.none() | short_text,
    continues=st.none() | articles,
    continues_at=moments,
)
sections = st.builds(
    lambda heading, stories: Section(*heading, stories),
    st.sampled_from([("topic", topic.code) for topic in topics()] + [("followed", ""), ("other", "")])
    | st.tuples(st.just("place"), text.filter(str.strip))
    | st.tuples(st.just("document"), document_ids),
    st.lists(stories, min_size=1, max_size=2).map(lambda some: tuple(some * 2)),
)
documents_told = st.lists(short_text, max_size=9).map(tuple)
spoken_stages = st.tuples(stages, st.none() | st.integers(1, 99))
corrections = st.builds(
    CorrectionView,
    story_id=st.integers(1, 99),
    told_at=moments,
    head=articles,
    title_was=st.none() | text,
    removed=documents_told,
    added=documents_told,
    not_of_it=st.lists(articles, max_size=7).map(tuple),
    stages=st.lists(st.builds(StageCorrection, short_text, spoken_stages, spoken_stages), max_size=3).map(tuple),
    withdrawn=st.lists(articles, max_size=2).map(tuple),
)
views = st.builds(
    DigestView,
    language=st.sampled_from(LANGUAGES),
    timezone=st.sampled_from((ZONE, "America/New_York")),
    window_start=moments,
    window_end=moments,
    sections=st.lists(sections, max_size=2).map(tuple),
    coverage=st.builds(
        Coverage, st.integers(0, 10**6), st.integers(0, 999), st.integers(0, 10**6), st.lists(short_text).map(tuple)
    ),
    held_back=st.sampled_from(((), (7,), tuple(range(10**4)))),
    digest_id=st.none() | st.integers(1, 2**62),
    next_due_at=st.none() | moments,
    words=st.sampled_from(((), ("bo cong an",), ("e", "a", "b", "&", "lt"))),
    name=short_text,
    is_instant=st.booleans(),
    corrections=st.lists(corrections, max_size=2).map(tuple),
)
citing_articles = st.builds(
    CitingArticle,
    article=articles,
    key=short_text,
    status=statuses,
    rule=st.just("date"),
    stage=stages,
    stage_years=st.none() | st.integers(1, 99),
    province=st.none() | short_text,
    quote=text,
    document_id=st.none() | document_ids,
)


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    document = draw(st.none() | st.sampled_from(load_catalogue().documents))
    listed = tuple(draw(st.lists(citing_articles, max_size=6)))
    document_id = document.id if document else draw(st.none() | st.just("05-CT/TW#XI"))
    namesakes = () if document_id else draw(st.sampled_from(((), load_catalogue().with_key("05-CT/TW"))))
    key = (document.key or document.id.partition("#")[0]) if document else draw(short_text)
    return Dossier(key, document_id, document, listed, len(listed), draw(st.integers(0, 12)), namesakes)


def parsed(html: str) -> FormattedText:
    """As Telegram would read it; fails where Telegram would refuse it."""
    found = parse_html(html)
    assert len(found.text.encode("utf-16-le")) // 2 <= MESSAGE_LIMIT
    return found


def article(title: str = "Bộ Công an ban hành kế hoạch", **values: object) -> ArticleView:
    fields: dict[str, object] = {
        "article_id": 1,
        "title": title,
        "title_is_ours": False,
        "url": "https://mau.example/1.html",
        "outlet": "Báo Mẫu",
        "level": None,
        "dated_at": NOW,
        "date_known": True,
    }
    return ArticleView(**{**fields, **values})  # type: ignore[arg-type]


def digest(
    *shown: StoryView, language: str = "vi", next_due_at: datetime | None = NOW, held_back: int = 0
) -> DigestView:
    listed = (Section("topic", "national_security", shown),) if shown else ()
    held = tuple(range(100, 100 + held_back))
    return DigestView(language, ZONE, NOW, NOW, listed, Coverage(120, 30, 9, ("Báo Hỏng",)), next_due_at, held)


def story(
    title: str = "Bộ Công an ban hành kế hoạch", *documents: DocumentChip, summary: str = "Tóm tắt."
) -> StoryView:
    return StoryView(1, "national_security", 0.9, article(title), (), said(summary), documents)


def said(*texts: str) -> tuple[Excerpt, ...]:
    """The sentences of a summary, each right behind the other."""
    return tuple(Excerpt(text, 1, 0, len(text)) for text in texts)


def file(view: DigestView, form: str) -> str:
    return export(view, form).content.decode()


def chip(status: str, term: str | None = None, stage: str = "mentioned", years: int | None = None) -> DocumentChip:
    return DocumentChip(f"09-CT/TW#{term or '?'}", "09-CT/TW", "token", "TW", status, stage, years)


# Laws


@settings(max_examples=30, deadline=None)
@given(view=views)
def test_law_every_part_of_a_digest_fits_and_parses(view: DigestView) -> None:
    messages = render_digest(view)
    for message in messages:
        found = parsed(message.html)
        assert len(found.entities) <= MAX_ENTITIES
        assert "<script" not in message.html
        assert all(len(action.encode()) <= 64 and label for row in message.buttons for label, action in row)
        assert all(len(row) <= 8 for row in message.buttons)
    told, corrected = messages[: len(messages) - len(render_corrections(view))], render_corrections(view)
    assert messages[len(told) :] == corrected
    assert [story_id for message in told for story_id in message.story_ids] == [s.story_id for s in view.stories]
    assert [i for message in corrected for i in message.story_ids] == [one.story_id for one in view.corrections]
    assert [message.silent for message in messages] == [False, *[True] * (len(messages) - 1)]
    report = (("Báo tin sai" if view.language == "vi" else "Report a mistake", "report"),)
    assert all(message.buttons == ((report,) if view.stories else ()) for message in told[:-1])
    for some in (told, corrected):
        marks = [re.search(r"(\d+)/(\d+)</i>$", message.html) for message in some]
        if len(some) > 1:
            assert [mark and mark.groups() for mark in marks] == [
                (str(number), str(len(some))) for number in range(1, len(some) + 1)
            ]


@settings(max_examples=30, deadline=None)
@given(dossier=dossiers(), language=st.sampled_from(LANGUAGES), page=st.integers(-1, 5), head=st.booleans())
def test_law_every_page_of_a_card_fits_and_parses(dossier: Dossier, language: str, page: int, head: bool) -> None:
    html, pages = render_dossier(dossier, language, ZONE, page, reading_since=NOW, head=head)
    assert len(parsed(html).entities) <= MAX_ENTITIES
    assert pages == max(1, -(-dossier.total // PER_PAGE))


@settings(max_examples=20, deadline=None)
@given(query=text, keys=st.lists(short_text, max_size=9), language=st.sampled_from(LANGUAGES), found=st.data())
def test_law_every_answer_fits_and_parses(query: str, keys: list[str], language: str, found: st.DataObject) -> None:
    documents = tuple(found.draw(st.lists(st.sampled_from(load_catalogue().documents), max_size=10)))
    status = found.draw(st.sampled_from(("found", "several", "ambiguous", "unknown", "invalid")))
    cards = tuple(found.draw(st.lists(dossiers(), max_size=3)))
    near = tuple(Near(key, documents[: len(key) % 3], query) for key in keys)
    answer = Answer(query, status, tuple(keys), documents, cards, near, NOW)
    parsed(render("answer.html", language, answer=answer, timezone=ZONE, as_of=load_catalogue().as_of))


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Kết luận (khóa 8) năm 2026. Tin", "Kết luận (khóa 8) năm 2026. Tin"), ("12. Tin", r"12\. Tin"), ("5)", r"5\)")],
)
def test_markdown_escapes_a_number_only_where_it_would_open_a_list(title: str, shown: str) -> None:
    assert f"[{shown}]" in file(digest(story(title)), "markdown")


@given(blocks=st.lists(st.text(alphabet="a😀 ", min_size=1, max_size=80), max_size=20), limit=st.integers(170, 400))
def test_law_packing_cuts_between_blocks_and_keeps_their_order(blocks: list[str], limit: int) -> None:
    parts = [joined(part) for part in pack(map(Block, blocks), limit)]
    assert "\n\n".join(parts) == "\n\n".join(blocks)
    assert all(telegram_length(part) <= limit for part in parts)
    for part, following in pairwise(parts):
        assert telegram_length(part) + 2 + telegram_length(following.split("\n\n")[0]) > limit


def test_a_block_that_fits_nowhere_is_an_error() -> None:
    with pytest.raises(ValueError, match="501 units"):
        pack([Block("a" * 501)], 500)


@pytest.mark.parametrize("letters", ["😀", "&", "<", "a ", "😀 "])
def test_the_longest_possible_blocks_fit(letters: str) -> None:
    """Every field at its bound at once; Hypothesis seldom meets all of them together."""
    full = letters * 1000
    head = article(full, outlet=full, date_known=False, title_is_ours=True)
    other = DocumentChip("x#?", full, "token", None, "presumed", "rolled_out", 99)
    longest = StoryView(1, "other", 0.5, head, (head,) * 20, said(full), (other,) * 6, full, head, NOW)
    laws = [document for document in load_catalogue().documents if document.type in ("L", "BL", "PL")]
    law = max(laws, key=lambda document: len(document.title or ""))
    cited = DocumentChip(law.id, law.key or "", "token", None, "resolved", "rolled_out", 99)
    view = digest(longest, replace(longest, documents=(cited,) * 6), held_back=9)
    for language in LANGUAGES:
        for message in render_digest(replace(view, language=language)):
            parsed(message.html)
        citing = CitingArticle(head, full, "ambiguous", "", "rolled_out", 99, full, full)
        for document in (None, *load_catalogue().documents[:40]):
            dossier = Dossier(full, document and document.id, document, (citing,) * 5, 5, 5)
            parsed(render_dossier(dossier, language, ZONE, reading_since=NOW)[0])


# What is said


@pytest.mark.parametrize(
    ("shown", "vietnamese", "english"),
    [
        (chip("resolved", "XI"), "09-CT/TW (khóa XI)", "09-CT/TW (term XI)"),
        (chip("presumed", "XI"), "09-CT/TW (chưa chắc đúng văn bản này)", "not certain to be this document"),
        (chip("ambiguous"), "09-CT/TW (chưa rõ là văn bản nào)", "several documents bear this number"),
        (chip("unknown"), "09-CT/TW (chưa có trong danh mục)", "not in the catalogue"),
        (chip("resolved", "XI", "final_review", 15), "09-CT/TW (khóa XI): tổng kết 15 năm", "final review after 15"),
    ],
)
def test_chips_show_their_doubt_everywhere(shown: DocumentChip, vietnamese: str, english: str) -> None:
    for language, words in (("vi", vietnamese), ("en", english)):
        view = digest(story("Tít", shown), language=language)
        (message,) = render_digest(view)
        assert words in plain_text(message.html)
        for form in ("text", "markdown"):
            unescaped = file(view, form).replace("\\", "").replace("*", "")
            assert words in re.sub(" “[^”]*”", "", unescaped)
        if shown.status != "resolved":
            assert "XI" not in plain_text(message.html)


@pytest.mark.parametrize(("is_stated", "marked"), [(True, False), (False, True)])
def test_a_recalled_term_is_marked_unless_the_story_states_it(is_stated: bool, marked: bool) -> None:
    conclusion = DocumentChip("86-KL/TW#X", "86-KL/TW", "t", "TW", "resolved", "interim_review", None, is_stated)
    law = DocumentChip("13/2023/NĐ-CP#2023", "13/2023/NĐ-CP", "u", "CP", "resolved", "mentioned", None)
    for language, mark in (("vi", "chưa kiểm chứng"), ("en", "not verified")):
        view = digest(story("Tít", conclusion, law), language=language)
        (message,) = render_digest(view)
        for shown in (plain_text(message.html), file(view, "text"), file(view, "markdown")):
            (line,) = [line for line in shown.splitlines() if "86-KL/TW" in line]
            assert (mark in line) == marked, line
            assert shown.count(mark) == marked
        assert (message.buttons[0][0][0].endswith("?")) == marked


def test_different_documents_have_different_buttons() -> None:
    ids = ("05-CT/TW#X", "05-CT/TW#XIII", "14/CT-TTg#2018", "14/CT-TTg#2021")
    chips = [
        DocumentChip(i, i.partition("#")[0], f"t{n}", "TW", "resolved", "mentioned", None) for n, i in enumerate(ids)
    ]
    presumed = DocumentChip("09-CT/TW#XI", "09-CT/TW", "t4", "TW", "presumed", "mentioned", None)
    opened = DocumentChip("09-CT/TW#?", "09-CT/TW", "t5", "TW", "ambiguous", "mentioned", None)
    *rows, report = render_digest(digest(story("Tít", *chips, presumed, opened)))[0].buttons
    buttons = [button for row in rows for button in row]
    assert report == (("Báo tin sai", "report"),)
    assert buttons == [
        ("05-CT/TW (khóa X)", "doc:t0"),
        ("05-CT/TW (khóa XIII)", "doc:t1"),
        ("14/CT-TTg (năm 2018)", "doc:t2"),
        ("14/CT-TTg (năm 2021)", "doc:t3"),
        ("09-CT/TW", "doc:t4"),
    ]


def test_no_part_has_more_entities_than_telegram_keeps() -> None:
    others = tuple(article(f"Tít {n}", url=f"https://mau.example/{n}.html") for n in range(7))
    doubts = tuple(
        DocumentChip(f"{n}-CT/TW#?", f"{n}-CT/TW", "t", None, "unknown", "mentioned", None) for n in range(6)
    )
    full = StoryView(1, "other", 0.5, article("Tít", title_is_ours=True), others, said("Tóm tắt."), doubts)
    messages = render_digest(digest(*[full] * 12))
    links = 0
    for message in messages:
        formatted = parse_html(message.html)
        assert len(formatted.entities) <= MAX_ENTITIES
        assert len(re.findall("<[a-z]", message.html)) <= MAX_ENTITIES
        links += sum(entity["type"] == "text_link" for entity in formatted.entities)
    assert links == 12 * 8


def test_a_digest_says_what_stands_behind_it() -> None:
    (message,) = render_digest(digest(story(), held_back=4))
    lines = plain_text(message.html)
    assert "Còn 4 tin ít quan trọng hơn." in lines
    assert "Đọc 120 bài từ 30 báo, giữ 9; 1 nguồn lỗi: Báo Hỏng." in lines
    assert "Bản tin kế tiếp: 07:00 20/11/2026" in lines
    assert "/huy" in lines


def test_an_empty_digest_says_so() -> None:
    for language, words in (("vi", "Không có tin chính sách an ninh nào mới"), ("en", "No new security-policy story")):
        (message,) = render_digest(digest(language=language))
        assert words in message.html
        assert message.buttons == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "vi",
            "Không có tin nào hợp với lựa chọn của bạn (từ khóa: ma túy, -bóng đá; chủ đề: An ninh mạng, dữ liệu; "
            "địa bàn: Hà Tĩnh); 5 tin khác bị lọc.",
        ),
        (
            "en",
            "No story fits what you chose (words: ma túy, -bóng đá; topics: Cyber security and data; "
            "places: Hà Tĩnh); 5 other stories were left out.",
        ),
    ],
)
def test_a_digest_that_is_empty_by_its_readers_choices_says_so(language: str, said: str) -> None:
    choices = (("words", ("ma túy", "-bóng đá")), ("topics", ("cyber_data",)), ("places", ("Hà Tĩnh",)))
    (message,) = render_digest(replace(digest(language=language), choices=choices, filtered=5))
    assert said in plain_text(message.html)
    assert "Không có tin chính sách" not in message.html
    (without_news,) = render_digest(replace(digest(language=language), choices=choices))
    assert said not in plain_text(without_news.html)


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "1 tin theo lựa chọn của bạn"), ("en", "1 story by your choices")]
)
def test_a_digest_says_that_it_is_by_its_readers_choices(language: str, said: str) -> None:
    view = digest(story("Tin một"), language=language)
    chosen = replace(view, choices=(("topics", ("cyber_data",)),))
    assert [said in plain_text(render_digest(one)[0].html) for one in (view, chosen)] == [False, True]


def test_choices_are_shown_as_they_are_and_bounded() -> None:
    view = replace(digest(), choices=(("words", ("<b>", "x" * 5000)),), filtered=1)
    (message,) = render_digest(view)
    assert "&lt;b&gt;" in message.html
    assert telegram_length(message.html) < 1000


def test_a_digest_that_is_composed_while_articles_are_read_says_so() -> None:
    for language, counted, empty in (
        ("vi", "Đọc 120 bài từ 30 báo, giữ 9, còn 24 bài đang đọc; 1 nguồn lỗi", "Chưa thấy tin chính sách an ninh"),
        ("en", "kept 9, 24 articles still being read; 1 source", "No new security-policy story so far, 24 articles"),
    ):
        view = digest(language=language)
        (message,) = render_digest(replace(view, coverage=replace(view.coverage, reading=24)))
        assert counted in plain_text(message.html)
        assert empty in plain_text(message.html)
        assert "trong thời gian này" not in message.html
        assert "in this time" not in message.html


def test_dates_that_are_not_known_are_not_claimed() -> None:
    unknown = StoryView(1, "other", 0.5, article(date_known=False), (), (), ())
    (message,) = render_digest(digest(unknown))
    assert "ngày đăng không rõ" in message.html
    assert "ngày đăng không rõ" not in render_digest(digest(story()))[0].html
    data = json.loads(file(digest(unknown), "json"))["sections"][0]["stories"][0]
    assert (data["published"], data["first_seen"]) == (None, "2026-11-20T07:00:00+07:00")


def test_a_headline_of_ours_says_so() -> None:
    ours = StoryView(1, "other", 0.5, article(title_is_ours=True), (), (), ())
    assert "tít do bot trích từ câu đầu" in render_digest(digest(ours))[0].html


def test_only_plain_web_addresses_become_links() -> None:
    for url in ADDRESSES:
        shown = StoryView(1, "other", 0.5, article("Tít", url=url), (), (), ())
        links = [e for e in parsed(render_digest(digest(shown))[0].html).entities if e["type"] == "text_link"]
        plain = url is not None and re.fullmatch(r"https?://[^\s<>\"]{1,900}", url) is not None
        assert len(links) <= plain


@pytest.mark.parametrize("title", ["Tít thường", "<b>Tít</b> & “nháy”"])
def test_plain_text_keeps_addresses(title: str) -> None:
    url = "https://mau.example/?a=1&b=2"
    shown = StoryView(1, "other", 0.5, article(title, url=url), (), (), ())
    text = plain_text(render_digest(digest(shown))[0].html)
    assert f"{title} ({url})" in text


def test_long_digests_number_stories_through_all_parts() -> None:
    view = digest(*(story(f"Tin số {number}", summary="Nội dung. " * 30) for number in range(1, 26)))
    messages = render_digest(view)
    assert len(messages) > 1
    text = "\n".join(plain_text(message.html) for message in messages)
    assert re.findall(r"^(\d+)\. Tin số (\d+)", text, re.MULTILINE) == [(str(n), str(n)) for n in range(1, 26)]


def test_buttons_lead_to_each_document_once() -> None:
    view = digest(story("Một", chip("resolved", "XI")), story("Hai", chip("resolved", "XI"), chip("unknown")))
    (message,) = render_digest(view)
    assert [[action for _, action in row] for row in message.buttons] == [["doc:token", "doc:token"], ["report"]]


def test_buttons_lead_first_to_what_most_stories_cite_for_certain_and_what_is_in_force() -> None:
    def cited(document_id: str, status: str = "resolved") -> DocumentChip:
        return replace(
            chip(status, "XI"), document_id=document_id, key=document_id.partition("#")[0], token=document_id
        )

    replaced, in_force = cited("29/2018/QH14#2018"), cited("117/2025/QH15#2025")
    guessed, often = cited("05-CT/TW#XII", "presumed"), cited("09-CT/TW#XI")
    view = digest(story("Một", guessed, replaced, in_force), story("Hai", often), story("Ba", often))
    (message,) = render_digest(view)
    actions = [action for row in message.buttons for _, action in row][:4]
    assert actions == [f"doc:{one.document_id}" for one in (often, in_force, replaced, guessed)]


def test_an_instant_digest_promises_no_less_of_what_it_tells() -> None:
    stored = replace(digest(story()), digest_id=7)
    for is_instant, actions in (
        (False, ["less:7", "forms:7", "report"]),
        (True, ["save:1", "why:1", "forms:7", "report"]),
    ):
        (message,) = render_digest(replace(stored, is_instant=is_instant))
        assert [action for row in message.buttons for _, action in row] == actions


def test_what_is_held_back_can_be_asked_for_only_of_a_stored_digest() -> None:
    view = digest(story(), held_back=4)
    for language, label in (("vi", "Xem thêm 4 tin"), ("en", "4 more stories")):
        stored = replace(view, language=language, digest_id=2**62)
        assert ((label, f"more:{2**62}"),) in render_digest(stored)[0].buttons
        unstored = render_digest(replace(stored, digest_id=None))[0].buttons
        assert not [action for row in unstored for _, action in row if action.startswith("more")]


def test_words_asked_for_are_marked() -> None:
    shown = story("Biên giới & đất liền", summary="Bảo vệ BIÊN GIỚI <quốc gia> & biên giới biển.")
    (message,) = render_digest(replace(digest(shown), words=("bien gioi", "gia")))
    assert "Bảo vệ <b>BIÊN GIỚI</b> &lt;quốc <b>gia</b>&gt; &amp; <b>biên giới</b> biển." in message.html
    assert '.html"><u>Biên giới</u> &amp; đất liền</a></b>' in message.html


@pytest.mark.parametrize(("count", "more"), [(1, ""), (7, ""), (8, "\nvà 1 báo nữa"), (12, "\nvà 5 báo nữa")])
def test_the_other_outlets_are_counted_and_the_first_listed(count: int, more: str) -> None:
    others = tuple(article(f"Tít {n}", outlet=f"Báo {n}") for n in range(count))
    (message,) = render_digest(digest(replace(story(), others=others)))
    lines = plain_text(message.html)
    assert f"+{count} báo khác:" in lines
    last = min(count, 7) - 1
    assert f"Tít {last}</a> – Báo {last}, 07:00 20/11/2026{more}</blockquote>" in message.html


def test_two_sentences_that_need_each_other_are_shown_whole() -> None:
    pair = "Mạng xã hội lan tin cấm xe máy. Tuy nhiên, " + "t" * (MOST - 50) + " sai."
    assert pair in render_digest(digest(story(summary=pair)))[0].html
    assert f"{'dài ' * 119}…" not in render_digest(digest(story(summary="dài " * 119)))[0].html
    assert len(re.findall("dài", render_digest(digest(story(summary="dài " * 300)))[0].html)) < 120


@pytest.mark.parametrize(
    ("document_id", "shown"),
    [
        ("42/2024/QH15#2024", "• 42/2024/QH15 “Luật Quản lý, sử dụng vũ khí, vật liệu nổ và công cụ hỗ trợ”"),
        ("140/2004/NĐ-CP#2004", "• 140/2004/NĐ-CP"),
    ],
)
def test_a_law_is_named_by_its_title_too(document_id: str, shown: str) -> None:
    law = DocumentChip(document_id, document_id.partition("#")[0], "t", "QH", "resolved", "mentioned", None)
    (message,) = render_digest(digest(story("Tít", law)))
    assert shown in plain_text(message.html).splitlines()
    title = getattr(load_catalogue().get(document_id), "title", "")
    for form in ("text", "markdown", "html"):
        assert f"“{title}”" in file(digest(story("Tít", law)), form)
    for status in ("presumed", "ambiguous"):
        assert title not in file(digest(story("Tít", replace(law, status=status))), "text")


def test_a_title_of_a_document_that_nobody_saw_says_so() -> None:
    recalled = DocumentChip("46-CT/TW#XIII", "46-CT/TW", "t", "TW", "resolved", "mentioned", None, is_stated=True)
    assert "” (chưa kiểm chứng)" in file(digest(story("Tít", recalled)), "text")


def test_a_review_that_is_not_said_to_be_held_says_so() -> None:
    held = DocumentChip("09-CT/TW#XI", "09-CT/TW", "t", "TW", "resolved", "final_review", 15)
    for form in ("text", "markdown", "html"):
        assert "tổng kết 15 năm (chưa nói là đã làm)" in file(digest(story("Tít", replace(held, is_held=False))), form)
        assert "chưa nói là" not in file(digest(story("Tít", held)), form)


def test_marks_are_bounded() -> None:
    (message,) = render_digest(replace(digest(story(summary="an " * 100)), words=("an",)))
    assert message.html.count("<b>an</b>") == 6


def test_what_goes_on_says_what_was_told_and_when() -> None:
    before = article("Chuẩn bị <hội nghị>", url="https://mau.example/0")
    shown = replace(story(), continues=before, continues_at=NOW - timedelta(days=2))
    for language, words in (("vi", "Tiếp diễn: {} (đã báo 18/11)"), ("en", "Continues: {} (told 18/11)")):
        (message,) = render_digest(digest(shown, language=language))
        assert words.format('<a href="https://mau.example/0">Chuẩn bị &lt;hội nghị&gt;</a>') in message.html


@pytest.mark.parametrize(
    ("kind", "key", "heading"),
    [
        ("followed", "", "VĂN BẢN BẠN THEO DÕI"),
        ("topic", "national_security", "AN NINH QUỐC GIA"),
        ("topic", "gone", "GONE"),
        ("document", "09-CT/TW#XI", "09-CT/TW (KHÓA XI)"),
        ("place", "Bến Tre", "BẾN TRE"),
        ("other", "", "TIN KHÁC"),
    ],
)
def test_sections_of_any_kind_have_their_heading(kind: str, key: str, heading: str) -> None:
    (message,) = render_digest(replace(digest(), sections=(Section(kind, key, (story(),)),)))
    assert f"<b>▎{heading}</b>\n\n<b>1. " in message.html


def test_an_instant_digest_is_short() -> None:
    view = replace(digest(story(), next_due_at=None), is_instant=True, sections=(Section("followed", "", (story(),)),))
    (message,) = render_digest(view)
    text = plain_text(message.html)
    assert text.startswith("Văn bản bạn theo dõi vừa được nhắc tới\n\n1. Bộ Công an")
    assert "Đọc 120 bài" not in text
    assert text.splitlines()[-1] == "/caidat chỉnh hoặc tắt tin báo ngay"


def test_a_digest_says_which_subscription_it_is_of() -> None:
    (message,) = render_digest(replace(digest(story()), name="Biển & đảo"))
    assert message.html.splitlines()[:2] == ["<b>Điểm tin an ninh, thứ Sáu 20/11/2026</b>", "Biển &amp; đảo"]


def correction(**values: object) -> CorrectionView:
    fields: dict[str, object] = {
        "story_id": 7,
        "told_at": NOW - timedelta(days=1),
        "head": article("Tít <mới>"),
        "title_was": None,
        "removed": (),
        "added": (),
        "not_of_it": (),
    }
    return CorrectionView(**{**fields, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"title_was": "Tít cũ"}, "• Khi đó tít là: “Tít cũ”"),
        ({"removed": ("05-CT/TW (khóa X)",)}, "• Không nhắc tới, dù đã báo: 05-CT/TW (khóa X)"),
        ({"added": ("09-CT/TW (khóa XI)",)}, "• Có nhắc tới, mà chưa báo: 09-CT/TW (khóa XI)"),
        (
            {"stages": (StageCorrection("09-CT/TW", ("final_review", 15), ("interim_review", 5)),)},
            "• 09-CT/TW: sơ kết 5 năm (đã báo là tổng kết 15 năm)",
        ),
        (
            {"not_of_it": (article("Bài khác"),)},
            '• Kể một sự việc khác: <a href="https://mau.example/1.html">Bài khác</a> – Báo Mẫu, 07:00 20/11/2026',
        ),
        (
            {"withdrawn": (article("Bóng đá"),)},
            "• Xem lại thì không phải tin chính sách an ninh: "
            '<a href="https://mau.example/1.html">Bóng đá</a> – Báo Mẫu, 07:00 20/11/2026',
        ),
    ],
)
def test_a_correction_is_a_quiet_message_of_its_own(values: dict[str, object], line: str) -> None:
    view = replace(digest(story()), corrections=(correction(**values),))
    told, corrected = render_digest(view)
    assert (told.silent, corrected.silent) == (False, True)
    assert (told.story_ids, corrected.story_ids) == ((1,), (7,))
    assert "Đính chính" not in told.html
    assert corrected.html.splitlines() == [
        "<b>Đính chính</b>",
        "Một tin bạn đã nhận có điều không đúng.",
        "",
        'Tin gửi ngày 19/11/2026: <a href="https://mau.example/1.html">Tít &lt;mới&gt;</a>',
        "<i>Báo Mẫu, 07:00 20/11/2026</i>",
        line,
    ]


def test_corrections_can_come_without_a_digest() -> None:
    view = replace(digest(language="en"), corrections=(correction(), correction(story_id=8)))
    (message,) = render_corrections(view)
    assert (message.silent, message.story_ids) == (True, (7, 8))
    assert "Something in 2 stories you got was not right." in message.html
    assert render_corrections(digest()) == []


@pytest.mark.parametrize("letters", ["😀", "&", "a "])
def test_the_longest_possible_correction_fits(letters: str) -> None:
    full = letters * 1000
    head = article(full, outlet=full, date_known=False)
    stage = StageCorrection(full, ("rolled_out", 99), ("rolled_out", 99))
    one = correction(
        head=head, title_was=full, removed=(full,) * 9, added=(full,) * 9, not_of_it=(head,) * 9, stages=(stage,) * 9
    )
    for language in LANGUAGES:
        for message in render_corrections(replace(digest(language=language), corrections=(one, one))):
            assert len(parsed(message.html).entities) <= MAX_ENTITIES


# Templates


def test_every_template_is_there_in_every_language() -> None:
    names = {language: {path.name for path in (TEMPLATES / language).iterdir()} for language in LANGUAGES}
    assert names["vi"] == names["en"]
    assert not names["vi"] & {path.name for path in TEMPLATES.iterdir() if path.is_file()}


def test_every_state_and_relation_of_the_catalogue_has_its_words() -> None:
    for document, language in product(load_catalogue().documents, LANGUAGES):
        dossier = Dossier(document.key or "", document.id, document, (), 0, 0)
        parsed(render_dossier(dossier, language, ZONE)[0])


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(ValueError, match="fr"):
        render("help.html", "fr")


@pytest.mark.parametrize("failed", [(), ("Báo Hỏng",)])
def test_where_nothing_was_read_nothing_is_counted(failed: tuple[str, ...]) -> None:
    view = replace(digest(next_due_at=None), coverage=Coverage(0, 0, 0, failed))
    texts = [plain_text(render_digest(view)[0].html), file(view, "markdown"), file(view, "text")]
    for text in texts:
        last = "1 nguồn lỗi: Báo Hỏng." if failed else "Không có tin chính sách an ninh nào mới trong thời gian này."
        assert text.splitlines()[-1] == last
        assert "Đọc 0" not in text


def test_headlines_only_leave_out_summaries_and_count_other_outlets() -> None:
    told = replace(story("Bộ Công an họp", chip("resolved", "XI")), others=(article("Tin lại"), article("Tin nữa")))
    (message,) = render_digest(replace(digest(told, next_due_at=None), has_summaries=False))
    assert plain_text(message.html, addresses=False).split("\n\n")[2].splitlines() == [
        "1. Bộ Công an họp",
        "Báo Mẫu, 07:00 20/11/2026 · +2 báo khác",
        "• 09-CT/TW (khóa XI)",
    ]
    assert "Tóm tắt." in render_digest(digest(told))[0].html
    assert "Tóm tắt." not in file(replace(digest(told), has_summaries=False), "text")
