"""What comes from the Bot API is looked at before PTB is: one update that cannot be read would be asked for again and
again, and nobody be answered any more.
"""

from typing import Any

import structlog
from telegram import Message, Update
from telegram.constants import ChatType

from bot.request import AiohttpRequest

log = structlog.get_logger()

Json = dict[str, Any]

_LARGEST = 2**52  # Bot API, of ids: "at most 52 significant bits"


class UpdatesRequest(AiohttpRequest):
    """For getUpdates: of an update that Telegram cannot have sent only the number is left, which confirms it."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> Json:
        answer = AiohttpRequest.parse_json_payload(payload)
        updates = answer.get("result")
        if isinstance(updates, list):
            answer["result"] = [sound(update) for update in updates]
        return answer


def sound(update: Json) -> Json:
    """`update`, or no more than its number where it cannot be read, lacks something or contradicts itself."""
    try:
        readable: Json = _readable(update)
        why = _fault(Update.de_json(readable, None))
    except Exception as error:  # whatever PTB raises over it
        why = type(error).__name__
    else:
        if why is None:
            return readable
    kinds = ",".join(sorted(update.keys() - {"update_id"}))
    log.warning("an update makes no sense and is left out", kinds=kinds[:200], why=why)
    return {"update_id": update["update_id"]}


def _fault(update: Update) -> str | None:
    """What PTB accepts although the Bot API promises otherwise."""
    chat, user, message = update.effective_chat, update.effective_user, update.effective_message
    query, inline, change = update.callback_query, update.inline_query, update.my_chat_member
    if isinstance(message, Message):
        if message.message_thread_id is not None and message.message_thread_id < 1:
            return "a topic without a number"
        if max(message.migrate_to_chat_id or -1, message.migrate_from_chat_id or -1) > 0:
            return "a group that became a person"
        for one in filter(None, (message, message.reply_to_message)):
            for entity in one.entities:
                one.parse_entity(entity)
            for entity in one.caption_entities:
                one.parse_caption_entity(entity)
    if (message or change) and chat is None:
        return "no chat"
    if any(one and not (one.id and user) for one in (query, inline)) or (query and not query.data):
        return "a question that nobody asks"
    if change and not (user and change.old_chat_member and change.new_chat_member):
        return "a change of nothing"
    if chat and not (chat.id > 0 if chat.type == ChatType.PRIVATE else chat.id < 0):
        return "a chat of another kind than its id"
    if chat and chat.type == ChatType.PRIVATE and (user is None or user.id != chat.id):
        return "somebody in another's private chat"
    return None


def _readable(value: Any) -> Any:
    """Without halves of surrogate pairs, which can be neither stored nor sent (lengths stay), and without nulls, which
    PTB takes for what must be there. OverflowError: a number is larger than any that Telegram has."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise OverflowError
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_readable(one) for one in value if one is not None]
    if isinstance(value, dict):
        return {name: _readable(one) for name, one in value.items() if one is not None}
    return value
