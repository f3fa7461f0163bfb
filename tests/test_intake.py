"""What the bot takes from Telegram: an update that cannot be one is left out, and the next ones are answered."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bot.application import Role
from bot.intake import UpdatesRequest
from test_bot import world

PERSON = {"id": 5, "is_bot": False, "first_name": "An"}
CHAT = {"id": 5, "type": "private"}
GROUP = {"id": -5, "type": "group", "title": "Nhóm"}
MEMBER = {"user": PERSON, "status": "member"}
MESSAGE: dict[str, Any] = {
    "message_id": 1,
    "date": 0,
    "chat": CHAT,
    "from": PERSON,
    "text": "/a",
    "entities": [{"type": "bot_command", "offset": 0, "length": 2}],
}
UPDATES: dict[str, dict[str, Any]] = {
    "message": MESSAGE,
    "callback_query": {"id": "1", "from": PERSON, "message": MESSAGE, "data": "set", "chat_instance": "1"},
    "inline_query": {"id": "1", "from": PERSON, "query": "", "offset": ""},
    "my_chat_member": {
        "chat": GROUP, "from": PERSON, "date": 0, "old_chat_member": MEMBER, "new_chat_member": MEMBER,
    },
}  # fmt: skip


def taken(update: object) -> Any:
    payload = json.dumps({"ok": True, "result": [update]}).encode()
    return UpdatesRequest.parse_json_payload(payload)["result"][0]


@pytest.mark.parametrize("kind", UPDATES)
def test_what_telegram_sends_is_taken_as_it_is(kind: str) -> None:
    update = {"update_id": 7, kind: UPDATES[kind]}
    assert taken(update) == update


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("message", "chat", None),
        ("message", "from", None),
        ("message", "from.id", 6),
        ("message", "chat.id", -5),
        ("message", "chat.type", "supergroup"),
        ("my_chat_member", "chat.id", 0),
        ("message", "message_id", None),
        ("message", "message_id", 2**60),
        ("message", "text", None),
        ("message", "message_thread_id", 0),
        ("message", "migrate_to_chat_id", 7),
        ("message", "migrate_from_chat_id", 7),
        ("message", "entities.0.type", None),
        ("callback_query", "id", ""),
        ("callback_query", "data", None),
        ("callback_query", "from", None),
        ("callback_query", "from.id", 6),
        ("inline_query", "from", None),
        ("inline_query", "id", None),
        ("my_chat_member", "new_chat_member", None),
        ("my_chat_member", "chat", None),
        ("my_chat_member", "chat.id", 5),
    ],
)
def test_what_it_cannot_send_is_left_out_but_for_its_number(kind: str, path: str, value: object) -> None:
    update: dict[str, Any] = {"update_id": 7, kind: copy.deepcopy(UPDATES[kind])}
    *way, name = path.split(".")
    holder: Any = update[kind]
    for step in way:
        holder = holder[int(step) if step.isdigit() else step]
    if value is None:
        del holder[name]
    else:
        holder[name] = value
    assert taken(update) == {"update_id": 7}
    if value is None:
        holder[name] = None
        assert taken(update) == {"update_id": 7}, "null is nothing"


def test_halves_of_characters_are_replaced_in_place() -> None:
    message = UPDATES["message"] | {"text": "/a\ud83d 👩\udc00x"}
    assert taken({"update_id": 7, "message": message})["message"]["text"] == "/a\ufffd 👩\ufffdx"


def test_other_answers_and_errors_are_left_as_they_are() -> None:
    for answer in ({"ok": True, "result": True}, {"ok": False, "error_code": 409, "description": "Conflict"}):
        assert UpdatesRequest.parse_json_payload(json.dumps(answer).encode()) == answer


async def test_after_an_update_that_cannot_be_read_the_next_is_answered(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        here.sandbox.push({"message": {"text": "no more than that"}})
        await user.say("/trogiup")
        await user.wait_for("/vanban")


async def test_a_button_of_a_message_that_is_gone_and_an_answer_to_one_do_no_harm(tmp_path: Path) -> None:
    async with world(tmp_path, (Role.SERVE,), read=False) as here:
        user = here.user()
        await user.say("/caidat")
        screen = await user.wait_for("Cài đặt")
        del here.sandbox.world.chats[user.chat_id].messages[screen["message_id"]]
        assert not (await user.forge("lang:en", screen))["show_alert"]
        await user.say("/settings")
        await user.wait_for("Settings")
        assert not any("Something went wrong" in message["text"] for message in user.messages)
        group = here.sandbox.group("Nhóm", owner=user)
        asked = {"message_id": 999_999, "date": 0, "chat": group.as_json, "from": user.account, "text": "/follow"}
        asked["entities"] = [{"type": "bot_command", "offset": 0, "length": 7}]
        here.sandbox.push({"message": asked})
        await group.wait_for("What would you like to follow?")
