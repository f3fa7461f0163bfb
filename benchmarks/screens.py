"""What the store's work costs behind screens and chores, beside cards, searches and the API.

    python benchmarks/screens.py --keep FOLDER [--postgres] [--times 10] [--only WORD]

The folder has a store of benchmarks/million.py (which measures cards and searches; benchmarks/api.py does the API). It
gets the feeds of the sources file and `READERS` readers with the digests of two weeks, where it has none. Chores do
what there is to do: keep a copy of the store.

Milliseconds of CPU of this process and, on PostgreSQL, of its server's, the first time and in the median of the times
after that; and of the CPU time the longest that a transaction which writes was open: on SQLite it keeps out others.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import gc
import logging
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, event, func, insert, select, update
from sqlalchemy.orm import Session

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from dossier import HOT, NOW  # noqa: E402
from million import Stopwatch, kept  # noqa: E402

from bot.follow_menus import following_screen, offer_screen  # noqa: E402
from bot.handlers.calendar import calendar_screen  # noqa: E402
from bot.handlers.implementation import map_screen  # noqa: E402
from bot.handlers.timeline import timeline_screen  # noqa: E402
from bot.metrics import _Stored  # noqa: E402
from bot.presses import outlets_read  # noqa: E402
from digests import canary, troubles  # noqa: E402
from digests.acts import acts  # noqa: E402
from digests.chart import BATCH, chart_some, recount_totals  # noqa: E402
from digests.claim import claim_due, compose_one  # noqa: E402
from digests.cluster import fold_waiting  # noqa: E402
from digests.compose import compose_period, compose_preview, compose_told  # noqa: E402
from digests.draft_cards import count_suggested  # noqa: E402
from digests.edition import Editions  # noqa: E402
from digests.groups import erase_left  # noqa: E402
from digests.models import Chat, Chore, Digest, DigestPart, Feedback, Follow, SentStory, Subscription  # noqa: E402
from digests.mydata import data_of, erase  # noqa: E402
from digests.notices import count_reached  # noqa: E402
from digests.parts import claim_parts, recover  # noqa: E402
from digests.reminders import remind  # noqa: E402
from digests.retention import drop_full_texts, drop_old_texts  # noqa: E402
from digests.review import count_reports, count_waiting, nth_doubt, nth_report  # noqa: E402
from digests.stats import stats_of  # noqa: E402
from digests.status import status_view  # noqa: E402
from digests.subscribers import Reader, find_reader  # noqa: E402
from digests.trends import document_months, find_trends  # noqa: E402
from digests.waking import wake_followers  # noqa: E402
from digests.why import why_article  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.documents.token import document_token  # noqa: E402
from feeds.duplicates import mark_waiting  # noqa: E402
from feeds.following import all_feeds, claim_feeds, reading_progress, sync_sources  # noqa: E402
from feeds.leases import claim_pages, claim_second_readings  # noqa: E402
from feeds.models import Article  # noqa: E402
from feeds.reindex import count_outdated  # noqa: E402
from feeds.sources import load_sources  # noqa: E402
from feeds.store import ensure_documents, still_reading_since  # noqa: E402

READERS, DAYS, TOLD = 10_000, 14, 5  # readers, digests of each, stories in each
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)


def populate(database: Database) -> None:
    """Feeds and readers, what these follow and were sent, where the store has no reader."""
    with database.session() as session:
        if session.scalar(select(Chat.id).limit(1)) is not None:
            return
        sync_sources(session, load_sources(), NOW)
        ensure_documents(session, [HOT])
        stories = list(session.scalars(select(Article.id).order_by(Article.id.desc()).limit(2000)))
        chats = range(1, READERS + 1)
        digests = range(1, READERS * DAYS + 1)

        def add(model: Any, rows: list[dict[str, Any]]) -> None:
            session.add_all(model(**row) for row in rows)
            session.flush()

        def sent(number: int) -> datetime:
            return NOW - DAY * ((number - 1) // READERS) - timedelta(hours=1)

        def reader(number: int) -> int:
            return (number - 1) % READERS + 1

        add(Chat, [{"id": chat, "created_at": NOW - 90 * DAY} for chat in chats])
        add(Subscription, [{"chat_id": chat, "next_due_at": NOW, "covered_until": NOW - DAY} for chat in chats])
        watched = (("document", HOT), ("words", "ma túy"), ("place", "Nghệ An"))
        add(Follow, [{"chat_id": chat, "kind": k, "value": v, "since": NOW} for chat in chats for k, v in watched])
        add(
            Digest,
            [{"subscription_id": reader(number), "chat_id": reader(number), "due_at": sent(number),
              "window_start": sent(number) - DAY, "window_end": sent(number), "state": "done"}
             for number in digests],
        )  # fmt: skip
        session.execute(
            insert(DigestPart),
            [{"digest_id": number, "chat_id": reader(number), "number": 1, "state": "sent", "buttons": [],
              "html": "Tin. " * 400 if number <= READERS * 8 else "", "sent_at": sent(number), "message_id": number}
             for number in digests],
        )  # fmt: skip
        told = {(reader(number), stories[(number // READERS * TOLD + at) % 1000] // 2): number
                for number in digests for at in range(TOLD)}  # fmt: skip
        session.execute(
            insert(SentStory),
            [{"chat_id": chat, "story_id": story, "digest_id": number, "at": sent(number), "shown": {}}
             for (chat, story), number in told.items()],
        )  # fmt: skip
        add(Feedback, [{"chat_id": chat, "article_id": stories[chat], "kind": "irrelevant", "at": NOW}
                       for chat in range(1, 500)])  # fmt: skip


class Bench:
    """Asks `times` times after the first, and prints a row."""

    def __init__(self, database: Database, times: int, only: str) -> None:
        self._database, self._times, self._only = database, times, only
        self._server = Stopwatch(database).server
        self._longest = 0.0
        begun: dict[Connection, float] = {}

        @event.listens_for(database.engine, "begin")
        def _begin(connection: Connection) -> None:
            if not connection.get_execution_options().get("read_only"):
                begun[connection] = self._cpu()

        @event.listens_for(database.engine, "commit")
        @event.listens_for(database.engine, "rollback")
        def _end(connection: Connection) -> None:
            if connection in begun:
                self._longest = max(self._longest, self._cpu() - begun.pop(connection))

    def screen(self, name: str, work: Callable[[Session], object]) -> None:
        def read() -> object:
            with self._database.reading() as session:
                return work(session)

        self.row(name, read)

    def write(self, name: str, work: Callable[[Session], object]) -> None:
        def done() -> object:
            with self._database.session() as session:
                return work(session)

        self.row(name, done)

    def row(self, name: str, work: Callable[[], object], times: int | None = None) -> None:
        if self._only not in name:
            return
        self._longest = 0.0
        spent = []
        for _ in range(1 + (self._times if times is None else times)):
            before = self._cpu()
            work()
            spent.append(self._cpu() - before)
        warm = f"{median(spent[1:]) * 1000:9.1f}" if len(spent) > 1 else " " * 9
        print(f"{name:44} {spent[0] * 1000:9.1f} {warm} {self._longest * 1000:9.1f}", flush=True)

    def _cpu(self) -> float:
        return time.process_time() + self._server()


def screens(bench: Bench, database: Database) -> None:
    with database.reading() as session:
        reader = find_reader(session, 1)
        newest = session.scalar(select(Article.id).order_by(Article.position.desc()).limit(1)) or 0
        digest = session.scalar(select(Digest).where(Digest.chat_id == 1).order_by(Digest.id).limit(1))
    if reader is None or reader.first is None or digest is None:
        raise SystemExit("the store has no readers")
    first, token = reader.first, document_token(HOT)

    def told(session: Session) -> object:
        return compose_told(session, digest, reader, first)

    def period(hours: int) -> Callable[[Session], object]:
        asked = partial(compose_period, language="vi", timezone="Asia/Ho_Chi_Minh", subscription=first)
        return lambda session: asked(session, NOW, hours)

    for name, work in {
        "/trends": partial(find_trends, now=NOW),
        "/trends of a document": partial(document_months, document_id=HOT, now=NOW),
        "/status, doctor": partial(status_view, now=NOW),
        "/stats": partial(stats_of, now=NOW, zone=ZONE),
        "/feeds, /sources": all_feeds,
        "outlets to choose": outlets_read,
        "/calendar of a month": lambda s: calendar_screen(s, reader, 2026, 11, 0),
        "/calendar of a year": lambda s: calendar_screen(s, reader, 2026, None, 0),
        "/timeline, the most cited": lambda s: timeline_screen(s, HOT, token, reader, 0),
        "/map, the most cited": lambda s: map_screen(s, HOT, token, reader, 0),
        "/following": lambda s: following_screen(s, reader, 0),
        "to follow the most cited": lambda s: offer_screen(s, _stranger(reader), ("document", HOT), NOW),
        "to follow words": lambda s: offer_screen(s, _stranger(reader), ("words", "ma túy"), NOW),
        "to follow very common words": lambda s: offer_screen(s, _stranger(reader), ("words", "công an"), NOW),
        "to follow a place": lambda s: offer_screen(s, _stranger(reader), ("place", "Nghệ An"), NOW),
        "/why": partial(why_article, article_id=newest, chat_id=1),
        "/today": period(24),
        "/preview": lambda s: compose_preview(s, reader, first, NOW),
        "/export": told,
        "/mydata": partial(data_of, chat_id=1, now=NOW),
        "/review": count_waiting,
        "/review, a number": partial(nth_doubt, skipped=0),
        "/review, a number far down": partial(nth_doubt, skipped=3000),
        "/review, a report": lambda s: (nth_report(s, "irrelevant", 0), count_reports(s), count_suggested(s)),  # type: ignore[arg-type]
        "/acts": partial(acts, first=0, count=10),
        "/broadcast, whom it reaches": count_reached,
        "doctor and alerts: troubles": partial(troubles.troubles_of, now=NOW),
        "canary": partial(canary.canary_of, now=NOW),
        "reading progress": lambda s: (reading_progress(s), still_reading_since(s, NOW)),
    }.items():
        bench.screen(name, work)
    bench.row("/metrics", lambda: list(_Stored(database, lambda: NOW)._ask()))
    bench.row("reindex: what is outdated", lambda: count_outdated(database), 2)


def _stranger(reader: Reader) -> Reader:
    return Reader(Chat(id=READERS + 1, created_at=NOW), reader.subscriptions)


def chores(bench: Bench, database: Database) -> None:
    days = count(1)

    def daily(name: str, chore: Callable[[datetime], object]) -> Callable[[], object]:
        def work() -> object:
            with database.session() as session:
                session.merge(Chore(name=name, next_due_at=NOW))
            return chore(NOW)

        return work

    def uncharted() -> object:
        with database.session() as session:
            last = session.scalar(select(func.max(Article.id))) or 0
            session.execute(update(Article).where(Article.id > last - BATCH).values(charted=False))
        with database.session() as session:
            return chart_some(session)

    editions = Editions()
    for name, work in {
        "start: sources": lambda s: sync_sources(s, load_sources(), NOW),
        "claim of feeds": lambda s: claim_feeds(s, NOW + 7 * DAY, limit=30),
        "claim of pages": lambda s: claim_pages(s, NOW, limit=100),
        "claim of second readings": lambda s: claim_second_readings(s, NOW, limit=100),
        "claim of digests, 200": lambda s: claim_due(s, NOW),
        "composing of a digest": lambda s: compose_one(s, NOW, editions),
        "claim of parts, 32": lambda s: claim_parts(s, NOW, 32),
        "recovering": recover,
    }.items():
        bench.write(name, work)
    bench.row("stories", lambda: fold_waiting(database))
    bench.row("waking", lambda: wake_followers(database, NOW))
    bench.row("duplicates", lambda: mark_waiting(database))
    bench.row("charting of a batch", uncharted)
    bench.row("sums of documents, hourly", daily("totals", partial(recount_totals, database)))
    bench.row("texts of old messages, daily", daily("texts", partial(drop_old_texts, database)), 2)
    kept_texts = 1095 * DAY - timedelta(hours=6)  # of those that are stored, a few hours are older
    bench.row("full texts, daily", daily("full_texts", lambda now: drop_full_texts(database, now, kept_texts)), 2)
    bench.row("reminders, monthly", lambda: remind(database, NOW))
    bench.row("left chats, daily", daily("left", partial(erase_left, database)))
    bench.row("unusual day, daily", daily("canary", lambda now: canary._claim(database, now, ZONE)))
    bench.write("erasing of a reader", lambda s: erase(s, READERS + 1 - next(days)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--only", default="", help="rows that have this in their names")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with kept(given.keep, postgres=given.postgres) as database:
        populate(database)
        gc.collect()
        gc.freeze()  # as a bot that runs does
        bench = Bench(database, given.times, given.only)
        print(f"{'CPU ms':44} {'first':>9} {'median':>9} {'open':>9}")
        screens(bench, database)
        chores(bench, database)


if __name__ == "__main__":
    main()
