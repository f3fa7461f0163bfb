"""Precision, recall and F1 of the stages of citations against labels.jsonl (README.md says how those were made).

    python benchmarks/stages/score.py ../shared [--half open|locked|fresh-open|fresh-locked|all] [--errors 20]

The texts are not kept here: the argument is the folder that holds `gold/` and `feeds/real/replay`. A label whose
citation is not found at the same place counts as missed.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from feeds.classify import join_parts  # noqa: E402
from feeds.documents import find_citations  # noqa: E402
from feeds.parse import parse_feed  # noqa: E402

FILES = {
    "dev": "gold/citations/dev.jsonl",
    "corpus-dev": "gold/corpus/dev.jsonl",
    "dev-more": "gold/corpus/dev-more.jsonl",
    "natural-dev": "gold/corpus/natural-dev.jsonl",
    "unclear": "gold/corpus/unclear.jsonl",
    "unlabelled": "gold/corpus/unlabelled.jsonl.gz",
}
STAGES = (
    "issued", "rolled_out", "implemented", "interim_review", "final_review", "drafted", "amended", "replaced",
    "inspected", "mentioned",
)  # fmt: skip


@cache
def rows(path: Path) -> Mapping[str, Any]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return {row["id"]: row for row in map(json.loads, text.decode().splitlines())}


@cache
def feed_items(path: Path) -> list[Mapping[str, Any]]:
    return [
        {"title": entry.title, "summary": entry.summary}
        for entry in parse_feed(path.read_bytes(), url="https://outlet.invalid/").entries
    ]


def text_of(label: Mapping[str, Any], shared: Path) -> str:
    if label["source"] == "replay":
        name, _, index = label["id"].partition("#")
        row = feed_items(shared / "feeds/real/replay" / name)[int(index)]
    else:
        row = rows(shared / FILES[label["source"]])[label["id"]]
    if label["part"] == "text":
        return str(row["text"])
    return join_parts(row.get("title") or "", row.get("summary") or "", row.get("text") or "")


def readings(labels: list[Mapping[str, Any]], shared: Path) -> Iterator[tuple[Mapping[str, Any], str, Any]]:
    """Each label with its text and the citation found at its place, or None."""
    for label in labels:
        text = text_of(label, shared)
        span = label["start"], label["end"]
        yield label, text, next((found for found in find_citations(text) if (found.start, found.end) == span), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--half", choices=("open", "locked", "fresh-open", "fresh-locked", "all"), default="open")
    parser.add_argument("--errors", type=int, default=0)
    arguments = parser.parse_args()
    lines = (HERE / "labels.jsonl").read_text("utf-8").splitlines()
    labels = [label for label in map(json.loads, lines) if arguments.half in (label["half"], "all")]
    pairs: Counter[tuple[str, str]] = Counter()
    years: Counter[bool] = Counter()
    errors: list[str] = []
    for label, text, found in readings(labels, arguments.shared):
        stage = found.stage if found else "missed"
        pairs[label["stage"], stage] += 1
        if label["years"] is not None and found:
            years[found.stage_years == label["years"]] += 1
        if stage != label["stage"]:
            start, end = label["start"], label["end"]
            around = f"{text[max(0, start - 150) : start]}[{text[start:end]}]{text[end : end + 80]}"
            errors.append(f"{label['stage']} as {stage}, {label['id']}: {' '.join(around.split())}")
    out = sys.stdout.write
    out(f"half {arguments.half}, {len(labels)} citations\n{'':16}{'n':>5}{'precision':>11}{'recall':>8}{'F1':>7}\n")
    scores = []
    for stage in STAGES:
        right = pairs[stage, stage]
        labelled = sum(count for (label, _), count in pairs.items() if label == stage)
        given = sum(count for (_, predicted), count in pairs.items() if predicted == stage)
        scores.append(2 * right / (labelled + given) if labelled + given else 1.0)
        precision, recall = right / (given or 1), right / (labelled or 1)
        out(f"{stage:16}{labelled:5}{precision:11.3f}{recall:8.3f}{scores[-1]:7.3f}\n")
    accuracy = sum(count for (label, predicted), count in pairs.items() if label == predicted) / len(labels)
    out(f"macro-F1 {sum(scores) / len(scores):.3f}, accuracy {accuracy:.3f}; years {years[True]}/{years.total()}\n")
    for error in errors[: arguments.errors]:
        out(f"  {error}\n")


if __name__ == "__main__":
    main()
