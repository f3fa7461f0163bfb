"""The sandbox as tests and the demo use it: users, updates, buttons, calls, a whole PTB application."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Conflict
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.sandbox import Sandbox, SandboxUser

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=lambda: NOON) as sandbox:
        yield sandbox


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        yield bot


def keys(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"data:{label}") for label in labels]])


async def test_a_whole_application(sandbox: Sandbox) -> None:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert isinstance(update.message, Message)
        await update.message.reply_html("<b>Chào</b> bạn", reply_markup=keys("Tiếp"))

    async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Đã nhận", show_alert=True)
        await query.edit_message_text(f"Bạn bấm {query.data}")

    application = Application.builder().token(sandbox.token).base_url(f"{sandbox.api_url}/bot").build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CallbackQueryHandler(pressed))
    an = sandbox.user(first_name="An")
    async with application:
        assert application.updater is not None
        await application.updater.start_polling()
        await application.start()
        await an.say("/start")
        hello = await an.wait_for("Chào")
        assert hello["entities"] == [{"type": "bold", "offset": 0, "length": 4}]
        answer = await an.press("Tiếp")
        assert (answer["text"], answer["show_alert"]) == ("Đã nhận", True)
        await an.wait_for("Bạn bấm data:Tiếp")
        await application.updater.stop()
        await application.stop()
    assert [message["text"] for message in an.messages] == ["/start", "Bạn bấm data:Tiếp"]
    assert sandbox.unanswered() == []


async def test_what_messages_carry(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(5, first_name="An")
    await an.say("/start abc")
    asked = an.messages[0]
    assert asked["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    sent = await bot.send_message(
        5,
        "Chào",
        disable_notification=True,
        protect_content=True,
        reply_parameters={"message_id": asked["message_id"]},
        reply_markup={"force_reply": True},
    )
    assert sent.date == NOON
    assert sent.chat.first_name == "An"
    assert sent.has_protected_content
    assert sent.reply_to_message is not None
    assert sent.reply_markup is None  # the bot is shown inline keyboards only
    seen = an.messages[-1]
    assert seen["silent"]
    assert seen["reply_markup"] == {"force_reply": True}
    free = {"message_id": 999, "allow_sending_without_reply": True}
    assert (await bot.send_message(5, "x", reply_parameters=free)).reply_to_message is None
    assert await sent.delete()
    assert [message["text"] for message in an.messages] == ["/start abc", "x"]


async def test_old_messages_cannot_be_deleted() -> None:
    now = [NOON]
    async with Sandbox(clock=lambda: now[0]) as sandbox, Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        sent = await bot.send_message(sandbox.user(started=True).chat_id, "x")
        now[0] += timedelta(hours=49)
        with pytest.raises(BadRequest, match="can't be deleted"):
            await sent.delete()


async def test_profile_by_language_and_scope(sandbox: Sandbox, bot: Bot) -> None:
    await bot.set_my_commands([("start", "Start")])
    await bot.set_my_commands([("batdau", "Bắt đầu")], language_code="vi")
    sandbox.user(5, started=True)
    await bot.set_my_commands([("admin", "Admin")], scope={"type": "chat", "chat_id": 5})
    assert [command.command for command in await bot.get_my_commands(language_code="vi")] == ["batdau"]
    profile = sandbox.world.profile
    assert [profile.commands_for(*who)[0]["command"] for who in [(1, "vi"), (1, "en"), (5, "vi")]] == [
        "batdau",
        "start",
        "admin",
    ]
    await bot.delete_my_commands(language_code="vi")
    assert profile.commands_for(1, "vi")[0]["command"] == "start"
    await bot.set_my_description("Mô tả", language_code="vi")
    await bot.set_my_description("About")
    assert (await bot.get_my_description("vi")).description == "Mô tả"
    assert (await bot.get_my_description("fr")).description == "About"
    await bot.set_my_name("Tin")
    assert (await bot.get_me()).first_name == "Tin"
    assert (await bot.get_my_name()).name == "Tin"
    await bot.set_chat_menu_button(menu_button={"type": "commands"})
    assert (await bot.get_chat_menu_button()).type == "commands"


async def test_chats(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(5, started=True)
    assert (await bot.get_chat(5)).first_name == "An"
    assert (await bot.get_chat_member(5, 5)).status == "member"
    an.block()
    assert (await bot.get_chat_member(5, bot.id)).status == "kicked"
    updates = await bot.get_updates()
    assert updates[0].my_chat_member is not None
    assert updates[0].my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(ValueError, match="blocked"):
        await an.say("x")


async def test_updates_stay_until_confirmed(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user()
    for number in range(3):
        await an.say(str(number))
    first = await bot.get_updates(limit=2)
    assert first == (await bot.get_updates())[:2]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message.text for update in rest if update.message] == ["2"]
    assert (await bot.get_updates(offset=-1)) == rest
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_only_wanted_updates_come(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(started=True)
    await bot.get_updates(allowed_updates=["message"])
    an.block()
    an.unblock()
    await an.say("x")
    assert len(await bot.get_updates(allowed_updates=[])) == 1


async def test_a_second_poller_ends_the_first(sandbox: Sandbox, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await _until(lambda: sandbox.world.updates._poller == 1)
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as other:
        second = asyncio.create_task(other.get_updates(timeout=10))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        await sandbox.user().say("x")
        assert len(await second) == 1


POLL = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"


async def test_a_killed_process_loses_nothing(sandbox: Sandbox, bot: Bot) -> None:
    url = f"{sandbox.api_url}/bot{sandbox.token}/getUpdates?timeout=50"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", POLL, url)
    await _until(lambda: sandbox.world.updates._poller == 1)
    process.kill()
    await process.wait()
    await sandbox.user().say("x")
    assert len(await bot.get_updates()) == 1


async def test_webhook(sandbox: Sandbox, bot: Bot) -> None:
    came: list[tuple[str, str | None]] = []

    async def hook(request: web.Request) -> web.Response:
        update = await request.json()
        came.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=500 if len(came) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3")
    await sandbox.user().say("x")
    await _until(lambda: len(came) == 2 and not sandbox.world.updates.pending)
    assert came == [("x", "s3")] * 2
    assert "500" in ((await bot.get_webhook_info()).last_error_message or "")
    with pytest.raises(Conflict, match="while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()
    await runner.cleanup()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the far side is another task of this loop
            await asyncio.sleep(0.005)


async def test_buttons(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(started=True)
    await bot.send_message(an.chat_id, "cũ", reply_markup=keys("Chung", "Cũ"))
    await bot.send_message(an.chat_id, "mới", reply_markup=keys("Chung", "Xem tiếp"))
    for wanted, data in [
        ("Chung", "data:Chung"),
        ("Xem", "data:Xem tiếp"),
        ("data:Cũ", "data:Cũ"),
    ]:
        pressing = asyncio.create_task(an.press(wanted))
        update = await _pressed(bot)
        assert update.callback_query is not None
        assert update.callback_query.data == data
        await update.callback_query.answer()
        assert (await pressing)["text"] == ""
        with pytest.raises(BadRequest, match="Query is too old"):
            await update.callback_query.answer()
    with pytest.raises(LookupError, match="no button 'Khác'"):
        await an.press("Khác")
    link = InlineKeyboardMarkup([[InlineKeyboardButton("Mở", url="https://vtv.vn")]])
    await bot.send_message(an.chat_id, "x", reply_markup=link)
    with pytest.raises(LookupError, match="not one that tells the bot"):
        await an.press("Mở")


async def _pressed(bot: Bot) -> Update:
    (update,) = await bot.get_updates(timeout=50)
    await bot.get_updates(offset=update.update_id + 1)
    return update


async def test_answers_are_checked_and_missed_ones_known(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(started=True)
    await bot.send_message(an.chat_id, "x", reply_markup=keys("A"))
    with pytest.raises(TimeoutError, match="did not answer"):
        await an.press("A", timeout=0.05)
    (callback,) = sandbox.unanswered()
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(callback.id, "x" * 201)
    with pytest.raises(BadRequest, match="Url_invalid"):
        await bot.answer_callback_query(callback.id, url="https://vtv.vn")
    sandbox.world.callback_seconds = 0
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(callback.id)
    assert sandbox.unanswered() == [callback]


async def test_waiting_says_what_came_instead(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(started=True)
    await bot.send_message(an.chat_id, "một")
    await bot.send_message(an.chat_id, "hai")
    assert (await an.wait_for(lambda message: message["text"] == "hai"))["message_id"] == 2
    await bot.send_message(an.chat_id, "ba")
    with pytest.raises(TimeoutError, match=r"seen: \['ba'\]"):
        await an.wait_for("hai", timeout=0.05)
    await bot.send_message(an.chat_id, "hai")
    await an.say("mới")
    with pytest.raises(TimeoutError, match=r"seen: \[\]"):
        await an.wait_for("hai", timeout=0.05)


async def test_many_users_are_cheap(sandbox: Sandbox) -> None:
    users: list[SandboxUser] = [sandbox.user(number) for number in range(1, 201)]
    assert sandbox.user(7) is users[6]
    for user in users:
        await user.say("/start")
    async with aiohttp.ClientSession() as session:
        url = f"{sandbox.api_url}/bot{sandbox.token}/"
        for user in users:
            data = {"chat_id": user.chat_id, "text": "x"}
            async with session.get(f"{url}sendMessage", params=data) as response:
                assert (await response.json())["ok"]
    assert all(len(user.messages) == 2 for user in users)
    assert len(sandbox.calls) == 200


async def test_every_encoding(sandbox: Sandbox) -> None:
    sandbox.user(5, started=True)
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendmessage"
    fields = {"chat_id": "5", "text": "x", "disable_notification": "true", "reply_markup": '{"force_reply": true}'}
    multipart = aiohttp.MultipartWriter("form-data")
    for name, value in fields.items():
        multipart.append(value).set_content_disposition("form-data", name=name)
    async with aiohttp.ClientSession() as session:
        for options in (
            {"params": fields},
            {"data": fields},
            {"data": multipart},
            {"json": {"chat_id": 5, "text": "x", "disable_notification": True, "reply_markup": {"force_reply": True}}},
        ):
            async with session.post(url, **options) as response:
                assert (await response.json())["ok"]
    shape = [(call.method, call.parameters) for call in sandbox.calls]
    assert (
        shape
        == [
            (
                "sendMessage",
                {"chat_id": 5, "text": "x", "disable_notification": True, "reply_markup": {"force_reply": True}},
            )
        ]
        * 4
    )


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Host": "evil.example"}, 403),
        ("/", {"Host": "127.0.0.1.evil.example"}, 403),
        ("/", {"Host": "[oops"}, 403),
        ("/", {"Sec-Fetch-Site": "cross-site"}, 200),  # a link to the page is fine
        ("/sandbox/say", {"Origin": "https://evil.example"}, 403),
        ("/sandbox/say", {"Origin": "null"}, 403),
        ("/sandbox/say", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("/sandbox/say", {}, 200),
        ("/bot/getMe", {"Origin": "https://evil.example"}, 403),
    ],
)
async def test_only_its_own_page_may_talk_to_it(
    sandbox: Sandbox, path: str, headers: dict[str, str], status: int
) -> None:
    sandbox.user(5)
    path = path.replace("/bot/", f"/bot{sandbox.token}/")
    method = "GET" if path == "/" else "POST"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, sandbox.api_url + path, headers=headers, json={"user": 5, "text": "x"}) as response,
    ):
        assert response.status == status
        if status == 200:
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BUTTONS = st.fixed_dictionaries({}, optional={"text": JSON, "url": JSON, "callback_data": JSON, "copy_text": JSON})
PARAMETERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "chat_id": st.just(5) | JSON,
        "text": st.text() | JSON,
        "message_id": st.just(1) | JSON,
        "parse_mode": st.sampled_from(["HTML", "", "x"]),
        "entities": st.lists(st.fixed_dictionaries({"type": st.just("bold"), "offset": JSON, "length": JSON})) | JSON,
        "reply_markup": st.builds(lambda rows: {"inline_keyboard": rows}, st.lists(st.lists(BUTTONS))) | JSON,
        "reply_parameters": st.fixed_dictionaries({"message_id": JSON}) | JSON,
        "commands": st.lists(st.fixed_dictionaries({"command": JSON, "description": JSON})) | JSON,
        "scope": st.fixed_dictionaries({"type": st.sampled_from(["chat", "default"]) | JSON, "chat_id": JSON}) | JSON,
        "language_code": JSON,
        "action": JSON,
        "offset": JSON,
    },
)
METHODS = [
    "sendMessage",
    "editMessageText",
    "setMyCommands",
    "getUpdates",
    "deleteMessage",
    "sendChatAction",
    "getChat",
    "x",
]


@given(st.lists(st.tuples(st.sampled_from(METHODS), PARAMETERS), min_size=1, max_size=10))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_gets_an_answer(calls: list[tuple[str, dict[str, Any]]]) -> None:
    async def ask() -> None:
        async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
            sandbox.user(5, started=True)
            for method, parameters in calls:
                body = json.dumps(parameters).encode()
                headers = {"Content-Type": "application/json"}
                url = f"{sandbox.api_url}/bot{sandbox.token}/{method}"
                async with session.post(url, data=body, headers=headers) as response:
                    answer = await response.json()
                    assert isinstance(answer["ok"], bool)
                    assert response.status != 500, answer

    asyncio.run(ask())
