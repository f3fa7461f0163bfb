"""Labelled articles in JSONL, for training and evaluation: {title, summary, text, relevant, topics,
weight?, url?, source?, captured?, published?, hard_kind?}.

Rows whose "relevant" is null are unlabelled: nobody could decide. Other fields are ignored. Labels may be kept apart
from the articles, whose texts belong to their papers: {id, relevant, topics} takes the parts of the row of the same id
that has no label. A folder of saved feeds gives such rows too, their id is "path in the folder#index".
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from feeds.classify import topics
from feeds.dates import VIETNAM, parse_date
from feeds.parse import ParseError, parse_feed

_PARTS = ("title", "summary", "text")
_SITE = re.compile(r"[^.]+\.(?:(?:com|edu|gov|net|org)\.)?[^.]+$")  # of a host: www.sggp.org.vn -> sggp.org.vn


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used, and why; line 0 is the file as a whole."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object of a file."""

    path: Path
    line: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article with its label. `weight` is how many articles of the natural stream it stands for."""

    title: str
    summary: str
    text: str
    relevant: bool
    topics: frozenset[str]
    weight: float
    natural: bool
    """Whether the row states a weight: it was drawn from the natural stream."""
    outlet: str
    """The site of its address, else its source; "" where the row says neither."""
    day: date | None = None
    """When it was captured, else published, in Vietnam."""
    kind: str = ""
    """How a negative looks like a relevant article (`hard_kind`), "easy" where it does not; "" where nobody said."""


def read_rows(paths: Iterable[Path]) -> Iterator[Row | Problem]:
    """The JSON objects of `paths`, a line each (.gz too), or the items of a folder's feeds; blank lines are skipped.

    Labels kept apart come last, joined with their articles; articles that only wait for such labels do not come.
    """
    labels: list[Row] = []
    texts: dict[object, Row] = {}
    for row in (row for path in paths for row in _raw_rows(path)):
        if isinstance(row, Problem) or row.data.get("id") is None:
            yield row
        elif "relevant" in row.data and not any(row.data.get(part) for part in _PARTS):
            labels.append(row)
        elif "relevant" not in row.data and "citations" not in row.data:
            texts[str(row.data["id"])] = row
        else:
            yield row
    for label in labels:
        text = texts.get(str(label.data["id"]))
        if text is None:
            yield Problem(label.path, label.line, f"no article {label.data['id']!r} in these files")
        else:
            yield Row(label.path, label.line, {**text.data, **label.data})
    if not labels:
        yield from texts.values()


def labelled(data: Mapping[str, Any]) -> Labelled | None:
    """The labelled article of a row, None where "relevant" is null; ValueError says what is wrong."""
    if "relevant" not in data:
        raise ValueError('neither "relevant" nor "citations"')
    title, summary, text = (data.get(name) or "" for name in ("title", "summary", "text"))
    if not all(isinstance(part, str) for part in (title, summary, text)):
        raise ValueError("title, summary and text must be strings")
    relevant = data["relevant"]
    if relevant is None:
        return None
    if relevant not in (True, False):
        raise ValueError('"relevant" must be true, false or null')
    codes = data.get("topics") or []
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise ValueError('"topics" must be a list of codes')
    if unknown := sorted(set(codes) - {topic.code for topic in topics()}):
        raise ValueError(f"unknown topic {', '.join(unknown)}")
    weight = data.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise ValueError('"weight" must be a positive number')
    return Labelled(
        title,
        summary,
        text,
        relevant=bool(relevant),
        topics=frozenset(codes),
        weight=float(weight),
        natural="weight" in data,
        outlet=_outlet(data),
        day=_day(data),
        kind=str(data["hard_kind"] or "easy") if data.get("hard_kind") is not None else "",
    )


def _outlet(data: Mapping[str, Any]) -> str:
    site = _SITE.search(urlsplit(str(data.get("url") or "")).hostname or "")
    return site[0] if site else str(data.get("source") or "")


def _day(data: Mapping[str, Any]) -> date | None:
    moment = parse_date(str(data.get("captured") or data.get("published") or ""))
    return moment.astimezone(VIETNAM).date() if moment else None


def _raw_rows(path: Path) -> Iterator[Row | Problem]:
    if path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            yield from _feed_rows(file, file.relative_to(path).as_posix())
        return
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).split(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        yield Problem(path, 0, getattr(error, "strerror", None) or str(error))
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _row(path, number, line)


def _feed_rows(file: Path, name: str) -> Iterator[Row | Problem]:
    try:
        entries = parse_feed(file.read_bytes(), url="https://outlet.invalid/").entries
    except (OSError, ParseError) as error:
        yield Problem(file, 0, str(error))
        return
    for index, entry in enumerate(entries):
        data = {"id": f"{name}#{index}", "title": entry.title, "summary": entry.summary, "url": entry.url}
        yield Row(file, index, {**data, "published": entry.published.isoformat() if entry.published else None})


def _row(path: Path, number: int, line: bytes) -> Row | Problem:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem(path, number, f"not JSON: {error}")
    return Row(path, number, data) if isinstance(data, dict) else Problem(path, number, "not a JSON object")
