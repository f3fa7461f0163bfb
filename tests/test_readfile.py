"""Articles out of files."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import readfile
from feeds.readfile import ReadArticle, ReadProblem, read_articles

DATA = Path(__file__).parent / "data"
SEEDS = Path(__file__).parents[1].parent / "shared" / "seeds"
TITLE = "Hội nghị về an ninh, trật tự"
LEAD = "Sáng 5/8, Công an tỉnh tổ chức hội nghị triển khai kế hoạch bảo đảm an ninh, trật tự trong dịp lễ lớn sắp tới."
BODY = (
    "Phát biểu tại hội nghị, lãnh đạo tỉnh yêu cầu các đơn vị nắm chắc tình hình, chủ động phương án, "
    "không để bị động, bất ngờ trong mọi tình huống."
)


def read(path: Path) -> tuple[list[ReadArticle], list[ReadProblem]]:
    found = list(read_articles(path))
    return (
        [one for one in found if isinstance(one, ReadArticle)],
        [one for one in found if isinstance(one, ReadProblem)],
    )


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "bài.TXT", f"{TITLE}\n\n30/01/2023 - 05:30\n\n(HP)- {LEAD}\n\n{BODY}".encode(encoding))
    [article], problems = read(path)
    assert problems == []
    assert (article.where, article.url, article.outlet) == ("bài.TXT", None, "Báo Hải Phòng")
    assert (article.title, article.lead, article.text) == (TITLE, LEAD, BODY)
    assert article.published == datetime(2023, 1, 29, 22, 30, tzinfo=UTC)
    assert article.identity.startswith("text:")


def test_the_same_text_is_the_same_article(tmp_path: Path) -> None:
    one, two = (
        written(tmp_path, name, f"{TITLE}\n\n{LEAD}\n{' ' * n}\n{BODY}") for n, name in enumerate(("a.txt", "b.txt"))
    )
    assert read(one)[0][0].identity == read(two)[0][0].identity


def test_a_page() -> None:
    [article], _ = read(DATA / "pages" / "provincial.html")
    assert article.url == "https://bao.example/xa-tan-phu-ra-mat-mo-hinh-cong-an-ninh-post123456.html"
    assert article.identity == "bao.example#post123456"
    assert article.outlet == "bao.example"
    assert article.published == datetime(2026, 8, 5, 2, 30, tzinfo=UTC)


def test_a_saved_feed() -> None:
    articles, problems = read(DATA / "feeds" / "related.xml")
    assert [article.identity for article in articles][:2] == ["bao.example#post100001", "bao.example#post100002"]
    assert {article.outlet for article in articles} == {"Báo Ví Dụ"}
    assert articles[0].where == "related.xml:1"
    assert len(problems) == 3
    assert problems[0] == ReadProblem("related.xml", "an entry without link and guid")


def test_the_full_text_of_an_entry_is_read(tmp_path: Path) -> None:
    content = f"<content:encoded><![CDATA[<p>{LEAD}</p><p>{BODY}</p>]]></content:encoded>"
    item = f"<item><title>T</title><link>https://a.example/1</link><description>{LEAD}</description>{content}</item>"
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    path = written(tmp_path, "a.rss", f'<rss version="2.0" {space}><channel>{item}</channel></rss>')
    [article], _ = read(path)
    assert (article.lead, article.text) == (LEAD, BODY)


def test_json_lines(tmp_path: Path) -> None:
    row = {
        "title": TITLE,
        "summary": LEAD,
        "text": BODY,
        "url": "https://a.example/x-post123456.html",
        "outlet": "Báo A",
        "published": "2026-08-05T09:30:00+07:00",
        "anything": ["else"],
    }
    [article], problems = read(written(tmp_path, "a.jsonl", lines(row)))
    assert problems == []
    assert article == ReadArticle(
        where="a.jsonl:1",
        identity="a.example#post123456",
        url="https://a.example/x-post123456.html",
        outlet="Báo A",
        title=TITLE,
        title_is_ours=False,
        lead=LEAD,
        text=BODY,
        published=datetime(2026, 8, 5, 2, 30, tzinfo=UTC),
    )


def test_what_a_line_leaves_out_is_taken_from_its_text(tmp_path: Path) -> None:
    rows = [
        {"text": f"{TITLE}\n\n{LEAD}\n\n{BODY}"},
        {"title": TITLE, "text": f"{LEAD}\n\n{BODY}"},
        {"title": TITLE, "summary": LEAD},
        {"text": f"{LEAD}\n\n{BODY}", "summary": None},
    ]
    articles, _ = read(written(tmp_path, "a.jsonl", lines(*rows)))
    assert [(one.title, one.lead, one.text) for one in articles[:2]] == [(TITLE, LEAD, BODY)] * 2
    assert (articles[2].lead, articles[2].text) == (LEAD, "")
    assert articles[3].title_is_ours
    assert not articles[0].title_is_ours


def test_broken_lines_do_not_stop_the_rest(tmp_path: Path) -> None:
    content = lines("{", "[1]", {"title": 7}, {"url": "https://a.example/"}, "", "[" * 5000, {"title": TITLE}).encode()
    articles, problems = read(written(tmp_path, "a.jsonl", content + b"\n\xff\xfe\n"))
    assert [article.where for article in articles] == ["a.jsonl:7"]
    assert [problem.where for problem in problems] == [f"a.jsonl:{n}" for n in (1, 2, 3, 4, 6, 8)]
    assert [problem.message for problem in problems][1:4] == [
        "not an object",
        "title must be text",
        "neither title nor text",
    ]


def test_an_address_that_is_none_is_left_out(tmp_path: Path) -> None:
    [article], _ = read(written(tmp_path, "a.jsonl", lines({"title": TITLE, "url": "javascript:alert(1)"})))
    assert article.url is None


def test_a_long_line_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readfile, "MAX_LINE", 100)
    articles, problems = read(written(tmp_path, "a.jsonl", lines({"text": "x" * 1000}, {"title": "Ngắn"})))
    assert [article.where for article in articles] == ["a.jsonl:2"]
    assert [problem.where for problem in problems] == ["a.jsonl:1"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", "x", r"files that end in \.docx are not read, only \.atom, \.htm"),
        ("a", "x", "files that end in nothing"),
        ("a.txt", b"\xff\x00\x9f", "not UTF-8"),
        ("a.txt", " \n", "no text"),
        ("a.html", "", "empty"),
        ("a.xml", "<html></html>", "web page"),
    ],
)
def test_files_that_hold_no_article(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    articles, [problem] = read(written(tmp_path, name, content))
    assert articles == []
    with pytest.raises(ValueError, match=message):
        raise ValueError(problem.message)


def test_missing_folder_and_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.txt").mkdir()
    monkeypatch.setattr(readfile, "MAX_FILE", 10)
    for name in ("none.txt", "folder.txt"):
        assert read(tmp_path / name)[1] == [ReadProblem(name, "there is no such file")]
    assert "larger" in read(written(tmp_path, "big.html", "x" * 11))[1][0].message


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.txt", "x")

    def refuse(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert read(path)[1] == [ReadProblem("a.txt", "cannot be read: Permission denied")]


@pytest.mark.skipif(not SEEDS.exists(), reason="the saved articles are kept outside the repository")
def test_every_seed_is_one_article() -> None:
    found = [read(path) for path in sorted(SEEDS.glob("*.txt"))]
    assert [(len(articles), problems) for articles, problems in found] == [(1, [])] * 5
    assert [articles[0].outlet for articles, _ in found] == [
        "Báo Hải Phòng",
        "Hà Nội mới",
        "",
        "Báo Đồng Khởi",
        "Báo Hà Tĩnh",
    ]
