"""What a process tells Prometheus: every metric there is, defined here.

What happens in a process is counted by it (`Metrics`); what stands in the database is asked for when somebody looks
(`_Stored`), a few bounded queries at most once in `FRESH` seconds. Of several processes on one database each tells the
latter: take their maximum, and the sum of the former.

A feed's lag is told by outlet, the worst of its feeds: an address would be a series for each section of a paper. More
than `MOST_OUTLETS` are cut to those that lag most.
"""

import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digests.parts import Outcome
from digests.queues import Queues, queues_of
from digests.troubles import room_left
from feeds.database import Database
from feeds.following import all_feeds
from feeds.health import Health, health_of, reason_of
from feeds.judge import JudgeReport
from feeds.models import Article, Feed
from feeds.update import UpdateReport

log = structlog.get_logger()

FRESH = 15.0  # seconds
MOST_OUTLETS = 300
STATES = ("kept", "near", "left_out", "reading")
_DAY = timedelta(days=1)
_ASKED_WITHIN = 5000  # milliseconds; PostgreSQL gives up the question then
_LATE = (1, 5, 15, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200)  # seconds


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self, roles: Collection[str] = ()) -> None:
        self.registry = here = CollectorRegistry()
        ProcessCollector(registry=here)
        GCCollector(registry=here)
        build = Gauge("diem_tin_build_info", "Version and roles of the process", ["version", "roles"], registry=here)
        build.labels(version("diem-tin"), ",".join(sorted(roles))).set(1)
        self._polls = Counter(
            "diem_tin_polls", "Looks at feeds: read, unchanged, or why not read", ["outcome"], registry=here
        )
        self._articles = Counter("diem_tin_articles", "Articles: new, edited, judged, kept", ["step"], registry=here)
        self._pages = Counter("diem_tin_pages_read", "Article pages read", registry=here)
        self._sent = Counter("diem_tin_messages_sent", "Messages of digests and notices sent", registry=here)
        self._send_errors = Counter("diem_tin_send_errors", "Messages not sent, by kind", ["kind"], registry=here)
        self._lateness = Histogram(
            "diem_tin_digest_lateness_seconds",
            "From when a digest was due to when its first message was sent",
            buckets=_LATE,
            registry=here,
        )
        self._job_runs = Counter("diem_tin_job_runs", "Rounds of jobs", ["name", "outcome"], registry=here)
        self._lock = Gauge("diem_tin_delivery_lock_held", "Whether this process delivers", registry=here)

    def polled(self, report: UpdateReport) -> None:
        failures = Tally(reason_of(error) for _, _, error in report.failed)
        read = report.checked - report.unchanged - len(report.failed)
        for outcome, count in {**failures, "read": read, "unchanged": report.unchanged}.items():
            self._polls.labels(outcome).inc(count)
        self._articles.labels("new").inc(report.new)
        self._articles.labels("edited").inc(report.edited)

    def pages_read(self, count: int) -> None:
        self._pages.inc(count)

    def judged(self, report: JudgeReport) -> None:
        self._articles.labels("judged").inc(report.judged)
        self._articles.labels("kept").inc(report.kept)
        self._articles.labels("not judged by the second reader").inc(report.failed)

    def delivered(self, outcome: Outcome, now: datetime) -> None:
        """What became of a message."""
        if not isinstance(outcome.answer, int):
            self._send_errors.labels(type(outcome.answer).__name__).inc()
            return
        self._sent.inc()
        if outcome.part.due_at:
            self._lateness.observe(max(0.0, (now - outcome.part.due_at).total_seconds()))

    def job_ran(self, job: str, *, done: bool) -> None:
        kind = job.partition(" ")[0]  # what follows tells two of a kind apart
        self._job_runs.labels(kind, "done" if done else "failed").inc()

    def holds_lock(self, held: bool) -> None:
        self._lock.set(held)

    def tell_stored(
        self, database: Database, clock: Callable[[], datetime], open_to: Collection[int] | None = None
    ) -> None:
        """From now on, also what stands in the database."""
        self.registry.register(_Stored(database, clock, open_to))


class _Stored(Collector):
    def __init__(
        self, database: Database, clock: Callable[[], datetime], open_to: Collection[int] | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._open_to = open_to
        self._turn = threading.Lock()
        self._found: list[Metric] = []
        self._asked_at = -FRESH

    def describe(self) -> Iterable[Metric]:
        """None ahead of time: naming them would ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        # Who comes meanwhile is told the last: waiting would hold the few threads that keep the locks of `feeds.locks`.
        if time.monotonic() - self._asked_at >= FRESH and self._turn.acquire(blocking=False):
            try:
                self._found = list(self._ask())
                self._asked_at = time.monotonic()
            finally:
                self._turn.release()
        return self._found

    def _ask(self) -> Iterable[Metric]:
        try:
            with self._database.reading() as session:
                if not self._database.is_sqlite:
                    session.execute(text(f"SET LOCAL statement_timeout = {_ASKED_WITHIN}"))
                now, feeds = self._clock(), all_feeds(session)
                found = [
                    _feeds(feeds, now),
                    _lags(feeds, now),
                    _articles(session, now),
                    *_queues(queues_of(session, now, open_to=self._open_to), now),
                    *_room(session, self._database),
                ]
        except SQLAlchemyError as error:
            log.warning("the database does not tell its figures", error=repr(error))
            return [_gauge("diem_tin_database_up", "Whether the database answers", 0)]
        return [_gauge("diem_tin_database_up", "Whether the database answers", 1), *found]


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _labelled(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _feeds(feeds: Iterable[Feed], now: datetime) -> Metric:
    counts = Tally(health_of(feed, now) for feed in feeds)
    return _labelled("diem_tin_feeds", "Feeds by their health", "health", {one: counts[one] for one in Health})


def _lags(feeds: Iterable[Feed], now: datetime) -> Metric:
    lags: dict[str, float] = {}
    for feed in feeds:
        since = feed.succeeded_at or feed.followed_at
        if since and not feed.paused:
            lags[feed.outlet] = max(lags.get(feed.outlet, 0.0), (now - since).total_seconds())
    worst = sorted(lags.items(), key=lambda item: (-item[1], item[0]))[:MOST_OUTLETS]
    return _labelled("diem_tin_feed_lag_seconds", "Since an outlet's feed was last read", "outlet", dict(worst))


def _articles(session: Session, now: datetime) -> Metric:
    """Of the last day: a count of all would read the whole index."""
    count = select(func.count()).select_from(Article).where(Article.first_seen_at > now - _DAY)
    counts = {state: session.scalar(count.where(Article.state == state)) or 0 for state in STATES}
    return _labelled("diem_tin_articles_last_day", "Articles of the last 24 hours by state", "state", counts)


def _queues(queues: Queues, now: datetime) -> Iterable[Metric]:
    counts = {name: value for name, value in asdict(queues).items() if isinstance(value, int)}
    ages = {
        name.removeprefix("oldest_"): (now - value).total_seconds() if value else 0.0
        for name, value in asdict(queues).items()
        if name.startswith("oldest_")
    }
    yield _labelled("diem_tin_waiting", "What waits, counted up to 10000", "queue", counts)
    yield _labelled("diem_tin_oldest_waiting_seconds", "For how long the oldest waits", "queue", ages)


def _room(session: Session, database: Database) -> Iterable[Metric]:
    if not database.is_sqlite:
        size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        yield _gauge("diem_tin_database_bytes", "Size of the database", size)
        return
    free = room_left(database)
    if free is not None:
        size = Path(database.engine.url.database or "").stat().st_size
        yield _gauge("diem_tin_database_bytes", "Size of the database", size)
        yield _gauge("diem_tin_disk_free_bytes", "Room left on the disk of the database", free)
