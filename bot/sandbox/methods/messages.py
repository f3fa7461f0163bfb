"""Sending, editing and deleting messages; answering pressed buttons."""

import time
from typing import Any

from bot.sandbox.entities import utf16_length
from bot.sandbox.markup import checked_markup
from bot.sandbox.message_text import MAX_LENGTH, message_text
from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import bad_request, not_in_sandbox
from bot.sandbox.world import Chat, Json, World, as_replied

MAX_CAPTION = 1024  # UTF-16 units after parsing
DELETABLE_SECONDS = 48 * 3600
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"


def send_message(world: World, parameters: Parameters) -> Json:
    chat = world.writable_chat(parameters["chat_id"], parameters.get("message_thread_id"))
    formatted = message_text(parameters)
    if utf16_length(formatted.text) > MAX_LENGTH:
        raise bad_request("message is too long")
    message: Json = {"from": world.bot, "text": formatted.text}
    if formatted.entities:
        message["entities"] = formatted.entities
    if parameters.get("link_preview_options"):
        message["link_preview_options"] = parameters["link_preview_options"]
    return _sent(world, chat, message, parameters)


def send_document(world: World, parameters: Parameters) -> Json:
    """A file that came with the call, or one that is there already, by its id."""
    chat = world.writable_chat(parameters["chat_id"], parameters.get("message_thread_id"))
    given = parameters["document"]
    if isinstance(given, str) and "://" in given:
        raise not_in_sandbox("documents by their address")
    message: Json = {"from": world.bot}
    if parameters.get("caption", "").strip():
        renamed = {"text": parameters["caption"], "entities": parameters.get("caption_entities", [])}
        caption = message_text({"parse_mode": parameters.get("parse_mode", "")} | renamed)
        if utf16_length(caption.text) > MAX_CAPTION:
            raise bad_request("message caption is too long")
        message["caption"] = caption.text
        if caption.entities:
            message["caption_entities"] = caption.entities
    message["document"] = world.files.document(given) if isinstance(given, str) else world.files.keep(given)
    return _sent(world, chat, message, parameters)


def get_file(world: World, parameters: Parameters) -> Json:
    return world.files.file(parameters["file_id"])


def _sent(world: World, chat: Chat, message: Json, parameters: Parameters) -> Json:
    """Sends a message with what every kind of message may carry."""
    if thread_id := parameters.get("message_thread_id"):
        message |= {"message_thread_id": thread_id, "is_topic_message": True}
    if replied := _replied(chat, parameters.get("reply_parameters")):
        message["reply_to_message"] = replied
    if parameters.get("protect_content"):
        message["has_protected_content"] = True
    markup = checked_markup(parameters.get("reply_markup"))
    if markup:
        message["reply_markup"] = markup
    return _answered(world.add_message(chat, message, silent=parameters.get("disable_notification", False)))


def _answered(message: Json) -> Json:
    """The Message as the API returns it: of the markups only inline keyboards are shown to the bot."""
    if "inline_keyboard" in message.get("reply_markup", {"inline_keyboard": []}):
        return message
    return {key: value for key, value in message.items() if key != "reply_markup"}


def _replied(chat: Chat, reply: Json | None) -> Json | None:
    if not reply:
        return None
    if str(reply.get("chat_id", chat.id)) != str(chat.id):
        raise bad_request("message to be replied not found")
    message = chat.messages.get(int(reply["message_id"]))
    if message is None and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    if message is None:
        return None
    if (quote := reply.get("quote")) and quote not in message.get("text", ""):
        raise bad_request("QUOTE_TEXT_INVALID")
    return as_replied(message)


def _editable(world: World, parameters: Parameters) -> tuple[Chat, Json]:
    for name in ("chat_id", "message_id"):
        if name not in parameters:
            raise bad_request("chat_id is empty" if name == "chat_id" else "message identifier is not specified")
    chat = world.writable_chat(parameters["chat_id"])
    message = chat.messages.get(parameters["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != world.bot["id"] or "inline_keyboard" not in message.get(
        "reply_markup", {"inline_keyboard": []}
    ):
        raise bad_request("message can't be edited")
    return chat, message


def edit_message_text(world: World, parameters: Parameters) -> Json:
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


def edit_message_reply_markup(world: World, parameters: Parameters) -> Json:
    chat, message = _editable(world, parameters)
    markup = checked_markup(parameters.get("reply_markup"))
    return _edit(world, chat, message, {"reply_markup": markup})


def _edit(world: World, chat: Chat, message: Json, change: Json) -> Json:
    if all((message.get(key) or None) == (value or None) for key, value in change.items()):
        raise bad_request(_NOT_MODIFIED)
    edited = {**message, **change, "edit_date": world.now()}
    edited = {key: value for key, value in edited.items() if value or key not in change}
    chat.messages[message["message_id"]] = edited
    chat.tell({"type": "edited", "message": chat.seen(edited)})
    return edited


def delete_message(world: World, parameters: Parameters) -> bool:
    """In a private chat a bot may delete the user's messages too, and none that is older than 48 hours."""
    chat = world.writable_chat(parameters["chat_id"])
    message = chat.messages.get(parameters["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if world.now() - message["date"] > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message["message_id"]]
    chat.tell({"type": "deleted", "message_id": message["message_id"]})
    return True


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    callback = world.callbacks.get(parameters["callback_query_id"])
    if callback is None or callback.answer.done():
        raise bad_request(_OLD_QUERY)
    if time.monotonic() - callback.pressed_at > world.callback_seconds:
        raise bad_request(_OLD_QUERY)
    if len(parameters.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if (url := parameters.get("url")) and not str(url).startswith(f"https://t.me/{world.bot['username']}?start="):
        raise bad_request("URL_INVALID")
    answer: dict[str, Any] = {"text": "", "show_alert": False} | parameters
    callback.answer.set_result(answer)
    world.chats[callback.chat_id].tell({"type": "answer", "message_id": callback.message_id, "answer": answer})
    return True
