"""What folding one more article costs, by how many are stored.

    python benchmarks/stories/cost.py [--replay REPLAY] [--stored 10000 200000] [--new 200] [--postgres URL]

Stored are the recorded items over and over, told again with other words of theirs left out, all of them within the
window of folding (three days) and folded; then `--new` further ones come in, folded in batches of 20. Printed: CPU
milliseconds of this process per new article. The rows of the stored ones are written as folding would write them, each
a story of its own; their vectors are drawn at random.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import Item, load_items  # noqa: E402

from digests.cluster import WINDOW, fold_stories  # noqa: E402
from digests.event import read_report  # noqa: E402
from digests.models import Story, StoryArticle, StoryTerm  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.embedding import WIDTH  # noqa: E402
from feeds.models import Article, ArticleVector  # noqa: E402
from feeds.positions import minute_position  # noqa: E402

REPLAY = ROOT.parent / "shared" / "feeds" / "real" / "replay"
NOW = datetime(2026, 8, 25, tzinfo=UTC)
_BATCH = 5000
_TOGETHER = 20
_KEPT = 0.9  # of the words of an item told again


def tell_again(items: list[Item], count: int) -> Iterator[tuple[str, str]]:
    """Titles and leads, of which no two are the same."""
    draw = random.Random(1)  # noqa: S311  words, no secret
    for number in range(count):
        item = items[number % len(items)]
        lead = " ".join(word for word in item.lead.split() if draw.random() < _KEPT)
        yield f"{item.title} {number}", lead


def write(database: Database, items: list[Item], count: int, new: int) -> None:
    told = list(tell_again(items, count + new))
    draw = random.Random(2)  # noqa: S311  vectors, no secret
    for start in range(0, len(told), _BATCH):
        articles, vectors, stories, members, terms = [], [], [], [], []
        for number, (title, lead) in enumerate(told[start : start + _BATCH], start + 1):
            at = NOW - WINDOW * (1 - min(1, number / count))
            position = minute_position(at) + number % 60_000
            row = {"id": number, "position": position, "identity": str(number), "outlet": f"Báo {number % 60}"}
            words = {"title": title, "lead": lead, "text": "", "published_at": at, "first_seen_at": at}
            lists = {name: [] for name in ("topics", "places", "evidence", "wrong_documents")}
            articles.append({**row, **words, **lists, "state": "kept", "compared": True})
            vectors.append({"article_id": number, "vector": draw.randbytes(WIDTH)})
            if number <= count:
                report = read_report(number, row["outlet"], at, title, lead, "", (), ())
                stories.append({"id": number, "created_at": at})
                members.append({"article_id": number, "story_id": number, "placement": number})
                terms += [{"term": term, "position": position, "article_id": number} for term in report.terms]
        with database.session() as session:
            tables = (Article, ArticleVector, Story, StoryArticle, StoryTerm)
            for table, rows in zip(tables, (articles, vectors, stories, members, terms), strict=True):
                if rows:
                    session.execute(insert(table), rows)


def measure(database: Database) -> float:
    """CPU milliseconds per new article."""
    placed, started = 0, time.process_time()
    while True:
        with database.session() as session:
            some = fold_stories(session, limit=_TOGETHER)
        if not some:
            return (time.process_time() - started) * 1000 / placed
        placed += some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--replay", type=Path, default=REPLAY, help="the folder of recorded feeds")
    parser.add_argument("--stored", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--new", type=int, default=200)
    parser.add_argument("--postgres", help="an empty database to measure instead of SQLite, for one size")
    options = parser.parse_args()
    if not options.replay.is_dir():
        print(f"skipped: there are no recorded feeds in {options.replay}")
        return
    items = list(load_items(options.replay).values())
    for count in options.stored:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(options.postgres or f"sqlite:///{folder}/stories.db")
            database.migrate()
            write(database, items, count, options.new)
            print(f"{count:>8} stored: {measure(database):.1f} ms CPU per new article", flush=True)
            database.close()


if __name__ == "__main__":
    main()
