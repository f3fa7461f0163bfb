"""Whether the poller grows over time: hundreds of feeds, fast rounds, random failures, and what it holds meanwhile.

    python benchmarks/soak.py [--minutes 30] [--feeds 500] [--failures 0.1] [--round 5] [--hours 6] [--seed 7]

A farm of our own (a child process, loopback only, ten feeds to a host) answers with ETag and 304; a tenth of the looks
finds a new item, some an edited headline; a share `--failures` of the answers is one of `FAULTS`, and each minute one
host in ten says nothing at all. A round begins every `--round` seconds and takes the poller's clock `--hours` further,
so that back-off, rests of hosts and second looks at pages all happen: half an hour is some months. Rounds are what
`bot.py run` does at its ticks: feeds, pages, second reader. (Workers hold more here than under the bot: they import
the main module of their parent, and this one is not as slim as bot.py. The readers keep the most they ever needed: the
worst feeds come often enough for that to be reached in the first fifth.)

Between rounds, every 30 s, a line of the table is printed. At the end each figure's slope per hour (least squares,
after the first fifth) is shown with its standard error. Exit 1 where

- memory, ours or that of all processes, grows by more than `MB_AN_HOUR`, or any count by more than `AN_HOUR`: the
  slope less two standard errors is above that; or
- any count is ever above twice what it was at most in the first fifth, and ten; or
- the database holds more than `KB_AN_ARTICLE` for each article, or nothing was read at all.
"""

import argparse
import asyncio
import gzip
import logging
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import structlog
from aiohttp import web

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from processes import children_of, open_files, resident  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

from feeds.database import Database  # noqa: E402
from feeds.fetch import Fetcher  # noqa: E402
from feeds.following import add_feeds  # noqa: E402
from feeds.judge import judge_waiting  # noqa: E402
from feeds.models import Article  # noqa: E402
from feeds.pages import read_pages  # noqa: E402
from feeds.robots import Robots  # noqa: E402
from feeds.sources import Source  # noqa: E402
from feeds.update import update_feeds  # noqa: E402
from feeds.worker import Worker  # noqa: E402

MB_AN_HOUR = 24.0
AN_HOUR = 6.0
KB_AN_ARTICLE = 30.0
EVERY = 30.0  # seconds between two lines
TIMEOUT = 1.0
PER_HOST_FEEDS = 10
SHOWN = 20  # items of a feed
START = datetime(2026, 11, 20, tzinfo=UTC)

# The farm

WORDS = """
    xã phường tỉnh huyện đường cầu sông núi trường học sinh viên giáo dục kinh tế xuất khẩu nông sản lúa gạo cà phê
    giá vàng ngân hàng lãi suất bóng đá đội tuyển trận đấu thời tiết mưa bão nắng nóng du lịch lễ hội văn hóa nghệ sĩ
    phim ảnh bệnh viện bác sĩ sức khỏe dự án khu công nghiệp doanh nghiệp đầu tư vốn tăng giảm tháng năm ngày người
    dân hội nghị kế hoạch báo cáo khánh thành khởi công hợp tác quốc tế thể thao giao thông xe máy ô tô tàu hỏa
"""
POLICY = "Công an tỉnh triển khai Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc tại"


class Farm:
    """Feeds whose content is made up as they are asked for."""

    def __init__(self, feeds: int, failures: float, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.failures = failures
        self.vocabulary = WORDS.split()
        self.items: list[list[tuple[int, str]]] = [[] for _ in range(feeds)]
        self.made = 0
        for feed in range(feeds):
            for _ in range(SHOWN):
                self.publish(feed)
        self.versions = [0] * feeds
        self.began = time.monotonic()

    def words(self, count: int) -> str:
        return " ".join(self.random.choices(self.vocabulary, k=count))

    def publish(self, feed: int) -> None:
        self.made += 1
        title = f"{POLICY} {self.words(3)}" if self.random.random() < 0.03 else self.words(12).capitalize()
        self.items[feed] = [(self.made, title), *self.items[feed][: SHOWN - 1]]

    def move_on(self, feed: int) -> None:
        if self.random.random() < 0.1:
            self.publish(feed)
            if self.random.random() < 0.1:
                (number, title), *others = self.items[feed]
                self.items[feed] = [(number, f"{title} ({self.words(2)})"), *others]
            self.versions[feed] += 1

    def rss(self, feed: int) -> str:
        now = format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><title>{title}</title><link>http://tin.example/bai-{number}.html</link><pubDate>{now}</pubDate>"
            f"<description>{title} {number * 7919 % 1009} {title.lower()}</description></item>"
            for number, title in self.items[feed]
        )
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>'

    def is_silent(self, host: str) -> bool:
        minute = int((time.monotonic() - self.began) / 60)
        return (int(host.split(".")[3]) + minute) % 10 == 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        feed = int(request.match_info["feed"])
        if self.is_silent(request.host.partition(":")[0]):
            await asyncio.sleep(60)
        self.move_on(feed)
        if self.random.random() < self.failures:
            return await self.random.choices(FAULTS, [weight for weight, _ in FAULTS])[0][1](self, request, feed)
        etag = f'"{feed}-{self.versions[feed]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        body = gzip.compress(self.local(self.rss(feed), request).encode(), 1)
        return web.Response(body=body, headers={"ETag": etag, "Content-Encoding": "gzip"}, content_type="text/xml")

    def local(self, rss: str, request: web.Request) -> str:
        return rss.replace("tin.example", request.host)

    async def page(self, request: web.Request) -> web.StreamResponse:
        if self.random.random() < self.failures:
            return web.Response(status=self.random.choice([403, 404, 500]))
        number = request.match_info["number"]
        paragraphs = "".join(f"<p>{self.words(60)} {number}.</p>" for _ in range(6))
        return web.Response(
            text=f"<html><body><article><h1>{POLICY} {number}</h1>{paragraphs}</article></body></html>",
            content_type="text/html",
        )


Fault = Callable[[Farm, web.Request, int], Awaitable[web.StreamResponse]]


def status(code: int, **headers: str) -> Fault:
    async def fault(_farm: Farm, _request: web.Request, _feed: int) -> web.StreamResponse:
        return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return fault


def body(make: Callable[[str], bytes], **headers: str) -> Fault:
    async def fault(farm: Farm, request: web.Request, feed: int) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        made = make(farm.local(farm.rss(feed), request))
        return web.Response(body=made, headers=named, content_type="text/xml")

    return fault


async def silence(_farm: Farm, _request: web.Request, _feed: int) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def reset(_farm: Farm, request: web.Request, _feed: int) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def closed_in_the_middle(farm: Farm, request: web.Request, feed: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000"})
    await response.prepare(request)
    await response.write(farm.rss(feed).encode()[:2000])
    if request.transport:
        request.transport.close()
    return response


async def moved(_farm: Farm, request: web.Request, _feed: int) -> web.StreamResponse:
    return web.Response(status=301, headers={"Location": f"{request.path}?{time.time()}"})


def tags_without_end(rss: str) -> bytes:
    """The worker is ended by its time limit over this."""
    return (rss.replace("</channel></rss>", "&x;") + "<b>" * 290_000).encode()


# What a share of the answers is, with weights.
FAULTS: Sequence[tuple[float, Fault]] = (
    (10, status(500)),
    (10, status(404)),
    (5, status(503, Retry_After="5")),
    (5, status(429, Retry_After="60")),
    (5, status(304)),
    (10, silence),
    (10, reset),
    (10, closed_in_the_middle),
    (5, moved),
    (5, status(302, Location="")),
    (10, body(lambda _: os.urandom(20_000))),
    (10, body(lambda _: b"<!DOCTYPE html><html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>")),
    (10, body(lambda rss: rss.encode()[:3000])),
    (10, body(lambda rss: rss.replace("</title>", "&nbsp;<b></title>", 3).encode())),
    (5, body(lambda _: b"no gzip", Content_Encoding="gzip")),
    (5, body(lambda _: gzip.compress(bytes(20 * 1024 * 1024)), Content_Encoding="gzip")),
    (0.5, body(tags_without_end)),
)


async def serve(hosts: int, port: int, farm: Farm) -> None:
    application = web.Application()
    application.router.add_get("/f/{feed}.rss", farm.answer)
    application.router.add_get("/bai-{number}.html", farm.page)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    for host in range(1, hosts + 1):
        await web.TCPSite(runner, f"127.0.0.{host}", port).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


# The poller


class Clock:
    """The poller's: stands still within a round."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment


def figures(database: Path, farm: int) -> dict[str, float]:
    own = os.getpid()
    children = children_of(own, but=[farm])
    return {
        "own MB": resident([own]),
        "all MB": resident([own, *children]),
        "files": open_files(own),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "processes": len(children),
        "db MB": sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*")) / 1024 / 1024,
    }


async def soak(given: argparse.Namespace, port: int, farm: int, folder: Path) -> tuple[list[dict[str, float]], int]:
    """The lines of the table, and how many articles there are at the end."""
    file = folder / "soak.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    hosts = math.ceil(given.feeds / PER_HOST_FEEDS)
    urls = [f"http://127.0.0.{feed % hosts + 1}:{port}/f/{feed}.rss" for feed in range(given.feeds)]
    with database.session() as session:
        add_feeds(session, [Source(url=url, outlet=f"Báo {number}") for number, url in enumerate(urls)], START)
    clock, lines, seen, failed = Clock(), [], Counter[str](), Counter[str]()
    began = last = time.monotonic()
    readers, judge = Worker(processes=2), Worker()
    async with (
        Fetcher(allow_private=[f"127.0.0.{host}:{port}" for host in range(1, hosts + 1)], timeout=TIMEOUT) as fetcher,
        readers,
        judge,
    ):
        robots = Robots(fetcher)
        while (round_began := time.monotonic()) - began < given.minutes * 60:
            report = await update_feeds(database, fetcher, readers, clock, robots=robots)
            pages = await read_pages(database, fetcher, readers, clock, pace=0)
            judged = await judge_waiting(database, judge, clock)
            failed.update(reason.partition(":")[0] for _, _, reason in report.failed)
            seen.update(rounds=1, looks=report.checked, new=report.new, failed=len(report.failed), pages=pages)
            seen.update(judged=judged.judged)
            clock.moment += timedelta(hours=given.hours)
            await asyncio.sleep(max(0.2, round_began + given.round - time.monotonic()))
            if time.monotonic() - last >= EVERY or not lines:
                last = time.monotonic()
                line = {"minute": (last - began) / 60, **figures(file, farm)}
                show(line | dict(seen), heading=not lines)
                lines.append(line)
    with database.reading() as session:
        articles = session.scalar(select(func.count()).select_from(Article)) or 0
    database.close()
    sys.stdout.write(f"\n{dict(seen)}\nfailures: {dict(failed.most_common())}\n")
    return lines, articles


def show(line: dict[str, float], *, heading: bool) -> None:
    if heading:
        sys.stdout.write(" ".join(f"{name:>9}" for name in line) + "\n")
    values = (f"{value:9.1f}" if isinstance(value, float) else f"{value:9}" for value in line.values())
    sys.stdout.write(" ".join(values) + "\n")
    sys.stdout.flush()


def slope(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Least squares: (change for a unit of time, its standard error)."""
    found = statistics.linear_regression(times, values)
    left = [value - found.intercept - found.slope * moment for moment, value in zip(times, values, strict=True)]
    mean = statistics.fmean(times)
    spread = sum((moment - mean) ** 2 for moment in times)
    return found.slope, math.sqrt(sum(one**2 for one in left) / max(1, len(left) - 2) / spread)


def faults_of(lines: list[dict[str, float]], articles: int) -> list[str]:
    """What is beyond its bound; the slopes are printed."""
    first = max(2, len(lines) // 5)
    warm, rest = lines[:first], lines[first:]
    if len(rest) < 5 or not articles:
        return ["too little was measured"]
    found = []
    hours = [line["minute"] / 60 for line in rest]
    sys.stdout.write(f"\nslopes over {hours[-1] - hours[0]:.2f} h, after {rest[0]['minute']:.1f} min\n")
    for name in [name for name in rest[0] if name != "minute"]:
        values = [line[name] for line in rest]
        change, error = slope(hours, values)
        sys.stdout.write(
            f"{name:>10} {change:+9.2f} an hour, ± {error:.2f}   from {min(values):.1f} to {max(values):.1f}\n"
        )
        if name == "db MB":
            continue
        is_memory = name.endswith("MB")
        if change - 2 * error > (MB_AN_HOUR if is_memory else AN_HOUR):
            found.append(f"{name} grows by {change:.1f} an hour")
        if not is_memory and max(values) > 2 * max(line[name] for line in warm) + 10:
            found.append(f"{name} rose to {max(values):.0f}")
    size = 1024 * rest[-1]["db MB"] / articles
    sys.stdout.write(f"{articles} articles, {size:.1f} kB of the database for each\n")
    if size > KB_AN_ARTICLE:
        found.append(f"{size:.1f} kB for each article")
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument("--failures", type=float, default=0.1)
    arguments.add_argument("--round", type=float, default=5)
    arguments.add_argument("--hours", type=float, default=6)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--port", type=int, default=8213)
    arguments.add_argument("--farm", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.farm:
        hosts = math.ceil(given.feeds / PER_HOST_FEEDS)
        asyncio.run(serve(hosts, given.port, Farm(given.feeds, given.failures, given.seed)))
        return
    command = [sys.executable, *sys.argv, "--farm"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  this script itself
    try:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        if not process.stdout or process.stdout.readline() != "ready\n":
            sys.exit("the farm did not start")
        with tempfile.TemporaryDirectory() as folder:
            lines, articles = asyncio.run(soak(given, given.port, process.pid, Path(folder)))
    finally:
        process.terminate()
        process.wait()
    faults = faults_of(lines, articles)
    sys.stdout.write("\n" + ("\n".join(faults) or "nothing grows beyond its bound") + "\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
