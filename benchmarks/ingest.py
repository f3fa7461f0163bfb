"""What polling costs (CPU seconds), beside `reader` and two floors, on one farm of made-up feeds in one run.

    python benchmarks/ingest.py [--farm FARM.py] [--feeds 1000] [--items 30] [--runs 3] [--only ours,ours+second]

The farm (a script that serves N feeds of M items on the loopback address, with ETag and 304) goes through three
rounds: cold (everything is new), unchanged (304 throughout) and changed (a tenth of the feeds has two new items, some
headlines are edited). The contenders go through them side by side, each in a process of its own, and their order
changes from run to run:

    ours            the poller of `bot.py poll`: parse, first reader, citations, store; pages are not fetched
    ours+duplicates the same, and then each article's words compared with those of two weeks
    ours+second     the same as ours, and then the second reader over the articles it is asked about; only where named,
                    for on the farm, where most of the news is policy, that takes a minute per 1,000 items
    reader+search   reader.update_feeds (8 workers) and update_search: as the library's documentation has it
    reader          the same without search
    feedparser      aiohttp, feedparser and executemany: the least a poller with feedparser does
    expat           aiohttp, expat handlers and executemany: the least at all

Printed are medians of the runs: CPU seconds (own and of child processes) per 1,000 items for the cold round, in all
for the others, each with its ratio to reader+search of the same run, and the peak of resident memory. What each of our
rows stored is compared with what the farm says it served. `reader` comes with `pip install -e '.[bench]'`.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

ROUNDS = ("cold", "unchanged", "changed")
PER_HOST = 20  # the whole farm is one host
# Figures and grammars are read at their first use; as with the imports of the others, that is no part of a round.
WARM_UP = (
    "Triển khai Luật An ninh mạng và Chỉ thị số 09-CT/TW",
    "Ngày 1/12/2011, Ban Bí thư (khóa XI) ban hành Chỉ thị số 09-CT/TW; Tỉnh ủy Bến Tre ra Nghị quyết số 08-NQ/TU.",
    "",
)

Round = Callable[[], int]
"""One round over all feeds; returns how many articles are stored in all."""


# Contenders


def ours(feeds: list[dict[str, Any]], folder: Path, *, duplicates: bool = False, second: bool = False) -> Round:
    from sqlalchemy import func, select

    from feeds.analyse import analyse
    from feeds.classify import first_reading
    from feeds.database import Database
    from feeds.duplicates import mark_waiting
    from feeds.fetch import Fetcher
    from feeds.following import add_feeds
    from feeds.judge import judge_waiting
    from feeds.models import Article
    from feeds.sources import Source
    from feeds.update import update_feeds
    from feeds.worker import Worker

    database = Database(f"sqlite:///{folder / 'ours.db'}")
    database.migrate()
    with database.session() as session:
        sources = [
            Source(url=feed["url"], outlet=feed["name"], level=feed["level"], province=feed["province"])
            for feed in feeds
        ]
        add_feeds(session, sources, now())
    host = urllib.parse.urlsplit(feeds[0]["url"]).netloc
    worker = Worker()
    analyse(*WARM_UP, judge=first_reading)

    async def round_() -> None:
        async with Fetcher(allow_private=[host], per_host=PER_HOST) as fetcher:
            await update_feeds(database, fetcher, worker, now, only_due=False, per_host=PER_HOST)
        if duplicates:
            mark_waiting(database)
        if second:
            await judge_waiting(database, worker, now)
        await worker.stop()

    def run() -> int:
        asyncio.run(round_())
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(Article)) or 0

    return run


def reader(feeds: list[dict[str, Any]], folder: Path, *, search: bool) -> Round:
    from reader import make_reader

    library = make_reader(str(folder / "reader.db"))
    for feed in feeds:
        library.add_feed(feed["url"])
    if search:
        library.enable_search()

    def run() -> int:
        library.update_feeds(scheduled=False, workers=8)
        if search:
            library.update_search()
        return library.get_entry_counts().total or 0

    return run


def floor(feeds: list[dict[str, Any]], folder: Path, *, entries: Callable[[bytes], list[tuple[str, ...]]]) -> Round:
    import aiohttp

    store = sqlite3.connect(folder / "floor.db")
    store.execute("CREATE TABLE item (feed TEXT, id TEXT, link TEXT, title TEXT, summary TEXT, PRIMARY KEY (feed, id))")
    etags: dict[str, str] = {}

    async def look(session: aiohttp.ClientSession, url: str) -> list[tuple[str, ...]]:
        async with session.get(url, headers={"If-None-Match": etags.get(url, "")}) as response:
            if response.status == 304:
                return []
            body = await response.read()
            etags[url] = response.headers.get("ETag", "")
        return [(url, *entry) for entry in entries(body)]

    async def round_() -> None:
        connector = aiohttp.TCPConnector(limit=PER_HOST)
        async with aiohttp.ClientSession(connector=connector) as session:
            for rows in await asyncio.gather(*(look(session, feed["url"]) for feed in feeds)):
                store.executemany("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?)", rows)
        store.commit()

    def run() -> int:
        asyncio.run(round_())
        count: int = store.execute("SELECT count(*) FROM item").fetchone()[0]
        return count

    return run


def by_feedparser(body: bytes) -> list[tuple[str, ...]]:
    import feedparser

    parsed = feedparser.parse(body)
    return [
        (e.get("id") or e.get("link", ""), e.get("link", ""), e.get("title", ""), e.get("summary", ""))
        for e in parsed.entries
    ]


def by_expat(body: bytes) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    item: dict[str, str] = {}
    text: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        text.clear()
        if name in ("item", "entry"):
            item.clear()
        elif name == "link" and "href" in attributes:
            item["link"] = attributes["href"]

    def end(name: str) -> None:
        if name in ("item", "entry"):
            link = item.get("link", "")
            identity = item.get("guid") or item.get("id") or link
            found.append((identity, link, item.get("title", ""), item.get("description") or item.get("summary", "")))
        elif value := "".join(text).strip():
            item[name] = value
        text.clear()

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text.append
    parser.Parse(body, True)
    return found


CONTENDERS: dict[str, Callable[[list[dict[str, Any]], Path], Round]] = {
    "ours": ours,
    "ours+duplicates": lambda feeds, folder: ours(feeds, folder, duplicates=True),
    "ours+second": lambda feeds, folder: ours(feeds, folder, second=True),
    "reader+search": lambda feeds, folder: reader(feeds, folder, search=True),
    "reader": lambda feeds, folder: reader(feeds, folder, search=False),
    "feedparser": lambda feeds, folder: floor(feeds, folder, entries=by_feedparser),
    "expat": lambda feeds, folder: floor(feeds, folder, entries=by_expat),
}
PEER, SECOND = "reader+search", "ours+second"


def out(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def now() -> datetime:
    return datetime.now(UTC)


def contend(name: str, port: int, folder: Path) -> None:
    """The child process: one round for each line on stdin, one line of figures on stdout for each."""
    import resource

    run = CONTENDERS[name](fetched(port, "/feeds.json"), folder)
    for _line in sys.stdin:
        before = time.process_time() + children()
        stored = run()
        cpu = time.process_time() + children() - before
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
        out(json.dumps({"cpu": cpu, "stored": stored, "peak": peak}))


def children() -> float:
    """CPU seconds of child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


# The run


def fetched(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=600) as answer:
        return json.load(answer)


@contextmanager
def farm(script: Path, port: int, feeds: int, items: int, seed: int) -> Iterator[None]:
    arguments = {"--feeds": feeds, "--items": items, "--seed": seed, "--port": port, "--max-seconds": 7200}
    command = [sys.executable, str(script), *(str(part) for pair in arguments.items() for part in pair)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603  the farm that was named
    try:
        for _ in range(300):
            try:
                fetched(port, "/feeds.json")
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def one_run(names: list[str], port: int) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by contender and round; the farm must stand at its beginning."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    truth: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        processes = {}
        for name in names:
            folder = Path(scratch) / name
            folder.mkdir()
            command = [sys.executable, __file__, "--contender", name, "--port", str(port), "--folder", str(folder)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
            processes[name] = subprocess.Popen(command, **pipes)  # noqa: S603  this very script
        for round_ in ROUNDS:
            if round_ == "changed":
                fetched(port, "/tick?k=2&share=0.1&edits=0.01")
            truth |= {item["canonical_url"]: item["title"] for item in fetched(port, "/truth.json")["items"]}
            for name in random.sample(names, len(names)):
                process = processes[name]
                process.stdin.write("go\n")
                process.stdin.flush()
                found[name][round_] = json.loads(process.stdout.readline())
        for process in processes.values():
            process.stdin.close()
            process.wait()
        for name in names:
            if name.startswith("ours"):
                out(f"{name}: {compared(Path(scratch) / name / 'ours.db', truth)}")
    return found


def compared(database: Path, truth: dict[str, str]) -> str:
    """What is stored against all that the farm has served: address -> headline as it was served last."""
    from feeds.identity import article_identity

    served = {article_identity(url): title for url, title in truth.items()}
    rows = sqlite3.connect(database).execute("SELECT identity, title FROM article").fetchall()
    stored = dict(rows)
    stale = sum(stored.get(identity, title) != title for identity, title in served.items())
    return (
        f"{len(served)} articles served, {len(served.keys() - stored.keys())} missed, "
        f"{len(rows) - len(stored)} doubled, {len(stored.keys() - served.keys())} not served, "
        f"{stale} headlines out of date"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--farm", type=Path, default=ROOT.parent / "shared" / "feeds" / "farm.py")
    arguments.add_argument("--feeds", type=int, default=1000)
    arguments.add_argument("--items", type=int, default=30)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--port", type=int, default=8203)
    arguments.add_argument("--only", help="contenders, separated by commas")
    arguments.add_argument("--contender", help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.contender:
        contend(given.contender, given.port, given.folder)
        return
    if not given.farm.is_file():
        sys.exit(f"there is no farm at {given.farm}; --farm says where one is")
    names = given.only.split(",") if given.only else [name for name in CONTENDERS if name != SECOND]
    runs = []
    for run in range(given.runs):
        with farm(given.farm, given.port, given.feeds, given.items, given.seed + run):
            runs.append(one_run(names, given.port))
        show_run(run, runs[-1])
    show(names, runs, given.feeds * given.items)


def show_run(run: int, found: dict[str, dict[str, dict[str, float]]]) -> None:
    out(f"run {run + 1}: CPU seconds of each round, and how much is stored after it")
    for name, rounds in found.items():
        figures = "  ".join(
            f"{round_} {rounds[round_]['cpu']:.3f} s ({rounds[round_]['stored']} stored)" for round_ in ROUNDS
        )
        out(f"  {name:<14} {figures}  peak {rounds['changed']['peak']:.0f} MB")


def show(names: list[str], runs: list[dict[str, dict[str, dict[str, float]]]], items: int) -> None:
    out(f"\nmedians of {len(runs)} runs: CPU seconds, in brackets the part of {PEER}")
    out(f"{'':<14} {'cold / 1,000 items':>20} {'unchanged':>18} {'changed':>18} {'peak':>8}")
    for name in names:
        row = [f"{name:<14}"]
        for round_, width in zip(ROUNDS, (20, 18, 18), strict=True):
            unit = items / 1000 if round_ == "cold" else 1.0
            cpu = statistics.median(run[name][round_]["cpu"] for run in runs) / unit
            text = f"{cpu:.3f}"
            if PEER in names and name != PEER:
                part = statistics.median(run[PEER][round_]["cpu"] / max(run[name][round_]["cpu"], 1e-9) for run in runs)
                text += f" (1/{part:.1f})"
            row.append(f"{text:>{width}}")
        peak = statistics.median(run[name]["changed"]["peak"] for run in runs)
        out(" ".join([*row, f"{peak:>5.0f} MB"]))


if __name__ == "__main__":
    main()
