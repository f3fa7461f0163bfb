"""How well wire stories are told to be one text, on a farm of feeds whose truth is known, and what that costs.

    python benchmarks/duplicates.py [--farm FARM.PY] [--seeds 11 12 13] [--feeds 1000] [--items 30] [--pages]

The farm runs on loopback for each seed; its feeds are read as the bot reads them, stored in batches in a new SQLite
database and marked by `mark_duplicates`. A pair is two articles of one event (farm: /truth.json), found where both are
in one group. Printed, for what feeds give and with `--pages` for the text of every page too: precision, recall and F1
of all pairs; the same without the first report of each event; and CPU milliseconds an article, for reading the words
and for the whole marking.

The farm draws the first report of an event with other random numbers than the copies it is said to be the original of:
the commune, the names, the counts and often the document differ ("Ngày hội ... tại xã Hưng Xuyên ... 16 đơn vị" and
"... tại xã Kỳ Khê ... 19 nơi làm điểm"). These are two texts by every rule here, so of all pairs not more than about
0.92 can be found; the copies among themselves are what they claim to be.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from re import DOTALL, compile
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from feeds.database import Database  # noqa: E402
from feeds.duplicates import mark_duplicates  # noqa: E402
from feeds.fingerprint import read_wording  # noqa: E402
from feeds.identity import article_identity  # noqa: E402
from feeds.models import Article  # noqa: E402
from feeds.parse import parse_feed  # noqa: E402
from feeds.positions import minute_position  # noqa: E402

FARM = ROOT.parent / "shared" / "feeds" / "farm.py"
BATCH = 2500
_BODY = compile(r"</figure>(.*?)<p class=\"author\">", DOTALL)
_TAG = compile(r"<[^>]+>")


@contextmanager
def farm(path: Path, seed: int, feeds: int, items: int) -> Iterator[str]:
    """The address of a farm that ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(path), "--port", str(port), "--max-seconds", "3600"]
    command += ["--seed", str(seed), "--feeds", str(feeds), "--items", str(items)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603  the farm that the user named
    try:
        if process.stdout is None or not process.stdout.readline():
            raise SystemExit(f"the farm did not start: {path}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def get(url: str) -> bytes:
    with urlopen(url) as answer:  # noqa: S310  loopback
        return bytes(answer.read())


def articles(address: str) -> tuple[list[Article], dict[str, dict[str, Any]]]:
    """What the farm's feeds give, each article once, and the truth of each by its identity."""
    found: dict[str, Article] = {}
    now = datetime.now(UTC)
    for feed in json.loads(get(f"{address}/feeds.json")):
        for entry in parse_feed(get(feed["url"]), url=feed["url"]).entries:
            identity = article_identity(entry.url or "", entry.guid)
            if identity not in found:
                found[identity] = Article(
                    position=minute_position(entry.published or now) + len(found),
                    identity=identity,
                    url=entry.url,
                    outlet=feed["name"],
                    title=entry.title,
                    lead=entry.summary,
                    text="",
                    first_seen_at=now,
                    published_at=entry.published,
                    level=feed["level"],
                )
    truth = {article_identity(item["url"]): item for item in json.loads(get(f"{address}/truth.json"))["items"]}
    return list(found.values()), truth


def read_pages(found: Sequence[Article]) -> None:
    """Gives the articles the texts of their pages, without the byline."""
    with ThreadPoolExecutor(8) as pool:
        for article, page in zip(found, pool.map(lambda a: get(a.url or ""), found), strict=True):
            body = _BODY.search(page.decode())
            article.text = unescape(_TAG.sub(" ", body[1])) if body else ""


def pairs(groups: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    return {(one, other) for group in groups for one in group for other in group if one < other}


def marked(found: Sequence[Article]) -> tuple[set[tuple[str, str]], float]:
    """The pairs that a new database finds in `found`, and the CPU seconds of the marking."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/duplicates.db")
        database.migrate()
        taken = 0.0
        for start in range(0, len(found), BATCH):
            with database.session() as session:
                some = list(found[start : start + BATCH])
                session.add_all(some)
                session.flush()
                before = time.process_time()
                mark_duplicates(session, some, some[0].first_seen_at)
                taken += time.process_time() - before
        groups: dict[int, list[str]] = defaultdict(list)
        with database.reading() as session:
            for article in session.query(Article.id, Article.original_id, Article.identity):
                groups[article.original_id or article.id].append(article.identity)
        database.close()
    return pairs(groups.values()), taken


def report(name: str, found: set[tuple[str, str]], true: set[tuple[str, str]]) -> None:
    right = len(found & true)
    precision, recall = right / len(found), right / len(true)
    score = 2 * precision * recall / (precision + recall)
    sys.stdout.write(f"{name:38}{len(true):9,}{precision:11.4f}{recall:9.4f}{score:9.4f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--farm", type=Path, default=FARM)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--pages", action="store_true", help="read every page too")
    arguments = parser.parse_args()
    if not arguments.farm.is_file():
        raise SystemExit(f"not measured: no farm at {arguments.farm} (--farm says where it is)")
    sys.stdout.write(f"{'':38}{'pairs':>9}{'precision':>11}{'recall':>9}{'F1':>9}\n")
    for seed in arguments.seeds:
        with farm(arguments.farm, seed, arguments.feeds, arguments.items) as address:
            found, truth = articles(address)
            events: dict[int, list[str]] = defaultdict(list)
            for article in found:
                events[truth[article.identity]["event"]].append(article.identity)
            first = {identity for identity, item in truth.items() if item["relation"] == "original"}
            true = pairs(events.values())
            for what in ("feeds", "pages") if arguments.pages else ("feeds",):
                if what == "pages":
                    found = [copy_of(article) for article in found]
                    read_pages(found)
                before = time.process_time()
                for article in found:
                    read_wording(*article.parts)
                reading = time.process_time() - before
                same, marking = marked(found)
                report(f"seed {seed}, {what}", same, true)
                report(f"seed {seed}, {what}, without originals", without(same, first), without(true, first))
                sys.stdout.write(
                    f"    {len(found):,} articles of {len(events):,} events; CPU ms an article: "
                    f"{reading / len(found) * 1000:.3f} reading, {marking / len(found) * 1000:.3f} marking\n"
                )


def without(some: set[tuple[str, str]], left_out: set[str]) -> set[tuple[str, str]]:
    return {pair for pair in some if left_out.isdisjoint(pair)}


def copy_of(article: Article) -> Article:
    """The same article, not stored yet."""
    columns = {
        name: getattr(article, name)
        for name in ("position", "identity", "url", "outlet", "title", "lead", "first_seen_at", "published_at", "level")
    }
    return Article(**columns, text="")


if __name__ == "__main__":
    main()
