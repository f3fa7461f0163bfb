"""Who connects to a port of ours and does not ask."""

import asyncio

import pytest
from aiohttp import web

import bot.listening
from bot.listening import listening
from conftest import free_port

HOST = "127.0.0.1"


def an_application() -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    return application


async def told(port: int, said: bytes) -> bytes:
    """All that is answered until we are let go."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(said)
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: one\r\n", b"GET / HTTP/1.1\r\nHost: one\r\n\r\nGET"])
async def test_who_says_nothing_or_not_all_is_let_go(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.listening, "IDLE", 0.2)
    async with listening(an_application(), HOST, 0) as (_, port):
        assert (await told(port, said)).startswith(b"HTTP/1.1 200") is said.endswith(b"GET")


async def test_a_port_is_free_again_at_once() -> None:
    port = free_port()
    for _ in range(2):
        async with listening(an_application(), HOST, port) as here:
            assert here == (HOST, port)
            with pytest.raises(OSError, match="in use"):
                async with listening(an_application(), HOST, port):
                    pass
