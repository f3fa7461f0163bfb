"""analyse and directive --batch: JSON lines in and out, whatever comes in."""

import json
import queue
import threading
import unicodedata
from typing import Any

import pytest

from bot.cli import jsonl
from terminal import Terminal

TITLE = "Bến Tre triển khai Chỉ thị 09-CT/TW"
SUMMARY = "Hội nghị quán triệt Nghị quyết số 51-NQ/TW."
TEXT = "Sáng 2/10, Tỉnh ủy sơ kết Chỉ thị số 05-CT/TW của Bộ Chính trị (khóa X) về an ninh quốc gia."
FIELDS = {"id", "relevant", "score", "topics", "places", "citations"}
CITATION = {
    "start", "end", "raw", "key", "type", "type_name", "number", "issuer", "issuer_name", "year", "term", "date",
    "province", "form", "title", "term_derived", "document", "candidates", "antecedent", "stage", "stage_years",
}  # fmt: skip


def _lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _analysed(terminal: Terminal, stdin: str | bytes) -> list[Any]:
    ended = terminal("analyse", stdin=stdin)
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.mark.parametrize("stdin", ["", "\n", " \n\n\t\n", "\ufeff", "\ufeff\n"])
@pytest.mark.parametrize("command", [["analyse"], ["directive", "--batch"]])
def test_nothing_in_nothing_out(terminal: Terminal, command: list[str], stdin: str) -> None:
    ended = terminal(*command, stdin=stdin)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_an_article_has_every_field_of_the_contract(terminal: Terminal) -> None:
    (found,) = _analysed(terminal, _lines({"id": 7, "title": TITLE, "summary": SUMMARY, "text": TEXT}))
    assert found.keys() >= FIELDS
    assert found["id"] == 7
    assert isinstance(found["relevant"], bool)
    assert 0 <= found["score"] <= 1
    assert "Bến Tre" in found["places"]
    assert [c["key"] for c in found["citations"]] == ["09-CT/TW", "51-NQ/TW", "05-CT/TW"]
    for citation in found["citations"]:
        assert citation.keys() >= CITATION
        assert citation["document"].keys() >= {"id", "status", "rule"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("parts", [("title", "summary", "text"), ("title", "text"), ("summary",), ("text",)])
def test_offsets_are_into_the_joined_parts_as_given(terminal: Terminal, form: Any, parts: tuple[str, ...]) -> None:
    given = {"title": TITLE, "summary": SUMMARY, "text": "𝕏 😀 " + TEXT}
    row = {name: unicodedata.normalize(form, given[name]) for name in parts}
    (found,) = _analysed(terminal, _lines({"id": 1, "summary": "", **row}))
    joined = "\n".join(row[name] for name in parts)
    assert found["citations"]
    for citation in found["citations"]:
        assert joined[citation["start"] : citation["end"]] == citation["raw"]


@pytest.mark.parametrize(
    "name", [0, -1, 1.5, 10**30, "", "số 1 ✓", None, True, [1, [None]], {"a": {"b": []}}, "\ud800", "a\nb\u2028c"]
)
@pytest.mark.parametrize("command", [["analyse"], ["directive", "--batch"]])
def test_ids_of_any_type_come_back(terminal: Terminal, command: list[str], name: Any) -> None:
    ended = terminal(*command, stdin=json.dumps({"id": name, "query": "09-CT/TW"}) + "\n")
    (line,) = ended.out.rstrip("\n").split("\n")
    assert json.loads(line)["id"] == name


@pytest.mark.parametrize("command", [["analyse"], ["directive", "--batch"]])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"rubbish", "no JSON"),
        (b'{"id": 1', "no JSON"),
        (b'{"id": 1, "title": "Tin', "no JSON: Unterminated string starting at character 20"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"id": 1, "title": "\xff\xfe"}', "not UTF-8"),
        ('{"id": 1}'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_broken_line_is_answered_and_the_rest_goes_on(
    terminal: Terminal, command: list[str], line: bytes, said: str
) -> None:
    good = b'{"id": "good", "title": "x", "query": "09-CT/TW"}\n'
    ended = terminal(*command, stdin=good + b"\n" + line + b"\n" + good)
    first, broken, last = map(json.loads, ended.out.splitlines())
    assert (ended.code, ended.err) == (0, "")
    assert first["id"] == last["id"] == "good"
    assert "error" not in first
    assert (broken["id"], broken["line"]) == (None, 3)
    assert broken["error"].startswith("line 3: ")
    assert said in broken["error"]


@pytest.mark.parametrize("value", [5, 0, False, ["x"], {"a": 1}])
@pytest.mark.parametrize("name", ["title", "summary", "text"])
def test_parts_of_a_wrong_type_are_refused_with_their_id(terminal: Terminal, name: str, value: Any) -> None:
    found = _analysed(terminal, _lines({"id": 8, name: value}, {"id": 9, name: None}))
    assert found[0] == {"id": 8, "line": 1, "error": f"line 1: {name} must be text"}
    assert found[1]["citations"] == []


def test_endless_numbers_cost_the_id_not_the_line(terminal: Terminal) -> None:
    (found,) = _analysed(terminal, b'{"id": 1e999, "title": "09-CT/TW"}\n')
    assert found["id"] is None
    assert found.keys() >= FIELDS


def test_byte_order_marks_and_windows_lines(terminal: Terminal) -> None:
    row = json.dumps({"id": 1, "title": TITLE}, ensure_ascii=False).encode()
    found = _analysed(terminal, b"\xef\xbb\xbf" + row + b"\r\n\xef\xbb\xbf" + row)
    assert [len(one["citations"]) for one in found] == [1, 1]


def test_a_line_that_is_too_long_is_answered(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE", 1000)
    found = _analysed(terminal, _lines({"id": 1, "text": "x" * 5000}, {"id": 2}))
    assert (found[0]["line"], found[1]["id"]) == (1, 2)
    assert "longer" in found[0]["error"]


@pytest.mark.parametrize(
    "published",
    ["2010-06-01", "2010-06-01T08:00:00+07:00", "Tue, 01 Jun 2010 08:00:00 GMT", "01/06/2010 08:00", "01-06-2010"],
)
def test_no_document_is_younger_than_its_article(terminal: Terminal, published: str) -> None:
    row = {"title": "Bộ Công an triển khai Chỉ thị số 05-CT/TW của Bộ Chính trị"}
    dated, undated = _analysed(terminal, _lines({"id": 1, "published": published, **row}, {"id": 2, **row}))
    assert "05-CT/TW#XII" in undated["citations"][0]["candidates"]
    assert "05-CT/TW#XII" not in dated["citations"][0]["candidates"]


@pytest.mark.parametrize(
    "published", ["gestern", "", "08:00", "99/99/9999", 20100601, None, ["2010-06-01"], "x" * 9999]
)
def test_a_date_that_cannot_be_read_counts_as_unknown(terminal: Terminal, published: Any) -> None:
    row = {"id": 1, "title": "Triển khai Chỉ thị số 05-CT/TW của Bộ Chính trị"}
    dated, undated = _analysed(terminal, _lines({**row, "published": published}, row))
    assert dated == undated


def test_a_fault_of_ours_costs_one_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("ours")

    monkeypatch.setattr("bot.cli.analyse.analyse", fail)
    (found,) = _analysed(terminal, _lines({"id": 5, "title": "x"}))
    assert (found["id"], found["line"]) == (5, 1)
    assert "LookupError" in found["error"]


def test_five_megabytes_of_text(terminal: Terminal) -> None:
    text = (TEXT + " " + "an ninh trật tự " * 400 + "\n") * 800
    assert len(text.encode()) > 5_000_000
    (found,) = _analysed(terminal, _lines({"id": 1, "text": text}))
    assert len(found["citations"]) >= 800
    last = found["citations"][-1]
    assert text[last["start"] : last["end"]] == last["raw"]


def test_each_line_is_answered_before_the_next_is_read(terminal: Terminal) -> None:
    with terminal.start("analyse") as process:
        assert process.stdin
        assert process.stdout
        answers: queue.Queue[bytes] = queue.Queue()
        stdout = process.stdout
        threading.Thread(target=lambda: [answers.put(line) for line in stdout], daemon=True).start()
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "title": TITLE}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(answers.get(timeout=120))["id"] == number
        process.stdin.close()
        assert process.wait(120) == 0


def test_batch_answers_every_query(terminal: Terminal) -> None:
    rows = [
        {"id": 1, "query": "09-CT/TW"},
        {"id": 2, "query": "05-CT/TW"},
        {"id": 3, "query": "05-CT/TW khóa X"},
        {"id": 4, "query": "999-CT/TW"},
        {"id": 5, "query": "xin chào"},
        {"id": 6, "query": "09-CT/TW, 51-NQ/TW"},
        {"id": 7, "query": ""},
        {"id": 8},
        {"id": 9, "query": 9},
    ]
    ended = terminal("directive", "--batch", stdin=_lines(*rows))
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.code, ended.err) == (0, "")
    assert found[0] == {"id": 1, "keys": ["09-CT/TW"], "documents": ["09-CT/TW#XI"], "status": "found"}
    assert found[1]["status"] == "ambiguous"
    assert set(found[1]["documents"]) == {"05-CT/TW#X", "05-CT/TW#XII"}
    assert (found[2]["status"], found[2]["documents"]) == ("found", ["05-CT/TW#X"])
    assert found[3] == {"id": 4, "keys": ["999-CT/TW"], "documents": [], "status": "unknown"}
    assert found[4] == {"id": 5, "keys": [], "documents": [], "status": "invalid"}
    assert found[5]["status"] == "several"
    assert found[6]["status"] == "invalid"
    assert found[7] == {"id": 8, "line": 8, "error": "line 8: query must be text"}
    assert found[8] == {"id": 9, "line": 9, "error": "line 9: query must be text"}
