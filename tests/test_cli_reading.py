"""brief, directive and import: what a person reads and brings in."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from digests.cluster import fold_waiting
from digests.subscribers import add_subscription, welcome
from digests.waking import wake_followers
from feeds.database import Database
from newsroom import POLICY, ROBBERY
from terminal import Terminal
from test_drafts import DRAFTED, TITLE

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
OTHER = (
    "Hà Tĩnh sơ kết 5 năm thực hiện Nghị quyết số 51-NQ/TW về Chiến lược bảo vệ an ninh quốc gia",
    "Ban Thường vụ Tỉnh ủy Hà Tĩnh chiều 3/10 nghe Công an tỉnh báo cáo kết quả năm năm thực hiện Nghị quyết số "
    "51-NQ/TW của Bộ Chính trị về Chiến lược bảo vệ an ninh quốc gia trên địa bàn.",
)
EMPTY = "No article is stored yet"


def _jsonl(path: Path, *rows: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.fixture
def newsroom(terminal: Terminal) -> Terminal:
    """A terminal with three articles imported: dated policy, undated policy, and no policy."""
    title, text = POLICY
    rows = [
        {"title": title, "text": text, "outlet": "Báo Một", "url": "https://mot.vn/1", "published": str(YESTERDAY)},
        {"title": OTHER[0], "text": OTHER[1]},
        {"title": ROBBERY[0], "text": ROBBERY[1]},
    ]
    ended = terminal("import", _jsonl(terminal.folder / "news.jsonl", *rows))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "3 articles imported, 2 of them security policy; 0 feeds, 0 of them new; 0 problems\n"
    return terminal


# brief


@pytest.mark.parametrize(
    ("options", "said"),
    [("", "Không có tin"), ("--lang en", "No new"), ("--format markdown", "# "), ("--format html", "<!doctype html>")],
)
def test_brief_of_nothing_says_how_to_begin(terminal: Terminal, options: str, said: str) -> None:
    ended = terminal("brief", *options.split())
    assert ended.code == 0
    assert said in ended.out
    assert ended.err.startswith(EMPTY)


def test_brief_of_nothing_is_still_json(terminal: Terminal) -> None:
    assert json.loads(terminal("brief", "--format", "json").out)["sections"] == []


def test_brief_says_which_date_it_is(newsroom: Terminal) -> None:
    vi, en = newsroom("brief"), newsroom("brief", "--lang", "en")
    assert (vi.code, vi.err) == (0, "")
    assert POLICY[0] in vi.out
    assert ROBBERY[0] not in vi.out
    assert vi.out.count("ngày đăng không rõ") == 1
    assert en.out.count("date of publication unknown") == 1


def test_brief_json_tells_publication_from_first_seen(newsroom: Terminal) -> None:
    digest = json.loads(newsroom("brief", "--format", "json").out)
    stories = [story for section in digest["sections"] for story in section["stories"]]
    reports = [report for story in stories for report in (story, *story["others"])]
    dated = {bool(report["published"]): report for report in reports}
    assert dated.keys() == {True, False}
    assert datetime.fromisoformat(dated[True]["published"]) == YESTERDAY
    assert dated[True]["first_seen"] is None
    assert dated[False]["first_seen"]


def test_brief_goes_back_as_far_as_asked(newsroom: Terminal) -> None:
    newsroom("import", _jsonl(newsroom.folder / "old.jsonl", {
        "title": "Công an tỉnh triển khai Chỉ thị số 46-CT/TW về an ninh, trật tự", "text": POLICY[1],
        "published": "2019-05-01",
    }))  # fmt: skip
    assert "46-CT/TW" not in newsroom("brief").out
    assert "46-CT/TW" in newsroom("brief", "--hours", "200000").out
    assert newsroom("brief", "--hours", "10000000").code == 0


class _Balanced(HTMLParser):
    """The tags that are open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_brief_html_is_a_page_a_browser_shows_rightly(newsroom: Terminal) -> None:
    page = newsroom("brief", "--format", "html").out
    assert page.startswith('<!doctype html>\n<html lang="vi"><meta charset="utf-8">')
    assert '<a href="https://mot.vn/1">' in page
    assert _Balanced(page).open == []


def test_brief_markdown(newsroom: Terminal) -> None:
    text = newsroom("brief", "--format", "markdown").out
    assert text.startswith("# ")
    assert re.search(rf"^### \d\. \[{re.escape(POLICY[0])}\]\(<https://mot\.vn/1>\)$", text, re.MULTILINE)


@pytest.mark.parametrize("form", ["text", "html", "markdown", "json", "docx", "atom"])
def test_brief_writes_a_file(newsroom: Terminal, form: str) -> None:
    ended = newsroom("brief", "--format", form, "--output", "tin")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    written = (newsroom.folder / "tin").read_bytes()
    if form == "docx":
        assert written.startswith(b"PK")
    else:
        assert POLICY[0] in written.decode()


def test_brief_says_why_a_file_cannot_be_written(newsroom: Terminal) -> None:
    ended = newsroom("brief", "--output", "no/folder")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "Error: cannot write no/folder: No such file or directory\n"


def test_brief_gives_a_word_file_to_a_pipe_but_not_to_a_terminal(
    newsroom: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    ended = newsroom("brief", "--format", "docx")
    assert ended.code == 2
    assert "--output FILE" in ended.err
    written, _ = newsroom.start("brief", "--format", "docx").communicate(timeout=120)
    assert written.startswith(b"PK")


def test_brief_for_a_chat_shows_its_next_digest(newsroom: Terminal) -> None:
    database = Database(f"sqlite:///{newsroom.folder / 'terminal.db'}")
    with database.session() as session:
        welcome(session, 7, datetime.now(UTC), language="vi", timezone="Asia/Ho_Chi_Minh")
        add_subscription(session, 7, datetime.now(UTC), name="Sớm", no_words=["an ninh"])
    database.close()
    preview = newsroom("brief", "--for", "7").out
    assert preview.splitlines()[1] == "Sớm"
    assert POLICY[0] not in preview, "imported articles are nobody's digest"
    assert POLICY[0] not in newsroom("brief", "--for", "7", "--hours", "48").out, "it does not want these words"
    assert POLICY[0] in newsroom("brief", "--hours", "48").out


def test_brief_for_a_chat_follows_its_settings(newsroom: Terminal) -> None:
    database = Database(f"sqlite:///{newsroom.folder / 'terminal.db'}")
    with database.session() as session:
        welcome(session, -100123, datetime.now(UTC), language="en", timezone="Asia/Ho_Chi_Minh")
    database.close()
    assert newsroom("brief", "--for", "-100123").out.startswith("Security policy briefing")
    assert newsroom("brief", "--for", "-100123", "--lang", "vi").out.startswith("Điểm tin an ninh")
    unknown = newsroom("brief", "--for", "5")
    assert (unknown.code, unknown.out, unknown.err) == (1, "", "Error: no chat 5 is known here\n")


# directive


def test_directive_prints_the_card_and_its_articles(newsroom: Terminal) -> None:
    for words in (["09-CT/TW"], ["chi", "thi", "09"], ["Chỉ thị số 09-CT/TW"]):
        ended = newsroom("directive", *words)
        assert (ended.code, ended.err) == (0, "")
        assert "Ban Bí thư" in ended.out
        assert POLICY[0] in ended.out
        assert "<b>" not in ended.out


def test_directive_finds_drafts_as_the_chat_does(terminal: Terminal) -> None:
    terminal("import", _jsonl(terminal.folder / "news.jsonl", {"title": "Họp Ban Thường vụ", "text": DRAFTED}))
    unknown = terminal("directive", "dự thảo nghị quyết an ninh Nghệ An")
    assert unknown.code == 1
    assert json.loads(terminal("directive", "--json", "dự thảo nghị quyết an ninh Nghệ An").out)["drafts"] == []
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    fold_waiting(database)
    wake_followers(database, datetime.now(UTC))
    database.close()
    ended = terminal("directive", "dự", "thảo", "nghị", "quyết", "an ninh", "Nghệ An")
    assert (ended.code, ended.err) == (0, "")
    for words in ("Dự thảo Nghị quyết (Nghệ An)", "Dự thảo, chưa có số.", TITLE, "1 bài báo viết về dự thảo"):
        assert words in ended.out
    assert "Draft Resolution" in terminal("directive", "--lang", "en", "du thao nghi quyet an ninh nghe an").out
    (draft,) = json.loads(terminal("directive", "--json", "dự thảo nghị quyết an ninh Nghệ An").out)["drafts"]
    assert (draft["type"], draft["issuer"], draft["province"], draft["title"]) == ("NQ", "TU", "Nghệ An", TITLE)
    assert (draft["document"], draft["total"]) == (None, 1)


def test_directive_json_has_every_field_of_the_contract(newsroom: Terminal) -> None:
    ended = newsroom("directive", "--json", "09-CT/TW")
    found = json.loads(ended.out)
    assert ended.out.count("\n") == 1
    assert found.keys() >= {"query", "status", "documents", "articles", "total"}
    assert (found["query"], found["status"], found["total"]) == ("09-CT/TW", "found", len(found["articles"]))
    (document,) = found["documents"]
    assert document.keys() >= {
        "id", "key", "type", "title", "issuer", "term", "date", "province", "status", "facts"
    }  # fmt: skip
    assert (document["id"], document["date"]) == ("09-CT/TW#XI", "2011-12-01")
    assert found["total"] >= 1
    article = next(a for a in found["articles"] if a["url"] == "https://mot.vn/1")
    assert article.keys() >= {
        "title", "url", "outlet", "published", "stage", "stage_years", "province", "quote"
    }  # fmt: skip
    assert datetime.fromisoformat(article["published"]) == YESTERDAY
    assert "09-CT/TW" in article["quote"]


def test_json_says_what_is_on_the_card(newsroom: Terminal) -> None:
    found = json.loads(newsroom("directive", "--json", "09-CT/TW").out)
    presence = found["presence"]["09-CT/TW#XI"]
    assert presence["days_30"] == presence["all"] == {"articles": 1, "stories": 1}
    assert presence["first"] == presence["last"] == f"{YESTERDAY:%Y-%m-%dT%H:%M}:00+00:00", "to the minute"
    (document,) = found["documents"]
    assert {"kind": "concluded_by", "id": "44-KL/TW#XII", "confidence": "seen"} in document["relations"]
    assert "Chỉ thị 09" in document["aliases"]
    assert document["official_url"] is None
    assert document["citation"].startswith("Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư")
    law = json.loads(newsroom("directive", "--json", "24/2018/QH14").out)["documents"][0]
    assert law["official_url"].startswith("http://vbpl.vn/")
    assert (law["effective"], law["status"]) == ("2019-01-01", "replaced")


def test_ambiguous_number_shows_what_tells_the_documents_apart(terminal: Terminal) -> None:
    ended = terminal("directive", "05-CT/TW")
    assert ended.code == 0
    for difference in ("khóa X)", "khóa XII)", "2006", "2016", "Hồ Chí Minh", "an ninh quốc gia"):
        assert difference in ended.out
    assert json.loads(terminal("directive", "05-CT/TW", "--json").out)["status"] == "ambiguous"


def test_unknown_number_shows_the_nearest_and_is_exit_code_1(terminal: Terminal) -> None:
    for query in ("99-CT/TW", "09-CTT/TW"):
        ended = terminal("directive", query)
        assert ended.code == 1
        assert "Chưa biết" in ended.out
        assert "09-CT/TW: “Tăng cường sự lãnh đạo của Đảng" in ended.out.partition("Gần nhất")[2]
        found = json.loads(terminal("directive", "--json", query).out)
        assert found["status"] == "unknown"
        assert "09-CT/TW" in found["nearest"]


def test_a_document_of_an_open_committee_is_offered_as_such(terminal: Terminal) -> None:
    ended = terminal("directive", "nghi", "quyet", "08", "tinh", "uy", "ben", "tre")
    assert ended.code == 0
    assert ended.out.startswith("Có thể là 08-NQ/TU (Bến Tre)\n")
    assert "chưa rõ cấp ủy nào" in ended.out
    found = json.loads(terminal("directive", "--json", "08-NQ/TU Bến Tre").out)
    assert (found["status"], [document["id"] for document in found["documents"]]) == (
        "ambiguous", ["08-NQ/TU@Bến Tre?#?"]
    )  # fmt: skip


def test_a_term_that_nobody_knows_is_said_to_be_unknown(terminal: Terminal) -> None:
    ended = terminal("directive", "05-CT/TW", "khóa", "XI")
    assert ended.code == 1
    assert ended.out.startswith("Chưa biết văn bản 05-CT/TW (khóa XI)\nDanh mục có 2 văn bản mang số này:")
    assert "Unknown document 05-CT/TW (term XI)" in terminal("directive", "--lang", "en", "05-CT/TW", "khoa", "XI").out
    found = json.loads(terminal("directive", "--json", "05-CT/TW khóa XI").out)
    assert found["missing"] == [{"key": "05-CT/TW", "term": "XI", "date": None, "issuer": None}]
    assert [document["id"] for document in found["namesakes"]] == ["05-CT/TW#XII", "05-CT/TW#X"]


def test_an_open_number_is_printed_once_with_its_articles(newsroom: Terminal) -> None:
    newsroom("import", _jsonl(newsroom.folder / "a.jsonl", {
        "title": "Công an Hà Tĩnh thực hiện Chỉ thị số 05-CT/TW về an ninh", "text": POLICY[1],
    }))  # fmt: skip
    ended = newsroom("directive", "05-CT/TW")
    assert ended.out.count("đẩy mạnh học tập và làm theo") == 1
    assert ended.out.count("Danh mục có 2 văn bản") + ended.out.count("Bạn cần văn bản nào") == 1
    assert ended.out.count("1. Công an Hà Tĩnh thực hiện") == 1


def test_number_that_only_articles_know_is_found(terminal: Terminal) -> None:
    terminal("import", _jsonl(terminal.folder / "a.jsonl", {
        "title": "Tỉnh ủy Bến Tre triển khai Nghị quyết số 08-NQ/TU về an ninh", "text": POLICY[1],
    }))  # fmt: skip
    ended = terminal("directive", "08-NQ/TU Bến Tre")
    assert ended.code == 0
    assert "Tỉnh ủy Bến Tre triển khai" in ended.out


@pytest.mark.parametrize(
    "query", ["rubbish", "", " ", "'; DROP TABLE articles; --", "\udcff\udcfe", "9" * 5000, "%", "@#?"]
)
def test_no_number_is_said_with_an_example_and_exit_code_1(terminal: Terminal, query: str) -> None:
    ended = terminal("directive", query)
    assert (ended.code, ended.err) == (1, "")
    assert "09-CT/TW" in ended.out
    assert json.loads(terminal("directive", "--json", query).out)["status"] == "invalid"


# import


def test_import_takes_each_kind_of_file(terminal: Terminal) -> None:
    folder = terminal.folder
    (folder / "bài một.txt").write_text(f"{POLICY[0]}\n\n{POLICY[1]}\n", "utf-8")
    (folder / "hai.html").write_text(
        f"<html><head><title>{POLICY[0]} hai</title></head><body><article><h1>{POLICY[0]} hai</h1>"
        + f"<p>{POLICY[1]}</p>" * 3 + "</article></body></html>", "utf-8",
    )  # fmt: skip
    (folder / "ba.XML").write_text(
        "<rss version='2.0'><channel><title>Báo</title><item><title>Ba</title><link>https://ba.vn/3</link>"
        f"<description>{POLICY[1]}</description></item></channel></rss>", "utf-8",
    )  # fmt: skip
    (folder / "bon.opml").write_text(
        "<opml version='2.0'><body><outline type='rss' text='Bốn' xmlUrl='https://bon.vn/rss'/></body></opml>", "utf-8"
    )
    files = ["bài một.txt", "hai.html", "ba.XML", "bon.opml"]
    ended = terminal("import", *files)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("3 articles imported")
    assert "1 feed, 1 of them new" in ended.out
    again = terminal("import", *files)
    assert "1 feed, 0 of them new" in again.out


def test_import_twice_updates_and_does_not_double(newsroom: Terminal) -> None:
    title, text = POLICY
    changed = {"title": title + " (cập nhật)", "text": text, "url": "https://mot.vn/1", "published": str(YESTERDAY)}
    for _ in range(2):
        assert newsroom("import", str(newsroom.folder / "news.jsonl")).code == 0
    newsroom("import", _jsonl(newsroom.folder / "again.jsonl", changed))
    found = json.loads(newsroom("directive", "--json", "09-CT/TW").out)["articles"]
    assert [a["title"] for a in found if a["url"] == "https://mot.vn/1"] == [title + " (cập nhật)"]
    assert len({(a["title"], a["url"]) for a in found}) == len(found)


def test_import_names_file_and_line_and_goes_on(terminal: Terminal) -> None:
    folder = terminal.folder / "sub"
    folder.mkdir()
    lines = ["rubbish", '{"title": 5}', "[]", "{}", "", json.dumps({"title": POLICY[0], "text": POLICY[1]})]
    (folder / "a.jsonl").write_text("\n".join(lines), "utf-8")
    ended = terminal("import", "sub/a.jsonl")
    assert ended.code == 0
    assert [line.partition(": ")[0] for line in ended.err.splitlines()] == [f"sub/a.jsonl:{n}" for n in (1, 2, 3, 4)]
    assert ended.out.startswith("1 article imported")
    assert ended.out.endswith("4 problems\n")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.txt", None, "no such file"),
        ("none.opml", None, "No such file"),
        ("report.docx", b"PK", ".docx"),
        ("noending", b"text", "end in nothing"),
        ("empty.txt", b"", "no text in it"),
        ("empty.jsonl", b"", "nothing in it"),
        ("blank.jsonl", b"\n\n", "nothing in it"),
        ("empty.xml", b"", "empty"),
        ("empty.opml", b"", "not an OPML file"),
        ("no-feeds.opml", b"<opml version='2.0'><body/></opml>", "no feed in it"),
        ("page.xml", b"<html><body>x</body></html>", "page.xml"),
        ("bomb.opml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><opml/>", "document type"),
    ],
)
def test_a_file_that_gives_nothing_is_named_and_exit_code_1(
    terminal: Terminal, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (terminal.folder / name).write_bytes(content)
    good = _jsonl(terminal.folder / "good.jsonl", {"title": POLICY[0], "text": POLICY[1]})
    ended = terminal("import", name, good)
    assert ended.code == 1
    assert ended.err.startswith(name)
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out.startswith("1 article imported")  # the rest goes on


def test_import_of_a_folder_is_named(terminal: Terminal) -> None:
    ended = terminal("import", ".")
    assert (ended.code, ended.err) == (1, ".: is a folder; name the files in it\n")
