"""The Sandbox: one HTTP server on 127.0.0.1 with the Bot API and the chat page, and what tests may do to it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox.api import BotApi, Call
from bot.sandbox.chat import Group
from bot.sandbox.chat_page import ChatPage
from bot.sandbox.faults import Fault, Loss, server_error
from bot.sandbox.group import SandboxGroup
from bot.sandbox.guard import only_from_here
from bot.sandbox.refusal import too_many_requests
from bot.sandbox.user import SandboxUser
from bot.sandbox.webhook import deliver_updates
from bot.sandbox.world import Callback, World

TEST_TOKEN = "7000001:sandbox-token-is-not-a-secret-00000"  # noqa: S105
MAX_BODY = 50 * 1024 * 1024  # bytes, as in the real server


class Sandbox:
    """A Telegram of its own on 127.0.0.1; use as an async context manager (OSError: the port is taken).

    `port` 0 takes a free one. `clock` gives the present (aware) for message dates and the page; default: real UTC.
    `limits` turns on Telegram's sending limits (30 messages in any second, about one a second to one chat,
    20 a minute to a group).
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
        self.api_url = ""
        self.page_url = ""
        self.world = World(
            {"id": bot_id, "is_bot": True, "first_name": bot_name, "username": bot_username},
            clock or (lambda: datetime.now(UTC)),
        )
        self._closing = asyncio.Event()
        self._api = BotApi(self.world, token, limits=limits, closing=self._closing)
        self._page = ChatPage(self.world, self._closing)
        self._users: dict[int, SandboxUser] = {}
        self._port = port
        self._runner: web.AppRunner | None = None
        self._delivery: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[only_from_here], client_max_size=MAX_BODY)
        self._api.add_routes(app)
        self._page.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.api_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.page_url = f"{self.api_url}/"
        self._delivery = asyncio.create_task(deliver_updates(self.world))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.world.updates.release()
        self.world.tell_all({"type": "closing"})
        if self._delivery is not None:
            self._delivery.cancel()
            await asyncio.gather(self._delivery, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def calls(self) -> list[Call]:
        """Every call of the bot so far, in the order of their answers."""
        return self._api.calls

    @property
    def on_jump(self) -> Callable[[str], Awaitable[str]] | None:
        """What the page's clock button does; returns a line to show. Without it the button is disabled."""
        return self._page.on_jump

    @on_jump.setter
    def on_jump(self, jump: Callable[[str], Awaitable[str]] | None) -> None:
        self._page.on_jump = jump

    def user(
        self, user_id: int | None = None, *, first_name: str = "An", language_code: str = "vi", started: bool = False
    ) -> SandboxUser:
        """A person with the bot's empty chat open; the same id gives the same person.

        Until they write, the bot may not (403), unless `started` says that they did long ago.
        """
        chat = self.world.person(user_id, first_name, language_code, started=started)
        if chat.id not in self._users:
            self._users[chat.id] = SandboxUser(self.world, chat)
        return self._users[chat.id]

    def group(
        self,
        title: str = "Nhóm",
        *,
        chat_id: int | None = None,
        kind: str = "supergroup",
        forum: bool = False,
        topics: Collection[int] = (),
        owner: SandboxUser | None = None,
        bot: str = "member",
        username: str = "",
    ) -> SandboxGroup:
        """A supergroup, a forum (with General, and `topics` that were opened long ago) or a `kind="group"`.

        The bot is in it since long ago with the status `bot`; "left": it never was.
        """
        owner = owner or self.user(first_name="Chủ nhóm")
        number = 1 + sum(isinstance(chat, Group) for chat in self.world.chats.values())
        new_id = -number if kind == "group" else -1_001_000_000_000 - number
        made = Group(
            chat_id or new_id,
            title=title,
            kind=kind,
            username=username,
            is_forum=forum or bool(topics),
            bot_user=self.world.bot,
            topics=dict.fromkeys(topics, True),
        )
        self.world.chats[made.id] = made
        handle = SandboxGroup(self.world, made, owner)
        handle.add(owner, "creator")
        handle.place_bot(bot)
        return handle

    def channel(
        self,
        title: str = "Kênh",
        *,
        chat_id: int | None = None,
        owner: SandboxUser | None = None,
        bot: str = "left",
        username: str = "",
    ) -> SandboxGroup:
        """A channel; the bot is in it only as "administrator"."""
        return self.group(title, chat_id=chat_id, kind="channel", owner=owner, bot=bot, username=username)

    def commands_seen(self, user: SandboxUser, chat: SandboxGroup | None = None) -> dict[str, str]:
        """The command menu (name to description) that a user sees in their own chat or in a group."""
        profile = self.world.profile
        if chat is None:
            seen = profile.commands_for(user.chat_id, user.language_code)
        else:
            is_admin = chat.status(user) in ("creator", "administrator")
            seen = profile.commands_in_group(chat.chat_id, user.chat_id, user.language_code, is_admin=is_admin)
        return {command["command"]: command["description"] for command in seen}

    def push(self, update: dict[str, Any]) -> int:
        """Put any JSON object into the queue as an Update, whatever the bot asked for; returns its update_id."""
        return self.world.updates.push(update)

    def unanswered(self) -> list[Callback]:
        """The pressed buttons that the bot has not answered."""
        return [callback for callback in self.world.callbacks.values() if not callback.answer.done()]

    def flood(self, times: int = 1, retry_after: int = 1, chat_id: int | None = None) -> None:
        """The next sends (and edits) answer 429 and have no effect."""
        self._api.faults.waiting.append(Fault(None, chat_id, times, refusal=too_many_requests(retry_after)))

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
        self._api.faults.waiting.append(Fault(method, chat_id, times, loss=loss, deliver=deliver))

    def fail(self, method: str, status: int = 500, times: int = 1) -> None:
        """The next calls of the method answer with this server error and have no effect."""
        self._api.faults.waiting.append(Fault(method, None, times, refusal=server_error(status)))
