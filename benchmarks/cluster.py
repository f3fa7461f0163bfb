"""Several processes on one PostgreSQL: how fast they are, and that kill -9 at any moment loses and doubles nothing.

    python benchmarks/cluster.py [--feeds 2000] [--readers 2000] [--minutes 3] [--every 8] [--seed 7] [--only PART]

All processes are `bot.py run --only ...` against an embedded PostgreSQL; feeds come from a farm (a child process,
loopback, ten feeds to a host) and go to a stand-in of Telegram that keeps Telegram's limits.

1. Throughput: one and two `poll` processes read all feeds for the first time, one and two `deliver` processes send a
   digest to 600 readers who are due at once.
2. Taking over: how soon another delivers after kill -9 and after SIGSTOP, behind which all connections stay open.
3. Chaos: four `poll` and two `deliver` processes; all feeds are made due every 20 s, of which a third has something
   new, and each reader twice. Every `--every` seconds or so two of them that are ready are killed, and others started.
4. The end: the farm publishes no more. What the dead have taken is due again when its lease ends, at most five minutes
   later (feeds.following, feeds.leases): the leases are ended instead of waiting. Two `poll` and one `deliver` process
   finish.

Exit 1 where nobody took over within 30 s; where an entry that the farm showed is not stored, or stored twice; where a
due digest did not arrive, a part arrived more often than once and once for each time that it was in doubt (promise 2 of
the README); where Telegram saw more than 30 messages in any second or refused one; or where a process logged a
traceback.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
from aiohttp import web

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fanout import database_at, most_in_a_second  # noqa: E402
from sqlalchemy import create_engine, func, select, text, update  # noqa: E402

from bot.sandbox import Sandbox  # noqa: E402
from digests.models import Digest, DigestPart, Subscription  # noqa: E402
from digests.subscribers import subscribe, welcome  # noqa: E402
from feeds import leases  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.following import FEED_LEASE, sync_sources  # noqa: E402
from feeds.models import Article, Feed  # noqa: E402
from feeds.sources import load_sources  # noqa: E402

SHOWN = 5  # entries of a feed
PER_HOST = 10
PUBLISHES = 1 / 3  # of the looks at a feed
POLICY = 0.005  # of the entries: what is read by the second reader, and its page
DUE_EVERY = 20.0  # seconds between two moments at which all feeds are due
AT_ONCE = 600  # readers of the throughput of deliveries
POLLERS, DELIVERERS = 4, 2
TAKEN_OVER = 30.0
WORDS = """
    xã phường tỉnh huyện đường cầu sông núi trường học sinh viên giáo dục kinh tế xuất khẩu nông sản lúa gạo cà phê
    giá vàng ngân hàng lãi suất bóng đá đội tuyển trận đấu thời tiết mưa bão nắng nóng du lịch lễ hội văn hóa nghệ sĩ
""".split()  # noqa: SIM905
HEADLINE = "Công an tỉnh triển khai Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc tại"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# The farm, in a process of its own


class Farm:
    """Feeds that publish as they are asked for, until they are told to stop."""

    def __init__(self, feeds: int, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.feeds: list[list[tuple[int, str]]] = [[] for _ in range(feeds)]
        self.made = 0
        self.shown: set[int] = set()
        self.is_frozen = False
        for feed in range(feeds):
            for _ in range(SHOWN):
                self.publish(feed)

    def publish(self, feed: int) -> None:
        self.made += 1
        words = " ".join(self.random.choices(WORDS, k=12))
        title = f"{HEADLINE} {words[:30]}" if self.random.random() < POLICY else words.capitalize()
        self.feeds[feed] = [(self.made, title), *self.feeds[feed][: SHOWN - 1]]

    async def feed(self, request: web.Request) -> web.Response:
        feed = int(request.match_info["feed"])
        if not self.is_frozen and self.random.random() < PUBLISHES:
            self.publish(feed)
        etag = f'"{self.feeds[feed][0][0]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        self.shown.update(number for number, _ in self.feeds[feed])
        now = format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><title>{title}</title><link>http://{request.host}/bai-{number}.html</link><pubDate>{now}</pubDate>"
            f"<description>{title}: {title[::-1].lower()}</description></item>"
            for number, title in self.feeds[feed]
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>'
        return web.Response(text=body, content_type="text/xml", headers={"ETag": etag})

    async def page(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        paragraphs = "".join(f"<p>{' '.join(self.random.choices(WORDS, k=60))} {number}.</p>" for _ in range(4))
        return web.Response(
            text=f"<html><body><article><h1>{HEADLINE} {number}</h1>{paragraphs}</article></body></html>",
            content_type="text/html",
        )

    async def freeze(self, _request: web.Request) -> web.Response:
        self.is_frozen = True
        return web.json_response(sorted(self.shown))


async def farm(feeds: int, seed: int, port: int) -> None:
    growing = Farm(feeds, seed)
    application = web.Application()
    application.router.add_get("/f/{feed}.rss", growing.feed)
    application.router.add_get("/bai-{number}.html", growing.page)
    application.router.add_post("/freeze", growing.freeze)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    for host in hosts(feeds):
        await web.TCPSite(runner, host, port).start()
    say("ready")
    await asyncio.Event().wait()


def hosts(feeds: int) -> Sequence[str]:
    return [f"127.0.0.{number + 1}" for number in range(-(-feeds // PER_HOST))]


# The processes


class Cluster:
    """`bot.py run` in processes that one can kill, on one database."""

    def __init__(self, url: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace) -> None:
        self.url = url
        self.database = Database(url)
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "TELEGRAM_TOKEN": sandbox.token,
            "TELEGRAM_API_URL": sandbox.api_url,
            "DATABASE_URL": url,
            "SOURCES_FILE": str(folder / "sources.toml"),
            "FETCH_ALLOW_PRIVATE": ",".join(f"{host}:{given.port}" for host in hosts(given.feeds)),
            "LOG_LEVEL": "info",
        }
        self.running: list[tuple[str, asyncio.subprocess.Process, Path]] = []
        self.started = 0

    async def start(self, role: str) -> None:
        self.started += 1
        path = self.folder / f"{role}-{self.started}.log"
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "bot.py"),
                "run",
                "--only",
                role,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append((role, process, path))

    async def kill_some(self, luck: random.Random, most: int) -> Sequence[str]:
        """kill -9 of those that are ready, with the processes that they started; returns their roles."""
        ready = [one for one in self.running if b" ready " in one[2].read_bytes()]
        victims = luck.sample(ready, min(most, len(ready)))
        for _, process, _ in victims:
            os.killpg(process.pid, signal.SIGKILL)
        for one in victims:
            await one[1].wait()
            self.running.remove(one)
        return [role for role, _, _ in victims]

    async def stop(self) -> None:
        for _, process, _ in self.running:
            process.terminate()
        async with asyncio.timeout(120):
            await asyncio.gather(*(process.wait() for _, process, _ in self.running))
        self.running.clear()

    def tracebacks(self) -> int:
        return sum(log.read_text("utf-8", "replace").count("Traceback (most") for log in self.folder.glob("*.log"))

    def ask(self, *queries: object) -> list[int]:
        with self.database.reading() as session:
            return [session.scalar(query) or 0 for query in queries]  # type: ignore[call-overload]

    async def until(self, *queries: object, seconds: float) -> None:
        """Until all these count nothing."""
        async with asyncio.timeout(seconds):
            while any(await asyncio.to_thread(self.ask, *queries)):  # noqa: ASYNC110
                await asyncio.sleep(0.5)


@asynccontextmanager
async def cluster(
    server: str, name: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace
) -> AsyncIterator[Cluster]:
    """On a database of its own, with nothing in it but the feeds."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    here = folder / name
    here.mkdir()
    addresses = hosts(given.feeds)
    (here / "sources.toml").write_text(
        "".join(
            f'[[source]]\nurl = "http://{addresses[feed // PER_HOST]}:{given.port}/f/{feed}.rss"\n'
            f'outlet = "Báo {feed // PER_HOST}"\nlevel = "national"\n'
            for feed in range(given.feeds)
        ),
        "utf-8",
    )
    made = Cluster(admin.url.set(database=name).render_as_string(hide_password=False), sandbox, here, given)
    made.database.migrate()
    with made.database.session() as session:
        sync_sources(session, load_sources(here / "sources.toml"), datetime.now(UTC))
    try:
        yield made
        await made.stop()
    finally:
        for _, process, _ in made.running:
            os.killpg(process.pid, signal.SIGKILL)
        made.database.close()
        admin.dispose()


def add_readers(database: Database, ids: Collection[int], within: float) -> None:
    """Readers whose digests fall due one after the other within so many seconds."""
    now = datetime.now(UTC)
    with database.session() as session:
        for number, chat_id in enumerate(ids):
            welcome(session, chat_id, now, language="vi", timezone="Asia/Ho_Chi_Minh")
            due_at = now + timedelta(seconds=within * number / len(ids))
            subscription = subscribe(session, chat_id, now)
            subscription.next_due_at, subscription.first_promised = due_at, False


def due_again(database: Database, ids: Collection[int], within: float) -> Collection[int]:
    """Those whose first digest was claimed have another within so many seconds; the others it would cost the first."""
    now = datetime.now(UTC)
    again = []
    with database.session() as session:
        claimed = Subscription.next_due_at > now + timedelta(minutes=10)
        query = select(Subscription).where(Subscription.chat_id.in_(ids), claimed).with_for_update()
        for number, subscription in enumerate(session.scalars(query).all()):
            subscription.next_due_at = now + timedelta(seconds=within * number / len(ids))
            again.append(subscription.chat_id)
    return again


NOT_READ = select(func.count()).where(Feed.checked_at.is_(None))
NOT_SENT = select(func.count()).select_from(Digest).where(Digest.state.in_(("due", "composed")))


def sends(sandbox: Sandbox) -> list[tuple[float, int]]:
    """When each message arrived, and in which chat."""
    return [
        (call.at.timestamp(), call.parameters["chat_id"])
        for call in sandbox.calls
        if call.method == "sendMessage" and call.answer["ok"]
    ]


# Throughput


async def polling(server: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace, processes: int) -> None:
    async with cluster(server, f"poll{processes}", sandbox, folder, given) as here:
        for _ in range(processes):
            await here.start("poll")
        await here.until(NOT_READ, seconds=900)
        with here.database.reading() as session:
            query = select(func.min(Feed.checked_at), func.max(Feed.checked_at))
            first, last = session.execute(query).one()
        (articles,) = here.ask(select(func.count()).select_from(Article))
        seconds = (last - first).total_seconds()
        say(
            f"{processes} poll: {given.feeds} feeds, {articles} new articles in {seconds:.1f} s:"
            f" {given.feeds / seconds:.0f} feeds/s, {articles / seconds:.0f} articles/s"
        )


async def delivering(server: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace, processes: int) -> None:
    readers = range(1, AT_ONCE + 1)
    async with cluster(server, f"deliver{processes}", sandbox, folder, given) as here:
        with here.database.session() as session:
            session.execute(update(Feed).values(checked_at=datetime.now(UTC)))
        add_readers(here.database, readers, 0.0)
        for chat_id in readers:
            sandbox.user(chat_id, started=True)
        before = len(sandbox.calls)
        for _ in range(processes):
            await here.start("deliver")
        due = select(func.count()).where(Subscription.next_due_at <= datetime.now(UTC))
        await here.until(due, NOT_SENT, seconds=300)
        moments = sorted(call.at.timestamp() for call in sandbox.calls[before:] if call.method == "sendMessage")
        say(f"{processes} deliver: {len(moments)} messages, {(len(moments) - 1) / (moments[-1] - moments[0]):.2f}/s")


# Taking over

HOLDER = text("SELECT max(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 1684628845")


async def taking_over(server: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace) -> list[str]:
    """How long nobody delivers after the one who does is killed, or hangs with its connections open."""
    waits = {}
    async with cluster(server, "over", sandbox, folder, given) as here:
        await here.start("deliver")
        while not (holder := here.ask(HOLDER)[0]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for name, end in (("killed", signal.SIGKILL), ("stopped", signal.SIGSTOP)):
            _, process, _ = here.running[-1]
            await here.start("deliver")
            while b" ready " not in here.running[-1][2].read_bytes():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            began = time.monotonic()
            process.send_signal(end)
            while (now := here.ask(HOLDER)[0]) in (0, holder):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            holder, waits[name] = now, time.monotonic() - began
        for _, process, _ in here.running[:2]:
            if process.returncode is None:
                process.kill()
            await process.wait()
        del here.running[:2]
    say("the delivery lock is another's after " + ", ".join(f"{name} {wait:.1f} s" for name, wait in waits.items()))
    return [f"{name}: taken over after {wait:.0f} s" for name, wait in waits.items() if wait > TAKEN_OVER]


# Chaos


async def chaos(server: str, sandbox: Sandbox, folder: Path, given: argparse.Namespace) -> list[str]:
    readers = range(1, given.readers + 1)
    for chat_id in readers:
        sandbox.user(chat_id, started=True)
    sandbox.calls.clear()
    luck = random.Random(given.seed)  # noqa: S311
    seconds = given.minutes * 60
    async with cluster(server, "chaos", sandbox, folder, given) as here:
        with here.database.session() as session:  # no digest waits for the first reading of all feeds
            session.execute(update(Feed).values(checked_at=datetime.now(UTC)))
        add_readers(here.database, readers, seconds * 0.4)
        for role in ["poll"] * POLLERS + ["deliver"] * DELIVERERS:
            await here.start(role)
        end, again, killed = time.monotonic() + seconds, [], Counter[str]()
        due_at, second_at = time.monotonic() + DUE_EVERY, time.monotonic() + seconds / 2
        while time.monotonic() < end:
            await asyncio.sleep(luck.uniform(0.5, 1.5) * given.every)
            for role in await here.kill_some(luck, 2):
                killed[role] += 1
                await here.start(role)
            if time.monotonic() > due_at:
                due_at += DUE_EVERY
                await asyncio.to_thread(make_due, here.database)
            if not again and time.monotonic() > second_at:
                again = await asyncio.to_thread(due_again, here.database, readers, seconds * 0.3)
        during = len(sends(sandbox))
        (articles,) = here.ask(select(func.count()).select_from(Article))
        say(f"chaos of {seconds:.0f} s: killed {dict(killed)}; {articles} articles, {during} messages by then")
        await here.stop()
        shown = await finish(here, given)
        say(f"the rest took {time.monotonic() - end:.0f} s more")
        return judged(here, sandbox, shown, Counter([*readers, *again]))


def make_due(database: Database) -> None:
    with database.session() as session:
        session.execute(update(Feed).values(next_check_at=datetime.now(UTC)))


async def finish(here: Cluster, given: argparse.Namespace) -> Collection[int]:
    """What is left to do, by others; returns the entries that the farm has shown."""
    url = f"http://127.0.0.1:{given.port}/freeze"
    async with aiohttp.ClientSession() as session, session.post(url):
        now = datetime.now(UTC)
    with here.database.session() as session:
        session.execute(update(Feed).values(next_check_at=now))
        session.execute(update(Feed).where(Feed.claimed_until <= now + FEED_LEASE).values(claimed_until=now))
        for due_at in (Article.page_due_at, Article.second_due_at):
            taken = due_at.between(now, now + leases.LEASE)
            session.execute(update(Article).where(taken).values({due_at: now}))
    for role in ("poll", "poll", "deliver"):
        await here.start(role)
    await here.until(select(func.count()).where(Feed.checked_at < now), seconds=600)
    due = select(func.count()).where(Subscription.next_due_at <= datetime.now(UTC) + timedelta(minutes=10))
    reading = select(func.count()).where(Article.state == "reading")
    await here.until(reading, due, NOT_SENT, seconds=600)
    await here.stop()
    async with aiohttp.ClientSession() as session, session.post(url) as response:
        shown: list[int] = await response.json()
    return shown


def judged(here: Cluster, sandbox: Sandbox, shown: Collection[int], expected: Counter[int]) -> list[str]:
    """Prints the figures; returns what is not as it should be."""
    with here.database.reading() as session:
        stored = Counter(url.rpartition("/")[2] for url in session.scalars(select(Article.url)) if url)
        states = Counter(session.scalars(select(Article.state)))
        digests = Counter(session.scalars(select(Digest.chat_id)))
        digest_states = Counter(session.scalars(select(Digest.state)))
        rows = session.execute(select(DigestPart.chat_id, DigestPart.state, DigestPart.in_doubt)).all()
    arrived = Counter(chat_id for _, chat_id in sends(sandbox))
    parts = Counter(row.chat_id for row in rows)
    doubts = Counter({row.chat_id: 0 for row in rows})
    for row in rows:
        doubts[row.chat_id] += row.in_doubt
    part_states = Counter(row.state for row in rows)
    moments = [call.at.timestamp() for call in sandbox.calls if call.method == "sendMessage"]
    refused = sum(not call.answer["ok"] for call in sandbox.calls if call.method == "sendMessage")
    missing = [number for number in shown if not stored[f"bai-{number}.html"]]
    twice = [name for name, count in stored.items() if count > 1]
    most = most_in_a_second(moments)
    extra = sum((arrived - parts).values())
    tracebacks = here.tracebacks()
    say(f"{len(shown)} entries were shown, {sum(stored.values())} articles stored: {dict(states)}")
    say(f"{sum(digests.values())} digests {dict(digest_states)}, {len(rows)} parts {dict(part_states)}")
    say(f"{sum(arrived.values())} messages arrived, {extra} of them again; {sum(doubts.values())} times in doubt")
    say(f"most messages in any second: {most}; refused: {refused}; tracebacks in logs: {tracebacks}")
    unrecorded = [chat_id for chat_id, count in arrived.items() if count > parts[chat_id] + doubts[chat_id]]
    return [
        complaint
        for complaint, is_so in (
            (f"{len(missing)} entries are not stored: {missing[:9]}", bool(missing)),
            (f"{len(twice)} entries are stored twice: {twice[:9]}", bool(twice)),
            (f"digests are missing or too many: {list(((expected - digests) + (digests - expected)).items())[:9]}",
             digests != expected),
            (f"digests are not done: {dict(digest_states)}", set(digest_states) != {"done"}),
            (f"parts are not sent: {dict(part_states)}", set(part_states) != {"sent"}),
            ("parts did not arrive", bool(parts - arrived)),
            (f"messages were doubled that were not in doubt: {unrecorded[:9]}", bool(unrecorded)),
            (f"{most} messages in a second", most > 30),
            (f"{refused} messages were refused", bool(refused)),
            (f"{tracebacks} tracebacks in logs", bool(tracebacks)),
        )
        if is_so
    ]  # fmt: skip


async def measure(given: argparse.Namespace, folder: Path) -> list[str]:
    command = [sys.executable, __file__, "--farm", "--feeds", str(given.feeds), "--port", str(given.port)]
    growing = await asyncio.create_subprocess_exec(*command, "--seed", str(given.seed), stdout=asyncio.subprocess.PIPE)
    assert growing.stdout  # noqa: S101
    await growing.stdout.readline()
    complaints: list[str] = []
    try:
        with database_at(postgres=True) as server:
            async with Sandbox(limits=True) as sandbox:
                for work in (polling, delivering) if given.only in (None, "throughput") else ():
                    for processes in (1, 2):
                        await work(server, sandbox, folder, given, processes)
                if given.only in (None, "takeover"):
                    complaints += await taking_over(server, sandbox, folder, given)
                if given.only in (None, "chaos"):
                    complaints += await chaos(server, sandbox, folder, given)
    finally:
        growing.terminate()
        await growing.wait()
    return complaints


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--feeds", type=int, default=2000)
    arguments.add_argument("--readers", type=int, default=2000)
    arguments.add_argument("--minutes", type=float, default=3.0)
    arguments.add_argument("--every", type=float, default=8.0)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--only", choices=("throughput", "takeover", "chaos"))
    arguments.add_argument("--port", type=int, default=18080)
    arguments.add_argument("--logs", type=Path, help="Keep the processes' logs in this folder.")
    arguments.add_argument("--farm", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.farm:
        asyncio.run(farm(given.feeds, given.seed, given.port))
        return
    say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as temporary:
        complaints = asyncio.run(measure(given, given.logs or Path(temporary)))
    say("\n".join(complaints) or "all within bounds")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
