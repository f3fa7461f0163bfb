"""What the HTTP API's answers cost, and whether they are as described whatever is asked.

    python benchmarks/api.py DATABASE_URL                    # CPU of each kind of answer, p50 and largest of 30
    python benchmarks/api.py DATABASE_URL --examples 200     # schemathesis, as much as it may ask: minutes

The database is only read; one of a million articles is made by benchmarks/million.py. Exit code 1: schemathesis found
something.
"""

# ruff: noqa: T201  what it prints is its result; it starts schemathesis, of this environment
import argparse
import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from aiohttp import ClientSession  # noqa: E402
from yarl import URL  # noqa: E402

from bot.api.server import serving_api  # noqa: E402
from bot.context import Services  # noqa: E402
from bot.limits import NoLimits  # noqa: E402
from bot.settings import Settings  # noqa: E402
from feeds.database import Database  # noqa: E402

TIMES = 30
PATHS = (
    "/v1/articles",
    "/v1/articles?limit=100",
    "/v1/articles?topic=drugs",
    "/v1/articles?place=nghe+an&since=2026-01-01",
    "/v1/articles?document=09-CT/TW%23XI",
    "/v1/articles/1",
    "/v1/search?q=an+ninh",
    "/v1/search?q=%22ma+t%C3%BAy%22+-b%C3%B3ng+%C4%91%C3%A1",
    "/v1/stories",
    "/v1/stories/1",
    "/v1/documents?number=09+ct+tw",
    "/v1/documents/09-CT%2FTW%23XI",
    "/v1/documents/09-CT%2FTW%23XI/articles",
    "/v1/status",
)


@asynccontextmanager
async def served(url: str) -> AsyncIterator[str]:
    database = Database(url)
    given = Services(Settings(_env_file=None), database, lambda: datetime.now(UTC), limits=NoLimits())
    async with serving_api(given, "127.0.0.1", 0) as address:
        yield address
    database.close()


def cpu() -> float:
    """Seconds of this process, client included (some 0.5 ms a request)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(url: str, paths: Sequence[str]) -> None:
    async with served(url) as address, ClientSession() as session:
        print(f"{'':50} status   bytes  CPU p50 ms  largest  wall p50 ms")
        for path in paths:
            figures: list[tuple[float, float]] = []
            for _ in range(TIMES):
                began, at = cpu(), time.perf_counter()
                async with session.get(URL(address + path, encoded=True)) as response:
                    body = await response.read()
                figures.append(((cpu() - began) * 1000, (time.perf_counter() - at) * 1000))
            used, wall = zip(*figures, strict=True)
            print(
                f"{path:50} {response.status:6} {len(body):7}"
                f" {median(used):11.1f} {max(used):8.1f} {median(wall):12.1f}"
            )


async def examine(url: str, examples: int) -> int:
    """The exit code of schemathesis."""
    with TemporaryDirectory() as folder:  # where it keeps what it found
        async with served(url) as address:
            program = Path(sys.executable).with_name("schemathesis")
            command = [str(program), "run", f"{address}/openapi.json", "--max-examples", str(examples)]
            return (await asyncio.to_thread(subprocess.run, command, check=False, cwd=folder)).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("--examples", type=int)
    parser.add_argument("--path", action="append", help="measure this one instead of the usual")
    arguments = parser.parse_args()
    if arguments.examples:
        sys.exit(asyncio.run(examine(arguments.database, arguments.examples)))
    asyncio.run(measure(arguments.database, arguments.path or PATHS))
