"""Whatever is in a digest, Telegram takes each of its messages: by the code with which the sandbox answers calls."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import checked_parameters
from bot.sandbox.world import World
from bot.sender import NO_PREVIEW, keyboard
from conftest import NOW
from digests.render import render_digest
from digests.views import DigestView
from test_render import views


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(some=st.lists(views, min_size=10, max_size=10))
def test_of_500_random_digests_no_message_is_refused(some: list[DigestView]) -> None:
    telegram = World({"id": 1, "is_bot": True, "first_name": "Điểm Tin"}, lambda: NOW)
    chat = telegram.person(7, "An", "vi", started=True)
    sent = 0
    for view in some:
        for message in render_digest(view):
            buttons = keyboard(message)
            raw = {"chat_id": "7", "text": message.html, "parse_mode": "HTML"} | (
                {"reply_markup": buttons.to_json()} if buttons else {}
            )
            raw["link_preview_options"] = NO_PREVIEW.to_json()
            answer = METHODS["sendMessage"](telegram, checked_parameters("sendMessage", raw))
            assert answer["text"].strip()
            assert len(answer.get("reply_markup", {}).get("inline_keyboard", ())) == len(message.buttons)
            sent += 1
    assert len(chat.messages) == sent >= len(some)
