"""The README tells the truth: its tables come from the code, its picture and files exist."""

import json
import re
from pathlib import Path

from bot.readme import README, tables, with_tables
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
