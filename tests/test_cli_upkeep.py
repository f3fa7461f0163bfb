"""migrate, evaluate, train: for whoever runs the bot."""

import json
from pathlib import Path

import pytest

from feeds.classify import FIGURES
from newsroom import POLICY, ROBBERY
from terminal import Terminal

# migrate


def test_migrate_makes_a_database_and_leaves_a_new_one_alone(terminal: Terminal) -> None:
    terminal.set(DATABASE_URL=f"sqlite:///{terminal.folder / 'made' / 'new.db'}")
    first, again = terminal("migrate"), terminal("migrate")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("sqlite:///")
    assert first.out.endswith(", the newest\n")
    assert again == first


def test_migrate_new_is_for_developers(terminal: Terminal) -> None:
    assert "--new" not in terminal("migrate", "--help").out


# evaluate and train


def _gold(path: Path, *, more: str = "") -> str:
    rows = [
        {
            "title": f"{title} ({number})", "text": text, "relevant": relevant,
            "topics": ["national_security"] if relevant else [],
        }
        for number in range(12)
        for (title, text), relevant in ((POLICY, True), (ROBBERY, False))
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + more, "utf-8")
    return str(path)


def test_evaluate_measures_and_names_problems(terminal: Terminal) -> None:
    cited = {"id": 1, "text": "Chỉ thị 09-CT/TW", "citations": [{"start": 0, "end": 16, "key": "09-CT/TW"}]}
    more = f'rubbish\n{{"relevant": "yes"}}\n{{"relevant": null}}\n{json.dumps(cited)}\n'
    ended = terminal("evaluate", _gold(terminal.folder / "gold.jsonl", more=more))
    assert ended.code == 0
    *problems, caution = ended.err.splitlines()
    assert [line.rpartition("/")[2].partition(": ")[0] for line in problems] == ["gold.jsonl:25", "gold.jsonl:26"]
    assert caution == "Figures on articles that were trained on prove nothing; README, How well"
    (empty,) = [line for line in ended.out.splitlines() if "cyber_data" in line]
    assert empty.count("–") == 3, "no article of this topic"
    for name in ("security policy", "topics", "citations, strict", "1 rows without a label"):
        assert name in ended.out
    (row,) = [line for line in ended.out.splitlines() if "citations, strict" in line]
    assert row.count("1.0000") == 3


@pytest.mark.parametrize("content", ["", "rubbish\n", '{"relevant": null}\n', "\xff"])
def test_evaluate_of_nothing_labelled_is_exit_code_1(terminal: Terminal, content: str) -> None:
    (terminal.folder / "gold.jsonl").write_text(content, "latin-1")
    ended = terminal("evaluate", "gold.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("Error: nothing labelled in these files\n")


def test_train_writes_to_out_and_leaves_the_shipped_figures_alone(terminal: Terminal) -> None:
    shipped = FIGURES.stat()
    ended = terminal("train", _gold(terminal.folder / "gold.jsonl"), "--out", "figures.json.gz")
    assert ended.code == 0
    assert "cross-validated" in ended.out
    assert (terminal.folder / "figures.json.gz").stat().st_size > 100
    assert (FIGURES.stat().st_mtime_ns, FIGURES.stat().st_size) == (shipped.st_mtime_ns, shipped.st_size)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("", 1, "at least 10 relevant"),
        ("rubbish\n", 1, "gold.jsonl:1: "),
        ('{"relevant": true, "topics": ["none such"]}\n', 1, "unknown topic none such"),
    ],
)
def test_train_names_what_it_cannot_use(terminal: Terminal, content: str, code: int, said: str) -> None:
    (terminal.folder / "gold.jsonl").write_text(content, "utf-8")
    ended = terminal("train", "gold.jsonl", "--out", "figures.json.gz")
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert not (terminal.folder / "figures.json.gz").exists()


def test_train_looks_at_out_before_the_work(terminal: Terminal) -> None:
    ended = terminal("train", _gold(terminal.folder / "gold.jsonl"), "--out", "none/figures.json.gz")
    assert (ended.code, ended.out) == (2, "")
    assert "there is no folder none" in ended.err
    assert "fold 1" not in ended.err
