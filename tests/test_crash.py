"""kill -9 in the middle of a fan-out: every reader has the digest, and only sends without an answer were doubled.
And of who answers behind a webhook: what it had not answered, another does.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.sandbox import Sandbox
from conftest import free_port
from digests.deliver import AT_ONCE
from digests.models import Digest, DigestPart
from feeds.database import Database
from newsroom import POLICY, publish, reader

ROOT = Path(__file__).parent.parent
READERS = 200
KILL_AFTER = (40, 110)  # messages that arrived in all


async def bot_process(
    sandbox: Sandbox, database_url: str, folder: Path, role: str = "deliver", **more: str
) -> asyncio.subprocess.Process:
    """`bot.py run --only ROLE` against the stand-in, with no feed to read."""
    environment = more | {
        "PATH": os.environ["PATH"],
        "TELEGRAM_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.api_url,
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "error",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bot.py"), "run", "--only", role, cwd=folder, env=environment
    )


def delivered(sandbox: Sandbox) -> int:
    return sum(call.method == "sendMessage" and call.answer["ok"] for call in sandbox.calls)


def unfinished(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Digest).where(Digest.state != "done")) or 0


async def test_kill_minus_nine_during_a_fan_out(database_url: str, database: Database, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with database.session() as session:
        publish(session, *POLICY, seen=now - timedelta(hours=1), published=now - timedelta(hours=1))
        for chat_id in range(1, READERS + 1):
            reader(session, chat_id, now)
    async with Sandbox() as sandbox:
        users = [sandbox.user(chat_id, started=True) for chat_id in range(1, READERS + 1)]
        for target in KILL_AFTER:
            process = await bot_process(sandbox, database_url, tmp_path)
            async with asyncio.timeout(120):
                while delivered(sandbox) < target:  # noqa: ASYNC110 - another process makes it happen
                    await asyncio.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            assert await process.wait() == -signal.SIGKILL
        interrupted = delivered(sandbox)
        process = await bot_process(sandbox, database_url, tmp_path)
        async with asyncio.timeout(120):
            while unfinished(database):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert 0 < interrupted < READERS, "the process must have been killed half way"
    received = {user.chat_id: len(user.messages) for user in users}
    assert min(received.values()) == 1, "a reader has lost the digest"
    with database.reading() as session:
        rows = session.execute(select(DigestPart.chat_id, DigestPart.in_doubt))
        doubts = {row.chat_id: row.in_doubt for row in rows}
        assert Counter(session.scalars(select(DigestPart.state))) == {"sent": READERS}
    for chat_id, count in received.items():
        assert count <= 1 + doubts[chat_id], "a message was repeated that was not in doubt"
    assert sum(doubts.values()) <= AT_ONCE * len(KILL_AFTER)


async def test_what_a_killed_process_has_not_answered_is_brought_to_the_next(tmp_path: Path) -> None:
    port = free_port()
    webhook = {"WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram", "WEBHOOK_LISTEN": f"127.0.0.1:{port}"}

    async def serving() -> asyncio.subprocess.Process:
        return await bot_process(sandbox, f"sqlite:///{tmp_path / 'tin.db'}", tmp_path, "serve", **webhook)

    async with Sandbox() as sandbox:
        an = sandbox.user(started=True)
        process = await serving()
        sandbox.hang(deliver=False, silent=True)
        await an.say("/status")
        async with asyncio.timeout(120):
            while not any(call.method == "sendMessage" for call in sandbox.calls):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        process = await serving()
        await an.wait_for("Trạng thái", timeout=120)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
