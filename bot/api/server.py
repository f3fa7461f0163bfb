"""The HTTP server of the API. There are no middlewares: aiohttp keeps every application that has some for ever."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from hashlib import blake2s
from http import HTTPStatus
from typing import TypeVar

import structlog
from aiohttp import web
from pydantic import ValidationError

from bot.api.admission import Admission
from bot.api.asked import Asked, Listed
from bot.api.description import ATOM, JSON, PROBLEM, description
from bot.api.feed import as_atom
from bot.api.operations import OPERATIONS, Operation
from bot.api.problems import Refused
from bot.api.reading import SECONDS, Reading
from bot.api.shapes import Page
from bot.context import Services
from bot.listening import listening

log = structlog.get_logger()

A = TypeVar("A", bound=Asked)
_METHODS = "GET, HEAD"
_OWN_HEADERS = {
    "Server": "Diem Tin",  # not with which versions
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_MAX_AGE = 60  # seconds that an answer may be kept


class Api:
    """The API as a web application; what it reads is bounded by `seconds` a query."""

    def __init__(self, services: Services, seconds: float = SECONDS) -> None:
        self._services = services
        self._admission = Admission(services.settings.api_secrets, services.limits)
        self._reading = Reading(services, seconds)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=1024)
        for operation in OPERATIONS:
            app.router.add_route("*", operation.path, partial(self._answer, partial(self._operate, operation)))
        app.router.add_route("*", "/openapi.json", partial(self._answer, self._describe))
        app.router.add_route("*", "/{path:.*}", partial(self._answer, self._miss))
        return app

    async def _answer(
        self, work: Callable[[web.Request], Awaitable[web.Response]], request: web.Request
    ) -> web.Response:
        """What `work` answers, or the problem with the request; never a trace."""
        try:
            if request.method not in ("GET", "HEAD"):
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "this API only reads", headers={"Allow": _METHODS})
            response = await work(request)
        except Refused as refused:
            response = _problem(refused)
        except Exception:
            log.exception("the API failed", path=request.path)
            response = _problem(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; it was logged"))
        response.headers.update(_OWN_HEADERS)
        return response

    async def _operate(self, operation: Operation, request: web.Request) -> web.Response:
        self._admission.admit(request)
        asked = _asked(operation.asked, request)
        now = self._services.clock()
        shape = await self._reading.read(lambda session: operation.work(session, asked, now))
        if isinstance(shape, Page) and isinstance(asked, Listed) and asked.format == "atom":
            body = as_atom(shape, f"Điểm Tin: {operation.summary}", request.rel_url.raw_path, dict(request.query), now)
            return self._told(request, body, ATOM)
        return self._told(request, shape.model_dump_json().encode(), JSON)

    async def _describe(self, request: web.Request) -> web.Response:
        return self._told(request, self._description, JSON)

    async def _miss(self, request: web.Request) -> web.Response:
        raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here: /openapi.json says what there is")

    @cached_property
    def _description(self) -> bytes:
        return json.dumps(description(self._admission.needs_token), ensure_ascii=False).encode()

    def _told(self, request: web.Request, body: bytes, content_type: str) -> web.Response:
        who = "private" if self._admission.needs_token else "public"
        tag = blake2s(body, digest_size=16).hexdigest()
        headers = {"ETag": f'"{tag}"', "Cache-Control": f"{who}, max-age={_MAX_AGE}"}
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


def _asked(wanted: type[A], request: web.Request) -> A:
    """The parameters, checked; `Refused` names the first that is wrong."""
    given = {**request.match_info, **request.query}
    twice = next((name for name in given if len(request.query.getall(name, ())) > 1), None)
    if twice is None:
        twice = next((name for name in request.match_info if name in request.query), None)
    if twice is not None:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{twice[:100]} is given twice", parameter=twice[:100])
    try:
        return wanted.model_validate_strings(given, strict=True)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(wrong["loc"][0])[:100]
        detail = wrong["msg"].removeprefix("Value error, ").removeprefix("Input ")
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name}: {detail}", parameter=name) from None


def _problem(refused: Refused) -> web.Response:
    return web.Response(
        status=refused.status,
        body=refused.problem.model_dump_json(exclude_none=True).encode(),
        content_type=PROBLEM,
        headers={"Cache-Control": "no-store", **refused.headers},
    )


@asynccontextmanager
async def serving_api(services: Services, host: str, port: int, seconds: float = SECONDS) -> AsyncIterator[str]:
    """Answers at `host` and `port` (0: any free) while the `async with` lasts; gives its address. OSError: taken."""
    async with listening(Api(services, seconds).application(), host, port) as (here, number):
        yield f"http://{f'[{here}]' if ':' in here else here}:{number}"
