"""An HTTP port of ours: for `/metrics`, for the API, for the webhook."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

IDLE = 75.0  # seconds without a whole request; proxies let go after 60 (nginx), and must be the first
_LAST_ANSWERS = 10.0  # seconds at the end, for those that are under way


@asynccontextmanager
async def listening(application: web.Application, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serves at `host` and `port` (0: any free) while the `async with` lasts; gives both. OSError: it is taken.

    Who connects and says nothing, or not all, is let go after `IDLE`: aiohttp alone would hold its file for an hour.
    """
    runner = web.AppRunner(application, access_log=None, keepalive_timeout=IDLE, shutdown_timeout=_LAST_ANSWERS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        here, number, *_ = runner.addresses[0]
        yield here, number
    finally:
        await runner.cleanup()
