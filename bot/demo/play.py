"""`bot.py demo`: the real bot, polling real feeds on loopback, in a chat page; only the outer ends are stand-ins."""

import asyncio
import signal
import tempfile
import webbrowser
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import func, select

from bot.application import Role, Running, running
from bot.clock import now
from bot.demo.outlets import OutletServer
from bot.logs import set_up_logs
from bot.sandbox import Sandbox
from bot.settings import Settings
from bot.texts import say
from digests.claim import LONGEST_READING
from digests.models import DigestPart, Subscription
from feeds.store import is_still_reading

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_MORNING = time(6)  # before most digests
_LEAD = timedelta(minutes=5)
_LONGEST_WAIT = 30  # seconds


class DemoClock:
    """A clock that can be set ahead; it goes on from there at its usual pace."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self._ahead

    def set(self, moment: datetime) -> None:
        self._ahead = moment - now()


async def play(
    folder: Path | None, port: int, *, day: date | None = None, open_browser: bool, announce: Callable[[str], None]
) -> None:
    """Runs the demo, from the morning of `day` on, until SIGTERM or Ctrl+C; OSError when `port` is taken."""
    set_up_logs("warning", "text")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    clock = DemoClock()
    outlets = OutletServer(now=clock, folder=folder)
    if moment := opening(day, outlets.replay_end):
        clock.set(moment)
    with tempfile.TemporaryDirectory(prefix="diem-tin-demo-") as scratch:
        async with outlets, Sandbox(port=port, clock=clock) as sandbox:
            first = sandbox.user().chat_id  # whoever opens the page
            settings = demo_settings(sandbox, outlets, Path(scratch)).model_copy(update={"admin_ids": (first,)})
            async with running(settings, list(Role), clock=clock, sources=outlets.sources, offline=True) as bot:
                sandbox.on_jump = partial(jump, bot, clock)
                announce(f"Trang trò chuyện (chat page): {sandbox.page_url}")
                announce("Dừng bằng Ctrl+C (stop with Ctrl+C).")
                if open_browser:
                    await asyncio.to_thread(webbrowser.open, sandbox.page_url)
                await stop.wait()


def demo_settings(sandbox: Sandbox, outlets: OutletServer, scratch: Path) -> Settings:
    """Settings of a bot between the stand-ins; the environment and `.env` have no say."""
    return Settings.model_construct(
        telegram_token=SecretStr(sandbox.token),
        telegram_api_url=sandbox.api_url,
        database_url=f"sqlite:///{scratch / 'demo.db'}",
        default_timezone="Asia/Ho_Chi_Minh",
        sources_file=None,
        fetch_allow_private=(outlets.host_port,),
        poll_minutes=5,
        log_level="warning",
        log_format="text",
    )


def opening(day: date | None, replay_end: datetime | None) -> datetime | None:
    """Where the clock starts: early on a chosen day, else at the end of the replay; None: now."""
    return datetime.combine(day, _MORNING, _VIETNAM) if day else replay_end


async def jump(bot: Running, clock: DemoClock, language: str = "vi") -> str:
    """Sets the clock to the next digest, reads what the outlets published until then, delivers; says what came."""
    due = await bot.services.read(
        lambda session: session.scalar(select(func.min(Subscription.next_due_at)).where(Subscription.enabled))
    )
    if due is None:
        return say("jump_nowhere", language)
    start = clock()
    clock.set(max(start, due - _LEAD))  # the bot reads before the hour, as it always does
    while (report := await bot.poll_now()) is None:  # noqa: ASYNC110 - a tick is under way
        await asyncio.sleep(0.2)
    is_read = await _until_read(bot, clock)
    clock.set(max(clock(), due + (timedelta(seconds=1) if is_read else LONGEST_READING)))
    await bot.deliver_now()
    sent = select(func.count()).select_from(DigestPart).where(DigestPart.sent_at > start)
    parts = await bot.services.read(lambda session: session.scalar(sent))
    return say("jumped", language, f"{due.astimezone(_VIETNAM):%H:%M %d/%m/%Y}", report.new, parts)


async def _until_read(bot: Running, clock: DemoClock) -> bool:
    """Waits for what a tick is reading; False where that takes too long."""
    for _ in range(_LONGEST_WAIT * 10):
        if not await bot.services.read(lambda session: is_still_reading(session, clock())):
            return True
        await asyncio.sleep(0.1)
    return False
