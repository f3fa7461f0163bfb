"""Inline queries and the results a bot may answer them with."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.entities import utf16_length
from bot.sandbox.links import WrongLink, checked_link
from bot.sandbox.markup import checked_markup
from bot.sandbox.message_text import MAX_LENGTH, message_text
from bot.sandbox.parameters import check_shape
from bot.sandbox.refusal import bad_request, not_in_sandbox

Json = dict[str, Any]

MAX_RESULTS = 50
MAX_BYTES = 64  # of a result's id and of the next offset
_START = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class InlineQuery:
    """`answer` resolves to the parameters of its answerInlineQuery; `contents` is the message of each result."""

    id: str
    asked_at: float  # time.monotonic()
    answer: asyncio.Future[Json]
    contents: dict[str, Json] = field(default_factory=dict)


def checked_results(results: list[Json]) -> dict[str, Json]:
    """By result id the message (text, entities, buttons) that choosing it sends; raises Refusal."""
    if len(results) > MAX_RESULTS:
        raise bad_request("too many inline query results specified")
    contents: dict[str, Json] = {}
    for result in results:
        check_shape("InlineQueryResult", result, "results")
        if result["type"] != "article":
            raise not_in_sandbox(f"inline results of type {result['type']}")
        check_shape("InlineQueryResultArticle", result, "results")
        if not result["id"]:
            raise bad_request("RESULT_ID_EMPTY")
        if len(result["id"].encode()) > MAX_BYTES:
            raise bad_request("RESULT_ID_INVALID")
        if result["id"] in contents:
            raise bad_request("RESULT_ID_DUPLICATE")
        if not result["title"].strip():
            raise bad_request("ARTICLE_TITLE_EMPTY")
        for name in ("url", "thumbnail_url"):
            _check_address(result.get(name))
        contents[result["id"]] = _content(result)
    return contents


def _check_address(address: str | None) -> None:
    try:
        checked_link(address or "https://t.me")
    except WrongLink as wrong:
        raise bad_request("WEBDOCUMENT_URL_INVALID") from wrong


def _content(result: Json) -> Json:
    given = result["input_message_content"]
    if "message_text" not in given:
        raise not_in_sandbox("inline results that are not texts")
    check_shape("InputTextMessageContent", given, "input_message_content")
    if not given["message_text"]:
        raise bad_request("message text is empty")
    formatted = message_text({**given, "text": given["message_text"]})
    if utf16_length(formatted.text) > MAX_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    content: Json = {"text": formatted.text}
    if formatted.entities:
        content["entities"] = formatted.entities
    if given.get("link_preview_options"):
        content["link_preview_options"] = given["link_preview_options"]
    if markup := checked_markup(result.get("reply_markup")):
        if "inline_keyboard" not in markup:
            raise bad_request("REPLY_MARKUP_INVALID")
        content["reply_markup"] = markup
    return content


def check_button(button: Json) -> None:
    """The button above the results; raises Refusal."""
    if "web_app" in button:
        raise not_in_sandbox("web_app buttons")
    if not button["text"].strip():
        raise bad_request("SWITCH_PM_TEXT_EMPTY")
    if not button.get("start_parameter"):
        raise bad_request("START_PARAM_EMPTY")
    if not is_start_parameter(button["start_parameter"]):
        raise bad_request("START_PARAM_INVALID")


def is_start_parameter(text: str) -> bool:
    """Whether a text may stand behind `?start=` in a link to a bot."""
    return _START.fullmatch(text) is not None
