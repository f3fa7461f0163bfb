"""Delivers digests through Telegram: the `Sender` of `digests.deliver`, with Telegram's errors."""

from datetime import timedelta
from functools import partial
from html import escape

import structlog
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.keyboards import fits
from bot.pace import PATIENCE, Flood
from bot.request import NotConnected
from bot.targets import aimed
from digests.messages import COPY, MESSAGE_LIMIT, SHARE, Message, plain_text, telegram_length
from digests.sending import ChatMoved, ChatUnreachable, Flooded, NoAnswer, NotNow, Rejected, TopicUnavailable

log = structlog.get_logger()

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Words of Telegram's refusals (403: where none of them is said, the reader has blocked the bot), and our short codes.
_FORBIDDEN = {"deactivated": "deactivated", "kicked": "kicked", "not a member": "kicked", "deleted": "deleted"}
_TOPICS = {"topic_closed": "topic_closed", "message thread not found": "topic_gone", "topic_deleted": "topic_gone"}
_SILENCED = dict.fromkeys(
    ("not enough rights", "no rights to send", "need administrator rights", "chat_write_forbidden"), "restricted"
)


class TelegramSender:
    """Sends with `bot`, whose rate limiter is a `bot.pace.Pace`: digests wait there for their turn."""

    def __init__(self, bot: ExtBot[float]) -> None:
        self._bot = bot

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        try:
            sent = await self._post(chat_id, message, silent, thread_id)
        except RetryAfter as error:
            wait = error.retry_after
            wait = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            raise (Flooded if isinstance(error, Flood) else NotNow)(str(error), wait) from error
        except ChatMigrated as error:
            raise ChatMoved(error.new_chat_id) from error
        except Forbidden as error:
            raise ChatUnreachable(refusal_of(error) or "blocked") from error
        except BadRequest as error:  # a NetworkError by inheritance, so it comes first
            if code := _code(error, _TOPICS):
                raise TopicUnavailable(code) from error
            if code := refusal_of(error):
                raise ChatUnreachable(code) from error
            # "chat not found" too: with the token of another bot no chat is found, and nobody wished to leave.
            raise Rejected(error.message) from error
        except (NotConnected, InvalidToken) as error:
            raise NotNow(str(error)) from error
        except TelegramError as error:  # time-outs, failing servers, answers that make no sense: the request went out
            raise NoAnswer(str(error)) from error
        return sent.message_id

    async def _post(self, chat_id: int, message: Message, silent: bool, thread_id: int | None) -> TelegramMessage:
        """As it is; in plain text where Telegram cannot parse what we wrote: better than none of the digest."""
        post = partial(
            self._bot.send_message,
            chat_id,
            reply_markup=keyboard(message),
            disable_notification=silent,
            link_preview_options=NO_PREVIEW,
            message_thread_id=thread_id,
            rate_limit_args=PATIENCE,
        )
        try:
            return await post(message.html, parse_mode=ParseMode.HTML)
        except BadRequest as error:
            if "can't parse entities" not in error.message.lower():
                raise
            refusal = error.message
        log.error("a message of ours cannot be parsed: sent as plain text", chat_id=chat_id, error=refusal)
        text = plain_text(message.html)
        is_short = telegram_length(escape(text)) <= MESSAGE_LIMIT
        return await post(text if is_short else plain_text(message.html, addresses=False))


def refusal_of(error: TelegramError) -> str | None:
    """Why a chat, or that topic of it, takes no messages of ours, as a short code; None of any other error."""
    if isinstance(error, Forbidden):
        return _code(error, _FORBIDDEN) or "blocked"
    return _code(error, _SILENCED | _TOPICS) if isinstance(error, BadRequest) else None


def _code(error: TelegramError, codes: dict[str, str]) -> str | None:
    said = error.message.lower()
    return next((code for words, code in codes.items() if words in said), None)


def keyboard(message: Message, target: int | None = None) -> InlineKeyboardMarkup | None:
    """The message's buttons as Telegram's; in a private chat, for the chat `target` that is managed from there."""
    if not message.buttons:
        return None
    rows = [[_button(label, action, target) for label, action in row] for row in message.buttons]
    return InlineKeyboardMarkup([[button for button in row if button] for row in rows])


def _button(label: str, action: str, target: int | None) -> InlineKeyboardButton | None:
    """None of one whose data has no room for the chat it would be about."""
    if action.startswith("https://"):
        return InlineKeyboardButton(label, url=action)
    if action.startswith(COPY):
        return InlineKeyboardButton(label, copy_text=CopyTextButton(action.removeprefix(COPY)))
    if action.startswith(SHARE):
        return InlineKeyboardButton(label, switch_inline_query=action.removeprefix(SHARE))
    data = aimed(action, target)
    return InlineKeyboardButton(label, callback_data=data) if data == action or fits(data) else None
