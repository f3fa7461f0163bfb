"""The Bot API over HTTP: `/bot<TOKEN>/<method>`, decode -> check -> trouble? -> perform -> answer."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.sandbox.chat import Json
from bot.sandbox.faults import Fault, Faults, Loss, SendingLimits
from bot.sandbox.files import Upload
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import Parameters, checked_parameters, method_name
from bot.sandbox.refusal import Refusal, bad_request
from bot.sandbox.world import World

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot. `answer` is the JSON body, made even when `answered` is False (the connection was cut)."""

    method: str
    parameters: Parameters
    answer: Json
    at: datetime
    answered: bool = True


class BotApi:
    """Answers the bot's calls and keeps the list of them."""

    def __init__(self, world: World, token: str, *, limits: bool, closing: asyncio.Event) -> None:
        self.calls: list[Call] = []
        self.faults = Faults()
        self._world = world
        self._token = token
        self._limits = SendingLimits() if limits else None
        self._closing = closing

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self._token:
            refusal = Refusal(401, "Unauthorized")
            return web.json_response(refusal.answer(), status=refusal.status)
        method, parameters, fault = request.match_info["method"], {}, None
        at = self._world.clock()
        status = 200
        try:
            method = method_name(method)
            parameters = checked_parameters(method, await _raw_parameters(request))
            fault = self.faults.take(method, parameters)
            result = await self._perform(method, parameters, fault)
            answer = {"ok": True, "result": result}
        except Refusal as refusal:
            status, answer = refusal.status, refusal.answer()
        except Exception as error:
            _log.exception("the sandbox failed in %s", method)
            status, answer = 500, Refusal(500, f"Internal Server Error: the sandbox failed: {error!r}").answer()
        lost = fault is not None and fault.loss is not None
        self.calls.append(Call(method, parameters, answer, at, answered=not lost))
        if fault and fault.loss:
            await self._lose(request, fault.loss)
        return web.json_response(answer, status=status)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self._token:
                raise Refusal(401, "Unauthorized")
            return web.Response(body=self._world.files.at(request.match_info["path"]).content)
        except Refusal as refusal:
            return web.json_response(refusal.answer(), status=refusal.status)

    async def _perform(self, method: str, parameters: Parameters, fault: Fault | None) -> Any:
        if fault and fault.refusal:
            raise fault.refusal
        if fault and not fault.deliver:
            return None
        if method == "getUpdates":
            return await self._world.updates.poll(parameters)
        if self._limits:
            self._limits.check(method, parameters)
        return METHODS[method](self._world, parameters)

    async def _lose(self, request: web.Request, loss: Loss) -> None:
        if loss is Loss.SILENT:
            await self._closing.wait()
        if request.transport is not None:
            request.transport.abort()


async def _raw_parameters(request: web.Request) -> Mapping[str, Any]:
    """Query string and body together, from JSON, a urlencoded or a multipart form; raises Refusal."""
    raw: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except (ValueError, RecursionError):
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("can't parse JSON object")
        return raw | body
    try:
        form = await request.post()
    except (ValueError, HttpProcessingError):
        raise bad_request("can't parse the form") from None
    for name, value in form.items():
        raw[name] = _upload(value) if isinstance(value, web.FileField) else value
    return raw


def _upload(field: web.FileField) -> Upload:
    return Upload(field.filename, field.content_type, field.file.read())
