"""The methods of the Bot API that the stand-in knows, by name.

A method takes the World and checked parameters and returns its `result`, or raises Refusal. To add one: its function
here, its fields in api_facts.json, its refusals in tests/test_sandbox_refusals.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.methods import about, chats, inline, messages
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

Method = Callable[[World, Parameters], Any]

# getUpdates is not here: it waits, and the server awaits it.
METHODS: Mapping[str, Method] = {
    "getMe": about.get_me,
    "setWebhook": about.set_webhook,
    "deleteWebhook": about.delete_webhook,
    "getWebhookInfo": about.get_webhook_info,
    "setMyCommands": about.set_my_commands,
    "getMyCommands": about.get_my_commands,
    "deleteMyCommands": about.delete_my_commands,
    "setMyName": about.set_my_name,
    "getMyName": about.get_my_name,
    "setMyDescription": about.set_my_description,
    "getMyDescription": about.get_my_description,
    "setMyShortDescription": about.set_my_short_description,
    "getMyShortDescription": about.get_my_short_description,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatAdministrators": chats.get_chat_administrators,
    "leaveChat": chats.leave_chat,
    "sendChatAction": chats.send_chat_action,
    "setChatMenuButton": chats.set_chat_menu_button,
    "getChatMenuButton": chats.get_chat_menu_button,
    "sendMessage": messages.send_message,
    "sendDocument": messages.send_document,
    "sendPhoto": messages.send_photo,
    "getFile": messages.get_file,
    "editMessageText": messages.edit_message_text,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "deleteMessage": messages.delete_message,
    "answerInlineQuery": inline.answer_inline_query,
    "answerCallbackQuery": messages.answer_callback_query,
}
