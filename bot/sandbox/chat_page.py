"""The chat page in the browser and its control API under `/sandbox/`.

The page shows what one simulated user sees. It gets a snapshot and then every change over one event stream
(server-sent events), and posts what the person does: write, press, block, change language, jump in time.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.chat import Json, PrivateChat
from bot.sandbox.files import Upload, picture_size
from bot.sandbox.inbox import answer_of
from bot.sandbox.refusal import Refusal
from bot.sandbox.user import typed
from bot.sandbox.world import World

PAGE = Path(__file__).parent / "page"
PRESS_SECONDS = 30  # how long the page's spinner waits
TICK_SECONDS = 1.0  # how often the page hears what time it is


class ChatPage:
    """Routes of the page. `on_jump` moves the sandbox's time to the next digest and returns a line, in a language."""

    def __init__(self, world: World, closing: asyncio.Event) -> None:
        self.on_jump: Callable[[str], Awaitable[str]] | None = None
        self._world = world
        self._closing = closing

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._index)
        app.router.add_static("/page/", PAGE)
        app.router.add_get("/sandbox/events", self._events)
        app.router.add_post("/sandbox/say", self._say)
        app.router.add_post("/sandbox/upload", self._upload)
        app.router.add_get("/sandbox/file/{path}", self._file)
        app.router.add_get("/sandbox/photo/{path}", self._photo)
        app.router.add_post("/sandbox/press", self._press)
        app.router.add_post("/sandbox/users", self._users)
        app.router.add_post("/sandbox/language", self._language)
        app.router.add_post("/sandbox/block", self._block)
        app.router.add_post("/sandbox/jump", self._jump)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """`?user=ID` (else the first user): a snapshot event, then the changes of that chat and the clock."""
        wanted = request.query.get("user", "")
        found = self._world.chats.get(int(wanted) if wanted.isdecimal() else 0)
        if not isinstance(found, PrivateChat):
            found = next(iter(self._world.people()), None) or self._world.person(None, "An", "vi")
        chat = found
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await stream.prepare(request)
        events: asyncio.Queue[Json] = asyncio.Queue()
        chat.listeners.append(events.put_nowait)
        try:
            await _write(stream, self._snapshot(chat))
            while not self._closing.is_set():
                try:
                    event = await asyncio.wait_for(events.get(), TICK_SECONDS)
                except TimeoutError:
                    event = self._clock()
                if event["type"] == "profile":
                    event |= self._profile(chat)
                await _write(stream, event)
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            chat.listeners.remove(events.put_nowait)
        return stream

    def _snapshot(self, chat: PrivateChat) -> Json:
        messages = [chat.seen(message) for message in chat.messages.values()]
        people = [other.user for other in self._world.people()]
        state = {"type": "snapshot", "user": chat.user, "users": people, "blocked": chat.blocked, "messages": messages}
        return state | self._profile(chat) | {"clock": self._clock()}

    def _profile(self, chat: PrivateChat) -> Json:
        """The bot as this user sees it, in their language."""
        language, profile = chat.user["language_code"], self._world.profile
        name = profile.text("name", language) or self._world.bot["first_name"]
        bot = {"name": name, "username": self._world.bot["username"]}
        bot["description"] = profile.text("description", language)
        return {"bot": bot, "commands": profile.commands_for(chat.id, language)}

    def _clock(self) -> Json:
        return {"type": "clock", "now": self._world.now(), "can_jump": self.on_jump is not None}

    async def _say(self, request: web.Request) -> web.Response:
        """With `reply_to`, the id of a message, as an answer to it."""
        body = await _body(request)
        chat = self._chat(body)
        try:
            self._world.say(chat, typed(str(body.get("text", ""))), reply_to=chat.messages.get(body.get("reply_to", 0)))
        except ValueError as error:
            raise web.HTTPConflict(text=str(error)) from error
        return web.json_response({})

    async def _upload(self, request: web.Request) -> web.Response:
        """The file is the body, its name and the user are in the query."""
        name, kind = request.query.get("name", "")[:255], request.content_type
        user = request.query.get("user", "")
        chat = self._chat({"user": int(user) if user.isdecimal() else 0})
        try:
            document = self._world.files.keep(Upload(name or "file", kind, await request.read()))
            self._world.say(chat, {"document": document})
        except (ValueError, Refusal) as error:
            raise web.HTTPConflict(text=str(error)) from error
        return web.json_response({})

    async def _file(self, request: web.Request) -> web.Response:
        """A document of the chat, always as a download: whatever it holds, the page never shows it as its own."""
        try:
            upload = self._world.files.at(request.match_info["path"])
        except Refusal as error:
            raise web.HTTPNotFound(text=str(error)) from error
        disposition = f"attachment; filename*=UTF-8''{quote(upload.name, safe='')}"
        headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=upload.content, content_type="application/octet-stream", headers=headers)

    async def _photo(self, request: web.Request) -> web.Response:
        """A photo that the bot or a user sent, to be shown."""
        try:
            content = self._world.files.at(request.match_info["path"]).content
            picture_size(content)
        except Refusal as error:
            raise web.HTTPNotFound(text=str(error)) from error
        return web.Response(body=content, content_type="image/png" if content[:4] == b"\x89PNG" else "image/jpeg")

    async def _press(self, request: web.Request) -> web.Response:
        """`{"answer": null}` when the bot did not answer in time."""
        body = await _body(request)
        chat = self._chat(body)
        try:
            message = chat.messages[body["message_id"]]
            data = message["reply_markup"]["inline_keyboard"][body["row"]][body["column"]]["callback_data"]
        except (KeyError, IndexError, TypeError) as error:
            raise web.HTTPNotFound(text="no such button") from error
        try:
            answer = await answer_of(self._world.press(chat, message["message_id"], data), PRESS_SECONDS)
        except TimeoutError:
            return web.json_response({"answer": None})
        return web.json_response({"answer": answer})

    async def _users(self, request: web.Request) -> web.Response:
        body = await _body(request)
        name = str(body.get("first_name", "")).strip()[:64] or "Khách"
        chat = self._world.person(None, name, _language(body))
        self._world.tell_all({"type": "users", "users": [other.user for other in self._world.people()]})
        return web.json_response(chat.user)

    async def _language(self, request: web.Request) -> web.Response:
        body = await _body(request)
        chat = self._chat(body)
        chat.user = chat.user | {"language_code": _language(body)}
        chat.tell({"type": "profile", "user": chat.user})
        return web.json_response({})

    async def _block(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._world.set_blocked(self._chat(body), body.get("blocked") is True)
        return web.json_response({})

    async def _jump(self, request: web.Request) -> web.Response:
        if self.on_jump is None:
            raise web.HTTPConflict(text="there is nothing to jump to")
        line = await self.on_jump(self._chat(await _body(request)).user["language_code"])
        self._world.tell_all(self._clock())
        return web.json_response({"line": line})

    def _chat(self, body: Json) -> PrivateChat:
        chat = self._world.chats.get(body.get("user", 0))
        if not isinstance(chat, PrivateChat):
            raise web.HTTPNotFound(text="no such user")
        return chat


async def _write(stream: web.StreamResponse, event: Json) -> None:
    await stream.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object of a POST; raises 400."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return body


def _language(body: Json) -> str:
    return "en" if body.get("language_code") == "en" else "vi"
