"""The README tells the truth: its tables come from the code, its picture and files exist."""

import json
import re
import tomllib
from pathlib import Path

import click

from bot.cli import commands
from bot.readme import PROMISES, README, tables, with_tables
from feeds.classify import classify

ROOT = Path(__file__).parent.parent


def test_the_tables_are_those_of_the_code() -> None:
    text = README.read_text("utf-8")
    for name in tables():
        assert f"<!-- {name} -->\n" in text
    assert with_tables(text) == text, "run `make readme`"


def test_every_file_it_points_to_exists() -> None:
    text = README.read_text("utf-8")
    paths = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    paths += re.findall(r"`((?:feeds|digests|bot|templates|tests|benchmarks)/[\w./-]+)`", text)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing == []


def test_the_article_it_analyses_is_kept() -> None:
    (article,) = map(json.loads, re.findall(r"^echo '(.+)' \| .* analyse$", README.read_text("utf-8"), re.MULTILINE))
    assert classify(article["title"], article["summary"], "").relevant


def test_the_make_targets_it_names_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", README.read_text("utf-8")))
    assert named <= targets


def test_what_shows_a_promise_exists() -> None:
    """69 features that users of such bots ask for, and 16 that none of them has."""
    kinds = tomllib.loads(PROMISES.read_text("utf-8"))
    assert {kind: len(promises) for kind, promises in kinds.items()} == {"feature": 69, "first": 16}
    known = {f"bot.py {name}" for name in commands.list_commands(click.Context(commands))}
    for path in (ROOT / "tests").glob("test_*.py"):
        names = re.findall(r"^(?:async )?def test_(\w+)\(", path.read_text("utf-8"), re.MULTILINE)
        known |= {f"{path.name}::{name}" for name in names}
    for promise in (promise for promises in kinds.values() for promise in promises):
        assert promise["shown"] or promise["lacks"], promise["says"]
        assert [what for what in promise["shown"] if what not in known and not (ROOT / what).exists()] == []
