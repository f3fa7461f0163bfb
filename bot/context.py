"""What handlers get: typed services instead of a dictionary."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session
from telegram.ext import CallbackContext, ExtBot

from bot.limits import Latest, Limits
from bot.rights import Standings
from bot.settings import Settings
from digests.pictures.canvas import load as get_ready_to_draw
from digests.trends import Trends
from feeds.ask import MEMORY, PROCESSES, get_ready
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.worker import Worker

T = TypeVar("T")
P = ParamSpec("P")


def _no_wake() -> None:
    """A process that does not deliver leaves it to the one that does."""


@dataclass(slots=True)
class Services:
    """Everything a handler may use. `clock` gives the present instant, aware, in UTC."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    # Asks for a delivery round now instead of at the next tick.
    wake_delivery: Callable[[], None] = field(default=_no_wake)
    # For what an admin wants looked at; to be used as an async context manager.
    new_fetcher: Callable[[], Fetcher] = field(default=Fetcher)
    # Understands what people hand over, whoever made it.
    asker: Worker = field(default_factory=partial(Worker, PROCESSES, memory=MEMORY, load=get_ready))
    # Draws pictures: what that takes is slow to load and large.
    artist: Worker = field(default_factory=partial(Worker, load=get_ready_to_draw))
    standings: Standings = field(default_factory=Standings)
    limits: Limits = field(default_factory=Limits)
    # Of a chat: the last button pressed, as its message and data, and when.
    presses: Latest[int, tuple[tuple[int, str | None], float]] = field(default_factory=Latest)
    # Groups that were greeted as the bot was added, and when.
    greeted: Latest[int, float] = field(default_factory=Latest)
    # The last that were found (bot.handlers.trends).
    trends: Trends | None = None
    # Whom the gate told what to do, once.
    told: Latest[int, bool] = field(default_factory=Latest)

    async def write(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(session, ...)` in one transaction, in a thread."""

        def run() -> T:
            with self.database.session() as session:
                return work(session, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def read(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(session, ...)` without taking the write lock, in a thread."""

        def run() -> T:
            with self.database.reading() as session:
                return work(session, *args, **kwargs)

        return await asyncio.to_thread(run)


class Context(CallbackContext[ExtBot[float], dict[Any, Any], dict[Any, Any], Services]):
    """PTB's context with our services as its `bot_data`."""
