"""Keyboards under messages: what the real server refuses about them."""

import json
from typing import Any

from bot.sandbox.links import WrongLink, checked_link, linked_user
from bot.sandbox.parameters import check_shape
from bot.sandbox.refusal import bad_request, not_in_sandbox

Markup = dict[str, Any]

MAX_BUTTONS = 100
MAX_BYTES = 10_240  # of the whole markup; the real limit is near it
MAX_CALLBACK_DATA = 64  # bytes, not characters
_KINDS = {
    "inline_keyboard": "InlineKeyboardMarkup",
    "keyboard": "ReplyKeyboardMarkup",
    "remove_keyboard": "ReplyKeyboardRemove",
    "force_reply": "ForceReply",
}
_ACTIONS = (
    "url", "callback_data", "copy_text", "web_app", "login_url", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game", "pay",
)  # fmt: skip
_STYLES = ("danger", "success", "primary")


def checked_markup(markup: Markup | None) -> Markup | None:
    """The markup as the message will carry it, None for none; raises Refusal."""
    if not markup:
        return None
    kind = next((name for key, name in _KINDS.items() if key in markup), None)
    if kind is None:
        raise bad_request("can't parse reply keyboard markup: unknown kind of markup")
    if kind == "InlineKeyboardMarkup":
        check_shape(kind, markup, "reply_markup")
        rows = [[_inline_button(button) for button in row] for row in markup["inline_keyboard"]]
        return _fitting({"inline_keyboard": [row for row in rows if row]}, "inline_keyboard")
    if kind == "ReplyKeyboardMarkup":
        rows = markup["keyboard"] if isinstance(markup["keyboard"], list) else []
        spelled = [[{"text": b} if isinstance(b, str) else b for b in row] for row in rows if isinstance(row, list)]
        markup = {**markup, "keyboard": spelled}
        check_shape(kind, markup, "reply_markup")
        if any(not button["text"].strip() for row in spelled for button in row):
            raise bad_request("keyboard button text must be non-empty")
        return _fitting(markup, "keyboard")
    check_shape(kind, markup, "reply_markup")
    if len(markup.get("input_field_placeholder") or "") > 64:
        raise bad_request("input field placeholder must be at most 64 characters")
    return markup


def asks_for_chats(markup: Markup) -> bool:
    """Whether a button of a checked reply keyboard lets a person choose a group or channel."""
    return any("request_chat" in button for row in markup.get("keyboard", ()) for button in row)


def _fitting(markup: Markup, key: str) -> Markup | None:
    buttons = sum(len(row) for row in markup[key])
    if buttons > MAX_BUTTONS or len(json.dumps(markup, ensure_ascii=False).encode()) > MAX_BYTES:
        raise bad_request("reply markup is too long")
    return markup if buttons else None


def _inline_button(button: Markup) -> Markup:
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        # The real server silently keeps one of them; the documentation says exactly one, and so do we.
        raise bad_request(f"can't parse inline keyboard button: more than one action ({', '.join(actions)})")
    if button.get("style") not in (None, "", *_STYLES):
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    match actions[0]:
        case "url":
            return {**button, "url": _button_url(button["url"])}
        case "callback_data":
            if not 1 <= len(button["callback_data"].encode()) <= MAX_CALLBACK_DATA:
                raise bad_request("BUTTON_DATA_INVALID")
        case "copy_text":
            if not 1 <= len(button["copy_text"]["text"]) <= 256:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")
        case "switch_inline_query" | "switch_inline_query_current_chat" | "switch_inline_query_chosen_chat":
            pass
        case other:
            raise not_in_sandbox(f"buttons with {other}")
    return button


def _button_url(url: str) -> str:
    if linked_user(url) is not None:
        return url
    if not url or len(url.encode()) > 2048:
        raise bad_request("BUTTON_URL_INVALID")
    try:
        return checked_link(url)
    except WrongLink as wrong:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {wrong}") from wrong
