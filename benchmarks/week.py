"""A week of the bot on a simulated clock: how late digests come, and whether what it holds grows.

    python benchmarks/week.py [--days 7] [--feeds 300] [--subscribers 10000] [--round-trip 0.02] [--postgres]

The clock is the CPU time of this process, plus all waits: where the event loop has nothing to do, and nobody works for
it in a thread or a worker, it goes on at once at the moment for which it waits. So work takes its time, as much as it
would on a core of its own, and a quiet night takes none. (What the workers do is not counted, nor PostgreSQL's work.)
The process is that of `bot.py run`, its ticks included, but for the seams to the network: feeds and pages come from a
newsstand in memory that offers recorded items through the day, each once, and Telegram answers after `--round-trip`
seconds. Six readers in ten want their digest at 07:00. Memory is kept as the image and the unit of systemd have it kept
(`MALLOC_ARENA_MAX=2`, where the environment says nothing else).

A message is late by the time from the moment its digest was due until its sending was recorded. Beside it stands what
could not be better: the same messages, each at its turn of 30 a second from the moment it was due.

Exit 1 where p99 of the lateness is above that of the ideal by more than `OVER`, a digest was lost or doubled, or memory
grows by more than `MB_A_DAY` after the first day (slope less two standard errors).
"""

import argparse
import asyncio
import json
import logging
import os
import random
import selectors
import statistics
import sys
import time
from array import array
from asyncio import futures
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import structlog
import time_machine
from fanout import database_at, most_in_a_second, say
from processes import children_of, resident
from search import REPLAY, recorded
from soak import slope
from sqlalchemy import func, select
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.jobs import Jobs
from bot.pace import PER_SECOND, Pace
from bot.sender import TelegramSender
from digests.models import Digest, DigestPart, Subscription
from digests.subscribers import add_subscription, welcome
from feeds.classify import topics
from feeds.database import Database
from feeds.fetch import Fetched, Fetcher, FetchError
from feeds.following import add_feeds
from feeds.models import Article, Feed
from feeds.sources import Source

START = datetime(2026, 11, 15, 17, 30, tzinfo=UTC)  # half past midnight of a Monday in Vietnam
OVER = 0.05
MB_A_DAY = 4.0
TELL = 0.005  # seconds between two tellings of the moment to everybody, which cost time themselves
LOOK = 3600.0  # seconds between two looks at what it holds
SHOWN = 20  # items of a feed
BETWEEN = (5 * 60, 23 * 60)  # minutes after midnight in Vietnam when papers publish
HOURS = (7,) * 12 + (6, 8, 11, 12, 17, 18, 19, 20)


# The clock


class Waits(selectors.DefaultSelector):
    """Skips what an event loop would wait for; `outside` counts what is done for it in threads and processes."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.outside = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.outside or timeout is None:
            return super().select(timeout)
        events = super().select(0)
        if not events:
            self.skipped += timeout
        return events


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop on that clock, which everybody who asks for the present instant is told as well."""

    def __init__(self, everybody: time_machine.Traveller) -> None:
        self.waits = Waits()
        self.everybody = everybody
        self.told = 0.0
        super().__init__(self.waits)

    def time(self) -> float:
        seconds = time.process_time() + self.waits.skipped
        if seconds - self.told > TELL:
            self.everybody.move_to(START + timedelta(seconds=seconds))
            self.told = seconds
        return seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=time.process_time() + self.waits.skipped)


@contextmanager
def counted(waits: Waits) -> Iterator[None]:
    """What threads and processes do for the loop is counted while the `with` lasts."""
    original = futures.wrap_future

    def wrap(future: Any, *, loop: Any = None) -> Any:
        wrapped = original(future, loop=loop)
        waits.outside += 1
        wrapped.add_done_callback(lambda _: done())
        return wrapped

    def done() -> None:
        waits.outside -= 1

    futures.wrap_future = asyncio.wrap_future = wrap  # type: ignore[assignment]
    try:
        yield
    finally:
        futures.wrap_future = asyncio.wrap_future = original


# The seams


@dataclass(frozen=True, slots=True)
class Item:
    at: datetime
    number: int
    title: str
    lead: str


class Newsstand(Fetcher):
    """Feeds and pages without a network."""

    def __init__(self, feeds: Sequence[Sequence[Item]], clock: Callable[[], datetime], round_trip: float) -> None:
        super().__init__()
        self.feeds = feeds
        self.items = {item.number: item for feed in feeds for item in feed}
        self.clock = clock
        self.round_trip = round_trip
        self.asked: Counter[str] = Counter()

    async def get(self, url: str, *, etag: str | None = None, **_: Any) -> Fetched:  # type: ignore[override]
        await asyncio.sleep(self.round_trip)
        target = URL(url)
        if target.path == "/robots.txt":
            raise FetchError("http_404", "HTTP 404", retry=False)
        if target.path != "/rss":
            self.asked["pages"] += 1
            item = self.items[int(target.path.removeprefix("/"))]
            return self._fetched(url, page_of(item).encode(), None, "text/html")
        items = [item for item in self.feeds[int((target.host or "").partition(".")[0][3:])] if item.at <= self.clock()]
        tag = f'"{len(items)}"'
        self.asked["304" if etag == tag else "200"] += 1
        if etag == tag:
            return self._fetched(url, b"", tag, None, status=304)
        return self._fetched(url, rss_of(str(target.host), items[: -SHOWN - 1 : -1]).encode(), tag, "text/xml")

    def _fetched(self, url: str, body: bytes, etag: str | None, kind: str | None, status: int = 200) -> Fetched:
        return Fetched(status, body, url, etag, None, kind, None, 0.0)


def rss_of(host: str, items: Sequence[Item]) -> str:
    entries = "".join(
        f"<item><title>{escape(item.title)}</title><link>https://{host}/{item.number}</link>"
        f"<pubDate>{format_datetime(item.at)}</pubDate><description>{escape(item.lead)}</description></item>"
        for item in items
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{entries}</channel></rss>'


def page_of(item: Item) -> str:
    title, lead = escape(item.title), escape(item.lead)
    return f"<html><body><article><h1>{title}</h1><p>{lead}</p></article></body></html>"


class Telegram(BaseRequest):
    """A server that takes every message."""

    def __init__(self, round_trip: float) -> None:
        self.round_trip = round_trip
        self.sent = array("d")  # moments

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        await asyncio.sleep(self.round_trip)
        result: Mapping[str, Any] = {"id": 1, "is_bot": True, "first_name": "Điểm Tin", "username": "diemtin_bot"}
        if request_data and "chat_id" in request_data.parameters:
            self.sent.append(asyncio.get_running_loop().time())
            chat = {"id": request_data.parameters["chat_id"], "type": "private"}
            result = {"message_id": len(self.sent), "date": 1, "chat": chat, "text": "-"}
        return 200, json.dumps({"ok": True, "result": result}).encode()


# The week


def print_run(replay: Path, feeds: int, days: int) -> Sequence[Sequence[Item]]:
    """For each feed what it publishes in these days, oldest first: of all that is recorded, each item once."""
    draw = random.Random(7)  # noqa: S311  no secret
    recordings = list(recorded(replay))
    draw.shuffle(recordings)
    a_day = len(recordings) // max(days, 7)
    printed: list[list[Item]] = [[] for _ in range(feeds)]
    for number, (title, lead) in enumerate(recordings[: a_day * days]):
        minute = draw.randint(*BETWEEN) - 30
        at = START + timedelta(days=number // a_day, minutes=minute, seconds=draw.randrange(60))
        printed[draw.randrange(feeds)].append(Item(at, number, title, lead))
    return [sorted(items, key=lambda item: item.at) for items in printed]


def subscribe_all(database: Database, subscribers: int) -> None:
    draw = random.Random(8)  # noqa: S311  no secret
    with database.session() as session:
        for chat_id in range(1, subscribers + 1):
            welcome(session, chat_id, START, language="vi", timezone="Asia/Ho_Chi_Minh")
            choices: dict[str, Any] = {"minutes": [draw.choice(HOURS) * 60]}
            kind = draw.random()
            if kind < 0.2:
                choices["topics"] = [draw.choice(topics()).code]
            elif kind < 0.25:
                choices["any_words"] = ["ma túy", "công an"]
            elif kind < 0.35:
                choices |= {"cadence": "weekly", "weekdays": [draw.randrange(7)]}
            add_subscription(session, chat_id, START, **choices)


async def live(given: argparse.Namespace, database: Database, looks: list[tuple[float, float]]) -> int:
    """The most messages in any second."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)  # noqa: S101
    newsstand = Newsstand(print_run(given.replay, given.feeds, given.days), loop.now, given.round_trip)
    with database.session() as session:
        sources = [Source(url=f"https://bao{n}.example/rss", outlet=f"Báo {n}") for n in range(given.feeds)]
        add_feeds(session, sources, START)
    subscribe_all(database, given.subscribers)
    request = Telegram(given.round_trip)
    bot: ExtBot[float] = ExtBot("1:none", request=request, get_updates_request=request, rate_limiter=Pace())
    jobs = Jobs(database, loop.now)
    async with bot:
        jobs.add_polling(newsstand, timedelta(minutes=5))
        jobs.add_delivery(TelegramSender(bot))
        jobs.start()
        began, end = time.monotonic(), loop.time() + given.days * 86400
        while loop.time() < end:
            await asyncio.sleep(LOOK)
            own = os.getpid()
            looks.append(((loop.time()) / 86400, resident([own])))
            if len(looks) % 6 == 0:
                say(
                    f"{loop.now():%a %H:%M} UTC  {looks[-1][1]:6.1f} MB, with workers"
                    f" {resident([own, *children_of(own)]):6.1f}  sent {len(request.sent)}  {dict(newsstand.asked)}"
                    f"  CPU {time.process_time():.0f} s, {time.monotonic() - began:.0f} s on the wall"
                )
        await jobs.stop()
    say(f"the newsstand was asked: {dict(newsstand.asked)}")
    return most_in_a_second(request.sent)


# What came of it


def figures(database: Database, looks: Sequence[tuple[float, float]], most: int) -> list[str]:
    with database.reading() as session:
        rows = session.execute(
            select(Digest.due_at, DigestPart.sent_at, DigestPart.state, DigestPart.in_doubt)
            .join(Digest, Digest.id == DigestPart.digest_id)
            .order_by(DigestPart.sent_at)
        ).all()
        articles = session.execute(select(Article.state, func.count()).group_by(Article.state)).all()
        states = dict(session.execute(select(Digest.state, func.count()).group_by(Digest.state)).all())  # type: ignore[arg-type]
        feeds = session.scalar(select(func.count()).select_from(Feed))
        readers = session.scalar(select(func.count()).select_from(Subscription))
    sent = [(row.sent_at, row.due_at) for row in rows if row.sent_at]
    late = sorted((at - due).total_seconds() for at, due in sent)
    turns = sorted(ideal([due for _, due in sent]))
    say(f"{feeds} feeds, {sum(count for _, count in articles)} articles {dict(map(tuple, articles))}")  # type: ignore[arg-type]
    say(f"{readers} readers, digests {states}, {len(sent)} messages")
    say(f"most messages in any second: {most}")
    for name, values in (("late", late), ("ideal", turns)):
        p50, p90, p99 = (values[int(len(values) * share)] for share in (0.5, 0.9, 0.99))
        say(f"{name:>6} s: p50 {p50:.1f}  p90 {p90:.1f}  p99 {p99:.1f}  worst {values[-1]:.1f}")
    ratio = late[int(len(late) * 0.99)] / turns[int(len(turns) * 0.99)]
    later = [look for look in looks if look[0] > 1]
    change, error = slope([day for day, _ in later], [size for _, size in later])
    say(f"p99 is {ratio:.3f} of the ideal; memory {change:+.2f} MB a day, ± {error:.2f}, after the first day")
    say(f"memory: first look {looks[0][1]:.0f} MB, median {statistics.median(m for _, m in looks):.0f} MB")
    wrong = Counter(row.state for row in rows if row.state != "sent" or row.in_doubt)
    return [
        complaint
        for complaint, is_so in (
            (f"p99 is {ratio:.3f} of the ideal", ratio > 1 + OVER),
            (f"{most} messages in a second", most > PER_SECOND),
            (f"memory grows by {change:.2f} MB a day", change - 2 * error > MB_A_DAY),
            (f"not sent once: {dict(wrong)}", bool(wrong)),
            (f"digests {states}", bool(states.keys() - {"done"})),
        )
        if is_so
    ]


def ideal(due: Sequence[datetime]) -> Sequence[float]:
    """How late each message would be, were they sent in the order due, 30 a second and without a pause."""
    late, free = [], 0.0
    for moment in sorted(one.timestamp() for one in due):
        free = max(moment, free) + 1 / PER_SECOND
        late.append(free - moment)
    return late


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--days", type=int, default=7, help="at least 2")
    arguments.add_argument("--feeds", type=int, default=300)
    arguments.add_argument("--subscribers", type=int, default=10_000)
    arguments.add_argument("--round-trip", type=float, default=0.02)
    arguments.add_argument("--replay", type=Path, default=REPLAY)
    arguments.add_argument("--postgres", action="store_true")
    given = arguments.parse_args()
    if "MALLOC_ARENA_MAX" not in os.environ:  # only read where a process begins
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"MALLOC_ARENA_MAX": "2"})  # noqa: S606  ourselves
    os.environ["PTB_TIMEDELTA"] = "true"
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    looks: list[tuple[float, float]] = []
    with database_at(given.postgres) as url:
        database = Database(url)
        database.migrate()
        with time_machine.travel(START, tick=False) as everybody:
            loop = SimulatedLoop(everybody)
            with counted(loop.waits), asyncio.Runner(loop_factory=lambda: loop) as runner, suppress(KeyboardInterrupt):
                most = runner.run(live(given, database, looks))
        complaints = figures(database, looks, most)
        database.close()
    say("\n".join(complaints) or "all within bounds")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
