"""Delivery of updates to the bot's webhook, one at a time, again and again until it says 2xx."""

import asyncio

import aiohttp

from bot.sandbox.world import World

RETRY_SECONDS = 0.5  # between attempts; the real server waits longer and longer
ANSWER_SECONDS = 10


async def deliver_updates(world: World) -> None:
    """Runs until cancelled; does nothing while no webhook is set. Methods in the webhook's answer are not called."""
    queue = world.updates
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
        while True:
            if not (queue.webhook.url and queue.pending):
                await queue.wait()
                continue
            update, webhook = queue.pending[0], queue.webhook
            headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
            try:
                async with session.post(webhook.url, json=update, headers=headers) as response:
                    if response.ok:
                        queue.confirm(update["update_id"] + 1)
                        continue
                    problem = f"Wrong response from the webhook: {response.status} {response.reason}"
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = str(error) or "Read timeout expired"
            webhook.last_error = (world.now(), problem)
            await asyncio.sleep(RETRY_SECONDS)
