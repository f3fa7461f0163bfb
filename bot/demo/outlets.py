"""The demo's outlets on 127.0.0.1: the bundled sample news, or a folder of saved feeds.

request -> site.answer(path, now) -> 404, or ETag and Last-Modified compared -> 304 or 200
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

from aiohttp import web

from bot.demo.answer import Answer
from bot.demo.replay import Replay, ReplaySite
from bot.demo.sample_site import SampleSite
from feeds.sources import Source

HOST = "127.0.0.1"


class Site(Protocol):
    """Some outlets: where their feeds are, and what an address answers at a moment (None: not found)."""

    @property
    def sources(self) -> tuple[Source, ...]: ...

    def answer(self, path: str, now: datetime) -> Answer | None: ...


class OutletServer:
    """Serves outlets while the `async with` lasts; `sources` and `host_port` are known from then on.

    `now` is the demo's clock (aware) and may jump forward: what is published follows it. With `folder` the saved
    feeds in it are served instead of the bundled news; `replay_end`, known from the start, is then the moment to
    set that clock to: when the newest day was captured, see `Replay` (None: bundled news, or no file bears a date).
    Raises FileNotFoundError when the folder holds no XML file, OSError when the port is taken.
    """

    def __init__(self, *, now: Callable[[], datetime], folder: Path | None = None, port: int = 0) -> None:
        self.sources: tuple[Source, ...] = ()
        self.host_port = ""
        self._now = now
        self._port = port
        self._replay = Replay(folder) if folder is not None else None
        self.replay_end = self._replay.end if self._replay is not None else None
        application = web.Application()
        application.router.add_get("/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None)
        self._site: Site

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.host_port = f"{HOST}:{self._runner.addresses[0][1]}"
        base = f"http://{self.host_port}"
        # Whole minutes: feeds write no fractions, and an item must not be younger in one place than in another.
        start = self._now().replace(second=0, microsecond=0)
        self._site = ReplaySite(base, self._replay) if self._replay is not None else SampleSite(base, start)
        self.sources = self._site.sources
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        answer = self._site.answer(request.path, self._now())
        if answer is None:
            return web.Response(status=404, text="Không có trang này.")
        tag = hashlib.sha256(answer.body).hexdigest()[:20]
        changed_at = answer.changed_at.astimezone(UTC).replace(microsecond=0) if answer.changed_at else None
        if _unchanged(request, tag, changed_at):
            response = web.Response(status=304)
        else:
            response = web.Response(body=answer.body, headers={"Content-Type": answer.content_type})
        response.etag = tag
        response.last_modified = changed_at
        return response


def _unchanged(request: web.Request, tag: str, changed_at: datetime | None) -> bool:
    """Whether the client's copy is current; as in RFC 9110 an ETag, where sent, decides alone."""
    if request.if_none_match is not None:
        return any(known.value in {tag, "*"} for known in request.if_none_match)
    since = request.if_modified_since
    return since is not None and changed_at is not None and changed_at <= since
