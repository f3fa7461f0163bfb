"""Answering inline queries."""

import time

from bot.sandbox.inline import MAX_BYTES, check_button, checked_results
from bot.sandbox.parameters import Parameters
from bot.sandbox.refusal import bad_request, old_query
from bot.sandbox.world import World

_DEFAULTS = {"cache_time": 300, "is_personal": False, "next_offset": ""}


def answer_inline_query(world: World, parameters: Parameters) -> bool:
    contents = checked_results(parameters["results"])
    if len(parameters.get("next_offset", "").encode()) > MAX_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    if button := parameters.get("button"):
        check_button(button)
    query = world.inline_queries.get(parameters["inline_query_id"])
    if query is None or query.answer.done() or time.monotonic() - query.asked_at > world.callback_seconds:
        raise old_query()
    query.contents = contents
    query.answer.set_result(_DEFAULTS | parameters)
    return True
