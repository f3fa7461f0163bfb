"""The port for whoever watches a process: `/metrics` for Prometheus, `/healthz` for what restarts it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import text

from bot.listening import listening
from feeds.database import Database

_ANSWERS_WITHIN = 5.0  # seconds


@asynccontextmanager
async def monitored(
    registry: CollectorRegistry, database: Database, host: str, port: int, is_running: Callable[[], bool]
) -> AsyncIterator[int]:
    """Serves while the `async with` lasts; gives the port, which is a free one where `port` is 0.

    A process is healthy when its loop answers, its jobs are at work (`is_running`) and its database is reached. Raises
    `OSError` when the port is taken.
    """

    async def metrics(_request: web.Request) -> web.Response:
        body = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(_request: web.Request) -> web.Response:
        if not is_running():
            return web.Response(status=503, text="the jobs do not run\n")
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                await asyncio.to_thread(_ask, database)
        except Exception:  # whatever it is, the figures and the log say more
            return web.Response(status=503, text="the database cannot be reached\n")
        return web.Response(text="well\n")

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    application.router.add_get("/healthz", health)
    async with listening(application, host, port) as (_, number):
        yield number


def _ask(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1"))
