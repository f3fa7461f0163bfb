"""Every refusal of the sandbox, seen through python-telegram-bot: status -> exception, Telegram's words -> message."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from telegram import Bot
from telegram.error import BadRequest, NetworkError

from bot.sandbox import Sandbox

AN, STRANGER, NOBODY = 1001, 1002, 999


# One server for the whole table: what is refused changes nothing.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        sandbox.user(AN, first_name="An", started=True)
        sandbox.user(STRANGER, first_name="Bình")
        yield sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        yield bot


async def call(bot: Bot, method: str, parameters: dict[str, Any]) -> Any:
    """Past PTB's own checks; it warns of names that it has itself, and the API does not care about case."""
    return await bot.do_api_request(method[0].upper() + method[1:], api_kwargs=parameters)


def refusal(message: str) -> dict[str, Any]:
    return {"ok": False, "error_code": 400, "description": f"Bad Request: {message}"}


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def button(**fields: Any) -> dict[str, Any]:
    return keyboard({"text": "Nút", **fields})


def html(text: str) -> dict[str, Any]:
    return {"chat_id": AN, "text": text, "parse_mode": "HTML"}


def plain(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"chat_id": AN, "text": text, **more}


CANNOT = "can't parse entities: "
BUTTON = "can't parse inline keyboard button: "
URL = "inline keyboard button URL "
NO_NUMBER = 'can\'t parse ReplyParameters: Field "message_id" must be of type Number'
NO_TYPE = 'can\'t parse MessageEntity: Unsupported type "loud" specified'
NO_PORT = "Wrong port number specified in the URL"
SCOPE = "can't parse BotCommandScope: "
LONG_PLACEHOLDER = {"force_reply": True, "input_field_placeholder": "x" * 65}
NO_ARRAY = 'can\'t parse inline keyboard markup: Field "inline_keyboard" must be of type Array'
SEND = [
    # the text
    ({"chat_id": AN}, "message text is empty"),
    (plain(""), "message text is empty"),
    (plain(" \n\t "), "text must be non-empty"),
    (plain("\u200b\u00a0"), "text must be non-empty"),
    (html("<b></b>"), "text must be non-empty"),
    (plain("x" * 4097), "message is too long"),
    (plain("😀" * 2049), "message is too long"),
    (plain(parse_mode="BBCode"), "unsupported parse_mode"),
    # the chat
    ({"text": "x"}, "chat_id is empty"),
    ({"chat_id": "", "text": "x"}, "chat_id is empty"),
    ({"chat_id": NOBODY, "text": "x"}, "chat not found"),
    ({"chat_id": "@ai_do", "text": "x"}, "chat not found"),
    ({"chat_id": "hôm nay", "text": "x"}, "chat not found"),
    ({"chat_id": [AN], "text": "x"}, "chat not found"),
    (plain(message_thread_id=5), "message thread not found"),
    (plain(message_thread_id="năm"), 'parameter "message_thread_id" must be an integer'),
    (plain(disable_notification="maybe"), 'parameter "disable_notification" must be a boolean'),
    (plain(reply_parameters={"message_id": 77}), "message to be replied not found"),
    (plain(reply_parameters={"message_id": "x"}), NO_NUMBER),
    (plain(reply_parameters="{"), "can't parse reply_parameters JSON object"),
    # HTML
    (html("a < b"), CANNOT + 'Unsupported start tag "" at byte offset 2'),
    (html("Đ <p>x</p>"), CANNOT + 'Unsupported start tag "p" at byte offset 3'),
    (html("<script>x</script>"), CANNOT + 'Unsupported start tag "script" at byte offset 0'),
    (html("x <b"), CANNOT + "Unclosed start tag at byte offset 2"),
    (html('x <a href="y'), CANNOT + "Unclosed start tag at byte offset 2"),
    (html("x <a href="), CANNOT + 'Unclosed start tag "a" at byte offset 2'),
    (html("<b>x"), CANNOT + 'Can\'t find end tag corresponding to start tag "b"'),
    (html("x</b>"), CANNOT + "Unexpected end tag at byte offset 1"),
    (html("<b>x</b"), CANNOT + "Unclosed end tag at byte offset 4"),
    (html("<b>x</b x>"), CANNOT + "Unclosed end tag at byte offset 4"),
    (html("<b><i>x</b></i>"), CANNOT + 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    (html("<b x>y</b>"), CANNOT + 'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0'),
    (html("<a ='x'>y</a>"), CANNOT + 'Empty attribute name in the tag "a" at byte offset 0'),
    (html("<a href=http://x.vn>y</a>"), CANNOT + "Unexpected end of name token at byte offset 8"),
    (html("<span>x</span>"), CANNOT + 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    (html('<tg-emoji emoji-id="a">x</tg-emoji>'), CANNOT + "Invalid custom emoji identifier specified"),
    (html('<tg-time unix="soon">x</tg-time>'), CANNOT + "Invalid date specified"),
    (
        html("&#xD800;"),
        CANNOT + "Text contains invalid Unicode characters after decoding HTML entities, "
        "check for unmatched surrogate code units",
    ),
    # entities given by the caller
    (plain(entities=[{"type": "loud", "offset": 0, "length": 1}]), NO_TYPE),
    (
        plain(entities=[{"type": "bold", "offset": 0, "length": 2}]),
        "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 1",
    ),
    (plain(entities=[{"type": "bold", "offset": -1, "length": 1}]), "receive an entity with incorrect offset -1"),
    (plain(entities=[{"type": "bold"}]), "can't parse MessageEntity: Can't find field \"offset\""),
    (plain(entities={"type": "bold"}), 'Field "entities" must be of type Array'),
    (
        plain(entities=[{"type": "text_link", "offset": 0, "length": 1, "url": "javascript:x"}]),
        "entity URL 'javascript:x' is invalid: Wrong port number specified in the URL",
    ),
    # keyboards
    (plain(reply_markup="{"), "can't parse reply keyboard markup JSON object"),
    (plain(reply_markup=[1]), "object expected as reply markup"),
    (plain(reply_markup={"buttons": []}), "can't parse reply keyboard markup: unknown kind of markup"),
    (plain(reply_markup={"inline_keyboard": {}}), NO_ARRAY),
    (plain(reply_markup={"inline_keyboard": ["x"]}), NO_ARRAY),
    (plain(reply_markup=keyboard({"callback_data": "x"})), BUTTON + 'Can\'t find field "text"'),
    (plain(reply_markup=keyboard({"text": 5, "url": "x.vn"})), BUTTON + 'Field "text" must be of type String'),
    (plain(reply_markup=keyboard({"text": " ", "url": "x.vn"})), "inline keyboard button text must be non-empty"),
    (plain(reply_markup=button()), BUTTON + "Text buttons are unallowed in the inline keyboard"),
    (
        plain(reply_markup=button(url="https://x.vn", callback_data="x")),
        BUTTON + "more than one action (url, callback_data)",
    ),
    (plain(reply_markup=button(callback_data="")), "BUTTON_DATA_INVALID"),
    (plain(reply_markup=button(callback_data="x" * 65)), "BUTTON_DATA_INVALID"),
    (plain(reply_markup=button(callback_data="ế" * 22)), "BUTTON_DATA_INVALID"),
    (plain(reply_markup=button(copy_text={"text": "x" * 257})), "BUTTON_COPY_TEXT_INVALID"),
    (plain(reply_markup=button(copy_text={})), "can't parse CopyTextButton: Can't find field \"text\""),
    (plain(reply_markup=button(url="")), "BUTTON_URL_INVALID"),
    (plain(reply_markup=button(url="javascript:alert(1)")), URL + f"'javascript:alert(1)' is invalid: {NO_PORT}"),
    (plain(reply_markup=button(url="ftp://x.vn")), URL + "'ftp://x.vn' is invalid: Unsupported URL protocol"),
    (plain(reply_markup=button(url="http://localhost/a")), URL + "'http://localhost/a' is invalid: Wrong HTTP URL"),
    (plain(reply_markup=button(url="https://")), URL + "'https://' is invalid: URL host is empty"),
    (plain(reply_markup=button(url="https://x.vn/a b")), URL + "'https://x.vn/a b' is invalid: Wrong HTTP URL"),
    (plain(reply_markup=button(callback_data="x", style="loud")), BUTTON + "invalid button style specified"),
    (plain(reply_markup=keyboard(*[{"text": "x", "callback_data": "x"}] * 101)), "reply markup is too long"),
    (plain(reply_markup=keyboard(*[{"text": "x" * 200, "callback_data": "x"}] * 60)), "reply markup is too long"),
    (plain(reply_markup={"keyboard": [[" "]]}), "keyboard button text must be non-empty"),
    (plain(reply_markup={"keyboard": [[5]]}), "can't parse keyboard button: expected an Object"),
    (plain(reply_markup={"force_reply": "x"}), 'can\'t parse ForceReply: Field "force_reply" must be of type Boolean'),
    (plain(reply_markup=LONG_PLACEHOLDER), "input field placeholder must be at most 64 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "message"), SEND)
async def test_send_message_refuses(sandbox: Sandbox, bot: Bot, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest):
        await call(bot, "sendMessage", parameters)
    assert sandbox.calls[-1].answer == refusal(message)
    assert sandbox.user(AN).messages == []


def command(name: str, description: str) -> dict[str, Any]:
    return {"commands": [{"command": name, "description": description}]}


OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"
OTHER = [
    ("setMyCommands", {}, 'parameter "commands" is required'),
    ("setMyCommands", {"commands": [{"command": "x"}]}, "can't parse BotCommand: Can't find field \"description\""),
    ("setMyCommands", command("/", "x"), "command must be non-empty"),
    ("setMyCommands", command("x" * 33, "x"), "command length must not exceed 32"),
    ("setMyCommands", command("vănbản", "x"), "BOT_COMMAND_INVALID"),
    ("setMyCommands", command("Start", "x"), "BOT_COMMAND_INVALID"),
    ("setMyCommands", command("x", " "), "command description must be non-empty"),
    ("setMyCommands", command("x", "x" * 257), "command description length must not exceed 256"),
    ("setMyCommands", {"commands": [*command("x", "x")["commands"] * 101]}, "BOT_COMMANDS_TOO_MUCH"),
    ("setMyCommands", {"commands": [], "language_code": "vie"}, "invalid language code specified"),
    ("setMyCommands", {"commands": [], "language_code": "VI"}, "invalid language code specified"),
    ("setMyCommands", {"commands": [], "scope": {"type": "x"}}, SCOPE + "Unsupported type specified"),
    ("setMyCommands", {"commands": [], "scope": {"type": []}}, SCOPE + 'Field "type" must be of type String'),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat"}}, "chat not found"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat_member", "chat_id": 5}}, "invalid user_id specified"),
    ("deleteMyCommands", {"language_code": "x"}, "invalid language code specified"),
    ("getMyCommands", {"scope": "x"}, "can't parse scope JSON object"),
    ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_INVALID"),
    ("setMyShortDescription", {"short_description": "x" * 121}, "BOT_SHORT_DESCRIPTION_INVALID"),
    ("setMyName", {"name": "x" * 65}, "BOT_TITLE_INVALID"),
    ("getMyName", {"language_code": "tiếng Việt"}, "invalid language code specified"),
    ("getChat", {}, "chat_id is empty"),
    ("getChat", {"chat_id": NOBODY}, "chat not found"),
    ("getChat", {"chat_id": STRANGER}, "chat not found"),
    ("getChatMember", {"chat_id": AN}, "invalid user_id specified"),
    ("getChatMember", {"chat_id": AN, "user_id": NOBODY}, "user not found"),
    ("sendChatAction", {"chat_id": AN}, "wrong parameter action in request"),
    ("sendChatAction", {"chat_id": AN, "action": "dancing"}, "wrong parameter action in request"),
    ("setChatMenuButton", {"menu_button": {"type": "x"}}, "can't parse menu button: Unsupported type specified"),
    ("setChatMenuButton", {"chat_id": NOBODY}, "chat not found"),
    ("setWebhook", {"url": "http://x.vn"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    ("setWebhook", {"url": "https://x.vn", "secret_token": "bí mật"}, "secret token contains unallowed characters"),
    ("answerCallbackQuery", {}, 'parameter "callback_query_id" is required'),
    ("answerCallbackQuery", {"callback_query_id": "5"}, OLD_QUERY),
    ("sendDocument", {"chat_id": AN}, "there is no document in the request"),
    ("sendDocument", {"document": "BQ1"}, "chat_id is empty"),
    ("sendDocument", {"chat_id": AN, "document": "BQ1"}, "wrong file_id or the file is temporarily unavailable"),
    ("sendDocument", {"chat_id": AN, "document": "BQ1", "caption": "x" * 1025}, "message caption is too long"),
    ("sendDocument", {"chat_id": AN, "document": "BQ1", "caption": "<b>", "parse_mode": "HTML"},
     CANNOT + 'Can\'t find end tag corresponding to start tag "b"'),
    ("getFile", {}, "file_id is empty"),
    ("getFile", {"file_id": "BQ1"}, "wrong file_id or the file is temporarily unavailable"),
    ("editMessageText", {"text": "x", "message_id": 5}, "chat_id is empty"),
    ("editMessageText", {"text": "x", "chat_id": AN}, "message identifier is not specified"),
    ("editMessageText", {"chat_id": AN, "message_id": 5}, "message text is empty"),
    ("editMessageText", {"chat_id": AN, "message_id": 5, "text": "x"}, "message to edit not found"),
    ("editMessageReplyMarkup", {"chat_id": AN, "message_id": 5}, "message to edit not found"),
    ("deleteMessage", {"chat_id": AN}, "message identifier is not specified"),
    ("deleteMessage", {"chat_id": AN, "message_id": 5}, "message to delete not found"),
    ("getUpdates", {"allowed_updates": "message"}, "can't parse allowed_updates JSON object"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "parameters", "message"), OTHER)
async def test_other_methods_refuse(
    sandbox: Sandbox, bot: Bot, method: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadRequest):
        await call(bot, method, parameters)
    assert sandbox.calls[-1].answer == refusal(message)


NOT_HERE = [
    ("sendAudio", {"chat_id": AN, "audio": "x"}, "the method sendAudio"),
    ("sendPhoto", {"chat_id": AN, "photo": "https://x.vn/a.png"}, "photos by their address"),
    ("sendDocument", {"chat_id": AN, "document": "https://x.vn/a.pdf"}, "documents by their address"),
    ("sendMessage", plain("*x*", parse_mode="MarkdownV2"), "parse_mode MarkdownV2; the project writes HTML"),
    ("sendMessage", plain(business_connection_id="x"), 'the parameter "business_connection_id"'),
    ("sendMessage", plain(reply_markup=button(web_app={"url": "https://x.vn"})), "buttons with web_app"),
]


@pytest.mark.parametrize(("method", "parameters", "what"), NOT_HERE)
async def test_says_what_it_does_not_know(bot: Bot, method: str, parameters: dict[str, Any], what: str) -> None:
    """Never a pretended success: 501 in the sandbox's own words."""
    with pytest.raises(NetworkError) as refused:
        await call(bot, method, parameters)
    assert refused.value.message == f"Not Implemented: the sandbox does not know {what}"
