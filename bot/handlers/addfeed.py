"""/addfeed: from the address of a site or a feed to a feed that is followed.

The message that asks holds the addresses as links, so its buttons need only a number: `newfeed:N` looks at the one
that stands behind N + 1, `newfeed:yes` follows the one that was looked at. Telegram may drop a link: then no button
means anything.
"""

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from telegram import CallbackQuery, Update
from telegram import Message as TelegramMessage
from telegram.constants import ChatAction, MessageEntityType
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.feeds import addresses_in, feed_screen
from bot.handlers.replies import done, edit, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import Rows, found_buttons
from bot.texts import say
from digests.acts import follow_feeds
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.discover import discover, first_connected
from feeds.fetch import FetchError
from feeds.following import feed_at
from feeds.models import Feed
from feeds.parse import ParseError
from feeds.preview import preview
from feeds.sources import AddressError, Source, is_feed_url, without_query
from feeds.worker import Worker

MOST_FOUND = 10
PATIENCE = 60.0  # seconds for one search or look
_NUMBER = re.compile(r"\d{1,2}")
_CHOICE = re.compile(r"newfeed:\d")
_ITEM = re.compile(r"(?:(\d{1,2})\. )?")
_LONGEST_LINK = 1000  # characters


async def add_feed(update: Update, context: Context) -> None:
    """/addfeed URL: a feed, or a site whose feeds are looked for. Nothing is followed before it is confirmed."""
    reader = await reader_of(update, context)
    try:
        links = addresses_in(context.args or ())
    except AddressError as error:
        is_scheme = error.reason == "scheme"
        usage = Message(render("addfeed_usage.html", reader.language))
        await reply(update, _unreadable(reader, error.reason) if is_scheme else usage)
        return
    if update.effective_chat:
        await update.effective_chat.send_action(ChatAction.TYPING)
    await reply(update, await _in_time(reader, _found_screen(context, reader, links)))


async def new_feed_pressed(update: Update, context: Context) -> None:
    query, answer, reader = await pressed(update, context)
    links = _links(query)
    if answer == "no":
        await edit(query, Message(render("addfeed_not.html", reader.language)))
    elif answer == "yes" and 0 in links:
        await edit(query, await _follow(context, reader, person_of(update) or 0, *links[0]))
    elif _NUMBER.fullmatch(answer) and int(answer) + 1 in links:
        url, _ = links[int(answer) + 1]
        await edit(query, await _in_time(reader, _preview_screen(context, reader, url)))
    else:
        await done(query, reader, "stale_button")
        return
    await done(query, reader)


async def _in_time(reader: Reader, screen: Coroutine[Any, Any, Message]) -> Message:
    """The screen, or why there is none."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await screen
    except (FetchError, ParseError) as error:
        return _unreadable(reader, error.reason)
    except TimeoutError:
        return _unreadable(reader, "timeout")


async def _found_screen(context: Context, reader: Reader, links: Sequence[str]) -> Message:
    """The feeds of an address to choose from; a single one is looked at at once."""
    async with context.bot_data.new_fetcher() as fetcher, Worker() as worker:
        found = await first_connected(links, lambda link: discover(fetcher, link, worker))
    offered = [feed for feed in found if _is_linkable(feed.url)][:MOST_FOUND]
    if found and not offered:
        return _unreadable(reader, "unlinkable")
    if len(offered) == 1:
        return await _preview_screen(context, reader, offered[0].url)
    html = render("addfeed_found.html", reader.language, found=offered)
    return Message(html, found_buttons(len(offered), reader.language) if offered else ())


async def _preview_screen(context: Context, reader: Reader, url: str) -> Message:
    """What a feed has at present, with the question whether to follow it; one that is followed already, as it is."""
    services = context.bot_data
    followed = await services.read(_followed, url)
    if followed:
        return feed_screen(reader, followed, services.clock())
    async with services.new_fetcher() as fetcher, Worker() as worker:
        look = await preview(fetcher, url, worker)
    title = look.title or urlsplit(url).hostname or url
    html = render("addfeed_look.html", reader.language, look=look, title=title, timezone=reader.timezone)
    return Message(html, _asked(reader))


async def _follow(context: Context, reader: Reader, admin_id: int, url: str, title: str) -> Message:
    services = context.bot_data
    if not is_feed_url(url):  # a link of ours, as Telegram gave it back
        return _unreadable(reader, "bad_url")
    await services.write(follow_feeds, [Source(url=url, outlet=without_query(title))], admin_id, services.clock())
    feed = await services.read(feed_at, url)
    if feed is None:
        raise LookupError("the feed vanished while it was stored")
    return feed_screen(reader, feed, services.clock())


def _links(query: CallbackQuery) -> Mapping[int, tuple[str, str]]:
    """Number -> (address, words) of the links that begin a line of the message under which the button stands; 0 is that
    of a line without a number.

    None of a message too old to be seen, nor where there is not one for each number to choose, or just the one asked
    about. A link whose words are its address is none of words in Telegram's eyes.
    """
    message = query.message
    if not isinstance(message, TelegramMessage) or message.text is None:
        return {}
    units, found = message.text.encode("utf-16-le"), dict[int, tuple[str, str]]()
    for entity, words in message.parse_entities([MessageEntityType.TEXT_LINK, MessageEntityType.URL]).items():
        before = units[: 2 * entity.offset].decode("utf-16-le").rpartition("\n")[2]
        if item := _ITEM.fullmatch(before):
            found.setdefault(int(item[1] or 0), (entity.url or words, words))
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    choices = sum(1 for row in rows for button in row if _CHOICE.match(str(button.callback_data)))
    return found if set(found) == (set(range(1, choices + 1)) or {0}) else {}


def _is_linkable(url: str) -> bool:
    """Whether Telegram keeps a link to it: hosts without a dot are none to it."""
    return is_feed_url(url) and len(url) <= _LONGEST_LINK and "." in (urlsplit(url).hostname or "")


def _followed(session: Session, url: str) -> Feed | None:
    feed = feed_at(session, url)
    return feed if feed and feed.enabled else None


def _asked(reader: Reader) -> Rows:
    return (((say("follow", reader.language), "newfeed:yes"), (say("cancel", reader.language), "newfeed:no")),)


def _unreadable(reader: Reader, reason: str) -> Message:
    return Message(render("addfeed_unreadable.html", reader.language, reason=reason))


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("addfeed", add_feed, Who.ADMIN),
        press("newfeed", new_feed_pressed, Who.ADMIN),
    )
