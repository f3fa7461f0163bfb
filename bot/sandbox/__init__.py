"""A local stand-in for the Telegram Bot API, with a chat page; for `demo` and the tests.

    async with Sandbox() as sandbox:
        an = sandbox.user(first_name="An")
        ...start a bot with base_url=f"{sandbox.api_url}/bot" and sandbox.token...
        await an.say("/start")
        message = await an.wait_for("Chào")
        answer = await an.press("Cài đặt")

Everything goes over HTTP on 127.0.0.1, so the bot may be another process. The stand-in is strict: it refuses what
the real server refuses, with its status and words. What it does not do it says (501), it never pretends.
"""

from bot.sandbox.api import Call
from bot.sandbox.group import SandboxGroup
from bot.sandbox.server import Sandbox
from bot.sandbox.user import SandboxUser

__all__ = ["Call", "Sandbox", "SandboxGroup", "SandboxUser"]
