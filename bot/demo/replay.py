"""A folder of saved feeds, served again as they stood on the clock's day.

    folder/nhandan/2026-07-20.xml, 2026-07-21.xml ...   one outlet, one file a capture day
    folder/vnexpress-2025-02-06.xml                     one outlet, one file

The bytes of an item are never changed. Several days of one outlet are merged: the frame of the newest file, and the
items of all days newest first. A file that is not well-formed XML is served as it is on its own day, as a broken
outlet would do, and is left out of the merge of later days.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import quote
from xml.parsers import expat

from bot.demo.answer import Answer
from feeds.dates import VIETNAM, parse_date
from feeds.sources import Source

MOST_ITEMS = 500  # the longest home feed seen in practice that is still polled whole
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


@dataclass(frozen=True, slots=True)
class Capture:
    """One saved file; `day` from its name, None where the name bears none: such a file is always current."""

    path: Path
    day: date | None


@dataclass(frozen=True, slots=True)
class SavedFeed:
    """A well-formed feed cut at its items.

    `items` are (identity, bytes), `encoding` is as declared, `latest` the newest date an item states (aware).
    """

    title: str
    encoding: str
    head: bytes
    items: tuple[tuple[str, bytes], ...]
    tail: bytes
    latest: datetime | None


class Replay:
    """The files of a folder by outlet, oldest first; each is read once. Raises FileNotFoundError when there is none.

    `end` is the moment the newest day was captured: the full hour after its newest item, as captures do not tell
    their hour; at the latest 06:00 (Vietnam) of the next morning, which is also taken where no item states a date.
    None where no file name bears a date.
    """

    def __init__(self, folder: Path) -> None:
        captures: dict[str, list[Capture]] = {}
        for path in sorted([*folder.glob("*.xml"), *folder.glob("*/*.xml")]):
            outlet = path.stem if path.parent == folder else path.parent.name
            captures.setdefault(outlet, []).append(Capture(path, _day(path.stem)))
        if not captures:
            raise FileNotFoundError(f"no saved feeds (*.xml or */*.xml) in {folder}")
        self.captures = captures
        self._cut: dict[Path, SavedFeed | None] = {}
        days = [capture.day for files in captures.values() for capture in files if capture.day]
        self.end = self._end_of(max(days)) if days else None

    def saved(self, path: Path) -> SavedFeed | None:
        """The feed in a file, None where it cannot be cut."""
        if path not in self._cut:
            self._cut[path] = cut(path.read_bytes())
        return self._cut[path]

    def _end_of(self, day: date) -> datetime:
        morning = datetime.combine(day, time(0), VIETNAM).astimezone(UTC)
        next_morning = morning + timedelta(hours=30)
        paths = [capture.path for files in self.captures.values() for capture in files if capture.day == day]
        feeds = [saved for path in paths if (saved := self.saved(path)) is not None]
        moments = [saved.latest for saved in feeds if saved.latest and morning < saved.latest < next_morning]
        if not moments:
            return next_morning
        return max(moments).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


class ReplaySite:
    """The saved outlets as a web site: each has one address, /outlet/feed.xml; their articles are elsewhere."""

    def __init__(self, base: str, replay: Replay) -> None:
        self._captures = replay.captures
        self._saved = replay.saved
        self._answers: dict[tuple[Path, ...], Answer] = {}
        self.sources = tuple(self._source(base, outlet) for outlet in self._captures)

    def _source(self, base: str, outlet: str) -> Source:
        newest_first = (self._saved(capture.path) for capture in reversed(self._captures[outlet]))
        titles = (saved.title for saved in newest_first if saved and saved.title)
        return Source(
            url=f"{base}/{quote(outlet)}/feed.xml",
            outlet=next(titles, outlet),
            level="other",  # a saved feed does not say
            province=None,
            language="vi",
            section=None,
            enabled=True,
        )

    def answer(self, path: str, now: datetime) -> Answer | None:
        """The feed at `path` (decoded) as of the day of `now`, also when nothing was saved yet: then the first file."""
        outlet, _, rest = path.removeprefix("/").partition("/")
        captures = self._captures.get(outlet)
        if captures is None or rest != "feed.xml":
            return None
        today = now.astimezone(VIETNAM).date()
        current = [capture for capture in captures if capture.day is None or capture.day <= today] or captures[:1]
        paths = tuple(capture.path for capture in current)
        if paths not in self._answers:
            self._answers[paths] = Answer(self._body(paths), "application/rss+xml", _moment(current[-1].day))
        return self._answers[paths]

    def _body(self, paths: tuple[Path, ...]) -> bytes:
        newest = self._saved(paths[-1])
        if newest is None or len(paths) == 1:
            return paths[-1].read_bytes()
        days = (self._saved(path) for path in reversed(paths))
        return merge(newest, (day for day in days if day is not None))


def merge(newest: SavedFeed, days: Iterable[SavedFeed]) -> bytes:
    """`newest` with the items of all `days` (newest first), each identity once, at most MOST_ITEMS.

    Bytes of two encodings cannot stand in one file: days in another encoding than the newest are left out.
    """
    items: dict[str, bytes] = {}
    for day in days:
        if day.encoding == newest.encoding:
            for identity, body in day.items:
                items.setdefault(identity, body)
    return newest.head + b"\n".join(list(items.values())[:MOST_ITEMS]) + newest.tail


def cut(data: bytes) -> SavedFeed | None:
    """The feed in `data` cut at its items (RSS item, Atom entry); None where it is not well-formed or has none."""
    cutter = _Cutter()
    try:
        cutter.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):  # the last two: an unknown encoding
        return None
    if not cutter.spans:
        return None
    # expat gives where the end tag begins; the item ends with that tag's ">".
    spans = [(start, data.index(b">", end) + 1) for start, end in cutter.spans]
    bodies = [data[start:end] for start, end in spans]
    items = tuple((name or body.hex(), body) for name, body in zip(cutter.names, bodies, strict=True))
    head, tail = data[: spans[0][0]], data[spans[-1][1] :]
    return SavedFeed(cutter.title.strip(), cutter.encoding, head, items, tail, max(cutter.moments, default=None))


class _Cutter:
    """expat's events gathered: byte spans of the items, their guid, id or link, their dates, the feed's title."""

    def __init__(self) -> None:
        self.title = ""
        self.encoding = "utf-8"
        self.spans: list[tuple[int, int]] = []
        self.names: list[str] = []
        self.moments: list[datetime] = []
        self._start: int | None = None
        self._texts: dict[str, str] = {}
        self._path: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartElementHandler = self._opened
        self.parser.EndElementHandler = self._closed
        self.parser.CharacterDataHandler = self._text

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if name in {"item", "entry"} and self._start is None:
            self._start, self._texts = self.parser.CurrentByteIndex, {}

    def _closed(self, name: str) -> None:
        self._path.pop()
        if name in {"item", "entry"} and self._start is not None:
            self.spans.append((self._start, self.parser.CurrentByteIndex))
            self.names.append(self._first("guid", "id", "link"))
            moment = parse_date(self._first("pubDate", "published", "updated"))
            if moment is not None:
                self.moments.append(moment)
            self._start = None

    def _first(self, *fields: str) -> str:
        return next((text for field in fields if (text := self._texts.get(field, "").strip())), "")

    def _text(self, text: str) -> None:
        if self._start is not None:
            self._texts[self._path[-1]] = self._texts.get(self._path[-1], "") + text
        elif self._path in (["rss", "channel", "title"], ["feed", "title"]):
            self.title += text


def _day(stem: str) -> date | None:
    found = _DATE.search(stem)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _moment(day: date | None) -> datetime | None:
    return datetime.combine(day, time(0), VIETNAM) if day else None
