"""What the poller makes of hostile servers: each case of a list, beside feeds that must not suffer from it.

    python benchmarks/hostile.py [--hostile HOSTILE.PY] [--timeout 8] [--case NAME ...] [--all]

HOSTILE.PY serves the cases on the loopback address and says at /cases what a good poller makes of each. The poller
runs in a child process with a host name for each case: names are resolved in that process (the outer seam), exactly
these names at the two ports of HOSTILE.PY are allowed, and an audit hook sees every address that a socket connects
to and every name looked up. Two passes:

together    all cases and 20 good feeds (served here) followed by one poller, two rounds. Asked are: does it stay
            alive, have the good feeds every item once, what memory do poller and workers take at most, does the
            state of each case give a reason, is a canary asked.
alone       each case in a database of its own (many share their articles' addresses), two rounds an hour apart,
            eight at a time: entries, titles, dates, next look, move, and seconds.

Printed are the cases that do not meet what is expected (with `--all` each one) and the figures. Exit 1 if there is
any beside those below, a canary is asked, a good feed suffers or the memory of all processes passes `MB`.

What is recorded otherwise than the list expects, and why that is right:

text-only-spaces    one item of blanks in title and text: refused as "an entry without title and text", for there is
                    nothing to show; its address alone would be an empty line in a digest
two-roots           two whole feeds one behind the other, one item expected or none: both items are well-formed and
                    of this server, so both are news
"""

import argparse
import asyncio
import json
import logging
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from processes import children_of, resident  # noqa: E402
from sqlalchemy import select  # noqa: E402

from feeds.database import Database  # noqa: E402
from feeds.fetch import Fetcher  # noqa: E402
from feeds.following import add_feeds  # noqa: E402
from feeds.models import Article, Feed, RefusedEntry  # noqa: E402
from feeds.sources import Source  # noqa: E402
from feeds.update import update_feeds  # noqa: E402
from feeds.worker import Worker  # noqa: E402

HOSTILE = ROOT.parent / "shared" / "feeds" / "hostile.py"
MB = 400.0
DOMAIN = ".hostile.example"
GOOD, GOOD_ITEMS = 20, 20
START = datetime(2026, 11, 22, tzinfo=UTC)
AT_ONCE = 8

JUSTIFIED = frozenset({"text-only-spaces", "two-roots"})
# Not as a script: a worker imports the main module of its parent, and the bot's own (bot.py) is as good as empty.
POLLER = "import hostile; hostile.main()"


# The poller, in a process of its own


def poll(job: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """One line for each feed of `job`, polled together or alone."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    allowed = {port for _, port in (entry.rsplit(":", 1) for entry in job["allow"])}
    strange: set[str] = set()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or isinstance(arguments[1], str | bytes):
            return
        host, port = arguments[1][:2]
        if host != "127.0.0.1" or str(port) not in allowed:
            strange.add(f"{host}:{port}")
            raise PermissionError(f"not to be connected to: {host}")

    sys.addaudithook(audit)
    socket.getaddrinfo = resolve  # type: ignore[assignment]
    template = folder / "template.db"
    database = Database(f"sqlite:///{template}")
    database.migrate()
    database.close()
    found = asyncio.run((together if job["together"] else alone)(job, template))
    return [*found, {"name": "", "connected": sorted(strange)}]


def resolve(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
    """As if there were a name server that knows these names; none of the real ones is asked."""
    if host.endswith((DOMAIN, ".nip.io")) or host == "localhost" or host.startswith("127."):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


async def together(job: dict[str, Any], template: Path) -> list[dict[str, Any]]:
    async with Fetcher(allow_private=job["allow"], timeout=job["timeout"]) as fetcher, Worker(2) as worker:
        return await rounds(job["feeds"], template, fetcher, worker)


async def alone(job: dict[str, Any], template: Path) -> list[dict[str, Any]]:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(feed: dict[str, str]) -> list[dict[str, Any]]:
        async with limit:
            own = template.with_name(f"{feed['name']}.db")
            shutil.copy(template, own)
            return await rounds([feed], own, fetcher, worker)

    async with Fetcher(allow_private=job["allow"], timeout=job["timeout"]) as fetcher, Worker(2) as worker:
        found = await asyncio.gather(*(one(feed) for feed in job["feeds"]))
    return [line for lines in found for line in lines]


async def rounds(feeds: Sequence[dict[str, str]], file: Path, fetcher: Fetcher, worker: Worker) -> list[dict[str, Any]]:
    """Two rounds over `feeds`, and what is recorded of each afterwards."""
    database = Database(f"sqlite:///{file}")
    with database.session() as session:
        add_feeds(session, [Source(url=feed["url"], outlet=feed["name"]) for feed in feeds], START)
    lines = []
    for now in (START, START + timedelta(hours=1)):
        began = time.monotonic()
        await update_feeds(database, fetcher, worker, lambda now=now: now, only_due=False)  # type: ignore[misc]
        lines.append(states(database, now, time.monotonic() - began))
    database.close()
    return [{"name": feed["name"], "rounds": [line[feed["name"]] for line in lines]} for feed in feeds]


def states(database: Database, now: datetime, seconds: float) -> dict[str, dict[str, Any]]:
    with database.reading() as session:
        found = {}
        for feed in session.scalars(select(Feed)):
            articles = session.scalars(select(Article).where(Article.feed_id == feed.id)).all()
            refused = session.scalars(select(RefusedEntry.reason).where(RefusedEntry.feed_id == feed.id)).all()
            found[feed.outlet] = {
                "checked": feed.checked_at == now,
                "error": feed.last_error,
                "moved": feed.moved_to,
                "wait": (feed.next_check_at - now).total_seconds(),
                "articles": [
                    [one.title, one.url, one.published_at.isoformat() if one.published_at else None] for one in articles
                ],
                "longest": max((len(part) for one in articles for part in one.parts), default=0),
                "refused": sorted(set(refused)),
                "seconds": seconds,
            }
    return found


# What is expected


def faults_of(expected: dict[str, Any], rounds: Sequence[dict[str, Any]]) -> list[str]:
    """In what the two rounds of a case are not what its list expects."""
    verdict, first, last = expected["verdict"], *rounds
    reason = (first["error"] or "").partition(":")[0]
    articles = last["articles"]
    faults = []
    if not all(one["checked"] for one in rounds):
        faults.append("not asked in each round")
    if "forbidden" in expected and expected["forbidden"] in json.dumps(articles):
        faults.append("forbidden words")
    if expected.get("stable_across_fetches") and len(first["articles"]) != len(articles):
        faults.append("something new in the second round")
    if verdict == "items":
        is_rejected = all(one["error"] for one in rounds)
        if is_rejected or (not articles and last["refused"]):
            if not expected.get("may_reject"):
                faults.append("rejected")
        else:
            faults += faults_of_items(expected, articles)
    elif verdict == "moved":
        if not last["moved"]:
            faults.append("the move is not remembered")
        faults += faults_of_items(expected, articles)
    elif articles and not expected.get("may_items") and not (verdict == "cap" and len(articles) <= 1000):
        faults.append(f"{len(articles)} items")
    elif verdict == "block" and reason not in ("blocked_address", "bad_url"):
        faults.append("not blocked")
    elif verdict == "gone" and (reason != "gone" or first["wait"] < 27 * 86_400):
        faults.append("asked again too soon")
    elif verdict == "challenge" and reason not in ("html", "challenge"):
        faults.append("called otherwise")
    elif verdict in ("reject", "retry_later") and not reason and not articles:
        faults.append("no reason")
    if verdict == "retry_later" and str(expected.get("retry_after")).isdigit():
        asked = min(int(expected["retry_after"]), 86_400)
        if first["wait"] < asked:
            faults.append(f"asked again after {first['wait']:.0f} s")
    if last["longest"] > 300_000:
        faults.append(f"a text of {last['longest']} characters")
    return faults


def faults_of_items(expected: dict[str, Any], articles: Sequence[Sequence[str | None]]) -> list[str]:
    faults = []
    wanted = expected.get("unique", expected.get("items", len(articles)))
    if expected.get("may_items") is not True and len(articles) != wanted:
        faults.append(f"{len(articles)} items, not {wanted}")
    titles = {unicodedata.normalize("NFC", title) for title in expected.get("titles", ())}
    if not titles <= {title for title, _, _ in articles}:
        faults.append("other titles")
    if "utc" in expected:
        utc = expected["utc"] and expected["utc"].replace("Z", "+00:00")
        if any(published != utc for _, _, published in articles):
            faults.append(f"published {articles[0][2]}, not {utc}")
    return faults


# The run


class GoodFeeds:
    """Feeds as they should be; each has a new item in the second round."""

    def __init__(self) -> None:
        self.looks = [0] * GOOD

    async def answer(self, request: web.Request) -> web.Response:
        feed = int(request.match_info["feed"])
        self.looks[feed] += 1
        date = format_datetime(START)
        items = "".join(
            f"<item><title>Tin {feed} {item}</title><link>https://tot{feed}.example/bai-{item}</link>"
            f"<pubDate>{date}</pubDate><description>Nội dung {item}</description></item>"
            for item in range(GOOD_ITEMS + self.looks[feed] - 1)
        )
        return web.Response(text=f'<rss version="2.0"><channel>{items}</channel></rss>', content_type="text/xml")


def fetched(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return json.load(answer)


async def passed(job: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, float]]:
    """What the poller makes of `job`, by name, and its figures."""
    began, peak = time.monotonic(), {"poller MB": 0.0, "workers MB": 0.0, "all MB": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", POLLER, "--poller", folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
        )
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("the poller has no pipes")
        child.stdin.write(json.dumps(job).encode() + b"\n")
        answer = asyncio.create_task(child.stdout.read())
        while not answer.done():
            own, workers = resident([child.pid]), resident(children_of(child.pid))
            now = {"poller MB": own, "workers MB": workers, "all MB": own + workers}
            peak = {name: max(value, now[name]) for name, value in peak.items()}
            await asyncio.wait([answer], timeout=0.05)
        if await child.wait():
            sys.exit(f"the poller ended with {child.returncode}")
        lines = json.loads(answer.result())
    return {line["name"]: line for line in lines}, peak | {"seconds": time.monotonic() - began}


async def run(given: argparse.Namespace, port: int) -> bool:
    """Whether all is as it should be."""
    cases = [case for case in fetched(port, "/cases") if not given.case or case["name"] in given.case]
    good, server = GoodFeeds(), web.Application()
    server.router.add_get("/{feed}.rss", good.answer)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    feeds = [{"name": case["name"], "url": case["url"].replace("127.0.0.1", case["name"] + DOMAIN)} for case in cases]
    others = [
        {"name": f"tot-{n}", "url": f"http://tot-{n}{DOMAIN}:{runner.addresses[0][1]}/{n}.rss"} for n in range(GOOD)
    ]
    job = {
        "timeout": given.timeout,
        "allow": [feed["url"].split("/")[2] for feed in (*feeds, *others)],
    }
    crowd, crowd_figures = await passed(job | {"feeds": [*feeds, *others], "together": True})
    canaries = fetched(port, "/log")["canary"]
    await asyncio.to_thread(fetched, port, "/log/reset")
    each, each_figures = await passed(job | {"feeds": feeds, "together": False})
    canaries += fetched(port, "/log")["canary"]
    await runner.cleanup()

    unmet = show_cases(cases, each, crowd, everything=given.all)
    hurt = [one["name"] for one in others if not is_well(crowd[one["name"]]["rounds"])]
    strange = [*crowd[""]["connected"], *each[""]["connected"]]
    peak = max(crowd_figures["all MB"], each_figures["all MB"])
    for name, figures in (("together", crowd_figures), ("alone", each_figures)):
        sys.stdout.write(f"{name}: {', '.join(f'{what} {value:.0f}' for what, value in figures.items())}\n")
    sys.stdout.write(
        f"{len(cases)} cases, {unmet} unmet, {len(JUSTIFIED)} justified; good feeds that suffered: {hurt or 'none'};\n"
    )
    sys.stdout.write(f"canaries asked: {canaries}; connections refused to the poller: {strange or 'none'}\n")
    return not (unmet or hurt or strange or canaries) and peak < MB


def is_well(rounds: Sequence[dict[str, Any]]) -> bool:
    for number, state in enumerate(rounds):
        titles = [title for title, _, _ in state["articles"]]
        if state["error"] or len(titles) != len(set(titles)) or len(titles) != GOOD_ITEMS + number:
            return False
    return True


def show_cases(
    cases: Sequence[dict[str, Any]],
    each: dict[str, dict[str, Any]],
    crowd: dict[str, dict[str, Any]],
    *,
    everything: bool,
) -> int:
    """Prints them; how many do not meet what is expected and are not justified."""
    unmet = 0
    for case in cases:
        name, expected = case["name"], case["expect"]
        lines = each[name]["rounds"]
        faults = faults_of(expected, lines)
        if not all(state["checked"] for state in crowd[name]["rounds"]):
            faults.append("not asked in each round beside the others")
        unmet += bool(faults) and name not in JUSTIFIED
        if everything or faults:
            first, last = lines
            verdict = "justified" if faults and name in JUSTIFIED else "UNMET" if faults else "met"
            sys.stdout.write(
                f"{verdict:9} {name:26} {expected['verdict']:12} {len(first['articles'])}+"
                f"{len(last['articles']) - len(first['articles'])} items, wait {first['wait']:.0f} s, "
                f"{first['seconds']:.1f} s; {first['error'] or '-'}; {'; '.join(first['refused']) or '-'}"
                + (f"; moved to {last['moved']}" if last["moved"] else "")
                + (f"  <- {', '.join(faults)}" if faults else "")
                + "\n"
            )
    return unmet


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hostile", type=Path, default=HOSTILE)
    arguments.add_argument("--timeout", type=float, default=8.0)
    arguments.add_argument("--case", nargs="*")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("--port", type=int, default=8223)
    arguments.add_argument("--poller", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.poller:
        sys.stdout.write(json.dumps(poll(json.loads(sys.stdin.readline()), given.poller)))
        return
    if not given.hostile.is_file():
        sys.exit(f"there are no hostile cases at {given.hostile}; --hostile says where some are")
    command = [sys.executable, str(given.hostile), "--port", str(given.port), "--endless-seconds", "60"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  what the user named
    try:
        sys.stdout.write(process.stdout.readline() if process.stdout else "")
        is_well = asyncio.run(run(given, given.port))
    finally:
        process.terminate()
        process.wait()
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
