"""review: the list, the decisions, and labels for training."""

import json
from pathlib import Path

import pytest

from conftest import NOW
from digests.feedback import Kind, store_feedback
from digests.subscribers import welcome
from feeds.database import Database
from feeds.labels import Row, labelled, read_rows
from feeds.models import Article
from newsroom import POLICY, publish
from terminal import Terminal

SPOOF = "[red]Tin[/red] \x1b[31mgiả"


@pytest.fixture
def reported(terminal: Terminal) -> Terminal:
    """Two chats call one article irrelevant, one of them its document wrong; ids 1 and 2, 3."""
    assert terminal("migrate").code == 0
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    with database.session() as session:
        article_id = publish(session, *POLICY, seen=NOW, outlet=SPOOF).id
        for chat_id in (1, 2):
            welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
            store_feedback(session, chat_id, article_id, Kind.IRRELEVANT, NOW)
        store_feedback(session, 2, article_id, Kind.WRONG_DOCUMENT, NOW, document_id="09-CT/TW#XI")
    database.close()
    return terminal


def rows(terminal: Terminal) -> list[dict[str, object]]:
    return [json.loads(line) for line in terminal("review", "--json").out.splitlines()]


def stored(terminal: Terminal) -> tuple[str, list[str]]:
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    with database.reading() as session:
        (article,) = session.query(Article).all()
        found = article.state, article.wrong_documents
    database.close()
    return found


def test_the_list_says_what_how_many_chats_say(reported: Terminal) -> None:
    ended = reported("review")
    assert (ended.code, ended.err) == (0, "")
    assert POLICY[0] in ended.out
    assert "[red]Tin[/red]" in ended.out, "words from outside are no markup"
    assert "\x1b" not in ended.out
    assert ended.out.endswith("2 open\n")
    assert [(row["id"], row["kind"], row["chats"]) for row in rows(reported)] == [
        (1, "irrelevant", 2), (3, "wrong_document", 1)
    ]  # fmt: skip
    assert rows(reported)[1]["document"] == "09-CT/TW#XI"
    assert "09-CT/TW" in str(rows(reported)[1]["quote"])


def test_decisions_are_carried_out_and_can_be_undone(reported: Terminal) -> None:
    ended = reported("review", "--accept", "1,3")
    assert (ended.code, ended.out, ended.err) == (0, "", "2 accepted, 0 rejected: 1 article changed\n")
    assert stored(reported) == ("left_out", ["09-CT/TW#XI"])
    assert rows(reported) == []
    assert reported("reindex", "--all").code == 0
    assert stored(reported)[0] == "left_out"
    assert reported("review", "--reject", "1", "--reject", "3").code == 0
    assert stored(reported) == ("kept", [])


def test_what_was_decided_is_listed_with_its_id_on_request(reported: Terminal) -> None:
    assert reported("review", "--accept", "1").code == 0
    shown = reported("review", "--all").out
    assert "accepted" in shown
    assert shown.endswith("1 open\n")
    rows = [json.loads(line) for line in reported("review", "--all", "--json").out.splitlines()]
    assert [(row["id"], row["decision"]) for row in rows] == [(1, "accepted"), (3, None)]


def test_what_was_accepted_is_a_label_that_train_reads(reported: Terminal) -> None:
    path = Path(reported.folder / "labels.jsonl")
    assert reported("review", "--export", str(path)).code == 0
    assert path.read_text("utf-8") == "", "nothing is a label before it was accepted"
    ended = reported("review", "--accept", "2", "--export", "labels.jsonl")
    assert (ended.code, ended.err) == (0, "1 accepted, 0 rejected: 1 article changed\n1 article written\n")
    (row,) = read_rows([path])
    assert isinstance(row, Row)
    label = labelled(row.data)
    assert label
    assert (label.title, label.relevant, label.topics) == (POLICY[0], False, frozenset())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--accept", "99"], 1, "no feedback has the id 99; `python bot.py review --all` lists them"),
        (["--accept", "1,99"], 1, "no feedback has the id 99"),
        (["--accept", "one"], 2, "'one' is no id of the list"),
        (["--accept", "1,"], 2, "is no id of the list"),
        (["--accept", "1", "--reject", "1"], 2, "both accepted and rejected"),
        (["--accept", "1,3", "--reject", "2"], 1, "1 and 2 say the same of one article: accept or reject both"),
        (["--export", "none/labels.jsonl"], 1, "none/labels.jsonl"),
        (["--accept"], 2, "requires an argument"),
    ],
)
def test_what_cannot_be_decided_changes_nothing(reported: Terminal, arguments: list[str], code: int, said: str) -> None:
    ended = reported("review", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert stored(reported) == ("kept", [])
    assert len(rows(reported)) == 2
