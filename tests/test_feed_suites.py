"""Every feed of the shared suites and of the saved real ones, beside bare feedparser; our two readers side by side.

Ours gives the same entries in number and order, with the same link and title. These differences are meant; `FOUND`
says how often each is met in the 340 real files and the 2,902 of the suites:

- *without link and guid*: refused with this reason, as nothing would know it again at the next look. Nearly all are
  made-up feeds of one element; one is an entry of VnExpress of 2017
- *without title and text*: refused; there is nothing to read or to show
- *title cleaned*: tags, entities that feedparser leaves, blanks, invisible characters, NFC (feeds.text.one_line)
- *script in a title*: its words stay as plain text, where feedparser's sanitiser drops them
- *character that XML forbids*: dropped, where feedparser's loose parser lets it through
- *guessed character set*: nothing declares it, and both show nonsense; for Vietnamese our guess is Windows-1258
- *relative link*: made absolute with the feed's address, as no reader of a message could follow it
- *link with blanks*: stripped or %20, without which it could not be fetched
- *no web address* (urn:, mailto:): no link; the entry is known by its guid
- *too_complex*: the feed declares entities of its own, which is how XML bombs are made
- *not_a_feed*, *empty*: OPML, other XML, nothing; feedparser finds no entry there either

Dates and identities are by our own rules, which test_dates.py and test_identity.py pin.
"""

import asyncio
import io
import warnings
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest

from feeds.entries import RawFeed, entry_of, link_of
from feeds.markup import decode, strip_tags
from feeds.parse import ParseError, feed_text, read_feed, read_slowly
from feeds.scan import scan_feed
from feeds.text import one_line
from feeds.worker import Worker

SHARED = Path(__file__).parents[2] / "shared" / "feeds"
URL = "https://bao.example/rss/home.rss"
FOUND = {
    "real": {"entries": 9365, "an entry without link and guid": 1, "title cleaned": 48},
    "suites": {
        "entries": 2305,
        "an entry without link and guid": 1334,
        "an entry without title and text": 121,
        "title cleaned": 240,
        "script in a title": 4,
        "character that XML forbids": 1,
        "title in a guessed character set": 4,
        "relative link": 35,
        "link with blanks": 3,
        "link that is no web address": 7,
        "too_complex, 0 entries": 1,
        "too_complex, 1 entries": 1,
        "not_a_feed, 0 entries": 20,
        "empty, 0 entries": 1,
    },
}

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the suites of feeds are kept outside the repository")


def feed_files(folder: str) -> list[Path]:
    return sorted(path for path in (SHARED / folder).rglob("*") if path.suffix in (".xml", ".rss", ".atom", ".rdf"))


def bare_entries(body: bytes) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of feedparser about its own mappings
        return list(feedparser.parse(io.BytesIO(body)).entries)


def differences(raw: RawFeed, bare: list[Any], guessed: bool) -> Counter[str]:
    """How the feed differs from bare feedparser's, by the names of `FOUND`; anything else under a name of its own."""
    if len(raw.entries) != len(bare):
        return Counter([f"{len(bare)} entries became {len(raw.entries)}"])
    found: Counter[str] = Counter()
    for ours, theirs in zip(raw.entries, bare, strict=True):
        try:
            entry_of(ours, URL)
        except ValueError as error:
            found[str(error).partition(":")[0]] += 1
        found += Counter(_link_difference(link_of(ours.link, URL), theirs.get("link") or ""))
        found += Counter(_title_difference(ours.title, theirs.get("title") or "", guessed))
    return found


def _link_difference(ours: str | None, theirs: str) -> list[str]:
    if (ours or "") == theirs:
        return []
    if ours is None:
        return ["link that is no web address"] if not theirs.startswith("http") else [f"{theirs} refused"]
    if " " in theirs:
        return (
            ["link with blanks"] if ours.endswith(theirs.strip().replace(" ", "%20")) else [f"{theirs} became {ours}"]
        )
    return ["relative link" if urljoin(URL, theirs) == ours else f"{theirs} became {ours}"]


def _title_difference(ours: str, theirs: str, guessed: bool) -> list[str]:
    shown = one_line(strip_tags(ours))
    if shown == theirs:
        return []
    if shown == one_line(strip_tags(theirs)):
        return ["title cleaned"]
    if "<script" in ours:
        return ["script in a title"]
    if "\b" in theirs:
        return ["character that XML forbids"]
    if guessed:
        return ["title in a guessed character set"]
    return [f"{theirs!r} became {shown!r}"]


@pytest.mark.parametrize("folder", FOUND)
async def test_the_same_entries_as_feedparser(folder: str) -> None:
    """A file that stalled for longer than `feeds.parse.SECONDS` would be found as "too_complex"."""
    found: Counter[str] = Counter()
    async with Worker() as worker:
        for path in feed_files(folder):
            body = path.read_bytes()
            bare = await asyncio.to_thread(bare_entries, body)
            try:
                raw = await read_feed(body, content_type=None, worker=worker)
            except ParseError as error:
                found[f"{error.reason}, {len(bare)} entries"] += 1
            else:
                found["entries"] += len(bare)
                found += differences(raw, bare, guessed=path.parent.name == "chardet")
    assert dict(found) == FOUND[folder]


@pytest.mark.parametrize(("folder", "at_least"), [("real", 0.99), ("suites", 0.6)])
def test_the_fast_reader_gives_what_feedparser_gives(folder: str, at_least: float) -> None:
    files = feed_files(folder)
    taken = 0
    for path in files:
        text = decode(path.read_bytes())
        if fast := scan_feed(text):
            taken += 1
            assert fast == read_slowly(feed_text(text)), path
    assert taken >= at_least * len(files)
