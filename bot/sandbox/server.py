"""The HTTP side: `/bot<TOKEN>/<method>` and the Sandbox that owns everything."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox import control
from bot.sandbox.faults import Fault, Faults, Loss, SendingLimits, server_error
from bot.sandbox.guard import only_from_here
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import Parameters, checked_parameters, method_name
from bot.sandbox.refusal import Refusal, bad_request, too_many_requests
from bot.sandbox.user import SandboxUser
from bot.sandbox.world import Callback, Chat, Json, World

TEST_TOKEN = "7000001:sandbox-token-is-not-a-secret-00000"  # noqa: S105
MAX_BODY = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot. `answer` is the JSON body, made even when `answered` is False (the connection was cut)."""

    method: str
    parameters: Parameters
    answer: Json
    at: datetime
    answered: bool = True


class Sandbox:
    """A Telegram of its own on 127.0.0.1; use as an async context manager.

    `port` 0 takes a free one. `clock` gives the present (aware) for message dates and the page; default: real UTC.
    `limits` turns on Telegram's sending limits (30 messages a second, about one a second to one chat).
    """

    def __init__(
        self,
        token: str = TEST_TOKEN,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        limits: bool = False,
        bot_name: str = "Điểm Tin",
        bot_username: str = "diem_tin_sandbox_bot",
    ) -> None:
        bot_id = int(token.split(":", 1)[0])
        self.token = token
        self.world = World(
            {"id": bot_id, "is_bot": True, "first_name": bot_name, "username": bot_username},
            clock or (lambda: datetime.now(UTC)),
        )
        self.calls: list[Call] = []
        self.on_jump: Callable[[], Awaitable[str]] | None = None
        self.api_url = ""
        self.page_url = ""
        self._port = port
        self._limits = SendingLimits() if limits else None
        self._faults = Faults()
        self._users: dict[int, SandboxUser] = {}
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[only_from_here], client_max_size=MAX_BODY)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        control.add_routes(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.api_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.page_url = f"{self.api_url}/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.world.updates.release()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def closing(self) -> asyncio.Event:
        """Set at shutdown, for handlers that wait."""
        return self._closing

    def user(
        self,
        user_id: int | None = None,
        *,
        first_name: str = "An",
        language_code: str = "vi",
        started: bool = False,
    ) -> SandboxUser:
        """A person with the bot's empty chat open; the same id gives the same person.

        Until they write, the bot may not (403), unless `started` says that they did long ago.
        """
        if user_id is None:
            user_id = max(self.world.chats, default=1000) + 1
        if user_id not in self._users:
            person = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
            self.world.chats[user_id] = Chat(person, started=started)
            self._users[user_id] = SandboxUser(self.world, self.world.chats[user_id])
        return self._users[user_id]

    def unanswered(self) -> list[Callback]:
        """The pressed buttons that the bot has not answered."""
        return [callback for callback in self.world.callbacks.values() if not callback.answer.done()]

    def flood(self, times: int = 1, retry_after: int = 1, chat_id: int | None = None) -> None:
        """The next sends (and edits) answer 429 and have no effect."""
        self._faults.waiting.append(Fault(None, chat_id, times, refusal=too_many_requests(retry_after)))

    def hang(
        self,
        method: str = "sendMessage",
        times: int = 1,
        deliver: bool = True,
        chat_id: int | None = None,
        *,
        silent: bool = False,
    ) -> None:
        """The next calls get no answer: the connection is cut, or with `silent` stays open for ever.

        With `deliver` the call takes effect all the same; the client cannot know.
        """
        loss = Loss.SILENT if silent else Loss.CLOSED
        self._faults.waiting.append(Fault(method, chat_id, times, loss=loss, deliver=deliver))

    def fail(self, method: str, status: int = 500, times: int = 1) -> None:
        """The next calls of the method answer with this server error and have no effect."""
        self._faults.waiting.append(Fault(method, None, times, refusal=server_error(status)))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            refusal = Refusal(401, "Unauthorized")
            return web.json_response(refusal.answer(), status=refusal.status)
        method, parameters, fault = request.match_info["method"], {}, None
        at = self.world.clock()
        status = 200
        try:
            method = method_name(method)
            parameters = checked_parameters(method, await _raw_parameters(request))
            fault = self._faults.take(method, parameters)
            if fault and fault.refusal:
                raise fault.refusal
            result: Any = None
            if fault is None or fault.deliver:
                result = await self._perform(method, parameters)
            answer = {"ok": True, "result": result}
        except Refusal as refusal:
            status, answer = refusal.status, refusal.answer()
        lost = fault is not None and fault.loss is not None
        self.calls.append(Call(method, parameters, answer, at, answered=not lost))
        if fault and fault.loss:
            await self._lose(request, fault.loss)
        return web.json_response(answer, status=status)

    async def _perform(self, method: str, parameters: Parameters) -> Any:
        if method == "getUpdates":
            return await self.world.updates.poll(parameters)
        if self._limits:
            self._limits.check(method, parameters)
        return METHODS[method](self.world, parameters)

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
    except ValueError:
        raise bad_request("can't parse the form") from None
    for name, value in form.items():
        raw[name] = value if isinstance(value, str) else "(file)"
    return raw
