"""The recorded news items that benchmarks/stories speaks of, and the labelled pairs of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from digests.event import Report, read_report
from feeds.documents.find import find_citations
from feeds.embedding import WIDTH, embed, is_available, opening
from feeds.identity import article_identity
from feeds.parse import parse_feed
from feeds.second import quantised

LABELS = Path(__file__).with_name("labels.jsonl")
_BASE = "https://example.invalid/"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the recorded feeds, as it was first seen."""

    id: str
    outlet: str
    title: str
    lead: str
    published: datetime


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two items and what their readers say of them."""

    one: str
    other: str
    label: str
    half: str
    field: str
    hard: bool


def load_items(replay: Path) -> Mapping[str, Item]:
    """Id -> item of every feed recorded in the folder `replay`, ``OUTLET/TIME.xml``."""
    items: dict[str, Item] = {}
    for path in sorted(replay.glob("*/*.xml")):
        outlet = path.parent.name
        for entry in parse_feed(path.read_bytes(), url=_BASE + outlet).entries:
            item_id = article_identity(entry.url, entry.guid, base=_BASE + outlet)
            if item_id not in items and entry.published:
                items[item_id] = Item(item_id, outlet, entry.title, entry.summary, entry.published)
    return items


def load_pairs(halves: Collection[str], labels: Path = LABELS) -> list[LabelledPair]:
    """The pairs of `halves` on which their readers agree and that are not unclear."""
    rows = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    return [
        LabelledPair(row["one"], row["other"], row["label"], row["half"], row["field"], row.get("hard", False))
        for row in rows
        if row["half"] in halves and row["label"] == row.get("second", row["label"]) != "unclear"
    ]


def items_of(pairs: Sequence[LabelledPair]) -> list[str]:
    """The ids of the items of `pairs`, sorted."""
    return sorted({item_id for pair in pairs for item_id in (pair.one, pair.other)})


def load_vectors(items: Mapping[str, Item], ids: Collection[str], kept: Path | None) -> Mapping[str, bytes]:
    """The vectors of `ids`, as they are stored with articles; empty where none can be made.

    Those that the file `kept` (npz: ids, vectors) holds are not made again, the others are added to it.
    """
    known: dict[str, bytes] = {}
    if kept and kept.exists():
        with np.load(kept, allow_pickle=False) as stored:
            known = {name: row.tobytes() for name, row in zip(stored["ids"].tolist(), stored["vectors"], strict=True)}
    missing = [item_id for item_id in ids if item_id not in known] if is_available() else []
    for item_id in missing:
        read = opening(items[item_id].title, items[item_id].lead, "")
        known[item_id] = quantised(embed([read]))[0].tobytes()
    if kept and missing:
        vectors = np.frombuffer(b"".join(known.values()), np.int8).reshape(-1, WIDTH)
        np.savez(kept, ids=np.array(list(known)), vectors=vectors)
    return known


def read_reports(items: Mapping[str, Item], ids: Collection[str], vectors: Mapping[str, bytes]) -> Mapping[str, Report]:
    """The reports of `ids`, numbered as they come."""
    reports: dict[str, Report] = {}
    for number, item_id in enumerate(sorted(ids), 1):
        item = items[item_id]
        citations = find_citations(f"{item.title}\n{item.lead}")
        keys = [(citation.key, citation.stage) for citation in citations if citation.key]
        named = [name for citation in citations for name in (citation.raw, citation.title) if name]
        reports[item_id] = read_report(
            number, item.outlet, item.published, item.title, item.lead, "", keys, named, vectors.get(item_id)
        )
    return reports
