"""Chats: who is there, what the bot is doing, its menu button."""

from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import bad_request, not_in_sandbox
from bot.sandbox.world import Json, World

_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def get_chat(world: World, parameters: Parameters) -> Json:
    chat = world.chat(parameters["chat_id"])
    if not chat.started:
        raise bad_request("chat not found")
    return {
        **chat.as_json(),
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


def get_chat_member(world: World, parameters: Parameters) -> Json:
    chat = world.chat(parameters["chat_id"])
    if parameters["user_id"] == world.bot["id"]:
        return world.member(blocked=chat.blocked)
    if parameters["user_id"] != chat.id:
        raise bad_request("user not found")
    return {"user": chat.user, "status": "member"}


def send_chat_action(world: World, parameters: Parameters) -> bool:
    chat = world.writable_chat(parameters["chat_id"])
    if parameters["action"] not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.tell({"type": "action", "action": parameters["action"]})
    return True


def set_chat_menu_button(world: World, parameters: Parameters) -> bool:
    button = parameters.get("menu_button", {"type": "default"})
    if button.get("type") == "web_app":
        raise not_in_sandbox("web_app buttons")
    if button.get("type") not in ("default", "commands"):
        raise bad_request("can't parse menu button: Unsupported type specified")
    chat_id = world.chat(parameters["chat_id"]).id if parameters.get("chat_id") else 0
    world.profile.menu_buttons[chat_id] = {"type": button["type"]}
    return True


def get_chat_menu_button(world: World, parameters: Parameters) -> Json:
    chat_id = world.chat(parameters["chat_id"]).id if parameters.get("chat_id") else 0
    buttons = world.profile.menu_buttons
    return buttons.get(chat_id) or buttons.get(0) or {"type": "default"}
