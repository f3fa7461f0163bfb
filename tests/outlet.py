"""A small outlet on the loopback address, for tests of whatever reads feeds and pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Outlet:
    """What it answers at a path can be changed while it runs; `asked` are the paths asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | str | web.Response] = {}
        self.asked: list[str] = []
        self.host_port = ""

    def url(self, path: str) -> str:
        return f"http://{self.host_port}{path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        answer = self.answers.get(request.path)
        if answer is None:
            return web.Response(status=404)
        if isinstance(answer, str):
            return web.Response(text=answer, content_type="text/html" if "html" in request.path else "text/xml")
        if isinstance(answer, web.Response):
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        return await answer(request)


@asynccontextmanager
async def running(outlet: Outlet) -> AsyncIterator[None]:
    application = web.Application()
    application.router.add_get("/{path:.*}", outlet.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outlet.host_port = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


def page_of(title: str, *paragraphs: str, head: str = "") -> str:
    """An article page as plain as can be."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"
    )
