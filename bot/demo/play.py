"""`bot.py demo`: the real bot, polling real feeds on loopback, in a chat page; only the outer ends are stand-ins."""

import asyncio
import signal
import tempfile
import webbrowser
from collections.abc import Callable
from datetime import datetime, timedelta
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
from digests.models import Subscription

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class DemoClock:
    """A clock that can be set ahead; it goes on from there at its usual pace."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self._ahead

    def set(self, moment: datetime) -> None:
        self._ahead = moment - now()


async def play(folder: Path | None, port: int, *, open_browser: bool, announce: Callable[[str], None]) -> None:
    """Runs the demo until SIGTERM or Ctrl+C; OSError when `port` is taken."""
    set_up_logs("warning", "text")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    clock = DemoClock()
    outlets = OutletServer(now=clock, folder=folder)
    if outlets.replay_end:
        clock.set(outlets.replay_end)
    with tempfile.TemporaryDirectory(prefix="diem-tin-demo-") as scratch:
        async with outlets, Sandbox(port=port, clock=clock) as sandbox:
            first = sandbox.user().chat_id  # whoever opens the page
            settings = demo_settings(sandbox, outlets, Path(scratch)).model_copy(update={"admin_ids": (first,)})
            async with running(settings, list(Role), clock=clock, sources=outlets.sources, offline=True) as bot:
                sandbox.on_jump = lambda: jump(bot, clock)
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


async def jump(bot: Running, clock: DemoClock) -> str:
    """Sets the clock to the next digest, reads what the outlets published until then, delivers; says what came."""
    due = await bot.services.read(
        lambda session: session.scalar(select(func.min(Subscription.next_due_at)).where(Subscription.enabled))
    )
    if due is None:
        return "Chưa có ai đăng ký bản tin: gửi /batdau rồi chọn giờ."
    clock.set(due + timedelta(seconds=1))
    while (report := await bot.poll_now()) is None:  # noqa: ASYNC110 - a tick is under way
        await asyncio.sleep(0.2)
    parts = await bot.deliver_now()
    return f"Đã tới {due.astimezone(_VIETNAM):%H:%M %d/%m/%Y}: đọc thêm {report.new} bài, gửi {parts} tin nhắn."
