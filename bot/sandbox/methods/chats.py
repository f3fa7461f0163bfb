"""Chats: who is there, what the bot is doing, its menu button."""

from bot.sandbox.chat import Group, Json, PrivateChat
from bot.sandbox.members import ANONYMOUS, Member
from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import bad_request, not_in_sandbox
from bot.sandbox.world import World

_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def get_chat(world: World, parameters: Parameters) -> Json:
    chat = world.chat(parameters["chat_id"])
    if isinstance(chat, PrivateChat) and not chat.started:
        raise bad_request("chat not found")
    if isinstance(chat, Group) and (refusal := chat.no_access()) and not (chat.username and chat.bot.status == "left"):
        raise refusal
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
    """Who was never in a group has left it, if the bot ever met them; so has the face of anonymous administrators."""
    chat, user_id = world.chat(parameters["chat_id"]), parameters["user_id"]
    if not isinstance(chat, Group):
        member = chat.member(user_id, world.bot)
        if member is None:
            raise bad_request("user not found")
        return member.as_json("group")
    _check_members(chat, own=user_id == world.bot["id"])
    member = chat.members.get(user_id)
    if member is None and user_id == ANONYMOUS["id"]:
        member = Member(ANONYMOUS)
    elif member is None and isinstance(person := world.chats.get(user_id), PrivateChat) and person.started:
        member = Member(person.user)
    if member is None:
        raise bad_request("user not found")
    return member.as_json(chat.kind)


def _check_members(group: Group, *, own: bool = False) -> None:
    """Refusal where the bot may not see who is in; of itself (`own`) it may as long as it is in."""
    if refusal := group.no_access():
        raise refusal
    if (group.kind == "channel" or group.hides_members) and not (own or group.bot.is_admin):
        raise bad_request("member list is inaccessible")


def get_chat_administrators(world: World, parameters: Parameters) -> list[Json]:
    """Without other bots, as Telegram does unless asked for them."""
    group = world.chat(parameters["chat_id"])
    if not isinstance(group, Group):
        raise bad_request("there are no administrators in the private chat")
    _check_members(group)
    admins = [member for member in group.members.values() if member.is_admin]
    if not parameters.get("return_bots"):
        admins = [admin for admin in admins if not admin.user["is_bot"] or admin.user["id"] == world.bot["id"]]
    return [admin.as_json(group.kind) for admin in admins]


def leave_chat(world: World, parameters: Parameters) -> bool:
    group = world.chat(parameters["chat_id"])
    if not isinstance(group, Group):
        raise bad_request("chat is not a group chat")
    if refusal := group.no_access():
        raise refusal
    world.set_member(group, Member(world.bot), by=world.bot)
    return True


def send_chat_action(world: World, parameters: Parameters) -> bool:
    chat = world.chat(parameters["chat_id"])
    if refusal := chat.refusal(parameters.get("message_thread_id")):
        raise refusal
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
