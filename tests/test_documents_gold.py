"""Scores on the labelled citations and queries that lie beside the repository; skipped where they do not."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from feeds.documents import find_citations, load_catalogue, look_up

GOLD = Path(__file__).parents[2] / "shared" / "gold" / "citations"
pytestmark = pytest.mark.skipif(not GOLD.is_dir(), reason=f"no labelled citations at {GOLD}")


@pytest.fixture(scope="module")
def scorer():
    sys.path.insert(0, str(GOLD))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        import score
    finally:
        sys.path.remove(str(GOLD))
        sys.dont_write_bytecode = before
    return score


@pytest.mark.parametrize(("name", "floor"), [("dev", 0.975), ("stress-dev", 0.99)])
def test_strict_precision_and_recall(scorer, name, floor):
    gold = scorer.load(GOLD / f"{name}.jsonl")
    predicted = {
        row_id: {"citations": [asdict(citation) for citation in find_citations(row["text"])]}
        for row_id, row in gold.items()
    }
    counts, _, _, errors = scorer.score(gold, predicted)
    assert counts["s"] / counts["p"] >= floor, errors
    assert counts["s"] / counts["g"] >= floor, errors


def test_queries():
    rows = [json.loads(line) for line in (GOLD / "queries-dev.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    for row in rows:
        keys = look_up(row["query"], load_catalogue()).keys
        if row["mode"] == "exact" and keys[:1] != tuple(row["expected"][:1]):
            wrong.append((row["query"], keys))
        if row["mode"] == "none" and keys:
            wrong.append((row["query"], keys))
    assert wrong == []
