"""Delivers digests through Telegram: the `Sender` of `digests.deliver`, with Telegram's pace and its errors."""

import asyncio
import os
from collections import OrderedDict
from datetime import timedelta

from aiolimiter import AsyncLimiter
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.request import NotConnected
from digests.render import Message
from digests.sending import ChatMoved, ChatUnreachable, NoAnswer, NotNow, Rejected

# Telegram allows about 30 messages a second over all chats and one a second in a chat. A bucket of one message keeps
# every sliding second under 30; a larger one starts full and lets 60 through.
_PER_SECOND = 28
_CHAT_PAUSE = 1.1  # seconds between two messages in one chat
_CHATS_REMEMBERED = 1000
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """Sends with `bot`, never faster than Telegram allows."""

    def __init__(self, bot: Bot) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # PTB's opt-in: RetryAfter.retry_after is a timedelta
        self._bot = bot
        self._limiter = AsyncLimiter(1, 1 / _PER_SECOND)
        self._last_sent: OrderedDict[int, float] = OrderedDict()

    async def send(self, chat_id: int, message: Message, *, silent: bool = False) -> int:
        await self._wait_for_turn(chat_id)
        try:
            sent = await self._bot.send_message(
                chat_id,
                message.html,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message),
                disable_notification=silent,
                link_preview_options=NO_PREVIEW,
            )
        except RetryAfter as error:
            wait = error.retry_after
            raise NotNow(str(error), wait if isinstance(wait, timedelta) else timedelta(seconds=wait)) from error
        except ChatMigrated as error:
            raise ChatMoved(error.new_chat_id) from error
        except Forbidden as error:
            raise ChatUnreachable("deactivated" if "deactivated" in error.message else "blocked") from error
        except BadRequest as error:  # a NetworkError by inheritance, so it comes first
            # "chat not found" too: with the token of another bot no chat is found, and nobody wished to leave.
            raise Rejected(error.message) from error
        except (NotConnected, InvalidToken) as error:
            raise NotNow(str(error)) from error
        except TelegramError as error:  # time-outs, failing servers, answers that make no sense: the request went out
            raise NoAnswer(str(error)) from error
        return sent.message_id

    async def _wait_for_turn(self, chat_id: int) -> None:
        now = asyncio.get_running_loop().time()
        pause = self._last_sent.pop(chat_id, now - _CHAT_PAUSE) + _CHAT_PAUSE - now
        if pause > 0:
            await asyncio.sleep(pause)
        await self._limiter.acquire()
        self._last_sent[chat_id] = asyncio.get_running_loop().time()
        if len(self._last_sent) > _CHATS_REMEMBERED:
            self._last_sent.popitem(last=False)


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """The message's buttons as Telegram's."""
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(label, url=action)
                if action.startswith("https://")
                else InlineKeyboardButton(label, callback_data=action)
                for label, action in row
            ]
            for row in message.buttons
        ]
    )
