"""What an idle bot costs (seconds until ready, memory, CPU), beside a process that only imports its stack.

    python benchmarks/idle.py [--runs 5] [--idle 20]

The bot is `bot.py run` against the stand-in of Telegram's server and the sample outlets; ready means that it says so
in its log; memory and CPU are read from /proc after its first reading and `--idle` seconds of rest.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.demo.outlets import OutletServer
from bot.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
STACK = "import telegram.ext, sqlalchemy.orm, feedparser, aiohttp, apscheduler.schedulers.asyncio, jinja2"
TICKS = os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def cpu(pid: int) -> float:
    """CPU seconds so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def bot_run(idle: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        async with OutletServer(now=lambda: datetime.now(UTC)) as outlets, Sandbox() as sandbox:
            sources = Path(scratch) / "sources.toml"
            sources.write_text("".join(_toml(source) for source in outlets.sources), "utf-8")
            environment = os.environ | {
                "TELEGRAM_TOKEN": sandbox.token,
                "TELEGRAM_API_URL": sandbox.api_url,
                "DATABASE_URL": f"sqlite:///{scratch}/bot.db",
                "SOURCES_FILE": str(sources),
                "FETCH_ALLOW_PRIVATE": outlets.host_port,
            }
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "bot.py"),
                "run",
                env=environment,
                cwd=scratch,
                stderr=asyncio.subprocess.PIPE,
            )
            ready = await _logged(process, "ready") - started
            start_cpu = cpu(process.pid)
            await _logged(process, "feeds read")
            await asyncio.sleep(2)
            before = cpu(process.pid)
            await asyncio.sleep(idle)
            figures = {
                "ready, wall s": ready,
                "ready, CPU s": start_cpu,
                "resident MB": resident(process.pid),
                "idle CPU, % of a core": 100 * (cpu(process.pid) - before) / idle,
            }
            process.terminate()
            await process.wait()
            return figures


async def stack_run() -> dict[str, float]:
    """The floor: a process that imports the required stack and waits."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{STACK}\nprint('ready', flush=True)\nimport time; time.sleep(60)",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    started = time.monotonic()
    if process.stdout:
        await process.stdout.readline()
    figures = {
        "ready, wall s": time.monotonic() - started,
        "ready, CPU s": cpu(process.pid),
        "resident MB": resident(process.pid),
    }
    process.kill()
    await process.wait()
    return figures


async def _logged(process: asyncio.subprocess.Process, word: str) -> float:
    if process.stderr is None:
        raise RuntimeError("the log is not read")
    seen = ""
    async with asyncio.timeout(60):
        while line := (await process.stderr.readline()).decode():
            if word in line:
                return time.monotonic()
            seen += line
    raise RuntimeError(f"the bot ended before it logged {word!r}:\n{seen}")


def _toml(source: object) -> str:
    lines = ["[[source]]"]
    for name in ("url", "outlet", "level", "province", "language", "section"):
        value = getattr(source, name)
        if value is not None:
            lines.append(f'{name} = "{value}"')
    return "\n".join(lines) + "\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20)
    arguments = parser.parse_args()
    pairs = [(asyncio.run(bot_run(arguments.idle)), asyncio.run(stack_run())) for _ in range(arguments.runs)]
    out = sys.stdout.write
    out(f"{'median of ' + str(arguments.runs):26}{'bot':>10}{'stack':>10}{'ratio':>8}\n")
    for name in pairs[0][0]:
        bot = statistics.median(run[name] for run, _ in pairs)
        stack = [run[name] for _, run in pairs if name in run]
        floor = statistics.median(stack) if stack else None
        out(f"{name:26}{bot:10.2f}" + (f"{floor:10.2f}{bot / floor:8.2f}\n" if floor else "\n"))


if __name__ == "__main__":
    main()
