"""/feeds and /removefeed: the feeds that are followed, how they do, and what an admin does with one of them.

One message edits itself: `feeds:PAGE` is the list, `feed:ID:PAGE` one feed with the page to go back to, and
`feed:ID:PAGE:ACTION` does something with it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.opml import send_opml
from bot.handlers.replies import done, edit, is_repeated, person_of, pressed, reader_of, reply
from bot.handlers.routes import Who, command, press
from bot.keyboards import feed_buttons, feed_choice, feeds_buttons, page_at
from digests.acts import record_act
from digests.messages import Message
from digests.subscribers import Reader
from digests.templates import render
from feeds.following import add_feeds, all_feeds, drop_feed, pause_feed, resume_feed, source_of
from feeds.health import Health, health_of, last_news, trouble_of
from feeds.identity import canonical_url
from feeds.models import Feed
from feeds.sources import AddressError, addresses_of, without_query

PER_PAGE = 8
_FEED = re.compile(r"(\d{1,9}):(\d{1,4})(?::(pause|resume|check|remove|drop|again))?")
_LOGGED = {"pause": "pause_feed", "resume": "resume_feed", "drop": "remove_feed", "again": "add_feed"}
_AROUND = "()<>“”\"',;"
_WORST_FIRST = {health: place for place, health in enumerate(Health)}


async def feeds(update: Update, context: Context) -> None:
    """/feeds, the list; /feeds opml, the list as a file."""
    if context.args and context.args[0].lower() == "opml":
        await send_opml(update, context)
        return
    reader = await reader_of(update, context)
    await reply(update, await _list_screen(context, reader, 0))


async def feeds_pressed(update: Update, context: Context) -> None:
    """`feeds` opens the list as a new message, `feeds:PAGE` turns its pages, `feeds:opml` sends the file."""
    query, page, reader = await pressed(update, context)
    if page == "opml":
        await done(query, reader)
        if not is_repeated(query, context):
            await send_opml(update, context)
        return
    if page and not re.fullmatch(r"\d{1,4}", page):
        await done(query, reader, "stale_button")
        return
    screen = await _list_screen(context, reader, int(page or 0))
    if page:
        await edit(query, screen)
    elif not is_repeated(query, context):
        await reply(update, screen)
    await done(query, reader)


async def feed_pressed(update: Update, context: Context) -> None:
    query, data, reader = await pressed(update, context)
    match = _FEED.fullmatch(data)
    services = context.bot_data
    now = services.clock()
    feed = await services.write(_act, int(match[1]), match[3], person_of(update) or 0, now) if match else None
    if match is None or feed is None:
        await done(query, reader, "stale_button")
        return
    await edit(query, feed_screen(reader, feed, now, page=int(match[2]), asked=match[3] == "remove"))
    await done(query, reader, "check_soon" if match[3] == "check" else None)


async def remove_feed(update: Update, context: Context) -> None:
    """/removefeed URL asks before it does; of an outlet's address, which of its feeds is meant."""
    reader = await reader_of(update, context)
    services = context.bot_data
    try:
        links = addresses_in(context.args or ())
    except AddressError:
        await reply(update, Message(render("removefeed_usage.html", reader.language)))
        return
    meant = await services.read(_meant, links)
    if len(meant) == 1:
        await reply(update, feed_screen(reader, meant[0], services.clock(), asked=True))
        return
    html = render("removefeed_which.html", reader.language, count=len(meant))
    await reply(update, Message(html, feed_choice(meant)))


def addresses_in(words: Sequence[str]) -> Sequence[str]:
    """What the first of some typed words that is an address may mean. Raises AddressError, of the last that is none."""
    failure = AddressError("bad_url", "no address given")
    for word in words:
        try:
            return addresses_of(word.strip(_AROUND))
        except AddressError as error:
            failure = error
    raise failure


def feed_screen(reader: Reader, feed: Feed, now: datetime, *, page: int = 0, asked: bool = False) -> Message:
    """One feed; with `asked` the question whether it shall go."""
    html = render(
        "feed.html",
        reader.language,
        feed=feed,
        health=health_of(feed, now),
        trouble=trouble_of(feed, now),
        news=last_news(feed),
        asked=asked and feed.enabled,
        timezone=reader.timezone,
    )
    return Message(html, feed_buttons(feed, reader.language, page, asked=asked))


async def _list_screen(context: Context, reader: Reader, page: int) -> Message:
    services = context.bot_data
    now = services.clock()
    found = await services.read(all_feeds)
    states: Mapping[int, Health] = {feed.id: health_of(feed, now) for feed in found}
    ordered = sorted(found, key=lambda feed: _WORST_FIRST[states[feed.id]])  # and by outlet, as they come
    page, pages = page_at(page, len(ordered), PER_PAGE)
    shown = ordered[page * PER_PAGE : (page + 1) * PER_PAGE]
    html = render(
        "feeds.html",
        reader.language,
        total=len(found),
        counts=Counter(states.values()),
        order=list(Health),
        feeds=[(feed, states[feed.id], trouble_of(feed, now)) for feed in shown],
        timezone=reader.timezone,
    )
    return Message(html, feeds_buttons(shown, reader.language, page, pages))


def _act(session: Session, feed_id: int, action: str | None, admin_id: int, now: datetime) -> Feed | None:
    """The feed after what the button says; None for one that is not known."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        return None
    match action:
        case "pause":
            pause_feed(session, feed.url)
        case "resume":
            resume_feed(session, feed.url, now)
        case "drop":
            drop_feed(session, feed.url)
        case "again":
            add_feeds(session, [replace(source_of(feed), enabled=True)], now)
        case "check":
            feed.next_check_at = min(feed.next_check_at, now)
    if action in _LOGGED:
        record_act(session, admin_id, _LOGGED[action], f"{feed.outlet} {without_query(feed.url)}", now)
    session.flush()
    return feed


def _meant(session: Session, links: Sequence[str]) -> Sequence[Feed]:
    """The feed of these addresses, which differ in their scheme, or all of their host."""
    found, wanted = all_feeds(session), canonical_url(links[0])
    exact = [feed for feed in found if feed.url in links] or [f for f in found if canonical_url(f.url) == wanted]
    host = wanted.partition("/")[0]
    return exact[:1] or [feed for feed in found if canonical_url(feed.url).partition("/")[0] == host]


def handlers() -> Sequence[BaseHandler[Any, Context, Any]]:
    return (
        command("feeds", feeds, Who.ADMIN),
        command("removefeed", remove_feed, Who.ADMIN),
        press("feeds", feeds_pressed, Who.ADMIN),
        press("feed", feed_pressed, Who.ADMIN),
    )
