"""The journey of `journey.travel` through the whole chat, in both languages, over the bundled sample news."""

from pathlib import Path

import pytest

from bot.commands import ADMIN_COMMANDS, COMMANDS
from digests.templates import LANGUAGES
from journey import Journey, travel
from test_bot import world

PLACES = {"command", "text", "press", "forward", "file", "inline", "link", "group", "channel", "alert", "clock"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_whole_chat_in_one_journey(tmp_path: Path, language: str) -> None:
    async with world(tmp_path) as here:
        journey = Journey(here, language)
        await travel(journey)
        names = {command.name: command.alias for command in (*COMMANDS, *ADMIN_COMMANDS)}
        own = set(names.values()) if language == "vi" else set(names)
        assert own - journey.commands == set(), "every command is asked for, by its name in this language"
        assert len(journey.steps) >= 60
        assert {step.kind for step in journey.steps} == PLACES
        refused = [call for call in here.sandbox.calls if not call.answer["ok"]]
        assert [call.answer for call in refused] == []
        assert here.sandbox.unanswered() == []
