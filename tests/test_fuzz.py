"""Two thousand updates that are hostile or only strange: nothing fails, nobody else's data changes, the bot goes on.

`LONG_RUN=20000 pytest tests/test_fuzz.py` draws that many, others each time.
"""

import asyncio
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import bot.application
from bot.application import BotApplication, Role
from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.context import Services
from bot.handlers.routes import Press
from bot.pace import Pace
from bot.sandbox import SandboxGroup, SandboxUser
from bot.sandbox.files import Upload
from feeds.models import Base
from fuzzing import MOVED_TO, Draw, Json, Place
from test_bot import World, world
from test_rights import EXAMPLES, Forger, Snapshot, changed, handlers

LONG_RUN = os.environ.get("LONG_RUN")
_COUNT = int(LONG_RUN or 2000)
_AT_ONCE = 100
# That documents are given when they are shown, and that what cites their numbers is then looked at again.
_NAMES, _AGAIN = {"document"}, {"charted"}
_NOBODY = 0  # stands for who erased all about them
_FILES = (b"Ch\xe1 09-CT/TW", b"%PDF-1.7\n", b"PK\x03\x04", b"<opml><a", b"\x00" * 999)


class Seen:
    """The application as it was built, to know when it has nothing left to do."""

    application: BotApplication | None = None

    async def is_idle(self, here: World) -> None:
        """Until all updates are answered."""
        calm = 0  # between two looks an update may go from one hand to the other
        async with asyncio.timeout(800):
            while calm < 3:
                calm = 0 if self._is_busy(here) else calm + 1
                await asyncio.sleep(0.01)

    def _is_busy(self, here: World) -> bool:
        application = self.application
        if application is None or here.sandbox.world.updates.pending:
            return True
        return not application.update_queue.empty() or bool(application.update_processor.current_concurrent_updates)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found, build = Seen(), bot.application.build_application

    def built(services: Services, pace: Pace) -> BotApplication:
        found.application = build(services, pace)
        return found.application

    monkeypatch.setattr(bot.application, "build_application", built)
    return found


def snapshot_but(here: World, strangers: Collection[int]) -> Snapshot:
    """All that is stored, but of the chats of those who send nonsense."""
    found: dict[str, frozenset[str]] = {}
    with here.bot.services.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in _NAMES:
                continue
            own = table.c.id if table.name == "chat" else table.c.get("chat_id", table.c.get("admin_id"))
            query = select(*[column for column in table.c if column.name not in _AGAIN])
            query = query if own is None else query.where(own.not_in(strangers))
            found[table.name] = frozenset(repr(tuple(row)) for row in session.execute(query))
    return found


def place(here: World, chat_id: int, user: SandboxUser, *, mine: bool = True) -> Place:
    chat = here.sandbox.world.chats[chat_id]
    return Place(chat.as_json(), user.account, [chat.messages[one] for one in sorted(chat.own)], mine)


def draw_in(here: World, crowd: Sequence[SandboxUser], groups: Sequence[SandboxGroup], foreign: SandboxGroup) -> Draw:
    """Of a crowd with groups of its own, and one that belongs to another; each alone with the bot and four in all
    groups. Some of the crowd, and that other, have one of each that a button can be about."""
    other, forger = foreign.owner, Forger(here)
    owners = {one.chat_id: one for one in (other, *crowd[:3])} | {foreign.chat_id: other}
    rows = [forger.furnish(chat_id, owner) for chat_id, owner in owners.items()]
    data = [example.data(one) for example in EXAMPLES.values() for one in rows]
    data += [f"{one}@{foreign.chat_id}" for one in data[:: len(rows)]]
    data += [handler.name for handler in handlers() if isinstance(handler, Press)]
    places = [place(here, user.chat_id, user) for user in crowd]
    places += [place(here, group.chat_id, user) for group in groups for user in crowd[:4]]
    places += [place(here, foreign.chat_id, user, mine=False) for user in crowd[:4]]
    return Draw(
        Random(None if LONG_RUN else 7),  # noqa: S311  words, no secret
        places,
        [name for command in (*COMMANDS, *ADMIN_COMMANDS) for name in (command.name, command.alias)],
        data,
        [str(here.sandbox.world.files.keep(Upload("x", "", content))["file_id"]) for content in _FILES],
        here.sandbox.world.bot,
        (other.chat_id, foreign.chat_id, 0, 1, -1, -5, 2**53 + 1, -(2**62), 2**63, -(2**80), -1_001_999_999_999),
    )


async def pushed(here: World, seen: Seen, updates: Sequence[Json]) -> None:
    for start in range(0, len(updates), _AT_ONCE):
        for update in updates[start : start + _AT_ONCE]:
            here.sandbox.push(update)
        await seen.is_idle(here)


async def test_two_thousand_hostile_updates(tmp_path: Path, seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "read").mkdir()
    async with world(tmp_path / "read"):
        pass  # the sample news is read
    async with world(tmp_path, roles=(Role.SERVE,)) as here:
        victim, crowd = here.user(), [here.user(code) for code in ("vi", "en", "fr", "vi", "en", "vi", "en", "vi")]
        for user in (victim, *crowd):
            await user.say("/dangky 7:30")
            await user.wait_for(":30")
        foreign = here.sandbox.group("Nhóm của người khác", owner=victim)
        mine = [here.sandbox.group("Nhóm <b>", owner=crowd[0], kind=kind) for kind in ("group", "supergroup")]
        mine.append(here.sandbox.group("Diễn đàn", owner=crowd[1], forum=True, bot="administrator"))
        for group in (foreign, *mine):
            await group.say(group.owner, "/caidat")
            await group.wait_for("")
            for user in crowd:
                if user is not group.owner:
                    group.add(user)
        draw = draw_in(here, crowd, mine, foreign)
        strangers = {one.chat["id"] for one in draw.places if one.mine} | {_NOBODY, *MOVED_TO}
        before, said, calls = snapshot_but(here, strangers), len(victim.messages), len(here.sandbox.calls)
        caplog.clear()  # of what ended with the first bot
        with capture_logs() as events, caplog.at_level(logging.WARNING):
            await pushed(here, seen, draw.updates(_COUNT))
        failed = [str(event) for event in events if event["log_level"] in ("error", "critical")]
        failed += [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert failed == []
        assert changed(before, snapshot_but(here, strangers)) == []
        assert len(victim.messages) == said, "nothing is said to who is not asking"
        left_out = sum(event["event"].startswith("an update makes no sense") for event in events)
        assert left_out < _COUNT / 3, "most are such as Telegram might send"
        answers = [call.method for call in here.sandbox.calls[calls:]]
        assert answers.count("sendMessage") > _COUNT / 10
        assert answers.count("answerCallbackQuery") > _COUNT / 10
        for user in (victim, here.user(), *crowd):
            await user.say("/start")
            await user.wait_for("")
