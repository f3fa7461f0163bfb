"""Sending, editing and deleting messages; answering pressed buttons."""

import time
from dataclasses import dataclass
from typing import Any

from bot.sandbox.chat import Chat, Group, Json
from bot.sandbox.entities import utf16_length
from bot.sandbox.files import Upload
from bot.sandbox.markup import asks_for_chats, checked_markup
from bot.sandbox.message_text import MAX_LENGTH, message_text
from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import bad_request, not_in_sandbox, old_query
from bot.sandbox.world import World, reply

MAX_CAPTION = 1024  # UTF-16 units after parsing
DELETABLE_SECONDS = 48 * 3600
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def send_message(world: World, parameters: Parameters) -> Json:
    place = _place(world, parameters, "messages")
    formatted = message_text(parameters)
    if utf16_length(formatted.text) > MAX_LENGTH:
        raise bad_request("message is too long")
    message: Json = {"text": formatted.text}
    if formatted.entities:
        message["entities"] = formatted.entities
    if parameters.get("link_preview_options"):
        message["link_preview_options"] = parameters["link_preview_options"]
    return _sent(world, place, message, parameters)


def send_document(world: World, parameters: Parameters) -> Json:
    """A file that came with the call, or one that is there already, by its id."""
    place = _place(world, parameters, "documents")
    given = _file_given(parameters["document"], "documents")
    message = _caption(parameters)
    message["document"] = world.files.document(given) if isinstance(given, str) else world.files.keep(given)
    return _sent(world, place, message, parameters)


def send_photo(world: World, parameters: Parameters) -> Json:
    """As send_document, for a PNG or JPEG that is shown."""
    place = _place(world, parameters, "photos")
    given = _file_given(parameters["photo"], "photos")
    message = _caption(parameters)
    message["photo"] = world.files.photo(given) if isinstance(given, str) else world.files.keep_photo(given)
    return _sent(world, place, message, parameters)


def get_file(world: World, parameters: Parameters) -> Json:
    return world.files.file(parameters["file_id"])


def _file_given(given: str | Upload, what: str) -> str | Upload:
    if isinstance(given, str) and "://" in given:
        raise not_in_sandbox(f"{what} by their address")
    return given


def _caption(parameters: Parameters) -> Json:
    if not parameters.get("caption", "").strip():
        return {}
    renamed = {"text": parameters["caption"], "entities": parameters.get("caption_entities", [])}
    caption = message_text({"parse_mode": parameters.get("parse_mode", "")} | renamed)
    if utf16_length(caption.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return {"caption": caption.text} | ({"caption_entities": caption.entities} if caption.entities else {})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message goes: chat, topic, and the fields of what it answers."""

    chat: Chat
    thread_id: int | None
    reply: Json


def _place(world: World, parameters: Parameters, content: str) -> _Place:
    """An answer goes into the topic of what it answers, whether or not it says so. Raises Refusal 400 or 403."""
    chat = world.readable_chat(parameters["chat_id"])
    given = parameters.get("reply_parameters")
    replied = _replied(chat, given) if given else None
    thread_id = parameters.get("message_thread_id") or (replied or {}).get("message_thread_id")
    if refusal := chat.refusal(thread_id, content):
        raise refusal
    if replied is None:
        return _Place(chat, thread_id, {})
    if thread_id != replied.get("message_thread_id"):
        raise not_in_sandbox("replies into another topic")
    try:
        return _Place(chat, thread_id, reply(replied, (given or {}).get("quote", "")))
    except ValueError:
        raise bad_request("QUOTE_TEXT_INVALID") from None


def _replied(chat: Chat, given: Json) -> Json | None:
    """The message to answer; None for one that is not there and need not be."""
    if given.get("quote_parse_mode") or given.get("quote_entities"):
        raise not_in_sandbox("formatted quotes")
    found = chat.messages.get(int(given["message_id"])) if str(given.get("chat_id", chat.id)) == str(chat.id) else None
    if found is None and ("chat_id" in given or not given.get("allow_sending_without_reply")):
        raise bad_request("message to be replied not found")
    return found


def _sent(world: World, place: _Place, message: Json, parameters: Parameters) -> Json:
    """Sends a message with what every kind of message may carry. In a channel the channel itself is its writer."""
    chat = place.chat
    in_channel = isinstance(chat, Group) and chat.kind == "channel"
    writer: Json = {"sender_chat": chat.as_json()} if in_channel else {"from": world.bot}
    topic = chat.in_topic(place.thread_id) if isinstance(chat, Group) else {}
    message = writer | message | topic | place.reply
    if parameters.get("protect_content"):
        message["has_protected_content"] = True
    markup = checked_markup(parameters.get("reply_markup"))
    if markup and in_channel and "inline_keyboard" not in markup:
        raise bad_request("BUTTON_TYPE_INVALID")
    if markup and isinstance(chat, Group) and asks_for_chats(markup):
        raise bad_request("chats can be requested in private chats only")
    if markup:
        message["reply_markup"] = markup
    is_silent = parameters.get("disable_notification", False)
    return _answered(world.add_message(chat, message, silent=is_silent, own=True))


def _answered(message: Json) -> Json:
    """The Message as the API returns it: of the markups only inline keyboards are shown to the bot."""
    if "inline_keyboard" in message.get("reply_markup", {"inline_keyboard": []}):
        return message
    return {key: value for key, value in message.items() if key != "reply_markup"}


def _editable(world: World, parameters: Parameters) -> tuple[Chat, Json]:
    if "inline_message_id" in parameters and "chat_id" not in parameters:
        if parameters["inline_message_id"] not in world.inline_messages:
            raise bad_request("MESSAGE_ID_INVALID")
        chat, message_id = world.inline_messages[parameters["inline_message_id"]]
        return chat, chat.messages[message_id]
    for name in ("chat_id", "message_id"):
        if name not in parameters:
            raise bad_request("chat_id is empty" if name == "chat_id" else "message identifier is not specified")
    chat = world.readable_chat(parameters["chat_id"])
    message = chat.messages.get(parameters["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if message["message_id"] not in chat.own or "inline_keyboard" not in message.get(
        "reply_markup", {"inline_keyboard": []}
    ):
        raise bad_request("message can't be edited")
    return chat, message


def edit_message_text(world: World, parameters: Parameters) -> Json | bool:
    """Without a reply_markup the keyboard goes away, as in the real server."""
    if not parameters.get("text"):
        raise bad_request("message text is empty")
    chat, message = _editable(world, parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    formatted = message_text(parameters)
    if utf16_length(formatted.text) > MAX_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    change = {
        "text": formatted.text,
        "entities": formatted.entities,
        "reply_markup": checked_markup(parameters.get("reply_markup")),
        "link_preview_options": parameters.get("link_preview_options"),
    }
    return _edit(world, chat, message, change)


def edit_message_reply_markup(world: World, parameters: Parameters) -> Json | bool:
    chat, message = _editable(world, parameters)
    markup = checked_markup(parameters.get("reply_markup"))
    return _edit(world, chat, message, {"reply_markup": markup})


def _edit(world: World, chat: Chat, message: Json, change: Json) -> Json | bool:
    """The edited message; True for one that was sent through the bot, which does not see it."""
    if all((message.get(key) or None) == (value or None) for key, value in change.items()):
        raise bad_request(_NOT_MODIFIED)
    edited = {**message, **change, "edit_date": world.now()}
    edited = {key: value for key, value in edited.items() if value or key not in change}
    chat.messages[message["message_id"]] = edited
    chat.tell({"type": "edited", "message": chat.seen(edited)})
    return message["message_id"] not in chat.own or edited


def delete_message(world: World, parameters: Parameters) -> bool:
    """In a private chat a bot may delete the user's messages too, elsewhere only with the right to.

    None that is older than 48 hours, except with that right.
    """
    chat = world.readable_chat(parameters["chat_id"])
    message = chat.messages.get(parameters["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    may_all = isinstance(chat, Group) and chat.bot.may("can_delete_messages")
    if isinstance(chat, Group) and message["message_id"] not in chat.own and not may_all:
        raise bad_request("message can't be deleted")
    if world.now() - message["date"] > DELETABLE_SECONDS and not may_all:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message["message_id"]]
    chat.tell({"type": "deleted", "message_id": message["message_id"]})
    return True


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    callback = world.callbacks.get(parameters["callback_query_id"])
    if callback is None or callback.answer.done():
        raise old_query()
    if time.monotonic() - callback.pressed_at > world.callback_seconds:
        raise old_query()
    if len(parameters.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if (url := parameters.get("url")) and not str(url).startswith(f"https://t.me/{world.bot['username']}?start="):
        raise bad_request("URL_INVALID")
    answer: dict[str, Any] = {"text": "", "show_alert": False} | parameters
    callback.answer.set_result(answer)
    world.chats[callback.chat_id].tell({"type": "answer", "message_id": callback.message_id, "answer": answer})
    return True
