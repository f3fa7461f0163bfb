"""The recorded news items that benchmarks/stories speaks of, and the labelled pairs of them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digests.event import Report, read_report
from feeds.documents.find import find_citations
from feeds.identity import article_identity
from feeds.parse import parse_feed

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
    """Two items and what both readers say of them; `words` and `meaning` are the bands that it was drawn from."""

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


def load_pairs(labels: Path = LABELS) -> list[LabelledPair]:
    """The pairs on which both readers agree and that are not unclear."""
    rows = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    return [
        LabelledPair(row["one"], row["other"], row["label"], row["half"], row["field"], row["hard"])
        for row in rows
        if row["label"] == row["second"] != "unclear"
    ]


def read_reports(items: Mapping[str, Item], ids: Collection[str]) -> Mapping[str, Report]:
    """The reports of `ids`, numbered as they come."""
    reports: dict[str, Report] = {}
    for number, item_id in enumerate(sorted(ids), 1):
        item = items[item_id]
        citations = find_citations(f"{item.title}\n{item.lead}")
        keys = [citation.key for citation in citations if citation.key]
        named = [name for citation in citations for name in (citation.raw, citation.title) if name]
        reports[item_id] = read_report(number, item.outlet, item.published, item.title, item.lead, "", keys, named)
    return reports
