"""/broadcast: a message of an admin to every chat that gets briefings; shown as they will see it, then confirmed.

The text stands after the command, or in the message that the command answers; bold, italic and links stay.
`broadcast:ID:ACTION` sends the draft, drops it, or tells how far it has come.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import Any

from sqlalchemy.orm import Session
from telegram import Message as TelegramMessage
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.replies import done, edit, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.texts import say
from digests.acts import record_act
from digests.messages import MESSAGE_LIMIT, Message, plain_text, telegram_length
from digests.notices import broadcast, count_reached, draft, drop_draft, progress_of
from digests.subscribers import Reader
from digests.templates import is_linkable, render

_COMMAND = re.compile(r"/[^\s<>]+\s*")
_DATA = re.compile(r"(\d{1,9}):(send|drop|look)")
_KEPT = frozenset({"b", "strong", "i", "em", "u", "s", "code", "pre", "blockquote"})


async def broadcast_command(update: Update, context: Context) -> None:
    """Shows the message as it will come, then how many chats it goes to."""
    reader, services = await reader_of(update, context), context.bot_data
    html = own_html(_typed(update.effective_message)) if update.effective_message else ""
    too_long = telegram_length(html) > MESSAGE_LIMIT
    if too_long or not plain_text(html).strip():
        await reply(update, Message(render("broadcast_usage.html", reader.language, too_long=too_long)))
        return
    made = await services.write(draft, person_of(update) or 0, html, services.clock())
    count = await services.read(count_reached, services.settings.open_to)
    await reply(update, Message(html))
    send = (say("broadcast_send", reader.language), f"broadcast:{made.id}:send")
    drop = (say("cancel", reader.language), f"broadcast:{made.id}:drop")
    await reply(update, Message(_words(reader, "asked", count), ((send, drop),)))


async def broadcast_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match, services, admin_id = _DATA.fullmatch(data), context.bot_data, person_of(update) or 0
    if match is None:
        await done(query, reader, "stale_button")
        return
    broadcast_id, action = int(match[1]), match[2]
    if action == "drop" and await services.write(drop_draft, broadcast_id, admin_id):
        await edit(query, Message(_words(reader, "dropped")))
        await done(query, reader)
        return
    open_to = services.settings.open_to
    if action == "send" and await services.write(_send, broadcast_id, admin_id, services.clock(), open_to):
        services.wake_delivery()
    progress = await services.read(progress_of, broadcast_id, admin_id)
    if progress is None:
        await done(query, reader, "stale_button")
        return
    look = ((say("refresh", reader.language, progress.sent, progress.total), f"broadcast:{broadcast_id}:look"),)
    html = render("broadcast.html", reader.language, what="sent", progress=progress)
    await edit(query, Message(html, () if progress.is_over else (look,)))
    await done(query, reader)


def own_html(html: str) -> str:
    """Telegram's HTML of a message with only what our own messages may have in it: other marks go, their words stay."""
    kept = _Kept()
    kept.feed(html)
    kept.close()
    return kept.html.strip()


class _Kept(HTMLParser):
    """Writes what is read anew; `html` is well formed where what it was fed is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.html = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") if tag == "a" else None
        name = tag if tag in _KEPT or is_linkable(address) else ""
        self._open.append(name)
        if name:
            self.html += f'<a href="{escape(address)}">' if address else f"<{name}>"

    def handle_endtag(self, tag: str) -> None:
        if self._open and (name := self._open.pop()):
            self.html += f"</{name}>"

    def handle_data(self, data: str) -> None:
        self.html += escape(data, quote=False)


def _typed(message: TelegramMessage) -> str:
    own = _COMMAND.sub("", message.text_html or "", count=1)
    answered = message.reply_to_message
    return own or (answered.text_html if answered and answered.text else "")


def _words(reader: Reader, what: str, count: int = 0) -> str:
    return render("broadcast.html", reader.language, what=what, count=count, progress=None)


def _send(session: Session, broadcast_id: int, admin_id: int, now: datetime, open_to: Collection[int] | None) -> bool:
    is_sent = broadcast(session, broadcast_id, admin_id, now, open_to=open_to)
    if is_sent:
        record_act(session, admin_id, "broadcast", f"#{broadcast_id}", now)
    return is_sent


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("broadcast", broadcast_command, Who.ADMIN),
        press("broadcast", broadcast_pressed, Who.ADMIN),
    )
